/*
** wino/wgrad_block.c - one block of the weight gradient's sums at all places: adds the tiles of a
** pass, or begins with them. At each place what it reads and writes is in L1; of what lies further
** away than L2 the lines of the next place are fetched meanwhile.
*/
#include "vector/template.h"
#include "wino/wgrad_tile.c"

#define NAME wino_wgrad_block /* @name */
#define TILE wino_wgrad_tile  /* @name */
#define READS_Y 1             /* @flag */
#define FETCH_NEXT 1          /* @flag */
#define FETCH_MAPS 1          /* @flag */
#define FETCH_SUMS 1          /* @flag */

/* dw: where the sums' filters go after this pass, or NULL. call: how many tiles were called in this
** pass before; returns how many are now. */
static inline int NAME(const real *v /* [place][tile][V_TILE] */,
                       const real *g /* [place][tile][G_TILE] */,
                       real *u /* [SIDE_H*SIDE_W][U_CHANNELS / U_WIDTH][U_FILTERS][U_WIDTH] */,
                       real *dw /* [filter][3][ROW] */, int down, int whole, int channels,
                       int filters, int begins, int call,
                       const real *const *next /* [3]: x, dy, y */)
{
    enum { /* @sizes */ TILES_ACROSS = 8, WHOLE_ACROSS = 8, SIDE_H = 6, SIDE_W = 6, CUT_H = 6,
           CUT_W = 6, MH = 8, U_CHANNELS = 32, U_FILTERS = 32, U_WIDTH = 16, U_XI = 1024,
           V_XI = 3088, G_XI = 3088, V_TILE = 48, G_TILE = 48, CI = 32, ROW = 96,
           FILTER_SIZE = 288, MAP_LINES = 2, SHARE = 3, X_CHUNK = 17408, DY_CHUNK = 16384,
           Y_CHUNK = 17408 };
    enum { LINE = 64 / sizeof(real), PLACES = SIDE_H*SIDE_W,
           V_FETCHED = (U_CHANNELS + MAP_LINES*LINE - 1) / (MAP_LINES*LINE)*(MAP_LINES*LINE) };
#if !FETCH_NEXT
    (void)next;
#endif
    for (int k = 0; k < PLACES; k++) {
        const int rows = k / SIDE_W < CUT_H ? down : whole;
        const int tiles = rows*(k % SIDE_W < CUT_W ? TILES_ACROSS : WHOLE_ACROSS);
        for (int f = k*filters / PLACES; dw && f < (k + 1)*filters / PLACES; f++)
            for (int t = 0; t < 9; t++)
                for (int n = 0; n < channels; n += LINE)
                    v_prefetch(dw + f*FILTER_SIZE + t / 3*ROW + t % 3*CI + n);
        ptrdiff_t line = 0;
        for (int c = 0; c < channels; c += U_WIDTH)
            for (int f = 0; f < filters; f += MH, line += MAP_LINES*LINE) {
                real *to = u + k*U_XI + c*U_FILTERS + f*U_WIDTH;
                const real *map = to;
                ptrdiff_t map_tile = 0;
#if FETCH_MAPS
                if (line < V_FETCHED) {
                    map = v + (k + 1)*V_XI + line;
                    map_tile = V_TILE;
                } else if (line < V_FETCHED + U_FILTERS + LINE) {
                    map = g + (k + 1)*G_XI + (line - V_FETCHED);
                    map_tile = G_TILE;
                }
#endif
#if FETCH_SUMS
                for (int n = 0; n < MH*U_WIDTH; n += LINE)
                    v_prefetch(to + U_XI + n);
#endif
                TILE(g + k*G_XI + f, v + k*V_XI + c, to, tiles, begins, map, map_tile);
#if FETCH_NEXT
                const ptrdiff_t fetched = (ptrdiff_t)call*SHARE*LINE;
                if (fetched < X_CHUNK) {
                    UNROLL for (int n = 0; n < SHARE; n++)
                        v_prefetch(next[0] + fetched + n*LINE);
                }
                if (fetched < DY_CHUNK) {
                    UNROLL for (int n = 0; n < SHARE; n++)
                        v_prefetch(next[1] + fetched + n*LINE);
                }
#if READS_Y
                if (fetched < Y_CHUNK) {
                    UNROLL for (int n = 0; n < SHARE; n++)
                        v_prefetch(next[2] + fetched + n*LINE);
                }
#endif
#endif
                call++;
            }
    }
    return call;
}

#include "vector/undef.h"
