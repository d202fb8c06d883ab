/*
** region_table.c - the tables of regions: what a step runs, one after the other.
*/
#include "print/tables.h"

#include <stdio.h>

#include "plan/traffic.h"
#include "print/emission.h"
#include "print/emit.h"
#include "print/initialiser.h"
#include "runtime/core/model.h"

const char *region_what(enum region_kind kind)
{
    static const char *const what[] = {
        [REGION_FORWARD] = "forward", [REGION_LOSS] = "loss",
        [REGION_AFFINE_LISTS] = "gradient lists", [REGION_AFFINE_BIAS] = "bias gradient + update",
        [REGION_AFFINE_BACKWARD] = "backward + update",
        [REGION_NORM_STATISTICS] = "statistics", [REGION_NORM_MERGE] = "merge",
        [REGION_NORM_SUMS] = "gradient sums", [REGION_NORM_UPDATE] = "update",
        [REGION_NORM_BACKWARD] = "data gradient", [REGION_BACKWARD] = "backward",
        [REGION_CONV_DGRAD] = "data gradient", [REGION_CONV_WGRAD] = "weight gradient",
        [REGION_CONV_UPDATE] = "update", [REGION_FOLDED] = "forward",
    };
    return what[kind];
}

void region_name(const struct net *net, const struct region_plan *region, char *name,
                 size_t size)
{
    snprintf(name, size, "%s %s", region_stage(net, region)->name, region_what(region->kind));
}

static double region_flop(const struct stage *s, enum region_kind kind)
{
    switch (kind) {
    case REGION_FORWARD:
    case REGION_FOLDED:          return s->flop_forward;
    case REGION_AFFINE_BACKWARD: return s->flop_wgrad + s->flop_dgrad;
    case REGION_CONV_DGRAD:      return s->flop_dgrad;
    case REGION_CONV_WGRAD:      return s->flop_wgrad;
    default:                     return 0;
    }
}

/* Moments are gathered of all channels. */
static int winograd_parts(const struct sweep *f, bool gathers)
{
    const struct winograd *w = &f->winograd;
    if (!w->by_panels)
        return w->rows / w->unit;
    return gathers ? 1 : f->blocks + (f->last != 0);
}

/* Images of an item; 0: as model.h has it. */
static int region_images(const struct stage *s, enum region_kind kind)
{
    bool forward = kind == REGION_FORWARD || kind == REGION_FOLDED;
    const struct winograd *w = forward ? &s->forward.winograd
                               : kind == REGION_CONV_DGRAD ? &s->dgrad[0].winograd : NULL;
    if (forward && s->kind == STAGE_AFFINE)
        return s->fwd_images;
    return s->kind == STAGE_CONV && w && w->step ? w->images : 0;
}

/* How a region is divided into items, as model.h has it. */
static void region_split(const struct net *net, const struct region_plan *r, struct text *out)
{
    const struct stage *s = region_stage(net, r);
    int units = s->out.shape.c;
    struct shape in = s->in.shape;
    switch (r->kind) {
    case REGION_FORWARD:
    case REGION_FOLDED:
        if (s->kind == STAGE_CONV)
            text_printf(out, "SPLIT_IMAGES, .count = %d", s->forward.winograd.step
                        ? winograd_parts(&s->forward, s->norm != NO_STAGE) : s->parts);
        else if (s->kind == STAGE_POOL || s->kind == STAGE_AVERAGE)
            text_printf(out, "SPLIT_IMAGES, .count = %d", s->out.shape.h);
        else if (s->kind == STAGE_AFFINE)
            text_printf(out, "SPLIT_FIXED, .count = %d", (units + s->fwd_block - 1) / s->fwd_block);
        else
            text_puts(out, "SPLIT_IMAGES, .count = 1");
        break;
    case REGION_AFFINE_LISTS:
        text_printf(out, "SPLIT_FIXED, .count = %d", GROUPS + (units + LANES - 1) / LANES);
        break;
    case REGION_AFFINE_BIAS:
        text_printf(out, "SPLIT_FIXED, .count = %d", (units + LANES - 1) / LANES);
        break;
    case REGION_AFFINE_BACKWARD:
        text_printf(out, "SPLIT_FIXED, .count = %d", (in.h*in.w*in.c + PANEL - 1) / PANEL);
        break;
    case REGION_CONV_UPDATE:
    case REGION_NORM_MERGE:
    case REGION_NORM_UPDATE:
        text_printf(out, "SPLIT_FIXED, .count = %d", (units + LANES - 1) / LANES);
        break;
    case REGION_LOSS:
    case REGION_CONV_WGRAD:
        text_puts(out, "SPLIT_GROUPS");
        break;
    case REGION_CONV_DGRAD:
    case REGION_BACKWARD:
    case REGION_NORM_STATISTICS:
    case REGION_NORM_SUMS:
    case REGION_NORM_BACKWARD:
        text_puts(out, "SPLIT_IMAGES, .count = 1");
        break;
    }
}

void regions_table(const struct net *net, const struct prefixes *prefix, const char *name,
                   const struct region_plan *regions, int count, struct text *out)
{
    const struct emission e = { .net = net, .prefix = prefix->kernels };
    text_printf(out, "static const struct region %s%s[] = {\n", prefix->tables, name);
    for (int r = 0; r < count; r++) {
        const struct region_plan *region = &regions[r];
        const struct stage *s = region_stage(net, region);
        char function[SHARED_NAME], title[2*NAME_MAX_LEN];
        struct text split = { 0 };
        region_function(&e, region, function);
        region_name(net, region, title, sizeof title);
        region_split(net, region, &split);
        struct traffic bytes = region_traffic(net, region);
        int images = region_images(s, region->kind);
        struct initialiser row = open_row(out);
        field(&row, ".name = \"%s\"", title);
        field(&row, ".run = %s", function);
        field(&row, ".split = %s", text_string(&split));
        if (images)
            field(&row, ".images = %d", images);
        if (region_flop(s, region->kind) > 0)
            field(&row, ".flop = %s", exactly(region_flop(s, region->kind)).text);
        if (bytes.fixed > 0)
            field(&row, ".bytes_fixed = %s", exactly(bytes.fixed).text);
        if (bytes.image > 0)
            field(&row, ".bytes_image = %s", exactly(bytes.image).text);
        close_row(&row);
        text_free(&split);
    }
    text_puts(out, "};\n\n");
}
