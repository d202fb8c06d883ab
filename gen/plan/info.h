/*
** info.h - what a drawing of the network says of its layers.
*/
#ifndef LATHE_INFO_H
#define LATHE_INFO_H

#include "base/net.h"

/* [net->nlayers]; free() it, and with it the texts that it points to. */
struct layer_info *layer_infos(const struct net *net);

#endif
