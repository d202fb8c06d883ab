/*
** options.c - the command line of lathe: one table of commands, one of options.
*/
#include "tool/options.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/synonyms.h"
#include "runtime/base/version.h"
#include "runtime/base/visible.h"
#include "plan/passes.h"
#include "read/layers.h"
#include "tool/options_sweep.h"

/* Commands, as bits: which take an option. */
enum { FOR_EMIT = 1, FOR_BUILD = 2, FOR_SHOW = 4, FOR_SWEEP = 8, FOR_TUNE = 16, FOR_DOC = 32,
       FOR_EXPORT = 64, FOR_IMPORT = 128,
       FOR_PROGRAMS = FOR_EMIT | FOR_BUILD | FOR_SHOW | FOR_SWEEP | FOR_TUNE,
       FOR_NETS = FOR_PROGRAMS | FOR_EXPORT,
       FOR_ALL = FOR_NETS | FOR_IMPORT | FOR_DOC };

static const struct command_def commands[] = {
    { "emit", FOR_EMIT, "lathe emit NET... [-o FILE.c] [options]",
      "Prints one self-contained C file, or with --split only the network's part,\n"
      "to be linked with runtime/liblathe.a (f64: liblathe64.a). With --inference a pair of\n"
      "files that only run the network, without a library: FILE.c and FILE.h." },
    { "build", FOR_BUILD, "lathe build NET... [-o PROGRAM] [options]",
      "Emits and compiles with ${CC:-cc}. PROGRAM is the network's name unless said." },
    { "show", FOR_SHOW, "lathe show NET [--plan | --html] [-o FILE] [options]",
      "Layers, shapes, parameters, work, algorithms, register tiles, memory, a forecast;\n"
      "with --plan all that was decided, with --html a page that draws the network." },
    { "sweep", FOR_SWEEP, "lathe sweep NET --set NAME=A,B,... [--set ...] [-- TRAIN OPTIONS]\n"
      "  lathe sweep NET --list FILE [--grid ...] [--seeds 1-10] [-- ...]\n"
      "  lathe sweep --run FILE --line N\n"
      "  lathe sweep --table FILE [--csv] [-o FILE.html]",
      "Builds the network for every combination of the values, trains each, and tabulates\n"
      "parameters, work and validation accuracy. What stands after -- goes to `train`:\n"
      "--epochs 1, --train-samples 5000. With --list nothing is trained: FILE has a command\n"
      "a line, for GNU parallel, SLURM's job arrays or a loop; --run runs one of them,\n"
      "--table tabulates what there is so far. Programs and results lie in FILE.d." },
    { "tune", FOR_TUNE, "lathe tune NET [-o FILE.tune] [options] [-- BENCH OPTIONS]",
      "Measures the register tiles and blocks that could be chosen on this CPU and writes the\n"
      "fastest into a file for --tune; takes minutes. No bit of any result depends on it." },
    { "export", FOR_EXPORT, "lathe export NET (--params FILE | --torch) [-o FILE] [options]",
      "Writes the network with its parameters as a model of ONNX (opset 17, images\n"
      "(N, C, H, W) in, scores out) to NAME.onnx unless said; with --torch prints a\n"
      "module of PyTorch that load_state_dict fills from the network's parameter files." },
    { "import", FOR_IMPORT, "lathe import MODEL.onnx [-o NAME] [--check X.npy Y.npy]",
      "Writes a model of ONNX (opsets 7 to 21) as a network file, NAME.net, and its\n"
      "parameters, NAME.safetensors, for the program that `lathe build NAME.net` makes.\n"
      "NAME is the model's unless said. What cannot be said is named, all of it, and\n"
      "nothing is written." },
    { "doc", FOR_DOC, "lathe doc", "The network file's whole vocabulary." },
};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

/* At most 64, as bits of those that were given. */
static const struct option_def option_defs[] = {
    { "-o", FOR_ALL & ~FOR_DOC, "FILE",
      "what to write" },
    { "--isa", FOR_PROGRAMS, "NAME",
      "scalar, avx2, avx512, neon, native (this CPU's, the default), or\n"
      "x86: scalar, avx2 and avx512 in one program; with --inference also c,\n"
      "C99 for any processor (the default there), cortex-m and wasm" },
    { "--dtype", FOR_PROGRAMS, "TYPE", "f32 (the default) or f64" },
    { "--set", FOR_NETS, "NAME=VALUE",
      "overrides a `let`; for sweep several values, with commas" },
    { "--grid", FOR_SWEEP, "NAME=VALUES",
      "with --list: values of a `let` or of an option of `train`, A,B,... or\n"
      "LOW:HIGH:log5 or LOW:HIGH:lin5" },
    { "--seeds", FOR_SWEEP, "LIST", "with --list: 1-10, or 1,2,5; 1 unless said" },
    { "--list", FOR_SWEEP, "FILE", "where runs are written, one a line" },
    { "--run", FOR_SWEEP, "FILE", "a list of which one line is run" },
    { "--line", FOR_SWEEP, "N", "which one, from 1; done lines say so" },
    { "--table", FOR_SWEEP, "FILE", "a list whose results are tabulated; -o writes a page, too" },
    { "--csv", FOR_SWEEP, NULL, "with --table: comma-separated" },
    { "--batch", FOR_PROGRAMS, "N", "the most images of one step" },
    { "--tune", FOR_EMIT | FOR_BUILD | FOR_SHOW, "FILE",
      "tiles and blocks from a file that lathe tune wrote" },
    { "--split", FOR_EMIT, NULL, "without the runtime" },
    { "--lines", FOR_EMIT, NULL,
      "with #line: debuggers and compilers name the template's lines" },
    { "--mpi", FOR_EMIT | FOR_BUILD, NULL,
      "processes under mpirun share the images of a step, to the same bits;\n"
      "compiled with ${MPICC:-mpicc}" },
    { "--plan", FOR_SHOW, NULL, "and the layout of maps, the regions of a step, every buffer" },
    { "--html", FOR_SHOW, NULL, "a page for a browser" },
    { "--check", FOR_IMPORT, "X.npy Y.npy",
      "builds the program, and compares what it makes of the images X,\n"
      "in the model's own shape, with Y: at most 1e-5 of the largest apart" },
    { "--weights", FOR_IMPORT | FOR_EMIT, "FILE",
      "import: safetensors in place of the model's own weights, by the model's\n"
      "names, by the network's, else by order and shape; emit --inference:\n"
      "inline (the default), or blob: in NAME.weights, for the program to\n"
      "hand over" },
    { "--inference", FOR_EMIT | FOR_SHOW, NULL,
      "what only runs the network, with --params: NAME_run(); show: its\n"
      "memory over time" },
    { "--fast", FOR_EMIT | FOR_SHOW, NULL,
      "with --inference: Winograd's filters as programs have them, four\n"
      "times as large; what vectors do unless said" },
    { "--small", FOR_EMIT | FOR_SHOW, NULL,
      "with --inference: without them, as c and cortex-m are unless said,\n"
      "and with loops that are not written out" },
    { "--ram", FOR_EMIT | FOR_SHOW, "BYTES",
      "with --inference: the fastest that works in so many" },
    { "--params", FOR_EXPORT | FOR_EMIT, "FILE", "the parameters, as `train` saves them" },
    { "--torch", FOR_EXPORT, NULL, "a module of PyTorch, to standard output unless -o is given" },
    { "--fold", FOR_EXPORT, NULL, "batchnorms go into the weights of the layers before them" },
    { "--softmax", FOR_EXPORT, NULL, "probabilities instead of scores (bce: of each score)" },
    { "--with-preprocessing", FOR_EXPORT, NULL,
      "takes pixels from 0 to 255 and prepares them as training did" },
    { "--range", FOR_EXPORT | FOR_EMIT, "LO,HI",
      "with --with-preprocessing or --inference: what 0 and 255 were in\n"
      "training, where the parameter file does not tell; one pair, or one for\n"
      "each channel" },
    { "-d", FOR_EMIT | FOR_BUILD | FOR_SHOW, "PASS",
      "prints what a pass decided:" },
    { "--help", FOR_ALL, NULL, "this text" },
    { "--version", FOR_ALL, NULL, "the version" },
};
enum { NOPTIONS = sizeof option_defs / sizeof *option_defs };

const struct command_def *command_table(int *count)
{
    *count = NCOMMANDS;
    return commands;
}

const struct option_def *option_table(int *count)
{
    *count = NOPTIONS;
    return option_defs;
}

const char *const *option_choices(const char *option)
{
    enum { MOST = 16 };
    static const char *names[MOST + 1];
    assert(npasses <= MOST);
    for (int k = 0; k < npasses; k++)
        names[k] = passes[k].name;
    static const char *const isa_words[] = { "scalar", "avx2", "avx512", "neon", "native",
                                             "x86", "c", "cortex-m", "wasm", NULL };
    static const char *const dtypes[] = { "f32", "f64", NULL };
    return !strcmp(option, "--isa") ? isa_words : !strcmp(option, "--dtype") ? dtypes
           : !strcmp(option, "-d") ? names : NULL;
}

/* What `-d` takes, a line each. */
static void put_passes(FILE *out)
{
    for (int k = 0; k < npasses; k++)
        fprintf(out, "\n                     %-8s %s", passes[k].name, passes[k].what);
}

static void help(FILE *out, const char *command)
{
    int bits = command ? 0 : FOR_ALL;
    if (!command)
        fputs("lathe turns a network file into a C program that trains and runs it.\n\n", out);
    for (int i = 0; i < NCOMMANDS; i++)
        if (!command || !strcmp(command, commands[i].word)) {
            bits |= commands[i].bit;
            fprintf(out, "  %s\n      ", commands[i].synopsis);
            for (const char *s = commands[i].help; *s; s++)
                fprintf(out, *s == '\n' ? "\n      " : "%c", *s);
            fputc('\n', out);
        }
    fputs("\nOptions:\n", out);
    for (int i = 0; i < NOPTIONS; i++) {
        if (!(option_defs[i].commands & bits))
            continue;
        char left[32];
        snprintf(left, sizeof left, "%s%s%s", option_defs[i].word,
                 option_defs[i].argument ? " " : "",
                 option_defs[i].argument ? option_defs[i].argument : "");
        fprintf(out, strlen(left) > 18 ? "  %s\n                     " : "  %-18s ", left);
        for (const char *s = option_defs[i].help; *s; s++)
            fprintf(out, *s == '\n' ? "\n                     " : "%c", *s);
        if (!strcmp(option_defs[i].word, "-d"))
            put_passes(out);
        fputc('\n', out);
    }
    if (!command)
        fputs("\nFirst steps: lathe build models/three_layer.net && ./three_layer train\n", out);
}

static bool usage(int *status, const char *format, const char *a, const char *b)
{
    fputs("lathe: ", stderr);
    visible_print(stderr, format, a, b);
    fputs("; lathe --help tells more\n", stderr);
    *status = 2;
    return false;
}

static bool set_option(struct options *o, const char *argument, int *status)
{
    const char *equals = strchr(argument, '=');
    if (!equals || equals == argument)
        return usage(status, "--set takes NAME=VALUE, not \"%s\"%s", argument, "");
    if (o->nset == MAX_SETTINGS)
        return usage(status, "too many --set%s%s", "", "");
    struct setting *s = &o->set[o->nset++];
    size_t length = (size_t)(equals - argument);
    char *name = alloc(length + 1, 1), *end;
    memcpy(name, argument, length);
    s->name = name;
    const char *at = equals + 1;
    do {
        double value = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !isfinite(value))
            return usage(status, "--set %s: \"%s\" is no number", name, at);
        if (s->count == MAX_VALUES)
            return usage(status, "--set %s: too many values%s", name, "");
        s->list[s->count++] = value;
        at = end + 1;
    } while (*end == ',');
    s->value = s->list[0];
    return true;
}

static bool one_of(const char *argument, const char *option, int *status)
{
    const char *const *known = option_choices(option);
    int n = 0;
    for (; known[n]; n++)
        if (!strcmp(argument, known[n]))
            return true;
    const char *near = nearest(argument, known, n);
    char message[160];
    snprintf(message, sizeof message, "%s: unknown \"%%s\"%s%s%s%%s", option,
             near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return usage(status, message, argument, "");
}

static void take_flag(struct options *o, const char *option)
{
    const struct { const char *word; bool *flag; } flags[] = {
        { "--split", &o->split }, { "--lines", &o->lines }, { "--plan", &o->plan },
        { "--html", &o->html }, { "--torch", &o->torch }, { "--fold", &o->fold },
        { "--softmax", &o->softmax }, { "--with-preprocessing", &o->prepare },
        { "--inference", &o->inference }, { "--fast", &o->fast }, { "--small", &o->small },
        { "--csv", &o->csv }, { "--mpi", &o->mpi },
    };
    for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
        if (!strcmp(option, flags[k].word))
            *flags[k].flag = true;
}

static bool take(struct options *o, const char *option, const char *argument, int *status)
{
    if (!strcmp(option, "-o")) {
        o->output = argument;
    } else if (!strcmp(option, "--isa")) {
        o->isa = argument;
        return one_of(argument, option, status);
    } else if (!strcmp(option, "--dtype")) {
        o->f64 = !strcmp(argument, "f64");
        return one_of(argument, option, status);
    } else if (!strcmp(option, "--tune")) {
        o->tune = argument;
    } else if (!strcmp(option, "--set")) {
        return set_option(o, argument, status);
    } else if (!strcmp(option, "-d")) {
        o->pass = argument;
        return one_of(argument, option, status);
    } else if (!strcmp(option, "--batch")) {
        char *end;
        long n = strtol(argument, &end, 10);
        if (*end || end == argument || n < 1 || n > 65536)
            return usage(status, "--batch takes a whole number from 1 to 65536, not \"%s\"%s",
                         argument, "");
        o->batch = (int)n;
    } else if (!strcmp(option, "--params")) {
        o->params = argument;
    } else if (!strcmp(option, "--check")) {
        o->check[o->check[0] != NULL] = argument;
    } else if (!strcmp(option, "--weights")) {
        o->weights = argument;
    } else if (!strcmp(option, "--ram")) {
        char *end;
        o->ram = strtol(argument, &end, 10);
        if (*end || end == argument || o->ram < 1 || o->ram > 1L << 40)
            return usage(status, "--ram takes a number of bytes, not \"%s\"%s", argument, "");
    } else if (!strcmp(option, "--range")) {
        o->range = argument;
    } else if (!strcmp(option, "--list")) {
        o->list = argument;
    } else if (!strcmp(option, "--run")) {
        o->run = argument;
    } else if (!strcmp(option, "--table")) {
        o->table = argument;
    } else if (!strcmp(option, "--grid") || !strcmp(option, "--seeds")
               || !strcmp(option, "--line")) {
        char err[ERR_SIZE];
        if (!sweep_option(o, option, argument, err))
            return usage(status, "%s%s", err, "");
    } else {
        take_flag(o, option);
    }
    return true;
}

/* given: the options so far, as bits of option_defs. */
static bool read_option(struct options *o, int argc, char **argv, int *i, uint64_t *given,
                        int *status)
{
    const char *known[NOPTIONS];
    for (int k = 0; k < NOPTIONS; k++) {
        known[k] = option_defs[k].word;
        size_t length = strlen(known[k]);
        const bool two = !strcmp(known[k], "--check");
        bool joined = !strncmp(argv[*i], known[k], length) && argv[*i][length] == '='
                      && option_defs[k].argument && length > 2 && !two;
        if (strcmp(argv[*i], known[k]) && !joined)
            continue;
        *given |= UINT64_C(1) << k;
        if (!strcmp(known[k], "--help") || !strcmp(known[k], "--version")) {
            if (known[k][2] == 'h')
                help(stdout, o->command);
            else
                puts("lathe " LATHE_VERSION);
            *status = 0;
            return false;
        }
        if (joined)
            return take(o, known[k], argv[*i] + length + 1, status);
        if (!option_defs[k].argument)
            return take(o, known[k], NULL, status);
        if (++*i == argc)
            return usage(status, "%s is to be followed by %s", known[k], option_defs[k].argument);
        if (two && *i + 1 == argc)
            return usage(status, "%s is to be followed by %s", known[k], option_defs[k].argument);
        if (two)
            o->check[0] = argv[(*i)++];
        return take(o, known[k], argv[*i], status);
    }
    static const struct synonym synonyms[] = {
        { "-o", "output out" }, { "--isa", "arch target march cpu simd" },
        { "--dtype", "precision type double float32 float64" }, { "--set", "define d param" },
        { "--batch", "batchsize minibatch bs b" }, { "--tune", "tuning tunefile" },
        { "--params", "weights parameters" },
        { "--with-preprocessing", "preprocessing preprocess" },
    };
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argv[*i], "="), argv[*i]);
    const char *near = synonym_of(synonyms, sizeof synonyms / sizeof *synonyms, name);
    near = near ? near : nearest(name, known, NOPTIONS);
    if (near)
        return usage(status, "unknown option %s; did you mean %s?", argv[*i], near);
    return usage(status, "unknown option %s%s", argv[*i], "");
}

static bool read_command(struct options *o, const char *word, int *status)
{
    const char *known[NCOMMANDS + 1];
    for (int i = 0; i < NCOMMANDS; i++) {
        known[i] = commands[i].word;
        if (!strcmp(word, known[i])) {
            o->command = known[i];
            return true;
        }
    }
    if (!strcmp(word, "help")) {
        help(stdout, NULL);
        *status = 0;
        return false;
    }
    static const struct synonym synonyms[] = {
        { "build", "compile make cc" }, { "emit", "generate gen codegen print" },
        { "export", "onnx torch pytorch convert" }, { "import", "from load" },
        { "show", "summary describe info" }, { "sweep", "search gridsearch" },
        { "tune", "autotune optimize" }, { "doc", "docs man reference" },
    };
    static const char programs[] = " train fit eval test predict infer bench gradcheck ";
    const char *near = synonym_of(synonyms, sizeof synonyms / sizeof *synonyms, word);
    char padded[64];
    snprintf(padded, sizeof padded, " %s ", word);
    if (strstr(programs, padded))
        return usage(status, "\"%s\" is for the program that `lathe build NET` makes: ./NAME "
                     "%s", word, word);
    near = near ? near : nearest(word, known, NCOMMANDS);
    if (near)
        return usage(status, "unknown command \"%s\"; did you mean \"%s\"?", word, near);
    return usage(status, "unknown command \"%s\"%s", word, "");
}

/* Commands whose words after `--` are for the programs that they run; else it ends options. */
static bool takes_rest(const char *command)
{
    return command && (!strcmp(command, "sweep") || !strcmp(command, "tune"));
}

static bool check_export(const struct options *o, int *status)
{
    if (o->torch && (o->fold || o->softmax))
        return usage(status, "--torch prints the layers of the network file as they are: it goes "
                     "without --fold and --softmax%s%s", "", "");
    if (!o->torch && !o->params)
        return usage(status, "export: which parameters? --params FILE%s%s", "", "");
    if (o->range && !o->prepare)
        return usage(status, "--range says how --with-preprocessing prepares images: it does not "
                     "go without%s%s", "", "");
    return true;
}

/* With --inference, and without. */
static bool check_inference(const struct options *o, uint64_t given, int *status)
{
    static const char *const others[] = { "--dtype", "--batch", "--tune", "--split", "--lines",
                                          "--plan", "--html" };
    static const char *const own[] = { "--params", "--weights", "--ram", "--range", "--fast",
                                       "--small" };
    for (int k = 0; k < NOPTIONS; k++) {
        const char *word = option_defs[k].word;
        for (size_t i = 0; i < sizeof others / sizeof *others && o->inference; i++)
            if (given & UINT64_C(1) << k && !strcmp(word, others[i]))
                return usage(status, "--inference goes without %s%s", word, "");
        for (size_t i = 0; i < sizeof own / sizeof *own && !o->inference; i++)
            if (given & UINT64_C(1) << k && !strcmp(word, own[i]) && strcmp(o->command, "import"))
                return usage(status, "%s is for emit --inference%s", word, "");
    }
    if (!o->inference)
        return true;
    if (o->fast && o->small)
        return usage(status, "--fast goes without --small%s%s", "", "");
    if (!o->params && !o->pass && !strcmp(o->command, "emit"))
        return usage(status, "emit --inference: which parameters? --params FILE%s%s", "", "");
    if (o->nnets > 1)
        return usage(status, "emit --inference takes one network file%s%s", "", "");
    if (!strcmp(o->isa, "x86") || !strcmp(o->isa, "scalar"))
        return usage(status, "--inference takes --isa c (the default), cortex-m, avx2, "
                     "avx512, neon, wasm or native, not %s%s", o->isa, "");
    if (o->weights && strcmp(o->weights, "inline") && strcmp(o->weights, "blob"))
        return usage(status, "--weights takes inline or blob with --inference, not \"%s\"%s",
                     o->weights, "");
    return true;
}

/* Options that a command would not look at are wrong usage. */
static bool check_given(struct options *o, uint64_t given, int *status)
{
    int command = 0;
    while (strcmp(o->command, commands[command].word))
        command++;
    for (int k = 0; k < NOPTIONS; k++)
        if (given & UINT64_C(1) << k && !(option_defs[k].commands & commands[command].bit))
            return usage(status, "%s takes no %s", o->command, option_defs[k].word);
    if (o->pass && o->output)
        return usage(status, "-d %s prints to standard output: it goes without -o%s", o->pass, "");
    if (!strcmp(o->command, "export"))
        return check_export(o, status);
    if (!o->isa)
        o->isa = o->inference ? "c" : "native";
    if (!o->inference && isa_find(o->isa) && isa_find(o->isa)->inference)
        return usage(status, "--isa %s is for emit --inference%s", o->isa, "");
    if (!check_inference(o, given, status))
        return false;
    if (o->mpi && (o->split || o->inference))
        return usage(status, "--mpi goes without %s%s", o->split ? "--split" : "--inference", "");
    if (o->plan && o->html)
        return usage(status, "--plan prints tables: it goes without --html%s%s", "", "");
    return true;
}

bool options_read(struct options *o, int argc, char **argv, int *status)
{
    uint64_t given = 0;
    char err[ERR_SIZE];
    *o = (struct options){ .isa = NULL };
    bool operands = false;
    for (int i = 1; i < argc; i++) {
        if (!operands && !strcmp(argv[i], "--")) {
            operands = true;
            if (!takes_rest(o->command))
                continue;
            o->rest = argv + i + 1;
            o->nrest = argc - i - 1;
            break;
        }
        if (!operands && argv[i][0] == '-' && argv[i][1]) {
            if (!read_option(o, argc, argv, &i, &given, status))
                return false;
        } else if (!o->command) {
            if (!read_command(o, argv[i], status))
                return false;
        } else if (o->nnets == MAX_NETS) {
            return usage(status, "too many network files%s%s", "", "");
        } else {
            o->net[o->nnets++] = argv[i];
        }
    }
    if (!o->command) {
        help(stderr, NULL);
        *status = 2;
        return false;
    }
    if (!check_given(o, given, status))
        return false;
    if (o->output && !strcmp(o->output, "-")) {     /* standard output, where text goes anyway */
        const bool files = o->inference && !strcmp(o->command, "emit");
        if (files || (strcmp(o->command, "emit") && strcmp(o->command, "show") && !o->torch))
            return usage(status, "%s writes %s", o->command,
                         files ? "files: -o NAME.c" : "a file: -o FILE");
        o->output = NULL;
    }
    bool is_doc = !strcmp(o->command, "doc"), imports = !strcmp(o->command, "import");
    if (is_doc && o->nnets)
        return usage(status, "doc takes no network file (\"%s\")%s", o->net[0], "");
    if (!is_doc && !o->nnets && !o->run && !o->table)
        return usage(status, imports ? "%s: which model?%s" : "%s: which network file?%s",
                     o->command, "");
    if (imports && o->nnets > 1)
        return usage(status, "%s takes one model%s", o->command, "");
    bool sweeps = !strcmp(o->command, "sweep");
    bool tunes = !strcmp(o->command, "tune");
    const bool one = !strcmp(o->command, "show") || !strcmp(o->command, "export");
    if ((one || sweeps || tunes) && o->nnets > 1)
        return usage(status, "%s takes one network file%s", o->command, "");
    if (tunes && !strcmp(o->isa, "x86"))
        return usage(status, "tune takes one instruction set: --isa avx2, say%s%s", "", "");
    if (sweeps && !sweep_options(o, err))
        return usage(status, "%s%s", err, "");
    for (int k = 0; k < o->nset; k++)
        if (o->set[k].count > 1 && !sweeps)
            return usage(status, "--set %s: one value; several are for `lathe sweep`%s",
                         o->set[k].name, "");
    return true;
}
