/*
** synthetic.c - draws the built-in images. It must give the same bytes everywhere:
** only dmath.h and exactly rounded arithmetic.
*/
#include "data/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/dmath.h"
#include "base/error.h"
#include "base/random.h"

enum { SYNTHETIC_TRAIN = 10000, SYNTHETIC_HELD = 1000, SYNTHETIC_MOST = 100000,
       SYNTHETIC_SHAPES = 5, SYNTHETIC_TEXTURES = 4, SYNTHETIC_NOISE = 24 };

/* What an image is made of, drawn from its index. */
struct synthetic_plan {
    int shape, texture, hue;
    double x, y, radius, sine, cosine;  /* of the figure: place, size, rotation */
    double frequency;
    double figure[2][3], ground[2][3];  /* colours: of the texture, of the gradient */
};

static double synthetic_uniform(uint64_t index, uint64_t number, double low, double high)
{
    return low + (high - low)*random_uniform(0, RANDOM_SYNTHETIC, index, number);
}

static void synthetic_plan(struct synthetic_plan *p, int h, int w, int classes, uint64_t index)
{
    int class = (int)(index % (uint64_t)classes), side = h < w ? h : w;
    p->shape = class % SYNTHETIC_SHAPES;
    p->texture = class / SYNTHETIC_SHAPES % SYNTHETIC_TEXTURES;
    p->hue = class / (SYNTHETIC_SHAPES*SYNTHETIC_TEXTURES);
    p->radius = side*synthetic_uniform(index, 0, 0.25, 0.42);
    p->x = synthetic_uniform(index, 1, 0.8*p->radius, w - 0.8*p->radius);
    p->y = synthetic_uniform(index, 2, 0.8*p->radius, h - 0.8*p->radius);
    double angle = synthetic_uniform(index, 3, 0, 6.283185307179586);
    p->sine = math_sin(angle);
    p->cosine = math_cos(angle);
    p->frequency = synthetic_uniform(index, 4, 2.0, 3.0);
    for (int k = 0; k < 3; k++) {
        double ground = synthetic_uniform(index, 10 + (uint64_t)k, 30, 150);
        double contrast = synthetic_uniform(index, 20 + (uint64_t)k, 50, 110);
        p->ground[0][k] = ground;
        p->ground[1][k] = ground + synthetic_uniform(index, 30 + (uint64_t)k, -40, 40);
        /* Many classes: the figure's brightest channel tells those of one texture apart. */
        if (p->hue)
            contrast *= (p->hue + k) % 3 ? 0.5 : 1.2;
        p->figure[0][k] = ground + contrast;
        p->figure[1][k] = ground + (p->figure[0][k] - ground)*-0.7;
    }
}

/* Is (u, v), in units of the radius and turned, inside the figure? */
static bool synthetic_inside(int shape, double u, double v)
{
    double square = u*u + v*v, a = fabs(u), b = fabs(v);
    switch (shape) {
    case 0:  return square < 1;
    case 1:  return a < 0.8 && b < 0.8;
    case 2:  return v > -0.6 && 1.75*a + v < 1.1;
    case 3:  return square < 1.1 && square > 0.3;
    default: return (a < 0.3 && b < 1.05) || (b < 0.3 && a < 1.05);
    }
}

/* Which of the figure's two colours (u, v) has. */
static int synthetic_texture(const struct synthetic_plan *p, double u, double v)
{
    int column = (int)floor(u*p->frequency) & 1, row = (int)floor(v*p->frequency) & 1;
    switch (p->texture) {
    case 0:  return 0;
    case 1:  return row;
    case 2:  return row ^ column;
    default: return row & column;
    }
}

void synthetic_draw(uint8_t *out, int c, int h, int w, int classes, uint64_t index)
{
    struct synthetic_plan p;
    uint64_t noise = 0, drawn = 0;
    synthetic_plan(&p, h, w, classes, index);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double dx = (x + 0.5 - p.x) / p.radius, dy = (y + 0.5 - p.y) / p.radius;
            double u = dx*p.cosine + dy*p.sine, v = dy*p.cosine - dx*p.sine;
            bool inside = synthetic_inside(p.shape, u, v);
            const double *figure = p.figure[inside ? synthetic_texture(&p, u, v) : 0];
            for (int k = 0; k < c; k++) {
                double t = (double)y / h;
                double ground = p.ground[0][k % 3] + t*(p.ground[1][k % 3] - p.ground[0][k % 3]);
                if (drawn++ % 8 == 0)
                    noise = random_bits(1, RANDOM_SYNTHETIC, index, drawn / 8);
                double value = (inside ? figure[k % 3] : ground)
                               + (double)((int)(noise & 255) - 128) / 128*SYNTHETIC_NOISE;
                noise >>= 8;
                size_t at = ((size_t)k*(size_t)h + (size_t)y)*(size_t)w + (size_t)x;
                out[at] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
}

/* Where no classes are asked for. */
enum { SYNTHETIC_CLASSES = 10, SYNTHETIC_BITS = 4 };

/* Value j is a bit of the image's class: several answers an image. */
static bool synthetic_targets(struct dataset *d, const struct data_options *o, struct images *set,
                              char *err)
{
    const size_t size = (size_t)o->out_c*(size_t)o->out_h*(size_t)o->out_w;
    real *targets = dataset_alloc(d, set->count, size*sizeof *targets, err);
    for (size_t k = 0; targets && k < set->count; k++)
        for (size_t j = 0; j < size; j++)
            targets[k*size + j] = (real)(set->labels[k] >> j % SYNTHETIC_BITS & 1);
    set->targets = targets;
    return targets;
}

/* For an autoencoder: every other image ends with the second half of the one before, an anomaly. */
static void synthetic_anomalies(uint8_t *bytes, int32_t *labels, size_t count, size_t size)
{
    const size_t half = size/2;
    for (size_t k = 0; k < count; k++) {
        labels[k] = k % 2;
        if (labels[k])
            memcpy(bytes + (k + 1)*size - half, bytes + k*size - half, half);
    }
}

/* `count` images from index `first`. Indices are scrambled by the class being
** index % classes: minibatches drawn in order are balanced. */
static bool synthetic_set(struct dataset *d, const struct data_options *o, struct images *set,
                          size_t count, uint64_t first, char *err)
{
    const int classes = d->classes ? d->classes : SYNTHETIC_CLASSES;
    size_t size = (size_t)d->c*(size_t)d->h*(size_t)d->w;
    uint8_t *bytes = dataset_alloc(d, count, size, err);
    int32_t *labels = bytes ? dataset_alloc(d, count, sizeof *labels, err) : NULL;
    if (!labels)
        return false;
    for (size_t k = 0; k < count; k++) {
        synthetic_draw(bytes + k*size, d->c, d->h, d->w, classes, first + k);
        labels[k] = (int32_t)((first + k) % (uint64_t)classes);
    }
    if (o->target == TARGET_INPUT && set == &d->test)
        synthetic_anomalies(bytes, labels, count, size);
    *set = (struct images){ .count = count, .c = d->c, .h = d->h, .w = d->w, .bytes = bytes,
                            .labels = labels };
    return o->target != TARGET_REALS || synthetic_targets(d, o, set, err);
}

static size_t synthetic_count(long wanted, size_t standard)
{
    return wanted < 0 ? standard : (size_t)wanted;
}

bool synthetic_open(struct dataset *d, const struct data_options *o, char *err)
{
    size_t train = synthetic_count(o->train_samples, SYNTHETIC_TRAIN);
    size_t val = synthetic_count(o->val_samples, SYNTHETIC_HELD);
    size_t test = synthetic_count(o->test_samples, SYNTHETIC_HELD);
    if (train > SYNTHETIC_MOST || val > SYNTHETIC_MOST || test > SYNTHETIC_MOST)
        return error_set(err, "the synthetic set has at most %d images of each kind",
                         SYNTHETIC_MOST);
    int n = snprintf(d->source, sizeof d->source, "the built-in synthetic set (%dx%dx%d", d->c,
                     d->h, d->w);
    snprintf(d->source + n, sizeof d->source - (size_t)n, d->classes ? ", %d classes)" : ")",
             d->classes);
    if (!synthetic_set(d, o, &d->train, train, 0, err)
        || !synthetic_set(d, o, &d->val, val, SYNTHETIC_MOST, err)
        || !synthetic_set(d, o, &d->test, test, 2*SYNTHETIC_MOST, err))
        return false;
    d->fit = d->train;
    return true;
}
