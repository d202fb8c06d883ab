/*
** settings.h - the table of training settings. A row says all that is to be said of one: the word
** of the network file, the option of the program, where struct train has it, what it may be, what
** it is where nobody says it, and the help for both. The parser, `lathe doc`, the manual page, the
** dump, the emitted initialiser, the options and the checkpoint read it there: a new setting is a
** row, its field in struct train (model.h), and its use.
*/
#ifndef LATHE_SETTINGS_H
#define LATHE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bounds.h"
#include "core/model.h"

enum value_type {
    VALUE_REAL,                     /* double */
    VALUE_COUNT,                    /* int */
    VALUE_WORD,                     /* an enum: one of `words` */
    VALUE_YES,                      /* bool: yes or no */
    VALUE_TEXT,                     /* const char *, NULL where nobody says it: read likewise */
    VALUE_OWN                       /* read by a function of its own */
};

/* A value that a network file gives, of a setting or of a layer's option. */
struct value_row {
    enum value_type type;
    size_t at;                      /* in the struct that has it */
    enum bound bound;               /* numbers */
    const char *const *words;       /* VALUE_WORD: by the enum's values, NULL after the last */
    int first;                      /* the first of them that a file can say */
    const char *what;               /* in messages; NULL: the word before it */
};

/* How a value follows those before it on its line. */
enum setting_follows {
    FOLLOWS_NOTHING,                /* its word begins the line, or no file has it */
    FOLLOWS_MAYBE,                  /* where the line goes on */
    FOLLOWS_WORD                    /* where the line's first value is `when` */
};

struct setting_row {
    const char *word;               /* of the network file; NULL: its value follows on the line of
                                       the row before, or no file has it */
    struct value_row value;
    bool bare;                      /* the value may be missing: it is the word before `first` */
    enum setting_follows follows; int when;
    const char *field;              /* in struct train; NULL: nothing there, */
    const char *names;              /* and what the names of its enum begin with */
    double standard;                /* where the file is silent */
    void (*then)(struct train *t);  /* what a value brings with it, or NULL */
    const char *option, *argument, *meaning;    /* of the program; NULL: none */
    bool unset;                     /* the option has no default: settings_resolve */
    bool many;                      /* the file may have several such lines */
    const char *synopsis, *help;    /* of the line */
};

extern const struct setting_row setting_rows[];
extern const int nsetting_rows;

struct option_row;                  /* options.h */

/* What a network file has where it says nothing. */
void settings_defaults(struct train *t);

/* A number or the place of a word, of a text whether there is one; of a row with a field. A text
** is not set so. */
double setting_get(const struct setting_row *row, const struct train *t);
void setting_set(const struct setting_row *row, struct train *t, double value);

/* The same as a file says it (of a text none: 0), and a number that reads back as the same one:
** 0.001. */
enum { SETTING_TEXT = 4096 };       /* no text is longer */
void setting_text(const struct setting_row *row, const struct train *t, char *out, size_t size);
void setting_real(double value, char *out, size_t size);

/* The name in C of a word of the enum whose names begin so: SCHEDULE_LINEAR. */
void setting_name(const char *names, const char *word, char *out, size_t size);

/*
** The options of all settings, in the order of the table; where a row is `unset`, its value is
** no longer the network file's but none. Returns how many; at most SETTINGS_OPTIONS.
*/
enum { SETTINGS_OPTIONS = 40 };
int settings_options(struct train *t, struct option_row *rows);

/* One of them, for a command that takes it alone; meaning: NULL for the table's. */
struct option_row settings_option(const char *option, struct train *t, const char *meaning);

/* What was not given, as it is now: from the network file's settings, or from another average's
** usual ones. */
void settings_resolve(struct train *t, const struct train *file);

/* By their enums' values, NULL after the last. */
extern const char *const schedule_words[], *const preprocess_words[], *const flip_words[],
                  *const average_words[];
/* PREPROCESS_KINDS: there is none of this name. */
enum preprocess_kind setting_preprocess(const char *word);

#endif
