/*
** hash.h - 64-bit FNV-1a, and its bits mixed.
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

/* The hash's bits mixed: FNV-1a's high ones hardly differ where the last bytes do. */
static inline uint64_t hash_mix(uint64_t hash)
{
    hash = (hash ^ hash >> 30)*0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27)*0x94d049bb133111ebu;
    return hash ^ hash >> 31;
}

#endif
