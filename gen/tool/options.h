/*
** options.h - the command line of lathe, and its tables: help, manual page and completion are
** made of them.
*/
#ifndef LATHE_OPTIONS_H
#define LATHE_OPTIONS_H

#include "base/net.h"

enum { MAX_SETTINGS = 64, MAX_NETS = 64 };

struct options {
    const char *command;            /* emit build show sweep tune export import doc */
    const char *net[MAX_NETS]; int nnets;
    const char *output;             /* -o, or NULL */
    const char *isa;                /* a name of isas[], "native" or "x86" */
    bool f64, split, lines;
    bool html, plan;                /* show: a page; more tables */
    int batch;                      /* 0: the network file's */
    const char *pass;               /* -d, or NULL */
    const char *tune;               /* --tune, or NULL */
    bool tuned;                     /* that file had something for a network */
    const char *params;             /* export: a parameter file, or NULL */
    bool fold, softmax, prepare;    /* export: as struct export_options has them */
    const char *weights;            /* import: a file of parameters in the model's place, or NULL;
                                       emit: "inline" or "blob" */
    const char *range;              /* export: what 0 and 255 are to the network, or NULL */
    bool torch;                     /* export: a module of PyTorch */
    bool mpi;                       /* ranks share the images of a step */
    bool inference;                 /* emit: a program that only runs the network ... */
    bool fast, small;               /* ... with Winograd's filters, without; neither: as fits --isa
                                       ... */
    long ram;                       /* ... in so many bytes; 0: not said */
    const char *check[2];           /* import: arrays of images and results, or NULL */
    struct setting set[MAX_SETTINGS]; int nset;
    char **rest; int nrest;         /* after `--`: sweep hands them to `train`,
                                       tune to `bench` */
};

/*
** False: the program ends with *status; 0 after --help or --version, 2 after a
** message about wrong usage.
*/
bool options_read(struct options *o, int argc, char **argv, int *status);

/* `synopsis` begins with "lathe WORD"; NET in it: network files are taken. */
struct command_def { const char *word; int bit; const char *synopsis, *help; };
const struct command_def *command_table(int *count);

/* commands: the bits of those that take it; argument: NULL for flags. */
struct option_def { const char *word; int commands; const char *argument, *help; };
const struct option_def *option_table(int *count);

/* The words that an option takes, NULL after the last; or NULL: others. */
const char *const *option_choices(const char *option);

#endif
