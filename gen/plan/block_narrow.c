/*
** block_narrow.c - chooses tiles and bands of convolutions' weight gradients with vectors along the
** filters: of all output gradients (templates/conv/narrow.c), and of those that a max-pool has
** picked (templates/conv/picked.c).
*/
#include "plan/block_narrow.h"

#include "base/small.h"
#include "plan/choice.h"
#include "plan/cost.h"

enum {
    DENSE_SHARE = 8             /* of L1, for the gradients of a band: an eighth */
};

/* Of a vector of filters and a tap: the choice and the product. Of a window besides. */
static const double PICK_CYCLES = 0.7, PICK_EXTRA = 0.25;

static bool windows_meet(const struct layer *pool)
{
    return pool->stride != pool->kh || pool->stride_w != pool->kw;
}

/* Vectors can run along the filters: a row is short, and a max-pool's windows do not meet. */
bool can_be_narrow(const struct sweep *f, const struct layer *pool)
{
    return f->kw*f->ci <= LANES && !taps_apart(f) && !(pool && windows_meet(pool));
}

double narrow_cycles(const struct sweep *f, int vl)
{
    return f->kh*f->kw*f->ci*ceil_div(f->co, vl) / 2.0 / f->co;
}

/* The tile, and the most rows of gradients that fill their share of L1 and leave no rest. */
void block_narrow(struct net *net, struct region_plan region, struct stage *s)
{
    struct weight_plan *weights = &s->conv->wgrad;
    struct choice *c = choice_open(net, region, s->name, "wgrad_tile", 3);
    const struct sweep *f = &s->conv->forward;
    int columns = f->kw*f->ci, vectors = ceil_div(f->co, net->vl);
    for (int mt = 1; mt <= columns; mt++)
        for (int nv = 1; nv <= vectors && conv_tile_fits(net->isa, mt, nv, false); nv++)
            if (columns % mt == 0)
                choice_offer(c, columns / mt*ceil_div(vectors, nv)*step_cycles(mt, nv),
                             1, mt, nv);
    weights->tile = choice_settle_tile(net, c);
    int width = weights->tile.nv*net->vl;
    weights->filters = round_up(f->co, width);
    size_t row = (size_t)(s->out.shape.w*f->co)*real_size(net);
    weights->band = (int)(L1_BYTES / DENSE_SHARE / row);
    while (weights->band > 1 && s->out.shape.h % weights->band)
        weights->band--;
    weights->band = max_int(1, weights->band);
}

/* A filter's row is one run, and a max-pool's windows do not meet. */
bool can_be_picked(const struct sweep *f, const struct layer *pool)
{
    return pool && pool->kh*pool->kw <= PICKED_PLACES && !taps_apart(f) && !windows_meet(pool);
}

double picked_cycles(const struct sweep *f, int vl)
{
    return PICK_CYCLES*f->kh*f->kw*f->ci*ceil_div(f->co, vl) / f->co;
}

static double picked_step(int mt, int nv)
{
    const double work = PICK_CYCLES*mt*nv, least = MIN_CHAINS / 2.0;
    return (work > least ? work : least) + PICK_EXTRA;
}

static size_t table_size(const struct sweep *f, const struct layer *pool, int band, int columns)
{
    return (size_t)(((band - 1)*pool->kh*f->step_y + f->kh)*columns*PICKED_PLACES);
}

/* The tile, and the most rows, without rest, whose inputs, gradients and choices fit into L1. */
void block_picked(struct net *net, struct region_plan region, struct stage *s)
{
    struct weight_plan *g = &s->conv->wgrad;
    struct choice *c = choice_open(net, region, s->name, "wgrad_tile", 3);
    const struct sweep *f = &s->conv->forward;
    const struct layer *pool = &net->layer[s->pool];
    const int run = f->kw*f->ci, vectors = ceil_div(f->co, net->vl);
    for (int mt = 1; mt <= run; mt++)
        for (int nv = 1; nv <= vectors && picked_tile_fits(net->isa, mt, nv); nv++)
            if (run % mt == 0)
                choice_offer(c, run / mt*ceil_div(vectors, nv)*picked_step(mt, nv), 1, mt, nv);
    g->tile = choice_settle_tile(net, c);
    g->filters = round_up(f->co, g->tile.nv*net->vl);
    g->table_columns = (s->out.shape.w - 1)*pool->kw*f->step_x*(int)f->in_pixel + run;
    const size_t row = 2*(size_t)(s->out.shape.w*f->co), room = L1_BYTES / 4*3 / real_size(net);
    g->band = s->out.shape.h;
    while (g->band > 1 && (s->out.shape.h % g->band
                           || (size_t)g->band*row + table_size(f, pool, g->band, g->table_columns)
                              > room))
        g->band--;
    g->table_rows = (g->band - 1)*pool->kh*f->step_y + f->kh;
}
