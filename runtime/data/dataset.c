/*
** dataset.c - memory of a dataset, and its sets. It must never read a file.
*/
#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/huge.h"
#include "base/random.h"
#include "data/share.h"

void *dataset_alloc(struct dataset *d, size_t count, size_t size, char *err)
{
    void *p = d->blocks < DATA_BLOCKS ? calloc(count ? count : 1, size) : NULL;
    if (!p) {
        error_set(err, "not enough memory for %zu images or labels", count);
        return NULL;
    }
    huge_advise(p, count*size);
    return d->block[d->blocks++] = p;
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
    size_t oh = (size_t)o->h, ow = (size_t)o->w;
    bool larger = c == (size_t)o->c && h >= oh && w >= ow;
    if (c == (size_t)o->c && h == oh && w == ow)
        return NULL;
    if (h > INPUT_SIDE || w > INPUT_SIDE)
        return "; sides of more than 16777216 pixels are not read";
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

/* Bytes of one image. */
static size_t dataset_image(const struct images *set)
{
    return (size_t)set->c*(size_t)set->h*(size_t)set->w*(set->bytes ? 1 : sizeof(real));
}

/* Moves the rows whose flags are set, `gone` of them, after the others; both keep their order. */
static bool rows_apart(uint8_t *rows, size_t size, const uint8_t *flag, size_t count, size_t gone)
{
    uint8_t *room = rows ? malloc(gone*size + 1) : NULL;
    size_t kept = 0, taken = 0;
    for (size_t k = 0; room && k < count; k++)
        if (flag[k])
            memcpy(room + taken++*size, rows + k*size, size);
        else
            memmove(rows + kept++*size, rows + k*size, size);
    if (room)
        memcpy(rows + kept*size, room, gone*size);
    free(room);
    return room != NULL;
}

/* Reals that an image's scores are compared with. */
static size_t dataset_scores(const struct data_options *o)
{
    return (size_t)o->out_c*(size_t)o->out_h*(size_t)o->out_w;
}

/* The training images whose flags are set, `val` of them, validate: they lie after the others. */
static bool dataset_apart(struct dataset *d, const struct data_options *o, const uint8_t *flag,
                          size_t val)
{
    const struct images *set = &d->train;
    const struct { const void *rows; size_t size; } parts[] = {
        { set->bytes ? (const void *)set->bytes : set->values, dataset_image(set) },
        { set->labels, sizeof *set->labels },
        { set->targets, dataset_scores(o)*sizeof *set->targets } };
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (parts[k].rows && !rows_apart(dataset_block(d, parts[k].rows), parts[k].size, flag,
                                         set->count, val))
            return false;
    return true;
}

/* By their number alone. */
static bool dataset_drawn(const struct images *set, uint8_t *flag, size_t val)
{
    enum { SEED = 1 };    /* not the run's: runs are compared by their validation accuracies */
    uint32_t *order = set->count <= UINT32_MAX ? calloc(set->count, sizeof *order) : NULL;
    if (!order)
        return false;
    random_order(SEED, RANDOM_SPLIT, 0, order, set->count);
    for (size_t k = 0; k < val; k++)
        flag[order[k]] = 1;
    free(order);
    return true;
}

/* Of what an image is, the same in f32 and f64. */
static uint64_t dataset_hash(const struct images *set, size_t index)
{
    const size_t size = (size_t)set->c*(size_t)set->h*(size_t)set->w;
    uint64_t hash = HASH_START;
    if (set->bytes)
        return hash_mix(hash_bytes(hash, set->bytes + index*size, size));
    for (size_t k = 0; k < size; k++) {
        const float value = (float)set->values[index*size + k];
        hash = hash_bytes(hash, &value, sizeof value);
    }
    return hash_mix(hash);
}

/* By what they are. */
static bool dataset_least(const struct images *set, uint8_t *flag, size_t val)
{
    struct share *all = malloc((set->count + 1)*sizeof *all);
    if (!all)
        return false;
    for (size_t k = 0; k < set->count; k++)
        all[k] = (struct share){ dataset_hash(set, k), set->labels ? set->labels[k] : 0, k };
    share_choose(all, set->count, val);
    for (size_t k = 0; k < val; k++)
        flag[all[k].index] = 1;
    free(all);
    return true;
}

/* The last `val` training images validate. */
static void dataset_last(struct dataset *d, const struct data_options *o, size_t val)
{
    d->val = d->train;
    d->train.count -= val;
    d->val.count = val;
    const size_t values = d->train.count*(size_t)d->train.c*(size_t)d->train.h*(size_t)d->train.w;
    if (d->val.bytes)
        d->val.bytes += values;
    else
        d->val.values += values;
    if (d->val.labels)
        d->val.labels += d->train.count;
    if (d->val.targets)
        d->val.targets += d->train.count*dataset_scores(o);
    d->fit = d->train;
}

typedef bool dataset_choice(const struct images *set, uint8_t *flag, size_t val);

/* Puts `val` images, as they are chosen, after the others. */
static bool dataset_choose(struct dataset *d, const struct data_options *o,
                           dataset_choice *choice, size_t val, char *err)
{
    uint8_t *flag = calloc(d->train.count + 1, 1);
    const bool good = flag && choice(&d->train, flag, val) && dataset_apart(d, o, flag, val);
    free(flag);
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
    size_t val;
    if (!dataset_validation(d, o, name, d->train.count, false, &val, err)
        || (d->val_drawn && !dataset_choose(d, o, dataset_drawn, val, err)))
        return false;
    dataset_last(d, o, val);
    long test = d->test.count < TEST ? (long)d->test.count : TEST;
    return dataset_cut(&d->train, o->train_samples, "--train-samples", err)
           && dataset_cut(&d->test, o->test_samples < 0 ? test : o->test_samples,
                          "--test-samples", err);
}

bool dataset_share(struct dataset *d, const struct data_options *o, const char *name, char *err)
{
    size_t val;
    if (!dataset_validation(d, o, name, d->train.count, true, &val, err)
        || !dataset_choose(d, o, dataset_least, val, err))
        return false;
    dataset_last(d, o, val);
    return true;
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
