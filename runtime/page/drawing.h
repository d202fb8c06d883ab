/*
** drawing.h - the network as a drawing: for a training's report and for `lathe show
** --html`.
*/
#ifndef LATHE_DRAWING_H
#define LATHE_DRAWING_H

#include <stdio.h>

#include "core/model.h"

extern const char drawing_style[];      /* CSS */

/*
** A table, a row a layer: its map as a shape as wide as the map (the side's square root),
** lines to what else reads it (shortcuts), output, parameters, MFLOP. input: c, h, w.
*/
void drawing_network(FILE *out, const struct layer_info *layer, int count, const int input[3]);

#endif
