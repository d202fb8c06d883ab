/*
** avx2.h - the SIMD vocabulary in AVX2 with FMA. scalar.h says what each word
** means; the bits must be the same.
*/
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#undef VL
#undef VC
#undef PS
#if LATHE_F64
#define VL 4
#define VC 2
#define PS(op) _mm256_##op##_pd
typedef __m256d vec;
typedef __m256d vmask;
typedef uint32_t vbytes;    /* VL of them */
static inline __m256i v_first(int n)
{
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
static inline vec v_pow2(vec a)
{
    __m256i n = _mm256_cvtepi32_epi64(_mm256_cvtpd_epi32(a));
    n = _mm256_add_epi64(n, _mm256_set1_epi64x(1023));
    return _mm256_castsi256_pd(_mm256_slli_epi64(n, 52));
}
static inline vec v_bytes(vbytes bytes)
{
    return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)bytes)));
}
static inline vbytes v_to_bytes(vec a)
{
    __m128i n = _mm256_cvtpd_epi32(a);
    n = _mm_packs_epi32(n, n);
    return (vbytes)_mm_cvtsi128_si32(_mm_packus_epi16(n, n));
}
static inline vec v_choice(vec a)
{
    __m256i n = _mm256_slli_epi64(_mm256_cvtepi32_epi64(_mm256_cvtpd_epi32(a)), 1);
    n = _mm256_or_si256(n, _mm256_slli_epi64(n, 32));           /* both halves of a double */
    return _mm256_castsi256_pd(_mm256_add_epi64(n, _mm256_set1_epi64x(1ll << 32)));
}
static inline vec v_choose(const real *four, vec choice)
{
    return _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(_mm256_loadu_pd(four)),
                                                     _mm256_castpd_si256(choice)));
}
static inline vec v_abs(vec a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    /* rows 0 and 2, 1 and 3 */
    vec a = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(p)), _mm_loadu_pd(p + 2*row),
                                 1);
    vec b = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(p + row)),
                                 _mm_loadu_pd(p + 3*row), 1);
    column[0] = _mm256_unpacklo_pd(a, b);
    column[1] = _mm256_unpackhi_pd(a, b);
}
static inline real v_sum(const vec *a)
{
    vec s = _mm256_add_pd(_mm256_add_pd(a[0], a[2]), _mm256_add_pd(a[1], a[3]));
    __m128d h = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
    return _mm_cvtsd_f64(_mm_add_sd(h, _mm_unpackhi_pd(h, h)));
}
#else
#define VL 8
#define VC 4
#define PS(op) _mm256_##op##_ps
typedef __m256 vec;
typedef __m256 vmask;
typedef uint64_t vbytes;
static inline __m256i v_first(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec v_pow2(vec a)
{
    __m256i n = _mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(n, 23));
}
static inline vec v_bytes(vbytes bytes)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes)));
}
static inline vbytes v_to_bytes(vec a)
{
    __m256i n = _mm256_cvtps_epi32(a);
    __m128i h = _mm_packs_epi32(_mm256_castsi256_si128(n), _mm256_extracti128_si256(n, 1));
    return (vbytes)_mm_cvtsi128_si64(_mm_packus_epi16(h, h));
}
static inline vec v_choice(vec a)
{
    __m256i n = _mm256_mullo_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(0x04040404));
    return _mm256_castsi256_ps(_mm256_add_epi32(n, _mm256_set1_epi32(0x03020100)));
}
static inline vec v_choose(const real *four, vec choice)
{
    /* By bytes: two a cycle on a Zen 3, where vpermilps is one. */
    __m256i all = _mm256_castps_si256(_mm256_broadcast_ps((const __m128 *)four));
    return _mm256_castsi256_ps(_mm256_shuffle_epi8(all, _mm256_castps_si256(choice)));
}
static inline vec v_abs(vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    vec r[4];               /* rows k and k + 4 */
    for (int k = 0; k < 4; k++)
        r[k] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p + k*row)),
                                    _mm_loadu_ps(p + (k + 4)*row), 1);
    __m256d ab = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
    __m256d cd = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
    column[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd));
    column[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd));
    ab = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
    cd = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
    column[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd));
    column[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd));
}
static inline real v_sum(const vec *a)
{
    vec s = _mm256_add_ps(a[0], a[1]);
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}
#endif

static inline vec v_zero(void) { return PS(setzero)(); }
static inline vec v_set1(real a) { return PS(set1)(a); }
static inline vec v_load(const real *p) { return PS(loadu)(p); }
static inline void v_store(real *p, vec a) { PS(storeu)(p, a); }
static inline vec v_load_part(const real *p, int n) { return PS(maskload)(p, v_first(n)); }
static inline void v_store_part(real *p, vec a, int n) { PS(maskstore)(p, v_first(n), a); }
static inline vec v_load_u8(const uint8_t *p)
{
    vbytes bytes;
    memcpy(&bytes, p, sizeof bytes);
    return v_bytes(bytes);
}
static inline void v_store_u8(uint8_t *p, vec a)
{
    vbytes bytes = v_to_bytes(a);
    memcpy(p, &bytes, sizeof bytes);
}
static inline vec v_load_u8_part(const uint8_t *p, int n)
{
    vbytes bytes = 0;
    memcpy(&bytes, p, (size_t)n);
    return v_bytes(bytes);
}
static inline void v_store_u8_part(uint8_t *p, vec a, int n)
{
    vbytes bytes = v_to_bytes(a);
    memcpy(p, &bytes, (size_t)n);
}
static inline vec v_add(vec a, vec b) { return PS(add)(a, b); }
static inline vec v_sub(vec a, vec b) { return PS(sub)(a, b); }
static inline vec v_mul(vec a, vec b) { return PS(mul)(a, b); }
static inline vec v_div(vec a, vec b) { return PS(div)(a, b); }
static inline vec v_sqrt(vec a) { return PS(sqrt)(a); }
static inline vec v_fma(vec a, vec b, vec c) { return PS(fmadd)(a, b, c); }
static inline vec v_round(vec a)
{
    return PS(round)(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline vec v_max(vec a, vec b) { return PS(max)(a, b); }
static inline vec v_relu(vec a) { return PS(max)(PS(setzero)(), a); }
static inline vmask v_gt(vec a, vec b) { return PS(cmp)(a, b, _CMP_GT_OQ); }
static inline vmask v_eq(vec a, vec b) { return PS(cmp)(a, b, _CMP_EQ_OQ); }
static inline vec v_select(vmask m, vec a, vec b) { return PS(blendv)(b, a, m); }
static inline vec v_flush(vec a, real limit)
{
    return PS(and)(PS(cmp)(v_abs(a), PS(set1)(limit), _CMP_NLT_UQ), a);
}
static inline void v_prefetch(const void *p) { __builtin_prefetch(p); }
static inline void v_keep(void) { __asm__ volatile("" ::: "memory"); }

/* Subnormal numbers become 0, as in every program; returns what restores them. */
static inline unsigned v_flush_subnormals(void)
{
    const unsigned old = _mm_getcsr();
    _mm_setcsr(old | 0x8040u);
    return old;
}
static inline void v_restore_subnormals(unsigned old) { _mm_setcsr(old); }
