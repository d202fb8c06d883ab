/*
** parts.h - what a checkpoint is made of, by name and by number, as it is in a run now;
** checkpoint.c has the file's format.
*/
#ifndef LATHE_PARTS_H
#define LATHE_PARTS_H

#include <stdint.h>

#include "core/engine.h"
#include "data/dataset.h"
#include "data/preprocess.h"
#include "train/state.h"

/* What a checkpoint is made of. */
struct checkpoint_run {
    struct engine *engine;
    const struct dataset *data;
    const struct preprocess *preprocess;
    struct solver_state *state;
    const char *options;          /* of the run, option_text.h; NULL: none */
    uint64_t data_hash;           /* of the images and labels; 0: not computed yet */
};

enum count { COUNT_ITERATION, COUNT_EPOCH, COUNT_SINCE, COUNT_PLANNED, COUNT_TRAIN, COUNT_VAL,
             COUNT_DATA, COUNT_LOSS_SUM, COUNTS };
enum number { NUMBER_LR, NUMBER_BEST, NUMBERS };

/* A row of state.rules: what must agree, then what is restored. */
enum rule_column { RULE_OPTIMIZER, RULE_RATE, RULE_REG = RULE_RATE + RATES, RULE_DECAY,
                   RULE_SCHEDULE, RULE_FREEZE, RULE_LR, RULE_POWER1, RULE_POWER2, RULE_COLUMNS };
extern const char *const parts_rule_names[RULE_LR];
enum { HISTORY_COLUMNS = 5 };

/* Of the images and what they are compared with. */
uint64_t parts_hash_data(const struct dataset *d, const struct model *m);

/* What of a parameter is in the file. */
enum part { PART_VALUE, PART_FIRST, PART_SECOND, PART_AVERAGE, PARTS };

/* Where the engine or the average has it; NULL: this run has no such thing. */
real *parts_at(const struct checkpoint_run *r, int param, enum part part);

/* "state.first.conv1.weight": allocated. */
char *parts_name(const struct param *p, enum part part);

/* What is no parameter: of the run, of one parameter's rule, of all. */
void parts_counts(struct checkpoint_run *r, int64_t out[COUNTS]);
void parts_rule(const struct param_rule *p, double row[RULE_COLUMNS]);
void parts_rules(const struct rules *rules, double *out);

#endif
