/*
** test_json.c - the strict reader of JSON: what it takes, what it refuses and with which words, and
** what becomes of escapes.
*/
#include "file/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static char room[4096], said[ERR_SIZE];

static struct json begin(const char *text)
{
    said[0] = '\0';
    return (struct json){ .s = text, .end = text + strlen(text), .strings = room, .start = text,
                          .path = "file", .part = "header", .err = said };
}

static bool is_one_value(const char *text)
{
    struct json j = begin(text);
    if (!json_skip(&j))
        return false;
    json_blanks(&j);
    return j.s == j.end;
}

Test(json, takes_every_kind_of_value)
{
    static const char *const good[] = {
        "{}", " [ ] ", "null", "true", "false", "-0", "0.5E-3", "12e+2", "\"\"",
        "{\"a\": [1, -2.5e+3, null, true, false, \"x\"], \"b\": {}, \"a\": [[], {}]}",
        "\"\\u00e9\\ud83d\\ude00\\n\\/\\b\\f\\r\\t\\\\\\\"\"",
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++)
        cr_expect(is_one_value(good[k]), "%s: %s", good[k], said);
}

/* Whatever is in whatever. */
Test(json, nests_so_deep_and_no_deeper)
{
    enum { DEEPEST = 127 };
    static const struct { const char *begin, *end; } values[] = {
        { "[", "]" }, { "{\"a\":", "}" } };
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        for (int depth = DEEPEST; depth <= DEEPEST + 1; depth++) {
            char text[4096] = "";
            for (int k = 0; k < depth; k++)
                strcat(text, values[v].begin);
            strcat(text, "1");
            for (int k = 0; k < depth; k++)
                strcat(text, values[v].end);
            cr_expect_eq(is_one_value(text), depth == DEEPEST, "%d of %s: %s", depth,
                         values[v].begin, said);
            cr_expect(depth == DEEPEST || strstr(said, "no deeper nesting"), "%s", said);
        }
}

Test(json, refuses_what_is_none_and_says_what_it_expected)
{
    static const struct { const char *text, *words; } bad[] = {
        { "", "a value" }, { "nul", "a value" }, { "'a'", "a value" }, { "+1", "a value" },
        { "{\"a\" 1}", "\":\"" }, { "{\"a\":}", "a value" }, { "{1: 2}", "a string" },
        { "{\"a\": 1,}", "a string" }, { "{\"a\": 1", "\"}\"" }, { "[1,]", "a value" },
        { "[1 2]", "\"]\"" }, { "01", "a number without leading zeros" }, { "-", "a digit" },
        { "-a", "a digit" }, { "1.", "a digit" }, { "[1.e5]", "a digit" }, { "1e", "a digit" },
        { "1e+", "a digit" }, { "1e999", "a smaller number" }, { "\"a", "a string's end" },
        { "\"a\nb\"", "an escape in place of a control character" }, { "\"\\x\"", "an escape" },
        { "\"\\u12\"", "" }, { "\"\\ud800x\"", "the second half of a surrogate pair" },
        { "\"\\ud800\\u0041\"", "the second half of a surrogate pair before this" },
        { "\"\\ud800\\u00\"", "" },
        { "\"\\udc00\"", "the first half of a surrogate pair before this" },
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        cr_expect(!is_one_value(bad[k].text), "%s", bad[k].text);
        cr_expect(*said && strstr(said, bad[k].words), "%s: no \"%s\" in: %s", bad[k].text,
                  bad[k].words, said);
    }
}

Test(json, is_nested_only_so_deep)
{
    char text[2001];
    memset(text, '[', 1000);
    memset(text + 1000, ']', 1000);
    text[2000] = '\0';
    cr_expect(!is_one_value(text) && *said);
    text[1020] = '\0';
    cr_expect(is_one_value(text + 980), "%s", said);
}

Test(json, strings_lose_their_escapes)
{
    static const struct { const char *text, *value; } all[] = {
        { "\"a\\nb\\\"\\\\\\/\"", "a\nb\"\\/" }, { "\"\\u0041\\u00e9\\u20ac\"", "A\u00e9\u20ac" },
        { "\"\\ud83d\\ude00\"", "\U0001f600" }, { "\"\\u0000x\"", "\xc0\x80x" },
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        struct json j = begin(all[k].text);
        const char *value;
        cr_expect(json_string(&j, &value), "%s: %s", all[k].text, said);
        cr_expect_str_eq(value, all[k].value);
    }
}

Test(json, numbers_are_whole_or_real_as_asked)
{
    uint64_t whole;
    double real;
    bool yes;
    struct json j = begin("18446744073709551615");
    cr_expect(json_whole(&j, &whole) && whole == UINT64_MAX);
    j = begin("18446744073709551616");
    cr_expect(!json_whole(&j, &whole) && strstr(said, "a smaller number"));
    j = begin("1.0");
    cr_expect(!json_whole(&j, &whole) && strstr(said, "a whole number"));
    j = begin("-1");
    cr_expect(!json_whole(&j, &whole) && strstr(said, "a whole number from 0"));
    j = begin("01");
    cr_expect(!json_whole(&j, &whole) && strstr(said, "leading zeros"));
    j = begin("-1.5e1");
    cr_expect(json_real(&j, &real) && real == -15);
    j = begin(" null");
    cr_expect(json_real(&j, &real) && isnan(real));
    j = begin("\"1\"");
    cr_expect(!json_real(&j, &real) && strstr(said, "a number or null"));
    j = begin("-");
    cr_expect(!json_real(&j, &real) && strstr(said, "a digit"));
    j = begin("false");
    cr_expect(json_bool(&j, &yes) && !yes);
    j = begin("0");
    cr_expect(!json_bool(&j, &yes) && strstr(said, "true or false"));
}
