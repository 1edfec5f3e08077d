# Everything a person needs. Each target first brings the machine up to date (tools/setup.sh: nothing to do, no network).
#
#   make run     the example backend behind gatehouse, on this machine; Ctrl-C ends it
#   make test    unit, golden and end-to-end tests with ASan and UBSan; ends with ctest's summary
#   make check   format, tidy, rooms, both compilers
#   make bench   the side-by-side bench against nginx and HAProxy (ARGS="--rows plain,full --rounds 5"), and webhooks
#                against Express (WEBHOOK_ARGS="--rows gatehouse,node")
#   make recall  precision and recall of the audit, set by set (ARGS="--sets django,planted -v")
#   make fuzz    the long form of fuzzing (FUZZ_SECONDS=1800 for each target)
#   make soak    the drain and load tests with an hour of reloads under load, and an hour of killing the process under
#                the webhook inbox (SOAK_SECONDS=600 for ten minutes of each)
#   make fmt     formats the C++ sources
#   make build   build/release/gatehouse

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 1800
SOAK_SECONDS ?= 3600
ARGS ?=
WEBHOOK_ARGS ?=

# Objects are shared by all checkouts of this machine: the cache must not see where a checkout stands.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export BACKEND_PORT HTTP_PORT HTTPS_PORT ADMIN_PORT

# A preset is configured once; after that ninja itself notices changed CMake files.
configure = test -f build/$(1)/build.ninja || cmake --preset $(1) >/dev/null
compile = $(call configure,$(1)) && echo "== compiling: $(1)" && ninja -C build/$(1) -j$(JOBS) $(2)

.PHONY: run test check bench recall fuzz soak fmt build
.DEFAULT_GOAL := build

build:
	@tools/setup.sh build
	@$(call compile,release,gatehouse)

run:
	@tools/setup.sh run
	@$(call compile,release,gatehouse)
	@exec tools/run_example.sh

test:
	@tools/setup.sh test
	@$(call compile,release,gatehouse bench_tools)
	@$(call compile,asan)
	@$(call compile,tsan,threaded_tests)
	@tests/run_ctest.sh

check:
	@tools/setup.sh check
	@tools/format.sh --check
	@tools/check_rooms.py
	@$(call compile,dev)
	@$(call compile,clang)
	@tools/tidy.sh $(ARGS)

bench:
	@tools/setup.sh bench
	@$(call compile,release,gatehouse bench_tools)
	@bench/bench.py $(ARGS)
	@bench/webhooks.py $(WEBHOOK_ARGS)

recall:
	@tools/setup.sh test
	@$(call compile,release,gatehouse)
	@tests/recall/recall.py $(ARGS)
	@$(if $(ARGS),,tests/recall/mutants.py)

fuzz:
	@tools/setup.sh test
	@$(call compile,asan,fuzzers)
	@tests/fuzz/run.sh $(FUZZ_SECONDS) $(ARGS)

soak:
	@tools/setup.sh test
	@$(call compile,release,gatehouse)
	@SOAK_SECONDS=$(SOAK_SECONDS) tests/e2e/run.sh drain load inbox

fmt:
	@tools/setup.sh check
	@tools/format.sh
