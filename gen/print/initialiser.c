/*
** initialiser.c - fields of C initialisers, wrapped. It knows nothing of what they mean.
*/
#include "print/initialiser.h"

#include <stdarg.h>
#include <stdio.h>

#include "runtime/settings/settings.h"
#include "base/die.h"

enum { WIDTH = 97 };            /* of a line, to which " }," may be added */

struct initialiser open_initialiser(struct text *out, int indent)
{
    return (struct initialiser){ out, indent, true };
}

static size_t column(const struct text *out)
{
    size_t at = out->length;
    while (at && out->at[at - 1] != '\n')
        at--;
    return out->length - at;
}

void field(struct initialiser *t, const char *format, ...)
{
    char one[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(one, sizeof one, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof one)
        DIE("a field is too long: %s", one);
    if (t->first)
        t->first = false;
    else if (column(t->out) + (size_t)length + 2 > WIDTH)
        text_printf(t->out, ",\n%*s", t->indent, "");
    else
        text_puts(t->out, ", ");
    text_puts(t->out, one);
}

struct initialiser open_row(struct text *out)
{
    text_puts(out, "    { ");
    return open_initialiser(out, 6);
}

void close_row(struct initialiser *row)
{
    text_puts(row->out, " },\n");
}

struct decimal exactly(double x)
{
    struct decimal d;
    setting_real(x, d.text, sizeof d.text);
    return d;
}
