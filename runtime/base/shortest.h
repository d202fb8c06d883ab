/*
** shortest.h - numbers as text that loses no bit.
*/
#ifndef LATHE_SHORTEST_H
#define LATHE_SHORTEST_H

#include <stddef.h>

/* The fewest digits that read back as the same number. */
void shortest_real(double value, char *out, size_t size);

#endif
