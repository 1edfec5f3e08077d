#!/usr/bin/env bash
# Runs end-to-end suites by name (all without one) on the Node of package.json.
#   tests/e2e/run.sh [NAME...]        GATEHOUSE_BINARY=build/dev/gatehouse to test another build
set -euo pipefail
cd "$(dirname "$0")"
case $(uname -m) in x86_64) cpu=x64 ;; aarch64) cpu=arm64 ;; *) echo "e2e: no Node for $(uname -m)" >&2; exit 1 ;; esac
node=$PWD/node_modules/node-linux-$cpu/bin/node
[ -x "$node" ] || { echo "e2e: $node is missing; run tools/setup.sh test" >&2; exit 1; }
# As many connections as the machine allows: the load test scales with it.
ulimit -Sn "$(ulimit -Hn)" 2>/dev/null || true
files=()
for name in "$@"; do files+=("$name.test.mjs"); done
[ ${#files[@]} -gt 0 ] || files=(*.test.mjs)
exec "$node" --test --test-concurrency=1 --test-reporter=spec "${files[@]}"
