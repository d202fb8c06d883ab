/*
** matching.c - looks names up in a folder. It must never open a file.
*/
#include "file/matching.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool matching_there(const char *path)
{
    struct stat st;
    const bool there = !stat(path, &st);
    if (there || errno == ENOENT || errno == ENOTDIR)
        errno = 0;
    return there;
}

bool matching_next(const char *dir, const char *pattern, const char *after,
                   char name[MATCHING_NAME])
{
    char best[MATCHING_NAME] = "";
    DIR *folder = opendir(dir);
    int failure = folder ? 0 : errno;
    while (folder) {
        errno = 0;
        const struct dirent *e = readdir(folder);
        failure = errno;
        if (!e)
            break;
        if (strlen(e->d_name) < MATCHING_NAME && !fnmatch(pattern, e->d_name, FNM_PERIOD)
            && strcmp(e->d_name, after) > 0 && (!best[0] || strcmp(e->d_name, best) < 0))
            snprintf(best, sizeof best, "%s", e->d_name);
    }
    if (folder)
        closedir(folder);
    snprintf(name, MATCHING_NAME, "%s", failure ? "" : best);
    errno = failure;
    return name[0];
}
