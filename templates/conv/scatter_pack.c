/*
** conv/scatter_pack.c - one filter into the slices that conv/scatter.c adds:
** [block of channels][block of filters][ky][filter][kx][CB channels], zeros after the last.
*/
#include "vector/template.h"

#define NAME scatter_pack    /* @name */

static inline void NAME(const real *filter /* [KH][ROW] */, real *slices, int co)
{
    enum { /* @sizes */ KH = 3, KW = 3, CI = 32, ROW = 96, CB = 32, CBLOCKS = 1, FB = 32,
           FILTER_BLOCKS = 1, SLICE = 3072 };
    for (int cb = 0; cb < CBLOCKS; cb++)
        for (int ky = 0; ky < KH; ky++) {
            real *to = slices + (ptrdiff_t)((cb*FILTER_BLOCKS + co / FB)*KH + ky)*SLICE
                       + co % FB*KW*CB;
            for (int kx = 0; kx < KW; kx++)
                for (int c = 0; c < CB; c++)
                    to[kx*CB + c] = cb*CB + c < CI ? filter[ky*ROW + kx*CI + cb*CB + c] : 0;
        }
}

#include "vector/undef.h"
