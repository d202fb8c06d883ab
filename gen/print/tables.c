/*
** tables.c - prints the tables of a network that the runtime walks through, each field by its
** name. It must never work out what a pass has decided.
*/
#include "print/tables.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "runtime/settings/optimizer.h"
#include "runtime/settings/settings.h"
#include "plan/info.h"
#include "plan/regions.h"
#include "print/arena.h"
#include "print/dictionary.h"
#include "print/initialiser.h"
#include "print/train_fields.h"
#include "read/layers.h"

/* ---- names of enums ---- */

#define WORD(x) [x] = #x
static const char *const role_names[] = {
    WORD(ROLE_WEIGHT), WORD(ROLE_BIAS), WORD(ROLE_GAIN), WORD(ROLE_STATISTIC) };
static const char *const kind_names[] = {
    WORD(PARAM_CONV), WORD(PARAM_AFFINE), WORD(PARAM_VECTOR) };
static const char *const init_names[] = {
    WORD(INIT_DRAWN), WORD(INIT_DIRAC), WORD(INIT_WHITEN) };
static const char *const rate_names[] = {
    WORD(RATE_LR), WORD(RATE_BETA1), WORD(RATE_BETA2), WORD(RATE_EPS), WORD(RATE_WEIGHT_DECAY) };
static const char *const split_names[] = {
    WORD(SPLIT_IMAGES), WORD(SPLIT_GROUPS), WORD(SPLIT_FIXED) };
#undef WORD

/* Of an enum whose names are its words: UPDATE_ADAM. */
struct enum_name { char text[48]; };
static struct enum_name named(const char *prefix, const char *word)
{
    struct enum_name name;
    setting_name(prefix, word, name.text, sizeof name.text);
    return name;
}

/* UPDATE_STORE is no word of the network file's. */
static struct enum_name optimizer_named(enum update_kind kind)
{
    return named("UPDATE", kind == UPDATE_STORE ? "store" : optimizers[kind].word);
}

/* ".rate = { [RATE_LR] = 0.1 }": those that are not 0. */
static void rates_field(struct initialiser *t, const double rate[RATES])
{
    int last = RATES - 1;
    bool any = false;
    while (last > 0 && rate[last] == 0)
        last--;
    for (int k = 0; k <= last; k++)
        if (rate[k] != 0 || k == last) {
            field(t, "%s[%s] = %s%s", any ? "" : ".rate = { ", rate_names[k], exactly(rate[k]).text,
                  k == last ? " }" : "");
            any = true;
        }
}

/* ---- parameters ---- */

/* What the network file says of this parameter alone. */
static void own_settings(const struct net_param *p, struct initialiser *row)
{
    static const struct { unsigned bit; const char *name; } bits[] = {
        { OWN_OPTIMIZER, "OWN_OPTIMIZER" }, { OWN_REG, "OWN_REG" }, { OWN_DECAY, "OWN_DECAY" },
        { OWN_SCHEDULE, "OWN_SCHEDULE" }, { OWN_FREEZE, "OWN_FREEZE" } };
    const struct own_settings *own = &p->own;
    char set[256] = "0";
    int n = 0;
    if (p->own_init)
        field(row, ".first = %s, .own_init = 1", init_names[p->first]);
    if (!own->set)
        return;
    for (size_t k = 0; k < sizeof bits / sizeof *bits; k++)
        if (own->set & bits[k].bit)
            n += snprintf(set + n, sizeof set - (size_t)n, "%s%s", n ? " | " : "", bits[k].name);
    for (int k = 0; k < RATES; k++)
        if (own->set & (unsigned)OWN_RATE << k)
            n += snprintf(set + n, sizeof set - (size_t)n, "%sOWN_RATE << %s", n ? " | " : "",
                          rate_names[k]);
    field(row, ".own = { .set = %s", set);
    field(row, ".optimizer = %s", optimizer_named(own->optimizer).text);
    rates_field(row, own->rate);
    field(row, ".reg = %s", exactly(own->reg).text);
    field(row, ".lr_decay = %s", exactly(own->lr_decay).text);
    field(row, ".schedule = %s", named("SCHEDULE", schedule_words[own->schedule]).text);
    field(row, ".freeze = %s }", exactly(own->freeze).text);
}

static void params_table(const struct net *net, const char *prefix, struct text *out)
{
    if (!net->nparams)
        return;
    text_printf(out, "static const struct param %sparams[] = {\n", prefix);
    for (int i = 0; i < net->nparams; i++) {
        const struct net_param *p = &net->param[i];
        const struct stage *s = &net->stage[p->stage];
        const struct layer *l = &net->layer[s->head];
        struct shape in = s->in.shape;
        struct initialiser row = open_row(out);
        field(&row, ".name = \"%s\"", p->name);
        field(&row, ".kind = %s", kind_names[p->kind]);
        if (p->kind == PARAM_VECTOR)
            field(&row, ".rank = 1, .dim = { %d }", l->out.c);
        else if (p->kind == PARAM_CONV)
            field(&row, ".rank = 4, .dim = { %d, %d, %d, %d }", l->filters, in.c / l->groups,
                  l->kh, l->kw);
        else
            field(&row, ".rank = 2, .dim = { %d, %d }", l->filters, in.h*in.w*in.c);
        if (p->kind != PARAM_VECTOR)
            field(&row, ".in_c = %d, .in_h = %d, .in_w = %d", in.c, in.h, in.w);
        field(&row, ".fan_in = %d", p->fan_in);
        field(&row, ".role = %s", role_names[p->role]);
        field(&row, ".init = %s", exactly(p->init).text);
        if (p->start != 0)
            field(&row, ".start = %g", p->start);
        if (p->nsumsq)
            field(&row, ".sumsq = %zu, .nsumsq = %d", p->sumsq, p->nsumsq);
        own_settings(p, &row);
        field(&row, ".at = %zu", net->buffer[p->at].at);
        field(&row, ".m = %zu", net->buffer[p->m].at);
        field(&row, ".v = %zu", net->buffer[p->v].at);
        field(&row, ".stored = %zu", p->stored);
        close_row(&row);
    }
    text_puts(out, "};\n\n");
}

/* ---- regions ---- */

static void regions_table(const struct net *net, const struct prefixes *prefix, const char *name,
                          const struct region_plan *regions, int count, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    text_printf(out, "static const struct region %s%s[] = {\n", prefix->tables, name);
    for (int r = 0; r < count; r++) {
        const struct region_plan *region = &regions[r];
        char title[2*NAME_MAX_LEN];
        region_title(net, region, title, sizeof title);
        struct initialiser row = open_row(out);
        field(&row, ".name = \"%s\"", title);
        field(&row, ".run = %s", region_function(&e, region).text);
        field(&row, ".split = %s", split_names[region->split]);
        if (region->count)
            field(&row, ".count = %d", region->count);
        if (region->images)
            field(&row, ".images = %d", region->images);
        if (region->flop > 0)
            field(&row, ".flop = %s", exactly(region->flop).text);
        if (region->bytes_fixed > 0)
            field(&row, ".bytes_fixed = %s", exactly(region->bytes_fixed).text);
        if (region->bytes_image > 0)
            field(&row, ".bytes_image = %s", exactly(region->bytes_image).text);
        close_row(&row);
    }
    text_puts(out, "};\n\n");
}

/* Maps whose signs, or whose entries, decide. */
static void decisions_table(const struct net *net, const char *prefix, struct text *out)
{
    if (!net->nkinks)
        return;
    text_printf(out, "static const struct decision %sdecisions[] = {\n", prefix);
    for (int i = 0; i < net->nkinks; i++) {
        const struct kink_plan *k = &net->kink[i];
        struct initialiser row = open_row(out);
        field(&row, ".at = %zu", net->buffer[k->buffer].at + k->origin);
        field(&row, ".image = %zu", k->image);
        field(&row, ".h = %d, .w = %d, .c = %d", k->shape.h, k->shape.w, k->shape.c);
        field(&row, ".row = %zu", k->row);
        field(&row, ".bytes = %d", k->bytes);
        close_row(&row);
    }
    text_puts(out, "};\n\n");
}

/* ---- layers ---- */

/* One line a layer: what a parameter file must agree with. */
static void fingerprint(const struct net *net, struct text *out)
{
    text_printf(out, "input %dx%dx%d", net->input.c, net->input.h, net->input.w);
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        text_puts(out, "\n");
        if (l->from != i - 1 && l->kind != LAYER_ADD)
            text_puts(out, "} shortcut {\n");
        switch (l->kind) {
        case LAYER_RESIDUAL:
            text_puts(out, "residual {");
            break;
        case LAYER_ADD:
            text_puts(out, "}");
            break;
        case LAYER_CONV:
            text_printf(out, "%s: conv %d %dx%d stride=%d pad=%d,%d,%d,%d%s", l->name, l->filters,
                        l->kh, l->kw, l->stride, l->pad_top, l->pad_left, l->pad_bottom,
                        l->pad_right, l->bias ? "" : " bias=no");
            if (l->groups > 1)
                text_printf(out, " groups=%d", l->groups);
            if (l->dilation > 1)
                text_printf(out, " dilation=%d", l->dilation);
            break;
        case LAYER_MAXPOOL:
        case LAYER_GLOBALMAXPOOL:
            text_printf(out, "maxpool %dx%d stride=%d,%d", l->kh, l->kw, l->stride, l->stride_w);
            break;
        case LAYER_AVGPOOL:
        case LAYER_GLOBALAVGPOOL:
            text_printf(out, "avgpool %dx%d stride=%d,%d", l->kh, l->kw, l->stride, l->stride_w);
            break;
        case LAYER_AFFINE:
            text_printf(out, "%s: affine %d%s", l->name, l->filters, l->bias ? "" : " bias=no");
            break;
        case LAYER_BATCHNORM:
            text_printf(out, "%s: batchnorm momentum=%.17g eps=%.17g%s", l->name, l->momentum,
                        l->eps, l->scale ? "" : " scale=no");
            break;
        case LAYER_SOFTMAX:
            text_puts(out, "softmax");
            if (l->smoothing > 0)
                text_printf(out, " smoothing=%.17g", l->smoothing);
            break;
        case LAYER_SVM:
            text_printf(out, "svm margin=%.17g", l->margin);
            break;
        default:    /* a word, perhaps with a number */
            text_puts(out, layer_def(l->kind)->word);
            if (layer_def(l->kind)->operands == OPERANDS_NUMBER)
                text_printf(out, " %.17g", l->number);
            break;
        }
    }
}

/* The fingerprint as C strings, a line each. */
static void layers_field(const struct net *net, struct text *out)
{
    struct text lines = { 0 };
    fingerprint(net, &lines);
    text_puts(out, "    .layers =");
    for (const char *s = text_string(&lines); *s;) {
        size_t length = strcspn(s, "\n");
        text_printf(out, "\n        \"%.*s%s\"", (int)length, s, s[length] ? "\\n" : "");
        s += length + (s[length] == '\n');
    }
    text_puts(out, ",\n");
    text_free(&lines);
}

static void info_table(const struct net *net, const char *prefix, struct text *out)
{
    struct layer_info *info = layer_infos(net);
    text_printf(out, "static const struct layer_info %sinfo[] = {\n", prefix);
    for (int i = 0; i < net->nlayers; i++) {
        struct initialiser row = open_row(out);
        field(&row, ".name = \"%s\"", info[i].name);
        field(&row, ".what = \"%s\"", info[i].what);
        field(&row, ".from = %d, .other = %d", info[i].from, info[i].other);
        field(&row, ".c = %d, .h = %d, .w = %d", info[i].c, info[i].h, info[i].w);
        if (info[i].params > 0)
            field(&row, ".params = %s", exactly(info[i].params).text);
        if (info[i].forward > 0)
            field(&row, ".forward = %s", exactly(info[i].forward).text);
        if (info[i].backward > 0)
            field(&row, ".backward = %s", exactly(info[i].backward).text);
        close_row(&row);
    }
    text_puts(out, "};\n\n");
    free(info);
}

/* ---- the model ---- */

/* Lines of the model's initialiser. */
static void line(struct text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(struct text *out, const char *format, ...)
{
    char one[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(one, sizeof one, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof one)
        DIE("a line is too long: %s", one);
    text_printf(out, "    %s,\n", one);
}

static void model_struct(const struct net *net, const char *prefix, struct text *out)
{
    const struct stage *last = &net->stage[stage_source(net, net->nstages - 1)];
    const struct map *in = &net->stage[0].in;   /* nothing else reads before it */
    text_printf(out, "static const struct model %smodel = {\n", prefix);
    line(out, ".name = \"%s\", .isa = \"%s\"", net->name, net->isa->name);
    layers_field(net, out);
    line(out, ".info = %sinfo, .ninfo = %d", prefix, net->nlayers);
    line(out, ".in_c = %d, .in_h = %d, .in_w = %d, .classes = %d, .batch = %d", net->input.c,
         net->input.h, net->input.w, net->classes, net->train.batch);
    line(out, ".softmax = %d", net->layer[net->nlayers - 1].kind == LAYER_SOFTMAX);
    line(out, ".input = %zu, .input_image = %zu, .input_row = %zu",
         net->buffer[net->input_at].at + in->origin, in->image, in->row);
    line(out, ".scores = %zu, .scores_image = %zu, .losses = %zu", net->buffer[last->at[AT_Y]].at,
         last->out.image, net->buffer[net->losses_at].at);
    line(out, ".arena = %zu, .scratch = %zu, .nsumsq = %zu", net->arena, net->scratch,
         net->nsumsq);
    if (net->nparams)
        line(out, ".params = %sparams, .nparams = %d", prefix, net->nparams);
    line(out, ".forward = %sforward, .nforward = %d", prefix, net->nforward);
    line(out, ".backward = %sbackward, .nbackward = %d", prefix, net->nregions - net->nforward);
    line(out, ".input_free = %d", net->region[net->nregions - 1].kind == REGION_CONV_UPDATE);
    line(out, ".infer = %s%s, .ninfer = %d, .infer_arena = %zu", prefix,
         net->nfolded ? "infer" : "forward", net->nfolded ? net->ninfer : net->nforward,
         net->infer_arena);
    if (net->f64 && net->nkinks)
        line(out, ".decisions = %sdecisions, .ndecisions = %d", prefix, net->nkinks);
    line(out, ".pack = %spack, .fold = %sfold", prefix, prefix);
    line(out, ".exact = %sexact, .peak = %speak", prefix, prefix);
    text_puts(out, "    ");
    struct initialiser update = open_initialiser(out, 16);
    for (enum update_kind k = 0; k < UPDATE_KINDS; k++)
        field(&update, "%s[%s] = %s%s", k ? "" : ".update = { ", optimizer_named(k).text,
              optimizers[k].function, k == UPDATE_KINDS - 1 ? " }" : "");
    text_puts(out, ",\n    .muon = muon_step,\n");
    text_puts(out, "    .train = {\n");
    train_fields(&net->train, out);
    text_puts(out, "    },\n};\n\n");
}

/* ---- functions, before and after ---- */

void declare_optimizers(struct text *out)
{
    text_puts(out, "static update_fn ");
    struct initialiser all = open_initialiser(out, 4);
    for (int k = 0; k < UPDATE_KINDS; k++) {
        bool before = false;
        for (int i = 0; i < k; i++)
            before |= !strcmp(optimizers[i].function, optimizers[k].function);
        if (!before)
            field(&all, "%s", optimizers[k].function);
    }
    text_puts(out, ";\nstatic muon_fn muon_step;\n\n");
}

/* What the tables point to, which comes after them. */
static void declarations(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    const char *p = prefix->tables;
    text_puts(out, "static region_fn ");
    struct initialiser all = open_initialiser(out, 4);
    for (int r = 0; r < net->nregions; r++)
        field(&all, "%s", region_function(&e, &net->region[r]).text);
    for (int r = 0; r < net->ninfer && net->nfolded; r++)
        if (net->infer[r].kind == REGION_FOLDED)
            field(&all, "%s", region_function(&e, &net->infer[r]).text);
    text_printf(out, ";\nstatic void %spack(const struct step *s, int param);\n"
                "static void %sfold(const struct step *s);\n"
                "static int %sexact(real one, real small);\n"
                "static double %speak(long rounds);\n\n", p, p, p, p);
}

void tables(const struct net *net, const struct prefixes *both, struct text *out)
{
    const char *prefix = both->tables;
    arena_enum(net, both->kernels, out);
    declarations(net, both, out);
    params_table(net, prefix, out);
    regions_table(net, both, "forward", net->region, net->nforward, out);
    regions_table(net, both, "backward", net->region + net->nforward,
                  net->nregions - net->nforward, out);
    if (net->nfolded)
        regions_table(net, both, "infer", net->infer, net->ninfer, out);
    if (net->f64)       /* only the gradient checks of an f64 program ask */
        decisions_table(net, prefix, out);
    info_table(net, prefix, out);
    model_struct(net, prefix, out);
}

static void pack_function(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    text_printf(out, "static void %spack(const struct step *s, int param)\n{\n", prefix->tables);
    text_puts(out, "    (void)s;\n    (void)param;\n");
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        if (s->kind != STAGE_CONV)
            continue;
        struct bindings b = of_stage(&e, s);
        text_printf(out, "    if (param == %d)\n        %s(s->arena, 0, %d);\n", s->weight,
                    part(&b, "pack").text, net->layer[s->head].filters);
    }
    text_puts(out, "}\n\n");
}

/* Everything that inference's forward passes read and that is no parameter. */
static void fold_function(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    text_printf(out, "static void %sfold(const struct step *s)\n{\n    (void)s;\n",
                prefix->tables);
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        bool folded = net->infer[r].kind == REGION_FOLDED;
        int units = net->layer[s->head].filters;
        struct bindings b = of_stage(&e, s);
        struct part_name name = part(&b, folded ? "fold" : "pack");
        if (folded)
            text_printf(out, "    for (int k = 0; k < %d; k += %d)\n        %s(s->arena, k);\n",
                        units, s->fold->step, name.text);
        else if (s->kind == STAGE_CONV)
            text_printf(out, "    %s(s->arena, 0, %d);\n", name.text, units);
    }
    text_puts(out, "}\n\n");
}

/* What tests the arithmetic of this region, and what measures it. */
static void probes(const struct net *net, const char *prefix, struct text *out)
{
    struct bindings b = { 0 };
    bind_name(&b, "NAME", "%sexact", prefix);
    instantiate("exact.c", &b, out);
    text_puts(out, "\n");
    b = (struct bindings){ 0 };
    bind_name(&b, "NAME", "%speak", prefix);
    bind_size(&b, "CHAINS", net->isa->accumulators);
    instantiate("peak.c", &b, out);
    text_puts(out, "\n");
}

void table_functions(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    probes(net, prefix->tables, out);
    pack_function(net, prefix, out);
    fold_function(net, prefix, out);
}
