/*
** safetensors.c - named tensors in one file. It must never trust a length or an
** offset that the file states.
*/
#include "safetensors.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "output.h"

enum { SAFETENSORS_MOST = 100000, SAFETENSORS_HEADER = 100 << 20 };

static const struct { const char *text; size_t size; } safetensors_types[] = {
    [TENSOR_F32] = { "F32", 4 }, [TENSOR_F64] = { "F64", 8 }, [TENSOR_I32] = { "I32", 4 },
    [TENSOR_I64] = { "I64", 8 }, [TENSOR_U8] = { "U8", 1 },
};
enum { SAFETENSORS_TYPES = sizeof safetensors_types / sizeof *safetensors_types };

static const uint64_t safetensors_start = 0xcbf29ce484222325u;

/* Goes on from the hash of what comes before. */
static uint64_t safetensors_checksum(uint64_t hash, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i])*0x100000001b3u;
    return hash;
}

/* ---- the header: the part of JSON that it needs ---- */

struct safetensors_json {
    const char *s, *start;
    char *strings;              /* where unescaped strings go; as long as the header */
    const char *path;
    char *err;
};

static bool safetensors_bad(struct safetensors_json *j, const char *expected)
{
    return error_set(j->err, "%s: damaged header: %s expected at offset %zu", j->path, expected,
                     (size_t)(j->s - j->start) + 8);
}

static void safetensors_blanks(struct safetensors_json *j)
{
    j->s += strspn(j->s, " \t\r\n");
}

static bool safetensors_take(struct safetensors_json *j, char c)
{
    safetensors_blanks(j);
    if (*j->s != c)
        return false;
    j->s++;
    return true;
}

static void safetensors_utf8(struct safetensors_json *j, unsigned code)
{
    if (code < 0x80) {
        *j->strings++ = (char)code;
    } else if (code < 0x800) {
        *j->strings++ = (char)(0xC0 | code >> 6);
        *j->strings++ = (char)(0x80 | (code & 63));
    } else {
        *j->strings++ = (char)(0xE0 | code >> 12);
        *j->strings++ = (char)(0x80 | (code >> 6 & 63));
        *j->strings++ = (char)(0x80 | (code & 63));
    }
}

static bool safetensors_escape(struct safetensors_json *j)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = *j->s ? strchr(from, *j->s) : NULL;
    if (found) {
        *j->strings++ = to[found - from];
        j->s++;
        return true;
    }
    unsigned code = 0;
    if (*j->s++ != 'u')
        return safetensors_bad(j, "an escape");
    for (int k = 0; k < 4; k++, j->s++) {
        const char *digits = "0123456789abcdef";
        const char *digit = *j->s ? strchr(digits, *j->s >= 'A' && *j->s <= 'F' ? *j->s + 32
                                                   : *j->s) : NULL;
        if (!digit)
            return safetensors_bad(j, "four hexadecimal digits");
        code = code*16 + (unsigned)(digit - digits);
    }
    safetensors_utf8(j, code);
    return true;
}

static bool safetensors_string(struct safetensors_json *j, const char **out)
{
    if (!safetensors_take(j, '"'))
        return safetensors_bad(j, "a string");
    *out = j->strings;
    while (*j->s != '"') {
        if (!*j->s)
            return safetensors_bad(j, "a string's end");
        if (*j->s == '\\') {
            j->s++;
            if (!safetensors_escape(j))
                return false;
        } else {
            *j->strings++ = *j->s++;
        }
    }
    j->s++;
    *j->strings++ = 0;
    return true;
}

/* [1, 2, 3]: at most `most` numbers. */
static bool safetensors_numbers(struct safetensors_json *j, size_t *out, int most, int *count)
{
    *count = 0;
    if (!safetensors_take(j, '['))
        return safetensors_bad(j, "\"[\"");
    if (safetensors_take(j, ']'))
        return true;
    do {
        safetensors_blanks(j);
        if (*count == most || *j->s < '0' || *j->s > '9')
            return safetensors_bad(j, "a number");
        size_t n = 0;
        for (; *j->s >= '0' && *j->s <= '9'; j->s++) {
            if (n > (SIZE_MAX - 9) / 10)
                return safetensors_bad(j, "a smaller number");
            n = n*10 + (size_t)(*j->s - '0');
        }
        out[(*count)++] = n;
    } while (safetensors_take(j, ','));
    return safetensors_take(j, ']') || safetensors_bad(j, "\"]\"");
}

static bool safetensors_entry(struct safetensors_json *j, struct tensor *t, size_t offsets[2])
{
    int seen = 0, noffsets = 0;
    t->count = 1;
    if (!safetensors_take(j, '{'))
        return safetensors_bad(j, "\"{\"");
    do {
        const char *key, *type;
        if (!safetensors_string(j, &key) || !safetensors_take(j, ':'))
            return safetensors_bad(j, "a key");
        if (!strcmp(key, "dtype")) {
            int k = 0;
            if (!safetensors_string(j, &type))
                return false;
            while (k < SAFETENSORS_TYPES && strcmp(type, safetensors_types[k].text))
                k++;
            if (k == SAFETENSORS_TYPES)
                return error_set(j->err, "%s: tensor %s: type %s is not read (F32, F64, I32, I64, "
                                 "U8 are)", j->path, t->name, type);
            t->type = (enum tensor_type)k;
            seen |= 1;
        } else if (!strcmp(key, "shape")) {
            if (!safetensors_numbers(j, t->dim, TENSOR_MAX_RANK, &t->rank))
                return false;
            seen |= 2;
        } else if (!strcmp(key, "data_offsets")) {
            if (!safetensors_numbers(j, offsets, 2, &noffsets) || noffsets != 2)
                return safetensors_bad(j, "two offsets");
            seen |= 4;
        } else {
            return error_set(j->err, "%s: tensor %s: unknown key \"%s\"", j->path, t->name, key);
        }
    } while (safetensors_take(j, ','));
    for (int k = 0; k < t->rank; k++) {
        if (t->dim[k] && t->count > SIZE_MAX / 16 / t->dim[k])
            return error_set(j->err, "%s: tensor %s: its shape is too large", j->path, t->name);
        t->count *= t->dim[k];
    }
    if (seen != 7)
        return error_set(j->err, "%s: tensor %s: dtype, shape or data_offsets is missing", j->path,
                         t->name);
    return safetensors_take(j, '}') || safetensors_bad(j, "\"}\"");
}

static bool safetensors_read_metadata(struct safetensors_json *j, struct safetensors *s)
{
    if (!safetensors_take(j, '{'))
        return safetensors_bad(j, "\"{\"");
    if (safetensors_take(j, '}'))
        return true;
    do {
        struct tensor_metadata m;
        if (!safetensors_string(j, &m.key) || !safetensors_take(j, ':')
            || !safetensors_string(j, &m.value))
            return safetensors_bad(j, "metadata");
        void *more = realloc(s->metadata, ((size_t)s->entries + 1)*sizeof m);
        if (!more)
            return error_set(j->err, "%s: not enough memory", j->path);
        s->metadata = more;
        s->metadata[s->entries++] = m;
    } while (safetensors_take(j, ','));
    return safetensors_take(j, '}') || safetensors_bad(j, "\"}\"");
}

/* Where the tensor lies, checked against what the tensors before it took. */
static bool safetensors_place(struct safetensors_json *j, struct tensor *t,
                              const size_t offsets[2], const unsigned char *data, size_t size,
                              size_t *taken)
{
    size_t bytes = t->count*safetensors_types[t->type].size;
    if (offsets[0] != *taken || offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes)
        return error_set(j->err, "%s: tensor %s: offsets %zu to %zu, its shape takes %zu bytes "
                         "from %zu", j->path, t->name, offsets[0], offsets[1], bytes, *taken);
    if (offsets[1] > size)
        return error_set(j->err, "%s: truncated: tensor %s ends at byte %zu of the data, the file "
                         "has %zu", j->path, t->name, offsets[1], size);
    t->data = data + offsets[0];
    *taken = offsets[1];
    return true;
}

static bool safetensors_header(struct safetensors_json *j, struct safetensors *s,
                               const unsigned char *data, size_t size, size_t *taken)
{
    if (!safetensors_take(j, '{'))
        return safetensors_bad(j, "\"{\"");
    if (safetensors_take(j, '}'))
        return true;
    do {
        const char *name;
        size_t offsets[2];
        struct tensor t = { .rank = 0 };
        if (!safetensors_string(j, &name) || !safetensors_take(j, ':'))
            return safetensors_bad(j, "a name");
        if (!strcmp(name, "__metadata__")) {
            if (!safetensors_read_metadata(j, s))
                return false;
            continue;
        }
        t.name = name;
        if (safetensors_find(s, name))
            return error_set(j->err, "%s: two tensors are called %s", j->path, name);
        if (s->count == SAFETENSORS_MOST)
            return error_set(j->err, "%s: more than %d tensors", j->path, SAFETENSORS_MOST);
        if (!safetensors_entry(j, &t, offsets)
            || !safetensors_place(j, &t, offsets, data, size, taken))
            return false;
        void *more = realloc(s->tensor, ((size_t)s->count + 1)*sizeof t);
        if (!more)
            return error_set(j->err, "%s: not enough memory", j->path);
        s->tensor = more;
        s->tensor[s->count++] = t;
    } while (safetensors_take(j, ','));
    return safetensors_take(j, '}') || safetensors_bad(j, "\"}\"");
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
    char *header = malloc((size_t)length + 1);
    s->strings = malloc((size_t)length + 1);
    if (!header || !s->strings) {
        free(header);
        return error_set(err, "%s: not enough memory", path);
    }
    memcpy(header, bytes + 8, (size_t)length);
    header[length] = 0;
    const unsigned char *data = bytes + 8 + length;
    size_t data_size = size - 8 - (size_t)length, taken = 0;
    struct safetensors_json j = { header, header, s->strings, path, err };
    bool good = safetensors_header(&j, s, data, data_size, &taken);
    free(header);
    if (!good)
        return false;
    if (taken != data_size)
        return error_set(err, "%s: %zu bytes of data, the tensors take %zu", path, data_size,
                         taken);
    const char *checksum = safetensors_metadata(s, "checksum");
    char found[24];
    snprintf(found, sizeof found, "%016" PRIx64,
             safetensors_checksum(safetensors_start, data, data_size));
    if (checksum && strcmp(checksum, found))
        return error_set(err, "%s: damaged: its checksum is %s, its data has %s", path, checksum,
                         found);
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
    for (int k = 0; k < s->count; k++)
        if (!strcmp(s->tensor[k].name, name))
            return &s->tensor[k];
    return NULL;
}

const char *safetensors_metadata(const struct safetensors *s, const char *key)
{
    for (int k = 0; k < s->entries; k++)
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

static void safetensors_quote(struct safetensors_text *t, const char *s)
{
    safetensors_puts(t, "\"");
    for (; *s; s++) {
        char escaped[8];
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
    return x->count*safetensors_types[x->type].size;
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
    uint64_t hash = safetensors_start;
    for (int k = 0; k < count; k++)
        hash = safetensors_checksum(hash, tensors[k].data, safetensors_bytes(&tensors[k]));
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
