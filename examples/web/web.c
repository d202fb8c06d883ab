/*
** web.c - a network for a page: where its weights, its pixels, its scores and its classes lie in
** the module's memory, and what runs it.
*/
#include "net.h"

#ifndef NET_CLASSES
#error "net.h has no NET_CLASSES: this shows the class of a picture, and its scores are of none"
#endif

#define EXPORT(name) __attribute__((export_name(#name)))

static uint8_t picture[NET_HEIGHT*NET_WIDTH*NET_CHANNELS];
static float work[NET_WORK_BYTES/sizeof(float)], values[NET_SCORES];
static float constants[NET_WEIGHT_BYTES/sizeof(float)];
static const char *const names[] = NET_CLASSES;

EXPORT(weights) float *weights(void) { return constants; }
EXPORT(pixels) uint8_t *pixels(void) { return picture; }
EXPORT(scores) float *scores(void) { return values; }
EXPORT(name) const char *name(int k) { return names[k]; }
EXPORT(channels) int channels(void) { return NET_CHANNELS; }
EXPORT(height) int height(void) { return NET_HEIGHT; }
EXPORT(width) int width(void) { return NET_WIDTH; }
EXPORT(count) int count(void) { return NET_SCORES; }
EXPORT(run) int run(void) { return net_run_u8(picture, values, work, constants); }
