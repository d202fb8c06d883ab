/*
** test_import_models.c - `lathe import`: what layers and files are called, how much a model may be,
** and what is said of one that has something wrong early on.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/onnx_graphs.h"
#include "support/shell.h"

TestSuite(import_models, .init = (void (*)(void))shell_dir, .fini = shell_clean);

/* ---- names ---- */

static const struct { const char *weight, *node, *line; } labels[] = {
    { "model/stem/Conv2D/ReadVariableOp", "n", "stem: conv 4 1x1" },
    { "model/sequential_1/stem/kernel", "n", "stem: conv 4 1x1" },
    { "net/modeller/stem/kernel", "n", "net_modeller_stem: conv 4 1x1" },
    { "onnx::Conv_12", "/layer1/layer1.0/layer1.0.conv1/Conv", "layer1_0_conv1: conv 4 1x1" },
    { "onnx::Conv_12", "/layer1/layer10/conv1/Conv", "layer1_layer10_conv1: conv 4 1x1" },
    { "onnx::Conv_12", "Conv_12", "conv 4 1x1" },
    { "0.block.weight", "n", "block: conv 4 1x1" },
    { "conv3.weight", "n", "conv_3: conv 4 1x1" },
    { "conv1.weight", "n", "conv 4 1x1" },
    { "int.weight", "n", "int_2: conv 4 1x1" },
    { "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.aa.weight", "n",
      "m_n_o_p_q_r_s_t_u_v_w_x_y_z_aa: conv 4 1x1" },
};
enum { LABELS = sizeof labels / sizeof *labels };

Test(import_models, calls_layers_by_the_words_that_tell_them_apart)
{
    for (int k = 0; k < LABELS; k++) {
        char lines[512];
        snprintf(lines, sizeof lines, "input x 0,3,6,6\nreal %s 4,3,1,1\nConv %s x,%s y\n"
                 "output y\n",
                 labels[k].weight, labels[k].node, labels[k].weight);
        struct run r = import_lines(lines, "&& sed -n 's/ bias=no$//p' m.net");
        cr_expect(r.status == 0, "%s", r.output);
        const char *second = strchr(r.output, '\n');
        const size_t n = strlen(labels[k].line);
        cr_expect(second && !strncmp(second + 1, labels[k].line, n) && second[n + 1] == '\n',
                  "%s: %s", labels[k].line, r.output);
        run_free(&r);
    }
}

/* A file's name becomes the net's, where it can be one; in a comment it is one line. */
Test(import_models, names_nets_after_files_and_their_files_in_one_line)
{
    static const struct { const char *file, *net, *said; } cases[] = {
        { "int", "net imported", "int.onnx" }, { "7", "net imported", "7.onnx" },
        { "a b", "net a_b", "a b.onnx" }, { "a\tb", "net a_b", "a?b.onnx" },
        { "a\nnet b", "net a_net_b", "a?net b.onnx" },
    };
    struct run r = import_lines("input x 0,3,6,6\nreal w 2,3,6,6\nConv a x,w b\nFlatten c b y\n"
                                "output y\n", "");
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char expected[256];
        snprintf(expected, sizeof expected, "# Imported by lathe from %s: by hand 1.0, opset 17.\n"
                 "# Loss: the model does not say its loss: softmax is assumed, of scores one a "
                 "class.\n%s\n", cases[k].said, cases[k].net);
        r = shell("mv *.onnx '%s.onnx' && $LATHE import *.onnx 2>said || cat said; head -3 "
                  "'%s.net'",
                  cases[k].file, cases[k].file);
        cr_expect_str_eq(r.output, expected);
        run_free(&r);
    }
}

/* ---- models that are written by a loop ---- */

static char model[1 << 21];
static size_t length;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    length += (size_t)vsnprintf(model + length, sizeof model - length, format, args);
    va_end(args);
    cr_assert_lt(length, sizeof model);
}

static void expect_refusal(const char *words)
{
    struct run r = import_lines(model, "");
    cr_expect(r.status == 1 && strstr(r.output, words), "%s: %s", words, r.output);
    run_free(&r);
    length = 0;
}

/* Each level's branch begins with a pool of one value, and ends in the block within it. */
static void nested(const char *meets, const char *attribute, int levels)
{
    add("input x 0,3,6,6\nreal w 4,3,1,1\nConv first x,w a0\n");
    for (int k = 1; k <= levels; k++)
        add("AveragePool p%d a%d a%d I:kernel_shape=1,1\n", k, k - 1, k);
    add("MaxPool q a%d s%d I:kernel_shape=1,1\n", levels, levels);
    for (int k = levels; k > 0; k--)
        add("%s m%d a%d,s%d s%d%s\n", meets, k, k - 1, k, k - 1, attribute);
    add("output s0\n");
}

Test(import_models, nests_blocks_as_deep_as_a_network_file_has_them)
{
    nested("Add", "", 15);
    struct run r = import_lines(model, "");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
    length = 0;
    nested("Add", "", 18);
    expect_refusal("node \"p16\" (AveragePool): blocks would be nested deeper than 16");
    nested("Concat", " i:axis=1", 18);
    expect_refusal("node \"m17\" (Concat): blocks would be nested deeper than 16");
}

/* Nine neighbours that have more in common than the map that all come from. */
Test(import_models, joins_as_many_maps_as_blocks_of_blocks_hold)
{
    add("input x 0,3,6,6\nreal w 4,3,1,1\nConv first x,w a\n");
    for (int k = 0; k < 9; k++)
        add("AveragePool p%d a b%d I:kernel_shape=%d,1 I:strides=1,1 I:pads=%d,0,%d,0\n"
            "MaxPool q%d b%d c%d I:kernel_shape=1,1\nAveragePool r%d b%d d%d I:kernel_shape=1,1\n",
            k, k, 2*k + 1, k, k, k, k, k, k, k, k);
    add("Concat j c0,d0");
    for (int k = 1; k < 9; k++)
        add(",c%d,d%d", k, k);
    add(" y i:axis=1\noutput y\n");
    expect_refusal("node \"j\" (Concat): joins 18 maps; 8 can be said");
}

Test(import_models, has_no_more_layers_than_a_network_file)
{
    add("input x 0,3,6,6\nreal w 4,3,1,1\nConv first x,w a0\n");
    for (int k = 1; k < 20000; k++)
        add("MaxPool p a%d a%d I:kernel_shape=1,1\n", k - 1, k);
    add("output a19999\n");
    expect_refusal("the network would have more than 10000 layers");
    add("input x 0,3,6,6\nreal w 4,3,1,1\nConv first x,w a0\n");
    for (int k = 1; k < 20001; k++)
        add("MaxPool p a%d a%d I:kernel_shape=1,1\n", k - 1, k);
    add("output a20000\n");
    expect_refusal("node \"p\" (MaxPool): more than 20000 layers");
}

/* At each level what the one below has, so many times, each time but the first within a block; at
** the lowest a convolution. */
static void doubled(int level, int times, int *count)
{
    if (level == 0) {
        add("real n%d.abcdefghijklmnopqrstuvwxyzabcde.weight 1,1,1,1\n"
            "Conv c v%d,n%d.abcdefghijklmnopqrstuvwxyzabcde.weight v%d\n", *count, *count, *count,
            *count + 1);
        ++*count;
        return;
    }
    for (int k = 0; k < times; k++) {
        const int fork = *count;
        doubled(level - 1, 2, count);
        add("Add a v%d,v%d v%d\n", *count, fork, *count + 1);
        ++*count;
    }
}

static struct run import_doubled(int level, int times)
{
    int count = 0;
    length = 0;
    add("input v0 0,1,6,6\n");
    doubled(level, times, &count);
    add("output v%d\n", count);
    return import_lines(model, "&& grep conv m.net | tr -d ' '");
}

/* Each of a repeat's layers has the repeat's label and its number, repeats in it more numbers. */
Test(import_models, leaves_a_label_out_that_has_no_room_for_the_numbers_of_its_repeats)
{
    struct run r = import_doubled(8, 2);
    cr_expect_str_eq(r.output, "imported m.net and m.safetensors\n"
                     "abcdefghijklmnopqrstuvwxyzabcde:conv11x1bias=no\n"
                     "abcdefghijklmnopqrstuvwxyzabcde_b:conv11x1bias=no\n");
    run_free(&r);
    r = import_doubled(8, 10);
    cr_expect_str_eq(r.output, "imported m.net and m.safetensors\n"
                     "abcdefghijklmnopqrstuvwxyzabcde:conv11x1bias=no\nconv11x1bias=no\n");
    run_free(&r);
}

/* A repeat around blocks makes each of them one deeper: these repeats would be beyond the most. */
Test(import_models, repeats_no_deeper_than_the_blocks_in_it_may_be)
{
    struct run r = import_doubled(10, 2);
    cr_expect(r.status == 0 && strstr(r.output, "imported m.net"), "%s", r.output);
    run_free(&r);
    sure("test $(grep -c conv m.net) = 16");
}

/* ---- values ---- */

/* A factor and a number to add after a convolution that has a bias are in its weights. */
Test(import_models, puts_arithmetic_after_a_layer_into_its_weights_and_its_bias)
{
    struct run r = import_lines("input x 0,1,1,1\nreal stem 2,1,1,1 1,2\nreal b 2 3,4\n"
                                "real s 2,1,1 10,100\nreal t 2,1,1 5,6\nConv a x,stem,b c\n"
                                "Mul m c,s d\nSub n t,d e\nFlatten f e y\noutput y\n", "");
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    r = shell("grep -c 'stem: conv 2 1x1$' m.net; tail -c 16 m.safetensors | od -An -w16 -tf4");
    int lines;
    float x[4] = { 0 };
    cr_assert(sscanf(r.output, "%d %f %f %f %f", &lines, x, x + 1, x + 2, x + 3) == 5 && lines == 1,
              "%s", r.output);
    const float wanted[4] = { -10, -200, 5 - 30, 6 - 400 };
    const float other[4] = { wanted[2], wanted[3], wanted[0], wanted[1] };
    cr_expect(!memcmp(x, wanted, sizeof x) || !memcmp(x, other, sizeof x), "%s", r.output);
    run_free(&r);
}

/* ---- --weights ---- */

#define TWO_LAYERS(head) "input x 0,1,2,2\nreal one.weight 2,1,1,1 1,2\nConv a x,one.weight b\n" \
                         "real " head ".weight 3,2,2,2\nConv c b," head ".weight d\n" \
                         "Flatten l d y\noutput y\n"

Test(import_models, takes_the_parameters_that_lathe_wrote_of_the_same_network)
{
    struct run r = import_lines(TWO_LAYERS("head"), "-o first");
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    sure("n=$(od -An -tu8 -N8 first.safetensors | tr -d ' ') && head -c 104 /dev/zero | tr '\\0' "
         "'?' > bytes && { head -c $((8 + n)) first.safetensors | "
         "sed 's/\"checksum\"/\"of_first\"/'; cat bytes; } > other");
    r = import_lines(TWO_LAYERS("head"), "-o second --weights other");
    cr_expect_str_eq(r.output, "imported second.net and second.safetensors\n");
    run_free(&r);
    sure("tail -c 104 second.safetensors | cmp - bytes");
}

Test(import_models, takes_no_weights_from_a_file_that_is_none)
{
    struct run r = import_lines(TWO_LAYERS("head"), "--weights nowhere");
    cr_expect_str_eq(r.output, "lathe: nowhere: cannot be opened: No such file or directory\n");
    run_free(&r);
    fails(1, "none.onnx: error: cannot be opened", "$LATHE import none.onnx");
    sure("test ! -e m.net && test ! -e none.net");
}

/* What the network file's own limits are is said of its lines. */
Test(import_models, says_of_a_line_what_is_beyond_a_network_file)
{
    struct run r = import_lines("input x 0,4096,8192\nwhole s 4 0,1,1,-1\nReshape r x,s a\n"
                                "real w 2,1,1,3\nConv c a,w y\noutput y\n", "");
    cr_expect(r.status == 1 && strstr(r.output, "m.net:4:9: error: the height (of CxL the length) "
                                      "is to be a whole number from 1 to 16777216"), "%s",
              r.output);
    run_free(&r);
    sure("test ! -e m.net && test ! -e m.safetensors");
}

Test(import_models, counts_the_tensors_that_it_has_no_room_to_name)
{
    char weights[4096];
    size_t at = (size_t)snprintf(weights, sizeof weights, "real one.weight 2,1,1,1\n");
    for (int k = 0; k < 60; k++)
        at += (size_t)snprintf(weights + at, sizeof weights - at, "real another.layer.%02d 1\n", k);
    struct bytes file = lines_weights(weights);
    write_bytes("w", file.at, file.size);
    bytes_free(&file);
    struct run r = import_lines(TWO_LAYERS("head"), "--weights w");
    cr_expect(r.status == 1 && strstr(r.output, "it has another.layer.00 (1), another.layer.01 (1)")
              && strstr(r.output, "another.layer.13 (1) and 46 more, which the model has not; the "
                        "model has head.weight (3, 2, 2, 2), which it has not"), "%s", r.output);
    run_free(&r);
}

/* ---- --check ---- */

/* Two images of two pixels, prepared as 2x - 1, by three filters; a sigmoid of each is bce's. */
Test(import_models, checks_scores_with_the_models_own_preprocessing_and_sigmoid)
{
    static const float x[4] = { 0.25f, 0.75f, 1, -0.5f };
    static const float w[3][2] = { { 1, 2 }, { -3, 1 }, { 0, 4 } };
    float y[6];
    for (int k = 0; k < 6; k++) {
        const float *pixel = x + k/3*2, *filter = w[k % 3];
        const float score = filter[0]*(2*pixel[0] - 1) + filter[1]*(2*pixel[1] - 1);
        y[k] = 1/(1 + expf(-score));
    }
    write_array("x.npy", "<f4", "(2, 1, 1, 2)", x, sizeof x);
    write_array("y.npy", "<f4", "(2, 3)", y, sizeof y);
    struct run r = import_lines("input x 0,1,1,2\nreal by - 2\nreal one - 1\n"
                                "real w 3,1,1,2 1,2,-3,1,0,4\nMul m x,by a\nSub s a,one b\n"
                                "Conv c b,w d\nFlatten f d e\nSigmoid g e y\noutput y\n",
                                "--check x.npy y.npy && cat m.net");
    cr_expect(r.status == 0 && strstr(r.output, "check: 2 images, largest relative error"), "%s",
              r.output);
    cr_expect(strstr(r.output, "\nconv 3 1x2 pad=valid bias=no\nbce\n"), "%s", r.output);
    run_free(&r);
    y[5] = 0.5f;
    write_array("y.npy", "<f4", "(2, 3)", y, sizeof y);
    fails(1, ": above 1e-5", "$LATHE import m.onnx --check x.npy y.npy");
    write_array("y.npy", "<f4", "(3, 2)", y, sizeof y);
    fails(1, "lathe: y.npy: is to have the shape of the model's, (images) x 3",
          "$LATHE import m.onnx --check x.npy y.npy");
    write_array("y.npy", "<f4", "(1, 3)", y, 3*sizeof *y);
    fails(1, "lathe: x.npy: 2 images, and y.npy has results of 1",
          "$LATHE import m.onnx --check x.npy y.npy");
    fails(2, "--check is to be followed by ", "$LATHE import m.onnx --check x.npy");
    fails(1, "lathe: z.npy: cannot be opened", "$LATHE import m.onnx --check z.npy y.npy");
}

/* ---- many errors, and one that others follow from ---- */

Test(import_models, prints_a_hundred_errors_and_counts_all)
{
    add("input x 0,3,6,6\n");
    for (int k = 0; k < 103; k++)
        add("LSTM n%d x y%d\n", k, k);
    add("output y7\n");
    struct run r = import_lines(model, "");
    cr_expect(r.status == 1 && strstr(r.output, "\"n99\" (LSTM)") && !strstr(r.output, "n100")
              && strstr(r.output, "m.onnx: 103 errors; nothing is written\n"), "%s", r.output);
    run_free(&r);
}

/* What reads d, which no layer makes. */
static const char *const readers[] = {
    "real w 4\nBatchNormalization a d,w,w,w,w y\n", "real w 4,1,1\nPRelu a d,w y\n",
    "Dropout a d y\n", "Flatten a d y\n", "Transpose a d y I:perm=0,2,3,1\n",
    "whole q 4 1,1,6,6\nExpand a d,q y\n", "Concat a c,d y i:axis=1\n", "Softmax a d y\n",
    "whole p 8 0,0,1,1,0,0,1,1\nPad a d,p y\n", "real s 4 1,1,2,2\nResize a d,,s y\n",
    "GlobalAveragePool a d y\n", "MaxPool a d y I:kernel_shape=2,2\n",
    "real w 2,4,1,1\nConv a d,w y\n", "real w 6,5\nMatMul a d,w y\n",
    "real w 4,1,1\nMul a d,w y\n", "real w 4,4,1,1\nConv k c,w e\nAdd a d,e y\n",
    "whole s 4 0,144,1,1\nReshape r c,s e\nreal w 144,144,1,1\nConv k e,w f\n"
    "whole t 4 0,4,6,6\nReshape u f,t e2\nSum a e2,d,e2 y\n",
};
enum { READERS = sizeof readers / sizeof *readers };

Test(import_models, says_nothing_of_what_follows_from_an_error)
{
    static const char said[] = "m.onnx: error: node \"s\" (Softplus): what it makes of a value is "
        "no layer here; relu or silu is: train with one of them\n";
    for (int k = 0; k < READERS; k++) {
        char nodes[512];
        snprintf(nodes, sizeof nodes, "Softplus s c d\n%s", readers[k]);
        struct run r = import_nodes(nodes);
        cr_expect(r.status == 1 && !strcmp(r.output, said), "%s: %s", readers[k], r.output);
        run_free(&r);
    }
    struct run r = import_nodes("Flatten f c e\nSoftplus s e d\nreal w 144,5\nMatMul a d,w y\n");
    cr_expect(r.status == 1 && !strcmp(r.output, said), "%s", r.output);
    run_free(&r);
    /* More of them than one layer may be put together of. */
    add("input x 0,3,6,6\nreal w 4,3,1,1\nConv first x,w d0\n");
    for (int k = 1; k < 40; k++)
        add("Softplus s d%d d%d\n", k - 1, k);
    add("output d39\n");
    r = import_lines(model, "");
    cr_expect(r.status == 1 && !strcmp(r.output, said), "%s", r.output);
    run_free(&r);
}
