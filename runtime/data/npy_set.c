/*
** npy_set.c - reads a data set of numpy arrays. It must never scale a value: what it means is for
** who made it, or --range, to say.
*/
#include "data/npy_set.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "data/arrays.h"
#include "data/values.h"
#include "file/hint.h"
#include "file/npy.h"

enum { PATH = 1024 };

/* x_PART.npy, or y, is there. */
static bool npy_set_has(const char *dir, const char *name, const char *part)
{
    char path[PATH];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s_%s.npy", dir, name, part);
    return !stat(path, &st);
}

/* Takes over the array's memory. */
static bool npy_set_array(struct dataset *d, struct npy *a, const char *dir, const char *name,
                          const char *part, char *err)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s_%s.npy", dir, name, part);
    if (!npy_read(a, path, err)) {
        hint_compressed(path, err);
        return false;
    }
    if (d->blocks == DATA_BLOCKS) {
        npy_close(a);
        return error_set(err, "%s: too many arrays", path);
    }
    d->block[d->blocks++] = a->file;
    return true;
}

static bool npy_set_images(struct dataset *d, const struct data_options *o, struct images *set,
                           const struct npy *x, const char *dir, const char *part, char *err)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/x_%s.npy", dir, part);
    if (!arrays_images(x, path, o, err)
        || !dataset_alike(d, path, x->dim[2], x->dim[3], err))
        return false;
    *set = (struct images){ .count = x->dim[0], .c = o->c, .h = (int)x->dim[2],
                            .w = (int)x->dim[3], .type = arrays_type(x) };
    if (x->type == NPY_U1) {
        set->bytes = x->data;
        return true;
    }
    real *values = dataset_alloc(d, x->count, sizeof *values, err);
    for (size_t k = 0; values && k < x->count; k++)
        values[k] = arrays_value(x, k);
    set->values = values;
    return values;
}

static bool npy_set_labels(struct dataset *d, struct images *set, const struct npy *y,
                           const char *dir, const char *part, char *err)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/y_%s.npy", dir, part);
    int32_t *labels = dataset_alloc(d, set->count, sizeof *labels, err);
    set->labels = labels;
    const int classes = d->classes ? d->classes : INT32_MAX;
    return labels && arrays_labels(y, path, set->count, classes, labels, err);
}

static bool npy_set_targets(struct dataset *d, const struct data_options *o, struct images *set,
                            const struct npy *y, const char *dir, const char *part, char *err)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/y_%s.npy", dir, part);
    real *targets = dataset_alloc(d, y->count, sizeof *targets, err);
    set->targets = targets;
    return targets && arrays_targets(y, path, set->count, o, targets, err);
}

/* What the images' scores are compared with; of an autoencoder labels where they are asked for and
** there. */
static bool npy_set_answers(struct dataset *d, const struct data_options *o, struct images *set,
                            const char *dir, const char *part, char *err)
{
    struct npy y;
    if (o->target == TARGET_INPUT && (!o->labels || !npy_set_has(dir, "y", part)))
        return true;
    if (!npy_set_array(d, &y, dir, "y", part, err))
        return false;
    return o->target == TARGET_REALS ? npy_set_targets(d, o, set, &y, dir, part, err)
                                     : npy_set_labels(d, set, &y, dir, part, err);
}

static bool npy_set_read(struct dataset *d, const struct data_options *o, struct images *set,
                         const char *dir, const char *part, char *err)
{
    struct npy x;
    return npy_set_array(d, &x, dir, "x", part, err)
           && npy_set_images(d, o, set, &x, dir, part, err)
           && npy_set_answers(d, o, set, dir, part, err);
}

/* Arrays are taken as they are, so those that validate and test must have been made as those that
** train (d->values): 0 to 255 beside 0 to 1 is a division forgotten. */
static bool npy_set_alike(const struct dataset *d, const struct images *set, const char *dir,
                          const char *part, char *err)
{
    const struct values *ours = &d->values;
    struct values theirs;
    char text[2][64], mend[64];
    values_find(&theirs, set);
    if (values_few(set) || values_alike(ours, &theirs) || !values_known(&theirs))
        return true;
    values_mend(&theirs, ours, mend, sizeof mend);
    return error_set(err, "%s/x_%s.npy: %s, and x_train.npy is %s: both must have the same range"
                     "%s%s", dir, part, values_say(&theirs, text[0], sizeof text[0]),
                     values_say(ours, text[1], sizeof text[1]), *mend ? "; x becomes " : "", mend);
}

bool npy_set_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    if (!npy_set_read(d, o, &d->train, dir, "train", err)
        || !npy_set_read(d, o, &d->val, dir, "val", err))
        return false;
    if (!d->train.count)
        return error_set(err, "%s/x_train.npy: holds no images", dir);
    d->test = d->val;
    d->test.count = 0;
    if (npy_set_has(dir, "x", "test") && !npy_set_read(d, o, &d->test, dir, "test", err))
        return false;
    values_find(&d->values, &d->train);
    if (!npy_set_alike(d, &d->val, dir, "val", err)
        || !npy_set_alike(d, &d->test, dir, "test", err))
        return false;
    d->fit = d->train;
    snprintf(d->source, sizeof d->source, ".npy arrays in %s", dir);
    return dataset_cut(&d->train, o->train_samples, "--train-samples", err)
           && dataset_cut(&d->val, o->val_samples, "--val-samples", err)
           && dataset_cut(&d->test, o->test_samples, "--test-samples", err);
}
