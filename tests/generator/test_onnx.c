/*
** test_onnx.c - the reader of ONNX files: what right files hold, and that of wrong ones each has
** an error that says where and what.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/onnx.h"
#include "support/onnx_bytes.h"
#include "support/onnx_reads.h"
#include "support/shell.h"

TestSuite(onnx, .init = (void (*)(void))shell_dir, .fini = shell_clean);

Test(onnx, has_nodes_tensors_and_values_of_its_file)
{
    struct bytes g = small_graph(), file = model_of(&g, 17);
    struct onnx_model m;
    store(&file);
    cr_assert(reads(&m), "%s", said());
    cr_expect(m.ir == 8 && m.opset == 17 && m.nnodes == 2 && m.ntensors == 1);
    cr_expect_str_eq(m.producer, "by hand");
    cr_expect_str_eq(m.graph, "small");
    cr_expect_str_eq(m.nodes[0].op, "Conv");
    cr_expect_str_eq(m.nodes[0].inputs[1], "w");
    cr_expect(m.nodes[0].nattributes == 1 && m.nodes[0].attributes[0].nints == 2
              && m.nodes[0].attributes[0].ints[1] == 1
              && m.nodes[0].attributes[0].type == ONNX_INTS);
    cr_expect_str_eq(m.nodes[1].outputs[0], "y");
    cr_expect(m.tensors[0].count == 2 && m.tensors[0].values[1] == -3);
    cr_expect(m.ninputs == 1 && m.inputs[0].ndims == 4 && m.inputs[0].dims[0] == -1
              && m.inputs[0].dims[3] == 4 && m.inputs[0].type == ONNX_F32);
    onnx_free(&m);
}

/* One value, as a list's entry and as raw bytes; 5: int32_data, 7: int64_data, 11: uint64_data. */
static const struct kind { int type, list; int64_t entry; int size; double value; } kinds[] = {
    { ONNX_U8, 5, 200, 1, 200 }, { ONNX_I8, 5, -3, 1, -3 }, { ONNX_U16, 5, 65535, 2, 65535 },
    { ONNX_I16, 5, -32768, 2, -32768 }, { ONNX_I32, 5, -2147483648ll, 4, -2147483648.0 },
    { ONNX_BOOL, 5, 1, 1, 1 }, { ONNX_F16, 5, 0xc500, 2, -5 }, { ONNX_F16, 5, 1, 2, 0x1p-24 },
    { ONNX_BF16, 5, 0x4049, 2, 3.140625 }, { ONNX_I64, 7, -1, 8, -1 },
    { ONNX_I64, 7, INT64_MIN, 8, -0x1p63 }, { ONNX_U32, 11, 4294967295, 4, 4294967295.0 },
    { ONNX_U64, 11, -1, 8, 0x1p64 },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

Test(onnx, decodes_every_type_from_lists_packed_or_not_and_from_raw_bytes)
{
    struct bytes g = { 0 }, file;
    struct onnx_model m;
    double eighth[2] = { 0.125, -1e300 };
    float third[2] = { 1.0f/3, -0.0f };
    char name[16];
    for (int k = 0; k < 3*KINDS; k++) {
        const struct kind *kind = &kinds[k/3];
        snprintf(name, sizeof name, "t%d", k);
        struct bytes t = tensor_of(name, kind->type, k % 3 == 2 ? "1,2" : "2"), list = { 0 };
        for (int i = 0; i < 2; i++)
            if (k % 3 == 0)
                put_number(&t, kind->list, (uint64_t)kind->entry);
            else if (k % 3 == 1)
                put_varint(&list, (uint64_t)kind->entry);
            else
                put_bytes(&list, &kind->entry, (size_t)kind->size);
        if (k % 3)
            put_message(&t, k % 3 == 1 ? kind->list : 9, &list);
        put_message(&g, 5, &t);
    }
    for (int k = 0; k < 6; k++) {
        snprintf(name, sizeof name, "r%d", k);
        struct bytes t = tensor_of(name, k < 3 ? ONNX_F32 : ONNX_F64, "2");
        const void *values = k < 3 ? (const void *)third : eighth;
        size_t size = k < 3 ? 4 : 8;
        if (k % 3)
            put_span(&t, k % 3 == 2 ? 9 : k < 3 ? 4 : 10, values, 2*size);
        else
            for (size_t i = 0; i < 2; i++)
                put_fixed(&t, k < 3 ? 4 : 10, (const char *)values + i*size, size);
        put_message(&g, 5, &t);
    }
    file = model_of(&g, 7);
    store(&file);
    cr_assert(reads(&m), "%s", said());
    cr_assert(m.ntensors == 3*KINDS + 6);
    for (int k = 0; k < 3*KINDS; k++)
        cr_expect(m.tensors[k].count == 2 && m.tensors[k].values[0] == kinds[k/3].value
                  && m.tensors[k].values[1] == kinds[k/3].value, "%s %d: %g, not %g",
                  onnx_type_name(kinds[k/3].type), k % 3, m.tensors[k].values[1], kinds[k/3].value);
    for (int k = 0; k < 6; k++)
        cr_expect(m.tensors[3*KINDS + k].values[0] == (k < 3 ? (double)third[0] : eighth[0])
                  && m.tensors[3*KINDS + k].values[1] == (k < 3 ? -0.0 : eighth[1]));
    onnx_free(&m);
}

/* ---- wrong models ---- */

/* A relu of x that has the tensor beside it. */
static struct bytes with_tensor(struct bytes *tensor)
{
    struct bytes g = { 0 };
    put_node(&g, "Relu", "relu1", "x", "y", NULL);
    put_message(&g, 5, tensor);
    put_value(&g, 11, "x", "1,2");
    return model_of(&g, 17);
}

static void refuse_tensor(struct bytes *tensor, const char *words)
{
    struct bytes file = with_tensor(tensor);
    store(&file);
    expect_error(words);
}

Test(onnx, refuses_tensors_that_are_not_what_their_dims_say)
{
    static const struct { int type; const char *dims; int field; const char *data; size_t size;
                          const char *words; } cases[] = {
        { 1, "3", 9, "12345678", 8, "tensor \"e\" has 3 values of float32 by its dims, 12 bytes, "
          "but 8 bytes in raw_data" },
        { 1, "", 9, "", 0, "has 1 values" },
        { 1, "2", 4, "1234", 4, "but 1 values in float_data" },
        { 7, "2", 5, "\1\1", 2, "but 0 values in int64_data" },
        { 2, "1", 5, "\x80\2", 2, "has 256 as value 0, which is no uint8" },
        { 1, "-4", 9, "", 0, "has -4 as dim 0" },
        { 1, "4294967296,4294967296,4294967296", 9, "", 0, "has more values by its dims than" },
        { 1, "65536,65536", 9, "1234", 4, "has 4294967296 values of float32" },
        { 1, "9223372036854775807,0,9", 9, "1", 1, "has 0 values" },
        { 1, "1,1,1,1,1,1,1,1,1", 9, "1234", 4, "has 9 dims, 8 at most" },
        { 17, "1", 9, "1", 1, "type 17 (float8e4m3fn)" },
        { 14, "1", 9, "12345678", 8, "type 14 (complex64)" },
        { 8, "1", 6, "a", 1, "type 8 (string)" },
        { 99, "1", 9, "1", 1, "type 99 (unknown)" },
        { 1, "1", 3, "", 0, "is in segments" },
        { 1, "1", 4, "123", 3, "TensorProto.float_data ends within a number" },
        { 7, "1", 7, "\x80", 1, "TensorProto.int64_data ends within a number" },
        { 7, "1", 7, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 10,
          "a number of more than 64 bits" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct bytes t = tensor_of("e", cases[k].type, cases[k].dims);
        put_span(&t, cases[k].field, cases[k].data, cases[k].size);
        refuse_tensor(&t, cases[k].words);
    }
}

Test(onnx, reads_weights_from_files_within_its_folder_alone)
{
    static const struct { const char *location, *offset, *length, *words; } cases[] = {
        { "in/w.bin", "4", "8", NULL }, { "in/w.bin", "4", NULL, NULL },
        { "link.bin", "4", NULL, NULL },
        { "in/w.bin", "8", NULL, "has 8 bytes from byte 8 of" },
        { "in/w.bin", "18446744073709551615", NULL, "has the offset \"18446744073709551615\"" },
        { "in/w.bin", "-1", NULL, "has the offset \"-1\" in its file" },
        { "in/w.bin", "4", "9", "has 9 bytes in" }, { "in/w.bin", "4 ", NULL, "the offset \"4 \"" },
        { "../w.bin", NULL, NULL, "lies in the file \"../w.bin\", a path within" },
        { "in/../../w.bin", NULL, NULL, "a path within" },
        { "/etc/passwd", NULL, NULL, "a path within" },
        { "..", NULL, NULL, "a path within" }, { "", NULL, NULL, "a path within" },
        { NULL, NULL, NULL, "a path within" }, { "in\\w.bin", NULL, NULL, "a path within" },
        { "out.bin", NULL, NULL, "a link that leaves the model's folder" },
        { "none.bin", NULL, NULL, "cannot be opened" }, { "in", NULL, NULL, "is no plain file" },
        { "pipe", NULL, NULL, "is no plain file" },
    };
    float values[3] = { 1, 2, 3 };
    struct onnx_model m;
    sure("mkdir in && mkfifo pipe && ln -s in/w.bin link.bin && ln -s /dev/zero out.bin");
    write_bytes("in/w.bin", values, sizeof values);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct bytes t = external(cases[k].location, cases[k].offset, cases[k].length);
        struct bytes file = with_tensor(&t);
        store(&file);
        if (cases[k].words) {
            expect_error(cases[k].words);
            continue;
        }
        cr_assert(reads(&m), "%s", said());
        cr_expect(m.tensors[0].values[0] == 2 && m.tensors[0].values[1] == 3);
        onnx_free(&m);
    }
}

/* Of 2 GB and of many small things: nothing of it is taken before its size is known. */
Test(onnx, takes_bounded_memory)
{
    struct bytes t = external("w.bin", NULL, NULL), file;
    put_number(&t, 1, 1 << 28);
    sure("truncate -s 2G w.bin && truncate -s 3G m.onnx");
    expect_error("has 3221225472 bytes, a protobuf 2147483647 at most");
    refuse_tensor(&t, "wants 4096 MiB of memory, ");
    struct bytes node = { 0 }, g = { 0 };
    for (int k = 0; k < 16000000; k++)
        put_bytes(&node, "\x2a", 2);            /* an empty attribute */
    put_message(&g, 1, &node);
    file = model_of(&g, 17);
    store(&file);
    expect_error("MiB more are wanted there, of 2048 MiB that a model may take in all");
    for (int k = 0; k < 1000000; k++)
        put_bytes(&g, "\x0a\2\x22", 4);         /* a node with an empty operator */
    file = model_of(&g, 17);
    store(&file);
    expect_error("has 1000000 nodes, 65536 at most");
}

/* What is wrong with x -> a -> b -> y by relus, or put beside them. */
static void wrong_nodes(int k, struct bytes *g)
{
    struct bytes a, span = { 0 };
    switch (k) {
    case 0:
        put_node(g, "Relu", "first", "b", "a", NULL);
        put_node(g, "Relu", "second", "a", "b", NULL);
        break;
    case 1:
        put_node(g, "Relu", "itself", "a", "a", NULL);
        break;
    case 2:
        put_node(g, "Conv", "conv1", "x,w", "a", NULL);
        break;
    case 3:
        put_node(g, "Relu", "one", "x", "a", NULL);
        put_node(g, "Relu", "two", "x", "a", NULL);
        break;
    case 4:
        put_node(g, "Relu", "over", "x", "x", NULL);
        break;
    case 5:
        a = attribute_of("then_branch", 5);
        put_message(&a, 6, &span);
        put_node(g, "If", "choice", "x", "a", &a);
        break;
    case 6:
        put_node(g, "", "nothing", "x", "a", NULL);
        break;
    case 7:
        put_span(g, 1, "\x0a\1\0\x12\1y\x22\1r", 9);
        break;
    case 8:
        a = attribute_of("value", 4);
        put_node(g, "Constant", "c", "", "a", &a);
        break;
    case 9:
        a = attribute_of("value", 4);
        put_text(&a, 21, "alpha");
        put_node(g, "Constant", "c", "", "a", &a);
        break;
    case 10:
        put_value(g, 12, "other", "1");
        break;
    case 11:
        put_node(g, "Relu", "\x1b[31mred\nm.onnx: read", "no\tne", "a", NULL);
        break;
    case 12:
        put_span(g, 15, "", 0);
        break;
    case 13:
        put_number(g, 1, 5);
        break;
    case 14:
        put_span(g, 200, "abc", 3);
        put_bytes(g, "\x0b", 1);
        break;
    case 15:
        put_value(g, 11, "x", "1,2");
        break;
    case 16:
        for (int i = 0; i < 2; i++) {
            a = tensor_of("w", 1, "0");
            put_message(g, 5, &a);
        }
        break;
    }
}

Test(onnx, refuses_what_has_no_order_no_maker_or_two)
{
    static const char *const words[] = {
        "node 0 \"first\" (Relu) uses the value \"b\", which node 1 \"second\" (Relu) makes after",
        "node 0 \"itself\" (Relu) uses the value \"a\", which it makes after that",
        "uses the value \"w\", which is no input, no initialiser and no node's output",
        "the value \"a\" is made twice, as output of node 0 \"one\" (Relu) and as output of node 1",
        "the value \"x\" is made twice, as input and as output of node 0 \"over\" (Relu)",
        "node 0 \"choice\" (If) has a graph within it (\"then_branch\")",
        "node 0 \"nothing\" () has no operator",
        "NodeProto.input has a zero byte within it",
        "has no tensor in its attribute \"value\"",
        "takes its attribute \"value\" from a function",
        "the output \"other\" is made by no node",
        "node 0 \"\\x1b[31mred\\x0am.onnx: read\" (Relu) uses the value \"no\\x09ne\"",
        "has 1 sparse initialisers",
        "GraphProto.node is a number, bytes of a stated length was expected",
        "GraphProto.node is a group, of which ONNX has none",
        "the value \"x\" is made twice, as input and as input",
        "the value \"w\" is made twice, as initialiser and as initialiser",
    };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        struct bytes g = { 0 }, file;
        put_value(&g, 11, "x", "1,2");
        wrong_nodes((int)k, &g);
        file = model_of(&g, 17);
        store(&file);
        expect_error(words[k]);
    }
}

Test(onnx, names_the_opset_that_it_does_not_read)
{
    static const struct { int opset; const char *words; } cases[] = {
        { 0, "names no opset of ONNX's own operators" }, { 6, "is of opset 6, 7 to 21 are read" },
        { 22, "is of opset 22, 7 to 21 are read" }, { 7, NULL }, { 21, NULL } };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct bytes g = small_graph(), file = model_of(&g, cases[k].opset);
        struct onnx_model m;
        store(&file);
        if (cases[k].words) {
            expect_error(cases[k].words);
            continue;
        }
        cr_assert(reads(&m), "%s", said());
        onnx_free(&m);
    }
}

Test(onnx, says_what_else_a_file_is)
{
    static const struct { const char *bytes; size_t size; const char *words; } cases[] = {
        { "", 0, "is empty" }, { "\xff\xd8\xff\xe0..JFIF", 10, "but a JPEG picture" },
        { "PK\3\4....", 8, "is a zip archive" },
        { "net a\ninput 3x4x4\n", 18, "a network file of lathe" },
        { "version https://git-lfs.github.com/spec/v1\n", 43, "is a Git LFS pointer" },
        { "\x1c\0\0\0TFL3....", 12, "a TensorFlow Lite model" },
        { "hello, world\n", 13, "is no ONNX model" },
        { "\x10\0\0\0\0\0\0\0{\"a\": 1}", 16, "a safetensors file" },
        { "\x08\x08\x12\x02me", 6, "it has no graph" },
        { "\x0a\0\0", 3, "is no ONNX model (byte 0:" },
        { "<!DOCTYPE html>", 15, "is an HTML page" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        store_bytes(cases[k].bytes, cases[k].size);
        expect_error(cases[k].words);
    }
    sure("rm m.onnx");
    expect_error("cannot be opened");
    sure("mkdir m.onnx");
    expect_error("is a directory");
}
