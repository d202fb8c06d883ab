/*
** shell.h - runs a command as a user would and keeps what it printed. Commands see
** $LATHE, the lathe binary, and run in a fresh directory of their own, $DIR.
*/
#ifndef LATHE_TEST_SHELL_H
#define LATHE_TEST_SHELL_H

#include <stdbool.h>
#include <stddef.h>

struct run {
    int status;             /* exit status; 128 + signal */
    char *output;           /* stdout and stderr together */
};

/* printf-formatted command for sh; free output with run_free. */
struct run shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
void run_free(struct run *r);

/* The fresh directory of this test; removed by shell_clean. */
const char *shell_dir(void);
void shell_clean(void);
/* A path in it, for as long as the test runs. */
const char *in_dir(const char *name);

void write_bytes(const char *name, const void *bytes, size_t size);   /* into it */
void write_text(const char *name, const char *text);

/* An array as numpy.save writes it, of a type as "<f4" and a shape as "(3, 4)": its bytes, of which
** it gives the number; and the file. */
enum { NPY_HEAD = 128 };
size_t npy_bytes(unsigned char *out, const char *type, const char *shape, const void *values,
                 size_t size);
void write_array(const char *name, const char *type, const char *shape, const void *values,
                 size_t size);

/* A command that must succeed; one that must fail with `status` and say `words`. */
void sure(const char *command);
void fails(int status, const char *words, const char *command);

bool have(const char *program);     /* on the PATH? */

#endif
