/*
** processors.h - how many processors this process may use: as many as its affinity mask has, and
** no more than a container's quota pays for.
*/
#ifndef LATHE_PROCESSORS_H
#define LATHE_PROCESSORS_H

/* At least 1. A quota of a part of a processor counts as a whole one: two threads on 1.5
** processors do the work of 1.5. */
int processors_available(void);

/*
** What the control groups of this process allow, in processors; 0: no limit. The least of its
** own group's quota and those of the groups around it, of version 1 (cpu.cfs_quota_us over
** cpu.cfs_period_us) and 2 (cpu.max). root: stands before every path, for tests; "" is the
** system's. See the kernel's admin-guide/cgroup-v1 and cgroup-v2.
*/
double processors_quota(const char *root);

#endif
