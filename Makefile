# One make for the whole tree. `make help` lists the targets; docs/hacking.md
# tells more.
#
# VARIANT picks flags: release (the default), debug, asan, tsan, coverage, and
# planted, which holds bugs on purpose (node/base/planted.h).
# Nothing is ever built outside $(BUILD), and compilers and variants do not
# disturb one another. All cores are used unless -j says otherwise.

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

CC      ?= cc
CXX     ?= c++
VARIANT ?= release
BUILD   ?= build
V       ?= 0
B       := $(BUILD)/$(notdir $(CC))-$(VARIANT)
G       := $(BUILD)/gen
Q       := $(if $(filter 0,$(V)),@)
VERSION := 0.1.0

# GNU's names; DESTDIR is for packagers.
prefix      ?= /usr/local
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
sbindir     ?= $(exec_prefix)/sbin
docdir      ?= $(prefix)/share/doc/quorumcall
mandir      ?= $(prefix)/share/man

# What serves is optimised as a whole, by gcc; other programs, of which there are
# many, link the same objects as they are.
LTO             := $(if $(findstring clang,$(CC)),,-flto=auto)
CFLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE \
                   $(LTO) $(LTO:%=-ffat-lto-objects)
CFLAGS_debug    := -O0 -g
CFLAGS_asan     := -O1 -g -fsanitize=address,undefined \
                   -fno-sanitize-recover=all -fno-omit-frame-pointer \
                   -DQC_ARENA_CHUNK_SIZE=0 -DQC_SLAB_KEPT_MAX=0 \
                   -DQC_CALLS_KEPT_MAX=0
CFLAGS_tsan     := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
CFLAGS_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
                   -fno-sanitize-recover=all -fno-omit-frame-pointer \
                   -DQC_ARENA_CHUNK_SIZE=0 -DQC_SLAB_KEPT_MAX=0 \
                   -DQC_CALLS_KEPT_MAX=0
CFLAGS_planted  := -O2 -g -DQC_PLANTED
CFLAGS_coverage := -O0 -g --coverage
LDFLAGS_release := -pie -Wl,-z,relro,-z,now

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
  -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
  -Wcast-qual -Wwrite-strings -Wformat=2 -Wswitch-enum -Wnull-dereference \
  -Wdouble-promotion -Wimplicit-fallthrough -Wdate-time
CXXWARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow
WERROR   ?= -Werror

# No path of this machine gets into a program (`make check-repro`).
PREFIX_MAP := -ffile-prefix-map=$(abspath $(BUILD))=build \
  -ffile-prefix-map=$(BUILD)=build -ffile-prefix-map=$(CURDIR)=.

# Asserts stay on in every variant: -DNDEBUG is nowhere.
QC_CPPFLAGS  = -Inode -Iclient -I. -isystem $(G)/c -D_POSIX_C_SOURCE=200809L \
  -DQC_VERSION='"$(VERSION)"' $(LIBRARY_CPPFLAGS)
QC_CFLAGS   := -std=c11 $(WARNINGS) $(WERROR) $(PREFIX_MAP) \
  $(CFLAGS_$(VARIANT)) $(CFLAGS)
QC_CXXFLAGS := -std=c++17 $(CXXWARNINGS) $(WERROR) \
  $(PREFIX_MAP) $(CFLAGS_$(VARIANT)) $(CXXFLAGS)
QC_LDFLAGS  := $(CFLAGS_$(VARIANT)) -fno-lto $(LDFLAGS_$(VARIANT)) $(LDFLAGS)

# Floors, lowest first; and what an archive needs from below, highest first,
# which is the order the linker wants.
FLOORS := base codec machine command storage replica http2 rpc daemon
BELOW_base    :=
BELOW_codec   := contract base
BELOW_machine := codec $(BELOW_codec)
BELOW_command := machine $(BELOW_machine)
BELOW_storage := machine $(BELOW_machine)
BELOW_replica := command $(BELOW_command)
BELOW_http2   := codec $(BELOW_codec)
BELOW_rpc     := http2 replica $(BELOW_replica)
BELOW_daemon  := rpc storage $(BELOW_rpc)
BELOW_lib     := http2 $(BELOW_http2)
BELOW_cli     := lib $(BELOW_lib)

# The libraries each floor calls. libphonenumber has no .pc file.
PACKAGES_contract := libprotobuf-c
PACKAGES_codec    := yaml-0.1
PACKAGES_machine  := libxxhash libcrypto
PACKAGES_daemon   := libuv jansson libmicrohttpd libsystemd
PACKAGES_storage  := rocksdb libxxhash
PACKAGES_replica  := raft
PACKAGES_http2    := libnghttp2 libuv jansson openssl
PACKAGES_cli      := libuv smartcols jansson libxxhash openssl
LIBS_rpc          := -lphonenumber
LIBS_storage      := -pthread

# Asked once, and not before something is compiled: `make deps` may have to come
# first.
LIBRARY_CPPFLAGS = $(eval LIBRARY_CPPFLAGS := $(patsubst -I%,-isystem %, \
  $(shell pkg-config --cflags-only-I $(LIBRARIES))))$(LIBRARY_CPPFLAGS)
LIBRARIES := $(sort $(foreach f,contract $(FLOORS) lib cli,$(PACKAGES_$(f))))
pkg_libs   = $(if $(PACKAGES_$(1)),$(shell pkg-config --libs $(PACKAGES_$(1))))
libs_of    = $(foreach f,$(1),$(LIBS_$(f)) $(call pkg_libs,$(f)))
archives_of = $(foreach f,$(1),$(B)/libqc_$(f).a)

sources_of = $(sort $(wildcard $(1)/*.c))
objects    = $(patsubst %.c,$(B)/%.o,$(1))

PROTOS    := $(sort $(shell find proto -name '*.proto'))
PB_NAMES  := $(PROTOS:proto/%.proto=%) google/protobuf/descriptor \
             google/protobuf/any google/protobuf/duration
PB_HEADERS := $(PB_NAMES:%=$(G)/c/%.pb-c.h)

# Where a floor stands.
home_of    = $(wildcard node/$(1) client/$(1) cluster-tests/$(1))

TESTS    := $(sort $(wildcard node/*/test/*_test.c client/*/test/*_test.c))
LOAD_TESTS := $(sort $(wildcard cluster-tests/bench/load/test/*_test.c))
CODE     := $(wildcard node client cluster-tests)
# What is in them and ours: all but what npm has brought.
named     = $(shell find $(CODE) -name node_modules -prune -o -name '$(1)' -print)
begun_by  = $(shell grep -rlE --exclude-dir=node_modules '^\#!.*$(1)' $(CODE))
C_FILES  := $(sort $(call named,*.[ch]))
CXX_FILES := $(sort $(call named,*.cc))
SCRIPTS  := .ci/run $(sort $(call begun_by,/bin/sh))
PYTHON   := $(sort $(call begun_by,python3) $(call named,*.py))

FUZZ_SOURCES := $(sort $(wildcard cluster-tests/fuzz/*.c))
BENCH_SOURCES := $(sort $(wildcard cluster-tests/bench/*.c))
LOAD_SOURCES := $(sort $(wildcard cluster-tests/bench/load/*.c)) cluster-tests/bench/phones.c
CENTRE_SOURCES := $(sort $(wildcard cluster-tests/bench/centre/*.c cluster-tests/rows/*.c))
SIM_SOURCES := $(sort $(wildcard cluster-tests/sim/*.c cluster-tests/rows/*.c))
PROGRAMS := $(B)/quorumcalld $(B)/qcctl $(if $(BENCH_SOURCES),$(B)/qcbench $(B)/qcload) \
  $(if $(CENTRE_SOURCES),$(B)/qcbench-machine) \
  $(if $(SIM_SOURCES),$(B)/qcsim)

.PHONY: all
.SECONDARY:
.DELETE_ON_ERROR:

##@ Build

all: $(PROGRAMS) ## Build everything
	$(Q)for p in $(^F); do ln -sfn $(B:$(BUILD)/%=%)/$$p $(BUILD)/$$p; done

.PHONY: libraries deps deps-lint deps-clients deps-bench deps-voice
libraries:
	@node/tools/deps check $(LIBRARIES)

deps: ## Install the Debian packages that build, demo and tests need
	@node/tools/deps build

deps-lint: ## Install those that lint needs
	@node/tools/deps lint

deps-clients: ## Install what check-clients needs: Node.js, Chromium, nghttp2's clients
	@node/tools/deps clients

deps-bench: ## Install what bench and bench-front need: etcd, PostgreSQL, Redis, ...
	@node/tools/deps bench

deps-voice: ## Install what check-voice needs: Kamailio and sipp
	@node/tools/deps voice

# --- made from proto/ -------------------------------------------------------
#
# protobuf-c gets a copy in which the packages have short C names; the schema
# that is compiled in, and that every other language sees, is the original.

pb_option = import "protobuf-c/protobuf-c.proto"; \
  option (pb_c_file).c_package = "$(1)"; option (pb_c_file).const_strings = true;

$(G)/proto/%.proto: proto/%.proto Makefile
	@mkdir -p $(@D)
	$(Q)sed -e 's|^package quorumcall\.v1;|&\n$(call pb_option,qc.v1)|' \
	  -e 's|^package quorumcall\.state\.v1;|&\n$(call pb_option,qc.state)|' \
	  -e 's|^package quorumcall\.peer\.v1;|&\n$(call pb_option,qc.peer)|' \
	  -e 's|^package quorumcall\.config\.v1;|&\n$(call pb_option,qc.config)|' \
	  -e 's|^package google\.rpc;|&\n$(call pb_option,google.rpc)|' \
	  -e 's|^package grpc\.health\.v1;|&\n$(call pb_option,grpc.health)|' \
	  -e 's|^package \(grpc\.reflection\.v1[a-z]*\);|&\n$(call pb_option,\1)|' $< >$@

$(G)/contract.stamp: $(PROTOS:%=$(G)/%) | libraries
	@mkdir -p $(G)/c
	$(Q)protoc-c -I $(G)/proto -I /usr/include --c_out=$(G)/c \
	  $(PROTOS:proto/%=$(G)/proto/%) google/protobuf/descriptor.proto \
	  google/protobuf/any.proto google/protobuf/duration.proto
	@touch $@

$(PB_HEADERS) $(PB_HEADERS:.h=.c): $(G)/contract.stamp ;

$(G)/schema.fds: $(PROTOS) | libraries
	@mkdir -p $(@D)
	$(Q)protoc -I proto -I /usr/include --include_imports \
	  --descriptor_set_out=$@ $(PROTOS)

MADE_HEADERS := $(G)/c/schema.h $(G)/c/every_message.h

# The schema as a C array: qc_schema() gives it out.
$(G)/c/schema.h: $(G)/schema.fds
	@mkdir -p $(@D)
	$(Q){ echo 'static const unsigned char schema[] = {'; \
	  od -An -v -tu1 $< | sed 's/  */,/g; s/^,//; s/$$/,/'; echo '};'; } >$@

# All our messages, for tests that try each of them.
$(G)/c/every_message.h: $(G)/contract.stamp
	$(Q)sed -n 's/^extern const ProtobufCMessageDescriptor \(.*\);/\1/p' \
	  $(filter-out %descriptor.pb-c.h,$(PB_HEADERS)) | LC_ALL=C sort >$@.names
	$(Q){ echo '#include <protobuf-c/protobuf-c.h>'; \
	  sed 's/.*/extern const ProtobufCMessageDescriptor &;/' $@.names; \
	  echo 'static const ProtobufCMessageDescriptor *const every_message[] = {'; \
	  sed 's/.*/\&&,/' $@.names; echo '};'; } >$@

$(B)/contract/%.o: $(G)/contract.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) -isystem $(G)/c -std=c11 -w $(PREFIX_MAP) \
	  $(CFLAGS_$(VARIANT)) $(CFLAGS) -c $(G)/c/$*.c -o $@

$(B)/libqc_contract.a: $(PB_NAMES:%=$(B)/contract/%.pb-c.o)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

# --- objects, archives, programs ----------------------------------------------
#
# -MD and not -MMD: the headers made from proto/ stand in a system folder, to be
# spared our warnings, and must be known all the same.

$(B)/%.o: %.c Makefile | $(G)/contract.stamp $(MADE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(QC_CPPFLAGS) $(QC_CFLAGS) $(CPPFLAGS) -MD -MP -c $< -o $@

$(B)/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(Q)$(CXX) $(QC_CPPFLAGS) $(QC_CXXFLAGS) $(CPPFLAGS) -MD -MP -c $< -o $@

define archive
$(B)/libqc_$(1).a: $(call objects,$(call sources_of,$(2))) \
  $(patsubst %.cc,$(B)/%.o,$(sort $(wildcard $(2)/*.cc)))
	@rm -f $$@
	$(Q)$(AR) rcsD $$@ $$^
endef
$(foreach f,$(FLOORS),$(eval $(call archive,$(f),node/$(f))))
$(eval $(call archive,lib,client/lib))
$(eval $(call archive,cli,client/cli))

# C++ links them, for the sake of libphonenumber and RocksDB.
$(B)/quorumcalld: $(call archives_of,daemon $(BELOW_daemon))
	$(Q)$(CXX) $(filter-out -fno-lto,$(QC_LDFLAGS)) \
	  -Wl,--start-group $^ -Wl,--end-group \
	  $(call libs_of,daemon $(BELOW_daemon)) -o $@

$(B)/qcctl: $(call archives_of,cli $(BELOW_cli))
	$(Q)$(CC) $(QC_LDFLAGS) -Wl,--start-group $^ -Wl,--end-group \
	  $(call libs_of,cli $(BELOW_cli)) -o $@

$(B)/qcbench: $(call objects,$(BENCH_SOURCES)) $(call archives_of,$(BELOW_cli))
	$(Q)$(CC) $(QC_LDFLAGS) $(call objects,$(BENCH_SOURCES)) \
	  -Wl,--start-group $(call archives_of,$(BELOW_cli)) -Wl,--end-group \
	  $(call libs_of,cli $(BELOW_cli)) -o $@

$(B)/qcload: $(call objects,$(LOAD_SOURCES)) $(call archives_of,$(BELOW_lib))
	$(Q)$(CC) $(QC_LDFLAGS) $(call objects,$(LOAD_SOURCES)) \
	  -Wl,--start-group $(call archives_of,$(BELOW_lib)) -Wl,--end-group \
	  $(call libs_of,$(BELOW_lib)) -lm -o $@

$(B)/qcbench-machine: $(call objects,$(CENTRE_SOURCES)) \
  $(call archives_of,command $(BELOW_command))
	$(Q)$(CC) $(QC_LDFLAGS) $(call objects,$(CENTRE_SOURCES)) \
	  -Wl,--start-group $(call archives_of,command $(BELOW_command)) -Wl,--end-group \
	  $(call libs_of,command $(BELOW_command)) -o $@

$(B)/qcsim: $(call objects,$(SIM_SOURCES)) $(call archives_of,replica $(BELOW_replica))
	$(Q)$(CC) $(QC_LDFLAGS) $(call objects,$(SIM_SOURCES)) \
	  -Wl,--start-group $(call archives_of,replica $(BELOW_replica)) -Wl,--end-group \
	  $(call libs_of,replica $(BELOW_replica)) -o $@

##@ Tests

# A test links its own floor and those below it, and their test support.

.PHONY: test check-unit check-tools check-process check-sim check-planted check-fuzz bless
support_of = $(foreach f,$(1),$(filter-out %_test.c,$(call sources_of,$(call home_of,$(f))/test)))

define unit_test
$(B)/$(1): $(B)/$(1).o $(call objects,$(call support_of,$(2) $(BELOW_$(2)))) \
  $(call archives_of,$(2) $(BELOW_$(2)))
	$$(Q)$$(CXX) $$(QC_LDFLAGS) $$(filter %.o,$$^) -Wl,--start-group \
	  $$(filter %.a,$$^) -Wl,--end-group \
	  $$(call libs_of,$(2) $(BELOW_$(2))) -lcmocka -o $$@
endef
floor_of_test = $(notdir $(patsubst %/test/,%,$(dir $(1))))
$(foreach t,$(TESTS),$(eval $(call unit_test,$(t:%.c=%),$(call floor_of_test,$(t)))))

# What of the client of benchmarks needs no system to ask.
$(LOAD_TESTS:%.c=$(B)/%): $(B)/cluster-tests/bench/load/test/%_test: \
  $(B)/cluster-tests/bench/load/test/%_test.o $(B)/cluster-tests/bench/load/%.o
	$(Q)$(CC) $(QC_LDFLAGS) $^ -lcmocka -o $@

# Its last line is for tally: a test that dies must not look like one that ends.
$(B)/%.ok: $(B)/%
	@echo "  check $*"
	$(Q)timeout 900 $< >$@.log 2>&1; status=$$?; \
	  echo "exit status $$status" >>$@.log; \
	  [ $$status -eq 0 ] || { cat $@.log; exit 1; }
	@touch $@

UNIT_OK  := $(patsubst %.c,$(B)/%.ok,$(TESTS) $(LOAD_TESTS))
UNIT_LOG := $(UNIT_OK:=.log)

# Their own logs, written as they run: $(1) is the log, $(2) the program.
logged = mkdir -p $(B); { $(2); echo "exit status $$?"; } 2>&1 | tee $(1); \
  tail -n 1 $(1) | grep -qx 'exit status 0'

test: deps ## Install, build, and run every ring below; ends with "N passed, N failed"
	$(Q)rm -f $(UNIT_OK) $(UNIT_LOG) $(B)/check-*.log
	$(Q)for ring in all $(RINGS); do \
	  $(MAKE) --no-print-directory -k $$ring || true; done
	$(Q)node/tools/tally $(UNIT_LOG) $(patsubst %,$(B)/%.log,$(filter-out check-unit,$(RINGS)))

RINGS := check-unit check-tools

check-unit: $(UNIT_OK) ## Unit tests and stories (VARIANT=asan is a good habit)

check-unit/%: ## Those of one floor: check-unit/machine
	$(Q)$(MAKE) --no-print-directory $(patsubst %.c,$(B)/%.ok,$(filter node/$*/% client/$*/%,$(TESTS)))

check-tools: ## What counts the tests, and what installs packages
	$(Q)$(call logged,$(B)/check-tools.log,node/tools/test/tally_test && \
	  node/tools/test/backports_test)

# Rings of other folders exist when their folder does.
ifneq ($(wildcard cluster-tests/process/run),)
RINGS += check-process
check-process: all ## Real nodes on loopback: killed, stopped, fed with nonsense
	$(Q)$(call logged,$(B)/check-process.log,QCCTL=$(BUILD)/qcctl cluster-tests/process/run)
endif

ifneq ($(wildcard cluster-tests/attacks/run),)
RINGS += check-front
.PHONY: check-front check-attacks check-malformed
check-front: all ## 2,000 malformed requests: each ends as it must
	$(Q)$(call logged,$(B)/check-front.log,QCCTL=$(BUILD)/qcctl cluster-tests/attacks/malformed)

check-attacks: all check-malformed ## All attacks, beside a client that must not notice
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/attacks/run

ASAN := $(BUILD)/$(notdir $(CC))-asan
check-malformed: ## 20,000 malformed requests on a node with sanitizers (N=, SEED=)
	$(Q)$(MAKE) --no-print-directory VARIANT=asan $(ASAN)/qcctl $(ASAN)/quorumcalld
	$(Q)QCCTL=$(ASAN)/qcctl cluster-tests/attacks/malformed --n $(or $(N),20000) \
	  $(if $(SEED),--seed $(SEED))
endif

# SEED= alone is that one seed, of which hash and plan are printed; N= is how
# many from there on.
ifneq ($(SIM_SOURCES),)
RINGS += check-sim check-planted
QCSIM = $(B)/qcsim --jobs $(shell nproc) $(if $(SEED),--seeds --seed $(SEED) --n $(or $(N),1),--n $(or $(N),60))
check-sim: $(B)/qcsim ## The whole cluster in one process: scenarios, then seeds (SEED=, N=)
	$(Q)$(call logged,$(B)/check-sim.log,$(QCSIM))

PLANTED := $(BUILD)/$(notdir $(CC))-planted/qcsim
.PHONY: planted
planted:
	$(Q)$(MAKE) --no-print-directory VARIANT=planted $(PLANTED)

check-planted: planted ## That the simulator sees each planted bug, by the check that must
	$(Q)$(call logged,$(B)/check-planted.log,$(PLANTED) --planted --jobs $(shell nproc))
endif

# qcfuzz plays inputs; qcfuzz-libfuzzer makes them up, and needs VARIANT=fuzz.
# The linker lets them see what tests say to the machine and to the replica, for
# seeds.
ifneq ($(CENTRE_SOURCES),)
RINGS += check-bench
.PHONY: check-bench bench-machine
check-bench: all ## That benchmarks work: a small centre, a short load, and one that breaks
	$(Q)$(call logged,$(B)/check-bench.log,$(B)/qcbench-machine --smoke && \
	  QCCTL=$(BUILD)/qcctl cluster-tests/bench/beside --smoke)

bench-machine: $(B)/qcbench-machine ## What routing costs one core, and whether that is little enough
	$(Q)$(B)/qcbench-machine $(if $(N),--contacts $(N))
endif

ifneq ($(FUZZ_SOURCES),)
RINGS += check-fuzz
FUZZ_WRAPPED := qc_entry_apply qc_world_open qc_world_pass qc_world_configure \
  qc_world_ask qc_replica_receive
FUZZ_OBJECTS := $(call objects,$(filter-out %/replay.c %/libfuzzer.c,$(FUZZ_SOURCES)) \
  $(call support_of,$(FLOORS)))

define fuzz_program
$(B)/$(1): $(B)/cluster-tests/fuzz/$(2).o $(FUZZ_OBJECTS) \
  $(call archives_of,daemon $(BELOW_daemon))
	$$(Q)$$(CXX) $$(QC_LDFLAGS) $(3) $$(FUZZ_WRAPPED:%=-Wl,--wrap=%) \
	  $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
	  $$(call libs_of,daemon $$(BELOW_daemon)) -lcmocka -o $$@
endef
$(eval $(call fuzz_program,qcfuzz,replay,))
$(eval $(call fuzz_program,qcfuzz-libfuzzer,libfuzzer,-fsanitize=fuzzer))

check-fuzz: $(B)/qcfuzz ## Every input that is kept of fuzzing, once
	$(Q)$(call logged,$(B)/check-fuzz.log,$(B)/qcfuzz)

.PHONY: fuzz fuzz-corpus
FUZZ := $(BUILD)/clang-14-fuzz
fuzz: ## Make up inputs for a target, T=entry SECS=60; without T= their names
	$(Q)$(MAKE) --no-print-directory CC=clang-14 CXX=clang++-14 VARIANT=fuzz \
	  $(FUZZ)/qcfuzz $(FUZZ)/qcfuzz-libfuzzer
	$(Q)cluster-tests/fuzz/run $(FUZZ) $(BUILD)/fuzz "$(T)" $(or $(SECS),60)

fuzz-corpus: ## Write the corpus of T= anew: its seeds and what was found, made few
	$(Q)$(MAKE) --no-print-directory fuzz SECS=corpus
endif

.PHONY: check-clients check-rolling check-voice
check-clients: all deps-clients ## Clients that are not ours, case by case, on real nodes
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/clients/run

check-rolling: all deps-clients ## All nodes restart one by one, and no call of three clients fails
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/clients/rolling

check-voice: all deps-voice ## Telephone calls by SIP, through Kamailio, while leaders die
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/voice/run

STORIES := $(wildcard node/command/test/stories/*.story)
ifneq ($(STORIES),)
$(B)/node/command/test/rights_test.ok: docs/rights.md
$(B)/node/command/test/states_test.ok: docs/states.md
$(B)/node/command/test/story_test.ok: $(STORIES) \
  $(wildcard node/command/test/stories/*.setup)
bless: $(addprefix $(B)/node/command/test/,story_test rights_test states_test) ## Rewrite what stories, docs/rights.md and docs/states.md say; the diff is the review
	$(Q)for t in $^; do QC_BLESS=1 $$t || exit 1; done
endif

ifneq ($(wildcard client/examples/demo.py),)
.PHONY: demo
demo: deps ## Three nodes, visitors and calls; the leader is killed on the way
	$(Q)$(MAKE) --no-print-directory all
	$(Q)/usr/bin/python3 client/examples/demo.py $(BUILD)/qcctl
endif

ifneq ($(wildcard cluster-tests/bench/run),)
.PHONY: bench bench-visits
bench: all ## The same work by us, etcd, PostgreSQL and Redis, in turns; W=W7 is one workload
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/bench/beside --out $(BUILD)/bench \
	  $(if $(KILLS),--kills $(KILLS)) $(W)

bench-visits: all ## Allocations and releases under load, checked for overlaps
	$(Q)cluster-tests/bench/run $(BUILD)

.PHONY: bench-restart
bench-restart: all ## How soon a killed node serves that holds a million rows
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/bench/restart

.PHONY: bench-front
bench-front: all ## What a call costs the front door, beside nghttpd
	$(Q)QCCTL=$(BUILD)/qcctl cluster-tests/bench/front
endif

.PHONY: check-repro
check-repro: ## Two builds in two folders make the same programs
	$(Q)node/tools/check-repro $(BUILD)

##@ Lint

.PHONY: lint check-format check-floors check-pure check-symbols check-names check-size \
  check-words check-contract check-man check-tidy check-cppcheck check-shell check-python
LINT := check-format check-floors check-pure check-symbols check-names check-size \
  check-words check-contract check-man check-shell check-python check-cppcheck check-tidy

lint: $(LINT) seen-to-fail ## Every check below, and that each can fail
	@echo "lint: $(words $(LINT)) checks, none complains"

.PHONY: seen-to-fail
seen-to-fail: $(G)/contract.stamp ## Each check of lint complains of a planted fault
	$(Q)node/tools/test/lint_test $(G)

check-format: ## Layout is clang-format's, version 14
	$(Q)clang-format-14 --dry-run -Werror $(C_FILES) $(CXX_FILES)

check-floors: ## A folder includes from lower floors only (node/floors.txt)
	$(Q)node/tools/check-floors node/floors.txt $(CODE)

# Compiled without float registers: gcc then refuses a float, and clang makes
# it a library call, which the list of allowed symbols refuses.
PURE := $(call sources_of,node/base) $(call sources_of,node/machine) \
  $(call sources_of,node/command) $(wildcard node/codec/msgpack*.c) \
  $(addprefix node/codec/,build.c message.c place.c sink.c utf8.c)
$(BUILD)/pure/%.o: %.c Makefile | $(G)/contract.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(QC_CPPFLAGS) -std=c11 -mgeneral-regs-only -MD -MP -c $< -o $@

check-pure: $(PURE:%.c=$(BUILD)/pure/%.o) ## No clock, random, thread, file, locale or float in the machine
	$(Q)node/tools/check-pure node/machine/allowed-symbols.txt $^

SHOWN := $(FLOORS) lib cli
check-symbols: $(call archives_of,$(SHOWN)) ## What links across files is called qc_..., and once
	$(Q)node/tools/check-symbols $^

check-names: ## No file is a drawer
	$(Q)node/tools/check-files names .

check-size: ## No file is longer than 800 lines
	$(Q)node/tools/check-files size .

check-words: ## Nothing unfinished, no path or host of one machine
	$(Q)node/tools/check-files words .

check-contract: ## Every rpc has one row in command.def, and every row an rpc
	$(Q)node/tools/check-contract proto

check-man: ## Man pages are good mdoc, and name every verb, option and key
	$(Q)node/tools/check-man proto client/cli/verb.def docs/man

check-shell: ## shellcheck
	$(Q)shellcheck $(SCRIPTS)

check-python: ## Every Python file compiles
	$(Q)python3 -c 'import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]' $(PYTHON)

# Off: "out of bounds or else redundant", said of a bound that stands in the same
# condition behind a cast; "uninitialised", said of out-parameters and of loops
# that a macro makes. (clang-tidy's analyzer looks for the latter, and sees them.)
check-cppcheck: $(G)/contract.stamp ## cppcheck
	@mkdir -p $(BUILD)/cppcheck
	$(Q)cppcheck --quiet -j $$(nproc) --cppcheck-build-dir=$(BUILD)/cppcheck \
	  --error-exitcode=1 --std=c11 --inline-suppr \
	  --enable=warning,performance,portability \
	  --suppress=arrayIndexOutOfBoundsCond --suppress=ctuuninitvar \
	  --suppress=uninitvar --library=node/tools/cppcheck.cfg \
	  -Inode -Iclient $(filter %.c,$(C_FILES)) $(CXX_FILES)

check-tidy: $(patsubst %,$(BUILD)/tidy/%.ok,$(filter %.c,$(C_FILES)) $(CXX_FILES)) ## clang-tidy, version 14: names, 70 lines, 6 parameters, and bugs

$(BUILD)/tidy/%.c.ok: %.c $(filter %.h,$(C_FILES)) .clang-tidy | $(G)/contract.stamp $(MADE_HEADERS)
	$(Q)clang-tidy-14 --quiet $< -- $(QC_CPPFLAGS) -std=c11 2>/dev/null
	@mkdir -p $(@D) && touch $@

$(BUILD)/tidy/%.cc.ok: %.cc $(filter %.h,$(C_FILES)) .clang-tidy | $(G)/contract.stamp
	$(Q)clang-tidy-14 --quiet $< -- $(QC_CPPFLAGS) -std=c++17 2>/dev/null
	@mkdir -p $(@D) && touch $@

##@ The rest

.PHONY: format install dist clean help
format: ## Lay out all C with clang-format 14
	$(Q)clang-format-14 -i $(C_FILES) $(CXX_FILES)

INSTALL ?= install
install: all ## Install into DESTDIR, below prefix (/usr/local)
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(docdir)/docs
	$(INSTALL) -m 755 $(B)/quorumcalld $(DESTDIR)$(sbindir)
	$(INSTALL) -m 755 $(B)/qcctl $(DESTDIR)$(bindir)
	$(INSTALL) -m 644 README.md CHANGELOG.md LICENSE SECURITY.md $(DESTDIR)$(docdir)
	cp -R docs/*.md docs/decisions $(DESTDIR)$(docdir)/docs
	for section in 1 5 8; do \
	  $(INSTALL) -d $(DESTDIR)$(mandir)/man$$section && \
	  $(INSTALL) -m 644 docs/man/*.$$section $(DESTDIR)$(mandir)/man$$section || \
	  exit 1; done

dist: ## A tarball of what is committed
	@mkdir -p $(BUILD)
	$(Q)git archive --prefix=quorumcall-$(VERSION)/ HEAD | \
	  gzip -9n >$(BUILD)/quorumcall-$(VERSION).tar.gz
	@echo $(BUILD)/quorumcall-$(VERSION).tar.gz

clean: ## Remove $(BUILD)
	$(Q)rm -rf $(BUILD)

help: ## This list
	@awk '/^##@ / { print "\n" substr($$0, 5) } \
	  /^[a-z%\/-]+:.*## / { \
	    target = text = $$0; sub(/:.*/, "", target); sub(/.*## /, "", text); \
	    printf "  %-15s %s\n", target, text }' $(firstword $(MAKEFILE_LIST))

-include $(shell find $(B) $(BUILD)/pure -name '*.d' 2>/dev/null)
