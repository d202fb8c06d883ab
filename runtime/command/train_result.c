/*
** train_result.c - where a run with --result lies, whether it is done, and what came out of it.
*/
#include "command/train_result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "core/objective.h"
#include "file/run_result.h"
#include "settings/option_text.h"

const char *const train_result_free[] = { "--checkpoint-every", NULL };

/* The path without an ending that it has, and another one. */
static void train_result_ending(const char *path, const char *end, const char *other,
                                char name[TRAIN_NAME])
{
    const size_t length = strlen(path), cut = strlen(end);
    const bool ends = length > cut && strcmp(path + length - cut, end) == 0;
    snprintf(name, TRAIN_NAME, "%.*s%s", (int)(ends ? length - cut : length), path, other);
}

void train_checkpoint_name(const char *params, char checkpoint[TRAIN_NAME])
{
    train_result_ending(params, ".safetensors", ".checkpoint.safetensors", checkpoint);
}

/* Devices are written as they are, and say nothing of a run. */
static bool train_result_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

const char *train_result_names(struct train_result *r, int argc, char **argv,
                               char params[TRAIN_NAME], char checkpoint[TRAIN_NAME])
{
    const char *path = options_peek("--result", argc, argv);
    if (!path || !train_result_is_file(path))
        return NULL;
    train_result_ending(path, ".json", ".safetensors", params);
    const char *own = options_peek("--checkpoint", argc, argv);
    const char *saved = options_peek("--params", argc, argv);
    train_checkpoint_name(saved ? saved : params, checkpoint);
    r->goes_on = access(path, F_OK) != 0 && access(own ? own : checkpoint, F_OK) == 0;
    return !r->goes_on ? NULL : own ? own : checkpoint;
}

uint64_t train_result_layers(const struct model *m)
{
    const size_t type = sizeof(real);
    uint64_t hash = hash_bytes(HASH_START, m->layers, strlen(m->layers));
    hash = hash_bytes(hash, &type, sizeof type);
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        const double own[] = { p->own.set, p->own.optimizer, p->own.reg, p->own.lr_decay,
                               p->own.schedule, p->own.freeze, p->init, p->first };
        hash = hash_bytes(hash_bytes(hash, own, sizeof own), p->own.rate, sizeof p->own.rate);
    }
    return hash;
}

enum train_result_state train_result_look(const struct train_result *r, const struct model *m,
                                          const struct option_row *rows, int nrows,
                                          const char *text, char *err)
{
    struct run_result there;
    struct option_conflict c;
    bool missing;
    if (!r->path || !train_result_is_file(r->path))
        return TRAIN_RESULT_NONE;
    if (!run_result_read(&there, r->path, &missing, err))
        return missing ? TRAIN_RESULT_NONE : TRAIN_RESULT_OTHER;
    enum train_result_state state = TRAIN_RESULT_OTHER;
    if (strcmp(there.network, m->name) != 0 || there.layers != train_result_layers(m))
        error_set(err, "%s: is there, and the result of another network (%s); remove it, or name "
                  "another file with --result", r->path, there.network);
    else if (!option_text_agree(rows, nrows, there.options, text, train_result_free, &c))
        error_set(err, "%s: is there, and the result of a run in which %s is %s, and it is %s here;"
                  " remove it, or name another file with --result", r->path, c.name, c.theirs,
                  c.ours);
    else
        state = TRAIN_RESULT_DONE;
    run_result_close(&there);
    return state;
}

bool train_result_write(const struct train_result *r, const struct model *m, const char *text,
                        const struct solver_report *report, char *err)
{
    const struct run_result result = {
        .network = m->name, .layers = train_result_layers(m), .options = text,
        .iterations = report->iterations, .less = !has_labels(m),
        .best = report->best_check >= 0 ? report->best_check : NAN,
        .loss = report->diverged ? NAN : report->loss, .diverged = report->diverged
    };
    const char *tag[OPTION_LIST_WORDS];
    for (int k = 0; k < r->tags.count; k++)
        tag[k] = r->tags.word[k];
    return run_result_write(r->path, &result, tag, r->tags.count, err);
}
