/*
** weigh.h - what images count in training, by their classes.
*/
#ifndef LATHE_WEIGH_H
#define LATHE_WEIGH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"

/* The engine's weights as the settings say; balanced: by these labels. False: err says why. */
bool weigh_classes(struct engine *e, const struct train *t, const int32_t *labels, size_t count,
                   char *err);

#endif
