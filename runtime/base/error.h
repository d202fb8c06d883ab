/*
** error.h - how a runtime function says why it failed: one line into a buffer of
** its caller. It must never print or exit.
*/
#ifndef LATHE_ERROR_H
#define LATHE_ERROR_H

#include <stdbool.h>

/* Room for a sentence or two and what stands in them: a path, which may be 1024 bytes long and be
** named twice, in a command, too. */
enum { ERR_SIZE = 4096 };

/* Formats the message, cut to ERR_SIZE, one line in which nothing acts (visible.h). Always
** false: `return error_set(...)`. */
bool error_set(char *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
