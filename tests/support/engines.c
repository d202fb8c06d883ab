/*
** engines.c - the networks of an emitted file, and engines of them that hold the same numbers.
*/
#include "support/engines.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/error.h"
#include "core/cpu.h"
#include "core/params.h"
#include "support/networks.h"

void open_engine(struct engine *e, const struct model *m, int threads)
{
    char err[ERR_SIZE];
    cr_assert(m->batch <= LARGEST_BATCH, "%s: a batch of %d", m->name, m->batch);
    cr_assert(engine_open(e, m, threads, err), "%s", err);
}

/* All networks that this CPU can run. */
const struct model *runnable(int i)
{
    return cpu_has(network(i)->isa) ? network(i) : NULL;
}

/* The same network on the instruction set that comes first in the file, the widest. */
const struct model *widest(const struct model *m)
{
    for (int i = 0; i < networks(); i++)
        if (!strcmp(network(i)->name, m->name) && runnable(i))
            return network(i);
    return m;
}

/* A few images: fewer than a batch, more than one where there is room. */
int some_images(const struct model *m)
{
    return m->batch < IMAGES ? m->batch : IMAGES;
}

/* A few steps of training move running statistics and weights. */
void train_steps(struct engine *e, int n)
{
    int32_t labels[LARGEST_BATCH];
    struct hyper h = hyper(0.01);
    fill(e, labels, n);
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        if (strstr(p->name, "running_var"))
            for (size_t i = 0; i < params_count(p); i++)
                e->arena[p->at + params_index(p, i)] += 2;   /* variances are positive */
    }
    for (int k = 0; k < STEPS; k++)
        engine_step(e, n, labels, &h, UPDATE_ADAM);
}
