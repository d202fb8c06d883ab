/*
** test_network_passes.c - what the passes make of a network file's words: expressions, repeats,
** shapes, and what becomes too large.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/shell.h"

#define HEAD "net t\ninput 3x8x8\n"
#define TAIL "affine 4\nsoftmax\n"

/* lathe -d PASS of a file prints these words. */
static void expect_dump(const char *text, const char *options, const char *words)
{
    write_text("good.net", text);
    struct run r = shell("$LATHE emit good.net %s", options);
    cr_expect(r.status == 0 && strstr(r.output, words), "no \"%s\" in: %s", words, r.output);
    run_free(&r);
}

Test(network_file, expressions_lets_and_repeats_are_understood)
{
    expect_dump(HEAD "let a = 2, b = a*(3 + 1) % 5 - -1\nconv b (a+1)x(2*a-1)\n" TAIL, "-d spec",
                "conv 4 3x3");
    expect_dump(HEAD "let n = 3\nconv (2*n) 3x3 groups=n dilation=(n-1)\n" TAIL, "-d spec",
                "conv 6 3x3 stride=1,1 pad=same groups=3 dilation=2");
    expect_dump(HEAD "let n = 4\nconv n 3x3\n" TAIL, "-d spec --set n=7", "conv 7 3x3");
    expect_dump(HEAD "repeat 3 as i {\nblock: conv (8*i) 3x3\nrelu\n}\n" TAIL, "-d spec",
                "block_3      conv 24 3x3");
    expect_dump(HEAD "repeat 2 as i {\nrepeat 2 as j {\nb: conv (10*i+j) 3x3 }}\n" TAIL, "-d spec",
                "b_2_1        conv 21 3x3");
    expect_dump("# a comment\r\n\tnet t # another\r\ninput 3x8x8\r\naffine 4\r\nsoftmax", "-d spec",
                "affine 4");
    expect_dump(HEAD TAIL "train\n  init gaussian 1e-3\n  optimizer sgd lr=0.5\n  epochs 0.25\n",
                "-d spec --batch 3", "train\n  optimizer sgd lr=0.5\n  epochs 0.25\n  batch 3\n");
    shell_clean();
}

Test(network_file, everything_it_says_is_in_the_dump_of_spec)
{
    static const struct { const char *text, *words; } said[] = {
        { HEAD "conv 2 3x3\n" TAIL, "conv 2 3x3 stride=1,1 pad=same\n" },
        { HEAD "conv 2 3x3 pad=valid bias=no init=xavier\n" TAIL, "pad=valid bias=no init=xavier" },
        { HEAD "let p = 3\nconv 2 3x3 pad=p\n" TAIL, " pad=3\n" },
        { HEAD "conv 2 3x3 pad=2 init=dirac winograd=no\n" TAIL, " pad=2 init=dirac winograd=no" },
        { HEAD "conv 2 3x3 init=0.5\n" TAIL, " init=0.5" },
        { HEAD "leaky_relu 0.1\n" TAIL, "leaky_relu 0.1\n" },
        { HEAD "dropout 0.8\n" TAIL, "dropout 0.8\n" },
        { HEAD "upsample 2\n" TAIL, "upsample 2,2 nearest\n" },
        { HEAD "upsample 1,3 bilinear\n" TAIL, "upsample 1,3 bilinear\n" },
        { HEAD "let n = 4\nreshape (3*n)x(8/2)x4\n" TAIL, "reshape 12x4x4\n" },
        { HEAD "batchnorm momentum=0.8\n" TAIL, "momentum=0.8 eps=1e-05 scale=yes" },
        { HEAD "affine 4\nsoftmax smoothing=0.1\n", "softmax smoothing=0.1" },
        { HEAD TAIL, "train\n  optimizer adam lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08\n" },
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        expect_dump(said[i].text, "-d spec", said[i].words);
    shell_clean();
}

Test(network_file, that_needs_more_than_can_be_addressed_is_an_error, .fini = shell_clean)
{
    write_text("large.net", "net large\ninput 3x20000x20000\nconv 4 3x3\nglobalavgpool\n" TAIL
               "train\n  batch 7\n");
    fails(1, "large.net: error: large needs ", "$LATHE emit large.net");
    fails(1, " GiB at batch 7, more than a program can address; make the batch or the network "
          "smaller", "$LATHE emit large.net");
}

Test(network_file, shapes_follow_kernel_stride_and_padding)
{
    expect_dump(HEAD "conv 2 2x4\n" TAIL, "-d shape", "3x8x8 -> 2x8x8 pad 0,1,1,2");
    expect_dump(HEAD "conv 2 7x7 stride=2\n" TAIL, "-d shape", "3x8x8 -> 2x4x4 pad 3,3,3,3");
    expect_dump(HEAD "conv 2 3x3 pad=valid\n" TAIL, "-d shape", "3x8x8 -> 2x6x6 pad 0,0,0,0");
    expect_dump(HEAD "conv 2 3x3 pad=0, 1,2 ,3\n" TAIL, "-d spec", "pad=0,1,2,3");
    expect_dump(HEAD "avgpool 3x3 stride=2,1 pad=1 ceil=yes count_pad=yes\n" TAIL, "-d spec",
                "3x3 stride=2,1 pad=1 ceil=yes count_pad=yes");
    expect_dump(HEAD "maxpool 3x3 stride=2 ceil=yes\n" TAIL, "-d shape",
                "3x8x8 -> 3x4x4 pad 0,0,1,1");
    expect_dump(HEAD "maxpool 2x2 stride=2 pad=1 ceil=yes\n" TAIL, "-d shape",
                "3x8x8 -> 3x5x5 pad 1,1,1,1");
    expect_dump(HEAD "maxpool 3x3 stride=2,3\n" TAIL, "-d shape", "3x8x8 -> 3x3x2 pad 0,0,0,0");
    expect_dump(HEAD "maxpool 2x2 stride=3 pad=0,0,1,1 ceil=yes\n" TAIL, "-d shape",
                "3x8x8 -> 3x3x3 pad 0,0,1,1");
    expect_dump(HEAD "conv 2 3x3 stride=2 pad=0,0,1,1\n" TAIL, "-d shape",
                "3x8x8 -> 2x4x4 pad 0,0,1,1");
    expect_dump(HEAD "conv 2 3x2 pad=2 stride=3\n" TAIL, "-d shape", "3x8x8 -> 2x4x4 pad 2,2,2,2");
    expect_dump(HEAD "conv 2 3x2 dilation=3\n" TAIL, "-d shape", "3x8x8 -> 2x8x8 pad 3,1,3,2");
    expect_dump(HEAD "conv 2 3x3 dilation=3 pad=valid\n" TAIL, "-d shape",
                "3x8x8 -> 2x2x2 pad 0,0,0,0");
    expect_dump("net t\ninput 1x1x1000000\nconv 2 1x3\n" TAIL, "-d shape",
                "1x1x1000000 -> 2x1x1000000 pad 0,1,0,1");
    expect_dump(HEAD "maxpool 3x3\n" TAIL, "-d shape", "3x8x8 -> 3x2x2");
    expect_dump(HEAD "maxpool 3x3 stride=2\n" TAIL, "-d shape", "3x8x8 -> 3x3x3");
    expect_dump(HEAD "conv 2 3x3\n" TAIL, "-d shape", "params 56 flop 6912 6912");
    expect_dump(HEAD "conv 6 3x3 groups=3\n" TAIL, "-d shape", "params 60 flop 6912 6912");
    expect_dump(HEAD "deconv 2 3x3\n" TAIL, "-d shape", "3x8x8 -> 2x8x8 pad 1,1,1,1 params 56 flop "
                "6912 6912");
    expect_dump(HEAD "deconv 2 4x3 stride=2\n" TAIL, "-d shape", "3x8x8 -> 2x16x16 pad 1,1,1,0");
    expect_dump(HEAD "deconv 2 2x1 stride=2\n" TAIL, "-d shape", "3x8x8 -> 2x16x16 pad 0,0,0,-1");
    expect_dump(HEAD "deconv 2 7x6 stride=3\n" TAIL, "-d shape", "3x8x8 -> 2x24x24 pad 2,2,2,1");
    expect_dump(HEAD "deconv 2 4x4 stride=2 pad=valid\n" TAIL, "-d shape",
                "3x8x8 -> 2x18x18 pad 0,0,0,0");
    expect_dump(HEAD "deconv 2 3x3 stride=2 pad=1,0,0,2\n" TAIL, "-d shape",
                "3x8x8 -> 2x16x15 pad 1,0,0,2");
    shell_clean();
}

Test(network_file, every_pass_can_be_dumped)
{
    static const struct { const char *pass, *words; } dumped[] = {
        { "spec", "net t" }, { "shape", "params" }, { "fuse", "conv1 + relu + maxpool" },
        { "layout", "halo 1,1" }, { "sweeps", "conv1_fwd              direct" }, { "fold", "" },
        { "block", "weight gradient        picked, tile" }, { "params", "conv1.weight" },
        { "regions", "affine1 gradient lists" }, { "mem", "conv1.weight.v" },
        { "kinks", "conv1.argmax" }, { "stream", "all rows in memory" },
    };
    for (size_t i = 0; i < sizeof dumped / sizeof *dumped; i++) {
        char option[16];
        snprintf(option, sizeof option, "-d %s", dumped[i].pass);
        expect_dump(HEAD "conv 4 3x3\nrelu\nmaxpool 2x2\n" TAIL, option, dumped[i].words);
    }
    shell_clean();
}

/* A deconv is the convolution that it is the transpose of, the other way round. */
Test(network_file, a_deconvs_dump_has_the_sweeps_that_it_is_made_of)
{
    static const char net[] = HEAD "conv 4 3x3\nmaxpool 2x2\ndeconv 2 2x2 stride=2\n"
      "batchnorm\n" TAIL;
    expect_dump(net, "--isa avx2 -d fold",
                "folded 0 deconv1_folded, bn1 to bn1, 16 filters at a time\n"
                "    deconv1_folded_fwd_0_0 direct, 4 -> 2 channels, 1x1 taps, 4x4 outputs, taps "
                "from "
                "0,0 by 2\n"
                "    deconv1_folded_fwd_0_1 direct, 4 -> 2 channels, 1x1 taps, 4x4 outputs, taps "
                "from "
                "0,1 by 2\n");
    expect_dump(net, "--isa avx2 -d block",
                "\ndeconv1\n    deconv1_dgrad          direct, tile 2x4x1, 0 panels and one of 4, "
                "");
    write_text("good.net", net);
    sure("$LATHE show good.net --isa avx2 | grep -x 'deconv1          direct            narrow'");
    shell_clean();
}

/* Of 1x1 and 2x1 outputs Winograd's filtering would have no fewer products than the filters. */
Test(network_file, the_smallest_maps_go_directly)
{
#define MAP(shape) "net t\ninput 32x" shape "\nconv 32 3x3\n" TAIL
    expect_dump(MAP("1x1"), "-d sweeps", "    conv1_fwd              direct, 32 -> 32 channels");
    expect_dump(MAP("2x1"), "-d sweeps", "    conv1_fwd              direct, 32 -> 32 channels");
    expect_dump(MAP("2x2"), "-d sweeps", "    conv1_fwd              Winograd F(2x2), 32 -> 32");
    shell_clean();
}

/* Tiles of 4x4 leave a row of 33: its block would be the whole map, which is too much. */
Test(network_file, a_convolution_gathers_moments_of_blocks_that_stay_near)
{
#define NORM(shape) "net t\ninput 32x" shape "\nconv 128 3x3\nbatchnorm\n" TAIL
    expect_dump(NORM("32x32"), "-d sweeps", "conv1, gathers for bn1\n");
    expect_dump(NORM("32x32"), "-d sweeps", "bn1, moments of 8 blocks of an image\n");
    expect_dump(NORM("33x33"), "-d sweeps", "conv1\n    conv1_fwd              Winograd F(4x4), ");
    expect_dump(NORM("33x33"), "-d sweeps", "bn1, moments of 1 block of an image\n");
    shell_clean();
}

/* 32 columns in tiles of three: the last one begins a column further left. */
Test(network_file, a_tile_that_computes_columns_again_says_so)
{
    expect_dump("net t\ninput 3x32x32\nconv 24 3x3\n" TAIL, "--isa avx2 -d block",
                "    conv1_fwd              direct, tile 1x3x3, 1 panels, 1 outputs of a row "
                "twice, ");
    shell_clean();
}

Test(network_file, windows_of_rows_and_the_steps_that_fill_them_are_dumped)
{
    expect_dump(HEAD "conv 4 3x3\ngelu\nmaxpool 2x2\n" TAIL, "--inference -d stream",
                "input                      7 of  10 rows of     30 at        0, steps 0 to 8\n"
                "conv1                    in the window of gelu1\n"
                "gelu1                      6 of   8 rows of     32 at      210, steps 2 to 10\n"
                "maxpool1                   4 of   4 rows of     16 at      402, steps 7 to 11\n"
                "affine1_folded             1 of   1 rows of      4 at        0, steps 11 to 12\n"
                "step 0: input 0 to 3, slides 0\nstep 1: input 3 to 6, slides 0\n"
                "step 2: conv1 0 to 3, slides 0\nstep 3: gelu1 0 to 3, slides 0\n"
                "step 4: input 6 to 8, slides 3\n");
    expect_dump(HEAD "conv 4 3x3\ngelu\nmaxpool 2x2\n" TAIL, "--inference -d stream",
                "\nbands of 3 rows, work 466, moved 120, cleared 42\n");
    shell_clean();
}

Test(network_file, what_inference_calls_a_layer_is_no_layers_name)
{
    expect_dump(HEAD "conv 2 3x3\nbatchnorm\nconv1_folded: " TAIL, "-d fold",
                "folded 0 conv1_folded_, bn1 to bn1");
    shell_clean();
}

/* A layer called like a kind of parameters has no group; of two alike the last one counts. */
Test(network_file, groups_are_of_kinds_before_layers_and_the_last_one_counts)
{
    expect_dump(HEAD "bias: conv 2 3x3\nconv 3 3x3\n" TAIL "train\n  group bias lr=0.25\n",
                "-d params", "bias.weight                  weight           96 reals, fan in 27, "
                "deviation 0.272166, from 0, 1 sums of squares from 0\n"
                "bias.bias                    bias             16 reals, fan in 27, from 0, "
                "settings of "
                "its own\n");
    write_text("good.net", HEAD "conv 2 3x3\nconv 3 3x3\n" TAIL "train\n  group conv lr=0.125\n"
               "  group conv1 reg=0.5\n  group conv lr=0.25\n");
    sure("$LATHE emit good.net --split -o good.c && ! grep -F 0.125 good.c && "
         "grep -F '.rate[RATE_LR] = 0.25, .reg = 0.5,' good.c && "
         "grep -F '.rate[RATE_LR] = 0.25, .reg = 0,' good.c");
    shell_clean();
}
