/*
** file.c - whole files in and out. It must never leave half a file under its name, whatever
** kills the process.
*/
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

void *file_read_stream(FILE *f, const char *path, size_t *size, char *err)
{
    struct stat st;
    if (fstat(fileno(f), &st) || S_ISDIR(st.st_mode)) {
        error_set(err, "%s: is a directory, a file was expected", path);
        return NULL;
    }
    size_t stated = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 0;
    size_t space = stated ? stated : 4096, most = stated + ((size_t)FILE_STREAM_MIB << 20);
    size_t length = 0;
    char *bytes = malloc(space + 1);
    while (bytes) {
        length += fread(bytes + length, 1, space - length, f);
        if (length < space || feof(f) || ferror(f))
            break;
        int next = getc(f);     /* a pipe, or the file has grown */
        if (next == EOF)
            break;
        if (length >= most) {
            error_set(err, "%s: delivers more than %d MiB: so much is read from a file alone", path,
                      FILE_STREAM_MIB);
            free(bytes);
            return NULL;
        }
        space = space > most/2 ? most : 2*space;
        char *more = realloc(bytes, space + 1);
        if (!more)
            free(bytes);
        bytes = more;
        if (bytes)
            bytes[length++] = (char)next;
    }
    if (!bytes || ferror(f)) {
        error_set(err, "%s: cannot be read: %s", path, bytes ? strerror(errno) : "no memory");
        free(bytes);
        return NULL;
    }
    bytes[length] = 0;
    *size = length;
    return bytes;
}

void *file_read(const char *path, size_t *size, char *err)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    void *bytes = file_read_stream(f, path, size, err);
    fclose(f);
    return bytes;
}

static bool file_fill(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return !fsync(fd) || errno == EINVAL || errno == EROFS;
}

/* Of the temporary file: one that nobody else gives a file of theirs. */
static const char file_suffix[] = ".lathe-tmp";

/* A device or a pipe cannot be renamed onto: written as it is. */
static bool file_write_device(const char *path, bool directory, const void *bytes, size_t size,
                              char *err)
{
    FILE *f = directory ? NULL : fopen(path, "wb");
    bool good = f && fwrite(bytes, 1, size, f) == size;
    good = f && !fclose(f) && good;
    return good || error_set(err, "%s: cannot be written: %s", path,
                             f ? strerror(errno) : "it is no file");
}

/*
** The temporary file, empty and locked, or -1. Its name is always the same, so that a process
** killed while it writes leaves one such file at most, which the next one takes over; the lock
** keeps two living ones apart. Who waited for the lock may hold a file that was renamed
** meanwhile, and then must not touch it. Where files cannot be locked, none is.
*/
static int file_temporary(const char *name)
{
    for (;;) {
        int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        struct stat held, named;
        if (fd < 0)
            return -1;
        while (fcntl(fd, F_SETLKW, &whole) && errno == EINTR)
            continue;
        bool same = !fstat(fd, &held) && !lstat(name, &named) && held.st_dev == named.st_dev
                    && held.st_ino == named.st_ino;
        if (same && !ftruncate(fd, 0))
            return fd;
        int failure = errno;
        if (close(fd) || same) {
            errno = failure;
            return -1;
        }
    }
}

/* A rename is on the disk only when its directory is. Where directories cannot be opened or
** synced, the file system does what it does. */
static bool file_sync_directory(char *path)
{
    char *slash = strrchr(path, '/'), root[] = "/", here[] = ".";
    if (slash)
        *slash = '\0';
    int fd = open(!slash ? here : slash == path ? root : path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES;
    bool good = !fsync(fd) || errno == EINVAL || errno == EROFS;
    return !close(fd) && good;
}

/* The temporary file's name; NULL: no memory. */
static char *file_temporary_name(const char *path)
{
    size_t length = strlen(path);
    char *name = malloc(length + sizeof file_suffix);
    if (name) {
        memcpy(name, path, length);
        memcpy(name + length, file_suffix, sizeof file_suffix);
    }
    return name;
}

bool file_writable(const char *path, char *err)
{
    struct stat st;
    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        return (!S_ISDIR(st.st_mode) && !access(path, W_OK))
               || error_set(err, "%s: cannot be written: it is no file", path);
    char *name = file_temporary_name(path);
    int fd = name ? file_temporary(name) : -1, failure = errno;
    if (fd >= 0) {
        unlink(name);
        close(fd);
    }
    free(name);
    return fd >= 0 || error_set(err, "%s: cannot be written: %s", path, strerror(failure));
}

/* name: the temporary file's, with room to be cut at its last slash. */
static bool file_replace(const char *path, char *name, const void *bytes, size_t size)
{
    int fd = file_temporary(name);
    if (fd < 0)
        return false;
    /* The lock holds until the file has its name. */
    bool good = file_fill(fd, bytes, size) && !rename(name, path);
    int failure = errno;
    if (!good)
        unlink(name);
    if (close(fd) && good)
        return false;
    errno = failure;
    return good && file_sync_directory(name);
}

bool file_write(const char *path, const void *bytes, size_t size, char *err)
{
    struct stat st;
    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        return file_write_device(path, S_ISDIR(st.st_mode), bytes, size, err);
    char *name = file_temporary_name(path);
    if (!name)
        return error_set(err, "%s: not enough memory", path);
    bool good = file_replace(path, name, bytes, size)
                || error_set(err, "%s: cannot be written: %s", path, strerror(errno));
    free(name);
    return good;
}
