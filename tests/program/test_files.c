/*
** test_files.c - what lathe and its programs write, as a user meets it: what is never replaced,
** who may write when, and what is left when nothing can be written. Root, too, is bound by the
** limits that are set here. The program is tests/resume/deep.net's.
*/
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/skip.h"

static const char source[] = "net h\ninput 1x8x8\naffine 2\nsoftmax\n";

/* A compiler that has its program ready. */
#define BUILD "CC=$DIR/cc $LATHE build h.net "

static void make(void)
{
    write_text("h.net", source);
    write_text("cc", "#!/bin/sh\nuntil [ \"$1\" = -o ]; do shift; done\ncp -L $DIR/deep \"$2\"\n");
    sure("ln -s $(dirname $LATHE)/tests/resume_deep_native deep && chmod +x cc");
}

#define DATA "--data synthetic --train-samples 70 --val-samples 40 "
#define TRAIN "./deep train " DATA "--threads 1 --quiet "

/* ---- what is never replaced ---- */

Test(outputs, are_never_the_network_file_that_is_read, .fini = shell_clean)
{
    static const char *const commands[] = {
        "$LATHE emit h.net -o h.net", "$LATHE emit h.net -o ./h.net",
        "$LATHE emit ./h.net -o $DIR/h.net", "$LATHE emit h.net --split -o link.net",
        "$LATHE emit link.net -o h.net", "$LATHE emit h.net -o hard.net",
        "$LATHE show h.net -o h.net", "$LATHE show h.net --html -o h.net",
        "$LATHE build h.net -o h.net", "$LATHE build h",
        "$LATHE emit /dev/stdin -o h.net < h.net", "$LATHE emit h.net --tune h.tune -o h.tune",
        "LATHE_TEMPLATES=t $LATHE emit h.net -o t/update.c",
    };
    write_text("h.net", source);
    enum { OTHERS = 11 };      /* for these there is another reason, which is said first */
    write_text("h.tune", "net h scalar f32\n");
    sure("cp h.net h; ln -s h.net link.net; ln h.net hard.net; mkdir kept t; "
         "cp $SOURCE/templates/update.c t; cp h.net h h.tune t/update.c kept");
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        struct run r = shell("%s", commands[k]);
        cr_expect(r.status == 1 && (strstr(r.output, "is read by this command") || k >= OTHERS),
                  "%s: %d %s", commands[k], r.status, r.output);
        run_free(&r);
        r = shell("cmp h.net kept/h.net && cmp h kept/h && cmp h.tune kept/h.tune && "
                  "cmp t/update.c kept/update.c && ! ls -A | grep lathe-tmp");
        cr_assert(r.status == 0, "%s: %s", commands[k], r.output);
        run_free(&r);
    }
}

/* A name that nobody gave, and one that was: only a file of the same kind makes room. */
Test(outputs, of_lathe_replace_only_what_lathe_made, .fini = shell_clean)
{
    make();
    write_text("m.net", "net Makefile\ninput 1x8x8\naffine 2\nsoftmax\n");
    write_text("Makefile", "all:\n");
    fails(1, "Makefile: is there, and no program of Lathe: it is not replaced; remove it, or name "
          "another file with -o", "$LATHE build m.net");
    fails(1, "no C file of Lathe", "$LATHE emit h.net -o Makefile");
    fails(1, "no page of Lathe", "$LATHE show h.net --html -o m.net");
    fails(1, "no table of lathe show", "$LATHE show h.net -o m.net");
    fails(1, "no file of lathe tune", "timeout 5 $LATHE tune h.net -o Makefile");
    fails(1, "no program of Lathe", "$LATHE emit h.net -o h.c && $LATHE build h.net -o h.c");
    sure("test \"$(cat Makefile)\" = all: && grep -q 'net Makefile' m.net");
    fails(1, "no program of Lathe", "cp $LATHE lathe && $LATHE build h.net -o lathe");
    sure(": > empty && $LATHE emit h.net -o empty && grep -q 'Written by lathe' empty");
    sure("for i in 1 2; do $LATHE emit h.net --split -o e.c && $LATHE show h.net --html -o s.html "
         "&& $LATHE show h.net -o s.txt && " BUILD "|| exit 1; "
         "done; ./h --version");
}

Test(outputs, of_a_program_replace_only_what_lathe_made, .fini = shell_clean)
{
    static const struct { const char *option, *what; } outputs[] = {
        { "--params", "parameter file" }, { "--checkpoint", "checkpoint" },
        { "--history", "history" }, { "--report", "page" }, { "--plot", "plot" },
    };
    make();
    sure("echo all: > Makefile && " TRAIN "--iterations 2 --params p --checkpoint c --history h "
         "--report r --plot q && mkdir old && cp p c h r q old");
    for (size_t k = 0; k < 5; k++) {
        char command[256], words[96];
        static const char *const files[] = { "p", "c", "h", "r", "q", "Makefile" };
        for (size_t f = 0; f < 6; f++) {
            snprintf(command, sizeof command, TRAIN "--iterations 2 %s %s%s",
                     outputs[k].option, files[f], k ? " --no-save" : "");
            snprintf(words, sizeof words, "%s: is there, and no %s", files[f], outputs[k].what);
            if (f == k)
                sure(command);
            else
                fails(1, words, command);
        }
    }
    sure("cmp c old/c && cmp p old/p && test \"$(cat Makefile)\" = all:");
    /* Nobody named these two. */
    sure("echo mine > deep.safetensors");
    fails(1, "deep.safetensors: is there, and no parameter file", TRAIN "--iterations 2");
    sure("mv deep.safetensors deep.checkpoint.safetensors && " TRAIN "--iterations 2 2> err && "
         "grep -q 'goes without a checkpoint' err && test \"$(cat deep.checkpoint.safetensors)\" = "
         "mine");
}

Test(outputs, are_never_the_program_that_runs_nor_its_data, .fini = shell_clean)
{
    make();
    sure("cp -L deep own && ln -s own link");
    fails(1, "./own: is the program that runs", "./own train " DATA "--params ./own");
    fails(1, "link: is the program that runs", "./own train " DATA "--no-save --history link");
    fails(1, "own: is the program that runs", "./link train " DATA "--no-save --checkpoint own");
    sure("./own --version && " TRAIN "--iterations 3 --params p && cp p kept");
    fails(1, "p: is read by this command", "./deep dump --params p --x p --y p -o p || "
          TRAIN "--iterations 4 --resume p || echo 'p: is read by this command'; exit 1");
    sure(TRAIN "--iterations 3 --params q --checkpoint c");
    fails(1, "c: is read by this command", TRAIN "--iterations 4 --resume c --checkpoint d "
          "--params c");
    fails(1, "hard: is read by this command", "ln c hard && " TRAIN "--iterations 4 --resume c "
          "--checkpoint d --params hard");
    sure("cmp p kept && " TRAIN "--iterations 4 --resume c");
}

Test(outputs, of_one_command_are_files_of_their_own, .fini = shell_clean)
{
    static const char *const options[] = { "--params", "--checkpoint", "--history", "--report",
                                           "--plot" };
    make();
    sure("mkdir d && ln -s ../f d/link");
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < i; k++) {
            char command[256];
            snprintf(command, sizeof command, TRAIN "%s f %s %s", options[i], options[k],
                     (i + k) % 2 ? "./d/../f" : "d/link");
            fails(2, "are the same file", command);
        }
    fails(1, "is the end of temporary files' names", TRAIN "--params p.lathe-tmp");
    sure("test ! -e f && ! ls -A | grep lathe-tmp");
}

/* ---- links ---- */

Test(outputs, follow_symbolic_links, .fini = shell_clean)
{
    make();
    sure("mkdir far && ln -s far/p p && ln -s far/h h && ln -s $DIR/far/prog prog && "
         "ln -s far/e.c e.c && " TRAIN "--iterations 2 --params p --history h && " TRAIN
         "--iterations 2 --params p --history h --checkpoint c && $LATHE emit h.net -o e.c && "
         "" BUILD "-o prog");
    sure("for f in p h prog e.c; do test -L $f && test -f far/$f || exit 1; done; "
         "./prog --version && ./deep eval --params far/p --data synthetic --val-samples 40 && "
         "! ls -A . far | grep lathe-tmp");
    fails(1, "cannot be written: No such file", "ln -s nowhere/x y; " TRAIN "--params y");
    fails(1, "cannot be written: Too many levels", "ln -s loop loop; " TRAIN "--params loop");
}

/* Another's file under the temporary file's name: the link is removed, the file is not touched. */
Test(outputs, write_through_no_link_at_a_temporary_name, .fini = shell_clean)
{
    make();
    sure("echo precious > a; for f in p h c r q e.c prog; do ln a $f.lathe-tmp; done; "
         TRAIN "--iterations 3 --params p --history h --checkpoint c --report r --plot q && "
         "$LATHE emit h.net -o e.c && " BUILD "-o prog && "
         "test \"$(cat a)\" = precious && ! ls | grep lathe-tmp");
    sure("rm p h; for f in p h; do ln -s a $f.lathe-tmp; done; "
         TRAIN "--iterations 3 --params p --history h && "
         "test \"$(cat a)\" = precious && ! ls | grep lathe-tmp");
    /* What a killed process left is taken over. */
    sure("for f in p h; do echo half > $f.lathe-tmp; done; "
         TRAIN "--iterations 3 --params p --history h && ! ls | grep lathe-tmp");
}

/* As to any other stream: it is not renamed away. */
Test(outputs, to_a_stream_go_there_once, .fini = shell_clean)
{
    make();
    sure("ls -l /dev/stdout > before; $LATHE emit h.net -o /dev/stdout > a.c && "
         "$LATHE emit h.net > b.c && cmp a.c b.c && ls -l /dev/stdout | cmp - before");
    sure(TRAIN "--iterations 30 --check-every 5 --no-save --history a.csv && " TRAIN
         "--iterations 30 --check-every 5 --no-save --history /dev/stdout | grep -v best | "
         "cmp - a.csv");
}

/* ---- two processes ---- */

/* A run that has begun and never ends. */
static pid_t begin(const char *options)
{
    char command[512];
    snprintf(command, sizeof command, "cd $DIR && exec " TRAIN "--iterations 900000000 "
             "--check-every 10 %s 2> log", options);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* As they are by default, also where the tests run in the background or under nohup. */
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    for (int k = 0; k < 6000; k++) {
        struct run r = shell("test -e begun.csv");
        bool begun = r.status == 0;
        run_free(&r);
        if (begun)
            return child;
        nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    }
    cr_assert_fail("the run does not begin");
    return 0;
}

Test(outputs, of_a_run_are_its_own_until_it_ends, .fini = shell_clean, .timeout = 120)
{
    static const char *const others[] = {
        "--params p", "--params $DIR/p", "--checkpoint c --params o", "--resume c0 --checkpoint c",
        "--history begun.csv --params o", "--report link --params o", "--plot q --params o",
    };
    char words[128];
    make();
    sure(TRAIN "--iterations 2 --params o --checkpoint c0 && ln -s r link");
    pid_t child = begin("--params p --checkpoint c --history begun.csv --report r --plot q");
    kill(child, SIGSTOP);
    snprintf(words, sizeof words, "cannot be written: process %ld is writing it", (long)child);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        char command[512];
        snprintf(command, sizeof command, "timeout 10 " TRAIN "--iterations 2 %s", others[k]);
        fails(1, words, command);
    }
    /* r is gone, if it was there: that it is no record would be said first. */
    fails(1, words, "rm -f r; timeout 10 ./deep sweep --record r; exec timeout 10 ./deep sweep "
          DATA "--runs 2 --record none/../p");
    /* Another file in the same folder is nobody's. */
    sure("timeout 20 " TRAIN "--iterations 2 --params other");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sure("timeout 20 " TRAIN "--iterations 2 --params p --checkpoint c --history begun.csv "
         "--report r --plot q && ! ls -A | grep lathe-tmp");
}

Test(outputs, of_a_build_are_its_own_until_it_ends, .fini = shell_clean)
{
    make();
    write_text("slow", "#!/bin/sh\necho $PPID > pid; while test ! -e go; do sleep 0.05; done\n"
               "exec ./cc \"$@\"\n");
    sure("chmod +x slow; (CC=$DIR/slow $LATHE build h.net -o h) & "
         "while test ! -s pid; do sleep 0.02; done; "
         "timeout 10 $LATHE build h.net -o ./h 2> err; s=$?; cat err; "
         "" BUILD "-o h2; touch go; wait; "
         "test $s = 1 && grep -q 'h: cannot be written: process [0-9]* is writing it' err && "
         "./h --version && ./h2 --version && ! ls | grep lathe-tmp");
}

/* ---- nothing can be written ---- */

/* Of everything that is asked for, what fits below the limit is there, and nothing else; the run
** ends by itself and says what is not. */
Test(files, that_are_too_long_do_not_end_a_training, .fini = shell_clean)
{
    make();
    sure("o='--iterations 40 --check-every 5 --checkpoint-every 5'; " TRAIN "$o --params whole "
         "&& (ulimit -f 20; " TRAIN "$o --params p --checkpoint c --history h "
         "--report r --plot q > out 2> err; test $? = 1)");
    sure("cmp p whole && grep -q '^best val_acc' out");
    sure("grep -c '^warning: .*: cannot be written: File too large; training goes on' err && "
         "test $(grep -c '^warning: r:' err) = 1 && grep -q '^deep: .*cannot be written' err && "
         "! ls -A | grep lathe-tmp");
    sure("wc -l < h | grep -qx 41");
}

/* A run that has written what it writes first, and waits for somebody to read its lines from
** stream 3: more than a pipe holds. `ran` lets it come to an end. */
#define LINES(options, files) "mkdir d; mkfifo lines; (./deep train " DATA "--threads 1 " \
    "--print-every 1 --check-every 50 " options " > lines 2> err; echo $? > status) & " \
    "exec 3< lines; for f in " files "; do until test -s $f; do sleep 0.01; done; done; "
#define RAN "cat <&3 > out; wait; cat err; "

/* The best parameters are in the checkpoint, too. */
Test(files, parameters_that_cannot_be_written_are_in_the_checkpoint, .fini = shell_clean)
{
    make();
    sure(LINES("--iterations 2500 --params d/p --checkpoint c "
               "--checkpoint-every 2000", "d/p") "mv d e; " RAN
         "test $(cat status) = 1 && grep -q '^warning: d/p: cannot be written: No such' err && "
         "grep -q '^deep: d/p: cannot be written: .*; the best parameters are in the checkpoint, c'"
         " err && grep -q '^best val_acc' out && "
         "./deep eval --params c --data synthetic --val-samples 40");
}

Test(files, that_can_be_written_again_are_whole_at_the_end, .fini = shell_clean)
{
    make();
    sure(LINES("--iterations 5000 --params p --history d/h --report d/r", "d/h d/r") "mv d e; "
         "until grep -q '^warning: d/h' err; do head -c 4096 <&3 > some; done; mkdir d; " RAN
         "test $(cat status) = 0 && test $(wc -l < d/h) = 5001 && test -s d/r");
}

Test(files, of_lathe_that_are_too_long_are_an_error_and_leave_nothing, .fini = shell_clean)
{
    write_text("h.net", source);
    fails(1, "e.c: cannot be written: File too large", "ulimit -f 8; $LATHE emit h.net -o e.c");
    fails(1, "s.html: cannot be written: File too large", "ulimit -f 2; "
          "$LATHE show h.net --html -o s.html");
    sure("test \"$(ls -A)\" = h.net");
}

/* A signal that ends a run at once leaves what a run that never was leaves. */
Test(files, of_a_run_without_a_checkpoint_that_a_signal_ends_are_whole, .fini = shell_clean)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    make();
    for (size_t k = 0; k < 3; k++) {
        int status;
        sure("rm -f begun.csv");
        pid_t child = begin("--no-save --history begun.csv --report r --plot q");
        kill(child, signals[k]);
        cr_assert(waitpid(child, &status, 0) == child);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signals[k], "%d", status);
        sure("! ls -A | grep lathe-tmp; head -1 begun.csv | grep -q iteration,");
    }
}

/* Whatever makes a temporary file, a signal comes in the same moment. */
Test(files, of_a_signal_that_meets_their_beginning_are_none, .fini = shell_clean)
{
    make();
    write_text("meets.c", "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <fcntl.h>\n"
               "#include <signal.h>\n#include <stdarg.h>\n#include <string.h>\n"
               "static int met(const char *name, const char *path, int how, int mode)\n"
               "{\n    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);\n"
               "    int fd = real(path, how, mode);\n"
               "    if (fd >= 0 && strstr(path, \".lathe-tmp\"))\n        raise(SIGTERM);\n"
               "    return fd;\n}\n"
               "#define OPEN(name) int name(const char *path, int how, ...) \\\n"
               "{ va_list v; va_start(v, how); int mode = how & O_CREAT ? va_arg(v, int) : 0; \\\n"
               "  va_end(v); return met(#name, path, how, mode); }\nOPEN(open)\nOPEN(open64)\n");
    sure("${CC:-cc} -shared -fPIC meets.c -o meets.so -ldl; mkdir d");
    sure("for c in \"$LATHE emit h.net -o d/e.c\" \"$LATHE show h.net --html -o d/s\" "
         "\"./deep train " DATA "--params d/p --history d/h --iterations 3\"; do "
         "LD_PRELOAD=$DIR/meets.so $c > out 2> err; "
         "test $? = 143 && test -z \"$(ls -A d)\" || { cat err; ls -A d; exit 1; }; done");
}

/* ---- a disk that is full, one that is read alone ---- */

/* Commands with a disk of their own, mounted at $DIR/disk for them alone. */
static void on_a_disk(const char *options, const char *commands)
{
    struct run r = shell("mkdir -p disk && unshare -rm mount -t tmpfs none disk");
    if (r.status)
        skip_test("no disk can be mounted here: %s", r.output);
    run_free(&r);
    r = shell("unshare -rm sh -c 'mount -t tmpfs -o %s none disk && . ./%s'", options, commands);
    cr_expect(r.status == 0, "%s: exit %d: %s", options, r.status, r.output);
    run_free(&r);
}

#define ALL_FILES "--params $1/p --checkpoint $1/c --history $1/h --plot $1/q"
#define INFERENCE "$LATHE emit --inference $SOURCE/tests/resume/deep.net --params whole/p -o $1/n.c"

/* Every file is what it is elsewhere, or that it is not is said, with the reason; and what is there
** is whole: an earlier state, or a history that ends sooner. */
static const char full[] =
    "head -c 1048576 /dev/zero > disk/fill; set -- disk; . ./write 2> err\n"
    "bad() { echo \"$*\"; cat err; ls -lA disk; exit 1; }\n"
    "for f in p c h q e.c s.html n.c n.h; do\n"
    "    cmp -s disk/$f whole/$f && continue\n"
    "    said=$f; test ${f%.*} != n || said=n.[ch]\n"
    "    grep -q \"disk/$said: cannot be written: No space left\" err || bad silent $f\n"
    "    test ! -e disk/$f || case $f in\n"
    "        p | c) ./deep eval --params disk/$f --data synthetic --val-samples 20 ;;\n"
    "        h) head -c $(wc -c < disk/h) whole/h | cmp - disk/h ;;\n"
    "        q) tail -n 1 disk/q | grep -qx '</svg>' ;;\n"
    "        *) false ;;\n"
    "    esac > out || bad half $f\n"
    "done\n"
    "test $ended = 0 -o $ended = 1 || bad $ended\n"
    "for f in p c h q; do cmp -s disk/$f whole/$f || test $ended = 1 || bad 0 without $f; done\n"
    "ls -A disk | grep lathe-tmp && bad left; exit 0\n";

Test(files, on_a_full_disk_are_whole_or_said_to_be_missing, .fini = shell_clean, .timeout = 3600)
{
    static const int some[] = { 0, 12, 32, 96 };        /* KiB that are free */
    const bool all = getenv("LATHE_TEST_ALL");
    char options[64];
    make();
    write_text("write", TRAIN "--iterations 30 --check-every 5 --checkpoint-every 5 " ALL_FILES
               "; ended=$?; $LATHE emit h.net -o $1/e.c; $LATHE show h.net --html -o $1/s.html; "
               INFERENCE "\n");
    write_text("full", full);
    sure("mkdir whole; set -- whole; . ./write; ls whole | wc -l | grep -qx 8");
    for (int k = 0; k < (all ? 160 : 4); k++) {
        snprintf(options, sizeof options, "size=%dk", 1024 + (all ? 4*k : some[k]));
        on_a_disk(options, "full");
    }
}

/* What is only read is read, what was to be written is refused before any work. */
static const char alone[] =
    "cd $1; ls -lA > ../before; for o in --params --checkpoint --history --report --plot; do\n"
    "    echo \"./deep train " DATA "--quiet --iterations 900000000 $o new\"; done > ../commands\n"
    "printf '%s\\n' '$LATHE emit h.net -o e.c' '$LATHE build h.net' >> ../commands\n"
    "while read -r c; do\n"
    "    eval \"timeout 60 $c\" 2> ../err; s=$?\n"
    "    test $s = 1 && grep -q \": cannot be written: $2\" ../err ||\n"
    "        { echo \"$s $c\"; cat ../err; }\n"
    "done < ../commands > ../bad; cat ../bad; test ! -s ../bad &&\n"
    "./deep eval --params p --data synthetic --val-samples 20 > ../out &&\n"
    "./deep predict --params p a.pgm --resize > ../out && ls -lA | cmp - ../before\n";

Test(files, of_a_folder_that_is_only_read_stay_and_others_are_refused, .fini = shell_clean)
{
    make();
    write_text("alone", alone);
    write_text("remount", "cp -L deep p h.net a.pgm disk && mount -o remount,ro none disk && "
               "set -- disk 'Read-only file system' && . ./alone\n");
    sure(TRAIN "--iterations 2 --params p && printf 'P5 2 2 255\\n1234' > a.pgm");
    on_a_disk("size=16m", "remount");
    if (getuid() == 0 && !have("setpriv"))
        skip_test("no setpriv to be another user with, whom a folder's mode holds");
    sure("mkdir mine && cp -L deep p h.net a.pgm mine && chmod 555 mine && chmod 777 . && "
         "cp $LATHE lathe && export LATHE=$DIR/lathe && rm -f before commands err bad out && "
         "$(test $(id -u) != 0 || echo setpriv --reuid=65534 --regid=65534 --clear-groups) "
         "sh ./alone mine 'Permission denied'");
}
