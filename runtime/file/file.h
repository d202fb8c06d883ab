/*
** file.h - whole files in and out. A file appears whole or not at all: an old one
** survives any failure.
*/
#ifndef LATHE_FILE_H
#define LATHE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a pipe or a device may deliver, and a file beyond the size that it states: enough for every
** image and every set, and an end to what has none. Files may be of any size. */
enum { FILE_STREAM_MIB = 1024 };

/* The bytes of a file, with a zero after them; free() them. NULL: err says why. No output that
** is claimed from here on may replace it (output.h). */
void *file_read(const char *path, size_t *size, char *err);

/* The rest of an open file, a pipe too; path is for messages alone. */
void *file_read_stream(FILE *f, const char *path, size_t *size, char *err);

/* As output.h says: a file of any kind is replaced. */
bool file_write(const char *path, const void *bytes, size_t size, char *err);

/* Whether it could: to be asked before the work that a failure would waste. */
bool file_writable(const char *path, char *err);

#endif
