/*
** test_flags.c - flags of compilers that would change a bit: refused when compiling, taken back by
** the emitted file, or found by the self-test when a program starts. tests/flags.sh compiles
** whole programs; what it prints of all flags is the table of docs/flags.md.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

/* Flags, and what the compiler then says; clang: of it, too (it takes the others back). */
static const struct { const char *flags, *words; bool clang; } refused[] = {
    { "-ffast-math", "compile it without -ffast-math", true },
    { "-Ofast", "compile it without -ffast-math", true },
    { "-ffinite-math-only", "compile it without -ffinite-math-only", true },
    { "-funsafe-math-optimizations", "compile it without -funsafe-math-optimizations", false },
    { "-fassociative-math -fno-signed-zeros -fno-trapping-math",
      "compile it without -fassociative-math", false },
    { "-freciprocal-math", "compile it without -freciprocal-math", false },
    { "-fno-signed-zeros", "compile it without -fno-signed-zeros", false },
    { "-fsingle-precision-constant", "compile it without -fsingle-precision-constant", false },
    { "-fpack-struct", "compile it without -fpack-struct", true },
    { "-fshort-enums", "compile it without -fshort-enums", true },
#ifdef __x86_64__
    { "-mfpmath=387", "compile it without -mfpmath=387", false },
#endif
};

static void expect_refusal(const char *compiler, const char *flags, const char *words,
                           const char *file)
{
    char command[256];
    snprintf(command, sizeof command, "%s %s -I$SOURCE/runtime -fsyntax-only -Wfatal-errors %s "
             "2>&1", compiler, flags, file);
    fails(1, words, command);
}

Test(flags, that_change_bits_are_refused_by_name_when_compiling, .fini = shell_clean)
{
    sure("$LATHE emit $SOURCE/tests/flags.net -o f.c && "
         "$LATHE emit $SOURCE/tests/flags.net --split -o s.c");
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        if (have("gcc"))
            expect_refusal("gcc", refused[k].flags, refused[k].words, "f.c");
        if (have("clang") && refused[k].clang)
            expect_refusal("clang", refused[k].flags, refused[k].words, "f.c");
        /* The network's part alone, and a file of the library. */
        if (have("gcc")) {
            expect_refusal("gcc", refused[k].flags, refused[k].words, "s.c");
            expect_refusal("gcc $(sed -n 's/^EXACT = //p' $SOURCE/Makefile | "
                           "sed \"s,runtime/,$SOURCE/&,\")", refused[k].flags, refused[k].words,
                           "$SOURCE/runtime/base/dmath.c");
        }
    }
}

Test(flags, of_the_variable_CC_are_refused_by_name_and_leave_no_program, .fini = shell_clean)
{
    if (!have("gcc"))
        skip_test("no gcc");
    fails(1, "compile it without -ffinite-math-only", "CC='gcc -O0 -ffinite-math-only' $LATHE "
          "build $SOURCE/models/tiny.net -o f; s=$?; test -e f && exit 9; exit $s");
}

/* Without exact.h, as a compiler that sets no macro has them. */
static const struct { const char *flags, *words; bool clang; } found[] = {
    { "-ffinite-math-only", "without -ffinite-math-only", true },
    { "-fassociative-math -fno-signed-zeros -fno-trapping-math", "without -fassociative-math",
      true },
    { "-freciprocal-math", "without -freciprocal-math", true },
    { "-fno-signed-zeros", "without -fno-signed-zeros", true },
    { "-funsafe-math-optimizations", "without -fassociative-math", true },
    { "-ffast-math", "without -fassociative-math", true },
    { "-fsingle-precision-constant", "without -fsingle-precision-constant", false },
#ifdef __x86_64__
    { "-mfpmath=387", "without -mfpmath=387", false },
    { "-mfma -ffp-contract=fast", "without -ffp-contract=fast", true },
#endif
};

static void expect_found(const char *compiler, const char *flags, const char *words)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (strstr(flags, "-mfma") && !__builtin_cpu_supports("fma"))
        return;
#endif
    struct run r = shell("%s -O2 %s -w -I$SOURCE/runtime main.c $SOURCE/runtime/core/cpu.c "
                         "$SOURCE/runtime/liblathe.a -o main -lm -pthread && ./main", compiler,
                         flags);
    cr_expect(r.status == 0 && strstr(r.output, words), "%s %s: %s", compiler, flags, r.output);
    run_free(&r);
}

Test(flags, that_no_macro_tells_are_found_by_the_self_test, .fini = shell_clean)
{
    write_text("main.c", "#include <stdio.h>\n#include \"core/cpu.h\"\n#include \"base/error.h\"\n"
               "int main(void)\n{\n    char err[ERR_SIZE] = \"exact\";\n"
               "    cpu_arithmetic_exact(err);\n    puts(err);\n}\n");
    static const char *const compilers[] = { "gcc", "clang" };
    for (int c = 0; c < 2; c++) {
        if (!have(compilers[c]))
            continue;
        expect_found(compilers[c], "", "exact");
        expect_found(compilers[c], "-O0", "exact");
        expect_found(compilers[c], "-O3 -frounding-math", "exact");
        for (size_t k = 0; k < sizeof found / sizeof *found; k++)
            if (c == 0 || found[k].clang)
                expect_found(compilers[c], found[k].flags, found[k].words);
    }
}

/* No pragma takes this back, no macro tells it. */
Test(flags, of_clang_that_fuse_products_and_sums_are_found_when_a_program_starts,
     .fini = shell_clean)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("fma"))
        skip_test("no fused multiply-adds");
#endif
    if (!have("clang"))
        skip_test("no clang");
    sure("$LATHE emit $SOURCE/models/tiny.net --split -o s.c && clang -O1 -ffp-contract=fast "
         "-I$SOURCE/runtime s.c $SOURCE/runtime/liblathe.a -o s -lm -pthread && ./s --version");
    fails(1, "compiled so that a*b + c is one operation: compile it without -ffp-contract=fast",
          "./s train --data synthetic --iterations 1 --no-save");
}

/* Its arithmetic is of no other kind, though FLT_EVAL_METHOD is 16 then. */
Test(flags, of_half_precision_are_not_refused)
{
#ifdef __aarch64__
    const char *half = "-march=armv8.2-a+fp16";
#else
    const char *half = "-mavx512fp16 -fexcess-precision=16";
#endif
    struct run known = shell("echo | gcc %s -fsyntax-only -xc - 2>&1", half);
    const bool has = known.status == 0;
    run_free(&known);
    if (!has)
        skip_test("no gcc that knows half precision");
    struct run r = shell("echo '#include \"base/exact.h\"' | gcc %s -I$SOURCE/runtime "
                         "-fsyntax-only -xc - 2>&1", half);
    cr_expect(r.status == 0, "%s: %s", half, r.output);
    run_free(&r);
}

/* Many at once. */
Test(flags, that_are_not_refused_change_no_bit)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    struct run r = shell("sh $SOURCE/tests/flags.sh '-O1 -mfma -ffp-contract=fast "
        "-frounding-math -fno-trapping-math -fno-math-errno -funsafe-math-optimizations "
        "-fno-associative-math -fno-reciprocal-math -fsigned-zeros CRTFASTMATH'");
    cr_expect(r.status == 0 && strstr(r.output, "the same bits"), "%s", r.output);
    run_free(&r);
    if (!have("clang"))
        skip_test("no clang");
    r = shell("COMPILERS=clang sh $SOURCE/tests/flags.sh '-O1 -freciprocal-math "
              "-fassociative-math -fno-signed-zeros -fno-honor-nans -fapprox-func "
              "-ffp-contract=on'");
    cr_expect(r.status == 0 && strstr(r.output, "the same bits"), "%s", r.output);
    run_free(&r);
    shell_clean();
}

/* The rows of docs/flags.md are those of the script; make test-all makes them anew. */
Test(flags, are_those_of_the_table_in_the_docs, .fini = shell_clean)
{
    sure("sh $SOURCE/tests/flags.sh rows > rows && grep '^| `' $SOURCE/docs/flags.md > table && "
         "sed 's/^| `\\([^`]*\\)`.*/\\1/' table | cmp - rows && ! grep -i 'other bits' table");
    if (!getenv("LATHE_TEST_ALL"))
        return;
    struct run r = shell("sh $SOURCE/tests/flags.sh > made || exit 1; "
                         "head -1 made | grep -qxF -f - $SOURCE/docs/flags.md || exit 0; "
                         "grep '^| `' made | diff - table");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}
