# Every task is a target: make help lists them.

CC ?= cc
PREFIX ?= /usr/local
BUILD = build
CFLAGS ?= -O2
WARN = -Wall -Wextra -Wshadow -Wconversion
# Its share of "the same bits", as emitted files have it.
EXACT = -include runtime/exact.h
BASE = -std=c11 -D_GNU_SOURCE $(WARN) $(EXACT)
# make Q= shows every command.
Q ?= @

GEN = $(filter-out gen/embed.c gen/main.c gen/pages.c,$(wildcard gen/*.c))
# What the parser, the commands and the pages of both halves share.
SHARED = optimizer drawing markup processors visible foreign error nearest bounds synonyms \
         output output_kind
GEN_OBJ = $(GEN:gen/%.c=$(BUILD)/gen/%.o) $(BUILD)/gen/embedded.o $(SHARED:%=$(BUILD)/gen/%.o)
RUNTIME = $(filter-out runtime/optim.c runtime/muon.c,$(wildcard runtime/*.c))
EMBED = $(sort $(wildcard templates/*.c) $(wildcard runtime/*.[ch]) $(wildcard runtime/simd/*.h))
LATHE = $(BUILD)/lathe

all: $(LATHE) lib pages       ## build the generator and the runtime library

help:                         ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "%-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'BENCH="--models A,B --peers pytorch,jax,tensorflow,onnxruntime,onednn or none'
	@echo '       --rounds N --epochs N --threads N --warm STEPS --data DIR --python FILE"'
	@echo '(bench/bench.py --help says more)'

# ---- the generator, with templates and runtime inside ----

$(BUILD)/embed: gen/embed.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) $< -o $@

$(BUILD)/gen/embedded.c: $(BUILD)/embed $(EMBED)
	@mkdir -p $(@D)
	@echo "embed  templates runtime"
	@$(BUILD)/embed $(EMBED) > $@.tmp && mv $@.tmp $@

$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	$(Q)$(CC) -std=c11 -Igen $(CFLAGS) -c $< -o $@

$(BUILD)/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	@echo "cc     $<"
	$(Q)$(CC) $(BASE) $(CFLAGS) -MMD -MP -c $< -o $@

$(SHARED:%=$(BUILD)/gen/%.o): $(BUILD)/gen/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) -MMD -MP -c $< -o $@

$(LATHE): $(GEN_OBJ) $(BUILD)/gen/main.o
	@echo "link   $@"
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lm

# ---- manual pages and completion, from lathe's own tables ----

SHARE = $(BUILD)/share
pages: $(SHARE)/lathe.1 $(SHARE)/lathe-net.5 $(SHARE)/lathe.bash $(SHARE)/lathe.zsh

$(BUILD)/pages: $(GEN_OBJ) $(BUILD)/gen/pages.o
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lm
$(SHARE)/lathe.1 $(SHARE)/lathe-net.5: $(BUILD)/pages
	@mkdir -p $(@D)
	$(Q)$(BUILD)/pages $(@F) > $@
$(SHARE)/lathe.bash: $(BUILD)/pages install/lathe.bash
	@mkdir -p $(@D)
	$(Q)$(BUILD)/pages bash > $@ && cat install/lathe.bash >> $@
$(SHARE)/lathe.zsh: $(BUILD)/pages install/lathe.zsh
	@mkdir -p $(@D)
	$(Q)$(BUILD)/pages zsh > $@ && cat install/lathe.zsh >> $@

# ---- the runtime as a library, for lathe emit --split ----

lib: runtime/liblathe.a runtime/liblathe64.a

LIB32 = $(RUNTIME:runtime/%.c=$(BUILD)/lib32/%.o)
LIB64 = $(RUNTIME:runtime/%.c=$(BUILD)/lib64/%.o)

runtime/liblathe.a: $(LIB32)
	@echo "ar     $@"
	@rm -f $@ && $(AR) rcs $@ $^
runtime/liblathe64.a: $(LIB64)
	@echo "ar     $@"
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/lib32/%.o: runtime/%.c
	@mkdir -p $(@D)
	@echo "cc     $< (f32)"
	$(Q)$(CC) $(BASE) -O3 -pthread -DLATHE_F64=0 -MMD -MP -c $< -o $@
$(BUILD)/lib64/%.o: runtime/%.c
	@mkdir -p $(@D)
	@echo "cc     $< (f64)"
	$(Q)$(CC) $(BASE) -O3 -pthread -DLATHE_F64=1 -MMD -MP -c $< -o $@

-include $(wildcard $(BUILD)/gen/*.d $(BUILD)/lib32/*.d $(BUILD)/lib64/*.d $(BUILD)/tests/*.d)

# ---- tests ----

ARCH := $(shell uname -m)
TEST_CC = $(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -O1 -g -pthread -Iruntime -Itests -Igen
TESTS = $(BUILD)/tests
# Criterion's main stands before the library's.
CRITERION = -lcriterion
NETS = $(sort $(wildcard tests/nets/*.net))
UNITS = workers processors visible params solver random dmath npy safetensors checkpoint data \
        augment search series report image values arrays bounds history
UNIT = $(UNITS:%=tests/test_%.c) tests/linear_model.c tests/allocations.c tests/shell.c
ifeq ($(ARCH),x86_64)
NET_ISA = x86
WORDS = scalar avx2 avx512
TARGET_avx2 = -DTARGET='"avx2,fma"'
TARGET_avx512 = -DTARGET='"avx512f,avx512bw,avx512dq,avx512vl"'
else ifeq ($(ARCH),aarch64)
NET_ISA = neon
WORDS = scalar neon
else
NET_ISA = scalar
WORDS = scalar
endif

# Those that run commands, as a user would; here and below those that take longest come first.
COMMANDS = programs cover docs predict lathe install resume samples flags peers gradcheck foreign \
           texts files
RUNS = programs kernels64 cover kernels32 docs tiles unit64 unit32 simd32 simd64 \
       $(filter-out programs cover docs,$(COMMANDS))

# What a Criterion run prints: failures, and its summary line at the end.
RUN = LATHE=$(abspath $(LATHE)) SOURCE=$(CURDIR)

test: deps-test all tests           ## everything that can run here, in minutes
	@echo "== browser" && $(RUN) sh tests/browser.sh
	@$(RUN) sh tests/run.sh $(TESTS) $(RUNS)

test-all: test                      ## and what takes longer; with $LATHE_DATA on CIFAR-10
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/cover
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/tiles
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/resume --filter 'killed/*'
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/docs
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/flags --filter '*/are_those_of_the_table_in_the_docs'
	@$(RUN) LATHE_TEST_ALL=1 CIFAR="$$LATHE_DATA" $(TESTS)/programs --filter '@(learning|emitted)/*'

test-real: all tests                ## one epoch of the course's network on $LATHE_DATA
	@$(RUN) DOCS=docs/notebook.md $(TESTS)/docs
	@$(RUN) CIFAR="$$LATHE_DATA" $(TESTS)/programs --filter 'real/*'

tests: $(RUNS:%=$(TESTS)/%)

$(TESTS)/words_%_32.o: tests/simd_words.c tests/simd_words.h runtime/vmath.h \
                       $(wildcard runtime/simd/*.h)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -DLATHE_F64=0 -Iruntime -DISA=$* \
	    -DISA_HEADER='"simd/$*.h"' $(TARGET_$*) -c $< -o $@
$(TESTS)/words_%_64.o: tests/simd_words.c tests/simd_words.h runtime/vmath.h \
                       $(wildcard runtime/simd/*.h)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -DLATHE_F64=1 -Iruntime -DISA=$* \
	    -DISA_HEADER='"simd/$*.h"' $(TARGET_$*) -c $< -o $@

$(TESTS)/simd32: tests/test_simd.c tests/simd_cases.c $(WORDS:%=$(TESTS)/words_%_32.o) \
                 runtime/liblathe.a
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=0 tests/test_simd.c tests/simd_cases.c \
	    $(WORDS:%=$(TESTS)/words_%_32.o) $(CRITERION) runtime/liblathe.a -lm -o $@
$(TESTS)/simd64: tests/test_simd.c tests/simd_cases.c $(WORDS:%=$(TESTS)/words_%_64.o) \
                 runtime/liblathe64.a
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=1 tests/test_simd.c tests/simd_cases.c \
	    $(WORDS:%=$(TESTS)/words_%_64.o) $(CRITERION) runtime/liblathe64.a -lm -o $@

$(TESTS)/unit32: $(UNIT) tests/shell.h tests/linear_model.h tests/allocations.h runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=0 $(UNIT) $(CRITERION) runtime/liblathe.a -lm -o $@
$(TESTS)/unit64: $(UNIT) tests/shell.h tests/linear_model.h tests/allocations.h runtime/liblathe64.a
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=1 $(UNIT) $(CRITERION) runtime/liblathe64.a -lm -o $@

# Many small networks in one emitted file, each for every instruction set.
$(TESTS)/nets32.c: $(LATHE) $(NETS)
	@mkdir -p $(@D)
	@echo "emit   $@"
	$(Q)$(LATHE) emit $(NETS) --isa $(NET_ISA) --split -o $@
$(TESTS)/nets64.c: $(LATHE) $(NETS)
	@mkdir -p $(@D)
	@echo "emit   $@"
	$(Q)$(LATHE) emit $(NETS) --isa $(NET_ISA) --dtype f64 --split -o $@
$(TESTS)/nets%.o: $(TESTS)/nets%.c
	@echo "cc     $@"
	$(Q)$(CC) -Og -Wall -Wextra -Iruntime -c $< -o $@

KERNELS = tests/test_kernels.c tests/test_optim.c tests/test_rules.c tests/oracle.c tests/allocations.c
$(TESTS)/kernels32: $(KERNELS) tests/oracle.h tests/allocations.h $(TESTS)/nets32.o runtime/liblathe.a
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=0 $(KERNELS) $(TESTS)/nets32.o $(CRITERION) runtime/liblathe.a -lm -o $@
$(TESTS)/kernels64: $(KERNELS) tests/oracle.h tests/allocations.h $(TESTS)/nets64.o runtime/liblathe64.a
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=1 $(KERNELS) $(TESTS)/nets64.o $(CRITERION) runtime/liblathe64.a -lm -o $@

$(COMMANDS:%=$(TESTS)/%): $(TESTS)/%: \
        tests/test_%.c tests/shell.c tests/shell.h tests/skip.h
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) $< tests/shell.c $(CRITERION) -lm -o $@

# What peers runs: the readers' verdicts on many files.
$(TESTS)/verdicts: tests/verdicts.c runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=0 $< runtime/liblathe.a -lm -o $@
$(TESTS)/peers: $(TESTS)/verdicts

# With the generator's own passes: its tiles are instantiated as it does it.
$(TESTS)/tiles: tests/test_tiles.c tests/shell.c tests/shell.h tests/skip.h $(GEN_OBJ)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) tests/test_tiles.c tests/shell.c $(GEN_OBJ) $(CRITERION) -lm -o $@

# What resume runs, on two instruction sets.
RESUMED = $(foreach isa,native scalar,$(TESTS)/resume_deep_$(isa) $(TESTS)/resume_groups_$(isa))
$(RESUMED): $(LATHE) runtime/liblathe.a $(wildcard tests/resume/*.net)
	@mkdir -p $(@D)
	@echo "build  $@"
	$(Q)set -- $(subst _, ,$(@F)); $(LATHE) emit tests/resume/$$2.net --isa $$3 --split -o $@.c
	$(Q)$(CC) -O1 -Iruntime $@.c runtime/liblathe.a -o $@ -lm -pthread
$(TESTS)/resume $(TESTS)/files: $(RESUMED)

# What foreign runs.
BROUGHT = $(TESTS)/foreign_grey $(TESTS)/foreign_colour
$(BROUGHT): $(TESTS)/foreign_%: tests/foreign/%.net $(LATHE) runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "build  $@"
	$(Q)$(LATHE) emit $< --split -o $@.c
	$(Q)$(CC) -O1 -Iruntime $@.c runtime/liblathe.a -o $@ -lm -pthread
$(TESTS)/foreign: $(BROUGHT)

# The gradient checks of one network: make check NET=models/three_layer.net
check: deps-test all                ## gradient checks of one network, NET=FILE
	@test -n "$(NET)" || { echo "make check NET=FILE: which network file?" >&2; exit 2; }
	@mkdir -p $(TESTS)
	$(LATHE) emit "$(NET)" --dtype f64 --batch 20 --split -o $(TESTS)/check_net.c
	$(CC) -O2 -Iruntime -c $(TESTS)/check_net.c -o $(TESTS)/check_net.o
	$(TEST_CC) -DLATHE_F64=1 tests/test_check.c $(TESTS)/check_net.o $(CRITERION) \
	    runtime/liblathe64.a -lm -o $(TESTS)/check
	$(RUN) $(TESTS)/check

deps-test:
	@sh tests/deps.sh criterion

deps:                               ## install what all tests need
	@sh tests/deps.sh all

golden: $(LATHE)                    ## rewrite tests/golden/: commit it with its cause
	@sh tests/golden.sh update

# ---- lint: every template for every instruction set, type and flag ----

lint: $(LATHE)                      ## templates, generator and runtime without a warning
	@sh tests/lint.sh "$(CC)"

# ---- for people ----

DATA_URL = https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz

run: $(LATHE)                       ## train the course's three-layer network
	$(LATHE) build models/three_layer.net -o $(BUILD)/three_layer
	$(BUILD)/three_layer train --params $(BUILD)/three_layer.safetensors

# Lathe and installed peers by turns; without Python the programs' own tables.
BENCH_MODELS = three_layer three_layer_3x3 vgg_small vgg_small_bn resnet_small
bench: $(LATHE)                     ## measure, beside what peers are installed; BENCH=OPTIONS
	@if command -v $${PYTHON:-python3} >/dev/null; then \
	    $${PYTHON:-python3} bench/bench.py --lathe $(LATHE) --out $(BUILD)/bench $(BENCH); \
	else \
	    echo "bench: no python3: the programs' own tables, no peers"; \
	    for m in $(BENCH_MODELS); do \
	        $(LATHE) build models/$$m.net -o $(BUILD)/$$m && $(BUILD)/$$m bench || exit 1; \
	    done; \
	fi

bench-quick: $(LATHE)               ## a minute of it: three_layer, few rounds
	@$(MAKE) --no-print-directory bench BENCH="--quick $(BENCH)"

bench-peers:                        ## install PyTorch, JAX and others into PEERS=DIR, or a cache
	@sh bench/peers.sh $(PEERS)

data:                               ## download CIFAR-10 (162 MB) into data/ and verify it
	@mkdir -p data
	curl -fL --retry 3 -o data/cifar-10-binary.tar.gz $(DATA_URL) || \
	    wget -O data/cifar-10-binary.tar.gz $(DATA_URL) || \
	    { rm -f data/cifar-10-binary.tar.gz; \
	      echo "make data: $(DATA_URL) cannot be fetched" >&2; exit 1; }
	@sh bench/cifar10.sh data/cifar-10-binary.tar.gz data

# BINDIR, LIBDIR, INCLUDEDIR, DATADIR and MANDIR may be told apart from PREFIX.
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
VERSION := $(shell sed -n 's/^#define LATHE_VERSION "\(.*\)"/\1/p' runtime/version.h)
PLACES = PREFIX='$(PREFIX)' BINDIR='$(BINDIR)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' \
         DATADIR='$(DATADIR)' MANDIR='$(MANDIR)' DESTDIR='$(DESTDIR)' VERSION='$(VERSION)' \
         BUILD='$(BUILD)'

install: all                        ## PREFIX=/usr/local, DESTDIR=
	@$(PLACES) sh install/install.sh install

uninstall:                          ## what install made, by its own record
	@$(PLACES) sh install/install.sh uninstall

clean:                              ## remove what was built
	rm -rf $(BUILD) runtime/liblathe.a runtime/liblathe64.a

.PHONY: all help lib pages test test-all test-real tests check golden deps deps-test lint run bench bench-quick bench-peers data install uninstall clean
.DELETE_ON_ERROR:
