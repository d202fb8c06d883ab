/*
** run_result.c - results of trainings to and from files. It must never take a file of another kind
** for a result.
**
** The file is one object of JSON in one line:
**
**   lathe        "result-1"
**   network      its name
**   layers       16 hexadecimal digits, a hash of what the network is
**   tags         what --tag said, NAME: VALUE; numbers where they are
**   options      the run's options, "--NAME=VALUE" or "--FLAG" each, those with defaults too
**   iterations   done
**   best_val_acc, or best_val_loss    null: no images validated, or it diverged before a check
**   loss         of the last iteration; null: it is not finite
**   diverged     whether that, or something else that is not finite, ended the run
*/
#include "file/run_result.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/shortest.h"
#include "base/stream.h"
#include "file/file.h"
#include "file/json.h"

enum { RESULT_MOST = 1 << 20 };
#define RESULT_FORMAT "result-1"

/* ---- out ---- */

static void result_text(FILE *out, const char *s)
{
    json_put(out, s, strlen(s));
}

/* As JSON has numbers, whose first zeros and + it does not; else a string. */
static void result_value(FILE *out, const char *s)
{
    const char *digits = s + (*s == '-');
    char *end;
    const bool plain = s[strspn(s, "-+.0123456789eE")] == 0 && *digits >= '0' && *digits <= '9'
                       && !(*digits == '0' && digits[1] >= '0' && digits[1] <= '9')
                       && s[strlen(s) - 1] != '.' && !strstr(s, ".e") && !strstr(s, ".E");
    if (plain && isfinite(strtod(s, &end)) && !*end)
        fputs(s, out);
    else
        result_text(out, s);
}

static void result_tags(FILE *out, const char *const *tag, int ntags)
{
    for (int k = 0; k < ntags; k++) {
        const size_t name = strcspn(tag[k], "=");
        fputs(k ? "," : "", out);
        json_put(out, tag[k], name);
        putc(':', out);
        result_value(out, tag[k][name] ? tag[k] + name + 1 : "");
    }
}

static void result_options(FILE *out, const char *s)
{
    for (const char *between = ""; *s; between = ",") {
        const size_t length = strcspn(s, "\n");
        fputs(between, out);
        json_put(out, s, length);
        s += length + (s[length] == '\n');
    }
}

static void result_number(FILE *out, const char *name, double value)
{
    char number[40] = "null";
    if (isfinite(value))
        shortest_real(value, number, sizeof number);
    fprintf(out, ",\"%s\":%s", name, number);
}

bool run_result_write(const char *path, const struct run_result *r, const char *const *tag,
                      int ntags, char *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = stream_memory(&text, &size);
    if (!out)
        return error_set(err, "not enough memory for %s", path);
    fputs("{\"lathe\":\"" RESULT_FORMAT "\",\"network\":", out);
    result_text(out, r->network);
    fprintf(out, ",\"layers\":\"%016" PRIx64 "\",\"tags\":{", r->layers);
    result_tags(out, tag, ntags);
    fputs("},\"options\":[", out);
    result_options(out, r->options);
    fprintf(out, "],\"iterations\":%ld", r->iterations);
    result_number(out, r->less ? "best_val_loss" : "best_val_acc", r->best);
    result_number(out, "loss", r->loss);
    fprintf(out, ",\"diverged\":%s}\n", r->diverged ? "true" : "false");
    bool good = stream_close(out) ? file_write(path, text, size, err)
                                  : error_set(err, "not enough memory for %s", path);
    free(text);
    return good;
}

/* ---- in ---- */

/* The words of an array, a line each, at *at. */
static bool result_read_options(struct json *j, struct run_result *r)
{
    const char *word;
    char *start = j->strings;
    r->options = start;
    if (!json_begin(j, '['))
        return false;
    *start = 0;
    if (json_empty(j, ']'))
        return ++j->strings;
    do {
        if (!json_string(j, &word))
            return false;
        j->strings[-1] = '\n';
    } while (json_take(j, ','));
    *j->strings++ = 0;
    return json_end(j, ']');
}

static bool result_read_hash(struct json *j, struct run_result *r)
{
    const char *digits;
    char *end;
    if (!json_string(j, &digits))
        return false;
    r->layers = strtoull(digits, &end, 16);
    return (strlen(digits) == 16 && !*end) || json_bad(j, "16 hexadecimal digits before this");
}

static bool result_read_iterations(struct json *j, struct run_result *r)
{
    uint64_t n;
    if (!json_whole(j, &n))
        return false;
    r->iterations = (long)n;
    return n <= INT64_MAX || json_bad(j, "a smaller number");
}

static bool result_read_best(struct json *j, struct run_result *r)
{
    return json_real(j, &r->best);
}

static bool result_read_least(struct json *j, struct run_result *r)
{
    r->less = true;
    return json_real(j, &r->best);
}

static bool result_read_loss(struct json *j, struct run_result *r)
{
    return json_real(j, &r->loss);
}

static bool result_read_diverged(struct json *j, struct run_result *r)
{
    return json_bool(j, &r->diverged);
}

static bool result_read_network(struct json *j, struct run_result *r)
{
    return json_string(j, &r->network);
}

static bool result_read_format(struct json *j, struct run_result *r)
{
    const char *format;
    (void)r;
    return json_string(j, &format)
           && (!strcmp(format, RESULT_FORMAT) || json_bad(j, "\"" RESULT_FORMAT "\" before this"));
}

static bool result_read_key(struct json *j, struct run_result *r, unsigned *seen)
{
    static const struct { const char *name; bool (*read)(struct json *, struct run_result *);
                          unsigned bit; } keys[] = {
        { "lathe", result_read_format, 1 }, { "network", result_read_network, 2 },
        { "layers", result_read_hash, 4 }, { "options", result_read_options, 8 },
        { "iterations", result_read_iterations, 16 }, { "best_val_acc", result_read_best, 32 },
        { "best_val_loss", result_read_least, 32 }, { "loss", result_read_loss, 64 },
        { "diverged", result_read_diverged, 128 },
    };
    const char *name;
    if (!json_string(j, &name))
        return false;
    if (!json_take(j, ':'))
        return json_bad(j, "\":\"");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (!strcmp(name, keys[k].name)) {
            if (*seen & keys[k].bit)
                return json_bad(j, "another key");
            *seen |= keys[k].bit;
            return keys[k].read(j, r);
        }
    return json_skip(j);
}

static bool result_parse(struct run_result *r, const char *text, size_t size, const char *path,
                         char *err)
{
    struct json j = { .s = text, .end = text + size, .strings = r->text, .start = text,
                      .path = path, .part = "result", .err = err };
    unsigned seen = 0;
    if (json_not_utf8(text, size))
        return error_set(err, "%s: damaged result: it is not all UTF-8", path);
    if (!json_begin(&j, '{'))
        return false;
    do
        if (!result_read_key(&j, r, &seen))
            return false;
    while (json_take(&j, ','));
    if (!json_end(&j, '}'))
        return false;
    json_blanks(&j);
    return (j.s == j.end && seen == 255)
           || error_set(err, "%s: damaged result: it is not what `train --result` writes", path);
}

bool run_result_read(struct run_result *r, const char *path, bool *missing, char *err)
{
    struct stat st;
    size_t size = 0;
    *r = (struct run_result){ .best = NAN, .loss = NAN };
    const bool there = !stat(path, &st);
    *missing = !there && errno == ENOENT;
    if (!there && !*missing)
        return error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    if (there && S_ISREG(st.st_mode) && st.st_size > RESULT_MOST)
        return error_set(err, "%s: is longer than any result of a training", path);
    char *text = file_read(path, &size, err);
    if (!text)
        return false;
    r->text = malloc(size + 2);         /* of words, and an end of each list */
    bool good = r->text ? result_parse(r, text, size, path, err)
                        : error_set(err, "%s: not enough memory", path);
    free(text);
    if (!good)
        run_result_close(r);
    return good;
}

void run_result_close(struct run_result *r)
{
    free(r->text);
    r->text = NULL;
}
