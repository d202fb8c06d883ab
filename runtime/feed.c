/*
** feed.c - images to the network and answers from it. It must never allocate: it
** runs inside every training step.
*/
#include <math.h>

#include "feed.h"

struct feed_job {
    struct engine *engine;
    const struct images *set;
    const struct preprocess *preprocess;
    const uint32_t *index;
    size_t first;
};

static size_t feed_which(const uint32_t *index, size_t first, int item)
{
    return index ? index[item] : first + (size_t)item;
}

static void feed_item(void *context, int item, int items, int thread)
{
    const struct feed_job *job = context;
    (void)items;
    (void)thread;
    images_put(job->set, feed_which(job->index, job->first, item), job->preprocess,
               engine_input(job->engine, item), job->engine->model->input_row);
}

void feed_batch(struct engine *e, const struct images *set, const struct preprocess *p,
                const uint32_t *index, size_t first, int n)
{
    struct feed_job job = { e, set, p, index, first };
    workers_run(e->workers, n, feed_item, &job);
    for (int i = 0; set->labels && i < n; i++)
        e->labels[i] = set->labels[feed_which(index, first, i)];
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

struct feed_result feed_classify(struct engine *e, const struct images *set,
                                 const struct preprocess *p, const uint32_t *index,
                                 size_t count, size_t *by_class)
{
    struct feed_result r = { .count = count, .finite = true };
    size_t capacity = (size_t)e->model->batch;
    for (size_t first = 0; first < count; first += capacity) {
        int n = (int)(count - first < capacity ? count - first : capacity);
        feed_batch(e, set, p, index ? index + first : NULL, first, n);
        engine_forward(e, n, MODE_EVAL);
        r.loss += engine_loss(e, e->labels)*n;
        for (int i = 0; i < n; i++) {
            int answer = feed_answer(engine_scores(e, i), e->model->classes);
            bool right = answer == e->labels[i];
            r.finite = r.finite && answer >= 0;
            r.correct += right;
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

double feed_accuracy(const struct feed_result *r)
{
    return r->count > 0 ? (double)r->correct/(double)r->count : 0;
}
