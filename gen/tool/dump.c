/*
** dump.c - prints the net as it is after a pass, for who works on the passes.
*/
#include <string.h>

#include "plan/choice.h"
#include "print/emit.h"
#include "read/layers.h"
#include "tool/dump_train.h"

const char *const dump_passes[] = { "spec", "shape", "fuse", "block", "mem", NULL };

static const char *word_of(enum layer_kind kind)
{
    const struct layer_def *def = layer_def(kind);
    return def->word ? def->word : def->prefix;
}

/* First weights: a deviation, or the word for how they come about. */
static void dump_init(const char *before, double std, bool xavier, FILE *out)
{
    if (std < 0)
        fprintf(out, "%sinit=%s", before, xavier ? "xavier" : "kaiming");
    else
        fprintf(out, "%sinit=%g", before, std);
}

/* What stands behind the word, its number and its window. */
static void dump_options(const struct layer *l, FILE *out)
{
    static const char *const firsts[] = { [INIT_DIRAC] = " init=dirac",
                                          [INIT_WHITEN] = " init=whiten" };
    static const char *const pads[] = { [PAD_SAME] = " pad=same", [PAD_VALID] = " pad=valid" };
    int accepts = layer_def(l->kind)->accepts;
    if (accepts & ACCEPTS_PAD && l->pad_kind == PAD_NUMBER)
        fprintf(out, " pad=%d", l->pad);
    else if (accepts & ACCEPTS_PAD)
        fputs(pads[l->pad_kind], out);
    if (l->groups > 1)
        fprintf(out, " groups=%d", l->groups);
    if (l->dilation > 1)
        fprintf(out, " dilation=%d", l->dilation);
    if (accepts & ACCEPTS_BIAS && !l->bias)
        fputs(" bias=no", out);
    if (l->own_init && l->first != INIT_DRAWN)
        fputs(firsts[l->first], out);
    else if (l->own_init)
        dump_init(" ", l->init_std, l->init_rule == RULE_XAVIER, out);
    if (l->winograd != WINOGRAD_AUTO)
        fprintf(out, " winograd=%s", l->winograd == WINOGRAD_YES ? "yes" : "no");
    if (accepts & ACCEPTS_MOMENTUM)
        fprintf(out, " momentum=%g eps=%g scale=%s", l->momentum, l->eps, l->scale ? "yes" : "no");
    if (accepts & ACCEPTS_SMOOTHING)
        fprintf(out, " smoothing=%g", l->smoothing);
    if (accepts & ACCEPTS_MARGIN)
        fprintf(out, " margin=%g", l->margin);
}

static void dump_spec(const struct net *net, FILE *out)
{
    fprintf(out, "net %s\ninput %dx%dx%d\n", net->name, net->input.c, net->input.h, net->input.w);
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        fprintf(out, "%-12s %s", l->name, word_of(l->kind));
        if (l->filters)
            fprintf(out, " %d", l->filters);
        if (l->kh)
            fprintf(out, " %dx%d stride=%d,%d", l->kh, l->kw, l->stride, l->stride_w);
        if (layer_def(l->kind)->operands == OPERANDS_NUMBER)
            fprintf(out, " %g", l->number);
        dump_options(l, out);
        fputc('\n', out);
    }
    dump_train(net, out);
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
        fprintf(out, "region %d: %s %s\n", r, net->stage[net->region[r].stage].name,
                region_what(net->region[r].kind));
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
    static void (*const dumps[])(const struct net *, FILE *) = { dump_spec, dump_shape, dump_fuse,
                                                                dump_block, dump_mem };
    for (int i = 0; dump_passes[i]; i++)
        if (!strcmp(dump_passes[i], pass))
            dumps[i](net, out);
}
