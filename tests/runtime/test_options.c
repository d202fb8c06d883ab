/*
** test_options.c - how a program's options are read, and what is said of wrong ones.
*/
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "settings/options.h"

static enum options_result parse(char *first, char *second, long *n, double *x)
{
    bool flag = false;
    const char *const colours[] = { "red", "green", NULL };
    int colour = 0;
    const struct option_row rows[] = {
        { "--number", OPTION_INTEGER, "N", n, 0, 10, NULL, "a number" },
        { "--real", OPTION_REAL, "X", x, 0, INFINITY, NULL, "a real" },
        { "--colour", OPTION_CHOICE, "C", &colour, 0, 0, colours, "a colour" },
        { "--flag", OPTION_FLAG, NULL, &flag, 0, 0, NULL, "a flag" },
        { "--numbers", OPTION_FLAG, NULL, &flag, 0, 0, NULL, "--number and a letter" },
    };
    struct options o = { "prog", "cmd", "Does it.", rows, 5, NULL, 0, NULL, 0 };
    char *argv[] = { first, second };
    return options_parse(&o, second ? 2 : 1, argv);
}

/* Parses wrong options and expects `message` on stderr. */
static void parse_wrong(char *first, char *second, const char *message)
{
    long n = 3;
    double x = 0;
    char text[1024];
    cr_redirect_stderr();
    cr_assert_eq(parse(first, second, &n, &x), OPTIONS_WRONG);
    fflush(stderr);
    size_t size = fread(text, 1, sizeof text - 1, cr_get_redirected_stderr());
    text[size] = 0;
    cr_assert(strstr(text, message), "%s", text);
}

Test(options, read_values_behind_a_blank_or_an_equals_sign)
{
    long n = 3;
    double x = 0;
    char number[] = "--number", seven[] = "7", real_of[] = "--real=1e-3";
    cr_assert_eq(parse(number, seven, &n, &x), OPTIONS_OK);
    cr_assert_eq(n, 7);
    cr_assert_eq(parse(real_of, NULL, &n, &x), OPTIONS_OK);
    cr_assert_eq(x, 1e-3);
}

/* Before the others are read, and up to where options end. */
Test(options, are_looked_up_by_name)
{
    char a[] = "--a", b[] = "b", c[] = "--c=d", longer[] = "--ab=e", ends[] = "--";
    char after[] = "--f=g";
    char *argv[] = { longer, a, b, c, ends, after };
    cr_expect_str_eq(options_peek("--a", 6, argv), "b");
    cr_expect_str_eq(options_peek("--c", 6, argv), "d");
    cr_expect_null(options_peek("--f", 6, argv));
    cr_expect_null(options_peek("--d", 6, argv));
    cr_expect_null(options_peek("--a", 2, argv), "without a value");
}

Test(options, suggest_the_nearest_name)
{
    char word[] = "--nubmer";
    parse_wrong(word, NULL, "unknown option '--nubmer'; did you mean --number?");
}

Test(options, suggest_the_nearest_name_though_another_comes_first)
{
    char word[] = "--nubmers";
    parse_wrong(word, NULL, "unknown option '--nubmers'; did you mean --numbers?");
}

Test(options, refuse_a_word_that_is_no_option)
{
    char word[] = "what";
    parse_wrong(word, NULL, "unexpected argument 'what'");
}

Test(options, refuse_junk_behind_a_number)
{
    char name[] = "--number", value[] = "7x";
    parse_wrong(name, value, "--number: expected a whole number from 0 to 10, got '7x'");
}

Test(options, refuse_a_number_out_of_range)
{
    char name[] = "--number", value[] = "11";
    parse_wrong(name, value, "expected a whole number from 0 to 10, got '11'");
}

Test(options, refuse_nan)
{
    char name[] = "--real", value[] = "nan";
    parse_wrong(name, value, "--real: expected a number not below 0, got 'nan'");
}

Test(options, refuse_an_unknown_choice)
{
    char name[] = "--colour", value[] = "blue";
    parse_wrong(name, value, "--colour: expected red or green, got 'blue'");
}

Test(options, refuse_a_missing_value)
{
    char name[] = "--real";
    parse_wrong(name, NULL, "--real needs a value: --real X");
}

Test(options, refuse_a_value_for_a_flag)
{
    char name[] = "--flag=1";
    parse_wrong(name, NULL, "--flag takes no value");
}

/* "a,b" and "c": true where they are read, with what was said else. */
static bool parse_list(const char *first, const char *second, struct option_list *list, char *said,
                       size_t size)
{
    const struct option_row row = { "--only", OPTION_LIST, "WORD[,WORD...]", list, 0, 0, NULL, "" };
    struct options o = { .program = "prog", .command = "cmd", .row = &row, .count = 1 };
    char name[] = "--only", a[4096], b[256];
    char *argv[] = { name, a, name, b };
    snprintf(a, sizeof a, "%s", first);
    snprintf(b, sizeof b, "%s", second);
    list->count = 0;
    const bool good = options_parse(&o, 4, argv) == OPTIONS_OK;
    fflush(stderr);
    said[good ? 0 : fread(said, 1, size - 1, cr_get_redirected_stderr())] = 0;
    return good;
}

Test(options, gather_a_lists_words, .init = cr_redirect_stderr)
{
    struct option_list list;
    char said[4096], many[4096] = "a", long_word[OPTION_LIST_WORD + 1];
    const char *const wrong[] = { "", ",", "a,", ",a", "a,,b", many, long_word };
    cr_assert(parse_list("a,b", "!c*", &list, said, sizeof said), "%s", said);
    cr_assert_eq(list.count, 3);
    cr_expect_str_eq(list.word[1], "b");
    cr_expect_str_eq(list.word[2], "!c*");
    for (int k = 1; k < OPTION_LIST_WORDS; k++)
        strcat(many, ",a");             /* and the one more */
    memset(long_word, 'a', sizeof long_word - 1);
    long_word[OPTION_LIST_WORD] = 0;
    for (size_t k = 0; k < sizeof wrong/sizeof *wrong; k++) {
        cr_expect_not(parse_list("b", wrong[k], &list, said, sizeof said), "%s", wrong[k]);
        cr_expect(strstr(said, "prog: cmd: --only: expected WORD[,WORD...], at most 32 words of at "
                         "most 95 letters with a comma between them, got '"), "%s", said);
    }
}

Test(options, print_help_from_the_table, .init = cr_redirect_stdout)
{
    long n = 3;
    double x = 0;
    char help[] = "--help", text[2048];
    cr_assert_eq(parse(help, NULL, &n, &x), OPTIONS_HELP);
    fflush(stdout);
    size_t size = fread(text, 1, sizeof text - 1, cr_get_redirected_stdout());
    text[size] = 0;
    cr_assert(strstr(text, "usage: prog cmd"));
    cr_assert(strstr(text, "--number N"));
    cr_assert(strstr(text, "a number (default 3)"));
}
