/*
** dataset.c - memory of a dataset, and its sets. It must never read a file.
*/
#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"

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
    return !o->classes || o->classes == classes
           || error_set(err, "%s: %s has %d classes, the network %d", dir, name, classes,
                        o->classes);
}

/* The block that starts at p, to be written to; NULL: none does. */
static void *dataset_block(const struct dataset *d, const void *p)
{
    for (int k = 0; k < d->blocks; k++)
        if (d->block[k] == p)
            return d->block[k];
    return NULL;
}

/* Moves the images whose flags are set after the others; both parts keep their order. room: one
** of each kind for every flag that is set. */
static void dataset_part(const struct images *set, const uint8_t *flag, uint8_t *bytes,
                         int32_t *labels, uint8_t *room, int32_t *label_room)
{
    const size_t pixels = (size_t)set->c*(size_t)set->h*(size_t)set->w;
    size_t kept = 0, gone = 0;
    for (size_t k = 0; k < set->count; k++)
        if (flag[k]) {
            memcpy(room + gone*pixels, bytes + k*pixels, pixels);
            label_room[gone++] = labels[k];
        } else {
            memmove(bytes + kept*pixels, bytes + k*pixels, pixels);
            labels[kept++] = labels[k];
        }
    memcpy(bytes + kept*pixels, room, gone*pixels);
    memcpy(labels + kept, label_room, gone*sizeof *labels);
}

/* Puts `val` images, drawn, after the others. */
static bool dataset_draw(struct dataset *d, size_t val, char *err)
{
    enum { SEED = 1 };    /* not the run's: runs are compared by their validation accuracies */
    const struct images *set = &d->train;
    uint8_t *bytes = dataset_block(d, set->bytes);
    int32_t *labels = dataset_block(d, set->labels);
    uint32_t *order = calloc(set->count, sizeof *order);
    uint8_t *flag = calloc(set->count, 1);
    uint8_t *room = calloc(val + 1, (size_t)set->c*(size_t)set->h*(size_t)set->w);
    int32_t *label_room = calloc(val + 1, sizeof *label_room);
    bool good = set->count <= UINT32_MAX && bytes && labels && order && flag && room && label_room;
    if (good) {
        random_order(SEED, RANDOM_SPLIT, 0, order, set->count);
        for (size_t k = 0; k < val; k++)
            flag[order[k]] = 1;
        dataset_part(set, flag, bytes, labels, room, label_room);
    }
    free(order);
    free(flag);
    free(room);
    free(label_room);
    return good || error_set(err, "not enough memory to draw %zu validation images", val);
}

/* How many of `all` training images validate. */
static size_t dataset_validate(const struct data_options *o, size_t all, bool again)
{
    enum { SHARE = 10 };
    if (o->val_samples >= 0)
        return (size_t)o->val_samples;
    if (again)
        return o->drawn;
    if (all > DATA_VALIDATE)
        return DATA_VALIDATE;
    return all > 1 && all < SHARE ? 1 : all / SHARE;
}

bool dataset_validation(struct dataset *d, const struct data_options *o, const char *name,
                        size_t all, bool drawn, size_t *val, char *err)
{
    const bool again = o->drawn_of > 0 && o->drawn_of == all && o->drawn < all;
    *val = dataset_validate(o, all, again);
    if (*val >= all)
        return error_set(err, "--val-samples %zu: %s has %zu images to train and validate", *val,
                         name, all);
    if (again && *val != o->drawn)
        return error_set(err, "--val-samples %zu: the parameters were trained with %zu validation "
                         "images drawn from these %zu; leave it out", *val, o->drawn, all);
    d->val_cut = true;
    d->val_drawn = drawn || o->val_shuffle || again;
    d->val_unasked = o->val_samples < 0 && !again;
    return true;
}

bool dataset_split(struct dataset *d, const struct data_options *o, const char *name, char *err)
{
    enum { TEST = 1000 };
    size_t all = d->train.count, val;
    size_t pixels = (size_t)d->train.c*(size_t)d->train.h*(size_t)d->train.w;
    if (!dataset_validation(d, o, name, all, false, &val, err)
        || (d->val_drawn && !dataset_draw(d, val, err)))
        return false;
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

bool dataset_targets(const struct images *set, enum target_kind kind)
{
    return kind == TARGET_INPUT || (kind == TARGET_LABEL ? set->labels != NULL
                                                         : set->targets != NULL);
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
