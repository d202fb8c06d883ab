/*
** gcov_ended.c - for `make coverage`, linked with whatever counts its lines: the counts are written
** where a process ends itself without exit(), too, each function here standing in libc's place by
** the linker's --wrap; and what gcov does at an end is no call of the program's that fault.c has
** fail.
*/
#define _GNU_SOURCE
#include <dlfcn.h>

extern void __gcov_dump(void);
extern _Noreturn void __real__exit(int status);
extern _Noreturn void __real_abort(void);
extern int __real_raise(int number);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__Exit(int status);
_Noreturn void __wrap_abort(void);
int __wrap_raise(int number);
void gcov_ended(void);      /* by which the linker is told to take all of this */

/* gcov's own destructor comes after those without a priority. */
__attribute__((destructor)) void gcov_ended(void)
{
    void (*ended)(void);
    *(void **)&ended = dlsym(RTLD_DEFAULT, "fault_ended");
    if (ended)
        ended();
}

static void dump(void)
{
    gcov_ended();
    __gcov_dump();
}

_Noreturn void __wrap__exit(int status)
{
    dump();
    __real__exit(status);
}

_Noreturn void __wrap__Exit(int status)
{
    dump();
    __real__exit(status);
}

_Noreturn void __wrap_abort(void)
{
    dump();
    __real_abort();
}

int __wrap_raise(int number)
{
    dump();
    return __real_raise(number);
}
