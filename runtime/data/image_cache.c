/*
** image_cache.c - keeps decoded images. It must never hand out a byte whose sum it did not check,
** nor fail a run: whoever asks can decode the images anew.
**
** Header: magic, the key's length (8 bytes) and the key, height and width (4 each), the sum of all
** that. Then the images, the sum of each, and the sum of those sums. Numbers have their lowest byte
** first.
*/
#include "data/image_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "file/output_kind.h"
#include "file/sums.h"

enum { CACHE_MAGIC = 16, CACHE_SIDE = 65536, CACHE_SUM = 4 };
static const char cache_magic[CACHE_MAGIC + 1] = "lathe-images-1\n\n";

static void cache_write(uint8_t *at, uint64_t value, int bytes)
{
    for (int k = 0; k < bytes; k++)
        at[k] = (uint8_t)(value >> 8*k);
}

static uint32_t cache_number(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static size_t cache_image(const struct image_cache *k)
{
    return (size_t)k->c*(size_t)k->h*(size_t)k->w;
}

/* The header, with height and width as they are now; NULL: no memory. */
static uint8_t *cache_header(struct image_cache *k)
{
    const size_t sizes = CACHE_MAGIC + 8 + k->key_size;
    k->header = sizes + 8 + CACHE_SUM;
    uint8_t *bytes = malloc(k->header);
    if (!bytes)
        return NULL;
    memcpy(bytes, cache_magic, CACHE_MAGIC);
    cache_write(bytes + CACHE_MAGIC, k->key_size, 8);
    memcpy(bytes + CACHE_MAGIC + 8, k->key, k->key_size);
    cache_write(bytes + sizes, (uint64_t)k->h, 4);
    cache_write(bytes + sizes + 4, (uint64_t)k->w, 4);
    cache_write(bytes + sizes + 8, sums_crc(0, bytes, sizes + 8), CACHE_SUM);
    return bytes;
}

/* All of it, or false. */
static bool cache_read(int fd, void *bytes, size_t size, uint64_t at)
{
    char *to = bytes;
    while (size > 0) {
        ssize_t n = pread(fd, to, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* ---- reading ---- */

/* Whether the file begins with the header that it should have, but for height and width. */
static bool cache_known(struct image_cache *k)
{
    k->h = k->w = 0;
    uint8_t *wanted = cache_header(k), *found = malloc(k->header);
    const size_t sizes = k->header - CACHE_SUM - 8;
    bool good = wanted && found && cache_read(k->fd, found, k->header, 0)
                && memcmp(found, wanted, sizes) == 0
                && cache_number(found + sizes + 8) == sums_crc(0, found, sizes + 8);
    if (good) {
        const uint32_t h = cache_number(found + sizes), w = cache_number(found + sizes + 4);
        good = h >= 1 && w >= 1 && h <= CACHE_SIDE && w <= CACHE_SIDE;
        k->h = good ? (int)h : 0;
        k->w = good ? (int)w : 0;
    }
    free(wanted);
    free(found);
    return good;
}

/* The images' sums, if the file has the length that it should have. */
static bool cache_sums(struct image_cache *k)
{
    struct stat st;
    size_t images, sums = k->count*CACHE_SUM + CACHE_SUM;
    if (k->count > SIZE_MAX/CACHE_SUM/4 || fstat(k->fd, &st) || !S_ISREG(st.st_mode)
        || __builtin_mul_overflow(k->count, cache_image(k), &images)
        || images > INT64_MAX/2 || (uint64_t)st.st_size != k->header + images + sums)
        return false;
    uint8_t *bytes = malloc(sums);
    k->sum = malloc(sums);
    bool good = bytes && k->sum && cache_read(k->fd, bytes, sums, k->header + images)
                && cache_number(bytes + k->count*CACHE_SUM)
                   == sums_crc(0, bytes, k->count*CACHE_SUM);
    for (size_t i = 0; good && i < k->count; i++)
        k->sum[i] = cache_number(bytes + i*CACHE_SUM);
    free(bytes);
    return good;
}

bool image_cache_open(struct image_cache *k)
{
    k->sum = NULL;
    k->fd = open(k->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (k->fd >= 0 && cache_known(k) && cache_sums(k))
        return true;
    image_cache_close(k);
    return false;
}

bool image_cache_get(const struct image_cache *k, size_t index, uint8_t *bytes)
{
    const size_t size = cache_image(k);
    return cache_read(k->fd, bytes, size, k->header + (uint64_t)index*size)
           && sums_crc(0, bytes, size) == k->sum[index];
}

void image_cache_close(struct image_cache *k)
{
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
    free(k->sum);
    k->sum = NULL;
}

/* ---- writing ---- */

/* Nothing, an empty file, or one that was written here. */
static bool cache_replaceable(const struct image_cache *k, char *err)
{
    struct stat st;
    if (stat(k->path, &st))
        return true;
    int fd = S_ISREG(st.st_mode) ? open(k->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    bool ours = fd >= 0 && (st.st_size == 0 || output_kind_fits(fd, OUTPUT_IMAGES));
    if (fd >= 0)
        close(fd);
    return ours || error_set(err, "%s: is there, and no %s: it is not replaced; remove it", k->path,
                             output_kind_what(OUTPUT_IMAGES));
}

bool image_cache_start(struct image_cache *k, char *err)
{
    uint8_t *header = NULL;
    k->fd = -1;
    k->put = 0;
    k->sum = NULL;
    if (!cache_replaceable(k, err))
        return false;
    header = cache_header(k);
    k->sum = malloc((k->count + 1)*sizeof *k->sum);
    bool good = header && k->sum;
    if (!good)
        error_set(err, "%s: not enough memory", k->path);
    good = good && output_start(&k->out, k->path, err);
    if (good)
        output_put(&k->out, header, k->header);
    else
        image_cache_close(k);
    free(header);
    return good;
}

void image_cache_put(struct image_cache *k, const uint8_t *bytes)
{
    k->sum[k->put++] = sums_crc(0, bytes, cache_image(k));
    output_put(&k->out, bytes, cache_image(k));
}

bool image_cache_finish(struct image_cache *k, char *err)
{
    const size_t size = k->count*CACHE_SUM;
    uint8_t *bytes = malloc(size + CACHE_SUM);
    if (!bytes) {
        image_cache_drop(k);
        return error_set(err, "%s: not enough memory", k->path);
    }
    for (size_t i = 0; i < k->count; i++)
        cache_write(bytes + i*CACHE_SUM, k->sum[i], CACHE_SUM);
    cache_write(bytes + size, sums_crc(0, bytes, size), CACHE_SUM);
    output_put(&k->out, bytes, size + CACHE_SUM);
    free(bytes);
    image_cache_close(k);
    return output_finish(&k->out, false, err);
}

void image_cache_drop(struct image_cache *k)
{
    output_drop(&k->out);
    image_cache_close(k);
}
