/*
** torch_forward.c - forward of a module of PyTorch: a statement for each layer with weights, and
** around it what follows. It must never depend on more than torch and the module itself.
*/
#include "exchange/torch_forward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/small.h"
#include "exchange/torch_words.h"

enum { WIDTH = 92, INDENT = 8 };

/* What forward's x is while it is printed. */
struct printer {
    const struct net *net;
    struct text *out;
    struct text x;              /* the value as an expression: "x", or what no statement has yet */
    bool bare;                  /* it is a name, */
    bool whole;                 /* or binds as one does */
    bool *row;                  /* [nlayers]: (N, C), else (N, C, H, W) */
    bool is_row;                /* of x */
    struct shape shape, said;   /* of x; the last one that a comment told */
};

/* ---- statements ---- */

static void line(struct printer *p, const char *statement)
{
    const size_t before = p->out->length;
    const struct shape s = p->shape, t = p->said;
    text_printf(p->out, "%*s%s", INDENT, "", statement);
    if (s.h != t.h || s.w != t.w)
        text_printf(p->out, "%*s# %dx%dx%d", max_int(2, 60 - (int)(p->out->length - before)), "",
                    s.c, s.h, s.w);
    p->said = s;
    text_puts(p->out, "\n");
}

static void express(struct printer *p, const char *x, bool bare, bool whole)
{
    struct text t = { 0 };
    text_puts(&t, x);
    text_free(&p->x);
    p->x = t;
    p->bare = bare;
    p->whole = whole;
}

/* The value gets a name, which is x where it has none. */
static void settle(struct printer *p)
{
    struct text statement = { 0 };
    if (p->bare)
        return;
    text_printf(&statement, "x = %s", text_string(&p->x));
    line(p, text_string(&statement));
    text_free(&statement);
    express(p, "x", true, true);
}

/* x becomes BEFORE x AFTER; `whole`: what binds as a call does. */
static void wrap(struct printer *p, const char *before, const char *after, bool whole)
{
    struct text x = { 0 };
    if ((!*before && !p->whole)
        || p->x.length + strlen(before) + strlen(after) + INDENT > WIDTH)
        settle(p);
    text_printf(&x, "%s%s%s", before, text_string(&p->x), after);
    express(p, text_string(&x), false, whole);
    text_free(&x);
}

static void call(struct printer *p, const char *function, const char *arguments)
{
    struct text before = { 0 }, after = { 0 };
    text_printf(&before, "%s(", function);
    text_printf(&after, "%s)", arguments);
    wrap(p, text_string(&before), text_string(&after), true);
    text_free(&before);
    text_free(&after);
}

static void to_map(struct printer *p)
{
    if (p->is_row)
        wrap(p, "", "[:, :, None, None]", true);
    p->is_row = false;
}

static void to_row(struct printer *p)
{
    if (!p->is_row)
        call(p, "torch.flatten", ", 1");
    p->is_row = true;
}

/* Zeros around x, or what else is said, on some side; fewer than none are cut off. */
static void pad(struct printer *p, int top, int left, int bottom, int right, const char *value)
{
    char arguments[96];
    snprintf(arguments, sizeof arguments, ", (%d, %d, %d, %d)%s", left, right, top, bottom, value);
    call(p, "F.pad", arguments);
}

/* ---- layers ---- */

static void own(struct printer *p, const struct layer *l)
{
    call(p, torch_member(l->name).text, "");
}

static void put_conv(struct printer *p, const struct layer *l)
{
    settle(p);
    to_map(p);
    if (!torch_even_pads(l))
        pad(p, l->pad_top, l->pad_left, l->pad_bottom, l->pad_right, "");
    own(p, l);
}

static void put_deconv(struct printer *p, const struct layer *l)
{
    settle(p);
    to_map(p);
    own(p, l);
    if (!torch_plain_deconv(l))
        pad(p, -l->pad_top, -l->pad_left, -max_int(0, l->pad_bottom), -max_int(0, l->pad_right),
            "");
}

static void put_affine(struct printer *p, const struct layer *l)
{
    settle(p);
    to_row(p);
    own(p, l);
}

/* What PyTorch's pools can say: the same padding on both sides, at most half a window, and a last
** window that reaches beyond it. */
static bool plain_pool(const struct layer *l)
{
    const int bottom = l->pad_bottom - l->beyond_bottom, right = l->pad_right - l->beyond_right;
    return l->pad_top == bottom && l->pad_left == right && 2*bottom <= l->kh && 2*right <= l->kw;
}

static void window(const struct layer *l, struct text *t)
{
    text_printf(t, ", %s", torch_pair(l->kh, l->kw).text);
    torch_option(t, "stride", torch_pair(l->stride, l->stride_w).text,
                 torch_pair(l->kh, l->kw).text);
}

/* A mean of windows that PyTorch has not: sums over how many values count. */
static void put_counted(struct printer *p, const struct layer *l, const char *arguments)
{
    char statement[256];
    const int bottom = l->pad_bottom - l->beyond_bottom, right = l->pad_right - l->beyond_right;
    settle(p);
    p->said = p->shape;
    snprintf(statement, sizeof statement, "counted = F.pad(torch.ones_like(%s[:1, :1]), "
             "(%d, %d, %d, %d), value=%d)", text_string(&p->x), l->pad_left, right, l->pad_top,
             bottom, l->count_pad);
    line(p, statement);
    snprintf(statement, sizeof statement, "counted = F.pad(counted, (0, %d, 0, %d))",
             l->beyond_right, l->beyond_bottom);
    line(p, statement);
    pad(p, l->pad_top, l->pad_left, l->pad_bottom, l->pad_right, "");
    call(p, "F.avg_pool2d", arguments);
    snprintf(statement, sizeof statement, "/F.avg_pool2d(counted%s)", arguments);
    wrap(p, "", statement, false);
}

static void put_pool(struct printer *p, const struct layer *l)
{
    struct text arguments = { 0 };
    const bool max = l->kind == LAYER_MAXPOOL, plain = plain_pool(l);
    const bool beyond = l->beyond_bottom || l->beyond_right;
    settle(p);
    to_map(p);
    window(l, &arguments);
    if (plain) {
        torch_option(&arguments, "padding", torch_pair(l->pad_top, l->pad_left).text, "0");
        text_puts(&arguments, beyond ? ", ceil_mode=True" : "");
        if (!max && !l->count_pad && (l->pad_top || l->pad_left))
            text_puts(&arguments, ", count_include_pad=False");
    } else if (max) {
        pad(p, l->pad_top, l->pad_left, l->pad_bottom, l->pad_right, ", value=-torch.inf");
    }
    if (!plain && !max)
        put_counted(p, l, text_string(&arguments));
    else
        call(p, max ? "F.max_pool2d" : "F.avg_pool2d", text_string(&arguments));
    text_free(&arguments);
}

static void put_global(struct printer *p, const struct layer *l)
{
    to_map(p);
    call(p, l->kind == LAYER_GLOBALMAXPOOL ? "F.adaptive_max_pool2d" : "F.adaptive_avg_pool2d",
         ", 1");
}

static void put_reshape(struct printer *p, const struct layer *l)
{
    char after[64];
    snprintf(after, sizeof after, ".reshape(-1, %d, %d, %d)", l->out.c, l->out.h, l->out.w);
    wrap(p, "", after, true);
    p->is_row = false;
}

/* PyTorch's nearest multiplies by 1/scale, rounded: some rows would be those before. */
static bool nearest_is_exact(int size, int times)
{
    const float step = 1/(float)times;
    for (int k = 0; k < size*times; k++)
        if ((int)((float)k*step) != k/times)
            return false;
    return true;
}

static void put_upsample(struct printer *p, const struct layer *l)
{
    char arguments[2*sizeof(struct torch_word)];
    const bool exact = nearest_is_exact(l->in.h, l->up_h) && nearest_is_exact(l->in.w, l->up_w);
    to_map(p);
    snprintf(arguments, sizeof arguments, ", scale_factor=%s%s", torch_pair(l->up_h, l->up_w).text,
             l->bilinear ? ", mode=\"bilinear\"" : exact ? "" : ", mode=\"nearest-exact\"");
    call(p, "F.interpolate", arguments);
}

static void put_numbers(struct printer *p, const struct layer *l)
{
    char arguments[3*sizeof(struct torch_word)];
    const bool clip = l->kind == LAYER_CLIP;
    snprintf(arguments, sizeof arguments, clip ? ", %s, %s" : ", %s",
             torch_number(l->number[0]).text, torch_number(l->number[1]).text);
    call(p, clip ? "torch.clamp" : l->kind == LAYER_ELU ? "F.elu" : "F.leaky_relu", arguments);
}

static void put_scale(struct printer *p, const struct layer *l)
{
    char after[2*sizeof(struct torch_word)];
    snprintf(after, sizeof after, "*%s", torch_number(l->number[0]).text);
    wrap(p, "", after, false);
}

/* ---- branches ---- */

/* Of a branch, from 1, or what a fork read, 0: no two are alike, and none is Python's word. */
static struct torch_word variable(const struct layer *fork, int branch)
{
    struct torch_word w;
    if (branch)
        snprintf(w.text, sizeof w.text, "%s_%d", fork->name, branch);
    else
        snprintf(w.text, sizeof w.text, "%s_in", fork->name);
    return w;
}

/* What ends the branches of fork f. */
static const struct layer *branches_end(const struct net *net, int f)
{
    int i = f + 1;
    while (!ends_branches(net->layer[i].kind) || net->layer[i].fork != f)
        i++;
    return &net->layer[i];
}

/* The last branch before `branch` that has layers; -1: there is none. */
static int full_branch(const struct layer *end, int branch)
{
    int k = branch - 1;
    while (k >= 0 && end->end[k] == end->fork)
        k--;
    return k;
}

static void assign(struct printer *p, struct torch_word to)
{
    char statement[2*sizeof to.text + 8];
    settle(p);
    snprintf(statement, sizeof statement, "%s = %s", to.text, text_string(&p->x));
    line(p, statement);
}

static void put_fork(struct printer *p, const struct layer *l)
{
    const struct torch_word in = variable(l, 0);
    assign(p, in);
}

/* Before the first layer of a branch: what the one before made is kept. */
static void begin_branch(struct printer *p, const struct layer *l)
{
    const struct layer *fork = &p->net->layer[l->from];
    const int before = full_branch(branches_end(p->net, l->from), l->branch);
    if (before >= 0)
        assign(p, variable(fork, before + 1));
    express(p, variable(fork, 0).text, true, true);
    p->is_row = p->row[l->from];
    p->shape = fork->out;
}

/* What branch k made, as a map if any of them made one. */
static void operand(struct printer *p, const struct layer *l, int k, bool row, struct text *to)
{
    const struct layer *fork = &p->net->layer[l->fork];
    const bool empty = l->end[k] == l->fork, last = k == full_branch(l, l->branches);
    text_puts(to, empty ? variable(fork, 0).text : last ? text_string(&p->x)
              : variable(fork, k + 1).text);
    text_puts(to, p->row[l->end[k]] && !row ? "[:, :, None, None]" : "");
}

static void put_branches(struct printer *p, const struct layer *l)
{
    struct text x = { 0 };
    const bool join = l->kind == LAYER_JOIN;
    bool row = true;
    settle(p);
    for (int k = 0; k < l->branches; k++)
        row = row && p->row[l->end[k]];
    text_puts(&x, join ? "torch.cat((" : "");
    for (int k = 0; k < l->branches; k++) {
        text_puts(&x, k == 0 ? "" : join ? ", " : l->kind == LAYER_ADD ? " + " : "*");
        operand(p, l, k, row, &x);
    }
    text_puts(&x, join ? "), dim=1)" : "");
    express(p, text_string(&x), false, join);
    text_free(&x);
    p->is_row = row;
}

/* ---- all ---- */

/* Functions of one value. */
static const char *const functions[LAYER_KINDS] = {
    [LAYER_RELU] = "F.relu", [LAYER_TANH] = "torch.tanh", [LAYER_SIGMOID] = "torch.sigmoid",
    [LAYER_GELU] = "F.gelu", [LAYER_SILU] = "F.silu", [LAYER_HARDSWISH] = "F.hardswish",
    [LAYER_HARDSIGMOID] = "F.hardsigmoid",
};

/* One score a class or value; a map of them stays one. */
static void put_loss(struct printer *p, const struct layer *l)
{
    if (l->in.h == 1 && l->in.w == 1)
        to_row(p);
}

static void (*const put[LAYER_KINDS])(struct printer *p, const struct layer *l) = {
    [LAYER_CONV] = put_conv, [LAYER_DECONV] = put_deconv, [LAYER_AFFINE] = put_affine,
    [LAYER_BATCHNORM] = own, [LAYER_PRELU] = own, [LAYER_DROPOUT] = own,
    [LAYER_MAXPOOL] = put_pool, [LAYER_AVGPOOL] = put_pool,
    [LAYER_GLOBALMAXPOOL] = put_global, [LAYER_GLOBALAVGPOOL] = put_global,
    [LAYER_RESHAPE] = put_reshape, [LAYER_UPSAMPLE] = put_upsample,
    [LAYER_LEAKY_RELU] = put_numbers, [LAYER_ELU] = put_numbers, [LAYER_CLIP] = put_numbers,
    [LAYER_SCALE] = put_scale,
    [LAYER_RESIDUAL] = put_fork, [LAYER_CONCAT] = put_fork, [LAYER_GATE] = put_fork,
    [LAYER_ADD] = put_branches, [LAYER_JOIN] = put_branches, [LAYER_PRODUCT] = put_branches,
    [LAYER_SOFTMAX] = put_loss, [LAYER_SVM] = put_loss, [LAYER_MSE] = put_loss,
    [LAYER_MAE] = put_loss, [LAYER_BCE] = put_loss,
};

bool torch_knows(enum layer_kind kind)
{
    return put[kind] || functions[kind];
}

void torch_forward(const struct net *net, bool *row, struct text *out)
{
    struct printer p = { .net = net, .out = out, .row = row, .shape = net->input,
                         .said = net->input };
    express(&p, "x", true, true);
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        if (!torch_knows(l->kind))
            DIE("layer kind %d has no code of PyTorch", l->kind);
        if (!ends_branches(l->kind) && l->from != INPUT && is_fork(net->layer[l->from].kind))
            begin_branch(&p, l);
        if (put[l->kind])
            put[l->kind](&p, l);
        else
            call(&p, functions[l->kind], "");
        p.shape = l->out;
        row[i] = p.is_row;
    }
    settle(&p);
    text_printf(out, "%*sreturn %s\n", INDENT, "", text_string(&p.x));
    text_free(&p.x);
}
