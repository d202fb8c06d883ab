/*
** compiler.c - compilations as processes, as many at a time as there are processors.
*/
#include "tool/compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/base/stream.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"

static void put_text(void *to, const char *piece, size_t length)
{
    text_add(to, piece, length);
}

void shell_quote(struct text *t, const char *s)
{
    shell_pieces(put_text, t, s);
}

bool write_whole(const char *path, const char *bytes, size_t size)
{
    FILE *f = fopen(path, "w");
    bool good = f && fwrite(bytes, 1, size, f) == size;
    return f && stream_close(f) && good;
}

/* FOLDER/NAME-k.END */
static const char *file_name(struct text *t, const char *folder, const char *name, int k,
                             const char *end)
{
    t->length = 0;
    text_printf(t, "%s/%s-%d.%s", folder, name, k, end);
    return text_string(t);
}

void object_names(struct text *command, const char *folder, const char *name, int n)
{
    struct text path = { 0 };
    for (int k = 0; k < n; k++) {
        text_puts(command, " ");
        shell_quote(command, file_name(&path, folder, name, k, "o"));
    }
    text_free(&path);
}

/* Of the file's place the source's name comes second, the object's fourth: compilers may be
** scripts that know no more. */
static pid_t begin(const struct compiler *c, struct text *source, const char *name, int k,
                   const char *folder)
{
    struct text path = { 0 }, command = { 0 };
    pid_t pid = -1;
    if (write_whole(file_name(&path, c->work, name, k, "c"), text_string(source),
                    source->length)) {
        text_printf(&command, "%s " COMPILER_LEVEL " ", c->cc);
        shell_quote(&command, text_string(&path));
        text_puts(&command, " -o ");
        shell_quote(&command, file_name(&path, folder, name, k, "o"));
        text_puts(&command, " -c " COMPILER_THREADS " 2>");
        shell_quote(&command, file_name(&path, c->work, name, k, "txt"));
        pid = leftover_start(text_string(&command));
    }
    text_free(&path);
    text_free(&command);
    return pid;
}

bool compile_objects(const struct compiler *c, struct text *source, int n, const char *name,
                     const char *folder)
{
    bool good = true;
    for (int begun = 0, ended = 0; ended < n; ) {
        if (begun < n && begun - ended < c->jobs) {
            good = good && begin(c, &source[begun], name, begun, folder) > 0;
            if (!good)
                n = begun;
            begun += good;
            continue;
        }
        int status;
        good = leftover_wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && good;
        ended++;
        if (!good)
            n = begun;
    }
    return good;
}
