/*
** import.h - `lathe import`: a network and its parameters from a model of ONNX.
*/
#ifndef LATHE_TOOL_IMPORT_H
#define LATHE_TOOL_IMPORT_H

#include "tool/options.h"

/* Writes NAME.net and NAME.safetensors; with --check compares what the program makes of X.npy with
** Y.npy. False: a message was printed; where the model cannot be said, nothing was written. */
bool import_model(struct options *o);

#endif
