/*
** test_lathe.c - the generator's command line, its pages, tuning files and goldens.
*/
#include <criterion/criterion.h>
#include <string.h>

#include "support/shell.h"

#define HEAD "net t\ninput 3x8x8\n"
#define TAIL "affine 4\nsoftmax\n"

Test(show, draws_a_network_as_a_page, .fini = shell_clean)
{
    struct run r = shell("$LATHE show --html $SOURCE/models/resnet_small.net > a.html && "
                         "$LATHE show --html $SOURCE/models/resnet_small.net -o b.html && "
                         "cmp a.html b.html && grep -c '<tr><td><svg' a.html");
    cr_expect(r.status == 0 && !strcmp(r.output, "35\n"), "the input and 34 layers: %s", r.output);
    run_free(&r);
    r = shell("grep -q 'conv 48 3x3 stride=2' a.html && grep -q '48&#215;16&#215;16' a.html && "
              "grep -q '174,274' a.html && ! grep -q '<script' a.html");
    cr_expect(r.status == 0, "a layer, its output, the parameters are not there");
    run_free(&r);
    r = shell("echo old > file; $LATHE show --html $SOURCE/models/tiny.net -o file/a.html");
    cr_expect(r.status == 1 && strstr(r.output, "file/a.html"), "%d: %s", r.status, r.output);
    run_free(&r);
    r = shell("$LATHE emit --html $SOURCE/models/tiny.net");
    cr_expect(r.status == 2 && strstr(r.output, "emit takes no --html"), "%d: %s", r.status,
              r.output);
    run_free(&r);
}

Test(command_line, wrong_usage_exits_2_and_says_how)
{
    static const struct { const char *arguments, *words; } wrong[] = {
        { "", "lathe build NET" },
        { "emitt x.net", "did you mean \"emit\"?" },
        { "emit", "which network file?" },
        { "emit x.net --ias avx2", "did you mean --isa?" },
        { "emit x.net --isa avx3", "did you mean \"avx2\"?" },
        { "emit x.net --set a", "NAME=VALUE" },
        { "emit x.net --set a=b", "is no number" },
        { "emit x.net --batch 0", "from 1 to 65536" },
        { "emit x.net -d foo", "unknown \"foo\"" },
        { "emit x.net -o", "followed by FILE" },
        { "show a.net b.net", "one network file" }, { "show -- a.net --plan", "one network file" },
        { "emit $(seq -f %g.net -s ' ' 65)", "too many network files" },
        { "show x.net --split", "show takes no --split" },
        { "show x.net --html --plan", "--plan prints tables: it goes without --html" },
        { "--split build x.net", "build takes no --split" },
        { "doc --isa avx2", "doc takes no --isa" },
        { "sweep x.net --set a=1,2 -o f", "sweep takes no -o" },
        { "build x.net -o -", "build writes a file: -o FILE" },
        { "emit x.net -d spec -o f.c", "without -o" },
        { "emit x.net --set $(seq -s, 99)", "NAME=VALUE" },
        { "emit x.net --set a=$(seq -s, 9999)", "--set a: too many values" },
        { "emit x.net $(seq -f '--set a%g=1' -s ' ' 9999)", "too many --set" },
        { "emit --inference x.net --params p --fast --small", "--fast goes without --small" },
        { "emit --inference x.net y.net --params p", "emit --inference takes one network file" },
        { "doc x.net", "doc takes no network file (\"x.net\")" },
        { "import a.onnx b.onnx", "import takes one model" },
        { "export a.net b.net --torch", "export takes one network file" },
        { "tune x.net --isa x86", "tune takes one instruction set: --isa avx2, say" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct run r = shell("$LATHE %s", wrong[i].arguments);
        cr_expect(r.status == 2, "lathe %s: exit %d", wrong[i].arguments, r.status);
        cr_expect(strstr(r.output, wrong[i].words), "lathe %s: no \"%s\" in: %s",
                  wrong[i].arguments, wrong[i].words, r.output);
        run_free(&r);
    }
    shell_clean();
}

/* Beside those of test_network_file.c. */
Test(network_file_words, out_of_place_are_errors_with_their_place, .fini = shell_clean)
{
    static const struct { const char *text, *words; } bad[] = {
        { "net a23456789012345678901234567890123456789012345678901234567890123456\ninput 1x2x2\n"
          TAIL, "t.net:1:5: error: a name has at most 47 letters" },
        { "net t\nconv 4 3x3\ninput 3x8x8\n" TAIL, "t.net:3:1: error: `input` stands before" },
        { HEAD "repeat 2 with i {\nrelu\n}\n" TAIL, "t.net:3:14: error: \"as NAME\" expected: "
          "repeat N as NAME {" },
        { HEAD TAIL "train\n  epochs 1\ntrain\n  batch 2\n", "t.net:7:1: error: a second `train`" },
        { HEAD "residual {\ntrain\n}\n" TAIL, "t.net:4:1: error: `train` inside a block" },
        { HEAD "a: let b = 2\nconv 4 3x3\n" TAIL, "t.net:3:1: error: a label stands before a "
          "layer, not before \"let\"" },
        { HEAD "a: 3\n" TAIL, "t.net:3:4: error: a layer expected after the label, not \"3\"" },
        { HEAD "let width = 4\nconv width 3x3\n" TAIL, "t.net: error: --set widht: no `let` of "
          "that name; did you mean \"width\"?" },
        { HEAD "conv 4 3x3\n" TAIL, "t.net: error: --set widht: no `let` of that name" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("t.net", bad[i].text);
        struct run r = shell("$LATHE emit t.net -o t.c%s",
                             strstr(bad[i].words, "widht") ? " --set widht=3" : "");
        cr_expect(r.status == 1 && strstr(r.output, bad[i].words), "exit %d, no \"%s\" from:\n%s%s",
                  r.status, bad[i].words, bad[i].text, r.output);
        run_free(&r);
    }
    sure("test ! -e t.c");
}

/* What a tuning file may say wrongly. */
Test(tuning, wrong_files_are_errors_with_their_place)
{
    static const struct { const char *text, *words; } bad[] = {
        { "conv1_fwd tile 1x8x2\n", "t.tune:1:1: error: \"conv1_fwd\" where `net NAME ISA TYPE`" },
        { "net t avx2\n", "t.tune:1:11: error: the end of the line where `net NAME ISA TYPE`" },
        { "net t avx3 f32\n", "no instruction set and type: avx3 f32" },
        { "net t avx2 f32 8\n", "t.tune:1:16: error: \"8\" where the line should end" },
        { "# ours\nnet t avx2 f32\nconv1_fwd tile\n", "t.tune:3:15: error: the end of the line" },
        { "net t avx2 f32\nconv1_fwd tile 99x1x1\n", "99x1x1 is none of its candidates, 1x" },
        { "net t avx2 f32\nconv1_fwd tile 1x8x1 9\n", "t.tune:2:22: error: \"9\" where the line" },
        { "net t avx2 f32\nconv1_fwd tilt 1x8x1\n", "did you mean \"conv1_fwd tile\"?" },
        { "net t avx2 f32\nconv9_bwd size 1\n", "t decides no \"conv9_bwd size\"; was the" },
        { "net t avx2 f32\nconv1 wgrad_band 8\nconv1 wgrad_band 4\n", "was chosen in line 2" },
        { "net t scalar f32\nconv1_fwd tile 1x8x1\n", "has nothing for t avx2 f32; lathe tune" },
        { "net u avx2 f32\n", "has nothing for t avx2 f32" },
        { "net t avx2 f32\n\001\n", "t.tune:2:2: error: the end of the line" },
        { "", "has nothing for t avx2 f32" },
    };
    write_text("t.net", HEAD "conv 4 3x3\nrelu\nmaxpool 2x2\n" TAIL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("t.tune", bad[i].text);
        struct run r = shell("$LATHE emit t.net --isa avx2 --tune t.tune -o t.c");
        cr_expect(r.status == 1 && strstr(r.output, bad[i].words), "exit %d, no \"%s\" from:\n%s%s",
                  r.status, bad[i].words, bad[i].text, r.output);
        run_free(&r);
    }
    struct run r = shell("test -e t.c || $LATHE emit t.net --tune missing.tune");
    cr_expect(r.status == 1 && strstr(r.output, "missing.tune: error: cannot be opened"), "%s",
              r.output);
    run_free(&r);
    shell_clean();
}

Test(tuning, is_taken_for_the_instruction_set_it_was_made_for)
{
    write_text("t.net", HEAD "conv 4 3x3\nrelu\nmaxpool 2x2\n" TAIL);
    write_text("t.tune", "net other avx2 f32\nconv7 x 1\nnet t avx2 f32  # measured\n"
               "conv1 wgrad_dense 0\nconv1 wgrad_band 2\nnet t avx2 f64\n"
               "conv1 wgrad_dense 0\nconv1 wgrad_band 1\n");
    struct run r = shell("for isa in avx2 x86; do $LATHE emit t.net --isa $isa --tune t.tune | "
                         "grep -o 'BAND = [12],'; done; $LATHE emit t.net --isa avx2 --dtype f64 "
                         "--tune t.tune | grep -o 'BAND = [12],'");
    cr_expect_str_eq(r.output, "BAND = 2,\nBAND = 2,\nBAND = 1,\n", "%s", r.output);
    run_free(&r);
    shell_clean();
}

/* A compiler whose programs say that one tile is fast, and another in inference slow. */
Test(tune, writes_what_its_programs_measured, .fini = shell_clean)
{
    sure("cat > cc.sh <<'END'\n#!/bin/sh\n"
         "ms=1.0\ngrep -q 'enum { MH = 1, MW = 6,' $2 && ms=0.5\n"
         "printf '#!/bin/sh\\necho ready\\necho \"regions conv1 forward=%s;conv1 weight gradient=1;"
         "affine1 forward=1;affine2 forward=1;affine1 backward + update=1;affine2 backward + "
         "update=1\"\\necho \"regions conv1 forward=1;affine1_folded forward=1;affine2_folded "
         "forward=1\"\\necho times %s %s\\n' $ms $ms $ms > $4\n"
         "chmod +x $4\nEND\nchmod +x cc.sh\n");
    sure("CC=$PWD/cc.sh $LATHE tune $SOURCE/models/tiny.net --isa avx2 > log && "
         "grep -q 'conv1_fwd tile .* -> 1x6x1 ' log && grep -q 'ratio 0.500' log && "
         "grep -q '^net tiny avx2 f32$' tiny.tune && "
         "grep -q '^conv1_fwd tile 1x6x1    # the cost model: ' tiny.tune && "
         "test $(grep -c 'the cost model: ' tiny.tune) = 1 && "
         "$LATHE emit $SOURCE/models/tiny.net --isa avx2 --tune tiny.tune | "
         "grep -q 'enum { MH = 1, MW = 6,'");
    /* Nothing is faster: the cost model's choices. */
    sure("sed 's/ms=0.5/ms=0.99/' cc.sh > slow.sh && chmod +x slow.sh && "
         "CC=$PWD/slow.sh $LATHE tune $SOURCE/models/tiny.net --isa avx2 -o slow.tune > log && "
         "grep -q 'the cost model.s are kept' log && ! grep 'the cost model: ' slow.tune");
    fails(1, "the C compiler failed", "CC=false $LATHE tune $SOURCE/models/tiny.net -o a.tune; "
          "s=$?; test -e a.tune && exit 9; exit $s");
    fails(1, " bench --serve --warm 20 --threads 3: failed", "sed 's/times/time/' cc.sh > mute.sh "
          "&& chmod +x mute.sh && CC=$PWD/mute.sh $LATHE tune $SOURCE/models/tiny.net --isa avx2 "
          "-- --threads 3");
}

Test(command_line, help_and_doc_exit_0)
{
    static const char *const good[] = { "--help", "emit --help", "build --help", "doc", "--version",
                                        "help", "show --help" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct run r = shell("$LATHE %s", good[i]);
        cr_expect(r.status == 0 && r.output[0], "lathe %s: exit %d", good[i], r.status);
        run_free(&r);
    }
    shell_clean();
}

Test(command_line, help_lists_the_options_that_a_command_takes)
{
    struct run r = shell("$LATHE build --help | grep -e --split; "
                         "$LATHE doc --help | grep -e --isa; "
                         "$LATHE emit --help | grep -c -e --split -e --isa -e ' -o'; "
                         "$LATHE --help | grep -c -e '^  --split'");
    cr_expect_str_eq(r.output, "4\n1\n", "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(command_line, an_unwritable_output_is_an_error_and_keeps_the_old_file)
{
    write_text("good.net", HEAD TAIL);
    struct run r = shell("mkdir d && $LATHE emit good.net -o d");
    cr_expect(r.status == 1 && strstr(r.output, "cannot be written"), "%s", r.output);
    run_free(&r);
    r = shell("$LATHE emit good.net -o missing/out.c");
    cr_expect(r.status == 1 && strstr(r.output, "missing/out.c: cannot be written"), "%s",
              r.output);
    run_free(&r);
    r = shell("$LATHE emit good.net > /dev/full");
    cr_expect(r.status == 1 && strstr(r.output, "cannot be written"), "%s", r.output);
    run_free(&r);
    write_text("out.c", "old");
    write_text("bad.net", HEAD "affine\nsoftmax\n");
    r = shell("$LATHE emit bad.net -o out.c; cat out.c; ls | grep -c out.c");
    cr_expect(strstr(r.output, "old1\n"), "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(command_line, a_failing_compiler_is_reported)
{
    write_text("good.net", HEAD TAIL);
    struct run r = shell("CC=false $LATHE build good.net -o p; echo $?; test ! -e p");
    cr_expect(r.status == 0 && strstr(r.output, "the C compiler failed") && strstr(r.output, "1\n"),
              "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(command_line, a_failing_compiler_leaves_the_old_program_and_nothing_else)
{
    write_text("good.net", HEAD TAIL);
    write_text("p", "\177ELF old %s: made by lathe %s\n");
    write_text("cc", "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\necho part > $2\nexit 1\n");
    struct run r = shell("chmod +x cc; CC=$DIR/cc $LATHE build good.net -o p 2> log; echo $?; "
                         "grep -c old p; grep -o 'compiler failed' log; rm log; ls | tr '\\n' ' '");
    cr_expect_str_eq(r.output, "1\n1\ncompiler failed\ncc good.net p ", "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(command_line, show_prints_every_layer_and_the_arena)
{
    write_text("good.net", HEAD "conv 5 3x3\nrelu\nmaxpool 2x2\n" TAIL);
    struct run r = shell("$LATHE show good.net");
    static const char *const words[] = { "conv1", "5x8x8", "140", "relu1", "maxpool1", "5x4x4",
                                         "affine1", "arena", "forecast" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect(strstr(r.output, words[i]), "no %s in: %s", words[i], r.output);
    run_free(&r);
    shell_clean();
}

Test(templates, can_be_overridden_from_a_directory)
{
    write_text("good.net", HEAD "affine 4\nrelu\naffine 3\nsoftmax\n");
    struct run r = shell("mkdir t && $LATHE emit good.net -o a.c && "
                         "sed 's/vec reg = /vec mine = /' $SOURCE/templates/update.c > t/update.c "
                         "&& LATHE_TEMPLATES=t $LATHE emit good.net | grep 'vec mine = '");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
    shell_clean();
}

Test(golden, files_are_what_the_generator_prints)
{
    struct run r = shell("sh $SOURCE/tests/golden.sh");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
    shell_clean();
}

/* ---- make oracle ---- */

/* The network tiny with one template changed by a command of sed, beside the oracle. */
static struct run beside(const char *template, const char *change, const char *region)
{
    return shell("rm -rf mine && mkdir -p mine/conv && sed '%s' $SOURCE/templates/%s > mine/%s && "
                 "{ [ '%s' = '' ] || ! cmp -s mine/%s $SOURCE/templates/%s; } && "
                 "LATHE_TEMPLATES=mine $LATHE emit $SOURCE/models/tiny.net --isa native "
                 "--dtype f64 --split -o f.c && ${CC:-cc} -O0 -w -I$SOURCE/runtime f.c "
                 "$SOURCE/build/tests/beside.a $SOURCE/runtime/liblathe64.a -o beside -lm -pthread "
                 "&& ./beside $SOURCE/models/tiny.net '%s'", change, template, template, change,
                 template, template, region);
}

/* What passes decided of layers that few networks have. */
Test(dump, says_what_each_pass_decided, .fini = shell_clean)
{
    static const struct { const char *options, *words; } rows[] = {
        { "-d fuse", "join1, reads conv2 and concat1" },
        { "-d layout", "other     40x20x20" }, { "-d layout", "gradient  8x20x40, halo 1,1" },
        { "-d layout", "each channel 2 times: rows 22 columns 22" },
        { "-d sweeps", "taps 2 apart, 2,1 pixels on" }, { "-d sweeps", "taps 1,2 apart" },
        { "-d sweeps", "is cleared first" }, { "-d sweeps", "deconv1_fwd_1_0        direct" },
        { "-d fold", "folded 0 conv3_folded, bn1 to bn1" },
        { "-d kinks", "clip1.y                      sides of 8x9x19" },
        { "-d kinks", "of -0.5 and 0.5" },
        { "--mpi -d mem", "exchange bn1.moments before region" },
        { "--mpi -d mem", "exchange conv1.partial after region" },
    };
    write_text("all.net", "net all\ninput 4x20x20\nconv 40 3x3\nrelu\n"
               "concat { conv 8 1x1 } { }\nconv 96 3x3 groups=48\nbatchnorm\ngelu\n"
               "conv 16 3x3 dilation=2 stride=2,1\ndeconv 8 4x4 stride=2\n"
               "maxpool 3x3 stride=2\nclip -0.5 0.5\naffine 10\nsoftmax\n"
               "train\n  batch 32\n");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct run r = shell("$LATHE emit all.net --isa avx2 %s", rows[k].options);
        cr_expect(r.status == 0 && strstr(r.output, rows[k].words), "%s: no \"%s\": %s",
                  rows[k].options, rows[k].words, r.output);
        run_free(&r);
    }
}

Test(oracle, names_the_first_place_that_a_broken_template_spoils, .fini = shell_clean)
{
    static const struct { const char *template, *change, *region, *words; int status; } rows[] = {
        { "conv/tile.c", "", "", "nothing differs by more than 1e-09", 0 },
        { "conv/tile.c", "s/= v_load(bias + n.VL)/= v_set1(bias[0])/", "",
          "the first that differs: conv1 forward, output: image 0, channel 1, row 0, column ", 1 },
        { "conv/update.c", "s/(int group = 0; group < groups;/(int group = 1; group < groups;/", "",
          "the first that differs: conv1 update, gradient of bias: [0]\n", 1 },
        { "conv/update.c", "s/(int group = 0; group < groups;/(int group = 1; group < groups;/",
          "conv1_update", "program                  oracle", 1 },
        { "conv/update.c", "", "conv2_update", "no region \"conv2_update\"", 2 },
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct run r = beside(rows[k].template, rows[k].change, rows[k].region);
        cr_expect(r.status == rows[k].status && strstr(r.output, rows[k].words),
                  "%s: %s: no \"%s\", exit %d: %s", rows[k].template, rows[k].change,
                  rows[k].words, r.status, r.output);
        run_free(&r);
    }
}
