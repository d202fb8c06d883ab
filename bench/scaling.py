#!/usr/bin/env python3
"""What one training on several machines would take: a model on paper. The times of a step's regions
are measured here, with one process; what is sent, and when, is the plan's (lathe emit --mpi -d
mem); the network is a number of bits a second and a time that each message takes. A machine of the
model is this one. What no region takes (feeding, Muon, averages) is not divided, and a
convolution's update is as long as here, where it adds 16 groups: both make it look worse than it
is.

Standard library only. Exit status: 0 done, 1 a program failed, 2 wrong usage.
"""
import argparse
import math
import os
import re
import subprocess
import sys

from figures import read_csv

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODELS = ("three_layer", "three_layer_3x3", "vgg_small", "vgg_small_bn", "ladder/94")
GROUPS = 16             # of images, whose gradients are added in order: no more ranks have work
PANEL = 128
SEGMENT = 16384         # reals that go from rank to rank at a time
NODES = (1, 2, 4, 8, 16, 32, 64)
REGION = re.compile(r"region (\d+): (.*?), (images|groups|parts|panels)(?: x (\d+))?")
EXCHANGE = re.compile(r"exchange \S+(?: after region (\d+))?(?: before region (\d+))?, (\d+) "
                      r"(a group|an image, to|an image, from|an image|a column of (\d+))")


def options(words):
    p = argparse.ArgumentParser(prog="scaling.py", description=__doc__.split("\n\n")[0])
    p.add_argument("--lathe", default=os.path.join(HOME, "build", "lathe"), help="the generator")
    p.add_argument("--out", default=os.path.join(HOME, "build", "scaling"), help="where all goes")
    p.add_argument("--models", default=",".join(MODELS), help="of models/, comma between")
    p.add_argument("--gbits", default="10,100", help="networks, Gbit/s, comma between (10,100)")
    p.add_argument("--message", type=float, default=20, help="us that a message takes (20)")
    p.add_argument("--threads", type=int, default=2, help="how many work (2)")
    p.add_argument("--keep", action="store_true", help="what was measured before is not anew")
    p.add_argument("--faster", type=float, default=1,
                   help="machines so many times as fast as this one (1)")
    return p.parse_args(words)


def command(words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode:
        sys.exit("scaling: %s: %s" % (" ".join(words), done.stderr.strip()))
    return done.stdout


def plan(o, path):
    """Regions (name, split, count), and exchanges (after, before, size, kind, columns)."""
    regions, exchanges = [], []
    for kind in "regions", "mem":
        text = command([o.lathe, "emit", path, "--mpi", "-d", kind])
        for number, name, split, count in REGION.findall(text):
            assert int(number) == len(regions)
            regions.append((name, split, int(count or 1)))
        for after, before, size, what, columns in EXCHANGE.findall(text):
            exchanges.append((int(after or -1), int(before or -1), int(size),
                              what.replace(" of " + columns, ""), int(columns or 0)))
    return regions, exchanges


def measure(o, path, regions):
    """ms of each region, of a step's rest (clipping, Muon, averages), and its images."""
    name = os.path.basename(path)[:-4]
    program, table = (os.path.join(o.out, name + end) for end in ("", ".csv"))
    if not os.path.exists(program):
        command([o.lathe, "build", path, "-o", program])
    if not o.keep or not os.path.exists(table):
        command([program, "bench", "--threads", str(o.threads), "--csv", table,
                 "--data", "synthetic", "--warm", "5"])
    rows = {r["name"]: r["ms"] / o.faster for r in read_csv(table) if "ms" in r}
    images = max(int(name.split()[-1]) for name in rows if name.startswith("inference of "))
    ms = [rows.get(name, 0) for name, _, _ in regions]      # what is frozen has no gradient
    return ms, max(0, rows["whole training step"] - sum(ms)), images


def shares(ranks, images):
    """Of the rank that has most: its part of the images, of the groups."""
    groups = min(images, GROUPS)
    owned = [(groups * (k + 1) // ranks) - (groups * k // ranks) for k in range(ranks)]
    return max(owned) / groups


def wire(x, ranks, images, o, gbits):
    """ms that a rank waits for what it receives; MB of it."""
    _, _, size, what, columns = x
    others, panels = (ranks - 1) / ranks, math.ceil(columns / PANEL)
    hops = math.ceil(math.log2(ranks))
    if what == "a group":
        reals, adders = 2 * size, min(ranks, GROUPS, images)
        filling = (adders - 1 + hops) * min(size, SEGMENT)      # until the first has come through
        messages = (adders - 1 + hops) + 2 * math.ceil(size / SEGMENT)
    elif what == "a column":
        reals, filling, messages = size * columns * others, 0, min(ranks - 1, panels)
    elif what == "an image":
        reals, filling, messages = images * size * others, 0, hops
    else:                       # columns, to panels or from them
        reals, filling, messages = images * size * others / ranks, 0, ranks - 1
    ms = (reals + filling) * 32 / gbits / 1e6 + messages * o.message / 1e3
    return ms, reals * 4 / 1e6


def step(regions, exchanges, ms, rest, images, ranks, o, gbits):
    """ms of a step of so many ranks; MB that each receives. What may go on while regions run goes
    over the network one after the other."""
    if ranks == 1:
        return sum(ms) + rest, 0
    share = shares(ranks, images)
    now = free = mb = 0.0
    under_way = {}
    for r, (_, split, count) in enumerate(regions):
        for k, x in enumerate(exchanges):
            if x[1] != r:
                continue
            if k not in under_way:
                free = max(now, free) + wire(x, ranks, images, o, gbits)[0]
                under_way[k] = free
            now = max(now, under_way[k])
        parts = {"images": share, "groups": share, "parts": 1,
                 "panels": math.ceil(count / ranks) / count}
        now += ms[r] * parts[split]
        for k, x in enumerate(exchanges):
            if x[0] == r:
                free = max(now, free) + wire(x, ranks, images, o, gbits)[0]
                under_way[k] = free
                if "an image" in x[3]:
                    now = free
    mb = sum(wire(x, ranks, images, o, gbits)[1] for x in exchanges)
    return max(now, free) + rest, mb


def main(words):
    o = options(words)
    os.makedirs(o.out, exist_ok=True)
    print("| network | Gbit/s | one machine, ms | " + " | ".join(str(n) for n in NODES[1:])
          + " | MB a rank receives, of 2 and of 16 | stops paying at |")
    print("|---" * (len(NODES) + 4) + "|")
    for model in o.models.split(","):
        path = os.path.join(HOME, "models", model + ".net")
        regions, exchanges = plan(o, path)
        ms, rest, images = measure(o, path, regions)
        for gbits in map(float, o.gbits.split(",")):
            times = [step(regions, exchanges, ms, rest, images, n, o, gbits) for n in NODES]
            speed = [times[0][0] / t for t, _ in times]
            pays = 0            # twice the machines, a quarter more speed at least
            while pays + 1 < len(NODES) and speed[pays + 1] > 1.25 * speed[pays]:
                pays += 1
            print("| %s, %d images | %g | %.0f | %s | %.1f, %.1f | %d |" % (
                model, images, gbits, times[0][0], " | ".join("%.1f" % s for s in speed[1:]),
                times[1][1], times[4][1], NODES[pays]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
