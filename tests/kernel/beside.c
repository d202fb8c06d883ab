/*
** beside.c - what each region of a step makes, beside the naive oracle's: `make oracle NET=FILE`.
** A program that is linked with a network's own part in f64 and with the generator's passes, which
** know where a region's output lies. It must compare a region's output as soon as the region is
** done: later ones may use its memory.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/cpu.h"
#include "core/params.h"
#include "plan/regions.h"
#include "support/batch.h"
#include "tool/read.h"

enum { MOST_IMAGES = 5, SHOWN = 12 };
static const double bound = 1e-9, reg = 0.01;

/* A map, or a parameter's gradient, in canonical order. */
struct view {
    char what[2*NAME_MAX_LEN];
    const struct param *param;          /* NULL: a map, */
    size_t at, image, row;              /* where pixel (0, 0) of image 0 is, reals */
    struct shape shape;
    size_t count;
    const double *oracle;
};

struct beside {
    const struct net *net;
    struct engine engine;
    struct oracle oracle;
    const char *only;                   /* the one region of interest, or NULL */
    double gradients;                   /* the largest of all parameters' */
    int seen;
    char first[256];                    /* where the first tensor that differs does; "": none */
};

static double value_of(const struct beside *b, const struct view *v, size_t k)
{
    const real *arena = b->engine.arena;
    if (v->param)
        return (double)arena[v->param->m + params_index(v->param, k)];
    size_t w = (size_t)v->shape.w, map = (size_t)v->shape.h*w, c = (size_t)v->shape.c;
    return (double)arena[v->at + k / (map*c)*v->image + k / w % (size_t)v->shape.h*v->row
                         + k % w*c + k / map % c];
}

static void put_place(const struct view *v, size_t k, char *place, size_t size)
{
    size_t w = (size_t)v->shape.w, map = (size_t)v->shape.h*w, c = (size_t)v->shape.c;
    if (!v->param) {
        snprintf(place, size, "image %zu, channel %zu, row %zu, column %zu", k / (map*c),
                 k / map % c, k / w % (size_t)v->shape.h, k % w);
        return;
    }
    size_t rest = params_count(v->param);
    for (int d = 0, length = 0; d < v->param->rank; d++) {
        rest /= (size_t)v->param->dim[d];
        length += snprintf(place + length, size - (size_t)length, "%s%zu", d ? "," : "[",
                           k / rest % (size_t)v->param->dim[d]);
        if (d + 1 == v->param->rank)
            snprintf(place + length, size - (size_t)length, "]");
    }
}

static void put_values(const struct beside *b, const struct view *v, size_t from)
{
    printf("%24s%24s%12s\n", "program", "oracle", "difference");
    for (size_t k = from; k < v->count && k < from + SHOWN; k++) {
        char place[128];
        double a = value_of(b, v, k);
        put_place(v, k, place, sizeof place);
        printf("%24.16g%24.16g%12.1e  %s\n", a, v->oracle[k], fabs(a - v->oracle[k]), place);
    }
}

static void compare(struct beside *b, const char *title, const struct view *v)
{
    double largest = 0, difference = 0;
    size_t first = v->count, worst = 0;
    for (size_t k = 0; k < v->count; k++)
        largest = fmax(largest, fabs(v->oracle[k]));
    /* A gradient that is nothing but rounding, as a bias's below a batchnorm. */
    double unit = v->param ? fmax(largest, 1e-2*b->gradients) : largest;
    for (size_t k = 0; k < v->count; k++) {
        double d = fabs(value_of(b, v, k) - v->oracle[k]);
        d = isnan(d) ? INFINITY : d;
        if (d > difference) {
            difference = d;
            worst = k;
        }
        if (d > bound*unit && first == v->count)
            first = k;
    }
    char place[128];
    put_place(v, worst, place, sizeof place);
    printf("%-30s %-28s %9.3g %9.1e%s%s\n", title, v->what, largest, difference,
           first < v->count ? "  at " : "", first < v->count ? place : "");
    if (first < v->count && !b->first[0]) {
        put_place(v, first, place, sizeof place);
        snprintf(b->first, sizeof b->first, "%s, %s: %s", title, v->what, place);
    }
    if (b->only)
        put_values(b, v, first < v->count ? first : 0);
    b->seen++;
}

/* ---- what a region made ---- */

static size_t buffer_at(const struct beside *b, const struct stage *s, enum stage_buffer which)
{
    return b->net->buffer[s->at[which]].at;
}

static struct view view_map(const struct beside *b, struct shape shape, const double *oracle)
{
    return (struct view){ .shape = shape, .row = (size_t)shape.w*(size_t)shape.c, .oracle = oracle,
                          .count = (size_t)b->oracle.n*(size_t)shape.c*(size_t)shape.h
                                   *(size_t)shape.w };
}

static void compare_output(struct beside *b, const char *title, int stage)
{
    const struct net *net = b->net;
    const struct stage *s = &net->stage[stage];
    int end = stage + 1 < net->nstages ? net->stage[stage + 1].head : net->nlayers;
    struct view v = view_map(b, s->out.shape, b->oracle.layer[end - 1].y);
    v.at = buffer_at(b, s, AT_Y) + s->out.origin;
    v.image = s->out.image;
    v.row = s->out.row;
    snprintf(v.what, sizeof v.what, "output");
    compare(b, title, &v);
}

/* The gradient of what the stage reads; of a sum, before the operation after it. */
static void compare_gradient(struct beside *b, const char *title, const struct stage *s)
{
    bool loss = s->kind == STAGE_LOSS, add = s->kind == STAGE_ADD;
    struct view v = view_map(b, s->in.shape, loss ? b->oracle.dscores
                                                  : b->oracle.layer[s->head].dx);
    v.at = buffer_at(b, s, add ? AT_DSUM : AT_DX);
    v.image = add ? s->dy_image : s->dx_image;
    snprintf(v.what, sizeof v.what, "gradient of its input");
    compare(b, title, &v);
}

static void compare_parameters(struct beside *b, const char *title, int stage)
{
    const struct model *m = b->engine.model;
    for (int k = 0; k < m->nparams; k++) {
        if (b->net->param[k].stage != stage || m->params[k].role == ROLE_STATISTIC)
            continue;
        struct view v = { .param = &m->params[k], .count = params_count(&m->params[k]),
                          .oracle = b->oracle.grad[k] };
        snprintf(v.what, sizeof v.what, "gradient of %s", strrchr(m->params[k].name, '.') + 1);
        compare(b, title, &v);
    }
}

static bool is_same(const char *title, const char *wanted)
{
    for (; *title && (*title == *wanted || (*title == ' ' && *wanted == '_')); title++)
        wanted++;
    return !*title && !*wanted;
}

static void seen(void *context, enum engine_list list, int index, double seconds)
{
    struct beside *b = context;
    const struct net *net = b->net;
    int r = list == ENGINE_FORWARD ? index : net->nforward + index;
    const struct region_plan *region = &net->region[r];
    const struct stage *s = &net->stage[region->stage];
    char title[2*NAME_MAX_LEN];
    (void)seconds;
    region_title(net, region, title, sizeof title);
    if (b->only && !is_same(title, b->only))
        return;
    switch (region->kind) {
    case REGION_FORWARD:
        compare_output(b, title, region->stage);
        break;
    case REGION_LOSS: case REGION_BACKWARD: case REGION_CONV_DGRAD: case REGION_AFFINE_BACKWARD:
    case REGION_NORM_BACKWARD: case REGION_DECONV_DGRAD:
        if (s->at[s->kind == STAGE_ADD ? AT_DSUM : AT_DX] != NO_BUFFER && s->needs_dx)
            compare_gradient(b, title, s);
        break;
    default:
        break;
    }
    if (r == s->backward_regions.last)
        compare_parameters(b, title, region->stage);
}

/* ---- the program ---- */

static const struct net *plan_of(const char *path, const struct model *m)
{
    static struct options o = { .command = "emit", .f64 = true };
    int status = 0;
    const struct net *net = read_net(&o, path, isa_find(m->isa), NULL, &status);
    if (net && net->arena != m->arena) {
        fprintf(stderr, "%s: the program was made of another network\n", path);
        net = NULL;
    } else if (net && net->nlayers > ORACLE_LAYERS) {
        fprintf(stderr, "%s: the oracle has room for %d layers\n", path, ORACLE_LAYERS);
        net = NULL;
    }
    return net;
}

static void run(struct beside *b)
{
    int32_t labels[MOST_IMAGES];
    struct hyper h = hyper(reg);
    fill(&b->engine, labels, b->oracle.n);
    load_oracle(&b->oracle, &b->engine);
    oracle_forward(&b->oracle);
    oracle_backward(&b->oracle, labels, reg);
    for (int k = 0; k < b->net->nparams; k++)
        for (size_t i = 0; i < params_count(&b->engine.model->params[k]); i++)
            b->gradients = fmax(b->gradients, fabs(b->oracle.grad[k][i]));
    printf("%-30s %-28s %9s %9s\n", "region", "tensor", "largest", "differs");
    b->engine.timing = seen;
    b->engine.timing_context = b;
    engine_step(&b->engine, b->oracle.n, labels, &h, UPDATE_STORE);
}

int main(int argc, char **argv)
{
    const struct model *m = lathe_models[0];
    char err[ERR_SIZE];
    if (argc < 2) {
        fputs("usage: beside NET [REGION]\n", stderr);
        return 2;
    }
    struct beside b = { .only = argc > 2 && *argv[2] ? argv[2] : NULL };
    if (!cpu_has(m->isa)) {
        fprintf(stderr, "this CPU lacks %s\n", cpu_needs(m->isa));
        return 2;
    }
    b.net = plan_of(argv[1], m);
    if (!b.net)
        return 2;
    if (!engine_open(&b.engine, m, 2, err)) {
        fprintf(stderr, "%s\n", err);
        return 2;
    }
    oracle_open(&b.oracle, m, m->batch < MOST_IMAGES ? m->batch : MOST_IMAGES);
    run(&b);
    if (!b.seen)
        fprintf(stderr, "no region \"%s\" makes what can be compared; lathe show %s --plan lists "
                "them\n", b.only, argv[1]);
    else if (b.first[0])
        printf("the first that differs: %s\n", b.first);
    else
        printf("nothing differs by more than %g of the largest\n", bound);
    oracle_close(&b.oracle);
    engine_close(&b.engine);
    return !b.seen ? 2 : b.first[0] != '\0';
}
