/*
** layout.c - how every map lies in memory: NHWC, with the zeros around it that those who read it
** want, so that no kernel has an edge case. It must never look at the machine.
*/
#include "plan/passes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/small.h"
#include "plan/sweeps.h"

/* Reals of a page: images a multiple of it apart would fall into the same sets of L1. */
enum { PAGE_REALS = 1024 };

/* From image to image: whole lanes, and no multiple of a page. */
static size_t image_stride(size_t reals)
{
    size_t stride = round_up_size(reals, LANES);
    return stride % PAGE_REALS ? stride : stride + LANES;
}

/* How far the padding of those layers reaches that read a map, and whether it is read in
** whole lanes, whose rest is to be zero. */
struct reading { int top, left, bottom, right; bool lanes; };

/* Of all that read the output of each stage; in front of the first one: the images. */
static struct reading *readings(const struct net *net)
{
    struct reading *all = alloc((size_t)net->nstages + 1, sizeof *all);
    for (int i = 0; i < net->nstages; i++) {
        const struct layer *l = &net->layer[net->stage[i].head];
        if (net->stage[i].kind == STAGE_FORK)
            continue;
        struct reading *r = &all[stage_source(net, i) - INPUT];
        r->lanes |= l->kind == LAYER_AFFINE;
        if (l->kind == LAYER_DECONV) {
            const struct margins m = gradient_margins(&net->layer[l->mirror]);
            r->top = max_int(r->top, m.top);
            r->left = max_int(r->left, m.left);
            r->bottom = max_int(r->bottom, m.bottom);
            r->right = max_int(r->right, m.right);
        }
        if (l->kind != LAYER_CONV)
            continue;
        r->top = max_int(r->top, l->pad_top);
        r->left = max_int(r->left, l->pad_left);
        r->bottom = max_int(r->bottom, l->pad_bottom);
        r->right = max_int(r->right, l->pad_right);
    }
    return all;
}

/* How many stages read the output of one, of INPUT. */
static int readers(const struct net *net, int of)
{
    int n = 0;
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        if (s->kind == STAGE_FORK)
            continue;
        if (!s->branch)
            n += stage_source(net, i) == of;
        for (int k = 0; s->branch && k < s->branch->count; k++)
            n += stage_before_forks(net, s->branch->end[k]) == of;
    }
    return n;
}

/* A program that only runs the network changes values where they lie (stream.c), if who makes them
** leaves the zeros around them that their readers want. */
static void share_halos(const struct net *net, struct reading *all)
{
    for (int i = net->nstages - 1; i >= 0 && net->inference; i--) {
        const struct stage *s = &net->stage[i];
        const int count = !by_value(s) ? 0 : s->branch ? s->branch->count : 1;
        for (int k = 0; k < count; k++) {
            const int of = s->branch ? stage_before_forks(net, s->branch->end[k])
                                     : stage_source(net, i);
            if (of != INPUT && readers(net, of) == 1) {
                all[of - INPUT] = all[i - INPUT];
                break;
            }
        }
    }
}

static struct map lay_out(struct shape shape, struct reading r)
{
    struct map m = { .shape = shape, .top = r.top, .left = r.left,
                     .rows = r.top + shape.h + r.bottom, .columns = r.left + shape.w + r.right };
    size_t c = (size_t)shape.c;
    m.row = (size_t)m.columns*c;
    m.origin = (size_t)m.top*m.row + (size_t)m.left*c;
    m.image = image_stride((size_t)m.rows*m.row);
    m.keep = m.rows != shape.h || m.columns != shape.w
             || (r.lanes && (size_t)shape.h*m.row % LANES);
    return m;
}

static struct map map_of(const struct net *net, const struct reading *all, int stage)
{
    return stage == INPUT ? lay_out(net->input, all[0]) : net->stage[stage].out;
}

static void lay_out_stage(struct net *net, const struct reading *all, int stage)
{
    struct stage *s = &net->stage[stage];
    int end = stage + 1 < net->nstages ? net->stage[stage + 1].head : net->nlayers;
    struct shape out = net->layer[end - 1].out;
    s->in = map_of(net, all, stage_source(net, stage));
    for (int k = 0; s->branch && k < s->branch->count; k++)
        s->branch->in[k] = map_of(net, all, stage_before_forks(net, s->branch->end[k]));
    s->out = lay_out(out, all[stage - INPUT]);
    struct shape in = s->in.shape;
    s->dx_image = image_stride((size_t)in.h*(size_t)in.w*(size_t)in.c);
    s->dy_image = image_stride((size_t)out.h*(size_t)out.w*(size_t)out.c);
    s->dy_row = (size_t)out.w*(size_t)out.c;
}

/* Depthwise, several filters a channel: they read a copy in which channels repeat. */
static struct map repeated(const struct conv_plan *conv, const struct layer *l)
{
    struct map m = { .shape.c = l->filters,
                     .rows = l->stride*(conv->mid.h - 1) + l->dilation*(l->kh - 1) + 1,
                     .columns = l->stride_w*(conv->mid.w - 1) + l->dilation*(l->kw - 1) + 1 };
    m.row = (size_t)m.columns*(size_t)l->filters;
    m.image = (size_t)m.rows*m.row;
    return m;
}

static void lay_out_conv(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    struct conv_plan *conv = s->conv;
    conv->window = s->in.origin - (size_t)l->pad_top*s->in.row
                   - (size_t)l->pad_left*(size_t)s->in.shape.c;
    conv->row = round_up(l->kw*(l->in.c / l->groups), LANES);
    conv->multiplier = is_depthwise(l) ? l->filters / l->in.c : 1;
    if (conv->multiplier > 1)
        conv->repeated = repeated(conv, l);
}

/* A deconv's mirror reads the gradient of what the deconv makes, with a halo; its output's gradient
** is what the deconv reads. */
static void lay_out_mirror(const struct net *net, const struct stage *s)
{
    struct stage *m = s->mirror;
    const struct layer *l = &net->layer[m->head];
    m->in = lay_out(s->out.shape, (struct reading){ l->pad_top, l->pad_left,
                                                    max_int(0, l->pad_bottom),
                                                    max_int(0, l->pad_right), false });
    m->out = lay_out(s->in.shape, (struct reading){ 0 });
    m->dy_image = s->in.image;
    m->dy_row = s->in.row;
    m->dy_at = s->in.origin;
    m->conv->expanded = s->in;
    lay_out_conv(net, m);
}

static void lay_out_affine(struct stage *s)
{
    struct shape in = s->in.shape;
    s->affine->columns = round_up(in.h*in.w*in.c, LANES);
}

bool layout(struct net *net)
{
    assert(net->nstages > 0);
    struct reading *all = readings(net);
    share_halos(net, all);
    for (int i = 0; i < net->nstages; i++) {
        lay_out_stage(net, all, i);
        if (net->stage[i].kind == STAGE_CONV)
            lay_out_conv(net, &net->stage[i]);
        if (net->stage[i].mirror)
            lay_out_mirror(net, &net->stage[i]);
        if (net->stage[i].kind == STAGE_AFFINE)
            lay_out_affine(&net->stage[i]);
    }
    free(all);
    return true;
}
