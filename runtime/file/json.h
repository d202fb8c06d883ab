/*
** json.h - a strict reader of JSON (RFC 8259) that goes from value to value: what serde_json
** refuses, the parser of the reference implementation of safetensors, is refused here, too. And
** strings on their way out.
*/
#ifndef LATHE_JSON_H
#define LATHE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    const char *s, *end;        /* what is left of the text; *end is 0 */
    char *strings;              /* where unescaped strings go: as much room as the text and 1 */
    int depth;                  /* arrays and objects that are open */
    const char *start, *path;   /* for messages: offset 0 of the file, its name, */
    const char *part;           /* and what of it this is: "header" */
    char *err;
};

/* The first byte of the text that is no UTF-8; NULL: there is none. */
const char *json_not_utf8(const char *text, size_t size);

/* False, with a message: what is expected where the text goes on. */
bool json_bad(const struct json *j, const char *expected);

void json_blanks(struct json *j);                       /* skips white space */

/* After white space: c, or nothing. */
bool json_take(struct json *j, char c);

/* An array or object begins, [ or {, ends at once or after its last value, ] or }. */
bool json_begin(struct json *j, char c);
bool json_empty(struct json *j, char c);
bool json_end(struct json *j, char c);

bool json_string(struct json *j, const char **out);     /* U+0000 in it becomes C0 80 */
bool json_whole(struct json *j, uint64_t *out);         /* 0 to 2^64 - 1, digits alone */
bool json_real(struct json *j, double *out);            /* null: nan */
bool json_bool(struct json *j, bool *out);
bool json_null(struct json *j);
bool json_skip(struct json *j);                         /* any value */

/* s[0 .. length-1] as a string, in which nothing acts on a terminal; bytes that are no UTF-8 become
** U+FFFD. */
void json_put(FILE *out, const char *s, size_t length);

#endif
