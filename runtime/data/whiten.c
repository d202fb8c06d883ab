/*
** whiten.c - eigenvectors of patches by Jacobi's method. It must never depend on the number
** of threads: sums over images run in order.
*/
#include "data/whiten.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "core/params.h"

enum { WHITEN_IMAGES = 5000, WHITEN_SWEEPS = 60 };

/* Adds the products of every patch's values to `sum`, n x n; canonical order c, kh, kw. */
static void whiten_add(const struct param *p, const real *image, int h, int w, double *patch,
                       double *sum)
{
    const int c = p->dim[1], kh = p->dim[2], kw = p->dim[3], n = c*kh*kw;
    for (int y = 0; y + kh <= h; y++)
        for (int x = 0; x + kw <= w; x++) {
            for (int k = 0; k < n; k++)
                patch[k] = (double)image[((y + k / kw % kh)*w + x + k % kw)*c + k / (kh*kw)];
            for (int i = 0; i < n; i++)
                for (int j = 0; j <= i; j++)
                    sum[i*n + j] += patch[i]*patch[j];
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

static bool whiten_one(struct engine *e, int param, const struct images *train,
                       const struct preprocess *pre, char *err)
{
    const struct param *p = &e->model->params[param];
    const int n = p->dim[1]*p->dim[2]*p->dim[3];
    const int h = e->model->in_h, w = e->model->in_w;
    size_t square = (size_t)n*(size_t)n, row = (size_t)train->c*(size_t)w;
    double *sum = calloc(square, sizeof *sum), *v = calloc(square, sizeof *v);
    double *patch = calloc((size_t)n, sizeof *patch);
    unsigned char *taken = calloc((size_t)n, 1);
    real *image = calloc((size_t)h*row, sizeof *image);
    bool good = sum && v && patch && taken && image;
    size_t count = train->count < WHITEN_IMAGES ? train->count : WHITEN_IMAGES;
    double patches = (double)count*(h - p->dim[2] + 1)*(w - p->dim[3] + 1);
    if (good && h >= p->dim[2] && w >= p->dim[3]) {
        for (size_t i = 0; i < count; i++) {
            images_put(train, i, pre, NULL, image, h, w, row);
            whiten_add(p, image, h, w, patch, sum);
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
                sum[j*n + i] = sum[i*n + j] /= patches;
        whiten_eigen(sum, v, n);
        whiten_set(p, e->arena + p->at, sum, v, taken);
        engine_pack(e, param);
    } else if (good) {
        good = error_set(err, "%s: init=whiten of %dx%d patches from images of %dx%d", p->name,
                         p->dim[2], p->dim[3], h, w);
    } else {
        (void)error_set(err, "not enough memory to whiten %d values", n);
    }
    free(sum);
    free(v);
    free(patch);
    free(taken);
    free(image);
    return good;
}

bool whiten(struct engine *e, const struct images *train, const struct preprocess *p, char *err)
{
    for (int k = 0; k < e->model->nparams; k++)
        if (e->model->params[k].first == INIT_WHITEN && !whiten_one(e, k, train, p, err))
            return false;
    return true;
}
