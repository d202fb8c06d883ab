/*
** read.c - takes a network file through the passes; with -d it stops after one and prints.
*/
#include "tool/read.h"

#include <limits.h>
#include <string.h>

#include "runtime/base/visible.h"
#include "base/small.h"
#include "plan/choice.h"
#include "plan/passes.h"
#include "plan/stream.h"
#include "tool/dump.h"

int find_isas(const char *name, const struct isa *found[MAX_ISAS])
{
    static const char *const x86[MAX_ISAS] = { "avx512", "avx2", "scalar" };
    if (!strcmp(name, "x86")) {
        for (int i = 0; i < MAX_ISAS; i++)
            found[i] = isa_find(x86[i]);
        return MAX_ISAS;
    }
    found[0] = strcmp(name, "native") ? isa_find(name) : isa_native();
    return 1;
}

/* What a network is read for; the rest of it comes from the options. */
static struct net *begin(struct options *o, const char *path, const struct isa *isa)
{
    struct net *net = alloc(1, sizeof *net);
    *net = (struct net){ .path = path, .isa = isa, .f64 = o->f64, .vl = isa_vl(isa, o->f64),
                         .batch = o->batch, .set = o->set, .nset = o->nset, .tune = o->tune,
                         .mpi = o->mpi };
    return net;
}

static struct net *through_passes(struct options *o, struct net *net, int *status)
{
    *status = 1;
    for (int k = 0; k < npasses; k++) {
        if (!passes[k].run(net))
            return NULL;
        if (o->pass && !strcmp(o->pass, passes[k].name)) {
            *status = 0;
            dump(net, k, stdout);
            return NULL;
        }
    }
    *status = 0;
    o->tuned |= net->tuning && net->tuning->found;
    return net;
}

struct net *read_net(struct options *o, const char *path, const struct isa *isa,
                     struct tuning *trial, int *status)
{
    struct net *net = begin(o, path, isa);
    net->tuning = trial;
    return through_passes(o, net, status);
}

int read_nets(struct options *o, struct net *nets[MAX_ISAS])
{
    const struct isa *found[MAX_ISAS];
    int status, n = find_isas(o->isa, found);
    for (int k = 0; k < n; k++) {
        nets[k] = read_net(o, o->net[0], found[k], NULL, &status);
        if (!nets[k])
            return 0;
    }
    return n;
}

/* The first layer that goes by Winograd's filtering. */
static int first_winograd(const struct net *net)
{
    int first = net->nlayers;
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        if (tile_rows(net, s))
            first = min_int(first, s->head);
    }
    return first;
}

static bool is_too_large(const struct net *net)
{
    return net->ram && stream_bytes(net) > net->ram;
}

/* Where memory is too little for Winograd's filtering, it goes a row of tiles at a time; then the
** first convolutions go directly: they have the widest maps and the fewest channels, which gain the
** least by it. */
struct net *read_inference(struct options *o, const char *path, const struct isa *isa, int *status)
{
    struct net *net;
    int from = o->fast || (isa->bits && !o->small) ? 0 : INT_MAX;
    bool tight = !isa->bits;
    for (;;) {
        net = begin(o, path, isa);
        net->batch = 1;
        net->inference = true;
        net->small = o->small;
        net->ram = (size_t)o->ram;
        net->tight = tight;
        net->winograd_from = from;
        net = through_passes(o, net, status);
        if (!net || !is_too_large(net) || first_winograd(net) == net->nlayers)
            break;
        if (tight)
            from = first_winograd(net) + 1;
        tight = true;
    }
    if (!net || !is_too_large(net))
        return net;
    visible_print(stderr, "%s: error: %s needs %zu bytes for its maps at least, a band of rows at "
                  "a time; --ram %zu is too little\n", path, net->name, stream_bytes(net),
                  net->ram);
    *status = 1;
    return NULL;
}

struct net *read_text(struct options *o, const char *path, const char *text, int *status)
{
    struct net *net = begin(o, path, isa_native());
    net->text = text;
    return through_passes(o, net, status);
}
