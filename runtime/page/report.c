/*
** report.c - gathers what a training's page shows. It must never change what is trained,
** nor allocate inside a step.
*/
#include "page/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dmath.h"
#include "base/error.h"
#include "base/stream.h"
#include "core/objective.h"
#include "file/file.h"

/* Between pages of a run: seconds at least, and so many times what the last one took, since a page
** goes through all rows of the history. */
static const double report_pause = 1, report_share = 20;

static bool report_on(const struct report *r)
{
    return r->engine != NULL;
}

/* Confidence: the answer's share in the softmax of the scores, whatever the loss. */
static void report_see(void *context, const struct feed_image *image)
{
    struct report *r = context;
    const int label = image->label, answer = image->answer;
    const real *scores = image->scores;
    int classes = r->engine->model->classes, at = r->nmistakes;
    if (answer < 0)
        return;
    if (r->confusion)
        r->confusion[label*classes + answer]++;
    if (label == answer)
        return;
    double sum = 0;
    for (int j = 0; j < classes; j++)
        sum += math_exp((double)scores[j] - (double)scores[answer]);
    while (at > 0 && r->mistake[at - 1].confidence < 1/sum)
        at--;
    if (at == REPORT_MISTAKES)
        return;
    r->nmistakes += r->nmistakes < REPORT_MISTAKES;
    for (int k = r->nmistakes - 1; k > at; k--)
        r->mistake[k] = r->mistake[k - 1];
    r->mistake[at] = (struct report_mistake){ image->index, answer, 1/sum };
}

const struct feed_watch *report_watch(struct report *r)
{
    if (!report_on(r) || !has_labels(r->engine->model))
        return NULL;
    size_t classes = (size_t)r->engine->model->classes;
    if (r->confusion)
        memset(r->confusion, 0, classes*classes*sizeof *r->confusion);
    r->nmistakes = 0;
    return &r->watch;
}

static bool report_due(const struct report *r, long iteration)
{
    return report_on(r) && (iteration % r->every == 0 || iteration + 1 == r->total);
}

void report_before(struct report *r, long iteration)
{
    real *to = r->before;
    for (int k = 0; report_due(r, iteration) && k < r->nweights; k++) {
        const struct param *p = &r->engine->model->params[r->weight[k]];
        memcpy(to, r->engine->arena + p->at, p->stored*sizeof *to);
        to += p->stored;
    }
}

void report_after(struct report *r, long iteration, double busy)
{
    const real *before = r->before;
    if (!report_due(r, iteration) || r->nsamples == REPORT_ROOM)
        return;
    for (int k = 0; k < r->nweights; k++) {
        const struct param *p = &r->engine->model->params[r->weight[k]];
        const real *w = r->engine->arena + p->at;
        double moved = 0, length = 0;
        for (size_t i = 0; i < p->stored; i++, before++) {
            double d = (double)w[i] - (double)*before;
            moved = fma(d, d, moved);
            length = fma((double)*before, (double)*before, length);
        }
        r->ratio[k*REPORT_ROOM + r->nsamples] = sqrt(moved/length);
    }
    double images = (double)(iteration + 1 - r->since)*r->batch;
    r->sample[r->nsamples++] = (struct report_sample){ (double)iteration + 1,
                                                       images/(busy - r->busy) };
    r->busy = busy;
    r->since = iteration + 1;
}

bool report_open(struct report *r, struct engine *e, const struct dataset *data,
                 const struct solver_options *o, long total, long per_epoch, int batch, char *err)
{
    const struct model *m = e->model;
    const bool counted = has_labels(m) && m->classes <= REPORT_CLASSES;
    size_t reals = 1, classes = counted ? (size_t)m->classes : 0;
    *r = (struct report){ .engine = NULL };
    if (!o->report && !o->plot)
        return true;
    *r = (struct report){ .engine = e, .data = data, .options = o, .total = total,
                          .per_epoch = per_epoch, .batch = batch, .watch = { report_see, r },
                          .every = total > REPORT_SAMPLES ? total/REPORT_SAMPLES : 1 };
    r->weight = calloc((size_t)m->nparams + 1, sizeof *r->weight);
    for (int k = 0; r->weight && k < m->nparams; k++)
        if (m->params[k].role == ROLE_WEIGHT) {
            r->weight[r->nweights++] = k;
            reals += m->params[k].stored;
        }
    r->before = calloc(reals, sizeof *r->before);
    r->ratio = calloc((size_t)(r->nweights + 1)*REPORT_ROOM, sizeof *r->ratio);
    r->confusion = classes ? calloc(classes*classes, sizeof *r->confusion) : NULL;
    if (!r->weight || !r->before || !r->ratio || (classes && !r->confusion))
        return error_set(err, "not enough memory for a report");
    return (!o->report || file_writable(o->report, err))
           && (!o->plot || file_writable(o->plot, err));
}

void report_close(struct report *r)
{
    free(r->weight);
    free(r->before);
    free(r->ratio);
    free(r->confusion);
    *r = (struct report){ .engine = NULL };
}

typedef bool report_print_fn(FILE *out, const struct report *r, struct history *h,
                             const struct report_moment *now);

static bool report_save(report_print_fn *print, const char *path, const struct report *r,
                        struct history *h, const struct report_moment *now, char *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = stream_memory(&text, &size);
    bool good = out && print(out, r, h, now);
    good = out && stream_close(out) && good;
    good = good ? file_write(path, text, size, err)
                : error_set(err, "%s: not enough memory for it, or no file for its history", path);
    free(text);
    return good;
}

bool report_write(struct report *r, struct history *h, const struct report_moment *now,
                  char *err)
{
    const double clock = engine_clock();
    if (!report_on(r) || (!now->over && clock < r->due))
        return true;
    const struct solver_options *o = r->options;
    char ignored[ERR_SIZE];
    bool page = !o->report || report_save(report_page, o->report, r, h, now, err);
    bool plot = !o->plot || report_save(report_plot, o->plot, r, h, now, page ? err : ignored);
    const double end = engine_clock(), pause = report_share*(end - clock);
    r->due = end + (pause > report_pause ? pause : report_pause);
    return page && plot;
}
