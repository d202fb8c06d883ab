/*
** test_gzip.c - gzip's files: every field of the header, several members, damage at every byte; and
** IDX files that are such, of MNIST and EMNIST.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "file/gzip.h"
#include "file/sums.h"
#include "support/shell.h"

/* ---- members ---- */

struct packed { uint8_t at[1 << 12]; size_t size; };

enum { SUM = 2, EXTRA = 4, NAME = 8, COMMENT = 16 };

static void put(struct packed *p, const void *bytes, size_t size)
{
    cr_assert(p->size + size <= sizeof p->at);
    memcpy(p->at + p->size, bytes, size);
    p->size += size;
}

static void put_number(struct packed *p, uint32_t value, int bytes)
{
    for (int k = 0; k < bytes; k++)
        put(p, &(uint8_t){ (uint8_t)(value >> 8*k) }, 1);
}

/* A member of one stored block. */
static void put_member(struct packed *p, int flags, const char *text)
{
    const size_t start = p->size, length = strlen(text);
    const uint8_t head[10] = { 0x1f, 0x8b, 8, (uint8_t)flags, 1, 2, 3, 4, 0, 3 };
    put(p, head, sizeof head);
    if (flags & EXTRA)
        put(p, "\4\0abcd", 6);
    if (flags & NAME)
        put(p, "name", 5);
    if (flags & COMMENT)
        put(p, "a comment", 10);
    if (flags & SUM)
        put_number(p, sums_crc(0, p->at + start, p->size - start), 2);
    put(p, "\1", 1);
    put_number(p, (uint32_t)length, 2);
    put_number(p, (uint32_t)length ^ 65535, 2);
    put(p, text, length);
    put_number(p, sums_crc(0, text, length), 4);
    put_number(p, (uint32_t)length, 4);
}

/* NULL: err. */
static char *read_packed(const void *bytes, size_t size, size_t *length, char *err)
{
    write_bytes("f.gz", bytes, size);
    return gzip_read(in_dir("f.gz"), length, err);
}

static void expect_text(const struct packed *p, const char *text)
{
    char err[ERR_SIZE] = "";
    size_t length;
    char *out = read_packed(p->at, p->size, &length, err);
    cr_assert(out, "%s", err);
    cr_expect(length == strlen(text) && memcmp(out, text, length + 1) == 0);
    free(out);
}

static void expect_refused(const struct packed *p, const char *words)
{
    char err[ERR_SIZE] = "";
    size_t length;
    cr_expect_null(read_packed(p->at, p->size, &length, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
}

Test(gzip, headers_with_every_field_are_read, .fini = shell_clean)
{
    for (int flags = 0; flags < 32; flags++) {
        struct packed p = { .size = 0 };
        put_member(&p, flags, "some text");
        expect_text(&p, "some text");
    }
}

Test(gzip, members_follow_each_other_and_may_be_empty, .fini = shell_clean)
{
    struct packed p = { .size = 0 };
    put_member(&p, NAME, "one ");
    put_member(&p, 0, "");
    put_member(&p, SUM | COMMENT, "two");
    expect_text(&p, "one two");
}

Test(gzip, what_is_not_compressed_is_read_as_it_is, .fini = shell_clean)
{
    struct packed p = { .size = 0 };
    put(&p, "plain", 5);
    expect_text(&p, "plain");
    p.size = 0;
    expect_text(&p, "");
    put(&p, "\x1f", 1);
    expect_text(&p, "\x1f");
}

Test(gzip, cut_short_anywhere_says_so, .fini = shell_clean)
{
    struct packed whole = { .size = 0 };
    put_member(&whole, EXTRA | NAME | COMMENT | SUM, "first");
    const size_t one = whole.size;
    put_member(&whole, NAME, "second");
    for (size_t k = 2; k < whole.size; k++) {
        struct packed p = whole;
        p.size = k;
        if (k == one)
            expect_text(&p, "first");
        else
            expect_refused(&p, k == one + 1 ? "long: 1 bytes after its compressed data" : "f.gz: ");
    }
}

/* Time, system and texts are nobody's; everything else has a sum or a meaning. */
Test(gzip, changed_anywhere_is_refused_or_the_same, .fini = shell_clean)
{
    struct packed whole = { .size = 0 };
    char err[ERR_SIZE];
    int same = 0;
    put_member(&whole, NAME, "some text");
    for (size_t k = 2; k < whole.size; k++)
        for (int bit = 0; bit < 8; bit++) {
            struct packed p = whole;
            size_t length;
            p.at[k] ^= (uint8_t)(1 << bit);
            char *out = read_packed(p.at, p.size, &length, err);
            cr_expect(!out || (length == 9 && memcmp(out, "some text", 9) == 0), "byte %zu", k);
            same += out != NULL;
            free(out);
        }
    cr_expect(same > 48 && same < 120, "%d", same);     /* 6 bytes of the header, a name of 4 */
}

Test(gzip, damage_is_named, .fini = shell_clean)
{
    struct packed whole = { .size = 0 }, p;
    put_member(&whole, SUM, "text");
    p = whole;
    put(&p, "tail", 4);
    expect_refused(&p, "long: 4 bytes after its compressed data, which ends at offset 29");
    p = whole;
    p.at[2] = 7;
    expect_refused(&p, "offset 0: compressed by method 7 with flags 2; gzip's method is 8");
    p = whole;
    p.at[3] |= 32;
    expect_refused(&p, "with flags 34");
    p = whole;
    p.at[10]++;
    expect_refused(&p, "damaged: the header at offset 0 and its sum differ; fetch the file anew");
    p = whole;
    p.at[17]++;
    expect_refused(&p, "damaged: what was packed at offset 0 and its sum or length differ");
    p = whole;
    p.at[p.size - 1]++;
    expect_refused(&p, "its sum or length differ");
    p = whole;
    p.at[12] = 7;
    expect_refused(&p, "has a block of no known kind; fetch the file anew");
}

/* ---- IDX ---- */

static const struct data_options any = { .c = 1, .h = 3, .w = 4, .classes = 26,
    .train_samples = -1, .val_samples = 2, .test_samples = -1, .seed = 1 };

/* `count` images of rows x columns, pixel k of image i is i + k, and labels first + i % 26. */
static void write_idx(const char *name, const char *part, int count, int rows, int columns,
                      int first, bool gz)
{
    enum { MOST = 40 };
    uint8_t x[16 + 12*MOST] = { [2] = 8, [3] = 3, [7] = (uint8_t)count, [11] = (uint8_t)rows,
                                [15] = (uint8_t)columns };
    uint8_t y[8 + MOST] = { 0, 0, 8, 1, 0, 0, 0, (uint8_t)count };
    char path[128];
    for (int i = 0; i < count; i++) {
        y[8 + i] = (uint8_t)(first + i % 26);
        for (int k = 0; k < 12; k++)
            x[16 + 12*i + k] = (uint8_t)(i + k);
    }
    snprintf(path, sizeof path, "%s%s-images-idx3-ubyte", name, part);
    write_bytes(path, x, 16 + 12*(size_t)count);
    snprintf(path, sizeof path, "%s%s-labels-idx1-ubyte", name, part);
    write_bytes(path, y, 8 + (size_t)count);
    if (gz) {
        struct run r = shell("gzip %s%s-*", name, part);
        cr_assert_eq(r.status, 0, "%s", r.output);
        run_free(&r);
    }
}

static bool open_set(struct dataset *d, const char *name, struct data_options o, char *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", in_dir(name));
    o.dir = path;
    return dataset_open(d, &o, err);
}

static void set_refused(const char *name, struct data_options o, const char *words)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    cr_expect_not(open_set(&d, name, o, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
}

Test(gzip, files_of_idx_are_read_as_they_are, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    sure("mkdir m");
    write_idx("m/", "train", 20, 3, 4, 0, true);
    write_idx("m/", "t10k", 7, 3, 4, 0, false);
    cr_assert(open_set(&d, "m", any, err), "%s", err);
    cr_expect(d.train.count == 18 && d.val.count == 2 && d.test.count == 7);
    cr_expect(d.train.bytes[12*5 + 3] == 8 && d.val.labels[1] == 19);
    dataset_close(&d);
    sure("truncate -s -1 m/train-labels-idx1-ubyte.gz");
    set_refused("m", any, "m/train-labels-idx1-ubyte.gz: short: its compressed data from offset 0");
}

Test(idx, without_test_images_has_none, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    sure("mkdir m");
    write_idx("m/", "train", 20, 3, 4, 0, false);
    cr_assert(open_set(&d, "m", any, err), "%s", err);
    cr_expect(d.train.count == 18 && d.val.count == 2 && d.test.count == 0 && d.test.h == 3);
    dataset_close(&d);
}

/* Stored by columns: an image of 3x4 as 4 rows of 3. */
Test(idx, of_emnist_is_turned_upright_and_letters_count_from_1, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    sure("mkdir m");
    write_idx("m/emnist-letters-", "train", 30, 4, 3, 1, true);
    write_idx("m/emnist-letters-", "test", 9, 4, 3, 1, true);
    cr_assert(open_set(&d, "m", any, err), "%s", err);
    cr_expect(d.train.count == 28 && d.test.count == 9 && d.train.h == 3 && d.train.w == 4);
    cr_expect(strstr(d.source, "IDX files emnist-letters in "), "%s", d.source);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 4; x++)
            cr_expect_eq(d.train.bytes[12*5 + 4*y + x], 5 + 3*x + y);
    for (int k = 0; k < 9; k++)
        cr_expect_eq(d.test.labels[k], k);
    cr_expect_null(d.class_names);
    dataset_close(&d);
    for (int whole = 0; whole < 2; whole++) {
        sure(whole ? "printf '26 90 122 \\r\\n' >> m/emnist-letters-mapping.txt" :
             "for k in $(seq 25); do echo $k $((64 + k)) $((96 + k)); done "
             "> m/emnist-letters-mapping.txt");
        cr_assert(open_set(&d, "m", any, err), "%s", err);
        cr_expect_eq(d.class_names != NULL, whole);
        cr_expect(!whole || (strcmp(d.class_names[0], "Aa") == 0
                             && strcmp(d.class_names[25], "Zz") == 0));
        dataset_close(&d);
    }
    write_idx("m/emnist-letters-", "train", 30, 4, 3, 0, false);
    set_refused("m", any, "label 0 at offset 8; the network has 26 classes, labels 1 to 26");
    struct data_options o = any;
    o.classes = 10;
    write_idx("m/emnist-letters-", "train", 30, 4, 3, 1, false);
    set_refused("m", o, "label 11 at offset 18; the network has 10 classes, labels 1 to 10");
}

/* Whatever else a line says, no class has a name. */
Test(idx, names_of_classes_are_all_there_or_none, .fini = shell_clean)
{
    static const char *const lines[] = {
        "27 91", "0 91", "-1 91", "x 91", "1", "1 x", "1 65 x", "1 32", "1 127", "1 -65",
        "1 65 66 67 68 69 70 71 72",
    };
    enum { LINES = sizeof lines / sizeof *lines };
    struct dataset d;
    char err[ERR_SIZE];
    sure("mkdir m");
    write_idx("m/emnist-letters-", "train", 30, 4, 3, 1, false);
    for (int k = -1; k < LINES; k++) {
        struct run r = shell("{ for k in $(seq 26); do echo $k $((64 + k)); done; echo '%s'; } "
                             "> m/emnist-letters-mapping.txt", k < 0 ? "1 65 66 67 68 69 70 71"
                             : lines[k]);
        run_free(&r);
        cr_assert(open_set(&d, "m", any, err), "%s", err);
        cr_expect_eq(d.class_names != NULL, k < 0, "%s", k < 0 ? "seven letters" : lines[k]);
        if (k < 0)
            cr_expect_str_eq(d.class_names[0], "ABCDEFG");
        dataset_close(&d);
    }
    sure("rm m/*.txt && mkdir m/emnist-letters-mapping.txt");
    set_refused("m", any, "mapping.txt: ");
}

Test(idx, of_more_values_than_there_are_numbers_is_refused, .fini = shell_clean)
{
    static const uint8_t x[] = { 0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                 255 };
    sure("mkdir m");
    write_idx("m/", "train", 20, 3, 4, 0, false);
    write_bytes("m/train-images-idx3-ubyte", x, sizeof x);
    set_refused("m", any, "m/train-images-idx3-ubyte: sizes that cannot be");
    write_bytes("m/train-images-idx3-ubyte", x, sizeof x - 1);
    set_refused("m", any, "is no IDX file of bytes with 3 dimensions");
}

Test(idx, of_several_sets_in_a_folder_one_is_named, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    sure("mkdir m");
    write_idx("m/emnist-letters-", "train", 30, 4, 3, 1, false);
    write_idx("m/emnist-digits-", "train", 20, 4, 3, 0, true);
    set_refused("m", any, "holds several sets");
    cr_assert(open_set(&d, "m/emnist-digits-train-images-idx3-ubyte.gz", any, err), "%s", err);
    cr_expect(d.train.count == 18 && d.train.bytes[1] == 3);
    dataset_close(&d);
    write_idx("m/", "train", 10, 3, 4, 0, false);       /* MNIST's own names */
    cr_assert(open_set(&d, "m", any, err), "%s", err);
    cr_expect(d.train.count == 8 && d.train.bytes[1] == 1);
    dataset_close(&d);
    write_idx("m/mine-", "train", 12, 3, 4, 0, false);
    cr_assert(open_set(&d, "m/mine-train-images-idx3-ubyte", any, err), "%s", err);
    cr_expect(d.train.count == 10 && d.train.bytes[1] == 1);
    dataset_close(&d);
}
