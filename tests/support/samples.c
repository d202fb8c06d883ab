/*
** samples.c - what a template's `@sizes` and `@flag` marks say is bound as they say it. It must
** never know a template.
*/
#include "support/samples.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print/sources.h"

/* A word, kept once and for ever: bindings point to it, and so does what the generator remembers of
** a template that it has prepared. */
static const char *keep(const char *at, size_t length)
{
    static char words[256][16];
    static int count;
    cr_assert_lt(length, sizeof words[0]);
    for (int k = 0; k < count; k++)
        if (strlen(words[k]) == length && !memcmp(words[k], at, length))
            return words[k];
    cr_assert_lt(count, 256);
    memcpy(words[count], at, length);
    return words[count++];
}

/* What `given` says of a word, else the sample. */
static long value_of(const char *word, const char *given, long sample, int *said)
{
    const size_t length = strlen(word);
    for (const char *s = given; (s = strstr(s, word)); s += length)
        if ((s == given || s[-1] == ' ') && s[length] == '=') {
            ++*said;
            return strtol(s + length + 1, NULL, 10);
        }
    return sample;
}

/* The word at `at`, with its value after `between`. */
static const char *take(const char *at, const char *between, long *sample, const char **end)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    const char *number = at + length + strlen(between);
    cr_assert(length && !strncmp(at + length, between, strlen(between)), "no sample: %.40s", at);
    *sample = strtol(number, (char **)end, 10);
    cr_assert_neq(*end, number, "no number: %.40s", at);
    return keep(at, length);
}

void bind_samples(struct bindings *b, const char *file, const char *given)
{
    static const char sizes[] = "/* @sizes */", flag[] = "#define ";
    char path[64];
    int said = 0, wanted = 0;
    long sample;
    snprintf(path, sizeof path, "templates/%s", file);
    const char *text = embedded(path), *end;
    for (const char *s = text; (s = strstr(s, sizes)); s = end) {
        end = s + sizeof sizes - 1;
        do {
            const char *word = take(end + strspn(end, ", \n"), " = ", &sample, &end);
            bind_size(b, word, value_of(word, given, sample, &said));
        } while (*end == ',');
    }
    for (const char *s = text; (s = strstr(s, flag)); s++) {
        const char *mark = strstr(s, "/* @flag */");
        if (!mark || memchr(s, '\n', (size_t)(mark - s)))
            continue;
        const char *word = take(s + sizeof flag - 1, " ", &sample, &end);
        bind_flag(b, word, value_of(word, given, sample, &said) != 0);
    }
    for (const char *s = given; (s = strchr(s, '=')); s++)
        wanted++;
    cr_assert_eq(said, wanted, "%s has not each of: %s", file, given);
}
