/*
** hash.h - 64-bit FNV-1a.
*/
#ifndef LATHE_HASH_H
#define LATHE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/* Goes on from the hash of what comes before, HASH_START at first. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i])*0x100000001b3u;
    return hash;
}

#endif
