/*
** norm_kernels.c - instantiates the templates of batch normalisation.
*/
#include "print/dictionary.h"
#include "read/layers.h"

const char *norm_gather(struct emission *e, const struct stage *s, const struct map *m, int rows)
{
    struct bindings b = of_stage(e, s);
    bind_size(&b, "X_ROW", (long)m->row);
    bind_size(&b, "OH", rows);
    bind_size(&b, "NV", s->norm->gather_vectors);
    return shared_kernel(&b, "norm/gather.c", part(&b, "gather").text,
                         "means and deviations of %d rows", rows);
}

void norm_statistics(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "GATHER", "%s", norm_gather(e, s, &s->in, o.h));
    kernel(&b, "norm/statistics.c", part(&b, "statistics").text, "%s: statistics of %dx%dx%d",
           s->name, o.h, o.w, o.c);
}

void norm_merge(struct emission *e, const struct stage *s)
{
    struct bindings channels = of_stage(e, s), b = of_stage(e, s);
    bind_name(&b, "MERGE", "%s",
              shared_kernel(&channels, "norm/channels.c", part(&b, "channels").text,
                            "a batch's statistics, and running ones"));
    kernel(&b, "norm/merge.c", part(&b, "merge").text, "%s: statistics", s->name);
}

static const char *norm_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct bindings b = of_stage(e, s);
    bind_flag(&b, "POINTWISE", with != NULL);
    /* A kink's gradient asks for the sign alone: computed again, it costs less than a map. */
    bind_flag(&b, "BY_OUTPUT", with && layer_def(with->kind)->from == FROM_OUTPUT
                               && !layer_def(with->kind)->kink);
    bind_pointwise(&b, with, false);
    return shared_kernel(&b, "norm/gradient.c", part(&b, "gradient").text,
                         "gradient of the normalised values");
}

void norm_forward(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape o = s->out.shape;
    struct bindings image = of_stage(e, s), b = of_stage(e, s);
    bind_pointwise(&image, with, true);
    bind_name(&b, "IMAGE", "%s",
              shared_kernel(&image, "norm/image_fwd.c", part(&b, "image_fwd").text,
                            "%dx%dx%d%s%s", o.h, o.w, o.c, with ? " + " : "",
                            with ? layer_def(with->kind)->word : ""));
    kernel(&b, "norm/fwd.c", part(&b, "fwd").text, "%s: forward", s->name);
}

void norm_sums(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings image = of_stage(e, s), b = of_stage(e, s);
    bind_name(&image, "GRADIENT", "%s", norm_gradient(e, s));
    bind_size(&image, "NV", s->norm->sum_vectors);
    bind_name(&b, "IMAGE", "%s",
              shared_kernel(&image, "norm/image_sums.c", part(&b, "image_sums").text,
                            "sums over %dx%dx%d", o.h, o.w, o.c));
    kernel(&b, "norm/sums.c", part(&b, "sums").text, "%s: gradient sums", s->name);
}

void norm_update(struct emission *e, const struct stage *s)
{
    struct bindings parameters = of_stage(e, s), b = of_stage(e, s);
    bind_name(&b, "PARAMETERS", "%s",
              shared_kernel(&parameters, "norm/parameters.c", part(&b, "parameters").text,
                            "gradients of gamma and beta"));
    kernel(&b, "norm/update.c", part(&b, "update").text, "%s: gamma and beta", s->name);
}

void norm_backward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings image = of_stage(e, s), b = of_stage(e, s);
    bind_name(&image, "GRADIENT", "%s", norm_gradient(e, s));
    bind_name(&b, "IMAGE", "%s",
              shared_kernel(&image, "norm/image_bwd.c", part(&b, "image_bwd").text,
                            "data gradient of %dx%dx%d", o.h, o.w, o.c));
    kernel(&b, "norm/bwd.c", part(&b, "data").text, "%s: data gradient", s->name);
}

void norm_fold(struct emission *e, const struct stage *folded)
{
    struct bindings b = of_stage(e, folded);
    bind_flag(&b, "BIAS", folded->bias != NO_PARAM);
    kernel(&b, "norm/fold.c", part(&b, "factor").text, "%s: %s in it", folded->name,
           e->net->stage[folded->fold->norm].name);
}
