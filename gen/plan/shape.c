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
#include "base/small.h"

/* Values of a window: a byte says which is the largest. */
enum { MOST_POOLED = 256 };

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

/* Pixels that k taps span. */
static int span(const struct layer *l, int k)
{
    return l->dilation*(k - 1) + 1;
}

static void padding(struct layer *l)
{
    bool same = l->pad_kind == PAD_SAME;
    l->pad_top = same ? (span(l, l->kh) - 1) / 2 : l->pad[0];
    l->pad_left = same ? (span(l, l->kw) - 1) / 2 : l->pad[1];
    l->pad_bottom = same ? span(l, l->kh) / 2 : l->pad[2];
    l->pad_right = same ? span(l, l->kw) / 2 : l->pad[3];
}

/* Both the convolution and the pool: windows over the padded input, rounded down. */
static bool windows(struct layer *l)
{
    int h = l->in.h + l->pad_top + l->pad_bottom, w = l->in.w + l->pad_left + l->pad_right;
    int kh = span(l, l->kh), kw = span(l, l->kw);
    if (kh > h || kw > w)
        return error(l, "a window of %dx%d is larger than %s of %dx%d that %s gets", kh, kw,
                     h == l->in.h && w == l->in.w ? "the input" : "the padded input", h, w,
                     l->name);
    l->out.h = (h - kh) / l->stride + 1;
    l->out.w = (w - kw) / l->stride_w + 1;
    return true;
}

/* Windows over `size` values, with `pad` before them and `after` after them; one more than fits,
** which begins before the values end, adds to `after`. */
static int rounded_up(int size, int pad, int *after, int k, int stride, int *beyond)
{
    const int padded = size + pad + *after;
    int n = ceil_div(padded - k, stride) + 1;
    if ((n - 1)*stride >= size + pad)
        n--;
    *beyond = max_int(0, (n - 1)*stride + k - padded);
    *after += *beyond;
    return n;
}

static bool pool_shape(struct layer *l)
{
    padding(l);
    if (max_int(l->pad_top, l->pad_bottom) >= l->kh || max_int(l->pad_left, l->pad_right) >= l->kw)
        return error(l, "padding of %d,%d,%d,%d around windows of %dx%d: one of them would have "
                     "nothing but padding; it is to be less than the window", l->pad_top,
                     l->pad_left, l->pad_bottom, l->pad_right, l->kh, l->kw);
    if (!windows(l))
        return false;
    if (l->ceil) {
        l->out.h = rounded_up(l->in.h, l->pad_top, &l->pad_bottom, l->kh, l->stride,
                              &l->beyond_bottom);
        l->out.w = rounded_up(l->in.w, l->pad_left, &l->pad_right, l->kw, l->stride_w,
                              &l->beyond_right);
    }
    return true;
}

static bool conv_shape(struct layer *l)
{
    padding(l);
    l->out.c = l->filters;
    if (!windows(l))
        return false;
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

static bool too_large(const struct layer *l)
{
    long long values = (long long)l->out.c*l->out.h;
    if (values > INT_MAX || values*l->out.w > INT_MAX)
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
        if (l->winograd == WINOGRAD_YES
            && (l->kh != 3 || l->kw != 3 || l->stride != 1 || l->groups != 1 || l->dilation != 1))
            return error(l, "winograd=yes is for 3x3 filters of stride 1, without groups and "
                         "dilation; %s has %dx%d, stride %d, %d groups, dilation %d", l->name,
                         l->kh, l->kw, l->stride, l->groups, l->dilation);
        weights = (long long)l->filters*(l->in.c / l->groups)*l->kh*l->kw;
        l->params = weights + (l->bias ? l->filters : 0);
        products = (double)weights*l->out.h*l->out.w;
        break;
    case LAYER_GLOBALMAXPOOL:
    case LAYER_GLOBALAVGPOOL:
        l->kh = l->stride = l->in.h;
        l->kw = l->stride_w = l->in.w;
        if (l->kind == LAYER_GLOBALMAXPOOL && (long long)l->kh*l->kw > MOST_POOLED)
            return error(l, "%s of %dx%d values a channel, and %d are the most: put a maxpool "
                         "before it", l->name, l->kh, l->kw, MOST_POOLED);
        l->out.h = l->out.w = 1;
        break;
    case LAYER_MAXPOOL:
    case LAYER_AVGPOOL:
        if (!pool_shape(l))
            return false;
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
    const struct layer *body = &net->layer[l->from], *other = &net->layer[l->other];
    struct shape a = body->out, b = other->out;
    if (a.c == b.c && a.h == b.h && a.w == b.w)
        return true;
    if (other->kind == LAYER_RESIDUAL)
        return error(l, "the block makes %dx%dx%d of its input %dx%dx%d, so they cannot be added: "
                     "after it, shortcut { conv %d 1x1 stride=%d }", a.c, a.h, a.w, b.c, b.h, b.w,
                     a.c, a.h ? ceil_div(b.h, a.h) : 1);
    return error(l, "the block makes %dx%dx%d and its shortcut %dx%dx%d: they are to be added",
                 a.c, a.h, a.w, b.c, b.h, b.w);
}

/* An affine layer reads its input as one row: no zeros may stand around it. */
static bool alone_at_fork(const struct net *net, const struct layer *l)
{
    if (l->kind != LAYER_AFFINE || l->from == INPUT
        || net->layer[l->from].kind != LAYER_RESIDUAL || (l->in.h == 1 && l->in.w == 1))
        return true;
    return error(l, "%s begins a branch of a residual block over a map of %dx%dx%d: put a pooling "
                 "before it", l->name, l->in.c, l->in.h, l->in.w);
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

static bool class_weights(const struct net *net)
{
    const struct layer *loss = &net->layer[net->nlayers - 1];
    char err[ERR_SIZE];
    if (!net->weights_at.line || class_weights_read(net->train.class_weights, loss->target,
                                                    loss->in.c, NULL, err))
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
        if (l->kind == LAYER_ADD) {
            if (!add_shape(net, l))
                return false;
            l->below |= net->layer[l->other].below || net->layer[l->other].params > 0;
        }
        if (!alone_at_fork(net, l) || !layer_shape(net, l) || !norm_values(net, l))
            return false;
        l->flop_backward = l->flop_forward*(l->below ? 2 : 1);
        parameters |= l->params > 0;
    }
    if (!parameters)
        return error(&net->layer[net->nlayers - 1], "the network has no parameters: nothing to "
                     "train; add an affine layer");
    return class_weights(net);
}
