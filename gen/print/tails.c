/*
** tails.c - writes the loops that a template marks @tail, whose body stands there once. It must
** change no word of the body but those of which it knows the form for what is left.
*/
#include "print/tails.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "print/lines.h"
#include "print/unroll.h"

static const char MARK[] = "/* @tail";

struct tail {
    struct loop loop;
    char step[64];              /* as it reads */
    char several[32];           /* NV of NV*VL; "": no such thing */
    char suffix[32];            /* "": none */
    bool vectors;
    long whole, left, at;       /* reals or places in whole steps, after them; where those begin */
};

/* `NV*VL`, `VL`, or what a tile takes. */
static void read_step(const char **s, struct tail *t, struct bindings *b)
{
    const char *start = *s = skip_space(*s), *first = token_end(start);
    long step = size_expression(s, b), unit = step;
    snprintf(t->step, sizeof t->step, "%.*s", (int)(*s - start), start);
    t->vectors = starts_word(*s - 2, "VL") && (*s - 2 == start || (*s)[-3] == '*');
    if (t->vectors)
        unit = b->vl;
    if (t->vectors && *s - 2 > start)
        snprintf(t->several, sizeof t->several, "%.*s", (int)(first - start), start);
    t->whole = t->loop.to / unit*unit;
    t->left = t->loop.to - t->whole;
    if (t->whole % step)
        DIE("@tail: %ld is no multiple of %s", t->whole, t->step);
}

static struct tail read_tail(const char *line, struct bindings *b)
{
    struct tail t = { .loop.indent = strspn(line, " ") };
    t.loop.mark = line_mark(line, &t.loop.marked);
    const char *s = expect(loop_head(line, &t.loop, b), "+=");
    if (t.loop.from)
        DIE("@tail: the loop begins at %ld", t.loop.from);
    read_step(&s, &t, b);
    s = skip_space(expect(s, ")"));
    t.loop.braces = *s == '{';
    s = skip_space(expect(t.loop.braces ? s + 1 : s, MARK));
    size_t length = (size_t)(token_end(s) - s);
    if (*s != '-' && *s != '*') {
        snprintf(t.suffix, sizeof t.suffix, "%.*s", (int)length, s);
        s = skip_space(s + length);
    }
    t.at = t.whole;
    if (*s == '-') {
        s++;
        t.at -= size_expression(&s, b);
    }
    t.loop.body = expect(s, "*/");
    return t;
}

/* Words of memory, which have another form with "_part" and a number of lanes. */
static bool has_part(const char *s, size_t length)
{
    static const char *const words[] = { "v_load", "v_store", "v_load_u8", "v_store_u8" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && !memcmp(words[i], s, length))
            return true;
    return false;
}

static void write_partly(const char *s, const char *stop, long lanes, struct text *out)
{
    while (s < stop) {
        const char *end = token_end(s);
        if (!has_part(s, (size_t)(end - s))) {
            text_add(out, s, (size_t)(end - s));
            s = end;
            continue;
        }
        const char *close = matching(end, '(', ')');
        text_printf(out, "%.*s_part", (int)(end - s), s);
        write_partly(end, close - 1, lanes, out);
        text_printf(out, ", %ld)", lanes);
        s = close;
    }
}

static void write_suffixed(const char *s, const char *suffix, const struct bindings *b,
                           struct text *out)
{
    bool found = false;
    for (const char *end; *s; s = end) {
        char key[64];
        end = token_end(s);
        text_add(out, s, (size_t)(end - s));
        snprintf(key, sizeof key, "%.*s_%s", (int)(end - s), s, suffix);
        if (is_bound(b, WORD_NAME, key)) {
            text_printf(out, "_%s", suffix);
            found = true;
        }
    }
    if (!found)
        DIE("@tail %s: nothing is called so", suffix);
}

/* The body for what is left. */
static void write_left(const struct tail *t, const char *lines, struct bindings *b,
                       struct text *out)
{
    struct text step[4] = { { 0 } }, done = { 0 };
    char at[24];
    snprintf(at, sizeof at, "%ld", t->at);
    replace_word(lines, t->loop.index, at, &step[0]);
    replace_word(text_string(&step[0]), t->several, "1", &step[1]);
    const char *s = text_string(&step[1]);
    write_partly(s, s + (t->vectors ? step[1].length : 0), t->left, &step[2]);
    if (!t->vectors)
        text_puts(&step[2], s);
    if (t->suffix[0])
        write_suffixed(text_string(&step[2]), t->suffix, b, &step[3]);
    tails(text_string(&step[t->suffix[0] ? 3 : 2]), b, &done);
    bool braces = declares(lines);
    if (braces)
        add_indented("{\n", t->loop.indent, out);
    add_indented(text_string(&done), t->loop.indent + (braces ? 4 : 0), out);
    if (braces)
        add_indented("}\n", t->loop.indent, out);
    for (int i = 0; i < 4; i++)
        text_free(&step[i]);
    text_free(&done);
}

static void write_whole(const struct tail *t, const char *lines, struct bindings *b,
                        struct text *out)
{
    struct text body = { 0 };
    char bound[32];
    snprintf(bound, sizeof bound, "%ld", t->whole);
    tails(lines, b, &body);
    text_printf(out, "%*sfor (int %s = 0; %s < %s; %s += %s)%s%.*s\n", (int)t->loop.indent, "",
                t->loop.index, t->loop.index, t->left ? bound : t->loop.bound, t->loop.index,
                t->step, t->loop.braces ? " {" : "", t->loop.marked, t->loop.mark);
    add_indented(text_string(&body), t->loop.indent + 4, out);
    if (t->loop.braces)
        add_indented("}\n", t->loop.indent, out);
    text_free(&body);
}

/* The loop that begins at line; returns what follows it. */
static const char *write_tail(const char *line, struct bindings *b, struct text *out)
{
    struct tail t = read_tail(line, b);
    struct text body = { 0 }, lines = { 0 };
    /* As if nothing stood between the brace and the body. */
    text_puts(&body, t.loop.braces ? "{" : " ");
    text_puts(&body, t.loop.body);
    const char *after = t.loop.body - 1;
    loop_body(text_string(&body), &t.loop);
    after += t.loop.end - body.at;
    body_lines(&t.loop, &lines);
    if (!t.loop.braces && strstr(text_string(&lines), MARK))
        DIE("@tail needs braces around it here: %.40s", lines.at);
    if (t.whole)
        write_whole(&t, text_string(&lines), b, out);
    if (t.left)
        write_left(&t, text_string(&lines), b, out);
    text_free(&body);
    text_free(&lines);
    return after;
}

void tails(const char *text, struct bindings *b, struct text *out)
{
    for (const char *mark; (mark = strstr(text, MARK));) {
        const char *line = mark;
        while (line > text && line[-1] != '\n')
            line--;
        text_add(out, text, (size_t)(line - text));
        needs_block(out, line);
        text = write_tail(line, b, out);
    }
    text_puts(out, text);
}
