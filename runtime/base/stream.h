/*
** stream.h - the ends of streams that were written to. It must never take a part for the whole:
** what one call could not write, later ones do not make good, and fclose knows of its own alone.
*/
#ifndef LATHE_STREAM_H
#define LATHE_STREAM_H

#include <stdbool.h>
#include <stdio.h>

/* open_memstream(3), which forgets what it had no memory for: *text and *size are there, with a
** zero after the text, when stream_close says that it is whole; *text is the caller's in any
** case. */
FILE *stream_memory(char **text, size_t *size);

/* Closes a file, or a text in memory. False: something that was written is not there. */
bool stream_close(FILE *out);

/* What was printed goes out now. Why the first part that could not is remembered. */
void stream_flush(void);

/* The end of standard output. NULL: all that was printed went out; else why not. */
const char *stream_end(void);

#endif
