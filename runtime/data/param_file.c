/*
** param_file.c - parameters to and from a safetensors file. It must never change the
** engine before the whole file was found good.
*/
#include "data/param_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/stream.h"
#include "base/visible.h"
#include "core/params.h"
#include "data/values.h"
#include "file/pairing.h"
#include "file/weights.h"
#include "settings/settings.h"

static const enum tensor_type param_file_real = LATHE_F64 ? TENSOR_F64 : TENSOR_F32;

/* Class names, one a line whatever is in them; NULL: unknown, or no memory. */
static char *param_file_classes(const struct dataset *data)
{
    char *text = NULL;
    size_t size;
    FILE *out = data && data->class_names ? open_memstream(&text, &size) : NULL;
    for (int k = 0; out && k < data->classes; k++)
        visible_print(out, k > 0 ? "\n%s" : "%s", data->class_names[k]);
    if (out && fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

struct tensor param_file_tensor(const struct param *p, const real *values)
{
    struct tensor t = { .name = p->name, .type = param_file_real, .rank = p->rank,
                        .data = values, .count = params_count(p) };
    for (int k = 0; k < p->rank; k++)
        t.dim[k] = (size_t)p->dim[k];
    return t;
}

/* What preprocessing leaves in a file. */
static int param_file_data_tensors(const struct model *m, const struct preprocess *p,
                                   struct tensor out[2])
{
    const int count = weights_data(p->kind, m->in_c, p->h, p->w, out);
    for (int k = 0; k < count; k++) {
        out[k].type = param_file_real;
        out[k].data = k ? p->factor : p->mean;
    }
    return count;
}

/* Everything that is put together; freed by its caller. */
struct param_file_parts {
    struct tensor *tensors; int count;
    struct tensor_metadata *metadata; int entries;
    char *classes;
    char validation[64];
    char values[64];
};

static void param_file_say(struct param_file_parts *parts, const char *key, const char *value)
{
    parts->metadata[parts->entries++] = (struct tensor_metadata){ key, value };
}

static void param_file_gather(const struct param_file *f, struct param_file_parts *parts)
{
    const struct preprocess *p = f->preprocess;
    const enum preprocess_kind kind = p && p->mean ? p->kind : PREPROCESS_NONE;
    const real *at = f->values;
    for (int k = 0; k < f->model->nparams; k++) {
        parts->tensors[k] = param_file_tensor(&f->model->params[k], at);
        at += parts->tensors[k].count;
    }
    parts->count = f->model->nparams;
    if (kind != PREPROCESS_NONE)
        parts->count += param_file_data_tensors(f->model, p, parts->tensors + parts->count);
    for (int k = 0; k < f->nmore; k++)
        parts->tensors[parts->count++] = f->more[k];
    param_file_say(parts, "format", WEIGHTS_FORMAT);
    param_file_say(parts, "network", f->model->name);
    param_file_say(parts, "layers", f->model->layers);
    param_file_say(parts, "preprocessing", preprocess_words[kind]);
    if (f->data && f->data->values.type[0]) {
        values_write(&f->data->values, parts->values, sizeof parts->values);
        param_file_say(parts, "values", parts->values);
    }
    if (parts->classes)
        param_file_say(parts, "classes", parts->classes);
    if (f->data && f->data->crop)
        param_file_say(parts, "crop", "yes");
    if (f->data && f->data->val_drawn) {
        snprintf(parts->validation, sizeof parts->validation, "drawn %zu of %zu",
                 f->data->val.count, f->data->val.count + f->data->fit.count);
        param_file_say(parts, "validation", parts->validation);
    }
    if (f->state)
        param_file_say(parts, "state", f->state);
}

bool param_file_write(const char *path, const struct param_file *f, char *err)
{
    enum { ENTRIES = 8, DATA_TENSORS = 2 };
    struct param_file_parts parts = { .classes = param_file_classes(f->data) };
    size_t tensors = (size_t)f->model->nparams + DATA_TENSORS + (size_t)f->nmore;
    parts.tensors = calloc(tensors, sizeof *parts.tensors);
    parts.metadata = calloc(ENTRIES, sizeof *parts.metadata);
    const bool named = parts.classes || !f->data || !f->data->class_names;
    bool good = (parts.tensors && parts.metadata && named)
                || error_set(err, "%s: not enough memory to save the parameters", path);
    if (good) {
        param_file_gather(f, &parts);
        good = safetensors_write(path, parts.tensors, parts.count, parts.metadata, parts.entries,
                                 err);
    }
    free(parts.tensors);
    free(parts.metadata);
    free(parts.classes);
    return good;
}

bool param_file_save(const char *path, const struct engine *e, const struct preprocess *p,
                     const struct dataset *data, char *err)
{
    real *values = malloc(params_total(e->model)*sizeof(real));
    if (!values)
        return error_set(err, "%s: not enough memory to save the parameters", path);
    params_get_all(e, values);
    const struct param_file f = { .model = e->model, .values = values, .preprocess = p,
                                  .data = data };
    bool good = param_file_write(path, &f, err);
    free(values);
    return good;
}

void param_file_metadata(const struct model *m, FILE *out)
{
    const char *const entries[][2] = {
        { "format", WEIGHTS_FORMAT }, { "network", m->name }, { "layers", m->layers },
        { "preprocessing", preprocess_words[PREPROCESS_NONE] },
    };
    for (size_t k = 0; k < sizeof entries / sizeof *entries; k++) {
        fprintf(out, "%s\"%s\": \"", k ? ", " : "{", entries[k][0]);
        for (const char *s = entries[k][1]; *s; s++)
            if (*s == '"' || *s == '\\' || (unsigned char)*s < ' ')
                fprintf(out, "\\u%04x", (unsigned)(unsigned char)*s);
            else
                putc(*s, out);
        putc('"', out);
    }
    fputs("}\n", out);
}

/* Its values in the program's precision. */
void param_file_values(const struct tensor *t, real *out)
{
#if LATHE_F64
    weights_doubles(t, out);
#else
    weights_floats(t, out);
#endif
}

bool param_file_finite(const char *path, const struct tensor *t, char *err)
{
    return weights_finite(path, t, !LATHE_F64, err);
}

/* Of `wanted`'s shape, those that no parameter is called: what it may be named there. */
static void param_file_candidates(const struct safetensors *s, const struct model *m,
                                  const struct tensor *wanted, char *out, size_t size)
{
    enum { MOST = 3 };
    size_t at = 0;
    int found = 0;
    char theirs[WEIGHTS_SHAPE], ours[WEIGHTS_SHAPE];
    weights_shape(wanted, ours);
    out[0] = 0;
    for (int k = 0; k < s->count; k++) {
        const struct tensor *t = &s->tensor[k];
        weights_shape(t, theirs);
        if (strcmp(theirs, ours) != 0 || params_find(m, t->name) >= 0 || found++ >= MOST)
            continue;
        at += (size_t)snprintf(out + at, size - at, "%s%.64s", at ? ", " : "", t->name);
    }
    if (found > MOST)
        snprintf(out + at, size - at, " and %d more", found - MOST);
}

/* What another tool's file lacks, and what helps. */
static bool param_file_lacks(const char *path, const struct safetensors *s, const struct model *m,
                             const struct tensor *wanted, char *err)
{
    char what[ERR_SIZE/2], candidates[512], shape[WEIGHTS_SHAPE];
    const bool there = safetensors_find(s, wanted->name);
    snprintf(what, sizeof what, "%s", err);
    weights_shape(wanted, shape);
    if (!there)
        param_file_candidates(s, m, wanted, candidates, sizeof candidates);
    if (!there && *candidates)
        return error_set(err, "%s; of its shape, (%s), there is %s: tensors are to be called as "
                         "`./%s info` lists them, or layers in the network file as the tensors "
                         "(NAME: conv ...)", what, shape, candidates, m->name);
    return error_set(err, "%s; `./%s train --from %s` begins with those that fit", what, m->name,
                     path);
}

struct tensor *param_file_wanted(const struct model *m)
{
    struct tensor *wanted = calloc((size_t)m->nparams + 1, sizeof *wanted);
    for (int k = 0; wanted && k < m->nparams; k++)
        wanted[k] = param_file_tensor(&m->params[k], NULL);
    return wanted;
}

/* One that has no tensor: why. */
static bool param_file_misses(const char *path, const struct safetensors *s,
                              const struct model *m, const struct tensor *wanted, char *err)
{
    weights_find(path, s, wanted, err);
    return weights_own(s) ? false : param_file_lacks(path, s, m, wanted, err);
}

static bool param_file_take(const char *path, const struct safetensors *s, const struct model *m,
                            const struct tensor *wanted, const struct tensor **taken,
                            bool *ordered, char *err)
{
    const char *layers = safetensors_metadata(s, "layers");
    if (!weights_format(path, s, err)
        || (weights_own(s) && !weights_same_layers(path, layers, m->layers, err)))
        return false;
    const enum pairing how = pairing_find(path, s, wanted, m->nparams, false, taken, err);
    *ordered = how == PAIRING_ORDERED;
    for (int k = 0; how != PAIRING_NONE && k < m->nparams; k++)
        if (taken[k] ? !param_file_finite(path, taken[k], err)
                     : !param_file_misses(path, s, m, &wanted[k], err))
            return false;
    return how != PAIRING_NONE;
}

bool param_file_check(const char *path, const struct safetensors *s, const struct model *m,
                      const struct tensor **taken, char **pairing, char *err)
{
    struct tensor *wanted = param_file_wanted(m);
    const struct tensor **found = calloc((size_t)m->nparams + 1, sizeof *found);
    size_t size;
    bool ordered = false, good = (wanted && found) || error_set(err, "%s: not enough memory", path);
    good = good && param_file_take(path, s, m, wanted, found, &ordered, err);
    if (good && taken)
        memcpy(taken, found, (size_t)m->nparams*sizeof *found);
    FILE *text = good && pairing && ordered ? stream_memory(pairing, &size) : NULL;
    if (text) {
        visible_print(text, "%s: its tensors are called otherwise\n", path);
        pairing_say(wanted, m->nparams, found, text);
        good = stream_close(text) || error_set(err, "%s: not enough memory", path);
    }
    free(wanted);
    free(found);
    return good;
}

bool param_file_preprocess(const char *path, const struct safetensors *s, const struct model *m,
                           struct preprocess *p, char *err)
{
    const char *how = safetensors_metadata(s, "preprocessing");
    struct tensor wanted[2];
    *p = (struct preprocess){ .kind = how ? setting_preprocess(how) : PREPROCESS_NONE };
    if (p->kind == PREPROCESS_KINDS)
        return error_set(err, "%s: preprocessing \"%s\": expected none, mean_image, scale or "
                         "channel_norm", path, how);
    p->h = m->in_h;
    p->w = m->in_w;
    weights_extent(s, &p->h, &p->w);
    int count = param_file_data_tensors(m, p, wanted);
    for (int k = 0; k < count; k++) {
        const struct tensor *t = weights_find(path, s, &wanted[k], err);
        if (t && !param_file_finite(path, t, err))
            t = NULL;
        real *values = t ? malloc(t->count*sizeof(real)) : NULL;
        if (!values) {
            preprocess_free(p);
            return t ? error_set(err, "%s: not enough memory", path) : false;
        }
        param_file_values(t, values);
        *(k ? &p->factor : &p->mean) = values;
    }
    return true;
}

static void param_file_set(const struct tensor *const *taken, struct engine *e, real *values)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        param_file_values(taken[k], values);
        params_set(p, e->arena + p->at, values);
        if (!e->inference) {
            memset(e->arena + p->m, 0, p->stored*sizeof(real));
            memset(e->arena + p->v, 0, p->stored*sizeof(real));
        }
    }
    engine_pack_all(e);
}

bool param_file_load(const char *path, struct engine *e, struct param_file_info *info,
                     char *err)
{
    struct safetensors s;
    *info = (struct param_file_info){ .preprocess.mean = NULL };
    if (!safetensors_read(&s, path, err))
        return false;
    real *values = malloc(params_total(e->model)*sizeof(real));
    const struct tensor **taken = calloc((size_t)e->model->nparams + 1, sizeof *taken);
    bool good = (values && taken) || error_set(err, "%s: not enough memory", path);
    good = good && param_file_check(path, &s, e->model, taken, &info->pairing, err) &&
           weights_values(path, &s, &info->values, err) &&
           param_file_preprocess(path, &s, e->model, &info->preprocess, err);
    if (good) {
        const char *classes = safetensors_metadata(&s, "classes");
        const char *drawn = safetensors_metadata(&s, "validation");
        if (!drawn || sscanf(drawn, "drawn %zu of %zu", &info->drawn, &info->drawn_of) != 2)
            info->drawn = info->drawn_of = 0;
        param_file_set(taken, e, values);
        info->prepared = safetensors_metadata(&s, "preprocessing") || info->values.type[0];
        info->crop = safetensors_metadata(&s, "crop") != NULL;
        info->classes = classes ? strdup(classes) : NULL;
    }
    free(values);
    free(taken);
    safetensors_close(&s);
    return good;
}

void param_file_info_free(struct param_file_info *info)
{
    preprocess_free(&info->preprocess);
    free(info->classes);
    free(info->pairing);
    info->classes = info->pairing = NULL;
}
