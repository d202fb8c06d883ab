/*
** test_faults.c - each system call and each allocation of lathe and its programs fails once, one
** after the other: the message names the file and the reason, the exit status is 1, the files of
** before are what they were, and nothing is half-written or left over. Where a training can go on
** it does, says so, and has written at its end what it writes without.
**
** tests/support/fault.c does it. In make test a part of the calls fail, spread over all; in make
** test-all each, with $FAULT_PLACES the first from each place in the code. $FAULTS=COMMAND,
** COMMAND:KIND or COMMAND:KIND:N is all that fails; of one call what the command says is shown.
** It must never take a call for one that failed which did not.
*/
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/shell.h"
#include "support/skip.h"

/* ---- what fails ---- */

/* `quiet`: what is unharmed by it need not speak of it. `passes`: nothing is lost, and nothing may
** be said. `leaves`: the file that it is about is no longer what it was, or stays. */
static const struct fault { const char *kind, *how; int number; bool quiet, passes, leaves; }
    faults[] = {
    { "memory", "ENOMEM", ENOMEM, true, false, false },
    { "open", "EMFILE", EMFILE, true, false, false },
    { "read", "EIO", EIO, true, false, false },
    { "read", "short", 0, true, true, false },
    { "read", "end", 0, true, false, false },
    { "read", "cut", 0, true, false, true },
    { "write", "ENOSPC", ENOSPC, false, false, false },
    { "write", "short", 0, true, true, false },
    { "write", "EINTR", EINTR, true, true, false },
    { "sync", "EIO", EIO, false, false, false },
    { "rename", "EIO", EIO, false, false, false },
    { "close", "EIO", EIO, true, false, false },
    { "map", "ENOMEM", ENOMEM, true, false, false },
    { "thread", "EAGAIN", EAGAIN, true, false, false },
    { "stat", "EIO", EIO, true, false, false },
    { "list", "EIO", EIO, true, false, false },
    { "cut", "EIO", EIO, false, false, false },
    { "lock", "ENOLCK", ENOLCK, true, false, false },
    { "folder", "ENOSPC", ENOSPC, true, false, false },
    { "mode", "EIO", EIO, true, false, false },
    { "pipe", "EMFILE", EMFILE, true, false, false },
    { "seek", "EIO", EIO, true, false, false },
    { "remove", "EIO", EIO, true, false, true },
    { "exec", "ENOMEM", ENOMEM, true, false, false },
};

/* ---- of which commands ---- */

#define DATA "--data synthetic --train-samples 35 --val-samples 20 --threads 1 "

#define LINE "cd . && ./deep train " DATA "--iterations 2 --quiet --tag a=1 --result q.json"

/* Of those images that could be read, where status 1 says that not all could. */
static const char scores[] = "s.npy";

/* `first` makes what is there before, in the folder where the command then runs. */
static const struct command { const char *name, *first, *command; } commands[] = {
    { "emit", "$LATHE emit tiny.net --isa scalar -o h.c", "$LATHE emit h.net -o h.c" },
    { "show", "", "$LATHE show h.net --html -o h.html" },
    { "plan", "", "$LATHE show h.net --plan" },
    { "build", "$LATHE build h.net", "$LATHE build h.net" },
    { "inference", "", "$LATHE emit --inference deep.net --params p --weights blob -o n.c" },
    { "export", "", "$LATHE export deep.net --params p -o m.onnx" },
    { "torch", "", "$LATHE export deep.net --torch -o m.py" },
    { "import", "$LATHE export deep.net --params p -o m.onnx", "$LATHE import m.onnx -o theirs" },
    { "list", "", "$LATHE sweep h.net --list l --grid lr=0.1,0.2 -- " DATA },
    { "train", "./deep train " DATA "--iterations 3 --params q --history h.csv > /dev/null",
      "./deep train " DATA "--iterations 15 --check-every 5 --params q --checkpoint c "
      "--checkpoint-every 5 --history h.csv --report r.html --plot q.svg" },
    { "result", "", "./deep train " DATA "--iterations 10 --params q --result q.json" },
    { "resume", "./deep train " DATA "--iterations 10 --params q --checkpoint c > /dev/null",
      "./deep train --resume c --iterations 15" },
    { "from", "", "./deep train " DATA "--iterations 5 --from p --params q" },
    { "arrays", "sh $DIR/sets", "./grey train --data arrays --iterations 5 --threads 1 "
      "--params q" },
    { "records", "sh $DIR/sets", "./colour train --data records --iterations 5 --threads 2 "
      "--params q" },
    { "folder", "sh $DIR/sets", "./grey train --data images --iterations 5 --threads 1 "
      "--params q" },
    { "eval", "", "./deep eval --params p --data synthetic --val-samples 20" },
    { "predict", "sh $DIR/sets", "./deep predict --params p --scores s.npy --resize one.pgm" },
    { "sweep", "", "./deep sweep " DATA "--runs 2 --epochs 1 --record s.csv" },
    { "dump", "sh $DIR/sets", "./deep dump --params p --x x.npy --y y.npy -o d" },
    { "info", "", "./deep info" },
    { "archive", "sh $DIR/sets", "./grey train --data set.npz --iterations 5 --threads 1 "
      "--params q" },
    { "packed", "sh $DIR/sets", "./grey train --data packed --iterations 5 --threads 1 "
      "--params q" },
    { "bench", "mkdir d", "./deep bench --data synthetic --threads 1 --warm 1 --serve --save d "
      "< /dev/null" },
    { "tune", "$LATHE tune deep.net -o t > /dev/null", "$LATHE tune deep.net -o t" },
    { "tuned", "$LATHE tune deep.net -o t > /dev/null", "$LATHE emit deep.net --tune t -o n.c" },
    { "run", "echo '" LINE "' > l", "$LATHE sweep --run l --line 1" },
    { "table", "echo '" LINE "' > l; $LATHE sweep --run l --line 1 > /dev/null",
      "$LATHE sweep --table l --csv -o t.html" },
};

static const char sets[] =
    "mkdir -p arrays records images/train/a images/train/b images/train/c "
    "images/train/d; cp -r images/train images/val\n"
    "array() { printf '\\223NUMPY\\1\\0\\166\\0'; printf \"%-117s\\n\" "
    "\"{'descr': '|u1', 'fortran_order': False, 'shape': $1, }\"; "
    "head -c $2 $LATHE | tail -c $3 | tr '\\000-\\377' $4; }\n"
    "same=$(printf '\\\\000-\\\\377')\n"
    "array '(30, 1, 8, 8)' 90000 1920 $same > arrays/x_train.npy\n"
    "array '(30,)' 70000 30 '[\\000*64][\\001*64][\\002*64][\\003*64]' > arrays/y_train.npy\n"
    "array '(4, 3, 12, 12)' 90000 1728 $same > x.npy\n"
    "array '(4,)' 70000 4 '[\\000*64][\\001*64][\\002*64][\\003*64]' > y.npy\n"
    "for k in 1 2 3 4 5; do head -c ${k}20000 $LATHE | tail -c 12292 | "
    "tr '\\012-\\377' '[\\005*]' > records/data_batch_$k.bin; done\n"
    "cp records/data_batch_1.bin records/test_batch.bin; seq 10 > records/batches.meta.txt\n"
    "for k in 1 2 3; do for c in a b c d; do { printf 'P5 8 8 255\\n'; "
    "head -c ${k}2000 $LATHE | tail -c 64; } | tee images/val/$c/$k.pgm > images/train/$c/$k.pgm; "
    "done; done; cp images/train/a/1.pgm one.pgm\n"
    /* MNIST's files, packed, and an archive of the arrays: gzip knows sums and lengths. */
    "mkdir packed; idx() { { printf \"\\0\\0\\10$1\\0\\0\\0\\36$2\"; tail -c $3 arrays/$4; } "
    "| gzip -n > packed/train-$5-ubyte.gz; }\n"
    "idx '\\3' '\\0\\0\\0\\10\\0\\0\\0\\10' 1920 x_train.npy images-idx3; "
    "idx '\\1' '' 30 y_train.npy labels-idx1\n"
    "le() { for k in 0 8 16 24; do printf \"\\\\$(printf %o $(($1 >> k & 255)))\"; done; }\n"
    "size() { wc -c < $1; }\n"
    "fields() { printf '\\24\\0\\0\\0\\10\\0\\0\\0\\0\\0'; tail -c 8 z | head -c 4; "
    "le $(($(size z) - 18)); tail -c 4 z; printf '\\13\\0\\0\\0'; }\n"
    ": > set.npz; for f in x_train.npy y_train.npy; do at=$(size set.npz); gzip -nc arrays/$f > z; "
    "{ printf 'PK\\3\\4'; fields; printf $f; tail -c +11 z | head -c -8; } >> set.npz; "
    "{ printf 'PK\\1\\2\\24\\0'; fields; printf '\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'; le $at; "
    "printf $f; } >> entries; done; at=$(size set.npz); { cat entries; "
    "printf 'PK\\5\\6\\0\\0\\0\\0\\2\\0\\2\\0'; le $(size entries); le $at; "
    "printf '\\0\\0'; } >> set.npz; rm z entries\n";

/* ---- files, all of a folder ---- */

struct file { char *name, *bytes; size_t size; };
struct tree { struct file *file; size_t count, space; };

static char *joined(const char *a, const char *b)
{
    char *text = malloc(strlen(a) + strlen(b) + 2);
    cr_assert(text);
    sprintf(text, "%s%s%s", a, *a && *b ? "/" : "", b);
    return text;
}

static void tree_add(struct tree *t, char *name, char *bytes, size_t size)
{
    if (t->count == t->space) {
        t->space = 2*t->space + 16;
        t->file = realloc(t->file, t->space*sizeof *t->file);
        cr_assert(t->file);
    }
    t->file[t->count++] = (struct file){ name, bytes, size };
}

static char *bytes_of(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    cr_assert(f, "%s", path);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    char *bytes = malloc(*size + 1);
    cr_assert(bytes && fread(bytes, 1, *size, f) == *size);
    bytes[*size] = '\0';
    fclose(f);
    return bytes;
}

/* Links are left out: programs are. */
static void tree_walk(struct tree *t, const char *root, const char *under)
{
    char *folder = joined(root, under);
    DIR *d = opendir(folder);
    cr_assert(d, "%s", folder);
    for (struct dirent *e; (e = readdir(d)); ) {
        struct stat st;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        char *name = joined(under, e->d_name), *path = joined(root, name);
        size_t size = 0;
        cr_assert(!lstat(path, &st));
        if (S_ISDIR(st.st_mode))
            tree_walk(t, root, name);
        if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
            char *bytes = S_ISDIR(st.st_mode) ? calloc(1, 1) : bytes_of(path, &size);
            tree_add(t, name, bytes, size);
        } else {
            free(name);
        }
        free(path);
    }
    closedir(d);
    free(folder);
}

static struct tree tree_of(const char *name)
{
    struct tree t = { 0 };
    char *root = joined(shell_dir(), name);
    tree_walk(&t, root, "");
    free(root);
    return t;
}

static void tree_free(struct tree *t)
{
    for (size_t k = 0; k < t->count; k++) {
        free(t->file[k].name);
        free(t->file[k].bytes);
    }
    free(t->file);
    *t = (struct tree){ 0 };
}

static const struct file *tree_find(const struct tree *t, const char *name)
{
    for (size_t k = 0; k < t->count; k++)
        if (strcmp(t->file[k].name, name) == 0)
            return &t->file[k];
    return NULL;
}

static bool same(const struct file *a, const struct file *b)
{
    return a && b && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- one command ---- */

/* `versions`: whatever it renamed when nothing failed, NUMBER-NAME. */
struct tried { const struct command *c; struct tree start, whole, again, versions; char *err; };
struct outcome { int status; long calls; bool fired; char about[512], *out, *err; };

static void outcome_free(struct outcome *o)
{
    free(o->out);
    free(o->err);
}

static struct outcome try(const struct command *c, const char *kind, const char *how, long n,
                          const char *before)
{
    struct outcome o = { .status = 0 };
    size_t size;
    int fired = 0;
    struct run r = shell("rm -rf run && cp -a start run && cd run && export TMPDIR=$PWD/tmp && %s "
                         "$SOURCE/build/tests/fault %s %ld %s $DIR/log %s > $DIR/out 2> $DIR/err",
                         before, kind, n, how, c->command);
    o.status = r.status;
    run_free(&r);
    char *path = joined(shell_dir(), "log"), *log = bytes_of(path, &size);
    free(path);
    sscanf(log, "%ld %d %511[^\n]", &o.calls, &fired, o.about);
    o.fired = fired;
    free(log);
    o.out = bytes_of(path = joined(shell_dir(), "out"), &size);
    free(path);
    o.err = bytes_of(path = joined(shell_dir(), "err"), &size);
    free(path);
    return o;
}

static bool is_version(const struct tried *t, const struct file *f)
{
    for (size_t k = 0; k < t->versions.count; k++) {
        const struct file *v = &t->versions.file[k];
        const char *name = strchr(v->name, '-') + 1;
        if (strcmp(name, base(f->name)) == 0 && same(v, f))
            return true;
    }
    return false;
}

/* What clocks are in differs from run to run; it ends as it has to. A history grows by lines. */
static bool is_whole(const struct tried *t, const struct file *f)
{
    enum { END = 6 };
    const struct file *one = tree_find(&t->whole, f->name), *other = tree_find(&t->again, f->name);
    if (same(f, one) || same(f, other))
        return true;
    if (one && strstr(f->name, ".csv") && f->size < one->size)
        return memcmp(f->bytes, one->bytes, f->size) == 0;
    return one && !same(one, other) && f->size > END && one->size > END
           && memcmp(f->bytes + f->size - END, one->bytes + one->size - END, END) == 0;
}

/* What the message has to name: a file of the folder, or where the command prints; else NULL. */
static const char *named(const struct outcome *o, char name[256])
{
    if (strcmp(base(o->about), "out") == 0)
        return "standard output";
    if (strcmp(base(o->about), "run") == 0 || strcmp(o->about, ".") == 0)
        return NULL;        /* of a folder: of which file, it does not tell */
    if (!*o->about || (*o->about == '/' && !strstr(o->about, "/run/"))
        || strstr(o->about, "/run/tmp/") || strchr(o->about, ':'))
        return NULL;
    snprintf(name, 256, "%s", base(o->about));
    static const char *const ends[] = { " (deleted)", ".lathe-tmp" };
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        char *at = strstr(name, ends[k]);
        if (at)
            *at = '\0';
    }
    return name;
}

/* The file's name, or that of a folder on the way to it, as --data takes one. */
static bool names(const struct outcome *o, const char *file)
{
    char folder[sizeof o->about];
    snprintf(folder, sizeof folder, "%s", o->about);
    bool said = strstr(o->err, file);
    for (char *slash; !said && (slash = strrchr(folder, '/')) != NULL; ) {
        *slash = '\0';
        said = *folder && strstr(o->err, base(folder));
    }
    return said;
}

/* The file of the call, or a folder that it lies in. */
static bool is_about(const struct outcome *o, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = o->about; (at = strstr(at, name)) != NULL; at++)
        if ((at == o->about || at[-1] == '/') && (!at[length] || at[length] == '/'))
            return true;
    return false;
}

static const char *wrong_files(const struct tried *t, const struct fault *fault,
                               const struct outcome *o, char text[512])
{
    struct tree now = tree_of("run");
    *text = '\0';
    for (size_t k = 0; k < now.count && !*text; k++) {
        const struct file *f = &now.file[k];
        const bool less = o->status && !strcmp(f->name, scores);
        if (fault->leaves && is_about(o, f->name))
            continue;
        if (strstr(f->name, ".lathe-tmp"))
            snprintf(text, 512, "%s is left over", f->name);
        else if (!less && !same(f, tree_find(&t->start, f->name)) && !is_whole(t, f)
                 && !is_version(t, f))
            snprintf(text, 512, "%s is half-written, or left over", f->name);
        else if (o->status == 0 && !is_whole(t, f) && !strstr(o->err, base(f->name))
                 && tree_find(&t->whole, f->name))
            snprintf(text, 512, "%s is not what was to be written, and nothing says so", f->name);
    }
    for (size_t k = 0; k < t->start.count && !*text; k++)
        if (!tree_find(&now, t->start.file[k].name))
            snprintf(text, 512, "%s is lost", t->start.file[k].name);
    for (size_t k = 0; k < t->whole.count && o->status == 0 && !*text; k++)
        if (!tree_find(&now, t->whole.file[k].name)
            && !strstr(o->err, base(t->whole.file[k].name)))
            snprintf(text, 512, "%s is not there, and nothing says so", t->whole.file[k].name);
    tree_free(&now);
    return *text ? text : NULL;
}

static const char *wrong(const struct tried *t, const struct fault *f, const struct outcome *o,
                         char text[512])
{
    char name[256];
    const char *file = named(o, name), *reason = f->number ? strerror(f->number) : "";
    if (o->status > 1)
        return "its exit status";
    const char *left = wrong_files(t, f, o, text);
    if (left)
        return left;
    if (f->passes)
        return o->status || strcmp(o->err, t->err) ? "it was to succeed" : NULL;
    if (o->status == 0)
        return !f->quiet && file && !strcmp(o->err, t->err) ? "it says nothing of it" : NULL;
    /* A thread without memory for its stack is one that there cannot be now. */
    if (!strstr(o->err, reason) && !(f->number == ENOMEM && (strstr(o->err, "memory")
                                                             || strstr(o->err, strerror(EAGAIN)))))
        return "the reason is not said";
    return file && !names(o, file) ? "the file is not named" : NULL;
}

static void expect(const struct tried *t, const struct fault *f, long n, bool shown)
{
    char text[512];
    struct outcome o = try(t->c, f->kind, f->how, n, "");
    /* No signal interrupts what goes through stdio: handlers have the system go on (SA_RESTART). */
    if (o.fired && (f->number != EINTR || strstr(o.about, ".lathe-tmp"))) {
        const char *is = wrong(t, f, &o, text);
        cr_expect(!is, "%s:%s:%ld %s: %s: exit status %d, of %s: %.300s", t->c->name, f->kind, n,
                  f->how, is, o.status, o.about, o.err);
        if (shown)
            fprintf(stderr, "%s:%s:%ld %s: exit status %d, of %s: %s", t->c->name, f->kind, n,
                    f->how, o.status, o.about, o.err);
    }
    outcome_free(&o);
}

static void prepare(struct tried *t)
{
    struct run r = shell("rm -rf start versions && mkdir -p start/tmp versions && cd start && cp "
                         "$DIR/p $DIR/h.net $DIR/tiny.net $SOURCE/tests/resume/deep.net . && "
                         "for f in deep grey colour; do ln -s $DIR/$f; done; %s", t->c->first);
    cr_assert(r.status == 0, "%s: %s", t->c->name, r.output);
    run_free(&r);
    t->start = tree_of("start");
    for (int k = 0; k < 2; k++) {
        struct outcome o = try(t->c, "memory", "-", 0, k ? "" : "FAULT_VERSIONS=$DIR/versions");
        cr_assert(o.status == 0, "%s: exit status %d: %s%s", t->c->name, o.status, o.out, o.err);
        *(k ? &t->again : &t->whole) = tree_of("run");
        if (k)
            t->err = strdup(o.err);
        outcome_free(&o);
    }
    t->versions = tree_of("versions");
}

/* Whether $FAULTS is about this; *n: which one. */
static bool chosen(const char *command, const char *kind, long *n)
{
    const char *wanted = getenv("FAULTS");
    char c[64] = "", k[64] = "";
    *n = 0;
    if (!wanted)
        return true;
    sscanf(wanted, "%63[^:]:%63[^:]:%ld", c, k, n);
    return !strcmp(c, command) && (!kind || !*k || !strcmp(k, kind));
}

static void expect_all(const struct command *c, long *runs)
{
    enum { TURNS = 8 };             /* of a command an eighth of the kinds fail in make test */
    const bool all = getenv("LATHE_TEST_ALL") || getenv("FAULTS")
                     || getenv("FAULT_PLACES");
    struct tried t = { .c = c };
    long one;
    prepare(&t);
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        if (!chosen(c->name, faults[k].kind, &one)
            || (!all && (k + (size_t)(c - commands)) % TURNS))
            continue;
        struct outcome o = try(c, faults[k].kind, faults[k].how, 0, "");
        const long calls = o.calls;
        outcome_free(&o);
        /* Else one of them, another one of each command. */
        const long first = all ? 1 : 1 + (*runs*7 + (long)k) % (calls + 1);
        for (long n = one ? one : first; n <= (one ? one : calls); n += all ? 1 : calls, ++*runs)
            expect(&t, &faults[k], n, one);
    }
    tree_free(&t.start);
    tree_free(&t.whole);
    tree_free(&t.again);
    tree_free(&t.versions);
    free(t.err);
}

Test(faults, of_any_call_are_said_and_leave_nothing_behind, .fini = shell_clean, .timeout = 36000)
{
    char *cc = joined(shell_dir(), "cc");
    setenv("CC", cc, 1);
    free(cc);
    struct run can = shell("$SOURCE/build/tests/fault open 0 - log true");
    if (can.status == 77)
        skip_test("%s", can.output);
    cr_assert(can.status == 0, "%s", can.output);
    run_free(&can);
    write_text("h.net", "net h\nlet a = 2\ninput 1x8x8\naffine a\nsoftmax\n");
    write_text("tiny.net", "net tiny\ninput 1x4x4\naffine 2\nsoftmax\n");
    write_text("sets", sets);
    write_text("cc", "#!/bin/sh\nuntil [ \"$1\" = -o ]; do shift; done\n"
               "case $2 in */lathe-tune-*) exec cp $DIR/answers \"$2\" ;; esac\n"
               "exec cp -L $DIR/deep \"$2\"\n");
    sure("tests=$(dirname $LATHE)/tests; ln -s $tests/resume_deep_native deep; "
         "ln -s $tests/foreign_grey grey; ln -s $tests/foreign_colour colour; chmod +x cc; "
         "./deep train " DATA "--iterations 3 --params p > /dev/null");
    /* What lathe tune measures: always the same, and one region worth a choice. */
    sure("printf 'regions 1\ninference 1\nstep 1\n' | ./deep bench --data synthetic --threads 1 "
         "--warm 1 --serve | sed -e '/^regions/s/=[^;]*/=0.001/g' -e 's/^times.*/times 1/' "
         "-e 's/conv2 forward=0.001/conv2 forward=1/' > answer && "
         "printf '#!/bin/sh\nexec cat $DIR/answer\n' > answers && chmod +x answers");
    long runs = 0, n;
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
        if (chosen(commands[k].name, NULL, &n))
            expect_all(&commands[k], &runs);
    fprintf(stderr, "faults: %ld calls failed\n", runs);
}
