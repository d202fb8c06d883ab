/*
** exact_networks.h - what test_exact.c holds to the bit need not be held by a bound again.
*/
#ifndef LATHE_TEST_EXACT_NETWORKS_H
#define LATHE_TEST_EXACT_NETWORKS_H

#include <stdbool.h>

#include "core/model.h"

/* Has the table of test_exact.c the network? */
bool is_exact(const struct model *m);

#endif
