#!/usr/bin/env python3
"""Holds `lathe import` against ONNX Runtime and PyTorch:

    against_onnx.py [PART ...] [--networks N] [--first SEED] [--exporter traced | dynamo]
                    [--keep DIR] [--table FILE] [-v]

PARTs, without one all of them that have what they need:
  few       four models of a few nodes: seconds
  tiny      ../shared/mlperf-tiny ($MLPERF_TINY): the outputs that its networks must give, and with
            $LATHE_DATA the accuracy of resnet8 on CIFAR-10's test images
  backend   the models of the onnx package's backend tests, and
  light     the whole networks among them; with --table both make docs/onnx-operators.md
  zoo       the architectures of onnx_nets.py, as torch exports them
  random    N networks (200) drawn from seeds that begin with SEED (1), by both exporters; those
            whose tensors are PyTorch's do a training step beside it, in double, too

Each model is imported and its program run, or refused with the operator's name. Bounds: scores 1e-5
of the largest, a step 1e-10. DIR keeps exported files, which are not exported again, and what
was made of them; dynamo takes seconds for each.

Exit status: 0 all within, 1 not, 77 a package is missing (onnx, onnxruntime; without torch and
onnxscript zoo and random are skipped). Needs $LATHE, or build/lathe beside this file's parent
directory, and the libraries that make builds.
"""
import argparse
import importlib.util
import os
import sys
import tempfile

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(HOME, "bench"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import numpy as np
    import onnx
    import onnxruntime
    from tensors import read_safetensors
    import onnx_cases
    from net_program import LATHE, Program, error, run
except ImportError as missing:
    print(f"against_onnx: {missing}")
    sys.exit(77)

SCORES, STEP = 1e-5, 1e-10
BUNDLE = 12         # networks of one program


def softmax(scores):
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


class Imported:
    """A case after its import: what the network file says of it."""

    def __init__(self, case, name, folder):
        self.case, self.name, self.folder = case, name, folder
        self.parameters = read_safetensors(os.path.join(folder, name + ".safetensors"))
        self.graph = onnx.load(case.path, load_external_data=False).graph

    def ends(self, with_input):
        """The node at an end of the graph."""
        value = (case_input(self.graph) if with_input else self.graph.output[0]).name
        found = [n for n in self.graph.node if value in (n.input if with_input else n.output)]
        return found[0] if found else None

    def turned(self, node):
        """(n, h, w, c): where that node exchanges what is inside and outside."""
        perm = [list(a.ints) for a in node.attribute if a.name == "perm"] if node else []
        return perm[0] if node and node.op_type == "Transpose" and perm else None

    def images(self, network, x, real):
        """As the network takes them: canonical order, prepared."""
        x = np.asarray(x)
        if x.ndim == 4 and self.turned(self.ends(True)) == [0, 3, 1, 2]:
            x = x.transpose(0, 3, 1, 2)
        x = x.reshape(-1, *network.input).astype(np.float64)
        for tensor, prepare in (("data.mean", np.subtract), ("data.mean_image", np.subtract),
                                ("data.factor", np.multiply)):
            if tensor in self.parameters:
                t = self.parameters[tensor].astype(np.float64)
                x = prepare(x, t if t.ndim == 3 else t[:, None, None])
        return np.ascontiguousarray(x.astype(real))

    def answers(self, network, n):
        """Labels or targets, which no score depends on."""
        if network.has_labels():
            return np.zeros(n, np.int64)
        return None if network.rebuilds() else np.zeros((n, *self.case.want.shape[1:]), np.float32)

    def outputs(self, network, scores):
        """What the model gives: its last layers may be the loss's here."""
        last = self.ends(False)
        op = last.op_type if last is not None else ""
        loss = network.loss_words[0]
        if loss == "softmax" and op in ("Softmax", "LogSoftmax"):
            scores = softmax(scores) if op == "Softmax" else np.log(softmax(scores))
        elif loss == "bce" and op == "Sigmoid":
            scores = 1 / (1 + np.exp(-scores))
        return scores

    def expected(self):
        want = np.asarray(self.case.want, np.float64)
        if want.ndim == 4 and self.turned(self.ends(False)) == [0, 2, 3, 1]:
            want = want.transpose(0, 3, 1, 2)
        return want


def case_input(graph):
    weights = {t.name for t in graph.initializer}
    return next(i for i in graph.input if i.name not in weights)


class Results:
    """Of every case: how far it is off, or the words by which it is refused, or what failed."""

    def __init__(self):
        self.rows, self.steps, self.bad = {}, [], 0

    def right(self, case, off):
        if off <= SCORES:
            self.rows[case.name] = ("right", off)
        else:
            self.wrong(case, f"scores are off by {off:.1e}")

    def stepped(self, case, off):
        self.steps.append(off)
        if not off <= STEP:
            self.wrong(case, f"a training step is off by {off:.1e}")

    def refused(self, case, text):
        self.rows[case.name] = ("refused", text)

    def wrong(self, case, text):
        self.rows[case.name] = ("wrong", text)
        self.bad += 1
        print(f"{case.name}: WRONG: {text}", flush=True)

    def end(self, part):
        kinds = [row[0] for row in self.rows.values()]
        worst = max([v for kind, v in self.rows.values() if kind == "right"], default=0)
        print(f"{part}: {len(kinds)} models: {kinds.count('right')} right (worst {worst:.1e}), "
              f"{kinds.count('refused')} refused, {kinds.count('wrong')} wrong", flush=True)
        if self.steps:
            print(f"{part}: a training step of {len(self.steps)} of them (worst "
                  f"{max(self.steps):.1e})", flush=True)
        return self.bad


def imported(case, folder, results):
    """The case's network file and parameters in the folder, or None."""
    name = "n" + str(len(results.rows))
    made = run(LATHE, "import", case.path, "-o", os.path.join(folder, name), check=False)
    results.rows[case.name] = ("refused", "")
    files = [os.path.join(folder, name + end) for end in (".net", ".safetensors")]
    if made.returncode == 0:
        try:
            return Imported(case, name, folder)
        except (OSError, ValueError) as e:
            results.wrong(case, f"import wrote no files: {e}")
    elif made.returncode == 1 and "error: " in made.stdout:
        results.refused(case, made.stdout)
        if case.must:
            results.wrong(case, made.stdout.strip())
        if any(map(os.path.exists, files)):
            results.wrong(case, "refused, but a file is written")
    else:
        results.wrong(case, f"import ends with {made.returncode}: {made.stdout[-500:]}")
    return None


def hold_scores(i, program, results):
    network = program.network(i.name)
    x = i.images(network, i.case.x, np.float32)
    out = program.dump(i.name, x, i.answers(network, len(x)), "--mode", "eval")
    scores = out["scores"].astype(np.float64)
    results.right(i.case, error(i.outputs(network, scores), i.expected()))


def hold_step(i, program, results):
    """A step beside PyTorch's, tensor by tensor; whose is whose their values say."""
    theirs = i.case.step()
    bits = {name: t.ravel().astype(np.float32).tobytes() for name, (t, _) in theirs.items()}
    pairs = {}
    for ours, t in i.parameters.items():
        found = [name for name in bits if bits[name] == t.ravel().astype(np.float32).tobytes()]
        if not found:
            return              # a batchnorm folded by the exporter: another network
        pairs[ours] = found[0]
    network = program.network(i.name)
    if not network.has_labels():
        return
    x = i.images(network, i.case.x, np.float64)
    out = program.dump(i.name, x, i.case.labels, "--mode", "train", "--steps", "1", "--optimizer",
                       "sgd", "--lr", str(onnx_cases.LR), "--reg", "0")
    # PyTorch's running variance is of the unbiased one.
    moved = {ours: (out[ours].ravel() - theirs[name][0].ravel(),
                    (theirs[name][1] - theirs[name][0]).ravel())
             for ours, name in pairs.items() if not name.endswith("running_var")}
    floor = 1e-3 * max(np.abs(b).max() for _, b in moved.values())
    results.stepped(i.case, max(np.abs(a - b).max() / max(np.abs(b).max(), floor)
                                for a, b in moved.values()))


def hold(cases, folder, results, verbose=False):
    """Every case: imported, run, compared."""
    ready = []

    def run_ready(dtype, what, bundle):
        if not bundle:
            return
        try:
            batch = max(len(i.case.x) for i in bundle)
            paths = [os.path.join(folder, i.name + ".net") for i in bundle]
            program = Program(paths, folder, dtype, batch)
        except RuntimeError as e:
            if len(bundle) > 1:         # which of them is it?
                for i in bundle:
                    run_ready(dtype, what, [i])
            else:
                results.wrong(bundle[0].case, str(e))
            return
        for i in bundle:
            try:
                what(i, program, results)
            except (RuntimeError, KeyError, ValueError, StopIteration) as e:
                results.wrong(i.case, f"{type(e).__name__}: {e}")

    def finish():
        run_ready("f32", hold_scores, ready)
        run_ready("f64", hold_step, [i for i in ready if i.case.step])
        ready.clear()

    for case in cases:
        i = imported(case, folder, results)
        if i:
            ready.append(i)
        if verbose and not i:
            print(f"{case.name}: {results.rows[case.name][1].strip()}", flush=True)
        if len(ready) == BUNDLE:
            finish()
    finish()


def accuracy(folder, results):
    """resnet8 on all of CIFAR-10's test images."""
    data, right = os.environ.get("LATHE_DATA"), "0.8719"
    case = onnx_cases.tiny_case("resnet8")
    if not data or not case:
        print("tiny: no $LATHE_DATA, no accuracy")
        return
    name = os.path.join(folder, "accuracy")
    run(LATHE, "import", case.path, "-o", name)
    program = Program([name + ".net"], folder, "f32", 50, "-O1")
    said = run(program.path, "eval", "--params", name + ".safetensors", "--data", data, "--split",
               "test", "--test-samples", "10000").stdout
    print("tiny: resnet8 on CIFAR-10's test images:", said.strip().split("\n")[-1])
    if right not in said:
        results.wrong(case, f"accuracy {right} was expected: {said}")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("parts", nargs="*")
    options.add_argument("--networks", type=int, default=200)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--exporter", choices=("both", "traced", "dynamo"), default="both")
    options.add_argument("--keep")
    options.add_argument("--table")
    options.add_argument("-v", action="store_true")
    o = options.parse_args()
    bad, table = 0, {}
    kinds = [False, True] if o.exporter == "both" else [o.exporter == "dynamo"]
    with tempfile.TemporaryDirectory() as work:
        keep = os.path.abspath(o.keep) if o.keep else work
        os.makedirs(keep, exist_ok=True)
        parts = {"few": onnx_cases.few, "tiny": onnx_cases.tiny, "backend": onnx_cases.backend,
                 "light": onnx_cases.light, "zoo": lambda to: onnx_cases.zoo(to, kinds),
                 "random": lambda to: onnx_cases.drawn(to, o.first, o.networks, kinds)}
        for part in o.parts or parts:
            if part not in parts:
                options.error(f"no part {part}: {', '.join(parts)}")
            if part in ("zoo", "random") and not importlib.util.find_spec("torch"):
                print(f"{part}: skipped: no module torch")
                continue
            folder = os.path.join(keep, part)
            os.makedirs(folder, exist_ok=True)
            results = Results()
            hold(parts[part](folder), folder, results, o.v)
            if part == "tiny":
                accuracy(folder, results)
            bad += results.end(part)
            if part in ("backend", "light"):
                table.update(results.rows)
        if o.table:
            onnx_cases.write_table(o.table, table)
    print(f"against_onnx: onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
