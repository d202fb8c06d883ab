/*
** options.h - the command line of lathe.
*/
#ifndef LATHE_OPTIONS_H
#define LATHE_OPTIONS_H

#include "net.h"

enum { MAX_SETTINGS = 64, MAX_NETS = 64 };

struct options {
    const char *command;            /* emit build show sweep tune doc */
    const char *net[MAX_NETS]; int nnets;
    const char *output;             /* -o, or NULL */
    const char *isa;                /* a name of isas[], "native" or "x86" */
    bool f64, split;
    bool html;                      /* show: a page */
    int batch;                      /* 0: the network file's */
    const char *pass;               /* -d, or NULL */
    const char *tune;               /* --tune, or NULL */
    bool tuned;                     /* that file had something for a network */
    struct setting set[MAX_SETTINGS]; int nset;
    char **rest; int nrest;         /* behind `--`: sweep hands them to `train`,
                                       tune to `bench` */
};

/*
** False: the program ends with *status; 0 after --help or --version, 2 after a
** message about wrong usage.
*/
bool options_read(struct options *o, int argc, char **argv, int *status);

#endif
