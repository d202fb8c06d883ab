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

enum { NAME_MAX_LEN = 48 };     /* longest label, with its terminator */

struct place { const char *file; int line, col; };

struct shape { int c, h, w; };

enum layer_kind { LAYER_CONV, LAYER_RELU, LAYER_MAXPOOL, LAYER_AFFINE, LAYER_SOFTMAX,
                  LAYER_KINDS };

enum pad_kind { PAD_SAME, PAD_VALID, PAD_NUMBER };

struct layer {
    /* spec.c */
    enum layer_kind kind;
    struct place at;
    char name[NAME_MAX_LEN];    /* label, or kind and number: conv1 */
    int filters;                /* conv: output channels; affine: output units */
    int kh, kw;                 /* conv, maxpool: window */
    int stride;                 /* conv: 1, maxpool: the window (kh) unless said */
    int stride_w;               /* maxpool without stride=: kw; else the same as stride */
    enum pad_kind pad_kind;
    int pad;                    /* PAD_NUMBER */
    /* shape.c */
    int pad_top, pad_left, pad_bottom, pad_right;
    struct shape in, out;
    long long params;           /* weights and biases */
    double flop_forward, flop_backward;  /* dense-equivalent, one image */
};

enum optimizer_kind { OPTIMIZER_SGD, OPTIMIZER_ADAM };
enum sampling { SAMPLE_SHUFFLE, SAMPLE_REPLACEMENT };

struct train_settings {         /* spec.c; defaults where the file is silent */
    double init_std;            /* gaussian; < 0: He's scale sqrt(2 / fan_in) */
    enum optimizer_kind optimizer;
    double lr, beta1, beta2, eps;
    double reg, lr_decay, epochs;
    int batch;
    enum sampling sampling;
};

/* grad.c: the operations of one training step, in order. */
enum op_kind { OP_CONV, OP_RELU, OP_MAXPOOL, OP_AFFINE, OP_SOFTMAX,
               OP_SOFTMAX_GRAD, OP_AFFINE_WGRAD, OP_AFFINE_DGRAD, OP_RELU_GRAD,
               OP_MAXPOOL_GRAD, OP_CONV_WGRAD, OP_CONV_DGRAD, OP_KINDS };

struct op { enum op_kind kind; int layer; };

/* fuse.c: layers that run as one, band by band, without touching memory between. */
enum stage_kind { STAGE_CONV, STAGE_AFFINE, STAGE_POOL, STAGE_POINTWISE, STAGE_LOSS };

/* block.c: register tile of mh x mw output pixels (affine: mh images x mw units)
** by nv vectors. */
struct tile { int mh, mw, nv; };

/*
** A convolution with stride 1 in its output: what conv_rows.c computes. The
** forward pass is one; the gradient to the data is one for every phase of the
** stride, over the haloed output gradient with the flipped filter.
*/
struct sweep {
    char name[NAME_MAX_LEN + 24];
    int ci, co;                 /* channels read and written */
    int kh, kw;                 /* taps; 0: no tap reaches this phase, it is zero */
    int step_x, step_y;         /* input pixels between neighbouring outputs */
    int oh, ow;                 /* outputs computed */
    int in_row;                 /* reals between input rows */
    long in_at;                 /* first tap of output (0,0), reals from the origin */
    int out_row, out_pixel;     /* reals between output rows, output pixels */
    long out_at;
    int tap_y, tap_x;           /* phase: first tap of the filter, */
    int tap_step;               /* and the distance to the next (the stride) */
    bool bias, epilogue;        /* start from the bias; apply the stage's pointwise ops */
    /* block.c */
    struct tile tile;
    int block;                  /* output channels of one panel of packed weights */
    int weights;                /* where this sweep's packed weights start in the buffer */
};

/* mem.c: one range of the arena. Sizes and offsets in reals. */
struct buffer {
    char name[NAME_MAX_LEN + 24];
    size_t size, at;
    int first, last;            /* regions between which it is alive */
    bool keep;                  /* shares its memory with nothing: parameters, halos */
    bool scratch;               /* one for each thread, `at` counts from its scratch */
};

enum { NO_LAYER = -1, NO_BUFFER = -1, MAX_SWEEPS = 128 };

struct stage {
    /* fuse.c */
    enum stage_kind kind;
    char name[NAME_MAX_LEN];    /* of the layer that leads it */
    int head;                   /* that layer */
    int relu, pool;             /* layers fused behind it, or NO_LAYER */
    bool relu_first;            /* relu before pool */
    bool needs_dx;              /* something below has parameters */
    bool mask_below;
    struct shape in, mid, out;  /* mid: what the head computes before pooling */
    double flop_forward, flop_wgrad, flop_dgrad;
    /* block.c */
    struct sweep forward;
    struct sweep *dgrad; int ndgrad;
    int dy_top, dy_left, dy_h, dy_w;   /* the haloed output gradient: margins, extent */
    struct tile wgrad;          /* mh filter rows x nv vectors of kw*ci; mw unused */
    int fwd_block, fwd_images, fwd_depth;   /* affine: units an item, images, columns a pass */
    int bwd_rows;               /* affine: rows of the weight a pass, fixed for all ISAs */
    int bands;                  /* conv: most parts that one image may be split into */
    /* mem.c: buffers */
    int x, y, argmax;           /* input, output, argmax bytes of a pool */
    int dx, dy;                 /* gradients of input and output */
    int packed, packed_back;    /* convolution weights packed for forward, data gradient */
    int partial;                /* weight gradients of the groups */
    int lists, list_counts;     /* affine: nonzeros by image and by unit */
    int band, expanded, entries;  /* scratch */
    int weight, bias;           /* parameters, index into net.param */
};

struct net_param {
    char name[NAME_MAX_LEN + 8];
    int stage; bool weight;
    int fan_in;
    double init;
    size_t stored;
    int at, m, v;               /* buffers */
};

struct isa;

struct net {
    /* spec.c */
    const char *path;           /* of the network file */
    char name[NAME_MAX_LEN];
    struct place at;            /* of the word `net` */
    struct shape input;
    struct layer *layer; int nlayers;
    struct train_settings train;
    /* options */
    const struct isa *isa;
    bool f64;
    int vl;                     /* reals of one vector: isa and type */
    /* grad.c */
    struct op *op; int nops; int nforward_ops;
    /* fuse.c */
    struct stage *stage; int nstages;
    int classes;
    /* mem.c */
    struct buffer *buffer; int nbuffers;
    struct net_param *param; int nparams;
    int nregions;
    size_t arena, scratch;      /* reals */
    size_t input_row, input_image, input_at;
    size_t nsumsq;
};

/* The value of one --set option; used: told to spec.c's `let`. */
struct setting { const char *name; double value; bool used; };

/* spec.c. On an error prints every message it can to stderr, returns false. */
bool spec_read(struct net *net, const char *path, struct setting *set, int nset);

/* shape.c. Likewise. */
bool shape(struct net *net);

void grad(struct net *net);
void fuse(struct net *net);
void block(struct net *net);
void mem(struct net *net);

/* dump.c: prints the net as it is after `pass`, one of dump_passes. */
extern const char *const dump_passes[];
void dump(const struct net *net, const char *pass, FILE *out);

/* isa.c */
struct isa {
    const char *name;           /* "avx2" */
    const char *header;         /* "simd/avx2.h" */
    int bits;                   /* of a vector; 0: one real */
    int registers;
    int accumulators;           /* most that gcc and clang keep in registers */
    bool broadcast_operand;     /* an FMA may read one broadcast value from memory */
    const char *gcc_target;     /* for #pragma GCC target, NULL: the baseline */
    const char *clang_target;
};
extern const struct isa isas[];
extern const int nisas;
const struct isa *isa_find(const char *name);   /* NULL: unknown */
const struct isa *isa_native(void);             /* the widest that this CPU runs */
int isa_vl(const struct isa *isa, bool f64);

/* die.c: `die` is for bugs and for a machine that fails us, never for user errors. */
_Noreturn void die(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define DIE(...) die(__FILE__, __LINE__, __VA_ARGS__)
void *alloc(size_t count, size_t size);         /* zeroed; dies when there is none */
void *grow(void *p, size_t count, size_t size); /* dies when there is none */

#endif
