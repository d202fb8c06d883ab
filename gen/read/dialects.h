/*
** dialects.h - words of other frameworks, and how this network file says the same.
*/
#ifndef LATHE_DIALECTS_H
#define LATHE_DIALECTS_H

/* Where a word stands: as a statement, as an option of a layer or an optimizer, as one of the
** words that a setting takes. */
enum dialect_place { DIALECT_STATEMENT, DIALECT_OPTION, DIALECT_OPTIMIZER, DIALECT_RATE,
                     DIALECT_SCHEDULE, DIALECT_INIT, DIALECT_PREPROCESS, DIALECT_LOSS };

/* What to write instead, or that there is no such thing; CAPITALS, '_' and '-' count nothing.
** "": the number stands in front, without a name. NULL: no word that we know. */
const char *dialect(enum dialect_place place, const char *word);

#endif
