/*
** npy.c - NumPy's array files. It must never trust a length that the file states.
*/
#include "npy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "foreign.h"

static const struct { const char *text; size_t size; } npy_types[] = {
    [NPY_F4] = { "<f4", 4 }, [NPY_F8] = { "<f8", 8 }, [NPY_U1] = { "|u1", 1 },
    [NPY_I4] = { "<i4", 4 }, [NPY_I8] = { "<i8", 8 },
};
enum { NPY_TYPES = sizeof npy_types / sizeof *npy_types };

/* Behind `'key':` in the header's dictionary, blanks skipped; NULL: not there. */
static const char *npy_entry(const char *header, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *s = strstr(header, quoted);
    if (!s)
        return NULL;
    s += strlen(quoted);
    return s + strspn(s, " ");
}

static bool npy_shape(struct npy *a, const char *s)
{
    a->count = 1;
    if (!s || *s++ != '(')
        return false;
    for (;;) {
        s += strspn(s, " ,");
        if (*s == ')')
            return true;
        char *end;
        unsigned long long n = strtoull(s, &end, 10);
        if (end == s || *s == '-' || a->rank == NPY_MAX_RANK || n > SIZE_MAX / 16)
            return false;
        if (n && a->count > SIZE_MAX / 16 / n)
            return false;
        a->dim[a->rank++] = (size_t)n;
        a->count *= (size_t)n;
        s = end;
    }
}

static bool npy_header(struct npy *a, const char *header, const char *path, char *err)
{
    const char *type = npy_entry(header, "descr"), *order = npy_entry(header, "fortran_order");
    if (!type || !order)
        return error_set(err, "%s: damaged: its header has no %s", path,
                         type ? "fortran_order" : "descr");
    if (strncmp(order, "False", 5))
        return error_set(err, "%s: Fortran order; save numpy.ascontiguousarray(x) instead", path);
    for (int k = 0; k < NPY_TYPES; k++)
        if (*type == '\'' && !strncmp(type + 1, npy_types[k].text, 3)) {
            a->type = (enum npy_type)k;
            return npy_shape(a, npy_entry(header, "shape"))
                   || error_set(err, "%s: damaged: its header states no shape", path);
        }
    return error_set(err, "%s: type %.*s; f4, f8, u1, i4 and i8 (little endian) are read", path,
                     (int)strcspn(type, ","), type);
}

static bool npy_parse(struct npy *a, const unsigned char *bytes, size_t size, const char *path,
                      char *err)
{
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6))
        return error_set(err, "%s: no .npy file", path);
    bool first = bytes[6] == 1;
    size_t start = first ? 10 : 12;
    size_t length = bytes[8] | (size_t)bytes[9] << 8;
    if (!first)
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (length > size - start)
        return error_set(err, "%s: truncated: its header is longer than the file", path);
    char *header = malloc(length + 1);
    if (!header)
        return error_set(err, "%s: not enough memory", path);
    memcpy(header, bytes + start, length);
    header[length] = 0;
    bool good = npy_header(a, header, path, err);
    free(header);
    if (!good)
        return false;
    size_t expected = a->count*npy_types[a->type].size, found = size - start - length;
    if (found != expected)
        return error_set(err, "%s: %zu bytes of data at offset %zu, its shape takes %zu", path,
                         found, start + length, expected);
    a->data = malloc(expected ? expected : 1);
    if (!a->data)
        return error_set(err, "%s: not enough memory for %zu bytes", path, expected);
    memcpy(a->data, bytes + start + length, expected);
    a->file = a->data;
    return true;
}

bool npy_read(struct npy *a, const char *path, char *err)
{
    size_t size;
    *a = (struct npy){ .rank = 0 };
    unsigned char *bytes = file_read(path, &size, err);
    if (!bytes)
        return false;
    bool good = npy_parse(a, bytes, size, path, err);
    if (!good)
        foreign_found(path, bytes, size, err);
    free(bytes);
    return good;
}

void npy_close(struct npy *a)
{
    free(a->file);
    *a = (struct npy){ .rank = 0 };
}

bool npy_write(const char *path, enum npy_type type, const size_t *dim, int rank,
               const void *data, char *err)
{
    char shape[256] = "", header[512];
    size_t count = 1, length = 0;
    for (int k = 0; k < rank; k++) {
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%zu, ", dim[k]);
        count *= dim[k];
    }
    int n = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': "
                     "(%s), }", npy_types[type].text, shape);
    size_t padded = ((size_t)n + 11 + 63) / 64*64 - 10;    /* data begins at a multiple of 64 */
    size_t bytes = count*npy_types[type].size;
    unsigned char *file = malloc(10 + padded + bytes);
    if (!file)
        return error_set(err, "%s: not enough memory", path);
    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = (unsigned char)(padded & 255);
    file[9] = (unsigned char)(padded >> 8);
    memset(file + 10, ' ', padded);
    memcpy(file + 10, header, (size_t)n);
    file[10 + padded - 1] = '\n';
    memcpy(file + 10 + padded, data, bytes);
    bool good = file_write(path, file, 10 + padded + bytes, err);
    free(file);
    return good;
}
