/*
** proto.h - reads protobuf's wire format (protobuf.dev/programming-guides/encoding) into structs,
** by tables of the messages' fields. It knows no message itself, nor any library.
*/
#ifndef LATHE_PROTO_H
#define LATHE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a field becomes, once and (LIST) any number of times, packed or not. */
enum proto_kind {
    PROTO_INT,              /* int64_t: every kind of varint, unsigned ones by their bits */
    PROTO_FLOAT,            /* float */
    PROTO_TEXT,             /* const char *, with a zero after it and none within */
    PROTO_BYTES,            /* struct proto_bytes */
    PROTO_MESSAGE,          /* a pointer to its struct, NULL: none is there */
    PROTO_INT_LIST,         /* int64_t *; also of these, `count` says how many */
    PROTO_FLOAT_LIST, PROTO_DOUBLE_LIST, PROTO_TEXT_LIST, PROTO_BYTES_LIST, PROTO_MESSAGE_LIST
};

struct proto_bytes { const unsigned char *at; size_t size; };   /* within what is read */

/* One field: where its value goes, and (unless 0) an int that says how often it was there. */
struct proto_row {
    int number; enum proto_kind kind; const char *name;
    size_t at, count;
    const struct proto_message *message;
};

/* A message's struct begins with a size_t: the place of its first byte in the file. */
struct proto_message { const char *name; size_t size; const struct proto_row *rows; int nrows; };

/* Everything that is read lies in one heap, which ends all at once. */
struct proto_heap { struct proto_chunk *chunk; size_t used, most /* bytes */; };

/* Zeroed. NULL: it would pass the most. */
void *proto_room(struct proto_heap *heap, size_t count, size_t size);
void proto_free(struct proto_heap *heap);

struct proto {
    const unsigned char *bytes; size_t size;
    struct proto_heap *heap;
    char *err;              /* ERR_SIZE: "byte 12: ..." where something is wrong */
};

/* Fills the message's zeroed struct from bytes[from .. to-1]. Fields without a row are passed over;
** of a field that should be there once the last one counts, of a message one alone may be there. */
bool proto_read(const struct proto *p, size_t from, size_t to, const struct proto_message *message,
                void *into);

#endif
