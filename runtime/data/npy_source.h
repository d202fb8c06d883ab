/*
** npy_source.h - where a data set's arrays lie and what they are called: a folder of .npy files, or
** of .npz files of one array each, or one .npz with all of them; x_train or train_images.
*/
#ifndef LATHE_NPY_SOURCE_H
#define LATHE_NPY_SOURCE_H

#include <stdbool.h>

#include "file/npy.h"
#include "file/zip.h"

enum npy_part { NPY_TRAIN, NPY_VAL, NPY_TEST, NPY_PARTS };
enum npy_role { NPY_IMAGES, NPY_LABELS, NPY_ROLES };

enum { NPY_SOURCE_PATH = 1280, NPY_SOURCE_NAME = 256,
       NPY_SOURCE_TEXT = NPY_SOURCE_PATH + NPY_SOURCE_NAME + 8 };

struct npy_source {
    char path[NPY_SOURCE_PATH];         /* the folder's or the .npz's */
    bool packed;                        /* it is the .npz `zip` */
    struct zip zip;
    const char *const *names;           /* [NPY_ROLES]: x_* and y_*, or another pair */
    const char *part[NPY_PARTS];        /* what is in place of the *; NULL: not there */
};

/* What a folder holds that is such a set: patterns, with a NULL after them. */
extern const char *const npy_source_files[];

/* path: a folder, one with a single .npz in it, or that. False: err says what is missing.
** npy_source_close in any case. */
bool npy_source_open(struct npy_source *s, const char *path, char *err);
void npy_source_close(struct npy_source *s);

/* A part's array is there; false: errno, where that cannot be told, else 0. */
bool npy_source_has(const struct npy_source *s, enum npy_role role, enum npy_part part);

/* What an array is called in messages. */
typedef char npy_source_text[NPY_SOURCE_TEXT];

/* DIR/x_train.npy, or FILE.npz: x_train. */
const char *npy_source_say(const struct npy_source *s, enum npy_role role, enum npy_part part,
                           npy_source_text text);

/* A part's array, and what it is called; npy_close frees it. */
bool npy_source_read(const struct npy_source *s, struct npy *a, enum npy_role role,
                     enum npy_part part, npy_source_text text, char *err);

#endif
