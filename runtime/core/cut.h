/*
** cut.h - how a region's work is cut into items for threads, and which of them are a rank's.
*/
#ifndef LATHE_CUT_H
#define LATHE_CUT_H

#include <stdbool.h>

#include "core/model.h"

/* Of all items that a region is cut into, those from first to first + items - 1 are to be run. */
struct cut {
    int first, items, all;
    int together;           /* images of an item */
};

/* How many items a region has for n images; more parts an image where there are
** fewer images than keep the threads busy. */
int cut_items(const struct region *r, int n, int threads);
struct cut cut_all(const struct region *r, int n, int threads);

/* Of n images a rank's own; SPLIT_FIXED: all. */
struct cut cut_of_rank(const struct region *r, int n, int threads, int rank, int ranks);

/* The images (or groups of images) of a batch of n that are a rank's: *first to *end - 1. */
void cut_own(int n, bool groups, int rank, int ranks, int *first, int *end);
/* And of a weight's panels. */
void cut_own_panels(int panels, int rank, int ranks, int *first, int *end);

#endif
