/*
** test_rows.c - the mark @rows: what a template's row becomes for the rows of a table.
*/
#include <criterion/criterion.h>
#include <signal.h>

#include "print/layout.h"
#include "print/rows.h"

#define HEAD "static const struct point points[] = {\n"
#define FILLED "static const struct point net__points[] = {\n"
#define TABLE HEAD "    /* @rows */\n" \
    "    { .name = \"a\", .at = { 1, 2 },\n      .weight = 1, .other = 0 },\n};\n\n"

static void expect_filled(const char *template, const char *rows, const char *expected)
{
    struct text out = { 0 };
    struct filling t = { template, "net__", { 0 }, &out };
    text_puts(&t.rows, rows);
    fill_rows(&t, "points");
    text_puts(&out, t.rest);
    cr_expect_str_eq(text_string(&out), expected);
    cr_expect_eq(t.rows.length, 0, "the rows are not emptied");
    text_free(&t.rows);
    text_free(&out);
}

Test(rows, have_all_fields_of_the_template)
{
    expect_filled(TABLE, "{ .name = \"b\", .at = { 3, 4 }, .weight = 5, .other = 6 }",
                  FILLED "    { .name = \"b\", .at = { 3, 4 }, .weight = 5, .other = 6 },\n};\n\n");
}

Test(rows, leave_out_what_is_0_unless_the_template_shows_0)
{
    expect_filled(TABLE, "{ .name = \"b, .c = {\", .at = 0, .weight = 0, .other = 0 }, "
                         "{ .name = \"c\", .at = { 0 }, .weight = 0.5, .other = 10 }, ",
                  FILLED "    { .name = \"b, .c = {\", .other = 0 },\n"
                       "    { .name = \"c\", .at = { 0 }, .weight = 0.5, .other = 10 },\n};\n\n");
}

/* A row of 100 columns, and one of 101; neither is broken between values without names. */
#define NAME "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
Test(rows, are_broken_at_100_columns_between_fields)
{
    expect_filled(TABLE, "{ .name = \"" NAME "\", .at = { 10, 20 }, .weight = 1, .other = 1 }",
                  FILLED "    { .name = \"" NAME "\", .at = { 10, 20 }, .weight = 1, "
                       ".other = 1 },\n};\n\n");
    expect_filled(TABLE, "{ .name = \"" NAME "\", .at = { 10, 20 }, .weight = 10, .other = 1 }",
                  FILLED "    { .name = \"" NAME "\", .at = { 10, 20 }, .weight = 10,\n"
                       "      .other = 1 },\n};\n\n");
    expect_filled(TABLE, "{ .name = \"" NAME NAME "\", .at = { 10, 20 }, .weight = 1, "
                         ".other = 1 }",
                  FILLED "    { .name = \"" NAME NAME "\",\n"
                       "      .at = { 10, 20 }, .weight = 1, .other = 1 },\n};\n\n");
}

Test(rows, of_a_struct_begin_lines_where_the_template_does)
{
    expect_filled("static const struct point point = {\n    /* @rows */\n"
                  "    .name = \"a\", .x = 1,\n    .y = 2,\n    .list = { .a = 1 },\n};\n",
                  "{ .name = \"b\", .x = 3, .y = 0, .list = { .a = 0, .b = \"}\" } }",
                  "static const struct point net__points = {\n    .name = \"b\", .x = 3,\n"
                  "    .list = { .a = 0, .b = \"}\" },\n};\n");
}

Test(rows, that_are_none_take_their_paragraph_with_them)
{
    expect_filled("int before;\n\n" TABLE "int after;\n", "", "int before;\n\nint after;\n");
}

Test(rows, of_one_struct_fill_several_tables)
{
    struct text out = { 0 };
    struct filling t = { TABLE, "net__", { 0 }, &out };
    for (int k = 0; k < 2; k++, t.rest = TABLE) {
        text_puts(&t.rows, "{ .name = \"b\", .at = 0, .weight = 0, .other = 1 }");
        fill_rows(&t, k ? "second" : "first");
    }
    cr_expect_str_eq(text_string(&out),
                     "static const struct point net__first[] = {\n"
                     "    { .name = \"b\", .other = 1 },\n};\n\n"
                     "static const struct point net__second[] = {\n"
                     "    { .name = \"b\", .other = 1 },\n};\n\n");
    text_free(&t.rows);
    text_free(&out);
}

Test(rows, without_a_table_in_the_template_end_lathe, .signal = SIGABRT)
{
    expect_filled("int before;\n\nint after;\n", "{ .name = \"b\" }", "");
}

Test(rows, with_a_field_that_the_template_does_not_have_end_lathe, .signal = SIGABRT)
{
    expect_filled(TABLE, "{ .name = \"b\", .at = 0, .weight = 1, .other = 1, .more = 1 }", "");
}

Test(rows, without_a_field_of_the_template_end_lathe, .signal = SIGABRT)
{
    expect_filled(TABLE, "{ .name = \"b\", .at = 0, .other = 1 }", "");
}

Test(lists, are_broken_at_100_columns_after_a_comma)
{
    struct text list = { 0 }, out = { 0 };
    text_puts(&list, "static region_fn " NAME ", " NAME ", third, fourth");
    wrap(&list, ";\n", &out);
    cr_expect_str_eq(text_string(&out), "static region_fn " NAME ", " NAME ",\n"
                                        "    third, fourth;\n");
    cr_expect_eq(list.length, 0);
    text_free(&list);
    text_free(&out);
}

/* A comment is not parted from what it is about, but goes before a statement that leaves it no
** room. */
Test(lines, that_are_too_long_keep_their_comments)
{
    static const struct { const char *text, *laid; } rows[] = {
        { "    { " NAME ", " NAME ", /* last of all */\n",
          "    { " NAME ",\n        " NAME ", /* last of all */\n" },
        { "    call(" NAME ", " NAME ");    /* both */\n",
          "    /* both */\n    call(" NAME ", " NAME ");\n" },
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct text out = { 0 };
        lay_out_lines(rows[k].text, &out);
        cr_expect_str_eq(text_string(&out), rows[k].laid);
        text_free(&out);
    }
}
