#!/usr/bin/env python3
"""Lays what `lathe export` writes beside the program's own scores: random networks over the whole
vocabulary, tests/nets and models. Each model passes onnx.checker with full_check and shape
inference, twice exported has the same bytes, and in ONNX Runtime makes the scores that `dump`
makes: 1e-5 of the largest, plain and with --fold; probabilities and preprocessing, too. Imported
again it is the same network up to labels and what ONNX has no place for. The module
of --torch takes the parameters strictly and makes the same scores; of some networks its loss and
gradients in f64 are those of `dump`: 1e-10.

Exit status: 0 all within, 1 not, 77 no ONNX Runtime. Needs $LATHE or build/lathe.

usage: against_export.py [NETWORKS] [SEED]
"""
import glob
import itertools
import os
import random
import re
import sys
import tempfile

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError:
    sys.exit(77)
try:
    import torch
except ImportError:
    torch = None

sys.path.insert(0, os.path.join(HOME, "bench"))
from net_program import LATHE, Program, error, run
from random_networks import Network
from tensors import read_safetensors, write_safetensors

BOUND, EXACT = 1e-5, 1e-10
TOGETHER, IMAGES, TRAINED = 20, 3, 4     # networks of a program; of each TRAINED-th gradients


class Case:
    """One network of a program: its parameters, a batch and the program's scores."""

    def __init__(self, program, path, folder, seed, real):
        self.program, self.path, self.folder, self.real = program, path, folder, real
        self.seed = seed
        with open(path) as f:
            self.name = next(s.split()[1] for s in f if s.startswith("net "))
        self.network = program.network(self.name)
        self.r = np.random.default_rng(seed)
        self.params = os.path.join(folder, self.name + ".safetensors")
        self.tensors = {n: self.draw(n, s).astype(real) for n, s in self.network.shapes.items()}
        self.x = self.r.standard_normal((IMAGES,) + self.network.input).astype(real)
        self.y = self.answers()

    def answers(self):
        """Labels, or targets of the scores' shape; None: the images themselves."""
        if self.network.has_labels():
            return np.arange(IMAGES, dtype=np.int32) % 2
        if self.network.rebuilds():
            return None
        shape = run(LATHE, "emit", self.path, "-d", "shape").stdout.strip().split("\n")[-1].split()
        shape = tuple(map(int, shape[1].split("x")))
        return self.r.random((IMAGES,) + shape).astype(self.real)

    def draw(self, name, shape):
        if name.endswith("running_var"):
            return self.r.uniform(0.5, 2, shape)
        if len(shape) == 1:
            gain = name.endswith("weight")
            return gain * 1.0 + 0.2 * self.r.standard_normal(shape)
        return self.r.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))

    def write(self, metadata={}, more={}):
        write_safetensors(self.params, {**self.tensors, **more}, metadata)

    def dump(self, mode):
        """Scores, loss and gradients."""
        return self.program.dump(self.name, self.x, self.y, "--mode", mode, "--reg", "0")

    def export(self, *options):
        path = os.path.join(self.folder, self.name + ".onnx")
        run(LATHE, "export", self.path, "--params", self.params, "-o", path, *options)
        return path

    def runtime(self, path, x):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return session.run(None, {"input": x})[0]

    def module(self, *options):
        space = {}
        exec(run(LATHE, "export", self.path, "--torch", *options).stdout, space)
        made = [c for c in space.values()
                if isinstance(c, type) and issubclass(c, torch.nn.Module)
                and c.__module__ == "builtins"]
        return made[0]()


class Comparison:
    def __init__(self):
        self.worst, self.bad, self.count = {}, 0, 0

    def add(self, case, what, found, bound):
        self.worst[what] = max(self.worst.get(what, (0, "")), (found, case.name))
        self.count += 1
        if not found <= bound:
            self.bad += 1
            print(f"{case.name}: {what}: {found:.1e}, bound {bound:.0e}")


def check_onnx(case, scores, comparison):
    first = case.export()
    with open(first, "rb") as f:
        bytes_before = f.read()
    with open(case.export(), "rb") as f:
        assert f.read() == bytes_before, f"{case.name}: other bytes the second time"
    for options in ((), ("--fold",)):
        path = case.export(*options)
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
        if options:
            pairs = {n.output[0]: n for n in model.graph.node}
            readers = [i for n in model.graph.node for i in n.input]
            for n in model.graph.node:
                before = pairs.get(n.input[0])
                if readers.count(n.input[0]) > 1:
                    continue
                assert n.op_type != "BatchNormalization" or before is None or before.op_type \
                    not in ("Conv", "ConvTranspose", "Gemm"), f"{case.name}: {n.name} is not folded"
        comparison.add(case, "ONNX" + " ".join(("",) + options),
                       error(scores, case.runtime(path, case.x)), BOUND)


def words(network):
    """Its layers as `info` lists them, all sizes in numbers, less what ONNX has no place for:
    labels, the loss, the last bits of a double; and less what does nothing: a pixel's dilation,
    padding that is to be counted where there is none."""
    lines = (re.sub(r"^\w+: ", "", line) for line in network.layers[:-1])
    lines = (re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda m: str(np.float32(m[0])), s) for s in lines)
    return [re.sub(r"( 1x1\b.*) dilation=\d+| counted=0,0,0,0", r"\1", s) for s in lines]


def check_imports(cases, folder, comparison):
    """Exported and imported again: the same layers, the same bits in the weights, and a program of
    them makes the same scores: to 1e-5, since winograd= is lost."""
    back = {}
    for case in cases:
        back[case] = os.path.join(folder, f"back_{case.name}.net")
        done = run(LATHE, "import", case.export(), "-o", back[case], check=False)
        if done.returncode:
            print(f"{case.name}: import refuses what export wrote: {done.stdout.strip()}")
            comparison.add(case, "imported layers", 1, 0)
            del back[case]
    program = Program(list(back.values()), folder, "f32", IMAGES)
    for case, path in back.items():
        theirs = Case(program, path, folder, case.seed, np.float32)
        pair = [words(c.network) for c in (case, theirs)]
        for a, b in itertools.zip_longest(*pair):
            if a != b:
                print(f"{case.name}: {a} became {b}")
        comparison.add(case, "imported layers", int(pair[0] != pair[1]), 0)
        if pair[0] != pair[1]:
            continue
        read = read_safetensors(theirs.params)
        same = all(case.tensors[a].tobytes() == read[b].tobytes()
                   for a, b in zip(case.network.shapes, theirs.network.shapes))
        comparison.add(case, "imported weights", int(not same), 0)
        comparison.add(case, "imported scores", error(case.scores, theirs.dump("eval")["scores"]),
                       BOUND)
        run(LATHE, "import", case.export(), "-o", path, "--weights", case.params)


def check_rest(case, scores, comparison):
    """Probabilities of the scores; pixels, prepared, are the images that `dump` took."""
    s = scores.astype(np.float64)
    kind = case.network.loss_words[0]
    if kind in ("softmax", "bce"):
        e = np.exp(s - s.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True) if kind == "softmax" else 1 / (1 + np.exp(-s))
        comparison.add(case, "probabilities",
                       error(p, case.runtime(case.export("--softmax"), case.x)), BOUND)
    c, h, w = case.network.input
    how = case.r.choice(("mean_image", "scale", "channel_norm"))
    values = case.r.choice(("u1 0 255", "f4 0 1", "f4 -1 1"))
    zero, full = {"u": (0, 255), "0": (0, 1), "-": (-1, 1)}[values[0] if values[0] == "u"
                                                            else values[3]]
    pixels = case.r.integers(0, 256, case.x.shape).astype(np.float32)
    shape = (c,) if how == "channel_norm" else (c, h + 2, w + 4)
    mean = case.r.uniform(zero, full, shape)
    factor = case.r.uniform(0.5, 2, c) / (full - zero)
    more = {"data.mean" if how == "channel_norm" else "data.mean_image": mean.astype(np.float32)}
    if how != "mean_image":
        more["data.factor"] = factor.astype(np.float32)
    case.write({"preprocessing": how, "values": values}, more)
    m = mean[:, None, None] if how == "channel_norm" else mean[:, 1:1 + h, 2:2 + w]
    f = factor[:, None, None] if how != "mean_image" else 1
    case.x = ((zero + pixels * (full - zero) / 255 - m) * f).astype(np.float32)
    expected = case.dump("eval")["scores"]
    comparison.add(case, "preprocessing", error(
        expected, case.runtime(case.export("--with-preprocessing"), pixels)), 10 * BOUND)
    if torch:
        module = case.module("--with-preprocessing", "--params", case.params)
        module.load_state_dict({k: torch.tensor(t) for k, t in
                                read_safetensors(case.params).items()})
        module.eval()
        with torch.no_grad():
            comparison.add(case, "PyTorch preprocessing",
                           error(expected, module(torch.tensor(pixels))), 10 * BOUND)


def check_torch(case, comparison, dtype):
    module = case.module("--params", case.params).to(dtype)
    module.load_state_dict({k: torch.tensor(t) for k, t in case.tensors.items()})
    module.eval()
    x = torch.tensor(case.x)
    with torch.no_grad():
        comparison.add(case, f"PyTorch {dtype}", error(case.dump("eval")["scores"], module(x)),
                       BOUND if dtype == torch.float32 else EXACT)
    if dtype == torch.float32:
        return
    ours = case.dump("train")
    module.train()
    for m in module.modules():
        if isinstance(m, torch.nn.Dropout):
            m.p = 0
    y = (x if case.network.rebuilds() else torch.tensor(case.y).long() if case.network.has_labels()
         else torch.tensor(case.y))
    loss = module.loss(module(x), y)
    loss.backward()
    comparison.add(case, "PyTorch loss", error(ours["loss"], loss.detach().numpy()), EXACT)
    largest = max(np.abs(g).max() for k, g in ours.items() if k.startswith("grad."))
    for name, p in module.named_parameters():
        g = ours["grad." + name]
        off = np.abs(p.grad.numpy() - g).max() / max(np.abs(g).max(), 1e-3 * largest)
        # PyTorch's gradient of hardsigmoid has 1/6 in float.
        bound = 1e-7 if any("hardsigmoid" in s for s in case.network.layers) else EXACT
        comparison.add(case, "PyTorch gradients", float(off), bound)


def compare(paths, folder, comparison, seed):
    program = Program(paths, folder, "f32", IMAGES)
    cases = [Case(program, path, folder, seed + k, np.float32) for k, path in enumerate(paths)]
    for case in cases:
        case.write()
        case.scores = case.dump("eval")["scores"]
        check_onnx(case, case.scores, comparison)
        if torch:
            check_torch(case, comparison, torch.float32)
    check_imports(cases, folder, comparison)
    for case in cases:
        check_rest(case, case.scores, comparison)
    trained = paths[::TRAINED]
    if torch:
        program = Program(trained, folder, "f64", IMAGES)
        for k, path in enumerate(trained):
            case = Case(program, path, folder, seed + k, np.float64)
            case.write()
            check_torch(case, comparison, torch.float64)


def main():
    count, seed = (int(a) for a in (sys.argv[1:] + ["200", "1"][len(sys.argv) - 1:])[:2])
    comparison = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for k in range(count):
            paths.append(os.path.join(folder, f"random{k}.net"))
            Network(LATHE, paths[-1], random.Random(1000 * seed + k), f"random{k}")
        paths += sorted(glob.glob(os.path.join(HOME, "tests/nets/*.net")))
        paths += sorted(glob.glob(os.path.join(HOME, "models/*.net")))
        for k in range(0, len(paths), TOGETHER):
            compare(paths[k:k + TOGETHER], folder, comparison, seed + k)
    print(f"against_export: ONNX Runtime {onnxruntime.__version__}, "
          f"PyTorch {torch.__version__ if torch else 'not there'}, {len(paths)} networks, "
          f"{comparison.count} comparisons")
    for what, (worst, name) in sorted(comparison.worst.items()):
        print(f"  {what:24} worst {worst:.1e} ({name})")
    if comparison.bad:
        sys.exit(f"against_export: {comparison.bad} are too far off")


if __name__ == "__main__":
    main()
