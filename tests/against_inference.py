#!/usr/bin/env python3
"""Holds what `lathe emit --inference` writes beside the program of the same network: tests/nets,
models and random networks over the whole vocabulary, each as it is and without Winograd's
filtering. In plain C, by vectors, in the least memory and with weights in a file of their own the
scores have the same bits, work memory is full of nan before and nothing beyond it is touched, and
compilers say nothing. WebAssembly's vectors are run by this processor and, where clang, wasm-ld and
node are, in node, with SIMD128 and with its relaxed multiply-add.

Exit status: 0 all the same, 1 not, 77 no NumPy. Needs $LATHE or build/lathe.

usage: against_inference.py [NETWORKS] [SEED]
       against_inference.py FILE.net...
"""
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    sys.exit(77)
HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(HOME, "bench"))
from net_program import LATHE, Program, run
from random_networks import Network
from tensors import write_safetensors

TOGETHER, IMAGES = 8, 2
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
MAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
INCLUDES
enum { GUARD = 1024, IMAGES = N_IMAGES };
static void *work(size_t bytes)
{
    unsigned char *w = (unsigned char *)malloc(bytes + 2*GUARD);
    memset(w, 0xff, bytes + 2*GUARD);           /* nan */
    return w + GUARD;
}
static void check(const void *work, size_t bytes, const char *name)
{
    const unsigned char *w = (const unsigned char *)work - GUARD;
    for (size_t k = 0; k < GUARD; k++)
        if (w[k] != 0xff || w[GUARD + bytes + k] != 0xff) {
            fprintf(stderr, "%s: wrote beyond its work memory\n", name);
            exit(1);
        }
}
static void *whole(const char *name, size_t bytes)
{
    FILE *f = fopen(name, "rb");
    void *at = malloc(bytes + 1);
    if (!f || fread(at, 1, bytes + 1, f) != bytes)
        exit(2);
    fclose(f);
    return at;
}
int main(void)
{
    FILE *out;
CASES
    return 0;
}
"""
CASE = r"""
    {
        float *x = (float *)whole("NET.x", sizeof(float)*IMAGES*UP_CHANNELS*UP_HEIGHT*UP_WIDTH);
        float *s = (float *)malloc(sizeof(float)*UP_SCORES);
        void *w = work(UP_WORK_BYTES);
        out = fopen("NAME.scores", "wb");
        for (int i = 0; i < IMAGES; i++) {
            int bad = NAME_run(x + (size_t)i*UP_CHANNELS*UP_HEIGHT*UP_WIDTH, s, wWEIGHTS);
            if (bad)
                return fprintf(stderr, "NAME: %d\n", bad);
            fwrite(s, sizeof(float), UP_SCORES, out);
        }
        check(w, UP_WORK_BYTES, "NAME");
        fclose(out);
    }
"""

# Of one module: where a network's image and scores lie, and what runs it.
EXPORTS = r"""
#include <string.h>
#include "NAME.h"
#define EXPORT(name) __attribute__((export_name(#name)))
static float NAME_x[UP_CHANNELS*UP_HEIGHT*UP_WIDTH], NAME_s[UP_SCORES], NAME_m[UP_WORK_BYTES/4];
EXPORT(NAME_image) float *NAME_image(void) { return NAME_x; }
EXPORT(NAME_values) int NAME_values(void) { return sizeof NAME_x / sizeof *NAME_x; }
EXPORT(NAME_scores) float *NAME_scores(void) { return NAME_s; }
EXPORT(NAME_count) int NAME_count(void) { return UP_SCORES; }
EXPORT(NAME_go) int NAME_go(void)
{
    memset(NAME_m, 0xff, sizeof NAME_m);
    return NAME_run(NAME_x, NAME_s, NAME_m);
}
"""
NODE = r"""
import { readFileSync, writeFileSync } from "node:fs";
const [file, ...args] = process.argv.slice(2);
const net = (await WebAssembly.instantiate(readFileSync(file))).instance.exports;
for (const [name, from, to] of args.map((a) => a.split(","))) {
    const of = (what) => net[`${name}_${what}`]();
    const bytes = readFileSync(from), size = 4*of("values"), scores = [];
    for (let at = 0; at < bytes.length; at += size) {
        new Uint8Array(net.memory.buffer, of("image"), size).set(bytes.subarray(at, at + size));
        if (of("go")) throw new Error(`${name} failed`);
        scores.push(...new Uint8Array(net.memory.buffer, of("scores"), 4*of("count")));
    }
    writeFileSync(to, Uint8Array.from(scores));
}
"""
WASM = ["clang", "--target=wasm32-wasi", "--sysroot=/usr", "-std=c99", "-O2", "-mbulk-memory",
        "-nostdlib", "-Wl,--no-entry", *STRICT]
RELAXED = ["-mrelaxed-simd", "-DLATHE_RELAXED_MADD"]


def cpu_isa():
    with open("/proc/cpuinfo") as f:
        flags = f.read()
    return ["avx512"] * ("avx512vl" in flags) + ["avx2"] * (" avx2 " in flags) + ["wasm"]


def draw(r, name, shape):
    if name.endswith("running_var"):
        return r.uniform(0.5, 2, shape)
    if len(shape) == 1:
        return name.endswith("weight") * 1.0 + 0.2 * r.standard_normal(shape)
    return r.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))


def without_winograd(text):
    text = re.sub(r"winograd=\w+", "", text)
    layers, train, rest = text.partition("\ntrain")
    return re.sub(r"^(\s*(?:\w+:)?\s*conv\b[^\n#{]*?)(\s*(?:#.*)?)$", r"\1 winograd=no\2", layers,
                  flags=re.M) + train + rest


def emit(path, params, name, *options):
    return run(LATHE, "emit", "--inference", path, "--params", params, "-o", name + ".c", *options,
               check=False)


def variants(name, path, params):
    """Emits it in every way; the names."""
    made = []
    ways = [("c", ["--fast"])]
    if name.endswith("_direct"):    # the least memory is too little for Winograd's filtering
        ways = [("c", []), ("least", None), ("m", ["--isa", "cortex-m"]),
                ("blob", ["--weights", "blob"])]
    for ending, options in ways + [(isa, ["--isa", isa]) for isa in cpu_isa()]:
        if options is None:
            least = emit(path, params, "refused", "--ram", "1")
            bytes_ = re.search(r"needs (\d+) bytes", least.stdout)
            if not bytes_:
                raise RuntimeError(f"{name}: --ram 1: {least.stdout}")
            options = ["--ram", bytes_.group(1)]
        said = emit(path, params, f"{name}_{ending}", *options)
        if said.returncode:
            raise RuntimeError(f"{name} {ending}: {said.stdout}")
        made.append(f"{name}_{ending}")
    return made


def compile_all(names, net_of):
    includes = "".join(f'#include "{n}.h"\n' for n in names)
    cases = ""
    for n in names:
        weights = f', whole("{n}.weights", {n.upper()}_WEIGHT_BYTES)' if n.endswith("_blob") else ""
        cases += (CASE.replace("NET.x", net_of[n] + ".x").replace("WEIGHTS)", weights + ")")
                  .replace("NAME", n).replace("UP_", n.upper() + "_"))
    with open("main.c", "w") as f:
        f.write(MAIN.replace("INCLUDES", includes).replace("CASES", cases)
                .replace("N_IMAGES", str(IMAGES)))
    cc = os.environ.get("CC", "cc").split()
    run(*cc, "-O1", "main.c", "-c", "-o", "main.o")
    for n in names:
        run(*cc, "-std=c99", "-O1", *STRICT, "-c", n + ".c", "-o", n + ".o")
    run(*cc, "main.o", *[n + ".o" for n in names], "-o", "main")


def run_in_node(names, net_of):
    """Those of WebAssembly in node: names of files with scores, and whose they are."""
    if not all(map(shutil.which, ("clang", "wasm-ld", "node"))):
        return {}
    made = {}
    with open("exports.c", "w") as f:
        for n in names:
            f.write(EXPORTS.replace("NAME", n).replace("UP_", n.upper() + "_")
                    .replace("#define", "#undef EXPORT\n#define"))
    with open("run.mjs", "w") as f:
        f.write(NODE)
    switch = "--experimental-wasm-relaxed-simd"
    known = switch in subprocess.run(["node", "--v8-options"], capture_output=True,
                                     text=True).stdout
    for way, flags in (("simd", []), ("relaxed", RELAXED)):
        run(*WASM, "-msimd128", *flags, "exports.c", *[n + ".c" for n in names], "-lc", "-o",
            way + ".wasm")
        with open(way + ".wasm", "rb") as f:
            module = f.read()
        if flags:               # clang before 16 has the draft's opcode
            with open(way + ".wasm", "wb") as f:
                f.write(module.replace(b"\xfd\xaf\x01", b"\xfd\x85\x02"))
        run("node", *[switch] * known, "run.mjs", way + ".wasm",
            *[f"{n},{net_of[n]}.x,{n}_{way}.scores" for n in names])
        made.update({f"{n}_{way}": net_of[n] for n in names})
    return made


def compare(paths, seed):
    """Networks of one program. How many differ."""
    nets, bad = [], 0
    for path in paths:
        with open(path) as f:
            text = f.read()
        net = re.search(r"^net (\w+)", text, re.M).group(1)
        direct = re.sub(r"^net \w+", f"net {net}_direct", without_winograd(text), 1, re.M)
        for name, lines in ((net, text), (net + "_direct", direct)):
            with open(name + ".net", "w") as f:
                f.write(lines)
            nets.append(name)
    program = Program([n + ".net" for n in nets], os.getcwd(), "f32", IMAGES)
    names, net_of = [], {}
    for k, net in enumerate(nets):
        network = program.network(net)
        r = np.random.default_rng(seed + k)
        tensors = {n: draw(r, n, s).astype("f4") for n, s in network.shapes.items()}
        write_safetensors(net + ".safetensors", tensors, {})
        x = r.standard_normal((IMAGES,) + network.input).astype("f4")
        np.save(net + ".npy", x)
        x.tofile(net + ".x")
        run(program.path, "predict", net + ".npy", "--network", net, "--params",
            net + ".safetensors", "--scores", net + "_scores.npy")
        for n in variants(net, net + ".net", net + ".safetensors"):
            names.append(n)
            net_of[n] = net
    compile_all(names, net_of)
    run("./main")
    net_of.update(run_in_node([n for n in names if n.endswith("_wasm")], net_of))
    for n in net_of:
        theirs = np.load(net_of[n] + "_scores.npy").ravel()
        ours = np.fromfile(n + ".scores", "f4")
        differ = (ours.view("u4") != theirs.view("u4")).sum() if ours.size == theirs.size else -1
        if differ:
            print(f"{n}: {differ} of {theirs.size} scores differ, by "
                  f"{np.abs(ours - theirs).max() if differ > 0 else 'their number'}")
            bad += 1
    return len(net_of), bad


def main():
    given = [os.path.abspath(a) for a in sys.argv[1:] if a.endswith(".net")]
    networks = 0 if given else int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 and not given else 1
    files = given or sorted(glob.glob(os.path.join(HOME, "tests", "nets", "*.net")) +
                            glob.glob(os.path.join(HOME, "models", "*.net")))
    files = [p for p in files if "imagenet" not in p]
    programs = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for k in range(networks):
            path = os.path.join(folder, f"random{k}_.net")
            Network(LATHE, path, random.Random(seed*1000 + k), f"random{k}")
            files.append(path)
        for k in range(0, len(files), TOGETHER):
            n, wrong = compare(files[k:k + TOGETHER], seed)
            programs += n
            bad += wrong
    print(f"against_inference: {programs} programs of {len(files)} networks, {bad} differ")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
