/*
** synonyms.h - what other programs call a command or an option of ours.
*/
#ifndef LATHE_SYNONYMS_H
#define LATHE_SYNONYMS_H

/* Words with others that mean the same: small letters and digits, a blank between two. */
struct synonym { const char *ours, *others; };

/* Ours for `word`, of which letters and digits count; NULL: unknown. */
const char *synonym_of(const struct synonym *table, int count, const char *word);

/* Of the options of the programs: "--lr" for "--learning-rate". */
const char *synonym_option(const char *word);

#endif
