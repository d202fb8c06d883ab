/*
** test_tiles.c - object code of every register tile that block.c can choose: it holds
** the fused multiply-adds that its text holds, and its accumulators never leave the
** registers. The tiles are instantiated as the generator does it, compiled by gcc and
** clang for each vector instruction set, and disassembled.
*/
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model.h"
#include "plan/cost.h"
#include "print/sources.h"
#include "print/tmpl.h"
#include "support/samples.h"
#include "support/shell.h"
#include "support/skip.h"

enum { MAX_TILES = 2000 };

/* One function of the file under test. */
struct function {
    char name[192];
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

/* Instantiates a template as a function of its own, which nothing can inline: with its sample
** values, but for those said here, which name it. */
static void add(struct tiles *t, struct text *out, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add(struct tiles *t, struct text *out, const char *file, const char *format, ...)
{
    struct bindings b = { 0 };
    struct text body = { 0 };
    char given[128];
    va_list args;
    va_start(args, format);
    cr_assert_lt(vsnprintf(given, sizeof given, format, args), (int)sizeof given);
    va_end(args);
    cr_assert_lt(t->count, MAX_TILES);
    struct function *f = &t->f[t->count++];
    *f = (struct function){ .fmas = 0 };
    snprintf(f->name, sizeof f->name, "%s %s", file, given);
    for (char *c = f->name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    bind_name(&b, "NAME", "%s", f->name);
    bind_samples(&b, file, given);
    bind_operation(&b, "v_relu", "%s", "");
    instantiate(file, &b, &body);
    f->fmas = occurrences(text_string(&body), "v_fma(");
    f->kept = b.loops_kept > 0;
    const char *head = "static inline void ", *text = text_string(&body);
    const char *at = strstr(text, head);
    cr_assert(at, "%s begins otherwise", file);
    text_add(out, text, (size_t)(at - text));
    text_printf(out, "void %s(", f->name);
    text_puts(out, strchr(at, '(') + 1);
    text_free(&body);
}

/* Deep ones; shallow ones, of which every tap is written out; those of dilated and of grouped
** convolutions, which have their taps apart: with few channels, whose loop the compiler writes
** out. */
static void add_all_conv(struct tiles *t, struct text *out)
{
    static const char *const kind[] = {
        "", " X_PIXEL=3 X_ROW=102 X_DOWN=102 RUN=9 SHALLOW=1",
        " X_PIXEL=3 X_ROW=102 X_DOWN=102 RUN=3 TAPS=3 X_TAP=6",
    };
    for (int k = 0; k < 3; k++)
        for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
            for (int nv = 1; conv_tile_fits(t->isa, mh, nv, k > 0); nv++)
                for (int mw = 1; conv_tile_fits(t->isa, mh*mw, nv, k > 0); mw++) {
                    int block = nv*isa_vl(t->isa, t->f64);
                    add(t, out, "conv/tile.c", "MH=%d MW=%d NV=%d BLOCK=%d Y_PIXEL=%d PARTIAL=0%s",
                        mh, mw, nv, block, block, kind[k]);
                }
}

static void add_all_affine(struct tiles *t, struct text *out)
{
    for (int m = 1; m <= AFFINE_ROWS; m++)
        for (int nv = 1; conv_tile_fits(t->isa, m, nv, false); nv++) {
            int block = nv*isa_vl(t->isa, t->f64);
            add(t, out, "affine/dense_tile.c", "M=%d NV=%d A_STEP=1 A_ROW=8208 B_STEP=%d C_ROW=%d "
                "ADDS=1", m, nv, block, block);
        }
}

static void add_all_depth(struct tiles *t, struct text *out)
{
    for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
        for (int mw = 1; depth_tile_fits(t->isa, mh*mw); mw++)
            add(t, out, "depth/tile.c", "MH=%d MW=%d PARTIAL=0", mh, mw);
}

/* Weight gradients that have taps of their own. Every height and number of vectors, by two and
** three taps; columns of taps are the same code as add_all_gradients' tiles, of which the compiler
** makes one function. */
static void add_all_taps(struct tiles *t, struct text *out)
{
    for (int mh = 1; mh <= 11; mh++)
        for (int mw = 2; mw <= 3; mw++)
            for (int nv = 1; wgrad_tile_fits(t->isa, mh*mw, nv); nv++) {
                int ci = nv*isa_vl(t->isa, t->f64);
                add(t, out, "conv/taps_tile.c",
                    "MH=%d MW=%d NV=%d CI=%d X_TAP=%d ROW=%d PARTIAL=0", mh, mw, nv, ci, 2*ci,
                    mw*ci);
                if (nv == 1)
                    add(t, out, "depth/wgrad_tile.c", "MH=%d MW=%d KW=%d", mh, mw, mw);
            }
}

static void add_all_gradients(struct tiles *t, struct text *out)
{
    for (int mh = 1; mh <= 11; mh++)
        for (int nv = 1; wgrad_tile_fits(t->isa, mh, nv); nv++)
            add(t, out, "conv/wgrad_tile.c", "MH=%d NV=%d ROW=%d", mh, nv,
                nv*isa_vl(t->isa, t->f64));
    for (int nv = 1; nv <= PANEL_VECTORS; nv++) {
        add(t, out, "affine/dgrad_tile.c", "NV=%d", nv);
        add(t, out, "affine/wgrad_tile.c", "NV=%d", nv);
    }
}

/* Tiles of dense gradients: filters transformed by Winograd, rows of few taps, affine layers. */
static void add_all_dense_gradients(struct tiles *t, struct text *out)
{
    int vl = isa_vl(t->isa, t->f64);
    for (int mh = 1; mh <= LANES; mh++)
        for (int nv = 1; conv_tile_fits(t->isa, mh, nv, false); nv++)
            add(t, out, "wino/wgrad_tile.c", "MH=%d NV=%d U_WIDTH=%d", mh, nv, nv*vl);
    for (int mt = 1; mt <= LANES; mt++)
        for (int nv = 1; conv_tile_fits(t->isa, mt, nv, false); nv++)
            add(t, out, "conv/narrow_tile.c", "MT=%d NV=%d BAND=32 G_PIXEL=%d U_TAP=%d", mt, nv,
                nv*vl, nv*vl);
    for (int mt = 1; mt <= LANES; mt++)
        for (int nv = 1; picked_tile_fits(t->isa, mt, nv); nv++)
            add(t, out, "conv/picked_tile.c", "MT=%d NV=%d G_PIXEL=%d U_TAP=%d", mt, nv, nv*vl,
                nv*vl);
    for (int m = 1; m <= AFFINE_DENSE_ROWS; m++)
        for (int nv = 1; nv <= PANEL / vl && conv_tile_fits(t->isa, m, nv, false); nv++)
            add(t, out, "affine/dense_tile.c", "M=%d NV=%d ADDS=0", m, nv);
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
    text_puts(&out, embedded("runtime/vector/groups.c"));
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

/* The registers hold the same tiles of f64 as of f32, and another compiler spills for other reasons
** than ours: make test-all asks, half a minute each. */
static void check_if_all(const char *isa, bool f64, const char *compiler, const char *objdump)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    check(isa, f64, compiler, objdump);
}

#if defined(__x86_64__)
/* As kernels are run: of the widest that is here, and of each in make test-all. */
static void check_if_widest(const char *isa)
{
    const char *here = isa_native()->name, *widest = strcmp(here, "avx512") ? "avx2" : here;
    if (!strcmp(isa, widest))
        check(isa, false, "gcc", "objdump");
    else
        check_if_all(isa, false, "gcc", "objdump");
}

Test(tiles, avx2_f32_gcc) { check_if_widest("avx2"); }
Test(tiles, avx2_f64_gcc) { check_if_all("avx2", true, "gcc", "objdump"); }
Test(tiles, avx512_f32_gcc) { check_if_widest("avx512"); }
Test(tiles, avx512_f64_gcc) { check_if_all("avx512", true, "gcc", "objdump"); }
Test(tiles, avx2_f32_clang) { check_if_all("avx2", false, "clang", "objdump"); }
Test(tiles, avx2_f64_clang) { check_if_all("avx2", true, "clang", "objdump"); }
Test(tiles, avx512_f32_clang) { check_if_all("avx512", false, "clang", "objdump"); }
Test(tiles, avx512_f64_clang) { check_if_all("avx512", true, "clang", "objdump"); }
Test(tiles, neon_f32_gcc)
{
    check_if_all("neon", false, "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objdump");
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
