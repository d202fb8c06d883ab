/*
** proto.c - protobuf's wire format. A message is gone through twice: the first time counts, so that
** lists have their size before they are filled. It must never read beyond the message around a
** field, nor take more memory than its heap may have; messages nest as deep as the tables do.
*/
#include "exchange/proto.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "base/die.h"

enum { CHUNK = 1 << 16, MOST_ROWS = 24, MOST_NUMBER = (1 << 29) - 1 };
enum wire { WIRE_VARINT, WIRE_64, WIRE_SPAN, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };

/* ---- the heap ---- */

/* Values are 8 bytes at most. */
struct proto_chunk { struct proto_chunk *before; size_t used, size; uint64_t bytes[]; };

void *proto_room(struct proto_heap *heap, size_t count, size_t size)
{
    if (size && count > (heap->most - heap->used)/size)
        return NULL;
    size_t words = (count*size + 7)/8;
    struct proto_chunk *c = heap->chunk;
    if (!c || words > c->size - c->used) {
        size_t room = words > CHUNK/8 ? words : CHUNK/8;
        c = alloc(1, sizeof *c + 8*room);
        c->size = room;
        c->before = heap->chunk;
        heap->chunk = c;
    }
    void *at = c->bytes + c->used;
    c->used += words;
    heap->used += count*size;
    return at;
}

void proto_free(struct proto_heap *heap)
{
    for (struct proto_chunk *before; heap->chunk; heap->chunk = before) {
        before = heap->chunk->before;
        free(heap->chunk);
    }
    heap->used = 0;
}

static void *room(const struct proto *p, size_t place, size_t count, size_t size)
{
    void *at = proto_room(p->heap, count, size);
    if (!at)
        error_set(p->err, "byte %zu: %.1f MiB more are wanted there, of %.0f MiB that a model may "
                  "take in all", place, (double)count*(double)size / (1 << 20),
                  (double)p->heap->most / (1 << 20));
    return at;
}

/* ---- one field ---- */

/* A field's value is a number, or what lies from `from` to `to`. */
struct field { size_t place; int number; enum wire wire; uint64_t value; size_t from, to; };

static const char *wire_name(enum wire wire)
{
    static const char *const name[] = { "a number", "8 bytes", "bytes of a stated length",
                                        "a group", "the end of a group", "4 bytes" };
    return name[wire];
}

/* Moves *at beyond the number. */
static bool varint(const struct proto *p, size_t *at, size_t to, uint64_t *value)
{
    size_t place = *at;
    *value = 0;
    for (int shift = 0; *at < to; shift += 7) {
        unsigned char byte = p->bytes[(*at)++];
        if (shift == 63 && byte > 1)
            return error_set(p->err, "byte %zu: a number of more than 64 bits", place);
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return error_set(p->err, "byte %zu: %s ends within a number", place,
                     to == p->size ? "the file" : "the message around it");
}

static uint64_t fixed(const unsigned char *at, int size)
{
    uint64_t value = 0;
    while (size-- > 0)
        value = value << 8 | at[size];
    return value;
}

static const struct proto_row *row_of(const struct proto_message *m, int number)
{
    for (int k = 0; k < m->nrows; k++)
        if (m->rows[k].number == number)
            return &m->rows[k];
    return NULL;
}

/* "byte 12: NodeProto.input", or the number of a field without a row, and what is wrong with it. */
static bool wrong(const struct proto *p, const struct proto_message *m, const struct field *f,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
static bool wrong(const struct proto *p, const struct proto_message *m, const struct field *f,
                  const char *format, ...)
{
    const struct proto_row *row = row_of(m, f->number);
    char what[256], name[80];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (row)
        snprintf(name, sizeof name, ".%s", row->name);
    else
        snprintf(name, sizeof name, "'s field %d", f->number);
    return error_set(p->err, "byte %zu: %s%s %s", f->place, m->name, name, what);
}

/* The field at *at, which moves beyond it. */
static bool next(const struct proto *p, size_t *at, size_t to, const struct proto_message *m,
                 struct field *f)
{
    uint64_t tag, length = 0;
    *f = (struct field){ .place = *at };
    if (!varint(p, at, to, &tag))
        return false;
    unsigned wire = tag & 7;
    if (tag >> 3 == 0 || tag >> 3 > MOST_NUMBER || wire > WIRE_32)
        return error_set(p->err, "byte %zu: begins no field of %s (field %llu, type %u)", f->place,
                         m->name, (unsigned long long)(tag >> 3), wire);
    f->number = (int)(tag >> 3);
    f->wire = (enum wire)wire;
    switch (f->wire) {
    case WIRE_VARINT:
        return varint(p, at, to, &f->value);
    case WIRE_32:
        length = 4;
        break;
    case WIRE_64:
        length = 8;
        break;
    case WIRE_SPAN:
        if (!varint(p, at, to, &length))
            return false;
        break;
    default:
        return wrong(p, m, f, "is %s, of which ONNX has none", wire_name(f->wire));
    }
    if (length > to - *at)
        return wrong(p, m, f, "has %llu bytes by its length, but %s ends after %zu: it is cut "
                     "short or damaged; copy or export it again", (unsigned long long)length,
                     to == p->size ? "the file" : "the message around it", to - *at);
    f->from = *at;
    f->to = *at += (size_t)length;
    return true;
}

/* ---- its values ---- */

static const struct { enum wire wire; size_t size; bool list, packs; } kinds[] = {
    [PROTO_INT] = { WIRE_VARINT, sizeof(int64_t), false, false },
    [PROTO_FLOAT] = { WIRE_32, sizeof(float), false, false },
    [PROTO_TEXT] = { WIRE_SPAN, sizeof(char *), false, false },
    [PROTO_BYTES] = { WIRE_SPAN, sizeof(struct proto_bytes), false, false },
    [PROTO_MESSAGE] = { WIRE_SPAN, 0, false, false },
    [PROTO_INT_LIST] = { WIRE_VARINT, sizeof(int64_t), true, true },
    [PROTO_FLOAT_LIST] = { WIRE_32, sizeof(float), true, true },
    [PROTO_DOUBLE_LIST] = { WIRE_64, sizeof(double), true, true },
    [PROTO_TEXT_LIST] = { WIRE_SPAN, sizeof(char *), true, false },
    [PROTO_BYTES_LIST] = { WIRE_SPAN, sizeof(struct proto_bytes), true, false },
    [PROTO_MESSAGE_LIST] = { WIRE_SPAN, 0, true, false },
};

static bool is_message(const struct proto_row *row)
{
    return row->kind == PROTO_MESSAGE || row->kind == PROTO_MESSAGE_LIST;
}

/* How many values the field has; false: it is of another type than its row. */
static bool values_in(const struct proto *p, const struct proto_message *m,
                      const struct proto_row *row, const struct field *f, size_t *n)
{
    enum wire wire = kinds[row->kind].wire;
    size_t size = f->to - f->from;
    *n = 1;
    if (f->wire == wire)
        return true;
    if (f->wire != WIRE_SPAN || !kinds[row->kind].packs)
        return wrong(p, m, f, "is %s, %s was expected", wire_name(f->wire), wire_name(wire));
    *n = 0;
    if (wire == WIRE_VARINT)
        for (size_t k = f->from; k < f->to; k++)
            *n += p->bytes[k] < 0x80;
    else
        *n = size/kinds[row->kind].size;
    if (wire == WIRE_VARINT ? size && p->bytes[f->to - 1] >= 0x80 : size % kinds[row->kind].size)
        return wrong(p, m, f, "ends within a number");
    return true;
}

static bool put_text(const struct proto *p, const struct proto_message *m, const struct field *f,
                     void *to)
{
    size_t size = f->to - f->from;
    if (memchr(p->bytes + f->from, 0, size))
        return wrong(p, m, f, "has a zero byte within it: export it again with other names");
    char *text = room(p, f->place, size + 1, 1);
    if (!text)
        return false;
    memcpy(text, p->bytes + f->from, size);
    memcpy(to, &text, sizeof text);
    return true;
}

static bool put_message(const struct proto *p, const struct proto_row *row, const struct field *f,
                        void *into)
{
    memcpy(into, &f->place, sizeof f->place);
    return proto_read(p, f->from, f->to, row->message, into);
}

/* The numbers of a field, packed or one, to `to`. */
static bool put_numbers(const struct proto *p, const struct proto_row *row, const struct field *f,
                        size_t n, unsigned char *to)
{
    size_t at = f->from, size = kinds[row->kind].size;
    for (size_t k = 0; k < n; k++, to += size) {
        uint64_t value = f->value;
        if (kinds[row->kind].wire != WIRE_VARINT)
            value = fixed(p->bytes + f->from + k*size, (int)size);
        else if (f->wire == WIRE_SPAN && !varint(p, &at, f->to, &value))
            return false;
        uint32_t half = (uint32_t)value;
        memcpy(to, size == 4 ? (const void *)&half : &value, size);
    }
    return true;
}

/* A field's n values to `to`, its place in the struct or in the list. */
static bool put(const struct proto *p, const struct proto_message *m, const struct proto_row *row,
                const struct field *f, size_t n, unsigned char *to)
{
    struct proto_bytes bytes = { p->bytes + f->from, f->to - f->from };
    switch (row->kind) {
    case PROTO_TEXT: case PROTO_TEXT_LIST:
        return put_text(p, m, f, to);
    case PROTO_BYTES: case PROTO_BYTES_LIST:
        memcpy(to, &bytes, sizeof bytes);
        return true;
    case PROTO_MESSAGE: case PROTO_MESSAGE_LIST:
        return put_message(p, row, f, to);
    default:
        return put_numbers(p, row, f, n, to);
    }
}

/* ---- a message ---- */

static bool count_values(const struct proto *p, size_t from, size_t to,
                         const struct proto_message *m, size_t *counts)
{
    struct field f;
    size_t n;
    while (from < to) {
        if (!next(p, &from, to, m, &f))
            return false;
        const struct proto_row *row = row_of(m, f.number);
        if (!row)
            continue;
        if (!values_in(p, m, row, &f, &n))
            return false;
        counts[row - m->rows] += n;
        if (row->kind == PROTO_MESSAGE && counts[row - m->rows] > 1)
            return wrong(p, m, &f, "is there a second time, one was expected");
    }
    return true;
}

/* Lists and messages get their memory, counts are set; ends[]: where values of a row go. */
static bool make_room(const struct proto *p, size_t from, const struct proto_message *m,
                      const size_t *counts, unsigned char *into, unsigned char **ends)
{
    for (int k = 0; k < m->nrows; k++) {
        const struct proto_row *row = &m->rows[k];
        size_t size = is_message(row) ? row->message->size : kinds[row->kind].size;
        int count = counts[k] < INT_MAX ? (int)counts[k] : INT_MAX;
        ends[k] = into + row->at;
        if (row->count)
            memcpy(into + row->count, &count, sizeof count);
        if (!counts[k] || !(kinds[row->kind].list || is_message(row)))
            continue;
        void *list = room(p, from, counts[k], size);
        if (!list)
            return false;
        memcpy(into + row->at, &list, sizeof list);
        ends[k] = list;
    }
    return true;
}

bool proto_read(const struct proto *p, size_t from, size_t to, const struct proto_message *m,
                void *into)
{
    size_t counts[MOST_ROWS] = { 0 }, n;
    unsigned char *ends[MOST_ROWS];
    struct field f;
    if (m->nrows > MOST_ROWS)
        DIE("%s has %d fields", m->name, m->nrows);
    if (!count_values(p, from, to, m, counts) || !make_room(p, from, m, counts, into, ends))
        return false;
    while (from < to) {
        if (!next(p, &from, to, m, &f))
            DIE("%s was counted, and cannot be read", m->name);
        const struct proto_row *row = row_of(m, f.number);
        if (!row)
            continue;
        ptrdiff_t k = row - m->rows;
        if (!values_in(p, m, row, &f, &n) || !put(p, m, row, &f, n, ends[k]))
            return false;
        if (kinds[row->kind].list)
            ends[k] += n*(is_message(row) ? row->message->size : kinds[row->kind].size);
    }
    return true;
}
