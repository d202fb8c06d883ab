/*
** listing.c - lists a data set's folders. It must never open a file, and depend on names alone: not
** on a disk's order, nor on where the folders are.
*/
#include "data/listing.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/hash.h"
#include "file/hint.h"
#include "file/matching.h"

enum { LISTING_PATH = 2048, LISTING_SHOWN = 8 };

/* What their folders may be called. */
static const char *const listing_names[LISTING_SETS][4] = {
    { "train" }, { "val", "valid", "validation" }, { "test" }
};

/* ---- names ---- */

struct listing_entries { char **name; size_t count, space; };

static void listing_free(struct listing_entries *e)
{
    for (size_t k = 0; k < e->count; k++)
        free(e->name[k]);
    free(e->name);
    *e = (struct listing_entries){ .name = NULL };
}

static int listing_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool listing_add_name(struct listing_entries *e, const char *name)
{
    if (e->count == e->space) {
        const size_t space = 2*e->space + 64;
        char **more = realloc(e->name, space*sizeof *more);
        if (!more)
            return false;
        e->name = more;
        e->space = space;
    }
    e->name[e->count] = strdup(name);
    return e->name[e->count] && ++e->count;
}

/* What is in a folder, in the order of bytes. listing_free in any case. */
static bool listing_read(struct listing_entries *e, const char *path, char *err)
{
    DIR *folder = opendir(path);
    bool good = folder || error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    *e = (struct listing_entries){ .name = NULL };
    while (good) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            good = !errno || error_set(err, "%s: cannot be read: %s", path, strerror(errno));
            break;
        }
        if (entry->d_name[0] != '.')
            good = listing_add_name(e, entry->d_name)
                   || error_set(err, "%s: not enough memory for its names", path);
    }
    if (folder)
        closedir(folder);
    if (good && e->count > 1)
        qsort(e->name, e->count, sizeof *e->name, listing_compare);
    return good;
}

static uint64_t listing_hash(const char *class, const char *name)
{
    uint64_t hash = hash_bytes(HASH_START, class, strlen(class));
    hash = hash_bytes(hash, "/", 1);
    return hash_mix(hash_bytes(hash, name, strlen(name)));
}

/* ---- files ---- */

static bool listing_add(struct listing *l, const struct listed *file, const char *set,
                        const char *class, const char *name)
{
    const size_t length = strlen(set) + strlen(class) + strlen(name) + 3;
    if (l->count == l->space) {
        const size_t space = 2*l->space + 256;
        struct listed *more = realloc(l->file, space*sizeof *more);
        if (!more)
            return false;
        l->file = more;
        l->space = space;
    }
    l->file[l->count] = *file;
    char *text = l->file[l->count].name = malloc(length);
    if (!text)
        return false;
    snprintf(text, length, "%s/%s/%s", set, class, name);
    l->count++;
    l->in[file->set]++;
    return true;
}

/* The files of one class. */
static bool listing_class(struct listing *l, enum listing_set set, const char *set_name, int class,
                          const char *path, const struct listing_entries *e, char *err)
{
    char file[LISTING_PATH];
    struct stat st;
    if (e->count == 0)
        return error_set(err, "%s: holds no images: put some there, or remove the folder", path);
    for (size_t k = 0; k < e->count; k++) {
        if (snprintf(file, sizeof file, "%s/%s", path, e->name[k]) >= LISTING_PATH)
            return error_set(err, "%s: paths in it have more than %d bytes", path, LISTING_PATH);
        if (stat(file, &st))
            return error_set(err, "%s: cannot be read: %s", file, strerror(errno));
        if (!S_ISREG(st.st_mode))
            return error_set(err, "%s: is %s: a class's images lie in its folder itself; what "
                             "begins with a dot is passed over", file,
                             S_ISDIR(st.st_mode) ? "a folder" : "no file");
        const struct listed listed = { NULL, set, class, listing_hash(l->class[class], e->name[k]),
                                       st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
        if (!listing_add(l, &listed, set_name, l->class[class], e->name[k]))
            return error_set(err, "%s: not enough memory for its names", path);
    }
    return true;
}

/* The classes in words, the first of them. */
static const char *listing_classes(const struct listing *l, char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (int k = 0; k < l->classes && k < LISTING_SHOWN && n < size; k++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", k ? ", " : "", l->class[k]);
    if (l->classes > LISTING_SHOWN && n < size)
        snprintf(text + n, size - n, ", ...");
    return text;
}

static int listing_find(const struct listing *l, const char *class)
{
    char **found = bsearch(&class, l->class, (size_t)l->classes, sizeof *l->class, listing_compare);
    return found ? (int)(found - l->class) : -1;
}

/* A folder of one class in a set. */
static bool listing_class_folder(struct listing *l, enum listing_set set, const char *set_name,
                                 const char *path, const char *name, char *err)
{
    char folder[LISTING_PATH], text[512];
    struct listing_entries files = { .name = NULL };
    struct stat st;
    if (snprintf(folder, sizeof folder, "%s/%s", path, name) >= LISTING_PATH)
        return error_set(err, "%s: paths in it have more than %d bytes", path, LISTING_PATH);
    if (stat(folder, &st))
        return error_set(err, "%s: cannot be read: %s", folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return error_set(err, "%s: is no folder: in %s each class has a folder of its own, for "
                         "its images; what begins with a dot is passed over", folder, path);
    const int class = listing_find(l, name);
    if (class < 0)
        return error_set(err, "%s: no class of this name is in train, whose folders are the "
                         "classes (%s): rename it, or remove it", folder,
                         listing_classes(l, text, sizeof text));
    bool good = listing_read(&files, folder, err)
                && listing_class(l, set, set_name, class, folder, &files, err);
    listing_free(&files);
    return good;
}

/* ---- sets ---- */

/* False: errno, as of matching.h. */
static bool listing_is_folder(const char *dir, const char *name)
{
    char path[LISTING_PATH];
    errno = 0;
    return snprintf(path, sizeof path, "%s/%s/", dir, name) < LISTING_PATH && matching_there(path);
}

/* The folder of a set, *name; NULL: there is none. False: there are two. */
static bool listing_set_name(const char *dir, enum listing_set set, const char **name, char *err)
{
    *name = NULL;
    for (int k = 0; listing_names[set][k]; k++) {
        if (!listing_is_folder(dir, listing_names[set][k])) {
            if (errno)
                return error_set(err, "%s: cannot be read: %s", dir, strerror(errno));
            continue;
        }
        if (*name)
            return error_set(err, "%s: holds %s and %s: which of them validates? rename or remove "
                             "the other", dir, *name, listing_names[set][k]);
        *name = listing_names[set][k];
    }
    return true;
}

static bool listing_set(struct listing *l, const char *dir, enum listing_set set, char *err)
{
    char path[LISTING_PATH];
    struct listing_entries folders = { .name = NULL };
    const char *name;
    if (!listing_set_name(dir, set, &name, err))
        return false;
    l->has[set] = name;
    if (!name)
        return true;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    bool good = listing_read(&folders, path, err)
                && (folders.count > 0
                    || error_set(err, "%s: holds no folders: each class has one of its own there, "
                                 "for its images%s", path, set == LISTING_TRAIN ? ""
                                 : "; or remove it"))
                && (folders.count < INT_MAX || error_set(err, "%s: too many folders", path));
    if (good && set == LISTING_TRAIN) {
        l->class = folders.name;
        l->classes = (int)folders.count;
    }
    for (size_t k = 0; good && k < folders.count; k++)
        good = listing_class_folder(l, set, name, path, folders.name[k], err);
    if (set != LISTING_TRAIN || !l->class)
        listing_free(&folders);
    return good;
}

bool listing_open(struct listing *l, const char *dir, char *err)
{
    bool good = true;
    *l = (struct listing){ .file = NULL };
    for (enum listing_set set = LISTING_TRAIN; good && set < LISTING_SETS; set++)
        good = listing_set(l, dir, set, err);
    return good;
}

void listing_close(struct listing *l)
{
    for (size_t k = 0; k < l->count; k++)
        free(l->file[k].name);
    for (int k = 0; k < l->classes; k++)
        free(l->class[k]);
    free(l->file);
    free(l->class);
    *l = (struct listing){ .file = NULL };
}

/* ---- what is nearly it ---- */

static bool listing_looks_like_image(const char *name)
{
    static const char *const ends[] = { ".png", ".ppm", ".pgm", ".jpg", ".jpeg" };
    const char *dot = strrchr(name, '.');
    for (size_t k = 0; dot && k < sizeof ends / sizeof *ends; k++)
        if (strcasecmp(dot, ends[k]) == 0)
            return true;
    return false;
}

bool listing_hint(const char *dir, char *err)
{
    char path[LISTING_PATH], word[4*LISTING_PATH], ignored[ERR_SIZE];
    struct listing_entries folders, files;
    bool found = false;
    (void)listing_read(&folders, dir, ignored);
    for (size_t k = 0; !found && k < folders.count; k++)
        if (listing_is_folder(dir, folders.name[k])) {
            snprintf(path, sizeof path, "%s/%s", dir, folders.name[k]);
            (void)listing_read(&files, path, ignored);
            found = files.count > 0 && listing_looks_like_image(files.name[0]);
            listing_free(&files);
        }
    listing_free(&folders);
    if (!found)
        return false;
    const char *slash = strrchr(dir, '/'), *last = slash ? slash + 1 : dir;
    if (strcmp(last, "train") == 0 && slash) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - dir), dir);
        hint_word(word, sizeof word, path);
        error_set(err, "%s: holds folders of images; --data takes the folder that holds train: "
                  "--data %s", dir, word);
        return true;
    }
    hint_word(word, sizeof word, dir);
    error_set(err, "%s: holds folders of images, which are read from %s/train: `(cd %s && set -- "
              "*/ && mkdir train && mv \"$@\" train)`", dir, dir, word);
    return true;
}
