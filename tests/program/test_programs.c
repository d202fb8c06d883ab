/*
** test_programs.c - generated programs as a user meets them: what their commands do, and what they
** say of bad input.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/skip.h"

#define MODELS "$SOURCE/models"

/* Built once for all of them, by the Makefile. */
static void make_tiny(void)
{
    sure("cp $(dirname $LATHE)/tests/tiny .");
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
    /* Classes that count differently are another search, and in the command that it ends with. */
    fails(1, "a search of other settings", "./tiny sweep --data synthetic --train-samples 200 "
          "--val-samples 100 --epochs 1 --runs 4 --record r.csv --class-weights balanced");
    sure("./tiny sweep --data synthetic --train-samples 100 --epochs 1 --runs 1 --class-weights "
         "balanced | tail -1 | grep -q 'tiny train --lr .* --class-weights balanced$'");
    fails(2, "sweep: --class-weights: 2 weights of", "./tiny sweep --class-weights 1,2");
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
    fails(1, "/program train --quiet --no-save --wrong: failed", "$LATHE sweep " MODELS "/tiny.net "
          "--set filters=2 -- --wrong");
    fails(1, "trained without validation, so there is nothing to compare", "$LATHE sweep " MODELS
          "/tiny.net --set filters=2 -- --data synthetic --train-samples 60 --val-samples 0 "
          "--epochs 1");
    fails(1, "tiny.net:5:6: error: the number of filters is to be a whole number from 1 to 65536, "
      "not "
          "0", "$LATHE sweep " MODELS "/tiny.net --set filters=0");
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
    sure("./tiny eval --params tiny.safetensors --data synthetic --val-samples 100 "
         "--tta-share 0.25 > some && grep -q '100 images, 25 % in 6 views' some");
    sure("./tiny eval --params tiny.safetensors --data synthetic --val-samples 100 "
         "--tta-share 1 | cmp - one");
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
    struct run terminal = shell("script -qec true /dev/null < /dev/null");
    if (terminal.status)
        skip_test("no pseudo-terminal by script: %s", terminal.output);
    run_free(&terminal);
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
    fails(1, "3x32x32, the network takes 3x16x16", "mkdir c; "
          "head -c 3073 /dev/zero > c/data_batch_1.bin; "
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
    fails(1, "another network: line 5 of its layers is `affine1: affine 7`, this network's is "
          "`affine1: affine 8`; `train --from` begins with those that fit",
          "./other eval --params tiny.safetensors");
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
    sure("./tiny eval --params d.safetensors --data synthetic");
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
    cr_expect_str_eq(r.output, "old\nfile tiny ", "%s", r.output);
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
    /* After the first check: its file is kept, whole, and what it holds is finite. */
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

/* Backward of the last layer leaves its gradient among what it wrote; a region's output is the
** same for any threads; unknown ones name the nearest. */
Test(program, dumps_what_one_region_wrote, .fini = shell_clean)
{
    make_tiny();
    sure("printf 'quit\n' | ./tiny bench --data synthetic --warm 1 --save . --serve > log");
    sure("dump='./tiny dump --params params.safetensors --x x.npy --y y.npy' && "
         "$dump -o a --region 'conv1 forward' --threads 1 > one && "
         "$dump -o b --region conv1_forward --threads 3 > two && cmp a b && cmp one two && "
         "grep -q '^conv1 forward wrote' one && "
         "grep -q '^at [0-9]*: [0-9]* reals.* 0 not finite' one && "
         "$dump -o c --region softmax1_loss > three && grep -q '^at ' three && "
         "$dump -o d --region 'affine2 backward + update' > four && grep -q '^at ' four");
    fails(1, "did you mean \"conv1 forward\"?", "./tiny dump --params params.safetensors --x x.npy "
          "--y y.npy -o e --region 'conv1 forwrd'; s=$?; test -e e && exit 9; exit $s");
    fails(1, "affine1 forward, affine2 forward", "./tiny dump --params params.safetensors "
          "--x x.npy --y y.npy -o e --region other");
    fails(2, "without --steps", "./tiny dump --x x.npy --y y.npy -o e --region a --steps 2");
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

/* The same step on more threads, by the items that its regions are cut into. */
Test(program, says_what_more_threads_could_give_at_most, .fini = shell_clean)
{
    make_tiny();
    sure("./tiny bench --data synthetic --seconds 0 --warm 1 --threads 2 --scale | "
         "sed -n '/^At most/,$p' > out && grep -q 'between regions stay' out && "
         "awk 'NF && $1 ~ /^[0-9]+$/ { n++; if (n == 1 && $3 != \"1.00\") exit 1; "
         "if ($3 < before || $3 > $1 + 0.01) exit 1; before = $3; last = $1 } "
         "END { if (n != 9 || last != 64) exit 1 }' out || { cat out; exit 1; }");
}

Test(program, is_asked_for_a_network_and_an_instruction_set_that_it_has, .fini = shell_clean)
{
    write_text("one.net", "net one\ninput 1x4x4\naffine 2\nsoftmax\n");
    sure("sed 's/one/two/' one.net > two.net && $LATHE build one.net two.net --isa scalar -o both");
    fails(2, "--network: no network 'three' in this program; it has one, two",
          "./both info --network three");
    fails(2, "--isa: avx2 is not built for 'two'; it has scalar",
          "./both info --network two --isa avx2");
    sure("./both info | grep -q '^network *one' && "
         "./both info --network two | grep -q '^network *two' && "
         "./both help bench > a && ./both bench --help | cmp a -");
    fails(2, "unknown command 'benchmark'; did you mean bench?", "./both help benchmark");
    if (shell("test -c /dev/full").status == 0)
        fails(1, "both: standard output: cannot be written: No space left on device",
              "./both info > /dev/full");
    fails(1, "two.net:1:1: error: the net of one.net is called \"one\" too",
          "sed -i 's/two/one/' two.net; $LATHE emit one.net two.net -o f.c");
}

/* What has no classes prints its values; of bce, what the scores say each label's chance is. */
Test(program, predicts_values_where_there_are_no_classes, .fini = shell_clean)
{
    write_text("a.pgm", "P2 4 4 255 9 80 7 255 0 1 90 3 200 17 5 66 31 8 120 2\n");
    for (int bce = 0; bce < 2; bce++) {
        write_text("few.net", bce ? "net few\ninput 1x4x4\naffine 3\nbce\n"
                                  : "net few\ninput 1x4x4\naffine 3\nmse\n");
        sure("$LATHE build few.net --isa scalar -o few && "
             "./few train --data synthetic --train-samples 40 --val-samples 0 --iterations 3 "
             "--quiet && ./few predict a.pgm --scores s.npy > text && "
             "./few predict a.pgm --json > json && od -An -tf4 -j128 s.npy > scores");
        struct run r = shell("cat scores; sed 's/^a.pgm: *//' text; "
                             "grep values json | sed 's/.*\\[\\(.*\\)\\].*/\\1/; s/,/ /g'");
        double score[3], said[3], exact[3];
        cr_assert_eq(sscanf(r.output, "%lf %lf %lf %lf %lf %lf %lf %lf %lf", score, score + 1,
                            score + 2, said, said + 1, said + 2, exact, exact + 1, exact + 2), 9,
                     "%s", r.output);
        for (int j = 0; j < 3; j++) {
            const double value = bce ? 1/(1 + exp(-score[j])) : score[j];
            cr_expect_float_eq(exact[j], value, 1e-6*(1 + fabs(value)), "%s", r.output);
            cr_expect_float_eq(said[j], value, 1e-3*(1 + fabs(value)), "%s", r.output);
        }
        run_free(&r);
    }
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
