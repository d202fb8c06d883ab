/*
** grid.c - reads grids and seeds. It must never round a bound that was given.
*/
#include "sweep/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/dmath.h"
#include "runtime/base/error.h"
#include "base/die.h"
#include "base/text.h"

static char *piece(const char *s, size_t length)
{
    char *copy = alloc(length + 1, 1);
    memcpy(copy, s, length);
    return copy;
}

bool axis_number(const char *value, double *out)
{
    char *end;
    *out = strtod(value, &end);
    return end > value && !*end && isfinite(*out);
}

static bool add(struct axis *a, const char *s, size_t length, char *err)
{
    char *value = piece(s, length);
    for (int k = 0; k < a->count; k++)
        if (!strcmp(a->value[k], value))
            return error_set(err, "%s: %s is there twice", a->name, value);
    if (!length || value[strcspn(value, "\n\r=\"")])
        return error_set(err, "%s: a value is missing, or has a quote, a = or a line's end in it",
                         a->name);
    if (strlen(a->name) + length + 2 > MAX_TAG)
        return error_set(err, "%s: name and value have more than %d letters", a->name,
                         MAX_TAG - 2);
    if (a->count == MAX_POINTS)
        return error_set(err, "%s: more than %d values", a->name, MAX_POINTS);
    a->value[a->count++] = value;
    return true;
}

/* Between the bounds, which stay as they are written, six digits are enough to be told apart. */
static bool points(struct axis *a, const char *const bound[2], bool log, long n, char *err)
{
    double low, high;
    if (!axis_number(bound[0], &low) || !axis_number(bound[1], &high) || low >= high)
        return error_set(err, "%s: %s:%s are no two numbers, the lesser first", a->name, bound[0],
                         bound[1]);
    if (log && low <= 0)
        return error_set(err, "%s: %s has no logarithm; lin%ld for log%ld", a->name, bound[0], n,
                         n);
    for (long k = 0; k < n; k++) {
        const double share = (double)k/(double)(n - 1);
        char text[40];
        if (k == 0 || k == n - 1)
            snprintf(text, sizeof text, "%.38s", bound[k > 0]);
        else
            snprintf(text, sizeof text, "%.6g",
                     log ? math_exp(math_log(low) + share*(math_log(high) - math_log(low)))
                         : low + share*(high - low));
        if (!add(a, text, strlen(text), err))
            return false;
    }
    return true;
}

/* LOW:HIGH:log5 */
static bool range(struct axis *a, const char *s, char *err)
{
    const size_t first = strcspn(s, ":"), second = strcspn(s + first + 1, ":");
    const char *const bound[2] = { piece(s, first), piece(s + first + 1, second) };
    const char *how = s + first + 1 + second;
    char *end = NULL;
    const bool log = !strncmp(how, ":log", 4);
    long n = log || !strncmp(how, ":lin", 4) ? strtol(how + 4, &end, 10) : 0;
    if (!end || *end || how[4] < '0' || how[4] > '9' || n < 2 || n > MAX_POINTS)
        return error_set(err, "%s=%s: expected LOW:HIGH:log5 or LOW:HIGH:lin5, of 2 to %d values",
                         a->name, s, MAX_POINTS);
    return points(a, bound, log, n, err);
}

bool axis_read(struct axis *a, const char *argument, char *err)
{
    const size_t length = strcspn(argument, "=");
    *a = (struct axis){ .name = piece(argument, length),
                        .value = alloc(MAX_POINTS, sizeof *a->value) };
    const char *at = argument + length + 1;
    for (size_t k = 0; k < length; k++)
        if (!in_word(argument[k]) && argument[k] != '-')
            return error_set(err, "takes NAME=VALUES, not \"%s\"", argument);
    if (!length || !argument[length] || !*at)
        return error_set(err, "takes NAME=VALUES, not \"%s\"", argument);
    if (!strcmp(a->name, "seed"))
        return error_set(err, "%s: seeds are --seeds 1-10", a->name);
    if (strchr(at, ':'))
        return range(a, at, err);
    for (;; at++) {
        const size_t end = strcspn(at, ",");
        if (!add(a, at, end, err))
            return false;
        at += end;
        if (!*at)
            return true;
    }
}

/* A seed, to the end of its digits. */
static bool seed(const char **s, long long *out)
{
    enum { DIGITS = 15 };           /* of what programs take */
    const size_t digits = strspn(*s, "0123456789");
    *out = atoll(*s);
    *s += digits;
    return digits > 0 && digits <= DIGITS;
}

bool axis_read_seeds(struct axis *a, const char *argument, char *err)
{
    *a = (struct axis){ .name = "seed", .value = alloc(MAX_POINTS, sizeof *a->value) };
    const char *at = argument;
    for (;; at++) {
        long long from, to;
        bool good = seed(&at, &from);
        to = from;
        if (good && *at == '-') {
            at++;
            good = seed(&at, &to);
        }
        if (!good || to < from || (*at && *at != ','))
            return error_set(err, "takes seeds as 1-10 or 1,2,5, not \"%s\"", argument);
        for (; from <= to; from++) {
            char text[24];
            snprintf(text, sizeof text, "%lld", from);
            if (!add(a, text, strlen(text), err))
                return false;
        }
        if (!*at)
            return true;
    }
}
