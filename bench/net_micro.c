/*
** net_micro.c - one image through somebody's network on a Cortex-M under QEMU, counted as
** examples/cortex-m/main.c counts. bench/micro.py builds it and reads what it says.
*/
#include <stdint.h>

#include "measure.h"
#include "net_peer.h"
#include "semihost.h"

static const float image[] = {
#include "image.inc"
};

static float scores[SCORES];

static void say(const char *word, uint32_t number)
{
    put_text(word);
    put_number(number);
    put_text("\n");
}

int main(void)
{
    paint_stack();
    int status = peer_start(image);
    start_count();
    if (!status)
        status = peer_run(image, scores);
    const uint32_t taken = instructions();
    say("stack ", stack_used());
    say("status ", (uint32_t)status);
    say("instructions ", taken);
    say("arena ", peer_arena());
    put_text("scores");
    put_bits(scores, SCORES);
    put_text("\n");
    return 0;
}
