/*
** emit.c - prints the program. Everything was decided before: it only puts the
** pieces in their places (templates/program.c).
*/
#include "print/emit.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "runtime/settings/optimizer.h"
#include "plan/regions.h"
#include "print/amalgam.h"
#include "print/contents.h"
#include "print/emission.h"
#include "print/kernels.h"
#include "print/lines.h"
#include "print/tables.h"
#include "print/target.h"
#include "print/tmpl.h"
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

/* What each optimizer does to a whole parameter; UPDATE_STORE's function is written as it is. */
static void update_functions(struct text *out)
{
    const char *store = optimizers[UPDATE_STORE].function;
    for (int k = 0; k < UPDATE_KINDS; k++) {
        struct bindings b = { 0 };
        if (strcmp(optimizers[k].function, store) == 0)
            continue;
        bind_name(&b, "NAME", "%s", optimizers[k].function);
        bind_name(&b, "ONE_STEP", "%s_step", optimizers[k].function);
        instantiate("update.c", &b, out);
        text_puts(out, "\n");
    }
}

static const char *c_bool(bool b)
{
    return b ? "1" : "0";
}

/* ---- regions of one instruction set ---- */

/* The regions of a network, each where its function is. */
static void list_regions(const struct net *net, const struct prefixes *prefix,
                         struct contents *contents)
{
    struct emission e = { .net = net, .prefix = prefix->kernels };
    for (int r = 0; r < net->nregions; r++) {
        char title[2*NAME_MAX_LEN + 4] = "    ";
        region_title(net, &net->region[r], title + 4, sizeof title - 4);
        contents_add(contents, title, "static void %s(",
                     region_function(&e, &net->region[r]).text);
    }
}

static void group_region(const struct group *g, struct contents *contents, struct text *out,
                         struct text *includes)
{
    struct text user = { 0 }, words = { 0 }, kept = { 0 }, data = { 0 }, uses = { 0 };
    struct contents after = { 0 };
    const char *isa = g->isa->name;
    bool f64 = g->nets[0]->f64;
    contents_section(contents, &data, "%s: tables", isa);
    declare_optimizers(&data);
    for (int i = 0; i < g->nnets; i++) {
        const struct net *net = g->nets[i];
        const struct prefixes prefix = prefixes_of(g, net);
        tables(net, &prefix, &data);
        contents_section(&after, &user, "%s: kernels of %s", isa, net->name);
        kernels(net, prefix.kernels, &user);
        list_regions(net, &prefix, &after);
        table_functions(net, &prefix, &user);
    }
    vocabulary(g->isa, f64, &words);
    library("runtime/vector/groups.c", f64, &words);
    library("runtime/vector/optim.c", f64, &words);
    update_functions(&words);
    library("runtime/vector/muon.c", f64, &words);
    text_puts(&uses, text_string(&data));
    text_puts(&uses, text_string(&user));
    used_words(text_string(&words), text_string(&uses), &kept, includes);

    open_region(g->isa, out);
    if (g->several_isas)
        rename_words(text_string(&kept), g->isa->name, 0, out);
    text_puts(out, text_string(&data));
    contents_section(contents, out, "%s: the vocabulary", isa);
    text_puts(out, text_string(&kept));
    text_puts(out, "\n");
    text_puts(out, text_string(&user));
    contents_append(contents, &after);
    if (g->several_isas)
        rename_words(text_string(&kept), g->isa->name, 1, out);
    close_region(g->isa, out);
    text_free(&user);
    text_free(&uses);
    text_free(&data);
    text_free(&words);
    text_free(&kept);
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
        text_printf(out, "**\n** %s -O3 FILE.c -o PROGRAM -lm -pthread\n",
                    nets[0]->mpi ? "mpicc" : "cc");
    text_puts(out, "** No -march: the kernels carry their target. Same bits for every compiler, "
                   "-O level,\n** instruction set and number of threads.\n**\n"
                   CONTENTS_HERE "*/\n");
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
static void put_text(const char *s, struct text *out)
{
    for (const char *gap; (gap = strstr(s, "\n\n\n")); s = gap + 1)
        text_add(out, s, (size_t)(gap - s));
    text_puts(out, s);
}

void emit(struct net *const *nets, int nnets, bool split, FILE *out)
{
    struct net **sorted = alloc((size_t)nnets, sizeof *sorted);
    struct group *groups = alloc((size_t)nnets, sizeof *groups);
    int ngroups = make_groups(nets, nnets, sorted, groups);
    struct text head = { 0 }, headers = { 0 }, regions = { 0 }, models = { 0 }, runtime = { 0 };
    struct text exact = { 0 }, done = { 0 }, whole = { 0 }, file = { 0 }, lined = { 0 };
    struct contents contents = { 0 };

    banner(nets, nnets, split, &head);
    for (int k = 0; k < ngroups; k++)
        group_region(&groups[k], &contents, &regions, &headers);
    text_printf(&headers, "\n#define LATHE_F64 %s\n%s", c_bool(nets[0]->f64),
                nets[0]->mpi ? "#define LATHE_MPI 1\n" : "");
    if (split) {
        text_puts(&exact, "#include \"base/exact.h\"\n");
        text_puts(&headers, "#include \"core/model.h\"\n#include \"base/dmath.h\"\n"
                  "#include \"base/random.h\"\n\n");
    } else {
        amalgamate("runtime/base/exact.h", &done, &exact);
        amalgamate("runtime/core/model.h", &done, &headers);
        amalgamate("runtime/base/dmath.h", &done, &headers);
        amalgamate("runtime/base/random.h", &done, &headers);
        runtime_sources(nets[0], &done, &contents, &runtime);
        contents_add(&contents, "main", "int main(");
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
    put_text(text_string(&whole), &file);
    put_lines(text_string(&file), CONTENTS_HERE, contents.count, &lined);
    contents_print(&contents, text_string(&lined), out);
    contents_free(&contents);

    struct text *all[] = { &head, &exact, &headers, &regions, &models, &runtime, &done,
                           &whole, &file, &lined };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        text_free(all[i]);
    free(sorted);
    free(groups);
}
