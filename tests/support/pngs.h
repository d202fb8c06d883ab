/*
** pngs.h - PNGs as tests want them, chunk by chunk, good and bad.
*/
#ifndef LATHE_TEST_PNGS_H
#define LATHE_TEST_PNGS_H

#include <stddef.h>
#include <stdint.h>

enum { PNG_ROOM = 1 << 16 };

struct png_bytes { uint8_t at[PNG_ROOM]; size_t size; };

/* The signature alone. */
void png_start(struct png_bytes *p);

/* A chunk, with its sum. */
void png_put(struct png_bytes *p, const char *name, const void *data, size_t size);
void png_put_header(struct png_bytes *p, uint32_t w, uint32_t h, int depth, int type,
                    int interlaced);

/* IDAT of filtered rows in a stored block, and zlib's sums. */
void png_put_rows(struct png_bytes *p, const void *rows, size_t size);

/* All of it: rows as they are, IEND. */
void png_make(struct png_bytes *p, uint32_t w, uint32_t h, int depth, int type, int interlaced,
              const void *rows, size_t size);

/* The sums of all chunks as they ought to be. */
void png_mend(uint8_t *bytes, size_t size);

#endif
