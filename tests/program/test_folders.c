/*
** test_folders.c - folders of images as a user meets them: trained on, evaluated, predicted and
** gone on with, with the same answers from `eval` and `predict`; and what options say of them.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

static const char *const classes[] = { "cat", "dog", "very small bird" };

/* Stripes of a width of the class's own in noise, of a size of its own; some are grey. */
static void draw(const char *name, int class, int k)
{
    enum { MOST = 64 };
    static unsigned char bytes[MOST + 3*MOST*MOST];
    const int w = 10 + k % 5, h = 9 + k % 4, channels = k % 6 ? 3 : 1;
    int n = sprintf((char *)bytes, "P%c %d %d 255\n", channels == 3 ? '6' : '5', w, h);
    uint32_t noise = (uint32_t)(class*1000 + k + 1);
    for (int i = 0; i < h*w*channels; i++) {
        noise = noise*1664525u + 1013904223u;
        bytes[n++] = (unsigned char)((i/channels % w/(class + 1) % 2 ? 120 : 0) + (noise >> 26));
    }
    write_bytes(name, bytes, (size_t)n);
}

static void draw_folders(int train, int val)
{
    char name[128];
    for (int class = 0; class < 3; class++) {
        struct run r = shell("mkdir -p 'd/train/%s' 'd/val/%s'", classes[class], classes[class]);
        cr_assert_eq(r.status, 0);
        run_free(&r);
        for (int k = 0; k < train + val; k++) {
            snprintf(name, sizeof name, "d/%s/%s/%d.ppm", k < train ? "train" : "val",
                     classes[class], k);
            draw(name, class, k);
        }
    }
}

/* tests/foreign/stripes.net, as make built it. */
static void make(void)
{
    sure("ln -s $(dirname $LATHE)/tests/foreign_stripes stripes");
}

Test(folders, are_trained_on_evaluated_and_predicted_alike, .fini = shell_clean)
{
    make();
    draw_folders(30, 20);
    fails(1, "d/train/cat/1.ppm: an image of 10x11 (height, width), and d/train/cat/0.ppm is of "
          "9x10; --resize", "./stripes train --data d --crop random");
    fails(1, "the network takes 8x8; add `crop` to take windows of them (or train --crop random); "
          "--resize scales images, --middle takes their middle", "./stripes train --data d");
    sure("./stripes train --data d --resize --middle --epochs 6 > said && "
         "grep -q '^data: folders of images in d, their middle, scaled$' said && "
         "test -s d/.lathe-images-3x8x8");
    /* eval's accuracy, and predict's of the same images by their folders' names; no_cache and
    ** what was kept are the same images. */
    sure("./stripes eval --params stripes.safetensors --data d --resize --middle > kept && "
         "./stripes eval --params stripes.safetensors --data d --resize --middle --no-cache | "
         "cmp - kept && "
         "./stripes predict --resize --middle --top 1 d/val/*/*.ppm > predicted && "
         "awk -F/ '{ right += index($4, \": \" $3 \" \") > 0 } END { printf \"%f\\n\", right/NR }' "
         "predicted > accuracy && grep -q \" 60 images, accuracy $(cat accuracy),\" kept && "
         "awk '$1 < 0.5 { exit 1 }' accuracy");
    sure("./stripes info --data d --resize --middle | "
         "grep -q '^  classes cat dog very small bird$' && "
         "./stripes bench --data d --resize --middle --warm 1 --steps 1 --seconds 0 > out && "
         "./stripes sweep --data d --resize --middle --runs 2 --epochs 0.5 > out");
}

Test(folders, without_val_hold_back_the_same_images_for_train_and_eval, .fini = shell_clean)
{
    make();
    draw_folders(40, 0);
    sure("rm -r d/val && ./stripes train --data d --resize --val-samples 30 --epochs 2 > said && "
         "./stripes eval --params stripes.safetensors --data d --resize > out && "
         "acc=$(sed -n 's/^best val_acc: \\([0-9.]*\\) .*/\\1/p' said) && "
         "grep -q \"^val: 30 images, accuracy $acc,\" out");
}

Test(folders, a_run_goes_on_with_its_own_options, .fini = shell_clean)
{
    make();
    draw_folders(30, 10);
    sure("./stripes train --data d --resize --epochs 4 --quiet --params whole "
         "--history whole.csv && "
         "./stripes train --data d --resize --epochs 2 --quiet --params p --checkpoint c "
         "--history p.csv && "
         "./stripes train --resume c --data d --epochs 4 --quiet --params p --history p.csv && "
         "cmp p whole && cmp p.csv whole.csv");
    fails(2, "--middle is given here", "./stripes train --resume c --data d --middle || "
          "{ ./stripes train --resume c --data d --middle 2>&1 | grep -q -- --middle && "
          "echo --middle is given here; exit 2; }");
}

Test(folders, options_for_them_are_refused_where_there_are_none, .fini = shell_clean)
{
    make();
    fails(1, "--resize is for images in files of their own (train/CLASS/*.png); ",
          "./stripes train --data synthetic --resize");
    fails(1, "--middle is for images in files of their own", "./stripes info --data synthetic "
          "--middle");
    sure("mkdir empty");
    fails(1, ", folders of images (train/CLASS/*.png ...), or ", "./stripes info --data empty");
    fails(1, "--coarse is for the two labels of CIFAR-100's records; the images of the built-in "
          "synthetic set", "./stripes info --data synthetic --coarse");
    draw_folders(2, 1);
    sure("echo mine > d/.lathe-images-3x8x8");
    fails(0, "warning: its images are decoded anew each time: d/.lathe-images-3x8x8: is there, and "
          "no images kept by Lathe: it is not replaced; remove it (--no-cache keeps none)",
          "./stripes info --data d --resize");
}
