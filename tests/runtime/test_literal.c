/*
** test_literal.c - Python's literals as ast.literal_eval takes them, beside the headers of
** test_npy.c.
*/
#include "file/literal.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What is read, or NULL; good until the next. */
static const struct literal *read_text(const char *text)
{
    static char changed[2048];
    static void *room;
    free(room);
    room = NULL;
    cr_assert_lt(strlen(text), sizeof changed);
    strcpy(changed, text);
    return literal_read(changed, false, &room);
}

Test(literal, strings_lose_their_escapes_as_in_python)
{
    static const struct { const char *text, *value; } all[] = {
        { "'a\\n\\x41\\101\\u00e9'", "a\nAA\u00e9" }, { "'\\U0001f600'", "\U0001f600" },
        { "'\\a\\b\\f\\r\\t\\v\\\\\\'\\\"'", "\a\b\f\r\t\v\\'\"" }, { "'\\7\\08'", "\a" },
        { "'\\q'", "\\q" }, { "r'\\n\\''", "\\n\\'" }, { "R'x'", "x" }, { "U'x'", "x" },
        { "\"it's\"", "it's" }, { "'''a'b\nc'''", "a'b\nc" }, { "'''a\\'''b'''", "a'''b" },
        { "'a' \"b\"", "ab" }, { "'a\\\nb'", "ab" }, { "('a' # and\n 'b')", "ab" },
        { "'''a\rb\r\nc'''", "a\nb\nc" },
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const struct literal *v = read_text(all[k].text);
        cr_assert(v && v->kind == LITERAL_TEXT, "%s", all[k].text);
        cr_expect_str_eq(v->text, all[k].value, "%s: %s", all[k].text, v->text);
    }
}

Test(literal, integers_have_every_base)
{
    static const struct { const char *text; uint64_t value; bool negative; } all[] = {
        { "0", 0, false }, { "00", 0, false }, { "1_000", 1000, false }, { "0xfF", 255, false },
        { "0b1_01", 5, false }, { "0o17", 15, false }, { "0x_1", 1, false }, { "-7", 7, true },
        { "+7", 7, false }, { "(3)", 3, false }, { "- \\\n7", 7, true },
        { "18446744073709551615", UINT64_MAX, false },
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const struct literal *v = read_text(all[k].text);
        cr_assert(v && v->kind == LITERAL_INTEGER && !v->large, "%s", all[k].text);
        cr_expect(v->value == all[k].value && v->negative == all[k].negative, "%s", all[k].text);
    }
    const struct literal *v = read_text("18446744073709551616");
    cr_expect(v && v->large);
}

Test(literal, other_values_are_good_and_not_told_apart)
{
    static const char *const good[] = {
        "1.5", ".5", "1.", "1e+5", "1E-5", "1_0.0_1e1_0", "2j", "1.5J", "-1.5", "1+2j", "-1-2j",
        "None", "...", "b'a\\x41\\q'", "rb'\\n'", "Br'x'", "b'a' b'b'", "[1, [2], {3}]",
        "{1, 2}", "set()", "[]", "[1,]", "[\n# none\n]", "1e400",
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        const struct literal *v = read_text(good[k]);
        cr_expect(v && v->kind == LITERAL_OTHER, "%s", good[k]);
    }
    cr_expect_eq(read_text("True")->kind, LITERAL_TRUE);
    cr_expect_eq(read_text("False")->kind, LITERAL_FALSE);
    cr_expect_eq(read_text("()")->kind, LITERAL_TUPLE);
    cr_expect_eq(read_text("(1,)")->kind, LITERAL_TUPLE);
    const struct literal *d = read_text("{1: 2, 'a': (3, 4), (5, 'x'): None, 'a': 6}");
    cr_assert(d && d->kind == LITERAL_DICT);
    cr_expect_eq(literal_get(d, "a")->value, 6);
    cr_expect_null(literal_get(d, "b"));
}

/* And the names of characters, which would need a table of all. */
Test(literal, what_python_refuses_is_none)
{
    static const char *const bad[] = {
        "", "'\\x4'", "'\\u12'", "'\\U00110000'", "'\\N{DIGIT ONE}'", "'a' b'b'", "b'a' 'b'",
        "b'\xc3\xa9'", "b'\\x4'", "ur'x'", "rr'x'", "bb'x'", "rbr'x'", "'a\nb'", "'abc", "'''abc''",
        "r'abc\\", "1__0", "1_", "0x", "0b2", "0o8", "0xg", "1e", "1.5e+", "1x", "012", ".", "1 2",
        "[1 2]", "[1", "(1 2)", "(,)", "{1: 2, 3}", "{1, 2: 3}", "{1:}", "{1: 2", "{1 2}", "{,}",
        "{[]: 1}", "{1, []}", "{{}: 1}", "{([],): 1}", "Nonex", "none", "foo", "set(1)", "set",
        "1 + 2", "1j + 2", "--7", "'a' + 'b'", "not 1", "-'a'", "{**a}", "[*a]", "f'x'", "x=1",
        "1;", "!", "1,\\", "\\",
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        cr_expect_null(read_text(bad[k]), "%s", bad[k]);
}

/* As many brackets as Python takes. */
Test(literal, is_nested_so_deep_and_no_deeper)
{
    static const struct { const char *begin, *end; } brackets[] = {
        { "(", ")" }, { "[", "]" }, { "{1:", "}" } };
    for (size_t b = 0; b < sizeof brackets / sizeof *brackets; b++)
        for (int depth = 200; depth <= 201; depth++) {
            char text[2048] = "";
            for (int k = 0; k < depth; k++)
                strcat(text, brackets[b].begin);
            strcat(text, "2");
            for (int k = 0; k < depth; k++)
                strcat(text, brackets[b].end);
            cr_expect_eq(read_text(text) != NULL, depth == 200, "%d of %s", depth,
                         brackets[b].begin);
        }
}
