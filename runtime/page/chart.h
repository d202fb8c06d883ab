/*
** chart.h - curves as SVG: for a training's report and for `--plot`.
*/
#ifndef LATHE_CHART_H
#define LATHE_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CHART_WIDTH = 480, CHART_HEIGHT = 290, CHART_COLUMNS = 400,
       CHART_KEEP = 4*CHART_COLUMNS + 4 };

struct chart_series {
    const char *name;
    const char *color;          /* CSS */
    const double *x, *y;        /* [count]; x never falls; a y that is not finite is left out */
    size_t count;
    bool faint;                 /* behind the others, without dots */
};

struct chart {
    const char *title, *x_name, *y_name;
    double x_most;              /* the axis goes from 0 to here at least */
    bool zero;                  /* 0 is on the y axis; else it may be logarithmic */
    const char *mark;           /* what happened at x = mark_at, or NULL */
    double mark_at;
    const struct chart_series *series; int count;
};

extern const char chart_style[];        /* CSS, after markup_colors */

/* One <svg> of CHART_WIDTH x CHART_HEIGHT; `at_y`: how far down in an SVG around it. */
void chart_draw(FILE *out, const struct chart *c, int at_y);

/*
** Which points to draw: of each of CHART_COLUMNS columns of the x axis, which ends at x_most,
** the first, the least, the greatest and the last, so that no spike is lost. Returns how many
** of keep[CHART_KEEP], rising.
*/
size_t chart_thin(const struct chart_series *s, double x_most, size_t *keep);

/* 1, 2 or 5 times a power of ten: at most `ticks` steps in the range. */
double chart_step(double range, int ticks);

#endif
