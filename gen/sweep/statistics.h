/*
** statistics.h - what some numbers say of the mean that they were drawn around.
*/
#ifndef LATHE_STATISTICS_H
#define LATHE_STATISTICS_H

/* nan: too few numbers for it. */
struct spread {
    int count;
    double mean;
    double deviation;           /* of the sample: over count - 1 */
    double interval;            /* half of the 95 % interval of the mean, by Student's t */
};

struct spread spread_of(const double *x, int count);

/* The t with P(-t <= T <= t) = 0.95 for Student's T of so many degrees of freedom, 1 or more, to
** five digits. */
double student_95(int freedom);

#endif
