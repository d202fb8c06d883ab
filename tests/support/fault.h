/*
** fault.h - what fault.c shares with the command that it runs, by no_memory.c inside of it.
*/
#ifndef LATHE_TEST_FAULT_H
#define LATHE_TEST_FAULT_H

#include <stddef.h>

enum { FAULT_DESCRIPTOR = 999 };        /* of the memory in which this lies */

struct fault_shared {
    int begun;                          /* the command's libraries are there */
    int fired;
    long calls;                         /* of the kind that is counted */
    long nth;                           /* the one that fails; 0: none */
    int memory;                         /* allocations are what is counted */
    int places;                         /* of every place in the code its first call alone counts */
};

/* The two innermost addresses of code, `from` to `to`, that a stack has: where a call comes from,
** and who wanted it. */
static inline size_t fault_place(const size_t *stack, size_t count, size_t from, size_t to)
{
    size_t place = 0;
    for (size_t k = 0, found = 0; k < count && found < 2; k++)
        if (stack[k] >= from && stack[k] < to) {
            place = 31*place + (stack[k] - from);
            found++;
        }
    return place;
}

/* Whether it is a new one. */
static inline int fault_is_first(size_t place)
{
    enum { MOST = 1 << 14 };
    static size_t known[MOST];          /* and one: 0 is none */
    for (size_t k = 0, at = place; k < MOST; k++, at++) {
        size_t none = 0;
        if (__atomic_compare_exchange_n(&known[at % MOST], &none, place + 1, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            return 1;
        if (none == place + 1)
            return 0;
    }
    return 0;
}

#endif
