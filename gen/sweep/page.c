/*
** page.c - a sweep's table as a page: for each setting that varies a picture of what its values
** reached, side by side, then the table. It must never print a tag without escaping it.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/dmath.h"
#include "runtime/page/chart.h"
#include "runtime/page/markup.h"
#include "base/die.h"
#include "sweep/table.h"

enum { LEFT = 58, RIGHT = 14, TOP = 34, BOTTOM = 54, ACROSS = CHART_WIDTH - LEFT - RIGHT,
       DOWN = CHART_HEIGHT - TOP - BOTTOM,
       LABELS = 12,                 /* values with a place and a name of their own */
       LETTERS = 60,                /* of all names below a picture */
       ROWS = 300, POINTS = 400 };  /* configurations that a page shows */

static const char style[] =
    ".whisker{stroke-width:1.5}.run{opacity:.28}.chart .best{font-weight:600}"
    "tr.best td{font-weight:600}\n"
    "@media(max-width:600px){.chart text{font-size:15px}.chart .title{font-size:17px}}\n";

/* ---- the axes ---- */

/* Where a setting's values lie: evenly, by their numbers, or by those numbers' logarithms. */
struct across {
    const char **value; int count;  /* in order, those that are not even named at the ends alone */
    bool even, log;
    double least, most;
};

static int by_number(const void *a, const void *b)
{
    double x, y;
    const bool p = axis_number(*(const char *const *)a, &x);
    const bool q = axis_number(*(const char *const *)b, &y);
    if (p && q)
        return (x > y) - (x < y);
    return p != q ? q - p : strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct across across_of(const struct table *t, int setting)
{
    const size_t n = (size_t)t->configs;
    struct across a = { .value = alloc(n, sizeof *a.value) };
    size_t letters = 0;
    for (size_t k = 0; k < n; k++)
        a.value[k] = t->config[k].value[setting];
    qsort(a.value, n, sizeof *a.value, by_number);
    for (size_t k = 0; k < n; k++)
        if (!k || by_number(&a.value[a.count - 1], &a.value[k]))
            a.value[a.count++] = a.value[k];
    for (int k = 0; k < a.count; k++)
        letters += strlen(a.value[k]) + 2;
    a.even = !axis_number(a.value[0], &a.least) || !axis_number(a.value[a.count - 1], &a.most)
             || (a.count <= LABELS && letters <= LETTERS);
    a.log = !a.even && a.least > 0 && a.most >= 20*a.least;
    return a;
}

static double place(const struct across *a, const char *value)
{
    double x, share = 0.5;
    if (a->even) {
        int k = 0;
        while (k < a->count - 1 && by_number(&a->value[k], &value))
            k++;
        share = (k + 0.5)/a->count;
    } else if (axis_number(value, &x)) {
        share = a->log ? (math_log(x) - math_log(a->least))/(math_log(a->most) - math_log(a->least))
                       : (x - a->least)/(a->most - a->least);
        share = 0.04 + 0.92*share;
    }
    return LEFT + ACROSS*share;
}

struct down { double least, most, step; };

static void stretch(struct down *d, double value)
{
    if (isfinite(value)) {
        d->least = fmin(d->least, value);
        d->most = fmax(d->most, value);
    }
}

/* Of all runs' checks; where the greatest loss hides the others, of the better half. */
static struct down down_of(const struct table *t)
{
    struct down d = { INFINITY, -INFINITY, 0 };
    for (int i = 0; i < t->configs; i++)
        for (int k = 0; k < t->config[i].runs && (!t->less || i <= t->configs/2); k++)
            stretch(&d, t->outcome[t->config[i].run[k]].best);
    if (d.least > d.most)
        d = (struct down){ 0, 1, 0 };
    double range = d.most - d.least;
    if (!(range > 1e-6*fabs(d.most)))
        range = d.most != 0 ? fabs(d.most)/10 : 1;
    d.step = chart_step(range, 5);
    d.least = floor(d.least/d.step - 0.2)*d.step;
    if (d.least < 0)
        d.least = 0;                /* neither accuracies nor losses are below */
    d.most = -floor(-d.most/d.step - 0.2)*d.step;
    return d;
}

static double height(const struct down *d, double value)
{
    return TOP + DOWN*(1 - (value - d->least)/(d->most - d->least));
}

/* ---- pictures ---- */

static void name_config(FILE *out, const struct table *t, const struct config *c)
{
    for (int k = 0; k < t->settings; k++) {
        fputs(k ? " " : "", out);
        markup_text(out, t->setting[k]);
        putc('=', out);
        markup_text(out, c->value[k]);
    }
}

static void frame(FILE *out, const struct table *t, const struct across *a, const struct down *d,
                  const char *setting)
{
    fprintf(out, "<svg class=\"chart\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "role=\"img\" aria-label=\"%s over ", CHART_WIDTH, CHART_HEIGHT, CHART_WIDTH,
            CHART_HEIGHT, table_check(t));
    markup_text(out, setting);
    fprintf(out, "\">\n<text class=\"title\" x=\"4\" y=\"18\">%s</text>\n", table_check(t));
    for (int k = 0; d->least + k*d->step <= d->most + d->step/1000; k++) {
        const double value = d->least + k*d->step, y = height(d, value);
        fprintf(out, "<path class=\"grid-line\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
                "text-anchor=\"end\">%.4g</text>\n", LEFT, y, CHART_WIDTH - RIGHT, LEFT - 6, y + 4,
                value);
    }
    for (int k = 0; k < a->count; k += a->even || a->count == 1 ? 1 : a->count - 1) {
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", place(a, a->value[k]),
                TOP + DOWN + 25, a->even || a->count == 1 ? "middle" : k ? "end" : "start");
        markup_text(out, *a->value[k] ? a->value[k] : "-");
        fputs("</text>\n", out);
    }
    fprintf(out, "<text class=\"title\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
            LEFT + ACROSS/2, CHART_HEIGHT - 8);
    markup_text(out, setting);
    fprintf(out, "%s</text>\n", a->log ? " (log scale)" : "");
}

/* Its runs, the interval, the mean; beside those of others with the same value. */
static void draw_config(FILE *out, const struct table *t, const struct config *c, double x,
                        const struct down *d, bool first)
{
    const char *color = first ? "var(--c1)" : "var(--c0)";
    for (int k = 0; k < c->runs; k++) {
        const struct outcome *o = &t->outcome[c->run[k]];
        if (o->best >= d->least && o->best <= d->most)
            fprintf(out, "<circle class=\"run\" style=\"fill:%s\" cx=\"%.1f\" cy=\"%.1f\" "
                    "r=\"2.4\"/>\n", color, x, height(d, o->best));
    }
    if (!(c->check.mean >= d->least && c->check.mean <= d->most))
        return;
    if (c->check.interval > 0)
        fprintf(out, "<path class=\"whisker\" style=\"stroke:%s\" d=\"M%.1f %.1fV%.1f\"/>\n", color,
                x, height(d, fmin(c->check.mean + c->check.interval, d->most)),
                height(d, fmax(c->check.mean - c->check.interval, d->least)));
    fprintf(out, "<circle style=\"fill:%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"><title>", color, x,
            height(d, c->check.mean), first ? "5" : "3.6");
    name_config(out, t, c);
    fprintf(out, ": %.4f", c->check.mean);
    if (c->check.interval >= 0)
        fprintf(out, " &#177; %.4f", c->check.interval);
    fprintf(out, ", %d of %d runs</title></circle>\n", c->done, c->runs);
}

/* How far beside its value's place the configuration stands, in parts of the room for the value,
** with those before and after it that have the same one. */
static double aside(const struct table *t, int shown, int setting, int config)
{
    int before = 0, all = 0;
    for (int i = 0; i < shown; i++)
        if (!strcmp(t->config[i].value[setting], t->config[config].value[setting])) {
            before += i < config;
            all++;
        }
    return (before + 0.5)/all - 0.5;
}

/* The best last, which lies above the others then. */
static void picture(FILE *out, const struct table *t, int setting, const struct down *d)
{
    struct across a = across_of(t, setting);
    const int shown = t->configs < POINTS ? t->configs : POINTS;
    const double room = a.even ? 0.8*ACROSS/a.count : 0;
    fputs("<div class=\"card\">\n", out);
    frame(out, t, &a, d, t->setting[setting]);
    for (int i = shown - 1; i >= 0; i--)
        draw_config(out, t, &t->config[i], place(&a, t->config[i].value[setting])
                    + room*aside(t, shown, setting, i), d, i == 0);
    fputs("</svg>\n</div>\n", out);
    free(a.value);
}

/* ---- the table ---- */

static void cell(FILE *out, double value)
{
    if (isnan(value))
        fputs("<td>-</td>", out);
    else
        fprintf(out, "<td>%.4f</td>", value);
}

static void row(FILE *out, const struct table *t, const struct config *c, bool first)
{
    fprintf(out, "<tr%s>", first ? " class=\"best\"" : "");
    for (int k = 0; k < t->settings; k++) {
        fputs("<td>", out);
        markup_text(out, c->value[k]);
        fputs("</td>", out);
    }
    cell(out, c->check.mean);
    cell(out, c->check.interval);
    cell(out, c->check.deviation);
    cell(out, c->best < 0 ? NAN : t->outcome[c->best].best);
    if (c->best < 0)
        fputs("<td>-</td>", out);
    else
        fprintf(out, "<td>%d</td>", t->outcome[c->best].line);
    fprintf(out, "<td>%d</td><td>%d</td><td>%d</td></tr>\n", c->done, c->runs - c->done,
            c->diverged);
}

static void rows(FILE *out, const struct table *t)
{
    static const char *const columns[] = { "95 % &#177;", "deviation", "best", "its line", "done",
                                           "missing", "diverged" };
    fputs("<div class=\"card\">\n<h2>Configurations, the best first</h2>\n<div class=\"wide\">"
          "<table>\n<thead><tr>", out);
    for (int k = 0; k < t->settings; k++) {
        fputs("<th>", out);
        markup_text(out, t->setting[k]);
        fputs("</th>", out);
    }
    fprintf(out, "<th>%s</th>", table_check(t));
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        fprintf(out, "<th>%s</th>", columns[k]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int i = 0; i < t->configs && i < ROWS; i++)
        row(out, t, &t->config[i], i == 0);
    fputs("</tbody>\n</table></div>\n", out);
    if (t->configs > ROWS)
        fprintf(out, "<p class=\"soft\">and %d more: <code>lathe sweep --table FILE --csv</code> "
                "has all.</p>\n", t->configs - ROWS);
    fputs("</div>\n", out);
}

static void tile(FILE *out, double value, const char *format, const char *what)
{
    char text[40];
    snprintf(text, sizeof text, format, value);
    markup_tile(out, text, what);
}

void table_page(const struct table *t, FILE *out)
{
    const struct config *best = &t->config[0];
    const struct down d = down_of(t);
    char more[sizeof style + 4096];
    snprintf(more, sizeof more, "%s%s", chart_style, style);
    markup_open(out, *t->network ? t->network : "A sweep", 0, more);
    fputs("<h1>", out);
    markup_text(out, *t->network ? t->network : "A sweep");
    fputs("</h1>\n<p class=\"soft\">A sweep", out);
    for (int k = 0; k < t->nfixed; k++) {
        fputs(k ? ", " : "; all with ", out);
        markup_text(out, t->fixed[k]);
        putc('=', out);
        markup_text(out, t->fixed_value[k]);
    }
    fputs(". A dot is a configuration's mean over its seeds, a line the 95 % interval of that mean "
          "(Student's t), pale dots are runs.</p>\n<div class=\"tiles\">\n", out);
    tile(out, t->runs, "%.0f", "runs");
    tile(out, t->done, "%.0f", "done");
    tile(out, t->diverged, "%.0f", "diverged");
    tile(out, t->configs, "%.0f", "configurations");
    if (!isnan(best->check.mean))
        tile(out, best->check.mean, "%.4f",
             t->less ? "val_loss of the best" : "val_acc of the best");
    fputs("</div>\n", out);
    if (t->settings)
        fputs("<div class=\"grid\">\n", out);
    for (int k = 0; k < t->settings; k++)
        picture(out, t, k, &d);
    if (t->settings)
        fputs("</div>\n", out);
    rows(out, t);
    markup_close(out);
}
