/*
** data.h - images and labels: where they come from, how they reach the network.
*/
#ifndef LATHE_DATA_H
#define LATHE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* count images in canonical order (NCHW); exactly one of bytes and values is set. */
struct images {
    size_t count;
    int c, h, w;
    const uint8_t *bytes;
    const real *values;
    const int32_t *labels;      /* [count], or NULL */
};

enum { DATA_BLOCKS = 16 };

struct dataset {
    char source[256];           /* one line: what was taken, from where */
    int c, h, w, classes;
    struct images train, val, test;
    struct images fit;          /* what preprocessing is computed from: the training
                                   images of the archive, before train_samples cuts */
    const char *const *class_names;     /* [classes] or NULL */
    void *block[DATA_BLOCKS];   /* what dataset_close frees */
    int blocks;
};

struct data_options {
    const char *dir;            /* a directory, "synthetic", or NULL: search */
    int c, h, w, classes;       /* what the network wants */
    long train_samples;         /* -1: all; else the first so many */
    long val_samples;           /* -1: default */
    long test_samples;          /* -1: default (the first 1,000) */
    uint64_t seed;
};

/*
** Opens, in this order: options->dir; the directory in $LATHE_DATA (set but missing
** is an error); data/cifar-10-batches-bin; the synthetic set. The format is told by
** the files' names. A set of another shape or with more classes than the network's
** is an error; err names file, record and offset.
*/
bool dataset_open(struct dataset *d, const struct data_options *options, char *err);
void dataset_close(struct dataset *d);

/* Zeroed memory that dataset_close frees; NULL: err says why. */
void *dataset_alloc(struct dataset *d, size_t count, size_t size, char *err);

/* Training images `fit`, of them the first train_samples for training; and so on. */
bool dataset_cut(struct images *set, long samples, const char *what, char *err);

/*
** (value - mean) * factor. mean: [c*h*w] in canonical order, or NULL for none; factor:
** [c], one over the deviation of each channel, or NULL for 1.
**   none          the values as they are
**   mean_image    the training set's mean image is subtracted, as in the course
**   scale         and the rest divided by its standard deviation over all values
**   channel_norm  each channel's mean is subtracted, the rest divided by its deviation
*/
struct preprocess { enum preprocess_kind kind; real *mean, *factor; };

/* "none", "mean_image", ...: NULL behind the last. */
extern const char *const preprocess_words[];

/* PREPROCESS_KINDS: there is none of this name. */
enum preprocess_kind preprocess_find(const char *word);

/* From the training images: sums in order, in double; the deviation from the mean in a
** second pass. A deviation of 0 leaves the values. */
bool preprocess_fit(struct preprocess *p, enum preprocess_kind kind, const struct images *train,
                    char *err);
void preprocess_free(struct preprocess *p);

/* One image as NHWC: pixel (y, x, c) to out[y*row + x*C + c], preprocessed. */
void images_put(const struct images *set, size_t index, const struct preprocess *p, real *out,
                size_t row);

#endif
