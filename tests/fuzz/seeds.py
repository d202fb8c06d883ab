"""seeds.py CORPUS LATHE - begins the corpora of tests/fuzz/corpus anew, from the tests' files and
small ones made here: what libFuzzer then changes. Needs numpy, and onnx for the models."""
import glob
import gzip
import io
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np

HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT, LATHE = sys.argv[1:]


def put(target, name, data):
    os.makedirs(os.path.join(ROOT, target), exist_ok=True)
    with open(os.path.join(ROOT, target, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def npy(array, **how):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array), **how)
    return out.getvalue()


def networks():
    for path in glob.glob(HOME + "/tests/nets/*.net"):
        with open(path, "rb") as f:
            text = f.read()
        if len(text) < 1200:
            put("network", os.path.basename(path)[:-4], text)
    put("network", "words", "net w\nlet a = 2, b = (a*3 - 1)/2 % 5\ninput 3x6x6\nrepeat a as i {\n"
        "l: conv (i*b) 3x3 init=0.1\nrelu }\nresidual {\nconv (2*b) 1x1 } shortcut {\n"
        "conv (2*b) 1x1 }\naffine 3\nsoftmax smoothing=0.1\ntrain\n optimizer adamw lr=1e-3\n"
        " schedule cosine\n warmup 0.5\n group conv optimizer=muon lr=0.2\n freeze l_1.bias\n"
        " class_weights 1,2,0.5\n average ema 0.99\n preprocess channel_norm\n flip\n"
        " translate 2 reflect\n crop 4\n cutout 2\n clip 1\n patience 3\n reg 1e-4\n")
    with open(HOME + "/tests/golden/tiny.tune", "rb") as f:
        put("tuning", "tiny", f.read())
    net = os.path.join(ROOT, "params.net")
    with open(net, "w") as f:
        f.write("net params\ninput 2x4x4\nconv 3 3x3\nbatchnorm\nprelu\ndeconv 2 2x2\naffine 3\n"
                "softmax\n")
    text = subprocess.run([LATHE, "show", net, "--isa", "avx2", "-d", "block"], check=True,
                          capture_output=True, text=True).stdout
    put("tuning", "plan", text)
    put("tuning", "some", "# a\nnet params avx2 f32\nconv1_fwd tile 1x4x1\nconv1_fwd strip 2\n"
        "affine1 block 8\nnet other avx512 f64\nx y 1\n")
    os.unlink(net)


def models():
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    r = random.Random(1)

    def real(name, *dims):
        values = np.array([r.uniform(-1, 1) for _ in range(int(np.prod(dims)))], "f4")
        return numpy_helper.from_array(values.reshape(dims), name)

    def model(name, nodes, tensors, shape=("N", 2, 4, 4), out=("N", 3), opset=17):
        graph = helper.make_graph(
            nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)], tensors)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        put("onnx", name, made.SerializeToString())

    n = helper.make_node
    model("conv", [n("Conv", ["x", "w", "b"], ["a"], pads=[1, 1, 1, 1]),
                   n("BatchNormalization", ["a", "g", "e", "m", "v"], ["c"], epsilon=1e-3),
                   n("Relu", ["c"], ["d"]), n("MaxPool", ["d"], ["e1"], kernel_shape=[2, 2],
                                              strides=[2, 2]),
                   n("Flatten", ["e1"], ["f"]), n("Gemm", ["f", "k", "l"], ["y"], transB=1)],
          [real("w", 2, 2, 3, 3), real("b", 2), real("g", 2), real("e", 2), real("m", 2),
           numpy_helper.from_array(np.array([1, 2], "f4"), "v"), real("k", 3, 8), real("l", 3)])
    model("joins", [n("Conv", ["x", "w"], ["a"]), n("Add", ["a", "x"], ["c"]),
                    n("Concat", ["c", "a"], ["d"], axis=1), n("Sigmoid", ["d"], ["s"]),
                    n("Mul", ["d", "s"], ["e"]), n("GlobalAveragePool", ["e"], ["p"]),
                    n("Reshape", ["p", "shape"], ["f"]), n("MatMul", ["f", "k"], ["z"]),
                    n("Softmax", ["z"], ["y"])],
          [real("w", 2, 2, 1, 1), real("k", 4, 3),
           numpy_helper.from_array(np.array([0, -1], "i8"), "shape")])
    model("deconv", [n("ConvTranspose", ["x", "w"], ["a"], strides=[2, 2]),
                     n("LeakyRelu", ["a"], ["b"], alpha=0.1), n("PRelu", ["b", "s"], ["c"]),
                     n("AveragePool", ["c"], ["d"], kernel_shape=[2, 2], strides=[2, 2]),
                     n("Resize", ["d", "", "scales"], ["u"], mode="nearest"),
                     n("Tanh", ["u"], ["y"])],
          [real("w", 2, 2, 2, 2), real("s", 2, 1, 1),
           numpy_helper.from_array(np.array([1, 1, 2, 2], "f4"), "scales")], out=("N", 2, 8, 8))
    model("constants", [n("Constant", [], ["c"], value=real("t", 1, 2, 1, 1)),
                        n("Sub", ["x", "c"], ["a"]), n("Transpose", ["a"], ["b"],
                                                        perm=[0, 2, 3, 1]),
                        n("Transpose", ["b"], ["d"], perm=[0, 3, 1, 2]), n("Shape", ["d"], ["s"]),
                        n("Gather", ["s", "zero"], ["g"], axis=0),
                        n("Unsqueeze", ["g", "zero1"], ["h"]),
                        n("Concat", ["h", "minus"], ["i"], axis=0), n("Reshape", ["d", "i"], ["f"]),
                        n("Gemm", ["f", "k"], ["j"]), n("Clip", ["j", "lo", "hi"], ["y"])],
          [real("k", 32, 3), numpy_helper.from_array(np.array(0, "i8"), "zero"),
           numpy_helper.from_array(np.array([0], "i8"), "zero1"),
           numpy_helper.from_array(np.array([-1], "i8"), "minus"),
           numpy_helper.from_array(np.array(0, "f4"), "lo"),
           numpy_helper.from_array(np.array(6, "f4"), "hi")])
    gelu = [n("Div", ["x", "r"], ["a"]), n("Erf", ["a"], ["b"]), n("Add", ["b", "o"], ["c"]),
            n("Mul", ["x", "c"], ["d"]), n("Mul", ["d", "h"], ["e"]),
            n("ReduceMean", ["e"], ["f"], axes=[2, 3], keepdims=0), n("Gemm", ["f", "k"], ["y"])]
    model("gelu", gelu, [numpy_helper.from_array(np.array(v, "f4"), k) for k, v in
                         (("r", 2**0.5), ("o", 1), ("h", 0.5))] + [real("k", 2, 3)])
    half = numpy_helper.from_array(np.array([[1, 2], [3, 4], [5, 6]], "f2"), "h")
    model("half", [n("Cast", ["h"], ["w"], to=1), n("Flatten", ["x"], ["f"]),
                   n("Gemm", ["f", "w"], ["y"], transB=1)], [half], shape=("N", 2, 1, 1))
    f = helper.make_function("own", "F", ["a"], ["b"], [n("Relu", ["a"], ["b"])],
                             [helper.make_opsetid("", 17)])
    graph = helper.make_graph(
        [n("F", ["x"], ["a"], domain="own"), n("Gemm", ["a", "k"], ["y"])], "function",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 4))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("N", 3))], [real("k", 4, 3)])
    put("onnx", "function", helper.make_model(graph, functions=[f], opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]).SerializeToString())


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, a in tensors.items():
        raw = a.tobytes()
        kind = {"f4": "F32", "f8": "F64", "f2": "F16", "i8": "I64"}[a.dtype.str[1:]]
        header[name] = {"dtype": kind, "shape": list(a.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def parameters():
    def of(shapes, kind="f4"):
        return {k: np.arange(int(np.prod(s)) or 1, dtype=kind).reshape(s) / 7
                for k, s in shapes.items()}
    linear = {"affine1.weight": (6, 48), "affine1.bias": (6,), "affine2.weight": (4, 6),
              "affine2.bias": (4,)}
    renamed = {"0.weight": (6, 48), "0.bias": (6,), "2.weight": (4, 6), "2.bias": (4,)}
    put("safetensors", "own", safetensors(of(linear)))
    put("safetensors", "order", safetensors(of(renamed)))
    put("safetensors", "half", safetensors({k: v.astype("f2") for k, v in of(linear).items()}))
    put("safetensors", "small", safetensors({"a": np.ones((2, 3), "f4"), "b": np.ones(1, "i8")},
                                            {"format": "lathe-1", "checksum": "0" * 16}))
    net = {"conv1.weight": (3, 2, 3, 3), "conv1.bias": (3,), "bn1.weight": (3,), "bn1.bias": (3,),
           "bn1.running_mean": (3,), "bn1.running_var": (3,), "prelu1.weight": (3,),
           "deconv1.weight": (3, 2, 2, 2), "deconv1.bias": (2,), "affine1.weight": (3, 32),
           "affine1.bias": (3,)}
    put("params", "all", safetensors(of(net)))
    put("params", "half", safetensors({k: v.astype("f2") for k, v in of(net).items()}))
    put("params", "metadata", safetensors(of(net), {"format": "lathe-1", "network": "params",
        "preprocessing": "channel_norm", "values": "u1 0 255"}))


def arrays():
    r = np.random.default_rng(1)
    for kind in ("f4", ">f8", "f2", "u1", "i1", ">i2", "i4", "u8", "b1"):
        put("npy", "t" + kind.strip(">"), npy(r.integers(0, 2, (2, 3)).astype(kind)))
    put("npy", "fortran", npy(np.asfortranarray(np.arange(12.).reshape(2, 3, 2))))
    put("npy", "v2", npy(np.arange(3, dtype="i2"), version=(2, 0)))
    put("npy", "v3", npy(np.arange(3, dtype="i2"), version=(3, 0)))
    put("npy", "python2", npy(np.arange(3, dtype="u1")).replace(b"(3,), }", b"(3L,), "))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as z:
            z.writestr("x_train.npy", npy(np.zeros((8, 1, 2, 2), "u1")))
            with z.open("y_train.npy", "w", force_zip64=True) as f:
                f.write(npy(np.arange(8) % 4))
        put("npz", f"method{method}", out.getvalue())


def packed():
    data = bytes(range(64)) * 4 + b"abcabcabcabc" * 9
    put("gzip", "one", gzip.compress(data, mtime=0))
    out = io.BytesIO()
    with gzip.GzipFile("name", "wb", 9, out, 0) as f:
        f.write(data)
    put("gzip", "two", out.getvalue() + gzip.compress(b"", mtime=0))
    for level in (0, 1, 9):
        raw = zlib.compressobj(level, zlib.DEFLATED, -15)
        put("inflate", f"raw{level}", b"\x07" + raw.compress(data) + raw.flush())
    put("inflate", "zlib", b"\x7f" + zlib.compress(data))
    fixed = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FIXED)
    put("inflate", "fixed", b"\x43" + fixed.compress(data) + fixed.flush())


def png(w, h, depth, kind, rows, interlaced=0, more=b""):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(
            ">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0,
                                                                interlaced))
            + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pictures():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(
            ">I", zlib.crc32(name + data))
    files = {
        "grey1": png(9, 2, 1, 0, b"\0ab\1cd"), "grey16": png(2, 2, 16, 0, b"\2abcd\4efgh"),
        "colour": png(2, 2, 8, 2, b"\3abcdef\4ghijkl"), "alpha": png(1, 2, 8, 6, b"\0abcd\1efgh"),
        "palette": png(3, 1, 2, 3, b"\0\x18", 0, chunk(b"PLTE", bytes(12)) + chunk(b"tRNS", b"\1")),
        "interlaced": png(5, 5, 8, 0, b"\0a" * 1 + b"\0b" + b"\0cd" + b"\0ef\0gh\0" + b"x" * 40, 1),
        "transparent": png(2, 1, 8, 0, b"\0ab", 0, chunk(b"tRNS", b"\0a")),
    }
    for name, data in files.items():
        put("png", name, data)
        put("images", name + ".png", data)
    for name, text in (("p5", b"P5 2 2 255\nabcd"), ("p6", b"P6\n# c\n1 1\n65535\nabcdef"),
                       ("p2", b"P2 2 2 9 1 2 3 4"), ("p3", b"P3 1 1 255 1 2 3\nP2 1 1 1 1"),
                       ("crlf", b"P5 2 1 255\r\nab"), ("record", bytes([3]) + bytes(3072))):
        put("images", name, text)


def data_sets():
    with open(HOME + "/tests/fuzz/targets_program.c") as f:
        text = f.read().split("set_files[] = {")[1].split("};")[0]
    names = [s.strip().strip('"') for s in text.replace("\n", " ").split(",")]

    def pack(kind, files):
        return bytes([kind]) + b"".join(bytes([names.index(n)]) + struct.pack("<H", len(d)) + d
                                        for n, d in files.items())
    x, y = bytes(range(40)), bytes([0, 1, 2, 3] * 2 + [1, 2])
    images = struct.pack(">IIII", 0x803, 10, 2, 2) + x
    labels = struct.pack(">II", 0x801, 10) + y
    put("set", "idx", pack(0, {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels,
                               "t10k-images-idx3-ubyte": images,
                               "t10k-labels-idx1-ubyte": labels}))
    put("set", "idx_gz", pack(0, {"train-images-idx3-ubyte.gz": gzip.compress(images, mtime=0),
                                  "train-labels-idx1-ubyte.gz": gzip.compress(labels, mtime=0)}))
    put("set", "emnist", pack(1, {
        "emnist-letters-train-images-idx3-ubyte": images,
        "emnist-letters-train-labels-idx1-ubyte": struct.pack(">II", 0x801, 10) + bytes([1] * 10),
        "emnist-letters-mapping.txt": b"1 65 97\n2 66 98\n"}))
    record = bytes(3072)
    put("set", "cifar10", pack(2, {"data_batch_1.bin": b"".join(
        bytes([k]) + record for k in (1, 2, 0)), "test_batch.bin": b"\1" + record,
        "batches.meta.txt": b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n"}))
    put("set", "cifar100", pack(3, {"train.bin": b"\1\2" + record + b"\3\4" + record,
                                    "test.bin": b"\1\2" + record}))
    a = np.arange(40, dtype="f4").reshape(10, 1, 2, 2)
    put("set", "npy", pack(0, {"x_train.npy": npy(a / 40), "y_train.npy": npy(np.arange(10) % 4),
                               "x_test.npy": npy(a / 40), "y_test.npy": npy(np.arange(10) % 4)}))
    put("set", "targets", pack(4, {"x_train.npy": npy(a.astype("u1")),
                                   "y_train.npy": npy(np.ones((10, 2)) / 2)}))
    put("set", "input", pack(5, {"x_train.npy": npy(a.astype("f8")),
                                 "x_val.npy": npy(a[:2].astype("f8"))}))
    out = io.BytesIO()
    np.savez(out, x_train=a, y_train=np.arange(10) % 4)
    put("set", "npz", pack(0, {"set.npz": out.getvalue()}))


def texts():
    put("json", "values", '["a\\u00e9\\ud83d\\ude00\\n", 12, -1.5e3, true, {"b": [null, {}]}]')
    put("json", "object", '{"a": {"b": [1, 2.5, "c"]}, "d": false}')
    put("json", "bytes", b"\xff\x00\x1b[2J\xe2\x80\xae")
    put("result", "done", '{"format":"lathe-result-1","network":"n","layers":"00000000000000aa",'
        '"options":"--lr=1\\n","iterations":3,"tags":{"lr":"1"},"best":0.5,"loss":1.25,'
        '"diverged":false}\n')
    put("list", "two", "# c\ncd '/a b' && ./p train --lr 1 --tag a=1,seed=2 --result r/1.json\n\n"
        "cd . && 'p q' train --tag \"a=2\" --result r.json\r\n")
    put("list", "here", "cd . && p train --tag a=2 --result r.json\n")
    for k, words in enumerate((
            "emit a.net -o b.c --isa avx2 --dtype f64 --split --lines --batch 3",
            "build a.net b.net --set f=3 --tune t --isa x86 -o p",
            "show a.net --plan --html -d block --inference --ram 1000 --small",
            "sweep a.net --set f=1,2 --grid lr=1e-4:1e-2:log5 --seeds 1-3,9 --list l -- --epochs 2",
            "sweep --run l --line 3", "sweep --table l --csv", "tune a.net -o t -- --rounds 2",
            "export a.net --params p --fold --softmax --with-preprocessing --range 0,1 -o m.onnx",
            "import m.onnx -o n --check x.npy y.npy --weights w", "doc", "--help", "emit --help",
            "emit a.net --inference --weights blob --params p --fast")):
        put("lathe_options", f"line{k}", words.replace(" ", "\n"))
    for k, words in enumerate((
            "train --data synthetic --epochs 2 --lr 0.1 --batch 4 --optimizer adam --threads 1",
            "train --params a --checkpoint b --checkpoint-every 3 --history c --tag a=b,c=d",
            "train --class-weights 1,2,3,4 --schedule cosine --warmup 0.5 --clip 1 --flip",
            "train --from p --from-only affine*,!*.bias --result r.json",
            "eval --params p --data synthetic --per-class --tta --auc",
            "predict --params p --top 3 --json --resize i.png", "info --data synthetic",
            "info --metadata", "dump --params p -o d --data synthetic", "train --help",
            "predict --scores s.npy --range 0,1 --params p x.npy")):
        put("program_options", f"line{k}", words.replace(" ", "\n"))


for make in (networks, models, parameters, arrays, packed, pictures, data_sets, texts):
    make()
