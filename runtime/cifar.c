/*
** cifar.c - CIFAR-10's binary distribution. It must never accept a file that is one
** byte short.
*/
#include "cifar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"

enum { CIFAR_SIDE = 32, CIFAR_PIXELS = 3*CIFAR_SIDE*CIFAR_SIDE, CIFAR_RECORD = 1 + CIFAR_PIXELS,
       CIFAR_FILE = 10000, CIFAR_FILES = 5, CIFAR_CLASSES = 10, CIFAR_VAL = 1000,
       CIFAR_TEST = 1000 };

static bool cifar_records(FILE *f, const char *path, uint8_t *pixels, int32_t *labels, char *err)
{
    uint8_t record[CIFAR_RECORD];
    for (size_t k = 0; k < CIFAR_FILE; k++) {
        size_t n = fread(record, 1, sizeof record, f);
        if (n != sizeof record) {
            if (ferror(f))
                return error_set(err, "%s: cannot be read: %s", path, strerror(errno));
            return error_set(err, "%s: short: record %zu at offset %zu has %zu of %d bytes; %d "
                             "records expected (`make data` fetches the files anew)", path, k,
                             k*CIFAR_RECORD, n, CIFAR_RECORD, CIFAR_FILE);
        }
        if (record[0] >= CIFAR_CLASSES)
            return error_set(err, "%s: record %zu at offset %zu: label %d, 0 to 9 expected", path,
                             k, k*CIFAR_RECORD, record[0]);
        labels[k] = record[0];
        memcpy(pixels + k*CIFAR_PIXELS, record + 1, CIFAR_PIXELS);
    }
    if (getc(f) != EOF)
        return error_set(err, "%s: long: more than %d records of %d bytes", path, CIFAR_FILE,
                         CIFAR_RECORD);
    return true;
}

static bool cifar_file(const char *dir, const char *name, uint8_t *pixels, int32_t *labels,
                       char *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    bool good = cifar_records(f, path, pixels, labels, err);
    fclose(f);
    return good;
}

/* batches.meta.txt: a name a line. Nothing depends on it, so it may be missing. */
static bool cifar_names(struct dataset *d, const char *dir, char *err)
{
    char path[1024], ignored[ERR_SIZE];
    size_t size;
    snprintf(path, sizeof path, "%s/batches.meta.txt", dir);
    char *text = file_read(path, &size, ignored);
    if (!text)
        return true;
    char *copy = dataset_alloc(d, size + 1, 1, err);
    const char **names = copy ? dataset_alloc(d, CIFAR_CLASSES, sizeof *names, err) : NULL;
    if (copy)
        memcpy(copy, text, size);
    free(text);
    if (!names)
        return false;
    int n = 0;
    for (char *line = strtok(copy, "\r\n"); line && n < CIFAR_CLASSES; line = strtok(NULL, "\r\n"))
        names[n++] = line;
    if (n == CIFAR_CLASSES)
        d->class_names = names;
    return true;
}

static bool cifar_split(struct dataset *d, const struct data_options *o, char *err)
{
    size_t all = (size_t)CIFAR_FILES*CIFAR_FILE;
    size_t val = o->val_samples < 0 ? CIFAR_VAL : (size_t)o->val_samples;
    if (val >= all)
        return error_set(err, "--val-samples %zu: CIFAR-10 has %zu images to train and validate",
                         val, all);
    d->val = d->train;
    d->train.count = all - val;
    d->val.count = val;
    d->val.bytes = d->train.bytes + d->train.count*CIFAR_PIXELS;
    d->val.labels = d->train.labels + d->train.count;
    d->fit = d->train;
    return dataset_cut(&d->train, o->train_samples, "--train-samples", err)
           && dataset_cut(&d->test, o->test_samples < 0 ? CIFAR_TEST : o->test_samples,
                          "--test-samples", err);
}

bool cifar_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    size_t all = (size_t)(CIFAR_FILES + 1)*CIFAR_FILE;
    if (o->c != 3 || o->h != CIFAR_SIDE || o->w != CIFAR_SIDE)
        return error_set(err, "%s: CIFAR-10's images are 3x32x32, the network takes %dx%dx%d", dir,
                         o->c, o->h, o->w);
    if (o->classes != CIFAR_CLASSES)
        return error_set(err, "%s: CIFAR-10 has 10 classes, the network %d", dir, o->classes);
    uint8_t *pixels = dataset_alloc(d, all, CIFAR_PIXELS, err);
    int32_t *labels = pixels ? dataset_alloc(d, all, sizeof *labels, err) : NULL;
    if (!labels)
        return false;
    for (int k = 0; k <= CIFAR_FILES; k++) {
        char name[32] = "test_batch.bin";
        size_t at = (size_t)k*CIFAR_FILE;
        if (k < CIFAR_FILES)
            snprintf(name, sizeof name, "data_batch_%d.bin", k + 1);
        if (!cifar_file(dir, name, pixels + at*CIFAR_PIXELS, labels + at, err))
            return false;
    }
    size_t train = (size_t)CIFAR_FILES*CIFAR_FILE;
    d->train = (struct images){ .count = train, .c = 3, .h = CIFAR_SIDE, .w = CIFAR_SIDE,
                                .bytes = pixels, .labels = labels };
    d->test = d->train;
    d->test.count = CIFAR_FILE;
    d->test.bytes = pixels + train*CIFAR_PIXELS;
    d->test.labels = labels + train;
    snprintf(d->source, sizeof d->source, "CIFAR-10 in %s", dir);
    return cifar_names(d, dir, err) && cifar_split(d, o, err);
}
