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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "file/output_kind.h"
#include "file/place.h"

enum { OUTPUT_MOST = 16 };
static const double output_patience = 5, output_short_patience = 0.2;  /* seconds for a lock */

/* Of the temporary file: one that nobody else gives a file of theirs. */
static const char output_suffix[] = ".lathe-tmp";

/* What the process has read. */
static struct place_id *output_read;
static size_t output_reads, output_reads_space;

/* A file that is claimed or written now; without a target the slot is free. */
static struct output_slot {
    struct place place;
    char *temporary;
    const char *option;
} output_slots[OUTPUT_MOST];

/* For output_clean: temporary files that exist. */
static char *volatile output_temporaries[OUTPUT_MOST];

void output_spare(int fd)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    if (output_reads == output_reads_space) {
        size_t space = 2*output_reads_space + 64;
        struct place_id *more = realloc(output_read, space*sizeof *more);
        if (!more)
            return;
        output_read = more;
        output_reads_space = space;
    }
    output_read[output_reads++] = (struct place_id){ st.st_dev, st.st_ino };
}

bool output_same(const char *a, const char *b)
{
    struct place one, other;
    bool found = place_resolve(&one, a);
    found = place_resolve(&other, b) && found;
    bool same = found ? place_same_file(&one, &other) : strcmp(a, b) == 0;
    place_free(&one);
    place_free(&other);
    return same;
}

/* ---- the temporary file ---- */

static bool output_busy(char *err, const char *path, long holder)
{
    if (holder > 0)
        return error_set(err, "%s: cannot be written: process %ld is writing it", path, holder);
    return error_set(err, "%s: cannot be written: another process is writing it", path);
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

static bool output_taken(const struct output *o, struct place_id id, char *err)
{
    struct stat st;
    if (!stat("/proc/self/exe", &st) && place_same_id(id, (struct place_id){ st.st_dev,
                                                                               st.st_ino }))
        return error_set(err, "%s: is the program that runs; name another file with %s", o->path,
                         o->option);
    for (size_t k = 0; !o->goes_on && k < output_reads; k++)
        if (place_same_id(id, output_read[k]))
            return error_set(err, "%s: is read by this command; name another file with %s",
                             o->path, o->option);
    return true;
}

static bool output_may_replace(const struct output_slot *s, const struct output *o, char *err)
{
    struct stat st;
    if (stat(s->place.target, &st))
        return errno == ENOENT || error_set(err, "%s: cannot be written: %s", o->path,
                                            strerror(errno));
    if (!output_taken(o, (struct place_id){ st.st_dev, st.st_ino }, err))
        return false;
    if (st.st_size == 0)
        return true;
    const int fd = open(s->place.target, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    errno = fd < 0 ? errno : 0;
    const bool ours = fd >= 0 && output_kind_fits(fd, o->kind);
    const int failure = ours ? 0 : errno;
    if (fd >= 0)
        close(fd);
    if (failure)
        return error_set(err, "%s: is there, and cannot be read: %s: it is not replaced", o->path,
                         strerror(failure));
    return ours || error_set(err, "%s: is there, and no %s: it is not replaced; remove it, or "
                             "name another file with %s", o->path, output_kind_what(o->kind),
                             o->option);
}

static bool output_not_twice(const struct output_slot *s, const struct output *o, char *err)
{
    for (int k = 0; k < OUTPUT_MOST; k++) {
        const struct output_slot *other = &output_slots[k];
        if (other != s && other->place.target && place_same_file(&s->place, &other->place))
            return error_set(err, "%s: %s and %s are the same file", o->path,
                             other->option ? other->option : "another output", o->option);
    }
    return true;
}

/* ---- claims ---- */

static void output_free(struct output_slot *s)
{
    place_free(&s->place);
    free(s->temporary);
    *s = (struct output_slot){ .place = { .dir = -1 } };
}

/* A free slot for the name: -1, and err says why. */
static int output_take(const char *path, char *err)
{
    for (int k = 0; k < OUTPUT_MOST; k++) {
        struct output_slot *s = &output_slots[k];
        if (s->place.target)
            continue;
        *s = (struct output_slot){ .temporary = NULL };
        errno = 0;
        bool good = place_resolve(&s->place, path);
        if (good && !s->place.device) {
            s->temporary = malloc(strlen(s->place.target) + sizeof output_suffix);
            good = s->temporary != NULL;
        }
        if (!good) {
            error_set(err, "%s: cannot be written: %s", path, strerror(errno ? errno : ENOMEM));
            output_free(s);
            return -1;
        }
        if (!s->place.device)
            strcat(strcpy(s->temporary, s->place.target), output_suffix);
        return k;
    }
    error_set(err, "%s: cannot be written: too many files at once", path);
    return -1;
}

/* The slot that the name was claimed for; -1: none. */
static int output_find(const char *path)
{
    struct place place;
    int found = -1;
    if (place_resolve(&place, path))
        for (int k = 0; k < OUTPUT_MOST && found < 0; k++) {
            const struct place *other = &output_slots[k].place;
            if (other->target && other->device == place.device && place_same(other, &place))
                found = k;
        }
    place_free(&place);
    return found;
}

/* It is this process's from here on, or err says whose it is. */
static bool output_lock(struct output_slot *s, const char *path, double patience, char *err)
{
    long holder = place_lock(&s->place, patience);
    return !holder || output_busy(err, path, holder);
}

static bool output_writable_device(const struct output_slot *s, const char *path, char *err)
{
    struct stat st;
    return (!stat(s->place.target, &st) && !S_ISDIR(st.st_mode) && !S_ISBLK(st.st_mode)
            && !access(s->place.target, W_OK))
           || error_set(err, "%s: cannot be written: it is no file", path);
}

static bool output_suits(struct output_slot *s, const struct output *o, char *err)
{
    const size_t end = sizeof output_suffix - 1, length = strlen(s->place.base);
    struct output_file f;
    if (s->place.device)
        return output_writable_device(s, o->path, err);
    if (length > end && strcmp(s->place.base + length - end, output_suffix) == 0)
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
    if (s->place.device) {
        f->fd = open(s->place.target, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
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
        if (!output_slots[f->slot].place.device
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
    return s->place.device ? s->place.target : s->temporary;
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
    if (!s->place.device)
        (void)unlink(s->temporary);
    output_end(f);
}

/* A rename is on the disk only when its directory is. */
static bool output_rename(const struct output_slot *s, bool runs)
{
    const int directory = place_directory(&s->place);
    mode_t mask = runs ? umask(0) : 0;
    if (runs)
        umask(mask);
    return (!runs || !chmod(s->temporary, 0777 & ~mask)) && !rename(s->temporary, s->place.target)
           && (directory < 0 || output_sync(directory));
}

bool output_finish(struct output_file *f, bool runs, char *err)
{
    const struct output_slot *s = &output_slots[f->slot];
    if (!f->failure && !output_sync(f->fd))
        f->failure = errno;
    if (!f->failure && !s->place.device && !output_rename(s, runs))
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
