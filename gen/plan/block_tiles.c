/*
** block_tiles.c - chooses tiles of sweeps that multiply tap by tap, and how many rows all panels
** make together.
*/
#include "plan/block_tiles.h"

#include "base/small.h"
#include "plan/choice.h"
#include "plan/cost.h"

enum {
    L2_BYTES_A_CYCLE = 15,      /* that it gives beside multiply-adds (Zen 3) */
    STRIP_BYTES = 24 << 10,     /* of inputs and outputs of rows that all panels make together, */
    WEIGHTS_BYTES = 256 << 10   /* and of weights, at most, that pass for every strip of them */
};

/* Of the cycles that a tile's loop takes, those that the vocabulary's own does. */
#define RUN_CYCLES 0.75

bool is_run(const struct net *net, int pixels, int nv)
{
    return net->isa->runs && pixels == RUN_PIXELS && nv == RUN_CHANNELS;
}

double run_share(const struct net *net, int pixels, int nv)
{
    return is_run(net, pixels, nv) ? RUN_CYCLES : 1;
}

/* A tile; the weights of its panel come from L2 unless they are few. */
static double panel_cycles(const struct net *net, int pixels, int nv, int steps)
{
    const double bytes = (double)steps*nv*net->vl*(double)real_size(net);
    const double fetched = bytes > L1_BYTES / 2 ? bytes / L2_BYTES_A_CYCLE : 0;
    const double cycles = tile_cycles(pixels, nv, steps)*run_share(net, pixels, nv);
    return cycles > fetched ? cycles : fetched;
}

static double sweep_cycles(const struct net *net, const struct sweep *s, struct tile t, int vectors)
{
    int steps = s->kh*s->kw*s->ci, whole = s->ow / t.mw, left = s->ow % t.mw;
    double total = 0;
    for (int v = 0; v < vectors; v += t.nv) {
        int nv = min_int(vectors - v, t.nv);
        total += whole*panel_cycles(net, t.mh*t.mw, nv, steps);
        if (left)
            total += panel_cycles(net, t.mh*left, nv, steps);
    }
    return total / t.mh;
}

static bool tile_fits(const struct isa *isa, const struct sweep *s, int pixels, int nv)
{
    return s->algorithm == BY_DEPTHWISE ? nv == 1 && depth_tile_fits(isa, pixels)
                    : conv_tile_fits(isa, pixels, nv, s->ci < CONV_SHALLOW);
}

/* Outputs of which one may be computed twice. */
enum { WORTH_A_TILE = 32 };

/*
** The columns left at the end of a row take a tile of their own, or a whole one that begins
** further left and computes some outputs anew, to the same bits. Where every step is written
** out, that other tile is up to 30 KB of text; one output in WORTH_A_TILE is worth that
** (2 % of the first convolution of resnet_small, AVX2).
*/
static int columns_recomputed(const struct sweep *s)
{
    int left = s->ow % s->tile.mw, twice = left ? s->tile.mw - left : 0;
    return s->ci < CONV_SHALLOW && !taps_apart(s) && twice*WORTH_A_TILE <= s->ow ? twice : 0;
}

/* Rows of which all panels are made together: what they read and write stays near, unless all
** weights, which pass once for each such block, do not stay in L2 themselves. */
static void choose_strip(struct net *net, struct region_plan region, struct sweep *s)
{
    struct choice *c = choice_open(net, region, s->name, "strip", 1);
    const size_t row = (size_t)(s->step_y*s->in_row + s->out_row)*real_size(net);
    const int mh = s->tile.mh, most = s->band / mh;
    const bool near = s->packed_size*real_size(net) <= WEIGHTS_BYTES;
    int rows = near ? (int)(STRIP_BYTES / row / (size_t)mh) : most;
    rows = max_int(1, min_int(rows, most));
    rows = ceil_div(most, ceil_div(most, rows));
    const int sizes[] = { rows, 2*rows, rows / 2, most, 1, 4*rows };
    for (int k = 0; k < (int)(sizeof sizes / sizeof *sizes); k++)
        choice_offer(c, k, max_int(1, min_int(sizes[k], most))*mh, 0, 0);
    s->strip = choice_settle(net, c)[0];
}

void block_tiles(struct net *net, struct region_plan region, struct sweep *s)
{
    struct choice *c = choice_open(net, region, s->name, "tile", 3);
    int vectors = ceil_div(s->co, net->vl);
    for (int mh = 1; mh <= CONV_MAX_ROWS; mh++)
        for (int mw = 1; mw <= s->ow; mw++)
            for (int nv = 1; nv <= vectors && tile_fits(net->isa, s, mh*mw, nv); nv++) {
                struct tile t = { mh, mw, nv };
                if (s->band % mh == 0)
                    choice_offer(c, sweep_cycles(net, s, t, vectors), mh, mw, nv);
            }
    s->tile = choice_settle_tile(net, c);
    s->recomputed = columns_recomputed(s);
    int width = s->tile.nv*net->vl;
    s->blocks = s->co / width;
    s->last = s->co % width;
    size_t taps = (size_t)s->kh*(size_t)s->kw*(size_t)s->ci;
    size_t last_width = (size_t)round_up(s->last, net->vl);
    s->packed_size = taps*((size_t)s->blocks*(size_t)width + last_width);
    s->packed_size = round_up_size(s->packed_size, LANES)*(size_t)s->groups;
    if (s->algorithm == BY_DIRECT)
        choose_strip(net, region, s);
}
