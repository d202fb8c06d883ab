/*
** show_inference.c - `lathe show --inference`: what a program that only runs the network has in
** memory, from the first step of an image to the last. It must never decide or compute anything
** that the program does otherwise.
*/
#include "base/small.h"
#include "plan/stream.h"
#include "tool/show.h"

enum { COLUMNS = 50, LINES = 8 };       /* of the picture */

/* The first step that a column stands for. */
static int step_at(const struct stream_plan *p, int column)
{
    return (int)((long long)p->nsteps*column / COLUMNS);
}

static bool alive(const struct stream_plan *p, const struct window *w, int column)
{
    const int last = max_int(step_at(p, column), step_at(p, column + 1) - 1);
    return w->first <= last && w->last >= step_at(p, column);
}

static void put_window(const struct net *net, int node, FILE *out)
{
    const struct stream_plan *p = net->stream;
    const struct window *w = &p->window[node];
    fprintf(out, "%-16s %4d of %4d %9zu  ", node_name(net, node), w->rows, w->map.rows,
            w->size*sizeof(float));
    for (int c = 0; c < COLUMNS; c++)
        fputc(alive(p, w, c) ? '#' : '.', out);
    fputc('\n', out);
}

/* Bytes of what is alive in a column. */
static size_t used(const struct stream_plan *p, int column)
{
    size_t end = 0;
    for (int i = step_at(p, column); !i || i < step_at(p, column + 1); i++)
        end = max_size(end, p->node[p->step[i].node].scratch*sizeof(float));
    for (int n = 0; n < p->nodes; n++)
        if (p->window[n].size && alive(p, &p->window[n], column))
            end += p->window[n].size*sizeof(float);
    return end;
}

static void put_picture(const struct stream_plan *p, FILE *out)
{
    size_t most = 1;
    for (int c = 0; c < COLUMNS; c++)
        most = max_size(most, used(p, c));
    fputc('\n', out);
    for (int line = LINES; line > 0; line--) {
        if (line == LINES || line == 1 || line == LINES/2)
            fprintf(out, "%38zu  ", most*(size_t)line / LINES);
        else
            fprintf(out, "%40s", "");
        for (int c = 0; c < COLUMNS; c++)
            fputc(used(p, c)*LINES > most*(size_t)(line - 1) ? '#' : ' ', out);
        fputc('\n', out);
    }
    fprintf(out, "%38s  %-*s%s\n", "bytes in use", COLUMNS - 9, "the first step", "the last");
}

static void put_winograd(const struct net *net, FILE *out)
{
    const char *before = "by Winograd's filtering: ";
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        if (tile_rows(net, s)) {
            fprintf(out, "%s%s", before, net->layer[s->head].name);
            before = " ";
        }
    }
    if (before[1] == '\0')
        fputc('\n', out);
}

void show_inference(const struct net *net, int threads, FILE *out)
{
    const struct stream_plan *p = net->stream;
    (void)threads;
    fprintf(out, "%s, %s f32, an image at a time\n\n", net->name,
            net->isa->bits ? net->isa->name : "plain C");
    fprintf(out, "%-16s %12s %9s\n", "map", "rows", "bytes");
    for (int n = 0; n < p->nodes; n++) {
        if (p->node[n].fills == n)
            put_window(net, n, out);
        else
            fprintf(out, "%-16s %12s %9s  where %s lies\n", node_name(net, n), "", "",
                    node_name(net, p->node[n].fills));
    }
    if (p->scratch)
        fprintf(out, "%-29s %9zu  what one of them at a time works in\n", "scratch",
                p->scratch*sizeof(float));
    put_picture(p, out);
    fprintf(out, "\nwork memory %zu bytes; %d step%s of at most %d row%s; %.2f million "
            "multiply-adds;\n%.0f values are moved within windows, no row is made twice\n",
            stream_bytes(net), p->nsteps, p->nsteps == 1 ? "" : "s", p->band,
            p->band == 1 ? "" : "s", multiply_adds(net) / 1e6, p->moved);
    put_winograd(net, out);
}
