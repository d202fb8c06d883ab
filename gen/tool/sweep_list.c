/*
** sweep_list.c - builds what a grid needs, each program once, and writes a line for each run:
** seeds outermost, so that what is done first is one run of everything, and a list of more seeds
** has the same lines before its new ones.
*/
#include "tool/sweep_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/processors.h"
#include "runtime/base/stream.h"
#include "runtime/base/visible.h"
#include "base/leftover.h"
#include "base/text.h"
#include "print/emit.h"
#include "sweep/list.h"
#include "sweep/table.h"
#include "tool/build.h"
#include "tool/compiler.h"
#include "tool/options_sweep.h"
#include "tool/read.h"

enum { MOST_LINES = 1 << 20, MOST_PROGRAMS = 4096 };

struct listing {
    struct options *o;
    struct axis axis[MAX_AXES]; int axes;     /* the last one runs fastest */
    struct axis seed;
    char *folder, *here;            /* of results and programs; where lines begin */
    char **program; int programs;   /* of each combination of lets */
    long lines;
    FILE *out;
};

/* ---- axes ---- */

static const char *setting_value(double value)
{
    char *text = alloc(32, 1);
    snprintf(text, 32, "%g", value);
    return text;
}

/* --set's values, then --grid's. What may be a `let` is handed to the network as one. */
static bool gather(struct listing *s)
{
    struct options *o = s->o;
    const int fixed = o->nset;
    for (int k = 0; k < fixed; k++) {
        struct setting *set = &o->set[k];
        struct axis *a = &s->axis[s->axes];
        if (set->count == 1)
            continue;
        *a = (struct axis){ .name = set->name, .let = true,
                            .value = alloc((size_t)set->count, sizeof *a->value) };
        while (a->count < set->count) {
            a->value[a->count] = setting_value(set->list[a->count]);
            a->count++;
        }
        s->axes++;
    }
    for (int k = 0; k < o->ngrid; k++) {
        double value;
        s->axis[s->axes++] = o->grid[k];
        if (!axis_number(o->grid[k].value[0], &value))
            continue;
        if (o->nset == MAX_SETTINGS)
            return failed("sweep --list: too many --set and --grid");
        o->set[o->nset++] = (struct setting){ .name = o->grid[k].name, .value = value,
                                              .maybe = true };
    }
    return true;
}

static bool set_let(struct options *o, const struct axis *a, int k)
{
    char err[ERR_SIZE];
    double value;
    if (!axis_number(a->value[k], &value))
        return error_set(err, "--grid %s: \"%s\" is no number, which a `let` of %s is", a->name,
                         a->value[k], o->net[0]) || failed(err);
    for (int i = 0; i < o->nset; i++)
        if (!strcmp(o->set[i].name, a->name))
            o->set[i].value = value;
    return true;
}

/* Which of the grid are `let`s; the others are options. */
static void part_axes(struct listing *s)
{
    for (int k = 0; k < s->axes; k++)
        for (int i = 0; i < s->o->nset; i++)
            if (!strcmp(s->o->set[i].name, s->axis[k].name))
                s->axis[k].let |= s->o->set[i].used;
}

/* ---- programs ---- */

/* FOLDER/NAME-HASH, of all that is compiled. */
static bool name_program(const struct listing *s, struct net *const *nets, int n, struct text *path)
{
    char *source = NULL;
    size_t size = 0;
    FILE *f = stream_memory(&source, &size);
    if (!f)
        return failed("not enough memory");
    emit(nets, n, false, f);
    if (!stream_close(f))
        return failed("not enough memory");
    const uint64_t hash = hash_mix(hash_bytes(HASH_START, source, size));
    text_printf(path, "%s/%s-%016" PRIx64, s->folder, nets[0]->name, hash);
    free(source);
    return true;
}

/* The program of the settings as they are, built unless it is there. */
static bool make_program(struct listing *s, int number)
{
    struct net *nets[MAX_ISAS];
    struct text path = { 0 };
    const int n = read_nets(s->o, nets);
    if (!n || !name_program(s, nets, n, &path))
        return false;
    const char *program = text_string(&path);
    bool good = !access(program, X_OK);
    if (!good) {
        good = claim(program, OUTPUT_PROGRAM)
               && build_program(nets, n, program, processors_available());
        output_release(program);
        if (good)
            visible_print(stderr, "built %s\n", program);
    }
    s->program[number] = path.at;
    return good;
}

/* Of a combination: which of its programs, the last axis running fastest. */
static int program_of(const struct listing *s, const int *index)
{
    int number = 0;
    for (int k = 0; k < s->axes; k++)
        if (s->axis[k].let)
            number = number*s->axis[k].count + index[k];
    return number;
}

/* The next combination of the axes, of all or of the lets alone; false: that was the last. */
static bool next(const struct listing *s, int *index, bool lets)
{
    for (int k = s->axes - 1; k >= 0; k--) {
        if (lets && !s->axis[k].let)
            continue;
        index[k] = (index[k] + 1) % s->axis[k].count;
        if (index[k])
            return true;
    }
    return false;
}

static bool make_programs(struct listing *s)
{
    int index[MAX_AXES] = { 0 };
    long programs = 1;
    char err[ERR_SIZE];
    for (int k = 0; k < s->axes && programs <= MOST_PROGRAMS; k++)
        programs *= s->axis[k].let ? s->axis[k].count : 1;
    if (programs > MOST_PROGRAMS)
        return error_set(err, "sweep --list: more than %d programs to build", MOST_PROGRAMS)
               || failed(err);
    s->program = alloc((size_t)programs, sizeof *s->program);
    do {
        for (int k = 0; k < s->axes; k++)
            if (s->axis[k].let && !set_let(s->o, &s->axis[k], index[k]))
                return false;
        if (!make_program(s, s->programs++))
            return false;
    } while (next(s, index, true));
    return true;
}

/* ---- lines ---- */

/* A run's options: those of all, those of the grid, the seed. */
static void words_of(const struct listing *s, const int *index, const char *seed, struct text *room,
                     const char **word, int *count, struct text *tags)
{
    const char *data = getenv("LATHE_DATA");
    size_t at[MAX_AXES];
    int n = 0;
    if (!sweep_said(s->o, "--quiet"))
        word[n++] = "--quiet";
    if (data && *data && !sweep_said(s->o, "--data")) {
        word[n++] = "--data";
        word[n++] = data;
    }
    for (int k = 0; k < s->o->nrest; k++)
        word[n++] = s->o->rest[k];
    room->length = tags->length = 0;
    for (int k = 0; k < s->axes; k++) {
        at[k] = room->length;
        text_printf(room, "--%s", s->axis[k].name);
        text_add(room, "", 1);
        text_printf(tags, "%s=%s,", s->axis[k].name, s->axis[k].value[index[k]]);
    }
    text_printf(tags, "seed=%s", seed);
    for (int k = 0; k < s->axes; k++)
        if (!s->axis[k].let) {
            word[n++] = room->at + at[k];
            word[n++] = s->axis[k].value[index[k]];
        }
    word[n++] = "--seed";
    word[n++] = seed;
    *count = n;
}

/* Whether the program takes the options: what is wrong with them is wrong now. */
static bool try_words(const struct run_line *r)
{
    struct text command = { 0 };
    shell_quote(&command, r->program);
    text_puts(&command, " train");
    for (int k = 0; k < r->count; k++) {
        text_puts(&command, " ");
        shell_quote(&command, r->word[k]);
    }
    text_puts(&command, " --dry-run --tag ");
    shell_quote(&command, r->tags);
    const int status = leftover_run(text_string(&command));
    const bool good = status == 0;
    if (status == -1)
        visible_print(stderr, "lathe: no process for %s: %s\n", text_string(&command),
                      strerror(errno));
    else if (!good)
        visible_print(stderr, "lathe: sweep --list: no program takes this (%s): no list was "
                      "written\n", r->tags);
    text_free(&command);
    return good;
}

static bool write_lines(struct listing *s)
{
    const char **word = alloc((size_t)s->o->nrest + 2*MAX_AXES + 8, sizeof *word);
    struct text room = { 0 }, tags = { 0 };
    char err[ERR_SIZE];
    bool good = true;
    for (int i = 0; i < s->seed.count && good; i++) {
        int index[MAX_AXES] = { 0 };
        do {
            struct run_line r = { .folder = s->here, .results = s->folder, .word = word };
            words_of(s, index, s->seed.value[i], &room, word, &r.count, &tags);
            r.program = s->program[program_of(s, index)];
            r.what = strrchr(r.program, '/');
            r.tags = text_string(&tags);
            good = (i > 0 || try_words(&r)) && (run_line_put(s->out, &r, err) || failed(err));
            s->lines++;
        } while (good && next(s, index, false));
    }
    text_free(&room);
    text_free(&tags);
    free(word);
    return good;
}

static bool few_enough(const struct listing *s)
{
    long lines = s->seed.count;
    char err[ERR_SIZE];
    for (int k = 0; k < s->axes && lines <= MOST_LINES; k++)
        lines *= s->axis[k].count;
    return lines <= MOST_LINES
           || error_set(err, "sweep --list: more than %d runs", MOST_LINES) || failed(err);
}

bool sweep_list(struct options *o)
{
    struct listing s = { .o = o, .seed = o->seeds };
    struct page page;
    char err[ERR_SIZE];
    if (!s.seed.count)
        axis_read_seeds(&s.seed, "1", err);
    if (!gather(&s) || !few_enough(&s) || !claim(o->list, OUTPUT_LIST))
        return false;
    /* The first values say which are lets, before anything is made. */
    struct net *nets[MAX_ISAS];
    if (!read_nets(o, nets))
        return false;
    part_axes(&s);
    s.here = run_line_here(err);
    s.folder = s.here ? run_line_folder(o->list, err) : NULL;
    if (!s.folder)
        return failed(err);
    if (!make_programs(&s) || !(s.out = page_open(&page, o->list)))
        return false;
    if (!write_lines(&s)) {
        fclose(page.f);
        free(page.text);
        return false;
    }
    if (!page_close(&page))
        return false;
    visible_print(stderr, "%s: %ld runs of %d program%s\n", o->list, s.lines, s.programs,
                  s.programs == 1 ? "" : "s");
    return true;
}

/* ---- what is done with a list ---- */

bool sweep_run(const struct options *o)
{
    struct list l;
    char err[ERR_SIZE];
    const char *command = list_read(&l, o->run, err) ? list_command(&l, o->line, err) : NULL;
    if (!command)
        return failed(err);
    /* A signal is the program's: no shell is to stand between, where it can be helped. */
    const char *rest = run_line_command(command);
    struct text text = { 0 };
    text_add(&text, command, rest ? (size_t)(rest - command) : strlen(command));
    if (rest)
        text_printf(&text, "exec %s", rest);
    execl("/bin/sh", "sh", "-c", text_string(&text), (char *)NULL);
    return error_set(err, "/bin/sh: %s", strerror(errno)) || failed(err);
}

bool sweep_table(const struct options *o)
{
    struct list l;
    struct table t;
    struct page page;
    char err[ERR_SIZE];
    if (!list_read(&l, o->table, err) || !table_read(&t, &l, err))
        return failed(err);
    if (o->csv)
        table_csv(&t, stdout);
    else
        table_print(&t, stdout);
    if (!o->output)
        return true;
    if (!claim(o->output, OUTPUT_PAGE) || !page_open(&page, o->output))
        return false;
    table_page(&t, page.f);
    return page_close(&page);
}
