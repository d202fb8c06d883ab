#!/usr/bin/env python3
"""Measures Lathe's programs beside the machine's peak and bandwidth, and beside whatever
peers are installed, by turns: Lathe, a peer, Lathe, the next. Writes results.csv and
report.html.

Everybody gets the parameters and the batch that training has after `--warm` steps, must
compute the same loss from them (1e-4), and then trains on, or classifies, as often as asked.
Only the standard library is needed here; peers bring what they need (bench/peers.sh).

Exit status: 0 measured, 1 a Lathe program failed, 2 wrong usage.
"""
import argparse
import os
import signal
import subprocess
import sys
import time

import peers
import picture
from contender import Contender, Failure
from figures import best, median, read_csv, row, write_csv
from network import Network, Shapes
from report import write_report

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Steps that are timed in a round: the same ones in every round, a tenth of a second and more.
MODELS = {"three_layer": 20, "three_layer_3x3": 5, "vgg_small": 5, "vgg_small_bn": 5,
          "resnet_small": 5}
SAME = 1e-4             # difference of losses that are the same work, relative to theirs or to
LEAST_LOSS = 0.1        # this: in f32 a loss near 0 is a difference of larger numbers
BUDGET_MS = 1500        # of one request to a peer
SINGLE_PASSES = 50      # inference of one image in a round
BATCH_PASSES = 5


def say(text=""):
    print(text, flush=True)


def options(words):
    p = argparse.ArgumentParser(prog="bench.py", description=__doc__.split("\n\n")[0])
    p.add_argument("--lathe", default=os.path.join(HOME, "build", "lathe"), help="the generator")
    p.add_argument("--out", default=os.path.join(HOME, "build", "bench"), help="where all goes")
    p.add_argument("--models", default=",".join(MODELS), help="of models/, comma between")
    p.add_argument("--peers", default="", help="only these, comma between: "
                   f"{', '.join(peers.options())}; `none`: Lathe alone")
    p.add_argument("--python", action="append", default=[], help="an interpreter to look for "
                   "peers in, besides $LATHE_PEERS and python3; may be repeated")
    p.add_argument("--rounds", type=int, default=7, help="turns of everybody (7)")
    p.add_argument("--processes", type=int, default=2, help="over which Lathe's rounds are "
                   "spread: where memory lies differs from one to the next (2)")
    p.add_argument("--epochs", type=int, default=3, help="one-epoch training runs, data loading "
                   "and evaluation included (3); 0: none")
    p.add_argument("--threads", type=int, default=0, help="of everybody; 0: all processors")
    p.add_argument("--warm", type=int, default=100, help="training steps before the measured "
                   "ones (100)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--data", help="as for `train`; else $LATHE_DATA, data/, synthetic")
    p.add_argument("--timeout", type=float, default=600, help="seconds that a peer has to start "
                   "or compile (600)")
    p.add_argument("--quick", action="store_true", help="three_layer alone, three rounds, one "
                   "epoch, no torch.compile or XLA")
    o = p.parse_args(words)
    if o.quick:
        o.models, o.rounds, o.processes, o.epochs = "three_layer", min(o.rounds, 3), 1, 1
    o.models = [m for m in o.models.split(",") if m]
    o.peers = [m for m in o.peers.split(",") if m]
    for m in o.models:
        if not os.path.exists(os.path.join(HOME, "models", m + ".net")):
            p.error(f"models/{m}.net: no such file")
    known = peers.options() + ["none"]
    for name in o.peers:
        if name not in known:
            p.error(f"--peers {name}: expected some of {', '.join(known)}")
    for name in "rounds", "processes":
        if getattr(o, name) < 1:
            p.error(f"--{name}: at least 1")
    return o


def pin(threads):
    """This process and all that it starts: the first processors that it may run on."""
    try:
        allowed = sorted(os.sched_getaffinity(0))
        threads = min(threads or len(allowed), len(allowed))
        os.sched_setaffinity(0, allowed[:threads])
    except AttributeError:      # not Linux
        threads = threads or os.cpu_count() or 1
    return threads


def run(words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=True, **more).stdout


class Model:
    """One network: its program, its contenders, its rows."""

    def __init__(self, o, name, threads):
        self.o, self.name, self.threads, self.steps = o, name, threads, MODELS.get(name, 5)
        self.folder = os.path.join(o.out, name)
        os.makedirs(self.folder, exist_ok=True)
        self.program = os.path.join(self.folder, name)
        self.log = os.path.join(self.folder, "log")
        self.data = ["--data", o.data] if o.data else []
        self.rows, self.tables, self.times, self.pairs = [], [], {}, {}
        self.lathe = self.alone = self.network = None
        self.contenders = []

    def build(self):
        run([self.o.lathe, "build", os.path.join(HOME, "models", self.name + ".net"), "-o",
             self.program])
        info = run([self.program, "info", "--data", "synthetic"])
        with open(os.path.join(self.folder, "info.txt"), "w") as f:
            f.write(info)
        self.network = Network(info, self.name)

    # ---- starting ----

    def start_lathe(self, threads, save=False):
        table = os.path.join(self.folder, f"table{len(self.tables)}.csv")
        self.tables.append((threads, table))
        command = [self.program, "bench", "--serve", "--csv", table, "--threads", str(threads),
                   "--warm", str(self.o.warm), "--seed", str(self.o.seed), *self.data]
        if save:
            command += ["--save", self.folder]
        lathe = Contender("Lathe", command, self.log, limit=self.o.timeout)
        lathe.trains = True
        return lathe

    def settings(self):
        """What Lathe says of itself when it is ready."""
        return dict(word.split("=", 1) for word in self.lathe.ready.split() if "=" in word)

    def start_peer(self, name, mode, command):
        """Starts one and checks that it computes the same. None, with a row that says why not."""
        settings, label = self.settings(), f"{name} {mode}" if mode else name
        peer = None
        try:
            peer = Contender(label, [*command, self.folder, mode or "only", str(self.threads),
                                     settings["reg"], settings["lr"]], self.log,
                             peers.environment(self.threads), self.o.timeout)
            peer.trains = name not in peers.INFERENCE
            checks = ["loss"] * peer.trains + [f"evaluate {self.network.batch}", "evaluate 1"]
            for request in checks:
                ours, theirs = self.lathe.loss(request), peer.loss(request)
                if not abs(theirs - ours) <= SAME * max(abs(ours), LEAST_LOSS):
                    raise Failure(peer, f"{request}: {theirs:.7g}, Lathe {ours:.7g}: "
                                  "not the same work")
            peer.counts = {}
            for request in self.requests(peer):
                first = peer.times(f"{request} 1")[0]
                peer.counts[request] = max(1, int(BUDGET_MS / max(first, 1e-3)))
            return peer
        except Failure as failure:
            self.leave_out(peer, label, failure)
            return None

    def leave_out(self, peer, label, failure):
        """Goes on without a peer; not without Lathe."""
        if peer:
            peer.close()
        if failure.who is self.lathe:
            raise failure
        say(f"  {label}: left out: {failure.why}")
        self.rows.append(row(self.name, "missing", "", label, note=failure.why))

    def requests(self, peer):
        """What everybody is asked in a round, and how often Lathe does it."""
        own = {"step": self.steps, f"infer {self.network.batch}": BATCH_PASSES,
               "infer 1": SINGLE_PASSES}
        return {r: n for r, n in own.items() if r != "step" or peer.trains}

    # ---- measuring ----

    def keep(self, request, who, times):
        self.times.setdefault((request, who), []).extend(times)

    def pair(self, peer, request, count):
        """Lathe, then the peer."""
        ours = self.lathe.times(f"{request} {count}")
        self.keep(request, "Lathe", ours)
        theirs = peer.times(f"{request} {min(count, peer.counts[request])}")
        self.keep(request, peer.name, theirs)
        self.pairs.setdefault((request, peer.name), []).append((ours, theirs))

    def one_thread(self):
        ours = self.lathe.times(f"step {self.steps}")
        alone = self.alone.times(f"step {self.steps}")
        self.keep("step", "Lathe", ours)
        self.keep("step", "Lathe, 1 thread", alone)
        self.pairs.setdefault(("step", "Lathe, 1 thread"), []).append((ours, alone))

    def round(self, number):
        self.lathe.ask("roofs", "done")
        if self.alone:
            self.one_thread()
        for request, count in self.requests(self.lathe).items():
            self.keep(request, "Lathe", self.lathe.times(f"{request} {count}"))
        turn = number % max(len(self.contenders), 1)
        for peer in self.contenders[turn:] + self.contenders[:turn]:
            try:
                for request, count in self.requests(peer).items():
                    self.pair(peer, request, count)
            except Failure as failure:
                self.leave_out(peer, peer.name, failure)
                self.contenders.remove(peer)

    def convolutions(self, onednn):
        """Each convolution by oneDNN, in turns with the steps that have it."""
        if not onednn:
            return
        kinds = {"forward": "forward", "data gradient": "data", "weight gradient": "weights"}
        pairs, times, n = {}, {}, self.network.batch
        try:
            peer = Contender("oneDNN", [onednn], self.log, peers.environment(self.threads))
        except Failure as failure:
            self.leave_out(None, "oneDNN", failure)
            return
        try:
            for _ in range(self.o.rounds):
                ours = self.lathe.regions(self.steps)
                for name, (x, y, layer) in Shapes(self.network).convolutions.items():
                    shape = (n, *x, y[0], *layer.window(), layer.stride()[0], *layer.pad())
                    for region, kind in kinds.items():
                        key = f"{name} {region}"
                        if key not in ours:
                            continue
                        theirs = peer.times(f"conv {kind} {' '.join(map(str, shape))} 5")
                        times.setdefault(key, []).extend(theirs)
                        pairs.setdefault(key, []).append(([ours[key]], theirs))
        except Failure as failure:
            self.leave_out(peer, "oneDNN", failure)
        peer.close()
        for key, t in times.items():
            self.rows.append(row(self.name, "kernel", key, peer.ready, t, pairs[key], images=n,
                                 threads=self.threads))

    def measure(self, found, onednn):
        self.lathe = self.start_lathe(self.threads, save=True)
        say(f"  {self.lathe.ready}")
        self.alone = self.start_lathe(1) if self.threads > 1 else None
        for name, mode, command in found:
            peer = self.start_peer(name, mode, command)
            if peer:
                self.contenders.append(peer)
                say(f"  {peer.name}: {peer.ready}: the same losses")
        for number in range(self.o.rounds):
            process = number * self.o.processes // self.o.rounds
            if number and process != (number - 1) * self.o.processes // self.o.rounds:
                self.lathe.close()
                self.lathe = self.start_lathe(self.threads)
            self.round(number)
            say(f"  round {number + 1} of {self.o.rounds}")
        for peer in self.contenders:
            peer.close()
        self.convolutions(onednn)
        self.close()
        self.tabulate()

    def close(self):
        for contender in [self.lathe, self.alone, *self.contenders]:
            if contender:
                contender.close()

    # ---- rows ----

    def tabulate(self):
        """Regions and roofs as the program has them, of the process whose steps were fastest."""
        tables = [read_csv(path) for threads, path in self.tables if threads == self.threads]
        tables = [t for t in tables if any(r["kind"] == "step" for r in t)]
        step = {id(t): next(r for r in t if r["kind"] == "step") for t in tables}
        table = min(tables, key=lambda t: step[id(t)]["ms"])
        whole = {}
        for r in table:
            kind = r.pop("kind")
            r["threads"] = int(r["threads"])
            if kind in ("peak", "bandwidth"):
                value = "gflops" if kind == "peak" else "gbytes_per_s"
                self.rows.append({"model": self.name, "kind": kind, "who": "machine",
                                  "name": r["name"], "threads": r["threads"], value: r[value],
                                  "samples": r["samples"],
                                  "note": f"{r['least']:g} to {r['most']:g}"})
            elif kind in ("forward", "backward"):
                self.rows.append({**r, "model": self.name, "kind": "kernel", "who": "Lathe",
                                  "images": self.network.batch})
            else:
                whole[r["name"]] = r
        self.whole_rows(whole, step)

    def whole_rows(self, whole, step):
        """Steps and inference of everybody. The work is what Lathe counts."""
        flop = {r["name"]: r["gflops"] * r["ms"] for r in whole.values()}
        peak = next(r["gflops"] for r in self.rows
                    if r["kind"] == "peak" and r["threads"] == self.threads)
        for (request, who), times in self.times.items():
            images = 1 if request == "infer 1" else self.network.batch
            name = "whole training step" if request == "step" else f"inference of {images}"
            threads = 1 if who.endswith("1 thread") else self.threads
            r = row(self.name, "step" if request == "step" else "inference", name, who, times,
                    self.pairs.get((request, who), ()), images=images, threads=threads)
            r["gflops"] = flop.get(name, 0) / r["ms"]
            if who == "Lathe":
                r["percent_of_peak"] = 100 * r["gflops"] / peak
                if request == "step":
                    r["note"] = "median of the best process %.6g ms" % min(
                        s["ms"] for s in step.values())
            self.rows.append(r)
            if who == "Lathe, 1 thread":
                efficiency = [median(a) / median(b) / self.threads
                              for b, a in self.pairs[request, who]]
                self.rows.append({"model": self.name, "kind": "efficiency", "who": "Lathe",
                                  "name": f"1 thread against {self.threads}", "images": images,
                                  "threads": self.threads, "ratio": median(efficiency),
                                  "ratio_min": min(efficiency), "ratio_max": max(efficiency)})

    def epochs(self):
        """An epoch by the wall clock: the process from start to end."""
        times, last = [], ""
        for _ in range(self.o.epochs):
            start = time.perf_counter()
            out = run([self.program, "train", "--epochs", "1", "--no-save", "--seed",
                       str(self.o.seed), "--threads", str(self.threads), *self.data])
            times.append(1e3 * (time.perf_counter() - start))
            lines = out.splitlines()
            last = "; ".join(line for line in lines if line.startswith(("data:", "best")))
        if times:
            self.rows.append(row(self.name, "epoch", "one epoch, all included", "Lathe", times,
                                 threads=self.threads, note=last))


def roofs(o, threads):
    """Peaks of every instruction set that this processor has: a program of all of them."""
    program = os.path.join(o.out, "roofs")
    tiny = os.path.join(HOME, "models", "tiny.net")
    x86 = os.uname().machine == "x86_64"
    run([o.lathe, "build", tiny, "--isa", "x86" if x86 else "native", "-o", program])
    table = os.path.join(o.out, "roofs.csv")
    machine = Contender("machine", [program, "bench", "--serve", "--warm", "0", "--data",
                                    "synthetic", "--threads", str(threads), "--csv", table],
                        os.path.join(o.out, "log"))
    return machine, table


def roof_rows(table):
    out = []
    for r in read_csv(table):
        if r["kind"] in ("peak", "bandwidth"):
            value = "gflops" if r["kind"] == "peak" else "gbytes_per_s"
            out.append({"model": "machine", "kind": r["kind"], "name": r["name"],
                        "who": "machine", "threads": int(r["threads"]), value: r[value],
                        "samples": r["samples"], "note": f"{r['least']:g} to {r['most']:g}"})
    return out


def summary(rows):
    """What a terminal of 80 columns shows."""
    say(f"\n{'':17}{'':13}{'Lathe':>10}  {'best peer':26}{'ms':>8} ratio")
    for model in dict.fromkeys(r["model"] for r in rows):
        for kind, name in dict.fromkeys((r["kind"], r["name"]) for r in rows
                                        if r["model"] == model
                                        and r["kind"] in ("step", "inference")):
            mine = [r for r in rows if (r["model"], r["kind"], r["name"]) == (model, kind, name)]
            ours = next(r for r in mine if r["who"] == "Lathe")
            peer = best([r for r in mine if not r["who"].startswith("Lathe")])
            line = f"{model:17}{name.replace('whole training ', ''):17}{ours['ms']:6.2f}".ljust(40)
            if peer:
                line += f"  {peer['who']:26}{peer['ms']:8.2f} {peer['ratio']:.2f}"
            say(line)


def main(words):
    o = options(words)
    # Contenders stand still in sessions of their own: nobody else would end them.
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda *_: sys.exit(1))
    threads = pin(o.threads)
    os.makedirs(o.out, exist_ok=True)
    wanted = [name for name in o.peers if name not in ("onednn", "none")]
    alone = "none" in o.peers
    found, missing = ([], []) if alone or (o.peers and not wanted) else peers.installed(
        o.python, wanted, o.quick)
    onednn = None
    if not alone and (not o.peers or "onednn" in o.peers):
        onednn, why = peers.onednn(o.out, os.environ.get("CC", "cc"))
        if not onednn:
            missing.append(f"oneDNN ({why})")
    say(f"{threads} thread{'s' if threads > 1 else ''}; peers: "
        + (", ".join(dict.fromkeys(name for name, *_ in found)) or "none")
        + ("; not here: " + ", ".join(missing) if missing else ""))
    rows = []
    try:
        machine, table = roofs(o, threads)
        for name in o.models:
            say(name)
            model = Model(o, name, threads)
            model.build()
            machine.ask("roofs", "done")
            model.measure(found, onednn)
            machine.ask("roofs", "done")
            model.epochs()
            rows += model.rows
            write_csv(os.path.join(o.out, "results.csv"), rows)
        machine.close()
        rows = roof_rows(table) + rows
    except (Failure, subprocess.CalledProcessError, OSError) as why:
        print(f"bench: {why}\n{getattr(why, 'output', '') or ''}", file=sys.stderr)
        return 1
    finally:
        Contender.close_all()
    write_csv(os.path.join(o.out, "results.csv"), rows)
    write_report(os.path.join(o.out, "report.html"), rows)
    with open(os.path.join(o.out, "steps.svg"), "w", encoding="utf-8") as f:
        f.write(picture.draw(rows))
    summary(rows)
    say(f"\n{o.out}/results.csv, {o.out}/report.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
