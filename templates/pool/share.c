/*
** pool/share.c - what a value counts in the mean of a window whose first place is row `top`, column
** `left` of the map: padding may be counted, what lies beyond it never is.
*/
#include "vector/template.h"

#define NAME avgpool_share   /* @name */

static inline vec NAME(int top, int left)
{
    enum { /* @sizes */ PH = 2, PW = 2, IN_H = 32, IN_W = 32, COUNTED_ABOVE = 1,
           COUNTED_BELOW = 1, COUNTED_LEFT = 1, COUNTED_RIGHT = 1 };
    const int rows = overlap(top, PH, -COUNTED_ABOVE, IN_H + COUNTED_BELOW);
    const int columns = overlap(left, PW, -COUNTED_LEFT, IN_W + COUNTED_RIGHT);
    return v_set1(1 / (real)(rows*columns));
}

#include "vector/undef.h"
