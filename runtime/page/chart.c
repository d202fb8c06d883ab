/*
** chart.c - axes, ticks, lines. It must never draw more points than can be told apart,
** nor fail at numbers that are not finite.
*/
#include "page/chart.h"

#include <math.h>

#include "base/dmath.h"
#include "page/markup.h"

enum { CHART_LEFT = 60, CHART_RIGHT = 22, CHART_TOP = 60, CHART_BOTTOM = 46,
       CHART_ACROSS = CHART_WIDTH - CHART_LEFT - CHART_RIGHT,
       CHART_DOWN = CHART_HEIGHT - CHART_TOP - CHART_BOTTOM,
       CHART_DOTS = 48,         /* points that tell their numbers when touched */
       CHART_NAMES = 6 };       /* of more series only the first and the last are named */
static const double chart_log_from = 20;   /* greatest over least: then the axis is logarithmic */

const char chart_style[] =
    ".chart{width:100%;height:auto}.chart text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,"
    "'DejaVu Sans',sans-serif;fill:var(--soft)}.chart .title{font-weight:600;font-size:14px;"
    "fill:var(--ink)}.grid-line{stroke:var(--line);fill:none}.curve{fill:none;stroke-width:2;"
    "stroke-linejoin:round;stroke-linecap:round}.faint{stroke-width:1;opacity:.5}"
    ".hover{opacity:0}.hover:hover{opacity:1}.mark{stroke:var(--bad);stroke-dasharray:5 4}"
    ".chart .marked{fill:var(--bad)}\n"
    "@media(max-width:600px){.chart text{font-size:14px}.chart .title{font-size:16px}}\n";

/* From a value to a place. */
struct chart_scale { double least, most; bool log; };

struct chart_frame { const struct chart *chart; struct chart_scale x, y; };

static double chart_share(const struct chart_scale *s, double value)
{
    if (s->log)
        return (math_log(value) - math_log(s->least))/(math_log(s->most) - math_log(s->least));
    return (value - s->least)/(s->most - s->least);
}

static double chart_x(const struct chart_frame *f, double x)
{
    return CHART_LEFT + CHART_ACROSS*chart_share(&f->x, x);
}

static double chart_y(const struct chart_frame *f, double y)
{
    return CHART_TOP + CHART_DOWN*(1 - chart_share(&f->y, y));
}

size_t chart_thin(const struct chart_series *s, double x_most, size_t *keep)
{
    size_t kept = 0, k = 0;
    while (k < s->count) {
        double column = floor(s->x[k]/x_most*(CHART_COLUMNS - 1));
        size_t mark[4] = { s->count, s->count, s->count, s->count };    /* none yet */
        for (; k < s->count && floor(s->x[k]/x_most*(CHART_COLUMNS - 1)) <= column; k++) {
            if (!isfinite(s->y[k]))
                continue;
            mark[0] = mark[0] < s->count ? mark[0] : k;
            mark[1] = mark[1] < s->count && s->y[mark[1]] <= s->y[k] ? mark[1] : k;
            mark[2] = mark[2] < s->count && s->y[mark[2]] >= s->y[k] ? mark[2] : k;
            mark[3] = k;
        }
        if (mark[1] > mark[2]) {
            size_t least = mark[1];
            mark[1] = mark[2];
            mark[2] = least;
        }
        for (int i = 0; i < 4; i++)
            if (mark[i] < s->count && kept < CHART_KEEP && (i == 0 || mark[i] > mark[i - 1]))
                keep[kept++] = mark[i];
    }
    return kept;
}

double chart_step(double range, int ticks)
{
    double raw = range/ticks, power = 1;
    while (power > raw)
        power /= 10;
    while (power*10 < raw)
        power *= 10;
    return raw <= power ? power : raw <= 2*power ? 2*power : raw <= 5*power ? 5*power : 10*power;
}

/* All values, or 0 to 1 where there are none; wide enough to divide by. */
static struct chart_scale chart_range(const struct chart *c)
{
    struct chart_scale s = { INFINITY, -INFINITY, false };
    for (int i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->series[i].count; k++)
            if (isfinite(c->series[i].y[k])) {
                s.least = fmin(s.least, c->series[i].y[k]);
                s.most = fmax(s.most, c->series[i].y[k]);
            }
    if (s.least > s.most)
        return (struct chart_scale){ 0, 1, false };
    if (c->zero)
        s.least = fmin(s.least, 0);
    s.log = s.least > 0 && s.most/s.least >= chart_log_from;
    if (s.log)
        return (struct chart_scale){ s.least/1.1, s.most*1.1, true };
    double range = s.most - s.least;
    if (!(range > 1e-6*fabs(s.most)))
        range = s.most != 0 ? fabs(s.most) : 1;
    double step = chart_step(range, 5);
    s.least = floor(s.least/step)*step;
    s.most = -floor(-s.most/step)*step;
    if (s.most - s.least < step)
        s.most += step;
    return s;
}

static void chart_number(FILE *out, double value)
{
    if (fabs(value) >= 1e4 && fabs(value) < 1e12)
        markup_short(out, value);
    else
        fprintf(out, "%.4g", fabs(value) < 1e-300 ? 0 : value);
}

static void chart_tick_y(FILE *out, const struct chart_frame *f, double value)
{
    double y = chart_y(f, value);
    fprintf(out, "<path class=\"grid-line\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
            "text-anchor=\"end\">", CHART_LEFT, y, CHART_WIDTH - CHART_RIGHT, CHART_LEFT - 6,
            y + 4);
    if (f->y.log)
        fprintf(out, "%g", value);
    else
        chart_number(out, value);
    fputs("</text>\n", out);
}

/* Powers of ten, every so many; between them 2 and 5 where there are few. */
static void chart_ticks_log(FILE *out, const struct chart_frame *f)
{
    double decades = (math_log(f->y.most) - math_log(f->y.least))/math_log(10), power = 1;
    int every = (int)(decades/6) + 1, k = 0;
    while (power > f->y.least)
        power /= 10;
    while (power*10 <= f->y.least)
        power *= 10;
    for (; power <= f->y.most; power *= 10, k++)
        for (int i = 1; i <= 5; i += i == 1 ? 1 : 3)
            if (power*i >= f->y.least && power*i <= f->y.most
                && (i == 1 ? k % every == 0 : decades < 2.5))
                chart_tick_y(out, f, power*i);
}

static void chart_axes(FILE *out, const struct chart_frame *f, bool whole)
{
    const struct chart *c = f->chart;
    double step = chart_step(f->y.most - f->y.least, 5);
    if (f->y.log)
        chart_ticks_log(out, f);
    for (int k = 0; !f->y.log && f->y.least + k*step <= f->y.most + step/1000; k++)
        chart_tick_y(out, f, f->y.least + k*step);
    step = chart_step(f->x.most, 5);
    if (whole && step < 1)
        step = 1;
    for (int k = 0; k*step <= f->x.most; k++) {
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", chart_x(f, k*step),
                CHART_TOP + CHART_DOWN + 18);
        chart_number(out, k*step);
        fputs("</text>\n", out);
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", CHART_LEFT + CHART_ACROSS/2,
            CHART_HEIGHT - 8);
    markup_text(out, c->x_name);
    fputs("</text>\n<text class=\"title\" x=\"4\" y=\"18\">", out);
    markup_text(out, c->title);
    fprintf(out, "</text>\n<text x=\"%d\" y=\"18\" text-anchor=\"end\">",
            CHART_WIDTH - CHART_RIGHT);
    markup_text(out, c->y_name);
    fprintf(out, "%s</text>\n", f->y.log ? " (log scale)" : "");
}

static void chart_legend(FILE *out, const struct chart *c)
{
    double x = 4;
    bool many = c->count > CHART_NAMES;
    for (int i = 0; i < c->count && c->count > 1; i += many && i == 0 ? c->count - 1 : 1) {
        size_t length = 0;
        while (c->series[i].name[length])
            length++;
        fprintf(out, "<path class=\"curve\" style=\"stroke:%s\" d=\"M%.0f 38h14\"/>"
                "<text x=\"%.0f\" y=\"42\">", c->series[i].color, x, x + 19);
        markup_text(out, c->series[i].name);
        fprintf(out, "%s</text>\n", many && i == 0 ? " \342\200\246" : "");
        x += 42 + 7.6*(double)(length + (many ? 2 : 0));
    }
}

static void chart_dot(FILE *out, const struct chart_frame *f, const struct chart_series *s,
                      size_t k, const char *class)
{
    fprintf(out, "<circle class=\"%s\" style=\"fill:%s\" cx=\"%.1f\" cy=\"%.1f\" "
            "r=\"%s\"><title>", class, s->color, chart_x(f, s->x[k]), chart_y(f, s->y[k]),
            *class ? "5" : "2.6");
    markup_text(out, s->name);
    fputs(": ", out);
    fprintf(out, "%.4g at ", s->y[k]);
    markup_text(out, f->chart->x_name);
    fprintf(out, " %.7g</title></circle>\n", s->x[k]);
}

static void chart_curve(FILE *out, const struct chart_frame *f, const struct chart_series *s)
{
    size_t keep[CHART_KEEP], kept = chart_thin(s, f->x.most, keep);
    if (kept == 0)
        return;
    fprintf(out, "<path class=\"curve%s\" style=\"stroke:%s\" d=\"", s->faint ? " faint" : "",
            s->color);
    for (size_t k = 0; k < kept; k++)
        fprintf(out, "%c%.1f %.1f", k ? 'L' : 'M', chart_x(f, s->x[keep[k]]),
                chart_y(f, s->y[keep[k]]));
    fputs("\"><title>", out);
    markup_text(out, s->name);
    fputs("</title></path>\n", out);
    if (s->faint && kept > 1)
        return;
    size_t every = (kept + CHART_DOTS - 1)/CHART_DOTS;
    for (size_t k = 0; k < kept; k += every)
        chart_dot(out, f, s, keep[k], every > 1 ? "hover" : "");
}

void chart_draw(FILE *out, const struct chart *c, int at_y)
{
    struct chart_frame f = { .chart = c, .x = { 0, c->x_most > 0 ? c->x_most : 1, false },
                             .y = chart_range(c) };
    bool whole = true;          /* x counts something: no ticks between */
    for (int i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->series[i].count; k++) {
            f.x.most = fmax(f.x.most, c->series[i].x[k]);
            whole = whole && floor(c->series[i].x[k]) == c->series[i].x[k];
        }
    fprintf(out, "<svg class=\"chart\" y=\"%d\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "role=\"img\" aria-label=\"", at_y, CHART_WIDTH, CHART_HEIGHT, CHART_WIDTH,
            CHART_HEIGHT);
    markup_text(out, c->title);
    fputs("\">\n", out);
    chart_axes(out, &f, whole);
    chart_legend(out, c);
    for (int i = 0; i < c->count; i++)
        chart_curve(out, &f, &c->series[i]);
    if (c->mark) {
        double x = chart_x(&f, c->mark_at);
        bool right = x > CHART_LEFT + CHART_ACROSS/2;
        fprintf(out, "<path class=\"mark\" d=\"M%.1f %dv%d\"/><text class=\"marked\" x=\"%.1f\" "
                "y=\"%d\" text-anchor=\"%s\">", x, CHART_TOP, CHART_DOWN, right ? x - 5 : x + 5,
                CHART_TOP + 14, right ? "end" : "start");
        markup_text(out, c->mark);
        fputs("</text>\n", out);
    }
    fputs("</svg>\n", out);
}
