/*
** sources.c - texts that were built into lathe, or templates that a directory has instead.
*/
#include "print/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/file/output.h"
#include "base/die.h"
#include "base/text.h"
#include "print/lines.h"

static char *read_override(const char *directory, const char *file)
{
    struct text path = { 0 }, whole = { 0 };
    text_printf(&path, "%s/%s", directory, file);
    FILE *f = fopen(text_string(&path), "r");
    text_free(&path);
    if (!f)
        return NULL;
    output_spare(fileno(f));
    enum { MOST = 1 << 20 };
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0 && whole.length <= MOST)
        text_add(&whole, piece, n);
    if (whole.length > MOST)
        DIE("%s/%s: larger than 1 MiB: this is no template", directory, file);
    if (ferror(f))
        DIE("cannot read %s/%s", directory, file);
    fclose(f);
    text_string(&whole);
    return whole.at;
}

const char *embedded(const char *path)
{
    const char *directory = getenv("LATHE_TEMPLATES");
    if (directory && !strncmp(path, "templates/", 10)) {
        char *text = read_override(directory, path + 10);
        if (text) {
            struct text base = { 0 };
            text_printf(&base, "%s/", directory);
            return lines_of(text_string(&base), path + 10, text);
        }
    }
    for (int i = 0; i < nembedded_files; i++)
        if (!strcmp(embedded_files[i].path, path))
            return lines_of("", path, embedded_files[i].text);
    DIE("no file %s was built into this program", path);
}
