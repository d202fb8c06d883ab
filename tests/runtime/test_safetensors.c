/*
** test_safetensors.c - the tensor file: round trip, the same bytes each time, and
** every kind of damage refused with its reason.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "file/file.h"
#include "file/safetensors.h"
#include "file/weights.h"
#include "support/shell.h"

static const float matrix[6] = { 1, 2, 3, 4, 5, 6 };
static const double vector[3] = { 1e300, -0.0, 7 };

static bool write_two(const char *name, char *err)
{
    static const struct tensor tensors[] = {
        { .name = "matrix", .type = TENSOR_F32, .rank = 2, .dim = { 2, 3 }, .data = matrix,
          .count = 6 },
        { .name = "vector", .type = TENSOR_F64, .rank = 1, .dim = { 3 }, .data = vector,
          .count = 3 },
    };
    static const struct tensor_metadata metadata[] = {
        { "text", "a \"quoted\"\nline \\ \x01" }, { "plain", "" },
    };
    return safetensors_write(in_dir(name), tensors, 2, metadata, 2, err);
}

/* A file of a header as given and `size` bytes of zeros. */
static void write_header(const char *name, const char *header, size_t size)
{
    unsigned char file[1024] = { 0 };
    size_t length = strlen(header);
    for (int k = 0; k < 8; k++)
        file[k] = (unsigned char)(length >> 8*k);
    memcpy(file + 8, header, length);
    write_bytes(name, file, 8 + length + size);
}

static void expect_refused(const char *name, const char *words)
{
    struct safetensors s;
    char err[ERR_SIZE] = "";
    cr_expect_not(safetensors_read(&s, in_dir(name), err), "%s was read", name);
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
}

Test(safetensors, tensors_and_metadata_come_back, .fini = shell_clean)
{
    struct safetensors s;
    char err[ERR_SIZE];
    cr_assert(write_two("a.safetensors", err), "%s", err);
    cr_assert(safetensors_read(&s, in_dir("a.safetensors"), err), "%s", err);
    cr_assert_eq(s.count, 2);
    const struct tensor *m = safetensors_find(&s, "matrix"), *v = safetensors_find(&s, "vector");
    cr_assert(m && v && !safetensors_find(&s, "other"));
    cr_expect(m->type == TENSOR_F32 && m->rank == 2 && m->dim[0] == 2 && m->dim[1] == 3);
    cr_expect(v->type == TENSOR_F64 && v->rank == 1 && v->dim[0] == 3);
    cr_expect_arr_eq(m->data, matrix, sizeof matrix);
    cr_expect_arr_eq(v->data, vector, sizeof vector);
    cr_expect_str_eq(safetensors_metadata(&s, "text"), "a \"quoted\"\nline \\ \x01");
    cr_expect_str_eq(safetensors_metadata(&s, "plain"), "");
    cr_expect_null(safetensors_metadata(&s, "absent"));
    safetensors_close(&s);
}

Test(safetensors, the_same_input_makes_the_same_bytes, .fini = shell_clean)
{
    char err[ERR_SIZE];
    size_t a, b;
    cr_assert(write_two("a.safetensors", err) && write_two("b.safetensors", err), "%s", err);
    char *first = file_read(in_dir("a.safetensors"), &a, err);
    char *second = file_read(in_dir("b.safetensors"), &b, err);
    cr_assert(first && second && a == b);
    cr_expect_arr_eq(first, second, a);
    free(first);
    free(second);
}

Test(safetensors, every_flipped_byte_of_the_data_is_found, .fini = shell_clean)
{
    char err[ERR_SIZE];
    size_t size;
    cr_assert(write_two("a.safetensors", err), "%s", err);
    unsigned char *bytes = file_read(in_dir("a.safetensors"), &size, err);
    cr_assert(bytes);
    for (size_t k = size - sizeof matrix - sizeof vector; k < size; k++) {
        bytes[k] ^= 0x10;
        write_bytes("bad.safetensors", bytes, size);
        expect_refused("bad.safetensors", "checksum");
        bytes[k] ^= 0x10;
    }
    free(bytes);
}

Test(safetensors, every_truncation_is_refused, .fini = shell_clean)
{
    char err[ERR_SIZE];
    size_t size;
    cr_assert(write_two("a.safetensors", err), "%s", err);
    unsigned char *bytes = file_read(in_dir("a.safetensors"), &size, err);
    cr_assert(bytes);
    for (size_t k = 0; k < size; k++) {
        write_bytes("cut.safetensors", bytes, k);
        expect_refused("cut.safetensors", "cut.safetensors");
    }
    free(bytes);
}

Test(safetensors, headers_that_lie_are_refused, .fini = shell_clean)
{
#define ENTRY(shape, from, to) \
    "{\"a\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}}"
    static const struct { const char *header; size_t data; const char *words; } bad[] = {
        { ENTRY("[2]", "0", "4"), 4, "its shape takes 8 bytes" },
        { ENTRY("[2]", "4", "12"), 12, "offsets 4 to 12, but the tensors before it take 0 bytes" },
        { ENTRY("[2]", "8", "0"), 8, "offsets 8 to 0" },
        { ENTRY("[2]", "0", "8"), 4, "truncated" },
        { ENTRY("[1]", "0", "4"), 8, "8 bytes of data" },
        { ENTRY("[4294967296,4294967296,4294967296]", "0", "8"), 8, "too large" },
        { ENTRY("[-1]", "0", "4"), 4, "a whole number from 0 expected" },
        { ENTRY("[1.0]", "0", "4"), 4, "a whole number expected" },
        { ENTRY("[01]", "0", "4"), 4, "without leading zeros expected" },
        { ENTRY("[99999999999999999999999]", "0", "4"), 4, "smaller number" },
        { "{\"a\":{\"dtype\":\"F24\",\"shape\":[1],\"data_offsets\":[0,3]}}", 3, "type F24" },
        { "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, "takes 12 bits" },
        { "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "is missing" },
        { "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
          "dtype stands there twice" },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\","
          "\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "tensor b: offsets" },
        { "{\"a", 0, "a string's end expected at offset 11" },
        { "{\"a\":1}", 0, "\"{\" expected" },
        { "[]", 0, "\"{\" expected" },
        { "{\"__metadata__\":{\"k\":3}}", 0, "metadata, a string, expected" },
        { "{\"a\":{\"dtype\":{\"U8\":1},\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
          "a type's name alone expected" },
        { "{\"a\":[\"U8\"]}", 1, "dtype, shape and data_offsets expected at offset 18" },
        { "{\"a\":[\"U8\",[-1],[0,1]]}", 1, "a whole number from 0 expected" },
        { "{\"a\":[\"U8\",[1],[0,1],0]}", 1, "\"]\" expected" },
        { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ stands there twice" },
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_header("bad.safetensors", bad[k].header, bad[k].data);
        expect_refused("bad.safetensors", bad[k].words);
    }
}

#define U8(name, from, to) \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" from "," to "]}"

Test(safetensors, headers_are_json_and_nothing_follows_but_white_space, .fini = shell_clean)
{
    static const struct { const char *header, *words; } bad[] = {
        { "{" U8("a", "0", "1") "}x", "nothing but spaces after the last brace expected at" },
        { "{" U8("a", "0", "1") "}{}", "nothing but spaces after the last brace" },
        { "{" U8("a", "0", "1") ",}", "a string expected" },
        { "{" U8("a\n", "0", "1") "}", "an escape in place of a control character" },
        { "{" U8("\\x41", "0", "1") "}", "an escape expected" },
        { "{" U8("\\u00g0", "0", "1") "}", "four hexadecimal digits" },
        { "{" U8("\\ud83d", "0", "1") "}", "second half of a surrogate pair" },
        { "{" U8("\\ud83d\\u0041", "0", "1") "}", "second half of a surrogate pair" },
        { "{" U8("\\ude00", "0", "1") "}", "first half of a surrogate pair" },
        { "{" U8("\xe9", "0", "1") "}", "byte 0xe9 at offset 10 is no UTF-8" },
        { "{" U8("\xed\xa0\x80", "0", "1") "}", "byte 0xed at offset 10 is no UTF-8" },
        { "\xef\xbb\xbf{" U8("a", "0", "1") "}", "\"{\" expected at offset 8" },
    };
    static const char *const good[] = { "{" U8("a", "0", "1") "}    ",
                                        " \n{ " U8("a", "0", "1") " } \r\n\t" };
    struct safetensors s;
    char err[ERR_SIZE];
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_header("bad.safetensors", bad[k].header, 1);
        expect_refused("bad.safetensors", bad[k].words);
    }
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        write_header("good.safetensors", good[k], 1);
        cr_assert(safetensors_read(&s, in_dir("good.safetensors"), err), "%s", err);
        safetensors_close(&s);
    }
    write_bytes("nul.safetensors", "\x03\0\0\0\0\0\0\0{}\0", 11);
    expect_refused("nul.safetensors", "nothing but spaces after the last brace expected at offset "
                   "10");
}

Test(safetensors, names_may_come_in_another_order_than_the_data, .fini = shell_clean)
{
    struct safetensors s;
    char err[ERR_SIZE];
    write_header("a", "{" U8("z", "2", "3") "," U8("b", "0", "1") "," U8("a", "1", "2") "}", 3);
    cr_assert(safetensors_read(&s, in_dir("a"), err), "%s", err);
    cr_assert_eq(s.count, 3);
    const unsigned char *b = safetensors_find(&s, "b")->data;
    cr_expect(safetensors_find(&s, "a")->data == b + 1 && safetensors_find(&s, "z")->data == b + 2);
    safetensors_close(&s);
}

Test(safetensors, names_have_every_escape_and_of_two_alike_the_last_counts, .fini = shell_clean)
{
    struct safetensors s;
    char err[ERR_SIZE];
    write_header("a", "{" U8("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\u20ac\\uD83D\\ude00", "0", "1")
                 "," U8("\\u0000", "9", "1") "," U8("\\u0000", "1", "2")
                 ",\"__met\\u0061data__\":{\"a\":\"1\",\"\\u0061\":\"2\"}}", 2);
    cr_assert(safetensors_read(&s, in_dir("a"), err), "%s", err);
    cr_expect_eq(s.count, 2);
    cr_expect(safetensors_find(&s, "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    cr_expect(safetensors_find(&s, "\xc0\x80") && !safetensors_find(&s, ""));
    cr_expect_str_eq(safetensors_metadata(&s, "a"), "2");
    safetensors_close(&s);
}

Test(safetensors, tensors_for_other_programs_do_not_hurt, .fini = shell_clean)
{
    struct safetensors s;
    char err[ERR_SIZE];
    write_header("a", "{\"half\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                 "\"six\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[4,7]},"
                 "\"none\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[7,7]},"
                 "\"rank\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1,1],"
                 "\"data_offsets\":[7,8],\"other\":[1.5e3,{\"a\":null}]},\"__metadata__\":null,"
                 "\"serde\":[{\"U8\":null},[0],[8,8]]}", 8);
    cr_assert(safetensors_read(&s, in_dir("a"), err), "%s", err);
    cr_expect_eq(s.count, 5);
    cr_expect_str_eq(safetensors_type_name(safetensors_find(&s, "half")->type), "BF16");
    cr_expect_eq(safetensors_find(&s, "rank")->rank, 10);
    char shape[WEIGHTS_SHAPE];
    weights_shape(safetensors_find(&s, "rank"), shape);
    cr_expect_str_eq(shape, "1, 1, 1, 1, 1, 1, 1, 1, ...");
    safetensors_close(&s);
}

/* A search through all of them for each would take minutes. */
Test(safetensors, many_tensors_are_read_in_time, .fini = shell_clean, .timeout = 60)
{
    enum { MANY = 200000 };
    struct safetensors s;
    char err[ERR_SIZE];
    char *text = malloc(MANY*64 + 16);
    size_t at = 8;
    for (int k = 0; k < MANY; k++)
        at += (size_t)sprintf(text + at, "%c\"%d\":[\"U8\",[0],[0,0]]", k ? ',' : '{', k);
    text[at++] = '}';
    for (int k = 0; k < 8; k++)
        text[k] = (char)((at - 8) >> 8*k);
    write_bytes("many", text, at);
    free(text);
    cr_assert(safetensors_read(&s, in_dir("many"), err), "%s", err);
    cr_expect_eq(s.count, MANY);
    cr_expect(safetensors_find(&s, "199999") && !safetensors_find(&s, "200000"));
    safetensors_close(&s);
}

Test(safetensors, text_that_is_no_utf_8_is_written_so_that_it_can_be_read, .fini = shell_clean)
{
    static const struct tensor one = { .name = "a", .type = TENSOR_U8, .rank = 1, .dim = { 1 },
                                       .data = "x", .count = 1 };
    static const struct tensor_metadata m[] = { { "classes", "Stra\xdf" "e\n\xc3\xa9\xff" } };
    struct safetensors s;
    char err[ERR_SIZE];
    cr_assert(safetensors_write(in_dir("a"), &one, 1, m, 1, err), "%s", err);
    cr_assert(safetensors_read(&s, in_dir("a"), err), "%s", err);
    cr_expect_str_eq(safetensors_metadata(&s, "classes"),
                     "Stra\xef\xbf\xbd" "e\n\xc3\xa9\xef\xbf\xbd");
    safetensors_close(&s);
}

Test(safetensors, a_failed_write_keeps_the_old_file, .fini = shell_clean)
{
    char err[ERR_SIZE] = "";
    write_text("old.safetensors", "old");
    struct run r = shell("mkdir locked && cp old.safetensors locked/a && chmod 500 locked && "
                         "id -u");
    bool root = atoi(r.output) == 0;
    run_free(&r);
    /* Permissions do not bind root: a path through a file does. */
    cr_expect_not(write_two(root ? "old.safetensors/a" : "locked/a", err));
    cr_expect(strstr(err, "a"), "%s", err);
    r = shell("chmod 700 locked; cat locked/a old.safetensors; ls locked");
    cr_expect_str_eq(r.output, "oldolda\n", "%s", r.output);
    run_free(&r);
}

/* What a killed process leaves is taken over, not added to. */
Test(file, left_behind_by_a_killed_process_is_replaced, .fini = shell_clean)
{
    char err[ERR_SIZE] = "";
    write_text("a.lathe-tmp", "half of something longer than what comes");
    cr_assert(file_write(in_dir("a"), "whole", 5, err), "%s", err);
    struct run r = shell("cat a; ls -A");
    cr_expect_str_eq(r.output, "wholea\n", "%s", r.output);
    run_free(&r);
}

Test(file, of_two_writers_at_once_is_whole, .fini = shell_clean)
{
    enum { SIZE = 1 << 16, ROUNDS = 40 };
    static char ours[SIZE], theirs[SIZE];
    char err[ERR_SIZE] = "";
    memset(ours, 'a', SIZE);
    memset(theirs, 'b', SIZE);
    in_dir("shared");
    pid_t child = fork();
    cr_assert_geq(child, 0);
    for (int k = 0; k < ROUNDS; k++)
        if (!file_write(in_dir("shared"), child ? ours : theirs, child ? SIZE : SIZE / 2, err))
            _exit(1);
    if (!child)
        _exit(0);
    int status;
    cr_assert(waitpid(child, &status, 0) == child && status == 0);
    struct run r = shell("ls -A; tr -d a < shared | wc -c; tr -d b < shared | wc -c");
    bool last = !strcmp(r.output, "shared\n0\n65536\n");
    cr_expect(last || !strcmp(r.output, "shared\n32768\n0\n"), "%s", r.output);
    run_free(&r);
}

/* The same code for both types: once is enough for a gigabyte. */
#if !LATHE_F64
Test(file, that_does_not_end_is_refused_after_a_gibibyte)
{
    char err[ERR_SIZE] = "";
    size_t size;
    cr_expect_null(file_read("/dev/zero", &size, err));
    cr_expect_str_eq(err, "/dev/zero: delivers more than 1024 MiB: so much is read from a file "
                     "alone");
}
#endif
