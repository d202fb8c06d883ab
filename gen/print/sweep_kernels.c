/*
** sweep_kernels.c - instantiates the templates of sweeps: the tiles and rows of every convolution,
** forward and to the data.
*/
#include "base/small.h"
#include "plan/block_tiles.h"
#include "print/dictionary.h"

/* What every tile of a sweep binds. */
static void bind_tile(struct bindings *b, int mw, int part, bool relu)
{
    bind_flag(b, "PARTIAL", part != 0);
    bind_size(b, "MW", mw);
    bind_size(b, "PART", part);
    bind_relu(b, relu);
    bind_pointwise(b, b->sweep->pointwise, true);
}

const char *conv_tile(struct emission *e, const struct sweep *f, const char *name, int mw, int nv,
                      int part, bool relu)
{
    struct bindings b = of_sweep(e, f);
    int vl = e->net->vl;
    const int run = taps_apart(f) ? f->ci : f->kw*f->ci;
    if (f->short_unroll && !e->net->small)
        b.most_lines = BRIEF_LINES;
    bind_flag(&b, "RUNS", f->tile.mh == 1 && is_run(e->net, mw, nv) && run % 2 == 0);
    bind_tile(&b, mw, part, relu);
    bind_size(&b, "NV", nv);
    bind_size(&b, "BLOCK", (long)nv*vl);
    return shared_kernel(&b, "conv/tile.c", name,
                         "%dx%d pixels by %d vectors of %d: %d of %d registers", f->tile.mh, mw,
                         nv, vl, f->tile.mh*mw*nv + nv + 1, e->net->isa->registers);
}

static const char *depth_tile(struct emission *e, const struct sweep *f, const char *name, int mw,
                              int nv, int part, bool relu)
{
    struct bindings b = of_sweep(e, f);
    bind_tile(&b, mw, part, relu);
    kernel(&b, "depth/tile.c", name, "%dx%d pixels of %d channels: %d of %d registers", f->tile.mh,
           mw, part ? part : nv*e->net->vl, f->tile.mh*mw + 1, e->net->isa->registers);
    return name;
}

/* The tiles that a sweep needs, for whoever runs rows through them: whole ones, of the columns
** left, of the last channels, of both. */
static void bind_tiles(struct bindings *b, bool relu)
{
    static const char *const words[] = { "TILE", "TILE_COLUMNS", "TILE_LAST",
                                         "TILE_LAST_COLUMNS" };
    static const char *const parts[] = { "tile", "tile_columns", "tile_last", "tile_corner" };
    struct emission *e = b->e;
    const struct sweep *f = b->sweep;
    int vl = e->net->vl, left = f->ow % f->tile.mw;
    int rest = f->recomputed ? f->tile.mw : left;    /* of an equal tile there is one */
    for (int k = 0; k < 4; k++) {
        bool columns = k % 2, last = k / 2;
        struct part_name name = sweep_part(b, "%s", parts[k]);
        int part = last && !f->whole_vectors ? f->last % vl : 0;
        int nv = last ? ceil_div(f->last, vl) : f->tile.nv;
        const char *called = name.text;
        if ((last ? f->last : f->blocks) && (!columns || left))
            called = (f->algorithm == BY_DEPTHWISE ? depth_tile : conv_tile)
                         (e, f, name.text, columns ? rest : f->tile.mw, nv, part, relu);
        bind_name(b, words[k], "%s", called);
    }
}

struct part_name whole_sweep(struct emission *e, const struct sweep *f, bool relu)
{
    struct bindings b = of_sweep(e, f);
    struct part_name rows = sweep_part(&b, "rows"), panels = sweep_part(&b, "panels");
    bind_tiles(&b, relu);
    if (f->algorithm == BY_DEPTHWISE) {
        kernel(&b, "depth/rows.c", rows.text, "%d channels, each by itself, %dx%d taps, rows of %d",
               f->co, f->kh, f->kw, f->ow);
        return rows;
    }
    bind_name(&b, "RUN_PANELS", "%s", panels.text);
    kernel(&b, "conv/rows.c", rows.text, "%d channels to %d, %dx%d taps, rows of %d", f->ci, f->co,
           f->kh, f->kw, f->ow);
    return rows;
}
