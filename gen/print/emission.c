/*
** emission.c - what every kernel's instantiation shares: places in the arena, the banner,
** the names that most templates know.
*/
#include "print/emission.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "print/layout.h"
#include "print/lines.h"
#include "read/layers.h"

long arena_at(const struct emission *e, int buffer)
{
    return buffer == NO_BUFFER ? 0 : (long)e->net->buffer[buffer].at;
}

long param_at(const struct emission *e, int param, char which)
{
    if (param == NO_PARAM)
        return 0;
    const struct net_param *p = &e->net->param[param];
    return arena_at(e, which == 'm' ? p->m : which == 'v' ? p->v : p->at);
}

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
                    b->loops_kept > 1 ? "s" : "", b->brief ? BRIEF_LINES : UNROLL_LINES);
    body = own_comment(body, e->out);
    text_puts(e->out, " */\n");
    lay_out_marked(body, e->out);
    text_puts(e->out, "\n");
}

void kernel(const struct emission *e, const char *file, struct bindings *b,
            const char *format, ...)
{
    struct text body = { 0 };
    va_list args;
    instantiate(file, b, &body);
    va_start(args, format);
    with_banner(e, file, b, false, text_string(&body), format, args);
    va_end(args);
    text_free(&body);
}

void shared_kernel(struct emission *e, const char *file, struct bindings *b,
                   char name[SHARED_NAME], const char *format, ...)
{
    struct bindings nameless = *b;
    struct text marked = { 0 }, body = { 0 };
    va_list args;
    bind_name(&nameless, "NAME", "NAME");
    instantiate(file, &nameless, &marked);
    drop_marks(text_string(&marked), &body);
    text_free(&marked);
    int known = names_find(&e->bodies, text_string(&body));
    if (known >= 0) {
        memcpy(name, e->shared[known].name, SHARED_NAME);
        text_free(&body);
        return;
    }
    names_add(&e->bodies, text_string(&body), e->nshared);
    text_free(&body);
    e->shared = grow(e->shared, (size_t)e->nshared + 1, sizeof *e->shared);
    memcpy(e->shared[e->nshared++].name, name, SHARED_NAME);
    bind_name(b, "NAME", "%s", name);
    instantiate(file, b, &body);
    va_start(args, format);
    with_banner(e, file, b, true, text_string(&body), format, args);
    va_end(args);
    text_free(&body);
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

/* The part's words go on where before ends. */
static void finish_name(char name[SHARED_NAME], int before, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void finish_name(char name[SHARED_NAME], int before, const char *format, va_list args)
{
    int more = vsnprintf(name + before, SHARED_NAME - (size_t)before, format, args);
    if (before + more >= SHARED_NAME)
        DIE("the name %s... is too long", name);
}

static int stage_name(const struct emission *e, const struct stage *s, char name[SHARED_NAME])
{
    const char *label = e->net->layer[s->head].name;
    bool folded = strcmp(s->name, label) != 0;
    return snprintf(name, SHARED_NAME, "%s%s__%s", e->prefix, label, folded ? "folded_" : "");
}

void part_name(const struct emission *e, const struct stage *s, char name[SHARED_NAME],
               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finish_name(name, stage_name(e, s, name), format, args);
    va_end(args);
}

void sweep_part(const struct emission *e, const struct sweep *f, char name[SHARED_NAME],
                const char *format, ...)
{
    const char *which = f->name + strlen(e->stage->name) + 1;   /* "fwd" of conv1_fwd */
    int before = stage_name(e, e->stage, name);
    before += snprintf(name + before, SHARED_NAME - (size_t)before, "%s_", which);
    va_list args;
    va_start(args, format);
    finish_name(name, before, format, args);
    va_end(args);
}

void bind_part(struct bindings *b, const char *key, const struct emission *e,
               const struct stage *s, const char *format, ...)
{
    char name[SHARED_NAME];
    va_list args;
    va_start(args, format);
    finish_name(name, stage_name(e, s, name), format, args);
    va_end(args);
    bind_name(b, key, "%s", name);
}

void bind_sweep_part(struct bindings *b, const char *key, const struct emission *e,
                     const struct sweep *f, const char *part)
{
    char name[SHARED_NAME];
    sweep_part(e, f, name, "%s", part);
    bind_name(b, key, "%s", name);
}

void bind_scratch(const struct emission *e, struct bindings *b)
{
    bind_size(b, "SCRATCH", (long)e->net->arena);
    bind_size(b, "SCRATCH_SIZE", (long)e->net->scratch);
}

void bind_epilogue(struct bindings *b, bool relu)
{
    if (relu)
        bind_operation(b, "v_relu", "%s", "");
}

void bind_x(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "X", arena_at(e, s->at[AT_X]) + (long)s->in.origin);
    bind_size(b, "X_IMAGE", (long)s->in.image);
    bind_size(b, "X_ROW", (long)s->in.row);
}

void bind_y(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(b, "Y_IMAGE", (long)s->out.image);
    bind_size(b, "Y_ROW", (long)s->out.row);
}

void bind_dy(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "DY", arena_at(e, s->at[AT_DY]));
    bind_size(b, "DY_IMAGE", (long)s->dy_image);
}

void bind_dx(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "DX", arena_at(e, s->at[AT_DX]));
    bind_size(b, "DX_IMAGE", (long)s->dx_image);
}

void bind_group_gradient(const struct emission *e, const struct stage *s, struct bindings *b)
{
    bind_size(b, "Y", arena_at(e, s->at[AT_Y]) + (long)s->out.origin);
    bind_size(b, "Y_IMAGE", (long)s->out.image);
    bind_dy(e, s, b);
    bind_argmax(e, s, b);
    bind_size(b, "PARTIAL", arena_at(e, s->at[AT_PARTIAL]));
    bind_size(b, "GROUP_SIZE", s->conv->group_size);
}

void bind_vectors(const struct emission *e, struct bindings *b, int channels)
{
    bind_flag(b, "WHOLE_VECTORS", channels >= e->net->vl);
    bind_flag(b, "PARTIAL", channels % e->net->vl != 0);
    bind_size(b, "PART", channels % e->net->vl);
}

void bind_pointwise(struct bindings *b, const struct layer *l, bool forward)
{
    const struct layer_def *def = layer_def(l->kind);
    char number[40] = "";
    if (def->operands == OPERANDS_NUMBER)
        snprintf(number, sizeof number, ", (real)%.17g", l->number);
    if (forward)
        bind_operation(b, def->function, "%s", number);
    else
        bind_operation(b, def->gradient, ", a%s", number);
}

void bind_argmax(const struct emission *e, const struct stage *s, struct bindings *b)
{
    struct shape o = s->out.shape;
    bind_size(b, "ARGMAX", arena_at(e, s->at[AT_ARGMAX]));
    bind_size(b, "ARGMAX_IMAGE", s->pool == NO_LAYER ? 0 : (long)o.h*o.w*o.c);
}
