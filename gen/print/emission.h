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

/* A function that several stages may call: its text without the name, and the name. */
struct shared { char name[TMPL_NAME_LEN]; };

/* What stands before names: kernels' are LABEL__PART, tables' are NET__TABLE. */
struct prefixes { char kernels[TMPL_NAME_LEN], tables[TMPL_NAME_LEN]; };
struct prefixes prefixes(const struct net *net, bool several_isas, bool several_nets);

struct emission {
    const struct net *net;
    const char *prefix;         /* of every name */
    const struct stage *stage;  /* whose kernels are printed */
    struct text *out;
    struct shared *shared; int nshared;
    struct names bodies;        /* of those, without their names */
};

/* Where a buffer lies in the arena, in reals; 0 for none. */
long arena_at(const struct emission *e, int buffer);
/* The same of a parameter: its values 'w', its moments 'm' and 'v'. */
long param_at(const struct emission *e, int param, char which);

/* Instantiates a template under a banner that says what it is. */
void kernel(const struct emission *e, const char *file, struct bindings *b,
            const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
** The same for a function that is shared: where an equal one was emitted before, for another
** stage, `name` becomes that one's, else it is emitted as `name`. Binds NAME itself. Stages of
** equal shapes would fill a program with copies of the same tiles.
*/
enum { SHARED_NAME = sizeof ((struct shared *)0)->name };
void shared_kernel(struct emission *e, const char *file, struct bindings *b,
                   char name[SHARED_NAME], const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
** Names of what is printed: LABEL__PART, after the prefix of where it stands. The network file
** allows no label with "__" in it or '_' at an end, the runtime has no such name either, and the
** parts are the printer's own: so no two names are the same, whatever a layer is called.
*/
void part_name(const struct emission *e, const struct stage *s, char name[SHARED_NAME],
               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for a sweep of e->stage: LABEL__fwd_PART. */
void sweep_part(const struct emission *e, const struct sweep *f, char name[SHARED_NAME],
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The function of a region. */
void region_function(const struct emission *e, const struct region_plan *region,
                     char name[SHARED_NAME]);
void bind_part(struct bindings *b, const char *key, const struct emission *e,
               const struct stage *s, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void bind_sweep_part(struct bindings *b, const char *key, const struct emission *e,
                     const struct sweep *f, const char *part);

void bind_scratch(const struct emission *e, struct bindings *b);
/* Pointwise operations after a kernel: one vector function each. */
void bind_epilogue(struct bindings *b, bool relu);
/* The layer's vector function, or its gradient's, in the epilogue. */
void bind_pointwise(struct bindings *b, const struct layer *l, bool forward);
/* Where a stage's input and output lie, and their gradients, which have no halo. */
void bind_x(const struct emission *e, const struct stage *s, struct bindings *b);
void bind_y(const struct emission *e, const struct stage *s, struct bindings *b);
void bind_dy(const struct emission *e, const struct stage *s, struct bindings *b);
void bind_dx(const struct emission *e, const struct stage *s, struct bindings *b);
void bind_argmax(const struct emission *e, const struct stage *s, struct bindings *b);
/* A convolution's weight gradient: what it comes from, and where its groups' partial sums lie. */
void bind_group_gradient(const struct emission *e, const struct stage *s, struct bindings *b);

/* The micro-kernel of a sweep; part: channels of its last vector that exist, 0: all. name:
** in, what it is called where no other stage has it. */
void conv_tile(struct emission *e, const struct sweep *s, char name[SHARED_NAME], int mw, int nv,
               int part, bool relu);
/* What runs the rows of a sweep through its tiles: the tiles' names, at first as they are called
** where no other stage has them, and what dense and depthwise rows bind alike. */
struct row_tiles {
    char whole[SHARED_NAME], columns[SHARED_NAME], last[SHARED_NAME], corner[SHARED_NAME];
};
void name_row_tiles(const struct emission *e, const struct sweep *s, struct row_tiles *t);
void bind_rows(const struct emission *e, const struct sweep *s, const struct row_tiles *t,
               struct bindings *b);
/* A sweep of any kind, and the name of what it is called by. */
void whole_sweep(struct emission *e, const struct sweep *s, bool relu, char rows[SHARED_NAME]);
/* A stage's output gradient, un-pooled and masked, into a haloed map. */
void conv_expand(const struct emission *e, const struct stage *s);

/* The stages' regions. */
void conv_forward(struct emission *e, const struct stage *s);
void conv_data_gradient(struct emission *e, const struct stage *s);
void conv_weight_gradient(struct emission *e, const struct stage *s);
void conv_narrow_gradient(struct emission *e, const struct stage *s);
void conv_parameters(struct emission *e, const struct stage *s);

/* Depthwise convolutions: instead of conv_kernels.c's tiles and weight gradient. */
void depth_sweep(const struct emission *e, const struct sweep *s, bool relu);
void depth_repeat(const struct emission *e, const struct stage *s);
void depth_weight_gradient(struct emission *e, const struct stage *s);
/* What repeats the channels of the input where each has several filters. */
void bind_repeat(const struct emission *e, const struct stage *s, struct bindings *b);

void winograd_forward(struct emission *e, const struct stage *s);
void winograd_data_gradient(struct emission *e, const struct stage *s);
void winograd_weight_gradient(struct emission *e, const struct stage *s);
/* Transforms one filter into the panels of a sweep; name as conv_tile's. */
void winograd_pack(struct emission *e, const struct stage *s, const struct sweep *f,
                   char name[SHARED_NAME]);

void scatter_data_gradient(struct emission *e, const struct stage *s);
void scatter_pack(struct emission *e, const struct stage *s, const struct sweep *f,
                  char name[SHARED_NAME]);

/* Weights and bias of a folded stage, which are no parameters. */
void conv_fold(struct emission *e, const struct stage *s);
void affine_fold(struct emission *e, const struct stage *s);
void norm_fold(struct emission *e, const struct stage *folded);

/* The batchnorm after a convolution, whose moments are gathered as soon as a band of its rows
** is there. */
void bind_moments(struct emission *e, const struct stage *s, struct bindings *b);

/* One row of a max-pool, from a band or a map with these strides. */
void pool_row(const struct emission *e, const struct stage *s, size_t x_row, size_t x_pixel);
void pool_forward(struct emission *e, const struct stage *s);
void pool_backward(struct emission *e, const struct stage *s);
void average_forward(struct emission *e, const struct stage *s);
void average_backward(struct emission *e, const struct stage *s);

void affine_forward(struct emission *e, const struct stage *s);
void affine_lists(struct emission *e, const struct stage *s);
void affine_bias(struct emission *e, const struct stage *s);
void affine_backward(struct emission *e, const struct stage *s);

/* Reals of a norm's values for all channels, whole lanes. */
long norm_count(const struct stage *s);
void norm_gather(struct emission *e, const struct stage *s, const struct map *m, int rows,
                 char name[SHARED_NAME]);
void norm_statistics(struct emission *e, const struct stage *s);
void norm_merge(struct emission *e, const struct stage *s);
void norm_forward(struct emission *e, const struct stage *s);
void norm_sums(struct emission *e, const struct stage *s);
void norm_update(struct emission *e, const struct stage *s);
void norm_backward(struct emission *e, const struct stage *s);

#endif
