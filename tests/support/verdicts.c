/*
** verdicts.c - what the readers say of many files, for tests that hold them against others':
** verdicts safetensors|weights|npy|npz|gzip|images < PATHS. A line for each file, `read` and what
** was in it, values in hexadecimal or as %.9g, or `refused` and the message; of images one line
** each, then
** `end`.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/param_file.h"
#include "file/gzip.h"
#include "file/image.h"
#include "file/npy.h"
#include "file/safetensors.h"
#include "file/zip.h"

static void hexadecimal(const void *bytes, size_t size)
{
    const unsigned char *s = bytes;
    for (size_t k = 0; k < size; k++)
        printf("%02x", (unsigned)s[k]);
}

static void shape(const size_t *dim, int rank, int most)
{
    for (int k = 0; k < rank && k < most; k++)
        printf("%s%zu", k ? "," : "", dim[k]);
}

/* On one line, whatever names are in it. */
static void refused(const char *err)
{
    printf("refused ");
    for (; *err; err++)
        putchar((unsigned char)*err < ' ' ? '?' : *err);
    putchar('\n');
}

static void verdict_safetensors(const char *path)
{
    struct safetensors s;
    char err[ERR_SIZE];
    if (!safetensors_read(&s, path, err)) {
        refused(err);
        return;
    }
    printf("read");
    for (int k = 0; k < s.count; k++) {
        const struct tensor *t = &s.tensor[k];
        putchar(' ');
        hexadecimal(t->name, strlen(t->name));
        printf(":%s:", safetensors_type_name(t->type));
        shape(t->dim, t->rank, TENSOR_MAX_RANK);
        putchar(':');
        hexadecimal(t->data, t->to - t->from);
        if (safetensors_find(&s, t->name) != t)
            printf("?");
    }
    printf(" |");
    for (int k = 0; k < s.entries; k++) {
        putchar(' ');
        hexadecimal(s.metadata[k].key, strlen(s.metadata[k].key));
        putchar('=');
        hexadecimal(s.metadata[k].value, strlen(s.metadata[k].value));
    }
    putchar('\n');
    safetensors_close(&s);
}

/* The values of tensors whose types parameters may have. */
static void verdict_weights(const char *path)
{
    struct safetensors s;
    char err[ERR_SIZE];
    if (!safetensors_read(&s, path, err)) {
        refused(err);
        return;
    }
    printf("read");
    for (int k = 0; k < s.count; k++) {
        const struct tensor *t = &s.tensor[k];
        real *values = malloc((t->count + 1)*sizeof *values);
        printf(" %s", t->name);
        if (values)
            param_file_values(t, values);
        for (size_t i = 0; values && i < t->count; i++)
            printf(" %.9g", (double)values[i]);
        free(values);
    }
    putchar('\n');
    safetensors_close(&s);
}

static void verdict_npy(const char *path)
{
    static const char *const types[] = { [NPY_F4] = "f4", [NPY_F8] = "f8", [NPY_U1] = "u1",
                                         [NPY_I4] = "i4", [NPY_I8] = "i8" };
    static const size_t sizes[] = { [NPY_F4] = 4, [NPY_F8] = 8, [NPY_U1] = 1, [NPY_I4] = 4,
                                    [NPY_I8] = 8 };
    struct npy a;
    char err[ERR_SIZE];
    if (!npy_read(&a, path, err)) {
        refused(err);
        return;
    }
    printf("read %s (", types[a.type]);
    shape(a.dim, a.rank, a.rank);
    printf(") ");
    hexadecimal(a.data, a.count*sizes[a.type]);
    putchar('\n');
    npy_close(&a);
}

/* Each member, its name and its bytes, or `?` in place of what cannot be read. */
static void verdict_npz(const char *path)
{
    struct zip z;
    char err[ERR_SIZE];
    if (!zip_open(&z, path, err)) {
        refused(err);
        return;
    }
    printf("read");
    for (size_t k = 0; k < z.count; k++) {
        const struct zip_member *m = &z.member[k];
        void *bytes = zip_find(&z, m->name) == m ? zip_read(&z, m, err) : NULL;
        putchar(' ');
        hexadecimal(m->name, strlen(m->name));
        putchar(':');
        if (bytes)
            hexadecimal(bytes, (size_t)m->size);
        else
            putchar('?');
        free(bytes);
    }
    putchar('\n');
    zip_close(&z);
}

static void verdict_gzip(const char *path)
{
    size_t size;
    char err[ERR_SIZE];
    void *bytes = gzip_read(path, &size, err);
    if (!bytes) {
        refused(err);
        return;
    }
    printf("read ");
    hexadecimal(bytes, size);
    putchar('\n');
    free(bytes);
}

static void verdict_images(const char *path)
{
    struct image_file f;
    struct image image;
    enum image_result result;
    char err[ERR_SIZE];
    if (!image_open(&f, path, 10, err))
        refused(err);
    while (f.bytes && (result = image_next(&f, &image, err)) != IMAGE_END) {
        if (result == IMAGE_BAD) {
            refused(err);
            continue;
        }
        printf("read %dx%dx%d", image.c, image.h, image.w);
        for (int k = 0; k < image.c*image.h*image.w; k++)
            printf(" %.9g", (double)image.values[k]);
        putchar('\n');
        image_free(&image);
    }
    printf("end\n");
    image_close(&f);
}

static const struct { const char *what; void (*verdict)(const char *path); } readers[] = {
    { "safetensors", verdict_safetensors },
    { "weights", verdict_weights },
    { "npy", verdict_npy },
    { "npz", verdict_npz },
    { "gzip", verdict_gzip },
    { "images", verdict_images },
};

int main(int argc, char **argv)
{
    char path[1024];
    for (size_t k = 0; argc == 2 && k < sizeof readers / sizeof *readers; k++)
        if (!strcmp(argv[1], readers[k].what)) {
            while (fgets(path, sizeof path, stdin)) {
                path[strcspn(path, "\n")] = 0;
                readers[k].verdict(path);
            }
            return 0;
        }
    fprintf(stderr, "usage: verdicts safetensors|weights|npy|npz|gzip|images < PATHS\n");
    return 2;
}
