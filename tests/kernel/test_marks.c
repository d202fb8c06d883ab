/*
** test_marks.c - what becomes of the loops that a template marks, @tail and UNROLL in it; that its
** words are those of the dictionary.
*/
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print/dictionary.h"
#include "print/open_words.h"
#include "print/sources.h"
#include "print/tails.h"
#include "print/unroll.h"

/* Vectors of 8; C as given, tiles of four columns. */
static struct bindings bound(long c)
{
    struct bindings b = { .vl = 8 };
    bind_size(&b, "C", c);
    bind_size(&b, "NV", 2);
    bind_size(&b, "OW", c);
    bind_size(&b, "MW", 4);
    bind_size(&b, "AGAIN", 3);
    bind_name(&b, "TILE", "tile");
    bind_name(&b, "TILE_LAST", "tile_last");
    bind_name(&b, "TILE_COLUMNS", "tile_columns");
    bind_name(&b, "TILE_LAST_COLUMNS", "tile_corner");
    return b;
}

static void becomes(const char *text, long c, const char *wanted)
{
    struct bindings b = bound(c);
    struct text tailed = { 0 }, written = { 0 }, out = { 0 };
    tails(text, &b, &tailed);
    unroll(text_string(&tailed), &b, &written);
    drop_idle(text_string(&written), &out);
    cr_assert_str_eq(text_string(&out), wanted);
    text_free(&tailed);
    text_free(&written);
    text_free(&out);
}

static const char copy[] =
    "for (int c = 0; c < C; c += VL)    /* @tail */\n"
    "    v_store(y + c, v_add(v_load(x + c), v_load_u8(m + c)));\n"
    "after();\n";

Test(marks, of_whole_vectors_a_tail_is_a_loop)
{
    becomes(copy, 24, "for (int c = 0; c < C; c += VL)\n"
                      "    v_store(y + c, v_add(v_load(x + c), v_load_u8(m + c)));\n"
                      "after();\n");
}

Test(marks, what_is_left_has_the_body_in_partial_words)
{
    becomes(copy, 21,
            "for (int c = 0; c < 16; c += VL)\n"
            "    v_store(y + c, v_add(v_load(x + c), v_load_u8(m + c)));\n"
            "v_store_part(y + 16, v_add(v_load_part(x + 16, 5), v_load_u8_part(m + 16, 5)), 5);\n"
            "after();\n");
}

Test(marks, less_than_a_vector_has_no_loop)
{
    becomes(copy, 3,
            "v_store_part(y, v_add(v_load_part(x, 3), v_load_u8_part(m, 3)), 3);\n"
            "after();\n");
}

Test(marks, where_something_is_declared_what_is_left_is_a_block)
{
    becomes("    for (int c = 0; c < C; c += VL) { /* @tail */\n"
            "        vec v = v_load(x + c);\n"
            "        /* @epilogue v */\n"
            "        v_store(x + c, v);\n"
            "    }\n", 9,
            "    for (int c = 0; c < 8; c += VL) {\n"
            "        vec v = v_load(x + c);\n"
            "        /* @epilogue v */\n"
            "        v_store(x + c, v);\n"
            "    }\n"
            "    {\n"
            "        vec v = v_load_part(x + 8, 1);\n"
            "        /* @epilogue v */\n"
            "        v_store_part(x + 8, v, 1);\n"
            "    }\n");
}

Test(marks, several_vectors_at_a_time_are_one_where_something_is_left)
{
    becomes("for (int c = 0; c < C; c += NV*VL) { /* @tail */\n"
            "    UNROLL for (int n = 0; n < NV; n++)\n"
            "        v_store(y + c + n*VL, sum[n]);\n"
            "}\n", 17,
            "for (int c = 0; c < 16; c += NV*VL) {\n"
            "    v_store(y + c, sum[0]);\n"
            "    v_store(y + c + VL, sum[1]);\n"
            "}\n"
            "v_store_part(y + 16, sum[0], 1);\n");
}

Test(marks, what_is_left_of_tiles_calls_the_one_of_that_name)
{
    becomes("for (int c = 0; c < OW; c += MW)   /* @tail COLUMNS */\n"
            "    TILE(x + c*X_PIXEL, v_load(w));\n", 7,
            "for (int c = 0; c < 4; c += MW)\n"
            "    TILE(x + c*X_PIXEL, v_load(w));\n"
            "TILE_COLUMNS(x + 4*X_PIXEL, v_load(w));\n");
}

Test(marks, the_last_tile_may_begin_further_left)
{
    becomes("for (int c = 0; c < OW; c += MW)   /* @tail COLUMNS - AGAIN */\n"
            "    TILE(x + c*X_PIXEL);\n", 9,
            "for (int c = 0; c < 8; c += MW)\n"
            "    TILE(x + c*X_PIXEL);\n"
            "TILE_COLUMNS(x + 5*X_PIXEL);\n");
}

Test(marks, a_tail_in_a_tail_makes_the_corner)
{
    becomes("for (int n = 0; n < C; n += VL) { /* @tail LAST */\n"
            "    for (int c = 0; c < OW; c += MW)   /* @tail COLUMNS */\n"
            "        TILE(x + c, y + n);\n"
            "}\n", 10,
            "for (int n = 0; n < 8; n += VL) {\n"
            "    for (int c = 0; c < 8; c += MW)\n"
            "        TILE(x + c, y + n);\n"
            "    TILE_COLUMNS(x + 8, y + n);\n"
            "}\n"
            "for (int c = 0; c < 8; c += MW)\n"
            "    TILE_LAST(x + c, y + 8);\n"
            "TILE_LAST_COLUMNS(x + 8, y + 8);\n");
}

/* Bounds are sums and products of sizes; what is left of a line goes with its statement. */
Test(marks, loops_that_are_written_out_have_constant_bounds)
{
    becomes("UNROLL for (int n = NV - 1; n < 2*(NV + AGAIN)/5 + 1; n++) { \n"
            "    load(n);\n"
            "}  \n"
            "after();\n", 8,
            "load(1);\nload(2);\nafter();\n");
}

/* What is no size may be infinite, and 0 times it is not 0. */
Test(marks, of_sums_only_terms_without_effect_are_left_out)
{
    becomes("load(x + 0*ROWS);\nload(x + 0*Rows);\nload(x + 0*rows);\n", 8,
            "load(x);\nload(x + 0*Rows);\nload(x + 0*rows);\n");
}

Test(marks, a_tail_needs_a_block_around_it, .signal = SIGABRT)
{
    becomes("for (int r = 0; r < H; r++)\n"
            "    for (int c = 0; c < C; c += VL)    /* @tail */\n"
            "        v_store(x + c, v_zero());\n", 24, "");
}

Test(marks, whole_vectors_are_a_multiple_of_those_of_a_step, .signal = SIGABRT)
{
    becomes("for (int c = 0; c < C; c += NV*VL) /* @tail */\n"
            "    v_store(x + c, v_zero());\n", 24, "");
}

Test(marks, a_suffix_that_no_name_has_is_an_error, .signal = SIGABRT)
{
    becomes("for (int c = 0; c < OW; c += MW)   /* @tail CORNER */\n"
            "    TILE(x + c);\n", 7, "");
}

/* ---- the dictionary ---- */

static bool row_with(const char *word, enum word_kind kind)
{
    for (int i = 0; i < nword_defs; i++)
        if (!strcmp(word_defs[i].word, word))
            return word_defs[i].kind == kind;
    return false;
}

static bool is_template(int file)
{
    return !strncmp(embedded_files[file].path, "templates/", 10);
}

Test(dictionary, every_word_that_a_template_leaves_open_has_a_row_of_its_kind)
{
    for (int i = 0; i < nembedded_files; i++) {
        if (!is_template(i))
            continue;
        const struct open_words *open = open_words(embedded_files[i].path);
        for (int k = 0; k < open->count; k++)
            cr_expect(row_with(open->word[k].word, open->word[k].kind), "%s: %s is in no row of "
                      "dictionary.def, or is another kind of word there", embedded_files[i].path,
                      open->word[k].word);
    }
}

static bool has_user(const char *word)
{
    for (int i = 0; i < nembedded_files; i++) {
        const struct open_words *open = is_template(i) ? open_words(embedded_files[i].path) : NULL;
        for (int k = 0; open && k < open->count; k++)
            if (!strcmp(open->word[k].word, word))
                return true;
    }
    return false;
}

Test(dictionary, a_word_has_one_row_and_a_template_that_uses_it)
{
    for (int i = 0; i < nword_defs; i++) {
        cr_expect(has_user(word_defs[i].word), "%s is a word of no template", word_defs[i].word);
        for (int k = 0; k < i; k++)
            cr_expect(strcmp(word_defs[i].word, word_defs[k].word), "%s has two rows",
                      word_defs[i].word);
    }
}

/* A template that includes another one could not define its own, else. */
Test(dictionary, undef_h_forgets_every_name_and_flag)
{
    const char *undef = embedded("runtime/vector/undef.h");
    for (int i = 0; i < nword_defs; i++) {
        char line[96];
        snprintf(line, sizeof line, "\n#undef %s\n", word_defs[i].word);
        cr_expect((word_defs[i].kind == WORD_SIZE) == !strstr(undef, line),
                  "runtime/vector/undef.h and %s", word_defs[i].word);
    }
}
