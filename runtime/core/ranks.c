/*
** ranks.c - one training on several processes, over MPI. Rank 0 sends an order before each step;
** all then run it, and tell each other what model->exchanges lists (ranks_move.c). Only the thread
** that called ranks_begin may call MPI.
*/
#include "core/ranks.h"

#if LATHE_MPI

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/version.h"
#include "core/cut.h"
#include "core/params.h"
#include "core/ranks_sum.h"

enum ranks_work { RANKS_LEAD, RANKS_STEP, RANKS_INFER, RANKS_COLLECT, RANKS_END };

/* What rank 0 sends first. */
struct ranks_order {
    enum ranks_work work;
    int32_t n;
    int32_t frozen, keep_all, weighted;
    int32_t parameters, moments;        /* they changed, and come, too */
    int32_t images;             /* they come as well; else each rank has its own */
    int32_t next;               /* and which come next, for each to read */
    uint64_t next_epoch, next_iteration;
    double clip;
    uint64_t seed, iteration;
};

/* After it, before a step: how each parameter is updated, [nparams]; what classes count, [classes];
** the labels, [batch]; the next images, [batch]. */
struct ranks_rule { enum update_kind kind, update; int32_t still; struct hyper hyper; };

struct ranks_state ranks = { .count = 1 };

/* ---- how a run ends ---- */

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
    ranks_sure(MPI_Comm_dup(MPI_COMM_WORLD, &ranks.sums));
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
    ranks_broadcast(order, sizeof *order);
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
    ranks_sum_close();
    ranks_move_close();
    MPI_Finalize();
    return ranks.number ? 0 : status;
}

/* ---- what the engine calls ---- */

static void ranks_begin_exchange(const struct engine *e, const struct exchange *x)
{
    if (x->kind == EXCHANGE_GROUPS)
        ranks_sum_begin(e, x);
    else if (x->kind == EXCHANGE_PANELS)
        ranks_panels(e, x);
    else
        ranks_turn(e, x);
}

static void ranks_finish_exchange(const struct engine *e, const struct exchange *x)
{
    if (x->kind == EXCHANGE_GROUPS)
        ranks_sum_finish(e, x);
    else if (x->kind == EXCHANGE_IMAGES)
        ranks_gather(e, x);
    else
        ranks_turn(e, x);
}

/* MPI works while it is called. */
static void ranks_progress(const struct engine *e)
{
    int done;
    ranks_sum_more(e);
    if (ranks.pending)
        ranks_sure(MPI_Testall(ranks.pending, ranks.requests, &done, MPI_STATUSES_IGNORE));
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

static uint32_t *ranks_index(const struct model *m)
{
    return (uint32_t *)(void *)(ranks_labels(m) + m->batch);
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
    if (ranks.next)
        memcpy(ranks_index(m), ranks.next->index, (size_t)n*sizeof *ranks.next->index);
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
        ranks_parameters(e, o->moments);
    if (o->work == RANKS_STEP)
        ranks_broadcast(ranks.body, ranks.body_size);
    if (o->images)
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
    ranks_finish_exchange(e, &(struct exchange){ .at = e->model->scores,
                                                 .size = e->model->scores_image });
}

double ranks_step(struct engine *e, int n, const int32_t *labels, double clip)
{
    if (!ranks.leads)
        return clip > 0 ? update_clipped(e, n, labels, clip)
                        : engine_update(e, n, labels, MODE_TRAIN);
    struct ranks_order order = {
        .work = RANKS_STEP, .n = n, .frozen = e->frozen, .keep_all = e->step.keep_all,
        .weighted = e->weight != NULL, .clip = clip, .moments = ranks.traffic.steps == 0,
        .parameters = atomic_load(&e->packed) || ranks.traffic.steps == 0,
        .seed = e->step.seed, .iteration = e->step.iteration, .images = !ranks.fed,
        .next = ranks.next != NULL };
    if (ranks.next) {
        order.next_epoch = ranks.next->epoch;
        order.next_iteration = ranks.next->iteration;
    }
    ranks_order(&order);
    ranks_write(e, n, labels);
    ranks_prepare(e, &order);
    const double loss = ranks_run_step(e, n, labels, clip);
    atomic_store(&e->packed, false);
    ranks.fed = ranks.next != NULL;
    ranks.next = NULL;
    ranks.traffic.steps++;
    return loss;
}

void ranks_infer(struct engine *e, int n)
{
    if (!ranks.leads) {
        engine_infer(e, n);
        return;
    }
    struct ranks_order order = { .work = RANKS_INFER, .n = n, .images = true,
                                 .parameters = atomic_load(&e->packed) };
    const struct ranks_traffic traffic = ranks.traffic;     /* of steps alone */
    ranks_order(&order);
    ranks_prepare(e, &order);
    ranks_run_infer(e, n);
    atomic_store(&e->packed, false);
    ranks.traffic = traffic;
}

void ranks_collect(struct engine *e)
{
    struct ranks_order order = { .work = RANKS_COLLECT };
    const struct ranks_traffic traffic = ranks.traffic;
    if (!ranks.leads || ranks.traffic.steps == 0)
        return;
    ranks_order(&order);
    ranks_moments(e);
    ranks_settle();
    ranks.traffic = traffic;
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
        const size_t x[] = { (size_t)m->exchanges[k].kind, (size_t)m->exchanges[k].from,
                             m->exchanges[k].size };
        hash = hash_bytes(hash, x, sizeof x);
    }
    return hash_mix(hash);
}

/* All have the same network, and the same data where each reads it. */
static bool ranks_agree(const struct engine *e, uint64_t data, char *err)
{
    static const char *const what[] = { "another program", "other data" };
    const uint64_t own[] = { ranks_fingerprint(e->model), data };
    enum { BOTH = sizeof own / sizeof *own };
    uint64_t *all = calloc((size_t)ranks.count, sizeof own);
    bool good = true;
    if (!all)
        ranks_abort("not enough memory");
    ranks_sure(MPI_Allgather(own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE,
                             MPI_COMM_WORLD));
    for (int k = 0; k < BOTH*ranks.count && good; k++)
        good = all[k] == all[k % BOTH]
               || error_set(err, "rank %d of %d has %s, of fingerprint %016llx; that of rank 0 is "
                            "%016llx: start the same program, or the same build for another "
                            "instruction set, with the same options and data on every host",
                            k/BOTH, ranks.count, what[k % BOTH], (unsigned long long)all[k],
                            (unsigned long long)all[k % BOTH]);
    free(all);
    return good;
}

static bool ranks_join(struct engine *e, char *err)
{
    const struct model *m = e->model;
    ranks.share.begin = ranks_begin_exchange;
    ranks.share.finish = ranks_finish_exchange;
    ranks.share.progress = ranks_progress;
    ranks.share.settle = ranks_settle;
    ranks.body_size = (size_t)m->nparams*sizeof(struct ranks_rule)
                      + (size_t)m->classes*sizeof(real) + (size_t)m->batch*2*sizeof(int32_t);
    ranks.body = calloc(1, ranks.body_size);
    return (ranks.body && ranks_move_open(m) && ranks_sum_open(m))
           || error_set(err, "not enough memory");
}

int ranks_feeds(int n, const struct ranks_next *next)
{
    int first, end = n;
    if (ranks.leads && ranks.each_reads) {
        cut_own(n, false, 0, ranks.count, &first, &end);
        ranks.next = next;
    }
    return end;
}

bool ranks_lead(struct engine *e, uint64_t data, char *err)
{
    struct ranks_order order = { .work = RANKS_LEAD };
    if (ranks.count == 1)
        return true;
    if (!ranks_join(e, err))
        return false;
    ranks_order(&order);
    ranks.leads = ranks_agree(e, data, err);
    ranks.each_reads = data != 0;
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

/* The images of the step after this one, while this one runs. */
static void ranks_ahead(struct engine *e, const struct ranks_order *o, ranks_feed_fn *feed,
                        void *context)
{
    const struct ranks_next next = { ranks_index(e->model), o->seed, o->next_epoch,
                                     o->next_iteration };
    int first, end;
    cut_own(o->n, false, ranks.number, ranks.count, &first, &end);
    feed(context, e, &next, first, end);
}

bool ranks_follow(struct engine *e, uint64_t data, ranks_feed_fn *feed, void *context, char *err)
{
    struct ranks_order order;
    bool good = ranks_join(e, err);
    while (good) {
        ranks_order(&order);
        if (order.work == RANKS_END)
            break;
        if (order.work == RANKS_LEAD) {
            good = ranks_agree(e, data, err);
            continue;
        }
        if (order.work == RANKS_COLLECT) {
            ranks_moments(e);
            ranks_settle();
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
            if (order.next)
                ranks_ahead(e, &order, feed, context);
            ranks_run_step(e, order.n, e->labels, order.clip);
        }
    }
    return good;
}

struct ranks_traffic ranks_traffic(const struct model *m)
{
    ranks.traffic.least = 0;
    for (int k = 0; k < m->nparams; k++)
        if (m->params[k].role != ROLE_STATISTIC)
            ranks.traffic.least += 2.0*(ranks.count - 1)*(double)params_count(&m->params[k])
                                   * (double)sizeof(real)*(double)ranks.traffic.steps;
    return ranks.traffic;
}

#endif
