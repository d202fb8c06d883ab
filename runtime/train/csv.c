/*
** csv.c - `--history`. It must never hold a run up: history.h says what is written, and when anew.
*/
#include "train/csv.h"

static bool csv_save(struct csv *c, struct solver *s, bool over)
{
    const char *path = s->options->history;
    char err[ERR_SIZE];
    if (path)
        screen_wrote(c->screen, s, &c->file, history_save(&s->state.history, path, over, err),
                     err);
    return !*c->file.trouble;
}

static bool csv_begin(void *state, struct solver *s, char *err)
{
    struct csv *c = state;
    return s->first == 0 || csv_save(c, s, false) || error_set(err, "%s", c->file.trouble);
}

static void csv_done(void *state, struct solver *s)
{
    if (s->checked)
        (void)csv_save(state, s, false);
}

static bool csv_end(void *state, struct solver *s, char *err)
{
    struct csv *c = state;
    return csv_save(c, s, true) || error_set(err, "%s", c->file.trouble);
}

struct observer csv_observer(struct csv *c, struct screen *screen)
{
    *c = (struct csv){ .screen = screen };
    return (struct observer){ .state = c, .begin = csv_begin, .end = csv_end,
                              .on = { [OBSERVER_DONE] = csv_done } };
}
