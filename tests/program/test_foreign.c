/*
** test_foreign.c - what users bring from elsewhere, as commands meet it: images of another range
** than the network was trained on, files of other tools, and whether the lines that messages
** tell to paste do what they say.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

enum { TRAIN = 40, VAL = 20, ALL = TRAIN + VAL, MOST = 3*32*32 };

static unsigned char picture[ALL][MOST];
static unsigned char label[ALL];
static int c, h, w;

static int image_size(void)
{
    return c*h*w;
}

/* The second class's pictures are darker. */
static void draw_pictures(int channels, int height, int width)
{
    uint32_t noise = 1;
    c = channels;
    h = height;
    w = width;
    for (int k = 0; k < ALL; k++) {
        label[k] = (unsigned char)(k*5 % 3 == 0);
        for (int i = 0; i < image_size(); i++) {
            noise = noise*1664525u + 1013904223u;
            picture[k][i] = (unsigned char)(noise >> (label[k] ? 25 : 24));
        }
    }
    picture[0][0] = 0;
    picture[0][1] = 255;
}

/* An array of `count` values of `size` bytes. */
static void write_npy(const char *path, const char *type, const char *shape, const void *data,
                      size_t count, size_t size)
{
    enum { HEADER = 128 };
    unsigned char *bytes = malloc(HEADER + count*size);
    memset(bytes, ' ', HEADER);
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    int n = sprintf((char *)bytes + 10, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                    type, shape);
    bytes[10 + n] = ' ';
    bytes[HEADER - 1] = '\n';
    memcpy(bytes + HEADER, data, count*size);
    write_bytes(path, bytes, HEADER + count*size);
    free(bytes);
}

/* Images `from` to `to` as values zero + x*(full - zero)/255 of u1, f4 or f8. */
static void write_set(const char *dir, const char *part, int from, int to, const char *type,
                      double zero, double full)
{
    size_t count = (size_t)((to - from)*image_size()), size = (size_t)(type[2] - '0');
    double *x8 = malloc(count*sizeof *x8);
    float *x4 = malloc(count*sizeof *x4);
    unsigned char *x1 = malloc(count);
    char path[64], shape[64];
    for (size_t k = 0; k < count; k++) {
        x8[k] = zero + picture[from + (int)k/image_size()][(int)k % image_size()]*(full - zero)/255;
        x4[k] = (float)x8[k];
        x1[k] = (unsigned char)x8[k];
    }
    snprintf(path, sizeof path, "%s/x_%s.npy", dir, part);
    snprintf(shape, sizeof shape, "(%d, %d, %d, %d)", to - from, c, h, w);
    write_npy(path, type, shape, size == 8 ? (void *)x8 : size == 4 ? (void *)x4 : (void *)x1,
              count, size);
    snprintf(path, sizeof path, "%s/y_%s.npy", dir, part);
    snprintf(shape, sizeof shape, "(%d,)", to - from);
    write_npy(path, "|u1", shape, label + from, (size_t)(to - from), 1);
    free(x8);
    free(x4);
    free(x1);
}

static void write_folder(const char *dir, const char *type, double zero, double full)
{
    struct run r = shell("mkdir -p %s", dir);
    run_free(&r);
    write_set(dir, "train", 0, TRAIN, type, zero, full);
    write_set(dir, "val", TRAIN, ALL, type, zero, full);
}

/* The validation images as one file of PGM, or of CIFAR's records. */
static void write_pictures(const char *name)
{
    static unsigned char bytes[VAL*(MOST + 32)];
    size_t n = 0;
    for (int k = TRAIN; k < ALL; k++) {
        if (c == 1)
            n += (size_t)sprintf((char *)bytes + n, "P5\n%d %d\n255\n", w, h);
        else
            bytes[n++] = label[k];
        memcpy(bytes + n, picture[k], (size_t)image_size());
        n += (size_t)image_size();
    }
    write_bytes(name, bytes, n);
}

/* tests/foreign/NET.net, built with the tests; as ./g. */
static void make(const char *net)
{
    struct run r = shell("ln -sf $(dirname $LATHE)/tests/foreign_%s g && ./g --help >/dev/null",
                         net);
    cr_assert(r.status == 0, "%s: %s", net, r.output);
    run_free(&r);
}

static void make_grey(void)
{
    draw_pictures(1, 8, 8);
    make("grey");
    write_pictures("val.pgm");
}

static void make_colour(void)
{
    draw_pictures(3, 32, 32);
    make("colour");
    write_pictures("val.bin");
}

static void train(const char *dir)
{
    struct run r = shell("./g train --data %s --epochs 5 --lr 1e-3 --quiet --params %s.st", dir,
                         dir);
    cr_assert(r.status == 0, "%s: %s", dir, r.output);
    run_free(&r);
}

static double number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    cr_assert(at, "no \"%s\" in: %s", word, text);
    return atof(at + strlen(word));
}

/* The mean loss of the validation images by what predict says of their pictures. */
static double predicted_loss(const char *command)
{
    struct run r = shell("%s --json --top 4", command);
    cr_assert(r.status == 0, "%s: %s", command, r.output);
    const char *at = r.output;
    double loss = 0;
    for (int k = TRAIN; k < ALL; k++) {
        char class[32];
        at = strstr(at, "\"top\": ");
        cr_assert(at, "%s", r.output);
        snprintf(class, sizeof class, "\"class\": %d,", label[k]);
        loss -= log(number_after(strstr(at, class), "\"probability\": "));
        at++;
    }
    run_free(&r);
    return loss/VAL;
}

static double evaluated_loss(const char *params, const char *dir, const char *options)
{
    struct run r = shell("./g eval --params %s --data %s %s", params, dir, options);
    cr_assert(r.status == 0, "%s", r.output);
    double loss = number_after(r.output, "loss ");
    run_free(&r);
    return loss;
}

/* ---- another range of values ---- */

static const struct { const char *name, *type; double zero, full; } known[] = {
    { "bytes", "|u1", 0, 255 }, { "large", "<f4", 0, 255 }, { "unit", "<f4", 0, 1 },
    { "sign", "<f8", -1, 1 },
};
enum { KNOWN = sizeof known / sizeof *known };

Test(range, of_arrays_trained_on_is_that_of_pictures_predicted, .fini = shell_clean)
{
    char command[128];
    make_grey();
    for (int k = 0; k < KNOWN; k++) {
        write_folder(known[k].name, known[k].type, known[k].zero, known[k].full);
        train(known[k].name);
    }
    for (int k = 0; k < KNOWN; k++) {
        snprintf(command, sizeof command, "%s.st", known[k].name);
        double loss = evaluated_loss(command, known[k].name, "");
        /* Bytes are brought to the range, too, as predict does. */
        cr_expect_float_eq(evaluated_loss(command, "bytes", ""), loss, 2e-6, "%s", known[k].name);
        snprintf(command, sizeof command, "./g predict val.pgm --params %s.st", known[k].name);
        cr_expect_float_eq(predicted_loss(command), loss, 2e-6, "%s", known[k].name);
        for (int j = 1; j < KNOWN; j++) {
            struct run r = shell("./g eval --params %s.st --data %s", known[k].name, known[j].name);
            bool same = known[j].zero == known[k].zero && known[j].full == known[k].full;
            cr_expect(r.status == !same && (same || strstr(r.output, "; save x")), "%s %s: %s",
                      known[k].name, known[j].name, r.output);
            run_free(&r);
        }
    }
    /* Without the entry, as in older files, samples are 0 to 255. */
    sure("sed 's/\"values\":/\"oldest\":/' unit.st > old.st && ./g predict val.pgm --params old.st "
         "> old && ./g predict val.pgm --params unit.st --range 0,255 | cmp - old && "
         "! ./g predict val.pgm --params unit.st | cmp -s - old && "
         "./g eval --params old.st --data bytes && ./g eval --params old.st --data large");
}

Test(range, that_does_not_tell_is_refused_until_it_is_said, .fini = shell_clean)
{
    const double mean = 0.4, deviation = 0.25;      /* of pixels from 0 to 1 */
    make_grey();
    write_folder("bytes", "|u1", 0, 255);
    write_folder("unit", "<f4", 0, 1);
    write_folder("z", "<f4", -mean/deviation, (1 - mean)/deviation);
    train("z");
    double loss = evaluated_loss("z.st", "z", "");
    fails(1, "z.st: trained on arrays of f4 from -1.6 to 2.4, which does not tell what 0 and the "
          "greatest sample of a picture are; --range LO,HI says it",
          "./g predict val.pgm --params z.st");
    cr_expect_float_eq(predicted_loss("./g predict val.pgm --params z.st --range -1.6,2.4"), loss,
                       2e-6);
    fails(1, "val images of u1 from 0 to 255, and z.st was trained on f4 from -1.6 to 2.4; --range",
          "./g eval --params z.st --data bytes");
    cr_expect_float_eq(evaluated_loss("z.st", "bytes", "--range=-1.6,2.4"), loss, 2e-6);
    fails(1, "val images of f4 from 0 to 1, and z.st was trained on f4 from -1.6 to 2.4; they are "
          "to be made as those were", "./g eval --params z.st --data unit");
    sure("./g eval --params z.st --data unit --range 0,255");
    fails(2, "predict: --range 1: expected LO,HI", "./g predict val.pgm --params z.st --range 1");
    fails(2, "eval: --range 0,1,2,3: expected LO,HI",
          "./g eval --params z.st --data unit --range 0,1,2,3");
}

/* A subset that trains does not see the whole range: all of the archive's training images count. */
Test(range, of_few_training_images_is_that_of_all, .fini = shell_clean)
{
    make_grey();
    for (int k = 0; k < TRAIN; k++)
        for (int i = 0; k < 2 && i < image_size(); i++)
            picture[k][i] = (unsigned char)(picture[k][i]/16);
    write_folder("unit", "<f4", 0, 1);
    sure("./g train --data unit --train-samples 2 --epochs 3 --batch 2 --quiet --params p && "
         "grep -q '\"values\":\"f4 0 1\"' p && ./g predict val.pgm --params p");
}

Test(range, of_records_and_of_pixels_follows_colour_arrays, .fini = shell_clean)
{
    make_colour();
    write_folder("sign", "<f4", -1, 1);
    write_folder("bytes", "|u1", 0, 255);
    train("sign");
    sure("a=$(./g predict val.bin --params sign.st | sed -n 's/.*accuracy //p') && test \"$a\" "
         "&& ./g eval --params sign.st --data sign | grep -q \" accuracy $a,\"");
    sure("./g eval --params sign.st --data sign | tail -1 > one && "
         "./g eval --params sign.st --data bytes | tail -1 | cmp - one && "
         "./g predict val.bin --params sign.st > p && "
         "./g predict val.bin --params sign.st --range -1,1,-1,1,-1,1 | cmp - p");
}

Test(range, of_a_dump_is_compared_and_a_resumed_run_keeps_its_own, .fini = shell_clean)
{
    make_grey();
    write_folder("unit", "<f4", 0, 1);
    write_folder("bytes", "|u1", 0, 255);
    write_set("unit", "ten", 0, 10, "<f4", 0, 1);
    write_set("bytes", "ten", 0, 10, "|u1", 0, 255);
    train("unit");
    sure("d='dump --params unit.st -o d --mode eval'; "
         "./g $d --x unit/x_ten.npy --y unit/y_ten.npy 2>e && ! test -s e && "
         "./g $d --x bytes/x_ten.npy --y bytes/y_ten.npy 2>e && "
         "grep -q '^bytes/x_ten.npy holds u1 from 0 to 255 and is taken as it is; unit.st was "
         "trained on f4 from 0 to 1$' e");
    sure("./g train --data unit --epochs 2 --quiet --params p --checkpoint c");
    fails(1, "c: its run had images of f4 from 0 to 1, this one (arrays in bytes) has u1 from "
          "0 to 255; see --data", "./g train --resume c --data bytes --epochs 3 --params p");
    sure("./g predict val.pgm --params c && "
         "./g train --resume c --data unit --epochs 3 --params p");
}

/* ---- files of other tools ---- */

/* Reads a file of parameters, changes it, and writes it as other tools do. */
static const char other_tool[] =
    "import json, struct, sys\n"
    "b = open(sys.argv[1], 'rb').read()\n"
    "n, = struct.unpack('<Q', b[:8])\n"
    "head, data = json.loads(b[8:8 + n]), bytearray(b[8 + n:])\n"
    "for what in sys.argv[3:]:\n"
    "    if what == 'pt': head['__metadata__'] = {'format': 'pt'}\n"
    "    elif what == 'bare': del head['__metadata__']\n"
    "    elif what == 'flip': data[0] ^= 1\n"
    "    elif what.startswith('{'): head['__metadata__'] = json.loads(what)\n"
    "    else: del head['__metadata__'][what]\n"
    "text = json.dumps(head).encode()\n"
    "text += b' '*(-len(text) % 8)\n"
    "open(sys.argv[2], 'wb').write(struct.pack('<Q', len(text)) + text + data)\n";

Test(parameters, of_another_tool_need_no_metadata_but_are_better_with_it, .fini = shell_clean)
{
    make_grey();
    sure("./g info --metadata > m && test $(wc -l < m) = 1 && "
         "grep -q '^{\"format\": \"lathe-1\", \"network\": \"grey\", \"layers\": \"input 1x8x8.u00'"
         " m");
    if (!have("python3"))
        skip_test("no python3");
    write_text("tool.py", other_tool);
    write_folder("bytes", "|u1", 0, 255);
    write_set("bytes", "ten", 0, 10, "|u1", 0, 255);
    sure("./g train --data synthetic --train-samples 50 --epochs 1 --quiet --params p && "
         "./g predict val.pgm --params p > good && python3 tool.py p bare bare && "
         "python3 tool.py p pt pt && python3 tool.py p l layers && "
         "python3 tool.py p mended \"$(cat m)\" && "
         "for f in bare pt l mended; do ./g predict val.pgm --params $f 2> $f.said | cmp - good && "
         "./g dump --params $f --x bytes/x_ten.npy --y bytes/y_ten.npy -o $f.d && "
         "cmp $f.d bare.d || exit 1; done; cat mended.said l.said | cmp - /dev/null && "
         "grep -q 'warning: pt does not say what 0 and 255 are to it: they are taken as 0 and 255; "
         "--range says it (0,1 for' pt.said && ./g eval --params pt --data synthetic 2>&1 | "
         "grep -q 'warning: pt does not' && test -z \"$(./g eval --params pt --data synthetic "
         "--range 0,1 2>&1 > out)\"");
    fails(1, "pt: no checkpoint: it has no training state, only parameters; `train --checkpoint",
          "./g train --resume pt");
    fails(1, "d: what `dump` writes, to compare with", "./g dump --x bytes/x_ten.npy --y "
          "bytes/y_ten.npy -o d && ./g predict val.pgm --params d");
}

Test(parameters, changed_by_another_tool_may_drop_the_checksum, .fini = shell_clean)
{
    if (!have("python3"))
        skip_test("no python3");
    make_grey();
    write_text("tool.py", other_tool);
    sure("./g train --data synthetic --train-samples 50 --epochs 1 --quiet --params p "
         "--checkpoint c && python3 tool.py p flipped flip && "
         "python3 tool.py p dropped flip checksum && python3 tool.py c state flip && "
         "python3 tool.py c both flip checksum && ./g predict val.pgm --params dropped && "
         "./g predict val.pgm --params both");
    fails(1, "; if another tool changed the tensors on purpose, save it without \"checksum\" in "
          "its metadata", "./g predict val.pgm --params flipped");
    /* A run does not go on from a file that nothing vouches for. */
    sure("./g train --resume state > e 2>&1; grep -q 'state: damaged: its checksum is' e && "
         "! grep -q purpose e");
    fails(1, "both: damaged: a checkpoint without a checksum: `eval` and `predict` read its "
          "parameters, but no run goes on from it", "./g train --resume both");
}

Test(strangers, are_named_in_a_network_files_and_a_tuning_files_place, .fini = shell_clean)
{
    write_text("g.net", "net g\ninput 1x8x8\naffine 2\nsoftmax\n");
    write_text("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n");
    write_text("page", "<!DOCTYPE html>\n<html><body>Not Found</body></html>\n");
    sure("gzip -n < g.net > packed");
    fails(1, "lfs: error: is a Git LFS pointer, not the file: `git lfs pull` fetches it",
          "$LATHE show lfs");
    fails(1, "page: error: is an HTML page, not the file: download it anew", "$LATHE emit page");
    fails(1, "packed: error: is compressed; gunzip it first", "$LATHE emit packed");
    fails(1, "lfs: error: is a Git LFS pointer", "$LATHE emit g.net --tune lfs");
    fails(1, "page: error: is an HTML page", "$LATHE emit g.net --tune page");
}

/* ---- what is to be pasted ---- */

/* Runs what a message says in backquotes, until there is no more. */
static void follow(const char *command, const char *text)
{
    struct run r = shell("%s", command);
    const char *from = strchr(r.output, '`'), *to = from ? strchr(from + 1, '`') : NULL;
    cr_assert(r.status == 1 && to && strstr(r.output, text), "%s", r.output);
    char script[1024];
    snprintf(script, sizeof script, "set -e\n%.*s\n", (int)(to - from - 1), from + 1);
    write_text("pasted.sh", script);
    run_free(&r);
    sure("sh pasted.sh");
}

Test(advice, unpacks_what_was_downloaded, .fini = shell_clean)
{
    static unsigned char x[16 + 64*ALL] = { 0, 0, 8, 3, 0, 0, 0, ALL, 0, 0, 0, 8, 0, 0, 0, 8 };
    static unsigned char y[8 + ALL] = { 0, 0, 8, 1, 0, 0, 0, ALL };
    make_grey();
    memcpy(y + 8, label, ALL);
    for (int k = 0; k < ALL; k++)
        memcpy(x + 16 + 64*k, picture[k], 64);
    sure("mkdir \"a b\"");
    write_bytes("a b/train-images-idx3-ubyte", x, sizeof x);
    write_bytes("a b/train-labels-idx1-ubyte", y, sizeof y);
    write_bytes("a b/t10k-images-idx3-ubyte", x, sizeof x);
    write_bytes("a b/t10k-labels-idx1-ubyte", y, sizeof y);
    sure("mkdir c && touch c/x_train.npy && gzip c/x_train.npy");
    follow("./g info --data c", "c/x_train.npy.gz is compressed: `gunzip c/*.gz`");
    sure("test -f c/x_train.npy && gzip \"a b\"/* && "
         "./g train --data 'a b' --val-samples 10 --iterations 1 --no-save --quiet");
    sure("tar cf t.tar \"a b\" && mkdir t && mv t.tar t");
    follow("./g info --data t", "t/t.tar is an archive");
    sure("./g train --data 't/a b' --val-samples 10 --iterations 1 --no-save --quiet");
}

Test(advice, for_arrays_makes_them_what_the_network_takes, .fini = shell_clean)
{
    struct run r = shell("python3 -c 'import numpy'");
    bool numpy = r.status == 0;
    run_free(&r);
    if (!numpy)
        skip_test("no numpy");
    make_colour();
    write_folder("d", "|u1", 0, 255);
    write_text("follow.py",
        "import numpy, re, shutil, subprocess\n"
        "x = lambda f: numpy.load('d/x_%s.npy' % f)\n"
        "y = lambda f: numpy.load('d/y_%s.npy' % f)\n"
        "same = lambda a: a\n"
        "forms = [(lambda x: x.transpose(2, 3, 1, 0), same, 0),\n"
        "  (same, lambda y: numpy.eye(10)[y], 0),\n"
        "  (same, lambda y: y.astype('f8'), 0), (same, lambda y: y + numpy.uint8(9), 8),\n"
        "  (lambda x: x.astype('i4'), lambda y: y[None].astype('f4'), 0)]\n"
        "for fx, fy, shift in forms:\n"
        "    shutil.copytree('d', 'e \"f', dirs_exist_ok=True)\n"
        "    for part in 'train', 'val':\n"
        "        numpy.save('e \"f/x_%s.npy' % part, numpy.ascontiguousarray(fx(x(part))))\n"
        "        numpy.save('e \"f/y_%s.npy' % part, numpy.ascontiguousarray(fy(y(part))))\n"
        "    for turn in range(9):\n"
        "        r = subprocess.run(['./g', 'train', '--data', 'e \"f', '--iterations', '1',\n"
        "                            '--no-save'], capture_output=True, text=True)\n"
        "        if r.returncode == 0: break\n"
        "        exec(re.search('in Python: (.*)', r.stderr).group(1), {})\n"
        "    assert r.returncode == 0, r.stderr\n"
        "    for part in 'train', 'val':\n"
        "        assert (numpy.load('e \"f/x_%s.npy' % part) == x(part)).all()\n"
        "        assert (numpy.load('e \"f/y_%s.npy' % part).ravel() == y(part) + shift).all()\n"
        "    numpy.savez_compressed('e \"f.npz', x_train=fx(x('train')), y_train=fy(y('train')))\n"
        "    for turn in range(9):\n"
        "        r = subprocess.run(['./g', 'train', '--data', 'e \"f.npz', '--iterations', '1',\n"
        "                            '--no-save'], capture_output=True, text=True)\n"
        "        if r.returncode == 0: break\n"
        "        exec(re.search('in Python: (.*)', r.stderr).group(1), {})\n"
        "    assert r.returncode == 0, r.stderr\n"
        "    a = numpy.load('e \"f.npz')\n"
        "    assert (a['x_train'] == x('train')).all()\n"
        "    assert (a['y_train'].ravel() == y('train') + shift).all()\n");
    sure("python3 follow.py");
}

Test(advice, for_pythons_cifar_writes_the_binary_records, .fini = shell_clean)
{
    struct run r = shell("python3 -c 'import numpy'");
    bool numpy = r.status == 0;
    run_free(&r);
    if (!numpy)
        skip_test("no numpy");
    make("colour");
    write_text("make.py",
        "import numpy, os, pickle\n"
        "os.makedirs('d/cifar-10-batches-py'); os.makedirs('e/cifar-100-python')\n"
        "for k, f in enumerate(['data_batch_%d' % k for k in range(1, 6)] + ['test_batch']):\n"
        "    d = {b'labels': [3, 9, k], b'data': (numpy.arange(3*3072) + k).astype('u1')"
        ".reshape(3, 3072)}\n"
        "    pickle.dump(d, open('d/cifar-10-batches-py/' + f, 'wb'), protocol=2)\n"
        "for f in 'train', 'test':\n"
        "    d = {b'coarse_labels': [7, 19], b'fine_labels': [70, 99], b'data': "
        "numpy.arange(2*3072).astype('u1').reshape(2, 3072)}\n"
        "    pickle.dump(d, open('e/cifar-100-python/' + f, 'wb'), protocol=2)\n");
    write_text("check.py",
        "import numpy\n"
        "b = numpy.fromfile('d/cifar-10-batches-py/data_batch_2.bin', 'u1').reshape(3, 3073)\n"
        "assert (b[:, 0] == [3, 9, 1]).all() and b[1, 1] == 1 and b[2, 3072] == 0, b\n"
        "b = numpy.fromfile('e/cifar-100-python/test.bin', 'u1').reshape(2, 3074)\n"
        "assert (b[:, :2] == [[7, 70], [19, 99]]).all() and b[1, 3] == 1, b\n");
    sure("python3 make.py");
    follow("./g info --data d", "d/cifar-10-batches-py holds CIFAR-10 for Python; --data "
           "d/cifar-10-batches-py reads it after `cd d/cifar-10-batches-py && python3 -c");
    follow("./g info --data e", "e/cifar-100-python holds CIFAR-100 for Python");
    sure("python3 check.py");
    sure("./g info --data d/cifar-10-batches-py > o; grep -q \"own images, as CIFAR-10's\" o && "
         "grep -q 'train  14 images' o");
}
