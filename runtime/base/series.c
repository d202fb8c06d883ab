/*
** series.c - samples, sorted when they are asked about. It must never allocate while
** samples come in.
*/
#include "base/series.h"

#include <stdlib.h>

bool series_open(struct series *s)
{
    s->sample = calloc(SERIES_ROOM, sizeof *s->sample);
    s->count = 0;
    return s->sample != NULL;
}

void series_close(struct series *s)
{
    free(s->sample);
    s->sample = NULL;
}

void series_add(struct series *s, double value)
{
    if (s->count < SERIES_ROOM)
        s->sample[s->count++] = value;
}

static int series_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double series_quantile(struct series *s, double share)
{
    if (s->count == 0)
        return 0;
    qsort(s->sample, (size_t)s->count, sizeof *s->sample, series_compare);
    double place = share*(s->count - 1);
    int below = (int)place, above = below + 1 < s->count ? below + 1 : below;
    return s->sample[below] + (place - below)*(s->sample[above] - s->sample[below]);
}
