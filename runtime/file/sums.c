/*
** sums.c - CRC-32 by eight tables, eight bytes at a time, and Adler-32. It must never depend on the
** processor's order of bytes.
*/
#include "file/sums.h"

#include <pthread.h>

enum { SUMS_SLICES = 8, SUMS_BYTE = 256 };

static uint32_t sums_table[SUMS_SLICES][SUMS_BYTE];
static pthread_once_t sums_once = PTHREAD_ONCE_INIT;

/* sums_table[k][b]: what a byte b does to the sum when k more bytes follow it. */
static void sums_make(void)
{
    const uint32_t polynomial = 0xedb88320u;
    for (uint32_t b = 0; b < SUMS_BYTE; b++) {
        uint32_t sum = b;
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? polynomial : 0);
        sums_table[0][b] = sum;
    }
    for (int k = 1; k < SUMS_SLICES; k++)
        for (int b = 0; b < SUMS_BYTE; b++) {
            uint32_t before = sums_table[k - 1][b];
            sums_table[k][b] = before >> 8 ^ sums_table[0][before & 255];
        }
}

uint32_t sums_crc(uint32_t sum, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    pthread_once(&sums_once, sums_make);
    sum = ~sum;
    for (; size >= SUMS_SLICES; size -= SUMS_SLICES, at += SUMS_SLICES)
        sum = sums_table[7][at[0] ^ (sum & 255)] ^ sums_table[6][at[1] ^ (sum >> 8 & 255)]
              ^ sums_table[5][at[2] ^ (sum >> 16 & 255)] ^ sums_table[4][at[3] ^ sum >> 24]
              ^ sums_table[3][at[4]] ^ sums_table[2][at[5]] ^ sums_table[1][at[6]]
              ^ sums_table[0][at[7]];
    for (; size > 0; size--)
        sum = sum >> 8 ^ sums_table[0][(*at++ ^ sum) & 255];
    return ~sum;
}

uint32_t sums_adler(uint32_t sum, const void *bytes, size_t size)
{
    enum { PRIME = 65521, RUN = 5552 };     /* so many bytes cannot overflow b */
    const uint8_t *at = bytes;
    uint32_t a = sum & 65535, b = sum >> 16;
    while (size > 0) {
        size_t run = size < RUN ? size : RUN;
        size -= run;
        for (; run > 0; run--) {
            a += *at++;
            b += a;
        }
        a %= PRIME;
        b %= PRIME;
    }
    return b << 16 | a;
}
