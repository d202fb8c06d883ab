/*
** block_dense.c - chooses tiles and blocks of a convolution's dense weight gradient: a product of
** output gradients and inputs, whose sums run over all pixels (templates/conv/dense.c).
*/
#include "plan/block_dense.h"

#include "base/small.h"
#include "plan/choice.h"
#include "plan/cost.h"

/* Pixels over which a tile's sums stay in registers: of fewer, loading and storing them would
** weigh; of more, gradients and inputs leave the caches. */
enum { TILE_PIXELS = 128 };
/* Of a vector of gradients, which is masked and copied. */
static const double MASK_CYCLES = 2;

/* Vectors of a filter row, or of a tap where they lie apart. */
static int run_vectors(const struct sweep *f, int vl)
{
    return ceil_div(taps_apart(f) ? f->ci : f->kw*f->ci, vl);
}

/* Below a max-pool lists are always better. Where taps lie apart, the lanes after a tap's last
** channel are the next one's. */
bool can_be_dense(const struct net *net, const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    return s->pool == NO_LAYER && f->algorithm != BY_DEPTHWISE
           && !(taps_apart(f) && f->ci % net->vl);
}

/* All filters of a group by a run of vectors, one step along the sums. */
static double run_cycles(const struct sweep *f, int vectors, int mh, int nv)
{
    double cost = 0;
    for (int v = 0; v < vectors; v += nv) {
        int n = min_int(nv, vectors - v);
        cost += f->co / mh*step_cycles(mh, n) + (f->co % mh ? step_cycles(f->co % mh, n) : 0);
    }
    return cost;
}

static double cheapest(const struct net *net, const struct stage *s, struct choice *c)
{
    const struct sweep *f = &s->conv->forward;
    int vectors = run_vectors(f, net->vl);
    double least = 0;
    for (int nv = 1; nv <= vectors; nv++)
        for (int mh = 1; mh <= f->co && conv_tile_fits(net->isa, mh, nv, false); mh++) {
            double cost = run_cycles(f, vectors, mh, nv);
            if (c)
                choice_offer(c, cost, mh, 1, nv);
            least = least == 0 || cost < least ? cost : least;
        }
    return least;
}

double dense_cycles(const struct net *net, const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    int rows = taps_apart(f) ? f->kh*f->kw : f->kh;
    return rows*cheapest(net, s, NULL) / f->co + MASK_CYCLES / net->vl;
}

/* The next pixels' inputs, gradients and outputs are fetched meanwhile: a share by each tile with
** each row of its pixels. */
static void fetch(const struct net *net, struct stage *s)
{
    struct weight_plan *g = &s->conv->wgrad;
    const struct sweep *f = &s->conv->forward;
    const int line = 64 / (int)real_size(net), taps = taps_apart(f) ? f->kh*f->kw : f->kh;
    int tiles = f->groups*taps*ceil_div(g->vectors, g->tile.nv)*ceil_div(f->co, g->tile.mh);
    int most = max_int((int)s->out.row, f->step_y*f->in_row);
    g->share = ceil_div(ceil_div(most, line), tiles);
}

void block_dense(struct net *net, struct region_plan region, struct stage *s)
{
    static const int pixels[] = { TILE_PIXELS, TILE_PIXELS / 2, TILE_PIXELS*2, TILE_PIXELS*4 };
    struct weight_plan *g = &s->conv->wgrad;
    const struct shape o = s->out.shape;
    struct choice *c = choice_open(net, region, s->name, "wgrad_tile", 3);
    cheapest(net, s, c);
    g->tile = choice_settle_tile(net, c);
    g->vectors = run_vectors(&s->conv->forward, net->vl);
    g->g_pixel = round_up(o.c, LANES) + LANES;
    g->copied = s->conv->forward.kh*s->conv->forward.kw == 1 && s->conv->forward.groups == 1;
    c = choice_open(net, region, s->name, "wgrad_band", 2);
    for (int k = 0; k < (int)(sizeof pixels / sizeof *pixels); k++) {
        int rows = max_int(1, min_int(pixels[k] / o.w, o.h));
        while (o.h % rows)
            rows--;
        int images = rows < o.h ? 1 : pixels[k] / (o.h*o.w);
        choice_offer(c, k, rows, max_int(1, min_int(images, ceil_div(net->train.batch, GROUPS))),
                     0);
    }
    const int *n = choice_settle(net, c);
    g->band = n[0];
    g->images = n[1];
    fetch(net, s);
}
