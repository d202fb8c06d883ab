/*
** test_texts.c - network files as editors, other frameworks' habits and generators of text make
** them; and how lathe ends when it is ended.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

#define HEAD "net t\ninput 3x8x8\n"
#define TAIL "affine 4\nsoftmax\n"
#define MARK "\xef\xbb\xbf"

/* A file, and the whole beginning of what lathe has to say of it. */
struct bad { const char *text, *words; };

static void expect_bad(const struct bad *b)
{
    write_text("bad.net", b->text);
    struct run r = shell("$LATHE emit bad.net --isa scalar -o out.c; s=$?; "
                         "test -e out.c && exit 99; exit $s");
    cr_expect(r.status == 1, "\"%s\": exit %d: %s", b->text, r.status, r.output);
    cr_expect(strstr(r.output, b->words), "\"%s\": no \"%s\" in: %s", b->text, b->words, r.output);
    run_free(&r);
}

#define EXPECT_ALL_BAD(table) \
    for (size_t k = 0; k < sizeof (table) / sizeof *(table); k++) \
        expect_bad(&(table)[k])

/* The same network, whatever its file looks like. */
static void expect_same(const char *text, size_t length)
{
    write_text("plain.net", HEAD "conv 3 3x3  # a comment\nrelu\n\n" TAIL "train\n  reg 0.5\n");
    write_bytes("other.net", text, length);
    struct run r = shell("$LATHE emit plain.net --isa scalar -d mem > a; "
                         "$LATHE emit other.net --isa scalar -d mem > b; cmp a b");
    cr_expect(r.status == 0, "\"%.200s\": %s", text, r.output);
    run_free(&r);
}

/* ---- text ---- */

Test(text, a_byte_order_mark_is_skipped, .fini = shell_clean)
{
    static const char marked[] = MARK HEAD "conv 3 3x3\nrelu\n" TAIL "train\nreg 0.5\n";
    static const struct bad bad[] = {
        { MARK "nett t\n", "bad.net:1:1: error: unknown layer or statement \"nett\"" },
        { MARK "net t u\n", "bad.net:1:7: error: nothing more expected" },
        { HEAD MARK "relu\n", "bad.net:3:1: error: a statement expected, not U+FEFF, a byte" },
    };
    expect_same(marked, sizeof marked - 1);
    EXPECT_ALL_BAD(bad);
}

Test(text, any_line_end_is_one, .fini = shell_clean)
{
    static const char windows[] = "net t\r\ninput 3x8x8\r\nconv 3 3x3 # a\r\nrelu\r\naffine 4\r\n"
                                  "softmax\r\ntrain\r\nreg 0.5\r\n";
    static const char mac[] = "net t\rinput 3x8x8\rconv 3 3x3 # a\rrelu\raffine 4\rsoftmax\r"
                              "train\rreg 0.5\r";
    static const struct bad bad[] = {
        { "net t\r\ninput 3x8x8\r\nrely\r\n", "bad.net:3:1: error:" },
        { "net t\rinput 3x8x8\rrely\r", "bad.net:3:1: error:" },
    };
    expect_same(windows, sizeof windows - 1);
    expect_same(mac, sizeof mac - 1);
    EXPECT_ALL_BAD(bad);
}

Test(text, tuning_files_too, .fini = shell_clean)
{
    write_text("t.net", "net t\ninput 3x8x8\nconv 8 3x3\n" TAIL);
    sure("$LATHE emit t.net --isa avx2 -d block > plain");
    write_text("lf.tune", "net t avx2 f32\nconv1_fwd tile 1x2x1\n");
    write_text("crlf.tune", MARK "net t avx2 f32\r\nconv1_fwd tile 1x2x1\r\n");
    write_text("cr.tune", "net t avx2 f32\rconv1_fwd tile 1x2x1\r");
    sure("for f in lf crlf cr; do $LATHE emit t.net --isa avx2 --tune $f.tune -d block > $f; done; "
         "cmp lf crlf && cmp lf cr && ! cmp -s lf plain");
}

Test(text, utf16_is_named, .fini = shell_clean)
{
    static const char *const files[] = { "\xff\xfen\0e\0t\0", "\xfe\xff\0n\0e\0t", "n\0e\0t\0 \0" };
    for (int k = 0; k < 3; k++) {
        write_bytes("bad.net", files[k], 8);
        struct run r = shell("$LATHE emit bad.net");
        cr_expect(r.status == 1 && strstr(r.output, "bad.net:1:1: error: the file is UTF-16 text: "
                                          "save it as UTF-8"), "%s", r.output);
        run_free(&r);
    }
}

Test(text, characters_that_look_like_others_are_named, .fini = shell_clean)
{
    static const struct bad bad[] = {
        { HEAD "conv 3\xc2\xa0" "3x3\n" TAIL, "3:7: error: a number, a name or \"(\" expected, not "
          "U+00A0, a no-break space" },
        { HEAD "conv 3 3\xc3\x97" "3\n" TAIL, "\"x\" expected in KxK, not \"\xc3\x97\", U+00D7, a "
          "multiplication sign" },
        { HEAD "\xe2\x80\x9c" "relu\xe2\x80\x9d\n" TAIL, "3:1: error: a statement expected, not "
          "\"\xe2\x80\x9c\", U+201C, a typographic quotation mark" },
        { HEAD TAIL "train\nreg \xe2\x88\x92" "3\n", "U+2212, a minus sign: write -" },
        { HEAD "caf\xc3\xa9: relu\n" TAIL, "3:4: error: names have letters from a to z, digits and "
          "_, not \"\xc3\xa9\", U+00E9" },
        { "net caf\xc3\xa9\n", "1:8: error: nothing more expected after the name, found "
          "\"\xc3\xa9\"" },
        { HEAD "relu \xe2\x80\xae\n" TAIL, "not U+202E, an invisible character" },
        { HEAD "relu \xe9\n" TAIL, "3:6: error: an option expected (relu), not byte 0xe9, which is "
          "no UTF-8" },
        { HEAD "relu \xc3\n" TAIL, "byte 0xc3" }, { HEAD "relu \xc0\x80\n" TAIL, "byte 0xc0" },
        { HEAD "relu \xed\xa0\x80\n" TAIL, "byte 0xed" }, { HEAD "relu \xf0\x9f", "byte 0xf0" },
        { HEAD "relu \x1b[31m\n" TAIL, "byte 0x1b" },
    };
    EXPECT_ALL_BAD(bad);
}

/* ---- words ---- */

Test(words, of_other_frameworks_are_pointed_to_ours, .fini = shell_clean)
{
    static const char *const words[][2] = {
        { "dense 10", "`affine N`" }, { "Dense 10", "`affine N`" }, { "linear 10", "`affine N`" },
        { "nn.Linear(3, 4)", "`affine N`" }, { "fc 10", "`affine N`" },
        { "fc1: dense 10", "`affine N`" }, { "fully_connected 3", "`affine N`" },
        { "InnerProduct", "`affine N`" }, { "conv2d 8 3x3", "`conv F KxK`" },
        { "Conv2D 8", "`conv F KxK`" }, { "[convolutional]", "`conv F KxK`" },
        { "tf.keras.layers.Conv2D(8, 3)", "`conv F KxK`" },
        { "DepthwiseConv2D", "groups=F" }, { "flatten", "not needed" },
        { "Flatten()", "not needed" },
        { "maxpool2d 2x2", "`maxpool KxK" }, { "max_pool 2x2", "`maxpool KxK" },
        { "MaxPooling2D", "`maxpool KxK" }, { "pool 2x2", "`maxpool KxK` or `avgpool KxK`" },
        { "avg_pool 2x2", "`avgpool KxK" }, { "AveragePooling2D", "`avgpool KxK" },
        { "AdaptiveAvgPool2d 1", "`globalavgpool`" }, { "GlobalAveragePooling2D",
          "`globalavgpool`" }, { "GlobalMaxPooling2D", "`globalmaxpool`" },
        { "BatchNorm2d", "`batchnorm`" }, { "bn", "`batchnorm`" },
        { "BatchNormalization", "`batchnorm`" }, { "LayerNorm", "there is none here" },
        { "LeakyReLU 0.1", "`leaky_relu A`" }, { "swish", "it is `silu`" },
        { "mish", "there is none here; activations are" },
        { "relu6", "`clip 0 6`" }, { "hswish", "`hardswish`" },
        { "selu", "there is none here" }, { "rrelu", "there is none here" },
        { "activation relu", "a layer of its own" }, { "Dropout2d 0.5", "`dropout P`" },
        { "cross_entropy", "`softmax`" }, { "nll", "`softmax`" }, { "hinge", "`svm" },
        { "huber", "there is none here" }, { "mse_loss", "`mse" },
        { "add", "`residual { ... }`" },
        { "concatenate", "`concat { ... } { ... }`" }, { "Inception", "`concat { ... }" },
        { "SELayer 16", "`gate { ... }`" }, { "multiply", "`gate { ... }`" },
        { "split 2", "there is none here" },
        { "lstm 3", "there is none here" }, { "for i", "`repeat N as NAME { ... }`" },
        { "learning_rate 0.1", "`optimizer NAME lr=X`" }, { "lr 0.1", "`optimizer NAME lr=X`" },
        { "lr: 0.1", "`optimizer NAME lr=X`" }, { "learning_rate = 0.1", "`optimizer NAME lr=X`" },
        { "SGD", "`optimizer NAME`" }, { "momentum 0.9", "momentum=X" },
        { "weight_decay 1e-4", "`reg X`" }, { "l2 1e-4", "`reg X`" },
        { "regularization 1", "`reg X`" }, { "epoch 3", "`epochs X`" },
        { "num_epochs 3", "`epochs X`" }, { "batch_size 3", "`batch N`" },
        { "label_smoothing 0.1", "`softmax smoothing=E`" },
        { "CosineAnnealingLR", "`schedule constant|linear|cosine" },
        { "step_size 10", "`schedule step EPOCHS X`" }, { "drop_path 0.1", "there is none here" },
        { "StepLR", "`schedule step EPOCHS X`" }, { "early_stopping 3", "`patience N`" },
        { "clip_grad_norm 1", "`clip X`" }, { "random_crop", "`translate N" },
        { "horizontal_flip", "`flip" }, { "normalize", "`preprocess" },
        { "seed 3", "`train --seed N`" }, { "padding 1", "pad=" },
    };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        for (int after = 0; after < 2; after++) {
            char text[256];
            snprintf(text, sizeof text, HEAD "%s%s\n", after ? TAIL "train\n" : "", words[k][0]);
            expect_bad(&(struct bad){ text, words[k][1] });
        }
}

Test(words, options_too, .fini = shell_clean)
{
    static const struct bad bad[] = {
        { HEAD "conv 3 3x3 padding=1\n" TAIL, "3:12: error: unknown option \"padding\": here it is "
          "pad=same|valid|N|T,L,B,R" },
        { HEAD "conv 3 3x3 strides=2\n" TAIL, "here it is stride=N" },
        { HEAD "conv 3 3x3 use_bias=no\n" TAIL, "here it is bias=yes|no" },
        { HEAD "conv 3 3x3 dilation_rate=2\n" TAIL, "here it is dilation=D" },
        { HEAD "conv 3 3x3 activation=relu\n" TAIL, "a layer of its own" },
        { HEAD "conv 3 3x3 kernel_size=3\n" TAIL, "\"kernel_size\" goes without a name: conv F" },
        { HEAD "conv 3 kernel_size=3\n" TAIL, "\"kernel_size\" goes without its name here" },
        { HEAD "conv filters=3 3x3\n" TAIL, "\"filters\" goes without its name here" },
        { HEAD "dropout p=0.5\n" TAIL, "\"p\" goes without its name here" },
        { HEAD "deconv 3 3x3 output_padding=1\n" TAIL, "here it is pad=T,L,B,R (padding=1, output_"
          "padding=1 is pad=1,1,0,0)" },
        { HEAD "maxpool 2x2 padding=1\n" TAIL, "here it is pad=same|valid|N|T,L,B,R" },
        { HEAD "globalmaxpool padding=1\n" TAIL, "globalmaxpool takes no option \"padding\"" },
        { HEAD "batchnorm epsilon=1e-3\n" TAIL, "here it is eps=X" },
        { HEAD "affine 4\nsoftmax label_smoothing=0.1\n", "here it is smoothing=E" },
        { HEAD "affine 4 kernel_initializer=he\nsoftmax\n", "here it is init=HOW" },
        { HEAD "affine 4 init=glorot_uniform\nsoftmax\n", "\"glorot_uniform\": it is xavier" },
        { HEAD TAIL "train\noptimizer lion\n", "there is none here (sgd, momentum, nesterov" },
        { HEAD TAIL "train\noptimizer nadam\n", "there is none here (sgd" },
        { HEAD TAIL "train\noptimizer adam learning_rate=1\n", "it is lr=X" },
        { HEAD TAIL "train\noptimizer adam betas=1\n", "they are beta1=X beta2=X" },
        { HEAD TAIL "train\noptimizer sgd weight_decay=1\n", "`reg X` is a line of its own" },
        { HEAD TAIL "train\noptimizer sgd epsilon=1\n", "unknown option \"epsilon\": lr" },
        { HEAD TAIL "train\nschedule exponential\n", "`lr_decay X`" },
        { HEAD TAIL "train\nepochs: 3\n", "\"epochs\" takes no \":\" after it: epochs X" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(words, what_nobody_may_have_meant_is_not_guessed, .fini = shell_clean)
{
    static const char *const words[] = { "zilu", "lino", "mesh", "quux", "vit", "dwt", "gram" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        write_text("bad.net", HEAD);
        struct run r = shell("echo %s >> bad.net; $LATHE emit bad.net", words[k]);
        cr_expect(r.status == 1 && strstr(r.output, "`lathe doc` lists what there is"), "%s",
                  r.output);
        run_free(&r);
    }
}

Test(words, what_is_there_is_not_missing, .fini = shell_clean)
{
    static const struct bad bad[] = {
        { "net 3conv\n", "1:5: error: a name begins with a letter, not with \"3conv\"" },
        { "net \"a\"\n", "1:5: error: a name begins with a letter" },
        { "net\n", "1:4: error: a name is missing: net NAME" },
        { "net # t\n", "1:5: error: a name is missing: net NAME" },
        { HEAD "repeat 3 as 3 {\n}\n", "a name expected: repeat N as NAME {, not \"3\"" },
        { HEAD TAIL "train\nschedule 3\n", "constant, linear, cosine or step, not \"3\"" },
        { HEAD "let 3a = 1\n", "a name expected: let NAME = EXPR, not \"3a\"" },
        { HEAD "leaky_relu # 0.1\n", "3:12: error: the slope below 0 is missing" },
    };
    EXPECT_ALL_BAD(bad);
}

Test(words, of_the_command_line_too, .fini = shell_clean)
{
    fails(2, "did you mean \"build\"?", "$LATHE compile x.net");
    fails(2, "is for the program that `lathe build NET` makes: ./NAME train",
          "$LATHE train x.net");
    fails(2, "did you mean --batch?", "$LATHE emit x.net --batch-size=3");
    fails(2, "did you mean --set?", "$LATHE emit x.net --sett=a=3");
    fails(2, "did you mean -o?", "$LATHE emit x.net --output a.c");
}

/* ---- numbers ---- */

Test(numbers, have_the_bounds_of_the_options, .fini = shell_clean)
{
    static const char *const lines[][2] = {
        { "epochs 1e300", "8 error: epochs is to be at most 1e+06, not 1e+300" },
        { "epochs 1e7", "at most 1e+06" }, { "epochs 1e-10", "at least 1e-09" },
        { "epochs 0", "greater than 0" }, { "epochs big", "at most 1e+06, not 1e+300" },
        { "epochs (big*big)", "the value is too large" },
        { "epochs (big*1e8 + big*1e8)", "the value is too large" },
        { "epochs nan", "no `let` defines \"nan\"" }, { "epochs inf", "no `let` defines \"inf\"" },
        { "epochs 1e999", "\"1e999\" is too large a number" },
        { "lr_decay 1e31", "at most 1e+30" }, { "lr_decay -1", "0 or more" },
        { "schedule step 1e-4 0.5", "at least 0.001" },
        { "schedule step 1e7 0.5", "at most 1e+06" },
        { "schedule step 1 1e31", "at most 1e+30" }, { "warmup 1e7", "at most 1e+06" },
        { "reg 1e31", "at most 1e+30" }, { "init gaussian 1e31", "at most 1e+30" },
        { "clip 1e31", "at most 1e+30" }, { "clip 1e-31", "at least 1e-30" },
        { "patience 1e10", "from 1 to 1000000000, not 1e+10" },
        { "translate 1025", "from 1 to 1024" }, { "cutout 1025", "from 1 to 1024" },
        { "batch 65537", "from 1 to 65536" }, { "batch 1e300", "from 1 to 65536" },
        { "average ema 1.5", "at most 1" }, { "average ema 0.9 1e10", "from 1 to 1000000000" },
        { "optimizer adam lr=1e31", "at most 1e+30" }, { "optimizer adam beta1=1", "less than 1" },
        { "optimizer adam eps=0", "greater than 0" }, { "optimizer adam eps=1e-31",
          "at least 1e-30" }, { "optimizer adamw weight_decay=1e31", "at most 1e+30" },
        { "group bias lr=1e31", "at most 1e+30" }, { "group bias reg=1e31", "at most 1e+30" },
        { "group bias lr_decay=1e31", "at most 1e+30" },
        { "freeze bias after 1e7", "at most 1e+06" },
    };
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        char text[256], words[128];
        snprintf(text, sizeof text, "let big = 1e300\n" HEAD "scale (big*0 + 1)\n" TAIL
                 "train\n%s\n", lines[k][0]);
        snprintf(words, sizeof words, "%s", lines[k][1] + (lines[k][1][0] == '8'));
        expect_bad(&(struct bad){ text, words + (words[0] == ' ') });
    }
}

Test(numbers, of_layers_as_well, .fini = shell_clean)
{
    static const struct bad bad[] = {
        { HEAD "scale 1e31\n" TAIL, "3:7: error: the factor is to be at most 1e+30" },
        { HEAD "scale 1e-31\n" TAIL, "at least 1e-30" },
        { HEAD "dropout 1e-6\n" TAIL, "at least 1.52588e-05" },
        { HEAD "leaky_relu 1e300\n" TAIL, "at most 1" },
        { HEAD "batchnorm eps=1e-300\n" TAIL, "at least 1e-30" },
        { HEAD "batchnorm eps=1e300\n" TAIL, "at most 1e+30" },
        { HEAD "affine 4 init=1e300\nsoftmax\n", "at most 1e+30" },
        { HEAD "affine 4\nsvm margin=1e300\n", "at most 1e+30" },
        { HEAD "affine 4\nsoftmax smoothing=1\n", "less than 1" },
        { HEAD "affine 1e300\nsoftmax\n", "from 1 to 65536, not 1e+300" },
        { HEAD "repeat 1e300 as i {\n}\n", "from 1 to 10000" },
    };
    EXPECT_ALL_BAD(bad);
    /* Also what --set brings. */
    write_text("set.net", "let e = 1\n" HEAD TAIL "train\nepochs e\n");
    fails(1, "epochs is to be at most 1e+06, not 1e+300", "$LATHE emit set.net --set e=1e300");
    fails(1, "epochs is to be greater than 0, not -1", "$LATHE emit set.net --set e=-1");
}

/* What stands at the options' bounds is good in a file. */
Test(numbers, at_their_bounds_are_good, .fini = shell_clean)
{
    static const char *const lines[] = {
        "epochs 1e6", "epochs 1e-9", "lr_decay 0", "schedule step 1e-3 0", "warmup 1e6", "reg 0",
        "reg 1e30", "patience 1000000000", "translate 1024", "average ema 0 1000000000",
        "optimizer adam lr=0 beta1=0 eps=1e-30", "batch 65536",
    };
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        struct run r = shell("printf '%%s\\n' 'net t' 'input 1x2x2' 'affine 2' softmax train '%s' "
                             "> good.net && $LATHE emit good.net --isa scalar -d spec", lines[k]);
        cr_expect(r.status == 0, "%s: %s", lines[k], r.output);
        run_free(&r);
    }
}

Test(numbers, of_many_digits_are_read_whole, .fini = shell_clean)
{
    char text[2048], *at = text + sprintf(text, HEAD TAIL "train\nreg 0.");
    memset(at, '0', 70);
    sprintf(at + 70, "1e70\n");
    write_text("good.net", text);
    struct run r = shell("$LATHE emit good.net --isa scalar -d spec | grep -c 'reg 0.1$'");
    cr_expect_str_eq(r.output, "1\n", "%s", r.output);
    run_free(&r);
    memset(at, '0', 1200);
    strcpy(at + 1200, "\n");
    expect_bad(&(struct bad){ text, "a number of more than 1100 characters" });
}

/* ---- size: seconds of CPU that a search through all for each would need many times over ---- */

static void within(int seconds, int status, const char *words, const char *command)
{
    struct run r = shell("ulimit -t %d; %s", seconds, command);
    cr_expect(r.status == status, "exit %d, not %d: %s: %.300s", r.status, status, command,
              r.output);
    cr_expect(strstr(r.output, words), "%s: no \"%s\": %.300s", command, words, r.output);
    run_free(&r);
}

Test(size, a_hundred_thousand_lets, .fini = shell_clean)
{
    sure("awk 'BEGIN { print \"net l\\ninput 1x8x8\\nlet a0=1\"; for (i = 1; i < 55000; i++) "
         "print \"let a\" i \"=a\" i-1; print \"affine (a54999+1)\\nsoftmax\" }' > lets.net");
    within(2, 0, "affine 2", "$LATHE emit lets.net -d spec");
    sure("awk 'BEGIN { print \"net l\\ninput 1x8x8\"; for (i = 0; i < 75000; i++) "
         "print \"let a\" i \"=1\"; print \"affine 2\\nsoftmax\" }' > lets.net");
    within(2, 1, "\"a0\" is never used", "$LATHE emit lets.net");
    sure("sed 's/=1/=b/' lets.net > unknown.net");
    within(2, 1, "more than 19 errors", "$LATHE emit unknown.net");
}

Test(size, a_tuning_file_of_a_hundred_thousand_lines, .fini = shell_clean)
{
    write_text("t.net", HEAD TAIL);
    sure("awk 'BEGIN { print \"net t avx2 f32\"; for (i = 0; i < 100000; i++) "
         "printf \"%x t 1\\n\", i }' > t.tune; awk 'NR == 1 { $2 = \"u\" } 1' t.tune > u.tune");
    within(2, 1, "more than 19 errors", "$LATHE emit t.net --isa avx2 --tune t.tune");
    within(2, 1, "has nothing for t avx2 f32", "$LATHE emit t.net --isa avx2 --tune u.tune");
}

Test(size, a_repeat_over_a_page_of_nothing, .fini = shell_clean)
{
    static const char *const fill[] = { "{ printf \"\\n\" }", "{ printf \"# 789\\n\" }",
                                        "{ printf (i ? \"=\" : \"#\") }" };
    for (int k = 0; k < 3; k++) {
        struct run r = shell("awk 'BEGIN { print \"net l\\ninput 1x8x8\\nrepeat 9990 as i {\"; "
                             "for (i = 0; i < %d; i++) %s; print \"\\nrelu\\n}\\naffine 2\\n"
                             "softmax\" }' > repeat.net", k == 1 ? 150000 : 900000, fill[k]);
        run_free(&r);
        within(3, 0, "relu", "$LATHE emit repeat.net -d spec");
    }
}

Test(size, of_what_repeats_come_to_has_a_limit, .fini = shell_clean)
{
    sure("awk 'BEGIN { print \"net l\\ninput 1x8x8\\nrepeat 9990 as i {\"; "
         "for (i = 0; i < 50000; i++) print \"let a\" i \"=i\"; print \"relu\\n}\\naffine 2\\n"
         "softmax\" }' > lets.net");
    within(5, 1, "lets.net:3:1: error: repeated, this block comes to more than 16 MiB",
           "$LATHE emit lets.net");
}

Test(size, three_thousand_convolutions, .fini = shell_clean)
{
    write_text("deep.net", "net d\ninput 1x8x8\nrepeat 3000 as i {\nc: conv 4 3x3\n}\naffine 2\n"
               "softmax\n");
    within(16, 0, "", "$LATHE emit deep.net --isa avx2 --split -o deep.c");
    within(3, 0, "c_3000", "$LATHE show deep.net --isa avx2");
    within(3, 0, "c_3000", "$LATHE show deep.net --isa avx2 --html");
    within(3, 0, "c_3000", "$LATHE emit deep.net --isa avx2 -d mem");
}

Test(size, ten_thousand_layers_and_as_many_groups, .fini = shell_clean)
{
    sure("awk 'BEGIN { print \"net d\\ninput 1x1x1\\nrepeat 2490 as i {\\na: affine 2\\n"
         "batchnorm\\ndropout 0.5\\ntanh\\n}\\naffine 2\\nsoftmax\\ntrain\"; "
         "for (i = 1; i <= 2490; i++) print \"group a_\" i \" reg=1\\ngroup conv reg=1\\n"
         "group affine lr_decay=\" i }' "
         "> deep.net");
    within(4, 0, "a_2490", "$LATHE emit deep.net --isa avx2 -d mem");
}

Test(size, of_nesting_has_a_limit, .fini = shell_clean)
{
    sure("awk 'BEGIN { print \"net d\\ninput 1x8x8\"; printf \"let a=\"; "
         "for (i = 0; i < 4000; i++) printf \"(\"; print \"1\" }' > deep.net");
    within(2, 1, "an expression nested deeper than 100", "$LATHE emit deep.net");
    sure("awk 'BEGIN { print \"net d\\ninput 1x8x8\"; for (i = 0; i < 90000; i++) "
         "print \"residual {\" }' > deep.net");
    within(2, 1, "blocks nested deeper than 16", "$LATHE emit deep.net");
    sure("awk 'BEGIN { print \"net d\\ninput 1x8x8\"; for (i = 0; i < 50000; i++) "
         "print \"repeat 9 as i\" i \" {\" }' > deep.net");
    within(2, 1, "blocks nested deeper than 16", "$LATHE emit deep.net");
}

/* ---- the end ---- */

/* A compiler that has written something, and goes on and on. */
static void slow_compiler(void)
{
    sure("cat > cc.sh <<'END'\n#!/bin/sh\necho half > \"$4\"\necho $$ > pid\nsleep 60\nEND\n"
         "chmod +x cc.sh; mkdir tmp");
    write_text("t.net", HEAD TAIL);
}

/* Of `command`, when it is ended by a signal while its compiler runs. */
static void ends_clean(const char *command, const char *name, int status)
{
    struct run r = shell("rm -f pid; export TMPDIR=$PWD/tmp CC=$PWD/cc.sh; "
                         "env --default-signal $LATHE %s & p=$!; n=0; "
                         "until test -s pid; do sleep 0.02; n=$((n+1)); "
                         "test $n -lt 500 || exit 90; done; "
                         "kill -%s $p; wait $p; echo status $?; "
                         "grep -s '^State:[^a-zA-Z]*[RSDTtI]' /proc/$(cat pid)/status; ls tmp; "
                         "ls | grep '^t\\.'",
                         command, name);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "status %d\nt.net\n", status);
    cr_expect(strstr(r.output, wanted) && !strcmp(strstr(r.output, "status"), wanted),
              "%s, SIG%s: %s", command, name, r.output);
    run_free(&r);
}

Test(end, by_a_signal_leaves_nothing_of_build, .fini = shell_clean)
{
    slow_compiler();
    ends_clean("build t.net -o t.program", "TERM", 143);
    ends_clean("build t.net -o t.program", "HUP", 129);
    ends_clean("build t.net -o t.program", "INT", 130);
    ends_clean("build t.net -o t.program", "QUIT", 131);
}

Test(end, by_a_signal_leaves_nothing_of_tune_and_sweep, .fini = shell_clean)
{
    slow_compiler();
    ends_clean("tune t.net", "TERM", 143);
    ends_clean("tune t.net", "INT", 130);
    sure("sed -i 's/4/n/;2a let n=4' t.net");
    ends_clean("sweep t.net --set n=3,4", "TERM", 143);
}

/* A program that trains for ever. */
Test(end, by_a_signal_ends_what_sweep_trains, .fini = shell_clean)
{
    slow_compiler();
    sure("cat > cc.sh <<'END'\n#!/bin/sh\nprintf '#!/bin/sh\\necho $$ > pid\\nsleep 60\\n' > $4\n"
         "chmod +x $4\nEND\nsed -i 's/4/n/;2a let n=4' t.net");
    ends_clean("sweep t.net --set n=3,4", "HUP", 129);
}

Test(end, without_memory_is_no_internal_error, .fini = shell_clean)
{
    write_text("deep.net", "net d\ninput 1x8x8\nrepeat 3000 as i {\nconv 4 3x3\n}\naffine 2\n"
               "softmax\n");
    struct run r = shell("ulimit -v 60000; $LATHE emit deep.net --isa avx2 -o deep.c");
    cr_expect(r.status == 1 && strstr(r.output, "lathe: not enough memory: ")
              && strstr(r.output, " MiB more were wanted"), "%d: %s", r.status, r.output);
    cr_expect_null(strstr(r.output, "internal error"));
    run_free(&r);
    sure("test $(ls | wc -l) = 1");
}

/* Regions of a microsecond tell nothing: one program, and no measuring by turns. */
Test(end, of_tune_comes_soon_where_regions_are_too_short, .fini = shell_clean)
{
    write_text("t.net", "net t\ninput 1x2x2\naffine 2\nsoftmax\n");
    sure("cat > cc.sh <<'END'\n#!/bin/sh\necho >> built\n"
         "printf '#!/bin/sh\\necho >> run\\necho ready\\n"
         "echo \"regions affine1 forward=0.001;affine1 backward + update=0.001\"\\n"
         "echo \"regions affine1_folded forward=0.001\"\\necho times 0.01\\n' "
         "> $4\nchmod +x $4\nEND\nchmod +x cc.sh");
    sure("LATHE_CACHE= CC=$PWD/cc.sh $LATHE tune t.net --isa avx2 > log && "
         "grep -q 'no region with a choice takes 0.005 ms' log && "
         "test $(wc -l < built) = 1 && test $(wc -l < run) = 1 && "
         "$LATHE emit t.net --isa avx2 --tune t.tune -d block > a && "
         "$LATHE emit t.net --isa avx2 -d block > b && cmp a b");
}

/* A compiler would take it for options. */
Test(end, a_folder_for_temporary_files_may_begin_with_a_dash, .fini = shell_clean)
{
    write_text("t.net", HEAD TAIL);
    write_text("cc.sh", "#!/bin/sh\ntest -f \"$2\" && cp \"$2\" \"$4\" && ls ./-t > seen\n");
    sure("mkdir ./-t && chmod +x cc.sh && CC=$PWD/cc.sh TMPDIR=-t $LATHE build t.net -o program && "
         "grep -q '^lathe-.*[.]c$' seen && test -z \"$(ls ./-t)\"");
}

/* Words of a network file and its name, in what lathe says of them. */
Test(text, of_messages_has_no_control_characters, .fini = shell_clean)
{
    write_text("\x1b[31mt.net", "net t\ninput 3x8x8\n\x1b[2Jrelu\xc2\x9b 3\naffine\x07 2\n"
               "softmax\n");
    struct run r = shell("$LATHE show \"$(printf '\\033[31mt.net')\"; "
                         "$LATHE show \"$(printf '\\033x')\"; "
                         "$LATHE \"$(printf '\\033x')\"; $LATHE show -d \"$(printf '\\033x')\" t; "
                         "$LATHE show \"$(printf -- '-\\033x')\"; "
                         "printf 'net t\\033 x\\n' > a.tune; "
                         "printf 'net t\\ninput 1x2x2\\naffine 2\\nsoftmax\\n' > t.net; "
                         "$LATHE show t.net --tune a.tune; "
                         "$LATHE emit t.net -o \"$(printf 'no\\033/x')\"");
    cr_expect(strstr(r.output, "\\x1b[31mt.net:3:1: error: "), "%s", r.output);
    for (const char *s = r.output; *s; s++)
        cr_assert(*s == '\n' || (unsigned char)*s >= ' ', "byte %d in: %s", *s, r.output);
    run_free(&r);
}
