/*
** cifar.c - CIFAR-10's binary distribution. It must never accept a file that is one
** byte short.
*/
#include "data/cifar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "file/file.h"
#include "file/foreign.h"
#include "file/hint.h"
#include "file/output.h"

enum { CIFAR_SIDE = 32, CIFAR_PIXELS = 3*CIFAR_SIDE*CIFAR_SIDE, CIFAR_LABELS = 2,
       CIFAR_TRAIN = 50000, CIFAR_TESTS = 10000, CIFAR_MOST = 100,
       CIFAR_PATH = 1024 };

/* How one of them is stored. */
struct cifar_format {
    const char *name, *class_names;
    int classes, labels, label;         /* bytes before the pixels, which of them counts */
    const char *file[6];                /* training files, then the test file */
    int files, records;                 /* training files, and records of each */
    const char *parts;                  /* all of them, in words */
};

enum cifar_kind { CIFAR_10, CIFAR_100 };

static const struct cifar_format cifar_formats[] = {
    [CIFAR_10] = { "CIFAR-10", "batches.meta.txt", 10, 1, 0,
                   { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                     "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin" }, 5, 10000,
                   "; CIFAR-10 is data_batch_1.bin to data_batch_5.bin and test_batch.bin" },
    [CIFAR_100] = { "CIFAR-100", "fine_label_names.txt", 100, 2, 1,
                    { "train.bin", "test.bin" }, 1, 50000,
                    "; CIFAR-100 is train.bin and test.bin" },
};

static size_t cifar_size(const struct cifar_format *format)
{
    return (size_t)format->labels + CIFAR_PIXELS;
}

static size_t cifar_count(const struct cifar_format *format, int file)
{
    return file < format->files ? (size_t)format->records : CIFAR_TESTS;
}

/* What to do about a file that is too short. Own images in this format are no distribution that
** could be fetched anew: all files are there, and none is of the size that it should be. */
static const char *cifar_remedy(const char *dir, const struct cifar_format *format)
{
    bool distributed = false;
    for (int k = 0; k <= format->files; k++) {
        char path[CIFAR_PATH];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, format->file[k]);
        distributed |= stat(path, &st) != 0
                       || (size_t)st.st_size == cifar_count(format, k)*cifar_size(format);
    }
    return !distributed ? "; own images are read from .npy arrays, of any number and size"
           : format->classes == 10 ? " (`make data` fetches the files anew)" : "";
}

/* A path between Python's double quotes. */
static const char *cifar_quoted(char *out, size_t size, const char *path)
{
    size_t n = 0;
    for (; *path && n + 3 < size; path++) {
        if (*path == '"' || *path == '\\')
            out[n++] = '\\';
        out[n++] = *path;
    }
    out[n] = '\0';
    return out;
}

/* Whole records, but not as many as the distribution has: someone's own images. */
static bool cifar_own(const char *path, const struct cifar_format *format, size_t expected,
                      size_t bytes, char *err)
{
    char quoted[2*CIFAR_PATH];
    size_t size = cifar_size(format), records = bytes/size;
    if (records == 0 || bytes % size || records == expected)
        return false;
    error_set(err, "%s: %zu records of %zu bytes, %s has %zu there; own images are read from .npy "
              "arrays; in Python: import numpy; r = numpy.fromfile(\"%s\", \"u1\").reshape(-1, "
              "%zu); "
              "numpy.save(\"x_train.npy\", r[:, %d:].reshape(-1, 3, 32, 32)); "
              "numpy.save(\"y_train.npy\", r[:, %d])", path, records, size, format->name, expected,
              cifar_quoted(quoted, sizeof quoted, path), size, format->labels, format->label);
    return true;
}

/* The records that a file must have, and nothing after them. */
static bool cifar_records(FILE *f, const char *path, const struct cifar_format *format,
                          const char *dir, size_t records, uint8_t *pixels, int32_t *labels,
                          char *err)
{
    uint8_t record[CIFAR_LABELS + CIFAR_PIXELS];
    size_t size = cifar_size(format);
    for (size_t k = 0; k < records; k++) {
        size_t n = fread(record, 1, size, f);
        if (n != size) {
            if (ferror(f))
                return error_set(err, "%s: cannot be read: %s", path, strerror(errno));
            return error_set(err, "%s: short: record %zu at offset %zu has %zu of %zu bytes; %zu "
                             "records expected%s", path, k, k*size, n, size, records,
                             cifar_remedy(dir, format));
        }
        int label = record[format->label];
        if (label >= format->classes)
            return error_set(err, "%s: record %zu at offset %zu: label %d, 0 to %d expected", path,
                             k, k*size, label, format->classes - 1);
        labels[k] = label;
        memcpy(pixels + k*CIFAR_PIXELS, record + format->labels, CIFAR_PIXELS);
    }
    if (getc(f) != EOF)
        return error_set(err, "%s: long: more than %zu records of %zu bytes", path, records, size);
    return true;
}

static bool cifar_file(const char *dir, const struct cifar_format *format, int file,
                       uint8_t *pixels, int32_t *labels, char *err)
{
    char path[CIFAR_PATH], start[256];
    struct stat st;
    size_t records = cifar_count(format, file);
    snprintf(path, sizeof path, "%s/%s", dir, format->file[file]);
    FILE *f = fopen(path, "rb");
    if (!f) {
        int failure = errno;
        return !hint_compressed(path, err)
               && error_set(err, "%s: cannot be opened: %s%s", path, strerror(failure),
                            failure == ENOENT ? format->parts : "");
    }
    output_spare(fileno(f));
    size_t read = fread(start, 1, sizeof start, f);
    rewind(f);
    bool good = !foreign_found(path, start, read, err)
                && (fstat(fileno(f), &st) || !S_ISREG(st.st_mode)
                    || !cifar_own(path, format, records, (size_t)st.st_size, err))
                && cifar_records(f, path, format, dir, records, pixels, labels, err);
    fclose(f);
    return good;
}

/* A name a line. Nothing depends on it, so it may be missing. */
static bool cifar_names(struct dataset *d, const char *dir, const struct cifar_format *format,
                        char *err)
{
    char path[CIFAR_PATH], ignored[ERR_SIZE];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", dir, format->class_names);
    char *text = file_read(path, &size, ignored);
    if (!text)
        return true;
    if (foreign_found(path, text, size, err)) {
        free(text);
        return false;
    }
    char *copy = dataset_alloc(d, size + 1, 1, err);
    const char **names = copy ? dataset_alloc(d, CIFAR_MOST, sizeof *names, err) : NULL;
    if (copy)
        memcpy(copy, text, size);
    free(text);
    if (!names)
        return false;
    int n = 0;
    for (char *line = strtok(copy, "\r\n"); line && n < format->classes;
         line = strtok(NULL, "\r\n"))
        names[n++] = line;
    if (n == format->classes)
        d->class_names = names;
    return true;
}

static bool cifar_open(struct dataset *d, const struct data_options *o, const char *dir,
                       enum cifar_kind kind, char *err)
{
    const struct cifar_format *format = &cifar_formats[kind];
    if (!dataset_fits(o, dir, format->name, 3, CIFAR_SIDE, CIFAR_SIDE, format->classes, err))
        return false;
    uint8_t *pixels = dataset_alloc(d, CIFAR_TRAIN + CIFAR_TESTS, CIFAR_PIXELS, err);
    int32_t *labels = pixels ? dataset_alloc(d, CIFAR_TRAIN + CIFAR_TESTS, sizeof *labels, err)
                             : NULL;
    if (!labels)
        return false;
    for (int k = 0; k <= format->files; k++) {
        size_t at = (size_t)k*(size_t)format->records;
        if (!cifar_file(dir, format, k, pixels + at*CIFAR_PIXELS, labels + at, err))
            return false;
    }
    d->train = (struct images){ .count = CIFAR_TRAIN, .c = 3, .h = CIFAR_SIDE, .w = CIFAR_SIDE,
                                .bytes = pixels, .labels = labels };
    d->test = d->train;
    d->test.count = CIFAR_TESTS;
    d->test.bytes = pixels + (size_t)CIFAR_TRAIN*CIFAR_PIXELS;
    d->test.labels = labels + CIFAR_TRAIN;
    snprintf(d->source, sizeof d->source, "%s in %s", format->name, dir);
    return cifar_names(d, dir, format, err) && dataset_split(d, o, format->name, err);
}

bool cifar_10_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    return cifar_open(d, o, dir, CIFAR_10, err);
}

bool cifar_100_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    return cifar_open(d, o, dir, CIFAR_100, err);
}
