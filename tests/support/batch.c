/*
** batch.c - numbers for an engine, and the same for the oracle.
*/
#include "support/batch.h"

#include <math.h>

#include "base/random.h"
#include "core/objective.h"
#include "core/params.h"

/* Unit normal images, He's weights, biases not zero, targets between 0 and 1; the same for every
** engine. */
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
        for (int j = 0; !has_labels(m) && j < m->classes; j++)
            e->targets[i*m->classes + j] = (real)random_uniform(3, RANDOM_CHECK, (uint64_t)i,
                                                                (uint64_t)j);
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

int score_place(const struct model *m, int k)
{
    const int map = m->out_h*m->out_w, image = k / m->classes, j = k % m->classes;
    return image*m->classes + j % map*m->out_c + j / map;
}

/* The engine's parameters, input and targets, as the oracle wants them. */
void load_oracle(struct oracle *o, struct engine *e)
{
    const struct model *m = e->model;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        for (size_t i = 0; i < params_count(p); i++)
            o->param[k][i] = (double)e->arena[p->at + params_index(p, i)];
    }
    for (int k = 0; !has_labels(m) && k < o->n*m->classes; k++)
        o->targets[k] = (double)e->targets[score_place(m, k)];
    size_t map = (size_t)m->in_h*(size_t)m->in_w;
    for (size_t i = 0; i < (size_t)o->n*(size_t)m->in_c*map; i++) {
        size_t pixel = i % map, c = i / map % (size_t)m->in_c, n = i / map / (size_t)m->in_c;
        o->layer[0].x[i] = (double)engine_input(e, (int)n)[pixel / (size_t)m->in_w*m->input_row
                            + pixel % (size_t)m->in_w*(size_t)m->in_c + c];
    }
}
