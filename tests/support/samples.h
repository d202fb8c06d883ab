/*
** samples.h - a template with the sample values that it carries itself, but for some that the test
** says: what it compiles is then what a reader of the template sees.
*/
#ifndef LATHE_TEST_SAMPLES_H
#define LATHE_TEST_SAMPLES_H

#include "print/bindings.h"

/* Binds every size and flag of templates/FILE: as in `given` ("MH=1 MW=6 PARTIAL=0"), each of which
** the template must have, else as its sample. */
void bind_samples(struct bindings *b, const char *file, const char *given);

#endif
