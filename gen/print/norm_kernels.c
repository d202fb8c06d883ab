/*
** norm_kernels.c - instantiates the templates of batch normalisation.
*/
#include "runtime/core/model.h"
#include "base/small.h"
#include "print/emission.h"
#include "read/layers.h"

long norm_count(const struct stage *s)
{
    return round_up(s->out.shape.c, LANES);
}

/* What the passes over an image share. */
static void bind_norm_image(const struct stage *s, struct bindings *b)
{
    bind_size(b, "X_ROW", (long)s->in.row);
    bind_size(b, "Y_ROW", (long)s->out.row);
    bind_size(b, "H", s->out.shape.h);
    bind_size(b, "W", s->out.shape.w);
    bind_size(b, "C", s->out.shape.c);
    bind_size(b, "COUNT", norm_count(s));
}

/* Where its maps lie. */
static void bind_norm_maps(const struct emission *e, const struct stage *s,
                           struct bindings *b)
{
    bind_size(b, "X", arena_at(e, s->at[AT_X]) + (long)s->in.origin);
    bind_size(b, "X_IMAGE", (long)s->in.image);
    bind_size(b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(b, "Y_IMAGE", (long)s->out.image);
    bind_size(b, "COEFFICIENTS", arena_at(e, s->at[AT_COEFFICIENTS]));
}

/* The function for `rows` rows of map m. */
void norm_gather(struct emission *e, const struct stage *s, const struct map *m, int rows,
                 char name[SHARED_NAME])
{
    struct bindings b = { 0 };
    part_name(e, s, name, "gather");
    bind_size(&b, "X_ROW", (long)m->row);
    bind_size(&b, "H", rows);
    bind_size(&b, "W", s->out.shape.w);
    bind_size(&b, "C", s->out.shape.c);
    bind_size(&b, "COUNT", norm_count(s));
    bind_size(&b, "NV", s->norm->gather_vectors);
    bind_flag(&b, "ODD", s->out.shape.w % 2 != 0);
    shared_kernel(e, "norm/gather.c", &b, name, "means and deviations of %d rows", rows);
}

void norm_statistics(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = { 0 };
    char gather[SHARED_NAME];
    norm_gather(e, s, &s->in, o.h, gather);
    bind_part(&b, "NAME", e, s, "statistics");
    bind_name(&b, "GATHER", "%s", gather);
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->in.origin);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "MOMENTS", arena_at(e, s->at[AT_MOMENTS]));
    bind_size(&b, "COUNT", norm_count(s));
    kernel(e, "norm/statistics.c", &b, "%s: statistics of %dx%dx%d", s->name, o.h, o.w, o.c);
}

void norm_merge(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct bindings channels = { 0 }, b = { 0 };
    char name[SHARED_NAME];
    part_name(e, s, name, "channels");
    bind_name(&channels, "MOMENTUM", "%.17g", l->momentum);
    bind_name(&channels, "EPS", "%.17g", l->eps);
    bind_flag(&channels, "SCALE", l->scale);
    bind_size(&channels, "C", s->out.shape.c);
    bind_size(&channels, "BLOCKS", s->norm->blocks);
    bind_size(&channels, "PIXELS", (long)s->out.shape.h / s->norm->blocks*s->out.shape.w);
    bind_size(&channels, "COUNT", norm_count(s));
    shared_kernel(e, "norm/channels.c", &channels, name, "a batch's statistics, and running ones");
    bind_part(&b, "NAME", e, s, "merge");
    bind_name(&b, "MERGE", "%s", name);
    bind_size(&b, "MOMENTS", arena_at(e, s->at[AT_MOMENTS]));
    bind_size(&b, "COEFFICIENTS", arena_at(e, s->at[AT_COEFFICIENTS]));
    bind_size(&b, "GAMMA", param_at(e, s->weight, 'w'));
    bind_size(&b, "BETA", param_at(e, s->bias, 'w'));
    bind_size(&b, "RUNNING_MEAN", param_at(e, s->norm->running_mean, 'w'));
    bind_size(&b, "RUNNING_VAR", param_at(e, s->norm->running_var, 'w'));
    kernel(e, "norm/merge.c", &b, "%s: statistics", s->name);
}

static void norm_gradient(struct emission *e, const struct stage *s, char name[SHARED_NAME])
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct bindings b = { 0 };
    part_name(e, s, name, "gradient");
    bind_flag(&b, "POINTWISE", with != NULL);
    /* A kink's gradient asks for the sign alone: computed again, it costs less than a map. */
    bind_flag(&b, "BY_OUTPUT", with && layer_def(with->kind)->from == FROM_OUTPUT
                               && !layer_def(with->kind)->kink);
    if (with)
        bind_pointwise(&b, with, false);
    shared_kernel(e, "norm/gradient.c", &b, name, "gradient of the normalised values");
}

void norm_forward(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape o = s->out.shape;
    struct bindings image = { 0 }, b = { 0 };
    char name[SHARED_NAME];
    part_name(e, s, name, "image_fwd");
    bind_norm_image(s, &image);
    if (with)
        bind_pointwise(&image, with, true);
    shared_kernel(e, "norm/image_fwd.c", &image, name, "%dx%dx%d%s%s", o.h, o.w, o.c,
                  with ? " + " : "", with ? layer_def(with->kind)->word : "");
    bind_part(&b, "NAME", e, s, "fwd");
    bind_name(&b, "IMAGE", "%s", name);
    bind_norm_maps(e, s, &b);
    kernel(e, "norm/fwd.c", &b, "%s: forward", s->name);
}

void norm_sums(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings image = { 0 }, b = { 0 };
    char name[SHARED_NAME], gradient[SHARED_NAME];
    part_name(e, s, name, "image_sums");
    norm_gradient(e, s, gradient);
    bind_norm_image(s, &image);
    bind_name(&image, "GRADIENT", "%s", gradient);
    bind_size(&image, "NV", s->norm->sum_vectors);
    shared_kernel(e, "norm/image_sums.c", &image, name, "sums over %dx%dx%d", o.h, o.w, o.c);
    bind_part(&b, "NAME", e, s, "sums");
    bind_name(&b, "IMAGE", "%s", name);
    bind_norm_maps(e, s, &b);
    bind_dy(e, s, &b);
    bind_size(&b, "MOMENTS", arena_at(e, s->at[AT_MOMENTS]));
    bind_size(&b, "COUNT", norm_count(s));
    kernel(e, "norm/sums.c", &b, "%s: gradient sums", s->name);
}

void norm_update(struct emission *e, const struct stage *s)
{
    struct bindings parameters = { 0 }, b = { 0 };
    bool scale = s->weight != NO_PARAM;
    char name[SHARED_NAME];
    part_name(e, s, name, "parameters");
    bind_flag(&parameters, "SCALE", scale);
    bind_size(&parameters, "C", s->out.shape.c);
    bind_size(&parameters, "PIXELS", (long)s->out.shape.h*s->out.shape.w);
    bind_size(&parameters, "COUNT", norm_count(s));
    shared_kernel(e, "norm/parameters.c", &parameters, name, "gradients of gamma and beta");
    bind_part(&b, "NAME", e, s, "update");
    bind_name(&b, "PARAMETERS", "%s", name);
    bind_flag(&b, "SCALE", scale);
    bind_size(&b, "MOMENTS", arena_at(e, s->at[AT_MOMENTS]));
    bind_size(&b, "COEFFICIENTS", arena_at(e, s->at[AT_COEFFICIENTS]));
    if (scale) {
        bind_size(&b, "G", param_at(e, s->weight, 'w'));
        bind_size(&b, "G_M", param_at(e, s->weight, 'm'));
        bind_size(&b, "G_V", param_at(e, s->weight, 'v'));
        bind_size(&b, "G_RULE", s->weight);
    }
    bind_size(&b, "B", param_at(e, s->bias, 'w'));
    bind_size(&b, "B_M", param_at(e, s->bias, 'm'));
    bind_size(&b, "B_V", param_at(e, s->bias, 'v'));
    bind_size(&b, "B_RULE", s->bias);
    kernel(e, "norm/update.c", &b, "%s: gamma and beta", s->name);
}

void norm_backward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings image = { 0 }, b = { 0 };
    char name[SHARED_NAME], gradient[SHARED_NAME];
    part_name(e, s, name, "image_bwd");
    norm_gradient(e, s, gradient);
    bind_norm_image(s, &image);
    bind_name(&image, "GRADIENT", "%s", gradient);
    shared_kernel(e, "norm/image_bwd.c", &image, name, "data gradient of %dx%dx%d", o.h, o.w, o.c);
    bind_part(&b, "NAME", e, s, "data");
    bind_name(&b, "IMAGE", "%s", name);
    bind_norm_maps(e, s, &b);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    kernel(e, "norm/bwd.c", &b, "%s: data gradient", s->name);
}

void norm_fold(struct emission *e, const struct stage *folded)
{
    const struct stage *s = &e->net->stage[folded->fold->norm];
    const struct layer *l = &e->net->layer[s->head];
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, folded, "factor");
    bind_name(&b, "EPS", "%.17g", l->eps);
    bind_flag(&b, "SCALE", l->scale);
    bind_flag(&b, "BIAS", folded->bias != NO_PARAM);
    bind_size(&b, "B", param_at(e, folded->bias, 'w'));
    bind_size(&b, "FOLDED_B", arena_at(e, folded->at[AT_BIAS]));
    bind_size(&b, "GAMMA", param_at(e, s->weight, 'w'));
    bind_size(&b, "BETA", param_at(e, s->bias, 'w'));
    bind_size(&b, "RUNNING_MEAN", param_at(e, s->norm->running_mean, 'w'));
    bind_size(&b, "RUNNING_VAR", param_at(e, s->norm->running_var, 'w'));
    kernel(e, "norm/fold.c", &b, "%s: %s in it", folded->name, s->name);
}
