/*
** net_peer.h - a network of somebody's: what bench/net_micro.c and bench/net_serve.c run.
*/
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a program does once, and the image, in the order that the peer wants, to where it wants it:
** not counted. 0, or what went wrong. */
int peer_start(const float *image);
/* The image's SCORES scores. 0, or what went wrong. */
int peer_run(const float *image, float *scores);
/* Of memory that the peer shares out by itself the bytes that it needs, as it says. */
uint32_t peer_arena(void);

#ifdef __cplusplus
}
#endif

#endif
