/*
** report_page.c - what report.c gathered, as a page and as plots. It must never print a
** name, a word of the command line or a class without escaping it.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/objective.h"
#include "core/params.h"
#include "page/chart.h"
#include "page/drawing.h"
#include "page/markup.h"
#include "page/picture.h"
#include "page/report.h"
#include "settings/optimizer.h"

enum { PAGE_ROWS = 200,          /* of the table of numbers */
       PAGE_MATRIX = 20,         /* classes that a table has room for */
       PAGE_PAIRS = 10, PAGE_REFRESH = 20 };

static const char page_style[] =
    ".pictures{display:grid;gap:8px;grid-template-columns:repeat(auto-fill,minmax(76px,1fr))}"
    ".filters{grid-template-columns:repeat(auto-fill,minmax(48px,1fr));gap:5px}"
    "img{width:100%;display:block;image-rendering:pixelated;border-radius:3px}"
    "figure{margin:0;font-size:.78rem;line-height:1.3;overflow-wrap:anywhere}"
    ".matrix{width:100%}.matrix td{text-align:center}.matrix thead th{font-weight:400;"
    "text-align:center}.matrix thead th:first-child{text-align:left}"
    ".trouble{border-color:var(--bad);color:var(--bad);font-weight:600}\n";

/* Of the history, what curves show: every row of a short one, of a long one in each of many
** parts its ends and the extremes of each curve. */
enum { COLUMN_ITERATION, COLUMN_EPOCH, COLUMN_LOSS, COLUMN_MEAN, COLUMN_LR, COLUMN_TRAIN,
       COLUMN_VAL, COLUMNS };
enum { PAGE_PARTS = 4*CHART_COLUMNS, PAGE_MARKS = 10, PAGE_POINTS = PAGE_PARTS*PAGE_MARKS };

struct page_curves {
    double *iteration, *epoch, *loss, *mean, *lr, *train, *val;
    size_t count;
    long window;                 /* of the running mean */
    const struct history_row *rows; size_t nrows;
};

/* An exponential mean; of all so far while they are few. */
static double page_mean(const struct page_curves *c, double mean, size_t k)
{
    return mean + (c->rows[k].loss - mean)*fmax(1/(double)c->window, 1/((double)k + 1));
}

static void page_point(const struct page_curves *c, const struct report *r, size_t k, double mean,
                       double point[COLUMNS])
{
    const struct history_row *row = &c->rows[k];
    point[COLUMN_ITERATION] = (double)k + 1;
    point[COLUMN_EPOCH] = ((double)k + 1)/(double)r->per_epoch;
    point[COLUMN_LOSS] = row->loss;
    point[COLUMN_MEAN] = mean;
    point[COLUMN_LR] = row->lr;
    point[COLUMN_TRAIN] = row->train_check >= 0 ? row->train_check : NAN;
    point[COLUMN_VAL] = row->val_check >= 0 ? row->val_check : NAN;
}

static void page_keep(struct page_curves *c, const double point[COLUMNS])
{
    double *const column[COLUMNS] = { c->iteration, c->epoch, c->loss, c->mean, c->lr, c->train,
                                      c->val };
    if (c->count && c->iteration[c->count - 1] == point[COLUMN_ITERATION])
        return;
    for (int k = 0; k < COLUMNS; k++)
        column[k][c->count] = point[k];
    c->count++;
}

static int page_earlier(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The rows from `first` to `last`, which is not one of them: at most PAGE_MARKS points. */
static double page_part(struct page_curves *c, const struct report *r, size_t first, size_t last,
                        double mean)
{
    static const int shown[] = { COLUMN_LOSS, COLUMN_MEAN, COLUMN_TRAIN, COLUMN_VAL };
    double mark[PAGE_MARKS][COLUMNS], point[COLUMNS];
    for (size_t k = first; k < last; k++) {
        mean = page_mean(c, mean, k);
        page_point(c, r, k, mean, point);
        for (int m = 0; m < PAGE_MARKS; m++) {
            const int column = shown[m / 2 % 4];
            const double now = mark[m][column], then = point[column];
            bool better = m == 8 ? k == first : m == 9 || isnan(now)
                          || (m % 2 ? then > now : then < now);
            if (k == first || better)
                memcpy(mark[m], point, sizeof point);
        }
    }
    qsort(mark, PAGE_MARKS, sizeof *mark, page_earlier);
    for (int m = 0; m < PAGE_MARKS; m++)
        page_keep(c, mark[m]);
    return mean;
}

static bool page_curves(struct page_curves *c, const struct report *r, struct history *h)
{
    const size_t n = h->count, most = n < PAGE_POINTS ? n : PAGE_POINTS;
    double *all = calloc(most + 1, COLUMNS*sizeof *all), mean = 0, point[COLUMNS];
    *c = (struct page_curves){ all, all + most, all + 2*most, all + 3*most, all + 4*most,
                               all + 5*most, all + 6*most, 0, (long)(n/50 > 10 ? n/50 : 10),
                               history_rows(h), n };
    if (!all || !c->rows) {
        free(all);
        return false;
    }
    for (size_t k = 0; k < n && n <= PAGE_POINTS; k++) {
        mean = page_mean(c, mean, k);
        page_point(c, r, k, mean, point);
        page_keep(c, point);
    }
    for (size_t k = 0; k < PAGE_PARTS && n > PAGE_POINTS; k++)
        mean = page_part(c, r, k*n/PAGE_PARTS, (k + 1)*n/PAGE_PARTS, mean);
    return true;
}

static void page_loss(FILE *out, const struct page_curves *c, const struct report_moment *now,
                      int at_y)
{
    char mean[64];
    snprintf(mean, sizeof mean, "running mean (of %ld)", c->window);
    const struct chart_series series[] = {
        { "loss", "var(--c0)", c->iteration, c->loss, c->count, true },
        { mean, "var(--c1)", c->iteration, c->mean, c->count, false } };
    chart_draw(out, &(struct chart){
        .title = "Training loss", .x_name = "iteration", .y_name = "loss",
        .mark = now->trouble ? "stopped here" : NULL, .mark_at = (double)now->iteration,
        .series = series, .count = 2 }, at_y);
}

/* What checks measure. */
static void page_check(FILE *out, const struct page_curves *c, const struct report *r, int at_y)
{
    const bool labels = has_labels(r->engine->model);
    const struct chart_series series[] = {
        { "training", "var(--c0)", c->epoch, c->train, c->count, false },
        { "validation", "var(--c1)", c->epoch, c->val, c->count, false } };
    chart_draw(out, &(struct chart){
        .title = labels ? "Accuracy" : "Loss of checks", .x_name = "epoch",
        .y_name = labels ? "share that is right" : "loss", .zero = true,
        .series = series, .count = r->data->val.count > 0 ? 2 : 1 }, at_y);
}

bool report_plot(FILE *out, const struct report *r, struct history *h,
                 const struct report_moment *now)
{
    struct page_curves c;
    if (!page_curves(&c, r, h))
        return false;
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" style=\"background:var(--card)\">\n<title>", 2*CHART_WIDTH,
            4*CHART_HEIGHT, CHART_WIDTH, 2*CHART_HEIGHT);
    markup_text(out, r->engine->model->name);
    /* Inside an SVG a chart is as large as it says. */
    fprintf(out, "</title>\n<style>\n%s%ssvg .chart{width:%dpx;height:%dpx}\n</style>\n",
            markup_colors, chart_style, CHART_WIDTH, CHART_HEIGHT);
    page_loss(out, &c, now, 0);
    page_check(out, &c, r, CHART_HEIGHT);
    fputs("</svg>\n", out);
    free(c.iteration);
    return true;
}

static void page_number_tile(FILE *out, const char *what, const char *format, double value)
{
    char text[48];
    snprintf(text, sizeof text, format, value);
    markup_tile(out, text, what);
}

static double page_speed(const struct report *r)
{
    return r->nsamples ? r->sample[r->nsamples - 1].images_per_second : 0;
}

static void page_head(FILE *out, const struct report *r, const struct page_curves *c,
                      const struct report_moment *now)
{
    const struct model *m = r->engine->model;
    char of[64];
    fputs("<h1>", out);
    markup_text(out, m->name);
    fputs("</h1>\n<p class=\"soft\">", out);
    markup_text(out, r->data->source);
    fputs("</p>\n", out);
    if (now->trouble) {
        fputs("<div class=\"card trouble\" id=\"trouble\">", out);
        markup_text(out, now->trouble);
        fputs("</div>\n", out);
    } else if (!now->over) {
        fputs("<p id=\"running\">Still training: this page reads itself again.</p>\n", out);
    }
    fputs("<div class=\"tiles\">\n", out);
    if (now->best_check >= 0 && has_labels(m))
        page_number_tile(out, "best validation accuracy", "%.1f %%", 100*now->best_check);
    else if (now->best_check >= 0)
        page_number_tile(out, "best validation loss", "%.4g", now->best_check);
    page_number_tile(out, "loss, running mean", "%.4g", c->count ? c->mean[c->count - 1] : NAN);
    snprintf(of, sizeof of, "of %ld iterations", r->total);
    page_number_tile(out, of, "%.0f", (double)now->iteration);
    page_number_tile(out, "epochs", "%.3g", (double)now->iteration/(double)r->per_epoch);
    page_number_tile(out, "images/s", "%.0f", page_speed(r));
    fputs("<div class=\"tile\"><b>", out);
    markup_count(out, (double)params_learned_total(m));
    fputs("</b><span>parameters</span></div>\n</div>\n", out);
}

/* Over the samples: iterations, and what `which` is: a weight's ratios, or -1: images/s. */
static struct chart_series page_samples(const struct report *r, int which, double *room)
{
    for (int k = 0; k < r->nsamples; k++) {
        double ratio = which < 0 ? r->sample[k].images_per_second
                       : r->ratio[which*REPORT_ROOM + k];
        room[k] = r->sample[k].iteration;
        room[r->nsamples + k] = ratio > 0 ? ratio : NAN;    /* frozen weights stay */
    }
    return (struct chart_series){ .x = room, .y = room + r->nsamples,
                                  .count = (size_t)r->nsamples };
}

/* From the first layer's colour to the last one's. */
static bool page_ratios(FILE *out, const struct report *r)
{
    size_t n = (size_t)r->nweights;
    struct chart_series *series = calloc(n + 1, sizeof *series);
    double *room = calloc(n + 1, 2*((size_t)r->nsamples + 1)*sizeof *room);
    char (*color)[96] = calloc(n + 1, sizeof *color);
    for (size_t k = 0; series && room && color && k < n; k++) {
        series[k] = page_samples(r, (int)k, room + 2*k*(size_t)r->nsamples);
        series[k].name = r->engine->model->params[r->weight[k]].name;
        series[k].color = color[k];
        snprintf(color[k], sizeof color[k], "color-mix(in oklab,var(--c1) %zu%%,var(--c0))",
                 n > 1 ? 100*k/(n - 1) : 0);
    }
    bool good = series && room && color;
    if (good)
        chart_draw(out, &(struct chart){
            .title = "Update / weight", .x_name = "iteration", .y_name = "|step| / |w|",
            .x_most = (double)r->nsamples, .series = series, .count = r->nweights }, 0);
    free(series);
    free(room);
    free(color);
    return good;
}

static void page_open_card(FILE *out, const char *id)
{
    fprintf(out, "<section class=\"card\" id=\"%s\">\n", id);
}

static void page_filters(FILE *out, const struct report *r)
{
    const struct param *p = r->nweights ? &r->engine->model->params[r->weight[0]] : NULL;
    bool conv = p && p->kind == PARAM_CONV;
    size_t count = p ? params_count(p) : 0, filters = p ? (size_t)p->dim[0] : 1;
    real *w = calloc(count + 1, sizeof *w);
    if (!p || !w) {
        free(w);
        return;
    }
    const int shape[] = { conv ? p->dim[1] : p->in_c, conv ? p->dim[2] : p->in_h,
                          conv ? p->dim[3] : p->in_w };
    params_get(p, r->engine->arena + p->at, w);
    page_open_card(out, "filters");
    fputs("<h2>Filters of ", out);
    markup_text(out, p->name);
    fprintf(out, "</h2>\n<p class=\"soft\">%zu of %d&#215;%d&#215;%d, each from its least "
            "(black) to its greatest value%s.</p>\n<div class=\"pictures filters\">\n", filters,
            shape[0], shape[1], shape[2], shape[0] == 3 ? "" : "; their first channel");
    for (size_t f = 0; f < filters && f < REPORT_FILTERS; f++) {
        const real *values = w + f*(count/filters);
        real least = values[0], most = values[0];
        char title[80];
        for (size_t k = 0; k < count/filters; k++) {
            least = values[k] < least ? values[k] : least;
            most = values[k] > most ? values[k] : most;
        }
        snprintf(title, sizeof title, "filter %zu: %.3g to %.3g", f, (double)least, (double)most);
        picture_values(out, values, shape, least, most, title);
    }
    fputs("\n</div></section>\n", out);
    free(w);
}

static bool page_charts(FILE *out, const struct report *r, const struct page_curves *c,
                        const struct report_moment *now)
{
    const struct chart_series lr = { "learning rate", "var(--c2)", c->iteration, c->lr, c->count,
                                     false };
    double room[2*REPORT_ROOM];
    struct chart_series speed = page_samples(r, -1, room);
    speed.name = "images/s";
    speed.color = "var(--c3)";
    fputs("<div class=\"grid\">\n", out);
    page_open_card(out, "loss");
    page_loss(out, c, now, 0);
    fputs("</section>\n", out);
    page_open_card(out, "accuracy");
    page_check(out, c, r, 0);
    fputs("</section>\n", out);
    page_open_card(out, "ratios");
    bool good = page_ratios(out, r);
    fputs("<p class=\"soft\">How far one step moves a layer's weights, by their length: "
          "about 0.001 is healthy.</p></section>\n", out);
    page_open_card(out, "rate");
    chart_draw(out, &(struct chart){ .title = "Learning rate", .x_name = "iteration",
                                     .y_name = "", .zero = true, .series = &lr, .count = 1 }, 0);
    fputs("</section>\n", out);
    page_open_card(out, "speed");
    chart_draw(out, &(struct chart){ .title = "Speed of the steps", .x_name = "iteration",
                                     .y_name = "images/s", .zero = true, .series = &speed,
                                     .count = 1 }, 0);
    fputs("</section>\n", out);
    page_filters(out, r);
    fputs("</div>\n", out);
    return good;
}

static void page_class(FILE *out, const struct report *r, int class)
{
    if (r->data->class_names)
        markup_text(out, r->data->class_names[class]);
    else
        fprintf(out, "%d", class);
}

static unsigned page_total(const struct report *r, int label)
{
    unsigned sum = 0;
    for (int j = 0; j < r->engine->model->classes; j++)
        sum += r->confusion[label*r->engine->model->classes + j];
    return sum;
}

static void page_matrix(FILE *out, const struct report *r)
{
    int classes = r->engine->model->classes;
    fputs("<div class=\"wide\"><table class=\"matrix\"><thead><tr><th>is \\ taken for</th>", out);
    for (int j = 0; j < classes; j++) {
        fputs("<th>", out);
        page_class(out, r, j);
        fputs("</th>", out);
    }
    fputs("<th>right</th></tr></thead>\n<tbody>\n", out);
    for (int i = 0; i < classes; i++) {
        unsigned sum = page_total(r, i);
        fputs("<tr><th>", out);
        page_class(out, r, i);
        fputs("</th>", out);
        for (int j = 0; j < classes; j++) {
            unsigned n = r->confusion[i*classes + j];
            fprintf(out, "<td style=\"background:color-mix(in oklab,var(%s) %u%%,transparent)\">"
                    "%u</td>", i == j ? "--c0" : "--c1", sum ? 70*n/sum : 0, n);
        }
        fprintf(out, "<td>%.0f %%</td></tr>\n",
                sum ? 100.0*r->confusion[i*classes + i]/sum : 0.0);
    }
    fputs("</tbody></table></div>\n", out);
}

/* The mistakes that are made most, one class taken for another. */
static void page_pairs(FILE *out, const struct report *r)
{
    int classes = r->engine->model->classes, shown = 0;
    unsigned limit = (unsigned)-1, next;
    fputs("<p id=\"pairs\"><b>Most frequent mistakes:</b> ", out);
    for (; shown < PAGE_PAIRS; limit = next) {
        next = 0;               /* the greatest count below the last one */
        for (int k = 0; k < classes*classes; k++)
            if (k / classes != k % classes && r->confusion[k] < limit && r->confusion[k] > next)
                next = r->confusion[k];
        if (next == 0)
            break;
        for (int k = 0; k < classes*classes && shown < PAGE_PAIRS; k++)
            if (k / classes != k % classes && r->confusion[k] == next) {
                fputs(shown++ ? "; " : "", out);
                page_class(out, r, k / classes);
                fputs(" taken for ", out);
                page_class(out, r, k % classes);
                fprintf(out, " (%u)", next);
            }
    }
    fputs(shown ? ".</p>\n" : "none.</p>\n", out);
}

static void page_mistakes(FILE *out, const struct report *r, const struct images *set)
{
    if (!r->nmistakes)
        return;
    page_open_card(out, "mistakes");
    fputs("<h2>Surest mistakes</h2>\n<p class=\"soft\">What it is, and what it was taken for; the "
          "share is that of a softmax over the scores.</p>\n<div class=\"pictures\">\n", out);
    for (int k = 0; k < r->nmistakes; k++) {
        const struct report_mistake *m = &r->mistake[k];
        char title[32];
        snprintf(title, sizeof title, "image %zu", m->index);
        fputs("<figure>", out);
        picture_image(out, set, m->index, title);
        fputs("<figcaption>", out);
        page_class(out, r, set->labels[m->index]);
        fputs("<br><b>", out);
        page_class(out, r, m->answer);
        fprintf(out, "</b> %.0f %%</figcaption></figure>\n", 100*m->confidence);
    }
    fputs("</div></section>\n", out);
}

static void page_answers(FILE *out, const struct report *r)
{
    bool val = r->data->val.count > 0;
    if (r->confusion) {
        page_open_card(out, "confusion");
        fprintf(out, "<h2>Confusion matrix</h2>\n<p class=\"soft\">%s images at the last check; a "
                "row is what they are, a column what the network says.</p>\n",
                val ? "Validation" : "Training");
        if (r->engine->model->classes <= PAGE_MATRIX)
            page_matrix(out, r);
        page_pairs(out, r);
        fputs("</section>\n", out);
    }
    page_mistakes(out, r, val ? &r->data->val : &r->data->train);
}

static void page_cell(FILE *out, double value, const char *format)
{
    fputs("<td>", out);
    if (!isnan(value))
        fprintf(out, format, value);
    fputs("</td>", out);
}

/* The checks, at most about PAGE_ROWS of them, the last one with certainty. */
static void page_checks(FILE *out, const struct report *r, const struct page_curves *c)
{
    const char *what = has_labels(r->engine->model) ? "accuracy" : "loss";
    size_t checks = 0, seen = 0;
    double mean = 0, point[COLUMNS];
    for (size_t k = 0; k < c->nrows; k++)
        checks += c->rows[k].train_check >= 0;
    size_t every = checks/PAGE_ROWS + 1;
    fprintf(out, "<h2>Checks</h2>\n<p class=\"soft\">%zu, every %zu. of them here; --history's "
            "file has every iteration.</p>\n<div class=\"wide\"><table><thead><tr>"
            "<th>iteration</th><th>epoch</th><th>loss</th><th>running mean</th>"
            "<th>learning rate</th><th>training %s</th><th>validation %s</th>"
            "</tr></thead>\n<tbody>\n", checks, every, what, what);
    for (size_t k = 0; k < c->nrows; k++) {
        const bool last = k + 1 == c->nrows;
        mean = page_mean(c, mean, k);
        if (!(c->rows[k].train_check >= 0 || last) || (seen++ % every && !last))
            continue;
        page_point(c, r, k, mean, point);
        fprintf(out, "<tr><td>%zu</td>", k + 1);
        page_cell(out, point[COLUMN_EPOCH], "%.4g");
        fprintf(out, "<td>%.6g</td><td>%.6g</td>", fabs(point[COLUMN_LOSS]), fabs(mean));
        page_cell(out, point[COLUMN_LR], "%.6g");
        page_cell(out, point[COLUMN_TRAIN], "%.4f");
        page_cell(out, point[COLUMN_VAL], "%.4f");
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* Each weight's ratio: at first, in the middle, at last. */
static void page_ratio_table(FILE *out, const struct report *r)
{
    int n = r->nsamples;
    fputs("<h2>Update / weight</h2>\n<div class=\"wide\"><table><thead><tr><th>weights</th>", out);
    for (int k = 0; k < 3 && n > 0; k++)
        fprintf(out, "<th>iteration %.0f</th>", r->sample[k*(n - 1)/2].iteration);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int i = 0; i < r->nweights; i++) {
        fputs("<tr><td>", out);
        markup_text(out, r->engine->model->params[r->weight[i]].name);
        fputs("</td>", out);
        for (int k = 0; k < 3 && n > 0; k++)
            page_cell(out, r->ratio[i*REPORT_ROOM + k*(n - 1)/2], "%.3g");
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void page_repeat(FILE *out, const struct report *r)
{
    const struct solver_options *o = r->options;
    page_open_card(out, "repeat");
    fputs("<h2>To repeat it</h2>\n<pre>", out);
    markup_text(out, o->command ? o->command : "");
    fprintf(out, "</pre>\n<p>Seed %llu, %s, learning rate %g, L2 %g, %d images a step. The same "
            "bits come of every number of threads, instruction set and compiler.</p></section>\n",
            (unsigned long long)o->seed, optimizers[o->train.optimizer].word,
            o->train.rate[RATE_LR], o->train.reg,
            r->batch);
}

bool report_page(FILE *out, const struct report *r, struct history *h,
                 const struct report_moment *now)
{
    const struct model *m = r->engine->model;
    char style[4096];
    struct page_curves c;
    if (!page_curves(&c, r, h))
        return false;
    snprintf(style, sizeof style, "%s%s%s", chart_style, drawing_style, page_style);
    markup_open(out, m->name, now->over ? 0 : PAGE_REFRESH, style);
    page_head(out, r, &c, now);
    bool good = page_charts(out, r, &c, now);
    page_answers(out, r);
    page_open_card(out, "network");
    fputs("<h2>Network</h2>\n", out);
    drawing_network(out, m->info, m->ninfo, (const int[]){ m->in_c, m->in_h, m->in_w });
    fputs("</section>\n<details class=\"card\" id=\"numbers\">"
          "<summary>The numbers</summary>\n", out);
    page_checks(out, r, &c);
    page_ratio_table(out, r);
    fputs("</details>\n", out);
    page_repeat(out, r);
    markup_close(out);
    free(c.iteration);
    return good;
}
