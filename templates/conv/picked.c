/*
** conv/picked.c - a convolution stage beneath a max-pool whose windows have up to four places:
** gradient to weights and bias of one group of images (see conv/wgrad.c), with vectors along the
** filters. Of a window each filter has a gradient at one place. The inputs under a tap, place by
** place, lie together in a table, from which every lane takes its own: one multiply-add a window
** instead of four, no list, and the order of conv/lists.c. BAND rows at a time, so that table,
** gradients and choices stay in L1 while every tap reads them; the next rows' gradients and
** outputs are fetched meanwhile.
*/
#include "vector/template.h"
#include "conv/narrow_filters.c"
#include "conv/picked_tile.c"

#define NAME conv_picked               /* @name */
#define CUT conv_picked_cut            /* @name */
#define PICK conv_picked_pick          /* @name */
#define ADD conv_picked_add            /* @name */
#define TILE conv_picked_tile          /* @name */
#define TO_FILTERS conv_narrow_filters /* @name */
#define BIAS 1                         /* @flag */
#define RELU 1                         /* @flag */

/* The table of a band's inputs. */
static inline void CUT(const real *x /* haloed */, real *table /* [row][column][4] */)
{
    enum { /* @sizes */ X_ROW = 102, TABLE_ROWS = 3, TABLE_COLUMNS = 99, X_DOWN = 102, X_PIXEL = 3,
           WINDOW = 4, PW = 2 };
    for (int r = 0; r < TABLE_ROWS; r++)
        for (int k = 0; k < TABLE_COLUMNS; k++) {
            const real *from = x + r*X_ROW + k;
            real *to = table + (r*TABLE_COLUMNS + k)*4;
            UNROLL for (int w = 0; w < WINDOW; w++)
                to[w] = from[w/PW*X_DOWN + w%PW*X_PIXEL];
        }
}

/* A band's gradients, masked by the ReLU, and the places that they belong to. */
static inline void PICK(const real *dy, const real *y, const unsigned char *argmax, real *g,
                        real *choices)
{
    enum { /* @sizes */ BAND = 1, OW = 16, CO = 32, DY_ROW = 512, Y_ROW = 512, Y_PIXEL = 32 };
    (void)y;
    for (int r = 0; r < BAND; r++)
        for (int p = 0; p < OW; p++) {
            const int to = (r*OW + p)*CO;
            for (int c = 0; c < CO; c += VL) { /* @tail */
                vec v = v_load(dy + r*DY_ROW + p*CO + c);
#if RELU
                v = v_select(v_gt(v_load(y + r*Y_ROW + p*Y_PIXEL + c), v_zero()), v, v_zero());
#endif
                v_store(g + to + c, v);
                v_store(choices + to + c, v_choice(v_load_u8(argmax + to + c)));
            }
        }
}

/* Adds the gradients of one band, of filters from low to high - 1; next_g, next_y: what is fetched
** for the next. */
static inline void ADD(const real *table, const real *g, const real *choices, const real *next_g,
                       const real *next_y, real *u /* [tap][U_TAP] */, int low, int high)
{
    enum { /* @sizes */ CO = 32, KH = 3, COLUMNS = 9, MT = 9, NV = 1, U_TAP = 32, OW = 16,
           TABLE_COLUMNS = 99, BAND = 1, Y_BAND = 512 };
    enum { LINE = 64 / sizeof(real), PASSES = KH*(U_TAP / (NV*VL)) };
#if !RELU
    (void)next_y;
#endif
    int pass = 0;
    for (int c = low; c < high; c += NV*VL) {
        for (int ky = 0; ky < KH; ky++, pass++) {
            for (int k = pass*LINE; k < BAND*OW*CO; k += PASSES*LINE)
                v_prefetch(next_g + k);
#if RELU
            for (int k = pass*LINE; k < Y_BAND; k += PASSES*LINE)
                v_prefetch(next_y + k);
#endif
            for (int k = 0; k < COLUMNS; k += MT)
                TILE(table + (ky*TABLE_COLUMNS + k)*4, g + c, choices + c,
                     u + (ky*COLUMNS + k)*U_TAP + c);
        }
#if BIAS
        UNROLL for (int n = 0; n < NV; n++) {
            real *db = u + KH*COLUMNS*U_TAP + c + n*VL;
            vec sum = v_load(db);
            for (int p = 0; p < BAND*OW; p++)
                sum = v_add(sum, v_load(g + p*CO + c + n*VL));
            v_store(db, sum);
        }
#endif
    }
}

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3472, X_BAND = 204, Y = 0, Y_IMAGE = 8192, Y_ROW = 512,
           DY = 0, DY_IMAGE = 8192, DY_ROW = 512, ARGMAX = 0, ARGMAX_IMAGE = 8192, PARTIALS = 0,
           GROUP_SIZE = 1568, CO = 32, KH = 3, COLUMNS = 9, U_TAP = 32, OH = 16, OW = 16,
           BAND = 1, SCRATCH = 0, SCRATCH_SIZE = 1024, WINDOWS_AT = 0, CHOICES_AT = 0,
           COPIED_AT = 0, TAP_SUMS_AT = 0, NV = 1 };
    enum { PANELS = U_TAP / (NV*VL) };
    const struct group_part p = group_part(item, items, s->n, PANELS);
    const int low = p.low*NV*VL, high = p.high*NV*VL;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *u = scratch + TAP_SUMS_AT, *table = scratch + COPIED_AT;
    real *g = scratch + WINDOWS_AT, *choices = scratch + CHOICES_AT;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int k = 0; k < (KH*COLUMNS + 1)*U_TAP; k++)
        u[k] = 0;
    for (int image = p.first; image < p.last; image++)
        for (int row = 0; row < OH; row += BAND) {
            const real *y = s->arena + Y + (size_t)image*Y_IMAGE + (ptrdiff_t)row*Y_ROW;
            const real *dy = s->arena + DY + (size_t)image*DY_IMAGE + (ptrdiff_t)row*DY_ROW;
            CUT(s->arena + X + (size_t)image*X_IMAGE + (ptrdiff_t)row*X_BAND, table);
            PICK(dy, y, (const unsigned char *)(s->arena + ARGMAX) + (size_t)image*ARGMAX_IMAGE
                        + (ptrdiff_t)row*OW*CO, g, choices);
            ADD(table, g, choices, dy + BAND*DY_ROW, y + BAND*Y_ROW, u, low, high);
        }
    TO_FILTERS(u, dw, low, high);
}

#include "vector/undef.h"
