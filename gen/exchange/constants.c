/*
** constants.c - weights of inference. It must compute what a program's own folding and packing do
** (templates/norm/fold.c, conv/fold.c, conv/pack.c, norm/channels.c), to the last bit.
*/
#include "exchange/constants.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "base/small.h"
#include "plan/stream.h"

struct making {
    struct constants *c;
    const struct net *net, *whole;
    const struct parameters *p;
    int node;
    const struct stage *s;
};

static float *add(struct making *m, enum constant_kind kind, size_t count)
{
    struct constants *c = m->c;
    c->all = grow(c->all, (size_t)c->count + 1, sizeof *c->all);
    struct constant *one = &c->all[c->count++];
    *one = (struct constant){ m->node, kind, alloc(count, sizeof *one->values), count, c->total };
    c->total += count;
    return one->values;
}

/* A layer's parameter; NULL: it has none. free() it. */
static float *parameter(const struct making *m, const struct layer *l, const char *what)
{
    const struct tensor *t = parameters_of(m->p, m->whole, l, what);
    return t ? parameters_floats(t) : NULL;
}

/* ---- batchnorms ---- */

struct norm { float *gamma, *beta, *mean, *var; double eps; };

static struct norm norm_open(const struct making *m, const struct layer *l)
{
    return (struct norm){ parameter(m, l, "weight"), parameter(m, l, "bias"),
                          parameter(m, l, "running_mean"), parameter(m, l, "running_var"), l->eps };
}

static void norm_close(struct norm *n)
{
    free(n->gamma);
    free(n->beta);
    free(n->mean);
    free(n->var);
}

/* What each channel's weights are multiplied with; NULL: no batchnorm is in them. */
static double *fold_norm(const struct making *m, float *bias, int channels)
{
    const struct stage *s = m->s;
    if (!s->fold || s->fold->norm == NO_STAGE)
        return NULL;
    struct norm n = norm_open(m, &m->net->layer[m->net->stage[s->fold->norm].head]);
    double *factor = alloc((size_t)channels, sizeof *factor);
    for (int c = 0; c < channels; c++) {
        factor[c] = 1 / sqrt((double)n.var[c] + n.eps);
        if (n.gamma)
            factor[c] *= (double)n.gamma[c];
        bias[c] = (float)(((double)bias[c] - (double)n.mean[c])*factor[c] + (double)n.beta[c]);
    }
    norm_close(&n);
    return factor;
}

static float folded(float weight, const double *factor, int channel)
{
    return factor ? (float)((double)weight*factor[channel]) : weight;
}

static void norm_constants(struct making *m)
{
    const struct layer *l = &m->net->layer[m->s->head];
    const int c = m->s->out.shape.c, row = round_up(c, LANES);
    struct norm n = norm_open(m, l);
    float *to = add(m, CONSTANT_COEFFICIENTS, 4*(size_t)row);
    for (int k = 0; k < c; k++) {
        const double scale = 1 / sqrt((double)n.var[k] + n.eps);
        to[k] = n.mean[k];
        to[row + k] = (float)scale;
        to[2*row + k] = (float)(n.gamma ? (double)n.gamma[k]*scale : scale);
        to[3*row + k] = n.beta[k];
    }
    norm_close(&n);
}

/* ---- convolutions, affine layers ---- */

/* Room for what a vector of the last channels reads. */
static size_t whole_vectors(const struct net *net, int n)
{
    return net->vl > 1 ? (size_t)(round_up(n, net->vl) + net->vl) : (size_t)n;
}

/* The bias, or zeros for a batchnorm to add to. NULL: there is none. */
static float *add_bias(struct making *m, int count)
{
    float *own = parameter(m, &m->net->layer[m->s->head], "bias");
    if (!own && (!m->s->fold || m->s->fold->norm == NO_STAGE))
        return NULL;
    float *bias = add(m, CONSTANT_BIAS, whole_vectors(m->net, count));
    if (own)
        memcpy(bias, own, (size_t)count*sizeof *bias);
    free(own);
    return bias;
}

/* Where a tap of a filter lies among the panels of its group. */
static size_t panel_place(const struct sweep *f, int vl, int channel, size_t step)
{
    const int block = f->tile.nv*vl, panel = channel / block;
    const size_t steps = (size_t)f->kh*(size_t)f->kw*(size_t)f->ci;
    const int width = (panel + 1)*block <= f->co ? block : round_up(f->last, vl);
    return (size_t)panel*steps*(size_t)block + step*(size_t)width + (size_t)(channel % block);
}

/* w: (out, in of a group, kh, kw) */
static void pack_conv(const struct making *m, const float *w, const double *factor, float *to)
{
    const struct sweep *f = &m->s->conv->forward;
    const struct layer *l = &m->net->layer[m->s->head];
    const int in = l->in.c / l->groups, vl = m->net->vl;
    for (int out = 0; out < l->filters; out++)
        for (int ci = 0; ci < in; ci++)
            for (int ky = 0; ky < l->kh; ky++)
                for (int kx = 0; kx < l->kw; kx++, w++) {
                    const size_t step = (size_t)((ky*l->kw + kx)*f->ci + ci);
                    const int group = out / f->co;
                    const size_t taps = (size_t)(l->kh*l->kw*vl);
                    const size_t at = f->algorithm == BY_DEPTHWISE
                        ? (size_t)(out / vl)*taps + (size_t)((ky*l->kw + kx)*vl + out % vl)
                        : (size_t)group*(f->packed_size / (size_t)f->groups)
                          + panel_place(f, vl, out % f->co, step);
                    to[at] = folded(*w, factor, out);
                }
}

/* Winograd's transform of three taps into `side` places, `step` apart, in place: as v_taps1 to 4
** (runtime/vector/winograd.h), in their order. */
static void transform_taps(float *d, int step, int side)
{
    const float a = 0.625f, b = 1.5f, a2 = a*a, b2 = b*b;
    const float f0 = (float)(256.0 / 225), fa = (float)(-2048.0 / 2975);
    const float fb = (float)(128.0 / 1071);
    const float zero = d[0], one = d[step], two = d[2*step];
    const float even_a = fa*fmaf(a2, two, zero), odd_a = fa*(a*one);
    const float even_b = fb*fmaf(b2, two, zero), odd_b = fb*(b*one);
    const float all[WINOGRAD_SIDE] = { f0*zero, two, even_a + odd_a, even_a - odd_a,
                                       even_b + odd_b, even_b - odd_b };
    for (int k = 0; k < side; k++)
        d[k*step] = all[k];
}

/* w: (out, in, 3, 3); panels: [panel][place][channel in][channels out] */
static void pack_winograd(const struct making *m, const float *w, const double *factor, float *to)
{
    const struct sweep *f = &m->s->conv->forward;
    const struct winograd *v = &f->winograd;
    const int vl = m->net->vl, block = f->tile.nv*vl, places = v->side_h*v->side_w;
    for (int out = 0; out < f->co; out++)
        for (int ci = 0; ci < f->ci; ci++, w += 9) {
            float d[WINOGRAD_SIDE*WINOGRAD_SIDE] = { 0 };
            for (int k = 0; k < 9; k++)
                d[k / 3*v->side_w + k % 3] = folded(w[k], factor, out);
            for (int i = 0; i < 3; i++)
                transform_taps(d + i*v->side_w, 1, v->side_w);
            for (int j = 0; j < v->side_w; j++)
                transform_taps(d + j, v->side_w, v->side_h);
            const int panel = out / block;
            const int width = (panel + 1)*block <= f->co ? block : round_up(f->last, vl);
            float *at = to + (size_t)panel*(size_t)places*(size_t)f->ci*(size_t)block
                        + (size_t)ci*(size_t)width + (size_t)(out % block);
            for (int k = 0; k < places; k++)
                at[(size_t)k*(size_t)f->ci*(size_t)width] = d[k];
        }
}

static void conv_constants(struct making *m)
{
    const struct layer *l = &m->net->layer[m->s->head];
    const struct sweep *f = &m->s->conv->forward;
    float *w = parameter(m, l, "weight"), *to = add(m, CONSTANT_WEIGHTS, f->packed_size);
    float *bias = add_bias(m, l->filters);
    double *factor = fold_norm(m, bias, l->filters);
    (f->algorithm == BY_WINOGRAD ? pack_winograd : pack_conv)(m, w, factor, to);
    free(factor);
    free(w);
}

/* The panels of one phase; w: (in, out of a group, kh, kw) */
static void pack_phase(const struct making *m, const struct sweep *f, const float *w,
                       const double *factor, float *to)
{
    const struct layer *l = &m->net->layer[m->s->head];
    const int outs = l->filters, vl = m->net->vl;
    for (int in = 0; in < l->in.c; in++)
        for (int co = 0; co < outs; co++)
            for (int ky = 0; ky < f->kh; ky++)
                for (int kx = 0; kx < f->kw; kx++) {
                    const int y = f->tap_y + (f->kh - 1 - ky)*f->tap_step_y;
                    const int x = f->tap_x + (f->kw - 1 - kx)*f->tap_step_x;
                    const int tap = ky*f->kw + kx;
                    const float value = w[((in*outs + co)*l->kh + y)*l->kw + x];
                    const size_t at = panel_place(f, vl, co, (size_t)(tap*f->ci + in));
                    to[f->packed_at + at] = folded(value, factor, co);
                }
}

static void deconv_constants(struct making *m)
{
    const struct layer *l = &m->net->layer[m->s->head];
    const struct conv_plan *conv = m->s->mirror->conv;
    float *w = parameter(m, l, "weight");
    float *to = add(m, CONSTANT_WEIGHTS, conv->forward.packed_at);
    float *bias = add_bias(m, l->filters);
    double *factor = fold_norm(m, bias, l->filters);
    for (int k = 0; k < conv->ndgrad; k++)
        pack_phase(m, &conv->dgrad[k], w, factor, to);
    free(factor);
    free(w);
}

/* Columns by the units of a block; the canonical order of an input is NCHW, a map's NHWC. */
static void affine_constants(struct making *m)
{
    const struct shape in = m->s->in.shape;
    const int units = m->s->out.shape.c, columns = in.h*in.w*in.c, vl = m->net->vl;
    const int block = one_vectors(m->net, m->s)*vl, map = in.h*in.w;
    float *w = parameter(m, &m->net->layer[m->s->head], "weight");
    float *to = add(m, CONSTANT_WEIGHTS, (size_t)columns*(size_t)round_up(units, vl));
    float *bias = add_bias(m, units);
    double *factor = fold_norm(m, bias, units);
    for (int u = 0; u < units; u++) {
        const int first = u / block*block;
        const int width = first + block <= units ? block : round_up(units - first, vl);
        for (int k = 0; k < columns; k++)
            to[(size_t)first*(size_t)columns + (size_t)k*(size_t)width + (size_t)(u - first)]
                = folded(w[(size_t)u*(size_t)columns + (size_t)(k % in.c*map + k / in.c)], factor,
                         u);
    }
    free(factor);
    free(w);
}

static void slope_constants(struct making *m)
{
    const int c = m->s->out.shape.c;
    float *own = parameter(m, &m->net->layer[m->s->head], "weight");
    memcpy(add(m, CONSTANT_SLOPES, whole_vectors(m->net, c)), own, (size_t)c*sizeof *own);
    free(own);
}

/* ---- images ---- */

static void add_copy(struct making *m, enum constant_kind kind, size_t count, float *values)
{
    memcpy(add(m, kind, count), values, count*sizeof *values);
    free(values);
}

static void image_constants(struct making *m)
{
    const struct parameters *p = m->p;
    const struct shape in = m->net->input;
    const size_t channels = (size_t)in.c;
    if (p->mean && p->mean->rank == 3)
        add_copy(m, CONSTANT_MEAN, channels*(size_t)in.h*(size_t)in.w,
                 parameters_mean_window(p, in));
    else if (p->mean)
        add_copy(m, CONSTANT_MEAN, channels, parameters_floats(p->mean));
    if (p->factor)
        add_copy(m, CONSTANT_FACTOR, channels, parameters_floats(p->factor));
}

/* ---- all ---- */

static void (*const makers[STAGE_KINDS])(struct making *) = {
    [STAGE_CONV] = conv_constants, [STAGE_DECONV] = deconv_constants,
    [STAGE_AFFINE] = affine_constants, [STAGE_NORM] = norm_constants,
    [STAGE_PRELU] = slope_constants,
};

static bool all_finite(const struct making *m, char *err)
{
    for (int k = 0; k < m->c->count; k++)
        for (size_t i = 0; i < m->c->all[k].count; i++)
            if (!isfinite(m->c->all[k].values[i])) {
                const int node = m->c->all[k].node;
                return error_set(err, "%s: the weights of %s are no finite numbers with the "
                                 "batchnorm after it in them", m->p->path,
                                 node_name(m->net, node));
            }
    return true;
}

bool constants_make(struct constants *c, const struct net *net, const struct net *whole,
                    const struct parameters *p, char *err)
{
    *c = (struct constants){ .count = 0 };
    struct making m = { .c = c, .net = net, .whole = whole, .p = p };
    image_constants(&m);
    for (m.node = 1; m.node < net->stream->nodes; m.node++) {
        m.s = node_stage(net, &net->stream->node[m.node]);
        if (makers[m.s->kind])
            makers[m.s->kind](&m);
    }
    return all_finite(&m, err);
}

void constants_free(struct constants *c)
{
    for (int k = 0; k < c->count; k++)
        free(c->all[k].values);
    free(c->all);
    *c = (struct constants){ .count = 0 };
}

const struct constant *constant_of(const struct constants *c, int node, enum constant_kind kind)
{
    for (int k = 0; k < c->count; k++)
        if (c->all[k].node == node && c->all[k].kind == kind)
            return &c->all[k];
    return NULL;
}
