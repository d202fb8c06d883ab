/*
** file.c - whole files in and out. How they are written is in output.c.
*/
#include "file/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "file/output.h"

void *file_read_stream(FILE *f, const char *path, size_t *size, char *err)
{
    struct stat st;
    if (fstat(fileno(f), &st)) {
        error_set(err, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        error_set(err, "%s: is a directory, a file was expected", path);
        return NULL;
    }
    const off_t at = S_ISREG(st.st_mode) ? ftello(f) : -1;
    size_t stated = at >= 0 && st.st_size > at ? (size_t)(st.st_size - at) : 0;
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
    if (!bytes || ferror(f) || length < stated) {
        error_set(err, "%s: cannot be read: %s", path, !bytes ? "no memory"
                  : ferror(f) ? strerror(errno) : "it became shorter");
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
    output_spare(fileno(f));
    void *bytes = file_read_stream(f, path, size, err);
    fclose(f);
    return bytes;
}

bool file_write(const char *path, const void *bytes, size_t size, char *err)
{
    struct output_file f;
    if (!output_start(&f, path, err))
        return false;
    output_put(&f, bytes, size);
    return output_finish(&f, false, err);
}

bool file_writable(const char *path, char *err)
{
    struct output_file f;
    if (!output_start(&f, path, err))
        return false;
    output_drop(&f);
    return true;
}
