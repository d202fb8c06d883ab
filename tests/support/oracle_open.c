/*
** oracle_open.c - the naive network from what a program says of its layers, line by line.
*/
#include "support/oracle.h"
#include "support/oracle_simple.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"

static size_t area(int c, int h, int w)
{
    return (size_t)c*(size_t)h*(size_t)w;
}

static void *zeros(size_t n)
{
    void *p = calloc(n ? n : 1, sizeof(double));
    if (!p)
        abort();
    return p;
}

/* Windows of kh x kw. */
static void windows(struct oracle_layer *l, int bottom, int right)
{
    int kh = l->dilation*(l->kh - 1) + 1, kw = l->dilation*(l->kw - 1) + 1;
    l->oh = (l->h + l->top + bottom - kh) / l->stride_y + 1;
    l->ow = (l->w + l->left + right - kw) / l->stride_x + 1;
}

static bool simple_layer(struct oracle_layer *l, const char *s)
{
    static const struct { const char *word; enum oracle_kind kind; } words[] = {
        { "leaky_relu", ORACLE_LEAKY_RELU }, { "relu", ORACLE_RELU }, { "gelu", ORACLE_GELU },
        { "tanh", ORACLE_TANH }, { "sigmoid", ORACLE_SIGMOID }, { "silu", ORACLE_SILU },
        { "scale", ORACLE_SCALE }, { "clip", ORACLE_CLIP }, { "elu", ORACLE_ELU },
        { "hardsigmoid", ORACLE_HARDSIGMOID }, { "hardswish", ORACLE_HARDSWISH },
        { "dropout", ORACLE_DROPOUT } };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strncmp(s, words[k].word, strlen(words[k].word))) {
            l->kind = words[k].kind;
            sscanf(s + strlen(words[k].word), " %lf %lf", &l->number,
                   &l->second);
            return true;
        }
    return false;
}

/* The number after "NAME=", 1 if there is none. */
static int option(const char *s, const char *name)
{
    const char *at = strstr(s, name);
    return at ? atoi(at + strlen(name)) : 1;
}

static void pool_pads(struct oracle_layer *l, const char *s)
{
    const char *pad = strstr(s, "pad="), *counted = strstr(s, "counted=");
    int bottom = 0, right = 0;
    if (pad)
        sscanf(pad, "pad=%d,%d,%d,%d", &l->top, &l->left, &bottom, &right);
    if (counted)
        sscanf(counted, "counted=%d,%d,%d,%d", &l->above, &l->before, &l->below, &l->after);
    windows(l, bottom, right);
}

static void read_layer(const char *line, struct oracle_layer *l, int *param)
{
    int filters, bottom, right, length = (int)strcspn(line, "\n");
    char text[200], *colon;
    snprintf(text, sizeof text, "%.*s", length, line);
    colon = strchr(text, ':');
    const char *s = colon ? colon + 2 : text;
    bool bias = !strstr(s, "bias=no");
    l->groups = option(s, "groups=");
    l->dilation = option(s, "dilation=");
    if (sscanf(s, "conv %d %dx%d stride=%d", &filters, &l->kh, &l->kw, &l->stride_y) == 4) {
        l->kind = ORACLE_CONV;
        if (sscanf(strstr(s, "stride="), "stride=%*d,%d", &l->stride_x) != 1)
            l->stride_x = l->stride_y;
        sscanf(strstr(s, "pad="), "pad=%d,%d,%d,%d", &l->top, &l->left, &bottom, &right);
        l->oc = filters;
        windows(l, bottom, right);
    } else if (sscanf(s, "deconv %d %dx%d stride=%d pad=%d,%d,%d,%d", &l->oc, &l->kh, &l->kw,
                      &l->stride_y, &l->top, &l->left, &bottom, &right) == 8) {
        l->kind = ORACLE_DECONV;
        l->stride_x = l->stride_y;
        l->oh = (l->h - 1)*l->stride_y + l->kh - l->top - bottom;
        l->ow = (l->w - 1)*l->stride_x + l->kw - l->left - right;
    } else if (sscanf(s, "maxpool %dx%d stride=%d,%d", &l->kh, &l->kw, &l->stride_y,
                      &l->stride_x) == 4) {
        l->kind = ORACLE_MAXPOOL;
        pool_pads(l, s);
    } else if (sscanf(s, "avgpool %dx%d stride=%d,%d", &l->kh, &l->kw, &l->stride_y,
                      &l->stride_x) == 4) {
        l->kind = ORACLE_AVGPOOL;
        pool_pads(l, s);
    } else if (sscanf(s, "affine %d", &filters) == 1) {
        l->kind = ORACLE_AFFINE;
        l->oc = filters;
        l->oh = l->ow = 1;
    } else if (sscanf(s, "batchnorm momentum=%*f eps=%lf", &l->eps) == 1) {
        l->kind = ORACLE_BATCHNORM;
        if (!strstr(s, "scale=no"))
            l->weight = (*param)++;
        l->bias = *param;
        *param += 3;
    } else if (!strcmp(s, "prelu")) {
        l->kind = ORACLE_PRELU;
        l->weight = (*param)++;
    } else if (!oracle_shape_layer(l, s) && !simple_layer(l, s)) {
        fprintf(stderr, "oracle: what is \"%s\"?\n", s);
        abort();
    }
    if (l->kind == ORACLE_CONV || l->kind == ORACLE_DECONV || l->kind == ORACLE_AFFINE) {
        l->weight = (*param)++;
        if (bias)
            l->bias = (*param)++;
    }
}

/* The blocks that are open, as a stack: what its branches read, those that have ended. */
struct blocks {
    struct { enum oracle_kind ends_in; int fork, end[ORACLE_BRANCHES], branches; } open[8];
    int depth, last;
};

/* A line that opens or ends a block; false: it is a layer of another kind. */
static bool block_line(const char *line, struct blocks *b, struct oracle_layer *l)
{
    static const struct { const char *line; enum oracle_kind ends_in; } words[] = {
        { "residual {", ORACLE_ADD }, { "concat {", ORACLE_JOIN }, { "gate {", ORACLE_PRODUCT } };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strncmp(line, words[k].line, strlen(words[k].line))) {
            l->kind = ORACLE_FORK;
            b->open[b->depth].ends_in = words[k].ends_in;
            b->open[b->depth].fork = l->index;
            b->open[b->depth++].branches = 0;
            return true;
        }
    if (*line != '}')
        return false;
    b->depth--;
    l->kind = b->open[b->depth].ends_in;
    l->branches = b->open[b->depth].branches;
    memcpy(l->end, b->open[b->depth].end, sizeof l->end);
    l->end[l->branches++] = b->last;
    if (l->branches == 1)       /* the other one is without layers */
        l->end[l->branches++] = b->open[b->depth].fork;
    l->from = l->end[0];
    return true;
}

/* "} {", "} shortcut {": the next branch begins. */
static bool next_branch(const char *line, struct blocks *b)
{
    if (*line != '}' || line[1] == '\n')
        return false;
    const int d = b->depth - 1;
    b->open[d].end[b->open[d].branches++] = b->last;
    b->last = b->open[d].fork;
    return true;
}

static bool is_loss(const char *line)
{
    static const char *const words[] = { "softmax", "svm", "mse", "mae", "bce" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strncmp(line, words[k], strlen(words[k])))
            return true;
    return false;
}

void oracle_open(struct oracle *o, const struct model *model, int n)
{
    *o = (struct oracle){ .model = model, .n = n };
    int param = 0;
    struct blocks blocks = { .last = -1 };
    const char *line = strchr(model->layers, '\n') + 1;
    while (!is_loss(line)) {
        struct oracle_layer *l = &o->layer[o->nlayers];
        while (next_branch(line, &blocks))
            line = strchr(line, '\n') + 1;
        *l = (struct oracle_layer){ .index = o->nlayers, .from = blocks.last };
        bool block = block_line(line, &blocks, l);
        const struct oracle_layer *from = l->from < 0 ? NULL : &o->layer[l->from];
        l->c = from ? from->oc : model->in_c;
        l->h = from ? from->oh : model->in_h;
        l->w = from ? from->ow : model->in_w;
        l->oc = l->c;
        l->oh = l->h;
        l->ow = l->w;
        l->weight = l->bias = -1;
        if (l->kind == ORACLE_PRODUCT) {
            l->oh = o->layer[l->end[1]].oh;
            l->ow = o->layer[l->end[1]].ow;
        }
        for (int k = 1; l->kind == ORACLE_JOIN && k < l->branches; k++)
            l->oc += o->layer[l->end[k]].oc;
        if (!block)
            read_layer(line, l, &param);
        l->x = from ? from->y : zeros((size_t)n*area(l->c, l->h, l->w));
        l->dx = zeros((size_t)n*area(l->c, l->h, l->w));
        l->y = zeros((size_t)n*area(l->oc, l->oh, l->ow));
        l->dy = zeros((size_t)n*area(l->oc, l->oh, l->ow));
        blocks.last = o->nlayers++;
        line = strchr(line, '\n') + 1;
    }
    sscanf(line, "svm margin=%lf", &o->margin);
    if (sscanf(line, "softmax smoothing=%lf", &o->smoothing) != 1)
        o->smoothing = 0;
    o->param = calloc((size_t)model->nparams, sizeof *o->param);
    o->grad = calloc((size_t)model->nparams, sizeof *o->grad);
    for (int i = 0; i < model->nparams; i++) {
        o->param[i] = zeros(params_count(&model->params[i]));
        o->grad[i] = zeros(params_count(&model->params[i]));
    }
    o->scores = o->layer[o->nlayers - 1].y;
    o->dscores = o->layer[o->nlayers - 1].dy;
    o->targets = zeros((size_t)n*(size_t)model->classes);
}

void oracle_close(struct oracle *o)
{
    free(o->layer[0].x);
    free(o->targets);
    for (int i = 0; i < o->nlayers; i++) {
        free(o->layer[i].dx);
        free(o->layer[i].y);
        free(o->layer[i].dy);
    }
    for (int i = 0; i < o->model->nparams; i++) {
        free(o->param[i]);
        free(o->grad[i]);
    }
    free(o->param);
    free(o->grad);
}
