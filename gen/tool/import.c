/*
** import.c - `lathe import`. It must never write one file of the two where the other cannot be.
*/
#include "tool/import.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "runtime/file/weights.h"
#include "runtime/settings/settings.h"
#include "exchange/import.h"
#include "exchange/initialisers.h"
#include "exchange/labels.h"
#include "exchange/parameters.h"
#include "plan/canonical.h"
#include "tool/build.h"
#include "tool/check.h"
#include "tool/read.h"

/* ---- parameters ---- */

enum { DATA_TENSORS = 2 };

struct parameter_file { struct tensor *tensor; int count; bool doubles; };

static void put_tensor(struct parameter_file *f, struct tensor t, const double *values)
{
    float *single = alloc(t.count + 1, sizeof *single);
    t.type = f->doubles ? TENSOR_F64 : TENSOR_F32;
    t.data = values;
    for (size_t k = 0; k < t.count && !f->doubles; k++)
        single[k] = (float)values[k];
    if (!f->doubles)
        t.data = single;
    f->tensor[f->count++] = t;
}

/* The model's own, or those of `weights`. */
static void put_params(struct parameter_file *f, const struct imported *m, const struct net *net,
                       const struct parameters *weights)
{
    for (const struct net_param *p = net->param; p < net->param + net->nparams; p++) {
        const struct tensor t = parameters_wanted(net, p);
        double *values = weights->path ? alloc(t.count, sizeof *values) : NULL;
        if (values)
            weights_doubles(weights->tensor[p - net->param], values);
        put_tensor(f, t, values ? values : import_param(m, net, p));
    }
}

static void put_preprocess(struct parameter_file *f, const struct imported *m)
{
    const struct shape in = m->in.input;
    struct tensor data[DATA_TENSORS];
    const int count = weights_data(m->preprocess, in.c, in.h, in.w, data);
    for (int k = 0; k < count; k++)
        put_tensor(f, data[k], k ? m->parts.factor : m->parts.mean);
}

static bool write_parameters(const char *path, const struct imported *m, const struct net *net,
                             const struct parameters *weights, char *err)
{
    struct parameter_file f = { .doubles = import_doubles(m) };
    struct text layers = { 0 };
    fingerprint(net, &layers);
    f.tensor = alloc((size_t)net->nparams + DATA_TENSORS, sizeof *f.tensor);
    put_params(&f, m, net, weights);
    put_preprocess(&f, m);
    const struct tensor_metadata metadata[] = {
        { "format", WEIGHTS_FORMAT }, { "network", net->name }, { "layers", text_string(&layers) },
        { "preprocessing", preprocess_words[m->preprocess] },
    };
    /* Where no node prepares the images nothing is known of how they were. */
    const int entries = m->preprocess == PREPROCESS_NONE ? 3 : 4;
    bool good = safetensors_write(path, f.tensor, f.count, metadata, entries, err);
    text_free(&layers);
    free(f.tensor);
    return good;
}

/* ---- files ---- */

struct names_of { char net[NAME_MAX_LEN], *file, *params; };

/* -o NAME, or the model's name without its end, in this folder. */
static void name_files(const struct options *o, struct names_of *names)
{
    static const char *const ends[] = { ".onnx", ".net" };
    const char *slash = strrchr(o->net[0], '/');
    const char *given = o->output ? o->output : slash ? slash + 1 : o->net[0];
    size_t length = strlen(given);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (length > strlen(ends[k]) && !strcmp(given + length - strlen(ends[k]), ends[k]))
            length -= strlen(ends[k]);
    struct text file = { 0 }, params = { 0 }, stem = { 0 };
    text_add(&stem, given, length);
    text_printf(&file, "%s.net", text_string(&stem));
    text_printf(&params, "%s.safetensors", text_string(&stem));
    label_file(text_string(&stem), names->net);
    names->file = file.at;
    names->params = params.at;
    text_free(&stem);
}

static bool write_network(const char *path, const struct text *file)
{
    struct page page;
    if (!page_open(&page, path))
        return false;
    fwrite(file->at, 1, file->length, page.f);
    return page_close(&page);
}

/* ---- --weights FILE ---- */

/* By the names of the model's initialisers, before the network is made of them. */
static enum placed place_weights(struct imported *m, const char *path, char *err)
{
    struct safetensors file;
    if (!safetensors_read(&file, path, err))
        return PLACED_WRONG;
    const enum placed placed = initialisers_take(&m->model, path, &file, err);
    safetensors_close(&file);
    return placed;
}

/* None is a parameter that the model calls by the name of another tensor. */
static bool as_called(const struct imported *m, const struct net *net, const struct parameters *p,
                      char *err)
{
    for (int k = 0; k < net->nparams; k++) {
        const struct tensor *t = p->tensor[k];
        const struct tensor *called = safetensors_find(&p->file, import_called(m, net,
                                                                               &net->param[k]));
        if (called && called != t && !strcmp(strrchr(net->param[k].name, '.'), ".weight"))
            return error_set(err, "%s: its tensor %s is called as what the model has where by "
                             "order and shape %s comes to stand, the weights of %s", p->path,
                             called->name, t->name, net->param[k].name);
    }
    return true;
}

static bool all_taken(const struct net *net, const struct parameters *p, char *err)
{
    const struct safetensors *s = &p->file;
    bool *left = alloc((size_t)s->count + 1, sizeof *left);
    int count = 0;
    for (int k = 0; k < s->count; k++)
        left[k] = !initialisers_aside(s->tensor[k].name);
    for (int k = 0; k < net->nparams; k++)
        left[p->tensor[k] - s->tensor] = false;
    for (int k = 0; k < s->count; k++)
        count += left[k];
    const struct tensors_text text = tensors_text(s->tensor, s->count, left);
    free(left);
    return !count || error_set(err, "%s: it has %s, which the network has not", p->path, text.text);
}

/* By the network's names, else by order and shape. Where some names are the model's, err says
** already which are not. */
static bool find_weights(const struct imported *m, const struct net *net, const char *path,
                         enum placed placed, struct parameters *p, char *err)
{
    char why[ERR_SIZE];
    const bool read = parameters_read(p, path, net, why), own = read && weights_own(&p->file);
    if (!read || (!own && !all_taken(net, p, why)))
        return placed != PLACED_SOME && error_set(err, "%s", why);
    return own || as_called(m, net, p, err);
}

bool import_model(struct options *o)
{
    struct imported m;
    struct names_of names;
    struct check check = { .x_path = o->check[0], .y_path = o->check[1] };
    enum placed placed = PLACED_NONE;
    char err[ERR_SIZE];
    int status;
    name_files(o, &names);
    if (!claim(names.file, OUTPUT_NETWORK) || !claim(names.params, OUTPUT_PARAMS))
        return false;
    if (!import_open(&m, o->net[0]))
        return false;
    if (o->weights)
        placed = place_weights(&m, o->weights, err);
    if (placed == PLACED_WRONG)
        return failed(err);
    if (!import_read(&m, o->net[0], names.net)) {
        if (m.in.refused > 1)
            visible_print(stderr, "%s: %d errors; nothing is written\n", o->net[0], m.in.refused);
        return false;
    }
    if (o->check[0] && !check_open(&check, &m, err))
        return failed(err);
    o->batch = o->check[0] ? check.batch : 1;
    struct net *net = read_text(o, names.file, text_string(&m.file), &status);
    if (!net)
        return false;
    struct parameters weights = { .path = NULL };
    const bool find = o->weights && placed != PLACED_ALL;
    if ((find && !find_weights(&m, net, o->weights, placed, &weights, err))
        || !write_parameters(names.params, &m, net, &weights, err))
        return failed(err);
    if (!write_network(names.file, &m.file))
        return false;
    visible_print(stderr, "imported %s and %s\n", names.file, names.params);
    return !o->check[0] || check_run(&check, &m, net, names.params);
}
