/*
** options_sweep.c - three commands have one word: a sweep at once, a list, what is done with one.
*/
#include "tool/options_sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"

bool sweep_option(struct options *o, const char *option, const char *argument, char *err)
{
    char why[ERR_SIZE], *end;
    bool good = true;
    if (!strcmp(option, "--grid")) {
        if (o->ngrid == MAX_AXES)
            return error_set(err, "too many --grid");
        good = axis_read(&o->grid[o->ngrid++], argument, why);
    } else if (!strcmp(option, "--seeds")) {
        good = axis_read_seeds(&o->seeds, argument, why);
    } else {
        o->line = strtol(argument, &end, 10);
        if (end == argument || *end || o->line < 1)
            good = error_set(why, "takes the number of a line, from 1, not \"%s\"", argument);
    }
    return good || error_set(err, "%s %.3000s", option, why);
}

bool sweep_said(const struct options *o, const char *option)
{
    const size_t length = strlen(option);
    for (int k = 0; k < o->nrest; k++)
        if (!strncmp(o->rest[k], option, length) && strchr("=", o->rest[k][length]))
            return true;
    return false;
}

/* What lines have of their own, or what all of them would write. */
static bool check_rest(const struct options *o, char *err)
{
    static const char *const own[] = { "--seed", "--tag", "--result", "--dry-run", "--params",
                                       "--checkpoint", "--resume", "--history", "--report",
                                       "--plot" };
    char option[MAX_TAG + 4];
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if (sweep_said(o, own[k]))
            return error_set(err, "sweep --list: %s after -- would be the same in every line; %s",
                             own[k], k ? "each has files of its own" : "--seeds 1-10 says which");
    for (int k = 0; k < o->ngrid; k++) {
        snprintf(option, sizeof option, "--%s", o->grid[k].name);
        if (sweep_said(o, option))
            return error_set(err, "sweep --list: %s is there twice, after -- and as --grid %s",
                             option, o->grid[k].name);
    }
    return true;
}

static bool check_names(const struct options *o, char *err)
{
    int axes = o->ngrid;
    for (int k = 0; k < o->nset; k++)
        axes += o->set[k].count > 1;
    if (axes >= MAX_AXES)
        return error_set(err, "sweep --list: more than %d settings vary", MAX_AXES - 1);
    for (int k = 0; k < o->ngrid; k++)
        for (int i = 0; i < k + o->nset; i++)
            if (!strcmp(o->grid[k].name, i < k ? o->grid[i].name : o->set[i - k].name))
                return error_set(err, "sweep --list: %s is there twice", o->grid[k].name);
    return true;
}

bool sweep_options(const struct options *o, char *err)
{
    const char *what = o->run ? "--run" : o->table ? "--table" : NULL;
    if (o->run && o->table)
        return error_set(err, "sweep: --run goes without --table");
    if (what && (o->nnets || o->list || o->ngrid || o->nset || o->seeds.count || o->nrest))
        return error_set(err, "sweep %s takes a list alone: no network, no values, nothing after "
                         "--", what);
    if (o->run && !o->line)
        return error_set(err, "sweep --run: which line? --line N");
    if (o->line && !o->run)
        return error_set(err, "sweep: --line is one of --run FILE");
    if (!o->table && (o->csv || o->output))
        return error_set(err, "sweep takes no %s but with --table", o->csv ? "--csv" : "-o");
    if (what)
        return true;
    if (o->list)
        return check_rest(o, err) && check_names(o, err);
    if (o->ngrid || o->seeds.count)
        return error_set(err, "sweep: %s is for lists: --list FILE",
                         o->ngrid ? "--grid" : "--seeds");
    return o->nset || error_set(err, "sweep: which values? --set NAME=A,B,..., or --grid and "
                                "--list FILE");
}
