/*
** exchanges.c - where ranks share the images of a step (--mpi): what a region needs of the other
** ranks' images. Regions read maps and sums of their own images alone, but for those of the table:
** they add over all images, or groups of them, in order. It must never decide who computes what.
*/
#include "plan/exchanges.h"

#include "base/small.h"
#include "plan/regions.h"

static size_t channels(const struct stage *s)
{
    return (size_t)round_up(s->out.shape.c, LANES);
}

static size_t forward_moments(const struct stage *s)
{
    return (size_t)s->norm->blocks*2*channels(s);
}

static size_t backward_moments(const struct stage *s)
{
    return 2*channels(s);
}

static size_t gradients(const struct stage *s)
{
    return (size_t)(s->mirror ? s->mirror->conv : s->conv)->group_size;
}

static size_t input(const struct stage *s)
{
    return s->in.image;
}

static size_t output(const struct stage *s)
{
    return s->relu == NO_LAYER ? 0 : s->out.image;      /* it masks the gradient */
}

static size_t output_gradient(const struct stage *s)
{
    return s->dy_image;
}

static size_t input_gradient(const struct stage *s)
{
    return s->needs_dx ? s->dx_image : 0;
}

static size_t units(const struct stage *s)
{
    return (size_t)s->out.shape.c;
}

static const struct {
    enum region_kind kind;
    enum exchange_kind exchange;
    enum stage_buffer buffer;
    size_t (*size)(const struct stage *);       /* of an image, group, column; 0: it is not read */
    bool stage;                                 /* for all of the stage's regions before it, too */
} rows[] = {
    { REGION_NORM_MERGE, EXCHANGE_IMAGES, AT_MOMENTS, forward_moments, false },
    { REGION_NORM_UPDATE, EXCHANGE_IMAGES, AT_MOMENTS, backward_moments, false },
    { REGION_PRELU_UPDATE, EXCHANGE_IMAGES, AT_MOMENTS, channels, false },
    { REGION_DECONV_BIAS, EXCHANGE_IMAGES, AT_BIAS_SUMS, channels, false },
    { REGION_CONV_UPDATE, EXCHANGE_GROUPS, AT_PARTIAL, gradients, false },
    { REGION_AFFINE_BACKWARD, EXCHANGE_IMAGES, AT_DY, output_gradient, true },
    { REGION_AFFINE_BACKWARD, EXCHANGE_IMAGES, AT_Y, output, true },
    { REGION_AFFINE_BACKWARD, EXCHANGE_TO_PANELS, AT_X, input, false },
    { REGION_AFFINE_BACKWARD, EXCHANGE_TO_IMAGES, AT_DX, input_gradient, false },
    { REGION_AFFINE_BACKWARD, EXCHANGE_PANELS, AT_WEIGHT, units, false },
};

/* When: before region r or, of what that makes, after it. */
static void place(const struct net *net, int r, bool stage, struct exchange_plan *x)
{
    const int of = net->region[r].stage;
    x->after = -1;
    if (x->kind == EXCHANGE_TO_IMAGES || x->kind == EXCHANGE_PANELS) {
        x->after = r;
        return;
    }
    x->from = stage ? net->stage[of].backward_regions.first : r;
    x->to = r + 1;
    if (x->kind == EXCHANGE_GROUPS)
        x->after = region_find(net, REGION_CONV_WGRAD, of);
}

void plan_exchanges(struct net *net)
{
    for (int r = 0; r < net->nregions; r++)
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            const struct stage *s = &net->stage[net->region[r].stage];
            if (rows[k].kind != net->region[r].kind || !rows[k].size(s))
                continue;
            struct exchange_plan x = { .kind = rows[k].exchange, .buffer = s->at[rows[k].buffer],
                                       .size = rows[k].size(s), .param = s->weight,
                                       .columns = s->affine ? s->affine->columns : 0 };
            place(net, r, rows[k].stage, &x);
            net->exchange = grow(net->exchange, (size_t)net->nexchanges + 1,
                                 sizeof *net->exchange);
            net->exchange[net->nexchanges++] = x;
        }
}
