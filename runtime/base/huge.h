/*
** huge.h - huge pages where there are some: fewer faults, and fewer places in the TLB. Memory must
** never depend on them.
*/
#ifndef LATHE_HUGE_H
#define LATHE_HUGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

/* Bytes from an address to the first huge page that may begin there or after it. */
static inline size_t huge_skip(const void *memory)
{
    const size_t beyond = (uintptr_t)memory % HUGE_PAGE;
    return beyond ? HUGE_PAGE - beyond : 0;
}

/* Advice for what lies between; no page of it has been touched yet. */
static inline void huge_advise(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const size_t skip = huge_skip(memory);
    if (bytes >= skip + HUGE_PAGE)
        (void)madvise((char *)memory + skip, bytes - skip, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

#endif
