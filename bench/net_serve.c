/*
** net_serve.c - one image through a network that is C on this machine: answers as
** bench/contender.py asks. bench/inference.py builds it with net_peer.c.
*/
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net_peer.h"

enum { UNTIMED = 2 };       /* as bench/peer.py has it */

static const float image[] = {
#include "image.inc"
};

static float scores[SCORES];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3*(double)t.tv_sec + 1e-6*(double)t.tv_nsec;
}

static void answer(const char *line)
{
    int count;
    if (!strcmp(line, "scores\n")) {
        if (peer_run(image, scores)) {
            printf("failed: it returned an error\n");
            return;
        }
        printf("scores");
        for (int k = 0; k < SCORES; k++)
            printf(" %.9g", (double)scores[k]);
    } else if (sscanf(line, "infer 1 %d", &count) == 1) {
        printf("times");
        for (int k = -UNTIMED; k < count; k++) {
            const double start = now();
            peer_run(image, scores);
            const double end = now();
            if (k >= 0)
                printf(" %.6f", end - start);
        }
    } else {
        printf("failed: unknown request");
    }
    printf("\n");
}

int main(void)
{
    char line[256];
    if (peer_start(image)) {
        printf("failed: it does not start\n");
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n")) {
        answer(line);
        fflush(stdout);
    }
    return 0;
}
