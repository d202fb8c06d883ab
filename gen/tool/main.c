/*
** main.c - lathe: network file to C program. The passes in their order are the
** body of read_net; the commands differ only in what they do with the result.
*/
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/processors.h"
#include "runtime/base/visible.h"
#include "tool/build.h"
#include "print/emit.h"
#include "read/layers.h"
#include "base/leftover.h"
#include "tool/options.h"
#include "tool/show.h"
#include "tool/sweep.h"
#include "base/text.h"
#include "tool/tune.h"

/* Prints the net and is true if `pass` is the one asked for with -d. */
static bool dumped(const struct net *net, const struct options *o, const char *pass)
{
    if (!o->pass || strcmp(o->pass, pass))
        return false;
    dump(net, pass, stdout);
    return true;
}

/* The file of --tune for a network that was read. */
static bool read_tuning(struct options *o, struct net *net)
{
    if (!o->tune)
        return true;
    net->tuning = alloc(1, sizeof *net->tuning);
    if (!tuning_read(net->tuning, o->tune, net))
        return false;
    o->tuned |= net->tuning->found;
    return true;
}

/* All passes on one file; trial: candidates to take, or NULL. NULL: done after -d, or *status is
** 1 and it was said why. */
static struct net *read_net(struct options *o, const char *path, const struct isa *isa,
                            struct tuning *trial, int *status)
{
    struct net *net = alloc(1, sizeof *net);
    net->isa = isa;
    net->f64 = o->f64;
    net->vl = isa_vl(isa, o->f64);
    net->tuning = trial;
    *status = 1;
    if (!spec_read(net, path, o->set, o->nset) || (!trial && !read_tuning(o, net)))
        return NULL;
    if (o->batch) {
        net->train.batch = o->batch;
        net->train.batch_at.line = 0;
    }
    *status = 0;
    if (dumped(net, o, "spec"))
        return NULL;
    if (!shape(net)) {
        *status = 1;
        return NULL;
    }
    if (dumped(net, o, "shape"))
        return NULL;
    fuse(net);
    if (dumped(net, o, "fuse"))
        return NULL;
    block(net);
    if (o->tune && !trial && !tuning_fits(net->tuning, net)) {
        *status = 1;
        return NULL;
    }
    if (dumped(net, o, "block"))
        return NULL;
    mem(net);
    if (dumped(net, o, "mem"))
        return NULL;
    if (!mem_fits(net)) {
        *status = 1;
        return NULL;
    }
    return net;
}

/* --isa: one instruction set, or the three of x86, widest first. */
static int find_isas(const char *name, const struct isa **found)
{
    static const char *const x86[] = { "avx512", "avx2", "scalar" };
    if (!strcmp(name, "x86")) {
        for (int i = 0; i < 3; i++)
            found[i] = isa_find(x86[i]);
        return 3;
    }
    found[0] = strcmp(name, "native") ? isa_find(name) : isa_native();
    return 1;
}

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
    void (*shown)(const struct net *, int, FILE *) = o->html ? show_page : show;
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
    bool good = claim(program, OUTPUT_PROGRAM) && build_program(nets, nnets, program,
                                                             processors_available());
    if (good)
        visible_print(stderr, "built %s\n", program);
    return good;
}

/* One network of a sweep. */
static bool build_one(struct options *o, const char *program, struct sweep_size *size)
{
    const struct isa *found[3];
    struct net *nets[3];
    int status, n = find_isas(o->isa, found);
    for (int k = 0; k < n; k++) {
        nets[k] = read_net(o, o->net[0], found[k], NULL, &status);
        if (!nets[k])
            return false;
    }
    for (int i = 0; i < nets[0]->nlayers; i++) {
        size->params += nets[0]->layer[i].params;
        size->flop += nets[0]->layer[i].flop_forward + nets[0]->layer[i].flop_backward;
    }
    return build_program(nets, n, program, processors_available());
}

static struct net *read_trial(struct options *o, struct tuning *trial)
{
    const struct isa *found[3];
    int status;
    find_isas(o->isa, found);
    return read_net(o, o->net[0], found[0], trial, &status);
}

static bool build_trial(struct net *net, const char *program, int jobs)
{
    return build_program(&net, 1, program, jobs);
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
    if (fflush(stdout) || ferror(stdout)) {
        visible_print(stderr, "lathe: standard output: cannot be written: %s\n", strerror(errno));
        return 1;
    }
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options o;
    struct net *nets[MAX_NETS*3];
    const struct isa *found[3];
    int status = 0, nnets = 0;
    leftover_begin();
    if (!options_read(&o, argc, argv, &status))
        return status ? status : finish(true);
    if (!strcmp(o.command, "doc")) {
        doc(stdout);
        return finish(true);
    }
    if (!strcmp(o.command, "sweep"))
        return finish(sweep(&o, build_one));
    if (!strcmp(o.command, "tune"))
        return finish(tune(&o, read_trial, build_trial));
    int nfound = find_isas(o.isa, found);
    for (int k = 0; k < nfound; k++)
        for (int i = 0; i < o.nnets; i++) {
            struct net *net = read_net(&o, o.net[i], found[k], NULL, &status);
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
    if (!strcmp(o.command, "emit"))
        return finish(write_to(nets, nnets, o.split, o.output));
    return build(nets, nnets, o.output) ? 0 : 1;
}
