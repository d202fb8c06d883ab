/*
** wino_kernels.c - instantiates the templates of convolutions by Winograd's minimal
** filtering.
*/
#include <stdio.h>

#include "runtime/core/model.h"
#include "base/small.h"
#include "print/emission.h"

static int last_vectors(const struct emission *e, const struct sweep *f)
{
    return ceil_div(f->last, e->net->vl);
}

/* In the following, name: in, what a kernel is called where no other one equals it. */

static void transform(struct emission *e, const struct winograd *w, char name[SHARED_NAME],
                      int channels, long x_row)
{
    struct bindings b = { 0 };
    bind_name(&b, "INPUT", "v_input%d", w->step);
    bind_size(&b, "CI", channels);
    bind_size(&b, "COLUMNS", w->columns);
    bind_size(&b, "SIDE", w->side);
    bind_size(&b, "STEP", w->step);
    bind_size(&b, "X_ROW", x_row);
    bind_size(&b, "V_TILE", w->v_tile);
    bind_size(&b, "V_XI", w->v_xi);
    shared_kernel(e, "wino/input.c", &b, name, "a row of %d tiles of %dx%d, %d channels",
                  w->columns, w->side, w->side, channels);
}

/* The products of one panel of nv vectors. */
static void products(struct emission *e, const struct sweep *f, char name[SHARED_NAME],
                     const char *suffix, int nv)
{
    const struct winograd *w = &f->winograd;
    struct sweep one = *f;      /* a place of all tiles: a convolution with one tap */
    char tile[SHARED_NAME];
    one.kh = one.kw = one.step_y = 1;
    one.in_pixel = w->v_tile;
    one.bias = false;
    one.pointwise = NULL;
    one.in_row = one.out_row = 0;
    one.tile.mh = 1;
    one.out_pixel = nv*e->net->vl;
    sweep_part(e, f, tile, "tile%s", suffix);
    conv_tile(e, &one, tile, f->tile.mw, nv, 0, false);
    struct bindings b = { 0 };
    sweep_part(e, f, name, "products%s", suffix);
    bind_name(&b, "TILE", "%s", tile);
    bind_size(&b, "XI", w->side*w->side);
    bind_size(&b, "CI", f->ci);
    bind_size(&b, "MW", f->tile.mw);
    bind_size(&b, "BLOCK", (long)nv*e->net->vl);
    bind_size(&b, "V_TILE", w->v_tile);
    bind_size(&b, "V_XI", w->v_xi);
    bind_size(&b, "M_XI", w->m_xi);
    shared_kernel(e, "wino/products.c", &b, name, "%d places, %d channels to %d", w->side*w->side,
                  f->ci, nv*e->net->vl);
}

/* How outputs of tiles lie in memory, and what becomes of them. */
struct store { long y_row, y_pixel, argmax_row; bool bias, pool, relu, last; };

static void output(struct emission *e, const struct sweep *f, const struct store *to,
                   char name[SHARED_NAME], const char *suffix, int part)
{
    const struct winograd *w = &f->winograd;
    struct bindings b = { 0 };
    sweep_part(e, f, name, "output%s", suffix);
    bind_name(&b, "OUTPUT", "v_output%d", w->step);
    bind_flag(&b, "BIAS", to->bias);
    bind_flag(&b, "POOL", to->pool);
    bind_flag(&b, "LAST", to->last);
    bind_flag(&b, "PARTIAL", part != 0);
    bind_size(&b, "SIDE", w->side);
    bind_size(&b, "STEP", w->step);
    bind_size(&b, "M_XI", w->m_xi);
    bind_size(&b, "Y_ROW", to->y_row);
    bind_size(&b, "Y_PIXEL", to->y_pixel);
    bind_size(&b, "ARGMAX_ROW", to->argmax_row);
    bind_size(&b, "PART", part);
    bind_epilogue(&b, to->relu);
    if (f->pointwise)
        bind_pointwise(&b, f->pointwise, true);
    shared_kernel(e, "wino/output.c", &b, name, "%dx%d outputs of a tile, one vector of channels",
                  w->step, w->step);
}

static void outputs(struct emission *e, const struct sweep *f, const struct store *to,
                    char name[SHARED_NAME], const char *suffix, int channels, int width)
{
    int vl = e->net->vl, part = channels % vl;
    char rest[32], whole[SHARED_NAME] = "none", last[SHARED_NAME] = "none";
    snprintf(rest, sizeof rest, "%s_part", suffix);
    if (channels >= vl)
        output(e, f, to, whole, suffix, 0);
    if (part)
        output(e, f, to, last, rest, part);
    struct bindings b = { 0 };
    sweep_part(e, f, name, "outputs%s", suffix);
    bind_name(&b, "TILE", "%s", whole);
    bind_name(&b, "TILE_LAST", "%s", last);
    bind_size(&b, "COLUMNS", f->winograd.columns);
    bind_size(&b, "BLOCK", width);
    bind_size(&b, "CHANNELS", channels);
    bind_size(&b, "Y_STEP", to->pool ? f->winograd.step / 2*to->y_pixel
                                     : f->winograd.step*to->y_pixel);
    shared_kernel(e, "wino/outputs.c", &b, name, "a row of tiles, %d channels", channels);
}

/* Rows of the output that a row of tiles makes. */
static int step_rows(const struct sweep *f, const struct store *to)
{
    return to->pool ? f->winograd.step / 2 : f->winograd.step;
}

/* All that a pass calls, and the pass. */
static void pass(struct emission *e, const struct sweep *f, const struct store *to,
                 char name[SHARED_NAME], long y_image, long argmax_image)
{
    const struct winograd *w = &f->winograd;
    int width = f->tile.nv*e->net->vl, last = last_vectors(e, f);
    char multiply[SHARED_NAME] = "none", multiply_last[SHARED_NAME] = "none";
    char store[SHARED_NAME] = "none", store_last[SHARED_NAME] = "none";
    if (f->blocks) {
        products(e, f, multiply, "", f->tile.nv);
        outputs(e, f, to, store, "", width, width);
    }
    if (f->last) {
        products(e, f, multiply_last, "_last", last);
        outputs(e, f, to, store_last, "_last", f->last, last*e->net->vl);
    }
    struct bindings b = { 0 };
    sweep_part(e, f, name, "pass");
    bind_name(&b, "PRODUCTS", "%s", multiply);
    bind_name(&b, "PRODUCTS_LAST", "%s", multiply_last);
    bind_name(&b, "STORE", "%s", store);
    bind_name(&b, "STORE_LAST", "%s", store_last);
    bind_flag(&b, "WHOLE_BLOCKS", f->blocks != 0);
    bind_flag(&b, "LAST_BLOCK", f->last != 0);
    bind_size(&b, "BLOCKS", f->blocks);
    bind_size(&b, "BLOCK", width);
    bind_size(&b, "PANEL_SIZE", (long)w->side*w->side*f->ci*width);
    bind_size(&b, "PASS", w->pass);
    bind_size(&b, "COLUMNS", w->columns);
    bind_size(&b, "LAST_WIDTH", (long)last*e->net->vl);
    bind_size(&b, "Y_IMAGE", y_image);
    bind_size(&b, "Y_STEP", step_rows(f, to)*to->y_row);
    bind_size(&b, "ARGMAX_IMAGE", argmax_image);
    bind_size(&b, "ARGMAX_STEP", step_rows(f, to)*to->argmax_row);
    shared_kernel(e, "wino/pass.c", &b, name, "%d rows of %d tiles of %d image%s", w->pass,
                  w->columns, w->images, w->images > 1 ? "s" : "");
}

/* The passes of a sweep, whose input has rows of x_row, for whoever runs them. */
static void bind_passes(struct emission *e, const struct stage *s, const struct sweep *f,
                        const struct store *to, long x_row, long y_image, long argmax_image,
                        struct bindings *b)
{
    const struct winograd *w = &f->winograd;
    char input[SHARED_NAME], run[SHARED_NAME];
    sweep_part(e, f, input, "input");
    transform(e, w, input, f->ci, x_row);
    pass(e, f, to, run, y_image, argmax_image);
    bind_name(b, "INPUT", "%s", input);
    bind_name(b, "RUN", "%s", run);
    bind_size(b, "W", arena_at(e, s->at[AT_PACKED]) + (long)f->packed_at);
    bind_size(b, "IMAGES", w->images);
    bind_size(b, "ROWS", w->rows);
    bind_size(b, "PASS", w->pass);
    bind_size(b, "COLUMNS", w->columns);
    bind_size(b, "PANELS", f->blocks + (f->last != 0));
    bind_size(b, "V_TILE", w->v_tile);
    bind_scratch(e, b);
    bind_size(b, "V_AT", arena_at(e, s->at[AT_WINO_V]));
    bind_size(b, "M_AT", arena_at(e, s->at[AT_WINO_M]));
}

void winograd_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *f = &s->conv->forward;
    const struct winograd *w = &f->winograd;
    bool pool = s->pool != NO_LAYER;
    struct shape o = s->out.shape;
    struct store to = { .y_row = (long)s->out.row, .y_pixel = o.c, .argmax_row = (long)o.w*o.c,
                        .bias = s->at[AT_BIAS] != NO_BUFFER, .pool = pool,
                        .relu = s->relu != NO_LAYER,
                        .last = pool && !s->relu_first && !f->pointwise };
    long argmax_image = pool ? (long)o.h*o.w*o.c : 0;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_flag(&b, "BY_PANELS", w->by_panels && s->conv->gathers == NO_STAGE);
    bind_size(&b, "UNIT", w->rows_together);
    bind_moments(e, s, &b);
    if (s->conv->gathers != NO_STAGE) {
        bind_size(&b, "STEP", w->step);
        bind_size(&b, "BAND_ROWS", f->band);
        bind_size(&b, "Y_ROW", to.y_row);
    }
    bind_passes(e, s, f, &to, (long)s->in.row, (long)s->out.image, argmax_image, &b);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->conv->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_STEP", w->step*(long)s->in.row);
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_size(&b, "Y_STEP", step_rows(f, &to)*to.y_row);
    bind_size(&b, "B", arena_at(e, s->at[AT_BIAS]));
    bind_size(&b, "ARGMAX", arena_at(e, s->at[AT_ARGMAX]));
    bind_size(&b, "ARGMAX_IMAGE", argmax_image);
    bind_size(&b, "ARGMAX_STEP", step_rows(f, &to)*to.argmax_row);
    kernel(e, "wino/fwd.c", &b, "%s forward: %dx%dx%d -> %dx%dx%d, F(%dx%d, 3x3)%s%s, "
           "%.1f MFLOP an image if direct, tile %dx%d", s->name, l->in.h, l->in.w, l->in.c, o.h,
           o.w, o.c, w->step, w->step, s->relu == NO_LAYER ? "" : " + relu",
           pool ? " + max-pool" : "", s->flop_forward / 1e6, f->tile.mw, f->tile.nv);
}

void winograd_data_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *d = &s->conv->dgrad[0];
    const struct winograd *w = &d->winograd;
    struct store to = { .y_row = (long)l->in.w*l->in.c, .y_pixel = l->in.c };
    struct bindings b = { 0 };
    conv_expand(e, s);
    bind_part(&b, "NAME", e, s, "data");
    bind_part(&b, "EXPAND", e, s, "expand");
    bind_passes(e, s, d, &to, (long)s->conv->expanded.row, (long)s->dx_image, 0, &b);
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    bind_size(&b, "DX_STEP", w->step*to.y_row);
    bind_argmax(e, s, &b);
    bind_size(&b, "EXPANDED", arena_at(e, s->at[AT_EXPANDED]));
    bind_size(&b, "EXPANDED_AT", (long)s->conv->expanded.origin);
    bind_size(&b, "WINDOW", d->in_at);
    bind_size(&b, "MAP_STEP", w->step*(long)s->conv->expanded.row);
    kernel(e, "wino/dgrad.c", &b, "%s data gradient: F(%dx%d, 3x3), %.1f MFLOP an image if direct",
           s->name, w->step, w->step, s->flop_dgrad / 1e6);
}

static void gradient(struct emission *e, const struct stage *s, char name[SHARED_NAME])
{
    const struct winograd *w = &s->conv->wgrad.winograd;
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    part_name(e, s, name, "wgrad_gradient");
    bind_name(&b, "GRADIENT", "v_gradient%d", w->step);
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "CO", o.c);
    bind_size(&b, "COLUMNS", w->columns);
    bind_size(&b, "SIDE", w->side);
    bind_size(&b, "STEP", w->step);
    bind_size(&b, "DY_ROW", (long)o.w*o.c);
    bind_size(&b, "Y_ROW", (long)s->out.row);
    bind_size(&b, "G_TILE", w->g_tile);
    bind_size(&b, "G_XI", w->g_xi);
    shared_kernel(e, "wino/gradient.c", &b, name, "output gradients of a row of %d tiles",
                  w->columns);
}

void winograd_weight_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct winograd *w = &s->conv->wgrad.winograd;
    const struct tile m = s->conv->wgrad.tile;
    struct shape o = s->out.shape;
    char input[SHARED_NAME], dy[SHARED_NAME], tile[SHARED_NAME], filter[SHARED_NAME];
    part_name(e, s, input, "wgrad_input");
    transform(e, w, input, l->in.c, (long)s->in.row);
    gradient(e, s, dy);
    struct bindings t = { 0 };
    part_name(e, s, tile, "wgrad_tile");
    bind_size(&t, "MH", s->conv->wgrad.tile.mh);
    bind_size(&t, "NV", s->conv->wgrad.tile.nv);
    bind_size(&t, "G_TILE", w->g_tile);
    bind_size(&t, "V_TILE", w->v_tile);
    bind_size(&t, "U_ROW", w->u_row);
    shared_kernel(e, "wino/wgrad_tile.c", &t, tile,
                  "%d filters by %d vectors of %d: %d of %d registers", m.mh, m.nv, e->net->vl,
                  m.mh*m.nv + m.nv + 1, e->net->isa->registers);
    struct bindings f = { 0 };
    part_name(e, s, filter, "wgrad_filter");
    bind_name(&f, "FILTER", "v_filter%d", w->step);
    bind_size(&f, "CI", l->in.c);
    bind_size(&f, "SIDE", w->side);
    bind_size(&f, "U_XI", w->u_xi);
    bind_size(&f, "ROW", s->conv->row);
    shared_kernel(e, "wino/filter.c", &f, filter, "a filter's gradient");
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "weights");
    bind_name(&b, "INPUT", "%s", input);
    bind_name(&b, "GRADIENT", "%s", dy);
    bind_name(&b, "TILE", "%s", tile);
    bind_name(&b, "FILTER", "%s", filter);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->conv->window);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_STEP", w->step*(long)s->in.row);
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_size(&b, "Y_STEP", w->step*(long)s->out.row);
    bind_dy(e, s, &b);
    bind_size(&b, "DY_STEP", (long)w->step*o.w*o.c);
    bind_size(&b, "PARTIAL", arena_at(e, s->at[AT_PARTIAL]));
    bind_size(&b, "GROUP_SIZE", s->conv->group_size);
    bind_size(&b, "CO", o.c);
    bind_size(&b, "FILTER_SIZE", (long)l->kh*s->conv->row);
    bind_size(&b, "IMAGES", w->images);
    bind_size(&b, "ROWS", w->rows);
    bind_size(&b, "PASS", w->pass);
    bind_size(&b, "COLUMNS", w->columns);
    bind_size(&b, "XI", w->side*w->side);
    bind_size(&b, "MH", s->conv->wgrad.tile.mh);
    bind_size(&b, "NV", s->conv->wgrad.tile.nv);
    bind_size(&b, "V_TILE", w->v_tile);
    bind_size(&b, "V_XI", w->v_xi);
    bind_size(&b, "G_TILE", w->g_tile);
    bind_size(&b, "G_XI", w->g_xi);
    bind_size(&b, "U_ROW", w->u_row);
    bind_size(&b, "U_XI", w->u_xi);
    bind_scratch(e, &b);
    bind_size(&b, "V_AT", arena_at(e, s->at[AT_WINO_V]));
    bind_size(&b, "G_AT", arena_at(e, s->at[AT_WINO_G]));
    bind_size(&b, "U_AT", arena_at(e, s->at[AT_WINO_U]));
    bind_size(&b, "DB_AT", arena_at(e, s->at[AT_WINO_DB]));
    kernel(e, "wino/wgrad.c", &b, "%s weight gradient: F(%dx%d, 3x3), %.1f MFLOP an image if "
           "direct", s->name, w->step, w->step, s->flop_wgrad / 1e6);
}

void winograd_pack(struct emission *e, const struct stage *s, const struct sweep *f,
                   char name[SHARED_NAME])
{
    const struct layer *l = &e->net->layer[s->head];
    const struct winograd *w = &f->winograd;
    struct bindings b = { 0 };
    bind_name(&b, "TAPS", "v_taps%d", w->step);
    bind_flag(&b, "FLIPPED", f->flipped);
    bind_size(&b, "SIDE", w->side);
    bind_size(&b, "STEPS", f->ci);
    bind_size(&b, "CI", l->in.c);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "CHANNELS", f->co);
    bind_size(&b, "BLOCK", (long)f->tile.nv*e->net->vl);
    bind_size(&b, "LAST_BLOCK", (long)last_vectors(e, f)*e->net->vl);
    bind_size(&b, "PANEL_SIZE", (long)w->side*w->side*f->ci*f->tile.nv*e->net->vl);
    shared_kernel(e, "wino/pack.c", &b, name, "transformed filters in panels of %d channels",
                  f->tile.nv*e->net->vl);
}
