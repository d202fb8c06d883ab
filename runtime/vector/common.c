/*
** common.c - what several kernels share: the entry of a list of nonzeros and
** the division of work into contiguous parts. Emitted once per instruction set.
*/
#include <math.h>
#include <string.h>

/* One nonzero: where it is (the list's owner says in which unit), its value. */
struct entry { int32_t at; real value; };

/* value != 0 without a jump: lists are half full, and a processor guesses every second one
** wrong. */
static inline int is_nonzero(real value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits << (65 - 8*sizeof value) != 0;      /* without the sign, if little-endian */
}

/* The gradient of n values after a ReLU: g where y is positive, else 0. */
static inline void relu_gradient(const real *g, const real *y, real *to, int n)
{
    int k = 0;
    for (; k + VL <= n; k += VL)
        v_store(to + k, v_select(v_gt(v_load(y + k), v_zero()), v_load(g + k), v_zero()));
    for (; k < n; k++)
        to[k] = y[k] > 0 ? g[k] : 0;
}

static inline void add_values(real *to, const real *values, int n)
{
    int k = 0;
    for (; k + VL <= n; k += VL)
        v_store(to + k, v_add(v_load(to + k), v_load(values + k)));
    for (; k < n; k++)
        to[k] += values[k];
}

/* How many of `count` places from `at` lie in LOW .. HIGH. */
static inline int overlap(int at, int count, int low, int high)
{
    const int from = at < low ? low : at, to = at + count > high ? high : at + count;
    return to - from;
}

/*
** Upsampled `times` times, pixels being squares: output `out` lies between two of `size` inputs, at
** (2*out + 1 - times) / (2*times), no further out than the first and the last one. The first of the
** two, and how near input `at` is: from 0 (the next one's place) to 1.
*/
static inline int nearness_place(int out, int times, int size)
{
    const int place = 2*out + 1 - times, most = 2*times*(size - 1);
    return place < 0 ? 0 : place < most ? place : most;
}

static inline int nearness_first(int out, int times, int size)
{
    return nearness_place(out, times, size) / (2*times);
}

static inline real nearness(int out, int at, int times, int size)
{
    const int apart = nearness_place(out, times, size) - 2*times*at;
    return (real)(2*times - (apart < 0 ? -apart : apart)) / (real)(2*times);
}

/* Where part `part` of `parts` equal, contiguous parts of 0 .. count starts. */
static inline int part_start(int part, int parts, int count)
{
    return (int)((long long)part * count / parts);
}
