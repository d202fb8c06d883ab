/*
** target.h - parts of an emitted file that stand once for each instruction set.
*/
#ifndef LATHE_TARGET_H
#define LATHE_TARGET_H

#include "base/isa.h"
#include "base/text.h"

/* Around functions that may use an instruction set: no -m flags are needed. */
void open_region(const struct isa *isa, struct text *out);
void close_region(const struct isa *isa, struct text *out);

/* A file of runtime/ with its LATHE_F64 conditionals resolved and its local includes dropped. */
void library(const char *path, bool f64, struct text *out);

/* The words of an instruction set, and the functions in them. */
void vocabulary(const struct isa *isa, bool f64, struct text *out);

#endif
