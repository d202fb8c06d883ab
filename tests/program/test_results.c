/*
** test_results.c - every network of models/ and tests/nets/ still learns the same: its
** parameter file and its history after 20 iterations on synthetic images are, byte for byte,
** those whose hashes tests/golden/results.txt keeps. They stand since before the generator was
** rebuilt; a change of them is a change of results, never a matter of course.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

/* A line: the bundle that has it, its name, its type, the two hashes, and options. */
struct kept { char network[64], bundle[16], type[8], params[20], history[20]; };

static void expect_kept(const struct kept *k)
{
    /* Each bundle is all of a directory in one program. */
    struct run r = shell(
        "run=$SOURCE/build/tests/%s%s; test -x $run || exit 9; "
        "$run train --network %s --data synthetic --iterations 20 --train-samples 220 "
        "--val-samples 20 --check-every 10 %s --params p --history h >log 2>&1 </dev/null || "
        "{ cat log; exit 1; }; "
        "test $(sha256sum <p | cut -c1-16) = %s || { echo other parameters; exit 1; }; "
        "test $(sha256sum <h | cut -c1-16) = %s || { echo another history; exit 1; }",
        k->bundle, k->type + 1, k->network, strcmp(k->bundle, "nets") ? "--batch 8" : "",
        k->params, k->history);
    cr_expect(r.status == 0, "%s %s: exit %d: %s", k->network, k->type, r.status, r.output);
    run_free(&r);
}

Test(results, after_twenty_iterations_are_those_of_before, .fini = shell_clean)
{
    if (!have("sha256sum"))
        skip_test("no sha256sum");
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/results.txt", getenv("SOURCE"));
    FILE *f = fopen(path, "r");
    cr_assert(f, "%s", path);
    shell_dir();
    struct kept k;
    int n = 0;
    while (fscanf(f, "%15s %63s %7s %19s %19s", k.bundle, k.network, k.type, k.params,
                  k.history) == 5) {
        /* make test-all runs the models in f64 and the largest ones, built for that alone. */
        if (getenv("LATHE_TEST_ALL") || !strcmp(k.bundle, "nets")
            || (!strcmp(k.bundle, "models") && !strcmp(k.type, "f32")))
            expect_kept(&k);
        n++;
    }
    cr_assert(feof(f), "%s: a line is not: bundle network type hash hash", path);
    fclose(f);
    /* A network that is new has its line, too. */
    struct run r = shell("cat $SOURCE/models/*.net $SOURCE/tests/nets/*.net | grep -c '^net '");
    cr_expect(2*atoi(r.output) == n, "%d lines for %s networks of two types", n, r.output);
    run_free(&r);
}
