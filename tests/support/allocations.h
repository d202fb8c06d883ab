/*
** allocations.h - counts every malloc, calloc and realloc of a test program.
*/
#ifndef LATHE_TEST_ALLOCATIONS_H
#define LATHE_TEST_ALLOCATIONS_H

long allocations(void);     /* so far; always 0 where libc is not glibc */

#endif
