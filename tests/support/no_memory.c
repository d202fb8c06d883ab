/*
** no_memory.c - preloaded into a command that fault.c runs: says when its libraries are there, and
** has its N-th allocation fail. It must never reach what that command starts.
*/
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "support/fault.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static struct fault_shared *shared;
static size_t from, to;                 /* the command's code */

/* The first of all is the command itself. */
static int note_code(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    for (int k = 0; k < info->dlpi_phnum; k++)
        if (info->dlpi_phdr[k].p_type == PT_LOAD && (info->dlpi_phdr[k].p_flags & PF_X)) {
            from = info->dlpi_addr + info->dlpi_phdr[k].p_vaddr;
            to = from + info->dlpi_phdr[k].p_memsz;
        }
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    void *map = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, FAULT_DESCRIPTOR, 0);
    unsetenv("LD_PRELOAD");
    if (map == MAP_FAILED)
        abort();
    dl_iterate_phdr(note_code, NULL);
    shared = map;
    shared->begun = 1;
}

/* gcov_ended.c calls it: what follows is no call of the command's. */
void fault_ended(void);
void fault_ended(void)
{
    if (shared)
        shared->begun = shared->memory = 0;
}

static int is_known_place(void)
{
    enum { WORDS = 256 };
    return shared->places
           && !fault_is_first(fault_place(__builtin_frame_address(0), WORDS, from, to));
}

static int fails(void)
{
    if (!shared || !shared->memory || is_known_place()
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
