/*
** csv.h - an observer: the run's history as a file, brought up to date after each check.
*/
#ifndef LATHE_CSV_H
#define LATHE_CSV_H

#include "train/screen.h"

struct csv { struct screen *screen; struct screen_file file; };

struct observer csv_observer(struct csv *c, struct screen *screen);

#endif
