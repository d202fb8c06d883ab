/*
** place.c - follows names, and locks what they lead to. It must never wait for a lock without an
** end, nor close a directory that another output still holds.
*/
#include "file/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

enum { PLACE_MOST = 16, PLACE_LINKS = 40, PLACE_NAME = 4096 };

/* Closing any descriptor of a directory gives up all the process's locks on it: one each. */
static struct place_directory { struct place_id id; int fd, users; } place_dirs[PLACE_MOST];

bool place_same_id(struct place_id a, struct place_id b)
{
    return a.device == b.device && a.node == b.node;
}

/* ---- where a name leads ---- */

/* "a/b" and "c": "a/c". Allocated; NULL: no memory. */
static char *place_beside(const char *path, const char *name)
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
static bool place_in_proc(struct place_id directory)
{
    struct stat st;
    return !stat("/proc/self/fd", &st) && st.st_dev == directory.device;
}

static bool place_directory_of(const char *path, struct place_id *id)
{
    struct stat st;
    char *directory = place_beside(path, ".");
    bool good = directory && !stat(directory, &st);
    if (good)
        *id = (struct place_id){ st.st_dev, st.st_ino };
    free(directory);
    return good;
}

bool place_resolve(struct place *p, const char *path)
{
    char link[PLACE_NAME];
    struct stat st;
    *p = (struct place){ .target = strdup(path), .dir = -1 };
    for (int k = 0; p->target && place_directory_of(p->target, &p->directory); k++) {
        const char *slash = strrchr(p->target, '/');
        p->base = slash ? slash + 1 : p->target;
        ssize_t length = readlink(p->target, link, sizeof link - 1);
        bool over = length < 0 || k == PLACE_LINKS;
        if (over || place_in_proc(p->directory)) {
            if (k == PLACE_LINKS)
                errno = ELOOP;
            p->device = !over || (!stat(p->target, &st) && !S_ISREG(st.st_mode));
            return k < PLACE_LINKS && (p->device || *p->base);
        }
        link[length] = '\0';
        char *next = place_beside(p->target, link);
        free(p->target);
        p->target = next;
    }
    return false;
}

bool place_same(const struct place *a, const struct place *b)
{
    return place_same_id(a->directory, b->directory) && strcmp(a->base, b->base) == 0;
}

bool place_same_file(const struct place *a, const struct place *b)
{
    struct stat one, other;
    if (a->device || b->device)
        return false;
    return place_same(a, b)
           || (!stat(a->target, &one) && !stat(b->target, &other) && one.st_dev == other.st_dev
               && one.st_ino == other.st_ino);
}

/* ---- locks ---- */

static void place_pause(void)
{
    const struct timespec t = { 0, 2000000 + (long)getpid() % 8*1000000 };
    nanosleep(&t, NULL);
}

/* The byte of a directory that a name's lock is on. */
static off_t place_byte(const char *name)
{
    const uint64_t hash = hash_bytes(HASH_START, name, strlen(name));
    return (off_t)(hash >> (sizeof(off_t) < 8 ? 34 : 2));
}

/* A directory can only be locked as by a reader, and any number may: who finds somebody else
** there gives way. Where there are no locks, nobody is found. -1: found, but not who. */
static long place_lock_byte(int fd, const char *name)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = place_byte(name),
                          .l_len = 1 };
    struct flock other = lock;
    other.l_type = F_WRLCK;
    if (fcntl(fd, F_SETLK, &lock) || fcntl(fd, F_GETLK, &other) || other.l_type == F_UNLCK)
        return 0;
    lock.l_type = F_UNLCK;
    (void)fcntl(fd, F_SETLK, &lock);
    return other.l_pid > 0 ? (long)other.l_pid : -1;
}

static void place_unlock(struct place *p)
{
    if (p->dir < 0)
        return;
    struct place_directory *d = &place_dirs[p->dir];
    struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET,
                          .l_start = place_byte(p->base), .l_len = 1 };
    (void)fcntl(d->fd, F_SETLK, &lock);
    if (--d->users == 0)
        (void)close(d->fd);
    p->dir = -1;
}

static int place_open_directory(const struct place *p)
{
    int unused = -1;
    for (int k = 0; k < PLACE_MOST; k++) {
        if (place_dirs[k].users && place_same_id(place_dirs[k].id, p->directory)) {
            place_dirs[k].users++;
            return k;
        }
        if (!place_dirs[k].users)
            unused = k;
    }
    char *name = place_beside(p->target, ".");
    int fd = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(name);
    if (fd < 0 || unused < 0)
        return -1;
    place_dirs[unused] = (struct place_directory){ p->directory, fd, 1 };
    return unused;
}

long place_lock(struct place *p, double patience)
{
    struct timespec start, now;
    p->dir = place_open_directory(p);
    if (p->dir < 0)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        long holder = place_lock_byte(place_dirs[p->dir].fd, p->base);
        if (!holder)
            return 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec)*1e-9
            > patience) {
            place_unlock(p);
            return holder;
        }
        place_pause();
    }
}

int place_directory(const struct place *p)
{
    return p->dir < 0 ? -1 : place_dirs[p->dir].fd;
}

void place_free(struct place *p)
{
    if (p->target)
        place_unlock(p);
    free(p->target);
    *p = (struct place){ .dir = -1 };
}
