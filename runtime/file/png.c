/*
** png.c - reads PNG. It must never trust a length, a size or an index that the file states: room is
** made for what its data can hold, up to a bound, and every sum is checked.
*/
#include "file/png.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "file/inflate.h"
#include "file/sums.h"

enum { PNG_CHUNK = 12,              /* a chunk's length, name and sum */
       PNG_COLOURS = 256, PNG_SIDE = 65536, PNG_MOST = 0x7fffffff,
       PNG_TEXT = 64 };

enum png_colour { PNG_GREY = 0, PNG_RGB = 2, PNG_INDEX = 3, PNG_GREY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

/* depths: a bit for each, 1 << depth. */
static const struct png_type { int samples; unsigned depths; const char *which; } png_types[] = {
    [PNG_GREY] = { 1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16, "1, 2, 4, 8 or 16" },
    [PNG_RGB] = { 3, 1 << 8 | 1 << 16, "8 or 16" },
    [PNG_INDEX] = { 1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8, "1, 2, 4 or 8" },
    [PNG_GREY_ALPHA] = { 2, 1 << 8 | 1 << 16, "8 or 16" },
    [PNG_RGB_ALPHA] = { 4, 1 << 8 | 1 << 16, "8 or 16" },
};

/* The seven passes of an interlaced image, and all of one that is not. */
struct png_pass { uint32_t x, y, right, down; };
static const struct png_pass png_passes[] = {
    { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 }, { 0, 2, 2, 4 }, { 1, 0, 2, 2 },
    { 0, 1, 1, 2 }
}, png_whole = { 0, 0, 1, 1 };

struct png {
    const char *name;
    const uint8_t *bytes;
    size_t size, at;                    /* at: of the chunk that is looked at */
    uint32_t w, h;
    int type, depth;
    bool interlaced, keyed, ended;      /* keyed: tRNS was there */
    uint16_t key[3];                    /* the transparent grey or colour */
    unsigned colours;
    uint8_t palette[PNG_COLOURS][4];
    size_t data, packed, idat;          /* the first IDAT, bytes of all, the next to be unpacked */
    size_t row_bytes;
    uint8_t *row, *above;               /* the widest, after its filter's byte */
    struct inflate *z;
};

static uint32_t png_number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static size_t png_bits(const struct png *p)
{
    return (size_t)png_types[p->type].samples*(size_t)p->depth;
}

/* ---- chunks ---- */

static bool png_header(struct png *p, const uint8_t *data, size_t length, char *err)
{
    if (length != 13)
        return error_set(err, "%s: offset %zu: IHDR of %zu bytes, 13 expected", p->name, p->at,
                         length);
    p->w = png_number(data);
    p->h = png_number(data + 4);
    p->depth = data[8];
    p->type = data[9];
    p->interlaced = data[12];
    if (p->w < 1 || p->h < 1 || p->w > PNG_SIDE || p->h > PNG_SIDE)
        return error_set(err, "%s: offset %zu: IHDR: %u pixels wide and %u high, 1 to %d expected",
                         p->name, p->at, p->w, p->h, PNG_SIDE);
    if (p->type > PNG_RGB_ALPHA || !png_types[p->type].samples)
        return error_set(err, "%s: offset %zu: IHDR: colour type %d, 0, 2, 3, 4 or 6 expected",
                         p->name, p->at, p->type);
    if (p->depth > 16 || !(png_types[p->type].depths >> p->depth & 1))
        return error_set(err, "%s: offset %zu: IHDR: %d bits a sample; colour type %d has %s",
                         p->name, p->at, p->depth, p->type, png_types[p->type].which);
    if (data[10] || data[11] || data[12] > 1)
        return error_set(err, "%s: offset %zu: IHDR: methods %d, %d and %d of compression, filters "
                         "and interlacing; 0, 0 and 0 or 1 expected", p->name, p->at, data[10],
                         data[11], data[12]);
    return true;
}

static bool png_palette(struct png *p, const uint8_t *data, size_t length, char *err)
{
    if (p->colours || p->packed || p->keyed)
        return error_set(err, "%s: offset %zu: PLTE comes too late, or twice", p->name, p->at);
    if (length < 3 || length % 3 || length > 3*PNG_COLOURS)
        return error_set(err, "%s: offset %zu: PLTE of %zu bytes, 3 for each of 1 to %d colours "
                         "expected", p->name, p->at, length, PNG_COLOURS);
    p->colours = (unsigned)(length/3);
    for (size_t k = 0; k < p->colours; k++) {
        memcpy(p->palette[k], data + 3*k, 3);
        p->palette[k][3] = 255;
    }
    return true;
}

/* An image that has an alpha channel needs none: it is passed over, as others do. */
static bool png_transparency(struct png *p, const uint8_t *data, size_t length, char *err)
{
    const size_t whole = p->type == PNG_GREY ? 2 : p->type == PNG_RGB ? 6 : 0;
    if (p->type == PNG_GREY_ALPHA || p->type == PNG_RGB_ALPHA)
        return true;
    if (p->keyed || p->packed || (p->type == PNG_INDEX && !p->colours))
        return error_set(err, "%s: offset %zu: tRNS comes %s", p->name, p->at,
                         p->keyed ? "twice" : p->packed ? "after the pixels"
                         : "before the palette");
    if (p->type == PNG_INDEX ? length > p->colours : length != whole)
        return error_set(err, "%s: offset %zu: tRNS of %zu bytes, %s%zu expected", p->name, p->at,
                         length, p->type == PNG_INDEX ? "up to " : "",
                         p->type == PNG_INDEX ? p->colours : whole);
    p->keyed = true;
    for (size_t k = 0; k < length; k++)
        if (p->type == PNG_INDEX)
            p->palette[k][3] = data[k];
        else
            p->key[k/2] = (uint16_t)((p->key[k/2] << 8 | data[k]) & ((1 << p->depth) - 1));
    return true;
}

static bool png_data(struct png *p, const uint8_t *data, size_t length, char *err)
{
    (void)data;
    if (p->type == PNG_INDEX && !p->colours)
        return error_set(err, "%s: offset %zu: IDAT without a PLTE before it: colour type 3 has a "
                         "palette", p->name, p->at);
    if (!p->data)
        p->data = p->idat = p->at;
    p->packed += length;
    return true;
}

static bool png_end(struct png *p, const uint8_t *data, size_t length, char *err)
{
    (void)data;
    p->ended = true;
    if (length)
        return error_set(err, "%s: offset %zu: IEND of %zu bytes, 0 expected", p->name, p->at,
                         length);
    return p->data || error_set(err, "%s: offset %zu: IEND without an IDAT before it: it has no "
                                "pixels", p->name, p->at);
}

static const struct png_chunk {
    char name[5];
    bool (*read)(struct png *, const uint8_t *data, size_t length, char *err);
} png_chunks[] = {
    { "IHDR", png_header }, { "PLTE", png_palette }, { "tRNS", png_transparency },
    { "IDAT", png_data }, { "IEND", png_end },
};

/* A chunk of another name is passed over where its first letter says that it may be. */
static bool png_other(const struct png *p, const uint8_t *name, char *err)
{
    if (name[0] & 32)
        return true;
    return error_set(err, "%s: offset %zu: chunk %.4s, without which the image cannot be read, is "
                     "not known%s", p->name, p->at, (const char *)name, memcmp(name, "CgBI", 4) ? ""
                     : ": Apple's form of PNG for its devices; `pngcrush -revert-iphone-"
                       "optimizations` makes an ordinary one");
}

/* The length and the name of the chunk at p->at, and whether all of it is there. */
static bool png_chunk(const struct png *p, size_t *length, char *err)
{
    const size_t left = p->size - p->at;
    if (left < PNG_CHUNK)
        return error_set(err, "%s: short: it ends at offset %zu, where a chunk was expected, the "
                         "last one being IEND", p->name, p->size);
    const uint8_t *at = p->bytes + p->at;
    *length = png_number(at);
    for (int k = 4; k < 8; k++)
        if (!((at[k] | 32) >= 'a' && (at[k] | 32) <= 'z'))
            return error_set(err, "%s: offset %zu: no chunk begins here: four letters expected "
                             "after a length", p->name, p->at);
    if (*length > PNG_MOST || *length > left - PNG_CHUNK)
        return error_set(err, "%s: short: chunk %.4s at offset %zu has %zu bytes, and %zu follow",
                         p->name, (const char *)at + 4, p->at, *length, left - PNG_CHUNK);
    const uint32_t stated = png_number(at + 8 + *length), sum = sums_crc(0, at + 4, *length + 4);
    return stated == sum || error_set(err, "%s: offset %zu: chunk %.4s is damaged: its CRC is "
                                      "%08x, %08x expected", p->name, p->at, (const char *)at + 4,
                                      sum, stated);
}

/* One after the other, up to IEND. What is to be unpacked lies in one row of IDATs. */
static bool png_all_chunks(struct png *p, char *err)
{
    const size_t known = sizeof png_chunks / sizeof *png_chunks;
    bool first = true, closed = false;
    while (!p->ended) {
        size_t length = 0, k = 0;
        if (!png_chunk(p, &length, err))
            return false;
        const uint8_t *at = p->bytes + p->at;
        while (k < known && memcmp(at + 4, png_chunks[k].name, 4) != 0)
            k++;
        const bool header = k < known && png_chunks[k].read == png_header;
        const bool data = k < known && png_chunks[k].read == png_data;
        if (header != first && memcmp(at + 4, "CgBI", 4) != 0)
            return error_set(err, "%s: offset %zu: chunk %.4s, %s", p->name, p->at,
                             (const char *)at + 4, first ? "IHDR must be the first"
                             : "of which there must be one");
        if (data && closed)
            return error_set(err, "%s: offset %zu: IDAT apart from those before it", p->name,
                             p->at);
        if (!(k < known ? png_chunks[k].read(p, at + 8, length, err) : png_other(p, at + 4, err)))
            return false;
        closed = p->data && !data;
        first = false;
        p->at += PNG_CHUNK + length;
    }
    return true;
}

/* ---- what the image needs ---- */

static int png_channels(const struct png *p)
{
    const bool colour = p->type == PNG_RGB || p->type == PNG_INDEX || p->type == PNG_RGB_ALPHA;
    const bool alpha = p->keyed || p->type == PNG_GREY_ALPHA || p->type == PNG_RGB_ALPHA;
    return (colour ? 3 : 1) + alpha;
}

/* The pass's pixels in a row, or its rows. */
static uint32_t png_extent(uint32_t size, uint32_t first, uint32_t step)
{
    return size > first ? (size - first + step - 1)/step : 0;
}

static size_t png_row_bytes(const struct png *p, uint32_t pixels)
{
    return ((size_t)pixels*png_bits(p) + 7)/8;
}

/* Bytes of all rows, with their filters'. */
static uint64_t png_unpacked(const struct png *p)
{
    const size_t passes = p->interlaced ? sizeof png_passes / sizeof *png_passes : 1;
    uint64_t sum = 0;
    for (size_t k = 0; k < passes; k++) {
        const struct png_pass *pass = p->interlaced ? &png_passes[k] : &png_whole;
        const uint32_t w = png_extent(p->w, pass->x, pass->right);
        const uint32_t h = png_extent(p->h, pass->y, pass->down);
        sum += w ? (uint64_t)h*(1 + png_row_bytes(p, w)) : 0;
    }
    return sum;
}

/* False where it would be too much, or where the file cannot hold so many pixels. */
static bool png_affordable(const struct png *p, char *err)
{
    const uint64_t values = (uint64_t)png_channels(p)*p->w*p->h, unpacked = png_unpacked(p);
    if (values > PNG_VALUES)
        return error_set(err, "%s: %ux%u pixels (width, height) need %llu MiB of memory, and up to "
                         "%llu are taken for one image: make it smaller", p->name, p->w, p->h,
                         (unsigned long long)(values*sizeof(real) >> 20),
                         (unsigned long long)((uint64_t)PNG_VALUES*sizeof(real) >> 20));
    return unpacked/INFLATE_RATIO <= p->packed
           || error_set(err, "%s: short: %zu bytes of IDAT cannot hold %ux%u pixels (width, "
                        "height), %llu bytes", p->name, p->packed, p->w, p->h,
                        (unsigned long long)unpacked);
}

/* ---- rows ---- */

/* inflate_more: one IDAT after the other; png_all_chunks has been over them. */
static size_t png_more(void *from, const uint8_t **piece)
{
    struct png *p = from;
    size_t length = 0;
    while (length == 0 && memcmp(p->bytes + p->idat + 4, "IDAT", 4) == 0) {
        length = png_number(p->bytes + p->idat);
        *piece = p->bytes + p->idat + 8;
        p->idat += PNG_CHUNK + length;
    }
    return length;
}

/* The nearest of the three to left + above - corner. */
static uint8_t png_paeth(int left, int above, int corner)
{
    const int a = abs(above - corner), b = abs(left - corner), c = abs(left + above - 2*corner);
    return (uint8_t)(a <= b && a <= c ? left : b <= c ? above : corner);
}

/* row[n] becomes what it was before its filter; `pixel` bytes before a byte is the same sample of
** the pixel to its left. */
static bool png_unfilter(int filter, uint8_t *row, const uint8_t *above, size_t n, size_t pixel)
{
    enum { NONE, LEFT, ABOVE, MEAN, PAETH };
    switch (filter) {
    case NONE:
        return true;
    case LEFT:
        for (size_t k = pixel; k < n; k++)
            row[k] = (uint8_t)(row[k] + row[k - pixel]);
        return true;
    case ABOVE:
        for (size_t k = 0; k < n; k++)
            row[k] = (uint8_t)(row[k] + above[k]);
        return true;
    case MEAN:
        for (size_t k = 0; k < n; k++)
            row[k] = (uint8_t)(row[k] + ((k < pixel ? 0 : row[k - pixel]) + above[k])/2);
        return true;
    case PAETH:
        for (size_t k = 0; k < n && k < pixel; k++)
            row[k] = (uint8_t)(row[k] + above[k]);
        for (size_t k = pixel; k < n; k++)
            row[k] = (uint8_t)(row[k] + png_paeth(row[k - pixel], above[k], above[k - pixel]));
        return true;
    default:
        return false;
    }
}

/* The next row, into p->row; p->above is the one before it. Bytes of a row narrower than the
** widest follow the filter's. */
static bool png_row(struct png *p, uint32_t y, size_t bytes, char *err)
{
    const size_t bits = png_bits(p), read = inflate_read(p->z, p->row, bytes + 1);
    if (read != bytes + 1)
        return error_set(err, "%s: offset %zu: IDAT: %s, in row %u of %u", p->name,
                         (size_t)(inflate_place(p->z) - p->bytes),
                         p->z->fault ? p->z->fault : "its compressed data ends", y, p->h);
    if (!png_unfilter(p->row[0], p->row + 1, p->above + 1, bytes, bits < 8 ? 1 : bits/8))
        return error_set(err, "%s: IDAT: row %u of %u has filter %d, 0 to 4 expected", p->name, y,
                         p->h, p->row[0]);
    return true;
}

/* Sample k of a row. */
static unsigned png_sample(const uint8_t *row, size_t k, int depth)
{
    if (depth == 8)
        return row[k];
    if (depth == 16)
        return (unsigned)row[2*k] << 8 | row[2*k + 1];
    const size_t bit = k*(size_t)depth;
    return row[bit/8] >> (8 - (size_t)depth - bit % 8) & ((1u << depth) - 1);
}

/* Pixels of colours of the palette, every `right`th of the image's row from `to` on. */
static bool png_put_indices(const struct png *p, uint32_t y, uint32_t count, uint32_t right,
                            struct png_image *out, real *to, char *err)
{
    const size_t map = (size_t)p->h*p->w;
    for (uint32_t k = 0; k < count; k++) {
        const unsigned index = png_sample(p->row + 1, k, p->depth);
        if (index >= p->colours)
            return error_set(err, "%s: IDAT: row %u of %u has colour %u, and its palette %u "
                             "colours", p->name, y, p->h, index, p->colours);
        for (int c = 0; c < out->c; c++)
            to[(size_t)c*map + (size_t)k*right] = p->palette[index][c];
    }
    return true;
}

/* 0 to 255, as the reader of Netpbm's has it. */
static void png_put_samples(const struct png *p, uint32_t count, uint32_t right, real *to)
{
    const size_t map = (size_t)p->h*p->w, samples = (size_t)png_types[p->type].samples;
    const uint8_t *row = p->row + 1;
    const int most = (1 << p->depth) - 1;
    for (size_t c = 0; c < samples; c++) {
        real *at = to + c*map;
        if (p->depth == 8)
            for (size_t k = 0; k < count; k++)
                at[k*right] = row[k*samples + c];
        else
            for (size_t k = 0; k < count; k++)
                at[k*right] = (real)(png_sample(row, k*samples + c, p->depth)*255.0/most);
    }
    for (size_t k = 0; p->keyed && k < count; k++) {
        bool same = true;
        for (size_t c = 0; c < samples; c++)
            same = same && png_sample(row, k*samples + c, p->depth) == p->key[c];
        to[samples*map + k*right] = same ? 0 : 255;
    }
}

static bool png_pass(struct png *p, const struct png_pass *pass, struct png_image *out, char *err)
{
    const uint32_t w = png_extent(p->w, pass->x, pass->right);
    const uint32_t h = png_extent(p->h, pass->y, pass->down);
    const size_t bytes = png_row_bytes(p, w);
    memset(p->above, 0, bytes + 1);
    for (uint32_t k = 0; w && k < h; k++) {
        const uint32_t y = pass->y + k*pass->down;
        real *to = out->values + (size_t)y*p->w + pass->x;
        if (!png_row(p, y, bytes, err))
            return false;
        if (p->type != PNG_INDEX)
            png_put_samples(p, w, pass->right, to);
        else if (!png_put_indices(p, y, w, pass->right, out, to, err))
            return false;
        uint8_t *row = p->above;
        p->above = p->row;
        p->row = row;
    }
    return true;
}

/* Nothing may be left after the last row but zlib's sum. */
static bool png_unpack(struct png *p, struct png_image *out, char *err)
{
    uint8_t more;
    inflate_open(p->z, INFLATE_ZLIB, png_more, p);
    for (size_t k = 0; k < (p->interlaced ? sizeof png_passes / sizeof *png_passes : 1); k++)
        if (!png_pass(p, p->interlaced ? &png_passes[k] : &png_whole, out, err))
            return false;
    if (inflate_read(p->z, &more, 1))
        return error_set(err, "%s: long: IDAT has more than %u rows of %u pixels", p->name, p->h,
                         p->w);
    return !p->z->fault || error_set(err, "%s: offset %zu: IDAT: %s", p->name,
                                     (size_t)(inflate_place(p->z) - p->bytes), p->z->fault);
}

/* ---- the whole ---- */

bool png_begins(const unsigned char *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "\x89PNG", 4) == 0;
}

static bool png_signature(struct png *p, char *err)
{
    static const char signature[] = "\x89PNG\r\n\x1a\n";
    if (p->size - p->at < 8 || memcmp(p->bytes + p->at, signature, 8) != 0)
        return error_set(err, "%s: offset %zu: a PNG begins with 89 50 4e 47 0d 0a 1a 0a; this one "
                         "was changed on its way, as text is: copy it anew, as binary", p->name,
                         p->at);
    p->at += 8;
    return true;
}

bool png_read(const char *name, const unsigned char *bytes, size_t size, size_t at,
              struct png_image *out, size_t *end, char *err)
{
    struct png p = { .name = name, .bytes = bytes, .size = size, .at = at };
    if (!png_signature(&p, err) || !png_all_chunks(&p, err) || !png_affordable(&p, err))
        return false;
    *end = p.at;
    out->c = png_channels(&p);
    out->h = (int)p.h;
    out->w = (int)p.w;
    const size_t values = (size_t)out->c*p.h*p.w, row = 1 + png_row_bytes(&p, p.w);
    uint8_t *rows = malloc(2*row);
    p.z = malloc(sizeof *p.z);
    out->values = malloc(values*sizeof(real));
    bool good = rows && p.z && out->values;
    if (good) {
        p.row = rows;
        p.above = rows + row;
        good = png_unpack(&p, out, err);
    } else {
        error_set(err, "%s: not enough memory for %ux%u pixels", name, p.w, p.h);
    }
    free(rows);
    free(p.z);
    return good;
}
