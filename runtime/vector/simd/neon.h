/*
** neon.h - the SIMD vocabulary in AArch64 NEON. scalar.h says what each word
** means; the bits must be the same.
*/
#include <arm_neon.h>
#include <stdint.h>
#include <string.h>
#undef VL
#undef VC
#undef PS
#if LATHE_F64
#define VL 2
#define VC 2
#define PS(op) op##_f64
typedef float64x2_t vec;
typedef uint64x2_t vmask;
static inline vec v_zero(void) { return vdupq_n_f64(0); }
static inline vec v_set1(real a) { return vdupq_n_f64(a); }
static inline vec v_pow2(vec a)
{
    int64x2_t n = vaddq_s64(vcvtq_s64_f64(a), vdupq_n_s64(1023));
    return vreinterpretq_f64_s64(vshlq_n_s64(n, 52));
}
static inline vec v_load_u8(const uint8_t *p)
{
    const real r[VL] = { p[0], p[1] };
    return vld1q_f64(r);
}
static inline void v_store_u8(uint8_t *p, vec a)
{
    p[0] = (uint8_t)vgetq_lane_f64(a, 0);
    p[1] = (uint8_t)vgetq_lane_f64(a, 1);
}
static inline vec v_choice(vec a)       /* the bytes of each: 8 k .. 8 k + 7 */
{
    uint8x16_t k = vreinterpretq_u8_u64(vshlq_n_u64(vcvtq_u64_f64(a), 3));
    k = vcombine_u8(vdup_lane_u8(vget_low_u8(k), 0), vdup_lane_u8(vget_high_u8(k), 0));
    return vreinterpretq_f64_u8(vaddq_u8(k, vreinterpretq_u8_u64(vdupq_n_u64(0x0706050403020100))));
}
static inline vec v_choose(const real *four, vec choice)
{
    const uint8x16x2_t all = { { vreinterpretq_u8_f64(vld1q_f64(four)),
                                 vreinterpretq_u8_f64(vld1q_f64(four + 2)) } };
    return vreinterpretq_f64_u8(vqtbl2q_u8(all, vreinterpretq_u8_f64(choice)));
}
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    vec a = vld1q_f64(p), b = vld1q_f64(p + row);
    column[0] = vzip1q_f64(a, b);
    column[1] = vzip2q_f64(a, b);
}
static inline real v_sum(const vec *a)
{
    vec s[4];
    for (int i = 0; i < 4; i++)
        s[i] = vaddq_f64(a[i], a[i + 4]);
    vec q = vaddq_f64(vaddq_f64(s[0], s[2]), vaddq_f64(s[1], s[3]));
    return vgetq_lane_f64(q, 0) + vgetq_lane_f64(q, 1);
}
#else
#define VL 4
#define VC 4
#define PS(op) op##_f32
typedef float32x4_t vec;
typedef uint32x4_t vmask;
static inline vec v_zero(void) { return vdupq_n_f32(0); }
static inline vec v_set1(real a) { return vdupq_n_f32(a); }
static inline vec v_pow2(vec a)
{
    int32x4_t n = vaddq_s32(vcvtq_s32_f32(a), vdupq_n_s32(127));
    return vreinterpretq_f32_s32(vshlq_n_s32(n, 23));
}
static inline vec v_load_u8(const uint8_t *p)
{
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    uint16x8_t wide = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(bytes)));
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide)));
}
static inline void v_store_u8(uint8_t *p, vec a)
{
    uint16x4_t narrow = vmovn_u32(vcvtq_u32_f32(a));
    uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(vmovn_u16(vcombine_u16(narrow, narrow))), 0);
    memcpy(p, &bytes, sizeof bytes);
}
static inline vec v_choice(vec a)
{
    uint32x4_t n = vmulq_n_u32(vcvtq_u32_f32(a), 0x04040404);
    return vreinterpretq_f32_u32(vaddq_u32(n, vdupq_n_u32(0x03020100)));
}
static inline vec v_choose(const real *four, vec choice)
{
    const uint8x16_t all = vreinterpretq_u8_f32(vld1q_f32(four));
    return vreinterpretq_f32_u8(vqtbl1q_u8(all, vreinterpretq_u8_f32(choice)));
}
static inline void v_columns(const real *p, ptrdiff_t row, vec *column)
{
    float32x4x2_t a = vzipq_f32(vld1q_f32(p), vld1q_f32(p + 2*row));
    float32x4x2_t b = vzipq_f32(vld1q_f32(p + row), vld1q_f32(p + 3*row));
    float32x4x2_t low = vzipq_f32(a.val[0], b.val[0]), high = vzipq_f32(a.val[1], b.val[1]);
    column[0] = low.val[0];
    column[1] = low.val[1];
    column[2] = high.val[0];
    column[3] = high.val[1];
}
static inline real v_sum(const vec *a)
{
    vec q = vaddq_f32(vaddq_f32(a[0], a[2]), vaddq_f32(a[1], a[3]));
    float32x2_t h = vadd_f32(vget_low_f32(q), vget_high_f32(q));
    return vget_lane_f32(h, 0) + vget_lane_f32(h, 1);
}
#endif

static inline vec v_load(const real *p) { return PS(vld1q)(p); }
static inline void v_store(real *p, vec a) { PS(vst1q)(p, a); }
static inline vec v_load_part(const real *p, int n)
{
    real r[VL] = { 0 };
    memcpy(r, p, (size_t)n*sizeof *p);
    return PS(vld1q)(r);
}
static inline void v_store_part(real *p, vec a, int n)
{
    real r[VL];
    PS(vst1q)(r, a);
    memcpy(p, r, (size_t)n*sizeof *p);
}
static inline vec v_load_u8_part(const uint8_t *p, int n)
{
    uint8_t bytes[VL] = { 0 };
    memcpy(bytes, p, (size_t)n);
    return v_load_u8(bytes);
}
static inline void v_store_u8_part(uint8_t *p, vec a, int n)
{
    uint8_t bytes[VL];
    v_store_u8(bytes, a);
    memcpy(p, bytes, (size_t)n);
}
static inline vec v_add(vec a, vec b) { return PS(vaddq)(a, b); }
static inline vec v_sub(vec a, vec b) { return PS(vsubq)(a, b); }
static inline vec v_mul(vec a, vec b) { return PS(vmulq)(a, b); }
static inline vec v_div(vec a, vec b) { return PS(vdivq)(a, b); }
static inline vec v_sqrt(vec a) { return PS(vsqrtq)(a); }
static inline vec v_fma(vec a, vec b, vec c) { return PS(vfmaq)(c, a, b); }
static inline vec v_round(vec a) { return PS(vrndnq)(a); }
static inline vmask v_gt(vec a, vec b) { return PS(vcgtq)(a, b); }
static inline vmask v_eq(vec a, vec b) { return PS(vceqq)(a, b); }
static inline vec v_select(vmask m, vec a, vec b) { return PS(vbslq)(m, a, b); }
static inline vec v_max(vec a, vec b) { return PS(vbslq)(PS(vcgtq)(a, b), a, b); }
static inline vec v_relu(vec a) { return v_select(v_gt(v_zero(), a), v_zero(), a); }
static inline vec v_abs(vec a) { return PS(vabsq)(a); }
static inline vec v_flush(vec a, real limit)
{
    return v_select(v_gt(v_set1(limit), PS(vabsq)(a)), v_zero(), a);
}
static inline void v_prefetch(const void *p) { __builtin_prefetch(p); }
static inline void v_keep(void) { __asm__ volatile("" ::: "memory"); }

/* Subnormal numbers become 0, as in every program; returns what restores them. */
static inline unsigned v_flush_subnormals(void)
{
    uint64_t old;
    __asm__ volatile("mrs %0, fpcr" : "=r"(old));
    __asm__ volatile("msr fpcr, %0" :: "r"(old | (uint64_t)1 << 24));
    return (unsigned)old;
}
static inline void v_restore_subnormals(unsigned old)
{
    __asm__ volatile("msr fpcr, %0" :: "r"((uint64_t)old));
}
