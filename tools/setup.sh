#!/usr/bin/env bash
# Brings a Debian 12 machine to where this project can be built, tested, run and benched. Idempotent; it says what it
# does; when everything is present it touches no network.
#
#   tools/setup.sh [build|run|test|check|bench|all]     default: all
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-all}
case $what in build|run|test|check|bench|all) ;; *) echo "usage: tools/setup.sh [build|run|test|check|bench|all]" >&2; exit 2 ;; esac

arch=$(dpkg --print-architecture)
case $arch in
  amd64) regex=libhyperscan-dev ;;
  arm64) regex=libvectorscan-dev ;;
  *) echo "setup: $arch is not supported; amd64 and arm64 are" >&2; exit 1 ;;
esac

build=(g++ make cmake ninja-build ccache pkg-config git python3 libssl-dev libsqlite3-dev libtomlplusplus-dev libexpected-dev
  libnghttp2-dev zlib1g-dev libgit2-dev libyaml-dev libtree-sitter-dev "$regex")
# What the example backend and the tour of `make run` need.
run=(python3-django python3-djangorestframework python3-django-cors-headers python3-decouple python3-jwt python3-cryptography
  gunicorn curl openssl ca-certificates)
test=(libgtest-dev libgmock-dev clang-19 libclang-rt-19-dev llvm-19 python3-cryptography nginx-light haproxy wrk slowhttptest chromium
  strace procps iproute2)
check=(clang-19 clang-tidy-19 clang-format-19 libgtest-dev libgmock-dev)
bench=(python3-cryptography wrk nginx-light libnginx-mod-http-lua lua-luaossl lua-cjson haproxy util-linux openssl curl)

# Folders with a package.json and a package-lock.json of their own. Packages never run install scripts.
node_build=()
for folder in third_party/* src/audit web; do
  if [ -f "$folder/package-lock.json" ]; then node_build+=("$folder"); fi
done
node_test=(tests/e2e tests/recall)

packages=("${build[@]}")
folders=("${node_build[@]}")
case $what in
  run) packages+=("${run[@]}") ;;
  test) packages+=("${run[@]}" "${test[@]}"); folders+=("${node_test[@]}") ;;
  check) packages+=("${check[@]}") ;;
  bench) packages+=("${bench[@]}"); folders+=("${node_test[@]}") ;;
  all) packages+=("${run[@]}" "${test[@]}" "${check[@]}" "${bench[@]}"); folders+=("${node_test[@]}") ;;
esac
# npm is only used to fetch; the tests run on the Node of tests/e2e/package.json.
if [ ${#folders[@]} -gt 0 ] && ! command -v npm >/dev/null; then packages+=(npm); fi

installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" { print $2 }' | sort -u)
mapfile -t missing < <(comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(printf '%s\n' "$installed"))
if [ ${#missing[@]} -gt 0 ]; then
  echo "== setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    echo "setup: not root. Run this once, then again what you ran:" >&2
    echo "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  # Services that a package would start (nginx, haproxy) stay stopped: only the tools are wanted.
  policy=/usr/sbin/policy-rc.d
  made_policy=no
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made_policy=yes
  fi
  trap '[ $made_policy = no ] || rm -f $policy' EXIT
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

for folder in "${folders[@]}"; do
  stamp=$folder/node_modules/.stamp
  wanted=$(sha256sum "$folder/package.json" "$folder/package-lock.json" | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
    echo "== setup: npm packages of $folder"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
    echo "$wanted" >"$stamp"
  fi
done
