/*
** ranks_move.c - what ranks send each other: images, the groups' gradients, what regions read of
** other ranks' images, parameters. MPI moves them; it must never add them: its order is its own.
*/
#include "core/ranks_move.h"

#if LATHE_MPI

#include <stdlib.h>
#include <string.h>

#include "core/cut.h"

enum { RANKS_BLOCK = 1, RANKS_PANELS };     /* messages' tags */

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
        cut_own(e->step.n, false, k, ranks.count, &first, &end);
        ranks.counts[k] = (int)((size_t)(end - first)*size);
        ranks.starts[k] = (int)((size_t)first*size);
    }
}

void ranks_moved(double reals)
{
    ranks.traffic.moved += reals*sizeof(real);
}

void ranks_gather(const struct engine *e, const struct exchange *x)
{
    ranks_lay_out(e, x->size);
    ranks_moved((double)e->step.n*(double)x->size*(ranks.count - 1));
    ranks_sure(MPI_Allgatherv(MPI_IN_PLACE, 0, REALS, e->arena + x->at, ranks.counts, ranks.starts,
                              REALS, MPI_COMM_WORLD));
}

/* ---- panels ---- */

/* The columns of a rank's panels; a map may end before the last panel does. */
static void ranks_columns(int columns, int rank, int *from, int *to)
{
    cut_own_panels((columns + PANEL - 1) / PANEL, rank, ranks.count, from, to);
    *from *= PANEL;
    *to = *to*PANEL < columns ? *to*PANEL : columns;
}

/* Columns of one rank's panels, of another's images. */
static MPI_Request ranks_block(const struct engine *e, const struct exchange *x, int panels,
                               int images, int peer, bool sends)
{
    MPI_Datatype type;
    MPI_Request request = MPI_REQUEST_NULL;
    int first, end, from, to;
    cut_own(e->step.n, false, images, ranks.count, &first, &end);
    ranks_columns(x->columns, panels, &from, &to);
    if (first == end || from >= to)
        return request;
    real *at = e->arena + x->at + (size_t)first*x->size + from;
    ranks_sure(MPI_Type_vector(end - first, to - from, (int)x->size, REALS, &type));
    ranks_sure(MPI_Type_commit(&type));
    ranks_sure(sends ? MPI_Isend(at, 1, type, peer, RANKS_BLOCK, MPI_COMM_WORLD, &request)
                     : MPI_Irecv(at, 1, type, peer, RANKS_BLOCK, MPI_COMM_WORLD, &request));
    ranks_sure(MPI_Type_free(&type));
    return request;
}

/* From who has an image to who has the panels, or back. */
void ranks_turn(const struct engine *e, const struct exchange *x)
{
    const bool back = x->kind == EXCHANGE_TO_IMAGES;
    const int own = ranks.number;
    MPI_Request *request = ranks.requests + ranks.pending;
    for (int peer = 0; peer < ranks.count; peer++) {
        MPI_Request *both = request + 2*peer;
        both[0] = both[1] = MPI_REQUEST_NULL;
        if (peer == own)
            continue;
        both[0] = ranks_block(e, x, back ? peer : own, back ? own : peer, peer, false);
        both[1] = ranks_block(e, x, back ? own : peer, back ? peer : own, peer, true);
    }
    ranks_sure(MPI_Waitall(2*ranks.count, request, MPI_STATUSES_IGNORE));
    for (int k = 0; k < ranks.count; k++) {
        int first, end, from, to;
        cut_own(e->step.n, false, k, ranks.count, &first, &end);
        ranks_columns(x->columns, k, &from, &to);
        ranks_moved((double)(e->step.n - (end - first))*(to - from));
    }
}

/* What lies in a row, so much for each of a panel's columns or for a panel, goes from who has
** computed it to all. */
struct ranks_row { void *at; size_t size; MPI_Datatype type; int each; bool of_panels; };

/* An owner's part: to a peer from this rank, or here from a peer whose it is. */
static void ranks_part(const struct ranks_row *row, int columns, int owner, int peer)
{
    int from, to;
    ranks_columns(columns, owner, &from, &to);
    if (row->of_panels) {
        from /= PANEL;
        to = (to + PANEL - 1) / PANEL;
    }
    if (from >= to)
        return;
    char *at = (char *)row->at + (size_t)from*(size_t)row->each*row->size;
    MPI_Request *request = &ranks.requests[ranks.pending++];
    const int count = (to - from)*row->each;
    ranks_sure(owner == ranks.number
               ? MPI_Isend(at, count, row->type, peer, RANKS_PANELS, MPI_COMM_WORLD, request)
               : MPI_Irecv(at, count, row->type, peer, RANKS_PANELS, MPI_COMM_WORLD, request));
}

static void ranks_spread(const struct ranks_row *row, int columns)
{
    for (int peer = 0; peer < ranks.count; peer++)
        if (peer != ranks.number) {
            ranks_part(row, columns, ranks.number, peer);
            ranks_part(row, columns, peer, peer);
        }
    ranks_moved((double)columns*(ranks.count - 1)*row->each/(row->of_panels ? PANEL : 1));
}

static struct ranks_row ranks_values(const struct engine *e, const struct exchange *x, size_t at)
{
    return (struct ranks_row){ e->arena + at, sizeof(real), REALS, (int)x->size, false };
}

/* The weight or, where it is only stored, its gradient; and the sums of squares. */
void ranks_panels(const struct engine *e, const struct exchange *x)
{
    const struct param *p = &e->model->params[x->param];
    const struct rule *rule = &e->rule[x->param];
    const struct ranks_row sums = { e->step.sumsq + p->sumsq, sizeof(double), MPI_DOUBLE, 1, true };
    const struct ranks_row row = ranks_values(e, x, rule->kind == UPDATE_STORE ? p->m : p->at);
    ranks_spread(&sums, x->columns);
    if (!rule->still)
        ranks_spread(&row, x->columns);
}

void ranks_moments(const struct engine *e)
{
    for (int k = 0; k < e->model->nexchanges; k++) {
        const struct exchange *x = &e->model->exchanges[k];
        if (x->kind != EXCHANGE_PANELS)
            continue;
        const struct ranks_row first = ranks_values(e, x, e->model->params[x->param].m),
                               second = ranks_values(e, x, e->model->params[x->param].v);
        ranks_spread(&first, x->columns);
        ranks_spread(&second, x->columns);
    }
}

void ranks_settle(void)
{
    ranks_sure(MPI_Waitall(ranks.pending, ranks.requests, MPI_STATUSES_IGNORE));
    ranks.pending = 0;
}

/* ---- from rank 0 ---- */

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
    cut_own(e->step.n, false, 0, ranks.count, &first, &end);
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

void ranks_parameters(struct engine *e, bool moments)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        ranks_reals(e->arena + p->at, p->stored);
        if (moments) {
            ranks_reals(e->arena + p->m, p->stored);
            ranks_reals(e->arena + p->v, p->stored);
        }
    }
    if (ranks.number)
        engine_pack_all(e);
}

/* What may be under way at once: an exchange of columns, and of each weight, or its moments, in
** panels two rows. */
bool ranks_move_open(const struct model *m)
{
    size_t panels = 1;
    for (int k = 0; k < m->nexchanges; k++)
        panels += m->exchanges[k].kind == EXCHANGE_PANELS ? 2 : 0;
    ranks.counts = calloc((size_t)ranks.count, sizeof *ranks.counts);
    ranks.starts = calloc((size_t)ranks.count, sizeof *ranks.starts);
    ranks.requests = calloc(panels*2*(size_t)ranks.count, sizeof(MPI_Request));
    return ranks.counts && ranks.starts && ranks.requests;
}

void ranks_move_close(void)
{
    free(ranks.requests);
    free(ranks.counts);
    free(ranks.starts);
}

#endif
