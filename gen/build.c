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

#include "text.h"

static bool fail(const char *path, const char *what)
{
    fprintf(stderr, "lathe: %s: %s: %s\n", path, what, strerror(errno));
    return false;
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
    int fd = mkstemp(name.at);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        fail(path, "cannot be written");
        if (fd >= 0)
            close(fd);
        text_free(&name);
        return NULL;
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask))
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
            unlink(temporary);
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

bool compile(const char *source, const char *program, const char *default_cc)
{
    const char *cc = getenv("CC");
    struct text command = { 0 };
    /* CC may hold words ("ccache gcc"), so it is left to the shell to split. */
    text_printf(&command, "%s -O3 ", cc && *cc ? cc : default_cc);
    shell_quote(&command, source);
    text_puts(&command, " -o ");
    shell_quote(&command, program);
    text_puts(&command, " -lm -pthread");
    int status = system(text_string(&command));
    bool good = status != -1 && WIFEXITED(status) && !WEXITSTATUS(status);
    if (!good)
        fprintf(stderr, "lathe: the C compiler failed: %s\n", text_string(&command));
    text_free(&command);
    return good;
}
