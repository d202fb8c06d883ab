/*
** test_bits.c - the same bytes from every thread count, instruction set, compiler, optimisation,
** tile and block.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

#define MODELS "$SOURCE/models"

enum { PROGRAMS = 2 };

/* A deeper network with strides, gaps, odd channel counts, batch statistics, dropout and
** augmented images, and the course's; both small enough for qemu. */
static const char *const network[PROGRAMS] = { "deep", "three_layer" };

/* How a program is made of both: whole, as lathe emit prints it, which takes a compiler half a
** minute; else their own part with the library, which gcc made with -O3. */
enum making { WHOLE, SPLIT };

static void make_program(const char *name, const char *options, const char *cc, enum making how)
{
    const char *library = !strstr(options, "f64") ? "liblathe.a" : "liblathe64.a";
    char with[128] = "";
    if (how == SPLIT)
        snprintf(with, sizeof with, "-I$SOURCE/runtime $SOURCE/runtime/%s", library);
    struct run r = shell("cp $SOURCE/tests/resume/deep.net . && sed 's/filters = 32/filters = 6/; "
                         "s/hidden = 500/hidden = 20/; s/batch 50/batch 20/' " MODELS
                         "/three_layer.net > shallow.net && "
                         "$LATHE emit deep.net shallow.net %s %s -o %s.c && "
                         "%s %s.c %s -o %s -lm -pthread", options, how == SPLIT ? "--split" : "",
                         name, cc, name, with, name);
    cr_assert(r.status == 0, "%s: %.1500s", name, r.output);
    run_free(&r);
}

/* Trains network k of `program` under `runner`; leaves NAME.csv, NAME.safetensors, NAME.txt. */
static void train(const char *runner, const char *program, int k, const char *options,
                  const char *name)
{
    struct run r = shell("%s ./%s train --network %s --data synthetic --train-samples 100 "
                         "--val-samples 40 --iterations 6 --history %s.csv --params "
                         "%s.safetensors %s > %s.txt && "
                         "sed -i 's/, [0-9]* threads.*//; s/, [0-9]* images.s.*//; "
                         "s/parameters, .*/parameters/; s/%s.safetensors/FILE/' %s.txt", runner,
                         program, network[k], name, name, options, name, name, name);
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

/* Network k of the program, against what the reference trained. */
static void compare(const char *program, int k, const char *runner, int threads)
{
    char options[32], result[96], reference[64];
    snprintf(options, sizeof options, "--threads %d", threads);
    snprintf(result, sizeof result, "%s_%d_%d", program, k, threads);
    snprintf(reference, sizeof reference, "reference_%d", k);
    train(runner, program, k, options, result);
    expect_same(reference, result);
}

static void expect_same_bytes(const char *name, const char *options, const char *cc,
                              enum making how, const char *runner)
{
    make_program(name, options, cc, how);
    for (int k = 0; k < PROGRAMS; k++)
        compare(name, k, runner, 2);
}

/* This CPU's instruction set, one thread. */
static void make_references(const char *type)
{
    char options[64];
    snprintf(options, sizeof options, "--isa native --dtype %s", type);
    make_program("native", options, "${CC:-cc} -Og", SPLIT);
    train("", "native", 0, "--threads 1", "reference_0");
    train("", "native", 1, "--threads 1", "reference_1");
}

static void expect_same_bytes_for_threads(int threads)
{
    for (int k = 0; k < PROGRAMS; k++)
        compare("native", k, "", threads);
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
    if (compiles_for("from gcc", "gcc"))
        expect_same_bytes("gcc", "--isa native", "gcc -O3", SPLIT, "");
    if (compiles_for("from clang", "clang"))
        expect_same_bytes("clang", "--isa native", "clang -O2 -march=native", SPLIT, "");
}

/* A weight gradient by each algorithm, in several parts, with and without a halo; 13 images, small
** maps, and what is drawn, gathered and averaged: most regions have fewer items than 64 threads. */
static const char crowd[] =
    "net crowd\ninput 3x8x8\nconv 40 3x3\nrelu\nconv 48 3x3 winograd=yes bias=no\nbatchnorm\n"
    "relu\nmaxpool 2x2\nconv 48 3x3 winograd=no\nrelu\nmaxpool 2x2\n"
    "residual { conv 48 3x3 groups=4 winograd=no\n gelu\n conv 48 1x1\n batchnorm }\nprelu\n"
    "conv 40 3x3 winograd=no\ngelu\ndropout 0.6\naffine 150\nbatchnorm\nrelu\naffine 4\n"
    "softmax\n"
    "train\n  optimizer adam lr=0.01\n  group conv optimizer=muon lr=0.05\n  average ema 0.9\n"
    "  batch 13\n  flip\n  translate 2 reflect\n  cutout 3\n  reg 0.01\n";

Test(same_bytes, from_1_to_1024_threads_bound_or_not, .fini = shell_clean)
{
    write_text("crowd.net", crowd);
    sure("$LATHE show crowd.net --plan > plan; sed -n '/^gradients/,/^arena/p' plan > by; "
         "for k in narrow Winograd lists dense; do grep -q $k by || { echo no $k; exit 1; }; done; "
         "grep -q 'conv2 weight gradient  *groups x 4' plan");
    sure("$LATHE emit crowd.net --split -o crowd.c && ${CC:-cc} -Og -I$SOURCE/runtime crowd.c "
         "$SOURCE/runtime/liblathe.a -o crowd -lm -pthread");
    sure("cat > run <<'END'\n"
         "data='--data synthetic --train-samples 70 --val-samples 30'\n"
         "./crowd train $data --iterations 7 --threads $2 $3 --history $1.csv --params $1.st "
         "--checkpoint $1.ck > /dev/null || exit 1\n"
         "./crowd eval --data synthetic --test-samples 45 --split test --tta --params $1.st "
         "--threads $2 $3 > $1.txt || exit 1\nEND\n");
    sure("sh run one 1; for t in 2 3 5 8 16 33 64 1024; do sh run some $t && "
         "for f in csv st ck txt; do cmp one.$f some.$f || { echo $t threads; exit 1; }; done; "
         "done");
    struct run r = shell("./crowd train --data synthetic --iterations 1 --no-save --threads 3 "
                         "--pin");
    if (r.status == 0) {
        cr_expect(strstr(r.output, "3 threads bound to processor"), "%s", r.output);
        sure("for t in 1 3 64; do sh run some $t --pin && for f in csv st ck txt; do "
             "cmp one.$f some.$f || { echo $t threads, bound; exit 1; }; done; done");
    } else {
        cr_expect(strstr(r.output, "binds no threads"), "%s", r.output);
    }
    run_free(&r);
    fails(2, "expected a whole number from 1 to 1024, got '1025'", "./crowd train --threads 1025");
}

/* Whole files at the levels that the library and the network's part have above, each by the other
** compiler: half a minute each. */
Test(same_bytes, from_whole_files_of_other_levels, .fini = shell_clean)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    make_references("f32");
    expect_same_bytes("native_O2", "--isa native", "${CC:-cc} -O2 -march=native", WHOLE, "");
    if (compiles_for("from clang", "clang"))
        expect_same_bytes("clang", "--isa native", "clang -O3", WHOLE, "");
}

#if defined(__x86_64__)
static bool runs_avx512(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

Test(same_bytes, from_all_instruction_sets, .fini = shell_clean)
{
    make_references("f32");
    expect_same_bytes("scalar", "--isa scalar", "${CC:-cc} -Og", SPLIT, "");
#if defined(__x86_64__)
    if (runs_avx512())          /* else the reference is AVX2's */
        expect_same_bytes("avx2", "--isa avx2", "${CC:-cc} -O1", SPLIT, "");
    /* Without AVX it takes its scalar part. Without FMA, libm computes that in software, and qemu
    ** libm: the smaller network only. */
    expect_same_bytes("x86", "--isa x86", "${CC:-cc} -Og", SPLIT, "");
    if (compiles_for("on a CPU without AVX", "qemu-x86_64"))
        compare("x86", 0, "qemu-x86_64 -cpu Nehalem", 3);
    if (compiles_for("from NEON", "aarch64-linux-gnu-gcc") && compiles_for("from NEON",
                                                                           "qemu-aarch64"))
        expect_same_bytes("neon", "--isa neon", "aarch64-linux-gnu-gcc -Og -static",
                          WHOLE, "qemu-aarch64");
#endif
}

/* In every run kernels64 compares all that this processor has; a minute for the rest. */
Test(same_bytes, in_f64, .fini = shell_clean)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    make_references("f64");
    expect_same_bytes("scalar", "--isa scalar --dtype f64", "${CC:-cc} -O1", SPLIT, "");
    if (compiles_for("in f64 from clang", "clang"))
        expect_same_bytes("clang", "--isa native --dtype f64", "clang -O3", WHOLE, "");
#if defined(__x86_64__)
    if (compiles_for("in f64 from NEON", "aarch64-linux-gnu-gcc")
        && compiles_for("in f64 from NEON", "qemu-aarch64"))
        expect_same_bytes("neon", "--isa neon --dtype f64", "aarch64-linux-gnu-gcc -O1 -static",
                          WHOLE, "qemu-aarch64");
#endif
}

/* A few programs, or with make test-all all that `make hash` makes. */
Test(same_bytes, have_the_hash_that_is_kept, .fini = shell_clean)
{
    if (!have("sha256sum"))
        skip_test("no sha256sum");
    struct run r = shell("sh $SOURCE/tests/hash.sh %s", getenv("LATHE_TEST_ALL") ? "" : "quick");
    cr_expect(r.status == 0 && strstr(r.output, "programs agree"), "%s", r.output);
    run_free(&r);
}

#if defined(__x86_64__)
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
            "$SOURCE/tests/kernel/curves.c "
            "$SOURCE/tests/kernel/simd_words.c -lm -o hash_$isa && "
            "qemu-aarch64 ./hash_$isa > $isa.txt || exit 1; done; "
            "${CC:-cc} -O2 -std=gnu11 -DLATHE_F64=%d -I$SOURCE/runtime -I$SOURCE/tests "
            "-DISA=scalar -DISA_HEADER=\"\\\"vector/simd/scalar.h\\\"\" "
            "$SOURCE/tests/kernel/simd_hash.c $SOURCE/tests/kernel/simd_cases.c "
            "$SOURCE/tests/kernel/curves.c "
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

/* Candidates of every choice of block.c: the second, the fifth or the last before it. In groups
** whose numbers do not depend on each other. */
Test(same_bytes, from_all_tiles_and_blocks_that_could_be_chosen, .fini = shell_clean,
     .timeout = 300)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    sure("cat > tuned.sh <<'END'\n"
         "make() { $LATHE emit $net --split $1 -o $2.c && ${CC:-cc} -Og -I$SOURCE/runtime $2.c "
         "$SOURCE/runtime/liblathe.a -o $2 -lm -pthread || exit 1; }\n"
         "train() { ./$1 train --data synthetic --train-samples 60 --val-samples 20 --iterations 4 "
         "--threads $2 --history $1.csv --params $1.st > /dev/null || exit 1; }\n"
         "net=$1; programs=0\n"
         "make '' model; train model 1\n"
         "for what in 'tile|wgrad_tile|depth|bwd_rows' "
         "'pass|block|images|(gather_|sum_)?vectors|wgrad_band|wgrad_pass' wgrad_dense; do\n"
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
