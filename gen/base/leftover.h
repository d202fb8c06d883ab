/*
** leftover.h - files, folders and processes that must not outlive lathe, however it ends: on
** SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGPIPE the signal is passed on to the processes, they are
** waited for, the files are removed, outputs on their way too, and lathe ends by the same signal.
** What is ignored when lathe starts stays ignored.
*/
#ifndef LATHE_LEFTOVER_H
#define LATHE_LEFTOVER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* lathe's first act. A file that grows too long makes writing fail, instead of ending lathe. */
void leftover_begin(void);

/* mkstemps(3) and mkdtemp(3), to be removed unless leftover_keep says otherwise. */
int leftover_make(char *pattern, int suffix);
bool leftover_make_folder(char *pattern);
bool leftover_make_tree(char *pattern);     /* a folder that goes with all that is in it */

/* A file that somebody else will make there. */
void leftover_expect(const char *path);

void leftover_keep(const char *path);       /* it is no leftover (any more) */
void leftover_remove(const char *path);     /* now: a file or an empty folder */
void leftover_remove_all(void);             /* also processes are ended */

/* system(3) for a command of sh in a process group of its own; -1: errno says why. */
int leftover_run(const char *command);
pid_t leftover_start(const char *command);  /* without waiting; -1: errno says why */

/* popen(3) for reading, and pclose(3), likewise. NULL: errno says why. */
FILE *leftover_read(const char *command);
int leftover_close(FILE *out);

/* fork(2); the child begins without leftovers. leftover_wait: wait(2) for any process. */
pid_t leftover_fork(void);
pid_t leftover_wait(int *status);

#endif
