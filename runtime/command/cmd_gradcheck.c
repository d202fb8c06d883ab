/*
** cmd_gradcheck.c - `gradcheck`: prints what gradcheck.c measured and judges by its
** bounds. It must never pass a check that compared nothing.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "command/command.h"
#include "core/objective.h"
#include "train/gradcheck.h"

struct gradcheck_settings {
    struct gradcheck_options check;
    long seed, batch, entries, threads;
};

static bool gradcheck_options_of(const struct program *p, struct gradcheck_settings *s,
                                 int argc, char **argv, int *status)
{
    const struct option_row rows[] = {
        { "--h", OPTION_REAL, "X", &s->check.h, 1e-12, 1, NULL,
          "half the distance of the two points" },
        command_row(COMMAND_SEED, &s->seed, NULL),
        { "--batch", OPTION_INTEGER, "M", &s->batch, 1, p->model->batch, NULL,
          "images of the batch" },
        { "--entries", OPTION_INTEGER, "N", &s->entries, 0, 1e9, NULL,
          "values of each parameter that are compared; 0: all where the network has up to 3,000, "
          "else 200" },
        command_row(COMMAND_THREADS, &s->threads, NULL),
    };
    return command_options(p, "gradcheck",
                           "Compares backward's gradients with central differences; needs an "
                           "f64 program.", rows, COMMAND_COUNT(rows), argc, argv, status);
}

#if LATHE_F64

static void gradcheck_print(const struct gradcheck_report *r)
{
    printf("%-24s%9s%8s%12s%12s\n", "tensor", "entries", "flips", "max error", "");
    for (int k = 0; k < r->count; k++) {
        const struct gradcheck_tensor *t = &r->tensor[k];
        printf("%-24s%9zu%8zu%12.1e%12s\n", t->name, t->entries, t->flips, t->error,
               t->good ? "ok" : "FAILED");
    }
    printf("flips: %.2f %% of all checks (bound %g %%); error bound %g\n", 100*r->flipped,
           100*GRADCHECK_FLIPS, GRADCHECK_BOUND);
}

static void gradcheck_print_error(const char *letter, int number, const struct gradcheck_tensor *t)
{
    printf("%s%d max relative error: ", letter, number);
    if (t->entries == 0)
        printf("none");
    else
        printf("%e", t->error);
    if (t->flips > 0)
        printf(" (%zu of %zu entries left out: on a kink)", t->flips, t->entries + t->flips);
    puts(t->good ? "" : "  FAILED");
}

/* W1 W2 ... b1 b2 ... gamma1 ...: the notebook numbers the layers that have them. */
static bool gradcheck_print_notebook(const struct model *m, const struct gradcheck_tensor *tensor)
{
    bool good = true;
    static const struct { enum param_role role; const char *letter; } groups[] = {
        { ROLE_WEIGHT, "W" }, { ROLE_BIAS, "b" }, { ROLE_GAIN, "gamma" } };
    printf("\nAs the course's notebook prints it (%s loss, initial weights):\n",
           objective_words[m->objective]);
    for (int g = 0; g < COMMAND_COUNT(groups); g++)
        for (int k = 0, number = 0; k < m->nparams; k++)
            if (m->params[k].role == groups[g].role) {
                gradcheck_print_error(groups[g].letter, ++number, &tensor[k]);
                good = good && tensor[k].good;
            }
    return good;
}

static int gradcheck_command_run(const struct program *p, const struct gradcheck_options *o,
                                 struct engine *e)
{
    struct gradcheck_report report;
    char err[ERR_SIZE];
    struct gradcheck_tensor *notebook = calloc((size_t)p->model->nparams, sizeof *notebook);
    bool good = notebook ? gradcheck_run(e, o, &report, err)
                         : error_set(err, "not enough memory");
    if (good) {
        gradcheck_print(&report);
        good = gradcheck_notebook(e, o, notebook, err);
        bool agrees = good && gradcheck_print_notebook(p->model, notebook);
        if (good && !report.good)
            good = error_set(err, "gradcheck: %s", report.flipped >= GRADCHECK_FLIPS
                             ? "too many decisions flipped; try a smaller --h or --batch"
                             : "a gradient is wrong, see FAILED above");
        else if (good && !agrees)
            good = error_set(err, "gradcheck: the loss's gradient is wrong, see FAILED above; or "
                             "the weights are smaller than --h %g allows for", o->h);
        gradcheck_free(&report);
    }
    free(notebook);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}

#endif

int command_gradcheck(const struct program *p, int argc, char **argv)
{
    struct gradcheck_settings s = { .threads = processors_available() };
    int status;
    gradcheck_defaults(&s.check, p->model);
    s.seed = (long)s.check.seed;
    s.batch = s.check.images;
    if (!gradcheck_options_of(p, &s, argc, argv, &status))
        return status;
#if LATHE_F64
    struct engine engine;
    char err[ERR_SIZE];
    s.check.seed = (uint64_t)s.seed;
    s.check.images = (int)s.batch;
    if (s.entries) {
        s.check.every = 0;
        s.check.entries = (size_t)s.entries;
    }
    if (!command_batch(p, "gradcheck", s.batch, &status))
        return status;
    if (!engine_open(&engine, p->model, (int)s.threads, err))
        return command_fault(p, "%s", err);
    status = gradcheck_command_run(p, &s.check, &engine);
    engine_close(&engine);
    return status;
#else
    return command_fault(p, "gradcheck: differences of this size drown in the rounding of f32; "
                         "build the network in f64: lathe build NET --dtype f64 -o %s_f64, "
                         "then ./%s_f64 gradcheck", p->model->name, p->model->name);
#endif
}
