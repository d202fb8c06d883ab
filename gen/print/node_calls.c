/*
** node_calls.c - nodes of an inference program as calls of the stages' functions. It decides
** nothing: windows, rows and constants are the plan's.
*/
#include "print/node_calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan/stream.h"
#include "print/dictionary.h"

struct part_name constant_name(const struct net *net, const struct constant *c)
{
    static const char *const words[CONSTANT_KINDS] = {
        [CONSTANT_WEIGHTS] = "weights", [CONSTANT_BIAS] = "bias",
        [CONSTANT_COEFFICIENTS] = "coefficients", [CONSTANT_SLOPES] = "slopes",
        [CONSTANT_MEAN] = "mean", [CONSTANT_FACTOR] = "factor",
    };
    struct part_name name;
    snprintf(name.text, sizeof name.text, "%s__%s", node_name(net, c->node), words[c->kind]);
    return name;
}

/* ---- what calls are made of ---- */

/* The array, or its place in the blob; NULL: the node has none. */
static struct part_name constant_text(const struct node_calls *c, int node, enum constant_kind kind)
{
    const struct constant *one = constant_of(c->constants, node, kind);
    struct part_name name = { "NULL" };
    if (one && c->options->blob)
        snprintf(name.text, sizeof name.text, "weights + %zu", one->at);
    else if (one)
        name = constant_name(c->e.net, one);
    return name;
}

/* The window in which lies what a node reads k-th, or what it makes. */
enum { OWN = -1 };
static int window_of(const struct net *net, int node, int k)
{
    const struct stream_plan *p = net->stream;
    return p->node[k == OWN ? node : p->node[node].reads[k]].fills;
}

/* "m + PLACE": where row `row` of a window's map begins, `offset` reals after its halo. */
static void put_place(const struct node_calls *c, int node, int k, const char *row, long offset,
                      struct text *out)
{
    const int window = window_of(c->e.net, node, k);
    const struct window *w = &c->e.net->stream->window[window];
    const struct map *m = &w->map;
    const long left = (long)m->left*m->shape.c + offset;
    if (w->rows == m->rows)
        text_printf(out, "m + %ld + (%s)*%zu", (long)w->at + (long)(m->row*(size_t)m->top) + left,
                    row, m->row);
    else
        text_printf(out, "m + %ld + (%s - first[%d])*%zu", (long)w->at + left, row, window,
                    m->row);
}

/* ", NAME(" and its first argument, the row of the first window. */
static void begin(const struct node_calls *c, int node, const char *function, const char *row,
                  struct text *out)
{
    text_printf(out, "%s(", function);
    put_place(c, node, 0, row, 0, out);
}

/* The row of its own map from which on it makes rows. */
static void put_own(const struct node_calls *c, int node, struct text *out)
{
    text_puts(out, ", ");
    put_place(c, node, OWN, "from", 0, out);
}

/* ---- the calls ---- */

typedef void maker(struct node_calls *c, int node, const struct stage *s, struct text *out);

/* Rows of one map, the same of another. */
static void rows_call(struct node_calls *c, int node, struct part_name function, struct text *out)
{
    begin(c, node, function.text, "from", out);
    put_own(c, node, out);
    text_puts(out, ", to - from);\n");
}

static void pointwise_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    rows_call(c, node, pointwise_rows(&c->e, s), out);
}

static void prelu_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    begin(c, node, prelu_rows(&c->e, s).text, "from", out);
    text_printf(out, ", %s", constant_text(c, node, CONSTANT_SLOPES).text);
    put_own(c, node, out);
    text_puts(out, ", to - from);\n");
}

/* Both maps; a gate of one value a channel has one row. */
static void pair_call(struct node_calls *c, int node, const char *function, const char *row,
                      struct text *out)
{
    begin(c, node, function, row, out);
    text_puts(out, ", ");
    put_place(c, node, 1, "from", 0, out);
    put_own(c, node, out);
    text_puts(out, ", to - from);\n");
}

static void add_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    pair_call(c, node, add_rows(&c->e, s).text, "from", out);
}

static void product_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    const bool one = s->in.shape.h*s->in.shape.w == 1;
    pair_call(c, node, product_rows(&c->e, s).text, one ? "0" : "from", out);
}

static void join_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    for (int k = 0; k < s->branch->count; k++) {
        text_printf(out, "%s%s(", k ? "            " : "", join_rows(&c->e, s, k));
        put_place(c, node, k, "from", 0, out);
        text_puts(out, ", ");
        put_place(c, node, OWN, "from", channels_before(s, k), out);
        text_puts(out, ", to - from);\n");
    }
}

static void norm_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    const struct layer *pool = layer_at(c->e.net, s->pool);
    char row[32];
    snprintf(row, sizeof row, "from*%d", pool ? pool->kh : 1);
    begin(c, node, norm_rows(&c->e, s), row, out);
    text_printf(out, ", %s", constant_text(c, node, CONSTANT_COEFFICIENTS).text);
    put_own(c, node, out);
    text_puts(out, ", NULL, to - from);\n");
}

/* Padded windows count rows from the map's first; others from the first that they read. */
static void windows_call(struct node_calls *c, int node, const struct layer *l,
                         const char *function, const char *argmax, struct text *out)
{
    char row[32];
    const bool padded = is_padded(l);
    snprintf(row, sizeof row, "from*%d", l->stride);
    begin(c, node, function, padded ? "0" : row, out);
    put_own(c, node, out);
    text_printf(out, "%s%s", argmax, padded ? ", from, to);\n" : ", 0, to - from);\n");
}

static void pool_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    windows_call(c, node, &c->e.net->layer[s->pool], pool_rows(&c->e, s).text, ", NULL", out);
}

static void average_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    if (c->e.net->stream->node[node].gathers) {
        begin(c, node, average_gather(&c->e, s).text, "from", out);
        text_puts(out, ", ");
        put_place(c, node, OWN, "0", 0, out);
        text_puts(out, ", from, to);\n");
        return;
    }
    windows_call(c, node, &c->e.net->layer[s->head], average_rows(&c->e, s).text, "", out);
}

static void upsample_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    begin(c, node, upsample_rows(&c->e, s).text, "0", out);
    put_own(c, node, out);
    text_puts(out, ", from, to);\n");
}

static void reshape_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    begin(c, node, reshape_map(&c->e, s).text, "0", out);
    put_own(c, node, out);
    text_puts(out, ");\n");
}

static void affine_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    const struct part_name bias = constant_text(c, node, CONSTANT_BIAS);
    begin(c, node, affine_one(&c->e, s, bias.text[0] != 'N').text, "0", out);
    text_printf(out, ", %s, %s", constant_text(c, node, CONSTANT_WEIGHTS).text, bias.text);
    put_own(c, node, out);
    text_puts(out, ");\n");
}

/* Each channel of the input as often as it has filters, in scratch; `rows`: of the convolution. */
static void put_repeated(struct node_calls *c, int node, const struct stage *s, const char *row,
                         const char *rows, struct text *out)
{
    const struct layer *l = &c->e.net->layer[s->head];
    struct bindings b = of_stage(&c->e, s);
    depth_repeat(&c->e, s);
    text_printf(out, "%s(", part(&b, "repeat").text);
    put_place(c, node, 0, row, -(long)l->pad_left*l->in.c, out);
    text_printf(out, ", m, 0, (%s - 1)*%d + %d);\n            ", rows, l->stride,
                l->dilation*(l->kh - 1) + 1);
}

/* Of the rows that are asked for the tiles. */
static void winograd_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    const struct layer *l = &c->e.net->layer[s->head], *pool = layer_at(c->e.net, s->pool);
    const int high = pool ? pool->kh : 1, rows = tile_rows(c->e.net, s);
    char row[48];
    snprintf(row, sizeof row, "from*%d - %d", high, l->pad_top);
    text_printf(out, "%s(", winograd_rows(&c->e, s).text);
    put_place(c, node, 0, row, -(long)l->pad_left*l->in.c, out);
    text_printf(out, ", %s, %s, m, m + %zu", constant_text(c, node, CONSTANT_WEIGHTS).text,
                constant_text(c, node, CONSTANT_BIAS).text, transformed(s));
    put_own(c, node, out);
    text_printf(out, ", from/%d, (to + %d)/%d);\n", rows, rows - 1, rows);
}

static void conv_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    if (s->conv->forward.algorithm == BY_WINOGRAD) {
        winograd_call(c, node, s, out);
        return;
    }
    const struct layer *l = &c->e.net->layer[s->head], *pool = layer_at(c->e.net, s->pool);
    const struct part_name sweep = whole_sweep(&c->e, &s->conv->forward, s->relu_first);
    const bool repeats = s->conv->multiplier > 1;
    char row[48], rows[48] = "to - from";
    snprintf(row, sizeof row, "from*%d - %d", l->stride*(pool ? pool->stride : 1), l->pad_top);
    if (pool)
        snprintf(rows, sizeof rows, "((to - from - 1)*%d + %d)", pool->stride, pool->kh);
    if (repeats)
        put_repeated(c, node, s, row, pool ? rows : "(to - from)", out);
    text_printf(out, "%s(", pool ? conv_pooled(&c->e, s, sweep.text).text : sweep.text);
    if (repeats)
        text_puts(out, "m");
    else
        put_place(c, node, 0, row, -(long)l->pad_left*l->in.c, out);
    text_printf(out, ", %s, %s", constant_text(c, node, CONSTANT_WEIGHTS).text,
                constant_text(c, node, CONSTANT_BIAS).text);
    if (pool)
        text_printf(out, ", m + %zu", repeats ? s->conv->repeated.image : 0);
    put_own(c, node, out);
    text_puts(out, pool ? ", NULL, to - from);\n" : ", 0, to - from, NULL, NULL);\n");
}

static void deconv_call(struct node_calls *c, int node, const struct stage *s, struct text *out)
{
    const struct stage *m = s->mirror;
    const struct window *x = &c->e.net->stream->window[window_of(c->e.net, node, 0)];
    const struct part_name bias = constant_text(c, node, CONSTANT_BIAS);
    const struct part_name weights = constant_text(c, node, CONSTANT_WEIGHTS);
    const struct part_name gaps = deconv_gaps(&c->e, s);
    c->e.stage = m;
    if (m->conv->dgrad_gaps) {
        text_printf(out, "%s(%s", gaps.text, bias.text);
        put_own(c, node, out);
        text_puts(out, ");\n            ");
    }
    for (int k = 0; k < m->conv->ndgrad; k++) {
        const struct sweep *f = &m->conv->dgrad[k];
        const struct part_name rows = whole_sweep(&c->e, f, s->relu != NO_LAYER);
        text_printf(out, "%s%s(m + %zu, %s + %zu, %s, ", k ? "            " : "", rows.text,
                    x->at + (size_t)f->in_at, weights.text, f->packed_at, bias.text);
        put_place(c, node, OWN, "0", f->out_at, out);
        text_printf(out, ", 0, %d, NULL, NULL);\n", f->oh);
    }
}

/* ---- images ---- */

/* One channel's values of a row, prepared. */
static void put_value(const struct node_calls *c, const char *value, struct text *out)
{
    const struct shape in = c->e.net->input;
    const struct constant *mean = constant_of(c->constants, 0, CONSTANT_MEAN);
    char index[64] = "c";
    if (mean && mean->count > (size_t)in.c)
        snprintf(index, sizeof index, "(c*%d + r)*%d + x", in.h, in.w);
    text_printf(out, "to_x[x*%d + c] = (%s", in.c, value);
    if (mean)
        text_printf(out, " - (%s)[%s]", constant_text(c, 0, CONSTANT_MEAN).text, index);
    text_puts(out, ")");
    if (constant_of(c->constants, 0, CONSTANT_FACTOR))
        text_printf(out, "*(%s)[c]", constant_text(c, 0, CONSTANT_FACTOR).text);
    text_puts(out, ";\n");
}

/* A byte as the value that training knew. */
static void put_byte(const struct node_calls *c, struct text *out)
{
    const struct values_scale *s = c->options->pixels;
    const struct shape in = c->e.net->input;
    char byte[64];
    snprintf(byte, sizeof byte, "source->pixels[(r*%d + x)*%d + c]", in.w, in.c);
    if (values_scale_plain(s))
        text_printf(out, "(real)%s", byte);
    else if (s->pairs == 1)
        text_printf(out, "(real)(%.17g + (double)%s*%.17g/255)", s->zero[0], byte,
                    s->full[0] - s->zero[0]);
    else
        text_printf(out, "(real)(pixel_zero[c] + (double)%s*pixel_extent[c]/255)", byte);
}

/* What 0 is and how far 255 from that, channel by channel. */
static void put_scales(const struct node_calls *c, struct text *out)
{
    const struct values_scale *s = c->options->pixels;
    for (int k = 0; s && s->pairs > 1 && k < 2; k++) {
        text_printf(out, "static const double pixel_%s[] = {", k ? "extent" : "zero");
        for (int i = 0; i < s->pairs; i++)
            text_printf(out, "%s%.17g", i ? ", " : " ",
                        k ? s->full[i] - s->zero[i] : s->zero[i]);
        text_puts(out, " };\n");
    }
}

static void images_function(struct node_calls *c, struct text *out)
{
    const struct shape in = c->e.net->input;
    const struct map *m = &c->e.net->stream->window[0].map;
    struct text byte = { 0 };
    char value[96];
    snprintf(value, sizeof value, "source->image[(c*%d + r)*%d + x]", in.h, in.w);
    text_printf(out, "/* Where an image comes from. */\n"
                "struct source { const float *image;%s };\n\n",
                c->options->pixels ? " const uint8_t *pixels;" : "");
    put_scales(c, out);
    text_printf(out, "/* Rows of an image, prepared as in training. */\n"
                "static void prepare(const struct source *source, real *to_x, int from, int to%s)\n"
                "{\n    for (int r = from; r < to; r++, to_x += %zu)\n"
                "        for (int x = 0; x < %d; x++)\n"
                "            for (int c = 0; c < %d; c++)\n                ",
                c->options->blob ? ", const real *weights" : "", m->row, in.w, in.c);
    if (c->options->pixels) {
        put_byte(c, &byte);
        text_puts(out, "if (source->image)\n                    ");
        put_value(c, value, out);
        text_puts(out, "                else\n                    ");
        put_value(c, text_string(&byte), out);
    } else {
        put_value(c, value, out);
    }
    if (c->options->blob && !constant_of(c->constants, 0, CONSTANT_MEAN))
        text_puts(out, "    (void)weights;\n");
    text_puts(out, "}\n\n");
    text_free(&byte);
}

static void images_call(const struct node_calls *c, struct text *out)
{
    text_puts(out, "prepare(source, ");
    put_place(c, 0, OWN, "from", 0, out);
    text_printf(out, ", from, to%s);\n", c->options->blob ? ", weights" : "");
}

/* ---- all ---- */

static maker *const makers[STAGE_KINDS] = {
    [STAGE_CONV] = conv_call, [STAGE_AFFINE] = affine_call, [STAGE_POOL] = pool_call,
    [STAGE_AVERAGE] = average_call, [STAGE_POINTWISE] = pointwise_call,
    [STAGE_RESHAPE] = reshape_call, [STAGE_UPSAMPLE] = upsample_call,
    [STAGE_DECONV] = deconv_call, [STAGE_PRELU] = prelu_call, [STAGE_NORM] = norm_call,
    [STAGE_ADD] = add_call, [STAGE_JOIN] = join_call, [STAGE_PRODUCT] = product_call,
};

void node_calls_open(struct node_calls *c, const struct net *net, const struct constants *constants,
                     const struct inference_options *o, struct text *out)
{
    const struct stream_plan *p = net->stream;
    *c = (struct node_calls){ .e = { .net = net, .prefix = "", .out = out },
                              .constants = constants, .options = o };
    c->node = alloc((size_t)p->nodes, sizeof *c->node);
    images_function(c, out);
    images_call(c, &c->node[0]);
    for (int n = 1; n < p->nodes; n++) {
        c->e.stage = node_stage(net, &p->node[n]);
        makers[c->e.stage->kind](c, n, c->e.stage, &c->node[n]);
    }
}

void node_calls_close(struct node_calls *c)
{
    for (int n = 0; n < c->e.net->stream->nodes; n++)
        text_free(&c->node[n]);
    free(c->node);
    free_emission(&c->e);
}

/* The node that makes a window's rows; others change them there. */
static int first_of(const struct net *net, int window)
{
    int n = 0;
    while (net->stream->node[n].fills != window)
        n++;
    return n;
}

void put_call(const struct node_calls *c, int node, struct text *out)
{
    const int window = window_of(c->e.net, node, OWN);
    const struct window *w = &c->e.net->stream->window[window];
    const struct map *m = &w->map;
    const bool first = node == first_of(c->e.net, window);
    const int bottom = m->rows - m->top - m->shape.h;
    const bool slides = first && w->rows < m->rows;
    const char *indent = "            ";
    if (slides)
        text_printf(out, "%sslide(m + %zu, &first[%d], from, away, %zu);\n", indent, w->at,
                    window, m->row);
    if (first && has_halo(m))
        text_printf(out, "%sif (from == 0)\n%s    surround(m + %zu, %d, %d, %d, %zu, %d, %d);\n",
                    indent, indent, w->at, m->top, w->rows - (slides ? 0 : bottom), w->rows, m->row,
                    m->left*m->shape.c, (m->columns - m->left - m->shape.w)*m->shape.c);
    text_puts(out, indent);
    text_puts(out, text_string(&c->node[node]));
    if (slides && bottom > 0) {
        text_printf(out, "%sif (to == %d)\n%s    memset(m + %zu + (%d - first[%d])*%zu, 0, "
                    "%zu*sizeof(real));\n", indent, m->shape.h, indent, w->at, m->shape.h, window,
                    m->row, (size_t)bottom*m->row);
    }
}
