/*
** test_visible.c - what comes from outside and is shown: no byte of it acts on a terminal.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"
#include "page/markup.h"

/* A text, and how it is shown. */
static const struct { const char *text, *shown; } texts[] = {
    { "plain text, 100 % \\ \"quoted\"", "plain text, 100 % \\ \"quoted\"" },
    { "gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x90\x88", "gr\xc3\xbc\xc3\x9f "
      "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x90\x88" },
    { "\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07" },
    { "tab\tcr\rbs\bdel\x7f.", "tab\\x09cr\\x0dbs\\x08del\\x7f." },
    { "\xc2\x9b" "2J", "\\xc2\\x9b2J" },                        /* CSI of C1, in UTF-8 */
    { "\x9b" "2J", "\\x9b2J" },                                 /* and as one byte */
    { "cut \xe4\xbd", "cut \\xe4\\xbd" },
    { "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xff", "\\xc0\\xaf \\xed\\xa0\\x80 "
      "\\xf4\\x90\\x80\\x80 \\xff" },
    /* what would be shown from right to left, a line's end of Unicode, and what is neither */
    { "a\xe2\x80\xae.net", "a\\xe2\\x80\\xae.net" },
    { "\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c", "\\xe2\\x81\\xa6\\xe2\\x80\\xa8\\xd8\\x9c" },
    { "\xe2\x80\xaf\xe2\x81\xa5\xd8\x9d", "\xe2\x80\xaf\xe2\x81\xa5\xd8\x9d" },
    { "two\nlines", "two\\x0alines" },
    { "\xc2\xa0\xf4\x8f\xbf\xbf", "\xc2\xa0\xf4\x8f\xbf\xbf" },
    { "", "" },
};

Test(visible, text_has_no_control_characters_and_is_utf8)
{
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        char line[128], *printed;
        size_t size;
        strcpy(line, texts[k].text);
        visible_line(line, sizeof line);
        cr_expect_str_eq(line, texts[k].shown);
        cr_expect_eq(visible_whole(texts[k].text), !strcmp(texts[k].text, texts[k].shown));
        FILE *out = open_memstream(&printed, &size);
        visible_print(out, "%s", texts[k].text);
        fclose(out);
        cr_expect_str_eq(printed, texts[k].shown);
        free(printed);
        char err[ERR_SIZE];
        error_set(err, "%s", texts[k].text);
        cr_expect_str_eq(err, texts[k].shown);
    }
}

Test(visible, lines_end_where_the_format_says_in_print_and_nowhere_in_an_error)
{
    char *printed, err[ERR_SIZE];
    size_t size;
    FILE *out = open_memstream(&printed, &size);
    visible_print(out, "%s\n%d\n", "a\x1b\n \n", 7);
    fclose(out);
    cr_expect_str_eq(printed, "a\\x1b\\x0a \\x0a\n7\n");
    free(printed);
    error_set(err, "%s: is empty", "a\nlathe: all is well\n");
    cr_expect_str_eq(err, "a\\x0alathe: all is well\\x0a: is empty");
}

Test(visible, text_that_grows_too_long_is_cut_between_characters)
{
    char line[10], full[ERR_SIZE + 1], err[ERR_SIZE];
    strcpy(line, "ab\x1b\x1b\x1b");
    visible_line(line, sizeof line);
    cr_expect_str_eq(line, "ab\\x1b");
    memset(full, 'x', ERR_SIZE);
    full[ERR_SIZE] = '\0';
    full[ERR_SIZE - 2] = '\xc3';         /* half a character at the cut */
    error_set(err, "%s", full);
    cr_expect_eq(strlen(err), ERR_SIZE - 2);
    cr_expect(visible_whole(err));
    /* Longer than what is formatted at once. */
    char *many = calloc(1, 5001), *printed;
    size_t size;
    memset(many, '\x01', 5000);
    FILE *out = open_memstream(&printed, &size);
    visible_print(out, "%s", many);
    fclose(out);
    cr_expect_eq(size, 4*5000);
    free(printed);
    free(many);
}

Test(visible, columns_of_a_table_are_those_of_a_terminal)
{
    static const struct { const char *text; int columns; } cases[] = {
        { "", 0 }, { "abc", 3 }, { "gr\xc3\xbc\xc3\x9f", 4 }, { "e\xcc\x81", 1 },
        { "\xe4\xbd\xa0\xe5\xa5\xbd", 4 }, { "\xf0\x9f\x90\x88", 2 }, { "a\x1b\n", 9 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char *printed;
        size_t size;
        cr_expect_eq(visible_columns(cases[k].text), cases[k].columns, "%s", cases[k].text);
        FILE *out = open_memstream(&printed, &size);
        visible_padded(out, cases[k].text, 12);
        fclose(out);
        cr_expect_eq(visible_columns(printed), 12, "%s", printed);
        free(printed);
    }
}

Test(visible, text_of_a_page_is_too_and_has_no_markup)
{
    char *page;
    size_t size;
    FILE *out = open_memstream(&page, &size);
    markup_text(out, "<a & \"b\"'> \x1b\xff\xc3\xbc");
    fclose(out);
    cr_expect_str_eq(page, "&lt;a &amp; &quot;b&quot;&#39;&gt; \\x1b\\xff\xc3\xbc");
    free(page);
}
