/*
** layers.c - the table of layers, and `lathe doc`. A new layer begins with a row here.
*/
#include "read/layers.h"

#include <limits.h>
#include <string.h>

#include "runtime/base/nearest.h"
#include "runtime/settings/optimizer.h"

/* What a pointwise layer becomes. */
#define POINTWISE \
    .stage = STAGE_POINTWISE
#define LOSS \
    .stage = STAGE_LOSS

const struct layer_def layer_defs[] = {
    { LAYER_CONV, "conv", .operands = OPERANDS_COUNT_WINDOW,
      .accepts = ACCEPTS_STRIDE | ACCEPTS_PAD | ACCEPTS_BIAS | ACCEPTS_INIT | ACCEPTS_GROUPS
                 | ACCEPTS_DILATION | ACCEPTS_WINOGRAD, .max_window = 11,
      .max_line = 31,
      .synopsis = "conv F KxK [stride=N|V,H] [pad=same|valid|N|T,L,B,R] [groups=G] [dilation=D] "
                  "[bias=yes|no] [init=HOW] [winograd=yes|no]",
      .help = "Convolution with F filters of KxK (each side 1 to 11, or to 31 where the other\n"
      "is 1) and a bias. stride: 1 unless said; down and across, or one for both.\n"
      "pad=same (the default) puts (K-1)/2 zeros before and K/2 after, whatever the\n"
      "stride; valid none; N as many on each side; T,L,B,R so many at the top, on the left,\n"
      "at the bottom, on the right. Windows round down.\n"
      "groups: channels and filters in G equal parts, each filter sees its part alone (1\n"
      "unless said; as many as channels: depthwise). dilation: pixels from tap to tap (1\n"
      "unless said); pad=same then puts D*(K-1)/2 zeros before and the rest of D*(K-1)\n"
      "after.\n"
      "init: the first weights, instead of the setting's: a standard deviation, kaiming,\n"
      "xavier (sqrt(2 / (inputs + outputs))), zeros, dirac (each of the first filters\n"
      "passes its channel on, the others are drawn), or whiten: F/2 eigenvectors of the\n"
      "training images' patches over sqrt(eigenvalue + 5e-4), and their negatives; the\n"
      "weights then stay as they are. winograd: 3x3 filters of stride 1 with many channels\n"
      "take fewer multiplications; yes and no override.",
      .stage = STAGE_CONV, .trains = true },
    { LAYER_RELU, "relu",
      .synopsis = "relu", .help = "max(0, x); its gradient at 0 is 0.", POINTWISE,
      .function = "v_relu", .gradient = "v_relu_grad", .from = FROM_EITHER, .kink = KINK_FIXED },
    { LAYER_LEAKY_RELU, "leaky_relu", .operands = OPERANDS_NUMBERS,
      .number = { { "the slope below 0", BOUND_SLOPE } },
      .synopsis = "leaky_relu A", .help = "x where x > 0, else A*x; A from 0 to 1.", POINTWISE,
      .function = "v_leaky_relu", .gradient = "v_leaky_relu_grad", .from = FROM_EITHER,
      .kink = KINK_FIXED },
    { LAYER_PRELU, "prelu",
      .synopsis = "prelu", .help = "x where x > 0, else A*x: one A a channel, trained, 1/4 at "
      "first.", .stage = STAGE_PRELU, .trains = true },
    { LAYER_CLIP, "clip", .operands = OPERANDS_NUMBERS,
      .number = { { "the least value", BOUND_LIMIT }, { "the greatest value", BOUND_LIMIT } },
      .synopsis = "clip LO HI", .help = "min(max(x, LO), HI), LO below HI: clip 0 6 is ReLU6. "
      "Its gradient at LO and HI is 0.",
      POINTWISE, .function = "v_clip", .gradient = "v_clip_grad", .from = FROM_EITHER,
      .kink = KINK_NUMBERS },
    { LAYER_ELU, "elu", .operands = OPERANDS_NUMBERS,
      .number = { { "the size of what it tends to", BOUND_SCALE } },
      .synopsis = "elu A", .help = "x where x > 0, else A*(exp(x) - 1); A above 0, 1 as a rule.",
      POINTWISE, .function = "v_elu", .gradient = "v_elu_grad", .from = FROM_OUTPUT,
      .kink = KINK_FIXED },
    { LAYER_GELU, "gelu",
      .synopsis = "gelu", .help = "x*P(X <= x) for a standard normal X: the exact form, by erf.",
      POINTWISE, .function = "v_gelu", .gradient = "v_gelu_grad", .from = FROM_INPUT },
    { LAYER_TANH, "tanh",
      .synopsis = "tanh", .help = "The hyperbolic tangent.", POINTWISE,
      .function = "v_tanh", .gradient = "v_tanh_grad", .from = FROM_OUTPUT },
    { LAYER_SIGMOID, "sigmoid",
      .synopsis = "sigmoid", .help = "1/(1 + exp(-x)).", POINTWISE,
      .function = "v_sigmoid", .gradient = "v_sigmoid_grad", .from = FROM_OUTPUT },
    { LAYER_SILU, "silu",
      .synopsis = "silu", .help = "x/(1 + exp(-x)), also called swish.", POINTWISE,
      .function = "v_silu", .gradient = "v_silu_grad", .from = FROM_INPUT },
    { LAYER_HARDSIGMOID, "hardsigmoid",
      .synopsis = "hardsigmoid", .help = "min(max(x + 3, 0), 6)/6.", POINTWISE,
      .function = "v_hardsigmoid", .gradient = "v_hardsigmoid_grad", .from = FROM_OUTPUT,
      .kink = KINK_FIXED, .high = 1 },
    { LAYER_HARDSWISH, "hardswish",
      .synopsis = "hardswish", .help = "x*min(max(x + 3, 0), 6)/6.", POINTWISE,
      .function = "v_hardswish", .gradient = "v_hardswish_grad", .from = FROM_INPUT,
      .kink = KINK_FIXED, .high = 3 },      /* at -3 it leaves 0 */
    { LAYER_SCALE, "scale", .operands = OPERANDS_NUMBERS,
      .number = { { "the factor", BOUND_SCALE } },
      .synopsis = "scale X", .help = "X*x, for a fixed X greater than 0.", POINTWISE,
      .function = "v_scale", .gradient = "v_scale_grad", .from = FROM_EITHER },
    { LAYER_MAXPOOL, "maxpool", .operands = OPERANDS_WINDOW,
      .accepts = ACCEPTS_STRIDE | ACCEPTS_PAD | ACCEPTS_CEIL,
      .max_window = MAX_POOLED,
      .synopsis = "maxpool KxK [stride=N|V,H] [pad=same|valid|N|T,L,B,R] [ceil=yes|no]",
      .help = "The largest value of each window, the first in raster order where several are\n"
      "equal; at most 256 values a window. stride: the window unless said, or down and\n"
      "across. pad: valid unless said, else as conv has it, less than a window; padding is\n"
      "never the largest. Windows round down; ceil=yes: one more where values would be left,\n"
      "if it begins before the map ends.",
      .stage = STAGE_POOL },
    { LAYER_AVGPOOL, "avgpool", .operands = OPERANDS_WINDOW,
      .accepts = ACCEPTS_STRIDE | ACCEPTS_PAD | ACCEPTS_CEIL | ACCEPTS_COUNT_PAD,
      .max_window = MAX_POOLED,
      .synopsis = "avgpool KxK [stride=N|V,H] [pad=same|valid|N|T,L,B,R] "
      "[ceil=yes|no] [count_pad=yes|no]",
      .help = "The mean of each window; windows lie as those of maxpool. Padding is not counted;\n"
      "count_pad=yes: it counts as zeros, but for what ceil=yes adds to it.",
      .stage = STAGE_AVERAGE },
    { LAYER_GLOBALMAXPOOL, "globalmaxpool",
      .synopsis = "globalmaxpool", .help = "The largest value of each channel: a maxpool as "
      "large as its input.",
      .stage = STAGE_POOL },
    { LAYER_GLOBALAVGPOOL, "globalavgpool",
      .synopsis = "globalavgpool", .help = "The mean of each channel.",
      .stage = STAGE_AVERAGE },
    { LAYER_RESHAPE, "reshape", .operands = OPERANDS_SHAPE,
      .synopsis = "reshape CxHxW",
      .help = "The same values as C channels of H rows and W columns, in NCHW order: after an\n"
      "affine layer a map for a decoder, or a map of another shape. C*H*W is to be the number\n"
      "of values that come in.",
      .stage = STAGE_RESHAPE },
    { LAYER_UPSAMPLE, "upsample", .operands = OPERANDS_FACTORS,
      .synopsis = "upsample N|V,H [nearest|bilinear]",
      .help = "N times as many rows and columns, or V times as many rows and H times as many\n"
      "columns; 1 to 64. nearest (the default) repeats each value; bilinear takes a weighted\n"
      "mean of the four around a point, pixels being squares and the outermost values going\n"
      "on beyond the edge (align_corners=False elsewhere).",
      .stage = STAGE_UPSAMPLE },
    { LAYER_DECONV, "deconv", .operands = OPERANDS_COUNT_WINDOW,
      .accepts = ACCEPTS_STRIDE | ACCEPTS_PAD | ACCEPTS_BIAS | ACCEPTS_INIT, .max_window = 11,
      .max_line = 31,
      .synopsis = "deconv F KxK [stride=N|V,H] [pad=same|valid|N|T,L,B,R] [bias=yes|no] "
                  "[init=HOW]",
      .help = "The transpose of a convolution (ConvTranspose2d elsewhere) with F filters of KxK,\n"
      "sides and strides as a conv has them, and a bias: each value adds its filter to a map\n"
      "stride times as large, (H - 1)*stride + K rows of H, of which pad rows and columns\n"
      "are cut off again.\n"
      "pad=same (the default) leaves stride*H rows: the larger half of K - stride is cut off\n"
      "before them, the rest after (where K is less, rows with nothing but the bias are\n"
      "added after); valid cuts nothing; N as many on each side; T,L,B,R so many at the top,\n"
      "on the left, at the bottom, on the right. stride: 1 unless said. No groups, no\n"
      "dilation. init: a standard deviation, kaiming, xavier or zeros. `group conv` is for\n"
      "its weights, too.",
      .stage = STAGE_DECONV, .trains = true },
    { LAYER_AFFINE, "affine", .operands = OPERANDS_COUNT, .accepts = ACCEPTS_BIAS | ACCEPTS_INIT,
      .synopsis = "affine N [bias=yes|no] [init=HOW]",
      .help = "Fully connected with a bias; flattens its input in NCHW order. init: a standard\n"
      "deviation, kaiming, xavier or zeros.",
      .stage = STAGE_AFFINE, .trains = true },
    { LAYER_BATCHNORM, "batchnorm", .prefix = "bn",
      .accepts = ACCEPTS_MOMENTUM | ACCEPTS_EPS | ACCEPTS_SCALE,
      .synopsis = "batchnorm [momentum=0.9] [eps=1e-5] [scale=yes|no]",
      .help = "Each channel (after affine: each unit) less its mean, over its deviation\n"
      "sqrt(variance + eps), times gamma (scale=no: without), plus beta. Mean and biased\n"
      "variance are the batch's while training, over images, rows and columns, of which\n"
      "there must be two values or more; running ones in evaluation:\n"
      "running = momentum*running + (1 - momentum)*batch.",
      .stage = STAGE_NORM, .trains = true },
    { LAYER_DROPOUT, "dropout", .operands = OPERANDS_NUMBERS,
      .number = { { "the probability of keeping a unit", BOUND_KEEP } },
      .synopsis = "dropout P",
      .help = "While training keeps each value with probability P, as x/P, else 0 (the course's\n"
      "inverted dropout; other frameworks take the probability of dropping). P is\n"
      "rounded to a multiple of 2^-16.",
      .stage = STAGE_DROPOUT },
    { LAYER_RESIDUAL, "residual", .operands = OPERANDS_BLOCK,
      .synopsis = "residual { ... } [shortcut { ... }]",
      .help = "Adds the block's input to its output; with a shortcut, what that makes of the\n"
      "input: shortcut { conv F 1x1 stride=2 } where the block changes the shape.",
      .stage = STAGE_FORK },
    { LAYER_ADD, NULL, .prefix = "add",
      .stage = STAGE_ADD },
    { LAYER_CONCAT, "concat", .operands = OPERANDS_BLOCK,
      .synopsis = "concat { ... } { ... } ...",
      .help = "Joins, over channels, what 2 to 8 blocks make of the same input, in their order;\n"
      "heights and widths are to be the same. An empty block passes its input on.",
      .stage = STAGE_FORK },
    { LAYER_JOIN, NULL, .prefix = "join",
      .stage = STAGE_JOIN },
    { LAYER_GATE, "gate", .operands = OPERANDS_BLOCK,
      .synopsis = "gate { ... }",
      .help = "Multiplies its input by what the block makes of it: a map of the same shape, or "
      "one\nvalue a channel. Squeeze-and-excitation is a gate of globalavgpool, affine N, relu,\n"
      "affine with as many units as there are channels, sigmoid.",
      .stage = STAGE_FORK },
    { LAYER_PRODUCT, NULL, .prefix = "product",
      .stage = STAGE_PRODUCT },
    { LAYER_SOFTMAX, "softmax", .accepts = ACCEPTS_SMOOTHING,
      .synopsis = "softmax [smoothing=E]",
      .help = "The loss: mean over the batch of log(sum(exp(s))) - s[label]. smoothing: the\n"
      "label counts 1 - E, and E is spread over all classes. The last layer.", LOSS },
    { LAYER_SVM, "svm", .accepts = ACCEPTS_MARGIN,
      .synopsis = "svm [margin=M]",
      .help = "The loss: mean over the batch of the sum over the other classes of\n"
      "max(0, s[j] - s[label] + M); M is 1 unless said. The last layer.", LOSS },
    { LAYER_MSE, "mse", .accepts = ACCEPTS_TARGET,
      .synopsis = "mse [target=y|input]",
      .help = "The loss: mean over the batch and an image's scores, of any shape, of (s - t)^2. "
      "target:\n"
      "the data has arrays of the scores' shape (y, unless said), or t is the image, as\n"
      "preprocessing and augmentation leave it (input: an autoencoder), but for what cutout\n"
      "takes out of it. The last layer.", LOSS },
    { LAYER_MAE, "mae", .accepts = ACCEPTS_TARGET,
      .synopsis = "mae [target=y|input]",
      .help = "The loss: the same mean of |s - t|, whose gradient at 0 is 0. The last layer.",
      LOSS },
    { LAYER_BCE, "bce", .accepts = ACCEPTS_TARGET,
      .synopsis = "bce [target=y|input]",
      .help = "The loss: the same mean of -t*log(p) - (1 - t)*log(1 - p), p = 1/(1 + exp(-s)): "
      "several\n"
      "labels an image, each a t of 0 or 1, or anything between. No sigmoid stands before it.\n"
      "The last layer.", LOSS },
};
const int nlayer_defs = sizeof layer_defs / sizeof *layer_defs;

const struct layer_def *layer_def(enum layer_kind kind)
{
    for (int k = 0; k < nlayer_defs; k++)
        if (layer_defs[k].kind == kind)
            return &layer_defs[k];
    DIE("layer kind %d has no row", kind);
}

int layer_numbers(enum layer_kind kind)
{
    const struct layer_def *def = layer_def(kind);
    int n = 0;
    while (n < MAX_NUMBERS && def->number[n].what)
        n++;
    return n;
}

const struct setting_row *setting_find(const char *word)
{
    for (int k = 0; k < nsetting_rows; k++)
        if (setting_rows[k].word && !strcmp(setting_rows[k].word, word))
            return &setting_rows[k];
    return NULL;
}

const struct keyword_def keyword_defs[] = {
    { "net", "net NAME", "The network's name: of the program and of its parameter file." },
    { "let", "let NAME = EXPR [, NAME = EXPR ...]",
      "Names a number; `lathe --set NAME=VALUE` overrides it. Expressions know numbers,\n"
      "names, + - * / % and parentheses." },
    { "input", "input CxHxW", "Channels, height and width of an image; `CxL` is one row, Cx1xL." },
    { "repeat", "repeat N as NAME { ... }",
      "The block N times, NAME running from 1. A label inside gets _1, _2, ..." },
    { "train", "train", "The training settings follow; the program's options override them." },
};
const int nkeyword_defs = sizeof keyword_defs / sizeof *keyword_defs;

const char *nearest(const char *word, const char *const *known, int nknown)
{
    const char *best = NULL;
    int least = INT_MAX;
    for (int i = 0; i < nknown; i++) {
        int slips = nearest_slips(word, known[i]);
        if (slips >= 0 && slips < least) {
            least = slips;
            best = known[i];
        }
    }
    return best;
}

/* Text with every line indented by `margin`. */
static void indented(FILE *out, const char *text, int margin)
{
    fprintf(out, "%*s", margin, "");
    for (; *text; text++) {
        fputc(*text, out);
        if (*text == '\n')
            fprintf(out, "%*s", margin, "");
    }
    fputc('\n', out);
}

static void entry(FILE *out, const char *synopsis, const char *help)
{
    fprintf(out, "  %s\n", synopsis);
    indented(out, help, 6);
    fputc('\n', out);
}

static void doc_optimizers(FILE *out)
{
    for (int k = 0; k < UPDATE_KINDS; k++) {
        const struct optimizer_def *def = &optimizers[k];
        if (!def->word)
            continue;
        fprintf(out, "      %s", def->word);
        for (int r = 0; r < def->count; r++)
            fprintf(out, " %s=%g", def->rate[r].name, def->rate[r].standard);
        fputc('\n', out);
        indented(out, def->formula, 10);
    }
    fputc('\n', out);
}

const char doc_file[] = "one statement a line, # begins a comment. A dimension is a\n"
                        "number or an expression in parentheses: (2*n)x(2*n).";
const char doc_layers[] = "Layers, in order; LABEL: before one names it.";
const char doc_settings[] = "Settings after `train`.";

void doc(FILE *out)
{
    fprintf(out, "The network file: %s\n\n", doc_file);
    for (int i = 0; i < nkeyword_defs; i++)
        entry(out, keyword_defs[i].synopsis, keyword_defs[i].help);
    fprintf(out, "%s\n\n", doc_layers);
    for (int i = 0; i < nlayer_defs; i++)
        if (layer_defs[i].word)
            entry(out, layer_defs[i].synopsis, layer_defs[i].help);
    fprintf(out, "%s\n\n", doc_settings);
    for (int i = 0; i < nsetting_rows; i++) {
        if (setting_rows[i].word)
            entry(out, setting_rows[i].synopsis, setting_rows[i].help);
        if (&setting_rows[i] == setting_find("optimizer"))
            doc_optimizers(out);
    }
}
