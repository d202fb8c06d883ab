/*
** statistics.c - mean, deviation, interval.
*/
#include "sweep/statistics.h"

#include <math.h>

double student_95(int freedom)
{
    static const double exact[] = {
        NAN, 12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
        2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    };
    if (freedom < (int)(sizeof exact / sizeof *exact))
        return exact[freedom];
    /* Abramowitz and Stegun, 26.7.5, of the normal quantile z. */
    const double z = 1.959963984540054, n = freedom, z3 = z*z*z, z5 = z3*z*z;
    return z + (z3 + z)/(4*n) + (5*z5 + 16*z3 + 3*z)/(96*n*n);
}

struct spread spread_of(const double *x, int count)
{
    struct spread s = { count, NAN, NAN, NAN };
    double sum = 0, squares = 0;
    for (int k = 0; k < count; k++)
        sum += x[k];
    if (count > 0)
        s.mean = sum/count;
    for (int k = 0; k < count; k++)
        squares += (x[k] - s.mean)*(x[k] - s.mean);
    if (count > 1) {
        s.deviation = sqrt(squares/(count - 1));
        s.interval = student_95(count - 1)*s.deviation/sqrt(count);
    }
    return s;
}
