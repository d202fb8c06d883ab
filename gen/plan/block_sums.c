/*
** block_sums.c - the blocks in which a weight gradient by Winograd's minimal filtering takes its
** sums, and what is fetched while they are taken.
*/
#include "plan/block_sums.h"

#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/algorithm.h"
#include "plan/cost.h"

/* Channels and most filters of a block: 170 KB at 36 places. */
enum { SUMS_CHANNELS = 32, SUMS_FILTERS = 36 };

bool takes_group(const struct net *net, const struct winograd *w, int pass, int images)
{
    return pass == w->rows && images >= ceil_div(net->train.batch, GROUPS);
}

/* Tiles of a block of which all blocks have about as many. */
static int shared_tiles(int filters, int tile)
{
    int tiles = ceil_div(filters, tile), most = max_int(1, SUMS_FILTERS / tile);
    return ceil_div(tiles, ceil_div(tiles, most));
}

/* With each tile's call its share of the inputs, which are the most that the next pass reads. */
static void fetch_next(const struct net *net, struct stage *s)
{
    struct weight_plan *g = &s->conv->wgrad;
    const struct winograd *w = &g->winograd;
    const struct sweep *f = &s->conv->forward;
    g->images = w->images;
    g->band = w->pass*WINOGRAD_STEP;
    long reals = g->images > 1 ? g->images*(long)s->in.image : (long)g->band*f->in_row;
    int lines = (int)(reals / (LINE_BYTES / (long)real_size(net))) + 1;
    int calls = ceil_div(f->ci, g->tile.nv*net->vl)*ceil_div(f->co, g->tile.mh);
    g->share = ceil_div(lines, calls*w->side_h*w->side_w);
}

/* The fewest lines a call with which a block's calls fetch all of the next place's maps; filters
** may begin anywhere in a line. */
static void fetch_place(const struct net *net, struct stage *s)
{
    struct winograd *w = &s->conv->wgrad.winograd;
    const struct tile *m = &s->conv->wgrad.tile;
    const int line = LINE_BYTES / (int)real_size(net);
    const int v = ceil_div(w->u_channels, line), g = ceil_div(w->u_filters, line) + 1;
    const int calls = w->u_channels / (m->nv*net->vl)*(w->u_filters / m->mh);
    for (w->map_lines = 1; w->map_lines < max_int(v, g); w->map_lines++)
        if (ceil_div(v, w->map_lines) + ceil_div(g, w->map_lines) <= calls)
            break;
    size_t places = (size_t)(w->side_h*w->side_w)*real_size(net);
    w->fetch_maps = places*(size_t)(w->v_xi + w->g_xi) > 2*WINOGRAD_BYTES && calls > 1;
    size_t blocks = (size_t)ceil_div(s->in.shape.c, w->u_channels)
                    *(size_t)ceil_div(s->conv->forward.co, w->u_filters);
    w->fetch_sums = blocks*(size_t)w->u_block*real_size(net) > WINOGRAD_BYTES;
}

void block_sums(const struct net *net, struct stage *s)
{
    struct winograd *w = &s->conv->wgrad.winograd;
    const struct tile *m = &s->conv->wgrad.tile;
    const int width = m->nv*net->vl;
    w->u_channels = max_int(1, SUMS_CHANNELS / width)*width;
    w->u_filters = shared_tiles(s->conv->forward.co, m->mh)*m->mh;
    w->u_xi = w->u_channels*w->u_filters + WINOGRAD_GAP;
    w->u_block = takes_group(net, w, w->pass, w->images)
                 ? 0 : round_up(w->side_h*w->side_w*w->u_xi, LANES);
    fetch_next(net, s);
    fetch_place(net, s);
}
