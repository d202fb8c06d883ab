/*
** buffers.c - the table of a stage's buffers, and their places. Two may share memory when no region
** needs both, unless one of them is kept. It must never ask what a buffer is for.
*/
#include "plan/buffers.h"

#include <stdlib.h>
#include <string.h>

#include "base/small.h"

const struct buffer_def buffer_defs[STAGE_BUFFERS] = {
    [AT_DBRANCH]      = { .name = "dy" },
    [AT_DBRANCH + 1]  = { .name = "dy_2" },
    [AT_DBRANCH + 2]  = { .name = "dy_3" },
    [AT_DBRANCH + 3]  = { .name = "dy_4" },
    [AT_DBRANCH + 4]  = { .name = "dy_5" },
    [AT_DBRANCH + 5]  = { .name = "dy_6" },
    [AT_DBRANCH + 6]  = { .name = "dy_7" },
    [AT_DBRANCH + 7]  = { .name = "dy_8" },
    [AT_Y]            = { .name = "y", .infer = true },
    [AT_ARGMAX]       = { .name = "argmax", .infer = true },
    [AT_MASK]         = { .name = "mask" },
    [AT_DY]           = { .name = "dy" },
    [AT_DSUM]         = { .name = "dsum" },
    [AT_WEIGHT]       = { .name = "weight", .keep = true, .infer = true },
    [AT_BIAS]         = { .name = "bias", .keep = true, .infer = true },
    [AT_PACKED]       = { .name = "packed", .keep = true, .infer = true },
    [AT_PARTIAL]      = { .name = "partial" },
    [AT_IMAGE_LIST]   = { .name = "image_list" },
    [AT_IMAGE_STARTS] = { .name = "image_starts" },
    [AT_UNIT_LIST]    = { .name = "unit_list" },
    [AT_UNIT_STARTS]  = { .name = "unit_starts" },
    [AT_HALOED]       = { .name = "haloed" },
    [AT_BIAS_SUMS]    = { .name = "bias_sums" },
    [AT_MOMENTS]      = { .name = "moments" },
    [AT_COEFFICIENTS] = { .name = "coefficients", .keep = true, .infer = true },
    [AT_EXPANDED]     = { .name = "expanded", .scratch = true, .keep = true },
    [AT_BAND]         = { .name = "band", .scratch = true },
    [AT_ENTRIES]      = { .name = "entries", .scratch = true },
    [AT_GRADIENT]     = { .name = "gradient", .scratch = true },
    [AT_FILTERS]      = { .name = "filters", .scratch = true },
    [AT_TURNED]       = { .name = "turned", .scratch = true },
    [AT_SUMS]         = { .name = "sums", .scratch = true },
    [AT_REPEATED]     = { .name = "repeated", .scratch = true },
    [AT_WINO_V]       = { .name = "wino_v", .scratch = true },
    [AT_WINO_M]       = { .name = "wino_m", .scratch = true },
    [AT_WINO_G]       = { .name = "wino_g", .scratch = true },
    [AT_WINO_U]       = { .name = "wino_u", .scratch = true },
    [AT_WINO_DB]      = { .name = "wino_db", .scratch = true },
    [AT_TAP_SUMS]     = { .name = "tap_sums", .scratch = true },
    [AT_WINDOWS]      = { .name = "windows", .scratch = true },
    [AT_COPIED]       = { .name = "copied", .scratch = true },
    [AT_CHOICES]      = { .name = "choices", .scratch = true },
    [AT_MAP]          = { .name = "map", .scratch = true },
    [AT_LISTS]        = { .name = "lists", .scratch = true },
    [AT_ENDS]         = { .name = "ends", .scratch = true },
};

size_t place(struct placed *placed, int nplaced, size_t size, int first, int last, size_t start)
{
    size_t at = start;
    for (int i = 0; i < nplaced && placed[i].at < at + size; i++)
        if (placed[i].first <= last && first <= placed[i].last && placed[i].end > at)
            at = placed[i].end;
    int low = 0, high = nplaced;
    while (low < high) {
        int middle = (low + high) / 2;
        if (placed[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(placed + low + 1, placed + low, (size_t)(nplaced - low)*sizeof *placed);
    placed[low] = (struct placed){ at, at + size, first, last };
    return at;
}

/* What inference touches before the rest, each largest first. */
static int larger_first(const void *a, const void *b)
{
    const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;
    if (x->infer != y->infer)
        return x->infer ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return (x > y) - (x < y);
}

/* Kept buffers in their order, those of inference or the others; returns their end. */
static size_t place_kept(struct net *net, bool infer, size_t top)
{
    for (int i = 0; i < net->nbuffers; i++) {
        struct buffer *b = &net->buffer[i];
        if (b->scratch || !b->keep || b->infer != infer)
            continue;
        b->at = top;
        top += b->size;
    }
    return top;
}

size_t place_arena(struct net *net)
{
    struct buffer **shared = alloc((size_t)net->nbuffers, sizeof *shared);
    struct placed *placed = alloc((size_t)net->nbuffers, sizeof *placed);
    int nshared = 0;
    for (int i = 0; i < net->nbuffers; i++)
        if (!net->buffer[i].scratch && !net->buffer[i].keep)
            shared[nshared++] = &net->buffer[i];
    qsort(shared, (size_t)nshared, sizeof *shared, larger_first);
    size_t top = place_kept(net, true, 0), end = top;
    net->infer_arena = top;
    for (int i = 0; i < nshared; i++) {
        struct buffer *b = shared[i];
        b->at = place(placed, i, b->size, b->first, b->last, top);
        end = max_size(end, b->at + b->size);
        if (b->infer)
            net->infer_arena = end;
    }
    free(shared);
    free(placed);
    return place_kept(net, false, end);
}

size_t place_scratch(struct net *net)
{
    size_t top = 0;
    for (int i = 0; i < net->nbuffers; i++)
        if (net->buffer[i].scratch && net->buffer[i].keep) {
            net->buffer[i].at = top;
            top += net->buffer[i].size;
        }
    size_t end = top;
    for (int i = 0; i < net->nstages + net->nfolded; i++) {
        const struct stage *s = i < net->nstages ? &net->stage[i] : &net->folded[i - net->nstages];
        size_t at = top;
        for (int k = 0; k < STAGE_BUFFERS; k++)
            if (buffer_defs[k].scratch && !buffer_defs[k].keep && s->at[k] != NO_BUFFER) {
                net->buffer[s->at[k]].at = at;
                at += net->buffer[s->at[k]].size;
            }
        end = max_size(end, at);
    }
    return end ? end + UNIT : 0;
}
