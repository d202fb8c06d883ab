/*
** progress.c - the bar. No colour, so NO_COLOR has nothing to switch off. It must
** never be wider than the terminal: a wrapped bar cannot be taken back.
*/
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine.h"
#include "progress.h"

enum { PROGRESS_WIDTH = 80 };
static const double progress_interval = 0.1;   /* seconds between drawings */

void progress_open(struct progress *p, long total)
{
    const char *term = getenv("TERM");
    bool dumb = term && strcmp(term, "dumb") == 0;
    *p = (struct progress){ .terminal = isatty(STDOUT_FILENO) == 1 && !dumb, .total = total };
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

static void progress_draw(const struct progress *p, long done, double loss, double rate,
                          double seconds)
{
    char text[96], left[32], line[PROGRESS_WIDTH + 1];
    double rest = done > 0 ? seconds/(double)done*(double)(p->total - done) : 0;
    progress_time(left, sizeof left, rest);
    int length = snprintf(text, sizeof text, " %3ld%%  loss %.4f  %.0f images/s  %s left",
                          100*done/p->total, loss, rate, left);
    int width = progress_width() - 1;   /* the last column may wrap by itself */
    int bar = width - length - 2;
    if (bar >= 4) {
        int full = (int)((double)bar*(double)done/(double)p->total);
        line[0] = '[';
        memset(line + 1, '=', (size_t)full);
        memset(line + 1 + full, ' ', (size_t)(bar - full));
        line[bar + 1] = ']';
        line[bar + 2] = 0;
        printf("\r%s%s\033[K", line, text);
    } else if (width > 0) {
        printf("\r%.*s\033[K", width, text + 1);
    }
    fflush(stdout);
}

void progress_update(struct progress *p, long done, double loss, double images_per_second)
{
    if (!p->terminal)
        return;
    double now = engine_clock();
    if (now - p->drawn < progress_interval)
        return;
    p->drawn = now;
    progress_draw(p, done, loss, images_per_second, now - p->start);
    p->shown = true;
}

void progress_line(struct progress *p, const char *format, ...)
{
    va_list arguments;
    progress_clear(p);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    p->drawn = 0;   /* the bar comes back at once */
}

void progress_close(struct progress *p)
{
    progress_clear(p);
    fflush(stdout);
}
