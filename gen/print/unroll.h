/*
** unroll.h - writes out the loops that a template marks UNROLL.
*/
#ifndef LATHE_UNROLL_H
#define LATHE_UNROLL_H

#include "base/text.h"
#include "print/bindings.h"

/* The end of the token that starts at s: an identifier, a number, or one character. */
const char *token_end(const char *s);

/*
** What unroll and tails read of C. Each returns the end of what it read; what it does not
** understand is an error.
*/
struct loop {
    char index[32];
    long from, to;
    char bound[32];             /* what stands for `to`, where that is a word */
    const char *body, *end;     /* the statement; end: after it and its newline */
    bool braces;                /* the statement is a block */
    size_t indent;              /* columns before it */
    const char *mark; int marked;       /* of its line (lines.h) */
};
const char *skip_space(const char *s);
const char *expect(const char *s, const char *what);
const char *matching(const char *s, char open, char close);
/* Of bounds: sums and products of numbers and sizes; moves *s to after it. */
long size_expression(const char **s, struct bindings *b);
/* `for (int i = A; i < B; i`, and from the statement on, the rest. */
const char *loop_head(const char *s, struct loop *loop, struct bindings *b);
void loop_body(const char *s, struct loop *loop);

/* What they write. The loop's body as lines that start at column 0, without the block's braces. */
void body_lines(const struct loop *loop, struct text *out);
void add_indented(const char *lines, size_t indent, struct text *out);
/* Text with every identifier `word` replaced. */
void replace_word(const char *text, const char *word, const char *by, struct text *out);
/* Dies where a statement, not statements, must follow what is written. */
void needs_block(struct text *out, const char *what);
/* A block that declares something keeps its braces in every copy. */
bool declares(const char *lines);

/*
** Appends text to out, every loop `UNROLL for (int i = A; i < B; i++) statement`
** in it written out; bounds are expressions of numbers and of b's sizes. A nest
** longer than UNROLL_LINES keeps its outermost loop and is counted in
** b->loops_kept.
*/
void unroll(const char *text, struct bindings *b, struct text *out);

/* Appends text to out without the terms 0 and 0*SIZE of sums, and 1*SIZE as SIZE: loops
** written out have many, and who reads them is looking for the others. */
void drop_idle(const char *text, struct text *out);

#endif
