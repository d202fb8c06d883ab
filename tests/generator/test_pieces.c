/*
** test_pieces.c - C read as a list of what stands at its top level (gen/print/pieces.h): what is in
** strings, characters and comments neither opens nor ends anything.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "print/parts.h"
#include "print/pieces.h"

static const struct {
    const char *text;           /* whose first piece ends before TAIL */
    enum piece_kind kind;
    const char *name;
    bool is_static, is_const;
} reads[] = {
    { "#define A \"/*\" \\\n    1\n", PIECE_LINE, "", false, false },
    { "#define B /* over\n   lines */ 2\n", PIECE_LINE, "", false, false },
    { "#define C '\\\\' // */\n", PIECE_LINE, "", false, false },
    { "\n/* f() { */\nstatic int f(const char *s)\n"
      "{\n    return s[0] == '}' || s[0] == '\\'';\n}\n", PIECE_FUNCTION, "f", true, false },
    { "void g(void)\n{\n    puts(\"}{ // \\\" /*\");   // }\n    puts(\"\\\\\");   /* } */\n}\n",
      PIECE_FUNCTION, "g", false, false },
    { "__attribute__((noinline)) static void h(void)\n{\n#define X }\n    ;\n}\n", PIECE_FUNCTION,
      "h", false, false },
    { "static const char *const words[] = { \"a;\", \"};\", \"\\\"\" };\n", PIECE_TABLE, "words",
      true, true },
    { "static int count = 3;\n", PIECE_TABLE, "count", true, false },
    { "static int p(int a[static 2], const char *s);\n", PIECE_PROTOTYPE, "p", true, false },
    { "static region_fn a_fwd, a_bwd;\n", PIECE_PROTOTYPES, "", true, false },
    { "static int a_fwd, a_bwd;\n", PIECE_OTHER, "", true, false },
    { "struct s { int a; char b; };\n", PIECE_OTHER, "", false, false },
    { "enum { ONE = 1, TWO };\n", PIECE_OTHER, "", false, false },
    { "int q(void);\n", PIECE_OTHER, "q", false, false },
};

#define TAIL "int tail;\n"

Test(pieces, end_where_strings_characters_and_comments_do_not)
{
    for (size_t k = 0; k < sizeof reads / sizeof *reads; k++) {
        char text[400];
        struct piece p;
        snprintf(text, sizeof text, "%s" TAIL, reads[k].text);
        if (!piece_read(text, &p)) {
            cr_expect_fail("not read: %s", text);
            continue;
        }
        cr_expect_str_eq(p.end, TAIL, "%s: it ends before: %s", text, p.end);
        cr_expect(p.kind == reads[k].kind, "%s: kind %d", text, p.kind);
        cr_expect_str_eq(p.name, reads[k].name, "%s: %s", text, p.name);
        if (p.kind != PIECE_LINE)
            cr_expect_eq(p.is_static, reads[k].is_static, "%s", text);
        if (p.kind == PIECE_TABLE)
            cr_expect_eq(p.is_const, reads[k].is_const, "%s", text);
        cr_expect_eq(p.body != NULL, p.kind == PIECE_FUNCTION, "%s", text);
        if (p.body)
            cr_expect_eq(*p.body, '{');
    }
}

Test(pieces, without_an_end_or_with_too_long_a_name_are_none)
{
    static const char *const none[] = {
        "", "  \n/* only */\n// this\n", "static int f(void)\n{\n", "int a[] = { 1, 2 ;\n",
        "static int x", "}\nint a;\n", "int a) ;\n", "static void f(void)\n{ puts(\"}\");\n",
    };
    struct piece p;
    for (size_t k = 0; k < sizeof none / sizeof *none; k++)
        cr_expect_not(piece_read(none[k], &p), "%s", none[k]);
    for (int length = PIECE_NAME - 1; length <= PIECE_NAME; length++) {
        char text[2*PIECE_NAME];
        snprintf(text, sizeof text, "static int %0*d = 1;\n", length, 0);
        memset(text + strlen("static int "), 'n', (size_t)length);
        cr_expect_eq(piece_read(text, &p), length < PIECE_NAME, "a name of %d", length);
    }
}

/* Those of `text` with a comma after each. */
static void expect_words(const char *text, const char *expected)
{
    char all[200] = "";
    const char *end = text + strlen(text);
    int length;
    for (const char *s = text; (s = piece_word(s, end, &length)); s += length)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s,", length, s);
    cr_expect_str_eq(all, expected, "%s: %s", text, all);
}

Test(pieces, have_words_that_are_no_members_tags_strings_or_numbers)
{
    expect_words("a(b, c);", "a,b,c,");
    expect_words("struct s t; enum e f;", "t,f,");
    expect_words("p->member.other + q . third", "p,q,");
    expect_words("a > b - c", "a,b,c,");
    expect_words("puts(\"no /* word\"); // none\nx /* nor */ 'y' z", "puts,x,z,");
    expect_words("\"\\\"in\" out '\\'' in2", "out,in2,");
    expect_words("0x1p-3 + 12UL + a1 + _b", "a1,_b,");
    expect_words("{ .name = value }", "value,");
}

/* ---- a network in several parts ---- */

static void expect_whole(const char *text)
{
    struct text part[3] = { { 0 } };
    cr_expect_eq(network_parts(text, 3, part), 1, "%s", text);
    cr_expect_str_eq(text_string(&part[0]), text);
    text_free(&part[0]);
}

/* A variable would be there in each, and a name that is not known would be there in none. */
Test(parts, of_what_is_not_understood_there_is_one)
{
    char text[2*PIECE_NAME + 64];
    expect_whole("static int count = 3;\nstatic void f(void)\n{\n    count++;\n}\n");
    expect_whole("static int a, b;\n");
    snprintf(text, sizeof text, "static region_fn a, %0*d;\n", PIECE_NAME, 0);
    memset(strchr(text, '0'), 'n', PIECE_NAME);
    expect_whole(text);
}

static int count_of(const char *text, const char *words)
{
    int n = 0;
    for (; (text = strstr(text, words)); text += strlen(words))
        n++;
    return n;
}

/* Two functions that a table names, of 200 KB, and one that is each part's own. */
Test(parts, define_once_what_a_table_names_and_declare_it_elsewhere)
{
    struct text all = { 0 }, part[4] = { { 0 } };
    text_puts(&all, "typedef int region_fn(int x);\nstatic region_fn a, b, c;\n"
              "static int c(int x)\n{\n    return x;\n}\n"
              "static inline int a(int x)\n{\n    return c(x)");
    for (int k = 0; k < 50000; k++)
        text_puts(&all, " + 1");
    text_puts(&all, ";\n}\nstatic int b(int x)\n{\n    return c(x)");
    for (int k = 0; k < 50000; k++)
        text_puts(&all, " + 2");
    text_puts(&all, ";\n}\nstatic region_fn *const table[] = { a, b };\n"
              "int use(int k)\n{\n    return table[k](k);\n}\n");
    const int parts = network_parts(text_string(&all), 2, part);
    cr_assert_eq(parts, 2);
    for (int k = 0; k < parts; k++) {
        const char *s = text_string(&part[k]);
        cr_expect_eq(count_of(s, "static region_fn c;\n"), 1);
        cr_expect_eq(count_of(s, "static int c(int x)\n{"), 1);
        cr_expect_eq(count_of(s, "region_fn a __asm__(LATHE_LINKED(a));\n"), k == 0);
        cr_expect_eq(count_of(s, "\nint a(int x)\n{"), k == 0);
        cr_expect_eq(count_of(s, "\nint b(int x)\n{"), k == 1);
        cr_expect_eq(count_of(s, "int b(int x) __asm__(LATHE_LINKED(b));\n"), 1);
        cr_expect_eq(count_of(s, "int use(int k)\n{"), k == 0);
        text_free(&part[k]);
    }
    text_free(&all);
}
