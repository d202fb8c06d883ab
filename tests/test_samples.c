/*
** test_samples.c - which images training takes, and what it says of those that it does not: what
** a batchnorm needs, images left out of an epoch, defaults for small sets, classes that are
** missing. The images are drawn here.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

/* With the library, which is there already: sooner than lathe build. */
static void make(const char *name, const char *text)
{
    char file[64];
    snprintf(file, sizeof file, "%s.net", name);
    write_text(file, text);
    struct run r = shell("$LATHE emit %s.net --split -o %s.c && ${CC:-cc} -O1 -I$SOURCE/runtime "
                         "%s.c $SOURCE/runtime/liblathe.a -o %s -lm -pthread", name, name, name,
                         name);
    cr_assert(r.status == 0, "%s: %s", name, r.output);
    run_free(&r);
}

/* ---- batchnorm of one value a channel ---- */

#define LONE "net lone\ninput 1x4x4\naffine 4\nbatchnorm\nrelu\naffine 2\nsoftmax\n"

Test(batchnorm, of_one_value_a_channel_is_refused_where_the_file_says_so, .fini = shell_clean)
{
    write_text("lone.net", LONE "train\n  batch 1\n");
    fails(1, "lone.net:4:1: error: bn1 would have one value a channel, as line 9 says batch 1: its "
          "variance is 0", "$LATHE emit lone.net");
    fails(1, "lone.net:4:1: error: ", "$LATHE build lone.net");
    write_text("mean.net", "net mean\ninput 1x4x4\nconv 3 3x3 bias=no\nglobalavgpool\n"
               "  batchnorm\nrelu\naffine 2\nsoftmax\ntrain\n  batch 1\n");
    fails(1, "mean.net:5:3: error: bn1 would have one value a channel", "$LATHE show mean.net");
    /* A larger map has more of them; a batch of 1 may be for inference. */
    write_text("map.net", "net map\ninput 1x4x4\nconv 3 3x3 bias=no\nbatchnorm\nrelu\naffine 2\n"
               "softmax\ntrain\n  batch 1\n");
    sure("$LATHE show map.net && $LATHE show lone.net --batch 2 && $LATHE show lone.net --batch 1");
}

Test(batchnorm, of_one_value_a_channel_is_not_trained, .fini = shell_clean)
{
    make("lone", LONE);
    fails(2, "train: in a batch of 1, the batchnorm bn1 would have one value a channel: its "
          "variance is 0, and so is every gradient beneath it; take --batch 2 or more",
          "./lone train --data synthetic --batch 1");
    fails(2, "sweep: in a batch of 1, the batchnorm bn1", "./lone sweep --data synthetic --batch 1");
    /* One image, however often it is drawn. */
    fails(1, "bn1 would have one value a channel", "./lone train --data synthetic "
          "--train-samples 1");
    fails(1, "bn1 would have one value a channel", "./lone train --data synthetic "
          "--train-samples 1 --sample replacement");
    fails(1, "bn1 would have one value a channel", "./lone sweep --data synthetic --runs 1 "
          "--train-samples 1");
    sure("test ! -e lone.safetensors && ./lone train --data synthetic --batch 2 --iterations 2 "
         "--val-samples 20 && ./lone eval --params lone.safetensors --data synthetic "
         "--val-samples 1");
}

/* A .npy file: `count` values of type `descr` in an array of shape `shape`. */
static void write_npy(const char *name, const char *descr, const char *shape, const void *values,
                      size_t bytes)
{
    char head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00v\x00", 10);
    int n = snprintf(head + 10, sizeof head - 10, "{'descr': '%s', 'fortran_order': False, "
                     "'shape': %s, }", descr, shape);
    head[10 + n] = ' ';
    head[127] = '\n';
    unsigned char *file = malloc(sizeof head + bytes);
    cr_assert(file);
    memcpy(file, head, sizeof head);
    memcpy(file + sizeof head, values, bytes);
    write_bytes(name, file, sizeof head + bytes);
    free(file);
}

Test(batchnorm, of_one_value_a_channel_is_neither_dumped_nor_checked, .fini = shell_clean)
{
    static const unsigned char images[2*16] = { 1, 2, 3, 40, 5, 6, 70, 8, 9, 10 };
    static const unsigned char labels[2] = { 0, 1 };
    make("lone", LONE);
    write_npy("x1.npy", "|u1", "(1, 1, 4, 4)", images, 16);
    write_npy("y1.npy", "|u1", "(1,)", labels, 1);
    write_npy("x2.npy", "|u1", "(2, 1, 4, 4)", images, 32);
    write_npy("y2.npy", "|u1", "(2,)", labels, 2);
    fails(1, "bn1 would have one value a channel: its variance is 0, and so is every gradient "
          "beneath it; give it 2 images or more, or --mode eval",
          "./lone dump --x x1.npy --y y1.npy -o out");
    sure("test ! -e out && ./lone dump --x x1.npy --y y1.npy -o out --mode eval && "
         "./lone dump --x x2.npy --y y2.npy -o out");
    sure("$LATHE emit lone.net --dtype f64 --split -o d.c && ${CC:-cc} -O1 -I$SOURCE/runtime d.c "
         "$SOURCE/runtime/liblathe64.a -o double -lm -pthread && ./double gradcheck --batch 2");
    fails(2, "gradcheck: in a batch of 1, the batchnorm bn1", "./double gradcheck --batch 1");
}
