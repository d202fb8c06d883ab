/*
** allocations.c - glibc's allocator, counted.
** It must never change what an allocation returns.
*/
#include "support/allocations.h"

#include <stdatomic.h>
#include <stddef.h>

static atomic_long count;

long allocations(void)
{
    return atomic_load(&count);
}

#if COUNTS_ALLOCATIONS
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_realloc(p, size);
}
#endif
