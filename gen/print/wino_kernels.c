/*
** wino_kernels.c - instantiates the templates of convolutions by Winograd's minimal
** filtering.
*/
#include <stdio.h>

#include "base/small.h"
#include "plan/sweeps.h"
#include "print/dictionary.h"

/* b knows the plan of w: a sweep's, or the weight gradient's. */
static const char *transform(struct bindings b, const struct winograd *w, const char *name,
                             int channels)
{
    bind_name(&b, "TRANSFORM", "v_input%d", w->step);
    return shared_kernel(&b, "wino/input.c", name, "a row of %d tiles of %dx%d, %d channels",
                         w->columns, w->side, w->side, channels);
}

/* In the following, panel: "" or "_last", the narrower one, of nv vectors. */

static const char *products(struct emission *e, const struct sweep *f, const char *panel, int nv)
{
    struct bindings b = of_sweep(e, f);
    const int places = f->winograd.side*f->winograd.side, width = nv*e->net->vl;
    const struct sweep one = winograd_products(f, width);
    bind_name(&b, "TILE", "%s", conv_tile(e, &one, sweep_part(&b, "tile%s", panel).text,
                                          f->tile.mw, nv, 0, false));
    bind_size(&b, "BLOCK", width);
    return shared_kernel(&b, "wino/products.c", sweep_part(&b, "products%s", panel).text,
                         "%d places, %d channels to %d", places, f->ci, width);
}

static const char *output(struct emission *e, const struct sweep *f, const char *panel, int part)
{
    struct bindings b = of_sweep(e, f);
    bind_name(&b, "TRANSFORM", "v_output%d", f->winograd.step);
    bind_flag(&b, "PARTIAL", part != 0);
    bind_size(&b, "PART", part);
    bind_relu(&b, e->stage->relu != NO_LAYER && !f->flipped);
    bind_pointwise(&b, f->pointwise, true);
    return shared_kernel(&b, "wino/output.c",
                         sweep_part(&b, "output%s%s", panel, part ? "_part" : "").text,
                         "%dx%d outputs of a tile, one vector of channels", f->winograd.step,
                         f->winograd.step);
}

static const char *outputs(struct emission *e, const struct sweep *f, const char *panel,
                           int channels, int nv)
{
    struct bindings b = of_sweep(e, f);
    int vl = e->net->vl, part = channels % vl;
    bind_name(&b, "TILE", "%s", channels < vl ? "none" : output(e, f, panel, 0));
    bind_name(&b, "TILE_LAST", "%s", part ? output(e, f, panel, part) : "none");
    bind_size(&b, "BLOCK", (long)nv*vl);
    bind_size(&b, "CHANNELS", channels);
    return shared_kernel(&b, "wino/outputs.c", sweep_part(&b, "outputs%s", panel).text,
                         "a row of tiles, %d channels", channels);
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
    bind_name(&b, "INPUT", "%s", transform(b, &f->winograd, sweep_part(&b, "input").text, f->ci));
    bind_name(&b, "RUN_PASS", "%s", pass(e, f));
    return b;
}

void winograd_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *f = &s->conv->forward;
    const struct winograd *w = &f->winograd;
    struct shape o = s->out.shape;
    const char *gather = gatherer(e, s);
    struct bindings b = of_passes(e, f);
    bind_name(&b, "GATHER", "%s", gather);
    kernel(&b, "wino/fwd.c", part(&b, "fwd").text,
           "%s forward: %dx%dx%d -> %dx%dx%d, F(%dx%d, 3x3)%s%s, "
           "%.1f MFLOP an image if direct, tile %dx%d", s->name, l->in.h, l->in.w, l->in.c, o.h,
           o.w, o.c, w->step, w->step, s->relu == NO_LAYER ? "" : " + relu",
           s->pool == NO_LAYER ? "" : " + max-pool", s->flop_forward / 1e6, f->tile.mw,
           f->tile.nv);
}

void winograd_data_gradient(struct emission *e, const struct stage *s)
{
    const struct sweep *d = &s->conv->dgrad[0];
    conv_expand(e, s);
    struct bindings b = of_passes(e, d);
    kernel(&b, "wino/dgrad.c", part(&b, "data").text,
           "%s data gradient: F(%dx%d, 3x3), %.1f MFLOP an image if direct", s->name,
           d->winograd.step, d->winograd.step, s->flop_dgrad / 1e6);
}

static const char *gradient(struct emission *e, const struct stage *s)
{
    const struct winograd *w = &s->conv->wgrad.winograd;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "TRANSFORM", "v_gradient%d", w->step);
    return shared_kernel(&b, "wino/gradient.c", part(&b, "wgrad_gradient").text,
                         "output gradients of a row of %d tiles", w->columns);
}

static const char *weight_tile(struct emission *e, const struct stage *s)
{
    const struct tile m = s->conv->wgrad.tile;
    struct bindings b = of_stage(e, s);
    return shared_kernel(&b, "wino/wgrad_tile.c", part(&b, "wgrad_tile").text,
                         "%d filters by %d vectors of %d: %d of %d registers", m.mh, m.nv,
                         e->net->vl, m.mh*m.nv + m.nv + 1, e->net->isa->registers);
}

static const char *filter(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "TRANSFORM", "v_filter%d", s->conv->wgrad.winograd.step);
    return shared_kernel(&b, "wino/filter.c", part(&b, "wgrad_filter").text,
                         "a filter's gradient");
}

void winograd_weight_gradient(struct emission *e, const struct stage *s)
{
    const struct winograd *w = &s->conv->wgrad.winograd;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "INPUT", "%s", transform(b, w, part(&b, "wgrad_input").text, s->in.shape.c));
    bind_name(&b, "PUT_GRADIENT", "%s", gradient(e, s));
    bind_name(&b, "TILE", "%s", weight_tile(e, s));
    bind_name(&b, "PUT_FILTER", "%s", filter(e, s));
    kernel(&b, "wino/wgrad.c", part(&b, "weights").text,
           "%s weight gradient: F(%dx%d, 3x3), %.1f MFLOP an image if direct", s->name, w->step,
           w->step, s->flop_wgrad / 1e6);
}

const char *winograd_pack(struct emission *e, const struct sweep *f, const char *name)
{
    struct bindings b = of_sweep(e, f);
    bind_name(&b, "TRANSFORM", "v_taps%d", f->winograd.step);
    bind_size(&b, "CI", e->net->layer[e->stage->head].in.c);
    return shared_kernel(&b, "wino/pack.c", name, "transformed filters in panels of %d channels",
                         f->tile.nv*e->net->vl);
}
