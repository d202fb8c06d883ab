/*
** test_pretrained.c - parameters that other programs wrote: values of every width, what is taken
** of a file and what is said of it, and every reason to refuse one.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "core/params.h"
#include "data/pretrained.h"
#include "support/linear_model.h"
#include "support/shell.h"

enum { WEIGHT = LINEAR_HIDDEN*LINEAR_IN, MOST = 8 };
#define W1 LINEAR_HIDDEN, LINEAR_IN
#define W2 LINEAR_CLASSES, LINEAR_HIDDEN

/* Bytes that are a finite number in every type: 0x3c00 is 1 in f16. */
static unsigned char bytes[8*WEIGHT];

/* A file as PyTorch's safetensors writes it, "format": "pt", or with what `metadata` says. */
struct piece {
    const char *name;
    enum tensor_type type;
    int rank;
    size_t dim[2];
    const void *data;           /* NULL: `bytes` */
};

static void write_file(const char *name, const struct piece *piece, int count, const char *key,
                       const char *value)
{
    struct tensor t[MOST];
    const struct tensor_metadata metadata = { key ? key : "format", key ? value : "pt" };
    char err[ERR_SIZE];
    for (int k = 0; k < count; k++) {
        t[k] = (struct tensor){ .name = piece[k].name, .type = piece[k].type,
                                .rank = piece[k].rank, .data = piece[k].data ? piece[k].data
                                                                             : bytes, .count = 1 };
        for (int d = 0; d < t[k].rank; d++)
            t[k].count *= t[k].dim[d] = piece[k].dim[d];
    }
    cr_assert(safetensors_write(in_dir(name), t, count, &metadata, 1, err), "%s", err);
}

static void open_engine(struct engine *e)
{
    char err[ERR_SIZE];
    cr_assert(engine_open(e, &linear_model, 1, err), "%s", err);
    params_init(e, 3, 0.5);
}

static real value(const struct engine *e, int param, size_t at)
{
    const struct param *p = &e->model->params[param];
    return e->arena[p->at + params_index(p, at)];
}

/* ---- values ---- */

Test(half, every_value_of_16_bits_is_exact)
{
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const int sign = bits >> 15 ? -1 : 1, exponent = bits >> 10 & 31, fraction = bits & 1023;
        const double half = exponent == 31 ? fraction ? NAN : INFINITY
                            : exponent ? ldexp(1024 + fraction, exponent - 25)
                            : ldexp(fraction, -24);
        const float f16 = half_value(bits), bf16 = half_brain(bits);
        const uint32_t whole = bits << 16;
        cr_assert(isnan(half) ? isnan(f16) : (double)f16 == sign*half, "%04x", bits);
        cr_assert(!signbit(f16) == (sign > 0), "%04x", bits);
        cr_assert_eq(memcmp(&bf16, &whole, sizeof whole), 0, "%04x", bits);
    }
}

/* 1/3 rounded to each width, -0, the least subnormal. */
static const uint16_t f16[] = { 0x3555, 0x8000, 0x0001, 0x7bff },
                      bf16[] = { 0x3eab, 0x8000, 0x0080, 0x7f7f };
static const double f64[] = { 1.0/3, -0.0, 0x1p-126, -3.4e38 };

Test(param_file, of_16_and_64_bits_without_a_word_of_metadata_is_read, .fini = shell_clean)
{
    const struct piece pieces[] = {
        { "affine1.weight", TENSOR_F16, 2, { W1 }, NULL },
        { "affine1.bias", TENSOR_BF16, 1, { LINEAR_HIDDEN }, NULL },
        { "affine2.weight", TENSOR_F32, 2, { W2 }, NULL },
        { "affine2.bias", TENSOR_F16, 1, { LINEAR_CLASSES }, f16 },
    };
    struct piece changed[4];
    struct engine e;
    struct param_file_info info;
    char err[ERR_SIZE];
    open_engine(&e);
    for (int type = 0; type < 3; type++) {
        memcpy(changed, pieces, sizeof changed);
        changed[3].type = type == 0 ? TENSOR_F16 : type == 1 ? TENSOR_BF16 : TENSOR_F64;
        changed[3].data = type == 0 ? (const void *)f16 : type == 1 ? (const void *)bf16 : f64;
        write_file("pt", changed, 4, NULL, NULL);
        cr_assert(param_file_load(in_dir("pt"), &e, &info, err), "%s", err);
        cr_expect(!info.prepared && !info.preprocess.mean && !info.values.type[0]
                  && !info.classes && !info.crop);
        for (size_t k = 0; k < LINEAR_CLASSES; k++) {
            const real wanted = type == 0 ? (real)half_value(f16[k])
                                : type == 1 ? (real)half_brain(bf16[k]) : (real)f64[k];
            const real got = value(&e, 3, k);
            cr_expect(got == wanted && !signbit(got) == !signbit(wanted), "%d %zu", type, k);
        }
        param_file_info_free(&info);
    }
    engine_close(&e);
}

static void load_wrong(const struct piece *pieces, int count, const char *message)
{
    struct engine e;
    struct param_file_info info;
    char err[ERR_SIZE] = "";
    open_engine(&e);
    const real before = value(&e, 0, 7);
    write_file("pt", pieces, count, NULL, NULL);
    cr_expect_not(param_file_load(in_dir("pt"), &e, &info, err));
    cr_expect(strstr(err, message), "no \"%s\" in: %s", message, err);
    cr_expect_eq(value(&e, 0, 7), before);
    engine_close(&e);
}

Test(param_file, with_what_is_no_finite_number_is_refused_with_its_place, .fini = shell_clean)
{
    static const uint16_t nans[] = { 0, 0, 0x7e00, 0 }, infinities[] = { 0, 0xff80, 0, 0 };
    static const float single[] = { 0, 0, 0, -INFINITY };
    static const double large[] = { 1e300, 0, 0, NAN };
    const struct { enum tensor_type type; const void *data; const char *message; } cases[] = {
        { TENSOR_F16, nans, "tensor affine2.bias: value 2 (from 0) is nan, no number to" },
        { TENSOR_BF16, infinities, "tensor affine2.bias: value 1 (from 0) is an infinity" },
        { TENSOR_F32, single, "tensor affine2.bias: value 3 (from 0) is an infinity" },
        { TENSOR_F64, large, LATHE_F64 ? "value 3 (from 0) is nan" : "value 0 (from 0) is 1e+300, "
          "more than f32 holds; build the program with --dtype f64" },
    };
    struct piece pieces[] = {
        { "affine1.weight", TENSOR_F32, 2, { W1 }, NULL },
        { "affine1.bias", TENSOR_F32, 1, { LINEAR_HIDDEN }, NULL },
        { "affine2.weight", TENSOR_F32, 2, { W2 }, NULL },
        { "affine2.bias", TENSOR_F32, 1, { LINEAR_CLASSES }, NULL },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        pieces[3].type = cases[k].type;
        pieces[3].data = cases[k].data;
        load_wrong(pieces, 4, cases[k].message);
    }
}

Test(param_file, of_another_program_that_lacks_a_tensor_says_what_helps, .fini = shell_clean)
{
    struct piece pieces[] = {
        { "fc.weight", TENSOR_F32, 2, { W1 }, NULL },
        { "affine1.bias", TENSOR_F32, 1, { LINEAR_HIDDEN }, NULL },
        { "affine2.weight", TENSOR_F32, 2, { 9, LINEAR_HIDDEN }, NULL },
        { "affine2.bias", TENSOR_F32, 1, { LINEAR_CLASSES }, NULL },
    };
    load_wrong(pieces, 4, "tensor affine1.weight is missing; of its shape, (6, 48), there is "
               "fc.weight: tensors are to be called as `./linear info` lists them, or layers in");
    load_wrong(pieces + 1, 3, "tensor affine1.weight is missing; `./linear train --from ");
    const struct piece many[] = {
        { "a.w", TENSOR_F32, 2, { W1 }, NULL }, { "b.w", TENSOR_F32, 2, { W1 }, NULL },
        { "c.w", TENSOR_F32, 2, { W1 }, NULL }, { "d.w", TENSOR_F32, 2, { W1 }, NULL },
        { "e.w", TENSOR_F32, 2, { W1 }, NULL }, pieces[1],
    };
    load_wrong(many, 6, "of its shape, (6, 48), there is a.w, b.w, c.w and 2 more: tensors are");
    pieces[0].name = "affine1.weight";
    load_wrong(pieces, 4, "tensor affine2.weight has shape (9, 6), expected (4, 6); `./linear "
               "train --from ");
    pieces[0].type = TENSOR_I64;
    load_wrong(pieces, 4, "tensor affine1.weight is of type I64, expected F16, BF16, F32 or F64");
}

/* ---- what is taken ---- */

static struct option_list list(const char *a, const char *b)
{
    struct option_list l = { .count = 0 };
    if (a)
        snprintf(l.word[l.count++], sizeof l.word[0], "%s", a);
    if (b)
        snprintf(l.word[l.count++], sizeof l.word[0], "%s", b);
    return l;
}

/* affine2 has another number of classes, or values that are no weights; some are not known here. */
static const struct piece some[] = {
    { "affine1.bias", TENSOR_F32, 1, { LINEAR_HIDDEN }, NULL },
    { "affine1.weight", TENSOR_F16, 2, { W1 }, NULL },
    { "affine2.bias", TENSOR_I8, 1, { LINEAR_CLASSES }, NULL },
    { "affine2.weight", TENSOR_F32, 2, { 9, LINEAR_HIDDEN }, NULL },
    { "bn.num_batches_tracked", TENSOR_I64, 0, { 0 }, NULL },
    { "layer.0.bias", TENSOR_F32, 1, { 2 }, NULL },
    { "layer.0.weight", TENSOR_F32, 1, { 2 }, NULL },
    { "token", TENSOR_F32, 1, { 2 }, NULL },
};
enum { SOME = sizeof some/sizeof *some };

static void expect_said(const char *a, const char *b, const char *expected)
{
    const struct option_list only = list(a, b);
    struct pretrained p;
    char err[ERR_SIZE], *said = NULL, text[512];
    size_t size;
    FILE *out = open_memstream(&said, &size);
    cr_assert(pretrained_open(&p, in_dir("pt"), &only, &linear_model, err), "%s", err);
    p.path = "pt";
    pretrained_say(&p, &linear_model, out);
    fclose(out);
    snprintf(text, sizeof text, "from pt: %s", expected);
    cr_expect_str_eq(said, text, "%s, not %s", said, text);
    free(said);
    pretrained_close(&p);
}

Test(pretrained, says_what_was_taken_what_is_new_and_what_is_left, .fini = shell_clean)
{
    #define OTHER "  new, of another shape or type: affine2.weight (9, 6) -> (4, 6),\n" \
                  "    affine2.bias of type I8\n"
    #define LEFT "  left over: layer.0.*, token\n"
    #define OUT "  new, for --from-only leaves them out: "
    write_file("pt", some, SOME, NULL, NULL);
    expect_said(NULL, NULL, "2 of 4 tensors taken\n  taken: affine1.*\n" OTHER LEFT);
    expect_said("affine1", NULL, "2 of 4 tensors taken\n  taken: affine1.*\n" OUT "affine2.*\n"
                LEFT);
    expect_said("*.weight", NULL, "1 of 4 tensors taken\n  taken: affine1.weight\n"
                "  new, of another shape or type: affine2.weight (9, 6) -> (4, 6)\n"
                OUT "affine1.bias, affine2.bias\n" LEFT);
    expect_said("aff*", "!*.weight", "1 of 4 tensors taken\n  taken: affine1.bias\n"
                "  new, of another shape or type: affine2.bias of type I8\n"
                OUT "affine1.weight, affine2.weight\n" LEFT);
    expect_said("!affine[2-9]", NULL, "2 of 4 tensors taken\n  taken: affine1.*\n" OUT
                "affine2.*\n" LEFT);
    write_file("pt", some, 2, NULL, NULL);
    expect_said(NULL, NULL, "2 of 4 tensors taken\n  taken: affine1.*\n  new: affine2.*\n");
}

Test(pretrained, of_many_names_some_are_said, .fini = shell_clean)
{
    enum { MANY = 100 };
    static char names[MANY][16];
    struct tensor t[MANY + 1];
    char err[ERR_SIZE], *said = NULL;
    size_t size;
    struct pretrained p;
    const struct option_list all = list(NULL, NULL);
    FILE *out = open_memstream(&said, &size);
    for (int k = 0; k < MANY; k++) {
        snprintf(names[k], sizeof names[k], "tensor%d", k);
        t[k] = (struct tensor){ .name = names[k], .type = TENSOR_U8, .rank = 0, .data = bytes,
                                .count = 1 };
    }
    t[MANY] = (struct tensor){ .name = "affine2.bias", .type = TENSOR_F32, .rank = 1,
                               .dim = { LINEAR_CLASSES }, .data = bytes, .count = LINEAR_CLASSES };
    cr_assert(safetensors_write(in_dir("pt"), t, MANY + 1, NULL, 0, err), "%s", err);
    cr_assert(pretrained_open(&p, in_dir("pt"), &all, &linear_model, err), "%s", err);
    pretrained_say(&p, &linear_model, out);
    fclose(out);
    cr_expect(strstr(said, "  left over: tensor0, tensor1, tensor10,") && strstr(said, " and 80 "
              "more\n"), "%s", said);
    for (char *line = said; *line; line = strchr(line, '\n') + 1)
        cr_expect_leq(strcspn(line, "\n"), line == said ? size : 79, "%s", said);
    free(said);
    pretrained_close(&p);
}

/* What is new is as a run without the file draws it. */
Test(pretrained, leaves_what_is_new_as_it_was_drawn, .fini = shell_clean)
{
    const struct option_list all = list(NULL, NULL);
    struct engine drawn, e;
    struct pretrained p;
    char err[ERR_SIZE];
    open_engine(&drawn);
    open_engine(&e);
    write_file("pt", some, SOME, NULL, NULL);
    cr_assert(pretrained_open(&p, in_dir("pt"), &all, &linear_model, err), "%s", err);
    cr_assert(pretrained_set(&p, &e, err), "%s", err);
    pretrained_close(&p);
    for (int k = 0; k < linear_model.nparams; k++)
        for (size_t i = 0; i < params_count(&linear_model.params[k]); i++)
            cr_assert_eq(value(&e, k, i), k < 2 ? 0 : value(&drawn, k, i));
    engine_close(&drawn);
    engine_close(&e);
}

static void open_wrong(const char *a, const char *message)
{
    const struct option_list only = list(a, NULL);
    struct pretrained p;
    char err[ERR_SIZE] = "";
    cr_expect_not(pretrained_open(&p, in_dir("pt"), &only, &linear_model, err));
    cr_expect(strstr(err, message), "no \"%s\" in: %s", message, err);
    pretrained_close(&p);
}

Test(pretrained, refuses_a_file_of_which_nothing_fits, .fini = shell_clean)
{
    static const uint16_t nan[LINEAR_HIDDEN] = { 0x7fc0 };
    struct piece bad = some[0];
    write_file("pt", some + 2, SOME - 2, NULL, NULL);
    open_wrong(NULL, "none of its tensors has name and shape of one of this network's: it holds "
               "affine2.bias (4), affine2.weight (9, 6), bn.num_batches_tracked () and 3 more, the "
               "network has affine1.weight (6, 48), affine1.bias (6), affine2.weight (4, 6) and 1 "
               "more; tensors are to be called as `./linear info` lists them, or layers in");
    write_file("pt", some + 4, SOME - 4, NULL, NULL);
    open_wrong(NULL, "its tensors are called otherwise than this network's, and no order of them "
               "fits: it has the layers token (2), layer.0 (2); the network has affine1 (6, 48), "
               "affine2 (4, 6); tensors are to be called as `./linear info` lists them, or layers");
    write_file("pt", some, SOME, NULL, NULL);
    open_wrong("affine2", "one of this network's that --from-only selects: it holds affine1.bias");
    write_file("pt", some, 0, NULL, NULL);
    open_wrong(NULL, "pt: holds no tensors");
    write_file("pt", some, SOME, "format", "lathe-dump-1");
    open_wrong(NULL, "pt: what `dump` writes, to compare with; parameters are what `train` saves");
    write_file("pt", some, SOME, "format", "lathe-9");
    open_wrong(NULL, "pt: format lathe-9, this program reads lathe-1");
    bad.type = TENSOR_BF16;
    bad.data = nan;
    write_file("pt", &bad, 1, NULL, NULL);
    open_wrong(NULL, "pt: tensor affine1.bias: value 0 (from 0) is nan");
    write_text("pt", "nothing");
    open_wrong(NULL, "pt: no safetensors file");
}

Test(pretrained, refuses_a_pattern_that_fits_nothing)
{
    static const char *const good[] = { "*", "affine1", "!affine?.bias", "[ab]*" },
                      *const bad[] = { "conv*", "affine", "!affine3", "bias", "[" };
    char err[ERR_SIZE];
    for (size_t k = 0; k < sizeof good/sizeof *good; k++) {
        const struct option_list only = list("affine2.*", good[k]);
        cr_expect(pretrained_patterns(&only, &linear_model, err), "%s", err);
    }
    for (size_t k = 0; k < sizeof bad/sizeof *bad; k++) {
        const struct option_list only = list("*", bad[k]);
        char message[128];
        cr_expect_not(pretrained_patterns(&only, &linear_model, err), "%s", bad[k]);
        snprintf(message, sizeof message, "--from-only %s: fits no tensor of this network and no "
                 "layer's name; it has affine1.weight (6, 48), ", bad[k]);
        cr_expect(strstr(err, message), "%s", err);
    }
}

/* ---- how images are prepared ---- */

Test(pretrained, has_the_files_mean_where_it_is_one_for_these_images, .fini = shell_clean)
{
    static real mean[LINEAR_IN], factor[LINEAR_C] = { 1, 2, 3 };
    const struct {
        enum preprocess_kind theirs, ours;
        double greatest;            /* of these images; those of the file are bytes of 0 to 255 */
        int more;                   /* their height over the input's */
        const char *said;
    } cases[] = {
        { PREPROCESS_SCALE, PREPROCESS_SCALE, 255, 0, "by the file's mean" },
        { PREPROCESS_CHANNEL_NORM, PREPROCESS_CHANNEL_NORM, 250, 3, "by the file's mean" },
        { PREPROCESS_SCALE, PREPROCESS_SCALE, 255, 3, "by their own mean; the file's is of images "
          "of 4x4" },
        { PREPROCESS_SCALE, PREPROCESS_SCALE, 1, 0, "by their own mean; the file's is of u1 from 0 "
          "to 255, these images hold f4 from 0 to 1" },
        { PREPROCESS_SCALE, PREPROCESS_MEAN_IMAGE, 255, 0, "by their own mean; the file was "
          "trained with --preprocess scale" },
        { PREPROCESS_SCALE, PREPROCESS_NONE, 255, 0, "as they are; the file was trained with "
          "--preprocess scale" },
        { PREPROCESS_NONE, PREPROCESS_SCALE, 255, 0, "by their own mean; the file was trained with "
          "--preprocess none" },
        { PREPROCESS_NONE, PREPROCESS_NONE, 255, 0, "" },
    };
    const struct option_list all = list(NULL, NULL);
    char err[ERR_SIZE];
    struct engine e;
    open_engine(&e);
    for (size_t k = 0; k < sizeof cases/sizeof *cases; k++) {
        const int h = LINEAR_H + cases[k].more;
        struct dataset old = { .values = { "u1", 0, 255 } }, new = old;
        new.fit = (struct images){ .c = LINEAR_C, .h = h, .w = LINEAR_W };
        new.values.greatest = cases[k].greatest;
        if (cases[k].greatest == 1)
            new.values = (struct values){ "f4", 0, 1 };
        const struct preprocess theirs = { cases[k].theirs, mean, factor, LINEAR_H, LINEAR_W };
        struct preprocess got;
        struct pretrained p;
        mean[1] = (real)k;
        cr_assert(param_file_save(in_dir("p"), &e, &theirs, &old, err), "%s", err);
        cr_assert(pretrained_open(&p, in_dir("p"), &all, &linear_model, err), "%s", err);
        const bool taken = pretrained_prepares(&p, &linear_model, cases[k].ours, &new, &got);
        cr_expect_str_eq(p.images, cases[k].said, "%zu: %s", k, p.images);
        cr_expect_eq(taken, !strchr(p.images, ';'));
        cr_expect(!taken || got.kind == cases[k].ours);
        if (taken && got.mean)
            cr_expect(got.mean[1] == (real)k && got.factor[2] == 3);
        if (taken)
            preprocess_free(&got);
        pretrained_close(&p);
    }
    /* One that is no number is no mean, neither of what is taken nor of what is loaded. */
    struct dataset d = { .values = { "u1", 0, 255 }, .fit = { .c = LINEAR_C, .h = LINEAR_H,
                                                              .w = LINEAR_W } };
    const struct preprocess spoilt = { PREPROCESS_SCALE, mean, factor, LINEAR_H, LINEAR_W };
    struct param_file_info info;
    struct preprocess none;
    struct pretrained p;
    mean[5] = (real)NAN;
    cr_assert(param_file_save(in_dir("p"), &e, &spoilt, &d, err), "%s", err);
    cr_assert(pretrained_open(&p, in_dir("p"), &all, &linear_model, err), "%s", err);
    cr_expect_not(pretrained_prepares(&p, &linear_model, PREPROCESS_SCALE, &d, &none));
    cr_expect_str_eq(p.images, "by their own mean; the file's cannot be read");
    pretrained_close(&p);
    cr_expect_not(param_file_load(in_dir("p"), &e, &info, err));
    cr_expect(strstr(err, "/p: tensor data.mean_image: value 5 (from 0) is nan"), "%s", err);
    engine_close(&e);
    /* Of another program: nothing is known of its images. */
    write_file("pt", some, SOME, NULL, NULL);
    cr_assert(pretrained_open(&p, in_dir("pt"), &all, &linear_model, err), "%s", err);
    cr_expect_not(pretrained_prepares(&p, &linear_model, PREPROCESS_SCALE, &d, &none));
    cr_expect_str_eq(p.images, "by their own mean; the file has none");
    pretrained_close(&p);
}
