/*
** pairing.h - tensors that are called otherwise than a network's: those of PyTorch's modules, by
** position (0.weight) or in containers (layer1.0.bn1.running_mean). They are matched layer by layer
** by what a layer has and its shapes, in an order that the names allow. It must never choose
** between two such orders.
*/
#ifndef LATHE_PAIRING_H
#define LATHE_PAIRING_H

#include <stdio.h>

#include "file/safetensors.h"

/*
** The tensor of each of `wanted`, which are in the network's order, into taken[count].
**
** By name where any is there, as weights_find does: PAIRING_NAMED, and NULL for what does not
** fit. Else, and where that finds some of another program's file alone, by order: what stands
** before a name's last dot is a layer, what stands before each other dot a container. The layers of
** a container follow each other; of its parts conv2 stands after conv1 and 10 after 9, others in
** any order; where several are possible, in the same one in all containers that have them. Where
** the file has its tensors in another order than that of their names, which is how its writer's
** module had them, that order is tried first. PyTorch's counters are nobody's. PAIRING_ORDERED: all
** have one; with `last` the last layer may have another number of outputs, and its tensors of
** another shape are NULL. PAIRING_NONE: nothing fits, err shows both lists of layers; of several
** orders that fit, too.
*/
enum pairing { PAIRING_NONE, PAIRING_NAMED, PAIRING_ORDERED };
enum pairing pairing_find(const char *path, const struct safetensors *s,
                          const struct tensor *wanted, int count, bool last,
                          const struct tensor **taken, char *err);

/* No tensor of a network: a counter of PyTorch's batchnorms. */
bool pairing_aside(const char *name);

/* "by order and shape: 0 is conv1, 1 is bn1, ...", a layer each, in lines. */
void pairing_say(const struct tensor *wanted, int count, const struct tensor *const *taken,
                 FILE *out);

#endif
