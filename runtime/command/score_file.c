/*
** score_file.c - scores of any number of images, kept until all are there. It must never leave a
** row out: row k is the k-th image's.
*/
#include "command/score_file.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "file/npy.h"
#include "file/output.h"

bool score_file_claim(const struct score_file *s, char **read, int count, char *err)
{
    const struct output out = { s->path, OUTPUT_ARRAY, "--scores", false };
    if (!s->path)
        return true;
    for (int k = 0; k < count; k++)
        if (output_same(s->path, read[k]))
            return error_set(err, "%s: is read by this command; name another file with --scores",
                             s->path);
    return output_claim(&out, err);
}

/* Room for one more row; false: there is none. */
static bool score_file_grow(struct score_file *s, size_t classes)
{
    const size_t room = s->room ? 2*s->room : 64;
    if (s->rows < s->room)
        return true;
    if (room > SIZE_MAX/2/sizeof(real)/classes)
        return false;
    real *values = realloc(s->values, room*classes*sizeof(real));
    if (!values)
        return false;
    s->values = values;
    s->room = room;
    return true;
}

void score_file_add(struct score_file *s, const struct engine *e, int k)
{
    const size_t classes = (size_t)e->model->classes;
    if (!s->path || s->full)
        return;
    s->full = !score_file_grow(s, classes);
    if (s->full)
        return;
    real *row = s->values + s->rows++*classes;
    if (k >= 0)
        engine_canonical_scores(e, k, row);
    for (size_t j = 0; k < 0 && j < classes; j++)
        row[j] = (real)NAN;
}

bool score_file_write(const struct score_file *s, const struct model *m, char *err)
{
    const bool map = m->out_h*m->out_w > 1;
    const size_t dim[] = { s->rows, map ? (size_t)m->out_c : (size_t)m->classes, (size_t)m->out_h,
                           (size_t)m->out_w };
    if (!s->path)
        return true;
    if (s->full)
        return error_set(err, "%s: not enough memory for the scores of all images", s->path);
    return npy_write(s->path, LATHE_F64 ? NPY_F8 : NPY_F4, dim, map ? 4 : 2, s->values, err);
}

void score_file_close(struct score_file *s)
{
    free(s->values);
    s->values = NULL;
}
