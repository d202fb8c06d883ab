/*
** values.h - which values images have, and what a picture's samples are to a network that was
** trained on them. A parameter file keeps type and range of the training images, so that one
** trained on arrays of 0 to 1 is not asked about 0 to 255 without a word.
**
** Bytes are a picture's samples. They can be turned into a network's values where the range that
** it was trained on leaves no doubt: 0 to 255 (bytes, or reals that fill the upper half), 0 to 1,
** -1 to 1. Any other range, as of standardised images, does not tell what 0 and 255 were.
*/
#ifndef LATHE_VALUES_H
#define LATHE_VALUES_H

#include "base/values_scale.h"
#include "data/dataset.h"

void values_find(struct values *v, const struct images *set);

/* Too few for their range to say anything. */
bool values_few(const struct images *set);

/* "f4 0 1": in a parameter file. */
void values_write(const struct values *v, char *text, size_t size);

/* "f4 from 0 to 1": in messages. */
const char *values_say(const struct values *v, char *text, size_t size);

/* False where images of these values are not what the network was trained on. Values of an unknown
** type are alike all others. */
bool values_alike(const struct values *trained, const struct values *given);

/* Whether the range leaves no doubt. */
bool values_known(const struct values *v);

/* x[c][map], of 0 to 255. */
void values_scale_apply(const struct values_scale *s, real *x, size_t channels, size_t map);

/* What makes values of one known range those of another: "x/255"; "": not known. */
const char *values_mend(const struct values *from, const struct values *to, char *text,
                        size_t size);

/* What is to be done to a set's values, so that they are as those that the parameters in the file
** `params` were trained on: bytes are a picture's samples, reals are numbers, which nobody divides.
** said: a range that the user gave, or NULL. False, with a message that says what would make them
** right; what: "x.npy: images". */
bool values_treat(struct values_scale *s, const struct images *set,
                  const struct values_scale *said, const struct values *trained,
                  const char *what, const char *params, char *err);

#endif
