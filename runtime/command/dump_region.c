/*
** dump_region.c - what one region of a step leaves in the arena.
*/
#include "command/dump_region.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "file/safetensors.h"

/* Values that a region leaves as they were (zeros, halos) do not cut what it wrote in two. */
enum { DUMP_GAP = 4096, DUMP_STRETCHES = 64 };

static void dump_region_seen(void *context, enum engine_list list, int index, double seconds)
{
    struct dump_region *d = context;
    const struct engine *e = d->engine;
    size_t bytes = e->model->arena*sizeof(real);
    bool before = d->index > 0 ? list == d->list && index == d->index - 1
                : d->list == ENGINE_BACKWARD && list == ENGINE_FORWARD
                  && index == e->model->nforward - 1;
    (void)seconds;
    if (before)
        memcpy(d->before, e->arena, bytes);
    if (list == d->list && index == d->index)
        memcpy(d->after, e->arena, bytes);
}

static bool dump_region_is(const char *name, const char *word)
{
    for (; *name && (*name == *word || (*name == ' ' && *word == '_')); name++)
        word++;
    return !*name && !*word;
}

/* All regions of a step in their order, or NULL after the last. */
static const struct region *dump_region_at(const struct model *m, int k)
{
    return k < m->nforward ? &m->forward[k]
         : k < m->nforward + m->nbackward ? &m->backward[k - m->nforward] : NULL;
}

static bool dump_region_unknown(const struct model *m, const char *name, char *err)
{
    char list[ERR_SIZE / 2] = "", near[256] = "";
    int best = -1;
    size_t length = 0;
    const struct region *r;
    for (int k = 0; (r = dump_region_at(m, k)); k++) {
        int slips = nearest_slips(name, r->name);
        if (slips >= 0 && (best < 0 || slips < best)) {
            best = slips;
            snprintf(near, sizeof near, "; did you mean \"%s\"?", r->name);
        }
        if (length + strlen(r->name) + 3 < sizeof list)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                       k ? ", " : "", r->name);
    }
    return error_set(err, "--region: no region \"%s\"%s (of %s)", name, near, list);
}

bool dump_region_open(struct dump_region *d, struct engine *e, const char *name, char *err)
{
    const struct model *m = e->model;
    const struct region *r;
    int k = 0;
    while ((r = dump_region_at(m, k)) && !dump_region_is(r->name, name))
        k++;
    if (!r)
        return dump_region_unknown(m, name, err);
    *d = (struct dump_region){ .list = k < m->nforward ? ENGINE_FORWARD : ENGINE_BACKWARD,
                               .index = k < m->nforward ? k : k - m->nforward, .name = r->name,
                               .engine = e, .before = calloc(m->arena, sizeof(real)),
                               .after = calloc(m->arena, sizeof(real)) };
    if (!d->before || !d->after)
        return error_set(err, "not enough memory");
    memcpy(d->before, e->arena, m->arena*sizeof(real));
    e->timing = dump_region_seen;
    e->timing_context = d;
    return true;
}

/* Where the next stretch begins at or after `from`; its end. */
static size_t dump_region_next(const struct dump_region *d, size_t from, size_t *end)
{
    size_t arena = d->engine->model->arena, start = arena, last = 0;
    for (size_t k = from; k < arena && (start == arena || k < last + DUMP_GAP); k++)
        if (memcmp(&d->before[k], &d->after[k], sizeof(real))) {
            start = start == arena ? k : start;
            last = k;
        }
    *end = last + 1;
    return start;
}

static void dump_region_say(const real *values, size_t count, size_t at)
{
    double largest = 0;
    size_t strange = 0;
    for (size_t k = 0; k < count; k++)
        if (isfinite((double)values[k]))
            largest = fmax(largest, fabs((double)values[k]));
        else
            strange++;
    printf("at %zu: %zu reals, at most %g, %zu not finite\n", at, count, largest, strange);
}

bool dump_region_write(const struct dump_region *d, const char *path, char *err)
{
    static struct tensor tensors[DUMP_STRETCHES];
    static char names[DUMP_STRETCHES][32];
    const struct model *m = d->engine->model;
    int count = 0;
    size_t end = 0, start;
    printf("%s wrote\n", d->name);
    while (count < DUMP_STRETCHES && (start = dump_region_next(d, end, &end)) < m->arena) {
        snprintf(names[count], sizeof names[count], "at.%zu", start);
        tensors[count] = (struct tensor){ .name = names[count], .rank = 1, .dim = { end - start },
                                          .type = LATHE_F64 ? TENSOR_F64 : TENSOR_F32,
                                          .data = d->after + start, .count = end - start };
        dump_region_say(d->after + start, end - start, start);
        count++;
    }
    const struct tensor_metadata metadata[] = {
        { "format", "lathe-dump-1" }, { "network", m->name }, { "region", d->name },
    };
    return safetensors_write(path, tensors, count, metadata, 3, err);
}

void dump_region_close(struct dump_region *d)
{
    free(d->before);
    free(d->after);
}
