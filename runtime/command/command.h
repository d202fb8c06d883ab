/*
** command.h - what the program's commands share: how they are called, how they
** complain, the options that all of them take. No command may exit by itself.
*/
#ifndef LATHE_COMMAND_H
#define LATHE_COMMAND_H

#include <stdbool.h>

#include "base/processors.h"
#include "core/engine.h"
#include "data/data.h"
#include "data/param_file.h"
#include "settings/options.h"

enum { STATUS_DONE = 0, STATUS_FAULT = 1, STATUS_USAGE = 2,
       STATUS_SIGNAL = 128 };     /* and its number: stopped by a signal, saved */

struct program {
    const char *name;             /* as it was called, without its folder */
    const char *called;           /* with it: for commands that are to be given again */
    const struct model *model;    /* the chosen network, for an ISA that runs here */
};

/* argv: the words after the command. Returns the exit status. */
typedef int command_fn(const struct program *p, int argc, char **argv);

command_fn command_train, command_eval, command_gradcheck, command_dump, command_bench,
           command_info, command_sweep, command_predict;

/* How a parameter file's tensors were matched, where their names did not say it: on stderr. */
void command_pairing(const struct param_file_info *info);

/* "NAME: message" on stderr; returns STATUS_FAULT or STATUS_USAGE. */
int command_fault(const struct program *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int command_usage(const struct program *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Parses a command's own options and the shared ones. False: *status is what the
** command returns (help was printed, or a message). */
bool command_options(const struct program *p, const char *command, const char *summary,
                     const struct option_row *rows, int count, int argc, char **argv,
                     int *status);

/* The same, where command, summary, row and operand of *o are set. */
bool command_parse(const struct program *p, struct options *o, int argc, char **argv,
                   int *status);

/* Options that several commands take; meaning: NULL for the usual one. */
enum command_option { COMMAND_DATA, COMMAND_RESIZE, COMMAND_MIDDLE, COMMAND_NO_CACHE,
                      COMMAND_COARSE, COMMAND_PARAMS, COMMAND_TRAIN_SAMPLES, COMMAND_VAL_SHUFFLE,
                      COMMAND_SEED, COMMAND_THREADS, COMMAND_PIN };
struct option_row command_row(enum command_option option, void *value, const char *meaning);

/* Rows of what is taken from a data set, and how; d: a struct command_data. */
#define COMMAND_IMAGES(d) command_row(COMMAND_RESIZE, &(d).resize, NULL), \
    command_row(COMMAND_MIDDLE, &(d).middle, NULL), \
    command_row(COMMAND_NO_CACHE, &(d).no_cache, NULL), \
    command_row(COMMAND_COARSE, &(d).coarse, NULL)

/* False, and wrong usage, where training cannot be by batches of so many images. */
bool command_batch(const struct program *p, const char *command, long batch, int *status);

/* The same of --class-weights that are not for the network's loss. */
bool command_class_weights(const struct program *p, const char *command, const struct train *t,
                           int *status);

/* --pin, right after the engine was opened. False: it is closed, and err says why. */
bool command_pin(struct engine *e, bool pin, char *err);

/* "2 threads bound to processors 0, 2". */
void command_say_threads(const struct engine *e);

/* Which data a command takes. */
struct command_data {
    const char *dir;                              /* --data */
    long train_samples, val_samples, test_samples;
    bool crop;                                    /* images may be larger than the input */
    bool val_shuffle;                             /* --val-shuffle */
    size_t drawn, drawn_of;                       /* data.h: of the parameters' training */
    bool resize, middle, no_cache;                /* --resize, --middle, --no-cache */
    bool coarse;                                  /* --coarse */
    bool labels;                                  /* those of an autoencoder's images, too */
};

/* Opens the data for the program's network. False: the message was printed. */
bool command_open_data(const struct program *p, const struct command_data *d,
                       struct dataset *data);

/* What bytes are to parameters that do not say it; range: the user does. */
void command_note_range(const struct param_file_info *info, const char *params, const char *range);

#define COMMAND_DATA_DEFAULTS { NULL, OPTION_UNSET, OPTION_UNSET, OPTION_UNSET, \
                                false, false, 0, 0, false, false, false, false, false }

#define COMMAND_COUNT(table) ((int)(sizeof(table)/sizeof *(table)))

#endif
