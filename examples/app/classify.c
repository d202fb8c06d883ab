/*
** classify.c - says what a picture shows: classify PICTURE.ppm, of the network's size.
*/
#include <stdio.h>

#include "net.h"

#ifndef NET_CLASSES
#error "net.h has no NET_CLASSES: this shows the class of a picture, and its scores are of none"
#endif

static const char *const classes[] = NET_CLASSES;

int main(int argc, char **argv)
{
    static uint8_t pixels[NET_HEIGHT*NET_WIDTH*NET_CHANNELS];
    static float work[NET_WORK_BYTES/sizeof(float)], scores[NET_SCORES];
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    int w = 0, h = 0, best = 0;
    if (!f || fscanf(f, "P6 %d %d 255", &w, &h) != 2 || w != NET_WIDTH || h != NET_HEIGHT
        || fgetc(f) == EOF || fread(pixels, sizeof pixels, 1, f) != 1)
        return fprintf(stderr, "classify: a PPM of %dx%d\n", NET_WIDTH, NET_HEIGHT), 2;
    const int status = net_run_u8(pixels, scores, work);
    for (int k = 1; k < NET_SCORES; k++)
        best = scores[k] > scores[best] ? k : best;
    if (status == NET_OK)
        printf("%s %.4f\n", classes[best], (double)scores[best]);
    return status;
}
