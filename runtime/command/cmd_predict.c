/*
** cmd_predict.c - `predict`: the classes of images from files, or their scores. It must treat an
** image exactly as training did, and never let a bad one keep the others from being predicted.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dmath.h"
#include "base/error.h"
#include "base/visible.h"
#include "command/command.h"
#include "command/score_file.h"
#include "core/objective.h"
#include "data/arrays.h"
#include "data/feed.h"
#include "data/param_file.h"
#include "data/values.h"
#include "file/fit.h"
#include "file/json.h"

/* An image that waits in the engine's input. */
struct predict_image { const char *file; size_t index; bool alone; int label; };

struct predict {
    const struct program *program;
    const char *params, *range;
    long top, threads;
    bool pin;
    bool json, coarse;
    bool ranged, noted;                /* what a picture's samples are is known; was said */
    struct fit fit;
    struct engine engine;
    struct param_file_info info;
    struct values_scale scale;         /* samples to the values trained on */
    struct predict_image *waiting;     /* [capacity] */
    int count;                         /* of them */
    double *left;                      /* [classes]: scores not yet printed */
    real *row;                         /* [classes]: an image's, in canonical order */
    struct score_file scores;          /* --scores */
    size_t printed, failed, labelled, right;
};

/* Begins an image's object. */
static void predict_object(struct predict *r, const char *file, size_t index)
{
    printf("%s\n  {\"image\": ", r->printed++ ? "," : "");
    json_put(stdout, file, strlen(file));
    printf(", \"index\": %zu, ", index);
}

/* The name of a class, in the file's list; without one `class K`, in `room`. */
static const char *predict_name(const struct predict *r, int class, char room[32], int *length)
{
    const char *name = r->info.classes ? r->info.classes : "";
    for (int k = 0; k < class && *name; k++) {
        name += strcspn(name, "\n");
        name += *name == '\n';
    }
    *length = (int)strcspn(name, "\n");
    if (*length == 0)
        *length = snprintf(room, 32, "class %d", class);
    return *name && *name != '\n' ? name : room;
}

static void predict_class(const struct predict *r, int class, double value)
{
    char room[32];
    int length;
    const char *name = predict_name(r, class, room, &length);
    if (r->json) {
        printf("{\"class\": %d, \"name\": ", class);
        json_put(stdout, name, (size_t)length);
        printf(", \"%s\": %.9g}", r->program->model->objective == OBJECTIVE_SOFTMAX
                                  ? "probability" : "score", value);
    } else {
        visible_print(stdout, "%.*s %.4f", length, name, value);
    }
}

/* Prints the highest, the first of equals before others; returns the very first. */
static int predict_top(struct predict *r, const real *scores /* [classes] */)
{
    const struct model *m = r->program->model;
    double most = scores[0], sum = 0;
    int first = 0;
    for (int j = 0; j < m->classes; j++) {
        most = fmax(most, (double)scores[j]);
        r->left[j] = scores[j];
    }
    for (int j = 0; j < m->classes; j++)
        sum += math_exp(scores[j] - most);
    for (long t = 0; t < r->top; t++) {
        int best = 0;
        for (int j = 1; j < m->classes; j++)
            if (r->left[j] > r->left[best])
                best = j;
        printf("%s", t == 0 ? "" : r->json ? ", " : "  ");
        predict_class(r, best, m->objective == OBJECTIVE_SOFTMAX
                               ? math_exp(r->left[best] - most)/sum : r->left[best]);
        r->left[best] = -HUGE_VAL;
        first = t ? first : best;
    }
    return first;
}

/* The scores, of bce as probabilities; of an autoencoder how far they are from the image. */
static void predict_values(const struct predict *r, int k)
{
    const struct model *m = r->program->model;
    const char *between = "";
    if (m->target == TARGET_INPUT) {
        printf(r->json ? "\"loss\": %.9g" : "loss %.6g",
               (double)r->engine.arena[m->losses + (size_t)k]);
        return;
    }
    printf("%s", r->json ? "\"values\": [" : "");
    engine_canonical_scores(&r->engine, k, r->row);
    for (int j = 0; j < m->classes; j++) {
        const double score = (double)r->row[j];
        const double value = m->objective == OBJECTIVE_BCE ? 1/(1 + math_exp(-score)) : score;
        printf(r->json ? "%s%.9g" : "%s%.4g", between, value);
        between = r->json ? ", " : " ";
    }
    printf("%s", r->json ? "]" : "");
}

/* The k-th of those that wait. */
static void predict_print(struct predict *r, int k)
{
    const struct predict_image *image = &r->waiting[k];
    char room[32];
    int length;
    if (r->json) {
        predict_object(r, image->file, image->index);
    } else if (image->alone) {
        visible_print(stdout, "%s: ", image->file);
    } else {
        visible_print(stdout, "%s[%zu]: ", image->file, image->index);
    }
    if (!has_labels(r->program->model)) {
        predict_values(r, k);
        printf("%s", r->json ? "}" : "\n");
        return;
    }
    printf("%s", r->json ? "\"top\": [" : "");
    bool right = predict_top(r, engine_scores(&r->engine, k)) == image->label;
    printf("%s", r->json ? "]" : "");
    if (image->label >= 0) {
        const char *name = predict_name(r, image->label, room, &length);
        r->labelled++;
        r->right += right;
        if (r->json)
            printf(", \"label\": %d, \"right\": %s", image->label, right ? "true" : "false");
        else
            visible_print(stdout, "  (%.*s: %s)", length, name, right ? "right" : "wrong");
    }
    printf("%s", r->json ? "}" : "\n");
}

static void predict_fault(struct predict *r, const char *file, size_t index, const char *err)
{
    r->failed++;
    score_file_add(&r->scores, &r->engine, -1);
    command_fault(r->program, "%s", err);
    if (!r->json)
        return;
    predict_object(r, file, index);
    printf("\"error\": ");
    json_put(stdout, err, strlen(err));
    printf("}");
}

/* Those that wait, in their order. */
static void predict_run(struct predict *r)
{
    char err[ERR_SIZE];
    const struct model *m = r->program->model;
    if (r->count > 0)
        engine_infer(&r->engine, r->count);
    if (r->count > 0 && m->target == TARGET_INPUT)
        (void)engine_loss(&r->engine, NULL);
    for (int k = 0; k < r->count; k++) {
        const real *scores = engine_scores(&r->engine, k);
        const struct predict_image *image = &r->waiting[k];
        int finite = 0;
        while (finite < m->classes && isfinite(scores[finite]))
            finite++;
        if (finite == m->classes) {
            score_file_add(&r->scores, &r->engine, k);
            predict_print(r, k);
            continue;
        }
        error_set(err, "%s: image %zu: its scores are not finite numbers", image->file,
                  image->index);
        predict_fault(r, image->file, image->index, err);
    }
    r->count = 0;
}

/* What the network takes: its input or, where a mean image of larger ones is subtracted, those;
** where it was trained on windows, anything larger. */
static struct data_options predict_wanted(const struct predict *r)
{
    const struct model *m = r->program->model;
    const struct preprocess *pre = &r->info.preprocess;
    const bool fixed = pre->mean && pre->kind != PREPROCESS_CHANNEL_NORM;
    const bool windows = r->info.crop && !fixed;
    return (struct data_options){ .c = m->in_c, .h = fixed ? pre->h : m->in_h,
                                  .w = fixed ? pre->w : m->in_w, .crop = windows,
                                  .exact = !windows };
}

/* Whether the network can take it; made so with --resize and --middle, and its channels in any
** case. What was trained on bytes gets whole samples, as its own were. */
static bool predict_fit(const struct predict *r, const char *file, struct image *image, char *err)
{
    enum { CHANNELS = 4 };
    const struct data_options o = predict_wanted(r);
    if (o.c > CHANNELS)
        return error_set(err, "%s: offset %zu: an image of %d channel%s, and the network takes %d, "
                         "as none of a file has; arrays (.npy) may have them", file, image->at,
                         image->c, image->c == 1 ? "" : "s", o.c);
    if (!image_channels(image, o.c, err) || !image_fit(image, o.h, o.w, &r->fit, err))
        return false;
    if (strcmp(r->info.values.type, "u1") == 0)
        image_round(image);
    return !dataset_misfit(&o, (size_t)image->c, (size_t)image->h, (size_t)image->w)
           || error_set(err, "%s: offset %zu: an image of %dx%dx%d (channels, height, width), and "
                        "the network takes %dx%dx%d%s; --resize scales images to that", file,
                        image->at, image->c, image->h, image->w, o.c, o.h, o.w,
                        o.crop ? " or larger" : "");
}

static void predict_wait(struct predict *r, const char *file, const struct image *image,
                         const struct values_scale *scale)
{
    const struct model *m = r->program->model;
    struct images set = { .count = 1, .c = image->c, .h = image->h, .w = image->w,
                          .values = image->values };
    real *input = engine_input(&r->engine, r->count);
    values_scale_apply(scale, image->values, (size_t)image->c,
                       (size_t)image->h*(size_t)image->w);
    images_put(&set, 0, &r->info.preprocess, NULL, input, m->in_h, m->in_w, m->input_row);
    if (m->target == TARGET_INPUT)
        feed_own(m, input, r->engine.targets + (size_t)r->count*(size_t)m->classes);
    r->waiting[r->count++] = (struct predict_image){ file, image->index, image->alone,
                                                     image->label };
    if (r->count == m->batch)
        predict_run(r);
}

/* What bytes are to parameters that do not say it; said once. */
static void predict_note(struct predict *r)
{
    if (!r->noted)
        command_note_range(&r->info, r->params, r->range);
    r->noted = true;
}

/* What samples of pictures are to the network, unless it was said: as those trained on tell. */
static bool predict_range(struct predict *r, char *err)
{
    char text[64];
    predict_note(r);
    r->ranged = r->range || values_scale_of(&r->scale, &r->info.values);
    return r->ranged
           || error_set(err, "%s: trained on arrays of %s, which does not tell what 0 and the "
                        "greatest sample of a picture are; --range LO,HI says it (of values made "
                        "by (x/255 - mean)/deviation: -mean/deviation,(1 - mean)/deviation)",
                        r->params, values_say(&r->info.values, text, sizeof text));
}

/* The images of an array, one after the other. */
static void predict_array(struct predict *r, const char *file, const struct images *set,
                          const struct values_scale *scale)
{
    const size_t size = (size_t)set->c*(size_t)set->h*(size_t)set->w;
    char err[ERR_SIZE];
    struct image image = { .alone = set->count == 1, .label = -1, .c = set->c, .h = set->h,
                           .w = set->w, .values = calloc(size, sizeof(real)) };
    if (!image.values) {
        error_set(err, "%s: not enough memory", file);
        predict_fault(r, file, 0, err);
    }
    for (; image.values && image.index < set->count; image.index++) {
        for (size_t k = 0, from = image.index*size; k < size; k++)
            image.values[k] = set->bytes ? set->bytes[from + k] : set->values[from + k];
        predict_wait(r, file, &image, scale);
    }
    image_free(&image);
}

/* As arrays of training images are taken, and of the values trained on. */
static void predict_npy(struct predict *r, const struct image_file *f)
{
    const struct data_options o = predict_wanted(r);
    const struct values_scale *said = r->range ? &r->scale : NULL;
    char err[ERR_SIZE], what[ERR_SIZE];
    struct values_scale scale;
    struct npy x;
    struct images set;
    real *room = NULL;
    snprintf(what, sizeof what, "%s: images", f->name);
    bool good = npy_parse(&x, f->bytes, f->size, f->name, err)
                && arrays_images(&x, f->name, &o, err)
                && (x.count > 0 || error_set(err, "%s: holds no images", f->name));
    if (good && x.type != NPY_U1 && !(room = calloc(x.count, sizeof *room)))
        good = error_set(err, "%s: not enough memory", f->name);
    if (good) {
        set = arrays_set(&x, room);
        good = values_treat(&scale, &set, said, &r->info.values, what, r->params, err);
    }
    if (good && set.bytes)
        predict_note(r);
    if (good) {
        predict_array(r, f->name, &set, &scale);
    } else {
        predict_run(r);
        predict_fault(r, f->name, 0, err);
    }
    free(room);
    npy_close(&x);
}

/* Pictures and CIFAR's records. */
static void predict_images(struct predict *r, struct image_file *f)
{
    char err[ERR_SIZE];
    struct image image = { .label = -1 };
    enum image_result result;
    f->coarse = r->coarse;
    while ((result = image_next(f, &image, err)) != IMAGE_END) {
        bool good = result == IMAGE_GOOD && predict_fit(r, f->name, &image, err);
        if (good) {
            predict_wait(r, f->name, &image, &r->scale);
        } else {
            predict_run(r);
            predict_fault(r, f->name, image.index, err);
        }
        image_free(&image);
        if (!good && result == IMAGE_GOOD && image.label >= 0)
            break;      /* as all records will */
    }
}

static void predict_file(struct predict *r, const char *path)
{
    char err[ERR_SIZE];
    struct image_file f;
    const bool opened = image_open(&f, path, r->program->model->classes, err);
    if (opened && npy_begins(f.bytes, f.size)) {
        predict_npy(r, &f);
    } else if (opened && (r->ranged || predict_range(r, err))) {
        predict_images(r, &f);
    } else {
        predict_run(r);
        predict_fault(r, f.name, 0, err);
    }
    image_close(&f);
}

static int predict_all(struct predict *r, char **path, int count)
{
    char err[ERR_SIZE];
    const struct model *m = r->program->model;
    if (r->json) {
        printf("{\"network\": ");
        json_put(stdout, m->name, strlen(m->name));
        printf(", \"images\": [");
    } else if (m->objective == OBJECTIVE_SVM) {
        printf("scores, not probabilities: the network's loss is svm\n");
    }
    for (int k = 0; k < count; k++)
        predict_file(r, path[k]);
    predict_run(r);
    bool written = score_file_write(&r->scores, m, err);
    if (r->json)
        printf("%s], \"labelled\": %zu, \"right\": %zu, \"failed\": %zu}\n",
               r->printed ? "\n" : "", r->labelled, r->right, r->failed);
    else if (r->labelled > 0)
        printf("%zu labelled images, accuracy %f\n", r->labelled,
               (double)r->right/(double)r->labelled);
    if (!written)
        return command_fault(r->program, "%s", err);
    return r->failed ? STATUS_FAULT : STATUS_DONE;
}

static bool predict_options(struct predict *r, struct options *o, int argc, char **argv,
                            int *status)
{
    const struct option_row rows[] = {
        command_row(COMMAND_PARAMS, &r->params, NULL),
        { "--top", OPTION_INTEGER, "K", &r->top, 1, r->program->model->classes, NULL,
          "how many classes of each image; where the loss takes targets all scores are printed, "
          "or the loss of an autoencoder's image" },
        command_row(COMMAND_RESIZE, &r->fit.resize, NULL),
        command_row(COMMAND_MIDDLE, &r->fit.middle, NULL),
        command_row(COMMAND_COARSE, &r->coarse, NULL),
        { "--range", OPTION_TEXT, "LO,HI", &r->range, 0, 0, NULL,
          "what 0 and the greatest sample are to the network, or such a pair for each channel; "
          "else as the images trained on tell: 0,255 or 0,1 or -1,1" },
        { "--scores", OPTION_TEXT, "FILE.npy", &r->scores.path, 0, 0, NULL,
          "writes the scores of all images, a row each: (n, scores) or, of maps, (n, channels, "
          "height, width), before softmax or sigmoid; NaN where an image could not be predicted" },
        { "--json", OPTION_FLAG, NULL, &r->json, 0, 0, NULL,
          "one JSON object; what could not be read is in it, too" },
        command_row(COMMAND_THREADS, &r->threads, NULL),
        command_row(COMMAND_PIN, &r->pin, NULL),
    };
    *o = (struct options){
        .command = "predict", .operand = "IMAGE...", .row = rows, .count = COMMAND_COUNT(rows),
        .summary = "The likeliest classes of images: PNG, PGM and PPM, arrays (.npy), or CIFAR's "
                   "records, whose labels are compared. - is standard input. Exits with 1 where "
                   "an image could not be predicted."
    };
    return command_parse(r->program, o, argc, argv, status);
}

int command_predict(const struct program *p, int argc, char **argv)
{
    char saved[ERR_SIZE], err[ERR_SIZE];
    const struct model *m = p->model;
    struct predict r = { .program = p, .threads = processors_available(), .params = saved,
                         .top = m->classes < 5 ? m->classes : 5 };
    struct options o;
    int status;
    snprintf(saved, sizeof saved, "%s.safetensors", m->name);
    if (!predict_options(&r, &o, argc, argv, &status))
        return status;
    if (o.noperands == 0)
        return command_usage(p, "predict: which images? PNG, PPM, PGM, .npy, CIFAR's records, or "
                             "- for standard input");
    if (r.range && !values_scale_parse(&r.scale, r.range, m->in_c, err))
        return command_usage(p, "predict: %s", err);
    if (!engine_open_inference(&r.engine, m, (int)r.threads, err)
        || !command_pin(&r.engine, r.pin, err))
        return command_fault(p, "%s", err);
    r.waiting = calloc((size_t)m->batch, sizeof *r.waiting);
    r.left = calloc((size_t)m->classes, sizeof *r.left);
    r.row = calloc((size_t)m->classes, sizeof *r.row);
    if (!r.waiting || !r.left || !r.row)
        status = command_fault(p, "not enough memory");
    else if (!param_file_load(r.params, &r.engine, &r.info, err))
        status = command_fault(p, "%s%s", err, r.params == saved
                               ? "; --params FILE names what `train` saved" : "");
    else if (command_pairing(&r.info), !score_file_claim(&r.scores, argv, o.noperands, err))
        status = command_fault(p, "%s", err);
    else
        status = predict_all(&r, argv, o.noperands);
    free(r.waiting);
    free(r.left);
    free(r.row);
    score_file_close(&r.scores);
    param_file_info_free(&r.info);
    engine_close(&r.engine);
    return status;
}
