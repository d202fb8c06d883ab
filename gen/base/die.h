/*
** die.h - ends lathe where a bug or a lack of memory leaves nothing else.
*/
#ifndef LATHE_DIE_H
#define LATHE_DIE_H

#include <stddef.h>

/* For bugs, never for user errors. */
_Noreturn void die(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define DIE(...) die(__FILE__, __LINE__, __VA_ARGS__)

/* Without memory lathe ends with status 1. */
void *alloc(size_t count, size_t size);         /* zeroed */
void *grow(void *p, size_t count, size_t size); /* room for one more costs little */

#endif
