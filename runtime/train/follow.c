/*
** follow.c - a rank but 0 in a training run: it feeds its own images where it has the data. It must
** never write a file, nor decide anything.
*/
#include "train/follow.h"

#include "core/ranks.h"
#include "data/feed.h"
#include "train/parts.h"

static void follow_feed(void *context, struct engine *e, const struct ranks_next *next, int first,
                        int end)
{
    struct feed *feed = context;
    feed->engine = e;
    feed->index = next->index;
    feed->from = first;
    feed->now = (struct feed_moment){ next->seed, next->epoch, next->iteration };
    feed_ahead(feed, end - first);
}

bool follow_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, char *err)
{
    struct feed feed = { .preprocess = p, .augment = &o->train.augment };
    if (data)
        feed.set = &data->train;
    return ranks_follow(e, data ? parts_hash_data(data, e->model) : 0, data ? follow_feed : NULL,
                        &feed, err);
}
