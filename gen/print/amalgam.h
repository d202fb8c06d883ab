/*
** amalgam.h - the runtime as one text.
*/
#ifndef LATHE_AMALGAM_H
#define LATHE_AMALGAM_H

#include <stdbool.h>

#include "base/net.h"
#include "base/text.h"
#include "print/contents.h"

/* Appends the file of that path, after the local headers that it includes; those that `done`
** lists are left out, and it lists them from then on. */
void amalgamate(const char *path, struct text *done, struct text *out);

/* Of the embedded files: a source of the runtime that a program of this type has. */
bool is_runtime_source(const char *path, const struct net *net);

/* Appends all sources of the runtime that are the same for every instruction set, floor by
** floor. */
void runtime_sources(const struct net *net, struct text *done, struct contents *contents,
                     struct text *out);

#endif
