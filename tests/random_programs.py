#!/usr/bin/env python3
"""What lathe accepts must compile and be right: random networks over the whole vocabulary, whose
layers and names are called as C's keywords, macros, libc's functions and the runtime's are. Each is
emitted in double for scalar, AVX2 and AVX-512 (elsewhere for what there is), compiled without a
warning, and its gradients are held against central differences; then a few steps of a training make
the same parameter file, byte for byte, on every instruction set that runs here. With --all also in
float, optimised, and by clang where it is.

Exit status: 0 all good, 1 not. Needs $LATHE or build/lathe, $SOURCE/runtime/liblathe64.a.

usage: random_programs.py [--all] [NETWORKS [SEED]]
A SEED repeats what it printed; the networks that failed are kept in build/random.
"""
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
from random_networks import Network

LATHE = os.environ.get("LATHE", os.path.join(HOME, "build/lathe"))
CC = os.environ.get("COMPILER", os.environ.get("CC", "cc")).split()
TOGETHER = 10           # networks of one program
OPTIMIZERS = ("sgd", "momentum lr=0.01", "nesterov lr=0.01", "adagrad", "rmsprop", "adam lr=1e-3",
              "adamw lr=1e-3 weight_decay=0.02", "muon lr=0.02")
SETTINGS = (("reg 1e-3",), ("clip 1",), ("schedule cosine",), ("schedule linear",),
            ("lr_decay 0.9",), ("warmup 0.5",), ("average ema 0.9",), ("average mean",),
            ("init 0.05",), ("flip",), ("translate 1 reflect", "translate 1"), ("cutout 2",),
            ("brightness 0.1",), ("sample replacement",), ("patience 2",))


def words():
    """Those that test_names.c lists."""
    with open(os.path.join(HOME, "tests/program/test_names.c")) as f:
        lists = re.findall(r'^static const char \w+\[\] =((?:\n +"[^"]*")+);', f.read(), re.M)
    found = " ".join(re.findall(r'"([^"]*)"', " ".join(lists))).split()
    return [w for w in found if "__" not in w and w.strip("_") == w]


class Called(Network):
    """With labels, lets and settings."""
    WORDS = words()
    layers = 1, 2       # of the few of `make test`

    def __init__(self, lathe, path, r, name):
        self.used = set()
        super().__init__(lathe, path, r, name)
        self.lines = [self.label(line) for line in self.lines]
        if r.random() < 0.5:
            self.let()
        with open(path, "w") as f:
            f.write("\n".join(self.lines + self.settings()) + "\n")

    def word(self):
        while True:
            word = self.r.choice(self.WORDS)
            if word not in self.used:
                self.used.add(word)
                return word

    def label(self, line):
        if self.r.random() < 0.3 or re.match(r"net |input |}|repeat ", line):
            return line
        return f"{self.word()}: {line}"

    def let(self):
        """The number of one layer has a name."""
        at = [k for k, line in enumerate(self.lines) if re.search(r"(affine|conv) \d+", line)]
        if at:
            k, name = self.r.choice(at), self.word()
            number = re.search(r"(?:affine|conv) (\d+)", self.lines[k])[1]
            before, after = self.lines[k].rsplit(f" {number}", 1) \
                if self.lines[k].endswith(f" {number}") else self.lines[k].split(f" {number}", 1)
            self.lines[k] = f"{before} {self.r.choice((name, f'({name}*1)'))}{after}"
            self.lines.insert(1, f"let {name} = {number}")

    def layer(self, shape, depth):
        if self.r.random() < 0.1 and shape[1] * shape[2] > 1:
            return [f"repeat {self.r.randint(1, 2)} as {self.word()} {{"] + \
                self.inside(shape, depth) + ["}"]
        return super().layer(shape, depth)

    def settings(self):
        r, lines = self.r, super().settings() or ["train"]
        lines.append(f"  optimizer {r.choice(OPTIMIZERS)}")
        for choices in r.sample(SETTINGS, r.randint(0, 4)):
            lines.append(f"  {r.choice(choices)}")
        labels = [m[1] for m in (re.match(r"(\w+): (?:conv|affine|deconv)", s) for s in self.lines)
                  if m]
        if labels and r.random() < 0.3:
            lines.append(f"  group {r.choice(labels)} lr=0.01 optimizer=sgd")
        if labels and r.random() < 0.2:
            lines.append(f"  freeze {r.choice(labels)}")
        return self.accepted(lines)

    def accepted(self, lines):
        """Without the settings that this network cannot have: lathe says which line."""
        while True:
            with open(self.path, "w") as f:
                f.write("\n".join(self.lines + lines) + "\n")
            done = subprocess.run([self.lathe, "emit", self.path, "-d", "spec"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            bad = re.search(r":(\d+):\d+: error", done.stderr)
            if not bad:
                return lines
            k = int(bad[1]) - 1 - len(self.lines)
            assert k > 0, done.stderr
            lines = lines[:k] + lines[k + 1:]


class Failed(Exception):
    pass


def run(command, where):
    done = subprocess.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    if done.returncode or (command[0] in CC + ["clang"] and done.stdout):
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def instruction_sets():
    """What lathe is asked for, and those of it that run here."""
    if platform.machine() != "x86_64":
        return ("neon", ["neon"]) if platform.machine() == "aarch64" else ("scalar", ["scalar"])
    with open("/proc/cpuinfo") as f:
        flags = next((set(s.split()) for s in f if s.startswith("flags")), set())
    has = ["scalar"] + ["avx2"] * ({"avx2", "fma"} <= flags) + ["avx512"] * (
        {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"} <= flags)
    return "x86", has


def trained(name, isa, threads, where):
    """The parameters, or, where the training diverges, as some do, what is said of it."""
    params = f"{name}.{isa}"
    try:
        run(["./p", "train", "--network", name, "--isa", isa, "--data", "synthetic",
             "--train-samples", "24", "--val-samples", "8", "--batch", "6", "--iterations", "3",
             "--threads", str(threads), "--check-end", "--quiet", "--params", params], where)
    except Failed as e:
        if "no longer finite" not in str(e):
            raise
        return str(e).partition("\n")[2].encode()
    with open(os.path.join(where, params), "rb") as f:
        return f.read()


def program(names, where, kind, compiler, level, isas):
    """Builds the networks' program, checks gradients and bits; returns how many trainings."""
    asked, here = isas
    run([LATHE, "emit", *(f"{n}.net" for n in names), "--isa", asked, "--dtype", kind, "--split",
         "-o", "p.c"], where)
    library = os.path.join(HOME, "runtime", "liblathe64.a" if kind == "f64" else "liblathe.a")
    run([*compiler, level, "-Wall", "-Wextra", f"-I{HOME}/runtime", "p.c", library, "-o", "p",
         "-lm", "-pthread"], where)
    for name in names:
        if kind == "f64" and level != "-O2":
            run(["./p", "gradcheck", "--network", name, "--entries", "12", "--threads", "1"], where)
        saved = []
        for isa in here:
            saved.append(trained(name, isa, 1 + len(saved) % 2, where))
        for isa, bytes_ in zip(here, saved):
            if bytes_ != saved[0]:
                raise Failed(f"{name}, {kind}: {isa} makes other bits than {here[0]}")


def keep(names, where):
    to = os.path.join(HOME, "build/random")
    os.makedirs(to, exist_ok=True)
    for name in names:
        shutil.copy(os.path.join(where, f"{name}.net"), to)


def one_by_one(names, where, *how):
    """Which of a program's networks it is."""
    bad = []
    for name in names:
        try:
            program([name], where, *how)
        except Failed as e:
            bad.append(name)
            print(f"FAILED {name}: {e}", flush=True)
    keep(bad or names, where)
    return len(bad) or 1


def main(argv):
    every = "--all" in argv
    numbers = [int(a) for a in argv if a != "--all"]
    count = numbers[0] if numbers else 20
    seed = numbers[1] if len(numbers) > 1 else int(time.time())
    print(f"random networks of seed {seed}: random_programs.py {'--all ' * every}{count} {seed}",
          flush=True)
    if count > 20:
        Called.layers = Network.layers
    isas = instruction_sets()
    hows = [("f64", CC, "-O0", isas)]
    if every:
        hows += [("f32", CC, "-O2", isas)]
        hows += [("f64", ["clang"], "-O1", isas)] * (shutil.which("clang") is not None)
    failed = 0
    for first in range(0, count, TOGETHER):
        where = tempfile.mkdtemp()
        names = []
        for k in range(first, min(first + TOGETHER, count)):
            r = random.Random(seed * 100003 + k)
            name = r.choice([w for w in Called.WORDS if w not in names])
            names.append(name)
            Called(LATHE, os.path.join(where, f"{name}.net"), r, name)
        for how in hows:
            try:
                program(names, where, *how)
            except Failed as e:
                print(f"FAILED {how[0]} {' '.join(how[1])} {how[2]}: {e}", flush=True)
                failed += one_by_one(names, where, *how)
        shutil.rmtree(where)
        if count > 20:
            print(f"{first + len(names)} networks, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
