/*
** search.c - draws the settings of a search and keeps its record.
*/
#include "train/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dmath.h"
#include "base/error.h"
#include "base/random.h"
#include "base/stream.h"
#include "file/file.h"
#include "file/foreign.h"

static const char *search_columns(const struct search *s)
{
    return s->less ? "run,lr,reg,val_loss,loss" : "run,lr,reg,val_acc,loss";
}

long search_best(const struct search *s)
{
    long best = -1;
    for (long k = 0; k < s->ndone; k++)
        if (best < 0 || (s->less ? s->done[k].val_check < s->done[best].val_check
                                 : s->done[k].val_check > s->done[best].val_check))
            best = k;
    return best;
}

int search_level(const struct search *s, long k)
{
    return k < (s->runs + 1)/2 ? 0 : k < s->runs - s->runs/4 ? 1 : 2;
}

void search_next(const struct search *s, double value[SEARCH_AXES])
{
    long best = search_best(s);
    static const double narrower[] = { 1, 0.25, 0.0625 };
    double narrow = best < 0 ? 1 : narrower[search_level(s, s->ndone)];
    for (int a = 0; a < SEARCH_AXES; a++) {
        value[a] = s->low[a];
        if (s->low[a] >= s->high[a])
            continue;
        double low = math_log(s->low[a]), high = math_log(s->high[a]), width = high - low;
        if (narrow < 1) {
            double middle = math_log(s->done[best].value[a]), half = 0.5*narrow*width;
            low = middle - half > low ? middle - half : low;
            high = middle + half < high ? middle + half : high;
        }
        double u = random_uniform(s->seed, RANDOM_SEARCH, (uint64_t)s->ndone, (uint64_t)a);
        value[a] = math_exp(low + u*(high - low));
    }
}

/* The bytes of a line's end, LF or what Windows makes of it; 0: the line goes on. */
static size_t search_end(const char *s)
{
    return *s == '\n' ? 1 : s[0] == '\r' && s[1] == '\n' ? 2 : 0;
}

/* One line of the record; false: it is none. */
static bool search_line(const char *line, long number, struct search_run *run)
{
    long k;
    int length = 0;
    return sscanf(line, "%ld,%lf,%lf,%lf,%lf%n", &k, &run->value[SEARCH_LR],
                  &run->value[SEARCH_REG], &run->val_check, &run->loss, &length) == 5
           && k == number + 1 && (!line[length] || search_end(line + length));
}

static bool search_read(struct search *s, const char *path, const char *text, char *err)
{
    size_t settings = strlen(s->settings), columns = strlen(search_columns(s));
    if (strncmp(text, "# ", 2) || strncmp(text + 2, s->settings, settings)
        || !search_end(text + 2 + settings))
        return error_set(err, "%s: line 1: a search of other settings (%.*s); name another file, "
                         "or remove it", path, (int)strcspn(text, "\n"), text);
    text += 2 + settings + search_end(text + 2 + settings);
    if (strncmp(text, search_columns(s), columns) || !search_end(text + columns))
        return error_set(err, "%s: line 2: expected %s", path, search_columns(s));
    text += columns + search_end(text + columns);
    for (; *text; text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n')) {
        if (s->ndone == s->runs)
            return error_set(err, "%s: line %ld: more than %ld runs; ask for more with --runs",
                             path, s->ndone + 3, s->runs);
        if (!search_line(text, s->ndone, &s->done[s->ndone]))
            return error_set(err, "%s: line %ld: expected %ld,LR,REG,%s,LOSS", path,
                             s->ndone + 3, s->ndone + 1, s->less ? "LOSS" : "ACCURACY");
        s->ndone++;
    }
    return true;
}

bool search_open(struct search *s, const char *path, char *err)
{
    size_t size;
    s->ndone = 0;
    s->done = calloc((size_t)s->runs, sizeof *s->done);
    if (!s->done)
        return error_set(err, "not enough memory for %ld runs", s->runs);
    if (!path || access(path, F_OK) != 0)
        return true;
    char *text = file_read(path, &size, err);
    bool good = text && !foreign_found(path, text, size, err) && search_read(s, path, text, err);
    free(text);
    return good;
}

void search_close(struct search *s)
{
    free(s->done);
    s->done = NULL;
}

bool search_add(struct search *s, const char *path, struct search_run run, char *err)
{
    char *text = NULL;
    size_t size = 0;
    s->done[s->ndone++] = run;
    if (!path)
        return true;
    FILE *out = stream_memory(&text, &size);
    if (!out)
        return error_set(err, "not enough memory for %s", path);
    fprintf(out, "# %s\n%s\n", s->settings, search_columns(s));
    for (long k = 0; k < s->ndone; k++) {
        const struct search_run *r = &s->done[k];
        fprintf(out, "%ld,%.17g,%.17g,%.9g,", k + 1, r->value[SEARCH_LR], r->value[SEARCH_REG],
                r->val_check);
        if (isnan(r->loss))     /* its sign is the processor's choice */
            fputs("nan\n", out);
        else
            fprintf(out, "%.9g\n", r->loss);
    }
    bool good = stream_close(out) ? file_write(path, text, size, err)
                                  : error_set(err, "not enough memory for %s", path);
    free(text);
    return good;
}
