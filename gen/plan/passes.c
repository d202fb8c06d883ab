/*
** passes.c - the passes in their order: whoever takes a network through them walks this table.
*/
#include "plan/passes.h"

#include "plan/strip.h"
#include "plan/tuning.h"
#include "read/spec.h"

static bool spec(struct net *net)
{
    if (!spec_read(net, net->path, net->set, net->nset))
        return false;
    if (net->tune && !net->tuning) {
        net->tuning = alloc(1, sizeof *net->tuning);
        if (!tuning_read(net->tuning, net->tune, net))
            return false;
    }
    if (net->batch) {
        net->train.batch = net->batch;
        net->batch_at.line = 0;
    }
    if (net->inference)
        strip(net);
    return true;
}

const struct pass passes[] = {
    { "spec",    "the file's layers and settings", spec },
    { "shape",   "sizes, padding, parameters, FLOP", shape },
    { "fuse",    "layers that run as one stage", fuse },
    { "layout",  "how maps lie in memory", layout },
    { "sweeps",  "convolutions and their algorithms", sweeps },
    { "fold",    "stages of inference with a norm in their weights", fold },
    { "block",   "tiles and blocks for one processor", block },
    { "params",  "parameters and what is said of them", params },
    { "regions", "what all threads do together, in order", regions },
    { "mem",     "where every buffer lies", mem },
    { "kinks",   "what a gradient check must not cross", kinks },
    { "stream",  "of inference alone: which rows are in memory", stream },
};
const int npasses = sizeof passes / sizeof *passes;
