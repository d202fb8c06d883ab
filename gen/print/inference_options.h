/*
** inference_options.h - what is asked of a program that only runs a network.
*/
#ifndef LATHE_INFERENCE_OPTIONS_H
#define LATHE_INFERENCE_OPTIONS_H

#include <stdbool.h>

#include "runtime/base/values_scale.h"

struct inference_options {
    const char *name;           /* of the files, without .c; before every public name */
    bool blob;                  /* weights come in a file of their own */
    const char *classes;        /* their names, a line each; or NULL */
    const struct values_scale *pixels;  /* what 0 and 255 are; NULL: unknown, no net_run_u8 */
    const char *otherwise;      /* layers whose bits training has otherwise, with spaces; or "" */
};

#endif
