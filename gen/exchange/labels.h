/*
** labels.h - names of a graph as labels of the network file.
*/
#ifndef LATHE_LABELS_H
#define LATHE_LABELS_H

#include "base/names.h"
#include "base/net.h"

/* What a layer is called after: "layer1_0_conv1" of "layer1.0.conv1.weight", "/layer1/layer1.0/
** conv1/Conv", "model/layer1/0/conv1/Conv2D". Empty where the names say nothing. */
void label_of(const char *const hint[3], char label[NAME_MAX_LEN]);

/* Leaves of a label what it has in common with another layer's, word by word. */
void label_common(char label[NAME_MAX_LEN], const char *other);

/* The label, changed so that with each of the endings it is a name that no layer has yet, nor one
** that layers get by themselves; and takes them. `automatic`: the layer's own such name: where the
** label is that, none is needed, and it becomes empty. */
void label_take(struct names *taken, char label[NAME_MAX_LEN], const char *automatic,
                const char *const *ending, int endings);

/* A network's name of a file's: letters, digits and single _. */
void label_file(const char *path, char name[NAME_MAX_LEN]);

#endif
