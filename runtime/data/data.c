/*
** data.c - finds the data, checks it against the network, cuts it into sets. It must
** never guess: what is not as expected is an error that says where.
*/
#include "data/data.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "data/cifar.h"
#include "data/folder.h"
#include "data/idx.h"
#include "data/listing.h"
#include "data/npy_set.h"
#include "data/npy_source.h"
#include "data/synthetic.h"
#include "data/values.h"
#include "file/hint.h"
#include "file/matching.h"

enum { DATA_PATH = 1024 };

static const char data_default[] = "data/cifar-10-batches-bin";

static const char *data_join(char *path, const char *dir, const char *name)
{
    return snprintf(path, DATA_PATH, "%s/%s", dir, name) < DATA_PATH ? path : "";
}

static bool data_exists(const char *dir, const char *name)
{
    char path[DATA_PATH];
    return matching_there(data_join(path, dir, name));
}

/* ---- formats ---- */

static const char *const data_cifar_10[] = { "data_batch_1.bin", "test_batch.bin", NULL };
static const char *const data_cifar_100[] = { "train.bin", "test.bin", NULL };
static const char *const data_idx[] = { "*train-images[.-]idx3-ubyte",
                                        "*train-images[.-]idx3-ubyte.gz", NULL };
static const char *const data_archives[] = { "*.npz", NULL };
static const char *const data_folders[] = { "train/", NULL };

/* A format is told by the files that a directory holds, or a folder in it as archives unpack; or by
** the name of one file that is given in its place. The first that fits is meant. */
static const struct data_format {
    const char *what;           /* for who has none of them */
    const char *const *files;   /* patterns: one of them is enough */
    const char *folder;         /* NULL: none */
    const char *const *alone;   /* patterns of a file that --data takes itself, or NULL */
    bool (*open)(struct dataset *, const struct data_options *, const char *path, char *err);
} data_formats[] = {
    { "CIFAR-10's binary files (data_batch_1.bin ...)", data_cifar_10, "cifar-10-batches-bin",
      NULL, cifar_10_open },
    { "CIFAR-100's (train.bin)", data_cifar_100, "cifar-100-binary", NULL, cifar_100_open },
    { "MNIST's (train-images-idx3-ubyte ...)", data_idx, NULL, data_idx, idx_open },
    { "x_train.npy and y_train.npy", npy_source_files, NULL, NULL, npy_set_open },
    { "folders of images (train/CLASS/*.png ...)", data_folders, NULL, NULL, folder_open },
    { "a .npz of x_train and y_train", data_archives, NULL, data_archives, npy_set_open },
};

/* A name without wildcards may be that of a folder, and end in /. False: errno,
** as of matching.h. */
static bool data_holds(const char *dir, const char *const *files)
{
    char name[MATCHING_NAME];
    for (; *files; files++)
        if (strpbrk(*files, "*?[") ? matching_next(dir, *files, "", name)
                                   : data_exists(dir, *files))
            return true;
        else if (errno)
            break;
    return false;
}

static const struct data_format *data_format_of_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    for (size_t k = 0; k < sizeof data_formats / sizeof *data_formats; k++)
        for (const char *const *name = data_formats[k].alone; name && *name; name++)
            if (!fnmatch(*name, slash ? slash + 1 : path, 0))
                return &data_formats[k];
    return NULL;
}

static bool data_unknown(const char *dir, char *err)
{
    char list[400] = "";
    const size_t formats = sizeof data_formats / sizeof *data_formats;
    for (size_t k = 0; k < formats; k++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
                 k == 0 ? "" : k + 1 < formats ? ", " : ", or ", data_formats[k].what);
    return error_set(err, "%s: holds none of %s", dir, list);
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
    if (!S_ISDIR(st.st_mode)) {
        const struct data_format *f = data_format_of_file(dir);
        if (f)
            return f->open(d, o, dir, err);
        return !hint_file(dir, err)
               && error_set(err, "%s: is no directory; --data takes the directory of the files, or "
                            "a .npz", dir);
    }
    /* Every file would seem missing. */
    if (access(dir, X_OK))
        return error_set(err, "data directory %s: %s", dir, strerror(errno));
    for (size_t k = 0; k < sizeof data_formats / sizeof *data_formats; k++) {
        const struct data_format *f = &data_formats[k];
        if (data_holds(dir, f->files))
            return f->open(d, o, dir, err);
        if (!errno && f->folder && data_holds(data_join(inner, dir, f->folder), f->files))
            return f->open(d, o, inner, err);
        if (errno)
            return error_set(err, "data directory %s: %s", dir, strerror(errno));
    }
    if (hint_folder(dir, err) || listing_hint(dir, err))
        return false;
    return data_unknown(dir, err);
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
    return errno ? error_set(err, "%s: %s", data_default, strerror(errno))
                 : synthetic_open(d, o, err);
}

/* Whatever the format: it holds what the network's scores are compared with. */
static bool data_compares(const struct dataset *d, const struct data_options *o, char *err)
{
    return dataset_targets(&d->train, o->target)
           || error_set(err, "%s: has labels, and the network's loss takes targets: .npy arrays "
                        "y_train.npy, y_val.npy of (n, %d, %d, %d)", d->source, o->out_c,
                        o->out_h, o->out_w);
}

bool dataset_open(struct dataset *d, const struct data_options *options, char *err)
{
    *d = (struct dataset){ .c = options->c, .h = options->h, .w = options->w,
                           .classes = options->classes, .crop = options->crop };
    if (!data_open(d, options, err) || !data_compares(d, options, err)) {
        dataset_close(d);
        return false;
    }
    if (!options->classes)
        d->class_names = NULL;
    if (!d->values.type[0])             /* .npy arrays are compared by it before */
        values_find(&d->values, &d->fit);
    return true;
}
