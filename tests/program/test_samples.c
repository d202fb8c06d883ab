/*
** test_samples.c - which images training takes, and what it says of those that it does not: what
** a batchnorm needs, images left out of an epoch, defaults for small sets, classes that are
** missing. The images are drawn here.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

/* With the library, which is there already: sooner than lathe build. */
static void make(const char *name, const char *text)
{
    char file[64];
    snprintf(file, sizeof file, "%s.net", name);
    write_text(file, text);
    struct run r = shell("$LATHE emit %s.net --split -o %s.c && ${CC:-cc} -O0 -I$SOURCE/runtime "
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
    fails(2, "sweep: in a batch of 1, the batchnorm bn1",
          "./lone sweep --data synthetic --batch 1");
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

/* ---- what is left out, and what is missing ---- */

#define SMALL "net small\ninput 1x4x4\naffine 10\nsoftmax\ntrain\n  batch 20\n  preprocess scale\n"

static void write_idx_pair(const char *dir, const char *part, const unsigned char *labels,
                           int count)
{
    char name[96];
    unsigned char *bytes = malloc(16 + (size_t)count*16);
    cr_assert(bytes);
    const unsigned char head[] = { 0, 0, 8, 3, 0, 0, (unsigned char)(count >> 8),
                                   (unsigned char)count, 0, 0, 0, 4, 0, 0, 0, 4 };
    memcpy(bytes, head, sizeof head);
    for (int k = 0; k < count*16; k++)
        bytes[16 + k] = (unsigned char)(k % 16 == labels[k / 16] ? 200 : k*37 % 64);
    snprintf(name, sizeof name, "%s/%s-images-idx3-ubyte", dir, part);
    write_bytes(name, bytes, 16 + (size_t)count*16);
    bytes[3] = 1;
    memcpy(bytes + 8, labels, (size_t)count);
    snprintf(name, sizeof name, "%s/%s-labels-idx1-ubyte", dir, part);
    write_bytes(name, bytes, 8 + (size_t)count);
    free(bytes);
}

/* `count` images of ten classes, one class after the other or in turn. */
static void write_idx(const char *dir, int count, bool sorted)
{
    unsigned char labels[2000];
    char command[64];
    snprintf(command, sizeof command, "mkdir %s", dir);
    sure(command);
    for (int k = 0; k < count; k++)
        labels[k] = (unsigned char)(sorted ? k*10 / count : k % 10);
    write_idx_pair(dir, "train", labels, count);
    write_idx_pair(dir, "t10k", labels, 20);
}

Test(epochs, that_leave_images_out_are_told_once_at_the_start, .fini = shell_clean)
{
    make("small", SMALL);
    sure("./small train --data synthetic --epochs 3 --train-samples 39 > log && "
         "test $(grep -c '^epochs: 19 of 39 images are left out of each, other ones each time, as "
         "39 is no multiple of --batch 20$' log) = 1 && head -3 log | grep '^epochs: '");
    sure("./small train --data synthetic --train-samples 40 > log && ! grep '^epochs: ' log");
    sure("./small train --data synthetic --train-samples 39 --batch 13 > log && "
         "! grep '^epochs: ' log");
    sure("./small train --data synthetic --train-samples 39 --quiet > log && test $(wc -l < log) "
         "= 1");
    sure("./small train --data synthetic --train-samples 39 --sample replacement | "
         "grep '^epochs: 20 images drawn from 39, as 39 is no multiple of --batch 20$'");
    sure("./small train --data synthetic --train-samples 15 | "
         "grep '^minibatches: of 15 images, as there are no more (--batch 20)$'");
    sure("./small sweep --data synthetic --train-samples 39 --runs 2 > log && "
         "test $(grep -c '^epochs: 19 of 39 ' log) = 1");
    /* An epoch's end that is never reached. */
    sure("./small train --data synthetic --train-samples 59 --iterations 1 > log && "
         "! grep '^epochs: ' log");
}

Test(validation, of_a_small_set_is_a_tenth_where_nobody_said_how_many, .fini = shell_clean)
{
    make("small", SMALL);
    write_idx("few", 60, false);
    write_idx("many", 1500, false);
    sure("./small train --data few > log && grep '^validation: the last 6 of the 60 training "
         "images; --val-samples N for another number$' log && "
         "./small eval --params small.safetensors --data few > out && grep '^val: 6 images' out && "
         "grep -q \"best val_acc: $(sed -n 's/.*accuracy \\([0-9.]*\\),.*/\\1/p' out)\" log");
    sure("./small info --data few > out && grep 'train  54 images' out && grep 'val    6 ' out");
    sure("./small bench --data few --seconds 0 --threads 1 > out");
    sure("./small sweep --data few --runs 1 | grep '^validation: the last 6 of the 60 '");
    sure("./small train --data few --val-samples 20 > log && ! grep 'the last' log");
    fails(1, "--val-samples 1000: this set has 60 images to train and validate",
          "./small train --data few --val-samples 1000");
    /* More than 1,000 as ever: 1,000 of them, which is said where few are left to train. */
    sure("./small train --data many | grep '^validation: the last 1000 of the 1500 training '");
    sure("./small train --data synthetic > log && ! grep '^validation: ' log");
}

Test(validation, that_lacks_classes_is_told, .fini = shell_clean)
{
    make("small", SMALL);
    write_idx("sorted", 200, true);
    sure("./small train --data sorted --val-samples 60 > log && "
         "grep '^validation: no image of 7 of the 10 classes (0, 1, 2, 3, 4, 5, 6); --val-shuffle "
         "draws them from all$' log && "
         "grep '^training: no image of 3 of the 10 classes (7, 8, 9)$' log");
    sure("./small sweep --data sorted --runs 1 | grep '^validation: no image of 9 of the 10 '");
    sure("./small train --data sorted --train-samples 40 --val-samples 1 | "
         "grep '^training: no image of 8 of the 10 classes (2, 3, 4, 5, 6, 7, 8, 9)$'");
    sure("./small train --data sorted --val-samples 60 --val-shuffle > log && "
         "! grep 'no image of' log");
    sure("./small train --data synthetic > log && ! grep 'no image of' log");
}

/* The accuracy that training had best is the one that eval has of the same images. */
Test(validation, drawn_images_are_found_again_by_eval_and_resume, .fini = shell_clean)
{
    make("small", SMALL);
    write_idx("sorted", 200, true);
    sure("for seed in 1 2; do ./small train --data sorted --val-samples 60 --val-shuffle "
         "--epochs 4 --seed $seed --params p$seed > log && "
         "./small eval --params p$seed --data sorted > out && grep '^val: 60 images' out && "
         "a=$(sed -n 's/.*accuracy \\([0-9.]*\\),.*/\\1/p' out) && "
         "grep \"best val_acc: $a \" log || exit 1; done");
    /* Those that were not drawn are what it trained on. */
    sure("./small eval --params p1 --data sorted --split train | grep '^train: 140 images'");
    fails(1, "--val-samples 61: the parameters were trained with 60 validation images drawn from "
          "these 200; leave it out", "./small eval --params p1 --data sorted --val-samples 61");
    /* Other data than it was trained on. */
    write_idx("others", 190, false);
    sure("./small eval --params p1 --data others | grep '^val: 19 images' && "
         "./small eval --params p1 --data synthetic | grep '^val: 1000 images'");
    sure("run='./small train --data sorted --val-samples 60 --val-shuffle' && "
         "$run --epochs 4 --params whole --checkpoint c1 > /dev/null && "
         "$run --epochs 2 --params half --checkpoint c2 > /dev/null && "
         "./small train --resume c2 --epochs 4 --data sorted --params half > log && "
         "cmp whole half && cmp c1 c2 && ! grep '^validation: ' log && "
         "./small eval --params c2 --data sorted | grep '^val: 60 images'");
    sure("./small train --data sorted --val-samples 60 --checkpoint c3 --epochs 2");
    fails(2, "--val-shuffle is not set in the run of c3, and yes here",
          "./small train --resume c3 --data sorted --epochs 4 --val-shuffle");
}

Test(validation, is_drawn_only_where_training_images_are_set_apart, .fini = shell_clean)
{
    make("small", SMALL);
    write_idx("sorted", 200, true);
    fails(1, "--val-shuffle draws from the training images; the built-in synthetic set (1x4x4, 10 "
          "classes) has validation images of its own",
          "./small train --data synthetic --val-shuffle");
    fails(2, "--val-shuffle draws nothing where --val-samples is 0",
          "./small train --data sorted --val-shuffle --val-samples 0");
    sure("./small sweep --data sorted --val-shuffle --val-samples 60 --runs 1 --record r.csv > log "
         "&& ! grep 'no image of' log && grep 'small train --lr .* --val-shuffle$' log");
    fails(1, "r.csv", "./small sweep --data sorted --val-samples 60 --runs 1 --record r.csv");
    /* Nothing is said of it in files that were not drawn: they are as they always were. */
    sure("./small train --data sorted --val-samples 60 && ! grep -q drawn small.safetensors");
}

/* ---- targets ---- */

/* Each file of two sets of 4 images of 1x2x2, and y of a shape. */
static void write_arrays(const char *y_type, const char *y_shape, const void *y, size_t bytes)
{
    static const float x[16] = { 0, 1, 2, 3, 1, 1, 2, 2, 4, 3, 2, 1, 9, 7, 5, 8 };
    static const char *const parts[] = { "train", "val", "test" };
    char name[32];
    sure("mkdir -p d");
    for (int k = 0; k < 3; k++) {
        snprintf(name, sizeof name, "d/x_%s.npy", parts[k]);
        write_npy(name, "<f4", "(4, 1, 2, 2)", x, sizeof x);
        snprintf(name, sizeof name, "d/y_%s.npy", parts[k]);
        write_npy(name, y_type, y_shape, y, bytes);
    }
}

Test(targets, come_from_arrays_of_the_scores_shape, .fini = shell_clean)
{
    static const float reals[8] = { 0, 1, 1, 0, 1, 1, 0, (float)0.5 };
    static const int labels[4] = { 0, 1, 1, 0 };
    make("reg", "net reg\ninput 1x2x2\naffine 2\nmse\ntrain\n  batch 4\n");
    make("cls", "net cls\ninput 1x2x2\naffine 2\nsoftmax\ntrain\n  batch 4\n");
    make("bits", "net bits\ninput 1x2x2\naffine 2\nbce\ntrain\n  batch 4\n");
    write_arrays("<f4", "(4, 2)", reals, sizeof reals);
    sure("./reg train --data d --epochs 40 --quiet --history h.csv > log && "
         "grep -q '^best val_loss: ' log && head -1 h.csv | grep -q 'train_loss,val_loss' && "
         "./reg eval --params reg.safetensors --data d --mae | grep -q 'loss .*, mean absolute' && "
         "./reg dump --params reg.safetensors --x d/x_val.npy --y d/y_val.npy -o out");
    fails(1, "d/y_train.npy: shape (4, 2): 8 values", "./cls train --data d");
    fails(1, "--auc is of targets 0 and 1, and one is 0.5", "./bits train --data d --quiet "
          "--epochs 1 && ./bits eval --params bits.safetensors --data d --auc");
    fails(2, "--auc is of labels", "./reg eval --params reg.safetensors --data d --auc");
    fails(2, "--per-class is of a network with classes", "./reg eval --params reg.safetensors "
          "--data d --per-class");
    fails(2, "--mae is of a network with targets", "./cls eval --params x --mae");
    fails(2, "--class-weights: weights are of classes", "./reg train --class-weights balanced");
    sure("rm d/y_train.npy");
    fails(1, "d/y_train.npy: ", "./reg train --data d");
    write_arrays("<i4", "(4,)", labels, sizeof labels);
    fails(1, "labels are for softmax and svm", "./reg train --data d");
    sure("./cls train --data d --quiet --epochs 2 --class-weights 1,3 && "
         "./cls eval --params cls.safetensors --data d --auc --per-class > log && "
         "grep -q ', ROC AUC ' log && grep -q 'mean of 2 classes .*precision .*recall .*F1' log");
    sure("./cls eval --params cls.safetensors --data d --auc > log && ! grep precision log");
    fails(2, "--auc takes every image's scores alike: without --tta-share",
          "./cls eval --params cls.safetensors --data d --auc --tta-share 0.5");
    fails(2, "--class-weights: 3 weights of 2 classes", "./cls train --class-weights 1,2,3");
    fails(2, "--class-weights: the weight of class 0 is nan", "./cls train --class-weights nan,1");
}

Test(targets, of_an_autoencoder_are_its_images, .fini = shell_clean)
{
    static const int labels[4] = { 0, 0, 1, 0 }, same[4] = { 1, 1, 1, 1 }, more[4] = { 0, 1, 2, 0 };
    make("ae", "net ae\ninput 1x2x2\naffine 3\ntanh\naffine 4\nmse target=input\n"
         "train\n  batch 4\n");
    write_arrays("<i4", "(4,)", labels, sizeof labels);
    sure("./ae train --data d --epochs 9 --quiet --cutout 1 --report page.html && "
         "grep -q 'best validation loss' page.html && "
         "./ae eval --params ae.safetensors --data d --split test --auc | grep -q 'ROC AUC'");
    write_arrays("<i4", "(4,)", same, sizeof same);
    fails(1, "--auc needs images of both classes; all 4 are 1", "./ae eval --params ae.safetensors "
          "--data d --split test --auc");
    write_arrays("<i4", "(4,)", more, sizeof more);
    fails(1, "--auc is of labels 0 and 1, and image 2 has 2", "./ae eval --params ae.safetensors "
          "--data d --split test --auc");
    sure("rm d/y_*.npy && ./ae train --data d --epochs 2 --quiet");
    fails(1, "--auc needs labels", "./ae eval --params ae.safetensors --data d --auc");
    sure("printf 'P5 2 2 255\\n0123' > a.pgm && "
         "./ae predict --params ae.safetensors --range 0,1 a.pgm | grep -q '^a.pgm: loss ' && "
         "./ae predict --params ae.safetensors --range 0,1 --json a.pgm | grep -q '\"loss\": '");
    make("three", "net three\ninput 1x2x2\naffine 3\nsoftmax\n");
    fails(2, "--auc is of two classes, and three has 3", "./three eval --params x --auc");
}
