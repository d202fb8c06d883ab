/*
** merge.c - where branches of a graph meet. It must never decide how they become blocks: blocks.c
** does.
*/
#include "exchange/merge.h"

#include <string.h>

bool same_groups(const struct value *a, const struct value *b)
{
    if (a->ndims != b->ndims)
        return false;
    for (int k = 0; k < a->ndims; k++)
        if (a->dims[k] != b->dims[k] || a->group[k].count != b->group[k].count
            || memcmp(a->group[k].axis, b->group[k].axis,
                      (size_t)a->group[k].count*sizeof a->group[k].axis[0]))
            return false;
    return true;
}

/* Is b one value a channel of a, in the same dimension? */
static bool by_channel(const struct value *a, const struct value *b)
{
    if (a->ndims != b->ndims)
        return false;
    for (int k = 1; k < a->ndims; k++) {
        const bool channels = a->group[k].count == 1 && a->group[k].axis[0] == AXIS_C;
        if (b->dims[k] != (channels ? a->dims[k] : 1))
            return false;
    }
    return true;
}

int merge_two(struct incoming *g, int node, enum layer_kind kind, struct branch_end *a,
              struct branch_end *b)
{
    if (a->part == PART_NONE || b->part == PART_NONE)
        return PART_NONE;
    const struct value *x = &g->value[a->value], *y = &g->value[b->value];
    const struct shape s = part_shape(g, a->part), t = part_shape(g, b->part);
    bool good = same_groups(x, y);
    if (good && (s.c != t.c || s.h != t.h || s.w != t.w)) {
        refuse(g, node, "of two maps, %dx%dx%d and %dx%dx%d, as rows of %s; a sum is of maps of "
               "one shape: a Reshape to one of them before it would do", s.c, s.h, s.w, t.c, t.h,
               t.w, dims_text(x).text);
        return PART_NONE;
    }
    if (!good && kind == LAYER_PRODUCT) {
        if (by_channel(y, x)) {
            const struct branch_end keep = *a;
            *a = *b;
            *b = keep;
        }
        good = by_channel(&g->value[a->value], &g->value[b->value]);
    }
    if (!good) {
        refuse(g, node, "of %s and %s: %s; a Transpose, Reshape or Expand before it would do",
               dims_text(x).text, dims_text(y).text, kind == LAYER_PRODUCT
               ? "a product is of maps of one shape, or has one value a channel"
               : "a sum is of maps of one shape, their dimensions in one order");
        return PART_NONE;
    }
    struct part *p = incoming_add_part(g, kind, node, a->part);
    p->from[1] = b->part;
    p->nfrom = 2;
    return g->nparts - 1;
}
