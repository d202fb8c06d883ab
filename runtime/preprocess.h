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

/*
** How an image is looked at: pixel (y, x) of the view is pixel (y + top, x + left) of the
** image, or of its mirror image. What lies outside is 0, or reflected at the edge, which is
** not repeated; so is a square hole of the view.
*/
struct view { int top, left; bool mirror, reflect; int hole_top, hole_left, hole; };

/* A view (NULL: the image as it is) of one image as NHWC: pixel (y, x, c) goes to
** out[y*row + x*C + c], preprocessed. */
void images_put(const struct images *set, size_t index, const struct preprocess *p,
                const struct view *view, real *out, size_t row);

#endif
