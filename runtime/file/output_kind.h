/*
** output_kind.h - whether a file is of the kind that is to replace it.
*/
#ifndef LATHE_OUTPUT_KIND_H
#define LATHE_OUTPUT_KIND_H

#include "file/output.h"

/* Of an open file, from its beginning. */
bool output_kind_fits(int fd, enum output_kind kind);

const char *output_kind_what(enum output_kind kind);      /* "parameter file of Lathe" */

#endif
