/*
** cost.h - which register tiles block.c may choose (the tests take each of them), and what they
** are expected to cost.
*/
#ifndef LATHE_COST_H
#define LATHE_COST_H

#include "base/isa.h"

/* Sums of pixels x vectors, vectors of weights and one broadcast beside them; weight gradient:
** rows x vectors. Shallow: so few input channels that every step along the sum is written out. */
enum { CONV_MAX_ROWS = 4, CONV_SHALLOW = 8, PANEL_VECTORS = 8,
       AFFINE_ROWS = 12, AFFINE_DENSE_ROWS = 8 };
bool conv_tile_fits(const struct isa *isa, int pixels, int nv, bool shallow);
bool wgrad_tile_fits(const struct isa *isa, int rows, int nv);
bool picked_tile_fits(const struct isa *isa, int taps, int nv);
bool depth_tile_fits(const struct isa *isa, int pixels);

/* Independent FMAs that hide their latency: 8 would do on paper; measured: 82 % of peak with 8, 87
** with 10. */
enum { MIN_CHAINS = 10 };
/* Of Winograd's sums eight are better than filters computed in vain. */
enum { SUMS_CHAINS = 8 };

/* Of a line of the caches; of the smallest L1 we expect. */
enum { LINE_BYTES = 64, L1_BYTES = 32 << 10 };

/* Cycles of one step of a tile: two FMAs and two loads a cycle. */
double step_cycles(int pixels, int vectors);
/* One tile's run along the sum, with what it costs to begin and end it. */
double tile_cycles(int pixels, int vectors, int steps);
/* One tile's sums in Winograd's weight gradient, of so many tiles of the maps. */
double sums_cycles(int filters, int vectors, int tiles);
/* Of a weight gradient, one entry or position: rows x taps, each by so many vectors. */
double gradient_cycles(int rows, int taps, int vectors);

#endif
