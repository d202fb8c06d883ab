/*
** hint.c - what to do with data that is not read as it is. It must never touch a file, and a
** command that it names must do what it says when pasted.
*/
#include "file/hint.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/visible.h"
#include "file/matching.h"

enum { HINT_PATH = 1024 };

/* From Python's pickles in folder `in` to the records that are read. */
#define HINT_PICKLES(in, files, labels) "`cd " in " && python3 -c 'import pickle, numpy as n; " \
    "[n.c_[" labels ", d[b\"data\"]].tofile(f + \".bin\") for f in " files " for d in " \
    "[pickle.load(open(f, \"rb\"), encoding=\"bytes\")]]'`"
#define HINT_CIFAR_10(in) "holds CIFAR-10 for Python; --data " in " reads it after " \
    HINT_PICKLES(in, "[\"data_batch_%d\" % k for k in range(1, 6)] + [\"test_batch\"]", \
                 "n.uint8(d[b\"labels\"])")
#define HINT_CIFAR_100(in) "holds CIFAR-100 for Python; --data " in " reads it after " \
    HINT_PICKLES(in, "[\"train\", \"test\"]", \
                 "n.uint8(d[b\"coarse_labels\"]), n.uint8(d[b\"fine_labels\"])")
#define HINT_BINARY "; from where it is, the binary version is read (unpacked)"

/* What a folder may hold, the surest first, and what to say of it: @ is its path, < its folder,
** both for a shell. */
static const struct hint { const char *holds, *says; } hints[] = {
    { "cifar-10-binary.tar.gz", "is an archive: `tar xzf @ -C <`" },
    { "cifar-100-binary.tar.gz", "is an archive: `tar xzf @ -C <`" },
    { "MNIST/raw", "is a folder of its own: --data @" },
    { "FashionMNIST/raw", "is a folder of its own: --data @" },
    { "data_batch_1", HINT_CIFAR_10("<") },
    { "cifar-10-batches-py", HINT_CIFAR_10("@") },
    { "cifar-100-python", HINT_CIFAR_100("@") },
    { "cifar-*-python.tar.gz", "is CIFAR for Python" HINT_BINARY },
    { "cifar-*-matlab*", "is CIFAR for Matlab" HINT_BINARY },
    { "data_batch_1.mat", "is CIFAR for Matlab" HINT_BINARY },
    { "x_train.npy.gz", "is compressed: `gunzip </*.gz`" },
    { "*.tar.gz", "is an archive: `tar xzf @ -C <`" },
    { "*.tgz", "is an archive: `tar xzf @ -C <`" },
    { "*.tar", "is an archive: `tar xf @ -C <`" },
    { "*.zip", "is an archive: `unzip @ -d <`" },
    { "raw", "is a folder of its own: --data @" },
};

void hint_word(char *out, size_t size, const char *word)
{
    FILE *f = size > 1 ? fmemopen(out, size - 1, "w") : NULL;
    memset(out, 0, size);
    if (f) {
        visible_word(f, word);
        fclose(f);
    }
}

/* `path`, in `dir`, is what the row says. */
static bool hint_say(const struct hint *h, const char *path, const char *dir, char *err)
{
    error_set(err, "%s ", path);
    size_t n = strlen(err);
    for (const char *s = h->says; *s && n + 1 < ERR_SIZE; s++) {
        if (*s == '@' || *s == '<')
            hint_word(err + n, ERR_SIZE - n, *s == '@' ? path : dir);
        else
            memcpy(err + n, (const char[]){ *s, 0 }, 2);
        n += strlen(err + n);
    }
    return true;
}

bool hint_folder(const char *dir, char *err)
{
    char path[2*HINT_PATH], name[MATCHING_NAME];
    struct stat st;
    for (size_t k = 0; k < sizeof hints / sizeof *hints; k++) {
        const char *holds = hints[k].holds;
        if (strchr(holds, '/')) {
            snprintf(path, sizeof path, "%s/%s", dir, holds);
            if (!stat(path, &st))
                return hint_say(&hints[k], path, dir, err);
        } else if (matching_next(dir, holds, "", name)) {
            snprintf(path, sizeof path, "%s/%s", dir, name);
            return hint_say(&hints[k], path, dir, err);
        }
    }
    return false;
}

bool hint_file(const char *path, char *err)
{
    char dir[HINT_PATH];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(dir, sizeof dir, "%.*s", slash > path ? (int)(slash - path) : 1, slash ? path : ".");
    for (size_t k = 0; k < sizeof hints / sizeof *hints; k++)
        if (!fnmatch(hints[k].holds, name, 0)) {
            hint_say(&hints[k], path, dir, err);
            size_t n = strlen(err);
            snprintf(err + n, ERR_SIZE - n, "; --data takes the folder");
            return true;
        }
    return false;
}

bool hint_compressed(const char *path, char *err)
{
    char packed[2*HINT_PATH], word[4*HINT_PATH];
    struct stat st;
    snprintf(packed, sizeof packed, "%s.gz", path);
    if (!stat(path, &st) || stat(packed, &st))
        return false;
    hint_word(word, sizeof word, packed);
    error_set(err, "%s: is not there, but compressed: `gunzip %s`", path, word);
    return true;
}

/* Pictures by their first bytes, or some that follow them. */
bool hint_picture(const char *path, const void *bytes, size_t size, char *err)
{
    static const struct { size_t at; const char *begin; size_t length; const char *what; } kinds[]
        = { { 0, "\xff\xd8\xff", 3, "JPEG" }, { 0, "GIF8", 4, "GIF" }, { 0, "BM", 2, "BMP" },
            { 0, "II*\0", 4, "TIFF" }, { 0, "MM\0*", 4, "TIFF" }, { 8, "WEBP", 4, "WebP" },
            { 4, "ftyp", 4, "HEIF or AVIF" }, { 0, "qoif", 4, "QOI" },
            { 0, "\0\0\1\0", 4, "icon (ICO)" } };
    char word[4*HINT_PATH];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (size >= kinds[k].at + kinds[k].length
            && memcmp((const char *)bytes + kinds[k].at, kinds[k].begin, kinds[k].length) == 0) {
            hint_word(word, sizeof word, path);
            error_set(err, "%s: is a %s picture; PNG, PPM and PGM are read: `mogrify -format png "
                      "%s` of ImageMagick makes a PNG of it", path, kinds[k].what, word);
            return true;
        }
    return false;
}
