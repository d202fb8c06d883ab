/*
** matching.c - looks names up in a folder. It must never open a file.
*/
#include "file/matching.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool matching_next(const char *dir, const char *pattern, const char *after,
                   char name[MATCHING_NAME])
{
    char best[MATCHING_NAME] = "";
    DIR *folder = opendir(dir);
    for (struct dirent *e; folder && (e = readdir(folder));)
        if (strlen(e->d_name) < MATCHING_NAME && !fnmatch(pattern, e->d_name, FNM_PERIOD)
            && strcmp(e->d_name, after) > 0 && (!best[0] || strcmp(e->d_name, best) < 0))
            snprintf(best, sizeof best, "%s", e->d_name);
    if (folder)
        closedir(folder);
    snprintf(name, MATCHING_NAME, "%s", best);
    return name[0];
}
