/*
** foreign.h - words of other frameworks, and how this network file says the same.
*/
#ifndef LATHE_FOREIGN_H
#define LATHE_FOREIGN_H

/* Where a word stands: as a statement, as an option of a layer or an optimizer, as one of the
** words that a setting takes. */
enum foreign_place { FOREIGN_STATEMENT, FOREIGN_OPTION, FOREIGN_OPTIMIZER, FOREIGN_RATE,
                     FOREIGN_SCHEDULE, FOREIGN_INIT, FOREIGN_PREPROCESS, FOREIGN_LOSS };

/* What to write instead, or that there is no such thing; CAPITALS, '_' and '-' count nothing.
** "": the number stands in front, without a name. NULL: no word that we know. */
const char *foreign(enum foreign_place place, const char *word);

#endif
