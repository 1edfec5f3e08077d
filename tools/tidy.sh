#!/usr/bin/env bash
# clang-tidy over our sources (all, or those named), with the compile commands of the clang preset.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -gt 0 ]; then files=("$@"); else mapfile -t files < <(git ls-files 'src/*.cc' | grep -v '_test\.cc$'); fi
echo "== tidy: ${#files[@]} files"
printf '%s\0' "${files[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' 2> >(grep -v 'warnings generated' >&2)
