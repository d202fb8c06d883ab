# Every task is a target: make help lists them.

CC ?= cc
PREFIX ?= /usr/local
BUILD = build
CFLAGS ?= -O2
WARN = -Wall -Wextra -Wshadow -Wconversion
BASE = -std=c11 -D_GNU_SOURCE $(WARN)
# The runtime's share of "the same bits": no contraction of a*b + c.
EXACT = -ffp-contract=off

GEN = $(filter-out gen/embed.c gen/main.c,$(wildcard gen/*.c))
GEN_OBJ = $(GEN:gen/%.c=$(BUILD)/gen/%.o) $(BUILD)/gen/embedded.o
RUNTIME = $(filter-out runtime/optim.c,$(wildcard runtime/*.c))
EMBED = $(sort $(wildcard templates/*.c) $(wildcard runtime/*.[ch]) $(wildcard runtime/simd/*.h))
LATHE = $(BUILD)/lathe

all: $(LATHE) lib             ## build the generator and the runtime library

help:                         ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "%-10s %s\n", $$1, $$2 }' Makefile

# ---- the generator, with templates and runtime inside ----

$(BUILD)/embed: gen/embed.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) $< -o $@

$(BUILD)/gen/embedded.c: $(BUILD)/embed $(EMBED)
	@mkdir -p $(@D)
	$(BUILD)/embed $(EMBED) > $@.tmp && mv $@.tmp $@

$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	$(CC) -std=c11 -Igen $(CFLAGS) -c $< -o $@

$(BUILD)/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -MMD -c $< -o $@

$(LATHE): $(GEN_OBJ) $(BUILD)/gen/main.o
	$(CC) $(LDFLAGS) $^ -o $@ -lm

# ---- the runtime as a library, for lathe emit --split ----

lib: runtime/liblathe.a runtime/liblathe64.a

LIB32 = $(RUNTIME:runtime/%.c=$(BUILD)/lib32/%.o)
LIB64 = $(RUNTIME:runtime/%.c=$(BUILD)/lib64/%.o)

runtime/liblathe.a: $(LIB32)
	rm -f $@ && $(AR) rcs $@ $^
runtime/liblathe64.a: $(LIB64)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/lib32/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O3 $(EXACT) -pthread -DLATHE_F64=0 -MMD -c $< -o $@
$(BUILD)/lib64/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O3 $(EXACT) -pthread -DLATHE_F64=1 -MMD -c $< -o $@

-include $(wildcard $(BUILD)/gen/*.d $(BUILD)/lib32/*.d $(BUILD)/lib64/*.d $(BUILD)/tests/*.d)
