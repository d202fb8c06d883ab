/*
** pool/fwd.c - a max-pool that runs alone, forward. An image may be cut into parts (bands of rows)
** when threads outnumber images.
*/
#include "vector/template.h"
#include "pool/rows.c"

#define NAME pool_fwd        /* @name */
#define RUN_ROWS pool_rows   /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, Y = 0, Y_IMAGE = 4352, Y_ROW = 272, ARGMAX = 0,
           ARGMAX_IMAGE = 4352, ARGMAX_ROW = 272, OH = 16 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    int from = part_start(part, parts, OH), to = part_start(part + 1, parts, OH);
    unsigned char *argmax = (unsigned char *)(s->arena + ARGMAX) + (size_t)image*ARGMAX_IMAGE;
    RUN_ROWS(s->arena + X + (size_t)image*X_IMAGE,
             s->arena + Y + (size_t)image*Y_IMAGE + from*Y_ROW, argmax + from*ARGMAX_ROW, from,
             to);
}

#include "vector/undef.h"
