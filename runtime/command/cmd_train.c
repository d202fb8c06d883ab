/*
** cmd_train.c - `train`: reads the options, opens the data, trains, says what came
** out. It must never train on data that it does not name.
*/
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/visible.h"
#include "command/command.h"
#include "command/train_say.h"
#include "core/params.h"
#include "core/ranks.h"
#include "data/pretrained.h"
#include "data/whiten.h"
#include "file/output.h"
#include "settings/option_text.h"
#include "settings/settings.h"
#include "train/checkpoint.h"
#include "train/follow.h"
#include "train/notice.h"
#include "train/observed.h"
#include "train/parts.h"

enum { CHECKPOINT_EPOCH = -1 };     /* an epoch's iterations, which the data tells */

/* What a checkpoint does not say, and what it says but anyone may change: where things lie, how
** long the run is, what changes no bit. */
static const char *const train_unsaid[] = {
    "--threads", "--pin", "--print-every", "--history", "--report", "--plot", "--params",
    "--checkpoint", "--resume", "--from", "--from-only", "--result", "--data-per-rank",
    "--traffic", NULL
};
static const char *const train_free[] = {
    "--data", "--epochs", "--iterations", "--patience", "--checkpoint-every", NULL
};

static void train_defaults_of(struct train_command *s, const struct model *m)
{
    *s = (struct train_command){ .data = COMMAND_DATA_DEFAULTS, .params = s->default_params,
                                 .checkpoint_every = OPTION_UNSET, .seed = 1,
                                 .threads = processors_available() };
    solver_defaults(&s->solver, m);
    snprintf(s->default_params, sizeof s->default_params, "%s.safetensors", m->name);
}

/* What is no setting of the network: which images, how, and what is written where. */
static void train_own_rows(struct train_command *s)
{
    struct solver_options *o = &s->solver;
    const double much = 1e9;
    const struct option_row own[] = {
        COMMAND_IMAGES(s->data),
        command_row(COMMAND_SEED, &s->seed, NULL),
        command_row(COMMAND_THREADS, &s->threads,
                    "the result does not depend on it; else as many as the affinity mask and the "
                    "container's CPU quota allow"),
        command_row(COMMAND_PIN, &s->pin, NULL),
        command_row(COMMAND_TRAIN_SAMPLES, &s->data.train_samples, NULL),
        { "--val-samples", OPTION_INTEGER, "N", &s->data.val_samples, 0, much, NULL,
          "the last N training images validate: 1000 unless said, of 1000 or fewer a tenth; 0 "
          "trains on all" },
        command_row(COMMAND_VAL_SHUFFLE, &s->data.val_shuffle, NULL),
        { "--print-every", OPTION_INTEGER, "N", &o->print_every, 1, much, NULL,
          "iterations between loss lines" },
        { "--check-end", OPTION_FLAG, NULL, &o->check_end, 0, 0, NULL,
          "accuracies at the end alone: training does not stop for them" },
        { "--history", OPTION_TEXT, "FILE.csv", &o->history, 0, 0, NULL,
          "loss and accuracies of every iteration" },
        { "--report", OPTION_TEXT, "FILE.html", &o->report, 0, 0, NULL,
          "a page with curves, filters, mistakes, the network: after each epoch" },
        { "--plot", OPTION_TEXT, "FILE.svg", &o->plot, 0, 0, NULL,
          "the course's two plots: loss, and accuracies over epochs" },
        command_row(COMMAND_PARAMS, &s->params, "where the best parameters are saved"),
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
        { "--from", OPTION_TEXT, "FILE", &s->begin, 0, 0, NULL,
          "begins with the tensors of any safetensors file that have a parameter's name and shape; "
          "the others are new, and it says which" },
        { "--from-only", OPTION_LIST, "PATTERN[,PATTERN...]", &s->only, 0, 0, NULL,
          "of --from those that a pattern fits (conv*, head, *.bias: tensors or layers) and no "
          "!PATTERN does" },
        { "--result", OPTION_TEXT, "FILE.json", &s->result.path, 0, 0, NULL,
          "what comes out, as one line of JSON; saves parameters and, after each epoch, its state "
          "beside it. Called again it goes on where it was killed, or is done and says so" },
        { "--tag", OPTION_LIST, "NAME=VALUE[,NAME=VALUE...]", &s->result.tags, 0, 0, NULL,
          "what that line is to say, too" },
        { "--dry-run", OPTION_FLAG, NULL, &s->result.dry_run, 0, 0, NULL,
          "looks at the options, and ends before the data is opened" },
        { "--quiet", OPTION_FLAG, NULL, &o->quiet, 0, 0, NULL, "print the result only" },
#if LATHE_MPI
        { "--data-per-rank", OPTION_FLAG, NULL, &s->data_per_rank, 0, 0, NULL,
          "every process opens the data and reads its own images; else the first reads and sends "
          "them" },
        { "--traffic", OPTION_FLAG, NULL, &s->traffic, 0, 0, NULL,
          "says at the end what the processes sent each other in a step" },
#endif
    };
    _Static_assert(COMMAND_COUNT(own) < TRAIN_ROWS, "room for every option");
    for (int k = 0; k < COMMAND_COUNT(own); k++)
        s->rows[s->nrows++] = own[k];
}

static void train_rows(struct train_command *s)
{
    struct train *t = &s->solver.train;
    s->rows[s->nrows++] = command_row(COMMAND_DATA, &s->data.dir, NULL);
    s->nrows += settings_options(t, s->rows + s->nrows);
    train_own_rows(s);
    optimizer_options_rows(&s->optimizer, t, s->rows + s->nrows);
    s->nrows += OPTIMIZER_ROWS;
}

static bool train_parse(const struct program *p, struct train_command *s, int argc, char **argv,
                        int *status)
{
    return command_options(p, "train",
                           "Trains the network and saves the parameters that were best on "
                           "the validation images. Ctrl-C finishes the iteration, saves all of "
                           "the run's state and says how to go on.", s->rows, s->nrows, argc,
                           argv, status);
}

/* A data directory is a place, the synthetic set is what it is. */
static char *train_text(struct train_command *s)
{
    const char *dir = s->data.dir;
    if (dir && strcmp(dir, "synthetic") != 0)
        s->data.dir = NULL;
    char *text = option_text_write(s->rows, s->nrows, train_unsaid);
    s->data.dir = dir;
    return text;
}

/* The checkpoint's options, then those that are given: false where one contradicts another. */
static bool train_options_from(const struct program *p, struct train_command *s,
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
        s->solver.train.iterations = 0;
    bool good = theirs && train_parse(p, s, argc, argv, status);
    s->resume = from;
    char *ours = good ? train_text(s) : NULL;
    if (!theirs || (good && !ours)) {
        *status = command_fault(p, "%s: not enough memory", from);
        good = false;
    } else if (good && !option_text_agree(s->rows, s->nrows, theirs, ours, s->result.goes_on
                                          ? train_result_free : train_free, &c)) {
        *status = command_usage(p, "train: %s is %s in the run of %s, and %s here; it cannot be "
                                "changed on the way", c.name, c.theirs, from, c.ours);
        good = false;
    }
    free(theirs);
    free(ours);
    return good;
}

static bool train_options(const struct program *p, struct train_command *s, int argc,
                          char **argv, int *status)
{
    train_rows(s);
    const bool help = options_ask_help(argc, argv);
    const char *from = help ? NULL : options_peek("--resume", argc, argv);
    const char *left = help ? NULL : train_result_names(&s->result, argc, argv, s->default_params,
                                                        s->default_checkpoint);
    s->result.goes_on = left && !from;
    from = from ? from : left;
    return from ? train_options_from(p, s, from, argc, argv, status)
                : train_parse(p, s, argc, argv, status);
}

/* What a run writes: what matters most first. */
enum { TRAIN_CHECKPOINT = 1, TRAIN_OUTPUTS = 6 };
static void train_outputs(const struct train_command *s, struct output out[TRAIN_OUTPUTS])
{
    const struct solver_options *o = &s->solver;
    const struct output outputs[TRAIN_OUTPUTS] = {
        { o->params, OUTPUT_PARAMS, "--params", false },
        { o->checkpoint, OUTPUT_CHECKPOINT, "--checkpoint", o->from != NULL },
        { o->history, OUTPUT_HISTORY, "--history", false },
        { o->report, OUTPUT_PAGE, "--report", false },
        { o->plot, OUTPUT_PLOT, "--plot", false },
        { s->result.path, OUTPUT_RESULT, "--result", false },
    };
    memcpy(out, outputs, sizeof outputs);
}

/* Said before anything is read: wrong usage. */
static bool train_no_file_twice(const struct program *p, const struct train_command *s,
                                int *status)
{
    struct output out[TRAIN_OUTPUTS];
    train_outputs(s, out);
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
static bool train_claim(const struct program *p, struct train_command *s)
{
    struct output out[TRAIN_OUTPUTS];
    struct solver_options *o = &s->solver;
    char err[ERR_SIZE];
    train_outputs(s, out);
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
static bool train_settle_checkpoint(const struct program *p, struct train_command *s, int *status)
{
    struct solver_options *o = &s->solver;
    const bool file = strncmp(s->params, "/dev/", 5) != 0;
    train_checkpoint_name(file ? s->params : s->default_params, s->default_checkpoint);
    bool asked = s->checkpoint || s->checkpoint_every != OPTION_UNSET || s->resume
                 || s->result.path;
    o->checkpoint = s->checkpoint ? s->checkpoint : s->resume ? s->resume
                    : asked || !s->no_save ? s->default_checkpoint : NULL;
    o->checkpoint_every = s->checkpoint_every != OPTION_UNSET ? s->checkpoint_every
                          : s->checkpoint || s->result.path ? CHECKPOINT_EPOCH : 0;
    return train_no_file_twice(p, s, status);
}

static bool train_settle_from(const struct program *p, const struct train_command *s, char *err)
{
    if (s->only.count && !s->begin)
        return error_set(err, "--from-only selects tensors of --from FILE, which is not there");
    if (s->begin && s->resume && !s->result.goes_on)
        return error_set(err, "--from begins a run, --resume goes on with one, which has what was "
                         "taken: leave --from out");
    return pretrained_patterns(&s->only, p->model, err);
}

/* What the table cannot check. */
static bool train_settle(const struct program *p, struct train_command *s, int *status)
{
    struct solver_options *o = &s->solver;
    struct train *t = &o->train;
    if (t->batch > p->model->batch) {
        *status = command_usage(p, "train: --batch %d: this program was built for at most "
                                "%d images; build it with `lathe build --batch %d`",
                                t->batch, p->model->batch, t->batch);
        return false;
    }
    if (!command_batch(p, "train", t->batch, status))
        return false;
    if (s->data.val_shuffle && s->data.val_samples == 0) {
        *status = command_usage(p, "train: --val-shuffle draws nothing where --val-samples is 0");
        return false;
    }
    o->seed = (uint64_t)s->seed;
    char err[ERR_SIZE];
    if (!train_settle_from(p, s, err)) {
        *status = command_usage(p, "train: %s", err);
        return false;
    }
    if (!command_class_weights(p, "train", t, status))
        return false;
    if (!optimizer_options_settle(&s->optimizer, t, err)) {
        *status = command_usage(p, "train: %s", err);
        return false;
    }
    /* What was not given, as it is now: so that a checkpoint says it all. */
    optimizer_options_resolve(&s->optimizer, t);
    settings_resolve(t, &p->model->train);
    s->data.crop = t->augment.crop == CROP_RANDOM;
    o->params = s->no_save ? NULL : s->params;
    o->from = s->resume ? &s->from : NULL;
    return train_settle_checkpoint(p, s, status);
}

/* Drawn, whitened, taken: what comes later has the last word. */
static bool train_first_parameters(struct train_command *s, struct engine *e,
                                   const struct dataset *data, const struct preprocess *p,
                                   char *err)
{
    params_init(e, s->solver.seed, s->solver.train.init_std);
    if (!whiten(e, &data->fit, p, err))
        return false;
    if (!s->begin)
        return true;
    if (!s->solver.quiet)
        pretrained_say(&s->pretrained, e->model, stdout);
    bool good = pretrained_set(&s->pretrained, e, err);
    pretrained_close(&s->pretrained);
    return good;
}

/* A loss that is not finite is a result, too, unless a signal came first: then the next iteration
** was to tell. What the run needed to go on goes. */
static bool train_finish(const struct program *p, struct train_command *s, bool good,
                         const struct solver_report *r)
{
    char err[ERR_SIZE];
    if (!s->result.path || r->interrupted || !(good || r->diverged))
        return good;
    if (!train_result_write(&s->result, p->model, s->text, r, err)) {
        command_fault(p, "%s", err);
        return false;
    }
    if (s->solver.checkpoint == s->default_checkpoint && unlink(s->default_checkpoint)
        && errno != ENOENT)
        visible_print(stderr, "warning: %s: cannot be removed: %s\n", s->default_checkpoint,
                      strerror(errno));
    return true;
}

static void train_say_traffic(const struct model *m)
{
    const struct ranks_traffic t = ranks_traffic(m);
    const double steps = t.steps ? (double)t.steps*1e6 : 1e6;
    printf("a step of %d processes: %.3f MB between them, of which images %.3f; an all-reduce of "
           "all gradients has %.3f at least\n", ranks_count(), t.moved/steps, t.images/steps,
           t.least/steps);
}

static int train_run(const struct program *p, struct train_command *s,
                     const struct dataset *data, struct preprocess *preprocess)
{
    struct engine engine;
    struct solver_report report = { .complete = false };
    char err[ERR_SIZE];
    if (!engine_open(&engine, p->model, (int)s->threads, err)
        || !command_pin(&engine, s->pin, err))
        return command_fault(p, "%s", err);
    if (ranks_number() > 0) {
        const bool followed = follow_train(&engine, data, preprocess, &s->solver, err);
        engine_close(&engine);
        return followed ? STATUS_DONE : command_fault(p, "%s", err);
    }
    if (!s->solver.quiet) {
        visible_print(stdout, "%s: %zu parameters, %s, ", p->model->name,
                      params_learned_total(p->model), p->model->isa);
        command_say_threads(&engine);
        visible_print(stdout, "\ndata: %s\n", data->source);
    }
    if (!s->solver.quiet && !s->resume)
        notice_images(data, &s->solver);
    bool good = ranks_lead(&engine, s->data_per_rank ? parts_hash_data(data, p->model) : 0, err)
                && (s->resume || train_first_parameters(s, &engine, data, preprocess, err));
    good = good && observed_train(&engine, data, preprocess, &s->solver, &report, err);
    if (s->traffic && good)
        train_say_traffic(p->model);
    engine_close(&engine);
    if (report.interrupted && good)
        return train_say_interrupted(p, s, &report);
    if (good || report.complete)
        train_say_result(p->model, &s->solver, &report);
    if (!good)
        command_fault(p, "%s", err);
    return train_finish(p, s, good, &report) ? STATUS_DONE : STATUS_FAULT;
}

/* As the images were that the parameters know, where a file says how: those of a run that goes on
** are the same as before. */
static bool train_prepare(const struct program *p, struct train_command *s,
                          const struct dataset *data, struct preprocess *preprocess, char *err)
{
    const enum preprocess_kind kind = s->solver.train.preprocess;
    if (s->resume)
        return param_file_preprocess(s->resume, &s->from.file, p->model, preprocess, err);
    return (s->begin && pretrained_prepares(&s->pretrained, p->model, kind, data, preprocess))
           || preprocess_fit(preprocess, kind, &data->fit, err);
}

/* True: nothing is to be done, or nothing can be, and *status says which. */
static bool train_is_done(const struct program *p, const struct train_command *s, int *status)
{
    char err[ERR_SIZE];
    enum train_result_state state = train_result_look(&s->result, p->model, s->rows, s->nrows,
                                                      s->text, err);
    *status = STATUS_DONE;
    if (state == TRAIN_RESULT_OTHER)
        *status = command_fault(p, "%s", err);
    else if (state == TRAIN_RESULT_DONE)
        visible_print(stdout, "%s: is there: the run is done\n", s->result.path);
    return state != TRAIN_RESULT_NONE;
}

static int train_with_data(const struct program *p, struct train_command *s)
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
    free(s->text);
    s->solver.settings = s->text = train_text(s);
    if (!s->text) {
        status = command_fault(p, "not enough memory");
    } else if (ranks_number() == 0 && !train_claim(p, s)) {
        status = STATUS_FAULT;
    } else if (train_is_done(p, s, &status)) {     /* by another process, meanwhile */
    } else if (train_prepare(p, s, &data, &preprocess, err)) {
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
    struct train_command s;
    int status;
    train_defaults_of(&s, p->model);
    if (train_options(p, &s, argc, argv, &status) && train_settle(p, &s, &status)) {
        char err[ERR_SIZE];
        train_say_repeat(p, &s, argc, argv);
        s.text = train_text(&s);
        if (s.result.goes_on)
            s.begin = NULL;             /* the checkpoint has it */
        if (!s.text)
            status = command_fault(p, "not enough memory");
        else if (s.result.dry_run)
            status = STATUS_DONE;
        else if (s.result.path && ranks_count() > 1)
            status = command_fault(p, "--result is of one process, not of %d", ranks_count());
        else if (train_is_done(p, &s, &status))
            ;
        else if (ranks_number() > 0 && !s.data_per_rank)
            status = train_run(p, &s, NULL, NULL);
        else if (s.begin && !pretrained_open(&s.pretrained, s.begin, &s.only, p->model, err))
            status = command_fault(p, "%s", err);
        else
            status = train_with_data(p, &s);
    }
    pretrained_close(&s.pretrained);
    checkpoint_close(&s.from);
    free(s.words);
    free(s.text);
    return status;
}
