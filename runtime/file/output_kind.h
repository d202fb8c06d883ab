/*
** output_kind.h - whether a file is of the kind that is to replace it.
*/
#ifndef LATHE_OUTPUT_KIND_H
#define LATHE_OUTPUT_KIND_H

#include <stdbool.h>

/* A file of the same kind, or an empty one, may be replaced. */
enum output_kind { OUTPUT_PARAMS, OUTPUT_CHECKPOINT, OUTPUT_DUMP, OUTPUT_HISTORY, OUTPUT_PAGE,
                   OUTPUT_PLOT, OUTPUT_SEARCH, OUTPUT_BENCH, OUTPUT_ARRAY, OUTPUT_SOURCE,
                   OUTPUT_TABLE, OUTPUT_TUNING, OUTPUT_IMAGES, OUTPUT_PROGRAM, OUTPUT_ONNX,
                   OUTPUT_MODULE, OUTPUT_NETWORK, OUTPUT_WEIGHTS, OUTPUT_RESULT, OUTPUT_LIST,
                   OUTPUT_KINDS };

/* Of an open file, from its beginning. */
bool output_kind_fits(int fd, enum output_kind kind);

const char *output_kind_what(enum output_kind kind);      /* "parameter file of Lathe" */

#endif
