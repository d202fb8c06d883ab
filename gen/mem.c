/*
** mem.c - places every buffer in one arena. Two buffers may share memory when
** no region needs both, unless one of them holds zeros or parameters that must
** last. A training step allocates nothing.
*/
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/model.h"
#include "net.h"

enum { UNIT = ALIGN / sizeof(float) };  /* buffers start at multiples of it, in both types */

static size_t round_up(size_t n)
{
    return (n + UNIT - 1) / UNIT * UNIT;
}

static int add(struct net *net, const char *owner, const char *what, size_t size)
{
    net->buffer = grow(net->buffer, (size_t)net->nbuffers + 1, sizeof *net->buffer);
    struct buffer *b = &net->buffer[net->nbuffers];
    *b = (struct buffer){ .size = round_up(size + UNIT), .first = 0, .last = net->nregions };
    snprintf(b->name, sizeof b->name, "%s.%s", owner, what);
    return net->nbuffers++;
}

static int add_kept(struct net *net, const char *owner, const char *what, size_t size)
{
    int b = add(net, owner, what, size);
    net->buffer[b].keep = true;
    return b;
}

static int add_living(struct net *net, const char *owner, const char *what, size_t size,
                      int first, int last)
{
    int b = add(net, owner, what, size);
    net->buffer[b].first = first;
    net->buffer[b].last = last;
    return b;
}

static int add_scratch(struct net *net, const char *owner, const char *what, size_t size,
                       bool keep)
{
    int b = add(net, owner, what, size);
    net->buffer[b].scratch = true;
    net->buffer[b].keep = keep;
    return b;
}

/* The first and the last backward region of a stage; before: net->nforward. */
static int region_of(const struct net *net, int stage, bool last)
{
    int found = -1;
    for (int r = net->nforward; r < net->nregions; r++)
        if (net->region[r].stage == stage && (found < 0 || last))
            found = r;
    return found;
}

static int forward_region(const struct net *net, int stage)
{
    for (int r = 0; r < net->nforward; r++)
        if (net->region[r].stage == stage)
            return r;
    return net->nforward;
}

/* Bytes as reals. */
static size_t bytes(const struct net *net, size_t n)
{
    size_t real_bytes = net->f64 ? sizeof(double) : sizeof(float);
    return (n + real_bytes - 1) / real_bytes;
}

static int add_param(struct net *net, int stage, bool weight, size_t stored, int fan_in)
{
    net->param = grow(net->param, (size_t)net->nparams + 1, sizeof *net->param);
    struct net_param *p = &net->param[net->nparams];
    const char *owner = net->stage[stage].name;
    *p = (struct net_param){ .stage = stage, .weight = weight, .fan_in = fan_in,
                             .init = weight ? net->train.init_std : -1, .stored = stored };
    if (weight && p->init < 0)
        p->init = sqrt(2.0 / fan_in);   /* He et al., arXiv:1502.01852 */
    snprintf(p->name, sizeof p->name, "%s.%s", owner, weight ? "weight" : "bias");
    p->at = add_kept(net, owner, weight ? "weight" : "bias", stored);
    p->m = add_kept(net, owner, weight ? "weight.m" : "bias.m", stored);
    p->v = add_kept(net, owner, weight ? "weight.v" : "bias.v", stored);
    return net->nparams++;
}

static void maps(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t batch = (size_t)net->train.batch;
    int made = forward_region(net, stage);
    int last = region_of(net, stage, true), reader = region_of(net, stage + 1, true);
    int used = last > reader ? last : reader;   /* the stage above reads it backward, too */
    bool scores = stage == net->nstages - 2;
    s->at.y = add_living(net, s->name, "y", batch*s->out.image, made,
                         used < 0 ? made + 1 : used);
    net->buffer[s->at.y].keep = s->out.keep || scores;
    s->at.argmax = NO_BUFFER;
    if (s->pool != NO_LAYER) {
        struct shape o = s->out.shape;
        size_t values = (size_t)o.h*(size_t)o.w*(size_t)o.c;
        s->at.argmax = add_living(net, s->name, "argmax", bytes(net, batch*values), made,
                                  last < 0 ? made : last);
    }
    s->at.dy = NO_BUFFER;
    if (s->trains) {
        /* Written by the stage above, in its first region or later. */
        s->at.dy = add_living(net, s->name, "dy", batch*s->dy_image,
                              region_of(net, stage + 1, false), last);
        net->buffer[s->at.dy].keep = scores;    /* its last lanes stay zero */
    }
}

static size_t entries(size_t n)
{
    return 2*n;     /* struct entry: an index and a value, both padded to reals */
}

static void conv_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct sweep *f = &s->forward;
    size_t co = (size_t)f->co, filter = (size_t)f->kh*(size_t)s->row;
    size_t packed = f->packed_size;
    for (int k = 0; k < s->ndgrad; k++)
        packed += s->dgrad[k].packed_size;
    s->group_size = (long)round_up(co*filter + co);
    s->weight = add_param(net, stage, true, co*filter, f->kh*f->kw*f->ci);
    s->bias = add_param(net, stage, false, round_up(co), f->kh*f->kw*f->ci);
    s->at.packed = add_kept(net, s->name, "packed", packed);
    s->at.partial = add_living(net, s->name, "partial", GROUPS*(size_t)s->group_size,
                               region_of(net, stage, true) - 1, region_of(net, stage, true));
    if (s->pool != NO_LAYER) {
        size_t pixel = (co + (size_t)net->vl - 1) / (size_t)net->vl*(size_t)net->vl;
        s->at.band = add_scratch(net, s->name, "band", (size_t)f->band*(size_t)f->ow*pixel,
                                 false);
    }
    if (s->needs_dx)
        s->at.expanded = add_scratch(net, s->name, "expanded", s->expanded.image, true);
    size_t space = (size_t)s->band*(size_t)s->out.shape.w + 1;
    s->at.entries = add_scratch(net, s->name, "entries", entries(co*space), false);
    s->at.gradient = add_scratch(net, s->name, "gradient", filter, false);
    s->sumsq = net->nsumsq;
    net->nsumsq += (co + LANES - 1) / LANES;
}

static void affine_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t batch = (size_t)net->train.batch, units = (size_t)s->out.shape.c;
    struct shape in = s->in.shape;
    size_t inputs = (size_t)in.h*(size_t)in.w*(size_t)in.c, columns = round_up(inputs);
    s->weight = add_param(net, stage, true, units*columns, (int)inputs);
    s->bias = add_param(net, stage, false, round_up(units), (int)inputs);
    int first = region_of(net, stage, false), last = region_of(net, stage, true);
    size_t starts = (units + (size_t)s->bwd_rows - 1) / (size_t)s->bwd_rows + 1;
    s->at.image_list = add_living(net, s->name, "image_list", entries(batch*(units + 1)),
                                  first, last);
    s->at.image_starts = add_living(net, s->name, "image_starts", batch*starts, first, last);
    s->at.unit_list = add_living(net, s->name, "unit_list", entries(units*(batch + 1)),
                                 first, last);
    s->at.unit_count = add_living(net, s->name, "unit_count", units, first, last);
    size_t lanes = (size_t)s->fwd_images*(size_t)s->fwd_block*LANES;
    s->at.lanes = add_scratch(net, s->name, "lanes", lanes, false);
    s->at.sums = add_scratch(net, s->name, "sums", round_up((size_t)s->fwd_block), false);
    s->sumsq = net->nsumsq;
    net->nsumsq += (columns + PANEL - 1) / PANEL;
}

static bool overlap(const struct buffer *a, const struct buffer *b)
{
    return a->at < b->at + b->size && b->at < a->at + a->size;
}

static bool together(const struct buffer *a, const struct buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest place behind `start` that no placed buffer of the same time takes. */
static void place(struct buffer *const *placed, int nplaced, struct buffer *b, size_t start)
{
    b->at = start;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < nplaced; i++)
            if (together(placed[i], b) && overlap(placed[i], b)) {
                b->at = placed[i]->at + placed[i]->size;
                moved = true;
            }
    }
}

static int larger_first(const void *a, const void *b)
{
    const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return (x > y) - (x < y);
}

/* Kept buffers in order, then the others, largest first, sharing memory. */
static size_t place_arena(struct net *net)
{
    struct buffer **shared = alloc((size_t)net->nbuffers, sizeof *shared);
    int nshared = 0;
    size_t top = 0;
    for (int i = 0; i < net->nbuffers; i++) {
        struct buffer *b = &net->buffer[i];
        if (b->scratch)
            continue;
        if (b->keep) {
            b->at = top;
            top += b->size;
        } else {
            shared[nshared++] = b;
        }
    }
    qsort(shared, (size_t)nshared, sizeof *shared, larger_first);
    size_t end = top;
    for (int i = 0; i < nshared; i++) {
        place(shared, i, shared[i], top);
        if (shared[i]->at + shared[i]->size > end)
            end = shared[i]->at + shared[i]->size;
    }
    free(shared);
    return end;
}

/* A thread's scratch: kept maps one behind the other, the rest of one stage
** behind them, every stage in the same place. */
static size_t place_scratch(struct net *net)
{
    size_t top = 0;
    for (int i = 0; i < net->nbuffers; i++)
        if (net->buffer[i].scratch && net->buffer[i].keep) {
            net->buffer[i].at = top;
            top += net->buffer[i].size;
        }
    size_t end = top;
    for (int i = 0; i < net->nstages; i++) {
        size_t at = top;
        const struct stage_buffers *b = &net->stage[i].at;
        const int loose[] = { b->band, b->entries, b->gradient, b->lanes, b->sums };
        for (size_t k = 0; k < sizeof loose / sizeof *loose; k++)
            if (loose[k] != NO_BUFFER) {
                net->buffer[loose[k]].at = at;
                at += net->buffer[loose[k]].size;
            }
        if (at > end)
            end = at;
    }
    return end ? end + UNIT : 0;
}

void mem(struct net *net)
{
    assert(net->nregions > 0);
    size_t batch = (size_t)net->train.batch;
    const struct map *in = &net->stage[0].in;
    net->input_at = add_kept(net, "input", "x", batch*in->image);
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        s->at = (struct stage_buffers){ NO_BUFFER, NO_BUFFER, NO_BUFFER, NO_BUFFER, NO_BUFFER,
                                        NO_BUFFER, NO_BUFFER, NO_BUFFER, NO_BUFFER, NO_BUFFER,
                                        NO_BUFFER, NO_BUFFER, NO_BUFFER, NO_BUFFER, NO_BUFFER };
        if (s->kind != STAGE_LOSS)
            maps(net, i);
        if (s->kind == STAGE_CONV)
            conv_buffers(net, i);
        if (s->kind == STAGE_AFFINE)
            affine_buffers(net, i);
    }
    net->losses_at = add_kept(net, "loss", "losses", batch);
    net->arena = place_arena(net);
    net->scratch = place_scratch(net);
}

bool mem_fits(const struct net *net)
{
    /* Offsets in emitted code are int constants. */
    if (net->arena <= INT_MAX && net->scratch <= INT_MAX / 64)
        return true;
    fprintf(stderr, "%s: error: %s needs %.1f GiB at batch %d, more than a program can address; "
            "make the batch or the network smaller\n", net->path, net->name,
            (double)net->arena*(net->f64 ? 8 : 4) / (1 << 30), net->train.batch);
    return false;
}
