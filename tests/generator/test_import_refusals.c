/*
** test_import_refusals.c - `lathe import`: what operators have that cannot be said, word by word,
** and values that are seen in another order than they lie in.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/onnx_graphs.h"
#include "support/shell.h"

TestSuite(import_rare, .init = (void (*)(void))shell_dir, .fini = shell_clean);

#define PAD_8(a, b) "whole p 8 0,0," #a "," #a ",0,0," #b "," #b "\n"
#define TIMES(s) "real s 4 " s "\n"
#define NEAREST " s:coordinate_transformation_mode=asymmetric s:nearest_mode=floor"

static const struct { const char *nodes, *words; } refusals[] = {
    /* operators, and what comes together wrongly */
    { "LSTM a c y\n", "node \"a\" (LSTM): there is no layer for this operator; docs/exchange.md" },
    { "Split a c y,z\n", "node \"a\" (Split): there is no layer for this operator: two "
      "convolutions of the whole map" },
    { "Relu a c y f:slope=1\n", "node \"a\" (Relu): attribute slope: is not known here" },
    { "Gelu a c y s:approximate=tanh\n", "node \"a\" (Gelu): what it makes of a value is no layer "
      "here; gelu is the exact form, and the one by tanh differs from it by up to 5e-4: export the "
      "model with approximate=\"none\"" },
    { "HardSigmoid a c y f:beta=0.25\n", "node \"a\" (HardSigmoid): what it makes of a value is no "
      "layer here; hardsigmoid is alpha 1/6, beta 1/2" },
    { "real w 4,3,4,4\nConvTranspose b c,w d I:strides=2,2\nwhole o 1 1\nwhole e 1 -1\n"
      "whole h 1 1\nSlice a d,o,e,h y\n", "node \"a\" (Slice): takes a part of a map" },
    { "Softplus a c y\n", "node \"a\" (Softplus): what it makes" },
    { "real w 4,2,3,3\nConvTranspose a c,w y i:group=2\n", "attribute group: 2; a deconv has no "
      "groups" },
    { "real w 2,4,13,13\nConv a c,w y I:pads=6,6,6,6\n", "a window of 13x13: each side of a conv "
      "is at most 11, or 31 where the other is 1" },
    { "real w 2,4,3,3\nConv a c,w y I:dilations=1,2\n", "attribute dilations: 1,2; one number for "
      "both sides can be said" },
    { "MaxPool a c y I:kernel_shape=2,2 I:dilations=2,2\n", "attribute dilations: a pool's windows "
      "have no gaps here" },
    { "whole p 8 0,0,1,1,0,0,1,1\nPad a c,p d\nMaxPool b d y I:kernel_shape=2,2\n",
      "the Pad before it puts 0 there" },
    { "whole p 8 0,0,1,1,0,0,1,1\nPad a c,p d\nRelu b d y\n", "node \"a\" (Pad): pads a map that "
      "something else than a convolution or a pool reads" },
    { "whole p 8 0,0,1,1,0,0,1,1\nPad a c,p y s:mode=reflect\n", "attribute mode: \"reflect\"; "
      "constant can be said" },
    { "Softmax a c d i:axis=1\nRelu b d y\n", "node \"a\" (Softmax): attribute axis: of 4x6x6" },
    { "whole s 5 0,2,2,6,6\nReshape a c,s d\nTranspose b d e I:perm=0,2,1,3,4\nRelu r e y\n",
      "node \"a\" (Reshape): makes 2x2x6x6: rows and maps of two dimensions can be said (channels "
      "are cut so for a shuffle" },
    { "Transpose a c d I:perm=0,2,1,3\nreal w 2,6,1,1\nConv b d,w y\n", "node \"b\" (Conv): gets "
      "its dimensions in another order than channels, rows, columns" },
    { "MatMul a c,c y\n", "multiplies what is computed of the images by what is" },
    { "Relu a c d\nSigmoid b c e\nMul m d,e y\n", "multiplies two branches; a gate multiplies a "
      "value by what a block makes of it" },
    { "real w 4,4,1,1\nConv a c,w d\nRelu r d e\nAdd s c,e f\nreal v 4,4,1,1\nConv b f,v g\n"
      "Add t g,d y\n", "is read by branches that do not meet in one place" },
    { "real w 2,4,3,3\nConv a c,w y i:=1\n", "attribute : is not known here; it may have" },
    { "real w 2,4,3,3\nConv a c,w y I:kernel_shape=3,5\n", "attribute kernel_shape: 5, where its "
      "weight has 3" },
    { "real w 4,2,3,3\nConvTranspose a c,w y I:kernel_shape=2,3\n", "attribute kernel_shape: 2" },
    { "real w 0,4,3,3\nConv a c,w y\n", "its weight has no values" },
    { "real w 2,4,1,1 1,2,3,4,5,nan,7,8\nConv a c,w y\n", "node \"a\" (Conv): its parameters hold "
      "nan, no number to compute with" },
    { "real s 4 1,1,64,1\nResize a c,,s d s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\nResize b d,,s e s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\nResize q e,,s f s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\nResize u f,,s g s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\nResize v g,,s y s:coordinate_transformation_mode=asymmetric "
      "s:nearest_mode=floor\n", "node \"u\" (Resize): makes dimension 2 100663296 long" },
    { "real w 2,2,6,6\nMul a c,w y\n", "a constant of 4 dimensions does not fit what comes in, "
      "4x6x6" },
    { "Unsqueeze a c,c y\n", "node \"a\" (Unsqueeze): attribute axes: is no constant" },
    { "whole e 5 0,1,2,3,4\nUnsqueeze a c,e y\n", "attribute axes: more than 8 dimensions" },
    { "whole e 1 9\nUnsqueeze a c,e y\n", "attribute axes: " },
    { "Reshape a c,c y\n", "node \"a\" (Reshape): its shape is no constant; export the model with "
      "images of a fixed size" },
    { "whole s 9 0,1,1,1,1,1,1,4,36\nReshape a c,s y\n", "its shape is of more than 8 "
      "dimensions" },
    { "Constant a - d\nAdd b c,d y\n", "node \"a\" (Constant): its value is neither numbers nor a "
      "dense tensor of them" },
    { "Constant a - d s:value_string=x\nAdd b c,d y\n", "its value is neither numbers" },
    { "real w 2,3\nTranspose a w d I:perm=0,0\nMul b c,d y\n", "node \"a\" (Transpose): attribute "
      "perm: is no order of the dimensions" },
    { "real w 3\nExpand a w,c d\nMul b c,d y\n", "node \"a\" (Expand): its shape is no constant, "
      "or has other dimensions" },
    { "real w 4 1,2,3,4\nwhole o 1 0\nwhole e 1 2\nwhole h 1 0\nwhole s 1 0\n"
      "Slice a w,o,e,h,s d\nMul b c,d y\n", "node \"a\" (Slice): axes or steps are none that a "
      "slice may have" },
    { "com.microsoft:FastGelu a c y\n", "node \"a\" (FastGelu): of the domain com.microsoft; "
      "ONNX's own operators can be read" },
    { "Flatten f c d\nSoftmax a d e\nRelu b e y\n", "node \"a\" (Softmax): stands before other "
      "nodes; as the model's end it can be said: the loss stands for it" },
    { "Flatten f c d\nSoftmax a d y\nRelu b y e\n", "node \"a\" (Softmax): stands before other "
      "nodes" },
    { "whole s 4 0,1,1,144\nReshape f c,s d\nSoftmax a d y\n", "node \"a\" (Softmax): over a map "
      "of 1x1x144; over one score a class can be said" },
    { "Transpose t c d I:perm=0,2,3,1\nFlatten f d e\nSoftmax a e y\n", "node \"a\" (Softmax): "
      "gets its dimensions in another order than channels, rows, columns" },
    { "GlobalAveragePool p c d\nreal w 1,4,1,1\nConv b d,w e\nSoftmax a e y\n", "node \"a\" "
      "(Softmax): over one score" },
    /* norms */
    { "real w 4\nBatchNormalization a c,w,w,w,w y i:training_mode=1\n", "attribute training_mode: "
      "1; export the model in evaluation mode" },
    { "real w 4\nBatchNormalization a c,w,w,w,w y i:spatial=0\n", "attribute spatial: 0; means of "
      "channels can be said" },
    { "real w 4\nreal v 3\nBatchNormalization a c,w,w,v,w y\n", "its input 3 is another number of "
      "values, of 4 channels" },
    { "real w 4\nBatchNormalization a c,w,c,w,w y\n", "its input 2 is no constant, of 4 channels" },
    { "whole s 5 0,4,1,6,6\nReshape f c,s d\nreal w 4\nBatchNormalization a d,w,w,w,w y\n",
      "of 4x1x6x6: rows and maps of two dimensions can be said" },
    { "real w 6,6\nPRelu a c,w y\n", "its slopes are others for each pixel; one, or one a channel, "
      "can be said" },
    { "PRelu a c,c y\n", "its slopes are no constant; one" },
    { "Dropout a c d,e\nCast b e f i:to=1\nMul m d,f y\n", "its second output, the mask, is asked "
      "for" },
    /* what meets */
    { "Flatten f c d\nreal w 1,1,2\nMul a d,w y\n", "a constant of 3 dimensions does not fit what "
      "comes in, 144" },
    { "real h 1,1,1,1,1 2\nMul a c,h y\n", "a constant of 5 dimensions does not fit what comes in, "
      "4x6x6" },
    { "Flatten f c d\nAdd a c,d y\n", "of 4x6x6 and 144: a sum is of maps of one shape, their "
      "dimensions in one order; a Transpose, Reshape or Expand before it would do" },
    { "Flatten f c d\nreal w 4,4,1,1\nConv b c,w e\nMul a d,e y\n", "of 144 and 4x6x6: a product "
      "is of maps of one shape, or has one value a channel; a Transpose" },
    { "real w 16,4,1,1\nConv b c,w d I:strides=2,2\nFlatten e c l\nFlatten f d m\nSum a l,m,l y\n",
      "of two maps, 4x6x6 and 16x3x3, as rows of 144; a sum is of maps of one shape: a Reshape to "
      "one of them before it would do" },
    { "GlobalAveragePool p c d\nwhole q 4 1,1,6,6\nExpand e d,q f\nreal h - 2\nMul a f,c,h y\n",
      "of maps and a constant; an Add of two can be said" },
    { "Sum a c,c,c,c,c,c,c,c,c y\n", "adds a map to itself; a Mul by 2 can be said" },
    { "real h - inf\nMul a c,h y\n", "node \"a\" (Mul): what it makes of a value is no layer "
      "here" },
    { "Relu r c d\nwhole o 1 1\nwhole e 1 3\nwhole h 1 2\nSlice a d,o,e,h y\n", "node \"a\" "
      "(Slice): takes a part of a map" },
    { "real w 4,4,1,1\nConv b c,w d\nreal v 4,4,1,1\nConv e c,v f\nMul a d,f h\n"
      "Concat j h,c y i:axis=1\n", "node \"a\" (Mul): multiplies two branches" },
    { "real w 4,4,1,1\nConv b c,w d\nreal v 4,4,1,1\nConv e c,v f\nMul a d,f h\n"
      "MaxPool p h i I:kernel_shape=1,1\nAveragePool q h k I:kernel_shape=1,1\n"
      "Concat j i,k,c y i:axis=1\n", "node \"a\" (Mul): multiplies two branches" },
    { "Transpose t c d I:perm=0,2,1,3\n" TIMES("1,1,2,1") "Resize a d,,s y" NEAREST "\n",
      "node \"a\" (Resize): gets its dimensions in another order" },
    /* sizes */
    { TIMES("1,1,64,64") "Resize r c,,s d" NEAREST "\nResize t d,,s e" NEAREST "\n"
      "whole q 4 0,8,1,-1\nReshape a e,q f\nRelu b f y\n", "node \"a\" (Reshape): makes a map "
      "with a side of more than 16777216" },
    { TIMES("1,1,64,64") "Resize r c,,s d" NEAREST "\nResize t d,,s e" NEAREST "\nResize u e,,s i"
      NEAREST "\nwhole q 4 0,8,1,-1\nReshape a i,q f\nRelu b f y\n", "node \"a\" (Reshape): makes "
      "a map with a side of more than 16777216" },
    { TIMES("1,1,64,64") "Resize r c,,s d" NEAREST "\nFlatten f d e\n"
      "Concat a e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e,e y i:axis=1\n", "joins "
      "17104896 channels" },
    { TIMES("1,1,3,3") "Resize r c,,s d" NEAREST "\nMaxPool a d y I:kernel_shape=17,17\n",
      "a window of 17x17: 256 values are the most; two pools, one after the other, would do" },
    { "MaxPool a c y I:kernel_shape=70,1 I:pads=65,0,65,0\n", "attribute pads: 65; 0 to 64 can be "
      "said" },
    { "Flatten f c d\nwhole a 2 144,65537\nConstantOfShape o a w\nGemm a d,w y\n", "65537 units; "
      "65536 are the most" },
    { "whole a 2 100000,100000\nConstantOfShape o a w\nMul b c,w y\n", "its constants come to more "
      "than 2048 MiB" },
    { "whole s 5 0,-4611686018427387904,4,1,1\nReshape a c,s y\n", "its shape has not as many "
      "values as come in" },
    { "real w 6,5\nTranspose t c d I:perm=0,2,3,1\nMatMul a d,w y\n", "its constant of 2 "
      "dimensions (6x5) does not multiply 4 values" },
    { "real w 143,5\nFlatten f c d\nMatMul a d,w y\n", "its constant of 2 dimensions (143x5) does "
      "not multiply 144 values" },
    { "real w 4,3,3,3\nConvTranspose b c,w d I:strides=16,16\nwhole o 1 65\nwhole e 1 83\n"
      "whole h 1 2\nSlice a d,o,e,h y\n", "node \"a\" (Slice): takes a part of a map" },
    /* arithmetic */
    { "real w 6,6\nMul a c,w y\n", "a factor of its own for each pixel; one a channel can be "
      "said" },
    { "real w 4,1,1\nDiv a w,c y\n", "divides constants by the images" },
    { "real w 4,4,1,1\nConv k c,w d\nSub s c,d y\n", "of two maps; Add and Mul can be said" },
    { "Relu r c d\nreal w 4,1,1\nSum s c,d,w y\n", "its constants have several values" },
    { "real w 6,6\nAdd a c,w y\n", "a constant of another value for each pixel can be said of the "
      "images alone" },
    { "Cast a c y i:to=6\n", "attribute to: int32; values are reals here" },
    { "whole q 5 1,1,4,6,6\nExpand e c,q y\n", "its shape is no constant, or has other "
      "dimensions" },
    { "GlobalAveragePool a c d\nwhole q 4 1,1,6,6\nExpand e d,q f\nRelu m f y\n",
      "node \"e\" (Expand): repeats values; only a Mul of a map by them can be said" },
    { "GlobalAveragePool a c d\nwhole q 4 1,1,6,6\nExpand e d,q f\nMul m d,f y\n",
      "node \"e\" (Expand): repeats values" },
    { "Concat a c,c y i:axis=7\n", "attribute axis: there is no such dimension" },
    { "real w 1,4,6,6\nConcat a c,w y i:axis=1\n", "joins a constant to a map; maps can be said" },
    { "Concat a c,c y i:axis=2\n", "attribute axis: 2, of 4x6x6 and 4x6x6; channels of maps of one "
      "size can be joined" },
    { "Softmax a c y i:axis=0\n", "attribute axis: over the batch" },
    { "Conv a c y\n", "its input 1 is missing" },
    /* Pad */
    { "whole p 3 0,1,1\nPad a c,p y\n", "attribute pads: is no constant of two numbers a "
      "dimension" },
    { "whole p 2 1,1\nwhole q 1 9\nPad a c,p,,q y\n", "its axes are none of the map's" },
    { PAD_8(-1, 0) "Pad a c,p y\n", "attribute pads: -1,0; 0 or more can be said" },
    { "whole p 8 0,1,0,0,0,0,0,0\nPad a c,p y\n", "attribute pads: of dimension 1; of rows and "
      "columns can be said" },
    /* Resize */
    { "real s 3 1,2,2\nResize a c,,s y\n", "its scales or sizes are no constants, one a "
      "dimension" },
    { "real s 1 2\nResize a c,,s y I:axes=9\n", "attribute axes: there is no such dimension" },
    { TIMES("1,1,1.5,1") "Resize a c,,s y\n", "makes dimension 2 1.5 times as large; whole numbers "
      "from 1 to 64 can be said" },
    { TIMES("1,1,2,2") "Resize a c,,s y s:mode=cubic\n", "attribute mode: \"cubic\"; nearest and "
      "linear can be said" },
    { TIMES("1,2,1,1") "Resize a c,,s y" NEAREST "\n", "makes dimension 1 larger; rows and columns "
      "can be said" },
    { TIMES("1,1,2,2") "Resize a c,,s y s:mode=linear "
      "s:coordinate_transformation_mode=align_corners\n", "attribute "
      "coordinate_transformation_mode: \"align_corners\"; half_pixel (align_corners=False) can be "
      "said" },
    { TIMES("1,1,2,2") "Resize a c,,s y s:coordinate_transformation_mode=tf_crop_and_resize\n",
      "\"tf_crop_and_resize\"; what repeats each value can be said" },
    /* windows */
    { "MaxPool a c y I:kernel_shape=2,2 I:strides=2\n", "attribute strides: is not one "
      "number for each of 2 sides" },
    { "MaxPool a c y I:kernel_shape=2,2,1,1,1,1,1,1,1\n", "attribute kernel_shape: is not one "
      "number for each of 2 sides" },
    { "MaxPool a c y I:kernel_shape=\n", "attribute kernel_shape: is not one number" },
    { "MaxPool a c y I:kernel_shape=2,2 I:strides=0,1\n", "attribute strides: 0; 1 to 4096 can be "
      "said" },
    { "MaxPool a c y I:kernel_shape=2,2 s:auto_pad=SOME\n", "attribute auto_pad: \"SOME\" is "
      "unknown" },
    { "MaxPool a c y I:kernel_shape=2,2 I:pads=1,1\n", "attribute pads: is not two numbers for "
      "each side" },
    { "MaxPool a c y\n", "attribute kernel_shape: is missing" },
    { "Flatten f c d\nMaxPool b d y I:kernel_shape=2\n", "of 144: windows over rows and maps can "
      "be said" },
    { "MaxPool a c y I:kernel_shape=7,7\n", "its window is larger than the map of 6x6" },
    { "MaxPool a c y I:kernel_shape=2,2 I:pads=2,0,2,0\n", "attribute pads: as many as the window "
      "is large" },
    { "MaxPool a c y,z I:kernel_shape=2,2\nRelu r z v\n", "its second output, the places, is asked "
      "for" },
    { PAD_8(1, 1) "Pad a c,p d\nAveragePool b d y I:kernel_shape=3,3 I:pads=1,1,1,1\n",
      "attribute count_include_pad: the Pad before it is counted, its own" },
    { "ReduceMean a c y I:axes=7\n", "attribute axes: there is no such dimension" },
    { "ReduceMean a c y I:axes=1\n", "attribute axes: over channels; over rows and columns can be "
      "said" },
    { "ReduceMean a c y I:axes=2\n", "attribute axes: over a part of a map's rows and columns; "
      "over both" },
    { "real w 2,4,3,3\nConv b c,w y I:pads=99,0,0,0\n", "attribute pads: 99; 0 to 64 can be said" },
    { "Relu r c d\nConv b c,d y\n", "its weight is computed from the images; a constant can be "
      "said" },
    { "real w 2,4,1,1\nGlobalAveragePool r c d\nConv b c,w,d y\n", "its bias is computed from the "
      "images; a constant can be said" },
    { "real w 2,4,3\nConv b c,w y\n", "its weight has 3 dimensions, its map 4" },
    { "real w 2,4,3,3\nreal v 3\nConv b c,w,v y\n", "its bias has 3 values, for 2 filters" },
    { PAD_8(1, 1) "real one - 1\nPad a c,p,one d\nreal w 2,4,3,3\nConv b d,w y\n",
      "the Pad before it puts 1 there; only 0 can be said" },
    { "real w 2,4,3,3\nConv b c,w y i:group=2\n", "attribute group: 2 groups of 4 channels by 2 "
      "filters do not fit the 4 channels that it gets" },
    { "real w 2,4,7,7\nConv b c,w y\n", "its window is larger than the map of 6x6" },
    { "real w 4,3,3,3\nConvTranspose b c,w y I:strides=2,2 I:output_padding=1,1\n", "attribute "
      "output_padding: adds rows or columns that no filter reaches" },
    { "real w 4,3,3,3\nConvTranspose b c,w y I:dilations=2,2\n", "attribute dilations: a deconv "
      "has none" },
    { "real w 5,3,3,3\nConvTranspose b c,w y\n", "its weight is for 5 channels, and it gets 4" },
    { "real w 4,3,1,1\nConvTranspose b c,w y I:pads=3,3,3,3\n", "makes a map of 0x0" },
    /* products */
    { "Flatten f c d\nreal w 9,5\nGemm a d,w y\n", "its constant of 2 dimensions (9x5) does not "
      "multiply 144 values" },
    { "Flatten f c d\nreal w 144,5\nGemm a d,w y i:transA=1\n", "attribute transA: 1; images are "
      "rows: 0 can be said" },
    { "Flatten f c d\nGemm a d,d y\n", "its weight is computed from the images; a constant can be "
      "said" },
    { "real w 6,5\nGemm a c,w y\n", "of 4 dimensions; a Flatten before it would do" },
    { "Flatten f c d\nreal w 144,5\nreal v 4\nGemm a d,w,v y\n", "its bias has 4 values, for 5 "
      "units" },
    { "real w 6,5\nMatMul a c,w y\n", "multiplies rows or columns of a map; channels, the last "
      "dimension" },
    { "real w 5,6\nMatMul a w,c y\n", "a constant after the values can be said" },
    /* views */
    { "whole s 2 2,-1\nReshape a c,s y\n", "makes another number of images of a batch of images" },
    { "whole s 1 -1\nReshape a c,s y\n", "makes one list of a batch of images" },
    { "whole s 3 0,-1,-1\nReshape a c,s y\n", "its shape has two sizes of -1" },
    { "whole s 3 0,5,-1\nReshape a c,s y\n", "its shape has not as many values as come in" },
    { "Transpose t c d I:perm=0,2,3,1\nwhole s 3 0,12,12\nReshape r d,s y\n", "cuts dimensions "
      "that a Transpose before it exchanged" },
    { "Transpose t c y I:perm=1,0,2,3\n", "attribute perm: the batch's dimension is to stay the "
      "first" },
    { "Transpose t c y I:perm=0,1,2,9\n", "attribute perm: is no order of the dimensions" },
    { "whole s 4 0,9,4,4\nReshape q c,s d\nTranspose t d e I:perm=0,2,1,3\nreal w 2,4,1,1\n"
      "Conv b e,w y\n", "gets its dimensions in another order than channels, rows, columns" },
    { "real v 18,144\nFlatten f c l\nGemm g l,v m i:transB=1\nwhole r 4 0,2,3,3\nReshape q m,r n\n"
      "Transpose t n o I:perm=0,3,1,2\nwhole z 3 0,3,6\nReshape k o,z p\nreal w 5,3,1\n"
      "Conv b p,w y\n", "gets its dimensions in another order than channels, rows, columns" },
    { "whole q 1 1\nSqueeze s c,q y\n", "attribute axes: dimension 1 is 4, not 1" },
    { "whole q 1 9\nSqueeze s c,q y\n", "attribute axes: 9 of 4 dimensions" },
    { "Flatten s c y i:axis=9\n", "attribute axis: 9 of 4 dimensions" },
    /* constants */
    { "real a 2,3\nTranspose t a b I:perm=0,0\nMul m c,b y\n", "attribute perm: is no order of the "
      "dimensions" },
    { "real a 2,3\nwhole q 2 5,3\nExpand e a,q b\nMul m c,b y\n", "its shape does not fit the one "
      "that comes in" },
    { "real a 3 1,2,3\nwhole i - 3\nGather g a,i b\nMul m c,b y\n", "an index is beyond the "
      "dimension" },
    { "real a 3 1,2,3\nwhole i - 0\nGather g a,i b i:axis=4\nMul m c,b y\n", "attribute axis: "
      "there is no such dimension" },
    { "real a 2 1,2\nreal b 3 1,2,3\nAdd p a,b d\nMul m c,d y\n", "its constants have shapes "
      "that do not go together" },
    { "real a 2,2 1,2,3,4\nreal b 3,1 1,2,3\nConcat p a,b d i:axis=1\nMul m c,d y\n", "constants "
      "of other shapes cannot be joined" },
    { "real a 2,2 1,2,3,4\nConcat p a,a d i:axis=5\nMul m c,d y\n", "attribute axis: there is no "
      "such dimension" },
    { "real a 3 1,2,3\nwhole q 1 5\nReduceSum r a,q d\nMul m c,d y\n", "attribute axes: there is "
      "no such dimension" },
    { "real a 2 1,2\nreal b - 8\nreal e - 2\nRange o a,b,e p\nReduceSum s p k\nMul m c,k y\n",
      "its start, limit or step is no single number" },
    { "whole a 2,2 1,2,3,4\nreal b 3 1,2,3\nDequantizeLinear o a,b d\nMul m c,d y\n", "its scales "
      "are not as many as channels" },
    { "whole a 2,2 1,2,3,4\nreal b 2 1,2\nDequantizeLinear o a,b d i:axis=7\nMul m c,d y\n",
      "attribute axis: there is no such dimension" },
    { "whole a 2,2 1,2,3,4\nreal b 2 1,2\nwhole z 1 0\nDequantizeLinear o a,b,z d\nMul m c,d y\n",
      "its zero points are not as many as its scales" },
    { "whole a 4 1,2,3,4\nwhole o 2 0,0\nwhole e 1 2\nSlice s a,o,e d\nMul m c,d y\n", "starts, "
      "ends, axes or steps are no constants of one length" },
    { "whole a 9 1,1,1,1,1,1,1,1,1\nConstantOfShape o a w\nMul m c,w y\n", "its shape is no "
      "constant of up to 8 sizes" },
    { "real w 2,2\nTranspose a w d I:perm=0,0\nMul b c,d y\n", "attribute perm: is no order of the "
      "dimensions" },
    { "real w 2,2\nTranspose a w d I:perm=0,2\nMul b c,d y\n", "attribute perm: is no order of the "
      "dimensions" },
    { "Transpose t c d I:perm=0,1,2,2\nRelu r d y\n", "attribute perm: is no order of the "
      "dimensions" },
    { "real w 2,3\nwhole q 1 3\nExpand a w,q d\nMul m c,d y\n", "its shape is no constant, or has "
      "fewer dimensions than come in" },
    { "whole a 2,2 1,2,3,4\nreal b 2 1,2\nDequantizeLinear o a,b d i:block_size=-1\nMul m c,d y\n",
      "attribute block_size: -1" },
    { "whole a 2,2 1,2,3,4\nreal b - 1\nDequantizeLinear o a,,b d\nMul m c,d y\n", "node \"o\" "
      "(DequantizeLinear): its input 1 is missing" },
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

Test(import_rare, forms_that_cannot_be_said_are_refused_by_name)
{
    for (int k = 0; k < REFUSALS; k++) {
        struct run r = import_nodes(refusals[k].nodes);
        cr_expect(r.status == 1 && !strncmp(r.output, "m.onnx: error: ", 15)
                  && strstr(r.output, refusals[k].words), "%s: %s", refusals[k].nodes, r.output);
        run_free(&r);
    }
    sure("test ! -e m.net && test ! -e m.safetensors");
}

/* Whole models: what their images are, what they end in. */
static const struct { const char *lines, *words; } models[] = {
    { "input x 0,3,6,6\ninput z 0,3,6,6\nreal w 2,3,6,6\nConv a x,w y\noutput y\n",
      "2 inputs: a network has one, its images" },
    { "input x 0,3,6,6\nreal w 2,3,6,6\nConv a x,w y\nRelu r y z\noutput y\noutput z\n",
      "2 outputs: a network has one, its scores; export the model without the others" },
    { "input x 0,3,0,6\nreal w 2,3,6,6\nConv a x,w y\noutput y\n",
      "input \"x\": dimension 2 has no size in the file; export the model with images of a fixed "
      "size" },
    { "input x 0,3,2,6,6\nreal w 2,3,6,6\nConv a x,w y\noutput y\n",
      "input \"x\" has 5 dimensions; images (batch, channels, height, " },
    { "input x 0,3,6,6\nRelu r x y\noutput y\n", "the model has no weights: a network here has "
      "some to train" },
    { "input x 0,3,6,6\nreal w 2,3,6,6\nreal v 2,2\nConv a x,w b\nIdentity i v y\noutput y\n",
      "output \"y\" does not depend on the images" },
    { "input x 0,3,6,6\nreal s 3,1,1 1,0,1\nMul m x,s a\nreal w 2,3,6,6\nConv b a,w y\noutput y\n",
      "node \"m\" (Mul): multiplies channel 1 of the images by 0" },
    { "input x 0,3,6,6\nreal s 3,1,1 1,2,1\nMul m x,s a\nreal w 2,3,6,6\nConv b a,w d\n"
      "real v 2,3,6,6\nConv e x,v f\nAdd h d,f y\noutput y\n", "node \"m\" (Mul): prepares the "
      "images, which are read without it, too; one or the other can be said" },
    { "input x 0,4,4,3\nTranspose a x b\nreal w 2,3,4,4\nConv c b,w y\noutput y\n",
      "node \"a\" (Transpose): attribute perm: the batch's dimension is to stay the first" },
};
enum { MODELS = sizeof models / sizeof *models };

Test(import_rare, models_that_are_no_networks_are_refused)
{
    for (int k = 0; k < MODELS; k++) {
        struct run r = import_lines(models[k].lines, "");
        cr_expect(r.status == 1 && strstr(r.output, models[k].words), "%s: %s", models[k].lines,
                  r.output);
        run_free(&r);
    }
    sure("test ! -e m.net && test ! -e m.safetensors");
}

/* ---- other orders and shapes ---- */

/* Images that are rows take the shape that the model gives them first. */
Test(import_rare, rows_are_images_of_the_shape_that_they_get)
{
    struct run r = import_lines("input x 0,48\nwhole s 4 0,3,4,4\nReshape r x,s c\n"
                                "real w 2,3,4,4\nConv b c,w d\nFlatten f d y\noutput y\n", "");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
    sure("grep -qx 'input 3x4x4' m.net && grep -q 'conv 2 4x4 pad=valid' m.net");
    r = import_lines("input x 0,6,8\nFlatten f x l\nreal v 5,48\nGemm g l,v y i:transB=1\n"
                     "output y\n", "");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
    sure("grep -q 'affine 5' m.net");
    r = import_lines("input x 0,6,8\nFlatten f x l\nreal g 48\nBatchNormalization b l,g,g,g,g n\n"
                     "real v 5,48\nGemm h n,v y i:transB=1\noutput y\n", "");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
    sure("grep -qx 'input 48x1x1' m.net && grep -A1 batchnorm m.net | grep -q 'affine 5'");
}

/* An affine layer's units are put into the order that a Transpose after it makes of them: row
** 6w + 2h + c of what is made is the model's 6c + 2h + w. */
Test(import_rare, units_are_exchanged_where_a_transpose_exchanges_them)
{
    struct run r = import_lines(
        "input x 0,1,1,1\nreal v 12,1 0,1,2,3,4,5,6,7,8,9,10,11\n"
        "real b 12 20,21,22,23,24,25,26,27,28,29,30,31\nFlatten f x l\nGemm g l,v,b m i:transB=1\n"
        "Tanh t m n\nwhole s 4 0,2,3,2\nReshape q n,s o\nTranspose u o p I:perm=0,3,2,1\n"
        "real w 1,2,3,2\nConv k p,w y\noutput y\n", "");
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    sure("grep -qx 'reshape 2x3x2' m.net && grep -q 'conv 1 3x2 pad=valid' m.net");
    /* The file has the affine layer's weight and bias in one of two orders, then the filters. */
    r = shell("tail -c 144 m.safetensors | od -An -v -w144 -tf4");
    float x[36];
    char *at = r.output;
    for (int k = 0; k < 36; k++)
        x[k] = strtof(at, &at);
    for (int w = 0; w < 2; w++)
        for (int h = 0; h < 3; h++)
            for (int c = 0; c < 2; c++) {
                const float was = (float)(6*c + 2*h + w);
                int found = 0;
                for (int from = 0; from + 12 <= 36; from += 12)
                    found += x[from + 6*w + 2*h + c] == was || x[from + 6*w + 2*h + c] == was + 20;
                cr_expect_eq(found, 2, "unit %g: %s", was, r.output);
            }
    run_free(&r);
}
