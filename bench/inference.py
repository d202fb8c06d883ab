#!/usr/bin/env python3
"""One image on one thread: the C that `lathe emit --inference --isa native` writes, beside what
onnx2c writes and whatever peers are installed, by turns: Lathe, a peer, Lathe, the next.

Everybody gets the same parameters and the same prepared image and must make the same scores
(1e-4 of the largest) before anything is timed. Only the standard library is needed here; peers
bring what they need (bench/peers.sh; onnx2c: docs/deploy.md).

Exit status: 0 measured, 1 a Lathe program failed, 2 wrong usage.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys

import peers
from bench import pin, say
from contender import Contender, Failure
from figures import median, row, write_csv
from layers import processor
from shipped import HOME, Shipped, networks, run

HERE = os.path.dirname(os.path.abspath(__file__))
SAME = 1e-4             # of the largest score
ROUND_MS = 60           # of one request
NATIVE = "-O3 -march=native"
# What is C: who, flags of the compiler, options of `lathe emit --inference`.
WAYS = [
    ("Lathe", "-O3", ("--isa", "native")),
    ("Lathe `--small`", "-O3", ("--isa", "native", "--small")),
    ("onnx2c", NATIVE, ()),
    ("onnx2c `-ffast-math`", NATIVE + " -ffast-math", ()),
]


def options(words):
    p = argparse.ArgumentParser(prog="inference.py", description=__doc__.split("\n\n")[0])
    p.add_argument("--lathe", default=os.path.join(HOME, "build", "lathe"), help="the generator")
    p.add_argument("--out", default=os.path.join(HOME, "build", "inference"),
                   help="where all goes")
    p.add_argument("--models", default="three_layer,three_layer_3x3,vgg_small,vgg_small_bn,resnet8",
                   help="of models/, comma between")
    p.add_argument("--peers", default=",".join(n.lower().replace(" ", "") for n in
                   sorted(peers.INFERENCE)), help="comma between: "
                   f"{', '.join(peers.options()[:-1])}; `none` (those without training)")
    p.add_argument("--onnx2c", default=shutil.which("onnx2c"), help="the program")
    p.add_argument("--cc", default=os.environ.get("CC", "cc"), help="the compiler of what is C")
    p.add_argument("--python", action="append", default=[], help="an interpreter to look for "
                   "peers in, besides $LATHE_PEERS and python3; may be repeated")
    p.add_argument("--rounds", type=int, default=9, help="turns of everybody (9)")
    p.add_argument("--warm", type=int, default=20, help="training steps that make the "
                   "parameters (20)")
    p.add_argument("--built", action="store_true", help="measure what an earlier run has built")
    p.add_argument("--timeout", type=float, default=300, help="seconds that a peer has to start")
    o = p.parse_args(words)
    o.models, o.peers = networks(p, o.models), o.peers.split(",")
    for name in o.peers:
        if name not in peers.options()[:-1] + ["none"]:
            p.error(f"--peers {name}: expected some of {', '.join(peers.options()[:-1])}, none")
    if o.rounds < 1:
        p.error("--rounds: at least 1")
    return o


class Model:
    """One network: who runs it, and how fast."""

    def __init__(self, o, name):
        self.o, self.name = o, name
        self.shipped = Shipped(o.lathe, name, os.path.join(o.out, name), o.warm, o.built)
        self.programs = [(who, self.program(f"way{number}", who, *how)) for number, (who, *how)
                         in enumerate(WAYS) if who.startswith("Lathe") or o.onnx2c]
        self.log, self.scores = self.shipped.path("log"), None
        self.contenders, self.counts, self.times, self.pairs = [], {}, {}, {}

    def program(self, way, who, flags, emit):
        """The command of what is C."""
        program = os.path.join(self.shipped.path(way), "serve")
        if self.o.built:
            return [program]
        if who.startswith("Lathe"):
            folder, _ = self.shipped.emit(way, *emit)
        else:
            folder, _ = self.shipped.onnx2c(self.o.onnx2c, way)
        with open(os.path.join(folder, "image.inc"), "w") as f:
            f.write("".join(f"{x!r}f,\n" for x in self.shipped.image))
        define, net = "LATHE" if who.startswith("Lathe") else "ONNX2C", os.path.join(folder, "net")
        run([*self.o.cc.split(), *flags.split(), "-c", net + ".c", "-o", net + ".o"])
        run([*self.o.cc.split(), "-O2", f"-D{define}", f"-DSCORES={self.shipped.scores()}",
             "-I" + folder, "-I" + HERE, os.path.join(HERE, "net_serve.c"),
             os.path.join(HERE, "net_peer.c"), net + ".o", "-o", program, "-lm"])
        return [program]

    def commands(self, found):
        """Name and command of everybody; Lathe's first."""
        return self.programs + [
            (f"{name} {mode}" if mode else name,
             [*command, self.shipped.folder, mode or "only", "1", "0", "0"])
            for name, mode, command in found]

    def start(self, found):
        for who, command in self.commands(found):
            contender = None
            try:
                contender = Contender(who, command, self.log, peers.environment(1), self.o.timeout)
                scores = [float(word) for word in contender.ask("scores", "scores").split()]
                self.scores = self.scores or scores
                off = max(abs(a - b) for a, b in zip(scores, self.scores))
                if len(scores) != len(self.scores) or not off <= SAME*max(map(abs, self.scores)):
                    raise Failure(contender, f"scores differ by {off:.3g}: not the same network")
                self.counts[who] = max(1, int(ROUND_MS / median(contender.times("infer 1 1"))))
                self.contenders.append(contender)
            except Failure as failure:
                if who == "Lathe":
                    raise
                say(f"  {who}: left out: {failure.why}")
                if contender:
                    contender.close()

    def ask(self, contender):
        time = median(contender.times(f"infer 1 {self.counts[contender.name]}"))
        self.times.setdefault(contender.name, []).append(time)
        return [time]

    def measure(self, found):
        self.start(found)
        lathe, others = self.contenders[0], self.contenders[1:]
        for number in range(self.o.rounds):
            turn = number % max(len(others), 1)
            for other in others[turn:] + others[:turn]:
                ours = self.ask(lathe)
                self.pairs.setdefault(other.name, []).append((ours, self.ask(other)))
            if not others:
                self.ask(lathe)
        versions = {c.name: c.ready for c in self.contenders}
        for contender in self.contenders:
            contender.close()
        return [row(self.name, "inference", "inference of 1", who, times, self.pairs.get(who, ()),
                    images=1, threads=1, note=versions[who]) for who, times in self.times.items()]


def table(rows):
    """Microseconds, as docs/deploy.md has it; the last column is the best peer's by ours."""
    names = list(dict.fromkeys(r["who"] for r in rows))
    say("\n| | " + " | ".join(names) + " | best peer / Lathe |\n|" + "---|"*(len(names) + 2))
    for model in dict.fromkeys(r["model"] for r in rows):
        mine = {r["who"]: r for r in rows if r["model"] == model}
        ratios = [r["ratio"] for who, r in mine.items() if not who.startswith("Lathe")]
        cells = [f"{1e3*mine[n]['ms']:,.0f}" if n in mine else "-" for n in names]
        say("| " + " | ".join([model, *cells, f"{min(ratios):.1f}" if ratios else "-"]) + " |")


def main(words):
    o = options(words)
    # Contenders stand still in sessions of their own: nobody else would end them.
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda *_: sys.exit(1))
    found, missing = ([], []) if o.peers == ["none"] else peers.installed(o.python, o.peers, False)
    missing += [] if o.onnx2c else ["onnx2c"]
    compiler = run([*o.cc.split(), "--version"]).splitlines()[0]
    say(f"{processor()}, one thread, one image; {compiler}"
        + "".join(f"\n{name}: [not found]" for name in missing))
    os.makedirs(o.out, exist_ok=True)
    rows = []
    try:
        models = [Model(o, name) for name in o.models]
        pin(1)
        for model in models:
            rows += model.measure(found)
            write_csv(os.path.join(o.out, "results.csv"), rows)
            say(f"  {model.name}: measured")
    except (Failure, subprocess.CalledProcessError, OSError) as why:
        print(f"inference: {why}\n{getattr(why, 'output', '') or ''}", file=sys.stderr)
        return 1
    finally:
        Contender.close_all()
    say("\n" + "; ".join(dict.fromkeys(r["note"] for r in rows if r["note"])))
    table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
