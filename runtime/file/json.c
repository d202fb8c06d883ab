/*
** json.c - a strict reader of JSON. It must never read beyond the text's end, nor nest deeper than
** JSON_DEPTH.
*/
#include "file/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"

enum { JSON_DEPTH = 127 };      /* serde_json's */

const char *json_not_utf8(const char *text, size_t size)
{
    const char *end = text + size;
    for (int n; text < end; text += n) {
        n = visible_character(text, (size_t)(end - text));
        if (n == 0)
            return text;
    }
    return NULL;
}

bool json_bad(const struct json *j, const char *expected)
{
    return error_set(j->err, "%s: damaged %s: %s expected at offset %zu", j->path, j->part,
                     expected, (size_t)(j->s - j->start));
}

void json_blanks(struct json *j)
{
    j->s += strspn(j->s, " \t\r\n");
}

bool json_take(struct json *j, char c)
{
    json_blanks(j);
    if (*j->s != c)
        return false;
    j->s++;
    return true;
}

bool json_begin(struct json *j, char c)
{
    if (!json_take(j, c))
        return json_bad(j, c == '{' ? "\"{\"" : "\"[\"");
    return ++j->depth <= JSON_DEPTH || json_bad(j, "no deeper nesting");
}

bool json_empty(struct json *j, char c)
{
    bool empty = json_take(j, c);
    j->depth -= empty;
    return empty;
}

bool json_end(struct json *j, char c)
{
    j->depth--;
    return json_take(j, c) || json_bad(j, c == '}' ? "\"}\"" : "\"]\"");
}

/* U+0000 takes two bytes, as no string may end in its middle. */
static void json_utf8(struct json *j, unsigned code)
{
    if (code > 0) {
        j->strings = visible_encode(j->strings, code);
        return;
    }
    *j->strings++ = (char)0xc0;
    *j->strings++ = (char)0x80;
}

/* The four digits of \uXXXX. */
static bool json_hex(struct json *j, unsigned *code)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    *code = 0;
    for (int k = 0; k < 4; k++, j->s++) {
        const char *digit = *j->s ? strchr(digits, *j->s) : NULL;
        if (!digit)
            return json_bad(j, "four hexadecimal digits");
        *code = *code*16 + (unsigned)(digit - digits) % 16;
    }
    return true;
}

static bool json_escape(struct json *j)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = *j->s ? strchr(from, *j->s) : NULL;
    unsigned code, low;
    if (found) {
        *j->strings++ = to[found - from];
        j->s++;
        return true;
    }
    if (*j->s != 'u')
        return json_bad(j, "an escape");
    j->s++;
    if (!json_hex(j, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (j->s[0] != '\\' || j->s[1] != 'u')
            return json_bad(j, "the second half of a surrogate pair");
        j->s += 2;
        if (!json_hex(j, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return json_bad(j, "the second half of a surrogate pair before this");
        code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
    } else if (code >= 0xdc00 && code < 0xe000) {
        return json_bad(j, "the first half of a surrogate pair before this");
    }
    json_utf8(j, code);
    return true;
}

bool json_string(struct json *j, const char **out)
{
    *out = j->strings;
    if (!json_take(j, '"'))
        return json_bad(j, "a string");
    while (*j->s != '"') {
        if (j->s == j->end)
            return json_bad(j, "a string's end");
        if ((unsigned char)*j->s < ' ')
            return json_bad(j, "an escape in place of a control character");
        if (*j->s == '\\') {
            j->s++;
            if (!json_escape(j))
                return false;
        } else {
            *j->strings++ = *j->s++;
        }
    }
    j->s++;
    *j->strings++ = 0;
    return true;
}

/* Digits, at least one. */
static bool json_digits(struct json *j)
{
    const char *from = j->s;
    while (*j->s >= '0' && *j->s <= '9')
        j->s++;
    return j->s > from || json_bad(j, "a digit");
}

/* Any number that a double can hold, and whether it is of digits alone. */
static bool json_number(struct json *j, bool *whole)
{
    const char *from = j->s;
    j->s += *from == '-';
    if (*j->s == '0' && j->s[1] >= '0' && j->s[1] <= '9')
        return json_bad(j, "a number without leading zeros");
    if (!json_digits(j))
        return false;
    *whole = *from != '-';
    if (*j->s == '.') {
        *whole = false;
        j->s++;
        if (!json_digits(j))
            return false;
    }
    if (*j->s == 'e' || *j->s == 'E') {
        *whole = false;
        j->s++;
        j->s += *j->s == '-' || *j->s == '+';
        if (!json_digits(j))
            return false;
    }
    return isfinite(strtod(from, NULL)) || json_bad(j, "a smaller number");
}

bool json_whole(struct json *j, uint64_t *out)
{
    bool whole;
    json_blanks(j);
    const char *from = j->s;
    *out = 0;
    if (*from < '0' || *from > '9')
        return json_bad(j, "a whole number from 0");
    if (!json_number(j, &whole))
        return false;
    for (const char *s = from; s < j->s && whole; s++)
        if (__builtin_mul_overflow(*out, 10u, out)
            || __builtin_add_overflow(*out, (uint64_t)(*s - '0'), out))
            return json_bad(j, "a smaller number");
    return whole || json_bad(j, "a whole number");
}

/* A word, where it stands. */
static bool json_word(struct json *j, const char *word)
{
    size_t length = strlen(word);
    json_blanks(j);
    if (strncmp(j->s, word, length) != 0)
        return false;
    j->s += length;
    return true;
}

bool json_null(struct json *j)
{
    return json_word(j, "null");
}

bool json_real(struct json *j, double *out)
{
    bool whole;
    *out = NAN;
    if (json_null(j))
        return true;
    const char *from = j->s;
    if (*from != '-' && (*from < '0' || *from > '9'))
        return json_bad(j, "a number or null");
    if (!json_number(j, &whole))
        return false;
    *out = strtod(from, NULL);
    return true;
}

bool json_bool(struct json *j, bool *out)
{
    *out = json_word(j, "true");
    return *out || json_word(j, "false") || json_bad(j, "true or false");
}

static bool json_skip_object(struct json *j)
{
    const char *key;
    if (!json_begin(j, '{'))
        return false;
    if (json_empty(j, '}'))
        return true;
    do {
        if (!json_string(j, &key))
            return false;
        if (!json_take(j, ':'))
            return json_bad(j, "\":\"");
        if (!json_skip(j))
            return false;
    } while (json_take(j, ','));
    return json_end(j, '}');
}

static bool json_skip_array(struct json *j)
{
    if (!json_begin(j, '['))
        return false;
    if (json_empty(j, ']'))
        return true;
    do
        if (!json_skip(j))
            return false;
    while (json_take(j, ','));
    return json_end(j, ']');
}

bool json_skip(struct json *j)
{
    const char *text;
    bool whole;
    json_blanks(j);
    switch (*j->s) {
    case '{':
        return json_skip_object(j);
    case '[':
        return json_skip_array(j);
    case '"':
        return json_string(j, &text);
    }
    if (json_word(j, "null") || json_word(j, "true") || json_word(j, "false"))
        return true;
    if (*j->s == '-' || (*j->s >= '0' && *j->s <= '9'))
        return json_number(j, &whole);
    return json_bad(j, "a value");
}

void json_put(FILE *out, const char *s, size_t length)
{
    putc('"', out);
    for (const char *end = s + length; s < end;) {
        int n = visible_character(s, (size_t)(end - s));
        const unsigned code = n ? visible_code(s, n) : 0xfffd;
        if (visible_acts(code) || code == '"' || code == '\\')
            fprintf(out, "\\u%04x", code);
        else
            fprintf(out, "%.*s", n ? n : 3, n ? s : "\xef\xbf\xbd");
        s += n ? n : 1;
    }
    putc('"', out);
}
