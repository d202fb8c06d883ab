/*
** pieces.c - cuts C at its top level. Brackets are counted, comments and strings skipped.
*/
#include "print/pieces.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* After the comment or the string that begins at s; s: none does. */
static const char *skip_text(const char *s)
{
    if (s[0] == '/' && s[1] == '*') {
        const char *end = strstr(s + 2, "*/");
        return end ? end + 2 : s + strlen(s);
    }
    if (s[0] == '/' && s[1] == '/')
        return s + strcspn(s, "\n");
    if (*s != '"' && *s != '\'')
        return s;
    char quote = *s++;
    while (*s && *s != quote)
        s += 1 + (*s == '\\' && s[1]);
    return s + (*s != '\0');
}

static const char *skip_blank(const char *s)
{
    for (const char *before = NULL; s != before; ) {
        before = s;
        s += strspn(s, " \t\n");
        if (*s == '/')
            s = skip_text(s);
    }
    return s;
}

/* A line of the preprocessor, with those that continue it. */
static const char *skip_line(const char *s)
{
    while (*s && *s != '\n') {
        const char *after = skip_text(s);
        s = after > s ? after : s + (*s == '\\' && s[1] ? 2 : 1);
    }
    return s + (*s != '\0');
}

static const char *skip_word(const char *s)
{
    while (in_word(*s))
        s++;
    return s;
}

static bool take_name(struct piece *p, const char *word)
{
    size_t length = word ? (size_t)(skip_word(word) - word) : 0;
    if (!length || length >= PIECE_NAME)
        return false;
    memcpy(p->name, word, length);
    p->name[length] = '\0';
    return true;
}

/* `static TYPE a, b;`, where types of functions end in _fn. */
static const char *function_type(const struct piece *p, const char *end)
{
    const char *type = skip_blank(p->code + strlen("static")), *after = skip_word(type);
    bool plain = p->is_static && memchr(p->code, '(', (size_t)(end - p->code)) == NULL;
    return plain && after - type > 3 && !strncmp(after - 3, "_fn", 3) ? type : NULL;
}

/* What is no line: up to the semicolon or the last brace. */
static bool read_declaration(struct piece *p)
{
    const char *s = p->code, *word = NULL;
    int depth = 0;
    char last = '\0';
    bool values = false;
    p->is_static = starts_word(s, "static");
    while (*s) {
        const char *after = *s == '#' && s[-1] == '\n' ? skip_line(s) : skip_text(s);
        if (after > s || isspace((unsigned char)*s)) {
            s = after > s ? after : s + 1;
            continue;
        }
        if (in_word(*s)) {
            after = skip_word(s);
            if (depth == 0 && !p->name[0] && !starts_word(s, "__attribute__"))
                word = s;
            p->is_const |= depth == 0 && !values && starts_word(s, "const");
            last = s[0];
            s = after;
            continue;
        }
        bool opens = *s == '(' || *s == '[' || *s == '{';
        if (depth == 0 && *s == '{' && last == ')' && !values && !p->body)
            p->body = s;
        if (depth == 0 && !p->name[0] && (*s == '(' || *s == '[' || *s == '=') && word
            && !take_name(p, word))
            return false;
        values |= depth == 0 && *s == '=';
        depth += opens - (*s == ')' || *s == ']' || *s == '}');
        last = *s++;
        if (depth < 0)
            return false;
        if (depth == 0 && (last == ';' || (last == '}' && p->body)))
            break;
    }
    p->end = s + (*s == '\n');
    p->kind = p->body ? PIECE_FUNCTION : values ? PIECE_TABLE
              : p->is_static && last == ';' && p->name[0] && strchr(p->code, '(')
                && strchr(p->code, '(') < s ? PIECE_PROTOTYPE : PIECE_OTHER;
    if (p->kind == PIECE_OTHER && (p->type = function_type(p, s)))
        p->kind = PIECE_PROTOTYPES;
    bool named = p->kind == PIECE_OTHER || p->kind == PIECE_PROTOTYPES || p->name[0];
    return named && depth == 0 && (last == ';' || last == '}');
}

bool piece_read(const char *s, struct piece *p)
{
    *p = (struct piece){ .start = s, .code = skip_blank(s) };
    if (!*p->code)
        return false;
    if (*p->code != '#')
        return read_declaration(p);
    p->kind = PIECE_LINE;
    p->end = skip_line(p->code);
    return true;
}

const char *piece_word(const char *s, const char *end, int *length)
{
    bool tag = false;       /* what comes next belongs to a structure */
    while (s < end) {
        const char *after = skip_text(s);
        if (after == s && in_word(*s)) {
            after = skip_word(s);
            if (!tag && !isdigit((unsigned char)*s)) {
                *length = (int)(after - s);
                if (!starts_word(s, "struct") && !starts_word(s, "enum"))
                    return s;
                tag = true;
            } else {
                tag = false;
            }
        } else if (after == s) {
            after++;
            if (!isspace((unsigned char)*s))
                tag = *s == '.' || (*s == '>' && s[-1] == '-');
        }
        s = after;
    }
    return NULL;
}
