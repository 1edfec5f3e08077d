#!/usr/bin/env bash
# The whole suite in one ctest, which prints the summary that ends `make test`. Arguments go to ctest (-R e2e …).
set -euo pipefail
cd "$(dirname "$0")/.."
export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1
export UBSAN_OPTIONS=print_stacktrace=1
export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19 UBSAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
exec ctest --test-dir build/asan --output-on-failure -j"$(nproc)" "$@"
