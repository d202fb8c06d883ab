static const struct param params[] = {
    { .name = "conv1.weight", .kind = PARAM_CONV, .rank = 4, .dim = { 3, 3, 3, 3 },
      .in_c = 3, .in_h = 16, .in_w = 16,
      .fan_in = 27, .role = ROLE_WEIGHT, .init = 0.001,
      .start = 0, .sumsq = 0, .nsumsq = 1,
      .at = 7824, .m = 16400, .v = 16560, .stored = 144 },
    { .name = "conv1.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 3 },
      .fan_in = 27, .role = ROLE_BIAS, .init = -1,
      .at = 7984, .m = 16720, .v = 16752, .stored = 16 },
    { .name = "affine1.weight", .kind = PARAM_AFFINE, .rank = 2, .dim = { 7, 192 },
      .in_c = 3, .in_h = 8, .in_w = 8,
      .fan_in = 192, .role = ROLE_WEIGHT, .init = 0.001,
      .start = 0, .sumsq = 1, .nsumsq = 2,
      .at = 8400, .m = 16784, .v = 18144, .stored = 1344 },
    { .name = "affine1.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 7 },
      .fan_in = 192, .role = ROLE_BIAS, .init = -1,
      .at = 9760, .m = 19504, .v = 19536, .stored = 16 },
    { .name = "affine2.weight", .kind = PARAM_AFFINE, .rank = 2, .dim = { 10, 7 },
      .in_c = 7, .in_h = 1, .in_w = 1,
      .fan_in = 7, .role = ROLE_WEIGHT, .init = 0.001,
      .start = 0, .sumsq = 3, .nsumsq = 1,
      .at = 9936, .m = 19568, .v = 19744, .stored = 160 },
    { .name = "affine2.bias", .kind = PARAM_VECTOR, .rank = 1, .dim = { 10 },
      .fan_in = 7, .role = ROLE_BIAS, .init = -1,
      .at = 10112, .m = 19920, .v = 19952, .stored = 16 },
};

static const struct region forward[] = {
    { "conv1 forward", SPLIT_IMAGES, 8, 41472, conv1_fwd, 0, 576, 3840 },
    { "affine1 forward", SPLIT_FIXED, 3, 2688, affine1_fwd, 8, 5376, 796 },
    { "affine2 forward", SPLIT_FIXED, 4, 140, affine2_fwd, 8, 640, 68 },
};

static const struct region backward[] = {
    { "softmax1 loss", SPLIT_GROUPS, 0, 0, softmax1_loss, 0, 0, 80 },
    { "affine2 gradient lists", SPLIT_FIXED, 17, 0, affine2_lists, 0, 0, 40 },
    { "affine2 backward + update", SPLIT_FIXED, 1, 280, affine2_bwd, 0, 3840, 96 },
    { "affine1 gradient lists", SPLIT_FIXED, 17, 0, affine1_lists, 0, 0, 56 },
    { "affine1 backward + update", SPLIT_FIXED, 2, 5376, affine1_bwd, 0, 32256, 1564 },
    { "conv1 weight gradient", SPLIT_GROUPS, 0, 41472, conv1_weights, 0, 576, 4800 },
    { "conv1 update", SPLIT_FIXED, 1, 0, conv1_update, 0, 4032, 0 },
};

static void pack(const struct step *s, int param)
{
    (void)s;
    (void)param;
    if (param == 0)
        conv1_pack(s->arena, 0, 3);
}

static void fold(const struct step *s)
{
    (void)s;
    conv1_pack(s->arena, 0, 3);
}

static const struct layer_info info[] = {
    { "conv1", "conv 3 3x3", -1, -1, 3, 16, 16, 84, 41472, 41472 },
    { "relu1", "relu", 0, 0, 3, 16, 16, 0, 0, 0 },
    { "maxpool1", "maxpool 2x2", 1, 1, 3, 8, 8, 0, 0, 0 },
    { "affine1", "affine 7", 2, 2, 7, 1, 1, 1351, 2688, 5376 },
    { "relu2", "relu", 3, 3, 7, 1, 1, 0, 0, 0 },
    { "affine2", "affine 10", 4, 4, 10, 1, 1, 80, 140, 280 },
    { "softmax1", "softmax", 5, 5, 10, 1, 1, 0, 0, 0 },
};

static const struct model model = {
    .name = "tiny", .isa = "avx2",
    .layers = "input 3x16x16\nconv1: conv 3 3x3 stride=1 pad=1,1,1,1\nrelu\nmaxpool 2x2 stride=2,2\naffine1: affine 7\nrelu\naffine2: affine 10\nsoftmax",
    .info = info, .ninfo = 7,
    .in_c = 3, .in_h = 16, .in_w = 16, .classes = 10, .batch = 8,
    .softmax = 1,
    .input = 57, .input_image = 976, .input_row = 54,
    .scores = 9792, .scores_image = 16, .losses = 10288,
    .arena = 19984, .scratch = 800, .nsumsq = 4,
    .params = params, .nparams = 6,
    .forward = forward, .nforward = 3,
    .backward = backward, .nbackward = 7,
    .input_free = 1,
    .infer = forward, .ninfer = 3, .infer_arena = 12272,
    .pack = pack, .fold = fold, .exact = exact, .peak = peak,
    .update = { optim_store, optim_sgd, optim_momentum, optim_nesterov, optim_adagrad, optim_rmsprop, optim_adam, optim_adamw, optim_store },
    .muon = muon_step,
    .train = { .optimizer = 6 /* adam */, .rate = { 0.001, 0.90000000000000002, 0.999, 1e-08, 0 },
               .reg = 0, .lr_decay = 1, .epochs = 1, .batch = 8, .replacement = 0, .loss_sum = 0, .preprocess = 1,
               .schedule = 0, .step_epochs = 1, .step_factor = 1, .warmup = 0,
               .augment = { .flip = 0, .translate = 0, .reflect = 0, .cutout = 0, .crop = 0 },
               .clip = 0, .patience = 0, .average = 0, .average_rate = 0, .average_every = 0 },
};

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const struct model *const lathe_models[] = {
    &model,
};
const int lathe_nmodels = 1;

