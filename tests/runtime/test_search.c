/*
** test_search.c - what a search tries, and that it goes on from its record.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "file/run_line.h"
#include "support/shell.h"
#include "train/search.h"

static struct search ranges(long runs)
{
    struct search s = { .low = { 1e-5, 1e-4 }, .high = { 1e-1, 1e-1 }, .runs = runs, .seed = 3 };
    snprintf(s.settings, sizeof s.settings, "test runs=%ld", runs);
    return s;
}

/* Best at lr 1e-3, reg 1e-2: an accuracy that falls with the distance in the logarithm. */
static struct search_run result(const double value[SEARCH_AXES])
{
    struct search_run r = { .value = { value[0], value[1] } };
    r.val_check = 1 / (1 + fabs(log10(value[0] / 1e-3)) + fabs(log10(value[1] / 1e-2)));
    r.loss = 1 - r.val_check;
    return r;
}

static void run(struct search *s, const char *path, long until)
{
    char err[ERR_SIZE];
    double value[SEARCH_AXES];
    while (s->ndone < until) {
        search_next(s, value);
        cr_assert(search_add(s, path, result(value), err), "%s", err);
    }
}

Test(search, narrows_around_the_best)
{
    struct search s = ranges(64);
    char err[ERR_SIZE];
    double low[SEARCH_AXES] = { 1, 1 }, high[SEARCH_AXES] = { 0 };
    cr_assert(search_open(&s, NULL, err), "%s", err);
    run(&s, NULL, 64);
    for (long k = 0; k < 32; k++)
        for (int a = 0; a < SEARCH_AXES; a++) {
            low[a] = fmin(low[a], s.done[k].value[a]);
            high[a] = fmax(high[a], s.done[k].value[a]);
            cr_expect(s.done[k].value[a] >= s.low[a] && s.done[k].value[a] <= s.high[a]);
        }
    for (int a = 0; a < SEARCH_AXES; a++)   /* log-uniform: both ends are seen */
        cr_expect(low[a] < s.low[a]*4 && high[a] > s.high[a] / 4, "axis %d: %g to %g", a, low[a],
                  high[a]);
    for (long k = 48; k < 64; k++) {
        cr_expect(fabs(log10(s.done[k].value[SEARCH_LR] / 1e-3)) < 0.6);
        cr_expect(fabs(log10(s.done[k].value[SEARCH_REG] / 1e-2)) < 0.6);
    }
    cr_expect_gt(s.done[search_best(&s)].val_check, 0.9);
    search_close(&s);
}

Test(search, leaves_a_fixed_axis_alone)
{
    struct search s = ranges(8);
    char err[ERR_SIZE];
    s.low[SEARCH_REG] = s.high[SEARCH_REG] = 0.25;
    cr_assert(search_open(&s, NULL, err), "%s", err);
    run(&s, NULL, 8);
    for (long k = 0; k < 8; k++)
        cr_expect_eq(s.done[k].value[SEARCH_REG], 0.25);
    search_close(&s);
}

Test(search, goes_on_from_its_record, .fini = shell_clean)
{
    struct search whole = ranges(12), first = ranges(12), second = ranges(12);
    char err[ERR_SIZE], path[1100];
    snprintf(path, sizeof path, "%s/record.csv", shell_dir());
    cr_assert(search_open(&whole, NULL, err));
    run(&whole, NULL, 12);
    cr_assert(search_open(&first, path, err), "%s", err);
    run(&first, path, 7);
    cr_assert(search_open(&second, path, err), "%s", err);
    cr_expect_eq(second.ndone, 7);
    run(&second, path, 12);
    for (long k = 0; k < 12; k++)
        cr_expect_eq(memcmp(whole.done[k].value, second.done[k].value, sizeof whole.done->value),
                     0, "run %ld: %g, not %g", k, second.done[k].value[0], whole.done[k].value[0]);
    search_close(&whole);
    search_close(&first);
    search_close(&second);
}

static void expect_refused(const char *text, const char *words)
{
    struct search s = ranges(2);
    char err[ERR_SIZE] = "", path[1100];
    snprintf(path, sizeof path, "%s/record.csv", shell_dir());
    write_text("record.csv", text);
    cr_expect_not(search_open(&s, path, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
    search_close(&s);
}

/* As Windows' editors and git's autocrlf leave it. */
Test(search, goes_on_from_a_record_in_crlf, .fini = shell_clean)
{
    struct search s = ranges(2);
    char err[ERR_SIZE] = "", path[1100];
    snprintf(path, sizeof path, "%s/record.csv", shell_dir());
    write_text("record.csv", "# test runs=2\r\nrun,lr,reg,val_acc,loss\r\n1,0.5,1,0.5,1\r\n"
               "2,0.25,1,0.5,nan\r\n");
    cr_assert(search_open(&s, path, err), "%s", err);
    cr_expect(s.ndone == 2 && s.done[1].value[0] == 0.25);
    search_close(&s);
}

Test(search, refuses_other_and_damaged_records, .fini = shell_clean)
{
#define HEAD "# test runs=2\nrun,lr,reg,val_acc,loss\n"
    expect_refused("# test runs=3\nrun,lr,reg,val_acc,loss\n", "line 1: a search of other");
    expect_refused("", "line 1");
    expect_refused("# test runs=2\nrun,lr\n", "line 2");
    expect_refused(HEAD "1,0.1,0.1,0.5\n", "line 3: expected 1,LR");
    expect_refused(HEAD "2,0.1,0.1,0.5,1\n", "line 3: expected 1,LR");
    expect_refused(HEAD "1,0.1,0.1,0.5,1x\n", "line 3");
    expect_refused(HEAD "1,0.1,0.1,0.5,1\rx\n", "line 3");
    expect_refused(HEAD "1,1,1,0.5,1\n2,1,1,0.5,nan\n3,1,1,0.5,1\n", "line 5: more than 2");
}

/* ---- lines of a list ---- */

Test(run_line, is_one_command_and_no_more_or_none)
{
    static const struct { const char *line, *command; } lines[] = {
        { "cd /a && ./p train --lr 1", "./p train --lr 1" },
        { "cd 'a b'  &&  ./p train --data a\\ b\\&c", "./p train --data a\\ b\\&c" },
        { "cd a && ./p train --tag 'x;y|z' \"<>\"", "./p train --tag 'x;y|z' \"<>\"" },
        { "cd a && ./p train \\", NULL }, { "cd a && ./p train; rm x", NULL },
        { "cd a && ./p > x", NULL }, { "cd a && X=1 ./p", NULL },
        { "cd a; ./p", NULL }, { "ls a && ./p", NULL }, { "cd a", NULL },
    };
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        const char *command = run_line_command(lines[k].line);
        cr_expect(lines[k].command ? command && !strcmp(command, lines[k].command) : !command,
                  "%s: %s", lines[k].line, command ? command : "none");
    }
}
