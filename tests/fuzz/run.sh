#!/usr/bin/env bash
# The long form: every fuzz target (or those named) for SECONDS, as many at once as there are cores.
#   tests/fuzz/run.sh SECONDS [NAME...]
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [NAME...]}; shift
root=$PWD programs=build/asan/tests/fuzz
if [ $# -gt 0 ]; then names=("$@"); else mapfile -t names < <(basename -a -s _fuzz.cc tests/fuzz/*_fuzz.cc); fi
export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19

one() {
  local name=$1 work=$root/build/fuzz/$1
  mkdir -p "$work/inputs"
  local inputs=("$work/inputs")
  [ -d "$root/tests/fuzz/corpus/$name" ] && inputs+=("$root/tests/fuzz/corpus/$name")
  local words=()
  [ -f "$root/tests/fuzz/$name.dict" ] && words=(-dict="$root/tests/fuzz/$name.dict")
  if "$root/$programs/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$work/" "${words[@]}" "${inputs[@]}" >"$work/log" 2>&1; then
    echo "$name: no finding in $seconds s, $(grep -oE 'number_of_executed_units: +[0-9]+' "$work/log" | grep -oE '[0-9]+$') inputs"
  else
    echo "$name: FINDING, see $work/log"; grep -E 'ERROR|SUMMARY|Test unit written' "$work/log" | head -5
    return 1
  fi
}
export -f one; export root programs seconds
printf '%s\n' "${names[@]}" | xargs -P "$(nproc)" -I{} bash -c 'one {}'
