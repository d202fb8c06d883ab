/*
** train_fields.c - prints struct train as an initialiser, row by row of settings.h. It must never
** print a number that reads back as another one.
*/
#include "print/train_fields.h"

#include <stdio.h>
#include <string.h>

#include "runtime/settings/optimizer.h"
#include "runtime/settings/settings.h"

enum { FIELD = 96, MARGIN = 8, WIDTH = 100 };

/* One more, on this line or the next. */
static void add_field(const char *field, size_t *at, struct text *out)
{
    size_t length = strlen(field);
    if (*at && *at + length + 1 > WIDTH) {
        text_puts(out, "\n");
        *at = 0;
    }
    text_printf(out, "%*s%s", *at ? 1 : MARGIN, "", field);
    *at += length + (*at ? 1 : MARGIN);
}

void train_fields(const struct train *t, struct text *out)
{
    char field[2*FIELD], value[FIELD], text[FIELD/2];
    size_t at = 0;
    setting_name("UPDATE", optimizers[t->optimizer].word, value, sizeof value);
    snprintf(field, sizeof field, ".optimizer = %s,", value);
    add_field(field, &at, out);
    for (int k = 0; k < RATES; k++) {
        setting_real(t->rate[k], value, sizeof value);
        snprintf(field, sizeof field, "%s%s%s", k ? "" : ".rate = { ", value,
                 k + 1 < RATES ? "," : " },");
        add_field(field, &at, out);
    }
    for (int k = 0; k < nsetting_rows; k++) {
        const struct setting_row *row = &setting_rows[k];
        if (!row->field || !(row->word || row->follows))
            continue;
        setting_text(row, t, text, sizeof text);
        if (row->value.type == VALUE_WORD)
            setting_name(row->names, text, value, sizeof value);
        snprintf(field, sizeof field, "%s = %s,", row->field,
                 row->value.type == VALUE_WORD ? value : text);
        add_field(field, &at, out);
    }
    text_puts(out, "\n");
}
