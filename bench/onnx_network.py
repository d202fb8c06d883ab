"""A network as an ONNX graph, written by hand. For bench/peer_onnxruntime.py and
bench/peer_ncnn.py."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper


class OnnxOps:
    """walk()'s operations: values are names in the graph."""

    def __init__(self, tensors):
        self.tensors, self.nodes, self.used = tensors, [], {}

    def node(self, kind, inputs, **attributes):
        out = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def parameters(self, layer, *kinds):
        names = [f"{layer.name}.{kind}" for kind in kinds]
        names = [name for name in names if name in self.tensors]
        self.used.update({name: self.tensors[name] for name in names})
        return names

    def conv(self, x, layer):
        return self.node("Conv", [x] + self.parameters(layer, "weight", "bias"),
                         kernel_shape=layer.window(), strides=layer.stride(), pads=layer.pad(),
                         group=int(layer.option.get("groups", 1)))

    def affine(self, x, layer):
        return self.node("Gemm", [self.node("Flatten", [x])]
                         + self.parameters(layer, "weight", "bias"), transB=1)

    def batchnorm(self, x, layer):
        bias, = self.parameters(layer, "bias")
        gain = self.parameters(layer, "weight")
        if not gain:
            gain = [layer.name + ".ones"]
            self.used[gain[0]] = np.ones_like(self.tensors[bias])
        return self.node("BatchNormalization",
                         [x] + gain + [bias] + self.parameters(layer, "running_mean",
                                                               "running_var"),
                         epsilon=layer.real("eps"))

    def maxpool(self, x, layer):
        return self.node("MaxPool", [x], kernel_shape=layer.window(), strides=layer.stride())

    def avgpool(self, x, layer):
        return self.node("AveragePool", [x], kernel_shape=layer.window(), strides=layer.stride())

    def add(self, x, other):
        return self.node("Add", [x, other])

    def concat(self, ends):
        return self.node("Concat", ends, axis=1)

    def relu(self, x, _):
        return self.node("Relu", [x])


def onnx_model(network, tensors):
    ops = OnnxOps(tensors)
    out = ops.node("Flatten", [network.walk(ops, "x")])
    graph = helper.make_graph(
        ops.nodes, network.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n",) + network.input)],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(t, name) for name, t in ops.used.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model.SerializeToString()
