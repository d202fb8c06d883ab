/*
** grid.h - the values that a sweep tries, as the command line says them: `lr=1e-4:1e-2:log5`,
** `hidden=50,100`, seeds `1-10`. Values are text, so that what is tried is what the table shows.
*/
#ifndef LATHE_GRID_H
#define LATHE_GRID_H

#include <stdbool.h>

enum { MAX_AXES = 24,           /* with the seed they are the tags of a run */
       MAX_POINTS = 1000,       /* of an axis */
       MAX_TAG = 96 };          /* NAME=VALUE and its end, as programs take them */

struct axis {
    const char *name;
    const char **value; int count;
    bool let;                   /* a `let` of the network, not an option of its program */
};

/* NAME=VALUE,VALUE or NAME=LOW:HIGH:log5, :lin5. False: err says what is wrong. */
bool axis_read(struct axis *a, const char *argument, char *err);

/* 1-10, 3, 1-5,8. */
bool axis_read_seeds(struct axis *a, const char *argument, char *err);

/* A number of lets, wherever one is expected. */
bool axis_number(const char *value, double *out);

#endif
