/*
** weights.h - parameters among a safetensors file's tensors, for whoever reads them: a network's
** program, and lathe. What Lathe's own files say of themselves stands in data/param_file.h.
*/
#ifndef LATHE_WEIGHTS_H
#define LATHE_WEIGHTS_H

#include <stdbool.h>

#include "base/values_scale.h"
#include "core/model.h"
#include "file/safetensors.h"

#define WEIGHTS_FORMAT "lathe-1"        /* metadata "format" */

/* Made by a program of Lathe's: its metadata tells the network. */
bool weights_own(const struct safetensors *s);

/* False, with a message: a file of Lathe that is none of parameters. */
bool weights_format(const char *path, const struct safetensors *s, char *err);

/* Whether two fingerprints of layers are one network's; err names the first line that differs. */
bool weights_same_layers(const char *path, const char *theirs, const char *ours, char *err);

/* "16, 3, 3, 3" */
enum { WEIGHTS_SHAPE = TENSOR_MAX_RANK*22 + 8 };
void weights_shape(const struct tensor *t, char out[WEIGHTS_SHAPE]);

/* False, with a message: of a type that is not read. */
bool weights_readable(const char *path, const struct tensor *t, char *err);

/* The file's tensor that has `wanted`'s name and shape and a type that is read; NULL: err says
** what is wrong. */
const struct tensor *weights_find(const char *path, const struct safetensors *s,
                                  const struct tensor *wanted, char *err);

/* False, with a message: it holds a nan or an infinity, or, with `single`, has one in f32. */
bool weights_finite(const char *path, const struct tensor *t, bool single, char *err);

/* The tensors that preprocessing of h x w images leaves in a file, without type and data: the mean
** image or each channel's mean, and each channel's factor. How many: 0, 1 or 2. */
int weights_data(enum preprocess_kind kind, int c, int h, int w, struct tensor out[2]);

/* The mean image is as large as the images were: the network's input, *h x *w, or larger. Where it
** is no image at all it stays so, which is what the error's text then expects. */
void weights_extent(const struct safetensors *s, int *h, int *w);

/* The range of the images trained on, as metadata "values" has it; type "": it does not say. False,
** with a message: it says something else. */
bool weights_values(const char *path, const struct safetensors *s, struct values *v, char *err);

/* Its values, t->count of them; the file's data may lie at any address. F64 is rounded to floats,
** all else is exact. */
void weights_floats(const struct tensor *t, float *out);
void weights_doubles(const struct tensor *t, double *out);

#endif
