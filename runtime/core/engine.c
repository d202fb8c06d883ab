/*
** engine.c - drives a generated network: one arena, one pool, region after region.
** It must never allocate after engine_open, nor look inside a region.
*/
#include "core/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/huge.h"
#include "base/processors.h"
#include "core/cut.h"

static bool engine_alloc(struct engine *e, int threads, char *err)
{
    const struct model *m = e->model;
    size_t reals = 0, bytes = 0;
    if (__builtin_mul_overflow((size_t)threads, m->scratch, &reals) ||
        __builtin_add_overflow(reals, m->arena, &reals) ||
        __builtin_mul_overflow(reals, sizeof(real), &bytes))
        return error_set(err, "%s needs more memory than can be addressed", m->name);
    /* Zeros that cost nothing until they are touched; huge pages where there are some. */
    size_t slack = bytes >= HUGE_PAGE ? HUGE_PAGE : 0;
    void *memory = MAP_FAILED;
    if (!__builtin_add_overflow(bytes, slack, &e->mapped))
        memory = mmap(NULL, e->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return error_set(err, "%s needs %zu MB of memory, which there is not; try a smaller "
                         "capacity (lathe build --batch)", m->name, (bytes >> 20) + 1);
    e->mapping = memory;
    e->arena = (real *)((char *)memory + (slack ? huge_skip(memory) : 0));
    e->bytes = bytes;
    huge_advise(e->arena, bytes);       /* else the parameters' pages crowd the TLB */
    return true;
}

/* Gives back what only training needs: whole pages between the arena's front and the scratch. */
static bool engine_shrink(struct engine *e, char *err)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *start = (char *)e->arena;
    size_t from = (e->model->infer_arena*sizeof(real) + page - 1)/page*page;
    size_t to = e->model->arena*sizeof(real)/page*page;
    return from >= to || mprotect(start + from, to - from, PROT_NONE) == 0
           || error_set(err, "%s: its memory cannot be divided", e->model->name);
}

/* Something where there are none, too: NULL is no memory. */
static real *engine_targets(const struct model *m)
{
    size_t values = m->target == TARGET_LABEL ? 1 : (size_t)m->classes;
    return calloc((size_t)m->batch, values*sizeof(real));
}

bool engine_open(struct engine *e, const struct model *model, int threads, char *err)
{
    *e = (struct engine){ .model = model };
    if (threads == 0)
        threads = processors_available();
    e->workers = workers_open(threads, err);
    if (!e->workers)
        return false;
    e->step.sumsq = calloc(model->nsumsq + 1, sizeof *e->step.sumsq);
    e->labels = calloc((size_t)model->batch, sizeof *e->labels);
    e->targets = engine_targets(model);
    e->rule = calloc((size_t)model->nparams + 1, sizeof *e->rule);
    e->kept = calloc((size_t)model->nparams + 1, sizeof *e->kept);
    e->order = calloc((size_t)model->nbackward + 1, sizeof *e->order);
    if (!e->step.sumsq || !e->labels || !e->targets || !e->rule || !e->kept || !e->order) {
        engine_close(e);
        return error_set(err, "not enough memory");
    }
    if (!engine_alloc(e, threads, err)) {
        engine_close(e);
        return false;
    }
    e->step.arena = e->arena;
    e->step.rule = e->rule;
    e->step.targets = e->targets;
    return true;
}

bool engine_open_inference(struct engine *e, const struct model *model, int threads, char *err)
{
    if (!engine_open(e, model, threads, err))
        return false;
    e->inference = true;
    if (engine_shrink(e, err))
        return true;
    engine_close(e);
    return false;
}

/* What a thread will update is in its own memory: nobody has touched the arena yet. Maps, and the
** scratch, are first touched by who computes them. */
static void engine_touch(void *context, int item, int items, int thread)
{
    const struct engine *e = context;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    (void)thread;
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        const size_t at[] = { p->at, p->m, p->v };
        for (int i = 0; i < (e->inference ? 1 : 3); i++) {
            real *all = e->arena + at[i];
            char *from = (char *)(all + p->stored*(size_t)item/(size_t)items);
            char *to = (char *)(all + p->stored*(size_t)(item + 1)/(size_t)items);
            from += (page - (uintptr_t)from % page) % page;
            for (volatile char *c = from; c < to; c += page)
                *c = 0;
        }
    }
}

bool engine_pin(struct engine *e, char *err)
{
    if (!workers_bind(e->workers, err))
        return false;
    e->pinned = workers_count(e->workers) > 1;
    workers_each(e->workers, engine_touch, e);
    return true;
}

void engine_close(struct engine *e)
{
    workers_close(e->workers);
    free(e->step.sumsq);
    free(e->labels);
    free(e->targets);
    free(e->weight);
    free(e->rule);
    free(e->kept);
    free(e->order);
    free(e->room);
    free(e->muon);
    free(e->gradient);
    if (e->mapping)
        munmap(e->mapping, e->mapped);
    *e = (struct engine){ .model = NULL };
}

real *engine_input(struct engine *e, int index)
{
    return e->arena + e->model->input + (size_t)index*e->model->input_image;
}

const real *engine_scores(const struct engine *e, int index)
{
    return e->arena + e->model->scores + (size_t)index*e->model->scores_image;
}

void engine_canonical_scores(const struct engine *e, int index, real *out /* [classes] */)
{
    const size_t c = (size_t)e->model->out_c;
    const size_t map = (size_t)e->model->out_h*(size_t)e->model->out_w;
    const real *scores = engine_scores(e, index);
    for (size_t k = 0; k < c*map; k++)
        out[k] = scores[k % map*c + k / map];
}

double engine_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9*(double)now.tv_nsec;
}

struct engine_job {
    const struct region *region;
    const struct step *step;
    struct cut cut;                 /* the region's; items after those are work beside it */
    int claimers;                   /* threads that claim by turns; 1: they have shares */
    const struct engine *sharing;   /* with other ranks; else NULL */
    struct engine_beside beside;
};

/* The item of a claim: threads that claim by turns get items that follow each other, so that what a
** kernel fetches for the next one is found by who fetched it. */
static int engine_spread(int claim, int items, int threads)
{
    const int each = items / threads;
    return claim < each*threads ? claim % threads*each + claim / threads : claim;
}

static void engine_item(void *context, int item, int items, int thread)
{
    const struct engine_job *job = context;
    const struct cut *cut = &job->cut;
    if (item < cut->items)
        job->region->run(job->step,
                         cut->first + engine_spread(item, cut->items, job->claimers), cut->all,
                         thread);
    else
        job->beside.fn(job->beside.context, item - cut->items, items - cut->items, thread);
    if (job->sharing && thread == 0)
        job->sharing->share->progress(job->sharing);
}

/* A parameter changes in this step for which a region of backward is needed. */
static bool engine_needs(const struct engine *e, const struct region *r)
{
    for (int k = r->from; k < r->to; k++)
        if (!e->rule[k].still && e->model->params[k].role != ROLE_STATISTIC)
            return true;
    return r->to == 0;
}

/* What the next region, the first that runs of those that need it, needs of other ranks. Statistics
** that are not the batch's need nothing. True: groups are one now. */
static bool engine_exchange(struct engine *e, int region)
{
    const struct model *m = e->model;
    const int before = region < m->nforward ? 0 : m->nforward;
    bool summed = false;
    for (int k = 0; k < m->nexchanges; k++) {
        const struct exchange *x = &m->exchanges[k];
        int first = region < x->to ? x->from : region + 1;
        while (first < region && !engine_needs(e, &m->backward[first - before]))
            first++;
        if (first != region)
            continue;
        e->share->finish(e, x);
        summed |= x->kind == EXCHANGE_GROUPS;
    }
    return summed;
}

/* What other ranks need of the region that has run. */
static void engine_pass_on(struct engine *e, int region)
{
    for (int k = 0; k < e->model->nexchanges; k++)
        if (e->model->exchanges[k].after == region)
            e->share->begin(e, &e->model->exchanges[k]);
}

static void engine_region(struct engine *e, const struct region *r, enum engine_list list,
                          int index)
{
    const int threads = workers_count(e->workers);
    struct engine_job job = { .region = r, .claimers = e->pinned ? 1 : threads };
    double start = e->timing ? engine_clock() : 0;
    struct step one = e->step;
    const int region = list == ENGINE_BACKWARD ? e->model->nforward + index : index;
    const bool shares = e->share && (list == ENGINE_BACKWARD || e->step.mode != MODE_EVAL);
    if (shares && engine_exchange(e, region))
        one.n = 1;
    job.sharing = e->share ? e : NULL;
    job.cut = e->share ? cut_of_rank(r, e->step.n, threads, e->share->rank, e->share->ranks)
                       : cut_all(r, e->step.n, threads);
    one.together = job.cut.together;
    job.step = &one;
    if (e->beside.items && !e->pinned && list == ENGINE_BACKWARD
        && index == e->order[e->runs - 1] && !r->reads_input) {
        job.beside = e->beside;
        e->beside.items = 0;
    }
    workers_run(e->workers, job.cut.items + job.beside.items, engine_item, &job);
    if (shares)
        engine_pass_on(e, region);
    if (e->timing)
        e->timing(e->timing_context, list, index, engine_clock() - start);
}

void engine_forward(struct engine *e, int n, enum step_mode mode)
{
    e->step.n = n;
    e->step.mode = e->frozen ? MODE_EVAL : mode;
    e->forward_images = n;
    for (int k = 0; k < e->model->nforward; k++)
        engine_region(e, &e->model->forward[k], ENGINE_FORWARD, k);
}

void engine_infer(struct engine *e, int n)
{
    e->step.n = n;
    e->step.mode = MODE_EVAL;
    e->forward_images = n;
    if (!atomic_load(&e->folded)) {
        e->model->fold(&e->step);
        atomic_store(&e->folded, true);
    }
    for (int k = 0; k < e->model->ninfer; k++)
        engine_region(e, &e->model->infer[k], ENGINE_INFER, k);
}

/* The images' losses, added in order: the same bits for every thread count. */
static double engine_sum_losses(const struct engine *e, int n)
{
    const real *losses = e->arena + e->model->losses;
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)losses[i];
    return sum;
}

/* What the images' losses are divided by for their mean: how many there are, or the sum of their
** classes' weights. Sets what each counts in a step. */
static double engine_divisor(struct engine *e, int n, const int32_t *labels)
{
    const bool sum = e->model->train.loss == LOSS_SUM;
    e->step.labels = labels;
    e->step.probe = NULL;
    e->step.weight = e->weight;
    e->step.share = sum ? 1 : 1 / (real)n;
    if (!e->weight || e->model->target != TARGET_LABEL)
        return n;
    double all = 0;
    for (int i = 0; i < n; i++)
        all += (double)e->weight[labels[i]];
    if (!sum)
        e->step.share = all > 0 ? (real)(1/all) : 0;
    return all > 0 ? all : 1;
}

double engine_loss(struct engine *e, const int32_t *labels)
{
    const double divisor = engine_divisor(e, e->forward_images, labels);
    engine_region(e, &e->model->backward[0], ENGINE_BACKWARD, 0);
    return engine_sum_losses(e, e->forward_images)/divisor;
}

bool engine_batch_suffices(const struct model *m, size_t images, const char *advice, char *err)
{
    static const char norm[] = "batchnorm";
    for (int k = 0; images < 2 && k < m->ninfo; k++) {
        const struct layer_info *l = &m->info[k];
        if (strncmp(l->what, norm, sizeof norm - 1) == 0 && l->h == 1 && l->w == 1)
            return error_set(err, "the batchnorm %s would have one value a channel: its variance "
                             "is 0, and so is every gradient beneath it; %s", l->name, advice);
    }
    return true;
}

void engine_rules(struct engine *e, const struct hyper *hyper, enum update_kind update)
{
    for (int k = 0; k < e->model->nparams; k++) {
        struct rule *rule = &e->rule[k];
        *rule = (struct rule){ update, e->model->update[update], *hyper, 0 };
        if (e->model->params[k].role != ROLE_WEIGHT) {
            rule->hyper.reg = 0;
            rule->hyper.keep = 1;
        }
    }
}

static void engine_add_run(struct engine *e, int k)
{
    if (engine_needs(e, &e->model->backward[k]))
        e->order[e->runs++] = k;
}

/* A program with MPI has a convolution's update some regions after its gradients, for the time that
** other ranks' take. Without others it is right after them, while they are in the caches. */
static void engine_order(struct engine *e)
{
    const struct model *m = e->model;
    const struct exchange *x = m->exchanges, *end = x + (e->share ? 0 : m->nexchanges);
    e->runs = 0;
    for (int k = 0; k < m->nbackward; k++) {
        const struct exchange *of = x, *to = x;
        while (of < end && !(of->kind == EXCHANGE_GROUPS && of->from == m->nforward + k))
            of++;
        while (to < end && !(to->kind == EXCHANGE_GROUPS && to->after == m->nforward + k))
            to++;
        if (of < end)
            continue;
        engine_add_run(e, k);
        if (to < end)
            engine_add_run(e, to->from - m->nforward);
    }
}

static void engine_backward(struct engine *e)
{
    engine_order(e);
    for (int k = 0; k < e->runs; k++)
        engine_region(e, &e->model->backward[e->order[k]], ENGINE_BACKWARD, e->order[k]);
    if (e->beside.items)
        workers_run(e->workers, e->beside.items, e->beside.fn, e->beside.context);
    e->beside.items = 0;
}

void engine_beside(struct engine *e, int items, workers_fn *fn, void *context)
{
    e->beside = (struct engine_beside){ items, fn, context };
}

/* The L2 term: parameter by parameter, each in the order of its slots. */
static double engine_penalty(const struct engine *e)
{
    double penalty = 0;
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        double squares = 0;
        for (int i = 0; i < p->nsumsq; i++)
            squares += e->step.sumsq[p->sumsq + (size_t)i];
        penalty += 0.5*(double)e->rule[k].hyper.reg*squares;
    }
    return penalty;
}

double engine_update(struct engine *e, int n, const int32_t *labels, enum step_mode mode)
{
    engine_forward(e, n, mode);
    const double divisor = engine_divisor(e, n, labels);
    engine_backward(e);
    if (e->after)
        e->after(e);
    atomic_store(&e->folded, false);
    if (e->share) {
        e->share->finish(e, &(struct exchange){ .at = e->model->losses, .size = 1 });
        e->share->settle();
    }
    double data = engine_sum_losses(e, n);
    return (e->model->train.loss == LOSS_SUM ? data : data/divisor) + engine_penalty(e);
}

double engine_step(struct engine *e, int n, const int32_t *labels,
                   const struct hyper *hyper, enum update_kind update)
{
    engine_rules(e, hyper, update);
    return engine_update(e, n, labels, update == UPDATE_STORE ? MODE_CHECK : MODE_TRAIN);
}

double engine_probe(struct engine *e, int n, const real *probe)
{
    const struct hyper none = { .reg = 0 };
    engine_rules(e, &none, UPDATE_STORE);
    engine_forward(e, n, MODE_CHECK);
    e->step.labels = NULL;
    e->step.probe = probe;
    engine_backward(e);
    e->step.probe = NULL;
    return engine_sum_losses(e, n);
}

void engine_pack(struct engine *e, int param)
{
    atomic_store(&e->folded, false);
    atomic_store(&e->packed, true);
    if (!e->inference)      /* folding packs what inference reads */
        e->model->pack(&e->step, param);
}

void engine_pack_all(struct engine *e)
{
    for (int k = 0; k < e->model->nparams; k++)
        engine_pack(e, k);
}
