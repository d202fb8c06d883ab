/*
** ulp.c - the elementary functions of f32 over all 2^32 inputs: the largest error of each and where
** it is, compared with the table (curves.c); that every instruction set that runs here has the same
** bits, and flushing subnormal numbers changes none but those.
** ulp [--some] [FUNCTION...]; --some: over the inputs of `make test` alone. Exit status 1: not as
** the table says.
*/
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/exact.h"

enum { BLOCKS = 1 << 18 };      /* of all inputs */

/* What is known of one function after its inputs. */
struct found {
    double worst;
    real at;
    uint64_t hash[4];           /* of every instruction set */
    uint64_t unlike;            /* results that flushing changes though they are no subnormals */
    real first;
};

static real flushed(real x)
{
    return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}

static void flush_subnormals(int on)
{
#if defined(__x86_64__)
    const unsigned bits = 0x8040;
    __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~bits) | (on ? bits : 0));
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    control = (control & ~(UINT64_C(1) << 24)) | (uint64_t)on << 24;
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
    (void)on;
#endif
}

/* As programs compute, who flush: of a subnormal input what 0 gives, for a subnormal result 0. What
** is subnormal on the way shows in results of a few times the smallest normal number. */
static void compare_flushed(struct found *f, const struct curve *c, const struct simd_words *w,
                            const real *x, const real *out)
{
    static real zeroed[CURVE_BLOCK], expected[CURVE_BLOCK], other[CURVE_BLOCK];
    int small = 0;
    for (int i = 0; i < CURVE_BLOCK; i++) {
        zeroed[i] = flushed(x[i]);
        small |= zeroed[i] != x[i];
    }
    if (small)
        curve_apply(c, w, zeroed, expected, CURVE_BLOCK);
    flush_subnormals(1);
    curve_apply(c, w, x, other, CURVE_BLOCK);
    flush_subnormals(0);
    for (int i = 0; i < CURVE_BLOCK; i++) {
        real a = flushed(small ? expected[i] : out[i]), b = other[i];
        if (fabsf(a - b) > 0x1p-124f || (a != a) != (b != b))
            if (!f->unlike++)
                f->first = x[i];
    }
}

static void take(struct found *f, int k, uint64_t block, const real *x,
                 const struct simd_words **words, int n)
{
    static real out[CURVE_BLOCK];
    for (int i = 0; i < n; i++) {
        curve_apply(&curves[k], words[i], x, out, CURVE_BLOCK);
        f->hash[i] += curve_hash(out, block);
    }
    exact_worst(k, x, out, CURVE_BLOCK, &f->worst, &f->at);
    compare_flushed(f, &curves[k], words[n - 1], x, out);
}

static int measure(int k, int some, const struct simd_words **words, int n)
{
    const struct curve *c = &curves[k];
    const uint64_t blocks = some ? CURVE_SOME / CURVE_BLOCK : BLOCKS;
    const uint64_t known = some ? c->some : c->all;
    static real x[CURVE_BLOCK];
    struct found f = { 0 };
    int bad = 0;
    for (uint64_t block = 0; block < blocks; block++) {
        for (unsigned i = 0; i < CURVE_BLOCK; i++) {
            uint32_t bits = (uint32_t)block*CURVE_BLOCK + i;
            memcpy(&x[i], &bits, sizeof bits);
        }
        for (unsigned i = 0; some && i < CURVE_BLOCK; i++)
            x[i] = curve_input((unsigned)block*CURVE_BLOCK + i);
        take(&f, k, block, x, words, n);
    }
    bad |= !(f.worst <= c->ulps) || f.unlike;
    printf("%-15s %8.4g ulp at %-15.9g %016" PRIx64, c->name, f.worst, (double)f.at, f.hash[0]);
    printf("%s", f.worst <= c->ulps ? "" : "  more than the table's");
    for (int i = 0; i < n; i++)
        if (f.hash[i] != (known ? known : f.hash[0])) {
            printf("  %s: %016" PRIx64, words[i]->isa, f.hash[i]);
            bad = 1;
        }
    if (f.unlike)
        printf("  flushed: %" PRIu64 " differ, first at %.9g", f.unlike, (double)f.first);
    printf("%s\n", bad ? "" : known ? "  as known" : "  on all instruction sets");
    fflush(stdout);
    return bad;
}

/* A process for each function, as many at a time as there are processors. */
static int share(const int *asked, int some, const struct simd_words **words, int n)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long running = 0;
    int bad = 0;
    for (int k = 0; k <= CURVES; k++) {
        for (int status; running && (k == CURVES || running == processors); running--)
            bad |= wait(&status) < 0 || status;
        if (k == CURVES || !asked[k])
            continue;
        pid_t child = fork();
        if (!child)
            exit(measure(k, some, words, n));
        bad |= child < 0;
        running += child > 0;
    }
    return bad;
}

int main(int argc, char **argv)
{
    const struct simd_words *words[4];
    const int n = simd_runnable(words), some = argc > 1 && !strcmp(argv[1], "--some");
    int asked[CURVES] = { 0 }, taken = 0;
    for (int k = 0; k < CURVES; k++) {
        asked[k] = argc == 1 + some;
        for (int i = 1 + some; i < argc; i++)
            asked[k] |= !strcmp(argv[i], curves[k].name);
        taken += asked[k];
    }
    if (!taken)
        fprintf(stderr, "ulp: no such function; usage: ulp [--some] [FUNCTION...]\n");
    return taken ? share(asked, some, words, n) : 2;
}
