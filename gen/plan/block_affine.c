/*
** block_affine.c - register tiles and blocks of affine stages. As in block.c, nothing chosen here
** may change a bit of any result.
*/
#include "plan/block_affine.h"

#include "base/small.h"
#include "plan/choice.h"
#include "plan/cost.h"

enum {
    IMAGES = 100,
    DEPTH = 4,                  /* panels: the tile's images and units, 20 KB, fit into L1 */
    TILES = 2, MAX_TILES = 5,   /* of a block: its lanes are read and written with every DEPTH
                                   panels */
    ALONE = 256,                /* units at least whose sums there is room for, of one image */
    ITEMS = 16,                 /* work items wanted, for balance over threads */
    ROWS = 200                  /* of a panel, backward: 100 KB, in L2 while images pass */
};

static double affine_cycles(const struct net *net, const struct stage *s, int mi, int mu, int lv)
{
    int images = net->train.batch, units = s->out.shape.c;
    const struct { int side; double count; } of_images[] = { { mi, images / mi },
                                                             { 1, images % mi } },
                                             of_units[] = { { mu, units / mu },
                                                            { 1, units % mu } };
    double total = 0;
    for (int i = 0; i < 2; i++)         /* whole tiles, and what is left one by one */
        for (int u = 0; u < 2; u++) {
            int a = of_images[i].side, b = of_units[u].side;
            double fma = a*b*lv / 2.0, load = (a + b)*lv / 2.0, latency = MIN_CHAINS / 2.0;
            double most = fma > load ? fma : load;
            /* Both operands stream from L2: what the tile saves in loads counts, too. */
            total += of_images[i].count*of_units[u].count
                     *((most > latency ? most : latency) + load / 2);
        }
    return total;
}

static struct tile affine_tile(struct net *net, struct region_plan region,
                               const struct stage *s)
{
    struct choice *c = choice_open(net, region, s->name, "tile", 3);
    int lv = LANES / net->vl, units = s->out.shape.c;
    for (int mi = 1; mi <= AFFINE_MAX_SIDE; mi++)
        for (int mu = 1; mu <= AFFINE_MAX_SIDE; mu++) {
            bool room = affine_tile_fits(net->isa, mi, mu, lv);
            if ((room || mi*mu == 1) && mu <= units && mi <= net->train.batch)
                choice_offer(c, affine_cycles(net, s, mi, mu, lv), mi, mu, lv);
        }
    return choice_settle_tile(net, c);
}

/* Images of a pass: of equal passes, whole tiles. */
static int affine_images(struct net *net, struct region_plan region, const struct stage *s)
{
    struct choice *c = choice_open(net, region, s->name, "images", 1);
    int batch = net->train.batch, runs = ceil_div(batch, IMAGES);
    const int counts[] = { runs, ceil_div(runs, 2), runs*2, 1, runs*4 };
    for (int k = 0; k < (int)(sizeof counts / sizeof *counts); k++) {
        int images = ceil_div(batch, counts[k]);
        images = round_up(images, s->affine->tile.mh);
        choice_offer(c, k, min_int(images, batch), 0, 0);
    }
    return choice_settle(net, c)[0];
}

void block_affine(struct net *net, struct region_plan forward, struct stage *s)
{
    int units = s->out.shape.c;
    s->affine->tile = affine_tile(net, forward, s);
    int tiles = ceil_div(units, s->affine->tile.mw*ITEMS);
    struct choice *block = choice_open(net, forward, s->name, "block", 1);
    tiles = min_int(tiles, TILES);
    for (int k = 0; k < MAX_TILES; k++)      /* tiles, tiles - 1, ..., 1, the larger */
        choice_offer(block, k, s->affine->tile.mw*(k < tiles ? tiles - k : k + 1), 0, 0);
    s->affine->block = choice_settle(net, block)[0];
    s->affine->images = affine_images(net, forward, s);
    int blocks = ceil_div(units, s->affine->block);
    int least = ceil_div(ALONE, s->affine->block);
    s->affine->blocks_together = min_int(max_int(s->affine->images, least), blocks);
    struct choice *depth = choice_open(net, forward, s->name, "depth", 1);
    choice_offer_sizes(depth, DEPTH, 1, 4*DEPTH);
    s->affine->depth = choice_settle(net, depth)[0];
}

/* Rows and vectors of a product over all images, in a panel of so many vectors. */
static struct tile dense_tile(const struct net *net, int vectors)
{
    struct tile best = { .mh = 1, .mw = 1, .nv = 1 };
    double least = 0;
    for (int mh = 1; mh <= AFFINE_DENSE_ROWS; mh++)
        for (int nv = 1; nv <= vectors && conv_tile_fits(net->isa, mh, nv, false); nv++) {
            double cost = tile_cycles(mh, nv, net->train.batch) / (mh*nv);
            if (vectors % nv == 0 && (least == 0 || cost < least)) {
                least = cost;
                best = (struct tile){ .mh = mh, .mw = 1, .nv = nv };
            }
        }
    return best;
}

void block_affine_backward(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct region_plan region = { .kind = REGION_AFFINE_BACKWARD, .stage = stage };
    struct choice *c = choice_open(net, region, s->name, "bwd_rows", 1);
    choice_offer_sizes(c, ROWS, 1, 4*ROWS);
    s->affine->rows = choice_settle(net, c)[0];
    s->affine->whole_panel = dense_tile(net, PANEL / net->vl);
    s->affine->last_panel = dense_tile(net, s->affine->columns % PANEL / net->vl);
}
