/*
** scatter_kernels.c - instantiates the templates of data gradients from lists of nonzero
** output gradients.
*/
#include "runtime/core/model.h"
#include "print/emission.h"

void scatter_data_gradient(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head], *pool = &e->net->layer[s->pool];
    const struct sweep *f = &s->conv->dgrad[0];
    const struct scatter *d = &f->scatter;
    struct shape o = s->out.shape;
    char tile[SHARED_NAME];
    int vectors = l->kw*d->channels / e->net->vl;
    struct bindings p = { 0 }, t = { 0 }, b = { 0 };
    bind_part(&p, "NAME", e, s, "pixels");
    bind_flag(&p, "RELU", s->relu != NO_LAYER);
    bind_size(&p, "W", o.w);
    bind_size(&p, "C", o.c);
    bind_size(&p, "Y_ROW", (long)s->out.row);
    bind_size(&p, "PH", pool->kh);
    bind_size(&p, "PW", pool->kw);
    bind_size(&p, "SPACE", o.c + 1);
    bind_size(&p, "FB", d->filters);
    bind_size(&p, "BLOCKS", d->blocks);
    kernel(e, "conv/pixel_lists.c", &p, "%s: nonzero output gradients by pixel", s->name);
    part_name(e, s, tile, "dgrad_tile");
    bind_size(&t, "NV", vectors);
    bind_size(&t, "WIDTH", (long)l->kw*d->channels);
    shared_kernel(e, "affine/dgrad_tile.c", &t, tile, "%d vectors of %d", vectors, e->net->vl);
    bind_part(&b, "NAME", e, s, "data");
    bind_part(&b, "LISTS", e, s, "pixels");
    bind_name(&b, "TILE", "%s", tile);
    bind_size(&b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(&b, "Y_IMAGE", (long)s->out.image);
    bind_dy(e, s, &b);
    bind_dx(e, s, &b);
    bind_argmax(e, s, &b);
    bind_size(&b, "W", arena_at(e, s->at[AT_PACKED]) + (long)f->packed_at);
    bind_size(&b, "H", o.h);
    bind_size(&b, "BAND", d->band);
    bind_size(&b, "SPACE", o.c + 1);
    bind_size(&b, "BLOCKS", d->blocks);
    bind_size(&b, "CBLOCKS", d->cblocks);
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "SLICE", d->slice);
    bind_size(&b, "PH", pool->kh);
    bind_size(&b, "PW", pool->kw);
    bind_size(&b, "W_OUT", o.w);
    bind_size(&b, "STEP_Y", pool->stride);
    bind_size(&b, "STEP_X", pool->stride_w);
    bind_size(&b, "MAP_ROW", d->map_row);
    bind_size(&b, "MAP_SIZE", d->map_size);
    bind_size(&b, "CB", d->channels);
    bind_size(&b, "CI", l->in.c);
    bind_size(&b, "IN_H", l->in.h);
    bind_size(&b, "IN_W", l->in.w);
    bind_size(&b, "TOP", l->pad_top);
    bind_size(&b, "LEFT", l->pad_left);
    bind_scratch(e, &b);
    bind_size(&b, "MAP_AT", arena_at(e, s->at[AT_MAP]));
    bind_size(&b, "ENTRIES", arena_at(e, s->at[AT_LISTS]));
    bind_size(&b, "COUNT", arena_at(e, s->at[AT_ENDS]));
    kernel(e, "conv/scatter.c", &b, "%s data gradient: %.1f MFLOP an image if all were nonzero",
           s->name, s->flop_dgrad / 1e6);
}

void scatter_pack(struct emission *e, const struct stage *s, const struct sweep *f,
                  char name[SHARED_NAME])
{
    const struct layer *l = &e->net->layer[s->head];
    const struct scatter *d = &f->scatter;
    struct bindings b = { 0 };
    bind_size(&b, "KH", l->kh);
    bind_size(&b, "KW", l->kw);
    bind_size(&b, "CI", l->in.c);
    bind_size(&b, "ROW", s->conv->row);
    bind_size(&b, "CB", d->channels);
    bind_size(&b, "CBLOCKS", d->cblocks);
    bind_size(&b, "FB", d->filters);
    bind_size(&b, "BLOCKS", d->blocks);
    bind_size(&b, "SLICE", d->slice);
    shared_kernel(e, "conv/scatter_pack.c", &b, name, "filters by blocks of %d channels",
                  d->channels);
}
