/*
** weigh.h - what images count in training, by their classes.
*/
#ifndef LATHE_WEIGH_H
#define LATHE_WEIGH_H

#include <stdbool.h>

#include "core/engine.h"
#include "data/dataset.h"

/* The engine's weights as the settings say; balanced: by these labels or, of bce, targets. False:
** err says why. */
bool weigh_classes(struct engine *e, const struct train *t, const struct images *set, char *err);

#endif
