/*
** test_build.c - what build compiles, and what it takes from the cache of runtimes. Each test has
** a cache of its own, and a compiler that writes down what it is asked for. The same text under the
** same flags is compiled once for all tests (tests/memo.sh), not optimised; it ends at the first
** error: objects that -x c has it read as C have very many.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/skip.h"

#define ENTRIES "$(ls cache | grep -c '^[0-9a-f]\\{16\\}$')"
#define COMPILED "$(grep -c '/runtime-[0-7][.]c ' log)"
#define WORKS(program) "./" program " --version | grep -q 'made by lathe'"

static void begin(void)
{
    write_text("t.net", "net t\ninput 1x8x8\nconv 4 3x3\nrelu\naffine 3\nsoftmax\n");
    write_text("cc", "#!/bin/sh\necho \"$@\" >> $DIR/log\n"
               "exec sh $SOURCE/tests/memo.sh ${REAL:-cc} \"$@\" -O0 -Wfatal-errors\n");
    sure("chmod +x cc; mkdir tmp");
    char directory[128];
    snprintf(directory, sizeof directory, "%s/cache", shell_dir());
    setenv("LATHE_CACHE", directory, 1);
    snprintf(directory, sizeof directory, "%s/tmp", shell_dir());
    setenv("TMPDIR", directory, 1);
    snprintf(directory, sizeof directory, "%s/cc", shell_dir());
    setenv("CC", directory, 1);
}

/* ---- what is compiled ---- */

Test(build, compiles_the_runtime_once, .init = begin, .fini = shell_clean)
{
    sure("$LATHE build t.net -o a && test " COMPILED " = 8 && rm log && "
         "$LATHE build t.net -o b && cmp a b && ! grep '/runtime-.[.]c ' log");
    sure("mkdir away && cd away && cp ../t.net . && sed -i 's/conv 4/conv 5/' t.net && "
         "$LATHE build t.net -o ../c && cd .. && ! grep '/runtime-.[.]c ' log && " WORKS("c")
         " && test -z \"$(ls tmp)\"");
    sure("mkdir gone && cd gone && rmdir ../gone && $LATHE build $DIR/t.net -o $DIR/d && "
         "cd $DIR && cmp a d && test $(grep -c '/runtime-[0-7][.]c ' log) = 8");
}

Test(build, passes_on_what_the_compiler_says, .init = begin, .fini = shell_clean)
{
    write_text("loud", "#!/bin/sh\ncase $* in */part-*) echo \"warning: beware\" >&2;; esac\n"
               "exec $DIR/cc \"$@\"\n");
    sure("chmod +x loud && CC=$PWD/loud $LATHE build t.net -o a 2> said && "
         "grep -qx 'warning: beware' said && " WORKS("a"));
}

/* A sweep and its programs. */
Test(build, by_sweep_compiles_the_runtime_once, .init = begin, .fini = shell_clean)
{
    sure("sed -i 's/conv 4/conv n/;2a let n=4' t.net && $LATHE sweep t.net --set n=3,4 -- "
         "--data synthetic --train-samples 40 --val-samples 20 --iterations 2 && "
         "test " COMPILED " = 8");
}

/* Several instruction sets: large enough for parts, and one name for more than one function. */
Test(build, in_parts_computes_the_bits_of_one_file, .init = begin, .fini = shell_clean)
{
#ifdef __x86_64__
    sure("n='--isa x86 models/tiny.net'; cd $SOURCE; $LATHE build $n -o $DIR/parts && "
         "$LATHE emit $n -o $DIR/n.c && cd $DIR && $CC n.c -o whole -lm -pthread && "
         "{ test $(getconf _NPROCESSORS_ONLN) = 1 || grep -q '/part-1.c ' log; } && "
         "for p in parts whole; do ./$p train --data synthetic --train-samples 20 "
         "--val-samples 10 --iterations 3 --quiet --params $p.st || exit 1; done && "
         "cmp parts.st whole.st");
#else
    skip_test("of the three instruction sets of x86");
#endif
}

/* ---- what makes another entry ---- */

Test(build, with_other_flags_types_or_headers_has_another_runtime, .init = begin,
     .fini = shell_clean)
{
    sure("$LATHE build t.net -o a && test " ENTRIES " = 1");
    sure("CC=\"$CC -fno-inline\" $LATHE build t.net -o b && test " ENTRIES " = 2");
    sure("$LATHE build t.net --dtype f64 -o c && test " ENTRIES " = 3");
    sure("mkdir inc && { echo '#include_next <errno.h>'; echo '#define OTHER'; } > inc/errno.h && "
         "CPATH=$PWD/inc $LATHE build t.net -o d && test " ENTRIES " = 4");
    sure("echo '#define ANOTHER' >> inc/errno.h && "
         "CPATH=$PWD/inc $LATHE build t.net -o d && test " ENTRIES " = 5");
    sure("rm log; $LATHE build t.net -o a && test " COMPILED " = 0 && test " ENTRIES " = 5");
}

Test(build, with_another_compiler_of_the_same_name_has_another_runtime, .init = begin,
     .fini = shell_clean)
{
    if (!have("gcc") || !have("clang"))
        skip_test("no gcc and clang");
    sure("REAL=gcc $LATHE build t.net -o a && REAL=clang $LATHE build t.net -o b && "
         "test " ENTRIES " = 2 && rm log && REAL=gcc $LATHE build t.net -o c && cmp a c && "
         "REAL=clang $LATHE build t.net -o d && cmp b d && test " COMPILED " = 0");
}

/* Flags that no object of its own may be linked under, or that a compiler refuses. */
Test(build, with_flags_for_one_file_has_one_file, .init = begin, .fini = shell_clean)
{
    if (getenv("LATHE_TEST_ALL"))       /* most of a minute */
        sure("CC=\"$CC -fwhole-program\" REAL=gcc $LATHE build t.net -o a && " WORKS("a"));
    sure("CC=\"$CC -save-temps\" $LATHE build t.net -o c && " WORKS("c")
         " && test " ENTRIES " = 0");
    sure("CC=\"$CC -x c\" $LATHE build t.net -o b && " WORKS("b"));
}

Test(build, refuses_flags_that_change_bits_beside_a_runtime_that_is_there, .init = begin,
     .fini = shell_clean)
{
    if (!have("gcc"))
        skip_test("no gcc");
    sure("REAL=gcc $LATHE build t.net -o a");
    fails(1, "compile it without -ffinite-math-only",
          "REAL=gcc CC=\"$CC -ffinite-math-only\" $LATHE build t.net -o b; s=$?; "
          "test -e b && exit 9; exit $s");
    fails(1, "compile it without -fpack-struct",
          "REAL=gcc CC=\"$CC -fpack-struct\" $LATHE build t.net -o b; s=$?; "
          "test -e b && exit 9; exit $s");
    sure("test " ENTRIES " = 1 && test -z \"$(ls tmp)\"");
}

/* ---- the cache ---- */

Test(cache, lies_where_the_environment_says, .init = begin, .fini = shell_clean)
{
    sure("mkdir home && unset LATHE_CACHE XDG_CACHE_HOME; HOME=$PWD/home $LATHE build t.net -o a "
         "&& test $(stat -c %a home/.cache/lathe) = 700 && "
         "XDG_CACHE_HOME=$PWD/home/.cache HOME=none $LATHE build t.net -o a && "
         "test " COMPILED " = 8");
}

Test(cache, is_done_without_where_there_is_none, .init = begin, .fini = shell_clean)
{
    sure("LATHE_CACHE= $LATHE build t.net -o a && " WORKS("a") " && ! grep '/probe.c' log");
    sure("LATHE_CACHE=/proc/none/x $LATHE build t.net -o b && " WORKS("b"));
    sure("LATHE_CACHE=$PWD/t.net $LATHE build t.net -o c && " WORKS("c"));
    sure("unset LATHE_CACHE XDG_CACHE_HOME HOME; $LATHE build t.net -o d && " WORKS("d"));
    sure("test ! -e cache && test -z \"$(ls tmp)\"");
}

Test(cache, that_may_not_be_written_is_done_without, .init = begin, .fini = shell_clean)
{
    if (geteuid() == 0)
        skip_test("root may write everywhere");
    sure("mkdir -m 500 cache && $LATHE build t.net -o a && " WORKS("a") " && "
         "test -z \"$(ls cache)\"");
}

Test(cache, that_others_may_write_is_not_trusted, .init = begin, .fini = shell_clean)
{
    sure("$LATHE build t.net -o a && chmod 777 cache && rm log && $LATHE build t.net -o b && "
         "! grep '/runtime-' log");
    sure("chmod 700 cache && chmod 770 cache/*[0-9a-f]; rm log; "
         "$LATHE build t.net -o b && test " COMPILED " = 8");
    if (geteuid() == 0)
        sure("chown 1 cache && rm log && $LATHE build t.net -o b && ! grep '/runtime-' log; "
             "s=$?; chown 0 cache; exit $s");
}

Test(cache, makes_a_damaged_entry_anew, .init = begin, .fini = shell_clean)
{
    static const char *const damage[] = {
        ": > $e/runtime-3.o", "rm $e/runtime-7.o", ": > $e/sums",
        "cp $e/runtime-1.o $e/runtime-2.o", "rm -r $e && echo > $e",
    };
    sure("$LATHE build t.net -o a");
    for (size_t k = 0; k < sizeof damage / sizeof *damage; k++) {
        struct run r = shell("e=$(ls -d $PWD/cache/*[0-9a-f]); rm log; %s; "
                             "$LATHE build t.net -o b && cmp a b && test " COMPILED " = 8",
                             damage[k]);
        cr_expect(r.status == 0, "%s: %s", damage[k], r.output);
        run_free(&r);
    }
}

Test(cache, is_filled_once_by_builds_at_the_same_time, .init = begin, .fini = shell_clean)
{
    sure("for k in 1 2 3; do $LATHE build t.net -o p$k & done; wait; cmp p1 p2 && cmp p1 p3 && "
         "test " COMPILED " = 8 && test \"$(ls cache | tr -d '[0-9a-f]')\" = \"\n"
         "lok\" || { ls cache; exit 1; }");
}

Test(cache, keeps_what_was_used_last, .init = begin, .fini = shell_clean)
{
    sure("mkdir -m 700 cache && for k in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26; do "
         "mkdir cache/00000000000000$k; done && touch -d 2001-01-01 cache/*10 && "
         "touch -d 2001-01-02 cache/*13 && mkdir cache/0123456789abcdef-AbCdEf cache/other && "
         "touch -d 2001-01-01 cache/*-* cache/other && $LATHE build t.net -o a && "
         "test " ENTRIES " = 16 && test ! -e cache/0000000000000010 && test -e cache/other && "
         "test ! -e cache/0000000000000013 && test ! -e cache/0123456789abcdef-AbCdEf");
}

/* While a runtime or a part is compiled. A process that is gone may be a zombie until somebody
** fetches it, which whoever inherits it may do late. */
Test(cache, is_as_it_was_after_a_signal, .init = begin, .fini = shell_clean)
{
    write_text("slow", "#!/bin/sh\ncase $2 in */$SLOW) echo $$ > pid; sleep 60 ;; esac\n"
               "exec cc \"$@\" -O0\n");
    sure("chmod +x slow");
    static const char *const at[] = { "probe.c", "runtime-2.c", "part-0.c" };
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        struct run r = shell("rm -f pid; export SLOW=%s; CC=$PWD/slow env --default-signal $LATHE "
                             "build t.net -o p & l=$!; until test -s pid; do sleep 0.02; done; "
                             "kill -INT $l; wait $l; test $? = 130 && test ! -e p && "
                             "test -z \"$(ls tmp)\" && ! ls cache | grep -e - && "
                             "state=$(sed -n 's/^State:.\\(.\\).*/\\1/p' /proc/$(cat pid)/status); "
                             "test \"${state:-Z}\" = Z", at[k]);
        cr_expect(r.status == 0, "%s: %d %s", at[k], r.status, r.output);
        run_free(&r);
    }
    sure("$LATHE build t.net -o p && " WORKS("p"));
}
