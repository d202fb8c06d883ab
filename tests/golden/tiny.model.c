/* ---- avx2: tables ---- */

static update_fn optim_store, optim_sgd, optim_momentum, optim_nesterov, optim_adagrad,
    optim_rmsprop, optim_adam, optim_adamw;
static muon_fn muon_step;

/* The arena of tiny:
** the first real of each buffer, and how many it has. What is never needed at the same time
** shares its place. */
enum {
    input__at_x                          =          0, /*     7824 */
    conv1__at_weight                     =       7824, /*      160 */
    conv1__at_bias                       =       7984, /*       32 */
    conv1__at_packed                     =       8016, /*      240 */
    affine1__at_y                        =       8256, /*      144 */
    affine1__at_weight                   =       8400, /*     1360 */
    affine1__at_bias                     =       9760, /*       32 */
    affine2__at_y                        =       9792, /*      144 */
    affine2__at_weight                   =       9936, /*      176 */
    affine2__at_bias                     =      10112, /*       32 */
    affine2__at_dy                       =      10144, /*      144 */
    loss__at_losses                      =      10288, /*       32 */
    affine1_folded__at_weight            =      10320, /*     1552 */
    affine2_folded__at_weight            =      11872, /*      272 */
    conv1__at_y                          =      12144, /*     1552 */
    conv1__at_argmax                     =      13696, /*      400 */
    affine1__at_image_list               =      14096, /*      144 */
    affine2__at_unit_list                =      14096, /*      208 */
    conv1__at_partial                    =      14096, /*     2576 */
    affine1__at_unit_list                =      14240, /*      144 */
    affine2__at_image_list               =      14304, /*      192 */
    affine1__at_image_starts             =      14384, /*       32 */
    affine1__at_unit_starts              =      14416, /*       32 */
    affine1__at_dy                       =      14496, /*      144 */
    affine2__at_unit_starts              =      14640, /*       48 */
    affine2__at_image_starts             =      14688, /*       32 */
    conv1__at_dy                         =      16672, /*     1552 */
    conv1__at_weight_m                   =      18224, /*      160 */
    conv1__at_weight_v                   =      18384, /*      160 */
    conv1__at_bias_m                     =      18544, /*       32 */
    conv1__at_bias_v                     =      18576, /*       32 */
    affine1__at_weight_m                 =      18608, /*     1360 */
    affine1__at_weight_v                 =      19968, /*     1360 */
    affine1__at_bias_m                   =      21328, /*       32 */
    affine1__at_bias_v                   =      21360, /*       32 */
    affine2__at_weight_m                 =      21392, /*      176 */
    affine2__at_weight_v                 =      21568, /*      176 */
    affine2__at_bias_m                   =      21744, /*       32 */
    affine2__at_bias_v                   =      21776, /*       32 */
    /* in each thread's scratch, which comes after it: */
    affine1__at_turned                   =          0, /*     1040 */
    affine1_folded__at_sums              =          0, /*       80 */
    affine2__at_turned                   =          0, /*     2064 */
    affine2_folded__at_sums              =          0, /*      144 */
    conv1__at_band                       =          0, /*      272 */
    conv1__at_gradient                   =        272, /*       64 */
    conv1__at_tap_sums                   =        336, /*      240 */
    conv1__at_windows                    =        576, /*      224 */
    conv1__at_choices                    =        800, /*      224 */
    conv1__at_copied                     =       1024, /*     3488 */
    affine1__at_sums                     =       1040, /*       80 */
    affine2__at_sums                     =       2064, /*      144 */
};

static region_fn conv1__fwd, affine1__fwd, affine2__fwd, softmax1__loss, affine2__lists,
    affine2__bwd, affine1__lists, affine1__bwd, conv1__weights, conv1__update, affine1__folded_fwd,
    affine2__folded_fwd;
static void tiny__pack(const struct step *s, int param);
static void tiny__fold(const struct step *s);
static int tiny__exact(real one, real small);
static double tiny__peak(long rounds);

static const struct param tiny__params[] = {
    { .name = "conv1.weight", .kind = PARAM_CONV, .rank = 4, .dim = { 3, 3, 3, 3 }, .in_c = 3,
      .in_h = 16, .in_w = 16, .fan_in = 27, .role = ROLE_WEIGHT, .init = 0.001, .nsumsq = 1,
      .at = conv1__at_weight, .m = conv1__at_weight_m, .v = conv1__at_weight_v, .stored = 144 },
    { .name = "conv1.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 3 }, .fan_in = 27,
      .role = ROLE_BIAS, .init = -1, .at = conv1__at_bias, .m = conv1__at_bias_m,
      .v = conv1__at_bias_v, .stored = 16 },
    { .name = "affine1.weight", .kind = PARAM_AFFINE, .rank = 2, .dim = { 7, 192 }, .in_c = 3,
      .in_h = 8, .in_w = 8, .fan_in = 192, .role = ROLE_WEIGHT, .init = 0.001, .sumsq = 1,
      .nsumsq = 2, .at = affine1__at_weight, .m = affine1__at_weight_m, .v = affine1__at_weight_v,
      .stored = 1344 },
    { .name = "affine1.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 7 }, .fan_in = 192,
      .role = ROLE_BIAS, .init = -1, .at = affine1__at_bias, .m = affine1__at_bias_m,
      .v = affine1__at_bias_v, .stored = 16 },
    { .name = "affine2.weight", .kind = PARAM_AFFINE, .rank = 2, .dim = { 10, 7 }, .in_c = 7,
      .in_h = 1, .in_w = 1, .fan_in = 7, .role = ROLE_WEIGHT, .init = 0.001, .sumsq = 3,
      .nsumsq = 1, .at = affine2__at_weight, .m = affine2__at_weight_m, .v = affine2__at_weight_v,
      .stored = 160 },
    { .name = "affine2.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 10 }, .fan_in = 7,
      .role = ROLE_BIAS, .init = -1, .at = affine2__at_bias, .m = affine2__at_bias_m,
      .v = affine2__at_bias_v, .stored = 16 },
};

static const struct region tiny__forward[] = {
    { .name = "conv1 forward", .run = conv1__fwd, .split = SPLIT_IMAGES, .count = 8, .flop = 41472,
      .bytes_fixed = 576, .bytes_image = 3840 },
    { .name = "affine1 forward", .run = affine1__fwd, .split = SPLIT_IMAGES, .count = 1,
      .images = 8, .flop = 2688, .bytes_fixed = 5376, .bytes_image = 796 },
    { .name = "affine2 forward", .run = affine2__fwd, .split = SPLIT_IMAGES, .count = 1,
      .images = 8, .flop = 140, .bytes_fixed = 640, .bytes_image = 68 },
};

static const struct region tiny__backward[] = {
    { .name = "softmax1 loss", .run = softmax1__loss, .split = SPLIT_GROUPS, .bytes_image = 80 },
    { .name = "affine2 gradient lists", .run = affine2__lists, .split = SPLIT_FIXED, .count = 17,
      .bytes_image = 40, .to = 6 },
    { .name = "affine2 backward + update", .run = affine2__bwd, .split = SPLIT_PANELS, .count = 1,
      .flop = 280, .bytes_fixed = 3840, .bytes_image = 96, .to = 6 },
    { .name = "affine1 gradient lists", .run = affine1__lists, .split = SPLIT_FIXED, .count = 17,
      .bytes_image = 56, .to = 4 },
    { .name = "affine1 backward + update", .run = affine1__bwd, .split = SPLIT_PANELS, .count = 2,
      .flop = 5376, .bytes_fixed = 32256, .bytes_image = 1564, .to = 4 },
    { .name = "conv1 weight gradient", .run = conv1__weights, .split = SPLIT_GROUPS, .count = 1,
      .flop = 41472, .bytes_fixed = 576, .bytes_image = 4800, .to = 2, .reads_input = 1 },
    { .name = "conv1 update", .run = conv1__update, .split = SPLIT_FIXED, .count = 1,
      .bytes_fixed = 4032, .to = 2 },
};

static const struct region tiny__infer[] = {
    { .name = "conv1 forward", .run = conv1__fwd, .split = SPLIT_IMAGES, .count = 8, .flop = 41472,
      .bytes_fixed = 576, .bytes_image = 3840 },
    { .name = "affine1_folded forward", .run = affine1__folded_fwd, .split = SPLIT_IMAGES,
      .count = 1, .images = 8, .flop = 2688, .bytes_fixed = 5376, .bytes_image = 796 },
    { .name = "affine2_folded forward", .run = affine2__folded_fwd, .split = SPLIT_IMAGES,
      .count = 1, .images = 8, .flop = 140, .bytes_fixed = 640, .bytes_image = 68 },
};

static const struct layer_info tiny__info[] = {
    { .name = "conv1", .what = "conv 3 3x3", .from = -1, .c = 3, .h = 16, .w = 16, .params = 84,
      .forward = 41472, .backward = 41472 },
    { .name = "relu1", .what = "relu", .from = 0, .c = 3, .h = 16, .w = 16 },
    { .name = "maxpool1", .what = "maxpool 2x2", .from = 1, .c = 3, .h = 8, .w = 8 },
    { .name = "affine1", .what = "affine 7", .from = 2, .c = 7, .h = 1, .w = 1, .params = 1351,
      .forward = 2688, .backward = 5376 },
    { .name = "relu2", .what = "relu", .from = 3, .c = 7, .h = 1, .w = 1 },
    { .name = "affine2", .what = "affine 10", .from = 4, .c = 10, .h = 1, .w = 1, .params = 80,
      .forward = 140, .backward = 280 },
    { .name = "softmax1", .what = "softmax", .from = 5, .c = 10, .h = 1, .w = 1 },
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
    .in_c = 3, .in_h = 16, .in_w = 16, .out_c = 10, .out_h = 1, .out_w = 1, .classes = 10,
    .objective = OBJECTIVE_SOFTMAX, .target = TARGET_LABEL, .batch = 8,
    .input = input__at_x + 57, .input_image = 976, .input_row = 54,
    .scores = affine2__at_y, .scores_image = 16, .losses = loss__at_losses,
    .arena = 21808, .scratch = 4528, .nsumsq = 4,
    .params = tiny__params, .nparams = 6,
    .forward = tiny__forward, .nforward = 3,
    .backward = tiny__backward, .nbackward = 7,
    .infer = tiny__infer, .ninfer = 3, .infer_arena = 14096,
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
               .augment.edge = EDGE_ZERO, .augment.cutout = 0, .augment.brightness = 0,
               .augment.contrast = 0, .clip = 0, .average = AVERAGE_NONE, .average_rate = 0,
               .average_every = 0, .patience = 0, .loss = LOSS_MEAN, .class_weights = 0 },
};

/* ---- avx2: the vocabulary ---- */
