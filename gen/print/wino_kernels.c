/*
** wino_kernels.c - instantiates the templates of convolutions by Winograd's minimal
** filtering.
*/
#include <stdio.h>
#include <string.h>

#include "base/small.h"
#include "plan/algorithm.h"
#include "plan/sweeps.h"
#include "print/dictionary.h"

/* The sizes of a map's tiles: whole ones, the smaller ones of the last column, of the last row, of
** both. */
static const struct { const char *word, *suffix; bool last_row, last_column; } tile_kinds[] = {
    { "TILE", "", false, false }, { "TILE_COLUMNS", "_columns", false, true },
    { "TILE_ROWS", "_rows", true, false }, { "TILE_ROWS_COLUMNS", "_both", true, true },
};

/* Of a side of so many outputs: those of a whole tile, or of the last one; 0: there is none. */
static int tile_side(int outputs, bool last)
{
    return last ? outputs % WINOGRAD_STEP : outputs < WINOGRAD_STEP ? 0 : WINOGRAD_STEP;
}

/* Binds what is to do one tile of each size, an instance of `file`; one: what that asks for and the
** dictionary does not say. */
static void bind_tiles(struct bindings *b, const struct winograd *w, const struct bindings *one,
                       const char *file, const char *transform, const char *name)
{
    for (size_t k = 0; k < sizeof tile_kinds / sizeof *tile_kinds; k++) {
        const int h = tile_side(w->h, tile_kinds[k].last_row);
        const int c = tile_side(w->w, tile_kinds[k].last_column);
        struct bindings tile = *one;
        struct part_name function;
        if (!h || !c) {
            bind_name(b, tile_kinds[k].word, "none");
            continue;
        }
        snprintf(function.text, sizeof function.text, "%s_tile%s", name, tile_kinds[k].suffix);
        bind_name(&tile, "TRANSFORM_ACROSS", "v_%s%d", transform, c);
        bind_name(&tile, "TRANSFORM_DOWN", "v_%s%d", transform, h);
        if (strcmp(transform, "input")) {
            bind_size(&tile, "TILE_H", h);
            bind_size(&tile, "TILE_W", c);
        }
        bind_size(&tile, "WINDOW_H", h + 2);
        bind_size(&tile, "WINDOW_W", c + 2);
        bind_name(b, tile_kinds[k].word, "%s",
                  shared_kernel(&tile, file, function.text, "a tile of %dx%d outputs", h, c));
    }
}

/* b knows the plan of w: a sweep's, or the weight gradient's. */
static const char *input(struct bindings b, const struct winograd *w, const char *name,
                         int channels)
{
    const struct bindings one = b;
    bind_tiles(&b, w, &one, "wino/input_tile.c", "input", name);
    return shared_kernel(&b, "wino/input.c", name, "rows of %d tiles, %d channels", w->columns,
                         channels);
}

/* In the following, panel: "" or "_last", the narrower one, of nv vectors. */

static const char *products(struct emission *e, const struct sweep *f, const char *panel, int nv)
{
    struct bindings b = of_sweep(e, f);
    const int places = f->winograd.side_h*f->winograd.side_w, width = nv*e->net->vl;
    const struct sweep one = winograd_products(f, width);
    bind_name(&b, "TILE", "%s", conv_tile(e, &one, sweep_part(&b, "tile%s", panel).text,
                                          f->tile.mw, nv, 0, false));
    bind_size(&b, "BLOCK", width);
    return shared_kernel(&b, "wino/products.c", sweep_part(&b, "products%s", panel).text,
                         "%d places, %d channels to %d", places, f->ci, width);
}

static const char *outputs(struct emission *e, const struct sweep *f, const char *panel,
                           int channels, int nv)
{
    struct bindings b = of_sweep(e, f), one = b;
    struct part_name name = sweep_part(&b, "output%s", panel);
    bind_relu(&one, e->stage->relu != NO_LAYER && !f->flipped);
    bind_pointwise(&one, f->pointwise, true);
    bind_size(&one, "BLOCK", (long)nv*e->net->vl);
    bind_size(&one, "CHANNELS", channels);
    bind_tiles(&b, &f->winograd, &one, "wino/output_tile.c", "output", name.text);
    return shared_kernel(&b, "wino/output.c", name.text, "rows of tiles, %d channels", channels);
}

/* All that a pass calls, and the pass. */
static const char *pass(struct emission *e, const struct sweep *f)
{
    static const char *const words[2][2] = { { "PRODUCTS", "STORE" },
                                             { "PRODUCTS_LAST", "STORE_LAST" } };
    const struct winograd *w = &f->winograd;
    struct bindings b = of_sweep(e, f);
    for (int k = 0; k < 2; k++) {
        const char *panel = k ? "_last" : "";
        int nv = k ? ceil_div(f->last, e->net->vl) : f->tile.nv;
        bool there = k ? f->last : f->blocks;
        bind_name(&b, words[k][0], "%s", there ? products(e, f, panel, nv) : "none");
        bind_name(&b, words[k][1], "%s", there
                  ? outputs(e, f, panel, k ? f->last : nv*e->net->vl, nv) : "none");
    }
    return shared_kernel(&b, "wino/pass.c", sweep_part(&b, "pass").text,
                         "%d rows of %d tiles of %d image%s", w->pass, w->columns, w->images,
                         w->images > 1 ? "s" : "");
}

/* A region that runs a sweep's passes. */
static struct bindings of_passes(struct emission *e, const struct sweep *f)
{
    struct bindings b = of_sweep(e, f);
    bind_name(&b, "INPUT", "%s", input(b, &f->winograd, sweep_part(&b, "input").text, f->ci));
    bind_name(&b, "RUN_PASS", "%s", pass(e, f));
    return b;
}

void winograd_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *f = &s->conv->forward;
    struct shape o = s->out.shape;
    const char *gather = gatherer(e, s);
    struct bindings b = of_passes(e, f);
    bind_name(&b, "GATHER", "%s", gather);
    kernel(&b, "wino/fwd.c", part(&b, "fwd").text,
           "%s forward: %dx%dx%d -> %dx%dx%d, %s%s%s, %.1f MFLOP an image if direct, tile %dx%d",
           s->name, l->in.h, l->in.w, l->in.c, o.h, o.w, o.c,
           algorithm_word(f->algorithm, &f->winograd), s->relu == NO_LAYER ? "" : " + relu",
           s->pool == NO_LAYER ? "" : " + max-pool", s->flop_forward / 1e6, f->tile.mw,
           f->tile.nv);
}

struct part_name winograd_rows(struct emission *e, const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    struct bindings b = of_passes(e, f);
    struct part_name name = sweep_part(&b, "rows");
    kernel(&b, "wino/rows.c", name.text, "%s: rows of %d tiles, %s", s->name,
           f->winograd.columns, algorithm_word(f->algorithm, &f->winograd));
    return name;
}

void winograd_data_gradient(struct emission *e, const struct stage *s)
{
    const struct sweep *d = &s->conv->dgrad[0];
    conv_expand(e, s);
    struct bindings b = of_passes(e, d);
    bind_sums(&b);
    kernel(&b, "wino/dgrad.c", part(&b, "data").text,
           "%s data gradient: %s, %.1f MFLOP an image if direct", s->name,
           algorithm_word(d->algorithm, &d->winograd), s->flop_dgrad / 1e6);
}

static const char *gradient(struct emission *e, const struct stage *s)
{
    const struct winograd *w = &s->conv->wgrad.winograd;
    struct bindings b = of_stage(e, s);
    struct bindings one = b;
    struct part_name name = part(&b, "wgrad_gradient");
    bind_through(&one);
    bind_tiles(&b, w, &one, "wino/gradient_tile.c", "gradient", name.text);
    return shared_kernel(&b, "wino/gradient.c", name.text, "output gradients, rows of %d tiles",
                         w->columns);
}

static const char *weight_tile(struct emission *e, const struct stage *s)
{
    const struct tile m = s->conv->wgrad.tile;
    struct bindings b = of_stage(e, s);
    return shared_kernel(&b, "wino/wgrad_tile.c", part(&b, "wgrad_tile").text,
                         "%d filters by %d vectors of %d: %d of %d registers", m.mh, m.nv,
                         e->net->vl, m.mh*m.nv + m.nv + 1, e->net->isa->registers);
}

static const char *weight_block(struct emission *e, const struct stage *s)
{
    const struct winograd *w = &s->conv->wgrad.winograd;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "TILE", "%s", weight_tile(e, s));
    return shared_kernel(&b, "wino/wgrad_block.c", part(&b, "wgrad_block").text,
                         "sums of %d filters by %d channels", w->u_filters, w->u_channels);
}

static const char *filter(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "TRANSFORM_ACROSS", "v_filter%d", s->conv->wgrad.winograd.side_w - 2);
    bind_name(&b, "TRANSFORM_DOWN", "v_filter%d", s->conv->wgrad.winograd.side_h - 2);
    return shared_kernel(&b, "wino/filter.c", part(&b, "wgrad_filter").text,
                         "a filter's gradient");
}

void winograd_weight_gradient(struct emission *e, const struct stage *s)
{
    const struct winograd *w = &s->conv->wgrad.winograd;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "INPUT", "%s", input(b, w, part(&b, "wgrad_input").text, s->in.shape.c));
    bind_name(&b, "PUT_GRADIENT", "%s", gradient(e, s));
    bind_name(&b, "ADD_BLOCK", "%s", weight_block(e, s));
    bind_name(&b, "PUT_FILTER", "%s", filter(e, s));
    kernel(&b, "wino/wgrad.c", part(&b, "weights").text,
           "%s weight gradient: %s, %.1f MFLOP an image if direct", s->name,
           algorithm_word(s->conv->wgrad.algorithm, w), s->flop_wgrad / 1e6);
}

const char *winograd_pack(struct emission *e, const struct sweep *f, const char *name)
{
    struct bindings b = of_sweep(e, f);
    bind_name(&b, "TRANSFORM_ACROSS", "v_taps%d", f->winograd.side_w - 2);
    bind_name(&b, "TRANSFORM_DOWN", "v_taps%d", f->winograd.side_h - 2);
    bind_size(&b, "CI", e->net->layer[e->stage->head].in.c);
    return shared_kernel(&b, "wino/pack.c", name, "transformed filters in panels of %d channels",
                         f->tile.nv*e->net->vl);
}
