/*
** fault.h - what fault.c shares with the command that it runs, by no_memory.c inside of it.
*/
#ifndef LATHE_TEST_FAULT_H
#define LATHE_TEST_FAULT_H

enum { FAULT_DESCRIPTOR = 999 };        /* of the memory in which this lies */

struct fault_shared {
    int begun;                          /* the command's libraries are there */
    int fired;
    long calls;                         /* of the kind that is counted */
    long nth;                           /* the one that fails; 0: none */
    int memory;                         /* allocations are what is counted */
};

#endif
