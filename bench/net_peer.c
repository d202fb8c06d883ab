/*
** net_peer.c - the peers that are functions of C: NOBODY, LATHE (net.c) or ONNX2C, one of which
** is defined.
*/
#include "net_peer.h"

#if defined LATHE
#include "net.h"

static float work[NET_WORK_BYTES/sizeof(float)];

int peer_run(const float *image, float *scores)
{
    return net_run(image, scores, work);
}
#elif defined ONNX2C
void entry(const float *image, float *scores);

int peer_run(const float *image, float *scores)
{
    entry(image, scores);
    return 0;
}
#else
int peer_run(const float *image, float *scores)
{
    scores[0] = image[0];
    return 0;
}
#endif

int peer_start(const float *image)
{
    (void)image;
    return 0;
}

uint32_t peer_arena(void)
{
    return 0;
}
