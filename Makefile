# One make for the whole tree. `make help` lists the targets.
#
# VARIANT picks flags: release (the default), debug, asan, tsan, coverage.
# Nothing is ever built outside $(BUILD), and compilers and variants do not
# disturb one another.

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

CFLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CFLAGS_debug    := -O0 -g
CFLAGS_asan     := -O1 -g -fsanitize=address,undefined \
                   -fno-sanitize-recover=all -fno-omit-frame-pointer \
                   -DQC_ARENA_CHUNK_SIZE=0
CFLAGS_tsan     := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
CFLAGS_coverage := -O0 -g --coverage
LDFLAGS_release := -pie -Wl,-z,relro,-z,now

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
  -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
  -Wcast-qual -Wwrite-strings -Wformat=2 -Wswitch-enum -Wnull-dereference \
  -Wdouble-promotion -Wimplicit-fallthrough -Wdate-time
CXXWARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow
WERROR   ?= -Werror

# Asserts stay on in every variant: -DNDEBUG is nowhere.
QC_CPPFLAGS := -Inode -Iclient -I. -isystem $(G)/c -D_POSIX_C_SOURCE=200809L \
  -DQC_VERSION='"$(VERSION)"'
QC_CFLAGS   := -std=c11 $(WARNINGS) $(WERROR) -ffile-prefix-map=$(CURDIR)=. \
  $(CFLAGS_$(VARIANT)) $(CFLAGS)
QC_CXXFLAGS := -std=c++17 $(CXXWARNINGS) $(WERROR) \
  -ffile-prefix-map=$(CURDIR)=. $(CFLAGS_$(VARIANT)) $(CXXFLAGS)
QC_LDFLAGS  := $(CFLAGS_$(VARIANT)) $(LDFLAGS_$(VARIANT)) $(LDFLAGS)

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
PACKAGES_codec    := jansson yaml-0.1
PACKAGES_machine  := libxxhash libcrypto
PACKAGES_storage  := rocksdb libxxhash
PACKAGES_replica  := raft
PACKAGES_http2    := libnghttp2 libuv jansson
PACKAGES_cli      := libuv smartcols jansson
LIBS_rpc          := -lphonenumber
LIBS_storage      := -pthread

pkg_libs   = $(if $(PACKAGES_$(1)),$(shell pkg-config --libs $(PACKAGES_$(1))))
libs_of    = $(foreach f,$(1),$(LIBS_$(f)) $(call pkg_libs,$(f)))
archives_of = $(foreach f,$(1),$(B)/libqc_$(f).a)

sources_of = $(sort $(wildcard $(1)/*.c))
objects    = $(patsubst %.c,$(B)/%.o,$(1))

PROTOS    := $(sort $(shell find proto -name '*.proto'))
PB_NAMES  := $(PROTOS:proto/%.proto=%) google/protobuf/descriptor \
             google/protobuf/any google/protobuf/duration
PB_HEADERS := $(PB_NAMES:%=$(G)/c/%.pb-c.h)

TESTS    := $(sort $(wildcard node/*/test/*_test.c client/*/test/*_test.c))
C_FILES  := $(sort $(shell find node client cluster-tests -name '*.[ch]'))
CXX_FILES := $(sort $(shell find node -name '*.cc'))

BENCH_SOURCES := $(sort $(wildcard cluster-tests/bench/*.c))
PROGRAMS := $(B)/quorumcalld $(B)/qcctl $(if $(BENCH_SOURCES),$(B)/qcbench)

.PHONY: all
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAMS) ## Build everything
	$(Q)for p in $(^F); do ln -sfn $(B:$(BUILD)/%=%)/$$p $(BUILD)/$$p; done

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
	  -e 's|^package google\.rpc;|&\n$(call pb_option,google.rpc)|' $< >$@

$(G)/contract.stamp: $(PROTOS:%=$(G)/%)
	@mkdir -p $(G)/c
	$(Q)protoc-c -I $(G)/proto -I /usr/include --c_out=$(G)/c \
	  $(PROTOS:proto/%=$(G)/proto/%) google/protobuf/descriptor.proto \
	  google/protobuf/any.proto google/protobuf/duration.proto
	@touch $@

$(PB_HEADERS) $(PB_HEADERS:.h=.c): $(G)/contract.stamp ;

$(G)/schema.fds: $(PROTOS)
	@mkdir -p $(@D)
	$(Q)protoc -I proto -I /usr/include --include_imports \
	  --descriptor_set_out=$@ $(PROTOS)

# The schema as a C array: qc_schema() gives it out.
$(G)/c/schema.h: $(G)/schema.fds
	@mkdir -p $(@D)
	$(Q){ echo 'static const unsigned char schema[] = {'; \
	  od -An -v -tu1 $< | sed 's/  */,/g; s/^,//; s/$$/,/'; echo '};'; } >$@

$(B)/contract/%.o: $(G)/contract.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) -isystem $(G)/c -std=c11 -w $(CFLAGS_$(VARIANT)) $(CFLAGS) \
	  -c $(G)/c/$*.c -o $@

$(B)/libqc_contract.a: $(PB_NAMES:%=$(B)/contract/%.pb-c.o)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

# --- objects, archives, programs ----------------------------------------------

$(B)/%.o: %.c Makefile | $(G)/contract.stamp $(G)/c/schema.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(QC_CPPFLAGS) $(QC_CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

$(B)/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(Q)$(CXX) $(QC_CPPFLAGS) $(QC_CXXFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

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
	$(Q)$(CXX) $(QC_LDFLAGS) -Wl,--start-group $^ -Wl,--end-group \
	  $(call libs_of,daemon $(BELOW_daemon)) -o $@

$(B)/qcctl: $(call archives_of,cli $(BELOW_cli))
	$(Q)$(CC) $(QC_LDFLAGS) -Wl,--start-group $^ -Wl,--end-group \
	  $(call libs_of,cli $(BELOW_cli)) -o $@

$(B)/qcbench: $(call objects,$(BENCH_SOURCES)) $(call archives_of,$(BELOW_cli))
	$(Q)$(CC) $(QC_LDFLAGS) $(call objects,$(BENCH_SOURCES)) \
	  -Wl,--start-group $(call archives_of,$(BELOW_cli)) -Wl,--end-group \
	  $(call libs_of,cli $(BELOW_cli)) -o $@

# --- tests -------------------------------------------------------------------
#
# A test links its own floor and those below it, and their test support.

.PHONY: test check-unit check-unit/%
support_of = $(foreach f,$(1),$(filter-out %_test.c,$(call sources_of,node/$(f)/test)))

define unit_test
$(B)/$(1): $(B)/$(1).o $(call objects,$(call support_of,$(2) $(BELOW_$(2)))) \
  $(call archives_of,$(2) $(BELOW_$(2)))
	$(Q)$(CXX) $(QC_LDFLAGS) $$(filter %.o,$$^) -Wl,--start-group \
	  $$(filter %.a,$$^) -Wl,--end-group \
	  $(call libs_of,$(2) $(BELOW_$(2))) -lcmocka -o $$@
endef
$(foreach t,$(TESTS),$(eval $(call unit_test,$(t:%.c=%),$(notdir $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(t)))))))))

$(B)/%.ok: $(B)/%
	@echo "  check $*"
	$(Q)timeout 300 $< >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

check-unit: $(TESTS:%.c=$(B)/%.ok) ## Unit tests and stories (VARIANT=asan is a good habit)

check-unit/%: ## Those of one floor: check-unit/machine
	$(Q)$(MAKE) --no-print-directory $(patsubst %.c,$(B)/%.ok,$(filter node/$*/% client/$*/%,$(TESTS)))

format: ## Lay out all C with clang-format 14
	$(Q)clang-format-14 -i $(C_FILES) $(CXX_FILES)

clean: ## Remove $(BUILD)
	$(Q)rm -rf $(BUILD)

help: ## This list
	@sed -n 's/^\([a-z%/-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | sort

-include $(shell find $(B) -name '*.d' 2>/dev/null)
