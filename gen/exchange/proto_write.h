/*
** proto_write.h - messages of protobuf, field by field: a message is a text to which its fields are
** added, one inside another is written before it is added. The wire format: protobuf.dev,
** "Encoding". Repeated numbers are written unpacked.
*/
#ifndef LATHE_PROTO_WRITE_H
#define LATHE_PROTO_WRITE_H

#include <stdint.h>

#include "base/text.h"

void proto_int(struct text *message, int field, int64_t value);
void proto_float(struct text *message, int field, float value);
void proto_bytes(struct text *message, int field, const void *bytes, size_t size);
void proto_string(struct text *message, int field, const char *s);

/* Empties `inner`, which may be used again. */
void proto_message(struct text *message, int field, struct text *inner);

#endif
