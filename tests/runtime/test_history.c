/*
** test_history.c - the history's file and its spool, and files on their way. Whole runs:
** test_solver.c, test_resume.c; as a user meets them: test_files.c.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "file/file.h"
#include "file/output.h"
#include "page/history.h"
#include "support/shell.h"

static void add(struct history *h, size_t rows)
{
    for (size_t k = 0; k < rows; k++) {
        cr_assert(history_add(h, (long)(h->count/100), 2 + sin((double)h->count), 1e-3));
        if (h->count % 7 == 0)
            history_check(h, 0.25, 0.5);
    }
}

static void begin(struct history *h)
{
    char err[ERR_SIZE];
    cr_assert(history_open(h, in_dir("h"), err), "%s", err);
}

/* What a history of so many rows is, written at once. */
static void write_whole(const char *name, size_t rows)
{
    struct history h;
    char err[ERR_SIZE];
    begin(&h);
    add(&h, rows);
    cr_assert(history_save(&h, in_dir(name), true, err), "%s", err);
    history_close(&h);
}

Test(history, written_row_by_row_is_the_same_file_that_grows, .fini = shell_clean)
{
    struct history h;
    struct stat first, st;
    char err[ERR_SIZE];
    begin(&h);
    for (size_t k = 0; k < 300; k++) {
        add(&h, k % 50);
        cr_assert(history_save(&h, in_dir("h"), k == 299, err), "%s", err);
        cr_assert(stat(in_dir("h"), k < 2 ? &first : &st) == 0 || k == 0);
    }
    cr_expect_eq(first.st_ino, st.st_ino, "it was replaced, not added to");
    write_whole("whole", h.count);
    history_close(&h);
    sure("cmp h whole && test $(wc -l < h) = 7351 && ! ls | grep lathe");
}

/* Removed, replaced, cut, added to, by whomever. */
Test(history, that_somebody_changed_is_written_anew, .fini = shell_clean)
{
    static const char *const changes[] = { "rm h", "echo x > y && mv y h", ": > h", "echo x >> h",
                                           "cp h y && mv y h && echo 1 >> h" };
    struct history h;
    char err[ERR_SIZE];
    begin(&h);
    for (size_t k = 0; k < sizeof changes / sizeof *changes; k++) {
        add(&h, 20);
        cr_assert(history_save(&h, in_dir("h"), false, err), "%s", err);
        sure(changes[k]);
        add(&h, 1);
        cr_assert(history_save(&h, in_dir("h"), false, err), "%s", err);
        write_whole("whole", h.count);
        sure("cmp h whole");
    }
    history_close(&h);
}

static size_t anonymous_kib(void)
{
    char line[256];
    size_t kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "RssAnon: %zu", &kib);
    if (f)
        fclose(f);
    return kib;
}

Test(history, of_a_million_iterations_takes_no_more_memory_than_a_short_one, .fini = shell_clean)
{
    struct history h;
    begin(&h);
    add(&h, 10000);
    size_t before = anonymous_kib(), room = h.room;
    add(&h, 990000);
    const struct history_row *row = history_rows(&h);
    cr_assert(row);
    for (size_t k = 0; k < h.count; k += 1111)
        cr_assert(row[k].loss == 2 + sin((double)k) && row[k].epoch == (double)(k/100), "%zu", k);
    cr_expect_eq(h.room, room);
    cr_expect_lt(anonymous_kib(), before + 1024);
    history_close(&h);
    sure("test -z \"$(ls -A)\"");
}

/* Neither its spool nor its file: it stays in memory, and is whole when there is room again. */
Test(history, outlives_a_full_disk, .fini = shell_clean)
{
    struct history h;
    struct rlimit whole, none;
    char err[ERR_SIZE];
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(getrlimit(RLIMIT_FSIZE, &whole) == 0);
    none = whole;
    none.rlim_cur = 10000;
    begin(&h);
    add(&h, 20);
    cr_assert(history_save(&h, in_dir("h"), false, err), "%s", err);
    cr_assert(setrlimit(RLIMIT_FSIZE, &none) == 0);
    add(&h, 20000);
    cr_expect_not(history_save(&h, in_dir("h"), false, err));
    cr_expect(strstr(err, "/h: cannot be written: File too large"), "%s", err);
    cr_assert(setrlimit(RLIMIT_FSIZE, &whole) == 0);
    write_whole("part", 20);
    sure("cmp h part");             /* no half of a row */
    add(&h, 1);
    cr_assert(history_save(&h, in_dir("h"), true, err), "%s", err);
    write_whole("whole", h.count);
    history_close(&h);
    sure("cmp h whole && ! ls | grep lathe");
}

/* ---- files on their way ---- */

Test(output, on_its_way_is_removed_when_a_signal_ends_the_process, .fini = shell_clean)
{
    struct output_file f;
    char err[ERR_SIZE];
    write_text("a", "old");
    cr_assert(output_start(&f, in_dir("a"), err), "%s", err);
    output_put(&f, "half", 4);
    sure("test \"$(ls | tr '\\n' ' ')\" = 'a a.lathe-tmp '");
    output_clean();
    sure("test \"$(cat a; ls)\" = olda");
    cr_expect_not(output_finish(&f, false, err));
    sure("test \"$(cat a; ls)\" = olda");
}

Test(output, that_is_released_may_be_claimed_again, .fini = shell_clean)
{
    char err[ERR_SIZE];
    const struct output o = { in_dir("a"), OUTPUT_HISTORY, "--history", false };
    const struct output again = { in_dir("./a"), OUTPUT_HISTORY, "--report", false };
    for (int k = 0; k < 100; k++) {
        cr_assert(output_claim(&o, err), "%d: %s", k, err);
        cr_expect_not(output_claim(&again, err));
        cr_expect(strstr(err, "--history and --report are the same file"), "%s", err);
        output_release(o.path);
    }
}

Test(output, that_was_read_is_not_replaced, .fini = shell_clean)
{
    char err[ERR_SIZE];
    size_t size;
    struct output o = { in_dir("a"), OUTPUT_HISTORY, "--history", false };
    write_text("a", "iteration,epoch,loss,lr,train_acc,val_acc\n");
    cr_assert(output_claim(&o, err), "%s", err);
    output_release(o.path);
    free(file_read(in_dir("a"), &size, err));
    cr_expect_not(output_claim(&o, err));
    cr_expect(strstr(err, "a: is read by this command; name another file with --history"), "%s",
              err);
    o.goes_on = true;
    cr_expect(output_claim(&o, err), "%s", err);
}
