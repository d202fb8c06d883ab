/*
** ranks_sum.c - the sum of groups' gradients. Each rank adds its groups to the sum of those before,
** segment by segment, and hands it on; the last, which always has a group, has it all, and sends it
** to all. So a rank gets the gradient's size twice at most. It goes on between the items of the
** regions after, and must never wait there.
*/
#include "core/ranks_sum.h"

#if LATHE_MPI

#include <stdlib.h>
#include <string.h>

#include "core/cut.h"

enum { RANKS_SEGMENT = 1 << 14,     /* reals that go from rank to rank at a time, */
       RANKS_ITEM = 1 << 12,        /* and that a thread adds */
       RANKS_SUM = 3 };             /* messages' tag */

/* The sum that is under way. */
static struct {
    const struct exchange *x;       /* or NULL */
    const struct exchange *early;   /* the one before it, which had to end for it, or NULL */
    real *all, *own;                /* where the sum is to be; this rank's first group */
    int groups, from, to;           /* this rank's; neighbours with groups, or -1 */
    int segments, added, shared;    /* shared: they are on their way to all */
    MPI_Request in[2], *out, *share;        /* [segments] */
    real *before[2];                /* [RANKS_SEGMENT]: what comes, by turns */
} sum;

static size_t ranks_sum_count(int segment)
{
    const size_t left = sum.x->size - (size_t)segment*RANKS_SEGMENT;
    return left < RANKS_SEGMENT ? left : RANKS_SEGMENT;
}

/* A segment of the groups' sum. */
struct ranks_segment {
    real *sum;                  /* the first group's, of this rank; the others `size` further on */
    const real *before;         /* what ranks before this one have added; NULL: there is none */
    size_t count, size;
    int groups;
};

static void ranks_add(void *context, int item, int items, int thread)
{
    const struct ranks_segment *s = context;
    const size_t from = (size_t)item*RANKS_ITEM;
    const size_t to = s->count - from < RANKS_ITEM ? s->count : from + RANKS_ITEM;
    (void)items;
    (void)thread;
    for (size_t k = from; k < to && s->before; k++)
        s->sum[k] = s->before[k] + s->sum[k];
    for (int g = 1; g < s->groups; g++)
        for (size_t k = from; k < to; k++)
            s->sum[k] += s->sum[(size_t)g*s->size + k];
}

/* The nearest rank in a direction that has groups, or -1. */
static int ranks_neighbour(int n, int step)
{
    int first = 0, end = 0, k = ranks.number + step;
    for (; k >= 0 && k < ranks.count; k += step) {
        cut_own(n, true, k, ranks.count, &first, &end);
        if (end > first)
            return k;
    }
    return -1;
}

static bool ranks_arrived(MPI_Request *request, bool wait)
{
    int done = 1;
    ranks_sure(wait ? MPI_Wait(request, MPI_STATUS_IGNORE)
                    : MPI_Test(request, &done, MPI_STATUS_IGNORE));
    return done;
}

static void ranks_sum_listen(int segment)
{
    if (sum.groups && sum.from >= 0 && segment < sum.segments)
        ranks_sure(MPI_Irecv(sum.before[segment % 2], (int)ranks_sum_count(segment), REALS,
                             sum.from, RANKS_SUM, MPI_COMM_WORLD, &sum.in[segment % 2]));
}

/* wait: all threads are idle, and can add; else this one does. */
static void ranks_sum_add(const struct engine *e, bool wait)
{
    const size_t at = (size_t)sum.added*RANKS_SEGMENT;
    struct ranks_segment s = { sum.own + at, sum.from < 0 ? NULL : sum.before[sum.added % 2],
                               ranks_sum_count(sum.added), sum.x->size, sum.groups };
    const int items = (int)((s.count + RANKS_ITEM - 1) / RANKS_ITEM);
    ranks_sum_listen(sum.added + 1);
    if (wait)
        workers_run(e->workers, items, ranks_add, &s);
    for (int k = 0; k < items && !wait; k++)
        ranks_add(&s, k, items, 0);
    if (sum.to >= 0)
        ranks_sure(MPI_Isend(s.sum, (int)s.count, REALS, sum.to, RANKS_SUM, MPI_COMM_WORLD,
                             &sum.out[sum.added]));
    else if (sum.own != sum.all)
        memcpy(sum.all + at, s.sum, s.count*sizeof(real));
    sum.added++;
}

/* A segment's sum comes to where its first group was, which must have left. */
static bool ranks_sum_share(bool wait)
{
    const int k = sum.shared;
    if (sum.groups && (sum.added == k || !ranks_arrived(&sum.out[k], wait)))
        return false;
    ranks_sure(MPI_Ibcast(sum.all + (size_t)k*RANKS_SEGMENT, (int)ranks_sum_count(k), REALS,
                          ranks.count - 1, ranks.sums, &sum.share[k]));
    sum.shared++;
    return true;
}

static void ranks_sum_advance(const struct engine *e, bool wait)
{
    bool moves = true;
    while (moves && sum.shared < sum.segments) {
        moves = false;
        if (sum.groups && sum.added < sum.segments
            && (sum.from < 0 || ranks_arrived(&sum.in[sum.added % 2], wait))) {
            ranks_sum_add(e, wait);
            moves = true;
        }
        moves |= ranks_sum_share(wait);
    }
}

void ranks_sum_more(const struct engine *e)
{
    int done;
    if (!sum.x)
        return;
    ranks_sum_advance(e, false);
    ranks_sure(MPI_Testall(sum.shared, sum.share, &done, MPI_STATUSES_IGNORE));
}

static void ranks_sum_end(const struct engine *e)
{
    if (sum.x) {
        ranks_sum_advance(e, true);
        ranks_sure(MPI_Waitall(sum.segments, sum.share, MPI_STATUSES_IGNORE));
    }
    sum.early = sum.x;
    sum.x = NULL;
}

void ranks_sum_begin(const struct engine *e, const struct exchange *x)
{
    const int n = e->step.n, groups = n < GROUPS ? n : GROUPS;
    int first, end;
    ranks_sum_end(e);
    cut_own(n, true, ranks.number, ranks.count, &first, &end);
    sum.x = x;
    sum.all = e->arena + x->at;
    sum.own = sum.all + (size_t)first*x->size;
    sum.groups = end - first;
    sum.from = ranks_neighbour(n, -1);
    sum.to = ranks_neighbour(n, 1);
    sum.segments = (int)((x->size + RANKS_SEGMENT - 1) / RANKS_SEGMENT);
    sum.added = sum.shared = 0;
    for (int k = 0; k < sum.segments; k++)
        sum.out[k] = MPI_REQUEST_NULL;
    ranks_sum_listen(0);
    const int adders = groups < ranks.count ? groups : ranks.count;
    ranks_moved((double)x->size*(adders - 1 + ranks.count - 1));
}

void ranks_sum_finish(const struct engine *e, const struct exchange *x)
{
    if (sum.early != x && sum.x != x)
        ranks_sum_begin(e, x);
    if (sum.x == x)
        ranks_sum_end(e);
    sum.early = NULL;
}

bool ranks_sum_open(const struct model *m)
{
    size_t most = 1;
    for (int k = 0; k < m->nexchanges; k++)
        if (m->exchanges[k].kind == EXCHANGE_GROUPS && m->exchanges[k].size > most)
            most = m->exchanges[k].size;
    most = (most + RANKS_SEGMENT - 1) / RANKS_SEGMENT;
    sum.out = calloc(most, sizeof *sum.out);
    sum.share = calloc(most, sizeof *sum.share);
    sum.before[0] = calloc(RANKS_SEGMENT, sizeof(real));
    sum.before[1] = calloc(RANKS_SEGMENT, sizeof(real));
    return sum.out && sum.share && sum.before[0] && sum.before[1];
}

void ranks_sum_close(void)
{
    free(sum.out);
    free(sum.share);
    free(sum.before[0]);
    free(sum.before[1]);
}

#endif
