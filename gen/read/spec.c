/*
** spec.c - parses the network file. Collects as many errors as there are; the net
** is of no use unless it returns true.
*/
#include "read/spec.h"

#include <stdlib.h>
#include <string.h>

#include "read/dialects.h"
#include "read/layer_lines.h"
#include "read/layers.h"
#include "read/scan.h"
#include "read/train_lines.h"

enum { MAX_NESTING = 16,
       MAX_READ = 1 << 24 };            /* characters, as often as repeats read them */

static bool statement(struct parser *p);

/* ---- net, let, input, repeat ---- */

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
    if (!dimension(p, "the number of channels", INPUT_SIDE, &in->c) || !times(p, "CxHxW or CxL")
        || !dimension(p, "the height (of CxL the length)", INPUT_SIDE, &in->h))
        return false;
    if (*p->sc.s == 'x')
        return times(p, "CxHxW") && dimension(p, "the width", INPUT_SIDE, &in->w)
               && expect_end(p, "the shape");
    in->w = in->h;      /* CxL: one row */
    in->h = 1;
    return expect_end(p, "the shape");
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

/* ---- residual, concat, gate ---- */

/* Is the next word, perhaps lines below, `wanted`? Only then it is read; a "{" is left. */
static bool word_follows(struct parser *p, const char *wanted, struct place *at)
{
    char word[WORD_MAX_LEN];
    struct scan before = p->sc;
    while (scan_at_end(&p->sc) && *p->sc.s)
        scan_next_line(&p->sc);
    *at = scan_place(&p->sc);
    if (*wanted == '{' ? *p->sc.s == '{' : scan_word(&p->sc, word) && !strcmp(word, wanted))
        return true;
    p->sc = before;
    return false;
}

/* The next branch of what layer `end->fork` begins: its last layer is put into `end`. */
static bool branch(struct parser *p, struct layer *end, const char *word, struct place at)
{
    p->last = end->fork;
    if (!expect_char(p, '{', "before the layers"))
        return false;
    if (p->nesting == MAX_NESTING)
        return scan_error(&p->sc, at, "blocks nested deeper than %d", MAX_NESTING);
    p->nesting++;
    p->branches++;
    p->branch = end->branches;
    bool good = block_once(p, at, word);
    p->branch = 0;
    p->branches--;
    p->nesting--;
    if (end->branches < MAX_BRANCHES)
        end->end[end->branches] = p->last;
    end->branches++;
    return good && (p->last != end->fork || end->kind == LAYER_JOIN
                    || scan_error(&p->sc, at, "the block of this `%s` is empty: of a `concat` "
                                  "alone an empty one passes its input on", word));
}

/* A branch without layers. */
static void empty_branch(struct layer *end)
{
    end->end[end->branches++] = end->fork;
}

static bool residual_branches(struct parser *p, struct layer *end)
{
    struct place at;
    bool good = branch(p, end, "residual", end->at);
    if (good && word_follows(p, "shortcut", &at))
        return branch(p, end, "shortcut", at);
    empty_branch(end);
    return good;
}

static bool concat_branches(struct parser *p, struct layer *end)
{
    struct place at = end->at;
    bool good = true;
    do
        good = branch(p, end, "concat", at) && good;
    while (end->branches && word_follows(p, "{", &at));
    if (good && end->branches < 2)
        return scan_error(&p->sc, end->at, "a `concat` of one block joins nothing: two or more "
                          "follow each other, concat { ... } { ... }");
    return good && (end->branches <= MAX_BRANCHES
                    || scan_error(&p->sc, end->at, "a `concat` of %d blocks: %d are the most, but "
                                  "one of them may be another `concat`", end->branches,
                                  MAX_BRANCHES));
}

static bool gate_branches(struct parser *p, struct layer *end)
{
    bool good = branch(p, end, "gate", end->at);
    empty_branch(end);
    return good;
}

/* Another block, where there is to be none: its "}" belongs to it, and is not worth a message, nor
** is the block after one that is wrong itself. */
static bool one_too_many(struct parser *p, const struct layer *end, const char *word, bool good)
{
    struct place at;
    if (end->kind == LAYER_JOIN || !word_follows(p, "{", &at))
        return false;
    p->headless += leaves_open(p->sc.s);
    if (good)
        scan_error(&p->sc, at, "a block too many: a `%s` has one%s", word, end->kind == LAYER_ADD
                   ? ", and perhaps another one after the word `shortcut`"
                   : "; `concat` joins several");
    return true;
}

static bool block_statement(struct parser *p, const struct layer_def *def, const char *label,
                            struct place at)
{
    struct layer fork = { .kind = def->kind, .at = at };
    struct layer end = { .kind = def->kind == LAYER_RESIDUAL ? LAYER_ADD
                                 : def->kind == LAYER_CONCAT ? LAYER_JOIN : LAYER_PRODUCT,
                         .at = at };
    int errors = p->sc.errors;
    if (!layers_go_on(p, def, at))
        return false;
    if (!name_layer(p, &fork, def, label) || !add_layer(p, &fork))
        return false;
    end.fork = p->last;
    bool good = end.kind == LAYER_ADD ? residual_branches(p, &end)
                : end.kind == LAYER_JOIN ? concat_branches(p, &end) : gate_branches(p, &end);
    if (one_too_many(p, &end, def->word, good))
        return false;
    /* Blocks print their errors; what follows is still worth reading. */
    if (!good)
        return p->sc.errors > errors;
    p->net->layer[end.fork].branches = end.branches;
    automatic_name(p, &end, layer_def(end.kind));
    p->last = end.end[0];
    return add_layer(p, &end) && expect_end(p, "\"}\"");
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
    int most = nkeyword_defs + nlayer_defs + nsetting_rows, n = 0;
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
    for (int i = 0; i < nsetting_rows; i++)
        if (setting_rows[i].word)
            known[n++] = setting_rows[i].word;
    const char *near = nearest(word, known, n);
    free(known);
    if (near)
        return scan_error(&p->sc, at, "unknown %s \"%s\"; did you mean \"%s\"?", kind, word, near);
    return scan_error(&p->sc, at, "unknown %s \"%s\"; `lathe doc` lists what there is", kind, word);
}

/* What stood before a ':' and no layer after it: "lr: 0.1", as YAML has it. */
static bool no_label(struct parser *p, struct place at, struct place after, char *word)
{
    const struct setting_row *row = setting_find(word);
    if (row)
        return scan_error(&p->sc, at, "\"%s\" takes no \":\" after it: %s", word, row->synopsis);
    if (dialect(DIALECT_STATEMENT, word))
        return unknown_statement(p, at, word);
    return scan_error(&p->sc, after, "a layer expected after the label, not %s",
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
    const struct setting_row *row = setting_find(word);
    const bool setting = row && p->in_train && !*label;     /* `clip` is a layer's word, too */
    for (int i = 0; i < nlayer_defs && !setting; i++)
        if (layer_defs[i].word && !strcmp(word, layer_defs[i].word))
            return layer_defs[i].operands == OPERANDS_BLOCK
                   ? block_statement(p, &layer_defs[i], label, at)
                   : layer_statement(p, &layer_defs[i], label, at);
    if (!strcmp(word, "shortcut"))
        return scan_error(&p->sc, at, "`shortcut` stands after the \"}\" of a `residual`");
    bool known = false;
    for (int i = 0; i < nkeyword_defs; i++)
        known |= !strcmp(word, keyword_defs[i].word);
    known |= row != NULL;
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
    return row ? train_setting(p, row, at) : unknown_statement(p, at, word);
}

/* ---- the whole ---- */

static void check_whole(struct parser *p)
{
    struct net *net = p->net;
    struct place end = { p->sc.path, p->sc.line, 1 };
    if (!net->at.line)
        scan_error(&p->sc, end, "the file has no `net NAME`");
    if (!p->input_at.line)
        scan_error(&p->sc, end, "the file has no `input CxHxW`");
    if (!net->nlayers || !is_loss(net->layer[net->nlayers - 1].kind))
        scan_error(&p->sc, end, "the file has no loss: `softmax`, `svm`, `mse`, `mae` or `bce` "
                   "ends the layers");
    for (int i = 0; i < net->ngroups && !p->sc.over; i++)
        check_group(p, &net->group[i]);
    for (int i = 0; i < p->scope.count; i++) {
        const struct variable *v = &p->scope.variable[i];
        if (!v->used && !v->counter)
            scan_error(&p->sc, v->at, "\"%s\" is never used", v->name);
    }
    for (int i = 0; i < p->nset && !p->sc.over; i++) {
        if (p->set[i].used || p->set[i].maybe)
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
    p.setting_at = alloc((size_t)nsetting_rows, sizeof *p.setting_at);
    settings_defaults(&net->train);
    if (!scan_open(&p.sc, path, net->text)) {
        free(p.setting_at);
        return false;
    }
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
    free(p.setting_at);
    scan_close(&p.sc);
    return good;
}
