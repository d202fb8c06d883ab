/*
** layers.h - the table of layers: what the parser accepts, what `lathe doc` prints.
*/
#ifndef LATHE_LAYERS_H
#define LATHE_LAYERS_H

#include "runtime/base/bounds.h"
#include "runtime/settings/settings.h"
#include "base/net.h"

/* What stands after a layer's word. */
enum operands { OPERANDS_NONE, OPERANDS_COUNT, OPERANDS_WINDOW, OPERANDS_COUNT_WINDOW,
                OPERANDS_NUMBERS, OPERANDS_SHAPE, OPERANDS_FACTORS, OPERANDS_BLOCK };

/* What a pointwise layer's gradient is computed from. EITHER: both decide it alike. */
enum gradient_from { FROM_OUTPUT, FROM_INPUT, FROM_EITHER };

/* Where it jumps: nowhere; where the output passes `low` or `high`, or the layer's numbers. */
enum kink { KINK_NONE, KINK_FIXED, KINK_NUMBERS };

enum { ACCEPTS_STRIDE = 1, ACCEPTS_PAD = 2, ACCEPTS_SMOOTHING = 4, ACCEPTS_MARGIN = 8,
       ACCEPTS_BIAS = 16, ACCEPTS_MOMENTUM = 32, ACCEPTS_EPS = 64, ACCEPTS_SCALE = 128,
       ACCEPTS_INIT = 256, ACCEPTS_GROUPS = 512, ACCEPTS_DILATION = 1024,
       ACCEPTS_WINOGRAD = 2048, ACCEPTS_CEIL = 4096, ACCEPTS_COUNT_PAD = 8192,
       ACCEPTS_TARGET = 16384 };

struct layer_def {
    enum layer_kind kind;
    const char *word;           /* NULL: no statement of its own */
    const char *prefix;         /* of names given by number; NULL: the word */
    enum operands operands;
    struct number_def {         /* OPERANDS_NUMBERS */
        const char *what;       /* NULL: there is none */
        enum bound bound;
    } number[MAX_NUMBERS];
    int accepts;
    int max_window;             /* largest kh and kw */
    int max_line;               /* of one where the other is 1; 0: no larger */
    const char *synopsis, *help;
    enum stage_kind stage;      /* what it becomes, or what it leads */
    bool trains;                /* it has parameters */
    /* pointwise layers: vector functions of runtime/vector/vmath.h or the vocabulary */
    const char *function, *gradient;
    enum gradient_from from;
    enum kink kink;
    double low, high;           /* KINK_FIXED; high 0: low alone */
};
extern const struct layer_def layer_defs[];
extern const int nlayer_defs;
const struct layer_def *layer_def(enum layer_kind kind);
/* How many numbers stand after a layer's word. */
int layer_numbers(enum layer_kind kind);

/* The row of runtime/settings/settings.h that `word` begins a line of; NULL: none. */
const struct setting_row *setting_find(const char *word);

/* The words that are no layers: net let input repeat train. */
struct keyword_def { const char *word, *synopsis, *help; };
extern const struct keyword_def keyword_defs[];
extern const int nkeyword_defs;

/* The known word that `word` may be a slip of (runtime/base/nearest.h), or NULL. */
const char *nearest(const char *word, const char *const *known, int nknown);

/* lathe doc; what it says beside the tables */
void doc(FILE *out);
extern const char doc_file[], doc_layers[], doc_settings[];

#endif
