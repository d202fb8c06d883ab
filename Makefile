# Every task is a target: make help lists them.

CC ?= cc
PREFIX ?= /usr/local
BUILD = build
CFLAGS ?= -O2
WARN = -Wall -Wextra -Wshadow -Wconversion
# Its share of "the same bits", as emitted files have it.
EXACT = -include runtime/base/exact.h
BASE = -std=c11 -D_GNU_SOURCE $(WARN) $(EXACT)
# make Q= shows every command.
Q ?= @

INCLUDES = -Igen -Iruntime -I.

GEN = $(filter-out gen/print/embed.c gen/tool/main.c gen/tool/pages.c,$(wildcard gen/*/*.c))
# What the parser, the commands and the pages of both halves share.
SHARED = $(patsubst %,base/%,visible error stream processors nearest bounds synonyms \
         values_scale shortest dmath) \
         $(patsubst %,file/%,file foreign json literal npy output output_kind pairing place \
             run_line run_result safetensors weights) \
         $(patsubst %,settings/%,class_weights optimizer option_text settings) \
         $(patsubst %,page/%,chart drawing markup)
GEN_OBJ = $(GEN:gen/%.c=$(BUILD)/gen/%.o) $(BUILD)/gen/embedded.o \
          $(SHARED:%=$(BUILD)/shared/%.o)
# Each floor includes only those before it; a program's file has them in this order.
FLOORS = base core file settings data page train command
RUNTIME = $(sort $(wildcard $(FLOORS:%=runtime/%/*.c)))
EMBED = $(sort $(wildcard templates/*.c templates/*/*.c)) \
        $(foreach f,$(FLOORS) vector vector/simd,$(sort $(wildcard runtime/$f/*.[ch])))
LATHE = $(BUILD)/lathe

all: parts $(BUILD)/first    ## build the generator and the runtime library
parts: $(LATHE) lib pages    # what tests need of it

help:                         ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "%-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'BENCH="--models A,B --peers pytorch,ncnn (or none) --rounds N --epochs N'
	@echo '       --threads N --warm STEPS --data DIR --python FILE"'
	@echo '(bench/bench.py --help says more)'

# ---- the generator, with templates and runtime inside ----

$(BUILD)/embed: gen/print/embed.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) $< -o $@

$(BUILD)/gen/embedded.c: $(BUILD)/embed $(EMBED)
	@mkdir -p $(@D)
	@echo "embed  templates runtime"
	@$(BUILD)/embed $(EMBED) > $@.tmp && mv $@.tmp $@

$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	$(Q)$(CC) -std=c11 $(INCLUDES) $(CFLAGS) -c $< -o $@

$(BUILD)/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	@echo "cc     $<"
	$(Q)$(CC) $(BASE) $(INCLUDES) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/shared/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -Iruntime $(CFLAGS) -MMD -MP -c $< -o $@

$(LATHE): $(GEN_OBJ) $(BUILD)/gen/tool/main.o
	@echo "link   $@"
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lm

# ---- manual pages and completion, from lathe's own tables ----

SHARE = $(BUILD)/share
pages: $(SHARE)/lathe.1 $(SHARE)/lathe-net.5 $(SHARE)/lathe.bash $(SHARE)/lathe.zsh

$(BUILD)/pages: $(GEN_OBJ) $(BUILD)/gen/tool/pages.o
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

# The first program leaves the runtime in the cache of `lathe build` (docs/files.md), where there is
# one; the user's then takes two seconds.
$(BUILD)/first: models/tiny.net runtime/liblathe.a | $(LATHE)
	@echo "build  $@"
	$(Q)$(LATHE) build $< -o $@ >/dev/null || echo "       not built: the first build of a network takes longer"

# $1 the bits, $2 LATHE_F64, $3 the library.
define library
runtime/$3: $(RUNTIME:runtime/%.c=$(BUILD)/lib$1/%.o)
	@echo "ar     $$@"
	@rm -f $$@ && $(AR) rcs $$@ $$^
$(BUILD)/lib$1/%.o: runtime/%.c
	@mkdir -p $$(@D)
	@echo "cc     $$< (f$1)"
	$(Q)$(CC) $(BASE) -Iruntime -O3 -pthread -DLATHE_F64=$2 -MMD -MP -c $$< -o $$@
endef

$(eval $(call library,32,0,liblathe.a))
$(eval $(call library,64,1,liblathe64.a))

-include $(wildcard $(BUILD)/gen/*/*.d $(BUILD)/shared/*/*.d $(BUILD)/lib32/*/*.d \
                    $(BUILD)/lib64/*/*.d $(BUILD)/debug/lib*/*/*.d $(BUILD)/sanitize/lib*/*/*.d)

# ---- tests ----

ARCH := $(shell uname -m)
# Not optimised, which takes half the time, but for what has the oracle or many numbers.
TEST_CC = $(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -O0 -g -pthread -Iruntime -Itests -Igen -I.
TESTS = $(BUILD)/tests
# Criterion's main stands before the library's.
CRITERION = -lcriterion
NETS = $(sort $(wildcard tests/nets/*.net))
UNITS = workers processors visible params solver schedule gradients options random dmath npy \
        safetensors checkpoint data preprocess augment search series report image values arrays \
        bounds history observer json literal inflate png folder gzip npz pretrained targets pairing \
        links outputs interrupt
SUPPORT = tests/support
UNIT = $(UNITS:%=tests/runtime/test_%.c) \
       $(patsubst %,$(SUPPORT)/%.c,linear_model allocations shell pngs)
# NET_ISAS: those of them that can run here, the widest first. Where the processor fuses multiply
# and add, the scalar networks do not call libm for it: the same bits, in a third of the time.
CPU := $(shell sed -n '/^flags/{p;q;}' /proc/cpuinfo 2>/dev/null)
has = $(if $(filter-out $(CPU),$1),,$2)
ifeq ($(ARCH),x86_64)
NET_ISAS = $(call has,avx512f avx512bw avx512dq avx512vl fma,avx512) $(call has,avx2 fma,avx2) scalar
NET_FLAGS_scalar = $(call has,fma,-mfma)
WORDS = scalar avx2 avx512
TARGET_avx2 = -DTARGET='"avx2,fma"'
TARGET_avx512 = -DTARGET='"avx512f,avx512bw,avx512dq,avx512vl"'
else ifeq ($(ARCH),aarch64)
NET_ISAS = neon
WORDS = scalar neon
else
NET_ISAS = scalar
WORDS = scalar
endif
# The widest, but in test-all: each of the others costs a minute or two; that they compute the same
# bits, word by word and in two networks, simd and bits say every time.
NET_ISAS_32 = $(if $(EVERY_ISA),$(NET_ISAS),$(firstword $(NET_ISAS)))
NET_ISAS_64 = $(NET_ISAS_32)

# Those that run commands, as a user would; here and below those that take longest come first.
COMMANDS = docs cover bits emitted build bench names programs faults mpi install sanitized predict \
            windows lathe network_file resume samples flags sweep peers gradcheck foreign texts files \
            learning results settings floors folders finetune export inference hostile
LONGEST = docs cover kernels64 bits tiles emitted kernels32 build inference bench names programs \
          results
RUNS = $(LONGEST) unit64 unit32 simd32 simd64 marks rows onnx import \
       $(filter-out $(LONGEST),$(COMMANDS))

# What a Criterion run prints: failures, and its summary line at the end. Runtimes are compiled
# once for all suites, and beside the user's own. A make that a suite runs has its own jobs.
RUN = MAKEFLAGS= LATHE=$(abspath $(LATHE)) SOURCE=$(CURDIR) LATHE_CACHE=$(abspath $(BUILD)/cache) \
      COMPILER="$${COMPILER:-$(CC)}" CC="sh $(CURDIR)/tests/cc.sh"

# One suite, or one test of it: make test T=kernels32 F='bits/*'
ifdef T
test: deps-test parts $(T:%=$(TESTS)/%)
	@$(RUN) F="$(F)" sh tests/run.sh $(TESTS) $(T)
else
test: deps-test parts tests browser ## everything that can run here, in minutes; T=SUITE F=FILTER
	@$(RUN) F="$(F)" sh tests/run.sh $(TESTS) $(RUNS)
endif
browser: parts
	@echo "== browser" && $(RUN) sh tests/browser.sh

# Every unit of the runtime, every kernel against the oracle, what the generator prints.
quick: deps-test parts $(TESTS)/unit32 $(TESTS)/kernels32 ## units, kernels of f32, goldens: a minute
	@$(RUN) sh tests/golden.sh
	@$(RUN) sh tests/run.sh $(TESTS) unit32
	@$(RUN) F='kernels/*' sh tests/run.sh $(TESTS) kernels32

# Lathe and library again with other flags. $1 the folder in build/, $2 its flags, $3 the bits,
# $4 LATHE_F64, $5 the library.
define flavour
$(BUILD)/$1/$5: $(RUNTIME:runtime/%.c=$(BUILD)/$1/lib$3/%.o)
	@echo "ar     $$@"
	@rm -f $$@ && $(AR) rcs $$@ $$^
$(BUILD)/$1/lib$3/%.o: runtime/%.c
	@mkdir -p $$(@D)
	$(Q)$(CC) $(BASE) -Iruntime $2 -pthread -DLATHE_F64=$4 -MMD -MP -c $$< -o $$@
endef
DEBUG = -O0 -g
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
$(foreach flags,DEBUG SANITIZE,$(foreach type,32.0.liblathe.a 64.1.liblathe64.a,\
    $(eval $(call flavour,$(if $(filter DEBUG,$(flags)),debug,sanitize),$($(flags)),$(word 1,\
        $(subst ., ,$(type))),$(word 2,$(subst ., ,$(type))),$(word 3,$(subst ., ,$(type))).a))))
FLAVOUR = $(MAKE) --no-print-directory LDFLAGS="$1" CFLAGS="$1"

debug: $(BUILD)/debug/liblathe.a $(BUILD)/debug/liblathe64.a ## -O0 -g, in build/debug
	@$(call FLAVOUR,$(DEBUG)) BUILD=$(BUILD)/debug $(BUILD)/debug/lathe

sanitize: $(BUILD)/sanitize/liblathe.a $(BUILD)/sanitize/liblathe64.a ## memory, undefined behaviour, threads
	@$(call FLAVOUR,$(SANITIZE)) BUILD=$(BUILD)/sanitize $(BUILD)/sanitize/lathe
	@CC="$(CC)" FLAGS="$(SANITIZE)" UNIT="$(UNIT)" PART="$(PART)" \
	    sh tests/sanitize.sh $(BUILD)/sanitize

# ---- coverage: gen/ and runtime/ by gcov, in a copy of the checkout (docs/testing.md) ----

# Those that reach what others do not; not those of kernels, whose lines are templates'. faults with
# $FAULT_PLACES would add the calls that fail.
COVERED = inference build unit64 unit32 programs samples texts resume mpi gradcheck predict lathe \
          foreign network_file export import onnx rows marks windows files sweep folders finetune \
          settings hostile
coverage: deps-test ## lines and branches of gen/ and runtime/ that tests reach; T=SUITE adds it
	@F="$(F)" sh tests/coverage.sh $(BUILD)/coverage $(if $T,again $T,$(COVERED))

# ---- fuzzing: every reader, by libFuzzer and AddressSanitizer (docs/testing.md) ----

FUZZ_CC = clang
FUZZ = $(BUILD)/fuzz
FUZZ_TARGETS = tests/fuzz/fuzz.c tests/fuzz/targets_lathe.c tests/fuzz/targets_program.c
# What is kept beyond one input has libc's heap; all else tests/fuzz/heap.c's.
FUZZ_KEPT = $(FUZZ)/runtime/file/output.o $(FUZZ)/runtime/file/place.o
FUZZ_HEAP = $(foreach f,malloc calloc realloc free strdup exit,-D$f=fuzz_$f)
# A null pointer plus 0 is what a loop over nothing has.
FUZZ_FLAGS = -std=c11 -D_GNU_SOURCE -O1 -g -w -pthread -DLATHE_F64=0 $(EXACT) \
             -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=pointer-overflow \
             -fno-sanitize-recover=all
FUZZ_OBJ = $(GEN:%.c=$(FUZZ)/%.o) $(FUZZ)/embedded.o \
           $(patsubst %.c,$(FUZZ)/%.o,$(filter-out runtime/command/main.c,$(RUNTIME)))
$(FUZZ)/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_HEAP) -include tests/fuzz/state.h $(INCLUDES) -MMD -MP -c $< -o $@
$(FUZZ)/embedded.o: $(BUILD)/gen/embedded.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(INCLUDES) -c $< -o $@
$(FUZZ)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(if $(filter $@,$(FUZZ_KEPT)),,$(FUZZ_HEAP)) -Iruntime -MMD -MP -c $< -o $@
-include $(wildcard $(FUZZ)/*/*/*.d)
$(FUZZ)/fuzz: $(FUZZ_OBJ) $(FUZZ_TARGETS) tests/fuzz/heap.c $(wildcard tests/fuzz/*.h)
	@echo "link   $@"
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -Itests -Igen -Iruntime -I. -c tests/fuzz/fuzz.c -o $(FUZZ)/fuzz.o
	$(Q)for f in lathe program; do $(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_HEAP) -Itests \
	    $$(case $$f in lathe) echo -Igen -Iruntime -I. ;; *) echo -Iruntime ;; esac) \
	    -c tests/fuzz/targets_$$f.c -o $(FUZZ)/targets_$$f.o || exit 1; done
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -Itests -Iruntime $(FUZZ)/fuzz.o $(FUZZ)/targets_*.o \
	    tests/fuzz/heap.c tests/support/linear_model.c $(FUZZ_OBJ) -o $@ -lm

fuzz: $(LATHE) $(FUZZ)/fuzz         ## MINUTES=N of libFuzzer on each reader, or on TARGET=NAME
	@sh tests/fuzz/run.sh $(FUZZ)/fuzz $(LATHE) $(or $(MINUTES),1) $(TARGET)

# And what cannot run here, compiled.
test-all: all test ulp $(TESTS)/models64 $(TESTS)/large32 $(TESTS)/large64 $(foreach n,32 64,$(WORDS:%=$(TESTS)/nets_%_$n.o)) ## and what takes longer; with $LATHE_DATA on CIFAR-10
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/cover
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/tiles
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/results
	@rm -f $(TESTS)/kernels32 $(TESTS)/kernels64    # those of the widest are not out of date
	@$(MAKE) test T="kernels32 kernels64" EVERY_ISA=1
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/resume --filter 'killed/*'
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/faults
	@$(MAKE) sanitize
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/docs
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/flags
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/names
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/build --filter '*/with_flags_for_one_file_has_one_file'
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/emitted
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/bits
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/peers --filter 'onnx/*'
	@$(RUN) LATHE_TEST_ALL=1 $(TESTS)/bench
	@$(RUN) $${PYTHON:-python3} tests/against_export.py || [ $$? = 77 ]
	@$(RUN) $${PYTHON:-python3} tests/against_inference.py || [ $$? = 77 ]
	@$(RUN) CC="$(CC)" LATHE_TEST_ALL=1 CIFAR="$$LATHE_DATA" $(TESTS)/learning --filter 'learning/*'

test-real: parts tests              ## one epoch of the course's network on $LATHE_DATA
	@$(RUN) DOCS=docs/notebook.md $(TESTS)/docs
	@$(RUN) CC="$(CC)" CIFAR="$$LATHE_DATA" $(TESTS)/learning --filter 'real/*'

tests: $(RUNS:%=$(TESTS)/%)

# Elementary functions: what they give is hashed, and measured against libm's in double.
CURVES = $(patsubst %,tests/kernel/%.c,simd_cases simd_runnable curves exact exact_values)

# The models of two bundles that results runs; tests/golden/results.txt says which are large.
large := $(shell awk '$$1 == "large" && $$3 == "f32" { print "models/" $$2 ".net" }' \
             tests/golden/results.txt)
models := $(filter-out $(large),$(wildcard models/*.net))

# Suites of both types: $1 the bits, $2 LATHE_F64, $3 the library.
define both_types
$(TESTS)/words_%_$1.o: tests/kernel/simd_words.c tests/kernel/simd_words.h \
                       $(wildcard runtime/vector/*.h runtime/vector/simd/*.h)
	@mkdir -p $$(@D)
	@echo "cc     $$@"
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -DLATHE_F64=$2 -Itests -Iruntime -DISA=$$* \
	    -DISA_HEADER='"vector/simd/$$*.h"' $$(TARGET_$$*) -c $$< -o $$@

$(TESTS)/simd$1: tests/kernel/test_simd.c $(CURVES) $(WORDS:%=$(TESTS)/words_%_$1.o) runtime/$3
	@echo "cc     $$@"
	$(Q)$(TEST_CC) -O1 -DLATHE_F64=$2 $$(filter-out %.a,$$^) $(CRITERION) runtime/$3 -lm -o $$@

$(TESTS)/unit$1: $(UNIT) runtime/$3 $(wildcard $(SUPPORT)/*.h)
	@mkdir -p $$(@D)
	@echo "cc     $$@"
	$(Q)$(TEST_CC) -DLATHE_F64=$2 $(UNIT) $(CRITERION) runtime/$3 -lm -o $$@

# Many small networks in one emitted file for each instruction set, its list named after it.
.PRECIOUS: $(TESTS)/nets_%_$1.c
$(TESTS)/nets_%_$1.c: $(LATHE) $(NETS)
	@mkdir -p $$(@D)
	@echo "emit   $$@"
	$(Q)$(LATHE) emit $(NETS) --isa $$* --dtype f$1 --split -o $$@
	$(Q)sed -i 's/^\(const .*\)lathe_\(n*models\)/\1$$*_\2/' $$@
$(TESTS)/nets_%_$1.o: $(TESTS)/nets_%_$1.c
	@echo "cc     $$@"
	$(Q)$(CC) -Og $$(NET_FLAGS_$$*) -Wall -Wextra -Iruntime -c $$< -o $$@

$(TESTS)/kernels$1: $(KERNELS) $(NET_ISAS_$1:%=$(TESTS)/nets_%_$1.o) runtime/$3 \
                    $(wildcard $(SUPPORT)/*.h)
	@echo "cc     $$@"
	$(Q)$(TEST_CC) -O1 -DLATHE_F64=$2 -DEVERY_ISA=$(if $(EVERY_ISA),1,0) -DEACH_LIST='$(patsubst %,LIST(%),$(NET_ISAS_$1))' $$(filter %.c %.o,$$^) \
	    $(CRITERION) runtime/$3 -lm -o $$@

# What results runs: those, and all models, each bundle a program; the largest ones in test-all alone.
WIDEST = $(firstword $(NET_ISAS))
$(TESTS)/nets$1: $(TESTS)/nets_$$(WIDEST)_$1.o runtime/$3
	@echo "link   $$@"
	$(Q)$(CC) $$^ -Wl,--defsym=lathe_models_f$1=$$(WIDEST)_models \
	    -Wl,--defsym=lathe_nmodels=$$(WIDEST)_nmodels -o $$@ -lm -pthread
$(TESTS)/models$1 $(TESTS)/large$1: $(TESTS)/%$1: $(LATHE) runtime/$3 $(wildcard models/*.net) \
                                     tests/golden/results.txt
	@mkdir -p $$(@D)
	@echo "build  $$@"
	$(Q)$(LATHE) emit $$($$*) --dtype f$1 --split -o $$@.c
	$(Q)$(CC) -Og -Wall -Wextra -Werror -Iruntime $$@.c runtime/$3 -o $$@ -lm -pthread
$(TESTS)/results: $(TESTS)/nets$1
endef

KERNELS = $(patsubst %,tests/kernel/test_%.c,kernels exact memory optim) tests/runtime/test_rules.c \
          $(patsubst %,$(SUPPORT)/%.c,oracle oracle_open oracle_simple batch allocations engines networks)

$(eval $(call both_types,32,0,liblathe.a))
$(eval $(call both_types,64,1,liblathe64.a))

$(COMMANDS:%=$(TESTS)/%): $(TESTS)/%: \
        tests/program/test_%.c $(SUPPORT)/shell.c $(wildcard $(SUPPORT)/*.h)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) $(filter %.c %.o,$^) $(CRITERION) -lm -o $@

$(TESTS)/network_file: tests/program/test_network_passes.c
$(TESTS)/programs: tests/program/test_commands.c

# It reads the table itself.
$(TESTS)/settings: $(SHARE)/lathe-net.5 runtime/liblathe.a \
                   $(patsubst %,$(BUILD)/shared/base/%.o,bounds shortest stream) \
                   $(patsubst %,$(BUILD)/shared/settings/%.o,optimizer option_text settings)

# What peers runs: the readers' verdicts on many files.
$(TESTS)/verdicts: $(SUPPORT)/verdicts.c runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=0 $< runtime/liblathe.a -lm -o $@
$(TESTS)/peers: $(TESTS)/verdicts

# The corpora of fuzzing through the same targets.
$(TESTS)/replay: $(FUZZ_TARGETS) $(SUPPORT)/linear_model.c $(GEN_OBJ) runtime/liblathe.a \
                 $(wildcard tests/fuzz/*.h)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -DLATHE_F64=0 -DREPLAY -c tests/fuzz/targets_lathe.c -o $@_lathe.o
	$(Q)$(TEST_CC) -DLATHE_F64=0 -DREPLAY $(filter-out %_lathe.c,$(FUZZ_TARGETS)) $@_lathe.o \
	    $(SUPPORT)/linear_model.c $(GEN_OBJ) runtime/liblathe.a -Wl,--wrap=exit -o $@ -lm
$(TESTS)/hostile: $(TESTS)/replay

# With the generator's own passes: templates are instantiated as it does it.
$(TESTS)/tiles: $(SUPPORT)/samples.c
$(TESTS)/tiles $(TESTS)/marks: $(TESTS)/%: tests/kernel/test_%.c $(SUPPORT)/shell.c $(GEN_OBJ) \
                                           $(wildcard $(SUPPORT)/*.h)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) $(filter %.c %.o,$^) $(CRITERION) -lm -o $@

# A part of the generator alone.
$(TESTS)/onnx: tests/generator/test_onnx_damage.c \
               $(patsubst %,$(SUPPORT)/%.c,onnx_bytes onnx_reads shell)
$(TESTS)/import: $(patsubst %,tests/generator/test_import_%.c,folds models refusals) \
                 $(patsubst %,$(SUPPORT)/%.c,onnx_bytes onnx_graphs shell)
$(TESTS)/rows: tests/generator/test_pieces.c
$(TESTS)/rows $(TESTS)/onnx $(TESTS)/import: $(TESTS)/%: tests/generator/test_%.c $(GEN_OBJ)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) $(filter %.c %.o,$^) $(CRITERION) -lm -o $@

# The models of f64 have results in test-all.
$(TESTS)/results $(TESTS)/emitted: $(TESTS)/models32

# What resume, files and finetune run, on two instruction sets.
RESUMED = $(foreach isa,native scalar,$(TESTS)/resume_deep_$(isa) $(TESTS)/resume_groups_$(isa))
$(RESUMED): $(LATHE) runtime/liblathe.a $(wildcard tests/resume/*.net)
	@mkdir -p $(@D)
	@echo "build  $@"
	$(Q)set -- $(subst _, ,$(@F)); $(LATHE) emit tests/resume/$$2.net --isa $$3 --split -o $@.c
	$(Q)$(CC) -O1 -Iruntime $@.c runtime/liblathe.a -o $@ -lm -pthread
$(TESTS)/resume $(TESTS)/files $(TESTS)/finetune $(TESTS)/faults $(TESTS)/sanitized: $(RESUMED)

# What has one call of a command fail, and what that preloads.
$(TESTS)/fault: $(SUPPORT)/fault.c $(SUPPORT)/fault.h
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) $< -o $@
$(TESTS)/no_memory.so: $(SUPPORT)/no_memory.c $(SUPPORT)/fault.h
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -shared -fPIC $< -o $@
$(TESTS)/faults: $(TESTS)/fault $(TESTS)/no_memory.so

# What has a program end where it touches what lies around the arena.
$(TESTS)/guard.so: $(SUPPORT)/guard.c
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(TEST_CC) -shared -fPIC $< -o $@
$(TESTS)/sanitized: $(TESTS)/guard.so $(TESTS)/nets32

# What programs runs.
$(TESTS)/tiny: models/tiny.net $(LATHE) runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "build  $@"
	$(Q)$(LATHE) emit $< --split -o $@.c
	$(Q)$(CC) -O1 -Iruntime $@.c runtime/liblathe.a -o $@ -lm -pthread
$(TESTS)/programs $(TESTS)/sweep: $(TESTS)/tiny

# And many small networks in one program, the one that no option names first.
$(TESTS)/commands: $(wildcard tests/commands/*.net) $(LATHE) runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "build  $@"
	$(Q)$(LATHE) emit tests/commands/plain.net \
	    $(filter-out %/plain.net,$(sort $(wildcard tests/commands/*.net))) --isa scalar --split -o $@.c
	$(Q)$(CC) -O1 -Iruntime $@.c runtime/liblathe.a -o $@ -lm -pthread
$(TESTS)/programs: $(TESTS)/commands

# What foreign, folders and finetune run.
BROUGHT = $(patsubst %,$(TESTS)/foreign_%,grey colour stripes)
$(BROUGHT): $(TESTS)/foreign_%: tests/foreign/%.net $(LATHE) runtime/liblathe.a
	@mkdir -p $(@D)
	@echo "build  $@"
	$(Q)$(LATHE) emit $< --split -o $@.c
	$(Q)$(CC) -O1 -Iruntime $@.c runtime/liblathe.a -o $@ -lm -pthread
$(TESTS)/foreign $(TESTS)/folders $(TESTS)/finetune $(TESTS)/faults: $(BROUGHT)

# Everything in it is made vectors of where it can be: -ffast-math is for the reference alone, and
# clang makes them of scalar words, too.
FAST = -O3 -fno-math-errno -fno-trapping-math $(call has,avx2 fma,-mavx2 -mfma)
VECTORIZER = $(shell command -v clang || echo $(CC))
$(TESTS)/ulp_%.o: tests/kernel/simd_words.c tests/kernel/simd_words.h \
                  $(wildcard runtime/vector/*.h runtime/vector/simd/*.h)
	@mkdir -p $(@D)
	@echo "cc     $@"
	$(Q)$(if $(filter scalar,$*),$(VECTORIZER) $(FAST),$(CC) -O3) -std=gnu11 -Wall -Wextra -Itests \
	    -Iruntime -DISA=$* -DISA_HEADER='"vector/simd/$*.h"' $(TARGET_$*) -c $< -o $@
$(TESTS)/ulp: tests/kernel/ulp.c $(CURVES) $(WORDS:%=$(TESTS)/ulp_%.o) runtime/liblathe.a \
              $(wildcard tests/kernel/*.h)
	@echo "cc     $@"
	$(Q)$(TEST_CC) $(FAST) -ffast-math -c tests/kernel/exact_values.c -o $@_exact.o
	$(Q)$(TEST_CC) $(FAST) -ffp-contract=off $(filter-out %/exact_values.c %/simd_cases.c,$(filter %.c %.o,$^)) \
	    $@_exact.o runtime/liblathe.a -lm -o $@
ulp: $(TESTS)/ulp                   ## elementary functions over all inputs of f32: minutes each
	@$(TESTS)/ulp

# The gradient checks of one network: make check NET=models/three_layer.net
check: deps-test $(LATHE) lib       ## gradient checks of one network, NET=FILE
	@test -n "$(NET)" || { echo "make check NET=FILE: which network file?" >&2; exit 2; }
	@mkdir -p $(TESTS)
	$(LATHE) emit "$(NET)" --dtype f64 --batch 20 --split -o $(TESTS)/check_net.c
	$(CC) -O2 -Iruntime -c $(TESTS)/check_net.c -o $(TESTS)/check_net.o
	$(TEST_CC) -O1 -DLATHE_F64=1 tests/kernel/test_check.c $(TESTS)/check_net.o $(CRITERION) \
	    runtime/liblathe64.a -lm -o $(TESTS)/check
	$(RUN) $(TESTS)/check

# What links with a network's own part in f64 and lays its regions beside the oracle's.
BESIDE = $(TESTS)/beside.a
BESIDE_OBJ = $(patsubst %,$(TESTS)/beside/%.o,kernel/beside \
             $(patsubst %,support/%,oracle oracle_open oracle_simple batch))
$(TESTS)/beside/%.o: tests/%.c $(wildcard $(SUPPORT)/*.h gen/*/*.h)
	@mkdir -p $(@D)
	$(Q)$(TEST_CC) -O1 -DLATHE_F64=1 -c $< -o $@
$(BESIDE): $(BESIDE_OBJ) $(GEN_OBJ)
	@echo "ar     $@"
	@rm -f $@ && $(AR) rcs $@ $^

$(TESTS)/lathe: $(BESIDE) runtime/liblathe64.a

# One network's regions beside the naive oracle's; with REGION=conv1_forward its values, too.
oracle: $(LATHE) lib $(BESIDE)      ## each region's output beside the naive oracle's, NET=FILE
	@test -n "$(NET)" || { echo "make oracle NET=FILE: which network file?" >&2; exit 2; }
	@$(LATHE) emit "$(NET)" --dtype f64 --split -o $(TESTS)/oracle_net.c
	@$(CC) -O1 -Iruntime $(TESTS)/oracle_net.c $(BESIDE) runtime/liblathe64.a \
	    -o $(TESTS)/oracle -lm -pthread
	@$(TESTS)/oracle "$(NET)" "$(REGION)"

# Minutes: whole files by every compiler, level and instruction set that is here.
hash: $(LATHE)                      ## one training's SHA-256, the same from every program
	@sh tests/hash.sh

# Hours: each mutant is built, and held against suites until one notices it.
mutants: deps-test                  ## N random mutants of SEED=1, and what notices them
	@$${PYTHON:-python3} tests/mutants.py $(or $(N),400) $(or $(SEED),1) $(FROM)

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

bench-layers: $(LATHE)              ## convolutions beside the peak, one after another; LAYERS=OPTIONS
	@$${PYTHON:-python3} bench/layers.py --lathe $(LATHE) --out $(BUILD)/layers $(LAYERS)

ladder: $(LATHE)                    ## 65, 80, 90 and 94 % on CIFAR-10, timed; SEEDS=N RUNGS=65,80
	@$${PYTHON:-python3} bench/ladder.py --lathe $(LATHE) --out $(BUILD)/ladder \
	    --seeds $(or $(SEEDS),1) --rungs $(or $(RUNGS),65,80,90,94) $(LADDER)

bench-inference: $(LATHE)           ## one image beside ONNX Runtime, onnx2c and others; INFERENCE=OPTIONS
	@$${PYTHON:-python3} bench/inference.py --lathe $(LATHE) --out $(BUILD)/inference $(INFERENCE)

bench-scaling: $(LATHE)             ## several machines, on paper; SCALING=OPTIONS
	@$${PYTHON:-python3} bench/scaling.py --lathe $(LATHE) --out $(BUILD)/scaling $(SCALING)

bench-micro: $(LATHE)               ## a Cortex-M under QEMU, beside onnx2c and TFLite Micro; MICRO=OPTIONS
	@$${PYTHON:-python3} bench/micro.py --lathe $(LATHE) --out $(BUILD)/micro $(MICRO)

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
VERSION := $(shell sed -n 's/^#define LATHE_VERSION "\(.*\)"/\1/p' runtime/base/version.h)
PLACES = PREFIX='$(PREFIX)' BINDIR='$(BINDIR)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' \
         DATADIR='$(DATADIR)' MANDIR='$(MANDIR)' DESTDIR='$(DESTDIR)' VERSION='$(VERSION)' \
         BUILD='$(BUILD)'

install: all                        ## PREFIX=/usr/local, DESTDIR=
	@$(PLACES) sh install/install.sh install

uninstall:                          ## what install made, by its own record
	@$(PLACES) sh install/install.sh uninstall

clean:                              ## remove what was built
	rm -rf $(BUILD) runtime/liblathe.a runtime/liblathe64.a

.PHONY: all parts help lib pages test test-all test-real tests browser quick debug sanitize check \
        coverage fuzz ulp mutants oracle hash golden deps deps-test lint run bench bench-quick \
        bench-layers ladder bench-inference bench-micro bench-scaling bench-peers data \
        install uninstall clean
.DELETE_ON_ERROR:
