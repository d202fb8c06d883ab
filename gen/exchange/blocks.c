/*
** blocks.c - nests branches. What joins, adds or multiplies ends a block; what it begins with is
** the last value that all its branches come from, its dominator. It must never write a layer with
** parameters twice: a graph that would need it is refused.
*/
#include "exchange/blocks.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MOST = 16, ITEMS_MOST = 10000 };

struct nesting {
    struct incoming *g;
    bool *used;                 /* of each part: the last one comes from it */
    int *dominator, *written;
    int root;                   /* INPUT, or the last part of the preprocessing */
    int items;
};

static void mark_used(struct nesting *s, int last)
{
    if (last >= 0)
        s->used[last] = true;
    for (int k = last; k >= 0; k--)
        for (int i = 0; s->used[k] && i < s->g->part[k].nfrom; i++) {
            const int from = part_reads(&s->g->part[k])[i];
            if (from >= 0)
                s->used[from] = true;
        }
}

/* ---- preprocessing ---- */

static int only_reader(const struct nesting *s, int part)
{
    int reader = PART_NONE;
    for (int k = 0; k < s->g->nparts; k++)
        for (int i = 0; s->used[k] && i < s->g->part[k].nfrom; i++)
            if (part_reads(&s->g->part[k])[i] == part) {
                if (reader != PART_NONE && reader != k)
                    return PART_NONE;
                reader = k;
            }
    return reader;
}

/* The images become x*a + b, once more. */
static bool prepare(struct incoming *g, const struct part *p, struct network_parts *out)
{
    const size_t c = p->count[0], per = p->count[1]/c, was = out->per;
    const size_t now = per > was ? per : was;
    double *mean = alloc(c*now, sizeof *mean), *factor = alloc(c, sizeof *factor);
    for (size_t k = 0; k < c; k++) {
        const double a = p->tensor[0][k];
        if (a == 0)
            return refuse(g, p->node, "multiplies channel %zu of the images by 0", k);
        factor[k] = a*(out->factor ? out->factor[k] : 1);
        for (size_t i = 0; i < now; i++)
            mean[k*now + i] = (out->mean ? out->mean[k*was + (was > 1 ? i : 0)] : 0)
                              - p->tensor[1][k*per + (per > 1 ? i : 0)]/factor[k];
    }
    *out = (struct network_parts){ .mean = mean, .factor = factor, .per = now };
    return true;
}

static bool preprocessing(struct nesting *s, struct network_parts *out)
{
    struct incoming *g = s->g;
    bool good = true;
    s->root = INPUT;
    out->per = 1;
    for (int next; (next = only_reader(s, s->root)) >= 0
                   && (int)g->part[next].l.kind == PART_PREPROCESS; s->root = next)
        if (!prepare(g, &g->part[next], out))
            return false;
    for (int k = 0; k < g->nparts; k++)
        if (s->used[k] && k > s->root && (int)g->part[k].l.kind == PART_PREPROCESS)
            good = refuse(g, g->part[k].node, "prepares the images, which are read without it, "
                          "too; one or the other can be said");
        else if (s->used[k] && (int)g->part[k].l.kind == PART_PAD)
            good = refuse(g, g->part[k].node, "pads a map that something else than a convolution "
                          "or a pool reads");
    return good;
}

/* ---- joins of joins ---- */

/* Where the first channels that a join joins are those of another one, it joins that to the rest:
** DenseNet's layers read all that were before. */
static void shorten_joins(struct nesting *s)
{
    struct incoming *g = s->g;
    struct { int part, count; const int *from; } *join = alloc((size_t)g->nparts + 1, sizeof *join);
    int joins = 0;
    for (int k = 0; k < g->nparts; k++) {
        struct part *p = &g->part[k];
        if (!s->used[k] || p->l.kind != LAYER_JOIN)
            continue;
        join[joins].part = k;
        join[joins].count = p->nfrom;
        join[joins].from = p->more;
        int best = -1;
        for (int i = 0; i < joins; i++)
            if (join[i].count < p->nfrom && join[i].from[0] == p->more[0]
                && (best < 0 || join[i].count > join[best].count)
                && !memcmp(join[i].from, p->more, (size_t)join[i].count*sizeof *p->more))
                best = i;
        joins++;
        if (best < 0)
            continue;
        const int rest = p->nfrom - join[best].count;
        int *more = alloc((size_t)rest + 1, sizeof *more);
        more[0] = join[best].part;
        memcpy(more + 1, p->more + join[best].count, (size_t)rest*sizeof *more);
        p->more = more;
        p->nfrom = rest + 1;
    }
    free(join);
}

/* ---- dominators ---- */

static int common(const struct nesting *s, int a, int b)
{
    while (a != b)
        if (a > b)
            a = a == s->root ? INPUT : s->dominator[a];
        else
            b = b == s->root ? INPUT : s->dominator[b];
    return a;
}

static void dominators(struct nesting *s)
{
    for (int k = s->root + 1; k < s->g->nparts; k++) {
        const struct part *p = &s->g->part[k];
        if (!s->used[k])
            continue;
        s->dominator[k] = part_reads(p)[0];
        for (int i = 1; i < p->nfrom; i++)
            s->dominator[k] = common(s, s->dominator[k], part_reads(p)[i]);
    }
}

/* ---- blocks ---- */

static bool chain(struct nesting *s, int to, int from, int depth, struct sequence *out);

static void push(struct sequence *q, struct item item)
{
    q->item = grow(q->item, (size_t)q->count + 1, sizeof *q->item);
    q->item[q->count++] = item;
}

/* What a branch holds, of its blocks too: layers with weights, the taps of their windows, lines. */
struct extent { int weighted, taps, lines; };

static void extend(const struct nesting *s, const struct sequence *q, struct extent *e)
{
    for (int k = 0; k < q->count; k++) {
        const struct item *i = &q->item[k];
        const struct layer *l = &s->g->part[i->part].l;
        const bool windows = i->kind == LAYER_CONV || i->kind == LAYER_DECONV;
        e->lines++;
        e->weighted += windows || i->kind == LAYER_AFFINE;
        e->taps += windows ? l->kh*l->kw : 0;
        for (int b = 0; b < i->nbranches; b++)
            extend(s, &i->branch[b], e);
    }
}

/* Which of two is the block, the other one the shortcut: the one with more layers that have
** weights, or larger windows, or more lines; else the first that is added. */
static bool is_longer(const struct nesting *s, const struct sequence *a, const struct sequence *b)
{
    struct extent x = { 0 }, y = { 0 };
    extend(s, a, &x);
    extend(s, b, &y);
    return x.weighted != y.weighted ? x.weighted > y.weighted
           : x.taps != y.taps ? x.taps > y.taps : x.lines > y.lines;
}

static bool add_block(struct nesting *s, int end, int fork, int depth, struct item *out)
{
    const struct part *p = &s->g->part[end];
    struct sequence branch[2] = { { 0 } };
    for (int k = 0; k < 2; k++)
        if (!chain(s, p->from[k], fork, depth, &branch[k]))
            return false;
    const int main = !s->g->own && is_longer(s, &branch[1], &branch[0]);
    if (!branch[main].count)
        return refuse(s->g, p->node, "adds a map to itself; a Mul by 2 can be said");
    out->kind = LAYER_RESIDUAL;
    out->nbranches = branch[!main].count ? 2 : 1;
    out->branch = alloc(2, sizeof *out->branch);
    out->branch[0] = branch[main];
    out->branch[1] = branch[!main];
    return true;
}

static bool gate_block(struct nesting *s, int end, int fork, int depth, struct item *out)
{
    struct part *p = &s->g->part[end];
    const struct shape a = part_shape(s->g, p->from[0]), b = part_shape(s->g, p->from[1]);
    if (p->from[0] != fork && p->from[1] == fork && a.c == b.c && a.h == b.h && a.w == b.w) {
        p->from[1] = p->from[0];
        p->from[0] = fork;
    }
    if (p->from[0] != fork || p->from[1] == fork)
        return refuse(s->g, p->node, "multiplies two branches; a gate multiplies a value by what a "
                      "block makes of it");
    out->kind = LAYER_GATE;
    out->nbranches = 1;
    out->branch = alloc(1, sizeof *out->branch);
    return chain(s, p->from[1], fork, depth, &out->branch[0]);
}

/* Of up to eight blocks; more become blocks of blocks, and so do neighbours that have more in
** common than `fork`. */
static bool concat_block(struct nesting *s, int end, const int *from, int count, int fork,
                         int depth, struct item *out)
{
    const int share = count > MAX_BRANCHES ? (count + MAX_BRANCHES - 1)/MAX_BRANCHES : 1;
    if (depth > NESTING_MOST)
        return refuse(s->g, s->g->part[end].node, "blocks would be nested deeper than %d",
                      NESTING_MOST);
    out->part = end;
    out->kind = LAYER_CONCAT;
    out->branch = alloc((size_t)count, sizeof *out->branch);
    for (int k = 0, n; k < count; k += n) {
        struct sequence *branch = &out->branch[out->nbranches++];
        struct item inner = { .part = end };
        int top = from[k];
        for (n = 1; k + n < count && common(s, top, from[k + n]) != fork; n++)
            top = common(s, top, from[k + n]);
        if (n == 1 && share > 1) {
            n = share < count - k ? share : count - k;
            top = fork;
        }
        if (n == 1) {
            if (!chain(s, from[k], fork, depth, branch))
                return false;
            continue;
        }
        if (!chain(s, top, fork, depth, branch)
            || !concat_block(s, end, from + k, n, top, depth + 1, &inner))
            return false;
        push(branch, inner);
    }
    if (out->nbranches <= MAX_BRANCHES)
        return true;
    return refuse(s->g, s->g->part[end].node, "joins %d maps; %d can be said", count, MAX_BRANCHES);
}

/* An affine layer cannot begin a block of a map: a reshape does. */
static void begin_by_row(struct nesting *s, int fork, struct sequence *q)
{
    const struct shape in = part_shape(s->g, fork);
    const int64_t values = (int64_t)in.h*in.w*in.c;
    const struct item *last = &q->item[q->count - 1];
    if (last->kind != LAYER_AFFINE || (in.h == 1 && in.w == 1) || values > INT_MAX)
        return;
    struct part *p = incoming_add_part(s->g, LAYER_RESHAPE, s->g->part[last->part].node, fork);
    p->l.to = p->l.out = (struct shape){ (int)values, 1, 1 };
    push(q, (struct item){ .part = s->g->nparts - 1, .kind = LAYER_RESHAPE });
}

static bool write_once(struct nesting *s, int part)
{
    struct part *p = &s->g->part[part];
    if (++s->items > ITEMS_MOST)
        return refuse(s->g, p->node, "the network would have more than %d layers", ITEMS_MOST);
    return !s->written[part]++ || !p->tensor[0]
           || refuse(s->g, p->node, "is read by branches that do not meet in one place; there is "
                     "no block for that here");
}

/* From the last to the first; then turned round. */
static bool chain(struct nesting *s, int to, int from, int depth, struct sequence *out)
{
    if (depth > NESTING_MOST)
        return refuse(s->g, s->g->part[to].node, "blocks would be nested deeper than %d",
                      NESTING_MOST);
    while (to != from) {
        if (to <= s->root)
            return refuse(s->g, -1, "branches do not meet where they should");
        struct item item = { .part = to, .kind = s->g->part[to].l.kind };
        const int fork = s->dominator[to];
        if (!write_once(s, to))
            return false;
        if (item.kind == LAYER_ADD ? !add_block(s, to, fork, depth + 1, &item)
            : item.kind == LAYER_PRODUCT ? !gate_block(s, to, fork, depth + 1, &item)
            : item.kind == LAYER_JOIN ? !concat_block(s, to, part_reads(&s->g->part[to]),
                                                      s->g->part[to].nfrom, fork, depth + 1, &item)
            : false)
            return false;
        push(out, item);
        to = fork;
    }
    if (out->count && depth)
        begin_by_row(s, from, out);
    for (int a = 0, b = out->count - 1; a < b; a++, b--) {
        const struct item item = out->item[a];
        out->item[a] = out->item[b];
        out->item[b] = item;
    }
    return true;
}

bool blocks_make(struct incoming *g, int last, struct network_parts *out)
{
    const size_t parts = (size_t)g->nparts + 1;
    struct nesting s = { .g = g, .used = alloc(parts, sizeof *s.used),
                         .dominator = alloc(parts, sizeof *s.dominator),
                         .written = alloc(parts, sizeof *s.written) };
    *out = (struct network_parts){ .per = 1 };
    mark_used(&s, last);
    bool good = preprocessing(&s, out);
    if (good) {
        shorten_joins(&s);
        dominators(&s);
        good = chain(&s, last, s.root, 0, &out->all);
    }
    free(s.used);
    free(s.dominator);
    free(s.written);
    return good;
}
