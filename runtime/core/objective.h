/*
** objective.h - what is said of each loss: its word, and what a check of it measures.
*/
#ifndef LATHE_OBJECTIVE_H
#define LATHE_OBJECTIVE_H

#include <stdbool.h>

#include "core/model.h"

/* By their numbers: softmax, svm, ... */
extern const char *const objective_words[OBJECTIVES];

/* Images have classes, and checks count right answers; else checks measure the loss. */
static inline bool has_labels(const struct model *m)
{
    return m->target == TARGET_LABEL;
}

/* What a check's figure is called: "acc" or "loss". */
static inline const char *check_word(const struct model *m)
{
    return has_labels(m) ? "acc" : "loss";
}

/* Whether a check's figure is better than another; one below 0 is none. */
static inline bool check_better(const struct model *m, double check, double than)
{
    return than < 0 || (has_labels(m) ? check > than : check < than);
}

#endif
