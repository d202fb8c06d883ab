/*
** common.c - what several kernels share: the entry of a list of nonzeros and
** the division of work into contiguous parts. Emitted once per instruction set.
*/
#include <math.h>

/* One nonzero: where it is (the list's owner says in which unit), its value. */
struct entry { int32_t at; real value; };

/* Where part `part` of `parts` equal, contiguous parts of 0 .. count starts. */
static inline int part_start(int part, int parts, int count)
{
    return (int)((long long)part * count / parts);
}
