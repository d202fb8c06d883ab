/*
** observer.h - who is told of a training run as it goes: what prints, draws, saves, or ends it
** early. The solver knows nobody by name and tells all of them, in their order. An observer must
** never change what is trained.
*/
#ifndef LATHE_OBSERVER_H
#define LATHE_OBSERVER_H

#include <stdbool.h>

struct solver;
struct feed_watch;

/* All that an observer wants to know is in the solver; NULL: it does not want to be told. */
typedef void observer_fn(void *state, struct solver *s);
typedef bool observer_try_fn(void *state, struct solver *s, char *err);

enum observer_event {
    OBSERVER_BEFORE,          /* a step; s->state.iteration is its number, from 0 */
    OBSERVER_STEPPED,         /* it is counted now; its loss may be infinite or nan */
    OBSERVER_CHECKED,         /* accuracies were measured; scores may be infinite or nan */
    OBSERVER_DONE,            /* all of the iteration, its check too, and all is finite */
    OBSERVER_EVENTS
};

struct observer {
    void *state;
    observer_fn *on[OBSERVER_EVENTS];

    /* Before the first iteration. False: err says why there will be none. */
    observer_try_fn *begin;

    /* Asked before each iteration: is the run to end here? */
    bool (*stops)(void *state, const struct solver *s);

    /* A check begins: what to call for each of its images, or NULL. */
    const struct feed_watch *(*watch)(void *state);

    /* There is no further iteration. s->trouble: why the run failed, or NULL; then false makes it
    ** fail: err says why. */
    observer_try_fn *halt;

    /* The last word, of a run that came to an iteration; s->report->complete: it is trained to
    ** its end, and false says that something of it could not be written. */
    observer_try_fn *end;
};

#endif
