/*
** params.c - which parameters there are, how they are stored, how they begin, and what the network
** file says of single ones. Where they lie is mem.c's.
*/
#include "plan/passes.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/small.h"

/* What a later group sets counts; a new optimizer brings its own rates. */
static void merge_group(struct own_settings *to, const struct own_settings *from)
{
    if (from->set & OWN_OPTIMIZER) {
        to->optimizer = from->optimizer;
        for (int k = 0; k < RATES; k++)
            to->set &= ~((unsigned)OWN_RATE << k);
    }
    for (int k = 0; k < RATES; k++)
        if (from->set & (unsigned)OWN_RATE << k)
            to->rate[k] = from->rate[k];
    if (from->set & OWN_REG)
        to->reg = from->reg;
    if (from->set & OWN_DECAY)
        to->lr_decay = from->lr_decay;
    if (from->set & OWN_SCHEDULE)
        to->schedule = from->schedule;
    if (from->set & OWN_FREEZE)
        to->freeze = from->freeze;
    to->set |= from->set;
}

/*
** The groups by what they select, in their order; of those of one selector that set the same, the
** last counts.
*/
struct selection {
    struct names first;         /* of each selector, */
    int *next;                  /* and from one to the next; -1: that was the last */
};

static bool is_muon(const struct group_setting *g)
{
    return g->own.set & OWN_OPTIMIZER && g->own.optimizer == UPDATE_MUON;
}

static struct selection select_groups(const struct net *net)
{
    struct selection s = { .next = alloc((size_t)net->ngroups, sizeof *s.next) };
    struct names seen = { 0 };
    for (int k = net->ngroups - 1; k >= 0; k--) {
        const struct group_setting *g = &net->group[k];
        char what[sizeof g->selector + 32];
        snprintf(what, sizeof what, "%s %u %d", g->selector, g->own.set, is_muon(g));
        if (names_find(&seen, what) >= 0)
            continue;
        names_add(&seen, what, k);
        s.next[k] = names_find(&s.first, g->selector);
        names_add(&s.first, g->selector, k);
    }
    names_free(&seen);
    return s;
}

/* What selects a parameter by what it is, and not by its layer's name. */
static const char *selector_of(const struct net_param *p)
{
    return p->role == ROLE_WEIGHT ? p->kind == PARAM_CONV ? "conv" : "affine"
           : p->role == ROLE_BIAS ? "bias" : "gain";
}

static bool is_selector(const char *name)
{
    static const char *const words[] = { "conv", "affine", "bias", "gain" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strcmp(words[k], name))
            return true;
    return false;
}

/* All groups that select p, the first one first. */
static void own_settings(const struct net *net, const struct selection *s, struct net_param *p,
                         const char *owner)
{
    int at[] = { names_find(&s->first, selector_of(p)), names_find(&s->first, p->name),
                 is_selector(owner) ? -1 : names_find(&s->first, owner) };
    while (p->role != ROLE_STATISTIC) {
        int *least = NULL;
        for (size_t k = 0; k < sizeof at / sizeof *at; k++)
            if (at[k] >= 0 && (!least || at[k] < *least))
                least = &at[k];
        if (!least)
            break;
        const struct group_setting *g = &net->group[*least];
        if (!is_muon(g) || p->kind == PARAM_CONV)
            merge_group(&p->own, &g->own);
        *least = s->next[*least];
    }
    if (p->first == INIT_WHITEN) {
        p->own.set |= OWN_FREEZE;
        p->own.freeze = 0;
    }
}

/* What the network file says of single parameters. */
static void settle_groups(struct net *net)
{
    struct selection s = select_groups(net);
    for (int i = 0; i < net->nparams; i++)
        own_settings(net, &s, &net->param[i], net->stage[net->param[i].stage].name);
    names_free(&s.first);
    free(s.next);
}

/* A parameter `what` of a stage, which has no place yet. */
static int add_param(struct net *net, int stage, const char *what, struct net_param param)
{
    net->param = grow(net->param, (size_t)net->nparams + 1, sizeof *net->param);
    struct net_param *p = &net->param[net->nparams];
    *p = param;
    p->stage = stage;
    p->at = p->m = p->v = NO_BUFFER;
    snprintf(p->name, sizeof p->name, "%s.%s", net->stage[stage].name, what);
    return net->nparams++;
}

/* A weight of `stored` reals; its partial sums of squares have `slots`. */
static int add_weight(struct net *net, int stage, enum param_kind kind, size_t stored, int fan_in,
                      size_t slots)
{
    const struct layer *l = &net->layer[net->stage[stage].head];
    double std = l->own_init ? l->init_std : net->train.init_std;
    double fan_out = (double)l->filters / l->groups*(kind == PARAM_CONV ? l->kh*l->kw : 1);
    if (std < 0)    /* He et al., arXiv:1502.01852; Glorot and Bengio, AISTATS 2010 */
        std = l->init_rule == RULE_XAVIER ? sqrt(2 / (fan_in + fan_out)) : sqrt(2.0 / fan_in);
    net->nsumsq += slots;
    return add_param(net, stage, "weight", (struct net_param){
        .role = ROLE_WEIGHT, .kind = kind, .fan_in = fan_in, .init = std, .stored = stored,
        .own_init = l->own_init, .first = l->first,
        .sumsq = net->nsumsq - slots, .nsumsq = (int)slots });
}

/* One value a channel or unit, all `start` at first. */
static int add_vector(struct net *net, int stage, enum param_role role, const char *what,
                      size_t count, int fan_in, double start)
{
    return add_param(net, stage, what, (struct net_param){
        .role = role, .kind = PARAM_VECTOR, .fan_in = fan_in, .init = -1, .start = start,
        .stored = round_up_size(count, LANES) });
}

static void conv_params(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct layer *l = &net->layer[s->head];
    int fan_in = l->kh*l->kw*s->conv->forward.ci;
    size_t co = (size_t)l->filters, filter = (size_t)l->kh*(size_t)s->conv->row;
    s->weight = add_weight(net, stage, PARAM_CONV, co*filter, fan_in,
                           (size_t)ceil_div(l->filters, LANES));
    if (l->bias)
        s->bias = add_vector(net, stage, ROLE_BIAS, "bias", co, fan_in, 0);
}

/* An output sums over as many taps of each channel as the stride leaves. */
static void deconv_params(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct layer *l = &net->layer[s->head];
    const int taps = max_int(1, l->kh*l->kw / (l->stride*l->stride_w)), fan_in = l->in.c*taps;
    const size_t stored = (size_t)l->in.c*(size_t)l->kh*(size_t)s->mirror->conv->row;
    s->weight = add_weight(net, stage, PARAM_CONV, stored, fan_in,
                           (size_t)ceil_div(l->in.c, LANES));
    s->mirror->weight = s->weight;
    if (l->bias)
        s->bias = add_vector(net, stage, ROLE_BIAS, "bias", (size_t)l->filters, fan_in, 0);
}

static void affine_params(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct shape in = s->in.shape;
    int inputs = in.h*in.w*in.c, columns = s->affine->columns;
    size_t units = (size_t)s->out.shape.c;
    s->weight = add_weight(net, stage, PARAM_AFFINE, units*(size_t)columns, inputs,
                           (size_t)ceil_div(columns, PANEL));
    if (net->layer[s->head].bias)
        s->bias = add_vector(net, stage, ROLE_BIAS, "bias", units, inputs, 0);
}

static void norm_params(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t c = (size_t)s->out.shape.c;
    if (net->layer[s->head].scale)
        s->weight = add_vector(net, stage, ROLE_GAIN, "weight", c, 1, 1);
    s->bias = add_vector(net, stage, ROLE_BIAS, "bias", c, 1, 0);
    s->norm->running_mean = add_vector(net, stage, ROLE_STATISTIC, "running_mean", c, 1, 0);
    s->norm->running_var = add_vector(net, stage, ROLE_STATISTIC, "running_var", c, 1, 1);
}

/* He et al., arXiv:1502.01852: slopes begin at 1/4. */
static void prelu_params(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    s->weight = add_vector(net, stage, ROLE_GAIN, "weight", (size_t)s->out.shape.c, 1, 0.25);
}

static void (*const own_params[STAGE_KINDS])(struct net *, int stage) = {
    [STAGE_CONV] = conv_params, [STAGE_AFFINE] = affine_params, [STAGE_NORM] = norm_params,
    [STAGE_PRELU] = prelu_params,
    [STAGE_DECONV] = deconv_params,
};

bool params(struct net *net)
{
    assert(net->nstages > 0);
    for (int i = 0; i < net->nstages; i++)
        if (own_params[net->stage[i].kind])
            own_params[net->stage[i].kind](net, i);
    for (int i = 0; i < net->nfolded; i++) {
        const struct stage *head = &net->stage[net->folded[i].fold->head];
        net->folded[i].weight = head->weight;
        net->folded[i].bias = head->bias;
        if (head->mirror)
            net->folded[i].mirror->weight = head->weight;
    }
    settle_groups(net);
    return true;
}
