/*
** kernels.c - instantiates the templates that one network needs: binds what the
** passes decided to the names, sizes and flags of each template.
*/
#include "print/kernels.h"

#include <stdlib.h>

#include "plan/regions.h"
#include "print/emission.h"
#include "read/layers.h"

/* ---- pointwise ---- */

static void pointwise_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, &b);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_pointwise(&b, l, true);
    kernel(e, "pointwise/fwd.c", &b, "%s forward: %s of %dx%dx%d", s->name,
           layer_def(l->kind)->word, o.h, o.w, o.c);
}

static void pointwise_backward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->pointwise];
    bool input = layer_def(l->kind)->from == FROM_INPUT;
    const struct map *map = input ? &s->in : &s->out;
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_size(&b, "A", arena_at(e, s->at[input ? AT_X : AT_Y]) + (long)map->origin);
    bind_size(&b, "A_IMAGE", (long)map->image);
    bind_size(&b, "A_ROW", (long)map->row);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_pointwise(&b, l, false);
    kernel(e, "pointwise/bwd.c", &b, "%s backward: %s of %dx%dx%d, from its %s", s->name,
           layer_def(l->kind)->word, o.h, o.w, o.c, input ? "input" : "output");
}

/* ---- dropout ---- */

/* The probability of keeping a value, in units of 2^-16; never none. */
static long keep_of(const struct layer *l)
{
    long keep = (long)(l->number*65536 + 0.5);
    return keep < 1 ? 1 : keep;
}

static void dropout_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, &b);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_size(&b, "MASK", arena_at(e, s->at[AT_MASK]));
    bind_size(&b, "KEEP", keep_of(l));
    bind_size(&b, "LAYER", s->head);
    kernel(e, "pointwise/dropout_fwd.c", &b, "%s forward: keeps %g of %dx%dx%d", s->name, l->number,
           o.h, o.w, o.c);
}

static void dropout_backward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    bind_size(&b, "SIZE", (long)o.h*o.w*o.c);
    bind_size(&b, "MASK", arena_at(e, s->at[AT_MASK]));
    bind_size(&b, "KEEP", keep_of(l));
    kernel(e, "pointwise/dropout_bwd.c", &b, "%s backward: %dx%dx%d", s->name, o.h, o.w, o.c);
}

/* ---- residual blocks ---- */

static void add_forward(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, &b);
    bind_size(&b, "Z", arena_at(e, s->at[AT_OTHER]) + (long)s->add->in_other.origin);
    bind_size(&b, "Z_IMAGE", (long)s->add->in_other.image);
    bind_size(&b, "Z_ROW", (long)s->add->in_other.row);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    if (with)
        bind_pointwise(&b, with, true);
    kernel(e, "pointwise/add_fwd.c", &b, "%s forward: both branches, %dx%dx%d%s%s", s->name, o.h,
           o.w, o.c, with ? " + " : "", with ? layer_def(with->kind)->word : "");
}

static void fork_backward(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_dy(e, s, &b);
    bind_size(&b, "DZ", arena_at(e, s->at[AT_DY_OTHER]));
    bind_dx(e, s, &b);
    bind_size(&b, "SIZE", (long)in.h*in.w*in.c);
    kernel(e, "pointwise/fork_bwd.c", &b, "%s backward: the branches' gradients, %dx%dx%d", s->name,
           in.h, in.w, in.c);
}

static void loss(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    bool svm = l->kind == LAYER_SVM;
    struct bindings one = { 0 }, b = { 0 };
    bind_part(&one, "ONE", e, s, "one");
    bind_size(&one, "CLASSES", e->net->classes);
    if (svm) {
        bind_name(&one, "MARGIN", "%.17g", l->margin);
    } else {
        bind_flag(&one, "SMOOTH", l->smoothing > 0);
        bind_name(&one, "SMOOTHING", "%.17g", l->smoothing);
        bind_size(&one, "LV", LANES / e->net->vl);
    }
    kernel(e, svm ? "loss/svm.c" : "loss/softmax.c", &one, "%s: one image, %d classes", s->name,
           e->net->classes);
    bind_part(&b, "NAME", e, s, "loss");
    bind_part(&b, "ONE", e, s, "one");
    bind_flag(&b, "MEAN", e->net->train.loss == LOSS_MEAN);
    bind_size(&b, "CLASSES", e->net->classes);
    bind_size(&b, "SCORES", arena_at(e, s->at[AT_X]));
    bind_size(&b, "SCORES_IMAGE", (long)s->in.image);
    bind_size(&b, "DS", arena_at(e, s->at[AT_DX]));
    bind_size(&b, "DS_IMAGE", (long)s->dx_image);
    bind_size(&b, "LOSSES", arena_at(e, e->net->losses_at));
    kernel(e, "loss/frame.c", &b, "%s: loss and its gradient, of all images", s->name);
}

void region_function(const struct emission *e, const struct region_plan *region,
                     char name[SHARED_NAME])
{
    part_name(e, region_stage(e->net, region), name, "%s", region_defs[region->kind].part);
}

/* ---- which function prints what ---- */

typedef void printer(struct emission *e, const struct stage *s);

/* The directions of a convolution, by their algorithms. */
static printer *const conv_forwards[ALGORITHMS] = {
    [BY_DIRECT] = conv_forward, [BY_DEPTHWISE] = conv_forward, [BY_WINOGRAD] = winograd_forward,
};
static printer *const conv_data[ALGORITHMS] = {
    [BY_DIRECT] = conv_data_gradient, [BY_DEPTHWISE] = conv_data_gradient,
    [BY_WINOGRAD] = winograd_data_gradient, [BY_SCATTER] = scatter_data_gradient,
};
static printer *const conv_weights[ALGORITHMS] = {
    [BY_LISTS] = conv_weight_gradient, [BY_DENSE] = conv_narrow_gradient,
    [BY_DEPTHWISE] = depth_weight_gradient, [BY_WINOGRAD] = winograd_weight_gradient,
};

static void print_conv_forward(struct emission *e, const struct stage *s)
{
    conv_forwards[s->conv->forward.algorithm](e, s);
}

static void print_conv_data(struct emission *e, const struct stage *s)
{
    /* A stride without any tap leaves nothing but zeros. */
    conv_data[s->conv->ndgrad ? s->conv->dgrad[0].algorithm : BY_DIRECT](e, s);
}

static void print_conv_weights(struct emission *e, const struct stage *s)
{
    conv_weights[s->conv->wgrad.algorithm](e, s);
}

/* Of each kind of stage; fold: the weights of a folded one. */
static const struct { printer *forward, *backward, *fold; } stage_printers[STAGE_KINDS] = {
    [STAGE_CONV] =      { .forward = print_conv_forward, .fold = conv_fold },
    [STAGE_AFFINE] =    { .forward = affine_forward, .fold = affine_fold },
    [STAGE_POOL] =      { .forward = pool_forward, .backward = pool_backward },
    [STAGE_AVERAGE] =   { .forward = average_forward, .backward = average_backward },
    [STAGE_POINTWISE] = { .forward = pointwise_forward, .backward = pointwise_backward },
    [STAGE_DROPOUT] =   { .forward = dropout_forward, .backward = dropout_backward },
    [STAGE_NORM] =      { .forward = norm_forward },
    [STAGE_ADD] =       { .forward = add_forward, .backward = pointwise_backward },
    [STAGE_FORK] =      { .backward = fork_backward },
};

/* Of each region that one kind of stage alone has. */
static printer *const region_printers[REGION_KINDS] = {
    [REGION_NORM_STATISTICS] = norm_statistics, [REGION_NORM_MERGE] = norm_merge,
    [REGION_NORM_SUMS] = norm_sums, [REGION_NORM_UPDATE] = norm_update,
    [REGION_NORM_BACKWARD] = norm_backward, [REGION_LOSS] = loss,
    [REGION_AFFINE_LISTS] = affine_lists, [REGION_AFFINE_BIAS] = affine_bias,
    [REGION_AFFINE_BACKWARD] = affine_backward, [REGION_CONV_DGRAD] = print_conv_data,
    [REGION_CONV_WGRAD] = print_conv_weights, [REGION_CONV_UPDATE] = conv_parameters,
};

static printer *printer_of(const struct stage *s, enum region_kind kind)
{
    return kind == REGION_FORWARD ? stage_printers[s->kind].forward
           : kind == REGION_BACKWARD ? stage_printers[s->kind].backward : region_printers[kind];
}

void kernels(const struct net *net, const char *prefix, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix, .out = out };
    for (int r = 0; r < net->nregions; r++) {
        const struct stage *s = &net->stage[net->region[r].stage];
        e.stage = s;
        printer_of(s, net->region[r].kind)(&e, s);
    }
    for (int i = 0; i < net->nfolded; i++) {
        const struct stage *s = &net->folded[i];
        e.stage = s;
        stage_printers[s->kind].forward(&e, s);
        stage_printers[s->kind].fold(&e, s);
    }
    names_free(&e.bodies);
    free(e.shared);
}
