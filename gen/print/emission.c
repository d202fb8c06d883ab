/*
** emission.c - what every kernel's instantiation shares: whose words it asks for, its name, the
** banner before it.
*/
#include "print/emission.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/regions.h"
#include "print/arena.h"
#include "print/layout.h"
#include "print/lines.h"
#include "read/layers.h"

/* The comment that a body begins with, as lines of the banner; returns what follows it. */
static const char *own_comment(const char *body, struct text *out)
{
    const char *end = strncmp(body, "/*", 2) ? NULL : strstr(body, "*/");
    if (!end)
        return body;
    text_puts(out, "\n** ");
    text_add(out, body + 3, (size_t)(end - body) - 3 - (end[-1] == ' '));
    return end + 2 + strspn(end + 2, "\n");
}

/* The banner, "what" from format and args, and the body; shared: other stages call it, too. */
static void with_banner(const struct emission *e, const char *file, const struct bindings *b,
                        bool shared, const char *body, const char *format, va_list args)
    __attribute__((format(printf, 6, 0)));
static void with_banner(const struct emission *e, const char *file, const struct bindings *b,
                        bool shared, const char *body, const char *format, va_list args)
{
    char what[256];
    vsnprintf(what, sizeof what, format, args);
    text_puts(e->out, "/* ");
    size_t start = e->out->length;
    put_singular(what, e->out);
    wrap_comment(e->out, start);
    text_printf(e->out, "\n** templates/%s, %s %s%s%s", file, e->net->isa->name,
                e->net->f64 ? "f64" : "f32", shared ? ", first for " : "",
                shared ? e->stage->name : "");
    if (b->loops_kept)
        text_printf(e->out, "; %d loop%s of more than %d lines kept", b->loops_kept,
                    b->loops_kept > 1 ? "s" : "", b->most_lines ? b->most_lines : UNROLL_LINES);
    body = own_comment(body, e->out);
    text_puts(e->out, " */\n");
    lay_out_marked(body, e->out);
    text_puts(e->out, "\n");
}

void kernel(struct bindings *b, const char *file, const char *name, const char *format, ...)
{
    struct text body = { 0 };
    va_list args;
    bind_name(b, "NAME", "%s", name);
    instantiate(file, b, &body);
    va_start(args, format);
    with_banner(b->e, file, b, false, text_string(&body), format, args);
    va_end(args);
    text_free(&body);
}

static char *copied(const char *s)
{
    char *copy = alloc(strlen(s) + 1, 1);
    return memcpy(copy, s, strlen(s));
}

const char *shared_kernel(struct bindings *b, const char *file, const char *name,
                          const char *format, ...)
{
    struct emission *e = b->e;
    struct bindings nameless = *b;
    struct text marked = { 0 }, body = { 0 };
    va_list args;
    bind_name(&nameless, "NAME", "NAME");
    instantiate(file, &nameless, &marked);
    drop_marks(text_string(&marked), &body);
    text_free(&marked);
    int known = names_find(&e->bodies, text_string(&body));
    if (known < 0) {
        known = e->nshared;
        names_add(&e->bodies, text_string(&body), known);
        e->shared = grow(e->shared, (size_t)known + 1, sizeof *e->shared);
        e->shared[e->nshared++] = copied(name);
        text_free(&body);
        bind_name(b, "NAME", "%s", name);
        instantiate(file, b, &body);
        va_start(args, format);
        with_banner(e, file, b, true, text_string(&body), format, args);
        va_end(args);
    }
    text_free(&body);
    return e->shared[known];
}

struct prefixes prefixes(const struct net *net, bool several_isas, bool several_nets)
{
    struct prefixes p;
    const char *isa = several_isas ? net->isa->name : "", *after = several_isas ? "__" : "";
    bool nets = several_nets;
    /* A layer called as its network is: tables' names are told from kernels' by how long they
    ** are. */
    for (int i = 0; i < net->nlayers && !nets; i++)
        nets = !strcmp(net->layer[i].name, net->name);
    snprintf(p.tables, sizeof p.tables, "%s%s%s__", isa, after, net->name);
    snprintf(p.kernels, sizeof p.kernels, "%s%s%s%s", isa, after, nets ? net->name : "",
             nets ? "__" : "");
    return p;
}

/* What stands before a part of the stage's, and the part's words after it. */
static struct part_name finish_name(struct emission *e, const struct stage *s, const char *which,
                                    const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static struct part_name finish_name(struct emission *e, const struct stage *s, const char *which,
                                    const char *format, va_list args)
{
    struct part_name name;
    const char *label = e->net->layer[s->head].name;
    bool folded = strcmp(s->name, label) != 0;
    int n = snprintf(name.text, sizeof name.text, "%s%s__%s%s", e->prefix, label,
                     folded ? "folded_" : "", which);
    int more = vsnprintf(name.text + n, sizeof name.text - (size_t)n, format, args);
    if (n + more >= (int)sizeof name.text)
        DIE("the name %s... is too long", name.text);
    return name;
}

struct part_name part(const struct bindings *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct part_name name = finish_name(b->e, b->stage, "", format, args);
    va_end(args);
    return name;
}

struct part_name sweep_part(const struct bindings *b, const char *format, ...)
{
    char which[NAME_MAX_LEN + 16];      /* "fwd_" of conv1_fwd */
    va_list args;
    snprintf(which, sizeof which, "%s_", b->sweep->name + strlen(b->stage->name) + 1);
    va_start(args, format);
    struct part_name name = finish_name(b->e, b->stage, which, format, args);
    va_end(args);
    return name;
}

struct part_name region_function(struct emission *e, const struct region_plan *region)
{
    struct bindings b = { .e = e, .stage = region_stage(e->net, region) };
    return part(&b, "%s", region_defs[region->kind].part);
}

void free_emission(struct emission *e)
{
    names_free(&e->bodies);
    for (int i = 0; i < e->nshared; i++)
        free(e->shared[i]);
    free(e->shared);
}

void bind_part(struct bindings *b, const char *key, const char *words)
{
    bind_name(b, key, "%s", part(b, "%s", words).text);
}

void bind_at(struct bindings *b, const char *key, int buffer, long offset)
{
    const struct net *net = b->e->net;
    if (buffer == NO_BUFFER)
        bind_size(b, key, 0);
    else
        bind_symbol(b, key, arena_place(net, b->e->prefix, buffer, offset).text,
                    (long)net->buffer[buffer].at + offset);
}

void bind_relu(struct bindings *b, bool relu)
{
    if (relu)
        bind_operation(b, "v_relu", "%s", "");
}

void bind_pointwise(struct bindings *b, const struct layer *l, bool forward)
{
    char numbers[MAX_NUMBERS*40] = "";
    size_t n = 0;
    if (!l)
        return;
    const struct layer_def *def = layer_def(l->kind);
    for (int k = 0; k < layer_numbers(l->kind); k++)
        n += (size_t)snprintf(numbers + n, sizeof numbers - n, ", (real)%.17g", l->number[k]);
    if (forward)
        bind_operation(b, def->function, "%s", numbers);
    else
        bind_operation(b, def->gradient, ", a%s", numbers);
}
