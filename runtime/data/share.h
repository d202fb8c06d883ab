/*
** share.h - some of many images: of each class as many as is its share, those with the least hashes
** of what they are. So they are the same ones whatever the order.
*/
#ifndef LATHE_SHARE_H
#define LATHE_SHARE_H

#include <stddef.h>
#include <stdint.h>

struct share { uint64_t hash; int class; size_t index; };

/* Puts the `n` that are chosen, at most all, before the others. */
void share_choose(struct share *all, size_t count, size_t n);

#endif
