/*
** proto_write.c - messages of protobuf. It must never write the same message in two ways.
*/
#include "exchange/proto_write.h"

#include <string.h>

/* How a field's value lies in the file. */
enum proto_wire { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void varint(struct text *message, uint64_t value)
{
    char bytes[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (char)(value | 0x80);
    bytes[n++] = (char)value;
    text_add(message, bytes, n);
}

static void key(struct text *message, int field, enum proto_wire wire)
{
    varint(message, (uint64_t)field << 3 | wire);
}

void proto_int(struct text *message, int field, int64_t value)
{
    key(message, field, WIRE_VARINT);
    varint(message, (uint64_t)value);
}

void proto_float(struct text *message, int field, float value)
{
    key(message, field, WIRE_FIXED32);
    text_add(message, (const char *)&value, sizeof value);
}

void proto_bytes(struct text *message, int field, const void *bytes, size_t size)
{
    key(message, field, WIRE_BYTES);
    varint(message, size);
    text_add(message, bytes, size);
}

void proto_string(struct text *message, int field, const char *s)
{
    proto_bytes(message, field, s, strlen(s));
}

void proto_message(struct text *message, int field, struct text *inner)
{
    proto_bytes(message, field, text_string(inner), inner->length);
    text_free(inner);
}
