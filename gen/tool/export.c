/*
** export.c - `lathe export`. It must never write a file that is not whole.
*/
#include "tool/export.h"

#include <stdio.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "exchange/export.h"
#include "exchange/torch.h"
#include "exchange/torch_forward.h"
#include "tool/build.h"
#include "tool/read.h"

/* What 0 and 255 are to the network: the user says it, or the file. */
static bool pixel_scale(const struct options *o, const struct net *net, const struct parameters *p,
                        struct values_scale *s, char *err)
{
    if (o->range)
        return values_scale_parse(s, o->range, net->input.c, err);
    if (!values_scale_of(s, &p->values))
        return error_set(err, "%s: trained on %s from %g to %g, which does not tell what 0 and 255 "
                         "of a pixel are to it: --range LO,HI does", p->path, p->values.type,
                         p->values.least, p->values.greatest);
    if (p->path && !p->prepared)
        visible_print(stderr, "lathe: %s does not say how its images were prepared: they are taken "
                      "as they are, from 0 to 255, unless --range says otherwise\n", p->path);
    return true;
}

/* What was made, into a claimed file. */
static bool write_out(const char *path, enum output_kind kind, struct text *made)
{
    struct page page;
    if (!claim(path, kind) || !page_open(&page, path))
        return false;
    fwrite(text_string(made), 1, made->length, page.f);
    if (!page_close(&page))
        return false;
    visible_print(stderr, "exported %s\n", path);
    return true;
}

static bool write_model(const struct options *o, const struct net *net, const struct parameters *p)
{
    struct values_scale scale;
    const struct export_options how = { .fold = o->fold, .softmax = o->softmax,
                                        .preprocess = o->prepare, .scale = &scale };
    struct text model = { 0 };
    char err[ERR_SIZE], name[NAME_MAX_LEN + sizeof ".onnx"];
    snprintf(name, sizeof name, "%s.onnx", net->name);
    if ((o->prepare && !pixel_scale(o, net, p, &scale, err))
        || !export_onnx(net, p, &how, &model, err))
        return failed(err);
    const bool good = write_out(o->output ? o->output : name, OUTPUT_ONNX, &model);
    text_free(&model);
    return good;
}

/* Without a parameter file images are prepared as the network file says. */
static bool write_module(const struct options *o, const struct net *net,
                         const struct parameters *p)
{
    struct values_scale scale;
    const bool file = o->params != NULL;
    const struct torch_images images = {
        .kind = file ? p->preprocess : net->train.preprocess, .h = file ? p->h : net->input.h,
        .w = file ? p->w : net->input.w, .prepare = o->prepare, .scale = &scale
    };
    struct text module = { 0 };
    char err[ERR_SIZE];
    if (o->prepare && !pixel_scale(o, net, p, &scale, err))
        return failed(err);
    torch_module(net, &images, &module);
    bool good = true;
    if (o->output)
        good = write_out(o->output, OUTPUT_MODULE, &module);
    else
        fputs(text_string(&module), stdout);
    text_free(&module);
    return good;
}

/* What stands for each layer is known. */
static bool knows_layers(const struct net *net, bool torch)
{
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        if (torch ? torch_knows(l->kind) : export_knows(l->kind))
            continue;
        visible_print(stderr, "%s:%d:%d: error: %s: export knows nothing of %s that stands for "
                      "such a layer\n", l->at.file, l->at.line, l->at.col, l->name,
                      torch ? "PyTorch" : "ONNX");
        return false;
    }
    return true;
}

bool export_network(struct options *o)
{
    struct parameters p = { .path = NULL };
    char err[ERR_SIZE];
    int status;
    o->batch = 1;       /* that no batch is too large for memory */
    struct net *net = read_net(o, o->net[0], isa_native(), NULL, &status);
    if (!net)
        return false;
    if (!knows_layers(net, o->torch))
        return false;
    const struct layer *loss = &net->layer[net->nlayers - 1];
    if (o->softmax && !export_has_probabilities(loss)) {
        visible_print(stderr, "%s:%d:%d: error: %s makes no probabilities of its scores: leave "
                      "--softmax out\n", loss->at.file, loss->at.line, loss->at.col, loss->name);
        return false;
    }
    if (o->params && !parameters_read(&p, o->params, net, err))
        return failed(err);
    const bool good = (o->torch ? write_module : write_model)(o, net, &p);
    parameters_free(&p);
    return good;
}
