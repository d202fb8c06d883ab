#!/usr/bin/env python3
"""Measures one convolution after another, each in a small network of its own, three ways: shapes
between which no cliff should be. Percent of the machine's peak in the same run, dense-equivalent.

Standard library only, no data. Exit status: 0 measured, 1 a program failed, 2 wrong usage.
"""
import argparse
import os
import re
import subprocess
import sys

from figures import read_csv

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WAYS = "forward", "data gradient", "weight gradient"
SIDE = 32               # of an image; the maps before the layer have half of it
# What the table calls a layer, the layer; how it differs from 64 channels of 16x16 maps:
# side: of the images; channels: that it reads, or 0: the images; depthwise: what stands before it.
ROWS = [
    ("1x1", "64 1x1", {}),
    ("1x1, 20 channels", "20 1x1", {"channels": 20}),
    ("1x1, 256 channels, 8x8", "256 1x1", {"channels": 256, "side": 16}),
    ("1x1 stride 2, to 128", "128 1x1 stride=2", {}),
    ("2x2", "64 2x2", {}),
    ("3x3 (Winograd)", "64 3x3", {}),
    ("3x3, 15x15", "64 3x3", {"side": 30}),
    ("3x3, 7x7", "64 3x3", {"side": 14}),
    ("4x4", "64 4x4", {}),
    ("5x5", "64 5x5", {}),
    ("7x7", "64 7x7", {}),
    ("9x9", "64 9x9", {}),
    ("11x11", "64 11x11", {}),
    ("3x3, 20 channels", "20 3x3", {"channels": 20}),
    ("3x3, 33 channels", "33 3x3", {"channels": 33}),
    ("3x3, 50 channels", "50 3x3", {"channels": 50}),
    ("3x3, 100 channels", "100 3x3", {"channels": 100}),
    ("5x5, 33 channels", "33 5x5", {"channels": 33}),
    ("3x3 stride 2, to 128", "128 3x3 stride=2", {}),
    ("3x3 stride 2, 15x15", "128 3x3 stride=2", {"side": 30}),
    ("3x3 in 4 groups", "64 3x3 groups=4", {}),
    ("3x3 dilation 2", "64 3x3 dilation=2", {}),
    ("depthwise 3x3", "64 3x3 groups=64", {}),
    ("1x1 to 128 after it", "128 1x1", {"depthwise": "64 3x3 groups=64"}),
    ("depthwise 3x3 stride 2", "64 3x3 stride=2 groups=64", {}),
    ("1x1 to 128 after it", "128 1x1", {"depthwise": "64 3x3 stride=2 groups=64"}),
    ("first layer, 32 7x7, pool", "32 7x7", {"channels": 0, "pool": True}),
    ("first layer, 64 3x3, pool", "64 3x3", {"channels": 0, "pool": True}),
    ("first layer, 32 3x3", "32 3x3", {"channels": 0}),
]


def options(words):
    p = argparse.ArgumentParser(prog="layers.py", description=__doc__.split("\n\n")[0])
    p.add_argument("--lathe", default=os.path.join(HOME, "build", "lathe"), help="the generator")
    p.add_argument("--out", default=os.path.join(HOME, "build", "layers"), help="where all goes")
    p.add_argument("--only", default="", help="rows whose name has it: a regular expression")
    p.add_argument("--after", default="relu", help="the layer after it (relu)")
    p.add_argument("--batch", type=int, default=64, help="images of a step (64)")
    p.add_argument("--threads", type=int, default=2, help="how many work (2)")
    p.add_argument("--seconds", type=float, default=1, help="that each layer is measured (1)")
    p.add_argument("--built", action="store_true", help="measure what an earlier run has built")
    o = p.parse_args(words)
    try:
        o.rows = [(number, row) for number, row in enumerate(ROWS) if re.search(o.only, row[0])]
    except re.error as why:
        p.error(f"--only {o.only}: {why}")
    if not o.rows:
        p.error(f"--only {o.only}: none of {', '.join(dict.fromkeys(r[0] for r in ROWS))}")
    return o


def network(o, layer, side=SIDE, channels=64, depthwise=None, pool=False):
    """A network file; the layer is called `it`."""
    before = [f"conv {channels} 3x3", "relu", "maxpool 2x2"] if channels else []
    if depthwise:
        before += [f"conv {depthwise}", "relu"]
    after = [o.after] + ["maxpool 2x2"] * pool
    return "\n".join([f"net layer\ninput 3x{side}x{side}", *before, f"it: conv {layer}", *after,
                      f"affine 10\nsoftmax\ntrain\n  batch {o.batch}\n"
                      "  optimizer sgd lr=1e-6\n"])       # no ReLU dies of it


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            names = re.findall(r"^(?:model name|Model)\s*: (.*)", f.read(), re.M)
    except OSError:
        names = []
    return names[0] if names else os.uname().machine


def program(o, number):
    return os.path.join(o.out, f"layer{number}")


def build(o):
    for number, (_, layer, shape) in o.rows:
        with open(program(o, number) + ".net", "w") as f:
            f.write(network(o, layer, **shape))
        subprocess.run([o.lathe, "build", program(o, number) + ".net", "-o", program(o, number)],
                       check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def measure(o, number):
    """Of each way ms, percent of the peak and of the bandwidth; and both roofs."""
    table = program(o, number) + ".csv"
    subprocess.run([program(o, number), "bench", "--data", "synthetic", "--warm", "3", "--steps",
                    "3", "--seconds", str(o.seconds), "--threads", str(o.threads), "--csv", table],
                   check=True, stdout=subprocess.DEVNULL)
    rows = [r for r in read_csv(table) if r.get("threads") == o.threads]
    roofs = [next(r for r in rows if r["kind"] == kind)[unit] for kind, unit in
             (("peak", "gflops"), ("bandwidth", "gbytes_per_s"))]
    return {r["name"].removeprefix("it "): r for r in rows if r["name"].startswith("it ")}, roofs


def line(name, regions):
    text = f"{name:27}"
    for way in WAYS:
        r = regions.get(way)
        text += f" {r['ms']:7.3f}{r['percent_of_peak']:5.0f}{r['percent_of_bandwidth']:5.0f}" \
            if r else f"{'-':>8}{'-':>5}{'-':>5}"
    return text


def main(words):
    o = options(words)
    os.makedirs(o.out, exist_ok=True)
    try:
        if not o.built:
            build(o)
        print(f"{processor()}, {o.threads} threads, batch {o.batch}, {o.after} after each layer;\n"
              "64 channels of 16x16 to 64 unless said. ms, % of the peak, % of the bandwidth\n\n"
              f"{'':27}" + "".join(f" {way:>17}" for way in WAYS), flush=True)
        roofs = []
        for number, (name, *_) in o.rows:
            regions, roof = measure(o, number)
            roofs.append(roof)
            print(line(name, regions), flush=True)
    except (subprocess.CalledProcessError, OSError) as why:
        print(f"layers: {why}\n{(getattr(why, 'output', None) or b'').decode()}", file=sys.stderr)
        return 1
    peak, bandwidth = (sorted(r[k] for r in roofs)[len(roofs) // 2] for k in (0, 1))
    print(f"\npeak {peak:.1f} GFLOP/s, bandwidth {bandwidth:.1f} GB/s (medians)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
