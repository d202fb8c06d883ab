/*
** processors.c - processors of this process. It must never fail: what cannot be read limits
** nothing, and what cannot be bound is said.
*/
#include "base/processors.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESSORS_PATH = 4096 };

/* The number of a file of one line, "150000 100000" or "max 100000": second is the number after
** the blank, or 0. Negative: there is no such file, or no number. */
static double processors_number(const char *path, double *second)
{
    char line[128], *end;
    FILE *f = fopen(path, "r");
    bool good = f && fgets(line, sizeof line, f);
    if (f)
        fclose(f);
    double first = good ? strtod(line, &end) : -1;
    if (!good || end == line)
        return -1;
    *second = strtod(end, NULL);
    return first;
}

/* The quota of one group's directory, 0 where it has none. */
static double processors_of_group(const char *directory, bool second_version)
{
    char path[PROCESSORS_PATH + 32];
    double period = 0, ignored;
    snprintf(path, sizeof path, "%s/%s", directory,
             second_version ? "cpu.max" : "cpu.cfs_quota_us");
    double quota = processors_number(path, &period);
    if (!second_version) {
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
        period = processors_number(path, &ignored);
    }
    return quota > 0 && period > 0 ? quota/period : 0;
}

/* The group at `path` below the mount point, and all groups around it. */
static double processors_of_groups(const char *mounted, const char *path, bool second_version)
{
    char directory[PROCESSORS_PATH];
    double least = 0;
    int length = snprintf(directory, sizeof directory, "%s%s", mounted, path);
    if (length < 0 || (size_t)length >= sizeof directory)
        return 0;
    for (size_t top = strlen(mounted);;) {
        double quota = processors_of_group(directory, second_version);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
        char *slash = strrchr(directory, '/');
        if (!slash || (size_t)(slash - directory) < top)
            return least;
        *slash = '\0';
    }
}

/* Whether `word` stands in a list with commas. */
static bool processors_lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == length && memcmp(at, word, length) == 0)
            return true;
    return false;
}

/* The path of this process's group: in the line "0::PATH" (version 2), or "N:LIST:PATH" whose
** list has cpu. "": it is not told. */
static void processors_group_path(const char *root, bool second_version, char *out, size_t size)
{
    char path[PROCESSORS_PATH], line[PROCESSORS_PATH];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "r");
    out[0] = '\0';
    while (f && fgets(line, sizeof line, f)) {
        char *list = strchr(line, ':'), *at = list ? strchr(list + 1, ':') : NULL;
        if (!at)
            continue;
        *at++ = '\0';
        at[strcspn(at, "\n")] = '\0';
        if (second_version ? strcmp(line, "0:") == 0 : processors_lists(list + 1, "cpu"))
            snprintf(out, size, "%s", strcmp(at, "/") ? at : "");
    }
    if (f)
        fclose(f);
}

/* A path of mountinfo, in which \040 is a blank. */
static void processors_unescape(char *path)
{
    char *to = path;
    for (const char *at = path; *at; to++) {
        bool octal = at[0] == '\\' && strspn(at + 1, "01234567") >= 3;
        *to = octal ? (char)((at[1] - '0')*64 + (at[2] - '0')*8 + at[3] - '0') : *at;
        at += octal ? 4 : 1;
    }
    *to = '\0';
}

/* One line of mountinfo: "ID PARENT DEVICE ROOT POINT OPTIONS... - TYPE SOURCE SUPER". In a
** container ROOT is its own group, which the process's path begins with or does not show. */
static double processors_of_mount(const char *root, char *line)
{
    char *word[5], *save = NULL, path[PROCESSORS_PATH], point[2*PROCESSORS_PATH];
    char *tail = strstr(line, " - ");
    if (!tail)
        return 0;
    *tail = '\0';
    char *type = strtok_r(tail + 3, " \n", &save), *super = strtok_r(NULL, " \n", &save);
    super = super ? strtok_r(NULL, " \n", &save) : NULL;
    bool second_version = type && strcmp(type, "cgroup2") == 0;
    bool first_version = type && strcmp(type, "cgroup") == 0 && super
                         && processors_lists(super, "cpu");
    word[0] = strtok_r(line, " ", &save);
    for (int k = 1; k < 5; k++)
        word[k] = strtok_r(NULL, " ", &save);
    if (!word[4] || (!second_version && !first_version))
        return 0;
    processors_unescape(word[3]);
    processors_unescape(word[4]);
    processors_group_path(root, second_version, path, sizeof path);
    size_t length = strcmp(word[3], "/") ? strlen(word[3]) : 0;
    bool inside = strncmp(path, word[3], length) == 0 && strchr("/", path[length]);
    snprintf(point, sizeof point, "%s%s", root, word[4]);
    return processors_of_groups(point, inside ? path + length : "", second_version);
}

double processors_quota(const char *root)
{
    char path[PROCESSORS_PATH], line[2*PROCESSORS_PATH];
    double least = 0;
    snprintf(path, sizeof path, "%s/proc/self/mountinfo", root);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        double quota = processors_of_mount(root, line);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
    }
    if (f)
        fclose(f);
    return least;
}

#if defined(__linux__) && defined(CPU_COUNT_S)
/* A kernel with more processors than a cpu_set_t has bits refuses one. */
struct processors_mask { cpu_set_t set[PROCESSORS_MOST / CPU_SETSIZE]; };

int processors_allowed(int list[PROCESSORS_MOST])
{
    struct processors_mask mask;
    int count = 0;
    memset(&mask, 0, sizeof mask);
    if (sched_getaffinity(0, sizeof mask, mask.set) != 0)
        return 0;
    for (int k = 0; k < PROCESSORS_MOST; k++)
        if (CPU_ISSET_S((size_t)k, sizeof mask, mask.set))
            list[count++] = k;
    return count;
}

int processors_bind(pthread_t thread, const int *list, int count)
{
    struct processors_mask mask;
    memset(&mask, 0, sizeof mask);
    for (int k = 0; k < count; k++)
        CPU_SET_S((size_t)list[k], sizeof mask, mask.set);
    return pthread_setaffinity_np(thread, sizeof mask, mask.set);
}
#else
int processors_allowed(int list[PROCESSORS_MOST])
{
    (void)list;
    return 0;
}

int processors_bind(pthread_t thread, const int *list, int count)
{
    (void)thread;
    (void)list;
    (void)count;
    return ENOTSUP;
}
#endif

/* The first processor of a core, which stands for it; without a file each is a core. */
static int processors_core(const char *root, int processor)
{
    static const char *const names[] = { "core_cpus_list", "thread_siblings_list" };
    char path[PROCESSORS_PATH];
    double ignored, first = -1;
    for (int k = 0; k < 2 && first < 0; k++) {
        snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%d/topology/%s", root, processor,
                 names[k]);
        first = processors_number(path, &ignored);
    }
    return first < 0 ? processor : (int)first;
}

void processors_order(const char *root, int *list, int count)
{
    int core[PROCESSORS_MOST], rank[PROCESSORS_MOST], from[PROCESSORS_MOST], n = 0;
    for (int k = 0; k < count; k++) {
        from[k] = list[k];
        core[k] = processors_core(root, list[k]);
        rank[k] = 0;
        for (int i = 0; i < k; i++)
            rank[k] += core[i] == core[k];
    }
    for (int now = 0; n < count; now++)         /* each core's first, then each core's second */
        for (int k = 0; k < count; k++)
            if (rank[k] == now)
                list[n++] = from[k];
}

void processors_name(const int *list, int count, char text[PROCESSORS_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0, end; k < count; k = end) {
        for (end = k + 1; end < count && list[end] == list[end - 1] + 1;)
            end++;
        char run[32];
        int length = end - k > 1 ? snprintf(run, sizeof run, "%d-%d", list[k], list[end - 1])
                                 : snprintf(run, sizeof run, "%d", list[k]);
        if (used + (size_t)length + sizeof ", ..." > PROCESSORS_TEXT) {
            snprintf(text + used, PROCESSORS_TEXT - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, PROCESSORS_TEXT - used, "%s%s", k ? ", " : "", run);
    }
}

static int processors_by_mask(void)
{
    int list[PROCESSORS_MOST], count = processors_allowed(list);
    if (count > 0)
        return count < THREADS_MOST ? count : THREADS_MOST;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > THREADS_MOST ? THREADS_MOST : (int)online;
}

int processors_available(void)
{
    int count = processors_by_mask();
    double quota = processors_quota("");
    return quota > 0 && quota < count ? (int)ceil(quota) : count;
}
