/*
** zip.h - zip archives, also those of more than 4 GiB (PKWARE's APPNOTE, zip64): what numpy's .npz
** are. Members are stored or deflated, and read one at a time.
*/
#ifndef LATHE_ZIP_H
#define LATHE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct zip_member {
    const char *name;
    unsigned flags, method;
    uint32_t crc;
    uint64_t at;                /* of its own header */
    uint64_t packed, size;
};

struct zip {
    const char *path;
    FILE *file;
    uint64_t directory;         /* offset: members lie before it */
    struct zip_member *member;
    size_t count;
    char *names;
};

/* Reads the directory. False: err, and nothing is open. */
bool zip_open(struct zip *z, const char *path, char *err);
void zip_close(struct zip *z);

/* Of several of one name the last, as others have it; NULL: there is none. */
const struct zip_member *zip_find(const struct zip *z, const char *name);

/* A member's bytes, size of them; free() them. NULL: err. */
void *zip_read(const struct zip *z, const struct zip_member *m, char *err);

#endif
