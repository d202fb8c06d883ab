/*
** observed.c - who watches a run: what it says, what it keeps, its history as CSV, its page; in
** this order, which is that of lines, files and messages. A new observer is one more here.
*/
#include "train/observed.h"

#include "train/csv.h"
#include "train/interrupt.h"
#include "train/keep.h"
#include "train/paper.h"
#include "train/screen.h"

bool observed_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                    const struct solver_options *o, struct solver_report *report, char *err)
{
    struct solver s;
    struct screen screen;
    struct keep keep;
    struct csv csv;
    struct paper paper;
    const struct observer all[] = { screen_observer(&screen), keep_observer(&keep, &screen),
                                    csv_observer(&csv, &screen), paper_observer(&paper, &screen) };
    if (o->checkpoint)
        interrupt_open();
    bool good = solver_open(&s, e, data, p, o, report, err) && keep_open(&keep, &s, err)
                && solver_run(&s, all, sizeof all/sizeof *all, err);
    if (o->checkpoint)
        interrupt_close();
    paper_close(&paper);
    solver_close(&s);
    return good;
}
