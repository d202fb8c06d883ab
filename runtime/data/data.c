/*
** data.c - finds the data, checks it against the network, cuts it into sets. It must
** never guess: what is not as expected is an error that says where.
*/
#include "data/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "data/arrays.h"
#include "data/cifar.h"
#include "data/idx.h"
#include "data/synthetic.h"
#include "data/values.h"
#include "file/hint.h"
#include "file/npy.h"

enum { DATA_PATH = 1024 };

static const char data_default[] = "data/cifar-10-batches-bin";

/* ---- .npy ---- */

static const char *data_join(char *path, const char *dir, const char *name)
{
    snprintf(path, DATA_PATH, "%s/%s", dir, name);
    return path;
}

static bool data_exists(const char *dir, const char *name)
{
    char path[DATA_PATH];
    struct stat st;
    return !stat(data_join(path, dir, name), &st);
}

/* Takes over the array's memory. */
static bool data_npy(struct dataset *d, struct npy *a, const char *dir, const char *name,
                     const char *part, char *err)
{
    char path[DATA_PATH], file[32];
    snprintf(file, sizeof file, "%s_%s.npy", name, part);
    if (!npy_read(a, data_join(path, dir, file), err)) {
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

static bool data_npy_images(struct dataset *d, const struct data_options *o, struct images *set,
                            const struct npy *x, const char *dir, const char *part, char *err)
{
    char path[DATA_PATH];
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

static bool data_npy_labels(struct dataset *d, struct images *set, const struct npy *y,
                            const char *dir, const char *part, char *err)
{
    char path[DATA_PATH];
    snprintf(path, sizeof path, "%s/y_%s.npy", dir, part);
    int32_t *labels = dataset_alloc(d, set->count, sizeof *labels, err);
    set->labels = labels;
    return labels && arrays_labels(y, path, set->count, d->classes, labels, err);
}

static bool data_npy_set(struct dataset *d, const struct data_options *o, struct images *set,
                         const char *dir, const char *part, char *err)
{
    struct npy x, y;
    return data_npy(d, &x, dir, "x", part, err)
           && data_npy_images(d, o, set, &x, dir, part, err)
           && data_npy(d, &y, dir, "y", part, err)
           && data_npy_labels(d, set, &y, dir, part, err);
}

/* Arrays are taken as they are, so those that validate and test must have been made as those that
** train (d->values): 0 to 255 beside 0 to 1 is a division forgotten. */
static bool data_npy_alike(const struct dataset *d, const struct images *set, const char *dir,
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

static bool data_open_npy(struct dataset *d, const struct data_options *o, const char *dir,
                          char *err)
{
    if (!data_npy_set(d, o, &d->train, dir, "train", err)
        || !data_npy_set(d, o, &d->val, dir, "val", err))
        return false;
    if (!d->train.count)
        return error_set(err, "%s/x_train.npy: holds no images", dir);
    d->test = d->val;
    d->test.count = 0;
    if (data_exists(dir, "x_test.npy") && !data_npy_set(d, o, &d->test, dir, "test", err))
        return false;
    values_find(&d->values, &d->train);
    if (!data_npy_alike(d, &d->val, dir, "val", err)
        || !data_npy_alike(d, &d->test, dir, "test", err))
        return false;
    d->fit = d->train;
    snprintf(d->source, sizeof d->source, ".npy arrays in %s", dir);
    return dataset_cut(&d->train, o->train_samples, "--train-samples", err)
           && dataset_cut(&d->val, o->val_samples, "--val-samples", err)
           && dataset_cut(&d->test, o->test_samples, "--test-samples", err);
}

/* ---- where ---- */

static bool data_open_dir(struct dataset *d, const struct data_options *o, const char *dir,
                          char *err)
{
    enum { NAMES = 64 };        /* a folder's and a file's in it */
    char inner[DATA_PATH];
    struct stat st;
    if (stat(dir, &st))
        return error_set(err, "data directory %s: %s", dir, strerror(errno));
    if (strlen(dir) + NAMES > DATA_PATH)
        return error_set(err, "data directory: its path has %zu bytes, up to %d are read: begin "
                         "nearer to it, or through a symbolic link: %s", strlen(dir),
                         DATA_PATH - NAMES, dir);
    if (!S_ISDIR(st.st_mode))
        return !hint_file(dir, err)
               && error_set(err, "%s: is no directory; --data takes the directory of the files",
                            dir);
    /* Every file would seem missing. */
    if (access(dir, X_OK))
        return error_set(err, "data directory %s: %s", dir, strerror(errno));
    if (data_exists(dir, "data_batch_1.bin") || data_exists(dir, "test_batch.bin"))
        return cifar_open(d, o, dir, CIFAR_10, err);
    if (data_exists(dir, "cifar-10-batches-bin/data_batch_1.bin"))
        return cifar_open(d, o, data_join(inner, dir, "cifar-10-batches-bin"), CIFAR_10, err);
    if (data_exists(dir, "train.bin") || data_exists(dir, "test.bin"))
        return cifar_open(d, o, dir, CIFAR_100, err);
    if (data_exists(dir, "cifar-100-binary/train.bin"))
        return cifar_open(d, o, data_join(inner, dir, "cifar-100-binary"), CIFAR_100, err);
    if (idx_exists(dir))
        return idx_open(d, o, dir, err);
    if (data_exists(dir, "x_train.npy"))
        return data_open_npy(d, o, dir, err);
    if (hint_folder(dir, err))
        return false;
    return error_set(err, "%s: holds none of CIFAR-10's binary files (data_batch_1.bin ...), "
                     "CIFAR-100's (train.bin), MNIST's (train-images-idx3-ubyte ...), or "
                     "x_train.npy, y_train.npy, x_val.npy, y_val.npy", dir);
}

static bool data_open(struct dataset *d, const struct data_options *o, char *err)
{
    const char *variable = getenv("LATHE_DATA");
    if (o->dir)
        return strcmp(o->dir, "synthetic") ? data_open_dir(d, o, o->dir, err)
                                           : synthetic_open(d, o, err);
    if (variable && *variable)
        return data_open_dir(d, o, variable, err)
               || (strlen(err) + 24 < ERR_SIZE && (strcat(err, " ($LATHE_DATA)"), false));
    if (data_exists(data_default, "data_batch_1.bin"))
        return data_open_dir(d, o, data_default, err);
    return synthetic_open(d, o, err);
}

bool dataset_open(struct dataset *d, const struct data_options *options, char *err)
{
    *d = (struct dataset){ .c = options->c, .h = options->h, .w = options->w,
                           .classes = options->classes, .crop = options->crop };
    if (!data_open(d, options, err)) {
        dataset_close(d);
        return false;
    }
    if (!d->values.type[0])             /* .npy arrays are compared by it before */
        values_find(&d->values, &d->fit);
    return true;
}
