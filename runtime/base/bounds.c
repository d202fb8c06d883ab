/*
** bounds.c - the table of bounds. No number in it may overflow a float, nor make a loop of the
** solver longer than anybody waits.
*/
#include "base/bounds.h"

/* The greatest finite numbers are none to train with, and 1e30 leaves room for products; eps is
** what a sum of squares is divided by. */
#define BOUNDS_HUGE 1e30
#define BOUNDS_TINY 1e-30
#define BOUNDS_BELOW_ONE (1 - 0x1p-53)
#define BOUNDS_PASSES 1e6

const struct bounds bounds[BOUNDS] = {
    [BOUND_EPOCHS] = { 1e-9, BOUNDS_PASSES, 1e-9 },
    [BOUND_ITERATIONS] = { 1, 1e9, 1 },
    [BOUND_BATCH] = { 1, 65536, 1 },
    [BOUND_CHECK_EVERY] = { 1, 1e9, 0 },
    [BOUND_LR_DECAY] = { 0, BOUNDS_HUGE, 0 },
    [BOUND_STEP_EPOCHS] = { 1e-3, BOUNDS_PASSES, 1e-3 },
    [BOUND_STEP_FACTOR] = { 0, BOUNDS_HUGE, 0 },
    [BOUND_WARMUP] = { 0, BOUNDS_PASSES, 0 },
    [BOUND_FREEZE] = { 0, BOUNDS_PASSES, 0 },
    [BOUND_REG] = { 0, BOUNDS_HUGE, 0 },
    [BOUND_INIT] = { 0, BOUNDS_HUGE, 0 },
    [BOUND_TRANSLATE] = { 1, 1024, 0 },
    [BOUND_CUTOUT] = { 1, 1024, 0 },
    [BOUND_BRIGHTNESS] = { BOUNDS_TINY, BOUNDS_HUGE, 0 },
    [BOUND_CONTRAST] = { BOUNDS_TINY, 1, 0 },
    [BOUND_CLIP] = { BOUNDS_TINY, BOUNDS_HUGE, 0 },
    [BOUND_AVERAGE_RATE] = { 0, 1, 0 },
    [BOUND_AVERAGE_EVERY] = { 1, 1e9, 1 },
    [BOUND_PATIENCE] = { 1, 1e9, 0 },
    [BOUND_LR] = { 0, BOUNDS_HUGE, 0 },
    [BOUND_SHARE] = { 0, BOUNDS_BELOW_ONE, 0 },
    [BOUND_EPS] = { BOUNDS_TINY, BOUNDS_HUGE, BOUNDS_TINY },
    [BOUND_WEIGHT_DECAY] = { 0, BOUNDS_HUGE, 0 },
    [BOUND_SMOOTHING] = { 0, BOUNDS_BELOW_ONE, 0 },
    [BOUND_MARGIN] = { BOUNDS_TINY, BOUNDS_HUGE, BOUNDS_TINY },
    [BOUND_SLOPE] = { 0, 1, 0 },
    [BOUND_SCALE] = { BOUNDS_TINY, BOUNDS_HUGE, BOUNDS_TINY },
    [BOUND_LIMIT] = { -BOUNDS_HUGE, BOUNDS_HUGE, -BOUNDS_HUGE },
    [BOUND_KEEP] = { 0x1p-16, 1, 0x1p-16 },     /* a multiple of it is what is kept */
    [BOUND_STRIDE] = { 1, 4096, 1 },
    [BOUND_GROUPS] = { 1, 65536, 1 },
    [BOUND_DILATION] = { 1, 64, 1 },
};
