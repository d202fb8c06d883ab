/*
** rules.c - hyper-parameters of every parameter and step. It must never depend on the
** number of threads, nor call pow().
*/
#include "train/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dmath.h"
#include "base/error.h"
#include "core/update.h"
#include "settings/optimizer.h"

double schedule_factor(enum schedule_kind kind, const struct solver_options *o, long t,
                       long per_epoch, long total)
{
    double warm = floor(o->train.warmup*(double)per_epoch + 1e-6), factor = 1;
    if ((double)t < warm)
        return ((double)t + 1) / (warm + 1);
    double left = (double)total - warm, share = left > 0 ? ((double)t - warm) / left : 1;
    switch (kind) {
    case SCHEDULE_LINEAR:
        return 1 - share;
    case SCHEDULE_COSINE:
        return 0.5*(1 + math_cos(3.14159265358979324*share));
    case SCHEDULE_STEP:
        /* A running product: pow() would give other bits elsewhere. */
        for (double at = o->train.step_epochs; at*(double)per_epoch <= (double)t + 1e-6;
             at += o->train.step_epochs)
            factor *= o->train.step_factor;
        return factor;
    default:
        return 1;
    }
}

static struct param_rule rules_first(const struct param *p, const struct solver_options *o)
{
    const struct own_settings *own = &p->own;
    struct param_rule r = { .optimizer = o->train.optimizer, .lr_decay = o->train.lr_decay,
                            .schedule = o->train.schedule, .freeze = INFINITY, .beta1_power = 1,
                            .beta2_power = 1 };
    memcpy(r.rate, o->train.rate, sizeof r.rate);
    if (own->set & OWN_OPTIMIZER) {
        r.optimizer = own->optimizer;
        optimizer_standard(r.optimizer, r.rate);
    }
    for (int k = 0; k < RATES; k++)
        if (own->set & (unsigned)OWN_RATE << k)
            r.rate[k] = own->rate[k];
    r.reg = own->set & OWN_REG ? own->reg : p->role == ROLE_WEIGHT ? o->train.reg : 0;
    if (own->set & OWN_DECAY)
        r.lr_decay = own->lr_decay;
    if (own->set & OWN_SCHEDULE)
        r.schedule = own->schedule;
    if (own->set & OWN_FREEZE)
        r.freeze = own->freeze;
    if (p->role != ROLE_WEIGHT && !(own->set & (unsigned)OWN_RATE << RATE_WEIGHT_DECAY))
        r.rate[RATE_WEIGHT_DECAY] = 0;
    r.lr = r.rate[RATE_LR];
    return r;
}

bool rules_open(struct rules *r, struct engine *e, const struct solver_options *o, char *err)
{
    const struct model *m = e->model;
    bool muon = false;
    *r = (struct rules){ .count = m->nparams };
    r->param = calloc((size_t)m->nparams + 1, sizeof *r->param);
    if (!r->param)
        return error_set(err, "not enough memory");
    for (int k = 0; k < m->nparams; k++) {
        r->param[k] = rules_first(&m->params[k], o);
        muon = muon || r->param[k].optimizer == UPDATE_MUON;
    }
    return !muon || update_make_room(e, err);
}

void rules_close(struct rules *r)
{
    free(r->param);
    *r = (struct rules){ .param = NULL };
}

static struct hyper rules_hyper(struct param_rule *p, double lr)
{
    const double *rate = p->rate;
    p->beta1_power *= rate[RATE_BETA1];
    p->beta2_power *= rate[RATE_BETA2];
    return (struct hyper){
        .lr = (real)lr, .reg = (real)p->reg, .beta1 = (real)rate[RATE_BETA1],
        .beta2 = (real)rate[RATE_BETA2], .eps = (real)rate[RATE_EPS],
        .rest1 = (real)(1 - rate[RATE_BETA1]), .rest2 = (real)(1 - rate[RATE_BETA2]),
        .keep = (real)(1 - lr*rate[RATE_WEIGHT_DECAY]),
        .step = (real)(lr/(1 - p->beta1_power)),
        .unbias2 = (real)(1/(1 - p->beta2_power))
    };
}

void rules_apply(struct rules *r, struct engine *e, const struct solver_options *o, long t,
                 long per_epoch, long total)
{
    const bool moves = o->train.average == AVERAGE_LOOKAHEAD;   /* what is frozen, too */
    for (int k = 0; k < r->count; k++) {
        struct param_rule *p = &r->param[k];
        double end = floor(p->freeze*(double)per_epoch + 1e-6);
        bool frozen = (double)t >= end;
        long until = end < (double)total ? (long)end : total;
        double factor = frozen ? 0 : schedule_factor(p->schedule, o, t, per_epoch, until);
        enum update_kind kind = frozen ? UPDATE_STORE : p->optimizer;
        /* Of a frozen one a step wants the sum of squares: sgd with a rate of 0 leaves moments as
        ** they are, so that a checkpoint does not tell how often it was computed. */
        e->rule[k] = (struct rule){ kind, e->model->update[frozen ? UPDATE_SGD : kind],
                                    rules_hyper(p, p->lr*factor), p->frozen && !moves };
        p->frozen = frozen;
    }
}

void rules_epoch(struct rules *r)
{
    for (int k = 0; k < r->count; k++)
        r->param[k].lr *= r->param[k].lr_decay;
}
