/*
** npy_source.c - finds arrays by their names. It must never look into one.
*/
#include "data/npy_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "file/hint.h"
#include "file/matching.h"

/* Images and labels, as the course, Keras's mnist.npz, MedMNIST and KMNIST call them; * is the
** part's name. The first pair of which both train is taken, else the first of which images do. */
static const char *const source_names[][NPY_ROLES] = {
    { "x_*", "y_*" }, { "X_*", "y_*" }, { "X_*", "Y_*" }, { "*_images", "*_labels" },
    { "kmnist-*-imgs", "kmnist-*-labels" }, { "k49-*-imgs", "k49-*-labels" },
};
static const char *const source_parts[NPY_PARTS][4] = {
    { "train" }, { "val", "valid", "validation" }, { "test" }
};

const char *const npy_source_files[] = {
    "[xX]_train.npy", "[xX]_train.npz", "train_images.np[yz]", "kmnist-train-imgs.npz",
    "k49-train-imgs.npz", NULL
};

/* ---- names ---- */

/* x_train of x_* and train. */
static void source_name(char name[NPY_SOURCE_NAME], const char *pattern, const char *part)
{
    const int star = (int)strcspn(pattern, "*");
    snprintf(name, NPY_SOURCE_NAME, "%.*s%s%s", star, pattern, part, pattern + star + 1);
}

/* A folder's file of an array, .npy or else .npz; false: neither is there, and the path .npy's.
** errno as of matching.h. */
static bool source_path(const struct npy_source *s, const char *name, npy_source_text path,
                        bool *packed)
{
    static const char *const ends[] = { "npz", "npy" };
    bool there[2];
    for (int k = 0; k < 2; k++) {
        snprintf(path, NPY_SOURCE_TEXT, "%s/%s.%s", s->path, name, ends[k]);
        there[k] = matching_there(path);
        if (errno)
            return false;
    }
    *packed = there[0] && !there[1];
    if (*packed)
        snprintf(path, NPY_SOURCE_TEXT, "%s/%s.npz", s->path, name);
    return there[0] || there[1];
}

/* In an archive. */
static const struct zip_member *source_member(const struct zip *zip, const char *name)
{
    char file[NPY_SOURCE_NAME + 4];
    snprintf(file, sizeof file, "%s.npy", name);
    return zip_find(zip, file);
}

static bool source_has(const struct npy_source *s, const char *pattern, const char *part)
{
    char name[NPY_SOURCE_NAME];
    npy_source_text path;
    bool packed;
    source_name(name, pattern, part);
    errno = 0;
    return s->packed ? source_member(&s->zip, name) != NULL : source_path(s, name, path, &packed);
}

/* What an archive's arrays are called, the first of them. */
static const char *source_listed(const struct npy_source *s, char *text, size_t size)
{
    enum { SHOWN = 12 };
    size_t n = 0;
    text[0] = '\0';
    for (size_t k = 0; k < s->zip.count && k < SHOWN && n < size; k++) {
        const char *name = s->zip.member[k].name, *end = strstr(name, ".npy");
        n += (size_t)snprintf(text + n, size - n, "%s%.*s", k ? ", " : "",
                              end ? (int)(end - name) : (int)strlen(name), name);
    }
    if (s->zip.count > SHOWN && n < size)
        snprintf(text + n, size - n, ", ...");
    return s->zip.count ? text : "nothing";
}

/* *failure: errno, where that cannot be told. */
static bool source_finds(const struct npy_source *s, const char *pattern, const char *part,
                         int *failure)
{
    const bool has = source_has(s, pattern, part);
    if (errno)
        *failure = errno;
    return has;
}

static bool source_unreadable(const struct npy_source *s, int failure, char *err)
{
    return error_set(err, "%s: cannot be read: %s", s->path, strerror(failure));
}

static bool source_find(struct npy_source *s, char *err)
{
    int failure = 0;
    const char *const train = source_parts[NPY_TRAIN][0];
    char text[512];
    for (int both = 1; both >= 0 && !s->names; both--)
        for (size_t k = 0; k < sizeof source_names / sizeof *source_names && !s->names; k++)
            if (source_finds(s, source_names[k][NPY_IMAGES], train, &failure)
                && (!both || source_finds(s, source_names[k][NPY_LABELS], train, &failure)))
                s->names = source_names[k];
    if (failure)
        return source_unreadable(s, failure, err);
    if (!s->names)
        return error_set(err, "%s: holds %s; x_train and y_train, or train_images and "
                         "train_labels, and if they are there those of val and test are read",
                         s->path, source_listed(s, text, sizeof text));
    for (int part = 0; part < NPY_PARTS; part++)
        for (int k = 0; source_parts[part][k] && !s->part[part]; k++)
            if (source_finds(s, s->names[NPY_IMAGES], source_parts[part][k], &failure))
                s->part[part] = source_parts[part][k];
    return !failure || source_unreadable(s, failure, err);
}

/* ---- the whole ---- */

/* The one .npz in a folder, unless it holds arrays in files of their own. */
static bool source_archive(struct npy_source *s, char *err)
{
    char name[MATCHING_NAME], other[MATCHING_NAME];
    const size_t length = strlen(s->path);
    for (const char *const *file = npy_source_files; *file; file++)
        if (matching_next(s->path, *file, "", name))
            return true;
        else if (errno)
            return source_unreadable(s, errno, err);
    if (!matching_next(s->path, "*.npz", "", name))
        return errno ? source_unreadable(s, errno, err)
                     : error_set(err, "%s: holds no arrays", s->path);
    if (matching_next(s->path, "*.npz", name, other))
        return error_set(err, "%s: holds several .npz, as %s and %s: --data takes one of them: "
                         "--data %s/%s", s->path, name, other, s->path, name);
    if (errno)
        return source_unreadable(s, errno, err);
    snprintf(s->path + length, sizeof s->path - length, "/%s", name);
    s->packed = true;
    return true;
}

bool npy_source_open(struct npy_source *s, const char *path, char *err)
{
    struct stat st;
    *s = (struct npy_source){ .names = NULL };
    snprintf(s->path, sizeof s->path, "%s", path);
    if (stat(path, &st))
        return source_unreadable(s, errno, err);
    s->packed = !S_ISDIR(st.st_mode);
    return (s->packed || source_archive(s, err)) && (!s->packed || zip_open(&s->zip, s->path, err))
           && source_find(s, err);
}

void npy_source_close(struct npy_source *s)
{
    zip_close(&s->zip);
}

bool npy_source_has(const struct npy_source *s, enum npy_role role, enum npy_part part)
{
    return s->part[part] && source_has(s, s->names[role], s->part[part]);
}

/* Of a member's file name, without .npy. */
static void source_say_member(const char *archive, const char *member, npy_source_text text)
{
    const size_t length = strlen(member);
    const bool npy = length > 4 && strcmp(member + length - 4, ".npy") == 0;
    snprintf(text, NPY_SOURCE_TEXT, "%s: %.*s", archive, (int)(npy ? length - 4 : length), member);
}

const char *npy_source_say(const struct npy_source *s, enum npy_role role, enum npy_part part,
                           npy_source_text text)
{
    char name[NPY_SOURCE_NAME];
    bool packed;
    source_name(name, s->names[role], s->part[part]);
    if (s->packed)
        source_say_member(s->path, name, text);
    else
        source_path(s, name, text, &packed);
    return text;
}

static bool source_read_member(const struct zip *zip, const struct zip_member *m, struct npy *a,
                               npy_source_text text, char *err)
{
    void *bytes = zip_read(zip, m, err);
    source_say_member(zip->path, m->name, text);
    const bool good = bytes && npy_parse(a, bytes, (size_t)m->size, text, err);
    free(bytes);
    if (good)
        a->archive = strlen(zip->path);
    return good;
}

/* A .npz of one array, whatever that is called. */
static bool source_read_archive(const char *path, struct npy *a, npy_source_text text, char *err)
{
    struct zip zip;
    if (!zip_open(&zip, path, err))
        return false;
    const bool good = (zip.count == 1
                       || error_set(err, "%s: holds %zu arrays, one was expected beside those of "
                                    "other files", path, zip.count))
                      && source_read_member(&zip, zip.member, a, text, err);
    zip_close(&zip);
    return good;
}

bool npy_source_read(const struct npy_source *s, struct npy *a, enum npy_role role,
                     enum npy_part part, npy_source_text text, char *err)
{
    char name[NPY_SOURCE_NAME];
    npy_source_text path;
    bool packed;
    *a = (struct npy){ .rank = 0 };
    source_name(name, s->names[role], s->part[part]);
    if (s->packed) {
        const struct zip_member *m = source_member(&s->zip, name);
        return m ? source_read_member(&s->zip, m, a, text, err)
                 : error_set(err, "%s: holds no %s", s->path, name);
    }
    if (!source_path(s, name, path, &packed) && errno)
        return error_set(err, "%s: cannot be read: %s", path, strerror(errno));
    if (packed)
        return source_read_archive(path, a, text, err);
    snprintf(text, NPY_SOURCE_TEXT, "%s", path);
    if (npy_read(a, path, err))
        return true;
    hint_compressed(path, err);
    return false;
}
