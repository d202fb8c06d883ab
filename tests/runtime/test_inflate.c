/*
** test_inflate.c - deflate's data: every kind of block, in pieces of every size, matches at the far
** end of the window, and what is damaged. zlib wrote the data that stands here.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/inflate.h"
#include "file/sums.h"

/* Gives `size` bytes in pieces of `piece`. */
struct pieces { const uint8_t *bytes; size_t size, piece; };

static size_t next_piece(void *from, const uint8_t **bytes)
{
    struct pieces *p = from;
    size_t n = p->size < p->piece ? p->size : p->piece;
    *bytes = p->bytes;
    p->bytes += n;
    p->size -= n;
    return n;
}

/* Up to `most` bytes, asked for `step` at a time; *fault: what is said. */
static size_t unpack(const void *bytes, size_t size, enum inflate_wrap wrap, size_t piece,
                     void *out, size_t most, size_t step, const char **fault)
{
    struct inflate *z = malloc(sizeof *z);
    struct pieces p = { bytes, size, piece };
    size_t made = 0, n;
    cr_assert(z);
    inflate_open(z, wrap, next_piece, &p);
    do {
        n = inflate_read(z, (uint8_t *)out + made, step < most - made ? step : most - made);
        made += n;
    } while (n > 0 && made < most);
    cr_expect(z->fault || z->ended || made == most);
    *fault = z->fault;
    free(z);
    return made;
}

static const char fixed[] = "\x78\x01\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x75\x20\x14\x00\xac\xf5"
    "\x0b\x11";
static const char dynamic[] =
    "\x78\xda\x15\x90\x41\x0e\x00\x31\x08\x02\xff\xc3\xa9\x88\xb5\x6d\x8c\xff\xff\xd6\xb2\x37\x43"
    "\x74\x00\x17\xd6\xac\x26\x38\xec\x40\x4c\xb6\xa0\x79\x9d\xc8\x61\xf5\xc6\x9e\xd8\x5d\xa8\x51"
    "\xf5\xc1\x99\x7c\x7d\x71\xa7\xb2\x1f\xde\x5c\x36\x17\xb8\x86\xcb\x14\x63\xcc\x09\x6b\x01\xc6"
    "\x30\xb3\x29\x50\x26\xbd\x66\x82\x66\xbe\x6a\x6e\xd0\x58\x73\x59\x60\xd9\xc0\xda\x01\xcf\xc4"
    "\xf5\xde\x05\xef\x28\x7c\xfb\xc0\x67\x5f\x27\x5b\x88\x35\x69\x8f\x20\x82\x93\x69\xcd\x71\x9d"
    "\xf7\x66\x87\x10\x9a\x1d\xaf\x23\x11\x39\xfb\x54\xc7\x46\xec\x29\x7b\x44\x21\x6a\xea\xd7\x0e"
    "\xe2\xcc\xf9\xf7\x2e\xe2\xce\xf9\x6f\x1f\xc2\x35\xcc\xd3\x82\xd6\x3c\x7b\x88\x10\xe7\xd9\x57"
    "\x01\xb9\xc7\x72\x18\xf9\x2f\x2e\xb2\x9c\x50\x09\xb9\x09\x1d\x5b\x1b\xda\xae\x6c\x1f\x15\x54"
    "\x1e\x5d\x50\x07\x3a\x43\xb9\xb5\x2e\x74\xff\x4f\x98\xf0\xa0\x37\xdc\xfe\xcf\x07\x08\xc8\x4c"
    "\x95";
static const char stored[] = "\x78\x01\x01\x06\x00\xf9\xff\x73\x74\x6f\x72\x65\x64\x09\x3c\x02\x92";

/* "0*0=0;1*1=1;..." up to 39. */
static const char *squares(void)
{
    static char text[512];
    int n = 0;
    for (int k = 0; k < 40; k++)
        n += sprintf(text + n, "%d*%d=%d;", k, k, k*k);
    return text;
}

static void expect_unpacked(const char *bytes, size_t size, const char *text)
{
    char out[1024];
    const char *fault;
    for (size_t piece = 1; piece < 40; piece += 7)
        for (size_t step = 1; step < 1000; step = 3*step + 1) {
            size_t n = unpack(bytes, size, INFLATE_ZLIB, piece, out, sizeof out, step, &fault);
            cr_expect(!fault && n == strlen(text) && memcmp(out, text, n) == 0, "%s: %zu bytes in "
                      "pieces of %zu, steps of %zu: %.40s", fault ? fault : "differs", n, piece,
                      step, text);
        }
}

Test(inflate, unpacks_every_kind_of_block_whatever_the_pieces)
{
    expect_unpacked(fixed, sizeof fixed - 1, "hello hello hello hello, hello");
    expect_unpacked(dynamic, sizeof dynamic - 1, squares());
    expect_unpacked(stored, sizeof stored - 1, "stored");
}

Test(inflate, cut_short_anywhere_says_so)
{
    char out[1024];
    const char *fault;
    for (size_t k = 0; k < sizeof dynamic - 1; k++) {
        size_t n = unpack(dynamic, k, INFLATE_ZLIB, 1000, out, sizeof out, 1000, &fault);
        cr_expect(fault && strstr(fault, "ends too soon"), "%zu bytes: %s", k, fault);
        cr_expect(memcmp(out, squares(), n) == 0);
    }
}

/* ---- bit by bit ---- */

struct writer { uint8_t *bytes; size_t bit; };

static void put_bits(struct writer *w, unsigned value, int n)
{
    for (int k = 0; k < n; k++, w->bit++)
        w->bytes[w->bit/8] = (uint8_t)(w->bytes[w->bit/8] | (value >> k & 1) << w->bit % 8);
}

/* A code, whose first bit is its highest. */
static void put_code(struct writer *w, unsigned code, int n)
{
    while (n-- > 0)
        put_bits(w, code >> n & 1, 1);
}

/* 32,768 bytes of noise, stored, and matches of 258 bytes that go back to its first one. */
Test(inflate, matches_reach_back_over_the_whole_window)
{
    enum { NOISE = 32768, MATCH = 258, MATCHES = 500, SIZE = NOISE + MATCHES*MATCH };
    uint8_t *in = calloc(1, NOISE + 8*MATCHES), *out = malloc(SIZE + 1);
    struct writer w = { in, 0 };
    const char *fault;
    uint32_t noise = 1;
    put_bits(&w, 0, 8);                     /* not the last, stored */
    put_bits(&w, 0x7fff, 16);               /* one more block for the last byte */
    put_bits(&w, 0x8000, 16);
    for (int k = 0; k < NOISE; k++) {
        if (k == 0x7fff) {
            put_bits(&w, 0, 8);
            put_bits(&w, 1, 16);
            put_bits(&w, 0xfffe, 16);
        }
        put_bits(&w, (noise = noise*1664525u + 1013904223u) >> 24, 8);
    }
    put_bits(&w, 1 | 1 << 1, 3);            /* the last, fixed codes */
    for (int k = 0; k < MATCHES; k++) {
        put_code(&w, 0xc0 + 285 - 280, 8);  /* a length of 258 */
        put_code(&w, 29, 5);                /* from 24577 on, */
        put_bits(&w, 8191, 13);             /* 32768 */
    }
    put_code(&w, 0, 7);
    size_t n = unpack(in, w.bit/8 + 1, INFLATE_RAW, 999, out, SIZE + 1, 1 << 20, &fault);
    cr_assert(n == SIZE && !fault, "%zu bytes: %s", n, fault);
    for (size_t k = NOISE; k < SIZE; k++)
        cr_assert_eq(out[k], out[k - NOISE], "byte %zu", k);
    free(in);
    free(out);
}

/* Bits of raw data in the order in which they are read, and what is said. */
static const struct { const char *bits, *words; } bad_blocks[] = {
    { "1 11", "a block of no known kind" },
    { "1 00 00000 0100000000000000 0111111111111110", "a stored block of a doubtful length" },
    /* Fixed: a match at the beginning; a length of symbol 286; a distance of code 30. */
    { "1 10 0000001 00000", "goes back beyond its beginning" },
    { "1 10 11000110 00000 0000000", "a length of no known code" },
    { "1 10 00110000 0000001 11110 0000000 0000000", "a code that stands for nothing" },
    /* Dynamic: 287 literals; 31 distances; lengths of lengths that are too many, or too few. */
    { "1 01 01111 00000 0000", "more codes than there can be" },
    { "1 01 00000 01111 0000", "more codes than there can be" },
    { "1 01 00000 00000 0000 100 100 100 000", "lengths of lengths that cannot be" },
    { "1 01 00000 00000 0000 010 010 000 000", "lengths of lengths that cannot be" },
    /* A repetition before there is a length; zeros beyond the last code. */
    { "1 01 00000 00000 0000 100 000 000 100 1 00", "repeats a length beyond the codes" },
    { "1 01 00000 00000 0000 000 000 100 100 1 1111111 1 1111111 1 1111111", "repeats a length" },
    /* No code ends a block: all have no length. */
    { "1 01 00000 00000 0000 000 000 100 100 1 1111111 1 1011011", "lengths of codes that cannot" },
};

Test(inflate, data_that_cannot_be_is_refused)
{
    for (size_t k = 0; k < sizeof bad_blocks / sizeof *bad_blocks; k++) {
        uint8_t in[64] = { 0 }, out[1024];
        struct writer w = { in, 0 };
        const char *fault;
        for (const char *s = bad_blocks[k].bits; *s; s++)
            if (*s != ' ')
                put_bits(&w, *s == '1', 1);
        unpack(in, sizeof in, INFLATE_RAW, 64, out, sizeof out, 64, &fault);
        cr_expect(fault && strstr(fault, bad_blocks[k].words), "no \"%s\": %s", bad_blocks[k].words,
                  fault);
    }
}

Test(inflate, headers_and_sums_of_zlib_are_checked)
{
    static const struct { size_t at; uint8_t value; const char *words; } changes[] = {
        { 0, 0x77, "does not begin as zlib's does" }, { 0, 0x88, "does not begin as zlib's does" },
        { 1, 0x02, "does not begin as zlib's does" }, { 1, 0x20, "wants a dictionary" },
        { sizeof fixed - 2, 0x12, "its Adler-32 differ" },
    };
    for (size_t k = 0; k < sizeof changes / sizeof *changes; k++) {
        char bytes[sizeof fixed], out[64];
        const char *fault;
        memcpy(bytes, fixed, sizeof fixed);
        bytes[changes[k].at] = (char)changes[k].value;
        unpack(bytes, sizeof fixed - 1, INFLATE_ZLIB, 64, out, sizeof out, 64, &fault);
        cr_expect(fault && strstr(fault, changes[k].words), "no \"%s\": %s", changes[k].words,
                  fault);
    }
}

/* A few bytes and then nothing but matches is the most that there can be: INFLATE_RATIO. */
Test(inflate, noise_ends_and_makes_no_more_than_it_can)
{
    enum { STREAMS = 4000, MOST = 64, ROOM = MOST*INFLATE_RATIO };
    uint8_t *out = malloc(ROOM + 1), in[MOST];
    const char *fault;
    uint32_t noise = 7;
    for (int k = 0; k < STREAMS; k++) {
        const size_t size = 1 + (size_t)k % MOST;
        for (size_t i = 0; i < size; i++)
            in[i] = (uint8_t)((noise = noise*1664525u + 1013904223u) >> 24);
        in[0] = (uint8_t)((in[0] & ~7) | (k % 2 ? 2 : 4));      /* a fixed or a dynamic block */
        size_t n = unpack(in, size, INFLATE_RAW, 5, out, ROOM + 1, 4096, &fault);
        cr_expect(n <= size*INFLATE_RATIO);
    }
    free(out);
}

Test(sums, are_those_of_zlib)
{
    static const char text[] = "123456789";
    uint8_t many[10000];
    for (size_t k = 0; k < sizeof many; k++)
        many[k] = (uint8_t)(k*k >> 3);
    cr_expect_eq(sums_crc(0, text, 9), 0xcbf43926u);
    cr_expect_eq(sums_adler(1, text, 9), 0x091e01deu);
    for (size_t k = 0; k < 40; k++) {
        cr_expect_eq(sums_crc(sums_crc(0, many, k), many + k, sizeof many - k),
                     sums_crc(0, many, sizeof many));
        cr_expect_eq(sums_adler(sums_adler(1, many, k), many + k, sizeof many - k),
                     sums_adler(1, many, sizeof many));
    }
}
