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
    L1_BYTES = 32 << 10,        /* the smallest L1 we expect */
    MIN_CHAINS = 10,            /* independent FMAs that hide their latency: 8 would do
                                   on paper; measured: 82 % of peak with 8, 87 with 10 */
    AFFINE_IMAGES = 64, AFFINE_DEPTH = 4, AFFINE_ROWS = 50, AFFINE_MAX_TILES = 5,
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
    return pixels*nv <= (shallow ? isa->shallow : isa->accumulators)
           && pixels*nv + nv + 1 <= isa->registers;
}

bool affine_tile_fits(const struct isa *isa, int images, int units, int lv)
{
    return images*units*lv <= isa->accumulators && images*units*lv + images + 1 <= isa->registers;
}

bool wgrad_tile_fits(const struct isa *isa, int rows, int nv)
{
    return rows*nv <= isa->gradient;
}

static void choose_tile(const struct net *net, struct sweep *s)
{
    int vectors = (s->co + net->vl - 1) / net->vl;
    double best = 0;
    for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
        for (int mw = 1; mw <= s->ow; mw++)
            for (int nv = 1; nv <= vectors; nv++) {
                struct tile t = { mh, mw, nv };
                if (s->band % mh || !conv_tile_fits(net->isa, mh*mw, nv, s->ci < CONV_SHALLOW))
                    continue;
                double cost = sweep_cycles(s, t, vectors);
                if (!s->tile.nv || cost < best) {
                    best = cost;
                    s->tile = t;
                }
            }
    int width = s->tile.nv*net->vl;
    s->blocks = s->co / width;
    s->last = s->co % width;
    size_t taps = (size_t)s->kh*(size_t)s->kw*(size_t)s->ci;
    size_t last_width = (size_t)((s->last + net->vl - 1) / net->vl*net->vl);
    s->packed_size = taps*((size_t)s->blocks*(size_t)width + last_width);
    s->packed_size = (s->packed_size + LANES - 1) / LANES*LANES;
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
    /* Output rows whose input stays in L1 while every filter passes over it. */
    size_t real_bytes = net->f64 ? sizeof(double) : sizeof(float);
    const struct layer *l = &net->layer[s->head];
    int step = s->pool == NO_LAYER ? l->stride : l->stride*net->layer[s->pool].stride;
    int rows = (int)(L1_BYTES / real_bytes / s->in.row);
    s->band = (rows - l->kh) / step + 1;
    if (s->band < 1)
        s->band = 1;
    if (s->band > s->out.shape.h)
        s->band = s->out.shape.h;
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
    s->fwd_images = net->train.batch < AFFINE_IMAGES ? net->train.batch : AFFINE_IMAGES;
    s->fwd_depth = AFFINE_DEPTH;
    s->bwd_rows = AFFINE_ROWS;
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
        choose_tile(net, &s->forward);
        for (int k = 0; k < s->ndgrad; k++)
            choose_tile(net, &s->dgrad[k]);
        choose_wgrad(net, s);
        s->parts = s->pool != NO_LAYER ? s->out.shape.h
                 : s->mid.h / (s->norm != NO_STAGE ? s->forward.band : s->forward.tile.mh);
        size_t at = 0;
        s->forward.packed_at = at;
        at += s->forward.packed_size;
        for (int k = 0; k < s->ndgrad; k++) {
            s->dgrad[k].packed_at = at;
            at += s->dgrad[k].packed_size;
        }
    }
}
