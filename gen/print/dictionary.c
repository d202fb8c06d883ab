/*
** dictionary.c - looks words of templates up. What a word means stands in dictionary.def alone.
*/
#include "print/dictionary.h"

#include "runtime/core/model.h"
#include "base/names.h"
#include "base/small.h"
#include "plan/block_narrow.h"
#include "plan/cost.h"
#include "plan/through.h"
#include "print/emission.h"
#include "read/layers.h"

/* ---- the rows ---- */

enum {
#define FLAG(word, value, meaning)          FLAG_##word,
#define SIZE(word, value, meaning)          SIZE_##word,
#define AT(word, buffer, offset, meaning)   AT_##word##_WORD,
#define NUMBER(word, value, meaning)        NUMBER_##word,
#define PART(word, part, meaning)           PART_##word,
#define OWN(kind, word, meaning)            OWN_##kind##_##word,
#include "print/dictionary.def"
    WORDS
};

const struct word_def word_defs[] = {
#define FLAG(word, value, meaning)          { #word, WORD_FLAG, false },
#define SIZE(word, value, meaning)          { #word, WORD_SIZE, false },
#define AT(word, buffer, offset, meaning)   { #word, WORD_SIZE, false },
#define NUMBER(word, value, meaning)        { #word, WORD_NAME, false },
#define PART(word, part, meaning)           { #word, WORD_NAME, false },
#define OWN(kind, word, meaning)            { #word, WORD_##kind, true },
#include "print/dictionary.def"
};
const int nword_defs = WORDS;

/* ---- what values are made of ---- */

static bool backward(const struct sweep *f)
{
    return f && f->backward;
}

static long tap_step(const struct sweep *f)
{
    return f->algorithm == BY_DEPTHWISE || taps_apart(f) ? (long)f->dilation_w*f->in_pixel : 0;
}

static long panel_size(const struct sweep *f, int vl)
{
    const struct winograd *w = &f->winograd;
    int taps = f->algorithm == BY_WINOGRAD ? w->side_h*w->side_w : f->kh*f->kw;
    return (long)taps*f->ci*f->tile.nv*vl;
}

/* Output rows, and columns, of one of Winograd's tiles. */
static int rows_made(const struct stage *s, const struct sweep *f)
{
    bool pooled = s->pool != NO_LAYER && !backward(f);
    return pooled ? WINOGRAD_STEP / 2 : WINOGRAD_STEP;
}

/* Of an image's outputs those that a pass of Winograd's makes, with what lies between its rows. */
static int pass_pixels(const struct stage *s, const struct sweep *f)
{
    return f->winograd.pass*rows_made(s, f)*f->out_row / f->out_pixel;
}

/* A convolution's gradients depend on its output. */
static bool reads_output(const struct stage *s)
{
    return s->relu != NO_LAYER || s->conv->through != NO_STAGE;
}

/* Reals that the next pass of Winograd's reads: inputs; to the data, the outputs that the gradients
** depend on, and the gradients. */
static size_t next_reals(const struct stage *s, const struct sweep *f)
{
    const struct winograd *w = &f->winograd;
    if (!backward(f))
        return w->images > 1 ? (size_t)w->images*s->in.image
                             : (size_t)w->pass*WINOGRAD_STEP*(size_t)f->in_row;
    return reads_output(s) ? (size_t)w->images*s->out.image*(size_t)w->pass / (size_t)w->rows : 0;
}

static size_t other_reals(const struct sweep *f, const struct stage *from)
{
    const struct winograd *w = &f->winograd;
    return backward(f) ? (size_t)w->images*from->dy_image*(size_t)w->pass / (size_t)w->rows : 0;
}

/* Of what a data gradient's next image takes, what one strip of one phase fetches. */
static long strip_share(const struct stage *s, const struct sweep *f, size_t image)
{
    return backward(f) ? ceil_div((int)image, ceil_div(f->oh, f->strip)*s->conv->ndgrad) : 0;
}

/* Where that begins for the first strip. */
static long phase_part(const struct stage *s, const struct sweep *f, size_t image)
{
    return (f - s->conv->dgrad)*(long)image / s->conv->ndgrad;
}

/* Reals that are fetched with a strip: the next one's inputs, unless rows are left out between;
** gradients of the next image. */
static long rows_input(const struct net *net, const struct stage *s, const struct sweep *f)
{
    if (backward(f))
        return strip_share(s, f, gradient_of(net, s)->dy_image);
    return f->dilation*(f->kh - 1) + 1 >= f->step_y ? (long)f->strip*f->step_y*f->in_row : 0;
}

/* Tiles of one group that make a strip. */
static long group_tiles(const struct sweep *f)
{
    return (long)(f->blocks + (f->last != 0))*ceil_div(f->strip, f->tile.mh)
           * ceil_div(f->ow, f->tile.mw);
}

/* Of so many reals a strip, a tile's share: whole lines. */
static long rows_share(const struct net *net, const struct sweep *f, long reals)
{
    const long line = LINE_BYTES / (long)real_size(net), tiles = group_tiles(f)*f->groups;
    return (reals + tiles*line - 1) / (tiles*line)*line;
}

static long group_share(const struct net *net, const struct sweep *f, long reals)
{
    return rows_share(net, f, reals)*group_tiles(f);
}

/* In lines, a place's and a panel's share. */
static long fetched_lines(const struct net *net, const struct sweep *f, size_t reals)
{
    const size_t places = (size_t)(f->winograd.side_h*f->winograd.side_w);
    const size_t shares = places*(size_t)(f->blocks + (f->last != 0));
    const size_t lines = reals*real_size(net) / LINE_BYTES;
    return (long)((lines + shares - 1) / shares);
}

/* And what a panel has fetched at its end. */
static long panel_reals(const struct net *net, const struct sweep *f, size_t reals)
{
    return fetched_lines(net, f, reals)*f->winograd.side_h*f->winograd.side_w
           * (long)(LINE_BYTES / real_size(net));
}

static long repeated_band(const struct layer *l, const struct layer *pool, const struct sweep *f)
{
    return (long)l->stride*((pool ? pool->kh : f->tile.mh) - 1) + (long)l->dilation*(l->kh - 1) + 1;
}

/* The pointwise layer's gradient is computed from its input, not from its output. */
static bool by_input(const struct net *net, const struct stage *s)
{
    return layer_def(net->layer[s->pointwise].kind)->from == FROM_INPUT;
}

static const struct map *decider(const struct net *net, const struct stage *s)
{
    return by_input(net, s) ? &s->in : &s->out;
}

/* The probability of keeping a value, in units of 2^-16; never none. */
static long keep_of(const struct layer *l)
{
    long keep = (long)(l->number[0]*65536 + 0.5);
    return keep < 1 ? 1 : keep;
}

/* The buffer with a parameter's values 'w', or its moments 'm' or 'v'. */
static int moment(const struct net *net, int param, char which)
{
    if (param == NO_PARAM)
        return NO_BUFFER;
    const struct net_param *p = &net->param[param];
    return which == 'm' ? p->m : which == 'v' ? p->v : p->at;
}

/* The batchnorm that a stage is, has in its weights, or gathers the moments of; or NULL. */
static const struct stage *norm_of(const struct net *net, const struct stage *s)
{
    int gathers = s->conv ? s->conv->gathers : NO_STAGE;
    return s->norm ? s : s->fold && s->fold->norm != NO_STAGE ? &net->stage[s->fold->norm]
           : gathers == NO_STAGE ? NULL : &net->stage[gathers];
}

/* Of what a stage sums up for each channel: whole lanes. */
static long padded_channels(const struct stage *s)
{
    return round_up(s->out.shape.c, LANES);
}

/* The largest one up to `most`; 1 of nothing. */
static int divisor(int n, int most)
{
    while (n && n % most)
        most--;
    return n ? most : 1;
}

/* Bytes of an image's that say where a pool's gradients go. */
static long argmax_image(const struct stage *s)
{
    const struct shape o = s->out.shape;
    return s->pool == NO_LAYER ? 0 : (long)o.h*o.w*o.c;
}

/* Reals of what a weight gradient takes at a time: whole images, or rows of one. */
static long chunk(const struct weight_plan *g, size_t image, long row)
{
    return g->images > 1 ? g->images*(long)image : g->band*row;
}

/* ---- looking up ---- */

static void bind_word(struct bindings *b, int word)
{
    const struct net *net = b->e->net;
    const struct stage *s = b->stage, *norm = norm_of(net, s);
    const struct layer *l = &net->layer[s->head];
    const struct layer *pool = s->kind == STAGE_AVERAGE ? l : layer_at(net, s->pool);
    const struct stage *from = gradient_of(net, s);
    const struct layer *back = from == s ? pool : layer_at(net, from->pool);
    const struct conv_plan *conv = s->conv, *mirror = s->mirror ? s->mirror->conv : NULL;
    const struct affine_plan *affine = s->affine;
    const struct sweep *f = b->sweep;
    const struct sweep *sweep = f ? f : conv ? &conv->forward : mirror ? &mirror->forward : NULL;
    const struct weight_plan *g = conv ? &conv->wgrad : NULL;
    const struct winograd *w = f ? &f->winograd : g ? &g->winograd : NULL;
    const struct scatter *d = conv && conv->ndgrad ? &conv->dgrad[0].scatter : NULL;
    const struct shape in = s->in.shape, o = s->out.shape;
    const int vl = net->vl;
    switch (word) {
#define FLAG(word, value, meaning)          \
    case FLAG_##word: bind_flag(b, #word, value); return;
#define SIZE(word, value, meaning)          \
    case SIZE_##word: bind_size(b, #word, (long)(value)); return;
#define AT(word, buffer, offset, meaning)   \
    case AT_##word##_WORD: bind_at(b, #word, buffer, (long)(offset)); return;
#define NUMBER(word, value, meaning)        \
    case NUMBER_##word: bind_name(b, #word, "%.17g", value); return;
#define PART(word, part, meaning)           \
    case PART_##word: bind_part(b, #word, part); return;
#define OWN(kind, word, meaning)
#include "print/dictionary.def"
    }
}

static bool look_up(struct bindings *b, enum word_kind kind, const char *word)
{
    static struct names rows;
    for (int i = rows.count; i < nword_defs; i++)
        names_add(&rows, word_defs[i].word, i);
    int found = names_find(&rows, word);
    if (found < 0 || word_defs[found].kind != kind || word_defs[found].own)
        return false;
    bind_word(b, found);
    return true;
}

struct bindings of_stage(struct emission *e, const struct stage *s)
{
    const int vl = e->net->vl;
    return (struct bindings){ .look_up = look_up, .e = e, .stage = s, .vl = vl,
                              .vc = min_int(vl, 16 / (int)real_size(e->net)),
                              .most_lines = e->net->small ? SMALL_LINES : 0 };
}

struct bindings of_sweep(struct emission *e, const struct sweep *f)
{
    struct bindings b = of_stage(e, e->stage);
    b.sweep = f;
    return b;
}
