/*
** dataset.c - memory of a dataset, and its sets. It must never read a file.
*/
#include "dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"

void *dataset_alloc(struct dataset *d, size_t count, size_t size, char *err)
{
    void *p = d->blocks < DATA_BLOCKS ? calloc(count ? count : 1, size) : NULL;
    if (!p)
        error_set(err, "not enough memory for %zu images or labels", count);
    else
        d->block[d->blocks++] = p;
    return p;
}

bool dataset_cut(struct images *set, long samples, const char *what, char *err)
{
    if (samples < 0)
        return true;
    if ((size_t)samples > set->count)
        return error_set(err, "%s %ld: the data has %zu", what, samples, set->count);
    set->count = (size_t)samples;
    return true;
}

const char *dataset_misfit(const struct data_options *o, size_t c, size_t h, size_t w)
{
    enum { MOST = 65536 };
    size_t oh = (size_t)o->h, ow = (size_t)o->w;
    bool larger = c == (size_t)o->c && h >= oh && w >= ow;
    if (c == (size_t)o->c && h == oh && w == ow)
        return NULL;
    if (h > MOST || w > MOST)
        return "; sides of more than 65536 pixels are not read";
    if (o->crop)
        return larger ? NULL : ", or larger images";
    return larger && !o->exact ? "; add `crop` to take windows of them (or train --crop random)"
                               : "";
}

bool dataset_alike(const struct dataset *d, const char *path, size_t h, size_t w, char *err)
{
    const struct images *train = &d->train;
    if (!train->h || (h == (size_t)train->h && w == (size_t)train->w))
        return true;
    return error_set(err, "%s: images of %zux%zu; the training images are %dx%d", path, h, w,
                     train->h, train->w);
}

bool dataset_fits(const struct data_options *o, const char *dir, const char *name, int c, int h,
                  int w, int classes, char *err)
{
    const char *misfit = dataset_misfit(o, (size_t)c, (size_t)h, (size_t)w);
    if (misfit)
        return error_set(err, "%s: %s's images are %dx%dx%d, the network takes %dx%dx%d%s", dir,
                         name, c, h, w, o->c, o->h, o->w, misfit);
    return o->classes == classes || error_set(err, "%s: %s has %d classes, the network %d", dir,
                                              name, classes, o->classes);
}

bool dataset_split(struct dataset *d, const struct data_options *o, const char *name, char *err)
{
    enum { VALIDATE = 1000, TEST = 1000 };
    size_t all = d->train.count, val = o->val_samples < 0 ? VALIDATE : (size_t)o->val_samples;
    size_t pixels = (size_t)d->train.c*(size_t)d->train.h*(size_t)d->train.w;
    if (val >= all)
        return error_set(err, "--val-samples %zu: %s has %zu images to train and validate", val,
                         name, all);
    d->val = d->train;
    d->train.count = all - val;
    d->val.count = val;
    d->val.bytes = d->train.bytes + d->train.count*pixels;
    d->val.labels = d->train.labels + d->train.count;
    d->fit = d->train;
    long test = d->test.count < TEST ? (long)d->test.count : TEST;
    return dataset_cut(&d->train, o->train_samples, "--train-samples", err)
           && dataset_cut(&d->test, o->test_samples < 0 ? test : o->test_samples,
                          "--test-samples", err);
}

const char *dataset_not_finite(const struct dataset *d, char *text, size_t size)
{
    const struct { const char *name; const struct images *set; } sets[] = {
        { "training", &d->fit }, { "training", &d->train }, { "validation", &d->val } };
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        const struct images *set = sets[s].set;
        size_t pixels = (size_t)set->c*(size_t)set->h*(size_t)set->w;
        for (size_t k = 0; set->values && k < set->count*pixels; k++)
            if (!isfinite(set->values[k])) {
                snprintf(text, size, "%s image %zu", sets[s].name, k / pixels);
                return text;
            }
    }
    return NULL;
}

void dataset_close(struct dataset *d)
{
    for (int k = 0; k < d->blocks; k++)
        free(d->block[k]);
    d->blocks = 0;
}
