/*
** notice.h - what is said of the images before training starts, where it is not as one would
** think. It must say nothing where there is nothing to say.
*/
#ifndef LATHE_NOTICE_H
#define LATHE_NOTICE_H

#include "data/dataset.h"
#include "settings/solver_options.h"

/*
** A line each, on standard output: how many images validate where nobody said it and that is no
** small part of many; classes without a validation or a training image; images that an epoch of
** whole minibatches leaves out.
*/
void notice_images(const struct dataset *d, const struct solver_options *o);

#endif
