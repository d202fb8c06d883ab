/*
** series.h - samples of one measured quantity, and what is said of them: the median and
** its spread, never a mean.
*/
#ifndef LATHE_SERIES_H
#define LATHE_SERIES_H

#include <stdbool.h>

enum { SERIES_ROOM = 16384 };      /* samples; what comes later is dropped */

struct series { double *sample; int count; };

bool series_open(struct series *s);             /* false: no memory */
void series_close(struct series *s);
void series_add(struct series *s, double value);

/* Between the nearest samples; share 0: the least, 0.5: the median. Without samples 0.
** Sorts them. */
double series_quantile(struct series *s, double share);

#endif
