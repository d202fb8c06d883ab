/*
** param_file.h - parameters as a safetensors file: canonical tensors named as in the
** network, "data.mean_image" (channels, height, width: of the images trained on, which may
** be larger than the input) or "data.mean" (channels), and "data.factor" (channels: one
** over the deviation); metadata: format "lathe-1", network, layers (the fingerprint),
** preprocessing (none, mean_image, scale, channel_norm), classes (names, one a line), crop
** (there where training took windows: evaluation takes the middle ones), checksum. It must
** never hold a time, a host, an instruction set or a thread count: the same run makes the
** same bytes.
*/
#ifndef LATHE_PARAM_FILE_H
#define LATHE_PARAM_FILE_H

#include <stdbool.h>

#include "data.h"
#include "engine.h"

/* The engine's parameters; data (or NULL) gives the class names. The old file
** survives a failure. */
bool param_file_save(const char *path, const struct engine *e, const struct preprocess *p,
                     const struct dataset *data, char *err);

/* What a file says besides its parameters. */
struct param_file_info {
    struct preprocess preprocess;     /* mean: allocated, or NULL for none */
    bool crop;                        /* images may be larger than the input */
    char *classes;                    /* their names, one a line, or NULL: unknown */
};

/*
** Reads parameters into the engine and packs them; moments become zero. An f32 file
** loads into an f64 program. A file of another network, of another type, damaged
** or incomplete is an error that names what differs, and changes nothing.
*/
bool param_file_load(const char *path, struct engine *e, struct param_file_info *info,
                     char *err);
void param_file_info_free(struct param_file_info *info);

#endif
