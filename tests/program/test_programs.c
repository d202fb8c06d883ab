/*
** test_programs.c - generated programs as a user meets them: the same bytes from every
** thread count, instruction set, compiler and optimisation; what they do with bad
** input; what they are made of. LATHE_TEST_ALL=1 adds what takes minutes.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/skip.h"

#define MODELS "$SOURCE/models"

/* ---- the same bytes ---- */

/* A deeper network with strides, gaps, odd channel counts, batch statistics, dropout and
** augmented images, small enough for qemu. */
static const char deep[] =
    "net deep\ninput 3x12x12\nconv 5 3x3\nrelu\nconv 7 2x3 stride=2 pad=valid\nbatchnorm\n"
    "gelu\nmaxpool 2x2\naffine 9\nbatchnorm scale=no\nrelu\ndropout 0.6\naffine 4\nsoftmax\n"
    "train\n  optimizer sgd lr=0.01\n  init gaussian 0.1\n  reg 0.01\n  batch 7\n"
    "  flip\n  translate 2 reflect\n  cutout 3\n";

enum { PROGRAMS = 2 };

/* Emits both programs with the options given and compiles them as NAME_0 and NAME_1. */
static void make_programs(const char *name, const char *options, const char *cc)
{
    struct run r = shell("$LATHE emit deep.net %s -o %s_0.c && %s %s_0.c -o %s_0 -lm -pthread && "
                         "$LATHE emit " MODELS "/three_layer.net --set filters=6 --set hidden=20 "
                         "%s -o %s_1.c && %s %s_1.c -o %s_1 -lm -pthread", options, name, cc, name,
                         name, options, name, cc, name, name);
    cr_assert(r.status == 0, "%s: %.1500s", name, r.output);
    run_free(&r);
}

/* Trains program `name` under `runner`; leaves NAME.csv, NAME.safetensors, NAME.txt. */
static void train(const char *runner, const char *program, const char *options, const char *name)
{
    struct run r = shell("%s ./%s train --data synthetic --train-samples 150 --val-samples 40 "
                         "--iterations 12 --history %s.csv --params %s.safetensors %s > %s.txt && "
                         "sed -i 's/, [0-9]* threads.*//; s/, [0-9]* images.s.*//; "
                         "s/parameters, .*/parameters/; s/%s.safetensors/FILE/' %s.txt", runner,
                         program, name, name, options, name, name, name);
    cr_assert(r.status == 0, "%s: %.1500s", name, r.output);
    run_free(&r);
}

static void expect_same(const char *a, const char *b)
{
    struct run r = shell("cmp %s.csv %s.csv && cmp %s.safetensors %s.safetensors && "
                         "cmp %s.txt %s.txt", a, b, a, b, a, b);
    cr_expect(r.status == 0, "%s and %s differ: %s", a, b, r.output);
    run_free(&r);
}

static void compare(const char *name, int k, const char *runner)
{
    char program[64], result[64], reference[64];
    snprintf(program, sizeof program, "%s_%d", name, k);
    snprintf(result, sizeof result, "%s_%d_result", name, k);
    snprintf(reference, sizeof reference, "reference_%d", k);
    train(runner, program, "--threads 2", result);
    expect_same(reference, result);
}

/* The programs compiled by cc and run by `runner` against the reference builds. */
static void expect_same_bytes(const char *name, const char *options, const char *cc,
                              const char *runner)
{
    make_programs(name, options, cc);
    for (int k = 0; k < PROGRAMS; k++)
        compare(name, k, runner);
}

/* This CPU's instruction set, one thread. */
static void make_references(const char *type)
{
    char options[64];
    write_text("deep.net", deep);
    snprintf(options, sizeof options, "--isa native --dtype %s", type);
    make_programs("native", options, "${CC:-cc} -O1");
    train("", "native_0", "--threads 1", "reference_0");
    train("", "native_1", "--threads 1", "reference_1");
}

static void expect_same_bytes_for_threads(int threads)
{
    char options[64];
    snprintf(options, sizeof options, "--threads %d", threads);
    for (int k = 0; k < PROGRAMS; k++) {
        char program[64], reference[64];
        snprintf(program, sizeof program, "native_%d", k);
        snprintf(reference, sizeof reference, "reference_%d", k);
        train("", program, options, "other");
        expect_same(reference, "other");
    }
}

static bool compiles_for(const char *what, const char *compiler)
{
    if (!have(compiler))
        fprintf(stderr, "[SKIP] same_bytes %s: no %s\n", what, compiler);
    return have(compiler);
}

Test(same_bytes, from_all_threads_compilers_and_optimizations, .fini = shell_clean)
{
    make_references("f32");
    expect_same_bytes_for_threads(2);
    expect_same_bytes_for_threads(3);
    expect_same_bytes_for_threads(8);
    expect_same_bytes("native_O2", "--isa native", "${CC:-cc} -O2 -march=native", "");
    if (compiles_for("from gcc", "gcc"))
        expect_same_bytes("gcc", "--isa native", "gcc -O3", "");
    if (compiles_for("from clang", "clang"))
        expect_same_bytes("clang", "--isa native", "clang -O3", "");
}

#if defined(__x86_64__)
static bool cpu_runs(const char *isa)
{
    __builtin_cpu_init();
    bool runs = strcmp(isa, "avx512") ? __builtin_cpu_supports("avx2")
                                        && __builtin_cpu_supports("fma")
                                      : __builtin_cpu_supports("avx512f")
                                        && __builtin_cpu_supports("avx512bw")
                                        && __builtin_cpu_supports("avx512dq")
                                        && __builtin_cpu_supports("avx512vl");
    if (!runs)
        fprintf(stderr, "[SKIP] same_bytes from %s: this CPU lacks it\n", isa);
    return runs;
}
#endif

Test(same_bytes, from_all_instruction_sets, .fini = shell_clean)
{
    make_references("f32");
    expect_same_bytes("scalar", "--isa scalar", "${CC:-cc} -O1", "");
#if defined(__x86_64__)
    if (cpu_runs("avx2"))
        expect_same_bytes("avx2", "--isa avx2", "${CC:-cc} -O2", "");
    if (cpu_runs("avx512"))
        expect_same_bytes("avx512", "--isa avx512", "${CC:-cc} -O2", "");
    if (compiles_for("from NEON", "aarch64-linux-gnu-gcc") && compiles_for("from NEON",
                                                                           "qemu-aarch64"))
        expect_same_bytes("neon", "--isa neon", "aarch64-linux-gnu-gcc -O2 -static",
                          "qemu-aarch64");
#endif
}

Test(same_bytes, in_f64, .fini = shell_clean)
{
    make_references("f64");
    expect_same_bytes("scalar", "--isa scalar --dtype f64", "${CC:-cc} -O1", "");
    if (compiles_for("in f64 from clang", "clang"))
        expect_same_bytes("clang", "--isa native --dtype f64", "clang -O3", "");
#if defined(__x86_64__)
    if (compiles_for("in f64 from NEON", "aarch64-linux-gnu-gcc")
        && compiles_for("in f64 from NEON", "qemu-aarch64"))
        expect_same_bytes("neon", "--isa neon --dtype f64", "aarch64-linux-gnu-gcc -O1 -static",
                          "qemu-aarch64");
#endif
}

#if defined(__x86_64__)
Test(same_bytes, from_the_x86_program_on_a_cpu_without_avx, .fini = shell_clean)
{
    if (!have("qemu-x86_64"))
        skip_test("no qemu-x86_64");
    make_references("f32");
    expect_same_bytes("x86", "--isa x86", "${CC:-cc} -O1", "");
    /* Without FMA, libm computes it in software, and qemu that: the smaller one only. */
    compare("x86", 0, "qemu-x86_64 -cpu Nehalem");
}

/* Every word of the NEON vocabulary against scalar's, by the hash of all results. */
Test(vocabulary, of_neon_computes_what_scalar_computes, .fini = shell_clean)
{
    if (!have("aarch64-linux-gnu-gcc") || !have("qemu-aarch64"))
        skip_test("no %s", have("qemu-aarch64") ? "aarch64-linux-gnu-gcc" : "qemu-aarch64");
    for (int f64 = 0; f64 < 2; f64++) {
        struct run r = shell("for isa in scalar neon; do "
            "aarch64-linux-gnu-gcc -O2 -std=gnu11 -static -DLATHE_F64=%d -I$SOURCE/runtime "
            "-I$SOURCE/tests -DISA=$isa -DISA_HEADER=\"\\\"vector/simd/$isa.h\\\"\" "
            "$SOURCE/tests/kernel/simd_hash.c $SOURCE/tests/kernel/simd_cases.c "
            "$SOURCE/tests/kernel/simd_words.c -lm -o hash_$isa && "
            "qemu-aarch64 ./hash_$isa > $isa.txt || exit 1; done; "
            "${CC:-cc} -O2 -std=gnu11 -DLATHE_F64=%d -I$SOURCE/runtime -I$SOURCE/tests "
            "-DISA=scalar -DISA_HEADER=\"\\\"vector/simd/scalar.h\\\"\" "
            "$SOURCE/tests/kernel/simd_hash.c $SOURCE/tests/kernel/simd_cases.c "
            "$SOURCE/tests/kernel/simd_words.c -lm -o hash_here && "
            "./hash_here > here.txt && test -s here.txt && cmp scalar.txt neon.txt && "
            "cmp here.txt neon.txt", f64, f64);
        cr_expect(r.status == 0, "f%d: %s", f64 ? 64 : 32, r.output);
        run_free(&r);
    }
}

Test(old_cpu, is_told_what_it_lacks, .fini = shell_clean)
{
    if (!have("qemu-x86_64"))
        skip_test("no qemu-x86_64");
    sure("$LATHE build " MODELS "/tiny.net --isa avx2 -o a && "
         "$LATHE build " MODELS "/tiny.net --isa avx512 -o b");
    fails(1, "AVX2 and FMA", "qemu-x86_64 -cpu Nehalem ./a train");
    fails(1, "AVX-512", "qemu-x86_64 -cpu Nehalem ./b info");
}
#endif

/* ---- tuning ---- */

/* Candidates of every choice of block.c: the second, the fifth or the last before it. In groups
** whose numbers do not depend on each other. */
Test(same_bytes, from_all_tiles_and_blocks_that_could_be_chosen, .fini = shell_clean,
     .timeout = 300)
{
    sure("cat > tuned.sh <<'END'\n"
         "make() { $LATHE emit $net --split $1 -o $2.c && ${CC:-cc} -O1 -I$SOURCE/runtime $2.c "
         "$SOURCE/runtime/liblathe.a -o $2 -lm -pthread || exit 1; }\n"
         "train() { ./$1 train --data synthetic --train-samples 60 --val-samples 20 --iterations 4 "
         "--threads $2 --history $1.csv --params $1.st > /dev/null || exit 1; }\n"
         "net=$1; programs=0\n"
         "make '' model; train model 1\n"
         "for what in 'tile|wgrad_tile|depth|bwd_rows' "
         "'pass|block|images|vectors|wgrad_band|wgrad_pass' wgrad_dense; do\n"
         "for k in 1 4; do\n"
         "{ $LATHE show $net | sed -n '1s/^\\([^,]*\\), \\([^,]*\\),.*/net \\1 \\2/p'\n"
         "$LATHE show $net -d block | awk -v k=$k -v what=\"^($what)\\$\" '/^choice/ && "
         "$3 ~ what { n = NF - 5; print $2, $3, $(6 + (k < n ? k : n - 1)) }'; } > net.tune\n"
         "make '--tune net.tune' tuned\n"
         "cmp -s model.c tuned.c && continue\n"
         "train tuned 2\n"
         "cmp model.csv tuned.csv && cmp model.st tuned.st || { cat net.tune; exit 1; }\n"
         "programs=$((programs + 1))\n"
         "done; done\n"
         "test $programs -ge 3\nEND\n");
    sure("sh tuned.sh $SOURCE/tests/nets/folded.net");
    sure("sh tuned.sh $SOURCE/tests/nets/scatter.net");
    sure("sh tuned.sh " MODELS "/tiny.net");
}

/* A compiler whose programs say that one tile is fast, and another in inference slow. */
Test(tune, writes_what_its_programs_measured, .fini = shell_clean)
{
    sure("cat > cc.sh <<'END'\n#!/bin/sh\n"
         "ms=1.0\ngrep -q 'OW = 16, MH = 1, MW = 6,' $2 && ms=0.5\n"
         "printf '#!/bin/sh\\necho ready\\necho \"regions conv1 forward=%s;conv1 weight gradient=1;"
         "affine1 forward=1;affine2 forward=1;affine1 backward + update=1;affine2 backward + "
         "update=1\"\\necho \"regions conv1 forward=1\"\\necho times %s %s\\n' $ms $ms $ms > $4\n"
         "chmod +x $4\nEND\nchmod +x cc.sh\n");
    sure("CC=$PWD/cc.sh $LATHE tune " MODELS "/tiny.net --isa avx2 > log && "
         "grep -q 'conv1_fwd tile .* -> 1x6x1 ' log && grep -q 'ratio 0.500' log && "
         "grep -q '^net tiny avx2 f32$' tiny.tune && "
         "grep -q '^conv1_fwd tile 1x6x1    # the cost model: ' tiny.tune && "
         "test $(grep -c 'the cost model: ' tiny.tune) = 1 && "
         "$LATHE emit " MODELS "/tiny.net --isa avx2 --tune tiny.tune | "
         "grep -q 'OW = 16, MH = 1, MW = 6,'");
    /* Nothing is faster: the cost model's choices. */
    sure("sed 's/ms=0.5/ms=0.99/' cc.sh > slow.sh && chmod +x slow.sh && "
         "CC=$PWD/slow.sh $LATHE tune " MODELS "/tiny.net --isa avx2 -o slow.tune > log && "
         "grep -q 'the cost model.s are kept' log && ! grep 'the cost model: ' slow.tune");
    fails(1, "the C compiler failed", "CC=false $LATHE tune " MODELS "/tiny.net -o a.tune; s=$?; "
          "test -e a.tune && exit 9; exit $s");
    fails(1, "failed", "sed 's/times/time/' cc.sh > mute.sh && chmod +x mute.sh && "
          "CC=$PWD/mute.sh $LATHE tune " MODELS "/tiny.net --isa avx2");
}

/* ---- what the programs are made of ---- */

/* A network's own part stays under 600 KB, with the runtime (and its messages) a file has twice
** that; and gcc and clang have nothing to say of it; only with everything they compile it, as
** models/all_build_and_learn does once. */
Test(emitted, files_compile_without_a_warning, .fini = shell_clean)
{
    const char *how = getenv("LATHE_TEST_ALL") ? "-O3 -c" : "-fsyntax-only";
    struct run r = shell("for net in " MODELS "/*.net; do "
        "size=$($LATHE emit $net --isa neon --split | wc -c); "
        "[ $size -lt 600000 ] || { echo $net: $size bytes; exit 1; }; "
        "for isa in scalar native; do $LATHE emit $net --isa $isa -o f.c || exit 1; "
        "size=$(wc -c < f.c); [ $size -lt 1200000 ] || { echo $net: $size bytes; exit 1; }; "
        "for cc in gcc clang; do command -v $cc > /dev/null || continue; "
        "$cc %s -Wall -Wextra f.c || exit 1; done; done; done", how);
    cr_expect(r.status == 0 && !*r.output, "%s", r.output);
    run_free(&r);
}

Test(emitted, contents_say_where_things_are, .fini = shell_clean)
{
    static const char *const nets[] = { "/three_layer.net", "/vgg_small_bn.net --isa x86",
                                        "/tiny.net " MODELS "/two_layer.net --split" };
    for (int i = 0; i < 3; i++) {
        struct run r = shell("$LATHE emit " MODELS "%s -o f.c && "
            "sed -n '/^\\*\\/$/q; s/^\\*\\*  *\\([0-9][0-9]*\\)  *\\(.*\\)/\\1 \\2/p' f.c > toc && "
            "test $(wc -l < toc) -gt 13 && while read line title; do "
            "text=$(sed -n \"${line}p\" f.c); case \"$text\" in "
            "\"/* ---- $title ---- */\"|\"static void ${title%%%% *}__\"*|\"static void "
            "\"*__\"${title%%%% *}__\"*|\"int main(\"*) ;; "
            "*) echo \"$line $title: $text\" ;; esac; done < toc", nets[i]);
        cr_expect(r.status == 0 && !*r.output, "%s: %.2000s", nets[i], r.output);
        run_free(&r);
    }
}

/* A line of kernels has 100 columns at most, whatever a layer is called, and no size stands there
** that its function does not use. */
Test(emitted, lines_fit_and_no_size_is_idle, .fini = shell_clean)
{
    struct run r = shell("for net in " MODELS "/*.net $SOURCE/tests/nets/*.net; do "
        "$LATHE emit $net --isa avx2 --split -o f.c || exit 1; awk -v net=$net '"
        "length > 100 { print net \": \" $0 } "
        "/^static/ { n = 0; body = \"\" } "
        "/^    enum { [A-Z][A-Z0-9_]* = -?[0-9]+[, ]/ { list = 1 } "
        "list { s = $0; while (match(s, /[A-Z][A-Z0-9_]* = -?[0-9]+[, ]/)) { "
        "split(substr(s, RSTART, RLENGTH), w, \" \"); name[++n] = w[1]; "
        "s = substr(s, RSTART + RLENGTH) } } "
        "!list { body = body \" \" $0 } "
        "list && /};/ { list = 0 } "
        "/^}/ { gsub(/[^A-Za-z0-9_]+/, \" \", body); for (i = 1; i <= n; i++) "
        "if (!index(body \" \", \" \" name[i] \" \")) print net \": \" name[i]; "
        "n = 0; body = \"\" }' "
        "f.c; done");
    cr_expect(r.status == 0 && !*r.output, "%.3000s", r.output);
    run_free(&r);
}

Test(emitted, text_is_the_same_every_time, .fini = shell_clean)
{
    sure("$LATHE emit " MODELS "/three_layer.net > a.c && $LATHE emit " MODELS
         "/three_layer.net -o b.c && cmp a.c b.c && $LATHE emit " MODELS
         "/three_layer.net -o - | cmp a.c - && test ! -e -");
}

Test(emitted, text_unrolls_taps_windows_and_tiles, .fini = shell_clean)
{
    /* 3x3x3 and 7x7x3 taps by 5 pixels by 2 vectors would pass 250 lines: each row of taps has
    ** a loop of its own, whose step is written out; so is a 2x2 window. */
    struct run r = shell("count() { awk -v f=\"$2\" -v w=\"$3\" "
        "'$0 ~ \"^static inline void \" f \"\\\\(\"{p=1} p && $0 ~ w{n++} /^}/{p=0} "
        "END{print n}' $1; }; "
        "$LATHE emit " MODELS "/three_layer_3x3.net --isa avx2 --split -o a.c; "
        "$LATHE emit " MODELS "/three_layer.net --isa avx2 --split -o b.c; "
        "count a.c conv1__fwd_tile 'v_fma[(]'; count b.c conv1__fwd_tile 'v_fma[(]'; "
        "grep -c '7 loops of more than 250 lines kept' b.c; count a.c conv1__pool 'v_select[(]'; "
        "cat a.c b.c | grep -c -e UNROLL -e @");
    cr_expect_str_eq(r.output, "90\n70\n2\n4\n0\n", "%s", r.output);
    run_free(&r);
}

/* What libm's variants compute differently must not be called: only exactly rounded. */
Test(emitted, programs_call_only_what_is_exactly_rounded_in_libm, .fini = shell_clean)
{
    if (!have("nm"))
        skip_test("no nm");
    struct run r = shell("for type in f32 f64; do "
        "$LATHE emit " MODELS "/three_layer.net --isa x86 --dtype $type -o f.c 2>/dev/null || "
        "$LATHE emit " MODELS "/three_layer.net --isa native --dtype $type -o f.c; "
        "${CC:-cc} -O0 -c f.c -o f.o && nm -u f.o | sed 's/.* //; s/@.*//' > used || exit 1; "
        "grep -xE '(exp|exp2|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|"
        "cosh|tanh|erf|erfc|lgamma|tgamma|cbrt|hypot)[fl]?' used; "
        "grep -cxE '(fma|sqrt|floor|rint)f?' used > counted; done; true");
    cr_expect(r.status == 0 && !*r.output, "calls %s", r.output);
    run_free(&r);
}

Test(emitted, split_file_links_with_the_library, .fini = shell_clean)
{
    sure("$LATHE emit " MODELS "/tiny.net --split -o f.c && "
         "grep -q 'cc -O3 -IRUNTIME FILE.c RUNTIME/liblathe.a -o PROGRAM' f.c && "
         "${CC:-cc} -O2 -I$SOURCE/runtime f.c $SOURCE/runtime/liblathe.a -o f -lm -pthread && "
         "./f train --data synthetic --iterations 2 --no-save --quiet");
    fails(1, "lathe_models_f64", "${CC:-cc} -O0 -I$SOURCE/runtime f.c "
          "$SOURCE/runtime/liblathe64.a -o g -lm -pthread > log 2>&1; cat log; test -e g");
}

/* ---- commands ---- */

/* With the library, which is there already: four times as fast as lathe build. */
static void make_tiny(void)
{
    sure("$LATHE emit " MODELS "/tiny.net --split -o tiny.c && "
         "${CC:-cc} -O1 -I$SOURCE/runtime tiny.c $SOURCE/runtime/liblathe.a -o tiny -lm -pthread");
}

Test(program, trains_evaluates_and_agrees_with_itself, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny train --data synthetic --train-samples 400 --val-samples 100 --epochs 2 "
         "--lr 0.01 --init 0.1 > log");
    struct run r = shell("best=$(sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' log); "
        "./tiny eval --params tiny.safetensors --data synthetic --val-samples 100 > out; "
        "grep -q \"$best\" out && test -n \"$best\" || { echo $best; cat out log; exit 1; }");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(program, evaluates_with_the_preprocessing_of_its_training, .fini = shell_clean)
{
    make_tiny();
    struct run r = shell("for how in none mean_image scale channel_norm; do "
        "./tiny train --data synthetic --train-samples 300 --val-samples 100 --epochs 2 --init 0.1 "
        "--preprocess $how --params $how > log || exit 1; "
        "best=$(sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' log); "
        "./tiny eval --params $how --data synthetic --val-samples 100 > out && "
        "grep -q \"accuracy $best\" out || { echo $how $best; cat out; exit 2; }; done; "
        "cmp -s scale channel_norm && exit 3; true");
    cr_expect(r.status == 0, "%d: %s", r.status, r.output);
    run_free(&r);
}

Test(program, searches_and_goes_on_where_it_stopped, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny sweep --data synthetic --train-samples 200 --val-samples 100 --epochs 1 --runs 4 "
         "--record r.csv > log && tail -1 log | grep -q 'tiny train --lr .* --reg ' && "
         "test $(wc -l < r.csv) = 6");
    sure("cp r.csv whole.csv && head -4 whole.csv > r.csv && ./tiny sweep --data synthetic "
         "--train-samples 200 --val-samples 100 --epochs 1 --runs 4 --record r.csv > log2 && "
         "cmp r.csv whole.csv && tail -1 log > a && tail -1 log2 | cmp - a");
    fails(1, "a search of other settings", "./tiny sweep --data synthetic --train-samples 201 "
          "--val-samples 100 --epochs 1 --runs 4 --record r.csv");
    fails(2, "--lr-min 1 is greater", "./tiny sweep --lr-min 1 --lr-max 0.1");
}

Test(program, is_compared_with_others_by_lathe_sweep, .fini = shell_clean)
{
    struct run r = shell("$LATHE sweep " MODELS "/tiny.net --set filters=2,3 --set size=1,3 -- "
                         "--data synthetic --train-samples 100 --val-samples 50");
    cr_expect(r.status == 0 && strstr(r.output, "val_acc") && strstr(r.output, "lathe build"),
              "%s", r.output);
    int lines = 0;
    for (const char *c = r.output; *c; c++)
        lines += *c == '\n';
    cr_expect(lines == 8, "%s", r.output);
    run_free(&r);
    fails(2, "which values?", "$LATHE sweep " MODELS "/tiny.net");
    fails(2, "several are for", "$LATHE show " MODELS "/tiny.net --set filters=2,3");
}

Test(program, averages_views_at_test_time, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny train --data synthetic --train-samples 400 --val-samples 100 --epochs 2 "
         "--flip random --translate 1 --edge reflect --cutout 2 --average ema --clip 5 "
         "--check-every 20 --patience 50 > log");
    sure("./tiny eval --params tiny.safetensors --data synthetic --val-samples 100 --tta > one && "
         "./tiny eval --params tiny.safetensors --data synthetic --val-samples 100 --tta "
         "--threads 1 | cmp - one && grep -q 'in 6 views' one");
}

/* An array of `count` bytes below `most` as .npy. */
static void write_npy(const char *name, const char *shape, size_t count, unsigned most)
{
    enum { HEADER = 128 };
    unsigned char *file = malloc(HEADER + count);
    memset(file, ' ', HEADER);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    int n = snprintf((char *)file + 10, HEADER - 10, "{'descr': '|u1', 'fortran_order': False, "
                     "'shape': (%s), }", shape);
    file[10 + n] = ' ';
    file[HEADER - 1] = '\n';
    for (size_t k = 0; k < count; k++)
        file[HEADER + k] = (unsigned char)((uint32_t)k*2654435761u / 65536 % most);
    write_bytes(name, file, HEADER + count);
    free(file);
}

/* DIR: 60 images of 3xhxw to train, 30 to validate, of 10 classes. */
static void write_images(const char *dir, size_t h, size_t w)
{
    static const struct { const char *part; size_t count; } sets[] = { { "train", 60 },
                                                                       { "val", 30 } };
    char name[64], shape[64];
    struct run r = shell("mkdir %s", dir);
    cr_assert_eq(r.status, 0);
    run_free(&r);
    for (int k = 0; k < 2; k++) {
        size_t n = sets[k].count;
        snprintf(name, sizeof name, "%s/x_%s.npy", dir, sets[k].part);
        snprintf(shape, sizeof shape, "%zu, 3, %zu, %zu", n, h, w);
        write_npy(name, shape, n*3*h*w, 256);
        snprintf(name, sizeof name, "%s/y_%s.npy", dir, sets[k].part);
        snprintf(shape, sizeof shape, "%zu,", n);
        write_npy(name, shape, n, 10);
    }
}

/* A network for windows of 16x16, and larger images of 21x20. */
static void make_windows(void)
{
    write_text("windows.net", "net windows\ninput 3x16x16\nconv 6 3x3 init=whiten\nrelu\n"
               "maxpool 4x4\naffine 10\nsoftmax\ntrain\n  batch 12\n  epochs 2\n  crop\n"
               "  flip\n  translate 2\n  cutout 4\n");
    sure("$LATHE build windows.net");
    write_images("larger", 21, 20);
}

Test(windows, of_larger_images_are_the_same_for_1_2_and_3_threads, .fini = shell_clean)
{
    make_windows();
    sure("for t in 1 2 3; do ./windows train --data larger --threads $t --history $t.csv "
         "--params $t.st > log || exit 1; done; "
         "cmp 1.csv 2.csv && cmp 1.csv 3.csv && cmp 1.st 2.st && cmp 1.st 3.st");
    sure("./windows train --data larger --seed 2 --history other.csv --no-save > log && "
         "! cmp -s 1.csv other.csv");
    sure("for t in 1 2 3; do ./windows eval --data larger --params 1.st --tta --threads $t "
         "> $t.txt || exit 1; done; cmp 1.txt 2.txt && cmp 1.txt 3.txt");
}

Test(windows, are_evaluated_with_the_preprocessing_of_their_training, .fini = shell_clean)
{
    make_windows();
    struct run r = shell("for how in none mean_image scale channel_norm; do "
        "./windows train --data larger --preprocess $how --params $how > log || exit 1; "
        "best=$(sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' log); "
        "./windows eval --data larger --params $how > out && "
        "grep -q \"accuracy $best\" out || { echo $how $best; cat out; exit 2; }; done");
    cr_expect(r.status == 0, "%d: %s", r.status, r.output);
    run_free(&r);
    write_images("largest", 25, 30);
    sure("./windows eval --data largest --params none && "
         "./windows eval --data largest --params channel_norm");
    fails(1, "scale: the parameters' mean image is 21x20, the data's images are 25x30",
          "./windows eval --data largest --params scale");
}

Test(windows, of_images_as_large_as_the_input_are_these_images, .fini = shell_clean)
{
    make_windows();
    write_images("same", 16, 16);
    sure("for how in none random; do ./windows train --data same --crop $how --history $how.csv "
         "--no-save > log || exit 1; done; cmp none.csv random.csv");
}

Test(windows, are_taken_only_where_crop_says_so_and_never_of_smaller_images, .fini = shell_clean)
{
    make_windows();
    write_images("smaller", 15, 20);
    fails(1, "(60, 3, 21, 20), rank 4; the network takes (n, 3, 16, 16); add `crop` to take "
          "windows of them", "./windows train --data larger --crop none");
    fails(1, "the network takes (n, 3, 16, 16), or larger images",
          "./windows train --data smaller");
    fails(1, "the network takes (n, 3, 16, 16)", "./windows train --data smaller --crop none");
    sure("./windows info --data larger | grep -q 'train  60 images 3x21x20' && "
         "./windows info --data larger | grep -q 'windows of 16x16'");
    /* The option is as good as the word: eval knows it from the parameters. */
    sure("sed /crop/d windows.net > w.net && $LATHE build w.net -o w && "
         "./w train --data larger --crop random --history w.csv --params w.st > log && "
         "./windows train --data larger --history windows.csv --params windows.st > log && "
         "cmp w.csv windows.csv && cmp w.st windows.st && ./w eval --data larger --params w.st");
    write_images("same", 16, 16);
    sure("./w train --data same --params same.st > log && ./w eval --data same --params same.st");
    fails(1, "add `crop`", "./w eval --data larger --params same.st");
    sure("./windows sweep --data larger --runs 2 --epochs 1 --record r.csv");
}

/* And have an arena as large as show said. One is compiled with everything, the others' own parts
** with the library: the runtime is the same in all. */
Test(models, all_build_and_learn, .fini = shell_clean, .timeout = 600)
{
    struct run r = shell("for m in " MODELS "/*.net; do n=$(basename $m .net); "
        "split=--split; lib=\"-I$SOURCE/runtime $SOURCE/runtime/liblathe.a\"; "
        "[ $n != tiny ] || split= lib=; $LATHE emit $m --batch 50 $split -o p.c || exit 1; "
        "${CC:-cc} -O3 -Wall -Wextra p.c $lib -o p -lm -pthread > log 2>&1; "
        "test -s log && cat log && exit 1; "
        "./p train --data synthetic --train-samples 100 --val-samples 50 --iterations 4 --batch 50 "
        "> log && grep -q 'best val_acc' log && ./p eval --params $n.safetensors "
        "--data synthetic --val-samples 50 > log || { echo $n; cat log; exit 1; }; "
        "$LATHE show $m --batch 50 | "
        "sed -n 's/^arena *\\([0-9]*\\) .*and \\([0-9]*\\) bytes.*/\\1 \\2/p' > a && "
        "./p info --data synthetic | "
        "sed -n 's/^arena *\\([0-9]*\\) bytes, and \\([0-9]*\\) a thread/\\1 \\2/p' > b && "
        "test -s a && cmp a b || exit 1; done");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(program, writes_only_plain_lines_into_a_pipe, .fini = shell_clean)
{
    make_tiny();
    struct run r = shell("./tiny train --data synthetic --train-samples 100 --no-save > out "
                         "2> err; tr -d '[:print:]\\n' < out | wc -c; wc -c < err; "
                         "grep -c '^(Iteration 1 / [0-9]*) loss: [0-9.]*$' out");
    cr_expect_str_eq(r.output, "0\n0\n1\n", "%s", r.output);
    run_free(&r);
}

Test(program, fits_a_narrow_terminal, .fini = shell_clean)
{
    if (!have("script"))
        skip_test("no script");
    make_tiny();
    struct run r = shell("script -qec 'stty cols 40; ./tiny train --data synthetic --no-save "
                         "--epochs 3' /dev/null < /dev/null | tr '\\r' '\\n' | "
                         "sed 's/\\x1b\\[[0-9;]*[A-Za-z]//g' | grep '%%' | awk 'length($0) > 40'");
    cr_expect(!*r.output, "%s", r.output);
    run_free(&r);
}

Test(program, explains_every_command, .fini = shell_clean)
{
    make_tiny();
    struct run r = shell("for c in train eval predict gradcheck dump bench info; do "
                         "./tiny $c --help > help || exit 1; grep -q -- --help help || exit 2; "
                         "awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' help || "
                         "exit 3; "
                         "./tiny --help | grep -q \"^  $c \" || exit 4; done; "
                         "./tiny eval --help | grep -A1 test-samples | grep -q 1000 || exit 5; "
                         "./tiny info --help | grep -q CIFAR-100 || exit 6");
    cr_expect(r.status == 0, "%d: %s", r.status, r.output);
    run_free(&r);
}

Test(program, refuses_wrong_usage_with_status_2, .fini = shell_clean)
{
    make_tiny();
    fails(2, "COMMAND", "./tiny");
    fails(2, "did you mean train?", "./tiny trian");
    fails(2, "did you mean --epochs?", "./tiny train --epoch 3");
    fails(2, "--epochs", "./tiny train --epochs many");
    fails(2, "--params", "./tiny eval");
    fails(2, "the optimizer adam has no momentum", "./tiny train --momentum 0.5");
    fails(2, "expected sgd, momentum,", "./tiny train --optimizer adm");
    fails(2, "--batch", "./tiny train --batch 9");
    fails(2, "lathe build", "./tiny train --batch 9");
    fails(2, "--x", "./tiny dump --y y.npy -o o");
    fails(2, "--threads", "./tiny bench --threads 0");
    fails(2, "--batch", "./tiny bench --batch 9");
    fails(2, "did you mean --steps?", "./tiny bench --step 3");
    fails(2, "without --mode eval", "./tiny dump --x x --y y -o o --steps 3 --mode eval");
    fails(2, "the same file, f", "./tiny train --params f --history f");
    fails(2, "the same file, f", ": > f; ln -s f g; ./tiny train --params f --history g");
}

Test(program, refuses_bad_data_with_status_1, .fini = shell_clean)
{
    make_tiny();
    fails(1, "No such file", "./tiny train --data nowhere");
    fails(1, "$LATHE_DATA", "LATHE_DATA=nowhere ./tiny train");
    fails(1, "3x32x32, the network takes 3x16x16", "mkdir c; : > c/data_batch_1.bin; "
          "./tiny train --data c");
    fails(1, "at most 100000 images", "./tiny train --data synthetic --train-samples 200000");
}

/* Root reads everything, so root asks as nobody. */
Test(program, refuses_an_unreadable_file_or_directory, .fini = shell_clean)
{
    if (geteuid() == 0 && !have("setpriv"))
        skip_test("root reads everything, and there is no setpriv");
    make_tiny();
    sure("$LATHE build " MODELS "/three_layer.net -o net && mkdir c && "
         ": > c/data_batch_1.bin && chmod 0 c/data_batch_1.bin && chmod 755 $DIR c");
    const char *as = geteuid() ? "" : "setpriv --reuid=65534 --clear-groups ";
    char command[256];
    snprintf(command, sizeof command, "%s./net train --data c --no-save", as);
    fails(1, "data_batch_1.bin: cannot be opened: Permission denied", command);
    sure("./tiny train --data synthetic --iterations 2 --quiet && chmod 0 tiny.safetensors");
    snprintf(command, sizeof command, "%s./tiny eval --params tiny.safetensors", as);
    fails(1, "tiny.safetensors: cannot be opened: Permission denied", command);
    sure("mkdir closed && chmod 0 closed");
    snprintf(command, sizeof command, "%s./tiny train --data closed --no-save", as);
    fails(1, "data directory closed: Permission denied", command);
}

Test(program, refuses_parameters_that_are_not_its_own, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny train --data synthetic --iterations 3 --train-samples 50 --val-samples 20 "
         "--quiet");
    sure("sed 's/hidden = 7/hidden = 8/' " MODELS "/tiny.net > other.net && "
         "$LATHE build other.net -o other");
    fails(1, "another network: line 5 of its layers", "./other eval --params tiny.safetensors");
    sure("head -c 2000 tiny.safetensors > cut.safetensors");
    fails(1, "truncated", "./tiny eval --params cut.safetensors --data synthetic");
    sure("cp tiny.safetensors bad.safetensors && "
         "printf x | dd of=bad.safetensors bs=1 seek=3000 conv=notrunc 2>/dev/null");
    fails(1, "checksum", "./tiny eval --params bad.safetensors --data synthetic");
    fails(1, "No such file", "./tiny eval --params nowhere --data synthetic");
    sure("$LATHE build " MODELS "/tiny.net --dtype f64 -o double && "
         "./double eval --params tiny.safetensors --data synthetic");
    sure("./double train --data synthetic --iterations 3 --train-samples 50 --val-samples 20 "
         "--params d.safetensors");
    fails(1, "--dtype f64", "./tiny eval --params d.safetensors --data synthetic");
}

/* A path through a file cannot be written, whoever asks. */
Test(program, keeps_old_files_when_it_cannot_write, .fini = shell_clean)
{
    make_tiny();
    sure("echo old > file");
    fails(1, "file/p.safetensors", "./tiny train --data synthetic --iterations 2 --params "
          "file/p.safetensors");
    fails(1, "file/h.csv", "./tiny train --data synthetic --iterations 2 --no-save --history "
          "file/h.csv");
    fails(1, "file/r.html", "./tiny train --data synthetic --iterations 2 --no-save --report "
          "file/r.html");
    fails(1, "file/prog", "$LATHE build " MODELS "/tiny.net -o file/prog");
    fails(1, "file/prog.c", "$LATHE emit " MODELS "/tiny.net -o file/prog.c");
    struct run r = shell("cat file; ls -A | sort | tr '\\n' ' '");
    cr_expect_str_eq(r.output, "old\nfile tiny tiny.c ", "%s", r.output);
    run_free(&r);
}

/* With its own words quoted for the shell, and the seed that was not said. */
Test(program, reports_the_command_that_repeats_a_run, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny train --data synthetic --iterations 3 --quiet --params 'a b.st' "
         "--report r.html && sed -n 's,.*<pre>\\(.*\\)</pre>.*,\\1,p' r.html | "
         "sed \"s/&#39;/'/g\" > again && cp 'a b.st' first && rm 'a b.st' && "
         "grep -q -- '--seed 1' again && sh again && cmp first 'a b.st'");
}

Test(program, writes_to_devices_and_leaves_them_devices, .fini = shell_clean)
{
    make_tiny();
    sure("$LATHE emit " MODELS "/tiny.net -o /dev/null && test -c /dev/null");
    sure("./tiny train --data synthetic --iterations 2 --params /dev/null --history /dev/null && "
         "test -c /dev/null");
    if (shell("test -c /dev/full").status == 0)
        fails(1, "No space left", "$LATHE emit " MODELS "/tiny.net -o /dev/full; s=$?; "
              "test -c /dev/full && exit $s");
}

Test(program, stops_at_a_loss_that_is_not_finite_and_keeps_the_last_good_file, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny train --data synthetic --iterations 3 --train-samples 50 --val-samples 20 --quiet "
         "&& cp tiny.safetensors good");
    fails(1, "teration", "./tiny train --data synthetic --train-samples 500 --val-samples 20 "
          "--lr 1e30 --optimizer sgd --init 1 --epochs 3 --params nan.safetensors");
    fails(1, "teration", "./tiny train --data synthetic --train-samples 500 --val-samples 20 "
          "--init 1e30");
    sure("cmp good tiny.safetensors");
    /* Behind the first check: its file is kept, whole, and what it holds is finite. */
    fails(1, "the best parameters before it are in later", "./tiny train --data synthetic "
          "--train-samples 500 --val-samples 20 --init 0.1 --optimizer sgd --lr 1000 "
          "--params later > log; s=$?; cat log; exit $s");
    sure("acc=$(sed -n 's/.*val_acc: \\([0-9.]*\\)$/\\1/p' log) && "
         "./tiny eval --params later --data synthetic --val-samples 20 > out && "
         "grep -q \"accuracy $acc, loss [0-9]\" out");
}

Test(program, checks_gradients_in_f64_and_says_so_in_f32, .fini = shell_clean)
{
    make_tiny();
    fails(1, "--dtype f64", "./tiny gradcheck");
    sure("$LATHE build " MODELS "/tiny.net --dtype f64 -o double");
    struct run r = shell("./double gradcheck");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(strstr(r.output, "W1 max relative error: "), "%s", r.output);
    cr_expect(strstr(r.output, "b3 max relative error: "), "%s", r.output);
    cr_expect_not(strstr(r.output, "FAILED"), "%s", r.output);
    run_free(&r);
}

Test(program, measures_every_region, .fini = shell_clean)
{
    make_tiny();
    struct run r = shell("./tiny bench --data synthetic --seconds 0 --threads 1 --warm 5");
    static const char *const words[] = {
        "FMA peak", "triad", "synthetic set", "steps 8 to 17 of training", "conv1 forward",
        "affine1 backward + update", "conv1 weight gradient", "whole training step",
        "inference of 8", "inference of 1 "
    };
    cr_expect_eq(r.status, 0);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        cr_expect(strstr(r.output, words[k]), "no %s in: %s", words[k], r.output);
    run_free(&r);
}

Test(program, measures_the_regions_of_evaluation_alone, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny bench --data synthetic --seconds 0 --warm 1 --infer --csv t.csv > out && "
         "grep -q '^conv1 forward,forward,' t.csv && grep -q '^inference of 8,' t.csv && "
         "! grep -q backward t.csv && ! grep -q step, t.csv && "
         "awk -F, 'NF != 16 { exit 1 }' t.csv");
}

/* dump computes the batch anew from what bench wrote: the same loss, on any threads. */
Test(program, hands_its_batch_to_others_and_goes_back_to_it, .fini = shell_clean)
{
    make_tiny();
    sure("printf 'loss\nstep 3\ninfer 2 4\nevaluate 8\nwhat\nloss\nquit\n' | "
         "./tiny bench --data synthetic --warm 20 --save . --serve > answers && "
         "test $(grep -c . answers) = 7 && head -1 answers | grep -q '^ready network=tiny ' && "
         "sed -n 3p answers | awk '$1 != \"times\" || NF != 4 { exit 1 }' && "
         "sed -n 4p answers | awk '$1 != \"times\" || NF != 5 { exit 1 }' && "
         "grep -q '^failed: unknown request what' answers && "
         "test \"$(sed -n 2p answers)\" = \"$(sed -n 7p answers)\"");
    sure("./tiny dump --params params.safetensors --x x.npy --y y.npy -o d && "
         "header=$(od -An -tu8 -N8 d) && "
         "od -An -tf4 -N4 -j$((8 + header + 8*10*4)) d | awk '{ print \"loss\", $1 }' > theirs && "
         "awk '{ d[NR] = $2 } END { e = d[1] - d[3]; exit !(e*e < 1e-12) }' theirs answers || "
         "{ sed -n 2p answers | cat - theirs; exit 1; }");
}

Test(data, archive_that_is_another_one_is_refused_and_the_old_data_stays, .fini = shell_clean)
{
    sure("mkdir -p data/cifar-10-batches-bin in/cifar-10-batches-bin && "
         "echo old > data/cifar-10-batches-bin/test_batch.bin && "
         "echo a | tee in/cifar-10-batches-bin/data_batch_1.bin > in/cifar-10-batches-bin/"
         "test_batch.bin && tar -C in -czf archive.tar.gz cifar-10-batches-bin");
    fails(1, "has md5 60b725f10c9c85c70d97880dfe8191b3, 5dd7e06a14cb22eb9f671a540d1b7c25 expected",
          "sh $SOURCE/bench/cifar10.sh archive.tar.gz data");
    struct run r = shell("cat data/cifar-10-batches-bin/test_batch.bin; ls data");
    cr_expect_str_eq(r.output, "old\ncifar-10-batches-bin\n", "%s", r.output);
    run_free(&r);
}

/* ---- make bench: what it makes of measurements; no time is looked at ---- */

static void needs_python(void)
{
    if (!have("${PYTHON:-python3}"))
        skip_test("no python3");
}

Test(bench, figures_report_and_contenders, .fini = shell_clean)
{
    needs_python();
    sure("${PYTHON:-python3} $SOURCE/tests/test_bench.py");
}

Test(bench, measures_without_peers_and_writes_table_and_report, .fini = shell_clean)
{
    needs_python();
    sure("${PYTHON:-python3} $SOURCE/bench/bench.py --lathe $LATHE --out out --models tiny "
         "--peers none --rounds 2 --warm 3 --data synthetic --epochs 1 && "
         "grep -q '^tiny,step,whole training step,Lathe,8,' out/results.csv && "
         "grep -q '^tiny,kernel,conv1 weight gradient,Lathe,' out/results.csv && "
         "grep -q '^tiny,epoch,' out/results.csv && "
         "grep -q '^machine,bandwidth,triad,' out/results.csv && grep -q '<svg' out/report.html");
}

/* A peer that computes something else, one that crashes, one that is not there. */
Test(bench, leaves_out_peers_that_do_other_work, .fini = shell_clean)
{
    needs_python();
    sure("mkdir b && cp $SOURCE/bench/*.py b && mkdir b/models && "
         "cp " MODELS "/tiny.net b/models && "
         "printf 'import sys\\nprint(\"ready fake\", flush=True)\\nfor line in sys.stdin:\\n"
         "    print(\"loss 1e9\", flush=True)\\n' > b/peer_torch.py && "
         "echo 'raise SystemExit(7)' > b/peer_jax.py && "
         "sed -i 's/(\"torch\", \"numpy\")/(\"os\",)/; s/(\"jax\", \"numpy\")/(\"os\",)/' "
         "b/peers.py && sed -i 's/^HOME = .*/HOME = os.path.dirname(__file__)/' b/bench.py");
    struct run r = shell("${PYTHON:-python3} $DIR/b/bench.py --lathe $LATHE --out out "
                         "--models tiny --peers pytorch,jax --rounds 1 --warm 3 --epochs 0 "
                         "--data synthetic");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(strstr(r.output, "PyTorch eager: left out: loss: 1e+09, Lathe "), "%s", r.output);
    cr_expect(strstr(r.output, "JAX jit: left out: ended with status 7"), "%s", r.output);
    run_free(&r);
}

Test(bench, refuses_wrong_usage_with_status_2, .fini = shell_clean)
{
    needs_python();
    fails(2, "nowhere.net: no such file", "${PYTHON:-python3} $SOURCE/bench/bench.py --models "
          "nowhere");
    fails(2, "--rounds: at least 1", "${PYTHON:-python3} $SOURCE/bench/bench.py --rounds 0");
    fails(2, "expected some of pytorch", "${PYTHON:-python3} $SOURCE/bench/bench.py --peers thano");
    fails(2, "usage: peers.sh", "sh $SOURCE/bench/peers.sh --help");
}

/* ---- the comparison with PyTorch, where it is importable ---- */

Test(torch, computes_what_the_programs_compute, .fini = shell_clean, .timeout = 900)
{
    needs_python();
    struct run r = shell("${PYTHON:-python3} $SOURCE/tests/compare_torch.py");
    if (r.status == 77) {
        run_free(&r);
        skip_test("PyTorch is not importable by ${PYTHON:-python3}");
    }
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

/* ---- training for real: make test-real, less than a minute ---- */

/* $CIFAR, or the test is skipped. */
static const char *cifar(void)
{
    const char *dir = getenv("CIFAR");
    if (!dir || !*dir)
        skip_test("$LATHE_DATA names no CIFAR-10");
    return dir;
}

Test(real, one_epoch_of_the_three_layer_network_on_cifar_10, .fini = shell_clean, .timeout = 600)
{
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer.net -o net && "
                         "./net train --data $CIFAR --print-every 98 > log; s=$?; cat log; "
                         "awk '/^best val_acc: /{good = $3 + 0 >= 0.40} END{exit !good}' log && "
                         "./net eval --params three_layer.safetensors --data $CIFAR && exit $s");
    fprintf(stderr, "%s", r.output);
    cr_expect(r.status == 0, "no 40 %% on the validation images: %s", r.output);
    run_free(&r);
}

/* ---- what takes minutes: make test-all ---- */

static void test_all(void)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
}

/* Training accuracies after the 10th and the 30th epoch of six seeds. */
Test(learning, overfits_100_images, .fini = shell_clean, .timeout = 900)
{
    test_all();
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer.net --set hidden=100 -o net && "
        "for s in 1 2 3 4 5 6; do ./net train --data $CIFAR --train-samples 100 --epochs 30 "
        "--seed $s --init 1e-2 --reg 0 --no-save > log$s || exit 1; "
        "sed -n 's/^(Epoch 10 .*train acc: \\([0-9.]*\\);.*/\\1/p' log$s >> ten; "
        "sed -n 's/^(Epoch 30 .*train acc: \\([0-9.]*\\);.*/\\1/p' log$s >> thirty; done; "
        "sort -n ten | awk '{a[NR]=$1} END{if ((a[3]+a[4])/2 < 0.75 || a[6] < 0.85) {"
        "print \"10 epochs:\", a[1], a[2], a[3], a[4], a[5], a[6]; exit 1}}' && "
        "sort -n thirty | awk '{a[NR]=$1} END{if ((a[3]+a[4])/2 < 0.95) {"
        "print \"30 epochs:\", a[1], a[2], a[3], a[4], a[5], a[6]; exit 1}}'");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(learning, reaches_the_courses_accuracy_on_cifar_10, .fini = shell_clean, .timeout = 900)
{
    test_all();
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer.net -o net && for s in 1 2 3; do "
        "./net train --data $CIFAR --seed $s --no-save --quiet | "
        "sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' >> best; done; "
        "sort -n best | awk '{a[NR]=$1} END{if (NR != 3 || a[2] < 0.43) {"
        "print a[1], a[2], a[3]; exit 1}}'");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

/* Its own 8 epochs. */
Test(learning, of_three_layer_3x3_passes_65_per_cent_on_cifar_10, .fini = shell_clean,
     .timeout = 900)
{
    test_all();
    cifar();
    struct run r = shell("$LATHE build " MODELS "/three_layer_3x3.net -o net && "
        "./net train --data $CIFAR --no-save --quiet > log; s=$?; cat log; "
        "awk '/^best val_acc: /{good = $3 + 0 > 0.65} END{exit !good}' log && exit $s");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(learning, of_the_synthetic_set_needs_more_than_a_linear_classifier, .fini = shell_clean,
     .timeout = 900)
{
    test_all();
    struct run r = shell("printf 'net linear\\ninput 3x32x32\\naffine 10\\nsoftmax\\ntrain\\n"
        "  optimizer adam lr=1e-4\\n  batch 50\\n  epochs 5\\n' > linear.net && "
        "$LATHE build linear.net -o linear && $LATHE build " MODELS "/three_layer.net -o net && "
        "./linear train --data synthetic --no-save --quiet > a && "
        "./net train --data synthetic --no-save --quiet --epochs 3 > b && "
        "cat a b | sed -n 's/^best val_acc: \\([0-9.]*\\).*/\\1/p' | "
        "awk '{a[NR]=$1} END{if (NR != 2 || a[2] < a[1] + 0.2) {print a[1], a[2]; exit 1}}'");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}
