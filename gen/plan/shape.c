/*
** shape.c - infers and checks every shape; counts parameters and work.
*/
#include "plan/passes.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "runtime/settings/class_weights.h"
#include "base/padding.h"
#include "base/small.h"

static bool error(const struct layer *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool error(const struct layer *l, const char *format, ...)
{
    visible_print(stderr, "%s:%d:%d: error: ", l->at.file, l->at.line, l->at.col);
    va_list args;
    va_start(args, format);
    visible_vprint(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

/* Both the convolution and the pool: windows over the padded input, rounded down. */
static bool windows(struct layer *l)
{
    int h = l->in.h + l->pad_top + l->pad_bottom, w = l->in.w + l->pad_left + l->pad_right;
    int kh = window_span(l, l->kh), kw = window_span(l, l->kw);
    if (kh > h || kw > w)
        return error(l, "a window of %dx%d is larger than %s of %dx%d that %s gets", kh, kw,
                     h == l->in.h && w == l->in.w ? "the input" : "the padded input", h, w,
                     l->name);
    l->out.h = (h - kh) / l->stride + 1;
    l->out.w = (w - kw) / l->stride_w + 1;
    return true;
}

static bool pool_shape(struct layer *l)
{
    padding_said(l);
    if (max_int(l->pad_top, l->pad_bottom) >= l->kh || max_int(l->pad_left, l->pad_right) >= l->kw)
        return error(l, "padding of %d,%d,%d,%d around windows of %dx%d: one of them would have "
                     "nothing but padding; it is to be less than the window", l->pad_top,
                     l->pad_left, l->pad_bottom, l->pad_right, l->kh, l->kw);
    if (!windows(l))
        return false;
    padding_of_pool(l);
    return true;
}

/* Some tap of n windows, `stride` apart, lies on one of `size` values. */
static bool reads(const struct layer *l, int n, int k, int stride, int pad, int size)
{
    for (int i = 0; i < n; i++)
        for (int t = 0; t < k; t++) {
            const long long at = (long long)i*stride - pad + (long long)t*l->dilation;
            if (at >= 0 && at < size)
                return true;
        }
    return false;
}

static bool conv_shape(struct layer *l)
{
    padding_said(l);
    l->out.c = l->filters;
    if (!windows(l))
        return false;
    if (!reads(l, l->out.h, l->kh, l->stride, l->pad_top, l->in.h)
        || !reads(l, l->out.w, l->kw, l->stride_w, l->pad_left, l->in.w))
        return error(l, "%s reads nothing of its input of %dx%d but padding: windows of %dx%d, "
                     "%d,%d apart, begin %d,%d before it", l->name, l->in.h, l->in.w,
                     window_span(l, l->kh), window_span(l, l->kw), l->stride, l->stride_w,
                     l->pad_top, l->pad_left);
    if (l->in.c % l->groups)
        return error(l, "groups=%d does not divide the %d channels that %s gets", l->groups,
                     l->in.c, l->name);
    if (l->filters % l->groups)
        return error(l, "groups=%d does not divide the %d filters of %s", l->groups, l->filters,
                     l->name);
    if (l->first != INIT_WHITEN)
        return true;
    if (l->groups > 1 || l->dilation > 1)
        return error(l, "init=whiten is for a convolution without groups and dilation");
    if (l->filters % 2 || l->filters > 2*l->in.c*l->kh*l->kw)
        return error(l, "init=whiten makes an even number of filters, at most %d of a window "
                     "of %dx%dx%d values", 2*l->in.c*l->kh*l->kw, l->in.c, l->kh, l->kw);
    return true;
}

/* Values of a map are counted in int, and by later passes in whole lanes. */
static bool too_many(struct shape s)
{
    const long long most = INT_MAX - LANES, values = (long long)s.c*s.h;
    return values > most || values*s.w > most;
}

static bool reshape_shape(struct layer *l)
{
    const long long in = (long long)l->in.c*l->in.h*l->in.w;
    const long long plane = (long long)l->to.h*l->to.w;
    l->out = l->to;
    return (plane <= INT_MAX && plane*l->to.c == in)
           || error(l, "%s makes %dx%dx%d, %.0f values, of the %lld of %dx%dx%d", l->name, l->to.c,
                    l->to.h, l->to.w, (double)plane*l->to.c, in, l->in.c, l->in.h, l->in.w);
}

/* A side that is no longer an int's would be no error of too_large's any more. */
static bool sides(struct layer *l, long long h, long long w)
{
    if (h > INT_MAX || w > INT_MAX)
        return error(l, "%s makes a map of %lldx%lld, more than 2^31", l->name, h, w);
    l->out.h = (int)h;
    l->out.w = (int)w;
    return true;
}

/* Some of n values, `stride` apart and each with k taps, is not cut off a side. */
static bool reaches(int n, int k, int stride, int pad, int size)
{
    for (int i = 0; i < n; i++) {
        const long long at = (long long)i*stride - pad;
        if (at < size && at + k > 0)
            return true;
    }
    return false;
}

static bool deconv_shape(struct layer *l)
{
    padding_said(l);
    const long long h = (l->in.h - 1LL)*l->stride + l->kh - l->pad_top - l->pad_bottom;
    const long long w = (l->in.w - 1LL)*l->stride_w + l->kw - l->pad_left - l->pad_right;
    l->out.c = l->filters;
    if (h < 1 || w < 1)
        return error(l, "%s would make a map of %lldx%lld of %dx%d: padding of %d,%d,%d,%d is cut "
                     "off it, and leaves nothing", l->name, h, w, l->in.h, l->in.w, l->pad_top,
                     l->pad_left, l->pad_bottom, l->pad_right);
    if (!sides(l, h, w))
        return false;
    if (!reaches(l->in.h, l->kh, l->stride, l->pad_top, l->out.h)
        || !reaches(l->in.w, l->kw, l->stride_w, l->pad_left, l->out.w))
        return error(l, "%s: what padding of %d,%d,%d,%d leaves of its map, %dx%d, no value "
                     "reaches: windows of %dx%d are %d apart", l->name, l->pad_top, l->pad_left,
                     l->pad_bottom, l->pad_right, l->out.h, l->out.w, l->kh, l->kw, l->stride);
    return true;
}

static bool too_large(const struct layer *l)
{
    if (too_many(l->out))
        return !error(l, "%s makes %dx%dx%d values of an image, more than 2^31", l->name, l->out.c,
                      l->out.h, l->out.w);
    if (l->params > INT_MAX)
        return !error(l, "%s has %lld parameters, more than 2^31", l->name, l->params);
    return false;
}

/* The image in the order of its channels, where the scores are no map. */
static bool target_shape(const struct net *net, const struct layer *l)
{
    const struct shape in = net->input, out = l->in;
    const bool row = out.h == 1 && out.w == 1 && out.c == in.c*in.h*in.w;
    if (l->target != TARGET_INPUT || row || (out.c == in.c && out.h == in.h && out.w == in.w))
        return true;
    return error(l, "%s gets %dx%dx%d, and target=input compares it with the input of %dx%dx%d: "
                 "both must have one shape, or the last layer be affine %d", l->name, out.c, out.h,
                 out.w, in.c, in.h, in.w, in.c*in.h*in.w);
}

static bool layer_shape(const struct net *net, struct layer *l)
{
    long long inputs = (long long)l->in.c*l->in.h*l->in.w, weights;
    double products = 0;
    l->out = l->in;
    switch (l->kind) {
    case LAYER_CONV:
        if (!conv_shape(l))
            return false;
        if (l->winograd == WINOGRAD_YES && !suits_winograd(l))
            return error(l, "winograd=yes is for 3x3 filters of stride 1, without groups and "
                         "dilation; %s has %dx%d, stride %d,%d, %d groups, dilation %d", l->name,
                         l->kh, l->kw, l->stride, l->stride_w, l->groups, l->dilation);
        weights = (long long)l->filters*(l->in.c / l->groups)*l->kh*l->kw;
        l->params = weights + (l->bias ? l->filters : 0);
        products = (double)weights*l->out.h*l->out.w;
        break;
    case LAYER_GLOBALMAXPOOL:
    case LAYER_GLOBALAVGPOOL:
        l->kh = l->stride = l->in.h;
        l->kw = l->stride_w = l->in.w;
        if (l->kind == LAYER_GLOBALMAXPOOL && (long long)l->kh*l->kw > MAX_POOLED)
            return error(l, "%s of %dx%d values a channel, and %d are the most: put a maxpool "
                         "before it", l->name, l->kh, l->kw, MAX_POOLED);
        l->out.h = l->out.w = 1;
        break;
    case LAYER_MAXPOOL:
    case LAYER_AVGPOOL:
        if (!pool_shape(l))
            return false;
        break;
    case LAYER_PRELU:
        l->params = l->in.c;
        break;
    case LAYER_RESHAPE:
        if (!reshape_shape(l))
            return false;
        break;
    case LAYER_UPSAMPLE:
        if (!sides(l, (long long)l->in.h*l->up_h, (long long)l->in.w*l->up_w))
            return false;
        break;
    case LAYER_DECONV:
        if (!deconv_shape(l))
            return false;
        weights = (long long)l->in.c*l->filters*l->kh*l->kw;
        l->params = weights + (l->bias ? l->filters : 0);
        products = (double)weights*l->in.h*l->in.w;
        break;
    case LAYER_BATCHNORM:
        l->params = (l->scale ? 2 : 1)*(long long)l->in.c;
        break;
    case LAYER_AFFINE:
        l->out = (struct shape){ l->filters, 1, 1 };
        l->params = inputs*l->filters + (l->bias ? l->filters : 0);
        products = (double)inputs*l->filters;
        break;
    case LAYER_SOFTMAX:
    case LAYER_SVM:
        if (l->in.h != 1 || l->in.w != 1)
            return error(l, "%s gets a map of %dx%dx%d; it takes one score a class: put an "
                         "affine layer before it", l->name, l->in.c, l->in.h, l->in.w);
        if (l->in.c < 2)
            return error(l, "%s over one score: at least two classes", l->name);
        break;
    case LAYER_MSE:
    case LAYER_MAE:
    case LAYER_BCE:
        return target_shape(net, l);
    default:    /* pointwise, dropout: shapes stay */
        break;
    }
    l->flop_forward = 2*products;
    return !too_large(l);
}

/* Both branches of a residual block must agree. */
static bool add_shape(const struct net *net, const struct layer *l)
{
    const struct layer *other = &net->layer[l->end[1]];
    struct shape a = l->in, b = other->out;
    if (a.c == b.c && a.h == b.h && a.w == b.w)
        return true;
    if (l->end[1] == l->fork)
        return error(l, "the block makes %dx%dx%d of its input %dx%dx%d, so they cannot be added: "
                     "after it, shortcut { conv %d 1x1 stride=%d }", a.c, a.h, a.w, b.c, b.h, b.w,
                     a.c, a.h ? ceil_div(b.h, a.h) : 1);
    return error(l, "the block makes %dx%dx%d and its shortcut %dx%dx%d: they are to be added",
                 a.c, a.h, a.w, b.c, b.h, b.w);
}

/* Channels beside channels: all other sides are the same. */
static bool join_shape(const struct net *net, struct layer *l)
{
    const struct shape a = l->in;
    long long channels = 0;
    for (int k = 0; k < l->branches; k++) {
        const struct shape b = net->layer[l->end[k]].out;
        if (a.h != b.h || a.w != b.w)
            return error(l, "block 1 makes %dx%dx%d and block %d makes %dx%dx%d: channels are "
                         "joined, so height and width are to be the same (stride=, pad=)", a.c,
                         a.h, a.w, k + 1, b.c, b.h, b.w);
        channels += b.c;
    }
    if (channels > INT_MAX)
        return error(l, "%lld channels are joined, more than 2^31", channels);
    l->out.c = (int)channels;
    return true;
}

/* What is multiplied keeps its shape. */
static bool product_shape(const struct net *net, struct layer *l)
{
    const struct shape g = l->in, x = net->layer[l->fork].out;
    l->out = x;
    if (g.c == x.c && ((g.h == 1 && g.w == 1) || (g.h == x.h && g.w == x.w)))
        return true;
    return error(l, "the block makes %dx%dx%d of its input %dx%dx%d, which it cannot multiply: it "
                 "is to make one value a channel, %dx1x1, or a map of the same shape", g.c, g.h,
                 g.w, x.c, x.h, x.w, x.c);
}

/* What ends branches: the shapes that it reads are known. */
static bool branches_shape(const struct net *net, struct layer *l)
{
    for (int k = 0; k < l->branches; k++) {
        const struct layer *end = &net->layer[l->end[k]];
        l->below |= end->below || end->params > 0;
    }
    return l->kind == LAYER_ADD ? add_shape(net, l)
           : l->kind == LAYER_JOIN ? join_shape(net, l) : product_shape(net, l);
}

/* An affine layer reads its input as one row: no zeros may stand around it. */
static bool alone_at_fork(const struct net *net, const struct layer *l)
{
    if (l->kind != LAYER_AFFINE || l->from == INPUT || !is_fork(net->layer[l->from].kind)
        || (l->in.h == 1 && l->in.w == 1))
        return true;
    return error(l, "%s begins a block over a map of %dx%dx%d: put a pooling before it", l->name,
                 l->in.c, l->in.h, l->in.w);
}

/* The variance of one value is 0, and with it every gradient that passes. A program for one image
** at a time (--batch 1) may still be for inference; its `train` says the same. */
static bool norm_values(const struct net *net, const struct layer *l)
{
    const int batch = net->train.batch, line = net->batch_at.line;
    if (l->kind != LAYER_BATCHNORM || l->in.h != 1 || l->in.w != 1 || batch > 1 || !line)
        return true;
    return error(l, "%s would have one value a channel, as line %d says batch %d: its variance "
                 "is 0, and so is every gradient beneath it; a batch of 2 or more is needed",
                 l->name, line, batch);
}

/* After all layers, of each deconv the convolution that would read what the deconv makes. */
static void add_mirrors(struct net *net)
{
    for (int i = 0, n = net->nlayers; i < net->nlayers; i++) {
        if (net->layer[i].kind != LAYER_DECONV)
            continue;
        net->layer = grow(net->layer, (size_t)n + 1, sizeof *net->layer);
        struct layer *l = &net->layer[i], *m = &net->layer[n];
        l->mirror = n++;
        *m = *l;
        m->kind = LAYER_CONV;
        m->in = l->out;
        m->out = l->in;
        m->filters = l->in.c;
        m->bias = false;
        m->winograd = WINOGRAD_NO;
    }
}

static bool class_weights(const struct net *net)
{
    const struct layer *loss = &net->layer[net->nlayers - 1];
    char err[ERR_SIZE];
    if (!net->weights_at.line
        || class_weights_read(net->train.class_weights,
                              loss->kind == LAYER_BCE ? OBJECTIVE_BCE : OBJECTIVE_SOFTMAX,
                              loss->target, loss->in.c, NULL, err))
        return true;
    const struct layer at = { .at = net->weights_at };
    return error(&at, "class_weights: %s", err);
}

bool shape(struct net *net)
{
    assert(net->nlayers > 0 && net->input.c > 0);
    bool parameters = false;
    for (int i = 0; i < net->nlayers; i++) {
        struct layer *l = &net->layer[i];
        const struct layer *from = l->from == INPUT ? NULL : &net->layer[l->from];
        l->in = from ? from->out : net->input;
        l->below = from && (from->below || from->params > 0);
        if (!from && too_many(net->input))
            return error(l, "the input has %dx%dx%d values an image, more than 2^31", l->in.c,
                         l->in.h, l->in.w);
        if (!alone_at_fork(net, l) || !layer_shape(net, l) || !norm_values(net, l)
            || (ends_branches(l->kind) && (!branches_shape(net, l) || too_large(l))))
            return false;
        l->flop_backward = l->flop_forward*(l->below ? 2 : 1);
        parameters |= l->params > 0;
    }
    if (!parameters)
        return error(&net->layer[net->nlayers - 1], "the network has no parameters: nothing to "
                     "train; add an affine layer");
    add_mirrors(net);
    return class_weights(net);
}
