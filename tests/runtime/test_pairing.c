/*
** test_pairing.c - tensors with the names of PyTorch's modules: each file's layers are a network's,
** in one order, or both are shown.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "file/pairing.h"
#include "support/shell.h"

enum { MOST = 64 };

/* Layers as "NAME KIND SIZE ...", a word each: c a convolution of SIZE filters with a bias, d one
** of another shape, n a batchnorm, f an affine layer, m one of more parts than any of ours. */
struct made { struct tensor tensor[MOST]; char name[MOST][256]; int count; float data[4096]; };

static void add(struct made *m, const char *layer, const char *what, int rank, size_t size)
{
    struct tensor *t = &m->tensor[m->count];
    snprintf(m->name[m->count], sizeof *m->name, "%s.%s", layer, what);
    *t = (struct tensor){ .name = m->name[m->count], .type = TENSOR_F32, .rank = rank,
                          .dim = { size, rank > 1 ? 2 : 0, 1, 1 }, .data = m->data,
                          .count = rank > 1 ? 2*size : size };
    m->count++;
}

static void make(struct made *m, const char *layers, bool counters)
{
    char name[200], kind;
    size_t size;
    int taken;
    memset(m, 0, sizeof *m);
    for (; sscanf(layers, " %199s %c %zu%n", name, &kind, &size, &taken) == 3; layers += taken) {
        add(m, name, "weight", kind == 'c' ? 4 : kind == 'd' ? 3 : kind == 'f' ? 2 : 1, size);
        add(m, name, "bias", 1, size);
        if (kind == 'n') {
            add(m, name, "running_mean", 1, size);
            add(m, name, "running_var", 1, size);
        }
        for (int k = 0; kind == 'm' && k < 3; k++) {
            const char *const more[] = { "alpha", "beta", "gamma" };
            add(m, name, more[k], 1, size);
        }
        if (kind == 'n' && counters)
            add(m, name, "num_batches_tracked", 0, 1);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

/* What each of the network's layers is in the file; "none" and the message where nothing fits. */
static void match(const char *theirs, const char *ours, bool sorted, bool last, char *said,
                  size_t size)
{
    struct made *file = malloc(sizeof *file), *net = malloc(sizeof *net);
    const struct tensor *taken[MOST];
    struct safetensors s;
    char err[ERR_SIZE] = "";
    make(file, theirs, true);
    make(net, ours, false);
    if (sorted)
        qsort(file->tensor, (size_t)file->count, sizeof *file->tensor, by_name);
    cr_assert(safetensors_write(in_dir("file"), file->tensor, file->count, NULL, 0, err), "%s",
              err);
    cr_assert(safetensors_read(&s, in_dir("file"), err), "%s", err);
    const enum pairing how = pairing_find("file", &s, net->tensor, net->count, last, taken, err);
    size_t at = (size_t)snprintf(said, size, "%s", how == PAIRING_NONE ? err : "");
    for (int k = 0; how != PAIRING_NONE && k < net->count; k++)
        if (strstr(net->tensor[k].name, ".weight"))
            at += (size_t)snprintf(said + at, size - at, "%s%.*s", at ? " " : "",
                                   taken[k] ? (int)(strstr(taken[k]->name, ".weight")
                                                    - taken[k]->name) : 1,
                                   taken[k] ? taken[k]->name : "-");
    safetensors_close(&s);
    free(file);
    free(net);
}

static const struct { const char *theirs, *ours, *said; } orders[] = {
    /* nn.Sequential of more than ten. */
    { "0 c 4 1 n 4 3 c 4 4 n 4 10 c 4 11 n 4 13 f 9",
      "conv1 c 4 bn1 n 4 conv2 c 4 bn2 n 4 conv3 c 4 bn3 n 4 head f 9", "0 1 3 4 10 11 13" },
    /* torchvision's ResNet, by name: bn1 before conv1, fc before layer1. That bn1 might come after
    ** layer1, whose blocks then began with theirs, those of layer2 rule out. */
    { "bn1 n 4 conv1 d 4 fc f 9 layer1.0.bn1 n 4 layer1.0.bn2 n 4 layer1.0.conv1 c 4 "
      "layer1.0.conv2 c 4 layer2.0.bn1 n 8 layer2.0.bn2 n 8 layer2.0.conv1 c 8 layer2.0.conv2 c 8 "
      "layer2.0.downsample.0 d 8 layer2.0.downsample.1 n 8",
      "conv1x d 4 bn1x n 4 conv2x c 4 bn2x n 4 conv3x c 4 bn3x n 4 conv4x c 8 bn4x n 8 conv5x c 8 "
      "bn5x n 8 conv6x d 8 bn6x n 8 head f 9",
      "conv1 bn1 layer1.0.conv1 layer1.0.bn1 layer1.0.conv2 layer1.0.bn2 layer2.0.conv1 "
      "layer2.0.bn1 layer2.0.conv2 layer2.0.bn2 layer2.0.downsample.0 layer2.0.downsample.1 fc" },
    /* A DenseNet's. */
    { "features.conv0 c 4 features.norm0 n 4 features.denseblock1.denselayer1.norm1 n 4 "
      "features.denseblock1.denselayer1.conv1 c 4 features.denseblock1.denselayer1.norm2 n 4 "
      "features.denseblock1.denselayer1.conv2 c 2 features.norm5 n 6 classifier f 9",
      "c1 c 4 n1 n 4 n2 n 4 c2 c 4 n3 n 4 c3 c 2 n4 n 6 head f 9",
      "features.conv0 features.norm0 features.denseblock1.denselayer1.norm1 "
      "features.denseblock1.denselayer1.conv1 features.denseblock1.denselayer1.norm2 "
      "features.denseblock1.denselayer1.conv2 features.norm5 classifier" },
    /* Numbers in numbers; a layer in whose name a container's begins. */
    { "conv1_2 c 4 conv2_1 c 4 conv1_1 c 4 conv10_1 c 4 conv9_1 c 4",
      "a c 4 b c 4 c c 4 d c 4 e c 4",
      "conv1_1 conv1_2 conv2_1 conv9_1 conv10_1" },
    { "a c 4 a.b f 3", "x c 4 y f 3", "a a.b" },
    { "a010 c 4 a9 c 4 a0002 c 4", "x c 4 y c 4 z c 4", "a0002 a9 a010" },
};

Test(pairing, finds_the_one_order_that_names_and_shapes_allow, .fini = shell_clean)
{
    char said[ERR_SIZE];
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        match(orders[k].theirs, orders[k].ours, true, false, said, sizeof said);
        cr_expect_str_eq(said, orders[k].said);
    }
}

Test(pairing, shows_both_lists_where_none_or_several_fit, .fini = shell_clean)
{
    char said[ERR_SIZE];
    match("left.conv c 4 right.conv c 4", "a c 4 b c 4", true, false, said, sizeof said);
    cr_expect(strstr(said, "several orders of them fit (a may be left.conv or right.conv): it has "
                     "the layers left.conv (4, 2, 1, 1), right.conv (4, 2, 1, 1); the network has "
                     "a (4, 2, 1, 1), b (4, 2, 1, 1)"), "%s", said);
    match("0 c 4 1 c 4", "a c 4", true, false, said, sizeof said);
    cr_expect(strstr(said, "no order of them fits: it has the layers 0 (4, 2, 1, 1), 1 (4, 2, 1, "
                     "1); the network has a (4, 2, 1, 1)"), "%s", said);
    match("0 c 8 1 c 4", "a c 4 b c 8", true, false, said, sizeof said);
    cr_expect(strstr(said, "no order of them fits"), "%s", said);
    match("0 c 2 left.conv c 4 right.conv c 4", "z c 2 a c 4 b c 4", true, false, said,
          sizeof said);
    cr_expect(strstr(said, "several orders of them fit (a may be left.conv or right.conv): it has"),
              "%s", said);
    match("0 m 4", "a c 4", true, false, said, sizeof said);
    cr_expect(strstr(said, "no order is looked for: more than 2048 layers, or a layer of more than "
                     "4 tensors"), "%s", said);
    match("0 n 4", "a c 4", true, false, said, sizeof said);
    cr_expect(strstr(said, "no order of them fits"), "%s", said);
}

/* More than a message has room for; in more containers than are searched. */
Test(pairing, gives_up_and_shows_the_beginning_of_long_lists, .fini = shell_clean)
{
    char said[ERR_SIZE], theirs[4096] = "", ours[4096] = "";
    size_t n = 0, m = 0;
    for (int k = 0; k < 30; k++) {
        n += (size_t)snprintf(theirs + n, sizeof theirs - n, "%c.%060d c 4 ", 'a' + k % 26, k);
        m += (size_t)snprintf(ours + m, sizeof ours - m, "layer%d c 8 ", k);
    }
    match(theirs, ours, true, false, said, sizeof said);
    cr_expect(strstr(said, "no order of them fits: it has the layers a.0000"), "%s", said);
    cr_expect(strstr(said, " (4, 2, 1, 1) and 10 more; the network has layer0 (8, 2, 1, 1), "
                     "layer1 (8, 2, 1, 1)"), "%s", said);
    for (n = 0; n < 130; n += 2)
        memcpy(theirs + n, "a.", 2);
    strcpy(theirs + n, "conv c 4 b.a c 4");
    match(theirs, "x c 4 y c 4", true, false, said, sizeof said);
    cr_expect(strstr(said, "several orders of them fit: it has the layers a.a.a."), "%s", said);
}

Test(pairing, takes_the_order_of_a_file_that_is_not_sorted, .fini = shell_clean)
{
    char said[ERR_SIZE];
    match("right.conv c 4 left.conv c 4", "a c 4 b c 4", false, false, said, sizeof said);
    cr_expect_str_eq(said, "right.conv left.conv");
}

Test(pairing, leaves_out_the_last_layer_of_other_outputs_where_asked, .fini = shell_clean)
{
    char said[ERR_SIZE];
    match("0 c 4 1 f 7", "a c 4 b f 9", true, true, said, sizeof said);
    cr_expect_str_eq(said, "0 -");
    match("0 c 4 1 f 7", "a c 4 b f 9", true, false, said, sizeof said);
    cr_expect(strstr(said, "no order of them fits"), "%s", said);
}

Test(pairing, prefers_names, .fini = shell_clean)
{
    char said[ERR_SIZE];
    match("b c 4 a c 4", "a c 4 b c 4", true, false, said, sizeof said);
    cr_expect_str_eq(said, "a b");
    /* One name fits; the only order that does says otherwise, and is not taken. */
    match("1 c 4 a c 4 b f 3", "a c 4 x c 4 y f 3", true, false, said, sizeof said);
    cr_expect_str_eq(said, "a - -");
}
