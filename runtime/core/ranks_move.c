/*
** ranks_move.c - what ranks send each other: images, the groups' gradients, what regions read of
** other ranks' images, parameters. MPI moves them; it must never add them: its order is its own.
*/
#include "core/ranks_move.h"

#if LATHE_MPI

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#define REALS (LATHE_F64 ? MPI_DOUBLE : MPI_FLOAT)

enum { RANKS_SEGMENT = 1 << 16,     /* reals that go from rank to rank at a time, */
       RANKS_ITEM = 1 << 12 };      /* and that a thread adds */

/* All of what this rank has said, with its number, and the end of all. */
void ranks_abort(const char *what)
{
    char text[4096] = "";
    size_t length = 0;
    if (ranks.said) {
        fflush(stderr);
        rewind(ranks.said);
        length = fread(text, 1, sizeof text - 1, ranks.said);
    }
    FILE *out = ranks.number ? fdopen(ranks.terminal, "w") : stderr;
    if (out) {
        fprintf(out, "rank %d of %d: %s%.*s\n", ranks.number, ranks.count, what, (int)length, text);
        fflush(out);
    }
    MPI_Abort(MPI_COMM_WORLD, 1);
    _Exit(1);
}

void ranks_sure(int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    if (code == MPI_SUCCESS)
        return;
    MPI_Error_string(code, text, &length);
    ranks_abort(text);
}

/* Counts and starts of `size` reals of each image. */
static void ranks_lay_out(const struct engine *e, size_t size)
{
    for (int k = 0; k < ranks.count; k++) {
        int first, end;
        engine_own(e->step.n, false, k, ranks.count, &first, &end);
        ranks.counts[k] = (int)((size_t)(end - first)*size);
        ranks.starts[k] = (int)((size_t)first*size);
    }
}

/* By all ranks together. */
static void ranks_moved(double reals)
{
    ranks.traffic.moved += reals*sizeof(real);
}

static void ranks_gather(const struct engine *e, const struct exchange *x)
{
    ranks_lay_out(e, x->size);
    ranks_moved((double)e->step.n*(double)x->size*(ranks.count - 1));
    ranks_sure(MPI_Allgatherv(MPI_IN_PLACE, 0, REALS, e->arena + x->at, ranks.counts, ranks.starts,
                              REALS, MPI_COMM_WORLD));
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
        engine_own(n, true, k, ranks.count, &first, &end);
        if (end > first)
            return k;
    }
    return -1;
}

/* Each rank adds its groups to the sum of those before, segment by segment, and hands it on; the
** last, which always has one, has it all. So a rank gets the gradient's size twice at most. */
static void ranks_sum(const struct engine *e, const struct exchange *x)
{
    int first, end;
    engine_own(e->step.n, true, ranks.number, ranks.count, &first, &end);
    const int from = ranks_neighbour(e->step.n, -1), to = ranks_neighbour(e->step.n, 1);
    const int last = ranks.count - 1;
    real *all = e->arena + x->at, *own = all + (size_t)first*x->size;
    MPI_Request request = MPI_REQUEST_NULL;
    for (size_t at = 0; at < x->size && end > first; at += RANKS_SEGMENT) {
        const size_t count = x->size - at < RANKS_SEGMENT ? x->size - at : RANKS_SEGMENT;
        struct ranks_segment s = { own + at, from < 0 ? NULL : ranks.before, count, x->size,
                                   end - first };
        if (from >= 0)
            ranks_sure(MPI_Recv(ranks.before, (int)count, REALS, from, 0, MPI_COMM_WORLD,
                                MPI_STATUS_IGNORE));
        workers_run(e->workers, (int)((count + RANKS_ITEM - 1) / RANKS_ITEM), ranks_add, &s);
        ranks_sure(MPI_Wait(&request, MPI_STATUS_IGNORE));
        if (to >= 0)
            ranks_sure(MPI_Isend(s.sum, (int)count, REALS, to, 0, MPI_COMM_WORLD, &request));
    }
    ranks_sure(MPI_Wait(&request, MPI_STATUS_IGNORE));
    if (ranks.number == last && first > 0)
        memcpy(all, own, x->size*sizeof(real));
    ranks_sure(MPI_Bcast(all, (int)x->size, REALS, last, MPI_COMM_WORLD));
    const int groups = e->step.n < GROUPS ? e->step.n : GROUPS;
    const int adders = groups < ranks.count ? groups : ranks.count;
    ranks_moved((double)x->size*(adders - 1 + ranks.count - 1));
}

void ranks_exchange(const struct engine *e, const struct exchange *x)
{
    (x->groups ? ranks_sum : ranks_gather)(e, x);
}

/* From rank 0 to each its images. */
static void ranks_scatter(const struct engine *e, real *at, size_t size, size_t last)
{
    void *own = MPI_IN_PLACE;
    ranks_lay_out(e, size);
    for (int k = 0; k < ranks.count; k++)
        if (ranks.counts[k])
            ranks.counts[k] -= (int)(size - last);
    if (ranks.number)
        own = at + ranks.starts[ranks.number];
    ranks_sure(MPI_Scatterv(at, ranks.counts, ranks.starts, REALS, own,
                            ranks.counts[ranks.number], REALS, 0, MPI_COMM_WORLD));
}

/* Images, and what they are compared with. */
void ranks_images(struct engine *e)
{
    const struct model *m = e->model;
    const size_t last = (size_t)(m->in_h - 1)*m->input_row + (size_t)m->in_w*(size_t)m->in_c;
    const size_t classes = (size_t)m->classes;
    const double moved = ranks.traffic.moved;
    int first, end;
    engine_own(e->step.n, false, 0, ranks.count, &first, &end);
    ranks_moved((double)(e->step.n - end)*((double)last + (m->target != TARGET_LABEL
                                                          ? (double)classes : 0)));
    ranks.traffic.images += ranks.traffic.moved - moved;
    ranks_scatter(e, e->arena + m->input, m->input_image, last);
    if (m->target != TARGET_LABEL)
        ranks_scatter(e, e->targets, classes, classes);
}

void ranks_broadcast(void *bytes, size_t size)
{
    ranks_sure(MPI_Bcast(bytes, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD));
}

static void ranks_reals(real *at, size_t count)
{
    ranks_sure(MPI_Bcast(at, (int)count, REALS, 0, MPI_COMM_WORLD));
}

void ranks_parameters(struct engine *e)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        ranks_reals(e->arena + p->at, p->stored);
        ranks_reals(e->arena + p->m, p->stored);
        ranks_reals(e->arena + p->v, p->stored);
    }
    if (ranks.number)
        engine_pack_all(e);
}

bool ranks_move_open(void)
{
    ranks.counts = calloc((size_t)ranks.count, sizeof *ranks.counts);
    ranks.starts = calloc((size_t)ranks.count, sizeof *ranks.starts);
    ranks.before = calloc(RANKS_SEGMENT, sizeof(real));
    return ranks.counts && ranks.starts && ranks.before;
}

void ranks_move_close(void)
{
    free(ranks.before);
    free(ranks.counts);
    free(ranks.starts);
}

#endif
