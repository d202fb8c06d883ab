/*
** test_npz.c - zip archives, as numpy writes them and as others do: stored and deflated members,
** zip64, comments, damage at every byte; data sets of arrays in them, under every name, and the
** share of them that validates.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "file/inflate.h"
#include "file/npy.h"
#include "file/sums.h"
#include "file/zip.h"
#include "support/shell.h"

/* ---- archives ---- */

enum { ROOM = 1 << 16, MEMBERS = 16 };
enum form { STORED, DEFLATED, WIDE };     /* wide: sizes and places in zip64's fields */

struct archive {
    uint8_t at[ROOM], directory[ROOM];
    size_t size, entries;
    int count;
};

static void put(uint8_t *to, size_t *size, const void *bytes, size_t n)
{
    cr_assert(*size + n <= ROOM);
    memcpy(to + *size, bytes, n);
    *size += n;
}

static void number(uint8_t *at, uint64_t value, int bytes)
{
    for (int k = 0; k < bytes; k++)
        at[k] = (uint8_t)(value >> 8*k);
}

/* As numpy writes it: a local header with zip64's field, whatever the size. In the directory a
** longer field of another kind stands before that one. */
static void add(struct archive *a, const char *name, enum form form, const void *bytes, size_t size)
{
    uint8_t local[30] = "PK\3\4", entry[46] = "PK\1\2", wide[28] = { 1, 0, 16 }, block[5] = { 1 };
    uint8_t other[4 + 300];
    const size_t place = a->size, length = strlen(name);
    const size_t packed = size + (form == DEFLATED ? sizeof block : 0);
    const bool zip64 = form == WIDE;
    number(local + 8, form == DEFLATED ? 8 : 0, 2);
    number(local + 14, sums_crc(0, bytes, size), 4);
    number(local + 18, UINT32_MAX, 4);
    number(local + 22, UINT32_MAX, 4);
    number(local + 26, length, 2);
    number(local + 28, 20, 2);
    number(wide + 4, size, 8);
    number(wide + 12, packed, 8);
    put(a->at, &a->size, local, sizeof local);
    put(a->at, &a->size, name, length);
    put(a->at, &a->size, wide, 20);
    number(block + 1, size, 2);
    number(block + 3, size ^ 65535, 2);
    if (form == DEFLATED)
        put(a->at, &a->size, block, sizeof block);
    put(a->at, &a->size, bytes, size);
    memcpy(entry + 10, local + 8, 2);
    memcpy(entry + 16, local + 14, 4);
    number(entry + 20, zip64 ? UINT32_MAX : packed, 4);
    number(entry + 24, zip64 ? UINT32_MAX : size, 4);
    number(entry + 28, length, 2);
    number(entry + 30, zip64 ? sizeof other + sizeof wide : 0, 2);
    number(entry + 42, zip64 ? UINT32_MAX : place, 4);
    memset(other, 0xee, sizeof other);
    number(other + 2, sizeof other - 4, 2);
    number(wide + 2, 24, 2);
    number(wide + 20, place, 8);
    put(a->directory, &a->entries, entry, sizeof entry);
    put(a->directory, &a->entries, name, length);
    if (zip64) {
        put(a->directory, &a->entries, other, sizeof other);
        put(a->directory, &a->entries, wide, sizeof wide);
    }
    a->count++;
}

/* The directory and its end. */
static void end(struct archive *a, bool zip64, const char *comment)
{
    uint8_t last[22] = "PK\5\6", record[56] = "PK\6\6", locator[20] = "PK\6\7";
    const size_t place = a->size;
    put(a->at, &a->size, a->directory, a->entries);
    number(record + 4, 44, 8);
    number(record + 24, (uint64_t)a->count, 8);
    number(record + 32, (uint64_t)a->count, 8);
    number(record + 40, a->entries, 8);
    number(record + 48, place, 8);
    number(locator + 8, a->size, 8);
    number(locator + 16, 1, 4);
    if (zip64) {
        put(a->at, &a->size, record, sizeof record);
        put(a->at, &a->size, locator, sizeof locator);
    }
    number(last + 8, zip64 ? UINT16_MAX : (uint64_t)a->count, 2);
    number(last + 10, zip64 ? UINT16_MAX : (uint64_t)a->count, 2);
    number(last + 12, zip64 ? UINT32_MAX : a->entries, 4);
    number(last + 16, zip64 ? UINT32_MAX : place, 4);
    number(last + 20, strlen(comment), 2);
    put(a->at, &a->size, last, sizeof last);
    put(a->at, &a->size, comment, strlen(comment));
}

/* Member `name` of the bytes; NULL: err. */
static char *read_member(const void *bytes, size_t size, const char *name, size_t *length,
                         char *err)
{
    struct zip z;
    char path[1024];
    write_bytes("f.npz", bytes, size);
    snprintf(path, sizeof path, "%s", in_dir("f.npz"));
    if (!zip_open(&z, path, err))
        return NULL;
    const struct zip_member *m = zip_find(&z, name);
    char *out = m ? zip_read(&z, m, err) : NULL;
    if (!m)
        error_set(err, "no member of this name");
    *length = m ? (size_t)m->size : 0;
    zip_close(&z);
    return out;
}

static void expect_member(const struct archive *a, const char *name, const char *text)
{
    char err[ERR_SIZE] = "";
    size_t length;
    char *out = read_member(a->at, a->size, name, &length, err);
    cr_assert(out, "%s: %s", name, err);
    cr_expect(length == strlen(text) && memcmp(out, text, length) == 0, "%s", name);
    free(out);
}

static void expect_refused(const struct archive *a, const char *name, const char *words)
{
    char err[ERR_SIZE] = "";
    size_t length;
    cr_expect_null(read_member(a->at, a->size, name, &length, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
}

static void make(struct archive *a, bool zip64, const char *comment)
{
    *a = (struct archive){ .size = 0 };
    add(a, "stored", STORED, "some text", 9);
    add(a, "deflated", DEFLATED, "other text", 10);
    add(a, "wide", WIDE, "the third", 9);
    add(a, "empty", STORED, "", 0);
    end(a, zip64, comment);
}

Test(zip, members_of_every_form_are_read, .fini = shell_clean)
{
    static struct archive a;
    for (int form = 0; form < 4; form++) {
        make(&a, form & 1, form & 2 ? "a comment with PK\5\6 in it" : "");
        expect_member(&a, "stored", "some text");
        expect_member(&a, "deflated", "other text");
        expect_member(&a, "wide", "the third");
        expect_member(&a, "empty", "");
        expect_refused(&a, "none", "no member");
    }
    a = (struct archive){ .size = 0 };
    add(&a, "twice", STORED, "old", 3);
    add(&a, "twice", STORED, "new one", 7);
    end(&a, false, "");
    expect_member(&a, "twice", "new one");
}

Test(zip, cut_short_anywhere_is_refused, .fini = shell_clean)
{
    static struct archive a;
    char err[ERR_SIZE];
    size_t length;
    for (int zip64 = 0; zip64 < 2; zip64++) {
        make(&a, zip64, "c");
        for (size_t k = 0; k < a.size; k++) {
            err[0] = '\0';
            cr_expect_null(read_member(a.at, k, "deflated", &length, err), "%zu bytes", k);
            cr_expect(strstr(err, "f.npz: "), "%s", err);
        }
    }
}

Test(zip, changed_anywhere_is_refused_or_the_same, .fini = shell_clean)
{
    static struct archive a, b;
    char err[ERR_SIZE];
    size_t length;
    make(&a, true, "c");
    for (size_t k = 0; k < a.size; k++)
        for (int how = 0; how < 3; how++) {
            b = a;
            b.at[k] = how == 0 ? (uint8_t)(b.at[k] ^ 1) : how == 1 ? 0xff : 0;
            char *out = read_member(b.at, b.size, "deflated", &length, err);
            cr_expect(!out || (length == 10 && memcmp(out, "other text", 10) == 0), "byte %zu", k);
            free(out);
        }
}

Test(zip, damage_is_named, .fini = shell_clean)
{
    static struct archive a, b;
    make(&a, false, "");
    const size_t directory = a.size - 22 - a.entries;
    b = a;
    b.at[30 + 6 + 20] ^= 1;
    expect_refused(&b, "stored", "f.npz: stored: damaged: its bytes and their CRC-32 differ");
    b = a;
    b.at[directory + 8] |= 1;
    expect_refused(&b, "stored", "stored: is encrypted");
    b = a;
    b.at[directory + 10] = 12;
    expect_refused(&b, "stored", "is compressed by method 12; stored (0) and deflated (8)");
    b = a;
    number(b.at + directory + 24, UINT32_MAX - 1, 4);
    expect_refused(&b, "stored", "cannot become as many bytes as the directory says");
    b = a;
    number(b.at + directory + 42, directory - 10, 4);
    expect_refused(&b, "stored", "its bytes are not where the directory says");
    b = a;
    b.at[directory] = 'Q';
    expect_refused(&b, "stored", "an entry of its directory was expected");
    b = a;
    b.at[a.size - 22 + 10]++;
    expect_refused(&b, "stored", "an entry of its directory was expected");
    b = a;
    b.at[a.size - 22 + 10]--;
    expect_refused(&b, "stored", "its directory goes on after its last member");
    b.size = 0;
    put(b.at, &b.size, "\x80\x04 a pickle, and more than twenty-two bytes", 40);
    expect_refused(&b, "x", "is a Python pickle, not the file");
    b.size = 0;
    expect_refused(&b, "x", "is no zip archive, as .npz files are");
    b = (struct archive){ .size = 0 };
    end(&b, false, "");
    expect_refused(&b, "x", "no member");
    struct zip z;
    char err[ERR_SIZE] = "";
    cr_expect_not(zip_open(&z, "/nowhere/a.npz", err));
    cr_expect_str_eq(err, "/nowhere/a.npz: cannot be opened: No such file or directory");
    char name[1025 + 1];
    memset(name, 'n', sizeof name - 1);
    name[1025] = '\0';
    b = (struct archive){ .size = 0 };
    add(&b, name, STORED, "a", 1);
    end(&b, false, "");
    expect_refused(&b, name, "n: its name has more than 1024 bytes");
    b = (struct archive){ .size = 0 };
    add(&b, name + 1, STORED, "a", 1);
    end(&b, false, "");
    expect_member(&b, name + 1, "a");
    /* Deflated bytes that unpack to more, or to fewer, than is said. */
    b = a;
    const size_t second = directory + 46 + 6;
    b.at[second + 24]--;
    expect_refused(&b, "deflated", "has another length than the directory says");
    b.at[second + 24] += 2;
    expect_refused(&b, "deflated", "has another length than the directory says");
    /* The most that its 15 bytes may say, and a byte more. */
    number(b.at + second + 24, 16*INFLATE_RATIO - 1, 4);
    expect_refused(&b, "deflated", "has another length than the directory says");
    number(b.at + second + 24, 16*INFLATE_RATIO, 4);
    expect_refused(&b, "deflated", "cannot become as many bytes as the directory says");
}

/* ---- sets ---- */

enum { N = 40, PIXELS = 6 };

static const struct data_options small = { .c = 2, .h = 1, .w = 3, .classes = 4,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };

/* Image k of those from `first` on: its pixels are k, k, k, k, k, 7k; its label k % 4. */
static void add_set(struct archive *a, const char *x_name, const char *y_name, int first, int count,
                    bool backwards)
{
    uint8_t x[N*PIXELS], y[N], file[NPY_HEAD + N*PIXELS];
    char shape[64];
    for (int k = 0; k < count; k++) {
        const int image = first + (backwards ? count - 1 - k : k);
        memset(x + k*PIXELS, image, PIXELS);
        x[k*PIXELS + PIXELS - 1] = (uint8_t)(7*image);
        y[k] = (uint8_t)(image % 4);
    }
    sprintf(shape, "(%d, 2, 1, 3)", count);
    add(a, x_name, DEFLATED, file, npy_bytes(file, "|u1", shape, x, (size_t)count*PIXELS));
    sprintf(shape, "(%d, 1)", count);
    add(a, y_name, STORED, file, npy_bytes(file, "|u1", shape, y, (size_t)count));
}

static void save(struct archive *a, const char *path)
{
    end(a, false, "");
    write_bytes(path, a->at, a->size);
    *a = (struct archive){ .size = 0 };
}

static bool open_set(struct dataset *d, const char *name, struct data_options o, char *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", in_dir(name));
    o.dir = path;
    return dataset_open(d, &o, err);
}

static void set_refused(const char *name, const char *words)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    cr_expect_not(open_set(&d, name, small, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
}

Test(npz, with_all_parts_is_a_set_under_every_name, .fini = shell_clean)
{
    static const char *const names[][6] = {
        { "x_train.npy", "y_train.npy", "x_val.npy", "y_val.npy", "x_test.npy", "y_test.npy" },
        { "X_train.npy", "y_train.npy", "X_valid.npy", "y_valid.npy", "X_test.npy", "y_test.npy" },
        { "train_images.npy", "train_labels.npy", "val_images.npy", "val_labels.npy",
          "test_images.npy", "test_labels.npy" },
    };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        static struct archive a;
        struct dataset d;
        char err[ERR_SIZE];
        add_set(&a, names[k][0], names[k][1], 0, 20, false);
        add_set(&a, names[k][2], names[k][3], 20, 8, false);
        add_set(&a, names[k][4], names[k][5], 30, 5, false);
        sure("mkdir -p d");
        save(&a, "d/a.npz");
        for (int folder = 0; folder < 2; folder++) {
            cr_assert(open_set(&d, folder ? "d" : "d/a.npz", small, err), "%s", err);
            cr_expect(d.train.count == 20 && d.val.count == 8 && d.test.count == 5 && !d.val_cut);
            cr_expect(d.train.bytes[19*PIXELS] == 19 && d.train.labels[19] == 3);
            cr_expect(d.val.bytes[0] == 20 && d.test.bytes[PIXELS] == 31 && d.test.labels[1] == 3);
            dataset_close(&d);
        }
    }
}

Test(npz, of_one_array_each_are_a_set_too, .fini = shell_clean)
{
    static struct archive both, x, y;
    struct dataset d;
    char err[ERR_SIZE];
    uint8_t file[NPY_HEAD + 8*PIXELS];
    static const uint8_t pixels[8*PIXELS];
    static const uint8_t labels[32] = { [0] = 1, [28] = 3 };
    add(&x, "arr_0.npy", STORED, file, npy_bytes(file, "|u1", "(8, 2, 1, 3)", pixels, 8*PIXELS));
    save(&x, "x_train.npz");
    add(&y, "anything", DEFLATED, file, npy_bytes(file, "<i4", "(8,)", labels, 32));
    save(&y, "y_train.npz");
    cr_assert(open_set(&d, "", small, err), "%s", err);
    cr_expect(d.train.count == 7 && d.val.count == 1 && d.test.count == 0);
    dataset_close(&d);
    add_set(&both, "a.npy", "b.npy", 0, 4, false);
    save(&both, "x_train.npz");
    set_refused("", "x_train.npz: holds 2 arrays, one was expected beside those of other files");
}

Test(npz, errors_name_archive_and_array, .fini = shell_clean)
{
    static struct archive a;
    uint8_t file[NPY_HEAD + N*PIXELS];
    static const float x[N*PIXELS] = { 1 };
    add(&a, "first.npy", STORED, "", 0);
    add(&a, "second.npy", STORED, "", 0);
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: holds first, second; x_train and y_train, or train_images and "
                "train_labels, and if they are there those of val and test are read");
    add(&a, "x_train.npy", STORED, file, npy_bytes(file, "|u1", "(4, 6)", x, 24));
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: x_train: shape (4, 6), rank 2; the network takes (n, 2, 1, 3)");
    add(&a, "x_train.npy", STORED, file, npy_bytes(file, "|u1", "(4, 2, 1, 3)", x, 24));
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: holds no y_train");
    add(&a, "x_train.npy", STORED, file, npy_bytes(file, "|u1", "(4, 2, 1, 3)", x, 24));
    add(&a, "y_train.npy", STORED, file, npy_bytes(file, "<f4", "(4,)", x, 16));
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: y_train: labels are integers, not reals; in Python: import numpy; "
                "f = \"");
    add(&a, "x_train.npy", STORED, file, npy_bytes(file, "|u1", "(4, 2, 1, 3)", x, 23));
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: x_train: 23 bytes of data at offset 128, its shape takes 24");
    add(&a, "x_train.npy", STORED, "PK not an array", 15);
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: x_train: no .npy file");
    add(&a, "x_train.npy", STORED, file, npy_bytes(file, "|u1", "(0, 2, 1, 3)", x, 0));
    add(&a, "y_train.npy", STORED, file, npy_bytes(file, "|u1", "(0,)", x, 0));
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: x_train: holds no images");
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: holds nothing; x_train and y_train, or ");
    for (char name[] = "a.npy"; name[0] <= 'm'; name[0]++)
        add(&a, name, STORED, "", 0);
    save(&a, "a.npz");
    set_refused("a.npz", "a.npz: holds a, b, c, d, e, f, g, h, i, j, k, l, ...; x_train and ");
}

/* ---- the share that validates ---- */

/* Whether image k, of all N, validates. */
static void open_shared(bool backwards, long val, bool seen[N])
{
    static struct archive a;
    struct dataset d;
    struct data_options o = small;
    char err[ERR_SIZE];
    memset(seen, 0, N*sizeof *seen);
    add_set(&a, "x_train.npy", "y_train.npy", 0, N, backwards);
    save(&a, "a.npz");
    o.val_samples = val;
    cr_assert(open_set(&d, "a.npz", o, err), "%s", err);
    cr_expect(d.val_cut && d.val_drawn && d.fit.count == d.train.count);
    cr_expect(d.train.count + d.val.count == N);
    for (size_t k = 0; k < N; k++) {
        const struct images *set = k < d.train.count ? &d.train : &d.val;
        const size_t at = k < d.train.count ? k : k - d.train.count;
        const int image = set->bytes[at*PIXELS];
        cr_assert(image < N);
        cr_expect(set->labels[at] == image % 4 && set->bytes[at*PIXELS + 5] == (uint8_t)(7*image));
        seen[image] = set == &d.val;
    }
    dataset_close(&d);
}

Test(npz, without_validation_images_gives_a_share_whatever_the_order, .fini = shell_clean)
{
    bool there[N], back[N];
    int count[4] = { 0 };
    open_shared(false, 12, there);
    open_shared(true, 12, back);
    cr_expect_arr_eq(there, back, sizeof there);
    for (int k = 0; k < N; k++)
        count[k % 4] += there[k];
    for (int class = 0; class < 4; class++)
        cr_expect_eq(count[class], 3);
    open_shared(false, -1, back);           /* a tenth, of those above */
    int few = 0;
    for (int k = 0; k < N; k++) {
        few += back[k];
        cr_expect(!back[k] || there[k]);
    }
    cr_expect_eq(few, 4);
    open_shared(false, 0, back);
    cr_expect_eq(memchr(back, 1, sizeof back), NULL);
}

/* ---- types ---- */

Test(npz, of_fewer_images_than_are_to_validate_is_refused, .fini = shell_clean)
{
    static struct archive a;
    struct dataset d;
    struct data_options o = small;
    char err[ERR_SIZE] = "";
    add_set(&a, "x_train.npy", "y_train.npy", 0, 8, false);
    save(&a, "a.npz");
    o.val_samples = 8;
    cr_expect_not(open_set(&d, "a.npz", o, err));
    cr_expect(strstr(err, "--val-samples 8: ") && strstr(err, "a.npz has 8 images to train and "
                                                         "validate"), "%s", err);
    add_set(&a, "x_train.npy", "y_train.npy", 0, 8, false);
    add_set(&a, "x_val.npy", "y_val.npy", 8, 2, false);
    save(&a, "a.npz");
    o.val_samples = 3;
    cr_expect_not(open_set(&d, "a.npz", o, err));
    cr_expect_str_eq(err, "--val-samples 3: the data has 2");
}

Test(npz, labels_of_every_integer_type_are_read, .fini = shell_clean)
{
    static const char *const types[] = { "|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4",
                                         "<i4", ">i4", "<u8", ">u8", "<i8", ">i8", "|b1" };
    static const uint8_t x[4*PIXELS] = { 9 };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int column = 0; column < 2; column++) {
            static struct archive a;
            struct dataset d;
            char err[ERR_SIZE];
            uint8_t file[NPY_HEAD + N*PIXELS], y[4*8] = { 0 };
            const size_t size = (size_t)(types[t][2] - '0');
            for (size_t k = 0; k < 4; k++)
                y[k*size + (types[t][0] == '>' ? size - 1 : 0)]
                    = (uint8_t)(types[t][1] == 'b' ? k % 2 : k);
            add(&a, "x_train.npy", STORED, file, npy_bytes(file, "|u1", "(4, 2, 1, 3)", x, 24));
            add(&a, "y_train.npy", STORED, file,
                npy_bytes(file, types[t], column ? "(4, 1)" : "(4,)", y, 4*size));
            save(&a, "a.npz");
            struct data_options o = small;
            o.val_samples = 0;
            cr_assert(open_set(&d, "a.npz", o, err), "%s: %s", types[t], err);
            for (int k = 0; k < 4; k++)
                cr_expect_eq(d.train.labels[k], types[t][1] == 'b' ? k % 2 : k, "%s", types[t]);
            dataset_close(&d);
        }
}

Test(npz, images_of_halves_are_read, .fini = shell_clean)
{
    static const uint16_t x[4*PIXELS] = { 0x3c00, 0xb800, 0x0001 };     /* 1, -1/2, 2^-24 */
    static const uint8_t y[4];
    static struct archive a;
    struct dataset d;
    struct data_options o = small;
    char err[ERR_SIZE];
    uint8_t file[NPY_HEAD + N*PIXELS];
    add(&a, "x_train.npy", STORED, file, npy_bytes(file, "<f2", "(4, 2, 1, 3)", x, sizeof x));
    add(&a, "y_train.npy", STORED, file, npy_bytes(file, "|u1", "(4,)", y, sizeof y));
    save(&a, "a.npz");
    o.val_samples = 1;
    cr_assert(open_set(&d, "a.npz", o, err), "%s", err);
    const real *one = d.train.values[0] != 0 ? d.train.values : d.val.values;
    cr_expect(one[0] == 1 && one[1] == (real)-0.5 && one[2] == (real)0x1p-24 && one[3] == 0);
    cr_expect(strcmp(d.values.type, "f4") == 0 && d.val.count == 1);
    dataset_close(&d);
}
