/*
** simd_part.h - PART, a header of the vocabulary that has what inference needs, and the other words
** in terms of those, so that simd_words.c has all of them.
*/
#include <math.h>

#include PART

static inline vec v_sqrt(vec a)
{
    real r[VL];
    v_store(r, a);
    for (int i = 0; i < VL; i++)
        r[i] = (real)sqrt((double)r[i]);
    return v_load(r);
}
static inline vec v_load_u8_part(const uint8_t *p, int n)
{
    real r[VL];
    for (int i = 0; i < n; i++)
        r[i] = p[i];
    return v_load_part(r, n);
}
static inline void v_store_u8_part(uint8_t *p, vec a, int n)
{
    real r[VL];
    v_store(r, a);
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)r[i];
}
static inline vec v_load_u8(const uint8_t *p) { return v_load_u8_part(p, VL); }
static inline void v_store_u8(uint8_t *p, vec a) { v_store_u8_part(p, a, VL); }
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    real r[VL];
    for (int c = 0; c < VC; c++) {
        for (int i = 0; i < VL; i++)
            r[i] = p[i*row + c];
        column[c] = v_load(r);
    }
}
static inline vec v_choice(vec a) { return a; }
static inline vec v_choose(const real *four, vec choice)
{
    real r[VL];
    v_store(r, choice);
    for (int i = 0; i < VL; i++)
        r[i] = four[(int)r[i]];
    return v_load(r);
}
static inline real v_sum(const vec *a)
{
    real s[LANES];
    for (int i = 0; i < LANES; i += VL)
        v_store(s + i, a[i / VL]);
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            s[i] += s[i + width];
    return s[0];
}
