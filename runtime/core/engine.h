/*
** engine.h - one network in memory, ready to run: its arena, its threads, and the
** regions of a step in order. It must never allocate after engine_open, and its
** results must not depend on the number of threads.
*/
#ifndef LATHE_ENGINE_H
#define LATHE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model.h"
#include "core/workers.h"

/* Told after every region that it took `seconds`; `backward`: in which list the
** region's `index` counts. Used by `bench` and `dump --region`. */
enum engine_list { ENGINE_FORWARD, ENGINE_BACKWARD, ENGINE_INFER };   /* model's regions */
typedef void engine_timing_fn(void *context, enum engine_list list, int index, double seconds);

/* Processes that share the images of a step, one of which this is: ranks.c. Each runs regions for
** its own images, or panels, but SPLIT_FIXED whole. */
struct engine;
struct engine_share {
    int rank, ranks;
    /* What may go on while regions run, and what must be done now. */
    void (*begin)(const struct engine *e, const struct exchange *x);
    void (*finish)(const struct engine *e, const struct exchange *x);
    void (*progress)(const struct engine *e);   /* between items, by the calling thread */
    void (*settle)(void);                       /* all that has begun is done */
};

struct engine {
    const struct model *model;
    struct workers *workers;
    struct step step;
    struct rule *rule, *kept;     /* [model->nparams], of the step in progress; a copy */
    real *room, *gradient;        /* what update.c works in, or NULL */
    struct muon *muon;            /* [muons] of this step, of at most model->nparams */
    int muons;
    void (*after)(struct engine *e);   /* the end of every step's updates, or NULL: update.c's */
    const struct engine_share *share;     /* of this step, or NULL: all images are its own */
    bool inference;               /* engine_open_inference opened it */
    bool pinned;                  /* engine_pin: each thread has a share of every region's items */
    atomic_bool folded;           /* no parameter has changed since model->fold */
    atomic_bool packed;           /* engine_pack was called: for ranks.c */
    bool frozen;                  /* a step runs in MODE_EVAL: running statistics, no masks */
    real *arena;                  /* model->arena reals, then every thread's scratch */
    int32_t *labels;              /* [model->batch]: room for a batch's labels, */
    real *targets;                /* [model->batch][classes]: or its targets; else NULL */
    real *weight;                 /* [classes]: what an image of each counts in a loss; NULL:
                                     all alike. Allocated: engine_close frees it */
    size_t bytes;                 /* of the arena with scratch */
    void *mapping; size_t mapped; /* what it lies in, bytes */
    struct engine_beside { int items; workers_fn *fn; void *context; } beside;
    int *order, runs;             /* of model->backward, what this step runs */
    int forward_images;           /* what the last engine_forward or engine_infer ran */
    engine_timing_fn *timing;     /* NULL: no clock is read */
    void *timing_context;
};

/*
** threads: 0 stands for processors_available(). False: err says why. The arena is zeros, which
** take no memory until they are touched.
*/
bool engine_open(struct engine *e, const struct model *model, int threads, char *err);

/*
** The same for engine_infer and engine_loss alone, with parameters from a file: only the
** arena's first model->infer_arena reals and the scratch can be touched; moments, gradients
** and what else training needs are addresses without memory.
*/
bool engine_open_inference(struct engine *e, const struct model *model, int threads, char *err);
void engine_close(struct engine *e);

/*
** Right after it was opened: binds each thread to a processor (workers_bind), gives it a share of
** every region, and places the parameters and moments that it will update in its memory. Changes no
** bit. False: err says why, and the engine is to be closed.
*/
bool engine_pin(struct engine *e, char *err);

/* Where image `index` of the batch goes: NHWC, rows model->input_row apart. */
real *engine_input(struct engine *e, int index);
const real *engine_scores(const struct engine *e, int index);   /* [classes] */

/* The same in canonical order: out_c maps of out_h x out_w. */
void engine_canonical_scores(const struct engine *e, int index, real *out /* [classes] */);

/* Scores of the first n images (1 .. model->batch) of the input buffer. */
void engine_forward(struct engine *e, int n, enum step_mode mode);

/*
** The same in MODE_EVAL, but for rounding, and faster: the batchnorms that directly follow a
** convolution or an affine layer are in its weights. Folds them first where a step or
** engine_pack came since.
*/
void engine_infer(struct engine *e, int n);

/* False, with a message that ends with the advice: in training, a batch of so many different
** images leaves a batchnorm one value a channel. Its variance is 0, and every gradient beneath. */
bool engine_batch_suffices(const struct model *m, size_t images, const char *advice, char *err);

/* Every parameter by the same optimizer: fills e->rule. */
void engine_rules(struct engine *e, const struct hyper *hyper, enum update_kind update);

/*
** Work that the next step hands to its threads as soon as it needs the input buffer no longer:
** beside its last region where that one does not read it, else after it.
*/
void engine_beside(struct engine *e, int items, workers_fn *fn, void *context);

/* Mean loss of the images that engine_forward or engine_infer ran, without the L2 term; of
** e->weight the weighted mean. Targets are always those in e->targets. */
double engine_loss(struct engine *e, const int32_t *labels);

/*
** Forward, loss, gradients and updates by e->rule for the first n images. Returns
** sum(losses)/n (or sum(losses), where the network says `loss sum`) plus
** 0.5*reg*sum(W*W), the sum over weights as they were before the update.
*/
double engine_update(struct engine *e, int n, const int32_t *labels, enum step_mode mode);

/* engine_rules, then engine_update. With UPDATE_STORE, in MODE_CHECK, parameters stay and
** every `m` holds the gradient with its L2 term. */
double engine_step(struct engine *e, int n, const int32_t *labels,
                   const struct hyper *hyper, enum update_kind update);

/* The gradient of sum(probe*scores) into every `m`; probe: [n][classes].
** Returns that sum. No L2 term. */
double engine_probe(struct engine *e, int n, const real *probe);

/* After parameters were changed from outside. */
void engine_pack(struct engine *e, int param);
void engine_pack_all(struct engine *e);

double engine_clock(void);   /* seconds from some fixed moment */

#endif
