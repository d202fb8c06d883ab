/*
** net.c - questions about a network that more than one floor asks. It must never fill a field.
*/
#include "base/net.h"

bool is_relu(const struct layer *l)
{
    return l && l->kind == LAYER_RELU;
}

bool band_pool(const struct layer *l)
{
    return l->kind == LAYER_MAXPOOL && l->stride >= l->kh && l->stride_w >= l->kw
           && !is_padded(l);
}

bool is_padded(const struct layer *l)
{
    return l->pad_top || l->pad_left || l->pad_bottom || l->pad_right;
}

bool suits_winograd(const struct layer *l)
{
    return l->kh == 3 && l->kw == 3 && l->stride == 1 && l->stride_w == 1 && l->groups == 1
           && l->dilation == 1;
}

bool is_depthwise(const struct layer *l)
{
    return l->kind == LAYER_CONV && l->groups > 1 && l->groups == l->in.c;
}

struct operand_words operand_words(const struct layer *l)
{
    struct operand_words words = { "" };
    if (l->kind == LAYER_RESHAPE)
        snprintf(words.text, sizeof words.text, " %dx%dx%d", l->to.c, l->to.h, l->to.w);
    if (l->kind == LAYER_UPSAMPLE)
        snprintf(words.text, sizeof words.text, " %d,%d %s", l->up_h, l->up_w,
                 l->bilinear ? "bilinear" : "nearest");
    return words;
}

struct shape pooled_part(const struct net *net, const struct stage *s)
{
    const struct layer *pool = &net->layer[s->pool];
    return (struct shape){ .c = net->layer[s->head].out.c,
                           .h = (pool->out.h - 1)*pool->stride + pool->kh,
                           .w = (pool->out.w - 1)*pool->stride_w + pool->kw };
}

int stage_before_forks(const struct net *net, int from)
{
    while (from != INPUT && net->stage[from].kind == STAGE_FORK)
        from = net->stage[from].from;
    return from;
}

int stage_source(const struct net *net, int stage)
{
    return stage_before_forks(net, net->stage[stage].from);
}

const struct stage *region_stage(const struct net *net, const struct region_plan *region)
{
    return &(region->kind == REGION_FOLDED ? net->folded : net->stage)[region->stage];
}

bool by_value(const struct stage *s)
{
    return s->kind == STAGE_POINTWISE || s->kind == STAGE_PRELU || s->kind == STAGE_ADD
           || s->kind == STAGE_PRODUCT;
}
