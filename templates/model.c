/*
** model.c - the tables of a network: what there is for the runtime to run (core/model.h). The
** functions that they point to come after them; passes have a table of regions each.
*/
#include "vector/optim.c"
#include "vector/muon.c"
#include "functions.c"
#include "pointwise/fwd.c"

#define EXACT exact          /* @name */
#define PEAK peak            /* @name */
#define PACK_ALL pack        /* @name */
#define FOLD_ALL fold        /* @name */

static void PACK_ALL(const struct step *s, int param);
static void FOLD_ALL(const struct step *s);
static int EXACT(real one, real small);
static double PEAK(long rounds);

static const struct param params[] = {
    /* @rows */
    { .name = "conv1.weight", .kind = PARAM_CONV, .rank = 4, .dim = { 32, 3, 7, 7 }, .in_c = 3,
      .in_h = 32, .in_w = 32, .fan_in = 147, .role = ROLE_WEIGHT, .init = 0, .start = 1,
      .sumsq = 4, .nsumsq = 1, .first = INIT_DIRAC, .own_init = 1,
      .own = { .set = OWN_RATE << RATE_LR, .rate[RATE_LR] = 0.1 }, .at = 154624, .m = 5400,
      .v = 10776, .stored = 5376 },
};

static const struct region regions[] = {
    /* @rows */
    { .name = "conv1 forward", .run = pointwise_fwd, .split = SPLIT_IMAGES, .count = 8,
      .images = 1, .flop = 9633792, .bytes_fixed = 18816, .bytes_image = 45056,
      .from = 2, .to = 4, .fewer = 1, .reads_input = 1 },
};

static const struct exchange exchanges[] = {
    /* @rows */
    { .kind = EXCHANGE_GROUPS, .after = 7, .from = 9, .to = 10, .at = 160256, .size = 2320,
      .columns = 0, .param = 0 },
};

static const struct decision decisions[] = {
    /* @rows */
    { .at = 160256, .image = 8192, .h = 16, .w = 16, .c = 32, .row = 512, .bytes = 0,
      .low = 0.5, .high = 2 },
};

static const struct layer_info info[] = {
    /* @rows */
    { .name = "conv1", .what = "conv 32 7x7", .from = 0, .to = 2, .c = 32, .h = 32, .w = 32,
      .params = 4736, .forward = 9633792, .backward = 9633792 },
};

static const struct model model = {
    /* @rows */
    .name = "three_layer", .isa = "avx2",
    .layers = "input 3x32x32\nconv1: conv 32 7x7 stride=1 pad=3,3,3,3\nsoftmax",
    .info = info, .ninfo = 1,
    .in_c = 3, .in_h = 32, .in_w = 32, .out_c = 10, .out_h = 1, .out_w = 1, .classes = 10,
    .objective = OBJECTIVE_SVM, .target = TARGET_REALS, .batch = 50,
    .input = 0, .input_image = 4332, .input_row = 114,
    .scores = 1024, .scores_image = 16, .losses = 512,
    .arena = 1048576, .scratch = 4096, .nsumsq = 5,
    .params = params, .nparams = 1,
    .forward = regions, .nforward = 1,
    .backward = regions, .nbackward = 1,
    .infer = regions, .ninfer = 1, .infer_arena = 524288,
    .exchanges = exchanges, .nexchanges = 1,
    .decisions = decisions, .ndecisions = 1,
    .pack = PACK_ALL, .fold = FOLD_ALL,
    .exact = EXACT, .peak = PEAK,
    .update = { [UPDATE_STORE] = optim_store },
    .muon = muon_step,
    .train = { .optimizer = UPDATE_ADAM, .rate[RATE_LR] = 0.001, .epochs = 1, .batch = 50 },
};

#include "vector/undef.h"
