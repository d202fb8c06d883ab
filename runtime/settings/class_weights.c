/*
** class_weights.c - reads what classes count.
*/
#include "settings/class_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

const char class_weights_balanced[] = "balanced";

bool class_weights_read(const char *text, enum objective objective, enum target_kind target,
                        int channels, double *weight, char *err)
{
    const bool labels = target == TARGET_LABEL;
    double all = 0;
    int count = 1;
    if (!labels && (objective != OBJECTIVE_BCE || target != TARGET_REALS))
        return error_set(err, "weights are of classes, or of bce's targets; this loss takes "
                         "others");
    if (!strcmp(text, class_weights_balanced))
        return true;
    for (const char *s = text; *s; s++)
        count += *s == ',';
    for (int k = 0; k < count; k++) {
        char *end;
        const double w = strtod(text, &end);
        if (end == text || *end != (k + 1 < count ? ',' : '\0'))
            return error_set(err, "expected `balanced` or %d numbers as 2,1,0.5, not \"%.*s\"",
                             channels, (int)strcspn(text, ","), text);
        if (!(w >= 0) || !isfinite((double)(float)w))
            return error_set(err, "the weight of %s %d is %g; weights are 0 or more, and finite",
                             labels ? "class" : "score", k, w);
        if (weight && k < channels)
            weight[k] = w;
        all += w;
        text = end + 1;
    }
    if (count != channels)
        return error_set(err, "%d weight%s of %d %s", count, count == 1 ? "" : "s", channels,
                         labels ? "classes" : "scores");
    return all > 0 || error_set(err, "all are 0: no image would count");
}
