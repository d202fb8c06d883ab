/*
** gzip.h - files that may be compressed as gzip does (RFC 1952): one member, or several one after
** the other.
*/
#ifndef LATHE_GZIP_H
#define LATHE_GZIP_H

#include <stddef.h>

/* What a file may unpack to: 2 MB can say that they are 2 GB. */
enum { GZIP_MIB = 2048 };

/* As file_read (file.h), but unpacked where gzip's first bytes begin the file, whatever its name.
** Sums and lengths are checked, and nothing may follow. */
void *gzip_read(const char *path, size_t *size, char *err);

#endif
