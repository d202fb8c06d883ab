/*
** safetensors.c - named tensors in one file. It must never trust a length or an
** offset that the file states.
*/
#include "file/safetensors.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "file/file.h"
#include "file/foreign.h"
#include "file/json.h"
#include "file/output.h"

enum { SAFETENSORS_HEADER = 100000000 };        /* the reference's limit */

static const struct { const char *text; size_t bits; } safetensors_types[] = {
    [TENSOR_F32] = { "F32", 32 }, [TENSOR_F64] = { "F64", 64 }, [TENSOR_I32] = { "I32", 32 },
    [TENSOR_I64] = { "I64", 64 }, [TENSOR_U8] = { "U8", 8 },
    [TENSOR_BOOL] = { "BOOL", 8 }, [TENSOR_F4] = { "F4", 4 }, [TENSOR_F6_E2M3] = { "F6_E2M3", 6 },
    [TENSOR_F6_E3M2] = { "F6_E3M2", 6 }, [TENSOR_I8] = { "I8", 8 },
    [TENSOR_F8_E5M2] = { "F8_E5M2", 8 }, [TENSOR_F8_E4M3] = { "F8_E4M3", 8 },
    [TENSOR_F8_E8M0] = { "F8_E8M0", 8 }, [TENSOR_F8_E4M3FNUZ] = { "F8_E4M3FNUZ", 8 },
    [TENSOR_F8_E5M2FNUZ] = { "F8_E5M2FNUZ", 8 }, [TENSOR_I16] = { "I16", 16 },
    [TENSOR_U16] = { "U16", 16 }, [TENSOR_F16] = { "F16", 16 }, [TENSOR_BF16] = { "BF16", 16 },
    [TENSOR_U32] = { "U32", 32 }, [TENSOR_C64] = { "C64", 64 }, [TENSOR_U64] = { "U64", 64 },
};
enum { SAFETENSORS_TYPES = sizeof safetensors_types / sizeof *safetensors_types };

/* ---- the header ---- */

/* Where reading has got to. */
struct safetensors_reader {
    struct json j;
    struct safetensors *s;
    size_t tensors, entries;    /* room for so many */
    bool metadata;              /* was there */
};

/* Room for one more of `size` bytes after `count`; doubled, as a file may have millions. */
static bool safetensors_room(const struct json *j, void **array, size_t *room, size_t count,
                             size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 64;
    void *grown = more < INT32_MAX ? realloc(*array, more*size) : NULL;
    if (!grown)
        return error_set(j->err, "%s: not enough memory", j->path);
    *array = grown;
    *room = more;
    return true;
}

/* "F32", and what serde takes for it: {"F32": null}. */
static bool safetensors_type(struct json *j, struct tensor *t)
{
    const char *type;
    int k = 0;
    bool object = json_take(j, '{');
    if (!json_string(j, &type))
        return false;
    if (object && (!json_take(j, ':') || !json_null(j) || !json_take(j, '}')))
        return json_bad(j, "a type's name alone");
    while (k < SAFETENSORS_TYPES && strcmp(type, safetensors_types[k].text))
        k++;
    t->type = (enum tensor_type)k;
    return k < SAFETENSORS_TYPES
           || error_set(j->err, "%s: tensor %s: type %s is not known (F32, F64, I64 and others of "
                        "safetensors are)", j->path, t->name, type);
}

/* The product in the order of the file, as the reference takes it: a size of 0 that comes first
** makes any others good. */
static bool safetensors_shape(struct json *j, struct tensor *t)
{
    uint64_t n = 0, count = 1;
    bool fits = true;
    if (!json_begin(j, '['))
        return false;
    t->rank = 0;
    if (!json_empty(j, ']')) {
        do {
            if (!json_whole(j, &n))
                return false;
            if (t->rank < TENSOR_MAX_RANK)
                t->dim[t->rank] = n;
            t->rank++;
            fits = fits && !__builtin_mul_overflow(count, n, &count);
        } while (json_take(j, ','));
        if (!json_end(j, ']'))
            return false;
    }
    t->count = count;
    t->huge = !fits;
    return true;
}

static bool safetensors_offsets(struct json *j, struct tensor *t)
{
    uint64_t from = 0, to = 0;
    if (!json_begin(j, '[') || !json_whole(j, &from))
        return false;
    if (!json_take(j, ','))
        return json_bad(j, "two offsets");
    if (!json_whole(j, &to) || !json_end(j, ']'))
        return false;
    t->from = from;
    t->to = to;
    return true;
}

static const struct {
    const char *key;
    bool (*read)(struct json *j, struct tensor *t);
} safetensors_keys[] = {
    { "dtype", safetensors_type },
    { "shape", safetensors_shape },
    { "data_offsets", safetensors_offsets },
};
enum { SAFETENSORS_KEYS = sizeof safetensors_keys / sizeof *safetensors_keys };

/* ["F32", [2], [0, 8]] after its bracket: nobody writes it, serde takes it. */
static bool safetensors_list(struct json *j, struct tensor *t)
{
    for (int k = 0; k < SAFETENSORS_KEYS; k++) {
        if (k > 0 && !json_take(j, ','))
            return json_bad(j, "dtype, shape and data_offsets");
        if (!safetensors_keys[k].read(j, t))
            return false;
    }
    return json_take(j, ']') || json_bad(j, "\"]\"");
}

static bool safetensors_entry(struct json *j, struct tensor *t)
{
    bool seen[SAFETENSORS_KEYS] = { false };
    if (json_take(j, '['))
        return safetensors_list(j, t);
    if (!json_begin(j, '{'))
        return false;
    if (!json_empty(j, '}')) {
        do {
            const char *key;
            int k = 0;
            if (!json_string(j, &key))
                return false;
            if (!json_take(j, ':'))
                return json_bad(j, "a key");
            while (k < SAFETENSORS_KEYS && strcmp(key, safetensors_keys[k].key))
                k++;
            if (k < SAFETENSORS_KEYS && seen[k])
                return error_set(j->err, "%s: tensor %s: %s stands there twice", j->path, t->name,
                                 key);
            if (k < SAFETENSORS_KEYS ? !safetensors_keys[k].read(j, t) : !json_skip(j))
                return false;
            if (k < SAFETENSORS_KEYS)
                seen[k] = true;
        } while (json_take(j, ','));
        if (!json_end(j, '}'))
            return false;
    }
    return (seen[0] && seen[1] && seen[2])
           || error_set(j->err, "%s: tensor %s: dtype, shape or data_offsets is missing", j->path,
                        t->name);
}

static bool safetensors_read_metadata(struct safetensors_reader *r)
{
    struct json *j = &r->j;
    struct safetensors *s = r->s;
    if (r->metadata)
        return error_set(j->err, "%s: damaged header: __metadata__ stands there twice", j->path);
    r->metadata = true;
    if (json_null(j))
        return true;
    if (!json_begin(j, '{'))
        return false;
    if (json_empty(j, '}'))
        return true;
    do {
        struct tensor_metadata m;
        void *array = s->metadata;
        if (!json_string(j, &m.key))
            return false;
        if (!json_take(j, ':') || !json_take(j, '"'))
            return json_bad(j, "metadata, a string,");
        j->s--;
        if (!json_string(j, &m.value)
            || !safetensors_room(j, &array, &r->entries, (size_t)s->entries, sizeof m))
            return false;
        s->metadata = array;
        s->metadata[s->entries++] = m;
    } while (json_take(j, ','));
    return json_end(j, '}');
}

static bool safetensors_header(struct safetensors_reader *r)
{
    struct json *j = &r->j;
    struct safetensors *s = r->s;
    if (!json_begin(j, '{'))
        return false;
    if (json_empty(j, '}'))
        return true;
    do {
        struct tensor t = { .rank = 0 };
        void *array = s->tensor;
        if (!json_string(j, &t.name))
            return false;
        if (!json_take(j, ':'))
            return json_bad(j, "\":\"");
        if (strcmp(t.name, "__metadata__") == 0) {
            if (!safetensors_read_metadata(r))
                return false;
            continue;
        }
        if (!safetensors_entry(j, &t)
            || !safetensors_room(j, &array, &r->tensors, (size_t)s->count, sizeof t))
            return false;
        s->tensor = array;
        s->tensor[s->count++] = t;
    } while (json_take(j, ','));
    return json_end(j, '}');
}

/* ---- what it says of the data ---- */

/* Unescaped names lie in the order of the file. */
static int safetensors_by_name(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->name < y->name ? -1 : x->name > y->name;
}

static int safetensors_by_place(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

/* Of those with one name the last counts, as in the reference. */
static void safetensors_unique(struct safetensors *s)
{
    int kept = 0;
    if (s->count)
        qsort(s->tensor, (size_t)s->count, sizeof *s->tensor, safetensors_by_name);
    for (int k = 0; k < s->count; k++)
        if (k + 1 == s->count || strcmp(s->tensor[k].name, s->tensor[k + 1].name))
            s->tensor[kept++] = s->tensor[k];
    s->count = kept;
}

/* The tensors, in the order of their offsets, must follow each other and fill the data. */
static bool safetensors_places(struct safetensors *s, const unsigned char *data, size_t size,
                               const char *path, char *err)
{
    size_t taken = 0;
    if (s->count)
        qsort(s->tensor, (size_t)s->count, sizeof *s->tensor, safetensors_by_place);
    for (int k = 0; k < s->count; k++) {
        struct tensor *t = &s->tensor[k];
        size_t bits;
        if (t->from != taken || t->to < t->from)
            return error_set(err, "%s: tensor %s: offsets %zu to %zu, but the tensors before it "
                             "take %zu bytes", path, t->name, t->from, t->to, taken);
        if (t->huge || __builtin_mul_overflow(t->count, safetensors_types[t->type].bits, &bits))
            return error_set(err, "%s: tensor %s: its shape is too large", path, t->name);
        if (bits % 8 || bits/8 != t->to - t->from)
            return error_set(err, "%s: tensor %s: offsets %zu to %zu, its shape takes %zu %s", path,
                             t->name, t->from, t->to, bits % 8 ? bits : bits/8, bits % 8 ? "bits"
                             : "bytes");
        if (t->to > size)
            return error_set(err, "%s: truncated: tensor %s ends at byte %zu of the data, the file "
                             "has %zu", path, t->name, t->to, size);
        t->data = data + t->from;
        taken = t->to;
    }
    if (taken != size)
        return error_set(err, "%s: %zu bytes of data, the tensors take %zu", path, size, taken);
    if (s->count)
        qsort(s->tensor, (size_t)s->count, sizeof *s->tensor, safetensors_by_name);
    return true;
}

/* The header's text; it begins at offset 8. */
static bool safetensors_read_header(struct safetensors *s, const char *text, size_t length,
                                    const char *path, char *err)
{
    struct safetensors_reader r = {
        .j = { .s = text, .end = text + length, .strings = s->strings, .start = text - 8,
               .path = path, .part = "header", .err = err },
        .s = s
    };
    const char *bad = json_not_utf8(text, length);
    if (bad)
        return error_set(err, "%s: damaged header: byte 0x%02x at offset %zu is no UTF-8", path,
                         (unsigned)(unsigned char)*bad, (size_t)(bad - text) + 8);
    if (!safetensors_header(&r))
        return false;
    json_blanks(&r.j);
    return r.j.s == r.j.end || json_bad(&r.j, "nothing but spaces after the last brace");
}

static bool safetensors_parse(struct safetensors *s, size_t size, const char *path, char *err)
{
    unsigned char *bytes = s->file;
    uint64_t length = 0;
    if (size < 8)
        return error_set(err, "%s: no safetensors file: %zu bytes", path, size);
    for (int k = 0; k < 8; k++)
        length |= (uint64_t)bytes[k] << 8*k;
    if (length > size - 8 || length > SAFETENSORS_HEADER)
        return error_set(err, "%s: no safetensors file, or truncated: it states a header of %"
                         PRIu64 " bytes and has %zu", path, length, size - 8);
    char *header = malloc(8 + (size_t)length + 1);
    s->strings = malloc((size_t)length + 1);
    if (!header || !s->strings) {
        free(header);
        return error_set(err, "%s: not enough memory", path);
    }
    memcpy(header, bytes, 8 + (size_t)length);
    header[8 + length] = 0;
    bool good = safetensors_read_header(s, header + 8, (size_t)length, path, err);
    free(header);
    const unsigned char *data = bytes + 8 + length;
    size_t data_size = size - 8 - (size_t)length;
    if (!good)
        return false;
    safetensors_unique(s);
    if (!safetensors_places(s, data, data_size, path, err))
        return false;
    const char *checksum = safetensors_metadata(s, "checksum");
    char found[24];
    snprintf(found, sizeof found, "%016" PRIx64,
             hash_bytes(HASH_START, data, data_size));
    if (checksum && strcmp(checksum, found))
        return error_set(err, "%s: damaged: its checksum is %s, its data has %s%s", path, checksum,
                         found, safetensors_metadata(s, "state") ? "" : "; if another tool changed "
                         "the tensors on purpose, save it without \"checksum\" in its metadata");
    return true;
}

bool safetensors_read(struct safetensors *s, const char *path, char *err)
{
    size_t size;
    *s = (struct safetensors){ .count = 0 };
    s->file = file_read(path, &size, err);
    if (!s->file)
        return false;
    if (safetensors_parse(s, size, path, err))
        return true;
    if (foreign_found(path, s->file, size, err) && !strncmp((const char *)s->file, "PK", 2)) {
        const size_t length = strlen(err);
        snprintf(err + length, ERR_SIZE - length, "; PyTorch saves one by "
                 "safetensors.torch.save_file(torch.load(\"model.pt\"), \"model.safetensors\")");
    }
    safetensors_close(s);
    return false;
}

void safetensors_close(struct safetensors *s)
{
    free(s->tensor);
    free(s->metadata);
    free(s->file);
    free(s->strings);
    *s = (struct safetensors){ .count = 0 };
}

const struct tensor *safetensors_find(const struct safetensors *s, const char *name)
{
    int low = 0, high = s->count;
    while (low < high) {
        int middle = low + (high - low)/2, order = strcmp(s->tensor[middle].name, name);
        if (order == 0)
            return &s->tensor[middle];
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    return NULL;
}

const char *safetensors_type_name(enum tensor_type type)
{
    return safetensors_types[type].text;
}

const char *safetensors_metadata(const struct safetensors *s, const char *key)
{
    for (int k = s->entries - 1; k >= 0; k--)       /* of those with one key the last counts */
        if (!strcmp(s->metadata[k].key, key))
            return s->metadata[k].value;
    return NULL;
}

/* ---- writing ---- */

/* A growing buffer: `at` is NULL once memory ran out. */
struct safetensors_text { char *at; size_t length, space; };

static void safetensors_add(struct safetensors_text *t, const void *bytes, size_t size)
{
    if (!t->at)
        return;
    if (t->length + size > t->space) {
        size_t space = 2*(t->length + size);
        char *more = realloc(t->at, space);
        if (!more)
            free(t->at);
        t->at = more;
        t->space = space;
        if (!more)
            return;
    }
    memcpy(t->at + t->length, bytes, size);
    t->length += size;
}

static void safetensors_puts(struct safetensors_text *t, const char *s)
{
    safetensors_add(t, s, strlen(s));
}

/* Bytes that are no UTF-8 become U+FFFD: nobody could read the file otherwise. */
static void safetensors_quote(struct safetensors_text *t, const char *s)
{
    const char *bad = json_not_utf8(s, strlen(s));
    safetensors_puts(t, "\"");
    for (; *s; s++) {
        char escaped[8];
        if (s == bad) {
            safetensors_puts(t, "\xef\xbf\xbd");
            bad = json_not_utf8(s + 1, strlen(s + 1));
            continue;
        }
        if (*s == '"' || *s == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", *s);
        else if ((unsigned char)*s < 32)
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(unsigned char)*s);
        else
            snprintf(escaped, sizeof escaped, "%c", *s);
        safetensors_puts(t, escaped);
    }
    safetensors_puts(t, "\"");
}

static size_t safetensors_bytes(const struct tensor *x)
{
    return x->count*safetensors_types[x->type].bits/8;
}

static void safetensors_write_entry(struct safetensors_text *t, const struct tensor *x,
                                    size_t *offset)
{
    char text[64];
    size_t bytes = safetensors_bytes(x);
    safetensors_puts(t, ",");
    safetensors_quote(t, x->name);
    safetensors_puts(t, ":{\"dtype\":\"");
    safetensors_puts(t, safetensors_types[x->type].text);
    safetensors_puts(t, "\",\"shape\":[");
    for (int k = 0; k < x->rank; k++) {
        snprintf(text, sizeof text, "%s%zu", k ? "," : "", x->dim[k]);
        safetensors_puts(t, text);
    }
    snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", *offset, *offset + bytes);
    safetensors_puts(t, text);
    *offset += bytes;
}

static void safetensors_write_header(struct safetensors_text *file, const struct tensor *tensors,
                                     int count, const struct tensor_metadata *metadata,
                                     int entries)
{
    char checksum[24];
    size_t offset = 0;
    uint64_t hash = HASH_START;
    for (int k = 0; k < count; k++)
        hash = hash_bytes(hash, tensors[k].data, safetensors_bytes(&tensors[k]));
    snprintf(checksum, sizeof checksum, "%016" PRIx64, hash);
    safetensors_add(file, "\0\0\0\0\0\0\0\0", 8);
    safetensors_puts(file, "{\"__metadata__\":{");
    for (int k = 0; k < entries; k++) {
        safetensors_quote(file, metadata[k].key);
        safetensors_puts(file, ":");
        safetensors_quote(file, metadata[k].value);
        safetensors_puts(file, ",");
    }
    safetensors_puts(file, "\"checksum\":");
    safetensors_quote(file, checksum);
    safetensors_puts(file, "}");
    for (int k = 0; k < count; k++)
        safetensors_write_entry(file, &tensors[k], &offset);
    safetensors_puts(file, "}");
    while (file->at && file->length % 8)
        safetensors_puts(file, " ");
    for (int k = 0; file->at && k < 8; k++)
        file->at[k] = (char)((uint64_t)(file->length - 8) >> 8*k & 255);
}

bool safetensors_write(const char *path, const struct tensor *tensors, int count,
                       const struct tensor_metadata *metadata, int entries, char *err)
{
    struct safetensors_text header = { malloc(8), 0, 8 };
    struct output_file f;
    safetensors_write_header(&header, tensors, count, metadata, entries);
    bool good = header.at ? output_start(&f, path, err)
                          : error_set(err, "%s: not enough memory", path);
    if (good) {
        output_put(&f, header.at, header.length);
        for (int k = 0; k < count; k++)
            output_put(&f, tensors[k].data, safetensors_bytes(&tensors[k]));
        good = output_finish(&f, false, err);
    }
    free(header.at);
    return good;
}
