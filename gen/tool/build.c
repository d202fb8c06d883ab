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
#include "runtime/base/stream.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"
#include "base/text.h"
#include "print/emit.h"
#include "print/parts.h"
#include "tool/cache.h"
#include "tool/compiler.h"

enum { MOST_JOBS = 16 };

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
    p->f = stream_memory(&p->text, &p->size);
    if (!p->f)
        failed("not enough memory");
    return p->f;
}

bool page_close(struct page *p)
{
    struct output_file out;
    char err[ERR_SIZE] = "not enough memory";
    bool good = stream_close(p->f) && output_start(&out, p->path, err);
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

/* The compiler's words, "ccache gcc" or one program: the shell splits them. */
static const char *compiler_words(const struct net *net)
{
    const char *cc = getenv(net->mpi ? "MPICC" : "CC");
    if (net->mpi)
        return cc && *cc ? cc : "mpicc";
    bool cross = !strcmp(net->isa->name, "neon") && strcmp(isa_native()->name, "neon");
    return cc && *cc ? cc : cross ? "aarch64-linux-gnu-gcc" : "cc";
}

/* ---- in parts, with the runtime that was compiled before ---- */

/* What the compiler said while it did its work: warnings. */
static void pass_on(const struct compiler *c, int parts)
{
    struct text path = { 0 };
    char piece[4096];
    for (int k = 0; k <= parts; k++) {
        path.length = 0;
        text_printf(&path, k < parts ? "%s/part-%d.txt" : "%s/link.txt", c->work, k);
        FILE *f = fopen(text_string(&path), "r");
        for (size_t n; f && (n = fread(piece, 1, sizeof piece, f)) > 0; )
            fwrite(piece, 1, n, stderr);
        if (f)
            fclose(f);
    }
    text_free(&path);
}

static bool link_parts(const struct compiler *c, int parts, const char *runtime,
                       const char *program)
{
    struct text command = { 0 };
    text_printf(&command, "%s " COMPILER_LEVEL, c->cc);
    object_names(&command, c->work, "part", parts);
    object_names(&command, runtime, "runtime", RUNTIME_SHARES);
    text_puts(&command, " -o ");
    shell_quote(&command, program);
    text_puts(&command, " -lm " COMPILER_THREADS " 2>");
    shell_quote(&command, c->work);
    text_puts(&command, "/link.txt");
    bool good = leftover_run(text_string(&command)) == 0;
    text_free(&command);
    return good;
}

static bool compile_parts(const struct compiler *c, struct net *const *nets, int nnets,
                          const char *runtime, const char *program)
{
    char *split = NULL;
    size_t size;
    FILE *f = stream_memory(&split, &size);
    struct text *part = alloc((size_t)c->jobs, sizeof *part);
    int parts = 0;
    if (f) {
        emit(nets, nnets, true, f);
        if (stream_close(f))
            parts = network_parts(split, c->jobs, part);
    }
    bool good = parts && compile_objects(c, part, parts, "part", c->work)
                && link_parts(c, parts, runtime, program);
    if (good)
        pass_on(c, parts);
    for (int k = 0; k < parts; k++)
        text_free(&part[k]);
    free(part);
    free(split);
    return good;
}

/* False: in silence; what goes wrong goes wrong in one piece, too, and is said there. */
static bool by_parts(struct net *const *nets, int nnets, const char *program, int jobs)
{
    struct text work = { 0 }, runtime = { 0 };
    temporary_name(&work, "lathe-XXXXXX");
    if (!leftover_make_tree(work.at)) {
        text_free(&work);
        return false;
    }
    const struct compiler c = { compiler_words(nets[0]), work.at, jobs };
    bool good = cache_runtime(&c, nets[0], &runtime)
                && compile_parts(&c, nets, nnets, text_string(&runtime), program);
    leftover_remove(work.at);
    text_free(&work);
    text_free(&runtime);
    return good;
}

/* ---- in one piece ---- */

static bool compile(const char *source, const char *program, const char *cc)
{
    struct text command = { 0 };
    text_printf(&command, "%s " COMPILER_LEVEL " ", cc);
    shell_quote(&command, source);
    text_puts(&command, " -o ");
    shell_quote(&command, program);
    text_puts(&command, " -lm " COMPILER_THREADS);
    int status = leftover_run(text_string(&command));
    bool good = status != -1 && WIFEXITED(status) && !WEXITSTATUS(status);
    if (status == -1)
        visible_print(stderr, "lathe: no process for the compiler: %s\n", strerror(errno));
    else if (!good)
        visible_print(stderr, "lathe: the C compiler failed: %s\n", text_string(&command));
    text_free(&command);
    return good;
}

static bool in_one_piece(struct net *const *nets, int nnets, const char *program)
{
    struct text source = { 0 };
    temporary_name(&source, "lathe-XXXXXX.c");
    int fd = leftover_make(source.at, 2);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    bool good = f != NULL;
    if (good)
        emit(nets, nnets, false, f);
    good = f && stream_close(f) && good;
    if (!good)
        visible_print(stderr, "lathe: %s: cannot be written: %s\n", source.at, strerror(errno));
    good = good && compile(source.at, program, compiler_words(nets[0]));
    if (fd >= 0)
        leftover_remove(source.at);
    text_free(&source);
    return good;
}

bool build_program(struct net *const *nets, int nnets, const char *program, int jobs)
{
    struct output_file out;
    char err[ERR_SIZE];
    if (!output_start(&out, program, err))
        return failed(err);
    jobs = jobs < 1 ? 1 : jobs > MOST_JOBS ? MOST_JOBS : jobs;
    /* A compiler that fails may have begun to write, or removed what it wrote. */
    if (!by_parts(nets, nnets, output_name(&out), jobs)
        && !in_one_piece(nets, nnets, output_name(&out))) {
        output_drop(&out);
        return false;
    }
    return output_finish(&out, true, err) || failed(err);
}
