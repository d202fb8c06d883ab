/*
** auc.h - the area under the receiver operating characteristic: how often a positive is scored
** above a negative, equals counting half.
*/
#ifndef LATHE_AUC_H
#define LATHE_AUC_H

#include <stdbool.h>
#include <stddef.h>

struct auc_item { double score; bool positive; };

/* Of at least one positive and one negative; sorts the items. */
double auc_of(struct auc_item *item, size_t count);

#endif
