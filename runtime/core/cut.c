/*
** cut.c - how a region's work is cut into items for threads, and which of them are a rank's.
** It must never change a bit: the order of sums does not come from here.
*/
#include "core/cut.h"

enum {
    CUT_ITEMS_A_THREAD = 4      /* below this, image regions are cut finer: with 4 items
                                   a thread the slowest waits for a quarter at most */
};

/* What each of so many parts of a group of images needs, and each block of images, whatever its
** size, as a share of what a whole one takes: about. */
static const double cut_group_shared = 0.1, cut_block_shared = 0.125;
static const double cut_gain = 0.95;     /* what a finer cut is to take at most */

/* Whole items that the slowest thread has, times what one takes. */
static double cut_slowest(int items, int threads, double each)
{
    return (items + threads - 1) / threads*each;
}

static int cut_group_parts(const struct region *r, int groups, int threads)
{
    double least = cut_slowest(groups, threads, 1 + cut_group_shared);
    int best = 1;
    for (int k = 2; k <= r->count; k++) {
        const double time = cut_slowest(groups*k, threads, 1.0/k + cut_group_shared);
        if (time >= cut_gain*least)
            continue;
        least = time;
        best = k;
    }
    return best;
}

/* Images of an item: fewer than the region would like where that leaves threads without one. */
static int cut_together(const struct region *r, int n, int threads)
{
    const int wanted = r->split == SPLIT_IMAGES && r->images > 1 ? r->images : 1;
    const int most = r->fewer && n < wanted ? n : wanted, blocks = (n + most - 1) / most;
    const double shared = wanted*cut_block_shared;
    double least = cut_slowest(blocks, threads, most + shared);
    int best = most;
    if (!r->fewer || blocks >= CUT_ITEMS_A_THREAD*threads)
        return most;
    for (int size = most - 1; size > 0; size--) {
        const double time = cut_slowest((n + size - 1) / size, threads, size + shared);
        if (time >= cut_gain*least)
            continue;
        least = time;
        best = size;
    }
    return best;
}

/* Of a group, or of so many images at a time. */
static int cut_parts(const struct region *r, int blocks, int threads)
{
    int parts = 1;
    if (r->split == SPLIT_GROUPS)
        return cut_group_parts(r, blocks, threads);
    if (threads > 1)
        while (parts < r->count && blocks*parts < CUT_ITEMS_A_THREAD*threads)
            parts++;
    return parts;
}

int cut_items(const struct region *r, int n, int threads)
{
    const int groups = n < GROUPS ? n : GROUPS, together = cut_together(r, n, threads);
    if (r->split != SPLIT_GROUPS && r->images && n == 1)
        return r->count < threads ? r->count : threads;
    if (r->split == SPLIT_FIXED || r->split == SPLIT_PANELS)
        return r->images ? (n + r->images - 1) / r->images*r->count : r->count;
    const int blocks = r->split == SPLIT_GROUPS ? groups : (n + together - 1) / together;
    return blocks*cut_parts(r, blocks, threads);
}

void cut_own(int n, bool groups, int rank, int ranks, int *first, int *end)
{
    const long long all = n < GROUPS ? n : GROUPS;
    const long long from = all*rank/ranks, to = all*(rank + 1)/ranks;
    *first = (int)(groups ? from : from*n/all);     /* groups begin as part_start has it */
    *end = (int)(groups ? to : to*n/all);
}

void cut_own_panels(int panels, int rank, int ranks, int *first, int *end)
{
    *first = (int)((long long)panels*rank/ranks);
    *end = (int)((long long)panels*(rank + 1)/ranks);
}

struct cut cut_all(const struct region *r, int n, int threads)
{
    const int items = cut_items(r, n, threads);
    return (struct cut){ .items = items, .all = items, .together = cut_together(r, n, threads) };
}

/* An item that has images of another rank, too, computes what nobody reads for them, of whatever
** lies there. */
struct cut cut_of_rank(const struct region *r, int n, int threads, int rank, int ranks)
{
    struct cut cut = cut_all(r, n, threads);
    int first, end;
    if (r->split == SPLIT_FIXED)
        return cut;
    if (r->split == SPLIT_PANELS) {
        cut_own_panels(cut.all, rank, ranks, &first, &end);
        cut.first = first;
        cut.items = end - first;
        return cut;
    }
    cut_own(n, r->split == SPLIT_GROUPS, rank, ranks, &first, &end);
    const int own = end > first ? end - first : 1;
    const int size = cut.together = cut_together(r, own, threads);
    const int blocks = end > first ? (end + size - 1) / size - first / size : 0;
    const int all = r->split == SPLIT_GROUPS && n > GROUPS ? GROUPS : (n + size - 1) / size;
    const int parts = blocks ? cut_parts(r, blocks, threads) : 1;
    cut.all = all*parts;
    cut.first = first / size*parts;
    cut.items = blocks*parts;
    return cut;
}
