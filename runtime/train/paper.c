/*
** paper.c - `--report` and `--plot`. It must never change what is trained: it looks at averages
** where there are any, and puts the parameters back.
*/
#include "train/paper.h"

static bool paper_write(struct paper *p, struct solver *s, bool over)
{
    const struct report_moment now = { s->state.iteration, over, s->trouble,
                                       s->state.best_check };
    char err[ERR_SIZE];
    if (!s->options->report && !s->options->plot)
        return true;
    average_swap(&s->state.average, s->engine);
    bool good = report_write(&p->report, &s->state.history, &now, err);
    screen_wrote(p->screen, s, &p->file, good, err);
    average_swap(&s->state.average, s->engine);
    return good;
}

static bool paper_begin(void *state, struct solver *s, char *err)
{
    struct paper *p = state;
    bool good = report_open(&p->report, s->engine, s->data, s->options, s->total, s->per_epoch,
                            s->batch, err);
    p->report.since = s->first;
    return good;
}

static void paper_before(void *state, struct solver *s)
{
    struct paper *p = state;
    report_before(&p->report, s->state.iteration);
}

static void paper_stepped(void *state, struct solver *s)
{
    struct paper *p = state;
    report_after(&p->report, s->state.iteration - 1, s->busy);
}

static const struct feed_watch *paper_watch(void *state)
{
    struct paper *p = state;
    return report_watch(&p->report);
}

static void paper_done(void *state, struct solver *s)
{
    if (s->checked && !solver_over(s))
        (void)paper_write(state, s, false);
}

static bool paper_end(void *state, struct solver *s, char *err)
{
    struct paper *p = state;
    return paper_write(p, s, true) || error_set(err, "%s", p->file.trouble);
}

struct observer paper_observer(struct paper *p, struct screen *screen)
{
    *p = (struct paper){ .screen = screen };
    return (struct observer){ .state = p, .begin = paper_begin, .watch = paper_watch,
                              .end = paper_end,
                              .on = { [OBSERVER_BEFORE] = paper_before,
                                      [OBSERVER_STEPPED] = paper_stepped,
                                      [OBSERVER_DONE] = paper_done } };
}

void paper_close(struct paper *p)
{
    report_close(&p->report);
}
