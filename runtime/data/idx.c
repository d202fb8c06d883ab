/*
** idx.c - MNIST's format. It must never accept a file that is one byte short or long.
*/
#include "data/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "file/file.h"
#include "file/foreign.h"
#include "file/hint.h"

enum { IDX_PATH = 1024, IDX_IMAGES = 0x803, IDX_LABELS = 0x801 };

/* DIR/PART-WHAT-idxN-ubyte; some archives have a dot in place of the last dash but one. Of names
** that are not there the one that is there compressed. */
static const char *idx_path(char *path, const char *dir, const char *part, bool images)
{
    static const struct { char mark; const char *end; } forms[] = {
        { '.', "" }, { '-', "" }, { '.', ".gz" }, { '-', ".gz" },
    };
    const char *what = images ? "images" : "labels", *kind = images ? "idx3" : "idx1";
    struct stat st;
    int length = 0;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        length = snprintf(path, IDX_PATH, "%s/%s-%s%c%s-ubyte", dir, part, what, forms[k].mark,
                          kind);
        snprintf(path + length, IDX_PATH - (size_t)length, "%s", forms[k].end);
        if (!stat(path, &st))
            break;
    }
    path[length] = '\0';
    return path;
}

static uint32_t idx_number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The whole file, whose header has `rank` sizes; NULL: err says why. */
static uint8_t *idx_read(const char *path, uint32_t magic, int rank, uint32_t *dim, char *err)
{
    size_t size, header = 4 + 4*(size_t)rank, values = 1;
    uint8_t *bytes = (uint8_t *)file_read(path, &size, err);
    if (!bytes) {
        hint_compressed(path, err);
        return NULL;
    }
    bool good = true;
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

static bool idx_set(struct dataset *d, const struct data_options *o, const char *dir,
                    const char *part, struct images *set, char *err)
{
    char path[IDX_PATH];
    uint32_t dim[3], count;
    uint8_t *file = idx_read(idx_path(path, dir, part, true), IDX_IMAGES, 3, dim, err);
    if (!file)
        return false;
    size_t bytes = (size_t)dim[0]*dim[1]*dim[2];
    uint8_t *pixels = dataset_alloc(d, bytes, 1, err);
    if (pixels)
        memcpy(pixels, file + 16, bytes);
    free(file);
    if (!pixels || !dataset_fits(o, path, "this set", 1, (int)dim[1], (int)dim[2], o->classes, err)
        || !dataset_alike(d, path, dim[1], dim[2], err))
        return false;
    file = idx_read(idx_path(path, dir, part, false), IDX_LABELS, 1, &count, err);
    int32_t *labels = file ? dataset_alloc(d, count, sizeof *labels, err) : NULL;
    bool good = labels && (count == dim[0] || error_set(err, "%s: %u labels of %u images", path,
                                                        count, dim[0]));
    for (uint32_t k = 0; good && k < count; k++) {
        labels[k] = file[8 + k];
        if (o->classes && labels[k] >= o->classes)
            good = error_set(err, "%s: label %d at offset %u; the network has classes 0 to %d",
                             path, labels[k], 8 + k, o->classes - 1);
    }
    free(file);
    *set = (struct images){ .count = dim[0], .c = 1, .h = (int)dim[1], .w = (int)dim[2],
                            .bytes = pixels, .labels = labels };
    return good;
}

bool idx_open(struct dataset *d, const struct data_options *o, const char *dir, char *err)
{
    snprintf(d->source, sizeof d->source, "IDX files in %s", dir);
    return idx_set(d, o, dir, "train", &d->train, err)
           && idx_set(d, o, dir, "t10k", &d->test, err)
           && dataset_split(d, o, "this set", err);
}
