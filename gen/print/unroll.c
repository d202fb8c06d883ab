/*
** unroll.c - writes out the loops that a template marks UNROLL. It knows just
** enough C to find where a statement ends; it must never change the meaning of
** a loop, so whatever it does not understand is an error.
*/
#include "print/unroll.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "print/lines.h"

const char *token_end(const char *s)
{
    if (!in_word(*s))
        return s + 1;
    while (in_word(*s))
        s++;
    return s;
}

void replace_word(const char *text, const char *word, const char *by, struct text *out)
{
    size_t length = strlen(word);
    while (*text) {
        const char *end = token_end(text);
        if ((size_t)(end - text) == length && !memcmp(text, word, length))
            text_puts(out, by);
        else
            text_add(out, text, (size_t)(end - text));
        text = end;
    }
}

const char *skip_space(const char *s)
{
    while (isspace((unsigned char)*s) || *s == LINE_MARK)
        s = *s == LINE_MARK ? after_mark(s) : s + 1;
    return s;
}

static long factor(const char **s, struct bindings *b)
{
    *s = skip_space(*s);
    if (**s == '(') {
        (*s)++;
        long value = size_expression(s, b);
        *s = skip_space(*s);
        if (**s != ')')
            DIE("')' expected in a loop's bound: %.30s", *s);
        (*s)++;
        return value;
    }
    const char *end = token_end(*s);
    size_t length = (size_t)(end - *s);
    if (isdigit((unsigned char)**s)) {
        long value = strtol(*s, NULL, 10);
        *s = end;
        return value;
    }
    if (starts_word(*s, "VL") || starts_word(*s, "VC")) {
        long value = starts_word(*s, "VL") ? b->vl : b->vc;
        *s = end;
        return value;
    }
    for (int i = 0; i < b->nsizes; i++)
        if (strlen(b->size[i].key) == length && !memcmp(b->size[i].key, *s, length)) {
            *s = end;
            b->size[i].asked = true;
            return b->size[i].value;
        }
    DIE("a loop's bound is no constant: %.30s", *s);
}

static long product(const char **s, struct bindings *b)
{
    long value = factor(s, b);
    for (;;) {
        *s = skip_space(*s);
        if (**s == '*' && (*s)[1] != '/') {     /* no comment's end */
            (*s)++;
            value *= factor(s, b);
        } else if (**s == '/') {
            (*s)++;
            value /= factor(s, b);
        } else {
            return value;
        }
    }
}

long size_expression(const char **s, struct bindings *b)
{
    long value = product(s, b);
    for (;;) {
        *s = skip_space(*s);
        if (**s == '+') {
            (*s)++;
            value += product(s, b);
        } else if (**s == '-') {
            (*s)++;
            value -= product(s, b);
        } else {
            return value;
        }
    }
}

const char *expect(const char *s, const char *what)
{
    s = skip_space(s);
    if (strncmp(s, what, strlen(what)))
        DIE("a loop: \"%s\" expected before: %.40s", what, s);
    return s + strlen(what);
}

const char *matching(const char *s, char open, char close)
{
    int depth = 0;
    for (; *s; s++) {
        if (*s == open)
            depth++;
        else if (*s == close && --depth == 0)
            return s + 1;
    }
    DIE("no '%c' matches its '%c'", close, open);
}

static const char *statement_end(const char *s)
{
    s = skip_space(s);
    if (*s == '{')
        return matching(s, '{', '}');
    if (starts_word(s, "UNROLL"))
        s = skip_space(s + strlen("UNROLL"));
    if (starts_word(s, "for") || starts_word(s, "if"))
        return statement_end(matching(strchr(s, '('), '(', ')'));
    const char *end = strchr(s, ';');
    if (!end)
        DIE("a statement without ';': %.40s", s);
    return end + 1;
}

const char *loop_head(const char *s, struct loop *loop, struct bindings *b)
{
    s = expect(s, "for");
    s = expect(s, "(");
    s = skip_space(expect(s, "int"));
    const char *end = token_end(s);
    if ((size_t)(end - s) >= sizeof loop->index)
        DIE("a loop's index is too long: %.40s", s);
    memcpy(loop->index, s, (size_t)(end - s));
    s = expect(end, "=");
    loop->from = size_expression(&s, b);
    s = expect(s, ";");
    s = expect(s, loop->index);
    s = expect(s, "<");
    const char *bound = skip_space(s);
    loop->to = size_expression(&s, b);
    if (isupper((unsigned char)*bound) && token_end(bound) == s)
        snprintf(loop->bound, sizeof loop->bound, "%.*s", (int)(s - bound), bound);
    else
        snprintf(loop->bound, sizeof loop->bound, "%ld", loop->to);
    s = expect(s, ";");
    return expect(s, loop->index);
}

void loop_body(const char *s, struct loop *loop)
{
    loop->body = skip_space(s);
    loop->end = statement_end(loop->body);
    loop->braces = *loop->body == '{';
    while (*loop->end == ' ')
        loop->end++;
    loop->end = after_mark(loop->end);
    if (*loop->end == '\n')
        loop->end++;
}

static struct loop parse_loop(const char *start, const char *line, struct bindings *b)
{
    struct loop loop = { .indent = (size_t)(start - line) };
    loop.mark = line_mark(start, &loop.marked);
    const char *s = loop_head(expect(start, "UNROLL"), &loop, b);
    s = expect(s, "++");
    loop_body(expect(s, ")"), &loop);
    return loop;
}

void body_lines(const struct loop *loop, struct text *out)
{
    const char *s = loop->body, *end = statement_end(s);
    if (loop->braces) {
        s++;
        end--;
        while (*s == ' ')
            s++;
        s = after_mark(s);
        if (*s == '\n')
            s++;
    } else {
        end = after_mark(end);
        while (s[-1] == ' ')
            s--;
    }
    size_t indent = strspn(s, " ");
    while (s < end) {
        size_t length = strcspn(s, "\n");
        if (length > (size_t)(end - s))
            length = (size_t)(end - s);
        size_t blanks = strspn(s, " ");
        size_t cut = blanks < indent ? blanks : indent;
        if (blanks < length)
            text_add(out, s + cut, length - cut);
        else if (s + length >= end)
            return;
        text_puts(out, "\n");
        s += length + (s + length < end);
    }
}

bool declares(const char *lines)
{
    static const char *const types[] = { "vec ", "vmask ", "const ", "real ", "int ",
                                         "size_t ", "struct ", "ptrdiff_t " };
    for (const char *line = lines; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (!strncmp(line, types[i], strlen(types[i])))
                return true;
    }
    return false;
}

void add_indented(const char *lines, size_t indent, struct text *out)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        if (length)
            text_printf(out, "%*s%.*s", (int)indent, "", (int)length, lines);
        text_puts(out, "\n");
        lines += length + (lines[length] == '\n');
    }
}

static size_t count_lines(const char *s)
{
    size_t n = 0;
    while ((s = strchr(s, '\n'))) {
        n++;
        s++;
    }
    return n;
}

static void copies(const struct loop *loop, const char *lines, struct bindings *b,
                   struct text *out)
{
    bool braces = loop->braces && declares(lines);
    for (long i = loop->from; i < loop->to; i++) {
        char number[24];
        snprintf(number, sizeof number, "%ld", i);
        struct text one = { 0 }, whole = { 0 };
        replace_word(lines, loop->index, number, &one);
        unroll(text_string(&one), b, &whole);
        if (braces)
            add_indented("{\n", loop->indent, out);
        add_indented(text_string(&whole), loop->indent + (braces ? 4 : 0), out);
        if (braces)
            add_indented("}\n", loop->indent, out);
        text_free(&one);
        text_free(&whole);
    }
}

static void kept_loop(const struct loop *loop, const char *lines, struct bindings *b,
                      struct text *out)
{
    struct text whole = { 0 };
    unroll(lines, b, &whole);
    text_printf(out, "%*sfor (int %s = %ld; %s < %s; %s++) {%.*s\n", (int)loop->indent, "",
                loop->index, loop->from, loop->index, loop->bound, loop->index, loop->marked,
                loop->mark);
    add_indented(text_string(&whole), loop->indent + 4, out);
    text_printf(out, "%*s}\n", (int)loop->indent, "");
    text_free(&whole);
    b->loops_kept++;
}

static void write_out(const struct loop *loop, struct bindings *b, struct text *out)
{
    struct text lines = { 0 }, whole = { 0 };
    body_lines(loop, &lines);
    if (strchr(text_string(&lines), TMPL_SIZES))
        DIE("sizes inside an UNROLL: %.40s", lines.at);
    int kept = b->loops_kept;
    copies(loop, text_string(&lines), b, &whole);
    if (count_lines(text_string(&whole)) > (size_t)(b->most_lines ? b->most_lines : UNROLL_LINES)) {
        b->loops_kept = kept;
        kept_loop(loop, text_string(&lines), b, out);
    } else {
        text_puts(out, text_string(&whole));
    }
    text_free(&lines);
    text_free(&whole);
}

/* The end of "0", "0*SIZE" or "0*SIZE*SIZE" at s, or NULL. */
static const char *zero_end(const char *s)
{
    if (*s != '0' || in_word(s[1]) || s[1] == '.')
        return NULL;
    for (s++; *s == '*' && isupper((unsigned char)s[1]); s = token_end(s + 1))
        for (const char *c = s + 1; c < token_end(s + 1); c++)
            if (islower((unsigned char)*c))     /* no size, which are whole and finite */
                return NULL;
    return strchr("*/%(.[", *s) ? NULL : s;
}

/* "1*" before a size, where nothing in front of it is multiplied or divided. */
static bool factor_one(const char *text, const char *s)
{
    if (s[0] != '1' || s[1] != '*' || !isupper((unsigned char)s[2]))
        return false;
    if (s > text && in_word(s[-1]))
        return false;
    while (s > text && s[-1] == ' ')
        s--;
    return s > text && strchr("+([,", s[-1]);
}

/* Where the idle term that begins at s, after the character `before`, ends; NULL: none does. */
static const char *idle_end(const char *s, char before)
{
    const char *end = NULL;
    if (!strncmp(s, " + ", 3) && (end = zero_end(s + 3))) {
        if (!strchr(")],;", *end) && strncmp(end, " + ", 3) && strncmp(end, " : ", 3))
            end = NULL;
    } else if ((before == '(' || before == '[') && (end = zero_end(s))) {
        end = strncmp(end, " + ", 3) ? NULL : end + 3;
    }
    return end && *end ? end : NULL;
}

/* "(3)" as "3" and "(k)*SIZE" as "k*SIZE", where no function is called with it. */
static void drop_parentheses(const char *text, struct text *out)
{
    for (const char *s = text; *s; s++) {
        const char *end = token_end(s + (*s == '(')), *before = s;
        bool number = end > s + 1 && strspn(s + 1, "0123456789") == (size_t)(end - s) - 1;
        bool factor = islower((unsigned char)s[1]) && *end == ')' && end[1] == '*'
                      && isupper((unsigned char)end[2]);
        while (before > text && before[-1] == ' ')
            before--;
        bool plain = *s == '(' && (number || factor) && *end == ')'
                     && (before == text || (!in_word(before[-1]) && before[-1] != ')'));
        if (!plain) {
            text_add(out, s, 1);
            continue;
        }
        text_add(out, s + 1, (size_t)(end - s) - 1);
        s = end;
    }
}

static void drop_terms(const char *text, struct text *out)
{
    const char *kept = text;    /* from here on nothing is written yet */
    char written = ' ';         /* what stands before it in out */
    for (const char *s = text; *s;) {
        const char *end = NULL;
        if (*s == ' ' || *s == '0')
            end = idle_end(s, s > kept ? s[-1] : written);
        else if (*s == '1' && factor_one(text, s))
            end = s + 2;
        if (!end) {
            s++;
            continue;
        }
        text_add(out, kept, (size_t)(s - kept));
        written = s > kept ? s[-1] : written;
        s = kept = end;
    }
    text_puts(out, kept);
}

void drop_idle(const char *text, struct text *out)
{
    struct text once = { 0 }, plain = { 0 };
    drop_terms(text, &once);
    drop_parentheses(text_string(&once), &plain);
    drop_terms(text_string(&plain), out);
    text_free(&once);
    text_free(&plain);
}

void needs_block(struct text *out, const char *what)
{
    const char *before = text_string(out) + out->length;
    while (before > out->at && isspace((unsigned char)before[-1]))
        before--;
    if (before > out->at && before[-1] == ')')
        DIE("a loop needs braces around it here: %.40s", what);
}

void unroll(const char *text, struct bindings *b, struct text *out)
{
    while (*text) {
        const char *mark = skip_space(text);
        const char *line = mark;
        while (line > text && line[-1] != '\n')
            line--;
        if (starts_word(mark, "UNROLL")) {
            text_add(out, text, (size_t)(line - text));
            needs_block(out, mark);
            struct loop loop = parse_loop(mark, line, b);
            write_out(&loop, b, out);
            text = loop.end;
        } else {
            size_t length = strcspn(text, "\n");
            text_add(out, text, length + (text[length] == '\n'));
            text += length + (text[length] == '\n');
        }
    }
}
