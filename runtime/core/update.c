/*
** update.c - Muon's step and the clipping of gradients, after a step's regions and parameter by
** parameter on all threads. It must never look inside a region, nor allocate in a step.
*/
#include "core/update.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

/* ---- Muon ---- */

static size_t update_room(const struct param *p)
{
    if (p->kind != PARAM_CONV)
        return 0;
    return muon_room(p->dim[0], (int)(p->stored/(size_t)p->dim[0]));
}

/* The rest of Muon's step for one parameter, if that is its optimizer. */
static void update_muon(void *context, int item, int items, int thread)
{
    struct engine *e = context;
    const struct param *p = &e->model->params[item];
    real *room = e->room;
    (void)items;
    (void)thread;
    if (e->rule[item].kind != UPDATE_MUON || p->kind != PARAM_CONV)
        return;
    for (int k = 0; k < item; k++)
        room += update_room(&e->model->params[k]);
    e->model->muon(e->arena + p->at, e->arena + p->m, e->arena + p->v, p->dim[0],
                   (int)(p->stored/(size_t)p->dim[0]), &e->rule[item].hyper, room);
    engine_pack(e, item);
}

static void update_all_muon(struct engine *e)
{
    workers_run(e->workers, e->model->nparams, update_muon, e);
}

bool update_make_room(struct engine *e, char *err)
{
    size_t reals = 0;
    for (int k = 0; k < e->model->nparams; k++)
        reals += update_room(&e->model->params[k]);
    void *memory = NULL;
    if (!e->room && posix_memalign(&memory, ALIGN, (reals + 1)*sizeof(real)) == 0)
        e->room = memory;
    if (!e->room)
        return error_set(err, "not enough memory for muon");
    e->after = update_all_muon;
    return true;
}

/* ---- clipping ---- */

static size_t update_stored(const struct model *m, int params)
{
    size_t reals = 0;
    for (int k = 0; k < params; k++)
        reals += m->params[k].stored;
    return reals;
}

bool update_make_gradients(struct engine *e, char *err)
{
    size_t reals = update_stored(e->model, e->model->nparams);
    void *memory = NULL;
    if (!e->gradient && posix_memalign(&memory, ALIGN, (reals + 1)*sizeof(real)) == 0)
        e->gradient = memory;
    return e->gradient || error_set(err, "not enough memory to clip gradients");
}

/* Exchanges every first moment with its place in e->gradient. */
static void update_exchange(void *context, int item, int items, int thread)
{
    struct engine *e = context;
    const struct param *p = &e->model->params[item];
    real *m = e->arena + p->m, *g = e->gradient + update_stored(e->model, item);
    (void)items;
    (void)thread;
    for (size_t k = 0; k < p->stored; k++) {
        real kept = m[k];
        m[k] = g[k];
        g[k] = kept;
    }
}

struct update_clip { struct engine *engine; const struct rule *rule; real factor; };

/* One parameter's update from its gradient times the factor. */
static void update_apply(void *context, int item, int items, int thread)
{
    const struct update_clip *clip = context;
    struct engine *e = clip->engine;
    const struct param *p = &e->model->params[item];
    const struct rule *rule = &clip->rule[item];
    real *g = e->gradient + update_stored(e->model, item);
    (void)items;
    (void)thread;
    if (p->role == ROLE_STATISTIC || rule->kind == UPDATE_STORE)
        return;
    for (size_t k = 0; k < p->stored; k++)
        g[k] *= clip->factor;
    struct hyper hyper = rule->hyper;
    hyper.reg = 0;      /* the gradient has it */
    rule->update(e->arena + p->at, e->arena + p->m, e->arena + p->v, g, p->stored, &hyper);
    engine_pack(e, item);
}

double update_clipped(struct engine *e, int n, const int32_t *labels, double most)
{
    const struct model *m = e->model;
    struct rule *rule = e->rule;
    double squares = 0;
    workers_run(e->workers, m->nparams, update_exchange, e);    /* moments are kept there */
    for (int k = 0; k < m->nparams; k++) {
        const struct hyper l2 = { .reg = rule[k].hyper.reg };
        e->kept[k] = rule[k];
        rule[k] = (struct rule){ UPDATE_STORE, m->update[UPDATE_STORE], l2, rule[k].still };
    }
    double loss = engine_update(e, n, labels, MODE_TRAIN);
    workers_run(e->workers, m->nparams, update_exchange, e);
    for (int k = 0; k < m->nparams; k++) {
        const real *g = e->gradient + update_stored(m, k);
        bool counts = m->params[k].role != ROLE_STATISTIC && e->kept[k].kind != UPDATE_STORE;
        for (size_t i = 0; counts && i < m->params[k].stored; i++)
            squares += (double)g[i]*(double)g[i];
        rule[k] = e->kept[k];
    }
    struct update_clip clip = { e, rule, squares > most*most ? (real)(most/sqrt(squares)) : 1 };
    workers_run(e->workers, m->nparams, update_apply, &clip);
    if (e->after)
        e->after(e);
    return loss;
}
