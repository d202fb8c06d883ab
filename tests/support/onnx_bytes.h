/*
** onnx_bytes.h - ONNX files written byte by byte, right ones and wrong ones: protobuf's fields, and
** of them nodes, tensors and models. Numbers of fields are those of onnx.proto.
*/
#ifndef LATHE_TEST_ONNX_BYTES_H
#define LATHE_TEST_ONNX_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes { unsigned char *at; size_t size; };

void put_bytes(struct bytes *b, const void *bytes, size_t size);
void put_varint(struct bytes *b, uint64_t value);
void put_number(struct bytes *b, int field, uint64_t value);
void put_fixed(struct bytes *b, int field, const void *value, size_t size /* 4 or 8 */);
void put_span(struct bytes *b, int field, const void *bytes, size_t size);
void put_text(struct bytes *b, int field, const char *text);
void put_message(struct bytes *b, int field, struct bytes *inner);      /* and empties it */

/* A node with an attribute's message in it, or none; names of values with commas between them. */
void put_node(struct bytes *graph, const char *op, const char *name, const char *inputs,
              const char *outputs, struct bytes *attribute);
struct bytes attribute_of(const char *name, int type);  /* begun */
struct bytes tensor_of(const char *name, int type, const char *dims /* "2,3" */);

/* An input (field 11) or output (12) of floats. A dim of 0 has a name. */
void put_value(struct bytes *graph, int field, const char *name, const char *dims);

/* A model of that graph, which it empties; opset 0: none. */
struct bytes model_of(struct bytes *graph, int opset);

struct bytes small_graph(void);             /* conv(x, w) and relu of it */

/* Two floats "e" in a file; what is NULL is not said. */
struct bytes external(const char *location, const char *offset, const char *length);

void bytes_free(struct bytes *b);

#endif
