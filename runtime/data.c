/*
** data.c - finds the data, checks it against the network, cuts it into sets. It must
** never guess: what is not as expected is an error that says where.
*/
#include "data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cifar.h"
#include "error.h"
#include "idx.h"
#include "npy.h"
#include "synthetic.h"

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
    if (!npy_read(a, data_join(path, dir, file), err))
        return false;
    if (d->blocks == DATA_BLOCKS) {
        npy_close(a);
        return error_set(err, "%s: too many arrays", path);
    }
    d->block[d->blocks++] = a->file;
    return true;
}

/* (60, 768) */
static const char *data_shape(const struct npy *a, char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, "(");
    for (int k = 0; k < a->rank && at < size; k++)
        at += (size_t)snprintf(text + at, size - at, "%s%zu", k ? ", " : "", a->dim[k]);
    if (at < size)
        snprintf(text + at, size - at, "%s", a->rank == 1 ? ",)" : ")");
    return text;
}

static bool data_npy_images(struct dataset *d, const struct data_options *o, struct images *set,
                            const struct npy *x, const char *dir, const char *part, char *err)
{
    char path[DATA_PATH], shape[192];
    const char *misfit = x->rank != 4 ? "" : dataset_misfit(o, x->dim[1], x->dim[2], x->dim[3]);
    if (misfit)
        return error_set(err, "%s/x_%s.npy: shape %s, rank %d; the network takes "
                         "(n, %d, %d, %d)%s", dir, part, data_shape(x, shape, sizeof shape),
                         x->rank, o->c, o->h, o->w, misfit);
    snprintf(path, sizeof path, "%s/x_%s.npy", dir, part);
    if (!dataset_alike(d, path, x->dim[2], x->dim[3], err))
        return false;
    *set = (struct images){ .count = x->dim[0], .c = o->c, .h = (int)x->dim[2],
                            .w = (int)x->dim[3] };
    if (x->type == NPY_U1) {
        set->bytes = x->data;
        return true;
    }
    if (x->type != NPY_F4 && x->type != NPY_F8)
        return error_set(err, "%s/x_%s.npy: integers; images are u1 or floats: "
                         "numpy.save('x_%s.npy', x.astype('f4'))", dir, part, part);
    real *values = dataset_alloc(d, x->count, sizeof *values, err);
    if (!values)
        return false;
    for (size_t k = 0; k < x->count; k++)
        values[k] = x->type == NPY_F4 ? (real)((const float *)x->data)[k]
                                      : (real)((const double *)x->data)[k];
    set->values = values;
    return true;
}

static bool data_npy_labels(struct dataset *d, struct images *set, const struct npy *y,
                            const char *dir, const char *part, char *err)
{
    if (y->rank != 1 || y->dim[0] != set->count)
        return error_set(err, "%s/y_%s.npy: %zu values, rank %d; one label for each of %zu images "
                         "expected", dir, part, y->count, y->rank, set->count);
    if (y->type != NPY_U1 && y->type != NPY_I4 && y->type != NPY_I8)
        return error_set(err, "%s/y_%s.npy: labels are integers: numpy.save('y_%s.npy', "
                         "y.astype('i4'))", dir, part, part);
    int32_t *labels = dataset_alloc(d, y->count, sizeof *labels, err);
    if (!labels)
        return false;
    for (size_t k = 0; k < y->count; k++) {
        long long label = y->type == NPY_U1 ? ((const uint8_t *)y->data)[k]
                          : y->type == NPY_I4 ? ((const int32_t *)y->data)[k]
                          : ((const int64_t *)y->data)[k];
        if (label < 0 || label >= d->classes)
            return error_set(err, "%s/y_%s.npy: label %lld at index %zu; the network has classes 0 "
                             "to %d", dir, part, label, k, d->classes - 1);
        labels[k] = (int32_t)label;
    }
    set->labels = labels;
    return true;
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
    char inner[DATA_PATH];
    struct stat st;
    if (stat(dir, &st))
        return error_set(err, "data directory %s: %s", dir, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return error_set(err, "%s: is no directory; --data takes the directory of the files", dir);
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
    if (data_open(d, options, err))
        return true;
    dataset_close(d);
    return false;
}
