/*
** open_words.c - finds the words that the marks of a template leave open. What they mean, it does
** not know.
*/
#include "print/open_words.h"

#include <ctype.h>
#include <string.h>

#include "base/die.h"
#include "base/names.h"
#include "base/text.h"
#include "print/sources.h"

static void add(struct open_words *all, enum word_kind kind, const char *s)
{
    size_t length = 0;
    while (in_word(s[length]))
        length++;
    for (int i = 0; i < all->count; i++)
        if (all->word[i].kind == kind && strlen(all->word[i].word) == length
            && !memcmp(all->word[i].word, s, length))
            return;
    all->word = grow(all->word, (size_t)all->count + 1, sizeof *all->word);
    char *word = alloc(length + 1, 1);
    memcpy(word, s, length);
    all->word[all->count++] = (struct open_word){ word, kind };
}

const char *next_size(const char *s, const char *end)
{
    while (s < end && !isalpha((unsigned char)*s))
        s++;
    return s < end ? s : NULL;
}

const char *after_size(const char *s)
{
    return s + strcspn(s, ",}");
}

static void add_sizes(struct open_words *all, const char *s)
{
    for (const char *end = strstr(s, "};"); (s = next_size(s, end)); s = after_size(s))
        add(all, WORD_SIZE, s);
}

static void read_marks(struct open_words *all, const char *text)
{
    for (const char *s = text; (s = strstr(s, "/* @")); s++) {
        const char *line = s;
        while (line > text && line[-1] != '\n')
            line--;
        if (!strncmp(s, "/* @name", 8))
            add(all, WORD_NAME, line + strlen("#define "));
        else if (!strncmp(s, "/* @flag", 8))
            add(all, WORD_FLAG, line + strlen("#define "));
        else if (!strncmp(s, "/* @sizes */", 12))
            add_sizes(all, s + 12);
    }
}

const struct open_words *open_words(const char *path)
{
    static struct names paths;
    static struct open_words **known;
    int found = names_find(&paths, path);
    if (found >= 0)
        return known[found];
    found = paths.count;
    known = grow(known, (size_t)found + 1, sizeof *known);
    known[found] = alloc(1, sizeof **known);
    read_marks(known[found], embedded(path));
    names_add(&paths, path, found);
    return known[found];
}
