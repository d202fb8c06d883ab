/*
** test_settings.c - every row of runtime/settings/settings.c is taken by the parser, printed by
** the dump, `lathe doc`, the manual page and the emitted initialiser, and read, explained and kept
** by the program's option: a row that somebody forgets fails here.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/settings/settings.h"
#include "support/shell.h"

#define NET "net t\ninput 3x8x8\naffine 4\nsoftmax\ntrain\n"

/* One that is neither the default nor off, and that file and option take. */
static const char *some_number(const struct setting_row *row)
{
    static const char *const some[] = { "0.5", "3", "0.25" };
    const struct bounds *b = &bounds[row->value.bound];
    size_t k = row->value.type == VALUE_COUNT;
    while (strtod(some[k], NULL) < b->least || strtod(some[k], NULL) > b->most)
        k++;
    return some[k];
}

static const char *some_word(const struct setting_row *row)
{
    if (row->value.type == VALUE_TEXT)
        return "balanced";
    return row->value.words[row->standard == 1 ? 0 : 1];
}

/* The line that says it in a file, and more of it where it goes on. */
static void some_line(const struct setting_row *row, char line[256])
{
    int at = snprintf(line, 256, "  %s", row->word);
    for (const struct setting_row *r = row; r == row || (r < setting_rows + nsetting_rows
                                                         && r->follows); r++) {
        const char *const *words = r->value.words;
        int last = 0;
        while (words && words[last + 1])
            last++;
        if (words && r->value.first <= last)
            at += snprintf(line + at, 256 - (size_t)at, " %s",
                           r == row && r[1].follows == FOLLOWS_WORD ? words[r[1].when]
                                                                    : words[last]);
        else if (r->value.type == VALUE_TEXT)
            at += snprintf(line + at, 256 - (size_t)at, " %s", some_word(r));
        else if (!words)
            at += snprintf(line + at, 256 - (size_t)at, " %s", some_number(r));
    }
}

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

static void expect_says(const char *output, const char *words, const char *where)
{
    cr_expect(says(output, words), "%s does not say \"%s\":\n%s", where, words, output);
}

Test(settings, are_read_and_dumped_as_a_file_says_them, .fini = shell_clean)
{
    for (const struct setting_row *row = setting_rows; row < setting_rows + nsetting_rows; row++) {
        char line[256], file[512];
        if (!row->word || !row->field)
            continue;
        some_line(row, line);
        snprintf(file, sizeof file, NET "%s\n", line);
        write_text("t.net", file);
        struct run r = shell("$LATHE emit t.net -d spec");
        cr_expect_eq(r.status, 0, "%s: %s", line, r.output);
        strcat(line, "\n");
        expect_says(r.output, line, "the dump");
        run_free(&r);
    }
}

/* What the dump prints is a file that says the same. */
Test(settings, come_back_from_their_dump, .fini = shell_clean)
{
    sure("for f in $SOURCE/models/*.net $SOURCE/tests/nets/*.net; do "
         "$LATHE emit $f -d spec | sed -n '/^train/,$p' | grep -v '^  group\\|^  freeze' > said && "
         "{ printf 'net t\\ninput 3x8x8\\naffine 4\\nsoftmax\\n'; cat said; } > t.net && "
         "$LATHE emit t.net -d spec | sed -n '/^train/,$p' | cmp - said || exit 1; done");
}

Test(settings, are_in_doc_and_manual_page, .fini = shell_clean)
{
    struct run doc = shell("$LATHE doc");
    struct run page = shell("sed 's/\\\\(ha/^/g; s/\\\\(aq/'\"'\"'/g; s/\\\\-/-/g' "
                            "$SOURCE/build/share/lathe-net.5");
    for (const struct setting_row *row = setting_rows; row < setting_rows + nsetting_rows; row++) {
        if (!row->word)
            continue;
        cr_assert(row->synopsis && row->help, "%s", row->word);
        cr_expect(!strncmp(row->synopsis, row->word, strlen(row->word)), "%s", row->synopsis);
        expect_says(doc.output, row->synopsis, "lathe doc");
        expect_says(page.output, row->synopsis, "lathe-net(5)");
    }
    run_free(&doc);
    run_free(&page);
}

Test(settings, are_in_the_emitted_initialiser, .fini = shell_clean)
{
    write_text("t.net", NET);
    struct run r = shell("$LATHE emit t.net --isa scalar --split");
    for (const struct setting_row *row = setting_rows; row < setting_rows + nsetting_rows; row++) {
        char field[128], text[40], name[80];
        struct train t;
        if (!row->field || !(row->word || row->follows))
            continue;
        settings_defaults(&t);
        setting_text(row, &t, text, sizeof text);
        if (row->value.type == VALUE_WORD)
            setting_name(row->names, text, name, sizeof name);
        snprintf(field, sizeof field, " %s = %s%s", row->field,
                 row->value.type == VALUE_WORD ? name : text,
                 row + 1 < setting_rows + nsetting_rows ? "," : " }");
        expect_says(r.output, field, "the initialiser");
    }
    run_free(&r);
}

/* With a value that is not the default: explained, taken, and in the checkpoint. */
Test(settings, are_options_that_a_checkpoint_keeps, .fini = shell_clean)
{
    write_text("t.net", NET);
    sure("$LATHE emit t.net --isa scalar --split > t.c && ${CC:-cc} -O0 -I$SOURCE/runtime t.c "
         "$SOURCE/runtime/liblathe.a -o t -lm -pthread");
    struct run help = shell("./t train --help");
    for (const struct setting_row *row = setting_rows; row < setting_rows + nsetting_rows; row++) {
        char option[128];
        if (!row->option)
            continue;
        cr_assert(row->argument && row->meaning, "%s", row->option);
        snprintf(option, sizeof option, "\n  %s %s", row->option, row->argument);
        expect_says(help.output, option, "--help");
        snprintf(option, sizeof option, "%s=%s", row->option,
                 row->value.type == VALUE_WORD || row->value.type == VALUE_TEXT
                 ? some_word(row) : some_number(row));
        struct run r = shell("./t train --data synthetic --train-samples 20 --val-samples 5 "
                             "--iterations 3 --checkpoint c --quiet %s && grep -aqx -e '%s' c",
                             option, option);
        cr_expect_eq(r.status, 0, "%s: %s", option, r.output);
        run_free(&r);
    }
    run_free(&help);
}
