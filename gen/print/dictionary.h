/*
** dictionary.h - what templates may ask for: dictionary.def has a row for each word.
*/
#ifndef LATHE_DICTIONARY_H
#define LATHE_DICTIONARY_H

#include <stdbool.h>

#include "print/emission.h"

/* What a template is instantiated with, but for what its words do not say: those of a stage, or of
** a sweep of e->stage. */
struct bindings of_stage(struct emission *e, const struct stage *s);
struct bindings of_sweep(struct emission *e, const struct sweep *f);

/* The rows, for tests. */
struct word_def { const char *word; enum word_kind kind; bool own; };
extern const struct word_def word_defs[];
extern const int nword_defs;

#endif
