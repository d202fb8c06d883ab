/*
** engines.c - the networks of an emitted file, and engines of them that hold the same numbers.
*/
#include "support/engines.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "core/cpu.h"
#include "core/params.h"
#include "support/networks.h"

void open_engine(struct engine *e, const struct model *m, int threads)
{
    char err[ERR_SIZE];
    cr_assert(engine_open(e, m, threads, err), "%s", err);
}

/* Unit normal images, He's weights, biases not zero; the same for every engine. */
void fill(struct engine *e, int32_t *labels, int n)
{
    const struct model *m = e->model;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        params_fill(e, k, 1, p->kind == PARAM_VECTOR ? 0.5 : sqrt(2.0 / p->fan_in));
    }
    engine_pack_all(e);
    for (int i = 0; i < n; i++) {
        labels[i] = (int32_t)(i*7 % m->classes);
        for (int y = 0; y < m->in_h; y++)
            for (int x = 0; x < m->in_w; x++)
                for (int c = 0; c < m->in_c; c++) {
                    size_t index = (((size_t)i*(size_t)m->in_c + (size_t)c)*(size_t)m->in_h
                                    + (size_t)y)*(size_t)m->in_w + (size_t)x;
                    engine_input(e, i)[(size_t)y*m->input_row + (size_t)(x*m->in_c + c)] =
                        (real)random_normal(1, RANDOM_CHECK, 0, index);
                }
    }
}

struct hyper hyper(double reg)
{
    return (struct hyper){ .lr = (real)1e-3, .reg = (real)reg, .beta1 = (real)0.9,
                           .beta2 = (real)0.999, .eps = (real)1e-8, .step = (real)1e-3,
                           .unbias2 = 1, .rest1 = (real)0.1, .rest2 = (real)1e-3,
                           .keep = (real)0.999 };
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
    int32_t labels[GROUPS*4];
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
