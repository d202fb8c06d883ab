/*
** test_outputs.c - files on their way out where somebody else has a part of them, and what they may
** not replace. As a user meets them: test_files.c.
*/
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "file/file.h"
#include "file/output.h"
#include "support/shell.h"
#include "support/skip.h"

/* As one on another machine does, whom the directory's lock does not show. */
Test(outputs, that_another_process_is_writing_name_it, .fini = shell_clean)
{
    char err[ERR_SIZE] = "", words[96];
    int ready[2];
    const char *temporary = in_dir("a.lathe-tmp");
    cr_assert_eq(pipe(ready), 0);
    const pid_t other = fork();
    cr_assert_geq(other, 0);
    if (!other) {
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        const int fd = open(temporary, O_RDWR | O_CREAT, 0666);
        const char failed = fd < 0 || fcntl(fd, F_SETLK, &whole);
        (void)!write(ready[1], &failed, 1);
        pause();
        _exit(0);
    }
    char failed = 1;
    cr_assert(read(ready[0], &failed, 1) == 1 && !failed);
    snprintf(words, sizeof words, "/a: cannot be written: process %ld is writing it", (long)other);
    cr_expect_not(file_write(in_dir("a"), "ours", 4, err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
    kill(other, SIGKILL);
    cr_assert_eq(waitpid(other, NULL, 0), other);
    cr_expect(file_write(in_dir("a"), "ours", 4, err), "%s", err);
    sure("test \"$(cat a)\" = ours && test \"$(ls)\" = a");
}

Test(outputs, are_not_written_where_a_directory_has_the_temporary_name, .fini = shell_clean)
{
    char err[ERR_SIZE] = "";
    sure("mkdir -p a.lathe-tmp/theirs && echo old > a");
    cr_expect_not(file_write(in_dir("a"), "new", 3, err));
    cr_expect(strstr(err, "/a: cannot be written: Is a directory"), "%s", err);
    sure("test -d a.lathe-tmp/theirs && test \"$(cat a)\" = old");
}

Test(outputs, are_sixteen_at_once, .fini = shell_clean)
{
    char err[ERR_SIZE] = "", name[32];
    for (int k = 0; k < 16; k++) {
        snprintf(name, sizeof name, "out%d", k);
        const struct output o = { in_dir(name), OUTPUT_HISTORY, "--history", false };
        cr_assert(output_claim(&o, err), "%s", err);
    }
    const struct output more = { in_dir("more"), OUTPUT_HISTORY, "--history", false };
    cr_expect_not(output_claim(&more, err));
    cr_expect(strstr(err, "/more: cannot be written: too many files at once"), "%s", err);
    cr_expect_not(file_write(in_dir("more"), "x", 1, err));
    cr_expect(strstr(err, "/more: cannot be written: too many files at once"), "%s", err);
    output_release(in_dir("out7"));
    cr_expect(output_claim(&more, err), "%s", err);
}

Test(outputs, through_links_in_a_circle_are_refused, .fini = shell_clean)
{
    char err[ERR_SIZE] = "";
    sure("ln -s b a && ln -s a b");
    cr_expect_not(file_write(in_dir("a"), "x", 1, err));
    cr_expect(strstr(err, "/a: cannot be written: Too many levels of symbolic links"), "%s", err);
    sure("test -L a && test -L b && test $(ls | wc -l) = 2");
}

/* A file as any other, of a process' memory: nothing is at its beginning. */
Test(file, that_cannot_be_read_says_why)
{
    char err[ERR_SIZE] = "";
    size_t size;
    if (access("/proc/self/mem", R_OK))
        skip_test("no /proc/self/mem");
    cr_expect_null(file_read("/proc/self/mem", &size, err));
    cr_expect_str_eq(err, "/proc/self/mem: cannot be read: Input/output error");
}

/* What is no file of its own may be read and written to: a stream has no contents to lose. */
Test(outputs, to_a_device_that_was_read_are_no_loss)
{
    char err[ERR_SIZE] = "";
    size_t size = 1;
    char *text = file_read("/dev/null", &size, err);
    cr_assert(text && size == 0, "%s", err);
    const struct output o = { "/dev/null", OUTPUT_HISTORY, "--history", false };
    cr_expect(output_claim(&o, err), "%s", err);
}
