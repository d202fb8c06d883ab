/*
** main.c - lathe: network file to C program. The commands differ only in what they do with a
** network that read.c took through all passes.
*/
#include <stdlib.h>
#include <string.h>

#include "runtime/base/processors.h"
#include "runtime/base/stream.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"
#include "print/emit.h"
#include "print/lines.h"
#include "read/layers.h"
#include "tool/build.h"
#include "tool/export.h"
#include "tool/import.h"
#include "tool/inference.h"
#include "tool/options.h"
#include "tool/read.h"
#include "tool/show.h"
#include "tool/sweep.h"
#include "tool/sweep_list.h"
#include "tool/tune.h"

static bool same_names(struct net *const *nets, int nnets)
{
    for (int i = 0; i < nnets; i++)
        for (int k = 0; k < i; k++)
            if (nets[i]->isa == nets[k]->isa && !strcmp(nets[i]->name, nets[k]->name)) {
                visible_print(stderr, "%s:%d:%d: error: the net of %s is called \"%s\" too: in one "
                              "program names differ\n", nets[i]->path, nets[i]->at.line,
                              nets[i]->at.col, nets[k]->path, nets[k]->name);
                return true;
            }
    return false;
}

static bool write_to(struct net *const *nets, int nnets, bool split, const char *path)
{
    struct page page;
    if (!path) {
        emit(nets, nnets, split, stdout);
        return true;
    }
    if (!claim(path, OUTPUT_SOURCE) || !page_open(&page, path))
        return false;
    emit(nets, nnets, split, page.f);
    return page_close(&page);
}

static bool show_to(const struct net *net, const struct options *o)
{
    void (*shown)(const struct net *, int, FILE *) = o->inference ? show_inference
                                                     : o->html ? show_page
                                                     : o->plan ? show_plan : show;
    int threads = processors_available();
    struct page page;
    if (!o->output) {
        shown(net, threads, stdout);
        return true;
    }
    if (!claim(o->output, o->html ? OUTPUT_PAGE : OUTPUT_TABLE) || !page_open(&page, o->output))
        return false;
    shown(net, threads, page.f);
    return page_close(&page);
}

/* The name that was given, or the network's. */
static bool build(struct net *const *nets, int nnets, const char *output)
{
    const char *program = output ? output : nets[0]->name;
    bool good = claim(program, OUTPUT_PROGRAM)
                && build_program(nets, nnets, program, processors_available());
    if (good)
        visible_print(stderr, "built %s\n", program);
    return good;
}

static bool has_tuning(const struct options *o, const struct net *net)
{
    if (!o->tune || o->tuned)
        return true;
    visible_print(stderr, "lathe: %s: has nothing for %s %s %s; lathe tune %s%s%s writes it\n",
                  o->tune, net->name, net->isa->name, net->f64 ? "f64" : "f32", net->path, net->f64
                  ? " --dtype f64" : "", net->isa == isa_native() ? "" : " with --isa");
    return false;
}

static int finish(bool good)
{
    const char *failure = stream_end();
    if (failure) {
        visible_print(stderr, "lathe: standard output: cannot be written: %s\n", failure);
        return 1;
    }
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options o;
    struct net *nets[MAX_NETS*MAX_ISAS];
    const struct isa *found[MAX_ISAS];
    int status = 0, nnets = 0;
    leftover_begin();
    if (!options_read(&o, argc, argv, &status))
        return status ? status : finish(true);
    if (!strcmp(o.command, "doc")) {
        doc(stdout);
        return finish(true);
    }
    if (!strcmp(o.command, "sweep"))
        return finish(o.run ? sweep_run(&o) : o.table ? sweep_table(&o)
                      : o.list ? sweep_list(&o) : sweep(&o));
    if (!strcmp(o.command, "tune"))
        return finish(tune(&o));
    if (!strcmp(o.command, "export"))
        return finish(export_network(&o));
    if (!strcmp(o.command, "import"))
        return finish(import_model(&o));
    int nfound = find_isas(o.isa, found);
    if (o.inference && !strcmp(o.command, "emit"))
        return finish(emit_inference(&o, found[0], &status));
    for (int k = 0; k < nfound; k++)
        for (int i = 0; i < o.nnets; i++) {
            struct net *net = o.inference ? read_inference(&o, o.net[i], found[k], &status)
                                          : read_net(&o, o.net[i], found[k], NULL, &status);
            if (!net)
                return status ? status : finish(true);
            nets[nnets++] = net;
        }
    if (!has_tuning(&o, nets[0]))
        return 1;
    if (!strcmp(o.command, "show"))
        return finish(show_to(nets[0], &o));
    if (same_names(nets, nnets))
        return 1;
    if (o.lines)
        lines_begin(o.output ? o.output : "standard output");
    if (!strcmp(o.command, "emit"))
        return finish(write_to(nets, nnets, o.split, o.output));
    return build(nets, nnets, o.output) ? 0 : 1;
}
