/*
** check.c - `lathe import --check`. Images go to the program's `dump`, prepared and in its order;
** its scores come back and become what the model makes of them.
*/
#include "tool/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/processors.h"
#include "runtime/base/visible.h"
#include "runtime/file/safetensors.h"
#include "base/leftover.h"
#include "exchange/views.h"
#include "tool/build.h"
#include "tool/compiler.h"

#define CHECK_MOST 1e-5
enum { BATCH_MOST = 64 };

/* The array's dims are the value's, its first one any. */
static bool has_dims(const struct npy *a, const char *path, int ndims, const int64_t *dims,
                     char *err)
{
    struct value v = { .kind = VALUE_MAP, .ndims = ndims };
    memcpy(v.dims, dims, (size_t)ndims*sizeof *dims);
    bool good = a->rank == ndims;
    for (int k = 1; k < a->rank && good; k++)
        good = a->dim[k] == (size_t)dims[k];
    return good || error_set(err, "%s: is to have the shape of the model's, (images) x %s", path,
                             dims_text(&v).text);
}

bool check_open(struct check *c, const struct imported *m, char *err)
{
    const struct onnx_value *in = &m->model.inputs[0];
    if (!npy_read(&c->x, c->x_path, err) || !npy_read(&c->y, c->y_path, err)
        || !has_dims(&c->x, c->x_path, in->ndims, in->dims, err)
        || !has_dims(&c->y, c->y_path, m->output.ndims, m->output.dims, err))
        return false;
    c->images = c->x.dim[0];
    c->batch = c->images < BATCH_MOST ? (int)c->images : BATCH_MOST;
    return (c->images && c->y.dim[0] == c->images)
           || error_set(err, "%s: %zu images, and %s has results of %zu", c->x_path, c->images,
                        c->y_path, c->y.dim[0]);
}

static size_t values_of(struct shape s)
{
    return (size_t)s.c*(size_t)s.h*(size_t)s.w;
}

/* Images from `first` on, as the network takes them. */
static float *network_images(const struct check *c, const struct imported *m, size_t first,
                             size_t n)
{
    const struct shape s = m->in.input;
    const struct network_parts *p = &m->parts;
    const size_t size = values_of(s), map = (size_t)s.h*(size_t)s.w;
    float *x = alloc(n*size, sizeof *x);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < size; k++) {
            const size_t ch = k/map;
            const size_t at = m->in.reshaped ? k
                              : view_place(&m->in, &m->in.value[m->in.input_value], (int)ch,
                                           (int)(k % map)/s.w, (int)(k % map) % s.w);
            double value = npy_number(&c->x, (first + i)*size + at);
            if (p->mean)
                value = (value - p->mean[p->per > 1 ? k : ch])*p->factor[ch];
            x[i*size + k] = (float)value;
        }
    return x;
}

/* Labels or targets that dump asks for: any. */
static bool write_answers(const char *path, const struct net *net, size_t n, char *err)
{
    const struct layer *loss = &net->layer[net->nlayers - 1];
    const bool labels = loss->target == TARGET_LABEL;
    const size_t dim[] = { n, (size_t)loss->in.c, (size_t)loss->in.h, (size_t)loss->in.w };
    const size_t count = labels ? n : n*values_of(loss->in);
    int64_t *zeros = alloc(count, sizeof *zeros);
    bool good = npy_write(path, labels ? NPY_I8 : NPY_F8, dim, labels ? 1 : 4, zeros, err);
    free(zeros);
    return good;
}

/* What the model makes of an image's scores. */
static void finish_scores(double *score, size_t count, enum import_end end)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, score[k]);
    for (size_t k = 0; k < count; k++)
        sum += exp(score[k] - most);
    for (size_t k = 0; k < count; k++)
        score[k] = end == END_SOFTMAX ? exp(score[k] - most)/sum
                   : end == END_LOG_SOFTMAX ? score[k] - most - log(sum)
                   : end == END_SIGMOID ? 1/(1 + exp(-score[k])) : score[k];
}

struct difference { double most, largest; };

static bool compare(const struct check *c, const struct imported *m, const char *path, size_t first,
                    size_t n, struct difference *d, char *err)
{
    struct safetensors s;
    const struct shape out = part_shape(&m->in, m->last);
    const size_t size = values_of(out), map = (size_t)out.h*(size_t)out.w;
    if (!safetensors_read(&s, path, err))
        return false;
    const struct tensor *t = safetensors_find(&s, "scores");
    bool good = (t && t->count == n*size && t->type == TENSOR_F32)
                || error_set(err, "%s: has no scores", path);
    double *score = alloc(size, sizeof *score);
    for (size_t i = 0; i < n && good; i++) {
        for (size_t k = 0; k < size; k++) {
            float value;
            memcpy(&value, (const char *)t->data + (i*size + k)*sizeof value, sizeof value);
            score[k] = value;
        }
        finish_scores(score, size, m->end);
        for (size_t k = 0; k < size; k++) {
            const size_t at = view_place(&m->in, &m->output, (int)(k/map), (int)(k % map)/out.w,
                                         (int)(k % map) % out.w);
            const double wanted = npy_number(&c->y, (first + i)*size + at);
            const double apart = fabs(score[k] - wanted);
            d->most = apart <= d->most || isnan(d->most) ? d->most : apart;
            d->largest = fmax(d->largest, fabs(wanted));
        }
    }
    free(score);
    safetensors_close(&s);
    return good;
}

static void add_word(struct text *t, const char *option, const char *folder, const char *name)
{
    struct text path = { 0 };
    text_printf(&path, "%s%s%s", folder, *folder ? "/" : "", name);
    text_printf(t, " %s ", option);
    shell_quote(t, text_string(&path));
    text_free(&path);
}

/* One batch through the program. */
static bool run_batch(const struct check *c, const struct imported *m, const struct net *net,
                      const char *folder, const char *params, size_t first, struct difference *d,
                      char *err)
{
    const struct shape s = m->in.input;
    const size_t left = c->images - first, n = left < (size_t)c->batch ? left : (size_t)c->batch;
    const size_t dim[] = { n, (size_t)s.c, (size_t)s.h, (size_t)s.w };
    struct text command = { 0 }, x = { 0 }, y = { 0 }, out = { 0 };
    float *images = network_images(c, m, first, n);
    text_printf(&x, "%s/x.npy", folder);
    text_printf(&y, "%s/y.npy", folder);
    text_printf(&out, "%s/out.safetensors", folder);
    add_word(&command, "", folder, "program");
    text_puts(&command, " dump --mode eval");
    add_word(&command, "--params", "", params);
    add_word(&command, "--x", folder, "x.npy");
    if (net->layer[net->nlayers - 1].target != TARGET_INPUT)
        add_word(&command, "--y", folder, "y.npy");
    add_word(&command, "-o", folder, "out.safetensors");
    bool good = npy_write(text_string(&x), NPY_F4, dim, 4, images, err)
                && write_answers(text_string(&y), net, n, err);
    if (good && leftover_run(text_string(&command)))
        good = error_set(err, "the program failed: %s", text_string(&command));
    good = good && compare(c, m, text_string(&out), first, n, d, err);
    free(images);
    text_free(&command);
    text_free(&x);
    text_free(&y);
    text_free(&out);
    return good;
}

bool check_run(struct check *c, const struct imported *m, struct net *net, const char *params)
{
    struct text folder = { 0 }, program = { 0 };
    struct difference d = { 0, 0 };
    char err[ERR_SIZE] = "no folder for temporary files";
    temporary_name(&folder, "lathe-XXXXXX");
    bool good = leftover_make_tree(folder.at) || failed(err);
    text_printf(&program, "%s/program", folder.at);
    good = good && build_program(&net, 1, text_string(&program), processors_available());
    for (size_t first = 0; good && first < c->images; first += (size_t)c->batch)
        good = run_batch(c, m, net, folder.at, params, first, &d, err) || failed(err);
    leftover_remove(folder.at);
    if (!good)
        return false;
    const double relative = d.most == 0 ? 0 : d.most/d.largest;
    good = relative <= CHECK_MOST;
    visible_print(stderr, "check: %zu images, largest relative error %.2g (largest difference over "
                  "largest value expected)%s\n", c->images, relative, good ? "" : ": above 1e-5");
    return good;
}
