/*
** test_learning.c - training for real. make test-real runs `real`, less than a minute;
** LATHE_TEST_ALL=1 adds what takes minutes: make test-all.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/shell.h"
#include "support/skip.h"

#define MODELS "$SOURCE/models"

/* $CIFAR, or the test is skipped. */
static const char *cifar(void)
{
    const char *dir = getenv("CIFAR");
    if (!dir || !*dir)
        skip_test("$LATHE_DATA names no CIFAR-10");
    return dir;
}

Test(real, one_epoch_of_the_three_layer_network_on_cifar_10, .fini = shell_clean, .timeout = 600)
{
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer.net -o net && "
                         "./net train --data $CIFAR --print-every 98 > log; s=$?; cat log; "
                         "awk '/^best val_acc: /{good = $3 + 0 >= 0.40} END{exit !good}' log && "
                         "./net eval --params three_layer.safetensors --data $CIFAR && exit $s");
    fprintf(stderr, "%s", r.output);
    cr_expect(r.status == 0, "no 40 %% on the validation images: %s", r.output);
    run_free(&r);
}

/* ---- what takes minutes: make test-all ---- */

static void test_all(void)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
}

/* Training accuracies after the 10th and the 30th epoch of six seeds. */
Test(learning, overfits_100_images, .fini = shell_clean, .timeout = 900)
{
    test_all();
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer.net --set hidden=100 -o net && "
        "for s in 1 2 3 4 5 6; do ./net train --data $CIFAR --train-samples 100 --epochs 30 "
        "--seed $s --init 1e-2 --reg 0 --no-save > log$s || exit 1; "
        "sed -n 's/^(Epoch 10 .*train acc: \\([0-9.]*\\);.*/\\1/p' log$s >> ten; "
        "sed -n 's/^(Epoch 30 .*train acc: \\([0-9.]*\\);.*/\\1/p' log$s >> thirty; done; "
        "sort -n ten | awk '{a[NR]=$1} END{if ((a[3]+a[4])/2 < 0.75 || a[6] < 0.85) {"
        "print \"10 epochs:\", a[1], a[2], a[3], a[4], a[5], a[6]; exit 1}}' && "
        "sort -n thirty | awk '{a[NR]=$1} END{if ((a[3]+a[4])/2 < 0.95) {"
        "print \"30 epochs:\", a[1], a[2], a[3], a[4], a[5], a[6]; exit 1}}'");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(learning, reaches_the_courses_accuracy_on_cifar_10, .fini = shell_clean, .timeout = 900)
{
    test_all();
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer.net -o net && for s in 1 2 3; do "
        "./net train --data $CIFAR --seed $s --no-save --quiet | "
        "sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' >> best; done; "
        "sort -n best | awk '{a[NR]=$1} END{if (NR != 3 || a[2] < 0.43) {"
        "print a[1], a[2], a[3]; exit 1}}'");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

/* Its own 8 epochs. */
Test(learning, of_three_layer_3x3_passes_65_per_cent_on_cifar_10, .fini = shell_clean,
     .timeout = 900)
{
    test_all();
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer_3x3.net -o net && "
        "./net train --data $CIFAR --no-save --quiet > log; s=$?; cat log; "
        "awk '/^best val_acc: /{good = $3 + 0 > 0.65} END{exit !good}' log && exit $s");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(learning, of_the_synthetic_set_needs_more_than_a_linear_classifier, .fini = shell_clean,
     .timeout = 900)
{
    test_all();
    struct run r = shell("printf 'net linear\\ninput 3x32x32\\naffine 10\\nsoftmax\\ntrain\\n"
        "  optimizer adam lr=1e-4\\n  batch 50\\n  epochs 5\\n' > linear.net && "
        "$LATHE build linear.net -o linear && $LATHE build " MODELS "/three_layer.net -o net && "
        "./linear train --data synthetic --no-save --quiet > a && "
        "./net train --data synthetic --no-save --quiet --epochs 3 > b && "
        "cat a b | sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' | "
        "awk '{a[NR]=$1} END{if (NR != 2 || a[2] < a[1] + 0.2) {print a[1], a[2]; exit 1}}'");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}
