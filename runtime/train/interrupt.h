/*
** interrupt.h - Ctrl-C and its kin while a run can still be saved: the first signal is only
** noted, the second ends the process at once.
*/
#ifndef LATHE_INTERRUPT_H
#define LATHE_INTERRUPT_H

/* A program's first act: SIGINT, SIGTERM and SIGHUP end it as they would, without leaving its
** temporary files; what would end it for a file that is too long makes writing fail instead. */
void interrupt_begin(void);

/* From here on SIGINT, SIGTERM and SIGHUP are noted. One that whoever started the process has
** set to be ignored (nohup, a shell's background jobs) stays ignored. */
void interrupt_open(void);
void interrupt_close(void);          /* as it was before */

int interrupt_seen(void);            /* the signal's number, or 0 */
const char *interrupt_name(int signal);

#endif
