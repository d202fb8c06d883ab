/*
** algorithm.h - the names of algorithms.
*/
#ifndef LATHE_ALGORITHM_H
#define LATHE_ALGORITHM_H

#include "base/net.h"

/* "direct", "Winograd F(4x4)"; of: where it is Winograd's. */
const char *algorithm_word(enum algorithm algorithm, const struct winograd *of);

#endif
