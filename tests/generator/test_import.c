/*
** test_import.c - `lathe import`: what becomes of each operator, line by line, and one
** program that does what its model says.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/onnx_graphs.h"
#include "support/shell.h"

TestSuite(import, .init = (void (*)(void))shell_dir, .fini = shell_clean);

static char *text_of(const char *name)
{
    struct run r = shell("cat %s", name);
    cr_assert(r.status == 0, "%s", r.output);
    return r.output;
}

/* The whole file. */
static void becomes(const char *lines, const char *file)
{
    struct run r = import_lines(lines, "");
    cr_assert(r.status == 0, "%s", r.output);
    char *text = text_of("m.net");
    cr_expect_str_eq(text, file);
    free(text);
    run_free(&r);
}

Test(import, names_layers_after_the_graph_and_says_where_it_comes_from)
{
    becomes("input x 0,3,8,8\nreal features.0.weight 4,3,3,3\nreal b 4\nreal g 4\nreal e 4\n"
            "real m 4\nreal v 4 1,2,3,4\nreal fc.weight 10,64\nreal fc.bias 10\n"
            "Conv /features/features.0/Conv x,features.0.weight,b c I:pads=1,1,1,1\n"
            "BatchNormalization /norm/BatchNormalization c,g,e,m,v n f:epsilon=0.001\n"
            "Relu r n rn\nMaxPool p rn q I:kernel_shape=2,2 I:strides=2,2\n"
            "Flatten f q flat\nGemm /fc/Gemm flat,fc.weight,fc.bias y i:transB=1\noutput y\n",
            "# Imported by lathe from m.onnx: by hand 1.0, opset 17.\n"
            "# Loss: the model does not say its loss: softmax is assumed, of scores one a class.\n"
            "net m\ninput 3x8x8\n\n"
            "features_0: conv 4 3x3\nnorm: batchnorm eps=0.001\nrelu\nmaxpool 2x2\n"
            "fc: affine 10\nsoftmax\n\ntrain\n  preprocess none\n");
}

Test(import, folds_what_repeats_and_nests_branches)
{
    becomes("input x 0,4,8,8\nreal w0 4,4,3,3\nreal w1 4,4,3,3\nreal w2 4,4,3,3\n"
            "real w3 8,4,1,1\nreal w4 8,4,3,3\nreal k 10,16\n"
            "Conv c0 x,w0 a0 I:pads=1,1,1,1\nRelu r0 a0 b0\nAdd s0 x,b0 x1\n"
            "Conv c1 x1,w1 a1 I:pads=1,1,1,1\nRelu r1 a1 b1\nAdd s1 b1,x1 x2\n"
            "Conv c2 x2,w2 a2 I:pads=1,1,1,1\nRelu r2 a2 b2\nAdd s2 x2,b2 x3\n"
            "Conv short x3,w3 sc I:strides=2,2\n"
            "Conv long x3,w4 lo I:strides=2,2 I:pads=0,0,1,1\nAdd s3 sc,lo t\n"
            "MaxPool p t t2 I:kernel_shape=3,3 I:pads=1,1,1,1\nConcat j t,t2 u i:axis=1\n"
            "GlobalAveragePool g u v\nFlatten f v flat\nTranspose tr k kt I:perm=1,0\n"
            "MatMul m flat,kt y0\nSoftmax so y0 y\noutput y\n",
            "# Imported by lathe from m.onnx: by hand 1.0, opset 17.\n"
            "# Loss: softmax is the model's last node, Softmax.\n"
            "net m\ninput 4x8x8\n\n"
            "repeat 3 as i {\n  residual {\n    conv 4 3x3 bias=no\n    relu\n  }\n}\n"
            "residual {\n  w4: conv 8 3x3 stride=2 pad=0,0,1,1 bias=no\n} shortcut {\n"
            "  w3: conv 8 1x1 stride=2 bias=no\n}\n"
            "concat { } {\n  maxpool 3x3 stride=1 pad=1\n}\n"
            "globalavgpool\nkt: affine 10 bias=no\nsoftmax\n\ntrain\n  preprocess none\n");
}

Test(import, calls_what_repeats_by_what_its_names_have_in_common)
{
    becomes("input x 0,4,8,8\n"
            "real m.0.conv.weight 4,4,1,1\nConv n0 x,m.0.conv.weight v0c\nRelu rv0 v0c v0\n"
            "real m.1.conv.weight 4,4,1,1\nConv n1 v0,m.1.conv.weight v1c\nRelu rv1 v1c v1\n"
            "real m.2.conv.weight 4,4,1,1\nConv n2 v1,m.2.conv.weight v2c\nRelu rv2 v2c v2\n"
            "real mid.weight 8,4,1,1\nConv n3 v2,mid.weight v3c\nTanh rv3 v3c v3\n"
            "real m.4.conv.weight 8,8,1,1\nConv n4 v3,m.4.conv.weight v4c\nRelu rv4 v4c v4\n"
            "real m.5.conv.weight 8,8,1,1\nConv n5 v4,m.5.conv.weight v5c\nRelu rv5 v5c v5\n"
            "real m.6.conv.weight 8,8,1,1\nConv n6 v5,m.6.conv.weight v6c\nRelu rv6 v6c v6\n"
            "real last.weight 6,8,1,1\nConv n7 v6,last.weight v7c\nTanh rv7 v7c v7\n"
            "real conv2d.weight 6,6,1,1\nConv n8 v7,conv2d.weight v8c\nRelu rv8 v8c v8\n"
            "real conv2d_1.weight 6,6,1,1\nConv n9 v8,conv2d_1.weight v9c\nRelu rv9 v9c v9\n"
            "real conv2d_2.weight 6,6,1,1\nConv n10 v9,conv2d_2.weight v10c\nRelu rv10 v10c v10\n"
            "GlobalAveragePool g v10 p\nreal fc.weight 10,6\nFlatten f p q\n"
            "Gemm h q,fc.weight y i:transB=1\noutput y\n",
            "# Imported by lathe from m.onnx: by hand 1.0, opset 17.\n"
            "# Loss: the model does not say its loss: softmax is assumed, of scores one a class.\n"
            "net m\ninput 4x8x8\n\n"
            "repeat 3 as i {\n  m_conv: conv 4 1x1 bias=no\n  relu\n}\n"
            "mid: conv 8 1x1 bias=no\ntanh\n"
            "repeat 3 as i {\n  m_conv_b: conv 8 1x1 bias=no\n  relu\n}\n"
            "last: conv 6 1x1 bias=no\ntanh\n"
            "repeat 3 as i {\n  conv 6 1x1 bias=no\n  relu\n}\n"
            "globalavgpool\nfc: affine 10 bias=no\nsoftmax\n\ntrain\n  preprocess none\n");
}

#define PAIR(a, b) "  concat {\n    " a "\n  } {\n    " b "\n  }\n"

/* What stands between the first convolution and the last affine layer. */
static const struct { const char *nodes, *lines; } cases[] = {
    /* pointwise, by whatever nodes */
    { "Sigmoid a c s\nMul b c,s y\n", "silu\n" },
    { "real h - 1.4142135\nreal one - 1\nreal half - 0.5\nDiv a c,h d\nErf b d e\nAdd s e,one f\n"
      "Mul m c,f g\nMul n g,half y\n", "gelu\n" },
    { "real z - 0\nreal six - 6\nClip a c,z,six y\n", "clip 0 6\n" },
    { "real t - 3\nreal z - 0\nreal six - 6\nAdd a c,t d\nClip b d,z,six e\nMul m c,e f\n"
      "Div q f,six y\n", "hardswish\n" },
    { "HardSigmoid a c d f:alpha=0.16666667\nMul b c,d y\n", "hardswish\n" },
    { "HardSigmoid a c y\n", "scale 1.2\nhardsigmoid\n" },
    { "LeakyRelu a c d f:alpha=0.1\nElu b d e f:alpha=0.7\nTanh t e y\n",
      "leaky_relu 0.1\nelu 0.7\ntanh\n" },
    { "Selu a c y\n", "elu 1.6732632\nscale 1.050701\n" },
    { "real s 4,1,1\nPRelu a c,s y\n", "prelu\n" },
    { "real two - 2\nMul a c,two d\nRelu r d y\n", "relu\nscale 2\n" },
    { "real s 1,4,1,1\nRelu r c d\nMul a d,s e\nreal t 4,1,1\nAdd b e,t y\n", "relu\nbatchnorm\n" },
    { "real s 1,4,1,1\nMul a c,s d\nreal t 4,1,1\nAdd b d,t y\n", "" },
    { "Dropout a c d f:ratio=0.3\nIdentity b d y\n", "dropout 0.7\n" },
    { "whole two - 2\nCastLike k two,c t\nCastLike l c,c d\nRelu r d e\nMul a e,t y\n",
      "relu\nscale 2\n" },
    /* windows */
    { "AveragePool a c y I:kernel_shape=3,3 I:strides=2,2 I:pads=1,1,1,1\n",
      "avgpool 3x3 stride=2 pad=1\n" },
    { "AveragePool a c y I:kernel_shape=3,3 I:strides=2,2 I:pads=1,1,1,1 i:count_include_pad=1\n",
      "avgpool 3x3 stride=2 pad=1 count_pad=yes\n" },
    { "MaxPool a c y I:kernel_shape=2,2 I:strides=3,3 i:ceil_mode=1\n", "maxpool 2x2 stride=3\n" },
    { "MaxPool a c y I:kernel_shape=3,3 I:strides=3,2 i:ceil_mode=1\n",
      "maxpool 3x3 stride=3,2 ceil=yes\n" },
    { "MaxPool a c y I:kernel_shape=3,3 I:strides=2,2 I:pads=0,0,1,1\n",
      "maxpool 3x3 stride=2 ceil=yes\n" },
    { "AveragePool a c y I:kernel_shape=2,2 I:strides=1,1 I:pads=0,0,1,1\n",
      "avgpool 2x2 stride=1 pad=same\n" },
    { "AveragePool a c y I:kernel_shape=4,4 I:strides=4,4 I:pads=0,0,2,2 i:count_include_pad=1\n",
      "avgpool 4x4 pad=0,0,2,2 count_pad=yes\n" },
    { "whole p 8 0,0,1,1,0,0,1,1\nRelu r c d\nPad a d,p e\nMaxPool b e y I:kernel_shape=3,3 "
      "I:strides=2,2\n", "relu\nmaxpool 3x3 stride=2 pad=1\n" },
    { "whole p 8 0,0,1,1,0,0,1,1\nPad a c,p d\nAveragePool b d y I:kernel_shape=3,3 I:strides=2,2 "
      "I:pads=0,0,1,1\n", "avgpool 3x3 stride=2 pad=1 ceil=yes count_pad=yes\n" },
    { "real v 18,144\nFlatten f c l\nGemm g l,v m i:transB=1\nwhole r 4 0,3,2,3\nReshape q m,r n\n"
      "real s 4 1,1,2,1\nResize z n,,s y s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\n", "affine 18 bias=no\nreshape 3x2x3\nupsample 2,1\n" },
    { "real v 5,144\nFlatten f c l\nGemm g l,v m i:transB=1\nwhole r 4 0,1,5,1\nReshape q m,r n\n"
      "real s 4 1,1,2,1\nResize z n,,s y s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\n", "affine 5 bias=no\nreshape 1x5x1\nupsample 2,1\n" },
    { "whole p 8 0,0,0,0,0,0,1,1\nPad a c,p d\nreal w 2,2,3,3\n"
      "Conv b d,w y I:strides=2,2 i:group=2\n",
      "conv 2 3x3 stride=2 pad=0,0,1,1 groups=2 bias=no\n" },
    { "real w 2,4,3,3\nConv b c,w y I:dilations=2,2 s:auto_pad=SAME_LOWER\n",
      "conv 2 3x3 dilation=2 bias=no\n" },
    { "real w 4,3,3,3\nConvTranspose b c,w y I:strides=2,2 I:pads=1,1,1,1 I:output_padding=1,1\n",
      "deconv 3 3x3 stride=2 bias=no\n" },
    { "real w 4,3,4,4\nConvTranspose b c,w y I:strides=2,2 I:pads=2,1,2,1 I:output_padding=1,0\n",
      "deconv 3 4x4 stride=2 pad=2,1,1,1 bias=no\n" },
    { "real w 4,3,4,4\nConvTranspose b c,w y I:strides=2,2 I:pads=1,1,1,1\n",
      "deconv 3 4x4 stride=2 bias=no\n" },
    { "real w 4,3,4,4\nConvTranspose b c,w d I:strides=2,2\nwhole o 2 1,1\nwhole e 2 -1,-1\n"
      "whole a 2 2,3\nSlice s d,o,e,a y\n", "deconv 3 4x4 stride=2 bias=no\n" },
    { "real w 4,3,3,3\nConvTranspose b c,w d I:strides=2,2\nwhole o 1 0\nwhole e 1 -1\n"
      "whole h 1 2\nwhole v 1 3\nSlice s d,o,e,h f\nSlice t f,o,e,v y\n",
      "deconv 3 3x3 stride=2 pad=0,0,1,1 bias=no\n" },
    { "real s 4 1,1,2,3\nResize a c,,s y s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\n", "upsample 2,3\n" },
    { "whole z 4 0,4,12,12\nShape h c sh\nSlice l sh,o,e d\nwhole o 1 0\nwhole e 1 1\n"
      "Concat j d,t u i:axis=0\nwhole t 3 4,12,12\nResize a c,,,u y s:mode=linear\n",
      "upsample 2 bilinear\n" },
    { "ReduceMean a c y I:axes=2,3 i:keepdims=0\n", "globalavgpool\n" },
    { "GlobalMaxPool a c d\nSqueeze s d,q y\nwhole q 2 2,3\n", "globalmaxpool\n" },
    { "real s 4 1,1,3,4\nResize u c,,s d s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\nGlobalMaxPool a d y\n",
      "upsample 3,4\nmaxpool 2x2\nglobalmaxpool\n" },
    { "real s 4 1,1,9,7\nResize u c,,s d s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\nReduceMax a d y I:axes=2,3\n",
      "upsample 9,7\nmaxpool 3x3\nglobalmaxpool\n" },
    /* other orders and shapes */
    { "Transpose a c d I:perm=0,2,3,1\nReduceMean r d e I:axes=1,2\n"
      "Transpose b e y I:perm=0,3,1,2\n",
      "globalavgpool\n" },
    { "Transpose a c d I:perm=0,2,3,1\nreal w 4,5\nMatMul m d,w e\nRelu r e f\n"
      "Transpose b f y I:perm=0,3,1,2\n", "conv 5 1x1 bias=no\nrelu\n" },
    { "Shape h c sh\nGather g sh,i n\nwhole i - 0\nUnsqueeze u n,a v\nwhole a 1 0\n"
      "Concat j v,r s i:axis=0\nwhole r 3 9,4,-1\nReshape q c,s y\n", "reshape 9x4x4\n" },
    { "GlobalAveragePool a c d\nFlatten f d e\nShape h e s\nReshape r e,s t\nSoftmax m t y\n",
      "globalavgpool\n" },
    /* branches */
    { "GlobalAveragePool a c d\nreal w 4,4,1,1\nConv b d,w e\nSigmoid s e f\nMul m c,f y\n",
      "gate {\n  globalavgpool\n  conv 4 1x1 bias=no\n  sigmoid\n}\n" },
    { "GlobalAveragePool a c d\nSigmoid s d e\nwhole q 4 1,1,6,6\nExpand x e,q f\nMul m f,c y\n",
      "gate {\n  globalavgpool\n  sigmoid\n}\n" },
    { "whole s 4 0,16,3,3\nReshape q c,s d\nreal w 16,16,1,1\nConv a d,w e\nSigmoid b e f\n"
      "Mul m d,f y\n",
      "reshape 16x3x3\ngate {\n  conv 16 1x1 bias=no\n  sigmoid\n}\n" },
    { "real w 16,4,1,1\nConv a c,w d I:strides=2,2\nFlatten e c l\nFlatten f d m\nAdd s l,m r\n"
      "whole o 4 0,9,4,4\nReshape q r,o y\n",
      "residual {\n  conv 16 1x1 stride=2 bias=no\n  reshape 144x1x1\n} shortcut {\n"
      "  reshape 144x1x1\n}\nreshape 9x4x4\n" },
    { "real w 4,4,1,1\nConv a c,w d\nConcat j c,d e i:axis=1\nreal v 4,8,1,1\nConv b e,v f\n"
      "Concat k c,d,f y i:axis=1\n",
      "repeat 2 as i {\n  concat { } {\n    conv 4 1x1 bias=no\n  }\n}\n" },
    { "Relu r c d\nTanh t d e\nSigmoid s d f\nElu u c g\nConcat j e,f,g y i:axis=1\n",
      "concat {\n  relu\n  concat {\n    tanh\n  } {\n    sigmoid\n  }\n} {\n  elu 1\n}\n" },
    { "Relu a c d\nTanh b c e\nSigmoid h c f\nElu i c g\nRelu k c l\nTanh m c n\nSigmoid o c p\n"
      "Elu q c r\nRelu s c t\nConcat j d,e,f,g,l,n,p,r,t y i:axis=1\n",
      "concat {\n" PAIR("relu", "tanh") "} {\n" PAIR("sigmoid", "elu 1") "} {\n"
      PAIR("relu", "tanh") "} {\n" PAIR("sigmoid", "elu 1") "} {\n  relu\n}\n" },
    /* forms of other exporters */
    { "Concat a c d i:axis=1\nRelu r d y\n", "relu\n" },
    { "whole p 8 0,0,0,0,0,0,0,0\nPad a c,p d\nRelu r d y\n", "relu\n" },
    { "real s 4 1,1,1,1\nResize a c,,s d\nRelu r d y\n", "relu\n" },
    { "real s 4 1,1,2,2\nResize a c,,s y s:coordinate_transformation_mode=half_pixel_symmetric\n",
      "upsample 2\n" },
    { "real s 4 1,1,2,2\nResize a c,,s y s:coordinate_transformation_mode=align_corners\n",
      "upsample 2\n" },
    { "Add s c,c y\n", "scale 2\n" },
    { "real w 4,3,4,4\nConvTranspose b c,w y I:strides=2,2 I:output_shape=12,12\n",
      "deconv 3 4x4 stride=2 bias=no\n" },
    { "real w 4,3,4,4\nConvTranspose b c,w y I:strides=2,2 s:auto_pad=SAME_UPPER\n",
      "deconv 3 4x4 stride=2 bias=no\n" },
    { "GlobalAveragePool a c d\nSigmoid s d e\nMul m e,c y\n",
      "gate {\n  globalavgpool\n  sigmoid\n}\n" },
    { "ai.onnx:Relu r c d\nMax m d,d y\n", "relu\n" },
    { "Neg a c d\nNeg b d y\n", "" },
    { "real w 4 1,2,3,4\nBatchNormalization a c,w,w,w,w y f:momentum=0.8\n",
      "batchnorm momentum=0.8\n" },
    { "GlobalAveragePool a c d\nwhole p 8 0,0,1,1,0,0,1,1\nPad b d,p e\nreal w 2,4,3,3\n"
      "Conv k e,w y\n", "globalavgpool\nconv 2 3x3 bias=no\n" },
    { "real six - 6\nClip a c,,six y\n", "clip -1e+30 6\n" },
    { "Relu r c d\nreal h - 3\nAdd a d,h y\n", "relu\nbatchnorm\n" },
    { "real two - 2\nMul m c,two d\nreal h - 3\nAdd a d,h e\nRelu r d f\nAdd z e,f y\n",
      "residual {\n  relu\n  scale 2\n} shortcut {\n  batchnorm\n}\n" },
    { "real s 4,1,1\nMul m c,s d\nRelu r c e\nAdd a d,e y\n",
      "residual {\n  batchnorm\n} shortcut {\n  relu\n}\n" },
    { "Dropout a c d f:ratio=0\nRelu r d y\n", "relu\n" },
    { "Flatten f c d\nSoftmax s d y\n", "reshape 144x1x1\n" },
    { "Relu r c d\nMaxPool a d e I:kernel_shape=2,2 I:strides=1,1\nwhole p 8 0,0,1,1,0,0,1,1\n"
      "Pad b e,p f\nMaxPool h f y I:kernel_shape=3,3 I:strides=2,2\n",
      "relu\nmaxpool 2x2 stride=1\nmaxpool 3x3 stride=2 pad=1\n" },
    { "MaxPool a c y I:kernel_shape=2,2 I:strides=4,4 I:pads=0,0,2,2\n", "maxpool 2x2 stride=4\n" },
    { "MaxPool a c y I:kernel_shape=6,6\n", "globalmaxpool\n" },
    { "AveragePool a c y I:kernel_shape=6,6\n", "globalavgpool\n" },
    { "whole s 3 0,4,36\nReshape r c,s d\nreal w 4,3,4\nConvTranspose b d,w y I:strides=2 "
      "I:pads=1,1\n", "reshape 4x1x36\ndeconv 3 1x4 stride=1,2 bias=no\n" },
    { "real w 4,4,1,1\nConv a c,w d\nSigmoid s d e\nMul m e,c y\n",
      "gate {\n  conv 4 1x1 bias=no\n  sigmoid\n}\n" },
    { "Flatten f c d\nreal w 144,4\nGemm g d,w e\nSigmoid s e f\nwhole q 4 0,4,1,1\n"
      "Reshape r f,q h\nMul m c,h y\n",
      "gate {\n  reshape 144x1x1\n  affine 4 bias=no\n  sigmoid\n}\n" },
    { "real w 4,4,1,1\nConv a c,w d\nTanh b d e\nreal v 4,4,1,1\nConv f e,v i\nAdd g i,e j\n"
      "real u 4,4,1,1\nConv h c,u k\nAdd l k,j y\n",
      "residual {\n  conv 4 1x1 bias=no\n  tanh\n  residual {\n    conv 4 1x1 bias=no\n  }\n"
      "} shortcut {\n  conv 4 1x1 bias=no\n}\n" },
    { "AveragePool p c y I:kernel_shape=7,1 I:strides=1,1 I:pads=3,0,3,0\n",
      "avgpool 7x1 stride=1 pad=same\n" },
};
enum { CASES = sizeof cases / sizeof *cases };

Test(import, makes_layers_of_nodes)
{
    for (int k = 0; k < CASES; k++) {
        struct run r = import_nodes(cases[k].nodes);
        cr_expect(r.status == 0, "%s: %s", cases[k].nodes, r.output);
        if (r.status == 0) {
            char *file = text_of("m.net"), *from = strstr(file, "conv 4 1x1");
            char *to = strstr(file, "softmax\n\n");
            to = to ? to : strstr(file, "mse\n\n");
            cr_assert(from && to, "%s", file);
            from = strchr(from, '\n') + 1;
            *to = '\0';
            cr_expect_str_eq(from, cases[k].lines, "%s:\n%s", cases[k].nodes, file);
            free(file);
        }
        run_free(&r);
    }
}

Test(import, makes_preprocessing_of_arithmetic_with_the_images)
{
    becomes("input x 0,8,8,3\nreal by - 255\nreal mean 3 0.5,0.25,0.75\nreal dev 1,1,3 0.5,2,1\n"
            "real w 2,3,3,3\nDiv a x,by b\nSub s b,mean c\nDiv d c,dev e\n"
            "Transpose t e f I:perm=0,3,1,2\nConv v f,w g\nGlobalAveragePool p g h\n"
            "Flatten l h i\nLogSoftmax m i y\noutput y\n",
            "# Imported by lathe from m.onnx: by hand 1.0, opset 17.\n"
            "# Loss: softmax is the model's last node, LogSoftmax.\n"
            "# The model's first nodes prepare the images: the parameter file does, as "
            "preprocessing.\n"
            "net m\ninput 3x8x8\n\nconv 2 3x3 pad=valid bias=no\nglobalavgpool\nsoftmax\n\n"
            "train\n  preprocess channel_norm\n");
    struct run r = shell("tail -c 24 m.safetensors | od -An -tf4");
    float x[6] = { 0 };
    cr_assert(sscanf(r.output, "%f %f %f %f %f %f", x, x + 1, x + 2, x + 3, x + 4, x + 5) == 6);
    const float wanted[6] = { 127.5f, 63.75f, 191.25f, 2/255.f, 0.5f/255, 1/255.f };
    for (int k = 0; k < 6; k++)
        cr_expect_float_eq(x[k], wanted[k], 1e-6*wanted[k]);
    run_free(&r);
}

/* A scale for each two channels of a filter, as opset 21 has it. */
Test(import, makes_floats_of_blocks_that_share_a_scale)
{
    struct run r = import_lines("input x 0,4,6,6\nwhole q 2,4,1,1 1,2,3,4,5,6,7,8\n"
                                "real s 2,2,1,1 1,10,100,1000\n"
                                "DequantizeLinear d q,s w i:axis=1 i:block_size=2\nConv a x,w y\n"
                                "output y\n", "");
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    r = shell("tail -c 32 m.safetensors | od -An -w32 -tf4");
    float x[8] = { 0 };
    cr_assert(sscanf(r.output, "%f %f %f %f %f %f %f %f", x, x + 1, x + 2, x + 3, x + 4, x + 5,
                     x + 6, x + 7) == 8);
    const float wanted[8] = { 1, 2, 30, 40, 500, 600, 7000, 8000 };
    cr_expect_arr_eq(x, wanted, sizeof x);
    run_free(&r);
}

/* ---- errors together, and files ---- */

Test(import, names_all_that_cannot_be_said_and_nothing_that_follows_from_it)
{
    struct run r = import_lines("input x 0,3,6,6\nLSTM one x a\nRelu two a b\nGRU three b c\n"
                                "Mish four x d\nLSTM five d y\noutput y\n", "");
    cr_expect_str_eq(r.output,
        "m.onnx: error: node \"one\" (LSTM): there is no layer for this operator; docs/exchange.md "
        "lists those that there are\n"
        "m.onnx: error: node \"three\" (GRU): there is no layer for this operator; "
        "docs/exchange.md lists those that there are\n"
        "m.onnx: error: node \"five\" (LSTM): there is no layer for this operator; "
        "docs/exchange.md lists those that there are\n"
        "m.onnx: 3 errors; nothing is written\n");
    cr_expect(r.status == 1);
    run_free(&r);
}

Test(import, replaces_no_file_but_its_own)
{
    const char *lines = "input x 0,3,6,6\nreal w 2,3,6,6\nConv a x,w b\nFlatten c b y\noutput y\n";
    struct run first = import_lines(lines, ""), again = import_lines(lines, "");
    cr_expect(first.status == 0 && again.status == 0, "%s", again.output);
    write_text("mine.net", "net mine\ninput 3x6x6\naffine 2\nsoftmax\n");
    struct run r = import_lines(lines, "-o mine");
    cr_expect(r.status == 1 && strstr(r.output, "mine.net: is there, and no network file that "
                                                "lathe imported"), "%s", r.output);
    sure("test ! -e mine.safetensors && grep -q 'net mine' mine.net");
    run_free(&first);
    run_free(&again);
    run_free(&r);
}

/* ---- --weights ---- */

static struct run import_weights(const char *lines, const char *weights)
{
    struct bytes file = lines_weights(weights);
    write_bytes("w", file.at, file.size);
    bytes_free(&file);
    return import_lines(lines, "-o given --weights w");
}

/* With names as PyTorch's exporter leaves them: of one layer's weights, that two nodes read, and of
** an affine layer that has them transposed. */
#define NODES "input x 0,1,2,2\nConv a x,body.0.weight b\nConv c b,body.1.weight d\n" \
              "BatchNormalization n d,norm.weight,norm.bias,norm.running_mean," \
              "norm.running_var e\n" \
              "Conv f e,body.1.weight h\nFlatten l h i\nTranspose t head.weight u I:perm=1,0\n" \
              "MatMul m i,u j\nAdd p j,head.bias y\noutput y\n"
static const char given[] =
    "real body.0.weight 2,1,1,1 0.5,2\nreal body.1.weight 2,2,1,1 1,-2,3,4\n"
    "real norm.weight 2 1.5,0.25\nreal norm.bias 2 0.125,0.75\n"
    "real norm.running_mean 2 0.5,-1\nreal norm.running_var 2 2,0.5\n"
    "real head.weight 3,8 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24\n"
    "real head.bias 3 -1,-2,-3\n";
static const char own[] =
    "real body.0.weight 2,1,1,1\nreal body.1.weight 2,2,1,1\nreal norm.weight 2\n"
    "real norm.bias 2\nreal norm.running_mean 2\nreal norm.running_var 2 3,4\n"
    "real head.weight 3,8\nreal head.bias 3\n";

static char *joined(const char *a, const char *b)
{
    static char text[4096];
    snprintf(text, sizeof text, "%s%s", a, b);
    return text;
}

Test(import, takes_weights_by_the_names_of_the_models_initialisers)
{
    struct run with = import_lines(joined(NODES, given), "-o with");
    cr_assert(with.status == 0, "%s", with.output);
    struct run r = import_weights(joined(NODES, own), given);
    cr_assert(r.status == 0, "%s", r.output);
    cr_expect_str_eq(r.output, "imported given.net and given.safetensors\n");
    sure("sed s/with/given/ with.net | cmp - given.net && for f in with given; do "
         "tail -c 164 $f.safetensors >$f.values; done && cmp with.values given.values");
    run_free(&with);
    run_free(&r);
}

/* What a file has otherwise than `given`, and what import says then. */
static const struct { const char *line, *other, *words; } unfit[] = {
    { "real head.bias 3 -1,-2,-3\n", "", "not all: the model has head.bias (3), which it has not" },
    { "real head.bias 3 -1,-2,-3\n", "real head.bias 3,1 -1,-2,-3\n",
      "not all: it has head.bias (3, 1), which the model has not; the model has head.bias (3), "
      "which it has not" },
    { "real body.0.weight 2,1,1,1 0.5,2\n", "",
      "the model has body.0.weight (2, 1, 1, 1), which it has not" },
    { "real head.bias", "real bn2.weight 2 1,1\nreal bn2.running_mean 2 0,0\nreal head.bias",
      "it has bn2.running_mean (2), bn2.weight (2), which the model has not; a batchnorm that the "
      "exporter folded into other weights stays one with training=" },
    { "-1,-2,-3", "-1,nan,-3", "w: tensor head.bias: value 1 (from 0) is nan" },
};
enum { UNFIT = sizeof unfit / sizeof *unfit };

Test(import, takes_all_weights_by_name_or_none)
{
    for (int k = 0; k < UNFIT; k++) {
        char weights[4096];
        const char *at = strstr(given, unfit[k].line);
        cr_assert(at, "%s", unfit[k].line);
        snprintf(weights, sizeof weights, "%.*s%s%s", (int)(at - given), given, unfit[k].other,
                 at + strlen(unfit[k].line));
        struct run r = import_weights(joined(NODES, own), weights);
        cr_expect(r.status == 1 && strstr(r.output, unfit[k].words), "%d: %s", k, r.output);
        run_free(&r);
    }
    sure("test ! -e given.net && test ! -e given.safetensors");
}

/* Where the exporter numbered some of its initialisers, of which one has another shape. */
#define NUMBERED "input x 0,1,4,4\nreal onnx::Conv_9 2,1,1,1\nreal onnx::PRelu_7 2,1,1\n" \
                 "real last.weight 3,2,4,4\nConv a x,onnx::Conv_9 b\nPRelu p b,onnx::PRelu_7 c\n" \
                 "Conv d c,last.weight e\nFlatten l e y\noutput y\n"

Test(import, takes_weights_by_order_and_shape_where_names_are_none)
{
    struct run r = import_weights(NUMBERED, "real act.weight 2 3,4\nreal first.weight 2,1,1,1 1,2\n"
                                  "real last.weight 3,2,4,4\n");
    cr_expect(r.status == 0 && strstr(r.output, "conv1 is first (2, 1, 1, 1), prelu1 is act (2)"),
              "%s", r.output);
    run_free(&r);
    r = import_weights(NUMBERED, "real act.weight 2 3,4\nreal first.weight 2,1,1,1 1,2\n"
                       "real other.weight 3,2,4,4\nreal unused.bias 1\n");
    cr_expect(r.status == 1 && strstr(r.output, "no order of them fits"), "%s", r.output);
    run_free(&r);
    /* The network's own names, and one that it has not. */
    r = import_weights(NUMBERED, "real conv1.weight 2,1,1,1 1,2\nreal prelu1.weight 2 3,4\n"
                       "real last.weight 3,2,4,4\nreal unused.bias 1\n");
    cr_expect(r.status == 1 && strstr(r.output, "unused.bias (1)"), "%s", r.output);
    run_free(&r);
    /* The only order is another one than a name's. */
    r = import_weights("input x 0,2,4,4\nreal onnx::Conv_9 2,2,1,1\nreal x.1.weight 2,2,1,1\n"
                       "Conv a x,onnx::Conv_9 b\nRelu r b c\nConv d c,x.1.weight e\n"
                       "Flatten l e y\noutput y\n",
                       "real x.1.weight 2,2,1,1\nreal x.2.weight 2,2,1,1\n");
    cr_expect(r.status == 1 && strstr(r.output, "its tensor x.1.weight is called as what the model "
                                      "has where by order and shape x.2.weight comes"), "%s",
              r.output);
    run_free(&r);
}

/* ---- one program ---- */

enum { N = 3, SIDE = 4, IN = 2, MID = 3, OUT = 4, FLAT = SIDE*SIDE*MID };

/* What the model below makes of an image with channels last. */
static void model_scores(const float *x, float *y)
{
    double flat[FLAT], sum = 0;
    for (int p = 0; p < SIDE*SIDE; p++)
        for (int f = 0; f < MID; f++) {
            double v = 0;
            for (int c = 0; c < IN; c++)
                v += (double)x[p*IN + c]*(double)model_number((size_t)(f*IN + c));
            flat[p*MID + f] = v > 0 ? v : 0;
        }
    for (int k = 0; k < OUT; k++) {
        double v = (double)model_number((size_t)k);
        for (int i = 0; i < FLAT; i++)
            v += flat[i]*(double)model_number((size_t)(i*OUT + k));
        y[k] = (float)exp(v);
        sum += exp(v);
    }
    for (int k = 0; k < OUT; k++)
        y[k] = (float)((double)y[k]/sum);
}

Test(import, makes_a_program_that_does_what_its_model_says)
{
    float x[N*SIDE*SIDE*IN], y[N*OUT];
    for (size_t k = 0; k < sizeof x / sizeof *x; k++)
        x[k] = model_number(3*k + 1)*4;
    for (int i = 0; i < N; i++)
        model_scores(x + i*SIDE*SIDE*IN, y + i*OUT);
    write_array("x.npy", "<f4", "(3, 4, 4, 2)", x, N*SIDE*SIDE*IN*sizeof *x);
    write_array("y.npy", "<f4", "(3, 4)", y, N*OUT*sizeof *y);
    struct run r = import_lines(
        "input x 0,4,4,2\nreal w 3,2,1,1\nreal m 48,4\nreal b 4\nwhole s 2 -1,48\n"
        "Transpose t x a I:perm=0,3,1,2\nConv c a,w d\nRelu r d e\n"
        "Transpose u e f I:perm=0,2,3,1\nReshape l f,s g\nMatMul p g,m h\nAdd q h,b i\n"
        "Softmax z i y\noutput y\n", "--check x.npy y.npy");
    cr_expect(r.status == 0 && strstr(r.output, "check: 3 images, largest relative error"), "%s",
              r.output);
    run_free(&r);
    y[0] += 0.01f;
    write_array("y.npy", "<f4", "(3, 4)", y, N*OUT*sizeof *y);
    r = shell("$LATHE import m.onnx --check x.npy y.npy");
    cr_expect(r.status == 1 && strstr(r.output, ": above 1e-5"), "%s", r.output);
    run_free(&r);
}
