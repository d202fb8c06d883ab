/*
** no_memory.c - preloaded into a command that fault.c runs: says when its libraries are there, and
** has its N-th allocation fail. It must never reach what that command starts.
*/
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "support/fault.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static struct fault_shared *shared;

__attribute__((constructor)) static void begin(void)
{
    void *map = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, FAULT_DESCRIPTOR, 0);
    unsetenv("LD_PRELOAD");
    if (map == MAP_FAILED)
        abort();
    shared = map;
    shared->begun = 1;
}

static int fails(void)
{
    if (!shared || !shared->memory
        || __atomic_add_fetch(&shared->calls, 1, __ATOMIC_SEQ_CST) != shared->nth)
        return 0;
    shared->fired = 1;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails() ? NULL : __libc_realloc(p, size);
}
