/*
** targets_lathe.c - what lathe itself reads: network files and all that is made of one, models of
** ONNX, parameter files, tuning files, lists of runs and their results, its command line.
*/
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "base/text.h"
#include "exchange/export.h"
#include "exchange/import.h"
#include "exchange/initialisers.h"
#include "exchange/torch.h"
#include "plan/choice.h"
#include "plan/tuning.h"
#include "print/emit.h"
#include "sweep/table.h"
#include "tool/build.h"
#include "tool/read.h"
#include "tool/show.h"

/* Of how many layers at most networks are printed. A program takes a hundred times as long as all
** else: one of a few networks becomes one. */
enum { PRINTED_LAYERS = 10, PROGRAMS = 16 };

/* All that lathe prints of a network, by turns. */
static void print_all(struct net *net, unsigned turn)
{
    char *text = NULL;
    size_t size = 0;
    struct text torch = { 0 };
    const struct torch_images images = { .kind = PREPROCESS_NONE };
    FILE *out = open_memstream(&text, &size);
    if (turn % PROGRAMS == 0)
        emit(&net, 1, true, out);
    else if (turn % 3 == 0)
        show_page(net, 2, out);
    else if (turn % 3 == 1)
        torch_module(net, &images, &torch);
    else
        show_plan(net, 2, out);
    fclose(out);
    /* All lines of what ends on a terminal, too. */
    for (char *s = text, *end; s < text + size; s = end + 1) {
        end = s + strcspn(s, "\n");
        *end = 0;
        fuzz_visible(s);
    }
    free(text);
    text_free(&torch);
}

static void network(const uint8_t *bytes, size_t size)
{
    static const char *const isas[] = { "avx2", "scalar", "avx512", "neon" };
    static unsigned turn;
    struct options o = { .isa = isas[turn++/PROGRAMS % 4], .f64 = turn % 3 == 0 };
    int status;
    const struct isa *isa = isa_find(o.isa);
    struct net *net;
    fuzz_file("f.net", bytes, size);
    if (turn % PROGRAMS == 7)
        net = read_inference(&o, "f.net", isa, &status);
    else if ((net = read_net(&o, "f.net", isa, NULL, &status)) && net->nlayers <= PRINTED_LAYERS)
        print_all(net, turn);
}

static void onnx(const uint8_t *bytes, size_t size)
{
    struct imported m;
    struct options o = { .isa = "avx2", .batch = 1 };
    int status;
    fuzz_file("m.onnx", bytes, size);
    if (!import_open(&m, "m.onnx") || !import_read(&m, "m.onnx", "m"))
        return;
    struct net *net = read_text(&o, "m.net", text_string(&m.file), &status);
    for (int k = 0; net && k < net->nparams; k++) {
        import_param(&m, net, &net->param[k]);
        import_called(&m, net, &net->param[k]);
    }
    if (net && net->nlayers <= PRINTED_LAYERS)
        print_all(net, (unsigned)size);
}

/* A network with every kind of parameter. */
static const char every_param[] =
    "net params\ninput 2x4x4\nconv 3 3x3\nbatchnorm\nprelu\ndeconv 2 2x2\naffine 3\nsoftmax\n";

static struct net *param_net(void)
{
    struct options o = { .isa = "avx2", .batch = 1 };
    int status;
    return read_text(&o, "params.net", every_param, &status);
}

/* As `export --params` reads them and `import --weights` does. */
static void params(const uint8_t *bytes, size_t size)
{
    struct net *net = param_net();
    struct parameters p;
    struct export_options e = { .fold = true };
    struct text out = { 0 };
    char err[ERR_SIZE] = "";
    fuzz_file("p.safetensors", bytes, size);
    if (parameters_read(&p, "p.safetensors", net, err)) {
        export_onnx(net, &p, &e, &out, err);
        parameters_free(&p);
    }
    text_free(&out);
    fuzz_visible(err);
}

static void tuning(const uint8_t *bytes, size_t size)
{
    struct options o = { .isa = "avx2", .tune = "t.tune" };
    int status;
    fuzz_file("t.tune", bytes, size);
    read_text(&o, "params.net", every_param, &status);
}

static void list(const uint8_t *bytes, size_t size)
{
    struct list l;
    struct table t;
    char err[ERR_SIZE] = "";
    fuzz_file("l", bytes, size);
    if (list_read(&l, "l", err)) {
        const char *command = list_command(&l, (long)size % (l.lines + 1), err);
        if (command)
            run_line_command(command);
        *err = 0;
        /* Results are files, which a list may name anywhere. */
        if (!memchr(bytes, '/', size) && table_read(&t, &l, err)) {
            table_print(&t, stdout);
        }
    }
    fuzz_visible(err);
}

/* A run's result, and the page and tables that show it. */
static void result(const uint8_t *bytes, size_t size)
{
    static const char line[] = "cd . && ./p train --lr 1 --tag 'lr=1,<b>=\"\x1b&x,seed=1' "
                               "--result r.json\n";
    struct list l;
    struct table t;
    char err[ERR_SIZE] = "";
    fuzz_file("l", line, sizeof line - 1);
    fuzz_file("r.json", bytes, size);
    if (list_read(&l, "l", err) && table_read(&t, &l, err)) {
        FILE *none = fopen("/dev/null", "w");
        table_print(&t, stdout);
        table_csv(&t, none);
        table_page(&t, none);
        fclose(none);
    }
    fuzz_visible(err);
}

static void command_line(const uint8_t *bytes, size_t size)
{
    struct options o;
    int argc, status;
    char **argv = fuzz_words(bytes, size, &argc);
    if (argv)
        options_read(&o, argc, argv, &status);
}

const struct fuzz_target fuzz_lathe[] = {
    { "network", network, NULL, false },
    { "onnx", onnx, NULL, false },
    { "params", params, NULL, false },
    { "tuning", tuning, NULL, false },
    { "list", list, NULL, false },
    { "result", result, NULL, false },
    { "lathe_options", command_line, NULL, false },
    { 0 }
};
