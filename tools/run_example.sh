#!/usr/bin/env bash
# The tour of `make run`: the commerce starter, bare, and gatehouse in front of it, until Ctrl-C.
#   BACKEND_PORT=9000 HTTP_PORT=8080 HTTPS_PORT=8443 ADMIN_PORT=9100 choose other ports.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
gatehouse=$root/build/release/gatehouse
state=$root/build/example
backend_port=${BACKEND_PORT:-9000} http_port=${HTTP_PORT:-8080} https_port=${HTTPS_PORT:-8443} admin_port=${ADMIN_PORT:-9100}

for port in "$backend_port" "$http_port" "$https_port" "$admin_port"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "run: port $port is in use; choose others, for example: make run BACKEND_PORT=9001 HTTP_PORT=8081 HTTPS_PORT=8444 ADMIN_PORT=9101" >&2
    exit 1
  fi
done

mkdir -p "$state" && chmod 700 "$state"
cd "$state"

backend='' gate=''
finish() {
  trap - EXIT INT TERM
  # Only what was started here, each by its own id: first the gate, which drains, then the backend.
  for pid in $gate $backend; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  echo "run: stopped"
}
trap 'finish; exit 0' INT TERM
trap finish EXIT

wait_for() {  # wait_for NAME PORT PID
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then return; fi
    kill -0 "$3" 2>/dev/null || break
    sleep 0.1
  done
  echo "run: $1 did not start; its last words:" >&2
  tail -n 20 "$state/$1.log" >&2
  exit 1
}

# The policy of the example, with the ports of this run.
sed -e "s/127\.0\.0\.1:9000/127.0.0.1:$backend_port/; s/127\.0\.0\.1:8080/127.0.0.1:$http_port/" \
  -e "s/127\.0\.0\.1:8443/127.0.0.1:$https_port/; s/127\.0\.0\.1:9100/127.0.0.1:$admin_port/" \
  "$root/examples/commerce-starter/gatehouse.toml" >gatehouse.toml

# A development token, from a key made for this machine. The backend checks signatures too, with the key's public half.
token=$("$gatehouse" token issue --dev --sub user_alice --state-dir "$state/state")
openssl pkey -in state/dev-token-key.pem -pubout -out dev-token-key.pub.pem

# setsid: Ctrl-C reaches this script alone, which then ends both in order.
CLERK_JWT_KEY_FILE=$state/dev-token-key.pub.pem STARTER_DATABASE=$state/starter.sqlite3 \
  setsid "$root/examples/commerce-starter/start_backend.sh" "127.0.0.1:$backend_port" >backend.log 2>&1 &
backend=$!
wait_for backend "$backend_port" "$backend"
setsid "$gatehouse" serve -c gatehouse.toml >gatehouse.log 2>&1 &
gate=$!
wait_for gatehouse "$http_port" "$gate"
wait_for gatehouse "$https_port" "$gate"

cat <<TEXT

  The starter, bare      http://127.0.0.1:$backend_port
  behind gatehouse       https://127.0.0.1:$https_port   (and http://127.0.0.1:$http_port)
  health and metrics     http://127.0.0.1:$admin_port/metrics
  policy, log, state     $state

Three lines to try; put :$backend_port and http in place of :$https_port and https to see the backend alone:

  curl -ki https://127.0.0.1:$https_port/api/users/me
  curl -ki https://127.0.0.1:$https_port/api/crash/
  curl -ki https://127.0.0.1:$https_port/api/projects/ -H "Authorization: Bearer $token" -d name=first

Ctrl-C ends both.
TEXT

# Whichever ends first ends the tour.
wait -n "$gate" "$backend" || true
echo "run: one of the two ended by itself; see $state/gatehouse.log and $state/backend.log" >&2
exit 1
