/*
** augment.h - what training does to an image beyond its preprocessing: mirrors it,
** moves it, changes its light, cuts a window from it or a hole into it. What happens to one follows
** from (seed, iteration, its place in the batch) alone.
*/
#ifndef LATHE_AUGMENT_H
#define LATHE_AUGMENT_H

#include "data/preprocess.h"

/*
** How image `index` of the set, the `place`-th of the batch, is looked at in this iteration by
** a network that takes h x w.
**   flip random       mirrored with probability 1/2
**   flip alternating  so in the first epoch, and then in turn: every two epochs see both
**                     (Jordan, arXiv:2404.00498)
**   crop              a window of h x w, every place in the image equally often; without it
**                     the middle one, as in evaluation
**   translate N       moved by -N .. N rows and columns; what comes in is 0, or reflected
**   brightness X      with a number added that is drawn from -X .. X,
**   contrast X        then times one drawn from 1 - X .. 1 + X; but for what comes in
**   cutout N          a square of N x N, its centre anywhere in the view, is 0 (DeVries
**                     and Taylor, arXiv:1708.04552)
** All 0 are after preprocessing: the mean.
*/
struct view augment_view(const struct augment *a, const struct images *set, int h, int w,
                         uint64_t seed, uint64_t epoch, uint64_t iteration, uint64_t index,
                         uint64_t place);

/* Test-time augmentation: the mean over TTA_VIEWS views around the middle, each with its
** share. */
enum { TTA_VIEWS = 6 };
struct view augment_tta(int number, real *share);

#endif
