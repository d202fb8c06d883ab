/*
** exchanges.c - where ranks share the images of a step (--mpi): what a region needs of the other
** ranks' images. Regions read maps and sums of their own images alone, but for those of the table:
** they add over all images, or groups of them, in order. It must never decide who computes what.
*/
#include "plan/exchanges.h"

#include "base/small.h"

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

static const struct {
    enum region_kind kind;
    enum stage_buffer buffer;
    size_t (*size)(const struct stage *);       /* of an image, or group; 0: it is not read */
    bool groups;                                /* one of each group */
    bool stage;                                 /* for all of the stage's regions before it, too */
} rows[] = {
    { REGION_NORM_MERGE, AT_MOMENTS, forward_moments, false, false },
    { REGION_NORM_UPDATE, AT_MOMENTS, backward_moments, false, false },
    { REGION_PRELU_UPDATE, AT_MOMENTS, channels, false, false },
    { REGION_DECONV_BIAS, AT_BIAS_SUMS, channels, false, false },
    { REGION_CONV_UPDATE, AT_PARTIAL, gradients, true, false },
    { REGION_AFFINE_BACKWARD, AT_DY, output_gradient, false, true },
    { REGION_AFFINE_BACKWARD, AT_Y, output, false, true },
    { REGION_AFFINE_BACKWARD, AT_X, input, false, true },
};

void plan_exchanges(struct net *net)
{
    for (int r = 0; r < net->nregions; r++)
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            const struct stage *s = &net->stage[net->region[r].stage];
            if (rows[k].kind != net->region[r].kind || !rows[k].size(s))
                continue;
            net->exchange = grow(net->exchange, (size_t)net->nexchanges + 1,
                                 sizeof *net->exchange);
            net->exchange[net->nexchanges++] = (struct exchange_plan){
                .from = rows[k].stage ? s->backward_regions.first : r, .to = r + 1,
                .buffer = s->at[rows[k].buffer], .size = rows[k].size(s),
                .groups = rows[k].groups };
        }
}
