/*
** sweep.c - one program for each combination, in a directory of its own that is removed.
*/
#include "tool/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/processors.h"
#include "runtime/base/stream.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"
#include "base/text.h"
#include "tool/build.h"
#include "tool/compiler.h"
#include "tool/read.h"

enum { ANSWER = 4096 };

/* The program's training with the words after `--`; its last lines, or false. */
static bool train(const struct options *o, const char *program, double *check, double *speed)
{
    struct text command = { 0 };
    char line[ANSWER];
    bool found = false;
    shell_quote(&command, program);
    text_puts(&command, " train --quiet --no-save");
    for (int k = 0; k < o->nrest; k++) {
        text_puts(&command, " ");
        shell_quote(&command, o->rest[k]);
    }
    FILE *out = leftover_read(text_string(&command));
    const int error = out ? 0 : errno;
    while (out && fgets(line, sizeof line, out))
        found |= sscanf(line, "best val_%*[a-z]: %lf, %lf images/s", check, speed) == 2;
    int status = out ? leftover_close(out) : -1;
    if (status != 0 || !found)
        visible_print(stderr, "lathe: %s: %s\n", text_string(&command),
                      status == 0 ? "trained without validation, so there is nothing to compare"
                      : error ? strerror(error) : "failed");
    text_free(&command);
    return status == 0 && found;
}

/* What the table says of a network besides its result, and what the result is. */
struct size { long long params; double flop; bool loss; };

/* Builds the network of o, with the first value of every setting. */
static bool build_one(struct options *o, const char *program, struct size *size)
{
    struct net *nets[MAX_ISAS];
    const int n = read_nets(o, nets);
    if (!n)
        return false;
    size->loss = nets[0]->layer[nets[0]->nlayers - 1].target != TARGET_LABEL;
    for (int i = 0; i < nets[0]->nlayers; i++) {
        size->params += nets[0]->layer[i].params;
        size->flop += nets[0]->layer[i].flop_forward + nets[0]->layer[i].flop_backward;
    }
    return build_program(nets, n, program, processors_available());
}

static void header(const struct options *o, const struct size *size)
{
    for (int k = 0; k < o->nset; k++)
        printf("%-*s  ", (int)strlen(o->set[k].name) > 8 ? (int)strlen(o->set[k].name) : 8,
               o->set[k].name);
    printf("%11s %9s %9s %9s\n", "parameters", "MFLOP", size->loss ? "val_loss" : "val_acc",
           "images/s");
    stream_flush();
}

/* The best check so far, below 0: none, and the settings that had it. */
struct best { double check, chosen[MAX_SETTINGS]; bool loss; };

static bool row(struct options *o, const char *program, struct best *best)
{
    struct size size = { 0 };
    double check, speed;
    if (!build_one(o, program, &size))
        return false;
    if (best->check < 0)
        header(o, &size);
    best->loss = size.loss;
    if (!train(o, program, &check, &speed))
        return false;
    for (int k = 0; k < o->nset; k++)
        printf("%-*g  ", (int)strlen(o->set[k].name) > 8 ? (int)strlen(o->set[k].name) : 8,
               o->set[k].value);
    printf("%11lld %9.2f %9.4f %9.0f\n", size.params, size.flop / 1e6, check, speed);
    stream_flush();
    if (best->check < 0 || (size.loss ? check < best->check : check > best->check)) {
        best->check = check;
        for (int k = 0; k < o->nset; k++)
            best->chosen[k] = o->set[k].value;
    }
    return true;
}

/* The next combination, the last setting running fastest; false: that was the last. */
static bool advance(struct options *o, int *index)
{
    for (int k = o->nset - 1; k >= 0; k--) {
        index[k] = (index[k] + 1) % o->set[k].count;
        o->set[k].value = o->set[k].list[index[k]];
        if (index[k])
            return true;
    }
    return false;
}

bool sweep(struct options *o)
{
    int index[MAX_SETTINGS] = { 0 };
    struct best best = { .check = -1 };
    struct text directory = { 0 }, program = { 0 };
    temporary_name(&directory, "lathe-sweep-XXXXXX");
    if (!leftover_make_folder(directory.at)) {
        visible_print(stderr, "lathe: %s: cannot be made: %s\n", directory.at, strerror(errno));
        return false;
    }
    text_printf(&program, "%s/program", directory.at);
    leftover_expect(program.at);
    bool good = true;
    do
        good = row(o, text_string(&program), &best);
    while (good && advance(o, index));
    if (good) {
        visible_print(stdout, "best val_%s: %f\n\n  lathe build %s", best.loss ? "loss" : "acc",
                      best.check, o->net[0]);
        for (int k = 0; k < o->nset; k++)
            printf(" --set %s=%g", o->set[k].name, best.chosen[k]);
        puts("");
    }
    leftover_remove(text_string(&program));
    leftover_remove(directory.at);
    text_free(&program);
    text_free(&directory);
    return good;
}
