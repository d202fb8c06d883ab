/*
** inference.c - `lathe emit --inference`. It must never leave a header that another source belongs
** to: all is claimed before anything is written.
*/
#include "tool/inference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/visible.h"
#include "plan/stream.h"
#include "print/inference.h"
#include "tool/build.h"
#include "tool/read.h"

/* What public names begin with: the file's name, without directory and .c. */
static bool find_stem(const char *path, struct text *stem, char *err)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    const size_t length = strlen(name);
    if (length < 3 || strcmp(name + length - 2, ".c"))
        return error_set(err, "%s: a C file is written: -o NAME.c", path);
    text_add(stem, name, length - 2);
    const char *s = text_string(stem);
    bool good = !(*s >= '0' && *s <= '9') && length < NAME_MAX_LEN;
    for (; *s; s++)
        good = good && in_word(*s);
    return good || error_set(err, "%s: its functions would be called %s_run, which is no name of "
                             "C: -o NAME.c with letters, digits and _", path, text_string(stem));
}

/* What 0 and 255 are to the network; NULL: nobody knows. */
static bool find_pixels(const struct options *o, const struct net *net,
                        const struct parameters *p, struct values_scale *s,
                        const struct values_scale **found, char *err)
{
    *found = s;
    if (o->range)
        return values_scale_parse(s, o->range, net->input.c, err);
    if (!p->values.type[0] || !values_scale_of(s, &p->values))
        *found = NULL;
    return true;
}

static bool goes_by_winograd(const struct net *net, const char *layer)
{
    bool found = false;
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        found |= tile_rows(net, s) && !strcmp(net->layer[s->head].name, layer);
    }
    return found;
}

/* " conv1 conv2": layers that a program of the network computes by Winograd's filtering, and net
** does not. */
static void find_otherwise(const struct net *net, const struct net *whole, struct text *names)
{
    for (int r = 0; r < whole->ninfer; r++) {
        const struct stage *s = region_stage(whole, &whole->infer[r]);
        const char *name = whole->layer[s->head].name;
        if (tile_rows(whole, s) && !goes_by_winograd(net, name))
            text_printf(names, " %s", name);
    }
}

/* Names of what is written beside each other. */
static void beside(const char *path, const char *suffix, struct text *name)
{
    text_add(name, path, strlen(path) - 2);
    text_puts(name, suffix);
}

static bool write_one(const char *path, const struct text *made)
{
    struct page page;
    if (!page_open(&page, path))
        return false;
    fwrite(made->at, 1, made->length, page.f);
    return page_close(&page);
}

static bool write_files(const char *path, struct text made[3], bool blob)
{
    static const char *const suffixes[] = { ".h", ".weights", ".c" };
    static const enum output_kind kinds[] = { OUTPUT_SOURCE, OUTPUT_WEIGHTS, OUTPUT_SOURCE };
    struct text name[3] = { { 0 }, { 0 }, { 0 } };
    bool good = true;
    for (int k = 0; k < 3 && good; k++) {
        beside(path, suffixes[k], &name[k]);
        good = (k == 1 && !blob) || claim(text_string(&name[k]), kinds[k]);
    }
    for (int k = 0; k < 3 && good; k++)
        good = (k == 1 && !blob) || write_one(text_string(&name[k]), &made[k]);
    if (good)
        visible_print(stderr, "emitted %s, %s%s%s\n", path, text_string(&name[0]),
                      blob ? ", " : "", blob ? text_string(&name[1]) : "");
    for (int k = 0; k < 3; k++)
        text_free(&name[k]);
    return good;
}

static bool write_all(const struct options *o, const char *path, const struct net *net,
                      const struct net *whole, const struct parameters *p, char *err)
{
    struct text stem = { 0 }, otherwise = { 0 }, made[3] = { { 0 }, { 0 }, { 0 } };
    struct values_scale scale;
    struct constants constants = { 0 };
    struct inference_options how = { .blob = o->weights && !strcmp(o->weights, "blob"),
                                     .classes = safetensors_metadata(&p->file, "classes") };
    find_otherwise(net, whole, &otherwise);
    bool good = find_stem(path, &stem, err) && find_pixels(o, net, p, &scale, &how.pixels, err)
                && constants_make(&constants, net, whole, p, err);
    if (!good)
        failed(err);
    how.name = text_string(&stem);
    how.otherwise = text_string(&otherwise);
    if (good) {
        inference_header(net, &constants, &how, &made[0]);
        inference_weights(net, &constants, &made[1]);
        inference_source(net, &constants, &how, &made[2]);
        good = write_files(path, made, how.blob);
    }
    constants_free(&constants);
    struct text *all[] = { &stem, &otherwise, &made[0], &made[1], &made[2] };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        text_free(all[k]);
    return good;
}

bool emit_inference(struct options *o, const struct isa *isa, int *status)
{
    struct parameters p = { .path = NULL };
    char err[ERR_SIZE], name[NAME_MAX_LEN + sizeof ".c"];
    struct net *net = read_inference(o, o->net[0], isa, status);
    if (!net)
        return *status == 0;
    struct net *whole = read_net(o, o->net[0], isa_native(), NULL, status);
    if (!whole)
        return false;
    snprintf(name, sizeof name, "%s.c", net->name);
    if (!parameters_read(&p, o->params, whole, err))
        return failed(err);
    const bool good = write_all(o, o->output ? o->output : name, net, whole, &p, err);
    parameters_free(&p);
    return good;
}
