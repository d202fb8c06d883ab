/*
** test_docs.c - runs every command of README.md and docs/, each document in a copy of the
** checkout, and compares what it prints with what is shown.
**
** In a `sh` block each line is a command, in a `console` block each line after `$ `, and what
** follows is its output: `...` stands for anything within a line, alone for any lines. A command
** ending in a backslash goes on. A block that begins with two words, as `net mine.net`, is that
** file. Other words say what a block needs: `data` CIFAR-10 in $LATHE_DATA, `numpy`, `torch`,
** `onnxruntime`, `keras` Python with them, `long` make test-all. $DOCS names the documents if not
** all are meant.
**
** It must never pass a document of which it ran nothing.
*/
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

/* Commands that a test cannot run here, and who does; those of `make test-all` it runs there. */
static const char in_test_all[] = "make test-all runs it";
static const struct { const char *begins, *why; } elsewhere[] = {
    { "make test", "make test is what runs this" },
    { "make lint", ".ci/run" },
    { "make quick", "make test has its suites" },
    { "make sanitize", "it takes minutes" },
    { "make hash", "make test-all has all of it, make test a part" },
    { "make data", "it downloads 162 MB" },
    { "make deps", "it installs packages" },
    { "make fuzz", "it takes minutes" },
    { "make bench", "tests/test_bench.py" },
    { "make ladder", "it takes half an hour, on CIFAR-10" },
    { "make run", in_test_all },
    { "./mine predict photo.png", "tests/program/test_predict.c" },
    { "magick", "ImageMagick" },
};

enum { MOST_LINES = 2000 };

/* ---- comparing ---- */

static bool line_matches(const char *shown, const char *shown_end, const char *real,
                         const char *real_end)
{
    while (shown < shown_end) {
        if (shown_end - shown >= 3 && !strncmp(shown, "...", 3)) {
            for (const char *p = real; p <= real_end; p++)
                if (line_matches(shown + 3, shown_end, p, real_end))
                    return true;
            return false;
        }
        if (real == real_end || *shown++ != *real++)
            return false;
    }
    return real == real_end;
}

static const char *line_end(const char *line)
{
    return line + strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    const char *end = line_end(line);
    return *end ? end + 1 : end;
}

static bool text_matches(const char *shown, const char *real)
{
    if (!*shown)
        return !*real;
    const char *rest = next_line(shown);
    if (line_end(shown) - shown == 3 && !strncmp(shown, "...", 3)) {
        for (;; real = next_line(real)) {
            if (text_matches(rest, real))
                return true;
            if (!*real)
                return false;
        }
    }
    return *real && line_matches(shown, line_end(shown), real, line_end(real))
           && text_matches(rest, next_line(real));
}

Test(docs, compares_with_ellipses)
{
    cr_assert(text_matches("a\n...\nd ... e\n", "a\nb\nc\nd 12 e\n"));
    cr_assert(text_matches("...\n", ""));
    cr_assert(!text_matches("a\n", "b\n"));
    cr_assert(!text_matches("a\n", "a\nb\n"));
    cr_assert(!text_matches("a\nb\n", "a\n"));
    cr_assert(!text_matches("a ... c\n", "a b\n"));
    cr_assert(!text_matches("...\nb\n", "a\nc\n"));
}

/* ---- running ---- */

struct document { char path[192]; };

struct reader {
    const char *path;
    char *line[MOST_LINES];
    int lines, at;              /* of which this one is next */
    int commands;               /* run */
};

static const char *run_elsewhere(const char *command)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (!strncmp(command, elsewhere[i].begins, strlen(elsewhere[i].begins)))
            return elsewhere[i].why == in_test_all && getenv("LATHE_TEST_ALL")
                 ? NULL : elsewhere[i].why;
    return NULL;
}

static void follow_command(struct reader *r, const char *command, const char *shown, bool can)
{
    const char *why = run_elsewhere(command);
    if (why)
        fprintf(stderr, "[SKIP] %s:%d: %s: %s\n", r->path, r->at, command, why);
    if (why || !can)
        return;
    /* A cc that is called by name is that of `lathe build`: tests/cc.sh. A comment ends there. */
    struct run did = shell("cc() { ${CC:-cc} \"$@\"; }; %s\n", command);
    r->commands++;
    cr_expect(did.status == 0, "%s:%d: exit %d: %s\n%.2000s", r->path, r->at, did.status,
              command, did.output);
    if (*shown)
        cr_expect(text_matches(shown, did.output), "%s:%d: not what is shown: %s\n%.4000s",
                  r->path, r->at, command, did.output);
    run_free(&did);
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += length)
        if (p > words && p[-1] == ' ' && (p[length] == '\0' || p[length] == ' '))
            return true;
    return false;
}

static bool can_run(const struct reader *r, const char *info)
{
    static const char *const packages[][3] = {
        { "numpy", "import numpy", "python3 with numpy" },
        { "torch", "import torch, safetensors.torch", "python3 with torch and safetensors" },
        { "onnxruntime", "import numpy, onnxruntime", "python3 with numpy and onnxruntime" },
        { "keras", "import importlib.util as u; exit(not all(map(u.find_spec, "
                   "(\"keras\", \"torch\", \"onnxscript\"))))",
          "python3 with keras, torch and onnxscript" },
    };
    char import[160];
    const char *lacks = has_word(info, "data") && !getenv("LATHE_DATA") ? "$LATHE_DATA"
                      : has_word(info, "long") && !getenv("LATHE_TEST_ALL") ? "make test-all"
                      : NULL;
    for (size_t k = 0; k < sizeof packages / sizeof *packages; k++) {
        snprintf(import, sizeof import, "python3 -c '%s' 2>/dev/null", packages[k][1]);
        if (!lacks && has_word(info, packages[k][0]) && system(import))
            lacks = packages[k][2];
    }
    if (lacks)
        fprintf(stderr, "[SKIP] %s:%d: needs %s\n", r->path, r->at, lacks);
    return !lacks;
}

static bool in_block(const struct reader *r)
{
    return strncmp(r->line[r->at], "```", 3) != 0;
}

/* Lines up to the block's end, or in a console to the next command. */
static char *lines_of(struct reader *r, bool console)
{
    static char text[1 << 16];
    size_t length = 0;
    text[0] = '\0';
    for (; in_block(r) && !(console && !strncmp(r->line[r->at], "$ ", 2)); r->at++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", r->line[r->at]);
        cr_assert(length < sizeof text && r->at + 1 < r->lines, "%s:%d: no end", r->path, r->at);
    }
    return text;
}

/* The next command: a line, and the next while it ends in a backslash. */
static const char *next_command(struct reader *r)
{
    static char command[4096];
    size_t length = 0;
    do {
        length += (size_t)snprintf(command + length, sizeof command - length, "%s%s",
                                   length ? "\n" : "", r->line[r->at++]);
        cr_assert(length < sizeof command && r->at < r->lines, "%s:%d", r->path, r->at);
    } while (length && command[length - 1] == '\\');
    return command;
}

static void follow_block(struct reader *r, const char *info)
{
    char file[128];
    bool can = can_run(r, info), console = !strncmp(info, "console", 7);
    if (sscanf(info, "%*[a-z] %127s", file) == 1 && strchr(file, '.'))
        write_text(file, lines_of(r, false));
    else if (!console && strcmp(info, "sh") && strncmp(info, "sh ", 3))
        lines_of(r, false);
    while (in_block(r)) {
        const char *line = next_command(r);
        cr_assert(!console || !strncmp(line, "$ ", 2), "%s:%d: no command", r->path, r->at);
        if (console)
            follow_command(r, line + 2, lines_of(r, true), can);
        else if (*line && *line != '#')
            follow_command(r, line, "", can);
    }
}

static void read_document(struct reader *r)
{
    FILE *f = fopen(r->path, "r");
    cr_assert(f, "%s cannot be read", r->path);
    char *line = NULL;
    size_t space = 0;
    while (getline(&line, &space, f) > 0 && r->lines < MOST_LINES) {
        line[strcspn(line, "\n")] = '\0';
        r->line[r->lines++] = strdup(line);
    }
    cr_assert(feof(f), "%s has more than %d lines", r->path, MOST_LINES);
    free(line);
    fclose(f);
}

ParameterizedTestParameters(docs, does_what_it_shows)
{
    static struct document documents[32];
    size_t count = 0;
    const char *only = getenv("DOCS"), *const all[] = { only ? only : "docs/*.md", "README.md" };
    char pattern[160];
    glob_t found = { 0 };
    for (int i = 0; i < (only ? 1 : 2); i++) {
        snprintf(pattern, sizeof pattern, "%s/%s", getenv("SOURCE"), all[i]);
        glob(pattern, i ? GLOB_APPEND : 0, NULL, &found);
    }
    for (size_t i = 0; i < found.gl_pathc && count < 32; i++)
        snprintf(documents[count++].path, sizeof documents->path, "%s", found.gl_pathv[i]);
    globfree(&found);
    return cr_make_param_array(struct document, documents, count);
}

/* Everything that a reader's checkout has; build/ without the tests. */
static const char copy_checkout[] =
    "cd \"$SOURCE\" && mkdir \"$DIR/build\" && cp -a build/embed build/gen build/lathe* build/lib* "
    "build/pages build/share* \"$DIR/build\" && cp -a Makefile LICENSE *.md gen templates runtime "
    "models tests install bench docs \"$DIR\"";

ParameterizedTest(struct document *d, docs, does_what_it_shows, .fini = shell_clean)
{
    struct reader r = { .path = d->path };
    read_document(&r);
    shell_dir();
    setenv("HOME", shell_dir(), 1);
    /* What a reader's shell has not: of the make that runs this, and of this Criterion, for
    ** which the one in `make check` would take itself. */
    static const char *const inner[] = { "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "BXFI_MAP" };
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
        unsetenv(inner[i]);
    setenv("CFLAGS", "-O0", 1);     /* of the generator, where a document changes it */
    sure(copy_checkout);
    bool shows = false;     /* a table alone does nothing */
    while (r.at < r.lines) {
        const char *line = r.line[r.at++];
        if (!strncmp(line, "```", 3)) {
            shows = true;
            follow_block(&r, line + 3);
            r.at++;             /* after its end */
        }
    }
    cr_expect(r.commands > 0 || !shows, "%s: no command was run", d->path);
    for (int i = 0; i < r.lines; i++)
        free(r.line[i]);
}
