/*
** test_gradcheck.c - the notebook's lines of `gradcheck`, over settings that change the loss and
** over points where a ReLU or the hinge loss turns. One program of many networks, in f64.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/shell.h"

/* name, layers, settings; ';' ends a line */
static const struct { const char *name, *text; } nets[] = {
    { "tiny", "input 3x16x16; conv 3 3x3; relu; maxpool 2x2; affine 7; relu; affine 10; softmax; "
      "train; init gaussian 1e-3; batch 8" },
    /* Images whose units are all dropped lie on the kink of the next ReLU. */
    { "dropped", "input 1x1x15; affine 6; relu; dropout 0.25; affine 6; relu; affine 3; softmax" },
    { "summed", "input 1x6x6; conv 2 3x3; relu; affine 3; softmax; train; loss sum" },
    { "smoothed", "input 1x6x6; conv 2 3x3; relu; affine 3; softmax smoothing=0.2; train; "
      "loss sum; reg 0.5; freeze conv1; group affine reg=2 lr=0.3" },
    { "hinged", "input 1x5x5; affine 8; leaky_relu 0.1; scale 3; affine 30; svm margin=2; train; "
      "loss sum; batch 12" },
    /* Both sides of every hinge: scores of 0 and a margin smaller than h. */
    { "edge", "input 1x3x3; affine 4 init=zeros; svm margin=1e-9" },
    { "normal", "input 2x6x6; conv 4 3x3 bias=no; batchnorm; relu; residual {; conv 4 3x3; tanh; "
      "dropout 0.5; conv 4 3x3; }; gelu; globalavgpool; affine 5; softmax; train; reg 1; batch 6" },
    /* A filter of one weight between batchnorms: of its gradient rounding is 1e-6. */
    { "single", "input 5x9x10; gate {; globalavgpool; affine 4; relu; affine 5; hardsigmoid; }; "
      "deconv 1 1x1 stride=3 pad=0,0,2,0 bias=no; batchnorm eps=1e-3; conv 4 1x1 pad=2,3,0,2 "
      "dilation=3; batchnorm eps=1e-3; mse" },
    /* Rows of 36 values, more than the decisions that one word has room for. */
    { "broad", "input 1x4x4; conv 9 3x3; relu; affine 3; softmax" },
    { "white", "input 3x5x6; conv 6 2x2 pad=valid init=whiten; relu; maxpool 2x2; affine 5; "
      "softmax" },
};

enum { NETS = sizeof nets / sizeof *nets };

static void write_net(const char *name, const char *text)
{
    char file[64], lines[512];
    int n = snprintf(lines, sizeof lines, "net %s\n", name);
    for (; *text; text++)
        if (*text != ';')
            lines[n++] = *text;
        else if (n + 2 < (int)sizeof lines)
            lines[n++] = '\n';
    lines[n++] = '\n';
    lines[n] = '\0';
    snprintf(file, sizeof file, "%s.net", name);
    write_text(file, lines);
}

static void make_all(void)
{
    for (int k = 0; k < NETS; k++)
        write_net(nets[k].name, nets[k].text);
    sure("$LATHE emit *.net --isa native --dtype f64 --split -o all.c && "
         "${CC:-cc} -O1 -I$SOURCE/runtime all.c $SOURCE/runtime/liblathe64.a -o all -lm -pthread");
}

/* Rounding beside tiny gradients makes a hundredth; what is wrong makes a half or one. */
static void lines_are_small(const char *net, int seed)
{
    struct run r = shell("./all gradcheck --network %s --seed %d --threads 1 > out; s=$?; "
                         "awk '/max relative error:/ { n++; if ($5 != \"none\" && !($5 < 0.05)) "
                         "bad = 1 } END { exit bad || !n }' out && exit $s; cat out; exit 99", net,
                         seed);
    cr_expect(r.status == 0, "%s, seed %d: status %d\n%s", net, seed, r.status, r.output);
    run_free(&r);
}

Test(notebook, lines_are_small_whatever_the_loss_is_and_wherever_kinks_are, .fini = shell_clean)
{
    make_all();
    for (int k = 0; k < NETS; k++)
        for (int seed = 1; seed <= 5; seed++)
            lines_are_small(nets[k].name, seed);
    /* What was left out is counted, and a line that compared nothing claims nothing. */
    sure("./all gradcheck --network dropped | "
         "grep -x 'b2 max relative error: none (6 of 6 entries left out: on a kink)'");
    sure("./all gradcheck --network tiny --seed 1 | "
         "grep 'b2 max relative error: [0-9.e-]* ([0-9]* of 7 entries left out: on a kink)'");
    sure("./all gradcheck --network tiny --entries 10 | grep '^conv1.weight *10 *0 .*ok' && "
         "./all gradcheck --network tiny --entries 10 | grep '^conv1.bias *3 *0 .*ok' && "
         "./all gradcheck --network tiny --entries 10 | grep '^directions *20 *0 .*ok'");
    sure("./all gradcheck --network edge | grep 'b1 max relative error: none (4 of 4 '");
    sure("./all gradcheck --network summed > out && ! grep 'left out' out && "
         "grep '(softmax loss, initial weights)' out");
    sure("./all gradcheck --network hinged | grep '(svm loss, initial weights)'");
    /* Beside its kinks this one's scores are linear in each entry, however large a step is. */
    sure("./all gradcheck --network broad --h 0.03 > out 2> e; s=$?; grep decisions e && "
         "test $s = 1 && test $(grep -c ' ok$' out) = 4 || { cat out e; exit 1; }");
}

/* ---- what it says of a gradient that it does not believe ---- */

/* `wrong` with `change` in what was emitted. */
static void make_wrong(const char *change)
{
    char command[512];
    snprintf(command, sizeof command, "$LATHE emit wrong.net --isa native --dtype f64 --split -o "
             "right.c && sed '%s' right.c > wrong.c && ! cmp -s right.c wrong.c && ${CC:-cc} -O1 "
             "-I$SOURCE/runtime wrong.c $SOURCE/runtime/liblathe64.a -o wrong -lm -pthread",
             change);
    sure(command);
}

Test(gradcheck, finds_a_gradient_that_is_wrong, .fini = shell_clean)
{
    write_net("wrong", "input 1x3x3; affine 4; scale 5; affine 3; mse");
    /* Of a layer: the parameters below it have it, those above do not. */
    make_wrong("s/v_scale_grad(g, a, (real)5)/v_scale_grad(g, a, (real)4)/");
    fails(1, "wrong: gradcheck: a gradient is wrong, see FAILED above", "./wrong gradcheck");
    sure("./wrong gradcheck > log 2> e; grep -q '^affine1.weight .* 2.5e-01  *FAILED$' log && "
         "grep -q '^affine1.bias .*FAILED$' log && grep -q '^affine2.weight .* ok$' log && "
         "grep -q '^W1 max relative error: .*  FAILED$' log && "
         "grep -q '^W2 max relative error: [0-9.e-]*$' log || { cat log; exit 1; }");
    /* Of the loss: the layers' gradients are right. */
    make_wrong("s/v_set1(2\\*scale/v_set1(3*scale/");
    fails(1, "wrong: gradcheck: the loss's gradient is wrong, see FAILED above; or the weights are "
          "smaller than --h 1e-06 allows for", "./wrong gradcheck");
    sure("./wrong gradcheck > log 2> e; test $(grep -c ' ok$' log) = 4 && "
         "test $(grep -c 'max relative error: 2.0*e-01  FAILED$' log) = 4");
    /* What h is too large for is said, too: too many kinks are crossed. */
    sure("sed -i 's/scale 5/relu/' wrong.net");
    make_wrong("s/^$/ /");
    fails(1, "wrong: gradcheck: too many decisions flipped; try a smaller --h or --batch",
          "./wrong gradcheck --h 0.3");
    sure("./wrong gradcheck");
}
