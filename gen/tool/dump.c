/*
** dump.c - prints what a pass decided, for who works on the passes. It must never print a field
** that a later pass fills.
*/
#include "tool/dump.h"

#include <string.h>

#include "plan/algorithm.h"
#include "plan/choice.h"
#include "plan/passes.h"
#include "plan/regions.h"
#include "plan/stream.h"
#include "read/layers.h"
#include "tool/dump_train.h"

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

/* What stands after the word, its number and its window. */
static void dump_options(const struct layer *l, FILE *out)
{
    static const char *const firsts[] = { [INIT_DIRAC] = " init=dirac",
                                          [INIT_WHITEN] = " init=whiten" };
    static const char *const pads[] = { [PAD_SAME] = " pad=same", [PAD_VALID] = " pad=valid" };
    int accepts = layer_def(l->kind)->accepts;
    const int *pad = l->pad;
    bool alike = pad[1] == pad[0] && pad[2] == pad[0] && pad[3] == pad[0];
    if (accepts & ACCEPTS_PAD && l->pad_kind == PAD_NUMBER && alike)
        fprintf(out, " pad=%d", pad[0]);
    else if (accepts & ACCEPTS_PAD && l->pad_kind == PAD_NUMBER)
        fprintf(out, " pad=%d,%d,%d,%d", pad[0], pad[1], pad[2], pad[3]);
    else if (accepts & ACCEPTS_PAD)
        fputs(pads[l->pad_kind], out);
    if (l->ceil)
        fputs(" ceil=yes", out);
    if (l->count_pad)
        fputs(" count_pad=yes", out);
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
    if (l->target == TARGET_INPUT)
        fputs(" target=input", out);
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
        for (int k = 0; k < layer_numbers(l->kind); k++)
            fprintf(out, " %g", l->number[k]);
        fputs(operand_words(l).text, out);
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

/* ---- the plan ---- */

/* "conv1 + relu + maxpool1": the layers that a stage runs. */
static void put_layers(const struct net *net, int stage, FILE *out)
{
    const struct stage *s = &net->stage[stage];
    int end = stage + 1 < net->nstages ? net->stage[stage + 1].head : net->nlayers;
    for (int l = s->head; l < end; l++)
        fprintf(out, "%s%s", l == s->head ? "" : " + ",
                l == s->head ? s->name : word_of(net->layer[l].kind));
}

static const char *source_name(const struct net *net, int stage)
{
    return stage == INPUT ? "input" : net->stage[stage].name;
}

static void dump_fuse(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        fprintf(out, "stage %d ", i);
        put_layers(net, i, out);
        fprintf(out, ", reads %s", source_name(net, s->from));
        for (int k = 1; s->branch && k < s->branch->count; k++)
            fprintf(out, " and %s", source_name(net, s->branch->end[k]));
        fprintf(out, "%s", s->needs_dx ? ", data gradient" : s->trains ? "" : ", not trained");
        if (s->flop_forward > 0)
            fprintf(out, ", flop %.0f %.0f %.0f", s->flop_forward, s->flop_dgrad, s->flop_wgrad);
        if (s->affine)
            fprintf(out, ", backward %s", algorithm_word(s->affine->backward, NULL));
        fputc('\n', out);
    }
}

static void dump_map(const char *what, const struct map *m, FILE *out)
{
    fprintf(out, "    %-9s %dx%dx%d, halo %d,%d, rows %d columns %d, from row to row %zu, image to "
            "image %zu%s\n", what, m->shape.c, m->shape.h, m->shape.w, m->top, m->left, m->rows,
            m->columns, m->row, m->image, m->keep ? ", zeros kept" : "");
}

static const struct conv_plan *conv_of(const struct stage *s)
{
    return s->mirror ? s->mirror->conv : s->conv;
}

static void dump_layout(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        fprintf(out, "%s, gradients from image to image: dx %zu, dy %zu\n", s->name, s->dx_image,
                s->dy_image);
        dump_map("in", &s->in, out);
        for (int k = 1; s->branch && k < s->branch->count; k++)
            dump_map("other", &s->branch->in[k], out);
        dump_map("out", &s->out, out);
        if (s->mirror)
            dump_map("gradient", &s->mirror->in, out);
        if (s->conv || s->mirror)
            fprintf(out, "    window at %zu, filter rows of %d\n", conv_of(s)->window,
                    conv_of(s)->row);
        if (s->affine)
            fprintf(out, "    weights, rows of %d\n", s->affine->columns);
        if (s->conv && s->conv->multiplier > 1)
            fprintf(out, "    each channel %d times: rows %d columns %d\n", s->conv->multiplier,
                    s->conv->repeated.rows, s->conv->repeated.columns);
    }
}

static void put_winograd(const struct winograd *w, FILE *out)
{
    fprintf(out, ", %dx%d tiles", w->rows, w->columns);
    if (w->rows_together > 1)
        fprintf(out, ", %d rows of them at least", w->rows_together);
    if (w->by_panels)
        fputs(", by panels", out);
}

/* Down and across; alike, they are said once. 1 is not said. */
static void put_pair(const char *before, int down, int across, const char *after, FILE *out)
{
    if (down == across && down > 1)
        fprintf(out, "%s%d%s", before, down, after);
    else if (down != across)
        fprintf(out, "%s%d,%d%s", before, down, across, after);
}

static void put_sweep(const struct sweep *s, FILE *out)
{
    fprintf(out, "    %-22s %s, ", s->name, algorithm_word(s->algorithm, &s->winograd));
    if (s->groups > 1)
        fprintf(out, "%d groups of ", s->groups);
    fprintf(out, "%d -> %d channels, %dx%d taps, %dx%d outputs", s->ci, s->co, s->kh, s->kw, s->oh,
            s->ow);
    put_pair(", taps ", s->dilation, s->dilation_w, " apart", out);
    put_pair(", ", s->step_y, s->step_x, " pixels on", out);
    if (s->flipped)
        fprintf(out, ", taps from %d,%d", s->tap_y, s->tap_x);
    put_pair(" by ", s->tap_step_y, s->tap_step_x, "", out);
    if (s->algorithm == BY_WINOGRAD)
        put_winograd(&s->winograd, out);
    if (s->algorithm == BY_SCATTER)
        fprintf(out, ", %d blocks of %d filters, %d rows listed", s->scatter.blocks,
                s->scatter.filters, s->scatter.band);
}

static void dump_sweeps(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        if (s->norm)
            fprintf(out, "%s, moments of %d block%s of an image\n", s->name, s->norm->blocks,
                    s->norm->blocks > 1 ? "s" : "");
        if (s->mirror)
            s = s->mirror;
        if (!s->conv)
            continue;
        const struct weight_plan *weights = &s->conv->wgrad;
        fprintf(out, "%s%s%s\n", s->name, s->conv->gathers == NO_STAGE ? "" : ", gathers for ",
                s->conv->gathers == NO_STAGE ? "" : net->stage[s->conv->gathers].name);
        put_sweep(&s->conv->forward, out);
        fputc('\n', out);
        for (int k = 0; k < s->conv->ndgrad; k++) {
            put_sweep(&s->conv->dgrad[k], out);
            fputc('\n', out);
        }
        if (s->conv->dgrad_gaps)
            fprintf(out, "    the %s first: no tap reaches some of it\n",
                    s->conv->transposed ? "output is the bias" : "data gradient is cleared");
        if (s->needs_dx && !s->conv->transposed)
            dump_map("expanded", &s->conv->expanded, out);
        if (weights->algorithm != BY_NONE)
            fprintf(out, "    weight gradient        %s\n",
                    algorithm_word(weights->algorithm, &weights->winograd));
    }
}

static void dump_fold(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nfolded; i++) {
        const struct stage *s = &net->folded[i];
        const int first = s->fold->norm == NO_STAGE ? s->fold->head : s->fold->norm;
        fprintf(out, "folded %d %s, %s to %s, %d filter%s at a time\n", i, s->name,
                net->stage[first].name, net->stage[s->fold->end].name, s->fold->step,
                s->fold->step > 1 ? "s" : "");
        if (s->conv) {
            put_sweep(&s->conv->forward, out);
            fputc('\n', out);
        }
        for (int k = 0; s->mirror && k < s->mirror->conv->ndgrad; k++) {
            put_sweep(&s->mirror->conv->dgrad[k], out);
            fputc('\n', out);
        }
    }
}

static void block_sweep(const struct sweep *s, FILE *out)
{
    const struct winograd *w = &s->winograd;
    fprintf(out, "    %-22s %s, ", s->name, algorithm_word(s->algorithm, w));
    if (s->algorithm == BY_SCATTER) {
        fprintf(out, "%d blocks of %d channels", s->scatter.cblocks, s->scatter.channels);
    } else {
        fprintf(out, "tile %dx%dx%d, %d panels", s->tile.mh, s->tile.mw, s->tile.nv, s->blocks);
        if (s->last)
            fprintf(out, " and one of %d", s->last);
    }
    if (s->algorithm == BY_WINOGRAD)
        fprintf(out, ", pass of %d rows, %d image%s", w->pass, w->images, w->images > 1 ? "s" : "");
    if (s->recomputed)
        fprintf(out, ", %d outputs of a row twice", s->recomputed);
    fprintf(out, ", packed %zu at %zu\n", s->packed_size, s->packed_at);
}

static void block_weights(const struct stage *s, FILE *out)
{
    const struct weight_plan *p = &s->conv->wgrad;
    fprintf(out, "    weight gradient        %s, tile %dx%dx%d",
            algorithm_word(p->algorithm, &p->winograd), p->tile.mh, p->tile.mw, p->tile.nv);
    if (p->algorithm == BY_WINOGRAD)
        fprintf(out, ", pass of %d rows, %d image%s", p->winograd.pass, p->winograd.images,
                p->winograd.images > 1 ? "s" : "");
    if (p->algorithm == BY_LISTS)
        fprintf(out, ", %d rows listed, %d entries a filter", p->band, p->list_space);
    if (p->algorithm == BY_DENSE)
        fprintf(out, ", %d rows of %d image%s at a time", p->band, p->images,
                p->images > 1 ? "s" : "");
    if (p->algorithm == BY_NARROW || p->algorithm == BY_PICKED)
        fprintf(out, ", %d rows at a time, filters padded to %d", p->band, p->filters);
    fputc('\n', out);
}

static void block_affine(const struct stage *s, FILE *out)
{
    const struct affine_plan *a = s->affine;
    fprintf(out, "    forward                tile %dx%dx%d, %d units an item, %d images, %d blocks "
            "at a time\n", a->tile.mh, a->tile.mw, a->tile.nv, a->block, a->images,
            a->blocks_together);
    if (a->backward == BY_NONE)
        return;
    fprintf(out, "    backward               %s, %d rows a pass",
            algorithm_word(a->backward, NULL), a->rows);
    if (a->backward == BY_DENSE)
        fprintf(out, ", tile %dx%d, in the last panel %dx%d", a->whole_panel.mh, a->whole_panel.nv,
                a->last_panel.mh, a->last_panel.nv);
    fputc('\n', out);
}

static void block_stage(const struct net *net, const struct stage *s, FILE *out)
{
    if (s->mirror)
        s = s->mirror;
    if (s->conv || s->affine || s->norm)
        fprintf(out, "%s\n", s->name);
    if (s->conv) {
        if (s->conv->forward.packed_size)
            block_sweep(&s->conv->forward, out);
        for (int k = 0; k < s->conv->ndgrad; k++)
            block_sweep(&s->conv->dgrad[k], out);
        if (!s->fold)
            block_weights(s, out);
        fprintf(out, "    an image in %d part%s\n", s->conv->parts, s->conv->parts > 1 ? "s" : "");
        if (s->conv->through != NO_STAGE)
            fprintf(out, "    gradient through %s\n", net->stage[s->conv->through].name);
        if (s->conv->sums != NO_STAGE)
            fprintf(out, "    makes %s's gradient sums\n", net->stage[s->conv->sums].name);
    }
    if (s->affine)
        block_affine(s, out);
    if (s->norm)
        fprintf(out, "    gathers %d vectors at a time, sums %d\n", s->norm->gather_vectors,
                s->norm->sum_vectors);
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
    for (int i = 0; i < net->nstages; i++)
        block_stage(net, &net->stage[i], out);
    for (int i = 0; i < net->nfolded; i++)
        block_stage(net, &net->folded[i], out);
    for (int i = 0; i < net->nchoices; i++)
        dump_choice(&net->choice[i], out);
}

static void dump_params(const struct net *net, FILE *out)
{
    static const char *const roles[] = { [ROLE_WEIGHT] = "weight", [ROLE_BIAS] = "bias",
                                         [ROLE_GAIN] = "gain", [ROLE_STATISTIC] = "statistic" };
    static const char *const firsts[] = { [INIT_DRAWN] = "", [INIT_DIRAC] = ", dirac",
                                          [INIT_WHITEN] = ", whitens" };
    for (int i = 0; i < net->nparams; i++) {
        const struct net_param *p = &net->param[i];
        fprintf(out, "%-28s %-9s %9zu reals, fan in %d", p->name, roles[p->role], p->stored,
                p->fan_in);
        if (p->init >= 0)
            fprintf(out, ", deviation %g", p->init);
        fprintf(out, ", from %g%s", p->start, firsts[p->first]);
        if (p->nsumsq)
            fprintf(out, ", %d sums of squares from %zu", p->nsumsq, p->sumsq);
        fprintf(out, "%s\n", p->own.set ? ", settings of its own" : "");
    }
}

static void dump_list(const struct net *net, const char *what, const struct region_plan *region,
                      int count, FILE *out)
{
    for (int r = 0; r < count; r++) {
        const struct region_plan *p = &region[r];
        char title[2*NAME_MAX_LEN], items[REGION_ITEMS];
        region_title(net, p, title, sizeof title);
        region_items(p, items);
        fprintf(out, "%s %d: %s, %s, flop %.0f, bytes %.0f + %.0f an image", what, r, title,
                items, p->flop, p->bytes_fixed, p->bytes_image);
        if (p->to)
            fprintf(out, ", for parameters %d to %d", p->from, p->to - 1);
        fputs(p->reads_input ? ", reads the images\n" : "\n", out);
    }
}

static void dump_regions(const struct net *net, FILE *out)
{
    dump_list(net, "region", net->region, net->nregions, out);
    if (net->nfolded)
        dump_list(net, "inference", net->infer, net->ninfer, out);
}

static void dump_exchange(const struct net *net, const struct exchange_plan *x, FILE *out)
{
    static const char *const what[] = {
        [EXCHANGE_IMAGES] = "an image", [EXCHANGE_GROUPS] = "a group",
        [EXCHANGE_TO_PANELS] = "an image, to its panels",
        [EXCHANGE_TO_IMAGES] = "an image, from its panels", [EXCHANGE_PANELS] = "a column" };
    fprintf(out, "exchange %s", net->buffer[x->buffer].name);
    if (x->after >= 0)
        fprintf(out, " after region %d", x->after);
    if (x->to > x->from)
        fprintf(out, " before region %d", x->from);
    fprintf(out, ", %zu %s", x->size, what[x->kind]);
    if (x->kind == EXCHANGE_PANELS)
        fprintf(out, " of %d", x->columns);
    fputc('\n', out);
}

static void dump_mem(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nbuffers; i++) {
        const struct buffer *b = &net->buffer[i];
        fprintf(out, "%-28s %10zu at %10zu %s%s%s, regions %d to %d\n", b->name, b->size,
                b->at, b->scratch ? "scratch" : "arena", b->keep ? ", kept" : "",
                b->infer ? ", inference" : "", b->first, b->last);
    }
    fprintf(out, "arena %zu, of that inference %zu, scratch %zu a thread\n", net->arena,
            net->infer_arena, net->scratch);
    for (const struct exchange_plan *x = net->exchange; x < net->exchange + net->nexchanges; x++)
        dump_exchange(net, x, out);
}

static void dump_kinks(const struct net *net, FILE *out)
{
    for (int i = 0; i < net->nkinks; i++) {
        const struct kink_plan *k = &net->kink[i];
        fprintf(out, "%-28s %s of %dx%dx%d from %zu, row to row %zu, image to image %zu",
                net->buffer[k->buffer].name, k->bytes ? "bytes" : "sides", k->shape.c, k->shape.h,
                k->shape.w, k->origin, k->row, k->image);
        if (k->low < 0 || k->low > 0 || k->high > k->low)
            fprintf(out, " of %g and %g", k->low, k->high);
        fputc('\n', out);
    }
}

static void dump_stream(const struct net *net, FILE *out)
{
    const struct stream_plan *p = net->stream;
    if (!p) {
        fputs("a program that trains has all rows in memory; emit --inference decides it\n", out);
        return;
    }
    for (int n = 0; n < p->nodes; n++) {
        const struct window *w = &p->window[n];
        const struct stage *s = node_stage(net, &p->node[n]);
        if (p->node[n].fills != n) {
            const struct stage *o = node_stage(net, &p->node[p->node[n].fills]);
            fprintf(out, "%-24s in the window of %s\n", s ? s->name : "input", o->name);
            continue;
        }
        fprintf(out, "%-24s %3d of %3d rows of %6zu at %8zu, steps %d to %d\n",
                s ? s->name : "input", w->rows, w->map.rows, w->map.row, w->at, w->first, w->last);
    }
    for (int k = 0; k < p->nsteps; k++) {
        const struct stream_step *step = &p->step[k];
        const struct stage *s = node_stage(net, &p->node[step->node]);
        fprintf(out, "step %d: %s %d to %d, slides %d\n", k, s ? s->name : "input", step->from,
                step->to, step->slide);
    }
    fprintf(out, "bands of %d rows, work %zu, moved %.0f, cleared %.0f\n", p->band, p->work,
            p->moved, p->cleared);
}

void dump(const struct net *net, int pass, FILE *out)
{
    static const struct { const char *name; void (*print)(const struct net *, FILE *); } dumps[] = {
        { "spec", dump_spec }, { "shape", dump_shape }, { "fuse", dump_fuse },
        { "layout", dump_layout }, { "sweeps", dump_sweeps }, { "fold", dump_fold },
        { "block", dump_block }, { "params", dump_params }, { "regions", dump_regions },
        { "mem", dump_mem }, { "kinks", dump_kinks },
        { "stream", dump_stream },
    };
    for (size_t k = 0; k < sizeof dumps / sizeof *dumps; k++)
        if (!strcmp(dumps[k].name, passes[pass].name)) {
            dumps[k].print(net, out);
            return;
        }
    DIE("nothing prints what %s decided", passes[pass].name);
}
