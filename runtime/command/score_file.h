/*
** score_file.h - the array that `predict --scores` writes: a row for each image in the order in
** which they are met, of NaN where one could not be predicted.
*/
#ifndef LATHE_SCORE_FILE_H
#define LATHE_SCORE_FILE_H

#include <stdbool.h>

#include "core/engine.h"

struct score_file {
    const char *path;         /* NULL: nothing is kept */
    real *values;             /* [rows][classes] in canonical order */
    size_t rows, room;
    bool full;                /* there was no memory for a row */
};

/* Before the work: whether the file can be written; it is none of those that are to be read. */
bool score_file_claim(const struct score_file *s, char **read, int count, char *err);

/* Adds the scores of image k of the engine's batch; k < 0: of one that could not be predicted. */
void score_file_add(struct score_file *s, const struct engine *e, int k);

/* Writes (n, classes) or, of maps, (n, channels, height, width). */
bool score_file_write(const struct score_file *s, const struct model *m, char *err);
void score_file_close(struct score_file *s);

#endif
