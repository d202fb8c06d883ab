/*
** foreign.h - what often lies in the place of a file: what Git, a web server or an archiver left
** under its name. Every reader asks, so that a user is told that and not of a bad number.
*/
#ifndef LATHE_FOREIGN_H
#define LATHE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

/* "is a Git LFS pointer, not the file: `git lfs pull` fetches it"; NULL: nothing that is known.
** None of it begins a network file, .npy, IDX, safetensors, an image or a record of CIFAR. */
const char *foreign_what(const void *bytes, size_t size);

/* True, with a message that names the file, where there is something else in its place. */
bool foreign_found(const char *path, const void *bytes, size_t size, char *err);

#endif
