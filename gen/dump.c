/*
** dump.c - prints the net as it is after a pass, for who works on the passes.
*/
#include <string.h>

#include "../runtime/optimizer.h"
#include "choice.h"
#include "layers.h"

const char *const dump_passes[] = { "spec", "shape", "grad", "fuse", "block", "mem", NULL };

static const char *word_of(enum layer_kind kind)
{
    const struct layer_def *def = layer_def(kind);
    return def->word ? def->word : def->prefix;
}

static void dump_spec(const struct net *net, FILE *out)
{
    const struct train_settings *t = &net->train;
    fprintf(out, "net %s\ninput %dx%dx%d\n", net->name, net->input.c, net->input.h, net->input.w);
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        fprintf(out, "%-12s %s", l->name, word_of(l->kind));
        if (l->filters)
            fprintf(out, " %d", l->filters);
        if (l->kh)
            fprintf(out, " %dx%d stride=%d,%d", l->kh, l->kw, l->stride, l->stride_w);
        if (l->groups > 1)
            fprintf(out, " groups=%d", l->groups);
        if (l->dilation > 1)
            fprintf(out, " dilation=%d", l->dilation);
        fputc('\n', out);
    }
    const struct optimizer_def *def = &optimizers[t->optimizer];
    fprintf(out, "train init=%g %s", t->init_std, def->word);
    for (int k = 0; k < def->count; k++)
        fprintf(out, " %s=%g", def->rate[k].name, t->rate[def->rate[k].rate]);
    fprintf(out, " reg=%g lr_decay=%g batch=%d epochs=%g sample=%s\n", t->reg, t->lr_decay,
            t->batch, t->epochs, t->sampling == SAMPLE_SHUFFLE ? "shuffle" : "replacement");
}

static void dump_shape(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        fprintf(out, "%-12s %dx%dx%d -> %dx%dx%d pad %d,%d,%d,%d params %lld flop %.0f %.0f\n",
                l->name, l->in.c, l->in.h, l->in.w, l->out.c, l->out.h, l->out.w, l->pad_top,
                l->pad_left, l->pad_bottom, l->pad_right, l->params, l->flop_forward,
                l->flop_backward);
    }
}

static void dump_grad(const struct net *net, FILE *out)
{
    static const char *const words[OP_KINDS] = {
        [OP_CONV] = "conv", [OP_POINTWISE] = "pointwise", [OP_MAXPOOL] = "maxpool",
        [OP_AVGPOOL] = "avgpool", [OP_AFFINE] = "affine", [OP_DROPOUT] = "dropout",
        [OP_ADD] = "add", [OP_FORK] = "fork", [OP_ADD_GRAD] = "add_grad",
        [OP_FORK_GRAD] = "fork_grad", [OP_BATCHNORM] = "batchnorm",
        [OP_LOSS] = "loss", [OP_LOSS_GRAD] = "loss_grad",
        [OP_BATCHNORM_WGRAD] = "bn_wgrad", [OP_BATCHNORM_DGRAD] = "bn_dgrad",
        [OP_DROPOUT_GRAD] = "dropout_grad", [OP_AFFINE_WGRAD] = "affine_wgrad",
        [OP_AFFINE_DGRAD] = "affine_dgrad", [OP_POINTWISE_GRAD] = "pointwise_grad",
        [OP_AVGPOOL_GRAD] = "avgpool_grad", [OP_MAXPOOL_GRAD] = "maxpool_grad",
        [OP_CONV_WGRAD] = "conv_wgrad", [OP_CONV_DGRAD] = "conv_dgrad",
    };
    for (int i = 0; i < net->nops; i++)
        fprintf(out, "%3d %-14s %s\n", i, words[net->op[i].kind],
                net->layer[net->op[i].layer].name);
}

static void dump_sweep(const struct sweep *s, FILE *out)
{
    fprintf(out, "    %-20s %d -> %d channels, %dx%d taps, %dx%d outputs, tile %dx%dx%d\n", s->name,
            s->ci, s->co, s->kh, s->kw, s->oh, s->ow, s->tile.mh, s->tile.mw, s->tile.nv);
}

static void dump_fuse(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        fprintf(out, "stage %d %s%s%s%s\n", i, s->name, s->relu == NO_LAYER ? "" : " + relu",
                s->pool == NO_LAYER ? "" : " + maxpool", s->needs_dx ? ", data gradient" : "");
        if (s->kind == STAGE_CONV)
            dump_sweep(&s->forward, out);
        for (int k = 0; k < s->ndgrad; k++)
            dump_sweep(&s->dgrad[k], out);
    }
    for (int i = 0; i < net->nfolded; i++) {
        const struct stage *s = &net->folded[i];
        fprintf(out, "folded %d %s, %s to %s\n", i, s->name, net->stage[s->folds].name,
                net->stage[s->ends].name);
        if (s->kind == STAGE_CONV)
            dump_sweep(&s->forward, out);
    }
    for (int r = 0; r < net->nregions; r++)
        fprintf(out, "region %d: kind %d of %s\n", r, (int)net->region[r].kind,
                net->stage[net->region[r].stage].name);
}

/* What was taken, and the cheapest of the candidates. */
static void dump_choice(const struct choice *c, FILE *out)
{
    enum { SHOWN = 8 };
    char text[CHOICE_TEXT];
    choice_text(c, c->taken, text);
    fprintf(out, "choice %s %s of", c->name, text);
    for (int k = 0; k < c->ncandidates && k < SHOWN; k++) {
        choice_text(c, k, text);
        fprintf(out, " %s", text);
    }
    if (c->ncandidates > SHOWN)
        fprintf(out, " and %d more", c->ncandidates - SHOWN);
    fputc('\n', out);
}

static void dump_block(const struct net *net, FILE *out)
{
    dump_fuse(net, out);
    for (int i = 0; i < net->nchoices; i++)
        dump_choice(&net->choice[i], out);
}

static void dump_mem(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nbuffers; i++) {
        const struct buffer *b = &net->buffer[i];
        fprintf(out, "%-28s %10zu at %10zu %s%s, regions %d to %d\n", b->name, b->size, b->at,
                b->scratch ? "scratch" : "arena", b->keep ? ", kept" : "", b->first, b->last);
    }
    fprintf(out, "arena %zu, of that inference %zu, scratch %zu a thread\n", net->arena,
            net->infer_arena, net->scratch);
}

void dump(const struct net *net, const char *pass, FILE *out)
{
    static void (*const dumps[])(const struct net *, FILE *) = { dump_spec, dump_shape, dump_grad,
                                                                dump_fuse, dump_block, dump_mem };
    for (int i = 0; dump_passes[i]; i++)
        if (!strcmp(dump_passes[i], pass))
            dumps[i](net, out);
}
