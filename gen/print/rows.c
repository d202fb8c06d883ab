/*
** rows.c - fills the tables of a template. It must never know what a field means.
*/
#include "print/rows.h"

#include <string.h>

#include "base/die.h"

enum { WIDTH = 100, INDENT = 4 };

void wrap(struct text *declaration, const char *last, struct text *out)
{
    text_puts(declaration, last);
    const char *s = text_string(declaration), *brace = strchr(s, '{'), *end;
    size_t indent = brace ? (size_t)(brace - s) + 2 : INDENT, line = out->length;
    for (; *s; s = *end ? end + 1 : end) {
        for (end = s; (end = strstr(end, ", ")); end += 2)
            if (!brace || end[2] == '.' || end[2] == '[')   /* values alone stay together */
                break;
        end = end ? end + 1 : s + strlen(s);
        size_t length = (size_t)(end - s), seen = strcspn(s, "\n");
        if (out->length > line
            && out->length - line + 1 + (seen < length ? seen : length) > WIDTH) {
            text_puts(out, "\n");
            line = out->length;
            text_printf(out, "%*s", (int)indent, "");
        } else if (out->length > line) {
            text_puts(out, " ");
        }
        text_add(out, s, length);
    }
    declaration->length = 0;
}

/* One of a list of fields or rows. */
struct field { const char *at; size_t length, name; bool opens_line; };

/* The next one after s, which goes to its end; false: the list has ended. */
static bool next_field(const char **s, struct field *f)
{
    const char *end = *s + strspn(*s, " ,\n");
    *f = (struct field){ .at = end, .opens_line = memchr(*s, '\n', (size_t)(end - *s)) };
    f->name = strcspn(end, " ,}");
    bool quoted = false;
    for (int depth = 0; *end && (depth || quoted || !strchr(",}", *end)); end++)
        if (*end == '"')
            quoted = !quoted;
        else if (!quoted)
            depth += (*end == '{') - (*end == '}');
    *s = end;
    while (end > f->at && strchr(" \n", end[-1]))
        end--;
    f->length = (size_t)(end - f->at);
    return f->length > 0;
}

static bool is_zero(const struct field *f)
{
    return f->length == f->name + 4 && !memcmp(f->at + f->name, " = 0", 4);
}

/* One row, from after its brace, as the template's form has it. */
static void fill_row(const char *form, const char *row, bool braces, struct text *out)
{
    struct text line = { 0 };
    struct field f, given;
    bool opens_line = false;
    for (bool more = true; more;) {
        more = next_field(&form, &f);
        next_field(&row, &given);
        if (f.name != given.name || memcmp(f.at, given.at, f.name))
            DIE("\"%.*s\" in the template is \"%.*s\" in the row", (int)f.name, f.at,
                (int)given.name, given.at);
        opens_line |= f.opens_line && !braces;
        if (!more || (is_zero(&given) && !is_zero(&f)))
            continue;
        if (opens_line && line.length)
            wrap(&line, ",\n", out);
        text_puts(&line, line.length ? ", " : braces ? "    { " : "    ");
        text_add(&line, given.at, given.length);
        opens_line = false;
    }
    wrap(&line, braces ? " },\n" : ",\n", out);
    text_free(&line);
}

void fill_rows(struct filling *t, const char *name)
{
    static const char sign[] = "    /* @rows */\n";
    const char *start, *mark = NULL, *list = text_string(&t->rows);
    while (!mark) {
        start = t->rest;
        const char *gap = strstr(start, "\n\n");
        t->rest = gap ? gap + 2 : start + strlen(start);
        mark = memmem(start, (size_t)(t->rest - start), sign, strlen(sign));
        if (!*start)
            DIE("the template has no rows for %s", name);
        if (!mark)
            text_add(t->out, start, (size_t)(t->rest - start));
    }
    if (!t->rows.length)
        return;
    const char *sample = strchr(start, '='), *after, *form = mark + strlen(sign);
    while (!in_word(sample[-1]))
        sample--;
    for (after = sample; in_word(sample[-1]);)
        sample--;
    text_add(t->out, start, (size_t)(sample - start));
    text_printf(t->out, "%s%s", t->prefix, name);
    text_add(t->out, after, (size_t)(mark - after));
    bool braces = form[strspn(form, " ")] == '{';
    for (struct field row; next_field(&list, &row);)
        fill_row(braces ? strchr(form, '{') + 1 : form, row.at + 1, braces, t->out);
    t->rows.length = 0;
    for (struct field f; next_field(&form, &f);)
        ;
    text_add(t->out, form, (size_t)(t->rest - form));
}
