/*
** amalgam.c - puts the runtime's files together, each header before its user and once. It must
** never change a line of them.
*/
#include "print/amalgam.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "print/sources.h"

static bool listed(const struct text *list, const char *path)
{
    char line[128];
    snprintf(line, sizeof line, "%s\n", path);
    return list->at && strstr(list->at, line);
}

static bool ends(const char *s, const char *end)
{
    return strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

static bool is_embedded(const char *path)
{
    for (int i = 0; i < nembedded_files; i++)
        if (!strcmp(embedded_files[i].path, path))
            return true;
    return false;
}

/* A system header, included before where no #if was around it. */
static bool repeated(const char *line, size_t length, int depth, struct text *done)
{
    char name[64];
    if (strncmp(line, "#include <", 10))
        return false;
    snprintf(name, sizeof name, "%.*s", (int)length - 1, line);
    bool before = listed(done, name);
    if (!before && depth == 0)
        text_printf(done, "%s\n", name);
    return before;
}

/* A header, whose guard guards nothing here: what is after the guard's two lines; before it
** the opening comment, where it has no source to say the same or tells formats and formulas.
** The guard's #endif is the one too many. */
static const char *header_inside(const char *path, const char *s, struct text *out)
{
    enum { LONG = 280 };
    char source[128];
    snprintf(source, sizeof source, "%.*sc", (int)strlen(path) - 1, path);
    const char *guard = strstr(s, "*/\n#ifndef LATHE_");
    if (!guard)
        DIE("%s: a comment, then a guard", path);
    guard += strlen("*/\n");
    if (guard - s > LONG || !is_embedded(source))
        text_add(out, s, (size_t)(guard - s));
    guard += strcspn(guard, "\n") + 1;
    return guard + strcspn(guard, "\n") + 1;
}

/* The file, after the local headers that it includes; each once. */
void amalgamate(const char *path, struct text *done, struct text *out)
{
    if (listed(done, path))
        return;
    text_printf(done, "%s\n", path);
    const char *s = embedded(path);
    for (const char *line = s; (line = strstr(line, "#include \"")); line++) {
        const char *name = line + strlen("#include \"");
        char header[128];
        snprintf(header, sizeof header, "runtime/%.*s", (int)strcspn(name, "\""), name);
        if (line == s || line[-1] == '\n')
            amalgamate(header, done, out);
    }
    if (ends(path, ".h"))
        s = header_inside(path, s, out);
    for (int depth = 0; *s; ) {
        size_t length = strnlen(s, strcspn(s, "\n") + 1);
        depth += !strncmp(s, "#if", 3);
        depth -= !strncmp(s, "#endif", 6);
        if (depth >= 0 && strncmp(s, "#include \"", 10) && !repeated(s, length, depth, done))
            text_add(out, s, length);
        s += length;
    }
    text_puts(out, "\n");
}

bool is_runtime_source(const char *path, const struct net *net)
{
    /* Vector sources are emitted once per instruction set; gradients are checked in f64 alone,
    ** ranks are of MPI. */
    bool vector = !strncmp(path, "runtime/vector/", 15);
    bool idle = (!net->f64 && !strcmp(path, "runtime/train/gradcheck.c"))
                || (!net->mpi && !strncmp(path, "runtime/core/ranks", 18));
    return !strncmp(path, "runtime/", 8) && ends(path, ".c") && !vector && !idle;
}

void runtime_sources(const struct net *net, struct text *done, struct contents *contents,
                     struct text *out)
{
    char before[16] = "", floor[16];
    for (int i = 0; i < nembedded_files; i++) {
        const char *path = embedded_files[i].path;
        if (!is_runtime_source(path, net))
            continue;
        const char *name = path + strlen("runtime/");
        snprintf(floor, sizeof floor, "%.*s", (int)strcspn(name, "/"), name);
        if (strcmp(floor, before))
            contents_section(contents, out, "runtime: %s", floor);
        memcpy(before, floor, sizeof before);
        amalgamate(path, done, out);
    }
}
