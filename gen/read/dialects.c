/*
** dialects.c - a table of words that PyTorch, Keras, Caffe and Darknet have for what a network
** file says otherwise. It must never hold a word that is ours at the same place.
*/
#include "read/dialects.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { DIALECT_WORD = 64 };

#define ACTIVATIONS "relu, leaky_relu A, prelu, clip LO HI, elu A, gelu, silu, hardswish, tanh, " \
                    "sigmoid and hardsigmoid"
#define NO_ACTIVATION "there is none here; activations are " ACTIVATIONS
#define NO_OPTIMIZER "there is none here; sgd, momentum, nesterov, adagrad, rmsprop, adam and " \
                     "adamw are"

/* Words in small letters and digits, a blank between two; the same at several places: several
** rows. */
static const struct { enum dialect_place place; const char *words, *ours; } table[] = {
    /* layers */
    { DIALECT_STATEMENT, "dense linear fc ip fullyconnected fullconnected innerproduct connected "
      "denselayer linearlayer fclayer mlp gemm lazylinear",
      "a fully connected layer is `affine N`" },
    { DIALECT_STATEMENT, "conv2d convolution convolution2d convolutional convolutionlayer "
      "convlayer conv2dlayer cnn lazyconv2d",
      "a convolution is `conv F KxK`, as in `conv 16 3x3`" },
    { DIALECT_STATEMENT, "conv1d convolution1d",
      "a convolution along one side is `conv F 1xK`" },
    { DIALECT_STATEMENT, "depthwise depthwiseconv depthwiseconv2d dwconv separableconv "
      "separableconv2d depthwiseconvolution groupconv",
      "a depthwise convolution is `conv F KxK groups=F`" },
    { DIALECT_STATEMENT, "conv3d maxunpool2d pixelshuffle",
      "there is none here; convolutions are `conv F KxK`, their transposes `deconv F KxK`" },
    { DIALECT_STATEMENT, "convtranspose convtranspose2d conv2dtranspose transposedconv "
      "deconvolution deconv2d upconv",
      "the transpose of a convolution is `deconv F KxK`, as in `deconv 16 4x4 stride=2`" },
    { DIALECT_STATEMENT, "flatten flattenlayer squeeze",
      "not needed: affine flattens its input itself" },
    { DIALECT_STATEMENT, "view unflatten unsqueeze permute",
      "`reshape CxHxW` gives values another shape" },
    { DIALECT_STATEMENT, "upsampling2d upsamplingnearest2d upsamplingbilinear2d interpolate resize",
      "it is `upsample N [nearest|bilinear]`" },
    { DIALECT_STATEMENT, "maxpool maxpool1d maxpool2d maxpooling maxpooling1d maxpooling2d "
      "fractionalmaxpool2d lppool2d",
      "it is `maxpool KxK [stride=N|V,H]`" },
    { DIALECT_STATEMENT, "pool pool2d pooling poolinglayer subsampling subsample downsample "
      "downsampling",
      "pooling is `maxpool KxK` or `avgpool KxK`" },
    { DIALECT_STATEMENT, "avgpool avgpool1d avgpool2d avgpooling averagepool averagepool2d "
      "averagepooling averagepooling1d averagepooling2d meanpool meanpooling avg",
      "it is `avgpool KxK [stride=N|V,H]`" },
    { DIALECT_STATEMENT, "globalavgpool globalavgpool2d globalavgpooling globalaveragepool "
      "globalaveragepooling globalaveragepooling1d globalaveragepooling2d adaptiveavgpool "
      "adaptiveavgpool1d adaptiveavgpool2d gap globalpool globalpooling",
      "it is `globalavgpool`" },
    { DIALECT_STATEMENT, "globalmaxpool globalmaxpool2d globalmaxpooling globalmaxpooling2d "
      "adaptivemaxpool adaptivemaxpool2d gmp",
      "it is `globalmaxpool`" },
    { DIALECT_STATEMENT, "bn batchnorm batchnorm1d batchnorm2d batchnormalization "
      "batchnormalisation batchnormalize spatialbatchnorm batchrenorm lazybatchnorm2d",
      "it is `batchnorm`" },
    { DIALECT_STATEMENT, "layernorm layernormalization groupnorm groupnormalization instancenorm "
      "instancenorm2d lrn localresponsenorm rmsnorm weightnorm spectralnorm",
      "there is none here; `batchnorm` is" },
    { DIALECT_STATEMENT, "leakyrelu leaky lrelu", "it is `leaky_relu A`, A the slope below 0" },
    { DIALECT_STATEMENT, "swish", "it is `silu`" },
    { DIALECT_STATEMENT, "relu6", "it is `clip 0 6`" },
    { DIALECT_STATEMENT, "hardtanh clamp clipbyvalue", "it is `clip LO HI`, as in `clip -1 1`" },
    { DIALECT_STATEMENT, "hswish hardsilu", "it is `hardswish`" },
    { DIALECT_STATEMENT, "hsigmoid", "it is `hardsigmoid`" },
    { DIALECT_STATEMENT, "mish selu celu rrelu crelu "
      "hardshrink softshrink softplus softsign threshold glu geglu swiglu "
      "reglu quickgelu logsigmoid tanhshrink maxout sine siren",
      NO_ACTIVATION },
    { DIALECT_STATEMENT, "activation activationlayer nonlinearity act",
      "an activation is a layer of its own: " ACTIVATIONS },
    { DIALECT_STATEMENT, "rectifier rectifiedlinear", "it is `relu`" },
    { DIALECT_STATEMENT, "logistic sigm", "it is `sigmoid`" },
    { DIALECT_STATEMENT, "dropout1d dropout2d spatialdropout2d spatialdropout alphadropout "
      "dropoutlayer",
      "it is `dropout P`, P the probability of keeping a value" },
    { DIALECT_STATEMENT, "residualblock resblock resnetblock basicblock bottleneck skip "
      "skipconnection add addition eltwise identity",
      "a sum of two branches is `residual { ... }`, perhaps with `shortcut { ... }`" },
    { DIALECT_STATEMENT, "concatenate cat concatenation route merge densenet denseblock inception "
      "fire",
      "branches are joined over channels by `concat { ... } { ... }`" },
    { DIALECT_STATEMENT, "se squeezeexcitation squeezeexcite selayer seblock multiply mul",
      "a map is multiplied by what a block makes of it: `gate { ... }`" },
    { DIALECT_STATEMENT, "split slice",
      "there is none here; a map goes into several blocks by `residual`, `concat` or `gate`" },
    { DIALECT_STATEMENT, "embedding lstm gru rnn simplernn recurrent attention "
      "multiheadattention selfattention transformer positionalencoding timedistributed",
      "there is none here: networks take images" },
    { DIALECT_STATEMENT, "padding stride strides dilation groups kernelsize kernel filters pad",
      "an option of a layer, on its line: `conv F KxK stride=N pad=N`" },
    { DIALECT_STATEMENT, "zeropad2d zeropadding2d zeropad zeropadding reflectionpad2d",
      "padding is an option: `conv F KxK pad=N`" },
    { DIALECT_STATEMENT, "noise gaussiannoise gaussiandropout dropconnect droppath "
      "stochasticdepth",
      "there is none here; `dropout P` is" },
    /* the loss */
    { DIALECT_STATEMENT, "crossentropy crossentropyloss ce xent softmaxcrossentropy "
      "categoricalcrossentropy sparsecategoricalcrossentropy softmaxwithloss softmaxloss "
      "logsoftmax nll nllloss negativeloglikelihood logloss softmaxlayer",
      "the cross entropy is `softmax`, the last layer" },
    { DIALECT_STATEMENT, "hinge hingeloss multimargin multimarginloss categoricalhinge svmloss "
      "multiclasshinge marginloss",
      "it is `svm [margin=M]`, the last layer" },
    { DIALECT_STATEMENT, "mseloss meansquarederror l2loss euclideanloss",
      "it is `mse [target=y|input]`, the last layer" },
    { DIALECT_STATEMENT, "l1loss meanabsoluteerror",
      "it is `mae [target=y|input]`, the last layer" },
    { DIALECT_STATEMENT, "bceloss binarycrossentropy bcewithlogits bcewithlogitsloss "
      "sigmoidcrossentropy multilabelsoftmarginloss",
      "it is `bce [target=y|input]`, the last layer, and takes scores: no sigmoid before it" },
    { DIALECT_STATEMENT, "smoothl1 smoothl1loss huber huberloss kldiv kldivloss focalloss "
      "tripletloss",
      "there is none here; the last layer is `softmax`, `svm`, `mse`, `mae` or `bce`" },
    { DIALECT_STATEMENT, "target", "an option of the loss: `mse target=input`" },
    { DIALECT_STATEMENT, "criterion lossfunction lossfn objective cost",
      "the loss is the last layer: `softmax`, `svm`, `mse`, `mae` or `bce`" },
    /* the file */
    { DIALECT_STATEMENT, "network model name sequential graph module class layer layers",
      "a file begins with `net NAME`; layers follow one another, a line each" },
    { DIALECT_STATEMENT, "inputs inputlayer inputshape inputsize image images data shape",
      "it is `input CxHxW`, as in `input 3x32x32`" },
    { DIALECT_STATEMENT, "output outputs outputlayer classes numclasses nclasses",
      "the last affine layer has a unit a class, after it stands `softmax` or `svm`" },
    { DIALECT_STATEMENT, "for loop times while foreach", "it is `repeat N as NAME { ... }`" },
    { DIALECT_STATEMENT, "var const define def set val variable param",
      "it is `let NAME = EXPR`" },
    { DIALECT_STATEMENT, "training solver trainer hyperparameters settings fit compile",
      "settings follow the word `train`, a line each" },
    { DIALECT_STATEMENT, "import include from using", "there is none here: a file stands alone" },
    /* settings */
    { DIALECT_STATEMENT, "lr learningrate learnrate baselr initiallr eta alpha",
      "after `train`: `optimizer NAME lr=X`" },
    { DIALECT_STATEMENT, "sgd adam adamw rmsprop adagrad nesterov muon",
      "after `train`: `optimizer NAME`" },
    { DIALECT_STATEMENT, "momentum beta1 beta2 betas rho",
      "an option: `optimizer momentum momentum=X`, `optimizer adam beta1=X beta2=X`" },
    { DIALECT_STATEMENT, "adamax nadam radam adadelta lion lamb lars lbfgs ftrl adan",
      NO_OPTIMIZER },
    { DIALECT_STATEMENT, "weightdecay decay wd l2 l2reg l2penalty regularization regularisation "
      "regularizer regularize weightregularizer kernelregularizer lambda regularizationstrength",
      "after `train`: `reg X` (the loss has 0.5*X*sum(W*W)), or `optimizer adamw "
      "weight_decay=X`" },
    { DIALECT_STATEMENT, "l1 l1reg elasticnet",
      "there is none here; `reg X` adds 0.5*X*sum(W*W) to the loss" },
    { DIALECT_STATEMENT, "epoch numepochs nepochs nepoch maxepochs maxepoch trainepochs",
      "after `train`: `epochs X`" },
    { DIALECT_STATEMENT, "iterations iteration iters maxiter maxiters maxiterations maxbatches "
      "steps maxsteps numsteps niter",
      "after `train`: `epochs X`; the program's `--iterations N` counts minibatches" },
    { DIALECT_STATEMENT, "batchsize minibatch minibatchsize bs trainbatchsize batches",
      "after `train`: `batch N`" },
    { DIALECT_STATEMENT, "labelsmoothing labelsmooth smoothing",
      "an option of the loss: `softmax smoothing=E`" },
    { DIALECT_STATEMENT, "margin", "an option of the loss: `svm margin=M`" },
    { DIALECT_STATEMENT, "scheduler lrscheduler lrschedule learningrateschedule lrpolicy policy "
      "cosine cosineannealing cosineannealinglr cosinedecay linearlr polynomiallr onecycle "
      "onecyclelr polynomialdecay",
      "after `train`: `schedule constant|linear|cosine | schedule step EPOCHS X`" },
    { DIALECT_STATEMENT, "steplr multisteplr stepdecay lrstep stepsize stepvalue milestones",
      "after `train`: `schedule step EPOCHS X`" },
    { DIALECT_STATEMENT, "exponentiallr exponentialdecay gamma lrgamma learningratedecay "
      "reducelronplateau decayrate",
      "after `train`: `lr_decay X`, after each epoch, or `schedule step EPOCHS X`" },
    { DIALECT_STATEMENT, "warmupepochs warmupsteps warmupiters warmuplr burnin",
      "after `train`: `warmup EPOCHS`" },
    { DIALECT_STATEMENT, "gradclip gradclipping gradientclip gradientclipping clipnorm clipvalue "
      "clipgrad clipgradnorm clipgradients gradclipnorm maxgradnorm globalclipnorm maxnorm",
      "after `train`: `clip X`" },
    { DIALECT_STATEMENT, "earlystop earlystopping earlystoppingpatience stopping",
      "after `train`: `patience N`" },
    { DIALECT_STATEMENT, "ema swa polyak exponentialmovingaverage movingaverage weightaveraging "
      "emadecay lookahead modelaveraging",
      "after `train`: `average ema [X [N]]` or `average lookahead [X [N]]`" },
    { DIALECT_STATEMENT, "randomcrop padcrop randomtranslation randomshift shift randomaffine "
      "widthshiftrange heightshiftrange",
      "after `train`: `translate N [reflect]`; `crop` takes windows of larger images" },
    { DIALECT_STATEMENT, "hflip mirror horizontalflip randomflip fliplr randomhorizontalflip",
      "after `train`: `flip [alternating]`" },
    { DIALECT_STATEMENT, "randomerasing erasing coarsedropout",
      "after `train`: `cutout N`" },
    { DIALECT_STATEMENT, "augment augmentation augmentations dataaugmentation transform "
      "transforms mixup cutmix randaugment autoaugment trivialaugment colorjitter "
      "randomrotation rotation",
      "after `train` there are `flip`, `crop`, `translate N` and `cutout N`" },
    { DIALECT_STATEMENT, "normalize normalise normalization normalisation standardize "
      "standardise standardization rescaling rescale mean std preprocessing zscore",
      "after `train`: `preprocess none|mean_image|scale|channel_norm`" },
    { DIALECT_STATEMENT, "initialize initialise initialization initialisation initializer "
      "initialiser weightinit kernelinitializer weightfiller initstd",
      "after `train`: `init gaussian STD | init kaiming`, or a layer's `init=HOW`" },
    { DIALECT_STATEMENT, "shuffle sampler sampling replacement", "after `train`: `sample "
      "shuffle|replacement`" },
    { DIALECT_STATEMENT, "seed randomseed manualseed",
      "an option of the program: `train --seed N`" },
    { DIALECT_STATEMENT, "device cuda gpu cpu threads workers numworkers numthreads",
      "an option of the program: `train --threads N`" },
    { DIALECT_STATEMENT, "dtype precision float32 float64 double half fp16 amp",
      "an option of lathe: `--dtype f32|f64`" },
    { DIALECT_STATEMENT, "dataset datadir datapath traindata",
      "an option of the program: `train --data DIR`" },
    { DIALECT_STATEMENT, "finetune requiresgrad trainable", "after `train`: `freeze WHICH`" },
    { DIALECT_STATEMENT, "paramgroup paramgroups parametergroup lrmult decaymult",
      "after `train`: `group WHICH lr=X reg=X`" },
    /* options of layers */
    { DIALECT_OPTION, "padding pads paddingmode padsize border", "pad=same|valid|N|T,L,B,R" },
    { DIALECT_OPTION, "outputpadding outpad adj",
      "pad=T,L,B,R (padding=1, output_padding=1 is pad=1,1,0,0)" },
    { DIALECT_OPTION, "strides step steps subsample subsampling stridesize",
      "stride=N or stride=V,H" },
    { DIALECT_OPTION, "dilationrate dilations atrous", "dilation=D" },
    { DIALECT_OPTION, "group numgroup numgroups cardinality", "groups=G" },
    { DIALECT_OPTION, "usebias biasterm withbias nobias", "bias=yes|no" },
    { DIALECT_OPTION, "kernelinitializer initializer initialiser initialization weightfiller "
      "weightinit std initstd",
      "init=HOW" },
    { DIALECT_OPTION, "epsilon", "eps=X" },
    { DIALECT_OPTION, "affine gamma center learnable", "scale=yes|no" },
    { DIALECT_OPTION, "labelsmoothing labelsmooth smooth", "smoothing=E" },
    { DIALECT_OPTION, "delta marginsize", "margin=M" },
    /* what is no option at all */
    { DIALECT_OPTION, "kernelsize kernel ksize filtersize window windowsize poolsize size k f n "
      "filters filter outchannels numoutput numfilters channels units outfeatures features "
      "output outputs outputdim p prob rate keepprob dropprob ratio alpha slope negativeslope",
      "" },
    { DIALECT_OPTION, "inchannels infeatures inputshape inputdim inputs channelsin",
      "not needed: what a layer gets, the one before it says" },
    { DIALECT_OPTION, "activation act nonlinearity",
      "an activation is a layer of its own, on the next line: " ACTIVATIONS },
    { DIALECT_OPTION, "batchnorm batchnormalize bn norm normalization",
      "it is a layer of its own, on the next line: batchnorm" },
    { DIALECT_OPTION, "dropout drop", "it is a layer of its own, on the next line: dropout P" },
    { DIALECT_OPTION, "name label", "a name stands before the layer: NAME: conv 16 3x3" },
    { DIALECT_OPTION, "lr learningrate weightdecay decay reg l2 kernelregularizer lrmult "
      "decaymult",
      "a layer's own settings stand after `train`: group NAME lr=X reg=X" },
    { DIALECT_OPTION, "trainable requiresgrad frozen freeze",
      "after `train`: freeze NAME" },
    /* optimizers and their options */
    { DIALECT_OPTIMIZER, "gd gradientdescent stochasticgradientdescent vanilla", "it is sgd" },
    { DIALECT_OPTIMIZER, "sgdm sgdmomentum momentumsgd heavyball", "it is momentum" },
    { DIALECT_OPTIMIZER, "nag sgdnesterov nesterovmomentum nesterovsgd", "it is nesterov" },
    { DIALECT_OPTIMIZER, "adamax nadam radam adadelta lion lamb lars lbfgs ftrl adan adafactor "
      "amsgrad sophia shampoo adabelief yogi rprop asgd sparseadam",
      "there is none here" },
    { DIALECT_RATE, "learningrate learnrate rate eta stepsize alpha baselr", "it is lr=X" },
    { DIALECT_RATE, "betas", "they are beta1=X beta2=X" },
    { DIALECT_RATE, "rho alpha decay smoothingconstant", "it is decay_rate=X, of rmsprop" },
    { DIALECT_RATE, "epsilon delta", "it is eps=X" },
    { DIALECT_RATE, "weightdecay wd l2 reg regularization", "`reg X` is a line of its own; "
      "weight_decay=X is an option of adamw" },
    { DIALECT_RATE, "nesterov", "it is an optimizer of its own: optimizer nesterov" },
    { DIALECT_RATE, "amsgrad maximize foreach fused dampening centered",
      "there is none here" },
    { DIALECT_RATE, "momentum mu", "an option of momentum and nesterov: optimizer momentum "
      "momentum=X" },
    { DIALECT_RATE, "lrdecay gamma", "`lr_decay X` is a line of its own" },
    /* what settings take */
    { DIALECT_SCHEDULE, "cosineannealing cosineannealinglr cosinedecay cos coswarmup",
      "it is cosine" },
    { DIALECT_SCHEDULE, "linearlr lineardecay polynomial poly polynomiallr triangular",
      "it is linear" },
    { DIALECT_SCHEDULE, "steplr multistep multisteplr stepdecay piecewise steps",
      "it is step EPOCHS X" },
    { DIALECT_SCHEDULE, "none fixed off constantlr", "it is constant" },
    { DIALECT_SCHEDULE, "exponential exponentiallr exponentialdecay exp inv sigmoid plateau "
      "reducelronplateau onecycle onecyclelr cyclic cycliclr",
      "there is none here; `lr_decay X` multiplies the rate after each epoch" },
    { DIALECT_INIT, "he henormal heuniform kaimingnormal kaiminguniform msra default",
      "it is kaiming" },
    { DIALECT_INIT, "glorot glorotnormal glorotuniform xaviernormal xavieruniform",
      "it is xavier, of a layer: `affine N init=xavier`" },
    { DIALECT_INIT, "normal randomnormal gauss std truncatednormal",
      "a deviation: `init gaussian STD`, or a layer's init=STD" },
    { DIALECT_INIT, "zero constant", "it is zeros, of a layer: `affine N init=zeros`" },
    { DIALECT_INIT, "eye identity", "it is dirac, of a convolution: `conv F KxK init=dirac`" },
    { DIALECT_INIT, "uniform randomuniform orthogonal lecun lecunnormal sparse ones",
      "there is none here" },
    { DIALECT_PREPROCESS, "normalize normalise standardize standardise zscore meanstd "
      "standardization normalization channelnormalize perchannel",
      "it is channel_norm" },
    { DIALECT_PREPROCESS, "off no raw identity false", "it is none" },
    { DIALECT_PREPROCESS, "mean center centre submean meansubtraction",
      "it is mean_image" },
    { DIALECT_LOSS, "average avg", "it is mean" },
    { DIALECT_LOSS, "add total", "it is sum" },
    { DIALECT_LOSS, "crossentropy softmax svm hinge nll mse ce categoricalcrossentropy",
      "the loss itself is the last layer: `softmax`, `svm`, `mse`, `mae` or `bce`" },
};

/* Letters and digits, small. */
static void plain(const char *word, char out[DIALECT_WORD])
{
    size_t n = 0;
    for (; *word && n < DIALECT_WORD - 1; word++)
        if (isalnum((unsigned char)*word))
            out[n++] = (char)tolower((unsigned char)*word);
    out[n] = '\0';
}

const char *dialect(enum dialect_place place, const char *word)
{
    char small[DIALECT_WORD];
    plain(word, small);
    size_t length = strlen(small);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        for (const char *s = table[k].words; *s && table[k].place == place; s += *s == ' ') {
            size_t n = strcspn(s, " ");
            if (n == length && !memcmp(s, small, n))
                return table[k].ours;
            s += n;
        }
    return NULL;
}
