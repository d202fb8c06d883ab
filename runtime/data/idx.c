/*
** idx.c - MNIST's format. It must never accept a file that is one byte short or long.
*/
#include "data/idx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "file/file.h"
#include "file/foreign.h"
#include "file/gzip.h"
#include "file/matching.h"

enum { IDX_DIR = 1024, IDX_PATH = IDX_DIR + MATCHING_NAME + 64,
       IDX_IMAGES = 0x803, IDX_LABELS = 0x801 };

/* Whose files are otherwise than MNIST's, by what their names begin with. */
static const struct idx_kind {
    const char *begin;
    bool sideways;              /* a column after the other */
    int first;                  /* the first class's label */
} idx_kinds[] = { { "emnist-letters-", true, 1 }, { "emnist-", true, 0 }, { "", false, 0 } };

struct idx {
    struct dataset *d;
    const struct data_options *o;
    char dir[IDX_DIR], name[MATCHING_NAME];     /* name: what stands before "train-images" */
    const struct idx_kind *kind;
    char *err;
};

/* ---- names ---- */

/* DIR/NAMEPART-WHAT-idxN-ubyte; some archives have a dot in place of the last dash but one. Whether
** it is there, compressed or not, or may be. */
static bool idx_path(const struct idx *f, char *path, const char *part, bool images)
{
    static const struct { char mark; const char *end; } forms[] = {
        { '.', "" }, { '-', "" }, { '.', ".gz" }, { '-', ".gz" },
    };
    const char *what = images ? "images" : "labels", *kind = images ? "idx3" : "idx1";
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        snprintf(path, IDX_PATH, "%s/%s%s-%s%c%s-ubyte%s", f->dir, f->name, part, what,
                 forms[k].mark, kind, forms[k].end);
        if (matching_there(path) || errno)
            return true;        /* to be opened, which tells why it cannot be */
    }
    snprintf(path, IDX_PATH, "%s/%s%s-%s-%s-ubyte", f->dir, f->name, part, what, kind);
    return false;
}

/* The name of the one set in a folder; of several that of MNIST's own files. */
static bool idx_name_in(struct idx *f)
{
    static const char *const patterns[] = { "*train-images[.-]idx3-ubyte",
                                            "*train-images[.-]idx3-ubyte.gz" };
    char first[MATCHING_NAME] = "", file[MATCHING_NAME], name[MATCHING_NAME];
    bool found = false;
    for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
        for (file[0] = '\0'; matching_next(f->dir, patterns[k], file, file);) {
            snprintf(name, sizeof name, "%.*s", (int)(strstr(file, "train-images") - file), file);
            if (!name[0]) {
                f->name[0] = '\0';
                return true;
            }
            if (found && strcmp(name, f->name))
                return error_set(f->err, "%s: holds several sets, as %s and %s: --data takes the "
                                 "training images of one: --data %s/%s", f->dir, first, file,
                                 f->dir, first);
            if (!found)
                snprintf(first, sizeof first, "%s", file);
            snprintf(f->name, sizeof f->name, "%s", name);
            found = true;
        }
        if (errno)
            return error_set(f->err, "%s: cannot be read: %s", f->dir, strerror(errno));
    }
    return found || error_set(f->err, "%s: holds no train-images-idx3-ubyte", f->dir);
}

static bool idx_find(struct idx *f, const char *path)
{
    struct stat st;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const char *end = strstr(file, "train-images");
    const bool folder = !stat(path, &st) && S_ISDIR(st.st_mode);
    if (folder || !end) {
        snprintf(f->dir, sizeof f->dir, "%s", path);
        if (!idx_name_in(f))
            return false;
    } else {
        snprintf(f->dir, sizeof f->dir, "%.*s", slash > path ? (int)(slash - path) : 1,
                 slash ? path : ".");
        snprintf(f->name, sizeof f->name, "%.*s", (int)(end - file), file);
    }
    f->kind = idx_kinds;
    while (strncmp(f->name, f->kind->begin, strlen(f->kind->begin)))
        f->kind++;
    return true;
}

/* ---- files ---- */

static uint32_t idx_number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The whole file, whose header has `rank` sizes; NULL: err says why. */
static uint8_t *idx_read(const char *path, uint32_t magic, int rank, uint32_t *dim, char *err)
{
    size_t size, header = 4 + 4*(size_t)rank, values = 1;
    uint8_t *bytes = gzip_read(path, &size, err);
    bool good = true;
    if (!bytes)
        return NULL;
    if (size < header || idx_number(bytes) != magic)
        good = error_set(err, "%s: is no IDX file of bytes with %d dimension%s: its first 4 bytes "
                         "are to be 00 00 08 %02x", path, rank, rank == 1 ? "" : "s", rank);
    for (int k = 0; good && k < rank; k++) {
        dim[k] = idx_number(bytes + 4 + 4*k);
        if (__builtin_mul_overflow(values, (size_t)dim[k], &values))
            good = error_set(err, "%s: sizes that cannot be", path);
    }
    if (good && size - header != values)
        good = error_set(err, "%s: %s: %zu bytes after the header of %zu, %zu expected", path,
                         size - header < values ? "short" : "long", size - header, header, values);
    if (good)
        return bytes;
    foreign_found(path, bytes, size, err);
    free(bytes);
    return NULL;
}

static bool idx_images(const struct idx *f, struct images *set, const char *path)
{
    uint32_t dim[3];
    uint8_t *file = idx_read(path, IDX_IMAGES, 3, dim, f->err);
    if (!file)
        return false;
    const size_t rows = dim[1], columns = dim[2], map = rows*columns;
    const bool sideways = f->kind->sideways;
    uint8_t *pixels = dataset_alloc(f->d, dim[0]*map, 1, f->err);
    if (pixels && !sideways)
        memcpy(pixels, file + 16, dim[0]*map);
    for (size_t k = 0; pixels && sideways && k < dim[0]; k++)
        for (size_t at = 0; at < map; at++)
            pixels[k*map + at % columns*rows + at/columns] = file[16 + k*map + at];
    free(file);
    *set = (struct images){ .count = dim[0], .c = 1, .h = (int)(sideways ? columns : rows),
                            .w = (int)(sideways ? rows : columns), .bytes = pixels };
    return pixels && dataset_fits(f->o, path, "this set", 1, set->h, set->w, f->o->classes, f->err)
           && dataset_alike(f->d, path, (size_t)set->h, (size_t)set->w, f->err);
}

static bool idx_labels(const struct idx *f, struct images *set, const char *path)
{
    uint32_t count;
    const int first = f->kind->first;
    uint8_t *file = idx_read(path, IDX_LABELS, 1, &count, f->err);
    int32_t *labels = file ? dataset_alloc(f->d, count, sizeof *labels, f->err) : NULL;
    bool good = labels && (count == set->count
                           || error_set(f->err, "%s: %u labels of %zu images", path, count,
                                        set->count));
    for (uint32_t k = 0; good && k < count; k++) {
        labels[k] = file[8 + k] - first;
        if (labels[k] < 0 || (f->o->classes && labels[k] >= f->o->classes))
            good = error_set(f->err, "%s: label %d at offset %u; the network has %d classes, "
                             "labels %d to %d", path, file[8 + k], 8 + k, f->o->classes, first,
                             f->o->classes - 1 + first);
    }
    free(file);
    set->labels = labels;
    return good;
}

static bool idx_set(const struct idx *f, const char *part, struct images *set)
{
    char path[IDX_PATH];
    idx_path(f, path, part, true);
    if (!idx_images(f, set, path))
        return false;
    idx_path(f, path, part, false);
    return idx_labels(f, set, path);
}

/* Where there are no test images, none are taken. */
static bool idx_test(const struct idx *f)
{
    static const char *const parts[] = { "t10k", "test" };
    char path[IDX_PATH];
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (idx_path(f, path, parts[k], true))
            return idx_set(f, parts[k], &f->d->test);
    f->d->test = f->d->train;
    f->d->test.count = 0;
    return true;
}

enum { IDX_CLASS = 8 };         /* of a class's name and its zero */

/* A line's characters, by their codes, after its label: "10 65", or of letters "1 65 97". False: it
** is no such line. */
static bool idx_name_of(const char *line, int first, int classes, char (*names)[IDX_CLASS])
{
    enum { LEAST = '!', MOST = '~' };
    char *end;
    const long class = strtol(line, &end, 10) - first;
    size_t n = 0;
    if (end == line || class < 0 || class >= classes)
        return false;
    for (line = end;; line = end) {
        const long code = strtol(line, &end, 10);
        if (end == line)
            return n > 0 && !line[strspn(line, " \r")];
        if (code < LEAST || code > MOST || n + 1 == IDX_CLASS)
            return false;
        names[class][n++] = (char)code;
        names[class][n] = '\0';
    }
}

/* From NAMEmapping.txt, as EMNIST has it. Nothing depends on it, so it may be missing, or other
** text. */
static bool idx_names(const struct idx *f)
{
    const size_t classes = (size_t)f->o->classes;
    char path[IDX_PATH];
    size_t size;
    snprintf(path, sizeof path, "%s/%smapping.txt", f->dir, f->name);
    if (!*f->name || (!matching_there(path) && !errno))
        return true;
    char *text = file_read(path, &size, f->err);
    if (!text)
        return false;
    char (*room)[IDX_CLASS] = dataset_alloc(f->d, classes, sizeof *room, f->err);
    const char **names = room ? dataset_alloc(f->d, classes, sizeof *names, f->err) : NULL;
    bool good = names;
    for (char *line = good ? strtok(text, "\n") : NULL; line && good; line = strtok(NULL, "\n"))
        good = idx_name_of(line, f->kind->first, f->o->classes, room);
    for (size_t k = 0; k < classes && good; k++) {
        names[k] = room[k];
        good = room[k][0];
    }
    free(text);
    if (good)
        f->d->class_names = names;
    return names;
}

bool idx_open(struct dataset *d, const struct data_options *o, const char *path, char *err)
{
    struct idx f = { .d = d, .o = o, .err = err };
    if (!idx_find(&f, path))
        return false;
    snprintf(d->source, sizeof d->source, "IDX files%s%.*s in %.160s%s%s", *f.name ? " " : "",
             *f.name ? (int)strlen(f.name) - 1 : 0, f.name, f.dir,
             f.kind->sideways ? ", turned upright" : "", f.kind->first ? ", labels from 1" : "");
    return idx_set(&f, "train", &d->train) && idx_test(&f) && idx_names(&f)
           && dataset_split(d, o, "this set", err);
}
