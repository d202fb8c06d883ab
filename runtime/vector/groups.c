/*
** groups.c - the groups of images that weight gradients are summed in, and parts of what is made of
** each. Emitted once per instruction set, of programs that train.
*/
/* Groups of images that a weight gradient is summed in. */
static inline int groups_of(int images)
{
    return images < GROUPS ? images : GROUPS;
}

/* A part of what is made of a group: which, of which images, and its share of `count`. */
struct group_part { int group, first, last, part, low, high; };

static inline struct group_part group_part(int item, int items, int images, int count)
{
    const int groups = groups_of(images), parts = items / groups;
    const int group = item / parts, part = item % parts;
    return (struct group_part){ .group = group, .first = part_start(group, groups, images),
                                .last = part_start(group + 1, groups, images), .part = part,
                                .low = part_start(part, parts, count),
                                .high = part_start(part + 1, parts, count) };
}
