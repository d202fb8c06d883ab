/*
** tuning.h - a tuning file: which candidates to take instead of the cost model's. `lathe tune`
** writes it, `emit`, `build` and `show` read it. Text, one choice a line, # begins a comment:
**
**     net vgg_small avx512 f32        what the lines below are for
**     conv1_fwd tile 1x8x2            of what, which choice, the candidate
**
** A file may hold several networks, instruction sets and types.
*/
#ifndef LATHE_TUNING_H
#define LATHE_TUNING_H

#include "plan/choice.h"
#include "base/names.h"

struct tuning_line {
    char name[CHOICE_NAME], value[CHOICE_TEXT];
    struct place at;
    bool used;
    char instead[CHOICE_TEXT];      /* not "": the value is no candidate, this one is */
};

struct tuning {
    const char *path;               /* NULL: not from a file */
    struct tuning_line *line; int nlines;
    struct names names;             /* of the lines */
    bool found;                     /* the file has the network's instruction set and type */
};

/* The lines for net's name, instruction set and type, into t. False: messages were printed. */
bool tuning_read(struct tuning *t, const char *path, const struct net *net);
void tuning_set(struct tuning *t, const char *name, const char *value);
void tuning_free(struct tuning *t);

/* The candidate that t names for c, else 0: the cheapest. t may be NULL. */
int tuning_takes(struct tuning *t, const struct choice *c);

/* After block: false, with messages, where a line names what net has not. */
bool tuning_fits(const struct tuning *t, const struct net *net);

#endif
