/*
** values_scale.c - what 0 and 255 are to a network. It must never guess: what a range does not
** tell is asked for.
*/
#include "base/values_scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Ranges that leave no doubt: where least and greatest value lie, and what 0 and 255 were. A
** quarter of bytes and of 0 to 1 is enough, as dark pictures are; reals up to 100 may be per
** cent, those up to 16 the digits of UCI. Bytes of 0 and 1 are masks, hardly ever pictures that are
** all but black: enough to say that another set was not divided, not to divide a picture. */
static const struct values_range values_scale_ranges[] = {
    { true, false, { 0, 255 }, { 64, 255 }, 0, 255 },
    { true, true, { 0, 1 }, { 1, 1 }, 0, 1 },
    { true, false, { 0, 0 }, { 0, 0 }, 0, 255 },
    { false, false, { 0, 1 }, { 0.25, 1 }, 0, 1 },
    { false, false, { -1, -0.99 }, { 0.99, 1 }, -1, 1 },
    { false, false, { 0, 255 }, { 128, 255 }, 0, 255 },
};

bool values_scale_bytes(const struct values *v)
{
    return strcmp(v->type, "u1") == 0;
}

static bool values_scale_within(double x, const double range[2], double slack)
{
    return x >= range[0] - slack && x <= range[1] + slack;
}

const struct values_range *values_scale_range(const struct values *v)
{
    const double rounding = 1e-5;
    for (size_t k = 0; k < sizeof values_scale_ranges / sizeof *values_scale_ranges; k++) {
        const struct values_range *r = &values_scale_ranges[k];
        double slack = r->bytes ? 0 : rounding*(r->full - r->zero);
        if (values_scale_bytes(v) == r->bytes && values_scale_within(v->least, r->least, slack)
            && values_scale_within(v->greatest, r->greatest, slack))
            return r;
    }
    return NULL;
}

bool values_read(struct values *v, const char *text)
{
    static const char *const types[] = { "u1", "f4", "f8" };
    char *end;
    *v = (struct values){ .type = "" };
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (strncmp(text, types[k], 2) == 0 && text[2] == ' ')
            memcpy(v->type, types[k], 3);
    if (!v->type[0])
        return false;
    v->least = strtod(text + 3, &end);
    if (end == text + 3 || *end != ' ')
        return false;
    text = end + 1;
    v->greatest = strtod(text, &end);
    return end != text && !*end && isfinite(v->least) && isfinite(v->greatest)
           && v->least <= v->greatest;
}

bool values_scale_of(struct values_scale *s, const struct values *trained)
{
    *s = (struct values_scale){ .pairs = 1, .full = { 255 } };
    const struct values_range *r = trained && trained->type[0] ? values_scale_range(trained)
                                                                  : values_scale_ranges;
    if (!r || r->doubtful)
        return false;
    s->zero[0] = r->zero;
    s->full[0] = r->full;
    return true;
}

bool values_scale_parse(struct values_scale *s, const char *text, int channels, char *err)
{
    const char *at = text;
    int numbers = 0;
    *s = (struct values_scale){ .pairs = 0 };
    do {
        char *end;
        double x = strtod(at, &end);
        if (end == at || !isfinite(x) || numbers == 2*VALUES_PAIRS)
            break;
        (numbers % 2 ? s->full : s->zero)[numbers/2] = x;
        numbers++;
        at = end;
    } while (*at == ',' && *++at);
    s->pairs = numbers/2;
    bool good = !*at && at > text && at[-1] != ','
                && (numbers == 2 || numbers == 2*channels);
    for (int k = 0; good && k < s->pairs; k++)
        good = s->zero[k] != s->full[k];
    return good || error_set(err, "--range %s: expected LO,HI, what 0 and the greatest sample of a "
                             "picture are to the network, or such a pair for each of its %d "
                             "channel%s", text, channels, channels == 1 ? "" : "s");
}

bool values_scale_plain(const struct values_scale *s)
{
    return s->pairs == 1 && s->zero[0] == 0 && s->full[0] == 255;
}
