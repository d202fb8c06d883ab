/*
** npy_set.c - reads a data set of numpy arrays. It must never scale a value: what it means is for
** who made it, or --range, to say.
*/
#include "data/npy_set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "data/arrays.h"
#include "data/npy_source.h"
#include "data/values.h"

/* The data set takes over the array's memory. */
static bool npy_set_array(struct dataset *d, const struct npy_source *s, struct npy *a,
                          enum npy_role role, enum npy_part part, npy_source_text path, char *err)
{
    if (!npy_source_read(s, a, role, part, path, err))
        return false;
    _Static_assert(DATA_BLOCKS > 2*NPY_ROLES*NPY_PARTS, "room for what is made of each array, too");
    d->block[d->blocks++] = a->file;
    return true;
}

static bool npy_set_images(struct dataset *d, const struct data_options *o, struct images *set,
                           struct npy *x, const char *path, char *err)
{
    if (!arrays_images(x, path, o, err)
        || !dataset_alike(d, path, x->dim[2], x->dim[3], err))
        return false;
    real *values = x->type == NPY_U1 ? NULL : dataset_alloc(d, x->count, sizeof *values, err);
    *set = arrays_set(x, values);
    return values || x->type == NPY_U1;
}

static bool npy_set_labels(struct dataset *d, struct images *set, const struct npy *y,
                           const char *path, char *err)
{
    int32_t *labels = dataset_alloc(d, set->count, sizeof *labels, err);
    set->labels = labels;
    const int classes = d->classes ? d->classes : INT32_MAX;
    return labels && arrays_labels(y, path, set->count, classes, labels, err);
}

static bool npy_set_targets(struct dataset *d, const struct data_options *o, struct images *set,
                            const struct npy *y, const char *path, char *err)
{
    real *targets = dataset_alloc(d, y->count, sizeof *targets, err);
    set->targets = targets;
    return targets && arrays_targets(y, path, set->count, o, targets, err);
}

/* What the images' scores are compared with; of an autoencoder labels where they are asked for and
** there. */
static bool npy_set_answers(struct dataset *d, const struct data_options *o, struct images *set,
                            const struct npy_source *s, enum npy_part part, char *err)
{
    npy_source_text path;
    struct npy y;
    if (o->target == TARGET_INPUT && !o->labels)
        return true;
    if (o->target == TARGET_INPUT && !npy_source_has(s, NPY_LABELS, part))
        return !errno || error_set(err, "%s: cannot be read: %s", s->path, strerror(errno));
    if (!npy_set_array(d, s, &y, NPY_LABELS, part, path, err))
        return false;
    return o->target == TARGET_REALS ? npy_set_targets(d, o, set, &y, path, err)
                                     : npy_set_labels(d, set, &y, path, err);
}

static bool npy_set_read(struct dataset *d, const struct data_options *o, struct images *set,
                         const struct npy_source *s, enum npy_part part, char *err)
{
    npy_source_text path;
    struct npy x;
    return npy_set_array(d, s, &x, NPY_IMAGES, part, path, err)
           && npy_set_images(d, o, set, &x, path, err)
           && npy_set_answers(d, o, set, s, part, err);
}

/* Arrays are taken as they are, so those that validate and test must have been made as those that
** train (d->values): 0 to 255 beside 0 to 1 is a division forgotten. */
static bool npy_set_alike(const struct dataset *d, const struct images *set,
                          const struct npy_source *s, enum npy_part part, char *err)
{
    const struct values *ours = &d->values;
    struct values theirs;
    npy_source_text path;
    char text[2][64], mend[64];
    values_find(&theirs, set);
    if (values_few(set) || values_alike(ours, &theirs) || !values_known(&theirs))
        return true;
    values_mend(&theirs, ours, mend, sizeof mend);
    return error_set(err, "%s: %s, and the training images are %s: both must have the same range"
                     "%s%s", npy_source_say(s, NPY_IMAGES, part, path),
                     values_say(&theirs, text[0], sizeof text[0]),
                     values_say(ours, text[1], sizeof text[1]), *mend ? "; x becomes " : "", mend);
}

/* The arrays of all parts that are there. */
static bool npy_set_parts(struct dataset *d, const struct data_options *o,
                          const struct npy_source *s, char *err)
{
    struct images *const sets[NPY_PARTS] = { &d->train, &d->val, &d->test };
    npy_source_text path;
    for (enum npy_part part = NPY_TRAIN; part < NPY_PARTS; part++) {
        if (s->part[part] && !npy_set_read(d, o, sets[part], s, part, err))
            return false;
        if (!d->train.count)
            return error_set(err, "%s: holds no images",
                             npy_source_say(s, NPY_IMAGES, NPY_TRAIN, path));
        if (part == NPY_TRAIN) {
            values_find(&d->values, &d->train);
        } else if (!s->part[part]) {
            *sets[part] = d->train;
            sets[part]->count = 0;
        } else if (!npy_set_alike(d, sets[part], s, part, err)) {
            return false;
        }
    }
    return true;
}

static bool npy_set_take(struct dataset *d, const struct data_options *o,
                         const struct npy_source *s, char *err)
{
    if (!npy_set_parts(d, o, s, err))
        return false;
    snprintf(d->source, sizeof d->source, "arrays in %.240s", s->path);
    if (!s->part[NPY_VAL]) {
        if (!dataset_share(d, o, s->path, err))
            return false;
    } else if (!dataset_cut(&d->val, o->val_samples, "--val-samples", err)) {
        return false;
    }
    d->fit = d->train;
    return dataset_cut(&d->train, o->train_samples, "--train-samples", err)
           && dataset_cut(&d->test, o->test_samples, "--test-samples", err);
}

bool npy_set_open(struct dataset *d, const struct data_options *o, const char *path, char *err)
{
    struct npy_source s;
    const bool good = npy_source_open(&s, path, err) && npy_set_take(d, o, &s, err);
    npy_source_close(&s);
    return good;
}
