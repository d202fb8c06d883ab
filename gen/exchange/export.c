/*
** export.c - a network as a model of ONNX: images, then layer by layer, then scores. It must never
** write what a program of the network would not compute.
*/
#include "exchange/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "exchange/graph.h"

/* ---- images ---- */

/* A step of the preparation: x OP constant. `dim`: of the constant, at the end of (C, H, W). */
static void prepare(struct graph *g, const char *op, const char *output, const char *constant,
                    const int64_t *dim, int rank, const float *values)
{
    onnx_put_floats(&g->out, constant, dim, rank, values);
    onnx_put_node(&g->out, op, output);
    onnx_put_input(&g->out, g->input.name);
    onnx_put_input(&g->out, constant);
    snprintf(g->input.name, sizeof g->input.name, "%s", output);
}

/* 0 to 255 to the values that the network was trained on. */
static void put_scale(struct graph *g, const struct values_scale *s)
{
    const int64_t dim[] = { s->pairs, 1, 1 };
    float factor[VALUES_PAIRS], zero[VALUES_PAIRS];
    bool shifts = false;
    for (int k = 0; k < s->pairs; k++) {
        factor[k] = (float)((s->full[k] - s->zero[k])/255);
        zero[k] = (float)s->zero[k];
        shifts = shifts || s->zero[k] != 0;
    }
    prepare(g, "Mul", "input/scaled", "input/factor", dim, 3, factor);
    if (shifts)
        prepare(g, "Add", "input/shifted", "input/zero", dim, 3, zero);
}

static void put_mean_image(struct graph *g)
{
    const struct shape in = g->net->input;
    const int64_t dim[] = { in.c, in.h, in.w };
    float *window = parameters_mean_window(g->parameters, in);
    prepare(g, "Sub", "input/centred", g->parameters->mean->name, dim, 3, window);
    free(window);
}

static void put_images(struct graph *g)
{
    const struct parameters *p = g->parameters;
    const struct shape in = g->net->input;
    const int64_t shape[] = { in.c, in.h, in.w }, channels[] = { in.c, 1, 1 };
    g->input = (struct graph_value){ .name = "input", .shape = in };
    onnx_put_graph_input(&g->out, g->input.name, shape, 3);
    if (!g->options->preprocess)
        return;
    if (g->options->scale && !values_scale_plain(g->options->scale))
        put_scale(g, g->options->scale);
    if (p->mean && p->mean->rank == 3) {
        put_mean_image(g);
    } else if (p->mean) {
        float *mean = parameters_floats(p->mean);
        prepare(g, "Sub", "input/centred", p->mean->name, channels, 3, mean);
        free(mean);
    }
    if (p->factor) {
        float *factor = parameters_floats(p->factor);
        prepare(g, "Mul", "input/prepared", p->factor->name, channels, 3, factor);
        free(factor);
    }
}

/* ---- all ---- */

static void put_scores(struct graph *g)
{
    const struct graph_value *v = &g->value[g->net->nlayers - 1];
    const int64_t shape[] = { v->shape.c, v->shape.h, v->shape.w };
    onnx_put_graph_output(&g->out, g->options->softmax ? "probabilities" : "scores", shape,
                          v->row ? 1 : 3);
}

bool export_onnx(const struct net *net, const struct parameters *p,
                 const struct export_options *o, struct text *out, char *err)
{
    struct graph g = { .net = net, .parameters = p, .options = o };
    const char *classes = safetensors_metadata(&p->file, "classes");
    const struct onnx_note note = { "classes", classes };
    g.value = alloc((size_t)net->nlayers, sizeof *g.value);
    put_images(&g);
    for (int i = 0; i < net->nlayers; i++)
        graph_layer(&g, i);
    put_scores(&g);
    free(g.value);
    return onnx_put_model(&g.out, net->name, &note, classes != NULL, out)
           || error_set(err, "%s: its model would have %.1f GiB: a file of ONNX ends at 2 GiB",
                        net->path, (double)out->length/(1 << 30));
}
