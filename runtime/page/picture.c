/*
** picture.c - small images as BMP files inside their <img>: a header and rows of pixels,
** without compression. It must never write more than PICTURE_SIDE pixels a side.
*/
#include "page/picture.h"

#include <math.h>
#include <stdint.h>

#include "page/markup.h"

/* What is drawn: bytes or values, as `struct images` has them. */
struct picture {
    const uint8_t *bytes;
    const real *values;
    int c, h, w, step;          /* every step-th pixel */
    real least, most;
};

struct picture_base64 { FILE *out; unsigned bits; int count; };

static void picture_byte(struct picture_base64 *b, unsigned byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    b->bits = b->bits << 8 | byte;
    if (++b->count % 3 == 0)
        for (int k = 18; k >= 0; k -= 6)
            putc(digits[b->bits >> k & 63], b->out);
}

/* Little endian. */
static void picture_number(struct picture_base64 *b, unsigned number, int bytes)
{
    for (int k = 0; k < bytes; k++, number >>= 8)
        picture_byte(b, number & 255);
}

static unsigned picture_value(const struct picture *p, int c, int y, int x)
{
    size_t at = ((size_t)c*(size_t)p->h + (size_t)y)*(size_t)p->w + (size_t)x;
    if (p->bytes)
        return p->bytes[at];
    double range = (double)p->most - (double)p->least;
    double share = range > 0 ? ((double)p->values[at] - (double)p->least)/range : 0.5;
    return share > 0 ? (unsigned)(255*fmin(share, 1) + 0.5) : 0;
}

static void picture_print(FILE *out, struct picture p, const char *title)
{
    struct picture_base64 b = { .out = out };
    int longer = p.h > p.w ? p.h : p.w;
    p.step = (longer + PICTURE_SIDE - 1)/PICTURE_SIDE;
    int w = (p.w + p.step - 1)/p.step, h = (p.h + p.step - 1)/p.step, row = (3*w + 3)/4*4;
    fputs("<img alt=\"\" title=\"", out);
    markup_text(out, title);
    fputs("\" src=\"data:image/bmp;base64,", out);
    const unsigned head[] = { (unsigned)(54 + row*h), 0, 54, 40, (unsigned)w, (unsigned)h,
                              1 | 24 << 16, 0, (unsigned)(row*h), 2835, 2835, 0, 0 };
    picture_byte(&b, 'B');
    picture_byte(&b, 'M');
    for (size_t k = 0; k < sizeof head/sizeof *head; k++)
        picture_number(&b, head[k], 4);
    for (int y = h - 1; y >= 0; y--) {      /* from the lowest row up; blue, green, red */
        for (int x = 0; x < w; x++)
            for (int c = 2; c >= 0; c--)
                picture_byte(&b, picture_value(&p, p.c == 3 ? c : 0, y*p.step, x*p.step));
        picture_number(&b, 0, row - 3*w);
    }
    while (b.count % 3)                     /* bytes after the file's end hurt nobody */
        picture_byte(&b, 0);
    fputs("\">", out);
}

void picture_values(FILE *out, const real *values, const int shape[3], real least, real most,
                    const char *title)
{
    picture_print(out, (struct picture){ .values = values, .c = shape[0], .h = shape[1],
                                         .w = shape[2], .least = least, .most = most }, title);
}

void picture_image(FILE *out, const struct images *set, size_t index, const char *title)
{
    size_t size = (size_t)set->c*(size_t)set->h*(size_t)set->w;
    struct picture p = { .c = set->c, .h = set->h, .w = set->w,
                         .least = (real)INFINITY, .most = -(real)INFINITY };
    p.bytes = set->bytes ? set->bytes + index*size : NULL;
    p.values = set->bytes ? NULL : set->values + index*size;
    for (size_t k = 0; p.values && k < size; k++) {
        p.least = p.values[k] < p.least ? p.values[k] : p.least;
        p.most = p.values[k] > p.most ? p.values[k] : p.most;
    }
    picture_print(out, p, title);
}
