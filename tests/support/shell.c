/*
** shell.c - runs a command as a user would.
*/
#include "support/shell.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

const char *shell_dir(void)
{
    if (!directory[0]) {
        strcpy(directory, "/tmp/lathe-test-XXXXXX");
        cr_assert(mkdtemp(directory), "no directory for the test");
        setenv("DIR", directory, 1);
    }
    return directory;
}

void shell_clean(void)
{
    char command[192];
    if (!directory[0])
        return;
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", directory, directory);
    cr_expect(!system(command), "the test's directory cannot be removed");
    directory[0] = '\0';
}

const char *in_dir(const char *name)
{
    enum { ROOM = 1024 };
    char *path = malloc(ROOM);
    cr_assert(path, "no memory");
    snprintf(path, ROOM, "%s/%s", shell_dir(), name);
    return path;
}

static char *read_all(FILE *f)
{
    size_t space = 1 << 16, length = 0, n;
    char *text = malloc(space);
    while (text && (n = fread(text + length, 1, space - length - 1, f)) > 0) {
        length += n;
        if (space - length < 2)
            text = realloc(text, space *= 2);
    }
    cr_assert(text, "no memory");
    text[length] = '\0';
    return text;
}

struct run shell(const char *format, ...)
{
    char command[4096], whole[4400];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    shell_dir();
    snprintf(whole, sizeof whole, "exec 2>&1; cd $DIR && (%s)", command);
    FILE *f = popen(whole, "r");
    cr_assert(f, "the shell cannot be started");
    struct run r = { .output = read_all(f) };
    int status = pclose(f);
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return r;
}

void run_free(struct run *r)
{
    free(r->output);
    r->output = NULL;
}

void write_bytes(const char *name, const void *bytes, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", shell_dir(), name);
    unlink(path);       /* a file that is emptied first waits for the disk, on ext4 */
    FILE *f = fopen(path, "wb");
    cr_assert(f, "%s cannot be written", path);
    cr_assert(fwrite(bytes, 1, size, f) == size);
    cr_assert(!fclose(f));
}

void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

size_t npy_bytes(unsigned char *out, const char *type, const char *shape, const void *values,
                 size_t size)
{
    memset(out, ' ', NPY_HEAD);
    memcpy(out, "\x93NUMPY\1\0\x76\0", 10);
    const int n = sprintf((char *)out + 10, "{'descr': '%s', 'fortran_order': False, "
                          "'shape': %s, }", type, shape);
    out[10 + n] = ' ';
    out[NPY_HEAD - 1] = '\n';
    memcpy(out + NPY_HEAD, values, size);
    return NPY_HEAD + size;
}

void write_array(const char *name, const char *type, const char *shape, const void *values,
                 size_t size)
{
    unsigned char *bytes = malloc(NPY_HEAD + size);
    cr_assert(bytes, "no memory");
    write_bytes(name, bytes, npy_bytes(bytes, type, shape, values, size));
    free(bytes);
}

bool have(const char *program)
{
    struct run r = shell("command -v %s", program);
    bool found = r.status == 0;
    run_free(&r);
    return found;
}

void sure(const char *command)
{
    struct run r = shell("%s", command);
    cr_assert(r.status == 0, "exit %d: %s\n%.1500s", r.status, command, r.output);
    run_free(&r);
}

void fails(int status, const char *words, const char *command)
{
    struct run r = shell("%s", command);
    cr_expect(r.status == status, "exit %d, not %d: %s\n%.1500s", r.status, status, command,
              r.output);
    cr_expect(strstr(r.output, words), "no \"%s\" from: %s\n%.1500s", words, command, r.output);
    run_free(&r);
}
