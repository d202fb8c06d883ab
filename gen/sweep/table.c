/*
** table.c - gathers results into configurations and prints them.
*/
#include "sweep/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/visible.h"
#include "runtime/file/run_result.h"
#include "base/die.h"
#include "base/small.h"

/* ---- tags ---- */

/* NAME=VALUE in place: the value, or NULL after the last. */
static const char *next_tag(char **at, const char **name)
{
    char *s = *at;
    if (!*s)
        return NULL;
    char *end = s + strcspn(s, ",");
    *at = *end ? end + 1 : end;
    *end = 0;
    *name = s;
    s += strcspn(s, "=");
    if (!*s)
        return s;
    *s = 0;
    return s + 1;
}

/* The tags of a run as values of the table's settings; one that is new becomes one. */
static bool take_tags(struct table *t, const struct list *l, const struct listed *r,
                      struct config *c, struct outcome *o, char *err)
{
    const char *name, *value;
    for (int k = 0; k < MAX_AXES; k++)
        c->value[k] = "";
    o->seed = "";
    for (char *at = r->words.tags; (value = next_tag(&at, &name)) != NULL;) {
        int k = 0;
        if (!strcmp(name, "seed")) {
            o->seed = value;
            continue;
        }
        while (k < t->settings && strcmp(t->setting[k], name))
            k++;
        if (k == MAX_AXES)
            return error_set(err, "%s:%d: error: more than %d tags", l->path, r->line, MAX_AXES);
        if (k == t->settings)
            t->setting[t->settings++] = name;
        c->value[k] = value;
    }
    return true;
}

/* ---- configurations ---- */

static bool same_values(const struct config *a, const struct config *b)
{
    for (int k = 0; k < MAX_AXES; k++)
        if (strcmp(a->value[k], b->value[k]))
            return false;
    return true;
}

/* Which configuration has these values, made if none has. at: by hash, numbers from 1. */
static struct config *find_config(struct table *t, const struct config *c, int *at, size_t room)
{
    uint64_t hash = HASH_START;
    for (int k = 0; k < MAX_AXES; k++)
        hash = hash_bytes(hash, c->value[k], strlen(c->value[k]) + 1);
    size_t k = (size_t)hash_mix(hash) % room;
    for (; at[k]; k = (k + 1) % room)
        if (same_values(&t->config[at[k] - 1], c))
            return &t->config[at[k] - 1];
    at[k] = ++t->configs;
    t->config[t->configs - 1] = *c;
    return &t->config[t->configs - 1];
}

/* What all configurations have alike is no column. */
static void part_fixed(struct table *t)
{
    int kept = 0;
    for (int k = 0; k < t->settings; k++) {
        bool varies = false;
        for (int i = 1; i < t->configs && !varies; i++)
            varies = strcmp(t->config[i].value[k], t->config[0].value[k]) != 0;
        if (!varies) {
            t->fixed[t->nfixed] = t->setting[k];
            t->fixed_value[t->nfixed++] = t->config[0].value[k];
            continue;
        }
        for (int i = 0; i < t->configs; i++)
            t->config[i].value[kept] = t->config[i].value[k];
        t->setting[kept++] = t->setting[k];
    }
    t->settings = kept;
}

/* ---- results ---- */

/* path: of a result, as a line says it. */
static char *whole_path(const struct run_words *w)
{
    char *path = NULL;
    if ((*w->result == '/' ? asprintf(&path, "%s", w->result)
                           : asprintf(&path, "%s/%s", w->folder, w->result)) < 0)
        DIE("not enough memory");
    return path;
}

/* A run that is not done is nothing wrong. */
static bool read_outcome(struct table *t, const struct list *l, const struct listed *r,
                         struct outcome *o, char *err)
{
    struct run_result result;
    char why[ERR_SIZE], *path = whole_path(&r->words);
    bool missing, good = run_result_read(&result, path, &missing, why);
    o->best = o->loss = NAN;
    free(path);
    if (!good)
        return missing || error_set(err, "%s:%d: error: %.3000s", l->path, r->line, why);
    if (t->done && result.less != t->less)
        good = error_set(err, "%s:%d: error: the checks of its run are %s, of those before %s: "
                         "they are not to be compared", l->path, r->line,
                         result.less ? "losses" : "accuracies", t->less ? "losses" : "accuracies");
    if (!t->done)
        t->network = strdup(result.network);
    o->done = true;
    o->diverged = result.diverged;
    o->best = result.best;
    o->loss = result.loss;
    t->less = result.less;
    t->done++;
    t->diverged += o->diverged;
    run_result_close(&result);
    return good;
}

/* Whether a check is better than another; nan is worse than any. */
static bool is_better(const struct table *t, double a, double b)
{
    return !isnan(a) && (isnan(b) || (t->less ? a < b : a > b));
}

static void sum_up(const struct table *t, struct config *c)
{
    double *check = alloc((size_t)c->runs, sizeof *check);
    int n = 0;
    c->best = -1;
    for (int k = 0; k < c->runs; k++) {
        const struct outcome *o = &t->outcome[c->run[k]];
        c->done += o->done;
        c->diverged += o->diverged;
        if (isnan(o->best))
            continue;
        check[n++] = o->best;
        if (c->best < 0 || is_better(t, o->best, t->outcome[c->best].best))
            c->best = c->run[k];
    }
    c->check = spread_of(check, n);
    free(check);
}

/* For qsort, which tells nothing else: whether less is better. */
static bool less_is_better;

static int best_first(const void *a, const void *b)
{
    const struct config *x = a, *y = b;
    const double p = x->check.mean, q = y->check.mean;
    if (isnan(p) != isnan(q))
        return isnan(p) ? 1 : -1;
    if (!isnan(p) && p != q)
        return (p < q) == less_is_better ? -1 : 1;
    return x->run[0] - y->run[0];
}

bool table_read(struct table *t, const struct list *l, char *err)
{
    const size_t n = (size_t)l->count;
    *t = (struct table){ .outcome = alloc(n, sizeof *t->outcome), .network = "",
                         .config = alloc(n, sizeof *t->config), .runs = l->count };
    int *at = alloc(2*n + 1, sizeof *at), *of = alloc(n, sizeof *of), *run = alloc(n, sizeof *run);
    for (int k = 0; k < l->count; k++) {
        struct config c = { 0 };
        t->outcome[k].line = l->run[k].line;
        if (!take_tags(t, l, &l->run[k], &c, &t->outcome[k], err)
            || !read_outcome(t, l, &l->run[k], &t->outcome[k], err))
            return false;
        struct config *found = find_config(t, &c, at, 2*n + 1);
        found->runs++;
        of[k] = (int)(found - t->config);
    }
    for (int i = 0; i < t->configs; i++) {
        t->config[i].run = run;
        run += t->config[i].runs;
        t->config[i].runs = 0;
    }
    for (int k = 0; k < l->count; k++) {
        struct config *c = &t->config[of[k]];
        c->run[c->runs++] = k;
    }
    free(at);
    free(of);
    part_fixed(t);
    for (int i = 0; i < t->configs; i++)
        sum_up(t, &t->config[i]);
    less_is_better = t->less;
    qsort(t->config, (size_t)t->configs, sizeof *t->config, best_first);
    return true;
}

const char *table_check(const struct table *t)
{
    return t->less ? "val_loss" : "val_acc";
}

/* ---- out ---- */

static void put_number(FILE *out, double value)
{
    if (isnan(value))
        fprintf(out, " %9s", "-");
    else
        fprintf(out, " %9.4f", value);
}

/* The lines that have no result yet: 3, 7-9. */
static void put_missing(const struct table *t, FILE *out)
{
    const char *between = "missing: line ";
    for (int k = 0; k < t->runs; k++) {
        int end = k;
        if (t->outcome[k].done)
            continue;
        while (end + 1 < t->runs && !t->outcome[end + 1].done
               && t->outcome[end + 1].line == t->outcome[end].line + 1)
            end++;
        fprintf(out, "%s%d", between, t->outcome[k].line);
        if (end > k)
            fprintf(out, "-%d", t->outcome[end].line);
        between = ", ";
        k = end;
    }
    if (t->done < t->runs)
        putc('\n', out);
}

static void put_head(const struct table *t, FILE *out)
{
    visible_print(out, "%s%s%d of %d runs are done, %d of them diverged\n", t->network,
                  *t->network ? ": " : "", t->done, t->runs, t->diverged);
    for (int k = 0; k < t->nfixed; k++)
        visible_print(out, "%s%s=%s", k ? ", " : "all with ", t->fixed[k], t->fixed_value[k]);
    if (t->nfixed)
        putc('\n', out);
}

void table_print(const struct table *t, FILE *out)
{
    int width[MAX_AXES];
    put_head(t, out);
    putc('\n', out);
    for (int k = 0; k < t->settings; k++) {
        width[k] = visible_columns(t->setting[k]);
        for (int i = 0; i < t->configs; i++)
            width[k] = max_int(width[k], visible_columns(t->config[i].value[k]));
        visible_padded(out, t->setting[k], width[k] + 2);
    }
    fprintf(out, "%5s %8s %8s %9s %9s %9s %9s\n", "done", "missing", "diverged", table_check(t),
            "deviation", "95 % +/-", "best");
    for (int i = 0; i < t->configs; i++) {
        const struct config *c = &t->config[i];
        for (int k = 0; k < t->settings; k++)
            visible_padded(out, c->value[k], width[k] + 2);
        fprintf(out, "%5d %8d %8d", c->done, c->runs - c->done, c->diverged);
        put_number(out, c->check.mean);
        put_number(out, c->check.deviation);
        put_number(out, c->check.interval);
        put_number(out, c->best < 0 ? NAN : t->outcome[c->best].best);
        putc('\n', out);
    }
    putc('\n', out);
    const struct config *c = &t->config[0];
    if (c->best >= 0)
        fprintf(out, "best run: line %d\n", t->outcome[c->best].line);
    put_missing(t, out);
}

/* In quotes where a comma or a quote would part it; a spreadsheet would compute what begins as a
** formula does, and is no number. */
static void csv_text(FILE *out, const char *s)
{
    double number;
    char room[5];
    int length;
    const bool computes = *s && strchr("=+-@", *s) && !axis_number(s, &number);
    const bool quotes = computes || s[strcspn(s, ",\"")];
    fputs(computes ? "\"'" : quotes ? "\"" : "", out);
    for (const char *piece; (piece = visible_piece(&s, &length, room)) != NULL;)
        for (; length > 0; piece++, length--)
            fputs(*piece == '"' ? "\"\"" : (const char[]){ *piece, 0 }, out);
    fputs(quotes ? "\"" : "", out);
}

static void csv_number(FILE *out, double value)
{
    putc(',', out);
    if (!isnan(value))
        fprintf(out, "%.6g", value);
}

void table_csv(const struct table *t, FILE *out)
{
    for (int k = 0; k < t->nfixed + t->settings; k++) {
        csv_text(out, k < t->nfixed ? t->fixed[k] : t->setting[k - t->nfixed]);
        putc(',', out);
    }
    fprintf(out, "done,missing,diverged,%s,deviation,interval,best,best_line\n", table_check(t));
    for (int i = 0; i < t->configs; i++) {
        const struct config *c = &t->config[i];
        for (int k = 0; k < t->nfixed + t->settings; k++) {
            csv_text(out, k < t->nfixed ? t->fixed_value[k] : c->value[k - t->nfixed]);
            putc(',', out);
        }
        fprintf(out, "%d,%d,%d", c->done, c->runs - c->done, c->diverged);
        csv_number(out, c->check.mean);
        csv_number(out, c->check.deviation);
        csv_number(out, c->check.interval);
        csv_number(out, c->best < 0 ? NAN : t->outcome[c->best].best);
        putc(',', out);
        if (c->best >= 0)
            fprintf(out, "%d", t->outcome[c->best].line);
        putc('\n', out);
    }
}
