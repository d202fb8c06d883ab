/*
** replay.h - a training run that can be taken back to one of its steps: so that the same
** steps, with the densities that training has there, are measured again and again. It must
** never do in a step what the solver does not.
*/
#ifndef LATHE_REPLAY_H
#define LATHE_REPLAY_H

#include "data/preprocess.h"
#include "train/rules.h"

struct replay {
    struct engine *engine;
    const struct dataset *data;
    const struct preprocess *preprocess;
    const struct solver_options *options;
    struct rules rules;
    struct param_rule *kept_rules;    /* as they were at `start` */
    real *kept;                       /* parameters and moments, one after the other */
    uint32_t *chosen;                 /* [batch] */
    long start, at;                   /* steps done: to the point of return, by now */
    long per_epoch, total;
};

/* Trains `warm` steps from the parameters in the engine. */
bool replay_open(struct replay *r, struct engine *e, const struct dataset *data,
                 const struct preprocess *p, const struct solver_options *o, long warm, char *err);
void replay_close(struct replay *r);

void replay_rewind(struct replay *r);     /* to after the warm steps */

/* One step in two parts: the images of its batch (drawn from the training images with
** replacement, augmented) into the network; the update. Returns the loss. */
void replay_feed(struct replay *r);
double replay_update(struct replay *r);

/*
** For who computes the same elsewhere: params.safetensors, x.npy (n, c, h, w: the next
** batch as the network gets it) and y.npy into a directory that exists. Rewinds.
*/
bool replay_save(struct replay *r, const char *directory, char *err);

#endif
