/*
** train_say.c - the command that repeats a run, its result, and how a run that was stopped goes on.
*/
#include "command/train_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "base/visible.h"
#include "core/objective.h"
#include "train/interrupt.h"

/* What repeats the run: the command, the seed and the data where only defaults name them. */
void train_say_repeat(const struct program *p, struct train_command *s, int argc, char **argv)
{
    const char *data = getenv("LATHE_DATA");
    FILE *out = fmemopen(s->command, sizeof s->command - 1, "w");
    if (!out)
        return;
    if (data && !s->data.dir) {
        fputs("LATHE_DATA=", out);
        visible_word(out, data);
        putc(' ', out);
    }
    visible_word(out, p->called);
    fputs(" train", out);
    for (int k = 0; k < argc; k++) {
        putc(' ', out);
        visible_word(out, argv[k]);
    }
    if (!options_peek("--seed", argc, argv))
        fprintf(out, " --seed %ld", s->seed);
    if (stream_close(out))
        s->solver.command = s->command;
}

void train_say_result(const struct model *m, const struct solver_options *o,
                             const struct solver_report *r)
{
    if (r->best_check >= 0)
        printf("best val_%s: %f", check_word(m), r->best_check);
    else
        printf("trained without validation");
    if (r->saved)
        visible_print(stdout, " (saved to %s)", o->params);
    if (r->stopped)
        printf(", stopped at iteration %ld: no better check in %d", r->iterations,
               o->train.patience);
    printf(", %.0f images/s\n", r->images_per_second);
}

static void train_say_word(const char *name, const char *word)
{
    fprintf(stderr, " %s%s", name ? name : "", name ? " " : "");
    visible_word(stderr, word);
}

static void train_say_number(const char *name, long number)
{
    fprintf(stderr, " %s %ld", name, number);
}

/* The command that goes on: all that the checkpoint does not say. */
static void train_say_command(const struct program *p, const struct train_command *s)
{
    const struct solver_options *o = &s->solver;
    if (s->result.path) {
        fputs("to go on: the same command again\n", stderr);
        return;
    }
    fputs("to go on:\n ", stderr);
    train_say_word(NULL, p->called);
    fputs(" train", stderr);
    train_say_word("--resume", o->checkpoint);
    if (strcmp(p->model->name, lathe_models[0]->name) != 0)
        train_say_word("--network", p->model->name);
    if (s->data.dir && strcmp(s->data.dir, "synthetic") != 0)
        train_say_word("--data", s->data.dir);
    if (s->data.no_cache)
        fputs(" --no-cache", stderr);
    if (o->history)
        train_say_word("--history", o->history);
    if (o->report)
        train_say_word("--report", o->report);
    if (o->plot)
        train_say_word("--plot", o->plot);
    if (s->no_save)
        fputs(" --no-save", stderr);
    else if (s->params != s->default_params)
        train_say_word("--params", s->params);
    if (s->threads != processors_available())
        train_say_number("--threads", s->threads);
    if (s->pin)
        fputs(" --pin", stderr);
    if (o->print_every != SOLVER_PRINT_EVERY)
        train_say_number("--print-every", o->print_every);
    if (o->quiet)
        fputs(" --quiet", stderr);
    fputc('\n', stderr);
}

/* To stderr: into a pipe go lines of results only, and its reader may be gone. */
int train_say_interrupted(const struct program *p, const struct train_command *s,
                             const struct solver_report *r)
{
    const struct solver_options *o = &s->solver;
    command_fault(p, "stopped by %s after iteration %ld of %ld; %s%s",
                  interrupt_name(r->interrupted), r->iterations, r->planned,
                  r->kept ? "the run's whole state is in " : "there is nothing to go on from",
                  r->kept ? o->checkpoint : "");
    if (r->kept && r->best_check >= 0 && o->params)
        visible_print(stderr, "the best parameters so far (val_%s %f) are in %s\n",
                      check_word(p->model), r->best_check, o->params);
    if (r->kept)
        train_say_command(p, s);
    return STATUS_SIGNAL + r->interrupted;
}
