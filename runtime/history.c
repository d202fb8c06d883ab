/*
** history.c - training's course as CSV. It must never print a number that does not
** read back as the same one: %.9g holds a float, %.17g a double.
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "file.h"
#include "history.h"
#include "model.h"

bool history_open(struct history *h, size_t iterations, char *err)
{
    *h = (struct history){ .capacity = iterations };
    /* Pages that are never written cost nothing, so the whole run fits at once. */
    h->row = calloc(iterations, sizeof *h->row);
    if (!h->row)
        return error_set(err, "not enough memory for the history of %zu iterations",
                         iterations);
    return true;
}

void history_close(struct history *h)
{
    free(h->row);
    *h = (struct history){ .row = NULL };
}

void history_add(struct history *h, long epoch, double loss, double lr)
{
    if (h->count < h->capacity)
        h->row[h->count++] = (struct history_row){ epoch, loss, lr, -1, -1 };
}

void history_check(struct history *h, double train_acc, double val_acc)
{
    if (h->count == 0)
        return;
    h->row[h->count - 1].train_acc = train_acc;
    h->row[h->count - 1].val_acc = val_acc;
}

enum { HISTORY_DIGITS = LATHE_F64 ? 17 : 9 };

/* ",1.5", or "," for what was not measured. */
static void history_number(FILE *out, double number, bool known)
{
    if (!known)
        fputc(',', out);
    else
        fprintf(out, ",%.*g", HISTORY_DIGITS, number);
}

static void history_print(const struct history *h, FILE *out)
{
    fputs("iteration,epoch,loss,lr,train_acc,val_acc\n", out);
    for (size_t k = 0; k < h->count; k++) {
        const struct history_row *r = &h->row[k];
        fprintf(out, "%zu,%ld", k + 1, r->epoch);
        history_number(out, r->loss, true);
        history_number(out, r->lr, true);
        history_number(out, r->train_acc, r->train_acc >= 0);
        history_number(out, r->val_acc, r->val_acc >= 0);
        fputc('\n', out);
    }
}

bool history_save(const struct history *h, const char *path, char *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return error_set(err, "not enough memory for %s", path);
    history_print(h, out);
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    good = good ? file_write(path, text, size, err)
                : error_set(err, "not enough memory for %s", path);
    free(text);
    return good;
}
