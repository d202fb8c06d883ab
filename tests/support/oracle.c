/*
** oracle.c - the naive network: layers with parameters, losses, both directions.
*/
#include "support/oracle.h"
#include "support/oracle_simple.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/params.h"

static size_t area(int c, int h, int w)
{
    return (size_t)c*(size_t)h*(size_t)w;
}

/* Calls `each` for every product of a convolution: output, input, weight index. */
static void conv_products(const struct oracle_layer *l, int n, int co, int y, int x,
                          void each(const struct oracle_layer *, size_t, size_t, size_t, void *),
                          void *context)
{
    size_t out = (((size_t)n*(size_t)l->oc + (size_t)co)*(size_t)l->oh + (size_t)y)
                 *(size_t)l->ow + (size_t)x;
    const int channels = l->c / l->groups, group = co / (l->oc / l->groups);
    for (int ci = 0; ci < channels; ci++)
        for (int ky = 0; ky < l->kh; ky++)
            for (int kx = 0; kx < l->kw; kx++) {
                int iy = y*l->stride_y + ky*l->dilation - l->top;
                int ix = x*l->stride_x + kx*l->dilation - l->left;
                if (iy < 0 || iy >= l->h || ix < 0 || ix >= l->w)
                    continue;
                size_t channel = (size_t)n*(size_t)l->c + (size_t)(group*channels + ci);
                size_t in = (channel*(size_t)l->h + (size_t)iy)*(size_t)l->w + (size_t)ix;
                size_t weight = (((size_t)co*(size_t)channels + (size_t)ci)*(size_t)l->kh
                                 + (size_t)ky)*(size_t)l->kw + (size_t)kx;
                each(l, out, in, weight, context);
            }
}

/* The same of a deconv, of one of its inputs. */
static void deconv_products(const struct oracle_layer *l, int n, int ci, int y, int x,
                            void each(const struct oracle_layer *, size_t, size_t, size_t, void *),
                            void *context)
{
    size_t in = (((size_t)n*(size_t)l->c + (size_t)ci)*(size_t)l->h + (size_t)y)*(size_t)l->w
                + (size_t)x;
    for (int co = 0; co < l->oc; co++)
        for (int ky = 0; ky < l->kh; ky++)
            for (int kx = 0; kx < l->kw; kx++) {
                int oy = y*l->stride_y + ky - l->top, ox = x*l->stride_x + kx - l->left;
                if (oy < 0 || oy >= l->oh || ox < 0 || ox >= l->ow)
                    continue;
                size_t channel = (size_t)n*(size_t)l->oc + (size_t)co;
                size_t out = (channel*(size_t)l->oh + (size_t)oy)*(size_t)l->ow + (size_t)ox;
                size_t weight = (((size_t)ci*(size_t)l->oc + (size_t)co)*(size_t)l->kh
                                 + (size_t)ky)*(size_t)l->kw + (size_t)kx;
                each(l, out, in, weight, context);
            }
}

struct conv_arrays { const double *w, *dy; double *y, *dw; };

static void product_forward(const struct oracle_layer *l, size_t out, size_t in, size_t weight,
                            void *context)
{
    struct conv_arrays *a = context;
    a->y[out] += l->x[in]*a->w[weight];
}

static void product_backward(const struct oracle_layer *l, size_t out, size_t in, size_t weight,
                             void *context)
{
    struct conv_arrays *a = context;
    l->dx[in] += a->dy[out]*a->w[weight];
    a->dw[weight] += a->dy[out]*l->x[in];
}

static void each_product(const struct oracle *o, const struct oracle_layer *l,
                         void each(const struct oracle_layer *, size_t, size_t, size_t, void *),
                         void *context)
{
    const bool conv = l->kind == ORACLE_CONV;
    for (int n = 0; n < o->n; n++)
        for (int c = 0; c < (conv ? l->oc : l->c); c++)
            for (int y = 0; y < (conv ? l->oh : l->h); y++)
                for (int x = 0; x < (conv ? l->ow : l->w); x++)
                    (conv ? conv_products : deconv_products)(l, n, c, y, x, each, context);
}

static void conv_forward(struct oracle *o, const struct oracle_layer *l, double *y)
{
    size_t map = area(1, l->oh, l->ow);
    for (size_t k = 0; k < (size_t)o->n*area(l->oc, l->oh, l->ow); k++)
        y[k] = l->bias < 0 ? 0 : o->param[l->bias][k / map % (size_t)l->oc];
    struct conv_arrays a = { .w = o->param[l->weight], .y = y };
    each_product(o, l, product_forward, &a);
}

static void conv_backward(struct oracle *o, const struct oracle_layer *l, const double *dy)
{
    size_t map = area(1, l->oh, l->ow);
    for (size_t k = 0; l->bias >= 0 && k < (size_t)o->n*area(l->oc, l->oh, l->ow); k++)
        o->grad[l->bias][k / map % (size_t)l->oc] += dy[k];
    struct conv_arrays a = { .w = o->param[l->weight], .dy = dy, .dw = o->grad[l->weight] };
    each_product(o, l, product_backward, &a);
}

/* What seed 0, iteration 0 multiply value k with; masks run over h, w, c. */
static double dropout_factor(const struct oracle_layer *l, size_t k)
{
    size_t values = area(l->c, l->h, l->w), map = area(1, l->h, l->w), at = k % values;
    uint32_t keep = (uint32_t)(l->number*65536 + 0.5);
    uint8_t mask[1 << 16];
    random_mask(0, 0, (uint64_t)l->index << 32 | k / values, keep, mask, values);
    return mask[at % map*(size_t)l->c + at / map] ? 65536.0 / keep : 0;
}

/* Mean and biased variance of a channel over the batch. */
static void moments(const struct oracle *o, const struct oracle_layer *l, int c, double *mean,
                    double *var)
{
    size_t map = area(1, l->h, l->w), count = (size_t)o->n*map;
    *mean = *var = 0;
    for (size_t i = 0; i < count; i++)
        *mean += l->x[(i / map*(size_t)l->c + (size_t)c)*map + i % map] / (double)count;
    for (size_t i = 0; i < count; i++) {
        double d = l->x[(i / map*(size_t)l->c + (size_t)c)*map + i % map] - *mean;
        *var += d*d / (double)count;
    }
}

static void norm_forward(const struct oracle *o, const struct oracle_layer *l, double *y)
{
    size_t map = area(1, l->h, l->w);
    for (int c = 0; c < l->c; c++) {
        double mean, var, gamma = l->weight < 0 ? 1 : o->param[l->weight][c];
        moments(o, l, c, &mean, &var);
        for (size_t i = 0; i < (size_t)o->n*map; i++) {
            size_t k = (i / map*(size_t)l->c + (size_t)c)*map + i % map;
            y[k] = gamma*(l->x[k] - mean) / sqrt(var + l->eps) + o->param[l->bias][c];
        }
    }
}

/* By the chain rule through mean and variance (Ioffe and Szegedy, section 3). */
static void norm_backward(const struct oracle *o, const struct oracle_layer *l, const double *dy)
{
    size_t map = area(1, l->h, l->w), count = (size_t)o->n*map;
    for (int c = 0; c < l->c; c++) {
        double mean, var, gamma = l->weight < 0 ? 1 : o->param[l->weight][c];
        double dvar = 0, dmean = 0;
        moments(o, l, c, &mean, &var);
        double deviation = sqrt(var + l->eps);
        for (int pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < count; i++) {
                size_t k = (i / map*(size_t)l->c + (size_t)c)*map + i % map;
                double x = l->x[k] - mean, dhat = dy[k]*gamma;
                if (pass) {
                    l->dx[k] = dhat / deviation + dvar*2*x / (double)count
                               + dmean / (double)count;
                    continue;
                }
                dvar += dhat*x*-0.5*pow(deviation, -3);
                dmean -= dhat / deviation;
                o->grad[l->bias][c] += dy[k];
                if (l->weight >= 0)
                    o->grad[l->weight][c] += dy[k]*x / deviation;
            }
    }
}

static void layer_forward(struct oracle *o, const struct oracle_layer *l, double *y)
{
    size_t out = (size_t)o->n*area(l->oc, l->oh, l->ow), in = area(l->c, l->h, l->w);
    switch (l->kind) {
    case ORACLE_CONV:
    case ORACLE_DECONV:
        conv_forward(o, l, y);
        break;
    case ORACLE_RELU: case ORACLE_LEAKY_RELU: case ORACLE_GELU: case ORACLE_TANH:
    case ORACLE_SIGMOID: case ORACLE_SILU: case ORACLE_SCALE: case ORACLE_CLIP: case ORACLE_ELU:
    case ORACLE_HARDSIGMOID: case ORACLE_HARDSWISH:
        for (size_t k = 0; k < out; k++)
            y[k] = oracle_pointwise(l, l->x[k]);
        break;
    case ORACLE_MAXPOOL:
        for (size_t k = 0; k < out; k++)
            y[k] = l->x[oracle_winner(l, k)];
        break;
    case ORACLE_AFFINE:
        for (size_t k = 0; k < out; k++) {
            size_t n = k / (size_t)l->oc, u = k % (size_t)l->oc;
            y[k] = l->bias < 0 ? 0 : o->param[l->bias][u];
            for (size_t d = 0; d < in; d++)
                y[k] += l->x[n*in + d]*o->param[l->weight][u*in + d];
        }
        break;
    case ORACLE_AVGPOOL:
        oracle_average(l, out, y, NULL, NULL);
        break;
    case ORACLE_RESHAPE:
        memcpy(y, l->x, out*sizeof *y);
        break;
    case ORACLE_UPSAMPLE:
        oracle_upsample(l, out, y, NULL, NULL);
        break;
    case ORACLE_DROPOUT:
        for (size_t k = 0; k < out; k++)
            y[k] = l->x[k]*dropout_factor(l, k);
        break;
    case ORACLE_BATCHNORM:
        norm_forward(o, l, y);
        break;
    case ORACLE_PRELU:
        oracle_prelu(l, o->n, o->param[l->weight], y, NULL, NULL);
        break;
    case ORACLE_FORK:
        memcpy(y, l->x, out*sizeof *y);
        break;
    case ORACLE_ADD:
        oracle_add(o, l, y, NULL);
        break;
    case ORACLE_JOIN:
        oracle_join(o, l, y, NULL);
        break;
    case ORACLE_PRODUCT:
        oracle_product(o, l, y, NULL);
        break;
    }
}

static void layer_backward(struct oracle *o, const struct oracle_layer *l, const double *dy)
{
    size_t out = (size_t)o->n*area(l->oc, l->oh, l->ow), in = area(l->c, l->h, l->w);
    memset(l->dx, 0, (size_t)o->n*in*sizeof *l->dx);
    switch (l->kind) {
    case ORACLE_CONV:
    case ORACLE_DECONV:
        conv_backward(o, l, dy);
        break;
    case ORACLE_RELU: case ORACLE_LEAKY_RELU: case ORACLE_GELU: case ORACLE_TANH:
    case ORACLE_SIGMOID: case ORACLE_SILU: case ORACLE_SCALE: case ORACLE_CLIP: case ORACLE_ELU:
    case ORACLE_HARDSIGMOID: case ORACLE_HARDSWISH:
        for (size_t k = 0; k < out; k++)
            l->dx[k] = dy[k]*oracle_slope(l, l->x[k]);
        break;
    case ORACLE_MAXPOOL:
        for (size_t k = 0; k < out; k++)
            l->dx[oracle_winner(l, k)] += dy[k];
        break;
    case ORACLE_AFFINE:
        for (size_t k = 0; k < out; k++) {
            size_t n = k / (size_t)l->oc, u = k % (size_t)l->oc;
            if (l->bias >= 0)
                o->grad[l->bias][u] += dy[k];
            for (size_t d = 0; d < in; d++) {
                l->dx[n*in + d] += dy[k]*o->param[l->weight][u*in + d];
                o->grad[l->weight][u*in + d] += dy[k]*l->x[n*in + d];
            }
        }
        break;
    case ORACLE_AVGPOOL:
        oracle_average(l, out, NULL, dy, l->dx);
        break;
    case ORACLE_UPSAMPLE:
        oracle_upsample(l, out, NULL, dy, l->dx);
        break;
    case ORACLE_DROPOUT:
        for (size_t k = 0; k < out; k++)
            l->dx[k] = dy[k]*dropout_factor(l, k);
        break;
    case ORACLE_BATCHNORM:
        norm_backward(o, l, dy);
        break;
    case ORACLE_PRELU:
        oracle_prelu(l, o->n, o->param[l->weight], NULL, dy, o->grad[l->weight]);
        break;
    case ORACLE_RESHAPE:
    case ORACLE_FORK:
        memcpy(l->dx, dy, out*sizeof *dy);
        break;
    case ORACLE_ADD:
        oracle_add(o, l, NULL, dy);
        break;
    case ORACLE_JOIN:
        oracle_join(o, l, NULL, dy);
        break;
    case ORACLE_PRODUCT:
        oracle_product(o, l, NULL, dy);
        break;
    }
    /* What several layers read gets the sum of their gradients. */
    for (size_t k = 0; l->from >= 0 && k < (size_t)o->n*in; k++)
        o->layer[l->from].dy[k] += l->dx[k];
}

void oracle_forward(struct oracle *o)
{
    for (int i = 0; i < o->nlayers; i++)
        layer_forward(o, &o->layer[i], o->layer[i].y);
}

/* One image's loss, and ds with its gradient. */
static double softmax_loss(const struct oracle *o, const double *s, double *ds, size_t label)
{
    size_t classes = (size_t)o->model->classes;
    double max = s[0], sum = 0, loss = 0, all = 0;
    for (size_t j = 1; j < classes; j++)
        max = s[j] > max ? s[j] : max;
    for (size_t j = 0; j < classes; j++)
        sum += exp(s[j] - max);
    for (size_t j = 0; j < classes; j++) {
        double target = o->smoothing / (double)classes + (j == label ? 1 - o->smoothing : 0);
        target *= o->weight ? (double)o->weight[j] : 1;
        loss -= target*(s[j] - max - log(sum));
        ds[j] = -target;
        all += target;
    }
    for (size_t j = 0; j < classes; j++)
        ds[j] += all*exp(s[j] - max) / sum;
    return loss;
}

static double svm_loss(const struct oracle *o, const double *s, double *ds, size_t label)
{
    double loss = 0, weight = o->weight ? (double)o->weight[label] : 1;
    ds[label] = 0;
    for (size_t j = 0; j < (size_t)o->model->classes; j++) {
        double slack = s[j] - s[label] + o->margin;
        if (j == label)
            continue;
        ds[j] = slack > 0 ? weight : 0;
        ds[label] -= ds[j];
        loss += slack > 0 ? weight*slack : 0;
    }
    return loss;
}

/* One value's share of an image's loss, and its gradient. weight: of bce, where t is 1. */
static double target_loss(enum objective objective, double s, double t, double weight, double *ds)
{
    double p = 1 / (1 + exp(-s));
    switch (objective) {
    case OBJECTIVE_MSE:
        *ds = 2*(s - t);
        return (s - t)*(s - t);
    case OBJECTIVE_MAE:
        *ds = s > t ? 1 : s < t ? -1 : 0;
        return fabs(s - t);
    default:
        *ds = (1 - t)*p - weight*t*(1 - p);
        return -weight*t*log(p) - (1 - t)*log(1 - p);
    }
}

static double image_loss(const struct oracle *o, size_t n, const int32_t *labels)
{
    const struct model *m = o->model;
    const size_t classes = (size_t)m->classes;
    const double *s = o->scores + n*classes, *t = o->targets + n*classes;
    double *ds = o->dscores + n*classes, loss = 0;
    if (m->objective == OBJECTIVE_SOFTMAX)
        return softmax_loss(o, s, ds, (size_t)labels[n]);
    if (m->objective == OBJECTIVE_SVM)
        return svm_loss(o, s, ds, (size_t)labels[n]);
    for (size_t j = 0; j < classes; j++) {
        loss += target_loss(m->objective, s[j], t[j], o->weight ? (double)o->weight[j] : 1, &ds[j])
                / (double)classes;
        ds[j] /= (double)classes;
    }
    return loss;
}

void oracle_gradients(struct oracle *o)
{
    const struct model *m = o->model;
    for (int i = 0; i < m->nparams; i++)
        memset(o->grad[i], 0, params_count(&m->params[i])*sizeof(double));
    for (int i = 0; i < o->nlayers - 1; i++) {
        const struct oracle_layer *l = &o->layer[i];
        memset(l->dy, 0, (size_t)o->n*area(l->oc, l->oh, l->ow)*sizeof *l->dy);
    }
    for (int i = o->nlayers - 1; i >= 0; i--)
        layer_backward(o, &o->layer[i], o->layer[i].dy);
}

double oracle_backward(struct oracle *o, const int32_t *labels, double reg)
{
    const struct model *m = o->model;
    size_t classes = (size_t)m->classes;
    double loss = 0, all = 0;
    for (size_t n = 0; n < (size_t)o->n; n++)
        all += o->weight && m->target == TARGET_LABEL ? (double)o->weight[labels[n]] : 1;
    double scale = m->train.loss == LOSS_SUM ? 1 : 1 / all;
    for (size_t n = 0; n < (size_t)o->n; n++) {
        loss += scale*image_loss(o, n, labels);
        for (size_t j = 0; j < classes; j++)
            o->dscores[n*classes + j] *= scale;
    }
    oracle_gradients(o);
    for (int i = 0; i < m->nparams; i++) {
        size_t weights = m->params[i].role == ROLE_WEIGHT ? params_count(&m->params[i]) : 0;
        for (size_t k = 0; k < weights; k++) {
            loss += 0.5*reg*o->param[i][k]*o->param[i][k];
            o->grad[i][k] += reg*o->param[i][k];
        }
    }
    return loss;
}
