/*
** keep.c - saves the best parameters and checkpoints, and ends a run where a signal came. It must
** never let what cannot be gone on from take the place of what can.
*/
#include "train/keep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "data/dataset.h"
#include "data/param_file.h"
#include "train/interrupt.h"

static void keep_params(struct keep *k, struct solver *s)
{
    const struct param_file f = { .model = s->engine->model, .values = s->state.best,
                                  .preprocess = s->preprocess, .data = s->data };
    char err[ERR_SIZE];
    if (!s->options->params)
        return;
    s->report->saved = param_file_write(s->options->params, &f, err);
    screen_wrote(k->screen, s, &k->params, s->report->saved, err);
}

static bool keep_finite(const struct engine *e)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        for (size_t i = 0; i < p->stored; i++)
            if (!isfinite(e->arena[p->at + i]))
                return false;
    }
    return true;
}

/* The last step may have spoilt the parameters, which only the next loss shows. */
static void keep_checkpoint(struct keep *k, struct solver *s)
{
    const long iteration = s->state.iteration;
    char err[ERR_SIZE];
    if (s->report->kept == iteration || !keep_finite(s->engine))
        return;
    ranks_collect(s->engine);
    bool good = checkpoint_save(s->options->checkpoint, &k->run, err);
    if (good)
        s->report->kept = iteration;
    screen_wrote(k->screen, s, &k->checkpoint, good, err);
}

/* ---- while it trains ---- */

static bool keep_begin(void *state, struct solver *s, char *err)
{
    struct keep *k = state;
    if (s->first == 0)
        return true;
    /* Nothing is lost yet: here a file that cannot be written is a fault. */
    keep_params(k, s);
    return !*k->params.trouble || error_set(err, "%s", k->params.trouble);
}

static bool keep_stops(void *state, const struct solver *s)
{
    (void)state;
    return s->options->checkpoint && interrupt_seen();
}

static void keep_done(void *state, struct solver *s)
{
    struct keep *k = state;
    const long every = s->options->checkpoint_every;
    if (s->checked && (s->better || *k->params.trouble))
        keep_params(k, s);
    if (every > 0 && (s->state.iteration % every == 0 || solver_over(s)))
        keep_checkpoint(k, s);
}

/* ---- when it stops ---- */

/* After what happened: what there is to go on from, and what may help. */
static void keep_say_rest(const struct solver *s, char *err)
{
    char what[ERR_SIZE/2], kept[ERR_SIZE/4] = "", image[64], advice[128];
    const char *file = s->report->saved ? s->options->params : NULL;
    snprintf(what, sizeof what, "%s", err);
    if (s->report->kept > 0)
        snprintf(kept, sizeof kept, "; the checkpoint of iteration %ld is in %.64s",
                 s->report->kept, s->options->checkpoint);
    if (dataset_not_finite(s->data, image, sizeof image))
        snprintf(advice, sizeof advice, "The data is at fault: %s (from 0) holds a nan or an "
                 "infinity", image);
    else
        snprintf(advice, sizeof advice, "A lower --lr or another --init may help");
    error_set(err, "%s%s%s%s. %s", what, file ? "; the best parameters before it are in " : "",
              file ? file : "", kept, advice);
}

/* A signal that comes too late changes nothing. */
static bool keep_interrupted(struct keep *k, struct solver *s, int number, char *err)
{
    s->report->interrupted = number;
    keep_checkpoint(k, s);
    const long kept = s->report->kept;
    if (kept == s->state.iteration)
        return true;
    if (!*k->checkpoint.trouble) {
        s->report->diverged = true;
        error_set(err, "some parameters are no longer finite at iteration %ld; training stopped",
                  s->state.iteration);
        keep_say_rest(s, err);
        return false;
    }
    char rest[ERR_SIZE/4] = "there is nothing to go on from";
    if (kept > 0)
        snprintf(rest, sizeof rest, "the checkpoint of iteration %ld is in %.64s", kept,
                 s->options->checkpoint);
    return error_set(err, "%s; stopped by %s at iteration %ld; %s", k->checkpoint.trouble,
                     interrupt_name(number), s->state.iteration, rest);
}

static bool keep_halt(void *state, struct solver *s, char *err)
{
    const int number = s->options->checkpoint ? interrupt_seen() : 0;
    if (s->trouble && s->report->diverged)
        keep_say_rest(s, err);
    return s->trouble || solver_over(s) || !number || keep_interrupted(state, s, number, err);
}

/* The last try. Parameters that cannot be written are in a checkpoint, too, and perhaps that can
** be. */
static bool keep_end(void *state, struct solver *s, char *err)
{
    struct keep *k = state;
    char rescued[ERR_SIZE/2] = "";
    if (!s->report->complete)
        return true;
    if (*k->params.trouble)
        keep_params(k, s);
    if (*k->params.trouble && s->options->checkpoint) {
        keep_checkpoint(k, s);
        if (s->report->kept == s->state.iteration)
            snprintf(rescued, sizeof rescued, "; the best parameters are in the checkpoint, %.128s",
                     s->options->checkpoint);
    }
    if (*k->params.trouble)
        return error_set(err, "%.*s%s", ERR_SIZE - 1 - (int)strlen(rescued), k->params.trouble,
                         rescued);
    return !*k->checkpoint.trouble || s->options->checkpoint_every <= 0
           || error_set(err, "%s", k->checkpoint.trouble);
}

/* ---- where it begins ---- */

/* The state as it was when the checkpoint was written, and the files as they were then or, where
** the run went further before it was killed, will be again. */
static bool keep_resume(struct keep *k, struct solver *s, char *err)
{
    struct checkpoint *from = s->options->from;
    if (!checkpoint_restore(from, &k->run, s->total, err))
        return false;
    checkpoint_forget(from);
    return solver_take_up(s) || error_set(err, "%s: no file for its history", from->path);
}

bool keep_open(struct keep *k, struct solver *s, char *err)
{
    const struct solver_options *o = s->options;
    k->run = (struct checkpoint_run){ .engine = s->engine, .data = s->data,
                                      .preprocess = s->preprocess, .state = &s->state,
                                      .options = o->settings };
    s->state.history.beside = o->checkpoint ? o->checkpoint : o->history;
    if (!o->params && !o->checkpoint && !o->from)
        return true;
    s->state.best = malloc((params_total(s->engine->model) + 1)*sizeof(real));
    if (!s->state.best)
        return error_set(err, "not enough memory for the best parameters");
    return !o->from || keep_resume(k, s, err);
}

struct observer keep_observer(struct keep *k, struct screen *screen)
{
    *k = (struct keep){ .screen = screen };
    return (struct observer){ .state = k, .begin = keep_begin, .stops = keep_stops,
                              .halt = keep_halt, .end = keep_end,
                              .on = { [OBSERVER_DONE] = keep_done } };
}
