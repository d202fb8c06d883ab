/*
** update.c - Muon's step and the clipping of gradients, after a step's regions and parameter by
** parameter on all threads. It must never look inside a region, nor allocate in a step.
*/
#include "core/update.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

/* ---- Muon ---- */

static bool update_is_muon(const struct engine *e, int param)
{
    return e->rule[param].kind == UPDATE_MUON && e->model->params[param].kind == PARAM_CONV;
}

/* Its place in the room, for which reals are counted from 0 where there is none yet. Returns the
** reals. */
static size_t update_lay_out(struct muon *job, const struct param *p, real *room)
{
    const size_t rows = (size_t)p->dim[0], all = p->stored;
    const size_t side = (rows + LANES - 1) / LANES*LANES;
    const size_t norms = (2*rows*sizeof(double)/sizeof(real) + LANES - 1) / LANES*LANES;
    if (p->kind != PARAM_CONV)
        return 0;
    job->rows = p->dim[0];
    job->columns = (int)(all/rows);
    job->side = (int)side;
    if (room) {
        job->norms = (double *)(void *)room;
        job->x = room + norms;
        job->next = job->x + all;
        job->panels = job->next + all;
        job->gram = job->panels + all;
        job->square = job->gram + rows*side;
    }
    return norms + 3*all + 2*rows*side;
}

static int update_items(const struct muon *job, enum muon_part part)
{
    return part == MUON_MULTIPLY ? job->columns/LANES : (job->rows + MUON_ROWS - 1) / MUON_ROWS;
}

/* One part for all weights: the items of one after those of another. */
struct update_part { const struct engine *engine; enum muon_part part; };

static void update_muon_item(void *context, int item, int items, int thread)
{
    const struct update_part *now = context;
    const struct engine *e = now->engine;
    (void)items;
    (void)thread;
    for (int k = 0; k < e->muons; k++) {
        const int own = update_items(&e->muon[k], now->part);
        if (item < own) {
            e->model->muon(&e->muon[k], now->part, item);
            return;
        }
        item -= own;
    }
}

static void update_muon_part(struct engine *e, enum muon_part part)
{
    struct update_part now = { e, part };
    int items = 0;
    for (int k = 0; k < e->muons; k++)
        items += update_items(&e->muon[k], part);
    workers_run(e->workers, items, update_muon_item, &now);
}

static void update_muon_multiply(struct engine *e)
{
    update_muon_part(e, MUON_GRAM);
    update_muon_part(e, MUON_SQUARE);
    update_muon_part(e, MUON_MIX);
    update_muon_part(e, MUON_MULTIPLY);
    for (int k = 0; k < e->muons; k++) {
        real *other = e->muon[k].x;
        e->muon[k].x = e->muon[k].next;
        e->muon[k].next = other;
    }
}

static void update_pack(void *context, int item, int items, int thread)
{
    struct engine *e = context;
    (void)items;
    (void)thread;
    if (update_is_muon(e, item))
        engine_pack(e, item);
}

/* The rest of Muon's step for all weights whose optimizer it is. */
static void update_all_muon(struct engine *e)
{
    enum { STEPS = 3 };
    real *room = e->room;
    e->muons = 0;
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        struct muon *job = &e->muon[e->muons];
        const size_t reals = update_lay_out(job, p, room);
        if (update_is_muon(e, k)) {
            job->w = e->arena + p->at;
            job->m = e->arena + p->m;
            job->v = e->arena + p->v;
            job->hyper = e->rule[k].hyper;
            e->muons++;
        }
        room += reals;
    }
    if (!e->muons)
        return;
    update_muon_part(e, MUON_BEGIN);
    update_muon_part(e, MUON_SCALE);
    for (int step = 0; step < STEPS; step++)
        update_muon_multiply(e);
    update_muon_part(e, MUON_END);
    workers_run(e->workers, e->model->nparams, update_pack, e);
}

bool update_make_room(struct engine *e, char *err)
{
    struct muon none;
    size_t reals = 0;
    for (int k = 0; k < e->model->nparams; k++)
        reals += update_lay_out(&none, &e->model->params[k], NULL);
    void *memory = NULL;
    if (!e->room && posix_memalign(&memory, ALIGN, (reals + 1)*sizeof(real)) == 0)
        e->room = memory;
    if (!e->muon)
        e->muon = calloc((size_t)e->model->nparams + 1, sizeof *e->muon);
    if (!e->room || !e->muon)
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
