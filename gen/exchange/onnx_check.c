/*
** onnx_check.c - whether a model's values are made once and before they are used. Time and memory
** are in proportion to the file.
*/
#include "exchange/onnx_file.h"

#include <stdio.h>

#include "runtime/base/error.h"
#include "base/names.h"

/* Who makes a value: a node, by its number, or none. */
enum { BY_INPUT = 0, BY_TENSOR = 1, BY_NODE = 2 };

void onnx_node_name(const struct onnx_node *n, int number, char *room, size_t size)
{
    snprintf(room, size, "node %d \"%.80s\" (%.40s)", number, n->name, n->op);
}

static void maker_name(const struct onnx_model *m, int by, char *room, size_t size)
{
    if (by >= BY_NODE) {
        size_t length = (size_t)snprintf(room, size, "output of ");
        onnx_node_name(&m->nodes[by - BY_NODE], by - BY_NODE, room + length, size - length);
    } else
        snprintf(room, size, by == BY_INPUT ? "input" : "initialiser");
}

static bool make(const struct onnx_model *m, struct names *makers, const char *name, int by,
                 char *err)
{
    int before = names_find(makers, name);
    char first[160], second[160];
    if (before >= 0) {
        maker_name(m, before, first, sizeof first);
        maker_name(m, by, second, sizeof second);
        return error_set(err, "the value \"%.80s\" is made twice, as %s and as %s: names are made "
                         "once; export it again", name, first, second);
    }
    names_add(makers, name, by);
    return true;
}

static bool make_all(const struct onnx_model *m, struct names *makers, char *err)
{
    for (int k = 0; k < m->ninputs; k++)
        if (!make(m, makers, m->inputs[k].name, BY_INPUT, err))
            return false;
    for (int k = 0; k < m->ntensors; k++)
        if (!make(m, makers, m->tensors[k].name, BY_TENSOR, err))
            return false;
    for (int i = 0; i < m->nnodes; i++)
        for (int k = 0; k < m->nodes[i].noutputs; k++)
            if (*m->nodes[i].outputs[k]
                && !make(m, makers, m->nodes[i].outputs[k], BY_NODE + i, err))
                return false;
    return true;
}

/* Of the node `user`, whose inputs are to be there before it. */
static bool uses_what_is(const struct onnx_model *m, const struct names *makers, int user,
                         char *err)
{
    const struct onnx_node *n = &m->nodes[user];
    char who[160], maker[160];
    for (int k = 0; k < n->ninputs; k++) {
        int by = *n->inputs[k] ? names_find(makers, n->inputs[k]) : BY_INPUT;
        if (by >= 0 && by < BY_NODE + user)
            continue;
        onnx_node_name(n, user, who, sizeof who);
        if (by < 0)
            return error_set(err, "%s uses the value \"%.80s\", which is no input, no initialiser "
                             "and no node's output: the file is incomplete; export it again", who,
                             n->inputs[k]);
        onnx_node_name(&m->nodes[by - BY_NODE], by - BY_NODE, maker, sizeof maker);
        return error_set(err, "%s uses the value \"%.80s\", which %s makes after that: nodes go in "
                         "a circle or stand in the wrong order; export it again", who, n->inputs[k],
                         by == BY_NODE + user ? "it" : maker);
    }
    return true;
}

bool onnx_check(const struct onnx_file *file, const struct onnx_model *m, char *err)
{
    struct names makers = { 0 };
    bool good = make_all(m, &makers, err);
    for (int i = 0; i < m->nnodes && good; i++)
        good = uses_what_is(m, &makers, i, err);
    for (int k = 0; k < m->noutputs && good; k++)
        if (names_find(&makers, m->outputs[k].name) < 0)
            good = error_set(err, "byte %zu: the output \"%.80s\" is made by no node: the file is "
                             "incomplete; export it again", file->model.graph->outputs[k].place,
                             m->outputs[k].name);
    names_free(&makers);
    return good;
}
