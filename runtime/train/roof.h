/*
** roof.h - the most that this machine does: fused multiply-adds out of registers, and
** memory read and written. It must never run beside anything else of the program.
*/
#ifndef LATHE_ROOF_H
#define LATHE_ROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/workers.h"

struct roof {
    struct workers *workers;
    double *memory;               /* three arrays, together larger than the last cache */
    size_t count;                 /* of each */
    double *flop;                 /* [threads] */
};

bool roof_open(struct roof *r, struct workers *workers, char *err);
void roof_close(struct roof *r);

/* FLOP/s of a model's `peak` on so many threads at once: the best of three short runs. */
double roof_peak(struct roof *r, double (*peak)(long rounds), int threads);

/* Bytes/s of a triad a = b + s*c (McCalpin's STREAM), counted as STREAM does: two arrays
** read and one written. The best of three. */
double roof_bandwidth(struct roof *r, int threads);

#endif
