/*
** stream.c - streams at their ends.
*/
#include "base/stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int stream_failure;      /* errno of standard output's first flush that failed */

/* ---- a text in memory ---- */

#if defined(__linux__) && !defined(__ANDROID__)
struct stream_text { char **text; size_t *size, space; };

/* Room to spare, so that what grows by pieces is not copied each time. 0 is an error to stdio. */
static ssize_t stream_put(void *cookie, const char *bytes, size_t size)
{
    struct stream_text *t = cookie;
    if (size >= SIZE_MAX/4 - *t->size)
        return 0;
    if (*t->size + size >= t->space) {
        const size_t space = 2*(*t->size + size) + 1;
        char *more = realloc(*t->text, space);
        if (!more)
            return 0;
        *t->text = more;
        t->space = space;
    }
    memcpy(*t->text + *t->size, bytes, size);
    *t->size += size;
    (*t->text)[*t->size] = '\0';
    return (ssize_t)size;
}

static int stream_forget(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *stream_memory(char **text, size_t *size)
{
    static const cookie_io_functions_t functions = { .write = stream_put, .close = stream_forget };
    struct stream_text *t = malloc(sizeof *t);
    *size = 0;
    *text = calloc(1, 1);
    FILE *out = t && *text ? fopencookie(t, "w", functions) : NULL;
    if (t)
        *t = (struct stream_text){ text, size, 1 };
    if (!out)
        free(t);
    return out;
}
#else
FILE *stream_memory(char **text, size_t *size)
{
    return open_memstream(text, size);
}
#endif

/* ---- ends ---- */

bool stream_close(FILE *out)
{
    const bool whole = !ferror(out);
    return !fclose(out) && whole;
}

void stream_flush(void)
{
    if (fflush(stdout) && !stream_failure)
        stream_failure = errno;
}

const char *stream_end(void)
{
    stream_flush();
    if (stream_failure)
        return strerror(stream_failure);
    return ferror(stdout) ? "a part is missing" : NULL;
}
