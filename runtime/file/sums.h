/*
** sums.h - the check sums of other people's formats: CRC-32 (PNG, gzip, zip) and Adler-32 (zlib).
*/
#ifndef LATHE_SUMS_H
#define LATHE_SUMS_H

#include <stddef.h>
#include <stdint.h>

/* Of some more bytes; `sum` is that of the bytes before them, of none 0 and 1. */
uint32_t sums_crc(uint32_t sum, const void *bytes, size_t size);
uint32_t sums_adler(uint32_t sum, const void *bytes, size_t size);

#endif
