/*
** cache.c - finds, makes and removes entries. Whoever makes one writes it under another name and
** renames it, so that nobody sees a half; whoever uses one reads it whole and compares its sums.
*/
#include "tool/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/hash.h"
#include "base/leftover.h"
#include "base/net.h"
#include "print/parts.h"

#define OBJECTS "runtime"
/* Of the entries: a change of what they hold is a change of this line. */
#define FORMAT "lathe runtime 1\n"
enum { KEY = 16, LOCK_SECONDS = 60, STALE_SECONDS = 3600, MOST_ENTRIES = 256 };

/* ---- files ---- */

static bool read_whole(const char *path, struct text *out)
{
    char piece[1 << 14];
    size_t n;
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        text_add(out, piece, n);
    bool good = !ferror(f);
    fclose(f);
    return good;
}

static const char *in_folder(struct text *t, const char *folder, const char *name)
{
    t->length = 0;
    text_printf(t, "%s/%s", folder, name);
    return text_string(t);
}

static void remove_folder(const char *path)
{
    struct text command = { 0 };
    text_puts(&command, "rm -rf -- ");
    shell_quote(&command, path);
    leftover_run(text_string(&command));
    text_free(&command);
}

/* ---- the directory ---- */

/* A directory of ours that nobody else may write: what lies in it is linked and run. */
static bool is_ours(const char *path)
{
    struct stat st;
    return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid()
           && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* May anybody put another one in its place, or in that of one above it? path: absolute. */
static bool is_replaceable(const char *path)
{
    struct text above = { 0 };
    bool found = false;
    for (const char *slash = path; !found && (slash = strchr(slash, '/')); slash++) {
        struct stat st;
        above.length = 0;
        text_add(&above, path, (size_t)(slash - path) + 1);
        found = stat(text_string(&above), &st)
                || ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX));
    }
    text_free(&above);
    return found;
}

/* With the directories above it. owned: only below one of ours, so that root leaves nothing in
** another user's home. */
static bool make_directories(char *path, bool owned)
{
    struct stat st;
    if (!stat(path, &st))
        return true;
    char *slash = strrchr(path, '/');
    bool good = true;
    if (slash && slash > path) {
        *slash = '\0';
        good = make_directories(path, owned)
               && (!owned || (!stat(path, &st) && st.st_uid == geteuid()));
        *slash = '/';
    }
    return good && (!mkdir(path, 0700) || errno == EEXIST);
}

/* False: there is none, or none to trust. */
static bool find_directory(struct text *t)
{
    const char *own = getenv("LATHE_CACHE"), *base = getenv("XDG_CACHE_HOME"), *end = "/lathe";
    if (own && !*own)
        return false;
    if (!base || *base != '/') {
        base = getenv("HOME");
        end = "/.cache/lathe";
    }
    if (!own && (!base || *base != '/'))
        return false;
    text_printf(t, "%s%s%s", own && *own == '-' ? "./" : "", own ? own : base, own ? "" : end);
    struct text link = { 0 };
    if (!make_directories(t->at, !own))
        return false;
    /* It may be a link; what counts is where that leads. */
    char *place = realpath(t->at, NULL);
    text_puts(&link, place ? place : "");
    free(place);
    text_free(t);
    *t = link;
    return is_ours(text_string(t)) && !is_replaceable(text_string(t));
}

/* ---- the key ---- */

/* What a header or a macro can change, as the compiler sees it: all system headers of the runtime,
** after the words that refuse flags. The last line is there only if a preprocessor was at work. */
static void probe_source(struct text *share, struct text *out)
{
    struct text seen = { 0 };
    text_puts(out, "#define _GNU_SOURCE\n");
    for (int k = 0; k < RUNTIME_SHARES; k++)
        for (const char *s = text_string(&share[k]); (s = strstr(s, "#include <")); s++) {
            char line[80];
            snprintf(line, sizeof line, "%.*s\n", (int)strcspn(s, ">") + 1, s);
            if (strstr(text_string(&seen), line))
                continue;
            text_puts(&seen, line);
            text_puts(out, line);
        }
    text_puts(out, "#define LATHE_JOIN(a, b) a ## b\nLATHE_JOIN(lathe_, probed)\n");
    text_free(&seen);
}

/* Compilers that the text names, " /usr/lib/gcc/cc1 -E ..." or " \"/usr/bin/clang\" -cc1 ...": a
** new one may have the old one's version. */
static uint64_t hash_programs(uint64_t hash, const char *text)
{
    for (const char *s = text; (s = strchr(s, '\n')); ) {
        char path[4096];
        struct stat st;
        s++;
        const char *at = s + (*s == ' ');
        at += *at == '"';
        if (*s != ' ' || *at != '/')
            continue;
        snprintf(path, sizeof path, "%.*s", (int)strcspn(at, "\" \n"), at);
        if (stat(path, &st) || !S_ISREG(st.st_mode))
            continue;
        const int64_t of[] = { st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
        hash = hash_bytes(hash, (const char *)of, sizeof of);
    }
    return hash;
}

/* Without the paths that differ from build to build and change nothing. */
static uint64_t hash_said(uint64_t hash, const char *text, const char *work)
{
    char here[4096] = "compilation-dir=";
    size_t length = strlen(here);
    if (!getcwd(here + length, sizeof here - length))
        here[0] = '\0';
    const char *const without[] = { work, here };
    while (*text) {
        size_t skip = 0;
        for (int k = 0; k < 2; k++)
            if (*without[k] && !strncmp(text, without[k], strlen(without[k])))
                skip = strlen(without[k]);
        hash = skip ? hash : hash_bytes(hash, text, 1);
        text += skip ? skip : 1;
    }
    return hash;
}

/* Options by which an object is more than its source and its compiler: it names files beside it,
** or was made by others. */
static bool is_alone(const char *said)
{
    static const char *const words[] = { "-fprofile", "-coverage-notes", "-fplugin",
                                         "-fpass-plugin", "-save-temps" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strstr(said, words[k]))
            return false;
    return true;
}

/* False: the compiler does not say what it is, or refuses. */
static bool find_key(const struct compiler *c, struct text *share, char key[KEY + 1])
{
    struct text path = { 0 }, source = { 0 }, command = { 0 }, seen = { 0 }, said = { 0 };
    probe_source(share, &source);
    text_printf(&command, "LC_ALL=C %s " COMPILER_LEVEL " ", c->cc);
    shell_quote(&command, in_folder(&path, c->work, "probe.c"));
    bool good = write_whole(text_string(&path), text_string(&source), source.length);
    text_puts(&command, " -o ");
    shell_quote(&command, in_folder(&path, c->work, "probe.i"));
    text_puts(&command, " -E -v -dD " COMPILER_THREADS " >/dev/null 2>");
    shell_quote(&command, in_folder(&path, c->work, "probe.txt"));
    good = good && leftover_run(text_string(&command)) == 0
           && read_whole(in_folder(&path, c->work, "probe.i"), &seen)
           && read_whole(in_folder(&path, c->work, "probe.txt"), &said)
           && strstr(text_string(&seen), "lathe_probed") && said.length
           && is_alone(text_string(&said));
    uint64_t hash = hash_bytes(HASH_START, FORMAT, sizeof FORMAT);
    hash = hash_bytes(hash, c->cc, strlen(c->cc) + 1);
    for (int k = 0; k < RUNTIME_SHARES; k++)
        hash = hash_bytes(hash, text_string(&share[k]), share[k].length + 1);
    hash = hash_said(hash, text_string(&seen), c->work);
    hash = hash_said(hash, text_string(&said), c->work);
    hash = hash_programs(hash, text_string(&said));
    snprintf(key, KEY + 1, "%016" PRIx64, hash);
    text_free(&path);
    text_free(&source);
    text_free(&command);
    text_free(&seen);
    text_free(&said);
    return good;
}

/* ---- an entry ---- */

/* A line for each object, as the file `sums` has it. */
static bool sum_up(const char *folder, struct text *out)
{
    struct text path = { 0 };
    bool good = true;
    text_puts(out, FORMAT);
    for (int k = 0; k < RUNTIME_SHARES && good; k++) {
        struct text object = { 0 };
        path.length = 0;
        text_printf(&path, "%s/" OBJECTS "-%d.o", folder, k);
        good = read_whole(text_string(&path), &object) && object.length;
        text_printf(out, "%016" PRIx64 " %zu\n", hash_bytes(0, text_string(&object), object.length),
                    object.length);
        text_free(&object);
    }
    text_free(&path);
    return good;
}

static bool is_whole(const char *folder)
{
    struct text path = { 0 }, known = { 0 }, found = { 0 };
    bool good = is_ours(folder) && read_whole(in_folder(&path, folder, "sums"), &known)
                && sum_up(folder, &found) && !strcmp(text_string(&known), text_string(&found));
    if (good)
        utimensat(AT_FDCWD, folder, NULL, 0);
    text_free(&path);
    text_free(&known);
    text_free(&found);
    return good;
}

/* Compiles into a folder of another name, which becomes `entry`, unless somebody else was first. */
static bool make_entry(const struct compiler *c, struct text *share, const char *entry)
{
    struct text room = { 0 }, path = { 0 }, sums = { 0 };
    text_printf(&room, "%s-XXXXXX", entry);
    if (!leftover_make_tree(room.at)) {
        text_free(&room);
        return false;
    }
    bool good = compile_objects(c, share, RUNTIME_SHARES, OBJECTS, room.at)
                && sum_up(room.at, &sums)
                && write_whole(in_folder(&path, room.at, "sums"), text_string(&sums), sums.length);
    if (good && !rename(room.at, entry))
        leftover_keep(room.at);
    else
        leftover_remove(room.at);
    text_free(&room);
    text_free(&path);
    text_free(&sums);
    return good && is_whole(entry);
}

/* ---- the others ---- */

struct old { char name[KEY + 8]; struct timespec used; };

static int last_first(const void *a, const void *b)
{
    const struct timespec *x = &((const struct old *)a)->used, *y = &((const struct old *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? 1 : -1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* Removes entries that were not used for long, and what an end without a signal has left. */
static void prune(const char *directory)
{
    struct old *old = alloc(MOST_ENTRIES, sizeof *old);
    struct text path = { 0 };
    int n = 0;
    DIR *d = opendir(directory);
    for (struct dirent *e; d && n < MOST_ENTRIES && (e = readdir(d)); ) {
        struct stat st;
        size_t length = strlen(e->d_name);
        bool entry = length == KEY, begun = length == KEY + 7 && e->d_name[KEY] == '-';
        if ((!entry && !begun) || strspn(e->d_name, "0123456789abcdef") != KEY
            || lstat(in_folder(&path, directory, e->d_name), &st))
            continue;
        if (begun && time(NULL) - st.st_mtim.tv_sec > STALE_SECONDS)
            remove_folder(text_string(&path));
        if (entry) {
            memcpy(old[n].name, e->d_name, length + 1);
            old[n++].used = st.st_mtim;
        }
    }
    if (d)
        closedir(d);
    qsort(old, (size_t)n, sizeof *old, last_first);
    for (int k = CACHE_KEPT; k < n; k++)
        remove_folder(in_folder(&path, directory, old[k].name));
    text_free(&path);
    free(old);
}

/* Waits for who is making an entry, so that two builds do not make one both; but not for ever:
** without the lock, too, an entry comes to be whole or not at all. */
static int lock(const char *directory)
{
    struct text path = { 0 };
    int fd = open(in_folder(&path, directory, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int k = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK
                    && k < LOCK_SECONDS*20; k++)
        poll(NULL, 0, 50);
    text_free(&path);
    return fd;
}

static bool make_anew(const struct compiler *c, struct text *share, const char *directory,
                      const char *entry)
{
    int fd = lock(directory);
    bool good = is_whole(entry);
    if (!good) {
        if (!access(entry, F_OK))
            remove_folder(entry);
        good = make_entry(c, share, entry);
        prune(directory);
    }
    if (fd >= 0)
        close(fd);
    return good;
}

bool cache_runtime(const struct compiler *c, const struct net *net, struct text *folder)
{
    struct text directory = { 0 }, share[RUNTIME_SHARES] = { 0 };
    char key[KEY + 1];
    bool good = find_directory(&directory);
    for (int k = 0; k < RUNTIME_SHARES && good; k++)
        runtime_share(k, RUNTIME_SHARES, net, &share[k]);
    good = good && find_key(c, share, key);
    if (good) {
        const char *entry = in_folder(folder, text_string(&directory), key);
        good = is_whole(entry) || make_anew(c, share, text_string(&directory), entry);
    }
    for (int k = 0; k < RUNTIME_SHARES; k++)
        text_free(&share[k]);
    text_free(&directory);
    return good;
}
