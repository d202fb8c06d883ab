/*
** command.c - what the commands share. It must never exit.
*/
#include "command/command.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/stream.h"
#include "base/visible.h"
#include "core/objective.h"
#include "settings/class_weights.h"

static void command_complain(const struct program *p, const char *format, va_list arguments)
{
    stream_flush();   /* what was printed before comes before */
    visible_print(stderr, "%s: ", p->name);
    visible_vprint(stderr, format, arguments);
    fputc('\n', stderr);
}

void command_pairing(const struct param_file_info *info)
{
    if (info->pairing)
        fputs(info->pairing, stderr);
}

int command_fault(const struct program *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    command_complain(p, format, arguments);
    va_end(arguments);
    return STATUS_FAULT;
}

int command_usage(const struct program *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    command_complain(p, format, arguments);
    va_end(arguments);
    return STATUS_USAGE;
}

struct option_row command_row(enum command_option option, void *value, const char *meaning)
{
    static const struct option_row rows[] = {
        [COMMAND_DATA] = { "--data", OPTION_TEXT, "DIR", NULL, 0, 0, NULL,
          "files as of CIFAR-10, CIFAR-100, MNIST or EMNIST, arrays (.npy, or a .npz itself), "
          "folders of images (train/CLASS/*.png), or `synthetic`; else $LATHE_DATA, "
          "data/cifar-10-batches-bin, synthetic" },
        [COMMAND_RESIZE] = { "--resize", OPTION_FLAG, NULL, NULL, 0, 1, NULL,
          "scales images of another size to the network's, whatever their shape (bilinear)" },
        [COMMAND_MIDDLE] = { "--middle", OPTION_FLAG, NULL, NULL, 0, 1, NULL,
          "takes the middle of larger images; with --resize as much of it as has the network's "
          "shape, scaled" },
        [COMMAND_NO_CACHE] = { "--no-cache", OPTION_FLAG, NULL, NULL, 0, 0, NULL,
          "decodes the images of folders anew, and does not keep them in DIR/.lathe-images-*" },
        [COMMAND_COARSE] = { "--coarse", OPTION_FLAG, NULL, NULL, 0, 1, NULL,
          "of CIFAR-100's two labels the coarse ones count, of 20 classes" },
        [COMMAND_PARAMS] = { "--params", OPTION_TEXT, "FILE", NULL, 0, 0, NULL,
          "the parameters, as `train` saved them" },
        [COMMAND_TRAIN_SAMPLES] = { "--train-samples", OPTION_INTEGER, "N", NULL, 1, 1e9, NULL,
          "only the first N training images" },
        [COMMAND_VAL_SHUFFLE] = { "--val-shuffle", OPTION_FLAG, NULL, NULL, 0, 1, NULL,
          "they are drawn from all training images, the same ones whatever the seed" },
        [COMMAND_SEED] = { "--seed", OPTION_INTEGER, "N", NULL, 0, 9e15, NULL,
          "of all random numbers" },
        [COMMAND_THREADS] = { "--threads", OPTION_INTEGER, "N", NULL, 1, THREADS_MOST, NULL,
          "the result does not depend on it" },
        [COMMAND_PIN] = { "--pin", OPTION_FLAG, NULL, NULL, 0, 0, NULL,
          "binds each thread to one processor of those that the program may use, one of each core "
          "first, and keeps its share of the work and of the memory there (Linux)" },
    };
    struct option_row row = rows[option];
    row.value = value;
    if (meaning)
        row.meaning = meaning;
    return row;
}

bool command_parse(const struct program *p, struct options *o, int argc, char **argv,
                   int *status)
{
    /* main reads these two before any command runs; they are here to be allowed. */
    const char *network = p->model->name, *isa = p->model->isa;
    const struct option_row shared[] = {
        { "--network", OPTION_TEXT, "NAME", &network, 0, 0, NULL,
          "which of the program's networks" },
        { "--isa", OPTION_TEXT, "NAME", &isa, 0, 0, NULL,
          "instruction set; else the widest that this processor has" },
    };
    o->program = p->name;
    o->shared = shared;
    o->nshared = COMMAND_COUNT(shared);
    enum options_result result = options_parse(o, argc, argv);
    o->shared = NULL;      /* they end here */
    o->nshared = 0;
    *status = result == OPTIONS_WRONG ? STATUS_USAGE : STATUS_DONE;
    return result == OPTIONS_OK;
}

bool command_pin(struct engine *e, bool pin, char *err)
{
    if (!pin || engine_pin(e, err))
        return true;
    engine_close(e);
    return false;
}

void command_say_threads(const struct engine *e)
{
    const int threads = workers_count(e->workers);
    char names[PROCESSORS_TEXT];
    int count;
    const int *bound = workers_bound(e->workers, &count);
    printf("%d thread%s", threads, threads == 1 ? "" : "s");
    if (!bound)
        return;
    processors_name(bound, count, names);
    printf(" bound to processor%s %s", count == 1 ? "" : "s", names);
}

bool command_options(const struct program *p, const char *command, const char *summary,
                     const struct option_row *rows, int count, int argc, char **argv,
                     int *status)
{
    struct options o = { .command = command, .summary = summary, .row = rows, .count = count };
    return command_parse(p, &o, argc, argv, status);
}

bool command_batch(const struct program *p, const char *command, long batch, int *status)
{
    char err[ERR_SIZE];
    const char *advice = p->model->batch > 1 ? "take --batch 2 or more"
                         : "build the program with `lathe build --batch 2` or more";
    if (engine_batch_suffices(p->model, (size_t)batch, advice, err))
        return true;
    *status = command_usage(p, "%s: in a batch of %ld, %s", command, batch, err);
    return false;
}

bool command_class_weights(const struct program *p, const char *command, const struct train *t,
                           int *status)
{
    const struct model *m = p->model;
    char err[ERR_SIZE];
    if (!t->class_weights || class_weights_read(t->class_weights, m->objective, m->target, m->out_c,
                                                NULL, err))
        return true;
    *status = command_usage(p, "%s: --class-weights: %s", command, err);
    return false;
}

bool command_open_data(const struct program *p, const struct command_data *d,
                       struct dataset *data)
{
    const struct model *m = p->model;
    char err[ERR_SIZE];
    struct data_options o = {
        .dir = d->dir, .c = m->in_c, .h = m->in_h, .w = m->in_w,
        .classes = has_labels(m) ? m->classes : 0, .target = m->target, .out_c = m->out_c,
        .out_h = m->out_h, .out_w = m->out_w, .labels = d->labels,
        .shares = m->objective == OBJECTIVE_BCE,
        .crop = d->crop, .train_samples = d->train_samples, .val_samples = d->val_samples,
        .val_shuffle = d->val_shuffle, .drawn = d->drawn, .drawn_of = d->drawn_of,
        .test_samples = d->test_samples, .seed = 1, .resize = d->resize, .middle = d->middle,
        .no_cache = d->no_cache, .coarse = d->coarse
    };
    if (!dataset_open(data, &o, err)) {
        command_fault(p, "%s", err);
        return false;
    }
    if (*data->note) {
        stream_flush();
        visible_print(stderr, "warning: %s\n", data->note);
    }
    if ((d->resize || d->middle) && !data->folder)
        command_fault(p, "%s is for images in files of their own (train/CLASS/*.png); %s are taken "
                      "as they are", d->resize ? "--resize" : "--middle", data->source);
    else if (d->coarse && !data->coarse)
        command_fault(p, "--coarse is for the two labels of CIFAR-100's records; the images of %s "
                      "have one", data->source);
    else if (d->val_shuffle && !data->val_drawn)
        command_fault(p, "--val-shuffle draws from the training images; %s has validation images "
                      "of its own", data->source);
    else
        return true;
    dataset_close(data);
    return false;
}

void command_note_range(const struct param_file_info *info, const char *params, const char *range)
{
    if (!info->prepared && !range) {
        stream_flush();
        visible_print(stderr, "warning: %s does not say what 0 and 255 are to it: they are taken "
                      "as 0 and 255; --range says it (0,1 for torchvision's ToTensor)\n", params);
    }
}
