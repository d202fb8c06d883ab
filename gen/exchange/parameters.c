/*
** parameters.c - parameters of a network's file. It must never hand out one that its program would
** refuse.
*/
#include "exchange/parameters.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "runtime/file/pairing.h"
#include "runtime/settings/settings.h"
#include "base/text.h"
#include "plan/canonical.h"

struct tensor parameters_wanted(const struct net *net, const struct net_param *p)
{
    int dim[PARAM_RANK];
    struct tensor t = { .name = p->name, .rank = param_shape(net, p, dim), .count = 1 };
    for (int k = 0; k < t.rank; k++) {
        t.dim[k] = (size_t)dim[k];
        t.count *= t.dim[k];
    }
    return t;
}

/* A file of Lathe's says which network it is of. */
static bool same_network(const struct parameters *p, const struct net *net, char *err)
{
    struct text ours = { 0 };
    if (!weights_own(&p->file))
        return true;
    fingerprint(net, &ours);
    const bool same = weights_same_layers(p->path, safetensors_metadata(&p->file, "layers"),
                                          text_string(&ours), err);
    text_free(&ours);
    return same;
}

static const struct tensor *take(const struct parameters *p, const struct tensor *wanted, char *err)
{
    const struct tensor *t = weights_find(p->path, &p->file, wanted, err);
    return t && weights_finite(p->path, t, true, err) ? t : NULL;
}

/* All of them; where they are called otherwise stderr says which is which. */
static bool find_tensors(struct parameters *p, const struct net *net, char *err)
{
    const int count = net->nparams;
    struct tensor *wanted = alloc((size_t)count, sizeof *wanted);
    for (int k = 0; k < count; k++)
        wanted[k] = parameters_wanted(net, &net->param[k]);
    const enum pairing how = pairing_find(p->path, &p->file, wanted, count, false, p->tensor, err);
    bool good = how != PAIRING_NONE;
    for (int k = 0; good && k < count; k++)
        good = p->tensor[k] ? weights_finite(p->path, p->tensor[k], true, err)
                            : weights_find(p->path, &p->file, &wanted[k], err) != NULL;
    if (good && how == PAIRING_ORDERED) {
        visible_print(stderr, "%s: its tensors are called otherwise\n", p->path);
        pairing_say(wanted, count, p->tensor, stderr);
    }
    free(wanted);
    return good;
}

static bool read_preprocessing(struct parameters *p, const struct net *net, char *err)
{
    const char *how = safetensors_metadata(&p->file, "preprocessing");
    struct tensor wanted[2];
    p->preprocess = how ? setting_preprocess(how) : PREPROCESS_NONE;
    if (p->preprocess == PREPROCESS_KINDS)
        return error_set(err, "%s: preprocessing \"%s\" is not known", p->path, how);
    if (!weights_values(p->path, &p->file, &p->values, err))
        return false;
    p->prepared = how || p->values.type[0];
    p->h = net->input.h;
    p->w = net->input.w;
    weights_extent(&p->file, &p->h, &p->w);
    const int count = weights_data(p->preprocess, net->input.c, p->h, p->w, wanted);
    if (count > 0)
        p->mean = take(p, &wanted[0], err);
    if (count > 1)
        p->factor = take(p, &wanted[1], err);
    return (count == 0 || p->mean) && (count < 2 || p->factor);
}

bool parameters_read(struct parameters *p, const char *path, const struct net *net, char *err)
{
    *p = (struct parameters){ .path = path };
    if (!safetensors_read(&p->file, path, err))
        return false;
    p->tensor = alloc((size_t)net->nparams, sizeof *p->tensor);
    bool good = weights_format(path, &p->file, err) && same_network(p, net, err)
                && find_tensors(p, net, err);
    good = good && read_preprocessing(p, net, err);
    if (!good)
        parameters_free(p);
    return good;
}

void parameters_free(struct parameters *p)
{
    safetensors_close(&p->file);
    free(p->tensor);
    *p = (struct parameters){ .path = NULL };
}

const struct tensor *parameters_of(const struct parameters *p, const struct net *net,
                                   const struct layer *l, const char *what)
{
    const size_t length = strlen(l->name);
    for (int k = 0; k < net->nparams; k++) {
        const char *name = net->param[k].name;
        if (!strncmp(name, l->name, length) && name[length] == '.'
            && !strcmp(name + length + 1, what))
            return p->tensor[k];
    }
    return NULL;
}

float *parameters_floats(const struct tensor *t)
{
    float *values = alloc(t->count, sizeof *values);
    weights_floats(t, values);
    return values;
}

float *parameters_mean_window(const struct parameters *p, struct shape in)
{
    const size_t top = (size_t)(p->h - in.h)/2, left = (size_t)(p->w - in.w)/2;
    float *whole = parameters_floats(p->mean);
    float *window = alloc((size_t)in.c*(size_t)in.h*(size_t)in.w, sizeof *window), *at = window;
    for (size_t c = 0; c < (size_t)in.c; c++)
        for (size_t y = 0; y < (size_t)in.h; y++, at += in.w)
            memcpy(at, whole + (c*(size_t)p->h + y + top)*(size_t)p->w + left,
                   (size_t)in.w*sizeof *at);
    free(whole);
    return window;
}
