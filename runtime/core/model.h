/*
** model.h - the contract between a generated network and the runtime.
**
** The generated file defines constants and functions in `struct model`; the
** runtime drives them. The runtime knows no network, the generated code knows
** no file, no option and no thread. Nothing here may depend on either side's
** inner life.
*/
#ifndef LATHE_MODEL_H
#define LATHE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifndef LATHE_F64
#define LATHE_F64 0   /* 1: real is double; gradient checks are made there */
#endif

#if LATHE_F64
typedef double real;
#else
typedef float real;
#endif

enum {
    LANES = 16,       /* virtual lanes of a sum; stored rows are padded to it */
    PANEL = 128,      /* columns of one panel of an affine weight */
    GROUPS = 16,      /* most groups of images that a weight gradient is split into */
    ALIGN = 64        /* bytes: every buffer in the arena starts at a multiple */
};

/*
** Parameters. Canonical order (files, dump, tests) is PyTorch's: convolution
** weights (out, in, kh, kw), a deconv's (in, out, kh, kw), affine weights (out, in) with
** `in` flattened from NCHW, biases (out). The arena stores them so that kernels read along:
**
**   PARAM_CONV    [out][kh][row],  row = kw*in padded to LANES, index kx*in + ci;
**                 what a deconv reads is the `out` of it, and what it makes `in`
**   PARAM_AFFINE  [panel][out][PANEL], over the input flattened in NHWC order
**                 and padded to LANES; the last panel may be narrower
**   PARAM_VECTOR  [count] padded to LANES
**
** This order does not depend on the instruction set. Padding is zero and stays
** zero. runtime/core/params.c is the only place that computes these indices.
*/
/* The greatest side of a network's input, and of the images that it is cut from: memory ends before
** it in most shapes. */
enum { INPUT_SIDE = 1 << 24 };

enum param_kind { PARAM_CONV, PARAM_AFFINE, PARAM_VECTOR };

/* What a parameter is for: the L2 term and weight decay touch weights alone; running
** means and variances are gathered, not learned, and have no gradient. */
enum param_role { ROLE_WEIGHT, ROLE_BIAS, ROLE_GAIN, ROLE_STATISTIC };

/* Hyper-parameters of one step, already in `real`; see runtime/vector/optim.c. */
struct hyper {
    real lr;                 /* learning rate of this step */
    real reg;                /* L2 strength: adds reg*w to the gradient */
    real beta1, beta2, eps;  /* beta1 is momentum, too, and beta2 rmsprop's decay_rate */
    real rest1, rest2;       /* 1 - beta1, 1 - beta2, rounded once: 1 - 0.999f is off by 1e-5 */
    real keep;               /* 1 - lr*weight_decay */
    real step;               /* lr / (1 - beta1^t) */
    real unbias2;            /* 1 / (1 - beta2^t) */
};

/*
** One optimizer: updates `count` (a multiple of LANES) consecutive parameters
** in place, given their gradient without the L2 term, and returns the sum of
** squares of the values before the update (16 virtual lanes, see optim.c).
** UPDATE_STORE writes g + reg*w to m and changes nothing else.
*/
typedef double update_fn(real *w, real *m, real *v, const real *g, size_t count,
                         const struct hyper *h);

enum update_kind { UPDATE_STORE, UPDATE_SGD, UPDATE_MOMENTUM, UPDATE_NESTEROV, UPDATE_ADAGRAD,
                   UPDATE_RMSPROP, UPDATE_ADAM, UPDATE_ADAMW, UPDATE_MUON, UPDATE_KINDS };

/* How one parameter is updated in this step; outside of weights reg is 0 and keep 1. */
struct rule {
    enum update_kind kind;
    update_fn *update;
    struct hyper hyper;
    int still;               /* it is as in the step before, and nobody asks for its gradient */
};

/*
** UPDATE_MUON only stores its gradient (in m); the rest is done after backward, for a convolution's
** weight: `rows` filters of `columns` reals, a multiple of LANES. It goes in parts with a barrier
** after each; a part is independent items. See runtime/vector/muon.c, and core/update.c, which
** knows their order.
*/
struct muon {
    real *w, *v;
    const real *m;
    int rows, columns, side;     /* side: rows, padded to LANES */
    struct hyper hyper;
    real *x, *next;              /* [rows][columns]: the matrix, and what becomes of it */
    real *panels;                /* [columns / LANES][rows][LANES]: x, column by column */
    real *gram, *square;         /* [rows][side] */
    double *norms;               /* [2][rows]: sums of squares of x and of w */
};
enum muon_part { MUON_BEGIN, MUON_SCALE, MUON_GRAM, MUON_SQUARE, MUON_MIX, MUON_MULTIPLY,
                 MUON_END };
enum { MUON_ROWS = 16 };         /* of an item */
typedef void muon_fn(const struct muon *job, enum muon_part part, int item);

/* What an optimizer can be told; optimizer.h has the table. */
enum rate { RATE_LR, RATE_BETA1, RATE_BETA2, RATE_EPS, RATE_WEIGHT_DECAY, RATES };

/* How the learning rate goes through a run; rules.h has the formulas. */
enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_STEP,
                     SCHEDULE_KINDS };

/* What the network file sets for some parameters alone (`group`, `freeze`); `set` says
** what, bit by bit. */
enum { OWN_OPTIMIZER = 1, OWN_REG = 2, OWN_DECAY = 4, OWN_SCHEDULE = 8, OWN_FREEZE = 16,
       OWN_RATE = 32 /* << enum rate */ };
struct own_settings {
    unsigned set;
    enum update_kind optimizer;
    double rate[RATES];
    double reg, lr_decay;
    enum schedule_kind schedule;
    double freeze;           /* epochs after which it stays as it is */
};

/* First values: drawn; convolutions whose first filters pass their channel on (Dirac), the
** others drawn; filters that whiten patches of training images, computed by whiten.c. */
enum init_kind { INIT_DRAWN, INIT_DIRAC, INIT_WHITEN };

struct param {
    const char *name;        /* "conv1.weight" */
    enum param_kind kind;
    int rank;                /* 4, 2 or 1 */
    int dim[4];              /* canonical shape */
    int in_c, in_h, in_w;    /* PARAM_AFFINE: the image that is flattened; PARAM_CONV: the
                                image that is read, in_c / dim[1] groups of channels */
    int fan_in;              /* values that one output sums over */
    enum param_role role;
    double init;             /* standard deviation of the Gaussian; < 0: none */
    double start;            /* added to it: gammas and variances begin with 1 */
    size_t sumsq;            /* weights: their first slot of step->sumsq, */
    int nsumsq;              /* and how many they have */
    size_t at, m, v;         /* arena offsets (in reals): values, 1st and 2nd moment */
    size_t stored;           /* reals of each of the three, padding included */
    enum init_kind first;
    int own_init;            /* 1: no option of the program changes `init` */
    struct own_settings own;
};

/* What batchnorm and dropout do: evaluation, running statistics and no masks; a check,
** the batch's statistics, leaving the running ones alone; training, all of it. */
enum step_mode { MODE_EVAL, MODE_CHECK, MODE_TRAIN };

/* What every region of one step receives. */
struct step {
    real *arena;             /* model->arena reals, then threads * model->scratch */
    int n;                   /* images in this batch: 1 .. model->batch */
    int together;            /* images of this region's items, where it may have fewer */
    const int32_t *labels;   /* [n], 0 .. classes-1; NULL: scores only */
    const real *targets;     /* [n][classes]: what scores are to be, where there are no labels */
    const real *weight;      /* [classes]: what an image of a class counts or, of bce, where the
                                target is 1; NULL: all as much */
    real share;              /* of an image's loss in the batch's: 1/n, 1 over the sum of the
                                images' weights, or 1 where losses are added */
    const real *probe;       /* [n][classes] or NULL; if set, loss = sum(probe*scores) */
    const struct rule *rule; /* [model->nparams]: what a gradient is handed to */
    double *sumsq;           /* [model->nsumsq]: partial sums of squares of the
                                weights, written by backward */
    enum step_mode mode;
    uint64_t seed, iteration;   /* of dropout's masks */
    int keep_all;            /* 1: dropout is off in every mode */
};

/*
** A region: independent items, run by any thread in any order, then a barrier.
** Which item does what depends on (item, items) only, never on the thread;
** `thread` (0 ..) selects scratch memory.
*/
enum split {
    SPLIT_IMAGES,            /* items = ceil(n / images) * k, 1 <= k <= count; k parts of
                                the work on so many images */
    SPLIT_GROUPS,            /* items = min(n, GROUPS) * k, 1 <= k <= max(1, count): k parts of
                                what is made of each group */
    SPLIT_FIXED,             /* items = ceil(n / images) * count; images 0: count */
    SPLIT_PANELS             /* items = count, of a weight's panels; ranks (ranks.h) share them */
};

typedef void region_fn(const struct step *s, int item, int items, int thread);

struct region {
    const char *name;        /* "conv1 forward" */
    enum split split;
    int count;
    double flop;             /* dense-equivalent, one image: docs/design.md */
    region_fn *run;
    int images;              /* an item's; 0: SPLIT_IMAGES 1, SPLIT_FIXED all. Where it is
                                given, one image is at most one item a thread: every item
                                reads all of its weights */
    double bytes_fixed, bytes_image;   /* read and written at least: once, for each image */
    int from, to;            /* backward: a part of the gradients of these parameters, up to
                                to - 1; run while one of them changes. to 0: in every step */
    int fewer;               /* 1: an item may have fewer images: step->together */
    int reads_input;         /* backward: 1: the images, or the targets, are not to change while
                                it runs */
};

/* Ranks (ranks.h) that share the images of a step: what they tell each other of a buffer, of which
** each has what belongs to its images, or what it has computed of a weight's panels. */
enum exchange_kind {
    EXCHANGE_IMAGES,         /* all images, to all */
    EXCHANGE_GROUPS,         /* the groups of images, added in order, to all: the sum is where the
                                first was, and the region has one group */
    EXCHANGE_TO_PANELS,      /* all images, of each the columns of a rank's panels */
    EXCHANGE_TO_IMAGES,      /* and back */
    EXCHANGE_PANELS          /* the weight that has changed, or its gradient, to all */
};
struct exchange {
    enum exchange_kind kind;
    int after;               /* regions, numbered as forward and then backward has them: it begins
                                after this one, or -1; */
    int from, to;            /* it is done before the first of these that runs, up to to - 1; none:
                                TO_IMAGES at once, PANELS by the step's end */
    size_t at, size;         /* reals: where the first image's, or group's, begin, and of each */
    int columns;             /* of all panels */
    int param;               /* of EXCHANGE_PANELS */
};

/* A buffer whose entries are decisions: hashed by gradcheck to find kinks. */
struct decision {
    size_t at;               /* reals from the arena's start */
    size_t image;            /* reals (or bytes) from image to image */
    int h, w, c;             /* extent inside one image */
    size_t row;              /* reals (or bytes) from row to row, pixel step is c */
    int bytes;               /* 1: uint8_t argmax of a pool, 0: real, */
    double low, high;        /* whose side of these counts */
};

/* What is done to images before the network sees them; data.h has the formulas. */
enum preprocess_kind { PREPROCESS_NONE, PREPROCESS_MEAN_IMAGE, PREPROCESS_SCALE,
                       PREPROCESS_CHANNEL_NORM, PREPROCESS_KINDS };

/* What training does to images; augment.h says how. */
enum flip_kind { FLIP_NONE, FLIP_RANDOM, FLIP_ALTERNATING, FLIP_KINDS };
enum crop_kind { CROP_NONE, CROP_RANDOM, CROP_KINDS };
enum edge_kind { EDGE_ZERO, EDGE_REFLECT };
struct augment {
    enum flip_kind flip;
    enum crop_kind crop;     /* random: images may be larger than the input */
    int translate;           /* pixels, 0: not */
    enum edge_kind edge;     /* what comes in then: 0, or the image reflected */
    int cutout;              /* side of the hole, 0: none */
    double brightness;       /* most that is added to an image, or taken from it */
    double contrast;         /* most that the factor of an image is from 1 */
};

/* What a drawing of the network says of one layer. */
struct layer_info {
    const char *name, *what; /* "conv1", "conv 32 7x7" */
    int from, to;            /* the layer that it reads, -1: the input; the one that takes it as the
                                end of a branch, 0: none */
    int c, h, w;             /* output */
    double params, forward, backward;   /* FLOP of one image, dense-equivalent */
};

/* Averages of the parameters over the steps; average.h has the formulas. */
enum average_kind { AVERAGE_NONE, AVERAGE_EMA, AVERAGE_LOOKAHEAD, AVERAGE_KINDS };

/* First weights, where a layer has no others (init_kind). */
enum { INIT_GAUSSIAN, INIT_KAIMING };
enum sample_kind { SAMPLE_SHUFFLE, SAMPLE_REPLACEMENT };
enum loss_kind { LOSS_MEAN, LOSS_SUM };

/* What the last layer makes of the scores; objective.h has a row of each. */
enum objective { OBJECTIVE_SOFTMAX, OBJECTIVE_SVM, OBJECTIVE_MSE, OBJECTIVE_MAE, OBJECTIVE_BCE,
                 OBJECTIVES };

/* What an image's scores are compared with: the number of its class; reals, one a score; or the
** image itself, preprocessed. */
enum target_kind { TARGET_LABEL, TARGET_REALS, TARGET_INPUT };

/* How a run trains: the network file says it, options override it. Rows of settings.h. */
struct train {
    enum update_kind optimizer;
    double rate[RATES];      /* of the optimizer; the learning rate first */
    double epochs;           /* may be a fraction */
    int iterations;          /* instead of epochs; 0: epochs count */
    int batch;               /* images of one iteration */
    double lr_decay;         /* the learning rate is multiplied by it after each epoch */
    enum schedule_kind schedule;
    double step_epochs, step_factor;   /* SCHEDULE_STEP */
    double warmup;           /* epochs in which the rate rises */
    double reg;              /* the loss has 0.5*reg*sum(W*W) */
    int init;                /* INIT_GAUSSIAN, INIT_KAIMING: of deviation sqrt(2 / fan_in) */
    double init_std;         /* of a Gaussian; < 0: as the parameters have it */
    enum sample_kind sample; /* a batch: from a permutation, or drawn with replacement */
    enum preprocess_kind preprocess;
    struct augment augment;
    double clip;             /* most that all gradients together may be long (L2); 0: any */
    enum average_kind average;
    double average_rate;
    int average_every;
    int check_every;         /* iterations between checks; 0: at the end of epochs */
    int patience;            /* checks without a better one before it stops; 0: never */
    enum loss_kind loss;     /* of a step: the images' mean, or their sum */
    const char *class_weights;   /* "balanced", or "2,1,0.5"; NULL: classes count alike */
};

struct model {
    const char *name;        /* of the network */
    const char *isa;         /* "scalar" "avx2" "avx512" "neon" */
    const char *layers;      /* fingerprint: one line a layer, '\n' between */
    const struct layer_info *info; int ninfo;       /* for the drawing */
    int in_c, in_h, in_w;
    int out_c, out_h, out_w; /* of the scores' map, stored (y, x, c) as well */
    int classes;             /* scores of an image */
    enum objective objective;
    enum target_kind target;
    int batch;               /* capacity: the most images of one step */

    /* pixel (y, x, c) of input image i: input + i*input_image + y*input_row + x*in_c + c */
    size_t input, input_image, input_row;
    size_t scores, scores_image;   /* score j of image i: scores + i*scores_image + j */
    size_t losses;                 /* [batch], loss of each image, without the L2 term */

    size_t arena;            /* reals, without scratch; all zero before the first use */
    size_t scratch;          /* reals a thread, after the arena; all zero as well */
    size_t nsumsq;

    const struct param *params;    int nparams;
    const struct region *forward;  int nforward;    /* input to scores */
    const struct region *backward; int nbackward;   /* loss first, then gradients
                                                       and updates, scores to input */
    const struct region *infer; int ninfer;         /* input to scores as forward gives them in
                                                       MODE_EVAL, but for rounding: batchnorms
                                                       are in the weights where they can be */
    size_t infer_arena;      /* reals at the arena's start: with the scratch all that infer, fold,
                                the loss and the parameters' values touch */
    const struct exchange *exchanges; int nexchanges;   /* in order; of programs with MPI alone */
    const struct decision *decisions; int ndecisions;

    /* To be called for every parameter after its values were changed from
    ** outside (initialisation, loading, a gradient check's probe). */
    void (*pack)(const struct step *s, int param);

    /* To be called before infer where any parameter was changed since, by a step or from
    ** outside; it needs no pack before. */
    void (*fold)(const struct step *s);

    update_fn *update[UPDATE_KINDS];
    muon_fn *muon;
    int (*exact)(real one, real small);   /* 1: the kernels round each operation; functions.c */
    double (*peak)(long rounds);   /* runs fused multiply-adds, returns their FLOP */
    struct train train;
};

/* All networks of the emitted file, each for its instruction sets, widest first. The linker
** knows them by their type: what it would lay out otherwise than the library, it refuses. */
#if LATHE_F64
#define lathe_models lathe_models_f64
#else
#define lathe_models lathe_models_f32
#endif
extern const struct model *const lathe_models[];
extern const int lathe_nmodels;

#endif
