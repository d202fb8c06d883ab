/*
** settings.c - the table of training settings, and what follows from it for all of them. It must
** never know what a setting does to a run.
*/
#include "settings/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shortest.h"
#include "settings/optimizer.h"
#include "settings/option_text.h"

const char *const schedule_words[] = { "constant", "linear", "cosine", "step", NULL };
const char *const preprocess_words[] = { "none", "mean_image", "scale", "channel_norm", NULL };
const char *const flip_words[] = { "none", "random", "alternating", NULL };
const char *const average_words[] = { "none", "ema", "lookahead", NULL };
static const char *const settings_inits[] = { "gaussian", "kaiming", NULL };
static const char *const settings_samples[] = { "shuffle", "replacement", NULL };
static const char *const settings_crops[] = { "none", "random", NULL };
static const char *const settings_edges[] = { "zero", "reflect", NULL };
static const char *const settings_losses[] = { "mean", "sum", NULL };

enum preprocess_kind setting_preprocess(const char *word)
{
    int k = 0;
    while (k < PREPROCESS_KINDS && strcmp(preprocess_words[k], word) != 0)
        k++;
    return (enum preprocess_kind)k;
}

enum { SETTINGS_UNSET = -1 };       /* out of the bounds of every row that may be unset */

static void settings_average(struct train *t)
{
    t->average_rate = t->average == AVERAGE_EMA ? 0.99 : 0.5;
    t->average_every = t->average == AVERAGE_EMA ? 1 : 5;
}

/* A value and where struct train has it. */
#define SET_REAL(member, limit, name) \
    .value = { VALUE_REAL, .at = offsetof(struct train, member), .bound = limit, .what = name }, \
    .field = "." #member
#define SET_COUNT(member, limit, name) \
    .value = { VALUE_COUNT, .at = offsetof(struct train, member), .bound = limit, .what = name }, \
    .field = "." #member
#define SET_TEXT(member, name) \
    .value = { VALUE_TEXT, .at = offsetof(struct train, member), .what = name }, \
    .field = "." #member
#define SET_WORD(member, list, least, prefix, name) \
    .value = { VALUE_WORD, .at = offsetof(struct train, member), .words = list, .first = least, \
               .what = name }, \
    .field = "." #member, .names = prefix

const struct setting_row setting_rows[] = {
    { "optimizer", .value = { .type = VALUE_OWN }, .synopsis = "optimizer NAME [OPTION=X ...]",
      .help = "adam unless said. With each, its options' values unless said, and its formula;\n"
      "g: the gradient with reg*w." },
    { "epochs", SET_REAL(epochs, BOUND_EPOCHS, NULL), .standard = 1, .option = "--epochs",
      .argument = "X", .meaning = "passes over the training images; fractions too",
      .synopsis = "epochs X",
      .help = "Passes over the training images (1); may be a fraction." },
    { NULL, SET_COUNT(iterations, BOUND_ITERATIONS, NULL), .option = "--iterations",
      .argument = "N", .meaning = "minibatches instead of epochs" },
    { "batch", SET_COUNT(batch, BOUND_BATCH, NULL), .standard = 50, .option = "--batch",
      .argument = "M", .meaning = "images of a minibatch",
      .synopsis = "batch N",
      .help = "Images of one step, and the most the program has room for (50)." },
    { "lr_decay", SET_REAL(lr_decay, BOUND_LR_DECAY, NULL), .standard = 1, .option = "--lr-decay",
      .argument = "X", .meaning = "the learning rate's factor after each epoch",
      .synopsis = "lr_decay X",
      .help = "Multiplies the learning rate after each epoch." },
    { "schedule", SET_WORD(schedule, schedule_words, 0, "SCHEDULE", NULL), .option = "--schedule",
      .argument = "NAME",
      .meaning = "constant, linear or cosine (both down to 0 over the run), or step",
      .synopsis = "schedule constant|linear|cosine | schedule step EPOCHS X",
      .help = "The learning rate stays (the default), falls to 0 over the run in a line or half a\n"
      "cosine, or is multiplied by X every so many epochs." },
    { NULL, SET_REAL(step_epochs, BOUND_STEP_EPOCHS, "the epochs from step to step"), .standard = 1,
      .follows = FOLLOWS_WORD, .when = SCHEDULE_STEP, .option = "--step-epochs", .argument = "X",
      .meaning = "schedule step: epochs from step to step" },
    { NULL, SET_REAL(step_factor, BOUND_STEP_FACTOR, "the factor of a step"), .standard = 1,
      .follows = FOLLOWS_WORD, .when = SCHEDULE_STEP, .option = "--step-factor", .argument = "X",
      .meaning = "schedule step: what the learning rate is multiplied with" },
    { "warmup", SET_REAL(warmup, BOUND_WARMUP, NULL), .option = "--warmup", .argument = "X",
      .meaning = "epochs in which the learning rate rises to its value",
      .synopsis = "warmup EPOCHS",
      .help = "The learning rate rises in a line to its value before the schedule begins." },
    { "reg", SET_REAL(reg, BOUND_REG, NULL), .option = "--reg", .argument = "X",
      .meaning = "L2 strength: the loss has 0.5*X*sum(W*W)",
      .synopsis = "reg X",
      .help = "L2 regularisation: the loss has 0.5*X*sum(W*W), biases excepted." },
    { "init", SET_WORD(init, settings_inits, 0, "INIT", "initialiser"), .standard = INIT_KAIMING,
      .synopsis = "init gaussian STD | init kaiming",
      .help = "Weights from a Gaussian of standard deviation STD, or of sqrt(2 / inputs) each\n"
      "(the default). Biases start at 0." },
    { NULL, SET_REAL(init_std, BOUND_INIT, "the standard deviation"), .standard = -1,
      .follows = FOLLOWS_WORD, .when = INIT_GAUSSIAN, .option = "--init", .argument = "STD",
      .meaning = "standard deviation of the first weights; else the network file's",
      .unset = true },
    { "sample", SET_WORD(sample, settings_samples, 0, "SAMPLE", "sampling"), .option = "--sample",
      .argument = "HOW",
      .meaning = "minibatches drawn with replacement, or epochs shuffled",
      .synopsis = "sample shuffle|replacement",
      .help = "Minibatches from a permutation of the images (the default; what is left at an\n"
      "epoch's end, fewer than a batch, is dropped), or drawn with replacement, as in\n"
      "the course." },
    { "preprocess", SET_WORD(preprocess, preprocess_words, 0, "PREPROCESS", "preprocessing"),
      .standard = PREPROCESS_MEAN_IMAGE, .option = "--preprocess", .argument = "HOW",
      .meaning = "none, mean_image, scale or channel_norm",
      .synopsis = "preprocess none|mean_image|scale|channel_norm",
      .help = "mean_image (the default): the training set's mean image is subtracted, as in the\n"
      "course. scale: and the rest divided by its standard deviation. channel_norm: each\n"
      "channel's mean is subtracted, the rest divided by the channel's deviation." },
    { "flip", SET_WORD(augment.flip, flip_words, FLIP_ALTERNATING, "FLIP", NULL), .bare = true,
      .option = "--flip", .argument = "HOW",
      .meaning = "none, random, or alternating: mirrored every other epoch",
      .synopsis = "flip [alternating]",
      .help = "Training mirrors images at random; alternating: each every other epoch." },
    { "crop", SET_WORD(augment.crop, settings_crops, CROP_KINDS, "CROP", NULL), .bare = true,
      .option = "--crop", .argument = "HOW",
      .meaning = "random: the images may be larger than the input; windows of them are taken",
      .synopsis = "crop",
      .help = "The images may be larger than the network's input. Training takes a window of "
      "each, at\n"
      "a random place; evaluation the middle one, eval --tta some around it. Images of the\n"
      "input's size stay as they are: nothing is padded (translate N does that)." },
    { "translate", SET_COUNT(augment.translate, BOUND_TRANSLATE, NULL), .option = "--translate",
      .argument = "N", .meaning = "moves each image by up to N pixels",
      .synopsis = "translate N [reflect]",
      .help = "Training moves each image by up to N pixels up or down, left or right. What comes "
      "in\n"
      "is 0 (the mean), or the image reflected at its edge." },
    { NULL, SET_WORD(augment.edge, settings_edges, EDGE_REFLECT, "EDGE", "edge"),
      .follows = FOLLOWS_MAYBE, .option = "--edge", .argument = "HOW",
      .meaning = "what comes in when images move: zero or reflect" },
    { "cutout", SET_COUNT(augment.cutout, BOUND_CUTOUT, NULL), .option = "--cutout",
      .argument = "N", .meaning = "cuts a hole of NxN into each image",
      .synopsis = "cutout N",
      .help = "Training sets a square of NxN pixels to 0, its centre anywhere in the image." },
    { "brightness", SET_REAL(augment.brightness, BOUND_BRIGHTNESS, NULL), .option = "--brightness",
      .argument = "X", .meaning = "adds one number of -X to X to each image",
      .synopsis = "brightness X",
      .help = "Training adds a number to each image, preprocessed: any of -X to X." },
    { "contrast", SET_REAL(augment.contrast, BOUND_CONTRAST, NULL), .option = "--contrast",
      .argument = "X", .meaning = "then multiplies it with one of 1 - X to 1 + X",
      .synopsis = "contrast X",
      .help = "Training then multiplies it with a factor: any of 1 - X to 1 + X." },
    { "group", .value = { .type = VALUE_OWN }, .many = true,
      .synopsis = "group WHICH [optimizer=NAME] [OPTION=X ...]",
      .help = "Parameters with settings of their own: an optimizer, its options, lr, reg, "
      "lr_decay,\n"
      "schedule. WHICH: conv or affine (weights), bias (betas too), gain (gammas), a layer's\n"
      "name, or NAME.weight, NAME.bias. Of several lines that set the same, the last counts.\n"
      "The program's options change only what no group sets." },
    { "freeze", .value = { .type = VALUE_OWN }, .many = true,
      .synopsis = "freeze WHICH [after EPOCHS]",
      .help = "These parameters stay as they are, from the start or after so many epochs; then a\n"
      "schedule ends there." },
    { "clip", SET_REAL(clip, BOUND_CLIP, NULL), .option = "--clip", .argument = "X",
      .meaning = "scales gradients that together are longer than X to X; 0: never",
      .synopsis = "clip X",
      .help = "Where all gradients together are longer than X (L2), they are scaled to that "
      "length." },
    { "average", SET_WORD(average, average_words, AVERAGE_EMA, "AVERAGE", NULL),
      .then = settings_average, .option = "--average", .argument = "HOW",
      .meaning = "checks and saves averages of the parameters: none, ema or lookahead",
      .synopsis = "average ema [X [N]] | average lookahead [X [N]]",
      .help = "An average of the parameters is checked and saved. ema: X of the past and 1 - X of "
      "the\n"
      "present (0.99), every N steps (1). lookahead: moves by X of the way (0.5) every N steps\n"
      "(5), and the parameters begin there again." },
    { NULL, SET_REAL(average_rate, BOUND_AVERAGE_RATE, "the average's rate"),
      .follows = FOLLOWS_MAYBE, .option = "--average-rate", .argument = "X",
      .meaning = "ema: the share of the past that stays (0.99); lookahead: the step (0.5)",
      .unset = true },
    { NULL, SET_COUNT(average_every, BOUND_AVERAGE_EVERY, "the steps between"),
      .follows = FOLLOWS_MAYBE, .option = "--average-every", .argument = "N",
      .meaning = "iterations between averages (ema 1, lookahead 5)", .unset = true },
    { NULL, SET_COUNT(check_every, BOUND_CHECK_EVERY, NULL), .option = "--check-every",
      .argument = "N",
      .meaning = "accuracies every N iterations, too, not only at the end of epochs" },
    { "patience", SET_COUNT(patience, BOUND_PATIENCE, NULL), .option = "--patience",
      .argument = "N",
      .meaning = "stops after N checks that were not better than the best; 0: never",
      .synopsis = "patience N",
      .help = "Training ends after N checks that were not better than the best before." },
    { "loss", SET_WORD(loss, settings_losses, 0, "LOSS", NULL), .synopsis = "loss mean|sum",
      .help = "The images' losses are averaged over the batch (the default) or added." },
    { "class_weights", SET_TEXT(class_weights, NULL), .option = "--class-weights",
      .argument = "HOW",
      .meaning = "what an image of each class (bce: what a score that is to be 1) counts in "
      "training: balanced, or W,W,...",
      .synopsis = "class_weights balanced | class_weights W,W,...",
      .help = "What an image counts in training by its class, 0 or more: its loss is multiplied "
      "by it,\n"
      "and a batch's mean divided by the sum of its images' weights; with smoothing each\n"
      "class's share of a label counts by that class's. balanced: images / (classes * images\n"
      "of the class). bce: -t*log(p) times the weight of its score (pos_weight elsewhere);\n"
      "balanced: sum(1 - t) / sum(t). Checks and eval count all alike." },
};
const int nsetting_rows = sizeof setting_rows/sizeof *setting_rows;
_Static_assert(sizeof setting_rows/sizeof *setting_rows <= SETTINGS_OPTIONS, "room for each");

double setting_get(const struct setting_row *row, const struct train *t)
{
    const char *at = (const char *)t + row->value.at;
    if (row->value.type == VALUE_TEXT)
        return *(const char *const *)(const void *)at != NULL;
    return row->value.type == VALUE_REAL ? *(const double *)(const void *)at
                                         : *(const int *)(const void *)at;
}

void setting_set(const struct setting_row *row, struct train *t, double value)
{
    char *at = (char *)t + row->value.at;
    if (row->value.type == VALUE_TEXT)
        return;
    if (row->value.type == VALUE_REAL)
        *(double *)(void *)at = value;
    else
        *(int *)(void *)at = (int)value;
}

void settings_defaults(struct train *t)
{
    *t = (struct train){ .optimizer = UPDATE_ADAM };
    optimizer_standard(t->optimizer, t->rate);
    for (int k = 0; k < nsetting_rows; k++)
        if (setting_rows[k].field)
            setting_set(&setting_rows[k], t, setting_rows[k].standard);
}

void setting_name(const char *names, const char *word, char *out, size_t size)
{
    int n = snprintf(out, size, "%s_%s", names, word);
    for (int k = 0; k < n && (size_t)k < size; k++)
        out[k] = (char)toupper((unsigned char)out[k]);
}

void setting_text(const struct setting_row *row, const struct train *t, char *out, size_t size)
{
    double value = setting_get(row, t);
    const char *const *string = (const char *const *)(const void *)((const char *)t
                                                                    + row->value.at);
    if (row->value.type == VALUE_TEXT)
        snprintf(out, size, "%s", *string ? *string : "0");
    else if (row->value.type == VALUE_WORD)
        snprintf(out, size, "%s", row->value.words[(int)value]);
    else
        setting_real(value, out, size);
}

void setting_real(double value, char *out, size_t size)
{
    snprintf(out, size, "%g", value);
    if (strtod(out, NULL) != value)
        shortest_real(value, out, size);
}

static struct option_row settings_row(const struct setting_row *row, struct train *t)
{
    const struct value_row *v = &row->value;
    const bool word = v->type == VALUE_WORD;
    if (v->type == VALUE_TEXT)
        return (struct option_row){ row->option, OPTION_TEXT, row->argument, (char *)t + v->at, 0,
                                    0, NULL, row->meaning };
    return (struct option_row){
        row->option, word ? OPTION_CHOICE : v->type == VALUE_REAL ? OPTION_REAL : OPTION_COUNT,
        row->argument, (char *)t + v->at, word ? 0 : bounds[v->bound].option,
        word ? 0 : bounds[v->bound].most, v->words, row->meaning };
}

int settings_options(struct train *t, struct option_row *rows)
{
    int n = 0;
    for (int k = 0; k < nsetting_rows; k++) {
        if (!setting_rows[k].option)
            continue;
        if (setting_rows[k].unset)
            setting_set(&setting_rows[k], t, SETTINGS_UNSET);
        rows[n++] = settings_row(&setting_rows[k], t);
    }
    return n;
}

struct option_row settings_option(const char *option, struct train *t, const char *meaning)
{
    int k = 0;
    while (!setting_rows[k].option || strcmp(setting_rows[k].option, option) != 0)
        k++;
    if (setting_rows[k].unset)
        setting_set(&setting_rows[k], t, SETTINGS_UNSET);
    struct option_row row = settings_row(&setting_rows[k], t);
    if (meaning)
        row.meaning = meaning;
    return row;
}

void settings_resolve(struct train *t, const struct train *file)
{
    struct train usual = *file;
    if (t->average == AVERAGE_NONE)
        return;
    usual.average = t->average;
    if (usual.average != file->average)
        settings_average(&usual);
    if (t->average_rate < 0)
        t->average_rate = usual.average_rate;
    if (t->average_every < 0)
        t->average_every = usual.average_every;
}
