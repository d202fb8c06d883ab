/*
** scatter_kernels.c - instantiates the templates of data gradients from lists of nonzero
** output gradients.
*/
#include "print/dictionary.h"

void scatter_data_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct sweep *f = &s->conv->dgrad[0];
    long width = (long)l->kw*f->scatter.channels, vectors = width / e->net->vl;
    struct bindings p = of_stage(e, s), t = of_stage(e, s), b = of_stage(e, s);
    kernel(&p, "conv/pixel_lists.c", part(&b, "pixels").text,
           "%s: nonzero output gradients by pixel", s->name);
    bind_size(&t, "NV", vectors);
    bind_size(&t, "WIDTH", width);
    bind_name(&b, "TILE", "%s",
              shared_kernel(&t, "affine/dgrad_tile.c", part(&b, "dgrad_tile").text,
                            "%ld vectors of %d", vectors, e->net->vl));
    bind_sums(&b);
    bind_part(&b, "LISTS", "pixels");
    bind_at(&b, "PACKED", s->at[AT_PACKED], (long)f->packed_at);
    kernel(&b, "conv/scatter.c", part(&b, "data").text,
           "%s data gradient: %.1f MFLOP an image if all were nonzero", s->name,
           s->flop_dgrad / 1e6);
}

const char *scatter_pack(struct emission *e, const struct sweep *f, const char *name)
{
    struct bindings b = of_stage(e, e->stage);
    return shared_kernel(&b, "conv/scatter_pack.c", name,
                         "filters by blocks of %d channels", f->scatter.channels);
}
