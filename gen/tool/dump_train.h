/*
** dump_train.h - the training settings as a network file has them.
*/
#ifndef LATHE_DUMP_TRAIN_H
#define LATHE_DUMP_TRAIN_H

#include "base/net.h"

/* `train` and a line a setting; what is off, which no file can say, has none. */
void dump_train(const struct net *net, FILE *out);

#endif
