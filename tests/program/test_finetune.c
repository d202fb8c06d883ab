/*
** test_finetune.c - runs that begin with parameters of a file, as a user meets them: of this
** network, of one with another last layer, of another program; stopped and gone on with.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

#define DATA "--data synthetic --train-samples 70 --val-samples 40 "

/* tests/resume/deep.net as ./deep and ./scalar, tests/foreign/grey.net as ./grey. */
static void make(void)
{
    sure("d=$(dirname $LATHE)/tests; ln -s $d/resume_deep_native deep && "
         "ln -s $d/resume_deep_scalar scalar && ln -s $d/foreign_grey grey");
}

/* deep.net with six classes, and what else is to stand in it: ./six. */
static void make_six(const char *train)
{
    char command[512];
    snprintf(command, sizeof command, "sed 's/net deep/net six/; s/affine 4/affine 6/' "
             "$SOURCE/tests/resume/deep.net > six.net && echo '%s' >> six.net && "
             "$LATHE emit six.net --isa scalar --split -o six.c && "
             "${CC:-cc} -O0 -I$SOURCE/runtime six.c $SOURCE/runtime/liblathe.a -o six -lm -pthread",
             train);
    sure(command);
}

Test(finetune, begins_where_the_file_is, .fini = shell_clean)
{
    make();
    sure("./grey train " DATA "--epochs 1 --quiet --params p && "
         "./grey train " DATA "--from p --lr 0 --iterations 1 --seed 2 --params q > said && "
         "sed 1d said | sed -n 2p | grep -qx 'from p: all 2 tensors taken' && cmp p q && "
         "./grey train " DATA "--from p --iterations 1 --no-save --quiet > said && "
         "! grep -q from said");
    /* Averages begin there, too. */
    sure("./grey train " DATA "--from p --lr 0 --iterations 9 --average ema --params q --quiet && "
         "cmp p q");
    /* Of a checkpoint the best parameters; its state is nobody's tensors. */
    sure("./grey train " DATA "--epochs 1 --checkpoint c --params p --quiet && "
         "./grey train " DATA "--from c --lr 0 --iterations 1 --params q > said && cmp p q && "
         "grep -qx 'from c: all 2 tensors taken' said && ! grep -q left said");
    fails(1, "grey: p: is read by this command; name another file with --params",
          "./grey train " DATA "--from p --params p");
    fails(1, "grey: nowhere: cannot be opened: No such file", "./grey train --from nowhere");
}

Test(finetune, with_another_last_layer_takes_the_rest, .fini = shell_clean)
{
    make();
    make_six("  freeze conv1");
    sure("./deep train " DATA "--epochs 1 --quiet --params p && "
         "./six train " DATA "--from p --epochs 2 --params q > said && "
         "printf '%s\n' 'from p: 13 of 15 tensors taken' '  taken: conv1.*, conv2.*, bn1.*, "
         "affine1.*, bn2.*' '  new, of another shape or type: affine2.weight (4, 9) -> (6, 9),' "
         "'    affine2.bias (4) -> (6)' '  images: by the file'\\''s mean' > expected && "
         "sed -n 3,7p said | cmp - expected");
    /* conv1.weight, which is frozen and comes first, is as it was. */
    sure("first() { tail -c +$((9 + $(od -An -tu8 -N8 $1))) $1 | head -c 540; }; "
         "first p > a && first q | cmp - a && ./six train " DATA "--epochs 1 --quiet --params r && "
         "first r > b && ! cmp -s a b");
    sure("./six train " DATA "--from p --from-only 'conv*' --from-only '!*.bias,!bn?' --epochs 1 "
         "--no-save | grep -qx '  taken: conv1.weight, conv2.weight'");
}

Test(finetune, that_is_stopped_goes_on_without_the_file, .fini = shell_clean)
{
    make();
    sure("o='" DATA "--check-every 5 --preprocess scale --average ema --average-rate 0.9 "
         "--from p'; "
         "./deep train --data synthetic --train-samples 20 --preprocess scale --epochs 1 --quiet "
         "  --params p && ./deep train $o --iterations 25 --checkpoint-every 5 --checkpoint a "
         "  --history a.csv --params a.st --quiet && "
         "./deep train $o --iterations 15 --checkpoint-every 5 --checkpoint b --params b.st "
         "  --quiet && rm p && ./scalar train --resume b --iterations 25 --history c.csv "
         "  --params c.st --quiet && cmp a.csv c.csv && cmp a.st c.st && cmp a b");
    fails(2, "--from begins a run, --resume goes on with one, which has what was taken: leave "
          "--from out", "./deep train --resume b --from a.st");
}

Test(finetune, with_wrong_options_is_wrong_usage, .fini = shell_clean)
{
    make();
    sure("./grey train " DATA "--epochs 1 --quiet --params p");
    fails(2, "train: --from-only selects tensors of --from FILE, which is not there",
          "./grey train --from-only affine1");
    fails(2, "train: --from-only conv*: fits no tensor of this network and no layer's name; it has "
          "affine1.weight (4, 64), affine1.bias (4)", "./grey train --from p --from-only 'conv*'");
    fails(2, "train: --from-only: expected PATTERN[,PATTERN...]",
          "./grey train --from p --from-only affine1,");
    fails(1, "p: none of its tensors has name and shape of one of this network's: it holds "
          "affine1.bias (4), affine1.weight (4, 64), the network has conv1.weight (5, 3, 3, 3)",
          "./deep train --from p");
}

/* ---- as safetensors.torch writes it ---- */

/* 16 bits of x, a small multiple of 1/8: their sign, exponent and fraction. */
static uint16_t rounded(double x, int fraction, int bias)
{
    int exponent = bias;
    double least = x < 0 ? -x : x;
    if (x == 0)
        return 0;
    for (; least >= 2; least /= 2)
        exponent++;
    for (; least < 1; least *= 2)
        exponent--;
    return (uint16_t)((x < 0) << 15 | exponent << fraction
                      | (int)((least - 1)*(1 << fraction)));
}

/* ./grey's parameters: a header padded with spaces, tensors by their names, a counter. */
static void write_torch(const char *name, const char *type, size_t size)
{
    enum { COUNT = 4 + 4*64 };
    unsigned char file[4096] = { 0 };
    int n = snprintf((char *)file + 8, 1024, "{\"__metadata__\":{\"format\":\"pt\"},\"affine1."
                     "bias\":{\"dtype\":\"%s\",\"shape\":[4],\"data_offsets\":[0,%zu]},\"affine1."
                     "weight\":{\"dtype\":\"%s\",\"shape\":[4,64],\"data_offsets\":[%zu,%zu]},"
                     "\"bn1.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":"
                     "[%zu,%zu]}}", type, 4*size, type, 4*size, COUNT*size, COUNT*size,
                     COUNT*size + 8);
    while (n % 8)
        file[8 + n++] = ' ';
    file[0] = (unsigned char)n;
    file[1] = (unsigned char)(n >> 8);
    for (int k = 0; k < COUNT; k++) {
        const double x = (k*37 % 29 - 14)/8.0;
        const float single = (float)x;
        const uint16_t half = type[0] == 'B' ? rounded(x, 7, 127) : rounded(x, 10, 15);
        memcpy(file + 8 + n + (size_t)k*size, size == 2 ? (const void *)&half : size == 4
               ? (const void *)&single : &x, size);
    }
    write_bytes(name, file, 8 + (size_t)n + COUNT*size + 8);
}

Test(finetune, from_what_pytorch_wrote_in_any_type_is_the_same, .fini = shell_clean)
{
    make();
    write_torch("F32", "F32", 4);
    write_torch("F16", "F16", 2);
    write_torch("BF16", "BF16", 2);
    write_torch("F64", "F64", 8);
    sure("for t in F32 F16 BF16 F64; do ./grey train " DATA "--from $t --iterations 3 --params p$t "
         "> said && cmp p$t pF32 && grep -qx \"from $t: all 2 tensors taken\" said && "
         "! grep -q 'left over' said && ./grey eval --params $t --data synthetic --range 0,1 "
         "> e$t && cmp e$t eF32 || exit 1; done");
    sure("sed s/affine1.bias/affine2.bias/ F16 > named");
    fails(1, "named: tensor affine1.bias is missing; of its shape, (4), there is affine2.bias: "
          "tensors are to be called as `./grey info` lists them",
          "./grey eval --params named --data synthetic");
}
