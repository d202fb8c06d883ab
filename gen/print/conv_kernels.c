/*
** conv_kernels.c - instantiates the templates of convolution stages.
*/
#include <stdio.h>

#include "runtime/core/model.h"
#include "base/small.h"
#include "print/emission.h"
#include "read/layers.h"

/* ---- the stage's regions ---- */

void bind_moments(struct emission *e, const struct stage *s, struct bindings *b)
{
    const int stage = s->conv->gathers;
    const struct stage *norm = stage == NO_STAGE ? NULL : &e->net->stage[stage];
    char gather[SHARED_NAME] = "none";
    if (norm)
        norm_gather(e, norm, &s->out, s->conv->forward.band, gather);
    bind_flag(b, "GATHERS", norm != NULL);
    bind_name(b, "GATHER", "%s", gather);
    bind_size(b, "MOMENTS", norm ? arena_at(e, norm->at[AT_MOMENTS]) : 0);
    bind_size(b, "COUNT", norm ? norm_count(norm) : 0);
}

void conv_forward(struct emission *e, const struct stage *s)
{
    const struct net *net = e->net;
    const struct layer *l = &net->layer[s->head];
    const struct layer *pool = layer_at(net, s->pool);
    struct sweep f = s->conv->forward;
    char rows[SHARED_NAME];
    f.bias = s->at[AT_BIAS] != NO_BUFFER;
    if (pool) {
        /* Tiles store to the band: whole vectors, nothing between the pixels. */
        f.out_pixel = s->conv->band_pixel;
        f.out_row = s->conv->band_row;
    }
    whole_sweep(e, &f, s->relu_first, rows);
    if (s->conv->multiplier > 1)
        depth_repeat(e, s);
    if (pool)
        pool_row(e, s, (size_t)f.out_row, (size_t)f.out_pixel);
    struct bindings b = { 0 };
    bind_moments(e, s, &b);
    bind_part(&b, "NAME", e, s, "fwd");
    bind_name(&b, "ROWS", "%s", rows);
    bind_repeat(e, s, &b);
    if (s->conv->multiplier > 1) {
        long step = (long)l->stride*(pool ? pool->stride : f.tile.mh);
        bind_size(&b, "WIDE_STEP", step);
        bind_size(&b, "WIDE_BAND", (long)l->stride*((pool ? pool->kh : f.tile.mh) - 1)
                                   + (long)l->dilation*(l->kh - 1) + 1);
    }
    bind_part(&b, "POOL_ROW", e, s, "pool");
    bind_flag(&b, "POOL", pool != NULL);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->conv->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "BAND_STEP", pool ? (long)pool->stride*l->stride*f.in_row : 0);
    bind_y(e, s, &b);
    bind_size(&b, "W", arena_at(e, s->at[AT_PACKED]) + (long)f.packed_at);
    bind_flag(&b, "BIAS", f.bias);
    bind_size(&b, "B", arena_at(e, s->at[AT_BIAS]));
    bind_size(&b, "BANDS", s->conv->parts);
    bind_size(&b, "BAND_ROWS", pool ? pool->kh : s->conv->mid.h / s->conv->parts);
    bind_argmax(e, s, &b);
    bind_size(&b, "ARGMAX_ROW", (long)s->out.shape.w*s->out.shape.c);
    bind_scratch(e, &b);
    bind_size(&b, "BAND", arena_at(e, s->at[AT_BAND]));
    kernel(e, "conv/fwd.c", &b,
           "%s forward: %dx%dx%d -> %dx%dx%d, %dx%d%s%s%s%s, %.1f MFLOP an image, tile %dx%dx%d",
           s->name, l->in.h, l->in.w, l->in.c, s->out.shape.h, s->out.shape.w, s->out.shape.c,
           l->kh, l->kw, s->relu == NO_LAYER ? "" : " + relu", f.pointwise ? " + " : "",
           f.pointwise ? layer_def(f.pointwise->kind)->word : "", pool ? " + max-pool" : "",
           s->flop_forward / 1e6, f.tile.mh, f.tile.mw, f.tile.nv);
}

/* Where a pooled or plain output pixel lies in the haloed input; strides of it. */
struct windows { int step_y, step_x, kh, kw; };

static struct windows windows(const struct emission *e, const struct stage *s)
{
    if (s->pool == NO_LAYER)
        return (struct windows){ 1, 1, 1, 1 };
    const struct layer *pool = &e->net->layer[s->pool];
    return (struct windows){ pool->stride, pool->stride_w, pool->kh, pool->kw };
}

/* What is un-pooled, and where a window and those beside it lie: reals from row to row, rows and
** pixels from one window to the next. */
struct expansion { const char *name; struct shape of; long row; int step_y, step_x; };

static void expand(const struct emission *e, const struct stage *s, struct expansion to)
{
    struct windows win = windows(e, s);
    struct bindings b = { 0 };
    struct shape o = to.of;
    bind_part(&b, "NAME", e, s, "%s", to.name);
    bind_flag(&b, "POOL", s->pool != NO_LAYER);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_size(&b, "H", o.h);
    bind_size(&b, "W", o.w);
    bind_size(&b, "C", o.c);
    bind_size(&b, "Y_ROW", (long)s->out.row);
    bind_size(&b, "Y_PIXEL", o.c);
    bind_size(&b, "PH", win.kh);
    bind_size(&b, "PW", win.kw);
    bind_size(&b, "STEP_Y", to.step_y);
    bind_size(&b, "STEP_X", to.step_x);
    bind_size(&b, "OUT_ROW", to.row);
    kernel(e, "conv/expand.c", &b, "%s: its output gradient, %dx%dx%d, un-pooled and masked",
           s->name, o.h, o.w, o.c);
}

void conv_expand(const struct emission *e, const struct stage *s)
{
    struct windows win = windows(e, s);
    expand(e, s, (struct expansion){ "expand", s->out.shape, (long)s->conv->expanded.row,
                                     win.step_y, win.step_x });
}

void conv_data_gradient(struct emission *e, const struct stage *s)
{
    struct text phases = { 0 };
    conv_expand(e, s);
    for (int k = 0; k < s->conv->ndgrad; k++) {
        const struct sweep *d = &s->conv->dgrad[k];
        struct bindings b = { 0 };
        char rows[SHARED_NAME], phase[SHARED_NAME];
        whole_sweep(e, d, false, rows);
        sweep_part(e, d, phase, "phase");
        bind_name(&b, "NAME", "%s", phase);
        bind_name(&b, "ROWS", "%s", rows);
        bind_size(&b, "W", arena_at(e, s->at[AT_PACKED]) + (long)d->packed_at);
        bind_size(&b, "DY_AT", d->in_at);
        bind_size(&b, "DX_AT", d->out_at);
        bind_size(&b, "OH", d->oh);
        kernel(e, "conv/phase.c", &b, "%s: phase (%d, %d) of stride %d", s->name, d->tap_y,
               d->tap_x, d->tap_step);
        text_printf(&phases, "    %s(s->arena, map, dx);\n", phase);
    }
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "data");
    bind_part(&b, "EXPAND", e, s, "expand");
    bind_flag(&b, "GAPS", s->conv->dgrad_gaps);
    bind_flag(&b, "FOLD", s->conv->multiplier > 1);
    if (s->conv->multiplier > 1) {
        bind_size(&b, "WIDE", arena_at(e, s->at[AT_REPEATED]));
        bind_size(&b, "TIMES", s->conv->multiplier);
    }
    bind_here(&b, "phases", text_string(&phases));
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    bind_size(&b, "DX_SIZE", (long)s->in.shape.h*s->in.shape.w*s->in.shape.c*s->conv->multiplier);
    bind_argmax(e, s, &b);
    bind_scratch(e, &b);
    bind_size(&b, "EXPANDED", arena_at(e, s->at[AT_EXPANDED]));
    bind_size(&b, "EXPANDED_AT", (long)s->conv->expanded.origin);
    kernel(e, "conv/dgrad.c", &b, "%s data gradient: %.1f MFLOP an image", s->name,
           s->flop_dgrad / 1e6);
    text_free(&phases);
}

static void conv_lists(const struct emission *e, const struct stage *s)
{
    struct windows win = windows(e, s);
    const struct layer *l = &e->net->layer[s->head];
    long row = (long)s->in.row;
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "lists");
    bind_flag(&b, "POOL", s->pool != NO_LAYER);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "W", o.w);
    bind_size(&b, "C", o.c);
    bind_size(&b, "Y_ROW", (long)s->out.row);
    bind_size(&b, "Y_PIXEL", o.c);
    bind_size(&b, "STEP_Y", win.step_y*l->stride*row);
    bind_size(&b, "STEP_X", (long)win.step_x*l->stride*l->in.c);
    bind_size(&b, "SPACE", s->conv->wgrad.list_space);
    if (s->pool != NO_LAYER) {
        bind_size(&b, "PH", e->net->layer[s->pool].kh);
        bind_size(&b, "PW", win.kw);
        bind_size(&b, "WINDOW_Y", l->stride*row);
        bind_size(&b, "WINDOW_X", (long)l->stride*l->in.c);
    }
    kernel(e, "conv/lists.c", &b, "%s: nonzero output gradients by filter", s->name);
}

static void wgrad_tile(struct emission *e, const struct stage *s, char name[SHARED_NAME],
                       const char *suffix, int mh, int nv)
{
    struct bindings b = { 0 };
    part_name(e, s, name, "wgrad%s", suffix);
    bind_size(&b, "MH", mh);
    bind_size(&b, "NV", nv);
    bind_size(&b, "X_ROW", (long)s->in.row);
    bind_size(&b, "ROW", s->conv->row);
    shared_kernel(e, "conv/wgrad_tile.c", &b, name,
                  "%d filter rows by %d vectors of %d: %d of %d registers", mh, nv, e->net->vl,
                  mh*nv + 1, e->net->isa->registers);
}

/* Taps that lie apart: all that one filter's list is handed to. */
static void wgrad_taps(const struct emission *e, const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    const struct tile t = s->conv->wgrad.tile;
    int vl = e->net->vl, block = s->conv->wgrad.tile.nv*vl, last = f->ci % block;
    for (int part = 0; part < 2; part++) {
        struct bindings b = { 0 };
        int nv = part ? ceil_div(last, vl) : s->conv->wgrad.tile.nv;
        if (part ? !last : f->ci < block)
            continue;
        bind_part(&b, "NAME", e, s, "taps_tile%s", part ? "_last" : "");
        bind_flag(&b, "PARTIAL", part && last % vl != 0);
        bind_size(&b, "MH", s->conv->wgrad.tile.mh);
        bind_size(&b, "MW", s->conv->wgrad.tile.mw);
        bind_size(&b, "NV", nv);
        bind_size(&b, "CI", f->ci);
        bind_size(&b, "X_ROW", (long)f->dilation*f->in_row);
        bind_size(&b, "X_TAP", (long)f->dilation*f->in_pixel);
        bind_size(&b, "ROW", s->conv->row);
        bind_size(&b, "PART", part ? last % vl : 0);
        kernel(e, "conv/taps_tile.c", &b, "%dx%d taps by %d vectors of %d: %d of %d registers",
               t.mh, t.mw, nv, vl, t.mh*t.mw*nv + 1, e->net->isa->registers);
    }
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "taps");
    bind_part(&b, "TILE", e, s, "taps_tile");
    bind_part(&b, "TILE_LAST", e, s, "taps_tile_last");
    bind_size(&b, "KH", f->kh);
    bind_size(&b, "KW", f->kw);
    bind_size(&b, "CI", f->ci);
    bind_size(&b, "MH", s->conv->wgrad.tile.mh);
    bind_size(&b, "MW", s->conv->wgrad.tile.mw);
    bind_size(&b, "BLOCK", block);
    bind_size(&b, "X_ROW", (long)f->dilation*f->in_row);
    bind_size(&b, "X_TAP", (long)f->dilation*f->in_pixel);
    bind_size(&b, "ROW", s->conv->row);
    kernel(e, "conv/taps.c", &b, "%s: one filter of %dx%dx%d", s->name, f->kh, f->kw, f->ci);
}

/* The tiles of filter rows whose taps are one run: whole, columns, rows and corner left. */
enum { TILE_WHOLE, TILE_COLUMNS, TILE_ROWS, TILE_CORNER, WGRAD_TILES };

static void wgrad_tiles(struct emission *e, const struct stage *s, int rows_left,
                        int columns_left, char name[WGRAD_TILES][SHARED_NAME])
{
    wgrad_tile(e, s, name[TILE_WHOLE], "_tile", s->conv->wgrad.tile.mh, s->conv->wgrad.tile.nv);
    if (columns_left)
        wgrad_tile(e, s, name[TILE_COLUMNS], "_tile_columns", s->conv->wgrad.tile.mh, columns_left);
    if (rows_left)
        wgrad_tile(e, s, name[TILE_ROWS], "_tile_rows", rows_left, s->conv->wgrad.tile.nv);
    if (rows_left && columns_left)
        wgrad_tile(e, s, name[TILE_CORNER], "_tile_corner", rows_left, columns_left);
}

void conv_weight_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const bool apart = taps_apart(&s->conv->forward);
    int vl = e->net->vl, vectors = ceil_div(l->kw*l->in.c, vl);
    int rows_left = l->kh % s->conv->wgrad.tile.mh, columns_left = vectors % s->conv->wgrad.tile.nv;
    char name[WGRAD_TILES][SHARED_NAME] = { "" };
    conv_lists(e, s);
    if (apart)
        wgrad_taps(e, s);
    else
        wgrad_tiles(e, s, rows_left, columns_left, name);
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "weights");
    bind_part(&b, "LISTS", e, s, "lists");
    bind_part(&b, "TAPS", e, s, "taps");
    bind_name(&b, "TILE", "%s", name[TILE_WHOLE]);
    bind_name(&b, "TILE_COLUMNS", "%s", name[TILE_COLUMNS]);
    bind_name(&b, "TILE_ROWS", "%s", name[TILE_ROWS]);
    bind_name(&b, "TILE_ROWS_COLUMNS", "%s", name[TILE_CORNER]);
    bind_flag(&b, "APART", apart);
    if (apart) {
        bind_size(&b, "FILTERS", s->conv->forward.co);
        bind_size(&b, "CHANNELS", s->conv->forward.ci);
    }
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->conv->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_ROW", (long)s->in.row);
    bind_group_gradient(e, s, &b);
    bind_size(&b, "H", s->out.shape.h);
    bind_size(&b, "CO", l->filters);
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "MH", s->conv->wgrad.tile.mh);
    bind_size(&b, "VECTORS", vectors);
    bind_size(&b, "NV", s->conv->wgrad.tile.nv);
    bind_size(&b, "BAND", s->conv->wgrad.band);
    bind_scratch(e, &b);
    bind_size(&b, "ENTRIES", arena_at(e, s->at[AT_ENTRIES]));
    bind_size(&b, "SPACE", s->conv->wgrad.list_space);
    kernel(e, "conv/wgrad.c", &b, "%s weight gradient: %.1f MFLOP an image if all were nonzero",
           s->name, s->flop_wgrad / 1e6);
}

void conv_narrow_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *f = &s->conv->forward;
    char tile[SHARED_NAME];
    struct bindings t = { 0 }, b = { 0 };
    struct windows win = windows(e, s);
    const struct tile m = s->conv->wgrad.tile;
    struct shape o = s->out.shape;
    int ph = win.kh, pw = win.kw;
    bool relu = s->relu != NO_LAYER;
    bool direct = !relu && s->pool == NO_LAYER && s->conv->wgrad.filters == l->filters;
    /* Window by window, as the lists of conv/wgrad.c have them; without a pool rows as they are. */
    struct shape of = { .c = o.c, .h = s->conv->wgrad.band, .w = o.w };
    if (s->pool == NO_LAYER)
        of = (struct shape){ .c = o.w*o.c, .h = s->conv->wgrad.band, .w = 1 };
    if (!direct)
        expand(e, s, (struct expansion){ "weights_expand", of, (long)pw*of.c, ph*of.w, ph*pw });
    part_name(e, s, tile, "wgrad_tile");
    bind_size(&t, "MT", s->conv->wgrad.tile.mw);
    bind_size(&t, "NV", s->conv->wgrad.tile.nv);
    bind_size(&t, "ROWS", s->conv->wgrad.band);
    bind_size(&t, "OW", o.w);
    bind_size(&t, "WINDOW", ph*pw);
    bind_size(&t, "PW", pw);
    bind_size(&t, "X_DOWN", (long)l->stride*(long)s->in.row);
    bind_size(&t, "X_PIXEL", (long)f->step_x*f->in_pixel);
    bind_size(&t, "G_PIXEL", l->filters);
    bind_size(&t, "U_TAP", s->conv->wgrad.filters);
    shared_kernel(e, "conv/narrow_tile.c", &t, tile,
                  "%d taps by %d vectors of %d filters: %d of %d registers", m.mw, m.nv, e->net->vl,
                  m.mw*m.nv + m.nv + 1, e->net->isa->registers);
    bind_part(&b, "NAME", e, s, "weights");
    bind_part(&b, "ADD", e, s, "weights_add");
    bind_name(&b, "TILE", "%s", tile);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_part(&b, "EXPAND", e, s, "weights_expand");
    bind_flag(&b, "POOL", s->pool != NO_LAYER);
    bind_flag(&b, "RELU", relu);
    bind_flag(&b, "DIRECT", direct);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->conv->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_ROW", (long)s->in.row);
    bind_size(&b, "X_DOWN", (long)ph*l->stride*(long)s->in.row);
    bind_group_gradient(e, s, &b);
    bind_size(&b, "Y_ROW", (long)s->out.row);
    bind_size(&b, "Y_BAND", s->conv->wgrad.band*(long)s->out.row);
    bind_size(&b, "CO", l->filters);
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "COLUMNS", (long)l->kw*l->in.c);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "MT", s->conv->wgrad.tile.mw);
    bind_size(&b, "NV", s->conv->wgrad.tile.nv);
    bind_size(&b, "U_TAP", s->conv->wgrad.filters);
    bind_size(&b, "OH", o.h);
    bind_size(&b, "OW", o.w);
    bind_size(&b, "WINDOW", ph*pw);
    bind_size(&b, "BAND", s->conv->wgrad.band);
    bind_scratch(e, &b);
    bind_size(&b, "MASKED", arena_at(e, s->at[AT_WINDOWS]));
    bind_size(&b, "U_AT", arena_at(e, s->at[AT_TAP_SUMS]));
    kernel(e, "conv/narrow.c", &b, "%s weight gradient: %.1f MFLOP an image", s->name,
           s->flop_wgrad / 1e6);
}

/* calls: what packs n filters from `first` on, which lie at filters, is added to it. */
static void pack(struct emission *e, const struct stage *s, const struct sweep *f,
                 struct text *calls)
{
    const struct layer *l = &e->net->layer[s->head];
    int vl = e->net->vl;
    long at = arena_at(e, s->at[AT_PACKED]) + (long)f->packed_at;
    char name[SHARED_NAME];
    struct bindings b = { 0 };
    sweep_part(e, f, name, "pack");
    if (f->algorithm == BY_WINOGRAD) {
        winograd_pack(e, s, f, name);
        text_printf(calls, "    %s(filters, arena + %ld, first, n);\n", name, at);
        return;
    }
    text_puts(calls, "    for (int k = 0; k < n; k++)\n");
    const char *one = "filters + k*FILTER";
    if (f->algorithm == BY_SCATTER) {
        scatter_pack(e, s, f, name);
        text_printf(calls, "        %s(%s, arena + %ld, first + k);\n", name, one, at);
        return;
    }
    bind_flag(&b, "FLIPPED", f->flipped);
    bind_size(&b, "KH", f->kh);
    bind_size(&b, "KW", f->kw);
    bind_size(&b, "CI", l->in.c / l->groups);
    bind_size(&b, "CO", f->algorithm == BY_DEPTHWISE ? 1 : l->filters / l->groups);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "CHANNELS", f->co);
    bind_size(&b, "BLOCK", (long)f->tile.nv*vl);
    bind_size(&b, "LAST_BLOCK", round_up(f->last, vl));
    bind_size(&b, "PANEL_SIZE", (long)f->kh*f->kw*f->ci*f->tile.nv*vl);
    bind_size(&b, "TAP_Y", f->tap_y);
    bind_size(&b, "TAP_X", f->tap_x);
    bind_size(&b, "TAP_STEP", f->tap_step);
    shared_kernel(e, "conv/pack.c", &b, name, "panels of %d channels", f->tile.nv*vl);
    int filters = l->filters / l->groups;
    if (f->algorithm == BY_DEPTHWISE)   /* a lane of a panel */
        text_printf(calls, "        %s(%s, arena + %ld + (first + k) / %d * %d "
                    "+ (first + k) %% %d, 0);\n", name, one, at, vl, f->kh*f->kw*vl, vl);
    else if (f->groups > 1)
        text_printf(calls, "        %s(%s, arena + %ld + (first + k) / %d * %ld, "
                    "(first + k) %% %d);\n", name, one, at, filters,
                    (long)f->packed_size / f->groups, filters);
    else
        text_printf(calls, "        %s(%s, arena + %ld, first + k);\n", name, one, at);
}

void conv_parameters(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const int columns = l->kw*(l->in.c / l->groups);
    struct text calls = { 0 };
    pack(e, s, &s->conv->forward, &calls);
    for (int k = 0; k < s->conv->ndgrad; k++)
        pack(e, s, &s->conv->dgrad[k], &calls);
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "update");
    bind_part(&b, "PACK", e, s, "pack");
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "W_RULE", s->weight);
    bind_size(&b, "B_RULE", s->bias);
    bind_here(&b, "packs", text_string(&calls));
    bind_size(&b, "W", param_at(e, s->weight, 'w'));
    bind_size(&b, "W_M", param_at(e, s->weight, 'm'));
    bind_size(&b, "W_V", param_at(e, s->weight, 'v'));
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "B_M", param_at(e, s->bias, 'm'));
    bind_size(&b, "B_V", param_at(e, s->bias, 'v'));
    bind_size(&b, "FILTER", (long)l->kh*s->conv->row);
    bind_size(&b, "CO", l->filters);
    bind_size(&b, "FILTERS", LANES);
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "COLUMNS", columns);
    bind_size(&b, "PARTIAL", arena_at(e, s->at[AT_PARTIAL]));
    bind_size(&b, "GROUP_SIZE", s->conv->group_size);
    bind_size(&b, "SUMSQ", (long)e->net->param[s->weight].sumsq);
    bind_scratch(e, &b);
    bind_size(&b, "GRADIENT", arena_at(e, s->at[AT_GRADIENT]));
    kernel(e, "conv/update.c", &b, "%s: %d filters of %dx%dx%d", s->name, l->filters, l->kh,
           l->kw, l->in.c / l->groups);
    text_free(&calls);
}

void conv_fold(struct emission *e, const struct stage *s)
{
    struct text calls = { 0 };
    struct bindings b = { 0 };
    norm_fold(e, s);
    pack(e, s, &s->conv->forward, &calls);
    bind_here(&b, "packs", text_string(&calls));
    bind_part(&b, "NAME", e, s, "fold");
    bind_part(&b, "FACTOR", e, s, "factor");
    bind_size(&b, "W", param_at(e, s->weight, 'w'));
    bind_size(&b, "FILTER", (long)s->conv->forward.kh*s->conv->row);
    bind_size(&b, "CO", e->net->layer[s->head].filters);
    bind_size(&b, "FILTERS", LANES);
    bind_size(&b, "FILTERS_AT", (long)e->net->arena + arena_at(e, s->at[AT_FILTERS]));
    kernel(e, "conv/fold.c", &b, "%s: filters, times what their channels are multiplied with",
           s->name);
    text_free(&calls);
}
