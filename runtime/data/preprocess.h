/*
** preprocess.h - what is done to an image on its way to the network.
*/
#ifndef LATHE_PREPROCESS_H
#define LATHE_PREPROCESS_H

#include "data/dataset.h"

/*
** (value - mean) * factor. mean: [c*h*w] in canonical order, for images of that size
** (channel_norm: [c], for any), or NULL for none; factor: [c], one over the deviation of
** each channel, or NULL for 1. Where images are larger than the network's input, mean and
** deviation are those of the whole images: the window is cut from the preprocessed image.
**   none          the values as they are
**   mean_image    the training set's mean image is subtracted, as in the course
**   scale         and the rest divided by its standard deviation over all values
**   channel_norm  each channel's mean is subtracted, the rest divided by its deviation
*/
struct preprocess { enum preprocess_kind kind; real *mean, *factor; int h, w; };

/* From the training images: sums in order, in double; the deviation from the mean in a
** second pass. A deviation of 0 leaves the values. */
bool preprocess_fit(struct preprocess *p, enum preprocess_kind kind, const struct images *train,
                    char *err);
void preprocess_free(struct preprocess *p);

/* False, with a message: the mean image is of another size than the images of `set`. */
bool preprocess_fits(const struct preprocess *p, const struct images *set, char *err);

/* False, with a message: a value is not from 0 to 1 once preprocessed, as bce has its targets. */
bool preprocess_shares(const struct preprocess *p, const struct images *set, char *err);

/*
** How an image of H x W is looked at, h x w of it: pixel (y, x) of the view is pixel
** (y + top, x + left) of the image's middle window, whose first is ((H - h)/2, (W - w)/2)
** rounded down, or of that window's mirror image. What lies outside the image is 0, or
** reflected at the edge, which is not repeated; a square hole of the view is 0. What is inside
** becomes (value + shift)*factor, unless that is 0.
*/
struct view {
    int top, left;
    bool mirror, reflect;
    int hole_top, hole_left, hole;
    real shift, factor;
};

/* A view (NULL: the middle window) of one image as NHWC: pixel (y, x, c), 0 <= y < h <= H,
** 0 <= x < w <= W, goes to out[y*row + x*C + c], preprocessed. */
void images_put(const struct images *set, size_t index, const struct preprocess *p,
                const struct view *view, real *out, int h, int w, size_t row);

#endif
