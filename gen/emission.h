/*
** emission.h - what the files that instantiate templates share: kernels.c, and one
** NAME_kernels.c for each family of stages. They decide nothing.
*/
#ifndef LATHE_EMISSION_H
#define LATHE_EMISSION_H

#include "net.h"
#include "text.h"
#include "tmpl.h"

struct emission {
    const struct net *net;
    const char *prefix;         /* of every name */
    struct text *out;
};

/* Where a buffer lies in the arena, in reals; 0 for none. */
long arena_at(const struct emission *e, int buffer);
/* The same of a parameter: its values 'w', its moments 'm' and 'v'. */
long param_at(const struct emission *e, int param, char which);

/* Instantiates a template under a banner that says what it is. */
void kernel(const struct emission *e, const char *file, struct bindings *b,
            const char *format, ...) __attribute__((format(printf, 4, 5)));

void bind_scratch(const struct emission *e, struct bindings *b);
/* Pointwise operations behind a kernel: one vector function each. */
void bind_epilogue(struct bindings *b, bool relu);
/* The layer's vector function, or its gradient's, in the epilogue. */
void bind_pointwise(struct bindings *b, const struct layer *l, bool forward);
/* Where a stage's input and output lie, and their gradients, which have no halo. */
void bind_x(const struct emission *e, const struct stage *s, int x, struct bindings *b);
void bind_y(const struct emission *e, const struct stage *s, struct bindings *b);
void bind_dy(const struct emission *e, const struct stage *s, struct bindings *b);
void bind_dx(const struct emission *e, const struct stage *s, int dx, struct bindings *b);
void bind_argmax(const struct emission *e, const struct stage *s, struct bindings *b);
/* Whole vectors of channels, and what is left. */
void bind_vectors(const struct emission *e, struct bindings *b, int channels);

/* The stages' regions; x, dx: buffers of what the stage reads and of its gradient. */
void conv_forward(const struct emission *e, const struct stage *s, int x);
void conv_data_gradient(const struct emission *e, const struct stage *s, int dx);
void conv_weight_gradient(const struct emission *e, const struct stage *s, int x);
void conv_parameters(const struct emission *e, const struct stage *s);

/* One row of a max-pool, from a band or a map with these strides. */
void pool_row(const struct emission *e, const struct stage *s, size_t x_row, size_t x_pixel);
void pool_forward(const struct emission *e, const struct stage *s, int x);
void pool_backward(const struct emission *e, const struct stage *s, int dx);
void average_forward(const struct emission *e, const struct stage *s, int x);
void average_backward(const struct emission *e, const struct stage *s, int dx);

void affine_forward(const struct emission *e, const struct stage *s, int x);
void affine_lists(const struct emission *e, const struct stage *s);
void affine_backward(const struct emission *e, const struct stage *s, int x, int dx);

/* Reals of a norm's values for all channels, whole lanes. */
long norm_count(const struct stage *s);
void norm_gather(const struct emission *e, const struct stage *s, const struct map *m, int rows);
void norm_statistics(const struct emission *e, const struct stage *s, int x);
void norm_merge(const struct emission *e, const struct stage *s);
void norm_forward(const struct emission *e, const struct stage *s, int x);
void norm_sums(const struct emission *e, const struct stage *s, int x);
void norm_update(const struct emission *e, const struct stage *s);
void norm_backward(const struct emission *e, const struct stage *s, int x, int dx);

#endif
