/*
** exchanges.h - what ranks tell each other in a step.
*/
#ifndef LATHE_EXCHANGES_H
#define LATHE_EXCHANGES_H

#include "base/net.h"

/* From regions and buffers: net->exchange. */
void plan_exchanges(struct net *net);

#endif
