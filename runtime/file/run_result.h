/*
** run_result.h - what came out of a training, as one line of JSON: `train --result`. It must
** never hold a time, a host, a thread count or a path: the same run makes the same bytes. The
** format is in run_result.c.
*/
#ifndef LATHE_RUN_RESULT_H
#define LATHE_RUN_RESULT_H

#include <stdbool.h>
#include <stdint.h>

struct run_result {
    const char *network;
    uint64_t layers;            /* a hash of what the network is */
    const char *options;        /* NAME=VALUE and a line's end each, as option_text.h has them */
    long iterations;
    bool less;                  /* checks are losses: the least is the best */
    double best;                /* of the checks; nan: there was none */
    double loss;                /* of the last iteration; nan: it is not finite */
    bool diverged;
    char *text;                 /* where the texts lie, once read */
};

/* tag: NAME=VALUE, what the caller wants to find in it. The old file survives a failure. */
bool run_result_write(const char *path, const struct run_result *r, const char *const *tag,
                      int ntags, char *err);

/* False: err says what is wrong with it; 1 in *missing where there is no such file. */
bool run_result_read(struct run_result *r, const char *path, bool *missing, char *err);
void run_result_close(struct run_result *r);

#endif
