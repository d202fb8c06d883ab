/*
** feed.c - images to the network and answers from it. It must never allocate: it
** runs inside every training step.
*/
#include "data/feed.h"

#include <math.h>
#include <stdlib.h>

#include "base/dmath.h"
#include "core/objective.h"
#include "core/ranks.h"

static size_t feed_which(const uint32_t *index, size_t first, int item)
{
    return index ? index[item] : first + (size_t)item;
}

/* Canonical order to a map's. */
static void feed_map(const struct model *m, const real *values, real *to)
{
    const size_t c = (size_t)m->out_c, map = (size_t)m->out_h*(size_t)m->out_w;
    for (size_t k = 0; k < c; k++)
        for (size_t i = 0; i < map; i++)
            to[i*c + k] = values[k*map + i];
}

void feed_own(const struct model *m, const real *image, real *to)
{
    const size_t c = (size_t)m->in_c, h = (size_t)m->in_h, w = (size_t)m->in_w;
    const bool row = m->out_h == 1 && m->out_w == 1;    /* in canonical order */
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            for (size_t k = 0; k < c; k++)
                to[row ? (k*h + y)*w + x : (y*w + x)*c + k] = image[y*m->input_row + x*c + k];
}

static void feed_item(void *context, int item, int items, int thread)
{
    const struct feed *job = context;
    (void)items;
    (void)thread;
    item += job->from;
    const struct images *set = job->set;
    const struct model *m = job->engine->model;
    size_t which = feed_which(job->index, job->first, item);
    real *input = engine_input(job->engine, item);
    real *target = job->engine->targets + (size_t)item*(size_t)m->classes;
    struct view drawn = { .hole = 0 };
    if (job->augment)
        drawn = augment_view(job->augment, set, m->in_h, m->in_w, job->now.seed, job->now.epoch,
                             job->now.iteration, which, (uint64_t)item);
    const int hole = drawn.hole;
    if (m->target == TARGET_INPUT)
        drawn.hole = 0;
    images_put(set, which, job->preprocess, job->augment ? &drawn : job->view, input, m->in_h,
               m->in_w, m->input_row);
    if (m->target == TARGET_INPUT)
        feed_own(m, input, target);
    else if (m->target == TARGET_REALS && set->targets)
        feed_map(m, set->targets + which*(size_t)m->classes, target);
    if (drawn.hole == hole)
        return;
    drawn.hole = hole;      /* what is cut out is to be found again */
    images_put(set, which, job->preprocess, &drawn, input, m->in_h, m->in_w, m->input_row);
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

/* How likely the network takes its answer to be: by a softmax, whatever the loss. */
static double feed_sure(const real *scores, int classes, int answer)
{
    double sum = 0;
    for (int j = 0; answer >= 0 && j < classes; j++)
        sum += math_exp((double)scores[j] - (double)scores[answer]);
    return sum > 0 ? 1/sum : 0;
}

/* One run over images, and who is told. */
struct feed_tell {
    struct feed_class *by_class;
    real *sum;
    const struct feed_watch *watch;
    struct feed_seen *seen;
};

/* The item-th of a batch. */
static struct feed_image feed_image(const struct feed *job, int item)
{
    const struct engine *e = job->engine;
    const struct model *m = e->model;
    const real *scores = engine_scores(e, item);
    return (struct feed_image){
        feed_which(job->index, job->first, item), scores,
        has_labels(m) ? NULL : e->targets + (size_t)item*(size_t)m->classes, e->labels[item],
        feed_answer(scores, m->classes), (double)e->arena[m->losses + (size_t)item] };
}

/* One image more, or with -1 one less. */
static void feed_count(struct feed_class *by_class, int label, int answer, int more)
{
    by_class[label].images += (size_t)more;
    by_class[label].right += answer == label ? (size_t)more : 0;
    if (answer >= 0)
        by_class[answer].answers += (size_t)more;
}

static struct feed_result feed_all(struct engine *e, const struct images *set,
                                   const struct preprocess *p, const uint32_t *index,
                                   size_t count, struct feed_tell tell)
{
    const struct feed_watch *watch = tell.watch;
    const struct model *m = e->model;
    struct feed_class *by_class = tell.by_class;
    struct feed_result r = { .count = count, .finite = true };
    size_t capacity = (size_t)m->batch;
    real *const weight = e->weight;     /* of training alone */
    e->weight = NULL;
    for (size_t first = 0; first < count; first += capacity) {
        int n = (int)(count - first < capacity ? count - first : capacity);
        struct feed job = { .engine = e, .set = set, .preprocess = p,
                            .index = index ? index + first : NULL, .first = first };
        if (tell.sum) {
            feed_views(&job, n, tell.sum);
        } else {
            feed_run(&job, n);
            ranks_infer(e, n);
        }
        r.loss += engine_loss(e, e->labels)*n;
        for (int i = 0; i < n; i++) {
            const struct feed_image image = feed_image(&job, i);
            r.finite = r.finite && image.answer >= 0;
            r.correct += image.answer == image.label;
            if (watch)
                watch->see(watch->context, &image);
            if (tell.seen)
                tell.seen[first + (size_t)i] = (struct feed_seen){
                    (uint32_t)image.index, image.answer,
                    feed_sure(image.scores, m->classes, image.answer), image.loss };
            if (by_class)
                feed_count(by_class, image.label, image.answer, 1);
        }
    }
    e->weight = weight;
    if (count > 0)
        r.loss /= (double)count;
    return r;
}

struct feed_result feed_classify(struct engine *e, const struct images *set,
                                 const struct preprocess *p, const uint32_t *index,
                                 size_t count, struct feed_class *by_class, real *sum,
                                 const struct feed_watch *watch)
{
    return feed_all(e, set, p, index, count, (struct feed_tell){ by_class, sum, watch, NULL });
}

/* The least sure first; of equals the first. */
static int feed_doubt(const void *a, const void *b)
{
    const struct feed_seen *x = a, *y = b;
    if (x->sure != y->sure)
        return x->sure < y->sure ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

struct feed_result feed_doubtful(struct engine *e, const struct images *set,
                                 const struct preprocess *p, struct feed_class *by_class,
                                 real *sum, double share, struct feed_seen *seen,
                                 uint32_t *chosen)
{
    const size_t count = set->count;
    size_t again = (size_t)ceil(share*(double)count);
    struct feed_result r = feed_all(e, set, p, NULL, count,
                                    (struct feed_tell){ by_class, NULL, NULL, seen });
    qsort(seen, count, sizeof *seen, feed_doubt);
    r.loss *= (double)count;
    for (size_t k = 0; k < again; k++) {
        const int32_t label = set->labels[chosen[k] = seen[k].index];
        r.loss -= seen[k].loss;
        r.correct -= seen[k].answer == label;
        if (by_class)
            feed_count(by_class, label, seen[k].answer, -1);
    }
    struct feed_result views = feed_all(e, set, p, chosen, again,
                                        (struct feed_tell){ by_class, sum, NULL, NULL });
    r.correct += views.correct;
    r.loss = (r.loss + views.loss*(double)again)/(double)count;
    r.finite = r.finite && views.finite;
    return r;
}

struct feed_result feed_watched(struct engine *e, const struct images *set,
                                const struct preprocess *p, const uint32_t *index,
                                size_t count, const struct feed_watch *watch)
{
    return feed_all(e, set, p, index, count, (struct feed_tell){ NULL, NULL, watch, NULL });
}

double feed_accuracy(const struct feed_result *r)
{
    return r->count > 0 ? (double)r->correct/(double)r->count : 0;
}

double feed_check(const struct model *m, const struct feed_result *r)
{
    return has_labels(m) ? feed_accuracy(r) : r->loss;
}
