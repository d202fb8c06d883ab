/*
** cmd_eval.c - `eval`: accuracy and loss of saved parameters. It must treat an image
** exactly as training did: the preprocessing comes from the parameter file.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"
#include "command/command.h"
#include "command/eval_figures.h"
#include "core/objective.h"
#include "data/feed.h"
#include "data/param_file.h"
#include "data/values.h"

struct eval_settings {
    struct command_data data;
    const char *params, *range;
    int split;                            /* of eval_splits */
    struct values_scale scale;            /* where a range is given */
    long threads;
    bool pin;
    double share;                         /* of the images that get more views; < 0: not said */
    bool per_class, tta;
    struct eval_figures figures;
};

enum { EVAL_VAL, EVAL_TEST };
static const char *const eval_splits[] = { "val", "test", "train", NULL };

static bool eval_options(const struct program *p, struct eval_settings *s, int argc,
                         char **argv, int *status)
{
    const double much = 1e9;
    const struct option_row rows[] = {
        command_row(COMMAND_PARAMS, &s->params, "the parameters, as `train` saved them; required"),
        command_row(COMMAND_DATA, &s->data.dir, NULL),
        COMMAND_IMAGES(s->data),
        { "--split", OPTION_CHOICE, "NAME", &s->split, 0, 0, eval_splits,
          "val, test or train" },
        { "--test-samples", OPTION_INTEGER, "N", &s->data.test_samples, 1, much, NULL,
          "the first N test images; else 1000, of .npy arrays all" },
        { "--val-samples", OPTION_INTEGER, "N", &s->data.val_samples, 0, much, NULL,
          "the last N training images are the validation set: 1000 unless said, of 1000 or fewer "
          "a tenth; those that training drew (--val-shuffle) are found again" },
        { "--per-class", OPTION_FLAG, NULL, &s->per_class, 0, 0, NULL,
          "accuracy, precision, recall and F1 of each class as well, and their means" },
        { "--mae", OPTION_FLAG, NULL, &s->figures.mae, 0, 0, NULL,
          "of a network with targets: the mean absolute error, too" },
        { "--auc", OPTION_FLAG, NULL, &s->figures.auc, 0, 0, NULL,
          "the area under the ROC, too: of two classes, of each score of bce, or of labels 0 and "
          "1 against an autoencoder's loss" },
        { "--tta", OPTION_FLAG, NULL, &s->tta, 0, 0, NULL,
          "averages the scores of six views: shifted and mirrored" },
        { "--tta-share", OPTION_REAL, "X", &s->share, 0, 1, NULL,
          "so for that share of the images whose likeliest class is the least likely; the others "
          "are seen once" },
        { "--range", OPTION_TEXT, "LO,HI", &s->range, 0, 0, NULL,
          "what bytes 0 and 255 are to the network, or such a pair for each channel; else as the "
          "images trained on tell; arrays of reals are then taken as they are" },
        command_row(COMMAND_THREADS, &s->threads, NULL),
        command_row(COMMAND_PIN, &s->pin, NULL),
    };
    return command_options(p, "eval", "Accuracy and mean loss (without the L2 term, classes "
                           "weighted alike) of saved parameters.", rows, COMMAND_COUNT(rows), argc,
                           argv, status);
}

/* Bytes become reals in the network's range. */
static bool eval_scale(struct dataset *data, struct images *set, const struct values_scale *scale,
                       char *err)
{
    const size_t map = (size_t)set->h*(size_t)set->w, size = (size_t)set->c*map;
    real *values = dataset_alloc(data, set->count*size, sizeof *values, err);
    for (size_t k = 0; values && k < set->count; k++) {
        for (size_t i = 0; i < size; i++)
            values[k*size + i] = set->bytes[k*size + i];
        values_scale_apply(scale, values + k*size, (size_t)set->c, map);
    }
    set->values = values;
    set->bytes = NULL;
    const size_t length = strlen(data->source);
    if (scale->pairs == 1)
        snprintf(data->source + length, sizeof data->source - length, ", 0 to 255 as %g to %g",
                 scale->zero[0], scale->full[0]);
    return values;
}

/* The images as the network was trained on. */
static bool eval_range(const struct eval_settings *s, struct dataset *data, struct images *set,
                       const struct values *trained, char *err)
{
    char what[sizeof data->source + 16];
    struct values_scale scale;
    snprintf(what, sizeof what, "%s: %s images", data->source, eval_splits[s->split]);
    return values_treat(&scale, set, s->range ? &s->scale : NULL, trained, what, s->params, err)
           && (values_scale_plain(&scale) || eval_scale(data, set, &scale, err));
}

/* What an evaluation works in. */
struct eval_room {
    struct feed_class *by_class;
    real *sum;
    struct feed_seen *seen;
    uint32_t *chosen;
};

/* doubtful: images among which the doubtful ones are found; 0: none are looked for. */
static bool eval_open(struct eval_room *r, const struct model *m, size_t doubtful)
{
    const size_t classes = (size_t)m->classes;
    *r = (struct eval_room){ calloc(classes, sizeof *r->by_class),
                             calloc((size_t)m->batch*classes, sizeof *r->sum),
                             calloc(doubtful + 1, sizeof *r->seen),
                             calloc(doubtful + 1, sizeof *r->chosen) };
    return r->by_class && r->sum && r->seen && r->chosen;
}

static void eval_close(struct eval_room *r)
{
    free(r->by_class);
    free(r->sum);
    free(r->seen);
    free(r->chosen);
}

/* The line of an evaluation; false: err says which figure it cannot have. */
static bool eval_say(const struct program *p, struct eval_settings *s, const struct dataset *data,
                     const struct feed_result *r, double share, char *err)
{
    const bool some = share > 0 && share < 1;
    visible_print(stdout, "data: %s\n%s: %zu images", data->source, eval_splits[s->split],
                  r->count);
    if (some)
        printf(", %g %% in 6 views", 100*share);
    printf("%s", share > 0 && !some ? " in 6 views" : "");
    if (has_labels(p->model))
        printf(", accuracy %f", feed_accuracy(r));
    printf(", loss %f", r->loss);
    bool good = !r->finite || eval_figures_print(&s->figures, err);
    puts("");
    return good;
}

static int eval_run(const struct program *p, struct eval_settings *s, struct dataset *data,
                    struct engine *e, const struct param_file_info *info)
{
    const struct preprocess *preprocess = &info->preprocess;
    struct images *set = s->split == EVAL_VAL ? &data->val
                         : s->split == EVAL_TEST ? &data->test : &data->train;
    if (set->count == 0)
        return command_fault(p, "eval: the data has no %s images (%s)",
                             eval_splits[s->split],
                             data->source);
    char err[ERR_SIZE];
    if (!preprocess_fits(preprocess, set, err))
        return command_fault(p, "%s: %s", s->params, err);
    if (!eval_range(s, data, set, &info->values, err))
        return command_fault(p, "%s", err);
    if (set->bytes)
        command_note_range(info, s->params, s->range);
    const double share = s->share < 0 ? s->tta : s->share;
    const bool some = share > 0 && share < 1;
    if (!eval_figures_open(&s->figures, p->model, set, err))
        return command_fault(p, "eval: %s", err);
    struct eval_room room;
    if (!eval_open(&room, p->model, some ? set->count : 0)) {
        eval_close(&room);
        return command_fault(p, "not enough memory");
    }
    struct feed_result r
        = some ? feed_doubtful(e, set, preprocess, room.by_class, room.sum, share, room.seen,
                               room.chosen)
               : feed_classify(e, set, preprocess, NULL, set->count,
                               has_labels(p->model) ? room.by_class : NULL,
                               share > 0 ? room.sum : NULL, &s->figures.watch);
    const bool good = eval_say(p, s, data, &r, share, err);
    if (s->per_class)
        eval_figures_classes(data, room.by_class, p->model->classes);
    eval_close(&room);
    if (!r.finite)
        return command_fault(p, "eval: some scores are not finite numbers");
    return good ? STATUS_DONE : command_fault(p, "eval: %s", err);
}

/* The parameters say how images are to be treated, so they come first. */
static int eval_with_engine(const struct program *p, struct eval_settings *s, struct engine *e)
{
    struct dataset data;
    struct param_file_info info;
    char err[ERR_SIZE];
    if (!param_file_load(s->params, e, &info, err))
        return command_fault(p, "%s", err);
    int status = STATUS_FAULT;
    command_pairing(&info);
    s->data.crop = info.crop;
    s->data.drawn = info.drawn;
    s->data.drawn_of = info.drawn_of;
    s->data.labels = s->figures.auc;
    if (command_open_data(p, &s->data, &data)) {
        status = eval_run(p, s, &data, e, &info);
        dataset_close(&data);
    }
    param_file_info_free(&info);
    return status;
}

/* What is asked for is there to be had. */
static bool eval_applies(const struct eval_settings *s, const struct model *m, char *err)
{
    const char *of_labels = s->per_class ? "--per-class" : s->tta ? "--tta"
                            : s->share >= 0 ? "--tta-share" : NULL;
    if (of_labels && !has_labels(m))
        return error_set(err, "%s is of a network with classes; %s's loss is %s, over targets",
                         of_labels, m->name, objective_words[m->objective]);
    if (s->figures.auc && s->share > 0 && s->share < 1)
        return error_set(err, "--auc takes every image's scores alike: without --tta-share");
    return eval_figures_apply(&s->figures, m, err);
}

int command_eval(const struct program *p, int argc, char **argv)
{
    struct eval_settings s = { .data = COMMAND_DATA_DEFAULTS, .split = EVAL_VAL, .share = -1,
                               .threads = processors_available() };
    struct engine engine;
    char err[ERR_SIZE];
    int status;
    if (!eval_options(p, &s, argc, argv, &status))
        return status;
    if (!s.params)
        return command_usage(p, "eval: --params FILE is required: the parameters that `train` "
                             "saved, %s.safetensors unless told otherwise", p->model->name);
    if (!eval_applies(&s, p->model, err))
        return command_usage(p, "eval: %s", err);
    if (s.range && !values_scale_parse(&s.scale, s.range, p->model->in_c, err))
        return command_usage(p, "eval: %s", err);
    if (!engine_open_inference(&engine, p->model, (int)s.threads, err)
        || !command_pin(&engine, s.pin, err))
        return command_fault(p, "%s", err);
    status = eval_with_engine(p, &s, &engine);
    eval_figures_close(&s.figures);
    engine_close(&engine);
    return status;
}
