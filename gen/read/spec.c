/*
** spec.c - parses the network file. Collects as many errors as there are; the net
** is of no use unless it returns true.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/settings/optimizer.h"
#include "read/expr.h"
#include "read/dialects.h"
#include "read/layers.h"
#include "read/scan.h"

enum { MAX_LAYERS = 10000, MAX_SIZE = 65536, MAX_IMAGE = 4096, MAX_BATCH = 65536,
       MAX_NESTING = 16, MAX_DILATION = 64,
       MAX_READ = 1 << 24 };            /* characters, as often as repeats read them */

struct parser {
    struct scan sc;
    struct scope scope;
    struct names layers;            /* by name */
    int of_kind[LAYER_KINDS];       /* layers so far */
    struct net *net;
    struct setting *set;
    int nset;
    int headless;                   /* repeats whose header was wrong, still to be closed */
    char suffix[NAME_MAX_LEN];      /* of labels inside repeats: "_1_2" */
    int nesting;
    int last;                       /* the layer that the next one reads, or INPUT */
    int residuals;                  /* blocks open */
    bool in_train;
    struct place input_at;
    struct place setting_at[32];    /* where each was made; line 0: not yet */
};

static bool statement(struct parser *p);

static bool expect_char(struct parser *p, char c, const char *before)
{
    if (scan_char(&p->sc, c))
        return true;
    return scan_error(&p->sc, scan_place(&p->sc), "\"%c\" expected %s, not %s", c, before,
                      scan_what(&p->sc));
}

static bool expect_end(struct parser *p, const char *after)
{
    if (scan_at_end(&p->sc) || *p->sc.s == '}')
        return true;
    return scan_error(&p->sc, scan_place(&p->sc), "nothing more expected after %s, found %s",
                      after, scan_what(&p->sc));
}

/* A side of a window, a channel count: a number or an expression in parentheses. */
static bool dimension(struct parser *p, const char *what, int most, int *result)
{
    return integer(&p->sc, &p->scope, what, 1, most, result);
}

static bool times(struct parser *p, const char *where)
{
    if (*p->sc.s == 'x') {
        p->sc.s++;
        return true;
    }
    return scan_error(&p->sc, scan_place(&p->sc), "\"x\" expected in %s, not %s", where,
                      scan_what(&p->sc));
}

/* ---- net, let, input, repeat ---- */

/* A name that the emitted program's are made of, joined by "__": so it has none itself, and no
** '_' at its ends. */
static bool good_name(struct parser *p, struct place at, const char *what, const char *name)
{
    char better[WORD_MAX_LEN];
    size_t n = 0;
    for (const char *s = name; *s; s++)
        if (*s != '_' || (n && s[1] && s[1] != '_'))
            better[n++] = *s;
    better[n] = '\0';
    if (!strcmp(name, better))
        return true;
    return scan_error(&p->sc, at, "%s has no \"_\" at its ends and no \"__\" in it: write "
                      "\"%s\", not \"%s\"", what, n ? better : "x", name);
}

static bool net_statement(struct parser *p, struct place at)
{
    char name[WORD_MAX_LEN];
    if (p->net->at.line)
        return scan_error(&p->sc, at, "a second `net`; the first is in line %d",
                          p->net->at.line);
    scan_blanks(&p->sc);
    struct place name_at = scan_place(&p->sc);
    if (scan_at_end(&p->sc))
        return scan_error(&p->sc, name_at, "a name is missing: net NAME");
    if (!scan_word(&p->sc, name))
        return scan_error(&p->sc, name_at, "a name begins with a letter, not with %s: net NAME",
                          scan_what(&p->sc));
    if (strlen(name) >= NAME_MAX_LEN)
        return scan_error(&p->sc, name_at, "a name has at most %d letters", NAME_MAX_LEN - 1);
    if (!good_name(p, name_at, "a network's name", name))
        return false;
    strcpy(p->net->name, name);
    p->net->at = at;
    return expect_end(p, "the name");
}

static void override(struct parser *p, struct variable *v)
{
    for (int i = 0; i < p->nset; i++)
        if (!strcmp(p->set[i].name, v->name)) {
            v->value = p->set[i].value;
            p->set[i].used = true;
        }
}

static bool let_statement(struct parser *p)
{
    bool good = true;
    do {
        struct variable v = { 0 };
        scan_blanks(&p->sc);
        v.at = scan_place(&p->sc);
        if (!scan_word(&p->sc, v.name))
            return scan_error(&p->sc, v.at, "a name expected: let NAME = EXPR, not %s",
                              scan_what(&p->sc));
        struct variable *other = scope_find(&p->scope, v.name);
        if (other)
            return scan_error(&p->sc, v.at, "\"%s\" is defined already, in line %d", v.name,
                              other->at.line);
        if (!expect_char(p, '=', "after the name")
            || !expression(&p->sc, &p->scope, &v.value)) {
            /* Known all the same, as a number that fits nearly everywhere: else each of its
            ** uses were another error. */
            v.value = 1;
            v.used = true;
            good = false;
            p->sc.s += strcspn(p->sc.s, ",#}\n");
        }
        override(p, &v);
        scope_push(&p->scope, v);
    } while (scan_char(&p->sc, ','));
    return good && expect_end(p, "the value");
}

static bool input_statement(struct parser *p, struct place at)
{
    struct shape *in = &p->net->input;
    if (p->input_at.line)
        return scan_error(&p->sc, at, "a second `input`; the first is in line %d",
                          p->input_at.line);
    if (p->net->nlayers)
        return scan_error(&p->sc, at, "`input` stands before the layers");
    p->input_at = at;
    return dimension(p, "the number of channels", MAX_IMAGE, &in->c) && times(p, "CxHxW")
           && dimension(p, "the height", MAX_IMAGE, &in->h) && times(p, "CxHxW")
           && dimension(p, "the width", MAX_IMAGE, &in->w) && expect_end(p, "the shape");
}

/* False: a repeat comes to more than anybody writes, which is said once and for all. */
static bool within_limit(struct parser *p, struct place opened)
{
    if (p->sc.read > MAX_READ && !p->sc.over) {
        scan_error(&p->sc, opened, "repeated, this block comes to more than %d MiB of statements",
                   MAX_READ >> 20);
        p->sc.over = true;
    }
    return !p->sc.over;
}

/* The statements up to the block's brace, once; `word` began it. */
static bool block_once(struct parser *p, struct place opened, const char *word)
{
    int errors = p->sc.errors;
    while (within_limit(p, opened)) {
        if (scan_at_end(&p->sc)) {
            if (!*p->sc.s)
                return scan_error(&p->sc, opened, "this `%s` has no \"}\"", word);
            scan_next_line(&p->sc);
        } else if (scan_char(&p->sc, '}')) {
            if (!p->headless)
                return p->sc.errors == errors;
            p->headless--;
        } else if (!statement(p)) {
            scan_next_line(&p->sc);
        }
    }
    return false;
}

/* `N as NAME {` */
static bool repeat_header(struct parser *p, int *times_n, struct variable *counter)
{
    char as[WORD_MAX_LEN];
    if (!integer(&p->sc, &p->scope, "the number of repeats", 1, MAX_LAYERS, times_n))
        return false;
    if (!scan_word(&p->sc, as) || strcmp(as, "as"))
        return scan_error(&p->sc, scan_place(&p->sc), "\"as NAME\" expected: repeat N as NAME {");
    counter->at = scan_place(&p->sc);
    if (!scan_word(&p->sc, counter->name))
        return scan_error(&p->sc, counter->at, "a name expected: repeat N as NAME {, not %s",
                          scan_what(&p->sc));
    if (scope_find(&p->scope, counter->name))
        return scan_error(&p->sc, counter->at, "\"%s\" is defined already", counter->name);
    return expect_char(p, '{', "after the name");
}

/* Is there a "{" in the rest of the line without its "}"? */
static bool leaves_open(const char *s)
{
    int open = 0;
    for (; *s && *s != '\n' && *s != '#'; s++)
        open += (*s == '{') - (*s == '}' && open);
    return open > 0;
}

static bool repeat_statement(struct parser *p, struct place at)
{
    struct variable counter = { .counter = true };
    int times_n, layers = p->net->nlayers;
    if (!repeat_header(p, &times_n, &counter)) {
        /* Its "}" belongs to it all the same, and is not worth another message. */
        p->headless += leaves_open(p->sc.s);
        return false;
    }
    if (p->nesting == MAX_NESTING)
        return scan_error(&p->sc, at, "blocks nested deeper than %d", MAX_NESTING);
    p->nesting++;
    size_t length = strlen(p->suffix);
    struct scan start = p->sc;
    int scope = p->scope.count;
    bool good = true;
    for (int i = 1; i <= times_n && good; i++) {
        p->sc.s = start.s;
        p->sc.line = start.line;
        p->sc.line_start = start.line_start;
        counter.value = i;
        scope_cut(&p->scope, scope);
        scope_push(&p->scope, counter);
        snprintf(p->suffix + length, sizeof p->suffix - length, "_%d", i);
        /* Every round adds to MAX_LAYERS: nested blocks of nothing would have no end. */
        good = block_once(p, at, "repeat")
               && (p->net->nlayers > layers
                   || scan_error(&p->sc, at, "the block of this `repeat` has no layers"));
        if (p->sc.line == start.line)
            p->sc.read += (size_t)(p->sc.s - start.s);
    }
    scope_cut(&p->scope, scope);
    p->suffix[length] = '\0';
    p->nesting--;
    /* The block printed its errors; what follows it is still worth reading. */
    return good ? expect_end(p, "\"}\"") : true;
}

/* ---- layers ---- */

static bool stride_option(struct parser *p, struct layer *l)
{
    if (!integer(&p->sc, &p->scope, "stride", 1, MAX_IMAGE, &l->stride))
        return false;
    l->stride_w = l->stride;
    return true;
}

static bool groups_option(struct parser *p, struct layer *l)
{
    return integer(&p->sc, &p->scope, "groups", 1, MAX_SIZE, &l->groups);
}

static bool dilation_option(struct parser *p, struct layer *l)
{
    return integer(&p->sc, &p->scope, "dilation", 1, MAX_DILATION, &l->dilation);
}

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
    return integer(&p->sc, &p->scope, "pad (same, valid or a number)", 0, 64, &l->pad);
}

static bool number(struct parser *p, const char *what, enum bound bound, double *result);

static bool smoothing_option(struct parser *p, struct layer *l)
{
    return number(p, "smoothing", BOUND_SMOOTHING, &l->smoothing);
}

static bool margin_option(struct parser *p, struct layer *l)
{
    return number(p, "margin", BOUND_MARGIN, &l->margin);
}

static bool choice(struct parser *p, const char *what, const char *const *known, int nknown,
                   int *which);

static bool yes_no(struct parser *p, const char *what, bool *result)
{
    static const char *const words[] = { "no", "yes" };
    int which;
    if (!choice(p, what, words, 2, &which))
        return false;
    *result = which;
    return true;
}

static bool bias_option(struct parser *p, struct layer *l)
{
    return yes_no(p, "bias", &l->bias);
}

static bool winograd_option(struct parser *p, struct layer *l)
{
    bool yes;
    if (!yes_no(p, "winograd", &yes))
        return false;
    l->winograd = yes ? WINOGRAD_YES : WINOGRAD_NO;
    return true;
}

static bool scale_option(struct parser *p, struct layer *l)
{
    return yes_no(p, "scale", &l->scale);
}

static bool momentum_option(struct parser *p, struct layer *l)
{
    return number(p, "momentum", BOUND_SHARE, &l->momentum);
}

static bool eps_option(struct parser *p, struct layer *l)
{
    return number(p, "eps", BOUND_EPS, &l->eps);
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

/* The options of layers; a layer's row in layers.c says which it accepts. */
static const struct {
    const char *name;
    int bit;
    bool (*read)(struct parser *p, struct layer *l);
} option_defs[] = {
    { "stride", ACCEPTS_STRIDE, stride_option },
    { "pad", ACCEPTS_PAD, pad_option },
    { "smoothing", ACCEPTS_SMOOTHING, smoothing_option },
    { "margin", ACCEPTS_MARGIN, margin_option },
    { "bias", ACCEPTS_BIAS, bias_option },
    { "winograd", ACCEPTS_WINOGRAD, winograd_option },
    { "momentum", ACCEPTS_MOMENTUM, momentum_option },
    { "eps", ACCEPTS_EPS, eps_option },
    { "scale", ACCEPTS_SCALE, scale_option },
    { "init", ACCEPTS_INIT, init_option },
    { "groups", ACCEPTS_GROUPS, groups_option },
    { "dilation", ACCEPTS_DILATION, dilation_option },
};
enum { OPTIONS = sizeof option_defs / sizeof *option_defs };

/* Ours for another framework's option; NULL: none, or none that the layer takes. */
static const char *dialect_option(const struct layer_def *def, const char *word)
{
    const char *ours = dialect(DIALECT_OPTION, word);
    size_t length = ours ? strcspn(ours, "=") : 0;
    for (int k = 0; k < OPTIONS && ours && ours[length]; k++)
        if (strlen(option_defs[k].name) == length && !memcmp(option_defs[k].name, ours, length)
            && !(option_defs[k].bit & def->accepts))
            return NULL;
    return ours && !*ours && def->operands == OPERANDS_NONE ? NULL : ours;
}

static bool unknown_option(struct parser *p, const struct layer_def *def, struct place at,
                           const char *word)
{
    const char *names[OPTIONS], *ours = dialect_option(def, word);
    int n = 0;
    if (ours && !*ours)
        return scan_error(&p->sc, at, "\"%s\" goes without a name: %s%s%s", word, def->synopsis,
                          def->number ? ", with " : "", def->number ? def->number : "");
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
        if (!expect_char(p, '=', "after the option") || !option_defs[k].read(p, l))
            return false;
    }
    if (!l->stride) {
        bool pool = def->operands == OPERANDS_WINDOW;
        l->stride = pool ? l->kh : 1;
        l->stride_w = pool ? l->kw : 1;
    }
    return true;
}

static bool window(struct parser *p, const struct layer_def *def, struct layer *l)
{
    struct place at = scan_place(&p->sc);
    if (!dimension(p, "the window's height", def->max_window, &l->kh) || !times(p, "KxK")
        || !dimension(p, "the window's width", def->max_window, &l->kw))
        return false;
    if (def->operands == OPERANDS_WINDOW && l->kh*l->kw > 256)
        return scan_error(&p->sc, at, "a window of %dx%d has more than 256 values: use two "
                          "poolings, one behind the other", l->kh, l->kw);
    return true;
}

static void automatic_name(const struct parser *p, struct layer *l, const struct layer_def *def)
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

static bool add_layer(struct parser *p, const struct layer *l)
{
    struct net *net = p->net;
    if (!free_name(p, l))
        return false;
    if (net->nlayers == MAX_LAYERS)
        return scan_error(&p->sc, l->at, "more than %d layers", MAX_LAYERS);
    net->layer = grow(net->layer, (size_t)net->nlayers + 1, sizeof *net->layer);
    net->layer[net->nlayers] = *l;
    net->layer[net->nlayers].from = p->last;
    p->last = net->nlayers++;
    p->of_kind[l->kind]++;
    names_add(&p->layers, l->name, p->last);
    return true;
}

static bool name_layer(struct parser *p, struct layer *l, const struct layer_def *def,
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

static bool layer_statement(struct parser *p, const struct layer_def *def, const char *label,
                            struct place at)
{
    struct layer l = { .kind = def->kind, .at = at, .pad_kind = PAD_SAME, .margin = 1,
                       .bias = true, .scale = true, .momentum = 0.9, .eps = 1e-5,
                       .groups = 1, .dilation = 1 };
    const struct net *net = p->net;
    if (p->in_train)
        return scan_error(&p->sc, at, "\"%s\" is a layer: layers stand before `train`", def->word);
    if (net->nlayers && is_loss(net->layer[net->nlayers - 1].kind))
        return scan_error(&p->sc, at, "a layer behind the loss: %s is the last one",
                          net->layer[net->nlayers - 1].name);
    if (is_loss(def->kind) && p->residuals)
        return scan_error(&p->sc, at, "%s inside a residual block: the loss is the last layer",
                          def->word);
    bool counts = def->operands == OPERANDS_COUNT || def->operands == OPERANDS_COUNT_WINDOW;
    bool windows = def->operands == OPERANDS_WINDOW || def->operands == OPERANDS_COUNT_WINDOW;
    const char *what = def->kind == LAYER_CONV ? "the number of filters" : "the number of units";
    if (counts && !dimension(p, what, MAX_SIZE, &l.filters))
        return false;
    if (def->operands == OPERANDS_NUMBER && !number(p, def->number, def->bound, &l.number))
        return false;
    scan_blanks(&p->sc);
    if (windows && !window(p, def, &l))
        return false;
    if (!layer_options(p, def, &l))
        return false;
    return name_layer(p, &l, def, label) && add_layer(p, &l);
}

/* ---- residual ---- */

/* Is the next word, perhaps lines below, `shortcut`? Only then it is read. */
static bool shortcut_follows(struct parser *p, struct place *at)
{
    char word[WORD_MAX_LEN];
    struct scan before = p->sc;
    while (scan_at_end(&p->sc) && *p->sc.s)
        scan_next_line(&p->sc);
    *at = scan_place(&p->sc);
    if (scan_word(&p->sc, word) && !strcmp(word, "shortcut"))
        return true;
    p->sc = before;
    return false;
}

/* A branch of a residual block, which reads layer `fork`; leaves its end in p->last. */
static bool branch(struct parser *p, int fork, const char *word, struct place at)
{
    p->last = fork;
    if (!expect_char(p, '{', "before the layers"))
        return false;
    if (p->nesting == MAX_NESTING)
        return scan_error(&p->sc, at, "blocks nested deeper than %d", MAX_NESTING);
    p->nesting++;
    p->residuals++;
    bool good = block_once(p, at, word);
    p->residuals--;
    p->nesting--;
    return good && (p->last != fork
                    || scan_error(&p->sc, at, "the block of this `%s` is empty", word));
}

static bool residual_statement(struct parser *p, const struct layer_def *def, const char *label,
                               struct place at)
{
    struct layer fork = { .kind = def->kind, .at = at };
    struct layer sum = { .kind = LAYER_ADD, .at = at };
    int errors = p->sc.errors;
    if (p->in_train)
        return scan_error(&p->sc, at, "\"%s\" is a layer: layers stand before `train`", def->word);
    if (!name_layer(p, &fork, def, label) || !add_layer(p, &fork))
        return false;
    int begin = p->last;
    bool good = branch(p, begin, "residual", at);
    int body = p->last;
    struct place shortcut_at;
    sum.other = begin;
    if (good && shortcut_follows(p, &shortcut_at)) {
        good = branch(p, begin, "shortcut", shortcut_at);
        sum.other = p->last;
    }
    /* Blocks print their errors; what follows is still worth reading. */
    if (!good)
        return p->sc.errors > errors;
    automatic_name(p, &sum, layer_def(LAYER_ADD));
    p->last = body;
    return add_layer(p, &sum) && expect_end(p, "\"}\"");
}

/* ---- train ---- */

/* "at most 1", for a number out of its bounds. */
static const char *should_be(const struct bounds *b, double number, char *out, size_t size)
{
    double limit = number < b->least ? b->least : b->most;
    const char *words = number > b->most ? b->most < 1 ? "less than" : "at most"
                        : number <= 0 && b->least > 0 ? "greater than" : "at least";
    if (limit == 0)
        snprintf(out, size, "0 or more");
    else
        snprintf(out, size, "%s %g", words, number <= 0 && limit == b->least ? 0 : limit);
    return out;
}

/* A number of a kind that training knows, with its bounds. */
static bool number(struct parser *p, const char *what, enum bound bound, double *result)
{
    const struct bounds *b = &bounds[bound];
    char words[40];
    scan_blanks(&p->sc);
    struct place at = scan_place(&p->sc);
    if (!value(&p->sc, &p->scope, what, result))
        return false;
    if (*result >= b->least && *result <= b->most)
        return true;
    return scan_error(&p->sc, at, "%s is to be %s, not %g", what,
                      should_be(b, *result, words, sizeof words), *result);
}

static bool whole_number(struct parser *p, const char *what, enum bound bound, int *result)
{
    return integer(&p->sc, &p->scope, what, (int)bounds[bound].least, (int)bounds[bound].most,
                   result);
}

/* "sgd, momentum or adam" */
static const char *alternatives(const char *const *known, int n, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (int k = 0; k < n && at < size; k++) {
        const char *between = k == 0 ? "" : k == n - 1 ? " or " : ", ";
        at += (size_t)snprintf(out + at, size - at, "%s%s", between, known[k]);
    }
    return out;
}

/* Ours for another framework's word; NULL: none, or none that may stand here. */
static const char *dialect_choice(const char *what, const char *word, const char *const *known,
                                  int nknown)
{
    static const struct { const char *what; enum dialect_place place; } places[] = {
        { "optimizer", DIALECT_OPTIMIZER }, { "option", DIALECT_RATE },
        { "schedule", DIALECT_SCHEDULE }, { "initialiser", DIALECT_INIT },
        { "preprocessing", DIALECT_PREPROCESS }, { "loss", DIALECT_LOSS },
    };
    const char *ours = NULL;
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (!strcmp(places[k].what, what))
            ours = dialect(places[k].place, word);
    if (!ours || strncmp(ours, "it is ", 6))
        return ours;
    size_t length = strcspn(ours + 6, "= ,");       /* that word, if it is one of these */
    for (int k = 0; k < nknown; k++)
        if (strlen(known[k]) == length && !memcmp(known[k], ours + 6, length))
            return ours;
    return ours[6 + length] == ',' ? ours : NULL;
}

static bool choice(struct parser *p, const char *what, const char *const *known, int nknown,
                   int *which)
{
    char word[WORD_MAX_LEN], list[256];
    scan_blanks(&p->sc);
    struct place at = scan_place(&p->sc);
    alternatives(known, nknown, list, sizeof list);
    if (!scan_word(&p->sc, word))
        return scan_error(&p->sc, at, "%s expected: %s, not %s", what, list, scan_what(&p->sc));
    for (*which = 0; *which < nknown; (*which)++)
        if (!strcmp(word, known[*which]))
            return true;
    const char *ours = dialect_choice(what, word, known, nknown);
    if (ours)
        return scan_error(&p->sc, at, "unknown %s \"%s\": %s (%s)", what, word, ours, list);
    const char *near = nearest(word, known, nknown);
    if (near)
        return scan_error(&p->sc, at, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, near);
    return scan_error(&p->sc, at, "unknown %s \"%s\": %s", what, word, list);
}

/* The names of an optimizer's hyper-parameters. */
static int rate_names(enum update_kind kind, const char *names[RATES])
{
    for (int k = 0; k < optimizers[kind].count; k++)
        names[k] = optimizers[kind].rate[k].name;
    return optimizers[kind].count;
}

static bool optimizer_option(struct parser *p, int *seen)
{
    const char *names[RATES];
    struct train_settings *t = &p->net->train;
    int option;
    struct place at = scan_place(&p->sc);
    if (!choice(p, "option", names, rate_names(t->optimizer, names), &option))
        return false;
    if (*seen & 1 << option)
        return scan_error(&p->sc, at, "\"%s\" is given twice", names[option]);
    *seen |= 1 << option;
    enum rate rate = optimizers[t->optimizer].rate[option].rate;
    return expect_char(p, '=', "after the option")
           && number(p, names[option], optimizer_bound(rate), &t->rate[rate]);
}

static bool optimizer_setting(struct parser *p)
{
    struct train_settings *t = &p->net->train;
    int which, seen = 0, n = 0;
    while (optimizer_words[n])
        n++;
    if (!choice(p, "optimizer", optimizer_words, n, &which))
        return false;
    t->optimizer = optimizer_find(optimizer_words[which]);
    optimizer_standard(t->optimizer, t->rate);
    while (!scan_at_end(&p->sc))
        if (!optimizer_option(p, &seen))
            return false;
    return true;
}

static bool init_setting(struct parser *p)
{
    static const char *const names[] = { "gaussian", "kaiming" };
    int which;
    if (!choice(p, "initialiser", names, 2, &which))
        return false;
    p->net->train.init_std = -1;
    return which || number(p, "the standard deviation", BOUND_INIT, &p->net->train.init_std);
}

static bool schedule_setting(struct parser *p)
{
    struct train_settings *t = &p->net->train;
    int which;
    if (!choice(p, "schedule", schedule_words, SCHEDULE_KINDS, &which))
        return false;
    t->schedule = (enum schedule_kind)which;
    return t->schedule != SCHEDULE_STEP
           || (number(p, "the epochs from step to step", BOUND_STEP_EPOCHS, &t->step_epochs)
               && number(p, "the factor of a step", BOUND_STEP_FACTOR, &t->step_factor));
}

/* `word` may follow, and nothing else. */
static bool optional_word(struct parser *p, const char *what, const char *word, bool *found)
{
    int which;
    *found = !scan_at_end(&p->sc);
    return !*found || choice(p, what, &word, 1, &which);
}

static bool flip_setting(struct parser *p)
{
    bool alternating;
    if (!optional_word(p, "flip", "alternating", &alternating))
        return false;
    p->net->train.augment.flip = alternating ? FLIP_ALTERNATING : FLIP_RANDOM;
    return true;
}

static bool translate_setting(struct parser *p)
{
    struct augment *a = &p->net->train.augment;
    bool reflect;
    if (!whole_number(p, "translate", BOUND_TRANSLATE, &a->translate)
        || !optional_word(p, "edge", "reflect", &reflect))
        return false;
    a->reflect = reflect;
    return true;
}

/* WHICH, and a new group for it. */
static struct group_setting *new_group(struct parser *p, struct place at)
{
    struct train_settings *t = &p->net->train;
    struct group_setting g = { .at = at };
    char word[WORD_MAX_LEN], part[WORD_MAX_LEN] = "";
    if (!scan_word(&p->sc, word)) {
        scan_error(&p->sc, scan_place(&p->sc), "conv, affine, bias, gain or a layer's name "
                   "expected, not %s", scan_what(&p->sc));
        return NULL;
    }
    if (*p->sc.s == '.') {
        p->sc.s++;
        if (!scan_word(&p->sc, part) || (strcmp(part, "weight") && strcmp(part, "bias"))) {
            scan_error(&p->sc, at, "%s.weight or %s.bias expected", word, word);
            return NULL;
        }
    }
    snprintf(g.selector, sizeof g.selector, "%s%s%s", word, *part ? "." : "", part);
    t->group = grow(t->group, (size_t)t->ngroups + 1, sizeof *t->group);
    t->group[t->ngroups] = g;
    return &t->group[t->ngroups++];
}

static bool freeze_setting(struct parser *p, struct place at)
{
    bool after;
    struct group_setting *g = new_group(p, at);
    if (!g)
        return false;
    g->own.set = OWN_FREEZE;
    return optional_word(p, "setting", "after", &after)
           && (!after || number(p, "the epochs", BOUND_FREEZE, &g->own.freeze));
}

/* `optimizer=` comes first: it decides which options there are. */
static bool group_optimizer(struct parser *p, struct own_settings *own)
{
    const char *names[UPDATE_KINDS];
    int which, n = 0;
    for (int k = UPDATE_STORE + 1; k < UPDATE_KINDS; k++)
        names[n++] = optimizers[k].word;
    if (!choice(p, "optimizer", names, n, &which))
        return false;
    own->optimizer = optimizer_find(names[which]);
    own->set |= OWN_OPTIMIZER;
    return true;
}

static bool group_option(struct parser *p, struct own_settings *own)
{
    const char *names[RATES + 4] = { "optimizer", "reg", "lr_decay", "schedule" };
    enum update_kind kind = own->set & OWN_OPTIMIZER ? own->optimizer : p->net->train.optimizer;
    int option, n = 4 + rate_names(kind, names + 4);
    struct place at = scan_place(&p->sc);
    if (!choice(p, "option", names, n, &option) || !expect_char(p, '=', "after the option"))
        return false;
    unsigned bits[] = { OWN_OPTIMIZER, OWN_REG, OWN_DECAY, OWN_SCHEDULE };
    enum rate rate = option < 4 ? RATE_LR : optimizers[kind].rate[option - 4].rate;
    unsigned bit = option < 4 ? bits[option] : (unsigned)OWN_RATE << rate;
    if (own->set & bit)
        return scan_error(&p->sc, at, "\"%s\" is given twice", names[option]);
    if (option == 0 && own->set)
        return scan_error(&p->sc, at, "\"optimizer\" is a group's first option: the others "
                          "depend on it");
    own->set |= bit;
    int schedule;
    switch (option) {
    case 0: return group_optimizer(p, own);
    case 1: return number(p, "reg", BOUND_REG, &own->reg);
    case 2: return number(p, "lr_decay", BOUND_LR_DECAY, &own->lr_decay);
    case 3:
        if (!choice(p, "schedule", schedule_words, SCHEDULE_STEP, &schedule))
            return false;
        own->schedule = (enum schedule_kind)schedule;
        return true;
    default: return number(p, names[option], optimizer_bound(rate), &own->rate[rate]);
    }
}

static bool group_setting(struct parser *p, struct place at)
{
    struct group_setting *g = new_group(p, at);
    if (!g)
        return false;
    if (scan_at_end(&p->sc))
        return scan_error(&p->sc, at, "a group without settings");
    while (!scan_at_end(&p->sc))
        if (!group_option(p, &g->own))
            return false;
    if (g->own.set & OWN_OPTIMIZER && g->own.optimizer == UPDATE_MUON)
        for (size_t k = 0; k < 3; k++)
            if (!strcmp(g->selector, ((const char *[]){ "affine", "bias", "gain" })[k]))
                return scan_error(&p->sc, at, "muon updates convolution filters: group conv "
                                  "optimizer=muon");
    return true;
}

static bool average_setting(struct parser *p)
{
    static const char *const names[] = { "ema", "lookahead" };
    struct train_settings *t = &p->net->train;
    int which;
    if (!choice(p, "average", names, 2, &which))
        return false;
    t->average = which ? AVERAGE_LOOKAHEAD : AVERAGE_EMA;
    t->average_rate = which ? 0.5 : 0.99;
    t->average_every = which ? 5 : 1;
    return scan_at_end(&p->sc)
           || (number(p, "the average's rate", BOUND_AVERAGE_RATE, &t->average_rate)
               && (scan_at_end(&p->sc)
                   || whole_number(p, "the steps between", BOUND_AVERAGE_EVERY,
                                   &t->average_every)));
}

static bool train_setting(struct parser *p, const struct setting_def *def, struct place at)
{
    static const char *const samples[] = { "shuffle", "replacement" };
    static const char *const losses[] = { "mean", "sum" };
    struct train_settings *t = &p->net->train;
    int which;
    if (!p->in_train)
        return scan_error(&p->sc, at, "\"%s\" is a training setting: it stands behind `train`",
                          def->word);
    bool many = def->kind == SETTING_GROUP || def->kind == SETTING_FREEZE;
    if (p->setting_at[def->kind].line && !many)
        return scan_error(&p->sc, at, "\"%s\" is set already, in line %d", def->word,
                          p->setting_at[def->kind].line);
    p->setting_at[def->kind] = at;
    bool good = false;
    switch (def->kind) {
    case SETTING_INIT:      good = init_setting(p); break;
    case SETTING_OPTIMIZER: good = optimizer_setting(p); break;
    case SETTING_REG:       good = number(p, "reg", BOUND_REG, &t->reg); break;
    case SETTING_LR_DECAY:  good = number(p, "lr_decay", BOUND_LR_DECAY, &t->lr_decay); break;
    case SETTING_EPOCHS:    good = number(p, "epochs", BOUND_EPOCHS, &t->epochs); break;
    case SETTING_BATCH:
        good = integer(&p->sc, &p->scope, "batch", 1, MAX_BATCH, &t->batch);
        t->batch_at = at;
        break;
    case SETTING_SAMPLE:
        good = choice(p, "sampling", samples, 2, &which);
        t->sampling = good && which ? SAMPLE_REPLACEMENT : SAMPLE_SHUFFLE;
        break;
    case SETTING_SCHEDULE:  good = schedule_setting(p); break;
    case SETTING_CLIP:      good = number(p, "clip", BOUND_CLIP, &t->clip); break;
    case SETTING_AVERAGE:   good = average_setting(p); break;
    case SETTING_PATIENCE:
        good = whole_number(p, "patience", BOUND_PATIENCE, &t->patience);
        break;
    case SETTING_GROUP:     good = group_setting(p, at); break;
    case SETTING_FREEZE:    good = freeze_setting(p, at); break;
    case SETTING_FLIP:      good = flip_setting(p); break;
    case SETTING_CROP:
        t->augment.crop = 1;
        good = true;
        break;
    case SETTING_TRANSLATE: good = translate_setting(p); break;
    case SETTING_CUTOUT:
        good = whole_number(p, "cutout", BOUND_CUTOUT, &t->augment.cutout);
        break;
    case SETTING_WARMUP:    good = number(p, "warmup", BOUND_WARMUP, &t->warmup); break;
    case SETTING_PREPROCESS:
        good = choice(p, "preprocessing", preprocess_words, PREPROCESS_KINDS, &which);
        if (good)
            t->preprocess = (enum preprocess_kind)which;
        break;
    case SETTING_LOSS:
        good = choice(p, "loss", losses, 2, &which);
        t->loss_sum = good && which;
        break;
    }
    return good && expect_end(p, "the setting");
}

/* ---- statements ---- */

/* nn.Linear, tf.keras.layers.Dense: the last word says it. */
static void last_of_path(struct parser *p, char *word)
{
    char next[WORD_MAX_LEN];
    while (*p->sc.s == '.') {
        p->sc.s++;
        if (!scan_word(&p->sc, next))
            return;
        strcpy(word, next);
    }
}

static bool unknown_statement(struct parser *p, struct place at, char *word)
{
    int most = nkeyword_defs + nlayer_defs + nsetting_defs, n = 0;
    if ((unsigned char)*p->sc.s >= 0x80)
        return scan_error(&p->sc, scan_place(&p->sc), "names have letters from a to z, digits and "
                          "_, not %s", scan_what(&p->sc));
    last_of_path(p, word);
    const char *kind = p->in_train ? "setting" : "layer or statement";
    const char *ours = dialect(DIALECT_STATEMENT, word);
    if (ours)
        return scan_error(&p->sc, at, "unknown %s \"%s\": %s", kind, word, ours);
    const char **known = alloc((size_t)most, sizeof *known);
    for (int i = 0; i < nkeyword_defs && !p->in_train; i++)
        known[n++] = keyword_defs[i].word;
    for (int i = 0; i < nlayer_defs && !p->in_train; i++)
        if (layer_defs[i].word)
            known[n++] = layer_defs[i].word;
    for (int i = 0; i < nsetting_defs; i++)
        known[n++] = setting_defs[i].word;
    const char *near = nearest(word, known, n);
    free(known);
    if (near)
        return scan_error(&p->sc, at, "unknown %s \"%s\"; did you mean \"%s\"?", kind, word, near);
    return scan_error(&p->sc, at, "unknown %s \"%s\"; `lathe doc` lists what there is", kind, word);
}

/* What stood before a ':' and no layer behind it: "lr: 0.1", as YAML has it. */
static bool no_label(struct parser *p, struct place at, struct place behind, char *word)
{
    for (int i = 0; i < nsetting_defs; i++)
        if (!strcmp(word, setting_defs[i].word))
            return scan_error(&p->sc, at, "\"%s\" takes no \":\" behind it: %s", word,
                              setting_defs[i].synopsis);
    if (dialect(DIALECT_STATEMENT, word))
        return unknown_statement(p, at, word);
    return scan_error(&p->sc, behind, "a layer expected behind the label, not %s",
                      scan_what(&p->sc));
}

static bool train_statement(struct parser *p, struct place at)
{
    if (p->in_train)
        return scan_error(&p->sc, at, "a second `train`");
    if (p->nesting)
        return scan_error(&p->sc, at, "`train` inside a block");
    p->in_train = true;
    return expect_end(p, "`train`");
}

static bool statement(struct parser *p)
{
    char word[WORD_MAX_LEN], label[WORD_MAX_LEN] = "";
    struct place at = scan_place(&p->sc);
    bool section = scan_char(&p->sc, '[');     /* as Darknet has it */
    if (!scan_word(&p->sc, word)) {
        p->sc.s -= section;
        return scan_error(&p->sc, at, "a statement expected, not %s", scan_what(&p->sc));
    }
    if (section)
        return unknown_statement(p, at, word);
    if (*p->sc.s == ':') {
        p->sc.s++;
        strcpy(label, word);
        scan_blanks(&p->sc);
        struct place layer_at = scan_place(&p->sc);
        if (!scan_word(&p->sc, word))
            return no_label(p, at, layer_at, label);
    }
    for (int i = 0; i < nlayer_defs; i++)
        if (layer_defs[i].word && !strcmp(word, layer_defs[i].word))
            return layer_defs[i].operands == OPERANDS_BLOCK
                   ? residual_statement(p, &layer_defs[i], label, at)
                   : layer_statement(p, &layer_defs[i], label, at);
    if (!strcmp(word, "shortcut"))
        return scan_error(&p->sc, at, "`shortcut` stands behind the \"}\" of a `residual`");
    bool known = false;
    for (int i = 0; i < nkeyword_defs; i++)
        known |= !strcmp(word, keyword_defs[i].word);
    for (int i = 0; i < nsetting_defs; i++)
        known |= !strcmp(word, setting_defs[i].word);
    if (*label && known)
        return scan_error(&p->sc, at, "a label stands before a layer, not before \"%s\"", word);
    if (!strcmp(word, "net"))
        return net_statement(p, at);
    if (!strcmp(word, "let"))
        return let_statement(p);
    if (!strcmp(word, "input"))
        return input_statement(p, at);
    if (!strcmp(word, "repeat"))
        return repeat_statement(p, at);
    if (!strcmp(word, "train"))
        return train_statement(p, at);
    for (int i = 0; i < nsetting_defs; i++)
        if (!strcmp(word, setting_defs[i].word))
            return train_setting(p, &setting_defs[i], at);
    return unknown_statement(p, at, word);
}

/* ---- the whole ---- */

static const char *const selector_words[] = { "conv", "affine", "bias", "gain" };
enum { SELECTOR_WORDS = sizeof selector_words / sizeof *selector_words };

static bool has_parameters(const struct layer *l)
{
    return layer_def(l->kind)->trains;
}

static void unknown_group(struct parser *p, const struct group_setting *g, const char *name)
{
    const struct net *net = p->net;
    const char **known = alloc((size_t)(net->nlayers + SELECTOR_WORDS), sizeof *known);
    int n = 0;
    for (int i = 0; i < net->nlayers; i++)
        if (has_parameters(&net->layer[i]))
            known[n++] = net->layer[i].name;
    for (int k = 0; k < SELECTOR_WORDS && !strchr(g->selector, '.'); k++)
        known[n++] = selector_words[k];
    const char *near = nearest(name, known, n);
    if (near)
        scan_error(&p->sc, g->at, "no layer with parameters is called \"%s\"; did you mean "
                   "\"%s\"?", name, near);
    else
        scan_error(&p->sc, g->at, "no layer with parameters is called \"%s\"", name);
    free(known);
}

/* A selector names what there is. */
static void check_group(struct parser *p, const struct group_setting *g)
{
    char name[sizeof g->selector];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(g->selector, "."), g->selector);
    for (int k = 0; k < SELECTOR_WORDS && !strchr(g->selector, '.'); k++)
        if (!strcmp(name, selector_words[k]))
            return;
    int i = names_find(&p->layers, name);
    if (i < 0 || !has_parameters(&p->net->layer[i]))
        unknown_group(p, g, name);
}

static void check_whole(struct parser *p)
{
    struct net *net = p->net;
    struct place end = { p->sc.path, p->sc.line, 1 };
    if (!net->at.line)
        scan_error(&p->sc, end, "the file has no `net NAME`");
    if (!p->input_at.line)
        scan_error(&p->sc, end, "the file has no `input CxHxW`");
    if (!net->nlayers || !is_loss(net->layer[net->nlayers - 1].kind))
        scan_error(&p->sc, end, "the file has no loss: `softmax` or `svm` ends the layers");
    for (int i = 0; i < net->train.ngroups && !p->sc.over; i++)
        check_group(p, &net->train.group[i]);
    for (int i = 0; i < p->scope.count; i++) {
        const struct variable *v = &p->scope.variable[i];
        if (!v->used && !v->counter)
            scan_error(&p->sc, v->at, "\"%s\" is never used", v->name);
    }
    for (int i = 0; i < p->nset && !p->sc.over; i++) {
        if (p->set[i].used)
            continue;
        const char **known = alloc((size_t)p->scope.count, sizeof *known);
        for (int k = 0; k < p->scope.count; k++)
            known[k] = p->scope.variable[k].name;
        const char *near = nearest(p->set[i].name, known, p->scope.count);
        struct place whole = { p->sc.path, 0, 0 };
        if (near)
            scan_error(&p->sc, whole, "--set %s: no `let` of that name; did you mean \"%s\"?",
                       p->set[i].name, near);
        else
            scan_error(&p->sc, whole, "--set %s: no `let` of that name", p->set[i].name);
        free(known);
    }
}

bool spec_read(struct net *net, const char *path, struct setting *set, int nset)
{
    struct parser p = { .net = net, .set = set, .nset = nset, .last = INPUT };
    net->path = path;
    train_defaults(&net->train);
    if (!scan_open(&p.sc, path))
        return false;
    while (*p.sc.s && !p.sc.over) {
        if (!scan_at_end(&p.sc)) {
            if (p.headless && scan_char(&p.sc, '}'))
                p.headless--;
            else if (*p.sc.s == '}')
                scan_error(&p.sc, scan_place(&p.sc), "\"}\" without a `repeat`");
            else if (statement(&p) && !scan_at_end(&p.sc))
                scan_error(&p.sc, scan_place(&p.sc), "nothing more expected, found %s",
                           scan_what(&p.sc));
        }
        scan_next_line(&p.sc);
    }
    if (!p.sc.errors)
        check_whole(&p);
    bool good = !p.sc.errors;
    scope_free(&p.scope);
    names_free(&p.layers);
    scan_close(&p.sc);
    return good;
}
