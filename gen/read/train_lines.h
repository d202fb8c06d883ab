/*
** train_lines.h - the lines after `train`.
*/
#ifndef LATHE_TRAIN_LINES_H
#define LATHE_TRAIN_LINES_H

#include "read/layers.h"
#include "read/parse.h"

/* What follows the word of a setting. */
bool train_setting(struct parser *p, const struct setting_row *row, struct place at);

/* After the last line: the selector names what there is. */
void check_group(struct parser *p, const struct group_setting *g);

#endif
