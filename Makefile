# SPDX-License-Identifier: GPL-2.0-only
# pathlag: `make` builds build/pathlag; `make help` lists the rest.
# Everything that is made lies in build/. V=1 shows the commands.

VERSION := 0.1.0
B       := build
ARCH    := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')

CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(shell command -v bpftool) /usr/sbin/bpftool)
STRIP   ?= llvm-strip

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Werror -Wno-unused-parameter -Wshadow -Wstrict-prototypes \
	   -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
CPPFLAGS = -I. -I$(B) -D_GNU_SOURCE -DPATHLAG_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(CFLAGS)
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v2 -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Werror \
	     -Wno-unused-parameter -Wno-missing-declarations -I.
# Static where a library is ours to carry, dynamic for libc and libpcap only.
LDLIBS   = -Wl,-Bstatic -lbpf -lelf -lz -ljson-c -Wl,-Bdynamic -lpcap -lresolv -pthread

ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-8s %s\n' "$(1)" "$(2)";
endif

BPF_SRCS := $(wildcard bpf/*.bpf.c)
SKELS    := $(BPF_SRCS:%.bpf.c=$(B)/%.skel.h)
LIB_SRCS := $(filter-out $(BPF_SRCS) cmd/main.c,$(wildcard cmd/*.c bpf/*.c filters/*.c output/*.c))
LIB_OBJS := $(LIB_SRCS:%.c=$(B)/%.o)
UNITS    := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
DIFFS    := $(B)/tests/diff/filter_diff $(B)/tests/diff/splice_live
DIFF_SRCS := $(filter-out tests/diff/splice%,$(wildcard tests/diff/*.c))
FUZZERS  := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CFLAGS = -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

KERNEL ?= 6.12
# Programs that scenarios run.
CLIENTS  := $(B)/tests/netns/clients
SCENARIO_LOADS := $(B)/tests/bench/connect_loop $(CLIENTS)/uring $(if $(findstring x86,$(ARCH)),$(CLIENTS)/compat)
# Programs for the virtual machines to trace, and what attaches them.
VM_PROGS := $(B)/tests/vm/progs/load

.PHONY: all help test unit diff fuzz scenario causes causes-vm test-vm vm-shell check demo bench \
	bench-vm demo-vm soak-vm format clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/pathlag

help:
	@sed -n 's/^#> //p' Makefile

#> make            build/pathlag
#> make demo       three diagnosed connects, in network namespaces of their own (root)
#> make test       a smoke test in QEMU, then unit, differential, fuzz, style and scenario tests
#> make unit       unit tests only, no root needed
#> make diff       pcap filters against libpcap and tcpdump (root)
#> make fuzz       the fuzzers, for some seconds each
#> make scenario   scenario tests only (root); ONLY=NAME for one of them
#> make causes     every cause by a real fault, five times in a row; ONLY=CAUSE (root)
#> make causes-vm  the same on 6.12 and the newest kernel, in QEMU
#> make test-vm    the scenarios on Debian's kernels 5.10, 6.1, 6.12 and the newest, in QEMU
#> make vm-shell   a shell in such a guest; KERNEL=6.1
#> make bench      what tracing costs, as ratios (root)
#> make bench-vm   what tracing all functions costs, beside pwru, in a guest
#> make demo-vm    the demo in a guest, with kernel functions in it
#> make soak-vm    ten minutes of traffic under all functions, in a guest; SECONDS=60
#> make check      style and layering
#> make format     clang-format over all C files
#> make clean      remove build/

# --- dependencies of the machine: once a checkout, and again when ci/deps changes ---------------
$(B)/.deps-%: ci/deps
	@mkdir -p $(B)
	$(Q)ci/deps $*
	@touch $@

# --- BPF objects and their skeletons ------------------------------------------------------------
$(B)/%.bpf.o: %.bpf.c | $(B)/.deps-build
	$(call msg,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -c $< -o $@
	$(Q)$(STRIP) -g $@

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst .,_,$(notdir $*))_bpf > $@

# --- user space ---------------------------------------------------------------------------------
$(B)/%.o: %.c | $(SKELS) $(B)/.deps-build
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libpathlag.a: $(LIB_OBJS)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/pathlag: $(B)/cmd/main.o $(B)/libpathlag.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# --- tests --------------------------------------------------------------------------------------
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libpathlag.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(B)/tests/diff/splice_live.o: | $(B)/tests/diff/splice.skel.h
$(B)/tests/diff/filter_diff: $(DIFF_SRCS:%.c=$(B)/%.o) $(B)/libpathlag.a
$(B)/tests/diff/splice_live: $(B)/tests/diff/splice_live.o $(B)/libpathlag.a
$(DIFFS):
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# The fuzzers take the sources of what they fuzz, so that all of it is instrumented.
$(B)/tests/fuzz/fuzz_stream: tests/fuzz/fuzz_stream.c $(wildcard output/*.c)
$(B)/tests/fuzz/fuzz_cbpf: tests/fuzz/fuzz_cbpf.c tests/diff/unroll.c tests/diff/sock_reference.c \
	$(wildcard filters/*.c)
$(FUZZERS): $(wildcard output/*.h filters/*.h bpf/*.h tests/diff/*.h) | $(B)/.deps-fuzz
	$(call msg,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu17 $(CPPFLAGS) -g -O1 $(FUZZ_CFLAGS) $(filter %.c,$^) \
		-lbpf -ljson-c -lpcap -lresolv -o $@

# Without the virtual machine: make test SMOKE=
SMOKE ?= smoke

test: $(B)/pathlag $(UNITS) $(DIFFS) $(FUZZERS) $(SCENARIO_LOADS) $(B)/.deps-test $(B)/.deps-style
	$(Q)tests/run $(SMOKE) unit diff fuzz style scenario

unit: $(B)/pathlag $(UNITS)
	$(Q)tests/run unit

diff: $(B)/pathlag $(DIFFS) $(B)/.deps-test
	$(Q)tests/run diff

fuzz: $(FUZZERS)
	$(Q)tests/run fuzz

scenario: $(B)/pathlag $(SCENARIO_LOADS) $(B)/.deps-test
	$(Q)tests/run scenario $(ONLY)

causes: $(B)/pathlag $(SCENARIO_LOADS) $(B)/.deps-test
	$(Q)tests/netns/causes $(ONLY)

causes-vm: $(B)/pathlag $(SCENARIO_LOADS) $(B)/.deps-vm
	$(Q)ci/vm run --kernel 6.12,newest --timeout 3600 -- tests/netns/causes $(ONLY)

# That nothing is found where nothing is wrong is asked in guests whose time counts instructions: in
# any other a stall of this machine is one of theirs, and pathlag rightly tells of it.
HEALTHY := *_healthy*

test-vm: $(B)/pathlag $(VM_PROGS) $(SCENARIO_LOADS) $(B)/.deps-vm
	$(Q)tests/vm/runner
	$(Q)ci/vm run --kernel all --module tests/vm/module --timeout 3600 \
		$(if $(ONLY),,--icount-too "tests/run scenario '$(HEALTHY)'") -- \
		tests/run scenario $(or $(ONLY),'!$(HEALTHY)')

vm-shell: $(B)/pathlag $(B)/.deps-vm
	$(Q)ci/vm run --kernel $(KERNEL) --shell

check: $(B)/.deps-style
	$(Q)ci/check

demo: $(B)/pathlag $(B)/.deps-test
	$(Q)tests/netns/demo

bench: $(B)/pathlag $(B)/.deps-test $(B)/tests/bench/connect_loop
	$(Q)tests/bench/run

VM_LOADS := $(B)/tests/bench/connect_loop $(B)/tests/vm/bench/udp_load

bench-vm: $(B)/pathlag $(B)/.deps-vm $(VM_LOADS)
	$(Q)ci/vm run --kernel $(KERNEL) --icount --with pwru -- tests/vm/bench/run

demo-vm: $(B)/pathlag $(B)/.deps-vm
	$(Q)ci/vm run --kernel $(KERNEL) $$([ ! -t 0 ] || [ ! -t 1 ] || echo --shell) -- tests/vm/demo

SOAK_SECONDS = $(or $(SECONDS),600)
soak-vm: $(B)/pathlag $(B)/.deps-vm $(VM_LOADS)
	$(Q)ci/vm run --kernel $(KERNEL) --timeout $$(($(SOAK_SECONDS) + 600)) -- \
		tests/vm/soak $(SOAK_SECONDS)

$(B)/tests/vm/bench/%: $(B)/tests/vm/bench/%.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

$(B)/tests/vm/progs/progs.bpf.o: BPF_CFLAGS += -I/usr/include/$(shell $(CC) -print-multiarch)
$(VM_PROGS).o: | $(B)/tests/vm/progs/progs.skel.h
$(VM_PROGS): $(B)/tests/vm/progs/load.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -Wl,-Bstatic -lbpf -lelf -lz -Wl,-Bdynamic -o $@

$(CLIENTS)/uring: $(CLIENTS)/uring.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

# Without a compiler that can, its scenario is skipped.
$(CLIENTS)/compat: tests/netns/clients/compat.c
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -ffreestanding -fno-stack-protector -fno-pic -no-pie -O2 $(WARN) \
		-nostdlib -static $< -o $@ || echo '           (no 32-bit programs)'

$(B)/tests/bench/%: $(B)/tests/bench/%.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lpthread -o $@

format: $(B)/.deps-style
	$(Q)git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
