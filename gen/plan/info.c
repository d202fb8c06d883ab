/*
** info.c - the layers as model.h's table of them, which `lathe show --html` and the
** program's report draw. It must never hold what only one of the two knows.
*/
#include "plan/info.h"

#include "read/layers.h"

enum { WHAT_SIZE = 64 };

/* As the network file would have it, without what is usual. */
static void what_text(const struct layer *l, char *text)
{
    const struct layer_def *def = layer_def(l->kind);
    size_t n = (size_t)snprintf(text, WHAT_SIZE, "%s", def->word ? def->word : def->prefix);
    if (l->filters)
        n += (size_t)snprintf(text + n, WHAT_SIZE - n, " %d", l->filters);
    if (l->kh && n < WHAT_SIZE)
        n += (size_t)snprintf(text + n, WHAT_SIZE - n, " %dx%d", l->kh, l->kw);
    const bool conv = l->kind == LAYER_CONV || l->kind == LAYER_DECONV;
    const bool usual = l->stride == (conv ? 1 : l->kh) && l->stride_w == (conv ? 1 : l->kw);
    if (l->kh && !usual && n < WHAT_SIZE)
        n += (size_t)snprintf(text + n, WHAT_SIZE - n,
                              l->stride == l->stride_w ? " stride=%d" : " stride=%d,%d",
                              l->stride, l->stride_w);
    if (l->groups > 1 && n < WHAT_SIZE)
        n += (size_t)snprintf(text + n, WHAT_SIZE - n, " groups=%d", l->groups);
    if (l->dilation > 1 && n < WHAT_SIZE)
        n += (size_t)snprintf(text + n, WHAT_SIZE - n, " dilation=%d", l->dilation);
    for (int k = 0; k < layer_numbers(l->kind) && n < WHAT_SIZE; k++)
        n += (size_t)snprintf(text + n, WHAT_SIZE - n, " %g", l->number[k]);
    if (n < WHAT_SIZE)
        snprintf(text + n, WHAT_SIZE - n, "%s", operand_words(l).text);
}

struct layer_info *layer_infos(const struct net *net)
{
    size_t n = (size_t)net->nlayers;
    struct layer_info *info = alloc(n, sizeof *info + WHAT_SIZE);
    char *text = (char *)(info + n);
    for (size_t i = 0; i < n; i++, text += WHAT_SIZE) {
        const struct layer *l = &net->layer[i];
        what_text(l, text);
        info[i] = (struct layer_info){
            .name = l->name, .what = text, .from = l->from,
            .c = l->out.c, .h = l->out.h, .w = l->out.w, .params = (double)l->params,
            .forward = l->flop_forward, .backward = l->flop_backward
        };
        for (int k = 0; k < l->branches && ends_branches(l->kind); k++)
            info[l->end[k]].to = (int)i;
    }
    return info;
}
