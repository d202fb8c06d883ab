/*
** emit.c - prints the program. Everything was decided before: it only puts the
** pieces in their places (templates/program.c).
*/
#include "print/emit.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "runtime/settings/optimizer.h"
#include "plan/info.h"
#include "print/emission.h"
#include "print/kernels.h"
#include "read/layers.h"
#include "print/tmpl.h"
#include "plan/regions.h"
#include "print/train_fields.h"
#include "print/words.h"

/* Networks of one instruction set, and what to put before their names. */
struct group {
    const struct isa *isa;
    struct net *const *nets;
    int nnets;
    bool several_isas, several_nets;
};

static struct prefixes prefixes_of(const struct group *g, const struct net *net)
{
    return prefixes(net, g->several_isas, g->several_nets);
}

/* Text with its LATHE_F64 conditionals resolved and its local includes dropped. */
static void library(const char *path, bool f64, struct text *out)
{
    struct bindings b = { 0 };
    bind_flag(&b, "LATHE_F64", f64);
    instantiate_path(path, &b, out);
}

/* What each optimizer does to a whole parameter; UPDATE_STORE's function is written as it is. */
static void update_functions(struct text *out)
{
    const char *store = optimizers[UPDATE_STORE].function;
    for (int k = 0; k < UPDATE_KINDS; k++) {
        struct bindings b = { 0 };
        if (strcmp(optimizers[k].function, store) == 0)
            continue;
        bind_name(&b, "NAME", "%s", optimizers[k].function);
        bind_name(&b, "STEP", "%s_step", optimizers[k].function);
        instantiate("update.c", &b, out);
        text_puts(out, "\n");
    }
}

/* ---- tables ---- */

static const char *c_bool(bool b)
{
    return b ? "1" : "0";
}

/* What the network file says of this parameter alone. */
static void own_settings(const struct net_param *p, struct text *out)
{
    static const char *const firsts[] = { [INIT_DRAWN] = "INIT_DRAWN",
                                          [INIT_DIRAC] = "INIT_DIRAC",
                                          [INIT_WHITEN] = "INIT_WHITEN" };
    const struct own_settings *own = &p->own;
    if (p->own_init)
        text_printf(out, "      .first = %s, .own_init = 1,\n", firsts[p->first]);
    if (!own->set)
        return;
    text_printf(out, "      .own = { .set = %u, .optimizer = %d, .rate = {", own->set,
                own->optimizer);
    for (int k = 0; k < RATES; k++)
        text_printf(out, "%s %.17g", k ? "," : "", own->rate[k]);
    text_printf(out, " },\n               .reg = %.17g, .lr_decay = %.17g, .schedule = %d, "
                ".freeze = %.17g },\n", own->reg, own->lr_decay, own->schedule, own->freeze);
}

static void params_table(const struct net *net, const char *prefix, struct text *out)
{
    static const char *const roles[] = {
        [ROLE_WEIGHT] = "ROLE_WEIGHT", [ROLE_BIAS] = "ROLE_BIAS", [ROLE_GAIN] = "ROLE_GAIN",
        [ROLE_STATISTIC] = "ROLE_STATISTIC" };
    if (!net->nparams)
        return;
    text_printf(out, "static const struct param %sparams[] = {\n", prefix);
    for (int i = 0; i < net->nparams; i++) {
        const struct net_param *p = &net->param[i];
        const struct stage *s = &net->stage[p->stage];
        const struct layer *l = &net->layer[s->head];
        struct shape in = s->in.shape;
        text_printf(out, "    { .name = \"%s\", ", p->name);
        if (p->kind == PARAM_VECTOR)
            text_printf(out, ".kind = PARAM_VECTOR, .rank = 1, .dim = { %d },\n", l->out.c);
        else if (p->kind == PARAM_CONV)
            text_printf(out, ".kind = PARAM_CONV, .rank = 4, .dim = { %d, %d, %d, %d },\n",
                        l->filters, in.c / l->groups, l->kh, l->kw);
        else
            text_printf(out, ".kind = PARAM_AFFINE, .rank = 2, .dim = { %d, %d },\n",
                        l->filters, in.h*in.w*in.c);
        if (p->kind != PARAM_VECTOR)
            text_printf(out, "      .in_c = %d, .in_h = %d, .in_w = %d,\n", in.c, in.h, in.w);
        text_printf(out, "      .fan_in = %d, .role = %s, .init = %.17g,\n", p->fan_in,
                    roles[p->role], p->init);
        if (p->start != 0 || p->nsumsq)
            text_printf(out, "      .start = %g, .sumsq = %zu, .nsumsq = %d,\n", p->start,
                        p->sumsq, p->nsumsq);
        own_settings(p, out);
        text_printf(out, "      .at = %zu, .m = %zu, .v = %zu, .stored = %zu },\n",
                    net->buffer[p->at].at, net->buffer[p->m].at, net->buffer[p->v].at, p->stored);
    }
    text_puts(out, "};\n\n");
}

static void regions_table(const struct net *net, const struct prefixes *prefix, const char *name,
                          const struct region_plan *regions, int count, struct text *out)
{
    static const char *const splits[] = { [SPLIT_IMAGES] = "SPLIT_IMAGES",
                                          [SPLIT_GROUPS] = "SPLIT_GROUPS",
                                          [SPLIT_FIXED] = "SPLIT_FIXED" };
    const struct emission e = { .net = net, .prefix = prefix->kernels };
    text_printf(out, "static const struct region %s%s[] = {\n", prefix->tables, name);
    for (int r = 0; r < count; r++) {
        const struct region_plan *region = &regions[r];
        char function[SHARED_NAME], title[2*NAME_MAX_LEN];
        region_function(&e, region, function);
        region_title(net, region, title, sizeof title);
        text_printf(out, "    { \"%s\", %s, %d, %.17g, %s, %d, %.17g, %.17g },\n", title,
                    splits[region->split], region->count, region->flop, function,
                    region->images, region->bytes_fixed, region->bytes_image);
    }
    text_puts(out, "};\n\n");
}

static void decisions_table(const struct net *net, const char *prefix, struct text *out)
{
    if (!net->nkinks)
        return;
    text_printf(out, "static const struct decision %sdecisions[] = {\n", prefix);
    for (int i = 0; i < net->nkinks; i++) {
        const struct kink_plan *k = &net->kink[i];
        text_printf(out, "    { .at = %zu, .image = %zu, .h = %d, .w = %d, .c = %d, .row = %zu, "
                    ".bytes = %d },\n", net->buffer[k->buffer].at + k->origin, k->image,
                    k->shape.h, k->shape.w, k->shape.c, k->row, k->bytes);
    }
    text_puts(out, "};\n\n");
}

static void pack_function(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    const struct emission e = { .net = net, .prefix = prefix->kernels };
    char name[SHARED_NAME];
    text_printf(out, "static void %spack(const struct step *s, int param)\n{\n", prefix->tables);
    text_puts(out, "    (void)s;\n    (void)param;\n");
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        if (s->kind != STAGE_CONV)
            continue;
        part_name(&e, s, name, "pack");
        text_printf(out, "    if (param == %d)\n        %s(s->arena, 0, %d);\n", s->weight, name,
                    net->layer[s->head].filters);
    }
    text_puts(out, "}\n\n");
}

/* Everything that inference's forward passes read and that is no parameter. */
static void fold_function(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    const struct emission e = { .net = net, .prefix = prefix->kernels };
    char name[SHARED_NAME];
    text_printf(out, "static void %sfold(const struct step *s)\n{\n    (void)s;\n",
                prefix->tables);
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        bool folded = net->infer[r].kind == REGION_FOLDED;
        int units = net->layer[s->head].filters;
        part_name(&e, s, name, folded ? "fold" : "pack");
        if (folded)
            text_printf(out, "    for (int k = 0; k < %d; k += %d)\n        %s(s->arena, k);\n",
                        units, s->fold->step, name);
        else if (s->kind == STAGE_CONV)
            text_printf(out, "    %s(s->arena, 0, %d);\n", name, units);
    }
    text_puts(out, "}\n\n");
}

/* One line a layer: what a parameter file must agree with. */
static void fingerprint(const struct net *net, struct text *out)
{
    text_printf(out, "input %dx%dx%d", net->input.c, net->input.h, net->input.w);
    for (int i = 0; i < net->nlayers; i++) {
        const struct layer *l = &net->layer[i];
        text_puts(out, "\\n");
        if (l->from != i - 1 && l->kind != LAYER_ADD)
            text_puts(out, "} shortcut {\\n");
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

static void info_table(const struct net *net, const char *prefix, struct text *out)
{
    struct layer_info *info = layer_infos(net);
    text_printf(out, "static const struct layer_info %sinfo[] = {\n", prefix);
    for (int i = 0; i < net->nlayers; i++)
        text_printf(out, "    { \"%s\", \"%s\", %d, %d, %d, %d, %d, %.17g, %.17g, %.17g },\n",
                    info[i].name, info[i].what, info[i].from, info[i].other, info[i].c, info[i].h,
                    info[i].w, info[i].params, info[i].forward, info[i].backward);
    text_puts(out, "};\n\n");
    free(info);
}

static void model_struct(const struct net *net, const char *prefix, struct text *out)
{
    const struct stage *last = &net->stage[stage_source(net, net->nstages - 1)];
    text_printf(out, "static const struct model %smodel = {\n    .name = \"%s\", .isa = \"%s\",\n",
                prefix, net->name, net->isa->name);
    text_puts(out, "    .layers = \"");
    fingerprint(net, out);
    text_printf(out, "\",\n    .info = %sinfo, .ninfo = %d,\n", prefix, net->nlayers);
    text_printf(out, "    .in_c = %d, .in_h = %d, .in_w = %d, .classes = %d, .batch = %d,\n"
                "    .softmax = %d,\n", net->input.c, net->input.h, net->input.w, net->classes,
                net->train.batch, net->layer[net->nlayers - 1].kind == LAYER_SOFTMAX);
    const struct map *in = &net->stage[0].in;   /* nothing else reads before it */
    text_printf(out, "    .input = %zu, .input_image = %zu, .input_row = %zu,\n",
                net->buffer[net->input_at].at + in->origin, in->image, in->row);
    text_printf(out, "    .scores = %zu, .scores_image = %zu, .losses = %zu,\n",
                net->buffer[last->at[AT_Y]].at, last->out.image, net->buffer[net->losses_at].at);
    text_printf(out, "    .arena = %zu, .scratch = %zu, .nsumsq = %zu,\n", net->arena,
                net->scratch, net->nsumsq);
    text_printf(out, "    .params = %sparams, .nparams = %d,\n", prefix, net->nparams);
    text_printf(out, "    .forward = %sforward, .nforward = %d,\n", prefix, net->nforward);
    text_printf(out, "    .backward = %sbackward, .nbackward = %d,\n", prefix,
                net->nregions - net->nforward);
    text_printf(out, "    .input_free = %d,\n",
                net->region[net->nregions - 1].kind == REGION_CONV_UPDATE);
    text_printf(out, "    .infer = %s%s, .ninfer = %d, .infer_arena = %zu,\n", prefix,
                net->nfolded ? "infer" : "forward", net->nfolded ? net->ninfer : net->nforward,
                net->infer_arena);
    if (net->f64 && net->nkinks)
        text_printf(out, "    .decisions = %sdecisions, .ndecisions = %d,\n", prefix, net->nkinks);
    text_printf(out, "    .pack = %spack, .fold = %sfold, .exact = %sexact, .peak = %speak,\n",
                prefix, prefix, prefix, prefix);
    text_puts(out, "    .update = {");
    for (int k = 0; k < UPDATE_KINDS; k++)
        text_printf(out, "%s %s", k ? "," : "", optimizers[k].function);
    text_puts(out, " },\n    .muon = muon_step,\n");
    text_puts(out, "    .train = {\n");
    train_fields(&net->train, out);
    text_puts(out, "    },\n};\n\n");
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

/* ---- regions of one instruction set ---- */

static void open_region(const struct isa *isa, struct text *out)
{
    if (!isa->gcc_target)
        return;
    text_printf(out, "#ifdef __clang__\n"
                "#pragma clang attribute push(__attribute__((target(\"%s\"))),"
                " apply_to = function)\n#else\n#pragma GCC push_options\n"
                "#pragma GCC target(\"%s\")\n#endif\n\n", isa->clang_target, isa->gcc_target);
}

static void close_region(const struct isa *isa, struct text *out)
{
    if (!isa->gcc_target)
        return;
    text_puts(out, "#ifdef __clang__\n#pragma clang attribute pop\n#else\n"
                   "#pragma GCC pop_options\n#endif\n\n");
}

static void group_region(const struct group *g, struct text *out, struct text *includes)
{
    struct text user = { 0 }, words = { 0 }, kept = { 0 };
    bool f64 = g->nets[0]->f64;
    for (int i = 0; i < g->nnets; i++) {
        const struct net *net = g->nets[i];
        const struct prefixes both = prefixes_of(g, net);
        const char *prefix = both.tables;
        kernels(net, both.kernels, &user);
        probes(net, prefix, &user);
        params_table(net, prefix, &user);
        regions_table(net, &both, "forward", net->region, net->nforward, &user);
        regions_table(net, &both, "backward", net->region + net->nforward,
                      net->nregions - net->nforward, &user);
        if (net->nfolded)
            regions_table(net, &both, "infer", net->infer, net->ninfer, &user);
        if (net->f64)       /* only the gradient checks of an f64 program ask */
            decisions_table(net, prefix, &user);
        pack_function(net, &both, &user);
        fold_function(net, &both, &user);
        info_table(net, prefix, &user);
        model_struct(net, prefix, &user);
    }
    char path[64];
    snprintf(path, sizeof path, "runtime/vector/%s", g->isa->header);
    library(path, f64, &words);
    library("runtime/vector/common.c", f64, &words);
    library("runtime/vector/vmath.h", f64, &words);
    library("runtime/vector/winograd.h", f64, &words);
    library("runtime/vector/optim.c", f64, &words);
    update_functions(&words);
    library("runtime/vector/muon.c", f64, &words);
    used_words(text_string(&words), text_string(&user), &kept, includes);

    text_printf(out, "/* ---- %s ---- */\n\n", g->isa->name);
    open_region(g->isa, out);
    if (g->several_isas)
        rename_words(text_string(&kept), g->isa->name, 0, out);
    text_puts(out, text_string(&kept));
    text_puts(out, "\n");
    text_puts(out, text_string(&user));
    if (g->several_isas)
        rename_words(text_string(&kept), g->isa->name, 1, out);
    close_region(g->isa, out);
    text_free(&user);
    text_free(&words);
    text_free(&kept);
}

/* ---- the runtime, header before user ---- */

static bool listed(const struct text *list, const char *path)
{
    char line[128];
    snprintf(line, sizeof line, "%s\n", path);
    return list->at && strstr(list->at, line);
}

static bool ends(const char *s, const char *end)
{
    return strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

static bool is_embedded(const char *path)
{
    for (int i = 0; i < nembedded_files; i++)
        if (!strcmp(embedded_files[i].path, path))
            return true;
    return false;
}

/* A system header, included before where no #if was around it. */
static bool repeated(const char *line, size_t length, int depth, struct text *done)
{
    char name[64];
    if (strncmp(line, "#include <", 10))
        return false;
    snprintf(name, sizeof name, "%.*s", (int)length - 1, line);
    bool before = listed(done, name);
    if (!before && depth == 0)
        text_printf(done, "%s\n", name);
    return before;
}

/* A header, whose guard guards nothing here: what is behind the guard's two lines; before it
** the opening comment, where it has no source to say the same or tells formats and formulas.
** The guard's #endif is the one too many. */
static const char *header_inside(const char *path, const char *s, struct text *out)
{
    enum { LONG = 280 };
    char source[128];
    snprintf(source, sizeof source, "%.*sc", (int)strlen(path) - 1, path);
    const char *guard = strstr(s, "*/\n#ifndef LATHE_");
    if (!guard)
        DIE("%s: a comment, then a guard", path);
    guard += strlen("*/\n");
    if (guard - s > LONG || !is_embedded(source))
        text_add(out, s, (size_t)(guard - s));
    guard += strcspn(guard, "\n") + 1;
    return guard + strcspn(guard, "\n") + 1;
}

void amalgamate(const char *path, struct text *done, struct text *out)
{
    if (listed(done, path))
        return;
    text_printf(done, "%s\n", path);
    const char *s = embedded(path);
    for (const char *line = s; (line = strstr(line, "#include \"")); line++) {
        const char *name = line + strlen("#include \"");
        char header[128];
        snprintf(header, sizeof header, "runtime/%.*s", (int)strcspn(name, "\""), name);
        if (line == s || line[-1] == '\n')
            amalgamate(header, done, out);
    }
    if (ends(path, ".h"))
        s = header_inside(path, s, out);
    for (int depth = 0; *s; ) {
        size_t length = strnlen(s, strcspn(s, "\n") + 1);
        depth += !strncmp(s, "#if", 3);
        depth -= !strncmp(s, "#endif", 6);
        if (depth >= 0 && strncmp(s, "#include \"", 10) && !repeated(s, length, depth, done))
            text_add(out, s, length);
        s += length;
    }
    text_puts(out, "\n");
}

/* Emitted once per instruction set. */
static bool is_vector_source(const char *path)
{
    return !strncmp(path, "runtime/vector/", 15);
}

bool is_runtime_source(const char *path, bool f64)
{
    /* Gradients are checked in f64 alone. */
    bool idle = !f64 && !strcmp(path, "runtime/train/gradcheck.c");
    return !strncmp(path, "runtime/", 8) && ends(path, ".c") && !is_vector_source(path) && !idle;
}

static void runtime_sources(bool f64, struct text *done, struct text *out)
{
    for (int i = 0; i < nembedded_files; i++)
        if (is_runtime_source(embedded_files[i].path, f64))
            amalgamate(embedded_files[i].path, done, out);
}

/* ---- the file ---- */

static void banner(struct net *const *nets, int nnets, bool split, struct text *out)
{
    text_puts(out, "/*\n** Written by lathe; edit the network file, not this.\n**\n");
    for (int i = 0; i < nnets; i++)
        text_printf(out, "** network %s, %s %s, up to %d images a step\n", nets[i]->name,
                    nets[i]->isa->name, nets[i]->f64 ? "f64" : "f32", nets[i]->train.batch);
    if (split)
        text_printf(out, "**\n** cc -O3 -IRUNTIME FILE.c RUNTIME/liblathe%s.a -o PROGRAM -lm "
                    "-pthread\n** RUNTIME: the directory runtime/ of lathe, where `make lib` "
                    "puts the library.\n", nets[0]->f64 ? "64" : "");
    else
        text_puts(out, "**\n** cc -O3 FILE.c -o PROGRAM -lm -pthread\n");
    text_puts(out, "** No -march: the kernels carry their target. Same bits for every compiler, "
                   "-O level,\n** instruction set and number of threads.\n*/\n");
}

static int count_names(struct net *const *nets, int nnets)
{
    int n = 0;
    for (int i = 0; i < nnets; i++) {
        int k = 0;
        while (k < i && strcmp(nets[k]->name, nets[i]->name))
            k++;
        n += k == i;
    }
    return n;
}

/* The networks sorted by instruction set, in the order they came. */
static int make_groups(struct net *const *nets, int nnets, struct net **sorted,
                       struct group *groups)
{
    int ngroups = 0, at = 0;
    for (int i = 0; i < nnets; i++) {
        int k = 0;
        while (k < ngroups && groups[k].isa != nets[i]->isa)
            k++;
        if (k == ngroups)
            groups[ngroups++] = (struct group){ .isa = nets[i]->isa };
    }
    for (int k = 0; k < ngroups; k++) {
        groups[k].nets = sorted + at;
        for (int i = 0; i < nnets; i++)
            if (nets[i]->isa == groups[k].isa) {
                sorted[at++] = nets[i];
                groups[k].nnets++;
            }
        groups[k].several_isas = ngroups > 1;
        groups[k].several_nets = count_names(nets, nnets) > 1;
    }
    return ngroups;
}

static void models_table(const struct group *groups, int ngroups, int nnets, struct text *out)
{
    text_puts(out, "const struct model *const lathe_models[] = {\n");
    for (int k = 0; k < ngroups; k++)
        for (int i = 0; i < groups[k].nnets; i++)
            text_printf(out, "    &%smodel,\n",
                        prefixes_of(&groups[k], groups[k].nets[i]).tables);
    text_printf(out, "};\nconst int lathe_nmodels = %d;\n\n", nnets);
}

/* With one blank line where parts that were put together leave several. */
static void put_text(const char *s, FILE *out)
{
    for (const char *gap; (gap = strstr(s, "\n\n\n")); s = gap + 1)
        fwrite(s, 1, (size_t)(gap - s), out);
    fputs(s, out);
}

void emit(struct net *const *nets, int nnets, bool split, FILE *out)
{
    struct net **sorted = alloc((size_t)nnets, sizeof *sorted);
    struct group *groups = alloc((size_t)nnets, sizeof *groups);
    int ngroups = make_groups(nets, nnets, sorted, groups);
    struct text head = { 0 }, headers = { 0 }, regions = { 0 }, models = { 0 }, runtime = { 0 };
    struct text exact = { 0 }, done = { 0 }, whole = { 0 };

    banner(nets, nnets, split, &head);
    for (int k = 0; k < ngroups; k++)
        group_region(&groups[k], &regions, &headers);
    text_printf(&headers, "\n#define LATHE_F64 %s\n", c_bool(nets[0]->f64));
    if (split) {
        text_puts(&exact, "#include \"base/exact.h\"\n");
        text_puts(&headers, "#include \"core/model.h\"\n#include \"base/dmath.h\"\n"
                  "#include \"base/random.h\"\n\n");
    } else {
        amalgamate("runtime/base/exact.h", &done, &exact);
        amalgamate("runtime/core/model.h", &done, &headers);
        amalgamate("runtime/base/dmath.h", &done, &headers);
        amalgamate("runtime/base/random.h", &done, &headers);
        runtime_sources(nets[0]->f64, &done, &runtime);
    }
    models_table(groups, ngroups, nnets, &models);

    struct bindings b = { 0 };
    bind_here(&b, "banner", text_string(&head));
    bind_here(&b, "exact", text_string(&exact));
    bind_here(&b, "headers", text_string(&headers));
    bind_here(&b, "kernels", text_string(&regions));
    bind_here(&b, "models", text_string(&models));
    bind_here(&b, "runtime", text_string(&runtime));
    instantiate("program.c", &b, &whole);
    put_text(text_string(&whole), out);

    struct text *all[] = { &head, &exact, &headers, &regions, &models, &runtime, &done,
                           &whole };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        text_free(all[i]);
    free(sorted);
    free(groups);
}
