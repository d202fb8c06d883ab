/*
** shell_word.c - words as a shell reads them. It must never print what acts on a terminal.
*/
#include "command/shell_word.h"

#include <string.h>

#include "base/visible.h"

void shell_word(FILE *out, const char *word)
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
