/*
** check.h - `lathe import --check`: what the program makes of images beside what is expected.
*/
#ifndef LATHE_CHECK_H
#define LATHE_CHECK_H

#include "runtime/file/npy.h"
#include "exchange/import.h"

struct check {
    const char *x_path, *y_path;
    struct npy x, y;
    size_t images;
    int batch;                  /* that the program is to be built for */
};

/* Reads both arrays. False, with a message: their shapes are not the model's. */
bool check_open(struct check *c, const struct imported *m, char *err);

/* Builds the network's program, runs it, and prints the largest difference, relative to the largest
** value that is expected. False: above 1e-5, or a message. */
bool check_run(struct check *c, const struct imported *m, struct net *net, const char *params);

#endif
