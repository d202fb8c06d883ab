/*
** options_sweep.h - what `lathe sweep` may be told together.
*/
#ifndef LATHE_OPTIONS_SWEEP_H
#define LATHE_OPTIONS_SWEEP_H

#include "tool/command_line.h"

/* Reads --grid, --seeds and --line into *o. False: err says what is wrong usage. */
bool sweep_option(struct options *o, const char *option, const char *argument, char *err);

/* False: err says what does not go together. */
bool sweep_options(const struct options *o, char *err);

/* Whether an option is among the words after --. */
bool sweep_said(const struct options *o, const char *option);

#endif
