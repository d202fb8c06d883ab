/*
** branch_kernels.c - instantiates the templates of forks and of what ends their branches, but for
** sums, which are pointwise.
*/
#include "print/arena.h"
#include "print/dictionary.h"
#include "read/layers.h"

/* "arena + PLACE + image*IMAGE" */
static void put_image(const struct bindings *b, int buffer, long offset, size_t image,
                      struct text *calls)
{
    text_printf(calls, "arena + %s + image*%zu",
                arena_place(b->e->net, b->e->prefix, buffer, offset).text, image);
}

static void put_calls(struct bindings *b, const char *name, struct text *calls, const char *what)
{
    const struct shape o = b->stage->out.shape;
    bind_here(b, "branches", text_string(calls));
    kernel(b, "pointwise/branches.c", name, "%s: %s, %dx%dx%d", b->stage->name, what, o.h, o.w,
           o.c);
    text_free(calls);
}

void fork_backward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s), sum = of_stage(e, s);
    struct text calls = { 0 };
    const char *name = shared_kernel(&sum, "pointwise/branch_sum.c", part(&b, "sum").text,
                                     "the sum of two branches' gradients");
    for (int k = 1; k < e->net->layer[s->head].branches; k++) {
        text_printf(&calls, "    %s(", name);
        put_image(&b, s->at[k > 1 ? AT_DX : AT_DBRANCH], 0, s->dx_image, &calls);
        text_puts(&calls, ", ");
        put_image(&b, s->at[AT_DBRANCH + k], 0, s->dx_image, &calls);
        text_puts(&calls, ", ");
        put_image(&b, s->at[AT_DX], 0, s->dx_image, &calls);
        text_puts(&calls, ");\n");
    }
    put_calls(&b, part(&b, "bwd").text, &calls, "the sum of its branches' gradients");
}

long channels_before(const struct stage *s, int k)
{
    long c = 0;
    while (k--)
        c += s->branch->in[k].shape.c;
    return c;
}

static void bind_branch(struct bindings *b, int k)
{
    bind_size(b, "C", b->stage->branch->in[k].shape.c);
    bind_size(b, "Y_PIXEL", b->stage->out.shape.c);
}

const char *join_rows(struct emission *e, const struct stage *s, int k)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    const struct map *m = &s->branch->in[k];
    struct bindings b = of_stage(e, s), copy = of_stage(e, s);
    bind_branch(&copy, k);
    bind_size(&copy, "X_ROW", (long)m->row);
    bind_size(&copy, "X_PIXEL", m->shape.c);
    bind_pointwise(&copy, with, true);
    return shared_kernel(&copy, "pointwise/branch_copy.c", part(&b, "copy_%d", k + 1).text,
                         "%d channels to where %d are joined%s%s", m->shape.c, s->out.shape.c,
                         with ? " + " : "", with ? layer_def(with->kind)->word : "");
}

void join_forward(struct emission *e, const struct stage *s)
{
    struct bindings b = of_stage(e, s);
    struct text calls = { 0 };
    for (int k = 0; k < s->branch->count; k++) {
        const struct map *m = &s->branch->in[k];
        text_printf(&calls, "    %s(", join_rows(e, s, k));
        put_image(&b, s->at[AT_BRANCH + k], (long)m->origin, m->image, &calls);
        text_puts(&calls, ", ");
        put_image(&b, s->at[AT_Y], (long)s->out.origin + channels_before(s, k), s->out.image,
                  &calls);
        text_printf(&calls, ", %d);\n", s->out.shape.h);
    }
    put_calls(&b, part(&b, "fwd").text, &calls, "its branches, joined");
}

void join_backward(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct bindings b = of_stage(e, s);
    struct text calls = { 0 };
    for (int k = 0; k < s->branch->count; k++) {
        const struct map *m = &s->branch->in[k];
        struct bindings cut = of_stage(e, s);
        if (s->at[AT_DBRANCH + k] == NO_BUFFER)
            continue;
        bind_branch(&cut, k);
        bind_flag(&cut, "POINTWISE", with != NULL);
        bind_size(&cut, "DY_ROW", (long)s->out.shape.w*s->out.shape.c);
        bind_pointwise(&cut, with, false);
        text_printf(&calls, "    %s(",
                    shared_kernel(&cut, "pointwise/branch_cut.c", part(&b, "cut_%d", k + 1).text,
                                  "the gradient of %d of %d channels", m->shape.c,
                                  s->out.shape.c));
        put_image(&b, s->at[AT_DY], channels_before(s, k), s->dy_image, &calls);
        text_puts(&calls, ", ");
        put_image(&b, s->at[AT_Y], (long)s->out.origin + channels_before(s, k), s->out.image,
                  &calls);
        text_puts(&calls, ", ");
        put_image(&b, s->at[AT_DBRANCH + k], 0, e->net->stage[s->branch->end[k]].dy_image, &calls);
        text_puts(&calls, ");\n");
    }
    put_calls(&b, part(&b, "bwd").text, &calls, "the gradients of what is joined");
}

/* One value a channel is read as a map all of whose pixels are one. */
static void bind_factor(struct bindings *b)
{
    const bool one = b->stage->in.shape.h*b->stage->in.shape.w == 1;
    bind_size(b, "X_ROW", one ? 0 : (long)b->stage->in.row);
    bind_size(b, "X_PIXEL", one ? 0 : b->stage->in.shape.c);
}

struct part_name product_rows(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    struct part_name rows = part(&b, "rows");
    bind_factor(&b);
    bind_pointwise(&b, with, true);
    kernel(&b, "pointwise/product_rows.c", rows.text,
           "%s: a map and its gate, rows of %dx%d%s%s", s->name, o.w, o.c, with ? " + " : "",
           with ? layer_def(with->kind)->word : "");
    return rows;
}

void product_forward(struct emission *e, const struct stage *s)
{
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_name(&b, "RUN_ROWS", "%s", product_rows(e, s).text);
    kernel(&b, "pointwise/product_fwd.c", part(&b, "fwd").text,
           "%s forward: a map and its gate, %dx%dx%d", s->name, o.h, o.w, o.c);
}

void product_backward(struct emission *e, const struct stage *s)
{
    const struct layer *with = layer_at(e->net, s->pointwise);
    struct shape o = s->out.shape;
    struct bindings b = of_stage(e, s);
    bind_factor(&b);
    bind_flag(&b, "POINTWISE", with != NULL);
    bind_pointwise(&b, with, false);
    kernel(&b, "pointwise/product_bwd.c", part(&b, "bwd").text,
           "%s backward: a map and its gate, %dx%dx%d", s->name, o.h, o.w, o.c);
}
