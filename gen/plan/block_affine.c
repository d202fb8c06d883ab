/*
** block_affine.c - register tiles and blocks of affine stages. As in block.c, nothing chosen here
** may change a bit of any result.
*/
#include "plan/block_affine.h"

#include "base/small.h"
#include "plan/choice.h"
#include "plan/cost.h"

enum {
    IMAGES = 100,               /* of a pass: their inputs of a panel, 50 KB, stay in L2 */
    MAX_TILES = 5,              /* of a block */
    UNITS_LEAST = 16,           /* of a block: fewer make little of what is fetched of a unit */
    CHAINS = 12,                /* sums of a tile that hide latency: measured, 82 % of the peak with
                                   10, 93 with 12 */
    MAX_VECTORS = 2,            /* of a tile: 4x3 and 3x4 measured no faster than 6x2 */
    TILE_CYCLES = 10,
    UNITS_TOGETHER = 256,       /* whose sums there is room for: 100 KB of 100 images, in L2 */
    ROWS = 200,                 /* of a panel, backward: 100 KB, in L2 while images pass */
    LISTED = 64,                /* images, backward: a panel's inputs, 32 KB of f32, in L1 */
    GROUP = 32                  /* units that these pass, and come back to with the next images */
};

/* Of a panel, so many images by nv vectors of units: multiply-adds or loads, two a cycle, and a
** tile's beginning and end. */
static double images_cycles(int images, int nv)
{
    int busiest = max_int(max_int(images*nv, CHAINS), images + nv);
    return PANEL*busiest / 2.0 + TILE_CYCLES + images*nv;
}

static double affine_cycles(const struct net *net, const struct stage *s, int mi, int nv)
{
    int images = net->train.batch, columns = ceil_div(s->out.shape.c, nv*net->vl);
    double left = images % mi ? images_cycles(images % mi, nv) : 0;
    return columns*(images / mi*images_cycles(mi, nv) + left);
}

static struct tile affine_tile(struct net *net, struct region_plan region,
                               const struct stage *s)
{
    struct choice *c = choice_open(net, region, s->name, "tile", 3);
    const int most = min_int(ceil_div(s->out.shape.c, net->vl), MAX_VECTORS);
    for (int mi = 1; mi <= AFFINE_ROWS && mi <= net->train.batch; mi++)
        for (int nv = 1; nv <= most && conv_tile_fits(net->isa, mi, nv, false); nv++)
            choice_offer(c, affine_cycles(net, s, mi, nv), mi, 1, nv);
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
    s->affine->tile = affine_tile(net, forward, s);
    const int width = s->affine->tile.nv*net->vl, units = round_up(s->out.shape.c, width);
    int least = min_int(round_up(UNITS_LEAST, width), units);
    struct choice *block = choice_open(net, forward, s->name, "block", 1);
    for (int k = 0; k < MAX_TILES; k++)
        if (least + k*width <= units)
            choice_offer(block, k, least + k*width, 0, 0);
    s->affine->block = choice_settle(net, block)[0];
    s->affine->images = affine_images(net, forward, s);
    const int last = (net->train.batch - 1) % s->affine->images + 1;
    s->affine->rest = max_int(last % s->affine->tile.mh, 1);
    s->affine->stored = round_up(s->out.shape.c, s->affine->block);
    s->affine->blocks_together = min_int(ceil_div(UNITS_TOGETHER, s->affine->block),
                                         s->affine->stored / s->affine->block);
    if (s->fold)
        s->fold->step = s->affine->block;
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
    s->affine->listed = min_int(LISTED, net->train.batch);
    s->affine->group = s->affine->listed < net->train.batch ? GROUP : 1;
    s->affine->whole_panel = dense_tile(net, PANEL / net->vl);
    s->affine->last_panel = dense_tile(net, s->affine->columns % PANEL / net->vl);
}
