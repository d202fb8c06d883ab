/*
** feed.c - images to the network and answers from it. It must never allocate: it
** runs inside every training step.
*/
#include "data/feed.h"

#include <math.h>

static size_t feed_which(const uint32_t *index, size_t first, int item)
{
    return index ? index[item] : first + (size_t)item;
}

static void feed_item(void *context, int item, int items, int thread)
{
    const struct feed *job = context;
    (void)items;
    (void)thread;
    const struct images *set = job->set;
    const struct model *m = job->engine->model;
    size_t which = feed_which(job->index, job->first, item);
    struct view drawn;
    if (job->augment)
        drawn = augment_view(job->augment, set, m->in_h, m->in_w, job->now.seed, job->now.epoch,
                             job->now.iteration, which, (uint64_t)item);
    images_put(set, which, job->preprocess, job->augment ? &drawn : job->view,
               engine_input(job->engine, item), m->in_h, m->in_w, m->input_row);
}

void feed_arrived(const struct feed *job, int n)
{
    const struct images *set = job->set;
    for (int i = 0; set->labels && i < n; i++)
        job->engine->labels[i] = set->labels[feed_which(job->index, job->first, i)];
}

static void feed_run(struct feed *job, int n)
{
    workers_run(job->engine->workers, n, feed_item, job);
    feed_arrived(job, n);
}

void feed_batch(struct engine *e, const struct images *set, const struct preprocess *p,
                const uint32_t *index, size_t first, int n)
{
    struct feed job = { .engine = e, .set = set, .preprocess = p, .index = index,
                        .first = first };
    feed_run(&job, n);
}

void feed_augmented(struct engine *e, const struct images *set, const struct preprocess *p,
                    const uint32_t *index, int n, const struct augment *augment,
                    struct feed_moment now)
{
    struct feed job = { .engine = e, .set = set, .preprocess = p, .index = index,
                        .augment = augment, .now = now };
    feed_run(&job, n);
}

void feed_ahead(struct feed *job, int n)
{
    engine_beside(job->engine, n, feed_item, job);
}

/* Training's checks infer as `eval` does: what they print is what it will print, to the bit. */

/* The scores of n images as the mean over the views, in their order. */
static void feed_views(struct feed *job, int n, real *sum)
{
    struct engine *e = job->engine;
    const struct model *m = e->model;
    for (int number = 0; number < TTA_VIEWS; number++) {
        real share;
        struct view view = augment_tta(number, &share);
        job->view = &view;
        feed_run(job, n);
        engine_infer(e, n);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m->classes; j++) {
                real *to = sum + (size_t)i*(size_t)m->classes + j;
                *to = (number ? *to : 0) + share*engine_scores(e, i)[j];
            }
    }
    job->view = NULL;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m->classes; j++)
            e->arena[m->scores + (size_t)i*m->scores_image + (size_t)j]
                = sum[(size_t)i*(size_t)m->classes + (size_t)j];
}

/* The first of the highest scores, or -1 where one is not finite. */
static int feed_answer(const real *scores, int classes)
{
    int best = 0;
    for (int j = 0; j < classes; j++) {
        if (!isfinite(scores[j]))
            return -1;
        if (scores[j] > scores[best])
            best = j;
    }
    return best;
}

static struct feed_result feed_all(struct engine *e, const struct images *set,
                                   const struct preprocess *p, const uint32_t *index,
                                   size_t count, size_t *by_class, real *sum,
                                   const struct feed_watch *watch)
{
    struct feed_result r = { .count = count, .finite = true };
    size_t capacity = (size_t)e->model->batch;
    for (size_t first = 0; first < count; first += capacity) {
        int n = (int)(count - first < capacity ? count - first : capacity);
        struct feed job = { .engine = e, .set = set, .preprocess = p,
                            .index = index ? index + first : NULL, .first = first };
        if (sum) {
            feed_views(&job, n, sum);
        } else {
            feed_run(&job, n);
            engine_infer(e, n);
        }
        r.loss += engine_loss(e, e->labels)*n;
        for (int i = 0; i < n; i++) {
            int answer = feed_answer(engine_scores(e, i), e->model->classes);
            bool right = answer == e->labels[i];
            r.finite = r.finite && answer >= 0;
            r.correct += right;
            if (watch)
                watch->see(watch->context, feed_which(job.index, first, i), engine_scores(e, i),
                           e->labels[i], answer);
            if (by_class) {
                by_class[2*e->labels[i]]++;
                by_class[2*e->labels[i] + 1] += right;
            }
        }
    }
    if (count > 0)
        r.loss /= (double)count;
    return r;
}

struct feed_result feed_classify(struct engine *e, const struct images *set,
                                 const struct preprocess *p, const uint32_t *index,
                                 size_t count, size_t *by_class, real *sum)
{
    return feed_all(e, set, p, index, count, by_class, sum, NULL);
}

struct feed_result feed_watched(struct engine *e, const struct images *set,
                                const struct preprocess *p, const uint32_t *index,
                                size_t count, const struct feed_watch *watch)
{
    return feed_all(e, set, p, index, count, NULL, NULL, watch);
}

double feed_accuracy(const struct feed_result *r)
{
    return r->count > 0 ? (double)r->correct/(double)r->count : 0;
}
