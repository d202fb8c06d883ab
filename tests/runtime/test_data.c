/*
** test_data.c - where data is found, how it is cut, what is refused. CIFAR-10 archives
** are made up here, in its format and size.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "data/data.h"
#include "data/synthetic.h"
#include "file/image.h"
#include "file/npy.h"
#include "support/shell.h"

enum { PIXELS = 3072, RECORD = PIXELS + 1, RECORDS = 10000 };

static const struct data_options cifar = { .c = 3, .h = 32, .w = 32, .classes = 10,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };

/* Record r of file f: label r % 10, pixel k is (f*7 + r + k) % 256. */
static void write_batch(const char *name, int f)
{
    unsigned char *bytes = malloc((size_t)RECORDS*RECORD);
    for (int r = 0; r < RECORDS; r++) {
        bytes[r*RECORD] = (unsigned char)(r % 10);
        for (int k = 0; k < PIXELS; k++)
            bytes[r*RECORD + 1 + k] = (unsigned char)(f*7 + r + k);
    }
    write_bytes(name, bytes, (size_t)RECORDS*RECORD);
    free(bytes);
}

static void make_archive(void)
{
    char name[64];
    struct run r = shell("mkdir cifar");
    cr_assert_eq(r.status, 0);
    run_free(&r);
    for (int f = 1; f <= 5; f++) {
        snprintf(name, sizeof name, "cifar/data_batch_%d.bin", f);
        write_batch(name, f);
    }
    write_batch("cifar/test_batch.bin", 6);
}

static bool open_dir(struct dataset *d, const char *name, struct data_options o, char *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", in_dir(name));
    o.dir = path;
    return dataset_open(d, &o, err);
}

static void expect_refused(const char *name, struct data_options o, const char *words)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    cr_expect_not(open_dir(&d, name, o, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
}

static void run_quietly(const char *command)
{
    struct run r = shell("%s", command);
    cr_assert_eq(r.status, 0, "%s: %s", command, r.output);
    run_free(&r);
}

Test(cifar, is_cut_as_in_the_course, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    make_archive();
    write_text("cifar/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nlast\n\n");
    cr_assert(open_dir(&d, "cifar", cifar, err), "%s", err);
    cr_expect(d.train.count == 49000 && d.val.count == 1000 && d.test.count == 1000);
    cr_expect_eq(d.train.bytes[0], 7);
    cr_expect_eq(d.train.bytes[12345*(size_t)PIXELS + 3], (unsigned char)(2*7 + 2345 + 3));
    cr_expect_eq(d.train.labels[12345], 5);
    /* Training image 49,000 is the first that validates: record 9,000 of file 5. */
    cr_expect_eq(d.val.bytes[0], (unsigned char)(5*7 + 9000));
    cr_expect_eq(d.test.bytes[0], (unsigned char)(6*7));
    cr_assert(d.class_names);
    cr_expect_str_eq(d.class_names[9], "last");
    dataset_close(&d);

    struct data_options o = cifar;
    o.val_samples = 0;
    o.test_samples = 10000;
    o.train_samples = 100;
    cr_assert(open_dir(&d, "cifar", o, err), "%s", err);
    cr_expect(d.train.count == 100 && d.fit.count == 50000 && d.val.count == 0
              && d.test.count == 10000);
    dataset_close(&d);
}

Test(cifar, lies_in_the_archives_own_directory_too, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    make_archive();
    run_quietly("mkdir up && mv cifar up/cifar-10-batches-bin");
    cr_assert(open_dir(&d, "up", cifar, err), "%s", err);
    cr_expect_eq(d.train.count, 49000);
    dataset_close(&d);
}

Test(cifar, damage_names_file_record_and_offset, .fini = shell_clean)
{
    make_archive();
    run_quietly("cp cifar/data_batch_3.bin kept; truncate -s -1 cifar/data_batch_3.bin");
    expect_refused("cifar", cifar, "data_batch_3.bin: short: record 9999 at offset 30726927 has "
                   "3072 of 3073 bytes");
    run_quietly("cp kept cifar/data_batch_3.bin; printf x >> cifar/data_batch_3.bin");
    expect_refused("cifar", cifar, "data_batch_3.bin: short: record 10000 at offset 30730000 has 1 "
                   "of 3073 bytes; CIFAR-10 has 10000 records there (`make data`");
    run_quietly("cp kept cifar/data_batch_3.bin; printf '\\012' | dd of=cifar/data_batch_3.bin "
                "bs=1 seek=$((77*3073)) conv=notrunc 2>/dev/null");
    expect_refused("cifar", cifar, "data_batch_3.bin: record 77 at offset 236621: label 10, 0 to 9 "
                   "expected");
    run_quietly("rm cifar/data_batch_3.bin");
    expect_refused("cifar", cifar, "data_batch_3.bin: cannot be opened: No such file");
    run_quietly("mkdir cifar/data_batch_3.bin");
    expect_refused("cifar", cifar, "data_batch_3.bin: cannot be read: Is a directory");
}

/* ---- CIFAR-100, MNIST ---- */

/* Records of a coarse label r % 20, a fine one r % 100 and pixels (seed + r + k) % 256. */
static void write_cifar100(const char *name, int records, int seed)
{
    size_t size = (size_t)PIXELS + 2;
    unsigned char *bytes = malloc((size_t)records*size);
    for (int r = 0; r < records; r++) {
        bytes[(size_t)r*size] = (unsigned char)(r % 20);
        bytes[(size_t)r*size + 1] = (unsigned char)(r % 100);
        for (int k = 0; k < PIXELS; k++)
            bytes[(size_t)r*size + 2 + (size_t)k] = (unsigned char)(seed + r + k);
    }
    write_bytes(name, bytes, (size_t)records*size);
    free(bytes);
}

Test(cifar, with_100_classes_takes_the_fine_labels, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = cifar;
    char err[ERR_SIZE];
    o.classes = 100;
    run_quietly("mkdir hundred");
    write_cifar100("hundred/train.bin", 50000, 3);
    write_cifar100("hundred/test.bin", 10000, 5);
    cr_assert(open_dir(&d, "hundred", o, err), "%s", err);
    cr_expect(d.train.count == 49000 && d.val.count == 1000 && d.test.count == 1000);
    cr_expect_eq(d.train.labels[12345], 45);
    cr_expect_eq(d.train.bytes[12345*(size_t)PIXELS + 7], (unsigned char)(3 + 12345 + 7));
    cr_expect_eq(d.val.labels[1], 1);
    cr_expect_eq(d.test.bytes[0], 5);
    dataset_close(&d);
    expect_refused("hundred", cifar, "CIFAR-100 has 100 classes, the network 10");
    o.classes = 20;
    expect_refused("hundred", o, "100 classes, the network 20; --coarse takes its 20 coarse");
    o.coarse = true;
    cr_assert(open_dir(&d, "hundred", o, err), "%s", err);
    cr_expect(d.coarse && d.train.labels[12345] == 5 && d.val.labels[1] == 1);
    dataset_close(&d);
    o.classes = 100;
    expect_refused("hundred", o, "CIFAR-100 has 20 classes, the network 100");
    o.coarse = false;
    run_quietly("truncate -s -1 hundred/test.bin");
    expect_refused("hundred", o, "test.bin: short: record 9999 at offset 30736926 has 3073 of "
                   "3074 bytes; CIFAR-100 has 10000 records there");
}

static const struct data_options mnist = { .c = 1, .h = 3, .w = 4, .classes = 10,
    .train_samples = -1, .val_samples = 2, .test_samples = -1, .seed = 1 };

/* `count` images of 3x4, pixel k of image i is i + k, label i % 10. */
static void write_idx(const char *images, const char *labels, unsigned char count)
{
    unsigned char x[16 + 12*40] = { 0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 3, 0, 0, 0, 4 };
    unsigned char y[8 + 40] = { 0, 0, 8, 1, 0, 0, 0, count };
    for (int i = 0; i < count; i++) {
        y[8 + i] = (unsigned char)(i % 10);
        for (int k = 0; k < 12; k++)
            x[16 + 12*i + k] = (unsigned char)(i + k);
    }
    write_bytes(images, x, 16 + 12*(size_t)count);
    write_bytes(labels, y, 8 + (size_t)count);
}

Test(mnist, is_read_from_idx_files, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    run_quietly("mkdir mnist");
    write_idx("mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte", 20);
    write_idx("mnist/t10k-images.idx3-ubyte", "mnist/t10k-labels.idx1-ubyte", 7);
    cr_assert(open_dir(&d, "mnist", mnist, err), "%s", err);
    cr_expect(d.train.count == 18 && d.val.count == 2 && d.test.count == 7);
    cr_expect(d.train.c == 1 && d.train.h == 3 && d.train.w == 4);
    cr_expect_eq(d.train.bytes[12*5 + 3], 8);
    cr_expect_eq(d.val.bytes[0], 18);
    cr_expect_eq(d.val.labels[1], 9);
    cr_expect_eq(d.test.labels[6], 6);
    dataset_close(&d);
}

/* Pixel 0 of image k is k: write_idx. */
Test(mnist, drawn_validation_images_are_set_apart_once_and_keep_their_order, .fini = shell_clean)
{
    struct dataset d, again;
    struct data_options o = mnist;
    char err[ERR_SIZE] = "";
    int seen[20] = { 0 };
    run_quietly("mkdir mnist");
    write_idx("mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte", 20);
    write_idx("mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte", 7);
    o.val_samples = 8;
    o.val_shuffle = true;
    cr_assert(open_dir(&d, "mnist", o, err), "%s", err);
    cr_expect(d.val_cut && d.val_drawn && d.train.count == 12 && d.val.count == 8);
    cr_expect_eq(d.fit.count, 12);
    for (size_t k = 0; k < 20; k++) {
        const struct images *set = k < 12 ? &d.train : &d.val;
        const size_t at = k < 12 ? k : k - 12;
        const int image = set->bytes[12*at];
        cr_assert(image < 20);
        cr_expect_eq(set->labels[at], image % 10);
        cr_expect(at == 0 || image > set->bytes[12*(at - 1)]);
        seen[image]++;
    }
    for (int k = 0; k < 20; k++)
        cr_expect_eq(seen[k], 1);
    cr_expect_neq(d.val.bytes[0], 12);      /* the tail's first */
    o.val_shuffle = false;
    o.val_samples = -1;
    o.drawn = 8;
    o.drawn_of = 20;                        /* as a parameter file says */
    cr_assert(open_dir(&again, "mnist", o, err), "%s", err);
    cr_expect(again.val_drawn && again.val.count == 8);
    cr_expect_arr_eq(again.val.bytes, d.val.bytes, 8*12);
    dataset_close(&d);
    dataset_close(&again);
}

Test(mnist, damage_names_file_and_sizes, .fini = shell_clean)
{
    struct data_options o = mnist;
    run_quietly("mkdir mnist");
    write_idx("mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte", 20);
    write_idx("mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte", 7);
    o.h = 28;
    expect_refused("mnist", o, "images are 1x3x4, the network takes 1x28x4");
    o = mnist;
    o.classes = 9;
    expect_refused("mnist", o, "label 9 at offset 17; the network has 9 classes, labels 0 to 8");
    o = mnist;
    o.val_samples = 20;
    expect_refused("mnist", o, "has 20 images to train and validate");
    run_quietly("truncate -s -1 mnist/t10k-images-idx3-ubyte");
    expect_refused("mnist", mnist, "short: 83 bytes after the header of 16, 84 expected");
    write_idx("mnist/t10k-images-idx3-ubyte", "mnist/other", 7);
    write_idx("mnist/other", "mnist/t10k-labels-idx1-ubyte", 8);
    expect_refused("mnist", mnist, "8 labels of 7 images");
    run_quietly("cp mnist/t10k-images-idx3-ubyte mnist/t10k-labels-idx1-ubyte");
    expect_refused("mnist", mnist, "00 00 08 01");
    run_quietly("printf '\\037\\213xx' > mnist/t10k-labels-idx1-ubyte");
    expect_refused("mnist", mnist, "short: its compressed data from offset 0 on is cut off at 4");
}

Test(cifar, another_shape_or_class_count_is_refused, .fini = shell_clean)
{
    struct data_options o = cifar;
    run_quietly("mkdir cifar && cd cifar && truncate -s 30730000 data_batch_1.bin data_batch_2.bin "
                "data_batch_3.bin data_batch_4.bin data_batch_5.bin test_batch.bin");
    o.h = 16;
    expect_refused("cifar", o, "3x32x32, the network takes 3x16x32");
    o = cifar;
    o.classes = 7;
    expect_refused("cifar", o, "10 classes, the network 7");
}

Test(cifar, more_samples_than_there_are_is_refused, .fini = shell_clean)
{
    struct data_options o = cifar;
    make_archive();
    o.train_samples = 49001;
    expect_refused("cifar", o, "--train-samples 49001: the data has 49000");
    o = cifar;
    o.val_samples = 50000;
    expect_refused("cifar", o, "--val-samples 50000");
    o = cifar;
    o.test_samples = 10001;
    expect_refused("cifar", o, "--test-samples 10001: the data has 10000");
}

Test(data, a_directory_that_is_none_or_empty_is_refused, .fini = shell_clean)
{
    write_text("file", "");
    run_quietly("mkdir empty");
    expect_refused("absent", cifar, "No such file");
    expect_refused("file", cifar, "is no directory");
    expect_refused("empty", cifar, "holds none of CIFAR-10's");
}

Test(data, the_variable_is_followed_and_must_not_dangle, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    setenv("LATHE_DATA", in_dir("absent"), 1);
    cr_expect_not(dataset_open(&d, &cifar, err));
    cr_expect(strstr(err, "absent") && strstr(err, "$LATHE_DATA"), "%s", err);
    run_quietly("mkdir here; : > here/data_batch_1.bin");
    setenv("LATHE_DATA", in_dir("here"), 1);
    cr_expect_not(dataset_open(&d, &cifar, err));
    cr_expect(strstr(err, "data_batch_1.bin: short: record 0 at offset 0 has 0 of"), "%s", err);
    unsetenv("LATHE_DATA");
}

Test(data, without_any_the_synthetic_set_is_taken, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = { .c = 2, .h = 9, .w = 12, .classes = 7, .train_samples = 30,
                              .val_samples = 20, .test_samples = 10, .seed = 1 };
    char err[ERR_SIZE];
    unsetenv("LATHE_DATA");
    cr_assert_eq(chdir(shell_dir()), 0);
    cr_assert(dataset_open(&d, &o, err), "%s", err);
    cr_expect(strstr(d.source, "synthetic"), "%s", d.source);
    cr_expect(d.train.count == 30 && d.val.count == 20 && d.test.count == 10);
    for (size_t k = 0; k < 30; k++)
        cr_expect_eq(d.train.labels[k], (int)(k % 7));
    dataset_close(&d);
}

Test(data, synthetic_images_are_a_function_of_their_index)
{
    enum { SIZE = 3*16*16 };
    uint8_t a[SIZE], b[SIZE], other[SIZE];
    synthetic_draw(a, 3, 16, 16, 10, 1234);
    synthetic_draw(b, 3, 16, 16, 10, 1234);
    synthetic_draw(other, 3, 16, 16, 10, 1244);
    cr_expect_arr_eq(a, b, SIZE);
    cr_expect_arr_neq(a, other, SIZE);
}

/* The bytes must be the same on every machine: their checksum is known. */
Test(data, synthetic_images_are_the_same_everywhere)
{
    enum { SIZE = 3*32*32 };
    uint8_t image[SIZE];
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t index = 0; index < 40; index++) {
        synthetic_draw(image, 3, 32, 32, 23, index);
        for (int k = 0; k < SIZE; k++)
            hash = (hash ^ image[k])*0x100000001b3u;
    }
    cr_expect_eq(hash, UINT64_C(0x21d0422af7c6db72), "%llx", (unsigned long long)hash);
}

static void write_arrays(const char *part, enum npy_type xt, const void *x, enum npy_type yt,
                         const void *y, size_t n)
{
    const size_t dim[] = { n, 2, 1, 3 };
    char name[64], err[ERR_SIZE];
    snprintf(name, sizeof name, "x_%s.npy", part);
    cr_assert(npy_write(in_dir(name), xt, dim, 4, x, err), "%s", err);
    snprintf(name, sizeof name, "y_%s.npy", part);
    cr_assert(npy_write(in_dir(name), yt, &n, 1, y, err), "%s", err);
}

static const struct data_options small = { .c = 2, .h = 1, .w = 3, .classes = 4,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };

Test(data, numpy_arrays_are_read_in_every_type, .fini = shell_clean)
{
    static const double x8[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.5 };
    static const uint8_t x1[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255 }, y1[2] = { 3, 0 };
    static const int64_t y8[2] = { 3, 1 };
    static const int32_t y4[2] = { 2, 1 };
    struct dataset d;
    char err[ERR_SIZE];
    write_arrays("train", NPY_F8, x8, NPY_I8, y8, 2);
    write_arrays("val", NPY_U1, x1, NPY_U1, y1, 2);
    cr_assert(open_dir(&d, "", small, err), "%s", err);
    cr_expect(d.train.count == 2 && d.val.count == 2 && d.test.count == 0);
    cr_expect_eq(d.train.values[11], (real)11.5);
    cr_expect_eq(d.val.bytes[11], 255);
    cr_expect(d.train.labels[0] == 3 && d.train.labels[1] == 1 && d.val.labels[0] == 3);
    dataset_close(&d);
    write_arrays("test", NPY_U1, x1, NPY_I4, y4, 2);
    cr_assert(open_dir(&d, "", small, err), "%s", err);
    cr_expect(d.test.count == 2 && d.test.labels[0] == 2);
    dataset_close(&d);
}

Test(data, numpy_arrays_of_another_shape_type_or_label_are_refused, .fini = shell_clean)
{
    static const float x[12];
    static const int32_t y[2] = { 0, 4 }, good[2], negative[2] = { -1, 0 };
    write_arrays("train", NPY_F4, x, NPY_I4, good, 2);
    write_arrays("val", NPY_F4, x, NPY_I4, y, 2);
    expect_refused("", small, "y_val.npy: label 4 at index 1; the network has classes 0 to 3");
    write_arrays("val", NPY_F4, x, NPY_I4, negative, 2);
    expect_refused("", small, "y_val.npy: label -1 at index 0");
    write_arrays("val", NPY_F4, x, NPY_F4, x, 2);
    expect_refused("", small, "y_val.npy: labels are integers, not reals; in Python: ");
    write_arrays("val", NPY_I4, x, NPY_I4, good, 2);
    expect_refused("", small, "x_val.npy: integers");
    write_arrays("val", NPY_F4, x, NPY_I4, good, 1);
    run_quietly("cp y_train.npy y_val.npy");
    expect_refused("", small, "one label for each of 1 images");
    struct data_options o = small;
    o.w = 4;
    expect_refused("", o, "x_train.npy: shape (2, 2, 1, 3), rank 4; the network takes "
                   "(n, 2, 1, 4)");
    const size_t flat[] = { 2, 6 };
    char err[ERR_SIZE];
    cr_assert(npy_write(in_dir("x_train.npy"), NPY_F4, flat, 2, x, err), "%s", err);
    expect_refused("", small, "x_train.npy: shape (2, 6), rank 2; the network takes (n, 2, 1, 3)");
    write_arrays("train", NPY_F4, x, NPY_I4, good, 0);
    write_arrays("val", NPY_F4, x, NPY_I4, good, 2);
    expect_refused("", small, "x_train.npy: holds no images");
}

/* ---- images larger than the network's input ---- */

Test(data, larger_images_are_taken_where_windows_are_asked_for, .fini = shell_clean)
{
    static const uint8_t x[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, y[2] = { 3, 0 };
    struct data_options o = small;      /* of 2x1x3 */
    struct dataset d;
    char err[ERR_SIZE];
    write_arrays("train", NPY_U1, x, NPY_U1, y, 2);
    write_arrays("val", NPY_U1, x, NPY_U1, y, 2);
    o.w = 2;
    expect_refused("", o, "the network takes (n, 2, 1, 2); add `crop` to take windows of them");
    o.crop = true;
    cr_assert(open_dir(&d, "", o, err), "%s", err);
    cr_expect(d.crop && d.w == 2 && d.train.w == 3 && d.val.w == 3 && d.test.w == 3);
    cr_expect(d.fit.w == 3 && d.train.bytes[11] == 11);
    dataset_close(&d);
}

Test(data, smaller_images_and_other_channels_are_refused_with_crop_too, .fini = shell_clean)
{
    static const uint8_t x[12], y[2];
    struct data_options o = small;
    write_arrays("train", NPY_U1, x, NPY_U1, y, 2);
    write_arrays("val", NPY_U1, x, NPY_U1, y, 2);
    for (int crop = 0; crop < 2; crop++) {
        const char *words = crop ? "(n, 2, 1, 4), or larger images" : "takes (n, 2, 1, 4)";
        o = small;
        o.crop = crop;
        o.w = 4;
        expect_refused("", o, words);
        o = small;
        o.crop = crop;
        o.w = 2;
        o.h = 2;        /* wider, but not as high */
        expect_refused("", o, crop ? "(n, 2, 2, 2), or larger images" : "takes (n, 2, 2, 2)");
        o = small;
        o.crop = crop;
        o.c = 1;
        expect_refused("", o, "takes (n, 1, 1, 3)");
    }
}

Test(data, sets_of_different_sizes_are_refused, .fini = shell_clean)
{
    static const uint8_t x[12], y[2];
    struct data_options o = small;
    const size_t dim[] = { 2, 2, 1, 2 };
    char err[ERR_SIZE];
    o.w = 1;
    o.crop = true;
    write_arrays("train", NPY_U1, x, NPY_U1, y, 2);
    write_arrays("val", NPY_U1, x, NPY_U1, y, 2);
    cr_assert(npy_write(in_dir("x_val.npy"), NPY_U1, dim, 4, x, err), "%s", err);
    expect_refused("", o, "x_val.npy: images of 1x2; the training images are 1x3");
}

Test(mnist, larger_than_the_input_is_taken_where_windows_are_asked_for, .fini = shell_clean)
{
    struct data_options o = mnist;      /* of 3x4 */
    struct dataset d;
    char err[ERR_SIZE];
    run_quietly("mkdir mnist");
    write_idx("mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte", 20);
    write_idx("mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte", 7);
    o.h = 2;
    expect_refused("mnist", o, "images are 1x3x4, the network takes 1x2x4; add `crop`");
    o.crop = true;
    cr_assert(open_dir(&d, "mnist", o, err), "%s", err);
    cr_expect(d.train.h == 3 && d.val.h == 3 && d.test.h == 3);
    cr_expect_eq(d.val.bytes[0], 18);
    dataset_close(&d);
}

/* A network of 100 classes has CIFAR-100's records: the second label counts. */
Test(images, of_cifar_100_have_two_labels, .fini = shell_clean)
{
    enum { SIZE = 2 + 3*32*32 };
    static unsigned char records[2*SIZE];
    char err[ERR_SIZE], path[128];
    struct image_file f;
    struct image image;
    for (int k = 0; k < 2; k++) {
        records[k*SIZE] = 19;
        records[k*SIZE + 1] = (unsigned char)(98 + k);
        records[k*SIZE + 2] = (unsigned char)(7 + k);
    }
    write_bytes("records", records, sizeof records);
    snprintf(path, sizeof path, "%s/records", shell_dir());
    cr_assert(image_open(&f, path, 100, err), "%s", err);
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(image_next(&f, &image, err), IMAGE_GOOD, "%s", err);
        cr_expect(image.label == 98 + k && image.values[0] == (real)(7 + k) && image.c == 3);
        image_free(&image);
    }
    cr_expect_eq(image_next(&f, &image, err), IMAGE_END);
    image_close(&f);
}
