/*
** train_result.h - `train --result`: a run that is done once, however often it is called. It must
** never take another run's result for this one's.
*/
#ifndef LATHE_TRAIN_RESULT_H
#define LATHE_TRAIN_RESULT_H

#include <stdbool.h>

#include "core/model.h"
#include "settings/options.h"
#include "train/solver.h"

enum { TRAIN_NAME = 4096 };         /* of a file */

struct train_result {
    const char *path;               /* --result, or NULL */
    struct option_list tags;        /* --tag */
    bool dry_run;                   /* --dry-run */
    bool goes_on;                   /* from a checkpoint that such a run has left */
};

/* What may differ where a run goes on by itself. */
extern const char *const train_result_free[];

/* params "x.safetensors" has its checkpoint in x.checkpoint.safetensors. */
void train_checkpoint_name(const char *params, char checkpoint[TRAIN_NAME]);

/* What the run is called after where there is a --result among the words, and the checkpoint
** that it is to go on from, or NULL. */
const char *train_result_names(struct train_result *r, int argc, char **argv,
                               char params[TRAIN_NAME], char checkpoint[TRAIN_NAME]);

/* A hash of the network, its type, and what its file sets that no option changes. */
uint64_t train_result_layers(const struct model *m);

/* Whether the run is done: its result is there. text: its options. OTHER, with a message: the file
** is no result, or another run's. */
enum train_result_state { TRAIN_RESULT_NONE, TRAIN_RESULT_DONE, TRAIN_RESULT_OTHER };
enum train_result_state train_result_look(const struct train_result *r, const struct model *m,
                                          const struct option_row *rows, int nrows,
                                          const char *text, char *err);

bool train_result_write(const struct train_result *r, const struct model *m, const char *text,
                        const struct solver_report *report, char *err);

#endif
