/*
** networks.h - tests/nets/ for every instruction set that this processor has, as one list: the
** widest instruction set first.
*/
#ifndef LATHE_TEST_NETWORKS_H
#define LATHE_TEST_NETWORKS_H

#include "core/model.h"

int networks(void);
const struct model *network(int i);

#endif
