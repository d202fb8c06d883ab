/*
** test_sanitized.c - programs that touch what is not theirs are found: with pages around the arena
** that nobody may touch, with sanitizers in the kernels, under valgrind. tests/sanitize.sh does the
** same with all of lathe and of the runtime, in minutes. It must never look at what is computed.
*/
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

#define RUN "--data synthetic --train-samples 24 --val-samples 8 --iterations 2 "

/* Every network of tests/nets: what is trained ends at a page, what evaluates begins at one. */
Test(arena, is_all_that_any_kernel_touches, .fini = shell_clean)
{
    struct run r = shell(
        "run=$SOURCE/build/tests/nets32; export LD_PRELOAD=$SOURCE/build/tests/guard.so; n=0; "
        "for net in $(sed -n 's/^net //p' $SOURCE/tests/nets/*.net); do "
        "$run train " RUN "--network $net --threads 2 --params p > log 2>&1 && "
        "GUARD=front $run eval --network $net --params p --data synthetic --val-samples 8 "
        "--threads 1 > log 2>&1 || { echo $net: $?; cat log; }; n=$((n + 1)); done; "
        "echo $n");
    cr_expect(r.status == 0 && atoi(r.output) > 40, "%s", r.output);
    run_free(&r);
}

/* That it is found is not taken on trust: a program that reads one real beyond the arena. */
Test(arena, ends_where_a_read_beyond_it_is_found, .fini = shell_clean)
{
    write_text("m.c", "#include <stdio.h>\n#include <sys/mman.h>\nint main(int n, char **v)\n{\n"
               "    (void)v;\n    volatile char *p = mmap(NULL, 6400, PROT_READ | PROT_WRITE, "
               "MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n    return p[n > 1 ? 6400 : 6399];\n}\n");
    sure("${CC:-cc} -D_GNU_SOURCE m.c -o m && LD_PRELOAD=$SOURCE/build/tests/guard.so ./m");
    struct run r = shell("LD_PRELOAD=$SOURCE/build/tests/guard.so ./m beyond");
    cr_expect(r.status > 128, "exit %d", r.status);
    run_free(&r);
}

/* The kernels are sanitized, the library is not: sanitize.sh has that. */
Test(sanitizers, have_nothing_to_say_of_kernels, .fini = shell_clean)
{
    static const char *const isas[] = { "native", "scalar" };
    struct run can = shell("echo 'int main(void) { return 0; }' > c.c && ${CC:-cc} "
                           "-fsanitize=address,undefined c.c -o c && ./c");
    const bool here = can.status == 0;
    run_free(&can);
    if (!here)
        skip_test("no sanitizers");
    for (size_t k = 0; k < sizeof isas / sizeof *isas; k++) {
        struct run r = shell(
            "$LATHE emit $SOURCE/tests/hash.net --isa %s --split -o s.c && ${CC:-cc} -O0 -g -w "
            "-fsanitize=address,undefined -fno-sanitize-recover=all -I$SOURCE/runtime s.c "
            "$SOURCE/runtime/liblathe.a -o s -lm -pthread && ASAN_OPTIONS=detect_leaks=0 ./s train "
            RUN "--threads 2 --params p && ./s eval --params p --data synthetic --val-samples 8",
            isas[k]);
        cr_expect(r.status == 0, "%s: %.2000s", isas[k], r.output);
        run_free(&r);
    }
}

Test(valgrind, has_nothing_to_say_of_a_short_training, .fini = shell_clean)
{
    if (!have("valgrind"))
        skip_test("no valgrind");
    struct run r = shell("valgrind -q --error-exitcode=99 $SOURCE/build/tests/resume_deep_scalar "
                         "train --data synthetic --train-samples 35 --val-samples 8 --iterations 4 "
                         "--threads 2 --params p --checkpoint c --history h --report r");
    cr_expect(r.status == 0, "exit %d: %.2000s", r.status, r.output);
    run_free(&r);
}
