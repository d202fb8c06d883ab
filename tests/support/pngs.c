/*
** pngs.c - writes PNGs without compression. It must never check what it is given: tests want what
** is wrong, too.
*/
#include "support/pngs.h"

#include <criterion/criterion.h>
#include <string.h>

#include "file/sums.h"

static void number(uint8_t *at, uint32_t value)
{
    for (int k = 0; k < 4; k++)
        at[k] = (uint8_t)(value >> (24 - 8*k));
}

void png_start(struct png_bytes *p)
{
    p->size = 8;
    memcpy(p->at, "\x89PNG\r\n\x1a\n", 8);
}

void png_put(struct png_bytes *p, const char *name, const void *data, size_t size)
{
    uint8_t *at = p->at + p->size;
    cr_assert(p->size + size + 12 <= PNG_ROOM);
    number(at, (uint32_t)size);
    memcpy(at + 4, name, 4);
    if (size)
        memcpy(at + 8, data, size);
    number(at + 8 + size, sums_crc(0, at + 4, size + 4));
    p->size += size + 12;
}

void png_put_header(struct png_bytes *p, uint32_t w, uint32_t h, int depth, int type,
                    int interlaced)
{
    uint8_t data[13] = { [8] = (uint8_t)depth, [9] = (uint8_t)type, [12] = (uint8_t)interlaced };
    number(data, w);
    number(data + 4, h);
    png_put(p, "IHDR", data, sizeof data);
}

void png_put_rows(struct png_bytes *p, const void *rows, size_t size)
{
    static uint8_t data[PNG_ROOM];
    cr_assert(size + 11 < PNG_ROOM && size < 65536);
    const uint8_t head[] = { 0x78, 0x01, 1, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size,
                             (uint8_t)(~size >> 8) };
    memcpy(data, head, sizeof head);
    memcpy(data + sizeof head, rows, size);
    number(data + sizeof head + size, sums_adler(1, rows, size));
    png_put(p, "IDAT", data, sizeof head + size + 4);
}

void png_make(struct png_bytes *p, uint32_t w, uint32_t h, int depth, int type, int interlaced,
              const void *rows, size_t size)
{
    png_start(p);
    png_put_header(p, w, h, depth, type, interlaced);
    png_put_rows(p, rows, size);
    png_put(p, "IEND", "", 0);
}

void png_mend(uint8_t *bytes, size_t size)
{
    for (size_t at = 8; at + 12 <= size;) {
        const size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16
                              | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - at - 12)
            return;
        number(bytes + at + 8 + length, sums_crc(0, bytes + at + 4, length + 4));
        at += 12 + length;
    }
}
