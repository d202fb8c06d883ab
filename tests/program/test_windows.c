/*
** test_windows.c - training on windows of images that are larger than the network's input.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

/* An array of `count` bytes below `most` as .npy. */
static void write_npy(const char *name, const char *shape, size_t count, unsigned most)
{
    enum { HEADER = 128 };
    unsigned char *file = malloc(HEADER + count);
    memset(file, ' ', HEADER);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    int n = snprintf((char *)file + 10, HEADER - 10, "{'descr': '|u1', 'fortran_order': False, "
                     "'shape': (%s), }", shape);
    file[10 + n] = ' ';
    file[HEADER - 1] = '\n';
    for (size_t k = 0; k < count; k++)
        file[HEADER + k] = (unsigned char)((uint32_t)k*2654435761u / 65536 % most);
    write_bytes(name, file, HEADER + count);
    free(file);
}

/* DIR: 60 images of 3xhxw to train, 30 to validate, of 10 classes. */
static void write_images(const char *dir, size_t h, size_t w)
{
    static const struct { const char *part; size_t count; } sets[] = { { "train", 60 },
                                                                       { "val", 30 } };
    char name[64], shape[64];
    struct run r = shell("mkdir %s", dir);
    cr_assert_eq(r.status, 0);
    run_free(&r);
    for (int k = 0; k < 2; k++) {
        size_t n = sets[k].count;
        snprintf(name, sizeof name, "%s/x_%s.npy", dir, sets[k].part);
        snprintf(shape, sizeof shape, "%zu, 3, %zu, %zu", n, h, w);
        write_npy(name, shape, n*3*h*w, 256);
        snprintf(name, sizeof name, "%s/y_%s.npy", dir, sets[k].part);
        snprintf(shape, sizeof shape, "%zu,", n);
        write_npy(name, shape, n, 10);
    }
}

/* A network for windows of 16x16, and larger images of 21x20. */
static void make_windows(void)
{
    write_text("windows.net", "net windows\ninput 3x16x16\nconv 6 3x3 init=whiten\nrelu\n"
               "maxpool 4x4\naffine 10\nsoftmax\ntrain\n  batch 12\n  epochs 2\n  crop\n"
               "  flip\n  translate 2\n  cutout 4\n");
    sure("$LATHE build windows.net");
    write_images("larger", 21, 20);
}

Test(windows, of_larger_images_are_the_same_for_1_2_and_3_threads, .fini = shell_clean)
{
    make_windows();
    sure("for t in 1 2 3; do ./windows train --data larger --threads $t --history $t.csv "
         "--params $t.st > log || exit 1; done; "
         "cmp 1.csv 2.csv && cmp 1.csv 3.csv && cmp 1.st 2.st && cmp 1.st 3.st");
    sure("./windows train --data larger --seed 2 --history other.csv --no-save > log && "
         "! cmp -s 1.csv other.csv");
    sure("for t in 1 2 3; do ./windows eval --data larger --params 1.st --tta --threads $t "
         "> $t.txt || exit 1; done; cmp 1.txt 2.txt && cmp 1.txt 3.txt");
}

Test(windows, are_evaluated_with_the_preprocessing_of_their_training, .fini = shell_clean)
{
    make_windows();
    struct run r = shell("for how in none mean_image scale channel_norm; do "
        "./windows train --data larger --preprocess $how --params $how > log || exit 1; "
        "best=$(sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' log); "
        "./windows eval --data larger --params $how > out && "
        "grep -q \"accuracy $best\" out || { echo $how $best; cat out; exit 2; }; done");
    cr_expect(r.status == 0, "%d: %s", r.status, r.output);
    run_free(&r);
    write_images("largest", 25, 30);
    sure("./windows eval --data largest --params none && "
         "./windows eval --data largest --params channel_norm");
    fails(1, "scale: the parameters' mean image is 21x20, the data's images are 25x30",
          "./windows eval --data largest --params scale");
}

Test(windows, of_images_as_large_as_the_input_are_these_images, .fini = shell_clean)
{
    make_windows();
    write_images("same", 16, 16);
    sure("for how in none random; do ./windows train --data same --crop $how --history $how.csv "
         "--no-save > log || exit 1; done; cmp none.csv random.csv");
}

Test(windows, are_taken_only_where_crop_says_so_and_never_of_smaller_images, .fini = shell_clean)
{
    make_windows();
    write_images("smaller", 15, 20);
    fails(1, "(60, 3, 21, 20), rank 4; the network takes (n, 3, 16, 16); add `crop` to take "
          "windows of them", "./windows train --data larger --crop none");
    fails(1, "the network takes (n, 3, 16, 16), or larger images",
          "./windows train --data smaller");
    fails(1, "the network takes (n, 3, 16, 16)", "./windows train --data smaller --crop none");
    sure("./windows info --data larger | grep -q 'train  60 images 3x21x20' && "
         "./windows info --data larger | grep -q 'windows of 16x16'");
    /* The option is as good as the word: eval knows it from the parameters. */
    sure("sed /crop/d windows.net > w.net && $LATHE build w.net -o w && "
         "./w train --data larger --crop random --history w.csv --params w.st > log && "
         "./windows train --data larger --history windows.csv --params windows.st > log && "
         "cmp w.csv windows.csv && cmp w.st windows.st && ./w eval --data larger --params w.st");
    write_images("same", 16, 16);
    sure("./w train --data same --params same.st > log && ./w eval --data same --params same.st");
    fails(1, "add `crop`", "./w eval --data larger --params same.st");
    sure("./windows sweep --data larger --runs 2 --epochs 1 --record r.csv");
}
