/*
** padding.c - zeros around windows, in numbers. It must never judge them.
*/
#include "base/padding.h"

#include "base/small.h"

int window_span(const struct layer *l, int k)
{
    return l->dilation*(k - 1) + 1;
}

/* Before the map's first value: half of what makes a map as large as its input, or (deconv) what
** makes it more than stride times that. */
static int same_before(const struct layer *l, int k, int stride)
{
    return l->kind == LAYER_DECONV ? max_int(0, (k - stride + 1) / 2)
           : (window_span(l, k) - 1) / 2;
}

static int same_after(const struct layer *l, int k, int stride)
{
    return l->kind == LAYER_DECONV ? k - stride - same_before(l, k, stride)
           : window_span(l, k) / 2;
}

void padding_said(struct layer *l)
{
    const bool same = l->pad_kind == PAD_SAME;
    l->pad_top = same ? same_before(l, l->kh, l->stride) : l->pad[0];
    l->pad_left = same ? same_before(l, l->kw, l->stride_w) : l->pad[1];
    l->pad_bottom = same ? same_after(l, l->kh, l->stride) : l->pad[2];
    l->pad_right = same ? same_after(l, l->kw, l->stride_w) : l->pad[3];
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

void padding_of_pool(struct layer *l)
{
    l->out.h = (l->in.h + l->pad_top + l->pad_bottom - l->kh)/l->stride + 1;
    l->out.w = (l->in.w + l->pad_left + l->pad_right - l->kw)/l->stride_w + 1;
    l->beyond_bottom = l->beyond_right = 0;
    if (!l->ceil)
        return;
    l->out.h = rounded_up(l->in.h, l->pad_top, &l->pad_bottom, l->kh, l->stride,
                          &l->beyond_bottom);
    l->out.w = rounded_up(l->in.w, l->pad_left, &l->pad_right, l->kw, l->stride_w,
                          &l->beyond_right);
}
