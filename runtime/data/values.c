/*
** values.c - ranges of images' values. It must never guess: what a range does not tell is asked
** for.
*/
#include "data/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static void values_find_bytes(const uint8_t *x, size_t count, struct values *v)
{
    uint8_t least = 255, greatest = 0;
    for (size_t k = 0; k < count; k++) {
        least = x[k] < least ? x[k] : least;
        greatest = x[k] > greatest ? x[k] : greatest;
    }
    v->least = least;
    v->greatest = greatest;
}

void values_find(struct values *v, const struct images *set)
{
    const char *type = set->type ? set->type : set->bytes ? "u1" : LATHE_F64 ? "f8" : "f4";
    size_t count = set->count*(size_t)set->c*(size_t)set->h*(size_t)set->w;
    *v = (struct values){ .type = "" };
    if (count == 0)
        return;
    snprintf(v->type, sizeof v->type, "%s", type);
    if (set->bytes) {
        values_find_bytes(set->bytes, count, v);
        return;
    }
    v->least = INFINITY;
    v->greatest = -INFINITY;
    for (size_t k = 0; k < count; k++) {
        double x = (double)set->values[k];
        v->least = x < v->least && isfinite(x) ? x : v->least;
        v->greatest = x > v->greatest && isfinite(x) ? x : v->greatest;
    }
    if (v->least > v->greatest)         /* who trains or evaluates says so */
        *v = (struct values){ .type = "" };
}

bool values_few(const struct images *set)
{
    enum { FEW = 64 };
    return set->count*(size_t)set->c*(size_t)set->h*(size_t)set->w < FEW;
}

bool values_known(const struct values *v)
{
    return v->type[0] && values_scale_range(v);
}

void values_write(const struct values *v, char *text, size_t size)
{
    snprintf(text, size, "%s %.9g %.9g", v->type, v->least, v->greatest);
}

const char *values_say(const struct values *v, char *text, size_t size)
{
    snprintf(text, size, "%s from %.6g to %.6g", v->type, v->least, v->greatest);
    return text;
}

/* Inside from least to greatest, but for what resampling adds, and no small part of it: other
** images of the same kind. Where one has values below zero so has the other. */
static bool values_fill(double least, double greatest, const struct values *v)
{
    enum { BEYOND = 4, PART = 16 };
    const double whole = greatest - least, extent = v->greatest - v->least;
    const double below = -whole/PART;
    return v->least >= least - whole/BEYOND && v->greatest <= greatest + whole/BEYOND
           && (extent == 0 || extent >= whole/PART)
           && (least >= 0 ? v->least >= below : least >= below || v->least < 0);
}

bool values_alike(const struct values *trained, const struct values *given)
{
    const double near = (trained->greatest - trained->least)/8;
    if (!trained->type[0] || !given->type[0])
        return true;
    if (trained->least == 0 && given->least == 0 && given->greatest == 0)
        return true;                    /* black, in every range from 0 */
    if (fabs(trained->least - given->least) <= near
        && fabs(trained->greatest - given->greatest) <= near)
        return true;
    const struct values_range *ours = values_scale_range(trained);
    const struct values_range *theirs = values_scale_range(given);
    if (ours && theirs)
        return ours->zero == theirs->zero && ours->full == theirs->full;
    if (ours && values_scale_bytes(trained) && values_scale_bytes(given))
        return ours->full == 255;           /* dark ones */
    if (ours)
        return values_fill(ours->zero, ours->full, given);
    return !theirs && values_fill(trained->least, trained->greatest, given);
}

void values_scale_apply(const struct values_scale *s, real *x, size_t channels, size_t map)
{
    if (values_scale_plain(s))
        return;
    for (size_t c = 0; c < channels; c++) {
        size_t pair = s->pairs == 1 ? 0 : c;
        double zero = s->zero[pair], extent = s->full[pair] - zero;
        for (size_t k = 0; k < map; k++)
            x[c*map + k] = (real)(zero + (double)x[c*map + k]*extent/255);
    }
}

const char *values_mend(const struct values *from, const struct values *to, char *text,
                        size_t size)
{
    const struct values_range *a = values_scale_range(from), *b = values_scale_range(to);
    text[0] = '\0';
    if (!a || !b)
        return text;
    double factor = (b->full - b->zero)/(a->full - a->zero), shift = b->zero - a->zero*factor;
    /* A whole factor would leave bytes, which have nothing below 0. */
    size_t at = (size_t)snprintf(text, size, factor < 1 ? "x/%g" : "x*%.1f",
                                 factor < 1 ? 1/factor : factor);
    if (shift != 0 && at < size)
        snprintf(text + at, size - at, " %c %g", shift < 0 ? '-' : '+', fabs(shift));
    return text;
}

static bool values_refuse(const struct values *given, const struct values *trained,
                          const char *what, const char *params, char *err)
{
    char text[2][64], mend[64];
    struct values_scale scale;
    values_mend(given, trained, mend, sizeof mend);
    if (values_scale_bytes(given) && !values_scale_of(&scale, trained))
        *mend = '\0';                   /* a guess */
    return error_set(err, "%s of %s, and %s was trained on %s; %s%s%s", what,
                     values_say(given, text[0], sizeof text[0]), params,
                     values_say(trained, text[1], sizeof text[1]),
                     *mend ? "save " : values_scale_bytes(given)
                     ? "--range LO,HI says what 0 and 255 are to it"
                     : "they are to be made as those were (--range 0,255 takes them as they are)",
                     mend, *mend ? " instead of x" : "");
}

bool values_treat(struct values_scale *s, const struct images *set,
                  const struct values_scale *said, const struct values *trained,
                  const char *what, const char *params, char *err)
{
    struct values given;
    values_find(&given, set);
    values_scale_of(s, NULL);
    if (said && set->bytes)
        *s = *said;
    if (said || (!set->bytes && values_few(set)) || values_alike(trained, &given))
        return true;
    return (set->bytes && given.greatest != 1 && values_scale_of(s, trained))
           || values_refuse(&given, trained, what, params, err);
}
