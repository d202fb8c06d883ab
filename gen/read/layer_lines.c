/*
** layer_lines.c - the lines of layers: their options, their names, their place in the net. It must
** never know of a line that is no layer's.
*/
#include "read/layer_lines.h"

#include <string.h>

#include "base/small.h"
#include "read/dialects.h"

static bool pad_option(struct parser *p, struct layer *l)
{
    static const char *const words[] = { "same", "valid" };
    char word[WORD_MAX_LEN];
    struct scan before = p->sc;
    struct place at = scan_place(&p->sc);
    if (scan_word(&p->sc, word)) {
        const char *near = nearest(word, words, 2);
        if (near && strcmp(word, near) && !scope_find(&p->scope, word))
            return scan_error(&p->sc, at, "unknown pad \"%s\"; did you mean \"%s\"?", word, near);
        l->pad_kind = !strcmp(word, "valid") ? PAD_VALID : PAD_SAME;
        if (!strcmp(word, "valid") || !strcmp(word, "same"))
            return true;
        p->sc.s = before.s;
    }
    l->pad_kind = PAD_NUMBER;
    if (!integer(&p->sc, &p->scope, "pad (same, valid, a number or four)", 0, 64, &l->pad[0]))
        return false;
    for (int k = 1; k < 4; k++)
        l->pad[k] = l->pad[0];
    if (!scan_char(&p->sc, ','))
        return true;
    return integer(&p->sc, &p->scope, "the pad on the left", 0, 64, &l->pad[1])
           && expect_char(p, ',', "and the pads at the bottom and on the right")
           && integer(&p->sc, &p->scope, "the pad at the bottom", 0, 64, &l->pad[2])
           && expect_char(p, ',', "and the pad on the right")
           && integer(&p->sc, &p->scope, "the pad on the right", 0, 64, &l->pad[3]);
}

/* Down and across, or one number for both. */
static bool stride_option(struct parser *p, struct layer *l)
{
    const int least = (int)bounds[BOUND_STRIDE].least, most = (int)bounds[BOUND_STRIDE].most;
    if (!integer(&p->sc, &p->scope, "stride (a number or two)", least, most, &l->stride))
        return false;
    l->stride_w = l->stride;
    return !scan_char(&p->sc, ',')
           || integer(&p->sc, &p->scope, "the stride across", least, most, &l->stride_w);
}

static bool init_option(struct parser *p, struct layer *l)
{
    static const char *const words[] = { "kaiming", "xavier", "zeros", "dirac", "whiten" };
    struct scan before = p->sc;
    struct place at = scan_place(&p->sc);
    char word[WORD_MAX_LEN];
    int which;
    l->own_init = true;
    if (!scan_word(&p->sc, word))
        return number(p, "init (a deviation or a name)", BOUND_INIT, &l->init_std);
    p->sc = before;
    if (!choice(p, "initialiser", words, l->kind == LAYER_CONV ? 5 : 3, &which))
        return false;
    l->init_std = which == 2 ? 0 : -1;
    l->init_rule = which == 1 ? RULE_XAVIER : RULE_KAIMING;
    l->first = which == 3 ? INIT_DIRAC : which == 4 ? INIT_WHITEN : INIT_DRAWN;
    if (l->first == INIT_WHITEN && p->last != INPUT)
        return scan_error(&p->sc, at, "init=whiten is for the layer that reads the images");
    return true;
}

static const char *const winograd_words[] = { "auto", "no", "yes", NULL };
static const char *const target_words[] = { "label", "y", "input", NULL };

#define AT(member) .at = offsetof(struct layer, member)

/* The options of layers; a layer's row in layers.c says which it accepts. */
static const struct {
    const char *name;
    int bit;
    struct value_row value;
    bool (*read)(struct parser *p, struct layer *l);    /* VALUE_OWN */
} option_defs[] = {
    { "stride", ACCEPTS_STRIDE, { .type = VALUE_OWN }, stride_option },
    { "pad", ACCEPTS_PAD, { .type = VALUE_OWN }, pad_option },
    { "ceil", ACCEPTS_CEIL, { VALUE_YES, AT(ceil) }, NULL },
    { "count_pad", ACCEPTS_COUNT_PAD, { VALUE_YES, AT(count_pad) }, NULL },
    { "smoothing", ACCEPTS_SMOOTHING, { VALUE_REAL, AT(smoothing), .bound = BOUND_SMOOTHING },
      NULL },
    { "margin", ACCEPTS_MARGIN, { VALUE_REAL, AT(margin), .bound = BOUND_MARGIN }, NULL },
    { "target", ACCEPTS_TARGET,
      { VALUE_WORD, AT(target), .words = target_words, .first = TARGET_REALS }, NULL },
    { "bias", ACCEPTS_BIAS, { VALUE_YES, AT(bias) }, NULL },
    { "winograd", ACCEPTS_WINOGRAD,
      { VALUE_WORD, AT(winograd), .words = winograd_words, .first = WINOGRAD_NO }, NULL },
    { "momentum", ACCEPTS_MOMENTUM, { VALUE_REAL, AT(momentum), .bound = BOUND_SHARE }, NULL },
    { "eps", ACCEPTS_EPS, { VALUE_REAL, AT(eps), .bound = BOUND_EPS }, NULL },
    { "scale", ACCEPTS_SCALE, { VALUE_YES, AT(scale) }, NULL },
    { "init", ACCEPTS_INIT, { .type = VALUE_OWN }, init_option },
    { "groups", ACCEPTS_GROUPS, { VALUE_COUNT, AT(groups), .bound = BOUND_GROUPS }, NULL },
    { "dilation", ACCEPTS_DILATION, { VALUE_COUNT, AT(dilation), .bound = BOUND_DILATION }, NULL },
};
enum { OPTIONS = sizeof option_defs / sizeof *option_defs };

/* Ours for another framework's option; NULL: none, or none that the layer takes. */
static const char *dialect_option(const struct layer_def *def, const char *word)
{
    const char *ours = dialect(DIALECT_OPTION, word);
    size_t length = ours ? strcspn(ours, "=") : 0;
    bool known = false, taken = false;
    for (int k = 0; k < OPTIONS && ours && ours[length]; k++)
        if (strlen(option_defs[k].name) == length && !memcmp(option_defs[k].name, ours, length)) {
            known = true;
            taken |= option_defs[k].bit & def->accepts;
        }
    if (known && !taken)
        return NULL;
    return ours && !*ours && def->operands == OPERANDS_NONE ? NULL : ours;
}

static bool unknown_option(struct parser *p, const struct layer_def *def, struct place at,
                           const char *word)
{
    const char *names[OPTIONS], *ours = dialect_option(def, word);
    const char *first = def->number[0].what, *second = def->number[1].what;
    int n = 0;
    if (ours && !*ours)
        return scan_error(&p->sc, at, "\"%s\" goes without a name: %s%s%s%s%s", word, def->synopsis,
                          first ? ", with " : "", first ? first : "", second ? " and " : "",
                          second ? second : "");
    if (ours)
        return scan_error(&p->sc, at, "unknown option \"%s\": %s%s (%s)", word,
                          strchr(ours, '=') == strpbrk(ours, "= ") ? "here it is " : "", ours,
                          def->synopsis);
    for (int k = 0; k < OPTIONS; k++)
        if (option_defs[k].bit & def->accepts)
            names[n++] = option_defs[k].name;
    const char *near = nearest(word, names, n);
    return near ? scan_error(&p->sc, at, "unknown option \"%s\"; did you mean \"%s\"? (%s)", word,
                             near, def->synopsis)
                : scan_error(&p->sc, at, "%s takes no option \"%s\": %s", def->word, word,
                             def->synopsis);
}

static bool layer_options(struct parser *p, const struct layer_def *def, struct layer *l)
{
    int seen = 0;
    while (!scan_at_end(&p->sc) && *p->sc.s != '}') {
        char word[WORD_MAX_LEN];
        struct place at = scan_place(&p->sc);
        if (!scan_word(&p->sc, word))
            return scan_error(&p->sc, at, "an option expected (%s), not %s", def->synopsis,
                              scan_what(&p->sc));
        int k = 0;
        while (k < OPTIONS && (strcmp(word, option_defs[k].name)
                               || !(option_defs[k].bit & def->accepts)))
            k++;
        if (k == OPTIONS)
            return unknown_option(p, def, at, word);
        if (option_defs[k].bit & seen)
            return scan_error(&p->sc, at, "\"%s\" is given twice", word);
        seen |= option_defs[k].bit;
        if (!expect_char(p, '=', "after the option")
            || !(option_defs[k].read ? option_defs[k].read(p, l)
                                     : row_value(p, &option_defs[k].value, word, l)))
            return false;
    }
    const bool pool = def->operands == OPERANDS_WINDOW;
    if (!l->stride) {
        l->stride = pool ? l->kh : 1;
        l->stride_w = pool ? l->kw : 1;
    }
    return true;
}

static bool window(struct parser *p, const struct layer_def *def, struct layer *l)
{
    struct place at = scan_place(&p->sc);
    const int most = max_int(def->max_window, def->max_line);
    if (!dimension(p, "the window's height", most, &l->kh) || !times(p, "KxK")
        || !dimension(p, "the window's width", most, &l->kw))
        return false;
    if (max_int(l->kh, l->kw) > def->max_window && min_int(l->kh, l->kw) > 1)
        return scan_error(&p->sc, at, "a window of %dx%d: each side is at most %d, or %d where the "
                          "other is 1", l->kh, l->kw, def->max_window, def->max_line);
    if (def->operands == OPERANDS_WINDOW && l->kh*l->kw > MAX_POOLED)
        return scan_error(&p->sc, at, "a window of %dx%d has more than %d values: use two "
                          "poolings, one after the other", l->kh, l->kw, MAX_POOLED);
    return true;
}

void automatic_name(const struct parser *p, struct layer *l, const struct layer_def *def)
{
    snprintf(l->name, sizeof l->name, "%s%d", def->prefix ? def->prefix : def->word,
             p->of_kind[l->kind] + 1);
}

static bool free_name(struct parser *p, const struct layer *l)
{
    int same = names_find(&p->layers, l->name);
    return same < 0
           || scan_error(&p->sc, l->at, "the name \"%s\" is taken by the layer in line %d",
                         l->name, p->net->layer[same].at.line);
}

bool add_layer(struct parser *p, const struct layer *l)
{
    struct net *net = p->net;
    if (!free_name(p, l))
        return false;
    if (net->nlayers == MAX_LAYERS)
        return scan_error(&p->sc, l->at, "more than %d layers", MAX_LAYERS);
    net->layer = grow(net->layer, (size_t)net->nlayers + 1, sizeof *net->layer);
    net->layer[net->nlayers] = *l;
    net->layer[net->nlayers].from = p->last;
    net->layer[net->nlayers].branch = p->branch;
    p->branch = 0;
    p->last = net->nlayers++;
    p->of_kind[l->kind]++;
    names_add(&p->layers, l->name, p->last);
    return true;
}

bool name_layer(struct parser *p, struct layer *l, const struct layer_def *def,
                const char *label)
{
    if (!*label) {
        automatic_name(p, l, def);
        return true;
    }
    if (!good_name(p, l->at, "a label", label))
        return false;
    int n = snprintf(l->name, sizeof l->name, "%s%s", label, p->suffix);
    return (n >= 0 && (size_t)n < sizeof l->name)
           || scan_error(&p->sc, l->at, "a label has at most %d letters", NAME_MAX_LEN - 1);
}

/* What stands after the layer's word; of two numbers the first is the lesser. */
static bool numbers(struct parser *p, const struct layer_def *def, struct layer *l)
{
    struct place at = scan_place(&p->sc);
    const int count = layer_numbers(def->kind);
    for (int k = 0; k < count; k++) {
        scan_blanks(&p->sc);
        at = scan_place(&p->sc);
        if (!number(p, def->number[k].what, def->number[k].bound, &l->number[k]))
            return false;
    }
    return count < 2 || l->number[0] < l->number[1]
           || scan_error(&p->sc, at, "%s is to be above %s, %g, not %g", def->number[1].what,
                         def->number[0].what, l->number[0], l->number[1]);
}

/* Channels, height and width of a reshape. */
static bool shape_operand(struct parser *p, struct layer *l)
{
    return dimension(p, "the number of channels", MAX_SIZE, &l->to.c) && times(p, "CxHxW")
           && dimension(p, "the height", MAX_SIZE, &l->to.h) && times(p, "CxHxW")
           && dimension(p, "the width", MAX_SIZE, &l->to.w) && expect_end(p, "the shape");
}

/* How many times as many rows and columns an upsample makes, and how. */
static bool factors(struct parser *p, struct layer *l)
{
    static const char *const ways[] = { "nearest", "bilinear" };
    int way = 0;
    if (!dimension(p, "the factor (a number or two)", MAX_FACTOR, &l->up_h))
        return false;
    l->up_w = l->up_h;
    if (scan_char(&p->sc, ',') && !dimension(p, "the factor across", MAX_FACTOR, &l->up_w))
        return false;
    if (!scan_at_end(&p->sc) && *p->sc.s != '}' && !choice(p, "upsampling", ways, 2, &way))
        return false;
    l->bilinear = way;
    return expect_end(p, "nearest or bilinear");
}

bool layers_go_on(struct parser *p, const struct layer_def *def, struct place at)
{
    const struct net *net = p->net;
    if (p->in_train)
        return scan_error(&p->sc, at, "\"%s\" is a layer: layers stand before `train`", def->word);
    if (net->nlayers && is_loss(net->layer[net->nlayers - 1].kind))
        return scan_error(&p->sc, at, "a layer after the loss: %s is the last one",
                          net->layer[net->nlayers - 1].name);
    return true;
}

bool layer_statement(struct parser *p, const struct layer_def *def, const char *label,
                     struct place at)
{
    struct layer l = { .kind = def->kind, .at = at, .margin = 1,
                       .pad_kind = def->operands == OPERANDS_WINDOW ? PAD_VALID : PAD_SAME,
                       .bias = true, .scale = true, .momentum = 0.9, .eps = 1e-5,
                       .groups = 1, .dilation = 1,
                       .target = def->accepts & ACCEPTS_TARGET ? TARGET_REALS : TARGET_LABEL };
    if (!layers_go_on(p, def, at))
        return false;
    if (is_loss(def->kind) && p->branches)
        return scan_error(&p->sc, at, "%s inside a block: the loss is the last layer", def->word);
    bool counts = def->operands == OPERANDS_COUNT || def->operands == OPERANDS_COUNT_WINDOW;
    bool windows = def->operands == OPERANDS_WINDOW || def->operands == OPERANDS_COUNT_WINDOW;
    const char *what = def->kind == LAYER_AFFINE ? "the number of units" : "the number of filters";
    if (counts && !dimension(p, what, MAX_SIZE, &l.filters))
        return false;
    if (!numbers(p, def, &l))
        return false;
    scan_blanks(&p->sc);
    if (windows && !window(p, def, &l))
        return false;
    if (def->operands == OPERANDS_SHAPE && !shape_operand(p, &l))
        return false;
    if (def->operands == OPERANDS_FACTORS && !factors(p, &l))
        return false;
    if (!layer_options(p, def, &l))
        return false;
    return name_layer(p, &l, def, label) && add_layer(p, &l);
}
