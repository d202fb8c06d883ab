/*
** paper.h - an observer: the run as a page and as plots (report.h), after each check.
*/
#ifndef LATHE_PAPER_H
#define LATHE_PAPER_H

#include "page/report.h"
#include "train/screen.h"

struct paper { struct screen *screen; struct screen_file file; struct report report; };

struct observer paper_observer(struct paper *p, struct screen *screen);
void paper_close(struct paper *p);

#endif
