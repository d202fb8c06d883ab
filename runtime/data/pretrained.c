/*
** pretrained.c - matches a file's tensors with a network's parameters, and says what came of it.
** It must never change an engine before the file was found good.
*/
#include "data/pretrained.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"
#include "core/params.h"
#include "data/values.h"
#include "file/pairing.h"
#include "settings/settings.h"

/* ---- which are selected ---- */

/* Length of a layer's name in a tensor's, which is all before the last dot. */
static size_t pretrained_layer(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

static bool pretrained_fits(const char *pattern, const char *name)
{
    char layer[256];
    snprintf(layer, sizeof layer, "%.*s", (int)pretrained_layer(name), name);
    return !fnmatch(pattern, name, 0) || (*layer && !fnmatch(pattern, layer, 0));
}

static bool pretrained_selects(const struct option_list *only, const char *name)
{
    bool any = false, selected = false;
    for (int k = 0; k < only->count; k++) {
        const bool out = only->word[k][0] == '!';
        const bool fits = pretrained_fits(only->word[k] + out, name);
        if (out && fits)
            return false;
        any = any || !out;
        selected = selected || fits;
    }
    return selected || !any;
}

/* "conv1.weight (16, 3, 3, 3), conv1.bias (16), bn1.weight (16) and 40 more" */
enum { PRETRAINED_SOME = 512 };
static const char *pretrained_some(const struct tensor *tensor, const struct param *param,
                                   int count, char out[PRETRAINED_SOME])
{
    enum { MOST = 3 };
    char shape[WEIGHTS_SHAPE];
    int at = 0;
    for (int k = 0; k < count && k < MOST; k++) {
        const struct tensor t = tensor ? tensor[k] : param_file_tensor(&param[k], NULL);
        weights_shape(&t, shape);
        at += snprintf(out + at, (size_t)(PRETRAINED_SOME - at), "%s%.60s (%.60s)",
                       k ? ", " : "", t.name, shape);
    }
    if (count > MOST)
        snprintf(out + at, (size_t)(PRETRAINED_SOME - at), " and %d more", count - MOST);
    return out;
}

bool pretrained_patterns(const struct option_list *only, const struct model *m, char *err)
{
    char some[PRETRAINED_SOME];
    for (int k = 0; k < only->count; k++) {
        const char *pattern = only->word[k] + (only->word[k][0] == '!');
        int i = 0;
        while (i < m->nparams && !pretrained_fits(pattern, m->params[i].name))
            i++;
        if (i == m->nparams)
            return error_set(err, "--from-only %s: fits no tensor of this network and no layer's "
                             "name; it has %s", only->word[k],
                             pretrained_some(NULL, m->params, m->nparams, some));
    }
    return true;
}

/* ---- which are taken ---- */

/* Nothing of a file is for this network. */
static bool pretrained_nothing(const struct pretrained *p, const struct model *m, char *err)
{
    char theirs[PRETRAINED_SOME], ours[PRETRAINED_SOME];
    if (p->file.count == 0)
        return error_set(err, "%s: holds no tensors", p->path);
    return error_set(err, "%s: none of its tensors has name and shape of one of this network's%s: "
                     "it holds %s, the network has %s; tensors are to be called as `./%s info` "
                     "lists them, or layers in the network file as the tensors (NAME: conv ...)",
                     p->path, p->only->count ? " that --from-only selects" : "",
                     pretrained_some(p->file.tensor, NULL, p->file.count, theirs),
                     pretrained_some(NULL, m->params, m->nparams, ours), m->name);
}

static bool pretrained_advises(const struct model *m, char *err)
{
    char what[ERR_SIZE];
    snprintf(what, sizeof what, "%s", err);
    return error_set(err, "%s; tensors are to be called as `./%s info` lists them, or layers in "
                     "the network file as the tensors (NAME: conv ...)", what, m->name);
}

/* Those that are not selected are nobody's, and what is taken is to be finite. */
static bool pretrained_match(struct pretrained *p, const struct model *m, char *err)
{
    struct tensor *wanted = param_file_wanted(m);
    if (!wanted)
        return error_set(err, "%s: not enough memory", p->path);
    const enum pairing how = pairing_find(p->path, &p->file, wanted, m->nparams, true, p->taken,
                                          err);
    bool good = how != PAIRING_NONE || !p->file.count || pretrained_advises(m, err);
    p->ordered = how == PAIRING_ORDERED;
    for (int k = 0; good && k < m->nparams; k++) {
        if (!pretrained_selects(p->only, wanted[k].name))
            p->taken[k] = NULL;
        good = !p->taken[k] || param_file_finite(p->path, p->taken[k], err);
        p->ntaken += p->taken[k] != NULL;
    }
    free(wanted);
    return good && (p->ntaken || pretrained_nothing(p, m, err));
}

bool pretrained_open(struct pretrained *p, const char *path, const struct option_list *only,
                     const struct model *m, char *err)
{
    *p = (struct pretrained){ .path = path, .only = only };
    if (!safetensors_read(&p->file, path, err))
        return false;
    p->taken = calloc((size_t)m->nparams + 1, sizeof *p->taken);
    return (p->taken || error_set(err, "%s: not enough memory", path))
           && weights_format(path, &p->file, err) && pretrained_match(p, m, err);
}

void pretrained_close(struct pretrained *p)
{
    safetensors_close(&p->file);
    free(p->taken);
    *p = (struct pretrained){ .path = NULL };
}

bool pretrained_set(const struct pretrained *p, struct engine *e, char *err)
{
    real *values = malloc((params_total(e->model) + 1)*sizeof *values);
    if (!values)
        return error_set(err, "%s: not enough memory", p->path);
    for (int k = 0; k < e->model->nparams; k++)
        if (p->taken[k]) {
            param_file_values(p->taken[k], values);
            params_set(&e->model->params[k], e->arena + e->model->params[k].at, values);
        }
    engine_pack_all(e);
    free(values);
    return true;
}

/* ---- how images are prepared ---- */

/* Why the file's mean is not taken; "": it is, in *theirs. */
static void pretrained_unfit(const struct pretrained *p, const struct model *m,
                             enum preprocess_kind kind, const struct dataset *data,
                             struct preprocess *theirs, char *why, size_t size)
{
    struct values values;
    char err[ERR_SIZE], text[2][64];
    why[0] = 0;
    if (!param_file_preprocess(p->path, &p->file, m, theirs, err)
        || !weights_values(p->path, &p->file, &values, err))
        snprintf(why, size, "the file's cannot be read");
    else if (theirs->kind != kind)
        snprintf(why, size, "the file %s%s", safetensors_metadata(&p->file, "preprocessing")
                 ? "was trained with --preprocess " : "has ", preprocess_words[theirs->kind]);
    else if (!preprocess_fits(theirs, &data->fit, err))
        snprintf(why, size, "the file's is of images of %dx%d", theirs->h, theirs->w);
    else if (!values_alike(&values, &data->values))
        snprintf(why, size, "the file's is of %s, these images hold %s",
                 values_say(&values, text[0], sizeof text[0]),
                 values_say(&data->values, text[1], sizeof text[1]));
}

bool pretrained_prepares(struct pretrained *p, const struct model *m, enum preprocess_kind kind,
                         const struct dataset *data, struct preprocess *out)
{
    char why[192];
    pretrained_unfit(p, m, kind, data, out, why, sizeof why);
    const char *how = kind == PREPROCESS_NONE ? "as they are" : "by their own mean";
    if (*why)
        snprintf(p->images, sizeof p->images, "%s; %s", how, why);
    else if (kind != PREPROCESS_NONE)
        snprintf(p->images, sizeof p->images, "by the file's mean");
    if (*why)
        preprocess_free(out);
    return !*why;
}

/* ---- what is said ---- */

/* A list that is broken into lines; of many the first ones. */
struct pretrained_list { FILE *out; const char *head; size_t column; int items; };

enum { PRETRAINED_WIDTH = 79, PRETRAINED_ITEMS = 20 };

static void pretrained_item(struct pretrained_list *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void pretrained_item(struct pretrained_list *l, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (l->items++ >= PRETRAINED_ITEMS)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const size_t length = strlen(text), first = strlen(l->head) + strlen("  : ");
    if (l->items == 1) {
        fprintf(l->out, "  %s: ", l->head);
        l->column = first + length;
    } else if (l->column + length + strlen(", ,") > PRETRAINED_WIDTH) {
        fprintf(l->out, ",\n    ");
        l->column = strlen("    ") + length;
    } else {
        fprintf(l->out, ", ");
        l->column += strlen(", ") + length;
    }
    visible_print(l->out, "%s", text);
}

static void pretrained_end(const struct pretrained_list *l)
{
    const size_t more = strlen(" and 1000000 more");
    if (l->items > PRETRAINED_ITEMS)
        fprintf(l->out, "%s and %d more", l->column + more > PRETRAINED_WIDTH ? "\n   " : "",
                l->items - PRETRAINED_ITEMS);
    if (l->items)
        fputc('\n', l->out);
}

/* Those of all names that are listed, whole layers as `conv1.*`. */
static void pretrained_names(FILE *out, const char *head, const char *const *all,
                             const bool *listed, int count)
{
    struct pretrained_list l = { out, head, 0, 0 };
    for (int k = 0, end; k < count; k = end) {
        const size_t layer = pretrained_layer(all[k]);
        bool whole = layer > 0 && listed[k];
        for (end = k + 1; end < count && pretrained_layer(all[end]) == layer
                          && strncmp(all[end], all[k], layer) == 0; end++)
            whole = whole && listed[end];
        if (whole && end > k + 1)
            pretrained_item(&l, "%.*s.*", (int)layer, all[k]);
        for (int i = k; i < end && !(whole && end > k + 1); i++)
            if (listed[i])
                pretrained_item(&l, "%s", all[i]);
    }
    pretrained_end(&l);
}

/* What became of each parameter. */
enum pretrained_fate { PRETRAINED_TAKEN, PRETRAINED_MISSING, PRETRAINED_OTHER, PRETRAINED_OUT,
                       PRETRAINED_FATES };
static const char *const pretrained_fates[] = {
    "taken", "new", "new, of another shape or type", "new, for --from-only leaves them out"
};

static enum pretrained_fate pretrained_fate(const struct pretrained *p, const struct model *m,
                                            int k)
{
    const char *name = m->params[k].name;
    return p->taken[k] ? PRETRAINED_TAKEN
           : !pretrained_selects(p->only, name) ? PRETRAINED_OUT
           : safetensors_find(&p->file, name) ? PRETRAINED_OTHER : PRETRAINED_MISSING;
}

/* "head.weight (9, 64) -> (10, 64)" */
static void pretrained_others(const struct pretrained *p, const struct model *m, FILE *out)
{
    struct pretrained_list l = { out, pretrained_fates[PRETRAINED_OTHER], 0, 0 };
    char theirs[WEIGHTS_SHAPE], ours[WEIGHTS_SHAPE];
    for (int k = 0; k < m->nparams; k++) {
        if (pretrained_fate(p, m, k) != PRETRAINED_OTHER)
            continue;
        const struct tensor wanted = param_file_tensor(&m->params[k], NULL);
        const struct tensor *t = safetensors_find(&p->file, wanted.name);
        weights_shape(t, theirs);
        weights_shape(&wanted, ours);
        if (strcmp(theirs, ours) != 0)
            pretrained_item(&l, "%s (%s) -> (%s)", wanted.name, theirs, ours);
        else
            pretrained_item(&l, "%s of type %s", wanted.name, safetensors_type_name(t->type));
    }
    pretrained_end(&l);
}

/* Neither parameters of a network nor left over: counters of PyTorch's batchnorms, the data's
** mean, a checkpoint's state. */
static bool pretrained_aside(const struct pretrained *p, const char *name)
{
    return pairing_aside(name)
           || (weights_own(&p->file)
               && (strncmp(name, "data.", 5) == 0 || strncmp(name, "state.", 6) == 0));
}

static bool pretrained_takes(const struct pretrained *p, const struct model *m, const char *name)
{
    int k = 0;
    while (k < m->nparams && (!p->taken[k] || strcmp(p->taken[k]->name, name) != 0))
        k++;
    return k < m->nparams;
}

static void pretrained_say_left(const struct pretrained *p, const struct model *m,
                                const char **name, bool *listed, FILE *out)
{
    int count = 0;
    for (int k = 0; k < p->file.count; k++) {
        const char *of = p->file.tensor[k].name;
        if (pretrained_aside(p, of))
            continue;
        name[count] = of;
        listed[count++] = p->ordered ? !pretrained_takes(p, m, of) : params_find(m, of) < 0;
    }
    pretrained_names(out, "left over", name, listed, count);
}

static void pretrained_say_fates(const struct pretrained *p, const struct model *m,
                                 const char **name, bool *listed, FILE *out)
{
    for (enum pretrained_fate fate = PRETRAINED_TAKEN; fate < PRETRAINED_FATES; fate++) {
        for (int k = 0; k < m->nparams; k++) {
            name[k] = m->params[k].name;
            listed[k] = pretrained_fate(p, m, k) == fate;
        }
        if (fate == PRETRAINED_OTHER)
            pretrained_others(p, m, out);
        else
            pretrained_names(out, pretrained_fates[fate], name, listed, m->nparams);
    }
}

void pretrained_say(const struct pretrained *p, const struct model *m, FILE *out)
{
    const size_t most = (size_t)(p->file.count > m->nparams ? p->file.count : m->nparams);
    const char **name = calloc(most + 1, sizeof *name);
    bool *listed = calloc(most + 1, sizeof *listed);
    struct tensor *wanted = param_file_wanted(m);
    const bool all = p->ntaken == m->nparams;
    visible_print(out, "from %s: ", p->path);
    if (all)
        fprintf(out, "all %d tensors taken\n", m->nparams);
    else
        fprintf(out, "%d of %d tensors taken\n", p->ntaken, m->nparams);
    if (wanted && p->ordered)
        pairing_say(wanted, m->nparams, p->taken, out);
    if (name && listed && !all)
        pretrained_say_fates(p, m, name, listed, out);
    if (name && listed)
        pretrained_say_left(p, m, name, listed, out);
    if (*p->images)
        visible_print(out, "  images: %s\n", p->images);
    free(name);
    free(listed);
    free(wanted);
}
