#!/usr/bin/env python3
"""Networks on a Cortex-M7 and a Cortex-M4 under QEMU, Lathe's C beside other people's: the
instructions of an image, memory, and code, all counted in the same way (examples/cortex-m).

Everybody gets the same parameters and the same image and must make the same scores (1e-4). Peers
are used where they are: onnx2c's program, a folder of TensorFlow Lite Micro; docs/deploy.md says
how to have them. Needs Debian's gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm,
for TensorFlow Lite Micro libstdc++-arm-none-eabi-newlib and what bench/peers.sh installs.

Exit status: 0 measured, 1 something failed or differs, 2 wrong usage.
"""
import argparse
import concurrent.futures
import glob
import os
import shutil
import struct
import subprocess
import sys

import peers
from shipped import HOME, Shipped, networks, run

HERE = os.path.dirname(os.path.abspath(__file__))
FIRMWARE = os.path.join(HOME, "examples", "cortex-m")
CROSS = "arm-none-eabi-"
CPUS = {"m7": ("mps2-an500", "-mcpu=cortex-m7 -mfpu=fpv5-sp-d16"),
        "m4": ("mps2-an386", "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16")}
ALL = "-mthumb -mfloat-abi=hard -ffunction-sections -fdata-sections"
STACK = 65536
SAME = 1e-4             # of the largest score
# Who, flags of the compiler, options of `lathe emit --inference`.
WAYS = [
    ("Lathe", "-O2", ("--isa", "cortex-m")),
    ("Lathe `--fast`", "-O2", ("--isa", "cortex-m", "--fast")),
    ("Lathe `--small`", "-Os", ("--isa", "cortex-m", "--small")),
    ("onnx2c", "-O2", ()),
    ("onnx2c", "-O3 -ffast-math", ()),
    ("TFLite Micro", "-O2", ()),
    ("TFLite Micro", "-O3 -ffast-math", ()),
]
# TensorFlow Lite Micro: operations of a model, the call that has each, its file of kernels. The
# flags are those of its own Makefile's release build: -Os but for kernels.
OPERATIONS = {
    "ADD": ("Add", "add"), "AVERAGE_POOL_2D": ("AveragePool2D", "pooling"),
    "CONV_2D": ("Conv2D", "conv"), "DEPTHWISE_CONV_2D": ("DepthwiseConv2D", "depthwise_conv"),
    "FULLY_CONNECTED": ("FullyConnected", "fully_connected"),
    "MAX_POOL_2D": ("MaxPool2D", "pooling"), "MEAN": ("Mean", "reduce"), "PAD": ("Pad", "pad"),
    "PADV2": ("PadV2", "pad"), "RESHAPE": ("Reshape", "reshape"),
}
TFLM_FLAGS = ("-std=c++17 -fno-rtti -fno-exceptions -fno-threadsafe-statics -fno-unwind-tables "
              "-fno-asynchronous-unwind-tables -DTF_LITE_STATIC_MEMORY -DNDEBUG "
              "-DTF_LITE_STRIP_ERROR_STRINGS")
TFLM_MICRO = "tensorflow/lite/micro"
TFLM_FILES = [f"{TFLM_MICRO}/*.cc", f"{TFLM_MICRO}/arena_allocator/*.cc",
              f"{TFLM_MICRO}/memory_planner/*.cc", f"{TFLM_MICRO}/tflite_bridge/*.cc",
              "tensorflow/lite/core/api/*.cc", "tensorflow/lite/core/c/*.cc",
              "tensorflow/lite/kernels/*.cc", "tensorflow/lite/kernels/internal/*.cc",
              "tensorflow/compiler/mlir/lite/schema/*.cc"]
TFLM_OTHERS = ("test", "mock_", "fake_", "hexdump", "_log.cc", "micro_profiler", "micro_time",
               "recording", "/tensor_utils", "system_setup", "runtime_shape", "shim", "custom_ops")
TRIAL_ARENA = 1 << 20


def options(words):
    p = argparse.ArgumentParser(prog="micro.py", description=__doc__.split("\n\n")[0])
    p.add_argument("--lathe", default=os.path.join(HOME, "build", "lathe"), help="the generator")
    p.add_argument("--out", default=os.path.join(HOME, "build", "micro"), help="where all goes")
    p.add_argument("--models", default="resnet8,tiny", help="of models/, comma between")
    p.add_argument("--cpus", default=",".join(CPUS), help="of m7, m4; comma between")
    p.add_argument("--onnx2c", default=shutil.which("onnx2c"), help="the program")
    p.add_argument("--tflm", help="the folder of tflite-micro, with its third_party_downloads")
    p.add_argument("--python", action="append", default=[], help="an interpreter that has "
                   "TensorFlow and LiteRT, besides those of bench/peers.sh")
    p.add_argument("--warm", type=int, default=20, help="training steps that make the "
                   "parameters (20)")
    o = p.parse_args(words)
    o.models, o.cpus = networks(p, o.models), o.cpus.split(",")
    for cpu in o.cpus:
        if cpu not in CPUS:
            p.error(f"--cpus {cpu}: expected some of {', '.join(CPUS)}")
    return o


class Missing(Exception):
    """A peer that is not here."""


class Failed(Exception):
    """One that is here and does not make the scores."""


def compiled(compiler, cpu, flags, source, into, *more, keep=False):
    """The object. With `keep` one that is newer than its source is taken as it is."""
    out = os.path.join(into, source.replace(os.sep, "_") + ".o")
    if not (keep and os.path.exists(out) and os.path.getmtime(out) > os.path.getmtime(source)):
        os.makedirs(into, exist_ok=True)
        run([CROSS + compiler, *ALL.split(), *CPUS[cpu][1].split(), *flags.split(), *more, "-c",
             source, "-o", out])
    return out


class Tflm:
    """TensorFlow Lite Micro: a library for each processor and each set of flags."""

    def __init__(self, folder, out):
        self.folder, self.out = folder, out
        downloads = os.path.join(folder, TFLM_MICRO, "tools", "make", "downloads")
        self.includes = ["-I" + folder] + ["-I" + os.path.join(downloads, part) for part in
                                           ("flatbuffers/include", "gemmlowp", "ruy")]

    def objects(self, cpu, flags, kernels):
        """Its core, and of the kernels those that are named."""
        def files(pattern):
            return sorted(f for f in glob.glob(os.path.join(self.folder, pattern))
                          if not any(part in f[len(self.folder):] for part in TFLM_OTHERS))

        work = [("-Os", f) for pattern in TFLM_FILES for f in files(pattern)]
        if not work:
            raise Missing(f"--tflm DIR: {self.folder} has no {TFLM_MICRO}")
        for kernel in sorted(set(kernels) | {"kernel_util"}):
            work += [(flags, f) for ending in ("", "_common")
                     for f in files(f"{TFLM_MICRO}/kernels/{kernel}{ending}.cc")]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda job: compiled(
                "g++", cpu, job[0] + " " + TFLM_FLAGS, job[1],
                os.path.join(self.out, cpu + job[0].replace(" ", "")), *self.includes,
                keep=True), work))


class Model:
    """One network: what it needs to be built in every way."""

    def __init__(self, o, name):
        self.o, self.shipped = o, Shipped(o.lathe, name, os.path.join(o.out, name), o.warm)
        self.scores, self.tflite, self.nobody = None, None, {}
        channels, height, width = self.shipped.shape
        planes = self.shipped.image
        pixels = [planes[c*height*width + k] for k in range(height*width) for c in range(channels)]
        for folder, values in ("planes", planes), ("pixels", pixels):
            self.write(folder, "image.inc", "".join(f"{x!r}f,\n" for x in values))

    def write(self, folder, name, text):
        os.makedirs(self.shipped.path(folder), exist_ok=True)
        with open(os.path.join(self.shipped.path(folder), name), "w") as f:
            f.write(text)

    def firmware(self, cpu, objects, image, name):
        """Links and runs it: what it says, and its sizes as the linker counts."""
        folder = os.path.join(self.shipped.folder, cpu)
        include = ["-I" + FIRMWARE, "-I" + HERE, "-I" + self.shipped.path(image),
                   f"-DSCORES={self.shipped.scores()}"]
        own = [compiled("gcc", cpu, "-O2", source, os.path.join(folder, image), *include)
               for source in [os.path.join(FIRMWARE, part + ".c") for part in
                              ("startup", "semihost", "measure")]
               + [os.path.join(HERE, "net_micro.c")]]
        elf = os.path.join(folder, name + ".elf")
        run([CROSS + "g++", *ALL.split(), *CPUS[cpu][1].split(), *own, *objects, "-T",
             os.path.join(FIRMWARE, "memory.ld"), "-nostartfiles", "-Wl,--gc-sections",
             f"-Wl,--defsym=stack_size={STACK}", "-o", elf])
        said = dict(line.split(" ", 1) for line in run(
            ["qemu-system-arm", "-M", CPUS[cpu][0], "-nographic", "-monitor", "none", "-serial",
             "none", "-icount", "shift=0", "-semihosting-config", "enable=on,target=native",
             "-kernel", elf], timeout=600, stdin=subprocess.DEVNULL).splitlines() if " " in line)
        text, data, bss = map(int, run([CROSS + "size", elf]).splitlines()[1].split()[:3])
        return said, text + data, data + bss

    def peer(self, cpu, flags, define, folder):
        """Objects of a peer that is C: how it is called, and its net.c."""
        into = os.path.join(folder, cpu + flags.replace(" ", ""))
        more = ["-D" + define, "-I" + HERE, "-I" + folder]
        sources = [os.path.join(HERE, "net_peer.c")] + glob.glob(os.path.join(folder, "net.c"))
        return [compiled("gcc", cpu, flags, source, into, *more) for source in sources]

    def measured(self, cpu, who, flags, emit):
        """A row: instructions, memory, code, weights. The firmware of nobody is taken away."""
        name = "".join(c for c in who + flags if c.isalnum())
        if who.startswith("Lathe"):
            folder, header = self.shipped.emit(name, *emit)
            weights = header["WEIGHT_BYTES"]
            objects, image = self.peer(cpu, flags, "LATHE", folder), "planes"
        elif who == "onnx2c":
            if not self.o.onnx2c:
                raise Missing("--onnx2c PROGRAM")
            folder, weights = self.shipped.onnx2c(self.o.onnx2c, name)
            objects, image = self.peer(cpu, flags, "ONNX2C", folder), "planes"
        else:
            objects, weights, image = *self.tflm(cpu, flags, name), "pixels"
        if (cpu, image) not in self.nobody:
            nobody = self.peer(cpu, flags, "NOBODY", self.shipped.path("nobody"))
            self.nobody[cpu, image] = self.firmware(cpu, nobody, image, "nobody")
        _, no_flash, no_ram = self.nobody[cpu, image]
        said, flash, ram = self.firmware(cpu, objects, image, name)
        if said.get("status") != "0" or said["instructions"] == "0":
            raise Failed(f"status {said.get('status')}, {said.get('instructions')} instructions")
        self.compare(said["scores"])
        return {"instructions": int(said["instructions"]), "stack": int(said["stack"]),
                "ram": ram - no_ram, "code": flash - no_flash - weights, "weights": weights}

    def compare(self, words):
        ours = [struct.unpack(">f", bytes.fromhex(word))[0] for word in words.split()]
        self.scores = self.scores or ours
        off = max(abs(a - b) for a, b in zip(ours, self.scores)) / max(map(abs, self.scores))
        if not off <= SAME:
            raise Failed(f"scores differ by {off:.2g} of the largest: not the same network")

    def tflm(self, cpu, flags, name):
        """Its objects, with as little an arena as it says that it needs; its weights' bytes."""
        operations, weights = self.tflite_model()
        folder = self.shipped.path(name)
        self.write(name, "operations.inc", "".join(
            f"    if (resolver.Add{OPERATIONS[op][0]}() != kTfLiteOk)\n        return 3;\n"
            for op in operations))
        with open(self.shipped.path("net.tflite"), "rb") as f:
            self.write(name, "model.inc", "".join(f"{byte},\n" for byte in f.read()))
        library = Tflm(self.o.tflm, os.path.join(self.o.out, "tflm"))
        rest = library.objects(cpu, flags, [OPERATIONS[op][1] for op in operations])

        def firmware(arena):
            own = compiled("g++", cpu, f"{flags} {TFLM_FLAGS}", os.path.join(HERE, "net_tflm.cc"),
                           os.path.join(folder, f"{cpu}-{arena}"), f"-DARENA={arena}",
                           f"-DOPERATIONS={len(operations)}", f"-DSCORES={self.shipped.scores()}",
                           "-I" + HERE, "-I" + folder, *library.includes)
            return [own, *rest], self.firmware(cpu, [own, *rest], "pixels", name)[0]

        _, said = firmware(TRIAL_ARENA)
        arena = int(said["arena"])
        objects, said = firmware(-(-arena // 16)*16)
        while said["status"] != "0" and arena < TRIAL_ARENA:
            arena += 256        # it needs more while it plans than it says afterwards
            objects, said = firmware(-(-arena // 16)*16)
        return objects, weights

    def tflite_model(self):
        if not self.o.tflm:
            raise Missing("--tflm DIR")
        if not self.tflite:
            needs = next(modules for name, _, modules, _ in peers.PEERS if name == "TFLite")
            python = next((p for p in peers.pythons(self.o.python) if peers.has_modules(p, needs)),
                          None)
            if not python:
                raise Missing("TensorFlow and LiteRT, which write its model: make bench-peers")
            said = subprocess.run([python, os.path.join(HERE, "tflite_model.py"),
                                   self.shipped.folder, self.shipped.path("net.tflite")],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  check=True, env=peers.environment(1)).stdout.split()
            self.tflite = said[1:], int(said[0])
        lacking = [op for op in self.tflite[0] if op not in OPERATIONS]
        if lacking:
            raise Failed(f"no kernel is known here for {', '.join(lacking)}")
        return self.tflite


def short(count):
    return f"{count/1e6:.3g} million" if count >= 1e6 else f"{count/1e3:.3g} thousand"


def head(name, cpus):
    """The table is as docs/deploy.md has it."""
    print(f"\n| {name} | | " + " | ".join(f"instructions, {cpu.upper()}" for cpu in cpus)
          + " | static RAM | stack | code | weights |\n|" + "---|"*(6 + len(cpus)), flush=True)


def line(who, flags, row, cpus):
    """`row`: of each processor what was measured, or why nothing was."""
    if isinstance(row, str):
        cells = [row] + [""]*(3 + len(cpus))
    else:
        of = row[cpus[0]]
        cells = [short(row[cpu]["instructions"]) for cpu in cpus] + [
            f"{of[what]:,}" for what in ("ram", "stack", "code", "weights")]
    print("| " + " | ".join([who, flags, *cells]) + " |", flush=True)


def main(words):
    o = options(words)
    for tool in CROSS + "gcc", "qemu-system-arm":
        if not shutil.which(tool):
            print(f"micro: no {tool}", file=sys.stderr)
            return 1
    status = 0
    for name in o.models:
        try:
            model = Model(o, name)
            head(name, o.cpus)
            for who, flags, emit in WAYS:
                try:
                    row = {cpu: model.measured(cpu, who, flags, emit) for cpu in o.cpus}
                except Missing as why:
                    row = f"[not found] {why}"
                except Failed as why:
                    row, status = f"left out: {why}", 1
                line(who, flags, row, o.cpus)
        except (subprocess.CalledProcessError, OSError) as why:
            print(f"micro: {why}\n{getattr(why, 'output', '') or ''}", file=sys.stderr)
            return 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
