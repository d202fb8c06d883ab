/*
** traffic.c - bytes that a region reads and writes at least. It decides nothing: programs
** print them beside the time.
*/
#include "plan/traffic.h"

enum { UPDATE_PASSES = 6 };     /* the weight and both moments, read and written */

static double values(struct shape s)
{
    return (double)s.h*s.w*s.c;
}

/* Reals of an image's output gradient with what says where it is passed on: the outputs of
** a pointwise layer, a byte a value of a pool. */
static double gradient(const struct net *net, const struct stage *s)
{
    double n = values(s->out.shape), all = n;
    if (s->relu != NO_LAYER || s->pointwise != NO_LAYER)
        all += n;
    if (s->pool != NO_LAYER || s->kind == STAGE_DROPOUT)
        all += n / (net->f64 ? sizeof(double) : sizeof(float));
    return all;
}

static struct traffic region_reals(const struct net *net, const struct stage *s,
                                   enum region_kind kind)
{
    double in = values(s->in.shape), out = values(s->out.shape), dy = gradient(net, s);
    double weight = s->weight == NO_PARAM ? 0 : (double)net->param[s->weight].stored;
    double dx = s->needs_dx ? in : 0;
    switch (kind) {
    case REGION_FORWARD:
    case REGION_FOLDED:
        if (s->kind == STAGE_ADD)
            in *= 2;
        return (struct traffic){ weight, in + out };
    case REGION_NORM_STATISTICS: return (struct traffic){ 0, in };
    case REGION_LOSS:            return (struct traffic){ 0, 2*in };
    case REGION_AFFINE_BIAS:
    case REGION_AFFINE_LISTS:    return (struct traffic){ 0, dy };
    case REGION_AFFINE_BACKWARD: return (struct traffic){ UPDATE_PASSES*weight, in + out + dx };
    case REGION_NORM_SUMS:       return (struct traffic){ 0, in + dy };
    case REGION_NORM_BACKWARD:   return (struct traffic){ 0, in + dy + dx };
    case REGION_BACKWARD:
        if (s->kind == STAGE_FORK)
            dy += out;
        return (struct traffic){ 0, dy + dx };
    case REGION_CONV_DGRAD:      return (struct traffic){ weight, dy + dx };
    case REGION_CONV_WGRAD:      return (struct traffic){ weight, dy + in };
    case REGION_CONV_UPDATE:     return (struct traffic){ (UPDATE_PASSES + 1)*weight, 0 };
    default:                     return (struct traffic){ 0, 0 };    /* a few vectors */
    }
}

struct traffic region_traffic(const struct net *net, const struct region_plan *region)
{
    struct traffic t = region_reals(net, region_stage(net, region), region->kind);
    double real_bytes = net->f64 ? sizeof(double) : sizeof(float);
    return (struct traffic){ t.fixed*real_bytes, t.image*real_bytes };
}
