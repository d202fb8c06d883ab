/*
** preprocess.h - what is done to an image on its way to the network.
*/
#ifndef LATHE_PREPROCESS_H
#define LATHE_PREPROCESS_H

#include "dataset.h"

/*
** (value - mean) * factor. mean: [c*h*w] in canonical order, or NULL for none; factor:
** [c], one over the deviation of each channel, or NULL for 1.
**   none          the values as they are
**   mean_image    the training set's mean image is subtracted, as in the course
**   scale         and the rest divided by its standard deviation over all values
**   channel_norm  each channel's mean is subtracted, the rest divided by its deviation
*/
struct preprocess { enum preprocess_kind kind; real *mean, *factor; };

/* "none", "mean_image", ...: NULL behind the last. */
extern const char *const preprocess_words[];

/* PREPROCESS_KINDS: there is none of this name. */
enum preprocess_kind preprocess_find(const char *word);

/* From the training images: sums in order, in double; the deviation from the mean in a
** second pass. A deviation of 0 leaves the values. */
bool preprocess_fit(struct preprocess *p, enum preprocess_kind kind, const struct images *train,
                    char *err);
void preprocess_free(struct preprocess *p);

/* One image as NHWC: pixel (y, x, c) to out[y*row + x*C + c], preprocessed. */
void images_put(const struct images *set, size_t index, const struct preprocess *p, real *out,
                size_t row);

#endif
