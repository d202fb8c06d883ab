/*
** stream.c - inference of one image with as few rows of each map in memory as may be: every node
** makes some rows when a reader wants them, and what no reader will want again makes room. It must
** never compute a row twice.
*/
#include "plan/stream.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "base/small.h"
#include "plan/buffers.h"
#include "plan/passes.h"

/* Of the multiply-adds: what moving rows may cost, if nobody asks for less memory. Plain C runs
** where memory is dear. */
#define LITTLE 0.01
#define LITTLE_PLAIN 0.05
/* Reals that could be moved in the time of a step. */
enum { STEP_COST = 40 };

/* ---- which rows depend on which ---- */

/* Windows of k rows, `stride` apart, that begin at `first`. */
static struct rows windows(struct rows made, int stride, int k, int first)
{
    return (struct rows){ made.from*stride + first, (made.to - 1)*stride + first + k };
}

static struct rows conv_reads(const struct net *net, const struct stage *s, struct rows made)
{
    const struct layer *l = &net->layer[s->head], *pool = layer_at(net, s->pool);
    if (pool)
        made = windows(made, pool->stride, pool->kh, 0);
    return windows(made, l->stride, l->dilation*(l->kh - 1) + 1, -l->pad_top);
}

struct rows node_reads(const struct net *net, const struct stream_node *node, int k,
                       struct rows made)
{
    const struct stage *s = node_stage(net, node);
    const struct map *m = &net->stream->window[node->reads[k]].map;
    const struct layer *pool = s->kind == STAGE_AVERAGE ? &net->layer[s->head]
                                                        : layer_at(net, s->pool);
    const struct rows all = { -m->top, m->rows - m->top };
    struct rows r = made;
    switch (s->kind) {
    case STAGE_CONV:
        r = conv_reads(net, s, made);
        break;
    case STAGE_NORM:
    case STAGE_POOL:
    case STAGE_AVERAGE:
        if (pool && !node->gathers)     /* a padded one counts rows from the map's first */
            r = is_padded(pool) ? all : windows(made, pool->stride, pool->kh, 0);
        break;
    case STAGE_PRODUCT:
        if (m->shape.h*m->shape.w == 1)
            r = all;
        break;
    case STAGE_POINTWISE:
    case STAGE_PRELU:
    case STAGE_ADD:
    case STAGE_JOIN:
        break;
    default:
        r = all;
    }
    return (struct rows){ max_int(r.from, all.from), min_int(r.to, all.to) };
}

/* Rows that a node's steps make. */
static int height(const struct stream_plan *p, int node)
{
    const struct stream_node *n = &p->node[node];
    return p->window[n->gathers ? n->reads[0] : node].map.shape.h;
}

/* Rows that it makes at once. */
static int step_rows(const struct net *net, int node)
{
    const struct stage *s = node_stage(net, &net->stream->node[node]);
    const int h = height(net->stream, node);
    const bool whole = s && (s->kind == STAGE_AFFINE || s->kind == STAGE_RESHAPE
                             || s->kind == STAGE_DECONV);
    const int unit = s ? tile_rows(net, s)*(s->conv ? s->conv->forward.winograd.pass : 0) : 0;
    if (unit)
        return min_int(h, unit*max_int(1, net->stream->band / unit));
    return whole ? h : min_int(h, net->stream->band);
}

/* ---- the order ---- */

struct progress { int made, base, most; };      /* rows made; the window's first; that it needs */

static bool finished(const struct stream_plan *p, const struct progress *at, int node)
{
    return at[node].made == height(p, node);
}

/* The first row of a map that some reader still wants. */
static int wanted_from(const struct net *net, const struct progress *at, int map)
{
    const struct stream_plan *p = net->stream;
    int first = INT_MAX;
    for (int n = map + 1; n < p->nodes; n++)
        for (int k = 0; k < p->node[n].nreads && !finished(p, at, n); k++)
            if (p->node[n].reads[k] == map) {
                const int made = at[n].made;
                const struct rows r = { made, min_int(made + step_rows(net, n), height(p, n)) };
                first = min_int(first, node_reads(net, &p->node[n], k, r).from);
            }
    return first;
}

/* The first row of a window that is still wanted, whatever was made of it. */
static int held_from(const struct net *net, const struct progress *at, int window)
{
    const struct stream_plan *p = net->stream;
    int first = INT_MAX;
    if (window == p->node[p->nodes - 1].fills)      /* the scores */
        return -p->window[window].map.top;
    for (int n = 0; n <= window; n++)
        if (p->node[n].fills == window)
            first = min_int(first, min_int(wanted_from(net, at, n), at[n].made));
    return first;
}

/* Rows end where those of the halo after the map do. */
static int end_of(const struct map *m, int to)
{
    return to == m->shape.h ? m->rows - m->top : to;
}

static void add_step(struct net *net, struct progress *at, int node, int to)
{
    struct stream_plan *p = net->stream;
    const int window = p->node[node].fills, from = at[node].made;
    struct window *w = &p->window[window];
    struct progress *own = &at[window];
    const int end = p->node[node].gathers ? w->map.rows : end_of(&w->map, to);
    const int low = held_from(net, at, window);
    int slide = 0;
    own->most = max_int(own->most, end - low);
    if (w->rows && end - own->base > w->rows) {
        slide = low - own->base;
        p->moved += (double)(from - low)*(double)w->map.row;
        own->base = low;
    }
    p->step = grow(p->step, (size_t)p->nsteps + 1, sizeof *p->step);
    p->step[p->nsteps++] = (struct stream_step){ node, from, to, slide };
    at[node].made = to;
}

/* Makes rows of a node until there are so many. */
static void ensure(struct net *net, struct progress *at, int node, int rows)
{
    struct stream_plan *p = net->stream;
    const struct stream_node *n = &p->node[node];
    const int h = height(p, node), until = n->gathers || n->whole ? h : min_int(rows, h);
    while (at[node].made < until) {
        const int from = at[node].made, to = min_int(from + step_rows(net, node), h);
        for (int i = 0; i < n->nreads; i++) {
            const int k = p->last_first ? n->nreads - 1 - i : i;
            ensure(net, at, n->reads[k], node_reads(net, n, k, (struct rows){ from, to }).to);
        }
        add_step(net, at, node, to);
    }
}

/* Runs through an image. */
static void walk(struct net *net, struct progress *at)
{
    struct stream_plan *p = net->stream;
    p->nsteps = 0;
    p->moved = p->cleared = 0;
    for (int n = 0; n < p->nodes; n++)
        at[n] = (struct progress){ .base = -p->window[n].map.top };
    ensure(net, at, p->nodes - 1, INT_MAX);
}

/* A window of three quarters of its map may as well be all of it. */
static int roomy(int needed, int all)
{
    return needed*4 > all*3 ? all : needed;
}

/* ---- places ---- */

static void find_lifetimes(struct stream_plan *p)
{
    for (int n = 0; n < p->nodes; n++) {
        p->window[n].first = p->nsteps;
        p->window[n].last = n == p->nodes - 1 ? p->nsteps : 0;
    }
    for (int i = 0; i < p->nsteps; i++) {
        const struct stream_node *n = &p->node[p->step[i].node];
        for (int k = -1; k < n->nreads; k++) {
            struct window *w = &p->window[k < 0 ? n->fills : p->node[n->reads[k]].fills];
            w->first = min_int(w->first, i);
            w->last = max_int(w->last, i);
        }
    }
}

struct claim { size_t size; int first, last; size_t *at; };

static int larger_first(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    return x->size != y->size ? x->size < y->size ? 1 : -1 : x->first - y->first;
}

/* Of the nodes that work in more than `least` reals: how many the least of them do, and the steps
** between which there is one of them at work. 0: there is none. */
static struct claim next_scratch(const struct stream_plan *p, size_t least)
{
    struct claim c = { .first = p->nsteps };
    for (int i = 0; i < p->nsteps; i++) {
        const size_t size = p->node[p->step[i].node].scratch;
        if (size <= least)
            continue;
        if (!c.size || size < c.size)
            c.size = size;
        c.first = min_int(c.first, i);
        c.last = i;
    }
    return c;
}

/* All nodes share one scratch, since none works while another does; where only those at work that
** need little of it, the rest is free. */
static int place_shared(struct stream_plan *p, struct placed *placed)
{
    int n = 0;
    p->scratch = 0;
    for (struct claim c; (c = next_scratch(p, p->scratch)).size; n++) {
        placed[n] = (struct placed){ p->scratch, c.size, c.first, c.last };
        p->scratch = c.size;
    }
    return n;
}

static void place_windows(struct net *net)
{
    struct stream_plan *p = net->stream;
    struct claim *claims = alloc((size_t)p->nodes, sizeof *claims);
    struct placed *placed = alloc(2*(size_t)p->nodes, sizeof *placed);
    int n = 0;
    for (int k = 0; k < p->nodes; k++) {
        struct window *w = &p->window[k];
        w->size = round_up_size((size_t)w->rows*w->map.row, (size_t)net->vl);
        if (w->size)
            claims[n++] = (struct claim){ w->size, w->first, w->last, &w->at };
    }
    qsort(claims, (size_t)n, sizeof *claims, larger_first);
    const int slices = place_shared(p, placed);
    p->work = p->scratch;
    for (int k = 0; k < n; k++) {
        const struct claim *c = &claims[k];
        *c->at = place(placed, slices + k, c->size, c->first, c->last, 0);
        p->work = max_size(p->work, *c->at + c->size);
    }
    if (net->vl > 1)    /* vectors of the last channels read beyond them */
        p->work += (size_t)net->vl;
    free(placed);
    free(claims);
}

static void plan_bands(struct net *net, struct progress *at, int band)
{
    struct stream_plan *p = net->stream;
    p->band = band;
    for (int n = 0; n < p->nodes; n++)
        p->window[n].rows = 0;          /* as many as it needs */
    walk(net, at);
    for (int n = 0; n < p->nodes; n++)
        p->window[n].rows = p->node[n].fills != n ? 0 : roomy(at[n].most, p->window[n].map.rows);
    walk(net, at);
    for (int n = 0; n < p->nodes; n++) {
        const struct map *m = &p->window[n].map;
        const int made = min_int(p->window[n].rows, m->shape.h);
        if (p->window[n].rows)
            p->cleared += (double)(p->window[n].rows - made)*(double)m->row
                          + (double)made*(m->columns - m->shape.w)*m->shape.c;
    }
    find_lifetimes(p);
    place_windows(net);
}

/* ---- which ---- */

static double cost(const struct stream_plan *p)
{
    return p->moved + p->cleared + (double)p->nsteps*STEP_COST;
}

static int tallest(const struct stream_plan *p)
{
    int rows = 1;
    for (int n = 0; n < p->nodes; n++)
        rows = max_int(rows, p->window[n].map.shape.h);
    return rows;
}

size_t stream_bytes(const struct net *net)
{
    return net->stream->work*sizeof(float);
}

/* The fastest that fits; where nothing was asked for, the least memory that costs next to
** nothing. */
static bool better(const struct net *net, double most, const struct stream_plan *p,
                   const struct stream_plan *best)
{
    const bool fits = net->ram ? p->work*sizeof(float) <= net->ram : cost(p) <= most;
    const bool fitted = net->ram ? best->work*sizeof(float) <= net->ram : cost(best) <= most;
    if (!best->nsteps || fits != fitted)
        return !best->nsteps || fits;
    if (fits == (net->ram != 0))
        return cost(p) < cost(best);
    return p->work < best->work;
}

/*
** Whoever asks for rows keeps all those that he asks in memory, a few rows of each. A map that is
** made as a whole lets go of everything before it: maps are made so, one after the other, as long
** as the plan gets better by one.
*/
static void choose_whole(struct net *net, struct progress *at, double most)
{
    struct stream_plan *p = net->stream;
    for (int chosen = 0; chosen >= 0; ) {
        struct stream_plan best = *p;
        chosen = -1;
        for (int n = 1; n < p->nodes - 1; n++) {
            if (p->node[n].whole || height(p, n) == 1)
                continue;
            p->node[n].whole = true;
            plan_bands(net, at, p->band);
            p->node[n].whole = false;
            if (better(net, most, p, &best)) {
                best = *p;
                chosen = n;
            }
        }
        if (chosen >= 0)
            p->node[chosen].whole = true;
        plan_bands(net, at, p->band);
    }
}

/* Which maps a plan makes as a whole. */
static void copy_whole(const struct stream_plan *p, bool *whole)
{
    for (int n = 0; n < p->nodes; n++)
        whole[n] = p->node[n].whole;
}

static void set_whole(struct stream_plan *p, const bool *whole)
{
    for (int n = 0; n < p->nodes; n++)
        p->node[n].whole = whole && whole[n];
}

bool stream(struct net *net)
{
    if (!net->inference)
        return true;
    assert(net->ninfer > 0);
    net->stream = alloc(1, sizeof *net->stream);
    stream_nodes(net);
    struct stream_plan *p = net->stream, best = { .nsteps = 0 };
    struct progress *at = alloc((size_t)p->nodes, sizeof *at);
    bool *whole = alloc((size_t)p->nodes, sizeof *whole);
    const int rows = tallest(p);
    double most = 0;
    for (int k = rows; k >= 1; k = k > 8 ? k / 2 : k - 1)
        for (int last_first = 0; last_first < 2; last_first++) {
            p->last_first = last_first;
            set_whole(p, NULL);
            plan_bands(net, at, k);
            if (!best.nsteps)
                most = cost(p) + (net->isa->bits ? LITTLE : LITTLE_PLAIN)*multiply_adds(net);
            if (net->ram)
                choose_whole(net, at, most);
            if (better(net, most, p, &best)) {
                best = *p;
                copy_whole(p, whole);
            }
        }
    p->last_first = best.last_first;
    set_whole(p, whole);
    plan_bands(net, at, best.band);
    choose_whole(net, at, most);
    free(whole);
    free(at);
    return true;
}
