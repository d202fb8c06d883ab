/*
** test_export.c - `lathe export`: the bytes of a small model, the text of a small module, what is
** refused, and that nothing is half-written. That others compute the same with what it writes,
** tests/against_export.py says.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "support/shell.h"
#include "support/skip.h"

/* Parameters of one affine layer of 3 to 2, as another program writes them: 1 to 8. */
static void write_params(const char *metadata)
{
    static const char tensors[] =
        "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
        "\"a.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]}}";
    static const float values[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    unsigned char file[512] = { 0 };
    const int length = snprintf((char *)file + 8, 256, "{%s%s", metadata, tensors);
    file[0] = (unsigned char)length;
    memcpy(file + 8 + length, values, sizeof values);
    write_bytes("p", file, 8 + (size_t)length + sizeof values);
}

static void make(void)
{
    write_params("");
    write_text("one.net", "net one\ninput 3x1x1\na: affine 2\nsoftmax\n");
}

/* Field by field of onnx.proto; a field is its number << 3 | 0 for a varint, 2 for bytes after
** their length, 5 for a float. In front the IR version, 8, and who wrote it. */
Test(export, writes_the_same_bytes_of_a_small_network, .init = make, .fini = shell_clean)
{
    static const char after_version[] =
        "3aee010a2b1a05612f726f772207466c617474656e0a05696e7075742a0b0a04617869731801a001"
        "021205612f726f770a391a0161220447656d6d0a05612f726f770a08612e7765696768740a06612e"
        "626961732a0d0a067472616e73421801a00102120673636f72657312036f6e652a2a080208031001"
        "4208612e7765696768744a180000803f0000004000004040000080400000a0400000c0402a160802"
        "10014206612e626961734a080000e040000000415a200a05696e70757412170a15080112110a0312"
        "014e0a0208030a0208010a02080162190a0673636f726573120f0a0d080112090a0312014e0a0208"
        "0242040a001011";
    char expected[sizeof after_version + 64] = "08081205" "6c61746865" "1a05";
    for (const char *s = LATHE_VERSION; *s; s++)
        snprintf(expected + strlen(expected), 3, "%02x", (unsigned)*s);
    strcat(expected, after_version);
    sure("$LATHE export one.net --params p -o m.onnx 2> said && "
         "echo 'exported m.onnx' | cmp - said && $LATHE export one.net --params p 2> said && "
         "cmp m.onnx one.onnx && od -An -v -tx1 m.onnx | tr -d ' \\n'");
    struct run r = shell("od -An -v -tx1 m.onnx | tr -d ' \\n'");
    cr_expect_str_eq(r.output, expected);
    run_free(&r);
}

Test(export, prints_a_module_of_pytorch, .fini = shell_clean)
{
    static const char expected[] =
        "# Written by `lathe export --torch`: the network none. Its parameter files are for\n"
        "# load_state_dict(safetensors.torch.load_file(FILE)).\n"
        "import torch\n"
        "from torch import nn\n"
        "from torch.nn import functional as F\n"
        "\n"
        "\n"
        "class NoneNet(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self._modules[\"type\"] = nn.Conv2d(3, 4, 3, padding=1, bias=False)\n"
        "        self.bn1 = nn.BatchNorm2d(4)\n"
        "        self.bn1.register_parameter(\"weight\", None)\n"
        "        self.affine1 = nn.Linear(4, 4)\n"
        "        self.conv2 = nn.Conv2d(4, 2, 1, stride=(2, 1), bias=False)\n"
        "        self.affine2 = nn.Linear(112, 5)\n"
        "        self.data = nn.Module()     # how images are prepared\n"
        "        self.data.register_buffer(\"mean\", torch.zeros(3))\n"
        "        self.data.register_buffer(\"factor\", torch.ones(3))\n"
        "\n"
        "    def prepare(self, x):\n"
        "        \"\"\"Images as the parameters know them: what forward takes.\"\"\"\n"
        "        mean = self.data.mean[:, None, None]\n"
        "        return (x - mean)*self.data.factor[:, None, None]\n"
        "\n"
        "    def forward(self, x):                                      # (N, 3, 14, 8)\n"
        "        x = F.relu(self.bn1(self._modules[\"type\"](x)))\n"
        "        gate1_in = x\n"
        "        x = F.adaptive_avg_pool2d(gate1_in, 1)              # 4x1x1\n"
        "        x = torch.sigmoid(self.affine1(torch.flatten(x, 1)))\n"
        "        x = x[:, :, None, None]*gate1_in                    # 4x14x8\n"
        "        x = self.conv2(x)                                   # 2x7x8\n"
        "        x = self.affine2(torch.flatten(x, 1))               # 5x1x1\n"
        "        return x\n"
        "\n"
        "    def loss(self, scores, targets):\n"
        "        return F.cross_entropy(scores, targets, label_smoothing=0.1)\n";
    write_text("none.net", "net none\ninput 3x14x8\ntype: conv 4 3x3 bias=no\nbatchnorm scale=no\n"
               "relu\ngate {\nglobalavgpool\naffine 4\nsigmoid\n}\n"
               "conv 2 1x1 stride=2,1 bias=no\naffine 5\nsoftmax smoothing=0.1\n"
               "train\n  preprocess channel_norm\n");
    struct run r = shell("$LATHE export none.net --torch");
    cr_expect_str_eq(r.output, expected);
    run_free(&r);
    sure("$LATHE export none.net --torch -o m.py 2> said && echo 'exported m.py' | cmp - said && "
         "$LATHE export none.net --torch -o - | cmp - m.py");
}

Test(export, prints_what_classes_count_in_the_loss, .fini = shell_clean)
{
    static const struct { const char *last, *train, *loss; } rows[] = {
        { "affine 3\nsoftmax smoothing=0.2", "class_weights 1,5,0.5\nloss sum",
          "    def loss(self, scores, targets):\n"
          "        weight = scores.new_tensor([1, 5, 0.5])\n"
          "        return F.cross_entropy(scores, targets, weight=weight, label_smoothing=0.2, "
          "reduction=\"sum\")\n" },
        { "affine 3\nsvm", "class_weights 1,5,0.5",
          "    def loss(self, scores, targets):\n"
          "        weight = scores.new_tensor([1, 5, 0.5])\n"
          "        return F.multi_margin_loss(scores, targets, margin=1, weight=weight, "
          "reduction=\"sum\")*3/weight[targets].sum()\n" },
        { "conv 2 1x1\nbce", "class_weights 1,5\nloss sum",
          "    def loss(self, scores, targets):\n"
          "        weight = scores.new_tensor([1, 5])[:, None, None]\n"
          "        return F.binary_cross_entropy_with_logits(scores, "
          "targets.reshape(scores.shape), pos_weight=weight)*len(scores)\n" },
        { "affine 3\nsoftmax", "class_weights balanced",
          "    def loss(self, scores, targets, weight):\n"
          "        # class_weights balanced: of the images trained on, images/(classes*images of a "
          "class)\n"
          "        return F.cross_entropy(scores, targets, weight=weight)\n" },
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char net[256];
        snprintf(net, sizeof net, "net w\ninput 3x4x4\n%s\ntrain\n%s\n", rows[k].last,
                 rows[k].train);
        write_text("w.net", net);
        struct run r = shell("$LATHE export w.net --torch | sed -n '/def loss/,$p'");
        cr_expect_str_eq(r.output, rows[k].loss);
        run_free(&r);
    }
}

/* Pixels of 0 to 255 as the network was trained on them, in a line of arithmetic. */
Test(export, prints_how_pixels_are_prepared, .fini = shell_clean)
{
    static const struct { const char *preprocess, *range, *lines; } rows[] = {
        { "none", "-1,1", "        x = x*2/255 - 1\n        return x\n" },
        { "none", "0,1", "        x = x/255\n        return x\n" },
        { "none", "0.5,1", "        x = x*0.5/255 + 0.5\n        return x\n" },
        { "mean_image", "0,2", "        x = x*2/255\n        mean = self.data.mean_image\n"
          "        return x - mean\n" },
        { "channel_norm", "0,1,0,1,-1,1",
          "        extent, zero = torch.tensor([[1, 1, 2], [0, 0, -1]]).to(x)[:, :, None, None]\n"
          "        x = x*extent/255 + zero\n        mean = self.data.mean[:, None, None]\n"
          "        return (x - mean)*self.data.factor[:, None, None]\n" },
        { "none", "0,255", "" },
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char net[128];
        snprintf(net, sizeof net, "net w\ninput 3x4x4\naffine 3\nsoftmax\ntrain\npreprocess %s\n",
                 rows[k].preprocess);
        write_text("w.net", net);
        struct run r = shell("$LATHE export w.net --torch --with-preprocessing --range %s > w.py "
                             "&& sed -n '/def prepare/,/^$/p' w.py | sed -e 1,2d -e '/^$/d'; "
                             "grep -q 'x = self.prepare(x)' w.py && grep -q 'def prepare' w.py || "
                             "test %s = 0,255", rows[k].range, rows[k].range);
        cr_expect_str_eq(r.output, rows[k].lines);
        cr_expect_eq(r.status, 0);
        run_free(&r);
    }
}

/* The middle of a mean image is the mean of what is cut out of larger images. */
Test(export, takes_the_middle_of_a_mean_of_larger_images, .fini = shell_clean)
{
    static const char header[] =
        "{\"__metadata__\":{\"preprocessing\":\"mean_image\"},"
        "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
        "\"a.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
        "\"data.mean_image\":{\"dtype\":\"F32\",\"shape\":[1,5,6],\"data_offsets\":[24,144]}}";
    unsigned char file[1024] = { (sizeof header - 1) % 256, (sizeof header - 1)/256 };
    memcpy(file + 8, header, sizeof header - 1);
    write_bytes("p", file, 8 + sizeof header - 1 + 144);
    write_text("one.net", "net one\ninput 1x1x2\na: affine 2\nsoftmax\n");
    struct run r = shell("$LATHE export one.net --torch --params p --with-preprocessing 2>&1 | "
                         "grep -A1 -e 'mean = ' -e register_buffer");
    cr_expect_str_eq(r.output,
                     "        self.data.register_buffer(\"mean_image\", torch.zeros(1, 5, 6))\n\n"
                     "--\n"
                     "        mean = self.data.mean_image[:, 2:3, 2:4]\n        return x - mean\n");
    run_free(&r);
}

/* Rows become maps, and what PyTorch's nearest rounds wrongly is made by nearest-exact. */
Test(export, prints_what_makes_rows_and_maps_larger, .fini = shell_clean)
{
    write_text("up.net", "net up\ninput 3x2x2\naffine 6\nupsample 2\nupsample 41\nconv 2 3x3\n"
               "mse\n");
    struct run r = shell("$LATHE export up.net --torch | grep interpolate");
    cr_expect_str_eq(r.output,
                     "        x = F.interpolate(self.affine1(torch.flatten(x, 1))[:, :, None, "
                     "None], scale_factor=2)\n"
                     "        x = F.interpolate(x, scale_factor=41, mode=\"nearest-exact\")  "
                     "# 6x82x82\n");
    run_free(&r);
}

/* Two layers with parameters between whatever makes rows, maps, views and functions of ONNX that
** another network could have, too: what is what the nodes' names say. */
Test(export, makes_what_import_reads_back_word_for_word, .fini = shell_clean)
{
    static const char header[] =
        "{\"stem.weight\":{\"dtype\":\"F32\",\"shape\":[4,15,1,1],\"data_offsets\":[0,240]},"
        "\"stem.bias\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[240,256]},"
        "\"scores.weight\":{\"dtype\":\"F32\",\"shape\":[3,16],\"data_offsets\":[256,448]},"
        "\"scores.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[448,460]}}";
    unsigned char file[1024] = { (sizeof header - 1) % 256, (sizeof header - 1)/256 };
    memcpy(file + 8, header, sizeof header - 1);
    write_bytes("p", file, 8 + sizeof header - 1 + 460);
    write_text("own.net", "net own\ninput 5x12x4\n\n"
               "scale 1.7\nelu 0.8\nrelu\nreshape 15x4x4\ngate {\n  sigmoid\n}\n"
               "dropout 0.8\nresidual {\n  scale 0.5\n}\nstem: conv 4 1x1\nleaky_relu 0.2\n"
               "clip 0 6\nmaxpool 3x3 stride=2 ceil=yes\navgpool 2x2 stride=1 pad=same\n"
               "upsample 1 bilinear\nupsample 2\nresidual {\n  gelu\n} shortcut {\n"
               "  silu\n  hardswish\n}\navgpool 4x4\nreshape 1x4x1\nupsample 2\n"
               "reshape 4x2x2\nscores: affine 3\nsigmoid\nmse\n\ntrain\n  preprocess none\n");
    sure("$LATHE export own.net --params p && $LATHE import own.onnx -o back && "
         "grep -v '^#' back.net | sed 's/^net back/net own/' | diff own.net -");
}

/* The layers that have parameters or need a view of ONNX's own, as trained: file, every value, and
** how pixels are prepared. */
Test(export, makes_what_import_reads_back_value_for_value, .fini = shell_clean)
{
    static const char *const losses[] = { "bce", "softmax" };
    for (int k = 0; k < 2; k++) {
        char net[1024];
        snprintf(net, sizeof net, "net own\ninput 3x12x10\n\nconv 6 3x3 bias=no\n"
                 "batchnorm scale=no\nhardsigmoid\n"
                 "avgpool 3x3 stride=2 pad=1 ceil=yes count_pad=yes\nprelu\n"
                 "deconv 4 3x3 stride=2\nbatchnorm\nsilu\n"
                 "concat {\n  conv 3 1x1\n} {\n  maxpool 3x3 stride=1 pad=1\n} { }\n"
                 "batchnorm\nrelu\naffine 8\ngate {\n  globalmaxpool\n  sigmoid\n}\n"
                 "conv 5 1x1\nbatchnorm\ntanh\naffine 4\n%s\n\n"
                 "train\n  preprocess %s\n  batch 20\n", losses[k],
                 k ? "channel_norm" : "mean_image");
        write_text("own.net", net);
        sure("$LATHE build own.net -o own && ./own train --data synthetic --train-samples 60 "
             "--val-samples 20 --iterations 4 --params p --quiet > log && "
             "$LATHE export own.net --params p --softmax --with-preprocessing && "
             "$LATHE import own.onnx -o back");
        sure("sed '/batch 20/d' own.net > without; grep -v '^#' back.net | "
             "sed 's/^net back/net own/' | diff without -");
        sure("for f in p back.safetensors; do n=$(od -An -tu8 -N8 $f | tr -d ' '); "
             "tail -c +$((9 + n)) $f > $f.values; done; test $(wc -c < p.values) -gt 60000 && "
             "cmp p.values back.safetensors.values");
    }
}

Test(export, refuses_parameters_of_another_network, .init = make, .fini = shell_clean)
{
    write_text("two.net", "net two\ninput 3x1x1\na: affine 4\nsoftmax\n");
    fails(1, "lathe: p: tensor a.weight has shape (2, 3), expected (4, 3)",
          "$LATHE export two.net --params p");
    write_text("two.net", "net two\ninput 3x1x1\na: affine 2\nb: affine 2\nsoftmax\n");
    fails(1, "lathe: p: tensor b.weight is missing", "$LATHE export two.net --params p");
    fails(1, "lathe: nowhere: cannot be opened", "$LATHE export one.net --params nowhere");
    write_params("\"__metadata__\":{\"format\":\"lathe-1\",\"layers\":\"input 3x1x1\\nb\"},");
    fails(1, "lathe: p: parameters of another network: line 2 of its layers is `b`, this network's "
          "is `a: affine 2`", "$LATHE export one.net --params p");
    sure("! ls *.onnx 2>/dev/null");
}

Test(export, refuses_metadata_that_it_does_not_know, .init = make, .fini = shell_clean)
{
    write_params("\"__metadata__\":{\"preprocessing\":\"magic\"},");
    fails(1, "lathe: p: preprocessing \"magic\" is not known", "$LATHE export one.net --params p");
    write_params("\"__metadata__\":{\"values\":\"u1 0\"},");
    fails(1, "lathe: p: values \"u1 0\": expected type, least and greatest of the images trained "
          "on, as \"u1 0 255\" or \"f4 0 1\"", "$LATHE export one.net --params p");
    sure("! ls *.onnx 2>/dev/null");
}

/* A metadata_props of the model: field 14, a key and a value. */
Test(export, writes_the_names_of_classes, .fini = shell_clean)
{
    make();
    write_params("\"__metadata__\":{\"classes\":\"cat\\ndog\"},");
    sure("$LATHE export one.net --params p -o m.onnx 2>/dev/null");
    struct run r = shell("tail -c 20 m.onnx | od -An -v -tx1 | tr -d ' \\n'");
    cr_expect_str_eq(r.output, "72120a07636c61737365731207" "6361740a646f67");
    run_free(&r);
}

Test(export, takes_names_of_pytorch_and_says_which_is_which, .init = make, .fini = shell_clean)
{
    sure("$LATHE export one.net --params p -o m.onnx 2>/dev/null && sed 's/a\\./0./g' p > q && "
         "$LATHE export one.net --params q -o n.onnx 2> said && cmp m.onnx n.onnx && "
         "printf '%s\\n' 'q: its tensors are called otherwise' "
         "'  by order and shape: a is 0 (2, 3)' 'exported n.onnx' | cmp - said");
}

Test(export, is_asked_what_pixels_were_where_the_file_does_not_tell, .init = make,
     .fini = shell_clean)
{
    write_params("\"__metadata__\":{\"values\":\"f4 -3 5\"},");
    fails(1, "p: trained on f4 from -3 to 5, which does not tell what 0 and 255 of a pixel are to "
          "it: --range LO,HI does", "$LATHE export one.net --params p --with-preprocessing");
    fails(1, "p: trained on f4 from -3 to 5, which does not tell", "$LATHE export one.net "
      "--params p "
          "--with-preprocessing --torch");
    sure("$LATHE export one.net --params p --with-preprocessing --range -3,5 2>/dev/null");
    fails(2, "--range says how --with-preprocessing prepares",
          "$LATHE export one.net --params p --range -3,5");
    write_params("");
    sure("$LATHE export one.net --params p --with-preprocessing 2>&1 | "
         "grep -q 'p does not say how its images were prepared'");
}

/* Their modules have layers of every kind. */
Test(export, of_every_network_to_pytorch_is_python, .fini = shell_clean)
{
    if (!have("python3"))
        skip_test("no python3");
    sure("for n in $SOURCE/tests/nets/*.net $SOURCE/models/*.net; do "
         "$LATHE export $n --torch -o $(basename $n .net).py || exit 1; done; "
         "python3 -c 'import ast, sys; print(len([ast.parse(open(f).read(), f) "
         "for f in sys.argv[1:]]))' *.py > count && test $(cat count) = $(ls *.py | wc -l)");
}

Test(export, replaces_no_file_of_another_kind, .init = make, .fini = shell_clean)
{
    sure("echo mine > m.onnx && echo mine > mine");
    fails(1, "m.onnx: ", "$LATHE export one.net --params p -o m.onnx");
    fails(1, "m.onnx: ", "$LATHE export one.net --torch -o m.onnx");
    sure("cmp m.onnx mine && $LATHE export one.net --params p -o n.onnx && "
         "$LATHE export one.net --params p -o n.onnx");
}

Test(export, says_what_is_wrong_usage, .init = make, .fini = shell_clean)
{
    write_text("svm.net", "net svm\ninput 3x1x1\na: affine 2\nsvm\n");
    fails(1, "svm.net:4:1: error: svm1 makes no probabilities of its scores: leave --softmax out",
          "$LATHE export svm.net --params p --softmax");
    fails(2, "export: which parameters? --params FILE", "$LATHE export one.net");
    fails(2, "--torch prints the layers of the network file as they are",
          "$LATHE export one.net --torch --fold");
    write_text("bad.net", "net bad\ninput 3x1x1\naffine\nsoftmax\n");
    fails(1, "bad.net:3:7: error: ", "$LATHE export bad.net --torch");
    fails(2, "export takes one network file", "$LATHE export one.net one.net --torch");
    fails(2, "build takes no --params", "$LATHE build one.net --params p");
    fails(2, "did you mean \"export\"?", "$LATHE onnx one.net");
}
