/*
** matching.h - names in a folder that fit a pattern, as a shell's: *, ? and [ab].
*/
#ifndef LATHE_MATCHING_H
#define LATHE_MATCHING_H

#include <stdbool.h>

/* Whether there is something of that name. False: there is not, and errno is 0, or says why that
** cannot be told: who takes another file instead must not do so then. */
bool matching_there(const char *path);

enum { MATCHING_NAME = 256 };       /* of a name and its zero, the greatest that systems have */

/* The first, in the order of bytes, of those after `after` ("": of all), so that no order of a disk
** shows; it may be the same array. False: there is none, and errno is 0, or says why the folder
** cannot be read. */
bool matching_next(const char *dir, const char *pattern, const char *after,
                   char name[MATCHING_NAME]);

#endif
