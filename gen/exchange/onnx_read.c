/*
** onnx_read.c - from the messages of an ONNX file to the model that they describe. Every error says
** where it is and what would do; nothing of the file is believed before it is checked.
*/
#include "exchange/onnx_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "runtime/file/file.h"
#include "runtime/file/foreign.h"
#include "base/die.h"
#include "base/names.h"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void *room(struct onnx_file *file, size_t count, size_t size, char *err)
{
    void *at = proto_room(&file->heap, count, size);
    if (!at)
        error_set(err, "wants more than %d MiB of memory, which is the most that a model may take",
                  ONNX_MIB);
    return at;
}

/* ---- nodes ---- */

/* By what is there, where no type is written. */
static int attribute_type(const struct onnx_file_attribute *a)
{
    return a->ntype && a->type >= 0 && a->type <= INT_MAX ? (int)a->type
           : a->ngraph || a->ngraphs ? ONNX_GRAPH : a->t ? ONNX_TENSOR
           : a->a.nfloats ? ONNX_FLOATS : a->a.nints ? ONNX_INTS
           : a->ns ? ONNX_TEXT : a->nf ? ONNX_FLOAT : a->ni ? ONNX_INT : 0;
}

static bool read_attribute(struct onnx_file *file, const struct onnx_file_attribute *from,
                           struct onnx_attribute *a, const char *node, char *err)
{
    *a = from->a;
    a->name = or_empty(a->name);
    a->type = attribute_type(from);
    if (from->ngraph || from->ngraphs)
        return error_set(err, "byte %zu: %s has a graph within it (\"%.40s\"), as conditions and "
                         "loops have: only networks whose layers always run are read; export it "
                         "with what is decided", from->place, node, a->name);
    if (from->from)
        return error_set(err, "byte %zu: %s takes its attribute \"%.40s\" from a function, but is "
                         "in none", from->place, node, a->name);
    char *s = room(file, from->s.size + 1, 1, err);
    if (!s)
        return false;
    if (from->s.size)
        memcpy(s, from->s.at, from->s.size);
    a->s = s;
    if (a->type == ONNX_TENSOR && !from->t)
        return error_set(err, "byte %zu: %s has no tensor in its attribute \"%.40s\"", from->place,
                         node, a->name);
    if (!from->t)
        return true;
    a->t = room(file, 1, sizeof *a->t, err);
    return a->t && onnx_decode(file, from->t, a->t, err);
}

static void name_all(const char **names, int n)
{
    for (int k = 0; k < n; k++)
        names[k] = or_empty(names[k]);
}

static bool read_node(struct onnx_file *file, const struct onnx_file_node *from, int number,
                      struct onnx_node *n, char *err)
{
    char who[160];
    *n = from->n;
    n->name = or_empty(n->name);
    n->op = or_empty(n->op);
    n->domain = or_empty(n->domain);
    if (!strcmp(n->domain, "ai.onnx"))
        n->domain = "";
    name_all(n->inputs, n->ninputs);
    name_all(n->outputs, n->noutputs);
    onnx_node_name(n, number, who, sizeof who);
    if (!*n->op)
        return error_set(err, "byte %zu: %s has no operator", from->place, who);
    n->nattributes = from->nattributes;
    n->attributes = room(file, (size_t)n->nattributes, sizeof *n->attributes, err);
    if (!n->attributes)
        return false;
    for (int k = 0; k < n->nattributes; k++)
        if (!read_attribute(file, &from->attributes[k], &n->attributes[k], who, err))
            return false;
    return true;
}

static bool read_nodes(struct onnx_file *file, struct onnx_model *m, char *err)
{
    const struct onnx_graph *g = file->model.graph;
    m->nnodes = g->nnodes;
    m->nodes = room(file, (size_t)m->nnodes, sizeof *m->nodes, err);
    for (int k = 0; k < m->nnodes && m->nodes; k++)
        if (!read_node(file, &g->nodes[k], k, &m->nodes[k], err))
            return false;
    return m->nodes;
}

/* ---- values ---- */

static void read_value(const struct onnx_file_value *from, struct onnx_value *v)
{
    const struct onnx_tensor_type *t = from->type ? from->type->tensor : NULL;
    const struct onnx_shape *shape = t ? t->shape : NULL;
    v->name = or_empty(from->name);
    v->type = t && t->type > 0 && t->type < INT_MAX ? (int)t->type : 0;
    v->ndims = shape && shape->ndims <= ONNX_DIMS ? shape->ndims : -1;
    for (int k = 0; k < v->ndims; k++) {
        const struct onnx_dim *d = &shape->dims[k];
        v->dims[k] = d->nvalue && d->value >= 0 ? d->value : -1;
    }
}

/* Inputs may be initialisers, too: their default values, which count here. */
static bool read_values(struct onnx_file *file, struct onnx_model *m, char *err)
{
    const struct onnx_graph *g = file->model.graph;
    struct names tensors = { 0 };
    m->inputs = room(file, (size_t)g->ninputs, sizeof *m->inputs, err);
    m->outputs = m->inputs ? room(file, (size_t)g->noutputs, sizeof *m->outputs, err) : NULL;
    if (!m->outputs)
        return false;
    for (int k = 0; k < m->ntensors; k++)
        names_add(&tensors, m->tensors[k].name, k);
    for (int k = 0; k < g->ninputs; k++)
        if (names_find(&tensors, or_empty(g->inputs[k].name)) < 0)
            read_value(&g->inputs[k], &m->inputs[m->ninputs++]);
    for (int k = 0; k < g->noutputs; k++)
        read_value(&g->outputs[k], &m->outputs[m->noutputs++]);
    names_free(&tensors);
    return true;
}

static bool read_tensors(struct onnx_file *file, struct onnx_model *m, char *err)
{
    const struct onnx_graph *g = file->model.graph;
    m->ntensors = g->ntensors;
    m->tensors = room(file, (size_t)m->ntensors, sizeof *m->tensors, err);
    for (int k = 0; k < m->ntensors && m->tensors; k++)
        if (!onnx_decode(file, &g->tensors[k], &m->tensors[k], err))
            return false;
    return m->tensors;
}

/* ---- the file ---- */

/* What else may lie there, beyond what every reader knows (foreign.h). */
static bool is_other(const unsigned char *bytes, size_t size, char *err)
{
    static const struct { size_t at; const char *start; const char *is; } others[] = {
        { 0, "\xff\xd8\xff", "a JPEG picture" },
        { 0, "\x89PNG", "a PNG picture" },
        { 0, "GIF8", "a GIF picture" },
        { 4, "TFL3", "a TensorFlow Lite model: python3 -m tf2onnx.convert --tflite turns it into "
          "ONNX" },
        { 4, "ORTM", "a model of ONNX Runtime's own format (.ort): take the .onnx that it was made "
          "of" },
        { 8, "{\"", "a safetensors file: weights alone, without their network" },
        { 0, "net ", "a network file of lathe" },
        { 0, "7767517", "a network of ncnn" },
        { 0, "ir_version:", "an ONNX model as text: onnx.load(FILE, format=\"textproto\") and "
          "onnx.save make the file" },
    };
    const char *foreign = foreign_what(bytes, size);
    if (foreign)
        return !error_set(err, "%s", foreign);
    if (!size)
        return !error_set(err, "is empty, an ONNX model was expected");
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        size_t length = strlen(others[k].start);
        if (size >= others[k].at + length && !memcmp(bytes + others[k].at, others[k].start, length))
            return !error_set(err, "is no ONNX model, but %s", others[k].is);
    }
    return false;
}

static bool check_file(const struct onnx_file *file, char *err)
{
    const struct onnx_file_model *m = &file->model;
    int64_t opset = onnx_opset(m->opsets, m->nopsets);
    if (!opset)
        return error_set(err, "names no opset of ONNX's own operators, one from %d to %d was "
                         "expected: export it with opset_version=17", ONNX_OLDEST, ONNX_NEWEST);
    if (opset < ONNX_OLDEST || opset > ONNX_NEWEST)
        return error_set(err, "is of opset %lld, %d to %d are read: export it with "
                         "opset_version=17, or onnx.version_converter.convert_version(model, 17)",
                         (long long)opset, ONNX_OLDEST, ONNX_NEWEST);
    if (m->graph->nsparse)
        return error_set(err, "has %d sparse initialisers, which are not read: export it with "
                         "dense ones", m->graph->nsparse);
    if (m->graph->nnodes > ONNX_NODES)
        return error_set(err, "has %d nodes, %d at most were expected", m->graph->nnodes,
                         ONNX_NODES);
    return true;
}

static bool read_file(struct onnx_file *file, char *err)
{
    struct stat st;
    char why[ERR_SIZE] = "";
    if (!stat(file->path, &st) && S_ISREG(st.st_mode) && st.st_size > INT_MAX)
        return error_set(err, "has %lld bytes, a protobuf 2147483647 at most: weights beyond that "
                         "belong in a file beside it", (long long)st.st_size);
    file->bytes = file_read(file->path, &file->size, why);
    if (!file->bytes) {     /* the reader's message begins with the path */
        size_t length = strlen(file->path) + 2;
        return error_set(err, "%s", strlen(why) > length ? why + length : why);
    }
    struct proto p = { file->bytes, file->size, &file->heap, why };
    bool good = proto_read(&p, 0, file->size, &onnx_model_message, &file->model);
    if (good && file->model.graph)
        return check_file(file, err);
    if (is_other(file->bytes, file->size, err))
        return false;
    if (good)
        return error_set(err, "is no ONNX model: it has no graph; torch.onnx.export and tf2onnx "
                         "write such files");
    enum { IR_VERSION = 1 << 3 };   /* begins what every exporter writes */
    if (file->bytes[0] == IR_VERSION)
        return error_set(err, "%s", why);
    return error_set(err, "is no ONNX model (%s); torch.onnx.export and tf2onnx write such files",
                     why);
}

static bool read_model(struct onnx_file *file, struct onnx_model *m, char *err)
{
    if (!read_file(file, err) || !onnx_inline(file, err))
        return false;
    m->ir = file->model.ir;
    m->opset = onnx_opset(file->model.opsets, file->model.nopsets);
    m->producer = or_empty(file->model.producer);
    m->producer_version = or_empty(file->model.producer_version);
    m->graph = or_empty(file->model.graph->name);
    return read_tensors(file, m, err) && read_values(file, m, err) && read_nodes(file, m, err)
           && onnx_check(file, m, err);
}

bool onnx_read(const char *path, struct onnx_model *model)
{
    char err[ERR_SIZE];
    *model = (struct onnx_model){ .file = alloc(1, sizeof *model->file) };
    model->file->path = path;
    model->file->heap.most = (size_t)ONNX_MIB << 20;
    if (read_model(model->file, model, err))
        return true;
    visible_print(stderr, "%s: error: %s\n", path, err);
    onnx_free(model);
    return false;
}

void onnx_free(struct onnx_model *model)
{
    if (model->file) {
        proto_free(&model->file->heap);
        free(model->file->bytes);
        free(model->file);
    }
    *model = (struct onnx_model){ 0 };
}
