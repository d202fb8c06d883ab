/*
** tune.c - measures candidates. Regions do not share their choices, so one program tries one
** candidate of every region at once: the first choice of each, then the second with the first
** one's winner, and so on. Every sample is a process of its own, by turns, since memory lies
** elsewhere in each; a candidate is compared with the cost model's by the ratio of their
** neighbours in time. It must never choose what is faster by chance: what does not win by
** LEAST_GAIN leaves the cost model's.
*/
#include "tool/tune.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/processors.h"
#include "runtime/base/stream.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"
#include "base/text.h"
#include "plan/choice.h"
#include "plan/regions.h"
#include "tool/build.h"
#include "tool/compiler.h"
#include "tool/read.h"

enum {
    CANDIDATES = 8,             /* of a choice: its cheapest */
    ROUNDS = 5, STEPS = 8,      /* processes of each program; steps measured in one */
    FINAL_ROUNDS = 9,
    TURN_SECONDS = 300,         /* of measuring in a turn; where it takes longer, fewer rounds */
    ANSWER = 1 << 16
};
/* Candidates that cost more are not tried; what must be won; the time of a region from which on
** a clock tells that from chance. */
static const double MOST_COST = 1.6, LEAST_GAIN = 0.02, LEAST_MS = 0.005;

/* The answers of one process: name=ms;name=ms... of training and of inference; the step. */
struct sample { char *training, *inference; double step; };

struct tuner {
    struct options *o;
    struct text directory;
    struct text path;           /* of the tuning file */
    struct tuning won;
    struct sample sample[CANDIDATES][FINAL_ROUNDS];
    struct sample model;        /* of the cost model's program, before the first turn */
    double seconds;             /* that it took */
    int rounds;                 /* of the turn */
    double ratio;               /* of the whole step, tuned to not */
};

/* The network of o with t's candidates. NULL: a message was printed. */
static struct net *trial_net(struct options *o, struct tuning *t)
{
    const struct isa *found[MAX_ISAS];
    int status;
    find_isas(o->isa, found);
    return read_net(o, o->net[0], found[0], t, &status);
}

/* ---- programs ---- */

static const char *program_path(const struct tuner *t, int candidate, struct text *path)
{
    path->length = 0;
    text_printf(path, "%s/%d", t->directory.at, candidate);
    return text_string(path);
}

/* Builds those from the first one on, as many at a time as there are processors. */
static bool build_all(struct tuner *t, struct net *const *nets, int first, int count)
{
    int cores = processors_available();
    int jobs = count > first && count - first < cores ? cores / (count - first) : 1;
    struct text path = { 0 };
    bool good = true;
    for (int begun = first, ended = first; ended < count;) {
        if (begun < count && begun - ended < cores) {
            leftover_expect(program_path(t, begun, &path));
            pid_t child = leftover_fork();
            if (child == 0)
                _exit(build_program(&nets[begun], 1, program_path(t, begun, &path), jobs) ? 0 : 1);
            if (child < 0) {
                visible_print(stderr, "lathe: no process for the compiler: %s\n", strerror(errno));
                good = false;
                count = begun;
                continue;
            }
            begun++;
            continue;
        }
        int status;
        good = leftover_wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && good;
        ended++;
    }
    text_free(&path);
    return good;
}

static void remove_programs(struct tuner *t)
{
    struct text path = { 0 };
    for (int k = 0; k < CANDIDATES; k++)
        leftover_remove(program_path(t, k, &path));
    text_free(&path);
}

/* One process of a program. False: a message was printed. */
static bool measure(struct tuner *t, int candidate, struct sample *s)
{
    struct text command = { 0 }, path = { 0 };
    char *line = alloc(ANSWER, 1);
    text_printf(&command, "printf 'regions %d\\ninference %d\\nstep %d\\n' | ", STEPS, STEPS,
                STEPS);
    shell_quote(&command, program_path(t, candidate, &path));
    text_puts(&command, " bench --serve --warm 20");
    for (int k = 0; k < t->o->nrest; k++) {
        text_puts(&command, " ");
        shell_quote(&command, t->o->rest[k]);
    }
    *s = (struct sample){ NULL, NULL, 0 };
    FILE *out = leftover_read(text_string(&command));
    const int error = out ? 0 : errno;
    while (out && fgets(line, ANSWER, out)) {
        if (!strncmp(line, "regions ", 8))
            *(s->training ? &s->inference : &s->training) = strdup(line + 7);
        if (!strncmp(line, "times ", 6)) {
            int count = 0;
            double total = 0;
            for (char *at = line + 6, *end; ; at = end, count++) {
                double ms = strtod(at, &end);
                if (end == at)
                    break;
                total += ms;
            }
            s->step = count ? total / count : 0;
        }
    }
    int status = out ? leftover_close(out) : -1;
    bool good = status == 0 && s->training && s->inference && s->step > 0;
    if (!good)
        visible_print(stderr, "lathe: %s: %s\n", text_string(&command),
                      error ? strerror(error) : "failed");
    text_free(&command);
    text_free(&path);
    free(line);
    return good;
}

static void forget_one(struct sample *s)
{
    free(s->training);
    free(s->inference);
    *s = (struct sample){ NULL, NULL, 0 };
}

static void forget(struct tuner *t)
{
    for (int k = 0; k < CANDIDATES; k++)
        for (int r = 0; r < FINAL_ROUNDS; r++)
            forget_one(&t->sample[k][r]);
}

/* On a terminal alone. */
static void progress(int done, int runs)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (done < runs)
        fprintf(stderr, "\r%3d %% of %d runs ", 100*done / runs, runs);
    else
        fprintf(stderr, "\r%24s\r", "");
}

static bool measure_all(struct tuner *t, int programs, int rounds)
{
    forget(t);
    for (int r = 0; r < rounds; r++)
        for (int k = 0; k < programs; k++) {
            /* Back and forth, so that nobody is always first after a pause. */
            int candidate = r % 2 ? programs - 1 - k : k;
            progress(r*programs + k, programs*rounds);
            if (!measure(t, candidate, &t->sample[candidate][r]))
                return false;
        }
    progress(rounds*programs, programs*rounds);
    return true;
}

/* ---- what was measured ---- */

static double region_ms(const struct sample *s, const struct net *net, const struct choice *c)
{
    char name[CHOICE_NAME];
    region_title(net, &c->region, name, sizeof name);
    size_t length = strlen(name);
    const char *at = c->region.kind == REGION_FOLDED ? s->inference : s->training;
    for (; at; at = strchr(at, ';')) {
        at++;                       /* the blank or semicolon before a name */
        if (!strncmp(at, name, length) && at[length] == '=')
            return strtod(at + length + 1, NULL);
    }
    DIE("bench did not tell of the region \"%s\"", name);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, ascending);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* How many candidates of c are worth a measurement. */
static int worth_trying(const struct choice *c)
{
    int n = 1;
    while (n < c->ncandidates && n < CANDIDATES
           && (c->candidate[0].cost <= 0 || c->candidate[n].cost <= MOST_COST*c->candidate[0].cost))
        n++;
    return n;
}

/* The fastest of a choice's candidates, into t->won. */
static void decide(struct tuner *t, const struct net *net, const struct choice *c)
{
    double best = 1 - LEAST_GAIN, first[ROUNDS], ratio[ROUNDS];
    const int rounds = t->rounds;
    char text[CHOICE_TEXT], model[CHOICE_TEXT];
    int winner = 0, n = worth_trying(c);
    for (int r = 0; r < rounds; r++)
        first[r] = region_ms(&t->sample[0][r], net, c);
    for (int k = 1; k < n; k++) {
        for (int r = 0; r < rounds; r++)
            ratio[r] = region_ms(&t->sample[k][r], net, c) / first[r];
        double middle = median(ratio, rounds);
        if (middle < best) {
            best = middle;
            winner = k;
        }
    }
    choice_text(c, winner, text);
    choice_text(c, 0, model);
    tuning_set(&t->won, c->name, text);
    if (winner) {
        double ms = median(first, rounds);
        printf("%-32s %10s -> %-10s %9.4f ms %9.4f\n", c->name, model, text, ms, ms*best);
        stream_flush();
    }
}

/* ---- rounds ---- */

static bool same_region(const struct region_plan *a, const struct region_plan *b)
{
    return a->kind == b->kind && a->stage == b->stage;
}

/* The choices of one turn: the `turn`th of each region that has more than one candidate and takes
** long enough to be measured. */
static int choices_of(const struct tuner *t, const struct net *net, int turn,
                      const struct choice **found)
{
    int n = 0;
    for (int i = 0; i < net->nchoices; i++) {
        const struct choice *c = &net->choice[i];
        int before = 0;         /* a region's choices stand together */
        for (int k = i - 1; k >= 0 && same_region(&net->choice[k].region, &c->region); k--)
            before += worth_trying(&net->choice[k]) > 1;
        if (before == turn && worth_trying(c) > 1 && region_ms(&t->model, net, c) >= LEAST_MS)
            found[n++] = c;
    }
    return n;
}

/* The networks with the k-th candidate of every choice of the turn. */
static struct net *candidate_net(struct tuner *t, const struct choice *const *c, int count, int k)
{
    struct tuning trial = { .path = NULL };
    char text[CHOICE_TEXT];
    for (int i = 0; i < t->won.nlines; i++)
        tuning_set(&trial, t->won.line[i].name, t->won.line[i].value);
    for (int i = 0; i < count; i++)
        if (k < worth_trying(c[i])) {
            choice_text(c[i], k, text);
            tuning_set(&trial, c[i]->name, text);
        }
    struct net *net = trial_net(t->o, &trial);
    tuning_free(&trial);
    return net;
}

static double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9*(double)now.tv_nsec;
}

/* The cost model's program, which says how long regions and a measurement take. */
static bool measure_model(struct tuner *t)
{
    struct tuning none = { .path = NULL };
    struct net *net = trial_net(t->o, &none);
    if (!net || !build_all(t, &net, 0, 1))
        return false;
    double start = clock_seconds();
    bool good = measure(t, 0, &t->model);
    t->seconds = clock_seconds() - start;
    return good;
}

/* As many rounds as there is time for. */
static void plan_rounds(struct tuner *t, int choices, int programs)
{
    double round = programs*t->seconds, rounds = TURN_SECONDS / (round > 1 ? round : 1);
    t->rounds = rounds > ROUNDS ? ROUNDS : rounds < 1 ? 1 : (int)rounds;
    visible_print(stderr, "%d choices, %d programs to build; then %.0f s of measuring\n", choices,
                  programs, t->rounds*round + 0.5);
}

/* One turn. *more: there was something to try. False: a message was printed. */
static bool take_turn(struct tuner *t, int turn, bool *more)
{
    struct net *net = trial_net(t->o, &t->won), *nets[CANDIDATES];
    if (!net)
        return false;
    const struct choice **c = alloc((size_t)net->nchoices, sizeof *c);
    int count = choices_of(t, net, turn, c), programs = 0;
    for (int i = 0; i < count; i++)
        if (worth_trying(c[i]) > programs)
            programs = worth_trying(c[i]);
    *more = count > 0;
    bool good = true;
    for (int k = 0; good && k < programs; k++)
        good = (nets[k] = candidate_net(t, c, count, k)) != NULL;
    if (good && programs) {
        plan_rounds(t, count, programs);
        /* The first turn's first program is there already. */
        good = build_all(t, nets, turn == 0, programs) && measure_all(t, programs, t->rounds);
    }
    for (int i = 0; good && i < count; i++)
        decide(t, net, c[i]);
    remove_programs(t);
    free(c);
    return good;
}

/* ---- the result ---- */

/* The cost model's program beside the tuned one. */
static bool compare(struct tuner *t, double *before, double *after)
{
    struct tuning none = { .path = NULL };
    struct net *nets[2] = { trial_net(t->o, &none), trial_net(t->o, &t->won) };
    double step[2][FINAL_ROUNDS], ratio[FINAL_ROUNDS];
    int rounds = t->rounds < ROUNDS ? t->rounds : FINAL_ROUNDS;
    if (!nets[0] || !nets[1] || !build_all(t, nets, 0, 2) || !measure_all(t, 2, rounds))
        return false;
    for (int r = 0; r < rounds; r++) {
        for (int k = 0; k < 2; k++)
            step[k][r] = t->sample[k][r].step;
        ratio[r] = step[1][r] / step[0][r];
    }
    *before = median(step[0], rounds);
    *after = median(step[1], rounds);
    t->ratio = median(ratio, rounds);
    remove_programs(t);
    return true;
}

static bool write_file(const struct net *net, const char *path)
{
    char text[CHOICE_TEXT];
    struct page page;
    FILE *f = page_open(&page, path);
    if (!f)
        return false;
    fprintf(f, "# Written by `lathe tune %s`: what was fastest on one machine. The bits of all\n"
            "# results are the same with it and without it.\n# lathe build %s --tune FILE\n\n"
            "net %s %s %s\n", net->path, net->path, net->name, net->isa->name,
            net->f64 ? "f64" : "f32");
    for (int i = 0; i < net->nchoices; i++) {
        const struct choice *c = &net->choice[i];
        choice_text(c, c->taken, text);
        fprintf(f, "%s %s", c->name, text);
        choice_text(c, 0, text);
        fprintf(f, c->taken ? "    # the cost model: %s\n" : "\n", text);
    }
    return page_close(&page);
}

/* The tuning file: claimed before minutes of measurement. */
static bool claim_file(struct tuner *t)
{
    struct net *net = t->o->output ? NULL : trial_net(t->o, &t->won);
    if (net)
        text_printf(&t->path, "%s.tune", net->name);
    else if (t->o->output)
        text_puts(&t->path, t->o->output);
    return (net || t->o->output) && claim(text_string(&t->path), OUTPUT_TUNING);
}

/* A whole step that is no faster: the cost model's choices, which at least lose nothing. */
static bool finish(struct tuner *t)
{
    double before = 0, after = 0;
    bool tried = t->won.nlines > 0, good = !tried || compare(t, &before, &after);
    struct tuning none = { .path = NULL };
    struct net *net = good ? trial_net(t->o, t->ratio < 1 ? &t->won : &none) : NULL;
    if (net) {
        if (tried)
            printf("whole training step: %.3f ms by the cost model, %.3f tuned, ratio %.3f%s\n",
                   before, after, t->ratio, t->ratio < 1 ? "" : ": the cost model's are kept");
        else
            printf("no region with a choice takes %g ms, too short to measure: the cost model's "
                   "are kept\n", LEAST_MS);
        const char *output = text_string(&t->path);
        good = write_file(net, output);
        if (good)
            visible_print(stdout, "wrote %s; lathe build %s --tune %s\n", output, net->path,
                          output);
    }
    return good && net;
}

bool tune(struct options *o)
{
    struct tuner *t = alloc(1, sizeof *t);
    *t = (struct tuner){ .o = o, .ratio = 1 };
    temporary_name(&t->directory, "lathe-tune-XXXXXX");
    if (!leftover_make_folder(t->directory.at)) {
        visible_print(stderr, "lathe: %s: cannot be made: %s\n", t->directory.at, strerror(errno));
        free(t);
        return false;
    }
    bool good = claim_file(t) && measure_model(t), more = true;
    for (int turn = 0; good && more; turn++)
        good = take_turn(t, turn, &more);
    good = good && finish(t);
    remove_programs(t);
    forget(t);
    forget_one(&t->model);
    leftover_remove(t->directory.at);
    tuning_free(&t->won);
    text_free(&t->path);
    free(t);
    return good;
}
