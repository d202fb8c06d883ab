/*
** dataset.c - memory of a dataset, and its sets. It must never read a file.
*/
#include "dataset.h"

#include <stdlib.h>

#include "error.h"

void *dataset_alloc(struct dataset *d, size_t count, size_t size, char *err)
{
    void *p = d->blocks < DATA_BLOCKS ? calloc(count ? count : 1, size) : NULL;
    if (!p)
        error_set(err, "not enough memory for %zu images or labels", count);
    else
        d->block[d->blocks++] = p;
    return p;
}

bool dataset_cut(struct images *set, long samples, const char *what, char *err)
{
    if (samples < 0)
        return true;
    if ((size_t)samples > set->count)
        return error_set(err, "%s %ld: the data has %zu", what, samples, set->count);
    set->count = (size_t)samples;
    return true;
}

void dataset_close(struct dataset *d)
{
    for (int k = 0; k < d->blocks; k++)
        free(d->block[k]);
    d->blocks = 0;
}
