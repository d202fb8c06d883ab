/*
** parameters.h - a network's parameters from a safetensors file, checked as its program checks
** them, and how the images were prepared that they know.
*/
#ifndef LATHE_PARAMETERS_H
#define LATHE_PARAMETERS_H

#include "runtime/base/values_scale.h"
#include "runtime/file/weights.h"
#include "base/net.h"

struct parameters {
    const char *path;
    struct safetensors file;
    const struct tensor **tensor;       /* [net->nparams] */
    enum preprocess_kind preprocess;
    int h, w;                           /* of the images trained on, where it has a mean image */
    const struct tensor *mean, *factor; /* as weights_data has them; NULL: there is none */
    struct values values;               /* of the images trained on; type "": unknown */
    bool prepared;                      /* it says how images were prepared */
};

/* From params on. False, with a message: not readable, another network's, one is missing, of
** another shape or type, or has what is no finite number. */
bool parameters_read(struct parameters *p, const char *path, const struct net *net, char *err);
void parameters_free(struct parameters *p);

/* A parameter's name, shape and count, without type and data. */
struct tensor parameters_wanted(const struct net *net, const struct net_param *p);

/* A layer's "weight", "bias", "running_mean" or "running_var"; NULL: it has none. */
const struct tensor *parameters_of(const struct parameters *p, const struct net *net,
                                   const struct layer *l, const char *what);

/* Its values, rounded where they are of 64 bits; free() them. */
float *parameters_floats(const struct tensor *t);

/* Of the mean image the middle window of an image's shape, as evaluation looks at larger images;
** (c, h, w). free() it. */
float *parameters_mean_window(const struct parameters *p, struct shape in);

#endif
