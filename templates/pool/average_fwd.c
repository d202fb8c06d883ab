/*
** pool/average_fwd.c - mean pooling, forward. An image may be cut into parts (bands of rows) when
** threads outnumber images.
*/
#include "vector/template.h"
#include "pool/average_rows.c"

#define NAME avgpool_fwd     /* @name */
#define RUN_ROWS avgpool_rows  /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, Y = 0, Y_IMAGE = 4352, Y_ROW = 272, OH = 16 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    int from = part_start(part, parts, OH), to = part_start(part + 1, parts, OH);
    RUN_ROWS(s->arena + X + (size_t)image*X_IMAGE,
             s->arena + Y + (size_t)image*Y_IMAGE + from*Y_ROW, from, to);
}

#include "vector/undef.h"
