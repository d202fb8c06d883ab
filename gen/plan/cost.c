/*
** cost.c - which register tiles fit, and the cost model: for one step along the sum it counts the
** cycles that the busiest unit of the core needs. It was checked against measurements
** (docs/performance.md); it must never decide anything.
*/
#include "plan/cost.h"

/* Beside its steps: a loop's own work a step; to clear and store an accumulator; a call. */
static const double STEP_EXTRA = 0.25, ACCUMULATOR_CYCLES = 2.0, CALL_CYCLES = 10;
/* Of a vector of a weight gradient, which is loaded and added to; of an entry of a list. */
static const double GRADIENT_CYCLES = 0.75, ENTRY_CYCLES = 2;

double step_cycles(int pixels, int vectors)
{
    double fma = pixels*vectors / 2.0, load = (pixels + vectors) / 2.0;
    double latency = MIN_CHAINS / 2.0;
    double most = fma > load ? fma : load;
    return (most > latency ? most : latency) + STEP_EXTRA;
}

double tile_cycles(int pixels, int vectors, int steps)
{
    return step_cycles(pixels, vectors)*steps + ACCUMULATOR_CYCLES*pixels*vectors + CALL_CYCLES;
}

double sums_cycles(int filters, int vectors, int tiles)
{
    double fma = filters*vectors / 2.0, load = (filters + vectors) / 2.0;
    double most = fma > load ? fma : load;
    return ((most > SUMS_CHAINS / 2.0 ? most : SUMS_CHAINS / 2.0) + STEP_EXTRA)*tiles
           + ACCUMULATOR_CYCLES*filters*vectors + CALL_CYCLES;
}

double gradient_cycles(int rows, int taps, int vectors)
{
    double load = rows*taps*vectors*GRADIENT_CYCLES;
    return (load > MIN_CHAINS / 2.0 ? load : MIN_CHAINS / 2.0) + ENTRY_CYCLES;
}

bool conv_tile_fits(const struct isa *isa, int pixels, int nv, bool shallow)
{
    /* The compiler writes the loop over few channels out, and clang then wants one more. */
    return pixels*nv <= (shallow ? isa->shallow : isa->accumulators)
           && pixels*nv + nv + 1 + shallow <= isa->registers;
}

bool wgrad_tile_fits(const struct isa *isa, int rows, int nv)
{
    return rows*nv <= isa->gradient;
}

bool picked_tile_fits(const struct isa *isa, int taps, int nv)
{
    /* For each vector a gradient and a choice; inputs, and what is chosen of them. */
    return taps*nv + 2*nv + 2 <= isa->registers;
}

bool depth_tile_fits(const struct isa *isa, int pixels)
{
    return pixels <= isa->accumulators;     /* and one vector of weights */
}
