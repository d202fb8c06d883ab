/*
** depth_kernels.c - instantiates the templates of depthwise convolutions, where each channel
** has filters of its own and vectors run along the channels.
*/
#include "base/small.h"
#include "print/emission.h"

/* One tile; part: channels of its vector that exist, 0: all. */
static void tile(const struct emission *e, const struct sweep *s, const char *name, int mw,
                 int part, bool relu)
{
    struct bindings b = { 0 };
    int pixels = s->tile.mh*mw;
    bind_name(&b, "NAME", "%s", name);
    bind_flag(&b, "BIAS", s->bias);
    bind_flag(&b, "PARTIAL", part != 0);
    bind_size(&b, "KH", s->kh);
    bind_size(&b, "KW", s->kw);
    bind_size(&b, "MH", s->tile.mh);
    bind_size(&b, "MW", mw);
    bind_size(&b, "X_ROW", (long)s->dilation*s->in_row);
    bind_size(&b, "X_TAP", (long)s->dilation*s->in_pixel);
    bind_size(&b, "X_DOWN", (long)s->step_y*s->in_row);
    bind_size(&b, "X_PIXEL", (long)s->step_x*s->in_pixel);
    bind_size(&b, "Y_ROW", s->out_row);
    bind_size(&b, "Y_PIXEL", s->out_pixel);
    bind_size(&b, "PART", part);
    bind_epilogue(&b, relu);
    if (s->pointwise)
        bind_pointwise(&b, s->pointwise, true);
    kernel(e, "depth/tile.c", &b, "%dx%d pixels of %d channels: %d of %d registers", s->tile.mh,
           mw, part ? part : e->net->vl, pixels + 1, e->net->isa->registers);
}

void depth_sweep(const struct emission *e, const struct sweep *s, bool relu)
{
    int left = s->ow % s->tile.mw, part = s->whole_vectors ? 0 : s->last % e->net->vl;
    struct row_tiles tiles;
    name_row_tiles(e, s, &tiles);
    if (s->blocks) {
        tile(e, s, tiles.whole, s->tile.mw, 0, relu);
        if (left)
            tile(e, s, tiles.columns, left, 0, relu);
    }
    if (s->last) {
        tile(e, s, tiles.last, s->tile.mw, part, relu);
        if (left)
            tile(e, s, tiles.corner, left, part, relu);
    }
    struct bindings b = { 0 };
    bind_rows(e, s, &tiles, &b);
    bind_size(&b, "TAPS", (long)s->kh*s->kw);
    kernel(e, "depth/rows.c", &b, "%d channels, each by itself, %dx%d taps, rows of %d", s->co,
           s->kh, s->kw, s->ow);
}

void depth_repeat(const struct emission *e, const struct stage *s)
{
    int channels = s->in.shape.c;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "repeat");
    bind_size(&b, "COUNT", (long)s->conv->repeated.columns*channels);
    bind_size(&b, "X_ROW", (long)s->in.row);
    bind_size(&b, "TIMES", s->conv->multiplier);
    kernel(e, "depth/repeat.c", &b, "%s: its %d input channels, each %d times", s->name, channels,
           s->conv->multiplier);
}

void bind_repeat(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_part(b, "WIDEN", e, s, "repeat");
    bind_flag(b, "REPEAT", s->conv->multiplier > 1);
    if (s->conv->multiplier > 1)
        bind_size(b, "WIDE", arena_at(e, s->at[AT_REPEATED]));
}

void depth_weight_gradient(struct emission *e, const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    const struct tile m = s->conv->wgrad.tile;
    const int padded = round_up(f->co, LANES);
    if (!s->needs_dx)       /* else it was printed with the data gradient */
        conv_expand(e, s);
    struct bindings t = { 0 }, b = { 0 };
    bind_part(&t, "NAME", e, s, "wgrad_tile");
    bind_size(&t, "H", s->conv->mid.h);
    bind_size(&t, "W", s->conv->mid.w);
    bind_size(&t, "KW", f->kw);
    bind_size(&t, "MH", s->conv->wgrad.tile.mh);
    bind_size(&t, "MW", s->conv->wgrad.tile.mw);
    bind_size(&t, "X_ROW", (long)f->dilation*f->in_row);
    bind_size(&t, "X_TAP", (long)f->dilation*f->in_pixel);
    bind_size(&t, "X_DOWN", (long)f->step_y*f->in_row);
    bind_size(&t, "X_PIXEL", (long)f->step_x*f->in_pixel);
    bind_size(&t, "G_ROW", (long)s->conv->expanded.row);
    bind_size(&t, "G_PIXEL", f->co);
    bind_size(&t, "PADDED", padded);
    kernel(e, "depth/wgrad_tile.c", &t, "%dx%d taps of %d channels: %d of %d registers",
           m.mh, m.mw, e->net->vl, m.mh*m.mw + 1, e->net->isa->registers);
    bind_part(&b, "NAME", e, s, "weights");
    bind_part(&b, "EXPAND", e, s, "expand");
    bind_part(&b, "TILE", e, s, "wgrad_tile");
    bind_repeat(e, s, &b);
    if (s->conv->multiplier > 1)
        bind_size(&b, "WIDE_ROWS", s->conv->repeated.rows);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->conv->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_ROW", (long)f->dilation*f->in_row);
    bind_size(&b, "X_TAP", (long)f->dilation*f->in_pixel);
    bind_group_gradient(e, s, &b);
    bind_size(&b, "H", s->conv->mid.h);
    bind_size(&b, "W", s->conv->mid.w);
    bind_size(&b, "CO", f->co);
    bind_size(&b, "PADDED", padded);
    bind_size(&b, "KH", f->kh);
    bind_size(&b, "KW", f->kw);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "MH", s->conv->wgrad.tile.mh);
    bind_size(&b, "MW", s->conv->wgrad.tile.mw);
    bind_size(&b, "G_ROW", (long)s->conv->expanded.row);
    bind_scratch(e, &b);
    bind_size(&b, "EXPANDED", arena_at(e, s->at[AT_EXPANDED]));
    bind_size(&b, "EXPANDED_AT", (long)s->conv->expanded.origin);
    bind_size(&b, "SUMS", arena_at(e, s->at[AT_SUMS]));
    kernel(e, "depth/wgrad.c", &b, "%s weight gradient: %.1f MFLOP an image", s->name,
           s->flop_wgrad / 1e6);
}
