/*
** place.h - where the name of an output leads, and whose it is by now: two names of one file have
** one place, and one process holds it at a time.
*/
#ifndef LATHE_PLACE_H
#define LATHE_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

struct place_id { dev_t device; ino_t node; };

struct place {
    char *target;                 /* where links lead; NULL: nowhere yet */
    bool device;                  /* it is written as it is */
    struct place_id directory;
    const char *base;             /* target's last part */
    int dir;                      /* the directory that is locked, place_directory's; or -1 */
};

bool place_same_id(struct place_id a, struct place_id b);

/* Follows links, also to what is not there yet. False: errno; place_free it all the same. */
bool place_resolve(struct place *p, const char *path);
void place_free(struct place *p);     /* gives its lock up */

bool place_same(const struct place *a, const struct place *b);
/* Hard links too: whoever names one file twice has one file in mind. */
bool place_same_file(const struct place *a, const struct place *b);

/* 0: it is this process's until place_free, or directories cannot be locked there. Else who has
** it still after `patience` seconds: a process, or -1 where nobody says which. */
long place_lock(struct place *p, double patience);

/* The locked directory, open; -1: none is. */
int place_directory(const struct place *p);

#endif
