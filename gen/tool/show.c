/*
** show.c - `lathe show`: the network as a table, and what a step will cost. The
** forecast uses the machine table's rate; `PROGRAM bench` measures.
*/
#include "tool/show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/page/drawing.h"
#include "runtime/page/markup.h"
#include "plan/algorithm.h"
#include "plan/info.h"

/* Of CIFAR-10, less what validates. */
enum { EPOCH_IMAGES = 49000 };

/* How the stage that a layer begins is computed forward: the algorithm, and its register tile of
** pixels x channels, tiles of outputs x channels, or images x units. */
static void forward(const struct stage *s, FILE *out)
{
    if (s->conv || s->mirror) {
        const struct sweep *f = s->mirror ? &s->mirror->conv->dgrad[0] : &s->conv->forward;
        fprintf(out, "%s, ", algorithm_word(f->algorithm, &f->winograd));
        if (f->algorithm == BY_WINOGRAD)
            fprintf(out, "%d tiles, %d vec", f->tile.mw, f->tile.nv);
        else
            fprintf(out, "%dx%d px, %d vec", f->tile.mh, f->tile.mw, f->tile.nv);
    }
    if (s->affine)
        fprintf(out, "%d img, %d vec", s->affine->tile.mh, s->affine->tile.nv);
}

/* And how its gradients are. */
static void gradients(const struct net *net, FILE *out)
{
    fprintf(out, "%-16s %-17s %s\n", "gradients", "to the data", "to the weights");
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        const char *data = s->needs_dx ? "" : "none", *weights = "";
        const int through = s->conv ? s->conv->through : NO_STAGE;
        if (s->mirror && s->needs_dx)
            data = algorithm_word(s->mirror->conv->forward.algorithm, NULL);
        if (s->mirror)
            weights = algorithm_word(s->mirror->conv->wgrad.algorithm, NULL);
        if (!s->conv && !s->affine && !s->mirror)
            continue;
        if (s->conv && s->conv->ndgrad)
            data = algorithm_word(s->conv->dgrad[0].algorithm, &s->conv->dgrad[0].winograd);
        if (s->conv)
            weights = algorithm_word(s->conv->wgrad.algorithm, &s->conv->wgrad.winograd);
        if (s->affine)
            weights = algorithm_word(s->affine->backward, NULL);
        if (s->affine && s->needs_dx)
            data = weights;
        fprintf(out, "%-16s %-17s %s%s%s\n", s->name, data, weights,
                through == NO_STAGE ? "" : ", through ",
                through == NO_STAGE ? "" : net->stage[through].name);
    }
    fputc('\n', out);
}

void show(const struct net *net, int threads, FILE *out)
{
    long long params = 0;
    double flop = 0, backward = 0;
    int batch = net->train.batch;
    fprintf(out, "%s, %s %s, batch %d\n\n", net->name, net->isa->name, net->f64 ? "f64" : "f32",
            batch);
    fprintf(out, "%-16s %-13s %11s %9s %9s  %s\n", "layer", "output", "parameters", "MFLOP fw",
            "MFLOP bw", "forward pass");
    fprintf(out, "%-16s %dx%dx%d\n", "input", net->input.c, net->input.h, net->input.w);
    for (int i = 0, stage = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        bool begins = stage < net->nstages && net->stage[stage].head == i;
        char output[40];
        snprintf(output, sizeof output, "%dx%dx%d", l->out.c, l->out.h, l->out.w);
        fprintf(out, "%-16s %-13s %11lld %9.2f %9.2f  %s", l->name, output, l->params,
                l->flop_forward / 1e6, l->flop_backward / 1e6, begins ? "" : "fused");
        if (begins)
            forward(&net->stage[stage++], out);
        fputc('\n', out);
        params += l->params;
        flop += l->flop_forward;
        backward += l->flop_backward;
    }
    fprintf(out, "%-16s %-13s %11lld %9.2f %9.2f  an image\n\n", "total", "", params,
            flop / 1e6, backward / 1e6);
    gradients(net, out);
    size_t bytes = real_size(net);
    double mib = 1 << 20, step = (flop + backward)*batch;
    fprintf(out, "arena     %zu bytes (%.1f MiB), and %zu bytes (%.1f MiB) a thread\n",
            net->arena*bytes, (double)(net->arena*bytes) / mib, net->scratch*bytes,
            (double)(net->scratch*bytes) / mib);
    fprintf(out, "inference %zu bytes (%.1f MiB) of them\n", net->infer_arena*bytes,
            (double)(net->infer_arena*bytes) / mib);
    double rate = net->isa->gflops*1e9 / (net->f64 ? 2 : 1)*threads;
    fprintf(out, "step      %.1f MFLOP for %d images\n", step / 1e6, batch);
    fprintf(out, "forecast  %.2f ms a step, %.1f s an epoch of 49,000 images,\n"
            "          assuming %g GFLOP/s on each of %d core%s; PROGRAM bench measures\n",
            step / rate*1e3, (flop + backward)*EPOCH_IMAGES / rate,
            net->isa->gflops / (net->f64 ? 2 : 1), threads, threads == 1 ? "" : "s");
}

static void tile(FILE *out, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tile(FILE *out, const char *what, const char *format, ...)
{
    char value[64];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    markup_tile(out, value, what);
}

void show_page(const struct net *net, int threads, FILE *out)
{
    double flop = 0, bytes = (double)real_size(net), mib = 1 << 20;
    long long params = 0;
    int batch = net->train.batch;
    for (int i = 0; i < net->nlayers; i++) {
        params += net->layer[i].params;
        flop += net->layer[i].flop_forward + net->layer[i].flop_backward;
    }
    double step = flop*batch / (net->isa->gflops*1e9 / (net->f64 ? 2 : 1)*threads);
    markup_open(out, net->name, 0, drawing_style);
    fputs("<h1>", out);
    markup_text(out, net->name);
    fprintf(out, "</h1>\n<p class=\"soft\">A network before training: %s %s, batch %d.</p>\n"
            "<div class=\"tiles\">\n", net->isa->name, net->f64 ? "f64" : "f32", batch);
    tile(out, "layers", "%d", net->nlayers);
    fputs("<div class=\"tile\"><b>", out);
    markup_count(out, (double)params);
    fputs("</b><span>parameters</span></div>\n", out);
    tile(out, "MFLOP to train on an image", "%.1f", flop / 1e6);
    tile(out, "MiB of memory to train", "%.1f", (double)net->arena*bytes / mib);
    tile(out, "MiB to infer", "%.1f", (double)net->infer_arena*bytes / mib);
    tile(out, "ms a step, forecast", "%.2f", step*1e3);
    fputs("</div>\n<section class=\"card\" id=\"network\"><h2>Network</h2>\n", out);
    struct layer_info *info = layer_infos(net);
    drawing_network(out, info, net->nlayers, (const int[]){ net->input.c, net->input.h,
                                                            net->input.w });
    free(info);
    fprintf(out, "<p class=\"soft\">The forecast assumes %g GFLOP/s on each of %d core%s. "
            "Memory is for %d images a step, without %.1f MiB a thread.</p></section>\n",
            net->isa->gflops / (net->f64 ? 2 : 1), threads, threads == 1 ? "" : "s", batch,
            (double)net->scratch*bytes / mib);
    markup_close(out);
}
