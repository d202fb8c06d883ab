/*
** command_line.h - what lathe was told, as options.c reads it.
*/
#ifndef LATHE_COMMAND_LINE_H
#define LATHE_COMMAND_LINE_H

#include "base/net.h"
#include "sweep/grid.h"

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
    struct axis grid[MAX_AXES]; int ngrid;      /* sweep: --grid, */
    struct axis seeds;              /* --seeds; none: not said */
    const char *list, *run, *table; /* files, or NULL */
    long line;                      /* of --run; 0: not said */
    bool csv;
    char **rest; int nrest;         /* after `--`: sweep hands them to `train`,
                                       tune to `bench` */
};

#endif
