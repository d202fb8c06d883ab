/*
** dataset.h - images and labels in memory, cut into sets: what a reader of some format
** fills and the solver draws from.
*/
#ifndef LATHE_DATASET_H
#define LATHE_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/values_scale.h"
#include "core/model.h"

/* count images in canonical order (NCHW); exactly one of bytes and values is set. */
struct images {
    size_t count;
    int c, h, w;
    const uint8_t *bytes;
    const real *values;
    const int32_t *labels;      /* [count], or NULL */
    const real *targets;        /* [count][scores] in canonical order, or NULL */
    const char *type;           /* of the file's values: "f4", "f8"; NULL: u1 or the program's */
};

enum { DATA_BLOCKS = 16,
       DATA_VALIDATE = 1000 };  /* images, unless there are no more and nobody said how many */

struct dataset {
    char source[256];           /* one line: what was taken, from where */
    int c, h, w, classes;       /* what the network takes */
    bool crop;                  /* the images, all of one size, may be larger */
    struct images train, val, test;
    bool val_cut;               /* val was cut from the archive's training images: */
    bool val_drawn;             /* drawn or chosen from all of them, else the last */
    bool val_unasked;           /* so many because nobody said how many */
    bool coarse;                /* the labels are CIFAR-100's coarse ones */
    bool folder;                /* of image files, which the options fitted and kept */
    char note[ERR_SIZE];        /* what the user ought to know, or "" */
    struct images fit;          /* what preprocessing is computed from: the training
                                   images of the archive, before train_samples cuts */
    struct values values;       /* those of `fit`; type "": unknown */
    const char *const *class_names;     /* [classes] or NULL */
    void *block[DATA_BLOCKS];   /* what dataset_close frees */
    int blocks;
};

struct data_options {
    const char *dir;            /* a directory or a file, "synthetic", or NULL: search */
    int c, h, w, classes;       /* what the network wants; classes 0: whatever they are */
    enum target_kind target;    /* and what its scores are compared with: */
    int out_c, out_h, out_w;    /* TARGET_REALS: arrays of this shape, */
    bool shares;                /* of values from 0 to 1 */
    bool labels;                /* TARGET_INPUT: .npy arrays' labels are read all the same */
    bool crop;                  /* larger images will do: windows of them are taken */
    bool exact;                 /* they never will */
    long train_samples;         /* -1: all; else the first so many */
    long val_samples;           /* -1: default */
    bool val_shuffle;           /* draw them, where they are cut from the training images */
    size_t drawn, drawn_of;     /* so many of so many were drawn when the parameters that are to
                                   be evaluated were trained, and of as many are again; 0: none */
    long test_samples;          /* -1: default (the first 1,000) */
    bool resize, middle;        /* images in files of their own: fit.h */
    bool coarse;                /* of CIFAR-100's two labels the first counts */
    bool no_cache;              /* they are not kept, decoded, beside them */
    uint64_t seed;
};

/* Zeroed memory that dataset_close frees; NULL: err says why. */
void *dataset_alloc(struct dataset *d, size_t count, size_t size, char *err);

/* NULL where images of this shape can be fed to the network; else how the error's text
** ends: what would help, or nothing. */
const char *dataset_misfit(const struct data_options *o, size_t c, size_t h, size_t w);

/* False, with a message, where the images in `path` are not of the training images' size;
** they are the first to be read. */
bool dataset_alike(const struct dataset *d, const char *path, size_t h, size_t w, char *err);

/* False, with a message, where a set's images or classes are not for the network. */
bool dataset_fits(const struct data_options *o, const char *dir, const char *name, int c, int h,
                  int w, int classes, char *err);

/* d->train holds all training images, d->test all others, each in blocks of its own: the last
** 1,000 of the first validate (a tenth of 1,000 or fewer), the first 1,000 of the second test,
** unless the options say otherwise. What is drawn depends on their number alone. */
bool dataset_split(struct dataset *d, const struct data_options *o, const char *name, char *err);

/* Of all training images, in d->train, so many validate as dataset_validation says, chosen by what
** they are (share.h): the same ones in whatever order they came. */
bool dataset_share(struct dataset *d, const struct data_options *o, const char *name, char *err);

/* How many of `all` training images validate, where none do of their own, and what *d says of it;
** drawn: they are drawn, whatever the options say. */
bool dataset_validation(struct dataset *d, const struct data_options *o, const char *name,
                        size_t all, bool drawn, size_t *val, char *err);

/* Training images `fit`, of them the first train_samples for training; and so on. */
bool dataset_cut(struct images *set, long samples, const char *what, char *err);

/* Whether images have what scores are compared with. */
bool dataset_targets(const struct images *set, enum target_kind kind);

/* "training image 3", the first that holds a value which is not finite; NULL: there is none. */
const char *dataset_not_finite(const struct dataset *d, char *text, size_t size);

void dataset_close(struct dataset *d);

#endif
