/*
** heap.h - a heap that is emptied after each input.
*/
#ifndef LATHE_FUZZ_HEAP_H
#define LATHE_FUZZ_HEAP_H

#include <stddef.h>

enum { HEAP_MIB = 1024 };       /* of one input */

/* What is allocated from here on is freed by heap_end, which returns how many bytes were left; what
** was allocated before stays. */
void heap_begin(void);
size_t heap_end(void);

void *fuzz_malloc(size_t size);
void *fuzz_calloc(size_t count, size_t size);
void *fuzz_realloc(void *p, size_t size);
void fuzz_free(void *p);
char *fuzz_strdup(const char *text);

#endif
