/*
** share.c - chooses a share of each class. What is chosen must depend on hashes and classes alone.
*/
#include "data/share.h"

#include <stdlib.h>

static int share_compare(const void *a, const void *b)
{
    const struct share *one = a, *other = b;
    if (one->class != other->class)
        return one->class < other->class ? -1 : 1;
    if (one->hash != other->hash)
        return one->hash < other->hash ? -1 : 1;
    return (one->index > other->index) - (one->index < other->index);
}

void share_choose(struct share *all, size_t count, size_t n)
{
    size_t chosen = 0;
    if (count > 1)
        qsort(all, count, sizeof *all, share_compare);
    for (size_t from = 0, to = 0; from < count; from = to) {
        while (to < count && all[to].class == all[from].class)
            to++;
        /* Shares are rounded so that they add up to n. */
        const size_t take = to*n/count - from*n/count;
        for (size_t k = from; k < from + take; k++) {
            const struct share one = all[k];
            all[k] = all[chosen];
            all[chosen++] = one;
        }
    }
}
