/*
** net.h - the network on its way from text to C, and the passes that take it.
**
** Every pass is `void pass(struct net *)`. It fills the fields listed under its
** name below, reads only fields of passes before it, and asserts that they are
** there. Nothing but emit.c prints C; emit.c decides nothing.
*/
#ifndef LATHE_NET_H
#define LATHE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "runtime/core/model.h"

enum { NAME_MAX_LEN = 48 };     /* longest label, with its terminator */

struct place { const char *file; int line, col; };

struct shape { int c, h, w; };

enum layer_kind { LAYER_CONV, LAYER_RELU, LAYER_MAXPOOL, LAYER_AFFINE, LAYER_SOFTMAX,
                  LAYER_SVM, LAYER_LEAKY_RELU, LAYER_GELU, LAYER_TANH, LAYER_SIGMOID,
                  LAYER_SCALE, LAYER_AVGPOOL, LAYER_GLOBALMAXPOOL, LAYER_GLOBALAVGPOOL,
                  LAYER_DROPOUT, LAYER_BATCHNORM, LAYER_RESIDUAL, LAYER_ADD, LAYER_KINDS };

enum pad_kind { PAD_SAME, PAD_VALID, PAD_NUMBER };
enum winograd_choice { WINOGRAD_AUTO, WINOGRAD_NO, WINOGRAD_YES };

struct layer {
    /* spec.c */
    enum layer_kind kind;
    struct place at;
    char name[NAME_MAX_LEN];    /* label, or kind and number: conv1 */
    int from;                   /* the layer that it reads, or INPUT */
    int other;                  /* add: the other one, the block's input or its shortcut */
    int filters;                /* conv: output channels; affine: output units */
    int kh, kw;                 /* conv, maxpool: window */
    int stride;                 /* conv: 1, maxpool: the window (kh) unless said */
    int stride_w;               /* maxpool without stride=: kw; else the same as stride */
    int groups;                 /* conv: of channels and filters, each on its own */
    int dilation;               /* conv: pixels from tap to tap */
    enum pad_kind pad_kind;
    int pad;                    /* PAD_NUMBER */
    double smoothing;           /* softmax: share of the labels spread over all classes */
    double margin;              /* svm */
    double number;              /* leaky_relu: slope; scale: factor; dropout: share kept */
    bool bias;                  /* conv, affine */
    enum winograd_choice winograd;      /* conv */
    bool scale;                 /* batchnorm: has gamma */
    double momentum, eps;       /* batchnorm */
    bool own_init;              /* init= was said: */
    enum init_kind first;
    double init_std;            /* drawn: the deviation; < 0: by init_rule */
    enum { RULE_KAIMING, RULE_XAVIER } init_rule;
    /* shape.c */
    int pad_top, pad_left, pad_bottom, pad_right;
    struct shape in, out;
    long long params;           /* weights and biases */
    double flop_forward, flop_backward;  /* dense-equivalent, one image */
    bool below;                 /* something beneath it has parameters */
};

/* The last layer: scores become a loss. */
static inline bool is_loss(enum layer_kind kind)
{
    return kind == LAYER_SOFTMAX || kind == LAYER_SVM;
}

/* `group` and `freeze`: what some parameters have of their own. */
struct group_setting {
    struct place at;
    char selector[128];         /* a name, perhaps with .weight or .bias */
    struct own_settings own;
};

/* fuse.c: layers that run as one, band by band, without touching memory between. */
enum stage_kind { STAGE_CONV, STAGE_AFFINE, STAGE_POOL, STAGE_AVERAGE, STAGE_POINTWISE,
                  STAGE_DROPOUT, STAGE_NORM, STAGE_FORK, STAGE_ADD, STAGE_LOSS };

/* block.c: register tile of mh x mw output pixels (affine: mh images x mw units)
** by nv vectors. */
struct tile { int mh, mw, nv; };

/*
** Winograd's minimal filtering of a 3x3 convolution, F(step x step, 3x3): maps are cut into
** tiles of step x step outputs, which come from windows of side x side inputs.
*/
struct winograd {
    /* fuse.c */
    int step;                   /* 2 or 4; 0: not by Winograd */
    int side;                   /* step + 2 */
    int rows, columns;          /* tiles of an image */
    int unit;                   /* rows of tiles that a pass holds whole numbers of */
    bool by_panels;             /* threads share an image by panels of filters, not by rows */
    /* block.c */
    int pass;                   /* rows of tiles transformed at a time ... */
    int images;                 /* ... of so many images; more than 1: pass is all rows */
    int v_tile, g_tile;         /* reals between tiles: inputs, output gradients */
    int v_xi, g_xi, m_xi;       /* reals between the side*side places; m: of the products */
    int u_row, u_xi;            /* weight gradient: reals of a filter; of all of them */
};

/*
** The data gradient of a convolution below a max-pool from the lists of its nonzero output
** gradients (templates/conv/scatter.c).
*/
struct scatter {
    /* fuse.c */
    int filters;                /* of a block; 0: not so */
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
    char name[NAME_MAX_LEN + 56];
    int ci, co;                 /* channels read and written: of one group */
    int groups;                 /* how many times, ci and co channels further on */
    bool depth;                 /* channel c is made of channel c alone: ci is 1 */
    int kh, kw;                 /* taps; 0: no tap reaches this phase, it is zero */
    int step_x, step_y;         /* input pixels between neighbouring outputs */
    int oh, ow;                 /* outputs computed */
    int in_row, in_pixel;       /* reals between input rows, input pixels */
    int dilation;               /* input pixels between taps */
    long in_at;                 /* first tap of output (0,0), reals from the origin */
    int out_row, out_pixel;     /* reals between output rows, output pixels */
    long out_at;
    int tap_y, tap_x;           /* phase: first tap of the filter, */
    int tap_step;               /* and the distance to the next */
    bool flipped;               /* gradient to the data: channels swapped, taps flipped */
    bool bias;                  /* start from the bias, else from +0 */
    const struct layer *with;   /* pointwise layer behind, which is no relu; or NULL */
    bool whole_vectors;         /* the output has room for whole vectors of channels */
    int band;                   /* tile rows divide it: rows handed over at a time */
    bool brief;                 /* the second one of a stage: its taps stay loops */
    struct winograd winograd;
    struct scatter scatter;
    /* block.c */
    struct tile tile;           /* Winograd: mw tiles of one place by nv vectors */
    int again;                  /* outputs of a row's last tile that the one before it made too */
    int blocks;                 /* full panels of packed weights, tile.nv vectors wide */
    int last;                   /* channels left for the last, narrower panel */
    size_t packed_size;         /* reals of all panels of all groups */
    size_t packed_at;           /* where they start in the stage's buffer */
};

/* The taps of a filter row are no one run of reals in the input. */
static inline bool taps_apart(const struct sweep *s)
{
    return s->groups > 1 || s->dilation > 1;
}

/* How a map lies in memory: NHWC, `top` rows and `left` pixels of halo first. */
struct map {
    struct shape shape;
    int top, left, rows, columns;   /* halo before; rows and columns in all */
    size_t row, image, origin;      /* reals; origin: of pixel (0, 0) */
    bool keep;                      /* has zeros that nothing may overwrite */
};

/* fuse.c: the parallel regions of one step, in order. */
enum region_kind { REGION_FORWARD, REGION_NORM_STATISTICS, REGION_NORM_MERGE, REGION_LOSS,
                   REGION_AFFINE_LISTS, REGION_AFFINE_BIAS, REGION_AFFINE_BACKWARD,
                   REGION_NORM_SUMS,
                   REGION_NORM_UPDATE, REGION_NORM_BACKWARD, REGION_BACKWARD,
                   REGION_CONV_DGRAD, REGION_CONV_WGRAD, REGION_CONV_UPDATE, REGION_FOLDED };

/* Of net.stage; REGION_FOLDED: of net.folded. */
struct region_plan { enum region_kind kind; int stage; };

/* mem.c: one range of the arena. Sizes and offsets in reals. */
struct buffer {
    char name[NAME_MAX_LEN + 40];
    size_t size, at;
    int first, last;            /* regions between which it is alive */
    bool keep;                  /* shares its memory with nothing: parameters, halos */
    bool scratch;               /* one for each thread, `at` counts from its scratch */
    bool infer;                 /* inference touches it: it lies in front */
};

enum { INPUT = -1, NO_LAYER = -1, NO_STAGE = -1, NO_BUFFER = -1, NO_PARAM = -1,
       MAX_SWEEPS = 128 };

/* Buffers of a stage: indices into net.buffer, or NO_BUFFER. */
struct stage_buffers {
    int y, argmax;              /* output, argmax bytes of a pool or mask of a dropout */
    int dy;                     /* gradient of the output */
    int dy_other;               /* fork: of the block's second branch; dy is the first's */
    int dsum;                   /* add: gradient of the sum, before its pointwise layer */
    int weight, bias;           /* what forward takes: the parameters' values, or folded ones */
    int packed;                 /* conv: weights packed for its sweeps */
    int partial;                /* weight gradients of the groups */
    int image_list, image_starts, unit_list, unit_count;    /* affine: nonzeros of dy */
    int moments;                /* norm: sums of every image's blocks, two for each channel */
    int coefficients;           /* norm: six for each channel, see norm/merge.c */
    int band, expanded, entries, gradient, lanes, sums, wide;   /* scratch */
    int wino_v, wino_m;         /* scratch: transformed inputs, products */
    int map, lists, ends;       /* scratch: scatter's map, pixel lists, where they end */
    int taps;                   /* scratch, narrow: sums of the group, tap by tap */
    int masked;                 /* scratch, narrow: gradients of a band, window by window */
    int wino_g, wino_u, wino_db;        /* scratch: transformed gradients, their sums, bias */
};

struct stage {
    /* fuse.c */
    enum stage_kind kind;
    char name[NAME_MAX_LEN + 16];   /* of the layer that leads it */
    int head;                   /* that layer */
    int from, other;            /* stages read: a fork stands for what it reads; or INPUT */
    int relu, pool;             /* layers fused behind it, or NO_LAYER */
    int pointwise;              /* pointwise: itself; norm, add: the one behind, or NO_LAYER;
                                   a folded affine: the one behind its norm */
    bool relu_first;            /* relu before pool */
    bool needs_dx;              /* something below has parameters */
    bool trains;                /* it or something below has parameters */
    bool dense;                 /* affine: backward by affine/dense.c */
    struct shape mid;           /* what the head computes, as far as the pool reads it */
    struct map in, out;
    struct map in_other;        /* add */
    size_t window;              /* conv: where in `in` the first window begins */
    int norm;                   /* conv: the stage whose moments it gathers, or NO_STAGE */
    int blocks;                 /* norm: an image's moments, of as many blocks of rows */
    int folded;                 /* conv, affine: of net.folded, what inference runs, or -1 */
    bool covered;               /* inference runs it as the end of a folded stage */
    int folds, ends;            /* folded: the norm in it, the last stage in it */
    size_t dx_image, dy_image;  /* gradients: [h][w][c] without halo, image to image */
    double flop_forward, flop_wgrad, flop_dgrad;
    struct sweep forward;
    struct sweep *dgrad; int ndgrad;
    bool dgrad_gaps;            /* stride larger than filter: dx is cleared first */
    struct map expanded;        /* the haloed output gradient */
    bool depth;                 /* conv: each group is one channel */
    int times;                  /* depth: filters a channel; 1 otherwise */
    struct map wide;            /* depth, times > 1: the input, each channel that often */
    int row;                    /* conv: reals of a stored filter row */
    struct winograd wgrad_winograd;     /* conv: of the weight gradient */
    /* block.c */
    bool narrow;                /* conv: weight gradient by conv/narrow.c */
    int parts;                  /* conv: bands of output rows that an image is cut into */
    struct tile wgrad;          /* mh filter rows x nv vectors of kw*ci; where taps lie apart:
                                   mh x mw taps, nv vectors of each;
                                   Winograd: mh filters x nv vectors of ci;
                                   narrow: mw taps x nv vectors of filters */
    int filters;                /* narrow: filters padded to whole tiles */
    int band;                   /* conv wgrad: output rows listed at a time */
    int list_space;             /* entries from a filter's list to the next one's */
    struct tile affine;         /* mh images x mw units, nv vectors of lanes each */
    int fwd_block, fwd_images, fwd_depth;   /* units an item, images, panels a pass */
    int fwd_together;           /* blocks at a time, where there is one image */
    int bwd_rows;               /* affine: rows of the weight a pass */
    struct tile whole_panel, last_panel;    /* dense: mh rows x nv vectors; images in the
                                   gradient to the data, units in the weights' */
    /* mem.c */
    struct { int first, last; } forward_regions, backward_regions;  /* -1: none */
    struct stage_buffers at;
    long group_size;            /* conv: reals of one group's weight and bias gradient */
    int weight, bias;           /* parameters, index into net.param, or NO_PARAM */
    int running_mean, running_var;      /* norm */
    size_t sumsq;               /* its first slot of partial sums of squares */
};

struct net_param {
    char name[NAME_MAX_LEN + 32];
    int stage;
    enum param_role role;
    enum param_kind kind;
    int fan_in;
    double init;                /* standard deviation of the Gaussian; 0: none */
    double start;               /* added to it: what gammas and variances begin with */
    bool own_init;
    enum init_kind first;
    struct own_settings own;
    size_t stored;              /* reals, padding included */
    size_t sumsq; int nsumsq;   /* weights: their slots of partial sums of squares */
    int at, m, v;               /* buffers */
};

struct isa;
struct choice;
struct tuning;

struct net {
    /* spec.c */
    const char *path;           /* of the network file */
    char name[NAME_MAX_LEN];
    struct place at;            /* of the word `net` */
    struct shape input;
    struct layer *layer; int nlayers;
    struct train train;         /* defaults where the file is silent */
    struct place batch_at;      /* where the file says its batch; line 0: nowhere, or not its own */
    struct group_setting *group; int ngroups;
    /* options */
    const struct isa *isa;
    bool f64;
    int vl;                     /* reals of one vector: isa and type */
    struct tuning *tuning;      /* whose candidates block.c takes; NULL: the cost model's */
    /* fuse.c */
    struct stage *stage; int nstages;
    struct region_plan *region; int nregions, nforward;
    struct stage *folded; int nfolded;      /* stages with the norm behind them in the weights */
    struct region_plan *infer; int ninfer;  /* input to scores without what only training needs */
    int classes;
    /* block.c */
    struct choice *choice; int nchoices;
    /* mem.c */
    struct buffer *buffer; int nbuffers;
    struct net_param *param; int nparams;
    int input_at, losses_at;    /* buffers */
    size_t arena, scratch;      /* reals: shared; for each thread */
    size_t infer_arena;         /* reals in front that inference touches */
    size_t nsumsq;
};

/* One --set option: the value that counts, of those in its list; used: told to spec.c's
** `let`. */
enum { MAX_VALUES = 32 };
struct setting {
    const char *name;
    double value, list[MAX_VALUES];
    int count;
    bool used;
};

/* spec.c. On an error prints every message it can to stderr, returns false. */
bool spec_read(struct net *net, const char *path, struct setting *set, int nset);

/* shape.c. Likewise. */
bool shape(struct net *net);

void fuse(struct net *net);
void block(struct net *net);
/* Which tiles block.c may choose: sums of pixels x vectors, vectors of weights and one
** broadcast beside them; affine: images x units; weight gradient: rows x vectors.
** Shallow: so few input channels that every step along the sum is written out. */
enum { CONV_MAX_ROWS = 4, CONV_SHALLOW = 8, AFFINE_MAX_SIDE = 8, PANEL_VECTORS = 8,
       AFFINE_DENSE_ROWS = 8 };
bool conv_tile_fits(const struct isa *isa, int pixels, int nv, bool shallow);
bool affine_tile_fits(const struct isa *isa, int images, int units, int lv);
bool wgrad_tile_fits(const struct isa *isa, int rows, int nv);
bool depth_tile_fits(const struct isa *isa, int pixels);
void mem(struct net *net);

/* The stage whose output a stage reads: forks are looked through. Or INPUT. */
int stage_source(const struct net *net, int stage);
/* The stage that a region runs. */
const struct stage *region_stage(const struct net *net, const struct region_plan *region);
/* The buffer with stage `from`'s output; INPUT: the images. */
int stage_output(const struct net *net, int from);
/* The buffer for the gradient of what a stage reads: of `from`'s output. */
int stage_gradient(const struct net *net, int stage);

/* mem.c: false, with a message, if the arena is larger than emitted code can address. */
bool mem_fits(const struct net *net);

/* dump.c: prints the net as it is after `pass`, one of dump_passes. */
extern const char *const dump_passes[];
void dump(const struct net *net, const char *pass, FILE *out);

/* isa.c */
struct isa {
    const char *name;           /* "avx2" */
    const char *header;         /* "simd/avx2.h" */
    int bits;                   /* of a vector; 0: one real */
    int registers;
    int accumulators;           /* most that gcc and clang keep in registers ... */
    int shallow;                /* ... where taps and channels are all written out */
    int gradient;               /* ... of a weight gradient, whose input stays in memory */
    const char *gcc_target;     /* for #pragma GCC target, NULL: the baseline */
    const char *clang_target;
    double gflops;              /* a core, f32: what `lathe show` forecasts with */
};
extern const struct isa isas[];
extern const int nisas;
const struct isa *isa_find(const char *name);   /* NULL: unknown */
const struct isa *isa_native(void);             /* the widest that this CPU runs */
int isa_vl(const struct isa *isa, bool f64);

/* die.c: `die` is for bugs, never for user errors. Without memory lathe ends with status 1. */
_Noreturn void die(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define DIE(...) die(__FILE__, __LINE__, __VA_ARGS__)
void *alloc(size_t count, size_t size);         /* zeroed */
void *grow(void *p, size_t count, size_t size); /* room for one more costs little */

#endif
