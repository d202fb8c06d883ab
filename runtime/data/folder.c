/*
** folder.c - reads image files into a data set. It must never skip a file in silence, and what it
** makes of one must depend on it and the options alone, so that it can be kept (image_cache.h).
*/
#include "data/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/stream.h"
#include "data/image_cache.h"
#include "data/listing.h"
#include "data/share.h"
#include "file/fit.h"
#include "file/hint.h"
#include "file/image.h"

enum { FOLDER_PATH = 4096, FOLDER_CHANNELS = 4, FOLDER_NAMES = 8 };

/* What becomes of an image. Those that --train-samples leaves are still what preprocessing is
** computed from: they lie after the others. */
enum folder_part { FOLDER_TRAIN, FOLDER_LEFT, FOLDER_VAL, FOLDER_TEST, FOLDER_UNUSED,
                   FOLDER_PARTS };

struct folder {
    struct dataset *d;
    const struct data_options *o;
    const char *dir;
    struct fit fit;
    struct listing list;
    uint8_t *part;              /* [files]: enum folder_part */
    size_t in[FOLDER_PARTS];
    int h, w;                   /* of all images; 0 before the first is there */
    size_t pixels;
    uint8_t *bytes[LISTING_SETS];
    struct image_cache cache;
    char *key, cache_path[FOLDER_PATH];
    bool keeping;               /* what is decoded goes into the cache, too */
};

/* ---- which image goes where ---- */

/* `n` of the images of one part, in one set, into another (share.h). What is chosen of a class
** hardly changes when images are added. */
static bool folder_choose(struct folder *f, enum folder_part from, enum folder_part to, size_t n,
                          char *err)
{
    struct share *all = malloc((f->in[from] + 1)*sizeof *all);
    size_t count = 0;
    if (!all)
        return error_set(err, "%s: not enough memory for its files", f->dir);
    for (size_t k = 0; k < f->list.count; k++)
        if (f->part[k] == from)
            all[count++] = (struct share){ f->list.file[k].hash, f->list.file[k].class, k };
    share_choose(all, count, n);
    for (size_t k = 0; k < n; k++)
        f->part[all[k].index] = (uint8_t)to;
    free(all);
    f->in[from] -= n;
    f->in[to] += n;
    return true;
}

/* Leaves `samples` of a part; -1: all. */
static bool folder_cut(struct folder *f, enum folder_part part, enum folder_part rest, long samples,
                       const char *option, char *err)
{
    struct images counted = { .count = f->in[part] };
    return dataset_cut(&counted, samples, option, err)
           && (counted.count == f->in[part]
               || folder_choose(f, part, rest, f->in[part] - counted.count, err));
}

static bool folder_parts(struct folder *f, char *err)
{
    static const enum folder_part first[LISTING_SETS] = { FOLDER_TRAIN, FOLDER_VAL, FOLDER_TEST };
    const struct data_options *o = f->o;
    f->part = malloc(f->list.count + 1);
    if (!f->part)
        return error_set(err, "%s: not enough memory for its files", f->dir);
    for (size_t k = 0; k < f->list.count; k++)
        f->part[k] = (uint8_t)first[f->list.file[k].set];
    for (int set = 0; set < LISTING_SETS; set++)
        f->in[first[set]] = f->list.in[set];
    if (f->list.has[LISTING_VAL]) {
        if (!folder_cut(f, FOLDER_VAL, FOLDER_UNUSED, o->val_samples, "--val-samples", err))
            return false;
    } else {
        size_t val;
        if (!dataset_validation(f->d, o, f->dir, f->in[FOLDER_TRAIN], true, &val, err)
            || !folder_choose(f, FOLDER_TRAIN, FOLDER_VAL, val, err))
            return false;
    }
    return folder_cut(f, FOLDER_TRAIN, FOLDER_LEFT, o->train_samples, "--train-samples", err)
           && folder_cut(f, FOLDER_TEST, FOLDER_UNUSED, o->test_samples, "--test-samples", err);
}

/* ---- room ---- */

static const enum listing_set folder_sets[FOLDER_UNUSED] = {
    [FOLDER_TRAIN] = LISTING_TRAIN, [FOLDER_LEFT] = LISTING_TRAIN, [FOLDER_VAL] = LISTING_VAL,
    [FOLDER_TEST] = LISTING_TEST
};

/* Of images of h x w, which are for the network or an error. */
static bool folder_room(struct folder *f, int h, int w, char *err)
{
    static const char *const names[LISTING_SETS] = { "training", "validation", "test" };
    const size_t count[LISTING_SETS] = { f->in[FOLDER_TRAIN] + f->in[FOLDER_LEFT],
                                         f->in[FOLDER_VAL], f->in[FOLDER_TEST] };
    f->h = h;
    f->w = w;
    f->pixels = (size_t)f->o->c*(size_t)h*(size_t)w;
    for (int set = 0; set < LISTING_SETS; set++) {
        f->bytes[set] = dataset_alloc(f->d, count[set], f->pixels, err);
        if (!f->bytes[set])
            return error_set(err, "%s: not enough memory for %zu %s images of %dx%dx%d bytes",
                             f->dir, count[set], names[set], f->o->c, h, w);
    }
    return true;
}

/* The next image of a part; NULL: it is not used. next: of each part, how many there were. */
static uint8_t *folder_place(const struct folder *f, size_t file, size_t next[FOLDER_PARTS])
{
    const enum folder_part part = f->part[file];
    const size_t at = next[part]++ + (part == FOLDER_LEFT ? f->in[FOLDER_TRAIN] : 0);
    return part == FOLDER_UNUSED ? NULL : f->bytes[folder_sets[part]] + at*f->pixels;
}

/* ---- one image ---- */

/* Not for the network as it is: what would help. */
static bool folder_misfit(const struct folder *f, const char *path, const struct image *image,
                          char *err)
{
    const struct data_options *o = f->o;
    static const char help[] = "--resize scales images, --middle takes their middle";
    if (f->fit.middle)
        return (image->h == o->h && image->w == o->w)
               || error_set(err, "%s: an image of %dx%d (height, width), smaller than the %dx%d "
                            "that the network takes; --resize scales images first", path, image->h,
                            image->w, o->h, o->w);
    if (f->h)
        return (image->h == f->h && image->w == f->w)
               || error_set(err, "%s: an image of %dx%d (height, width), and %s/%s is of %dx%d; %s",
                            path, image->h, image->w, f->dir, f->list.file[0].name, f->h, f->w,
                            help);
    const char *misfit = dataset_misfit(o, (size_t)o->c, (size_t)image->h, (size_t)image->w);
    return !misfit || error_set(err, "%s: an image of %dx%d (height, width), the network takes "
                                "%dx%d%s; %s", path, image->h, image->w, o->h, o->w, misfit, help);
}

/* The message is of one file; of a folder of such files there is more to say. */
static bool folder_no_image(const struct folder *f, const char *path, const struct image_file *file,
                            char *err)
{
    char word[FOLDER_PATH];
    const char *dot = strrchr(path, '.');
    if (!hint_picture(path, file->bytes, file->size, err))
        return error_set(err, "%s: is no image that is read: PNG, PPM (P3, P6) or PGM (P2, P5); "
                         "remove it, or let its name begin with a dot", path);
    const size_t length = strlen(err);
    hint_word(word, sizeof word, f->dir);
    if (dot && !strpbrk(dot, "/'"))
        snprintf(err + length, ERR_SIZE - length, "; of all such files: `find %s -name '*%s' -exec "
                 "mogrify -format png {} ';' -delete`", word, dot);
    return false;
}

/* The file's image, as the network takes it. */
static bool folder_image(const struct folder *f, const char *path, struct image *image, char *err)
{
    struct image_file file;
    if (!image_open(&file, path, f->o->classes, err)) {
        image_close(&file);
        return false;
    }
    bool good = image_pictures(&file) || folder_no_image(f, path, &file, err);
    good = good && image_next(&file, image, err) == IMAGE_GOOD;
    if (good && !image->alone)
        good = error_set(err, "%s: holds several images; in folders each has a file of its own",
                         path);
    image_close(&file);
    return good && image_channels(image, f->o->c, err)
           && image_fit(image, f->o->h, f->o->w, &f->fit, err);
}

static bool folder_path(const struct folder *f, size_t k, char path[FOLDER_PATH], char *err)
{
    return snprintf(path, FOLDER_PATH, "%s/%s", f->dir, f->list.file[k].name) < FOLDER_PATH
           || error_set(err, "%s: paths in it are too long", f->dir);
}

/* File k into `room`, unless it has a place. The first one makes the room for all. */
static bool folder_decode(struct folder *f, size_t k, size_t next[FOLDER_PARTS], uint8_t **room,
                          char *err)
{
    char path[FOLDER_PATH];
    struct image image = { .values = NULL };
    bool good = folder_path(f, k, path, err) && folder_image(f, path, &image, err)
                && folder_misfit(f, path, &image, err)
                && (f->h || folder_room(f, image.h, image.w, err));
    if (good && !*room) {
        *room = malloc(f->pixels);
        good = *room || error_set(err, "%s: not enough memory", path);
    }
    if (good) {
        uint8_t *to = folder_place(f, k, next);
        image_round(&image);
        for (size_t i = 0; i < f->pixels; i++)
            (*room)[i] = (uint8_t)(int)image.values[i];
        if (to)
            memcpy(to, *room, f->pixels);
    }
    image_free(&image);
    return good;
}

/* ---- all images ---- */

/* What the images are made of, and how. Of an image that is neither scaled nor cut the network's
** size does not matter. */
static bool folder_key(struct folder *f, char *err)
{
    const bool fitted = f->fit.resize || f->fit.middle;
    size_t size = 0;
    FILE *out = stream_memory(&f->key, &size);
    if (!out)
        return error_set(err, "%s: not enough memory", f->dir);
    fprintf(out, "%d %d %d %d %d\n", f->o->c, fitted ? f->o->h : 0, fitted ? f->o->w : 0,
            f->fit.resize, f->fit.middle);
    for (size_t k = 0; k < f->list.count; k++) {
        const struct listed *file = &f->list.file[k];
        fprintf(out, "%zu %s %lld %lld.%09lld\n", strlen(file->name), file->name,
                (long long)file->size, (long long)file->seconds, (long long)file->nanoseconds);
    }
    if (!stream_close(out))
        return error_set(err, "%s: not enough memory", f->dir);
    const int length = fitted ? snprintf(f->cache_path, FOLDER_PATH, "%s/.lathe-images-%dx%dx%d",
                                         f->dir, f->o->c, f->o->h, f->o->w)
                       : snprintf(f->cache_path, FOLDER_PATH, "%s/.lathe-images-%d", f->dir,
                                  f->o->c);
    f->cache = (struct image_cache){ .path = f->cache_path, .key = f->key, .key_size = size,
                                     .count = f->list.count, .c = f->o->c, .fd = -1 };
    return length < FOLDER_PATH || error_set(err, "%s: paths in it are too long", f->dir);
}

/* From the cache. False, and no message: it is none that could be trusted. */
static bool folder_kept(struct folder *f, bool *known, char *err)
{
    size_t next[FOLDER_PARTS] = { 0 };
    *known = false;
    if (f->o->no_cache || !image_cache_open(&f->cache))
        return true;
    const struct image shape = { .c = f->o->c, .h = f->cache.h, .w = f->cache.w };
    char path[FOLDER_PATH];
    bool good = folder_path(f, 0, path, err) && folder_misfit(f, path, &shape, err)
                && folder_room(f, shape.h, shape.w, err);
    *known = good;
    for (size_t k = 0; *known && k < f->list.count; k++) {
        uint8_t *to = folder_place(f, k, next);
        *known = !to || image_cache_get(&f->cache, k, to);
    }
    image_cache_close(&f->cache);
    return good;
}

/* What cannot be kept is a pity, and no reason not to train. */
static void folder_not_kept(struct folder *f, const char *why)
{
    snprintf(f->d->note, sizeof f->d->note, "its images are decoded anew each time: %s (--no-cache "
             "keeps none)", why);
    f->keeping = false;
}

/* From the files. */
static bool folder_files(struct folder *f, char *err)
{
    size_t next[FOLDER_PARTS] = { 0 };
    char why[ERR_SIZE - 256];
    uint8_t *room = NULL;
    bool good = true;
    for (size_t k = 0; good && k < f->list.count; k++) {
        if (f->o->no_cache && f->part[k] == FOLDER_UNUSED)
            continue;
        good = folder_decode(f, k, next, &room, err);
        if (good && k == 0 && !f->o->no_cache) {
            f->cache.h = f->h;
            f->cache.w = f->w;
            f->keeping = image_cache_start(&f->cache, why);
            if (!f->keeping)
                folder_not_kept(f, why);
        }
        if (good && f->keeping)
            image_cache_put(&f->cache, room);
    }
    free(room);
    if (f->keeping && !good)
        image_cache_drop(&f->cache);
    else if (f->keeping && !image_cache_finish(&f->cache, why))
        folder_not_kept(f, why);
    return good;
}

/* ---- the set ---- */

static bool folder_labels(struct folder *f, struct images *set, enum listing_set which, char *err)
{
    size_t next[FOLDER_PARTS] = { 0 };
    const size_t count = which == LISTING_TRAIN ? f->in[FOLDER_TRAIN] + f->in[FOLDER_LEFT]
                         : which == LISTING_VAL ? f->in[FOLDER_VAL] : f->in[FOLDER_TEST];
    int32_t *labels = dataset_alloc(f->d, count, sizeof *labels, err);
    if (!labels)
        return false;
    next[FOLDER_LEFT] = f->in[FOLDER_TRAIN];
    for (size_t k = 0; k < f->list.count; k++) {
        const enum folder_part part = f->part[k];
        if (part != FOLDER_UNUSED && folder_sets[part] == which)
            labels[next[part]++] = f->list.file[k].class;
    }
    *set = (struct images){ .count = count, .c = f->o->c, .h = f->h, .w = f->w,
                            .bytes = f->bytes[which], .labels = labels };
    return true;
}

/* In one block, as the listing ends before the set. */
static bool folder_class_names(struct folder *f, char *err)
{
    const size_t classes = (size_t)f->list.classes;
    size_t size = 0;
    for (size_t k = 0; k < classes; k++)
        size += strlen(f->list.class[k]) + 1;
    const char **names = dataset_alloc(f->d, classes, sizeof *names, err);
    char *text = names ? dataset_alloc(f->d, size, 1, err) : NULL;
    if (!text)
        return false;
    for (size_t k = 0; k < classes; k++) {
        names[k] = strcpy(text, f->list.class[k]);
        text += strlen(text) + 1;
    }
    f->d->class_names = names;
    return true;
}

static bool folder_classes(const struct folder *f, char *err)
{
    char text[512] = "";
    size_t n = 0;
    if (f->o->c > FOLDER_CHANNELS)
        return error_set(err, "%s: the network takes images of %d channels; those of files have 1 "
                         "(grey) to 4 (colour, opaqueness)", f->dir, f->o->c);
    for (int k = 0; k < f->list.classes && k < FOLDER_NAMES && n < sizeof text; k++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", k ? ", " : "", f->list.class[k]);
    return !f->o->classes || f->list.classes == f->o->classes
           || error_set(err, "%s/train: has %d folder%s, one for each class (%s%s), and the "
                        "network %d classes", f->dir, f->list.classes,
                        f->list.classes == 1 ? "" : "s", text,
                        f->list.classes > FOLDER_NAMES ? ", ..." : "", f->o->classes);
}

static bool folder_read(struct folder *f, char *err)
{
    struct dataset *d = f->d;
    bool known;
    if (!listing_open(&f->list, f->dir, err) || !folder_classes(f, err) || !folder_parts(f, err)
        || !folder_key(f, err) || !folder_kept(f, &known, err))
        return false;
    if (!known) {
        dataset_close(d);       /* what a damaged cache took room for */
        f->h = f->w = 0;
        if (!folder_files(f, err))
            return false;
    }
    if (!folder_labels(f, &d->train, LISTING_TRAIN, err)
        || !folder_labels(f, &d->val, LISTING_VAL, err)
        || !folder_labels(f, &d->test, LISTING_TEST, err) || !folder_class_names(f, err))
        return false;
    d->fit = d->train;
    d->train.count = f->in[FOLDER_TRAIN];
    d->folder = true;
    snprintf(d->source, sizeof d->source, "folders of images in %s%s", f->dir,
             !f->fit.resize && !f->fit.middle ? "" : !f->fit.resize ? ", their middle"
             : f->fit.middle ? ", their middle, scaled" : ", scaled");
    return true;
}

bool folder_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    struct folder f = { .d = d, .o = o, .dir = dir, .fit = { o->resize, o->middle } };
    bool good = folder_read(&f, err);
    listing_close(&f.list);
    free(f.part);
    free(f.key);
    return good;
}
