/*
** main.c - one image through the network: its scores, the instructions that took, the stack and
** work memory that were touched.
*/
#include <stdint.h>
#include <string.h>

#include "measure.h"
#include "net.h"
#include "semihost.h"

/* Pixel by pixel, as a camera gives them (image.inc: the Makefile makes it). */
static const uint8_t image[NET_HEIGHT*NET_WIDTH*NET_CHANNELS] = {
#include "image.inc"
};

enum { GUARD = 64 };
static struct { uint8_t before[GUARD]; float work[NET_WORK_BYTES/sizeof(float)];
                uint8_t after[GUARD]; } memory;

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
    paint_stack();
    start_count();
    const int status = net_run_u8(image, scores, memory.work);
    const uint32_t taken = instructions();
    if (status != NET_OK) {
        put_text("net_run_u8: status ");
        put_number((uint32_t)status);
        put_text("\n");
        return 1;
    }
    int best = 0;
    for (int k = 0; k < NET_SCORES; k++)
        best = scores[k] > scores[best] ? k : best;
    put_text("scores");
    put_bits(scores, NET_SCORES);
    put_text("\nbest ");
    put_number((uint32_t)best);
    put_text("\ninstructions ");
    put_number(taken);
    put_text("\nwork ");
    put_number(NET_WORK_BYTES);
    put_text("\nstack ");
    put_number(stack_used());
    put_text(guards_hold() ? "\n" : "\nwrote beyond its work memory\n");
    return !guards_hold();
}
