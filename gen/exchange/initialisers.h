/*
** initialisers.h - tensors of a file in the places of the model's initialisers of the same names,
** before anything is made of these: whatever import does with an initialiser, it does with the
** file's.
*/
#ifndef LATHE_INITIALISERS_H
#define LATHE_INITIALISERS_H

#include "exchange/onnx.h"
#include "runtime/file/safetensors.h"

/*
** PLACED_ALL: the model has the file's values. PLACED_NONE: no name is in both, or the file is a
** program's own. PLACED_SOME: a tensor has no place, or a layer of the model no tensor; err shows
** both, and the model has its own values still, as after PLACED_WRONG: err says what the file
** holds.
*/
enum placed { PLACED_NONE, PLACED_SOME, PLACED_ALL, PLACED_WRONG };
enum placed initialisers_take(struct onnx_model *model, const char *path,
                              const struct safetensors *s, char *err);

/* No layer's: counters of PyTorch's batchnorms, and how a module that Lathe printed prepares. */
bool initialisers_aside(const char *name);

/* "a (8, 3, 3, 3), b (8) and 40 more", of those of the file's tensors that are marked. */
struct tensors_text { char text[480]; };
struct tensors_text tensors_text(const struct tensor *tensor, int count, const bool *marked);

#endif
