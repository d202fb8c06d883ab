/*
** drawing.c - a network's layers from top to bottom. It must never need a layer to be
** known: what has no colour of its own is drawn grey.
*/
#include "page/drawing.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "page/markup.h"

enum { DRAWING_ROW = 40, DRAWING_MIDDLE = 68, DRAWING_WIDTH = 104, DRAWING_LANES = 4 };

const char drawing_style[] =
    ".net{width:100%;max-width:860px}.net td{height:40px;padding-top:0;padding-bottom:0;"
    "line-height:1.25}.net td:first-child{padding:0}"
    ".net tbody tr{border:0}.net i{display:block;height:4px;border-radius:2px;margin:2px 0 0 auto;"
    "background:var(--c0)}.net tfoot td{border-top:1px solid var(--line);font-weight:600}"
    ".skip{fill:none;stroke:var(--soft);stroke-width:1.5}\n"
    "@media(max-width:600px){.net .bw{display:none}.net{font-size:.7rem}.net svg{width:40px}"
    ".net th,.net td{padding:0 3px;white-space:normal}}\n";

/* By the first letters of what a layer is. */
static const struct { const char *word, *color; } drawing_colors[] = {
    { "conv", "var(--c0)" }, { "affine", "var(--c1)" }, { "max", "var(--c2)" },
    { "avg", "var(--c2)" }, { "global", "var(--c2)" }, { "batchnorm", "var(--c3)" },
    { "softmax", "var(--c4)" }, { "svm", "var(--c4)" }, { "mse", "var(--c4)" },
    { "mae", "var(--c4)" }, { "bce", "var(--c4)" },
};

static const char *drawing_color(const char *what)
{
    for (size_t k = 0; k < sizeof drawing_colors/sizeof *drawing_colors; k++)
        if (strncmp(what, drawing_colors[k].word, strlen(drawing_colors[k].word)) == 0)
            return drawing_colors[k].color;
    return "var(--soft)";
}

struct drawing {
    const struct layer_info *layer;
    int count;
    struct layer_info input;        /* as though it were a layer */
    int lane_end[DRAWING_LANES];    /* the layer that a line leads to; < 0: the lane is free */
    double most;                    /* of a layer's MFLOP */
};

static const struct layer_info *drawing_at(const struct drawing *d, int layer)
{
    return layer < 0 ? &d->input : &d->layer[layer];
}

/* Half of how wide a map is drawn. */
static double drawing_half(const struct drawing *d, const struct layer_info *l)
{
    double whole = sqrt((double)d->input.h*d->input.w);
    double share = sqrt(sqrt((double)l->h*l->w)/whole);
    return 3 + 28*(share < 1.1 ? share : 1.1);
}

/* Layer k reads layer `from`, but not from right above. */
static bool drawing_skips(const struct drawing *d, int from, int k)
{
    return from != k - 1 && (d->layer[k].from == from || drawing_at(d, from)->to == k);
}

/* Layer k reads the one right above. */
static bool drawing_follows(const struct drawing *d, int k)
{
    return k >= 0 && k < d->count
           && (d->layer[k].from == k - 1 || drawing_at(d, k - 1)->to == k);
}

/* The last layer that reads `from` by a line, or -1. */
static int drawing_reader(const struct drawing *d, int from)
{
    int last = -1;
    for (int k = from + 2; k < d->count; k++)
        if (drawing_skips(d, from, k))
            last = k;
    return last;
}

/* Lines beside row `k`: those that end here, pass, or begin. A line that several layers read
** ends at the last of them. */
static void drawing_lines(FILE *out, struct drawing *d, int k, int *source)
{
    double in = k < 0 ? 0 : DRAWING_MIDDLE - drawing_half(d, drawing_at(d, d->layer[k].from));
    double left = DRAWING_MIDDLE - drawing_half(d, drawing_at(d, k));
    for (int lane = 0; lane < DRAWING_LANES; lane++) {
        int x = 28 - 7*lane;
        if (d->lane_end[lane] < 0)
            continue;
        if (k >= 0 && drawing_skips(d, source[lane], k))
            fprintf(out, "<path class=\"skip\" d=\"M%d 0C%d 8 %d 4 %.1f 4\"/>", x, x, x, in);
        if (d->lane_end[lane] > k)
            fprintf(out, "<path class=\"skip\" d=\"M%d 0V40\"/>", x);
        else
            d->lane_end[lane] = -1;
    }
    int reader = drawing_reader(d, k), lane = 0;
    while (lane < DRAWING_LANES - 1 && d->lane_end[lane] >= 0)
        lane++;
    if (reader < 0)
        return;
    d->lane_end[lane] = reader;
    source[lane] = k;
    fprintf(out, "<path class=\"skip\" d=\"M%.1f 36C%d 36 %d 32 %d 40\"/>", left, 28 - 7*lane,
            28 - 7*lane, 28 - 7*lane);
}

static void drawing_shape(FILE *out, struct drawing *d, int k, int *source)
{
    const struct layer_info *l = drawing_at(d, k);
    double below = drawing_half(d, l);
    double above = k < 0 ? below : drawing_half(d, drawing_at(d, l->from));
    fprintf(out, "<td><svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "preserveAspectRatio=\"none\" aria-hidden=\"true\">", DRAWING_WIDTH,
            DRAWING_ROW, DRAWING_WIDTH, DRAWING_ROW);
    drawing_lines(out, d, k, source);
    bool from_above = drawing_follows(d, k), read_below = drawing_follows(d, k + 1);
    if (from_above || read_below)
        fprintf(out, "<path class=\"skip\" d=\"M%d %dV%d\"/>", DRAWING_MIDDLE,
                from_above ? 0 : 20, read_below ? DRAWING_ROW : 20);
    fprintf(out, "<path d=\"M%.1f 2H%.1fL%.1f 38H%.1fz\" style=\"fill:%s\"><title>",
            DRAWING_MIDDLE - above, DRAWING_MIDDLE + above, DRAWING_MIDDLE + below,
            DRAWING_MIDDLE - below, k < 0 ? "var(--line)" : drawing_color(l->what));
    markup_text(out, l->name);
    fputs("</title></path></svg></td>", out);
}

static void drawing_work(FILE *out, double flop, double most, const char *class)
{
    fprintf(out, "<td class=\"%s\">", class);
    if (flop > 0)
        fprintf(out, flop < 5000 ? "&lt;%.2f" : "%.2f", flop < 5000 ? 0.01 : flop/1e6);
    if (flop > 0)
        fprintf(out, "<i style=\"width:%.0f%%\"></i>", 100*flop/most);
    fputs("</td>", out);
}

static void drawing_row(FILE *out, struct drawing *d, int k, int *source)
{
    const struct layer_info *l = drawing_at(d, k);
    fputs("<tr>", out);
    drawing_shape(out, d, k, source);
    fputs("<td class=\"l\"><b>", out);
    markup_text(out, l->name);
    fputs("</b><br><small>", out);
    markup_text(out, l->what);
    fprintf(out, "</small></td><td>%d&#215;%d&#215;%d</td><td>", l->c, l->h, l->w);
    if (l->params > 0)
        markup_count(out, l->params);
    fputs("</td>", out);
    drawing_work(out, l->forward, d->most, "fw");
    drawing_work(out, l->backward, d->most, "bw");
    fputs("</tr>\n", out);
}

void drawing_network(FILE *out, const struct layer_info *layer, int count, const int input[3])
{
    struct drawing d = { .layer = layer, .count = count,
                         .input = { .name = "input", .what = "image",
                                    .c = input[0], .h = input[1], .w = input[2] } };
    int source[DRAWING_LANES] = { 0 };
    double params = 0, forward = 0, backward = 0;
    for (int lane = 0; lane < DRAWING_LANES; lane++)
        d.lane_end[lane] = -1;
    for (int k = 0; k < count; k++) {
        params += layer[k].params;
        forward += layer[k].forward;
        backward += layer[k].backward;
        d.most = fmax(d.most, fmax(layer[k].forward, layer[k].backward));
    }
    fputs("<div class=\"wide\"><table class=\"net\"><thead><tr><th></th><th class=\"l\">layer</th>"
          "<th>output</th><th>para&shy;meters</th><th>MFLOP forward</th>"
          "<th class=\"bw\">backward</th>"
          "</tr></thead>\n<tbody>\n", out);
    for (int k = -1; k < count; k++)
        drawing_row(out, &d, k, source);
    fputs("</tbody>\n<tfoot><tr><td></td><td class=\"l\">an image</td><td></td><td>", out);
    markup_count(out, params);
    fprintf(out, "</td><td>%.2f</td><td class=\"bw\">%.2f</td></tr></tfoot></table></div>\n",
            forward/1e6, backward/1e6);
}
