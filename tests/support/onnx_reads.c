/*
** onnx_reads.c - m.onnx of the test's directory through the generator's reader.
*/
#include "support/onnx_reads.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/shell.h"

const char *said(void)
{
    static char text[8192];
    fflush(stderr);
    FILE *f = fopen(in_dir("said"), "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* Reads m.onnx; what it says on the standard error is kept. */
bool reads(struct onnx_model *m)
{
    static int kept = -1, seen = -1;
    static const char *path;
    if (kept < 0) {
        FILE *f = fopen(in_dir("said"), "w");
        kept = dup(2);
        cr_assert(f && kept >= 0);
        seen = fileno(f);
        path = in_dir("m.onnx");
    }
    cr_assert(!ftruncate(seen, 0) && !lseek(seen, 0, SEEK_SET) && dup2(seen, 2) == 2);
    bool good = onnx_read(path, m);
    fflush(stderr);
    cr_assert(dup2(kept, 2) == 2);
    return good;
}

void store(struct bytes *model)
{
    store_bytes(model->at, model->size);
    bytes_free(model);
}

/* In place: to empty a file first and close it has some file systems write it to the disk. */
void store_bytes(const void *bytes, size_t size)
{
    int fd = open(in_dir("m.onnx"), O_WRONLY | O_CREAT, 0600);
    cr_assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && !ftruncate(fd, (off_t)size));
    close(fd);
}

void expect_error(const char *words)
{
    struct onnx_model m;
    cr_expect(!reads(&m), "is read, but should fail: %s", words);
    cr_expect(strstr(said(), "m.onnx: error: ") && strstr(said(), words), "expected %s, got %s",
              words, said());
}
