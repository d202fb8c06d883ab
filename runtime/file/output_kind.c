/*
** output_kind.c - tells by a file's first bytes who made it. It must never take somebody's own
** file for one of Lathe's: what is in doubt is not.
*/
#include "file/output_kind.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_KIND_HEAD = 1 << 16, OUTPUT_KIND_AGAIN = 64 };

/* What a file of a kind has at its beginning or, after a length, a few bytes on; in its first
** bytes, or anywhere in it (OUTPUT_PROGRAM); and what it has not. */
static const struct {
    const char *what;
    size_t at; const char *begin;
    size_t head; const char *within, *without;
} output_kind_table[OUTPUT_KINDS] = {
    [OUTPUT_PARAMS] = { "parameter file of Lathe", 8, "{\"__metadata__\":{", OUTPUT_KIND_HEAD,
                        "\"format\":\"lathe-", "\"state\":\"" },
    [OUTPUT_CHECKPOINT] = { "checkpoint of Lathe", 8, "{\"__metadata__\":{", OUTPUT_KIND_HEAD,
                            "\"state\":\"", NULL },
    [OUTPUT_DUMP] = { "dump of Lathe", 8, "{\"__metadata__\":{", OUTPUT_KIND_HEAD,
                      "\"format\":\"lathe-dump-", NULL },
    [OUTPUT_HISTORY] = { "history of a training", 0, "iteration,epoch,loss,lr,", 0, "", NULL },
    [OUTPUT_PAGE] = { "page of Lathe", 0, "<!DOCTYPE html>", 1024, "rel=\"icon\" href=\"data:,\"",
                      NULL },
    [OUTPUT_PLOT] = { "plot of Lathe", 0, "<svg ", 1024, "style=\"background:var(--card)\"", NULL },
    [OUTPUT_SEARCH] = { "record of a search", 0, "# ", 1024, "\nrun,lr,reg,val_", NULL },
    [OUTPUT_BENCH] = { "table of a bench", 0, "name,kind,threads,ms,", 0, "", NULL },
    [OUTPUT_ARRAY] = { "array of NumPy", 0, "\x93NUMPY", 0, "", NULL },
    [OUTPUT_SOURCE] = { "C file of Lathe", 0, "/*\n** Written by lathe;", 0, "", NULL },
    [OUTPUT_TABLE] = { "table of lathe show", 0, "", 256, "\n\nlayer  ", NULL },
    [OUTPUT_TUNING] = { "file of lathe tune", 0, "# Written by `lathe tune ", 0, "", NULL },
    [OUTPUT_IMAGES] = { "images kept by Lathe", 0, "lathe-images-1\n", 0, "", NULL },
    [OUTPUT_PROGRAM] = { "program of Lathe", 0, "\177ELF", OUTPUT_KIND_HEAD + OUTPUT_KIND_AGAIN,
                         "%s: made by lathe ", NULL },
    [OUTPUT_NETWORK] = { "network file that lathe imported", 0, "# Imported by lathe from ", 0, "",
                         NULL },
    [OUTPUT_RESULT] = { "result of a training", 0, "{\"lathe\":\"result-1\",", 0, "", NULL },
    [OUTPUT_LIST] = { "list of a sweep", 0, "cd ", OUTPUT_KIND_HEAD, " --result ", NULL },
    [OUTPUT_WEIGHTS] = { "weights that lathe emitted", 0, "lathe-weights-", 0, "", NULL },
    [OUTPUT_ONNX] = { "model that lathe exported", 2, "\x12\x05lathe", 0, "", NULL },
    [OUTPUT_MODULE] = { "module that lathe exported", 0, "# Written by `lathe export ", 0, "",
                        NULL },
};

/* What follows a program's words. Lathe itself has these words alone, and in the text of what it
** emits, where two characters stand for the end of a line. */
static const char output_kind_version[] = "%s\n";

static bool output_kind_holds(const char *bytes, size_t size, const char *words, const char *then)
{
    const char *const end = bytes + size;
    const size_t length = strlen(words), more = strlen(then);
    while ((bytes = memmem(bytes, (size_t)(end - bytes), words, length)) != NULL) {
        if ((size_t)(end - bytes) >= length + more && !memcmp(bytes + length, then, more))
            return true;
        bytes++;
    }
    return false;
}

static bool output_kind_begins(enum output_kind kind, const char *bytes, size_t size)
{
    const char *begin = output_kind_table[kind].begin;
    const size_t at = output_kind_table[kind].at, length = strlen(begin);
    return size >= at + length && memcmp(bytes + at, begin, length) == 0;
}

static bool output_kind_is(enum output_kind kind, const char *bytes, size_t size)
{
    const char *without = output_kind_table[kind].without;
    const size_t head = size < output_kind_table[kind].head ? size : output_kind_table[kind].head;
    const char *then = kind == OUTPUT_PROGRAM ? output_kind_version : "";
    return output_kind_holds(bytes, head, output_kind_table[kind].within, then)
           && !(without && output_kind_holds(bytes, head, without, ""));
}

/* As much as there is, up to size. */
static size_t output_kind_piece(int fd, char *bytes, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, bytes + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    return length;
}

/* Of the pieces of a program each begins with the end of the one before. */
bool output_kind_fits(int fd, enum output_kind kind)
{
    char piece[OUTPUT_KIND_HEAD + OUTPUT_KIND_AGAIN];
    size_t length = output_kind_piece(fd, piece, sizeof piece);
    if (!output_kind_begins(kind, piece, length))
        return false;
    while (!output_kind_is(kind, piece, length)) {
        if (kind != OUTPUT_PROGRAM || length < sizeof piece)
            return false;
        memmove(piece, piece + OUTPUT_KIND_HEAD, OUTPUT_KIND_AGAIN);
        length = OUTPUT_KIND_AGAIN
                 + output_kind_piece(fd, piece + OUTPUT_KIND_AGAIN, OUTPUT_KIND_HEAD);
    }
    return true;
}

const char *output_kind_what(enum output_kind kind)
{
    return output_kind_table[kind].what;
}
