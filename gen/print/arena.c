/*
** arena.c - prints where each buffer lies as enumerators, whose names kernels and tables use. It
** must never place a buffer.
*/
#include "print/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_place(const void *a, const void *b)
{
    const struct buffer *x = *(const struct buffer *const *)a;
    const struct buffer *y = *(const struct buffer *const *)b;
    if (x->scratch != y->scratch)
        return x->scratch ? 1 : -1;
    return x->at < y->at ? -1 : x->at > y->at ? 1 : strcmp(x->name, y->name);
}

struct part_name arena_place(const struct net *net, const char *prefix, int buffer, long offset)
{
    struct part_name name;
    const char *own = net->buffer[buffer].name, *dot = strchr(own, '.');
    int n = snprintf(name.text, sizeof name.text, offset ? "%s%.*s__at_%s + %ld" : "%s%.*s__at_%s",
                     prefix, (int)(dot - own), own, dot + 1, offset);
    if (n < 0 || n >= (int)sizeof name.text)
        DIE("the name of %s is too long", own);
    for (char *s = name.text; (s = strchr(s, '.')); )
        *s = '_';
    return name;
}

void arena_enum(const struct net *net, const char *prefix, struct text *out)
{
    enum { LONG = 64 };         /* of which a line would pass 100 columns */
    const struct buffer **all = alloc((size_t)net->nbuffers + 1, sizeof *all);
    for (int i = 0; i < net->nbuffers; i++)
        all[i] = &net->buffer[i];
    qsort(all, (size_t)net->nbuffers, sizeof *all, by_place);
    text_printf(out, "/* The arena of %s:\n** the first real of each buffer, and how many it has. "
                "What is never needed at the same time\n** shares its place. */\nenum {\n",
                net->name);
    for (int i = 0; i < net->nbuffers; i++) {
        if (all[i]->scratch && (!i || !all[i - 1]->scratch))
            text_puts(out, "    /* in each thread's scratch, which comes after it: */\n");
        struct part_name name = arena_place(net, prefix, (int)(all[i] - net->buffer), 0);
        text_printf(out, strlen(name.text) < LONG ? "    %-36s = %10zu, /* %8zu */\n"
                    : "    %s =\n        %zu, /* %zu */\n", name.text, all[i]->at, all[i]->size);
    }
    text_puts(out, "};\n\n");
    free(all);
}
