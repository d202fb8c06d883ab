"""A network as somebody ships it: parameters of a short training on the synthetic set, an image
as training prepared it, and what lathe makes of them. For bench/micro.py and bench/inference.py.
Standard library only."""
import ast
import json
import os
import re
import struct
import subprocess

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=True, **more).stdout


def networks(parser, names):
    """Of models/, comma between."""
    for name in names.split(","):
        if not os.path.exists(os.path.join(HOME, "models", name + ".net")):
            parser.error(f"models/{name}.net: no such file")
    return names.split(",")


def as_they_are(path):
    """Says in a parameter file that images need no preparation: those of x.npy had theirs."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header["__metadata__"]["preprocessing"] = "none"
    text = json.dumps(header, separators=(",", ":")).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def first_image(path):
    """Of an array (n, channels, height, width) in f32: its shape and values, plane by plane."""
    with open(path, "rb") as f:
        version = f.read(8)[6]
        size = struct.unpack("<H", f.read(2)) if version == 1 else struct.unpack("<I", f.read(4))
        head = ast.literal_eval(f.read(*size).decode())
        assert head["descr"] == "<f4" and not head["fortran_order"]
        channels, height, width = head["shape"][1:]
        count = channels*height*width
        return (channels, height, width), struct.unpack(f"<{count}f", f.read(4*count))


class Shipped:
    """A network's folder; `built`: as an earlier run has left it."""

    def __init__(self, lathe, name, folder, warm, built=False):
        self.lathe, self.name, self.folder = lathe, name, folder
        self.net = os.path.join(HOME, "models", name + ".net")
        self.params = self.path("params.safetensors")
        if not built:
            self.build(warm)
        with open(self.path("info.txt")) as f:
            self.info = f.read()
        self.shape, self.image = first_image(self.path("x.npy"))

    def build(self, warm):
        os.makedirs(self.folder, exist_ok=True)
        program = self.path(self.name)
        run([self.lathe, "build", self.net, "-o", program])
        with open(self.path("info.txt"), "w") as f:
            f.write(run([program, "info", "--data", "synthetic"]))
        run([program, "bench", "--serve", "--data", "synthetic", "--warm", str(warm), "--save",
             self.folder], input="quit\n")
        as_they_are(self.params)

    def path(self, name):
        return os.path.join(self.folder, name)

    def scores(self):
        """How many an image has."""
        return int(re.search(r"^input .*, (\d+) ", self.info, re.M).group(1))

    def emit(self, name, *options):
        """net.c and net.h in a folder of their own; what the header states."""
        folder = self.path(name)
        os.makedirs(folder, exist_ok=True)
        run([self.lathe, "emit", "--inference", self.net, "--params", self.params, "-o",
             os.path.join(folder, "net.c"), *options])
        with open(os.path.join(folder, "net.h")) as f:
            text = f.read()
        return folder, {key: int(value) for key, value in
                        re.findall(r"\bNET_(\w+) = (\d+)", text)
                        + re.findall(r"#define NET_(\w+) (\d+)\n", text)}

    def onnx2c(self, program, name):
        """What onnx2c writes of what lathe exports: net.c in a folder; its constants' bytes."""
        folder, onnx = self.path(name), self.path("net.onnx")
        os.makedirs(folder, exist_ok=True)
        run([self.lathe, "export", self.net, "--params", self.params, "--fold", "-o", onnx])
        text = subprocess.run([program, "-l", "0", onnx], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=True).stdout
        with open(os.path.join(folder, "net.c"), "w") as f:
            f.write(text)
        weights = 0
        for sizes in re.findall(r"^static const float \w+((?:\[\d+\])+)", text, re.M):
            count = 4
            for size in re.findall(r"\d+", sizes):
                count *= int(size)
            weights += count
        return folder, weights
