/*
** stream_nodes.c - which nodes a program that only runs the network has, what each reads, and whose
** window it fills.
*/
#include "plan/stream.h"

#include <stdlib.h>

#include "base/small.h"

const struct stage *node_stage(const struct net *net, const struct stream_node *node)
{
    return node->region == INPUT ? NULL : region_stage(net, &net->infer[node->region]);
}

const char *node_name(const struct net *net, int node)
{
    const struct stage *s = node_stage(net, &net->stream->node[node]);
    return s ? net->layer[s->head].name : "input";
}

double multiply_adds(const struct net *net)
{
    double flop = 0;
    for (int r = 0; r < net->ninfer; r++)
        flop += net->infer[r].flop;
    return flop / 2;
}

int one_vectors(const struct net *net, const struct stage *s)
{
    enum { MOST = 8 };      /* with as many sums of the panels before */
    return min_int(MOST, ceil_div(s->out.shape.c, net->vl));
}

int tile_rows(const struct net *net, const struct stage *s)
{
    const struct layer *pool = layer_at(net, s->pool);
    if (s->kind != STAGE_CONV || s->conv->forward.algorithm != BY_WINOGRAD)
        return 0;
    return WINOGRAD_STEP / (pool ? pool->kh : 1);
}

size_t transformed(const struct stage *s)
{
    const struct winograd *w = &s->conv->forward.winograd;
    return (size_t)(w->side_h*w->side_w)*(size_t)w->v_xi;
}

/* The stage whose output a region of inference makes. */
static int made_by(const struct net *net, const struct region_plan *r)
{
    return r->kind == REGION_FOLDED ? net->folded[r->stage].fold->end : r->stage;
}

/* Reals of what it works in beside its maps; whole vectors are written beyond the last channel. */
static size_t scratch(const struct net *net, const struct stage *s)
{
    size_t size = 0;
    if (s->kind != STAGE_CONV)
        return 0;
    if (s->conv->forward.algorithm == BY_WINOGRAD) {
        const struct winograd *w = &s->conv->forward.winograd;
        return transformed(s) + (size_t)(w->side_h*w->side_w)*(size_t)w->m_xi;
    }
    if (s->conv->multiplier > 1)
        size += s->conv->repeated.image;
    if (s->pool != NO_LAYER)
        size += (size_t)s->conv->forward.band*(size_t)s->conv->forward.out_row + (size_t)net->vl;
    return size;
}

static void read_window(struct stream_node *n, int window)
{
    n->reads[n->nreads++] = window;
}

/* The mean of a whole map. */
static bool gathers(const struct net *net, const struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    return s->kind == STAGE_AVERAGE && !is_padded(l) && l->kh == l->in.h && l->kw == l->in.w;
}

/* made: the node of each stage's output, INPUT's first. */
static void add_node(struct net *net, int *made, int region)
{
    struct stream_plan *p = net->stream;
    const struct region_plan *r = &net->infer[region];
    const struct stage *s = region_stage(net, r);
    struct stream_node *n = &p->node[p->nodes];
    *n = (struct stream_node){ .region = region,
                               .scratch = round_up_size(scratch(net, s), (size_t)net->vl),
                               .fills = p->nodes, .gathers = gathers(net, s) };
    if (s->kind == STAGE_JOIN)
        for (int k = 0; k < s->branch->count; k++)
            read_window(n, made[stage_before_forks(net, s->branch->end[k]) - INPUT]);
    else
        read_window(n, made[stage_before_forks(net, s->from) - INPUT]);
    if (s->kind == STAGE_ADD || s->kind == STAGE_PRODUCT)
        read_window(n, made[stage_before_forks(net, s->branch->end[1]) - INPUT]);
    p->window[p->nodes].map = s->out;
    made[made_by(net, r) - INPUT] = p->nodes++;
}

/* Reads of a map. */
static int readers(const struct stream_plan *p, int map)
{
    int n = 0;
    for (int k = 1; k < p->nodes; k++)
        for (int i = 0; i < p->node[k].nreads; i++)
            n += p->node[k].reads[i] == map;
    return n;
}

/* Of what a node reads the map that it may overwrite value by value; -1: none. */
static int overwritten(const struct net *net, int node)
{
    const struct stream_plan *p = net->stream;
    const struct stream_node *n = &p->node[node];
    const struct stage *s = node_stage(net, n);
    const struct map *own = &p->window[node].map;
    const bool each = by_value(s) || (s->kind == STAGE_NORM && s->pool == NO_LAYER);
    for (int k = 0; each && k < n->nreads; k++) {
        const struct map *m = &p->window[n->reads[k]].map;
        if (m->row == own->row && m->rows == own->rows && m->top == own->top
            && m->left == own->left && m->shape.h == own->shape.h && readers(p, n->reads[k]) == 1)
            return n->reads[k];
    }
    return -1;
}

/* Who overwrites a map has it made in its own window. */
static void share_windows(struct net *net)
{
    struct stream_plan *p = net->stream;
    for (int n = p->nodes - 1; n > 0; n--) {
        const int before = overwritten(net, n);
        if (before >= 0)
            p->node[before].fills = p->node[n].fills;
    }
}

void stream_nodes(struct net *net)
{
    struct stream_plan *p = net->stream;
    int *made = alloc((size_t)net->nstages + 1, sizeof *made);
    p->node = alloc((size_t)net->ninfer + 1, sizeof *p->node);
    p->window = alloc((size_t)net->ninfer + 1, sizeof *p->window);
    p->node[0].region = INPUT;
    p->window[0].map = net->stage[0].in;
    p->nodes = 1;
    for (int r = 0; r < net->ninfer; r++)
        if (net->infer[r].kind != REGION_NORM_MERGE)
            add_node(net, made, r);
    share_windows(net);
    free(made);
}

bool has_halo(const struct map *m)
{
    return m->rows > m->shape.h || m->columns > m->shape.w;
}
