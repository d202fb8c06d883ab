/*
** isa.h - the machine table.
*/
#ifndef LATHE_ISA_H
#define LATHE_ISA_H

#include <stdbool.h>

struct isa {
    const char *name;           /* "avx2" */
    const char *header;         /* "simd/avx2.h" */
    int bits;                   /* of a vector; 0: one real */
    int registers;
    int accumulators;           /* most that gcc and clang keep in registers ... */
    int shallow;                /* ... where taps and channels are all written out */
    int gradient;               /* ... of a weight gradient, whose input stays in memory */
    const char *gcc_target;     /* for #pragma GCC target, NULL: the baseline */
    const char *clang_target;
    bool inference;             /* for `emit --inference` alone */
    bool runs;                  /* its vocabulary has v_run */
    int stack;                  /* bytes that inference takes of it at most, if it is optimised */
    double gflops;              /* a core, f32: what `lathe show` forecasts with */
};
extern const struct isa isas[];
extern const int nisas;
const struct isa *isa_find(const char *name);   /* NULL: unknown */
const struct isa *isa_native(void);             /* the widest that this CPU runs */
int isa_vl(const struct isa *isa, bool f64);

#endif
