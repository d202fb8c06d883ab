/*
** nearest.c - the distance of two words. It must never take a word for another one that somebody
** may have meant: a wrong guess is worse than none.
*/
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { NEAREST_WORD = 64, NEAREST_MOVE = 2, NEAREST_CHANGE = 3 };

/* What a letter lost, won or swapped costs, and another one. */
struct nearest_costs { int move, change; };

static int nearest_min(int a, int b)
{
    return a < b ? a : b;
}

static char nearest_small(char c)
{
    return (char)tolower((unsigned char)c);
}

/* What words as long as the longer one forgive. */
static int nearest_limit(int length)
{
    return length < 3 ? 0 : length < 5 ? NEAREST_CHANGE : length < 8 ? 2*NEAREST_MOVE
                                                                     : 2*NEAREST_CHANGE;
}

/* Row i of the table of distances, from the two before; returns its least. */
static int nearest_row(const char *a, const char *b, int n, int i, struct nearest_costs cost,
                       int row[3][NEAREST_WORD + 1])
{
    int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
    int least = now[0] = i*cost.move;
    for (int j = 1; j <= n; j++) {
        char x = nearest_small(a[i - 1]), y = nearest_small(b[j - 1]);
        now[j] = nearest_min(nearest_min(last[j], now[j - 1]) + cost.move,
                             last[j - 1] + (x == y ? 0 : cost.change));
        if (i > 1 && j > 1 && x == nearest_small(b[j - 2]) && nearest_small(a[i - 2]) == y)
            now[j] = nearest_min(now[j], before[j - 2] + cost.move);
        least = nearest_min(least, now[j]);
    }
    return least;
}

/* Beyond the limit any number above it. */
static int nearest_distance(const char *word, int m, const char *known, int n,
                            struct nearest_costs cost, int limit)
{
    int row[3][NEAREST_WORD + 1];
    for (int j = 0; j <= n; j++)
        row[0][j] = j*cost.move;
    for (int i = 1, last = 0; i <= m; i++) {
        int now = nearest_row(word, known, n, i, cost, row);
        if (now > limit && last > limit)      /* a swap reaches over one row */
            return now;
        last = now;
    }
    return row[m % 3][n];
}

int nearest_slips(const char *word, const char *known)
{
    word += strspn(word, "-");
    known += strspn(known, "-");
    size_t long_m = strlen(word), long_n = strlen(known);
    if (long_m > NEAREST_WORD || long_n > NEAREST_WORD || !long_m || !long_n)
        return -1;
    int m = (int)long_m, n = (int)long_n, longer = m > n ? m : n;
    int limit = nearest_limit(longer);
    if ((longer - nearest_min(m, n))*NEAREST_MOVE > limit)
        return -1;
    struct nearest_costs judged = { NEAREST_MOVE, NEAREST_CHANGE }, counted = { 1, 1 };
    int cost = nearest_distance(word, m, known, n, judged, limit);
    bool first = nearest_small(*word) == nearest_small(*known);
    if (cost > limit || (longer < 5 && cost == NEAREST_CHANGE && !first))
        return -1;
    return nearest_distance(word, m, known, n, counted, limit);
}
