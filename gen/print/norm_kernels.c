/*
** norm_kernels.c - instantiates the templates of batch normalisation.
*/
#include "plan/through.h"
#include "print/dictionary.h"
#include "read/layers.h"

const char *norm_gather(struct emission *e, const struct stage *s, const struct map *m, int rows)
{
    struct bindings b = of_stage(e, s);
    bind_size(&b, "X_ROW", (long)m->row);
    bind_size(&b, "OH", rows);
    bind_size(&b, "OW", m->shape.w);
    bind_size(&b, "NV", s->norm->gather_vectors);
    return shared_kernel(&b, "norm/gather.c", part(&b, "gather").text,
                         "means and deviations of %d rows", rows);
}

void norm_statistics(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "GATHER", "%s", norm_gather(e, s, &s->in, in.h));
    kernel(&b, "norm/statistics.c", part(&b, "statistics").text, "%s: statistics of %dx%dx%d",
           s->name, in.h, in.w, in.c);
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
    bind_flag(&b, "BY_OUTPUT", by_output(e->net, s));
    bind_pointwise(&b, with, false);
    return shared_kernel(&b, "norm/gradient.c", part(&b, "gradient").text,
                         "gradient of the normalised values");
}

static const char *norm_through(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "GRADIENT", "%s", norm_gradient(e, s));
    return shared_kernel(&b, "norm/through.c", part(&b, "through").text,
                         "gradient of the values that are normalised");
}

const char *norm_rows(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape in = s->in.shape;
    struct bindings b = of_stage(e, s), rows = of_stage(e, s);
    bind_pointwise(&rows, with, true);
    return shared_kernel(&rows, "norm/rows.c", part(&b, "rows").text, "rows of %dx%d%s%s%s", in.w,
                         in.c, with ? " + " : "", with ? layer_def(with->kind)->word : "",
                         s->pool == NO_LAYER ? "" : " + max-pool");
}

void norm_forward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", norm_rows(e, s));
    kernel(&b, "norm/fwd.c", part(&b, "fwd").text, "%s: forward", s->name);
}

void norm_sums(struct emission *e, const struct stage *s)
{
    struct shape in = s->in.shape;
    struct bindings image = of_stage(e, s), b = of_stage(e, s);
    bind_name(&image, "GRADIENT", "%s", norm_gradient(e, s));
    bind_size(&image, "NV", s->norm->sum_vectors);
    bind_name(&b, "IMAGE", "%s",
              shared_kernel(&image, "norm/image_sums.c", part(&b, "image_sums").text,
                            "sums over %dx%dx%d", in.h, in.w, in.c));
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
    struct shape in = s->in.shape;
    struct bindings image = of_stage(e, s), b = of_stage(e, s);
    bind_name(&image, "PASS_BACK", "%s", norm_through(e, s));
    bind_name(&b, "IMAGE", "%s",
              shared_kernel(&image, "norm/image_bwd.c", part(&b, "image_bwd").text,
                            "data gradient of %dx%dx%d", in.h, in.w, in.c));
    kernel(&b, "norm/bwd.c", part(&b, "data").text, "%s: data gradient", s->name);
}

void bind_through(struct bindings *b)
{
    const struct stage *n = gradient_of(b->e->net, b->stage);
    bind_name(b, "PASS_BACK", "%s", n == b->stage ? "none" : norm_through(b->e, n));
    if (n != b->stage)
        bind_flag(b, "POOL", n->pool != NO_LAYER);
}

void bind_sums(struct bindings *b)
{
    const int norm = b->stage->conv->sums;
    if (norm == NO_STAGE) {
        bind_name(b, "SUM_IMAGE", "none");
        return;
    }
    struct bindings n = of_stage(b->e, &b->e->net->stage[norm]);
    norm_sums(b->e, n.stage);
    bind_name(b, "SUM_IMAGE", "%s", part(&n, "sums").text);
}

void norm_fold(struct emission *e, const struct stage *folded)
{
    struct bindings b = of_stage(e, folded);
    bind_flag(&b, "BIAS", folded->bias != NO_PARAM);
    kernel(&b, "norm/fold.c", part(&b, "factor").text, "%s: %s in it", folded->name,
           e->net->stage[folded->fold->norm].name);
}
