/*
** main.c - the entry of every generated program: chooses the network and the
** instruction set, then the command. No vector code may run before that.
*/
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/stream.h"
#include "base/synonyms.h"
#include "base/version.h"
#include "base/visible.h"
#include "command/command.h"
#include "core/cpu.h"
#include "core/model.h"
#include "core/ranks.h"
#include "train/interrupt.h"

struct main_command { const char *name; command_fn *run; const char *meaning; };

static const struct main_command main_commands[] = {
    { "train", command_train, "train the network and save its best parameters" },
    { "eval", command_eval, "accuracy of saved parameters" },
    { "predict", command_predict, "classes of images: PNG, PPM, PGM, .npy, CIFAR's records" },
    { "sweep", command_sweep, "search for a learning rate and regularisation" },
    { "gradcheck", command_gradcheck, "gradients against central differences (f64)" },
    { "dump", command_dump, "scores, loss and gradients of one batch, to compare" },
    { "bench", command_bench, "time and GFLOP/s of every stage" },
    { "info", command_info, "the network and the data" },
};

static void main_help(const char *name, FILE *out)
{
    visible_print(out, "usage: %s COMMAND [options]\n\n", name);
    for (int k = 0; k < COMMAND_COUNT(main_commands); k++)
        fprintf(out, "  %-11s%s\n", main_commands[k].name, main_commands[k].meaning);
    visible_print(out, "\n%s COMMAND --help tells a command's options; --version, who made "
                  "this.\n", name);
}

static const struct main_command *main_find(const struct program *p, const char *word)
{
    static const struct synonym synonyms[] = {
        { "train", "fit learn training" }, { "eval", "test evaluate validate score accuracy" },
        { "predict", "infer inference classify run" }, { "sweep", "search tune gridsearch" },
        { "gradcheck", "gradientcheck checkgradients" }, { "bench", "benchmark profile time" },
        { "info", "describe summary show" },
    };
    const char *same = synonym_of(synonyms, COMMAND_COUNT(synonyms), word);
    const struct main_command *nearest = NULL;
    int best = 0;
    for (int k = 0; k < COMMAND_COUNT(main_commands); k++) {
        if (strcmp(word, main_commands[k].name) == 0)
            return &main_commands[k];
        bool meant = same && strcmp(same, main_commands[k].name) == 0;
        int slips = meant ? 0 : nearest_slips(word, main_commands[k].name);
        if (slips >= 0 && (!nearest || slips < best)) {
            best = slips;
            nearest = &main_commands[k];
        }
    }
    if (nearest)
        command_usage(p, "unknown command '%s'; did you mean %s?", word, nearest->name);
    else
        command_usage(p, "unknown command '%s'; see %s --help", word, p->name);
    return NULL;
}

/* The names of the program's networks, or of one network's instruction sets. */
static void main_list(const char *network, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (int k = 0; k < lathe_nmodels; k++) {
        const struct model *m = lathe_models[k];
        bool first = k == 0 || strcmp(m->name, lathe_models[k - 1]->name) != 0;
        if (network ? strcmp(m->name, network) != 0 : !first)
            continue;
        int n = snprintf(out + at, size - at, "%s%s", at ? ", " : "",
                         network ? m->isa : m->name);
        if (n < 0 || (size_t)n >= size - at)
            return;
        at += (size_t)n;
    }
}

/* The widest instruction set that runs here, or the one asked for. */
static const struct model *main_choose(const char *network, const char *isa, bool *known)
{
    *known = false;
    for (int k = 0; k < lathe_nmodels; k++) {
        const struct model *m = lathe_models[k];
        if (strcmp(m->name, network) != 0 || (isa && strcmp(m->isa, isa) != 0))
            continue;
        *known = true;
        if (cpu_has(m->isa))
            return m;
    }
    return NULL;
}

static bool main_has_network(const char *network)
{
    for (int k = 0; k < lathe_nmodels; k++)
        if (strcmp(lathe_models[k]->name, network) == 0)
            return true;
    return false;
}

/* The network's last instruction set is its least demanding. */
static const char *main_least_isa(const char *network)
{
    const char *isa = "";
    for (int k = 0; k < lathe_nmodels; k++)
        if (strcmp(lathe_models[k]->name, network) == 0)
            isa = lathe_models[k]->isa;
    return isa;
}

/* Sets p->model; else returns the exit status of the message it printed. */
static int main_select(struct program *p, int argc, char **argv)
{
    char list[ERR_SIZE];
    bool known;
    const char *network = options_peek("--network", argc, argv);
    const char *isa = options_peek("--isa", argc, argv);
    if (!network)
        network = lathe_models[0]->name;
    if (!main_has_network(network)) {
        main_list(NULL, list, sizeof list);
        return command_usage(p, "--network: no network '%s' in this program; it has %s",
                             network, list);
    }
    p->model = main_choose(network, isa, &known);
    if (p->model)
        return STATUS_DONE;
    main_list(network, list, sizeof list);
    if (!known)
        return command_usage(p, "--isa: %s is not built for '%s'; it has %s", isa, network,
                             list);
    return command_fault(p, "this program is built for %s, and this processor lacks %s; "
                         "build one that runs here with `lathe build --isa native` on this "
                         "machine, or --isa x86 for every x86-64", list,
                         cpu_needs(isa ? isa : main_least_isa(network)));
}

/* A program whose bits are others than everybody's must not begin. */
static bool main_exact(const struct model *m, char *err)
{
    volatile real one = 1, small = LATHE_F64 ? (real)0x1p-27 : (real)0x1p-13;
    return cpu_arithmetic_exact(err)
           && (m->exact(one, small)
               || error_set(err, "the kernels of this program were compiled so that a*b + c is one "
                            "operation: compile it without -ffp-contract=fast and without "
                            "-ffast-math"));
}

static int main_run(struct program *p, int argc, char **argv)
{
    char err[ERR_SIZE];
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        main_help(p->name, stderr);
        return STATUS_USAGE;
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        if (argc == 2) {
            main_help(p->name, stdout);
            return STATUS_DONE;
        }
        /* `help train` is `train --help` */
        char help[] = "--help", *words[] = { help };
        const struct main_command *c = main_find(p, argv[2]);
        p->model = lathe_models[0];
        return c ? c->run(p, 1, words) : STATUS_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        printf("%s: made by lathe %s\n", p->name, LATHE_VERSION);
        return STATUS_DONE;
    }
    const struct main_command *c = main_find(p, word);
    if (!c)
        return STATUS_USAGE;
    /* Help must be had on any processor: it runs no vector code. */
    p->model = lathe_models[0];
    if (!options_ask_help(argc - 2, argv + 2)) {
        int status = main_select(p, argc - 2, argv + 2);
        if (status != STATUS_DONE)
            return status;
        if (!main_exact(p->model, err))
            return command_fault(p, "%s", err);
    }
    return ranks_number() > 0 && c->run != command_train ? STATUS_DONE
           : c->run(p, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *called = argc > 0 ? argv[0] : "lathe";
    struct program p = { .name = slash ? slash + 1 : called, .called = called };
    ranks_begin(&argc, &argv);
    cpu_arithmetic_begin();
    interrupt_begin();
    int status = main_run(&p, argc, argv);
    /* A full disk shows only here: what was printed is perhaps not written. */
    const char *failure = stream_end();
    if (failure && status == STATUS_DONE) {
        visible_print(stderr, "%s: standard output: cannot be written: %s\n", p.name, failure);
        status = STATUS_FAULT;
    }
    return ranks_end(status);
}
