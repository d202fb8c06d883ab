/*
** net.h - the network on its way from text to C: data, and what any floor may ask of it.
** plan/passes.h has the passes; each fills the fields that stand under its name here.
*/
#ifndef LATHE_NET_H
#define LATHE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "runtime/core/model.h"
#include "base/die.h"
#include "base/isa.h"

enum { NAME_MAX_LEN = 48 };     /* longest label, with its terminator */
enum { MAX_NUMBERS = 2 };       /* after a layer's word: clip LO HI */
enum { MAX_BRANCHES = 8 };      /* blocks of a concat */
enum { MAX_POOLED = 256 };      /* values of a pool's window: a byte says which is the largest */

struct place { const char *file; int line, col; };

struct shape { int c, h, w; };

enum layer_kind { LAYER_CONV, LAYER_RELU, LAYER_MAXPOOL, LAYER_AFFINE, LAYER_SOFTMAX,
                  LAYER_SVM, LAYER_MSE, LAYER_MAE, LAYER_BCE,
                  LAYER_LEAKY_RELU, LAYER_GELU, LAYER_TANH, LAYER_SIGMOID,
                  LAYER_SILU, LAYER_SCALE, LAYER_CLIP, LAYER_HARDSWISH,
                  LAYER_HARDSIGMOID, LAYER_ELU, LAYER_PRELU,
                  LAYER_AVGPOOL, LAYER_GLOBALMAXPOOL, LAYER_GLOBALAVGPOOL,
                  LAYER_RESHAPE, LAYER_UPSAMPLE, LAYER_DECONV,
                  LAYER_DROPOUT, LAYER_BATCHNORM, LAYER_RESIDUAL, LAYER_ADD,
                  LAYER_CONCAT, LAYER_JOIN, LAYER_GATE, LAYER_PRODUCT, LAYER_KINDS };

enum pad_kind { PAD_SAME, PAD_VALID, PAD_NUMBER };
enum winograd_choice { WINOGRAD_AUTO, WINOGRAD_NO, WINOGRAD_YES };

struct layer {
    /* spec.c */
    enum layer_kind kind;
    struct place at;
    char name[NAME_MAX_LEN];    /* label, or kind and number: conv1 */
    int from;                   /* the layer that it reads, or INPUT */
    int branch;                 /* where it reads a fork: which branch it begins, from 0 */
    int branches;               /* fork, and what ends them: how many there are */
    int fork, end[MAX_BRANCHES];        /* add, join, product: what its branches read, and the
                                   layers that end them; of an empty one that is the fork */
    int filters;                /* conv, deconv: output channels; affine: output units */
    int kh, kw;                 /* conv, deconv, maxpool: window */
    int stride, stride_w;       /* down, across; conv, deconv: 1, pools: the window unless said */
    struct shape to;            /* reshape */
    int up_h, up_w;             /* upsample: times as many rows, columns */
    bool bilinear;              /* upsample */
    int groups;                 /* conv: of channels and filters, each on its own */
    int dilation;               /* conv: pixels from tap to tap */
    bool ceil;                  /* pools: a last window may reach beyond the padded input */
    bool count_pad;             /* avgpool: padding counts in a mean */
    enum pad_kind pad_kind;
    int pad[4];                 /* PAD_NUMBER: top, left, bottom, right */
    double smoothing;           /* softmax: share of the labels spread over all classes */
    double margin;              /* svm */
    enum target_kind target;    /* losses */
    double number[MAX_NUMBERS]; /* what stands after the word: layers.c names it */
    bool bias;                  /* conv, affine */
    enum winograd_choice winograd;      /* conv */
    bool scale;                 /* batchnorm: has gamma */
    double momentum, eps;       /* batchnorm */
    bool own_init;              /* init= was said: */
    enum init_kind first;
    double init_std;            /* drawn: the deviation; < 0: by init_rule */
    enum { RULE_KAIMING, RULE_XAVIER } init_rule;
    /* shape.c */
    int pad_top, pad_left, pad_bottom, pad_right;   /* with what a last window needs beyond it; of
                                   a deconv below 0 where its map ends after the last window */
    int beyond_bottom, beyond_right;                /* that, which no mean counts */
    struct shape in, out;
    long long params;           /* weights and biases */
    double flop_forward, flop_backward;  /* dense-equivalent, one image */
    bool below;                 /* something below it has parameters */
    int mirror;                 /* deconv: the convolution that it is the transpose of */
};

/* What several branches read. */
static inline bool is_fork(enum layer_kind kind)
{
    return kind == LAYER_RESIDUAL || kind == LAYER_CONCAT || kind == LAYER_GATE;
}

/* What ends them. */
static inline bool ends_branches(enum layer_kind kind)
{
    return kind == LAYER_ADD || kind == LAYER_JOIN || kind == LAYER_PRODUCT;
}

/* The last layer: scores become a loss. */
static inline bool is_loss(enum layer_kind kind)
{
    return kind >= LAYER_SOFTMAX && kind <= LAYER_BCE;
}

/* `group` and `freeze`: what some parameters have of their own. */
struct group_setting {
    struct place at;
    char selector[128];         /* a name, perhaps with .weight or .bias */
    struct own_settings own;
};

/* ---- the plan ---- */

/* fuse.c: layers that run as one, band by band, without touching memory between. */
enum stage_kind { STAGE_CONV, STAGE_AFFINE, STAGE_POOL, STAGE_AVERAGE, STAGE_POINTWISE,
                  STAGE_DROPOUT, STAGE_RESHAPE, STAGE_UPSAMPLE, STAGE_DECONV, STAGE_PRELU,
                  STAGE_NORM, STAGE_FORK, STAGE_ADD, STAGE_JOIN, STAGE_PRODUCT, STAGE_LOSS,
                  STAGE_KINDS };

/* How one direction of a stage is computed. Which, the network decides where it decides the order
** of sums; else block.c, to the same bits. */
enum algorithm {
    BY_NONE,                    /* not decided yet */
    BY_DIRECT,                  /* every product, tile by tile */
    BY_DEPTHWISE,               /* the same where each group is one channel */
    BY_WINOGRAD,                /* minimal filtering of 3x3 taps */
    BY_SCATTER,                 /* data gradient, from lists of nonzero gradients by pixel */
    BY_LISTS,                   /* from lists of nonzero gradients */
    BY_DENSE,                   /* from all gradients */
    BY_NARROW,                  /* the same with vectors along the filters */
    BY_PICKED,                  /* of each window of a max-pool from the pixel that it picked, so */
    ALGORITHMS
};

/* block.c: register tile of mh x mw output pixels (affine: mh images x mw units)
** by nv vectors. */
struct tile { int mh, mw, nv; };

/*
** Winograd's minimal filtering of a 3x3 convolution: maps are cut into tiles of 4x4 outputs, the
** last row and column into smaller ones, F(r x c, 3x3). A tile of r x c outputs comes from
** (r + 2)*(c + 2) inputs and has as many places, which are the first of the largest tile's.
*/
enum { WINOGRAD_STEP = 4, WINOGRAD_SIDE = WINOGRAD_STEP + 2 };

struct winograd {
    /* sweeps.c */
    int h, w;                   /* outputs of an image */
    int rows, columns;          /* tiles of an image */
    int side_h, side_w;         /* places of the largest tile's sides */
    int cut_h, cut_w;           /* those of them that the last row, the last column has as well */
    int rows_together;          /* rows of tiles that a pass holds whole numbers of */
    bool by_panels;             /* threads share an image by panels of filters, not by rows */
    /* block.c */
    int pass;                   /* rows of tiles transformed at a time ... */
    int images;                 /* ... of so many images; more than 1: pass is all rows */
    int v_tile, g_tile;         /* reals between tiles: inputs, output gradients */
    int v_xi, g_xi, m_xi;       /* reals between the places; m: of the products */
    int u_channels, u_filters;  /* weight gradient: of a block of sums */
    int u_xi, u_block;          /* reals between its places; between blocks, 0: they lie in one */
    bool fetch_maps, fetch_sums;        /* weight gradient: L2 does not hold them */
    int map_lines;              /* of the next place's maps, fetched with a tile's products */
};

/*
** The data gradient of a convolution below a max-pool from the lists of its nonzero output
** gradients (templates/conv/scatter.c).
*/
struct scatter {
    /* sweeps.c */
    int filters;                /* of a block */
    int blocks;
    int band;                   /* pooled rows listed at a time */
    int map_rows, map_columns;  /* pixels of the haloed input */
    /* block.c */
    int channels, cblocks;      /* of a block of input channels; how many */
    int slice;                  /* reals of one filter row of a block by a block */
    int map_row, map_size;      /* reals of the haloed map of one block of channels */
};

/*
** A convolution with stride 1 in its output: what conv/rows.c computes. The
** forward pass is one; the gradient to the data is one for every phase of the
** stride, over the haloed output gradient with the flipped filter.
*/
struct sweep {
    /* sweeps.c */
    char name[NAME_MAX_LEN + 56];
    enum algorithm algorithm;   /* direct, depthwise, Winograd, scatter */
    int ci, co;                 /* channels read and written: of one group */
    int groups;                 /* how many times, ci and co channels further on */
    int kh, kw;                 /* taps; 0: no tap reaches this phase, it is zero */
    int step_x, step_y;         /* input pixels between neighbouring outputs */
    int oh, ow;                 /* outputs computed */
    int in_row, in_pixel;       /* reals between input rows, input pixels */
    int dilation, dilation_w;   /* input rows, and pixels, from tap to tap */
    long in_at;                 /* first tap of output (0,0), reals from the origin */
    int out_row, out_pixel;     /* reals between output rows, output pixels; block.c: of the band
                                   that is pooled */
    long out_at;
    int tap_y, tap_x;           /* phase: first tap of the filter, */
    int tap_step_y, tap_step_x; /* and the distances to the next */
    bool flipped;               /* by transposed filters: channels swapped, taps flipped */
    bool backward;              /* a convolution's gradient to the data, from scratch */
    bool bias;                  /* start from the bias, else from +0 */
    const struct layer *pointwise;      /* the layer after it, which is no relu; or NULL */
    bool whole_vectors;         /* the output has room for whole vectors of channels */
    int band;                   /* tile rows divide it: rows handed over at a time */
    bool short_unroll;          /* the second one of a stage: its taps stay loops */
    union {                     /* by the algorithm */
        struct winograd winograd;
        struct scatter scatter;
    };
    /* block.c */
    struct tile tile;           /* Winograd: mw tiles of one place by nv vectors */
    int strip;                  /* output rows of which all panels are made together */
    int recomputed;             /* outputs of a row's last tile that the one before made, too */
    int blocks;                 /* full panels of packed weights, tile.nv vectors wide */
    int last;                   /* channels left for the last, narrower panel */
    size_t packed_size;         /* reals of all panels of all groups */
    size_t packed_at;           /* where they start in the stage's buffer */
};

/* The taps of a filter row are no one run of reals in the input. */
static inline bool taps_apart(const struct sweep *s)
{
    return s->groups > 1 || s->dilation_w > 1;
}

/* How a map lies in memory: NHWC, `top` rows and `left` pixels of halo first. */
struct map {
    struct shape shape;
    int top, left, rows, columns;   /* halo before; rows and columns in all */
    size_t row, image, origin;      /* reals; origin: of pixel (0, 0) */
    bool keep;                      /* has zeros that nothing may overwrite */
};

/* regions.c: the parallel regions of one step, in order. */
enum region_kind { REGION_NONE, REGION_FORWARD, REGION_NORM_STATISTICS, REGION_NORM_MERGE,
                   REGION_LOSS, REGION_AFFINE_LISTS, REGION_AFFINE_BIAS, REGION_AFFINE_BACKWARD,
                   REGION_NORM_SUMS, REGION_NORM_UPDATE, REGION_NORM_BACKWARD, REGION_BACKWARD,
                   REGION_CONV_DGRAD, REGION_CONV_WGRAD, REGION_CONV_UPDATE, REGION_DECONV_DGRAD,
                   REGION_DECONV_BIAS, REGION_PRELU_BACKWARD, REGION_PRELU_UPDATE, REGION_FOLDED,
                   REGION_KINDS };

struct region_plan {
    enum region_kind kind;
    int stage;                  /* of net.stage; REGION_FOLDED: of net.folded */
    /* how it is cut into items, and what it takes, as struct region of model.h has it */
    enum split split;
    int count, images;
    double flop, bytes_fixed, bytes_image;
    int from, to;               /* backward: of net.param, as struct region has them */
    bool fewer, reads_input;
};

/* mem.c: one range of the arena. Sizes and offsets in reals. */
struct buffer {
    char name[NAME_MAX_LEN + 40];
    size_t size, at;
    int first, last;            /* regions between which it is alive */
    bool keep;                  /* shares its memory with nothing: parameters, halos */
    bool scratch;               /* one for each thread, `at` counts from its scratch */
    bool infer;                 /* inference touches it: it lies in front */
};

/* kinks.c: values that decide, and what gradient checks must not cross: on which side of `low` and
** `high` reals are, or which value of a window a byte says is the largest. */
struct kink_plan {
    int buffer;
    size_t origin, image, row;  /* reals or bytes: of the first value; image to image, row to row */
    struct shape shape;
    bool bytes;
    double low, high;           /* high below low: low alone */
};

/* exchanges.c: what ranks tell each other of a buffer. */
struct exchange_plan {
    enum exchange_kind kind;
    int buffer, after, from, to;        /* the last are regions, as struct exchange has them */
    size_t size;                /* reals of an image, a group, a column of a weight, */
    int columns, param;         /* of panels */
};

enum { INPUT = -1, NO_LAYER = -1, NO_STAGE = -1, NO_BUFFER = -1, NO_PARAM = -1 };

/* Buffers of a stage. buffers.c has a row for each; what is scratch lies in this order. */
enum stage_buffer {
    AT_X, AT_DX,                /* other stages': what it reads, the gradient of that */
    AT_BRANCH,                  /* other stages': add, join, product: what each branch made */
    AT_BRANCH_LAST = AT_BRANCH + MAX_BRANCHES - 1,
    AT_DBRANCH,                 /* their gradients; fork: of what it reads, each branch's */
    AT_DBRANCH_LAST = AT_DBRANCH + MAX_BRANCHES - 1,
    AT_Y, AT_ARGMAX,            /* output, argmax bytes of a pool */
    AT_MASK,                    /* dropout: bytes */
    AT_DY,                      /* gradient of the output */
    AT_DSUM,                    /* add: gradient of the sum, before its pointwise layer */
    AT_WEIGHT, AT_BIAS,         /* what forward takes: the parameters' values, or folded ones */
    AT_PACKED,                  /* conv: weights packed for its sweeps */
    AT_PARTIAL,                 /* weight gradients of the groups */
    AT_IMAGE_LIST, AT_IMAGE_STARTS, AT_UNIT_LIST, AT_UNIT_STARTS,    /* affine: nonzeros of dy */
    AT_HALOED,                  /* deconv: the output's gradient, masked, zeros around it */
    AT_BIAS_SUMS,               /* deconv: sums of that of every image */
    AT_MOMENTS,                 /* norm: sums of every image's blocks, two for each channel; prelu:
                                   of every image, one */
    AT_COEFFICIENTS,            /* norm: six for each channel, see norm/merge.c */
    AT_EXPANDED,                /* scratch, zeros around it: the output gradient */
    AT_BAND,                    /* what is handed over to be pooled */
    AT_ENTRIES,                 /* lists of nonzero gradients by filter */
    AT_GRADIENT,                /* of one filter */
    AT_FILTERS,                 /* folded: some filters, on their way to the panels */
    AT_TURNED,                  /* affine: weights of a block, columns by units */
    AT_SUMS,                    /* affine: of the units; depthwise: of the taps */
    AT_REPEATED,                /* depthwise: the input, each channel as often as it has filters */
    AT_WINO_V, AT_WINO_M, AT_WINO_G, AT_WINO_U, AT_WINO_DB,     /* Winograd: transformed inputs,
                                   products, transformed gradients, their sums, bias */
    AT_TAP_SUMS,                /* narrow, picked: sums of the group, tap by tap */
    AT_WINDOWS, AT_CHOICES,     /* dense, picked: gradients of a band; picked: their places */
    AT_COPIED,                  /* dense: inputs of a band, tile by tile; picked: by windows */
    AT_MAP, AT_LISTS, AT_ENDS,  /* scatter's map, lists by pixel, where they end */
    STAGE_BUFFERS
};

/* The weight gradient of a convolution. */
struct weight_plan {
    enum algorithm algorithm;   /* sweeps.c: Winograd, depthwise; block.c: the others */
    struct winograd winograd;   /* sweeps.c; what follows is block.c's */
    struct tile tile;           /* mh filter rows x nv vectors of kw*ci; where taps lie apart:
                                   mh x mw taps, nv vectors of each;
                                   Winograd: mh filters x nv vectors of ci;
                                   dense: mh filters x nv vectors of a row, or of a tap;
                                   narrow, picked: mw taps x nv vectors of filters */
    int filters;                /* narrow, picked: filters padded to whole tiles */
    int images;                 /* dense, Winograd: of so many images at a time */
    int g_pixel;                /* dense: reals from a pixel's gradients to the next */
    int vectors;                /* dense: of a filter row; where taps lie apart, of a tap */
    int share;                  /* lines fetched with a row of pixels (dense), a tile (Winograd) */
    bool copied;                /* dense: inputs are copied, tile by tile */
    int band;                   /* output rows listed, or summed, at a time */
    int list_space;             /* entries from a filter's list to the next one's */
    int table_rows, table_columns;      /* picked: of a band's inputs, for each window's place */
    int parts;                  /* that a group's sums can be cut into */
};

struct conv_plan {
    /* fuse.c */
    struct shape mid;           /* what it computes, as far as the pool reads it */
    bool transposed;            /* a deconv's mirror: it runs the other way round, */
    bool halved;                /* and the deconv reads what a ReLU made: every second value is 0 */
    /* layout.c */
    size_t window;              /* where in `in` the first window begins */
    int row;                    /* reals of a stored filter row */
    int multiplier;             /* depthwise: filters a channel; 1 otherwise */
    struct map repeated;        /* multiplier > 1: the input, each channel that often */
    /* sweeps.c */
    int gathers;                /* the norm stage whose moments it gathers, or NO_STAGE */
    int sums;                   /* the one it reads, whose gradient it sums up, or NO_STAGE */
    struct sweep forward;
    struct sweep *dgrad; int ndgrad;
    bool dgrad_gaps;            /* stride larger than filter: dx is cleared first */
    struct map expanded;        /* the haloed output gradient */
    struct weight_plan wgrad;
    int through;                /* through.c: the norm stage that reads it, through which its
                                   gradients go, or NO_STAGE */
    int parts;                  /* block.c: bands of output rows that an image is cut into */
    long group_size;            /* mem.c: reals of one group's weight and bias gradient */
};

struct affine_plan {
    enum algorithm backward;    /* fuse.c: lists, dense */
    int columns;                /* layout.c: of a row of the stored weight, whole lanes */
    /* block.c */
    struct tile tile;           /* forward: mh images x nv vectors of units */
    int rest;                   /* images that the tiles of a batch leave; 1 if none */
    int block, images;          /* forward: units of a block, images of a pass */
    int stored;                 /* units, whole blocks: inference has its weights so */
    int blocks_together;        /* blocks at a time */
    int rows, group, listed;    /* backward: units of a pass, of a group; its images at a time */
    struct tile whole_panel, last_panel;    /* dense: mh rows x nv vectors; images in the
                                   gradient to the data, units in the weights' */
};

struct norm_plan {
    int blocks;                 /* sweeps.c: an image's moments, of as many blocks of rows */
    int gather_vectors, sum_vectors;    /* block.c: of channels, that are summed at a time */
    int running_mean, running_var;      /* params.c */
};

/* What ends branches. */
struct branch_plan {
    int count, end[MAX_BRANCHES];       /* fuse.c: the stages that it reads */
    struct map in[MAX_BRANCHES];        /* layout.c: their maps */
};

/* fold.c: a stage of inference that stands for several of training. */
struct fold_plan {
    int head, norm, end;        /* whose weights they are, the norm in them or NO_STAGE, the last
                                   stage in it */
    int step;                   /* filters that are folded at a time */
};

struct stage {
    /* fuse.c */
    enum stage_kind kind;
    char name[NAME_MAX_LEN + 16];   /* of the layer that leads it */
    int head;                   /* that layer */
    int from;                   /* stage read: a fork stands for what it reads; or INPUT */
    int relu, pool;             /* layers fused after it, or NO_LAYER */
    int pointwise;              /* pointwise: itself; norm, add: the one after, or NO_LAYER;
                                   a folded affine: the one after its norm */
    bool relu_first;            /* relu before pool */
    bool needs_dx;              /* something below has parameters */
    bool trains;                /* it or something below has parameters */
    double flop_forward, flop_wgrad, flop_dgrad;
    struct conv_plan *conv;     /* what its kind alone has: the others are NULL */
    struct affine_plan *affine;
    struct norm_plan *norm;
    struct branch_plan *branch;
    struct stage *mirror;       /* deconv: the convolution that it is the transpose of, which reads
                                   the gradient of the deconv's output and makes that of its input;
                                   the deconv's input is its output's gradient */
    /* layout.c */
    struct map in, out;
    size_t dx_image, dy_image;  /* gradients: [h][w][c] without halo, image to image */
    size_t dy_row, dy_at;       /* of the output: row to row; where it begins; a mirror's has a
                                   halo */
    /* fold.c */
    int folded;                 /* of net.folded, what inference runs, or NO_STAGE */
    bool in_folded;             /* inference runs it as the end of a folded stage */
    struct fold_plan *fold;     /* of net.folded alone */
    /* params.c: indices into net.param, or NO_PARAM */
    int weight, bias;
    /* mem.c */
    struct { int first, last; } forward_regions, backward_regions;  /* -1: none */
    int at[STAGE_BUFFERS];      /* indices into net.buffer, or NO_BUFFER */
};

struct net_param {
    char name[NAME_MAX_LEN + 32];
    int stage;
    enum param_role role;
    enum param_kind kind;
    int fan_in;
    double init;                /* standard deviation of the Gaussian; < 0: none */
    double start;               /* added to it: what gammas and variances begin with */
    bool own_init;
    enum init_kind first;
    struct own_settings own;
    size_t stored;              /* reals, padding included */
    size_t sumsq; int nsumsq;   /* weights: their slots of partial sums of squares */
    int at, m, v;               /* buffers */
};

struct choice;
struct tuning;
struct stream_plan;

/* One --set option: the value that counts, of those in its list; used: told to spec.c's
** `let`. */
enum { MAX_VALUES = 32 };
struct setting {
    const char *name;
    double value, list[MAX_VALUES];
    int count;
    bool used, maybe;           /* maybe: it need not be a `let` */
};

struct net {
    /* what was asked for */
    const char *path;           /* the network file */
    const char *text;           /* what stands for it, where it is not written yet; or NULL */
    const struct isa *isa;
    bool f64;
    bool mpi;                   /* a program whose ranks share the images of a step */
    bool inference;             /* a program that only runs it, an image at a time ... */
    bool small;                 /* ... with loops rather than what they are written out to ... */
    bool tight;                 /* ... by Winograd's filtering a row of tiles at a time ... */
    int winograd_from;          /* ... whose layers before this one do not go by it ... */
    size_t ram;                 /* ... in so many bytes; 0: as few as cost next to nothing */
    int vl;                     /* reals of one vector: isa and type */
    int batch;                  /* images of a step; 0: as the file says */
    struct setting *set; int nset;      /* values instead of the file's `let` */
    const char *tune;           /* a tuning file, or NULL */
    struct tuning *tuning;      /* whose candidates block.c takes; NULL: the cost model's */
    /* spec.c */
    char name[NAME_MAX_LEN];
    struct place at;            /* of the word `net` */
    struct shape input;
    struct layer *layer; int nlayers;       /* after them, by shape.c, the deconvs' mirrors */
    struct train train;         /* defaults where the file is silent */
    struct place batch_at;      /* where the file says its batch; line 0: nowhere, or not its own */
    struct place weights_at;    /* where it says class_weights; line 0: nowhere */
    struct group_setting *group; int ngroups;
    /* fuse.c */
    struct stage *stage; int nstages;
    int classes;                /* scores of an image */
    /* fold.c */
    struct stage *folded; int nfolded;      /* with weights for inference alone */
    /* block.c */
    struct choice *choice; int nchoices;
    /* params.c */
    struct net_param *param; int nparams;
    size_t nsumsq;
    /* regions.c */
    struct region_plan *region; int nregions, nforward;
    struct region_plan *infer; int ninfer;  /* input to scores without what only training needs */
    /* mem.c */
    struct buffer *buffer; int nbuffers;
    int input_at, losses_at;    /* buffers */
    size_t arena, scratch;      /* reals: shared; for each thread */
    size_t infer_arena;         /* reals in front that inference touches */
    struct exchange_plan *exchange; int nexchanges;     /* with mpi alone */
    /* kinks.c */
    struct kink_plan *kink; int nkinks;
    /* stream.c */
    struct stream_plan *stream; /* of inference alone */
};

/* The layer that an index stands for, or NULL. */
static inline const struct layer *layer_at(const struct net *net, int layer)
{
    return layer == NO_LAYER ? NULL : &net->layer[layer];
}

/* Bytes of a real. */
static inline size_t real_size(const struct net *net)
{
    return net->f64 ? sizeof(double) : sizeof(float);
}

/* net.c: a layer `relu`; NULL is none. */
bool is_relu(const struct layer *l);
/* A max-pool whose windows do not overlap: it can be run band by band. */
bool band_pool(const struct layer *l);
/* Windows reach beyond the map. */
bool is_padded(const struct layer *l);
/* A convolution that Winograd's filtering can compute. */
bool suits_winograd(const struct layer *l);
/* A convolution of which each group is one channel. */
bool is_depthwise(const struct layer *l);
/* What stands after the word of a reshape, an upsample: " 8x4x4", " 2,2 bilinear"; else "". */
struct operand_words { char text[48]; } operand_words(const struct layer *l);
/* What a convolution has to compute for the pool after it. */
struct shape pooled_part(const struct net *net, const struct stage *s);
/* The stage whose output stage `from` stands for: forks are looked through. Or INPUT. */
int stage_before_forks(const struct net *net, int from);
/* The stage whose output a stage reads. Or INPUT. */
int stage_source(const struct net *net, int stage);
/* A stage that makes each value of those at its place alone, of one map or of each it reads. */
bool by_value(const struct stage *s);
/* The stage that a region runs. */
const struct stage *region_stage(const struct net *net, const struct region_plan *region);

#endif
