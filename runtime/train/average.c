/*
** average.c - the averages' arithmetic, one parameter a worker. It must never touch the
** optimizers' moments.
*/
#include "train/average.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/params.h"

bool average_open(struct average *a, const struct engine *e, enum average_kind kind, double rate,
                  long every, char *err)
{
    const struct model *m = e->model;
    *a = (struct average){ .kind = kind, .rate = rate, .every = every, .count = m->nparams };
    if (kind == AVERAGE_NONE)
        return true;
    a->value = calloc((size_t)m->nparams, sizeof *a->value);
    for (int k = 0; a->value && k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        if (!params_learned(p))
            continue;
        a->value[k] = malloc(p->stored*sizeof(real));
        if (!a->value[k])
            return error_set(err, "not enough memory to average %s", p->name);
        memcpy(a->value[k], e->arena + p->at, p->stored*sizeof(real));
    }
    return a->value || error_set(err, "not enough memory");
}

void average_close(struct average *a)
{
    for (int k = 0; a->value && k < a->count; k++)
        free(a->value[k]);
    free(a->value);
    a->value = NULL;
}

struct average_job { struct average *average; struct engine *engine; };

static void average_item(void *context, int item, int items, int thread)
{
    const struct average_job *job = context;
    const struct average *a = job->average;
    const struct param *p = &job->engine->model->params[item];
    real *w = job->engine->arena + p->at, *average = a->value[item];
    const real rest = (real)(a->kind == AVERAGE_EMA ? 1 - a->rate : a->rate);
    (void)items;
    (void)thread;
    if (!average)
        return;
    for (size_t k = 0; k < p->stored; k++)
        average[k] += rest*(w[k] - average[k]);
    if (a->kind == AVERAGE_LOOKAHEAD) {
        memcpy(w, average, p->stored*sizeof(real));
        engine_pack(job->engine, item);
    }
}

void average_step(struct average *a, struct engine *e, long t)
{
    struct average_job job = { a, e };
    if (a->kind != AVERAGE_NONE && t % a->every == 0)
        workers_run(e->workers, a->count, average_item, &job);
}

void average_swap(struct average *a, struct engine *e)
{
    for (int k = 0; a->value && k < a->count; k++) {
        const struct param *p = &e->model->params[k];
        real *w = e->arena + p->at, *average = a->value[k];
        for (size_t i = 0; average && i < p->stored; i++) {
            real kept = w[i];
            w[i] = average[i];
            average[i] = kept;
        }
    }
    if (a->value)
        engine_pack_all(e);
}
