/*
** test_network_file.c - network files: what is said of every kind of bad one. What is made of good
** ones: test_network_passes.c.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

#define HEAD "net t\ninput 3x8x8\n"
#define TAIL "affine 4\nsoftmax\n"
#define EIGHT "concat { } { } { } { } { } { } { } { }\n"
#define MINUS_40 "----------------------------------------"

/* A file, and what lathe has to say of it: the place, then words of the message. */
struct bad { const char *text, *place, *words; };

static void expect_bad(const struct bad *b)
{
    write_text("bad.net", b->text);
    struct run r = shell("$LATHE emit bad.net -o out.c");
    char place[64];
    snprintf(place, sizeof place, "bad.net:%s error: ", b->place);
    cr_expect(r.status == 1, "\"%s\": exit %d", b->text, r.status);
    cr_expect(strstr(r.output, place), "\"%s\": no %s in: %s", b->text, place, r.output);
    cr_expect(strstr(r.output, b->words), "\"%s\": no \"%s\" in: %s", b->text, b->words, r.output);
    run_free(&r);
    r = shell("test ! -e out.c");
    cr_expect(r.status == 0, "\"%s\": a file was written", b->text);
    run_free(&r);
}

static void expect_all_bad(const struct bad *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect_bad(&b[i]);
    shell_clean();
}
#define EXPECT_ALL_BAD(table) expect_all_bad(table, sizeof (table) / sizeof *(table))

Test(network_file, a_wrong_repeat_is_one_error_and_takes_its_brace_along)
{
    write_text("bad.net", HEAD "repeat 2 as i {\nrepeat x as k {\nconv 3 3x3\n}\nrelu\n}\n" TAIL);
    struct run r = shell("$LATHE show bad.net");
    cr_expect(r.status == 1 && strstr(r.output, "bad.net:4:8: error: no `let` defines \"x\""), "%s",
              r.output);
    cr_expect_null(strchr(strchr(r.output, '\n') + 1, '\n'), "more than one error: %s", r.output);
    run_free(&r);
    shell_clean();
}

/* Mistakes that were followed by echoes of themselves. */
Test(network_file, one_mistake_is_one_error)
{
    static const char *const bad[] = {
        HEAD "repeat 0 as i {\nrelu\n}\n" TAIL, HEAD "repeat 0 as i { relu }\n" TAIL,
        HEAD "let a = 1/0\naffine a\nsoftmax\n",
        HEAD "let a = 1/0, b = 3\nconv b 3x3\naffine a\nsoftmax\n",
        HEAD "let a\naffine a\nsoftmax\n",
        HEAD "gate { } { }\n" TAIL, HEAD "gate {\nrelu\n} {\nrelu\n}\n" TAIL,
        HEAD "repeat 2 as i {\nresidual { relu } { relu }\n}\n" TAIL,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("bad.net", bad[i]);
        struct run r = shell("$LATHE show bad.net");
        const char *end = strchr(r.output, '\n');
        cr_expect(r.status == 1 && end && !end[1], "%s: %s", bad[i], r.output);
        run_free(&r);
    }
    shell_clean();
}

Test(network_file, unknown_words_name_the_nearest_known_one)
{
    static const struct bad bad[] = {
        { HEAD "conf 3 3x3\n" TAIL, "3:1:", "did you mean \"conv\"?" },
        { HEAD "CONV 3 3x3\n" TAIL, "3:1:", "did you mean \"conv\"?" },
        { HEAD "maxpool 2x2 pad=2\n" TAIL, "3:1:", "it is to be less than the window" },
        { HEAD "avgpool 3x2 pad=2,0,0,2\n" TAIL, "3:1:", "2,0,0,2 around windows of 3x2" },
        { HEAD "maxpool 2x2 count_pad=yes\n" TAIL, "3:13:", "maxpool takes no option" },
        { HEAD "maxpool 2x2 stride=2,\n" TAIL, "3:22:", "the stride across is missing" },
        { HEAD "maxpool 2x2 stride=2,0\n" TAIL, "3:22:", "the stride across" },
        { HEAD "conv 3 3x3 stride=2;1\n" TAIL, "3:20:", "an option expected" },
        { HEAD "maxpool 2x2 ceil=maybe\n" TAIL, "3:18:", "yes" },
        { HEAD "conv 3 3x3 pad=1,2\n" TAIL, "3:19:", "\",\" expected and the pads at the bottom" },
        { HEAD "conv 3 3x3 pad=1,2,3\n" TAIL, "3:21:", "\",\" expected and the pad on the right" },
        { HEAD "conv 3 3x3 pad=1,2,3,65\n" TAIL, "3:22:", "the pad on the right" },
        { HEAD "conv 3 3x3 pad=1,2,3,4,5\n" TAIL, "3:23:", "an option expected" },
        { HEAD "deconv 3 3x3 groups=3\n" TAIL, "3:14:", "deconv takes no option \"groups\"" },
        { HEAD "deconv 3 3x3 dilation=2\n" TAIL, "3:14:", "deconv takes no option" },
        { HEAD "deconv 3 3x3 winograd=no\n" TAIL, "3:14:", "deconv takes no option" },
        { HEAD "deconv 3 3x3 init=dirac\n" TAIL, "3:19:", "kaiming, xavier or zeros" },
        { HEAD "deconv 3 3x3 pad=1,2\n" TAIL, "3:21:", "and the pads at the bottom" },
        { HEAD "convtranspose2d 3 3x3\n" TAIL, "3:1:", "as in `deconv 16 4x4 stride=2`" },
        { HEAD "conv 3 3x3 pad=smae\n" TAIL, "3:16:", "did you mean \"same\"?" },
        { HEAD "conv 3 3x3 strid=2\n" TAIL, "3:12:", "did you mean \"stride\"?" },
        { HEAD TAIL "train\n  bacth 3\n", "6:3:", "did you mean \"batch\"?" },
        { HEAD TAIL "train\n  optimizer adm\n", "6:13:", "did you mean \"adam\"?" },
        { HEAD "let hidden = 3\naffine hiden\nsoftmax\n", "4:8:", "did you mean \"hidden\"?" },
        { HEAD "affine 4\nsoftmax smothing=0.1\n", "4:9:", "did you mean \"smoothing\"?" },
        { HEAD "affine 4\nsvm smoothing=0.1\n", "4:5:", "svm takes no option" },
        { HEAD "affine 4\nsoftmax smoothing=1\n", "4:19:", "less than 1" },
        { HEAD "affine 4\nsvm margin=-1\n", "4:12:", "greater than 0" },
        { HEAD "leaky_relu\n" TAIL, "3:11:", "the slope below 0 is missing" },
        { HEAD "leaky_relu 2\n" TAIL, "3:12:", "at most 1" },
        { HEAD "clip\n" TAIL, "3:5:", "the least value is missing" },
        { HEAD "clip 1\n" TAIL, "3:7:", "the greatest value is missing" },
        { HEAD "clip 1 1\n" TAIL, "3:8:", "the greatest value is to be above the least value, 1" },
        { HEAD "clip min=0 max=6\n" TAIL, "3:6:", "\"min\" goes without its name here" },
        { HEAD "clip 1\n" TAIL "train\n  clip 1\n", "3:7:", "the greatest value is missing" },
        { HEAD "elu 0\n" TAIL, "3:5:", "the size of what it tends to" },
        { HEAD "gelo\n" TAIL, "3:1:", "did you mean \"gelu\"?" },
        { HEAD TAIL "train\n  preprocess mean\n", "6:14:", "none, mean_image, scale or" },
        { HEAD TAIL "train\n  schedule cosin\n", "6:12:", "did you mean \"cosine\"?" },
        { HEAD TAIL "train\n  schedule step\n", "6:16:", "the epochs from step to step" },
        { HEAD TAIL "train\n  schedule step 2\n", "6:18:", "the factor of a step" },
        { HEAD TAIL "train\n  warmup -1\n", "6:10:", "0 or more" },
        { HEAD TAIL "train\n  loss som\n", "6:8:", "did you mean \"sum\"?" },
        { HEAD "upsample 2 bilinar\n" TAIL, "3:12:", "did you mean \"bilinear\"?" },
        { HEAD "upsample 2 cubic\n" TAIL, "3:12:", "nearest or bilinear" },
        { HEAD "upsample 2 nearest 3\n" TAIL, "3:20:", "nothing more expected" },
        { HEAD "upsample 2 mode=bilinear\n" TAIL, "3:12:", "nearest or bilinear" },
        { HEAD "reshape 3x8x8 4\n" TAIL, "3:15:", "nothing more expected" },
        { HEAD "upsampling2d 2\n" TAIL, "3:1:", "it is `upsample N [nearest|bilinear]`" },
        { HEAD "unflatten 3\n" TAIL, "3:1:", "`reshape CxHxW`" },
        { HEAD "frobnicate\n" TAIL, "3:1:", "lathe doc" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, missing_operands_say_what_is_missing)
{
    static const struct bad bad[] = {
        { HEAD "conv\n" TAIL, "3:5:", "the number of filters is missing" },
        { HEAD "conv 3\n" TAIL, "3:7:", "the window's height is missing" },
        { HEAD "conv 3 3\n" TAIL, "3:9:", "\"x\" expected" },
        { HEAD "deconv\n" TAIL, "3:7:", "the number of filters is missing" },
        { HEAD "deconv 3\n" TAIL, "3:9:", "the window's height is missing" },
        { HEAD "maxpool\n" TAIL, "3:8:", "is missing" },
        { HEAD "affine\nsoftmax\n", "3:7:", "the number of units is missing" },
        { HEAD "upsample\n" TAIL, "3:9:", "the factor (a number or two) is missing" },
        { HEAD "upsample bilinear\n" TAIL, "3:10:", "no `let` defines \"bilinear\"" },
        { HEAD "upsample 2,\n" TAIL, "3:12:", "the factor across is missing" },
        { HEAD "reshape\n" TAIL, "3:8:", "the number of channels is missing" },
        { HEAD "reshape 192\n" TAIL, "3:12:", "\"x\" expected in CxHxW" },
        { HEAD "reshape 3x64\n" TAIL, "3:13:", "\"x\" expected in CxHxW" },
        { "net\ninput 3x8x8\n" TAIL, "1:4:", "a name is missing" },
        { "net t\ninput 2x0\n" TAIL, "2:9:", "the height (of CxL the length) is to be a whole" },
        { "net t\ninput 3\n" TAIL, "2:8:", "\"x\" expected in CxHxW or CxL" },
        { HEAD "conv 3 3x3 stride\n" TAIL, "3:18:", "\"=\" expected" },
        { HEAD TAIL "train\n  reg\n", "6:6:", "reg is missing" },
        { HEAD "let a\n" TAIL, "3:6:", "\"=\" expected" },
        { HEAD "let a = (3\naffine a\nsoftmax\n", "3:11:", "\")\" expected" },
        { HEAD "let a = 3 +\naffine a\nsoftmax\n", "3:12:", "a number, a name or" },
        { HEAD "conv 2 3x3 pad=+\n" TAIL, "3:16:", "a number, a name or \"(\" expected, not "
          "\"+\"" },
        { HEAD "nn. 3\n" TAIL, "3:1:", "unknown layer or statement \"nn\"; `lathe doc` lists" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, impossible_shapes_are_errors)
{
    static const struct bad bad[] = {
        { HEAD "maxpool 9x9\n" TAIL, "3:1:", "larger than the input of 8x8" },
        { HEAD "conv 3 11x11 pad=valid\n" TAIL, "3:1:", "larger than the input of 8x8" },
        { HEAD "affine 0\nsoftmax\n", "3:8:", "from 1 to" },
        { HEAD "conv 2147483648 3x3\n" TAIL, "3:6:", "from 1 to 65536" },
        { HEAD "conv 3 12x3\n" TAIL, "3:8:", "each side is at most 11, or 31 where" },
        { HEAD "conv 3 2x31\n" TAIL, "3:8:", "at most 11, or 31 where the other is 1" },
        { HEAD "conv 3 1x32\n" TAIL, "3:10:", "from 1 to 31" },
        { HEAD "conv 3 0x3\n" TAIL, "3:8:", "from 1 to 31" },
        { HEAD "conv 3 3x3 stride=2,0\n" TAIL, "3:21:", "from 1 to 4096" },
        { HEAD "conv 3 3x3 stride=2,\n" TAIL, "3:21:", "the stride across is missing" },
        { HEAD "conv 3 3x3 stride=1,2 winograd=yes\n" TAIL, "3:1:", "stride 1,2" },
        { HEAD "conv 2.5 3x3\n" TAIL, "3:6:", "whole number" },
        { HEAD "maxpool 17x17\n" TAIL, "3:9:", "more than 256 values" },
        { "net t\ninput 3x4096x4096\nconv 65536 3x3\n" TAIL, "3:1:", "more than 2^31" },
        { "net t\ninput 3x65536x65536\nmaxpool 2x2\n" TAIL, "3:1:", "3x65536x65536 values an" },
        { "net t\ninput 1x1x16777217\n" TAIL, "2:11:", "from 1 to 16777216" },
        { "net t\ninput 3x2048x2048\naffine 65536\nsoftmax\n", "3:1:", "more than 2^31" },
        { HEAD "softmax\n", "3:1:", "put an affine layer before it" },
        { "net t\ninput 4x1x1\nrelu\nsoftmax\n", "4:1:", "no parameters" },
        { HEAD "affine 1\nsoftmax\n", "4:1:", "at least two classes" },
        { HEAD "conv 3 3x3 stride=0\n" TAIL, "3:19:", "from 1 to" },
        { HEAD "residual {\nconv 5 3x3\n}\n" TAIL, "3:1:", "shortcut { conv 5 1x1 stride=1 }" },
        { HEAD "residual {\nconv 5 3x3 stride=2\n} shortcut {\nconv 5 1x1\n}\n" TAIL, "3:1:",
          "its shortcut 5x8x8" },
        { HEAD "residual {\naffine 3\n} shortcut {\nconv 3 8x8 pad=valid\n}\n" TAIL, "4:1:",
          "begins a block over a map of 3x8x8: put a pooling before it" },
        { HEAD "concat {\nconv 5 3x3\n} {\n} {\nconv 4 3x3 stride=2\n}\n" TAIL, "3:1:",
          "block 1 makes 5x8x8 and block 3 makes 4x4x4: channels are joined" },
        { HEAD "concat { } { globalavgpool\n}\n" TAIL, "3:1:", "block 2 makes 3x1x1" },
        { HEAD "concat { relu } {\naffine 3\n}\n" TAIL, "4:1:", "put a pooling before it" },
        { "net t\ninput 3x2048x2048\nconcat { } {\nconv 65536 1x1 stride=4\n}\n" TAIL, "4:1:",
          "more than 2^31" },
        { "net t\ninput 3x256x256\nconcat {\nconv 32000 1x1\n} {\nconv 32000 1x1\n}\n" TAIL,
          "3:1:", "join1 makes 64000x256x256 values of an image, more than 2^31" },
        { HEAD "gate {\nconv 5 3x3\n}\n" TAIL, "3:1:", "makes 5x8x8 of its input 3x8x8, which it "
          "cannot multiply: it is to make one value a channel, 3x1x1, or a map of the same shape" },
        { HEAD "gate {\nmaxpool 2x2\n}\n" TAIL, "3:1:", "makes 3x4x4 of" },
        { HEAD "gate {\nglobalavgpool\naffine 4\n}\n" TAIL, "3:1:", "makes 4x1x1 of" },
        { HEAD "gate {\naffine 3\n}\n" TAIL, "4:1:", "put a pooling before it" },
        { "net t\ninput 3x32x32\nglobalmaxpool\n" TAIL, "3:1:", "256 are the most" },
        { "net t\ninput 3x4x1\nconv 8 1x1 stride=3 pad=2,2,1,1\n" TAIL, "3:1:",
          "conv1 reads nothing of its input of 4x1 but padding" },
        { HEAD "deconv 0 3x3\n" TAIL, "3:8:", "from 1 to 65536" },
        { HEAD "deconv 3 12x3\n" TAIL, "3:10:", "at most 11, or 31" },
        { HEAD "deconv 3 3x-3\n" TAIL, "3:12:", "from 1 to 31" },
        { HEAD "deconv 3 3x3 stride=0\n" TAIL, "3:21:", "from 1 to" },
        { HEAD "deconv 3 3x3 pad=5\n" TAIL, "3:1:",
          "deconv1 would make a map of 0x0 of 8x8: padding of 5,5,5,5 is cut off it" },
        { "net t\ninput 3x2x2\ndeconv 4 1x1 stride=3 pad=1\n" TAIL, "3:1:",
          "deconv1: what padding of 1,1,1,1 leaves of its map, 2x2, no value reaches" },
        { HEAD "deconv 65536 11x11\nupsample 64\n" TAIL, "4:1:", "more than 2^31" },
        { "net t\ninput 1x4096x1\nrepeat 4 as i {\ndeconv 1 1x1 stride=64\n}\n" TAIL, "4:1:",
          "deconv2 makes" },
        { HEAD "upsample 0\n" TAIL, "3:10:", "from 1 to 64" },
        { HEAD "upsample -2 bilinear\n" TAIL, "3:10:", "from 1 to 64" },
        { HEAD "upsample 2,0\n" TAIL, "3:12:", "from 1 to 64" },
        { HEAD "upsample 65\n" TAIL, "3:10:", "from 1 to 64" },
        { HEAD "upsample 1.5\n" TAIL, "3:10:", "whole number" },
        { HEAD "upsample 64\nupsample 64\nupsample 64\n" TAIL, "4:1:", "more than 2^31" },
        { "net t\ninput 1x4096x1\nrepeat 4 as i {\nupsample 64,1\n}\n" TAIL, "4:1:",
          "upsample4 makes a map of 68719476736x1" },
        { HEAD "reshape 3x8x9\n" TAIL, "3:1:",
          "reshape1 makes 3x8x9, 216 values, of the 192 of 3x8x8" },
        { HEAD "reshape 65536x65536x65536\n" TAIL, "3:1:", "281474976710656 values, of the 192" },
        { HEAD "reshape 0x8x8\n" TAIL, "3:9:", "from 1 to 65536" },
        { HEAD "reshape 3x-8x8\n" TAIL, "3:11:", "from 1 to 65536" },
        { HEAD "avgpool 9x9\n" TAIL, "3:1:", "larger than the input of 8x8" },
        { HEAD "dropout 1.5\n" TAIL, "3:9:", "at most 1, not 1.5" },
        { HEAD "dropout 0\n" TAIL, "3:9:", "greater than 0" },
        { HEAD "scale -1\n" TAIL, "3:7:", "greater than 0" },
        { HEAD "batchnorm momentum=1\n" TAIL, "3:20:", "less than 1" },
        { HEAD "batchnorm eps=0\n" TAIL, "3:15:", "greater than 0" },
        { HEAD "conv 3 3x3 bias=maybe\n" TAIL, "3:17:", "no or yes" },
        { HEAD "conv 4 3x3 groups=2\n" TAIL, "3:1:", "groups=2 does not divide the 3 channels" },
        { HEAD "conv 4 3x3 groups=3\n" TAIL, "3:1:", "groups=3 does not divide the 4 filters" },
        { HEAD "conv 3 3x3 groups=0\n" TAIL, "3:19:", "from 1 to" },
        { HEAD "conv 3 3x3 dilation=0\n" TAIL, "3:21:", "from 1 to 64" },
        { HEAD "conv 3 3x3 dilation=1.5\n" TAIL, "3:21:", "whole number" },
        { HEAD "conv 3 3x3 dilation=4 pad=valid\n" TAIL, "3:1:",
          "a window of 9x9 is larger than the input of 8x8" },
        { HEAD "conv 4 2x2 init=whiten dilation=2\n" TAIL, "3:1:", "without groups and dilation" },
        { HEAD "conv 6 2x2 groups=3 init=whiten\n" TAIL, "3:1:", "without groups and dilation" },
        { HEAD "maxpool 2x2 dilation=2\n" TAIL, "3:13:", "takes no option" },
        { HEAD "conv 2 3x3\nmse target=input\n", "4:1:", "mse1 gets 2x8x8, and target=input "
          "compares it with the input of 3x8x8: both must have one shape, or the last layer be "
          "affine 192" },
        { HEAD "affine 3\nbce target=input\n", "4:1:", "affine 192" },
        { HEAD "affine 3\nmae target=x\n", "4:12:", "y or input" },
        { HEAD "affine 4\nsoftmax target=input\n", "4:9:", "softmax takes no option" },
        { HEAD "affine 4\nl2loss\n", "4:1:", "it is `mse [target=y|input]`" },
        { HEAD "affine 4\nmse\ntarget input\n", "5:1:", "`mse target=input`" },
        { HEAD "affine 4\nmse\ntrain\n  class_weights balanced\n", "6:3:", "takes others" },
        { HEAD TAIL "train\n  class_weights 1,2,3\n", "6:3:", "3 weights of 4 classes" },
        { HEAD TAIL "train\n  class_weights 0,0,0,0\n", "6:3:", "all are 0" },
        { HEAD TAIL "train\n  class_weights 1,(0-1),1,1\n", "6:3:", "the weight of class 1 is -1" },
        { HEAD TAIL "train\n  class_weights\n", "6:16:", "a class's weight (or `balanced`)" },
        { "net t\ninput 1x1x16000000\ndeconv 2 1x2 stride=1,512\n" TAIL, "3:1:", "deconv1 makes a "
          "map "
          "of 1x8192000000, more than 2^31" },
        { "net t\ninput 16777216x1x1\n" EIGHT EIGHT EIGHT TAIL, "5:1:", "8589934592 channels are "
          "joined, more than 2^31" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, what_a_network_needs_is_asked_for)
{
    static const struct bad bad[] = {
        { "", "1:1:", "no `net NAME`" },
        { "net t\n" TAIL, "4:1:", "no `input CxHxW`" },
        { HEAD "affine 4\n", "4:1:", "no loss" },
        { HEAD "relu\n", "4:1:", "no loss" },
        { HEAD TAIL "relu\n", "5:1:", "softmax1 is the last" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, names_collide_with_both_lines_named)
{
    static const struct bad bad[] = {
        { HEAD "stem: conv 3 3x3\nstem: relu\n" TAIL, "4:1:", "in line 3" },
        { HEAD "conv2: conv 3 3x3\nconv 3 3x3\n" TAIL, "4:1:", "in line 3" },
        { HEAD "let a = 1, a = 2\naffine a\nsoftmax\n", "3:12:", "in line 3" },
        { HEAD "net u\n" TAIL, "3:1:", "the first is in line 1" },
        { HEAD "input 3x9x9\n" TAIL, "3:1:", "the first is in line 2" },
        { HEAD TAIL "train\n  reg 1\n  reg 2\n", "7:3:", "in line 6" },
        { HEAD "conv 3 3x3 stride=1 stride=2\n" TAIL, "3:21:", "given twice" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, names_have_single_underscores_between_letters_and_digits)
{
    static const struct bad bad[] = {
        { "net t_\ninput 3x8x8\n" TAIL, "1:5:", "a network's name has no \"_\" at its ends and no "
          "\"__\" in it: write \"t\", not \"t_\"" },
        { HEAD "a__b_c: conv 3 3x3\n" TAIL, "3:1:", "write \"a_b_c\", not \"a__b_c\"" },
        { HEAD "conv 3 3x3\n  _a: relu\n" TAIL, "4:3:", "write \"a\", not \"_a\"" },
        { HEAD "_: conv 3 3x3\n" TAIL, "3:1:", "write \"x\", not \"_\"" },
        { HEAD "a_: residual { relu }\n" TAIL, "3:1:", "a label has no" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, unused_and_misplaced_settings_are_errors)
{
    static const struct bad bad[] = {
        { HEAD "residual {\n}\n" TAIL, "3:1:", "is empty" },
        { HEAD "residual {\nrelu\n} shortcut {\n}\n" TAIL, "5:3:", "is empty" },
        { HEAD "residual {\nrelu\n" TAIL, "3:1:", "no \"}\"" },
        { HEAD "shortcut {\nrelu\n}\n" TAIL, "3:1:", "stands after" },
        { HEAD "residual {\naffine 2\nsoftmax\n}\n" TAIL, "5:1:", "inside a block" },
        { HEAD "concat { } {\naffine 2\nsvm\n}\n" TAIL, "5:1:", "inside a block" },
        { HEAD "gate {\nsoftmax\n}\n" TAIL, "4:1:", "inside a block" },
        { HEAD "concat\n" TAIL, "3:7:", "\"{\" expected" },
        { HEAD "concat 2 {\n} {\n}\n" TAIL, "3:8:", "\"{\" expected" },
        { HEAD "concat { }\n" TAIL, "3:1:", "a `concat` of one block" },
        { HEAD "concat {\nrelu\n}\n# } {\n" TAIL, "3:1:", "a `concat` of one block" },
        { HEAD "concat { } { } { } { } { } { } { } { } { relu }\n" TAIL, "3:1:",
          "a `concat` of 9 blocks: 8 are the most" },
        { HEAD "concat { } {\nrelu\n" TAIL, "3:12:", "this `concat` has no \"}\"" },
        { HEAD "concat { } { relu } shortcut { relu }\n" TAIL, "3:21:",
          "nothing more expected after \"}\"" },
        { HEAD "concat { } { relu } relu\n" TAIL, "3:21:", "nothing more expected" },
        { HEAD "gate\n" TAIL, "3:5:", "\"{\" expected" },
        { HEAD "gate { }\n" TAIL, "3:1:", "the block of this `gate` is empty" },
        { HEAD "gate {\nrelu\n} {\nrelu\n}\n" TAIL, "5:3:", "a block too many: a `gate` has one; "
          "`concat` joins several" },
        { HEAD "residual { relu } { relu }\n" TAIL, "3:19:", "a block too many: a `residual` has "
          "one, and perhaps another one after the word `shortcut`" },
        { HEAD "gate {\nrelu\n" TAIL, "3:1:", "this `gate` has no \"}\"" },
        { HEAD "gate { relu } { relu }\n" TAIL, "3:15:", "a block too many" },
        { HEAD TAIL "train\n  concat { } { }\n", "6:3:", "layers stand before `train`" },
        { HEAD TAIL "concat { } { }\n", "5:1:", "softmax1 is the last" },
        { HEAD "residual\nrelu\n}\n" TAIL, "3:9:", "\"{\" expected" },
        { HEAD "let unused = 3\n" TAIL, "3:5:", "never used" },
        { HEAD "reg 1\n" TAIL, "3:1:", "after `train`" },
        { HEAD TAIL "train\n  relu\n", "6:3:", "layers stand before `train`" },
        { HEAD TAIL "train\n  optimizer sgd beta1=0.9\n", "6:17:", "unknown option" },
        { HEAD TAIL "train\n  optimizer rmsprop decay_rat=0.9\n", "6:21:", "decay_rate" },
        { HEAD TAIL "train\n  optimizer momentum momentum=1\n", "6:31:", "less than 1" },
        { HEAD TAIL "train\n  optimizer adam beta1=1\n", "6:24:", "less than 1" },
        { HEAD TAIL "train\n  batch 0\n", "6:9:", "from 1 to" },
        { HEAD TAIL "train\n  group affine2 lr=1\n", "6:3:", "did you mean \"affine1\"?" },
        { HEAD TAIL "train\n  group relu1 lr=1\n", "6:3:", "no layer with parameters" },
        { HEAD TAIL "train\n  group affine1.gamma lr=1\n", "6:3:", "affine1.bias expected" },
        { HEAD TAIL "train\n  group bias\n", "6:3:", "without settings" },
        { HEAD TAIL "train\n  group bias lr=1 optimizer=sgd\n", "6:19:", "first option" },
        { HEAD TAIL "train\n  group bias optimizer=muon\n", "6:3:", "convolution filters" },
        { HEAD TAIL "train\n  group bias optimizer=sgd momentum=1\n", "6:28:", "unknown option" },
        { HEAD TAIL "train\n  optimizer muon\n", "6:13:", "unknown optimizer" },
        { HEAD TAIL "train\n  freeze affine1 behind 3\n", "6:18:", "after" },
        { HEAD "relu\nconv 4 2x2 init=whiten\n" TAIL, "4:17:", "reads the images" },
        { HEAD "conv 40 2x2 init=whiten\n" TAIL, "3:1:", "at most 24" },
        { HEAD "conv 4 2x2 init=dirc\n" TAIL, "3:17:", "did you mean \"dirac\"?" },
        { HEAD "affine 4 init=dirac\nsoftmax\n", "3:15:", "kaiming, xavier or zeros" },
        { HEAD TAIL "train\n  clip 0\n", "6:8:", "greater than 0" },
        { HEAD TAIL "train\n  average emma\n", "6:11:", "did you mean \"ema\"?" },
        { HEAD TAIL "train\n  average ema 1.5\n", "6:15:", "at most 1" },
        { HEAD TAIL "train\n  patience 0\n", "6:12:", "from 1 to" },
        { HEAD TAIL "train\n  flip alternatin\n", "6:8:", "did you mean \"alternating\"?" },
        { HEAD TAIL "train\n  translate 2 mirror\n", "6:15:", "reflect" },
        { HEAD TAIL "train\n  optimizer sgd lr=1 lr=2\n", "6:22:", "\"lr\" is given twice" },
        { HEAD TAIL "train\n  group bias lr=1 lr=2\n", "6:19:", "\"lr\" is given twice" },
        { HEAD TAIL "train\n  group bias optimizer=what\n", "6:24:", "unknown optimizer" },
        { HEAD TAIL "train\n  group\n", "6:8:", "a layer's name expected, not the end" },
        { HEAD TAIL "train\n  freeze 3\n", "6:10:", "a layer's name expected" },
        { HEAD "affine .\nsoftmax\n", "3:8:", "\".\" is no number" },
        { HEAD "affine (2*)\nsoftmax\n", "3:11:", "a number, a name or \"(\" expected" },
        { HEAD "affine (2\nsoftmax\n", "3:10:", "\")\" expected" },
        { HEAD "affine " MINUS_40 MINUS_40 MINUS_40 "4\nsoftmax\n", "3:109:", "an expression "
          "nested deeper than 100" },
        { HEAD TAIL "train\n  cutout 0\n", "6:10:", "from 1 to" },
        { HEAD TAIL "train\n  crop 4\n", "6:8:", "nothing more expected" },
        { HEAD TAIL "train\n  crop\n  crop\n", "7:3:", "set already, in line 6" },
        { HEAD TAIL "train\n  corp\n", "6:3:", "did you mean \"crop\"?" },
        { HEAD TAIL "train\n  epochs -1\n", "6:10:", "greater than 0" },
        { HEAD "affine 4 stride=2\nsoftmax\n", "3:10:", "takes no option" },
        { HEAD TAIL "train\n  group conv schedule=wrong\n", "6:23:", "unknown schedule \"wrong\": "
          "constant, linear or cosine" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, repeats_without_end_are_errors)
{
    static const struct bad bad[] = {
        { HEAD "repeat 3 as i {\nrelu\n" TAIL, "3:1:", "has no \"}\"" },
        { HEAD "repeat 1000000000 as i {\nrelu\n}\n" TAIL, "3:8:", "from 1 to 10000" },
        { HEAD "repeat 10000 as i { repeat 10000 as j {\nrepeat 100 as k { } } }\n" TAIL, "4:1:",
          "has no layers" },
        { HEAD "repeat 200 as i {\nrepeat 200 as j {\nrelu\n}\n}\n" TAIL, "5:1:",
          "more than 10000 layers" },
        { HEAD "}\n" TAIL, "3:1:", "without a `repeat`" },
        { HEAD "repeat 2 as i {\nstem: relu\nrepeat 2 as i {\nrelu\n}\n}\n" TAIL, "5:12:",
          "defined already" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(network_file, strange_bytes_are_errors)
{
    static const struct bad bad[] = {
        { "\x7f" "ELF\x02\x01\n", "1:1:", "byte 0x7f" },
        { HEAD "conv 3 3x3 \xff\n" TAIL, "3:12:", "byte 0xff" },
    };
    static const char zero[] = "net t\ninput 3x8x8\n\0affine 4\nsoftmax\n";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_bad(&bad[i]);
    write_bytes("bad.net", zero, sizeof zero - 1);
    struct run r = shell("$LATHE emit bad.net -o out.c");
    cr_expect(r.status == 1 && strstr(r.output, "bad.net:3:1: error: a NUL byte"), "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(network_file, very_long_lines_are_errors)
{
    char *line = malloc(100002);
    memset(line, 'a', 100000);
    strcpy(line + 100000, "\n");
    write_text("bad.net", line);
    struct run r = shell("$LATHE emit bad.net -o out.c");
    cr_expect(r.status == 1 && strstr(r.output, "bad.net:1:1: error: a line of 100000 characters"),
              "%.300s", r.output);
    run_free(&r);
    free(line);
    shell_clean();
}

/* What a line has room for may have more letters when it is computed. */
Test(network_file, more_class_weights_than_are_kept_are_an_error)
{
    char text[4096] = HEAD TAIL "train\n  class_weights 1";
    size_t at = strlen(text);
    for (int k = 0; k < 300; k++)
        at += (size_t)snprintf(text + at, sizeof text - at, ",(1/3)");
    expect_bad(&(struct bad){ text, "6:3:", "more weights than 4096 letters hold" });
    shell_clean();
}

Test(network_file, unreadable_files_are_errors)
{
    struct run r = shell("$LATHE emit missing.net");
    cr_expect(r.status == 1 && strstr(r.output, "missing.net: error: cannot be opened"), "%s",
              r.output);
    run_free(&r);
    r = shell("$LATHE emit .");
    cr_expect(r.status == 1 && strstr(r.output, "error: cannot be read"), "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(network_file, all_errors_of_a_file_are_reported)
{
    write_text("bad.net", "net t\ninput 3x8x8\nconf 3\nmaxpol 2x2\nafine 4\nsoftmax\n");
    struct run r = shell("$LATHE emit bad.net");
    cr_expect(strstr(r.output, "bad.net:3:1:") && strstr(r.output, "bad.net:4:1:")
              && strstr(r.output, "bad.net:5:1:"), "%s", r.output);
    run_free(&r);
    shell_clean();
}
