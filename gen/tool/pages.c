/*
** pages.c - a build tool: the manual pages and what completion must know, from the tables that
** drive parser and --help. Never linked into lathe; it must never say of a command, an option or
** a layer what its table does not.
*/
#include <stdio.h>
#include <string.h>

#include "runtime/base/version.h"
#include "runtime/settings/optimizer.h"
#include "plan/passes.h"
#include "read/layers.h"
#include "tool/options.h"

/* ---- troff ---- */

/* One character as itself, which troff might take for a hyphen, a quote or a command. */
static void man_char(char c)
{
    static const struct { char c; const char *troff; } names[] = {
        { '\\', "\\e" }, { '-', "\\-" }, { '\'', "\\(aq" }, { '`', "\\(ga" }, { '^', "\\(ha" },
        { '~', "\\(ti" }, { '"', "\\(dq" },
    };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (names[k].c == c) {
            fputs(names[k].troff, stdout);
            return;
        }
    putchar(c);
}

/* A text of several lines, none of them a request. */
static void man_text(const char *text)
{
    for (const char *s = text; *s; s++) {
        if (*s == '.' && (s == text || s[-1] == '\n'))
            fputs("\\&", stdout);
        man_char(*s);
    }
    putchar('\n');
}

/* What is defined, broken where it is too long for a line, and indented below what it means. */
static void man_entry(const char *term, const char *meaning)
{
    fputs(".PP\n\\fB", stdout);
    for (; *term; term++)
        man_char(*term);
    puts("\\fR\n.RS 4");
    man_text(meaning);
    puts(".RE");
}

/* Lines as they are. */
static void man_lines(const char *text)
{
    puts(".PP\n.RS 4\n.nf");
    man_text(text);
    puts(".fi\n.RE");
}

/* A title, of one line. */
static void man_begin(const char *title, int section, const char *name, const char *what)
{
    printf(".\\\" Printed by gen/tool/pages.c from lathe's tables; edit those.\n"
           ".TH %s %d \"\" \"lathe %s\" \"Lathe\"\n.ad l\n.nh\n.SH NAME\n%s \\- %s\n", title,
           section, LATHE_VERSION, name, what);
}

/* ---- lathe(1) ---- */

static const char lathe_description[] =
    "A network file describes a convolutional network in a few lines. From it lathe makes one\n"
    "specialised C source, for exactly that network; compiled, it trains the network on the CPU,\n"
    "evaluates it and predicts the classes of images. It needs nothing beyond libc and libm.";
static const char lathe_program[] =
    "Every program explains itself: PROGRAM --help lists its commands, PROGRAM COMMAND --help a\n"
    "command's options. What it computes has the same bits for every number of threads,\n"
    "instruction set, compiler and optimisation level.";
static const char lathe_split[] =
    "What emit --split prints needs the headers and the library that were installed with lathe\n"
    "(for --dtype f64 the package is called lathe64):";
static const struct { const char *name, *meaning; } lathe_environment[] = {
    { "CC", "The compiler that build calls, with its options; cc unless set." },
    { "TMPDIR", "Where build puts the source; /tmp unless set." },
    { "LATHE_CACHE", "Where build keeps the compiled runtime; $XDG_CACHE_HOME/lathe or\n"
      "~/.cache/lathe unless set, nowhere if empty. It may be removed at any time." },
    { "LATHE_TEMPLATES", "A directory whose templates stand in for those inside lathe." },
    { "LATHE_DATA", "Read by the programs: where their data lies, without --data." },
}, lathe_status[] = {
    { "0", "Done." },
    { "1", "The input is at fault, or a file cannot be read or written: a message names file,\n"
           "line and column, and nothing half-written stays." },
    { "2", "Wrong usage." },
};

/* What -d takes. */
static void lathe_passes(void)
{
    char line[128];
    puts(".RS 4\n.nf");
    for (int k = 0; k < npasses; k++) {
        snprintf(line, sizeof line, "%-8s %s", passes[k].name, passes[k].what);
        man_text(line);
    }
    puts(".fi\n.RE");
}

static void lathe_options(void)
{
    int count;
    const struct option_def *o = option_table(&count);
    puts(".SH OPTIONS");
    for (int k = 0; k < count; k++) {
        char term[128];
        snprintf(term, sizeof term, "%s%s%s", o[k].word, o[k].argument ? " " : "",
                 o[k].argument ? o[k].argument : "");
        man_entry(term, o[k].help);
        if (!strcmp(o[k].word, "-d"))
            lathe_passes();
    }
}

static void lathe_page(void)
{
    int count;
    const struct command_def *c = command_table(&count);
    man_begin("LATHE", 1, "lathe", "turns a network file into a C program that trains and runs it");
    puts(".SH SYNOPSIS\n.nf");
    for (int k = 0; k < count; k++)
        man_text(c[k].synopsis);
    puts(".fi\n.SH DESCRIPTION");
    man_text(lathe_description);
    puts(".SH COMMANDS");
    for (int k = 0; k < count; k++)
        man_entry(c[k].word, c[k].help);
    lathe_options();
    puts(".SH THE PROGRAM");
    man_text(lathe_program);
    puts(".PP");
    man_text(lathe_split);
    man_lines("lathe emit mine.net --split -o mine.c\n"
              "cc -O3 mine.c -o mine $(pkg-config --cflags --libs lathe)");
    puts(".SH ENVIRONMENT");
    for (size_t k = 0; k < sizeof lathe_environment / sizeof *lathe_environment; k++)
        man_entry(lathe_environment[k].name, lathe_environment[k].meaning);
    puts(".SH EXIT STATUS");
    for (size_t k = 0; k < sizeof lathe_status / sizeof *lathe_status; k++)
        man_entry(lathe_status[k].name, lathe_status[k].meaning);
    puts(".SH EXAMPLES");
    man_lines("lathe show mine.net\nlathe build mine.net\n./mine train --epochs 5\n"
              "./mine eval --params mine.safetensors --split test\n./mine predict photo.ppm");
    puts(".SH SEE ALSO\n.BR lathe\\-net (5)");
}

/* ---- lathe-net(5) ---- */

static void net_optimizers(void)
{
    for (int k = 0; k < UPDATE_KINDS; k++) {
        char term[256];
        const struct optimizer_def *def = &optimizers[k];
        if (!def->word)
            continue;
        int at = snprintf(term, sizeof term, "%s", def->word);
        for (int r = 0; r < def->count; r++)
            at += snprintf(term + at, sizeof term - (size_t)at, " %s=%g", def->rate[r].name,
                           def->rate[r].standard);
        puts(".RS 4");
        man_entry(term, def->formula);
        puts(".RE");
    }
}

static void net_page(void)
{
    man_begin("LATHE-NET", 5, "lathe\\-net", "a convolutional network, for lathe");
    puts(".SH DESCRIPTION\nThe network file:");
    man_text(doc_file);
    for (int k = 0; k < nkeyword_defs; k++)
        man_entry(keyword_defs[k].synopsis, keyword_defs[k].help);
    puts(".SH LAYERS");
    man_text(doc_layers);
    for (int k = 0; k < nlayer_defs; k++)
        if (layer_defs[k].word)
            man_entry(layer_defs[k].synopsis, layer_defs[k].help);
    puts(".SH SETTINGS");
    man_text(doc_settings);
    for (int k = 0; k < nsetting_rows; k++) {
        if (setting_rows[k].word)
            man_entry(setting_rows[k].synopsis, setting_rows[k].help);
        if (&setting_rows[k] == setting_find("optimizer"))
            net_optimizers();
    }
    puts(".SH EXAMPLE");
    man_lines("net mine\ninput 3x32x32\nrepeat 2 as i {\n  conv (16*i) 3x3\n  relu\n"
              "  maxpool 2x2 }\naffine 10\nsoftmax\ntrain\n  preprocess channel_norm");
    puts(".SH SEE ALSO\n.BR lathe (1)");
}

/* ---- completion: lists that install/lathe.bash and install/lathe.zsh read ---- */

static bool is_file(const struct option_def *o)
{
    return o->argument && strstr(o->argument, "FILE");
}

static void bash_lists(void)
{
    int ncommands, noptions;
    const struct command_def *c = command_table(&ncommands);
    const struct option_def *o = option_table(&noptions);
    fputs("# Printed by gen/tool/pages.c from lathe's tables.\n_lathe_commands='", stdout);
    for (int k = 0; k < ncommands; k++)
        printf("%s%s", k ? " " : "", c[k].word);
    fputs("'\n_lathe_takes_net='", stdout);
    for (int k = 0; k < ncommands; k++)
        if (strstr(c[k].synopsis, " NET"))
            printf(" %s", c[k].word);
    fputs(" '\n_lathe_options='", stdout);
    for (int k = 0; k < noptions; k++)
        printf("%s%s", k ? " " : "", o[k].word);
    puts("'\n_lathe_values()  # what follows an option: words, FILE, or - for anything\n{\n"
         "    case $1 in");
    for (int k = 0; k < noptions; k++) {
        const char *const *word = option_choices(o[k].word);
        if (!o[k].argument)
            continue;
        printf("    %s) echo %s", o[k].word, is_file(&o[k]) ? "FILE" : word ? *word++ : "-");
        for (; word && *word; word++)
            printf(" %s", *word);
        puts(" ;;");
    }
    puts("    esac\n}\n");
}

/* The first sentence of a help, inside single quotes and brackets. */
static void zsh_line(const char *help)
{
    for (; *help && (*help != '.' || (help[1] && !strchr(" \n", help[1]))); help++)
        if (*help == '\'')
            fputs("'\\''", stdout);
        else
            printf(strchr("[]:\\", *help) ? "\\%c" : "%c", *help == '\n' ? ' ' : *help);
}

static void zsh_option(const struct option_def *o)
{
    const char *const *word = option_choices(o->word);
    /* --set, and whatever else takes NAME=VALUE, may come again */
    bool again = o->argument && strchr(o->argument, '=');
    bool joined = o->argument && o->word[1] == '-';
    printf("  '%s%s%s[", again ? "*" : "", o->word, joined ? "=" : "");
    zsh_line(o->help);
    putchar(']');
    if (o->argument) {
        putchar(':');
        zsh_line(o->argument);
        printf(":%s", is_file(o) ? "_files" : word ? "(" : " ");
        for (int k = 0; word && word[k]; k++)
            printf("%s%s", k ? " " : "", word[k]);
        fputs(word ? ")" : "", stdout);
    }
    puts("'");
}

static void zsh_lists(void)
{
    int ncommands, noptions;
    const struct command_def *c = command_table(&ncommands);
    const struct option_def *o = option_table(&noptions);
    puts("#compdef lathe\n# Printed by gen/tool/pages.c from lathe's tables.\n"
         "local -a commands options takes_net\ncommands=(");
    for (int k = 0; k < ncommands; k++) {
        printf("  '%s:", c[k].word);
        zsh_line(c[k].help);
        puts("'");
    }
    fputs(")\ntakes_net=(", stdout);
    for (int k = 0; k < ncommands; k++)
        if (strstr(c[k].synopsis, " NET"))
            printf(" %s", c[k].word);
    puts(" )\noptions=(");
    for (int k = 0; k < noptions; k++)
        zsh_option(&o[k]);
    puts(")\n");
}

/* ---- which of them ---- */

static const struct { const char *name; void (*print)(void); } pages[] = {
    { "lathe.1", lathe_page }, { "lathe-net.5", net_page }, { "bash", bash_lists },
    { "zsh", zsh_lists },
};

int main(int argc, char **argv)
{
    for (size_t k = 0; argc == 2 && k < sizeof pages / sizeof *pages; k++)
        if (!strcmp(argv[1], pages[k].name)) {
            pages[k].print();
            return fflush(stdout) || ferror(stdout) ? 1 : 0;
        }
    fputs("usage: pages lathe.1|lathe-net.5|bash|zsh\n", stderr);
    return 2;
}
