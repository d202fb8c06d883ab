/*
** listing.h - the files of a data set that is folders: DIR/train/CLASS/IMAGE, and val and test as
** train. In the order of their names' bytes, whatever order a disk has them in.
*/
#ifndef LATHE_LISTING_H
#define LATHE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum listing_set { LISTING_TRAIN, LISTING_VAL, LISTING_TEST, LISTING_SETS };

/* As the disk has it. */
struct listed {
    char *name;                 /* "train/cat/1.png" */
    enum listing_set set;
    int class;                  /* its place among the classes */
    uint64_t hash;              /* of "cat/1.png" alone */
    int64_t size, seconds, nanoseconds;     /* of its last change */
};

struct listing {
    struct listed *file;        /* by set, class, name */
    size_t count, space;
    size_t in[LISTING_SETS];    /* files of each */
    bool has[LISTING_SETS];     /* is there a folder of it? */
    char **class;               /* the folders of train, by name */
    int classes;
};

/* False: err says which file or folder is not as it should be, and what helps. Names that begin
** with a dot are passed over. listing_close in any case. */
bool listing_open(struct listing *l, const char *dir, char *err);
void listing_close(struct listing *l);

/* True, with a message that says how to go on: there is no folder `train`, but folders of images
** are there. */
bool listing_hint(const char *dir, char *err);

#endif
