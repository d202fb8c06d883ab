/*
** guard.c - preloaded into a program: around the memory that it maps lie pages that nobody may
** touch, so that what reads or writes beyond it ends the program. Memory ends where the page after
** it begins, or with $GUARD=front begins where the page before it ends. It must never change what
** is in it. Of memory of 2 MiB and more, which begins at a huge page, the edges are that page's.
*/
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, ALIGN = 64 };

static char *pages_of(size_t size)
{
    return (char *)syscall(SYS_mmap, NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (address || !(flags & MAP_ANONYMOUS) || !(protection & PROT_WRITE))
        return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
    const size_t whole = (size + PAGE - 1)/PAGE*PAGE;
    const char *where = getenv("GUARD");
    char *pages = pages_of(whole + (size_t)2*PAGE);
    if (pages == MAP_FAILED || syscall(SYS_mprotect, pages + PAGE, whole, protection))
        return MAP_FAILED;
    return pages + PAGE + (where && !strcmp(where, "front") ? 0 : (whole - size)/ALIGN*ALIGN);
}

/* Of memory that begins within a page: the whole pages in it. */
int mprotect(void *address, size_t size, int protection)
{
    char *at = address;
    const size_t skip = (PAGE - (uintptr_t)at % PAGE) % PAGE;
    return size <= skip ? 0 : (int)syscall(SYS_mprotect, at + skip, (size - skip)/PAGE*PAGE,
                                           protection);
}

/* The system takes it back when the program ends. */
int munmap(void *address, size_t size)
{
    (void)address;
    (void)size;
    return 0;
}
