/*
** canonical.c - fingerprint and shapes of parameters. It must never say of a network what changes
** between instruction sets, types or batches.
*/
#include "plan/canonical.h"

#include <stdlib.h>

#include "read/layers.h"

int param_shape(const struct net *net, const struct net_param *p, int dim[PARAM_RANK])
{
    const struct stage *of = &net->stage[p->stage];
    const struct stage *s = p->kind == PARAM_CONV && of->mirror ? of->mirror : of;
    const struct layer *l = &net->layer[s->head];
    const struct shape in = s->in.shape;
    if (p->kind == PARAM_VECTOR) {
        dim[0] = l->out.c;
        return 1;
    }
    dim[0] = l->filters;
    if (p->kind == PARAM_AFFINE) {
        dim[1] = in.h*in.w*in.c;
        return 2;
    }
    dim[1] = in.c / l->groups;
    dim[2] = l->kh;
    dim[3] = l->kw;
    return 4;
}

/* A layer's line. */
static void layer_line(const struct layer *l, struct text *out)
{
    const struct layer_def *def = layer_def(l->kind);
    bool max = def->stage == STAGE_POOL, pools = max || def->stage == STAGE_AVERAGE;
    if (def->trains)
        text_printf(out, "%s: ", l->name);
    if (def->word)
        text_puts(out, max ? "maxpool" : pools ? "avgpool" : def->word);
    if (l->filters)
        text_printf(out, " %d", l->filters);
    if (l->kh)
        text_printf(out, " %dx%d", l->kh, l->kw);
    if (pools || l->stride != l->stride_w)
        text_printf(out, " stride=%d,%d", l->stride, l->stride_w);
    else if (def->accepts & ACCEPTS_STRIDE)
        text_printf(out, " stride=%d", l->stride);
    if (!pools ? def->accepts & ACCEPTS_PAD : is_padded(l))
        text_printf(out, " pad=%d,%d,%d,%d", l->pad_top, l->pad_left, l->pad_bottom, l->pad_right);
    if (l->count_pad && is_padded(l))
        text_printf(out, " counted=%d,%d,%d,%d", l->pad_top, l->pad_left,
                    l->pad_bottom - l->beyond_bottom, l->pad_right - l->beyond_right);
    if (def->accepts & ACCEPTS_MOMENTUM)
        text_printf(out, " momentum=%.17g eps=%.17g", l->momentum, l->eps);
    if (def->accepts & ACCEPTS_MARGIN)
        text_printf(out, " margin=%.17g", l->margin);
    if (l->target == TARGET_INPUT)
        text_puts(out, " target=input");
    for (int k = 0; k < layer_numbers(l->kind); k++)
        text_printf(out, " %.17g", l->number[k]);
    text_puts(out, operand_words(l).text);
    if (def->accepts & ACCEPTS_BIAS && !l->bias)
        text_puts(out, " bias=no");
    if (def->accepts & ACCEPTS_SCALE && !l->scale)
        text_puts(out, " scale=no");
    if (l->groups > 1)
        text_printf(out, " groups=%d", l->groups);
    if (l->dilation > 1)
        text_printf(out, " dilation=%d", l->dilation);
    if (l->smoothing > 0)
        text_printf(out, " smoothing=%.17g", l->smoothing);
    if (def->operands == OPERANDS_BLOCK)
        text_puts(out, " {");
    if (ends_branches(l->kind))
        text_puts(out, "}");
}

void fingerprint(const struct net *net, struct text *out)
{
    int *open = alloc((size_t)net->nlayers, sizeof *open);      /* of each fork: the branch */
    text_printf(out, "input %dx%dx%d", net->input.c, net->input.h, net->input.w);
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        const int fork = ends_branches(l->kind) ? l->fork : l->from;
        const bool join = l->kind == LAYER_JOIN;
        for (int last = join ? l->branches - 1 : l->branch; fork != INPUT && open[fork] < last;
             open[fork]++)
            text_printf(out, "\n} %s{",
                        net->layer[fork].kind == LAYER_RESIDUAL ? "shortcut " : "");
        text_puts(out, "\n");
        layer_line(l, out);
    }
    free(open);
}
