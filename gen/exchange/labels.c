/*
** labels.c - names of a graph as labels. It must never make one that the parser refuses, or that
** two layers have.
*/
#include "exchange/labels.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "read/layers.h"

enum { WORDS_MOST = 24, LABEL_MOST = 32 };      /* endings of repeats come to it */

/* Names that say nothing begin so: exporters number what has none. */
static const char *const nameless[] = { "onnx::", "const_fold", "val_", "node_", "onnx__", "_val",
                                        "const_", "Constant", "init_", "new_", "scalar_" };

/* Ends that say which of a layer's tensors it is. */
static const char *const tensors[] = { ".weight", ".bias", ".running_mean", ".running_var",
                                       ".gamma", ".beta", ".kernel", "_scale_0", "_w_0", "_b_0",
                                       ".scale_0", ".w_0", ".b_0", "_weight", "_bias", "_w", "_W",
                                       "_b", "_scale", ".scale", ".w", ".b" };

static bool begins(const char *s, const char *with)
{
    return !strncmp(s, with, strlen(with));
}

/* A path's part that is no module's: an operator of TensorFlow or ONNX begins with a capital. */
static bool is_operator(const char *s)
{
    return isupper((unsigned char)*s);
}

static bool is_container(const char *s, size_t length)
{
    static const char *const words[] = { "model", "functional", "sequential" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        const size_t n = strlen(words[k]);
        if (length >= n && !strncmp(s, words[k], n) && strspn(s + n, "_0123456789") >= length - n)
            return true;
    }
    return false;
}

/* The modules of a path, each of which may repeat the one around it: layer1, layer1.0, conv1. */
static void modules(const char *path, struct text *out)
{
    const char *last = "";
    size_t last_length = 0;
    while (*path == '/')
        path++;
    while (*path) {
        const size_t length = strcspn(path, "/");
        const char *next = path + length + strspn(path + length, "/");
        if (is_operator(path))
            break;
        if (last_length && length > last_length && !strncmp(path, last, last_length)
            && path[last_length] == '.')
            out->length -= last_length + 1;
        const bool container = !out->length && is_container(path, length) && *next
                               && !is_operator(next);
        last = path;
        last_length = container ? 0 : length;
        if (!container) {
            text_add(out, path, length);
            text_puts(out, ".");
        }
        path = next;
    }
    out->length -= out->length > 0;
}

/* Letters and digits, with one _ for all between; the last words that there is room for. */
static void legal(const char *s, char label[NAME_MAX_LEN])
{
    struct { const char *at; size_t length; } word[WORDS_MOST];
    int words = 0, first = 0;
    size_t all = 0, at = 0;
    while (*s) {
        size_t length = 0;
        while (isalnum((unsigned char)s[length]) && (unsigned char)s[length] < 0x80)
            length++;
        if (length) {
            if (words == WORDS_MOST) {
                memmove(word, word + 1, sizeof word - sizeof *word);
                words--;
            }
            word[words].at = s;
            word[words++].length = length < LABEL_MOST ? length : LABEL_MOST;
        }
        s += length ? length : 1;
    }
    for (first = words; first > 0 && all + word[first - 1].length + 1 <= LABEL_MOST; first--)
        all += word[first - 1].length + 1;
    while (first < words && !isalpha((unsigned char)*word[first].at))
        first++;
    label[0] = '\0';
    for (; first < words; first++)
        at += (size_t)snprintf(label + at, NAME_MAX_LEN - at, "%s%.*s", at ? "_" : "",
                               (int)word[first].length, word[first].at);
}

static void one_label(const char *hint, char label[NAME_MAX_LEN])
{
    struct text name = { 0 };
    label[0] = '\0';
    if (!hint)
        return;
    const char *piece = strrchr(hint, ';');     /* tf2onnx: of what was fused into it the last */
    piece = piece ? piece + 1 : hint;
    for (size_t k = 0; k < sizeof nameless / sizeof *nameless; k++)
        if (begins(piece, nameless[k]))
            return;
    if (strchr(piece, '/'))
        modules(piece, &name);
    else if (!is_operator(piece))
        text_puts(&name, piece);
    const size_t length = name.length;
    for (size_t k = 0; k < sizeof tensors / sizeof *tensors && name.length == length; k++) {
        const size_t n = strlen(tensors[k]);
        if (name.length > n && !memcmp(name.at + name.length - n, tensors[k], n)) {
            name.length -= n;
            name.at[name.length] = '\0';
        }
    }
    if (name.length)
        name.at[name.length] = '\0';
    legal(text_string(&name), label);
    text_free(&name);
}

void label_of(const char *const hint[3], char label[NAME_MAX_LEN])
{
    label[0] = '\0';
    for (int k = 0; k < 3 && strlen(label) < 2; k++)
        one_label(hint[k], label);
    if (strlen(label) < 2)
        label[0] = '\0';
}

struct words { const char *at[NAME_MAX_LEN]; int length[NAME_MAX_LEN], count; };

static struct words split(const char *label)
{
    struct words w = { .count = 0 };
    while (*label) {
        const size_t n = strcspn(label, "_");
        w.at[w.count] = label;
        w.length[w.count++] = (int)n;
        label += n + (label[n] == '_');
    }
    return w;
}

/* From the last word on: long names have lost their first ones. What differs becomes an empty word,
** that the others keep their places. */
void label_common(char label[NAME_MAX_LEN], const char *other)
{
    char both[NAME_MAX_LEN] = "";
    size_t at = 0;
    const struct words a = split(label), b = split(other);
    for (int k = 0; k < a.count; k++) {
        const int i = b.count - a.count + k;
        const bool same = i >= 0 && a.length[k] == b.length[i]
                          && !memcmp(a.at[k], b.at[i], (size_t)a.length[k]);
        at += (size_t)snprintf(both + at, sizeof both - at, "%s%.*s", k ? "_" : "",
                               same ? a.length[k] : 0, a.at[k]);
    }
    strcpy(label, both);
}

/* Without the empty words; where the last one is empty, or no word has letters, nothing: it is a
** container's name, or a number. */
static void drop_empty(char label[NAME_MAX_LEN])
{
    char rest[NAME_MAX_LEN] = "";
    size_t at = 0;
    const size_t length = strlen(label);
    const struct words w = split(label);
    for (int k = 0; k < w.count && length && label[length - 1] != '_'; k++)
        if (w.length[k] && (at || isalpha((unsigned char)*w.at[k])))
            at += (size_t)snprintf(rest + at, sizeof rest - at, "%s%.*s", at ? "_" : "",
                                   w.length[k], w.at[k]);
    strcpy(label, rest);
}

/* conv3: what the third conv without a label is called. */
static bool is_automatic(const char *label)
{
    const size_t digits = strlen(label) - strcspn(label, "0123456789");
    for (int k = 0; k < nlayer_defs; k++) {
        const char *word = layer_defs[k].prefix ? layer_defs[k].prefix : layer_defs[k].word;
        const size_t n = strlen(word);
        if (digits && strlen(label) == n + digits && !strncmp(label, word, n)
            && strspn(label + n, "0123456789") == digits)
            return true;
    }
    return false;
}

/* A word of C, or one that `group` and `freeze` take for a kind of parameters. */
static bool is_reserved(const char *label)
{
    static const char words[] =
        "auto break case char const continue default do double else enum extern float for goto if "
        "inline int long register restrict return short signed sizeof static struct switch typedef "
        "union unsigned void volatile while conv affine bias gain";
    return lists_word(words, label);
}

static bool is_free(const struct names *taken, const char *label, const char *const *ending,
                    int endings)
{
    for (int k = 0; k < endings; k++) {
        char name[2*NAME_MAX_LEN];
        snprintf(name, sizeof name, "%s%s", label, ending[k]);
        if (strlen(name) >= NAME_MAX_LEN || names_find(taken, name) >= 0 || is_reserved(name))
            return false;
    }
    return true;
}

void label_take(struct names *taken, char label[NAME_MAX_LEN], const char *automatic,
                const char *const *ending, int endings)
{
    char base[NAME_MAX_LEN];
    drop_empty(label);
    if (!*label || (endings == 1 && !*ending[0] && !strcmp(label, automatic))) {
        label[0] = '\0';
        return;
    }
    if (is_automatic(label)) {
        const size_t n = strcspn(label, "0123456789");
        snprintf(base, sizeof base, "%.*s_%.*s", (int)(n < LABEL_MOST ? n : LABEL_MOST), label,
                 LABEL_MOST/2, label + n);
        strcpy(label, base);
    }
    strcpy(base, label);
    for (int k = 2; !is_free(taken, label, ending, endings); k++) {
        if (k > endings + taken->count + 2) {   /* its endings are too long: by itself */
            label[0] = '\0';
            return;
        }
        if (endings > 1 && k <= 26)     /* its endings are numbers */
            snprintf(label, NAME_MAX_LEN, "%.*s_%c", LABEL_MOST, base, 'a' + k - 1);
        else
            snprintf(label, NAME_MAX_LEN, "%.*s_%d", LABEL_MOST, base, k);
    }
    for (int k = 0; k < endings; k++) {
        char name[2*NAME_MAX_LEN];
        snprintf(name, sizeof name, "%s%s", label, ending[k]);
        names_add(taken, name, 0);
    }
}

void label_file(const char *path, char name[NAME_MAX_LEN])
{
    const char *slash = strrchr(path, '/');
    legal(slash ? slash + 1 : path, name);
    if (!*name || is_reserved(name))
        strcpy(name, "imported");
}
