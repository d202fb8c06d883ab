/*
** curves.c - the elementary functions' table, their inputs and hashes.
*/
#include "kernel/curves.h"

#if !LATHE_F64
#include <string.h>

#define WORD(name) #name, offsetof(struct simd_words, name)
#define INF __builtin_inff()

const struct curve curves[CURVES] = {
    { WORD(exp), 0, 0.939, 0, 0, { 0, 1, INF }, 0xb4b70355cf2b9489, 0x4cf714b7060a3bf6 },
    { WORD(sigmoid), 0, 3.68, 0, 0x1p-64, { 0, 0.5f, 1 }, 0x13430081ac30d954,
      0xa5e6762a7f986298 },
    { WORD(tanh), 0, 5.59, 0, 0, { -1, -0.0f, 1 }, 0x6ec53d8a3b0ed12d, 0x45f3b096af93b1e3 },
    { WORD(normal), 0, 38.8, 0, 0x1p-96, { 0, 0.5f, 1 }, 0x963d5ec104d899e9, 0x0d19602aa330e7c0 },
    { WORD(gelu), 0, 39.35, 0, 0x1p-92, { 0, -0.0f, INF }, 0x44cb5e596244487a, 0xed476c154b761e6c },
    { WORD(gelu_grad), 1, 1.19, 1, 0, { 0, 0.5f, 1 }, 0xe420207f7dc76655, 0xa813a378e4fe48ff },
    { WORD(silu), 0, 4.95, 0, 0x1p-58, { 0, -0.0f, INF }, 0xd09d8005753c305e, 0x9d464613d03e2eaa },
    { WORD(silu_grad), 1, 1.14, 1, 0, { 0, 0.5f, 1 }, 0x15efce26f836fd6e, 0xbee2dd1b80632524 },
    { WORD(log1p_exp), 0, 4.64, 0, 0x1p-115, { 0, 0.69314718f, 0 }, 0xe10d15e08e52e15e,
      0xfb250c2e31ce3b39 },
    { WORD(elu), 0, 4.91, 0, 0, { -1.25f, -0.0f, INF }, 0x5700caab98aaf3f9, 0x4a884d97e2c118c2 },
    { WORD(hardsigmoid), 0, 1.34, 0, 0, { 0, 0.5f, 1 }, 0x71ac1803d92a43d4, 0xc27d9a503fc4636c },
    { WORD(hardswish), 0, 2.49, 0, 0, { 0, -0.0f, INF }, 0x477fc984a84d548b, 0xb84203af32b31fb3 },
    { WORD(hardswish_grad), 1, 0.667, 1, 0, { 0, 0.5f, 1 }, 0xdb6dfc2ec77a5fee,
      0xd0fc316254c4b968 },
};

typedef void unary(real *, const real *);
typedef void binary(real *, const real *, const real *);

void curve_apply(const struct curve *c, const struct simd_words *w, const real *x, real *out, int n)
{
    const char *at = (const char *)w + c->word;
    real one[LANES];
    for (int i = 0; i < LANES; i++)
        one[i] = 1;
    for (int i = 0; i < n; i += LANES)
        if (c->slope)
            (*(binary *const *)(const void *)at)(out + i, one, x + i);
        else
            (*(unary *const *)(const void *)at)(out + i, x + i);
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30))*0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27))*0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* FNV-1a over words, in LANES lanes, which are then mixed. */
uint64_t curve_hash(const real *out, uint64_t block)
{
    uint32_t lane[LANES];
    for (int i = 0; i < LANES; i++)
        lane[i] = 2166136261u;
    for (int k = 0; k < CURVE_BLOCK; k += LANES)
        for (int i = 0; i < LANES; i++) {
            uint32_t bits;
            memcpy(&bits, &out[k + i], sizeof bits);
            /* NaNs differ in sign and payload from machine to machine; the rules let them. */
            bits = out[k + i] != out[k + i] ? 0x7fc00000 : bits;
            lane[i] = (lane[i] ^ bits)*16777619u;
        }
    uint64_t hash = mix(block + 1);
    for (int i = 0; i < LANES; i++)
        hash = mix(hash ^ lane[i]) + 1;
    return hash;
}

real curve_input(unsigned k)
{
    static const float edge[] = { 0.25f, 3, 6, 10.4f, 11.25f, 17.33f, 44.25f, 80, 87.33655f,
                                  88.02969f, 88.72284f, 89, 103.2789f, 103.97208f, 105 };
    enum { EDGES = sizeof edge / sizeof *edge, NEAR = 8, POWERS = 512*NEAR };
    uint32_t bits = (k - POWERS - EDGES*2*NEAR)*30011u;
    real value;
    if (k < POWERS) {
        bits = (k / NEAR << 23) + k % NEAR - NEAR / 2;
    } else if (k < POWERS + EDGES*2*NEAR) {
        k -= POWERS;
        memcpy(&bits, &edge[k / (2*NEAR)], sizeof bits);
        bits = (bits + k % NEAR - NEAR / 2) | (k / NEAR % 2) << 31;
    }
    memcpy(&value, &bits, sizeof bits);
    return value;
}

uint64_t curve_hash_some(const struct curve *c, const struct simd_words *w)
{
    static real x[CURVE_BLOCK], out[CURVE_BLOCK];
    uint64_t hash = 0;
    for (unsigned from = 0; from < CURVE_SOME; from += CURVE_BLOCK) {
        for (unsigned k = 0; k < CURVE_BLOCK; k++)
            x[k] = curve_input(from + k);
        curve_apply(c, w, x, out, CURVE_BLOCK);
        hash += curve_hash(out, from / CURVE_BLOCK);
    }
    return hash;
}
#endif
