/*
** fuzz.h - what reads bytes that somebody else made, one row each. A target may refuse its bytes;
** it must not crash, leave memory behind where its row says so, or say what a terminal would act
** on.
*/
#ifndef LATHE_FUZZ_H
#define LATHE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
    const char *name;               /* of its corpus, tests/fuzz/corpus/NAME, too */
    void (*run)(const uint8_t *bytes, size_t size);
    void (*begin)(void);            /* what it needs once; or NULL */
    bool clean;                     /* it frees all that it allocates */
};

/* What lathe reads, and what its programs read; each ends with a row without a name. */
extern const struct fuzz_target fuzz_lathe[], fuzz_program[];

/* In the folder of this process, which is its working directory: the same name each time. */
const char *fuzz_file(const char *name, const void *bytes, size_t size);

/* Ends the process, as a crash, where a text would act on a terminal. */
void fuzz_visible(const char *text);

/* The words that the bytes are, a line each, up to FUZZ_WORDS of them, after argv[0]; NULL after
** the last, and room for one more. NULL: one of them names what lies outside this folder. */
enum { FUZZ_WORDS = 24 };
char **fuzz_words(const uint8_t *bytes, size_t size, int *argc);

#endif
