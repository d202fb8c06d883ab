/*
** deconv_kernels.c - instantiates the templates of deconv stages. Their sweeps, and all of their
** weights' gradient, are those of the convolution that a deconv is the transpose of.
*/
#include "base/small.h"
#include "print/dictionary.h"

/* Every phase; calls: what calls them is added to it. */
static void phases(struct emission *e, const struct stage *m, bool relu, struct text *calls)
{
    for (int k = 0; k < m->conv->ndgrad; k++) {
        const struct sweep *f = &m->conv->dgrad[k];
        struct bindings b = of_sweep(e, f);
        struct part_name phase = sweep_part(&b, "phase");
        bind_name(&b, "RUN_ROWS", "%s", whole_sweep(e, f, relu).text);
        bind_size(&b, "BANDS", f->oh / f->tile.mh);
        kernel(&b, "deconv/phase.c", phase.text, "%s: taps from (%d, %d) by (%d, %d)", m->name,
               f->tap_y, f->tap_x, f->tap_step_y, f->tap_step_x);
        text_printf(calls, "    %s(s->arena, x, bias, y, part, parts);\n", phase.text);
    }
}

struct part_name deconv_gaps(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    struct part_name name = part(&b, "gaps");
    if (!s->mirror->conv->dgrad_gaps)
        return (struct part_name){ "none" };
    bind_relu(&b, s->relu != NO_LAYER);
    bind_pointwise(&b, s->mirror->conv->dgrad[0].pointwise, true);
    kernel(&b, "deconv/gaps.c", name.text, "%s: where no tap reaches", s->name);
    return name;
}

void deconv_forward(struct emission *e, const struct stage *s)
{
    const struct layer *l = &e->net->layer[s->head];
    const struct stage *m = s->mirror;
    const bool relu = s->relu != NO_LAYER;
    struct text calls = { 0 };
    struct bindings b = of_stage(e, s);
    e->stage = m;
    phases(e, m, relu, &calls);
    bind_at(&b, "X", s->at[AT_X], 0);   /* phases know where in a map they begin */
    bind_flag(&b, "GAPS", m->conv->dgrad_gaps);
    bind_name(&b, "FILL_GAPS", "%s", deconv_gaps(e, s).text);
    bind_here(&b, "phases", text_string(&calls));
    kernel(&b, "deconv/fwd.c", part(&b, "fwd").text,
           "%s forward: %dx%dx%d -> %dx%dx%d, %dx%d%s, %.1f MFLOP an image", s->name, l->in.h,
           l->in.w, l->in.c, l->out.h, l->out.w, l->out.c, l->kh, l->kw, relu ? " + relu" : "",
           s->flop_forward / 1e6);
    text_free(&calls);
}

void deconv_data_gradient(struct emission *e, const struct stage *s)
{
    const struct stage *m = s->mirror;
    const struct shape o = s->out.shape;
    struct bindings g = of_stage(e, s), b = of_stage(e, s);
    bind_name(&g, "PASS_BACK", "none");
    kernel(&g, "conv/expand.c", part(&g, "expand").text,
           "%s: its output gradient, %dx%dx%d, masked, with zeros around it", s->name, o.h, o.w,
           o.c);
    e->stage = m;
    bind_name(&b, "RUN_ROWS", "%s",
              s->needs_dx ? whole_sweep(e, &m->conv->forward, false).text : "none");
    kernel(&b, "deconv/dgrad.c", part(&b, "data").text, "%s data gradient: %.1f MFLOP an image",
           s->name, s->flop_dgrad / 1e6);
}

void deconv_bias(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    bind_at(&b, "DY", s->at[AT_BIAS_SUMS], 0);
    bind_size(&b, "DY_IMAGE", round_up(s->out.shape.c, LANES));
    kernel(&b, "affine/bias.c", part(&b, "bias").text, "%s: the bias' gradient and update",
           s->name);
}

void deconv_fold(struct emission *e, const struct stage *s)
{
    struct text calls = { 0 };
    norm_fold(e, s);
    e->stage = s->mirror;
    struct bindings b = of_stage(e, s->mirror);
    conv_packs(e, &calls);
    bind_here(&b, "packs", text_string(&calls));
    kernel(&b, "deconv/fold.c", part(&b, "fold").text,
           "%s: filters, times what their channels are multiplied with", s->name);
    text_free(&calls);
}
