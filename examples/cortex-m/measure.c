/*
** measure.c - the clock that QEMU makes of instructions, and paint on the stack.
*/
#include "measure.h"

/* SysTick counts the processor's clock down; QEMU's with -icount shift=0 is a nanosecond an
** instruction, and the board's clock has 40. */
enum { NANOSECONDS = 40, TICKS = 0xffffff, PASSED_0 = 1 << 16 };
static volatile uint32_t *const systick = (uint32_t *)0xe000e010;
static uint32_t start;

extern uint8_t stack_bottom[];

void paint_stack(void)
{
    volatile uint8_t *const top = (uint8_t *)__builtin_frame_address(0) - 64;   /* no frame of it */
    for (volatile uint8_t *at = stack_bottom; at < top; at++)
        *at = PAINT;
}

uint32_t stack_used(void)
{
    const uint8_t *const top = __builtin_frame_address(0), *at = stack_bottom;
    while (at < top && *at == PAINT)
        at++;
    return (uint32_t)(top - at);
}

void start_count(void)
{
    systick[1] = TICKS;
    systick[2] = 0;
    systick[0] = 5;                         /* the processor's clock, on */
    start = systick[2];
}

uint32_t instructions(void)
{
    const uint32_t now = systick[2];
    return systick[0] & PASSED_0 ? 0 : ((start - now) & TICKS)*NANOSECONDS;
}
