/*
** image_cache.h - the images of a data set, decoded, in one file, so that they are decoded once.
** It belongs to a text, the key, which says all that they were made of and how: with another key,
** another length or a wrong sum it is none.
*/
#ifndef LATHE_IMAGE_CACHE_H
#define LATHE_IMAGE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file/output.h"

struct image_cache {
    const char *path, *key;
    size_t key_size, count;     /* count: of the images, in an order that the key tells */
    int c, h, w;                /* h, w: told by the file, or by who writes it */
    /* Its own. */
    int fd;                     /* what is read, or -1 */
    size_t header;              /* bytes before the first image */
    uint32_t *sum;              /* [count] */
    size_t put;
    struct output_file out;
};

/* Those five and c are set. False: there is none that could be trusted. */
bool image_cache_open(struct image_cache *k);

/* Image `index`, its c*h*w bytes; false: it is damaged. */
bool image_cache_get(const struct image_cache *k, size_t index, uint8_t *bytes);
void image_cache_close(struct image_cache *k);

/* A new one, of images that are put in their order, in place of what is there; false: err, and
** nothing is open. What Lathe did not make is not replaced. */
bool image_cache_start(struct image_cache *k, char *err);
void image_cache_put(struct image_cache *k, const uint8_t *bytes);
bool image_cache_finish(struct image_cache *k, char *err);      /* it is there, whole */
void image_cache_drop(struct image_cache *k);                   /* or nothing is */

#endif
