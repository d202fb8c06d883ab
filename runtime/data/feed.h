/*
** feed.h - batches from a set of images into the network's input buffer, and what
** the network makes of a whole set. It must never change parameters.
*/
#ifndef LATHE_FEED_H
#define LATHE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"
#include "data/augment.h"
#include "data/data.h"

/*
** Puts n images (at most model->batch; of those larger than the input the middle windows)
** into the input buffer, on all threads, their targets into e->targets and their labels into
** e->labels: images index[0 .. n-1], or first, first + 1, ... where index is NULL. A set without
** labels leaves e->labels alone.
*/
void feed_batch(struct engine *e, const struct images *set, const struct preprocess *p,
                const uint32_t *index, size_t first, int n);

/* Where a run is: what augmentation draws from. */
struct feed_moment { uint64_t seed, epoch, iteration; };

/* The same, augmented; where the image is its own target, that has no hole. */
void feed_augmented(struct engine *e, const struct images *set, const struct preprocess *p,
                    const uint32_t *index, int n, const struct augment *augment,
                    struct feed_moment now);

/* An image in the network's input as what its scores are compared with (TARGET_INPUT). */
void feed_own(const struct model *m, const real *image, real *to);

/* A batch and what becomes of its images. */
struct feed {
    struct engine *engine;
    const struct images *set;
    const struct preprocess *preprocess;
    const uint32_t *index;
    size_t first;                   /* where index is NULL */
    int from;                       /* images of the batch before these, which are others' */
    const struct view *view;        /* of all images, or NULL */
    const struct augment *augment;  /* or NULL */
    struct feed_moment now;
};

/*
** feed_augmented in two: the images while the engine's next step runs, as soon as it needs its
** own no longer (engine_beside); then, that step over, their labels. `job` and what it points
** to must last until then, and nothing else may feed or infer between.
*/
void feed_ahead(struct feed *job, int n);
void feed_arrived(const struct feed *job, int n);

struct feed_result {
    size_t count, correct;
    double loss;                 /* mean, without the L2 term */
    bool finite;                 /* every score was */
};

/* What is counted of a class: its images, the right answers among them, and the answers of it. */
struct feed_class { size_t images, right, answers; };

/* What the network made of an image; targets NULL: it has a label. answer: -1 where a score is not
** finite. loss: whatever its class counts in training. */
struct feed_image { size_t index; const real *scores, *targets; int label, answer; double loss; };

/* Told of every image, in order. */
struct feed_watch {
    void (*see)(void *context, const struct feed_image *image);
    void *context;
};

/*
** Classifies `count` images, chosen as above; the highest score wins, the first of
** equals; a NaN among the scores is a wrong answer. by_class: NULL or [classes], to which is
** added. sum: NULL, or [model->batch*classes] in which the scores of all views of augment.h's
** test-time augmentation are averaged. watch: or NULL.
*/
struct feed_result feed_classify(struct engine *e, const struct images *set,
                                 const struct preprocess *p, const uint32_t *index,
                                 size_t count, struct feed_class *by_class, real *sum,
                                 const struct feed_watch *watch);

/* What one view told of an image; answer: -1 where a score is not finite. */
struct feed_seen { uint32_t index; int answer; double sure, loss; };

/*
** The whole set from one view of each, and then the views of augment.h for that share of it (0 to
** 1, rounded up) whose likeliest class is the least likely. seen, chosen: [set->count]; sum as
** above.
*/
struct feed_result feed_doubtful(struct engine *e, const struct images *set,
                                 const struct preprocess *p, struct feed_class *by_class,
                                 real *sum, double share, struct feed_seen *seen,
                                 uint32_t *chosen);

/* feed_classify without views, by_class and sum, and with a watch, or NULL. */
struct feed_result feed_watched(struct engine *e, const struct images *set,
                                const struct preprocess *p, const uint32_t *index,
                                size_t count, const struct feed_watch *watch);

double feed_accuracy(const struct feed_result *r);   /* 0 .. 1 */

/* What a check is judged by: the accuracy, or the loss where the network has no labels. */
double feed_check(const struct model *m, const struct feed_result *r);

#endif
