/*
** heap.c - malloc and its kin for one input after another: lathe's sources are compiled with these
** in libc's place, so that one process can run a million inputs, whatever lathe keeps until it
** ends, and a file that asks for more than HEAP_MIB is told that there is no memory. It must never
** keep AddressSanitizer from seeing what is read or written beside a block.
*/
#include "fuzz/heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef __has_feature           /* clang's way of saying it */
#define __has_feature(x) 0
#endif
#if __has_feature(address_sanitizer) || defined __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define UNCHECKED __attribute__((no_sanitize_address))
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at))
#define UNCHECKED
#endif

struct block { struct block *before, *after; size_t size, magic; };
static const size_t magic = 0x6c61746865667a7a, freed = 0x667265656422;
static struct block all = { &all, &all, 0, 0 };
static size_t live;
static bool running;

/* The header's own room is no one's. */
static void hide(struct block *b)
{
    ASAN_POISON_MEMORY_REGION(b, sizeof *b);
}

static UNCHECKED struct block *header(void *p)
{
    struct block *b = (struct block *)p - 1;
    if (b->magic != magic)
        return NULL;            /* libc's own: of getline, say */
    ASAN_UNPOISON_MEMORY_REGION(b, sizeof *b);
    return b;
}

static struct block *find(void *p)
{
    ASAN_UNPOISON_MEMORY_REGION(p, sizeof(struct block));
    return p;
}

static void *begin_block(struct block *b, size_t size)
{
    if (!b)
        return NULL;
    *b = (struct block){ b, b, size, magic };
    if (running) {
        struct block *next = find(all.after);
        *b = (struct block){ &all, next, size, magic };
        next->before = all.after = b;
        if (next != &all)
            hide(next);
        live += size;
    }
    hide(b);
    return b + 1;
}

static void end_block(struct block *b)
{
    if (b->after != b) {
        struct block *before = find(b->before), *after = find(b->after);
        before->after = after;
        after->before = before;
        if (before != &all)
            hide(before);
        if (after != &all)
            hide(after);
        live -= b->size;
    }
    b->magic = freed;
    free(b);
}

static bool fits(size_t size)
{
    return size <= ((size_t)HEAP_MIB << 20) && live + size <= ((size_t)HEAP_MIB << 20);
}

void *fuzz_malloc(size_t size)
{
    return fits(size) ? begin_block(malloc(sizeof(struct block) + size), size) : NULL;
}

void *fuzz_calloc(size_t count, size_t size)
{
    size_t bytes;
    return !__builtin_mul_overflow(count, size, &bytes) && fits(bytes)
           ? begin_block(calloc(1, sizeof(struct block) + bytes), bytes) : NULL;
}

void fuzz_free(void *p)
{
    struct block *b = p ? header(p) : NULL;
    if (b)
        end_block(b);
    else
        free(p);
}

void *fuzz_realloc(void *p, size_t size)
{
    if (!p)
        return fuzz_malloc(size);
    struct block *b = header(p);
    if (!b)
        return realloc(p, size);
    size_t old = b->size;
    hide(b);
    void *now = fuzz_malloc(size);
    if (!now)
        return NULL;
    memcpy(now, p, old < size ? old : size);
    fuzz_free(p);
    return now;
}

char *fuzz_strdup(const char *text)
{
    char *copy = fuzz_malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

void heap_begin(void)
{
    running = true;
}

size_t heap_end(void)
{
    const size_t left = live;
    while (all.after != &all)
        end_block(find(all.after));
    running = false;
    return left;
}
