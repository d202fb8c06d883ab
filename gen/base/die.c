/*
** die.c - the end for bugs and for a machine without memory. Other errors never
** come here.
*/
#include "base/die.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include "runtime/base/visible.h"
#include "base/leftover.h"

void die(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    visible_print(stderr, "lathe: internal error at %s:%d: ", file, line);
    visible_vprint(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    leftover_remove_all();
    abort();
}

/* No memory is no bug: a network may be too large for a machine. */
_Noreturn static void no_memory(size_t count, size_t size)
{
    visible_print(stderr, "lathe: not enough memory: %.1f MiB more were wanted\n",
                  (double)count*(double)size / (1 << 20));
    leftover_remove_all();
    exit(1);
}

void *alloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p)
        no_memory(count, size);
    return p;
}

/* Room to spare, so that what grows one by one is not copied each time. */
void *grow(void *p, size_t count, size_t size)
{
    size_t room = 16;
    while (room < count && room <= SIZE_MAX/4)
        room *= 2;
    if (room < count)
        room = count;
    if (size && room > SIZE_MAX/size)
        no_memory(count, size);
    p = realloc(p, room*size);
    if (!p)
        no_memory(count, size);
    return p;
}
