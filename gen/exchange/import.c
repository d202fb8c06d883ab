/*
** import.c - an ONNX model as a network file: nodes become parts, parts blocks, blocks lines. What
** the loss is to be, which no model says, is decided here.
*/
#include "exchange/import.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/settings/settings.h"
#include "exchange/labels.h"
#include "exchange/netfile.h"
#include "exchange/operators.h"
#include "exchange/pointwise.h"
#include "exchange/views.h"

/* ---- the end ---- */

/* The model's output comes from the Softmax by other views alone. */
static bool ends_in(const struct incoming *g, int output, int value)
{
    for (int v = output; v >= 0; v = g->value[v].via)
        if (v == value)
            return incoming_private(g, output);
    return false;
}

static bool same_values(struct shape a, struct shape b)
{
    const bool row = a.h == 1 && a.w == 1 && (int64_t)a.c == (int64_t)b.c*b.h*b.w;
    return row || (a.c == b.c && a.h == b.h && a.w == b.w);
}

static bool find_output(struct imported *m)
{
    struct incoming *g = &m->in;
    const char *name = m->model.outputs[0].name;
    const int value = incoming_value(g, name);
    if (value < 0 || g->value[value].kind == VALUE_CONSTANT)
        return refuse(g, -1, "output \"%s\" does not depend on the images", name);
    m->last = pointwise_part(g, value);
    m->output = g->value[value];
    if (m->last == PART_NONE)
        return g->refused ? false : refuse(g, -1, "output \"%s\" cannot be said", name);
    if (g->softmax && !ends_in(g, value, g->softmax))
        return refuse(g, g->value[g->softmax].node, "stands before other nodes; as the model's end "
                      "it can be said: the loss stands for it");
    m->end = !g->softmax ? END_SCORES : g->log ? END_LOG_SOFTMAX : END_SOFTMAX;
    struct shape s = part_shape(g, m->last);
    if (g->softmax && (s.h > 1 || s.w > 1)) {       /* one row of all of them */
        m->last = view_map(g, g->value[g->softmax].node, value);
        m->output = g->value[value];
        if (m->last == PART_NONE)
            return false;
        s = part_shape(g, m->last);
    }
    if (g->softmax && (s.h > 1 || s.w > 1))
        return refuse(g, g->value[g->softmax].node, "over a map of %dx%dx%d; over one score a "
                      "class can be said", s.c, s.h, s.w);
    if (g->softmax && s.c < 2)
        return refuse(g, g->value[g->softmax].node, "over one score");
    return true;
}

/* A sigmoid of an image's scores at the end is the loss's, unless the images are the target. */
static void take_sigmoid(struct imported *m)
{
    const struct part *p = m->last >= 0 ? &m->in.part[m->last] : NULL;
    const bool probabilities = !m->in.own || !strcmp(m->model.outputs[0].name, "probabilities");
    if (!p || m->end != END_SCORES || p->l.kind != LAYER_SIGMOID || p->l.out.h > 1 || p->l.out.w > 1
        || same_values(p->l.out, m->in.input) || !probabilities)
        return;
    m->end = END_SIGMOID;
    m->last = p->from[0];
}

/* The loss, and why it. */
static const char *loss_of(const struct imported *m, const char **why)
{
    const struct shape s = part_shape(&m->in, m->last);
    if (m->end == END_SOFTMAX || m->end == END_LOG_SOFTMAX) {
        *why = m->end == END_SOFTMAX ? "softmax is the model's last node, Softmax"
               : "softmax is the model's last node, LogSoftmax";
        return "softmax";
    }
    if (m->end == END_SIGMOID) {
        *why = "the model ends in Sigmoid: bce, of several labels an image, has it";
        return "bce";
    }
    if (same_values(s, m->in.input)) {
        *why = "the output has the input's shape: mse target=input, an autoencoder's";
        return "mse target=input";
    }
    const bool sigmoid = m->last >= 0 && m->in.part[m->last].l.kind == LAYER_SIGMOID;
    if (s.h > 1 || s.w > 1 || s.c < 2 || sigmoid) {
        *why = "the model does not say its loss: mse is assumed, of targets of the output's shape";
        return "mse";
    }
    *why = "the model does not say its loss: softmax is assumed, of scores one a class";
    return "softmax";
}

/* ---- the images ---- */

static enum preprocess_kind preprocess_of(const struct network_parts *p, int channels)
{
    bool scaled = false;
    for (int k = 0; p->factor && k < channels; k++)
        scaled |= (float)p->factor[k] != 1;
    return !p->mean ? PREPROCESS_NONE : p->per == 1 ? PREPROCESS_CHANNEL_NORM
           : scaled ? PREPROCESS_SCALE : PREPROCESS_MEAN_IMAGE;
}

/* ---- the file ---- */

/* Names of a model and of its file as one line of text that a terminal may see. */
static void clean(struct text *t)
{
    for (size_t k = 0; k < t->length; k++)
        if ((unsigned char)t->at[k] < ' ' || t->at[k] == 127)
            t->at[k] = '?';
}

static void put_head(struct imported *m, const char *path, const char *name, const char *why)
{
    const struct onnx_model *model = &m->model;
    const struct shape in = m->in.input;
    const char *slash = strrchr(path, '/');
    struct text *t = &m->file;
    text_printf(t, "# Imported by lathe from %s: ", slash ? slash + 1 : path);
    text_printf(t, "%s%s%.*s, opset %lld.", *model->producer ? model->producer : "no producer "
                "named", *model->producer_version ? " " : "",
                (int)strcspn(model->producer_version, " "), model->producer_version,
                (long long)model->opset);
    clean(t);
    text_printf(t, "\n# Loss: %s.\n", why);
    if (m->preprocess != PREPROCESS_NONE)
        text_puts(t, "# The model's first nodes prepare the images: the parameter file does, as "
                  "preprocessing.\n");
    text_printf(t, "net %s\n", name);
    if (in.h == 1 && in.w > 1)
        text_printf(t, "input %dx%d\n\n", in.c, in.w);
    else
        text_printf(t, "input %dx%dx%d\n\n", in.c, in.h, in.w);
}

static bool write_file(struct imported *m, const char *path, const char *name)
{
    const char *why, *loss = loss_of(m, &why);
    if (!blocks_make(&m->in, m->last, &m->parts))
        return false;
    m->preprocess = preprocess_of(&m->parts, m->in.input.c);
    put_head(m, path, name, why);
    netfile_layers(&m->in, &m->parts.all, &m->file);
    text_printf(&m->file, "%s\n\ntrain\n  preprocess %s\n", loss, preprocess_words[m->preprocess]);
    m->norder = netfile_order(&m->parts.all, &m->order);
    for (int k = 0; k < m->norder; k++)
        if (m->in.part[m->order[k]].tensor[0])
            return true;
    return refuse(&m->in, -1, "the model has no weights: a network here has some to train");
}

bool import_open(struct imported *m, const char *path)
{
    *m = (struct imported){ .end = END_SCORES };
    return onnx_read(path, &m->model);
}

bool import_read(struct imported *m, const char *path, const char *name)
{
    if (!incoming_open(&m->in, &m->model, path))
        return false;
    if (!operators_read(&m->in) || !find_output(m))
        return false;
    take_sigmoid(m);
    return write_file(m, path, name);
}

/* ---- parameters ---- */

bool import_doubles(const struct imported *m)
{
    return m->model.inputs[0].type == ONNX_F64;
}

/* The part of a layer: layers have the order that the file has. */
static const struct part *part_of(const struct imported *m, const struct net *net, int layer)
{
    int at = 0;
    for (int k = 0; k < layer; k++)
        at += !is_fork(net->layer[k].kind) && !ends_branches(net->layer[k].kind);
    return at < m->norder ? &m->in.part[m->order[at]] : NULL;
}

const double *import_param(const struct imported *m, const struct net *net,
                           const struct net_param *p)
{
    static const char *const names[PART_TENSORS] = { "weight", "bias", "running_mean",
                                                     "running_var" };
    const struct part *part = part_of(m, net, net->stage[p->stage].head);
    const char *dot = strrchr(p->name, '.');
    for (int k = 0; part && dot && k < PART_TENSORS; k++)
        if (!strcmp(dot + 1, names[k]) && part->tensor[k])
            return part->tensor[k];
    DIE("parameter %s is no part's", p->name);
}

const char *import_called(const struct imported *m, const struct net *net,
                          const struct net_param *p)
{
    const struct part *part = part_of(m, net, net->stage[p->stage].head);
    return part && part->hint[0] ? part->hint[0] : "";
}
