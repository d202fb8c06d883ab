#!/usr/bin/env python3
"""Compares `dump` with PyTorch: scores, loss and gradients of every network in models/ and in
tests/nets (strides, valid padding, even and rectangular kernels, channel counts that fill no
vector, every layer), and the parameters after 10 updates of every optimizer.

Error of a tensor: max|a - b| / max(max|b|, 1e-3 x the largest of its kind in the net);
bounds 1e-4 in f32, 1e-10 in f64. f32 updates are compared with PyTorch's f64. Adam and
its kin move a weight by the sign of its gradient even where that is all rounding (PyTorch's
own f32 is 1e-2 from its f64 there), so in f32 one entry in a thousand of theirs is left out,
of which no more is asked than that it moved no further than they can.

Among the millions of activations of a deep network some are so near 0 that another order of
a sum turns a ReLU or a max-pool. So in f32 the deep models' gradients and updates are compared
with PyTorch's f64, and may be off by 1e-4 or ten times as far as PyTorch's own f32 is; in f64
nothing turns, and the bound is the same for all.

Exit status: 0 all within, 1 not, 77 no PyTorch.

Needs $LATHE, or build/lathe beside this file's parent directory. -v prints every tensor.
"""
import glob
import os
import subprocess
import sys
import tempfile

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
try:
    import numpy as np
    import torch
except ImportError:
    sys.exit(77)

sys.path.insert(0, os.path.join(HOME, "bench"))
from tensors import read_safetensors, write_safetensors
from torch_network import TorchNetwork

LATHE = os.environ.get("LATHE") or os.path.join(HOME, "build", "lathe")
BOUND = {"f32": 1e-4, "f64": 1e-10}
REG = 0.01
LR = {"adam": 1e-4, "sgd": 1e-2, "momentum": 1e-2, "nesterov": 1e-2, "adagrad": 1e-3,
      "rmsprop": 1e-4, "adamw": 3e-5}
NOISY = "adam", "adamw", "adagrad", "rmsprop"   # divide by the gradient's own size
LARGE = "three_layer", "three_layer_3x3"        # compared with two optimizers: time
ORIGINAL = ("tiny",) + LARGE                    # the other models with one, sgd
DEEP_NETS = ("folded", "winograd", "winograd_pooled",   # of tests/nets, compared as the models are:
             "odd", "groups", "norm_blocks", "norm_pools")      # Winograd rounds otherwise
OWN_RULES = ("groups", "airbench", "resnet8", "squeezenet", "densenet_small")    # parameters with
                                            # optimizers of their own: test_rules.c
DEEP = 10       # times PyTorch's own f32 error
WEIGHTED = "smoothed", "svm_sum", "k1", "several"   # their classes count differently
STEPS, SEED = 10, 2
OTHER_SEEDS = {"resnet_small": 3,   # with 2, alone of 2 to 13, one of its activations turns
               "mobilenet_vww": 3,  # with 2 one does
               "squeezenet": 5}     # with 2, 3, 4 and 6 one of its does


def run(*words):
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(words)}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


class TestNetwork(TorchNetwork):
    def __init__(self, program, name, model):
        super().__init__(run(program, "info", "--network", name, "--data", "synthetic"), name)
        self.model = model

    def parameters(self, generator):
        """He's scale, biases not zero, gammas and variances around 1."""
        def start(name):
            return float(name in self.gains or name.endswith(".running_var"))
        return {name: start(name) + generator.standard_normal(shape)
                * (np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.1)
                for name, shape in self.shapes.items()}


def errors(ours, theirs, share=1, furthest=np.inf):
    """The error of every tensor, by the measure above; of a share of its entries, if the
    others are no further than that from theirs."""
    floor = 1e-3 * max(np.abs(t).max() for t in theirs.values())

    def error(a, b):
        difference = np.abs(a.astype(np.float64) - b)
        if not difference.max() <= furthest:        # so is NaN
            return np.inf
        return np.quantile(difference, share, method="lower") / max(np.abs(b).max(), floor)

    return {name: error(ours[name], t) for name, t in theirs.items()}


class Comparison:
    def __init__(self, verbose):
        self.worst, self.bad, self.tensors, self.verbose = {}, 0, 0, verbose

    def add(self, what, dtype, found, allowed=0):
        for name, error in found.items():
            self.tensors += 1
            key = dtype, what.split()[-1] + (" (deep models)" if allowed else "")
            self.worst[key] = max(self.worst.get(key, 0), error)
            good = error <= max(BOUND[dtype], allowed)
            self.bad += not good
            if self.verbose or not good:
                print(f"{dtype} {what:32} {name:20} {error:.1e}{'' if good else '  TOO LARGE'}")


def compare(network, program, dtype, folder, comparison):
    generator = np.random.default_rng(OTHER_SEEDS.get(network.name, SEED))
    real = np.float32 if dtype == "f32" else np.float64
    start = {name: t.astype(real) for name, t in network.parameters(generator).items()}
    n = network.batch
    x = generator.standard_normal((n,) + network.input).astype(real)
    files = {k: os.path.join(folder, k) for k in ("x.npy", "y.npy", "p", "out")}

    def tensors():
        return {name: torch.tensor(t, requires_grad=".running_" not in name)
                for name, t in start.items()}

    with torch.no_grad():
        classes = network.forward(tensors(), torch.tensor(x)).shape[1]
    y = (generator.integers(0, classes, n) if network.has_labels() else
         x if network.rebuilds() else generator.random((n, classes)).astype(real))
    np.save(files["x.npy"], x)
    np.save(files["y.npy"], y)
    write_safetensors(files["p"], start, {"format": "lathe-1", "layers": "\n".join(network.layers)})
    common = ["dump", "--network", network.name, "--params", files["p"], "--x", files["x.npy"],
              "--y", files["y.npy"], "-o", files["out"], "--reg", str(REG)]
    network.weight = None
    if network.name in WEIGHTED:
        network.weight = [0.25 * (j % 5) for j in range(classes)]
        common += ["--class-weights", ",".join(map(str, network.weight))]

    def gradients(mode, kind):
        p = {name: torch.tensor(t.astype(kind), requires_grad=".running_" not in name)
             for name, t in start.items()}
        scores, loss = network.loss(p, torch.tensor(x.astype(kind)), torch.tensor(y), REG,
                                    mode == "train")
        loss.backward()
        return scores, loss, {f"grad.{name}": t.grad.numpy().astype(np.float64)
                              for name, t in network.learned(p).items()}

    deep = network.model and dtype == "f32"
    for mode in ("train", "eval") if network.gains else ("train",):
        run(program, *common, "--mode", mode)
        ours = read_safetensors(files["out"])
        scores, loss, theirs = gradients(mode, real)
        allowed = 0
        if deep:
            single, theirs = theirs, gradients(mode, np.float64)[2]
            allowed = DEEP * max(errors(single, theirs).values())
        what = network.name if mode == "train" else network.name + " evaluation"
        comparison.add(f"{what} scores", dtype,
                       errors(ours, {"scores": scores.detach().numpy().astype(np.float64)}))
        comparison.add(f"{what} loss", dtype,
                       errors(ours, {"loss": np.array([float(loss.detach())])}))
        comparison.add(f"{what} gradients", dtype, errors(ours, theirs), allowed)

    for optimizer, lr in LR.items():
        if network.name in OWN_RULES:
            break
        if network.model and optimizer != "sgd":
            continue
        if network.name in LARGE and optimizer not in ("adam", "sgd"):
            continue
        if network.model:
            lr = 1e-4
        run(program, *common, "--steps", str(STEPS), "--optimizer", optimizer, "--lr", str(lr))
        ours = read_safetensors(files["out"])
        theirs = updated(network, start, x, y, optimizer, lr, np.float64)
        single = updated(network, start, x, y, optimizer, lr, np.float32) if deep else None
        allowed = DEEP * max(errors(single, theirs).values()) if deep else 0
        noise = ({"share": 0.999, "furthest": 20 * STEPS * lr}
                 if optimizer in NOISY and dtype == "f32" else {})
        comparison.add(f"{network.name} {STEPS} updates by {optimizer}", dtype,
                       errors(ours, theirs, **noise), allowed)


def torch_optimizer(name, network, p, lr):
    """PyTorch's optimizer with the course's defaults. Its momentum multiplies by lr outside
    the velocity, the course's inside: the same at a constant rate."""
    optim, p = torch.optim, network.learned(p)
    values = list(p.values())
    if name == "adamw":         # PyTorch decays what it is told to: weights alone here
        weights = network.weights()
        return optim.AdamW([{"params": [p[k] for k in weights], "weight_decay": 1e-2},
                            {"params": [t for k, t in p.items() if k not in weights],
                             "weight_decay": 0}], lr)
    return {"sgd": lambda: optim.SGD(values, lr),
            "momentum": lambda: optim.SGD(values, lr, momentum=0.9),
            "nesterov": lambda: optim.SGD(values, lr, momentum=0.9, nesterov=True),
            "adagrad": lambda: optim.Adagrad(values, lr, eps=1e-7),
            "rmsprop": lambda: optim.RMSprop(values, lr, alpha=0.99, eps=1e-8),
            "adam": lambda: optim.Adam(values, lr)}[name]()


def updated(network, start, x, y, optimizer, lr, kind):
    """PyTorch's parameters and losses after STEPS updates from `start`, computed in `kind`."""
    p = {name: torch.tensor(t.astype(kind), requires_grad=".running_" not in name)
         for name, t in start.items()}
    x, y, losses = torch.tensor(x.astype(kind)), torch.tensor(y), []
    update = torch_optimizer(optimizer, network, p, lr)
    for _ in range(STEPS):
        update.zero_grad()
        _, loss = network.loss(p, x, y, REG)
        loss.backward()
        losses.append(float(loss.detach()))
        update.step()
    return {**{name: t.detach().numpy() for name, t in p.items()}, "losses": np.array(losses)}


def main():
    comparison = Comparison("-v" in sys.argv[1:])
    original = [os.path.join(HOME, "models", name + ".net") for name in ORIGINAL]
    models = sorted(set(glob.glob(os.path.join(HOME, "models", "*.net"))) - set(original))
    nets = set(glob.glob(os.path.join(HOME, "tests", "nets", "*.net")))
    deep = {os.path.join(HOME, "tests", "nets", name + ".net") for name in DEEP_NETS}
    models, nets = models + sorted(deep), sorted(nets - deep)
    # The models take fewer images than they are made for: in f32 few enough that none of the
    # deep ones' activations lies so near a kink that rounding decides.
    few = {"f32": "4", "f64": "20"}
    networks = 0
    with tempfile.TemporaryDirectory() as folder:
        for dtype in BOUND:
            source, program = os.path.join(folder, "nets.c"), os.path.join(folder, "nets")
            chunks = ((original, ["--batch", "20"]), (models, ["--batch", few[dtype]]), (nets, []))
            for files, options in chunks:
                run(LATHE, "emit", *files, "--dtype", dtype, "-o", source, *options)
                run(*os.environ.get("CC", "cc").split(), "-O2", source, "-o", program, "-lm",
                    "-pthread")
                for path in files:
                    name = next(line.split()[1] for line in open(path) if line.startswith("net "))
                    compare(TestNetwork(program, name, files is models), program, dtype, folder,
                            comparison)
                    networks += dtype == "f64"
    print(f"compare_torch: PyTorch {torch.__version__}, {networks} networks, "
          f"{comparison.tensors} tensors")
    for (dtype, what), error in sorted(comparison.worst.items()):
        print(f"  {dtype} {what:10} worst error {error:.1e}, bound {BOUND[dtype]:.0e}")
    if comparison.bad:
        sys.exit(f"compare_torch: {comparison.bad} tensors differ too much")


if __name__ == "__main__":
    main()
