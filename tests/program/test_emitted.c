/*
** test_emitted.c - what emitted programs are made of, that all models make one, and what lathe
** tune makes of measurements.
*/
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/shell.h"
#include "support/skip.h"

#define MODELS "$SOURCE/models"

/* A network's own part stays under a megabyte, or 90 KB a convolution, and the runtime (with its
** messages) is less than another one. */
Test(emitted, files_are_no_longer_than_they_have_to_be, .fini = shell_clean)
{
    struct run r = shell("small() { [ $2 -lt $3 ] || { echo $1: $2 bytes; exit 1; }; }; "
        "for net in " MODELS "/*.net; do "
        "most=$(($($LATHE show $net | grep -c '^conv.*vec$') * 90000)); "
        "[ $most -gt 1000000 ] || most=1000000; "
        "small $net $($LATHE emit $net --isa neon --split | wc -c) $most; "
        "for isa in scalar native; do "
        "small $net $($LATHE emit $net --isa $isa | wc -c) $((most + 950000)); done; done");
    cr_expect(r.status == 0 && !*r.output, "%s", r.output);
    run_free(&r);
}

/* Neither gcc nor clang has anything to say. The runtime is the same in all: one file has it here,
** and all other networks are in one without it. What gcc warns of it says of this processor's
** programs in the Makefile's too, which fail then; of all here it does in make test-all, where it
** takes a minute. */
Test(emitted, files_compile_without_a_warning, .fini = shell_clean)
{
    bool all = getenv("LATHE_TEST_ALL");
    struct run r = shell("for isa in scalar native; do "
        "$LATHE emit " MODELS "/tiny.net --isa $isa -o one.c && "
        "$LATHE emit " MODELS "/*.net --isa $isa --split -o all.c || exit 1; "
        "for cc in gcc clang; do command -v $cc > /dev/null || continue; "
        "for f in one $([ $cc = gcc ] && echo %s || echo all); do "
        "$cc %s -Wall -Wextra -I$SOURCE/runtime $f.c || exit 1; done; done; done",
        all ? "all" : "", all ? "-O3 -c" : "-fsyntax-only");
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
        "/^    enum { [A-Z][A-Z0-9_]* = [-0-9a-z]/ { list = 1 } "
        "list { s = $0; while (match(s, /[A-Z][A-Z0-9_]* = [-0-9a-z]/)) { "
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

/* What is emitted of a template is run by the networks of test_exact.c's table, on whole numbers;
** but for these, of which docs/testing.md says what holds them. */
Test(emitted, templates_are_each_held_exactly_or_said_not_to_be, .fini = shell_clean)
{
    struct run r = shell("cd $SOURCE && "
        "for net in $(grep -o '{ \"[a-z0-9_]*\", [A-Z0]' tests/kernel/test_exact.c | "
        "cut -d'\"' -f2); do grep -lx \"net $net\" tests/nets/*.net || echo no $net; done "
        ">$OLDPWD/nets && "
        "test $(wc -l <$OLDPWD/nets) -gt 20 && "
        "$LATHE emit $(cat $OLDPWD/nets) --isa avx2 --split | grep -o 'templates/[a-z_/]*[.]c' | "
        "sort -u >$OLDPWD/exact && ls templates/*/*.c | comm -23 - $OLDPWD/exact | "
        "grep -vxE 'templates/(affine/one|affine/one_tile|deconv/fold|loss/bce|loss/mae|"
        "pool/average_gather|wino/rows)[.]c' || true");
    cr_expect(r.status == 0 && !*r.output, "%s", r.output);
    run_free(&r);
}

/* ---- --lines ---- */

Test(lines, change_no_object_code_and_no_other_line, .fini = shell_clean)
{
    sure("emit=\"$LATHE emit " MODELS "/tiny.net --isa native --split\" && mkdir a b && "
         "$emit -o a/f.c && $emit --lines -o b/f.c && "
         "code() { grep -v -e '^#line' -e '^[*][*] *[0-9]' $1; } && "
         "code a/f.c > f && code b/f.c | cmp f - && test $(grep -c '^#line' b/f.c) -gt 200 && "
         "for cc in gcc clang; do command -v $cc > /dev/null || continue; for f in a b; do "
         "$cc -O0 -Wall -Wextra -Werror -I$SOURCE/runtime -c $f/f.c -o $f/f.o || "
         "exit 1; done; cmp a/f.o b/f.o || exit 1; done");
}

/* A line of the runtime is that line, one of a kernel has a word of the vocabulary that the
** template's line has, one of neither is where it is. */
Test(lines, say_where_each_line_comes_from, .fini = shell_clean)
{
    static const char *const nets[] = { "models/tiny.net --isa x86", "models/vgg_small_bn.net "
        "--isa avx512 --split", "tests/nets/groups.net --isa avx2 --split",
        "tests/nets/scatter.net --isa scalar --split", "tests/nets/depthwise.net --isa neon" };
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        struct run r = shell("$LATHE emit $SOURCE/%s --lines -o f.c && awk -v root=$SOURCE/ '"
            "function wrong() { print FNR \": \" file \":\" n \": \" $0; bad++ } "
            "/^#line/ { n = $2 - 1; if (NF > 2) { file = $3; gsub(/\"/, \"\", file); "
            "if (file != \"f.c\" && !(file in have)) { have[file] = 1; k = 0; "
            "while ((getline line < (root file)) > 0) text[file, ++k] = line } } next } "
            "{ n++ } "
            "file == \"f.c\" { if (n != FNR) wrong(); next } "
            "file ~ /^templates/ && match($0, /v_(fma|set1|store|sum)\\(.*;$/) { seen++; "
            "if (!index(text[file, n], substr($0, RSTART, 5))) wrong() } "
            "file ~ /^runtime/ && /^[ a-z].*;$/ && text[file, n] != $0 { wrong() } "
            "END { exit bad || seen < 50 }' f.c", nets[i]);
        cr_expect(r.status == 0 && !*r.output, "%s: %.2000s", nets[i], r.output);
        run_free(&r);
    }
}

Test(lines, let_a_compiler_name_the_line_of_a_template, .fini = shell_clean)
{
    sure("mkdir -p mine/conv && sed 's/= v_fma(a, b.n., /&nonsense + /' "
         "$SOURCE/templates/conv/tile.c > mine/conv/tile.c && "
         "line=$(grep -n nonsense mine/conv/tile.c | head -n 1 | cut -d : -f 1) && test $line && "
         "LATHE_TEMPLATES=mine $LATHE emit " MODELS "/tiny.net --isa native --split --lines "
         "-o f.c && ! ${CC:-cc} -fsyntax-only -I$SOURCE/runtime f.c 2> log && "
         "grep \"^mine/conv/tile.c:$line:\" log > /dev/null");
}

Test(emitted, text_is_the_same_every_time, .fini = shell_clean)
{
    sure("emit=\"$LATHE emit " MODELS "/three_layer.net --isa x86\"; $emit > a.c && "
         "$emit -o b.c && cmp a.c b.c && $emit -o - | cmp a.c - && test ! -e -");
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
        "$LATHE emit " MODELS "/three_layer.net --isa x86 --dtype $type --split -o f.c "
        "2>/dev/null || $LATHE emit " MODELS "/three_layer.net --isa native --dtype $type --split "
        "-o f.c; ${CC:-cc} -O0 -I$SOURCE/runtime -c f.c -o f.o && "
        "library=$SOURCE/runtime/liblathe$(echo $type | sed 's/f32//; s/f//').a && "
        "nm -u f.o $library | sed 's/.* //; s/@.*//' > used || exit 1; "
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

/* And have an arena as large as show said. All are in one program (the Makefile's), in make
** test-all the largest in another; there one is compiled here as lathe emit says, with everything:
** the runtime is the same. */
Test(models, all_build_and_learn, .fini = shell_clean, .timeout = 600)
{
    struct run r = shell("all=$SOURCE/build/tests/models32 tiny=$all; "
        "[ -z \"$LATHE_TEST_ALL\" ] || { $LATHE emit " MODELS "/tiny.net -o p.c && "
        "${COMPILER:-cc} -O3 -Wall -Wextra p.c -o p -lm -pthread > log 2>&1 || exit 1; "
        "test -s log && cat log && exit 1; tiny=./p; }; "
        "for m in " MODELS "/*.net; do n=$(basename $m .net); "
        "p=$all; [ $n != tiny ] || p=$tiny; "
        "if grep -q \"^large $n \" $SOURCE/tests/golden/results.txt; then "
        "[ -n \"$LATHE_TEST_ALL\" ] || continue; p=$SOURCE/build/tests/large32; fi; "
        "$p train --network $n --data synthetic --train-samples 30 --val-samples 10 "
        "--iterations 2 --batch 8 > log && grep -Eq 'best val_(acc|loss)' log && "
        "$p eval --network $n --params $n.safetensors "
        "--data synthetic --val-samples 10 > log || { echo $n; cat log; exit 1; }; "
        "$LATHE show $m | "
        "sed -n 's/^arena *\\([0-9]*\\) .*and \\([0-9]*\\) bytes.*/\\1 \\2/p' > a && "
        "$p info --network $n --data synthetic | "
        "sed -n 's/^arena *\\([0-9]*\\) bytes, and \\([0-9]*\\) a thread/\\1 \\2/p' > b && "
        "test -s a && cmp a b || exit 1; done");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}
