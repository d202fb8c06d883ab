/*
** pretrained.h - what a run begins with instead of first weights: from any safetensors file, its
** own or another program's, the tensors whose name and shape a parameter has, or order and shape.
** The others stay as they were drawn. It must never leave unsaid which is which.
*/
#ifndef LATHE_PRETRAINED_H
#define LATHE_PRETRAINED_H

#include "data/param_file.h"
#include "settings/options.h"

struct pretrained {
    const char *path;                   /* NULL: none */
    struct safetensors file;
    const struct tensor **taken;        /* [nparams]; NULL: the parameter is new */
    int ntaken;
    bool ordered;                       /* the file's tensors have other names: by their order */
    const struct option_list *only;
    char images[256];                   /* how they are prepared: pretrained_prepares */
};

/*
** `only` selects: patterns as the shell has them (* ? [a-z]) for tensors' names or their layers',
** after `!` those that are left out; none selects all. False, with a message: one of them fits no
** parameter.
*/
bool pretrained_patterns(const struct option_list *only, const struct model *m, char *err);

/* False, with a message: not readable, none of it fits, or what fits is no finite number. */
bool pretrained_open(struct pretrained *p, const char *path, const struct option_list *only,
                     const struct model *m, char *err);
void pretrained_close(struct pretrained *p);

/* True: mean and deviation are the file's, as the weights know them. It has them of this kind, for
** images of this size and of like values. */
bool pretrained_prepares(struct pretrained *p, const struct model *m, enum preprocess_kind kind,
                         const struct dataset *data, struct preprocess *out);

/* Into the engine, which packs; the rest of it is as it was. False: not enough memory. */
bool pretrained_set(const struct pretrained *p, struct engine *e, char *err);

/* Counts and names of what was taken, what is new and what is left over. */
void pretrained_say(const struct pretrained *p, const struct model *m, FILE *out);

#endif
