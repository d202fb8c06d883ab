/*
** functions.h - which layers a function of one number is.
*/
#ifndef LATHE_FUNCTIONS_H
#define LATHE_FUNCTIONS_H

#include "base/net.h"

enum function_kind { FUNCTION_IDENTITY, FUNCTION_AFFINE /* a*x + b */, FUNCTION_LAYERS };

struct function {
    enum function_kind kind;
    double a, b;
    int nlayers;                /* one after the other */
    struct { enum layer_kind kind; double number[MAX_NUMBERS]; } layer[2];
};

/* f of a few hundred numbers says which. False: it is none that the network file has. */
bool function_find(double (*f)(const void *of, double x), const void *of, struct function *out);

#endif
