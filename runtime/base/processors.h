/*
** processors.h - how many processors this process may use: as many as its affinity mask has, and
** no more than a container's quota pays for.
*/
#ifndef LATHE_PROCESSORS_H
#define LATHE_PROCESSORS_H

#include <pthread.h>

enum { THREADS_MOST = 1024,         /* of a program */
       PROCESSORS_MOST = 8192,      /* of Linux */
       PROCESSORS_TEXT = 128 };

/* At least 1, THREADS_MOST at most. A quota of a part of a processor counts as a whole one: two
** threads on 1.5 processors do the work of 1.5. */
int processors_available(void);

/*
** What the control groups of this process allow, in processors; 0: no limit. The least of its
** own group's quota and those of the groups around it, of version 1 (cpu.cfs_quota_us over
** cpu.cfs_period_us) and 2 (cpu.max). root: stands before every path, for tests; "" is the
** system's. See the kernel's admin-guide/cgroup-v1 and cgroup-v2.
*/
double processors_quota(const char *root);

/* The processors of the calling thread's affinity mask, ascending; how many. 0: this system does
** not tell them, or binds no threads. */
int processors_allowed(int list[PROCESSORS_MOST]);

/* Brings a list into the order in which threads are to get its processors: one of each core, then
** the second of each. Cores are told by /sys/devices/system/cpu; root: as above. */
void processors_order(const char *root, int *list, int count);

/* Lets a thread run on these processors alone. 0, or what errno has for it. */
int processors_bind(pthread_t thread, const int *list, int count);

/* "0-3, 8-11", in the list's order, with "..." where it does not end. */
void processors_name(const int *list, int count, char text[PROCESSORS_TEXT]);

#endif
