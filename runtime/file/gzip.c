/*
** gzip.c - unpacks gzip's members. It must never accept one that is a byte short, or bytes after
** the last.
*/
#include "file/gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "file/file.h"
#include "file/inflate.h"
#include "file/sums.h"

enum { GZIP_HEADER = 10, GZIP_TRAILER = 8, GZIP_MAGIC = 2, GZIP_DEFLATE = 8 };
enum { GZIP_HAS_SUM = 2, GZIP_HAS_EXTRA = 4, GZIP_HAS_NAME = 8, GZIP_HAS_COMMENT = 16,
       GZIP_RESERVED = 224 };

struct gzip {
    const char *path;
    const uint8_t *bytes;
    size_t size, at;            /* at: of the next byte */
    uint8_t *out;
    size_t length, space;       /* of what is unpacked, of `out` but for a zero after it */
    char *err;
};

static bool gzip_begins(const uint8_t *bytes, size_t size)
{
    return size >= GZIP_MAGIC && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static uint32_t gzip_number(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool gzip_short(const struct gzip *g, size_t member)
{
    return error_set(g->err, "%s: short: its compressed data from offset %zu on is cut off at %zu; "
                     "fetch the file anew", g->path, member, g->size);
}

/* ---- a member ---- */

/* Goes on by `n` bytes. */
static bool gzip_skip(struct gzip *g, size_t n)
{
    bool good = n <= g->size - g->at;
    g->at += good ? n : 0;
    return good;
}

/* A name or a comment, to its zero. */
static bool gzip_skip_text(struct gzip *g)
{
    const uint8_t *from = g->bytes + g->at, *end = memchr(from, 0, g->size - g->at);
    return end && gzip_skip(g, (size_t)(end - from) + 1);
}

static bool gzip_header(struct gzip *g)
{
    const size_t start = g->at;
    const uint8_t *head = g->bytes + start;
    if (!gzip_skip(g, GZIP_HEADER))
        return gzip_short(g, start);
    const unsigned flags = head[3];
    if (head[2] != GZIP_DEFLATE || flags & GZIP_RESERVED)
        return error_set(g->err, "%s: offset %zu: compressed by method %u with flags %u; gzip's "
                         "method is %d, its flags are below 32", g->path, start, head[2], flags,
                         GZIP_DEFLATE);
    if (flags & GZIP_HAS_EXTRA) {
        const size_t at = g->at;
        if (!gzip_skip(g, 2)
            || !gzip_skip(g, (size_t)g->bytes[at] | (size_t)g->bytes[at + 1] << 8))
            return gzip_short(g, start);
    }
    if ((flags & GZIP_HAS_NAME && !gzip_skip_text(g))
        || (flags & GZIP_HAS_COMMENT && !gzip_skip_text(g)))
        return gzip_short(g, start);
    const size_t length = g->at - start;
    if (!(flags & GZIP_HAS_SUM))
        return true;
    if (!gzip_skip(g, 2))
        return gzip_short(g, start);
    const unsigned sum = head[length] | (unsigned)head[length + 1] << 8;
    return sum == (sums_crc(0, head, length) & 65535)
           || error_set(g->err, "%s: damaged: the header at offset %zu and its sum differ; fetch "
                        "the file anew", g->path, start);
}

/* For inflate: all that is left, once. */
static size_t gzip_rest(void *from, const uint8_t **piece)
{
    struct gzip *g = from;
    const size_t n = g->size - g->at;
    *piece = g->bytes + g->at;
    g->at = g->size;
    return n;
}

static bool gzip_room(struct gzip *g)
{
    const size_t most = (size_t)GZIP_MIB << 20;
    if (g->length < g->space)
        return true;
    if (g->space == most)
        return error_set(g->err, "%s: unpacks to more than %d MiB, and up to that is taken; gunzip "
                         "it: what is not packed may be of any size", g->path, GZIP_MIB);
    const size_t space = g->space < most/4 ? 2*g->space + 65536 : most;
    uint8_t *more = realloc(g->out, space + 1);
    if (!more)
        return error_set(g->err, "%s: not enough memory for more than %zu MiB unpacked", g->path,
                         g->length >> 20);
    g->out = more;
    g->space = space;
    return true;
}

static bool gzip_inflate(struct gzip *g, struct inflate *z)
{
    const size_t start = g->at;
    inflate_open(z, INFLATE_RAW, gzip_rest, g);
    while (!z->ended && !z->fault) {
        if (!gzip_room(g))
            return false;
        g->length += inflate_read(z, g->out + g->length, g->space - g->length);
    }
    const uint8_t *place = inflate_place(z);
    g->at = place ? (size_t)(place - g->bytes) : start;
    return !z->fault || error_set(g->err, "%s: offset %zu: %s; fetch the file anew", g->path,
                                  g->at, z->fault);
}

static bool gzip_member(struct gzip *g, struct inflate *z)
{
    const size_t start = g->at, before = g->length;
    if (!gzip_header(g) || !gzip_inflate(g, z))
        return false;
    const uint8_t *trailer = g->bytes + g->at;
    if (!gzip_skip(g, GZIP_TRAILER))
        return gzip_short(g, start);
    const size_t length = g->length - before;
    return (gzip_number(trailer) == sums_crc(0, g->out + before, length)
            && gzip_number(trailer + 4) == (uint32_t)length)
           || error_set(g->err, "%s: damaged: what was packed at offset %zu and its sum or length "
                        "differ; fetch the file anew", g->path, start);
}

/* ---- the file ---- */

static bool gzip_members(struct gzip *g)
{
    struct inflate *z = malloc(sizeof *z);
    bool good = (z && gzip_room(g)) || error_set(g->err, "%s: not enough memory", g->path);
    while (good && g->at < g->size)
        good = gzip_begins(g->bytes + g->at, g->size - g->at)
               ? gzip_member(g, z)
               : error_set(g->err, "%s: long: %zu bytes after its compressed data, which ends at "
                           "offset %zu", g->path, g->size - g->at, g->at);
    free(z);
    return good;
}

void *gzip_read(const char *path, size_t *size, char *err)
{
    size_t packed;
    uint8_t *bytes = file_read(path, &packed, err);
    if (!bytes || !gzip_begins(bytes, packed)) {
        *size = bytes ? packed : 0;
        return bytes;
    }
    struct gzip g = { .path = path, .bytes = bytes, .size = packed, .err = err };
    bool good = gzip_members(&g);
    free(bytes);
    if (!good) {
        free(g.out);
        return NULL;
    }
    g.out[g.length] = 0;
    *size = g.length;
    return g.out;
}
