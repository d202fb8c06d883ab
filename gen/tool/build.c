/*
** build.c - what lathe writes (runtime/file/output.h), and the C compiler.
*/
#include "tool/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"
#include "base/text.h"
#include "print/emit.h"

bool failed(const char *err)
{
    visible_print(stderr, "lathe: %s\n", err);
    return false;
}

bool claim(const char *path, enum output_kind kind)
{
    const struct output o = { path, kind, "-o", false };
    char err[ERR_SIZE];
    return output_claim(&o, err) || failed(err);
}

FILE *page_open(struct page *p, const char *path)
{
    *p = (struct page){ .path = path };
    p->f = open_memstream(&p->text, &p->size);
    if (!p->f)
        failed("not enough memory");
    return p->f;
}

bool page_close(struct page *p)
{
    struct output_file out;
    char err[ERR_SIZE] = "not enough memory";
    bool good = !ferror(p->f);
    good = !fclose(p->f) && good && output_start(&out, p->path, err);
    if (good) {
        output_put(&out, p->text, p->size);
        good = output_finish(&out, false, err);
    }
    free(p->text);
    return good || failed(err);
}

void temporary_name(struct text *t, const char *name)
{
    const char *directory = getenv("TMPDIR");
    directory = directory && *directory ? directory : "/tmp";
    text_printf(t, "%s%s/%s", *directory == '-' ? "./" : "", directory, name);
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
        visible_print(stderr, "lathe: the C compiler failed: %s\n", text_string(&command));
    text_free(&command);
    return good;
}

bool compile(const char *source, const char *program, const char *default_cc)
{
    struct output_file out;
    char err[ERR_SIZE];
    if (!output_start(&out, program, err))
        return failed(err);
    /* A compiler that fails may have begun to write, or removed what it wrote. */
    if (!run_compiler(source, output_name(&out), default_cc)) {
        output_drop(&out);
        return false;
    }
    return output_finish(&out, true, err) || failed(err);
}

bool build_program(struct net *const *nets, int nnets, const char *program)
{
    struct text source = { 0 };
    temporary_name(&source, "lathe-XXXXXX.c");
    int fd = leftover_make(source.at, 2);
    if (fd < 0) {
        visible_print(stderr, "lathe: %s: cannot be written: %s\n", source.at, strerror(errno));
        return false;
    }
    FILE *f = fdopen(fd, "w");
    bool good = f != NULL;
    if (good)
        emit(nets, nnets, false, f);
    good = good && !ferror(f);
    good = f && !fclose(f) && good;
    if (!good)
        visible_print(stderr, "lathe: %s: cannot be written: %s\n", source.at, strerror(errno));
    bool cross = !strcmp(nets[0]->isa->name, "neon") && strcmp(isa_native()->name, "neon");
    good = good && compile(source.at, program, cross ? "aarch64-linux-gnu-gcc" : "cc");
    leftover_remove(source.at);
    text_free(&source);
    return good;
}
