/*
** main.c - one image through the network: its scores, the instructions that took, the stack and
** work memory that were touched.
*/
#include <stdint.h>
#include <string.h>

#include "net.h"
#include "semihost.h"

/* Pixel by pixel, as a camera gives them (image.inc: the Makefile makes it). */
static const uint8_t image[NET_HEIGHT*NET_WIDTH*NET_CHANNELS] = {
#include "image.inc"
};

enum { GUARD = 64, PAINT = 0xa5 };
static struct { uint8_t before[GUARD]; float work[NET_WORK_BYTES/sizeof(float)];
                uint8_t after[GUARD]; } memory;

/* SysTick counts the processor's clock down; QEMU's with -icount shift=0 is a nanosecond an
** instruction, and the board's clock has 40. */
enum { NANOSECONDS = 40, TICKS = 0xffffff };
static volatile uint32_t *const systick = (uint32_t *)0xe000e010;

extern uint8_t stack_bottom[];

/* How far below `top` the stack was ever used. */
static uint32_t stack_used(const uint8_t *top)
{
    const uint8_t *at = stack_bottom;
    while (at < top && *at == PAINT)
        at++;
    return (uint32_t)(top - at);
}

static int guards_hold(void)
{
    for (int k = 0; k < GUARD; k++)
        if (memory.before[k] != PAINT || memory.after[k] != PAINT)
            return 0;
    return 1;
}

int main(void)
{
    float scores[NET_SCORES];
    memset(&memory, PAINT, sizeof memory);
    uint8_t *const top = (uint8_t *)__builtin_frame_address(0) - 512;   /* below this frame */
    for (uint8_t *at = stack_bottom; at < top; at++)
        *at = PAINT;
    systick[1] = TICKS;
    systick[2] = 0;
    systick[0] = 5;                         /* the processor's clock, on */
    const uint32_t start = systick[2];
    const int status = net_run_u8(image, scores, memory.work);
    const uint32_t ticks = (start - systick[2]) & TICKS;
    if (status != NET_OK) {
        put_text("net_run_u8: status ");
        put_number((uint32_t)status);
        put_text("\n");
        return 1;
    }
    int best = 0;
    put_text("scores");
    for (int k = 0; k < NET_SCORES; k++) {
        uint32_t bits;
        memcpy(&bits, &scores[k], sizeof bits);
        put_text(" ");
        put_hex(bits);
        best = scores[k] > scores[best] ? k : best;
    }
    put_text("\nbest ");
    put_number((uint32_t)best);
    put_text("\ninstructions ");
    put_number(ticks*NANOSECONDS);
    put_text("\nwork ");
    put_number(NET_WORK_BYTES);
    put_text("\nstack ");
    put_number(stack_used((uint8_t *)__builtin_frame_address(0)));
    put_text(guards_hold() ? "\n" : "\nwrote beyond its work memory\n");
    return !guards_hold();
}
