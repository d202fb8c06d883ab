/*
** test_cover.c - gradient checks over everything that layers can be combined to: networks
** drawn so that every two kinds of values of every two factors below meet in one of them (with
** make test-all every three values), each built in f64 and checked by its own program. The layer
** under test has one with parameters beneath it.
*/
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

enum { MOST_VALUES = 16, MOST_ALIKE = 4, FACTORS = 13, CHUNK = 16 };

enum { CHANNELS, IMAGE, FILTERS, KERNEL, STRIDE, PAD, AFTER, POOL, LOSS, BATCH, SHAPE, GROUPED,
       DILATION };

/* Values of one kind, which take turns where two kinds are to meet: they are the same code with
** other sizes, or one of them is a case of the other. */
static const char *const factor[FACTORS][MOST_VALUES][MOST_ALIKE] = {
    [CHANNELS] = { { "1" }, { "3" }, { "4" }, { "7" }, { "8" }, { "9" }, { "17" } },
    [IMAGE] = { { "13x16" }, { "15x13" }, { "14x14" } },
    [FILTERS] = { { "1" }, { "3" }, { "8" }, { "9" }, { "17" } },
    [KERNEL] = { { "1x1" }, { "2x2", "4x4", "6x6" }, { "3x3" }, { "5x5", "7x7" }, { "3x5" },
                 { "1x13", "12x1" } },
    [STRIDE] = { { "1" }, { "2" }, { "3" }, { "2,1" }, { "1,3" } },
    [PAD] = { { "same" }, { "valid" }, { "2" }, { "0,1,2,1" } },
    [AFTER] = { { "" }, { "relu" }, { "by input" }, { "by output" }, { "by either" }, { "prelu" },
                 { "dropout 0.6" },
                 { "batchnorm", "batchnorm\nrelu", "batchnorm scale=no\ngelu" } },
    [POOL] = { { "" }, { "maxpool 2x2" },
               { "maxpool 3x3 stride=2", "maxpool 3x2 stride=2,1 pad=1,0,0,1" },
               { "avgpool 2x2", "avgpool 3x2 stride=1" }, { "globalmaxpool" }, { "globalavgpool" },
               { "avgpool 2x3 stride=1 pad=same", "avgpool 3x3 pad=1 ceil=yes count_pad=yes" } },
    [LOSS] = { { "softmax" }, { "softmax smoothing=0.2" }, { "svm" }, { "svm margin=0.5" },
               { "mse" }, { "mae" }, { "bce" } },
    [BATCH] = { { "1" }, { "3" }, { "5" } },
    [SHAPE] = { { "plain", "bias=no" }, { "residual" }, { "concat" }, { "gate" },
                { "affine", "reshape" }, { "deconv" }, { "upsample 2", "upsample 1,3 bilinear" } },
    /* 6: depthwise; filters are those of a group */
    [GROUPED] = { { "1" }, { "2" }, { "3" }, { "6" } },
    [DILATION] = { { "1" }, { "2" }, { "3" } },
};

/* Pointwise layers by what decides their gradients: those of one kind differ in nothing but their
** functions, so they take turns. */
static const struct { const char *kind, *word[MOST_ALIKE]; int count; } alike[] = {
    { "by input", { "gelu", "silu", "hardswish" }, 3 },
    { "by output", { "tanh", "sigmoid", "elu 0.7", "hardsigmoid" }, 4 },
    { "by either", { "leaky_relu 0.1", "clip -0.4 0.5", "scale 0.7" }, 3 },
};

/* What a cover is made of: kinds, or each word a kind of its own. */
static struct kind { const char *word[MOST_ALIKE]; int words, used; } kinds[FACTORS][MOST_VALUES];
static int values[FACTORS];

static void list_values(bool apart)
{
    for (int f = 0; f < FACTORS; f++) {
        values[f] = 0;
        for (int k = 0; k < MOST_VALUES && factor[f][k][0]; k++)
            for (int i = 0; i < MOST_ALIKE && factor[f][k][i]; i++) {
                if (i == 0 || apart)
                    kinds[f][values[f]++] = (struct kind){ .words = 0 };
                struct kind *last = &kinds[f][values[f] - 1];
                last->word[last->words++] = factor[f][k][i];
            }
    }
}

struct row { int value[FACTORS]; const char *word[FACTORS]; };

struct cover {
    struct row *row; int rows;
    unsigned char *met;     /* of every combination of `strength` factors' values */
    size_t size;
    int strength;
    unsigned state;
};

static unsigned next_random(struct cover *c, unsigned n)
{
    c->state = c->state*1664525u + 1013904223u;
    return (c->state >> 8) % n;
}

/* The number of the values that a row has for factors a < b (< d). */
static size_t place(const struct row *r, int a, int b, int d)
{
    size_t n = ((size_t)a*FACTORS + (size_t)b)*(FACTORS + 1) + (size_t)(d + 1);
    n = n*MOST_VALUES + (size_t)r->value[a];
    n = n*MOST_VALUES + (size_t)r->value[b];
    return n*MOST_VALUES + (size_t)(d < 0 ? 0 : r->value[d]);
}

/* How many combinations a row would be the first to have; mark: it is. */
static int meets(struct cover *c, const struct row *r, bool mark)
{
    int fresh = 0;
    for (int a = 0; a < FACTORS; a++)
        for (int b = a + 1; b < FACTORS; b++)
            for (int d = c->strength == 3 ? b + 1 : -1; d < (c->strength == 3 ? FACTORS : 0); d++) {
                unsigned char *met = &c->met[place(r, a, b, d)];
                fresh += !*met;
                if (mark)
                    *met = 1;
            }
    return fresh;
}

static long combinations(const struct cover *c)
{
    long n = 0;
    for (int a = 0; a < FACTORS; a++)
        for (int b = a + 1; b < FACTORS; b++)
            for (int d = c->strength == 3 ? b + 1 : -1; d < (c->strength == 3 ? FACTORS : 0); d++)
                n += (long)values[a]*values[b]*(d < 0 ? 1 : values[d]);
    return n;
}

/* Each factor in turn takes the value that meets most beside the others'; of equals, any. */
static void climb(struct cover *c, struct row *r)
{
    for (int f = 0; f < FACTORS; f++) {
        const int n = values[f], from = (int)next_random(c, (unsigned)n);
        int best = from, most = -1;
        for (int k = 0; k < n; k++) {
            r->value[f] = (from + k) % n;
            int fresh = meets(c, r, false);
            if (fresh > most) {
                most = fresh;
                best = r->value[f];
            }
        }
        r->value[f] = best;
    }
}

/* Of some rows drawn and improved, always the one that brings most, until nothing is missing. */
static void make_cover(struct cover *c, int strength)
{
    *c = (struct cover){ .strength = strength, .state = 6 };
    list_values(strength == 3);
    c->size = (size_t)FACTORS*FACTORS*(FACTORS + 1)*MOST_VALUES*MOST_VALUES*MOST_VALUES;
    c->met = calloc(c->size, 1);
    long missing = combinations(c);
    while (missing > 0) {
        struct row best = { .value = { 0 } };
        int most = 0;
        for (int k = 0; k < 40 || !most; k++) {
            struct row r;
            for (int f = 0; f < FACTORS; f++)
                r.value[f] = (int)next_random(c, (unsigned)values[f]);
            climb(c, &r);
            int fresh = meets(c, &r, false);
            if (fresh > most) {
                most = fresh;
                best = r;
            }
        }
        missing -= meets(c, &best, true);
        for (int f = 0; f < FACTORS; f++) {
            struct kind *kind = &kinds[f][best.value[f]];
            best.word[f] = kind->word[kind->used++ % kind->words];
        }
        c->row = realloc(c->row, (size_t)(c->rows + 1)*sizeof *c->row);
        c->row[c->rows++] = best;
    }
}

static const char *word(const struct row *r, int f)
{
    return r->word[f];
}

/* The layer after the one under test, of network `number`. */
static const char *after(const struct row *r, int number)
{
    for (size_t k = 0; k < sizeof alike / sizeof *alike; k++)
        if (!strcmp(word(r, AFTER), alike[k].kind))
            return alike[k].word[number % alike[k].count];
    return word(r, AFTER);
}

/* The numbers of "HxW". */
static void sides(const char *s, int *h, int *w)
{
    cr_assert_eq(sscanf(s, "%dx%d", h, w), 2, "%s", s);
}

static void write_network(const struct row *r, int number)
{
    char text[1024], conv[200], name[32];
    const char *shape = word(r, SHAPE);
    int groups = atoi(word(r, GROUPED)), dilation = atoi(word(r, DILATION)), h, w, kh, kw;
    bool deconv = !strcmp(shape, "deconv");     /* which has no groups and no dilation */
    sides(word(r, IMAGE), &h, &w);
    int down, across;
    if (sscanf(word(r, STRIDE), "%d,%d", &down, &across) == 1)
        across = down;
    if (deconv && strcmp(word(r, STRIDE), "1")) {   /* a map about as large as it reads */
        h = h / down + 2;
        w = w / across + 2;
    }
    sides(word(r, KERNEL), &kh, &kw);
    if (strcmp(word(r, PAD), "same") && !deconv) {  /* a wider window leaves as much as one of 7 */
        h += (dilation - 1)*(kh - 1) + (kh > 7 ? kh - 7 : 0);
        w += (dilation - 1)*(kw - 1) + (kw > 7 ? kw - 7 : 0);
    }
    /* Padding may make more of a small window's map than a globalmaxpool takes. */
    bool large = !deconv && !strcmp(word(r, PAD), "2") && !strcmp(word(r, STRIDE), "1")
                 && kh*kw < 10 && !strcmp(word(r, POOL), "globalmaxpool");
    int filters = (deconv ? 1 : groups)*atoi(word(r, FILTERS));
    int c = snprintf(conv, sizeof conv, "%s %d %s stride=%s pad=%s", deconv ? "deconv" : "conv",
                     filters, word(r, KERNEL), word(r, STRIDE), word(r, PAD));
    if (!deconv)
        snprintf(conv + c, sizeof conv - (size_t)c, " groups=%d dilation=%d%s", groups, dilation,
                 !strcmp(shape, "bias=no") ? " bias=no" : "");
    bool residual = !strcmp(shape, "residual"), concat = !strcmp(shape, "concat");
    bool gate = !strcmp(shape, "gate"), affine = !strcmp(shape, "affine");
    bool reshape = !strcmp(shape, "reshape");
    int n = snprintf(text, sizeof text, "net c%d\ninput %sx%dx%d\nconv 6 3x3\ntanh\n", number,
                     word(r, CHANNELS), h, w);
    if (residual || concat)     /* the same shape by another way: of the same geometry */
        n += snprintf(text + n, sizeof text - (size_t)n, "%s {\n%s\n%s\n} %s{\n%s\n}\n", shape,
                      conv, after(r, number), residual ? "shortcut " : "", conv);
    else
        n += snprintf(text + n, sizeof text - (size_t)n, "%s\n%s\n", conv, after(r, number));
    if (gate)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "gate {\nglobalavgpool\nconv %d 1x1\nsigmoid\n}\n",
                      groups*atoi(word(r, FILTERS)));
    if (deconv && !strcmp(word(r, POOL), "globalmaxpool"))
        n += snprintf(text + n, sizeof text - (size_t)n, "maxpool 4x4\n");
    n += snprintf(text + n, sizeof text - (size_t)n, "%s%s\n", large ? "maxpool 2x2\n" : "",
                  word(r, POOL));
    if (!strncmp(shape, "upsample", 8))
        n += snprintf(text + n, sizeof text - (size_t)n, "%s\n", shape);
    if (affine)
        n += snprintf(text + n, sizeof text - (size_t)n, "affine %s\n%s\n", word(r, CHANNELS),
                      after(r, number));
    if (reshape)
        n += snprintf(text + n, sizeof text - (size_t)n, "affine (6*%s)\nreshape %sx2x3\n%s\n",
                      word(r, CHANNELS), word(r, CHANNELS), after(r, number));
    snprintf(text + n, sizeof text - (size_t)n, "affine 4\n%s\ntrain\nbatch 5\n", word(r, LOSS));
    snprintf(name, sizeof name, "c%d.net", number);
    write_text(name, text);
}

/* Emits, compiles and checks all networks, CHUNK in a program, on all processors. */
static void check_cover(int strength)
{
    struct cover c;
    make_cover(&c, strength);
    struct run r;
    FILE *jobs = NULL;
    char path[1100];
    snprintf(path, sizeof path, "%s/jobs", shell_dir());
    jobs = fopen(path, "w");
    cr_assert(jobs, "%s", path);
    for (int k = 0; k < c.rows; k += CHUNK) {
        int end = k + CHUNK < c.rows ? k + CHUNK : c.rows;
        fprintf(jobs, "$LATHE emit --dtype f64 --split -o p%d.c", k);
        for (int i = k; i < end; i++) {
            write_network(&c.row[i], i);
            fprintf(jobs, " c%d.net", i);
        }
        fprintf(jobs, " && ${CC:-cc} -Og -I$SOURCE/runtime p%d.c $SOURCE/runtime/liblathe64.a "
                "-o p%d -lm -pthread || exit 1", k, k);
        for (int i = k; i < end; i++)
            /* A batchnorm after an affine layer has no gradients of one image, and of two, which it
            ** makes 1 and -1 whatever they are, hardly more than rounding. */
            fprintf(jobs, "; b=%s; test $b != 1 || ! grep -A1 ^affine c%d.net | "
                    "grep -q ^batchnorm || b=3; "
                    "./p%d gradcheck --network c%d --batch $b --threads 1 --entries 40 "
                    "> c%d.log 2>&1 "
                    "|| { echo FAILED: c%d; cat c%d.net; head -20 c%d.log; }",
                    word(&c.row[i], BATCH), i, k, i, i, i, i, i);
        fprintf(jobs, "; rm -f p%d p%d.c\n", k, k);
    }
    fclose(jobs);
    r = shell("xargs -P $(getconf _NPROCESSORS_ONLN) -d '\\n' -n 1 sh -c < jobs > failed 2>&1; "
              "s=$?; head -200 failed; test $s = 0 -a ! -s failed && ls c*.log | wc -l");
    cr_expect(r.status == 0, "%.6000s", r.output);
    cr_expect_eq(atoi(r.output), c.rows, "%s checks of %d", r.output, c.rows);
    printf("cover: %d networks, %ld combinations of %d\n", c.rows, combinations(&c), strength);
    run_free(&r);
    free(c.row);
    free(c.met);
}

Test(cover, of_every_two_kinds_has_right_gradients, .fini = shell_clean, .timeout = 900)
{
    check_cover(2);
}

Test(cover, of_every_three_values_has_right_gradients, .fini = shell_clean, .timeout = 10800)
{
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    check_cover(3);
}
