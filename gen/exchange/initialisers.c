/*
** initialisers.c - which of a file's tensors is which initialiser, by name. It must never replace
** some of them alone: a batchnorm that the exporter folded is in a weight whose name and shape are
** still those of the one without it.
*/
#include "exchange/initialisers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/file/pairing.h"
#include "runtime/file/weights.h"
#include "base/die.h"
#include "base/names.h"
#include "base/text.h"
#include "exchange/fold_math.h"

/* Where each tensor of the file goes, and which initialisers are a layer's. */
struct places {
    int *to;                    /* of the file's: the initialiser's number, or -1 */
    bool *unplaced;             /* of the file's: it should be somewhere, and is not */
    bool *layers, *lacking;     /* of the model's: a layer's; and the file has none for it */
    int named, without, lack;   /* how many names are in both; are unplaced; are lacking */
};

bool initialisers_aside(const char *name)
{
    return pairing_aside(name) || lists_word("data.mean data.mean_image data.factor", name);
}

/* ---- what is a layer's ---- */

/* As a state_dict has it: a bias that an Add has is known by its name alone. */
static bool called_as_parameter(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && lists_word("weight bias running_mean running_var", dot + 1);
}

/* Initialisers that a layer reads, itself or in another shape. `names` has them all. */
static void find_layers(const struct onnx_model *m, struct names *names, bool *layers)
{
    static const char readers[] = "Conv ConvTranspose Gemm MatMul BatchNormalization PRelu";
    static const char views[] = "Transpose Reshape Unsqueeze Squeeze Identity Cast CastLike";
    for (int i = 0; i < m->nnodes; i++) {       /* in an order in which values are made */
        const struct onnx_node *n = &m->nodes[i];
        const int at = n->ninputs ? names_find(names, n->inputs[0]) : -1;
        if (at >= 0 && n->noutputs && lists_word(views, n->op))
            names_add(names, n->outputs[0], at);
        for (int k = 0; k < n->ninputs; k++) {
            const int read = names_find(names, n->inputs[k]);
            if (read >= 0 && !is_whole(m->tensors[read].type)
                && ((k && lists_word(readers, n->op)) || called_as_parameter(n->inputs[k])))
                layers[read] = true;
        }
    }
}

/* ---- places ---- */

static bool same_shape(const struct tensor *t, const struct onnx_tensor *o)
{
    bool same = t->rank == o->ndims && t->rank <= TENSOR_MAX_RANK && t->count == o->count;
    for (int k = 0; same && k < t->rank; k++)
        same = t->dim[k] == (size_t)o->dims[k];
    return same;
}

static struct places find_places(const struct onnx_model *m, const struct safetensors *s)
{
    struct places p = { .to = alloc((size_t)s->count + 1, sizeof *p.to),
                        .unplaced = alloc((size_t)s->count + 1, sizeof *p.unplaced),
                        .layers = alloc((size_t)m->ntensors + 1, sizeof *p.layers),
                        .lacking = alloc((size_t)m->ntensors + 1, sizeof *p.lacking) };
    struct names names = { 0 };
    for (int k = 0; k < m->ntensors; k++)
        names_add(&names, m->tensors[k].name, k);
    bool *given = p.lacking;                    /* turned round below */
    for (int k = 0; k < s->count; k++) {
        const struct tensor *t = &s->tensor[k];
        const int at = names_find(&names, t->name);
        const bool fits = at >= 0 && !is_whole(m->tensors[at].type)
                          && same_shape(t, &m->tensors[at]);
        p.to[k] = fits ? at : -1;
        p.unplaced[k] = !fits && !initialisers_aside(t->name);
        p.named += at >= 0 && (fits || p.unplaced[k]);
        p.without += p.unplaced[k];
        if (fits)
            given[at] = true;
    }
    find_layers(m, &names, p.layers);
    for (int k = 0; k < m->ntensors; k++) {
        p.lacking[k] = p.layers[k] && !given[k];
        p.lack += p.lacking[k];
    }
    names_free(&names);
    return p;
}

/* ---- what is said ---- */

struct tensors_text tensors_text(const struct tensor *tensor, int count, const bool *marked)
{
    enum { ITEM = 160, MORE = 24 };
    struct tensors_text out = { "" };
    char shape[WEIGHTS_SHAPE];
    size_t at = 0;
    int more = 0;
    for (int k = 0; k < count; k++) {
        if (!marked[k])
            continue;
        if (at + ITEM + MORE > sizeof out.text) {
            more++;
            continue;
        }
        weights_shape(&tensor[k], shape);
        at += (size_t)snprintf(out.text + at, ITEM, "%s%.80s (%.60s)", at ? ", " : "",
                               tensor[k].name, shape);
    }
    if (more)
        snprintf(out.text + at, MORE, " and %d more", more);
    return out;
}

/* The model's, as tensors of a file. */
static struct tensors_text lacking_text(const struct onnx_model *m, const bool *lacking)
{
    struct tensor *t = alloc((size_t)m->ntensors + 1, sizeof *t);
    for (int k = 0; k < m->ntensors; k++) {
        const struct onnx_tensor *o = &m->tensors[k];
        t[k] = (struct tensor){ .name = o->name, .rank = o->ndims };
        for (int d = 0; d < o->ndims; d++)
            t[k].dim[d] = (size_t)o->dims[d];
    }
    const struct tensors_text text = tensors_text(t, m->ntensors, lacking);
    free(t);
    return text;
}

static bool has_norm(const struct safetensors *s, const bool *marked)
{
    for (int k = 0; k < s->count; k++) {
        const char *dot = strrchr(s->tensor[k].name, '.');
        if (marked[k] && dot && !strcmp(dot, ".running_mean"))
            return true;
    }
    return false;
}

static void say_places(const struct onnx_model *m, const char *path, const struct safetensors *s,
                       const struct places *p, char *err)
{
    const struct tensors_text ours = lacking_text(m, p->lacking);
    const struct tensors_text theirs = tensors_text(s->tensor, s->count, p->unplaced);
    const char *folded = has_norm(s, p->unplaced) ? "; a batchnorm that the exporter folded into "
        "other weights stays one with training=torch.onnx.TrainingMode.PRESERVE, "
        "do_constant_folding=False and dynamo=False, or with dynamo=True and optimize=False" : "";
    error_set(err, "%s: some of its tensors are called as the model's initialisers, not all:%s%s%s"
              "%s%s%s%s%s", path, p->without ? " it has " : "", theirs.text,
              p->without ? ", which the model has not" : "", p->without && p->lack ? ";" : "",
              p->lack ? " the model has " : "", ours.text, p->lack ? ", which it has not" : "",
              folded);
}

/* ---- all ---- */

static bool put_values(struct onnx_model *m, const char *path, const struct safetensors *s,
                       const struct places *p, char *err)
{
    for (int k = 0; k < s->count; k++)
        if (p->to[k] >= 0 && (!weights_readable(path, &s->tensor[k], err)
                              || !weights_finite(path, &s->tensor[k], true, err)))
            return false;
    for (int k = 0; k < s->count; k++)
        if (p->to[k] >= 0)
            weights_doubles(&s->tensor[k], m->tensors[p->to[k]].values);
    return true;
}

enum placed initialisers_take(struct onnx_model *model, const char *path,
                              const struct safetensors *s, char *err)
{
    if (weights_own(s))
        return PLACED_NONE;
    struct places p = find_places(model, s);
    enum placed placed = !p.named ? PLACED_NONE : p.without || p.lack ? PLACED_SOME : PLACED_ALL;
    if (placed == PLACED_SOME)
        say_places(model, path, s, &p, err);
    else if (placed == PLACED_ALL && !put_values(model, path, s, &p, err))
        placed = PLACED_WRONG;
    free(p.to);
    free(p.unplaced);
    free(p.layers);
    free(p.lacking);
    return placed;
}
