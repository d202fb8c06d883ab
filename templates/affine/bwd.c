/*
** affine/bwd.c - an affine stage, backward: a panel of columns an item; the last
** panel may be narrower and has an instance of its own.
*/
#include "vector/template.h"
#include "affine/panel.c"

#define NAME affine_bwd         /* @name */
#define PANEL_STEP affine_panel /* @name */
#define LAST_STEP affine_panel  /* @name */
#define WHOLE_PANELS 1          /* @flag */
#define LAST_PANEL 1            /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ PANEL_COUNT = 32, SUMSQ = 0 };
    (void)items;
    (void)thread;
#if WHOLE_PANELS
    if (item < PANEL_COUNT)
        s->sumsq[SUMSQ + item] = PANEL_STEP(s, item);
#endif
#if LAST_PANEL
    if (item == PANEL_COUNT)
        s->sumsq[SUMSQ + item] = LAST_STEP(s, item);
#endif
}

#include "vector/undef.h"
