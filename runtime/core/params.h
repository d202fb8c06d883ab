/*
** params.h - parameters between their canonical order (files, dump, tests: what
** PyTorch stores) and the order in the arena that kernels read. The only place
** that computes stored indices (model.h defines them); it must never touch the
** padding, which stays zero.
*/
#ifndef LATHE_PARAMS_H
#define LATHE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/model.h"

size_t params_count(const struct param *p);       /* canonical values */
bool params_learned(const struct param *p);       /* has a gradient: no running statistic */
int params_find(const struct model *m, const char *name);       /* its number; -1: none */
size_t params_total(const struct model *m);       /* of all, running statistics too */
size_t params_learned_total(const struct model *m);

/* Where canonical value `index` is stored, from the start of the parameter. */
size_t params_index(const struct param *p, size_t index);

/* stored: p->stored reals in the arena; canonical: params_count(p) reals. */
void params_get(const struct param *p, const real *stored, real *canonical);
void params_set(const struct param *p, real *stored, const real *canonical);

/* All of them, one after the other: params_total reals. */
void params_get_all(const struct engine *e, real *canonical);

/*
** Weights from a Gaussian of mean 0 and the network's standard deviation, or
** `deviation` where that is not negative; biases zero, gammas one. Value i of parameter k is
** random_normal(seed, RANDOM_INIT, k, i), so it does not depend on the threads.
** Moments become zero, packed copies are made anew.
*/
void params_init(struct engine *e, uint64_t seed, double deviation);

/* Fills parameter `param` so, biases too. The caller packs. */
void params_fill(struct engine *e, int param, uint64_t seed, double deviation);

#endif
