/*
** update.h - what no region can do while it has one parameter before it: updates that need a
** whole matrix (Muon), or all gradients together (clipping).
*/
#ifndef LATHE_UPDATE_H
#define LATHE_UPDATE_H

#include "core/engine.h"

/* Memory for Muon, whose steps then end every engine_update; once is enough. */
bool update_make_room(struct engine *e, char *err);

/* Memory for update_clipped; once is enough. */
bool update_make_gradients(struct engine *e, char *err);

/*
** engine_update in MODE_TRAIN, but where all gradients (with their L2 terms) together are longer
** than `most`, they are scaled to that length before any update.
*/
double update_clipped(struct engine *e, int n, const int32_t *labels, double most);

#endif
