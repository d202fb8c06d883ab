/*
** gradcheck.h - a network's gradients against central differences
** (docs/design.md), in f64 programs. It must never judge a difference that crosses a kink: the
** network's ReLU and pooling decisions are hashed, and a check whose two points
** decide otherwise is counted as flipped and left out.
*/
#ifndef LATHE_GRADCHECK_H
#define LATHE_GRADCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"

struct gradcheck_options {
    double h;               /* half the distance of the two points; of an entry that is further off
                               than the bound also ten times that */
    uint64_t seed;
    int images;             /* of the batch: at most model->batch */
    size_t every;           /* up to this many parameters, each is checked */
    size_t entries;         /* of each tensor, in larger networks */
    int directions;         /* random directions, in larger networks */
};

/* Here, since emitted f32 programs go without gradcheck.c, and yet explain the options. */
static inline void gradcheck_defaults(struct gradcheck_options *o, const struct model *model)
{
    enum { IMAGES = 5 };
    *o = (struct gradcheck_options){
        .h = 1e-6, .seed = 1, .images = model->batch < IMAGES ? model->batch : IMAGES,
        .every = 3000, .entries = 200, .directions = 20
    };
}

/* One tensor's result, or that of the directions (name "directions"). */
struct gradcheck_tensor {
    const char *name;
    size_t entries;         /* compared */
    size_t flips;           /* left out */
    double difference;      /* max|a - n| */
    double largest;         /* max|a|; a: backward's gradient, n: the numerical one */
    double error;           /* difference / max(largest, 1e-3 * the net's largest) */
    bool good;              /* error <= GRADCHECK_BOUND, and something was compared */
};

#define GRADCHECK_BOUND 1e-6
#define GRADCHECK_FLIPS 0.01        /* share of flipped checks that is too much */
#define GRADCHECK_NOTEBOOK 0.01     /* a relative error that rounding does not explain */

struct gradcheck_report {
    struct gradcheck_tensor *tensor;    /* one a parameter, then the directions if any */
    int count;
    double largest;         /* entry of any gradient */
    double flipped;         /* share of all checks */
    bool good;              /* all tensors are, and flipped < GRADCHECK_FLIPS */
};

/* Weights of He's scale, biases not zero, unit normal images, loss = sum(R*scores)
** with normal R. The engine's parameters and input are overwritten. */
bool gradcheck_run(struct engine *e, const struct gradcheck_options *o,
                   struct gradcheck_report *report, char *err);
void gradcheck_free(struct gradcheck_report *report);

/*
** The notebook's own cell: the network's initial weights and loss, reg 0, normal images;
** tensor[k].error = max |a - n| / max(1e-8, |a| + |n|) over the entries of parameter k, of which
** [model->nparams] there are. Entries on a kink are left out and counted, as above. Where the
** loss's rounding over h is coarser than usual, 1e-8 is raised as far. Rounding meets tiny
** gradients here all the same, so tensor[k].good is false only where an entry is off by more than
** GRADCHECK_NOTEBOOK and by more than rounding can be: then the loss's own gradient is wrong,
** which gradcheck_run does not look at.
*/
bool gradcheck_notebook(struct engine *e, const struct gradcheck_options *o,
                        struct gradcheck_tensor *tensor, char *err);

#endif
