/*
** options.c - parses options by their table and prints the table as help.
** It must never accept a value that is out of its row's range or trailed by junk.
*/
#include "settings/options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/synonyms.h"
#include "base/visible.h"

enum { OPTIONS_WIDTH = 79, OPTIONS_COLUMN = 24 };

static const struct option_row *options_row(const struct options *o, int k)
{
    return k < o->count ? &o->row[k] : &o->shared[k - o->count];
}

/* The row of the option that `word` names; *argument: what follows its '='. */
static const struct option_row *options_find(const struct options *o, const char *word,
                                             const char **argument)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    *argument = equals ? equals + 1 : NULL;
    for (int k = 0; k < o->count + o->nshared; k++) {
        const struct option_row *row = options_row(o, k);
        if (strlen(row->name) == length && memcmp(row->name, word, length) == 0)
            return row;
    }
    return NULL;
}

/* The option that `word` is a slip of, or another program's word for; NULL: none. */
static const char *options_meant(const struct options *o, const char *word)
{
    const char *nearest = NULL, *same = synonym_option(word);
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    int best = INT_MAX;
    for (int k = 0; k < o->count + o->nshared && word[0] == '-'; k++) {
        const char *known = options_row(o, k)->name;
        int slips = nearest_slips(name, known);
        if (same && strcmp(same, known) == 0)
            return known;
        if (slips >= 0 && slips < best) {
            best = slips;
            nearest = known;
        }
    }
    return nearest;
}

/* operand: it stands after `--`. */
static void options_unknown(const struct options *o, const char *word, bool operand)
{
    const char *meant = operand ? NULL : options_meant(o, word);
    visible_print(stderr, "%s: %s: %s '%s'", o->program, o->command,
                  word[0] == '-' && !operand ? "unknown option" : "unexpected argument", word);
    if (meant)
        visible_print(stderr, "; did you mean %s?\n", meant);
    else
        visible_print(stderr, "; see %s %s --help\n", o->program, o->command);
}

static bool options_expected(const struct options *o, const struct option_row *row,
                             const char *text)
{
    visible_print(stderr, "%s: %s: %s: expected ", o->program, o->command, row->name);
    if (row->kind == OPTION_CHOICE) {
        for (int k = 0; row->choices[k]; k++)
            visible_print(stderr, "%s%s", k == 0 ? "" : row->choices[k + 1] ? ", " : " or ",
                          row->choices[k]);
    } else {
        visible_print(stderr, "%s number", row->kind == OPTION_REAL ? "a" : "a whole");
        if (isfinite(row->most))
            visible_print(stderr, " from %.10g to %.10g", row->least, row->most);
        else
            visible_print(stderr, " not below %.10g", row->least);
    }
    visible_print(stderr, ", got '%s'\n", text);
    return false;
}

static bool options_number(const struct options *o, const struct option_row *row,
                           const char *text)
{
    char *end;
    double number;
    long integer = 0;
    errno = 0;
    if (row->kind == OPTION_REAL)
        number = strtod(text, &end);
    else
        number = (double)(integer = strtol(text, &end, 10));
    bool overflow = errno == ERANGE && fabs(number) > 1;   /* a tiny real is no error */
    if (end == text || *end || overflow || !isfinite(number) || number < row->least ||
        number > row->most)
        return options_expected(o, row, text);
    if (row->kind == OPTION_REAL)
        *(double *)row->value = number;
    else if (row->kind == OPTION_INTEGER)
        *(long *)row->value = integer;
    else
        *(int *)row->value = (int)integer;
    return true;
}

static bool options_list(const struct options *o, const struct option_row *row, const char *text)
{
    struct option_list *list = row->value;
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        if (length == 0 || length >= OPTION_LIST_WORD || list->count == OPTION_LIST_WORDS) {
            visible_print(stderr, "%s: %s: %s: expected %s, at most %d words of at most %d letters "
                          "with a comma between them, got '%s'\n", o->program, o->command,
                          row->name, row->argument, OPTION_LIST_WORDS, OPTION_LIST_WORD - 1, text);
            return false;
        }
        snprintf(list->word[list->count++], OPTION_LIST_WORD, "%.*s", (int)length, at);
        at += length;
        if (!*at)
            return true;
    }
}

static bool options_set(const struct options *o, const struct option_row *row,
                        const char *text)
{
    int k = 0;
    if (row->kind == OPTION_TEXT) {
        *(const char **)row->value = text;
        return true;
    }
    if (row->kind == OPTION_LIST)
        return options_list(o, row, text);
    if (row->kind != OPTION_CHOICE)
        return options_number(o, row, text);
    while (row->choices[k] && strcmp(row->choices[k], text) != 0)
        k++;
    if (!row->choices[k])
        return options_expected(o, row, text);
    *(int *)row->value = k;
    return true;
}

/* " (default 10)", or nothing. */
static void options_default(const struct option_row *row, char *out, size_t size)
{
    out[0] = 0;
    if (row->kind == OPTION_INTEGER && *(long *)row->value != OPTION_UNSET)
        snprintf(out, size, " (default %ld)", *(long *)row->value);
    else if (row->kind == OPTION_COUNT && *(int *)row->value >= row->least)
        snprintf(out, size, " (default %d)", *(int *)row->value);
    else if (row->kind == OPTION_REAL && *(double *)row->value >= row->least)
        snprintf(out, size, " (default %g)", *(double *)row->value);
    else if (row->kind == OPTION_CHOICE)
        snprintf(out, size, " (default %s)", row->choices[*(int *)row->value]);
    else if (row->kind == OPTION_TEXT && *(const char **)row->value)
        snprintf(out, size, " (default %s)", *(const char **)row->value);
}

/* Prints words, broken into lines that start at `column`; the first is there. */
static void options_wrap(const char *text, int column)
{
    int at = column;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at > column && at + 1 + length > OPTIONS_WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        }
        at += printf("%s%.*s", at > column ? " " : "", length, text);
        text += length;
        text += strspn(text, " ");
    }
    printf("\n");
}

static void options_help_row(const struct option_row *row)
{
    char text[512], fallback[128];
    options_default(row, fallback, sizeof fallback);
    snprintf(text, sizeof text, "%s%s", row->meaning, fallback);
    int at = printf("  %s%s%s", row->name, row->argument ? " " : "",
                    row->argument ? row->argument : "");
    if (at >= OPTIONS_COLUMN) {
        printf("\n");
        at = 0;
    }
    printf("%*s", OPTIONS_COLUMN - at, "");
    options_wrap(text, OPTIONS_COLUMN);
}

static void options_help(const struct options *o)
{
    printf("usage: %s %s [options]%s%s\n\n", o->program, o->command, o->operand ? " " : "",
           o->operand ? o->operand : "");
    options_wrap(o->summary, 0);
    printf("\n");
    for (int k = 0; k < o->count + o->nshared; k++)
        options_help_row(options_row(o, k));
    printf("  %-*s%s\n", OPTIONS_COLUMN - 2, "--help", "show this");
}

/* How many words stand before `--`, which ends options; all where there is none. */
static int options_end(int argc, char **argv)
{
    int k = 0;
    while (k < argc && strcmp(argv[k], "--") != 0)
        k++;
    return k;
}

bool options_ask_help(int argc, char **argv)
{
    int end = options_end(argc, argv);
    for (int k = 0; k < end; k++)
        if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0)
            return true;
    return false;
}

/* Whether `word` was an operand, or the `--` after which all are. */
static bool options_operand(struct options *o, char *word, char **argv, bool *all)
{
    if (!*all && strcmp(word, "--") == 0) {
        *all = true;
        return true;
    }
    if (!o->operand || (!*all && word[0] == '-' && word[1]))
        return false;
    argv[o->noperands++] = word;
    return true;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    bool all = false;
    if (options_ask_help(argc, argv)) {
        options_help(o);
        return OPTIONS_HELP;
    }
    for (int k = 0; k < argc; k++) {
        const char *argument;
        if (options_operand(o, argv[k], argv, &all))
            continue;
        const struct option_row *row = all ? NULL : options_find(o, argv[k], &argument);
        if (!row) {
            options_unknown(o, argv[k], all);
            return OPTIONS_WRONG;
        }
        if (row->kind == OPTION_FLAG) {
            if (argument) {
                visible_print(stderr, "%s: %s: %s takes no value\n", o->program, o->command,
                              row->name);
                return OPTIONS_WRONG;
            }
            *(bool *)row->value = true;
            continue;
        }
        if (!argument && k + 1 == argc) {
            visible_print(stderr, "%s: %s: %s needs a value: %s %s\n", o->program, o->command,
                          row->name, row->name, row->argument);
            return OPTIONS_WRONG;
        }
        if (!options_set(o, row, argument ? argument : argv[++k]))
            return OPTIONS_WRONG;
    }
    return OPTIONS_OK;
}

const char *options_peek(const char *name, int argc, char **argv)
{
    size_t length = strlen(name);
    argc = options_end(argc, argv);
    for (int k = 0; k < argc; k++) {
        if (strncmp(argv[k], name, length) != 0)
            continue;
        if (argv[k][length] == '=')
            return argv[k] + length + 1;
        if (argv[k][length] == 0 && k + 1 < argc)
            return argv[k + 1];
    }
    return NULL;
}
