#!/usr/bin/env bash
# Starts the backend alone, as it would stand on the internet without a gateway.
#   start_backend.sh [ADDRESS:PORT]        STARTER_DATABASE names the database file (default: a temporary one)
set -euo pipefail
cd "$(dirname "$0")/backend"
export STARTER_BIND=${1:-127.0.0.1:9000} PYTHONDONTWRITEBYTECODE=1
if [ -z "${STARTER_DATABASE:-}" ]; then
  STARTER_DATABASE=$(mktemp -t commerce-starter.XXXXXX.sqlite3); export STARTER_DATABASE
fi
/usr/bin/python3 manage.py migrate --verbosity 0
exec /usr/bin/gunicorn --config gunicorn.conf.py --log-level "${STARTER_LOG_LEVEL:-warning}"
