/*
** test_png.c - PNG: what its samples become, what is refused and with which words, and that no
** damage does more than that. Held against Pillow in peers.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "file/png.h"
#include "support/pngs.h"

static struct png_bytes png;

/* "CxHxW" and the values, rounded; or what is said, without the name and ": ". */
static const char *png_text(const uint8_t *bytes, size_t size)
{
    static char text[8192];
    struct png_image image = { .values = NULL };
    char err[ERR_SIZE];
    size_t end;
    if (png_read("x", bytes, size, 0, &image, &end, err)) {
        int n = sprintf(text, "%dx%dx%d", image.c, image.h, image.w);
        for (int k = 0; k < image.c*image.h*image.w; k++)
            n += sprintf(text + n, "%s%.0f", k % (image.h*image.w) ? " " : " | ",
                         (double)image.values[k]);
    } else {
        cr_expect(strncmp(err, "x: ", 3) == 0, "%s", err);
        snprintf(text, sizeof text, "%s", err + 3);
    }
    free(image.values);
    return text;
}

#define expect_png(wanted) cr_expect_str_eq(png_text(png.at, png.size), wanted)
#define expect_bad(words) expect_words(words, __LINE__)

static void expect_words(const char *words, int line)
{
    const char *text = png_text(png.at, png.size);
    cr_expect(strstr(text, words), "line %d: no \"%s\" in: %s", line, words, text);
}

/* Without the zero at its end. */
#define MAKE(w, h, depth, type, interlaced, rows) \
    png_make(&png, w, h, depth, type, interlaced, rows, sizeof rows - 1)
#define PUT(name, data) png_put(&png, name, data, sizeof data - 1)

Test(png, of_every_depth_fills_0_to_255)
{
    MAKE(10, 1, 1, 0, 0, "\0\xa5\x40");
    expect_png("1x1x10 | 255 0 255 0 0 255 0 255 0 255");
    MAKE(5, 1, 2, 0, 0, "\0\x1b\x80");
    expect_png("1x1x5 | 0 85 170 255 170");
    MAKE(3, 1, 4, 0, 0, "\0\x0f\x70");
    expect_png("1x1x3 | 0 255 119");
    MAKE(3, 1, 8, 0, 0, "\0\x00\xff\x07");
    expect_png("1x1x3 | 0 255 7");
    MAKE(3, 1, 16, 0, 0, "\0\x00\x00\xff\xff\x80\x00");
    expect_png("1x1x3 | 0 255 128");
    MAKE(2, 1, 8, 2, 0, "\0\1\2\3\4\5\6");
    expect_png("3x1x2 | 1 4 | 2 5 | 3 6");
    MAKE(1, 2, 16, 2, 0, "\0\1\1\2\2\3\3\0\4\4\5\5\6\6");
    expect_png("3x2x1 | 1 4 | 2 5 | 3 6");
    MAKE(2, 1, 8, 4, 0, "\0\1\2\3\4");
    expect_png("2x1x2 | 1 3 | 2 4");
    MAKE(1, 1, 8, 6, 0, "\0\1\2\3\4");
    expect_png("4x1x1 | 1 | 2 | 3 | 4");
}

Test(png, filters_are_undone_over_rows_and_pixels)
{
    /* Left, above, mean, Paeth, each after a row that is not filtered. */
    MAKE(3, 2, 8, 0, 0, "\0\1\2\3\1\5\5\5");
    expect_png("1x2x3 | 1 2 3 5 10 15");
    MAKE(3, 2, 8, 0, 0, "\0\1\2\3\2\5\5\5");
    expect_png("1x2x3 | 1 2 3 6 7 8");
    MAKE(3, 2, 8, 0, 0, "\0\1\2\3\3\5\5\377");
    expect_png("1x2x3 | 1 2 3 5 8 4");
    MAKE(3, 2, 8, 0, 0, "\0\11\2\3\4\5\5\5");
    expect_png("1x2x3 | 9 2 3 14 14 19");
    MAKE(2, 1, 8, 2, 0, "\1\1\2\3\1\1\1");
    expect_png("3x1x2 | 1 2 | 2 3 | 3 4");
    MAKE(1, 2, 8, 0, 0, "\4\7\3\1");
    expect_png("1x2x1 | 7 4");
}

static void start_palette(int depth)
{
    png_start(&png);
    png_put_header(&png, 4, 1, depth, 3, 0);
    PUT("PLTE", "\1\2\3\4\5\6\7\10\11");
}

Test(png, palettes_and_transparent_colours_are_what_they_say)
{
    start_palette(2);
    png_put_rows(&png, "\0\x18", 2);
    PUT("IEND", "");
    expect_png("3x1x4 | 1 4 7 1 | 2 5 8 2 | 3 6 9 3");
    start_palette(2);
    PUT("tRNS", "\0\200");
    png_put_rows(&png, "\0\x18", 2);
    PUT("IEND", "");
    expect_png("4x1x4 | 1 4 7 1 | 2 5 8 2 | 3 6 9 3 | 0 128 255 0");
    start_palette(8);
    png_put_rows(&png, "\0\0\1\2\3", 5);
    PUT("IEND", "");
    expect_bad("IDAT: row 0 of 1 has colour 3, and its palette 3 colours");
    png_start(&png);
    png_put_header(&png, 2, 1, 16, 0, 0);
    PUT("tRNS", "\1\2");
    png_put_rows(&png, "\0\1\2\1\3", 5);
    PUT("IEND", "");
    expect_png("2x1x2 | 1 1 | 0 255");
    png_start(&png);
    png_put_header(&png, 2, 1, 8, 2, 0);
    PUT("PLTE", "\1\2\3");                  /* advice that is not needed */
    PUT("tRNS", "\0\4\0\5\0\6");
    png_put_rows(&png, "\0\1\2\3\4\5\6", 7);
    PUT("IEND", "");
    expect_png("4x1x2 | 1 4 | 2 5 | 3 6 | 255 0");
    png_start(&png);
    png_put_header(&png, 2, 1, 8, 4, 0);
    PUT("tRNS", "\1\2");                    /* beside an alpha channel */
    png_put_rows(&png, "\0\1\2\3\4", 5);
    PUT("IEND", "");
    expect_png("2x1x2 | 1 3 | 2 4");
}

/* A pixel's value is its number: 5 wide, 3 high. */
Test(png, interlaced_rows_find_their_places)
{
    MAKE(5, 3, 8, 0, 1, "\0\0" "\0\4" "\0\2" "\0\12\14" "\0\1\3" "\0\13\15" "\0\5\6\7\10\11");
    expect_bad("IDAT");
    MAKE(5, 3, 8, 0, 1, "\0\0" "\0\4" "\0\2" "\0\12\14\16" "\0\1\3" "\0\13\15" "\0\5\6\7\10\11");
    expect_png("1x3x5 | 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14");
    MAKE(1, 1, 8, 0, 1, "\0\7");            /* six passes have nothing */
    expect_png("1x1x1 | 7");
}

Test(png, pixels_may_lie_in_many_chunks_and_others_are_passed_over)
{
    struct png_bytes whole;
    MAKE(3, 1, 8, 0, 0, "\0\1\2\3");
    whole = png;
    const size_t length = whole.size - 8 - 25 - 12 - 12;
    png_start(&png);
    png_put_header(&png, 3, 1, 8, 0, 0);
    PUT("teXt", "anything");
    for (size_t k = 0; k < length; k++) {
        png_put(&png, "IDAT", whole.at + 33 + 8 + k, 1);
        PUT("IDAT", "");
    }
    PUT("tIME", "1234567");
    PUT("azAZ", "");                        /* of letters from the first to the last */
    PUT("IEND", "");
    expect_png("1x1x3 | 1 2 3");
    memcpy(png.at + png.size, "rest", 4);   /* after the end */
    png.size += 4;
    expect_png("1x1x3 | 1 2 3");
}

/* ---- what is refused ---- */

static const struct { uint32_t w, h; int depth, type, interlaced; const char *words; } headers[] = {
    { 0, 1, 8, 0, 0, "offset 8: IHDR: 0 pixels wide and 1 high, 1 to 65536 expected" },
    { 1, 65537, 8, 0, 0, "IHDR: 1 pixels wide and 65537 high" },
    { 1, 1, 8, 1, 0, "IHDR: colour type 1, 0, 2, 3, 4 or 6 expected" },
    { 1, 1, 8, 7, 0, "IHDR: colour type 7" },
    { 1, 1, 4, 2, 0, "IHDR: 4 bits a sample; colour type 2 has 8 or 16" },
    { 1, 1, 16, 3, 0, "IHDR: 16 bits a sample; colour type 3 has 1, 2, 4 or 8" },
    { 1, 1, 3, 0, 0, "IHDR: 3 bits a sample" },
    { 1, 1, 200, 0, 0, "IHDR: 200 bits a sample" },
    { 1, 1, 8, 0, 2, "methods 0, 0 and 2 of compression, filters and interlacing" },
    { 65536, 65536, 16, 6, 0, "65536x65536 pixels (width, height) need " },
    { 60000, 4000, 8, 0, 0, "short: 15 bytes of IDAT cannot hold 60000x4000 pixels (width, height)"
      ", 240004000 bytes" },
    { 1, 3, 8, 0, 0, "IDAT: its compressed data ends, in row 2 of 3" },
    { 1, 1, 8, 0, 0, "long: IDAT has more than 1 rows of 1 pixels" },
};

Test(png, headers_that_cannot_be_are_named)
{
    for (size_t k = 0; k < sizeof headers / sizeof *headers; k++) {
        png_make(&png, headers[k].w, headers[k].h, headers[k].depth, headers[k].type,
                 headers[k].interlaced, "\0\1\0\1", 4);
        expect_bad(headers[k].words);
    }
}

Test(png, memory_that_it_would_need_is_named_before_it_is_taken)
{
    char words[128];
    MAKE(65536, 65536, 8, 6, 0, "\0\1\2\3\4");
    snprintf(words, sizeof words, "need %d MiB of memory, and up to %d are taken for one image",
             16384*(int)sizeof(real), 256*(int)sizeof(real));
    expect_bad(words);
}

Test(png, chunks_out_of_place_are_named_with_their_offsets)
{
    png_start(&png);
    PUT("IDAT", "x");
    expect_bad("offset 8: chunk IDAT, IHDR must be the first");
    png_start(&png);
    PUT("CgBI", "1234");
    expect_bad("offset 8: chunk CgBI, without which the image cannot be read, is not known: Apple");
    MAKE(1, 1, 8, 0, 0, "\0\1");
    png.size -= 12;
    png_put_header(&png, 1, 1, 8, 0, 0);
    expect_bad("offset 58: chunk IHDR, of which there must be one");
    png.size -= 25;
    PUT("tEXt", "a");
    PUT("IDAT", "x");
    expect_bad("offset 71: IDAT apart from those before it");
    png_start(&png);
    png_put_header(&png, 1, 1, 8, 0, 0);
    PUT("ABCD", "");
    expect_bad("offset 33: chunk ABCD, without which the image cannot be read, is not known");
    png.size -= 12;
    static const char *const no_names[] = { "1bcd", "a1cd", "ab1d", "abc1", "ab@d", "ab[d" };
    for (size_t k = 0; k < sizeof no_names / sizeof *no_names; k++) {
        png_put(&png, no_names[k], "", 0);
        expect_bad("offset 33: no chunk begins here: four letters expected after a length");
        png.size -= 12;
    }
    PUT("IEND", "");
    expect_bad("offset 33: IEND without an IDAT before it");
    png.size -= 12;
    PUT("tRNS", "1");
    expect_bad("offset 33: tRNS of 1 bytes, 2 expected");
    MAKE(1, 1, 8, 0, 0, "\0\1");
    png.size -= 12;
    expect_bad("short: it ends at offset 58, where a chunk was expected, the last one being IEND");
    PUT("IEND", "x");
    expect_bad("offset 58: IEND of 1 bytes, 0 expected");
}

Test(png, palettes_that_cannot_be_are_named)
{
    png_start(&png);
    png_put_header(&png, 4, 1, 2, 3, 0);
    PUT("tRNS", "1");
    expect_bad("offset 33: tRNS comes before the palette");
    png.size -= 13;
    png_put_rows(&png, "\0\x18", 2);
    expect_bad("offset 33: IDAT without a PLTE before it");
    png.size -= 25;
    PUT("PLTE", "1234");
    expect_bad("offset 33: PLTE of 4 bytes, 3 for each of 1 to 256 colours expected");
    start_palette(2);
    PUT("PLTE", "123");
    expect_bad("offset 54: PLTE comes too late, or twice");
    start_palette(2);
    PUT("tRNS", "1234");
    expect_bad("offset 54: tRNS of 4 bytes, up to 3 expected");
}

Test(png, damage_names_the_chunk_and_what_text_transfers_do)
{
    MAKE(2, 1, 8, 0, 0, "\0\1\2");
    png.at[45] ^= 1;
    expect_bad("offset 33: chunk IDAT is damaged: its CRC is ");
    png_mend(png.at, png.size);
    expect_bad("IDAT: its compressed data");
    MAKE(2, 1, 8, 0, 0, "\5\1\2");
    expect_bad("IDAT: row 0 of 1 has filter 5, 0 to 4 expected");
    memmove(png.at + 4, png.at + 5, png.size - 5);
    expect_bad("offset 0: a PNG begins with 89 50 4e 47 0d 0a 1a 0a; this one was changed");
    MAKE(2, 1, 8, 0, 0, "\0\1\2");
    png.at[33] = 0x80;
    expect_bad("short: chunk IDAT at offset 33 has ");
}

/* ---- any damage ---- */

/* Files of all kinds of parts, small enough to be cut at each byte. */
static void damaged_file(int kind)
{
    static const int forms[][3] = { { 8, 2, 0 }, { 16, 6, 1 }, { 4, 0, 1 }, { 8, 4, 0 } };
    char rows[600];
    uint32_t noise = (uint32_t)kind + 1;
    for (size_t k = 0; k < sizeof rows; k++)
        rows[k] = (char)(k % 7 ? (noise = noise*1664525u + 1013904223u) >> 24 : k % 5);
    if (kind == 4) {
        start_palette(2);
        PUT("tRNS", "\0\200");
        png_put_rows(&png, "\0\x18", 2);
        PUT("IEND", "");
        return;
    }
    /* Too many rows or too few: their filters are noise anyway. */
    png_make(&png, 5, 6, forms[kind][0], forms[kind][1], forms[kind][2], rows, 100);
}

static void expect_survived(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size + !size);      /* a sanitizer sees one byte beyond */
    memcpy(exact, bytes, size);
    const char *text = png_text(exact, size);
    cr_expect(*text, "neither an image nor a message");
    free(exact);
}

Test(png, cut_short_anywhere_is_an_error_and_no_more)
{
    for (int kind = 0; kind < 5; kind++) {
        damaged_file(kind);
        for (size_t k = 0; k < png.size; k++) {
            expect_survived(png.at, k);
            cr_expect(strstr(png_text(png.at, k), k < 8 ? "begins with" : "short: "), "%zu bytes",
                      k);
        }
    }
}

Test(png, flipped_bits_are_an_error_or_an_image_and_no_more)
{
    enum { FLIPS = 3000 };
    uint32_t noise = 5;
    for (int kind = 0; kind < 5; kind++)
        for (int k = 0; k < FLIPS; k++) {
            damaged_file(kind);
            for (int i = 0; i <= k % 3; i++) {
                noise = noise*1664525u + 1013904223u;
                png.at[8 + (noise >> 8) % (png.size - 8)] ^= (uint8_t)(1 << (noise >> 5 & 7));
            }
            if (k % 8)
                png_mend(png.at, png.size);
            expect_survived(png.at, png.size);
        }
}
