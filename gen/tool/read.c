/*
** read.c - takes a network file through the passes; with -d it stops after one and prints.
*/
#include "tool/read.h"

#include <string.h>

#include "plan/choice.h"
#include "plan/passes.h"
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

static struct net *through_passes(struct options *o, const char *path, const char *text,
                                  const struct isa *isa, struct tuning *trial, bool inference,
                                  int *status)
{
    struct net *net = alloc(1, sizeof *net);
    *net = (struct net){ .path = path, .text = text, .isa = isa, .f64 = o->f64,
                         .vl = isa_vl(isa, o->f64),
                         .batch = o->batch, .set = o->set, .nset = o->nset, .tune = o->tune,
                         .tuning = trial, .inference = inference,
                         .mpi = o->mpi, .small = o->small,
                         .winograd = o->fast || (isa->bits && !o->small),
                         .ram = inference ? (size_t)o->ram : 0 };
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
    return through_passes(o, path, NULL, isa, trial, false, status);
}

struct net *read_inference(struct options *o, const char *path, const struct isa *isa, int *status)
{
    return through_passes(o, path, NULL, isa, NULL, true, status);
}

struct net *read_text(struct options *o, const char *path, const char *text, int *status)
{
    return through_passes(o, path, text, isa_native(), NULL, false, status);
}
