/*
** inflate.h - deflate's data (RFC 1951) and zlib's (RFC 1950), unpacked as it is read: PNG's
** images; .npz and .gz are the same after other headers. What comes in comes in pieces, what goes
** out goes into the caller's buffer, as much as the caller asks for: no file can make it write or
** allocate more.
*/
#ifndef LATHE_INFLATE_H
#define LATHE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INFLATE_WINDOW = 32768, INFLATE_MATCH = 258, INFLATE_FAST = 9, INFLATE_LONGEST = 15,
       INFLATE_LITERALS = 288, INFLATE_DISTANCES = 30,
       INFLATE_RATIO = 1032 };      /* a byte becomes no more: 258 bytes from 2 bits */

/* The next piece of what is packed, and its size; 0: there is none. It must last until the next
** is asked for. */
typedef size_t inflate_more(void *from, const uint8_t **piece);

enum inflate_wrap { INFLATE_RAW, INFLATE_ZLIB };

/* A prefix code. */
struct inflate_code {
    uint16_t fast[1 << INFLATE_FAST];       /* by the next bits: 16*symbol + length; 0: longer */
    uint16_t count[INFLATE_LONGEST + 1];    /* codes of each length */
    uint16_t symbol[INFLATE_LITERALS];      /* in the order of their codes */
};

/* Some 70 KB, for the heap; nothing in it needs to be freed. */
struct inflate {
    const char *fault;          /* what is wrong with the data, or NULL */
    bool ended;                 /* the last block is done, and the sum was right */
    /* Its own. */
    inflate_more *more;
    void *from;
    const uint8_t *in, *end;    /* what is left of the piece */
    uint64_t bits;              /* taken from it but not used: the next is the lowest, */
    unsigned nbits;             /* and above them are zeros */
    enum { INFLATE_HEAD, INFLATE_STORED, INFLATE_CODES, INFLATE_END } state;
    bool zlib, last;
    size_t stored;              /* bytes left of a stored block */
    uint32_t adler;
    struct inflate_code literals, distances;
    size_t taken, at;           /* read by the caller, unpacked */
    uint8_t out[2*INFLATE_WINDOW + INFLATE_MATCH];
};

void inflate_open(struct inflate *z, enum inflate_wrap wrap, inflate_more *more, void *from);

/* Fewer than `size` bytes: it has ended, or there is a fault. */
size_t inflate_read(struct inflate *z, void *out, size_t size);

/* Where in the last piece the next byte is that was not used; for messages, and what follows. */
const uint8_t *inflate_place(const struct inflate *z);

#endif
