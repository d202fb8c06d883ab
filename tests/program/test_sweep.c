/*
** test_sweep.c - sweeps as lists: what a list says, that its lines may be run by anyone, in any
** order, killed and run again, and that the table is the same then. And `train --result`, which the
** lines are made of. tests/cluster.sh has real queues, and kills at random.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

#define DATA "--data synthetic --train-samples 60 --val-samples 40 "
/* models/tiny.net's program, which the Makefile builds. */
#define TINY "ln -s $(dirname $LATHE)/tests/tiny tiny; "

TestSuite(sweep, .fini = shell_clean);

/* ---- what is said wrongly ---- */

Test(sweep, wrong_usage_exits_2_and_says_how)
{
    static const struct { const char *arguments, *words; } wrong[] = {
        { "x.net --grid lr=1,2", "--grid is for lists: --list FILE" },
        { "x.net --seeds 1-3 --set a=1,2", "--seeds is for lists: --list FILE" },
        { "--list l", "which network file?" },
        { "x.net --list l --grid lr", "--grid takes NAME=VALUES, not \"lr\"" },
        { "x.net --list l --grid lr=", "takes NAME=VALUES" },
        { "x.net --list l --grid 'a b=1'", "takes NAME=VALUES" },
        { "x.net --list l --grid lr=1,,2", "lr: a value is missing" },
        { "x.net --list l --grid lr=1,2,1", "lr: 1 is there twice" },
        { "x.net --list l --grid lr=1:2:log1", "expected LOW:HIGH:log5 or LOW:HIGH:lin5" },
        { "x.net --list l --grid lr=1:2", "expected LOW:HIGH:log5 or LOW:HIGH:lin5" },
        { "x.net --list l --grid lr=1:2:log5x", "expected LOW:HIGH:log5" },
        { "x.net --list l --grid lr=2:1:lin3", "2:1 are no two numbers, the lesser first" },
        { "x.net --list l --grid lr=0:1:log3", "0 has no logarithm; lin3 for log3" },
        { "x.net --list l --grid lr=1:1.0000001:lin9", "1 is there twice" },
        { "x.net --list l --grid seed=1,2", "seeds are --seeds 1-10" },
        { "x.net --list l --seeds 3-1", "takes seeds as 1-10 or 1,2,5, not \"3-1\"" },
        { "x.net --list l --seeds 1-2000", "more than 1000 values" },
        { "x.net --list l --seeds -1", "takes seeds as 1-10" },
        { "x.net --list l --grid a=1,2 --set a=3", "a is there twice" },
        { "x.net --list l --grid lr=1 -- --lr=2", "--lr is there twice" },
        { "x.net --list l -- --seed 2", "--seeds 1-10 says which" },
        { "x.net --list l -- --history h.csv", "--history after -- would be the same in every" },
        { "x.net --list l --csv", "sweep takes no --csv but with --table" },
        { "x.net --list l --line 2", "--line is one of --run FILE" },
        { "--run l", "which line? --line N" },
        { "--run l --line 0", "takes the number of a line, from 1, not \"0\"" },
        { "--run l --line 1 --table l", "--run goes without --table" },
        { "x.net --run l --line 1", "sweep --run takes a list alone" },
        { "--table l -- --epochs 1", "sweep --table takes a list alone" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct run r = shell("$LATHE sweep %s", wrong[i].arguments);
        cr_expect(r.status == 2, "lathe sweep %s: exit %d", wrong[i].arguments, r.status);
        cr_expect(strstr(r.output, wrong[i].words), "lathe sweep %s: no \"%s\" in: %s",
                  wrong[i].arguments, wrong[i].words, r.output);
        run_free(&r);
    }
}

Test(sweep, files_that_are_no_lists_or_results_are_refused)
{
    write_text("net.net", "net t\n");
    fails(1, "l.txt: cannot be opened", "$LATHE sweep --table l.txt");
    write_text("l.txt", "\n# nothing\n");
    fails(1, "l.txt: error: no runs are in it", "$LATHE sweep --table l.txt");
    write_text("l.txt", "\necho hello\n");
    fails(1, "l.txt:2: error: no run of a list: expected cd FOLDER && PROGRAM train",
          "$LATHE sweep --run l.txt --line 2");
    write_text("l.txt", "cd . && x train --tag a=1 --result r.json\n");
    fails(1, "l.txt: has 1 line, and no run in line 3", "$LATHE sweep --run l.txt --line 3");
    write_text("r.json", "{\"lathe\":\"result-1\"}");
    fails(1, "l.txt:1: error: ./r.json: damaged result", "$LATHE sweep --table l.txt");
    write_text("r.json", "{\"lathe\":\"result-2\"}");
    fails(1, "\"result-1\" before this expected at offset 19", "$LATHE sweep --table l.txt");
    fails(1, "net.net: is there, and no list of a sweep", "$LATHE sweep net.net --list net.net");
    fails(1, "l.txt: error: no list of runs: it is not text",
          "printf 'cd a\\0b\\n' > l.txt; $LATHE sweep --table l.txt");
    fails(1, "l.txt: error: more than 1048576 lines",
          "yes '' | head -n 1048577 > l.txt; $LATHE sweep --table l.txt");
    fails(1, "l.txt: error: no runs are in it",
          "yes '' | head -n 1048576 > l.txt; $LATHE sweep --table l.txt");
    fails(1, "l.txt:1: error: more than 24 tags", "tags=$(seq -s, 25 | sed 's/[0-9]*/a&=1/g'); "
          "echo \"cd . && x train --tag $tags --result r.json\" > l.txt; "
          "$LATHE sweep --table l.txt");
}

Test(sweep, more_settings_than_there_is_room_for_are_refused)
{
    write_text("net.net", "net t\ninput 1x2x2\naffine 2\nsoftmax\n");
    fails(2, "too many --grid", "$LATHE sweep net.net --list l $(for k in $(seq 25); do "
          "echo --grid a$k=1,2; done)");
    fails(2, "more than 23 settings vary", "$LATHE sweep net.net --list l $(for k in $(seq 24); do "
          "echo --grid a$k=1,2; done)");
    fails(1, "sweep --list: too many --set and --grid", "$LATHE sweep net.net --list l "
          "$(for k in $(seq 64); do echo --set a$k=1; done) --grid b=1,2");
    write_text("lets.net", "net t\nlet a = 1, b = 1, c = 1\ninput 1x2x2\naffine (a+b+c)\n"
      "softmax\n");
    fails(1, "sweep --list: more than 4096 programs to build", "$LATHE sweep lets.net --list l "
          "--grid a=1:32:lin32 --grid b=1:32:lin32 --grid c=1:5:lin5");
    fails(2, "a: name and value have more than ", "$LATHE sweep net.net --list l "
          "--grid a=$(printf %0400d 1)");
    fails(2, "is to be followed by", "$LATHE sweep net.net --list");
}

/* ---- the table ---- */

Test(sweep, results_that_are_damaged_are_refused_with_the_place)
{
    static const struct { const char *text, *words; } damaged[] = {
        { "[]", "\"{\" expected at offset 0" },
        { "{\"lathe\" \"result-1\"}", "\":\" expected at offset 9" },
        { "{\"lathe\":\"result-1\",\"lathe\":\"result-1\"}", "another key expected at offset" },
        { "{\"best_val_acc\":1,\"best_val_loss\":1}", "another key expected at offset" },
        { "{\"network\":\"\xff\"}", "damaged result: it is not all UTF-8" },
        { "{\"layers\":\"0123456789abcde\"}", "16 hexadecimal digits before this" },
        { "{\"layers\":\"0123456789abcdeg\"}", "16 hexadecimal digits before this" },
        { "{\"layers\":1}", "a string expected at offset 10" },
        { "{\"options\":{}}", "\"[\" expected at offset 11" },
        { "{\"options\":[1]}", "a string expected at offset 12" },
        { "{\"options\":[\"a\" \"b\"]}", "\"]\" expected at offset" },
        { "{\"iterations\":9223372036854775808}", "a smaller number" },
        { "{\"iterations\":-1}", "a whole number from 0 expected at offset 14" },
        { "{\"diverged\":0}", "true or false expected at offset 12" },
        { "{\"lathe\":\"result-1\"", "\"}\" expected at offset 19" },
        { "{\"lathe\":\"result-1\"}", "damaged result: it is not what `train --result` writes" },
        { "{\"lathe\":\"result-1\",\"network\":\"t\",\"layers\":\"0123456789abcdef\","
          "\"options\":[],\"iterations\":3,\"best_val_acc\":1,\"loss\":1,\"diverged\":false} x",
          "damaged result: it is not what `train --result` writes" },
    };
    write_text("l.txt", "cd . && x train --tag a=1 --result r.json\n");
    for (size_t k = 0; k < sizeof damaged / sizeof *damaged; k++) {
        write_text("r.json", damaged[k].text);
        fails(1, damaged[k].words, "$LATHE sweep --table l.txt");
    }
    fails(1, "./r.json: is longer than any result of a training",
          "truncate -s 1G r.json && $LATHE sweep --table l.txt");
    fails(1, "./r.json: ", "rm r.json && mkdir r.json && $LATHE sweep --table l.txt");
}

static void put_result(const char *name, const char *best, const char *loss, const char *diverged)
{
    char text[256];
    snprintf(text, sizeof text, "{\"lathe\":\"result-1\",\"network\":\"t\",\"layers\":"
             "\"0123456789abcdef\",\"tags\":{\"x\":[1]},\"options\":[\"--lr=1\",\"--flip\"],"
             "\"iterations\":3,\"best_val_acc\":%s,\"loss\":%s,\"diverged\":%s}\n", best, loss,
             diverged);
    write_text(name, text);
}

/* Of 11 times 0.4 and 11 times 0.6 the deviation is sqrt(0.22/21), and Student's 0.975 quantile of
** 21 degrees of freedom is 2.0796138: a normal distribution's would make it 0.0428. */
Test(sweep, intervals_of_many_seeds_are_students)
{
    put_result("0.json", "0.4", "1", "false");
    put_result("1.json", "0.6", "1", "false");
    sure("for k in $(seq 22); do cp $((k % 2)).json r$k.json; "
         "echo \"cd . && x train --tag a=1,seed=$k --result r$k.json\"; done > l && "
         "$LATHE sweep --table l > table; cat table; "
         "grep -E '0\\.5000 +0\\.1024 +0\\.0454 +0\\.6000' table");
}

/* Values whose mean, deviation and interval were worked out by hand: of 0.5, 0.6 and 0.7 they are
** 0.6, 0.1 and 4.3026527*0.1/sqrt(3). */
Test(sweep, the_table_has_means_deviations_intervals_and_what_is_missing)
{
    write_text("l", "cd . && x train --tag a=1,b=no,seed=1 --result 1.json\n"
                    "cd . && x train --tag a=2,b=no,seed=1 --result 2.json\n"
                    "cd '.' && x train --tag 'a=1,b=no,seed=2' --result '3.json'\n"
                    "cd . && x train --tag a=2,b=no,seed=2 --result 4.json\n"
                    "cd . && x train --tag a=1,b=no,seed=3 --result 5.json\n"
                    "cd . && x train --tag a=3,b=no,seed=1 --result 6.json\n"
                    "cd . && x train --tag a=3,b=no,seed=1 --result 6.json\n"
                    "cd . && x train --tag a=4,b=no,seed=1 --result 7.json\n");
    put_result("1.json", "0.5", "1", "false");
    put_result("3.json", "0.7", "1", "false");
    put_result("5.json", "0.6", "1", "false");
    put_result("2.json", "0.9", "null", "true");
    put_result("7.json", "null", "null", "true");
    write_text("want",
               "t: 5 of 7 runs are done, 2 of them diverged\n"
               "all with b=no\n"
               "\n"
               "a   done  missing diverged   val_acc deviation  95 % +/-      best\n"
               "2      1        1        1    0.9000         -         -    0.9000\n"
               "1      3        0        0    0.6000    0.1000    0.2484    0.7000\n"
               "3      0        1        0         -         -         -         -\n"
               "4      1        0        1         -         -         -         -\n"
               "\n"
               "best run: line 2\n"
               "missing: line 4, 6\n");
    sure("$LATHE sweep --table l > out && diff want out");
    write_text("want",
               "b,a,done,missing,diverged,val_acc,deviation,interval,best,best_line\n"
               "no,2,1,1,1,0.9,,,0.9,2\n"
               "no,1,3,0,0,0.6,0.1,0.248414,0.7,3\n"
               "no,3,0,1,0,,,,,\n"
               "no,4,1,0,1,,,,,\n");
    sure("$LATHE sweep --table l --csv > out && diff want out");
    sure("$LATHE sweep --table l -o p.html > out && grep -q '<td>0.2484</td>' p.html && "
         "! grep -iE 'nan|inf[^o]' p.html && $LATHE sweep --table l -o p.html > out");
    sure("sed -i s/_acc/_loss/ 3.json");
    fails(1, "l:3: error: the checks of its run are losses, of those before accuracies",
          "$LATHE sweep --table l");
}

/* ---- its page ---- */

/* Of 15 values the first, the middle and the last one lie 4, 50 and 96 % across, numbers from 10 to
** 24 by themselves, powers of two by their logarithms; all checks are the same, in the middle. */
Test(sweep, a_page_places_many_numbers_by_themselves_or_by_their_logarithms)
{
    put_result("r", "0.5", "1", "false");
    sure("b=1; for a in $(seq 10 24); do echo \"cd . && x train --tag a=$a,b=$b,seed=1 --result "
         "$a.json\"; cp r $a.json; b=$((2*b)); done > l && $LATHE sweep --table l -o p.html");
    sure("sed -n 's/.* cx=\"\\([0-9.]*\\)\" cy=\"135.0\".*<title>a=\\(10\\|17\\|24\\) .*/\\2 "
      "\\1/p' p.html "
         "> places && printf '24 449.7\\n17 262.0\\n10 74.3\\n%.0s' 1 2 | cmp - places");
    sure("sed -n 's/.*<text x=.* y=\"261\" "
      "text-anchor=\"\\(start\\|end\\)\">\\(.*\\)<.text>/\\2/p' p.html "
         "> ends && printf '10\\n24\\n1\\n16384\\n' | cmp - ends && "
         "test $(grep -c '>b (log scale)<' p.html) = 1 && ! grep '>a (log' p.html");
}

/* Numbers in their order, then words in theirs. */
Test(sweep, a_page_names_few_values_in_order)
{
    put_result("r", "0.5", "1", "false");
    sure("for a in none 10 auto 2; do echo \"cd . && x train --tag a=$a,seed=1 --result $a.json\"; "
         "cp r $a.json; done > l && $LATHE sweep --table l -o p.html && "
         "sed -n 's/.*text-anchor=\"middle\">\\(.*\\)<.text>$/\\1/p' p.html > names && "
         "printf '2\\n10\\nauto\\nnone\\na\\n' | cmp - names");
    /* A tag that has no value is one, too. */
    sure("sed -i -e 's/a=none,/a,/' l && $LATHE sweep --table l -o p.html > table && "
         "sed -n 's/.*text-anchor=\"middle\">\\(.*\\)<.text>$/\\1/p' p.html > names && "
         "printf '2\\n10\\n-\\nauto\\na\\n' | cmp - names");
}

Test(sweep, a_page_of_runs_that_all_diverged_goes_from_0_to_1)
{
    put_result("r", "null", "null", "true");
    sure("for a in 1 2; do echo \"cd . && x train --tag a=$a,seed=1 --result $a.json\"; "
         "cp r $a.json; done > l && $LATHE sweep --table l -o p.html && "
         "sed -n 's/.*text-anchor=\"end\">\\(.*\\)<.text>$/\\1/p' p.html > names && cat names; "
         "printf '0\\n0.2\\n0.4\\n0.6\\n0.8\\n1\\n1.2\\n' | cmp - names && ! grep 'of the best' "
         "p.html");
}

Test(sweep, a_page_shows_300_configurations_and_counts_the_others)
{
    put_result("r", "0.5", "1", "false");
    sure("for a in $(seq 302); do echo \"cd . && x train --tag a=$a,seed=1 --result $a.json\"; "
         "cp r $a.json; done > l && $LATHE sweep --table l -o p.html > out && "
         "test $(grep -c '<tr.*><td>' p.html) = 300 && "
         "grep -F '<p class=\"soft\">and 2 more: <code>lathe sweep --table FILE --csv</code> has "
         "all.' "
         "p.html");
}

/* ---- a list ---- */

#define SWEEP "$LATHE sweep 'a t.net' --set n=3,4 --grid lr=1e-3:1e3:log3 --seeds "
#define OPTIONS " -- " DATA "--iterations 6 --threads 1 "

#define REWRITE(grid) \
    "cd \"it's\"; $LATHE sweep 'a t.net' --grid " grid " --list 'my list'" OPTIONS "; s=$?; " \
    "$LATHE sweep --table 'my list' | grep -q '0 of 12 runs' || exit 9; exit $s"

static void folder(void)
{
    sure("mkdir \"it's\"");
    write_text("it's/a t.net", "net t\nlet n = 4, unused = 1\ninput 1x8x8\nconv n 3x3\nrelu\n"
               "affine (2+unused)\nsoftmax\ntrain\n  batch 10\n");
}

/* A loop, GNU parallel and --run make the same table; what is done is not done again; more seeds
** are more lines; other settings of the same names find no results; what no program takes is said
** before a list is written. Two programs are built, for all of this. */
Test(sweep, lines_are_run_by_anyone_once)
{
    folder();
    sure("cd \"it's\" && " SWEEP "1-2 --list 'my list'" OPTIONS "&& test $(wc -l <'my list') = 12 "
         "&& test $(ls 'my list.d' | wc -l) = 2 && cp 'my list' first");
    sure("cd \"it's\" && $LATHE sweep --table 'my list' | grep '0 of 12 runs are done' && "
         "$LATHE sweep --table 'my list' | grep 'missing: line 1-12'");
    sure("cd / && sh \"$DIR/it's/my list\" && cd \"$DIR/it's\" && cat 'my list.d'/*.json > a && "
         "$LATHE sweep --table 'my list' > table && grep '12 of 12 runs are done' table && "
         "! grep missing: table && grep -q '\"tags\":{\"n\":3,\"lr\":1e-3,\"seed\":1}' a");
    sure("cd / && sh \"$DIR/it's/my list\" > $DIR/said && "
         "test $(grep -c 'is there: the run is done' $DIR/said) = 12");
    sure("cd \"it's\" && rm 'my list.d'/*.json && for k in $(seq 12 -1 1); do "
         "$LATHE sweep --run 'my list' --line $k || exit 1; done && cat 'my list.d'/*.json | "
         "cmp - a && $LATHE sweep --table 'my list' | cmp - table");
    if (have("parallel"))
        sure("cd \"it's\" && rm 'my list.d'/*.json && parallel -j 2 < 'my list' && "
             "cat 'my list.d'/*.json | cmp - a && $LATHE sweep --table 'my list' | cmp - table");
    sure("cd \"it's\" && " SWEEP "1-3 --list 'my list'" OPTIONS "&& head -n 12 'my list' | "
         "cmp - first && $LATHE sweep --table 'my list' | grep '12 of 18 runs are done' && "
         "test $(ls 'my list.d'/t-* | wc -l) = 2");
    sure("cd \"it's\" && " SWEEP "1-2 --list 'my list'" OPTIONS "--reg 0.1 && "
         "$LATHE sweep --table 'my list' | grep '0 of 12 runs are done'");
    /* $LATHE_DATA is written out, for who runs a line may not have it. */
    sure("cd \"it's\" && LATHE_DATA='no where' $LATHE sweep 'a t.net' --set n=3,4 --set unused=1 "
         "--grid optimizer=adam,sgd --list other && test $(wc -l < other) = 4 && "
         "test $(grep -c -e \"--data 'no where'\" other) = 4 && "
         "test $(grep -c -e '--optimizer sgd' other) = 2 && ! grep unused other");
    fails(1, "train: unknown option '--rate'", REWRITE("rate=1,2"));
    fails(1, "--lr: expected", REWRITE("lr=1,fast"));
    fails(1, "\"x\" is no number, which a `let` of a t.net is", REWRITE("n=3,x"));
    if (!have("parallel"))
        skip_test("no parallel: the list went through a loop alone");
}

Test(sweep, of_a_program_writes_its_search_level_by_level)
{
    sure(TINY "for n in 4 6 8; do ./tiny sweep " DATA "--iterations 4 --runs 8 --threads 1 "
         "--list l > said && grep \"$n of 8 runs; again once\" said && test $(wc -l <l) = $n && "
         "{ test -z \"$last\" || head -n $last l | cmp - kept; } && cp l kept && last=$n && "
         "sh l > out || exit 1; done; ./tiny sweep " DATA "--iterations 4 --runs 8 --threads 1 "
         "--list l | grep 'best val_acc: ' && $LATHE sweep --table l | grep '8 of 8 runs'");
    fails(2, "--list goes without --record", TINY "./tiny sweep --list l --record r.csv");
}

/* ---- train --result ---- */

#define RUN "./tiny train " DATA "--threads 1 --quiet --epochs 40 --tag lr=1,name=a "

/* Killed after its first checkpoint, wherever that finds it. */
Test(sweep, a_run_that_was_killed_goes_on_to_the_same_bytes)
{
    sure(TINY RUN "--result a.json && grep -q '\"tags\":{\"lr\":1,\"name\":\"a\"}' a.json && "
         "test ! -e a.checkpoint.safetensors");
    sure("for k in 1 2 3; do " RUN "--result b.json & p=$!; "
         "for i in $(seq 200); do test -e b.checkpoint.safetensors -o -e b.json && break; "
         "sleep 0.02; done; kill -9 $p; wait $p; done; " RUN "--result b.json > said; "
         "cmp a.json b.json && cmp a.safetensors b.safetensors && "
         "test ! -e b.checkpoint.safetensors");
    sure(RUN "--result a.json | grep -x 'a.json: is there: the run is done'");
}

/* The run has no shell above it, so that it gets the signal, and has saved its state when --run
** ends; but where somebody has made more of the line. */
Test(sweep, a_signal_to_run_is_one_to_the_program)
{
    write_text("l", "cd . && ./tiny train " DATA "--threads 1 --quiet --epochs 1000000 --tag a=1 "
               "--result 'it is && r.json'\ncd . && true; exit 3 --tag a=1 --result r.json\n"
               "cd . && A=5 sh -c 'exit $A' --tag a=1 --result s.json\n");
    sure(TINY "$LATHE sweep --run l --line 1 & p=$!; for i in $(seq 500); do "
         "test -e 'it is && r.checkpoint.safetensors' && break; sleep 0.02; done; "
         "kill -TERM $p; wait $p; test $? = 143 && test -e 'it is && r.checkpoint.safetensors'");
    fails(3, "", "$LATHE sweep --run l --line 2");
    fails(5, "", "$LATHE sweep --run l --line 3");
}

Test(sweep, processes_of_one_run_leave_its_result)
{
    sure(TINY "for k in 1 2 3 4; do " RUN "--result a.json > said$k 2>&1 & done; wait; "
         RUN "--result a.json && " RUN "--result b.json && cmp a.json b.json && "
         "cmp a.safetensors b.safetensors");
}

Test(sweep, another_runs_result_is_not_taken_for_its_own)
{
    sure(TINY RUN "--result a.json");
    fails(1, "a.json: is there, and the result of a run in which --reg is ", RUN
          "--reg 0.5 --result a.json");
    write_text("b.json", "{}");
    fails(1, "b.json: damaged result", RUN "--result b.json");
    write_text("c.json", "mine");
    fails(1, "c.json: damaged result", RUN "--result c.json");
    sure("grep -qx mine c.json");
}

Test(sweep, a_loss_that_is_not_finite_is_a_result)
{
    sure(TINY RUN "--lr 1e30 --optimizer sgd --result a.json 2> said && "
         "grep -q 'training stopped' said && grep -q '\"loss\":null,\"diverged\":true}' a.json && "
         RUN "--lr 1e30 --optimizer sgd --result a.json");
}

Test(sweep, a_dry_run_looks_at_options_alone)
{
    sure(TINY "./tiny train --data nowhere --dry-run --result a.json && test ! -e a.json");
    fails(2, "--epochs", TINY "./tiny train --epochs x --dry-run");
}
