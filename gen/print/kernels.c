/*
** kernels.c - instantiates the templates that one network needs: binds what the
** passes decided to the names, sizes and flags of each template.
*/
#include "print/kernels.h"

#include "plan/regions.h"
#include "print/dictionary.h"
#include "read/layers.h"

/* ---- stages that are one template each way ---- */

static const char *word_of(const struct emission *e, int layer)
{
    return layer_def(e->net->layer[layer].kind)->word;
}

struct part_name pointwise_rows(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    bind_pointwise(&b, &e->net->layer[s->head], true);
    kernel(&b, "pointwise/rows.c", rows.text, "%s: %s of rows of %dx%d", s->name,
           word_of(e, s->head), o.w, o.c);
    return rows;
}

static void pointwise_forward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", pointwise_rows(e, s).text);
    kernel(&b, "pointwise/fwd.c", part(&b, "fwd").text, "%s forward: %s of %dx%dx%d", s->name,
           word_of(e, s->head), o.h, o.w, o.c);
}

static void pointwise_backward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->pointwise];
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_pointwise(&b, l, false);
    kernel(&b, "pointwise/bwd.c", part(&b, "bwd").text, "%s backward: %s of %dx%dx%d, from its %s",
           s->name, word_of(e, s->pointwise), o.h, o.w, o.c,
           layer_def(l->kind)->from == FROM_INPUT ? "input" : "output");
}

static void dropout_forward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    kernel(&b, "pointwise/dropout_fwd.c", part(&b, "fwd").text, "%s forward: keeps %g of %dx%dx%d",
           s->name, e->net->layer[s->head].number[0], o.h, o.w, o.c);
}

static void dropout_backward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    kernel(&b, "pointwise/dropout_bwd.c", part(&b, "bwd").text, "%s backward: %dx%dx%d", s->name,
           o.h, o.w, o.c);
}

struct part_name prelu_rows(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    kernel(&b, "pointwise/prelu_rows.c", rows.text, "%s: rows of %dx%d", s->name, o.w, o.c);
    return rows;
}

static void prelu_forward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", prelu_rows(e, s).text);
    kernel(&b, "pointwise/prelu_fwd.c", part(&b, "fwd").text, "%s forward: %dx%dx%d", s->name, o.h,
           o.w, o.c);
}

static void prelu_backward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    kernel(&b, "pointwise/prelu_bwd.c", part(&b, "bwd").text,
           "%s backward: %dx%dx%d, and an image's part of the slopes'", s->name, o.h, o.w, o.c);
}

static void prelu_update(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    kernel(&b, "pointwise/prelu_update.c", part(&b, "update").text, "%s: slopes", s->name);
}

struct part_name reshape_map(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape, o = s->out.shape;
    struct bindings b = of_stage(e, s);
    struct part_name map = part(&b, "map");
    kernel(&b, "shape/reshape_map.c", map.text, "%s: CxHxW %dx%dx%d as %dx%dx%d", s->name, in.c,
           in.h, in.w, o.c, o.h, o.w);
    return map;
}

static void reshape_forward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_MAP", "%s", reshape_map(e, s).text);
    kernel(&b, "shape/reshape_fwd.c", part(&b, "fwd").text, "%s forward", s->name);
}

static void reshape_backward(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape, o = s->out.shape;
    struct bindings b = of_stage(e, s);
    kernel(&b, "shape/reshape_bwd.c", part(&b, "bwd").text,
           "%s backward: CxHxW %dx%dx%d as %dx%dx%d", s->name, in.c, in.h, in.w, o.c, o.h, o.w);
}

static void upsample(struct emission *e, const struct stage *s, const char *const files[2],
                     struct bindings *b, const char *name, const char *direction)
{
    const struct layer *l = &e->net->layer[s->head];
    struct shape in = s->in.shape;
    kernel(b, files[l->bilinear], name, "%s %s: %dx%dx%d, %d times as high, %d times as wide",
           s->name, direction, in.h, in.w, in.c, l->up_h, l->up_w);
}

struct part_name upsample_rows(struct emission *e, const struct stage *s)
{
    static const char *const files[] = { "shape/nearest_rows.c", "shape/bilinear_rows.c" };
    struct bindings b = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    upsample(e, s, files, &b, rows.text, "rows");
    return rows;
}

static void upsample_forward(struct emission *e, const struct stage *s)
{
    static const char *const files[] = { "shape/nearest_fwd.c", "shape/bilinear_fwd.c" };
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", upsample_rows(e, s).text);
    upsample(e, s, files, &b, part(&b, "fwd").text, "forward");
}

static void upsample_backward(struct emission *e, const struct stage *s)
{
    static const char *const files[] = { "shape/nearest_bwd.c", "shape/bilinear_bwd.c" };
    struct bindings b = of_stage(e, s);
    upsample(e, s, files, &b, part(&b, "bwd").text, "backward");
}

struct part_name add_rows(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    bind_pointwise(&b, with, true);
    kernel(&b, "pointwise/add_rows.c", rows.text, "%s: both branches, rows of %dx%d%s%s", s->name,
           o.w, o.c, with ? " + " : "", with ? layer_def(with->kind)->word : "");
    return rows;
}

static void add_forward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", add_rows(e, s).text);
    kernel(&b, "pointwise/add_fwd.c", part(&b, "fwd").text,
           "%s forward: both branches, %dx%dx%d", s->name, o.h, o.w, o.c);
}

static void loss(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    char template[32];
    struct bindings one = of_stage(e, s), b = of_stage(e, s);
    snprintf(template, sizeof template, "loss/%s.c", layer_def(l->kind)->word);
    kernel(&one, template, part(&b, "one").text, "%s: one image, %d %s", s->name, e->net->classes,
           l->target == TARGET_LABEL ? "classes" : "values");
    kernel(&b, "loss/frame.c", part(&b, "loss").text, "%s: loss and its gradient, of all images",
           s->name);
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
    [BY_LISTS] = conv_weight_gradient, [BY_DENSE] = conv_dense_gradient,
    [BY_NARROW] = conv_narrow_gradient, [BY_PICKED] = conv_picked_gradient,
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

/* A deconv's weights are its mirror's. */
static const struct stage *with_weights(struct emission *e, const struct stage *s)
{
    e->stage = s->mirror ? s->mirror : s;
    return e->stage;
}

static void print_conv_weights(struct emission *e, const struct stage *s)
{
    s = with_weights(e, s);
    conv_weights[s->conv->wgrad.algorithm](e, s);
}

static void print_conv_parameters(struct emission *e, const struct stage *s)
{
    conv_parameters(e, with_weights(e, s));
}

/* Of each kind of stage; fold: the weights of a folded one. */
static const struct { printer *forward, *backward, *fold; } stage_printers[STAGE_KINDS] = {
    [STAGE_CONV] =      { .forward = print_conv_forward, .fold = conv_fold },
    [STAGE_DECONV] =    { .forward = deconv_forward, .fold = deconv_fold },
    [STAGE_AFFINE] =    { .forward = affine_forward, .fold = affine_fold },
    [STAGE_POOL] =      { .forward = pool_forward, .backward = pool_backward },
    [STAGE_AVERAGE] =   { .forward = average_forward, .backward = average_backward },
    [STAGE_POINTWISE] = { .forward = pointwise_forward, .backward = pointwise_backward },
    [STAGE_DROPOUT] =   { .forward = dropout_forward, .backward = dropout_backward },
    [STAGE_PRELU] =     { .forward = prelu_forward },
    [STAGE_RESHAPE] =   { .forward = reshape_forward, .backward = reshape_backward },
    [STAGE_UPSAMPLE] =  { .forward = upsample_forward, .backward = upsample_backward },
    [STAGE_NORM] =      { .forward = norm_forward },
    [STAGE_ADD] =       { .forward = add_forward, .backward = pointwise_backward },
    [STAGE_JOIN] =      { .forward = join_forward, .backward = join_backward },
    [STAGE_PRODUCT] =   { .forward = product_forward, .backward = product_backward },
    [STAGE_FORK] =      { .backward = fork_backward },
};

/* Of each region that one kind of stage alone has. */
static printer *const region_printers[REGION_KINDS] = {
    [REGION_NORM_STATISTICS] = norm_statistics, [REGION_NORM_MERGE] = norm_merge,
    [REGION_NORM_SUMS] = norm_sums, [REGION_NORM_UPDATE] = norm_update,
    [REGION_PRELU_BACKWARD] = prelu_backward, [REGION_PRELU_UPDATE] = prelu_update,
    [REGION_NORM_BACKWARD] = norm_backward, [REGION_LOSS] = loss,
    [REGION_AFFINE_LISTS] = affine_lists, [REGION_AFFINE_BIAS] = affine_bias,
    [REGION_AFFINE_BACKWARD] = affine_backward, [REGION_CONV_DGRAD] = print_conv_data,
    [REGION_CONV_WGRAD] = print_conv_weights, [REGION_CONV_UPDATE] = print_conv_parameters,
    [REGION_DECONV_DGRAD] = deconv_data_gradient, [REGION_DECONV_BIAS] = deconv_bias,
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
    free_emission(&e);
}
