/*
** test_arrays.c - data that comes from elsewhere: arrays of other shapes and the line of numpy that
** mends them, folders of archives and compressed files, own files in CIFAR's format, and what lies
** in a file's place when it was not fetched.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/arrays.h"
#include "data/data.h"
#include "data/param_file.h"
#include "file/foreign.h"
#include "file/image.h"
#include "support/linear_model.h"
#include "support/shell.h"
#include "train/checkpoint.h"
#include "train/search.h"

/* ---- shapes ---- */

static const struct data_options grey = { .c = 1, .h = 8, .w = 9, .classes = 10 };
static const struct data_options colour = { .c = 3, .h = 8, .w = 9, .classes = 10 };
static const struct data_options windows = { .c = 3, .h = 8, .w = 9, .classes = 10, .crop = true };

/* A shape, and what makes it the network's ("": nobody knows). */
static const struct { const struct data_options *o; int rank; size_t dim[4]; const char *made; }
shapes[] = {
    { &colour, 4, { 8, 9, 3, 5 }, "numpy.save(f, x.transpose(3, 2, 0, 1))" },
    { &colour, 3, { 3, 8, 9 }, "numpy.save(f, x[None])" },
    { &colour, 3, { 8, 9, 3 }, "numpy.save(f, x.transpose(2, 0, 1)[None])" },
    { &grey, 2, { 8, 9 }, "numpy.save(f, x[None, None])" },
    { &grey, 2, { 5, 72 }, "numpy.save(f, x.reshape(-1, 1, 8, 9))" },
    { &grey, 1, { 72 }, "numpy.save(f, x.reshape(-1, 1, 8, 9))" },
    { &colour, 2, { 5, 216 }, "; x.reshape(-1, 3, 8, 9) where a row holds a channel after the other"
      ", x.reshape(-1, 8, 9, 3).transpose(0, 3, 1, 2) where it holds pixels" },
    { &colour, 3, { 5, 8, 9 }, "" }, { &colour, 4, { 5, 9, 8, 3 }, "" },
    { &colour, 4, { 5, 1, 8, 9 }, "" }, { &grey, 2, { 5, 71 }, "" }, { &colour, 1, { 5 }, "" },
    { &grey, 4, { 5, 3, 8, 9 }, "" }, { &grey, 0, { 0 }, "" },
};

Test(arrays, of_images_whose_shape_says_what_they_are_are_mended_by_one_line)
{
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct npy x = { .type = NPY_F4, .rank = shapes[k].rank, .count = 1 };
        char err[ERR_SIZE] = "";
        memcpy(x.dim, shapes[k].dim, sizeof shapes[k].dim);
        cr_expect_not(arrays_images(&x, "d/x_train.npy", shapes[k].o, err));
        cr_expect(strstr(err, "d/x_train.npy: shape ("), "%s", err);
        const char *line = strstr(err, "; in Python: ");
        if (!*shapes[k].made)
            cr_expect(!line && !strstr(err, "reshape"), "%s", err);
        else
            cr_expect(strstr(err, shapes[k].made), "no \"%s\" in: %s", shapes[k].made, err);
        cr_expect(!line || strstr(line, "import numpy; f = \"d/x_train.npy\"; x = numpy.load(f); "),
                  "%s", err);
    }
}

Test(arrays, have_their_path_as_python_writes_it_or_no_line_at_all)
{
    struct npy x = { .type = NPY_F4, .rank = 2, .dim = { 5, 72 }, .count = 360 };
    char err[ERR_SIZE] = "", path[ERR_SIZE/2];
    cr_expect_not(arrays_images(&x, "a \"b\\c/x.npy", &grey, err));
    cr_expect(strstr(err, "; f = \"a \\\"b\\\\c/x.npy\"; x"), "%s", err);
    memset(path, 'p', sizeof path);
    path[1023] = '\0';                  /* as long as a path in a folder may be */
    cr_expect_not(arrays_images(&x, path, &grey, err));
    cr_expect(strstr(err, "numpy.save(f, x.reshape(-1, 1, 8, 9))"), "%s", err);
    path[1023] = 'p';
    path[sizeof path - 1] = '\0';
    cr_expect_not(arrays_images(&x, path, &grey, err));
    cr_expect(!strstr(err, "Python") && strstr(err, "takes (n, 1, 8, 9)"), "%s", err);
    char quotes[3000] = "";                 /* which take twice the room */
    memset(quotes, '"', sizeof quotes - 1);
    cr_expect_not(arrays_images(&x, quotes, &grey, err));
    cr_expect(!strstr(err, "Python") && strstr(err, "takes (n, 1, 8, 9)"), "%s", err);
    x.archive = strlen("d \"e/a.npz");
    cr_expect_not(arrays_images(&x, "d \"e/a.npz: x_train", &grey, err));
    cr_expect(strstr(err, "; in Python: import numpy; f = \"d \\\"e/a.npz\"; a = "
                     "dict(numpy.load(f)); x = a[\"x_train\"]; a[\"x_train\"] = "
                     "x.reshape(-1, 1, 8, 9); numpy.savez(f, **a)"), "%s", err);
}

/* Pixel (y, x) of channel c of image n is 1000n + 100c + 10y + x. */
Test(arrays, of_images_without_channels_or_with_channels_last_are_taken)
{
    enum { N = 2, C = 3, H = 8, W = 9, SIZE = N*C*H*W };
    static float values[SIZE];
    char err[ERR_SIZE] = "";
    for (int k = 0; k < SIZE; k++)
        values[k] = (float)(1000*(k/(H*W*C)) + 100*(k % C) + 10*(k/(W*C) % H) + k/C % W);
    struct npy x = { .type = NPY_F4, .rank = 4, .dim = { N, H, W, C }, .count = SIZE,
                     .data = values };
    cr_assert(arrays_images(&x, "x.npy", &colour, err), "%s", err);
    cr_expect(x.rank == 4 && x.dim[0] == N && x.dim[1] == C && x.dim[2] == H && x.dim[3] == W);
    for (int k = 0; k < SIZE; k++)
        cr_expect_eq(values[k], (float)(1000*(k/(H*W*C)) + 100*(k/(H*W) % C) + 10*(k/W % H)
                                        + k % W));
    const float first = values[W];
    struct npy flat = { .type = NPY_F4, .rank = 3, .dim = { N*C, H, W }, .count = SIZE,
                        .data = values };
    cr_assert(arrays_images(&flat, "x.npy", &grey, err), "%s", err);
    cr_expect(flat.rank == 4 && flat.dim[0] == N*C && flat.dim[1] == 1 && flat.dim[3] == W);
    cr_expect(values[W] == first);
    struct npy wide = { .type = NPY_U1, .rank = 4, .dim = { 0, 20, 30, 3 } };
    cr_assert(arrays_images(&wide, "x.npy", &windows, err), "%s", err);
    cr_expect(wide.dim[1] == 3 && wide.dim[2] == 20 && wide.dim[3] == 30);
}

Test(arrays, of_sides_that_no_network_has_are_refused_for_that)
{
    const struct data_options crop = { .c = 1, .h = 8, .w = 9, .crop = true };
    const size_t side = 1 << 24;
    cr_expect_null(dataset_misfit(&crop, 1, side, 9));
    cr_expect_str_eq(dataset_misfit(&crop, 1, side + 1, 9),
                     "; sides of more than 16777216 pixels are not read");
    cr_expect_str_eq(dataset_misfit(&crop, 1, 8, side + 1),
                     "; sides of more than 16777216 pixels are not read");
}

Test(arrays, of_integers_are_no_images_until_they_are_converted)
{
    struct npy x = { .type = NPY_I8, .rank = 4, .dim = { 5, 1, 8, 9 }, .count = 360 };
    char err[ERR_SIZE] = "";
    cr_expect_not(arrays_images(&x, "x.npy", &grey, err));
    cr_expect(strstr(err, "integers; images are u1, f2, f4 or f8"), "%s", err);
    cr_expect(strstr(err, "numpy.save(f, x.astype(\"float32\"))"), "%s", err);
}

/* ---- labels ---- */

enum { LABELS = 6 };

static bool read_labels(enum npy_type type, int rank, size_t d0, size_t d1, const void *data,
                        int32_t *out, char *err)
{
    struct npy y = { .type = type, .rank = rank, .dim = { d0, d1 }, .count = rank == 1 ? d0 : d0*d1,
                     .data = (void *)data };
    return arrays_labels(&y, "y.npy", LABELS, 4, out, err);
}

Test(arrays, of_labels_may_be_a_column)
{
    static const int64_t y[LABELS] = { 0, 1, 2, 3, 0, 3 };
    int32_t out[LABELS];
    char err[ERR_SIZE] = "";
    for (int rank = 1; rank <= 2; rank++) {
        memset(out, 255, sizeof out);
        cr_assert(read_labels(NPY_I8, rank, LABELS, 1, y, out, err), "%s", err);
        for (int k = 0; k < LABELS; k++)
            cr_expect_eq(out[k], y[k]);
    }
}

static void expect_labels(enum npy_type type, int rank, size_t d0, size_t d1, const void *data,
                          const char *words, const char *made)
{
    int32_t out[LABELS];
    char err[ERR_SIZE] = "";
    cr_expect_not(read_labels(type, rank, d0, d1, data, out, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
    const char *line = strstr(err, "; in Python: import numpy; f = \"y.npy\"; y = numpy.load(f); ");
    cr_expect(made ? line && strstr(line, made) : !line, "not \"%s\" in: %s",
              made ? made : "no line", err);
}

Test(arrays, of_labels_in_other_forms_are_mended_by_one_line)
{
    static const int64_t zeros[4*LABELS], one[LABELS] = { 1, 4, 2, 3, 1, 1 },
                         both[LABELS] = { 0, 4, 2, 3, 1, 1 }, far[LABELS] = { 1, 5, 2, 3, 1, 1 };
    static const float whole[LABELS] = { 0, 3, 2, 1, 0, 0 }, half[LABELS] = { 0, 1, 0.5f, 1, 0, 0 };
    static const uint8_t bytes[LABELS] = { 1, 2, 3, 4, 1, 1 };
    expect_labels(NPY_I8, 2, LABELS, 4, zeros, "shape (6, 4): 24 values, rank 2; one label for "
                  "each of 6 images expected", "numpy.save(f, y.argmax(1))");
    expect_labels(NPY_F4, 2, LABELS, 4, zeros, "shape (6, 4)", "y.argmax(1))");
    expect_labels(NPY_I8, 2, 4, LABELS, zeros, "shape (4, 6)", "y.argmax(0))");
    expect_labels(NPY_I8, 2, 1, LABELS, zeros, "shape (1, 6)", "y.reshape(-1))");
    expect_labels(NPY_I8, 2, LABELS, 3, zeros, "shape (6, 3)", NULL);
    expect_labels(NPY_I8, 2, 2, 3, zeros, "shape (2, 3)", NULL);
    expect_labels(NPY_I8, 1, 5, 0, zeros, "shape (5,): 5 values", NULL);
    expect_labels(NPY_F4, 1, LABELS, 0, whole, "labels are integers, not reals",
                  "y.astype(\"int64\"))");
    expect_labels(NPY_F4, 2, LABELS, 1, whole, "not reals", "y.astype(\"int64\"))");
    expect_labels(NPY_F4, 1, LABELS, 0, half, "0.5 at index 2 is no whole number", NULL);
    expect_labels(NPY_I8, 1, LABELS, 0, one, "label 4 at index 1; the network has classes 0 to 3, "
                  "and these labels count from 1", "numpy.save(f, y - 1)");
    expect_labels(NPY_U1, 1, LABELS, 0, bytes, "count from 1", "y - 1)");
    expect_labels(NPY_I8, 1, LABELS, 0, both, "label 4 at index 1; the network has", NULL);
    expect_labels(NPY_I8, 1, LABELS, 0, far, "label 5 at index 1; the network has", NULL);
}

/* ---- folders ---- */

static const struct data_options any = { .c = 1, .h = 3, .w = 4, .classes = 10,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };
static const struct data_options cifar = { .c = 3, .h = 32, .w = 32, .classes = 10,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };

/* %s in the words: the test's directory. */
static void expect_refused(const char *name, struct data_options o, const char *words)
{
    struct dataset d;
    char err[ERR_SIZE] = "", whole[ERR_SIZE], path[1024];
    snprintf(path, sizeof path, "%s", in_dir(name));
    o.dir = path;
    cr_expect_not(dataset_open(&d, &o, err), "%s", name);
    int n = 0;
    for (const char *s = words; *s; s++)
        n += snprintf(whole + n, sizeof whole - (size_t)n, *s == '%' ? "%s" : "%.1s",
                      *s == '%' ? shell_dir() : s);
    cr_expect(strstr(err, whole), "no \"%s\" in: %s", whole, err);
}

/* What a folder holds, and what is said of it. */
static const struct { const char *holds, *words; } folders[] = {
    { "train-images.idx3-ubyte.gz", "train-images.idx3-ubyte.gz: is no IDX file" },
    { "t10k-labels-idx1-ubyte.gz", "holds none of CIFAR-10's binary files" },
    { "cifar-10-binary.tar.gz", "is an archive: `tar xzf %/f/cifar-10-binary.tar.gz -C %/f`" },
    { "cifar-100-binary.tar.gz", "`tar xzf %/f/cifar-100-binary.tar.gz -C %/f`" },
    { "raw/", "f/raw is a folder of its own: --data %/f/raw" },
    { "MNIST/raw/", "f/MNIST/raw is a folder of its own: --data %/f/MNIST/raw" },
    { "data_batch_1 test_batch batches.meta", "--data %/f reads it after `cd %/f && python3 -c" },
    { "cifar-10-batches-py/", "f/cifar-10-batches-py reads it after `cd %/f/cifar-10-batches-py " },
    { "cifar-100-python/", "f/cifar-100-python reads it after `cd %/f/cifar-100-python &&" },
    { "cifar-10-python.tar.gz", "is CIFAR for Python; from where it is, the binary version" },
    { "emnist-letters-train-images-idx3-ubyte emnist-digits-train-images-idx3-ubyte.gz",
      "f: holds several sets, as emnist-letters-train-images-idx3-ubyte and "
      "emnist-digits-train-images-idx3-ubyte.gz: --data takes the training images of one: --data "
      "%/f/emnist-letters-train-images-idx3-ubyte" },
    { "x_train.npy.gz", "is compressed: `gunzip %/f/*.gz`" },
    { "mnist.npz", "mnist.npz: is no zip archive, as .npz files are" },
    { "mnist.npz b.npz", "f: holds several .npz, as b.npz and mnist.npz: --data takes one of "
      "them: --data %/f/b.npz" },
    { "a.zip b.zip", "f/a.zip is an archive: `unzip %/f/a.zip -d %/f`" },
    { "it's.zip", "`unzip '%/f/it'\\''s.zip' -d %/f`" },
    { "notes.txt", "holds none of CIFAR-10's binary files" },
    { "a/ a/notes.txt", "holds none of CIFAR-10's binary files" },
    { "x_train.npz y_train.npz", "f/x_train.npz: is no zip archive, as .npz files are" },
    { "train/ train/a/ train/b/ train/c/ train/d/ train/e/ train/f/ train/g/ train/h/ train/i/ "
      "val/ val/x/ train/a/1 train/b/1 train/c/1 train/d/1 train/e/1 train/f/1 train/g/1 train/h/1 "
      "train/i/1", "f/val/x: no class of this name is in train, whose folders are the classes (a, "
      "b, c, d, e, f, g, h, ...): rename it, or remove it" },
};

Test(folders, of_archives_are_told_what_to_do, .fini = shell_clean)
{
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        struct run r = shell("rm -rf f && mkdir f && cd f && for n in %s; do case $n in */) "
                             "mkdir -p $n;; *) : > $n;; esac; done",
                             strchr(folders[k].holds, '\'') ? "\"it's.zip\"" : folders[k].holds);
        cr_assert(r.status == 0, "%s", r.output);
        run_free(&r);
        expect_refused("f", any, folders[k].words);
    }
    sure(": > cifar-10-binary.tar.gz");
    expect_refused("cifar-10-binary.tar.gz", any, "`tar xzf %/cifar-10-binary.tar.gz -C %`; --data "
                   "takes the folder");
}

Test(folders, that_are_unpacked_in_part_are_told_of_the_rest, .fini = shell_clean)
{
    static const unsigned char x[16 + 12] = { 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 4 };
    sure("mkdir f");
    write_bytes("f/train-images-idx3-ubyte", x, sizeof x);
    expect_refused("f", any, "f/train-labels-idx1-ubyte: cannot be opened: No such file");
    sure(": > f/train-labels-idx1-ubyte");
    expect_refused("f", any, "train-labels-idx1-ubyte: is no IDX file");
    sure("rm f/*; : > f/x_train.npy; : > f/x_train.npy.gz");
    expect_refused("f", any, "x_train.npy: no .npy file");
    sure("rm f/*; mkdir g; : > g/data_batch_1.bin.gz; : > g/test_batch.bin");
    expect_refused("g", cifar, "`gunzip %/g/data_batch_1.bin.gz`");
}

Test(folders, with_paths_too_long_to_be_read_are_refused_for_that, .fini = shell_clean)
{
    sure("d=$(printf '%0200d' 0); mkdir -p f/$d/$d/$d/$d/$d && "
         "mv f/$d f/a && mv f/a/$d f/a/b && touch f/a/b/$d/$d/$d/x_train.npy");
    char path[1024];
    int n = snprintf(path, sizeof path, "f/a/b/");
    for (int k = 0; k < 3; k++)
        n += snprintf(path + n, sizeof path - (size_t)n, "%0200d/", 0);
    while (n < 1000)                    /* the same folder */
        n += snprintf(path + n, sizeof path - (size_t)n, "./");
    expect_refused(path, any, "bytes, up to 960 are read: begin nearer to it");
}

/* ---- own files in CIFAR's format ---- */

/* `records` of one label, r % 3, and pixels r. */
static void write_records(const char *name, int labels, int records)
{
    const size_t size = (size_t)labels + 3072;
    unsigned char *bytes = malloc((size_t)records*size);
    for (int r = 0; r < records; r++) {
        memset(bytes + (size_t)r*size, r, size);
        memset(bytes + (size_t)r*size, r % 3, (size_t)labels);
        if (labels == 2)
            bytes[(size_t)r*size + 1] = (unsigned char)(r % 7);
    }
    write_bytes(name, bytes, (size_t)records*size);
    free(bytes);
}

static void open_own(struct dataset *d, const char *name, struct data_options o)
{
    char err[ERR_SIZE] = "", path[1024];
    snprintf(path, sizeof path, "%s", in_dir(name));
    o.dir = path;
    cr_assert(dataset_open(d, &o, err), "%s", err);
}

Test(cifar, of_ones_own_has_any_number_of_files_images_and_classes, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = cifar;
    o.classes = 3;
    o.val_samples = 4;
    sure("mkdir own");
    write_records("own/data_batch_1.bin", 1, 7);
    open_own(&d, "own", o);
    cr_expect(d.train.count == 3 && d.val.count == 4 && d.test.count == 0 && !*d.note);
    dataset_close(&d);
    write_records("own/data_batch_2.bin", 1, 60);
    write_records("own/test_batch.bin", 1, 5);
    write_text("own/batches.meta.txt", "a\nb\nc\n");
    open_own(&d, "own", o);
    cr_expect(d.train.count == 63 && d.val.count == 4 && d.test.count == 5);
    cr_expect(d.train.labels[8] == 1 && d.train.bytes[8*3072] == 1);    /* record 1 of file 2 */
    cr_expect(d.test.labels[4] == 1 && d.test.bytes[4*3072 + 3071] == 4);
    cr_expect_str_eq(d.class_names[2], "c");
    dataset_close(&d);
    o.classes = 2;
    expect_refused("own", o, "data_batch_1.bin: record 2 at offset 6146: label 2, 0 to 1 expected");
    write_records("own/data_batch_4.bin", 1, 1);
    expect_refused("own", cifar, "data_batch_3.bin: cannot be opened: No such file or directory; "
                   "CIFAR-10 is data_batch_1.bin to data_batch_5.bin and test_batch.bin");
    sure("rm own/data_batch_[14].bin");
    expect_refused("own", cifar, "data_batch_1.bin: cannot be opened: No such file or directory");
}

Test(cifar, of_ones_own_with_two_labels_has_either_count, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = cifar;
    o.val_samples = 0;
    sure("mkdir own");
    write_records("own/train.bin", 2, 20);
    open_own(&d, "own", o);
    cr_expect(d.train.labels[5] == 5 && !d.coarse && d.train.bytes[5*3072] == 5);
    dataset_close(&d);
    o.coarse = true;
    open_own(&d, "own", o);
    cr_expect(d.train.labels[5] == 2 && d.coarse);
    dataset_close(&d);
}

Test(cifar, a_part_of_the_distribution_is_taken_with_a_word, .fini = shell_clean)
{
    struct dataset d;
    sure("mkdir d && truncate -s 30730000 d/data_batch_1.bin d/data_batch_2.bin");
    open_own(&d, "d", cifar);
    cr_expect(strstr(d.note, "20000 training and 0 test images; CIFAR-10 has 50000 and 10000"),
              "%s", d.note);
    dataset_close(&d);
}

Test(cifar, of_ones_own_that_is_cut_is_not_told_to_fetch_the_distribution, .fini = shell_clean)
{
    char err[ERR_SIZE], path[1024];
    struct dataset d;
    struct data_options o = cifar;
    sure("mkdir own && head -c $((60*3073 - 1)) /dev/zero > own/r && for k in 1 2 3 4 5; do "
         "cp own/r own/data_batch_$k.bin; done && cp own/r own/test_batch.bin");
    snprintf(path, sizeof path, "%s", in_dir("own"));
    o.dir = path;
    cr_expect_not(dataset_open(&d, &o, err));
    cr_expect(strstr(err, "short: record 59 at offset 181307 has 3072 of 3073 bytes")
              && !strstr(err, "CIFAR-10 has"), "%s", err);
}

Test(cifar, that_is_damaged_is_told_to_fetch_it_anew, .fini = shell_clean)
{
    sure("mkdir d && head -c $((60*3073 + 7)) /dev/zero > d/data_batch_1.bin && "
         "truncate -s 30730000 d/test_batch.bin && for k in 2 3 4 5; do "
         "cp d/data_batch_1.bin d/data_batch_$k.bin; done");
    expect_refused("d", cifar, "has 7 of 3073 bytes; CIFAR-10 has 10000 records there (`make data` "
                   "fetches the files anew)");
    sure("rm d/* && head -c 700 /dev/zero > d/data_batch_1.bin");     /* unpacking was cut off */
    expect_refused("d", cifar, "has 700 of 3073 bytes; CIFAR-10 has 10000 records there (`make "
                   "data`");
}

/* ---- what lies in a file's place ---- */

static const struct { const char *text; size_t size; const char *is; } strangers[] = {
#define STRANGER(text, is) { text, sizeof text - 1, is }
    STRANGER("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 30730000\n",
             "is a Git LFS pointer, not the file: `git lfs pull` fetches it"),
    STRANGER("<!DOCTYPE html>\n<html lang=\"en\">\n<title>404</title>\n",
             "is an HTML page, not the file: download it anew"),
    STRANGER("\xef\xbb\xbf\r\n\t <HTML><head>", "is an HTML page"),
    STRANGER("<!-- moved -->\n<html>", "is an HTML page"),
    STRANGER("404: Not Found", "is a server's answer, not the file: download it anew"),
    STRANGER("Entry not found", "is a server's answer"),
    STRANGER("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "is XML"),
    STRANGER("/annex/objects/SHA256E-s1--0\n", "`git annex get` fetches it"),
    STRANGER("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "is compressed; gunzip it first"),
    STRANGER("\x80\x04\x95\x00\x00\x00\x00", "is a Python pickle, not the file"),
    STRANGER("PK\x03\x04\x14\x00\x00\x00", "is a zip archive"),
    STRANGER("\x89HDF\r\n\x1a\n\x00\x00", "is an HDF5 file"),
#undef STRANGER
};
enum { STRANGERS = sizeof strangers / sizeof *strangers };

/* With much after it: what states sizes must not be believed. */
static void write_stranger(const char *name, int k)
{
    static char bytes[1 << 20];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, strangers[k].text, strangers[k].size);
    write_bytes(name, bytes, sizeof bytes);
    snprintf(bytes, sizeof bytes, "%s.short", name);
    write_bytes(bytes, strangers[k].text, strangers[k].size);
}

static void expect_stranger(const char *name, int k, bool good, const char *err)
{
    cr_expect(!good && strstr(err, strangers[k].is) && strstr(err, shell_dir()),
              "%s: no \"%s\" in: %s", name, strangers[k].is, err);
}

/* Every reader of one file. */
Test(strangers, in_a_files_place_are_named, .fini = shell_clean)
{
    struct engine e;
    char err[ERR_SIZE] = "", path[1024];
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    for (int k = 0; k < STRANGERS; k++)
        for (int cut = 0; cut < 2; cut++) {
            struct image_file f;
            struct npy a;
            struct param_file_info info;
            struct checkpoint c;
            struct search s = { .runs = 3 };
            write_stranger("file", k);
            snprintf(path, sizeof path, "%s", in_dir(cut ? "file.short" : "file"));
            expect_stranger("image", k, image_open(&f, path, 100, err), err);
            cr_expect_null(f.bytes);
            expect_stranger("npy", k, npy_read(&a, path, err), err);
            expect_stranger("parameters", k, param_file_load(path, &e, &info, err), err);
            cr_expect_eq(!strncmp(strangers[k].text, "PK", 2),
                         strstr(err, "PyTorch saves one by safetensors.torch.save_file(") != NULL);
            expect_stranger("checkpoint", k, checkpoint_open(&c, path, &linear_model, err), err);
            expect_stranger("record", k, search_open(&s, path, err), err);
            search_close(&s);
        }
    engine_close(&e);
}

Test(strangers, in_a_data_folder_are_named, .fini = shell_clean)
{
    static const char *const files[] = { "data_batch_1.bin", "train-images-idx3-ubyte",
                                         "x_train.npy", "train.bin" };
    char name[64];
    for (int k = 0; k < STRANGERS; k++)
        for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
            struct data_options o = f % 3 ? any : cifar;
            o.classes = f == 3 ? 100 : 10;
            if (f == 1 && strangers[k].text[0] == '\x1f')
                continue;               /* that is read */
            sure("rm -rf d && mkdir d");
            snprintf(name, sizeof name, "d/%s", files[f]);
            write_bytes(name, strangers[k].text, strangers[k].size);
            expect_refused("d", o, strangers[k].is);
        }
}

/* Class names may be missing, but a page is none. */
Test(strangers, in_the_place_of_class_names_are_named, .fini = shell_clean)
{
    sure("mkdir d && for k in 1 2 3 4 5; do truncate -s 30730000 d/data_batch_$k.bin; done && "
         "truncate -s 30730000 d/test_batch.bin");
    write_text("d/batches.meta.txt", "<html>\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    expect_refused("d", cifar, "batches.meta.txt: is an HTML page");
}

/* No label of CIFAR's, no PGM, no header is like the beginning of any of them. */
Test(strangers, are_no_files_that_are_read)
{
    unsigned char record[64] = { 0 };
    for (int label = 0; label < 100; label++)
        for (int pixel = 0; pixel < 256; pixel++) {
            record[0] = (unsigned char)(label % 20);
            record[1] = (unsigned char)pixel;
            cr_assert_null(foreign_what(record, sizeof record), "%d %d", label, pixel);
        }
    cr_expect_null(foreign_what("P5\n8 8\n255\n", 11));
    cr_expect_null(foreign_what("\x93NUMPY\x01", 7));
    cr_expect_null(foreign_what("net version\n", 12));
    cr_expect_null(foreign_what("", 0));
    cr_expect_null(foreign_what("<htm", 4));
}
