/*
** inflate.c - unpacks deflate's data. It must never trust a length or a distance that it reads, and
** every turn of its loops must use up input or room: no data can keep it busy.
*/
#include "file/inflate.h"

#include <string.h>

#include "file/sums.h"

static const char inflate_short[] = "its compressed data ends too soon";

/* Always false. */
static bool inflate_fail(struct inflate *z, const char *why)
{
    if (!z->fault)
        z->fault = why;
    return false;
}

/* ---- bits ---- */

static bool inflate_piece(struct inflate *z)
{
    while (z->in == z->end && z->more) {
        const uint8_t *piece = NULL;
        size_t size = z->more(z->from, &piece);
        if (size == 0)
            z->more = NULL;
        else
            z->end = (z->in = piece) + size;
    }
    return z->in < z->end;
}

/* At least 57 of them, if there are so many. */
static void inflate_refill(struct inflate *z)
{
    while (z->nbits <= 56 && (z->in < z->end || inflate_piece(z))) {
        z->bits |= (uint64_t)*z->in++ << z->nbits;
        z->nbits += 8;
    }
}

static void inflate_drop(struct inflate *z, unsigned n)
{
    z->bits >>= n;
    z->nbits -= n;
}

/* Up to 32 bits. False: there are no more. */
static bool inflate_bits(struct inflate *z, unsigned n, uint32_t *value)
{
    if (z->nbits < n)
        inflate_refill(z);
    if (z->nbits < n)
        return inflate_fail(z, inflate_short);
    *value = (uint32_t)(z->bits & (((uint64_t)1 << n) - 1));
    inflate_drop(z, n);
    return true;
}

const uint8_t *inflate_place(const struct inflate *z)
{
    return z->in ? z->in - z->nbits/8 : NULL;
}

/* ---- prefix codes ---- */

/* Every bit pattern of INFLATE_FAST bits that begins with the code, whose first bit is lowest. */
static void inflate_fast(struct inflate_code *c, unsigned code, unsigned length, unsigned symbol)
{
    unsigned reversed = 0;
    for (unsigned k = 0; k < length; k++)
        reversed |= (code >> k & 1) << (length - 1 - k);
    for (; reversed < 1u << INFLATE_FAST; reversed += 1u << length)
        c->fast[reversed] = (uint16_t)(symbol << 4 | length);
}

/* From the length of each symbol's code, 0 for none. How many codes of the greatest length are
** left over; below 0: they are more than there can be. */
static int inflate_build(struct inflate_code *c, const uint8_t *length, unsigned n)
{
    unsigned offset[INFLATE_LONGEST + 2] = { 0 }, code = 0, at = 0;
    int left = 1;
    memset(c, 0, sizeof *c);
    for (unsigned k = 0; k < n; k++)
        c->count[length[k]]++;
    c->count[0] = 0;
    for (unsigned l = 1; l <= INFLATE_LONGEST; l++) {
        left = 2*left - c->count[l];
        if (left < 0)
            return left;
        offset[l + 1] = offset[l] + c->count[l];
    }
    for (unsigned k = 0; k < n; k++)
        if (length[k])
            c->symbol[offset[length[k]]++] = (uint16_t)k;
    for (unsigned l = 1; l <= INFLATE_FAST; l++, code <<= 1)
        for (unsigned k = 0; k < c->count[l]; k++)
            inflate_fast(c, code++, l, c->symbol[at++]);
    return left;
}

/* Bit by bit: a long code, or none; -1. */
static int inflate_slow(struct inflate *z, const struct inflate_code *c)
{
    unsigned code = 0, first = 0, at = 0;
    for (unsigned l = 1; l <= INFLATE_LONGEST && l <= z->nbits; l++) {
        code |= (unsigned)(z->bits >> (l - 1)) & 1;
        if (code < first + c->count[l]) {
            inflate_drop(z, l);
            return c->symbol[at + code - first];
        }
        at += c->count[l];
        first = (first + c->count[l]) << 1;
        code <<= 1;
    }
    inflate_fail(z, z->nbits < INFLATE_LONGEST ? inflate_short
                    : "its compressed data has a code that stands for nothing");
    return -1;
}

/* The next symbol; -1: a fault. Bits have been refilled. */
static int inflate_symbol(struct inflate *z, const struct inflate_code *c)
{
    const unsigned entry = c->fast[z->bits & ((1u << INFLATE_FAST) - 1)], length = entry & 15;
    if (length == 0 || length > z->nbits)
        return inflate_slow(z, c);
    inflate_drop(z, length);
    return (int)(entry >> 4);
}

/* ---- blocks ---- */

/* Only a single code of one bit may leave another one unused. */
static bool inflate_complete(const struct inflate_code *c, int left)
{
    unsigned codes = 0;
    for (unsigned l = 1; l <= INFLATE_LONGEST; l++)
        codes += c->count[l];
    return left == 0 || (left > 0 && codes == c->count[1]);
}

static bool inflate_codes(struct inflate *z, const uint8_t *length, unsigned literals,
                          unsigned distances)
{
    enum { END = 256 };
    int left = inflate_build(&z->literals, length, literals);
    if (!length[END] || !inflate_complete(&z->literals, left))
        return inflate_fail(z, "its compressed data has lengths of codes that cannot be");
    left = inflate_build(&z->distances, length + literals, distances);
    return inflate_complete(&z->distances, left)
           || inflate_fail(z, "its compressed data has distances' codes that cannot be");
}

static bool inflate_fixed(struct inflate *z)
{
    uint8_t length[INFLATE_LITERALS + INFLATE_DISTANCES];
    memset(length, 8, 144);
    memset(length + 144, 9, 112);
    memset(length + 256, 7, 24);
    memset(length + 280, 8, 8);
    memset(length + INFLATE_LITERALS, 5, INFLATE_DISTANCES);
    /* Two of its distances are never used, so it counts as a code of 32. */
    inflate_build(&z->literals, length, INFLATE_LITERALS);
    inflate_build(&z->distances, length + INFLATE_LITERALS, INFLATE_DISTANCES);
    return true;
}

/* `total` lengths, themselves coded: a length, or how often the last one or a zero is repeated. */
static bool inflate_lengths(struct inflate *z, const struct inflate_code *c, uint8_t *length,
                            unsigned total)
{
    static const struct { unsigned bits, least; } repeat[] = { { 2, 3 }, { 3, 3 }, { 7, 11 } };
    enum { FIRST = 16 };
    for (unsigned k = 0; k < total;) {
        uint32_t times;
        inflate_refill(z);
        int symbol = inflate_symbol(z, c);
        if (symbol < 0)
            return false;
        if (symbol < FIRST) {
            length[k++] = (uint8_t)symbol;
            continue;
        }
        if (!inflate_bits(z, repeat[symbol - FIRST].bits, &times))
            return false;
        times += repeat[symbol - FIRST].least;
        if (times > total - k || (symbol == FIRST && k == 0))
            return inflate_fail(z, "its compressed data repeats a length beyond the codes");
        memset(length + k, symbol == FIRST ? length[k - 1] : 0, times);
        k += times;
    }
    return true;
}

static bool inflate_dynamic(struct inflate *z)
{
    enum { LENGTHS = 19, MOST = 286 };
    static const uint8_t order[LENGTHS] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2,
                                            14, 1, 15 };
    uint8_t length[INFLATE_LITERALS + 32] = { 0 };
    uint32_t literals, distances, lengths, value;
    if (!inflate_bits(z, 5, &literals) || !inflate_bits(z, 5, &distances)
        || !inflate_bits(z, 4, &lengths))
        return false;
    literals += 257;
    distances += 1;
    if (literals > MOST || distances > INFLATE_DISTANCES)
        return inflate_fail(z, "its compressed data has more codes than there can be");
    for (uint32_t k = 0; k < lengths + 4; k++) {
        if (!inflate_bits(z, 3, &value))
            return false;
        length[order[k]] = (uint8_t)value;
    }
    if (inflate_build(&z->literals, length, LENGTHS))
        return inflate_fail(z, "its compressed data has lengths of lengths that cannot be");
    memset(length, 0, sizeof length);
    return inflate_lengths(z, &z->literals, length, literals + distances)
           && inflate_codes(z, length, literals, distances);
}

static bool inflate_header(struct inflate *z)
{
    enum { STORED, FIXED, DYNAMIC };
    uint32_t last, kind, length, check;
    if (!inflate_bits(z, 1, &last) || !inflate_bits(z, 2, &kind))
        return false;
    z->last = last;
    z->state = kind == STORED ? INFLATE_STORED : INFLATE_CODES;
    if (kind == FIXED)
        return inflate_fixed(z);
    if (kind == DYNAMIC)
        return inflate_dynamic(z);
    if (kind != STORED)
        return inflate_fail(z, "its compressed data has a block of no known kind");
    inflate_drop(z, z->nbits % 8);
    if (!inflate_bits(z, 16, &length) || !inflate_bits(z, 16, &check))
        return false;
    z->stored = length;
    return length == (check ^ 65535)
           || inflate_fail(z, "its compressed data has a stored block of a doubtful length");
}

static void inflate_block_end(struct inflate *z)
{
    z->state = z->last ? INFLATE_END : INFLATE_HEAD;
}

/* Stored bytes, while there is room for them. */
static bool inflate_copy(struct inflate *z, size_t room)
{
    while (z->stored > 0 && z->at < room) {
        size_t n = z->stored < room - z->at ? z->stored : room - z->at;
        if (z->nbits > 0) {
            z->out[z->at++] = (uint8_t)z->bits;
            inflate_drop(z, 8);
            z->stored--;
            continue;
        }
        if (!inflate_piece(z))
            return inflate_fail(z, inflate_short);
        n = n < (size_t)(z->end - z->in) ? n : (size_t)(z->end - z->in);
        memcpy(z->out + z->at, z->in, n);
        z->in += n;
        z->at += n;
        z->stored -= n;
    }
    if (z->stored == 0)
        inflate_block_end(z);
    return true;
}

/* The bytes that lie `distance` before; it may be less than their length. */
static void inflate_match(struct inflate *z, size_t distance, size_t length)
{
    uint8_t *to = z->out + z->at;
    const uint8_t *from = to - distance;
    z->at += length;
    if (distance >= length) {
        memcpy(to, from, length);
        return;
    }
    while (length-- > 0)
        *to++ = *from++;
}

/* Symbols, while there is room for the longest match. */
static bool inflate_symbols(struct inflate *z, size_t room)
{
    static const uint16_t base[] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35,
                                     43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
    static const uint8_t more[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4,
                                    4, 4, 4, 5, 5, 5, 5, 0 };
    enum { END = 256, LENGTHS = sizeof more, NEAR = 4 };
    while (z->at < room) {
        uint32_t length, distance, extra;
        inflate_refill(z);
        int symbol = inflate_symbol(z, &z->literals);
        if (symbol < 0)
            return false;
        if (symbol < END) {
            z->out[z->at++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == END) {
            inflate_block_end(z);
            return true;
        }
        if (symbol - END > LENGTHS)
            return inflate_fail(z, "its compressed data has a length of no known code");
        if (!inflate_bits(z, more[symbol - END - 1], &extra))
            return false;
        length = base[symbol - END - 1] + extra;
        int code = inflate_symbol(z, &z->distances);
        if (code < 0)
            return false;
        const unsigned bits = code < NEAR ? 0 : (unsigned)code/2 - 1;
        if (!inflate_bits(z, bits, &extra))
            return false;
        distance = (code < NEAR ? (uint32_t)code : (2 + ((uint32_t)code & 1)) << bits) + extra + 1;
        if (distance > z->at)
            return inflate_fail(z, "its compressed data goes back beyond its beginning");
        inflate_match(z, distance, length);
    }
    return true;
}

/* ---- the whole ---- */

void inflate_open(struct inflate *z, enum inflate_wrap wrap, inflate_more *more, void *from)
{
    uint32_t method = 0, flags = 0;
    memset(z, 0, offsetof(struct inflate, literals));
    z->taken = z->at = 0;
    z->more = more;
    z->from = from;
    z->zlib = wrap == INFLATE_ZLIB;
    z->adler = 1;
    if (!z->zlib || !inflate_bits(z, 8, &method) || !inflate_bits(z, 8, &flags))
        return;
    if ((method & 15) != 8 || method >> 4 > 7 || (256*method + flags) % 31)
        inflate_fail(z, "its compressed data does not begin as zlib's does");
    else if (flags & 32)
        inflate_fail(z, "its compressed data wants a dictionary");
}

/* zlib's sum, and no more. */
static bool inflate_finish(struct inflate *z)
{
    uint32_t sum = 0, byte;
    z->ended = true;
    if (!z->zlib)
        return true;
    inflate_drop(z, z->nbits % 8);
    for (int k = 0; k < 4; k++) {
        if (!inflate_bits(z, 8, &byte))
            return false;
        sum = sum << 8 | byte;
    }
    return sum == z->adler || inflate_fail(z, "its compressed data and its Adler-32 differ");
}

/* Unpacks until there is no room for more: what goes back that far stays. */
static void inflate_run(struct inflate *z)
{
    const size_t room = 2*INFLATE_WINDOW;
    if (z->at > INFLATE_WINDOW) {
        const size_t gone = z->at - INFLATE_WINDOW;
        memmove(z->out, z->out + gone, INFLATE_WINDOW);
        z->at = z->taken = INFLATE_WINDOW;
    }
    const size_t before = z->at;
    bool good = true;
    while (good && z->state != INFLATE_END && z->at < room)
        good = z->state == INFLATE_HEAD ? inflate_header(z)
               : z->state == INFLATE_STORED ? inflate_copy(z, room) : inflate_symbols(z, room);
    if (z->zlib)
        z->adler = sums_adler(z->adler, z->out + before, z->at - before);
    if (good && z->state == INFLATE_END && !z->ended)
        inflate_finish(z);
}

size_t inflate_read(struct inflate *z, void *out, size_t size)
{
    uint8_t *to = out;
    size_t read = 0;
    for (;;) {
        size_t n = z->at - z->taken;
        n = n < size - read ? n : size - read;
        memcpy(to + read, z->out + z->taken, n);
        z->taken += n;
        read += n;
        if (read == size || z->ended || z->fault)
            return read;
        inflate_run(z);
    }
}
