/*
** test_series.c - medians and quartiles of samples.
*/
#include <criterion/criterion.h>

#include "base/series.h"

Test(series, quantiles_lie_between_the_nearest_samples)
{
    struct series s;
    cr_assert(series_open(&s));
    cr_expect_eq(series_quantile(&s, 0.5), 0);
    const double samples[] = { 4, 1, 3, 2 };
    for (int k = 0; k < 4; k++)
        series_add(&s, samples[k]);
    cr_expect_eq(series_quantile(&s, 0), 1);
    cr_expect_eq(series_quantile(&s, 0.25), 1.75);
    cr_expect_eq(series_quantile(&s, 0.5), 2.5);
    cr_expect_eq(series_quantile(&s, 1), 4);
    series_add(&s, 100);
    cr_expect_eq(series_quantile(&s, 0.5), 3);
    series_close(&s);
}

Test(series, drops_what_there_is_no_room_for)
{
    struct series s;
    cr_assert(series_open(&s));
    for (int k = 0; k < SERIES_ROOM; k++)
        series_add(&s, 1);
    series_add(&s, 2);
    cr_expect_eq(s.count, SERIES_ROOM);
    cr_expect_eq(series_quantile(&s, 1), 1);
    series_close(&s);
}
