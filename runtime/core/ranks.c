/*
** ranks.c - one training on several processes, over MPI. Rank 0 sends an order before each step;
** all then run it, and tell each other what model->exchanges lists. MPI moves bytes: it must never
** add them. Only the thread that called ranks_begin calls it.
*/
#include "core/ranks.h"

#if LATHE_MPI

#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/version.h"

#define REALS (LATHE_F64 ? MPI_DOUBLE : MPI_FLOAT)      /* moved, never added */

enum ranks_work { RANKS_LEAD, RANKS_STEP, RANKS_INFER, RANKS_END };

/* What rank 0 sends first. */
struct ranks_order {
    enum ranks_work work;
    int32_t n;
    int32_t frozen, keep_all, weighted;
    int32_t parameters;         /* they changed, and come, too */
    double clip;
    uint64_t seed, iteration;
};

/* After it, before a step: how each parameter is updated, [nparams]; what classes count, [classes];
** the labels, [batch]. */
struct ranks_rule { enum update_kind kind, update; int32_t still; struct hyper hyper; };

enum { RANKS_SEGMENT = 1 << 16,     /* reals that go from rank to rank at a time, */
       RANKS_ITEM = 1 << 12 };      /* and that a thread adds */

static struct {
    int number, count;
    bool leads, follows, ended;
    FILE *said;                  /* stderr of a rank but 0, until it is wanted */
    int terminal;                /* the real one */
    struct engine_share share;
    unsigned char *body;
    size_t body_size;
    int *counts, *starts;        /* [count] */
    real *before;                /* [RANKS_SEGMENT] */
    double moved;
    long steps;
} ranks = { .count = 1 };

/* ---- how a run ends ---- */

/* All of what this rank has said, with its number, and the end of all. */
static void ranks_abort(const char *what)
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

static void ranks_sure(int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    if (code == MPI_SUCCESS)
        return;
    MPI_Error_string(code, text, &length);
    ranks_abort(text);
}

/* Rank 0 alone speaks and listens: a terminal's Ctrl-C reaches all, and it is for rank 0 to end. */
static void ranks_hush(void)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGTERM, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    fflush(stderr);
    ranks.terminal = dup(STDERR_FILENO);
    ranks.said = tmpfile();
    if (!freopen("/dev/null", "w", stdout) || !ranks.said
        || dup2(fileno(ranks.said), STDERR_FILENO) < 0)
        ranks_abort("it has no file for what it says");
}

void ranks_begin(int *argc, char ***argv)
{
    int got;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &got) != MPI_SUCCESS)
        exit(1);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    ranks_sure(MPI_Comm_rank(MPI_COMM_WORLD, &ranks.number));
    ranks_sure(MPI_Comm_size(MPI_COMM_WORLD, &ranks.count));
    if (got < MPI_THREAD_FUNNELED)
        ranks_abort("this MPI allows no threads");
    ranks.share = (struct engine_share){ .rank = ranks.number, .ranks = ranks.count };
    if (ranks.number)
        ranks_hush();
}

int ranks_number(void)
{
    return ranks.number;
}

int ranks_count(void)
{
    return ranks.count;
}

static void ranks_order(struct ranks_order *order)
{
    ranks_sure(MPI_Bcast(order, sizeof *order, MPI_BYTE, 0, MPI_COMM_WORLD));
    ranks.ended = order->work == RANKS_END;
}

/* A rank that failed before it could follow: where rank 0 ends as well, that has said it; else this
** is the only one, and says why. */
int ranks_end(int status)
{
    struct ranks_order order = { .work = RANKS_END };
    if (!ranks.ended && ranks.count > 1)
        ranks_order(&order);
    if (!ranks.ended && ranks.count > 1)
        ranks_abort(status ? "" : "it has no part in this");
    free(ranks.body);
    free(ranks.before);
    free(ranks.counts);
    free(ranks.starts);
    MPI_Finalize();
    return ranks.number ? 0 : status;
}

/* ---- bytes ---- */

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

static void ranks_moved(size_t reals)
{
    ranks.moved += (double)reals*sizeof(real);
}

static void ranks_gather(const struct engine *e, const struct exchange *x)
{
    ranks_lay_out(e, x->size);
    ranks_moved((size_t)e->step.n*x->size - (size_t)ranks.counts[ranks.number]);
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
    ranks_moved((from >= 0 && end > first ? x->size : 0) + (ranks.number != last ? x->size : 0));
}

static void ranks_exchange(const struct engine *e, const struct exchange *x)
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
    if (ranks.number) {
        own = at + ranks.starts[ranks.number];
        ranks_moved((size_t)ranks.counts[ranks.number]);
    }
    ranks_sure(MPI_Scatterv(at, ranks.counts, ranks.starts, REALS, own,
                            ranks.counts[ranks.number], REALS, 0, MPI_COMM_WORLD));
}

/* Images, and what they are compared with. */
static void ranks_images(struct engine *e)
{
    const struct model *m = e->model;
    const size_t last = (size_t)(m->in_h - 1)*m->input_row + (size_t)m->in_w*(size_t)m->in_c;
    const size_t classes = (size_t)m->classes;
    ranks_scatter(e, e->arena + m->input, m->input_image, last);
    if (m->target != TARGET_LABEL)
        ranks_scatter(e, e->targets, classes, classes);
}

static void ranks_broadcast(void *at, size_t count, MPI_Datatype type)
{
    ranks_sure(MPI_Bcast(at, (int)count, type, 0, MPI_COMM_WORLD));
}

static void ranks_parameters(struct engine *e)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        ranks_broadcast(e->arena + p->at, p->stored, REALS);
        ranks_broadcast(e->arena + p->m, p->stored, REALS);
        ranks_broadcast(e->arena + p->v, p->stored, REALS);
    }
    if (ranks.number)
        engine_pack_all(e);
}

/* ---- orders ---- */

static enum update_kind ranks_find(const struct model *m, update_fn *update)
{
    enum update_kind kind = 0;
    while (m->update[kind] != update)
        kind++;
    return kind;
}

/* Where the parts of an order's rest lie in it. */
static struct ranks_rule *ranks_rules(void)
{
    return (struct ranks_rule *)(void *)ranks.body;
}

static real *ranks_weights(const struct model *m)
{
    return (real *)(void *)(ranks_rules() + m->nparams);
}

static int32_t *ranks_labels(const struct model *m)
{
    return (int32_t *)(void *)(ranks_weights(m) + m->classes);
}

static void ranks_write(const struct engine *e, int n, const int32_t *labels)
{
    const struct model *m = e->model;
    for (int k = 0; k < m->nparams; k++)
        ranks_rules()[k] = (struct ranks_rule){ .kind = e->rule[k].kind,
            .update = ranks_find(m, e->rule[k].update), .still = e->rule[k].still,
            .hyper = e->rule[k].hyper };
    if (e->weight)
        memcpy(ranks_weights(m), e->weight, (size_t)m->classes*sizeof(real));
    memcpy(ranks_labels(m), labels, (size_t)n*sizeof *labels);
}

static void ranks_read(struct engine *e, const struct ranks_order *o)
{
    const struct model *m = e->model;
    for (int k = 0; k < m->nparams; k++) {
        const struct ranks_rule *r = &ranks_rules()[k];
        e->rule[k] = (struct rule){ r->kind, m->update[r->update], r->hyper, r->still };
    }
    if (o->weighted)
        memcpy(e->weight, ranks_weights(m), (size_t)m->classes*sizeof(real));
    memcpy(e->labels, ranks_labels(m), (size_t)o->n*sizeof *e->labels);
    e->step.seed = o->seed;
    e->step.iteration = o->iteration;
    e->step.keep_all = o->keep_all;
    e->frozen = o->frozen;
}

/* What an order needs before it is done, the same on all ranks. */
static void ranks_prepare(struct engine *e, const struct ranks_order *o)
{
    e->step.n = o->n;
    if (o->parameters)
        ranks_parameters(e);
    if (o->work == RANKS_STEP)
        ranks_broadcast(ranks.body, ranks.body_size, MPI_BYTE);
    ranks_images(e);
}

static double ranks_run_step(struct engine *e, int n, const int32_t *labels, double clip)
{
    e->share = &ranks.share;
    const double loss = clip > 0 ? update_clipped(e, n, labels, clip)
                                 : engine_update(e, n, labels, MODE_TRAIN);
    e->share = NULL;
    return loss;
}

static void ranks_run_infer(struct engine *e, int n)
{
    e->share = &ranks.share;
    engine_infer(e, n);
    e->share = NULL;
    ranks_exchange(e, &(struct exchange){ .at = e->model->scores, .size = e->model->scores_image });
}

double ranks_step(struct engine *e, int n, const int32_t *labels, double clip)
{
    if (!ranks.leads)
        return clip > 0 ? update_clipped(e, n, labels, clip)
                        : engine_update(e, n, labels, MODE_TRAIN);
    struct ranks_order order = { RANKS_STEP, n, e->frozen, e->step.keep_all, e->weight != NULL,
                                 atomic_load(&e->packed), clip, e->step.seed, e->step.iteration };
    ranks_order(&order);
    ranks_write(e, n, labels);
    ranks_prepare(e, &order);
    const double loss = ranks_run_step(e, n, labels, clip);
    atomic_store(&e->packed, false);
    ranks.steps++;
    return loss;
}

void ranks_infer(struct engine *e, int n)
{
    if (!ranks.leads) {
        engine_infer(e, n);
        return;
    }
    struct ranks_order order = { .work = RANKS_INFER, .n = n,
                                 .parameters = atomic_load(&e->packed) };
    const double moved = ranks.moved;
    ranks_order(&order);
    ranks_prepare(e, &order);
    ranks_run_infer(e, n);
    atomic_store(&e->packed, false);
    ranks.moved = moved;
}

/* ---- a run ---- */

/* Of what must be the same for orders and exchanges to be understood. */
static uint64_t ranks_fingerprint(const struct model *m)
{
    uint64_t hash = hash_bytes(HASH_START, m->layers, strlen(m->layers));
    const size_t sizes[] = { sizeof(real), (size_t)m->batch, m->input_image, m->scores_image,
                             (size_t)m->nparams, (size_t)m->nexchanges };
    hash = hash_bytes(hash, LATHE_VERSION, sizeof LATHE_VERSION);
    hash = hash_bytes(hash, sizes, sizeof sizes);
    for (int k = 0; k < m->nparams; k++)
        hash = hash_bytes(hash, &m->params[k].stored, sizeof m->params[k].stored);
    for (int k = 0; k < m->nforward; k++)
        hash = hash_bytes(hash, m->forward[k].name, strlen(m->forward[k].name) + 1);
    for (int k = 0; k < m->nbackward; k++)
        hash = hash_bytes(hash, m->backward[k].name, strlen(m->backward[k].name) + 1);
    for (int k = 0; k < m->nexchanges; k++) {
        const size_t x[] = { (size_t)m->exchanges[k].from, m->exchanges[k].size };
        hash = hash_bytes(hash, x, sizeof x);
    }
    return hash_mix(hash);
}

/* All have the same network: every rank has all fingerprints then. */
static bool ranks_agree(const struct engine *e, char *err)
{
    uint64_t own = ranks_fingerprint(e->model);
    uint64_t *all = calloc((size_t)ranks.count, sizeof *all);
    int k = 0;
    if (!all)
        ranks_abort("not enough memory");
    ranks_sure(MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE,
                             MPI_COMM_WORLD));
    while (k < ranks.count && all[k] == all[0])
        k++;
    bool good = k == ranks.count
                || error_set(err, "rank %d of %d has another program, of fingerprint %016llx; that "
                             "of rank 0 is %016llx: start the same one, or the same build for "
                             "another instruction set, on every host", k, ranks.count,
                             (unsigned long long)all[k], (unsigned long long)all[0]);
    free(all);
    return good;
}

static bool ranks_join(struct engine *e, char *err)
{
    const struct model *m = e->model;
    ranks.share.exchange = ranks_exchange;
    ranks.counts = calloc((size_t)ranks.count, sizeof *ranks.counts);
    ranks.starts = calloc((size_t)ranks.count, sizeof *ranks.starts);
    ranks.body_size = (size_t)m->nparams*sizeof(struct ranks_rule)
                      + (size_t)m->classes*sizeof(real) + (size_t)m->batch*sizeof(int32_t);
    ranks.body = calloc(1, ranks.body_size);
    ranks.before = calloc(RANKS_SEGMENT, sizeof(real));
    return (ranks.counts && ranks.starts && ranks.body && ranks.before) || error_set(err, "not enough memory");
}

bool ranks_lead(struct engine *e, char *err)
{
    struct ranks_order order = { .work = RANKS_LEAD };
    if (ranks.count == 1)
        return true;
    if (!ranks_join(e, err))
        return false;
    ranks_order(&order);
    ranks.leads = ranks_agree(e, err);
    atomic_store(&e->packed, true);
    return ranks.leads;
}

/* Memory that rank 0's options gave its engine. */
static bool ranks_room(struct engine *e, const struct ranks_order *o, char *err)
{
    const struct model *m = e->model;
    bool muon = false;
    for (int k = 0; k < m->nparams; k++)
        muon |= ranks_rules()[k].kind == UPDATE_MUON;
    if (o->weighted && !e->weight)
        e->weight = calloc((size_t)m->classes, sizeof *e->weight);
    return (!muon || e->after || update_make_room(e, err))
           && (o->clip <= 0 || update_make_gradients(e, err))
           && (!o->weighted || e->weight || error_set(err, "not enough memory"));
}

bool ranks_follow(struct engine *e, char *err)
{
    struct ranks_order order;
    bool good = ranks_join(e, err);
    while (good) {
        ranks_order(&order);
        if (order.work == RANKS_END)
            break;
        if (order.work == RANKS_LEAD) {
            good = ranks_agree(e, err);
            continue;
        }
        ranks_prepare(e, &order);
        if (order.work == RANKS_INFER) {
            ranks_run_infer(e, order.n);
            continue;
        }
        good = ranks_room(e, &order, err);
        if (good) {
            ranks_read(e, &order);
            ranks_run_step(e, order.n, e->labels, order.clip);
        }
    }
    return good;
}

struct ranks_traffic ranks_traffic(void)
{
    return (struct ranks_traffic){ ranks.moved, 0, ranks.steps };
}

#endif
