/*
** list.c - reads lists of runs.
*/
#include "sweep/list.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/file/file.h"
#include "base/die.h"

enum { MOST_RUNS = 1 << 20 };

/* Places of runs by their results. */
struct seen { int *at; size_t room; };

/* Whether the result is of a run before it; else it is kept. */
static bool is_known(const struct list *l, struct seen *seen, const struct run_words *w)
{
    uint64_t hash = hash_bytes(HASH_START, w->folder, strlen(w->folder) + 1);
    size_t k = (size_t)hash_mix(hash_bytes(hash, w->result, strlen(w->result)));
    for (k %= seen->room; seen->at[k]; k = (k + 1) % seen->room) {
        const struct run_words *other = &l->run[seen->at[k] - 1].words;
        if (!strcmp(other->folder, w->folder) && !strcmp(other->result, w->result))
            return true;
    }
    seen->at[k] = l->count + 1;
    return false;
}

/* Whether a line is there to be run. */
static bool is_run(const char *line)
{
    return line[strspn(line, " \t\r")] && line[strspn(line, " \t")] != '#';
}

bool list_read(struct list *l, const char *path, char *err)
{
    size_t size, lines;
    *l = (struct list){ .path = path, .text = file_read(path, &size, err) };
    if (!l->text)
        return false;
    if (memchr(l->text, 0, size))
        return error_set(err, "%s: error: no list of runs: it is not text", path);
    lines = size && l->text[size - 1] != '\n';
    for (size_t k = 0; k < size; k++)
        lines += l->text[k] == '\n';
    if (lines > MOST_RUNS)
        return error_set(err, "%s: error: more than %d lines", path, MOST_RUNS);
    struct seen seen = { alloc(2*lines + 1, sizeof *seen.at), 2*lines + 1 };
    l->run = alloc(lines + 1, sizeof *l->run);
    for (char *s = l->text, *end; s < l->text + size; s = end + 1) {
        struct listed *now = &l->run[l->count];
        end = s + strcspn(s, "\n");
        *end = 0;
        l->lines++;
        if (!is_run(s))
            continue;
        *now = (struct listed){ .line = l->lines };
        if (!run_line_read(&now->words, s, strcspn(s, "\r")))
            return error_set(err, "%s:%d: error: no run of a list: expected cd FOLDER && PROGRAM "
                             "train ... --tag NAME=VALUE,... --result FILE", path, l->lines);
        l->count += !is_known(l, &seen, &now->words);
    }
    free(seen.at);
    return l->count || error_set(err, "%s: error: no runs are in it", path);
}

const char *list_command(const struct list *l, long line, char *err)
{
    const char *s = l->text;
    for (long n = 1; n < line && n < l->lines; n++)
        s += strlen(s) + 1;
    if (line <= l->lines && is_run(s))
        return s;
    error_set(err, "%s: has %d line%s, and no run in line %ld", l->path, l->lines,
              l->lines == 1 ? "" : "s", line);
    return NULL;
}
