/*
** leftover.c - the list of what must not stay, and the signal handler that sees to it. The handler
** may call what is safe in one alone; so it must never meet the list half-changed: whoever changes
** it holds the signals back.
*/
#include "base/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/visible.h"
#include "runtime/file/output.h"

enum { MOST = 64, PATIENCE = 30 };

static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };
enum { ENDING = sizeof ending / sizeof *ending };

static char *volatile path_of[MOST];    /* NULL: free */
static volatile bool is_tree[MOST];     /* goes with all that is in it */
static struct { volatile pid_t pid; volatile bool group; FILE *out; } process[MOST];
static bool watching;

/* ---- the end ---- */

/* A group whose leader is gone may have members for a moment; who is a zombie nobody fetches. */
static void await_group(pid_t pid)
{
    for (int k = 0; k < PATIENCE && !kill(-pid, 0); k++)
        poll(NULL, 0, 10);
}

/* A folder and what is in it. Safe in a handler. */
static void remove_tree(const char *path)
{
    pid_t pid = fork();
    if (pid < 0)                /* there may be room for a process in a moment */
        pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "exec rm -rf -- \"$0\"", path, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Safe in a handler. */
static void remove_all(int number)
{
    for (int k = 0; k < MOST; k++)
        if (process[k].pid)
            kill(process[k].group ? -process[k].pid : process[k].pid, number);
    for (int k = 0; k < MOST; k++)
        if (process[k].pid) {
            while (waitpid(process[k].pid, NULL, 0) < 0 && errno == EINTR)
                ;
            if (process[k].group)
                await_group(process[k].pid);
        }
    output_clean();
    for (int k = 0; k < MOST; k++)
        if (path_of[k] && is_tree[k])
            remove_tree(path_of[k]);
        else if (path_of[k])
            unlink(path_of[k]);
    for (int k = 0; k < MOST; k++)      /* folders, when they are empty */
        if (path_of[k])
            rmdir(path_of[k]);
}

static void on_signal(int number)
{
    sigset_t this;
    remove_all(number);
    signal(number, SIG_DFL);
    sigemptyset(&this);
    sigaddset(&this, number);
    sigprocmask(SIG_UNBLOCK, &this, NULL);
    raise(number);
    _exit(128 + number);
}

void leftover_remove_all(void)
{
    remove_all(SIGTERM);
}

/* ---- the list ---- */

static sigset_t hold(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (watching)
        return before;
    watching = true;
    for (int k = 0; k < ENDING; k++) {
        struct sigaction now = { .sa_handler = on_signal }, old;
        sigfillset(&now.sa_mask);
        if (!sigaction(ending[k], NULL, &old) && old.sa_handler == SIG_DFL)
            sigaction(ending[k], &now, NULL);
    }
    return before;
}

static void release(sigset_t before)
{
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* `kept`: the path, which is the list's from here on; or NULL. It is had before what it names is
** made: what is there must not lack the memory to be removed. */
static void put_path(char *kept, bool tree)
{
    int k = 0;
    while (k < MOST && path_of[k])
        k++;
    if (k == MOST) {
        free(kept);
        return;
    }
    is_tree[k] = tree;
    path_of[k] = kept;
}

static void take_path(const char *path)
{
    for (int k = 0; k < MOST; k++)
        if (path_of[k] && !strcmp(path_of[k], path)) {
            free(path_of[k]);
            path_of[k] = NULL;
        }
}

void leftover_begin(void)
{
    release(hold());
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN);
#endif
}

int leftover_make(char *pattern, int suffix)
{
    char *kept = strdup(pattern);
    if (!kept)
        return -1;
    sigset_t before = hold();
    int fd = mkstemps(pattern, suffix), error = errno;
    if (fd >= 0)
        put_path(strcpy(kept, pattern), false);
    else
        free(kept);
    release(before);
    errno = error;
    return fd;
}

static bool make_folder(char *pattern, bool tree)
{
    char *kept = strdup(pattern);
    if (!kept)
        return false;
    sigset_t before = hold();
    bool good = mkdtemp(pattern) != NULL;
    int error = errno;
    if (good)
        put_path(strcpy(kept, pattern), tree);
    else
        free(kept);
    release(before);
    errno = error;
    return good;
}

bool leftover_make_folder(char *pattern)
{
    return make_folder(pattern, false);
}

bool leftover_make_tree(char *pattern)
{
    return make_folder(pattern, true);
}

void leftover_expect(const char *path)
{
    sigset_t before = hold();
    put_path(strdup(path), false);
    release(before);
}

void leftover_keep(const char *path)
{
    sigset_t before = hold();
    take_path(path);
    release(before);
}

void leftover_remove(const char *path)
{
    sigset_t before = hold();
    bool tree = false;
    for (int k = 0; k < MOST; k++)
        tree |= path_of[k] && is_tree[k] && !strcmp(path_of[k], path);
    int error = 0;
    if (tree)
        remove_tree(path);
    else if (unlink(path))
        error = errno != EISDIR && errno != EPERM ? errno : rmdir(path) ? errno : 0;
    take_path(path);
    release(before);
    if (error && error != ENOENT)
        visible_print(stderr, "lathe: %s: cannot be removed: %s\n", path, strerror(error));
}

/* ---- processes ---- */

static void put_process(pid_t pid, bool group, FILE *out)
{
    int k = 0;
    while (k < MOST - 1 && process[k].pid)
        k++;
    process[k].group = group;
    process[k].out = out;
    process[k].pid = pid;
}

static void take_process(pid_t pid)
{
    for (int k = 0; k < MOST; k++)
        if (process[k].pid == pid)
            process[k].pid = 0;
}

pid_t leftover_fork(void)
{
    fflush(NULL);
    sigset_t before = hold();
    pid_t pid = fork();
    if (pid > 0)
        put_process(pid, false, NULL);
    for (int k = 0; pid == 0 && k < MOST; k++) {
        process[k].pid = 0;
        path_of[k] = NULL;
    }
    release(before);
    return pid;
}

/* Waits for one, or -1: any. Another signal may come between the end and our noticing it: the
** handler then finds nobody to wait for, and that is all. */
static pid_t await(pid_t pid, int *status)
{
    pid_t ended;
    while ((ended = waitpid(pid, status, 0)) < 0 && errno == EINTR)
        ;
    int error = errno;
    sigset_t before = hold();
    if (ended > 0)
        take_process(ended);
    release(before);
    errno = error;
    return ended;
}

pid_t leftover_wait(int *status)
{
    return await(-1, status);
}

/* A shell in a group of its own; out: where its output goes, or -1. */
static pid_t start(const char *command, int out)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid)
        return pid;
    setpgid(0, 0);
    if (out >= 0)
        dup2(out, STDOUT_FILENO);
    for (int k = 0; k < ENDING && watching; k++) {
        struct sigaction old;
        if (!sigaction(ending[k], NULL, &old) && old.sa_handler == on_signal)
            signal(ending[k], SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

pid_t leftover_start(const char *command)
{
    sigset_t before = hold();
    pid_t pid = start(command, -1);
    if (pid > 0) {
        setpgid(pid, pid);
        put_process(pid, true, NULL);
    }
    release(before);
    return pid;
}

int leftover_run(const char *command)
{
    int status = -1;
    pid_t pid = leftover_start(command);
    return pid > 0 && await(pid, &status) == pid ? status : -1;
}

FILE *leftover_read(const char *command)
{
    int end[2];
    if (pipe2(end, O_CLOEXEC))
        return NULL;
    FILE *out = fdopen(end[0], "r");
    sigset_t before = hold();
    pid_t pid = out ? start(command, end[1]) : -1;
    if (pid > 0) {
        setpgid(pid, pid);
        put_process(pid, true, out);
    }
    release(before);
    close(end[1]);
    if (pid > 0)
        return out;
    if (out)
        fclose(out);
    else
        close(end[0]);
    return NULL;
}

int leftover_close(FILE *out)
{
    int status = -1;
    for (int k = 0; k < MOST; k++)
        if (process[k].pid && process[k].out == out) {
            fclose(out);
            return await(process[k].pid, &status) > 0 ? status : -1;
        }
    return -1;
}
