/*
** options.h - command line options from a table: the same rows drive parsing,
** defaults and --help. It must never know what an option is for.
*/
#ifndef LATHE_OPTIONS_H
#define LATHE_OPTIONS_H

#include <stdbool.h>

#include "base/bounds.h"

/* The least and the most of a row whose number training knows, too (bounds.h). */
#define OPTION_BOUNDS(bound) bounds[bound].option, bounds[bound].most

enum option_kind {
    OPTION_FLAG,      /* bool: present or not */
    OPTION_INTEGER,   /* long; OPTION_UNSET while it is not given and has no default */
    OPTION_COUNT,     /* int; out of its row's range while ... */
    OPTION_REAL,      /* double; the same */
    OPTION_TEXT,      /* const char *; NULL while not given */
    OPTION_LIST,      /* struct option_list; given several times it grows */
    OPTION_CHOICE     /* int or an enum: which of `choices` */
};

#define OPTION_UNSET (-1L)

/* Words that a comma or the option again parts; none of them is empty. */
enum { OPTION_LIST_WORDS = 32, OPTION_LIST_WORD = 96 };
struct option_list { int count; char word[OPTION_LIST_WORDS][OPTION_LIST_WORD]; };

/* One option. *value holds the default before parsing and in --help. */
struct option_row {
    const char *name;             /* "--lr" */
    enum option_kind kind;
    const char *argument;         /* "X"; NULL for flags */
    void *value;
    double least, most;           /* numbers: both included; flags: most 1 where option_text.h
                                     is to keep it */
    const char *const *choices;   /* OPTION_CHOICE: ends with NULL */
    const char *meaning;
};

struct options {
    const char *program, *command, *summary;
    const struct option_row *row; int count;         /* the command's own */
    const struct option_row *shared; int nshared;    /* those of every command */
    const char *operand;          /* "IMAGE...", or NULL: none is taken */
    int noperands;
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_WRONG };

/* Reads options into the rows' values; operands, where there are any, are moved to
** argv[0 .. noperands-1], what stands after `--` too. OPTIONS_HELP: the help was printed
** on stdout; OPTIONS_WRONG: a message on stderr. */
enum options_result options_parse(struct options *o, int argc, char **argv);

/* Whether one of them asks for help. */
bool options_ask_help(int argc, char **argv);

/* The value of `name` among argv, or NULL: for what must be known before a
** command's table can be built. `--name VALUE` or `--name=VALUE`. */
const char *options_peek(const char *name, int argc, char **argv);

#endif
