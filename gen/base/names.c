/*
** names.c - a table from names to numbers: chains by hash. It must never compare a name with all
** the others: files have a hundred thousand.
*/
#include "base/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static unsigned hash_of(const char *name, size_t length)
{
    uint64_t hash = length;
    while (length > 0) {        /* eight at a time: names may be whole functions */
        uint64_t word = 0;
        size_t n = length < sizeof word ? length : sizeof word;
        memcpy(&word, name, n);
        hash = (hash ^ word)*0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        name += n;
        length -= n;
    }
    return (unsigned)hash;
}

int names_find_part(const struct names *n, const char *name, size_t length)
{
    if (!n->count)
        return -1;
    unsigned hash = hash_of(name, length);
    for (int i = n->head[hash % n->heads]; i >= 0; i = n->entry[i].next) {
        const char *other = n->text.at + n->entry[i].at;
        if (n->entry[i].hash == hash && !strncmp(other, name, length) && !other[length])
            return n->entry[i].value;
    }
    return -1;
}

int names_find(const struct names *n, const char *name)
{
    return names_find_part(n, name, strlen(name));
}

static void hang(struct names *n, int i)
{
    int *head = &n->head[n->entry[i].hash % n->heads];
    n->entry[i].next = *head;
    *head = i;
}

static void make_room(struct names *n)
{
    n->entry = grow(n->entry, (size_t)n->count + 1, sizeof *n->entry);
    if ((size_t)n->count < n->heads)
        return;
    n->heads = 2*n->heads + 63;
    n->head = grow(n->head, n->heads, sizeof *n->head);
    for (size_t k = 0; k < n->heads; k++)
        n->head[k] = -1;
    for (int i = 0; i < n->count; i++)
        hang(n, i);
}

void names_add(struct names *n, const char *name, int value)
{
    size_t length = strlen(name);
    make_room(n);
    n->entry[n->count] = (struct names_entry){ n->text.length, hash_of(name, length), value, -1 };
    text_add(&n->text, name, length + 1);
    hang(n, n->count++);
}

void names_cut(struct names *n, int count)
{
    while (n->count > count) {
        const struct names_entry *e = &n->entry[--n->count];
        n->head[e->hash % n->heads] = e->next;      /* the last one heads its chain */
        n->text.length = e->at;
    }
}

void names_free(struct names *n)
{
    free(n->entry);
    free(n->head);
    text_free(&n->text);
    *n = (struct names){ 0 };
}
