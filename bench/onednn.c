/*
** onednn.c - single convolutions by oneDNN's C API (versions 2 and 3), in whatever layout it
** likes best, for bench/bench.py: it answers requests
**
**     conv KIND N CI H W CO KH KW STRIDE TOP LEFT BOTTOM RIGHT COUNT
**
** KIND: forward (with bias, and ReLU after it), data gradient as `data`, weight gradient
** with the bias's as `weights`. The time is that of the primitive alone: reordering into its
** layouts is not counted. cc -O2 onednn.c -ldnnl
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_version.h>

enum { UNTIMED = 2, MAX_ARGUMENTS = 8, MAX_COUNT = 10000 };

struct conv { char kind[16]; long n, ci, h, w, co, kh, kw, stride, top, left, bottom, right; };

static dnnl_engine_t engine;
static dnnl_stream_t stream;

/* What the first failure was; nothing is measured after it. */
static const char *failed;

static void need(dnnl_status_t status, const char *what)
{
    if (status != dnnl_success && !failed)
        failed = what;
}

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t memory_desc;
typedef const_dnnl_memory_desc_t const_memory_desc;

static memory_desc describe(int rank, const dnnl_dims_t dims)
{
    memory_desc d = NULL;
    need(dnnl_memory_desc_create_with_tag(&d, rank, dims, dnnl_f32, rank == 1 ? dnnl_a
                                          : dnnl_format_tag_any), "describing a tensor");
    return d;
}
#else
typedef dnnl_memory_desc_t memory_desc;
typedef const dnnl_memory_desc_t *const_memory_desc;

static memory_desc describe(int rank, const dnnl_dims_t dims)
{
    memory_desc d;
    need(dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, rank == 1 ? dnnl_a
                                      : dnnl_format_tag_any), "describing a tensor");
    return d;
}
#endif

/* A convolution's tensors as they are described, and how it moves. */
struct problem {
    memory_desc x, w, b, y;
    dnnl_dims_t strides, dilates, before, after;
};

static struct problem describe_all(const struct conv *c)
{
    long oh = (c->h + c->top + c->bottom - c->kh)/c->stride + 1;
    long ow = (c->w + c->left + c->right - c->kw)/c->stride + 1;
    const dnnl_dims_t x = { c->n, c->ci, c->h, c->w }, w = { c->co, c->ci, c->kh, c->kw },
                      b = { c->co }, y = { c->n, c->co, oh, ow };
    return (struct problem){
        describe(4, x), describe(4, w), describe(1, b), describe(4, y),
        { c->stride, c->stride }, { 0, 0 }, { c->top, c->left }, { c->bottom, c->right }
    };
}

static dnnl_primitive_attr_t relu_behind(void)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t post = NULL;
    need(dnnl_primitive_attr_create(&attributes), "attributes");
    need(dnnl_post_ops_create(&post), "post-operations");
#if DNNL_VERSION_MAJOR >= 3
    need(dnnl_post_ops_append_eltwise(post, dnnl_eltwise_relu, 0, 0), "ReLU");
#else
    need(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0), "ReLU");
#endif
    need(dnnl_primitive_attr_set_post_ops(attributes, post), "ReLU");
    dnnl_post_ops_destroy(post);
    return attributes;
}

/* The library's own choice: its backward passes want a forward one as a hint. */
#if DNNL_VERSION_MAJOR >= 3
static dnnl_primitive_desc_t forward(const struct problem *p, const_dnnl_primitive_attr_t a)
{
    dnnl_primitive_desc_t d = NULL;
    need(dnnl_convolution_forward_primitive_desc_create(
             &d, engine, dnnl_forward_training, dnnl_convolution_auto, p->x, p->w, p->b, p->y,
             p->strides, p->dilates, p->before, p->after, a), "forward");
    return d;
}

static dnnl_primitive_desc_t backward(const struct problem *p, const char *kind)
{
    dnnl_primitive_desc_t hint = forward(p, NULL), d = NULL;
    need(strcmp(kind, "data") == 0
         ? dnnl_convolution_backward_data_primitive_desc_create(
               &d, engine, dnnl_convolution_auto, p->x, p->w, p->y, p->strides, p->dilates,
               p->before, p->after, hint, NULL)
         : dnnl_convolution_backward_weights_primitive_desc_create(
               &d, engine, dnnl_convolution_auto, p->x, p->w, p->b, p->y, p->strides,
               p->dilates, p->before, p->after, hint, NULL), kind);
    dnnl_primitive_desc_destroy(hint);
    return d;
}
#else
static dnnl_primitive_desc_t forward(const struct problem *p, const_dnnl_primitive_attr_t a)
{
    dnnl_convolution_desc_t c;
    dnnl_primitive_desc_t d = NULL;
    need(dnnl_convolution_forward_desc_init(
             &c, dnnl_forward_training, dnnl_convolution_auto, &p->x, &p->w, &p->b, &p->y,
             p->strides, p->before, p->after), "forward");
    need(dnnl_primitive_desc_create(&d, &c, a, engine, NULL), "forward");
    return d;
}

static dnnl_primitive_desc_t backward(const struct problem *p, const char *kind)
{
    dnnl_convolution_desc_t c;
    dnnl_primitive_desc_t hint = forward(p, NULL), d = NULL;
    need(strcmp(kind, "data") == 0
         ? dnnl_convolution_backward_data_desc_init(&c, dnnl_convolution_auto, &p->x, &p->w,
                                                    &p->y, p->strides, p->before, p->after)
         : dnnl_convolution_backward_weights_desc_init(&c, dnnl_convolution_auto, &p->x, &p->w,
                                                       &p->b, &p->y, p->strides, p->before,
                                                       p->after), kind);
    need(dnnl_primitive_desc_create(&d, &c, NULL, engine, hint), kind);
    dnnl_primitive_desc_destroy(hint);
    return d;
}
#endif

/* A tensor in the layout that was chosen; its values do not matter, only that none is
** denormal. */
static dnnl_memory_t tensor(const_dnnl_primitive_desc_t d, dnnl_query_t which, int index)
{
    const_memory_desc m = dnnl_primitive_desc_query_md(d, which, index);
    dnnl_memory_t memory = NULL;
    void *values = NULL;
    need(dnnl_memory_create(&memory, m, engine, DNNL_MEMORY_ALLOCATE), "memory");
    need(dnnl_memory_get_data_handle(memory, &values), "memory");
    size_t count = dnnl_memory_desc_get_size(m)/sizeof(float);
    for (size_t k = 0; values && k < count; k++)
        ((float *)values)[k] = (float)(k % 17)*0.01f - 0.08f;
    return memory;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec*1e3 + (double)t.tv_nsec*1e-6;
}

static void measure(dnnl_primitive_desc_t d, const dnnl_exec_arg_t *arguments, int n, long count,
                    double *ms)
{
    dnnl_primitive_t primitive = NULL;
    need(dnnl_primitive_create(&primitive, d), "creating the primitive");
    for (long k = -UNTIMED; !failed && k < count; k++) {
        double start = now();
        need(dnnl_primitive_execute(primitive, stream, n, arguments), "executing it");
        need(dnnl_stream_wait(stream), "waiting for it");
        if (k >= 0)
            ms[k] = now() - start;
    }
    dnnl_primitive_destroy(primitive);
}

/* Which tensors each kind has: what it is called as an argument, and how it is asked for. */
struct role { int argument; dnnl_query_t query; int index; };
struct kind { const char *name; struct role role[4]; int roles; };
static const struct kind kinds[] = {
    { "forward", { { DNNL_ARG_SRC, dnnl_query_src_md, 0 },
                   { DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0 },
                   { DNNL_ARG_BIAS, dnnl_query_weights_md, 1 },
                   { DNNL_ARG_DST, dnnl_query_dst_md, 0 } }, 4 },
    { "data",    { { DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0 },
                   { DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0 },
                   { DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0 } }, 3 },
    { "weights", { { DNNL_ARG_SRC, dnnl_query_src_md, 0 },
                   { DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md, 0 },
                   { DNNL_ARG_DIFF_BIAS, dnnl_query_diff_weights_md, 1 },
                   { DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0 } }, 4 },
};

static const struct kind *find_kind(const char *name)
{
    for (size_t k = 0; k < sizeof kinds/sizeof *kinds; k++)
        if (strcmp(kinds[k].name, name) == 0)
            return &kinds[k];
    return NULL;
}

static void run(const struct conv *c, const struct kind *kind, long count, double *ms)
{
    struct problem p = describe_all(c);
    dnnl_primitive_attr_t attributes = relu_behind();
    dnnl_primitive_desc_t d = failed ? NULL : kind == kinds ? forward(&p, attributes)
                                                            : backward(&p, kind->name);
    dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
    for (int k = 0; !failed && k < kind->roles; k++)
        arguments[k] = (dnnl_exec_arg_t){ kind->role[k].argument,
                                          tensor(d, kind->role[k].query, kind->role[k].index) };
    if (!failed) {
        measure(d, arguments, kind->roles, count, ms);
        for (int k = 0; k < kind->roles; k++)
            dnnl_memory_destroy(arguments[k].memory);
    }
    dnnl_primitive_desc_destroy(d);
    dnnl_primitive_attr_destroy(attributes);
#if DNNL_VERSION_MAJOR >= 3
    const memory_desc all[] = { p.x, p.w, p.b, p.y };
    for (int k = 0; k < 4; k++)
        dnnl_memory_desc_destroy(all[k]);
#endif
}

static void answer(const char *line)
{
    struct conv c;
    long count;
    const struct kind *kind;
    if (sscanf(line, "conv %15s %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld", c.kind,
               &c.n, &c.ci, &c.h, &c.w, &c.co, &c.kh, &c.kw, &c.stride, &c.top, &c.left,
               &c.bottom, &c.right, &count) != 14 || count < 1 || count > MAX_COUNT ||
        !(kind = find_kind(c.kind))) {
        printf("failed: unknown request %s", line);
        return;
    }
    double *ms = calloc((size_t)count, sizeof *ms);
    failed = ms ? NULL : "memory";
    if (ms)
        run(&c, kind, count, ms);
    if (failed) {
        printf("failed: %s\n", failed);
    } else {
        printf("times");
        for (long k = 0; k < count; k++)
            printf(" %.6f", ms[k]);
        printf("\n");
    }
    free(ms);
}

int main(void)
{
    char line[256];
    need(dnnl_engine_create(&engine, dnnl_cpu, 0), "creating the engine");
    need(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "creating the stream");
    if (failed) {
        printf("failed: %s\n", failed);
        return 1;
    }
    const dnnl_version_t *v = dnnl_version();
    printf("ready oneDNN %d.%d.%d\n", v->major, v->minor, v->patch);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0) {
        answer(line);
        fflush(stdout);
    }
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return 0;
}
