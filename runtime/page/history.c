/*
** history.c - training's course as CSV. It must never print a number that does not
** read back as the same one: %.9g holds a float, %.17g a double.
**
** Rows go into a spool, a file without a name, since a run may have a thousand million of them:
** what is in memory of it is the kernel's, and is given back when something else needs it.
*/
#include "page/history.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/stream.h"
#include "core/model.h"
#include "file/output.h"

enum { HISTORY_ROOM = 4096,      /* rows in memory */
       HISTORY_PIECE = 1024 };   /* rows of text in memory */
_Static_assert(sizeof(struct history_row) == 5*sizeof(double), "a row is five numbers");

bool history_open(struct history *h, const char *beside, char *err)
{
    *h = (struct history){ .spool = -1, .beside = beside, .csv.fd = -1, .room = HISTORY_ROOM,
                           .check = "acc" };
    h->late = malloc(h->room*sizeof *h->late);
    return h->late || error_set(err, "not enough memory for the history");
}

static void history_unmap(struct history *h)
{
    if (h->map)
        munmap(h->map, h->mapped*sizeof *h->map);
    h->map = NULL;
    h->mapped = 0;
}

void history_close(struct history *h)
{
    if (!h->late)
        return;
    history_unmap(h);
    free(h->late);
    if (h->spool >= 0)
        close(h->spool);
    if (h->csv.fd >= 0)
        close(h->csv.fd);
    *h = (struct history){ .spool = -1, .csv.fd = -1 };
}

/* ---- the spool ---- */

/* A file without a name in the directory of a path; -1: none can be made there. */
static int history_nameless(const char *path)
{
    static const char pattern[] = "lathe-XXXXXX";
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    char *name = malloc(length + sizeof pattern);
    if (!name)
        return -1;
    memcpy(name, path, length);
    strcpy(name + length, ".");
#ifdef O_TMPFILE
    int fd = open(name, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#else
    int fd = -1;
#endif
    strcpy(name + length, pattern);
    if (fd < 0 && (fd = mkstemp(name)) >= 0)
        unlink(name);
    free(name);
    return fd;
}

static int history_make_spool(const struct history *h)
{
    const char *directory = getenv("TMPDIR");
    char path[4096];
    int fd = h->beside && strncmp(h->beside, "/dev/", 5) != 0 ? history_nameless(h->beside) : -1;
    if (fd >= 0)
        return fd;
    int length = snprintf(path, sizeof path, "%s/", directory && *directory ? directory : "/tmp");
    return length < (int)sizeof path ? history_nameless(path) : -1;
}

/* Of the rows in memory the last one stays: accuracies may be added to it. */
static bool history_flush(struct history *h)
{
    const size_t size = h->kept*sizeof *h->late;
    size_t done = 0;
    if (h->spool < 0)
        h->spool = history_make_spool(h);
    while (h->spool >= 0 && done < size) {
        ssize_t n = pwrite(h->spool, (const char *)h->late + done, size - done,
                           (off_t)((h->count - h->kept)*sizeof *h->late + done));
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    if (h->spool < 0)
        return false;
    if (h->kept > 1)
        h->late[0] = h->late[h->kept - 1];
    h->kept = h->kept > 0;
    return true;
}

bool history_add(struct history *h, long epoch, double loss, double lr)
{
    /* What cannot be put away stays, and is tried again when there is as much once more. */
    if (h->kept == h->room && !history_flush(h)) {
        struct history_row *more = realloc(h->late, 2*h->room*sizeof *more);
        if (!more)
            return false;
        h->late = more;
        h->room *= 2;
    }
    h->late[h->kept++] = (struct history_row){ (double)epoch, loss, lr, -1, -1 };
    h->count++;
    return true;
}

void history_check(struct history *h, double train_check, double val_check)
{
    assert(h->kept > 0);
    h->late[h->kept - 1].train_check = train_check;
    h->late[h->kept - 1].val_check = val_check;
}

const struct history_row *history_rows(struct history *h)
{
    if (h->kept == h->count)
        return h->late;
    history_unmap(h);
    if (!history_flush(h))
        return NULL;
    void *map = mmap(NULL, h->count*sizeof *h->map, PROT_READ, MAP_SHARED, h->spool, 0);
    if (map == MAP_FAILED)
        return NULL;
    h->map = map;
    h->mapped = h->count;
    return h->map;
}

/* Rows from the k-th on, `*most` of them at most. */
static const struct history_row *history_from(struct history *h, size_t k, size_t *most)
{
    size_t early = h->count - h->kept;
    if (k >= early) {
        *most = h->count - k < *most ? h->count - k : *most;
        return h->late + (k - early);
    }
    if (early > h->mapped && !history_rows(h))
        return NULL;
    early = h->count - h->kept;
    *most = early - k < *most ? early - k : *most;
    return h->map + k;
}

/* ---- the text ---- */

enum { HISTORY_DIGITS = LATHE_F64 ? 17 : 9 };

/* ",1.5", or "," for what was not measured. */
static void history_number(FILE *out, double number, bool known)
{
    if (!known)
        fputc(',', out);
    else
        fprintf(out, ",%.*g", HISTORY_DIGITS, number);
}

static void history_print(FILE *out, const char *check, size_t k, const struct history_row *r)
{
    if (k == 0)
        fprintf(out, "iteration,epoch,loss,lr,train_%s,val_%s\n", check, check);
    fprintf(out, "%zu,%.0f", k + 1, r->epoch);
    history_number(out, r->loss, true);
    history_number(out, r->lr, true);
    history_number(out, r->train_check, r->train_check >= 0);
    history_number(out, r->val_check, r->val_check >= 0);
    fputc('\n', out);
}

/* Some rows' text, allocated; NULL: no memory. */
static char *history_text(const struct history *h, const struct history_row *row, size_t first,
                          size_t count, size_t *size)
{
    char *text = NULL;
    FILE *out = stream_memory(&text, size);
    if (!out)
        return NULL;
    for (size_t k = 0; k < count; k++)
        history_print(out, h->check, first + k, row + k);
    if (stream_close(out))
        return text;
    free(text);
    return NULL;
}

/* Rows from the first-th on. f->failure says whether it worked. */
static void history_put(struct history *h, size_t first, struct output_file *f, off_t *size)
{
    while (first < h->count && !f->failure) {
        size_t count = HISTORY_PIECE, length;
        const struct history_row *row = history_from(h, first, &count);
        char *text = row ? history_text(h, row, first, count, &length) : NULL;
        if (!text) {
            f->failure = row ? ENOMEM : EIO;
            return;
        }
        output_put(f, text, length);
        free(text);
        *size += (off_t)length;
        first += count;
    }
}

static bool history_replace(struct history *h, const char *path, char *err)
{
    struct output_file f;
    off_t size = 0;
    if (h->csv.fd >= 0)
        close(h->csv.fd);
    h->csv.fd = -1;
    if (!output_start(&f, path, err))
        return false;
    history_put(h, 0, &f, &size);
    int fd = f.failure ? -1 : fcntl(f.fd, F_DUPFD_CLOEXEC, 0);
    if (!output_finish(&f, false, err)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    h->csv.fd = fd;     /* -1: the next time all is written again */
    h->csv.rows = h->count;
    h->csv.size = size;
    return true;
}

/* A device is written once, from its beginning to its end; a file may have been removed, replaced
** or changed meanwhile. */
static bool history_is_ours(const struct history *h, const char *path, bool *file)
{
    struct stat open, named;
    *file = false;
    if (h->csv.fd < 0 || h->csv.rows > h->count || fstat(h->csv.fd, &open))
        return false;
    *file = S_ISREG(open.st_mode);
    return !*file || (!stat(path, &named) && named.st_dev == open.st_dev
                      && named.st_ino == open.st_ino && named.st_size == h->csv.size);
}

static bool history_append(struct history *h, const char *path, bool file, bool over, char *err)
{
    struct output_file f = { .path = path, .fd = h->csv.fd };
    off_t size = h->csv.size;
    history_put(h, h->csv.rows, &f, &size);
    if (!f.failure && over && file && fsync(f.fd) && errno != EINVAL && errno != EROFS)
        f.failure = errno;
    if (f.failure) {
        /* No half of a row stays; else it is written anew. */
        if (file && (ftruncate(f.fd, h->csv.size) || lseek(f.fd, h->csv.size, SEEK_SET) < 0)) {
            close(h->csv.fd);
            h->csv.fd = -1;
        }
        return error_set(err, "%s: cannot be written: %s", path, strerror(f.failure));
    }
    h->csv.rows = h->count;
    h->csv.size = size;
    return true;
}

bool history_save(struct history *h, const char *path, bool over, char *err)
{
    bool file;
    if (h->count == 0)
        return true;
    return history_is_ours(h, path, &file) ? history_append(h, path, file, over, err)
                                           : history_replace(h, path, err);
}
