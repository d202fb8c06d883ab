/*
** avx512.h - the SIMD vocabulary in AVX-512 F, BW, DQ and VL. scalar.h says what
** each word means; the bits must be the same.
*/
#include <immintrin.h>
#include <stdint.h>
#undef VL
#undef VC
#undef PS
#undef COMPARE
#if LATHE_F64
#define VL 8
#define VC 2
#define PS(op) _mm512_##op##_pd
#define COMPARE _mm512_cmp_pd_mask
typedef __m512d vec;
typedef __mmask8 vmask;
static inline vmask v_first(int n) { return (vmask)((1u << n) - 1); }
static inline vec v_round(vec a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEAREST_INT); }
static inline vec v_pow2(vec a)
{
    __m512i n = _mm512_add_epi64(_mm512_cvtpd_epi64(a), _mm512_set1_epi64(1023));
    return _mm512_castsi512_pd(_mm512_slli_epi64(n, 52));
}
static inline vec v_load_u8(const uint8_t *p)
{
    return _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
static inline void v_store_u8(uint8_t *p, vec a)
{
    _mm_storel_epi64((__m128i *)p, _mm512_cvtepi64_epi8(_mm512_cvtpd_epi64(a)));
}
static inline vec v_load_u8_part(const uint8_t *p, int n)
{
    return _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)v_first(n), p)));
}
static inline void v_store_u8_part(uint8_t *p, vec a, int n)
{
    _mm_mask_storeu_epi8(p, (__mmask16)v_first(n), _mm512_cvtepi64_epi8(_mm512_cvtpd_epi64(a)));
}
static inline vec v_choice(vec a) { return _mm512_castsi512_pd(_mm512_cvtpd_epi64(a)); }
static inline vec v_choose(const real *four, vec choice)
{
    return _mm512_permutexvar_pd(_mm512_castpd_si512(choice),
                                 _mm512_broadcast_f64x4(_mm256_loadu_pd(four)));
}
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    vec r[2];               /* rows k, k + 2, k + 4, k + 6 */
    for (int k = 0; k < 2; k++) {
        const real *q = p + k*row;
        r[k] = _mm512_castpd128_pd512(_mm_loadu_pd(q));
        r[k] = _mm512_insertf64x2(r[k], _mm_loadu_pd(q + 2*row), 1);
        r[k] = _mm512_insertf64x2(r[k], _mm_loadu_pd(q + 4*row), 2);
        r[k] = _mm512_insertf64x2(r[k], _mm_loadu_pd(q + 6*row), 3);
    }
    column[0] = _mm512_unpacklo_pd(r[0], r[1]);
    column[1] = _mm512_unpackhi_pd(r[0], r[1]);
}
static inline real v_sum(const vec *a)
{
    __m512d s = _mm512_add_pd(a[0], a[1]);
    __m256d q = _mm256_add_pd(_mm512_castpd512_pd256(s), _mm512_extractf64x4_pd(s, 1));
    __m128d h = _mm_add_pd(_mm256_castpd256_pd128(q), _mm256_extractf128_pd(q, 1));
    return _mm_cvtsd_f64(_mm_add_sd(h, _mm_unpackhi_pd(h, h)));
}
#else
#define VL 16
#define VC 4
#define PS(op) _mm512_##op##_ps
#define COMPARE _mm512_cmp_ps_mask
typedef __m512 vec;
typedef __mmask16 vmask;
static inline vmask v_first(int n) { return (vmask)((1u << n) - 1); }
static inline vec v_round(vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT); }
static inline vec v_pow2(vec a)
{
    __m512i n = _mm512_add_epi32(_mm512_cvtps_epi32(a), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(n, 23));
}
static inline vec v_load_u8(const uint8_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
static inline void v_store_u8(uint8_t *p, vec a)
{
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
}
static inline vec v_load_u8_part(const uint8_t *p, int n)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(v_first(n), p)));
}
static inline void v_store_u8_part(uint8_t *p, vec a, int n)
{
    _mm_mask_storeu_epi8(p, v_first(n), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
}
static inline vec v_choice(vec a) { return _mm512_castsi512_ps(_mm512_cvtps_epi32(a)); }
static inline vec v_choose(const real *four, vec choice)
{
    return _mm512_permutevar_ps(_mm512_broadcast_f32x4(_mm_loadu_ps(four)),
                                _mm512_castps_si512(choice));
}
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    vec r[4];               /* rows k, k + 4, k + 8, k + 12 */
    for (int k = 0; k < 4; k++) {
        const real *q = p + k*row;
        r[k] = _mm512_castps128_ps512(_mm_loadu_ps(q));
        r[k] = _mm512_insertf32x4(r[k], _mm_loadu_ps(q + 4*row), 1);
        r[k] = _mm512_insertf32x4(r[k], _mm_loadu_ps(q + 8*row), 2);
        r[k] = _mm512_insertf32x4(r[k], _mm_loadu_ps(q + 12*row), 3);
    }
    __m512d ab = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1]));
    __m512d cd = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3]));
    column[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
    column[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
    ab = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
    cd = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
    column[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
    column[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
}
static inline real v_sum(const vec *a)
{
    __m256 s = _mm256_add_ps(_mm512_castps512_ps256(a[0]), _mm512_extractf32x8_ps(a[0], 1));
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}
#endif

static inline vec v_zero(void) { return PS(setzero)(); }
static inline vec v_set1(real a) { return PS(set1)(a); }
static inline vec v_load(const real *p) { return PS(loadu)(p); }
static inline void v_store(real *p, vec a) { PS(storeu)(p, a); }
static inline vec v_load_part(const real *p, int n) { return PS(maskz_loadu)(v_first(n), p); }
static inline void v_store_part(real *p, vec a, int n) { PS(mask_storeu)(p, v_first(n), a); }
static inline vec v_add(vec a, vec b) { return PS(add)(a, b); }
static inline vec v_sub(vec a, vec b) { return PS(sub)(a, b); }
static inline vec v_mul(vec a, vec b) { return PS(mul)(a, b); }
static inline vec v_div(vec a, vec b) { return PS(div)(a, b); }
static inline vec v_sqrt(vec a) { return PS(sqrt)(a); }
static inline vec v_fma(vec a, vec b, vec c) { return PS(fmadd)(a, b, c); }
static inline vec v_max(vec a, vec b) { return PS(max)(a, b); }
static inline vec v_relu(vec a) { return PS(max)(PS(setzero)(), a); }
static inline vec v_abs(vec a) { return PS(abs)(a); }
static inline vmask v_gt(vec a, vec b) { return COMPARE(a, b, _CMP_GT_OQ); }
static inline vmask v_eq(vec a, vec b) { return COMPARE(a, b, _CMP_EQ_OQ); }
static inline vec v_select(vmask m, vec a, vec b) { return PS(mask_blend)(m, b, a); }
static inline vec v_flush(vec a, real limit)
{
    return PS(maskz_mov)(COMPARE(PS(abs)(a), PS(set1)(limit), _CMP_NLT_UQ), a);
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
