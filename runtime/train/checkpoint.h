/*
** checkpoint.h - the whole state of a training run in a file, and a run from there on, with the
** bits of one that never stopped. The format is in checkpoint.c.
*/
#ifndef LATHE_CHECKPOINT_H
#define LATHE_CHECKPOINT_H

#include "data/param_file.h"
#include "train/parts.h"

/* The old file survives a failure. */
bool checkpoint_save(const char *path, struct checkpoint_run *r, char *err);

struct checkpoint {
    const char *path;
    struct safetensors file;
    char *options;                /* the run's; in lines, as option_text.h has them */
    long iteration;               /* completed */
};

/*
** Reads and checks the whole file. False: err names it and what is wrong: not readable, damaged,
** another network's, of another precision or version, parameters alone.
*/
bool checkpoint_open(struct checkpoint *c, const char *path, const struct model *m, char *err);
void checkpoint_forget(struct checkpoint *c);      /* the bytes, once they are restored */
void checkpoint_close(struct checkpoint *c);

/*
** Brings engine and state to where the file's run was. The state is open for the same options;
** the run has `total` iterations. False: err says what differs (the data, what the network file
** sets for a parameter, a tensor), and nothing was changed but the history.
*/
bool checkpoint_restore(const struct checkpoint *c, struct checkpoint_run *r, long total,
                        char *err);

#endif
