/*
** fuzz.c - runs a target of targets_*.c on bytes: from libFuzzer, with $FUZZ_TARGET, or from files,
** `replay FOLDER` (FOLDER/TARGET/FILE...), which is what `make test` does with the corpora.
*/
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/visible.h"
#include "fuzz/heap.h"

/* ---- one input ---- */

static jmp_buf left;
static bool running;
static FILE *said;
static char *text;
static size_t length;

/* exit as the sources have it: where memory is not enough lathe ends. */
#ifdef REPLAY
#define leave_input __wrap_exit
#else
#define leave_input fuzz_exit
#endif
_Noreturn void leave_input(int status);

_Noreturn void leave_input(int status)
{
    if (!running)
        _exit(status);
    longjmp(left, 1);
}

void fuzz_visible(const char *t)
{
    if (visible_whole(t))
        return;
    FILE *out = fopen("/dev/stderr", "w");
    if (out)
        visible_print(out, "FUZZ: this would act on a terminal: %s\n", t);
    abort();
}

const char *fuzz_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(name, "wb");
    if (!f || (size > 0 && fwrite(bytes, 1, size, f) != size) || fclose(f))
        abort();
    return name;
}

char **fuzz_words(const uint8_t *bytes, size_t size, int *argc)
{
    static char room[4096], *word[FUZZ_WORDS + 3];
    if (size >= sizeof room || memchr(bytes, '/', size))
        return NULL;
    memcpy(room, bytes, size);
    room[size] = 0;
    word[0] = (char[]){ "program" };
    *argc = 1;
    for (char *s = room; *s && *argc <= FUZZ_WORDS; ) {
        size_t n = strcspn(s, "\n");
        word[(*argc)++] = s;
        if (!s[n])
            break;
        s[n] = 0;
        s += n + 1;
    }
    word[*argc] = NULL;
    return word;
}

/* Lines that were printed, each whole. */
static void check_said(void)
{
    fflush(said);
    for (char *s = text, *end; s < text + length; s = end + 1) {
        end = memchr(s, '\n', (size_t)(text + length - s));
        if (!end)
            end = text + length;
        *end = 0;
        fuzz_visible(s);
    }
}

static void run(const struct fuzz_target *target, const uint8_t *bytes, size_t size)
{
    FILE *const out = stdout, *const err = stderr;
    fseeko(said, 0, SEEK_SET);
    stdout = stderr = said;
    running = true;
    heap_begin();
    if (!setjmp(left))
        target->run(bytes, size);
    const size_t kept = heap_end();
    running = false;
    stdout = out;
    stderr = err;
    check_said();
    if (kept && target->clean) {
        fprintf(stderr, "FUZZ: %zu bytes are left\n", kept);
        abort();
    }
}

/* A folder of this process alone, which goes with it. */
static char folder[64];

static void leave(void)
{
    if (chdir("/") == 0 && strncmp(folder, "/", 1) == 0) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf '%s'", folder);
        if (system(command))
            return;
    }
}

static void enter(void)
{
    snprintf(folder, sizeof folder, "%s/fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp"
                                                                               : "/dev/shm");
    if (!mkdtemp(folder) || chdir(folder) || !(said = open_memstream(&text, &length)))
        abort();
    atexit(leave);
}

#ifndef REPLAY
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct fuzz_target *find_target(const char *name)
{
    const struct fuzz_target *const tables[] = { fuzz_lathe, fuzz_program };
    for (size_t k = 0; name && k < sizeof tables / sizeof *tables; k++)
        for (const struct fuzz_target *t = tables[k]; t->name; t++)
            if (!strcmp(t->name, name))
                return t;
    fprintf(stderr, "fuzz: which target? FUZZ_TARGET of:");
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++)
        for (const struct fuzz_target *t = tables[k]; t->name; t++)
            fprintf(stderr, " %s", t->name);
    fputc('\n', stderr);
    exit(2);
}

static const struct fuzz_target *chosen;

/* state.h's sections, as they were before the first input. */
#include "fuzz/state.h"
__attribute__((used)) static char some_bss, some_data = 1;
#pragma clang section bss = "" data = ""
extern char __start_fuzz_bss[], __stop_fuzz_bss[], __start_fuzz_data[], __stop_fuzz_data[];
static struct { char *from, *to, *copy; } states[2];

/* Beyond the variables that AddressSanitizer knows. */
__attribute__((no_sanitize_address)) static void copy(volatile char *to, const char *from,
                                                      size_t size)
{
    for (size_t k = 0; k < size; k++)
        to[k] = from[k];
}

static void keep_states(void)
{
    states[0].from = __start_fuzz_bss;
    states[0].to = __stop_fuzz_bss;
    states[1].from = __start_fuzz_data;
    states[1].to = __stop_fuzz_data;
    for (int k = 0; k < 2; k++) {
        states[k].copy = malloc((size_t)(states[k].to - states[k].from));
        copy(states[k].copy, states[k].from, (size_t)(states[k].to - states[k].from));
    }
}

static void restore_states(void)
{
    for (int k = 0; k < 2; k++)
        copy(states[k].from, states[k].copy, (size_t)(states[k].to - states[k].from));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    chosen = find_target(getenv("FUZZ_TARGET"));
    /* libFuzzer's own files are named from where it was called. */
    enter();
    if (chosen->begin)
        chosen->begin();
    keep_states();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    run(chosen, bytes, size);
    restore_states();
    return 0;
}
#else
/* The sources have libc's heap. */
void heap_begin(void)
{
}

size_t heap_end(void)
{
    return 0;
}

static uint8_t *read_bytes(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st))
        exit(2);
    uint8_t *bytes = malloc((size_t)st.st_size + 1);
    *size = fread(bytes, 1, (size_t)st.st_size, f);
    fclose(f);
    return bytes;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9*(double)t.tv_nsec;
}

/* Every file of a folder, in the order of their names: a target's corpus. How many. */
static int replay(const char *path, const struct fuzz_target *target)
{
    struct dirent **entry;
    int n = scandir(path, &entry, NULL, alphasort), done = 0;
    for (int k = 0; k < n; k++) {
        char file[4096];
        size_t size;
        if (entry[k]->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry[k]->d_name);
        uint8_t *bytes = read_bytes(file, &size);
        double before = seconds();
        if (getenv("VERBOSE"))
            fprintf(stderr, "%s\n", file);
        run(target, bytes, size);
        if (seconds() - before > 0.5)
            fprintf(stderr, "%s: %.2f s\n", file, seconds() - before);
        free(bytes);
        done++;
    }
    return done;
}

int main(int argc, char **argv)
{
    char root[4096], path[4400];
    if (argc != 2 || !realpath(argv[1], root))
        return fprintf(stderr, "usage: replay FOLDER\n"), 2;
    const struct fuzz_target *const tables[] = { fuzz_lathe, fuzz_program };
    const struct rlimit most = { (rlim_t)HEAP_MIB << 20, (rlim_t)HEAP_MIB << 20 };
    setrlimit(RLIMIT_AS, &most);
    enter();
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++)
        for (const struct fuzz_target *t = tables[k]; t->name; t++) {
            double before = seconds();
            snprintf(path, sizeof path, "%s/%s", root, t->name);
            if (t->begin)
                t->begin();
            int n = replay(path, t);
            printf("%s: %d inputs, %.2f s\n", t->name, n, seconds() - before);
        }
    return 0;
}
#endif
