/*
** auc.c - the area from ranks: Mann and Whitney's U over all pairs.
*/
#include "base/auc.h"

#include <stdlib.h>

static int auc_compare(const void *a, const void *b)
{
    const struct auc_item *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

double auc_of(struct auc_item *item, size_t count)
{
    double pairs = 0, positives = 0, negatives = 0;
    qsort(item, count, sizeof *item, auc_compare);
    for (size_t first = 0, end; first < count; first = end) {
        double here[2] = { 0, 0 };      /* equals: negatives, positives */
        for (end = first; end < count && item[end].score == item[first].score; end++)
            here[item[end].positive]++;
        pairs += here[1]*(negatives + here[0]/2);
        negatives += here[0];
        positives += here[1];
    }
    return pairs/(positives*negatives);
}
