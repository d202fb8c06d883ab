/*
** run_line.c - writes and reads the lines of a sweep's list. It must never write a word that a
** shell would take for more than itself.
*/
#include "file/run_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/visible.h"

char *run_line_folder(const char *list, char *err)
{
    char *folder = NULL;
    struct stat st;
    if (asprintf(&folder, "%s%s.d", *list == '-' ? "./" : "", list) < 0) {
        error_set(err, "not enough memory");
        return NULL;
    }
    if ((!mkdir(folder, 0777) || errno == EEXIST) && !stat(folder, &st) && S_ISDIR(st.st_mode))
        return folder;
    error_set(err, "%s: cannot be made, for the results of %s: %s", folder, list,
              errno == EEXIST ? "it is no folder" : strerror(errno));
    free(folder);
    return NULL;
}

char *run_line_here(char *err)
{
    char *here = getcwd(NULL, 0);
    if (!here)
        error_set(err, "the folder that this is called in has no name: %s", strerror(errno));
    return here;
}

/* A line's end would end the line. */
bool run_line_says(const char *word, char *err)
{
    return !word[strcspn(word, "\n\r")]
           || error_set(err, "\"%s\" has a line's end in it, and no line of a list can", word);
}

static uint64_t run_line_hash(const struct run_line *r)
{
    uint64_t hash = hash_bytes(HASH_START, r->what, strlen(r->what) + 1);
    for (int k = 0; k < r->count; k++)
        if (!strcmp(r->word[k], "--threads"))
            k++;
        else if (strncmp(r->word[k], "--threads=", 10) != 0 && strcmp(r->word[k], "--pin") != 0)
            hash = hash_bytes(hash, r->word[k], strlen(r->word[k]) + 1);
    return hash_mix(hash);
}

char *run_line_result(const struct run_line *r)
{
    char *path = NULL;
    return asprintf(&path, "%s/%016" PRIx64 ".json", r->results, run_line_hash(r)) < 0 ? NULL
                                                                                       : path;
}

bool run_line_put(FILE *out, const struct run_line *r, char *err)
{
    const char *const said[] = { r->folder, r->program, r->tags, r->results };
    for (size_t k = 0; k < sizeof said / sizeof *said; k++)
        if (!run_line_says(said[k], err))
            return false;
    fputs("cd ", out);
    shell_word(out, r->folder);
    fputs(" && ", out);
    shell_word(out, r->program);
    fputs(" train", out);
    for (int k = 0; k < r->count; k++) {
        if (!run_line_says(r->word[k], err))
            return false;
        putc(' ', out);
        shell_word(out, r->word[k]);
    }
    fputs(" --tag ", out);
    shell_word(out, r->tags);
    char *result = run_line_result(r);
    if (!result)
        return error_set(err, "not enough memory");
    fputs(" --result ", out);
    shell_word(out, result);
    putc('\n', out);
    free(result);
    return true;
}

/* The next word of a shell's line, moving *line on; it goes to *to, unquoted. False: none. */
static bool run_line_next(const char **line, const char *end, char **to)
{
    const char *s = *line;
    char quote = 0;
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    if (s == end)
        return false;
    for (; s < end && (quote || (*s != ' ' && *s != '\t')); s++)
        if (*s == quote)
            quote = 0;
        else if (!quote && (*s == '\'' || *s == '"'))
            quote = *s;
        else if (*s == '\\' && quote != '\'' && s + 1 < end)
            *(*to)++ = *++s;
        else
            *(*to)++ = *s;
    *(*to)++ = 0;
    *line = s;
    return !quote;
}

const char *run_line_command(const char *line)
{
    static const char *const before[] = { "cd", NULL, "&&" };
    const char *at = line, *const end = line + strlen(line);
    char *room = malloc(strlen(line) + 8), quote = 0;
    bool good = room;
    for (int k = 0; k < 3 && good; k++) {
        char *word = room, *to = room;
        good = run_line_next(&at, end, &to) && (!before[k] || !strcmp(word, before[k]));
    }
    free(room);
    at += good ? strspn(at, " \t") : 0;
    /* FOLDER=x before it sets a variable; what else can stand there parts commands. */
    good = good && at[strcspn(at, "= \t'\"/")] != '=';
    for (const char *s = at; *s && good; s++)
        if (*s == quote)
            quote = 0;
        else if (!quote && (*s == '\'' || *s == '"'))
            quote = *s;
        else if (!quote && strchr(";|&<>()\\", *s))
            good = *s == '\\' && s[1] && s++;
    return good ? at : NULL;
}

bool run_line_read(struct run_words *r, const char *line, size_t length)
{
    const char *const end = line + length;
    *r = (struct run_words){ .text = malloc(length + 2) };
    char **found = NULL;
    char *to = r->text;
    while (to) {
        char *word = to;
        if (!run_line_next(&line, end, &to))
            break;
        if (found)
            *found = word;
        found = found ? NULL : !strcmp(word, "cd") && !r->folder ? &r->folder
                : !strcmp(word, "--tag") ? &r->tags : !strcmp(word, "--result") ? &r->result : NULL;
    }
    if (r->folder && r->tags && r->result)
        return true;
    free(r->text);
    return false;
}
