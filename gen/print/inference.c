/*
** inference.c - prints a program that only runs a network. The plan decided which rows are made
** when (plan/stream.c): here each node becomes the statements that make them. It must never print
** a float that another one than the trainer's is read back from.
*/
#include "print/inference.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/stream.h"
#include "print/dictionary.h"
#include "print/layout.h"
#include "print/node_calls.h"
#include "print/target.h"
#include "print/words.h"

/* ---- names ---- */

/* "NAME" of NAME_WORK_BYTES. */
static struct part_name upper(const char *name)
{
    struct part_name n;
    snprintf(n.text, sizeof n.text, "%s", name);
    for (char *s = n.text; *s; s++)
        *s = (char)toupper((unsigned char)*s);
    return n;
}

/* ---- constants ---- */

/* A number that is read back as it was, whatever its locale. */
static void put_float(float x, struct text *out)
{
    char number[32];
    snprintf(number, sizeof number, "%.9g", (double)x);
    text_printf(out, "%s%s", number, strpbrk(number, ".e") ? "f" : ".0f");
}

static void put_constants(const struct net *net, const struct constants *c, struct text *out)
{
    for (int k = 0; k < c->count; k++) {
        const struct constant *one = &c->all[k];
        text_printf(out, "static const real %s[%zu] = {",
                    constant_name(net, one).text, one->count);
        size_t line = out->length;
        text_puts(out, "\n    ");
        for (size_t i = 0; i < one->count; i++) {
            const bool full = out->length - line > 84;
            line = full ? out->length : line;
            text_puts(out, full ? "\n    " : i ? " " : "");
            put_float(one->values[i], out);
            text_puts(out, i + 1 < one->count ? "," : "\n};\n\n");
        }
    }
}

/* FNV-1a over what the constants are called and how many they are: which network's a blob is. */
static uint32_t fingerprint_of(const struct net *net, const struct constants *c)
{
    uint32_t hash = 2166136261u;
    for (int k = 0; k < c->count; k++) {
        char line[TMPL_NAME_LEN + 32];
        snprintf(line, sizeof line, "%s %zu %s\n", constant_name(net, &c->all[k]).text,
                 c->all[k].count, net->isa->name);
        for (const char *s = line; *s; s++)
            hash = (hash ^ (unsigned char)*s)*16777619u;
    }
    return hash;
}

static const char mark[] = "lathe-weights-1";   /* with its end, 16 bytes */

void inference_weights(const struct net *net, const struct constants *c, struct text *out)
{
    const uint32_t head[] = { fingerprint_of(net, c), (uint32_t)c->total };
    text_add(out, mark, sizeof mark);
    text_add(out, (const char *)head, sizeof head);
    for (int k = 0; k < c->count; k++)
        text_add(out, (const char *)c->all[k].values, c->all[k].count*sizeof(float));
}

static size_t blob_bytes(const struct constants *c)
{
    return sizeof mark + 2*sizeof(uint32_t) + c->total*sizeof(float);
}

/* ---- the order ---- */

/* Every node once, all rows of it. */
static bool in_one_go(const struct stream_plan *p)
{
    return p->nsteps == p->nodes;
}

/* A window is smaller than its map. */
static bool slides(const struct stream_plan *p)
{
    bool found = false;
    for (int n = 0; n < p->nodes; n++)
        found |= p->window[n].size && p->window[n].rows < p->window[n].map.rows;
    return found;
}

static int largest_entry(const struct stream_plan *p)
{
    int most = p->nodes;
    for (int k = 0; k < p->nsteps; k++)
        most = max_int(most, max_int(p->step[k].to, p->step[k].slide));
    return most;
}

static size_t order_bytes(const struct stream_plan *p)
{
    const size_t entries = slides(p) ? 4 : 3, bytes = largest_entry(p) > 255 ? 2 : 1;
    return in_one_go(p) ? 0 : (size_t)p->nsteps*entries*bytes;
}

static void put_order(const struct stream_plan *p, struct text *out)
{
    if (in_one_go(p))
        return;
    const bool fourth = slides(p);
    text_printf(out, "/* Which node makes which rows, from and to%s. */\n"
                "static const %s order[%d][%d] = {",
                fourth ? "; before that its window slides by so many" : "",
                largest_entry(p) > 255 ? "uint16_t" : "uint8_t", p->nsteps, fourth ? 4 : 3);
    for (int k = 0; k < p->nsteps; k++) {
        const struct stream_step *s = &p->step[k];
        text_printf(out, "%s{ %d, %d, %d", k % 5 ? " " : "\n    ", s->node, s->from, s->to);
        text_printf(out, fourth ? ", %d }," : " },", s->slide);
    }
    text_puts(out, "\n};\n\n");
}

/* ---- the function ---- */

/* Where the windows that slide begin, in rows of their maps. */
static void put_firsts(const struct stream_plan *p, struct text *out)
{
    if (!slides(p))
        return;
    text_puts(out, "    int first[] = {");
    for (int n = 0; n < p->nodes; n++)
        text_printf(out, "%s%d", n ? ", " : " ", -p->window[n].map.top);
    text_puts(out, " };\n");
}

static void put_scores(const struct net *net, struct text *out)
{
    const struct stream_plan *p = net->stream;
    const struct window *w = &p->window[p->node[p->nodes - 1].fills];
    const struct shape s = w->map.shape;
    if (s.h*s.w == 1) {
        text_printf(out, "    memcpy(scores, m + %zu, %d*sizeof(real));\n", w->at, s.c);
        return;
    }
    text_printf(out, "    for (int c = 0; c < %d; c++)\n        for (int r = 0; r < %d; r++)\n"
                "            for (int x = 0; x < %d; x++)\n"
                "                *scores++ = m[%zu + r*%zu + x*%d + c];\n", s.c, s.h, s.w,
                w->at + w->map.origin, w->map.row, s.c);
}

static void put_run(const struct node_calls *calls, bool blob, struct text *out)
{
    const struct stream_plan *p = calls->e.net->stream;
    text_printf(out, "static void run(const struct source *source, real *scores, real *m%s)\n{\n",
                blob ? ", const real *weights" : "");
    put_firsts(p, out);
    if (!in_one_go(p))
        text_printf(out, "    for (int k = 0; k < %d; k++) {\n        const int from = order[k][1],"
                    " to = order[k][2]%s;\n        switch (order[k][0]) {\n",
                    p->nsteps, slides(p) ? ", away = order[k][3]" : "");
    for (int k = 0; k < p->nodes; k++) {
        const int node = in_one_go(p) ? p->step[k].node : k;
        if (in_one_go(p))
            text_printf(out, "    {   /* %s */\n        enum { from = 0, to = %d };\n",
                        node_name(calls->e.net, node), p->step[k].to);
        else
            text_printf(out, "        case %d: /* %s */\n", node,
                        node_name(calls->e.net, node));
        put_call(calls, node, out);
        text_puts(out, in_one_go(p) ? "    }\n" : "            break;\n");
    }
    if (!in_one_go(p))
        text_puts(out, "        }\n    }\n");
    put_scores(calls->e.net, out);
    text_puts(out, "}\n\n");
}

/* The public functions: what is wrong with their arguments, then run. */
static void put_entry(const struct net *net, const struct constants *c,
                      const struct inference_options *o, bool pixels, struct text *out)
{
    const struct part_name up = upper(o->name);
    text_printf(out, "int %s_run%s(const %s *%s, float *scores, void *work%s)\n{\n", o->name,
                pixels ? "_u8" : "", pixels ? "uint8_t" : "float", pixels ? "pixels" : "image",
                o->blob ? ", const void *weights" : "");
    text_printf(out, "    if (%s == NULL || scores == NULL || work == NULL%s)\n"
                "        return %s_NO_MEMORY;\n", pixels ? "pixels" : "image",
                o->blob ? " || weights == NULL" : "", up.text);
    text_printf(out, "    if ((uintptr_t)work %% sizeof(real)%s)\n        return %s_UNALIGNED;\n",
                o->blob ? " || (uintptr_t)weights % sizeof(real)" : "", up.text);
    if (o->blob) {
        text_printf(out, "    const uint32_t *head = (const uint32_t *)weights + %zu;\n"
                    "    if (memcmp(weights, \"%s\", %zu) || head[0] != 0x%08xu || "
                    "head[1] != %zuu)\n        return %s_OTHER_WEIGHTS;\n",
                    sizeof mark / sizeof(uint32_t), mark, sizeof mark, fingerprint_of(net, c),
                    c->total, up.text);
    }
    text_printf(out, "    const struct source source = { %s };\n",
                pixels ? "NULL, pixels" : o->pixels ? "image, NULL" : "image");
    text_printf(out, "    const unsigned subnormals = v_flush_subnormals();\n"
                "    run(&source, scores, (real *)work%s);\n"
                "    v_restore_subnormals(subnormals);\n    return %s_OK;\n}\n\n",
                o->blob ? ", (const real *)(head + 2)" : "", up.text);
}

static void put_slide(const struct stream_plan *p, struct text *out)
{
    if (!slides(p))
        return;
    text_puts(out, "/* Forgets so many rows of a window; those up to `made` move to its start. */\n"
              "static void slide(real *window, int *first, int made, int rows, int row)\n{\n"
              "    if (rows) {\n        *first += rows;\n"
              "        memmove(window, window + rows*row, (size_t)((made - *first)*row)"
              "*sizeof(real));\n    }\n}\n\n");
}

/* The rows and columns around maps. */
static void put_surround(const struct stream_plan *p, struct text *out)
{
    bool any = false;
    for (int n = 0; n < p->nodes; n++)
        any |= p->window[n].size && has_halo(&p->window[n].map);
    if (any)
        text_puts(out, "/* Zeros around the rows from `top` to `end` of a window: `left` before "
                  "each, `right` after it. */\n"
                  "static void surround(real *window, int top, int end, int rows, int row, "
                  "int left, int right)\n{\n"
                  "    memset(window, 0, (size_t)(top*row + left)*sizeof(real));\n"
                  "    for (int r = top + 1; r < end; r++)\n"
                  "        memset(window + r*row - right, 0, "
                  "(size_t)(right + left)*sizeof(real));\n"
                  "    memset(window + end*row - right, 0, "
                  "(size_t)((rows - end)*row + right)*sizeof(real));\n}\n\n");
}

static void put_vocabulary(const struct net *net, const char *uses, struct text *out,
                           struct text *includes)
{
    struct text words = { 0 };
    vocabulary(net->isa, false, &words);
    used_words(text_string(&words), uses, out, includes);
    text_free(&words);
}

/* "#include <immintrin.h>", if the vocabulary takes it; the others stand in every file. */
static void put_includes(const char *includes, struct text *out)
{
    for (const char *s = includes; *s; s = strchr(s, '\n') + 1) {
        const int length = (int)strcspn(s, "\n");
        if (strncmp(s, "#include <math.h>", 17) && strncmp(s, "#include <st", 12))
            text_printf(out, "%.*s\n", length, s);
    }
}

static void put_banner(const struct net *net, const struct inference_options *o, struct text *out)
{
    text_printf(out, "/*\n** Written by lathe; emit it anew rather than edit it.\n**\n"
                "** %s.c - runs the network %s, an image at a time: %s, f32. See %s.h.\n*/\n",
                o->name, net->name, net->isa->bits ? net->isa->name : "plain C", o->name);
}

/* What the same bits ask of a C compiler, in words that C++ and other targets know, too. */
static void put_exact(struct text *out)
{
    text_puts(out, "/* One rounding for each operation: what the same bits ask for. */\n"
              "#ifdef __FAST_MATH__\n#error \"compile it without -ffast-math\"\n#endif\n"
              "#ifdef __clang__\n#pragma STDC FP_CONTRACT OFF\n"
              "#elif defined __GNUC__\n#pragma GCC optimize(\"fp-contract=off\")\n#endif\n\n");
}

/* In C++ gcc 12 finds fault with its own header of AVX-512. */
static void put_silence(const struct net *net, struct text *out)
{
    if (net->isa->bits == 512)
        text_puts(out, "#if defined __GNUC__ && !defined __clang__\n"
                  "#pragma GCC diagnostic ignored \"-Wmaybe-uninitialized\"\n"
                  "#pragma GCC diagnostic ignored \"-Wuninitialized\"\n#endif\n\n");
}

void inference_source(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out)
{
    struct text kernels = { 0 }, tables = { 0 }, body = { 0 }, uses = { 0 }, words = { 0 };
    struct text includes = { 0 };
    struct node_calls calls;
    node_calls_open(&calls, net, c, o, &kernels);
    put_order(net->stream, &tables);
    if (!o->blob)
        put_constants(net, c, &tables);
    put_slide(net->stream, &body);
    put_surround(net->stream, &body);
    put_run(&calls, o->blob, &body);
    put_entry(net, c, o, false, &body);
    if (o->pixels)
        put_entry(net, c, o, true, &body);
    text_puts(&uses, text_string(&kernels));
    text_puts(&uses, text_string(&body));
    put_vocabulary(net, text_string(&uses), &words, &includes);

    put_banner(net, o, out);
    text_printf(out, "#include \"%s.h\"\n\n#include <string.h>\n", o->name);
    put_includes(text_string(&includes), out);
    text_puts(out, "\n");
    put_exact(out);
    put_silence(net, out);
    text_printf(out, "typedef float real;\nenum { LATHE_F64 = 0, LANES = %d, PANEL = %d };\n\n",
                LANES, PANEL);
    open_region(net->isa, out);
    text_puts(out, text_string(&words));
    text_puts(out, "\n");
    text_puts(out, text_string(&tables));
    text_puts(out, text_string(&kernels));
    lay_out_lines(text_string(&body), out);
    close_region(net->isa, out);

    node_calls_close(&calls);
    struct text *all[] = { &kernels, &tables, &body, &uses, &words, &includes };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        text_free(all[k]);
}

/* ---- the header ---- */

static void put_sizes(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out)
{
    const struct part_name up = upper(o->name);
    const char *n = up.text;
    const size_t work = stream_bytes(net), weights = c->total*sizeof(float);
    const struct shape in = net->input;
    text_printf(out, "/* Images, and what is made of one. */\n"
                "enum { %s_CHANNELS = %d, %s_HEIGHT = %d, %s_WIDTH = %d, %s_SCORES = %d };\n\n", n,
                in.c, n, in.h, n, in.w, n, net->classes);
    text_printf(out, "/* Bytes. Work: what `work` must have. Stack: at most, compiled with -O1 or "
                "more. RAM: both, beside\n** image and scores; no other memory is written. Flash: "
                "constants; code comes on top (size %s.o). */\n#define %s_WORK_BYTES %zu\n"
                "#define %s_STACK_BYTES %d\n"
                "#define %s_RAM_BYTES (%s_WORK_BYTES + %s_STACK_BYTES)\n"
                "#define %s_FLASH_BYTES %zu\n",
                o->name, n, work, n, net->isa->stack, n, n, n, n,
                order_bytes(net->stream) + (o->blob ? 0 : weights));
    text_printf(out, "#define %s_WEIGHT_BYTES %zu\n\n", n, o->blob ? blob_bytes(c) : weights);
}

/* Their names or, where nobody gave them names, their numbers. */
static void put_classes(const struct net *net, const char *n, const char *classes,
                        struct text *out)
{
    if (net->layer[net->nlayers - 1].target != TARGET_LABEL)
        return;
    text_printf(out, "/* What the scores are of. */\n#define %s_CLASSES { ", n);
    for (int k = 0; k < net->classes && !classes; k++)
        text_printf(out, "%s\"%d\"", k ? ", " : "", k);
    classes = classes ? classes : "";
    for (const char *s = classes; *s;) {
        const size_t length = strcspn(s, "\n");
        text_puts(out, s == classes ? "\"" : ", \"");
        for (size_t k = 0; k < length; k++) {
            const unsigned char ch = (unsigned char)s[k];
            if (ch < ' ' || ch > '~' || ch == '"' || ch == '\\' || ch == '?')
                text_printf(out, "\\%03o", ch);
            else
                text_printf(out, "%c", ch);
        }
        text_puts(out, "\"");
        s += length + (s[length] == '\n');
    }
    text_puts(out, " }\n\n");
}

static void put_functions(const struct inference_options *o, const char *n, struct text *out)
{
    const char *weights = o->blob ? ", const void *weights" : "";
    text_printf(out, "/* What the functions return. */\nenum {\n    %s_OK = 0,\n"
                "    %s_NO_MEMORY = 1,      /* an argument is NULL */\n"
                "    %s_UNALIGNED = 2,      /* work%s is not aligned as a float is */\n", n, n, n,
                o->blob ? " or weights" : "");
    if (o->blob)
        text_printf(out, "    %s_OTHER_WEIGHTS = 3   /* no blob of this network's */\n", n);
    text_printf(out, "};\n\n/*\n** image: %s_CHANNELS planes of %s_HEIGHT rows of %s_WIDTH values, "
                "as the training\n** data had them. scores: %s_SCORES of them, before softmax or "
                "sigmoid. work:\n** %s_WORK_BYTES that nobody else touches meanwhile; what is in "
                "it does not matter.\n%s*/\nint %s_run(const float *image, float *scores, "
                "void *work%s);\n\n", n, n, n, n, n,
                o->blob ? "** weights: what lathe wrote beside this.\n" : "", o->name, weights);
    if (o->pixels)
        text_printf(out, "/* The same of bytes as a camera gives them: rows of pixels of "
                    "%s_CHANNELS bytes\n** each. */\nint %s_run_u8(const uint8_t *pixels, "
                    "float *scores, void *work%s);\n\n", n, o->name, weights);
}

void inference_header(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out)
{
    const struct part_name up = upper(o->name);
    text_printf(out, "/*\n** Written by lathe; emit it anew rather than edit it.\n**\n"
                "** %s.h - the network %s, %s, f32: no heap, no static data that is written,\n"
                "** any number of threads.\n", o->name, net->name,
                net->isa->bits ? net->isa->name : "plain C");
    if (o->otherwise[0])
        text_printf(out, "** Training computes%s\n** by Winograd's filtering, which rounds "
                    "otherwise: the scores have the bits of a program\n** built with winograd=no "
                    "there.\n", o->otherwise);
    else
        text_puts(out, "** The scores have the bits of the program that was trained.\n");
    text_printf(out, "*/\n#ifndef LATHE_%s_H\n#define LATHE_%s_H\n\n#include <stddef.h>\n"
                "#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n", up.text,
                up.text);
    put_sizes(net, c, o, out);
    put_classes(net, up.text, o->classes, out);
    put_functions(o, up.text, out);
    text_puts(out, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
