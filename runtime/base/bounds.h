/*
** bounds.h - what the numbers of training may be: the same for the network file and for the
** programs' options.
*/
#ifndef LATHE_BOUNDS_H
#define LATHE_BOUNDS_H

enum bound { BOUND_EPOCHS, BOUND_ITERATIONS, BOUND_BATCH, BOUND_CHECK_EVERY, BOUND_LR_DECAY,
             BOUND_STEP_EPOCHS, BOUND_STEP_FACTOR, BOUND_WARMUP,
             BOUND_FREEZE, BOUND_REG, BOUND_INIT, BOUND_TRANSLATE, BOUND_CUTOUT,
             BOUND_BRIGHTNESS, BOUND_CONTRAST, BOUND_CLIP,
             BOUND_AVERAGE_RATE, BOUND_AVERAGE_EVERY, BOUND_PATIENCE, BOUND_LR, BOUND_SHARE,
             BOUND_EPS, BOUND_WEIGHT_DECAY, BOUND_SMOOTHING, BOUND_MARGIN, BOUND_SLOPE,
             BOUND_SCALE, BOUND_LIMIT, BOUND_KEEP, BOUND_STRIDE, BOUND_GROUPS, BOUND_DILATION,
             BOUNDS };

/* Both included. What 0 switches off is left out of a network file instead, but an option may be
** 0: option is its least. */
struct bounds { double least, most, option; };

extern const struct bounds bounds[BOUNDS];

#endif
