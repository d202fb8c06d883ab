/*
** measure.h - the instructions that something took under QEMU, and how deep the stack was used.
*/
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

enum { PAINT = 0xa5 };      /* what memory holds that nobody has written */

/* Paints the stack below its caller. */
void paint_stack(void);
/* How far below its caller the stack was ever used since. */
uint32_t stack_used(void);

void start_count(void);
/* Since start_count; 0 if they were too many, 671 million and more. */
uint32_t instructions(void);

#endif
