/*
** output.c - files that appear whole or not at all, and only where they take nothing away. It
** must never write through a link that somebody else made, nor wait for a lock without an end.
**
** A file is written under a temporary name, always the same, beside where it is to be, and
** renamed: a process killed while it writes leaves one such file at most, which the next one
** takes over. Whose file it is, is told by two locks, which end with the process: while it is
** claimed, one on a byte of its directory that its name chooses, since a directory, unlike what
** is renamed, stays; and while it is written, one on the temporary file, which a network disk
** shows other machines, too.
*/
#include "file/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "file/output_kind.h"

enum { OUTPUT_MOST = 16, OUTPUT_LINKS = 40, OUTPUT_NAME = 4096 };
static const double output_patience = 5, output_short_patience = 0.2;  /* seconds for a lock */

/* Of the temporary file: one that nobody else gives a file of theirs. */
static const char output_suffix[] = ".lathe-tmp";

/* What the process has read, and the directories that it writes into. */
struct output_id { dev_t device; ino_t node; };
static struct output_id *output_read;
static size_t output_reads, output_reads_space;

/* Closing any descriptor of a directory gives up all the process's locks on it: one each. */
static struct output_directory { struct output_id id; int fd, users; } output_dirs[OUTPUT_MOST];

/* A file that is claimed or written now. */
static struct output_slot {
    char *target, *temporary;     /* target NULL: the slot is free */
    const char *option;
    bool device;                  /* it is written as it is */
    struct output_id directory;
    const char *base;             /* target's last part */
    int dir;                      /* of output_dirs, locked there; or -1 */
} output_slots[OUTPUT_MOST];

/* For output_clean: temporary files that exist. */
static char *volatile output_temporaries[OUTPUT_MOST];

static bool output_same_id(struct output_id a, struct output_id b)
{
    return a.device == b.device && a.node == b.node;
}

void output_spare(int fd)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    if (output_reads == output_reads_space) {
        size_t space = 2*output_reads_space + 64;
        struct output_id *more = realloc(output_read, space*sizeof *more);
        if (!more)
            return;
        output_read = more;
        output_reads_space = space;
    }
    output_read[output_reads++] = (struct output_id){ st.st_dev, st.st_ino };
}

/* ---- where a name leads ---- */

/* "a/b" and "c": "a/c". Allocated; NULL: no memory. */
static char *output_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash && *name != '/' ? (size_t)(slash - path) + 1 : 0;
    char *text = malloc(length + strlen(name) + 1);
    if (text) {
        memcpy(text, path, length);
        strcpy(text + length, name);
    }
    return text;
}

/* Links of /proc lead to what is open, by a name that is perhaps not its own. */
static bool output_in_proc(struct output_id directory)
{
    struct stat st;
    return !stat("/proc/self/fd", &st) && st.st_dev == directory.device;
}

static bool output_directory_of(const char *path, struct output_id *id)
{
    struct stat st;
    char *directory = output_beside(path, ".");
    bool good = directory && !stat(directory, &st);
    if (good)
        *id = (struct output_id){ st.st_dev, st.st_ino };
    free(directory);
    return good;
}

/* Follows links, also to what is not there yet. False: errno. */
static bool output_resolve(struct output_slot *s, const char *path)
{
    char link[OUTPUT_NAME];
    struct stat st;
    s->target = strdup(path);
    for (int k = 0; s->target && output_directory_of(s->target, &s->directory); k++) {
        const char *slash = strrchr(s->target, '/');
        s->base = slash ? slash + 1 : s->target;
        ssize_t length = readlink(s->target, link, sizeof link - 1);
        bool over = length < 0 || k == OUTPUT_LINKS;
        if (over || output_in_proc(s->directory)) {
            if (k == OUTPUT_LINKS)
                errno = ELOOP;
            s->device = !over || (!stat(s->target, &st) && !S_ISREG(st.st_mode));
            return k < OUTPUT_LINKS && (s->device || *s->base);
        }
        link[length] = '\0';
        char *next = output_beside(s->target, link);
        free(s->target);
        s->target = next;
    }
    return false;
}

static bool output_same_place(const struct output_slot *a, const struct output_slot *b)
{
    return output_same_id(a->directory, b->directory) && strcmp(a->base, b->base) == 0;
}

/* Hard links too: whoever names one file twice has one file in mind. */
static bool output_same_file(const struct output_slot *a, const struct output_slot *b)
{
    struct stat one, other;
    if (a->device || b->device)
        return false;
    return output_same_place(a, b)
           || (!stat(a->target, &one) && !stat(b->target, &other) && one.st_dev == other.st_dev
               && one.st_ino == other.st_ino);
}

bool output_same(const char *a, const char *b)
{
    struct output_slot one = { .dir = -1 }, other = { .dir = -1 };
    bool found = output_resolve(&one, a);
    found = output_resolve(&other, b) && found;
    bool same = found ? output_same_file(&one, &other) : strcmp(a, b) == 0;
    free(one.target);
    free(other.target);
    return same;
}

/* ---- locks ---- */

static void output_pause(void)
{
    const struct timespec t = { 0, 2000000 + (long)getpid() % 8*1000000 };
    nanosleep(&t, NULL);
}

static bool output_busy(char *err, const char *path, long holder)
{
    if (holder > 0)
        return error_set(err, "%s: cannot be written: process %ld is writing it", path, holder);
    return error_set(err, "%s: cannot be written: another process is writing it", path);
}

/* The byte of a directory that a name's lock is on. */
static off_t output_byte(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name)*0x100000001b3u;
    return (off_t)(hash >> (sizeof(off_t) < 8 ? 34 : 2));
}

/* A directory can only be locked as by a reader, and any number may: who finds somebody else
** there gives way. Where there are no locks, nobody is found. -1: found, but not who. */
static long output_lock_byte(int fd, const char *name)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = output_byte(name),
                          .l_len = 1 };
    struct flock other = lock;
    other.l_type = F_WRLCK;
    if (fcntl(fd, F_SETLK, &lock) || fcntl(fd, F_GETLK, &other) || other.l_type == F_UNLCK)
        return 0;
    lock.l_type = F_UNLCK;
    (void)fcntl(fd, F_SETLK, &lock);
    return other.l_pid > 0 ? (long)other.l_pid : -1;
}

static void output_unlock(struct output_slot *s)
{
    if (s->dir < 0)
        return;
    struct output_directory *d = &output_dirs[s->dir];
    struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET,
                          .l_start = output_byte(s->base), .l_len = 1 };
    (void)fcntl(d->fd, F_SETLK, &lock);
    if (--d->users == 0)
        (void)close(d->fd);
    s->dir = -1;
}

static int output_open_directory(const struct output_slot *s)
{
    int unused = -1;
    for (int k = 0; k < OUTPUT_MOST; k++) {
        if (output_dirs[k].users && output_same_id(output_dirs[k].id, s->directory)) {
            output_dirs[k].users++;
            return k;
        }
        if (!output_dirs[k].users)
            unused = k;
    }
    char *name = output_beside(s->target, ".");
    int fd = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(name);
    if (fd < 0 || unused < 0)
        return -1;
    output_dirs[unused] = (struct output_directory){ s->directory, fd, 1 };
    return unused;
}

static bool output_lock(struct output_slot *s, const char *path, double patience, char *err)
{
    struct timespec start, now;
    s->dir = output_open_directory(s);
    if (s->dir < 0)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        long holder = output_lock_byte(output_dirs[s->dir].fd, s->base);
        if (!holder)
            return true;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec)*1e-9
            > patience) {
            output_unlock(s);
            return output_busy(err, path, holder);
        }
        output_pause();
    }
}

/* Whether the name is still the open file's. */
static bool output_is_named(int fd, const char *name, struct stat *st)
{
    struct stat named;
    return !fstat(fd, st) && !lstat(name, &named) && st->st_dev == named.st_dev
           && st->st_ino == named.st_ino;
}

/*
** The temporary file, empty and locked, or -1: errno, and *holder where it is somebody's. What a
** killed process left is taken over under the lock; what is no such file, but a link to one
** elsewhere, say, is removed. Where files cannot be locked, none is.
*/
static int output_temporary(const char *name, long *holder)
{
    enum { TRIES = 100 };
    *holder = 0;
    for (int k = 0; k < TRIES; k++) {
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        struct stat st;
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        bool made = fd >= 0;
        if (!made && errno != EEXIST)
            return -1;
        if (!made)
            fd = open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && fcntl(fd, F_SETLK, &whole) && (errno == EAGAIN || errno == EACCES)) {
            *holder = !fcntl(fd, F_GETLK, &whole) && whole.l_type != F_UNLCK && whole.l_pid > 0
                      ? (long)whole.l_pid : -1;
            close(fd);
            errno = EBUSY;
            return -1;
        }
        bool named = fd >= 0 && output_is_named(fd, name, &st);
        if (named && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid()
            && (made || !ftruncate(fd, 0)))
            return fd;
        if ((named || fd < 0) && unlink(name) && errno != ENOENT) {
            if (fd >= 0)
                close(fd);
            return -1;
        }
        if (fd >= 0)
            close(fd);
    }
    errno = EAGAIN;
    return -1;
}

/* ---- what may be replaced ---- */

static bool output_taken(const struct output *o, struct output_id id, char *err)
{
    struct stat st;
    if (!stat("/proc/self/exe", &st) && output_same_id(id, (struct output_id){ st.st_dev,
                                                                               st.st_ino }))
        return error_set(err, "%s: is the program that runs; name another file with %s", o->path,
                         o->option);
    for (size_t k = 0; !o->goes_on && k < output_reads; k++)
        if (output_same_id(id, output_read[k]))
            return error_set(err, "%s: is read by this command; name another file with %s",
                             o->path, o->option);
    return true;
}

static bool output_may_replace(const struct output_slot *s, const struct output *o, char *err)
{
    struct stat st;
    if (stat(s->target, &st))
        return errno == ENOENT || error_set(err, "%s: cannot be written: %s", o->path,
                                            strerror(errno));
    if (!output_taken(o, (struct output_id){ st.st_dev, st.st_ino }, err))
        return false;
    if (st.st_size == 0)
        return true;
    int fd = open(s->target, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool ours = fd >= 0 && output_kind_fits(fd, o->kind);
    if (fd >= 0)
        close(fd);
    return ours || error_set(err, "%s: is there, and no %s: it is not replaced; remove it, or "
                             "name another file with %s", o->path, output_kind_what(o->kind),
                             o->option);
}

static bool output_not_twice(const struct output_slot *s, const struct output *o, char *err)
{
    for (int k = 0; k < OUTPUT_MOST; k++) {
        const struct output_slot *other = &output_slots[k];
        if (other != s && other->target && output_same_file(s, other))
            return error_set(err, "%s: %s and %s are the same file", o->path,
                             other->option ? other->option : "another output", o->option);
    }
    return true;
}

/* ---- claims ---- */

static void output_free(struct output_slot *s)
{
    output_unlock(s);
    free(s->target);
    free(s->temporary);
    *s = (struct output_slot){ .dir = -1 };
}

/* A free slot for the name: -1, and err says why. */
static int output_take(const char *path, char *err)
{
    for (int k = 0; k < OUTPUT_MOST; k++) {
        struct output_slot *s = &output_slots[k];
        if (s->target)
            continue;
        *s = (struct output_slot){ .dir = -1 };
        errno = 0;
        bool good = output_resolve(s, path);
        if (good && !s->device) {
            s->temporary = malloc(strlen(s->target) + sizeof output_suffix);
            good = s->temporary != NULL;
        }
        if (!good) {
            error_set(err, "%s: cannot be written: %s", path, strerror(errno ? errno : ENOMEM));
            output_free(s);
            return -1;
        }
        if (!s->device)
            strcat(strcpy(s->temporary, s->target), output_suffix);
        return k;
    }
    error_set(err, "%s: cannot be written: too many files at once", path);
    return -1;
}

/* The slot that the name was claimed for; -1: none. */
static int output_find(const char *path)
{
    struct output_slot s = { .dir = -1 };
    int found = -1;
    if (output_resolve(&s, path))
        for (int k = 0; k < OUTPUT_MOST && found < 0; k++)
            if (output_slots[k].target && output_slots[k].device == s.device
                && output_same_place(&output_slots[k], &s))
                found = k;
    free(s.target);
    return found;
}

static bool output_writable_device(const struct output_slot *s, const char *path, char *err)
{
    struct stat st;
    return (!stat(s->target, &st) && !S_ISDIR(st.st_mode) && !S_ISBLK(st.st_mode)
            && !access(s->target, W_OK))
           || error_set(err, "%s: cannot be written: it is no file", path);
}

static bool output_suits(struct output_slot *s, const struct output *o, char *err)
{
    const size_t end = sizeof output_suffix - 1, length = strlen(s->base);
    struct output_file f;
    if (s->device)
        return output_writable_device(s, o->path, err);
    if (length > end && strcmp(s->base + length - end, output_suffix) == 0)
        return error_set(err, "%s: cannot be written: %s is the end of temporary files' names",
                         o->path, output_suffix);
    if (!output_not_twice(s, o, err) || !output_may_replace(s, o, err)
        || !output_lock(s, o->path, output_short_patience, err)
        || !output_start(&f, o->path, err))
        return false;
    output_drop(&f);
    return true;
}

bool output_claim(const struct output *o, char *err)
{
    int slot = output_take(o->path, err);
    if (slot < 0)
        return false;
    struct output_slot *s = &output_slots[slot];
    s->option = o->option;
    if (output_suits(s, o, err))
        return true;
    output_free(s);
    return false;
}

void output_release(const char *path)
{
    int slot = output_find(path);
    if (slot >= 0)
        output_free(&output_slots[slot]);
}

/* ---- writing ---- */

static bool output_failed(const struct output_file *f, char *err)
{
    return error_set(err, "%s: cannot be written: %s", f->path, strerror(f->failure));
}

/* No signal comes between a temporary file and its place in output_clean's list. A pipe may have
** to be waited for: there signals pass. */
static bool output_open(struct output_file *f, long *holder)
{
    const struct output_slot *s = &output_slots[f->slot];
    sigset_t all, before;
    *holder = 0;
    if (s->device) {
        f->fd = open(s->target, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
        f->failure = f->fd < 0 ? errno : 0;
        return f->fd >= 0;
    }
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    f->fd = output_temporary(s->temporary, holder);
    f->failure = f->fd < 0 ? errno : 0;
    output_temporaries[f->slot] = f->fd < 0 ? NULL : s->temporary;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return f->fd >= 0;
}

bool output_start(struct output_file *f, const char *path, char *err)
{
    long holder = 0;
    *f = (struct output_file){ .path = path, .fd = -1, .slot = output_find(path) };
    if (f->slot < 0) {
        f->slot = output_take(path, err);
        f->claimed_here = true;
        if (f->slot < 0)
            return false;
        if (!output_slots[f->slot].device
            && !output_lock(&output_slots[f->slot], path, output_patience, err)) {
            output_free(&output_slots[f->slot]);
            return false;
        }
    }
    if (output_open(f, &holder))
        return true;
    if (holder)
        output_busy(err, path, holder);
    else
        output_failed(f, err);
    if (f->claimed_here)
        output_free(&output_slots[f->slot]);
    return false;
}

const char *output_name(const struct output_file *f)
{
    const struct output_slot *s = &output_slots[f->slot];
    return s->device ? s->target : s->temporary;
}

void output_put(struct output_file *f, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size && !f->failure) {
        ssize_t n = write(f->fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            f->failure = n < 0 ? errno : ENOSPC;
            return;
        }
        at += n;
        size -= (size_t)n;
    }
}

/* What a device or a file system cannot do, it need not. */
static bool output_sync(int fd)
{
    return !fsync(fd) || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

static void output_end(struct output_file *f)
{
    output_temporaries[f->slot] = NULL;
    if (f->fd >= 0 && close(f->fd) && !f->failure)
        f->failure = errno;
    f->fd = -1;
    if (f->claimed_here)
        output_free(&output_slots[f->slot]);
}

void output_drop(struct output_file *f)
{
    const struct output_slot *s = &output_slots[f->slot];
    if (!s->device)
        (void)unlink(s->temporary);
    output_end(f);
}

/* A rename is on the disk only when its directory is. */
static bool output_rename(const struct output_slot *s, bool runs)
{
    mode_t mask = runs ? umask(0) : 0;
    if (runs)
        umask(mask);
    return (!runs || !chmod(s->temporary, 0777 & ~mask)) && !rename(s->temporary, s->target)
           && (s->dir < 0 || output_sync(output_dirs[s->dir].fd));
}

bool output_finish(struct output_file *f, bool runs, char *err)
{
    const struct output_slot *s = &output_slots[f->slot];
    if (!f->failure && !output_sync(f->fd))
        f->failure = errno;
    if (!f->failure && !s->device && !output_rename(s, runs))
        f->failure = errno;
    if (f->failure)
        output_drop(f);
    else
        output_end(f);      /* the lock holds until the file has its name */
    return !f->failure || output_failed(f, err);
}

void output_clean(void)
{
    for (int k = 0; k < OUTPUT_MOST; k++)
        if (output_temporaries[k])
            (void)unlink(output_temporaries[k]);
}
