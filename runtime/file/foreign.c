/*
** foreign.c - files that are something else. It must never say so of a file that a reader would
** take: what stands here begins none of them.
*/
#include "file/foreign.h"

#include <string.h>

#include "base/error.h"

/* Text may have a byte order mark and blanks before it, in letters of either case. */
static const struct foreign_kind { bool text; const char *start; size_t length; const char *is; }
foreign_kinds[] = {
    { true, "version https://git-lfs", 23,
      "is a Git LFS pointer, not the file: `git lfs pull` fetches it" },
    { true, "version https://hawser", 22,
      "is a Git LFS pointer, not the file: `git lfs pull` fetches it" },
    { true, "/annex/objects/", 15, "is a git-annex pointer, not the file: `git annex get` fetches "
      "it" },
    { true, "<!doctype html", 14, "is an HTML page, not the file: download it anew" },
    { true, "<html", 5, "is an HTML page, not the file: download it anew" },
    { true, "<head", 5, "is an HTML page, not the file: download it anew" },
    { true, "<!--", 4, "is an HTML page, not the file: download it anew" },
    { true, "404: not found", 14, "is a server's answer, not the file: download it anew" },
    { true, "entry not found", 15, "is a server's answer, not the file: download it anew" },
    { true, "<?xml", 5, "is XML, as servers answer in place of a file: download it anew" },
    { false, "\x1f\x8b", 2, "is compressed; gunzip it first" },
    { false, "\xfd" "7zXZ\0", 6, "is compressed with xz; unxz it first" },
    { false, "\x28\xb5\x2f\xfd", 4, "is compressed with zstd; unzstd it first" },
    { false, "BZh", 3, "is compressed with bzip2; bunzip2 it first" },
    { false, "PK\x03\x04", 4, "is a zip archive (as .npz and PyTorch's .pt are), not the file" },
    { false, "\x80\x02", 2, "is a Python pickle, not the file" },
    { false, "\x80\x03", 2, "is a Python pickle, not the file" },
    { false, "\x80\x04", 2, "is a Python pickle, not the file" },
    { false, "\x80\x05", 2, "is a Python pickle, not the file" },
    { false, "\x89HDF\r\n\x1a\n", 8, "is an HDF5 file (as Keras writes), not the file" },
};

static char foreign_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool foreign_text(const char *s, size_t size, const struct foreign_kind *kind)
{
    size_t k = 0;
    if (size >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
        s += 3;
        size -= 3;
    }
    for (; size > 0 && *s && strchr(" \t\r\n", *s); s++)
        size--;
    while (k < kind->length && k < size && foreign_lower(s[k]) == kind->start[k])
        k++;
    return k == kind->length;
}

const char *foreign_what(const void *bytes, size_t size)
{
    for (size_t k = 0; k < sizeof foreign_kinds / sizeof *foreign_kinds; k++) {
        const struct foreign_kind *kind = &foreign_kinds[k];
        if (kind->text ? foreign_text(bytes, size, kind)
            : size >= kind->length && memcmp(bytes, kind->start, kind->length) == 0)
            return kind->is;
    }
    return NULL;
}

bool foreign_found(const char *path, const void *bytes, size_t size, char *err)
{
    const char *is = foreign_what(bytes, size);
    if (is)
        error_set(err, "%s: %s", path, is);
    return is;
}
