/*
** torch.c - a network as a module of PyTorch: its members are layers with parameters, by their
** names; all else is code of forward. Names and shapes are to be those of a parameter file, no
** more and no less: load_state_dict is strict.
*/
#include "exchange/torch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/file/weights.h"
#include "runtime/settings/class_weights.h"
#include "base/small.h"
#include "exchange/torch_forward.h"
#include "exchange/torch_words.h"

/* ---- modules ---- */

static void conv_module(const struct layer *l, bool row, struct text *t)
{
    (void)row;
    text_printf(t, "nn.Conv2d(%d, %d, %s", l->in.c, l->filters, torch_pair(l->kh, l->kw).text);
    torch_option(t, "stride", torch_pair(l->stride, l->stride_w).text, "1");
    if (torch_even_pads(l))
        torch_option(t, "padding", torch_pair(l->pad_top, l->pad_left).text, "0");
    torch_option(t, "dilation", torch_pair(l->dilation, l->dilation).text, "1");
    torch_option(t, "groups", torch_pair(l->groups, l->groups).text, "1");
    text_puts(t, l->bias ? ")" : ", bias=False)");
}

static void deconv_module(const struct layer *l, bool row, struct text *t)
{
    (void)row;
    const bool plain = torch_plain_deconv(l);
    text_printf(t, "nn.ConvTranspose2d(%d, %d, %s", l->in.c, l->filters,
                torch_pair(l->kh, l->kw).text);
    torch_option(t, "stride", torch_pair(l->stride, l->stride_w).text, "1");
    if (plain)
        torch_option(t, "padding", torch_pair(l->pad_top, l->pad_left).text, "0");
    const int top = plain ? l->pad_top : 0, left = plain ? l->pad_left : 0;
    const int bottom = plain ? l->pad_bottom : min_int(0, l->pad_bottom);
    const int right = plain ? l->pad_right : min_int(0, l->pad_right);
    torch_option(t, "output_padding", torch_pair(top - bottom, left - right).text, "0");
    text_puts(t, l->bias ? ")" : ", bias=False)");
}

static void affine_module(const struct layer *l, bool row, struct text *t)
{
    (void)row;
    text_printf(t, "nn.Linear(%d, %d%s)", l->in.c*l->in.h*l->in.w, l->filters,
                l->bias ? "" : ", bias=False");
}

static void norm_module(const struct layer *l, bool row, struct text *t)
{
    struct torch_word rest;
    snprintf(rest.text, sizeof rest.text, "%.12g", 1 - l->momentum);
    text_printf(t, "nn.BatchNorm%dd(%d", row ? 1 : 2, l->out.c);
    torch_option(t, "eps", torch_number(l->eps).text, torch_number(1e-5).text);
    torch_option(t, "momentum", rest.text, "0.1");
    text_puts(t, ")");
}

static void prelu_module(const struct layer *l, bool row, struct text *t)
{
    (void)row;
    text_printf(t, "nn.PReLU(%d)", l->out.c);
}

static void dropout_module(const struct layer *l, bool row, struct text *t)
{
    (void)row;
    text_printf(t, "nn.Dropout(%.12g)", 1 - l->number[0]);
}

static void (*const modules[LAYER_KINDS])(const struct layer *l, bool row, struct text *t) = {
    [LAYER_CONV] = conv_module, [LAYER_DECONV] = deconv_module, [LAYER_AFFINE] = affine_module,
    [LAYER_BATCHNORM] = norm_module, [LAYER_PRELU] = prelu_module, [LAYER_DROPOUT] = dropout_module,
};

/* ---- how images are prepared ---- */

/* Members that hold what preprocessing leaves in a file. A layer may be called `data`, too. */
static void put_buffers(const struct net *net, const struct torch_images *images, struct text *out)
{
    struct tensor t[2];
    const int count = weights_data(images->kind, net->input.c, images->h, images->w, t);
    bool there = count == 0;
    for (int i = 0; i < net->nlayers; i++)
        there = there || (modules[net->layer[i].kind] && !strcmp(net->layer[i].name, "data"));
    if (!there)
        text_puts(out, "        self.data = nn.Module()     # how images are prepared\n");
    for (int k = 0; k < count; k++) {
        text_printf(out, "        self.data.register_buffer(\"%s\", torch.%s(", t[k].name + 5,
                    k ? "ones" : "zeros");
        for (int d = 0; d < t[k].rank; d++)
            text_printf(out, "%s%zu", d ? ", " : "", t[k].dim[d]);
        text_puts(out, "))\n");
    }
}

/* "x*2/255 - 1" */
static void put_scale(const struct values_scale *s, struct text *out)
{
    struct text factor = { 0 }, zero = { 0 };
    for (int k = 0; k < s->pairs; k++) {
        text_printf(&factor, "%s%s", k ? ", " : "", torch_number(s->full[k] - s->zero[k]).text);
        text_printf(&zero, "%s%s", k ? ", " : "", torch_number(s->zero[k]).text);
    }
    if (s->pairs > 1)
        text_printf(out, "        extent, zero = torch.tensor([[%s], [%s]])"
                    ".to(x)[:, :, None, None]\n        x = x*extent/255 + zero\n",
                    text_string(&factor), text_string(&zero));
    else if (s->full[0] - s->zero[0] == 1)
        text_puts(out, "        x = x/255");
    else
        text_printf(out, "        x = x*%s/255", text_string(&factor));
    if (s->pairs == 1 && s->zero[0] != 0)
        text_printf(out, s->zero[0] < 0 ? " - %s" : " + %s",
                    torch_number(s->zero[0] < 0 ? -s->zero[0] : s->zero[0]).text);
    text_puts(out, s->pairs == 1 ? "\n" : "");
    text_free(&factor);
    text_free(&zero);
}

static void put_prepare(const struct net *net, const struct torch_images *images, struct text *out)
{
    const struct shape in = net->input;
    const int top = (images->h - in.h)/2, left = (images->w - in.w)/2;
    const bool image = images->kind == PREPROCESS_MEAN_IMAGE || images->kind == PREPROCESS_SCALE;
    text_puts(out, "\n    def prepare(self, x):\n        \"\"\"Images as the parameters know them: "
              "what forward takes.\"\"\"\n");
    if (images->prepare && !values_scale_plain(images->scale))
        put_scale(images->scale, out);
    if (images->kind == PREPROCESS_NONE) {
        text_puts(out, "        return x\n");
        return;
    }
    text_puts(out, image ? "        mean = self.data.mean_image"
                         : "        mean = self.data.mean[:, None, None]");
    if (image && (images->h > in.h || images->w > in.w))
        text_printf(out, "[:, %d:%d, %d:%d]", top, top + in.h, left, left + in.w);
    text_puts(out, images->kind == PREPROCESS_MEAN_IMAGE ? "\n        return x - mean\n"
              : "\n        return (x - mean)*self.data.factor[:, None, None]\n");
}

/* ---- the class ---- */

/* ThreeLayer for three_layer. */
static void class_name(const char *name, struct text *out)
{
    static const char *const taken[] = { "None", "True", "False", "F" };
    struct text word = { 0 };
    bool first = true;
    for (; *name; name++) {
        const char c = (char)(first ? toupper((unsigned char)*name) : *name);
        if (*name != '_')
            text_add(&word, &c, 1);
        first = *name == '_';
    }
    text_puts(out, text_string(&word));
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
        if (!strcmp(text_string(&word), taken[k]))
            text_puts(out, "Net");
    text_free(&word);
}

/* What a class counts, a channel of bce: numbers, or what whoever calls it makes of the images. */
static void put_weights(const struct net *net, const struct layer *l, bool balanced,
                        struct text *out)
{
    const bool map = l->in.h > 1 || l->in.w > 1;
    if (balanced) {
        text_printf(out, "        # class_weights balanced: of the images trained on, %s\n",
                    l->kind == LAYER_BCE ? "sum(1 - t)/sum(t) of a channel"
                    : "images/(classes*images of a class)");
        return;
    }
    text_puts(out, "        weight = scores.new_tensor([");
    for (const char *s = net->train.class_weights; *s; s++)
        text_printf(out, *s == ',' ? ", " : "%c", *s);
    text_printf(out, "])%s\n", map ? "[:, None, None]" : "");
}

/* Means over images; `loss sum` takes them times as many, and a mean of weighted images divides by
** the sum of their weights. */
static void put_loss(const struct net *net, struct text *out)
{
    const struct layer *l = &net->layer[net->nlayers - 1];
    const char *weights = net->train.class_weights, *weight = weights ? ", weight=weight" : "";
    const bool balanced = weights && !strcmp(weights, class_weights_balanced);
    const bool sum = net->train.loss == LOSS_SUM;
    const char *summed = sum ? ", reduction=\"sum\"" : "", *times = sum ? "*len(scores)" : "";
    text_printf(out, "\n    def loss(self, scores, targets%s):\n", balanced ? ", weight" : "");
    if (weights)
        put_weights(net, l, balanced, out);
    text_puts(out, "        return ");
    if (l->kind == LAYER_SOFTMAX) {
        text_printf(out, "F.cross_entropy(scores, targets%s", weight);
        torch_option(out, "label_smoothing", torch_number(l->smoothing).text,
                     torch_number(0).text);
        text_printf(out, "%s)\n", summed);
    } else if (l->kind == LAYER_SVM) {
        text_printf(out, "F.multi_margin_loss(scores, targets, margin=%s%s%s)*%d%s\n",
                    torch_number(l->margin).text, weight, weights ? ", reduction=\"sum\"" : "",
                    l->in.c, !weights ? times : sum ? "" : "/weight[targets].sum()");
    } else {
        text_printf(out, "%s(scores, targets.reshape(scores.shape)%s)%s\n",
                    l->kind == LAYER_MSE ? "F.mse_loss" : l->kind == LAYER_MAE ? "F.l1_loss"
                    : "F.binary_cross_entropy_with_logits", weights ? ", pos_weight=weight" : "",
                    times);
    }
}

static void put_init(const struct net *net, const bool *row, struct text *out)
{
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        if (!modules[l->kind])
            continue;
        text_printf(out, "        %s = ", torch_member(l->name).text);
        modules[l->kind](l, l->from != INPUT && row[l->from], out);
        text_puts(out, "\n");
        if (l->kind == LAYER_BATCHNORM && !l->scale)
            text_printf(out, "        %s.register_parameter(\"weight\", None)\n",
                        torch_member(l->name).text);
    }
}

void torch_module(const struct net *net, const struct torch_images *images, struct text *out)
{
    struct text forward = { 0 };
    bool *row = alloc((size_t)net->nlayers, sizeof *row);
    const struct shape in = net->input;
    const bool prepares = images->prepare && (images->kind != PREPROCESS_NONE
                                              || !values_scale_plain(images->scale));
    torch_forward(net, row, &forward);
    text_printf(out, "# Written by `lathe export --torch`: the network %s. Its parameter files are "
                "for\n# load_state_dict(safetensors.torch.load_file(FILE)).\n"
                "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n\n"
                "class ", net->name);
    class_name(net->name, out);
    text_puts(out, "(nn.Module):\n    def __init__(self):\n        super().__init__()\n");
    put_init(net, row, out);
    put_buffers(net, images, out);
    if (images->kind != PREPROCESS_NONE || prepares)
        put_prepare(net, images, out);
    text_printf(out, "\n    def forward(self, x):%*s# (N, %d, %d, %d)\n", 38, "", in.c, in.h, in.w);
    text_puts(out, prepares ? "        x = self.prepare(x)\n" : "");
    text_puts(out, text_string(&forward));
    put_loss(net, out);
    text_free(&forward);
    free(row);
}
