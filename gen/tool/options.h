/*
** options.h - the command line of lathe, and its tables: help, manual page and completion are
** made of them.
*/
#ifndef LATHE_OPTIONS_H
#define LATHE_OPTIONS_H

#include "tool/command_line.h"

/*
** False: the program ends with *status; 0 after --help or --version, 2 after a
** message about wrong usage.
*/
bool options_read(struct options *o, int argc, char **argv, int *status);

/* `synopsis` begins with "lathe WORD"; NET in it: network files are taken. */
struct command_def { const char *word; int bit; const char *synopsis, *help; };
const struct command_def *command_table(int *count);

/* commands: the bits of those that take it; argument: NULL for flags. */
struct option_def { const char *word; int commands; const char *argument, *help; };
const struct option_def *option_table(int *count);

/* The words that an option takes, NULL after the last; or NULL: others. */
const char *const *option_choices(const char *option);

#endif
