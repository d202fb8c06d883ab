/*
** nearest.h - which known word a misspelt one may have been meant to be.
*/
#ifndef LATHE_NEAREST_H
#define LATHE_NEAREST_H

/*
** The slips from `word` to `known`: letters too many, too few, other ones or two swapped (Damerau
** and Levenshtein); CAPITALS and leading '-' count nothing. -1 where it is no near miss: a short
** word forgives one slip and not its first letter, a longer one less where letters are other ones
** than where they are lost. silu is not relu.
*/
int nearest_slips(const char *word, const char *known);

#endif
