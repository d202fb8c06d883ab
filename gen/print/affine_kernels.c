/*
** affine_kernels.c - instantiates the templates of affine stages.
*/
#include <stdio.h>

#include "runtime/core/model.h"
#include "base/small.h"
#include "plan/cost.h"
#include "plan/stream.h"
#include "print/dictionary.h"
#include "read/layers.h"

/* A tile of a product: rows of a, and how a, b and the sums go on to the next step, the next row;
** adds: it begins at 0 and is added to what is there. */
static void dense_tile(struct bindings b, const char *name, struct tile t, bool adds, long a_row,
                       long a_step, long b_step, long c_row)
{
    bind_flag(&b, "ADDS", adds);
    bind_size(&b, "M", t.mh);
    bind_size(&b, "NV", t.nv);
    bind_size(&b, "A_ROW", a_row);
    bind_size(&b, "A_STEP", a_step);
    bind_size(&b, "B_STEP", b_step);
    bind_size(&b, "C_ROW", c_row);
    kernel(&b, "affine/dense_tile.c", name, "%d rows, %d vectors of %d", t.mh, t.nv,
           b.e->net->vl);
}

/* Tiles of as many images as the registers hold, of those that the batch leaves, and of one. */
static void bind_tiles(struct bindings *b)
{
    const struct stage *s = b->stage;
    const struct affine_plan *a = s->affine;
    const struct { const char *word, *part; int images; } tiles[] = {
        { "TILE_ONE", "tile_one", 1 }, { "TILE_REST", "tile_rest", a->rest },
        { "TILE", "tile", a->tile.mh },
    };
    for (int k = 0; k < 3; k++) {
        int same = 0;
        while (tiles[same].images != tiles[k].images)
            same++;
        struct part_name name = part(b, "%s", tiles[same].part);
        if (same == k)
            dense_tile(of_stage(b->e, s), name.text,
                       (struct tile){ tiles[k].images, 1, a->tile.nv }, true,
                       (long)s->in.image, 1, a->block, (long)a->blocks_together*a->block);
        bind_name(b, tiles[k].word, "%s", name.text);
    }
}

void affine_forward(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape;
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct bindings b = of_stage(e, s);
    bind_tiles(&b);
    bind_relu(&b, s->relu != NO_LAYER);
    bind_pointwise(&b, with, true);
    kernel(&b, "affine/fwd.c", part(&b, "fwd").text,
           "%s forward: %ld -> %d%s%s%s, %.2f MFLOP an image, tile %dx%d", s->name,
           (long)in.h*in.w*in.c, s->out.shape.c, s->relu == NO_LAYER ? "" : " + relu",
           with ? " + " : "", with ? layer_def(with->kind)->word : "", s->flop_forward / 1e6,
           s->affine->tile.mh, s->affine->tile.nv);
}

/* Of nv vectors; part: units of the last one that exist, 0: all. */
static void one_tile(struct emission *e, const struct stage *s, bool bias, const char *name, int nv,
                     int part)
{
    const struct shape in = s->in.shape;
    struct bindings b = of_stage(e, s);
    bind_flag(&b, "BIAS", bias);
    bind_flag(&b, "PARTIAL", part != 0);
    bind_size(&b, "PART", part);
    bind_size(&b, "NV", nv);
    bind_size(&b, "BLOCK", (long)nv*e->net->vl);
    bind_size(&b, "COLUMNS", (long)in.h*in.w*in.c);
    bind_relu(&b, s->relu != NO_LAYER);
    bind_pointwise(&b, layer_at(e->net, s->pointwise), true);
    kernel(&b, "affine/one_tile.c", name, "%d vectors of %d units", nv, e->net->vl);
}

struct part_name affine_one(struct emission *e, const struct stage *s, bool bias)
{
    const struct shape in = s->in.shape;
    const int vl = e->net->vl, nv = one_vectors(e->net, s), units = s->out.shape.c;
    const int left = units % (nv*vl);
    struct bindings b = of_stage(e, s);
    struct part_name name = part(&b, "one"), tile = part(&b, "tile"), last = part(&b, "tile_last");
    if (units >= nv*vl)
        one_tile(e, s, bias, tile.text, nv, 0);
    if (left)
        one_tile(e, s, bias, last.text, ceil_div(left, vl), left % vl);
    bind_name(&b, "TILE", "%s", tile.text);
    bind_name(&b, "TILE_LAST", "%s", last.text);
    bind_size(&b, "BLOCK", (long)nv*vl);
    bind_size(&b, "COLUMNS", (long)in.h*in.w*in.c);
    kernel(&b, "affine/one.c", name.text, "%s: %ld -> %d", s->name, (long)in.h*in.w*in.c, units);
    return name;
}

void affine_fold(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    if (s->fold->norm != NO_STAGE)
        norm_fold(e, s);
    kernel(&b, "affine/fold.c", part(&b, "fold").text,
           "%s: a block of units' weights, columns by units", s->name);
}

void affine_lists(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    kernel(&b, "affine/lists.c", part(&b, "lists").text,
           "%s: nonzero output gradients by image and by unit", s->name);
}

void affine_bias(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    kernel(&b, "affine/bias.c", part(&b, "bias").text, "%s: the bias' gradient and update",
           s->name);
}

/* The backward tiles of nv vectors of a panel from lists; ending: of their names. */
static void list_tiles(struct emission *e, const struct stage *s, const char *ending, int nv,
                       int width)
{
    struct bindings d = of_stage(e, s), w = of_stage(e, s);
    bind_size(&d, "NV", nv);
    bind_size(&d, "WIDTH", width);
    if (s->needs_dx)
        kernel(&d, "affine/dgrad_tile.c", part(&d, "dgrad_%s", ending).text, "%d vectors of %d",
               nv, e->net->vl);
    bind_size(&w, "NV", nv);
    kernel(&w, "affine/wgrad_tile.c", part(&w, "wgrad_%s", ending).text, "%d vectors of %d", nv,
           e->net->vl);
}

static void dense_panel(struct emission *e, const struct stage *s, const char *kind, int width)
{
    struct tile tile = width == PANEL ? s->affine->whole_panel : s->affine->last_panel;
    struct bindings b = of_stage(e, s);
    for (int one = 0; one < 2; one++) {
        const char *ending = one ? "_one" : "";
        struct part_name data = part(&b, "dgrad_%s%s", kind, ending);
        struct part_name weights = part(&b, "wgrad_%s%s", kind, ending);
        const struct tile t = { one ? 1 : tile.mh, 1, tile.nv };
        if (s->needs_dx)
            dense_tile(of_stage(e, s), data.text, t, false, (long)s->dy_image, 1, width,
                       (long)s->dx_image);
        dense_tile(of_stage(e, s), weights.text, t, false, 1, (long)s->dy_image,
                   (long)s->in.image, width);
        bind_name(&b, one ? "DGRAD_ONE" : "DGRAD", "%s", data.text);
        bind_name(&b, one ? "WGRAD_ONE" : "WGRAD", "%s", weights.text);
    }
    bind_size(&b, "WIDTH", width);
    bind_size(&b, "M", tile.mh);
    bind_size(&b, "TILE_WIDTH", (long)tile.nv*e->net->vl);
    kernel(&b, "affine/dense.c", part(&b, "%s", kind).text,
           "%s backward, one panel of %d columns", s->name, width);
}

/* The backward pass of one panel from lists. */
static void list_panel(struct emission *e, const struct stage *s, const char *kind, int width)
{
    int vl = e->net->vl, vectors = width / vl, left = vectors % PANEL_VECTORS;
    struct bindings b = of_stage(e, s);
    char rest[64];
    snprintf(rest, sizeof rest, "%s_rest", kind);
    if (vectors >= PANEL_VECTORS)
        list_tiles(e, s, kind, PANEL_VECTORS, width);
    if (left)
        list_tiles(e, s, rest, left, width);
    bind_name(&b, "DGRAD", "%s", part(&b, "dgrad_%s", kind).text);
    bind_name(&b, "DGRAD_LAST", "%s", part(&b, "dgrad_%s", rest).text);
    bind_name(&b, "WGRAD", "%s", part(&b, "wgrad_%s", kind).text);
    bind_name(&b, "WGRAD_LAST", "%s", part(&b, "wgrad_%s", rest).text);
    bind_size(&b, "WIDTH", width);
    bind_size(&b, "TILE_WIDTH", (long)PANEL_VECTORS*vl);
    kernel(&b, "affine/panel.c", part(&b, "%s", kind).text, "%s backward, one panel of %d columns",
           s->name, width);
}

void affine_backward(struct emission *e, const struct stage *s)
{
    void (*panel)(struct emission *, const struct stage *, const char *, int)
        = s->affine->backward == BY_DENSE ? dense_panel : list_panel;
    int left = s->affine->columns % PANEL;
    struct bindings b = of_stage(e, s);
    if (s->affine->columns >= PANEL)
        panel(e, s, "panel", PANEL);
    if (left)
        panel(e, s, "last_panel", left);
    kernel(&b, "affine/bwd.c", part(&b, "bwd").text,
           "%s backward and update: %.2f MFLOP an image if all were nonzero", s->name,
           (s->flop_wgrad + s->flop_dgrad) / 1e6);
}
