/*
** statistics.c - mean, deviation, interval.
*/
#include "sweep/statistics.h"

#include <math.h>

double student_95(int freedom)
{
    static const double exact[] = {
        NAN,
        12.7062047, 4.3026527, 3.1824463, 2.7764451, 2.5705818, 2.4469119,
        2.3646243, 2.3060041, 2.2621572, 2.2281389, 2.2009852, 2.1788128,
        2.1603687, 2.1447867, 2.1314495, 2.1199053, 2.1098156, 2.1009220,
        2.0930241, 2.0859634,
    };
    if (freedom < (int)(sizeof exact / sizeof *exact))
        return exact[freedom];
    /* Abramowitz and Stegun, 26.7.5, of the normal quantile z. */
    const double z = 1.959963984540054, n = freedom, z3 = z*z*z, z5 = z3*z*z;
    return z + (z3 + z)/(4*n) + (5*z5 + 16*z3 + 3*z)/(96*n*n)
           + (3*z5*z*z + 19*z5 + 17*z3 - 15*z)/(384*n*n*n);
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
