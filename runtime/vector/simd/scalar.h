/*
** scalar.h - the SIMD vocabulary, one value a vector: gives each word its meaning.
** The other headers must compute the same bits. Emitted once per instruction set
** into one program: no include guard; functions start at column 0 and end with a
** line "}" or on their first line (gen/print/words.c reads that).
*/
#include <math.h>
#include <stdint.h>
#undef VL
#undef VC
#define VL 1                    /* reals of a vector */
#define VC 1                    /* columns that v_columns makes */
typedef struct { real v; } vec;
typedef struct { int m; } vmask;

static inline vec v_zero(void) { return (vec){ 0 }; }
static inline vec v_set1(real a) { return (vec){ a }; }
static inline vec v_load(const real *p) { return (vec){ *p }; }
static inline void v_store(real *p, vec a) { *p = a.v; }

/* The first n lanes (1 .. VL); the others are 0, or memory that is not touched. */
static inline vec v_load_part(const real *p, int n) { (void)n; return (vec){ *p }; }
static inline void v_store_part(real *p, vec a, int n) { (void)n; *p = a.v; }

static inline vec v_add(vec a, vec b) { return (vec){ a.v + b.v }; }
static inline vec v_sub(vec a, vec b) { return (vec){ a.v - b.v }; }
static inline vec v_mul(vec a, vec b) { return (vec){ a.v * b.v }; }
static inline vec v_div(vec a, vec b) { return (vec){ a.v / b.v }; }

#if LATHE_F64
static inline vec v_sqrt(vec a) { return (vec){ sqrt(a.v) }; }

/* a*b + c with one rounding. */
static inline vec v_fma(vec a, vec b, vec c) { return (vec){ fma(a.v, b.v, c.v) }; }

/* To the nearest integer, halves to even. */
static inline vec v_round(vec a) { return (vec){ rint(a.v) }; }

/* 2^a for an integral a whose result is a normal number. */
static inline vec v_pow2(vec a)
{
    union { uint64_t bits; double value; } u = { .bits = (uint64_t)((int64_t)a.v + 1023) << 52 };
    return (vec){ u.value };
}
#else
static inline vec v_sqrt(vec a) { return (vec){ sqrtf(a.v) }; }

/* a*b + c with one rounding: never double arithmetic rounded to float. */
static inline vec v_fma(vec a, vec b, vec c) { return (vec){ fmaf(a.v, b.v, c.v) }; }

/* To the nearest integer, halves to even. */
static inline vec v_round(vec a) { return (vec){ rintf(a.v) }; }

/* 2^a for an integral a whose result is a normal number. */
static inline vec v_pow2(vec a)
{
    union { uint32_t bits; float value; } u = { .bits = (uint32_t)((int32_t)a.v + 127) << 23 };
    return (vec){ u.value };
}
#endif

/* a > b ? a : b: where a NaN is among them, or both are zeros, it is b. */
static inline vec v_max(vec a, vec b) { return (vec){ a.v > b.v ? a.v : b.v }; }

/* 0 > a ? 0 : a: NaN survives. */
static inline vec v_relu(vec a) { return (vec){ 0 > a.v ? 0 : a.v }; }
static inline vec v_abs(vec a) { return (vec){ a.v < 0 ? -a.v : a.v + 0 }; }

static inline vmask v_gt(vec a, vec b) { return (vmask){ a.v > b.v }; }
static inline vmask v_eq(vec a, vec b) { return (vmask){ a.v == b.v }; }
static inline vec v_select(vmask m, vec a, vec b) { return m.m ? a : b; }

/* +0 where |a| < limit, else a: NaN survives. */
static inline vec v_flush(vec a, real limit)
{
    return (vec){ -limit < a.v && a.v < limit ? 0 : a.v };
}

/* Turns rows over: of VL rows that lie `row` reals apart, the first VC columns, each a
** vector. Lane r of column c is p[r*row + c]. */
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    (void)row;
    column[0].v = *p;
}

/* Lane l is four[k], k what lane l of v_choice's argument was: 0 .. 3. Choices are not numbers, but
** may be stored and loaded. */
#if LATHE_F64
static inline vec v_choice(vec a)
{
    union { uint64_t bits; double value; } u = { .bits = (uint64_t)a.v };
    return (vec){ u.value };
}
static inline vec v_choose(const real *four, vec choice)
{
    union { double value; uint64_t bits; } u = { .value = choice.v };
    return (vec){ four[u.bits & 3] };
}
#else
static inline vec v_choice(vec a)
{
    union { uint32_t bits; float value; } u = { .bits = (uint32_t)a.v };
    return (vec){ u.value };
}
static inline vec v_choose(const real *four, vec choice)
{
    union { float value; uint32_t bits; } u = { .value = choice.v };
    return (vec){ four[u.bits & 3] };
}
#endif

/* Bytes as reals 0 .. 255 and back. */
static inline vec v_load_u8(const uint8_t *p) { return (vec){ *p }; }
static inline void v_store_u8(uint8_t *p, vec a) { *p = (uint8_t)a.v; }
static inline vec v_load_u8_part(const uint8_t *p, int n) { (void)n; return (vec){ *p }; }
static inline void v_store_u8_part(uint8_t *p, vec a, int n) { (void)n; *p = (uint8_t)a.v; }

/* The sum of LANES virtual lanes in LANES / VL vectors: lane i takes lane i + 8,
** then i + 4, i + 2, i + 1. */
static inline real v_sum(const vec *a)
{
    real s[LANES];
    for (int i = 0; i < LANES; i++)
        s[i] = a[i].v;
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            s[i] += s[i + width];
    return s[0];
}

static inline void v_prefetch(const void *p) { __builtin_prefetch(p); }

/* The compiler may move no memory access across: keeps it from sharing loads. */
static inline void v_keep(void) { __asm__ volatile("" ::: "memory"); }

/* 4 pixels by 4 channels: acc[4*j + n] += x[j*pixel + k]*w[4*k + n] for k from 0 to steps, one by
** one. Of inference alone: plain.h has it. */
static inline void v_run(vec *acc, const real *x, ptrdiff_t pixel, const real *w, int steps)
{
    for (int k = 0; k < steps; k++)
        for (int j = 0; j < 4; j++)
            for (int n = 0; n < 4; n++)
                acc[4*j + n] = v_fma(v_set1(x[j*pixel + k]), v_set1(w[4*k + n]), acc[4*j + n]);
}
