/*
** train_say.h - what `train` was told, and what it says at its end.
*/
#ifndef LATHE_TRAIN_SAY_H
#define LATHE_TRAIN_SAY_H

#include "command/command.h"
#include "command/optimizer_options.h"
#include "command/train_result.h"
#include "data/pretrained.h"
#include "settings/settings.h"
#include "train/checkpoint.h"
#include "train/solver.h"

enum { TRAIN_ROWS = 32 };          /* room for options that are no settings */

struct train_command {
    struct solver_options solver;
    struct command_data data;
    struct optimizer_options optimizer;
    const char *params, *checkpoint, *resume;
    const char *begin;            /* --from: a file of first parameters */
    struct option_list only;
    struct pretrained pretrained; /* read from there */
    struct train_result result;   /* --result and what goes with it */
    char default_params[TRAIN_NAME], default_checkpoint[TRAIN_NAME];
    long checkpoint_every, seed, threads;
    struct option_row rows[OPTIMIZER_ROWS + SETTINGS_OPTIONS + TRAIN_ROWS];
    int nrows;
    struct checkpoint from;       /* where the run goes on, with --resume, */
    char **words;                 /* and its options as words */
    char *text;                   /* the run's options, for its own checkpoints */
    bool no_save;
    bool pin;
    bool data_per_rank, traffic;  /* of a program with MPI */
    char command[4096];           /* as a shell would read it */
};

/* The command that repeats the run, in s->command. */
void train_say_repeat(const struct program *p, struct train_command *s, int argc, char **argv);

void train_say_result(const struct model *m, const struct solver_options *o,
                      const struct solver_report *r);

/* The exit status. */
int train_say_interrupted(const struct program *p, const struct train_command *s,
                          const struct solver_report *r);

#endif
