/*
** onnx_bytes.c - ONNX files written byte by byte.
*/
#include "support/onnx_bytes.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void put_bytes(struct bytes *b, const void *bytes, size_t size)
{
    size_t room = 64;
    while (room < b->size + size)
        room *= 2;
    b->at = realloc(b->at, room);
    cr_assert(b->at, "no memory");
    if (size)
        memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

void put_varint(struct bytes *b, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
        put_bytes(b, &byte, 1);
        value >>= 7;
    } while (value);
}

void put_number(struct bytes *b, int field, uint64_t value)
{
    put_varint(b, (uint64_t)field << 3);
    put_varint(b, value);
}

void put_fixed(struct bytes *b, int field, const void *value, size_t size)
{
    put_varint(b, (uint64_t)field << 3 | (size == 4 ? 5 : 1));
    put_bytes(b, value, size);
}

void put_span(struct bytes *b, int field, const void *bytes, size_t size)
{
    put_varint(b, (uint64_t)field << 3 | 2);
    put_varint(b, size);
    put_bytes(b, bytes, size);
}

void put_text(struct bytes *b, int field, const char *text)
{
    put_span(b, field, text, strlen(text));
}

void bytes_free(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){ 0 };
}

void put_message(struct bytes *b, int field, struct bytes *inner)
{
    put_span(b, field, inner->at, inner->size);
    bytes_free(inner);
}

/* Each part between commas as a field; "" has none. */
static void put_parts(struct bytes *b, int field, const char *list)
{
    for (const char *end; *list; list = end + (*end == ',')) {
        end = strchr(list, ',');
        end = end ? end : list + strlen(list);
        put_span(b, field, list, (size_t)(end - list));
    }
}

void put_node(struct bytes *graph, const char *op, const char *name, const char *inputs,
              const char *outputs, struct bytes *attribute)
{
    struct bytes node = { 0 };
    put_parts(&node, 1, inputs);
    put_parts(&node, 2, outputs);
    put_text(&node, 3, name);
    put_text(&node, 4, op);
    if (attribute)
        put_message(&node, 5, attribute);
    put_message(graph, 1, &node);
}

struct bytes attribute_of(const char *name, int type)
{
    struct bytes a = { 0 };
    put_text(&a, 1, name);
    put_number(&a, 20, (uint64_t)type);
    return a;
}

struct bytes tensor_of(const char *name, int type, const char *dims)
{
    struct bytes t = { 0 };
    for (char *end; *dims; dims = end + (*end == ','))
        put_number(&t, 1, (uint64_t)strtoll(dims, &end, 10));
    put_number(&t, 2, (uint64_t)type);
    put_text(&t, 8, name);
    return t;
}

void put_value(struct bytes *graph, int field, const char *name, const char *dims)
{
    struct bytes value = { 0 }, type = { 0 }, tensor = { 0 }, shape = { 0 };
    for (char *end; *dims; dims = end + (*end == ',')) {
        struct bytes dim = { 0 };
        long long n = strtoll(dims, &end, 10);
        if (n)
            put_number(&dim, 1, (uint64_t)n);
        else
            put_text(&dim, 2, "batch");
        put_message(&shape, 1, &dim);
    }
    put_number(&tensor, 1, 1);
    put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_text(&value, 1, name);
    put_message(&value, 2, &type);
    put_message(graph, field, &value);
}

struct bytes model_of(struct bytes *graph, int opset)
{
    struct bytes model = { 0 }, import = { 0 };
    put_number(&model, 1, 8);
    put_text(&model, 2, "by hand");
    put_text(&model, 3, "1.0");
    if (opset) {
        put_text(&import, 1, "");
        put_number(&import, 2, (uint64_t)opset);
        put_message(&model, 8, &import);
    }
    put_message(&model, 7, graph);
    return model;
}

struct bytes small_graph(void)
{
    struct bytes g = { 0 }, w = tensor_of("w", 1, "2,1,1,1"), a = attribute_of("kernel_shape", 7);
    float values[2] = { 0.5f, -3 };
    put_span(&w, 9, values, sizeof values);
    put_span(&a, 8, "\1\1", 2);
    put_node(&g, "Conv", "conv1", "x,w", "c", &a);
    put_node(&g, "Relu", "relu1", "c", "y", NULL);
    put_text(&g, 2, "small");
    put_message(&g, 5, &w);
    put_value(&g, 11, "x", "0,1,4,4");
    put_value(&g, 12, "y", "0,2,4,4");
    return g;
}

struct bytes external(const char *location, const char *offset, const char *length)
{
    struct bytes t = tensor_of("e", 1, "2");
    const char *pairs[] = { "location", location, "offset", offset, "length", length };
    for (int k = 0; k < 6; k += 2) {
        struct bytes pair = { 0 };
        if (!pairs[k + 1])
            continue;
        put_text(&pair, 1, pairs[k]);
        put_text(&pair, 2, pairs[k + 1]);
        put_message(&t, 13, &pair);
    }
    put_number(&t, 14, 1);
    return t;
}
