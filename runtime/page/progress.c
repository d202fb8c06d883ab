/*
** progress.c - the bar. Its colour says nothing that its length does not say. It must
** never be wider than the terminal: a wrapped bar cannot be taken back.
*/
#include "page/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/stream.h"
#include "base/visible.h"
#include "core/engine.h"

enum { PROGRESS_WIDTH = 80, PROGRESS_BAR = 4, PROGRESS_TEXT = 32 };
static const double progress_interval = 0.1;   /* seconds between drawings */

/* What is said beside the bar, in the order of the line. */
enum progress_piece { PIECE_PERCENT, PIECE_EPOCH, PIECE_LOSS, PIECE_CHECK, PIECE_RATE,
                      PIECE_LEFT, PIECES };

/* What a narrow terminal shows first. */
static const enum progress_piece progress_rank[PIECES] = {
    PIECE_PERCENT, PIECE_LEFT, PIECE_LOSS, PIECE_CHECK, PIECE_EPOCH, PIECE_RATE
};

void progress_open(struct progress *p, long first, long total)
{
    const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
    bool dumb = term && strcmp(term, "dumb") == 0;
    *p = (struct progress){ .terminal = isatty(STDOUT_FILENO) == 1 && !dumb, .first = first,
                            .total = total };
    p->colour = p->terminal && !(plain && *plain);
    p->start = p->drawn = engine_clock();
}

static int progress_width(void)
{
    struct winsize size;
    int columns = PROGRESS_WIDTH;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    return columns < PROGRESS_WIDTH ? columns : PROGRESS_WIDTH;
}

static void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stdout);
    p->shown = false;
}

static void progress_time(char *out, size_t size, double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, size, "%ldh%02ldm", s/3600, s/60 % 60);
    else
        snprintf(out, size, "%ld:%02ld", s/60, s % 60);
}

/* Every piece's text; an empty one is left out. */
static void progress_say(const struct progress *p, const struct progress_now *now, double seconds,
                         char text[PIECES][PROGRESS_TEXT])
{
    long ran = now->done - p->first;
    double rest = ran > 0 ? seconds/(double)ran*(double)(p->total - now->done) : 0;
    char left[PROGRESS_TEXT - 8];
    progress_time(left, sizeof left, rest);
    snprintf(text[PIECE_PERCENT], PROGRESS_TEXT, "%3ld%%", 100*now->done/p->total);
    snprintf(text[PIECE_EPOCH], PROGRESS_TEXT, "epoch %.*f/%.4g", now->epochs < 1 ? 3 : 1,
             now->epoch, now->epochs);
    snprintf(text[PIECE_LOSS], PROGRESS_TEXT, now->loss < 1000 ? "loss %.4f" : "loss %.3g",
             now->loss);
    if (now->set)
        snprintf(text[PIECE_CHECK], PROGRESS_TEXT, "%s %.3f", now->set, now->check);
    snprintf(text[PIECE_RATE], PROGRESS_TEXT, "%.0f images/s", now->images_per_second);
    snprintf(text[PIECE_LEFT], PROGRESS_TEXT, "%s left", left);
}

static void progress_bar(const struct progress *p, long done, int length)
{
    static const char full[] = "========================================"
                               "========================================";
    int part = (int)((double)length*(double)done/(double)p->total);
    _Static_assert(sizeof full > PROGRESS_WIDTH, "a bar as long as the widest line");
    printf("[%s%.*s%s%*s] ", p->colour ? "\033[36m" : "", part, full,
           p->colour ? "\033[0m" : "", length - part, "");
}

static void progress_draw(const struct progress *p, const struct progress_now *now,
                          double seconds)
{
    char text[PIECES][PROGRESS_TEXT] = { "" };
    bool chosen[PIECES] = { false };
    int width = progress_width() - 1;   /* the last column may wrap by itself */
    int used = 0;
    progress_say(p, now, seconds, text);
    for (int k = 0; k < PIECES; k++) {
        enum progress_piece piece = progress_rank[k];
        int length = (int)strlen(text[piece]) + (used ? 2 : 0);
        chosen[piece] = *text[piece] && used + length <= width;
        used += chosen[piece] ? length : 0;
    }
    putchar('\r');
    if (width - used - 3 >= PROGRESS_BAR)
        progress_bar(p, now->done, width - used - 3);
    const char *between = "";
    for (int k = 0; k < PIECES; k++)
        if (chosen[k]) {
            printf("%s%s", between, text[k]);
            between = "  ";
        }
    fputs("\033[K", stdout);
    stream_flush();
}

void progress_update(struct progress *p, const struct progress_now *now)
{
    if (!p->terminal)
        return;
    double clock = engine_clock();
    if (clock - p->drawn < progress_interval)
        return;
    p->drawn = clock;
    progress_draw(p, now, clock - p->start);
    p->shown = true;
}

void progress_line(struct progress *p, const char *format, ...)
{
    va_list arguments;
    progress_clear(p);
    va_start(arguments, format);
    visible_vprint(stdout, format, arguments);
    va_end(arguments);
    putchar('\n');
    stream_flush();
    p->drawn = 0;   /* the bar comes back at once */
}

void progress_warn(struct progress *p, const char *format, ...)
{
    va_list arguments;
    progress_clear(p);
    stream_flush();     /* what was printed before comes before */
    fputs("warning: ", stderr);
    va_start(arguments, format);
    visible_vprint(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    p->drawn = 0;
}

void progress_close(struct progress *p)
{
    progress_clear(p);
    stream_flush();
}
