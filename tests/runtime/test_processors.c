/*
** test_processors.c - how many threads are the default: the affinity mask and the quota of
** control groups, from files as the kernel writes them, below a directory of the test's.
*/
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/processors.h"
#include "support/shell.h"
#include "support/skip.h"

#define V2 "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1 "31 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" \
           "32 25 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

/* A tree of the kernel's files, and what it allows. */
static const struct {
    const char *fact, *mounts, *groups, *files[8];      /* name, text, ... */
    double quota;
} trees[] = {
    { "no control group is mounted", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "0::/\n", { 0 }, 0 },
    { "version 2: a quota", V2, "0::/job\n",
      { "sys/fs/cgroup/job/cpu.max", "150000 100000\n" }, 1.5 },
    { "version 2: max is none", V2, "0::/job\n",
      { "sys/fs/cgroup/job/cpu.max", "max 100000\n" }, 0 },
    { "version 2: the container's own root", V2, "0::/\n",
      { "sys/fs/cgroup/cpu.max", "200000 50000\n" }, 4 },
    { "version 2: the least of a group and those around it", V2, "0::/a/b/c\n",
      { "sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n", "sys/fs/cgroup/a/b/cpu.max",
        "max 100000\n", "sys/fs/cgroup/a/cpu.max", "300000 100000\n" }, 3 },
    { "version 2: mounted from a group of the host",
      "30 25 0:26 /pod/x /sys/fs/cgroup rw - cgroup2 none rw\n", "0::/pod/x/own\n",
      { "sys/fs/cgroup/own/cpu.max", "50000 100000\n" }, 0.5 },
    { "version 2: a path that the mount does not show", "30 25 0:26 /pod/x /sys/fs/cgroup rw - "
      "cgroup2 none rw\n", "0::/../other\n", { "sys/fs/cgroup/cpu.max", "100000 100000\n" }, 1 },
    { "version 1: quota over period", V1, "5:cpuset:/\n4:cpu,cpuacct:/job\n0::/\n",
      { "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n",
        "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n" }, 2.5 },
    { "version 1: -1 is none", V1, "4:cpu,cpuacct:/job\n",
      { "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n",
        "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n" }, 0 },
    { "version 1: in a container the host's path is not there", "31 25 0:28 /docker/1f "
      "/sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "4:cpu:/docker/1f\n",
      { "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n" }, 1 },
    { "both versions: the lesser", V1 V2, "4:cpu,cpuacct:/a\n0::/b\n",
      { "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "300000\n",
        "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n",
        "sys/fs/cgroup/b/cpu.max", "200000 100000\n" }, 2 },
    { "a mount point with a blank", "30 25 0:26 / /sys/fs/c\\040g rw - cgroup2 cgroup2 rw\n",
      "0::/\n", { "sys/fs/c g/cpu.max", "300000 100000\n" }, 3 },
    { "files that say nothing", V2 "nonsense\n\n - \n", "0::\n\n::\n",
      { "sys/fs/cgroup/cpu.max", "\n" }, 0 },
};

static void write_tree_file(const char *name, const char *text)
{
    struct run r = shell("mkdir -p \"$(dirname '%s')\"", name);
    run_free(&r);
    write_text(name, text);
}

Test(processors, are_no_more_than_the_quota_of_control_groups_allows, .fini = shell_clean)
{
    for (size_t k = 0; k < sizeof trees / sizeof *trees; k++) {
        write_tree_file("proc/self/mountinfo", trees[k].mounts);
        write_tree_file("proc/self/cgroup", trees[k].groups);
        for (int i = 0; trees[k].files[i]; i += 2)
            write_tree_file(trees[k].files[i], trees[k].files[i + 1]);
        double quota = processors_quota(shell_dir());
        cr_expect(quota == trees[k].quota, "%s: %g, not %g", trees[k].fact, quota, trees[k].quota);
        shell_clean();
    }
}

/* What the kernel says of cores, and the order in which 0 .. n-1, or those listed, are taken. */
static const struct {
    const char *fact, *file, *siblings[9];
    int list[8], n, order[8];
} cores[] = {
    { "no file says it", "core_cpus_list", { NULL }, { 1, 3, 4 }, 3, { 1, 3, 4 } },
    { "siblings are far apart", "core_cpus_list", { "0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6",
      "3,7" }, { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, { 0, 1, 2, 3, 4, 5, 6, 7 } },
    { "siblings are neighbours", "core_cpus_list", { "0-1", "0-1", "2-3", "2-3", "4-5", "4-5" },
      { 0, 1, 2, 3, 4, 5 }, 6, { 0, 2, 4, 1, 3, 5 } },
    { "the mask has the second of a core alone", "core_cpus_list", { "0-1", "0-1", "2-3", "2-3" },
      { 1, 2, 3 }, 3, { 1, 2, 3 } },
    { "an older kernel's name, four siblings", "thread_siblings_list", { "0-3", "0-3", "0-3", "0-3",
      "4-7", "4-7", "4-7", "4-7" }, { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, { 0, 4, 1, 5, 2, 6, 3, 7 } },
};

Test(processors, are_taken_one_of_each_core_first, .fini = shell_clean)
{
    for (size_t k = 0; k < sizeof cores / sizeof *cores; k++) {
        int list[8];
        memcpy(list, cores[k].list, sizeof list);
        for (int i = 0; cores[k].siblings[i]; i++) {
            char name[128];
            snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%d/topology/%s", i,
                     cores[k].file);
            write_tree_file(name, cores[k].siblings[i]);
        }
        processors_order(shell_dir(), list, cores[k].n);
        for (int i = 0; i < cores[k].n; i++)
            cr_expect_eq(list[i], cores[k].order[i], "%s: place %d", cores[k].fact, i);
        shell_clean();
    }
}

Test(processors, are_named_by_runs)
{
    static const int list[] = { 0, 1, 2, 3, 8, 12, 13, 5 };
    static int many[200];
    char text[PROCESSORS_TEXT];
    processors_name(list, 8, text);
    cr_expect_str_eq(text, "0-3, 8, 12-13, 5");
    processors_name(list, 0, text);
    cr_expect_str_eq(text, "");
    for (int k = 0; k < 200; k++)
        many[k] = 2*k;
    processors_name(many, 200, text);
    cr_expect(strncmp(text, "0, 2, 4, ", 9) == 0 && strcmp(text + strlen(text) - 5, ", ...") == 0,
              "%s", text);
}

Test(processors, are_at_least_one)
{
    cr_assert_geq(processors_available(), 1);
}

/* What `lathe show` and a program's default ask for: the same number. */
Test(processors, are_those_of_the_affinity_mask)
{
    if (!have("taskset"))
        skip_test("no taskset");
    struct run r = shell("taskset -c 0 $LATHE show $SOURCE/models/tiny.net | "
                         "grep -q 'each of 1 core' && echo one");
    cr_expect_str_eq(r.output, "one\n", "%s", r.output);
    run_free(&r);
    shell_clean();
}
