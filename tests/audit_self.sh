#!/usr/bin/env bash
# Audits this repository as others get it: a clone with its history, without what builds and benches leave beside it.
# usage: audit_self.sh PROGRAM SOURCE_DIR
set -euo pipefail
program=$1 source=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
if [ -e "$source/.git" ]; then
  git clone --quiet "$source" "$tree/repository"
  source=$tree/repository
fi
"$program" audit "$source" --fail-on low
