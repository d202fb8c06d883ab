/*
** test_import_folds.c - `lathe import` computes what depends on constants alone: each row's value k
** becomes the factor of a layer, whose digits say what was computed.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/onnx_graphs.h"
#include "support/shell.h"

static const char head[] =
    "input x 0,3,6,6\nreal first 4,3,1,1\nConv first x,first c\nTanh t c d\n";

static const struct { const char *nodes; double factor; } cases[] = {
    { "real a - 36\nSqrt o a k\n", 6 },
    { "real a - -5\nAbs o a k\n", 5 },
    { "real a - -7\nNeg o a k\n", 7 },
    { "real a - 0.125\nReciprocal o a k\n", 8 },
    { "real a - 9.5\nFloor o a k\n", 9 },
    { "real a - 9.5\nCeil o a k\n", 10 },
    { "real a - 1\nExp o a k\n", 2.7182817 },
    { "real a - 0.5\nLog o a p\nNeg n p k\n", 0.6931472 },
    { "real a - 14\nreal b - 3\nSub o a,b k\n", 11 },
    { "real a - 24\nreal b - 2\nDiv o a,b k\n", 12 },
    { "real a - 2\nreal b - 4\nPow o a,b k\n", 16 },
    { "real a - 12\nreal b - 14\nMean o a,b k\n", 13 },
    { "real a - 3\nreal b - 14\nMax o a,b k\n", 14 },
    { "real a - 20\nreal b - 15\nMin o a,b k\n", 15 },
    { "real a - 8\nreal b - 9\nSum o a,b k\n", 17 },
    { "real a - 30\nreal b - 0\nreal e - 26\nClip o a,b,e k\n", 26 },
    { "real a - 18\nRelu o a k\n", 18 },
    { "real a - -4\nLeakyRelu o a p f:alpha=0.5\nNeg n p k\n", 2 },
    { "real a - 24\nElu o a k\n", 24 },
    { "real a - 23\nCelu o a k\n", 23 },
    { "real a - 2\nSelu o a k f:gamma=3\n", 6 },
    { "real a - 19\nThresholdedRelu o a k\n", 19 },
    { "real a - 0\nSigmoid o a k\n", 0.5 },
    { "real a - 0.5\nTanh o a k\n", 0.46211717 },
    { "real a - 40\nSoftplus o a k\n", 40 },
    { "real a - 1\nSoftsign o a k\n", 0.5 },
    { "real a - 41\nMish o a k\n", 41 },
    { "real a - 50\nSwish o a k\n", 50 },
    { "real a - 0\nHardSigmoid o a k\n", 0.5 },
    { "real a - 3\nHardSwish o a k\n", 3 },
    { "real a - 0.5\nErf o a k\n", 0.5204999 },
    { "real a - 2\nreal b - 27\nreal e - 1\nEqual o a,a p\nWhere w p,b,e k\n", 27 },
    { "real a - 3\nreal b - 2\nreal e - 28\nLess o a,b p\nWhere w p,b,e k\n", 28 },
    { "real a - 3\nreal b - 2\nreal e - 29\nGreater o a,b p\nNot n p q\nWhere w q,a,e k\n", 29 },
    { "real a - 3\nreal b - 2\nreal e - 30\nGreater o a,b p\nLess l a,b q\nAnd n p,q r\n"
      "Or m p,q s\nWhere w r,a,e f\nWhere v s,f,a k\n", 30 },
    { "real a - 20\nreal b - 7\nMod o a,b k\n", 6 },
    { "real a 3 10,11,12\nReduceSum o a k i:keepdims=0\n", 33 },
    { "real a 3 10,11,12\nReduceMean o a k\n", 11 },
    { "real a 3 10,11,12\nReduceMax o a k\n", 12 },
    { "real a 2,2 1,2,3,4\nwhole e 1 -1\nReduceMin o a,e p\nReduceProd q p k i:keepdims=0\n", 3 },
    { "real a - 1\nreal b - 8\nreal e - 2\nRange o a,b,e p\nReduceSum s p k\n", 16 },
    { "whole a 2 70,74\nreal b - 0.5\nwhole e - 2\nDequantizeLinear o a,b,e p\nReduceMax m p k\n",
      36 },
    { "whole a 2,2 1,2,3,4\nreal b 2 10,100\nDequantizeLinear o a,b p i:axis=0\n"
      "ReduceSum s p k\n", 730 },
    { "whole a 2,2 1,2,3,4\nreal b 2,1 10,100\nDequantizeLinear o a,b p i:axis=1 i:block_size=2\n"
      "ReduceSum s p k\n", 730 },
    { "whole a 1 2\nConstantOfShape o a p\nReduceSum s p q\nreal b - 35\nAdd e q,b k\n", 35 },
    { "real a 2,3 1,2,3,4,5,6\nTranspose o a p\nwhole i - 2\nGather g p,i q\nReduceSum s q k\n",
      9 },
    { "real a 2,3 1,2,3,4,5,6\nFlatten f a p i:axis=0\nwhole o 1 1\nwhole e 1 6\nwhole h 1 1\n"
      "whole s 1 2\nSlice l p,o,e,h,s q\nReduceProd r q k\n", 48 },
    { "real a 1 3\nwhole e 2 2,4\nExpand o a,e p\nReduceSum s p k\n", 24 },
    { "real a 1 3\nreal b 2 4,5\nConcat o a,b p i:axis=0\nReduceProd s p k\n", 60 },
    { "real a 1,1 6\nSqueeze o a p\nwhole e 1 0\nUnsqueeze u p,e q\nIdentity n q r\n"
      "Dropout w r k\n", 6 },
    { "real a 7,3\nShape o a p\nCast e p q i:to=1\nReduceProd r q k\n", 21 },
    { "real a 7,4\nSize o a p\nCast e p k i:to=1\n", 28 },
    { "whole a - 7\nwhole b - 2\nDiv o a,b p\nCast e p k i:to=1\n", 3 },
    { "Constant o - k f:value_float=52\n", 52 },
    { "Constant o - p F:value_floats=3,0.5,4\nReduceProd r p k\n", 6 },
    { "Constant o - p i:value_int=53\nCast e p k i:to=1\n", 53 },
    { "Constant o - p I:value_ints=5,6\nCast e p q i:to=1\nReduceProd r q k\n", 30 },
    { "real a 2,3 1,2,3,4,5,6\nwhole i 2 0,2\nGather g a,i q i:axis=1\nReduceProd s q k\n", 72 },
    { "real a 2,3 1,2,3,4,5,6\nFlatten f a p i:axis=2\nShape s p q\nwhole i - 0\n"
      "Gather g q,i r\nCast e r k i:to=1\n", 6 },
};

Test(import, computes_what_depends_on_constants_alone, .init = (void (*)(void))shell_dir,
     .fini = shell_clean)
{
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        static const char before[] = "\ntanh\nscale ";
        char lines[1024];
        snprintf(lines, sizeof lines, "%s%sMul y d,k y\noutput y\n", head, cases[k].nodes);
        struct bytes model = lines_model(lines, 18);
        write_bytes("m.onnx", model.at, model.size);
        bytes_free(&model);
        struct run r = shell("$LATHE import m.onnx -o m.net && cat m.net; rm -f m.net");
        const char *layer = strstr(r.output, before);
        cr_expect(layer && strtod(layer + strlen(before), NULL) == cases[k].factor, "%sno %.9g: %s",
                  cases[k].nodes, cases[k].factor, r.output);
        run_free(&r);
    }
}
