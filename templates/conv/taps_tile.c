/*
** conv/taps_tile.c - weight gradient of one filter, MH x MW taps by NV vectors of each tap's
** channels, as conv/wgrad_tile.c. PARTIAL: of the last vector only PART reals belong to the
** tap; after them begins the next one.
*/
#include "vector/template.h"

#define NAME conv_taps_tile  /* @name */
#define PARTIAL 1            /* @flag */

static inline void NAME(const real *x, const struct entry *e, int count, real *dw)
{
    enum { /* @sizes */ MH = 3, MW = 3, NV = 1, CI = 16, X_ROW = 544, X_TAP = 64, ROW = 48,
           PART = 1 };
    vec acc[MH][MW][NV];
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            UNROLL for (int n = 0; n < NV; n++)
                acc[i][j][n] = v_load(dw + i*ROW + j*CI + n*VL);
    for (int k = 0; k < count; k++) {
        const real *p = x + e[k].at;
        vec g = v_set1(e[k].value);
        UNROLL for (int i = 0; i < MH; i++)
            UNROLL for (int j = 0; j < MW; j++)
                UNROLL for (int n = 0; n < NV; n++) {
                    acc[i][j][n] = v_fma(g, v_load(p + i*X_ROW + j*X_TAP + n*VL), acc[i][j][n]);
                    v_keep();
                }
    }
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++) {
#if PARTIAL
            UNROLL for (int n = 0; n < NV - 1; n++)
                v_store(dw + i*ROW + j*CI + n*VL, acc[i][j][n]);
            v_store_part(dw + i*ROW + j*CI + (NV - 1)*VL, acc[i][j][NV - 1], PART);
#else
            UNROLL for (int n = 0; n < NV; n++)
                v_store(dw + i*ROW + j*CI + n*VL, acc[i][j][n]);
#endif
        }
}

#include "vector/undef.h"
