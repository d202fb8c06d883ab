/*
** visible.c - foreign text made harmless. It must never fail: without memory the text is cut.
*/
#include "base/visible.h"

#include <stdlib.h>
#include <string.h>

enum { VISIBLE_ROOM = 1024 };

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

/* Characters, from the first to the last of a row, that do something: C0, DELETE and C1; marks and
** overrides of the direction of writing, which show a text in another order than it has; ends of
** lines and paragraphs. */
static const struct { unsigned first, last; } visible_acting[] = {
    { 0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
    { 0x2066, 0x2069 }
};

unsigned visible_code(const char *s, int length)
{
    unsigned code = (unsigned char)s[0];
    if (length > 1)
        code &= 0x7fu >> length;
    for (int k = 1; k < length; k++)
        code = code << 6 | ((unsigned char)s[k] & 0x3fu);
    return code;
}

bool visible_acts(unsigned code)
{
    for (size_t k = 0; k < sizeof visible_acting / sizeof *visible_acting; k++)
        if (code >= visible_acting[k].first && code <= visible_acting[k].last)
            return true;
    return false;
}

/* The bytes in front that may be printed as they are. */
static size_t visible_run(const char *s)
{
    size_t length = strlen(s), at = 0;
    while (at < length) {
        int n = visible_character(s + at, length - at);
        if (n == 0 || visible_acts(visible_code(s + at, n)))
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

/* printf's text, in room or allocated; without memory cut to room. */
static char *visible_format(char room[VISIBLE_ROOM], const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(room, VISIBLE_ROOM, format, arguments);
    char *many = length >= VISIBLE_ROOM ? malloc((size_t)length + 1) : NULL;
    if (many)
        vsnprintf(many, (size_t)length + 1, format, again);
    else if (length < 0)
        *room = 0;
    va_end(again);
    return many ? many : room;
}

/*
** The format's line ends are told from its arguments': with another character in their place the
** same arguments make a text that differs there alone.
*/
void visible_vprint(FILE *out, const char *format, va_list arguments)
{
    char few[2][VISIBLE_ROOM], room[5];
    char *other = strdup(format);
    for (char *s = other; s && (s = strchr(s, '\n')); s++)
        *s = ' ';
    va_list again;
    va_copy(again, arguments);
    char *text = visible_format(few[0], format, arguments);
    char *marked = visible_format(few[1], other ? other : format, again);
    va_end(again);
    int n;
    const char *piece, *s = marked == few[1] ? few[0] : text;
    for (const char *start = s; *s;)
        if (*s == '\n' && marked[s - start] == ' ')
            putc(*s++, out);
        else if ((piece = visible_piece(&s, &n, room)) != NULL)
            fprintf(out, "%.*s", n, piece);
    if (text != few[0])
        free(text);
    if (marked != few[1])
        free(marked);
    free(other);
}

void visible_print(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    visible_vprint(out, format, arguments);
    va_end(arguments);
}

/* Which characters take another number of columns than one, as terminals have it (Unicode's
** EastAsianWidth.txt: W and F, and of the marks that stand on other letters the usual ones). */
static const struct { unsigned first, last; int columns; } visible_widths[] = {
    { 0x300, 0x36f, 0 }, { 0x1100, 0x115f, 2 }, { 0x200b, 0x200d, 0 }, { 0x20d0, 0x20ff, 0 },
    { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xa960, 0xa97c, 2 }, { 0xac00, 0xd7a3, 2 },
    { 0xf900, 0xfaff, 2 }, { 0xfe00, 0xfe0f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 },
    { 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 }
};

static int visible_width(unsigned code)
{
    for (size_t k = 0; k < sizeof visible_widths / sizeof *visible_widths; k++)
        if (code >= visible_widths[k].first && code <= visible_widths[k].last)
            return visible_widths[k].columns;
    return 1;
}

int visible_columns(const char *text)
{
    char room[5];
    int length, columns = 0;
    for (const char *piece; (piece = visible_piece(&text, &length, room)) != NULL;)
        for (int n; length > 0; piece += n, length -= n) {
            n = visible_character(piece, (size_t)length);
            n += n == 0;        /* cut between two pieces */
            columns += visible_width(visible_code(piece, n));
        }
    return columns;
}

void visible_padded(FILE *out, const char *text, int columns)
{
    const int taken = visible_columns(text);
    visible_print(out, "%s%*s", text, columns > taken ? columns - taken : 0, "");
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

/* What no shell takes for more than itself. */
static const char visible_bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "-_=+./,:@";

/* A word with a = makes a variable where a program's name could stand, but for an option. */
static bool visible_plain(const char *word)
{
    return *word && word[strspn(word, visible_bare)] == 0 && (*word == '-' || !strchr(word, '='));
}

void shell_pieces(shell_put *put, void *to, const char *word)
{
    if (visible_plain(word)) {
        put(to, word, strlen(word));
        return;
    }
    put(to, "'", 1);
    for (size_t n; *word; word += n + (word[n] != 0)) {
        n = strcspn(word, "'");
        put(to, word, n);
        if (word[n])
            put(to, "'\\''", 4);
    }
    put(to, "'", 1);
}

static void visible_to_file(void *to, const char *piece, size_t length)
{
    fwrite(piece, 1, length, to);
}

void shell_word(FILE *out, const char *word)
{
    shell_pieces(visible_to_file, out, word);
}

void visible_word(FILE *out, const char *word)
{
    if (visible_whole(word)) {
        shell_word(out, word);
        return;
    }
    fputs("\"$(printf '", out);
    for (; *word; word++)
        if (strchr(visible_bare, *word))
            putc(*word, out);
        else
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*word);
    fputs("')\"", out);
}
