/*
** sweep_kernels.c - instantiates the templates of sweeps: the tiles and rows of every convolution,
** forward and to the data.
*/
#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/cost.h"
#include "print/emission.h"

void conv_tile(struct emission *e, const struct sweep *s, char name[SHARED_NAME], int mw, int nv,
               int part, bool relu)
{
    struct bindings b = { 0 };
    int pixels = s->tile.mh*mw;
    b.brief = s->short_unroll;
    bind_flag(&b, "BIAS", s->bias);
    bind_flag(&b, "SHALLOW", s->ci < CONV_SHALLOW && !taps_apart(s));
    bind_size(&b, "X_TAP", taps_apart(s) ? (long)s->dilation*s->in_pixel : 0);
    bind_flag(&b, "PARTIAL", part != 0);
    bind_size(&b, "KH", s->kh);
    bind_size(&b, "TAPS", taps_apart(s) ? s->kw : 1);
    bind_size(&b, "RUN", taps_apart(s) ? s->ci : (long)s->kw*s->ci);
    bind_size(&b, "MH", s->tile.mh);
    bind_size(&b, "MW", mw);
    bind_size(&b, "NV", nv);
    bind_size(&b, "BLOCK", (long)nv*e->net->vl);
    bind_size(&b, "X_ROW", (long)s->dilation*s->in_row);
    bind_size(&b, "X_DOWN", (long)s->step_y*s->in_row);
    bind_size(&b, "X_PIXEL", (long)s->step_x*s->in_pixel);
    bind_size(&b, "Y_ROW", s->out_row);
    bind_size(&b, "Y_PIXEL", s->out_pixel);
    bind_size(&b, "PART", part);
    bind_epilogue(&b, relu);
    if (s->pointwise)
        bind_pointwise(&b, s->pointwise, true);
    shared_kernel(e, "conv/tile.c", &b, name,
                  "%dx%d pixels by %d vectors of %d: %d of %d registers", s->tile.mh, mw, nv,
                  e->net->vl, pixels*nv + nv + 1, e->net->isa->registers);
}

void name_row_tiles(const struct emission *e, const struct sweep *s, struct row_tiles *t)
{
    sweep_part(e, s, t->whole, "tile");
    sweep_part(e, s, t->columns, "tile_columns");
    sweep_part(e, s, t->last, "tile_last");
    sweep_part(e, s, t->corner, "tile_corner");
}

void bind_rows(const struct emission *e, const struct sweep *s, const struct row_tiles *t,
               struct bindings *b)
{
    bind_sweep_part(b, "NAME", e, s, "rows");
    bind_name(b, "TILE", "%s", t->whole);
    bind_name(b, "TILE_COLUMNS", "%s", t->columns);
    bind_name(b, "TILE_LAST", "%s", t->last);
    bind_name(b, "TILE_LAST_COLUMNS", "%s", t->corner);
    bind_size(b, "OW", s->ow);
    bind_size(b, "MH", s->tile.mh);
    bind_size(b, "MW", s->tile.mw);
    bind_size(b, "CO", s->co);
    bind_size(b, "X_DOWN", (long)s->step_y*s->in_row);
    bind_size(b, "X_PIXEL", (long)s->step_x*s->in_pixel);
    bind_size(b, "Y_ROW", s->out_row);
    bind_size(b, "Y_PIXEL", s->out_pixel);
}

/* The tiles that a sweep needs, and the function that runs rows through them. */
static void sweep(struct emission *e, const struct sweep *s, bool relu)
{
    int vl = e->net->vl, left = s->ow % s->tile.mw;
    int last_nv = ceil_div(s->last, vl), part = s->whole_vectors ? 0 : s->last % vl;
    struct row_tiles tiles;
    name_row_tiles(e, s, &tiles);
    int rest = s->recomputed ? s->tile.mw : left;    /* of an equal tile there is one */
    if (s->blocks) {
        conv_tile(e, s, tiles.whole, s->tile.mw, s->tile.nv, 0, relu);
        if (left)
            conv_tile(e, s, tiles.columns, rest, s->tile.nv, 0, relu);
    }
    if (s->last) {
        conv_tile(e, s, tiles.last, s->tile.mw, last_nv, part, relu);
        if (left)
            conv_tile(e, s, tiles.corner, rest, last_nv, part, relu);
    }
    struct bindings b = { 0 };
    bind_rows(e, s, &tiles, &b);
    bind_size(&b, "AGAIN", s->recomputed);
    bind_size(&b, "BLOCK", (long)s->tile.nv*vl);
    bind_size(&b, "STEPS", (long)s->kh*s->kw*s->ci);
    kernel(e, "conv/rows.c", &b, "%d channels to %d, %dx%d taps, rows of %d", s->ci, s->co,
           s->kh, s->kw, s->ow);
}

void whole_sweep(struct emission *e, const struct sweep *s, bool relu,
                 char rows[SHARED_NAME])
{
    sweep_part(e, s, rows, s->groups > 1 ? "groups" : "rows");
    if (s->algorithm == BY_DEPTHWISE)
        depth_sweep(e, s, relu);
    else
        sweep(e, s, relu);
    if (s->groups == 1)
        return;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s", rows);
    bind_sweep_part(&b, "ROWS", e, s, "rows");
    bind_size(&b, "COUNT", s->groups);
    bind_size(&b, "CI", s->ci);
    bind_size(&b, "CO", s->co);
    bind_size(&b, "PACKED", (long)s->packed_size / s->groups);
    kernel(e, "conv/groups.c", &b, "%d groups of %d channels to %d", s->groups, s->ci, s->co);
}
