/*
** pairing.c - a search for the order in which a file's layers are a network's. Two that fit are as
** bad as none.
*/
#include "file/pairing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"
#include "file/weights.h"

enum { PAIRING_LAYERS = 2048,       /* most of a network that is searched, */
       PAIRING_DEPTH = 64,          /* and most containers in containers */
       PAIRING_PARTS = 4,           /* tensors of a layer: weight, bias, running mean, variance */
       PAIRING_STEPS = 1000000 };   /* of the search: more is no order that anybody could tell */

/* The tensors of one layer, in the order of their last words. */
struct pairing_layer {
    const char *name; size_t length;            /* before the last dot; 0: there is none */
    const struct tensor *part[PAIRING_PARTS];
    int place[PAIRING_PARTS];                   /* of wanted */
    int parts;
    size_t from;                                /* the file's: where its first tensor lies */
    bool used;
};

struct pairing_list { struct pairing_layer *layer; int count; };

/* ---- layers ---- */

bool pairing_aside(const char *name)
{
    static const char counter[] = "num_batches_tracked";
    const size_t length = strlen(name), end = sizeof counter - 1;
    return length >= end && strcmp(name + length - end, counter) == 0;
}

static const char *pairing_last(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* A tensor into its layer, which is the last one or a new one. False: the layer has too many. */
static bool pairing_add(struct pairing_list *list, const struct tensor *t, int place)
{
    const char *last = pairing_last(t->name);
    const size_t length = last > t->name ? (size_t)(last - t->name) - 1 : 0;
    struct pairing_layer *l = list->count ? &list->layer[list->count - 1] : NULL;
    if (!l || !length || l->length != length || strncmp(l->name, t->name, length) != 0) {
        if (list->count == PAIRING_LAYERS)
            return false;
        l = &list->layer[list->count++];
        *l = (struct pairing_layer){ .name = t->name, .length = length, .from = t->from };
    }
    if (l->parts == PAIRING_PARTS)
        return false;
    int k = l->parts++;
    for (; k > 0 && strcmp(pairing_last(l->part[k - 1]->name), last) > 0; k--) {
        l->part[k] = l->part[k - 1];
        l->place[k] = l->place[k - 1];
    }
    l->part[k] = t;
    l->place[k] = place;
    l->from = t->from < l->from ? t->from : l->from;
    return true;
}

/* ---- names ---- */

/* Digits from s on; *value: where they begin to count. */
static size_t pairing_digits(const char *s, const char *end, const char **value)
{
    const char *at = s;
    while (at < end && isdigit((unsigned char)*at))
        at++;
    while (s + 1 < at && *s == '0')
        s++;
    *value = s;
    return (size_t)(at - s);
}

/* Numbers in names count as numbers. Where the first difference is one, *number is set. */
static int pairing_order(const char *a, size_t na, const char *b, size_t nb, bool *number)
{
    const char *const enda = a + na, *const endb = b + nb;
    *number = false;
    while (a < enda && b < endb) {
        const char *x, *y;
        const size_t n = pairing_digits(a, enda, &x), m = pairing_digits(b, endb, &y);
        if (n && m) {
            const int order = n != m ? (n < m ? -1 : 1) : memcmp(x, y, n);
            *number = order != 0;
            if (order || x - a != y - b)
                return order ? order : x - a < y - b ? -1 : 1;
            a = x + n;
            b = y + n;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return a < enda ? 1 : b < endb ? -1 : 0;
}

/* By their layers' names, so that a layer's tensors follow each other, and a container's. */
static int pairing_by_layer(const void *a, const void *b)
{
    const char *x = (*(const struct tensor *const *)a)->name;
    const char *y = (*(const struct tensor *const *)b)->name;
    bool number;
    const int order = pairing_order(x, (size_t)(pairing_last(x) - x), y,
                                    (size_t)(pairing_last(y) - y), &number);
    return order ? order : strcmp(x, y);
}

/* False: more layers than are searched, or layers of more parts. */
static bool pairing_theirs(const struct safetensors *s, struct pairing_list *list)
{
    const struct tensor **sorted = malloc(((size_t)s->count + 1)*sizeof *sorted);
    int count = 0;
    bool good = sorted != NULL;
    for (int k = 0; good && k < s->count; k++)
        if (!pairing_aside(s->tensor[k].name))
            sorted[count++] = &s->tensor[k];
    if (good && count)
        qsort(sorted, (size_t)count, sizeof *sorted, pairing_by_layer);
    for (int k = 0; good && k < count; k++)
        good = pairing_add(list, sorted[k], 0);
    free(sorted);
    return good;
}

/* Whether a layer of the file can be one of the network's: the same words, the same shapes; `last`:
** but for the number of outputs. */
static bool pairing_fits(const struct pairing_layer *ours, const struct pairing_layer *theirs,
                         bool last)
{
    if (ours->parts != theirs->parts)
        return false;
    for (int k = 0; k < ours->parts; k++) {
        const struct tensor *a = ours->part[k], *b = theirs->part[k];
        if (strcmp(pairing_last(a->name), pairing_last(b->name)) != 0 || a->rank != b->rank)
            return false;
        for (int d = last ? 1 : 0; d < a->rank; d++)
            if (a->dim[d] != b->dim[d])
                return false;
    }
    return true;
}

/* ---- the search ---- */

/* Layers lo to hi - 1 of the file, whose names have their first `at` letters in common. */
struct pairing_container { int lo, hi; size_t at; };

struct pairing_search {
    const struct pairing_list *ours, *theirs;
    bool last;
    struct pairing_container *frame;    /* where the search is, from the whole file inwards */
    int *order;                         /* [ours->count]: theirs of each, */
    int *first, *second;                /* and the orders that were found */
    int found;
    bool alike;                         /* containers have parts of the same names in one order */
    long steps;
};

/* Of a layer's name the part from `at` on. */
static const char *pairing_part(const struct pairing_layer *l, size_t at, size_t *length)
{
    const char *part = at < l->length ? l->name + at : "", *dot;
    *length = at < l->length ? l->length - at : 0;
    dot = memchr(part, '.', *length);
    *length = dot ? (size_t)(dot - part) : *length;
    return part;
}

/* Where the part of a container that layer `lo` begins ends. */
static int pairing_end(const struct pairing_search *s, struct pairing_container f, int lo)
{
    size_t n, m;
    const char *part = pairing_part(&s->theirs->layer[lo], f.at, &n), *next;
    int end = lo + 1;
    for (; end < f.hi; end++) {
        next = pairing_part(&s->theirs->layer[end], f.at, &m);
        if (m != n || memcmp(part, next, n) != 0)
            break;
    }
    return end;
}

/* Some part before it is to come first. */
static bool pairing_waits(const struct pairing_search *s, struct pairing_container f, int lo)
{
    size_t n, m;
    bool number;
    const char *part = pairing_part(&s->theirs->layer[lo], f.at, &n);
    for (int k = lo - 1; k >= f.lo; k--) {
        const char *before = pairing_part(&s->theirs->layer[k], f.at, &m);
        if (n == 0 || m == 0
            || (*before != *part && !(isdigit((unsigned char)*before)
                                      && isdigit((unsigned char)*part))))
            return false;
        if (!s->theirs->layer[k].used && pairing_order(before, m, part, n, &number) < 0 && number)
            return true;
    }
    return false;
}

/* A name's container, with its dot, and what is left of it. */
static size_t pairing_inside(const struct pairing_layer *l)
{
    size_t n = l->length;
    while (n > 0 && l->name[n - 1] != '.')
        n--;
    return n;
}

/* Layers of one container, of which no number says which comes first. */
static bool pairing_free(const struct pairing_layer *a, const struct pairing_layer *b)
{
    const size_t n = pairing_inside(a), m = pairing_inside(b);
    bool number;
    if (n != m || memcmp(a->name, b->name, n) != 0)
        return false;
    pairing_order(a->name + n, a->length - n, b->name + m, b->length - m, &number);
    return !number;
}

static bool pairing_same(const struct pairing_layer *a, const struct pairing_layer *b)
{
    const size_t n = pairing_inside(a), m = pairing_inside(b);
    return a->length - n == b->length - m && memcmp(a->name + n, b->name + m, b->length - m) == 0;
}

/* Whether in this order layers of two names stand in all containers in the same turn, as blocks of
** one class have them. */
static bool pairing_alike(const struct pairing_search *s)
{
    enum { PAIRS = 512 };
    const struct pairing_layer *before[PAIRS], *after[PAIRS], *all = s->theirs->layer;
    int count = 0;
    for (int i = 0; i < s->ours->count; i++)
        for (int j = i + 1; j < s->ours->count; j++) {
            const struct pairing_layer *a = &all[s->order[i]], *b = &all[s->order[j]];
            if (!pairing_free(a, b))
                continue;
            for (int k = 0; k < count; k++)
                if (pairing_same(before[k], b) && pairing_same(after[k], a))
                    return false;
            if (count < PAIRS) {
                before[count] = a;
                after[count++] = b;
            }
        }
    return true;
}

static void pairing_search(struct pairing_search *s, int level, int place);

/* The layer, or the container, that begins at `lo` takes the next place. */
static void pairing_take(struct pairing_search *s, int level, int place, int lo, int hi)
{
    const struct pairing_container f = s->frame[level];
    struct pairing_layer *l = &s->theirs->layer[lo];
    size_t length;
    pairing_part(l, f.at, &length);
    const bool inside = hi - lo > 1 || f.at + length < l->length;
    if (inside && level + 1 == PAIRING_DEPTH) {
        s->steps = PAIRING_STEPS;
    } else if (inside) {
        s->frame[level + 1] = (struct pairing_container){ lo, hi, f.at + length + 1 };
        pairing_search(s, level + 1, place);
    } else if (pairing_fits(&s->ours->layer[place], l, s->last && place == s->ours->count - 1)) {
        l->used = true;
        s->order[place] = lo;
        pairing_search(s, level, place + 1);
        l->used = false;
    }
    s->frame[level] = f;
}

static void pairing_search(struct pairing_search *s, int level, int place)
{
    const struct pairing_container f = s->frame[level];
    bool whole = true;
    s->found = ++s->steps > PAIRING_STEPS ? 2 : s->found;
    for (int lo = f.lo, hi; lo < f.hi && s->found < 2; lo = hi) {
        hi = pairing_end(s, f, lo);
        if (s->theirs->layer[lo].used)
            continue;
        whole = false;
        if (!pairing_waits(s, f, lo))
            pairing_take(s, level, place, lo, hi);
    }
    if (!whole || s->found > 1)
        return;
    if (level > 0) {
        pairing_search(s, level - 1, place);
        s->frame[level] = f;
        return;
    }
    s->steps += s->alike ? PAIRING_STEPS/64 : 0;
    if (s->alike && !pairing_alike(s))
        return;
    memcpy(s->found ? s->second : s->first, s->order, (size_t)place*sizeof *s->order);
    s->found++;
}

static int pairing_by_place(const void *a, const void *b)
{
    const size_t x = ((const struct pairing_layer *)a)->from;
    const size_t y = ((const struct pairing_layer *)b)->from;
    return x < y ? -1 : x > y;
}

/* The writer sorted nothing: within a type the names' order is not that of the data. */
static bool pairing_unsorted(const struct safetensors *s)
{
    for (int k = 0; k + 1 < s->count; k++)
        if (s->tensor[k].type == s->tensor[k + 1].type && s->tensor[k].from > s->tensor[k + 1].from)
            return true;
    return false;
}

static bool pairing_in_turn(const struct pairing_list *ours, const struct pairing_list *theirs,
                            bool last)
{
    int k = 0;
    while (k < ours->count && pairing_fits(&ours->layer[k], &theirs->layer[k],
                                           last && k == ours->count - 1))
        k++;
    return k == ours->count;
}

/* ---- what is said ---- */

/* Letters of a name that a message has. */
static int pairing_shown(const struct pairing_layer *l)
{
    enum { MOST = 64 };
    const int length = (int)(l->length ? l->length : strlen(l->name));
    return length < MOST ? length : MOST;
}

/* "0 (16, 3, 3, 3), 1 (16) and 40 more" */
enum { PAIRING_TEXT = 1700 };
static void pairing_text(const struct pairing_list *list, char text[PAIRING_TEXT])
{
    enum { ITEM = 160, MORE = 24 };
    char shape[WEIGHTS_SHAPE];
    size_t at = 0;
    int k = 0;
    text[0] = '\0';
    for (; k < list->count && at + ITEM + MORE < PAIRING_TEXT; k++) {
        const struct pairing_layer *l = &list->layer[k];
        weights_shape(l->part[l->parts - 1], shape);
        at += (size_t)snprintf(text + at, PAIRING_TEXT - at, "%s%.*s (%.64s)", k ? ", " : "",
                               pairing_shown(l), l->name, shape);
    }
    if (k < list->count)
        snprintf(text + at, PAIRING_TEXT - at, " and %d more", list->count - k);
}

static void pairing_lists(const char *path, const struct pairing_search *s, char *err)
{
    char ours[PAIRING_TEXT], theirs[PAIRING_TEXT], which[256] = "no order of them fits";
    int k = 0;
    pairing_text(s->ours, ours);
    pairing_text(s->theirs, theirs);
    while (s->found > 1 && s->steps <= PAIRING_STEPS && s->first[k] == s->second[k])
        k++;
    if (s->found > 1) {
        const struct pairing_layer *l = &s->ours->layer[k], *a = &s->theirs->layer[s->first[k]];
        const struct pairing_layer *b = &s->theirs->layer[s->second[k]];
        snprintf(which, sizeof which, "several orders of them fit");
        if (s->steps <= PAIRING_STEPS)
            snprintf(which, sizeof which, "several orders of them fit (%.*s may be %.*s or %.*s)",
                     pairing_shown(l), l->name, pairing_shown(a), a->name, pairing_shown(b),
                     b->name);
    }
    error_set(err, "%s: its tensors are called otherwise than this network's, and %s: it has the "
              "layers %s; the network has %s", path, which, theirs, ours);
}

/* Length of a tensor's name without its last word. */
static int pairing_stem(const char *name)
{
    const char *last = pairing_last(name);
    return last > name ? (int)(last - name) - 1 : 0;
}

void pairing_say(const struct tensor *wanted, int count, const struct tensor *const *taken,
                 FILE *out)
{
    enum { WIDTH = 79 };
    static const char head[] = "  by order and shape: ", next[] = "    ";
    size_t column = 0;
    for (int k = 0, stem = -1; k < count; k++) {
        const char *name = wanted[k].name;
        char shape[WEIGHTS_SHAPE], item[384];
        if (!taken[k] || (k > 0 && stem == pairing_stem(name)
                          && strncmp(wanted[k - 1].name, name, (size_t)stem) == 0))
            continue;
        stem = pairing_stem(name);
        weights_shape(&wanted[k], shape);
        const size_t length = (size_t)snprintf(item, sizeof item, "%.*s is %.*s (%.60s)", stem,
                                               name, pairing_stem(taken[k]->name), taken[k]->name,
                                               shape);
        const bool fits = column && column + length + sizeof ", " <= WIDTH;
        fputs(!column ? head : fits ? ", " : ",\n    ", out);
        column = length + (!column ? sizeof head - 1 : fits ? column + 2 : sizeof next - 1);
        visible_print(out, "%s", item);
    }
    fputs(column ? "\n" : "", out);
}

/* ---- all ---- */

static void pairing_set(const struct pairing_list *ours, const struct pairing_list *theirs,
                        const int *order, const struct tensor **taken)
{
    char a[WEIGHTS_SHAPE], b[WEIGHTS_SHAPE];
    for (int k = 0; k < ours->count; k++)
        for (int p = 0; p < ours->layer[k].parts; p++) {
            const struct tensor *t = theirs->layer[order ? order[k] : k].part[p];
            weights_shape(ours->layer[k].part[p], a);
            weights_shape(t, b);
            taken[ours->layer[k].place[p]] = strcmp(a, b) == 0 ? t : NULL;
        }
}

struct pairing_room {
    struct pairing_layer ours[PAIRING_LAYERS], theirs[PAIRING_LAYERS];
    int order[PAIRING_LAYERS], first[PAIRING_LAYERS], second[PAIRING_LAYERS];
    struct pairing_container frame[PAIRING_DEPTH];
};

/* True: in the file's own order they are the network's. */
static bool pairing_as_written(const struct pairing_search *search,
                               const struct pairing_list *theirs, const struct tensor **taken)
{
    struct pairing_layer *copy = malloc(((size_t)theirs->count + 1)*sizeof *copy);
    const struct pairing_list turn = { copy, theirs->count };
    bool fits = copy != NULL;
    if (fits) {
        memcpy(copy, theirs->layer, (size_t)theirs->count*sizeof *copy);
        qsort(copy, (size_t)theirs->count, sizeof *copy, pairing_by_place);
        fits = pairing_in_turn(search->ours, &turn, search->last);
    }
    if (fits)
        pairing_set(search->ours, &turn, NULL, taken);
    free(copy);
    return fits;
}

/* From the whole file; `alike`: after several orders were found. Where that leaves none, they are
** still several. */
static void pairing_begin(struct pairing_search *s, bool alike)
{
    s->alike = alike;
    s->found = 0;
    s->steps = 0;
    s->frame[0] = (struct pairing_container){ 0, s->theirs->count, 0 };
    pairing_search(s, 0, 0);
    s->found = alike && s->found == 0 ? 2 : s->found;
}

static bool pairing_match(const char *path, const struct safetensors *s,
                          struct pairing_search *search, const struct tensor **taken, char *err)
{
    const struct pairing_list *theirs = search->theirs;
    if (search->ours->count == theirs->count) {
        if (pairing_unsorted(s) && pairing_as_written(search, theirs, taken))
            return true;
        pairing_begin(search, false);
        if (search->found > 1 && search->steps <= PAIRING_STEPS)
            pairing_begin(search, true);
    }
    if (search->found == 1)
        pairing_set(search->ours, theirs, search->first, taken);
    else
        pairing_lists(path, search, err);
    return search->found == 1;
}

static bool pairing_by_order(const char *path, const struct safetensors *s,
                             const struct tensor *wanted, int count, bool last,
                             const struct tensor **taken, char *err)
{
    struct pairing_room *room = calloc(1, sizeof *room);
    if (!room)
        return error_set(err, "%s: not enough memory", path);
    struct pairing_list ours = { room->ours, 0 }, theirs = { room->theirs, 0 };
    struct pairing_search search = { .ours = &ours, .theirs = &theirs, .last = last,
                                     .frame = room->frame, .order = room->order,
                                     .first = room->first, .second = room->second };
    bool good = true;
    for (int k = 0; good && k < count; k++)
        good = pairing_add(&ours, &wanted[k], k);
    good = (good && pairing_theirs(s, &theirs))
           || error_set(err, "%s: its tensors are called otherwise than this network's, and no "
                        "order is looked for: more than %d layers, or a layer of more than %d "
                        "tensors", path, PAIRING_LAYERS, PAIRING_PARTS);
    good = good && pairing_match(path, s, &search, taken, err);
    for (int k = 0; good && k < count; k++)
        good = !taken[k] || weights_readable(path, taken[k], err);
    free(room);
    return good;
}

/* By names. How many fit; *called: some name is there, whatever its shape. */
static int pairing_by_name(const char *path, const struct safetensors *s,
                           const struct tensor *wanted, int count, const struct tensor **taken,
                           bool *called)
{
    char unfit[ERR_SIZE];
    int found = 0;
    for (int k = 0; k < count; k++) {
        taken[k] = weights_find(path, s, &wanted[k], unfit);
        found += taken[k] != NULL;
        *called = *called || safetensors_find(s, wanted[k].name);
    }
    return found;
}

enum pairing pairing_find(const char *path, const struct safetensors *s,
                          const struct tensor *wanted, int count, bool last,
                          const struct tensor **taken, char *err)
{
    bool called = false;
    const int found = pairing_by_name(path, s, wanted, count, taken, &called);
    if (found == count || weights_own(s))
        return PAIRING_NAMED;
    const struct tensor **order = calloc((size_t)count, sizeof *order);
    bool good = order ? pairing_by_order(path, s, wanted, count, last, order, err)
                      : error_set(err, "%s: not enough memory", path);
    for (int k = 0; good && k < count; k++)     /* a name that fits is no accident */
        good = !taken[k] || taken[k] == order[k];
    if (good)
        memcpy(taken, order, (size_t)count*sizeof *taken);
    free(order);
    return good ? PAIRING_ORDERED : called ? PAIRING_NAMED : PAIRING_NONE;
}
