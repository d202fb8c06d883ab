/*
** interrupt.c - the signals that end a process politely. Its handlers must never do more than
** note one, say so, remove files and restore what came before.
*/
#include "train/interrupt.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "file/output.h"

static const struct { int number; const char *name; } interrupt_signals[] = {
    { SIGINT, "SIGINT" }, { SIGTERM, "SIGTERM" }, { SIGHUP, "SIGHUP" }
};
enum { INTERRUPT_SIGNALS = sizeof interrupt_signals / sizeof *interrupt_signals };

static volatile sig_atomic_t interrupt_noted, interrupt_on_terminal;
static struct sigaction interrupt_before[INTERRUPT_SIGNALS], interrupt_pipe;

static void interrupt_restore(void)
{
    for (int k = 0; k < INTERRUPT_SIGNALS; k++)
        (void)sigaction(interrupt_signals[k].number, &interrupt_before[k], NULL);
}

/*
** Ctrl-C reaches a whole pipeline: what reads our lines is perhaps gone, and the next of them
** must not kill us before the state is saved. The word is for who wonders why nothing happens;
** should it not come out, nothing is lost.
*/
static void interrupt_handle(int number)
{
    static const char word[] = "\nfinishing this iteration; the next signal ends it at once\n";
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    const int kept = errno;
    interrupt_noted = number;
    (void)sigaction(SIGPIPE, &ignore, NULL);
    interrupt_restore();
    if (interrupt_on_terminal && write(STDERR_FILENO, word, sizeof word - 1) < 0)
        interrupt_on_terminal = false;
    errno = kept;
}

/* The signal comes again when this returns, and ends the process. */
static void interrupt_end(int number)
{
    const struct sigaction usual = { .sa_handler = SIG_DFL };
    output_clean();
    (void)sigaction(number, &usual, NULL);
    (void)raise(number);
}

void interrupt_begin(void)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction end = { .sa_handler = interrupt_end }, before;
    (void)sigemptyset(&end.sa_mask);
    for (int k = 0; k < INTERRUPT_SIGNALS; k++)
        if (!sigaction(interrupt_signals[k].number, NULL, &before)
            && before.sa_handler == SIG_DFL)
            (void)sigaction(interrupt_signals[k].number, &end, NULL);
#ifdef SIGXFSZ
    (void)sigaction(SIGXFSZ, &ignore, NULL);
#endif
}

void interrupt_open(void)
{
    struct sigaction note = { .sa_handler = interrupt_handle, .sa_flags = SA_RESTART };
    interrupt_noted = 0;
    interrupt_on_terminal = isatty(STDERR_FILENO) == 1;
    /* The three come one at a time: the second finds the first's work done. */
    (void)sigemptyset(&note.sa_mask);
    for (int k = 0; k < INTERRUPT_SIGNALS; k++)
        (void)sigaddset(&note.sa_mask, interrupt_signals[k].number);
    (void)sigaction(SIGPIPE, NULL, &interrupt_pipe);
    /* All old ones are known before the first handler that would restore them is set. */
    for (int k = 0; k < INTERRUPT_SIGNALS; k++)
        (void)sigaction(interrupt_signals[k].number, NULL, &interrupt_before[k]);
    for (int k = 0; k < INTERRUPT_SIGNALS; k++)
        if (interrupt_before[k].sa_handler != SIG_IGN)
            (void)sigaction(interrupt_signals[k].number, &note, NULL);
}

/* A broken pipe stays harmless to who was interrupted: there is still something to say. */
void interrupt_close(void)
{
    interrupt_restore();
    if (!interrupt_noted)
        (void)sigaction(SIGPIPE, &interrupt_pipe, NULL);
}

int interrupt_seen(void)
{
    return interrupt_noted;
}

const char *interrupt_name(int signal)
{
    int k = 0;
    while (interrupt_signals[k].number != signal) {
        k++;
        assert(k < INTERRUPT_SIGNALS);
    }
    return interrupt_signals[k].name;
}
