/*
** targets_program.c - what the programs that lathe makes read: parameters, checkpoints, arrays,
** data sets, pictures, what is packed, JSON, their command lines.
*/
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "command/command.h"
#include "core/params.h"
#include "data/pretrained.h"
#include "file/gzip.h"
#include "file/image.h"
#include "file/inflate.h"
#include "file/json.h"
#include "file/npy.h"
#include "file/png.h"
#include "file/sums.h"
#include "file/zip.h"
#include "support/linear_model.h"
#include "train/checkpoint.h"
#include "train/observed.h"

static struct engine engine;

static void begin(void)
{
    char err[ERR_SIZE];
    if (!engine.model && !engine_open(&engine, &linear_model, 1, err))
        abort();
}

/* ---- parameters ---- */

/* The sum that the header states becomes that of the data: what comes after it is read, too. */
static void mend_sum(uint8_t *bytes, size_t size)
{
    static const char key[] = "\"checksum\":\"";
    uint64_t header = 0;
    char sum[17];
    for (int k = 7; k >= 0 && size >= 8; k--)
        header = header << 8 | bytes[k];
    if (size < 8 || header > size - 8)
        return;
    for (size_t at = 8; at + sizeof key - 1 + 16 <= 8 + header; at++)
        if (!memcmp(bytes + at, key, sizeof key - 1)) {
            snprintf(sum, sizeof sum, "%016llx", (unsigned long long)hash_bytes(
                HASH_START, bytes + 8 + header, size - 8 - header));
            memcpy(bytes + at + sizeof key - 1, sum, 16);
        }
}

/* The input as a file, with that sum. */
static void summed_file(const char *name, const uint8_t *given, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, given, size);
    mend_sum(bytes, size);
    fuzz_file(name, bytes, size);
    free(bytes);
}

static void params(const uint8_t *given, size_t size)
{
    struct param_file_info info;
    struct pretrained p;
    struct option_list only = { .count = 0 };
    char err[ERR_SIZE] = "";
    summed_file("p", given, size);
    if (param_file_load("p", &engine, &info, err)) {
        if (info.pairing)
            fputs(info.pairing, stdout);
    } else {
        fuzz_visible(err);
    }
    param_file_info_free(&info);
    if (pretrained_open(&p, "p", &only, &linear_model, err)) {
        pretrained_say(&p, &linear_model, stdout);
        if (!pretrained_set(&p, &engine, err))
            fuzz_visible(err);
    } else {
        fuzz_visible(err);
    }
    pretrained_close(&p);
}

/* ---- checkpoints ---- */

static void checkpoint(const uint8_t *given, size_t size)
{
    struct checkpoint c;
    struct solver_options o;
    struct solver_report report;
    struct preprocess none = { .mean = NULL };
    static uint8_t pixels[LINEAR_IMAGES*LINEAR_IN];
    static int32_t labels[LINEAR_IMAGES];
    struct dataset d = linear_data(pixels, labels);
    char err[ERR_SIZE] = "";
    summed_file("c", given, size);
    if (checkpoint_open(&c, "c", &linear_model, err)) {
        solver_defaults(&o, &linear_model);
        o.quiet = true;
        o.train.average = AVERAGE_EMA;
        o.train.average_rate = 0.9;
        o.train.average_every = 1;
        o.train.epochs = 2;
        o.from = &c;
        observed_train(&engine, &d, &none, &o, &report, err);
        checkpoint_close(&c);
    }
    fuzz_visible(err);
}

/* ---- arrays and data sets ---- */

static void npy(const uint8_t *bytes, size_t size)
{
    struct npy a;
    char err[ERR_SIZE] = "";
    volatile double sum = 0;
    if (npy_parse(&a, bytes, size, "a.npy", err)) {
        for (size_t k = 0; k < a.count; k++)
            sum += npy_number(&a, k);
        npy_close(&a);
    }
    fuzz_visible(err);
}

static void zip(const uint8_t *bytes, size_t size)
{
    struct zip z;
    char err[ERR_SIZE] = "";
    fuzz_file("z.npz", bytes, size);
    if (zip_open(&z, "z.npz", err)) {
        for (size_t k = 0; k < z.count; k++)
            free(zip_read(&z, &z.member[k], err));
        zip_close(&z);
    }
    fuzz_visible(err);
}

/* Files of a data set: which one, its length in two bytes, its bytes. */
static const char *const set_files[] = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte", "emnist-letters-train-images-idx3-ubyte",
    "emnist-letters-train-labels-idx1-ubyte", "emnist-letters-mapping.txt",
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
    "data_batch_1.bin", "data_batch_2.bin", "test_batch.bin", "batches.meta.txt",
    "train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt",
    "x_train.npy", "y_train.npy", "x_val.npy", "y_val.npy", "x_test.npy", "y_test.npy",
    "set.npz", "train_images.npy", "train_labels.npy"
};
enum { SET_FILES = sizeof set_files / sizeof *set_files };

static void write_set(const uint8_t *bytes, size_t size)
{
    for (int k = 0; k < SET_FILES; k++)
        unlink(set_files[k]);
    while (size >= 3) {
        size_t length = bytes[1] + 256u*bytes[2];
        length = length < size - 3 ? length : size - 3;
        fuzz_file(set_files[bytes[0] % SET_FILES], bytes + 3, length);
        bytes += 3 + length;
        size -= 3 + length;
    }
}

static void set(const uint8_t *bytes, size_t size)
{
    static const struct data_options kinds[] = {
        { .c = 1, .h = 2, .w = 2, .classes = 4 },
        { .c = 1, .h = 2, .w = 2, .classes = 30, .crop = true, .val_shuffle = true },
        { .c = 3, .h = 32, .w = 32, .classes = 10 },
        { .c = 3, .h = 32, .w = 32, .classes = 100, .coarse = true },
        { .c = 1, .h = 2, .w = 2, .target = TARGET_REALS, .out_c = 2, .out_h = 1, .out_w = 1,
          .shares = true },
        { .c = 1, .h = 2, .w = 2, .target = TARGET_INPUT, .labels = true, .out_c = 1, .out_h = 2,
          .out_w = 2 },
    };
    char err[ERR_SIZE] = "";
    if (size == 0)
        return;
    struct data_options o = kinds[bytes[0] % (sizeof kinds / sizeof *kinds)];
    struct dataset d = { .blocks = 0 };
    write_set(bytes + 1, size - 1);
    o.dir = ".";
    o.train_samples = o.val_samples = o.test_samples = -1;
    if (dataset_open(&d, &o, err)) {
        fuzz_visible(d.source);
        fuzz_visible(d.note);
        char text[64];
        dataset_not_finite(&d, text, sizeof text);
    }
    dataset_close(&d);
    fuzz_visible(err);
}

/* ---- pictures, and what is packed ---- */

static void images(const uint8_t *bytes, size_t size)
{
    struct image_file f;
    struct image image;
    enum image_result result;
    char err[ERR_SIZE] = "";
    fuzz_file("i", bytes, size);
    if (image_open(&f, "i", LINEAR_CLASSES, err))
        while ((result = image_next(&f, &image, err)) != IMAGE_END) {
            fuzz_visible(err);
            if (result == IMAGE_GOOD)
                image_free(&image);
        }
    image_close(&f);
    fuzz_visible(err);
}

/* The sums of all chunks as they ought to be. */
static void mend_chunks(uint8_t *bytes, size_t size)
{
    for (size_t at = 8; size >= 12 && at <= size - 12; ) {
        size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16
                        | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - 12 - at)
            return;
        uint32_t sum = sums_crc(0, bytes + at + 4, length + 4);
        for (size_t k = 0; k < 4; k++)
            bytes[at + 8 + length + k] = (uint8_t)(sum >> (24 - 8*k));
        at += 12 + length;
    }
}

static void png(const uint8_t *given, size_t size)
{
    struct png_image image = { .values = NULL };
    size_t end;
    char err[ERR_SIZE] = "";
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, given, size);
    if (png_begins(bytes, size)) {
        mend_chunks(bytes, size);
        png_read("i.png", bytes, size, 0, &image, &end, err);
    }
    free(image.values);
    free(bytes);
    fuzz_visible(err);
}

static void gzip(const uint8_t *bytes, size_t size)
{
    size_t unpacked;
    char err[ERR_SIZE] = "";
    fuzz_file("g.gz", bytes, size);
    free(gzip_read("g.gz", &unpacked, err));
    fuzz_visible(err);
}

struct pieces { const uint8_t *at; size_t left, most; };

static size_t piece(void *from, const uint8_t **at)
{
    struct pieces *p = from;
    size_t size = p->left < p->most ? p->left : p->most;
    *at = p->at;
    p->at += size;
    p->left -= size;
    return size;
}

static void inflate(const uint8_t *bytes, size_t size)
{
    enum { MOST = 1 << 22, ROOM = 4096 };
    static uint8_t room[ROOM];
    struct inflate *z = malloc(sizeof *z);
    if (size > 1) {
        struct pieces p = { bytes + 1, size - 1, 1 + bytes[0] % 64 };
        inflate_open(z, bytes[0] & 64 ? INFLATE_ZLIB : INFLATE_RAW, piece, &p);
        for (size_t all = 0, got; all < MOST && (got = inflate_read(z, room, ROOM)) > 0; all += got)
            ;
    }
    free(z);
}

/* ---- texts ---- */

static bool values(struct json *j)
{
    const char *s;
    uint64_t whole;
    double real;
    bool yes;
    if (json_take(j, 0) || !json_begin(j, '['))
        return false;
    if (json_empty(j, ']'))
        return true;
    return json_string(j, &s) && json_take(j, ',') && json_whole(j, &whole) && json_take(j, ',')
           && json_real(j, &real) && json_take(j, ',') && json_bool(j, &yes) && json_take(j, ',')
           && json_skip(j) && json_end(j, ']');
}

static void json(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1), *strings = malloc(size + 1), err[ERR_SIZE] = "";
    memcpy(text, bytes, size);
    text[size] = 0;
    struct json j = { .s = text, .end = text + size, .strings = strings, .start = text,
                      .path = "j", .part = "text", .err = err };
    if (!json_not_utf8(text, size) && !values(&j)) {
        j = (struct json){ .s = text, .end = text + size, .strings = strings, .start = text,
                           .path = "j", .part = "text", .err = err };
        json_skip(&j);
    }
    json_put(stdout, text, size);
    free(text);
    free(strings);
    fuzz_visible(err);
}

/* A command of a program; nothing is trained, and all files are in this folder. */
static void command_line(const uint8_t *bytes, size_t size)
{
    static const struct { const char *word; command_fn *run; const char *more; } commands[] = {
        { "train", command_train, "--dry-run" }, { "eval", command_eval, NULL },
        { "predict", command_predict, NULL }, { "info", command_info, NULL },
        { "dump", command_dump, NULL }, { "gradcheck", command_gradcheck, "--help" },
        { "bench", command_bench, "--help" }, { "sweep", command_sweep, "--help" },
    };
    const struct program p = { .name = "fuzz", .called = "./fuzz", .model = &linear_model };
    int argc;
    char **argv = fuzz_words(bytes, size, &argc);
    for (size_t k = 0; argv && argc > 1 && k < sizeof commands / sizeof *commands; k++)
        if (!strcmp(argv[1], commands[k].word)) {
            char more[16] = "";
            if (commands[k].more) {
                argv[argc++] = strcpy(more, commands[k].more);
                argv[argc] = NULL;
            }
            commands[k].run(&p, argc - 2, argv + 2);
        }
}

const struct fuzz_target fuzz_program[] = {
    { "safetensors", params, begin, true },
    { "checkpoint", checkpoint, begin, true },
    { "npy", npy, NULL, true },
    { "npz", zip, NULL, true },
    { "set", set, NULL, true },
    { "images", images, NULL, true },
    { "png", png, NULL, true },
    { "gzip", gzip, NULL, true },
    { "inflate", inflate, NULL, true },
    { "json", json, NULL, true },
    { "program_options", command_line, begin, false },
    { 0 }
};
