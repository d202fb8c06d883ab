/*
** cmd_info.c - `info`: what the program holds, and the data it would train on.
** It must never run the network.
*/
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"
#include "command/command.h"
#include "core/objective.h"
#include "core/params.h"
#include "data/param_file.h"

static void info_network(const struct model *m)
{
    size_t bytes = m->arena*sizeof(real), thread = m->scratch*sizeof(real);
    size_t front = m->infer_arena*sizeof(real);
    printf("network    %s\n", m->name);
    printf("input      %dx%dx%d, %d %s\n", m->in_c, m->in_h, m->in_w, m->classes,
           has_labels(m) ? "classes" : "scores");
    printf("parameters %zu\n", params_learned_total(m));
    printf("loss       %s over the images of a step\n", m->train.loss == LOSS_SUM ? "sum" : "mean");
    printf("capacity   %d images a step\n", m->batch);
    printf("built for  %s, %s\n", m->isa, sizeof(real) == 4 ? "f32" : "f64");
    printf("arena      %zu bytes, and %zu a thread\n", bytes, thread);
    printf("inference  %zu bytes of them\n", front);
    printf("layers\n");
    for (const char *line = m->layers; *line;) {
        int length = (int)strcspn(line, "\n");
        printf("  %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    printf("tensors\n");
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        printf("  %-24s(", p->name);
        for (int d = 0; d < p->rank; d++)
            printf("%s%d", d ? ", " : "", p->dim[d]);
        printf(")\n");
    }
}

static void info_processors(void)
{
    static int list[PROCESSORS_MOST];
    char names[PROCESSORS_TEXT];
    const int count = processors_allowed(list);
    processors_order("", list, count);
    processors_name(list, count, names);
    printf("threads    %d unless said%s%s\n", processors_available(),
           count ? ", with --pin bound to processors " : "", names);
}

static void info_images(const char *name, const struct images *set)
{
    if (set->count > 0)
        printf("  %-6s %zu images %dx%dx%d, %s\n", name, set->count, set->c, set->h, set->w,
               set->bytes ? "bytes" : "reals");
    else
        printf("  %-6s none\n", name);
}

static void info_data(const struct dataset *data)
{
    visible_print(stdout, "data       %s\n", data->source);
    info_images("train", &data->train);
    info_images("val", &data->val);
    info_images("test", &data->test);
    if (data->train.h > data->h || data->train.w > data->w)
        printf("  larger than the input: with `crop` windows of %dx%d are taken\n", data->h,
               data->w);
    if (!data->class_names)
        return;
    printf("  classes");
    for (int j = 0; j < data->classes; j++)
        visible_print(stdout, " %s", data->class_names[j]);
    printf("\n");
}

int command_info(const struct program *p, int argc, char **argv)
{
    struct command_data d = COMMAND_DATA_DEFAULTS;
    struct dataset data;
    int status;
    bool metadata = false;
    d.crop = true;      /* to look at */
    const struct option_row rows[] = {
        command_row(COMMAND_DATA, &d.dir, NULL),
        COMMAND_IMAGES(d),
        { "--metadata", OPTION_FLAG, NULL, &metadata, 0, 0, NULL,
          "only the metadata, as JSON, that parameters saved by another program need" },
    };
    if (!command_options(p, "info", "The network, its tensors, and the data.", rows,
                         COMMAND_COUNT(rows), argc, argv, &status))
        return status;
    if (metadata) {
        param_file_metadata(p->model, stdout);
        return STATUS_DONE;
    }
    info_network(p->model);
    info_processors();
    if (!command_open_data(p, &d, &data))
        return STATUS_FAULT;
    info_data(&data);
    dataset_close(&data);
    return STATUS_DONE;
}
