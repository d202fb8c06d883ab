/*
** param_file.h - parameters as a safetensors file: canonical tensors named as in the
** network, "data.mean_image" (channels, height, width: of the images trained on, which may
** be larger than the input) or "data.mean" (channels), and "data.factor" (channels: one
** over the deviation); metadata: format "lathe-1", network, layers (the fingerprint),
** preprocessing (none, mean_image, scale, channel_norm), values (type, least and greatest of the
** images trained on: "u1 0 255"; not there: unknown), classes (names, one a line), crop (there
** where training took windows: evaluation takes the middle ones), validation ("drawn 6 of 60",
** where that many of the training images were drawn to validate), checksum. It must
** never hold a time, a host, an instruction set or a thread count: the same run makes the
** same bytes.
*/
#ifndef LATHE_PARAM_FILE_H
#define LATHE_PARAM_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/engine.h"
#include "data/data.h"
#include "file/weights.h"

/* What goes into a file. */
struct param_file {
    const struct model *model;
    const real *values;                   /* canonical, one parameter after the other */
    const struct preprocess *preprocess;  /* or NULL */
    const struct dataset *data;           /* gives the class names, or NULL */
    const struct tensor *more; int nmore; /* a checkpoint's: checkpoint.c */
    const char *state;                    /* its version, or NULL */
};
bool param_file_write(const char *path, const struct param_file *f, char *err);

/* The engine's parameters; data (or NULL) gives the class names. The old file
** survives a failure. */
bool param_file_save(const char *path, const struct engine *e, const struct preprocess *p,
                     const struct dataset *data, char *err);

/* The metadata that a file by another program needs, as JSON: for parameters of images that are
** not preprocessed. */
void param_file_metadata(const struct model *m, FILE *out);

/* What a file says besides its parameters. */
struct param_file_info {
    struct preprocess preprocess;     /* mean: allocated, or NULL for none */
    bool prepared;                    /* it says how images were prepared */
    bool crop;                        /* images may be larger than the input */
    struct values values;             /* of the images trained on; type "": unknown */
    char *classes;                    /* their names, one a line, or NULL: unknown */
    char *pairing;                    /* how tensors of other names were matched: lines for
                                         people, or NULL */
    size_t drawn, drawn_of;           /* validation images drawn, of all training images; 0: none */
};

/*
** Reads parameters into the engine and packs them; moments become zero. Values of 16, 32 and 64
** bits are read; only those of 64 are rounded, in f32. A file of another program has its tensors
** alone: names and shapes decide, or order and shapes (file/pairing.h). One of another network,
** damaged or incomplete, or with what is no finite number, is an error that names what differs, and
** changes nothing.
*/
bool param_file_load(const char *path, struct engine *e, struct param_file_info *info,
                     char *err);
void param_file_info_free(struct param_file_info *info);

/* ---- for who reads more from such a file ---- */

/* False, with a message: no parameters of this network, or damaged ones. taken[nparams] or NULL:
** the tensor of each; *pairing, or NULL: as param_file_info has it. */
bool param_file_check(const char *path, const struct safetensors *s, const struct model *m,
                      const struct tensor **taken, char **pairing, char *err);

/* How the images were prepared that the parameters were trained on; none where it does not say. */
bool param_file_preprocess(const char *path, const struct safetensors *s, const struct model *m,
                           struct preprocess *p, char *err);

/* Those of all parameters; free() them. NULL: not enough memory. */
struct tensor *param_file_wanted(const struct model *m);

/* A parameter's tensor: its name, canonical shape and the program's type. */
struct tensor param_file_tensor(const struct param *p, const real *values);

/* False, with a message: it holds a nan or an infinity, or has one in the
** program's precision. */
bool param_file_finite(const char *path, const struct tensor *t, char *err);

/* Its values; the file's data may lie at any address. */
void param_file_values(const struct tensor *t, real *out);

#endif
