/*
** visible.c - foreign text made harmless. It must never fail: without memory the text is cut.
*/
#include "base/visible.h"

#include <stdlib.h>
#include <string.h>

int visible_character(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3
               : *s >= 0xf0 && *s < 0xf5 ? 4 : 0;
    if (n > length)
        return 0;
    for (size_t k = 1; k < n; k++)
        if ((s[k] & 0xc0) != 0x80)
            return 0;
    /* longer than need be, surrogates, beyond U+10FFFF */
    if ((n == 3 && ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f)))
        || (n == 4 && ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))))
        return 0;
    return (int)n;
}

char *visible_encode(char *to, unsigned long code)
{
    int more = code > 0xffff ? 3 : code > 0x7ff ? 2 : code > 0x7f ? 1 : 0;
    static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };
    *to++ = (char)(first[more] | code >> 6*more);
    while (more-- > 0)
        *to++ = (char)(0x80 | (code >> 6*more & 63));
    return to;
}

/* C0, DELETE, and C1: U+0080 to U+009F. */
static bool visible_acts(const char *s, int length)
{
    unsigned char first = (unsigned char)s[0], second = length == 2 ? (unsigned char)s[1] : 0xff;
    return first < ' ' || first == 0x7f || (first == 0xc2 && second < 0xa0);
}

/* The bytes in front that may be printed as they are. */
static size_t visible_run(const char *s)
{
    size_t length = strlen(s), at = 0;
    while (at < length) {
        int n = visible_character(s + at, length - at);
        if (n == 0 || visible_acts(s + at, n))
            break;
        at += (size_t)n;
    }
    return at;
}

const char *visible_piece(const char **text, int *length, char room[5])
{
    enum { MOST = 1 << 20 };
    const char *s = *text;
    if (!*s)
        return NULL;
    size_t run = visible_run(s);
    if (run > 0) {
        *length = run < MOST ? (int)run : MOST;
        *text = s + *length;
        return s;
    }
    *length = snprintf(room, 5, "\\x%02x", (unsigned)(unsigned char)*s);
    *text = s + 1;
    return room;
}

void visible_vprint(FILE *out, const char *format, va_list arguments)
{
    char few[1024], room[5];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(few, sizeof few, format, arguments), n;
    char *many = length >= (int)sizeof few ? malloc((size_t)length + 1) : NULL;
    if (many)
        vsnprintf(many, (size_t)length + 1, format, again);
    va_end(again);
    const char *piece, *text = many ? many : few;
    while (length > 0 && *text)
        if (*text == '\n')
            putc(*text++, out);
        else if ((piece = visible_piece(&text, &n, room)) != NULL)
            fprintf(out, "%.*s", n, piece);
    free(many);
}

void visible_print(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    visible_vprint(out, format, arguments);
    va_end(arguments);
}

bool visible_whole(const char *text)
{
    return text[visible_run(text)] == '\0';
}

void visible_line(char *text, size_t size)
{
    char room[5];
    const char *from = text;
    int n;
    if (visible_whole(text))
        return;
    char *copy = calloc(size, 1);
    size_t at = 0;
    for (const char *piece; copy && (piece = visible_piece(&from, &n, room)) != NULL;
         at += (size_t)n) {
        if (at + (size_t)n >= size)
            break;
        memcpy(copy + at, piece, (size_t)n);
    }
    if (copy)
        memcpy(text, copy, at + 1);
    else
        text[visible_run(text)] = '\0';
    free(copy);
}

void visible_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=+./,:@";
    if (*word && word[strspn(word, plain)] == 0) {
        fputs(word, out);
        return;
    }
    bool shown = visible_whole(word);
    fputs(shown ? "'" : "\"$(printf '", out);
    for (; *word; word++)
        if (shown)
            fputs(*word == '\'' ? "'\\''" : (const char[]){ *word, 0 }, out);
        else if (strchr(plain, *word))
            putc(*word, out);
        else
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*word);
    fputs(shown ? "'" : "')\"", out);
}
