/*
** block.c - chooses register tiles and blocks from the machine table. Nothing
** chosen here may change a bit of any result: a sum's order is fixed by the
** network alone. The cost model counts, for one step along the sum, the cycles
** that the busiest unit of the core needs; it was checked against measurements
** (docs/performance.md).
*/
#include <assert.h>

#include "../runtime/model.h"
#include "net.h"

enum {
    LINE_BYTES = 64,
    L1_BYTES = 32 << 10,        /* the smallest L1 we expect */
    MIN_CHAINS = 10,            /* independent FMAs that hide their latency: 8 would do
                                   on paper; measured: 82 % of peak with 8, 87 with 10 */
    AFFINE_IMAGES = 100, AFFINE_DEPTH = 8, AFFINE_ROWS = 50, AFFINE_MAX_TILES = 5,
    AFFINE_ITEMS = 16           /* work items wanted, for balance over threads */
};

/* Cycles of one step of a tile: two FMAs and two loads a cycle. */
static double step_cycles(int pixels, int vectors)
{
    double fma = pixels*vectors / 2.0, load = (pixels + vectors) / 2.0;
    double latency = MIN_CHAINS / 2.0;
    double most = fma > load ? fma : load;
    return (most > latency ? most : latency) + 0.25;
}

/* One tile's run along the sum, with what it costs to begin and end it. */
static double tile_cycles(int pixels, int vectors, int steps)
{
    return step_cycles(pixels, vectors)*steps + 2.0*pixels*vectors + 10;
}

static double sweep_cycles(const struct sweep *s, struct tile t, int vectors)
{
    int steps = s->kh*s->kw*s->ci, whole = s->ow / t.mw, left = s->ow % t.mw;
    double total = 0;
    for (int v = 0; v < vectors; v += t.nv) {
        int nv = vectors - v < t.nv ? vectors - v : t.nv;
        total += whole*tile_cycles(t.mh*t.mw, nv, steps);
        if (left)
            total += tile_cycles(t.mh*left, nv, steps);
    }
    return total / t.mh;
}

bool conv_tile_fits(const struct isa *isa, int pixels, int nv, bool shallow)
{
    /* The compiler writes the loop over few channels out, and clang then wants one more. */
    return pixels*nv <= (shallow ? isa->shallow : isa->accumulators)
           && pixels*nv + nv + 1 + shallow <= isa->registers;
}

bool affine_tile_fits(const struct isa *isa, int images, int units, int lv)
{
    return images*units*lv <= isa->accumulators && images*units*lv + images + 1 <= isa->registers;
}

bool wgrad_tile_fits(const struct isa *isa, int rows, int nv)
{
    return rows*nv <= isa->gradient;
}

bool depth_tile_fits(const struct isa *isa, int pixels)
{
    return pixels <= isa->accumulators;     /* and one vector of weights */
}

static bool tile_fits(const struct isa *isa, const struct sweep *s, int pixels, int nv)
{
    return s->depth ? nv == 1 && depth_tile_fits(isa, pixels)
                    : conv_tile_fits(isa, pixels, nv, s->ci < CONV_SHALLOW);
}

/*
** The columns left at the end of a row take a tile of their own, or a whole one that begins
** further left and computes some outputs anew, to the same bits. Where every step is written
** out, that other tile is up to 30 KB of text; one output in 32 is worth that (2 % of the first
** convolution of resnet_small, AVX2).
*/
static int columns_again(const struct sweep *s)
{
    int left = s->ow % s->tile.mw, again = left ? s->tile.mw - left : 0;
    return s->ci < CONV_SHALLOW && !taps_apart(s) && again*32 <= s->ow ? again : 0;
}

static void choose_tile(const struct net *net, struct sweep *s)
{
    int vectors = (s->co + net->vl - 1) / net->vl;
    double best = 0;
    for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
        for (int mw = 1; mw <= s->ow; mw++)
            for (int nv = 1; nv <= vectors; nv++) {
                struct tile t = { mh, mw, nv };
                if (s->band % mh || !tile_fits(net->isa, s, mh*mw, nv))
                    continue;
                double cost = sweep_cycles(s, t, vectors);
                if (!s->tile.nv || cost < best) {
                    best = cost;
                    s->tile = t;
                }
            }
    s->again = columns_again(s);
    int width = s->tile.nv*net->vl;
    s->blocks = s->co / width;
    s->last = s->co % width;
    size_t taps = (size_t)s->kh*(size_t)s->kw*(size_t)s->ci;
    size_t last_width = (size_t)((s->last + net->vl - 1) / net->vl*net->vl);
    s->packed_size = taps*((size_t)s->blocks*(size_t)width + last_width);
    s->packed_size = (s->packed_size + LANES - 1) / LANES*LANES*(size_t)s->groups;
}

/* Three filter taps of them are 24 KB for 64 filters: they stay in L1. */
enum { SCATTER_CHANNELS = 32 };

/* Room for the transformed inputs of a pass: a part of the smallest L2 we expect, beside
** products and filters. */
enum { WINOGRAD_BYTES = 320 << 10, WINOGRAD_GAP = 16 };

/* From tile to tile: not a power of two, whose lines would fall into the same sets of L1. */
static int tile_stride(int channels)
{
    return (channels + LANES - 1) / LANES*LANES + WINOGRAD_GAP;
}

/* How many tiles a pass takes: whole rows, and several images where one is small. */
static void choose_pass(const struct net *net, struct winograd *w, int channels, int most_images)
{
    size_t real_bytes = net->f64 ? sizeof(double) : sizeof(float);
    w->v_tile = tile_stride(channels);
    int tiles = (int)(WINOGRAD_BYTES / (real_bytes*(size_t)(w->side*w->side*w->v_tile)));
    int rows = tiles / w->columns;
    w->images = 1;
    w->pass = rows < w->unit ? w->unit : rows < w->rows ? rows : w->rows;
    while (w->rows % w->pass || w->pass % w->unit)
        w->pass--;
    if (w->pass == w->rows) {
        w->images = tiles / (w->rows*w->columns);
        w->images = w->images > most_images ? most_images : w->images;
        w->images = w->images < 1 ? 1 : w->images;
    }
}

/* Tiles of the products: one place of a tile after the other, `channels` steps each. */
static void choose_winograd(const struct net *net, struct sweep *s)
{
    struct winograd *w = &s->winograd;
    choose_pass(net, w, s->ci, net->train.batch / GROUPS > 0 ? net->train.batch / GROUPS : 1);
    int vectors = (s->co + net->vl - 1) / net->vl, tiles = w->images*w->pass*w->columns;
    double best = 0;
    for (int mw = 1; mw <= tiles; mw++)
        for (int nv = 1; nv <= vectors && conv_tile_fits(net->isa, mw, nv, false); nv++) {
            double cost = 0;
            for (int v = 0; v < vectors; v += nv)
                cost += (tiles + mw - 1) / mw
                        * tile_cycles(mw, vectors - v < nv ? vectors - v : nv, s->ci);
            if (!s->tile.nv || cost < best) {
                best = cost;
                s->tile = (struct tile){ 1, mw, nv };
            }
        }
    int width = s->tile.nv*net->vl, room = (tiles + s->tile.mw - 1) / s->tile.mw*s->tile.mw;
    s->blocks = s->co / width;
    s->last = s->co % width;
    w->v_xi = room*w->v_tile + WINOGRAD_GAP;
    w->m_xi = room*(s->blocks ? width : (s->last + net->vl - 1) / net->vl*net->vl) + WINOGRAD_GAP;
    size_t last_width = (size_t)((s->last + net->vl - 1) / net->vl*net->vl);
    s->packed_size = (size_t)(w->side*w->side*s->ci)*((size_t)s->blocks*(size_t)width + last_width);
    s->packed_size = (s->packed_size + LANES - 1) / LANES*LANES;
}

static void choose_winograd_gradient(const struct net *net, struct stage *s)
{
    struct winograd *w = &s->wgrad_winograd;
    const struct sweep *f = &s->forward;
    choose_pass(net, w, f->ci > f->co ? f->ci : f->co,
                net->train.batch / GROUPS > 0 ? net->train.batch / GROUPS : 1);
    int tiles = w->images*w->pass*w->columns;
    w->u_row = (f->ci + LANES - 1) / LANES*LANES;
    double best = 0;
    for (int mh = 1; mh <= LANES; mh *= 2)
        for (int nv = 1; conv_tile_fits(net->isa, mh, nv, false); nv++) {
            int vectors = w->u_row / net->vl;
            if (vectors % nv)
                continue;
            double cost = (f->co + mh - 1) / mh*(vectors / nv)*tile_cycles(mh, nv, tiles);
            if (!s->wgrad.nv || cost < best) {
                best = cost;
                s->wgrad = (struct tile){ mh, 1, nv };
            }
        }
    w->v_tile = tile_stride(f->ci);
    w->g_tile = tile_stride(f->co);
    w->v_xi = tiles*w->v_tile + WINOGRAD_GAP;
    w->g_xi = tiles*w->g_tile + WINOGRAD_GAP;
    w->u_xi = (f->co + s->wgrad.mh - 1) / s->wgrad.mh*s->wgrad.mh*w->u_row + WINOGRAD_GAP;
}

static void choose_narrow(const struct net *net, struct stage *s)
{
    const struct sweep *f = &s->forward;
    int columns = f->kw*f->ci, vectors = (f->co + net->vl - 1) / net->vl;
    double best = 0;
    for (int mt = 1; mt <= columns; mt++)
        for (int nv = 1; nv <= vectors && conv_tile_fits(net->isa, mt, nv, false); nv++) {
            if (columns % mt)
                continue;
            double cost = columns / mt*((vectors + nv - 1) / nv)*step_cycles(mt, nv);
            if (!s->wgrad.nv || cost < best) {
                best = cost;
                s->wgrad = (struct tile){ 1, mt, nv };
            }
        }
    int width = s->wgrad.nv*net->vl;
    s->filters = (f->co + width - 1) / width*width;
}

static void choose_wgrad(const struct net *net, struct stage *s)
{
    const struct sweep *f = &s->forward;
    int vectors = (f->kw*f->ci + net->vl - 1) / net->vl;
    double best = 0;
    for (int mh = 1; mh <= f->kh; mh++)
        for (int nv = 1; nv <= vectors && wgrad_tile_fits(net->isa, mh, nv); nv++) {
            double cost = 0;
            for (int r = 0; r < f->kh; r += mh)
                for (int v = 0; v < vectors; v += nv) {
                    int rows = f->kh - r < mh ? f->kh - r : mh;
                    int width = vectors - v < nv ? vectors - v : nv;
                    double load = rows*width*0.75;
                    cost += (load > MIN_CHAINS / 2.0 ? load : MIN_CHAINS / 2.0) + 2;
                }
            if (!s->wgrad.nv || cost < best) {
                best = cost;
                s->wgrad = (struct tile){ mh, 1, nv };
            }
        }
}

/* Cycles of one entry or position: rows x taps, each by so many vectors. */
static double gradient_cycles(int rows, int taps, int vectors)
{
    double load = rows*taps*vectors*0.75;
    return (load > MIN_CHAINS / 2.0 ? load : MIN_CHAINS / 2.0) + 2;
}

/* Where each tap has vectors of its own: rows and taps that leave no rest. */
static void choose_taps(const struct net *net, struct stage *s)
{
    const struct sweep *f = &s->forward;
    int vectors = (f->ci + net->vl - 1) / net->vl;
    double best = 0;
    for (int mh = 1; mh <= f->kh; mh++)
        for (int mw = 1; mw <= f->kw; mw++)
            for (int nv = 1; nv <= vectors; nv++) {
                if (f->kh % mh || f->kw % mw || !wgrad_tile_fits(net->isa, mh*mw, nv))
                    continue;
                double cost = vectors / nv*gradient_cycles(mh, mw, nv);
                if (vectors % nv)
                    cost += gradient_cycles(mh, mw, vectors % nv);
                cost *= (double)(f->kh / mh*(f->kw / mw));
                if (!s->wgrad.nv || cost < best) {
                    best = cost;
                    s->wgrad = (struct tile){ mh, mw, nv };
                }
            }
}

/* Output rows whose input stays in L1 while every filter passes over it. */
static void choose_band(const struct net *net, struct stage *s)
{
    size_t real_bytes = net->f64 ? sizeof(double) : sizeof(float);
    const struct layer *l = &net->layer[s->head];
    int step = s->pool == NO_LAYER ? l->stride : l->stride*net->layer[s->pool].stride;
    int rows = (int)(L1_BYTES / real_bytes / s->in.row);
    s->band = (rows - l->dilation*(l->kh - 1) - 1) / step + 1;
    if (s->band < 1)
        s->band = 1;
    if (s->band > s->out.shape.h)
        s->band = s->out.shape.h;
    /* The lists of all filters grow at once: an odd number of cache lines apart, else their
    ** ends meet in few of the cache's sets. One entry more than there are values. */
    int per_line = LINE_BYTES / (int)(2*real_bytes);
    int lines = (s->band*s->out.shape.w + per_line) / per_line;
    s->list_space = (lines | 1)*per_line;
}

static double affine_cycles(const struct net *net, const struct stage *s, int mi, int mu, int lv)
{
    int images = net->train.batch, units = s->out.shape.c;
    double total = 0;
    for (int i = 0; i < images; i += i + mi <= images ? mi : 1)
        for (int u = 0; u < units; u += u + mu <= units ? mu : 1) {
            int a = i + mi <= images ? mi : 1, b = u + mu <= units ? mu : 1;
            double fma = a*b*lv / 2.0, load = (a + b)*lv / 2.0, latency = MIN_CHAINS / 2.0;
            double most = fma > load ? fma : load;
            /* Both operands stream from L2: what the tile saves in loads counts, too. */
            total += (most > latency ? most : latency) + load / 2;
        }
    return total;
}

static void choose_affine(const struct net *net, struct stage *s)
{
    int lv = LANES / net->vl, units = s->out.shape.c;
    double best = 0;
    for (int mi = 1; mi <= AFFINE_MAX_SIDE; mi++)
        for (int mu = 1; mu <= AFFINE_MAX_SIDE; mu++) {
            bool room = affine_tile_fits(net->isa, mi, mu, lv);
            if ((!room && mi*mu > 1) || mu > units || mi > net->train.batch)
                continue;
            double cost = affine_cycles(net, s, mi, mu, lv);
            if (!s->affine.nv || cost < best) {
                best = cost;
                s->affine = (struct tile){ mi, mu, lv };
            }
        }
    int tiles = (units + s->affine.mw*AFFINE_ITEMS - 1) / (s->affine.mw*AFFINE_ITEMS);
    s->fwd_block = s->affine.mw*(tiles < AFFINE_MAX_TILES ? tiles : AFFINE_MAX_TILES);
    int batch = net->train.batch, passes = (batch + AFFINE_IMAGES - 1) / AFFINE_IMAGES;
    int images = (batch + passes - 1) / passes;     /* of equal passes, whole tiles */
    images = (images + s->affine.mh - 1) / s->affine.mh*s->affine.mh;
    s->fwd_images = images < batch ? images : batch;
    s->fwd_depth = AFFINE_DEPTH;
    s->bwd_rows = AFFINE_ROWS;
}

/* Channels that the accumulators hold under one filter row. */
static void choose_scatter(const struct net *net, struct sweep *s)
{
    struct scatter *d = &s->scatter;
    int vectors = (s->co + net->vl - 1) / net->vl, most = net->isa->gradient / s->kw;
    int nv = SCATTER_CHANNELS / net->vl;
    nv = nv > vectors ? vectors : nv;
    nv = nv > most ? most : nv;
    nv = nv < 1 ? 1 : nv;
    while (vectors % nv)
        nv--;
    d->channels = nv*net->vl;
    d->cblocks = vectors / nv;
    d->slice = d->filters*s->kw*d->channels;
    d->map_row = d->map_columns*d->channels;
    d->map_size = d->map_rows*d->map_row;
    s->packed_size = (size_t)d->cblocks*(size_t)d->blocks*(size_t)s->kh*(size_t)d->slice;
    s->packed_size = (s->packed_size + LANES - 1) / LANES*LANES;
}

static void choose_sweep(const struct net *net, struct sweep *s)
{
    if (s->scatter.filters)
        choose_scatter(net, s);
    else if (s->winograd.step)
        choose_winograd(net, s);
    else
        choose_tile(net, s);
}

static void choose_parts(struct stage *s)
{
    s->parts = s->pool != NO_LAYER ? s->out.shape.h
             : s->mid.h / (s->norm != NO_STAGE ? s->forward.band : s->forward.tile.mh);
}

void block(struct net *net)
{
    assert(net->nregions > 0 && net->vl > 0);
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        if (s->kind == STAGE_AFFINE)
            choose_affine(net, s);
        if (s->kind != STAGE_CONV)
            continue;
        choose_sweep(net, &s->forward);
        for (int k = 0; k < s->ndgrad; k++)
            choose_sweep(net, &s->dgrad[k]);
        if (s->wgrad_winograd.step)
            choose_winograd_gradient(net, s);
        else if (s->narrow)
            choose_narrow(net, s);
        else if (s->depth || taps_apart(&s->forward))
            choose_taps(net, s);
        else
            choose_wgrad(net, s);
        choose_band(net, s);
        choose_parts(s);
        size_t at = s->forward.packed_size;
        for (int k = 0; k < s->ndgrad; k++) {
            s->dgrad[k].packed_at = at;
            at += s->dgrad[k].packed_size;
        }
    }
    for (int i = 0; i < net->nfolded; i++) {
        struct stage *s = &net->folded[i];
        if (s->kind == STAGE_AFFINE) {
            choose_affine(net, s);
        } else {
            choose_sweep(net, &s->forward);
            choose_parts(s);
        }
    }
}
