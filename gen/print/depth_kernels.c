/*
** depth_kernels.c - instantiates the templates of depthwise convolutions, where each channel
** has filters of its own and vectors run along the channels.
*/
#include "plan/through.h"
#include "print/dictionary.h"

void depth_repeat(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    kernel(&b, "depth/repeat.c", part(&b, "repeat").text,
           "%s: its %d input channels, each %d times", s->name, s->in.shape.c,
           s->conv->multiplier);
}

/* Tiles of the weight gradient walk over what the forward pass computes. */
static struct bindings of_taps(struct emission *e, const struct stage *s)
{
    struct bindings b = of_sweep(e, &s->conv->forward);
    bind_size(&b, "OH", s->conv->mid.h);
    bind_size(&b, "OW", s->conv->mid.w);
    bind_size(&b, "MH", s->conv->wgrad.tile.mh);
    bind_size(&b, "MW", s->conv->wgrad.tile.mw);
    return b;
}

void depth_weight_gradient(struct emission *e, const struct stage *s)
{
    const struct tile m = s->conv->wgrad.tile;
    const struct stage *from = gradient_of(e->net, s);
    const struct shape o = from->out.shape;
    struct bindings t = of_taps(e, s), b = of_taps(e, s);
    if (!s->needs_dx)       /* else it was printed with the data gradient */
        conv_expand(e, s);
    bind_size(&t, "G_PIXEL", s->conv->forward.co);
    kernel(&t, "depth/wgrad_tile.c", part(&b, "wgrad_tile").text,
           "%dx%d taps of %d channels: %d of %d registers", m.mh, m.mw, e->net->vl,
           m.mh*m.mw + 1, e->net->isa->registers);
    /* The forward sweep, whose taps these are, means its own. */
    bind_at(&b, "ARGMAX", from->at[AT_ARGMAX], 0);
    bind_size(&b, "ARGMAX_IMAGE", from->pool == NO_LAYER ? 0 : (long)o.h*o.w*o.c);
    bind_part(&b, "TILE", "wgrad_tile");
    kernel(&b, "depth/wgrad.c", part(&b, "weights").text, "%s weight gradient: %.1f MFLOP an image",
           s->name, s->flop_wgrad / 1e6);
}
