/*
** parts.c - cuts what emit prints. A function that a table names is in one file and declared in
** the others, under a linker's name that no other function has; what it calls comes with it into
** each file, so that it is inlined as before. What cannot be cut safely stays whole.
*/
#include "print/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/names.h"
#include "print/amalgam.h"
#include "print/pieces.h"
#include "print/sources.h"
#include "print/tmpl.h"

/* A file of less is not worth the headers that it reads. */
enum { PART_BYTES = 100000, NOWHERE = -1 };

/* ---- the runtime ---- */

void runtime_share(int k, int n, const struct net *net, struct text *out)
{
    struct text done = { 0 };
    size_t total = 0, before = 0;
    for (int i = 0; i < nembedded_files; i++)
        if (is_runtime_source(embedded_files[i].path, net))
            total += strlen(embedded_files[i].text);
    text_puts(out, "#define _GNU_SOURCE\n");
    amalgamate("runtime/base/exact.h", &done, out);
    text_printf(out, "#define LATHE_F64 %d\n%s", net->f64, net->mpi ? "#define LATHE_MPI 1\n" : "");
    for (int i = 0; i < nembedded_files; i++)
        if (is_runtime_source(embedded_files[i].path, net)) {
            if (before*(size_t)n / total == (size_t)k)
                amalgamate(embedded_files[i].path, &done, out);
            before += strlen(embedded_files[i].text);
        }
    text_free(&done);
}

/* ---- what names what ---- */

struct cut {
    struct piece *piece;
    int count;
    struct names names;     /* of pieces */
    int *same;              /* another piece of that name, or NOWHERE */
    bool *named;            /* a function that a table names */
    int *home;              /* the part that such a function is in */
    bool *seen;
};

static void add_piece(struct cut *c, const struct piece *p)
{
    c->piece = grow(c->piece, (size_t)c->count + 1, sizeof *c->piece);
    c->piece[c->count++] = *p;
}

/* Each of `static region_fn a, b;` as a piece of its own. */
static bool add_prototypes(struct cut *c, const struct piece *list)
{
    int length;
    struct piece p = *list;
    const char *s = piece_word(p.type, p.end, &length);
    while ((s = piece_word(s + length, list->end, &length))) {
        if (length >= PIECE_NAME)
            return false;
        memcpy(p.name, s, (size_t)length);
        p.name[length] = '\0';
        p.code = s;
        p.end = s + length;
        add_piece(c, &p);
        p.start = p.end;        /* the list's comment stands before the first */
    }
    return true;
}

/* The pieces, or false: something is not understood, or is a variable that would be there twice. */
static bool read_pieces(struct cut *c, const char *text)
{
    struct piece p;
    for (const char *s = text; piece_read(s, &p); s = p.end) {
        text = p.end;
        if (p.kind == PIECE_PROTOTYPES && !add_prototypes(c, &p))
            return false;
        if (p.kind == PIECE_PROTOTYPES)
            continue;
        add_piece(c, &p);
        if (p.is_static && (p.kind == PIECE_OTHER || (p.kind == PIECE_TABLE && !p.is_const)))
            return false;
    }
    c->same = alloc((size_t)c->count + 1, sizeof *c->same);
    c->named = alloc((size_t)c->count + 1, sizeof *c->named);
    c->home = alloc((size_t)c->count + 1, sizeof *c->home);
    c->seen = alloc((size_t)c->count + 1, sizeof *c->seen);
    for (int i = 0; i < c->count; i++) {
        c->same[i] = NOWHERE;
        if (c->piece[i].name[0] && c->piece[i].kind != PIECE_OTHER) {
            c->same[i] = names_find(&c->names, c->piece[i].name);
            names_add(&c->names, c->piece[i].name, i);
        }
    }
    return !text[strspn(text, " \n")];
}

static void cut_free(struct cut *c)
{
    names_free(&c->names);
    free(c->piece);
    free(c->same);
    free(c->named);
    free(c->home);
    free(c->seen);
}

static bool is_function(const struct piece *p)
{
    return p->is_static && (p->kind == PIECE_FUNCTION || p->kind == PIECE_PROTOTYPE
                            || p->kind == PIECE_PROTOTYPES);
}

/* Functions that a table names; a prototype and its function go together. */
static void find_named(struct cut *c)
{
    for (int i = 0; i < c->count; i++) {
        const struct piece *p = &c->piece[i];
        int length;
        if (p->kind != PIECE_TABLE)
            continue;
        for (const char *s = p->code; (s = piece_word(s, p->end, &length)); s += length)
            for (int k = names_find_part(&c->names, s, (size_t)length); k >= 0; k = c->same[k])
                c->named[k] = is_function(&c->piece[k]);
    }
}

static bool is_elsewhere(const struct cut *c, int i, int part)
{
    return c->named[i] && c->home[i] != part;
}

/* Marks piece i and all that it needs in this part; the bytes that are new. */
static size_t reach(struct cut *c, int i, int part)
{
    const struct piece *p = &c->piece[i];
    int length;
    if (c->seen[i])
        return 0;
    c->seen[i] = true;
    if (is_elsewhere(c, i, part))
        return 0;
    size_t bytes = (size_t)(p->end - p->code);
    for (const char *s = p->code; (s = piece_word(s, p->end, &length)); s += length)
        for (int k = names_find_part(&c->names, s, (size_t)length); k >= 0; k = c->same[k])
            bytes += reach(c, k, part);
    return bytes;
}

/* What every part has, and the tables, which are in the first. */
static size_t reach_common(struct cut *c, int part)
{
    size_t bytes = 0;
    memset(c->seen, 0, (size_t)c->count*sizeof *c->seen);
    for (int i = 0; i < c->count; i++) {
        const struct piece *p = &c->piece[i];
        if (p->kind == PIECE_LINE || p->kind == PIECE_OTHER || (part == 0 && !p->is_static))
            bytes += reach(c, i, part);
    }
    return bytes;
}

/* Named functions in their order, each part with about as many bytes; how many parts. */
static int find_homes(struct cut *c, int most)
{
    size_t *bytes = alloc((size_t)c->count + 1, sizeof *bytes), total = 0, before = 0;
    for (int i = 0; i < c->count; i++)
        c->home[i] = NOWHERE;
    reach_common(c, 0);
    for (int i = 0; i < c->count; i++)
        if (c->named[i]) {
            c->home[i] = 0;
            c->seen[i] = false;
            total += bytes[i] = reach(c, i, 0);
            c->home[i] = NOWHERE;
        }
    int parts = total / PART_BYTES >= (size_t)most ? most : (int)(total / PART_BYTES) + 1;
    for (int i = 0; i < c->count; i++)
        if (c->named[i]) {
            c->home[i] = total ? (int)((before + bytes[i] / 2)*(size_t)parts / total) : 0;
            before += bytes[i];
        }
    /* Of one name one home. */
    for (int i = c->count - 1; i >= 0; i--)
        if (c->named[i] && c->same[i] >= 0 && c->named[c->same[i]])
            c->home[c->same[i]] = c->home[i];
    free(bytes);
    return parts;
}

/* ---- printing ---- */

/* `static inline void f(...)` without its first words, and the name for the linker: macros give
** f other names for some instruction sets, and the linker's name goes with them. */
static void declaration(const struct piece *p, struct text *out)
{
    if (p->kind == PIECE_PROTOTYPES) {
        text_printf(out, "%.*s %s __asm__(LATHE_LINKED(%s));\n", (int)strcspn(p->type, " \n"),
                    p->type, p->name, p->name);
        return;
    }
    const char *s = p->code, *end = p->body ? p->body : p->end;
    static const char *const words[] = { "static ", "inline " };
    for (int k = 0; k < 2; k++)
        if (!strncmp(s, words[k], strlen(words[k])))
            s += strlen(words[k]);
    while (end > s && strchr(" \n;", end[-1]))
        end--;
    text_add(out, s, (size_t)(end - s));
    text_printf(out, " __asm__(LATHE_LINKED(%s));\n", p->name);
}

static void definition(const struct piece *p, struct text *out)
{
    text_add(out, p->start, (size_t)(p->code - p->start));
    declaration(p, out);
    const char *s = p->code + strlen("static ");
    if (!strncmp(s, "inline ", 7))
        s += 7;
    text_add(out, s, (size_t)(p->end - s));
}

static void print_part(struct cut *c, int part, struct text *out)
{
    reach_common(c, part);
    for (int i = 0; i < c->count; i++)
        if (c->named[i] && c->home[i] == part)
            reach(c, i, part);
    text_puts(out, "#define LATHE_LINKED(name) LATHE_LINKED_(name)\n"
              "#define LATHE_LINKED_(name) \"lathe.\" #name\n");
    for (int i = 0; i < c->count; i++) {
        const struct piece *p = &c->piece[i];
        if (!c->seen[i])
            continue;
        if (!c->named[i] && p->kind == PIECE_PROTOTYPES)
            text_printf(out, "static %.*s %s;\n", (int)strcspn(p->type, " \n"), p->type, p->name);
        else if (!c->named[i])
            text_add(out, p->start, (size_t)(p->end - p->start));
        else if (p->kind == PIECE_PROTOTYPE || p->kind == PIECE_PROTOTYPES
                 || is_elsewhere(c, i, part))
            declaration(p, out);
        else
            definition(p, out);
    }
}

/* The text with the local headers in their places. */
static void with_headers(const char *split, struct text *out)
{
    struct text done = { 0 };
    while (*split) {
        size_t length = strcspn(split, "\n"), head = strlen("#include \"");
        char path[128];
        if (!strncmp(split, "#include \"", head)) {
            snprintf(path, sizeof path, "runtime/%.*s", (int)strcspn(split + head, "\""),
                     split + head);
            amalgamate(path, &done, out);
        } else {
            text_add(out, split, length);
            text_puts(out, "\n");
        }
        split += length + (split[length] == '\n');
    }
    text_free(&done);
}

int network_parts(const char *split, int most, struct text *part)
{
    struct text *piece = alloc((size_t)most, sizeof *piece);
    struct cut c = { 0 };
    int parts = 1;
    if (most > 1 && read_pieces(&c, split)) {
        find_named(&c);
        parts = find_homes(&c, most);
    }
    for (int k = 0; k < parts && parts > 1; k++)
        print_part(&c, k, &piece[k]);
    if (parts == 1)
        text_puts(&piece[0], split);
    for (int k = 0; k < parts; k++) {
        with_headers(text_string(&piece[k]), &part[k]);
        text_free(&piece[k]);
    }
    free(piece);
    cut_free(&c);
    return parts;
}
