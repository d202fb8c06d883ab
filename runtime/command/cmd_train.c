/*
** cmd_train.c - `train`: reads the options, opens the data, trains, says what came
** out. It must never train on data that it does not name.
*/
#include <math.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/augment.h"
#include "train/checkpoint.h"
#include "command/command.h"
#include "base/error.h"
#include "train/interrupt.h"
#include "train/notice.h"
#include "settings/option_text.h"
#include "settings/optimizer.h"
#include "command/optimizer_options.h"
#include "file/output.h"
#include "core/params.h"
#include "train/observed.h"
#include "base/visible.h"
#include "data/whiten.h"

enum { CHECKPOINT_EPOCH = -1 };    /* an epoch's iterations, which the data tells */

struct train_settings {
    struct solver_options solver;
    struct command_data data;
    struct optimizer_options optimizer;
    const char *sample, *params, *preprocess, *schedule, *flip, *crop, *edge, *average;
    const char *checkpoint, *resume;
    char default_params[256], default_checkpoint[1024];
    long checkpoint_every;
    struct option_row rows[OPTIMIZER_ROWS + 64];
    int nrows;
    struct checkpoint from;       /* where the run goes on, with --resume, */
    char **words;                 /* and its options as words */
    char *text;                   /* the run's options, for its own checkpoints */
    double init;
    long iterations, batch, seed, threads, translate, cutout, patience, check_every,
         average_every;
    double average_rate;
    bool no_save;
    char command[4096];           /* as a shell would read it */
};

static const char *const train_crops[] = { "none", "random", NULL };
static const char *const train_edges[] = { "zero", "reflect", NULL };
static const char *const train_samplings[] = { "replacement", "shuffle", NULL };

/* What a checkpoint does not say, and what it says but anyone may change: where things lie, how
** long the run is, what changes no bit. */
static const char *const train_unsaid[] = {
    "--threads", "--print-every", "--history", "--report", "--plot", "--params", "--checkpoint",
    "--resume", NULL
};
static const char *const train_free[] = {
    "--data", "--epochs", "--iterations", "--patience", "--checkpoint-every", NULL
};

static void train_defaults_of(struct train_settings *s, const struct model *m)
{
    *s = (struct train_settings){ .data = COMMAND_DATA_DEFAULTS };
    solver_defaults(&s->solver, m);
    s->schedule = schedule_words[s->solver.schedule];
    s->preprocess = preprocess_words[m->train.preprocess];
    s->average = average_words[s->solver.average];
    s->average_rate = NAN;
    s->average_every = OPTION_UNSET;
    s->patience = s->solver.patience;
    s->flip = flip_words[s->solver.augment.flip];
    s->crop = train_crops[s->solver.augment.crop];
    s->edge = train_edges[s->solver.augment.reflect];
    s->translate = s->solver.augment.translate;
    s->cutout = s->solver.augment.cutout;
    s->sample = s->solver.replacement ? "replacement" : "shuffle";
    snprintf(s->default_params, sizeof s->default_params, "%s.safetensors", m->name);
    s->params = s->default_params;
    s->init = -1;
    s->iterations = s->checkpoint_every = OPTION_UNSET;
    s->batch = s->solver.batch;
    s->seed = 1;
    s->threads = processors_available();
}

static void train_rows(struct train_settings *s)
{
    struct solver_options *o = &s->solver;
    const double much = 1e9;
    const struct option_row own[] = {
        { "--data", OPTION_TEXT, "DIR", &s->data.dir, 0, 0, NULL,
          "files of CIFAR-10, CIFAR-100 or MNIST, .npy arrays, or `synthetic`; else $LATHE_DATA, "
          "data/cifar-10-batches-bin, synthetic" },
        { "--epochs", OPTION_REAL, "X", &o->epochs, OPTION_BOUNDS(BOUND_EPOCHS), NULL,
          "passes over the training images; fractions too" },
        { "--iterations", OPTION_INTEGER, "N", &s->iterations, 1, much, NULL,
          "minibatches instead of epochs" },
        { "--batch", OPTION_INTEGER, "M", &s->batch, 1, much, NULL, "images of a minibatch" },
        { "--lr-decay", OPTION_REAL, "X", &o->lr_decay, OPTION_BOUNDS(BOUND_LR_DECAY), NULL,
          "the learning rate's factor after each epoch" },
        { "--schedule", OPTION_CHOICE, "NAME", &s->schedule, 0, 0, schedule_words,
          "constant, linear or cosine (both down to 0 over the run), or step" },
        { "--step-epochs", OPTION_REAL, "X", &o->step_epochs,
          OPTION_BOUNDS(BOUND_STEP_EPOCHS), NULL,
          "schedule step: epochs from step to step" },
        { "--step-factor", OPTION_REAL, "X", &o->step_factor,
          OPTION_BOUNDS(BOUND_STEP_FACTOR), NULL,
          "schedule step: what the learning rate is multiplied with" },
        { "--warmup", OPTION_REAL, "X", &o->warmup, OPTION_BOUNDS(BOUND_WARMUP), NULL,
          "epochs in which the learning rate rises to its value" },
        { "--reg", OPTION_REAL, "X", &o->reg, OPTION_BOUNDS(BOUND_REG), NULL,
          "L2 strength: the loss has 0.5*X*sum(W*W)" },
        { "--init", OPTION_REAL, "STD", &s->init, OPTION_BOUNDS(BOUND_INIT), NULL,
          "standard deviation of the first weights; else the network file's" },
        { "--sample", OPTION_CHOICE, "HOW", &s->sample, 0, 0, train_samplings,
          "minibatches drawn with replacement, or epochs shuffled" },
        { "--preprocess", OPTION_CHOICE, "HOW", &s->preprocess, 0, 0, preprocess_words,
          "none, mean_image, scale or channel_norm" },
        { "--flip", OPTION_CHOICE, "HOW", &s->flip, 0, 0, flip_words,
          "none, random, or alternating: mirrored every other epoch" },
        { "--crop", OPTION_CHOICE, "HOW", &s->crop, 0, 0, train_crops,
          "random: the images may be larger than the input; windows of them are taken" },
        { "--translate", OPTION_INTEGER, "N", &s->translate, OPTION_BOUNDS(BOUND_TRANSLATE), NULL,
          "moves each image by up to N pixels" },
        { "--edge", OPTION_CHOICE, "HOW", &s->edge, 0, 0, train_edges,
          "what comes in when images move: zero or reflect" },
        { "--cutout", OPTION_INTEGER, "N", &s->cutout, OPTION_BOUNDS(BOUND_CUTOUT), NULL,
          "cuts a hole of NxN into each image" },
        { "--clip", OPTION_REAL, "X", &o->clip, OPTION_BOUNDS(BOUND_CLIP), NULL,
          "scales gradients that together are longer than X to X; 0: never" },
        { "--average", OPTION_CHOICE, "HOW", &s->average, 0, 0, average_words,
          "checks and saves averages of the parameters: none, ema or lookahead" },
        { "--average-rate", OPTION_REAL, "X", &s->average_rate,
          OPTION_BOUNDS(BOUND_AVERAGE_RATE), NULL,
          "ema: the share of the past that stays (0.99); lookahead: the step (0.5)" },
        { "--average-every", OPTION_INTEGER, "N", &s->average_every,
          OPTION_BOUNDS(BOUND_AVERAGE_EVERY), NULL,
          "iterations between averages (ema 1, lookahead 5)" },
        { "--check-every", OPTION_INTEGER, "N", &s->check_every, 0, much, NULL,
          "accuracies every N iterations, too, not only at the end of epochs" },
        { "--patience", OPTION_INTEGER, "N", &s->patience, OPTION_BOUNDS(BOUND_PATIENCE), NULL,
          "stops after N checks that were not better than the best; 0: never" },
        { "--seed", OPTION_INTEGER, "N", &s->seed, 0, 9e15, NULL, "of all random numbers" },
        { "--threads", OPTION_INTEGER, "N", &s->threads, 1, 1024, NULL,
          "the result does not depend on it; else as many as the affinity mask and the "
          "container's CPU quota allow" },
        { "--train-samples", OPTION_INTEGER, "N", &s->data.train_samples, 1, much, NULL,
          "only the first N training images" },
        { "--val-samples", OPTION_INTEGER, "N", &s->data.val_samples, 0, much, NULL,
          "the last N training images validate: 1000 unless said, of 1000 or fewer a tenth; 0 "
          "trains on all" },
        { "--val-shuffle", OPTION_FLAG, NULL, &s->data.val_shuffle, 0, 1, NULL,
          "they are drawn from all training images, the same ones whatever the seed" },
        { "--print-every", OPTION_INTEGER, "N", &o->print_every, 1, much, NULL,
          "iterations between loss lines" },
        { "--history", OPTION_TEXT, "FILE.csv", &o->history, 0, 0, NULL,
          "loss and accuracies of every iteration" },
        { "--report", OPTION_TEXT, "FILE.html", &o->report, 0, 0, NULL,
          "a page with curves, filters, mistakes, the network: after each epoch" },
        { "--plot", OPTION_TEXT, "FILE.svg", &o->plot, 0, 0, NULL,
          "the course's two plots: loss, and accuracies over epochs" },
        { "--params", OPTION_TEXT, "FILE", &s->params, 0, 0, NULL,
          "where the best parameters are saved" },
        { "--no-save", OPTION_FLAG, NULL, &s->no_save, 0, 0, NULL, "save no parameters; "
          "Ctrl-C then saves nothing either, unless --checkpoint says where" },
        { "--checkpoint", OPTION_TEXT, "FILE", &s->checkpoint, 0, 0, NULL,
          "where the whole state of the run is saved: every N iterations, at the end, and when "
          "Ctrl-C stops it, which without this saves beside --params; `eval` reads it, too" },
        { "--checkpoint-every", OPTION_INTEGER, "N", &s->checkpoint_every, 1, much, NULL,
          "iterations from one checkpoint to the next; with --checkpoint alone an epoch's" },
        { "--resume", OPTION_TEXT, "FILE", &s->resume, 0, 0, NULL,
          "goes on from a checkpoint, and saves there: the run's options come from it; how long "
          "it is (--epochs, --iterations, --patience), files and --threads may be given anew" },
        { "--quiet", OPTION_FLAG, NULL, &o->quiet, 0, 0, NULL, "print the result only" },
    };
    _Static_assert(COMMAND_COUNT(own) <= 64, "room for every option");
    for (int k = 0; k < COMMAND_COUNT(own); k++)
        s->rows[k] = own[k];
    optimizer_options_rows(&s->optimizer, o, s->rows + COMMAND_COUNT(own));
    s->nrows = COMMAND_COUNT(own) + OPTIMIZER_ROWS;
}

static bool train_parse(const struct program *p, struct train_settings *s, int argc, char **argv,
                        int *status)
{
    return command_options(p, "train",
                           "Trains the network and saves the parameters that were best on "
                           "the validation images. Ctrl-C finishes the iteration, saves all of "
                           "the run's state and says how to go on.", s->rows, s->nrows, argc,
                           argv, status);
}

/* A data directory is a place, the synthetic set is what it is. */
static char *train_text(struct train_settings *s)
{
    const char *dir = s->data.dir;
    if (dir && strcmp(dir, "synthetic") != 0)
        s->data.dir = NULL;
    char *text = option_text_write(s->rows, s->nrows, train_unsaid);
    s->data.dir = dir;
    return text;
}

/* The checkpoint's options, then those that are given: false where one contradicts another. */
static bool train_options_from(const struct program *p, struct train_settings *s,
                               const char *from, int argc, char **argv, int *status)
{
    struct option_conflict c;
    char err[ERR_SIZE];
    int count;
    *status = STATUS_FAULT;
    if (!checkpoint_open(&s->from, from, p->model, err)) {
        command_fault(p, "%s", err);
        return false;
    }
    s->words = option_text_words(s->from.options, &count);
    if (s->words && !train_parse(p, s, count, s->words, status)) {
        *status = command_fault(p, "%s: its options are not this program's", from);
        return false;
    }
    char *theirs = s->words ? train_text(s) : NULL;
    if (options_peek("--epochs", argc, argv))       /* which of the two counts is the last word */
        s->iterations = OPTION_UNSET;
    bool good = theirs && train_parse(p, s, argc, argv, status);
    s->resume = from;
    char *ours = good ? train_text(s) : NULL;
    if (!theirs || (good && !ours)) {
        *status = command_fault(p, "%s: not enough memory", from);
        good = false;
    } else if (good && !option_text_agree(s->rows, s->nrows, theirs, ours, train_free, &c)) {
        *status = command_usage(p, "train: %s is %s in the run of %s, and %s here; it cannot be "
                                "changed on the way", c.name, c.theirs, from, c.ours);
        good = false;
    }
    free(theirs);
    free(ours);
    return good;
}

static bool train_options(const struct program *p, struct train_settings *s, int argc,
                          char **argv, int *status)
{
    train_rows(s);
    const char *from = options_ask_help(argc, argv) ? NULL
                       : options_peek("--resume", argc, argv);
    return from ? train_options_from(p, s, from, argc, argv, status)
                : train_parse(p, s, argc, argv, status);
}

/* What a run writes: what matters most first. */
enum { TRAIN_CHECKPOINT = 1, TRAIN_OUTPUTS = 5 };
static void train_outputs(const struct solver_options *o, struct output out[TRAIN_OUTPUTS])
{
    const struct output outputs[TRAIN_OUTPUTS] = {
        { o->params, OUTPUT_PARAMS, "--params", false },
        { o->checkpoint, OUTPUT_CHECKPOINT, "--checkpoint", o->from != NULL },
        { o->history, OUTPUT_HISTORY, "--history", false },
        { o->report, OUTPUT_PAGE, "--report", false },
        { o->plot, OUTPUT_PLOT, "--plot", false },
    };
    memcpy(out, outputs, sizeof outputs);
}

/* Said before anything is read: wrong usage. */
static bool train_no_file_twice(const struct program *p, const struct solver_options *o,
                                int *status)
{
    struct output out[TRAIN_OUTPUTS];
    train_outputs(o, out);
    for (int k = 0; k < TRAIN_OUTPUTS; k++)
        for (int i = 0; i < k; i++)
            if (out[k].path && out[i].path && output_same(out[k].path, out[i].path)) {
                *status = command_usage(p, "train: %s and %s are the same file, %s",
                                        out[i].option, k == TRAIN_CHECKPOINT ? "the checkpoint"
                                        : out[k].option, out[i].path);
                return false;
            }
    return true;
}

/* Before the first step, and for the whole run. Where nobody asked for a checkpoint, a run that
** cannot have one is told what that costs. */
static bool train_claim(const struct program *p, struct train_settings *s)
{
    struct output out[TRAIN_OUTPUTS];
    struct solver_options *o = &s->solver;
    char err[ERR_SIZE];
    train_outputs(o, out);
    for (int k = 0; k < TRAIN_OUTPUTS; k++) {
        if (!out[k].path || output_claim(&out[k], err))
            continue;
        command_fault(p, "%s", err);
        if (k != TRAIN_CHECKPOINT || o->checkpoint != s->default_checkpoint
            || o->checkpoint_every)
            return false;
        fprintf(stderr, "warning: this run goes without a checkpoint: Ctrl-C ends it at once\n");
        o->checkpoint = NULL;
    }
    return true;
}

/* Where the state goes: beside the parameters unless said otherwise, or where it came from.
** Who saves nothing at all (--no-save) is stopped by the first signal. */
static bool train_settle_checkpoint(const struct program *p, struct train_settings *s, int *status)
{
    struct solver_options *o = &s->solver;
    static const char end[] = ".safetensors";
    const bool file = strncmp(s->params, "/dev/", 5) != 0;
    const char *params = file ? s->params : s->default_params;
    const size_t length = strlen(params), cut = strlen(end);
    const bool ends = length > cut && strcmp(params + length - cut, end) == 0;
    snprintf(s->default_checkpoint, sizeof s->default_checkpoint, "%.*s.checkpoint%s",
             (int)(ends ? length - cut : length), params, end);
    bool asked = s->checkpoint || s->checkpoint_every != OPTION_UNSET || s->resume;
    o->checkpoint = s->checkpoint ? s->checkpoint : s->resume ? s->resume
                    : asked || !s->no_save ? s->default_checkpoint : NULL;
    o->checkpoint_every = s->checkpoint_every != OPTION_UNSET ? s->checkpoint_every
                          : s->checkpoint ? CHECKPOINT_EPOCH : 0;
    return train_no_file_twice(p, o, status);
}

/* What was not given, as it is now: so that a checkpoint says it all. */
static void train_resolve(struct train_settings *s)
{
    const struct solver_options *o = &s->solver;
    if (o->average != AVERAGE_NONE) {
        s->average_rate = o->average_rate;
        s->average_every = o->average_every;
    }
    optimizer_options_resolve(&s->optimizer, o);
}

/* A word for a shell: in single quotes where it needs them, made by its printf where it could
** not be shown. */
static void train_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=+./,:@";
    if (*word && word[strspn(word, plain)] == 0) {
        fputs(word, out);
        return;
    }
    bool shown = visible_whole(word);
    fputs(shown ? "'" : "\"$(printf '", out);
    for (; *word; word++)
        if (shown)
            fputs(*word == '\'' ? "'\\''" : (const char[]){ *word, 0 }, out);
        else if (strchr(plain, *word))
            putc(*word, out);
        else
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*word);
    fputs(shown ? "'" : "')\"", out);
}

/* What repeats the run: the command, the seed and the data where only defaults name them. */
static void train_command(const struct program *p, struct train_settings *s, int argc, char **argv)
{
    const char *data = getenv("LATHE_DATA");
    FILE *out = fmemopen(s->command, sizeof s->command - 1, "w");
    if (!out)
        return;
    if (data && !s->data.dir) {
        fputs("LATHE_DATA=", out);
        train_word(out, data);
        putc(' ', out);
    }
    train_word(out, p->called);
    fputs(" train", out);
    for (int k = 0; k < argc; k++) {
        putc(' ', out);
        train_word(out, argv[k]);
    }
    if (!options_peek("--seed", argc, argv))
        fprintf(out, " --seed %ld", s->seed);
    if (fclose(out) == 0)
        s->solver.command = s->command;
}

/* What the table cannot check. */
static bool train_settle(const struct program *p, struct train_settings *s, int *status)
{
    struct solver_options *o = &s->solver;
    if (s->batch > p->model->batch) {
        *status = command_usage(p, "train: --batch %ld: this program was built for at most "
                                "%d images; build it with `lathe build --batch %ld`",
                                s->batch, p->model->batch, s->batch);
        return false;
    }
    if (!command_batch(p, "train", s->batch, status))
        return false;
    if (s->data.val_shuffle && s->data.val_samples == 0) {
        *status = command_usage(p, "train: --val-shuffle draws nothing where --val-samples is 0");
        return false;
    }
    o->batch = (int)s->batch;
    o->iterations = s->iterations == OPTION_UNSET ? 0 : s->iterations;
    o->seed = (uint64_t)s->seed;
    char err[ERR_SIZE];
    if (!optimizer_options_settle(&s->optimizer, o, err)) {
        *status = command_usage(p, "train: %s", err);
        return false;
    }
    o->schedule = schedule_find(s->schedule);
    o->augment = (struct augment){ .flip = flip_find(s->flip), .translate = (int)s->translate,
                                   .reflect = strcmp(s->edge, "reflect") == 0,
                                   .cutout = (int)s->cutout,
                                   .crop = strcmp(s->crop, "random") == 0 };
    s->data.crop = o->augment.crop;
    enum average_kind average = average_find(s->average);
    if (average != o->average)
        average_standard(average, &o->average_rate, &o->average_every);
    o->average = average;
    if (!isnan(s->average_rate))
        o->average_rate = s->average_rate;
    if (s->average_every != OPTION_UNSET)
        o->average_every = s->average_every;
    o->patience = s->patience;
    o->check_every = s->check_every;
    o->replacement = strcmp(s->sample, "replacement") == 0;
    o->params = s->no_save ? NULL : s->params;
    train_resolve(s);
    o->from = s->resume ? &s->from : NULL;
    return train_settle_checkpoint(p, s, status);
}

static void train_say_result(const struct solver_options *o, const struct solver_report *r)
{
    if (r->best_val_acc >= 0)
        printf("best val_acc: %f", r->best_val_acc);
    else
        printf("trained without validation");
    if (r->saved)
        visible_print(stdout, " (saved to %s)", o->params);
    if (r->stopped)
        printf(", stopped at iteration %ld: no better check in %ld", r->iterations, o->patience);
    printf(", %.0f images/s\n", r->images_per_second);
}

static void train_say_word(const char *name, const char *word)
{
    fprintf(stderr, " %s%s", name ? name : "", name ? " " : "");
    train_word(stderr, word);
}

static void train_say_number(const char *name, long number)
{
    fprintf(stderr, " %s %ld", name, number);
}

/* The command that goes on: all that the checkpoint does not say. */
static void train_say_command(const struct program *p, const struct train_settings *s)
{
    const struct solver_options *o = &s->solver;
    fputs("to go on:\n ", stderr);
    train_say_word(NULL, p->called);
    fputs(" train", stderr);
    train_say_word("--resume", o->checkpoint);
    if (strcmp(p->model->name, lathe_models[0]->name) != 0)
        train_say_word("--network", p->model->name);
    if (s->data.dir && strcmp(s->data.dir, "synthetic") != 0)
        train_say_word("--data", s->data.dir);
    if (o->history)
        train_say_word("--history", o->history);
    if (o->report)
        train_say_word("--report", o->report);
    if (o->plot)
        train_say_word("--plot", o->plot);
    if (s->no_save)
        fputs(" --no-save", stderr);
    else if (s->params != s->default_params)
        train_say_word("--params", s->params);
    if (s->threads != processors_available())
        train_say_number("--threads", s->threads);
    if (o->print_every != SOLVER_PRINT_EVERY)
        train_say_number("--print-every", o->print_every);
    if (o->quiet)
        fputs(" --quiet", stderr);
    fputc('\n', stderr);
}

/* To stderr: into a pipe go lines of results only, and its reader may be gone. */
static int train_interrupted(const struct program *p, const struct train_settings *s,
                             const struct solver_report *r)
{
    const struct solver_options *o = &s->solver;
    command_fault(p, "stopped by %s behind iteration %ld of %ld; %s%s",
                  interrupt_name(r->interrupted), r->iterations, r->planned,
                  r->kept ? "the run's whole state is in " : "there is nothing to go on from",
                  r->kept ? o->checkpoint : "");
    if (r->kept && r->best_val_acc >= 0 && o->params)
        visible_print(stderr, "the best parameters so far (val_acc %f) are in %s\n",
                      r->best_val_acc, o->params);
    if (r->kept)
        train_say_command(p, s);
    return STATUS_SIGNAL + r->interrupted;
}

static int train_run(const struct program *p, struct train_settings *s,
                     const struct dataset *data, struct preprocess *preprocess)
{
    struct engine engine;
    struct solver_report report = { .complete = false };
    char err[ERR_SIZE];
    if (!engine_open(&engine, p->model, (int)s->threads, err))
        return command_fault(p, "%s", err);
    if (!s->solver.quiet)
        visible_print(stdout, "%s: %zu parameters, %s, %d thread%s\ndata: %s\n", p->model->name,
                      params_learned_total(p->model), p->model->isa,
                      workers_count(engine.workers),
                      workers_count(engine.workers) == 1 ? "" : "s", data->source);
    if (!s->solver.quiet && !s->resume)
        notice_images(data, &s->solver);
    bool good = true;
    if (!s->resume) {
        params_init(&engine, s->solver.seed, s->init);
        good = whiten(&engine, &data->fit, preprocess, err);
    }
    good = good && observed_train(&engine, data, preprocess, &s->solver, &report, err);
    engine_close(&engine);
    if (!good && !report.complete)
        return command_fault(p, "%s", err);
    if (report.interrupted)
        return train_interrupted(p, s, &report);
    train_say_result(&s->solver, &report);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}

static int train_with_data(const struct program *p, struct train_settings *s)
{
    struct dataset data;
    struct preprocess preprocess;
    char err[ERR_SIZE];
    int status;
    if (!command_open_data(p, &s->data, &data))
        return STATUS_FAULT;
    if (s->solver.checkpoint_every == CHECKPOINT_EPOCH)
        s->solver.checkpoint_every = s->checkpoint_every
            = solver_epoch_iterations(&s->solver, data.train.count);
    s->solver.settings = s->text = train_text(s);
    if (!s->text) {
        status = command_fault(p, "not enough memory");
    } else if (!train_claim(p, s)) {
        status = STATUS_FAULT;
    } else if (preprocess_fit(&preprocess, preprocess_find(s->preprocess), &data.fit, err)) {
        status = train_run(p, s, &data, &preprocess);
        preprocess_free(&preprocess);
    } else {
        status = command_fault(p, "%s", err);
    }
    dataset_close(&data);
    return status;
}

int command_train(const struct program *p, int argc, char **argv)
{
    struct train_settings s;
    int status;
    train_defaults_of(&s, p->model);
    if (train_options(p, &s, argc, argv, &status) && train_settle(p, &s, &status)) {
        train_command(p, &s, argc, argv);
        status = train_with_data(p, &s);
    }
    checkpoint_close(&s.from);
    free(s.words);
    free(s.text);
    return status;
}
