/*
** networks.c - each instruction set's networks are an object of their own, so that none is compiled
** that cannot run here; EACH_LIST, the Makefile's, names them as LIST(avx2) LIST(scalar).
*/
#include "support/networks.h"

#include <stddef.h>

#define LIST(isa) extern const struct model *const isa##_models[]; extern const int isa##_nmodels;
EACH_LIST
#undef LIST

#define LIST(isa) { isa##_models, &isa##_nmodels },
static const struct { const struct model *const *model; const int *count; } list[] = { EACH_LIST };

enum { LISTS = sizeof list / sizeof *list };

int networks(void)
{
    int n = 0;
    for (int k = 0; k < LISTS; k++)
        n += *list[k].count;
    return n;
}

const struct model *network(int i)
{
    int k = 0;
    while (k < LISTS && i >= *list[k].count)
        i -= *list[k++].count;
    return k < LISTS ? list[k].model[i] : NULL;
}
