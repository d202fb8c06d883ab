/*
** kernels.c - instantiates the templates that one network needs: binds what the
** passes decided to the names, sizes and flags of each template. It decides
** nothing.
*/
#include "print/kernels.h"

#include <stdio.h>
#include <stdlib.h>

#include "print/emission.h"
#include "read/layers.h"

/* ---- pointwise ---- */

static void pointwise_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, x, &b);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_pointwise(&b, l, true);
    kernel(e, "pointwise/fwd.c", &b, "%s forward: %s of %dx%dx%d", s->name,
           layer_def(l->kind)->word, o.h, o.w, o.c);
}

static void pointwise_backward(const struct emission *e, const struct stage *s, int x, int dx)
{
    const struct layer *l = &e->net->layer[s->pointwise];
    bool input = layer_def(l->kind)->from == FROM_INPUT;
    const struct map *map = input ? &s->in : &s->out;
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_size(&b, "A", arena_at(e, input ? x : s->at.y) + (long)map->origin);
    bind_size(&b, "A_IMAGE", (long)map->image);
    bind_size(&b, "A_ROW", (long)map->row);
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
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

static void dropout_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, x, &b);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    bind_size(&b, "MASK", arena_at(e, s->at.argmax));
    bind_size(&b, "KEEP", keep_of(l));
    bind_size(&b, "LAYER", s->head);
    kernel(e, "pointwise/dropout_fwd.c", &b, "%s forward: keeps %g of %dx%dx%d", s->name, l->number,
           o.h, o.w, o.c);
}

static void dropout_backward(const struct emission *e, const struct stage *s, int dx)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_dy(e, s, &b);
    bind_dx(e, s, dx, &b);
    bind_size(&b, "SIZE", (long)o.h*o.w*o.c);
    bind_size(&b, "MASK", arena_at(e, s->at.argmax));
    bind_size(&b, "KEEP", keep_of(l));
    kernel(e, "pointwise/dropout_bwd.c", &b, "%s backward: %dx%dx%d", s->name, o.h, o.w, o.c);
}

/* ---- residual blocks ---- */

static void add_forward(const struct emission *e, const struct stage *s, int x)
{
    const struct layer *with = s->pointwise == NO_LAYER ? NULL : &e->net->layer[s->pointwise];
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, x, &b);
    bind_size(&b, "Z", arena_at(e, stage_output(e->net, s->other)) + (long)s->in_other.origin);
    bind_size(&b, "Z_IMAGE", (long)s->in_other.image);
    bind_size(&b, "Z_ROW", (long)s->in_other.row);
    bind_y(e, s, &b);
    bind_size(&b, "H", o.h);
    bind_size(&b, "ROW", (long)o.w*o.c);
    if (with)
        bind_pointwise(&b, with, true);
    kernel(e, "pointwise/add_fwd.c", &b, "%s forward: both branches, %dx%dx%d%s%s", s->name, o.h,
           o.w, o.c, with ? " + " : "", with ? layer_def(with->kind)->word : "");
}

static void fork_backward(const struct emission *e, const struct stage *s, int dx)
{
    struct shape in = s->in.shape;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_dy(e, s, &b);
    bind_size(&b, "DZ", arena_at(e, s->at.dy_other));
    bind_dx(e, s, dx, &b);
    bind_size(&b, "SIZE", (long)in.h*in.w*in.c);
    kernel(e, "pointwise/fork_bwd.c", &b, "%s backward: the branches' gradients, %dx%dx%d", s->name,
           in.h, in.w, in.c);
}

static void loss(const struct emission *e, const struct stage *s, const struct stage *scores)
{
    const struct layer *l = &e->net->layer[s->head];
    bool svm = l->kind == LAYER_SVM;
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "loss");
    bind_part(&b, "ONE", e, s, "one");
    bind_flag(&b, "MEAN", !e->net->train.loss_sum);
    if (svm) {
        bind_name(&b, "MARGIN", "%.17g", l->margin);
    } else {
        bind_flag(&b, "SMOOTH", l->smoothing > 0);
        bind_name(&b, "SMOOTHING", "%.17g", l->smoothing);
        bind_size(&b, "LV", LANES / e->net->vl);
    }
    bind_size(&b, "CLASSES", e->net->classes);
    bind_size(&b, "SCORES", arena_at(e, scores->at.y));
    bind_size(&b, "SCORES_IMAGE", (long)scores->out.image);
    bind_size(&b, "DS", arena_at(e, scores->at.dy));
    bind_size(&b, "DS_IMAGE", (long)scores->dy_image);
    bind_size(&b, "LOSSES", arena_at(e, e->net->losses_at));
    kernel(e, svm ? "loss/svm.c" : "loss/softmax.c", &b, "%s: loss and its gradient, %d classes",
           s->name, e->net->classes);
}

void region_function(const struct emission *e, const struct region_plan *region,
                     char name[SHARED_NAME])
{
    static const char *const suffix[] = {
        [REGION_FORWARD] = "fwd", [REGION_LOSS] = "loss", [REGION_AFFINE_LISTS] = "lists",
        [REGION_AFFINE_BIAS] = "bias",
        [REGION_AFFINE_BACKWARD] = "bwd", [REGION_BACKWARD] = "bwd",
        [REGION_NORM_STATISTICS] = "statistics", [REGION_NORM_MERGE] = "merge",
        [REGION_NORM_SUMS] = "sums", [REGION_NORM_UPDATE] = "update",
        [REGION_NORM_BACKWARD] = "data", [REGION_CONV_DGRAD] = "data",
        [REGION_CONV_WGRAD] = "weights", [REGION_CONV_UPDATE] = "update", [REGION_FOLDED] = "fwd",
    };
    part_name(e, region_stage(e->net, region), name, "%s", suffix[region->kind]);
}

static void forward(struct emission *e, const struct stage *s, int x)
{
    switch (s->kind) {
    case STAGE_CONV:
        if (s->forward.winograd.step)
            winograd_forward(e, s, x);
        else
            conv_forward(e, s, x);
        break;
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
    struct emission e = { .net = net, .prefix = prefix, .out = out };
    for (int r = 0; r < net->nregions; r++) {
        int stage = net->region[r].stage;
        const struct stage *s = &net->stage[stage];
        int x = stage_output(net, s->from), dx = stage_gradient(net, stage);
        e.stage = s;
        switch (net->region[r].kind) {
        case REGION_FORWARD:         forward(&e, s, x); break;
        case REGION_NORM_STATISTICS: norm_statistics(&e, s, x); break;
        case REGION_NORM_MERGE:      norm_merge(&e, s); break;
        case REGION_LOSS:
            loss(&e, s, &net->stage[stage_source(net, stage)]);
            break;
        case REGION_AFFINE_LISTS:    affine_lists(&e, s); break;
        case REGION_AFFINE_BIAS:     affine_bias(&e, s); break;
        case REGION_AFFINE_BACKWARD: affine_backward(&e, s, x, dx); break;
        case REGION_NORM_SUMS:       norm_sums(&e, s, x); break;
        case REGION_NORM_UPDATE:     norm_update(&e, s); break;
        case REGION_NORM_BACKWARD:   norm_backward(&e, s, x, dx); break;
        case REGION_BACKWARD:        backward(&e, s, x, dx); break;
        case REGION_CONV_DGRAD:
            if (s->dgrad[0].scatter.filters)
                scatter_data_gradient(&e, s, dx);
            else if (s->dgrad[0].winograd.step)
                winograd_data_gradient(&e, s, dx);
            else
                conv_data_gradient(&e, s, dx);
            break;
        case REGION_CONV_WGRAD:
            if (s->depth)
                depth_weight_gradient(&e, s, x);
            else if (s->wgrad_winograd.step)
                winograd_weight_gradient(&e, s, x);
            else if (s->narrow)
                conv_narrow_gradient(&e, s, x);
            else
                conv_weight_gradient(&e, s, x);
            break;
        case REGION_CONV_UPDATE:     conv_parameters(&e, s); break;
        case REGION_FOLDED:          break;     /* in the list of inference alone */
        }
    }
    for (int i = 0; i < net->nfolded; i++) {
        const struct stage *s = &net->folded[i];
        e.stage = s;
        forward(&e, s, stage_output(net, s->from));
        (s->kind == STAGE_CONV ? conv_fold : affine_fold)(&e, s);
    }
    names_free(&e.bodies);
    free(e.shared);
}
