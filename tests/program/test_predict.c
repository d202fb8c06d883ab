/*
** test_predict.c - `predict` as a user meets it: what it says of the same image in every
** format, that it agrees with `eval` and `dump`, and what it says of images that it cannot
** take. The records are drawn here; no downloaded data is needed.
*/
#include <criterion/criterion.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

enum { SIDE = 32, MAP = SIDE*SIDE, RECORD = 1 + 3*MAP, RECORDS = 300 };

static unsigned char records[RECORDS][RECORD];

/* A label, and stripes of its colour and width in noise. */
static void draw_records(void)
{
    uint32_t noise = 1;
    for (int k = 0; k < RECORDS; k++) {
        int label = k*7 % 10;
        records[k][0] = (unsigned char)label;
        for (int i = 0; i < 3*MAP; i++) {
            noise = noise*1664525u + 1013904223u;
            bool on = i % MAP / (label % 5 + 1) % 2 == 0 && i / MAP % 2 == label / 5;
            records[k][1 + i] = (unsigned char)((on ? 100 : 0) + (noise >> 24)/2);
        }
    }
}

/* With the library, which is there already: sooner than lathe build. */
static void make(const char *name, const char *text)
{
    char file[64];
    snprintf(file, sizeof file, "%s.net", name);
    write_text(file, text);
    struct run r = shell("$LATHE emit %s.net --split -o %s.c && ${CC:-cc} -O1 -I$SOURCE/runtime "
                         "%s.c $SOURCE/runtime/liblathe.a -o %s -lm -pthread", name, name, name,
                         name);
    cr_assert(r.status == 0, "%s: %s", name, r.output);
    run_free(&r);
}

/* Records for `predict` and, with zeros after them, as the distribution of CIFAR-10; a network
** with room for 8 images, trained on the first 200. */
static void make_colours(const char *loss)
{
    char net[256];
    draw_records();
    write_bytes("records.bin", records, sizeof records);
    write_text("names", "air\"plane\r\nautomobile\r\nbird\r\ncat\r\ndeer\r\ndog\r\nfrog\r\n"
               "horse\r\nship\r\ntruck\r\n");
    sure("mkdir cifar && cp names cifar/batches.meta.txt && "
         "for k in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do "
         "cp records.bin cifar/$k.bin && truncate -s 30730000 cifar/$k.bin || exit 1; done");
    snprintf(net, sizeof net, "net colours\ninput 3x32x32\nconv 6 5x5 stride=4\nrelu\n"
             "maxpool 2x2\naffine 10\n%s\ntrain\n  batch 8\n  preprocess none\n"
             "  optimizer adam lr=1e-3\n  init gaussian 1e-3\n", loss);
    make("colours", net);
    sure("./colours train --data cifar --train-samples 200 --val-samples 0 --epochs 6 --quiet");
}

/* Image k as P6, P3 with comments, and P6 of 16 bits. */
static void write_formats(int k)
{
    enum { HEADER = 64 };
    unsigned char deep[HEADER + 6*MAP], flat[HEADER + 3*MAP];
    char *plain = malloc(16*3*MAP);
    int nd = sprintf((char *)deep, "P6\n32 32\n65535\n");
    int nf = sprintf((char *)flat, "P6 # a comment\r\n32#another\n\t32\n#\n255\n");
    int np = sprintf(plain, "P3\n# plain\n32 32 255\n");
    for (int p = 0; p < MAP; p++)
        for (int c = 0; c < 3; c++) {
            unsigned char value = records[k][1 + c*MAP + p];
            deep[nd++] = value;
            deep[nd++] = value;
            flat[nf++] = value;
            np += sprintf(plain + np, "%d%s", value, p % 5 ? " " : p % 7 ? "\n" : " # no more\n");
        }
    write_bytes("deep.ppm", deep, (size_t)nd);
    write_bytes("flat.ppm", flat, (size_t)nf);
    write_bytes("plain.ppm", plain, (size_t)np);
    free(plain);
}

Test(predict, agrees_with_eval_on_the_first_100_records, .fini = shell_clean)
{
    make_colours("softmax");
    sure("head -c $((100*3073)) records.bin > first.bin && "
         "./colours predict first.bin --top 1 --threads 1 > one && "
         "./colours predict --threads 2 first.bin --top=1 | cmp - one && "
         "./colours eval --params colours.safetensors --data cifar --split test "
         "--test-samples 100 > eval && "
         "a=$(sed -n 's/^100 labelled images, accuracy //p' one) && test -n \"$a\" && "
         "grep -q \"100 images, accuracy $a\" eval && test $(wc -l < one) = 101 && "
         "test $a != 0.100000 && grep -q '^first.bin\\[99\\]: ' one && "
         "test $(grep -c ': right)$' one) = $(echo $a | sed 's/^0.\\(..\\).*/\\1/')");
}

Test(predict, says_the_same_of_an_image_in_every_format, .fini = shell_clean)
{
    make_colours("softmax");
    write_formats(3);
    sure("dd if=records.bin of=record.bin bs=3073 skip=3 count=1 2>/dev/null && "
         "./colours predict flat.ppm deep.ppm plain.ppm record.bin > out && "
         "test $(wc -l < out) = 5 && head -4 out | sed 's/^[^:]*://; s/  (.*//' | uniq > lines && "
         "test $(wc -l < lines) = 1 && grep -q '^ [^ ]* 0.[0-9]*  .* 0.[0-9]*$' lines && "
         "test $(wc -w < lines) = 10");
    sure("cat flat.ppm plain.ppm deep.ppm | ./colours predict - > out && "
         "sed 's/^standard input\\[[012]\\]://' out | uniq | cmp - lines && "
         "./colours predict - < flat.ppm | sed 's/^standard input://' | cmp - lines");
    /* With CR LF at the header's line ends, from a file and from standard input. */
    sure("{ printf 'P6\\r\\n32 32\\r\\n255\\r\\n'; tail -c 3072 flat.ppm; } > crlf.ppm && "
         "./colours predict crlf.ppm | sed 's/^crlf.ppm://' | cmp - lines && "
         "cat crlf.ppm crlf.ppm deep.ppm | ./colours predict - > out && "
         "sed 's/^standard input\\[[012]\\]://' out | uniq | cmp - lines");
    sure("cp flat.ppm ./--top && ./colours predict --top 5 -- --top | sed 's/^--top://' | "
         "cmp - lines && ./colours predict flat.ppm --params=colours.safetensors --top 10 | "
         "awk 'NF != 21 { exit 1 }'");
}

/* ---- JSON, strictly (RFC 8259) ---- */

static const char *json_value(const char *s);

static const char *json_blank(const char *s)
{
    return s ? s + strspn(s, " \t\r\n") : NULL;
}

static const char *json_string(const char *s)
{
    if (*s++ != '"')
        return NULL;
    for (; *s != '"'; s++) {
        if ((unsigned char)*s < ' ')
            return NULL;
        if (*s == '\\' && !strchr("\"\\/bfnrtu", *++s))
            return NULL;
        if (*s == 'u' && s[-1] == '\\' && strspn(s + 1, "0123456789abcdefABCDEF") < 4)
            return NULL;
    }
    return s + 1;
}

static const char *json_list(const char *s, char end)
{
    s = json_blank(s);
    if (*s == end)
        return s + 1;
    for (;;) {
        if (end == '}') {
            s = json_blank(json_string(s));
            if (!s || *s++ != ':')
                return NULL;
        }
        s = json_blank(json_value(json_blank(s)));
        if (!s || (*s != ',' && *s != end))
            return NULL;
        if (*s++ == end)
            return s;
        s = json_blank(s);
    }
}

static const char *json_value(const char *s)
{
    static const char *const words[] = { "true", "false", "null" };
    if (*s == '{' || *s == '[')
        return json_list(s + 1, *s == '{' ? '}' : ']');
    if (*s == '"')
        return json_string(s);
    for (int k = 0; k < 3; k++)
        if (strncmp(s, words[k], strlen(words[k])) == 0)
            return s + strlen(words[k]);
    char *end;
    bool number = isdigit((unsigned char)*s) || (*s == '-' && isdigit((unsigned char)s[1]));
    strtod(s, &end);
    return number && !(*s == '0' && isdigit((unsigned char)s[1])) ? end : NULL;
}

static bool json_good(const char *s)
{
    s = json_blank(json_value(json_blank(s)));
    return s && *s == '\0';
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *s = text; (s = strstr(s, word)); s++)
        n++;
    return n;
}

Test(predict, writes_one_valid_json_object, .fini = shell_clean)
{
    make_colours("softmax");
    write_formats(0);
    cr_assert(json_good("{\"a\": [1, -2.5e-3, {}], \"b\": \"\\u00e4\"}") && !json_good("{\"a\": }")
              && !json_good("[1, ]") && !json_good("\"\n\"") && !json_good("nan"));
    struct run r = shell("name=$(printf 'a\\t\"\\\\\\377\\303\\244.ppm') && "
                         "cp flat.ppm \"$name\" && head -c 6200 records.bin > cut.bin && "
                         "./colours predict --json \"$name\" cut.bin nowhere --top 10 2>err; "
                         "echo $? >&2");
    char *end = strrchr(r.output, '}');
    cr_assert(end, "%s", r.output);
    cr_expect_str_eq(end + 1, "\n1\n");
    end[1] = '\0';
    cr_expect(json_good(r.output), "%s", r.output);
    cr_expect(strstr(r.output, "{\"network\": \"colours\", \"images\": ["), "%s", r.output);
    cr_expect(strstr(r.output, "\"a\\u0009\\u0022\\u005c\xef\xbf\xbd\xc3\xa4.ppm\""), "%s",
              r.output);
    cr_expect(strstr(r.output, "\"name\": \"air\\u0022plane\""), "%s", r.output);
    cr_expect(strstr(r.output, "\"labelled\": 2, \"right\": "), "%s", r.output);
    cr_expect(strstr(r.output, "\"failed\": 2}"), "%s", r.output);
    cr_expect(strstr(r.output, "\"error\": \"cut.bin: record 2 at offset 6146 has 54 of 3073"));
    cr_expect_eq(count(r.output, "\"probability\": "), 30);
    run_free(&r);
    r = shell("./colours predict --json nowhere 2>err");
    cr_expect(json_good(r.output) && r.status == 1, "%s", r.output);
    run_free(&r);
    if (!have("python3"))
        return;
    sure("./colours predict --json records.bin flat.ppm > out && python3 -c 'import json; "
         "d = json.load(open(\"out\")); assert len(d[\"images\"]) == 301 and "
         "d[\"labelled\"] == 300 and "
         "sum(i.get(\"right\", 0) for i in d[\"images\"]) == d[\"right\"]'");
}

/* ---- against dump ---- */

/* The first 8 records as arrays. */
static void write_arrays(void)
{
    enum { N = 8, HEADER = 128 };
    unsigned char x[HEADER + N*3*MAP], y[HEADER + N];
    memset(x, ' ', HEADER);
    memcpy(x, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(y, x, HEADER);
    int nx = sprintf((char *)x + 10, "{'descr': '|u1', 'fortran_order': False, 'shape': "
                     "(8, 3, 32, 32), }");
    int ny = sprintf((char *)y + 10, "{'descr': '|u1', 'fortran_order': False, 'shape': (8,), }");
    x[10 + nx] = y[10 + ny] = ' ';
    x[HEADER - 1] = y[HEADER - 1] = '\n';
    for (int k = 0; k < N; k++) {
        memcpy(x + HEADER + k*3*MAP, records[k] + 1, 3*MAP);
        y[HEADER + k] = records[k][0];
    }
    write_bytes("x.npy", x, sizeof x);
    write_bytes("y.npy", y, sizeof y);
}

/* The tensor "scores" of dump's file. */
static void read_scores(float *out, size_t count)
{
    char path[128];
    uint64_t header, from;
    snprintf(path, sizeof path, "%s/dump.st", shell_dir());
    FILE *f = fopen(path, "rb");
    cr_assert(f && fread(&header, sizeof header, 1, f) == 1 && header < 1 << 20);
    char *text = calloc(1, header + 1);
    cr_assert(fread(text, 1, header, f) == header);
    const char *entry = strstr(text, "\"scores\":"), *at = strstr(entry, "\"data_offsets\":[");
    cr_assert(at && sscanf(at, "\"data_offsets\":[%lu,", &from) == 1, "%s", text);
    cr_assert(fseek(f, (long)(8 + header + from), SEEK_SET) == 0);
    cr_assert(fread(out, sizeof *out, count, f) == count);
    free(text);
    fclose(f);
}

Test(predict, names_the_greatest_score_that_dump_writes, .fini = shell_clean)
{
    float scores[8][10];
    make_colours("softmax");
    write_arrays();
    sure("./colours dump --mode eval --params colours.safetensors --x x.npy --y y.npy -o dump.st");
    read_scores(scores[0], 80);
    struct run r = shell("head -c $((8*3073)) records.bin | ./colours predict - --json --top 1 | "
                         "sed -n 's/.*\"class\": \\([0-9]*\\),.*probability\": \\([^}]*\\)}.*/"
                         "\\1 \\2/p'");
    const char *line = r.output;
    for (int k = 0; k < 8; k++) {
        int best = 0, class = -1, length = 0;
        double sum = 0, share = -1;
        for (int j = 1; j < 10; j++)
            best = scores[k][j] > scores[k][best] ? j : best;
        for (int j = 0; j < 10; j++)
            sum += exp((double)scores[k][j] - (double)scores[k][best]);
        cr_assert(sscanf(line, "%d %lf\n%n", &class, &share, &length) == 2, "%s", r.output);
        line += length;
        cr_expect(class == best && fabs(share - 1/sum) < 1e-4, "image %d: %d %f, not %d %f", k,
                  class, share, best, 1/sum);
    }
    run_free(&r);
}

/* ---- arrays, in and out ---- */

/* x.npy as f4, each value times `factor`: NAME. */
static void write_reals(const char *name, float factor)
{
    enum { N = 8, HEADER = 128 };
    static unsigned char x[HEADER + 4*N*3*MAP];
    memset(x, ' ', HEADER);
    memcpy(x, "\x93NUMPY\x01\x00\x76\x00", 10);
    int n = sprintf((char *)x + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': "
                    "(8, 3, 32, 32), }");
    x[10 + n] = ' ';
    x[HEADER - 1] = '\n';
    for (int k = 0; k < N*3*MAP; k++) {
        float value = factor*(float)records[k / (3*MAP)][1 + k % (3*MAP)];
        memcpy(x + HEADER + 4*k, &value, sizeof value);
    }
    write_bytes(name, x, sizeof x);
}

Test(predict, takes_arrays_and_writes_the_scores_of_all_images, .fini = shell_clean)
{
    float scores[80], written[110];
    make_colours("softmax");
    write_arrays();
    write_reals("reals.npy", 1);
    write_reals("unit.npy", 1/255.0f);
    sure("head -c $((8*3073)) records.bin | ./colours predict - | "
         "sed '$d; s/^[^:]*\\[//; s/  (.*//' > records && for x in x reals; do "
         "./colours predict $x.npy | sed \"s/^$x.npy\\[//\" | "
         "cmp - records || exit 1; done && ./colours predict - < x.npy | "
         "sed 's/^standard input\\[//' | cmp - records");
    fails(1, "unit.npy: images of f4 from 0 to 0.890196, and colours.safetensors was trained on u1 "
          "from 0 to 227; save x*255.0 instead of x",
          "./colours predict unit.npy");
    /* A row for each image, of NaN where there is none. */
    fails(1, "words: offset 0: a PNG, PGM or PPM", "echo words > words; "
          "tail -c $((2*3073)) records.bin > two.bin; ./colours predict x.npy words two.bin "
          "--scores s.npy > /dev/null");
    sure("./colours dump --mode eval --params colours.safetensors --x x.npy --y y.npy -o dump.st "
         "&& head -c 128 s.npy | grep -q \"'<f4'.*(11, 10, )\" && tail -c +129 s.npy > rows && "
         "test $(wc -c < rows) = 440");
    read_scores(scores, 80);
    char path[128];
    snprintf(path, sizeof path, "%s/rows", shell_dir());
    FILE *f = fopen(path, "rb");
    cr_assert(f && fread(written, sizeof *written, 110, f) == 110);
    fclose(f);
    for (int k = 0; k < 110; k++)
        cr_expect(k < 80 ? written[k] == scores[k] : k < 90 ? isnan(written[k])
                  : isfinite(written[k]), "%d: %g", k, (double)written[k]);
    fails(1, "x.npy: is read by this command; name another file with --scores",
          "./colours predict x.npy --scores x.npy");
    fails(1, "cut.npy: 24448 bytes of data at offset 128, its shape takes 24576",
          "head -c 24576 x.npy > cut.npy; ./colours predict cut.npy");
    fails(1, "y.npy: shape (8,), rank 1; the network takes (n, 3, 32, 32)",
          "./colours predict y.npy");
}

Test(predict, prints_scores_where_the_loss_is_svm, .fini = shell_clean)
{
    make_colours("svm");
    write_formats(0);
    sure("./colours predict flat.ppm > out && test \"$(head -1 out)\" = "
         "\"scores, not probabilities: the network's loss is svm\" && "
         "sed -n 2p out | awk '{ for (k = 5; k <= NF; k += 2) if ($k > $(k - 2)) exit 1 }' && "
         "./colours predict --json flat.ppm > out && test $(grep -c '\"score\": ' out) = 1 && "
         "! grep -q probability out");
}

/* ---- what it cannot take ---- */

#define COLOUR "1 2 3 4 5 6 7 8 9 10 11 12\n"

/* A file, and what predict has to say of it. */
static const struct { const char *text, *words; } bad_images[] = {
    { "", "bad: is empty" },
    { "P6", "bad: offset 2: the width expected, a whole number from 1 to 65536; the file ends" },
    { "P6 2 x 255\n", "bad: offset 5: the height expected" },
    { "P6 0 2 255\n", "bad: offset 3: the width expected" },
    { "P6 65537 2 255\n", "bad: offset 3: the width expected" },
    { "P6 99999999999999999999 2 255\n", "bad: offset 3: the width expected" },
    { "P6 -3 2 255\n", "bad: offset 3: the width expected" },
    { "P6 2 2 65536\n", "offset 7: the greatest value expected, a whole number from 1 to 65535" },
    { "P6 2 2 0\n", "bad: offset 7: the greatest value expected" },
    { "P6 2 2 255 # the end", "bad: short: 9 bytes from offset 11, at least 12 expected" },
    { "P6 65536 65536 65535\nxx", "bad: short: 2 bytes from offset 21, at least 25769803776" },
    { "P3 65536 65536 255\n1 2 3", "bad: short: 5 bytes from offset 19, at least 25769803775" },
    { "P3 2 2 9\n" COLOUR, "bad: offset 27: a sample expected, a whole number from 0 to 9" },
    { "P3 2 2 255\n1 2 3 four 5 6 7 8 9 10 11 12\n", "bad: offset 17: a sample expected" },
    { "P3 2 2 255\n1 2 3 4 5 6 7 8 9 10 1111", "bad: offset 32: a sample expected" },
    { "P3 2 2 255\n" COLOUR "# and\n", "3x2x2 (channels, height, width), and the network takes "
      "3x32x32; --resize scales" },
    { "P3 2 2 255\n" COLOUR "junk", "bad: offset 38: P2, P3, P5 or P6 expected" },
    { "P1 2 2\n1 0 0 1\n", "bad: offset 0: P1 is a bitmap (PBM); PGM and PPM are read" },
    { "P6 1 1 255\n123more", "bad: long: 4 bytes after the 3 of 3x1x1 values from offset 11" },
    { "P2 1 1 255\n7\n", "bad: offset 0: an image of 3x1x1 (channels, height, width), and the "
      "network takes 3x32x32; --resize scales" },
    { "\x89PNG\r\n\x1a\n", "bad: short: it ends at offset 8, where a chunk was expected" },
    { "\xff\xd8\xff\xe0 and eleven more", "bad: is a JPEG picture; PNG, PPM and PGM are read: "
      "`mogrify -format png bad` of ImageMagick makes a PNG of it" },
    { "words, not an image\n", "bad: offset 0: a PNG, PGM or PPM (P2, P3, P5, P6) expected, or "
      "CIFAR records of 3073 bytes with labels 0 to 9" },
};

Test(predict, says_what_is_wrong_with_an_image_and_predicts_the_others, .fini = shell_clean)
{
    make_colours("softmax");
    write_formats(1);
    for (size_t k = 0; k < sizeof bad_images / sizeof *bad_images; k++) {
        write_text("bad", bad_images[k].text);
        struct run r = shell("./colours predict flat.ppm bad deep.ppm --top 1");
        cr_expect(r.status == 1 && strstr(r.output, bad_images[k].words), "\"%s\": no \"%s\" in: "
                  "%s", bad_images[k].text, bad_images[k].words, r.output);
        cr_expect(strstr(r.output, "flat.ppm: ") && strstr(r.output, "deep.ppm: "), "%s", r.output);
        run_free(&r);
    }
    records[1][0] = 10;
    write_bytes("labels.bin", records, 3*RECORD);
    fails(1, "labels.bin: record 1 at offset 3073: label 10, 0 to 9 expected",
          "./colours predict labels.bin > out; s=$?; test $(grep -c '^labels.bin\\[[02]\\]: ' out) "
          "= 2 && exit $s");
    fails(1, "deep.ppm: offset 15: sample 65535, 0 to 65534 expected",
          "printf 'P6\\n32 32\\n65534\\n' > deep.ppm; yes \377\377\377 | tr -d '\\n' | "
          "LC_ALL=C tr '\\000-\\376' '\\377' | head -c 6144 >> deep.ppm; cat flat.ppm >> deep.ppm; "
          "./colours predict deep.ppm > out; s=$?; grep -q 'deep.ppm\\[1\\]: ' out && exit $s");
    fails(1, "no file: cannot be opened: No such file", "./colours predict 'no file' flat.ppm");
    fails(1, ".: is a directory", "./colours predict .");
    fails(1, "standard input: is empty", "./colours predict - < /dev/null");
    fails(1, "--params FILE names what `train` saved",
          "mkdir e && cd e && ../colours predict ../flat.ppm");
    fails(1, "file: cannot be opened", "./colours predict --params file flat.ppm");
}

Test(predict, refuses_wrong_usage_with_status_2, .fini = shell_clean)
{
    make("colours", "net colours\ninput 3x32x32\naffine 3\nsoftmax\n");
    fails(2, "predict: which images?", "./colours predict");
    fails(2, "--top: expected a whole number from 1 to 3, got '4'", "./colours predict a --top 4");
    fails(2, "did you mean --json?", "./colours predict a --jsn");
    fails(2, "unexpected argument 'a'", "./colours info a");
    sure("./colours predict --help | grep -q '^usage: colours predict .options. IMAGE...$' && "
         "./colours predict --help | grep -q '(default 3)' && "
         "./colours --version | grep -q 'made by lathe [0-9]'");
}

/* No byte of a name acts on a terminal. */
Test(predict, shows_names_of_files_and_classes_without_control_characters, .fini = shell_clean)
{
    make_colours("softmax");
    write_text("names", "\x1b[31mair\nauto\xff\nbird\xc2\x9b" "2J\ncat\rrat\nde\ber\n\x07\n\x7f\n"
               "\xc3\xa4\nship\ntr\xc3uck\n");
    sure("cp names cifar/batches.meta.txt && ./colours train --data cifar --train-samples 200 "
         "--val-samples 0 --epochs 1 --report r.html > log && "
         "cp records.bin \"$(printf 'a\\033]0;b\\007\\nc')\"");
    struct run r = shell("./colours predict --top 10 a* 2>&1; ./colours eval --params "
                         "colours.safetensors --data cifar --split test --per-class; "
                         "./colours info --data cifar; ./colours predict \"$(printf '\\033no')\"; "
                         "./colours \"$(printf '\\033x')\"; "
                         "./colours train \"$(printf '\\033x')\"; "
                         "./colours train --data \"$(printf '\\033x')\"; cat log r.html");
    for (const char *s = r.output; *s; s++)
        cr_assert(*s == '\n' || ((unsigned char)*s >= ' ' && *s != 0x7f), "byte %d in: %.300s", *s,
                  s > r.output + 100 ? s - 100 : r.output);
    cr_expect(strstr(r.output, "a\\x1b]0;b\\x07\\x0ac[0]: ") || strstr(r.output, "a\\x1b]0;b\\x07\n"
              "c[0]: "), "%.500s", r.output);
    cr_expect(strstr(r.output, " \\x1b[31mair ") && strstr(r.output, " auto\\xff "), "%.900s",
              r.output);
    run_free(&r);
    /* What is to be typed is still the same file. */
    sure("mkdir \"$(printf 'd\\033')\" && cd d* && cp ../colours . && cp -r ../cifar . && "
         "{ ./colours train --data cifar --train-samples 100 --val-samples 0 --epochs 1000000 "
         "--history h.csv --params \"$PWD/p%s.st\" --quiet 2> said & p=$!; "
         "until test -s h.csv; do sleep 0.02; done; kill -TERM $p; wait $p; test $? = 143; } && "
         "command=$(sed -n 's/^  //p' said) && test -n \"$command\" && "
         "! printf '%s' \"$command\" | LC_ALL=C grep -q \"$(printf '\\033')\" && "
         "done=$(($(wc -l < h.csv) - 1)) && "
         "printf '%s --iterations %d' \"$command\" $((done + 3)) > again && sh again && "
         "test $(wc -l < h.csv) = $((done + 4))");
}

/* ---- grey images, sizes, windows ---- */

/* DIR: 40 training and 20 validation images of 1x10x10. */
static void make_grey(const char *preprocess)
{
    struct run r = shell("mkdir -p d && for n in 40 20; do part=train; [ $n = 20 ] && part=val; "
        "{ printf '\\223NUMPY\\001\\000\\166\\000'; printf '%%-117s\\n' \"{'descr': '|u1', "
        "'fortran_order': False, 'shape': ($n, 1, 10, 10), }\"; "
        "awk \"BEGIN { for (k = 0; k < $n*100; k++) printf \\\"%%c\\\", 33 + (k*k*7 + k/100*13) "
        "%% 90 }\"; } > d/x_$part.npy && { printf '\\223NUMPY\\001\\000\\166\\000'; "
        "printf '%%-117s\\n' \"{'descr': '|u1', 'fortran_order': False, 'shape': ($n,), }\"; "
        "head -c $n /dev/zero; } > d/y_$part.npy || exit 1; done; "
        "./grey train --data d --preprocess %s --quiet --params %s", preprocess, preprocess);
    cr_assert(r.status == 0, "%s: %s", preprocess, r.output);
    run_free(&r);
}

/* An image of one value, as P2 and as P5. */
static void write_grey(const char *name, int h, int w, int value)
{
    char path[64];
    unsigned char raw[1024];
    struct run r = shell("awk 'BEGIN { print \"P2 %d %d 255\"; for (k = 0; k < %d; k++) print %d }"
                         "' > %s.2", w, h, h*w, value, name);
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    int n = sprintf((char *)raw, "P5\n%d %d\n255\n", w, h);
    memset(raw + n, value, (size_t)(h*w));
    snprintf(path, sizeof path, "%s.5", name);
    write_bytes(path, raw, (size_t)(n + h*w));
}

Test(predict, takes_windows_and_scales_only_by_wish, .fini = shell_clean)
{
    make("grey", "net grey\ninput 1x8x8\nconv 3 3x3\nrelu\naffine 4\nsoftmax\ntrain\n  crop\n"
         "  batch 7\n");
    make_grey("channel_norm");
    make_grey("mean_image");
    write_grey("same", 8, 8, 77);
    write_grey("trained", 10, 10, 77);
    write_grey("other", 12, 9, 77);
    write_grey("small", 7, 12, 77);
    /* Without a mean image any middle window will do; all are of one value. */
    sure("./grey predict --params channel_norm same.2 same.5 trained.2 trained.5 other.2 other.5 | "
         "sed 's/^[^:]*: //' | uniq > line && test $(wc -l < line) = 1 && "
         "./grey predict --params channel_norm --resize same.5 trained.2 other.5 small.2 small.5 | "
         "sed 's/^[^:]*: //' | uniq | cmp - line && grep -q '^class [0-3] 0' line");
    fails(1, "small.5: offset 0: an image of 1x7x12 (channels, height, width), and the network "
          "takes 1x8x8 or larger; --resize", "./grey predict --params channel_norm small.5");
    sure("./grey predict --params mean_image trained.2 trained.5 && "
         "./grey predict --params mean_image --resize same.5 other.5 small.2");
    fails(1, "same.5: offset 0: an image of 1x8x8 (channels, height, width), and the network "
          "takes 1x10x10; --resize", "./grey predict --params mean_image same.5");
    draw_records();
    write_bytes("records.bin", records, 20*RECORD);
    struct run r = shell("printf 'P3 1 1 255 1 2 3' > c.ppm; "
                         "./grey predict --params mean_image c.ppm records.bin");
    cr_expect(r.status == 1 && strstr(r.output, "c.ppm: offset 0: an image of 1x1x1 (channels, "
                                      "height, width), and the network takes 1x10x10; --resize"),
              "%s", r.output);
    cr_expect_eq(count(r.output, "records.bin"), 1, "one message of a kind: %s", r.output);
    run_free(&r);
}
