/*
** netfile.c - writes the layers of an imported network. What it folds into a repeat reads the same
** line by line, labels aside. It must never change the order of layers.
*/
#include "exchange/netfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/padding.h"
#include "base/small.h"
#include "exchange/labels.h"
#include "read/layers.h"

enum { PERIOD_MOST = 64,        /* items of a repeat's block */
       LEAST_SAVED = 2,         /* lines, less those of the repeat itself */
       NESTING_MOST = 16 };

struct writer {
    const struct incoming *g;
    struct text *out;
    struct names keys, taken;
    int of_kind[LAYER_KINDS];
};

struct float_text float_text(double x)
{
    struct float_text t;
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(t.text, sizeof t.text, "%.*g", digits, x);
        if (strtof(t.text, NULL) == (float)x)
            break;
    }
    return t;
}

/* ---- a layer's line ---- */

/* Do the two say the same windows? What lies beyond a map nobody counts, but what is counted. */
static bool same_windows(struct layer a, struct layer b, bool pools)
{
    padding_said(&a);
    padding_said(&b);
    if (pools && (b.in.h + b.pad_top + b.pad_bottom < b.kh
                  || b.in.w + b.pad_left + b.pad_right < b.kw))
        return false;
    if (pools) {
        padding_of_pool(&a);
        padding_of_pool(&b);
    }
    return a.pad_top == b.pad_top && a.pad_left == b.pad_left && a.pad_bottom == b.pad_bottom
           && a.pad_right == b.pad_right
           && (!pools || (a.out.h == b.out.h && a.out.w == b.out.w))
           && (!a.count_pad || (a.beyond_bottom == b.beyond_bottom
                                && a.beyond_right == b.beyond_right));
}

/* How padding can be said, what one would write first; the first way of each is the default. */
static const struct { enum pad_kind pad; bool ceil; } conv_ways[] = {
    { PAD_SAME, false }, { PAD_VALID, false }, { PAD_NUMBER, false }
}, pool_ways[] = {
    { PAD_VALID, false }, { PAD_NUMBER, false }, { PAD_VALID, true }, { PAD_SAME, false },
    { PAD_NUMBER, true }, { PAD_SAME, true }
};

/* pad= and ceil=: the first of the words that come to the layer's windows, or four numbers. */
static void put_pads(const struct layer *l, bool pools, struct text *out)
{
    const int *pad = l->pad, count = pools ? 6 : 3;
    for (int k = 0; k < count; k++) {
        const enum pad_kind way = pools ? pool_ways[k].pad : conv_ways[k].pad;
        const int alike = way == PAD_NUMBER ? pad[0] : 0;
        struct layer said = *l;
        said.pad_kind = way;
        said.ceil = pools && pool_ways[k].ceil;
        for (int i = 0; i < 4; i++)
            said.pad[i] = alike;
        if (!same_windows(*l, said, pools))
            continue;
        if (way == PAD_NUMBER)
            text_printf(out, " pad=%d", alike);
        else if (way == (pools ? PAD_SAME : PAD_VALID))
            text_puts(out, pools ? " pad=same" : " pad=valid");
        text_puts(out, said.ceil ? " ceil=yes" : "");
        return;
    }
    text_printf(out, " pad=%d,%d,%d,%d%s", pad[0], pad[1], pad[2], pad[3],
                l->ceil ? " ceil=yes" : "");
}

static void put_stride(const struct layer *l, int standard_h, int standard_w, struct text *out)
{
    if (l->stride == standard_h && l->stride_w == standard_w)
        return;
    text_printf(out, " stride=%d", l->stride);
    if (l->stride_w != l->stride)
        text_printf(out, ",%d", l->stride_w);
}

static void put_windows(const struct layer *l, const struct layer_def *def, struct text *out)
{
    const bool pools = def->operands == OPERANDS_WINDOW;
    text_printf(out, " %dx%d", l->kh, l->kw);
    put_stride(l, pools ? l->kh : 1, pools ? l->kw : 1, out);
    put_pads(l, pools, out);
    if (l->count_pad)
        text_puts(out, " count_pad=yes");
    if (l->groups > 1)
        text_printf(out, " groups=%d", l->groups);
    if (l->dilation > 1)
        text_printf(out, " dilation=%d", l->dilation);
}

static void layer_line(const struct layer *l, struct text *out)
{
    const struct layer_def *def = layer_def(l->kind);
    text_puts(out, def->word);
    if (def->operands == OPERANDS_COUNT || def->operands == OPERANDS_COUNT_WINDOW)
        text_printf(out, " %d", l->filters);
    for (int k = 0; k < layer_numbers(l->kind); k++)
        text_printf(out, " %s", float_text(l->number[k]).text);
    if (def->operands == OPERANDS_COUNT_WINDOW || def->operands == OPERANDS_WINDOW)
        put_windows(l, def, out);
    if (def->operands == OPERANDS_SHAPE)
        text_printf(out, " %dx%dx%d", l->to.c, l->to.h, l->to.w);
    if (def->operands == OPERANDS_FACTORS) {
        text_printf(out, l->up_h == l->up_w ? " %d" : " %d,%d", l->up_h, l->up_w);
        text_puts(out, l->bilinear ? " bilinear" : "");
    }
    if (def->accepts & ACCEPTS_BIAS && !l->bias)
        text_puts(out, " bias=no");
    if (def->accepts & ACCEPTS_MOMENTUM && (float)l->momentum != 0.9f)
        text_printf(out, " momentum=%s", float_text(l->momentum).text);
    if (def->accepts & ACCEPTS_EPS && (float)l->eps != 1e-5f)
        text_printf(out, " eps=%s", float_text(l->eps).text);
    if (def->accepts & ACCEPTS_SCALE && !l->scale)
        text_puts(out, " scale=no");
}

/* ---- what reads the same ---- */

static void count_kind(struct writer *w, struct item *i)
{
    i->ordinal = ++w->of_kind[i->kind];
}

/* The greatest of some items. */
static int height(const struct sequence *q, int at, int count)
{
    int most = 0;
    for (int k = at; k < at + count; k++)
        most = max_int(most, q->item[k].height);
    return most;
}

/* The item's number in keys: of its text without labels. */
static void add_keys(struct writer *w, struct sequence *q, struct text *all)
{
    for (int k = 0; k < q->count; k++) {
        struct item *i = &q->item[k];
        struct text own = { 0 };
        count_kind(w, i);
        i->lines = 1;
        if (!i->nbranches)
            layer_line(&w->g->part[i->part].l, &own);
        else
            text_puts(&own, layer_def(i->kind)->word);
        for (int b = 0; b < i->nbranches; b++) {
            text_puts(&own, " {\n");
            add_keys(w, &i->branch[b], &own);
            text_puts(&own, "}");
            i->lines++;
            i->height = max_int(i->height, height(&i->branch[b], 0, i->branch[b].count) + 1);
            for (int n = 0; n < i->branch[b].count; n++)
                i->lines += i->branch[b].item[n].lines;
        }
        i->key = names_find(&w->keys, text_string(&own));
        if (i->key < 0)
            names_add(&w->keys, text_string(&own), i->key = w->keys.count);
        text_printf(all, "%d\n", i->key);
        text_free(&own);
    }
}

/* How often the `period` items from `at` on stand there, one after the other. */
static int times(const struct sequence *q, int at, int period)
{
    int n = 1;
    for (;; n++)
        for (int k = 0; k < period; k++) {
            const int other = at + n*period + k;
            if (other >= q->count || q->item[other].key != q->item[at + k].key)
                return n;
        }
}

/* The repeat at `at` that saves the most lines. False: none saves any. */
static bool find_repeat(const struct sequence *q, int at, int *period, int *count)
{
    int most = LEAST_SAVED - 1, lines = 0;
    for (int n = 1; n <= PERIOD_MOST && at + 2*n <= q->count; n++) {
        lines += q->item[at + n - 1].lines;
        const int found = times(q, at, n), saved = (found - 1)*lines - 2;
        if (found < 2 || saved <= most)
            continue;
        most = saved;
        *period = n;
        *count = found;
    }
    return most >= LEAST_SAVED;
}

/* A block had better begin with a layer of its own than with what is done to the one before it. */
static bool begins_later(const struct sequence *q, int at, int period, int count)
{
    const struct layer_def *def = layer_def(q->item[at].kind);
    return def->stage == STAGE_POINTWISE && times(q, at + 1, period) == count;
}

/* ---- lines ---- */

/* The same lines of several places: sequences that read the same, and the endings that labels get
** there. */
struct places { struct sequence *q; const char **ending; int count; };

static void put_places(struct writer *w, const struct places *p, int depth, int repeats);

static void put_margin(struct writer *w, int depth)
{
    for (int k = 0; k < depth; k++)
        text_puts(w->out, "  ");
}

static void put_label(struct writer *w, const struct places *p, int at)
{
    char label[NAME_MAX_LEN], automatic[NAME_MAX_LEN];
    const struct item *first = &p->q[0].item[at];
    const struct layer_def *def = layer_def(first->kind);
    label_of(w->g->part[first->part].hint, label);
    for (int k = 1; k < p->count; k++) {
        char other[NAME_MAX_LEN];
        label_of(w->g->part[p->q[k].item[at].part].hint, other);
        label_common(label, other);
    }
    snprintf(automatic, sizeof automatic, "%s%d", def->prefix ? def->prefix : def->word,
             first->ordinal);
    label_take(&w->taken, label, automatic, p->ending, p->count);
    if (*label)
        text_printf(w->out, "%s: ", label);
}

static void put_item(struct writer *w, const struct places *p, int at, int depth, int repeats)
{
    const struct item *i = &p->q[0].item[at];
    put_margin(w, depth);
    if (!i->nbranches) {
        if (layer_def(i->kind)->trains)
            put_label(w, p, at);
        layer_line(&w->g->part[i->part].l, w->out);
        text_puts(w->out, "\n");
        return;
    }
    text_puts(w->out, layer_def(i->kind)->word);
    for (int b = 0; b < i->nbranches; b++) {
        struct places inner = { alloc((size_t)p->count, sizeof *inner.q), p->ending, p->count };
        for (int k = 0; k < p->count; k++)
            inner.q[k] = p->q[k].item[at].branch[b];
        text_puts(w->out, b && i->kind == LAYER_RESIDUAL ? " shortcut {" : " {");
        if (inner.q[0].count) {
            text_puts(w->out, "\n");
            put_places(w, &inner, depth + 1, repeats);
            put_margin(w, depth);
        } else {
            text_puts(w->out, " ");
        }
        text_puts(w->out, "}");
        free(inner.q);
    }
    text_puts(w->out, "\n");
}

static void put_repeat(struct writer *w, const struct places *p, int at, int period, int count,
                       int depth, int repeats)
{
    struct places inner = { .count = p->count*count };
    inner.q = alloc((size_t)inner.count, sizeof *inner.q);
    inner.ending = alloc((size_t)inner.count, sizeof *inner.ending);
    for (int k = 0, n = 0; k < p->count; k++)
        for (int t = 0; t < count; t++, n++) {
            struct text ending = { 0 };
            text_printf(&ending, "%s_%d", p->ending[k], t + 1);
            inner.ending[n] = text_string(&ending);
            inner.q[n] = (struct sequence){ p->q[k].item + at + t*period, period };
        }
    put_margin(w, depth);
    text_printf(w->out, "repeat %d as %c {\n", count, 'i' + repeats % 16);
    put_places(w, &inner, depth + 1, repeats + 1);
    put_margin(w, depth);
    text_puts(w->out, "}\n");
    free(inner.q);
    free(inner.ending);
}

static void put_places(struct writer *w, const struct places *p, int depth, int repeats)
{
    const struct sequence *q = &p->q[0];
    for (int at = 0, period, count; at < q->count; ) {
        if (find_repeat(q, at, &period, &count) && !begins_later(q, at, period, count)
            && depth + 1 + height(q, at, period) <= NESTING_MOST) {
            put_repeat(w, p, at, period, count, depth, repeats);
            at += period*count;
        } else {
            put_item(w, p, at++, depth, repeats);
        }
    }
}

void netfile_layers(const struct incoming *g, struct sequence *all, struct text *out)
{
    struct writer w = { .g = g, .out = out };
    struct text keys = { 0 };
    const char *ending = "";
    const struct places whole = { all, &ending, 1 };
    add_keys(&w, all, &keys);
    put_places(&w, &whole, 0, 0);
    text_free(&keys);
    names_free(&w.keys);
    names_free(&w.taken);
}

/* ---- the order ---- */

static void add_order(const struct sequence *q, int **part, int *count)
{
    for (int k = 0; k < q->count; k++) {
        const struct item *i = &q->item[k];
        for (int b = 0; b < i->nbranches; b++)
            add_order(&i->branch[b], part, count);
        if (i->nbranches)
            continue;
        *part = grow(*part, (size_t)*count + 1, sizeof **part);
        (*part)[(*count)++] = i->part;
    }
}

int netfile_order(const struct sequence *all, int **part)
{
    int count = 0;
    *part = NULL;
    add_order(all, part, &count);
    return count;
}
