/*
** strip.h - layers that inference does not run.
*/
#ifndef LATHE_STRIP_H
#define LATHE_STRIP_H

#include "base/net.h"

/* Takes them out: who read them reads what they read. */
void strip(struct net *net);

#endif
