#!/usr/bin/env bash
# Formats the C++ sources; with --check only says which are not formatted (exit 1).
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -d '' files < <(git ls-files -z --cached --others --exclude-standard -- 'src/*.h' 'src/*.cc' 'tests/*.cc' 'bench/*.cc' |
  while IFS= read -r -d '' f; do [ -f "$f" ] && printf '%s\0' "$f"; done)
if [ "${1:-}" = --check ]; then
  echo "== format: ${#files[@]} files"
  printf '%s\0' "${files[@]}" | xargs -0 -n 40 -P 2 clang-format-19 --dry-run --Werror --ferror-limit=1
else
  printf '%s\0' "${files[@]}" | xargs -0 -n 40 -P 2 clang-format-19 -i
fi
