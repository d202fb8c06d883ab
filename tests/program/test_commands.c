/*
** test_commands.c - what the commands of generated programs do with batches, images and options
** that few people give them: of one program, of the small networks of tests/commands/.
*/
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

/* Built once for all of them, by the Makefile. */
static void make(void)
{
    sure("cp $(dirname $LATHE)/tests/commands .");
}

/* Four images of 4x4 and one more, their labels, no image at all, and one of nan. */
static void write_arrays(void)
{
    static const uint8_t labels[] = { 0, 1, 2, 0, 1 };
    uint8_t pixels[80];
    float values[32];
    for (int k = 0; k < 80; k++)
        pixels[k] = (uint8_t)(37*k);
    for (int k = 0; k < 32; k++)
        values[k] = k == 20 ? NAN : 0.5f;
    write_array("x4.npy", "|u1", "(4, 1, 4, 4)", pixels, 64);
    write_array("x5.npy", "|u1", "(5, 1, 4, 4)", pixels, 80);
    write_array("x0.npy", "|u1", "(0, 1, 4, 4)", pixels, 0);
    write_array("y4.npy", "|u1", "(4,)", labels, 4);
    write_array("y2.npy", "|u1", "(2,)", labels, 2);
    write_array("y0.npy", "|u1", "(0,)", labels, 0);
    write_array("nan.npy", "<f4", "(2, 1, 4, 4)", values, sizeof values);
}

/* ---- dump ---- */

Test(dump, says_what_is_wrong_with_a_batch, .fini = shell_clean)
{
    make();
    write_arrays();
    fails(2, "dump: --y Y.npy is required", "./commands dump --x x4.npy");
    fails(2, "dump: -o OUT.safetensors is required", "./commands dump --x x4.npy --y y4.npy");
    fails(2, "dump: the optimizer sgd has no momentum", "./commands dump --x x4.npy "
          "--y y4.npy -o o --momentum 0.5");
    fails(1, "x0.npy: holds no images", "./commands dump --x x0.npy --y y4.npy -o o");
    fails(1, "x5.npy: 5 images, and this program takes 4 at once; build it with `lathe build "
          "--batch 5`", "./commands dump --x x5.npy --y y4.npy -o o");
    fails(1, "nowhere: cannot be opened", "./commands dump --x x4.npy --y nowhere -o o");
    fails(1, "nothing: cannot be opened", "./commands dump --x x4.npy --y y4.npy --params nothing "
          "-o o; s=$?; test -e o && exit 9; exit $s");
}

Test(dump, counts_what_is_not_finite_in_what_a_region_wrote, .fini = shell_clean)
{
    make();
    write_arrays();
    sure("dump='./commands dump --y y2.npy -o o --region affine1_forward' && "
         "$dump --x nan.npy > log && grep -q '^at [0-9]*: [0-9]* reals, .*, 3 not finite$' log && "
         "cp x4.npy x2.npy && sed -i '1s/(4, 1/(2, 1/' x2.npy && truncate -s 160 x2.npy && "
         "$dump --x x2.npy > log && grep -q '^at .*, 0 not finite$' log");
}

/* The reals after the header, `count` of them. */
static void read_reals(const char *name, float *values, size_t count)
{
    uint64_t header = 0;
    FILE *f = fopen(in_dir(name), "rb");
    cr_assert(f && fread(&header, sizeof header, 1, f) == 1);
    cr_assert(!fseek(f, (long)(8 + header), SEEK_SET));
    cr_assert(fread(values, sizeof *values, count, f) == count, "%s", name);
    fclose(f);
}

/* Scores of 4 images, a loss or two, then the weight and bias of `plain`. */
Test(dump, of_steps_is_what_the_gradients_say, .fini = shell_clean)
{
    enum { SCORES = 4*3, PARAMS = 3*16 + 3 };
    float before[SCORES + 1 + PARAMS], gradient[SCORES + 1 + PARAMS], after[SCORES + 2 + PARAMS];
    make();
    write_arrays();
    sure("dump='./commands dump --x x4.npy --y y4.npy' && $dump -o g && "
         "$dump --steps 1 --lr 0 -o b && $dump --steps 1 --lr 0.001 -o one && "
         "$dump --steps 2 --lr 0.001 -o two");
    read_reals("b", before, SCORES + 1 + PARAMS);
    read_reals("g", gradient, SCORES + 1 + PARAMS);
    read_reals("one", after, SCORES + 1 + PARAMS);
    for (int k = SCORES + 1; k < SCORES + 1 + PARAMS; k++)
        cr_expect_float_eq(after[k], before[k] - 0.001f*gradient[k], 1e-6f*(1 + fabsf(after[k])),
                           "%d: %g, not %g - %g", k, after[k], before[k], 0.001f*gradient[k]);
    cr_expect_eq(before[SCORES], gradient[SCORES]);
    cr_expect_eq(after[SCORES], gradient[SCORES]);
    read_reals("two", after, SCORES + 2 + PARAMS);
    cr_expect_eq(after[SCORES], gradient[SCORES]);
    cr_expect_neq(after[SCORES + 1], after[SCORES]);
}

/* An autoencoder's answers are its images; targets are written as they are read. */
Test(dump, has_the_loss_that_bench_has, .fini = shell_clean)
{
    static const char *const names[] = { "own", "map" };
    float values[4*32 + 1];
    make();
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const size_t scores = 4*(k ? 32 : 16);
        struct run r = shell("n=%s && mkdir $n && echo loss | ./commands bench --network $n "
                             "--data synthetic --warm 3 --save $n --serve | "
                             "sed -n 's/^loss //p' && cd $n && ../commands dump --network $n --x "
                             "x.npy $(test $n = own || echo --y y.npy) --params params.safetensors "
                             "-o ../$n.st", names[k]);
        char file[32];
        snprintf(file, sizeof file, "%s.st", names[k]);
        cr_assert(r.status == 0, "%s", r.output);
        read_reals(file, values, scores + 1);
        const double loss = atof(r.output);
        cr_expect(loss > 0 && fabs(values[scores] - loss) <= 1e-6*loss, "%s: %g, not %s", names[k],
                  values[scores], r.output);
        run_free(&r);
    }
}

/* ---- bench ---- */

Test(bench, does_the_steps_of_a_training_run, .fini = shell_clean)
{
    make();
    struct run r = shell("n='--network clipped --data synthetic'; ./commands train $n --sample "
                         "replacement --iterations 12 --no-save --quiet --val-samples 0 "
                         "--history h > log && sed -n '10s/,/ /gp' h && echo loss | "
                         "./commands bench $n --warm 8 --serve | sed -n 's/^loss //p'");
    double loss, replayed;
    cr_assert(sscanf(r.output, "9 0 %lf 0.5 %lf", &loss, &replayed) == 2, "%s", r.output);
    cr_expect_eq(loss, replayed, "%s", r.output);
    run_free(&r);
}

/* Regions by name, each with its milliseconds; of a step all, of inference its own. */
Test(bench, says_the_times_of_regions, .fini = shell_clean)
{
    make();
    sure("printf 'regions 2\\ninference 2\\nroofs\\nregions 0\\nquit\\n' | ./commands bench "
         "--network map --data synthetic --warm 1 --serve | sed 's/=[0-9.]*/=T/g' > said && "
         "sed 1d said > answers && { echo 'regions conv1 forward=T;mse1 loss=T;conv1 weight "
         "gradient=T;conv1 update=T'; echo 'regions conv1 forward=T'; echo done; "
         "echo 'failed: unknown request regions 0'; } | diff - answers");
}

/* The step has the work of the regions that it still runs, and no other. */
Test(bench, leaves_out_what_is_frozen, .fini = shell_clean)
{
    make();
    sure("bench='./commands bench --network later --data synthetic --seconds 0' && "
         "$bench --warm 0 --steps 1 --csv all && $bench --warm 40 --csv few --scale > log && "
         "sed -n '/^At most/,$p' log | grep -q '^ *1  *[0-9.]*  *1.00' || { cat log; exit 1; }");
    struct run r = shell("for f in all few; do awk -F, '$2 ~ /ward$/ && $9 { rows++; "
                         "sum += $4*$10; bytes += $12 } $1 ~ /^whole/ { step = $4*$10; mb = $12 } "
                         "END { print rows, sum/step, bytes/mb }' $f; done");
    double all[3], few[3];
    cr_assert(sscanf(r.output, "%lf %lf %lf %lf %lf %lf", all, all + 1, all + 2, few, few + 1,
                     few + 2) == 6, "%s", r.output);
    cr_expect(few[0] < all[0], "%s", r.output);
    for (int k = 1; k < 3; k++)
        cr_expect(fabs(all[k] - 1) < 0.02 && fabs(few[k] - 1) < 0.02, "%s", r.output);
    run_free(&r);
}

Test(bench, begins_with_a_files_parameters_and_keeps_what_is_not_its_own, .fini = shell_clean)
{
    make();
    sure("./commands train --data synthetic --iterations 5 --train-samples 40 --quiet "
         "--params p && mkdir a b && ./commands bench --data synthetic --warm 0 --seconds 0 "
         "--steps 1 --params p --save a > log && "
         "./commands eval --params a/params.safetensors --data synthetic > one && "
         "./commands eval --params p --data synthetic | cmp - one");
    fails(1, "commands: data directory nowhere: No such file", "./commands bench --data nowhere");
    fails(1, "nowhere: cannot be opened", "./commands bench --data synthetic --params nowhere");
    fails(1, "nowhere/params.safetensors: cannot be written: No such file",
          "./commands bench --data synthetic --warm 0 --save nowhere");
    fails(1, "777: the name is too long",
          "./commands bench --data synthetic --warm 0 --save $(printf '%01100d' 777)");
    fails(1, "b/x.npy: is there, and no parameters beside it: it is not replaced",
          "cp a/y.npy b/x.npy; ./commands bench --data synthetic --warm 0 --save b");
    sure("cmp a/y.npy b/x.npy && test \"$(ls b)\" = x.npy");
}

Test(bench, has_the_peak_of_each_instruction_set, .fini = shell_clean)
{
    sure("$LATHE emit $SOURCE/tests/commands/plain.net --isa x86 --split -o both.c");
    struct run r = shell("${CC:-cc} -O1 -I$SOURCE/runtime both.c $SOURCE/runtime/liblathe.a -o "
                         "both -lm -pthread && ./both bench --data synthetic --warm 1 --seconds 0");
    if (!strstr(r.output, ", avx"))
        skip_test("an instruction set alone");
    cr_expect_eq(r.status, 0);
    const char *peak = strstr(r.output, "FMA peak    avx"), *other = peak ? strstr(peak + 1,
                       "FMA peak    scalar ") : NULL;
    cr_expect(peak && other, "%s", r.output);
    run_free(&r);
}

/* ---- eval and predict ---- */

Test(eval, says_which_images_it_cannot_judge, .fini = shell_clean)
{
    make();
    write_arrays();
    sure("t='train --data synthetic --iterations 5 --train-samples 40 --quiet' && "
         "./commands $t && ./commands $t --network bits");
    fails(1, "eval: the data has no val images (the built-in synthetic set (1x4x4, 3 classes))",
          "./commands eval --params plain.safetensors --data synthetic --val-samples 0");
    sure("./commands eval --network=bits --params=bits.safetensors --data=synthetic | "
         "grep -q '^val: 1000 images, loss [0-9.]*$'");
    fails(1, "test: 2 images, accuracy 0.500000, loss nan\ncommands: eval: some scores are not "
          "finite numbers", "mkdir d && cp x4.npy d/x_train.npy && cp y4.npy d/y_train.npy && "
          "cp nan.npy d/x_test.npy && cp y2.npy d/y_test.npy && "
          "./commands eval --params plain.safetensors --data d --split test");
    /* Images of classes 0 and 1: of the three bits of that the first alone differs. */
    fails(1, "eval: --auc needs images of both classes; all 2 of score 1 are 0", "./commands eval "
          "--network bits --params bits.safetensors --data synthetic --val-samples 2 --auc");
    sure("./commands eval --network bits --params bits.safetensors --data synthetic "
         "--val-samples 10 --auc | grep -q ', ROC AUC 0.[0-9]* (mean over the scores)$'");
}

/* What has neither an image nor an answer is no class of the means. */
Test(eval, leaves_out_classes_that_are_not_there, .fini = shell_clean)
{
    make();
    sure("./commands train --data synthetic --iterations 20 --train-samples 40 --quiet && "
         "./commands eval --params plain.safetensors --data synthetic --val-samples 2 --per-class "
         "| sed -n '3,$s/   */  /gp' > log");
    struct run r = shell("cat log");
    cr_expect_str_eq(r.output,
        "  class 0  0 images  accuracy 0.000000  precision 0.000000  recall 0.000000  F1 0.000000\n"
        "  class 1  1 images  accuracy 0.000000  precision 0.000000  recall 0.000000  F1 0.000000\n"
        "  class 2  1 images  accuracy 1.000000  precision 0.500000  recall 1.000000  F1 0.666667\n"
        "  mean of 2 classes  precision 0.250000  recall 0.500000  F1 0.333333\n"
        "  (of 1 class there is no image or no answer: what cannot be had counts 0)\n");
    run_free(&r);
}

Test(predict, says_which_images_it_cannot_judge, .fini = shell_clean)
{
    make();
    write_arrays();
    write_text("a.pgm", "P5 4 4 255 0123456789abcdef");
    sure("t='train --data synthetic --iterations 5 --train-samples 40 --quiet' && "
         "./commands $t && ./commands $t --network five");
    fails(1, "commands: nan.npy: image 1: its scores are not finite numbers", "./commands predict "
          "nan.npy");
    sure("./commands predict nan.npy --json --scores s.npy > json 2> e; test $? = 1 && "
         "grep -q '\"image\": \"nan.npy\", \"index\": 0, \"top\"' json && grep -q '{\"image\": "
         "\"nan.npy\", \"index\": 1, \"error\": \"nan.npy: image 1: its scores are not finite "
         "numbers\"}' json && grep -q '\"failed\": 1}' json && "
         "test \"$(od -An -tf4 -j128 s.npy | grep -o nan | wc -l)\" = 3");
    fails(1, "a.pgm: offset 0: an image of 1 channel, and the network takes 5, as none of a file "
          "has; arrays (.npy) may have them", "./commands predict --network five a.pgm");
    if (shell("test -c /dev/full").status == 0)
        fails(1, "commands: /dev/full: cannot be written: No space left on device",
              "./commands predict x4.npy --scores /dev/full > log");
}

/* ---- parameters of others ---- */

Test(parameters, of_other_names_are_taken_and_that_is_said, .fini = shell_clean)
{
    make();
    sure("./commands train --data synthetic --iterations 5 --train-samples 40 --quiet "
         "--checkpoint c && ./commands eval --params plain.safetensors --data synthetic > right && "
         "sed 's/\"affine1\\./\"linears./g; s/\"format\":\"lathe/\"format\":\"other/' "
         "plain.safetensors > other && "
         "./commands eval --params other --data synthetic > out 2> said && cmp out right");
    struct run r = shell("cat said");
    cr_expect_str_eq(r.output, "other: its tensors are called otherwise\n"
                     "  by order and shape: affine1 is linears (3, 16)\n");
    run_free(&r);
    /* What is no preprocessing is none of a run that goes on, either. */
    sure("sed 's/\"preprocessing\":\"none\"/\"preprocessing\":\"nine\"/' c > nine");
    fails(1, "commands: nine: preprocessing \"nine\": expected none, mean_image, scale or "
          "channel_norm", "./commands train --resume nine");
    fails(1, "preprocessing \"nine\": expected none", "./commands eval --params nine "
          "--data synthetic");
}

/* ---- train and sweep ---- */

Test(train, says_what_it_cannot_begin_or_end, .fini = shell_clean)
{
    make();
    write_text("a.pgm", "P5 4 4 255 0123456789abcdef");
    fails(1, "commands: conv1.weight: init=whiten of 5x5 patches from images of 4x4",
          "./commands train --network white --data synthetic --no-save");
    fails(1, "folders of images in f: has labels, and the network's loss takes targets: .npy "
          "arrays y_train.npy, y_val.npy of (n, 3, 1, 1)", "for k in a b; do "
          "mkdir -p f/train/$k && cp a.pgm f/train/$k; done; ./commands train "
          "--network bits --data f --no-save");
    sure("run='./commands train --data synthetic --iterations 5 --train-samples 40 --quiet' && "
         "$run --result r.json && echo \"$run\" > run");
    fails(1, "run/r.json: cannot be opened: Not a directory", "$(cat run) --result run/r.json");
    fails(1, "r.json: is there, and the result of another network (plain); remove it, or name "
          "another file with --result", "$(cat run) --network own --result r.json");
    if (shell("test -c /dev/full").status == 0)
        fails(1, "commands: /dev/full: cannot be written: No space left on device",
              "$(cat run) --result /dev/full");
}

/* A page without a card of filters, where no layer has any. */
Test(train, of_a_network_without_filters_has_a_page_too, .fini = shell_clean)
{
    make();
    sure("run='--data synthetic --train-samples 40 --iterations 5 --no-save --quiet' && "
         "./commands train --network bare $run --report bare.html && "
         "./commands train $run --report plain.html && grep -q 'id=\"filters\"' plain.html && "
         "! grep 'id=\"filters\"' bare.html && grep -q 'id=\"numbers\"' bare.html && "
         "tail -1 bare.html | grep -q '</html>'");
}

Test(train, checks_at_the_end_alone_where_asked, .fini = shell_clean)
{
    make();
    sure("./commands train --data synthetic --train-samples 40 --epochs 3 --check-end --no-save > "
         "log && test $(grep -c '^(Epoch' log) = 1 && grep -q '^(Epoch 3 / 3)' log && "
         "./commands train --data synthetic --train-samples 40 --epochs 3 --no-save | grep Epoch | "
         "tail -1 > last && grep '^(Epoch' log | cmp - last");
}

Test(train, goes_on_with_the_same_targets_alone, .fini = shell_clean)
{
    static float values[4*32];
    uint8_t pixels[64];
    make();
    memset(pixels, 9, sizeof pixels);
    sure("mkdir d");
    write_array("d/x_train.npy", "|u1", "(4, 1, 4, 4)", pixels, sizeof pixels);
    write_array("d/y_train.npy", "<f4", "(4, 2, 4, 4)", values, sizeof values);
    sure("./commands train --network map --data d --iterations 3 --checkpoint c --quiet && "
         "./commands train --network map --data d --resume c --iterations 4 --quiet");
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        values[k] = 1;                  /* whichever of them validate */
    write_array("d/y_train.npy", "<f4", "(4, 2, 4, 4)", values, sizeof values);
    fails(1, "commands: c: its run had other images or labels, though as many as this one (arrays "
          "in d); see --data", "./commands train --network map --data d --resume c --iterations 5");
}

/* `name` with other bytes of data, and a checksum that fits them. */
static void forge(const char *name, const char *from, const char *to)
{
    struct run r = shell("cat %s | od -An -v -tx1 | tr -d ' \\n'", name);
    const size_t size = strlen(r.output)/2;
    unsigned char *bytes = calloc(size + 1, 1);
    for (size_t k = 0; k < size; k++)
        sscanf(r.output + 2*k, "%2hhx", &bytes[k]);
    run_free(&r);
    uint64_t header, hash = 0xcbf29ce484222325u;
    memcpy(&header, bytes, sizeof header);
    unsigned char *data = bytes + 8 + header, *at = memmem(data, size - 8 - header, from,
                                                           strlen(from));
    char *sum = memmem(bytes, header, "\"checksum\":\"", 12), digits[24];
    cr_assert(at && sum && strlen(from) == strlen(to));
    memcpy(at, to, strlen(to));
    for (; data < bytes + size; data++)
        hash = (hash ^ *data)*0x100000001b3u;
    snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    memcpy(sum + 12, digits, 16);
    write_bytes(name, bytes, size);
    free(bytes);
}

/* As one of a newer lathe may be, which has an option more. */
Test(train, does_not_go_on_with_options_that_it_does_not_know, .fini = shell_clean)
{
    make();
    sure("./commands train --data synthetic --train-samples 40 --iterations 3 --checkpoint c "
         "--quiet");
    forge("c", "--lr=0.5", "--lr=0.4");
    fails(2, "--lr is 0.4 in the run of c, and 0.5 here", "./commands train --resume c --lr 0.5");
    forge("c", "--lr=0.4", "--zz=0.4");
    fails(1, "unknown option '--zz=0.4'", "./commands train --resume c");
    fails(1, "commands: c: its options are not this program's", "./commands train --resume c");
}

/* A run that cannot end, as nobody reads its many lines, is stopped: the command that it prints has
** every option that changes where it writes and how it runs, and ends as one that never stopped. */
Test(train, is_gone_on_from_with_all_that_the_checkpoint_does_not_say, .fini = shell_clean)
{
    make();
    sure("run='./commands train --network own --data synthetic --train-samples 4000 --iterations "
         "8000 --no-cache --no-save --threads 1 --print-every 1' && "
         "$run --history whole > log && mkfifo lines && "
         "{ $run --history 'h i' --report r.html --plot p.svg --checkpoint c --pin > lines 2> said "
         "& } && run=$! && exec 3< lines && read first <&3 && "
         "while read line <&3; do case $line in '(Iteration'*) break;; esac; done && "
         "kill -TERM $run && cat <&3 > rest; wait $run; test $? = 143 && tail -1 said > go_on");
    struct run r = shell("cat go_on");
    cr_expect_str_eq(r.output, "  ./commands train --resume c --network own --no-cache --history "
                     "'h i' --report r.html --plot p.svg --no-save --threads 1 --pin "
                     "--print-every 1\n");
    run_free(&r);
    sure("rm r.html p.svg && sh go_on > log && head -2 log | grep -q 'own: .* 1 thread bound to "
         "processor [0-9]*$' && cmp whole 'h i' && test -s r.html && test -s p.svg && "
         "! test -e own.safetensors");
}

Test(sweep, says_what_it_cannot_search, .fini = shell_clean)
{
    make();
    write_arrays();
    fails(1, "commands: conv1.weight: init=whiten of 5x5 patches", "./commands sweep "
          "--network white --data synthetic");
    fails(1, "commands: data directory nowhere: No such file", "./commands sweep --data nowhere");
    fails(1, "commands: sweep: the data has no images to validate with", "mkdir d && "
          "cp x4.npy d/x_train.npy && cp y4.npy d/y_train.npy && cp x0.npy d/x_val.npy && "
          "cp y0.npy d/y_val.npy && ./commands sweep --data d");
}

Test(sweep, says_which_runs_diverged_and_how_the_best_is_trained, .fini = shell_clean)
{
    make();
    sure("./commands sweep --data synthetic --train-samples 40 --runs 2 --iterations 3 --batch 3 "
         "--lr-min 1e30 --lr-max 1e30 --record r.csv > log && "
         "test $(grep -c '^ *[12]  *1e+30 .* diverged' log) = 2 && "
         "tail -1 log | grep -q '^  ./commands train --lr 1e+30 --reg [0-9.e-]* --batch 3$' && "
         "test $(grep -c ',nan$' r.csv) = 2");
    /* Where the record cannot be written the search ends all the same, and warns once. */
    sure("{ trap '' XFSZ; ulimit -f 0; ./commands sweep --data synthetic --train-samples 40 "
         "--runs 3 --iterations 3 --record s.csv 2>&1; echo status $?; } | cat > said && "
         "test $(grep -c 'warning: s.csv: cannot be written: File too large; the search goes on "
         "and tries again' said) = 1 && grep -q '^  ./commands train --lr ' said && "
         "tail -1 said | grep -x 'status 1' && ! test -s s.csv");
}

/* What a line of a shell cannot say, and where it would lead nowhere. */
Test(sweep, writes_no_list_that_could_not_be_run, .fini = shell_clean)
{
    make();
    fails(1, "commands: l.d: cannot be made, for the results of l: it is no folder",
          "echo mine > l.d; ./commands sweep --runs 1 --list l; s=$?; test -e l && exit 9; "
          "exit $s");
    fails(1, "commands: the folder that this is called in has no name: No such file",
          "mkdir gone && cd gone && rmdir ../gone && $DIR/commands sweep --runs 1 "
          "--list $DIR/more");
    fails(1, "a\\x0ab\" has a line's end in it, and no line of a list can", "d=$(printf 'a\\nb') "
          "&& mkdir \"$d\" && cd \"$d\" && ../commands sweep --runs 1 --list l");
    fails(1, "commands: \"a\\x0ab\" has a line's end in it, and no line of a list can",
          "LATHE_DATA=\"$(printf 'a\\nb')\" ./commands sweep --runs 1 --list k");
    fails(1, "commands: \"a\\x0ab\" has a line's end in it, and no line of a list can",
          "./commands sweep --runs 1 --list k --data \"$(printf 'a\\nb')\"; s=$?; "
          "test -s k && exit 9; exit $s");
}

Test(sweep, lists_the_data_that_a_variable_names, .fini = shell_clean)
{
    make();
    sure("LATHE_DATA='some where' ./commands sweep --runs 1 --list runs > log && "
         "grep -q \" train --quiet --data 'some where' --epochs=\" runs && "
         "LATHE_DATA=other ./commands sweep --runs 1 --data mine --list more > log && "
         "grep -q ' train --quiet --data=mine' more && ! grep other more");
}
