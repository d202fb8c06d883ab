/*
** kernels.c - instantiates the templates that one network needs: binds what the
** passes decided to the names, sizes and flags of each template. It decides
** nothing.
*/
#include "kernels.h"

#include <stdarg.h>
#include <stdio.h>

#include "../runtime/model.h"
#include "layers.h"
#include "tmpl.h"

struct emission {
    const struct net *net;
    const char *prefix;
    struct text *out;
};

static long at(const struct emission *e, int buffer)
{
    return buffer == NO_BUFFER ? 0 : (long)e->net->buffer[buffer].at;
}

static long param_at(const struct emission *e, int param, char which)
{
    if (param == NO_PARAM)
        return 0;
    const struct net_param *p = &e->net->param[param];
    return at(e, which == 'm' ? p->m : which == 'v' ? p->v : p->at);
}

/* Instantiates a template under a banner that says what it is. */
static void kernel(const struct emission *e, const char *file, struct bindings *b,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
static void kernel(const struct emission *e, const char *file, struct bindings *b,
                   const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    struct text body = { 0 };
    instantiate(file, b, &body);
    text_printf(e->out, "/* %s\n** templates/%s, %s %s", what, file, e->net->isa->name,
                e->net->f64 ? "f64" : "f32");
    if (b->loops_kept)
        text_printf(e->out, "; %d loop%s of more than %d lines kept", b->loops_kept,
                    b->loops_kept > 1 ? "s" : "", UNROLL_LINES);
    text_puts(e->out, " */\n");
    text_puts(e->out, text_string(&body));
    text_puts(e->out, "\n");
    text_free(&body);
}

static void bind_scratch(const struct emission *e, struct bindings *b)
{
    bind_size(b, "SCRATCH", (long)e->net->arena);
    bind_size(b, "SCRATCH_SIZE", (long)e->net->scratch);
}

/* Pointwise operations: one vector function each. */
static void bind_epilogue(struct bindings *b, bool relu)
{
    if (relu)
        bind_operation(b, "v_relu", "%s", "");
}

/* Where a stage's input and output lie, and their gradients, which have no halo. */
static void bind_x(const struct emission *e, const struct stage *s, int x, struct bindings *b)
{
    bind_size(b, "X", at(e, x) + (long)s->in.origin);
    bind_size(b, "X_IMAGE", (long)s->in.image);
    bind_size(b, "X_ROW", (long)s->in.row);
}

static void bind_y(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "Y", at(e, s->at.y) + (long)s->out.origin);
    bind_size(b, "Y_IMAGE", (long)s->out.image);
    bind_size(b, "Y_ROW", (long)s->out.row);
}

static void bind_dy(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "DY", at(e, s->at.dy));
    bind_size(b, "DY_IMAGE", (long)s->dy_image);
}

static void bind_dx(const struct emission *e, const struct stage *s, int dx, struct bindings *b)
{
    bind_size(b, "DX", at(e, dx));
    bind_size(b, "DX_IMAGE", (long)s->dx_image);
}

static void bind_vectors(const struct emission *e, struct bindings *b, int channels)
{
    bind_flag(b, "WHOLE_VECTORS", channels >= e->net->vl);
    bind_flag(b, "PARTIAL", channels % e->net->vl != 0);
    bind_size(b, "PART", channels % e->net->vl);
}

/* ---- convolution: tiles and rows ---- */

/* One tile; part: channels of its last vector that exist, 0: all. */
static void tile(const struct emission *e, const struct sweep *s, const char *name, int mw,
                 int nv, int part, bool relu)
{
    struct bindings b = { 0 };
    int pixels = s->tile.mh*mw;
    bind_name(&b, "NAME", "%s", name);
    bind_flag(&b, "BIAS", s->bias);
    bind_flag(&b, "SHALLOW", s->ci < CONV_SHALLOW);
    bind_flag(&b, "PARTIAL", part != 0);
    bind_size(&b, "CI", s->ci);
    bind_size(&b, "KH", s->kh);
    bind_size(&b, "KW", s->kw);
    bind_size(&b, "MH", s->tile.mh);
    bind_size(&b, "MW", mw);
    bind_size(&b, "NV", nv);
    bind_size(&b, "BLOCK", (long)nv*e->net->vl);
    bind_size(&b, "X_ROW", s->in_row);
    bind_size(&b, "X_DOWN", (long)s->step_y*s->in_row);
    bind_size(&b, "X_PIXEL", (long)s->step_x*s->ci);
    bind_size(&b, "Y_ROW", s->out_row);
    bind_size(&b, "Y_PIXEL", s->out_pixel);
    bind_size(&b, "PART", part);
    bind_epilogue(&b, relu);
    kernel(e, "conv_tile.c", &b, "%dx%d pixels by %d vectors of %d: %d of %d registers",
           s->tile.mh, mw, nv, e->net->vl, pixels*nv + nv + 1, e->net->isa->registers);
}

/* The tiles that a sweep needs, and the function that runs rows through them. */
static void sweep(const struct emission *e, const struct sweep *s, bool relu)
{
    int vl = e->net->vl, left = s->ow % s->tile.mw;
    int last_nv = (s->last + vl - 1) / vl, part = s->whole_vectors ? 0 : s->last % vl;
    char whole[128], columns[128], last[128], last_columns[128];
    snprintf(whole, sizeof whole, "%s%s_tile", e->prefix, s->name);
    snprintf(columns, sizeof columns, "%s%s_tile_columns", e->prefix, s->name);
    snprintf(last, sizeof last, "%s%s_tile_last", e->prefix, s->name);
    snprintf(last_columns, sizeof last_columns, "%s%s_tile_corner", e->prefix, s->name);
    if (s->blocks) {
        tile(e, s, whole, s->tile.mw, s->tile.nv, 0, relu);
        if (left)
            tile(e, s, columns, left, s->tile.nv, 0, relu);
    }
    if (s->last) {
        tile(e, s, last, s->tile.mw, last_nv, part, relu);
        if (left)
            tile(e, s, last_columns, left, last_nv, part, relu);
    }
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_rows", e->prefix, s->name);
    bind_name(&b, "TILE", "%s", whole);
    bind_name(&b, "TILE_COLUMNS", "%s", columns);
    bind_name(&b, "TILE_LAST", "%s", last);
    bind_name(&b, "TILE_LAST_COLUMNS", "%s", last_columns);
    bind_flag(&b, "COLUMNS_LEFT", left != 0);
    bind_flag(&b, "WHOLE_BLOCKS", s->blocks != 0);
    bind_flag(&b, "LAST_BLOCK", s->last != 0);
    bind_size(&b, "OW", s->ow);
    bind_size(&b, "MH", s->tile.mh);
    bind_size(&b, "MW", s->tile.mw);
    bind_size(&b, "BLOCKS", s->blocks);
    bind_size(&b, "BLOCK", (long)s->tile.nv*vl);
    bind_size(&b, "PANEL_SIZE", (long)s->kh*s->kw*s->ci*s->tile.nv*vl);
    bind_size(&b, "X_DOWN", (long)s->step_y*s->in_row);
    bind_size(&b, "X_PIXEL", (long)s->step_x*s->ci);
    bind_size(&b, "Y_ROW", s->out_row);
    bind_size(&b, "Y_PIXEL", s->out_pixel);
    kernel(e, "conv_rows.c", &b, "%d channels to %d, %dx%d taps, rows of %d", s->ci, s->co,
           s->kh, s->kw, s->ow);
}

/* ---- max-pool ---- */

static void pool_row(const struct emission *e, const struct stage *s, size_t x_row,
                     size_t x_pixel)
{
    const struct layer *l = &e->net->layer[s->pool];
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_pool", e->prefix, s->name);
    bind_vectors(e, &b, l->out.c);
    bind_size(&b, "OW", l->out.w);
    bind_size(&b, "C", l->out.c);
    bind_size(&b, "PH", l->kh);
    bind_size(&b, "PW", l->kw);
    bind_size(&b, "STEP", l->stride_w);
    bind_size(&b, "X_ROW", (long)x_row);
    bind_size(&b, "X_PIXEL", (long)x_pixel);
    bind_size(&b, "Y_PIXEL", l->out.c);
    bind_epilogue(&b, s->relu != NO_LAYER && !s->relu_first);
    kernel(e, "pool_row.c", &b, "%s: max-pool %dx%d of a row of %d", l->name, l->kh, l->kw,
           l->in.w);
}

static void bind_argmax(const struct emission *e, const struct stage *s, struct bindings *b)
{
    struct shape o = s->out.shape;
    bind_size(b, "ARGMAX", at(e, s->at.argmax));
    bind_size(b, "ARGMAX_IMAGE", s->pool == NO_LAYER ? 0 : (long)o.h*o.w*o.c);
}

static void pool_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->pool];
    pool_row(e, s, s->in.row, (size_t)l->in.c);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_name(&b, "POOL_ROW", "%s%s_pool", e->prefix, s->name);
    bind_size(&b, "X", at(e, x) + (long)s->in.origin);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_STEP", (long)l->stride*(long)s->in.row);
    bind_y(e, s, &b);
    bind_argmax(e, s, &b);
    bind_size(&b, "ARGMAX_ROW", (long)l->out.w*l->out.c);
    bind_size(&b, "OH", l->out.h);
    kernel(e, "pool_fwd.c", &b, "%s forward: %dx%dx%d -> %dx%dx%d", s->name, l->in.h, l->in.w,
           l->in.c, l->out.h, l->out.w, l->out.c);
}

static void pool_backward(const struct emission *e, const struct stage *s, int dx)
{
    const struct layer *l = &e->net->layer[s->pool];
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_bwd", e->prefix, s->name);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_vectors(e, &b, l->out.c);
    bind_size(&b, "H", l->out.h);
    bind_size(&b, "W", l->out.w);
    bind_size(&b, "C", l->out.c);
    bind_size(&b, "PH", l->kh);
    bind_size(&b, "PW", l->kw);
    bind_size(&b, "STEP_Y", l->stride);
    bind_size(&b, "STEP_X", l->stride_w);
    bind_size(&b, "X_W", l->in.w);
    bind_size(&b, "X_SIZE", (long)l->in.h*l->in.w*l->in.c);
    bind_y(e, s, &b);
    bind_size(&b, "Y_PIXEL", l->out.c);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    bind_argmax(e, s, &b);
    kernel(e, "pool_bwd.c", &b, "%s backward: %dx%dx%d -> %dx%dx%d", s->name, l->out.h, l->out.w,
           l->out.c, l->in.h, l->in.w, l->in.c);
}

/* ---- convolution: the stage's regions ---- */

static void conv_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct net *net = e->net;
    const struct layer *l = &net->layer[s->head];
    const struct layer *pool = s->pool == NO_LAYER ? NULL : &net->layer[s->pool];
    struct sweep f = s->forward;
    f.bias = s->bias != NO_PARAM;
    if (pool) {
        /* Tiles store to the band: whole vectors, nothing between the pixels. */
        f.out_pixel = (f.co + net->vl - 1) / net->vl*net->vl;
        f.out_row = f.ow*f.out_pixel;
    }
    sweep(e, &f, s->relu_first);
    if (pool)
        pool_row(e, s, (size_t)f.out_row, (size_t)f.out_pixel);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_name(&b, "ROWS", "%s%s_rows", e->prefix, f.name);
    bind_name(&b, "POOL_ROW", "%s%s_pool", e->prefix, s->name);
    bind_flag(&b, "POOL", pool != NULL);
    bind_size(&b, "X", at(e, x) + (long)s->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "BAND_STEP", pool ? (long)pool->stride*l->stride*(long)s->in.row : 0);
    bind_y(e, s, &b);
    bind_size(&b, "W", at(e, s->at.packed) + (long)f.packed_at);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "BANDS", pool ? pool->out.h : s->mid.h / f.tile.mh);
    bind_size(&b, "BAND_ROWS", pool ? pool->kh : f.tile.mh);
    bind_argmax(e, s, &b);
    bind_size(&b, "ARGMAX_ROW", (long)s->out.shape.w*s->out.shape.c);
    bind_scratch(e, &b);
    bind_size(&b, "BAND", at(e, s->at.band));
    kernel(e, "conv_fwd.c", &b,
           "%s forward: %dx%dx%d -> %dx%dx%d, %dx%d%s%s, %.1f MFLOP an image, tile %dx%dx%d",
           s->name, l->in.h, l->in.w, l->in.c, s->out.shape.h, s->out.shape.w, s->out.shape.c,
           l->kh, l->kw, s->relu == NO_LAYER ? "" : " + relu", pool ? " + max-pool" : "",
           s->flop_forward / 1e6, f.tile.mh, f.tile.mw, f.tile.nv);
}

/* Where a pooled or plain output pixel lies in the haloed input; strides of it. */
struct windows { int step_y, step_x, kw; };

static struct windows windows(const struct emission *e, const struct stage *s)
{
    if (s->pool == NO_LAYER)
        return (struct windows){ 1, 1, 1 };
    const struct layer *pool = &e->net->layer[s->pool];
    return (struct windows){ pool->stride, pool->stride_w, pool->kw };
}

static void conv_expand(const struct emission *e, const struct stage *s)
{
    struct windows win = windows(e, s);
    struct bindings b = { 0 };
    struct shape o = s->out.shape;
    bind_name(&b, "NAME", "%s%s_expand", e->prefix, s->name);
    bind_flag(&b, "POOL", s->pool != NO_LAYER);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_vectors(e, &b, o.c);
    bind_size(&b, "H", o.h);
    bind_size(&b, "W", o.w);
    bind_size(&b, "C", o.c);
    bind_size(&b, "Y_ROW", (long)s->out.row);
    bind_size(&b, "Y_PIXEL", o.c);
    bind_size(&b, "PH", s->pool == NO_LAYER ? 1 : e->net->layer[s->pool].kh);
    bind_size(&b, "PW", win.kw);
    bind_size(&b, "STEP_Y", win.step_y);
    bind_size(&b, "STEP_X", win.step_x);
    bind_size(&b, "OUT_ROW", (long)s->expanded.row);
    kernel(e, "conv_expand.c", &b, "%s: its output gradient, %dx%dx%d, un-pooled and masked",
           s->name, o.h, o.w, o.c);
}

static void conv_data_gradient(const struct emission *e, const struct stage *s, int dx)
{
    struct text phases = { 0 };
    conv_expand(e, s);
    for (int k = 0; k < s->ndgrad; k++) {
        const struct sweep *d = &s->dgrad[k];
        struct bindings b = { 0 };
        sweep(e, d, false);
        bind_name(&b, "NAME", "%s%s", e->prefix, d->name);
        bind_name(&b, "ROWS", "%s%s_rows", e->prefix, d->name);
        bind_size(&b, "W", at(e, s->at.packed) + (long)d->packed_at);
        bind_size(&b, "DY_AT", d->in_at);
        bind_size(&b, "DX_AT", d->out_at);
        bind_size(&b, "OH", d->oh);
        kernel(e, "conv_phase.c", &b, "%s: phase (%d, %d) of stride %d", s->name, d->tap_y,
               d->tap_x, d->tap_step);
        text_printf(&phases, "    %s%s(s->arena, map, dx);\n", e->prefix, d->name);
    }
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_data", e->prefix, s->name);
    bind_name(&b, "EXPAND", "%s%s_expand", e->prefix, s->name);
    bind_flag(&b, "GAPS", s->dgrad_gaps);
    bind_here(&b, "phases", text_string(&phases));
    bind_size(&b, "Y", at(e, s->at.y) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    bind_size(&b, "DX_SIZE", (long)s->in.shape.h*s->in.shape.w*s->in.shape.c);
    bind_argmax(e, s, &b);
    bind_scratch(e, &b);
    bind_size(&b, "EXPANDED", at(e, s->at.expanded));
    bind_size(&b, "EXPANDED_AT", (long)s->expanded.origin);
    kernel(e, "conv_dgrad.c", &b, "%s data gradient: %.1f MFLOP an image", s->name,
           s->flop_dgrad / 1e6);
    text_free(&phases);
}

/* Entries of one filter's list: a band, and one that is written but not counted. */
static long list_space(const struct stage *s)
{
    return (long)s->band*s->out.shape.w + 1;
}

static void conv_lists(const struct emission *e, const struct stage *s)
{
    struct windows win = windows(e, s);
    const struct layer *l = &e->net->layer[s->head];
    long row = (long)s->in.row;
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_lists", e->prefix, s->name);
    bind_flag(&b, "POOL", s->pool != NO_LAYER);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_size(&b, "W", o.w);
    bind_size(&b, "C", o.c);
    bind_size(&b, "Y_ROW", (long)s->out.row);
    bind_size(&b, "Y_PIXEL", o.c);
    bind_size(&b, "PW", win.kw);
    bind_size(&b, "STEP_Y", win.step_y*l->stride*row);
    bind_size(&b, "STEP_X", (long)win.step_x*l->stride*l->in.c);
    bind_size(&b, "WINDOW_Y", l->stride*row);
    bind_size(&b, "WINDOW_X", (long)l->stride*l->in.c);
    bind_size(&b, "SPACE", list_space(s));
    kernel(e, "conv_lists.c", &b, "%s: nonzero output gradients by filter", s->name);
}

static void wgrad_tile(const struct emission *e, const struct stage *s, const char *suffix,
                       int mh, int nv)
{
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_wgrad%s", e->prefix, s->name, suffix);
    bind_size(&b, "MH", mh);
    bind_size(&b, "NV", nv);
    bind_size(&b, "X_ROW", (long)s->in.row);
    bind_size(&b, "ROW", s->row);
    kernel(e, "conv_wgrad_tile.c", &b, "%d filter rows by %d vectors of %d: %d of %d registers",
           mh, nv, e->net->vl, mh*nv + 1, e->net->isa->registers);
}

static void conv_weight_gradient(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->head];
    int vl = e->net->vl, vectors = (l->kw*l->in.c + vl - 1) / vl;
    int rows_left = l->kh % s->wgrad.mh, columns_left = vectors % s->wgrad.nv;
    conv_lists(e, s);
    wgrad_tile(e, s, "_tile", s->wgrad.mh, s->wgrad.nv);
    if (columns_left)
        wgrad_tile(e, s, "_tile_columns", s->wgrad.mh, columns_left);
    if (rows_left)
        wgrad_tile(e, s, "_tile_rows", rows_left, s->wgrad.nv);
    if (rows_left && columns_left)
        wgrad_tile(e, s, "_tile_corner", rows_left, columns_left);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_weights", e->prefix, s->name);
    bind_name(&b, "LISTS", "%s%s_lists", e->prefix, s->name);
    bind_name(&b, "TILE", "%s%s_wgrad_tile", e->prefix, s->name);
    bind_name(&b, "TILE_COLUMNS", "%s%s_wgrad_tile_columns", e->prefix, s->name);
    bind_name(&b, "TILE_ROWS", "%s%s_wgrad_tile_rows", e->prefix, s->name);
    bind_name(&b, "TILE_ROWS_COLUMNS", "%s%s_wgrad_tile_corner", e->prefix, s->name);
    bind_flag(&b, "COLUMNS_LEFT", columns_left != 0);
    bind_flag(&b, "ROWS_LEFT", rows_left != 0);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "X", at(e, x) + (long)s->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_ROW", (long)s->in.row);
    bind_size(&b, "Y", at(e, s->at.y) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_dy(e, s, &b);
    bind_argmax(e, s, &b);
    bind_size(&b, "PARTIAL", at(e, s->at.partial));
    bind_size(&b, "GROUP_SIZE", s->group_size);
    bind_size(&b, "H", s->out.shape.h);
    bind_size(&b, "CO", l->filters);
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "ROW", s->row);
    bind_size(&b, "MH", s->wgrad.mh);
    bind_size(&b, "WHOLE_COLUMNS", vectors - columns_left);
    bind_size(&b, "NV", s->wgrad.nv);
    bind_size(&b, "BAND", s->band);
    bind_scratch(e, &b);
    bind_size(&b, "ENTRIES", at(e, s->at.entries));
    bind_size(&b, "SPACE", list_space(s));
    kernel(e, "conv_wgrad.c", &b, "%s weight gradient: %.1f MFLOP an image if all were nonzero",
           s->name, s->flop_wgrad / 1e6);
}

static void pack(const struct emission *e, const struct stage *s, const struct sweep *f,
                 struct text *calls)
{
    const struct layer *l = &e->net->layer[s->head];
    int vl = e->net->vl;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_pack", e->prefix, f->name);
    bind_flag(&b, "FLIPPED", f->flipped);
    bind_size(&b, "KH", f->kh);
    bind_size(&b, "KW", f->kw);
    bind_size(&b, "CI", l->in.c);
    bind_size(&b, "CO", l->filters);
    bind_size(&b, "ROW", s->row);
    bind_size(&b, "CHANNELS", f->co);
    bind_size(&b, "BLOCK", (long)f->tile.nv*vl);
    bind_size(&b, "LAST_BLOCK", (long)(f->last + vl - 1) / vl*vl);
    bind_size(&b, "PANEL_SIZE", (long)f->kh*f->kw*f->ci*f->tile.nv*vl);
    bind_size(&b, "TAP_Y", f->tap_y);
    bind_size(&b, "TAP_X", f->tap_x);
    bind_size(&b, "TAP_STEP", f->tap_step);
    kernel(e, "conv_pack.c", &b, "%s: panels of %d channels", f->name, f->tile.nv*vl);
    text_printf(calls, "    %s%s_pack(filter, arena + %ld, co);\n", e->prefix, f->name,
                at(e, s->at.packed) + (long)f->packed_at);
}

static void conv_parameters(const struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct text calls = { 0 };
    pack(e, s, &s->forward, &calls);
    for (int k = 0; k < s->ndgrad; k++)
        pack(e, s, &s->dgrad[k], &calls);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_update", e->prefix, s->name);
    bind_name(&b, "PACK", "%s%s_pack", e->prefix, s->name);
    bind_flag(&b, "PARTIAL_ROW", l->kw*l->in.c % e->net->vl != 0);
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
    bind_size(&b, "FILTER", (long)l->kh*s->row);
    bind_size(&b, "CO", l->filters);
    bind_size(&b, "FILTERS", LANES);
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "ROW", s->row);
    bind_size(&b, "COLUMNS", (long)l->kw*l->in.c);
    bind_size(&b, "PARTIAL", at(e, s->at.partial));
    bind_size(&b, "GROUP_SIZE", s->group_size);
    bind_size(&b, "SUMSQ", (long)s->sumsq);
    bind_scratch(e, &b);
    bind_size(&b, "GRADIENT", at(e, s->at.gradient));
    kernel(e, "conv_update.c", &b, "%s: %d filters of %dx%dx%d", s->name, l->filters, l->kh,
           l->kw, l->in.c);
    text_free(&calls);
}

/* ---- affine ---- */

static void affine_tile(const struct emission *e, const struct stage *s, const char *suffix,
                        int mi, int mu)
{
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s%s", e->prefix, s->name, suffix);
    bind_size(&b, "MI", mi);
    bind_size(&b, "MU", mu);
    bind_size(&b, "LV", s->affine.nv);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_size(&b, "LANES_IMAGE", (long)s->fwd_block*LANES);
    kernel(e, "affine_tile.c", &b, "%d images by %d units: %d of %d registers", mi, mu,
           mi*mu*s->affine.nv + mi + 1, e->net->isa->registers);
}

static void affine_forward(const struct emission *e, const struct stage *s, int x)
{
    struct shape in = s->in.shape;
    long inputs = (long)in.h*in.w*in.c, columns = (inputs + LANES - 1) / LANES*LANES;
    const struct tile t = s->affine;
    affine_tile(e, s, "_tile", t.mh, t.mw);
    if (t.mh > 1)
        affine_tile(e, s, "_tile_image", 1, t.mw);
    if (t.mw > 1)
        affine_tile(e, s, "_tile_unit", t.mh, 1);
    if (t.mh > 1 && t.mw > 1)
        affine_tile(e, s, "_tile_one", 1, 1);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_name(&b, "TILES", "%s%s_tiles", e->prefix, s->name);
    bind_name(&b, "STORE", "%s%s_store", e->prefix, s->name);
    bind_name(&b, "TILE", "%s%s_tile", e->prefix, s->name);
    bind_name(&b, "TILE_IMAGE", "%s%s%s", e->prefix, s->name, t.mh > 1 ? "_tile_image" : "_tile");
    bind_name(&b, "TILE_UNIT", "%s%s%s", e->prefix, s->name, t.mw > 1 ? "_tile_unit" : "_tile");
    bind_name(&b, "TILE_ONE", "%s%s%s", e->prefix, s->name,
              t.mh > 1 && t.mw > 1 ? "_tile_one" : t.mh > 1 ? "_tile_image"
              : t.mw > 1 ? "_tile_unit" : "_tile");
    bind_size(&b, "MI", t.mh);
    bind_size(&b, "MU", t.mw);
    bind_size(&b, "LV", t.nv);
    bind_size(&b, "X", at(e, x));
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "Y", at(e, s->at.y) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_size(&b, "W", param_at(e, s->weight, 'w'));
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_size(&b, "BLOCK", s->fwd_block);
    bind_size(&b, "COLUMNS", columns);
    bind_size(&b, "DEPTH", s->fwd_depth);
    bind_size(&b, "IMAGES", s->fwd_images);
    bind_size(&b, "LANES_IMAGE", (long)s->fwd_block*LANES);
    bind_scratch(e, &b);
    bind_size(&b, "LANES_AT", at(e, s->at.lanes));
    bind_size(&b, "SUMS_AT", at(e, s->at.sums));
    bind_epilogue(&b, s->relu != NO_LAYER);
    kernel(e, "affine_fwd.c", &b, "%s forward: %ld -> %d%s, %.2f MFLOP an image, tile %dx%d",
           s->name, inputs, s->out.shape.c, s->relu == NO_LAYER ? "" : " + relu",
           s->flop_forward / 1e6, t.mh, t.mw);
}

static long list_starts(const struct stage *s)
{
    return (s->out.shape.c + s->bwd_rows - 1) / s->bwd_rows + 1;
}

static void bind_lists(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "UNITS", s->out.shape.c);
    bind_size(b, "ROWS", s->bwd_rows);
    bind_size(b, "STARTS", list_starts(s));
    bind_size(b, "IMAGE_LIST", at(e, s->at.image_list));
    bind_size(b, "IMAGE_STARTS", at(e, s->at.image_starts));
    bind_size(b, "UNIT_LIST", at(e, s->at.unit_list));
    bind_size(b, "UNIT_COUNT", at(e, s->at.unit_count));
    bind_size(b, "UNIT_SPACE", (long)e->net->train.batch + 1);
}

static void affine_lists(const struct emission *e, const struct stage *s)
{
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_lists", e->prefix, s->name);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_flag(&b, "BY_IMAGE", s->needs_dx);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "B_RULE", s->bias);
    bind_lists(e, s, &b);
    bind_dy(e, s, &b);
    bind_size(&b, "Y", at(e, s->at.y) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "B_M", param_at(e, s->bias, 'm'));
    bind_size(&b, "B_V", param_at(e, s->bias, 'v'));
    kernel(e, "affine_lists.c", &b, "%s: nonzero output gradients by image and by unit", s->name);
}

static void affine_panel_tiles(const struct emission *e, const struct stage *s, const char *suffix,
                               int nv, int width)
{
    if (s->needs_dx) {
        struct bindings d = { 0 };
        bind_name(&d, "NAME", "%s%s_dgrad%s", e->prefix, s->name, suffix);
        bind_size(&d, "NV", nv);
        bind_size(&d, "WIDTH", width);
        kernel(e, "affine_dgrad_tile.c", &d, "%d vectors of %d", nv, e->net->vl);
    }
    struct bindings w = { 0 };
    bind_name(&w, "NAME", "%s%s_wgrad%s", e->prefix, s->name, suffix);
    bind_size(&w, "NV", nv);
    bind_size(&w, "X_IMAGE", (long)s->in.image);
    kernel(e, "affine_wgrad_tile.c", &w, "%d vectors of %d", nv, e->net->vl);
}

/* The backward pass of one panel `width` columns wide. */
static void affine_panel(const struct emission *e, const struct stage *s, const char *kind,
                         int width, int x, int dx)
{
    int vectors = width / e->net->vl, left = vectors % PANEL_VECTORS;
    char whole[64], rest[64];
    snprintf(whole, sizeof whole, "_%s", kind);
    snprintf(rest, sizeof rest, "_%s_rest", kind);
    if (vectors >= PANEL_VECTORS)
        affine_panel_tiles(e, s, whole, PANEL_VECTORS, width);
    if (left)
        affine_panel_tiles(e, s, rest, left, width);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_%s", e->prefix, s->name, kind);
    bind_name(&b, "DGRAD", "%s%s_dgrad%s", e->prefix, s->name, whole);
    bind_name(&b, "DGRAD_LAST", "%s%s_dgrad%s", e->prefix, s->name, rest);
    bind_name(&b, "WGRAD", "%s%s_wgrad%s", e->prefix, s->name, whole);
    bind_name(&b, "WGRAD_LAST", "%s%s_wgrad%s", e->prefix, s->name, rest);
    bind_flag(&b, "DX", s->needs_dx);
    bind_flag(&b, "TILES", vectors >= PANEL_VECTORS);
    bind_flag(&b, "LAST_TILE", left != 0);
    bind_lists(e, s, &b);
    bind_size(&b, "WIDTH", width);
    bind_size(&b, "WHOLE", (long)(vectors - left)*e->net->vl);
    bind_size(&b, "TILE", (long)PANEL_VECTORS*e->net->vl);
    bind_size(&b, "X", at(e, x) + (long)s->in.origin);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "GRADIENT", at(e, dx));
    bind_size(&b, "DX_IMAGE", (long)s->dx_image);
    bind_size(&b, "W", param_at(e, s->weight, 'w'));
    bind_size(&b, "W_M", param_at(e, s->weight, 'm'));
    bind_size(&b, "W_V", param_at(e, s->weight, 'v'));
    bind_size(&b, "W_RULE", s->weight);
    kernel(e, "affine_panel.c", &b, "%s backward, one panel of %d columns", s->name, width);
}

static void affine_backward(const struct emission *e, const struct stage *s, int x, int dx)
{
    struct shape in = s->in.shape;
    int columns = (in.h*in.w*in.c + LANES - 1) / LANES*LANES;
    int panels = columns / PANEL, left = columns % PANEL;
    if (panels)
        affine_panel(e, s, "panel", PANEL, x, dx);
    if (left)
        affine_panel(e, s, "last_panel", left, x, dx);
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_bwd", e->prefix, s->name);
    bind_name(&b, "PANEL_STEP", "%s%s_panel", e->prefix, s->name);
    bind_name(&b, "LAST_STEP", "%s%s_last_panel", e->prefix, s->name);
    bind_flag(&b, "WHOLE_PANELS", panels != 0);
    bind_flag(&b, "LAST_PANEL", left != 0);
    bind_size(&b, "PANELS", panels);
    bind_size(&b, "SUMSQ", (long)s->sumsq);
    kernel(e, "affine_bwd.c", &b, "%s backward and update: %.2f MFLOP an image if all were nonzero",
           s->name, (s->flop_wgrad + s->flop_dgrad) / 1e6);
}

/* ---- pointwise, loss ---- */

/* The layer's vector function, or its gradient's, in the epilogue. */
static void bind_pointwise(struct bindings *b, const struct layer *l, bool forward)
{
    const struct layer_def *def = layer_def(l->kind);
    char number[40] = "";
    if (def->operands == OPERANDS_NUMBER)
        snprintf(number, sizeof number, ", (real)%.17g", l->number);
    if (forward)
        bind_operation(b, def->function, "%s", number);
    else
        bind_operation(b, def->gradient, ", a%s", number);
}

static void pointwise_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_x(e, s, x, &b);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_pointwise(&b, l, true);
    kernel(e, "pointwise_fwd.c", &b, "%s forward: %s of %dx%dx%d", s->name,
           layer_def(l->kind)->word, o.h, o.w, o.c);
}

static void pointwise_backward(const struct emission *e, const struct stage *s, int x, int dx)
{
    const struct layer *l = &e->net->layer[s->pointwise];
    bool input = layer_def(l->kind)->from == FROM_INPUT;
    const struct map *map = input ? &s->in : &s->out;
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_bwd", e->prefix, s->name);
    bind_size(&b, "A", at(e, input ? x : s->at.y) + (long)map->origin);
    bind_size(&b, "A_IMAGE", (long)map->image);
    bind_size(&b, "A_ROW", (long)map->row);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_pointwise(&b, l, false);
    kernel(e, "pointwise_bwd.c", &b, "%s backward: %s of %dx%dx%d, from its %s", s->name,
           layer_def(l->kind)->word, o.h, o.w, o.c, input ? "input" : "output");
}

/* ---- mean pooling, dropout ---- */

static void bind_windows(const struct layer *l, struct bindings *b)
{
    bind_size(b, "OH", l->out.h);
    bind_size(b, "OW", l->out.w);
    bind_size(b, "C", l->out.c);
    bind_size(b, "PH", l->kh);
    bind_size(b, "PW", l->kw);
    bind_size(b, "STEP_Y", l->stride);
    bind_size(b, "STEP_X", l->stride_w);
}

static void average_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->head];
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_vectors(e, &b, l->out.c);
    bind_x(e, s, x, &b);
    bind_y(e, s, &b);
    bind_windows(l, &b);
    kernel(e, "avgpool_fwd.c", &b, "%s forward: %dx%dx%d -> %dx%dx%d", s->name, l->in.h, l->in.w,
           l->in.c, l->out.h, l->out.w, l->out.c);
}

static void average_backward(const struct emission *e, const struct stage *s, int dx)
{
    const struct layer *l = &e->net->layer[s->head];
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_bwd", e->prefix, s->name);
    bind_vectors(e, &b, l->out.c);
    bind_windows(l, &b);
    bind_size(&b, "X_W", l->in.w);
    bind_size(&b, "X_SIZE", (long)l->in.h*l->in.w*l->in.c);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    kernel(e, "avgpool_bwd.c", &b, "%s backward: %dx%dx%d -> %dx%dx%d", s->name, l->out.h,
           l->out.w, l->out.c, l->in.h, l->in.w, l->in.c);
}

/* The probability of keeping a value, in units of 2^-16; never none. */
static long keep_of(const struct layer *l)
{
    long keep = (long)(l->number*65536 + 0.5);
    return keep < 1 ? 1 : keep;
}

static void dropout_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_x(e, s, x, &b);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_size(&b, "MASK", at(e, s->at.argmax));
    bind_size(&b, "KEEP", keep_of(l));
    bind_size(&b, "LAYER", s->head);
    kernel(e, "dropout_fwd.c", &b, "%s forward: keeps %g of %dx%dx%d", s->name, l->number, o.h,
           o.w, o.c);
}

static void dropout_backward(const struct emission *e, const struct stage *s, int dx)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_bwd", e->prefix, s->name);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    bind_size(&b, "SIZE", (long)o.h*o.w*o.c);
    bind_size(&b, "MASK", at(e, s->at.argmax));
    bind_size(&b, "KEEP", keep_of(l));
    kernel(e, "dropout_bwd.c", &b, "%s backward: %dx%dx%d", s->name, o.h, o.w, o.c);
}

/* ---- batch normalisation ---- */

static long norm_count(const struct stage *s)
{
    return (s->out.shape.c + LANES - 1) / LANES*LANES;
}

/* Vectors of channels that a pass sums at a time: at most 4, a divisor of all whole ones. */
static int norm_vectors(const struct emission *e, const struct stage *s)
{
    int whole = s->out.shape.c / e->net->vl, nv = whole < 4 ? whole : 4;
    while (nv > 1 && whole % nv)
        nv--;
    return nv ? nv : 1;
}

/* Where the normalised input lies, and what all its passes share. */
static void bind_norm(const struct emission *e, const struct stage *s, int x, struct bindings *b)
{
    bind_vectors(e, b, s->out.shape.c);
    bind_x(e, s, x, b);
    bind_size(b, "H", s->out.shape.h);
    bind_size(b, "W", s->out.shape.w);
    bind_size(b, "C", s->out.shape.c);
    bind_size(b, "COUNT", norm_count(s));
}

static void bind_norm_output(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_y(e, s, b);
    bind_size(b, "COEFFICIENTS", at(e, s->at.coefficients));
}

static void norm_statistics(const struct emission *e, const struct stage *s, int x)
{
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_statistics", e->prefix, s->name);
    bind_norm(e, s, x, &b);
    bind_size(&b, "NV", norm_vectors(e, s));
    bind_size(&b, "MOMENTS", at(e, s->at.moments));
    kernel(e, "norm_statistics.c", &b, "%s: means and deviations of %dx%dx%d", s->name, o.h, o.w,
           o.c);
}

static void norm_merge(const struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_merge", e->prefix, s->name);
    bind_name(&b, "MOMENTUM", "%.17g", l->momentum);
    bind_name(&b, "EPS", "%.17g", l->eps);
    bind_flag(&b, "SCALE", l->scale);
    bind_size(&b, "C", s->out.shape.c);
    bind_size(&b, "PIXELS", (long)s->out.shape.h*s->out.shape.w);
    bind_size(&b, "MOMENTS", at(e, s->at.moments));
    bind_size(&b, "COUNT", norm_count(s));
    bind_size(&b, "COEFFICIENTS", at(e, s->at.coefficients));
    bind_size(&b, "GAMMA", param_at(e, s->weight, 'w'));
    bind_size(&b, "BETA", param_at(e, s->bias, 'w'));
    bind_size(&b, "RUNNING_MEAN", param_at(e, s->running_mean, 'w'));
    bind_size(&b, "RUNNING_VAR", param_at(e, s->running_var, 'w'));
    kernel(e, "norm_merge.c", &b, "%s: the batch's statistics, and the running ones", s->name);
}

static void norm_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *with = s->pointwise == NO_LAYER ? NULL : &e->net->layer[s->pointwise];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_norm(e, s, x, &b);
    bind_norm_output(e, s, &b);
    if (with)
        bind_pointwise(&b, with, true);
    kernel(e, "norm_fwd.c", &b, "%s forward: %dx%dx%d%s%s", s->name, o.h, o.w, o.c,
           with ? " + " : "", with ? layer_def(with->kind)->word : "");
}

static void norm_gradient(const struct emission *e, const struct stage *s)
{
    const struct layer *with = s->pointwise == NO_LAYER ? NULL : &e->net->layer[s->pointwise];
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_gradient", e->prefix, s->name);
    bind_flag(&b, "POINTWISE", with != NULL);
    bind_flag(&b, "BY_OUTPUT", with && layer_def(with->kind)->from == FROM_OUTPUT);
    if (with)
        bind_pointwise(&b, with, false);
    kernel(e, "norm_gradient.c", &b, "%s: gradient of the normalised values", s->name);
}

static void norm_sums(const struct emission *e, const struct stage *s, int x)
{
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    norm_gradient(e, s);
    bind_name(&b, "NAME", "%s%s_sums", e->prefix, s->name);
    bind_name(&b, "GRADIENT", "%s%s_gradient", e->prefix, s->name);
    bind_norm(e, s, x, &b);
    bind_norm_output(e, s, &b);
    bind_dy(e, s, &b);
    bind_size(&b, "NV", norm_vectors(e, s));
    bind_size(&b, "MOMENTS", at(e, s->at.moments));
    kernel(e, "norm_sums.c", &b, "%s backward: sums over %dx%dx%d", s->name, o.h, o.w, o.c);
}

static void norm_update(const struct emission *e, const struct stage *s)
{
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_update", e->prefix, s->name);
    bind_flag(&b, "SCALE", s->weight != NO_PARAM);
    bind_size(&b, "C", s->out.shape.c);
    bind_size(&b, "PIXELS", (long)s->out.shape.h*s->out.shape.w);
    bind_size(&b, "MOMENTS", at(e, s->at.moments));
    bind_size(&b, "COUNT", norm_count(s));
    bind_size(&b, "COEFFICIENTS", at(e, s->at.coefficients));
    bind_size(&b, "G", param_at(e, s->weight, 'w'));
    bind_size(&b, "G_M", param_at(e, s->weight, 'm'));
    bind_size(&b, "G_V", param_at(e, s->weight, 'v'));
    bind_size(&b, "G_RULE", s->weight);
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "B_M", param_at(e, s->bias, 'm'));
    bind_size(&b, "B_V", param_at(e, s->bias, 'v'));
    bind_size(&b, "B_RULE", s->bias);
    kernel(e, "norm_update.c", &b, "%s: gamma and beta", s->name);
}

static void norm_backward(const struct emission *e, const struct stage *s, int x, int dx)
{
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_data", e->prefix, s->name);
    bind_name(&b, "GRADIENT", "%s%s_gradient", e->prefix, s->name);
    bind_norm(e, s, x, &b);
    bind_norm_output(e, s, &b);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    kernel(e, "norm_bwd.c", &b, "%s data gradient: %dx%dx%d", s->name, o.h, o.w, o.c);
}

/* ---- residual blocks ---- */

static void add_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *with = s->pointwise == NO_LAYER ? NULL : &e->net->layer[s->pointwise];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_fwd", e->prefix, s->name);
    bind_x(e, s, x, &b);
    bind_size(&b, "Z", at(e, stage_output(e->net, s->other)) + (long)s->in_other.origin);
    bind_size(&b, "Z_IMAGE", (long)s->in_other.image);
    bind_size(&b, "Z_ROW", (long)s->in_other.row);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    if (with)
        bind_pointwise(&b, with, true);
    kernel(e, "add_fwd.c", &b, "%s forward: both branches, %dx%dx%d%s%s", s->name, o.h, o.w, o.c,
           with ? " + " : "", with ? layer_def(with->kind)->word : "");
}

static void fork_backward(const struct emission *e, const struct stage *s, int dx)
{
    struct shape in = s->in.shape;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_bwd", e->prefix, s->name);
    bind_dy(e, s, &b);
    bind_size(&b, "DZ", at(e, s->at.dy_other));
    bind_dx(e, s, dx, &b);
    bind_size(&b, "SIZE", (long)in.h*in.w*in.c);
    kernel(e, "fork_bwd.c", &b, "%s backward: the branches' gradients, %dx%dx%d", s->name, in.h,
           in.w, in.c);
}

static void loss(const struct emission *e, const struct stage *s, const struct stage *scores)
{
    const struct layer *l = &e->net->layer[s->head];
    bool svm = l->kind == LAYER_SVM;
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s%s_loss", e->prefix, s->name);
    bind_name(&b, "ONE", "%s%s_one", e->prefix, s->name);
    bind_flag(&b, "MEAN", !e->net->train.loss_sum);
    if (svm) {
        bind_name(&b, "MARGIN", "%.17g", l->margin);
    } else {
        bind_flag(&b, "SMOOTH", l->smoothing > 0);
        bind_name(&b, "SMOOTHING", "%.17g", l->smoothing);
        bind_size(&b, "LV", LANES / e->net->vl);
    }
    bind_size(&b, "CLASSES", e->net->classes);
    bind_size(&b, "SCORES", at(e, scores->at.y));
    bind_size(&b, "SCORES_IMAGE", (long)scores->out.image);
    bind_size(&b, "DS", at(e, scores->at.dy));
    bind_size(&b, "DS_IMAGE", (long)scores->dy_image);
    bind_size(&b, "LOSSES", at(e, e->net->losses_at));
    kernel(e, svm ? "svm_loss.c" : "softmax_loss.c", &b, "%s: loss and its gradient, %d classes",
           s->name, e->net->classes);
}

void region_function(const struct net *net, const struct region_plan *region, char *name,
                     size_t size)
{
    static const char *const suffix[] = {
        [REGION_FORWARD] = "fwd", [REGION_LOSS] = "loss", [REGION_AFFINE_LISTS] = "lists",
        [REGION_AFFINE_BACKWARD] = "bwd", [REGION_BACKWARD] = "bwd",
        [REGION_NORM_STATISTICS] = "statistics", [REGION_NORM_MERGE] = "merge",
        [REGION_NORM_SUMS] = "sums", [REGION_NORM_UPDATE] = "update",
        [REGION_NORM_BACKWARD] = "data", [REGION_CONV_DGRAD] = "data",
        [REGION_CONV_WGRAD] = "weights", [REGION_CONV_UPDATE] = "update",
    };
    snprintf(name, size, "%s_%s", net->stage[region->stage].name, suffix[region->kind]);
}

static void forward(const struct emission *e, const struct stage *s, int x)
{
    switch (s->kind) {
    case STAGE_CONV:      conv_forward(e, s, x); break;
    case STAGE_AFFINE:    affine_forward(e, s, x); break;
    case STAGE_POOL:      pool_forward(e, s, x); break;
    case STAGE_AVERAGE:   average_forward(e, s, x); break;
    case STAGE_POINTWISE: pointwise_forward(e, s, x); break;
    case STAGE_DROPOUT:   dropout_forward(e, s, x); break;
    case STAGE_NORM:      norm_forward(e, s, x); break;
    case STAGE_ADD:       add_forward(e, s, x); break;
    case STAGE_FORK:
    case STAGE_LOSS:      break;
    }
}

/* Of the stages whose backward pass is one region of its own kind. */
static void backward(const struct emission *e, const struct stage *s, int x, int dx)
{
    if (s->kind == STAGE_POOL)
        pool_backward(e, s, dx);
    else if (s->kind == STAGE_AVERAGE)
        average_backward(e, s, dx);
    else if (s->kind == STAGE_DROPOUT)
        dropout_backward(e, s, dx);
    else if (s->kind == STAGE_FORK)
        fork_backward(e, s, dx);
    else
        pointwise_backward(e, s, x, s->kind == STAGE_ADD ? s->at.dsum : dx);
}

void kernels(const struct net *net, const char *prefix, struct text *out)
{
    const struct emission e = { net, prefix, out };
    for (int r = 0; r < net->nregions; r++) {
        int stage = net->region[r].stage;
        const struct stage *s = &net->stage[stage];
        int x = stage_output(net, s->from), dx = stage_gradient(net, stage);
        switch (net->region[r].kind) {
        case REGION_FORWARD:         forward(&e, s, x); break;
        case REGION_NORM_STATISTICS: norm_statistics(&e, s, x); break;
        case REGION_NORM_MERGE:      norm_merge(&e, s); break;
        case REGION_LOSS:
            loss(&e, s, &net->stage[stage_source(net, stage)]);
            break;
        case REGION_AFFINE_LISTS:    affine_lists(&e, s); break;
        case REGION_AFFINE_BACKWARD: affine_backward(&e, s, x, dx); break;
        case REGION_NORM_SUMS:       norm_sums(&e, s, x); break;
        case REGION_NORM_UPDATE:     norm_update(&e, s); break;
        case REGION_NORM_BACKWARD:   norm_backward(&e, s, x, dx); break;
        case REGION_BACKWARD:        backward(&e, s, x, dx); break;
        case REGION_CONV_DGRAD:      conv_data_gradient(&e, s, dx); break;
        case REGION_CONV_WGRAD:      conv_weight_gradient(&e, s, x); break;
        case REGION_CONV_UPDATE:     conv_parameters(&e, s); break;
        }
    }
}
