/*
** tmpl.c - instantiates a template: reads its marks, applies the bindings. The
** words of the template stay as they are, so that emitted code reads like it.
*/
#include "print/tmpl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/names.h"
#include "print/lines.h"
#include "print/open_words.h"
#include "print/sources.h"
#include "print/tails.h"
#include "print/unroll.h"

enum { LINE_WIDTH = 96 };

/* A list of sizes in a template: between `start` and `end` stand their names. used: which of them,
** in their order, the function looks at once its flags are known. */
struct size_list { const char *start, *end; size_t indent; bool used[TMPL_MAX]; };
enum { SIZE_LISTS = 8 };

/* Text as it stands, or in its place a name or a list of sizes. */
struct piece { size_t at, length; int name, sizes; };

/*
** What a template becomes for bindings that differ in the names and the sizes alone that no loop's
** bound looks at: the loops are written out once for thousands of layers that are alike.
*/
struct prepared {
    struct text text;
    struct piece *piece; int npieces;
    struct size_list list[SIZE_LISTS]; int nlists;
    struct { const char *key; long value; } *asked; int nasked;
    int loops_kept;
    int next;                   /* with the same key; -1: none */
};

/* What one instantiation knows: the bindings, and which of them were used. */
struct instance {
    const char *file;
    struct bindings *b;
    struct prepared *p;
    bool name_used[TMPL_MAX], size_used[TMPL_MAX], flag_used[TMPL_MAX];
    int nnames, nsizes, nflags; /* bound by who asked: the dictionary's come after them */
    bool on[8];                 /* open #if's: is this branch taken? */
    bool ours[8];               /* is it a flag's, or the compiler's own? */
    int depth;
};

static bool same(const char *s, size_t length, const char *key)
{
    return strlen(key) == length && !memcmp(s, key, length);
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (in_word(s[n]))
        n++;
    return n;
}

static bool flag_value(struct instance *t, const char *s)
{
    bool negated = *s == '!';
    s += negated;
    size_t length = word_length(s);
    for (int i = 0; i < t->b->nflags; i++)
        if (same(s, length, t->b->flag[i].key)) {
            t->flag_used[i] = true;
            return t->b->flag[i].value != negated;
        }
    DIE("%s: flag %.*s is not bound", t->file, (int)length, s);
}

static bool taken(const struct instance *t)
{
    for (int i = 0; i < t->depth; i++)
        if (!t->on[i])
            return false;
    return true;
}

static bool has(const char *line, size_t length, const char *mark)
{
    /* Not strstr: it would read to the end of the text for every line without the mark. */
    return memmem(line, length, mark, strlen(mark)) != NULL;
}

static void define_mark(struct instance *t, const char *line, size_t length)
{
    const char *s = line + strlen("#define ");
    size_t key = word_length(s);
    if (has(line, length, "@flag")) {
        flag_value(t, s);
        return;
    }
    for (int i = 0; i < t->b->nnames; i++)
        if (same(s, key, t->b->name[i].key)) {
            t->name_used[i] = true;
            return;
        }
    DIE("%s: name %.*s is not bound", t->file, (int)key, s);
}

/* Preprocessor lines that belong to the template, not to what it becomes. */
static bool directive(struct instance *t, const char *line, size_t length)
{
    if (!strncmp(line, "#include \"", 10))
        return true;
    if (!strncmp(line, "#if", 3)) {
        if (t->depth == 8)
            DIE("%s: #if nested too deep", t->file);
        bool ours = line[3] == ' ' && strncmp(line, "#if defined", 11);
        t->ours[t->depth] = ours;
        t->on[t->depth] = ours ? flag_value(t, line + 4) : true;
        t->depth++;
        return ours;
    }
    if (!strncmp(line, "#else", 5) || !strncmp(line, "#endif", 6)) {
        if (!t->depth)
            DIE("%s: %.6s without #if", t->file, line);
        bool ours = t->ours[t->depth - 1];
        if (line[2] == 'n')
            t->depth--;
        else if (ours)
            t->on[t->depth - 1] = !t->on[t->depth - 1];
        return ours;
    }
    if (!strncmp(line, "#define ", 8)
        && (has(line, length, "@name") || has(line, length, "@flag"))) {
        define_mark(t, line, length);
        return true;
    }
    return false;
}

/* The place of `enum { / * @sizes * / A = 1, B = 2 };`; returns what follows it. */
static const char *sizes_mark(struct instance *t, const char *line, struct text *out)
{
    const char *end = strstr(line, "};");
    const char *s = strstr(line, "*/") + 2;
    if (t->p->nlists == SIZE_LISTS)
        DIE("%s: too many lists of sizes", t->file);
    t->p->list[t->p->nlists] = (struct size_list){ s, end, strspn(line, " "), { false } };
    text_printf(out, "%c%c\n", TMPL_SIZES, TMPL_FIRST + t->p->nlists++);
    for (; (s = next_size(s, end)); s = after_size(s))
        for (int i = 0; i < t->b->nsizes; i++)
            t->size_used[i] |= same(s, word_length(s), t->b->size[i].key);
    const char *next = strchr(end, '\n');
    return next ? next + 1 : end + 2;
}

static bool names_word(const char *s, const char *end, const char *key, size_t length)
{
    while (s < end) {
        const char *stop = token_end(s);
        if ((size_t)(stop - s) == length && !memcmp(s, key, length))
            return true;
        s = stop;
    }
    return false;
}

/* text: the function's, after the list. */
static void find_used(struct size_list *list, const char *text)
{
    const char *end = strstr(text, "\n}");
    if (!end)
        end = text + strlen(text);
    int i = 0;
    for (const char *s = list->start; i < TMPL_MAX && (s = next_size(s, list->end));
         s = after_size(s))
        list->used[i++] = names_word(text, end, s, word_length(s));
}

/* The list with the bindings' sizes. */
static void write_sizes(const struct instance *t, const struct size_list *list, struct text *out)
{
    size_t start = out->length;
    bool first = true;
    int k = 0;
    for (const char *s = list->start; (s = next_size(s, list->end)); s = after_size(s)) {
        size_t key = word_length(s);
        int i = 0;
        while (i < t->b->nsizes && !same(s, key, t->b->size[i].key))
            i++;
        if (i == t->b->nsizes)
            DIE("%s: size %.*s is not bound", t->file, (int)key, s);
        if (!list->used[k++])
            continue;
        char one[TMPL_NAME_LEN + 96];
        int length = t->b->size[i].symbol[0]
            ? snprintf(one, sizeof one, "%.*s = %s", (int)key, s, t->b->size[i].symbol)
            : snprintf(one, sizeof one, "%.*s = %ld", (int)key, s, t->b->size[i].value);
        if (first) {
            text_printf(out, "%*senum { ", (int)list->indent, "");
        } else if (out->length - start + (size_t)length + 5 > LINE_WIDTH) {
            text_puts(out, ",\n");
            start = out->length;
            text_printf(out, "%*s", (int)list->indent + 7, "");
        } else {
            text_puts(out, ", ");
        }
        text_puts(out, one);
        first = false;
    }
    if (!first)
        text_puts(out, " };\n");
}

static void here_mark(struct instance *t, const char *line, struct text *out)
{
    const char *key = strstr(line, "@here ") + strlen("@here ");
    size_t length = strcspn(key, " \n");
    for (int i = 0; i < t->b->nheres; i++)
        if (same(key, length, t->b->here[i].key)) {
            text_puts(out, t->b->here[i].value);
            return;
        }
    DIE("%s: nothing to put at @here %.*s", t->file, (int)length, key);
}

/* Marks that stand on lines of their own: directives, sizes, splice points. */
static void line_marks(struct instance *t, const char *s, struct text *out)
{
    while (*s) {
        size_t length = strcspn(s, "\n");
        if (directive(t, s, length) || !taken(t)) {
            s += length + (s[length] == '\n');
        } else if (has(s, length, "/* @sizes */")) {
            s = sizes_mark(t, s, out);
        } else if (has(s, length, "/* @here ")) {
            here_mark(t, s, out);
            s += length + (s[length] == '\n');
        } else {
            text_add(out, s, length + (s[length] == '\n'));
            s += length + (s[length] == '\n');
        }
    }
}

static void epilogue_marks(const char *s, const struct bindings *b, struct text *out)
{
    while (*s) {
        size_t length = strcspn(s, "\n");
        const char *sign = "/* @epilogue ", *mark = memmem(s, length, sign, strlen(sign));
        if (mark) {
            const char *variable = mark + strlen("/* @epilogue ");
            int name = (int)strcspn(variable, " "), line;
            const char *from = line_mark(variable, &line);
            for (int i = 0; i < b->nepilogue; i++)
                text_printf(out, "%.*s%.*s = %s(%.*s%s);%.*s\n", (int)(mark - s), s, name, variable,
                            b->epilogue[i].op, name, variable, b->epilogue[i].more, line, from);
        } else {
            text_add(out, s, length + (s[length] == '\n'));
        }
        s += length + (s[length] == '\n');
    }
}

/* Not a number: what follows or precedes it does not become another thing with it. */
static bool is_identifier(const char *s)
{
    return (isalpha((unsigned char)*s) || *s == '_') && !s[word_length(s)];
}

/* Puts each name's place for the name, and numbers for themselves. */
static void rename_all(const char *s, const struct bindings *b, struct text *out)
{
    while (*s) {
        const char *end = token_end(s);
        int i = 0;
        while (i < b->nnames && !same(s, (size_t)(end - s), b->name[i].key))
            i++;
        if (i == b->nnames)
            text_add(out, s, (size_t)(end - s));
        else if (is_identifier(b->name[i].value))
            text_printf(out, "%c%c", TMPL_NAME, TMPL_FIRST + i);
        else
            text_puts(out, b->name[i].value);
        s = end;
    }
}

static void check_used(const struct instance *t)
{
    for (int i = 0; i < t->nnames; i++)
        if (!t->name_used[i])
            DIE("%s: has no name %s", t->file, t->b->name[i].key);
    for (int i = 0; i < t->nsizes; i++)
        if (!t->size_used[i])
            DIE("%s: has no size %s", t->file, t->b->size[i].key);
    for (int i = 0; i < t->nflags; i++)
        if (!t->flag_used[i])
            DIE("%s: has no flag %s", t->file, t->b->flag[i].key);
}

void instantiate(const char *file, struct bindings *b, struct text *out)
{
    char path[128];
    snprintf(path, sizeof path, "templates/%s", file);
    instantiate_path(path, b, out);
}

static void split_pieces(struct prepared *p)
{
    static const char marks[] = { TMPL_SIZES, TMPL_NAME, 0 };
    const char *text = text_string(&p->text);
    for (size_t at = 0; at < p->text.length;) {
        size_t length = strcspn(text + at, marks);
        struct piece new = { at, length, -1, -1 };
        const char *mark = text + at + length;
        if (*mark) {
            int which = (unsigned char)mark[1] - TMPL_FIRST;
            *(*mark == TMPL_NAME ? &new.name : &new.sizes) = which;
            if (*mark == TMPL_SIZES)
                find_used(&p->list[which], mark + 3);
            at += *mark == TMPL_NAME ? 2 : 3;       /* sizes have a line to themselves */
        }
        at += length;
        p->piece = grow(p->piece, (size_t)p->npieces + 1, sizeof *p->piece);
        p->piece[p->npieces++] = new;
    }
}

static void prepare(struct instance *t, const char *path, struct prepared *p)
{
    struct bindings *b = t->b;
    const char *s = embedded(path);
    if (!strncmp(s, "/*", 2)) {
        s = strstr(s, "*/") + 2;
        s += strspn(s, "\n");
    }
    struct text marked = { 0 }, plain = { 0 }, renamed = { 0 }, written = { 0 }, shorter = { 0 };
    line_marks(t, s, &marked);
    bool is_template = !strncmp(path, "templates/", 10);
    if (is_template)
        check_used(t);
    if (is_template)
        tails(text_string(&marked), b, &plain);
    rename_all(text_string(is_template ? &plain : &marked), b, &renamed);
    text_free(&marked);
    text_free(&plain);
    unroll(text_string(&renamed), b, &written);
    text_free(&renamed);
    if (is_template)
        drop_idle(text_string(&written), &shorter);
    const char *body = text_string(is_template ? &shorter : &written);
    epilogue_marks(body + strspn(body, "\n"), b, &p->text);
    text_free(&written);
    text_free(&shorter);
    split_pieces(p);
    p->loops_kept = b->loops_kept;
    for (int i = 0; i < b->nsizes; i++)
        if (b->size[i].asked) {
            p->asked = grow(p->asked, (size_t)p->nasked + 1, sizeof *p->asked);
            p->asked[p->nasked].key = b->size[i].key;
            p->asked[p->nasked++].value = b->size[i].value;
        }
}

static void write_pieces(const struct instance *t, const struct prepared *p, struct text *out)
{
    for (int i = 0; i < p->npieces; i++) {
        const struct piece *piece = &p->piece[i];
        text_add(out, p->text.at + piece->at, piece->length);
        if (piece->name >= 0)
            text_puts(out, t->b->name[piece->name].value);
        if (piece->sizes >= 0)
            write_sizes(t, &p->list[piece->sizes], out);
    }
}

static void free_prepared(struct prepared *p)
{
    text_free(&p->text);
    free(p->piece);
    free(p->asked);
}

/* Binds the words of a template that nobody has bound. What then is missing still, whoever meets
** it says: it may stand where a flag leaves it out. */
static void look_up_words(struct bindings *b, const char *path)
{
    const struct open_words *open = open_words(path);
    for (int i = 0; i < open->count; i++)
        if (!is_bound(b, open->word[i].kind, open->word[i].word))
            b->look_up(b, open->word[i].kind, open->word[i].word);
}

/* ---- templates prepared before ---- */

static struct {
    struct names keys;          /* to the last one of each key */
    struct prepared *p; int count;
} cache;

/* All that an instance depends on but identifiers and sizes. */
static void cache_key(const char *path, const struct bindings *b, struct text *key)
{
    text_printf(key, "%s %d %d", path, b->vl, b->most_lines);
    for (int i = 0; i < b->nflags; i++)
        text_printf(key, " %s=%d", b->flag[i].key, b->flag[i].value);
    for (int i = 0; i < b->nnames; i++)
        text_printf(key, " %s:%s", b->name[i].key,
                    is_identifier(b->name[i].value) ? "" : b->name[i].value);
    for (int i = 0; i < b->nepilogue; i++)
        text_printf(key, " %s(%s)", b->epilogue[i].op, b->epilogue[i].more);
}

static bool fits(const struct prepared *p, const struct bindings *b)
{
    for (int k = 0; k < p->nasked; k++) {
        int i = 0;
        while (i < b->nsizes && strcmp(b->size[i].key, p->asked[k].key))
            i++;
        if (i == b->nsizes || b->size[i].value != p->asked[k].value)
            return false;
    }
    return true;
}

static const struct prepared *cached(struct instance *t, const char *path)
{
    struct text key = { 0 };
    cache_key(path, t->b, &key);
    int first = names_find(&cache.keys, text_string(&key)), i = first;
    while (i >= 0 && !fits(&cache.p[i], t->b))
        i = cache.p[i].next;
    if (i < 0) {
        cache.p = grow(cache.p, (size_t)cache.count + 1, sizeof *cache.p);
        i = cache.count++;
        cache.p[i] = (struct prepared){ .next = first };
        names_add(&cache.keys, text_string(&key), i);
        t->p = &cache.p[i];
        prepare(t, path, t->p);
    }
    text_free(&key);
    t->b->loops_kept = cache.p[i].loops_kept;
    return &cache.p[i];
}

void instantiate_path(const char *path, struct bindings *b, struct text *out)
{
    struct prepared alone = { .npieces = 0 };
    struct instance t = { .file = path, .b = b, .p = &alone, .nnames = b->nnames,
                          .nsizes = b->nsizes, .nflags = b->nflags };
    if (b->look_up)
        look_up_words(b, path);
    if (b->nheres) {            /* with texts of its own: nobody will want the same */
        prepare(&t, path, &alone);
        write_pieces(&t, &alone, out);
        free_prepared(&alone);
    } else {
        write_pieces(&t, cached(&t, path), out);
    }
}
