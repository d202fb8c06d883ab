/*
** cifar.c - CIFAR's binary format: the distributions, and own sets of as many whole records as
** their files have. It must never accept a file that is one byte short.
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
#include "file/matching.h"
#include "file/output.h"

enum { CIFAR_SIDE = 32, CIFAR_PIXELS = 3*CIFAR_SIDE*CIFAR_SIDE, CIFAR_LABELS = 2,
       CIFAR_PATH = 1024, CIFAR_TOGETHER = 64 /* records read at once: 197 KB */ };

/* How one of them is stored, and what its distribution has. */
struct cifar_format {
    const char *name, *train, *pattern, *test;  /* training files: a number in place of the # */
    const char *class_names[CIFAR_LABELS];      /* files of them */
    int classes[CIFAR_LABELS];                  /* by each of the labels, that come before pixels */
    int labels, files;                          /* training files, */
    size_t records, tests;                      /* records of each, and of the test file */
    const char *parts;                          /* all of them, in words */
};

enum cifar_kind { CIFAR_10, CIFAR_100 };

static const struct cifar_format cifar_formats[] = {
    [CIFAR_10] = { "CIFAR-10", "data_batch_#.bin", "data_batch_*.bin", "test_batch.bin",
                   { "batches.meta.txt", NULL }, { 10, 0 }, 1, 5, 10000, 10000,
                   "; CIFAR-10 is data_batch_1.bin to data_batch_5.bin and test_batch.bin" },
    [CIFAR_100] = { "CIFAR-100", "train.bin", "train.bin", "test.bin",
                    { "coarse_label_names.txt", "fine_label_names.txt" }, { 20, 100 }, 2, 1, 50000,
                    10000, "; CIFAR-100 is train.bin and test.bin" },
};

struct cifar {
    const struct cifar_format *format;
    const char *dir;
    int label, classes;         /* which label counts, and the network's classes */
    int files;                  /* for training; 1 to `files`, and 0 is the test file */
    size_t train, test;         /* records */
    char *err;
};

/* ---- files ---- */

static size_t cifar_size(const struct cifar *c)
{
    return (size_t)c->format->labels + CIFAR_PIXELS;
}

static const char *cifar_path(const struct cifar *c, int file, char path[CIFAR_PATH])
{
    const char *name = file ? c->format->train : c->format->test;
    const int mark = (int)strcspn(name, "#");
    if (name[mark])
        snprintf(path, CIFAR_PATH, "%s/%.*s%d%s", c->dir, mark, name, file, name + mark + 1);
    else
        snprintf(path, CIFAR_PATH, "%s/%s", c->dir, name);
    return path;
}

static bool cifar_there(const struct cifar *c, int file)
{
    char path[CIFAR_PATH];
    return matching_there(cifar_path(c, file, path));
}

/* What the distribution's file has. */
static size_t cifar_distributed(const struct cifar *c, int file)
{
    return file ? c->format->records : c->format->tests;
}

/* Files of the distribution that are there and have its size. */
static int cifar_original(const struct cifar *c)
{
    int found = 0;
    for (int k = 0; k <= c->format->files; k++) {
        char path[CIFAR_PATH];
        struct stat st;
        found += !stat(cifar_path(c, k, path), &st)
                 && (size_t)st.st_size == cifar_distributed(c, k)*cifar_size(c);
    }
    return found;
}

/* Whether it could be the distribution, damaged. Own files are all there, and none has its size. */
static bool cifar_may_be_original(const struct cifar *c)
{
    bool missing = false;
    for (int k = 0; k <= c->format->files; k++)
        missing |= !cifar_there(c, k);
    return missing || cifar_original(c) > 0;
}

/* The file, open, and how many records it holds; NULL: err. */
static FILE *cifar_open_file(const struct cifar *c, int file, size_t *records)
{
    char path[CIFAR_PATH], start[256];
    struct stat st = { .st_size = 0 };
    FILE *f = fopen(cifar_path(c, file, path), "rb");
    if (!f) {
        int failure = errno;
        if (!hint_compressed(path, c->err))
            error_set(c->err, "%s: cannot be opened: %s%s", path, strerror(failure),
                      failure == ENOENT ? c->format->parts : "");
        return NULL;
    }
    output_spare(fileno(f));
    const size_t read = fread(start, 1, sizeof start, f);
    bool good = (!ferror(f) && fstat(fileno(f), &st) == 0)
                || error_set(c->err, "%s: cannot be read: %s", path, strerror(errno));
    rewind(f);
    good = good && !foreign_found(path, start, read, c->err);
    const size_t size = cifar_size(c), bytes = (size_t)st.st_size;
    *records = bytes/size;
    if (good && (bytes % size || !bytes)) {
        good = error_set(c->err, "%s: short: record %zu at offset %zu has %zu of %zu bytes", path,
                         *records, *records*size, bytes % size, size);
        const size_t length = strlen(c->err);
        if (cifar_may_be_original(c))
            snprintf(c->err + length, ERR_SIZE - length, "; %s has %zu records there%s",
                     c->format->name, cifar_distributed(c, file),
                     c->format->labels == 1 ? " (`make data` fetches the files anew)" : "");
    }
    if (good)
        return f;
    fclose(f);
    return NULL;
}

/* ---- records ---- */

/* A file's, after the *at that are there. */
static bool cifar_records(const struct cifar *c, int file, uint8_t *pixels, int32_t *labels,
                          size_t *at)
{
    uint8_t some[CIFAR_TOGETHER*(CIFAR_LABELS + CIFAR_PIXELS)];
    char path[CIFAR_PATH];
    size_t size = cifar_size(c), records;
    FILE *f = cifar_open_file(c, file, &records);
    if (!f)
        return false;
    cifar_path(c, file, path);
    bool good = records <= c->train + c->test - *at
                || error_set(c->err, "%s: became longer while it was read", path);
    for (size_t k = 0; good && k < records; k++, ++*at) {
        const size_t next = k % CIFAR_TOGETHER, left = records - k;
        const size_t wanted = left < CIFAR_TOGETHER ? left : CIFAR_TOGETHER;
        if (next == 0 && fread(some, size, wanted, f) != wanted) {
            good = error_set(c->err, "%s: cannot be read: %s", path, ferror(f) ? strerror(errno)
                             : "it became shorter");
            break;
        }
        const uint8_t *record = some + next*size;
        const int label = record[c->label];
        if (label >= c->classes)
            good = error_set(c->err, "%s: record %zu at offset %zu: label %d, 0 to %d expected",
                             path, k, k*size, label, c->classes - 1);
        labels[*at] = label;
        memcpy(pixels + *at*CIFAR_PIXELS, record + c->format->labels, CIFAR_PIXELS);
    }
    fclose(f);
    return good;
}

/* How many there are. The numbers of training files have no gap. */
static bool cifar_count(struct cifar *c)
{
    char name[MATCHING_NAME] = "";
    int named = 0;
    while (matching_next(c->dir, c->format->pattern, name, name))
        named++;
    if (errno)
        return error_set(c->err, "%s: cannot be read: %s", c->dir, strerror(errno));
    do {
        size_t records;
        FILE *f = cifar_open_file(c, c->files + 1, &records);
        if (!f)
            return false;
        fclose(f);
        c->train += records;
        c->files++;
    } while (c->files < named);
    if (cifar_there(c, 0)) {
        FILE *f = cifar_open_file(c, 0, &c->test);
        if (f)
            fclose(f);
        return f;
    }
    return !errno || error_set(c->err, "%s: cannot be read: %s", c->dir, strerror(errno));
}

/* ---- the set ---- */

/* A name a line. Nothing depends on it, so it may be missing. */
static bool cifar_names(struct dataset *d, const struct cifar *c)
{
    char path[CIFAR_PATH];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", c->dir, c->format->class_names[c->label]);
    if (!matching_there(path) && !errno)
        return true;
    char *text = file_read(path, &size, c->err);
    if (!text)
        return false;
    if (foreign_found(path, text, size, c->err)) {
        free(text);
        return false;
    }
    char *copy = dataset_alloc(d, size + 1, 1, c->err);
    const char **names = copy ? dataset_alloc(d, (size_t)c->classes, sizeof *names, c->err) : NULL;
    if (copy)
        memcpy(copy, text, size);
    free(text);
    if (!names)
        return false;
    int n = 0;
    for (char *line = strtok(copy, "\r\n"); line && n < c->classes; line = strtok(NULL, "\r\n"))
        names[n++] = line;
    if (n == c->classes)
        d->class_names = names;
    return true;
}

/* The whole distribution has its own number of classes; a part of it is worth a word. */
static bool cifar_kind_of(struct dataset *d, const struct data_options *o, const struct cifar *c,
                          const char **name)
{
    const struct cifar_format *f = c->format;
    const int original = cifar_original(c), classes = f->classes[c->label];
    const bool whole = original == f->files + 1 && c->files == f->files;
    *name = whole ? f->name : "this set";
    if (!dataset_fits(o, c->dir, *name, 3, CIFAR_SIDE, CIFAR_SIDE, whole ? classes : o->classes,
                      c->err)) {
        const size_t length = strlen(c->err);
        if (whole && f->labels > 1 && !o->coarse && o->classes == f->classes[0])
            snprintf(c->err + length, ERR_SIZE - length, "; --coarse takes its %d coarse labels",
                     f->classes[0]);
        return false;
    }
    if (!whole && original > 0)
        snprintf(d->note, sizeof d->note, "%s: %zu training and %zu test images; %s has %zu and "
                 "%zu, so this is taken for a set of its own", c->dir, c->train, c->test, f->name,
                 (size_t)f->files*f->records, f->tests);
    snprintf(d->source, sizeof d->source, whole ? "%s in %s" : "own images, as %s's, in %s",
             f->name, c->dir);
    return true;
}

static bool cifar_open(struct dataset *d, const struct data_options *o, const char *dir,
                       enum cifar_kind kind, char *err)
{
    const struct cifar_format *format = &cifar_formats[kind];
    struct cifar c = { .format = format, .dir = dir, .err = err,
                       .classes = o->classes ? o->classes : UINT8_MAX + 1,
                       .label = o->coarse ? 0 : format->labels - 1 };
    const char *name;
    if (!cifar_count(&c) || !cifar_kind_of(d, o, &c, &name))
        return false;
    const size_t all = c.train + c.test;
    uint8_t *pixels = dataset_alloc(d, all, CIFAR_PIXELS, err);
    int32_t *labels = pixels ? dataset_alloc(d, all, sizeof *labels, err) : NULL;
    size_t at = 0;
    bool good = labels;
    for (int k = 1; good && k <= c.files; k++)
        good = cifar_records(&c, k, pixels, labels, &at);
    good = good && (!c.test || cifar_records(&c, 0, pixels, labels, &at));
    if (!good)
        return false;
    d->train = (struct images){ .count = c.train, .c = 3, .h = CIFAR_SIDE, .w = CIFAR_SIDE,
                                .bytes = pixels, .labels = labels };
    d->test = d->train;
    d->test.count = c.test;
    d->test.bytes = pixels + c.train*CIFAR_PIXELS;
    d->test.labels = labels + c.train;
    d->coarse = o->coarse;
    return cifar_names(d, &c) && dataset_split(d, o, name, err);
}

bool cifar_10_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    struct data_options one = *o;
    one.coarse = false;         /* there is one label; who opens the data says so */
    return cifar_open(d, &one, dir, CIFAR_10, err);
}

bool cifar_100_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    return cifar_open(d, o, dir, CIFAR_100, err);
}
