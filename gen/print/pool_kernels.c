/*
** pool_kernels.c - instantiates the templates of max-pooling and mean pooling.
*/
#include "print/dictionary.h"

void pool_row(struct emission *e, const struct stage *s, long x_row, long x_pixel)
{
    const struct layer *l = &e->net->layer[s->pool];
    struct bindings b = of_stage(e, s);
    bind_size(&b, "X_ROW", x_row);
    bind_size(&b, "X_PIXEL", x_pixel);
    bind_relu(&b, s->relu != NO_LAYER && !s->relu_first);
    kernel(&b, is_padded(l) ? "pool/padded_row.c" : "pool/row.c", part(&b, "pool").text,
           "%s: max-pool %dx%d of a row of %d", l->name, l->kh, l->kw, l->in.w);
}

/* The stage's function of one direction, which says the shapes that it reads and writes. */
static void direction(struct bindings *b, const char *file, bool forward)
{
    const struct stage *s = b->stage;
    struct shape x = forward ? s->in.shape : s->out.shape, y = forward ? s->out.shape : s->in.shape;
    kernel(b, file, part(b, forward ? "fwd" : "bwd").text, "%s %s: %dx%dx%d -> %dx%dx%d", s->name,
           forward ? "forward" : "backward", x.h, x.w, x.c, y.h, y.w, y.c);
}

struct part_name pool_rows(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    pool_row(e, s, (long)s->in.row, s->in.shape.c);
    kernel(&b, "pool/rows.c", rows.text, "%s: rows of %dx%d", s->name, s->out.shape.w,
           s->out.shape.c);
    return rows;
}

void pool_forward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", pool_rows(e, s).text);
    direction(&b, "pool/fwd.c", true);
}

void pool_backward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    direction(&b, "pool/bwd.c", false);
}

struct part_name average_rows(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s), share = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    if (is_padded(&e->net->layer[s->head]))     /* for backward, too */
        kernel(&share, "pool/share.c", part(&share, "share").text,
               "%s: the share of a value in the mean of a window", s->name);
    kernel(&b, "pool/average_rows.c", rows.text, "%s: rows of %dx%d", s->name, s->out.shape.w,
           s->out.shape.c);
    return rows;
}

struct part_name average_gather(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    struct part_name name = part(&b, "gather");
    kernel(&b, "pool/average_gather.c", name.text, "%s: %dx%dx%d -> 1x1x%d", s->name,
           s->in.shape.h, s->in.shape.w, s->in.shape.c, s->out.shape.c);
    return name;
}

void average_forward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", average_rows(e, s).text);
    direction(&b, "pool/average_fwd.c", true);
}

void average_backward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    direction(&b, "pool/average_bwd.c", false);
}
