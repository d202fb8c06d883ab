/*
** file.c - whole files in and out. It must never leave half a file under its name.
*/
#include "file.h"

#include <errno.h>
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
    size_t space = st.st_size > 0 ? (size_t)st.st_size : 4096, length = 0;
    char *bytes = malloc(space + 1);
    while (bytes) {
        length += fread(bytes + length, 1, space - length, f);
        if (length < space || feof(f) || ferror(f))
            break;
        int next = getc(f);     /* a pipe, or the file has grown */
        if (next == EOF)
            break;
        char *more = space > (size_t)-1 / 4 ? NULL : realloc(bytes, 2*space + 1);
        if (!more)
            free(bytes);
        bytes = more;
        if (bytes) {
            bytes[length++] = (char)next;
            space *= 2;
        }
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

bool file_write(const char *path, const void *bytes, size_t size, char *err)
{
    struct stat st;
    if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
        /* A device or a pipe cannot be renamed onto: written as it is. */
        FILE *f = S_ISDIR(st.st_mode) ? NULL : fopen(path, "wb");
        bool good = f && fwrite(bytes, 1, size, f) == size;
        good = f && !fclose(f) && good;
        return good || error_set(err, "%s: cannot be written: %s", path,
                                 f ? strerror(errno) : "it is no file");
    }
    size_t length = strlen(path);
    char *temporary = malloc(length + 8);
    if (!temporary)
        return error_set(err, "%s: not enough memory", path);
    memcpy(temporary, path, length);
    memcpy(temporary + length, ".XXXXXX", 8);
    int fd = mkstemp(temporary);
    bool good = fd >= 0 && file_fill(fd, bytes, size);
    if (good) {
        mode_t mask = umask(0);
        umask(mask);
        good = !fchmod(fd, 0666 & ~mask);
    }
    int saved = errno;
    if (fd >= 0 && close(fd) && good) {
        good = false;
        saved = errno;
    }
    if (good && rename(temporary, path)) {
        good = false;
        saved = errno;
    }
    if (!good && fd >= 0)
        unlink(temporary);
    free(temporary);
    return good || error_set(err, "%s: cannot be written: %s", path, strerror(saved));
}
