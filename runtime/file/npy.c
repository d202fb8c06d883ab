/*
** npy.c - NumPy's array files. It must never trust a length that the file states.
*/
#include "file/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "file/file.h"
#include "file/foreign.h"
#include "file/json.h"
#include "file/literal.h"

static const struct { const char *text; size_t size; } npy_types[] = {
    [NPY_F4] = { "<f4", 4 }, [NPY_F8] = { "<f8", 8 }, [NPY_U1] = { "|u1", 1 },
    [NPY_I4] = { "<i4", 4 }, [NPY_I8] = { "<i8", 8 },
};

size_t npy_size(enum npy_type type)
{
    return npy_types[type].size;
}

double npy_number(const struct npy *a, size_t k)
{
    switch (a->type) {
    case NPY_U1: return ((const uint8_t *)a->data)[k];
    case NPY_I4: return ((const int32_t *)a->data)[k];
    case NPY_I8: return (double)((const int64_t *)a->data)[k];
    case NPY_F4: return (double)((const float *)a->data)[k];
    case NPY_F8: break;
    }
    return ((const double *)a->data)[k];
}

/* ---- the header ---- */

/* How values are stored. */
struct npy_form { char kind; size_t size; bool swapped; };

/* What numpy.dtype() takes for numbers, but for their size in digits. */
static const struct { const char *name; char kind; size_t size; } npy_names[] = {
    { "?", 'b', 1 }, { "b", 'i', 1 }, { "B", 'u', 1 }, { "h", 'i', 2 }, { "H", 'u', 2 },
    { "i", 'i', 4 }, { "I", 'u', 4 }, { "l", 'i', 8 }, { "L", 'u', 8 }, { "q", 'i', 8 },
    { "Q", 'u', 8 }, { "p", 'i', 8 }, { "P", 'u', 8 }, { "n", 'i', 8 }, { "N", 'u', 8 },
    { "e", 'f', 2 }, { "f", 'f', 4 }, { "d", 'f', 8 },
};
static const struct { const char *name; char kind; size_t size; } npy_words[] = {
    { "bool", 'b', 1 }, { "bool_", 'b', 1 }, { "byte", 'i', 1 }, { "int8", 'i', 1 },
    { "ubyte", 'u', 1 }, { "uint8", 'u', 1 }, { "short", 'i', 2 }, { "int16", 'i', 2 },
    { "ushort", 'u', 2 }, { "uint16", 'u', 2 }, { "intc", 'i', 4 }, { "int32", 'i', 4 },
    { "uintc", 'u', 4 }, { "uint32", 'u', 4 }, { "int", 'i', 8 }, { "int_", 'i', 8 },
    { "int64", 'i', 8 }, { "intp", 'i', 8 }, { "long", 'i', 8 }, { "longlong", 'i', 8 },
    { "uint", 'u', 8 }, { "uint64", 'u', 8 }, { "uintp", 'u', 8 }, { "ulong", 'u', 8 },
    { "ulonglong", 'u', 8 }, { "half", 'f', 2 }, { "float16", 'f', 2 }, { "single", 'f', 4 },
    { "float32", 'f', 4 }, { "double", 'f', 8 }, { "float", 'f', 8 }, { "float64", 'f', 8 },
};
#define NPY_COUNT(table) (sizeof table / sizeof *table)

static bool npy_named(const char *text, struct npy_form *form)
{
    for (size_t k = 0; k < NPY_COUNT(npy_words); k++)
        if (strcmp(text, npy_words[k].name) == 0) {
            *form = (struct npy_form){ npy_words[k].kind, npy_words[k].size, false };
            return true;
        }
    form->swapped = *text == '>';
    text += *text && strchr("<>=|", *text);
    for (size_t k = 0; k < NPY_COUNT(npy_names); k++)
        if (strcmp(text, npy_names[k].name) == 0) {
            form->kind = npy_names[k].kind;
            form->size = npy_names[k].size;
            return true;
        }
    /* f4, u1: a kind and its bytes, as strtol() reads them */
    char *end;
    if (!*text || !strchr("biuf", *text) || !text[1])
        return false;
    long size = strtol(text + 1, &end, 10);
    form->kind = *text;
    form->size = (size_t)size;
    return !*end && (size == 1 || size == 2 || size == 4 || size == 8)
           && (*text != 'b' || size == 1) && (*text != 'f' || size > 1);
}

static bool npy_type(const struct literal *type, struct npy_form *form, const char *path, char *err)
{
    bool text = type->kind == LITERAL_TEXT && strlen(type->text) == type->length;
    if (text && npy_named(type->text, form))
        return true;
    const char *letter = text ? type->text + strspn(type->text, "<>=|") : "";
    const bool names = *letter && strchr("USaO", *letter);
    return error_set(err, "%s: type %.40s; numbers of 1 to 8 bytes are read: numpy.save(FILE, %s",
                     path, text ? type->text : "of several parts",
                     names ? "numpy.unique(y, return_inverse=True)[1]), where they name classes"
                     : "x.astype('f4'))");
}

static bool npy_shape(struct npy *a, const struct literal *shape, const char *path, char *err)
{
    bool good = shape->kind == LITERAL_TUPLE;
    size_t most = SIZE_MAX/16, product = 1;      /* of the sizes that are not 0 */
    a->count = 1;
    a->rank = 0;
    for (const struct literal *n = shape->first; n && good; n = n->next) {
        good = n->kind == LITERAL_INTEGER && !n->large && (!n->negative || n->value == 0)
               && n->value <= most && a->rank < NPY_MAX_RANK;
        if (!good)
            break;
        good = !n->value || product <= most/n->value;
        product *= n->value ? n->value : 1;
        a->dim[a->rank++] = n->value;
        a->count *= n->value;
    }
    return good || error_set(err, "%s: damaged: its shape is none of an array: at most %d sizes, "
                             "(60, 1, 8, 8)", path, NPY_MAX_RANK);
}

static bool npy_is(const struct literal *v, const char *text)
{
    return v->kind == LITERAL_TEXT && v->length == strlen(text) && strcmp(v->text, text) == 0;
}

/* The dictionary of exactly three keys. */
static bool npy_header(struct npy *a, const struct literal *header, struct npy_form *form,
                       bool *fortran, const char *path, char *err)
{
    static const char *const keys[] = { "descr", "fortran_order", "shape" };
    const struct literal *value[3];
    if (!header || header->kind != LITERAL_DICT)
        return error_set(err, "%s: damaged: its header is no dictionary of Python's: {'descr': "
                         "'<f4', 'fortran_order': False, 'shape': (60, 1, 8, 8), }", path);
    for (int k = 0; k < 3; k++) {
        value[k] = literal_get(header, keys[k]);
        if (!value[k])
            return error_set(err, "%s: damaged: its header has no %s", path, keys[k]);
    }
    for (const struct literal *k = header->first; k; k = k->next->next)
        if (!npy_is(k, keys[0]) && !npy_is(k, keys[1]) && !npy_is(k, keys[2]))
            return error_set(err, "%s: damaged: its header has keys other than descr, "
                             "fortran_order and shape", path);
    *fortran = value[1]->kind == LITERAL_TRUE;
    if (!*fortran && value[1]->kind != LITERAL_FALSE)
        return error_set(err, "%s: damaged: its fortran_order is neither True nor False", path);
    return npy_type(value[0], form, path, err) && npy_shape(a, value[2], path, err);
}

/* The header's text, of `length` bytes. */
static bool npy_text(struct npy *a, const unsigned char *bytes, size_t length, int version,
                     struct npy_form *form, bool *fortran, const char *path, char *err)
{
    enum { MOST = 10000 };      /* characters, numpy's limit */
    void *room = NULL;
    size_t characters = 0;
    char *text = malloc(length + 1);
    if (!text)
        return error_set(err, "%s: not enough memory", path);
    memcpy(text, bytes, length);
    text[length] = 0;
    for (size_t k = 0; k < length; k++)
        characters += version < 3 || (bytes[k] & 0xc0) != 0x80;
    bool good = (characters <= MOST && !memchr(text, 0, length)
                 && (version < 3 || !json_not_utf8(text, length)))
                || error_set(err, "%s: damaged: its header is no text of up to %d characters", path,
                             MOST);
    if (good) {
        const struct literal *header = literal_read(text, version < 3, &room);
        good = room ? npy_header(a, header, form, fortran, path, err)
                    : error_set(err, "%s: not enough memory", path);
    }
    free(room);
    free(text);
    return good;
}

/* ---- the values ---- */

/* Value `at` of the array in C order is value npy_place() of one in Fortran order. */
static size_t npy_place(const struct npy *a, size_t at)
{
    size_t place = 0, step = a->count;
    for (int k = a->rank - 1; k >= 0; k--) {
        step /= a->dim[k];
        place += at % a->dim[k]*step;
        at /= a->dim[k];
    }
    return place;
}

/* As one of the types of enum npy_type, which holds every value but those of u8 from 2^63 on. */
static enum npy_type npy_kept(const struct npy_form *form)
{
    if (form->kind == 'f')
        return form->size == 8 ? NPY_F8 : NPY_F4;
    if (form->kind == 'b' || (form->kind == 'u' && form->size == 1))
        return NPY_U1;
    return form->size == 8 || (form->kind == 'u' && form->size == 4) ? NPY_I8 : NPY_I4;
}

/* One value from its bytes; false: it does not fit. */
static bool npy_value(const struct npy_form *form, const unsigned char *from, void *to,
                      enum npy_type type)
{
    uint64_t bits = 0;
    int shift = 64 - 8*(int)form->size;
    for (size_t k = 0; k < form->size; k++)
        bits |= (uint64_t)from[form->swapped ? form->size - 1 - k : k] << 8*k;
    if (form->kind == 'f' && form->size == 2) {
        float value = half_value((uint32_t)bits);
        memcpy(to, &value, sizeof value);
        return true;
    }
    if (form->kind == 'b')
        bits = bits != 0;
    else if (form->kind == 'i' && bits << shift >> 63)
        bits |= ~(UINT64_MAX >> shift);     /* the sign */
    memcpy(to, &bits, npy_types[type].size);    /* little endian, as the file is written */
    return form->kind != 'u' || form->size < 8 || bits <= INT64_MAX;
}

static bool npy_values(struct npy *a, const unsigned char *bytes, const struct npy_form *form,
                       bool fortran, const char *path, char *err)
{
    size_t size = npy_types[a->type].size;
    bool same = size == form->size && !form->swapped && form->kind != 'b'
                && (form->kind != 'u' || size == 1);
    unsigned char *to = a->data;
    if (same && !fortran)
        memcpy(a->data, bytes, a->count*size);
    for (size_t k = 0; k < a->count && (!same || fortran); k++) {
        size_t at = fortran ? npy_place(a, k) : k;
        if (!npy_value(form, bytes + at*form->size, to + k*size, a->type))
            return error_set(err, "%s: value %zu is greater than %lld", path, k,
                             (long long)INT64_MAX);
    }
    return true;
}

static bool npy_array(struct npy *a, const unsigned char *bytes, size_t size, const char *path,
                      char *err)
{
    struct npy_form form = { 0 };
    bool fortran = false;
    if (size < 12 || !npy_begins(bytes, size))
        return error_set(err, "%s: no .npy file", path);
    int version = bytes[6];
    if (version < 1 || version > 3 || bytes[7])
        return error_set(err, "%s: version %d.%d of the .npy format; 1.0, 2.0 and 3.0 are read",
                         path, version, bytes[7]);
    size_t start = version == 1 ? 10 : 12;
    size_t length = bytes[8] | (size_t)bytes[9] << 8;
    if (version > 1)
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (length > size - start)
        return error_set(err, "%s: truncated: its header is longer than the file", path);
    if (!npy_text(a, bytes + start, length, version, &form, &fortran, path, err))
        return false;
    size_t expected = a->count*form.size, found = size - start - length;
    if (found != expected)
        return error_set(err, "%s: %zu bytes of data at offset %zu, its shape takes %zu", path,
                         found, start + length, expected);
    a->type = npy_kept(&form);
    a->data = malloc(a->count*npy_types[a->type].size + 1);
    if (!a->data)
        return error_set(err, "%s: not enough memory for %zu values", path, a->count);
    a->file = a->data;
    return npy_values(a, bytes + start + length, &form, fortran, path, err);
}

bool npy_begins(const void *file, size_t size)
{
    return size >= 6 && memcmp(file, "\x93NUMPY", 6) == 0;
}

bool npy_parse(struct npy *a, const void *file, size_t size, const char *path, char *err)
{
    *a = (struct npy){ .rank = 0 };
    if (npy_array(a, file, size, path, err))
        return true;
    foreign_found(path, file, size, err);
    npy_close(a);
    return false;
}

bool npy_read(struct npy *a, const char *path, char *err)
{
    size_t size;
    *a = (struct npy){ .rank = 0 };
    unsigned char *bytes = file_read(path, &size, err);
    bool good = bytes && npy_parse(a, bytes, size, path, err);
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
