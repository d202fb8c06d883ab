/*
** params.c - canonical and stored order of parameters, and their first values.
** It must never write to padding.
*/
#include "core/params.h"

#include <string.h>

#include "base/random.h"

enum { PARAMS_CHUNK = 4096 };   /* values that one item of a parallel loop draws */

size_t params_count(const struct param *p)
{
    size_t count = 1;
    for (int k = 0; k < p->rank; k++)
        count *= (size_t)p->dim[k];
    return count;
}

bool params_learned(const struct param *p)
{
    return p->role != ROLE_STATISTIC;
}

int params_find(const struct model *m, const char *name)
{
    int k = m->nparams - 1;
    while (k >= 0 && strcmp(m->params[k].name, name) != 0)
        k--;
    return k;
}

size_t params_total(const struct model *m)
{
    size_t total = 0;
    for (int k = 0; k < m->nparams; k++)
        total += params_count(&m->params[k]);
    return total;
}

size_t params_learned_total(const struct model *m)
{
    size_t total = 0;
    for (int k = 0; k < m->nparams; k++)
        total += params_learned(&m->params[k]) ? params_count(&m->params[k]) : 0;
    return total;
}

static size_t params_round(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

/* (out, in, kh, kw) -> [out][kh][kw*in padded] */
static size_t params_conv_index(const struct param *p, size_t index)
{
    size_t in = (size_t)p->dim[1], kh = (size_t)p->dim[2], kw = (size_t)p->dim[3];
    size_t kx = index % kw, ky = index / kw % kh;
    size_t ci = index / (kw*kh) % in, co = index / (kw*kh*in);
    return (co*kh + ky)*params_round(kw*in) + kx*in + ci;
}

/* (out, c*h*w) -> [panel][out][panel's width] over the columns in h*w*c order */
static size_t params_affine_index(const struct param *p, size_t index)
{
    size_t out = (size_t)p->dim[0], in = (size_t)p->dim[1];
    size_t c = (size_t)p->in_c, pixels = (size_t)p->in_h*(size_t)p->in_w;
    size_t unit = index / in, column = index % in;
    size_t at = column % pixels*c + column / pixels;
    size_t first = at / PANEL*PANEL, rest = params_round(in) - first;
    return first*out + unit*(rest < PANEL ? rest : PANEL) + at - first;
}

size_t params_index(const struct param *p, size_t index)
{
    switch (p->kind) {
    case PARAM_CONV:
        return params_conv_index(p, index);
    case PARAM_AFFINE:
        return params_affine_index(p, index);
    case PARAM_VECTOR:
        break;
    }
    return index;
}

void params_get(const struct param *p, const real *stored, real *canonical)
{
    size_t count = params_count(p);
    for (size_t k = 0; k < count; k++)
        canonical[k] = stored[params_index(p, k)];
}

void params_set(const struct param *p, real *stored, const real *canonical)
{
    size_t count = params_count(p);
    for (size_t k = 0; k < count; k++)
        stored[params_index(p, k)] = canonical[k];
}

void params_get_all(const struct engine *e, real *canonical)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        params_get(p, e->arena + p->at, canonical);
        canonical += params_count(p);
    }
}

struct params_draw {
    const struct param *param;
    real *stored;
    uint64_t seed, number;
    double deviation;
};

static void params_chunk(void *context, int item, int items, int thread)
{
    const struct params_draw *d = context;
    (void)items;
    (void)thread;
    size_t count = params_count(d->param);
    size_t k = (size_t)item*PARAMS_CHUNK;
    size_t end = count - k < PARAMS_CHUNK ? count : k + PARAMS_CHUNK;
    for (; k < end; k++) {
        double normal = random_normal(d->seed, RANDOM_INIT, d->number, k);
        d->stored[params_index(d->param, k)] = (real)(d->param->start + d->deviation*normal);
    }
}

void params_fill(struct engine *e, int param, uint64_t seed, double deviation)
{
    const struct param *p = &e->model->params[param];
    struct params_draw draw = { p, e->arena + p->at, seed, (uint64_t)param, deviation };
    size_t chunks = (params_count(p) + PARAMS_CHUNK - 1) / PARAMS_CHUNK;
    workers_run(e->workers, (int)chunks, params_chunk, &draw);
}

/* Filter k of a group is the middle of its channel k, for as many as there are of both. */
static void params_dirac(const struct param *p, real *stored)
{
    size_t in = (size_t)p->dim[1], kh = (size_t)p->dim[2], kw = (size_t)p->dim[3];
    size_t filter = in*kh*kw, group = (size_t)p->dim[0]/((size_t)p->in_c/in);
    for (size_t f = 0; f < (size_t)p->dim[0]; f++)
        for (size_t k = 0; k < filter && f % group < in; k++)
            stored[params_index(p, f*filter + k)]
                = k == f % group*kh*kw + (kh - 1)/2*kw + (kw - 1)/2 ? 1 : 0;
}

void params_init(struct engine *e, uint64_t seed, double deviation)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        memset(e->arena + p->at, 0, p->stored*sizeof(real));
        memset(e->arena + p->m, 0, p->stored*sizeof(real));
        memset(e->arena + p->v, 0, p->stored*sizeof(real));
        bool told = p->init >= 0 && deviation >= 0 && !p->own_init;
        double scale = told ? deviation : p->init;
        if (scale > 0 || p->start != 0)
            params_fill(e, k, seed, scale > 0 ? scale : 0);
        if (p->first == INIT_DIRAC)
            params_dirac(p, e->arena + p->at);
    }
    engine_pack_all(e);
}
