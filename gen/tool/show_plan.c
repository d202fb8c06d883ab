/*
** show_plan.c - `lathe show --plan`: the rest of the plan, in tables for a reader; `-d` prints what
** one pass decided, for who works on it. It must never decide or compute anything.
*/
#include <string.h>

#include "plan/regions.h"
#include "tool/show.h"

static const char *source(const struct net *net, int stage)
{
    int from = stage_before_forks(net, stage);
    return from == INPUT ? "input" : net->stage[from].name;
}

static void put_map(const char *name, const struct map *m, FILE *out)
{
    char shape[40], halo[24];
    snprintf(shape, sizeof shape, "%dx%dx%d", m->shape.c, m->shape.h, m->shape.w);
    snprintf(halo, sizeof halo, "%d,%d", m->top, m->left);
    fprintf(out, "%-16s %-12s %5s %7zu %9zu", name, shape, halo, m->row, m->image);
}

/* Each map once: as the stage that writes it has it. */
static void put_layout(const struct net *net, FILE *out)
{
    fprintf(out, "%-16s %-12s %5s %7s %9s %9s  %s\n", "maps, in reals", "shape", "halo", "row",
            "image", "gradient", "made from");
    put_map("input", &net->stage[0].in, out);
    fputc('\n', out);
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        if (s->at[AT_Y] == NO_BUFFER)
            continue;
        put_map(s->name, &s->out, out);
        fprintf(out, " %9zu  %s", s->trains ? s->dy_image : 0, source(net, s->from));
        for (int k = 1; s->branch && k < s->branch->count; k++)
            fprintf(out, ", %s", source(net, s->branch->end[k]));
        fputc('\n', out);
    }
    fputs("\nFrom row to row, from image to image, and of its gradient from image to image.\n"
          "A halo: zeros before rows and columns, for the convolutions that read it.\n\n", out);
}

static void put_regions(const struct net *net, FILE *out)
{
    fprintf(out, "%6s  %-32s %-22s %s\n", "region", "of a step", "items", "MFLOP an image");
    for (int r = 0; r < net->nregions; r++) {
        const struct region_plan *region = &net->region[r];
        char title[2*NAME_MAX_LEN], items[REGION_ITEMS];
        region_title(net, region, title, sizeof title);
        region_items(region, items);
        fprintf(out, "%6d  %-32s %-22s %14.2f\n", r, title, items, region->flop / 1e6);
    }
    fputc('\n', out);
}

static void put_buffers(const struct net *net, FILE *out)
{
    fprintf(out, "%-28s %11s %11s  %s\n", "buffer, in reals", "size", "at", "alive in regions");
    for (int scratch = 0; scratch < 2; scratch++)
        for (int i = 0; i < net->nbuffers; i++) {
            const struct buffer *b = &net->buffer[i];
            if (b->scratch != (scratch == 1))
                continue;
            fprintf(out, "%-28s %11zu %11zu  ", b->name, b->size, b->at);
            if (b->scratch)
                fputs("of a thread", out);
            else if (b->keep)
                fputs("always", out);
            else
                fprintf(out, "%d to %d", b->first, b->last);
            fputs(b->infer ? ", inference\n" : "\n", out);
        }
}

void show_plan(const struct net *net, int threads, FILE *out)
{
    show(net, threads, out);
    fputc('\n', out);
    put_layout(net, out);
    put_regions(net, out);
    put_buffers(net, out);
}
