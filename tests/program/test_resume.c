/*
** test_resume.c - runs that are stopped, killed and go on, as a user meets them: they must end
** with the bytes of a run that never stopped. And the bar, on terminals of any width.
** LATHE_TEST_ALL=1 kills a hundred times. No test depends on where a signal meets a run.
*/
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/skip.h"

/* The programs of tests/resume/NET.net for this CPU and for none, as NET_native, NET_scalar. */
static void make(const char *net)
{
    struct run r = shell("for isa in native scalar; do "
                         "ln -s $(dirname $LATHE)/tests/resume_%s_$isa %s_$isa && ./%s_$isa --help "
                         "> help || exit 1; done", net, net, net);
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
}

#define DATA "--data synthetic --train-samples 70 --val-samples 40 "

/* ---- stopped at a known iteration: 10 or 15 of 25, an epoch has 10 ---- */

/* A run of 25 iterations, and one of `stop` that goes on to 25 on another instruction set and
** other threads: histories, parameters and checkpoints must be the same bytes. */
static void compare(const char *net, const char *options, int stop)
{
    struct run r = shell(
        "o='" DATA "--check-every 5 %s'; "
        "./%s_native train $o --iterations 25 --threads 2 --checkpoint-every 5 "
        "  --checkpoint a --history a.csv --params a.st > a.txt && "
        "./%s_native train $o --iterations %d --threads 1 --checkpoint-every 5 "
        "  --checkpoint b --history b.csv --params b.st > b.txt && "
        "./%s_scalar train --resume b --iterations 25 --threads 3 --history c.csv "
        "  --params c.st > c.txt && "
        "cmp a.csv c.csv && cmp a.st c.st && cmp a b && "
        "grep '^(' a.txt | sed 's/ [/] [0-9.]*)/)/' > a.lines && "
        "grep -h '^(' b.txt c.txt | sed 's/ [/] [0-9.]*)/)/' | cmp - a.lines",
        options, net, net, stop, net);
    cr_expect(r.status == 0, "%s %s: %s", net, options, r.output);
    run_free(&r);
}

Test(resume, goes_on_with_the_same_bytes_for_every_optimizer, .fini = shell_clean)
{
    static const char *const optimizers[] = { "sgd", "momentum", "nesterov", "adagrad",
                                              "rmsprop", "adam", "adamw" };
    make("deep");
    for (size_t k = 0; k < sizeof optimizers / sizeof *optimizers; k++) {
        char options[160];
        snprintf(options, sizeof options, "--optimizer %s --average ema --average-rate 0.9 "
                 "--lr-decay 0.9", optimizers[k]);
        compare("deep", options, 15);
    }
    compare("deep", "--average lookahead --average-every 4 --clip 0.5 --sample replacement "
            "--schedule step --step-epochs 0.7 --step-factor 0.5 --warmup 0.4", 15);
    compare("deep", "--preprocess scale --patience 100 --seed 3", 10);
}

Test(resume, goes_on_with_what_a_network_file_sets_for_some_parameters, .fini = shell_clean)
{
    make("groups");
    compare("groups", "--schedule constant --average ema --clip 10", 15);
}

Test(resume, trains_longer_than_was_planned, .fini = shell_clean)
{
    make("deep");
    sure("o='" DATA "--lr 0 --check-every 5'; "
         "./deep_native train $o --epochs 9 --patience 4 --history a.csv --no-save > a && "
         "grep -q ', stopped at iteration 35' a && "
         "./deep_native train $o --epochs 9 --patience 2 --checkpoint c --no-save > b && "
         "grep -q ', stopped at iteration 25' b && "
         "./deep_native train --resume c --patience 4 --history b.csv --no-save > b && "
         "cmp a.csv b.csv && "
         "./deep_native train --resume c --no-save | grep -q ', stopped at iteration 35'");
    /* A schedule that depends on the length is stretched, and that is said. */
    sure("./deep_native train " DATA "--epochs 2 --schedule cosine --checkpoint c --no-save > a && "
         "./deep_native train --resume c --epochs 3 --no-save > b && "
         "grep -q 'the cosine schedule now spans 30 iterations, not 20' b && "
         "./deep_native train --resume c --epochs 3 --no-save | grep -q 'after iteration 30 of'");
}

Test(resume, refuses_what_contradicts_the_checkpoint, .fini = shell_clean)
{
    make("deep");
    sure("./deep_native train " DATA "--epochs 1 --lr 0.02 --checkpoint c > a && cp c kept");
    fails(2, "--lr is 0.02 in the run of c, and 0.03 here", "./deep_native train --resume c "
          "--lr 0.03");
    fails(2, "--optimizer is sgd in the run of c, and adam", "./deep_native train --resume c "
          "--optimizer adam");
    fails(2, "--cutout is 3 in the run of c, and 0 here", "./deep_native train --resume c "
          "--cutout 0");
    fails(2, "--average-rate is not set in the run of c", "./deep_native train --resume c "
          "--average-rate 0.5");
    fails(2, "same file, c", "./deep_native train --resume c --params c");
    fails(1, "10 iterations are done, and the run is to have 3", "./deep_native train --resume c "
          "--iterations 3");
    fails(1, "no training state, only parameters", "./deep_native train --resume deep.safetensors");
    fails(1, "nowhere: cannot be opened", "./deep_native train --resume nowhere");
    fails(2, "--resume needs a value", "./deep_native train --resume");
    sure("head -c 9000 c > cut; cp c bad; printf x | dd of=bad bs=1 seek=9000 conv=notrunc "
         "2> /dev/null");
    fails(1, "cut: ", "./deep_native train --resume cut");
    fails(1, "bad: damaged: its checksum", "./deep_native train --resume bad");
    sure("sed 's/affine 9/affine 8/' $SOURCE/tests/resume/deep.net > other.net && "
         "$LATHE emit other.net --isa scalar --split -o o.c && "
         "$LATHE emit $SOURCE/tests/resume/deep.net --isa scalar --dtype f64 --split -o d.c && "
         "${CC:-cc} -O0 -I$SOURCE/runtime o.c $SOURCE/runtime/liblathe.a -o other -lm -pthread && "
         "${CC:-cc} -O0 -I$SOURCE/runtime d.c $SOURCE/runtime/liblathe64.a -o double -lm -pthread");
    fails(1, "c: parameters of another network: line 8 of its layers", "./other train --resume c");
    fails(1, "c: a run in f32, this program computes in f64; build it with --dtype f32",
          "./double train --resume c");
    sure("cmp c kept && ./deep_native train --resume c --lr 0.02 --epochs 2 --seed 1 --threads 1 "
         "--quiet && ./deep_native eval --params c --data synthetic --val-samples 40");
}

/* ---- stopped by a signal ---- */

/* Starts a command in the test's directory: stdout goes to `to` or, where that is negative, with
** stderr to the file `out`; without a file both go to `to`. Ctrl-C is ignored or it is not, and
** nothing else (as under nohup), whatever started the tests. */
static pid_t start(const char *command, const char *out, int to, bool ignores)
{
    char whole[1200], path[256];
    snprintf(path, sizeof path, "%s/%s", shell_dir(), out ? out : "");
    snprintf(whole, sizeof whole, "cd $DIR && exec %s", command);
    if (out)
        unlink(path);           /* an earlier one's output must not be taken for this one's */
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child > 0)
        return child;
    signal(SIGINT, ignores ? SIG_IGN : SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    int fd = out ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : to;
    if (fd < 0 || dup2(to < 0 ? fd : to, 1) < 0 || dup2(fd, 2) < 0)
        _exit(127);
    execl("/bin/sh", "sh", "-c", whole, (char *)NULL);
    _exit(127);
}

static void wait_a_moment(long microseconds)
{
    const struct timespec t = { microseconds/1000000, microseconds % 1000000*1000 };
    nanosleep(&t, NULL);
}

static int ended(pid_t child)
{
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

/* A run that has begun and cannot end: it waits for somebody to read its many lines. */
struct begun { pid_t child; int lines; };

static struct begun begin(const char *command, bool ignores)
{
    int ends[2];
    char text[1 << 14] = "";
    size_t length = 0;
    cr_assert_eq(pipe(ends), 0);
    struct begun b = { start(command, "log", ends[1], ignores), ends[0] };
    close(ends[1]);
    while (!strstr(text, "(Iteration ")) {
        ssize_t n = read(b.lines, text + length, sizeof text - length - 1);
        cr_assert(n > 0, "%.1500s", text);
        length += (size_t)n;
        text[length] = '\0';
    }
    return b;
}

/* Reads the rest of its lines, and waits for its end. */
static int end(struct begun b)
{
    char text[1 << 14];
    while (read(b.lines, text, sizeof text) > 0)
        continue;
    close(b.lines);
    return ended(b.child);
}

/* Ends a run by `signal`; expects how it ends. */
static void stop(const char *command, int signal)
{
    struct begun b = begin(command, false);
    kill(b.child, signal);
    int status = end(b);
    struct run r = shell("cat log");
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal, "status %d: %s", status,
              r.output);
    run_free(&r);
}

/* Lines for many times what a pipe holds. */
#define MANY DATA "--train-samples 7000 --epochs 8 --print-every 1 "

/* The command that is printed goes on; a second stop, and it still ends with the same bytes. */
Test(interrupt, is_gone_on_from_with_the_command_that_it_prints, .fini = shell_clean)
{
    make("deep");
    sure("./deep_native train " MANY "--history a.csv --params a.st --threads 1 > a");
    stop("./deep_native train " MANY "--history 'b c.csv' --params b.safetensors --threads 1",
         SIGINT);
    sure("grep -q 'stopped by SIGINT after iteration [0-9]* of 8000; the run.s whole state is in "
         "b.checkpoint.safetensors' log && grep -q '^to go on:$' log && tail -1 log > command");
    /* Nothing of a terminal's in what is no terminal. */
    sure("! grep -q \"$(printf '[\\033\\r]')\" log");
    struct run command = shell("cat command");
    stop(command.output, SIGINT);
    run_free(&command);
    sure("tail -1 log | cmp - command && sh command > log && cmp a.csv 'b c.csv' && "
         "cmp a.st b.safetensors && grep -q 'going on after iteration' log");
}

Test(interrupt, by_sigterm_and_sighup_is_the_same, .fini = shell_clean)
{
    make("deep");
    stop("./deep_native train " MANY "--params p", SIGTERM);
    sure("grep -q 'stopped by SIGTERM' log");
    stop("./deep_native train " MANY "--params p", SIGHUP);
    sure("./deep_native eval --params p.checkpoint.safetensors --data synthetic --val-samples 40");
}

/* Both signals wait while the only thread is stopped: the first is noted, the second ends it. */
Test(interrupt, twice_ends_at_once, .fini = shell_clean)
{
    make("deep");
    struct begun b = begin("./deep_native train " MANY "--threads 1", false);
    kill(b.child, SIGSTOP);
    kill(b.child, SIGINT);
    kill(b.child, SIGTERM);
    kill(b.child, SIGCONT);
    int status = end(b);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "status %d", status);
}

Test(interrupt, that_is_ignored_stays_ignored, .fini = shell_clean)
{
    make("deep");
    struct begun b = begin("./deep_native train " MANY "--no-save", true);
    kill(b.child, SIGINT);
    int status = end(b);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    b = begin("./deep_native train " MANY "--params p", true);
    kill(b.child, SIGINT);
    status = end(b);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

/* ---- killed ---- */

/* Kills the run `kills` times, each time `most` microseconds into it at the latest, goes on from
** what there is, and lets the last one end. Counts who died before its end, and who of them
** while it wrote. */
struct deaths { int all, writing; };
static struct deaths kill_and_go_on(const char *net, const char *options, int kills, unsigned most)
{
    char command[512];
    struct deaths deaths = { 0, 0 };
    unsigned noise = 1;
    for (int k = 0; k <= kills; k++) {
        struct run begun = shell("test -e c");
        if (begun.status == 0)
            snprintf(command, sizeof command, "./%s_native train --resume c --history b.csv "
                     "--params b.st --threads %d", net, 1 + k % 3);
        else
            snprintf(command, sizeof command, "./%s_native train " DATA "%s --checkpoint c "
                     "--checkpoint-every 1 --history b.csv --params b.st", net, options);
        run_free(&begun);
        pid_t child = start(command, "log", -1, false);
        noise = noise*1664525u + 1013904223u;
        if (k < kills) {
            wait_a_moment(1000 + (long)(noise >> 8) % (long)most);
            kill(child, SIGKILL);
        }
        int status = ended(child);
        struct run left = shell("cat log; test -e c.lathe-tmp && exit 3");
        deaths.all += WIFSIGNALED(status);
        deaths.writing += left.status == 3;
        cr_assert(k < kills || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "life %d: %s", k,
                  left.output);
        run_free(&left);
    }
    return deaths;
}

/* `few` kills, 100 in make test-all, or $KILLS; of a run that lasts longer than they do. */
static void kill_many(const char *net, const char *more, int few, unsigned most)
{
    const bool all = getenv("LATHE_TEST_ALL") != NULL;
    const int kills = getenv("KILLS") ? atoi(getenv("KILLS")) : all ? 100 : few;
    char options[128];
    snprintf(options, sizeof options, "--epochs %d %s", kills > few ? 5*kills : 2*few - 2, more);
    make(net);
    struct run r = shell("./%s_native train " DATA "%s --history a.csv --params a.st > log", net,
                         options);
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
    struct deaths deaths = kill_and_go_on(net, options, kills, most);
    if (kills > few)
        fprintf(stderr, "%s: %d runs killed, %d of them during a write\n", net, deaths.all,
                deaths.writing);
    sure("cmp a.csv b.csv && cmp a.st b.st && ! test -e c.lathe-tmp && "
         "test \"$(ls | grep -c lathe-tmp)\" = 0");
}

Test(killed, at_any_moment_a_run_ends_with_the_same_bytes, .fini = shell_clean, .timeout = 3600)
{
    kill_many("deep", "--schedule cosine --optimizer adam --average ema", 6, 50000);
}

Test(killed, with_muon_and_frozen_layers_too, .fini = shell_clean, .timeout = 3600)
{
    kill_many("groups", "", 4, 50000);
}

Test(killed, a_run_whose_loss_becomes_nan_leaves_a_good_checkpoint, .fini = shell_clean)
{
    make("deep");
    fails(1, "the checkpoint of iteration", "./deep_native train " DATA "--lr 1 --reg 100 "
          "--epochs 9 --checkpoint c --checkpoint-every 1 2> one; s=$?; cat one; exit $s");
    fails(1, "training stopped", "./deep_native train --resume c 2> two; s=$?; cat two; exit $s");
    sure("./deep_native eval --params c --data synthetic --val-samples 40; "
         "sed 's/;.*//' one > a && sed 's/;.*//' two | cmp - a");
}

/* ---- the bar, on a terminal ---- */

/* Everything that a command writes to a terminal of so many columns. */
static char *on_terminal(const char *command, unsigned short columns)
{
    const struct winsize size = { .ws_row = 24, .ws_col = columns };
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master))
        skip_test("no pseudo-terminal: %s", strerror(errno));
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert(slave >= 0 && !ioctl(slave, TIOCSWINSZ, &size));
    pid_t child = start(command, NULL, slave, false);
    close(slave);
    size_t space = 1 << 20, length = 0;
    char *text = malloc(space);
    cr_assert(text);
    for (;;) {
        ssize_t n = read(master, text + length, space - length - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)         /* EIO: nobody has it open any more */
            break;
        length += (size_t)n;
        cr_assert_lt(length, space - 1);
    }
    text[length] = '\0';
    close(master);
    ended(child);
    return text;
}

/* Takes escape sequences out; the longest bar of the text, which is left in `bar`. */
static size_t widest(char *text, char *bar, size_t size)
{
    char *to = text;
    size_t most = 0;
    for (const char *s = text; *s; s++)
        if (*s == '\033') {
            s += strcspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
            if (!*s)
                break;
        } else {
            *to++ = *s;
        }
    *to = '\0';
    *bar = '\0';
    for (char *s = strtok(text, "\r\n"); s; s = strtok(NULL, "\r\n"))
        if (strchr(s, '%') && strlen(s) >= most) {
            most = strlen(s);
            snprintf(bar, size, "%s", s);
        }
    return most;
}

/* A line brings the bar back at once: no clock decides whether there is one. */
#define LINES "./deep_native train " DATA "--epochs 5 --no-save"

Test(bar, fits_terminals_of_any_width, .fini = shell_clean)
{
    static const unsigned short widths[] = { 20, 40, 60, 80, 200 };
    make("deep");
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
        char bar[256];
        char *text = on_terminal("env -u NO_COLOR TERM=xterm " LINES, widths[k]);
        size_t width = widest(text, bar, sizeof bar);
        cr_expect_lt(width, widths[k], "%s", bar);
        cr_expect_lt(width, 80, "%s", bar);
        cr_expect(strstr(bar, " left") || widths[k] < 20, "%d: %s", widths[k], bar);
        cr_expect(strstr(bar, "loss ") || widths[k] < 40, "%d: %s", widths[k], bar);
        if (widths[k] >= 80) {
            cr_expect_geq(width, 70, "%s", bar);
            cr_expect(strstr(bar, "epoch ") && strstr(bar, "val 0.") && strstr(bar, " images/s")
                      && bar[0] == '[' && strchr(bar, ']'), "%s", bar);
        }
        free(text);
    }
}

/* A run that is to last for days, and stops where no check is better. */
Test(bar, has_hours_where_minutes_are_many, .fini = shell_clean)
{
    char bar[256];
    make("deep");
    char *text = on_terminal("env NO_COLOR=1 TERM=xterm ./deep_native train " DATA "--no-save "
                             "--lr 0 --check-every 1 --patience 2 --iterations 1000000000", 80);
    (void)widest(text, bar, sizeof bar);
    const char *left = strstr(bar, " left");
    cr_assert(left, "%s", bar);
    while (left > bar && left[-1] != ' ')
        left--;
    int hours = 0, minutes = -1, taken = 0;
    cr_expect(sscanf(left, "%dh%2dm left%n", &hours, &minutes, &taken) == 2 && taken > 0
              && hours > 0 && minutes >= 0 && minutes < 60, "%s", left);
    free(text);
}

Test(bar, is_coloured_unless_no_color_says_otherwise, .fini = shell_clean)
{
    make("deep");
    char *text = on_terminal("env -u NO_COLOR TERM=xterm " LINES, 80);
    cr_expect(strstr(text, "\033[36m"), "%.400s", text);
    free(text);
    text = on_terminal("env NO_COLOR=1 TERM=xterm " LINES, 80);
    cr_expect(strstr(text, "% ") && strstr(text, "left"), "%.400s", text);
    for (const char *s = text; (s = strstr(s, "\033[")); s++)
        cr_expect(s[2] == 'K', "%.20s", s + 1);
    free(text);
    text = on_terminal("env TERM=dumb " LINES, 80);
    cr_expect_not(strstr(text, "left"), "%.400s", text);
    free(text);
}
