/*
** test_onnx_damage.c - ONNX files with functions of their own, and damaged ones: whatever is in a
** file, it is read or there is one line that says why not. $SEED, $TIMES: other and more damage.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/onnx.h"
#include "support/onnx_bytes.h"
#include "support/onnx_reads.h"
#include "support/shell.h"

TestSuite(onnx_damage, .init = (void (*)(void))shell_dir, .fini = shell_clean);

/* ---- functions ---- */

/* A node's attribute that has its value of the function's `from`. */
static struct bytes referring(const char *name, const char *from)
{
    struct bytes a = attribute_of(name, ONNX_FLOAT);
    put_text(&a, 21, from);
    return a;
}

/* NAME(p) = q, of domain "mine", of which `nodes` are the nodes (a graph's field 1, here 7). */
static void put_function(struct bytes *model, const char *name, struct bytes *nodes,
                         struct bytes *preset)
{
    struct bytes f = { 0 }, opset = { 0 };
    put_text(&f, 1, name);
    put_text(&f, 4, "p");
    put_text(&f, 5, "q");
    put_text(&f, 10, "mine");
    for (size_t at = 0; at < nodes->size; at += 2 + nodes->at[at + 1])
        put_span(&f, 7, nodes->at + at + 2, nodes->at[at + 1]);     /* shorter than 128 bytes */
    bytes_free(nodes);
    put_number(&opset, 2, 17);
    put_message(&f, 9, &opset);
    if (preset)
        put_message(&f, 11, preset);
    put_message(model, 25, &f);
}

static void put_call(struct bytes *g, const char *op, const char *in, const char *out,
                     struct bytes *attribute)
{
    struct bytes node = { 0 };
    put_text(&node, 1, in);
    put_text(&node, 2, out);
    put_text(&node, 3, op);
    put_text(&node, 4, op);
    put_text(&node, 7, "mine");
    if (attribute)
        put_message(&node, 5, attribute);
    put_message(g, 1, &node);
}

Test(onnx_damage, writes_functions_out_with_their_callers_values)
{
    struct bytes g = { 0 }, nodes = { 0 }, preset = attribute_of("beta", 1), file;
    struct bytes slope = attribute_of("slope", 1), alpha = referring("alpha", "slope");
    float half = 0.5f, two = 2;
    struct onnx_model m;
    put_fixed(&slope, 2, &half, 4);
    put_fixed(&preset, 2, &two, 4);
    put_value(&g, 11, "x", "1,2");
    put_call(&g, "Outer", "x", "a", &slope);
    put_call(&g, "Outer", "a", "y", NULL);
    put_value(&g, 12, "y", "1,2");
    file = model_of(&g, 17);
    put_node(&nodes, "LeakyRelu", "leaky", "p,,", "t", &alpha);
    alpha = referring("alpha", "beta");
    put_node(&nodes, "Elu", "elu", "t", "u", &alpha);
    put_call(&nodes, "Inner", "u", "q", NULL);
    put_function(&file, "Outer", &nodes, &preset);
    put_node(&nodes, "Tanh", "tanh", "p", "q", NULL);
    put_function(&file, "Inner", &nodes, NULL);
    store(&file);
    cr_assert(reads(&m), "%s", said());
    cr_assert(m.nnodes == 6);
    cr_expect_str_eq(m.nodes[0].op, "LeakyRelu");
    cr_expect_str_eq(m.nodes[0].name, "Outer/leaky");
    cr_expect_str_eq(m.nodes[0].inputs[0], "x");
    cr_expect_eq(m.nodes[0].ninputs, 2);
    cr_expect_str_eq(m.nodes[0].inputs[1], "", "what is left out has no name in the caller either");
    cr_expect(m.nodes[0].nattributes == 1 && m.nodes[0].attributes[0].f == half);
    cr_expect_str_eq(m.nodes[0].attributes[0].name, "alpha");
    cr_expect(m.nodes[1].nattributes == 1 && m.nodes[1].attributes[0].f == two);
    cr_expect_str_eq(m.nodes[2].op, "Tanh");
    cr_expect_str_eq(m.nodes[2].outputs[0], "a");
    cr_expect_eq(m.nodes[3].nattributes, 0, "an attribute that the call has not is left out");
    cr_expect_str_eq(m.nodes[3].inputs[0], "a");
    cr_expect_str_eq(m.nodes[5].outputs[0], "y");
    onnx_free(&m);
}

Test(onnx_damage, ends_where_functions_call_themselves_or_grow_without_end)
{
    struct bytes g = { 0 }, nodes = { 0 }, file;
    char name[8], next[8];
    put_call(&g, "F", "x", "y", NULL);
    put_value(&g, 11, "x", "1,2");
    file = model_of(&g, 17);
    put_call(&nodes, "F", "p", "q", NULL);
    put_function(&file, "F", &nodes, NULL);
    store(&file);
    expect_error("the function \"F\" calls itself, or too many others");
    for (int calls = 0; calls < 2; calls++) {   /* 8 times 8 times ... nodes, or nothing at all */
        put_call(&g, "F0", "x", "y", NULL);
        put_value(&g, 11, "x", "1,2");
        file = model_of(&g, 17);
        for (int k = 0; k < 15; k++) {
            snprintf(name, sizeof name, "F%d", k);
            snprintf(next, sizeof next, "F%d", k + 1);
            for (int i = 0; i < 8; i++)
                put_call(&nodes, next, "p", "q", NULL);
            put_function(&file, name, &nodes, NULL);
        }
        if (calls)
            put_function(&file, "F15", &nodes, NULL);
        store(&file);
        expect_error(calls ? "too many others" : "has more than 65536 nodes");
    }
}

/* ---- damage ---- */

/* A model with all there is: attributes and tensors of each kind, a function, a file beside it. */
static struct bytes full_model(void)
{
    struct bytes g = small_graph(), nodes = { 0 }, a = attribute_of("alpha", ONNX_TENSOR), file;
    struct bytes t = tensor_of("", ONNX_F16, "2"), beside = external("w.bin", "0", "8");
    float f = 0.25f;
    put_number(&t, 5, 0x3c00);
    put_number(&t, 5, 0x4000);
    put_message(&a, 5, &t);
    put_node(&g, "PRelu", "prelu", "y", "z", &a);
    a = attribute_of("scales", ONNX_FLOATS);
    put_fixed(&a, 7, &f, 4);
    put_span(&a, 7, &f, 4);
    put_node(&g, "Upsample", "up", "z", "u", &a);
    a = attribute_of("mode", ONNX_TEXT);
    put_text(&a, 4, "nearest");
    put_node(&g, "Resize", "resize", "u", "v", &a);
    put_call(&g, "F", "v", "out", NULL);
    put_message(&g, 5, &beside);
    t = tensor_of("i", ONNX_I64, "3");
    put_span(&t, 7, "\1\2\3", 3);
    put_message(&g, 5, &t);
    file = model_of(&g, 17);
    put_node(&nodes, "Tanh", "tanh", "p", "q", NULL);
    put_function(&file, "F", &nodes, NULL);
    write_bytes("w.bin", "12345678", 8);
    return file;
}

/* It is read, or there is one line that begins with the file. */
static void expect_verdict(const unsigned char *bytes, size_t size, const char *what, size_t at)
{
    struct onnx_model m;
    store_bytes(bytes, size);
    if (reads(&m)) {
        onnx_free(&m);
        return;
    }
    const char *line = said(), *end = strchr(line, '\n');
    cr_expect(strstr(line, "m.onnx: error: ") && end && !end[1], "%s %zu: %s", what, at, line);
}

Test(onnx_damage, cut_at_any_byte_is_an_error)
{
    struct bytes g = small_graph(), file = model_of(&g, 17);
    struct onnx_model m;
    for (size_t k = 0; k < file.size; k++) {
        store_bytes(file.at, k);
        cr_expect(!reads(&m), "%zu of %zu bytes are read", k, file.size);
        cr_expect(strstr(said(), "m.onnx: error: "), "%s", said());
    }
    bytes_free(&file);
    file = full_model();
    expect_verdict(file.at, file.size, "whole", file.size);
    cr_expect(!*said(), "the whole model: %s", said());
    for (size_t k = 0; k < file.size; k++)
        expect_verdict(file.at, k, "cut at", k);
    bytes_free(&file);
}

Test(onnx_damage, with_any_byte_wrong_has_a_verdict)
{
    static const unsigned char other[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    struct bytes file = full_model();
    for (size_t k = 0; k < file.size; k++) {
        unsigned char right = file.at[k];
        for (size_t i = 0; i < sizeof other + 2; i++) {
            file.at[k] = i < sizeof other ? other[i] : (unsigned char)(right + (i == 5 ? 1 : 255));
            expect_verdict(file.at, file.size, "wrong at", k);
        }
        file.at[k] = right;
    }
    bytes_free(&file);
}

Test(onnx_damage, damaged_anyhow_has_a_verdict)
{
    const char *given = getenv("SEED"), *times = getenv("TIMES");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 1, x = seed*0x9e3779b97f4a7c15u + 1;
    struct bytes whole = full_model();
    fprintf(stderr, "onnx: SEED=%llu\n", (unsigned long long)seed);
    for (long n = times ? atol(times) : 2000; n > 0; n--) {
        struct bytes file = { 0 };
        put_bytes(&file, whole.at, whole.size);
        for (int k = 1 + (int)(x >> 60); k > 0; k--) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            size_t at = (size_t)(x >> 8) % file.size, to = (size_t)(x >> 32) % file.size;
            size_t length = 1 + (size_t)(x >> 3) % 16;
            length = length < file.size - (at > to ? at : to) ? length
                     : file.size - (at > to ? at : to);
            if (x % 4 == 0)
                memmove(file.at + to, file.at + at, length);
            else if (x % 4 == 1 && file.size > 64) {
                memmove(file.at + at, file.at + at + length, file.size - at - length);
                file.size -= length;
            } else
                file.at[at] = (unsigned char)(x >> 24);
        }
        expect_verdict(file.at, file.size, "seed and turns left", (size_t)n);
        bytes_free(&file);
    }
    bytes_free(&whole);
}
