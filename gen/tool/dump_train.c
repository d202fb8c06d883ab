/*
** dump_train.c - prints the training settings, row by row of settings.h, as lines of a network
** file. It must never print what the parser would not take.
*/
#include "tool/dump_train.h"

#include "runtime/settings/optimizer.h"
#include "runtime/settings/settings.h"

static void dump_real(const char *before, double value, FILE *out)
{
    char text[40];
    setting_real(value, text, sizeof text);
    fprintf(out, "%s%s", before, text);
}

/* Can a file say it? */
static bool is_said(const struct setting_row *row, const struct train *t)
{
    double value = setting_get(row, t);
    if (row->value.type == VALUE_TEXT)
        return value != 0;
    return row->value.type == VALUE_WORD ? value >= row->value.first - row->bare
                                         : value >= bounds[row->value.bound].least;
}

static void dump_value(const struct setting_row *row, const struct train *t, FILE *out)
{
    char text[SETTING_TEXT];
    setting_text(row, t, text, sizeof text);
    if (row->value.type != VALUE_WORD || setting_get(row, t) >= row->value.first)
        fprintf(out, " %s", text);
}

static void dump_rates(const struct optimizer_def *def, const double rate[RATES], unsigned which,
                       FILE *out)
{
    for (int k = 0; k < def->count; k++)
        if (which & 1u << def->rate[k].rate) {
            fprintf(out, " %s", def->rate[k].name);
            dump_real("=", rate[def->rate[k].rate], out);
        }
}

static void dump_line(const struct setting_row *row, const struct train *t, FILE *out)
{
    fprintf(out, "  %s", row->word);
    dump_value(row, t, out);
    for (const struct setting_row *r = row + 1; r < setting_rows + nsetting_rows && r->follows; r++)
        if (r->follows == FOLLOWS_WORD ? (int)setting_get(row, t) == r->when : is_said(r, t))
            dump_value(r, t, out);
    fputc('\n', out);
}

static void dump_group(const struct group_setting *g, enum update_kind shared, FILE *out)
{
    const struct own_settings *own = &g->own;
    const struct optimizer_def *def = &optimizers[own->set & OWN_OPTIMIZER ? own->optimizer
                                                                           : shared];
    fprintf(out, "  %s %s", own->set & OWN_FREEZE ? "freeze" : "group", g->selector);
    if (own->set & OWN_OPTIMIZER)
        fprintf(out, " optimizer=%s", def->word);
    dump_rates(def, own->rate, own->set/OWN_RATE, out);
    if (own->set & OWN_REG)
        dump_real(" reg=", own->reg, out);
    if (own->set & OWN_DECAY)
        dump_real(" lr_decay=", own->lr_decay, out);
    if (own->set & OWN_SCHEDULE)
        fprintf(out, " schedule=%s", schedule_words[own->schedule]);
    if (own->set & OWN_FREEZE && own->freeze > 0)
        dump_real(" after ", own->freeze, out);
    fputc('\n', out);
}

void dump_train(const struct net *net, FILE *out)
{
    const struct train *t = &net->train;
    const struct optimizer_def *def = &optimizers[t->optimizer];
    fprintf(out, "train\n  optimizer %s", def->word);
    dump_rates(def, t->rate, ~0u, out);
    fputc('\n', out);
    for (int k = 0; k < nsetting_rows; k++)
        if (setting_rows[k].word && setting_rows[k].field && is_said(&setting_rows[k], t))
            dump_line(&setting_rows[k], t, out);
    for (int i = 0; i < net->ngroups; i++)
        dump_group(&net->group[i], t->optimizer, out);
}
