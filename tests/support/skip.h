/*
** skip.h - a test that cannot run here says so by name: Criterion alone only counts it.
*/
#ifndef LATHE_TEST_SKIP_H
#define LATHE_TEST_SKIP_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

static inline void skip_test(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void skip_test(const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    fprintf(stderr, "[SKIP] %s::%s: %s\n", criterion_current_test->category,
            criterion_current_test->name, reason);
    cr_skip_test("%s", reason);
}

#endif
