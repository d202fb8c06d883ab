/*
** block.c - chooses register tiles and blocks from the machine table. Nothing
** chosen here may change a bit of any result: a sum's order is fixed by the
** network alone.
*/
#include "plan/passes.h"

#include <assert.h>
#include <limits.h>

#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/block_affine.h"
#include "plan/block_dense.h"
#include "plan/block_narrow.h"
#include "plan/block_sums.h"
#include "plan/block_tiles.h"
#include "plan/choice.h"
#include "plan/cost.h"
#include "plan/through.h"
#include "plan/tuning.h"

enum {
    LIST_CYCLES = 7,            /* of every value, to write the list of those that are not zero */
    GATHER_VECTORS = 2, GATHER_SUMS = 5,    /* batchnorm: vectors of channels, registers of each */
    SUM_VECTORS = 4, GRADIENT_SUMS = 2      /* and those of its gradient */
};

/* Three filter taps of them are 24 KB for 64 filters: they stay in L1. */
enum { SCATTER_CHANNELS = 32 };

/* Vectors of a panel, about: it is chosen later. How often the maps of a weight gradient go to and
** fro: they are written, and every block of filters reads them again (measured: a group of images
** of 15x15x64 in one pass took 1.7 times as long as each by itself, of 7x7x256 a third). */
enum { PANEL_OF_VECTORS = 2, GRADIENT_TIMES = 6 };

/* From tile to tile: not a power of two, whose lines would fall into the same sets of L1. */
static int tile_stride(int channels)
{
    return round_up(channels, LANES) + WINOGRAD_GAP;
}

/* Places of all tiles of `rows` rows of them. */
static int places_of(const struct winograd *w, int rows)
{
    return (min_int(rows*WINOGRAD_STEP, w->h) + 2*rows)*(w->w + 2*w->columns);
}

/* A pass whose transformed inputs fill so many bytes: whole rows, and several images where one
** is small. */
static void fill_pass(const struct net *net, const struct winograd *w, int most_images,
                      size_t bytes, int *pass, int *images)
{
    int places = (int)(bytes / (real_size(net)*(size_t)w->v_tile));
    int rows = places / places_of(w, 1);
    *images = 1;
    *pass = rows < w->rows_together ? w->rows_together : rows < w->rows ? rows : w->rows;
    while (w->rows % *pass || *pass % w->rows_together)
        --*pass;
    if (*pass == w->rows)
        *images = max_int(1, min_int(places / places_of(w, w->rows), most_images));
}

/* So many images or a few less, of which two threads get as many as each other. */
static int shared_images(int images, int batch)
{
    int best = images, least = INT_MAX;
    for (int k = images; 4*k > 3*images; k--) {
        int taken = ceil_div(ceil_div(batch, k), 2)*k;
        if (taken < least)
            best = k;
        least = min_int(least, taken);
    }
    return best;
}

/* Reals that pass by: of filters, which every pass reads, or of the sums of their gradient; of an
** image's transformed maps, and how often they are written or read. gradient: a group's images are
** what there is to take together. */
struct traffic { double filters, maps, times; bool gradient; };

/* What of that L2 does not hold, an image: filters unless they are few, or the sums of the one pass
** that takes all of a group; maps where a pass has more of them than that. */
static double pass_traffic(const struct net *net, const struct winograd *w, struct traffic t,
                           int pass, int images, bool fits)
{
    bool few = t.filters*(double)real_size(net) <= WINOGRAD_BYTES / 2;
    bool one = t.gradient && takes_group(net, w, pass, images);
    return (few || one ? 0 : t.filters*(w->rows / pass) / images) + (fits ? 0 : t.maps*t.times);
}

/* How many tiles a pass takes: rows of them, images. */
static void choose_pass(struct net *net, struct region_plan region, const char *of,
                        const char *what, struct winograd *w, struct traffic t)
{
    static const double shares[] = { 1, 0.5, 2, 0.25, 4, 8 };
    const double room = t.gradient ? WINOGRAD_BOTH_BYTES : WINOGRAD_BYTES;
    struct choice *c = choice_open(net, region, of, what, 2);
    const int batch = net->train.batch, group = ceil_div(batch, GROUPS);
    const int most = t.gradient ? group : max_int(1, batch / GROUPS);
    for (int k = 0; k < (int)(sizeof shares / sizeof *shares); k++) {
        int pass, images;
        fill_pass(net, w, most, (size_t)(room*shares[k]), &pass, &images);
        images = t.gradient ? ceil_div(group, ceil_div(group, images))
                            : shared_images(images, batch);
        choice_offer(c, pass_traffic(net, w, t, pass, images, shares[k] <= 1), pass, images, 0);
    }
    const int *n = choice_settle(net, c);
    w->pass = n[0];
    w->images = n[1];
}

/* One place of so many tiles, through the first `vectors` vectors of filters. */
static double place_cycles(const struct sweep *s, int tiles, int mw, int nv, int vectors)
{
    double cost = 0;
    for (int v = 0; v < vectors; v += nv)
        cost += ceil_div(tiles, mw)*tile_cycles(mw, min_int(vectors - v, nv), s->ci);
    return cost;
}

/* All places of so many rows of tiles, so many of them whole, for one place of a tile: not all
** tiles have every place. */
static double pass_cycles(const struct sweep *s, int rows, int whole, int mw, int nv, int vectors)
{
    const struct winograd *w = &s->winograd;
    double cost = 0;
    int done = 0;
    for (int i = 0; i < 4; i++) {
        int down = i / 2 ? w->side_h - w->cut_h : w->cut_h;
        int across = i % 2 ? w->side_w - w->cut_w : w->cut_w;
        int tiles = (i / 2 ? whole : rows)*(i % 2 ? w->w / WINOGRAD_STEP : w->columns);
        cost += down*across*place_cycles(s, tiles, mw, nv, vectors);
        done += down*across*tiles;
    }
    return cost / done;
}

/* What one image costs the first of two threads, that take rows or panels of it. */
static double alone_cycles(const struct sweep *s, int mw, int nv, int vectors)
{
    const struct winograd *w = &s->winograd;
    const int whole = w->h / WINOGRAD_STEP, half = ceil_div(w->rows, 2);
    if (!w->by_panels)
        return pass_cycles(s, half, half, mw, nv, vectors)*half / w->rows;
    int panels = ceil_div(ceil_div(vectors, nv), 2)*nv;
    return pass_cycles(s, w->rows, whole, mw, nv, min_int(panels, vectors));
}

/* The weight of one image's cycles beside a batch's: what is as good for a batch may be better
** for one. */
static const double ALONE = 0.25;

/* Tiles of the products: one place of a tile after the other, `channels` steps each. */
static void choose_winograd(struct net *net, struct region_plan region, struct sweep *s)
{
    struct winograd *w = &s->winograd;
    int vectors = ceil_div(s->co, net->vl);
    struct traffic t = { .filters = (double)(w->side_h*w->side_w)*s->ci*s->co,
                         .maps = (double)places_of(w, w->rows)*tile_stride(s->ci),
                         .times = 1 + ceil_div(vectors, PANEL_OF_VECTORS) };
    w->v_tile = tile_stride(s->ci);
    choose_pass(net, region, s->name, "pass", w, t);
    const bool near = net->inference && !net->isa->bits;    /* all of memory is: no gaps */
    if (net->tight)
        w->pass = w->images = 1;
    if (near)
        w->v_tile = s->ci;
    struct choice *c = choice_open(net, region, s->name, "tile", 3);
    int rows = w->images*w->pass, tiles = rows*w->columns;
    int whole = w->images*min_int(w->pass, w->h / WINOGRAD_STEP);
    for (int mw = 1; mw <= tiles; mw++)
        for (int nv = 1; nv <= vectors && conv_tile_fits(net->isa, mw, nv, false); nv++) {
            double batch = pass_cycles(s, rows, whole, mw, nv, vectors)*run_share(net, mw, nv);
            choice_offer(c, batch + (s->backward ? 0 : ALONE*alone_cycles(s, mw, nv, vectors)), 1,
                         mw, nv);
        }
    s->tile = choice_settle_tile(net, c);
    int width = s->tile.nv*net->vl, room = round_up(tiles, s->tile.mw);
    s->blocks = s->co / width;
    s->last = s->co % width;
    w->v_xi = room*w->v_tile + (near ? 0 : WINOGRAD_GAP);
    w->m_xi = room*(s->blocks ? width : round_up(s->last, net->vl)) + (near ? 0 : WINOGRAD_GAP);
    size_t last_width = (size_t)round_up(s->last, net->vl);
    size_t steps = (size_t)(w->side_h*w->side_w*s->ci);
    s->packed_size = steps*((size_t)s->blocks*(size_t)width + last_width);
    s->packed_size = round_up_size(s->packed_size, LANES);
}

static void choose_winograd_gradient(struct net *net, struct region_plan region,
                                     struct stage *s)
{
    struct winograd *w = &s->conv->wgrad.winograd;
    const struct sweep *f = &s->conv->forward;
    struct traffic t = { .filters = 2.0*(w->side_h*w->side_w)*f->ci*f->co,
                         .maps = (double)places_of(w, w->rows)*(tile_stride(f->ci)
                                                                + tile_stride(f->co)),
                         .times = GRADIENT_TIMES, .gradient = true };
    w->v_tile = tile_stride(f->ci) + tile_stride(f->co);    /* both maps, until a pass is chosen */
    choose_pass(net, region, s->name, "wgrad_pass", w, t);
    struct choice *c = choice_open(net, region, s->name, "wgrad_tile", 3);
    int tiles = w->images*w->pass*w->columns;
    int vectors = round_up(f->ci, LANES) / net->vl;
    for (int nv = 1; nv <= vectors; nv++)
        for (int mh = 1; mh <= LANES && conv_tile_fits(net->isa, mh, nv, false); mh++)
            if (vectors % nv == 0)
                choice_offer(c, ceil_div(f->co, mh)*(vectors / nv)*sums_cycles(mh, nv, tiles),
                             mh, 1, nv);
    s->conv->wgrad.tile = choice_settle_tile(net, c);
    w->v_tile = tile_stride(f->ci);
    w->g_tile = tile_stride(f->co);
    w->v_xi = tiles*w->v_tile + WINOGRAD_GAP;
    w->g_xi = tiles*w->g_tile + WINOGRAD_GAP;
    block_sums(net, s);
}

static void choose_wgrad(struct net *net, struct region_plan region, struct stage *s)
{
    struct choice *c = choice_open(net, region, s->name, "wgrad_tile", 3);
    const struct sweep *f = &s->conv->forward;
    int vectors = ceil_div(f->kw*f->ci, net->vl);
    for (int mh = 1; mh <= f->kh; mh++)
        for (int nv = 1; nv <= vectors && wgrad_tile_fits(net->isa, mh, nv); nv++) {
            double cost = 0;
            for (int r = 0; r < f->kh; r += mh)
                for (int v = 0; v < vectors; v += nv)
                    cost += gradient_cycles(min_int(f->kh - r, mh), 1,
                                            min_int(vectors - v, nv));
            choice_offer(c, cost, mh, 1, nv);
        }
    s->conv->wgrad.tile = choice_settle_tile(net, c);
}

/* Where each tap has vectors of its own: rows and taps that leave no rest. */
static void choose_taps(struct net *net, struct region_plan region, struct stage *s)
{
    struct choice *c = choice_open(net, region, s->name, "wgrad_tile", 3);
    const struct sweep *f = &s->conv->forward;
    int vectors = ceil_div(f->ci, net->vl);
    for (int mh = 1; mh <= f->kh; mh++)
        for (int mw = 1; mw <= f->kw; mw++)
            for (int nv = 1; nv <= vectors; nv++) {
                if (f->kh % mh || f->kw % mw || !wgrad_tile_fits(net->isa, mh*mw, nv))
                    continue;
                double cost = vectors / nv*gradient_cycles(mh, mw, nv);
                if (vectors % nv)
                    cost += gradient_cycles(mh, mw, vectors % nv);
                choice_offer(c, cost*(f->kh / mh*(f->kw / mw)), mh, mw, nv);
            }
    s->conv->wgrad.tile = choice_settle_tile(net, c);
}

/* Output rows whose input stays in L1 while every filter passes over it. */
static void choose_band(struct net *net, struct region_plan region, struct stage *s)
{
    struct weight_plan *weights = &s->conv->wgrad;
    size_t real_bytes = real_size(net);
    const struct layer *l = &net->layer[s->head];
    struct choice *c = choice_open(net, region, s->name, "wgrad_band", 1);
    int step = s->pool == NO_LAYER ? l->stride : l->stride*net->layer[s->pool].stride;
    int rows = (int)(L1_BYTES / real_bytes / s->in.row);
    int band = (rows - l->dilation*(l->kh - 1) - 1) / step + 1;
    choice_offer_sizes(c, band, 1, s->out.shape.h);
    weights->band = choice_settle(net, c)[0];
    /* The lists of all filters grow at once: an odd number of cache lines apart, else their
    ** ends meet in few of the cache's sets. One entry more than there are values. */
    int per_line = LINE_BYTES / (int)(2*real_bytes);
    int lines = (weights->band*s->out.shape.w + per_line) / per_line;
    weights->list_space = (lines | 1)*per_line;
}

/* Channels that the accumulators hold under one filter row. */
static void choose_scatter(struct net *net, struct region_plan region, struct sweep *s)
{
    struct scatter *d = &s->scatter;
    struct choice *c = choice_open(net, region, s->name, "vectors", 1);
    int vectors = ceil_div(s->co, net->vl), most = net->isa->gradient / s->kw;
    int wanted = SCATTER_CHANNELS / net->vl;
    wanted = max_int(1, wanted);
    for (int nv = 1; nv <= vectors && (nv == 1 || nv <= most); nv++)
        if (vectors % nv == 0)      /* first what is wanted, then less, then more */
            choice_offer(c, nv <= wanted ? wanted - nv : nv, nv, 0, 0);
    int nv = choice_settle(net, c)[0];
    d->channels = nv*net->vl;
    d->cblocks = vectors / nv;
    d->slice = d->filters*s->kw*d->channels;
    d->map_row = d->map_columns*d->channels;
    d->map_size = d->map_rows*d->map_row;
    s->packed_size = (size_t)d->cblocks*(size_t)d->blocks*(size_t)s->kh*(size_t)d->slice;
    s->packed_size = round_up_size(s->packed_size, LANES);
}

static void choose_sweep(struct net *net, struct region_plan region, struct sweep *s)
{
    if (s->algorithm == BY_SCATTER)
        choose_scatter(net, region, s);
    else if (s->algorithm == BY_WINOGRAD)
        choose_winograd(net, region, s);
    else
        block_tiles(net, region, s);
}

/* Bands of rows that are handed over: whole windows of a pool, blocks whose moments are gathered,
** else tiles. A pool's band has whole vectors and nothing between its pixels. */
static void choose_parts(const struct net *net, struct stage *s)
{
    struct conv_plan *conv = s->conv;
    struct sweep *f = &conv->forward;
    if (s->pool != NO_LAYER && f->algorithm != BY_WINOGRAD) {
        f->out_pixel = round_up(f->out_pixel, net->vl);
        f->out_row = f->ow*f->out_pixel;
    }
    int rows = conv->gathers == NO_STAGE ? conv->forward.tile.mh : conv->forward.band;
    conv->parts = s->pool == NO_LAYER ? conv->mid.h / rows : s->out.shape.h;
}

/* Vectors of one filter, tap by tap where they lie apart. */
static double list_cycles(const struct sweep *f, int vl)
{
    if (taps_apart(f))
        return f->kh*gradient_cycles(1, f->kw, ceil_div(f->ci, vl));
    return gradient_cycles(f->kh, 1, ceil_div(f->kw*f->ci, vl));
}

/* Whether a gradient is made of every output gradient, with vectors along the filters or along
** their rows, or of lists of those that are not zero: the same products in the same order, window
** by window where there is a max-pool. */
static enum algorithm gradient_by(struct net *net, struct region_plan region,
                                  const struct stage *s)
{
    static const enum algorithm by[] = { BY_LISTS, BY_NARROW, BY_DENSE, BY_PICKED };
    const struct sweep *f = &s->conv->forward;
    const struct layer *pool = layer_at(net, s->pool);
    int vl = net->vl, area = pool ? pool->kh*pool->kw : 1;
    /* Cycles of an output: of a window one is not zero, after a ReLU every second time. */
    double share = pool || s->relu != NO_LAYER || s->conv->halved ? 0.5 : 1;
    double lists = (LIST_CYCLES + list_cycles(f, vl)*share) / area;
    bool can[] = { true, can_be_narrow(f, pool), can_be_dense(net, s), can_be_picked(f, pool) };
    if (!can[1] && !can[2] && !can[3])
        return BY_LISTS;
    struct choice *c = choice_open(net, region, s->name, "wgrad_dense", 1);
    if (can[1])
        choice_offer(c, narrow_cycles(f, vl), 1, 0, 0);
    if (can[2])
        choice_offer(c, dense_cycles(net, s), 2, 0, 0);
    if (can[3])
        choice_offer(c, picked_cycles(f, vl) / area, 3, 0, 0);
    choice_offer(c, lists, 0, 0, 0);
    return by[choice_settle(net, c)[0]];
}

/* Filters of lists, panels of them, rows of filters, blocks of sums, vectors of channels: each is
** made apart. */
static int gradient_parts(const struct net *net, const struct stage *s)
{
    const struct weight_plan *g = &s->conv->wgrad;
    const struct sweep *f = &s->conv->forward;
    switch (g->algorithm) {
    case BY_WINOGRAD:
        return ceil_div(f->ci, g->winograd.u_channels)*ceil_div(f->co, g->winograd.u_filters);
    case BY_NARROW:
    case BY_PICKED:
        return g->filters / (g->tile.nv*net->vl);
    case BY_DENSE:
        return f->groups*f->kh;
    case BY_LISTS:
        return ceil_div(f->co, LANES);
    case BY_DEPTHWISE:
        return ceil_div(f->co, net->vl);
    default:
        DIE("%s has no weight gradient", s->name);
    }
}

static void choose_gradient(struct net *net, struct region_plan region, struct stage *s)
{
    enum algorithm *by = &s->conv->wgrad.algorithm;
    if (*by == BY_NONE)
        *by = gradient_by(net, region, s);
    if (*by == BY_WINOGRAD)
        choose_winograd_gradient(net, region, s);
    else if (*by == BY_NARROW)
        block_narrow(net, region, s);
    else if (*by == BY_PICKED)
        block_picked(net, region, s);
    else if (*by == BY_DENSE)
        block_dense(net, region, s);
    else if (*by == BY_DEPTHWISE || taps_apart(&s->conv->forward))
        choose_taps(net, region, s);
    else
        choose_wgrad(net, region, s);
    if (*by == BY_LISTS)
        choose_band(net, region, s);
    s->conv->wgrad.parts = gradient_parts(net, s);
}

/* Vectors of channels that a pass over a map sums at a time, each with so many sums in registers:
** they divide all whole ones. First what is wanted, then less, then more. */
static int norm_vectors(struct net *net, struct region_plan region, const struct stage *s,
                        const char *what, int sums, int wanted)
{
    struct choice *c = choice_open(net, region, s->name, what, 1);
    int whole = max_int(1, s->out.shape.c / net->vl);
    for (int nv = 1; nv <= whole && nv*sums <= net->isa->accumulators; nv++)
        if (whole % nv == 0)
            choice_offer(c, nv <= wanted ? wanted - nv : nv, nv, 0, 0);
    return choice_settle(net, c)[0];
}

/* In the region in which its moments are gathered. */
static void choose_gather(struct net *net, struct region_plan region, struct stage *norm)
{
    norm->norm->gather_vectors = norm_vectors(net, region, norm, "gather_vectors", GATHER_SUMS,
                                              GATHER_VECTORS);
}

/* In the region that makes the sums of its gradient. */
static void choose_sums(struct net *net, struct region_plan region, struct stage *norm)
{
    norm->norm->sum_vectors = norm_vectors(net, region, norm, "sum_vectors", GRADIENT_SUMS,
                                           SUM_VECTORS);
}

static void block_norm(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct stage *from = s->from == INPUT ? NULL : &net->stage[s->from];
    if (!from || !from->conv || from->conv->gathers != stage)
        choose_gather(net, (struct region_plan){ .kind = REGION_NORM_STATISTICS, .stage = stage },
                      s);
    if (!is_summed(net, stage))
        choose_sums(net, (struct region_plan){ .kind = REGION_NORM_SUMS, .stage = stage }, s);
}

static void block_conv(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct conv_plan *conv = s->conv;
    choose_sweep(net, (struct region_plan){ .kind = REGION_FORWARD, .stage = stage },
                 &conv->forward);
    if (conv->gathers != NO_STAGE)
        choose_gather(net, (struct region_plan){ .kind = REGION_FORWARD, .stage = stage },
                      &net->stage[conv->gathers]);
    for (int k = 0; k < conv->ndgrad; k++)
        choose_sweep(net, (struct region_plan){ .kind = REGION_CONV_DGRAD, .stage = stage },
                     &conv->dgrad[k]);
    if (conv->sums != NO_STAGE)
        choose_sums(net, (struct region_plan){ .kind = REGION_CONV_DGRAD, .stage = stage },
                    &net->stage[conv->sums]);
    choose_gradient(net, (struct region_plan){ .kind = REGION_CONV_WGRAD, .stage = stage }, s);
    choose_parts(net, s);
    size_t at = conv->forward.packed_size;
    for (int k = 0; k < conv->ndgrad; k++) {
        conv->dgrad[k].packed_at = at;
        at += conv->dgrad[k].packed_size;
    }
}

/* Its forward pass, phase after phase, and the bands of rows into which an image may be cut. Where
** gaps are filled first, it is not: each band would fill those of all. */
static void block_deconv(struct net *net, struct region_plan region, struct conv_plan *conv)
{
    size_t at = 0;
    conv->parts = INT_MAX;
    for (int k = 0; k < conv->ndgrad; k++) {
        struct sweep *phase = &conv->dgrad[k];
        choose_sweep(net, region, phase);
        phase->packed_at = at;
        at += phase->packed_size;
        conv->parts = min_int(conv->parts, phase->oh / phase->tile.mh);
    }
    if (conv->dgrad_gaps)
        conv->parts = 1;
    conv->forward.packed_at = at;
}

static void block_deconv_stage(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct conv_plan *conv = s->mirror->conv;
    block_deconv(net, (struct region_plan){ .kind = REGION_FORWARD, .stage = stage }, conv);
    if (s->needs_dx)
        choose_sweep(net, (struct region_plan){ .kind = REGION_DECONV_DGRAD, .stage = stage },
                     &conv->forward);
    choose_gradient(net, (struct region_plan){ .kind = REGION_CONV_WGRAD, .stage = stage },
                    s->mirror);
}

bool block(struct net *net)
{
    assert(net->nstages > 0 && net->vl > 0);
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        if (s->kind == STAGE_AFFINE) {
            block_affine(net, (struct region_plan){ .kind = REGION_FORWARD, .stage = i }, s);
            block_affine_backward(net, i);
        }
        if (s->kind == STAGE_CONV)
            block_conv(net, i);
        if (s->kind == STAGE_DECONV)
            block_deconv_stage(net, i);
        if (s->kind == STAGE_NORM)
            block_norm(net, i);
    }
    plan_through(net);
    for (int i = 0; i < net->nfolded; i++) {
        struct stage *s = &net->folded[i];
        struct region_plan region = { .kind = REGION_FOLDED, .stage = i };
        if (s->kind == STAGE_AFFINE) {
            block_affine(net, region, s);
        } else if (s->kind == STAGE_DECONV) {
            block_deconv(net, region, s->mirror->conv);
        } else {
            choose_sweep(net, region, &s->conv->forward);
            choose_parts(net, s);
        }
    }
    return tuning_fits(net->tuning, net);
}
