/*
** build.c - files that appear whole or not at all, and the C compiler.
*/
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leftover.h"
#include "text.h"

static bool fail(const char *path, const char *what)
{
    fprintf(stderr, "lathe: %s: %s: %s\n", path, what, strerror(errno));
    return false;
}

static mode_t permissions(mode_t all)
{
    mode_t mask = umask(0);
    umask(mask);
    return all & ~mask;
}

FILE *output_open(const char *path, char **temporary)
{
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        fail(path, "cannot be written");
        return NULL;
    }
    *temporary = NULL;
    if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
        /* A device or a pipe cannot be renamed onto: written as it is. */
        FILE *f = fopen(path, "w");
        if (!f)
            fail(path, "cannot be written");
        return f;
    }
    struct text name = { 0 };
    text_printf(&name, "%s.XXXXXX", path);
    int fd = leftover_make(name.at, 0);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        fail(path, "cannot be written");
        if (fd >= 0) {
            close(fd);
            leftover_remove(name.at);
        }
        text_free(&name);
        return NULL;
    }
    if (fchmod(fd, permissions(0666)))
        fail(path, "its permissions cannot be set");
    *temporary = name.at;
    return f;
}

bool output_close(FILE *f, char *temporary, const char *path)
{
    bool good = !ferror(f);
    good = !fclose(f) && good;
    good = good && (!temporary || !rename(temporary, path));
    if (!good) {
        fail(path, "cannot be written");
        if (temporary)
            leftover_remove(temporary);
    } else if (temporary) {
        leftover_keep(temporary);
    }
    free(temporary);
    return good;
}

void shell_quote(struct text *t, const char *s)
{
    text_puts(t, "'");
    for (; *s; s++)
        if (*s == '\'')
            text_puts(t, "'\\''");
        else
            text_add(t, s, 1);
    text_puts(t, "'");
}

static bool run_compiler(const char *source, const char *program, const char *default_cc)
{
    const char *cc = getenv("CC");
    struct text command = { 0 };
    /* CC may hold words ("ccache gcc"), so it is left to the shell to split. */
    text_printf(&command, "%s -O3 ", cc && *cc ? cc : default_cc);
    shell_quote(&command, source);
    text_puts(&command, " -o ");
    shell_quote(&command, program);
    text_puts(&command, " -lm -pthread");
    int status = leftover_run(text_string(&command));
    bool good = status != -1 && WIFEXITED(status) && !WEXITSTATUS(status);
    if (!good)
        fprintf(stderr, "lathe: the C compiler failed: %s\n", text_string(&command));
    text_free(&command);
    return good;
}

bool compile(const char *source, const char *program, const char *default_cc)
{
    char *temporary;
    FILE *f = output_open(program, &temporary);
    if (!f)
        return false;
    /* A compiler that fails may have begun to write, or removed what it wrote. */
    if (!run_compiler(source, temporary ? temporary : program, default_cc)) {
        fclose(f);
        if (temporary)
            leftover_remove(temporary);
        free(temporary);
        return false;
    }
    if (temporary && chmod(temporary, permissions(0777)))
        fail(program, "its permissions cannot be set");
    return output_close(f, temporary, program);
}
