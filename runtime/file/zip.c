/*
** zip.c - reads zip archives by their directory. It must never trust an offset or a size that it
** reads, nor make room for more than a member can hold.
*/
#include "file/zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "file/foreign.h"
#include "file/inflate.h"
#include "file/output.h"
#include "file/sums.h"

enum { ZIP_END = 22, ZIP_END_64 = 56, ZIP_LOCATOR = 20, ZIP_ENTRY = 46, ZIP_LOCAL = 30,
       ZIP_COMMENT = 65535, ZIP_ENCRYPTED = 1, ZIP_STORED = 0, ZIP_DEFLATED = 8,
       ZIP_PIECE = 65536, ZIP_NAME = 1024 };

/* ---- bytes ---- */

static uint64_t zip_number(const uint8_t *at, int bytes)
{
    uint64_t number = 0;
    for (int k = 0; k < bytes; k++)
        number |= (uint64_t)at[k] << 8*k;
    return number;
}

static bool zip_is(const uint8_t *at, const char *signature)
{
    return memcmp(at, signature, 4) == 0;
}

/* error: errno, or 0 where the file ends. */
static bool zip_unread(const struct zip *z, uint64_t at, int error, char *err)
{
    return error_set(err, "%s: cannot be read at offset %llu: %s", z->path, (unsigned long long)at,
                     error ? strerror(error) : "it ends there");
}

static bool zip_bytes(const struct zip *z, uint64_t at, void *to, size_t size, char *err)
{
    const bool found = fseeko(z->file, (off_t)at, SEEK_SET) == 0;
    if (found && fread(to, 1, size, z->file) == size)
        return true;
    return zip_unread(z, at, !found || ferror(z->file) ? errno : 0, err);
}

static bool zip_damaged(const struct zip *z, uint64_t at, const char *what, char *err)
{
    return error_set(err, "%s: damaged: offset %llu: %s; fetch or write the file anew", z->path,
                     (unsigned long long)at, what);
}

/* ---- the directory ---- */

/* What the records at the file's end say. */
struct zip_end { uint64_t at, members, size; };

/* The longer record, if there is one: it lies before a locator that lies before the shorter. */
static bool zip_end_64(const struct zip *z, struct zip_end *end, uint64_t *directory, char *err)
{
    uint8_t locator[ZIP_LOCATOR], record[ZIP_END_64];
    const uint64_t short_one = end->at;
    if (short_one < ZIP_LOCATOR + ZIP_END_64)
        return true;
    if (!zip_bytes(z, short_one - ZIP_LOCATOR, locator, sizeof locator, err))
        return false;
    if (!zip_is(locator, "PK\6\7"))
        return true;
    end->at = zip_number(locator + 8, 8);
    if (end->at > short_one - ZIP_LOCATOR - ZIP_END_64)
        return zip_damaged(z, short_one - ZIP_LOCATOR, "its directory's end is not where it is "
                           "said to be", err);
    if (!zip_bytes(z, end->at, record, sizeof record, err))
        return false;
    if (!zip_is(record, "PK\6\6"))
        return zip_damaged(z, end->at, "no end of a directory is there", err);
    end->members = zip_number(record + 32, 8);
    end->size = zip_number(record + 40, 8);
    *directory = zip_number(record + 48, 8);
    return true;
}

/* From its last bytes, as a comment may follow the record. */
static bool zip_end(struct zip *z, uint64_t size, struct zip_end *end, char *err)
{
    const size_t tail = size < ZIP_END + ZIP_COMMENT ? (size_t)size : ZIP_END + ZIP_COMMENT;
    uint8_t *last = malloc(tail + 1);
    bool good = last ? zip_bytes(z, size - tail, last, tail, err)
                : error_set(err, "%s: not enough memory", z->path), found = false;
    for (size_t k = tail; good && !found && k-- >= ZIP_END;) {
        const size_t at = k + 1 - ZIP_END;
        found = zip_is(last + at, "PK\5\6")
                && zip_number(last + at + 20, 2) == tail - at - ZIP_END;
        if (!found)
            continue;
        end->at = size - tail + at;
        end->members = zip_number(last + at + 10, 2);
        end->size = zip_number(last + at + 12, 4);
        z->directory = zip_number(last + at + 16, 4);
    }
    free(last);
    if (good && !found)
        good = error_set(err, "%s: is no zip archive, as .npz files are: the end of its directory "
                         "is not there; it may be cut off", z->path);
    good = good && zip_end_64(z, end, &z->directory, err);
    return good && ((z->directory <= end->at && end->size == end->at - z->directory)
                    || zip_damaged(z, end->at, "its directory is not where it is said to be", err));
}

/* Sizes and place that do not fit into 32 bits, from the entry's field of kind 1. */
static bool zip_wide(struct zip_member *m, const uint8_t *extra, size_t size)
{
    uint64_t *const value[] = { &m->size, &m->packed, &m->at };
    for (size_t k = 0, length; k + 4 <= size; k += 4 + length) {
        length = (size_t)zip_number(extra + k + 2, 2);
        if (length > size - k - 4)
            return false;
        size_t at = k + 4;
        for (size_t v = 0; zip_number(extra + k, 2) == 1 && v < 3; v++) {
            if (*value[v] != UINT32_MAX)
                continue;
            if (at + 8 > k + 4 + length)
                return false;
            *value[v] = zip_number(extra + at, 8);
            at += 8;
        }
    }
    return true;
}

/* The entry at *at, whose name goes to *names. */
static bool zip_entry(struct zip *z, const uint8_t *bytes, size_t size, size_t *at,
                      char **names, char *err)
{
    const uint8_t *entry = bytes + *at;
    const uint64_t place = z->directory + *at;
    if (size - *at < ZIP_ENTRY || !zip_is(entry, "PK\1\2"))
        return zip_damaged(z, place, "an entry of its directory was expected", err);
    const size_t name = (size_t)zip_number(entry + 28, 2);
    const size_t extra = (size_t)zip_number(entry + 30, 2);
    const size_t length = ZIP_ENTRY + name + extra + (size_t)zip_number(entry + 32, 2);
    if (length > size - *at)
        return zip_damaged(z, place, "an entry is longer than its directory", err);
    struct zip_member *m = &z->member[z->count++];
    *m = (struct zip_member){
        .name = *names, .flags = (unsigned)zip_number(entry + 8, 2),
        .method = (unsigned)zip_number(entry + 10, 2), .crc = (uint32_t)zip_number(entry + 16, 4),
        .packed = zip_number(entry + 20, 4), .size = zip_number(entry + 24, 4),
        .at = zip_number(entry + 42, 4)
    };
    memcpy(*names, entry + ZIP_ENTRY, name);
    (*names)[name] = '\0';
    *names += name + 1;
    *at += length;
    return zip_wide(m, entry + ZIP_ENTRY + name, extra)
           || zip_damaged(z, place, "an entry's sizes are not there", err);
}

static bool zip_entries(struct zip *z, const struct zip_end *end, char *err)
{
    const size_t size = (size_t)end->size, most = size/ZIP_ENTRY;
    if (end->members > most)
        return zip_damaged(z, end->at, "it has more members than its directory has room for", err);
    uint8_t *bytes = malloc(size + 1);
    char *names = z->names = malloc(size + 1);      /* entries are longer than a name and a zero */
    z->member = calloc(most + 1, sizeof *z->member);
    bool good = bytes && names && z->member ? zip_bytes(z, z->directory, bytes, size, err)
                : error_set(err, "%s: not enough memory", z->path);
    size_t at = 0;
    while (good && z->count < end->members)
        good = zip_entry(z, bytes, size, &at, &names, err);
    if (good && at < size)
        good = zip_damaged(z, z->directory + at, "its directory goes on after its last member",
                           err);
    free(bytes);
    return good;
}

bool zip_open(struct zip *z, const char *path, char *err)
{
    enum { BEGIN = 256 };
    struct zip_end end = { .at = 0 };
    struct stat st;
    char begin[BEGIN];
    *z = (struct zip){ .path = path, .file = fopen(path, "rb") };
    if (!z->file)
        return error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    output_spare(fileno(z->file));
    bool good = (fstat(fileno(z->file), &st) == 0 && S_ISREG(st.st_mode))
                || error_set(err, "%s: is no file; an archive is read from one alone", path);
    good = good && zip_end(z, (uint64_t)st.st_size, &end, err) && zip_entries(z, &end, err);
    if (!good && fseeko(z->file, 0, SEEK_SET) == 0) {
        const size_t n = fread(begin, 1, sizeof begin, z->file);
        if (n < 4 || memcmp(begin, "PK\3\4", 4))
            foreign_found(path, begin, n, err);
    }
    if (!good)
        zip_close(z);
    return good;
}

void zip_close(struct zip *z)
{
    if (z->file)
        fclose(z->file);
    free(z->member);
    free(z->names);
    *z = (struct zip){ .file = NULL };
}

const struct zip_member *zip_find(const struct zip *z, const char *name)
{
    for (size_t k = z->count; k-- > 0;)
        if (strcmp(z->member[k].name, name) == 0)
            return &z->member[k];
    return NULL;
}

/* ---- a member ---- */

static bool zip_bad(const struct zip *z, const struct zip_member *m, const char *what, char *err)
{
    return error_set(err, "%s: %s: %s", z->path, m->name, what);
}

/* Whether it is of a form that is read. */
static bool zip_readable(const struct zip *z, const struct zip_member *m, char *err)
{
    if (m->flags & ZIP_ENCRYPTED)
        return zip_bad(z, m, "is encrypted, and no password is taken: write it anew without", err);
    if (strlen(m->name) > ZIP_NAME)
        return zip_bad(z, m, "its name has more than 1024 bytes", err);
    if (m->method != ZIP_STORED && m->method != ZIP_DEFLATED)
        return error_set(err, "%s: %s: is compressed by method %u; stored (0) and deflated (8) "
                         "members are read, as numpy.savez and numpy.savez_compressed write them",
                         z->path, m->name, m->method);
    return (m->method == ZIP_STORED ? m->packed == m->size : m->size/INFLATE_RATIO <= m->packed)
           || zip_bad(z, m, "damaged: it cannot become as many bytes as the directory says; fetch "
                      "or write the file anew", err);
}

/* Where its bytes begin: after a header of its own, in which the name stands again. */
static bool zip_start(const struct zip *z, const struct zip_member *m, uint64_t *start, char *err)
{
    uint8_t head[ZIP_LOCAL + ZIP_NAME];
    const size_t name = strlen(m->name), length = ZIP_LOCAL + name;
    bool good = length <= z->directory && m->at <= z->directory - length;
    if (good && !zip_bytes(z, m->at, head, length, err))
        return false;
    *start = good ? m->at + ZIP_LOCAL + zip_number(head + 26, 2) + zip_number(head + 28, 2) : 0;
    good = good && zip_is(head, "PK\3\4") && zip_number(head + 26, 2) == name
           && memcmp(head + ZIP_LOCAL, m->name, name) == 0 && *start <= z->directory
           && m->packed <= z->directory - *start;
    return good || zip_bad(z, m, "damaged: its bytes are not where the directory says; fetch or "
                           "write the file anew", err);
}

/* What inflate takes from; end: of the last piece; error: errno, where one could not be read. */
struct zip_pieces {
    FILE *file;
    uint64_t left;
    int error;
    const uint8_t *end;
    uint8_t piece[ZIP_PIECE];
};

static size_t zip_piece(void *from, const uint8_t **piece)
{
    struct zip_pieces *p = from;
    const size_t most = p->left < ZIP_PIECE ? (size_t)p->left : ZIP_PIECE;
    const size_t n = fread(p->piece, 1, most, p->file);
    if (n > 0)
        p->end = p->piece + n;
    if (n < most && ferror(p->file))
        p->error = errno;
    p->left -= n;
    *piece = p->piece;
    return n;
}

/* All that is packed becomes all that is said, or it is damaged. */
static bool zip_inflate(const struct zip *z, const struct zip_member *m, uint64_t start,
                        uint8_t *out, char *err)
{
    struct zip_pieces *p = malloc(sizeof *p);
    struct inflate *i = malloc(sizeof *i);
    uint8_t more;
    bool good = (p && i) || zip_bad(z, m, "not enough memory", err);
    if (good) {
        p->file = z->file;
        p->left = m->packed;
        good = fseeko(z->file, (off_t)start, SEEK_SET) == 0;
        p->error = good ? 0 : errno;
        inflate_open(i, INFLATE_RAW, zip_piece, p);
        good = good && inflate_read(i, out, (size_t)m->size) == m->size
               && inflate_read(i, &more, 1) == 0 && i->ended && p->left == 0
               && inflate_place(i) == p->end;
        if (!good && p->error)
            zip_unread(z, start, p->error, err);
        else if (!good)
            error_set(err, "%s: %s: damaged: %s; fetch or write the file anew", z->path, m->name,
                      i->fault ? i->fault : "its compressed data has another length than the "
                      "directory says");
    }
    free(p);
    free(i);
    return good;
}

void *zip_read(const struct zip *z, const struct zip_member *m, char *err)
{
    uint64_t start = 0;
    if (!zip_readable(z, m, err) || !zip_start(z, m, &start, err))
        return NULL;
    uint8_t *out = malloc((size_t)m->size + 1);
    bool good = out || error_set(err, "%s: %s: not enough memory for %llu bytes", z->path, m->name,
                                 (unsigned long long)m->size);
    good = good && (m->method == ZIP_STORED ? zip_bytes(z, start, out, (size_t)m->size, err)
                                            : zip_inflate(z, m, start, out, err));
    if (good && sums_crc(0, out, (size_t)m->size) != m->crc)
        good = zip_bad(z, m, "damaged: its bytes and their CRC-32 differ; fetch or write the file "
                       "anew", err);
    if (good)
        return out;
    free(out);
    return NULL;
}
