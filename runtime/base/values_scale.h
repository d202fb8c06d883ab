/*
** values_scale.h - ranges of images' values, and what a picture's samples, 0 to 255, are to a
** network that was trained on them (data/values.h).
*/
#ifndef LATHE_VALUES_SCALE_H
#define LATHE_VALUES_SCALE_H

#include <stdbool.h>
#include <stddef.h>

/* Which values images have: type "u1", "f4", "f8", least and greatest. */
struct values { char type[4]; double least, greatest; };

/* "f4 0 1", as a parameter file has it. False: no such text. */
bool values_read(struct values *v, const char *text);

/* Where least and greatest value lie, and what 0 and 255 were. */
struct values_range {
    bool bytes, doubtful;
    double least[2], greatest[2], zero, full;
};

/* NULL: none that leaves no doubt. */
const struct values_range *values_scale_range(const struct values *v);
bool values_scale_bytes(const struct values *v);

/* What 0 and 255 are to the network: one pair for all channels, or one for each. */
enum { VALUES_PAIRS = 64 };
struct values_scale { int pairs; double zero[VALUES_PAIRS], full[VALUES_PAIRS]; };

/* False where the range does not tell. Unknown values, or none (NULL): 0 to 255. */
bool values_scale_of(struct values_scale *s, const struct values *trained);

/* "0,1", or as many pairs as there are channels. */
bool values_scale_parse(struct values_scale *s, const char *text, int channels, char *err);

/* 0 to 255 is what it says. */
bool values_scale_plain(const struct values_scale *s);

#endif
