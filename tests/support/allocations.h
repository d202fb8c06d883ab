/*
** allocations.h - counts every malloc, calloc and realloc of a test program, where libc is glibc;
** not under AddressSanitizer, which has an allocator of its own.
*/
#ifndef LATHE_TEST_ALLOCATIONS_H
#define LATHE_TEST_ALLOCATIONS_H

#include <stdlib.h>

#ifndef __has_feature           /* clang's way of saying it */
#define __has_feature(x) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
#define COUNTS_ALLOCATIONS 1
#else
#define COUNTS_ALLOCATIONS 0
#endif

long allocations(void);     /* so far; always 0 where they are not counted */

#endif
