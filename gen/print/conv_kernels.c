/*
** conv_kernels.c - instantiates the templates of convolution stages.
*/
#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/through.h"
#include "print/arena.h"
#include "print/dictionary.h"
#include "read/layers.h"

/* ---- the stage's regions ---- */

const char *gatherer(struct emission *e, const struct stage *s)
{
    const int norm = s->conv->gathers;
    return norm == NO_STAGE ? "none"
           : norm_gather(e, &e->net->stage[norm], &s->out, s->conv->forward.band);
}

/* Rows of the pool after it, from a band of its own. */
struct part_name conv_pooled(struct emission *e, const struct stage *s, const char *rows)
{
    const struct sweep *f = &s->conv->forward;
    struct bindings b = of_stage(e, s);
    struct part_name pooled = part(&b, "pooled");
    pool_row(e, s, f->out_row, f->out_pixel);
    bind_name(&b, "RUN_ROWS", "%s", rows);
    kernel(&b, "conv/pooled.c", pooled.text, "%s: rows of %dx%d of the max-pool after it", s->name,
           s->out.shape.w, s->out.shape.c);
    return pooled;
}

void conv_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *f = &s->conv->forward;
    struct bindings b = of_stage(e, s);
    const struct part_name rows = whole_sweep(e, f, s->relu_first);
    bind_name(&b, "RUN_ROWS", "%s", rows.text);
    if (s->conv->multiplier > 1)
        depth_repeat(e, s);
    bind_name(&b, "RUN_POOLED", "%s",
              s->pool == NO_LAYER ? "none" : conv_pooled(e, s, rows.text).text);
    bind_name(&b, "GATHER", "%s", gatherer(e, s));
    kernel(&b, "conv/fwd.c", part(&b, "fwd").text,
           "%s forward: %dx%dx%d -> %dx%dx%d, %dx%d%s%s%s%s, %.1f MFLOP an image, tile %dx%dx%d",
           s->name, l->in.h, l->in.w, l->in.c, s->out.shape.h, s->out.shape.w, s->out.shape.c,
           l->kh, l->kw, s->relu == NO_LAYER ? "" : " + relu", f->pointwise ? " + " : "",
           f->pointwise ? layer_def(f->pointwise->kind)->word : "",
           s->pool == NO_LAYER ? "" : " + max-pool", s->flop_forward / 1e6, f->tile.mh, f->tile.mw,
           f->tile.nv);
}

/* Un-pools a map of this shape. */
static void expand(struct bindings *b, const char *name, struct shape o)
{
    kernel(b, "conv/expand.c", name, "%s: its output gradient, %dx%dx%d, un-pooled and masked",
           b->stage->name, o.h, o.w, o.c);
}

void conv_expand(struct emission *e, const struct stage *s)
{
    const struct shape o = gradient_of(e->net, s)->out.shape;
    struct bindings b = of_stage(e, s);
    bind_through(&b);
    bind_size(&b, "OH", o.h);
    bind_size(&b, "OW", o.w);
    expand(&b, part(&b, "expand").text, o);
}

/* Some rows at a time for a weight gradient, window by window, as the lists of conv/wgrad.c have
** them; without a pool rows as they are. */
static void expand_windows(struct emission *e, const struct stage *s)
{
    const struct layer *pool = layer_at(e->net, s->pool);
    struct shape o = s->out.shape, of = { .c = o.c, .h = s->conv->wgrad.band, .w = o.w };
    int ph = pool ? pool->kh : 1, pw = pool ? pool->kw : 1;
    struct bindings b = of_stage(e, s);
    const bool through = s->conv->through != NO_STAGE;  /* what differs from channel to channel */
    if (!pool && !through)
        of = (struct shape){ .c = o.w*o.c, .h = s->conv->wgrad.band, .w = 1 };
    bind_through(&b);
    bind_size(&b, "OH", of.h);
    bind_size(&b, "OW", of.w);
    bind_size(&b, "C", of.c);
    bind_size(&b, "Y_PIXEL", of.c);
    bind_size(&b, "STEP_Y", ph*of.w);
    bind_size(&b, "STEP_X", ph*pw);
    bind_size(&b, "OUT_ROW", (long)pw*of.c);
    expand(&b, part(&b, "weights_expand").text, of);
}

void conv_data_gradient(struct emission *e, const struct stage *s)
{
    struct text phases = { 0 };
    struct bindings b = of_stage(e, s);
    conv_expand(e, s);
    bind_sums(&b);
    for (int k = 0; k < s->conv->ndgrad; k++) {
        const struct sweep *d = &s->conv->dgrad[k];
        struct bindings p = of_sweep(e, d);
        struct part_name phase = sweep_part(&p, "phase");
        bind_name(&p, "RUN_ROWS", "%s", whole_sweep(e, d, false).text);
        kernel(&p, "conv/phase.c", phase.text, "%s: taps from (%d, %d) by (%d, %d)", s->name,
               d->tap_y, d->tap_x, d->tap_step_y, d->tap_step_x);
        text_printf(&phases, "    %s(s->arena, map, dx, dy + DY_IMAGE, y + Y_IMAGE);\n",
                    phase.text);
    }
    bind_here(&b, "phases", text_string(&phases));
    kernel(&b, "conv/dgrad.c", part(&b, "data").text, "%s data gradient: %.1f MFLOP an image",
           s->name, s->flop_dgrad / 1e6);
    text_free(&phases);
}

static void conv_lists(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head], *pool = layer_at(e->net, s->pool);
    const long down = l->stride*(long)s->in.row, across = (long)l->stride_w*l->in.c;
    struct bindings b = of_stage(e, s);
    bind_size(&b, "WINDOW_DOWN", (pool ? pool->stride : 1)*down);
    bind_size(&b, "WINDOW_ACROSS", (pool ? pool->stride_w : 1)*across);
    if (pool) {
        bind_size(&b, "IN_WINDOW_DOWN", down);
        bind_size(&b, "IN_WINDOW_ACROSS", across);
    }
    kernel(&b, "conv/lists.c", part(&b, "lists").text, "%s: nonzero output gradients by filter",
           s->name);
}

static const char *wgrad_tile(struct emission *e, const struct stage *s, const char *suffix,
                              int mh, int nv)
{
    struct bindings b = of_stage(e, s);
    bind_size(&b, "MH", mh);
    bind_size(&b, "NV", nv);
    return shared_kernel(&b, "conv/wgrad_tile.c", part(&b, "wgrad_tile%s", suffix).text,
                         "%d filter rows by %d vectors of %d: %d of %d registers", mh, nv,
                         e->net->vl, mh*nv + 1, e->net->isa->registers);
}

/* Taps that lie apart: all that one filter's list is handed to. */
static void wgrad_taps(struct emission *e, const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    const struct tile t = s->conv->wgrad.tile;
    int vl = e->net->vl, block = t.nv*vl, last = f->ci % block;
    struct bindings b = of_sweep(e, f);
    bind_size(&b, "MH", t.mh);
    bind_size(&b, "MW", t.mw);
    for (int k = 0; k < 2; k++) {
        struct bindings one = b;
        int nv = k ? ceil_div(last, vl) : t.nv;
        if (k ? !last : f->ci < block)
            continue;
        bind_flag(&one, "PARTIAL", k && last % vl != 0);
        bind_size(&one, "NV", nv);
        bind_size(&one, "PART", k ? last % vl : 0);
        kernel(&one, "conv/taps_tile.c", part(&b, "taps_tile%s", k ? "_last" : "").text,
               "%dx%d taps by %d vectors of %d: %d of %d registers", t.mh, t.mw, nv, vl,
               t.mh*t.mw*nv + 1, e->net->isa->registers);
    }
    bind_part(&b, "TILE", "taps_tile");
    bind_part(&b, "TILE_LAST", "taps_tile_last");
    bind_size(&b, "BLOCK", block);
    kernel(&b, "conv/taps.c", part(&b, "taps").text, "%s: one filter of %dx%dx%d", s->name, f->kh,
           f->kw, f->ci);
}

/* Taps of a row that are one run: the tiles of filter rows, whole, columns, rows, corner left. */
static void bind_wgrad_tiles(struct bindings *b)
{
    static const char *const words[] = { "TILE", "TILE_COLUMNS", "TILE_ROWS", "TILE_ROWS_COLUMNS" };
    static const char *const suffix[] = { "", "_columns", "_rows", "_corner" };
    const struct stage *s = b->stage;
    const struct tile t = s->conv->wgrad.tile;
    const struct layer *l = &b->e->net->layer[s->head];
    int vectors = ceil_div(l->kw*l->in.c, b->e->net->vl);
    int rows = l->kh % t.mh, columns = vectors % t.nv;
    for (int k = 0; k < 4; k++) {
        bool none = taps_apart(&s->conv->forward) || (k / 2 && !rows) || (k % 2 && !columns);
        bind_name(b, words[k], "%s", none ? "none" : wgrad_tile(b->e, s, suffix[k],
                  k / 2 ? rows : t.mh, k % 2 ? columns : t.nv));
    }
}

void conv_weight_gradient(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    conv_lists(e, s);
    if (taps_apart(&s->conv->forward))
        wgrad_taps(e, s);
    bind_wgrad_tiles(&b);
    kernel(&b, "conv/wgrad.c", part(&b, "weights").text,
           "%s weight gradient: %.1f MFLOP an image if all were nonzero", s->name,
           s->flop_wgrad / 1e6);
}

/* A tile of a dense weight gradient, mh filters by nv vectors. */
static const char *dense_tile(struct emission *e, const struct stage *s, const char *suffix,
                              int mh, int nv)
{
    const struct weight_plan *g = &s->conv->wgrad;
    struct bindings b = of_sweep(e, &s->conv->forward);
    const int vl = e->net->vl;
    bind_size(&b, "MH", mh);
    bind_size(&b, "NV", nv);
    bind_size(&b, "IMAGES", g->images);
    if (g->copied) {
        bind_size(&b, "X_PIXEL", (long)nv*vl);
        bind_size(&b, "X_DOWN", (long)s->out.shape.w*nv*vl);
        bind_size(&b, "X_IMAGE", (long)g->band*s->out.shape.w*nv*vl);
    }
    bind_size(&b, "G_PIXEL", g->g_pixel);
    return shared_kernel(&b, "conv/dense_tile.c", part(&b, "wgrad_tile%s", suffix).text,
                         "%d filters by %d vectors of %d: %d of %d registers", mh, nv, vl,
                         mh*nv + nv + 1, e->net->isa->registers);
}

void conv_dense_gradient(struct emission *e, const struct stage *s)
{
    static const char *const words[] = { "TILE", "TILE_COLUMNS", "TILE_ROWS", "TILE_COLUMNS_ROWS" };
    static const char *const suffix[] = { "", "_columns", "_rows", "_corner" };
    const struct sweep *f = &s->conv->forward;
    const struct weight_plan *g = &s->conv->wgrad;
    const int co = s->out.shape.c, rows = f->co % g->tile.mh, columns = g->vectors % g->tile.nv;
    struct bindings b = of_sweep(e, f);
    for (int k = 0; k < 4; k++) {
        bool none = (k / 2 && !rows) || (k % 2 && !columns);
        bind_name(&b, words[k], "%s", none ? "none" : dense_tile(e, s, suffix[k],
                  k / 2 ? rows : g->tile.mh, k % 2 ? columns : g->tile.nv));
    }
    bind_size(&b, "CO", co);
    bind_size(&b, "MH", g->tile.mh);
    bind_size(&b, "NV", g->tile.nv);
    bind_size(&b, "IMAGES", g->images);
    bind_size(&b, "G_PIXEL", g->g_pixel);
    kernel(&b, "conv/dense.c", part(&b, "weights").text, "%s weight gradient: %.1f MFLOP an image",
           s->name, s->flop_wgrad / 1e6);
}

/* What ends a gradient whose vectors run along the filters. */
static void bind_filters(struct emission *e, const struct stage *s, struct bindings *b)
{
    struct bindings f = of_stage(e, s);
    bind_name(b, "TO_FILTERS", "%s",
              shared_kernel(&f, "conv/narrow_filters.c", part(b, "weights_filters").text,
                            "%d filters", (int)s->out.shape.c));
}

void conv_narrow_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct weight_plan *g = &s->conv->wgrad;
    bool direct = s->relu == NO_LAYER && s->pool == NO_LAYER && g->filters == l->filters
                  && s->conv->through == NO_STAGE
                  && s->dy_row == (size_t)s->out.shape.w*(size_t)l->filters;
    if (!direct)
        expand_windows(e, s);
    struct bindings t = of_stage(e, s), b = of_stage(e, s);
    bind_name(&b, "TILE", "%s",
              shared_kernel(&t, "conv/narrow_tile.c", part(&b, "wgrad_tile").text,
                            "%d taps by %d vectors of %d filters: %d of %d registers", g->tile.mw,
                            g->tile.nv, e->net->vl, g->tile.mw*g->tile.nv + g->tile.nv + 1,
                            e->net->isa->registers));
    bind_part(&b, "EXPAND", "weights_expand");
    bind_filters(e, s, &b);
    bind_flag(&b, "DIRECT", direct);
    kernel(&b, "conv/narrow.c", part(&b, "weights").text, "%s weight gradient: %.1f MFLOP an image",
           s->name, s->flop_wgrad / 1e6);
}

void conv_picked_gradient(struct emission *e, const struct stage *s)
{
    const struct tile g = s->conv->wgrad.tile;
    struct bindings t = of_stage(e, s), b = of_stage(e, s);
    bind_name(&b, "TILE", "%s",
              shared_kernel(&t, "conv/picked_tile.c", part(&b, "wgrad_tile").text,
                            "%d taps by %d vectors of %d filters: %d of %d registers", g.mw, g.nv,
                            e->net->vl, g.mw*g.nv + 2*g.nv + 2, e->net->isa->registers));
    bind_filters(e, s, &b);
    kernel(&b, "conv/picked.c", part(&b, "weights").text, "%s weight gradient: %.1f MFLOP an image",
           s->name, s->flop_wgrad / 1e6);
}

/* ---- parameters ---- */

static const char *plain_pack(struct emission *e, const struct sweep *f, const char *name)
{
    const struct layer *l = &e->net->layer[e->stage->head];
    struct bindings b = of_sweep(e, f);
    bind_size(&b, "CI", l->in.c / l->groups);
    bind_size(&b, "CO", f->algorithm == BY_DEPTHWISE ? 1 : l->filters / l->groups);
    return shared_kernel(&b, "conv/pack.c", name, "panels of %d channels", f->tile.nv*e->net->vl);
}

/* calls: what packs n filters from `first` on, which lie at filters, is added to it. */
static void pack(struct emission *e, const struct sweep *f, struct text *calls)
{
    const struct layer *l = &e->net->layer[e->stage->head];
    int vl = e->net->vl, filters = l->filters / l->groups;
    struct bindings b = of_sweep(e, f);
    struct part_name own = sweep_part(&b, "pack");
    struct part_name at = arena_place(e->net, e->prefix, e->stage->at[AT_PACKED],
                                      (long)f->packed_at);
    const char *name = (f->algorithm == BY_WINOGRAD ? winograd_pack
                        : f->algorithm == BY_SCATTER ? scatter_pack : plain_pack)(e, f, own.text);
    if (f->algorithm == BY_WINOGRAD) {
        text_printf(calls, "    %s(filters, arena + %s, first, n);\n", name, at.text);
        return;
    }
    text_printf(calls, "    for (int k = 0; k < n; k++)\n"
                "        %s(filters + k*FILTER_SIZE, arena + %s", name, at.text);
    if (f->algorithm == BY_DEPTHWISE)   /* a lane of a panel */
        text_printf(calls, " + (first + k) / %d * %d + (first + k) %% %d, 0);\n", vl,
                    f->kh*f->kw*vl, vl);
    else if (f->groups > 1)
        text_printf(calls, " + (first + k) / %d * %ld, (first + k) %% %d);\n", filters,
                    (long)f->packed_size / f->groups, filters);
    else
        text_puts(calls, ", first + k);\n");
}

void conv_packs(struct emission *e, struct text *calls)
{
    const struct conv_plan *conv = e->stage->conv;
    if (conv->forward.packed_size)      /* else nothing beneath a deconv wants a gradient */
        pack(e, &conv->forward, calls);
    for (int k = 0; k < conv->ndgrad; k++)
        pack(e, &conv->dgrad[k], calls);
}

void conv_parameters(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct text calls = { 0 };
    struct bindings b = of_stage(e, s);
    conv_packs(e, &calls);
    bind_here(&b, "packs", text_string(&calls));
    kernel(&b, "conv/update.c", part(&b, "update").text, "%s: %d filters of %dx%dx%d", s->name,
           l->filters, l->kh, l->kw, l->in.c / l->groups);
    text_free(&calls);
}

void conv_fold(struct emission *e, const struct stage *s)
{
    struct text calls = { 0 };
    struct bindings b = of_stage(e, s);
    norm_fold(e, s);
    pack(e, &s->conv->forward, &calls);
    bind_here(&b, "packs", text_string(&calls));
    kernel(&b, "conv/fold.c", part(&b, "fold").text,
           "%s: filters, times what their channels are multiplied with", s->name);
    text_free(&calls);
}
