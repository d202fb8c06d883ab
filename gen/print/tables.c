/*
** tables.c - the values of the tables that the runtime walks through (templates/model.c), and what
** stands around them. It must never work out what a pass has decided.
*/
#include "print/tables.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "runtime/settings/optimizer.h"
#include "runtime/settings/settings.h"
#include "plan/canonical.h"
#include "plan/info.h"
#include "plan/regions.h"
#include "print/arena.h"
#include "print/dictionary.h"
#include "print/lines.h"
#include "print/rows.h"
#include "read/layers.h"

/* ---- values ---- */

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
    WORD(SPLIT_IMAGES), WORD(SPLIT_GROUPS), WORD(SPLIT_FIXED), WORD(SPLIT_PANELS) };
static const char *const exchange_names[] = {
    WORD(EXCHANGE_IMAGES), WORD(EXCHANGE_GROUPS), WORD(EXCHANGE_TO_PANELS),
    WORD(EXCHANGE_TO_IMAGES), WORD(EXCHANGE_PANELS) };
static const char *const target_names[] = {
    WORD(TARGET_LABEL), WORD(TARGET_REALS), WORD(TARGET_INPUT) };
#undef WORD

struct value { char text[48]; };

/* Of an enum whose names are its words: UPDATE_ADAM. */
static struct value named(const char *prefix, const char *word)
{
    struct value name;
    setting_name(prefix, word, name.text, sizeof name.text);
    return name;
}

/* UPDATE_STORE is no word of the network file's. */
static struct value optimizer_named(enum update_kind kind)
{
    return named("UPDATE", kind == UPDATE_STORE ? "store" : optimizers[kind].word);
}

/* A decimal that is x, and a short one. */
static struct value exactly(double x)
{
    struct value d;
    setting_real(x, d.text, sizeof d.text);
    return d;
}

/* Those that are not 0. */
static void add_rates(const double rate[RATES], struct text *row)
{
    for (int k = 0; k < RATES; k++)
        if (rate[k] != 0)
            text_printf(row, ", .rate[%s] = %s", rate_names[k], exactly(rate[k]).text);
}

/* ---- parameters ---- */

/* What the network file says of this parameter alone. */
static void own_settings(const struct net_param *p, struct text *row)
{
#define BIT(x) { x, #x }
    static const struct { unsigned bit; const char *name; } bits[] = {
        BIT(OWN_OPTIMIZER), BIT(OWN_REG), BIT(OWN_DECAY), BIT(OWN_SCHEDULE), BIT(OWN_FREEZE),
        BIT(OWN_RATE << RATE_LR), BIT(OWN_RATE << RATE_BETA1), BIT(OWN_RATE << RATE_BETA2),
        BIT(OWN_RATE << RATE_EPS), BIT(OWN_RATE << RATE_WEIGHT_DECAY) };
#undef BIT
    const struct own_settings *own = &p->own;
    const char *before = ", .own = { .set = ";
    text_printf(row, ", .first = %s, .own_init = %d", p->own_init ? init_names[p->first] : "0",
                p->own_init);
    for (size_t k = 0; k < sizeof bits / sizeof *bits; k++)
        if (own->set & bits[k].bit) {
            text_printf(row, "%s%s", before, bits[k].name);
            before = " | ";
        }
    if (!own->set) {
        text_puts(row, ", .own = 0");
        return;
    }
    text_printf(row, ", .optimizer = %s", optimizer_named(own->optimizer).text);
    add_rates(own->rate, row);
    text_printf(row, ", .reg = %s, .lr_decay = %s, .schedule = %s, .freeze = %s }",
                exactly(own->reg).text, exactly(own->lr_decay).text,
                named("SCHEDULE", schedule_words[own->schedule]).text, exactly(own->freeze).text);
}

static void param_rows(const struct net *net, const char *prefix, struct text *rows)
{
    for (const struct net_param *p = net->param; p < net->param + net->nparams; p++) {
        const struct stage *of = &net->stage[p->stage];
        const struct stage *s = p->kind == PARAM_CONV && of->mirror ? of->mirror : of;
        struct shape in = p->kind == PARAM_VECTOR ? (struct shape){ 0 } : s->in.shape;
        int dim[PARAM_RANK];
        const int rank = param_shape(net, p, dim);
        text_printf(rows, "{ .name = \"%s\", .kind = %s, .rank = %d, .dim = ", p->name,
                    kind_names[p->kind], rank);
        for (int k = 0; k < rank; k++)
            text_printf(rows, "%s%d", k ? ", " : "{ ", dim[k]);
        text_puts(rows, " }");
        text_printf(rows, ", .in_c = %d, .in_h = %d, .in_w = %d, .fan_in = %d, .role = %s, "
                    ".init = %s, .start = %g, .sumsq = %zu, .nsumsq = %d", in.c, in.h, in.w,
                    p->fan_in, role_names[p->role], exactly(p->init).text, p->start, p->sumsq,
                    p->nsumsq);
        own_settings(p, rows);
        text_printf(rows, ", .at = %s, .m = %s, .v = %s, .stored = %zu }, ",
                    arena_place(net, prefix, p->at, 0).text, arena_place(net, prefix, p->m, 0).text,
                    arena_place(net, prefix, p->v, 0).text, p->stored);
    }
}

/* ---- regions ---- */

static void region_rows(struct emission *e, const struct region_plan *regions, int count,
                        struct text *rows)
{
    for (const struct region_plan *r = regions; r < regions + count; r++) {
        char title[2*NAME_MAX_LEN];
        region_title(e->net, r, title, sizeof title);
        text_printf(rows, "{ .name = \"%s\", .run = %s, .split = %s, .count = %d, .images = %d, "
                    ".flop = %s, .bytes_fixed = %s, .bytes_image = %s, .from = %d, .to = %d, "
                    ".fewer = %d, .reads_input = %d }, ", title,
                    region_function(e, r).text, split_names[r->split], r->count, r->images,
                    exactly(r->flop).text, exactly(r->bytes_fixed).text,
                    exactly(r->bytes_image).text, r->from, r->to, r->fewer,
                    r->reads_input);
    }
}

/* Maps whose signs, or whose entries, decide: only the gradient checks of an f64 program ask. */
static int decisions(const struct net *net)
{
    return net->f64 ? net->nkinks : 0;
}

static void decision_rows(const struct net *net, const char *prefix, struct text *rows)
{
    for (const struct kink_plan *k = net->kink; k < net->kink + decisions(net); k++)
        text_printf(rows, "{ .at = %s, .image = %zu, .h = %d, .w = %d, .c = %d, .row = %zu, "
                    ".bytes = %d, .low = %s, .high = %s }, ",
                    arena_place(net, prefix, k->buffer, (long)k->origin).text, k->image,
                    k->shape.h, k->shape.w, k->shape.c, k->row, k->bytes, exactly(k->low).text,
                    exactly(k->high).text);
}

static void exchange_rows(const struct net *net, const char *prefix, struct text *rows)
{
    for (const struct exchange_plan *x = net->exchange; x < net->exchange + net->nexchanges; x++)
        text_printf(rows, "{ .kind = %s, .after = %d, .from = %d, .to = %d, .at = %s, "
                    ".size = %zu, .columns = %d, .param = %d }, ", exchange_names[x->kind],
                    x->after, x->from, x->to, arena_place(net, prefix, x->buffer, 0).text,
                    x->size, x->columns, x->param);
}

/* ---- layers ---- */

static void info_rows(const struct net *net, struct text *rows)
{
    struct layer_info *info = layer_infos(net);
    for (const struct layer_info *l = info; l < info + net->nlayers; l++)
        text_printf(rows, "{ .name = \"%s\", .what = \"%s\", .from = %d, .to = %d, .c = %d, "
                    ".h = %d, .w = %d, .params = %s, .forward = %s, .backward = %s }, ", l->name,
                    l->what, l->from, l->to, l->c, l->h, l->w, exactly(l->params).text,
                    exactly(l->forward).text, exactly(l->backward).text);
    free(info);
}

/* A string, a line for each layer. */
static void layers_field(const struct net *net, struct text *row)
{
    struct text lines = { 0 };
    fingerprint(net, &lines);
    text_puts(row, ", .layers =\n        \"");
    for (const char *at = text_string(&lines); *at; at++)
        if (*at == '\n')
            text_puts(row, "\\n\"\n        \"");
        else
            text_add(row, at, 1);
    text_puts(row, "\"");
    text_free(&lines);
}

/* ---- the model ---- */

/* All that a network file can say. */
static void train_settings(const struct train *t, struct text *row)
{
    char text[SETTING_TEXT];
    text_printf(row, ", .train = { .optimizer = %s", optimizer_named(t->optimizer).text);
    add_rates(t->rate, row);
    for (const struct setting_row *k = setting_rows; k < setting_rows + nsetting_rows; k++) {
        if (!k->field || !(k->word || k->follows))
            continue;
        setting_text(k, t, text, sizeof text);
        const char *quote = k->value.type == VALUE_TEXT && setting_get(k, t) != 0 ? "\"" : "";
        text_printf(row, ", %s = %s%s%s", k->field, quote,
                    k->value.type == VALUE_WORD ? named(k->names, text).text : text, quote);
    }
    text_puts(row, " }");
}

static void add_table(const char *field, const char *prefix, const char *table, int rows,
                      struct text *row)
{
    text_printf(row, ", .%s = %s%s, .n%s = %d", field, rows ? prefix : "", rows ? table : "0",
                field, rows);
}

static void model_row(const struct net *net, const struct prefixes *prefix, struct text *row)
{
    const char *p = prefix->tables, *k = prefix->kernels;
    const struct stage *last = &net->stage[stage_source(net, net->nstages - 1)];
    const struct layer *loss = &net->layer[net->nlayers - 1];
    const struct map *in = &net->stage[0].in;   /* nothing else reads before it */
    text_printf(row, "{ .name = \"%s\", .isa = \"%s\"", net->name, net->isa->name);
    layers_field(net, row);
    text_printf(row, ", .info = %sinfo, .ninfo = %d, .in_c = %d, .in_h = %d, .in_w = %d, "
                ".out_c = %d, .out_h = %d, .out_w = %d, .classes = %d, .objective = %s, "
                ".target = %s, .batch = %d", p, net->nlayers, net->input.c, net->input.h,
                net->input.w, loss->in.c, loss->in.h, loss->in.w, net->classes,
                named("OBJECTIVE", layer_def(loss->kind)->word).text,
                target_names[loss->target], net->train.batch);
    text_printf(row, ", .input = %s, .input_image = %zu, .input_row = %zu, .scores = %s, "
                ".scores_image = %zu, .losses = %s, .arena = %zu, .scratch = %zu, .nsumsq = %zu",
                arena_place(net, k, net->input_at, (long)in->origin).text, in->image, in->row,
                arena_place(net, k, last->at[AT_Y], 0).text, last->out.image,
                arena_place(net, k, net->losses_at, 0).text, net->arena, net->scratch, net->nsumsq);
    add_table("params", p, "params", net->nparams, row);
    add_table("forward", p, "forward", net->nforward, row);
    add_table("backward", p, "backward", net->nregions - net->nforward, row);
    add_table("infer", p, net->nfolded ? "infer" : "forward",
              net->nfolded ? net->ninfer : net->nforward, row);
    text_printf(row, ", .infer_arena = %zu", net->infer_arena);
    add_table("exchanges", p, "exchanges", net->nexchanges, row);
    add_table("decisions", p, "decisions", decisions(net), row);
    text_printf(row, ", .pack = %spack, .fold = %sfold, .exact = %sexact, .peak = %speak, "
                ".update = {", p, p, p, p);
    for (enum update_kind u = 0; u < UPDATE_KINDS; u++)
        text_printf(row, "%s [%s] = %s", u ? "," : "", optimizer_named(u).text,
                    optimizers[u].function);
    text_puts(row, " }, .muon = muon_step");
    train_settings(&net->train, row);
    text_puts(row, " }");
}

/* ---- what stands around the tables ---- */

void declare_optimizers(struct text *out)
{
    struct text all = { 0 };
    for (int k = 0; k < UPDATE_KINDS; k++)
        if (!k || strcmp(optimizers[k].function, optimizers[UPDATE_STORE].function))
            text_printf(&all, "%s%s", k ? ", " : "static update_fn ", optimizers[k].function);
    wrap(&all, ";\nstatic muon_fn muon_step;\n\n", out);
    text_free(&all);
}

/* All regions' functions, which come after the tables, those of folded stages last. */
static void declare_regions(struct emission *e, struct text *out)
{
    const struct net *net = e->net;
    struct text all = { 0 };
    for (int r = 0; r < net->nregions + (net->nfolded ? net->ninfer : 0); r++) {
        int folded = r - net->nregions;
        const struct region_plan *region = folded < 0 ? &net->region[r] : &net->infer[folded];
        if (folded >= 0 && region->kind != REGION_FOLDED)
            continue;
        text_printf(&all, "%s%s", r ? ", " : "static region_fn ",
                    region_function(e, region).text);
    }
    wrap(&all, ";\n", out);
    text_free(&all);
}

static void bind_functions(struct bindings *b, const char *prefix)
{
    bind_name(b, "EXACT", "%sexact", prefix);
    bind_name(b, "PEAK", "%speak", prefix);
    bind_name(b, "PACK_ALL", "%spack", prefix);
    bind_name(b, "FOLD_ALL", "%sfold", prefix);
}

void tables(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    struct bindings b = { 0 };
    struct text marked = { 0 }, text = { 0 };
    arena_enum(net, prefix->kernels, out);
    declare_regions(&e, out);
    bind_functions(&b, prefix->tables);
    instantiate("model.c", &b, &marked);
    drop_marks(text_string(&marked), &text);    /* a row's line is not the sample's */
    text_free(&marked);
    struct filling t = { text_string(&text), prefix->tables, { 0 }, out };
    param_rows(net, prefix->kernels, &t.rows);
    fill_rows(&t, "params");
    const char *regions = t.rest;
    region_rows(&e, net->region, net->nforward, &t.rows);
    fill_rows(&t, "forward");
    t.rest = regions;
    region_rows(&e, net->region + net->nforward, net->nregions - net->nforward, &t.rows);
    fill_rows(&t, "backward");
    t.rest = regions;
    region_rows(&e, net->infer, net->nfolded ? net->ninfer : 0, &t.rows);
    fill_rows(&t, "infer");
    exchange_rows(net, prefix->kernels, &t.rows);
    fill_rows(&t, "exchanges");
    decision_rows(net, prefix->kernels, &t.rows);
    fill_rows(&t, "decisions");
    info_rows(net, &t.rows);
    fill_rows(&t, "info");
    model_row(net, prefix, &t.rows);
    fill_rows(&t, "model");
    text_free(&t.rows);
    text_free(&text);
}

/* Filters, units: rows of a stage's weight. */
static int weight_rows(const struct net *net, const struct stage *s)
{
    return net->layer[s->mirror ? s->mirror->head : s->head].filters;
}

void table_functions(const struct net *net, const struct prefixes *prefix, struct text *out)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    struct text pack = { 0 }, fold = { 0 };
    for (const struct stage *s = net->stage; s < net->stage + net->nstages; s++)
        if (s->kind == STAGE_CONV || s->kind == STAGE_DECONV) {
            struct bindings b = of_stage(&e, s);
            text_printf(&pack, "    if (param == %d)\n        %s(s->arena, 0, %d);\n", s->weight,
                        part(&b, "pack").text, weight_rows(net, s));
        }
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        bool folded = net->infer[r].kind == REGION_FOLDED;
        int units = weight_rows(net, s);
        struct bindings b = of_stage(&e, s);
        struct part_name name = part(&b, folded ? "fold" : "pack");
        if (folded)
            text_printf(&fold, "    for (int k = 0; k < %d; k += %d)\n        %s(s->arena, k);\n",
                        units, s->fold->step, name.text);
        else if (s->kind == STAGE_CONV || s->kind == STAGE_DECONV)
            text_printf(&fold, "    %s(s->arena, 0, %d);\n", name.text, units);
    }
    struct bindings b = { 0 };
    bind_functions(&b, prefix->tables);
    bind_size(&b, "CHAINS", net->isa->accumulators);
    bind_here(&b, "pack", text_string(&pack));
    bind_here(&b, "fold", text_string(&fold));
    instantiate("functions.c", &b, out);
    text_puts(out, "\n");
    text_free(&pack);
    text_free(&fold);
}
