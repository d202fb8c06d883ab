/*
** onnx_tensor.c - a tensor's values: in raw bytes, in a list of its type, or in a file beside the
** model. It must never believe a dim before the bytes are there, nor open what lies elsewhere.
*/
#include "exchange/onnx_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/half.h"
#include "base/text.h"

/* The list that holds values which are not raw (onnx.proto, at each list). */
enum list { IN_NONE, IN_FLOATS, IN_DOUBLES, IN_INTS32, IN_INTS64, IN_UINTS64 };

static const struct type {
    const char *name; size_t size; enum list list; bool is_signed;
} types[] = {
    [ONNX_F32] = { "float32", 4, IN_FLOATS, false },
    [ONNX_U8] = { "uint8", 1, IN_INTS32, false },
    [ONNX_I8] = { "int8", 1, IN_INTS32, true },
    [ONNX_U16] = { "uint16", 2, IN_INTS32, false },
    [ONNX_I16] = { "int16", 2, IN_INTS32, true },
    [ONNX_I32] = { "int32", 4, IN_INTS32, true },
    [ONNX_I64] = { "int64", 8, IN_INTS64, true },
    [ONNX_STRING] = { "string", 0, IN_NONE, false },
    [ONNX_BOOL] = { "bool", 1, IN_INTS32, false },
    [ONNX_F16] = { "float16", 2, IN_INTS32, false },
    [ONNX_F64] = { "float64", 8, IN_DOUBLES, false },
    [ONNX_U32] = { "uint32", 4, IN_UINTS64, false },
    [ONNX_U64] = { "uint64", 8, IN_UINTS64, false },
    [14] = { "complex64", 0, IN_NONE, false },
    [15] = { "complex128", 0, IN_NONE, false },
    [ONNX_BF16] = { "bfloat16", 2, IN_INTS32, false },
    [17] = { "float8e4m3fn", 0, IN_NONE, false },
    [18] = { "float8e4m3fnuz", 0, IN_NONE, false },
    [19] = { "float8e5m2", 0, IN_NONE, false },
    [20] = { "float8e5m2fnuz", 0, IN_NONE, false },
    [21] = { "uint4", 0, IN_NONE, false },
    [22] = { "int4", 0, IN_NONE, false },
    [23] = { "float4e2m1", 0, IN_NONE, false },
};

static const struct type *type_of(int64_t type)
{
    bool known = type > 0 && type < (int64_t)(sizeof types / sizeof *types) && types[type].name;
    return known ? &types[type] : NULL;
}

const char *onnx_type_name(int type)
{
    return type_of(type) ? type_of(type)->name : "unknown";
}

static bool wrong(const struct onnx_file_tensor *from, char *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool wrong(const struct onnx_file_tensor *from, char *err, const char *format, ...)
{
    char what[ERR_SIZE/2];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(err, "byte %zu: tensor \"%.80s\" %s", from->place,
                     from->name ? from->name : "", what);
}

/* The value whose bits are the lowest of `bits`. */
static double value_of(enum onnx_type type, uint64_t bits)
{
    const struct type *t = &types[type];
    uint64_t sign = UINT64_C(1) << (8*t->size - 1);
    float f32;
    double f64;
    uint32_t low = (uint32_t)bits;
    switch (type) {
    case ONNX_F16:
        return (double)half_value(low);
    case ONNX_BF16:
        return (double)half_brain(low);
    case ONNX_F32:
        memcpy(&f32, &low, sizeof f32);
        return (double)f32;
    case ONNX_F64:
        memcpy(&f64, &bits, sizeof f64);
        return f64;
    case ONNX_BOOL:
        return bits != 0;
    default:
        if (t->is_signed && (bits & sign))      /* the two's complement */
            return -(double)(((bits ^ (2*sign - 1)) & (2*sign - 1)) + 1);
        return (double)bits;
    }
}

static void decode_raw(const struct onnx_tensor *t, const unsigned char *raw, size_t n,
                       double *values)
{
    size_t size = types[t->type].size;
    for (size_t k = 0; k < n; k++) {
        uint64_t bits = 0;
        for (size_t b = size; b-- > 0;)
            bits = bits << 8 | raw[k*size + b];
        values[k] = value_of(t->type, bits);
    }
}

/* An entry of a list of integers is the value, of 16-bit floats their bits. */
static bool decode_integers(const struct onnx_file_tensor *from, const struct onnx_tensor *t,
                            const int64_t *list, char *err)
{
    const struct type *type = &types[t->type];
    int64_t range = INT64_C(1) << (type->size < 8 ? 8*type->size : 0);
    int64_t least = type->is_signed ? -range/2 : 0, mask = range - 1;
    for (size_t k = 0; k < t->count; k++) {
        if (type->size < 8 && (list[k] < least || list[k] >= least + range))
            return wrong(from, err, "has %lld as value %zu, which is no %s", (long long)list[k], k,
                         type->name);
        int64_t bits = type->size < 8 ? list[k] & mask : list[k];
        t->values[k] = value_of(t->type, (uint64_t)bits);
    }
    return true;
}

static bool decode_list(const struct onnx_file_tensor *from, const struct onnx_tensor *t, char *err)
{
    switch (types[t->type].list) {
    case IN_FLOATS:
        for (size_t k = 0; k < t->count; k++)
            t->values[k] = (double)from->floats[k];
        return true;
    case IN_DOUBLES:
        for (size_t k = 0; k < t->count; k++)
            t->values[k] = from->doubles[k];
        return true;
    case IN_INTS32:
        return decode_integers(from, t, from->ints32, err);
    case IN_INTS64:
        return decode_integers(from, t, from->ints64, err);
    default:
        return decode_integers(from, t, from->uints64, err);
    }
}

/* ---- a file beside the model ---- */

/* Whether the file lies in the folder of `model`, as it is called or where it really is. */
static bool is_beside(const char *model, const char *path)
{
    struct text folder = { 0 };
    const char *slash = strrchr(model, '/');
    text_add(&folder, model, slash ? (size_t)(slash - model) + 1 : 0);
    text_puts(&folder, ".");
    char *inner = realpath(path, NULL);
    bool found = false;
    for (int k = 0; k < 2 && inner && !found; k++) {
        char *outer = realpath(k ? model : text_string(&folder), NULL);
        char *end = k && outer ? strrchr(outer, '/') : NULL;
        if (end)
            *end = '\0';
        size_t length = outer ? strlen(outer) : 0;
        found = outer && !strncmp(inner, outer, length)
                && (inner[length] == '/' || (length && outer[length - 1] == '/'));
        free(outer);
    }
    free(inner);
    text_free(&folder);
    return found;
}

/* Has no way out of the folder that it begins in. */
static bool stays(const char *location)
{
    if (!*location || *location == '/' || strchr(location, '\\'))
        return false;
    for (const char *part = location; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
            return false;
    }
    return true;
}

struct place { const char *location; uint64_t offset, length; bool has_length; };

static bool natural(const char *text, uint64_t *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return !errno && !*end && *number <= INT64_MAX;
}

static bool find_place(const struct onnx_file_tensor *from, struct place *place, char *err)
{
    *place = (struct place){ .location = "" };
    for (int k = 0; k < from->nexternal; k++) {
        const char *key = from->external[k].key ? from->external[k].key : "";
        const char *value = from->external[k].value ? from->external[k].value : "";
        bool good = true;
        if (!strcmp(key, "location"))
            place->location = value;
        else if (!strcmp(key, "offset"))
            good = natural(value, &place->offset);
        else if (!strcmp(key, "length"))
            good = place->has_length = natural(value, &place->length);
        if (!good)
            return wrong(from, err, "has the %s \"%.80s\" in its file, a number of bytes was "
                         "expected", key, value);
    }
    if (!stays(place->location))
        return wrong(from, err, "lies in the file \"%.200s\", a path within the model's folder was "
                     "expected: move it there and export the model again", place->location);
    return true;
}

/* `size` bytes of the open file, at the place. */
static bool read_values(const struct onnx_file_tensor *from, const struct onnx_tensor *t, int fd,
                        const char *path, const struct place *place, char *err)
{
    static unsigned char part[1 << 16];
    size_t size = types[t->type].size, step = sizeof part/size;
    for (size_t k = 0; k < t->count; k += step) {
        size_t n = t->count - k < step ? t->count - k : step, have = 0;
        while (have < n*size) {
            ssize_t got = pread(fd, part + have, n*size - have,
                                (off_t)(place->offset + k*size + have));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return wrong(from, err, "cannot be read from %s: %s", path,
                             got ? strerror(errno) : "it ends");
            have += (size_t)got;
        }
        decode_raw(t, part, n, t->values + k);
    }
    return true;
}

static bool fits_file(const struct onnx_file_tensor *from, const struct onnx_tensor *t, int fd,
                      const char *path, const struct place *place, char *err)
{
    struct stat st;
    uint64_t size = t->count*types[t->type].size;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return wrong(from, err, "lies in %s, which is no plain file", path);
    if (place->has_length && place->length != size)
        return wrong(from, err, "has %llu bytes in %s, its dims are %zu values of %s, %llu bytes",
                     (unsigned long long)place->length, path, t->count, types[t->type].name,
                     (unsigned long long)size);
    uint64_t there = (uint64_t)st.st_size;
    if (place->offset > there || size > there - place->offset)
        return wrong(from, err, "has %llu bytes from byte %llu of %s, which has %llu: it is cut "
                     "short; copy it again", (unsigned long long)size,
                     (unsigned long long)place->offset, path, (unsigned long long)there);
    return true;
}

static double *values_room(struct onnx_file *file, const struct onnx_file_tensor *from,
                           size_t count, char *err)
{
    double *values = proto_room(&file->heap, count, sizeof *values);
    if (!values)
        wrong(from, err, "wants %.0f MiB of memory, %.0f MiB are left of the %.0f MiB that a model "
              "may take", (double)count*sizeof *values / (1 << 20),
              (double)(file->heap.most - file->heap.used) / (1 << 20),
              (double)file->heap.most / (1 << 20));
    return values;
}

static bool decode_beside(struct onnx_file *file, const struct onnx_file_tensor *from,
                          struct onnx_tensor *t, char *err)
{
    struct place place;
    if (!find_place(from, &place, err))
        return false;
    struct text path = { 0 };
    const char *slash = strrchr(file->path, '/');
    text_add(&path, file->path, slash ? (size_t)(slash - file->path) + 1 : 0);
    text_puts(&path, place.location);
    const char *name = text_string(&path);
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool good = fd >= 0 || wrong(from, err, "lies in %s, which cannot be opened: %s; it belongs "
                                 "beside the model", name, strerror(errno));
    good = good && (is_beside(file->path, name)
                    || wrong(from, err, "lies in %s, a link that leaves the model's folder: put "
                             "the file itself there", name));
    good = good && fits_file(from, t, fd, name, &place, err)
           && (t->values = values_room(file, from, t->count, err)) != NULL
           && read_values(from, t, fd, name, &place, err);
    if (fd >= 0)
        close(fd);
    text_free(&path);
    return good;
}

/* ---- a tensor ---- */

static bool read_dims(const struct onnx_file_tensor *from, struct onnx_tensor *t, char *err)
{
    if (from->ndims > ONNX_DIMS)
        return wrong(from, err, "has %d dims, %d at most were expected", from->ndims, ONNX_DIMS);
    t->ndims = from->ndims;
    t->count = 1;
    for (int k = 0; k < t->ndims; k++)
        if (from->dims[k] == 0)
            t->count = 0;
    for (int k = 0; k < t->ndims; k++) {
        int64_t d = t->dims[k] = from->dims[k];
        if (d < 0)
            return wrong(from, err, "has %lld as dim %d", (long long)d, k);
        if (t->count && (uint64_t)d > SIZE_MAX/16/t->count)
            return wrong(from, err, "has more values by its dims than any memory holds: it is "
                         "damaged; export it again");
        t->count *= (size_t)d;
    }
    return true;
}

static size_t list_length(const struct onnx_file_tensor *from, enum list list)
{
    const int n[] = { [IN_FLOATS] = from->nfloats, [IN_DOUBLES] = from->ndoubles,
                      [IN_INTS32] = from->nints32, [IN_INTS64] = from->nints64,
                      [IN_UINTS64] = from->nuints64 };
    return (size_t)n[list];
}

static const char *list_name(enum list list)
{
    static const char *const name[] = { "no list", "float_data", "double_data", "int32_data",
                                        "int64_data", "uint64_data" };
    return name[list];
}

bool onnx_decode(struct onnx_file *file, const struct onnx_file_tensor *from, struct onnx_tensor *t,
                 char *err)
{
    const struct type *type = type_of(from->type);
    *t = (struct onnx_tensor){ .name = from->name ? from->name : "" };
    if (!type || !type->size)
        return wrong(from, err, "has elements of type %lld (%s), floats of 16 to 64 bits, integers "
                     "of 8 to 64 or bool were expected: export the model with float32 weights",
                     (long long)from->type, type ? type->name : "unknown");
    t->type = (enum onnx_type)from->type;
    if (!read_dims(from, t, err))
        return false;
    if (from->nsegments)
        return wrong(from, err, "is in segments, which are not read: export it whole");
    if (from->location == 1)
        return decode_beside(file, from, t, err);
    size_t listed = list_length(from, type->list);
    if (from->nraw ? from->raw.size != t->count*type->size : listed != t->count)
        return wrong(from, err, "has %zu values of %s by its dims, %zu bytes, but %zu %s %s: it is "
                     "damaged; export it again", t->count, type->name, t->count*type->size,
                     from->nraw ? from->raw.size : listed, from->nraw ? "bytes in" : "values in",
                     from->nraw ? "raw_data" : list_name(type->list));
    t->values = values_room(file, from, t->count, err);
    if (!t->values)
        return false;
    if (from->nraw)
        decode_raw(t, from->raw.at, t->count, t->values);
    return from->nraw || decode_list(from, t, err);
}
