/*
** onnx_graphs.c - models of ONNX of a few lines of text.
*/
#include "support/onnx_graphs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 512, KIND_REAL = 1, KIND_WHOLE = 7 };

float model_number(size_t k)
{
    return (float)((int)((k*37 + 11) % 17) - 8)/16;
}

static size_t product(const char *dims)
{
    size_t all = 1;
    for (char *end; *dims; dims = end + (*end == ','))
        all *= (size_t)strtoull(dims, &end, 10);
    return all;
}

/* Their values, or small numbers; "-": one value. */
static void put_reals(struct bytes *b, const char *dims, const char *values)
{
    const size_t count = strcmp(dims, "-") ? product(dims) : 1;
    const char *at = values;
    for (size_t k = 0; k < count; k++) {
        char *end = (char *)at;
        const double given = *at ? strtod(at, &end) : 0;
        const float real = *values ? (float)given : model_number(k);
        put_bytes(b, &real, sizeof real);
        at = end + (*end == ',');
    }
}

/* `real NAME DIMS [VALUES]`, `whole ...` */
static void put_tensor(struct bytes *g, int kind, const char *line)
{
    char name[WORD], dims[WORD] = "", values[WORD] = "";
    cr_assert(sscanf(line, "%*s %511s %511s %511s", name, dims, values) >= 1);
    const int scalar = !strcmp(dims, "-");
    struct bytes t = tensor_of(name, kind, scalar ? "" : dims), raw = { 0 };
    const char *at = values;
    for (size_t k = 0; kind == KIND_WHOLE && k < (scalar ? 1 : product(dims)); k++) {
        char *end = (char *)at;
        const int64_t whole = *at ? (int64_t)strtod(at, &end) : 0;
        put_bytes(&raw, &whole, sizeof whole);
        at = end + (*end == ',');
    }
    if (kind == KIND_REAL)
        put_reals(&raw, dims, values);
    put_span(&t, 9, raw.at, raw.size);
    bytes_free(&raw);
    put_message(g, 5, &t);
}

struct bytes lines_weights(const char *lines)
{
    struct bytes header = { 0 }, data = { 0 }, file = { 0 };
    char name[WORD], item[2*WORD + 128];
    for (int n = 0; *lines; lines += strcspn(lines, "\n") + 1, n++) {
        char dims[WORD] = "", values[WORD] = "", line[4*WORD];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(lines, "\n"), lines);
        cr_assert(sscanf(line, "real %511s %511s %511s", name, dims, values) >= 2, "%s", line);
        const size_t from = data.size;
        put_reals(&data, dims, values);
        const int length = snprintf(item, sizeof item, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
                                    "\"data_offsets\":[%zu,%zu]}", n ? "," : "{", name,
                                    strcmp(dims, "-") ? dims : "", from, data.size);
        put_bytes(&header, item, (size_t)length);
    }
    put_bytes(&header, "}", 1);
    const uint64_t size = header.size;
    put_bytes(&file, &size, sizeof size);
    put_bytes(&file, header.at, header.size);
    put_bytes(&file, data.at, data.size);
    bytes_free(&header);
    bytes_free(&data);
    return file;
}

/* `I:pads=1,1`; the kinds' numbers and fields are those of AttributeProto. */
static void put_attribute(struct bytes *node, const char *word)
{
    const char *equals = strchr(word, '=');
    char name[WORD];
    cr_assert(equals && word[1] == ':', "%s", word);
    snprintf(name, sizeof name, "%.*s", (int)(equals - word - 2), word + 2);
    const int type = *word == 'f' ? 1 : *word == 'i' ? 2 : *word == 's' ? 3
                     : *word == 'F' ? 6 : 7;
    struct bytes a = attribute_of(name, type);
    const float real = strtof(equals + 1, NULL);
    if (type == 1)
        put_fixed(&a, 2, &real, sizeof real);
    if (type == 2)
        put_number(&a, 3, (uint64_t)strtoll(equals + 1, NULL, 10));
    if (type == 3)
        put_text(&a, 4, equals + 1);
    for (const char *at = equals + 1; type >= 6 && *at; ) {
        char *end = (char *)at;
        const float one = strtof(at, &end);
        if (type == 6)
            put_fixed(&a, 7, &one, sizeof one);
        else
            put_number(&a, 8, (uint64_t)strtoll(at, &end, 10));
        at = end + (*end == ',');
    }
    put_message(node, 5, &a);
}

static void put_list(struct bytes *node, int field, const char *list)
{
    for (const char *end; ; list = end + 1) {
        end = strchr(list, ',');
        put_span(node, field, list, end ? (size_t)(end - list) : strlen(list));
        if (!end)
            return;
    }
}

static void put_operator(struct bytes *g, const char *line)
{
    struct bytes node = { 0 };
    char op[WORD], name[WORD], in[WORD], out[WORD], word[WORD];
    int at;
    cr_assert(sscanf(line, "%511s %511s %511s %511s%n", op, name, in, out, &at) == 4, "%s", line);
    if (strcmp(in, "-"))
        put_list(&node, 1, in);
    put_list(&node, 2, out);
    char *colon = strchr(op, ':');
    if (colon) {
        *colon = '\0';
        put_text(&node, 7, op);
    }
    put_text(&node, 3, name);
    put_text(&node, 4, colon ? colon + 1 : op);
    for (int n; sscanf(line + at, "%511s%n", word, &n) == 1; at += n)
        put_attribute(&node, word);
    put_message(g, 1, &node);
}

struct bytes lines_model(const char *lines, int opset)
{
    struct bytes g = { 0 };
    char line[2*WORD], name[WORD], dims[WORD] = "";
    put_text(&g, 2, "lines");
    for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(lines, "\n"), lines);
        if (sscanf(line, "input %511s %511s", name, dims) == 2)
            put_value(&g, 11, name, dims);
        else if (sscanf(line, "output %511s", name) == 1)
            put_value(&g, 12, name, "0");
        else if (!strncmp(line, "real ", 5))
            put_tensor(&g, KIND_REAL, line);
        else if (!strncmp(line, "whole ", 6))
            put_tensor(&g, KIND_WHOLE, line);
        else if (line[strspn(line, " ")])
            put_operator(&g, line);
    }
    return model_of(&g, opset);
}

struct run import_lines(const char *lines, const char *options)
{
    struct bytes model = lines_model(lines, 17);
    write_bytes("m.onnx", model.at, model.size);
    bytes_free(&model);
    return shell("$LATHE import m.onnx %s", options);
}

struct run import_nodes(const char *nodes)
{
    char lines[2048];
    const int length = snprintf(lines, sizeof lines, "input x 0,3,6,6\nreal first 4,3,1,1\n"
                                "Conv first x,first c\n%soutput y\n", nodes);
    cr_assert_lt(length, (int)sizeof lines);
    return import_lines(lines, "");
}
