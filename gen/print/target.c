/*
** target.c - regions of one instruction set, and the vocabulary in them.
*/
#include "print/target.h"

#include <stdio.h>

#include "print/tmpl.h"

void open_region(const struct isa *isa, struct text *out)
{
    if (!isa->gcc_target)
        return;
    text_printf(out, "#ifdef __clang__\n"
                "#pragma clang attribute push(__attribute__((target(\"%s\"))),"
                " apply_to = function)\n#else\n#pragma GCC push_options\n"
                "#pragma GCC target(\"%s\")\n#endif\n\n", isa->clang_target, isa->gcc_target);
}

void close_region(const struct isa *isa, struct text *out)
{
    if (!isa->gcc_target)
        return;
    text_puts(out, "#ifdef __clang__\n#pragma clang attribute pop\n#else\n"
                   "#pragma GCC pop_options\n#endif\n\n");
}

void library(const char *path, bool f64, struct text *out)
{
    struct bindings b = { 0 };
    bind_flag(&b, "LATHE_F64", f64);
    instantiate_path(path, &b, out);
}

void vocabulary(const struct isa *isa, bool f64, struct text *out)
{
    char path[64];
    snprintf(path, sizeof path, "runtime/vector/%s", isa->header);
    library(path, f64, out);
    library("runtime/vector/common.c", f64, out);
    library("runtime/vector/vmath.h", f64, out);
    library("runtime/vector/winograd.h", f64, out);
}
