/*
** layer_lines.h - the lines of layers.
*/
#ifndef LATHE_LAYER_LINES_H
#define LATHE_LAYER_LINES_H

#include "read/layers.h"
#include "read/parse.h"

/* A layer may stand here: neither after the loss nor after `train`. */
bool layers_go_on(struct parser *p, const struct layer_def *def, struct place at);

/* What follows the word of a layer; label: "" where there is none. */
bool layer_statement(struct parser *p, const struct layer_def *def, const char *label,
                     struct place at);

/* The same in steps, for a layer that is more than a line: its name, given or by number, */
bool name_layer(struct parser *p, struct layer *l, const struct layer_def *def,
                const char *label);
void automatic_name(const struct parser *p, struct layer *l, const struct layer_def *def);

/* and the net has it; it reads p->last, and is what the next one reads. */
bool add_layer(struct parser *p, const struct layer *l);

#endif
