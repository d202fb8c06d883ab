"""Tensors of a program's files as NumPy arrays, and in the order that NHWC frameworks want."""
import json
import struct

import numpy as np

from network import Shapes

NUMPY = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8}


def read_safetensors(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[t["data_offsets"][0]:t["data_offsets"][1]],
                                NUMPY[t["dtype"]]).reshape(t["shape"]).copy()
            for name, t in header.items()}


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, t in tensors.items():
        kind = "F64" if t.dtype == np.float64 else "F32"
        header[name] = {"dtype": kind, "shape": list(t.shape),
                        "data_offsets": [len(data), len(data) + t.nbytes]}
        data += t.tobytes()
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def nhwc(network, tensors):
    """Filters as (kh, kw, in, out), affine weights as (in, out), `in` flattened from NHWC."""
    affines, out = Shapes(network).affines, {}
    for name, t in tensors.items():
        layer = name.rpartition(".")[0]
        if t.ndim == 4:
            t = t.transpose(2, 3, 1, 0)
        elif t.ndim == 2:
            t = t.reshape((t.shape[0],) + affines[layer]).transpose(2, 3, 1, 0)
            t = t.reshape(-1, t.shape[-1])
        out[name] = np.ascontiguousarray(t)
    return out


def mean_cross_entropy(scores, y):
    """In double, without the L2 term."""
    s = np.asarray(scores, np.float64)
    s = s - s.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(s).sum(1)) - s[np.arange(len(y)), y]))
