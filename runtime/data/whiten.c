/*
** whiten.c - eigenvectors of patches by Jacobi's method. It must never depend on the number
** of threads: they share the products, and the sums of each over images run in order.
*/
#include "data/whiten.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "core/params.h"

enum { WHITEN_IMAGES = 5000, WHITEN_SWEEPS = 60, WHITEN_BLOCK = 8, WHITEN_TOGETHER = 8 };

/* Some images, and their patches in the canonical order c, kh, kw. */
struct whiten_block {
    const struct param *p;
    const struct images *train;
    const struct preprocess *pre;
    int h, w, n;
    size_t first, images;
    real *image;            /* [images][h][w][c] */
    double *patch;          /* [images][places][n]; a few of the next one are read as well */
    double *sum;            /* [n][n], the lower half: of products */
};

static size_t whiten_places(const struct whiten_block *b)
{
    return (size_t)(b->h - b->p->dim[2] + 1)*(size_t)(b->w - b->p->dim[3] + 1);
}

static void whiten_cut(void *context, int item, int items, int thread)
{
    const struct whiten_block *b = context;
    const int c = b->p->dim[1], kh = b->p->dim[2], kw = b->p->dim[3], w = b->w;
    const size_t row = (size_t)w*(size_t)c;
    real *image = b->image + (size_t)item*(size_t)b->h*row;
    double *to = b->patch + (size_t)item*whiten_places(b)*(size_t)b->n;
    (void)items;
    (void)thread;
    images_put(b->train, b->first + (size_t)item, b->pre, NULL, image, b->h, w, row);
    for (int channel = 0, k = 0; channel < c; channel++)
        for (int dy = 0; dy < kh; dy++)
            for (int dx = 0; dx < kw; dx++, k++) {
                double *one = to + k;
                for (int y = 0; y + kh <= b->h; y++) {
                    const real *from = image + (size_t)(y + dy)*row + dx*c + channel;
                    for (int x = 0; x + kw <= w; x++, one += b->n)
                        *one = (double)from[x*c];
                }
            }
}

/* Adds every patch's products of value `item` and those before it, in order. */
static void whiten_add(void *context, int item, int items, int thread)
{
    const struct whiten_block *b = context;
    const size_t n = (size_t)b->n, patches = b->images*whiten_places(b), i = (size_t)item;
    double *sum = b->sum + i*n;
    (void)items;
    (void)thread;
    for (size_t j = 0; j <= i; j += WHITEN_TOGETHER) {
        double s[WHITEN_TOGETHER] = { 0 };
        const size_t some = i + 1 - j < WHITEN_TOGETHER ? i + 1 - j : WHITEN_TOGETHER;
        for (size_t k = 0; k < some; k++)
            s[k] = sum[j + k];
        for (const double *v = b->patch; v < b->patch + patches*n; v += n)
            for (size_t k = 0; k < WHITEN_TOGETHER; k++)
                s[k] += v[i]*v[j + k];
        for (size_t k = 0; k < some; k++)
            sum[j + k] = s[k];
    }
}

/* One Jacobi rotation that makes a[i][j] zero; columns of v follow. */
static void whiten_rotate(double *a, double *v, int n, int i, int j)
{
    double theta = (a[j*n + j] - a[i*n + i]) / (2*a[i*n + j]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta*theta + 1));
    double c = 1 / sqrt(t*t + 1), s = t*c;
    for (int k = 0; k < n; k++) {
        double x = a[k*n + i], y = a[k*n + j];
        a[k*n + i] = c*x - s*y;
        a[k*n + j] = s*x + c*y;
    }
    for (int k = 0; k < n; k++) {
        double x = a[i*n + k], y = a[j*n + k], u = v[k*n + i], w = v[k*n + j];
        a[i*n + k] = c*x - s*y;
        a[j*n + k] = s*x + c*y;
        v[k*n + i] = c*u - s*w;
        v[k*n + j] = s*u + c*w;
    }
}

/* Eigenvalues on the diagonal of a, eigenvectors in the columns of v (Golub and Van Loan,
** section 8.5: cyclic sweeps). */
static void whiten_eigen(double *a, double *v, int n)
{
    for (int k = 0; k < n*n; k++)
        v[k] = k % (n + 1) == 0;
    for (int sweep = 0; sweep < WHITEN_SWEEPS; sweep++) {
        double off = 0, all = 0;
        for (int k = 0; k < n*n; k++) {
            off += k % (n + 1) ? a[k]*a[k] : 0;
            all += a[k]*a[k];
        }
        if (off <= 1e-28*all)
            return;
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++)
                if (a[i*n + j] != 0)
                    whiten_rotate(a, v, n, i, j);
    }
}

/* The column with the largest eigenvalue that is not taken yet. */
static int whiten_next(const double *a, int n, unsigned char *taken)
{
    int best = -1;
    for (int k = 0; k < n; k++)
        if (!taken[k] && (best < 0 || a[k*n + k] > a[best*n + best]))
            best = k;
    taken[best] = 1;
    return best;
}

static void whiten_set(const struct param *p, real *stored, const double *a, const double *v,
                       unsigned char *taken)
{
    const int n = p->dim[1]*p->dim[2]*p->dim[3], half = p->dim[0] / 2;
    for (int f = 0; f < half; f++) {
        int column = whiten_next(a, n, taken), largest = 0;
        double value = a[column*n + column], scale = 1 / sqrt((value > 0 ? value : 0) + 5e-4);
        for (int k = 1; k < n; k++)
            if (fabs(v[k*n + column]) > fabs(v[largest*n + column]))
                largest = k;
        /* Either sign is an eigenvector: the one whose largest entry is positive. */
        scale = v[largest*n + column] < 0 ? -scale : scale;
        for (int k = 0; k < n; k++) {
            real w = (real)(scale*v[k*n + column]);
            stored[params_index(p, (size_t)(f*n + k))] = w;
            stored[params_index(p, (size_t)((half + f)*n + k))] = -w;
        }
    }
}

/* The mean products of all patches, in b->sum. */
static void whiten_products(struct whiten_block *b, struct workers *workers)
{
    const size_t count = b->train->count < WHITEN_IMAGES ? b->train->count : WHITEN_IMAGES;
    const double patches = (double)count*(double)whiten_places(b);
    for (b->first = 0; b->first < count; b->first += b->images) {
        b->images = count - b->first < WHITEN_BLOCK ? count - b->first : WHITEN_BLOCK;
        workers_run(workers, (int)b->images, whiten_cut, b);
        workers_run(workers, b->n, whiten_add, b);
    }
    for (int i = 0; i < b->n; i++)
        for (int j = 0; j <= i; j++)
            b->sum[j*b->n + i] = b->sum[i*b->n + j] /= patches;
}

static bool whiten_one(struct engine *e, int param, const struct images *train,
                       const struct preprocess *pre, char *err)
{
    const struct param *p = &e->model->params[param];
    struct whiten_block b = { .p = p, .train = train, .pre = pre, .h = e->model->in_h,
                              .w = e->model->in_w, .n = p->dim[1]*p->dim[2]*p->dim[3] };
    const size_t n = (size_t)b.n, pixels = (size_t)b.h*(size_t)b.w;
    if (b.h < p->dim[2] || b.w < p->dim[3])
        return error_set(err, "%s: init=whiten of %dx%d patches from images of %dx%d", p->name,
                         p->dim[2], p->dim[3], b.h, b.w);
    double *v = calloc(n*n, sizeof *v);
    unsigned char *taken = calloc(n, 1);
    b.sum = calloc(n*n, sizeof *b.sum);
    b.patch = calloc(WHITEN_BLOCK*whiten_places(&b)*n + WHITEN_TOGETHER, sizeof *b.patch);
    b.image = calloc(WHITEN_BLOCK*pixels*(size_t)train->c, sizeof *b.image);
    const bool good = b.sum && v && b.patch && taken && b.image;
    if (good) {
        whiten_products(&b, e->workers);
        whiten_eigen(b.sum, v, b.n);
        whiten_set(p, e->arena + p->at, b.sum, v, taken);
        engine_pack(e, param);
    }
    free(b.sum);
    free(v);
    free(b.patch);
    free(taken);
    free(b.image);
    return good || error_set(err, "not enough memory to whiten %d values", b.n);
}

bool whiten(struct engine *e, const struct images *train, const struct preprocess *p, char *err)
{
    for (int k = 0; k < e->model->nparams; k++)
        if (e->model->params[k].first == INIT_WHITEN && !whiten_one(e, k, train, p, err))
            return false;
    return true;
}
