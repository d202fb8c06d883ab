/*
** layers.c - the table of layers and settings. A new layer begins with a row here.
*/
#include "read/layers.h"

#include <limits.h>

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
      .synopsis = "conv F KxK [stride=N] [pad=same|valid|N] [groups=G] [dilation=D] "
                  "[bias=yes|no] [init=HOW] [winograd=yes|no]",
      .help = "Convolution with F filters of KxK (each side 1 to 11) and a bias. stride: 1\n"
      "unless said. pad=same (the default) puts (K-1)/2 zeros before and K/2 behind,\n"
      "whatever the stride; valid none; N as many on each side. Windows round down.\n"
      "groups: channels and filters in G equal parts, each filter sees its part alone (1\n"
      "unless said; as many as channels: depthwise). dilation: pixels from tap to tap (1\n"
      "unless said); pad=same then puts D*(K-1)/2 zeros before and the rest of D*(K-1)\n"
      "behind.\n"
      "init: the first weights, instead of the setting's: a standard deviation, kaiming,\n"
      "xavier (sqrt(2 / (inputs + outputs))), zeros, dirac (each of the first filters\n"
      "passes its channel on, the others are drawn), or whiten: F/2 eigenvectors of the\n"
      "training images' patches over sqrt(eigenvalue + 5e-4), and their negatives; the\n"
      "weights then stay as they are. winograd: 3x3 filters of stride 1 over maps of even\n"
      "sides with many channels take fewer multiplications; yes and no override.",
      .stage = STAGE_CONV, .trains = true },
    { LAYER_RELU, "relu",
      .synopsis = "relu", .help = "max(0, x); its gradient at 0 is 0.", POINTWISE,
      .function = "v_relu", .gradient = "v_relu_grad", .from = FROM_OUTPUT, .kink = true },
    { LAYER_LEAKY_RELU, "leaky_relu", .operands = OPERANDS_NUMBER,
      .number = "the slope below 0", .bound = BOUND_SLOPE,
      .synopsis = "leaky_relu A", .help = "x where x > 0, else A*x; A from 0 to 1.", POINTWISE,
      .function = "v_leaky_relu", .gradient = "v_leaky_relu_grad", .from = FROM_OUTPUT,
      .kink = true },
    { LAYER_GELU, "gelu",
      .synopsis = "gelu", .help = "x*P(X <= x) for a standard normal X: the exact form, by erf.",
      POINTWISE, .function = "v_gelu", .gradient = "v_gelu_grad", .from = FROM_INPUT },
    { LAYER_TANH, "tanh",
      .synopsis = "tanh", .help = "The hyperbolic tangent.", POINTWISE,
      .function = "v_tanh", .gradient = "v_tanh_grad", .from = FROM_OUTPUT },
    { LAYER_SIGMOID, "sigmoid",
      .synopsis = "sigmoid", .help = "1/(1 + exp(-x)).", POINTWISE,
      .function = "v_sigmoid", .gradient = "v_sigmoid_grad", .from = FROM_OUTPUT },
    { LAYER_SCALE, "scale", .operands = OPERANDS_NUMBER, .number = "the factor",
      .bound = BOUND_SCALE,
      .synopsis = "scale X", .help = "X*x, for a fixed X greater than 0.", POINTWISE,
      .function = "v_scale", .gradient = "v_scale_grad", .from = FROM_OUTPUT },
    { LAYER_MAXPOOL, "maxpool", .operands = OPERANDS_WINDOW, .accepts = ACCEPTS_STRIDE,
      .max_window = 256, .synopsis = "maxpool KxK [stride=N]",
      .help = "The largest value of each window, the first in raster order where several are\n"
      "equal. stride: the window unless said. No padding; windows round down; at\n"
      "most 256 values a window.",
      .stage = STAGE_POOL },
    { LAYER_AVGPOOL, "avgpool", .operands = OPERANDS_WINDOW, .accepts = ACCEPTS_STRIDE,
      .max_window = 256, .synopsis = "avgpool KxK [stride=N]",
      .help = "The mean of each window; windows lie as those of maxpool.",
      .stage = STAGE_AVERAGE },
    { LAYER_GLOBALMAXPOOL, "globalmaxpool",
      .synopsis = "globalmaxpool", .help = "The largest value of each channel: a maxpool as "
      "large as its input.",
      .stage = STAGE_POOL },
    { LAYER_GLOBALAVGPOOL, "globalavgpool",
      .synopsis = "globalavgpool", .help = "The mean of each channel.",
      .stage = STAGE_AVERAGE },
    { LAYER_AFFINE, "affine", .operands = OPERANDS_COUNT, .accepts = ACCEPTS_BIAS | ACCEPTS_INIT,
      .synopsis = "affine N [bias=yes|no] [init=HOW]",
      .help = "Fully connected with a bias; flattens its input in NCHW order. init: a standard\n"
      "deviation, kaiming, xavier or zeros.",
      .stage = STAGE_AFFINE, .trains = true },
    { LAYER_BATCHNORM, "batchnorm", .prefix = "bn",
      .accepts = ACCEPTS_MOMENTUM | ACCEPTS_EPS | ACCEPTS_SCALE,
      .synopsis = "batchnorm [momentum=0.9] [eps=1e-5] [scale=yes|no]",
      .help = "Each channel (behind affine: each unit) less its mean, over its deviation\n"
      "sqrt(variance + eps), times gamma (scale=no: without), plus beta. Mean and biased\n"
      "variance are the batch's while training, over images, rows and columns, of which\n"
      "there must be two values or more; running ones in evaluation:\n"
      "running = momentum*running + (1 - momentum)*batch.",
      .stage = STAGE_NORM, .trains = true },
    { LAYER_DROPOUT, "dropout", .operands = OPERANDS_NUMBER,
      .number = "the probability of keeping a unit", .bound = BOUND_KEEP,
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
    { LAYER_SOFTMAX, "softmax", .accepts = ACCEPTS_SMOOTHING,
      .synopsis = "softmax [smoothing=E]",
      .help = "The loss: mean over the batch of log(sum(exp(s))) - s[label]. smoothing: the\n"
      "label counts 1 - E, and E is spread over all classes. The last layer.", LOSS },
    { LAYER_SVM, "svm", .accepts = ACCEPTS_MARGIN,
      .synopsis = "svm [margin=M]",
      .help = "The loss: mean over the batch of the sum over the other classes of\n"
      "max(0, s[j] - s[label] + M); M is 1 unless said. The last layer.", LOSS },
};
const int nlayer_defs = sizeof layer_defs / sizeof *layer_defs;

const struct layer_def *layer_def(enum layer_kind kind)
{
    for (int k = 0; k < nlayer_defs; k++)
        if (layer_defs[k].kind == kind)
            return &layer_defs[k];
    DIE("layer kind %d has no row", kind);
}

const struct setting_def setting_defs[] = {
    { "init", SETTING_INIT, "init gaussian STD | init kaiming",
      "Weights from a Gaussian of standard deviation STD, or of sqrt(2 / inputs) each\n"
      "(the default). Biases start at 0." },
    { "optimizer", SETTING_OPTIMIZER, "optimizer NAME [OPTION=X ...]",
      "adam unless said. With each, its options' values unless said, and its formula;\n"
      "g: the gradient with reg*w." },
    { "reg", SETTING_REG, "reg X",
      "L2 regularisation: the loss has 0.5*X*sum(W*W), biases excepted." },
    { "lr_decay", SETTING_LR_DECAY, "lr_decay X",
      "Multiplies the learning rate after each epoch." },
    { "schedule", SETTING_SCHEDULE, "schedule constant|linear|cosine | schedule step EPOCHS X",
      "The learning rate stays (the default), falls to 0 over the run in a line or half a\n"
      "cosine, or is multiplied by X every so many epochs." },
    { "warmup", SETTING_WARMUP, "warmup EPOCHS",
      "The learning rate rises in a line to its value before the schedule begins." },
    { "batch", SETTING_BATCH, "batch N",
      "Images of one step, and the most the program has room for (50)." },
    { "epochs", SETTING_EPOCHS, "epochs X",
      "Passes over the training images (1); may be a fraction." },
    { "sample", SETTING_SAMPLE, "sample shuffle|replacement",
      "Minibatches from a permutation of the images (the default; what is left at an\n"
      "epoch's end, fewer than a batch, is dropped), or drawn with replacement, as in\n"
      "the course." },
    { "preprocess", SETTING_PREPROCESS, "preprocess none|mean_image|scale|channel_norm",
      "mean_image (the default): the training set's mean image is subtracted, as in the\n"
      "course. scale: and the rest divided by its standard deviation. channel_norm: each\n"
      "channel's mean is subtracted, the rest divided by the channel's deviation." },
    { "flip", SETTING_FLIP, "flip [alternating]",
      "Training mirrors images at random; alternating: each every other epoch." },
    { "crop", SETTING_CROP, "crop",
      "The images may be larger than the network's input. Training takes a window of each, at\n"
      "a random place; evaluation the middle one, eval --tta some around it. Images of the\n"
      "input's size stay as they are: nothing is padded (translate N does that)." },
    { "translate", SETTING_TRANSLATE, "translate N [reflect]",
      "Training moves each image by up to N pixels up or down, left or right. What comes in\n"
      "is 0 (the mean), or the image reflected at its edge." },
    { "cutout", SETTING_CUTOUT, "cutout N",
      "Training sets a square of NxN pixels to 0, its centre anywhere in the image." },
    { "group", SETTING_GROUP, "group WHICH [optimizer=NAME] [OPTION=X ...]",
      "Parameters with settings of their own: an optimizer, its options, lr, reg, lr_decay,\n"
      "schedule. WHICH: conv or affine (weights), bias (betas too), gain (gammas), a layer's\n"
      "name, or NAME.weight, NAME.bias. Of several lines that set the same, the last counts.\n"
      "The program's options change only what no group sets." },
    { "freeze", SETTING_FREEZE, "freeze WHICH [after EPOCHS]",
      "These parameters stay as they are, from the start or after so many epochs; then a\n"
      "schedule ends there." },
    { "clip", SETTING_CLIP, "clip X",
      "Where all gradients together are longer than X (L2), they are scaled to that length." },
    { "average", SETTING_AVERAGE, "average ema [X [N]] | average lookahead [X [N]]",
      "An average of the parameters is checked and saved. ema: X of the past and 1 - X of the\n"
      "present (0.99), every N steps (1). lookahead: moves by X of the way (0.5) every N steps\n"
      "(5), and the parameters begin there again." },
    { "patience", SETTING_PATIENCE, "patience N",
      "Training ends after N checks that were not better than the best before." },
    { "loss", SETTING_LOSS, "loss mean|sum",
      "The images' losses are averaged over the batch (the default) or added." },
};
const char *const schedule_words[SCHEDULE_KINDS] = {
    [SCHEDULE_CONSTANT] = "constant", [SCHEDULE_LINEAR] = "linear",
    [SCHEDULE_COSINE] = "cosine", [SCHEDULE_STEP] = "step" };

const char *const preprocess_words[PREPROCESS_KINDS] = {
    [PREPROCESS_NONE] = "none", [PREPROCESS_MEAN_IMAGE] = "mean_image",
    [PREPROCESS_SCALE] = "scale", [PREPROCESS_CHANNEL_NORM] = "channel_norm" };

const int nsetting_defs = sizeof setting_defs / sizeof *setting_defs;

const struct keyword_def keyword_defs[] = {
    { "net", "net NAME", "The network's name: of the program and of its parameter file." },
    { "let", "let NAME = EXPR [, NAME = EXPR ...]",
      "Names a number; `lathe --set NAME=VALUE` overrides it. Expressions know numbers,\n"
      "names, + - * / % and parentheses." },
    { "input", "input CxHxW", "Channels, height and width of an image." },
    { "repeat", "repeat N as NAME { ... }",
      "The block N times, NAME running from 1. A label inside gets _1, _2, ..." },
    { "train", "train", "The training settings follow; the program's options override them." },
};
const int nkeyword_defs = sizeof keyword_defs / sizeof *keyword_defs;

void train_defaults(struct train_settings *t)
{
    *t = (struct train_settings){
        .init_std = -1, .optimizer = UPDATE_ADAM, .reg = 0, .lr_decay = 1, .epochs = 1,
        .batch = 50, .sampling = SAMPLE_SHUFFLE, .preprocess = PREPROCESS_MEAN_IMAGE,
        .step_epochs = 1, .step_factor = 1,
    };
    optimizer_standard(t->optimizer, t->rate);
}

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
const char doc_settings[] = "Settings behind `train`.";

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
    for (int i = 0; i < nsetting_defs; i++) {
        entry(out, setting_defs[i].synopsis, setting_defs[i].help);
        if (setting_defs[i].kind == SETTING_OPTIMIZER)
            doc_optimizers(out);
    }
}
