/* ---- avx2: tables ---- */

static update_fn optim_store, optim_sgd, optim_momentum, optim_nesterov, optim_adagrad,
    optim_rmsprop, optim_adam, optim_adamw;
static muon_fn muon_step;

/* The arena of tiny:
** first real, reals, whose they are. What is never needed at the same time shares its
** place.
**
**          0       7824  input.x
**       7824        160  conv1.weight
**       7984         32  conv1.bias
**       8016        240  conv1.packed
**       8256        144  affine1.y
**       8400       1360  affine1.weight
**       9760         32  affine1.bias
**       9792        144  affine2.y
**       9936        176  affine2.weight
**      10112         32  affine2.bias
**      10144        144  affine2.dy
**      10288         32  loss.losses
**      10320       1552  conv1.y
**      11872        400  conv1.argmax
**      12272        144  affine1.image_list
**      12272        208  affine2.unit_list
**      12272       2576  conv1.partial
**      12416        144  affine1.unit_list
**      12480        192  affine2.image_list
**      12560         32  affine1.image_starts
**      12592         32  affine1.unit_count
**      12672        144  affine1.dy
**      12816         32  affine2.image_starts
**      12848         32  affine2.unit_count
**      14848       1552  conv1.dy
**      16400        160  conv1.weight.m
**      16560        160  conv1.weight.v
**      16720         32  conv1.bias.m
**      16752         32  conv1.bias.v
**      16784       1360  affine1.weight.m
**      18144       1360  affine1.weight.v
**      19504         32  affine1.bias.m
**      19536         32  affine1.bias.v
**      19568        176  affine2.weight.m
**      19744        176  affine2.weight.v
**      19920         32  affine2.bias.m
**      19952         32  affine2.bias.v
**
** In each thread's scratch, which follows:
**
**          0        400  affine1.lanes
**          0        400  affine2.lanes
**          0        272  conv1.band
**        272        448  conv1.entries
**        400         32  affine1.sums
**        400         32  affine2.sums
**        720         64  conv1.gradient
*/

static region_fn conv1__fwd, affine1__fwd, affine2__fwd, softmax1__loss, affine2__lists,
    affine2__bwd, affine1__lists, affine1__bwd, conv1__weights, conv1__update;
static void tiny__pack(const struct step *s, int param);
static void tiny__fold(const struct step *s);
static int tiny__exact(real one, real small);
static double tiny__peak(long rounds);

static const struct param tiny__params[] = {
    { .name = "conv1.weight", .kind = PARAM_CONV, .rank = 4, .dim = { 3, 3, 3, 3 }, .in_c = 3,
      .in_h = 16, .in_w = 16, .fan_in = 27, .role = ROLE_WEIGHT, .init = 0.001, .nsumsq = 1,
      .at = 7824, .m = 16400, .v = 16560, .stored = 144 },
    { .name = "conv1.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 3 }, .fan_in = 27,
      .role = ROLE_BIAS, .init = -1, .at = 7984, .m = 16720, .v = 16752, .stored = 16 },
    { .name = "affine1.weight", .kind = PARAM_AFFINE, .rank = 2, .dim = { 7, 192 }, .in_c = 3,
      .in_h = 8, .in_w = 8, .fan_in = 192, .role = ROLE_WEIGHT, .init = 0.001, .sumsq = 1,
      .nsumsq = 2, .at = 8400, .m = 16784, .v = 18144, .stored = 1344 },
    { .name = "affine1.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 7 }, .fan_in = 192,
      .role = ROLE_BIAS, .init = -1, .at = 9760, .m = 19504, .v = 19536, .stored = 16 },
    { .name = "affine2.weight", .kind = PARAM_AFFINE, .rank = 2, .dim = { 10, 7 }, .in_c = 7,
      .in_h = 1, .in_w = 1, .fan_in = 7, .role = ROLE_WEIGHT, .init = 0.001, .sumsq = 3,
      .nsumsq = 1, .at = 9936, .m = 19568, .v = 19744, .stored = 160 },
    { .name = "affine2.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 10 }, .fan_in = 7,
      .role = ROLE_BIAS, .init = -1, .at = 10112, .m = 19920, .v = 19952, .stored = 16 },
};

static const struct region tiny__forward[] = {
    { .name = "conv1 forward", .run = conv1__fwd, .split = SPLIT_IMAGES, .count = 8, .flop = 41472,
      .bytes_fixed = 576, .bytes_image = 3840 },
    { .name = "affine1 forward", .run = affine1__fwd, .split = SPLIT_FIXED, .count = 3, .images = 8,
      .flop = 2688, .bytes_fixed = 5376, .bytes_image = 796 },
    { .name = "affine2 forward", .run = affine2__fwd, .split = SPLIT_FIXED, .count = 4, .images = 8,
      .flop = 140, .bytes_fixed = 640, .bytes_image = 68 },
};

static const struct region tiny__backward[] = {
    { .name = "softmax1 loss", .run = softmax1__loss, .split = SPLIT_GROUPS, .bytes_image = 80 },
    { .name = "affine2 gradient lists", .run = affine2__lists, .split = SPLIT_FIXED, .count = 17,
      .bytes_image = 40 },
    { .name = "affine2 backward + update", .run = affine2__bwd, .split = SPLIT_FIXED, .count = 1,
      .flop = 280, .bytes_fixed = 3840, .bytes_image = 96 },
    { .name = "affine1 gradient lists", .run = affine1__lists, .split = SPLIT_FIXED, .count = 17,
      .bytes_image = 56 },
    { .name = "affine1 backward + update", .run = affine1__bwd, .split = SPLIT_FIXED, .count = 2,
      .flop = 5376, .bytes_fixed = 32256, .bytes_image = 1564 },
    { .name = "conv1 weight gradient", .run = conv1__weights, .split = SPLIT_GROUPS, .flop = 41472,
      .bytes_fixed = 576, .bytes_image = 4800 },
    { .name = "conv1 update", .run = conv1__update, .split = SPLIT_FIXED, .count = 1,
      .bytes_fixed = 4032 },
};

static const struct layer_info tiny__info[] = {
    { .name = "conv1", .what = "conv 3 3x3", .from = -1, .other = -1, .c = 3, .h = 16, .w = 16,
      .params = 84, .forward = 41472, .backward = 41472 },
    { .name = "relu1", .what = "relu", .from = 0, .other = 0, .c = 3, .h = 16, .w = 16 },
    { .name = "maxpool1", .what = "maxpool 2x2", .from = 1, .other = 1, .c = 3, .h = 8, .w = 8 },
    { .name = "affine1", .what = "affine 7", .from = 2, .other = 2, .c = 7, .h = 1, .w = 1,
      .params = 1351, .forward = 2688, .backward = 5376 },
    { .name = "relu2", .what = "relu", .from = 3, .other = 3, .c = 7, .h = 1, .w = 1 },
    { .name = "affine2", .what = "affine 10", .from = 4, .other = 4, .c = 10, .h = 1, .w = 1,
      .params = 80, .forward = 140, .backward = 280 },
    { .name = "softmax1", .what = "softmax", .from = 5, .other = 5, .c = 10, .h = 1, .w = 1 },
};

static const struct model tiny__model = {
    .name = "tiny", .isa = "avx2",
    .layers =
        "input 3x16x16\n"
        "conv1: conv 3 3x3 stride=1 pad=1,1,1,1\n"
        "relu\n"
        "maxpool 2x2 stride=2,2\n"
        "affine1: affine 7\n"
        "relu\n"
        "affine2: affine 10\n"
        "softmax",
    .info = tiny__info, .ninfo = 7,
    .in_c = 3, .in_h = 16, .in_w = 16, .classes = 10, .batch = 8,
    .softmax = 1,
    .input = 57, .input_image = 976, .input_row = 54,
    .scores = 9792, .scores_image = 16, .losses = 10288,
    .arena = 19984, .scratch = 800, .nsumsq = 4,
    .params = tiny__params, .nparams = 6,
    .forward = tiny__forward, .nforward = 3,
    .backward = tiny__backward, .nbackward = 7,
    .input_free = 1,
    .infer = tiny__forward, .ninfer = 3, .infer_arena = 12272,
    .pack = tiny__pack, .fold = tiny__fold,
    .exact = tiny__exact, .peak = tiny__peak,
    .update = { [UPDATE_STORE] = optim_store, [UPDATE_SGD] = optim_sgd,
                [UPDATE_MOMENTUM] = optim_momentum, [UPDATE_NESTEROV] = optim_nesterov,
                [UPDATE_ADAGRAD] = optim_adagrad, [UPDATE_RMSPROP] = optim_rmsprop,
                [UPDATE_ADAM] = optim_adam, [UPDATE_ADAMW] = optim_adamw,
                [UPDATE_MUON] = optim_store },
    .muon = muon_step,
    .train = { .optimizer = UPDATE_ADAM, .rate[RATE_LR] = 0.001, .rate[RATE_BETA1] = 0.9,
               .rate[RATE_BETA2] = 0.999, .rate[RATE_EPS] = 1e-08, .epochs = 1, .batch = 8,
               .lr_decay = 1, .schedule = SCHEDULE_CONSTANT, .step_epochs = 1, .step_factor = 1,
               .warmup = 0, .reg = 0, .init = INIT_GAUSSIAN, .init_std = 0.001,
               .sample = SAMPLE_SHUFFLE, .preprocess = PREPROCESS_MEAN_IMAGE,
               .augment.flip = FLIP_NONE, .augment.crop = CROP_NONE, .augment.translate = 0,
               .augment.edge = EDGE_ZERO, .augment.cutout = 0, .clip = 0, .average = AVERAGE_NONE,
               .average_rate = 0, .average_every = 0, .patience = 0, .loss = LOSS_MEAN },
};

/* ---- avx2: the vocabulary ---- */
