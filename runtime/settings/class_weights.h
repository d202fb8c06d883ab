/*
** class_weights.h - `class_weights` and --class-weights: "balanced", or a number for each class.
*/
#ifndef LATHE_CLASS_WEIGHTS_H
#define LATHE_CLASS_WEIGHTS_H

#include <stdbool.h>

#include "core/model.h"

extern const char class_weights_balanced[];     /* the word */

/* The numbers into weight [channels], where that is not NULL; of the word nothing is written.
** False: err says what is wrong with them, for a loss of so many classes or, of bce with targets
** of its own, channels of scores. */
bool class_weights_read(const char *text, enum objective objective, enum target_kind target,
                        int channels, double *weight, char *err);

#endif
