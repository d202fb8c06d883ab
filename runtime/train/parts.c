/*
** parts.c - finds in a run what a checkpoint holds. It must never hash images twice: data sets
** are large.
*/
#include "train/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "settings/optimizer.h"

const char *const parts_rule_names[RULE_LR] = {
    "optimizer", "lr", "beta1", "beta2", "eps", "weight_decay", "reg", "lr_decay", "schedule",
    "freeze"
};
static const char *const parts_names[PARTS] = { "value", "first", "second", "average" };

real *parts_at(const struct checkpoint_run *r, int param, enum part part)
{
    const struct param *p = &r->engine->model->params[param];
    const struct average *average = &r->state->average;
    unsigned moments = optimizers[r->state->rules.param[param].optimizer].moments;
    real *arena = r->engine->arena;
    if (part == PART_VALUE)
        return arena + p->at;
    if (!params_learned(p))
        return NULL;
    if (part == PART_AVERAGE)
        return average->value ? average->value[param] : NULL;
    if (part == PART_FIRST)
        return moments & MOMENT_FIRST ? arena + p->m : NULL;
    return moments & MOMENT_SECOND ? arena + p->v : NULL;
}

char *parts_name(const struct param *p, enum part part)
{
    size_t size = strlen("state..") + strlen(parts_names[part]) + strlen(p->name) + 1;
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "state.%s.%s", parts_names[part], p->name);
    return name;
}

/* ---- the data: its hash ---- */

static uint64_t parts_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t word;
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word)*0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    for (; size; size--)
        hash = (hash ^ *at++)*0x100000001b3u;
    return hash;
}

static uint64_t parts_hash_images(uint64_t hash, const struct images *s, size_t scores)
{
    size_t values = s->count*(size_t)s->c*(size_t)s->h*(size_t)s->w;
    const size_t extent[] = { s->count, (size_t)s->c, (size_t)s->h, (size_t)s->w };
    hash = parts_hash(hash, extent, sizeof extent);
    if (s->count && s->bytes)
        hash = parts_hash(hash, s->bytes, values);
    if (s->count && s->values)
        hash = parts_hash(hash, s->values, values*sizeof *s->values);
    if (s->count && s->labels)
        hash = parts_hash(hash, s->labels, s->count*sizeof *s->labels);
    if (s->count && s->targets)
        hash = parts_hash(hash, s->targets, s->count*scores*sizeof *s->targets);
    return hash;
}

/* The images that preprocessing is fitted to have those of training in front. */
uint64_t parts_hash_data(const struct dataset *d, const struct model *m)
{
    const size_t scores = (size_t)m->classes;
    uint64_t hash = parts_hash_images(1, d->fit.count ? &d->fit : &d->train, scores);
    hash = parts_hash_images(hash, &d->val, scores);
    return hash ? hash : 1;
}

static uint64_t parts_data(struct checkpoint_run *r)
{
    if (!r->data_hash)
        r->data_hash = parts_hash_data(r->data, r->engine->model);
    return r->data_hash;
}

/* ---- what is no parameter ---- */

void parts_counts(struct checkpoint_run *r, int64_t out[COUNTS])
{
    const struct solver_state *s = r->state;
    uint64_t hash = parts_data(r);
    out[COUNT_ITERATION] = s->iteration;
    out[COUNT_EPOCH] = s->epoch;
    out[COUNT_SINCE] = s->checks_since;
    out[COUNT_PLANNED] = s->planned;
    out[COUNT_TRAIN] = (int64_t)r->data->train.count;
    out[COUNT_VAL] = (int64_t)r->data->val.count;
    memcpy(&out[COUNT_DATA], &hash, sizeof hash);
    out[COUNT_LOSS_SUM] = r->engine->model->train.loss == LOSS_SUM;
}

void parts_rule(const struct param_rule *p, double row[RULE_COLUMNS])
{
    row[RULE_OPTIMIZER] = (double)p->optimizer;
    memcpy(row + RULE_RATE, p->rate, sizeof p->rate);
    row[RULE_REG] = p->reg;
    row[RULE_DECAY] = p->lr_decay;
    row[RULE_SCHEDULE] = (double)p->schedule;
    row[RULE_FREEZE] = p->freeze;
    row[RULE_LR] = p->lr;
    row[RULE_POWER1] = p->beta1_power;
    row[RULE_POWER2] = p->beta2_power;
}

void parts_rules(const struct rules *rules, double *out)
{
    for (int k = 0; k < rules->count; k++)
        parts_rule(&rules->param[k], out + (size_t)k*RULE_COLUMNS);
}
