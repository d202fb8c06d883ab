/*
** pool_kernels.c - instantiates the templates of max-pooling and mean pooling.
*/
#include "print/emission.h"

/* ---- max-pool ---- */

void pool_row(const struct emission *e, const struct stage *s, size_t x_row, size_t x_pixel)
{
    const struct layer *l = &e->net->layer[s->pool];
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "pool");
    bind_size(&b, "OW", l->out.w);
    bind_size(&b, "C", l->out.c);
    bind_size(&b, "PH", l->kh);
    bind_size(&b, "PW", l->kw);
    bind_size(&b, "STEP", l->stride_w);
    bind_size(&b, "X_ROW", (long)x_row);
    bind_size(&b, "X_PIXEL", (long)x_pixel);
    bind_size(&b, "Y_PIXEL", l->out.c);
    bind_epilogue(&b, s->relu != NO_LAYER && !s->relu_first);
    kernel(e, "pool/row.c", &b, "%s: max-pool %dx%d of a row of %d", l->name, l->kh, l->kw,
           l->in.w);
}

void pool_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->pool];
    pool_row(e, s, s->in.row, (size_t)l->in.c);
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_part(&b, "POOL_ROW", e, s, "pool");
    bind_size(&b, "X", arena_at(e, s->at[AT_X]) + (long)s->in.origin);
    bind_size(&b, "X_IMAGE", (long)s->in.image);
    bind_size(&b, "X_STEP", (long)l->stride*(long)s->in.row);
    bind_y(e, s, &b);
    bind_argmax(e, s, &b);
    bind_size(&b, "ARGMAX_ROW", (long)l->out.w*l->out.c);
    bind_size(&b, "OH", l->out.h);
    kernel(e, "pool/fwd.c", &b, "%s forward: %dx%dx%d -> %dx%dx%d", s->name, l->in.h,
           l->in.w, l->in.c, l->out.h, l->out.w, l->out.c);
}

void pool_backward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->pool];
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_flag(&b, "RELU", s->relu != NO_LAYER);
    bind_size(&b, "H", l->out.h);
    bind_size(&b, "W", l->out.w);
    bind_size(&b, "C", l->out.c);
    bind_size(&b, "PH", l->kh);
    bind_size(&b, "PW", l->kw);
    bind_size(&b, "STEP_Y", l->stride);
    bind_size(&b, "STEP_X", l->stride_w);
    bind_size(&b, "X_W", l->in.w);
    bind_size(&b, "X_SIZE", (long)l->in.h*l->in.w*l->in.c);
    bind_y(e, s, &b);
    bind_size(&b, "Y_PIXEL", l->out.c);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    bind_argmax(e, s, &b);
    kernel(e, "pool/bwd.c", &b, "%s backward: %dx%dx%d -> %dx%dx%d", s->name, l->out.h, l->out.w,
           l->out.c, l->in.h, l->in.w, l->in.c);
}

/* ---- mean pooling ---- */

static void bind_windows(const struct layer *l, struct bindings *b)
{
    bind_size(b, "OH", l->out.h);
    bind_size(b, "OW", l->out.w);
    bind_size(b, "C", l->out.c);
    bind_size(b, "PH", l->kh);
    bind_size(b, "PW", l->kw);
    bind_size(b, "STEP_Y", l->stride);
    bind_size(b, "STEP_X", l->stride_w);
}

void average_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "fwd");
    bind_x(e, s, &b);
    bind_y(e, s, &b);
    bind_windows(l, &b);
    kernel(e, "pool/average_fwd.c", &b, "%s forward: %dx%dx%d -> %dx%dx%d", s->name, l->in.h,
           l->in.w, l->in.c, l->out.h, l->out.w, l->out.c);
}

void average_backward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    struct bindings b = { 0 };
    bind_part(&b, "NAME", e, s, "bwd");
    bind_windows(l, &b);
    bind_size(&b, "X_W", l->in.w);
    bind_size(&b, "X_SIZE", (long)l->in.h*l->in.w*l->in.c);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    kernel(e, "pool/average_bwd.c", &b, "%s backward: %dx%dx%d -> %dx%dx%d", s->name, l->out.h,
           l->out.w, l->out.c, l->in.h, l->in.w, l->in.c);
}
