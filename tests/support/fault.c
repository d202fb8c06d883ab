/*
** fault.c - fault KIND N FAULT LOG COMMAND... runs a command whose N-th system call (or allocation)
** of a kind fails once: with the errno FAULT, or "short" moves one byte alone, or "end" finds the
** file's end; "cut": a file in the folder of the command really ends where it is read. N of 0: none
** does.
** LOG gets how many there were, and what the one that failed was about: a file, where there is one.
** With $FAULT_PLACES only the first call from each place in the command's code counts.
** With $FAULT_VERSIONS, a folder, whatever is renamed is copied there first: all that a command's
** files may ever be. The exit status is the command's, 128 and the signal, or 124 after a minute.
**
** Only the command itself and its threads are traced, from the moment that no_memory.so marks, when
** its libraries are there, until it becomes another program. It must never let a call that does not
** fail behave as another one.
*/
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault.h"

#ifdef __x86_64__
#include <sys/user.h>

enum { MOST_THREADS = 64, A_MINUTE = 60 };

/* What a call is about: the number of the argument that names it, by a path or a descriptor. */
enum about { NOTHING, PATH, DESCRIPTOR };
static const struct { const char *kind; long call; enum about about; int argument; } calls[] = {
    { "open", SYS_open, PATH, 0 }, { "open", SYS_openat, PATH, 1 },
    { "read", SYS_read, DESCRIPTOR, 0 }, { "read", SYS_pread64, DESCRIPTOR, 0 },
    { "read", SYS_readv, DESCRIPTOR, 0 },
    { "write", SYS_write, DESCRIPTOR, 0 }, { "write", SYS_pwrite64, DESCRIPTOR, 0 },
    { "write", SYS_writev, DESCRIPTOR, 0 },
    { "sync", SYS_fsync, DESCRIPTOR, 0 }, { "sync", SYS_fdatasync, DESCRIPTOR, 0 },
    { "rename", SYS_rename, PATH, 1 }, { "rename", SYS_renameat, PATH, 3 },
    { "rename", SYS_renameat2, PATH, 3 },
    { "close", SYS_close, DESCRIPTOR, 0 },
    { "map", SYS_mmap, NOTHING, 0 }, { "map", SYS_mremap, NOTHING, 0 },
    { "map", SYS_brk, NOTHING, 0 },
    { "thread", SYS_clone, NOTHING, 0 }, { "thread", SYS_clone3, NOTHING, 0 },
    { "thread", SYS_fork, NOTHING, 0 }, { "thread", SYS_vfork, NOTHING, 0 },
    { "stat", SYS_fstat, DESCRIPTOR, 0 }, { "stat", SYS_stat, PATH, 0 },
    { "stat", SYS_lstat, PATH, 0 }, { "stat", SYS_newfstatat, PATH, 1 },
    { "list", SYS_getdents64, DESCRIPTOR, 0 },
    { "cut", SYS_ftruncate, DESCRIPTOR, 0 }, { "seek", SYS_lseek, DESCRIPTOR, 0 },
    { "lock", SYS_fcntl, DESCRIPTOR, 0 },
    { "folder", SYS_mkdir, PATH, 0 }, { "folder", SYS_mkdirat, PATH, 1 },
    { "remove", SYS_unlink, PATH, 0 }, { "remove", SYS_unlinkat, PATH, 1 },
    { "remove", SYS_rmdir, PATH, 0 },
    { "mode", SYS_chmod, PATH, 0 }, { "mode", SYS_fchmod, DESCRIPTOR, 0 },
    { "pipe", SYS_pipe, NOTHING, 0 }, { "pipe", SYS_pipe2, NOTHING, 0 },
    { "exec", SYS_execve, PATH, 0 },
};
enum { CALLS = sizeof calls / sizeof *calls };

static const struct { const char *name; int number; } errors[] = {
    { "EACCES", EACCES }, { "EAGAIN", EAGAIN }, { "EINTR", EINTR }, { "EIO", EIO },
    { "EMFILE", EMFILE }, { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC }, { "ENOLCK", ENOLCK },
    { "EROFS", EROFS },
};

static _Noreturn void fault_bug(const char *what)
{
    fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
    exit(125);
}

/* A thread of the command; `inside`: between the entry of a call and its end, which gives back the
** arguments as they were: compilers know that a call changes none. */
struct thread { pid_t id; bool inside, fails, changed; struct user_regs_struct before; };
static struct thread threads[MOST_THREADS];

static struct thread *thread_find(pid_t id)
{
    struct thread *unused = NULL;
    for (int k = 0; k < MOST_THREADS; k++) {
        if (threads[k].id == id)
            return &threads[k];
        if (!threads[k].id && !unused)
            unused = &threads[k];
    }
    if (!unused)
        fault_bug("too many threads");
    *unused = (struct thread){ .id = id };
    return unused;
}

struct fault {
    const char *kind, *versions;
    long nth;
    bool part, cut;                 /* short; cut */
    int number;                     /* errno; 0: end */
    struct fault_shared *shared;
    char about[PATH_MAX];
    int version;
};

static unsigned long long argument(const struct user_regs_struct *r, int k)
{
    const unsigned long long all[] = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };
    return all[k];
}

/* The text at an address of the command's. */
static void text_of(pid_t id, unsigned long long address, char text[PATH_MAX])
{
    for (size_t at = 0; at + sizeof(long) < PATH_MAX; at += sizeof(long)) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, id, address + at, NULL);
        if (errno)
            word = 0;
        memcpy(text + at, &word, sizeof word);
        if (memchr(&word, 0, sizeof word))
            return;
    }
    text[PATH_MAX - 1] = '\0';
}

static void what_about(pid_t id, int call, const struct user_regs_struct *r, char text[PATH_MAX])
{
    const unsigned long long value = argument(r, calls[call].argument);
    *text = '\0';
    if (calls[call].about == PATH)
        text_of(id, value, text);
    if (calls[call].about == DESCRIPTOR || (calls[call].about == PATH && !*text)) {
        char link[64];
        snprintf(link, sizeof link, "/proc/%ld/fd/%d", (long)id, (int)argument(r, 0));
        ssize_t n = readlink(link, text, PATH_MAX - 1);
        text[n > 0 ? n : 0] = '\0';
    }
}

/* What a file is to be, as it is renamed: VERSIONS/K-NAME. */
static void keep_version(struct fault *f, pid_t id, int call, const struct user_regs_struct *r)
{
    char from[PATH_MAX], to[PATH_MAX], path[2*PATH_MAX], bytes[1 << 16];
    text_of(id, argument(r, calls[call].argument == 1 ? 0 : 1), from);
    text_of(id, argument(r, calls[call].argument), to);
    const char *name = strrchr(to, '/') ? strrchr(to, '/') + 1 : to;
    snprintf(path, sizeof path, "%s/%d-%s", f->versions, f->version++, name);
    FILE *in = fopen(from, "rb"), *out = fopen(path, "wb");
    if (!in || !out)
        fault_bug(path);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0; )
        if (fwrite(bytes, 1, n, out) != n)
            fault_bug(path);
    fclose(in);
    if (fclose(out))
        fault_bug(path);
}

static int call_find(const char *kind, long number)
{
    for (int k = 0; k < CALLS; k++)
        if (calls[k].call == number && (!kind || strcmp(calls[k].kind, kind) == 0))
            return k;
    return -1;
}

/* The file that is read ends where it is read. */
static void cut_file(pid_t id, const struct user_regs_struct *r, const char *path)
{
    char info[64], here[PATH_MAX];
    long long at = -1;
    struct stat st;
    snprintf(info, sizeof info, "/proc/%ld/fdinfo/%d", (long)id, (int)argument(r, 0));
    FILE *f = fopen(info, "r");
    if (!f || fscanf(f, "pos: %lld", &at) != 1 || !getcwd(here, sizeof here))
        fault_bug(info);
    fclose(f);
    if (!stat(path, &st) && S_ISREG(st.st_mode) && !strncmp(path, here, strlen(here))
        && truncate(path, (off_t)at))
        fault_bug(path);
}

/* Where the command's code lies. */
static void find_code(pid_t id, size_t *from, size_t *to)
{
    char path[64], exe[PATH_MAX], line[2*PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)id);
    ssize_t n = readlink(path, exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    snprintf(path, sizeof path, "/proc/%ld/maps", (long)id);
    FILE *f = fopen(path, "r");
    if (!f)
        fault_bug(path);
    while (!*to && fgets(line, sizeof line, f))
        if (strstr(line, " r-xp ") && strstr(line, exe))
            sscanf(line, "%zx-%zx", from, to);
    fclose(f);
}

static bool is_known_place(const struct fault *f, pid_t id, const struct user_regs_struct *r)
{
    static size_t from, to;
    size_t stack[512];
    if (!f->shared->places)
        return false;
    if (!to)
        find_code(id, &from, &to);
    const struct iovec here = { stack, sizeof stack }, there = { (void *)r->rsp, sizeof stack };
    ssize_t n = process_vm_readv(id, &here, 1, &there, 1, 0);
    size_t count = n > 0 ? (size_t)n/sizeof *stack : 0;
    return !fault_is_first(fault_place(stack, count, from, to));
}

/* A call begins. One that closes does so all the same, as the system's own does that fails. */
static void enters(struct fault *f, struct thread *t)
{
    struct user_regs_struct r;
    if (!f->shared->begun || ptrace(PTRACE_GETREGS, t->id, NULL, &r))
        return;
    const int any = call_find(NULL, (long)r.orig_rax), call = call_find(f->kind, (long)r.orig_rax);
    if (f->versions && any >= 0 && strcmp(calls[any].kind, "rename") == 0)
        keep_version(f, t->id, any, &r);
    if (call < 0 || (r.orig_rax == SYS_brk && r.rdi == 0) || is_known_place(f, t->id, &r)
        || ++f->shared->calls != f->nth)
        return;
    what_about(t->id, call, &r, f->about);
    f->shared->fired = t->changed = true;
    t->before = r;
    if (f->cut) {
        cut_file(t->id, &r, f->about);
        return;
    }
    if (f->part) {
        r.rdx = r.rdx > 1 ? 1 : r.rdx;
    } else if (r.orig_rax == SYS_brk) {
        r.rdi = 0;          /* it fails by leaving the end where it was */
    } else {
        t->fails = true;
        if (r.orig_rax == SYS_close)
            return;
        r.orig_rax = (unsigned long long)-1;
    }
    ptrace(PTRACE_SETREGS, t->id, NULL, &r);
}

static void leaves(const struct fault *f, struct thread *t)
{
    struct user_regs_struct r;
    if (!t->changed || ptrace(PTRACE_GETREGS, t->id, NULL, &r))
        return;
    r.rdi = t->before.rdi;
    r.rdx = t->before.rdx;
    if (t->fails)
        r.rax = (unsigned long long)-f->number;
    t->changed = t->fails = false;
    ptrace(PTRACE_SETREGS, t->id, NULL, &r);
}

static int follow(struct fault *f, pid_t child)
{
    int status;
    for (;;) {
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0)
            fault_bug("wait");
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            thread_find(id)->id = 0;
            if (id == child)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        struct thread *t = thread_find(id);
        int pass = WSTOPSIG(status);
        if (pass == (SIGTRAP | 0x80)) {
            t->inside = !t->inside;
            (t->inside ? enters(f, t) : leaves(f, t));
            pass = 0;
        } else if (pass == SIGTRAP || pass == SIGSTOP) {
            pass = 0;       /* a new thread, a new program */
            if (status >> 16 == PTRACE_EVENT_EXEC)
                f->shared->begun = 0;
        }
        ptrace(PTRACE_SYSCALL, id, NULL, (long)pass);
    }
}

/* no_memory.so lies beside this program. */
static void preload(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *name = strrchr(path, '/');
    if (!name || (size_t)(name - path) + sizeof "/no_memory.so" > sizeof path)
        fault_bug("no_memory.so");
    strcpy(name, "/no_memory.so");
    setenv("LD_PRELOAD", path, 1);
}

static pid_t begin(char **command, int shared)
{
    pid_t child = fork();
    if (child)
        return child;
    preload();
    if (dup2(shared, FAULT_DESCRIPTOR) < 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
        fault_bug("trace");
    raise(SIGSTOP);
    execvp(command[0], command);
    fault_bug(command[0]);
}

static pid_t traced;
static void too_long(int signal)
{
    (void)signal;
    kill(traced, SIGKILL);
    _exit(124);
}

int main(int argc, char **argv)
{
    struct fault f = { .kind = argv[1], .versions = getenv("FAULT_VERSIONS") };
    int fd = memfd_create("fault", 0), status = -1;
    if (argc < 6 || fd < 0 || ftruncate(fd, sizeof *f.shared))
        fault_bug("fault KIND N FAULT LOG COMMAND...");
    f.shared = mmap(NULL, sizeof *f.shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (f.shared == MAP_FAILED)
        fault_bug("mmap");
    f.nth = atol(argv[2]);
    f.part = strcmp(argv[3], "short") == 0;
    f.cut = strcmp(argv[3], "cut") == 0;
    for (size_t k = 0; k < sizeof errors / sizeof *errors; k++)
        if (strcmp(errors[k].name, argv[3]) == 0)
            f.number = errors[k].number;
    f.shared->memory = strcmp(f.kind, "memory") == 0;
    f.shared->places = getenv("FAULT_PLACES") != NULL;
    f.shared->nth = f.nth;
    traced = begin(argv + 5, fd);
    signal(SIGALRM, too_long);
    alarm(A_MINUTE);
    if (waitpid(traced, &status, 0) != traced || !WIFSTOPPED(status))
        fault_bug("the command does not begin");
    if (ptrace(PTRACE_SETOPTIONS, traced, NULL, (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE
                                                       | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
        || ptrace(PTRACE_SYSCALL, traced, NULL, NULL))
        fault_bug("ptrace");
    status = follow(&f, traced);
    FILE *log = fopen(argv[4], "w");
    if (!log || fprintf(log, "%ld %d %s\n", f.shared->calls, f.shared->fired, f.about) < 0
        || fclose(log))
        fault_bug(argv[4]);
    return status;
}

#else
int main(void)
{
    fprintf(stderr, "fault: for x86-64 alone\n");
    return 77;
}
#endif
