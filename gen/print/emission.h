/*
** emission.h - what the files that instantiate templates share: kernels.c, and one
** NAME_kernels.c for each family of stages.
*/
#ifndef LATHE_EMISSION_H
#define LATHE_EMISSION_H

#include "base/names.h"
#include "base/net.h"
#include "base/text.h"
#include "print/tmpl.h"

/* What stands before names: kernels' are LABEL__PART, tables' are NET__TABLE. */
struct prefixes { char kernels[TMPL_NAME_LEN], tables[TMPL_NAME_LEN]; };
struct prefixes prefixes(const struct net *net, bool several_isas, bool several_nets);

struct emission {
    const struct net *net;
    const char *prefix;         /* of every name */
    const struct stage *stage;  /* whose kernels are printed */
    struct text *out;
    char **shared; int nshared; /* names of functions that several stages may call ... */
    struct names bodies;        /* ... and their texts without the names */
};
void free_emission(struct emission *e);

/*
** Names of what is printed: LABEL__PART, after the prefix of where it stands. The network file
** allows no label with "__" in it or '_' at an end, the runtime has no such name either, and the
** parts are the printer's own: so no two names are the same, whatever a layer is called.
*/
struct part_name part(const struct bindings *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for the sweep: LABEL__fwd_PART. */
struct part_name sweep_part(const struct bindings *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The function of a region. */
struct part_name region_function(struct emission *e, const struct region_plan *region);

/* Instantiates a template as the function `name`, under a banner that says what it is. */
void kernel(struct bindings *b, const char *file, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
** The same for a function that others may share; returns its name: that of an equal one which was
** printed before, else `name`. Stages of equal shapes would fill a program with copies of the same
** tiles.
*/
const char *shared_kernel(struct bindings *b, const char *file, const char *name,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A function of the same stage, or a place in the arena, as the dictionary says them. */
void bind_part(struct bindings *b, const char *key, const char *words);
void bind_at(struct bindings *b, const char *key, int buffer, long offset);

/* Pointwise operations after a kernel: one vector function each; l: NULL, none. */
void bind_relu(struct bindings *b, bool relu);
void bind_pointwise(struct bindings *b, const struct layer *l, bool forward);

/* The micro-kernel of a sweep; part: channels of its last vector that exist, 0: all. Returns what
** it is called. */
const char *conv_tile(struct emission *e, const struct sweep *f, const char *name, int mw, int nv,
                      int part, bool relu);
/* A sweep of any kind; returns what it is called. */
struct part_name whole_sweep(struct emission *e, const struct sweep *f, bool relu);
/* A stage's output gradient, un-pooled and masked, into a haloed map. */
void conv_expand(struct emission *e, const struct stage *s);

/*
** What computes some rows of a stage's output from pointers alone: the frames of a step's regions
** and a program that only runs the network (inference.c) call the same. Each returns its name.
*/
struct part_name pointwise_rows(struct emission *e, const struct stage *s);
struct part_name prelu_rows(struct emission *e, const struct stage *s);
struct part_name reshape_map(struct emission *e, const struct stage *s);
struct part_name upsample_rows(struct emission *e, const struct stage *s);
struct part_name add_rows(struct emission *e, const struct stage *s);
struct part_name affine_one(struct emission *e, const struct stage *s, bool bias);
struct part_name conv_pooled(struct emission *e, const struct stage *s, const char *rows);
/* Rows of tiles. */
struct part_name winograd_rows(struct emission *e, const struct stage *s);
struct part_name pool_rows(struct emission *e, const struct stage *s);
struct part_name average_rows(struct emission *e, const struct stage *s);
struct part_name average_gather(struct emission *e, const struct stage *s);
struct part_name product_rows(struct emission *e, const struct stage *s);
const char *norm_rows(struct emission *e, const struct stage *s);
/* Of branch k; its channels come after those of the branches before it. */
const char *join_rows(struct emission *e, const struct stage *s, int k);
long channels_before(const struct stage *s, int k);
/* What a deconv makes where no tap reaches; "none": some tap reaches everywhere. */
struct part_name deconv_gaps(struct emission *e, const struct stage *s);

/* The stages' regions. */
void conv_forward(struct emission *e, const struct stage *s);
void conv_data_gradient(struct emission *e, const struct stage *s);
void conv_weight_gradient(struct emission *e, const struct stage *s);
void conv_dense_gradient(struct emission *e, const struct stage *s);
void conv_narrow_gradient(struct emission *e, const struct stage *s);
void conv_picked_gradient(struct emission *e, const struct stage *s);
void conv_parameters(struct emission *e, const struct stage *s);
/* calls: what packs n filters from `first` on for every sweep of e->stage, which lie at filters, is
** added to it. */
void conv_packs(struct emission *e, struct text *calls);

/* Each leaves e->stage the mirror. */
void deconv_forward(struct emission *e, const struct stage *s);
void deconv_data_gradient(struct emission *e, const struct stage *s);
void deconv_bias(struct emission *e, const struct stage *s);
void deconv_fold(struct emission *e, const struct stage *s);

/* Depthwise convolutions: instead of conv_kernels.c's weight gradient. */
void depth_repeat(struct emission *e, const struct stage *s);
void depth_weight_gradient(struct emission *e, const struct stage *s);

void winograd_forward(struct emission *e, const struct stage *s);
void winograd_data_gradient(struct emission *e, const struct stage *s);
void winograd_weight_gradient(struct emission *e, const struct stage *s);
/* Transforms one filter into the panels of a sweep; as shared_kernel. */
const char *winograd_pack(struct emission *e, const struct sweep *f, const char *name);

void scatter_data_gradient(struct emission *e, const struct stage *s);
const char *scatter_pack(struct emission *e, const struct sweep *f, const char *name);

/* Weights and bias of a folded stage, which are no parameters. */
void conv_fold(struct emission *e, const struct stage *s);
void affine_fold(struct emission *e, const struct stage *s);
void norm_fold(struct emission *e, const struct stage *folded);

/* What gathers the moments of the batchnorm after a convolution as soon as a band of its rows is
** there; "none": nothing does. */
const char *gatherer(struct emission *e, const struct stage *s);

/* One row of a max-pool, from a band or a map with these strides. */
void pool_row(struct emission *e, const struct stage *s, long x_row, long x_pixel);
void pool_forward(struct emission *e, const struct stage *s);
void pool_backward(struct emission *e, const struct stage *s);
void average_forward(struct emission *e, const struct stage *s);
void average_backward(struct emission *e, const struct stage *s);

void fork_backward(struct emission *e, const struct stage *s);
void join_forward(struct emission *e, const struct stage *s);
void join_backward(struct emission *e, const struct stage *s);
void product_forward(struct emission *e, const struct stage *s);
void product_backward(struct emission *e, const struct stage *s);

void affine_forward(struct emission *e, const struct stage *s);
void affine_lists(struct emission *e, const struct stage *s);
void affine_bias(struct emission *e, const struct stage *s);
void affine_backward(struct emission *e, const struct stage *s);

/* The moments of `rows` rows of map m; returns what the function is called. */
const char *norm_gather(struct emission *e, const struct stage *s, const struct map *m, int rows);
void norm_statistics(struct emission *e, const struct stage *s);
void norm_merge(struct emission *e, const struct stage *s);
void norm_forward(struct emission *e, const struct stage *s);
void norm_sums(struct emission *e, const struct stage *s);
void norm_update(struct emission *e, const struct stage *s);
void norm_backward(struct emission *e, const struct stage *s);
/* What a convolution's kernels are told of the gradient that they read, where it goes through the
** batchnorm after it; of the sums that its data gradient makes for the one before it. */
void bind_through(struct bindings *b);
void bind_sums(struct bindings *b);

#endif
