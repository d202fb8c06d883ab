/*
** test_inference.c - `lathe emit --inference`: what it writes makes the program's scores bit by
** bit, in whatever memory and from wherever weights come, compiles without a warning as C99 and as
** C++, and says what is wrong with its arguments. tests/against_inference.py does the same for
** every network that there is.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

/* Compares net_run with `predict --scores` of three images, work memory full of nan, and guards
** around it; W: what comes after `work`. */
static const char check[] =
    "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include \"net.h\"\n"
    "#ifndef W\n#define W\n#endif\n"
    "enum { N = 3, SIZE = NET_CHANNELS*NET_HEIGHT*NET_WIDTH, GUARD = 64 };\n"
    "static float x[N*SIZE], theirs[N*NET_SCORES], ours[NET_SCORES];\n"
    "static struct { unsigned char before[GUARD]; float work[NET_WORK_BYTES/4];\n"
    "                unsigned char after[GUARD]; } m;\n"
    "static void take(const char *name, void *to, size_t size)\n{\n"
    "    FILE *f = fopen(name, \"rb\");\n    char head[10];\n"
    "    if (!f || fread(head, 10, 1, f) != 1 || fseek(f, 10 + head[8] + 256*head[9], SEEK_SET)\n"
    "        || fread(to, size, 1, f) != 1 || fgetc(f) != EOF)\n        exit(3);\n"
    "    fclose(f);\n}\n"
    "int main(void)\n{\n    take(\"x.npy\", x, sizeof x);\n"
    "    take(\"y.npy\", theirs, sizeof theirs);\n"
    "    for (int i = 0; i < N; i++) {\n        memset(&m, 255, sizeof m);\n"
    "        if (net_run(x + i*SIZE, ours, m.work W) != NET_OK)\n            return 1;\n"
    "        if (memcmp(ours, theirs + i*NET_SCORES, sizeof ours))\n            return 2;\n"
    "        for (int k = 0; k < GUARD; k++)\n"
    "            if (m.before[k] != 255 || m.after[k] != 255)\n                return 4;\n    }\n"
    "    return 0;\n}\n";

/* Three images of c x h x w; most values have all bits of their fraction. */
static void write_images(int c, int h, int w)
{
    static unsigned char file[128 + 3*2*32*32*sizeof(float)];
    char head[128];
    int n = snprintf(head, sizeof head, "{'descr': '<f4', 'fortran_order': False, "
                     "'shape': (3, %d, %d, %d), }", c, h, w);
    memcpy(file, "\x93NUMPY\x01\0\x76\0", 10);
    memset(file + 10, ' ', 117);
    memcpy(file + 10, head, (size_t)n);
    file[127] = '\n';
    for (n = 0; n < 3*c*h*w; n++) {
        const float x = (float)(n*7919 % 1000)/333 - 1.5f;
        memcpy(file + 128 + (size_t)n*sizeof x, &x, sizeof x);
    }
    write_bytes("x.npy", file, 128 + (size_t)n*sizeof(float));
}

/* A program of the network, its parameters, and what it makes of the images. */
static void train(const char *net, int c, int h, int w)
{
    write_text("net.net", net);
    write_text("check.c", check);
    write_images(c, h, w);
    sure("$LATHE build net.net -o program && ./program train --data synthetic --train-samples 60 "
         "--epochs 1 --batch 20 --params p.safetensors --quiet >/dev/null && "
         "./program predict x.npy --range 0,255 --params p.safetensors --scores y.npy >/dev/null");
}

/* A little of everything that rows are made by. */
static const char most[] =
    "net most\ninput 3x12x11\nconv 6 3x3 bias=no winograd=no\nbatchnorm\nrelu\n"
    "residual {\n  conv 6 3x3 bias=no winograd=no\n  batchnorm\n} \nleaky_relu 0.1\ndropout 0.5\n"
    "concat { conv 4 1x1 } { maxpool 3x3 stride=1 pad=1 } { }\nbatchnorm\nsilu\n"
    "gate {\n  globalavgpool\n  affine 16\n  sigmoid\n}\nconv 16 3x3 groups=16 stride=2\nprelu\n"
    "upsample 2 bilinear\ndeconv 5 3x3 stride=2\navgpool 3x3 pad=1\n"
    "conv 7 2x3 dilation=2 winograd=no\nrelu\nmaxpool 2x2\naffine 20\nbatchnorm\ntanh\naffine 5\n"
    "softmax\ntrain\n  preprocess mean_image\n";

static const char strict[] = "-Wall -Wextra -Wpedantic -Wshadow -Werror";

Test(inference, has_the_bits_of_the_program, .fini = shell_clean)
{
    train(most, 3, 12, 11);
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c 2>said && "
         "echo 'emitted net.c, net.h' | cmp - said");
    struct run r = shell("$CC -std=c99 -O1 %s -Wconversion net.c check.c -o c && ./c", strict);
    cr_expect_eq(r.status, 0, "plain C: %d\n%s", r.status, r.output);
    run_free(&r);
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c --ram 1 2>said; "
         "least=$(sed -n 's/.* needs \\([0-9]*\\) bytes .*/\\1/p' said) && cp net.h all.h && "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c --ram $least && "
         "$CC -O0 net.c check.c -o c && ./c && grep -q \"WORK_BYTES $least$\" net.h");
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c --isa native && "
         "$CC -O0 net.c check.c -o c && ./c");
    sure("wc -l <net.c >long && $LATHE emit --inference net.net --params p.safetensors -o net.c "
         "--isa native --small && test $(wc -l <net.c) -lt $(cat long) && "
         "$CC -O0 net.c check.c -o c && ./c");
    sure("for isa in cortex-m wasm; do "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c --isa $isa && "
         "$CC -O0 net.c check.c -o c && ./c || exit 1; done");
}

/* What few networks have: several filters of a channel, other shapes, filters with gaps between
** them, a map as output. */
Test(inference, has_the_bits_of_rarer_layers, .fini = shell_clean)
{
    train("net few\ninput 4x8x8\nconv 8 3x3 groups=4\nrelu\nconv 16 3x3 groups=8 stride=2\n"
          "maxpool 2x2\nreshape 4x4x4\ndeconv 6 2x2 stride=3 bias=no\ntanh\nreshape 24x6x6\n"
          "conv 3 1x1\nmse\ntrain\n  preprocess mean_image\n", 4, 8, 8);
    sure("for how in '--isa c' '--isa c --small' '--isa native' '--isa native --fast'; do "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c $how && "
         "$CC -O0 -Wall -Wextra -Werror net.c check.c -o c && ./c || { echo $how; exit 1; }; done");
}

/* Bytes of a camera are the values that training knew: as --range says, the same of all channels or
** each its own. */
static const char bytes[] =
    "#include <string.h>\n#include \"net.h\"\n"
    "enum { C = NET_CHANNELS, MAP = NET_HEIGHT*NET_WIDTH };\n"
    "static const double range[] = { RANGE };\n"
    "static float x[C*MAP], ours[NET_SCORES], theirs[NET_SCORES], work[NET_WORK_BYTES/4];\n"
    "static uint8_t pixels[MAP*C];\n"
    "int main(void)\n{\n    const int pairs = (int)(sizeof range/sizeof *range)/2;\n"
    "    for (int p = 0; p < MAP; p++)\n        for (int c = 0; c < C; c++) {\n"
    "            const double *r = range + 2*(pairs > 1 ? c : 0);\n"
    "            const uint8_t b = pixels[p*C + c] = (uint8_t)(p*37 + c*101);\n"
    "            x[c*MAP + p] = (float)(r[0] + (double)b*(r[1] - r[0])/255);\n        }\n"
    "    return net_run(x, ours, work) || net_run_u8(pixels, theirs, work)\n"
    "           || memcmp(ours, theirs, sizeof ours);\n}\n";

Test(inference, takes_bytes_as_the_range_says, .fini = shell_clean)
{
    train("net few\ninput 3x6x5\nconv 4 3x3\nrelu\naffine 5\nsoftmax\ntrain\n"
          "  preprocess channel_norm\n", 3, 6, 5);
    write_text("bytes.c", bytes);
    sure("for range in 0,255 -1,1 0,1,-1,1,2,-2; do "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c --range=$range && "
         "$CC -O0 -Wall -Wextra -Werror -DRANGE=$range net.c bytes.c -o c && ./c || "
         "{ echo $range; exit 1; }; done");
    fails(1, "3 channels", "$LATHE emit --inference net.net --params p.safetensors -o net.c "
          "--range=0,1,0,1");
}

/* On a painted stack: what a thread takes that calls net_run, less what one takes that does not. */
static const char painted[] =
    "#include <pthread.h>\n#include <stdlib.h>\n#include <string.h>\n#include \"net.h\"\n"
    "static float x[NET_CHANNELS*NET_HEIGHT*NET_WIDTH], s[NET_SCORES], w[NET_WORK_BYTES/4];\n"
    "static void *go(void *runs)\n{\n    if (runs)\n        net_run(x, s, w);\n    return 0;\n}\n"
    "static size_t used(void *runs)\n{\n    const size_t size = 1 << 20;\n    size_t k = 0;\n"
    "    pthread_attr_t how;\n    pthread_t thread;\n"
    "    unsigned char *stack = aligned_alloc(4096, size);\n    memset(stack, 0xa5, size);\n"
    "    if (pthread_attr_init(&how) || pthread_attr_setstack(&how, stack, size)\n"
    "        || pthread_create(&thread, &how, go, runs) || pthread_join(thread, 0))\n"
    "        exit(2);\n    while (stack[k] == 0xa5)\n        k++;\n    return size - k;\n}\n"
    "int main(void)\n{\n    const size_t without = used(0), with = used(x);\n"
    "    return with <= without || with - without > NET_STACK_BYTES;\n}\n";

Test(inference, takes_no_more_stack_than_stated, .fini = shell_clean)
{
    train(most, 3, 12, 11);
    write_text("painted.c", painted);
    sure("for how in '--isa c' '--isa c --fast' '--isa native' '--isa native --small'; do "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c $how && "
         "$CC -O1 net.c painted.c -o c -pthread && ./c || exit 1; done");
}

/* Where programs go by Winograd's filtering, so does --fast; else the header says where not. */
Test(inference, goes_by_winograd_as_the_program_does, .fini = shell_clean)
{
    train("net wino\ninput 2x9x11\nconv 16 3x3\nrelu\nconv 40 3x3\nrelu\nconv 16 1x1\nresidual {\n"
          "  conv 18 3x3\n  batchnorm\n  maxpool 2x2\n  relu\n} shortcut {\n  conv 18 3x3\n"
          "  maxpool 2x2\n}\naffine 4\nsoftmax\n", 2, 9, 11);
    sure("for how in '--isa c --fast' '--isa cortex-m --fast' '--isa native' "
         "'--fast --ram 400000'; do "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c $how && "
         "$CC -O0 net.c check.c -o c && ./c && grep -q 'bits of the program that was' net.h || "
         "exit 1; done");
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c && "
         "grep -q 'Training computes conv2 conv4 conv5$' net.h");
    /* Memory that is too little for the first of them. */
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c --fast && "
         "most=$(sed -n 's/^#define NET_WORK_BYTES //p' net.h) && "
         "$LATHE show --inference net.net --fast | grep -q \"work memory $most bytes\" && "
         "$LATHE emit --inference net.net --params p.safetensors -o net.c --fast "
         "--ram $((most - 4)) && grep -q 'Training computes conv2$' net.h && "
         "sed -i 's/conv 40 3x3/& winograd=no/' net.net && $LATHE build net.net -o program && "
         "./program predict x.npy --range 0,255 --params p.safetensors --scores y.npy "
         ">/dev/null && $CC -O0 net.c check.c -o c && ./c");
}

/* A map that is made as a whole lets go of those before it: all at once would take 30,660 bytes. */
Test(inference, makes_maps_as_a_whole_where_it_saves_memory, .fini = shell_clean)
{
    train("net deep\ninput 2x32x32\nconv 8 3x3 winograd=no\nrelu\nconv 8 3x3 winograd=no\nrelu\n"
          "maxpool 4x4\nrepeat 4 as deep {\n  conv 24 3x3 winograd=no\n  relu\n}\naffine 4\n"
          "softmax\n", 2, 32, 32);
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c && "
         "$CC -O0 net.c check.c -o c && ./c && "
         "test $(sed -n 's/^#define NET_WORK_BYTES //p' net.h) -lt 20000");
}

Test(inference, compiles_as_cpp, .fini = shell_clean)
{
    static const struct { const char *isa; bool runs; } ways[] = {
        { "c", true }, { "wasm", true },
#ifdef __x86_64__
        { "avx512", false },
#endif
    };
    if (!have("g++"))
        skip_test("no g++: the emitted file was not compiled as C++");
    train(most, 3, 12, 11);
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
        struct run r = shell("$LATHE emit --inference net.net --params p.safetensors -o net.c "
                             "--isa %s && g++ -x c++ -O1 %s net.c check.c -o c%s", ways[k].isa,
                             strict, ways[k].runs ? " && ./c" : "");
        cr_expect_eq(r.status, 0, "C++ of %s: %d\n%s", ways[k].isa, r.status, r.output);
        run_free(&r);
    }
}

static const char plain[] = "net plain\ninput 1x6x6\nconv 4 3x3 winograd=no\nrelu\nmaxpool 2x2\n"
                            "affine 3\nsoftmax\ntrain\n  preprocess channel_norm\n";

/* main.c hands weights over that are another network's, cut or not where a float may be. */
Test(inference, says_what_is_wrong, .fini = shell_clean)
{
    train(plain, 1, 6, 6);
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c --weights blob 2>said && "
         "echo 'emitted net.c, net.h, net.weights' | cmp - said && "
         "test $(wc -c <net.weights) = $(sed -n 's/.*WEIGHT_BYTES //p' net.h)");
    sure("sed 's/^static struct { unsigned/static float blob[NET_WEIGHT_BYTES\\/4];\\n&/; "
         "s/int main(void)/static void get(void) { FILE *f = fopen(\"net.weights\", \"rb\"); "
         "if (!f || fread(blob, sizeof blob, 1, f) != 1) exit(5); }\\n&/; "
         "s/take(\"x.npy\", x/get(); &/' check.c >blob.c && "
         "$CC -O0 -DW=,blob net.c blob.c -o c && ./c");
    write_text("wrong.c",
               "#include \"net.h\"\nstatic float x[36], s[3], w[NET_WORK_BYTES/4 + 1], "
               "blob[NET_WEIGHT_BYTES/4];\n"
               "int main(void)\n{\n"
               "    return net_run(0, s, w, blob) != NET_NO_MEMORY\n"
               "           || net_run(x, 0, w, blob) != NET_NO_MEMORY\n"
               "           || net_run(x, s, 0, blob) != NET_NO_MEMORY\n"
               "           || net_run(x, s, w, 0) != NET_NO_MEMORY\n"
               "           || net_run(x, s, (char *)w + 1, blob) != NET_UNALIGNED\n"
               "           || net_run(x, s, w, (char *)blob + 2) != NET_UNALIGNED\n"
               "           || net_run(x, s, w, blob) != NET_OTHER_WEIGHTS;\n}\n");
    sure("$CC -O1 net.c wrong.c -o wrong && ./wrong");
}

Test(inference, refuses_what_cannot_be, .fini = shell_clean)
{
    train(plain, 1, 6, 6);
    fails(2, "emit --inference: which parameters? --params FILE",
          "$LATHE emit --inference net.net");
    fails(1, "lathe: nowhere: cannot be opened",
          "$LATHE emit --inference net.net --params nowhere");
    fails(2, "--params is for emit --inference", "$LATHE emit net.net --params p.safetensors");
    fails(2, "--inference goes without --dtype",
          "$LATHE emit --inference net.net --params p.safetensors --dtype f64");
    fails(2, "--inference takes --isa c (the default), cortex-m, avx2, avx512, neon, wasm or "
          "native, not x86",
          "$LATHE emit --inference net.net --params p.safetensors --isa x86");
    fails(2, "--isa cortex-m is for emit --inference", "$LATHE build net.net --isa cortex-m");
    fails(2, "--isa wasm is for emit --inference", "$LATHE emit net.net --isa wasm");
    fails(2, "--weights takes inline or blob",
          "$LATHE emit --inference net.net --params p.safetensors --weights none");
    fails(2, "--ram takes a number of bytes, not \"64k\"",
          "$LATHE show --inference net.net --ram 64k");
    fails(2, "emit writes files: -o NAME.c",
          "$LATHE emit --inference net.net --params p.safetensors -o -");
    write_text("large.net", "net large\ninput 3x20000x20000\nconv 4 3x3\nglobalavgpool\naffine 4\n"
               "softmax\n");
    fails(1, "large.net: error: large needs ",
          "$LATHE emit --inference large.net --params p.safetensors -o net.c");
    fails(1, "a C file is written: -o NAME.c",
          "$LATHE emit --inference net.net --params p.safetensors -o net.h");
    fails(1, "would be called 2net_run, which is no name of C",
          "$LATHE emit --inference net.net --params p.safetensors -o 2net.c");
    fails(1, "--ram 100 is too little",
          "$LATHE emit --inference net.net --params p.safetensors --ram 100 -o net.c");
    sure("test ! -e net.c && test ! -e net.h && echo mine >net.h");
    fails(1, "net.h: is there, and no C file of Lathe",
          "$LATHE emit --inference net.net --params p.safetensors -o net.c");
    sure("test ! -e net.c && grep -q mine net.h");
}

/* Parameters of another program: of an affine layer `a` of two values, and of a batchnorm after it
** with such a gamma. */
static void write_params(const char *metadata, float gamma)
{
    static const char tensors[] =
        "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
        "\"a.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
        "\"n.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
        "\"n.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]},"
        "\"n.running_mean\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[40,48]},"
        "\"n.running_var\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[48,56]}}";
    const float values[14] = { 1, 2, 3, 4, 5, 6, gamma, 1, 0, 0, 0, 0, 1, 1 };
    unsigned char file[1024] = { 0 };
    const int length = snprintf((char *)file + 8, 900, "{%s%s", metadata, tensors);
    file[0] = (unsigned char)(length % 256);
    file[1] = (unsigned char)(length/256);
    memcpy(file + 8 + length, values, sizeof values);
    write_bytes("p", file, 8 + (size_t)length + sizeof values);
    write_text("net.net", "net two\ninput 1x1x2\na: affine 2\nn: batchnorm\nsoftmax\n");
}

Test(inference, has_the_names_of_classes_whatever_is_in_them, .fini = shell_clean)
{
    write_params("\"__metadata__\":{\"classes\":\"a \\\"cat\\\"?" "?/\\\\\\n\\u00e9\"},", 1);
    write_text("classes.c", "#include <stdio.h>\n#include \"net.h\"\n"
               "static const char *const c[] = NET_CLASSES;\n"
               "int main(void)\n{\n    puts(c[0]);\n    puts(c[1]);\n"
               "    return sizeof c/sizeof *c != 2;\n}\n");
    sure("$LATHE emit --inference net.net --params p -o net.c && "
         "$CC -std=c99 -trigraphs -Wall -Werror classes.c -o c && ./c > said && "
         "printf 'a \"cat\"?" "?/\\\\\\n\\303\\251\\n' | cmp - said");
}

/* Where nothing tells what a byte of a picture is, there is no function of bytes; where nothing
** prepares images, none reads weights for it. */
Test(inference, takes_no_bytes_where_nobody_knows_what_they_are, .fini = shell_clean)
{
    write_params("\"__metadata__\":{\"values\":\"f4 -3 5\"},", 1);
    write_text("reals.c", "#include <stdio.h>\n#include \"net.h\"\n"
               "static float x[2] = { 1, 2 }, s[2], w[NET_WORK_BYTES/4], b[NET_WEIGHT_BYTES/4];\n"
               "int main(void)\n{\n    FILE *f = fopen(\"net.weights\", \"rb\");\n"
               "    return !f || fread(b, sizeof b, 1, f) != 1 || net_run(x, s, w, b) != NET_OK\n"
               "           || s[0] < 9.999f || s[0] > 10.001f || s[1] < 16.999f\n"
               "           || s[1] > 17.001f;\n}\n");
    sure("$LATHE emit --inference net.net --params p -o net.c --weights blob && "
         "! grep run_u8 net.h && $CC -std=c99 -Wall -Wextra -Werror net.c reals.c -o c && ./c");
}

Test(inference, refuses_weights_that_a_batchnorm_makes_infinite, .fini = shell_clean)
{
    write_params("", 3e38f);
    fails(1, "p: the weights of a are no finite numbers with the batchnorm after it in them",
          "$LATHE emit --inference net.net --params p -o net.c");
    sure("test ! -e net.c && test ! -e net.h");
}

/* Nothing that is written lies anywhere but in `work`; constants are as many bytes as stated; no
** library is called but for memory's three functions. */
Test(inference, is_what_its_header_says, .fini = shell_clean)
{
    if (!have("nm"))
        skip_test("no nm: the object's sizes were not compared with the header's");
    train(plain, 1, 6, 6);
    sure("$LATHE emit --inference net.net --params p.safetensors -o net.c && $CC -O0 -c net.c && "
         "nm -S net.o >all && ! grep -q ' [bBdDcC] ' all && "
         "! grep ' U ' all | grep -v -e memcpy -e memmove -e memset && "
         "sum=0; for n in $(sed -n 's/^[0-9a-f]* \\([0-9a-f]*\\) r .*/\\1/p' all); do "
         "sum=$((sum + 0x$n)); done; test $sum = $(sed -n 's/.*FLASH_BYTES //p' net.h)");
    sure("grep '#include' net.c net.h | grep -v -e stdint -e stddef -e string.h -e '\"net.h\"'; "
         "test $? = 1");
}

static const char firmware[] =
    "net firm\ninput 3x32x32\nconv 8 3x3 stride=2 winograd=no\nbatchnorm\nrelu\n"
    "residual {\n  conv 8 3x3 winograd=no\n  batchnorm\n}\nrelu\nglobalavgpool\naffine 10\n"
    "softmax\n";

/* Plain C's multiply-add, where there is no such instruction, has libm's bits for any bits, for
** numbers whose sum nearly vanishes, and for what is infinite. */
Test(inference, multiplies_and_adds_exactly_without_an_instruction, .fini = shell_clean)
{
    write_text("fma.c",
               "#include <math.h>\n#include <stddef.h>\n#include <string.h>\ntypedef float real;\n"
               "#undef __FMA__\n#undef __FP_FAST_FMAF\n#undef __ARM_FEATURE_FMA\n"
               "#include \"vector/simd/plain.h\"\n"
               "static float take(uint32_t bits)\n{\n    float x;\n"
               "    memcpy(&x, &bits, sizeof x);\n    return x;\n}\n"
               "static int same(float a, float b, float c)\n{\n"
               "    const float ours = v_fma(a, b, c), theirs = fmaf(a, b, c);\n"
               "    return !memcmp(&ours, &theirs, sizeof ours)\n"
               "           || (ours != ours && theirs != theirs);\n}\n"
               "int main(void)\n{\n    uint32_t s = 1, bits[3];\n"
               "    const float special[] = { 0, -0.0f, 1, -1, INFINITY, -INFINITY, NAN, 3e38f,\n"
               "                              -3e38f, 1e-45f, -1e-45f, 1.17549435e-38f, 0.1f };\n"
               "    const int n = sizeof special / sizeof *special;\n"
               "    for (int i = 0; i < n*n*n; i++)\n"
               "        if (!same(special[i % n], special[i/n % n], special[i/n/n]))\n"
               "            return 1;\n"
               "    for (long i = 0; i < 3000000; i++) {\n"
               "        for (int k = 0; k < 3; k++)\n"
               "            bits[k] = s = s*1664525u + 1013904223u;\n"
               "        const float a = take(bits[0]), b = take(bits[1]), c = take(bits[2]);\n"
               "        if (!same(a, b, c) || !same(a, b, -a*b)\n"
               "            || !same(a, b, nextafterf(-a*b, c)))\n"
               "            return 2;\n    }\n    return 0;\n}\n");
    sure("$CC -std=gnu11 -O1 -ffp-contract=off -I$SOURCE/runtime fma.c -o fma -lm && ./fma");
}

/* Node's switch for relaxed SIMD, where it is not on by itself. */
#define RELAXED "$(node --v8-options | grep -o -e --experimental-wasm-relaxed-simd)"
#define FUSES "grep -qw -e fma -e asimd /proc/cpuinfo"

/* WebAssembly's words have scalar.h's bits, with libm's multiply-add: without SIMD, with it, and by
** relaxed_madd. */
Test(inference, has_the_vocabularys_bits_in_webassembly, .fini = shell_clean)
{
    if (!have("wasm-ld") || !have("clang") || !have("node"))
        skip_test("no clang, wasm-ld or node: the words of WebAssembly were not compared");
    write_text("hash.mjs",
               "import { readFileSync } from \"node:fs\";\n"
               "const words = readFileSync(\"words.wasm\");\n"
               "if (!WebAssembly.validate(words)) process.exit();\n"
               "const { instance } = await WebAssembly.instantiate(words);\n"
               "const { simd_hash, simd_words_wasm } = instance.exports;\n"
               "const hash = BigInt.asUintN(64, simd_hash(simd_words_wasm.value));\n"
               "console.log(hash.toString(16).padStart(16, \"0\"));\n");
    sure("$CC -std=gnu11 -O1 -DLATHE_F64=0 -I$SOURCE/runtime -I$SOURCE/tests -DISA=scalar "
         "-DISA_HEADER='\"vector/simd/scalar.h\"' $SOURCE/tests/kernel/simd_hash.c "
         "$SOURCE/tests/kernel/simd_words.c $SOURCE/tests/kernel/simd_cases.c "
         "$SOURCE/tests/kernel/curves.c -lm -o hash && "
         "./hash >theirs");
    sure("for how in '' -msimd128 '-msimd128 -mrelaxed-simd -DLATHE_RELAXED_MADD'; do "
         "clang --target=wasm32-wasi --sysroot=${WASI:-/usr} -std=gnu11 -O2 $how -DLATHE_F64=0 "
         "-I$SOURCE/runtime -I$SOURCE/tests -DISA=wasm "
         "-DISA_HEADER='\"kernel/simd_part.h\"' -DPART='\"vector/simd/wasm.h\"' "
         "$SOURCE/tests/kernel/simd_words.c $SOURCE/tests/kernel/simd_cases.c "
         "$SOURCE/tests/kernel/curves.c -nostdlib -lc "
         "-Wl,--no-entry,--export=simd_hash,--export=simd_words_wasm -o words.wasm && "
         "perl -0777 -pi -e 's/\\xfd\\xaf\\x01/\\xfd\\x85\\x02/g' words.wasm && "
         "node " RELAXED " hash.mjs >ours || exit 1; case $how in *relaxed*) "
         "test -s ours && " FUSES " || continue; esac; cmp ours theirs || exit 1; done");
}

/* The application says what the program's `predict` says, in C and in Python. */
Test(inference, runs_in_an_application, .fini = shell_clean)
{
    if (!have("python3"))
        skip_test("no python3: the application in Python was not run");
    write_text("net.net", "net app\ninput 3x4x4\nconv 4 3x3\nrelu\naffine 10\nsoftmax\n");
    sure("$LATHE build net.net -o program && ./program train --data synthetic --train-samples 60 "
         "--epochs 1 --batch 20 --params p.safetensors --quiet >/dev/null && "
         "{ printf 'P6\\n4 4\\n255\\n'; head -c 48 program; } >image.ppm");
    sure("cp -r $SOURCE/examples/app app && cd app && rm -rf build && "
         "make LATHE=$LATHE NET=../net.net PARAMS=../p.safetensors >said 2>&1 && "
         "build/classify ../image.ppm >one && python3 classify.py ../image.ppm | cmp - one && "
         "../program predict ../image.ppm --params ../p.safetensors | "
         "sed 's/.*: class \\([0-9]*\\) .*/\\1/' >class && cut -d' ' -f1 one | cmp - class");
    fails(2, "classify: a PPM of 4x4", "app/build/classify app/said");
}

/* A Cortex-M7 and an M4 under QEMU: the program's scores, guards that hold, the stated stack. */
Test(inference, runs_on_a_microcontroller, .fini = shell_clean)
{
    if (!have("arm-none-eabi-gcc") || !have("qemu-system-arm"))
        skip_test("no arm-none-eabi-gcc or no qemu-system-arm: no firmware was run");
    write_text("net.net", firmware);
    sure("$LATHE build net.net -o program && ./program train --data synthetic --train-samples 60 "
         "--epochs 1 --batch 20 --params p.safetensors --quiet >/dev/null");
    sure("cp -r $SOURCE/examples/cortex-m firm && cd firm && rm -rf build && "
         "make LATHE=$LATHE NET=../net.net PARAMS=../p.safetensors >../said 2>&1");
    sure("awk 'BEGIN { print \"P3 32 32 255\" } { sub(/,/, \"\"); print }' firm/build/image.inc "
         ">image.ppm && ./program predict image.ppm --params p.safetensors --scores y.npy "
         ">/dev/null && tail -c 40 y.npy | od -An -v -tx4 -w40 >theirs && "
         "sed -n 's/^scores//p' said | sort -u | cmp - theirs");
    sure("test $(sed -n 's/^stack //p' said | sort -n | tail -1) -le "
         "$(sed -n 's/.*STACK_BYTES \\([0-9]*\\)$/\\1/p' firm/build/net.h) && "
         "! grep -q beyond said && test $(grep -c '^instructions ' said) = 2");
}

/* As WebAssembly in node and, in the page, in Chromium: in every way that runs there, and through
** the page's own field. */
Test(inference, runs_in_a_browser, .fini = shell_clean)
{
    if (!have("wasm-ld") || !have("clang") || !have("node"))
        skip_test("no clang, wasm-ld or node: no WebAssembly was run");
    write_text("net.net", firmware);
    sure("$LATHE build net.net -o program && ./program train --data synthetic --train-samples 60 "
         "--epochs 1 --batch 20 --params p.safetensors --quiet >/dev/null");
    sure("cp -r $SOURCE/examples/web web && cd web && rm -rf build && "
         "make LATHE=$LATHE CLANG=clang NET=../net.net PARAMS=../p.safetensors >../said 2>&1 && "
         "node " RELAXED " check.mjs build/page.html ../image.ppm >../ours");
    sure("./program predict image.ppm --params p.safetensors --scores y.npy >/dev/null && "
         "tail -c 40 y.npy | od -An -v -tx4 -w40 | sed 's/^ //' >bits && "
         "for way in relaxed simd plain; do echo $way $(cat bits); done >theirs");
    sure("if " FUSES " && node " RELAXED " -p 'WebAssembly.validate(require(\"fs\").readFileSync("
         "\"web/build/relaxed.wasm\"))' | grep -q true; then grep -q ^relaxed ours; fi "
         "&& { grep -q ^relaxed ours || sed -i /^relaxed/d theirs; } && cmp ours theirs");
    /* Of a processor without the instruction, and of one without SIMD, as V8 takes them for. */
    sure("grep -qw fma /proc/cpuinfo || exit 0; grep -v ^relaxed ours >unfused; "
         "grep ^plain ours >slow; cd web && node " RELAXED " --no-enable-fma3 check.mjs "
         "build/page.html | cmp - ../unfused && "
         "node --no-enable-sse4-1 --no-enable-avx check.mjs build/page.html | cmp - ../slow");
    if (!have("chromium"))
        skip_test("no chromium: the page was not shown");
    sure("node $SOURCE/tests/shown.mjs chromium $PWD/profile "
         "file://$PWD/web/build/page.html#pixels result >there && "
         "{ grep -q ^relaxed there || sed -i /^relaxed/d theirs; } && "
         "{ echo page $(cat bits); cat theirs; } | cmp - there");
}
