/*
** test_tiles.c - object code of every register tile that block.c can choose: it holds
** the fused multiply-adds that its text holds, and its accumulators never leave the
** registers. The tiles are instantiated as the generator does it, compiled by gcc and
** clang for each vector instruction set, and disassembled.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model.h"
#include "plan/cost.h"
#include "print/sources.h"
#include "print/tmpl.h"
#include "support/shell.h"
#include "support/skip.h"

enum { MAX_TILES = 2000, CI = 16, SHALLOW_CI = 3 };

/* One function of the file under test. */
struct function {
    char name[48];
    long fmas;              /* v_fma in its text; what the compiler unrolls multiplies it, */
    bool kept;              /* where the text keeps a loop, perhaps with a rest */
    long found, stack;      /* in the object code */
    char first[160];        /* the first instruction that touches the stack */
};

struct tiles { const struct isa *isa; bool f64; struct function f[MAX_TILES]; int count; };

static long occurrences(const char *text, const char *word)
{
    long n = 0;
    for (const char *s = text; (s = strstr(s, word)); s++)
        n++;
    return n;
}

/* Instantiates a template as a function of its own, which nothing can inline. */
static void add(struct tiles *t, const char *file, struct bindings *b, struct text *out)
{
    struct text body = { 0 };
    cr_assert_lt(t->count, MAX_TILES);
    struct function *f = &t->f[t->count++];
    *f = (struct function){ .fmas = 0 };
    snprintf(f->name, sizeof f->name, "%.47s", b->name[0].value);
    instantiate(file, b, &body);
    f->fmas = occurrences(text_string(&body), "v_fma(");
    f->kept = b->loops_kept > 0;
    const char *head = "static inline void ", *text = text_string(&body);
    const char *at = strstr(text, head);
    cr_assert(at, "%s begins otherwise", file);
    text_add(out, text, (size_t)(at - text));
    text_printf(out, "void %s(", f->name);
    text_puts(out, strchr(at, '(') + 1);
    text_free(&body);
}

/* Apart: with few channels, whose loop the compiler writes out; with many only the numbers
** differ from deep tiles. */
enum conv_kind { DEEP, SHALLOW, APART, CONV_KINDS };

static void add_conv(struct tiles *t, int mh, int mw, int nv, enum conv_kind kind,
                     struct text *out)
{
    static const char *const suffix[] = { "", "_shallow", "_apart" };
    struct bindings b = { 0 };
    int ci = kind == DEEP ? CI : SHALLOW_CI, vl = isa_vl(t->isa, t->f64);
    bind_name(&b, "NAME", "conv_%dx%dx%d%s", mh, mw, nv, suffix[kind]);
    bind_flag(&b, "BIAS", true);
    bind_flag(&b, "SHALLOW", kind == SHALLOW);
    bind_size(&b, "X_TAP", kind == APART ? 2*ci : 0);
    bind_flag(&b, "PARTIAL", false);
    bind_size(&b, "KH", 3);
    bind_size(&b, "TAPS", kind == APART ? 3 : 1);
    bind_size(&b, "RUN", kind == APART ? ci : 3*ci);
    bind_size(&b, "MH", mh);
    bind_size(&b, "MW", mw);
    bind_size(&b, "NV", nv);
    bind_size(&b, "BLOCK", nv*vl);
    bind_size(&b, "X_ROW", 34*ci);
    bind_size(&b, "X_DOWN", 34*ci);
    bind_size(&b, "X_PIXEL", ci);
    bind_size(&b, "Y_ROW", 32*nv*vl);
    bind_size(&b, "Y_PIXEL", nv*vl);
    bind_size(&b, "PART", 0);
    bind_operation(&b, "v_relu", "%s", "");
    add(t, "conv/tile.c", &b, out);
}

static void add_all_conv(struct tiles *t, struct text *out)
{
    for (int kind = 0; kind < CONV_KINDS; kind++)
        for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
            for (int nv = 1; conv_tile_fits(t->isa, mh, nv, kind != DEEP); nv++)
                for (int mw = 1; conv_tile_fits(t->isa, mh*mw, nv, kind != DEEP); mw++)
                    add_conv(t, mh, mw, nv, (enum conv_kind)kind, out);
}

static void add_all_affine(struct tiles *t, struct text *out)
{
    int lv = LANES / isa_vl(t->isa, t->f64);
    for (int mi = 1; mi <= AFFINE_MAX_SIDE; mi++)
        for (int mu = 1; mu <= AFFINE_MAX_SIDE; mu++) {
            if (!affine_tile_fits(t->isa, mi, mu, lv))
                continue;
            struct bindings b = { 0 };
            bind_name(&b, "NAME", "affine_%dx%d", mi, mu);
            bind_size(&b, "MI", mi);
            bind_size(&b, "MU", mu);
            bind_size(&b, "LV", lv);
            bind_size(&b, "X_IMAGE", 8192);
            bind_size(&b, "UNITS", 500);
            bind_size(&b, "LANES_IMAGE", 40*LANES);
            add(t, "affine/tile.c", &b, out);
        }
}

static void add_all_depth(struct tiles *t, struct text *out)
{
    for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
        for (int mw = 1; depth_tile_fits(t->isa, mh*mw); mw++) {
            struct bindings b = { 0 };
            bind_name(&b, "NAME", "depth_%dx%d", mh, mw);
            bind_flag(&b, "BIAS", true);
            bind_flag(&b, "PARTIAL", false);
            bind_size(&b, "KH", 3);
            bind_size(&b, "KW", 3);
            bind_size(&b, "MH", mh);
            bind_size(&b, "MW", mw);
            bind_size(&b, "X_ROW", 34*CI);
            bind_size(&b, "X_TAP", CI);
            bind_size(&b, "X_DOWN", 34*CI);
            bind_size(&b, "X_PIXEL", CI);
            bind_size(&b, "Y_ROW", 32*CI);
            bind_size(&b, "Y_PIXEL", CI);
            bind_size(&b, "PART", 0);
            bind_operation(&b, "v_relu", "%s", "");
            add(t, "depth/tile.c", &b, out);
        }
}

/* Weight gradients that have taps of their own: MH x MW of them, NV vectors of each. */
static void add_taps(struct tiles *t, int mh, int mw, int nv, struct text *out)
{
    struct bindings b = { 0 }, d = { 0 };
    int ci = nv*isa_vl(t->isa, t->f64);
    bind_name(&b, "NAME", "taps_%dx%dx%d", mh, mw, nv);
    bind_flag(&b, "PARTIAL", false);
    bind_size(&b, "MH", mh);
    bind_size(&b, "MW", mw);
    bind_size(&b, "NV", nv);
    bind_size(&b, "CI", ci);
    bind_size(&b, "X_ROW", 34*CI);
    bind_size(&b, "X_TAP", 2*ci);
    bind_size(&b, "ROW", mw*ci);
    bind_size(&b, "PART", 0);
    add(t, "conv/taps_tile.c", &b, out);
    if (nv > 1)
        return;
    bind_name(&d, "NAME", "depth_wgrad_%dx%d", mh, mw);
    bind_size(&d, "H", 32);
    bind_size(&d, "W", 32);
    bind_size(&d, "KW", mw);
    bind_size(&d, "MH", mh);
    bind_size(&d, "MW", mw);
    bind_size(&d, "X_ROW", 34*CI);
    bind_size(&d, "X_TAP", CI);
    bind_size(&d, "X_DOWN", 34*CI);
    bind_size(&d, "X_PIXEL", CI);
    bind_size(&d, "G_ROW", 34*CI);
    bind_size(&d, "G_PIXEL", CI);
    bind_size(&d, "PADDED", CI);
    add(t, "depth/wgrad_tile.c", &d, out);
}

/* Every height and number of vectors, by two and three taps; columns of taps are the same
** code as add_all_gradients' tiles, of which the compiler makes one function. */
static void add_all_taps(struct tiles *t, struct text *out)
{
    for (int mh = 1; mh <= 11; mh++)
        for (int mw = 2; mw <= 3; mw++)
            for (int nv = 1; wgrad_tile_fits(t->isa, mh*mw, nv); nv++)
                add_taps(t, mh, mw, nv, out);
}

static void add_all_gradients(struct tiles *t, struct text *out)
{
    for (int mh = 1; mh <= 11; mh++)
        for (int nv = 1; wgrad_tile_fits(t->isa, mh, nv); nv++) {
            struct bindings b = { 0 };
            bind_name(&b, "NAME", "wgrad_%dx%d", mh, nv);
            bind_size(&b, "MH", mh);
            bind_size(&b, "NV", nv);
            bind_size(&b, "X_ROW", 34*CI);
            bind_size(&b, "ROW", nv*isa_vl(t->isa, t->f64));
            add(t, "conv/wgrad_tile.c", &b, out);
        }
    for (int nv = 1; nv <= PANEL_VECTORS; nv++) {
        struct bindings d = { 0 }, w = { 0 };
        bind_name(&d, "NAME", "affine_dgrad_%d", nv);
        bind_size(&d, "NV", nv);
        bind_size(&d, "WIDTH", PANEL);
        add(t, "affine/dgrad_tile.c", &d, out);
        bind_name(&w, "NAME", "affine_wgrad_%d", nv);
        bind_size(&w, "NV", nv);
        bind_size(&w, "X_IMAGE", 8192);
        add(t, "affine/wgrad_tile.c", &w, out);
    }
}

/* Tiles of dense gradients: filters transformed by Winograd, rows of few taps, affine layers. */
static void add_all_dense_gradients(struct tiles *t, struct text *out)
{
    int vl = isa_vl(t->isa, t->f64);
    for (int mh = 1; mh <= LANES; mh *= 2)
        for (int nv = 1; conv_tile_fits(t->isa, mh, nv, false); nv++) {
            struct bindings b = { 0 };
            bind_name(&b, "NAME", "wino_wgrad_%dx%d", mh, nv);
            bind_size(&b, "MH", mh);
            bind_size(&b, "NV", nv);
            bind_size(&b, "G_TILE", 48);
            bind_size(&b, "V_TILE", 48);
            bind_size(&b, "U_ROW", nv*vl);
            add(t, "wino/wgrad_tile.c", &b, out);
        }
    for (int mt = 1; mt <= LANES; mt++)
        for (int nv = 1; conv_tile_fits(t->isa, mt, nv, false); nv++) {
            struct bindings b = { 0 };
            bind_name(&b, "NAME", "narrow_%dx%d", mt, nv);
            bind_size(&b, "MT", mt);
            bind_size(&b, "NV", nv);
            bind_size(&b, "ROWS", 32);
            bind_size(&b, "OW", 16);
            bind_size(&b, "WINDOW", 4);
            bind_size(&b, "PW", 2);
            bind_size(&b, "X_DOWN", 102);
            bind_size(&b, "X_PIXEL", 3);
            bind_size(&b, "G_PIXEL", nv*vl);
            bind_size(&b, "U_TAP", nv*vl);
            add(t, "conv/narrow_tile.c", &b, out);
        }
    for (int m = 1; m <= AFFINE_DENSE_ROWS; m++)
        for (int nv = 1; nv <= PANEL / vl && conv_tile_fits(t->isa, m, nv, false); nv++) {
            struct bindings b = { 0 };
            bind_name(&b, "NAME", "dense_%dx%d", m, nv);
            bind_size(&b, "M", m);
            bind_size(&b, "NV", nv);
            bind_size(&b, "A_ROW", 512);
            bind_size(&b, "A_STEP", 1);
            bind_size(&b, "B_STEP", PANEL);
            bind_size(&b, "C_ROW", 8192);
            add(t, "affine/dense_tile.c", &b, out);
        }
}

/* The file: as an emitted program, its code in a target region, no -m flags. */
static void write_tiles(struct tiles *t)
{
    struct text out = { 0 };
    text_printf(&out, "#define LATHE_F64 %d\n#include <immintrin.h>\n", t->f64);
    if (!t->isa->gcc_target)
        out.length = 0;
    if (!t->isa->gcc_target)
        text_printf(&out, "#define LATHE_F64 %d\n", t->f64);
    text_puts(&out, "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n");
    text_puts(&out, embedded("runtime/core/model.h"));
    if (t->isa->gcc_target)
        text_printf(&out, "#ifdef __clang__\n#pragma clang attribute push(__attribute__((target("
                    "\"%s\"))), apply_to = function)\n#else\n#pragma GCC target(\"%s\")\n#endif\n",
                    t->isa->clang_target, t->isa->gcc_target);
    char path[64];
    snprintf(path, sizeof path, "runtime/vector/%s", t->isa->header);
    text_puts(&out, embedded(path));
    text_puts(&out, embedded("runtime/vector/common.c"));
    add_all_conv(t, &out);
    add_all_affine(t, &out);
    add_all_gradients(t, &out);
    add_all_dense_gradients(t, &out);
    add_all_depth(t, &out);
    add_all_taps(t, &out);
    if (t->isa->gcc_target)
        text_puts(&out, "#ifdef __clang__\n#pragma clang attribute pop\n#endif\n");
    write_text("tiles.c", text_string(&out));
    text_free(&out);
}

static struct function *function_named(struct tiles *t, const char *name, size_t length)
{
    for (int k = 0; k < t->count; k++)
        if (strlen(t->f[k].name) == length && !strncmp(t->f[k].name, name, length))
            return &t->f[k];
    return NULL;
}

/* A whole vector on the stack is a spill: on x86 no vector register outlives a call,
** and an AArch64 prologue saves d8 to d15, halves of vectors. */
static bool touches_stack(const struct isa *isa, const char *instruction)
{
    if (isa->gcc_target)
        return (strstr(instruction, "(%rsp") || strstr(instruction, "(%rbp"))
               && (strstr(instruction, "%ymm") || strstr(instruction, "%zmm"));
    return strstr(instruction, "[sp") && (strstr(instruction, "\tq") || strstr(instruction, ", q"));
}

static void read_object_code(struct tiles *t, char *listing)
{
    struct function *f = NULL;
    for (char *line = strtok(listing, "\n"); line; line = strtok(NULL, "\n")) {
        char *open = strchr(line, '<'), *close = strstr(line, ">:");
        if (open && close && line[0] == '0') {
            f = function_named(t, open + 1, (size_t)(close - open - 1));
            continue;
        }
        if (!f || line[0] != ' ')
            continue;
        f->found += strstr(line, "\tvfmadd") || strstr(line, "\tfmla") || strstr(line, "\tfmadd");
        if (touches_stack(t->isa, line) && f->stack++ == 0)
            snprintf(f->first, sizeof f->first, "%s", line);
    }
}

static void check(const char *isa, bool f64, const char *compiler, const char *objdump)
{
    static struct tiles t;
    char program[64];
    snprintf(program, sizeof program, "%s", compiler);
    program[strcspn(program, " ")] = '\0';
    if (!have(program) || !have(objdump))
        skip_test("no %s", have(program) ? objdump : program);
    t = (struct tiles){ .isa = isa_find(isa), .f64 = f64 };
    write_tiles(&t);
    struct run r = shell("%s -std=gnu11 -O3 -Wall -Wextra -Wno-unused-function -Werror "
                         "-c tiles.c -o tiles.o && %s -d --no-show-raw-insn tiles.o", compiler,
                         objdump);
    cr_assert(r.status == 0, "%.2000s", r.output);
    read_object_code(&t, r.output);
    for (int k = 0; k < t.count; k++) {
        const struct function *f = &t.f[k];
        cr_expect(f->found >= f->fmas && (f->kept || f->found % f->fmas == 0),
                  "%s %s: %ld fused multiply-adds, its text has %ld", compiler, f->name, f->found,
                  f->fmas);
        cr_expect(f->stack == 0, "%s %s: %ld references to the stack, the first:%s", compiler,
                  f->name, f->stack, f->first);
    }
    run_free(&r);
    shell_clean();
}

/* The 32 registers of f64 hold the same tiles as those of f32, and the other compiler sees
** these; half a minute each. */
static void check_if_all(const char *isa, bool f64, const char *compiler, const char *objdump)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    check(isa, f64, compiler, objdump);
}

#if defined(__x86_64__)
Test(tiles, avx2_f32_gcc) { check("avx2", false, "gcc", "objdump"); }
Test(tiles, avx2_f64_gcc) { check("avx2", true, "gcc", "objdump"); }
Test(tiles, avx512_f32_gcc) { check("avx512", false, "gcc", "objdump"); }
Test(tiles, avx512_f64_gcc) { check_if_all("avx512", true, "gcc", "objdump"); }
Test(tiles, avx2_f32_clang) { check("avx2", false, "clang", "objdump"); }
Test(tiles, avx2_f64_clang) { check_if_all("avx2", true, "clang", "objdump"); }
Test(tiles, avx512_f32_clang) { check_if_all("avx512", false, "clang", "objdump"); }
Test(tiles, avx512_f64_clang) { check_if_all("avx512", true, "clang", "objdump"); }
Test(tiles, neon_f32_gcc)
{
    check("neon", false, "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objdump");
}
Test(tiles, neon_f64_gcc)
{
    check_if_all("neon", true, "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objdump");
}
#elif defined(__aarch64__)
Test(tiles, neon_f32_gcc) { check("neon", false, "gcc", "objdump"); }
Test(tiles, neon_f64_gcc) { check("neon", true, "gcc", "objdump"); }
Test(tiles, neon_f32_clang) { check("neon", false, "clang", "objdump"); }
Test(tiles, neon_f64_clang) { check("neon", true, "clang", "objdump"); }
#endif
