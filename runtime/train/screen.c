/*
** screen.c - the lines of a run, in the course's words, and its bar. It must never print a line
** where --quiet says so, nor a time, which only the bar has.
*/
#include "train/screen.h"

#include <math.h>
#include <stdio.h>

#include "core/objective.h"
#include "settings/settings.h"
#include "train/checkpoint.h"

static double screen_epochs(const struct solver *s)
{
    return s->options->train.iterations > 0 ? (double)s->total/(double)s->per_epoch
                                      : s->options->train.epochs;
}

/* What a warning says is done about it; NULL: no warning. */
static const char *screen_then(const struct solver *s)
{
    if (s->phase == SOLVER_TRAINS)
        return "; training goes on and tries again";
    return s->phase == SOLVER_ENDS && !s->report->complete ? "" : NULL;
}

void screen_wrote(struct screen *screen, const struct solver *s, struct screen_file *file,
                  bool good, const char *err)
{
    const char *then = screen_then(s);
    snprintf(file->trouble, sizeof file->trouble, "%s", good ? "" : err);
    if (good || !then || file->warned)
        return;
    file->warned = true;
    progress_warn(&screen->progress, "%s%s", err, then);
}

/* A run made longer or shorter: where its schedule depends on the length, it takes another
** course from here on. */
static void screen_say_length(struct screen *screen, const struct solver *s)
{
    const long at = s->first, before = s->state.planned;
    for (int k = 0; before != s->total && k < s->state.rules.count; k++) {
        const struct param_rule *p = &s->state.rules.param[k];
        double was = schedule_factor(p->schedule, s->options, at, s->per_epoch, before);
        double is = schedule_factor(p->schedule, s->options, at, s->per_epoch, s->total);
        if (was == is || at >= s->total)
            continue;
        progress_line(&screen->progress, "the %s schedule now spans %ld iterations, not %ld: the "
                      "next rate is %.4g, not %.4g", schedule_words[p->schedule], s->total, before,
                      p->lr*is, at < before ? p->lr*was : 0);
        return;
    }
}

static bool screen_begin(void *state, struct solver *s, char *err)
{
    struct screen *screen = state;
    (void)err;
    progress_open(&screen->progress, s->first, s->total);
    if (s->first == 0 || s->options->quiet)
        return true;
    progress_line(&screen->progress, "going on after iteration %ld of %ld (%s)", s->first,
                  s->total, s->options->from->path);
    screen_say_length(screen, s);
    return true;
}

static void screen_bar(struct screen *screen, const struct solver *s)
{
    const struct progress_now now = {
        .done = s->state.iteration, .epoch = (double)s->state.iteration/(double)s->per_epoch,
        .epochs = screen_epochs(s), .loss = s->report->loss,
        .set = s->train_check < 0 ? NULL : s->val_check >= 0 ? "val" : "train",
        .check = s->val_check >= 0 ? s->val_check : s->train_check,
        .images_per_second = solver_rate(s)
    };
    progress_update(&screen->progress, &now);
}

static void screen_stepped(void *state, struct solver *s)
{
    struct screen *screen = state;
    if (s->options->quiet)
        return;
    if ((s->state.iteration - 1) % s->options->print_every == 0)
        progress_line(&screen->progress, "(Iteration %ld / %ld) loss: %f", s->state.iteration,
                      s->total, s->report->loss);
    if (isfinite(s->report->loss))
        screen_bar(screen, s);
}

static void screen_checked(void *state, struct solver *s)
{
    struct screen *screen = state;
    if (s->options->quiet)
        return;
    const char *word = check_word(s->engine->model);
    if (s->val_check >= 0)
        progress_line(&screen->progress, "(Epoch %ld / %g) train %s: %f; val_%s: %f",
                      s->state.epoch, screen_epochs(s), word, s->train_check, word, s->val_check);
    else
        progress_line(&screen->progress, "(Epoch %ld / %g) train %s: %f", s->state.epoch,
                      screen_epochs(s), word, s->train_check);
}

static bool screen_halt(void *state, struct solver *s, char *err)
{
    struct screen *screen = state;
    (void)err;
    if (!s->options->quiet)
        progress_close(&screen->progress);
    return true;
}

struct observer screen_observer(struct screen *screen)
{
    *screen = (struct screen){ .progress = { .terminal = false } };
    return (struct observer){ .state = screen, .begin = screen_begin, .halt = screen_halt,
                              .on = { [OBSERVER_STEPPED] = screen_stepped,
                                      [OBSERVER_CHECKED] = screen_checked } };
}
