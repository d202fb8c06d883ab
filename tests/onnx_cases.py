"""The models for tests/against_onnx.py: each a file, an input and what must come out."""
import glob
import os
import random
import re
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
OPSETS = 7, 21      # that are read; backend tests of older ones are converted


class Case:
    """must: it may not be refused. step(): of each of PyTorch's tensors its values in double before
    and after a step by `labels`, as {name: (before, after)}; None: no training."""

    def __init__(self, name, path, x, want, must=False, labels=None, step=None):
        self.name, self.path, self.x, self.want = name, path, x, want
        self.must, self.labels, self.step = must, labels, step


def runtime(path, x):
    """What ONNX Runtime makes of it."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


# ---- a few nodes ----

def few(folder):
    rng = np.random.default_rng(1)
    for name, nodes, weights, shape in FEW:
        tensors = [numpy_helper.from_array((rng.standard_normal(dims) / 3).astype(np.float32)
                                           if isinstance(dims, tuple) else dims, key)
                   for key, dims in weights.items()]
        x = rng.standard_normal((3, *shape)).astype(np.float32)
        graph = helper.make_graph(
            [helper.make_node(op, i.split(), [o], f"{op}_{o}", **more)
             for op, i, o, more in nodes], name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path = os.path.join(folder, name + ".onnx")
        if os.path.exists(path + ".bin"):
            os.remove(path + ".bin")        # it would grow
        onnx.save(model, path, save_as_external_data=name == "beside",
                  location=os.path.basename(path) + ".bin", size_threshold=100)
        yield Case(name, path, x, runtime(path, x), True)


SHAPE = np.array([0, -1], np.int64)
FEW = [
    ("plain", [("Conv", "x w b", "c", {"pads": [1, 1, 1, 1]}), ("Relu", "c", "r", {}),
               ("MaxPool", "r", "p", {"kernel_shape": [2, 2], "strides": [2, 2]}),
               ("Flatten", "p", "f", {}), ("Gemm", "f v d", "y", {"transB": 1})],
     {"w": (4, 2, 3, 3), "b": (4,), "v": (5, 64), "d": (5,)}, (2, 8, 8)),
    ("beside", [("Conv", "x w", "c", {"strides": [2, 2], "group": 2}), ("Tanh", "c", "t", {}),
                ("GlobalAveragePool", "t", "g", {}), ("Reshape", "g s", "f", {}),
                ("MatMul", "f v", "m", {}), ("Add", "m d", "y", {})],
     {"w": (4, 1, 3, 3), "s": SHAPE, "v": (4, 3), "d": (3,)}, (2, 9, 7)),
    ("channels_last", [("Transpose", "x", "t", {"perm": [0, 3, 1, 2]}),
                       ("Conv", "t w", "c", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
                       ("LeakyRelu", "c", "l", {"alpha": 0.25}),
                       ("Transpose", "l", "u", {"perm": [0, 2, 3, 1]}),
                       ("Reshape", "u s", "f", {}), ("MatMul", "f v", "m", {}),
                       ("Add", "m d", "a", {}), ("Softmax", "a", "y", {})],
     {"w": (3, 2, 3, 3), "s": SHAPE, "v": (48, 3), "d": (3,)}, (8, 8, 2)),
    ("branches", [("Conv", "x w", "a", {"pads": [1, 1, 1, 1]}), ("Sigmoid", "a", "s", {}),
                  ("Mul", "a s", "m", {}), ("Add", "m x", "r", {}),
                  ("Concat", "r x", "c", {"axis": 1}), ("Flatten", "c", "f", {}),
                  ("Gemm", "f v", "y", {})],
     {"w": (2, 2, 3, 3), "v": (64, 3)}, (2, 4, 4)),
]


# ---- MLPerf Tiny ----

TINY = os.environ.get("MLPERF_TINY") or os.path.join(os.path.dirname(HOME), "shared",
                                                     "mlperf-tiny")


def tiny_case(name):
    path = os.path.join(TINY, name)
    if not os.path.exists(path + ".onnx"):
        return None
    x, y = (np.load(f"{path}.{k}.npy")[:64] for k in "xy")
    return Case(name, path + ".onnx", x, y, True)


def tiny(_):
    found = [tiny_case(name) for name in ("resnet8", "vww_mobilenet", "ad_autoencoder")]
    if None in found:
        print(f"tiny: not in {TINY}")
    return filter(None, found)


# ---- the onnx package's own tests ----

def protobuf(path):
    with open(path, "rb") as f:
        return numpy_helper.to_array(TensorProto.FromString(f.read()))


def readable(path, folder, name):
    """A copy in an opset that is read, and if there are no weights with a unit matrix in front: a
    network file has something to train."""
    model = onnx.load(path)
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    if not OPSETS[0] <= opset <= OPSETS[1]:
        model = version_converter.convert_version(model, 17)
    if weightless(model.graph):
        put_unit(model.graph)
    to = os.path.join(folder, name + ".onnx")
    onnx.save(model, to)
    return to, model


def weightless(graph):
    trained = ("Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "PRelu")
    types = [i.type.tensor_type for i in graph.input]
    return (not any(n.op_type in trained for n in graph.node) and len(types) == 1
            and types[0].elem_type == TensorProto.FLOAT and 2 <= len(types[0].shape.dim) <= 4)


def put_unit(graph):
    """A convolution of 1x1, or of a row of values a product, that changes nothing."""
    value = graph.input[0]
    dims = [d.dim_value for d in value.type.tensor_type.shape.dim]
    unit = np.eye(dims[1], dtype=np.float32)
    if len(dims) > 2:
        unit = unit.reshape(unit.shape + (1,)*(len(dims) - 2))
    for node in graph.node:
        for k, name in enumerate(node.input):
            if name == value.name:
                node.input[k] = "unit_out"
    graph.initializer.append(numpy_helper.from_array(unit, "unit"))
    graph.node.insert(0, helper.make_node("Conv" if len(dims) > 2 else "MatMul",
                                          [value.name, "unit"], ["unit_out"], "unit_layer"))


def backend(folder):
    for path in sorted(glob.glob(os.path.join(DATA, "*", "*", "model.onnx"))):
        group, test = path.split(os.sep)[-3:-1]
        name = f"{group}/{test.replace('test_', '', 1)}"
        to, _ = readable(path, folder, test)
        sets = os.path.join(os.path.dirname(path), "test_data_set_0")
        try:
            x, y = (protobuf(os.path.join(sets, k + "_0.pb")) for k in ("input", "output"))
        except (OSError, TypeError, ValueError, RuntimeError):     # sequences, or no input
            x = y = np.zeros((1, 1), np.float32)
        yield Case(name, to, x, y)


def light(folder):
    """ImageNet's networks of old, without their weights: each of a tensor's is the same."""
    for path in sorted(glob.glob(os.path.join(DATA, "light", "*.onnx"))):
        name = os.path.basename(path)[:-5]
        to, model = readable(path, folder, name)
        given = {t.name for t in model.graph.initializer}
        value = next(i for i in model.graph.input if i.name not in given)
        shape = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
        x = np.random.default_rng(1).random(shape).astype(np.float32)
        yield Case("light/" + name, to, x, runtime(to, x))


# ---- PyTorch ----

def quietly(what, *words, **more):
    import contextlib
    import io
    import logging
    logging.disable(logging.WARNING)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return what(*words, **more)


def export(model, x, path, dynamo, rng):
    """By the exporter that traces or by dynamo; with a batch of any size or this one, batchnorms
    kept or folded."""
    import torch
    if os.path.exists(path):
        return
    free = rng.random() < 0.5
    kept = rng.random() < 0.7
    old, new = rng.choice((9, 11, 13, 17, 20)), rng.choice((18, 20, 21))
    if any(getattr(m, "mode", "") == "bilinear" for m in model.modules()):
        old = max(old, 11)      # before that ONNX has no place of pixels as PyTorch's
    if dynamo:
        shapes = ({0: torch.export.Dim("n", min=1, max=1024)},) if free else None
        quietly(torch.onnx.export, model, (x,), path, dynamo=True, verbose=False,
                external_data=rng.random() < 0.3, dynamic_shapes=shapes, opset_version=new)
    else:
        mode = torch.onnx.TrainingMode
        quietly(torch.onnx.export, model, (x,), path, dynamo=False, opset_version=old,
                input_names=["x"], dynamic_axes={"x": {0: "n"}} if free else None,
                training=mode.PRESERVE if kept else mode.EVAL)


def step_of(model, x, labels):
    """One step of SGD in double, by batch statistics and without dropout."""
    import copy
    import torch

    def step():
        m = copy.deepcopy(model).double().train()
        for part in m.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
            elif isinstance(part, torch.nn.Hardsigmoid):    # its gradient has 1/6 in f32 only
                part.forward = lambda x: torch.nn.functional.relu6(x + 3) / 6
            elif isinstance(part, torch.nn.Hardswish):
                part.forward = lambda x: x * torch.nn.functional.relu6(x + 3) / 6
        before = {k: t.detach().clone().numpy() for k, t in m.state_dict().items()}
        optimizer = torch.optim.SGD(m.parameters(), LR)
        torch.nn.functional.cross_entropy(m(x.double()), torch.tensor(labels)).backward()
        optimizer.step()
        return {k: (before[k], t.detach().numpy()) for k, t in m.state_dict().items()
                if not k.endswith("num_batches_tracked")}
    return step


LR = 0.1


def exported(folder, name, model, base, x, seed, must, dynamo):
    """The case of the model by one exporter; `base` is what of it is trained, or None."""
    import torch
    labels = np.random.default_rng(seed).integers(0, 2, len(x))
    kind = "dynamo" if dynamo else "traced"
    path = os.path.join(folder, f"{name}_{kind}.onnx")
    try:
        export(model, x, path, dynamo, random.Random(2*seed + dynamo))
    except Exception as e:          # what torch does not export is nobody's here
        print(f"{name}: {kind}: not exported: {type(e).__name__}: {str(e).strip()[:200]}")
        return
    with torch.no_grad():
        want = model.double()(x.double()).numpy()
    model.float()
    step = step_of(base, x, labels) if base is not None else None
    yield Case(f"{name} {kind}", path, x.numpy(), want, must, labels, step)


def zoo(folder, kinds):
    import torch
    from onnx_nets import architectures, fill
    for dynamo in kinds:
        for name, model, shape in architectures():
            torch.manual_seed(3)
            x = torch.randn(2, *shape)
            yield from exported(folder, name, fill(model), None, x, 3, False, dynamo)


def drawn(folder, first, networks, kinds):
    import torch
    from torch import nn
    from onnx_nets import Draw, Standardised
    for dynamo in kinds:
        for seed in range(first, first + networks):
            base, shape = Draw(seed).network()
            x = torch.randn(4, *shape)
            model = nn.Sequential(Standardised(shape[0]), base) if seed % 5 == 1 else base
            ends = {2: nn.Softmax(1), 3: nn.LogSoftmax(1)}
            if seed % 4 in ends:
                model = nn.Sequential(model, ends[seed % 4])
            yield from exported(folder, f"s{seed}", model.eval(), None if seed % 5 == 1 else base,
                                x, seed, True, dynamo)


# ---- the table ----

HEAD = """# Operator tests of the onnx package

What `lathe import` makes of the models of the onnx package's backend tests (onnx {version}): their
outputs to 1e-5, or what is refused. Models of opsets before {oldest} are converted to 17 first, by
onnx.version_converter; those without weights have a unit matrix in front, since a network file has
something to train. Made by `tests/against_onnx.py {parts} --table docs/onnx-operators.md`.

{counts}

| model | |
|---|---|
"""


def write_table(path, rows):
    """Markdown of what became of each model."""
    kinds = [kind for kind, _ in rows.values()]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("right", "refused", "wrong")
                       if kind in kinds)
    with open(path, "w") as f:
        parts = "backend light" if any(name.startswith("light/") for name in rows) else "backend"
        f.write(HEAD.format(version=onnx.__version__, oldest=OPSETS[0], parts=parts,
                            counts=f"Of {len(kinds)} models: {counts}."))
        for name, (kind, text) in rows.items():
            f.write(f"| {name} | {kind if kind == 'right' else f'{kind}: {reason(text)}'} |\n")


def reason(text):
    """The first error's own words."""
    line = next((line for line in text.split("\n") if "error: " in line), text)
    return re.sub(r"\s+", " ", line.split("error: ")[-1]).replace("|", "\\|").strip()
