/*
** affine_kernels.c - instantiates the templates of affine stages.
*/
#include <stdio.h>

#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/cost.h"
#include "print/emission.h"
#include "read/layers.h"

static void affine_tile(const struct emission *e, const struct stage *s, const char *part,
                        int mi, int mu)
{
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "%s", part);
    bind_size(&b, "MI", mi);
    bind_size(&b, "MU", mu);
    bind_size(&b, "LV", s->affine->tile.nv);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_size(&b, "LANES_IMAGE", (long)s->affine->block*LANES);
    kernel(e, "affine/tile.c", &b, "%d images by %d units: %d of %d registers", mi, mu,
           mi*mu*s->affine->tile.nv + mi + 1, e->net->isa->registers);
}

void affine_forward(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape;
    long inputs = (long)in.h*in.w*in.c;
    const struct tile t = s->affine->tile;
    affine_tile(e, s, "tile", t.mh, t.mw);
    if (t.mh > 1)
        affine_tile(e, s, "tile_image", 1, t.mw);
    if (t.mw > 1)
        affine_tile(e, s, "tile_unit", t.mh, 1);
    if (t.mh > 1 && t.mw > 1)
        affine_tile(e, s, "tile_one", 1, 1);
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_part(&b, "TILES", e, s, "tiles");
    bind_part(&b, "AHEAD", e, s, "ahead");
    bind_part(&b, "STORE", e, s, "store");
    bind_part(&b, "TILE", e, s, "tile");
    bind_part(&b, "TILE_IMAGE", e, s, "%s", t.mh > 1 ? "tile_image" : "tile");
    bind_part(&b, "TILE_UNIT", e, s, "%s", t.mw > 1 ? "tile_unit" : "tile");
    bind_part(&b, "TILE_ONE", e, s, "%s", t.mh > 1 && t.mw > 1 ? "tile_one"
              : t.mh > 1 ? "tile_image" : t.mw > 1 ? "tile_unit" : "tile");
    bind_size(&b, "MI", t.mh);
    bind_size(&b, "MU", t.mw);
    bind_size(&b, "LV", t.nv);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]));
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_size(&b, "W", arena_at(e, s->at[AT_WEIGHT]));
    bind_flag(&b, "BIAS", s->at[AT_BIAS] != NO_BUFFER);
    bind_flag(&b, "LAST_PANEL", s->affine->columns % PANEL != 0);
    bind_size(&b, "B", arena_at(e, s->at[AT_BIAS]));
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_size(&b, "BLOCK", s->affine->block);
    bind_size(&b, "COLUMNS", s->affine->columns);
    bind_size(&b, "DEPTH", s->affine->depth);
    bind_size(&b, "IMAGES", s->affine->images);
    bind_size(&b, "TOGETHER", s->affine->blocks_together);
    bind_size(&b, "LANES_IMAGE", (long)s->affine->block*LANES);
    bind_scratch(e, &b);
    bind_size(&b, "LANES_AT", arena_at(e, s->at[AT_LANES]));
    bind_size(&b, "SUMS_AT", arena_at(e, s->at[AT_SUMS]));
    bind_epilogue(&b, s->relu != NO_LAYER);
    const struct layer *with = layer_at(e->net, s->pointwise);
    if (with)
        bind_pointwise(&b, with, true);
    kernel(e, "affine/fwd.c", &b, "%s forward: %ld -> %d%s%s%s, %.2f MFLOP an image, tile %dx%d",
           s->name, inputs, s->out.shape.c, s->relu == NO_LAYER ? "" : " + relu",
           with ? " + " : "", with ? layer_def(with->kind)->word : "", s->flop_forward / 1e6, t.mh,
           t.mw);
}

void affine_fold(struct emission *e, const struct stage *s)
{
    struct bindings b = { 0 };
    norm_fold(e, s);
    bind_part(&b, "NAME", e, s, "fold");
    bind_part(&b, "FACTOR", e, s, "factor");
    bind_size(&b, "W", param_at(e, s->weight, 'w'));
    bind_size(&b, "FOLDED_W", arena_at(e, s->at[AT_WEIGHT]));
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_size(&b, "COLUMNS", s->affine->columns);
    kernel(e, "affine/fold.c", &b, "%s: one unit's weights, times what it is multiplied with",
           s->name);
}

static long list_starts(const struct stage *s)
{
    return ceil_div(s->out.shape.c, s->affine->rows) + 1;
}

static void bind_lists(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "UNITS", s->out.shape.c);
    bind_size(b, "ROWS", s->affine->rows);
    bind_size(b, "STARTS", list_starts(s));
    bind_size(b, "IMAGE_LIST", arena_at(e, s->at[AT_IMAGE_LIST]));
    bind_size(b, "IMAGE_STARTS", arena_at(e, s->at[AT_IMAGE_STARTS]));
    bind_size(b, "UNIT_LIST", arena_at(e, s->at[AT_UNIT_LIST]));
    bind_size(b, "UNIT_COUNT", arena_at(e, s->at[AT_UNIT_COUNT]));
    bind_size(b, "UNIT_SPACE", (long)e->net->train.batch + 1);
}

void affine_lists(struct emission *e, const struct stage *s)
{
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "lists");
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_flag(&b, "BY_IMAGE", s->needs_dx);
    bind_flag(&b, "BIAS", s->bias != NO_PARAM);
    bind_size(&b, "B_RULE", s->bias);
    bind_lists(e, s, &b);
    bind_dy(e, s, &b);
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "B_M", param_at(e, s->bias, 'm'));
    bind_size(&b, "B_V", param_at(e, s->bias, 'v'));
    kernel(e, "affine/lists.c", &b, "%s: nonzero output gradients by image and by unit", s->name);
}

void affine_bias(struct emission *e, const struct stage *s)
{
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bias");
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_dy(e, s, &b);
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "B_M", param_at(e, s->bias, 'm'));
    bind_size(&b, "B_V", param_at(e, s->bias, 'v'));
    bind_size(&b, "B_RULE", s->bias);
    kernel(e, "affine/bias.c", &b, "%s: the bias' gradient and update", s->name);
}

static void affine_panel_tiles(const struct emission *e, const struct stage *s, const char *suffix,
                               int nv, int width)
{
    if (s->needs_dx) {
        struct bindings d = { 0 };
        bind_part(&d, "NAME", e, s, "dgrad%s", suffix);
        bind_size(&d, "NV", nv);
        bind_size(&d, "WIDTH", width);
        kernel(e, "affine/dgrad_tile.c", &d, "%d vectors of %d", nv, e->net->vl);
    }
    struct bindings w = { 0 };
    bind_part(&w, "NAME", e, s, "wgrad%s", suffix);
    bind_size(&w, "NV", nv);
    bind_size(&w, "X_IMAGE", (long)s->in.image);
    kernel(e, "affine/wgrad_tile.c", &w, "%d vectors of %d", nv, e->net->vl);
}

/* What every backward pass of a panel, `width` columns wide, reads and writes. */
static void bind_panel(const struct emission *e, const struct stage *s, int width,
                       struct bindings *b)
{
    bind_flag(b, "DX", s->needs_dx);
    bind_size(b, "WIDTH", width);
    bind_size(b, "X", arena_at(e, s->at[AT_X]) + (long)s->in.origin);
    bind_size(b, "X_IMAGE", (long)s->in.image);
    bind_size(b, "GRADIENT", arena_at(e, s->at[AT_DX]));
    bind_size(b, "DX_IMAGE", (long)s->dx_image);
    bind_size(b, "W", param_at(e, s->weight, 'w'));
    bind_size(b, "W_M", param_at(e, s->weight, 'm'));
    bind_size(b, "W_V", param_at(e, s->weight, 'v'));
    bind_size(b, "W_RULE", s->weight);
}

/* A tile of a dense product: an image's or a unit's rows of a, and how it goes on to the next. */
static void dense_tile(const struct emission *e, const char *name, int rows, int nv, long a_row,
                       long a_step, long b_step, long c_row)
{
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%s", name);
    bind_size(&b, "M", rows);
    bind_size(&b, "NV", nv);
    bind_size(&b, "A_ROW", a_row);
    bind_size(&b, "A_STEP", a_step);
    bind_size(&b, "B_STEP", b_step);
    bind_size(&b, "C_ROW", c_row);
    kernel(e, "affine/dense_tile.c", &b, "%d rows, %d vectors of %d", rows, nv, e->net->vl);
}

static void affine_dense(const struct emission *e, const struct stage *s, const char *kind,
                         int width)
{
    struct tile tile = width == PANEL ? s->affine->whole_panel : s->affine->last_panel;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "%s", kind);
    for (int one = 0; one < 2; one++) {
        char data[SHARED_NAME], weights[SHARED_NAME];
        int rows = one ? 1 : tile.mh;
        part_name(e, s, data, "dgrad_%s%s", kind, one ? "_one" : "");
        part_name(e, s, weights, "wgrad_%s%s", kind, one ? "_one" : "");
        if (s->needs_dx)
            dense_tile(e, data, rows, tile.nv, (long)s->dy_image, 1, width, (long)s->dx_image);
        dense_tile(e, weights, rows, tile.nv, 1, (long)s->dy_image, (long)s->in.image, width);
        bind_name(&b, one ? "DGRAD_ONE" : "DGRAD", "%s", data);
        bind_name(&b, one ? "WGRAD_ONE" : "WGRAD", "%s", weights);
    }
    bind_panel(e, s, width, &b);
    bind_dy(e, s, &b);
    bind_size(&b, "UNITS", s->out.shape.c);
    bind_size(&b, "ROWS", s->affine->rows);
    bind_size(&b, "M", tile.mh);
    bind_size(&b, "TILE", (long)tile.nv*e->net->vl);
    kernel(e, "affine/dense.c", &b, "%s backward, one panel of %d columns", s->name, width);
}

/* The backward pass of one panel from lists. */
static void affine_panel(const struct emission *e, const struct stage *s, const char *kind,
                         int width)
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
    bind_part(&b, "NAME", e, s, "%s", kind);
    bind_part(&b, "DGRAD", e, s, "dgrad%s", whole);
    bind_part(&b, "DGRAD_LAST", e, s, "dgrad%s", rest);
    bind_part(&b, "WGRAD", e, s, "wgrad%s", whole);
    bind_part(&b, "WGRAD_LAST", e, s, "wgrad%s", rest);
    bind_lists(e, s, &b);
    bind_size(&b, "TILE", (long)PANEL_VECTORS*e->net->vl);
    bind_panel(e, s, width, &b);
    kernel(e, "affine/panel.c", &b, "%s backward, one panel of %d columns", s->name, width);
}

void affine_backward(struct emission *e, const struct stage *s)
{
    int panels = s->affine->columns / PANEL, left = s->affine->columns % PANEL;
    void (*panel)(const struct emission *, const struct stage *, const char *, int)
        = s->affine->backward == BY_DENSE ? affine_dense : affine_panel;
    if (panels)
        panel(e, s, "panel", PANEL);
    if (left)
        panel(e, s, "last_panel", left);
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_part(&b, "PANEL_STEP", e, s, "panel");
    bind_part(&b, "LAST_STEP", e, s, "last_panel");
    bind_flag(&b, "WHOLE_PANELS", panels != 0);
    bind_flag(&b, "LAST_PANEL", left != 0);
    bind_size(&b, "PANELS", panels);
    bind_size(&b, "SUMSQ", (long)e->net->param[s->weight].sumsq);
    kernel(e, "affine/bwd.c", &b, "%s backward and update: %.2f MFLOP an image if all were nonzero",
           s->name, (s->flop_wgrad + s->flop_dgrad) / 1e6);
}
