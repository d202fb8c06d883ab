/*
** test_hostile.c - files that somebody made to do harm, and what fuzzing found: none crashes what
** reads it, acts on a terminal, becomes code, or takes more memory than a message says.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

TestSuite(hostile, .init = (void (*)(void))shell_dir, .fini = shell_clean);

/* tests/fuzz/: every reader's corpus, with each input that has ever been a finding. */
Test(hostile, what_fuzzing_has_found_is_read_or_refused, .timeout = 300)
{
    sure("$SOURCE/build/tests/replay $SOURCE/tests/fuzz/corpus");
}

/* A file of a few bytes, and what is said of it where no more than 256 MiB can be had. */
static const struct {
    const char *name, *bytes, *command, *said;
    int length;                     /* 0: a text */
} greedy[] = {
    { "a.net", "net a\ninput 60000x60000x3\naffine 3\nsoftmax\n", "$LATHE show",
      "60000x60000x3 values an image, more than 2^31", 0 },
    { "a.net", "net a\ninput 3x4x4\nrepeat 1000000000 as i {\nrelu\n}\naffine 3\nsoftmax\n",
      "$LATHE show", "a whole number from 1 to 10000, not 1e+09", 0 },
    { "a.net", "net a\ninput 3x4x4\nrepeat 100 as i {\nrepeat 100 as j {\nrelu\nrelu\n}\n}\n"
      "affine 3\nsoftmax\n", "$LATHE show", "more than 10000 layers", 0 },
    { "a.safetensors", "\0\0\0\0\0\0\0\x40{}", "$SOURCE/build/tests/tiny eval --params",
      "it states a header of 4611686018427387904 bytes and has 2", 10 },
    { "a.npy", "\x93NUMPY\1\0\x4e\0{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606"
      "846976,), }      \n", "$SOURCE/build/tests/tiny dump -o o --y y.npy --x",
      "its shape is none of an array", 89 },
    { "a.png", "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\1\x86\xa0\0\1\x86\xa0\x08\2\0\0\0\x27\x30\x9c\x9f"
      "\0\0\0\0IDAT", "$SOURCE/build/tests/tiny predict --params p",
      "100000 pixels wide and 100000 high, 1 to 65536 expected", 41 },
    { "a.pgm", "P2 60000 60000 255\n1 2 3", "$SOURCE/build/tests/tiny predict --params p",
      "at least 7199999999 expected", 0 },
};

Test(hostile, what_a_file_asks_for_is_bounded_and_said)
{
    sure("$SOURCE/build/tests/tiny train --data synthetic --train-samples 50 --iterations 1 "
         "--params p --quiet");
    for (size_t k = 0; k < sizeof greedy / sizeof *greedy; k++) {
        const int length = greedy[k].length;
        write_bytes(greedy[k].name, greedy[k].bytes, length ? (size_t)length
                                                            : strlen(greedy[k].bytes));
        struct run r = shell("ulimit -v 262144; %s %s", greedy[k].command, greedy[k].name);
        cr_expect(r.status == 1 && strstr(r.output, greedy[k].said), "%s: exit %d, no \"%s\" in "
                  "%s", greedy[k].name, r.status, greedy[k].said, r.output);
        run_free(&r);
    }
}

/* ---- what unpacks to a thousand times as much ---- */

/* Deflate's data in which every zero byte is 1,032 bytes more: one bit is a match of 258 bytes, and
** one its distance, 1. A literal zero comes first. */
static const char dense[] = "\xed\xc0\x81\0\0\0\0\x80\xa0\xfd\xa9\x17\xa9";
enum { RATIO = 1032 };

struct file { char *bytes; size_t size; };

static void put(struct file *f, const void *bytes, size_t size)
{
    memcpy(f->bytes + f->size, bytes, size);
    f->size += size;
}

static void put_number(struct file *f, unsigned long value, int bytes)
{
    for (; bytes-- > 0; value >>= 8)
        put(f, &(char){ (char)value }, 1);
}

static struct file file_begin(size_t zeros)
{
    enum { AROUND = 1024 };
    struct file f = { calloc(zeros + AROUND, 1), 0 };
    cr_assert(f.bytes);
    return f;
}

static void put_dense(struct file *f, size_t zeros)
{
    put(f, dense, sizeof dense);
    f->size += zeros;
}

static void refused(const struct file *f, const char *name, const char *limit, const char *said)
{
    write_bytes(name, f->bytes, f->size);
    struct run r = shell("%s $SOURCE/build/tests/tiny train --data %s", limit, name);
    cr_expect(r.status == 1 && strstr(r.output, said), "%s: exit %d, no \"%s\" in %s", name,
              r.status, said, r.output);
    run_free(&r);
    free(f->bytes);
}

static void refused_gzip(size_t zeros, const char *limit, const char *said)
{
    struct file f = file_begin(zeros);
    put(&f, "\x1f\x8b\10\0\0\0\0\0\0\3", 10);
    put_dense(&f, zeros);
    refused(&f, "train-images-idx3-ubyte.gz", limit, said);
}

/* Both arrays are the member, of which its directory says how long it is. */
static void refused_npz(size_t zeros, unsigned long length, const char *limit, const char *said)
{
    static const char *const names[] = { "x_train.npy", "y_train.npy" };
    struct file f = file_begin(zeros);
    put(&f, "PK\3\4\24\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\13\0\0\0x_train.npy", 41);
    put_dense(&f, zeros);
    const unsigned long at = f.size;
    for (int k = 0; k < 2; k++) {
        put(&f, "PK\1\2\24\0\24\0\0\0\10\0\0\0\0\0\0\0\0\0", 20);
        put_number(&f, sizeof dense + zeros, 4);
        put_number(&f, length, 4);
        put(&f, "\13\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
        put(&f, names[k], 11);
    }
    put(&f, "PK\5\6\0\0\0\0\2\0\2\0", 12);
    put_number(&f, f.size - 12 - at, 4);
    put_number(&f, at, 4);
    put_number(&f, 0, 2);
    refused(&f, "a.npz", limit, said);
}

Test(hostile, what_a_packed_file_becomes_is_bounded_and_said)
{
    enum { ZEROS = 300000 };
    const unsigned long most = RATIO*(sizeof dense + ZEROS);
    char words[64];
    refused_gzip(ZEROS, "ulimit -v 262144;", "not enough memory for more than 1");
    snprintf(words, sizeof words, "a.npz: x_train.npy: not enough memory for %lu bytes", most);
    refused_npz(ZEROS, most, "ulimit -v 262144;", words);
    /* What could be had is not asked for, where the bytes cannot become as many. */
    refused_npz(ZEROS, most + RATIO, "", "cannot become as many bytes as the directory says");
    refused_npz(ZEROS, 4294967294, "", "cannot become as many bytes as the directory says");
    if (getenv("LATHE_TEST_ALL"))
        refused_gzip(((size_t)2048 << 20)/RATIO + 1, "", "unpacks to more than 2048 MiB, and up to "
                     "that is taken");
}

/* ---- names ---- */

/* A name that would act on a terminal, a page, in C and in a shell. */
#define NAME "a\x1b[31m*\"\\\n#error x??$(touch P)`touch P`<script>\xe2\x80\xae'\xff"

static const char *const acting[] = { "\x1b", "\xe2\x80\xae", "\xff", "\n#error" };

static void expect_harmless(const char *text, const char *command)
{
    for (size_t k = 0; k < sizeof acting / sizeof *acting; k++)
        cr_expect(!strstr(text, acting[k]), "%s: %.600s", command, text);
}

Test(hostile, a_network_files_name_does_nothing_in_what_lathe_prints_and_writes)
{
    static const char *const commands[] = {
        "show", "show --plan", "show --html", "show --nothing", "emit -d spec", "import",
        "build -o", "export --torch", "sweep --table", "emit x.net --tune",
        "emit --lines -o \"$NAME.c\"",
        "build -o \"$NAME.program\"",
    };
    write_text("x.net", "net n\ninput 1x4x4\naffine 2\nsoftmax\n");
    setenv("NAME", NAME, 1);
    sure("cp x.net \"$NAME.net\"");
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        struct run r = shell("$LATHE %s \"$NAME.net\"", commands[k]);
        expect_harmless(r.output, commands[k]);
        cr_expect(r.status < 128);
        run_free(&r);
    }
    sure("${CC:-cc} -fsyntax-only -Wall -Wextra -x c \"$NAME.c\" && ! test -e P");
}

Test(hostile, a_classs_name_does_nothing_in_what_a_program_prints_and_writes)
{
    static const char *const commands[] = {
        "train --data d --epochs 2 --batch 4 --report r.html --plot p.svg --history h.csv "
        "--params p",
        "eval --params p --data d --per-class", "predict --params p \"d/train/$NAME/$NAME.pgm\"",
        "predict --params p --json \"d/train/$NAME/$NAME.pgm\" \"none$NAME\"", "info --data d",
        "train --data \"d/$NAME\"", "train --checkpoint \"$NAME.ck\" --data d --iterations 3",
    };
    write_text("x.net", "net n\ninput 1x4x4\naffine 3\nsoftmax\n");
    setenv("NAME", NAME, 1);
    sure("$LATHE emit x.net --isa scalar --split -o x.c && ${CC:-cc} -O0 -w -I$SOURCE/runtime x.c "
         "$SOURCE/runtime/liblathe.a -o x -lm -pthread");
    sure("for c in \"$NAME\" b z; do mkdir -p \"d/train/$c\"; "
         "for i in 1 2 3 4 5 6 7 8 9 \"$NAME\"; do "
         "printf 'P5 4 4 255\\n0123456789abcdef' > \"d/train/$c/$i.pgm\"; done; done");
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        struct run r = shell("./x %s", commands[k]);
        expect_harmless(r.output, commands[k]);
        cr_expect(r.status < 128);
        run_free(&r);
    }
    static const char *const files[] = { "r.html", "p.svg", "h.csv" };
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        struct run r = shell("cat %s", files[k]);
        cr_expect(r.status == 0);
        expect_harmless(r.output, files[k]);
        cr_expect(!strstr(r.output, "<script"), "%s", files[k]);
        run_free(&r);
    }
    /* A line's end in one does not give the next class another's name. */
    struct run r = shell("./x predict --params p --json d/train/z/1.pgm; ! test -e P");
    cr_expect(r.status == 0 && strstr(r.output, "\"class\": 1, \"name\": \"b\""), "%s", r.output);
    run_free(&r);
}

Test(hostile, a_tag_is_no_formula_of_a_spreadsheet_and_a_number_stays_one)
{
    write_text("l", "cd . && ./p train --tag 'x==cmd|calc!A0,y=-1e-4,seed=1' --result a.json\n"
               "cd . && ./p train --tag 'x=@a\"b\x1b,y=+5,seed=1' --result b.json\n");
    struct run r = shell("$LATHE sweep --table l --csv");
    cr_expect(r.status == 0 && strstr(r.output, "\"'=cmd|calc!A0\",-1e-4,")
              && strstr(r.output, "\"'@a\"\"b\\x1b\",+5,"), "%s", r.output);
    run_free(&r);
}
