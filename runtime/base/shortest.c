/*
** shortest.c - tries with more and more digits.
*/
#include "base/shortest.h"

#include <stdio.h>
#include <stdlib.h>

void shortest_real(double value, char *out, size_t size)
{
    enum { ENOUGH = 17 };
    for (int digits = 1; digits <= ENOUGH; digits++) {
        snprintf(out, size, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}
